//! The process of a dump: its modules, its crashes, and data about it as a whole.

use crate::location::ThreadIndex;

/// A module (an executable or a shared library) of the dumped process.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Module {
    /// Its load address.
    pub base: u64,
    /// Its size in memory, in bytes.
    pub size: u64,
    /// Name in the dump; in most dumps a path.
    pub name: String,
    /// Build id or debug identifier, where the dump has one.
    pub id: Option<String>,
    /// File of its debug information, as the module names it (a PDB): a name or a path.
    pub debug_file: Option<String>,
    /// Key of a Windows image in symbol stores: its time stamp and its size.
    pub image_id: Option<String>,
}

impl Module {
    /// A module without a build id.
    pub fn new(base: u64, size: u64, name: impl Into<String>) -> Module {
        Module { base, size, name: name.into(), id: None, debug_file: None, image_id: None }
    }

    /// Sets the build id or debug identifier, where there is one.
    pub fn with_id(self, id: Option<String>) -> Module {
        Module { id, ..self }
    }

    /// Sets the file of its debug information, where it names one.
    pub fn with_debug_file(self, debug_file: Option<String>) -> Module {
        Module { debug_file, ..self }
    }

    /// Sets the key of the image in symbol stores, where there is one.
    pub fn with_image_id(self, image_id: Option<String>) -> Module {
        Module { image_id, ..self }
    }
}

/// Data about a crash beside the registers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// The thread that crashed.
    pub thread: ThreadIndex,
    /// The exception code or signal number.
    pub code: u32,
    /// Name of the code on the dump's system, where it is known.
    pub name: Option<String>,
    /// `ExceptionFlags`; 0 in a core.
    pub flags: u32,
    /// Access of an access violation (`read`, `write`, `execute`), and its address.
    pub access: Option<NamedAddress>,
    /// `ExceptionInformation`, `NumberParameters` of them; none in a core.
    pub parameters: Vec<u64>,
    /// The recorded address, with the format's name for it (`ExceptionAddress`, `si_addr`, `BugCheckParameter2`).
    pub address: Option<NamedAddress>,
    /// Field with that address, without the `crash.` at the beginning of its path.
    pub address_field: &'static str,
}

impl Fault {
    /// A crash with nothing else known.
    pub fn new(thread: ThreadIndex, code: u32) -> Fault {
        Fault {
            thread,
            code,
            name: None,
            flags: 0,
            access: None,
            parameters: Vec::new(),
            address: None,
            address_field: "address",
        }
    }
}

/// An address and its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedAddress {
    /// Name.
    pub name: &'static str,
    /// Address.
    pub address: u64,
}

/// Data about the process as a whole. Data that the dump does not have are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Process {
    /// Process id.
    pub pid: Option<u64>,
    /// Name, where the dump has one for the process apart from its threads.
    pub name: Option<String>,
    /// Command line, with blanks between the words; a core keeps the first 80 bytes.
    pub command_line: Option<String>,
    /// Start time, in seconds since 1970 (UTC).
    pub started: Option<u64>,
    /// Time of the dump, in seconds since 1970 (UTC).
    pub dumped: Option<u64>,
}
