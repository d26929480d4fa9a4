//! Errors of a conversion.

use dumpedit::{Format, Machine};
use dumpedit_formats::write::WriteError;

use super::Loss;
use crate::error::FixtureError;

/// Reason why a dump cannot be converted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// The dump is in that container already.
    #[error("the dump is already in the format {format}")]
    Same {
        /// The container.
        format: Format,
    },
    /// Dumps cannot be converted to that container.
    #[error("dumps cannot be converted to the format {format}")]
    NotATarget {
        /// The container.
        format: Format,
    },
    /// The container has no record for the registers of that machine.
    #[error("the format {format} does not support the registers of {machine}")]
    NoRecord {
        /// The container.
        format: Format,
        /// The machine.
        machine: Machine,
    },
    /// The container's record of that machine is for pointers of another width than the dump's.
    #[error("the format {format} does not support the registers of {machine} with {}-bit pointers", .width.saturating_mul(8))]
    NoRecordOfWidth {
        /// The container.
        format: Format,
        /// The machine.
        machine: Machine,
        /// The width of the dump's pointers, in bytes.
        width: u8,
    },
    /// Neither the dump nor one of its contexts names a machine.
    #[error("the machine of the dump is unknown, but a dump of the format {format} must name one")]
    UnknownMachine {
        /// The container.
        format: Format,
    },
    /// The conversion would lose data, and must not.
    #[error("{} of the dump would be lost, such as {}", counted(.losses), first(.losses))]
    Lossy {
        /// Everything that would be lost.
        losses: Vec<Loss>,
    },
    /// The container has no room for the dump's data.
    #[error("{0}")]
    NoRoom(WriteError),
    /// The dump cannot be read, or the new one cannot be made.
    #[error(transparent)]
    Fixture(#[from] FixtureError),
}

impl ConvertError {
    /// The error for a machine that a container has no record of.
    pub(super) fn no_record(format: Format, machine: Machine) -> ConvertError {
        match machine {
            Machine::Unknown => ConvertError::UnknownMachine { format },
            machine => ConvertError::NoRecord { format, machine },
        }
    }

    /// Kind of the error, a word for scripts.
    pub fn kind(&self) -> &'static str {
        match self {
            ConvertError::Same { .. } | ConvertError::NotATarget { .. } => "usage",
            ConvertError::NoRecord { .. }
            | ConvertError::NoRecordOfWidth { .. }
            | ConvertError::UnknownMachine { .. }
            | ConvertError::NoRoom(_) => "format",
            ConvertError::Lossy { .. } => "loss",
            ConvertError::Fixture(error) => error.kind(),
        }
    }
}

impl From<dumpedit::Error> for ConvertError {
    fn from(error: dumpedit::Error) -> Self {
        ConvertError::Fixture(error.into())
    }
}

fn counted(losses: &[Loss]) -> String {
    match losses.len() {
        1 => "one kind of data".to_owned(),
        count => format!("{count} kinds of data"),
    }
}

fn first(losses: &[Loss]) -> String {
    losses.first().map(Loss::to_string).unwrap_or_default()
}
