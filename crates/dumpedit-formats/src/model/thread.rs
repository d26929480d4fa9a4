//! Threads and crashes.

use super::{Content, FileOffset, Note, Placed};

/// A thread: a `MINIDUMP_THREAD`, an NT_PRSTATUS and the notes behind it, or an LC_THREAD.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ThreadEntry {
    /// Its id.
    pub tid: Placed<u64>,
    /// Name, from a minidump's ThreadNames.
    pub name: Option<Placed<String>>,
    /// The record with its registers: a CONTEXT, or NT_PRSTATUS.
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
    /// ELF: name of its status as stored; mostly `CORE` with a NUL.
    pub status_name: Vec<u8>,
    /// ELF: type of its status; 0 for NT_PRSTATUS.
    pub status_kind: u32,
    /// ELF: `pr_cursig`.
    pub signal: Placed<u16>,
    /// ELF: new `pr_info.si_signo`, where it is not that of the record. With 0, the rest of `pr_info` is 0 as well.
    pub signal_number: Option<u32>,
    /// ELF: number of its status's PT_NOTE, as in [`Note::segment`].
    pub segment: u32,
    /// ELF: notes behind its status.
    pub notes: Vec<Note>,
    /// Mach-O: its states.
    pub states: Vec<State>,
}

/// A state of a Mach-O core's thread: registers of one kind (`mach/thread_status.h`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct State {
    /// Number of the register set in the machine's headers.
    pub flavor: u32,
    /// Flavor of the state that wraps this one.
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
    /// A descriptor with any values.
    Descriptor {
        /// `StartOfMemoryRange`.
        address: u64,
        /// `DataSize`, in bytes.
        size: u32,
        /// `Rva`.
        file_offset: FileOffset,
    },
}

/// A crash: a `MINIDUMP_EXCEPTION_STREAM`, or the signal of a core's thread with its NT_SIGINFO.
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
    /// `ExceptionAddress`, or the `si_addr` of a signal that has one.
    pub address: Option<Placed<u64>>,
    /// Minidump: `NumberParameters`.
    pub parameter_count: Placed<u32>,
    /// Minidump: `ExceptionInformation`, at most 15; missing ones are zero.
    pub parameters: Vec<Placed<u64>>,
    /// Minidump: the record with the registers.
    pub record: CrashRecord,
}

/// Record of an exception.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum CrashRecord {
    /// None.
    #[default]
    None,
    /// The bytes of a thread's record, by the thread's index.
    Thread(usize),
    /// A record of its own.
    Own(Content),
}
