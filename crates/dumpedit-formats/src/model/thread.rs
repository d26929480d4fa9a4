//! Threads and crashes.

use super::{Content, FileOffset, Note, Placed};

/// A thread: a `MINIDUMP_THREAD`, an NT_PRSTATUS and the notes behind it, or an LC_THREAD.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ThreadEntry {
    /// Its id.
    pub tid: Placed<u64>,
    /// Its name: of a minidump's ThreadNames.
    pub name: Option<Placed<String>>,
    /// The record that holds its registers: a CONTEXT, or NT_PRSTATUS.
    pub record: Option<Content>,
    /// Minidump, triage dump: its stack.
    pub stack: Stack,
    /// Minidump: `Teb`, the address of its environment block.
    pub environment: Placed<u64>,
    /// Minidump: `SuspendCount`.
    pub suspend_count: Placed<u32>,
    /// Minidump: `PriorityClass`.
    pub priority_class: Placed<u32>,
    /// Minidump: `Priority`.
    pub priority: Placed<u32>,
    /// ELF: the name of its status as it is stored; mostly `CORE` with a NUL.
    pub status_name: Vec<u8>,
    /// ELF: the type of its status; NT_PRSTATUS where it is 0.
    pub status_kind: u32,
    /// ELF: `pr_cursig`.
    pub signal: Placed<u16>,
    /// ELF: the number of its status's PT_NOTE, as [`Note::segment`] counts them.
    pub segment: u32,
    /// ELF: the notes behind its status.
    pub notes: Vec<Note>,
    /// Mach-O: its states.
    pub states: Vec<State>,
}

/// A state of a Mach-O core's thread: registers of one kind (`mach/thread_status.h`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct State {
    /// Which registers they are, by the number that the machine's headers give them.
    pub flavor: u32,
    /// The flavor of the state that this one is wrapped in, where it is.
    pub wrapper: Option<u32>,
    /// The bytes.
    pub content: Content,
}

impl State {
    /// A state of a flavor, wrapped in no other.
    pub fn new(flavor: u32, content: Content) -> State {
        State { flavor, wrapper: None, content }
    }
}

/// The stack of a minidump's thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stack {
    /// None.
    #[default]
    None,
    /// A [memory](super::Model::memory) entry, by its index.
    Memory(usize),
    /// A descriptor that says whatever it says.
    Descriptor {
        /// `StartOfMemoryRange`.
        address: u64,
        /// `DataSize`, in bytes.
        size: u32,
        /// `Rva`.
        file_offset: FileOffset,
    },
}

/// What a dump says of a crash: a `MINIDUMP_EXCEPTION_STREAM`, or the signal of a core's thread with its NT_SIGINFO.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Crash {
    /// The id of the thread.
    pub thread: Placed<u64>,
    /// `ExceptionCode`, or `si_signo`.
    pub code: Placed<u32>,
    /// ELF: `si_code`.
    pub si_code: Placed<u32>,
    /// Minidump: `ExceptionFlags`.
    pub flags: Placed<u32>,
    /// Minidump: `ExceptionRecord`, the address of a nested exception.
    pub nested: Placed<u64>,
    /// `ExceptionAddress`, or `si_addr` of a signal that has one.
    pub address: Option<Placed<u64>>,
    /// Minidump: `NumberParameters`.
    pub parameter_count: Placed<u32>,
    /// Minidump: `ExceptionInformation`, at most 15; what is not given is zero.
    pub parameters: Vec<Placed<u64>>,
    /// Minidump: the record that holds the registers.
    pub record: CrashRecord,
}

/// Which record an exception has.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum CrashRecord {
    /// None.
    #[default]
    None,
    /// The bytes of a thread's, by its index.
    Thread(usize),
    /// One of its own.
    Own(Content),
}
