//! Distinguishes matches in bytes that locate everything else in a file from matches in values.

use dumpedit_formats::fields::Fields;
use dumpedit_layout::Span;

use crate::dump::Dump;
use crate::error::Error;
use crate::find::found::Match;

/// Roots of fields that are offsets and counts of the file.
const ROOTS: [&str; 3] = ["header", "segment", "stream"];

/// The structures of a dump's format: its header, its directory, and lists with their counts and file offsets.
pub(crate) struct Structures<'a> {
    dump: &'a Dump,
    fields: &'a Fields,
    tables: Vec<Span>,
}

impl<'a> Structures<'a> {
    /// # Errors
    /// [`Error::Format`] where the file is no longer a readable dump.
    pub(crate) fn of(dump: &'a Dump) -> Result<Structures<'a>, Error> {
        Ok(Structures { dump, fields: dump.fields()?, tables: dump.tables(&dump.model()?)? })
    }

    /// Whether a match has bytes in them that are neither a register's nor those of a field, or is where a write to its place needs
    /// leave as well.
    pub(crate) fn have(&self, one: &Match) -> bool {
        let last = one.file_offset.saturating_add(one.length.saturating_sub(1));
        let from = self.tables.partition_point(|table| table.last < one.file_offset);
        let meets = self.tables.get(from).is_some_and(|table| table.first <= last);
        one.outside && meets && !self.in_value(one.file_offset, last) || one.is_in_structure(self.dump)
    }

    /// Whether all bytes belong to one value.
    fn in_value(&self, first: u64, last: u64) -> bool {
        if self.dump.layout().location_of(first).is_some() {
            return true;
        }
        self.fields.at(first).is_some_and(|found| {
            let root = found.field.path.split(['.', '[']).next();
            let is_value = found.field.is_compared() && root.is_some_and(|root| !ROOTS.contains(&root));
            is_value && last < found.stored.place.end()
        })
    }
}
