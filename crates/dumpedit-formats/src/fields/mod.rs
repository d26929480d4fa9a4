//! Named values of a dump that are neither memory nor registers, each with its places in the file: the one table for listing, setting,
//! comparing and naming.
//!
//! Values are not held: readers decode the bytes at a place by its [`FieldKind`]. Fields are made on demand, so that a million program
//! headers cost no more than one row.

mod codes;
mod field;
mod kind;
pub(crate) mod owners;
mod table;

use dumpedit_layout::{ByteOrder, Place};

pub use codes::Codes;
pub(crate) use field::Comparison;
pub use field::{Field, FieldAt, FieldPlace, Lead, Room};
pub use kind::{FieldKind, Shown, TextKind, Unfit};
pub(crate) use table::{Entry, Key, Owner, Row, bracketed};

/// First words of names of fields.
pub const ROOTS: &[&str] = &[
    "crash", "handle", "header", "mapping", "module", "note", "process", "segment", "stream", "system",
    "thread", "unloaded",
];

/// Whether a text has the form of a field's name: one of the [`ROOTS`], and something behind it.
pub fn is_name(text: &str) -> bool {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    text.split_at_checked(end).is_some_and(|(root, rest)| ROOTS.contains(&root) && !rest.is_empty())
}

/// The fields of a dump.
#[derive(Clone, Debug)]
pub struct Fields {
    entries: Vec<Entry>,
    byte_order: ByteOrder,
    file_size: u64,
    codes: Codes,
}

impl Fields {
    pub(crate) fn new(byte_order: ByteOrder, file_size: u64, codes: Codes) -> Fields {
        Fields { entries: Vec::new(), byte_order, file_size, codes }
    }

    /// Byte order of numbers.
    pub fn byte_order(&self) -> ByteOrder {
        self.byte_order
    }

    /// Names of signals and exceptions in this dump.
    pub fn codes(&self) -> &Codes {
        &self.codes
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Adds the rows of a structure at a file offset.
    pub(crate) fn structure(&mut self, owner: Owner, file_offset: u64, rows: &'static [Row]) {
        self.push(Entry::Structure { owner, file_offset, rows });
    }

    /// Adds a field with one place.
    pub(crate) fn one(
        &mut self,
        owner: Owner,
        name: impl Into<String>,
        place: Place,
        row: (FieldKind, Comparison),
    ) {
        self.resizable(owner, name, place, row, Room::Fixed);
    }

    /// Adds a field with one place, which gets room for a value of another size.
    pub(crate) fn resizable(
        &mut self,
        owner: Owner,
        name: impl Into<String>,
        place: Place,
        row: (FieldKind, Comparison),
        room: Room,
    ) {
        let (kind, comparison) = row;
        let stored = vec![FieldPlace { place, kind, room }];
        self.push(Entry::One { owner, name: name.into(), stored, comparison });
    }

    /// All fields that the file holds whole, in the order of the dump's parts.
    pub fn iter(&self) -> impl Iterator<Item = Field> + '_ {
        self.entries.iter().flat_map(Entry::iter).filter(|field| self.is_whole(field))
    }

    /// The fields that are texts.
    pub fn texts(&self) -> impl Iterator<Item = Field> + '_ {
        let entries = self.entries.iter().filter(|entry| entry.has_texts()).flat_map(Entry::iter);
        let is_text =
            |field: &Field| field.first().is_some_and(|first| matches!(first.kind, FieldKind::Text(_)));
        entries.filter(move |field| is_text(field) && self.is_whole(field))
    }

    /// The field with a name.
    pub fn find(&self, path: &str) -> Option<Field> {
        self.entries.iter().find_map(|entry| entry.find(path)).filter(|field| self.is_whole(field))
    }

    /// The smallest field that holds a byte of the file, the first of several, and its first place there.
    pub fn at(&self, file_offset: u64) -> Option<FieldAt> {
        let mut best: Option<((u64, bool), FieldAt)> = None;
        for entry in &self.entries {
            let Some((field, stored)) = entry.at(file_offset) else { continue };
            let rank = (stored.place.size, field.first() != Some(stored));
            if best.as_ref().is_none_or(|(found, _)| rank < *found) && self.is_whole(&field) {
                best = Some((rank, FieldAt { field, stored }));
            }
        }
        best.map(|(_, found)| found)
    }

    /// The keys of the fields under a root, in order: of threads `4711` and `index:2`.
    pub fn keys(&self, root: &str) -> impl Iterator<Item = String> {
        let mut keys: Vec<String> = Vec::new();
        for entry in &self.entries {
            if let Some(key) = entry.key_of(root)
                && keys.last() != Some(&key)
            {
                keys.push(key);
            }
        }
        keys.into_iter()
    }

    /// Number of structures that are named by index, such as segments.
    pub fn keys_of_array(&self, wanted: &str) -> u64 {
        let counts = self.entries.iter().map(|entry| match entry {
            Entry::Array { root, count, .. } if *root == wanted => *count,
            _ => 0,
        });
        counts.fold(0, u64::saturating_add)
    }

    /// The fields with a place of exactly these bytes of the file.
    pub fn sharing(&self, place: Place) -> impl Iterator<Item = Field> + '_ {
        let at = self.entries.iter().filter_map(move |entry| entry.at(place.file_offset));
        at.filter(move |(_, stored)| stored.place == place).map(|(field, _)| field)
    }

    fn is_whole(&self, field: &Field) -> bool {
        !field.stored.is_empty()
            && field.stored.iter().all(|stored| stored.place.end() <= self.file_size && stored.place.size > 0)
    }
}
