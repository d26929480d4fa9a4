//! Errors of models that cannot be written.

/// The reason why a model cannot be written in its container, and the part of the model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
#[non_exhaustive]
pub struct WriteError {
    /// The problem.
    pub problem: WriteProblem,
    /// The part.
    pub about: About,
}

/// A problem of a model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteProblem {
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
    /// A file offset that 32 bits cannot hold.
    #[error("this is beyond 4 GiB, where no 32-bit RVA can point; list it in the Memory64List")]
    BeyondRva,
    /// More bytes than the dump may have.
    #[error("the dump would have {size} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Size, in bytes.
        size: u64,
        /// Allowed size, in bytes.
        limit: u64,
    },
    /// A model for another container.
    #[error("the model belongs to a different container")]
    Container,
    /// Offsets that no file can have.
    #[error("the file would be larger than a file can be")]
    Endless,
    /// More bytes than their field has room for.
    #[error("{what} has room for {room} bytes, not {size}")]
    TooLong {
        /// Number of bytes.
        size: u64,
        /// The field.
        what: &'static str,
        /// Size of the field, in bytes.
        room: u64,
    },
    /// A link outside of the bytes that hold it.
    #[error("the link at {at:#x} is outside the {size} bytes that contain it")]
    LinkOutside {
        /// Offset of the link, in bytes from the first.
        at: u64,
        /// Number of bytes that hold it.
        size: u64,
    },
    /// More parameters than an exception of a minidump has.
    #[error("an exception has at most 15 parameters")]
    Parameters,
    /// Memory entries over the same bytes, which would become more parts than a dump of that size can need.
    #[error(
        "memory that is listed many times would be split into more than {limit} parts; keep larger ranges \
         of it, or all"
    )]
    Parts {
        /// Number of parts that a dump of this size may have.
        limit: u64,
    },
    /// Bytes that are no whole number of 32-bit words.
    #[error("{what} has {size} bytes, which is not a multiple of 4")]
    NotWords {
        /// Number of bytes.
        size: u64,
        /// The part that has them.
        what: &'static str,
    },
    /// A part of the dump that claims to be behind the end of its file.
    #[error("its tables point past the end of the file, where new bytes would be appended")]
    CutOff,
    /// A table that cannot be rewritten with all of its contents.
    #[error("{0} cannot be read completely, and a changed copy would lose data")]
    NotWhole(&'static str),
    /// A value of another size, in a part that the model does not have any more.
    #[error("the part that contains the value at file offset {file_offset:#x} is dropped")]
    Dropped {
        /// File offset of the old value, in bytes.
        file_offset: u64,
    },
    /// A container or a list without room for more in place.
    #[error("{0}")]
    NoRoom(&'static str),
    /// Memory that contradicts its list.
    #[error("{0}")]
    List(&'static str),
}

/// A part of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum About {
    /// The dump as a whole.
    Dump,
    /// A thread, by its index.
    Thread(usize),
    /// A crash, by its index.
    Crash(usize),
    /// A module, by its index.
    Module(usize),
    /// A memory entry, by its index.
    Memory(usize),
    /// A stream, by its index.
    Stream(usize),
    /// A note or a state of a thread, by the thread's and its own index.
    Note(usize, usize),
    /// A note of a Mach-O core, by its index.
    LoadNote(usize),
}

impl WriteError {
    pub(crate) fn new(problem: WriteProblem, about: About) -> WriteError {
        WriteError { problem, about }
    }
}

/// Checks that a number fits into `bits` bits, and returns it.
pub(crate) fn fits(value: u64, what: &'static str, bits: u32, about: About) -> Result<u64, WriteError> {
    if value.checked_shr(bits).unwrap_or(0) != 0 {
        return Err(WriteError::new(WriteProblem::DoesNotFit { value, what, bits }, about));
    }
    Ok(value)
}
