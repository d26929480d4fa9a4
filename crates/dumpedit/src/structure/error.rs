//! Errors of adding a part to a dump, or dropping one.

use std::fmt;
use std::path::PathBuf;

use dumpedit_formats::write::WriteError;
use dumpedit_layout::{Format, RecordChoice};

use crate::notation::PathText;

/// The reason why a part cannot be added to a dump, or dropped from it. The edit is unchanged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StructureError {
    /// The dump's container has no place for the part.
    #[error("a dump in the format {} cannot store this part", .format.name())]
    Container {
        /// The container.
        format: Format,
    },
    /// There are no bytes.
    #[error("added memory must have at least one byte")]
    NoBytes,
    /// A module has no size.
    #[error("the size of the module at {base:#x} must be more than 0 bytes")]
    NoSize {
        /// The load address.
        base: u64,
    },
    /// A module of a core has no name.
    #[error("the name of the module at {base:#x} must not be empty: a core lists the paths of mapped files")]
    NoName {
        /// The load address.
        base: u64,
    },
    /// A number that is too large for its field.
    #[error("{value:#x} does not fit into {what}, which has {bits} bits")]
    DoesNotFit {
        /// The number.
        value: u64,
        /// The field.
        what: &'static str,
        /// Width, in bits.
        bits: u32,
    },
    /// The bytes extend past the last address.
    #[error("{size} bytes at {address:#x} extend past the last address")]
    PastEnd {
        /// First address.
        address: u64,
        /// Number of bytes.
        size: u64,
    },
    /// The dump holds bytes there.
    #[error("{address:#x} is captured already, in the region {start:#x}..+{size:#x}")]
    Captured {
        /// First captured address.
        address: u64,
        /// First address of the region that holds it.
        start: u64,
        /// Captured size of that region, in bytes.
        size: u64,
    },
    /// The dump holds nothing there to drop.
    #[error("nothing from {first:#x} to {last:#x} is captured")]
    NotCaptured {
        /// First address.
        first: u64,
        /// Last address.
        last: u64,
    },
    /// A thread has that id.
    #[error("thread {tid} already exists")]
    ThreadExists {
        /// The id.
        tid: u64,
    },
    /// The thread is not in the container's list of threads.
    #[error("thread {tid} is not in the dump's own list of threads")]
    ThreadNotListed {
        /// Id of the thread.
        tid: u64,
    },
    /// The dump has no thread whose record could be the template of a new one.
    #[error("the dump has no thread with registers that a new thread could copy")]
    NoThread,
    /// The dump names no crashed thread.
    #[error(
        "the dump does not say which thread crashed, and has {count} threads: give --like an id that \
         `threads` lists"
    )]
    NoCrashedThread {
        /// Number of threads.
        count: usize,
    },
    /// A choice of several records, or of one that is not of the dump's list of threads.
    #[error(
        "a new thread copies one record of another thread: the effective one, that of the thread or that \
         of its exception, not {choice}"
    )]
    RecordOfThread {
        /// The choice.
        choice: RecordChoice,
    },
    /// A core of a system whose threads cannot be made.
    #[error(
        "threads, modules and crashes can be added only to minidumps and to Linux cores, whose status \
         notes are named CORE"
    )]
    OtherSystem,
    /// The container has no names of threads.
    #[error("an ELF core cannot store thread names")]
    NoThreadNames,
    /// Another module is at that address.
    #[error("the module {name} is already at {base:#x}")]
    ModuleExists {
        /// Load address.
        base: u64,
        /// Name.
        name: String,
    },
    /// The dump lists no module at that address.
    #[error("the dump's own list of modules has no module at {base:#x}")]
    ModuleNotListed {
        /// Load address.
        base: u64,
    },
    /// A core's list of mapped files has unknown bytes behind its rows, or is cut.
    #[error("the core's list of mapped files (NT_FILE) is not in the kernel's format and cannot be extended")]
    NoModuleList,
    /// The memory at a module's load address is captured, and its header has another build id or none.
    #[error(
        "the captured memory at {base:#x}, where readers look for the module's build id, contains {}, not \
         {id}",
        .found.as_deref().unwrap_or("no ELF header with a build id")
    )]
    ModuleIdDiffers {
        /// Load address.
        base: u64,
        /// Id of the new module.
        id: String,
        /// Id in memory.
        found: Option<String>,
    },
    /// The id of a module is invalid.
    #[error("'{id}' is not the id of a module: {problem}")]
    ModuleId {
        /// Text of the id.
        id: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The page of a module's header would contain the program headers at AT_PHDR.
    #[error(
        "cannot make a header with the build id at {base:#x}: debuggers compare the program headers at \
         {headers:#x} (AT_PHDR) with those of the program's file, which are unknown"
    )]
    ProgramHeaders {
        /// Load address.
        base: u64,
        /// Address of the program headers.
        headers: u64,
    },
    /// A core already has a signal of a thread.
    #[error("the core already has signal {signal} of thread {tid}, in the field {field}")]
    CrashExists {
        /// Id of the thread.
        tid: u64,
        /// Signal.
        signal: u32,
        /// Name of the field with the signal.
        field: String,
    },
    /// The dump has no crash of the thread.
    #[error("the dump has no crash of thread {tid}")]
    NoCrash {
        /// Id of the thread.
        tid: u64,
    },
    /// The modules are of a system whose programs are no ELF files.
    #[error("the modules of the dump are not ELF files, and memory is added only from ELF files")]
    NoElfModules,
    /// No file has bytes that the dump lacks.
    #[error("no memory was added from the files under {}: {left}", PathText(.root))]
    NoImages {
        /// Folder.
        root: PathBuf,
        /// The modules, by reason.
        left: ImagesLeft,
    },
    /// A number that is no signal and no exception code.
    #[error("{code:#x} is not a signal")]
    NoSignal {
        /// The number.
        code: u64,
    },
    /// A part that the same edit added is to be dropped, or the other way round.
    #[error("parts must be dropped before others are added in the same edit")]
    DropFirst,
    /// A field is a part of one that the same edit resizes.
    #[error("the edit resizes {other}, and {field} is a part of it; set it in a separate edit")]
    ResizedAlready {
        /// Name of the field.
        field: String,
        /// Name of the field that it is a part of.
        other: String,
    },
    /// The same edit moves the signals of threads to the one that crashed.
    #[error("crash.thread moves signals between threads; set {field} in a separate edit")]
    SignalsMove {
        /// Name of the field that has a signal.
        field: String,
    },
    /// A value that the edit sets is in a part that the edit drops or rewrites.
    #[error(
        "the value at file offset {file_offset:#x} would be lost: {} drops or rewrites the part that \
         contains it",
        .by.as_deref().unwrap_or("the same edit")
    )]
    Lost {
        /// File offset of the first lost byte.
        file_offset: u64,
        /// The line of a script that drops or rewrites the part.
        by: Option<String>,
    },
    /// The edit was settled for writing.
    #[error("the edit is ready to be written and cannot take more parts")]
    Settled,
    /// The file cannot grow in place with these parts.
    #[error("the dump cannot be changed in place: {cause}")]
    InPlace {
        /// The reason.
        cause: WriteError,
    },
}

/// Modules for which no memory was added from their files, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImagesLeft {
    /// Number of modules without a file.
    pub missing: u64,
    /// Number of modules that have a file, but no build id in the dump.
    pub unidentified: u64,
    /// Number of modules of which the dump has all memory that their files have.
    pub whole: u64,
    /// Reasons why files are not those of modules; only the first of many.
    pub refused: Vec<String>,
}

impl fmt::Display for ImagesLeft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.missing, "modules whose files are missing"),
            (self.unidentified, "modules whose build id the dump lacks"),
            (self.whole, "modules of which the dump has all memory that their files have"),
        ];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let reasons =
            counts.map(|(count, what)| format!("{what}: {count}")).chain(self.refused.iter().cloned());
        let reasons: Vec<String> = reasons.collect();
        let reasons =
            if reasons.is_empty() { "the dump lists no modules".to_owned() } else { reasons.join("; ") };
        f.write_str(&reasons)
    }
}

impl StructureError {
    /// The error's kind, a word that scripts can rely on.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            StructureError::Container { .. } => "format",
            StructureError::NoBytes
            | StructureError::NoSize { .. }
            | StructureError::NoName { .. }
            | StructureError::DoesNotFit { .. }
            | StructureError::ModuleId { .. }
            | StructureError::NoSignal { .. } => "value",
            StructureError::NotCaptured { .. } => "not-captured",
            StructureError::ThreadExists { .. }
            | StructureError::ThreadNotListed { .. }
            | StructureError::NoThread
            | StructureError::NoCrashedThread { .. }
            | StructureError::NoCrash { .. }
            | StructureError::RecordOfThread { .. }
            | StructureError::OtherSystem
            | StructureError::NoThreadNames => "thread",
            StructureError::ModuleExists { .. }
            | StructureError::ModuleNotListed { .. }
            | StructureError::NoModuleList
            | StructureError::NoElfModules
            | StructureError::NoImages { .. }
            | StructureError::ModuleIdDiffers { .. }
            | StructureError::ProgramHeaders { .. } => "module",
            StructureError::InPlace { .. } => "in-place",
            StructureError::PastEnd { .. }
            | StructureError::Captured { .. }
            | StructureError::CrashExists { .. }
            | StructureError::DropFirst
            | StructureError::ResizedAlready { .. }
            | StructureError::SignalsMove { .. }
            | StructureError::Lost { .. }
            | StructureError::Settled => "conflict",
        }
    }

    /// The address of the error, where it has one.
    pub(crate) fn address(&self) -> Option<u64> {
        match self {
            StructureError::PastEnd { address, .. } | StructureError::Captured { address, .. } => {
                Some(*address)
            }
            StructureError::NotCaptured { first, .. } => Some(*first),
            StructureError::ModuleExists { base, .. }
            | StructureError::ModuleNotListed { base }
            | StructureError::NoSize { base }
            | StructureError::NoName { base }
            | StructureError::ModuleIdDiffers { base, .. }
            | StructureError::ProgramHeaders { base, .. } => Some(*base),
            _ => None,
        }
    }
}
