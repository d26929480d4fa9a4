//! Why a part cannot be added to a dump, or taken out of it.

use std::path::PathBuf;

use dumpedit_formats::write::WriteError;
use dumpedit_layout::{Format, RecordChoice};

use crate::notation::PathText;

/// Why a part cannot be added to a dump, or taken out of it. The edit is then as it was before the call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StructureError {
    /// The dump is of a container that has no place for that.
    #[error("the tables of a dump of the format {} have no place for that", .format.name())]
    Container {
        /// The container.
        format: Format,
    },
    /// There are no bytes.
    #[error("memory that is added needs bytes")]
    NoBytes,
    /// A module has no size.
    #[error("the module at {base:#x} needs a size in memory of more than 0 bytes")]
    NoSize {
        /// The load address.
        base: u64,
    },
    /// The bytes go past the last address.
    #[error("{size} bytes from {address:#x} on go past the last address")]
    PastEnd {
        /// The first address.
        address: u64,
        /// How many there are.
        size: u64,
    },
    /// The dump holds bytes there.
    #[error("{address:#x} is captured already, in the region {start:#x}..+{size:#x}")]
    Captured {
        /// The first address that is captured.
        address: u64,
        /// Where the region begins that holds it.
        start: u64,
        /// How many bytes of that region are captured.
        size: u64,
    },
    /// The dump holds nothing there that could be dropped.
    #[error("nothing from {first:#x} to {last:#x} is captured")]
    NotCaptured {
        /// The first address.
        first: u64,
        /// The last one.
        last: u64,
    },
    /// A thread has that id.
    #[error("there is a thread {tid} already")]
    ThreadExists {
        /// The id.
        tid: u64,
    },
    /// The container has no list in which the thread is.
    #[error("the dump's own list of threads does not have thread {tid}")]
    ThreadNotListed {
        /// The id.
        tid: u64,
    },
    /// The dump has no thread whose record a new one could have the shape of.
    #[error("the dump has no thread with registers, which a new one could be like")]
    NoThread,
    /// The dump says of none of its threads that it crashed.
    #[error(
        "the dump names no crashed thread that the new one could be like, and has {count} threads: --like takes an id of `threads`"
    )]
    NoCrashedThread {
        /// How many threads there are.
        count: usize,
    },
    /// A choice of records that are not one, or not one that the dump's list of threads could have.
    #[error(
        "a new thread is like one record of another thread: the effective one, that of the thread or that of its exception, and not {choice}"
    )]
    RecordOfThread {
        /// The choice.
        choice: RecordChoice,
    },
    /// A core of a system whose threads are not made.
    #[error(
        "threads, modules and crashes are added in cores of Linux, whose statuses are named CORE, and in minidumps"
    )]
    OtherSystem,
    /// The container has no names of threads.
    #[error("an ELF core has no names of threads")]
    NoThreadNames,
    /// Another module is at that address.
    #[error("the module {name} is at {base:#x} already")]
    ModuleExists {
        /// Its base.
        base: u64,
        /// Its name.
        name: String,
    },
    /// The dump lists no module at that address.
    #[error("the dump's own list of modules has none at {base:#x}")]
    ModuleNotListed {
        /// The address.
        base: u64,
    },
    /// A core's list of mapped files has more than its rows, or less.
    #[error(
        "the core's list of mapped files (NT_FILE) is not one that the kernel writes, and takes no more rows"
    )]
    NoModuleList,
    /// The memory at a module's load address is captured, and its header is that of another file or none.
    #[error(
        "the memory at {base:#x}, where readers of a core look for the module's build id, is captured and has {}, not {id}",
        .found.as_deref().unwrap_or("no ELF header with one")
    )]
    ModuleIdDiffers {
        /// The load address.
        base: u64,
        /// The id that was given.
        id: String,
        /// The id that is there.
        found: Option<String>,
    },
    /// An id of a module that is not one.
    #[error("'{id}' is not the id of a module: {problem}")]
    ModuleId {
        /// The text.
        id: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The page of a module's header would have the program headers that AT_PHDR leads to.
    #[error(
        "no header with the build id can be made at {base:#x}: debuggers compare the program headers that AT_PHDR says are there, at \
         {headers:#x}, with those of the program's file, which are not known"
    )]
    ProgramHeaders {
        /// The load address.
        base: u64,
        /// Where the program headers are.
        headers: u64,
    },
    /// A core tells already what signal a thread got.
    #[error("the core tells already that thread {tid} got signal {signal}, in the field {field}")]
    CrashExists {
        /// The thread.
        tid: u64,
        /// The signal.
        signal: u32,
        /// The name of the field that has the signal.
        field: String,
    },
    /// The dump says nothing of a crash of the thread.
    #[error("the dump says nothing of a crash of thread {tid}")]
    NoCrash {
        /// The thread.
        tid: u64,
    },
    /// The dump does not say of which build its modules are.
    #[error("the dump holds no build id of any of its {count} modules, and no file is taken without one")]
    NoBuildIds {
        /// How many modules there are.
        count: usize,
    },
    /// No file has anything that the dump lacks.
    #[error(
        "no file under {} has the build id of a module and anything of it that the dump lacks{}",
        PathText(.root),
        .refused.iter().map(|why| format!("; {why}")).collect::<String>()
    )]
    NoImages {
        /// The folder.
        root: PathBuf,
        /// Why files are not those of modules; of many, the first few.
        refused: Vec<String>,
    },
    /// A number that no signal or exception code can be.
    #[error("{code:#x} is not a signal")]
    NoSignal {
        /// The number.
        code: u64,
    },
    /// Something that was added in the same edit is to be dropped, or the other way round.
    #[error("what is dropped must be dropped before anything is added in the same edit")]
    DropFirst,
    /// A field is a part of one that the same edit gives another size.
    #[error("the edit gives {other} another size, and {field} is a part of it; set it in an edit of its own")]
    ResizedAlready {
        /// The field.
        field: String,
        /// The one that it is a part of.
        other: String,
    },
    /// The edit was made ready to be written.
    #[error("the edit was made ready to be written and can take no more parts")]
    Settled,
    /// The file cannot grow in place so that it says all this.
    #[error("the dump cannot be changed so in place: {cause}")]
    InPlace {
        /// Why not.
        cause: WriteError,
    },
}

impl StructureError {
    /// The error's kind, a word that scripts can rely on.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            StructureError::Container { .. } => "format",
            StructureError::NoBytes
            | StructureError::NoSize { .. }
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
            | StructureError::NoBuildIds { .. }
            | StructureError::NoImages { .. }
            | StructureError::ModuleIdDiffers { .. }
            | StructureError::ProgramHeaders { .. } => "module",
            StructureError::InPlace { .. } => "in-place",
            StructureError::PastEnd { .. }
            | StructureError::Captured { .. }
            | StructureError::CrashExists { .. }
            | StructureError::DropFirst
            | StructureError::ResizedAlready { .. }
            | StructureError::Settled => "conflict",
        }
    }

    /// The address that the error is about, where it is about one.
    pub(crate) fn address(&self) -> Option<u64> {
        match self {
            StructureError::PastEnd { address, .. } | StructureError::Captured { address, .. } => {
                Some(*address)
            }
            StructureError::NotCaptured { first, .. } => Some(*first),
            StructureError::ModuleExists { base, .. }
            | StructureError::ModuleNotListed { base }
            | StructureError::NoSize { base }
            | StructureError::ModuleIdDiffers { base, .. }
            | StructureError::ProgramHeaders { base, .. } => Some(*base),
            _ => None,
        }
    }
}
