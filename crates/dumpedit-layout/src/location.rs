//! Locations: addresses, registers, tags and file bytes, and the context and record they are in.

use std::fmt;

use crate::granule::GRANULE;
use crate::register::RegisterPart;

/// The place of a byte in the dumped process: an address, a byte of a register, or a memory tag; or of a byte of the dump file outside of
/// these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Location {
    /// A virtual address of the process.
    Virtual(u64),
    /// A byte inside a register of the context's thread, counted as stored in the target's byte order.
    Register {
        /// The register, or a lane or bits of it.
        part: RegisterPart,
        /// First byte, from 0.
        byte: u32,
    },
    /// The memory tag of the granule at an address: a byte whose low half counts. The next byte is the tag of the next granule.
    Tag(u64),
    /// A byte of a named part of the file: a field of a header, a note, a stream. Naming it permits to write it, though it belongs to the
    /// dump's own structures.
    Field {
        /// File offset, in bytes.
        file_offset: u64,
        /// Number of bytes from there to the end of the part.
        left: u64,
    },
    /// A byte of the file, by its offset.
    Offset(u64),
}

impl Location {
    /// The location `bytes` bytes on in the same register or address space, or `bytes` tags on.
    pub fn offset(self, bytes: u64) -> Location {
        match self {
            Location::Virtual(address) => Location::Virtual(address.saturating_add(bytes)),
            Location::Tag(address) => Location::Tag(address.saturating_add(bytes.saturating_mul(GRANULE))),
            Location::Field { file_offset, left } => Location::Field {
                file_offset: file_offset.saturating_add(bytes),
                left: left.saturating_sub(bytes),
            },
            Location::Offset(file_offset) => Location::Offset(file_offset.saturating_add(bytes)),
            Location::Register { part, byte } => {
                let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
                Location::Register { part, byte: byte.saturating_add(bytes) }
            }
        }
    }
}

/// A location, and the context it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContextLocation {
    /// Process or thread.
    pub context: Context,
    /// Location in it.
    pub location: Location,
}

impl From<u64> for Location {
    fn from(address: u64) -> Self {
        Location::Virtual(address)
    }
}

impl From<RegisterPart> for Location {
    fn from(part: RegisterPart) -> Self {
        Location::Register { part, byte: 0 }
    }
}

/// Index of a thread in [`Layout::threads`](crate::Layout::threads), from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ThreadIndex(pub u32);

impl fmt::Display for ThreadIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "index:{}", self.0)
    }
}

/// The process or thread whose address space and registers a location is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Context {
    /// The process: addresses only.
    Process,
    /// A thread: addresses, and the registers in the chosen one of its records.
    Thread(ThreadIndex, RecordChoice),
}

impl Context {
    /// The same thread with another choice of record; a process stays a process.
    pub fn with_record(self, choice: RecordChoice) -> Self {
        match self {
            Context::Process => Context::Process,
            Context::Thread(index, _) => Context::Thread(index, choice),
        }
    }

    /// The thread, where the context is one.
    pub fn thread(self) -> Option<ThreadIndex> {
        match self {
            Context::Process => None,
            Context::Thread(index, _) => Some(index),
        }
    }
}

/// Choice among a thread's context records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum RecordChoice {
    /// The effective record: the exception's for its thread, else the thread's. An edit through it changes both
    /// records where they agree on the program counter and the stack pointer.
    #[default]
    Auto,
    /// The thread's own record.
    Thread,
    /// The exception's record.
    Exception,
    /// The thread's and the exception's record.
    Both,
    /// The 32-bit record of a WOW64 thread, which lies in memory.
    Wow64,
}

impl RecordChoice {
    /// The choice's name on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            RecordChoice::Auto => "auto",
            RecordChoice::Thread => "thread",
            RecordChoice::Exception => "exception",
            RecordChoice::Both => "both",
            RecordChoice::Wow64 => "wow64",
        }
    }
}

impl fmt::Display for RecordChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Purpose of resolved bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading: everything captured, the format's own structures too.
    Read,
    /// Writing: memory that shares file bytes with the format's own structures stops the range.
    Write,
    /// Writing, structures included.
    WriteStructure,
}
