//! Reasons why a location cannot be read or written at all.

use std::fmt;

use crate::location::{RecordChoice, ThreadIndex};
use crate::machine::Machine;
use crate::outcome::{Partial, StopAt, StopReason};
use crate::span::Span;

/// Reason why an access failed before its first byte. Nothing has changed when one of these is returned.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessError {
    /// The first byte of the range is not in the dump.
    NotCaptured {
        /// Its virtual address.
        address: u64,
        /// Why its bytes are not in the dump.
        reason: StopReason,
        /// The captured addresses nearest to it.
        nearest: Option<Span>,
    },
    /// The first byte of the range belongs to the format's own structures.
    Structure {
        /// Its virtual address.
        address: u64,
        /// Its file offset, in bytes.
        file_offset: u64,
    },
    /// The first byte of the range, given by its file offset, belongs to the format's own structures.
    StructureOfFile {
        /// Its file offset, in bytes.
        file_offset: u64,
    },
    /// The first byte of the range lies behind the end of the field that it is counted from.
    PastField {
        /// Its file offset, in bytes.
        file_offset: u64,
    },
    /// The first byte of the range lies past the end of the file.
    PastFile {
        /// Its file offset, in bytes.
        file_offset: u64,
        /// The size of the file, in bytes.
        size: u64,
    },
    /// A byte of the file that no address maps to was given where an address is needed.
    OffsetNotLinear {
        /// Its file offset, in bytes.
        file_offset: u64,
    },
    /// The address maps to several pages of physical memory with different contents.
    SeveralPages {
        /// The first such address of the range.
        address: u64,
    },
    /// Only a part of the range can be done, and all of it was demanded.
    Partial(Partial),
    /// The machine has no register of that name.
    NoSuchRegister {
        /// The name asked for.
        name: String,
        /// The machine of the record.
        machine: Machine,
        /// A register with a similar name.
        similar: Option<&'static str>,
    },
    /// The record does not hold that register.
    NotPresent {
        /// The register's name.
        register: String,
        /// The record's format.
        record: &'static str,
        /// The thread.
        thread: ThreadIndex,
    },
    /// The register is in an XSAVE component whose place the dump does not give.
    Unplaced {
        /// The register's name.
        register: String,
        /// The record's format.
        record: &'static str,
        /// The thread.
        thread: ThreadIndex,
    },
    /// The register is in no XSAVE component of the record, so that it has no initial value.
    NoInitial {
        /// The register's name.
        register: String,
        /// The record's format.
        record: &'static str,
    },
    /// The register's value follows from the shape of the record, so that it has no bytes to set.
    Derived {
        /// The register's name.
        register: String,
        /// The record's format.
        record: &'static str,
    },
    /// The register is zero in every record.
    AlwaysZero {
        /// The register's name.
        register: String,
        /// The machine.
        machine: Machine,
    },
    /// The machine has no table of registers.
    NoTable {
        /// The machine.
        machine: Machine,
    },
    /// A register was named without a thread.
    NeedsThread,
    /// The first byte lies past the end of the register.
    PastRegister {
        /// The register's name.
        register: String,
        /// The byte asked for.
        byte: u32,
        /// The register's size in bytes.
        size: u32,
    },
    /// The register is narrower than a byte or not made of whole bytes, so that it has no location.
    NotBytes {
        /// The register's name.
        register: String,
        /// Its width in bits.
        bits: u32,
    },
    /// A register has no linear address.
    NotLinear {
        /// The register's name.
        register: String,
    },
    /// A memory tag has no linear address.
    TagNotLinear {
        /// The address that the tag belongs to.
        address: u64,
    },
    /// The dump holds no memory tag for the address.
    NoTag {
        /// The address.
        address: u64,
    },
    /// The range has more memory tags than one access takes.
    TooManyTags {
        /// Most tags that one access takes.
        most: u64,
    },
    /// The registers are recorded in another system's format, for which there is no table.
    NoTableOfSystem {
        /// The machine.
        machine: Machine,
        /// The system.
        system: String,
    },
    /// The thread has no such record.
    NoRecord {
        /// The thread.
        thread: ThreadIndex,
        /// The record asked for.
        choice: RecordChoice,
    },
    /// There is no thread with that index.
    NoSuchThread {
        /// The index asked for.
        thread: ThreadIndex,
        /// Number of threads.
        count: usize,
    },
    /// There is no thread with that id.
    NoSuchThreadId {
        /// The id asked for.
        tid: u64,
        /// Ids of the first threads.
        tids: Vec<u64>,
        /// Number of threads.
        count: usize,
    },
    /// Several threads have that id.
    AmbiguousThreadId {
        /// The id asked for.
        tid: u64,
        /// The indices of the threads that have it.
        indices: Vec<ThreadIndex>,
    },
    /// There is no thread with that name.
    NoSuchThreadName {
        /// The name asked for.
        name: String,
        /// Names of the first threads.
        names: Vec<String>,
        /// Number of threads that have a name.
        count: usize,
    },
    /// Several threads have that name.
    AmbiguousThreadName {
        /// The name asked for.
        name: String,
        /// The ids of the threads that have it.
        tids: Vec<u64>,
    },
    /// The dump does not say which thread crashed, and there are several or none.
    NoDefaultThread {
        /// The ids of the first threads, at most [`AccessError::MOST_NAMED`].
        tids: Vec<u64>,
        /// Number of threads.
        count: usize,
    },
}

impl AccessError {
    /// Most threads that an error names.
    pub const MOST_NAMED: usize = 16;

    /// The address that the error is about, if any.
    pub fn address(&self) -> Option<u64> {
        match self {
            AccessError::NotCaptured { address, .. }
            | AccessError::Structure { address, .. }
            | AccessError::SeveralPages { address }
            | AccessError::NoTag { address } => Some(*address),
            AccessError::Partial(partial) => match partial.stop.at {
                StopAt::Address(address) => u64::try_from(address).ok(),
                StopAt::Register { .. } | StopAt::Offset(_) => None,
            },
            _ => None,
        }
    }
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AccessError::NotCaptured { address, reason, nearest } => {
                write!(f, "{address:#x} is not in the dump ({})", reason.in_words())?;
                match nearest {
                    Some(Span { first, last }) => {
                        write!(f, "; the nearest captured memory is {first:#x} to {last:#x}")
                    }
                    None => f.write_str("; the dump contains no memory"),
                }
            }
            AccessError::Structure { address, file_offset } => write!(
                f,
                "{address:#x} shares its bytes (file offset {file_offset:#x}) with the dump's own structures"
            ),
            AccessError::StructureOfFile { file_offset } => {
                write!(f, "the byte at file offset {file_offset:#x} belongs to the dump's own structures")
            }
            AccessError::PastField { file_offset } => {
                write!(f, "the byte at file offset {file_offset:#x} is past the end of the field")
            }
            AccessError::PastFile { file_offset, size } => {
                write!(f, "the file ends at {size:#x}, before offset {file_offset:#x}")
            }
            AccessError::OffsetNotLinear { file_offset } => {
                write!(f, "the byte at file offset {file_offset:#x} has no address in the process")
            }
            AccessError::SeveralPages { address } => {
                write!(f, "{address:#x} maps to several pages of physical memory with different contents")
            }
            AccessError::Partial(partial) => partial.fmt(f),
            AccessError::NoSuchRegister { name, machine, similar } => {
                write!(f, "{machine} has no register '{name}'")?;
                similar.map_or(Ok(()), |similar| write!(f, "; did you mean {similar}?"))
            }
            AccessError::NoTable { machine } => {
                write!(f, "registers of {machine} are not supported; its memory can be edited")
            }
            AccessError::NotPresent { register, record, thread } => {
                write!(f, "{register} is not present in this record ({record} of thread {thread})")
            }
            AccessError::Unplaced { register, record, thread } => write!(
                f,
                "{register} is in an XSAVE component at an unknown offset: the area is not compacted, and \
                 no stream or note gives the offsets ({record} of thread {thread})"
            ),
            AccessError::NoInitial { register, record } => write!(
                f,
                "{register} has no initial value, because it is not in an XSAVE component of this record \
                 ({record})"
            ),
            AccessError::Derived { register, record } => {
                write!(
                    f,
                    "{register} is derived from the layout of the record ({record}): it is not stored and \
                     cannot be set"
                )
            }
            AccessError::AlwaysZero { register, machine } => {
                write!(f, "{register} is always zero on {machine} and cannot be set")
            }
            AccessError::NeedsThread => f.write_str("a register location needs a thread"),
            AccessError::PastRegister { register, byte, size } => {
                write!(f, "byte {byte} is past the end of {register}, which has {size} bytes")
            }
            AccessError::NotBytes { register, bits } => {
                let bits = if *bits == 1 { "one bit".to_owned() } else { format!("{bits} bits") };
                write!(f, "{register} is {bits} wide and has no bytes of its own; use set")
            }
            AccessError::NotLinear { register } => {
                write!(f, "{register} is a register and has no linear address")
            }
            AccessError::TagNotLinear { address } => {
                write!(f, "the memory tag of {address:#x} is not memory and has no linear address")
            }
            AccessError::NoTag { address } => write!(f, "the dump contains no memory tag for {address:#x}"),
            AccessError::TooManyTags { most } => {
                write!(f, "at most {most} memory tags can be read or written at once")
            }
            AccessError::NoTableOfSystem { machine, system } => {
                write!(
                    f,
                    "registers of {machine} as {system} writes them are not supported; memory can be read \
                     and written"
                )
            }
            AccessError::NoRecord { thread, choice: RecordChoice::Auto } => {
                write!(f, "thread {thread} has no context record in the dump")
            }
            AccessError::NoRecord { thread, choice } => {
                write!(f, "thread {thread} has no {choice} context record")
            }
            AccessError::NoSuchThread { thread, count } => {
                write!(f, "there is no thread {thread}; the dump has {count}")
            }
            AccessError::NoSuchThreadId { tid, count: 0, .. } => write!(f, "there is no thread {tid}"),
            AccessError::NoSuchThreadId { tid, tids, count } => {
                write!(f, "there is no thread {tid}; the threads are")?;
                first_of(f, tids, *count)
            }
            AccessError::AmbiguousThreadId { tid, indices } => {
                write!(f, "several threads have the id {tid}:")?;
                first_of(f, indices, indices.len())
            }
            AccessError::NoSuchThreadName { name, count: 0, .. } => {
                write!(f, "there is no thread called '{name}': no thread of the dump has a name")
            }
            AccessError::NoSuchThreadName { name, names, count } => {
                write!(f, "there is no thread called '{name}'; the names are")?;
                first_of(f, names, *count)
            }
            AccessError::AmbiguousThreadName { name, tids } => {
                write!(f, "several threads are called '{name}':")?;
                first_of(f, tids, tids.len())
            }
            AccessError::NoDefaultThread { count: 0, .. } => f.write_str("the dump has no threads"),
            AccessError::NoDefaultThread { tids, count } => {
                f.write_str("the dump does not say which thread crashed; choose one of:")?;
                first_of(f, tids, *count)
            }
        }
    }
}

/// Writes the first of `named`, and how many more of `count` there are.
fn first_of(f: &mut fmt::Formatter<'_>, named: &[impl fmt::Display], count: usize) -> fmt::Result {
    let mut more = count;
    for one in named.iter().take(AccessError::MOST_NAMED) {
        write!(f, " {one}")?;
        more = more.saturating_sub(1);
    }
    if more > 0 { write!(f, " and {more} more") } else { Ok(()) }
}

impl std::error::Error for AccessError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            AccessError::Partial(partial) => Some(partial),
            _ => None,
        }
    }
}

impl From<Partial> for AccessError {
    fn from(partial: Partial) -> Self {
        AccessError::Partial(partial)
    }
}
