//! The journal beside a dump: the bytes that each edit replaced, so that an interrupted one can be completed and any one undone.
//!
//! The order of a commit makes it safe: the entry with the old and the new bytes is written and made durable, then the dump is patched and
//! made durable, then the entry is sealed. Wherever that is interrupted, each byte of the dump is the old or the new one, and the entry has
//! both.
//!
//! A journal belongs to a dump by the dump's contents, never by its path: it stays valid for a copy, a moved file and a restored backup,
//! and another dump under the same name does not match it.

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
