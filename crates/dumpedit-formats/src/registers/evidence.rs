//! Evidence for tables of registers.

/// The strongest source that a table, or a part of one, was checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Evidence {
    /// A dump of a real process, with the values that another program shows.
    Reader,
    /// A dump of a real process, with plausible values that no program shows right.
    Sample,
    /// A dump made from a description, with the values that another program shows.
    Made,
    /// A dump that an emulator wrote.
    Emulator,
    /// The header of the system that writes it, or the source of another program that reads it.
    Header,
}

impl Evidence {
    /// All kinds of evidence, the strongest first.
    pub const ALL: &[Evidence] =
        &[Evidence::Reader, Evidence::Sample, Evidence::Made, Evidence::Emulator, Evidence::Header];

    /// Name in JSON and for people.
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
