//! Notes of a thread's registers in ELF cores, and what each was checked against.

/// What a row was checked against, the strongest of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// A dump of a real process, whose values another reader shows alike.
    Reader,
    /// A dump of a real process, whose values make sense; no reader shows them right.
    Sample,
    /// A dump that an emulator wrote.
    Emulator,
    /// The header of the kernel that writes it, or the source of a reader.
    Header,
}

impl Evidence {
    /// It in words.
    pub fn name(self) -> &'static str {
        match self {
            Evidence::Reader => "real dump and another reader",
            Evidence::Sample => "real dump",
            Evidence::Emulator => "emulator's dump",
            Evidence::Header => "header",
        }
    }
}

/// A note that holds registers of a thread, besides its status.
#[derive(Clone, Copy, Debug)]
pub struct RegisterNote {
    /// Its type.
    pub kind: u32,
    /// Its usual size in bytes.
    pub size: u64,
    /// What its registers were checked against.
    pub evidence: Evidence,
    /// Whether a thread has it where nothing says which notes it has.
    pub is_usual: bool,
}

impl RegisterNote {
    /// One that threads have where nothing else is said.
    pub(crate) const fn usual(kind: u32, size: u64, evidence: Evidence) -> RegisterNote {
        RegisterNote { kind, size, evidence, is_usual: true }
    }

    /// One that threads have where it is asked for.
    pub(crate) const fn asked(kind: u32, size: u64, evidence: Evidence) -> RegisterNote {
        RegisterNote { kind, size, evidence, is_usual: false }
    }
}
