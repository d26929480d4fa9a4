//! Threads and their stacks.

use dumpedit::notation::At;

use super::elf::NoteSpec;
use super::macho::StateSpec;
use super::record::Record;

/// A thread's stack in a minidump's thread list.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum StackSpec {
    /// None.
    None,
    /// The region with that label.
    Region(String),
    /// A descriptor with any values.
    Descriptor(StackDescriptor),
}

/// A thread's stack as a descriptor, which need not be one of a region.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StackDescriptor {
    /// `StartOfMemoryRange`.
    pub at: At,
    /// `DataSize`, in bytes.
    pub size: u64,
    /// `Rva`.
    pub file_offset: At,
}

impl StackDescriptor {
    /// A descriptor of these numbers.
    pub fn new(at: u64, size: u64, file_offset: u64) -> StackDescriptor {
        StackDescriptor { at: At::Address(at), size, file_offset: At::Address(file_offset) }
    }
}

/// A thread. Defaults are behind semicolons.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ThreadSpec {
    /// Thread id; its index in the list, from 1.
    pub tid: Option<u64>,
    /// Its name.
    pub name: Option<String>,
    /// Its registers.
    pub record: Record,
    /// Minidump: stack; the region that its stack pointer points into.
    pub stack: Option<StackSpec>,
    /// Minidump: address of its environment block.
    pub teb: Option<At>,
    /// Minidump: `SuspendCount`.
    pub suspend_count: Option<u64>,
    /// Minidump: `PriorityClass`.
    pub priority_class: Option<u64>,
    /// Minidump: `Priority`.
    pub priority: Option<u64>,
    /// ELF: `pr_cursig`; the crash's code, where it is this thread's.
    pub signal: Option<u64>,
    /// ELF: notes behind the status; the machine's floating point notes.
    pub notes: Option<Vec<NoteSpec>>,
    /// ELF: `p_flags` of its own PT_NOTE; those of the layout.
    pub note_flags: Option<u64>,
    /// ELF: `p_align` of it; that of the layout.
    pub note_align: Option<u64>,
    /// ELF: padding of the notes in it, in bytes: 4 or 8; 8 where they are aligned by that.
    pub note_padding: Option<u64>,
    /// Mach-O: states; the machine's general, floating point and exception states.
    pub states: Option<Vec<StateSpec>>,
}
