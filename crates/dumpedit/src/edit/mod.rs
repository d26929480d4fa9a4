//! An edit: its writes are resolved and checked at once, and kept aside until it is committed.

mod apply;
mod assigned;
mod assigning;
mod beside;
pub(crate) mod changes;
mod expect;
pub(crate) mod gates;
pub(crate) mod located;
#[cfg(feature = "symbols")]
mod masked;
pub(crate) mod notices;
pub(crate) mod overlap;
pub(crate) mod payload;
pub(crate) mod pending;
mod registers;
pub(crate) mod tag_changes;
pub(crate) mod write;

use std::collections::HashSet;

use dumpedit_layout::{Context, Location, Notice, Outcome};

use crate::dump::Dump;
use crate::edit::assigned::Assigned;
use crate::edit::changes::Changes;
use crate::edit::pending::Pending;
use crate::error::Error;
use crate::field::resized::{FieldChange, ResizedFields};
use crate::number::RegisterValue;
use crate::structure::parts::Structure;
use crate::view::View;

impl Dump {
    /// Begins an edit. Nothing is written before it is committed.
    pub fn edit(&self) -> Edit {
        self.edit_with(EditOptions::default())
    }

    /// Begins an edit with options.
    pub fn edit_with(&self, options: EditOptions) -> Edit {
        Edit::new(self.clone(), options)
    }
}

/// Options of an edit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EditOptions {
    /// Makes a partial outcome an error.
    pub all_or_nothing: bool,
    /// Allows writes to memory that shares file bytes with the dump's own structures.
    pub allow_structure: bool,
    /// Number of changes whose bytes the report holds; `None` for as many as there is room for. The bytes of a million changes cost their
    /// reading.
    pub bytes_of: Option<usize>,
}

impl EditOptions {
    /// Sets whether a partial outcome is an error.
    pub fn all_or_nothing(self, all_or_nothing: bool) -> Self {
        EditOptions { all_or_nothing, ..self }
    }

    /// Sets whether memory that shares file bytes with the dump's own structures can be written.
    pub fn allow_structure(self, allow_structure: bool) -> Self {
        EditOptions { allow_structure, ..self }
    }

    /// Sets the number of changes whose bytes the report holds.
    pub fn bytes_of(self, changes: usize) -> Self {
        EditOptions { bytes_of: Some(changes), ..self }
    }
}

/// Writes that are collected, and then committed together or dropped together.
///
/// Owned and `Send`; dropped without a commit, it never happened. Reads through it see its writes.
#[derive(Debug)]
#[must_use = "an edit that is not committed never happened"]
pub struct Edit {
    dump: Dump,
    options: EditOptions,
    /// Whether some of it may be written into the dump's own structures.
    writes_structure: bool,
    pub(crate) pending: Pending,
    /// File bytes that were checked, and are checked again at the commit.
    pub(crate) expected: Pending,
    pub(crate) changes: Changes,
    pub(crate) notices: Vec<Notice>,
    told: HashSet<Notice>,
    /// Fields that it resizes.
    pub(crate) resized: ResizedFields,
    /// Parts that it adds and drops.
    pub(crate) structure: Option<Structure>,
    /// Places that the operation in progress assigned values to.
    assigned: Option<Assigned>,
}

impl Edit {
    pub(crate) fn new(dump: Dump, options: EditOptions) -> Self {
        Edit {
            dump,
            options,
            writes_structure: options.allow_structure,
            pending: Pending::default(),
            expected: Pending::default(),
            changes: Changes::with_bytes_of(options.bytes_of.unwrap_or(usize::MAX)),
            notices: Vec::new(),
            told: HashSet::new(),
            resized: ResizedFields::default(),
            structure: None,
            assigned: None,
        }
    }

    /// The dump that is edited.
    pub fn dump(&self) -> &Dump {
        &self.dump
    }

    /// The options of the edit.
    pub fn options(&self) -> EditOptions {
        self.options
    }

    /// Whether it may have written into the dump's own structures.
    pub(crate) fn wrote_structure(&self) -> bool {
        self.writes_structure
    }

    /// Records that it writes into the dump's own structures.
    pub(crate) fn set_structure(&mut self) {
        self.writes_structure = true;
    }

    pub(crate) fn set_options(&mut self, options: EditOptions) {
        self.options = options;
        self.writes_structure |= options.allow_structure;
    }

    /// The changes of the edit so far, in the order in which it set them.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// The fields that are resized, and so move in the file, in the order in which the edit set them: they are not among the
    /// [changes](Edit::changes).
    pub fn resized_fields(&self) -> &[FieldChange] {
        self.resized.all()
    }

    /// Notices about the edit so far.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    pub(crate) fn view(&self) -> View<'_> {
        View::of_edit(&self.dump, &self.pending, &self.resized)
    }

    /// Reads bytes as [`Dump::read_bytes`] does, with this edit's writes.
    ///
    /// # Errors
    /// As [`Dump::read_bytes`].
    pub fn read_bytes(
        &self,
        context: Context,
        at: impl Into<Location>,
        into: &mut [u8],
    ) -> Result<Outcome, Error> {
        self.view().read_bytes(context, at.into(), into)
    }

    /// Reads bytes of the file itself as [`Dump::read_file`] does, with this edit's writes.
    ///
    /// # Errors
    /// As [`Dump::read_file`].
    pub fn read_file(&self, file_offset: u64, into: &mut [u8]) -> Result<(), Error> {
        self.view().file_bytes(file_offset, into)
    }

    /// Reads a register as [`Dump::read_register`] does, with this edit's writes.
    ///
    /// # Errors
    /// As [`Dump::read_register`].
    pub fn read_register(&self, context: Context, name: &str) -> Result<RegisterValue, Error> {
        self.view().read_register(context, name)
    }

    /// Removes a notice that is no longer true.
    pub(crate) fn untell(&mut self, notice: &Notice) {
        self.notices.retain(|told| told != notice);
        self.told.remove(notice);
    }

    /// Adds a notice that was not given before.
    pub(crate) fn tell(&mut self, notice: Notice) {
        if self.told.insert(notice.clone()) {
            self.notices.push(notice);
        }
    }

    /// Does several steps or none of them.
    pub(crate) fn atomically<T>(
        &mut self,
        all: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (changes, notices) = (self.changes.len(), self.notices.len());
        let resized = self.resized.all().len();
        self.pending.mark();
        self.expected.mark();
        let done = all(self);
        self.pending.settle(done.is_ok());
        self.expected.settle(done.is_ok());
        if done.is_err() {
            self.changes.truncate(changes);
            self.resized.truncate(resized);
            for notice in self.notices.drain(notices..) {
                self.told.remove(&notice);
            }
        }
        done
    }
}
