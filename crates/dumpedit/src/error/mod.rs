//! Errors by the operation that fails: opening, using, committing.

mod commit;
mod hint;
mod open;
mod usage;

pub use commit::{CommitError, CommitStep};
pub use hint::Hint;
pub use open::OpenError;
pub use usage::{Correction, Error, Meant, NoSymbol, Walked};
