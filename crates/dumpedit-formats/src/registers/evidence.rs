//! What tables of registers were checked against.

/// What a table, or a part of one, was checked against: the strongest of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Evidence {
    /// A dump of a real process, whose values another program shows alike.
    Reader,
    /// A dump of a real process, whose values make sense; no program shows them right.
    Sample,
    /// A dump that was made from a description, whose values another program shows alike.
    Made,
    /// A dump that an emulator wrote.
    Emulator,
    /// The header of the system that writes it, or the source of another program that reads it.
    Header,
}

impl Evidence {
    /// All of them, the strongest first.
    pub const ALL: &[Evidence] =
        &[Evidence::Reader, Evidence::Sample, Evidence::Made, Evidence::Emulator, Evidence::Header];

    /// Its name in JSON and for people.
    pub fn name(self) -> &'static str {
        match self {
            Evidence::Reader => "independent tool",
            Evidence::Sample => "sample",
            Evidence::Made => "made sample",
            Evidence::Emulator => "emulator sample",
            Evidence::Header => "header",
        }
    }
}
