//! What can go wrong, by the moment at which it does: opening, using, committing.

mod commit;
mod hint;
mod open;
mod usage;

pub use commit::{CommitError, CommitStep};
pub use hint::Hint;
pub use open::OpenError;
pub use usage::{Correction, Error, Meant, NoSymbol, Walked};
