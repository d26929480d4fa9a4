//! What a dump says of its process: its modules, its crashes, and the process as a whole.

use crate::location::ThreadIndex;

/// A module (an executable or a shared library) of the dumped process.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Module {
    /// Its load address.
    pub base: u64,
    /// Its size in memory, in bytes.
    pub size: u64,
    /// Its name, as the dump gives it; mostly a path.
    pub name: String,
    /// Its build id or debug identifier, where the dump has one.
    pub id: Option<String>,
    /// The file that its debug information was put into, as the module names it (a PDB): a name or a path.
    pub debug_file: Option<String>,
    /// By what symbol stores know the module itself, an image of Windows: its time stamp and its size.
    pub image_id: Option<String>,
}

impl Module {
    /// A module without a build id.
    pub fn new(base: u64, size: u64, name: impl Into<String>) -> Module {
        Module { base, size, name: name.into(), id: None, debug_file: None, image_id: None }
    }

    /// The same with a build id or debug identifier, where there is one.
    pub fn with_id(self, id: Option<String>) -> Module {
        Module { id, ..self }
    }

    /// The same with the file of its debug information, where it names one.
    pub fn with_debug_file(self, debug_file: Option<String>) -> Module {
        Module { debug_file, ..self }
    }

    /// The same with what symbol stores know the image by, where there is such.
    pub fn with_image_id(self, image_id: Option<String>) -> Module {
        Module { image_id, ..self }
    }
}

/// What the dump records of a crash beside the registers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// The thread that crashed.
    pub thread: ThreadIndex,
    /// The exception code or signal number.
    pub code: u32,
    /// What the code is called on the dump's system, where that is known.
    pub name: Option<String>,
    /// `ExceptionFlags`; 0 in a core.
    pub flags: u32,
    /// What an access violation did (`read`, `write`, `execute`), and with which address.
    pub access: Option<NamedAddress>,
    /// `ExceptionInformation`, as many as the exception says that there are; none in a core.
    pub parameters: Vec<u64>,
    /// The recorded address, with the format's name for it (`ExceptionAddress`, `si_addr`, `BugCheckParameter2`).
    pub address: Option<NamedAddress>,
    /// The field that has that address, behind the `crash.` of its path.
    pub address_field: &'static str,
}

impl Fault {
    /// A crash of which nothing else is known.
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

/// An address, and what it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedAddress {
    /// What it is called.
    pub name: &'static str,
    /// The address.
    pub address: u64,
}

/// What a dump says of its process as a whole. What it does not say is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Process {
    /// Its id.
    pub pid: Option<u64>,
    /// Its name, where the dump has one for the process and not for its threads.
    pub name: Option<String>,
    /// Its command line, with blanks between the words; a core keeps the first 80 bytes.
    pub command_line: Option<String>,
    /// When it started, in seconds since 1970 (UTC).
    pub started: Option<u64>,
    /// When the dump was made, in seconds since 1970 (UTC).
    pub dumped: Option<u64>,
}
