//! Outcomes of reads and writes: the counts of `IDebugHostMemory::WriteBytes`, and the reason for the rest.

use std::fmt;

use crate::register::RegisterId;

/// Outcome of an operation: `S_OK` when [`stopped`](Outcome::stopped) is `None`, `S_FALSE` with a count otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "a partial outcome is not an error: look at `completed`, or call `complete()`"]
pub struct Outcome {
    /// Bytes asked for.
    pub requested: u64,
    /// Bytes done: the contiguous prefix of the request.
    pub completed: u64,
    /// First byte that was not done, and the reason; `None` when all were.
    pub stopped: Option<Stop>,
}

impl Outcome {
    /// An outcome of these counts, and the reason for the rest.
    pub fn new(requested: u64, completed: u64, stopped: Option<Stop>) -> Self {
        Outcome { requested, completed, stopped }
    }

    /// An outcome with all `requested` bytes done.
    pub fn full(requested: u64) -> Self {
        Outcome { requested, completed: requested, stopped: None }
    }

    /// Whether every byte was done.
    pub fn is_full(&self) -> bool {
        self.stopped.is_none()
    }

    /// Turns a partial outcome into an error, and a full one into its number of bytes.
    ///
    /// # Errors
    /// [`Partial`] when fewer bytes were done than asked for.
    pub fn complete(&self) -> Result<u64, Partial> {
        match self.stopped {
            None => Ok(self.completed),
            Some(stop) => Err(Partial { requested: self.requested, completed: self.completed, stop }),
        }
    }
}

/// The first byte that was not done, and the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stop {
    /// The place of the first byte that was not done.
    pub at: StopAt,
    /// Reason.
    pub reason: StopReason,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            StopAt::Address(_) => write!(f, "stopped at {} ({})", self.at, self.reason.in_words()),
            StopAt::Offset(_) if self.reason != StopReason::EndOfField => {
                write!(f, "stopped at {} ({})", self.at, self.reason.in_words())
            }
            StopAt::Register { .. } | StopAt::Offset(_) => {
                write!(f, "stopped at the {}", self.reason.in_words())
            }
        }
    }
}

/// A place where an operation can stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopAt {
    /// A virtual address; up to 2^64, which is one past the last.
    Address(u128),
    /// A byte of a register, as stored.
    Register {
        /// The register.
        id: RegisterId,
        /// Its byte, counted as stored.
        byte: u32,
    },
    /// A byte of the file.
    Offset(u64),
}

impl fmt::Display for StopAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StopAt::Address(address) => write!(f, "{address:#x}"),
            StopAt::Register { byte, .. } => write!(f, "byte {byte} of the register"),
            StopAt::Offset(file_offset) => write!(f, "offset:{file_offset:#x}"),
        }
    }
}

/// Reason why an operation stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StopReason {
    /// Nothing was mapped there, as far as the dump tells.
    Unmapped,
    /// The process had memory there, but the dump does not hold its bytes.
    NotCaptured,
    /// The dump says that it holds the bytes, but the file ends before them.
    EndOfFile,
    /// The bytes belong to the dump format's own structures.
    Structure,
    /// The register has no more bytes.
    EndOfRegister,
    /// The target's address space ends there.
    EndOfAddressSpace,
    /// The field has no more bytes.
    EndOfField,
}

impl StopReason {
    /// The reason's name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            StopReason::Unmapped => "unmapped",
            StopReason::NotCaptured => "not-captured",
            StopReason::EndOfFile => "end-of-file",
            StopReason::Structure => "structure",
            StopReason::EndOfRegister => "end-of-register",
            StopReason::EndOfAddressSpace => "end-of-address-space",
            StopReason::EndOfField => "end-of-field",
        }
    }

    /// The reason in words.
    pub fn in_words(self) -> &'static str {
        match self {
            StopReason::Unmapped => "unmapped",
            StopReason::NotCaptured => "mapped, but not captured in the dump",
            StopReason::EndOfFile => "cut off by the end of the file",
            StopReason::Structure => "the dump format's own structures",
            StopReason::EndOfRegister => "end of the register",
            StopReason::EndOfAddressSpace => "end of the address space",
            StopReason::EndOfField => "end of the field",
        }
    }
}

/// A partial outcome where a full one was demanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Partial {
    /// Bytes asked for.
    pub requested: u64,
    /// Bytes that could be done.
    pub completed: u64,
    /// First byte that could not be done, and the reason.
    pub stop: Stop,
}

impl fmt::Display for Partial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "only {} of {} bytes: {}", self.completed, self.requested, self.stop)
    }
}

impl std::error::Error for Partial {}
