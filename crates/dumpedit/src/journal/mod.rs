//! The journal beside a dump: what each edit replaced, so that an interrupted one can be finished and any one taken back.
//!
//! The order of a commit makes it safe: the entry with the old and the new bytes is written and made durable, then the
//! dump is patched and made durable, then the entry is sealed. Wherever that is cut off, each byte of the dump is the old
//! or the new one, and the entry says which is which.
//!
//! A journal is believed by what the dump holds, never by where the dump is: it goes along with a copy, a move and a
//! restored backup, and another dump under the same name does not take it for its own.

mod attribute;
pub(crate) mod entries;
#[cfg(test)]
mod faults;
pub(crate) mod file;
mod grown;
pub(crate) mod history;
pub(crate) mod locked;
pub(crate) mod log;
pub(crate) mod record;
pub(crate) mod recover;
mod stack;
pub(crate) mod write;
