//! Rows that fields are made from: structures with the offsets of their values, arrays of them, and single values.

use std::fmt;

use dumpedit_layout::Place;

use super::field::{Comparison, Field, FieldPlace};
use super::kind::{FieldKind, Shown, TextKind};

/// A value of a structure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// Name, behind the owner's.
    pub(crate) name: &'static str,
    /// Offset in the structure, in bytes.
    pub(crate) at: u64,
    /// Size, in bytes.
    pub(crate) size: u64,
    pub(crate) kind: FieldKind,
    pub(crate) comparison: Comparison,
}

impl Row {
    const fn new(name: &'static str, at: u64, size: u64, kind: FieldKind) -> Row {
        Row { name, at, size, kind, comparison: Comparison::Value }
    }

    pub(crate) const fn hex(name: &'static str, at: u64, size: u64) -> Row {
        Row::new(name, at, size, FieldKind::Number(Shown::Hex))
    }

    pub(crate) const fn decimal(name: &'static str, at: u64, size: u64) -> Row {
        Row::new(name, at, size, FieldKind::Number(Shown::Decimal))
    }

    pub(crate) const fn named(name: &'static str, at: u64, size: u64, shown: Shown) -> Row {
        Row::new(name, at, size, FieldKind::Number(shown))
    }

    pub(crate) const fn buffer(name: &'static str, at: u64, size: u64) -> Row {
        Row::new(name, at, size, FieldKind::Text(TextKind::Buffer))
    }

    pub(crate) const fn packed(name: &'static str, at: u64, size: u64) -> Row {
        Row::new(name, at, size, FieldKind::Text(TextKind::Packed))
    }

    pub(crate) const fn guid(name: &'static str, at: u64) -> Row {
        Row::new(name, at, 16, FieldKind::Guid)
    }

    pub(crate) const fn wide_buffer(name: &'static str, at: u64, size: u64) -> Row {
        Row::new(name, at, size, FieldKind::Text(TextKind::WideBuffer))
    }

    pub(crate) const fn described(name: &'static str, at: u64, size: u64) -> Row {
        Row::new(name, at, size, FieldKind::Text(TextKind::Described))
    }

    pub(crate) const fn bytes(name: &'static str, at: u64, size: u64) -> Row {
        Row::new(name, at, size, FieldKind::Bytes)
    }

    pub(crate) const fn version(name: &'static str, at: u64) -> Row {
        Row::new(name, at, 8, FieldKind::Version)
    }

    /// The same row, compared with the bytes around it.
    pub(crate) const fn in_bytes(self) -> Row {
        Row { comparison: Comparison::Bytes, ..self }
    }

    /// The same row, compared by what it leads to.
    pub(crate) const fn apart(self) -> Row {
        Row { comparison: Comparison::Never, ..self }
    }

    /// Place in a structure at a file offset.
    pub(crate) fn in_structure(&self, file_offset: u64) -> Place {
        Place { file_offset: file_offset.saturating_add(self.at), size: self.size }
    }

    fn field(&self, owner: &impl fmt::Display, file_offset: u64) -> Field {
        let stored = FieldPlace::fixed(self.in_structure(file_offset), self.kind);
        Field { path: joined(owner, self.name), stored: vec![stored], comparison: self.comparison }
    }
}

/// Owner of fields: `crash`, `thread[4711]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) root: &'static str,
    pub(crate) key: Key,
}

/// Key of one of several owners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// None: the only owner, or the first.
    None,
    /// `[4711]`
    Number(u64),
    /// `[index:2]`
    Index(u64),
    /// `[libc.so.6]`
    Name(String),
}

impl Owner {
    pub(crate) const fn of(root: &'static str) -> Owner {
        Owner { root, key: Key::None }
    }

    /// The owner with an index: the first by the word alone, others by number.
    pub(crate) fn counted(root: &'static str, index: u64) -> Owner {
        Owner { root, key: if index == 0 { Key::None } else { Key::Number(index) } }
    }

    /// An owner by name where the name can be in brackets, else by index.
    pub(crate) fn called(root: &'static str, name: &str, index: u64) -> Owner {
        let key = if can_be_key(name) { Key::Name(name.to_owned()) } else { Key::Index(index) };
        Owner { root, key }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.root)?;
        match &self.key {
            Key::None => Ok(()),
            key => write!(f, "[{key}]"),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::None => Ok(()),
            Key::Number(number) => number.fmt(f),
            Key::Index(index) => write!(f, "index:{index}"),
            Key::Name(name) => f.write_str(name),
        }
    }
}

/// Whether a name can be in brackets: its own brackets are balanced, and it is no number and has no invisible characters.
fn can_be_key(name: &str) -> bool {
    /// Maximum length of a name in brackets, in bytes; longer ones go by index.
    const LONGEST: usize = 128;
    let mut depth = Some(0usize);
    for letter in name.chars() {
        depth = match (depth, letter) {
            (Some(depth), '[') => depth.checked_add(1),
            (Some(depth), ']') => depth.checked_sub(1),
            (_, letter) if letter.is_control() => None,
            (depth, _) => depth,
        };
        if depth.is_none() {
            return false;
        }
    }
    let is_number = name.starts_with(|first: char| first.is_ascii_digit()) && !name.contains('.');
    depth == Some(0) && !name.is_empty() && name.len() <= LONGEST && !is_number && !name.starts_with("index:")
}

/// The text in brackets for one of several named parts: the name where only one has it and it can be there, else the index.
pub(crate) fn bracketed(name: &str, index: u64, is_only: bool) -> String {
    let key = if is_only && can_be_key(name) { Key::Name(name.to_owned()) } else { Key::Index(index) };
    format!("[{key}]")
}

fn joined(owner: &impl fmt::Display, name: &str) -> String {
    let point = if name.is_empty() || name.starts_with('[') { "" } else { "." };
    format!("{owner}{point}{name}")
}

/// A group of fields.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    /// The values of a structure.
    Structure { owner: Owner, file_offset: u64, rows: &'static [Row] },
    /// The values of consecutive structures, by number.
    Array { root: &'static str, first: u64, stride: u64, count: u64, rows: &'static [Row] },
    /// A single value.
    One { owner: Owner, name: String, stored: Vec<FieldPlace>, comparison: Comparison },
}

impl Entry {
    pub(crate) fn iter(&self) -> Box<dyn Iterator<Item = Field> + '_> {
        match self {
            Entry::Structure { owner, file_offset, rows } => {
                Box::new(rows.iter().map(move |row| row.field(owner, *file_offset)))
            }
            Entry::Array { count, .. } => {
                Box::new((0..*count).flat_map(move |index| self.of_array(index).into_iter().flatten()))
            }
            Entry::One { .. } => Box::new(self.only().into_iter()),
        }
    }

    pub(crate) fn has_texts(&self) -> bool {
        let is_text = |kind: FieldKind| matches!(kind, FieldKind::Text(_));
        match self {
            Entry::Structure { rows, .. } | Entry::Array { rows, .. } => {
                rows.iter().any(|row| is_text(row.kind))
            }
            Entry::One { stored, .. } => stored.iter().any(|stored| is_text(stored.kind)),
        }
    }

    fn only(&self) -> Option<Field> {
        let Entry::One { owner, name, stored, comparison } = self else { return None };
        Some(Field { path: joined(owner, name), stored: stored.clone(), comparison: *comparison })
    }

    /// The fields of one structure of an array.
    fn of_array(&self, index: u64) -> Option<impl Iterator<Item = Field> + '_> {
        let Entry::Array { root, first, stride, rows, .. } = self else { return None };
        let file_offset = index.checked_mul(*stride).and_then(|skipped| first.checked_add(skipped))?;
        let owner = Owner { root, key: Key::Number(index) };
        Some(rows.iter().map(move |row| row.field(&owner, file_offset)))
    }

    pub(crate) fn find(&self, path: &str) -> Option<Field> {
        match self {
            Entry::Structure { owner, file_offset, rows } => {
                let name = path.strip_prefix(owner.root)?;
                let name =
                    name.strip_prefix(owner.to_string().get(owner.root.len()..)?)?.strip_prefix('.')?;
                rows.iter().find(|row| row.name == name).map(|row| row.field(owner, *file_offset))
            }
            Entry::Array { root, count, .. } => {
                let (key, name) = path.strip_prefix(root)?.strip_prefix('[')?.split_once("].")?;
                let index = key.parse().ok().filter(|index| index < count)?;
                self.of_array(index)?.find(|field| field.path.ends_with(name) && field.path == path)
            }
            Entry::One { owner, .. } => {
                path.strip_prefix(owner.root)?;
                self.only().filter(|field| field.path == path)
            }
        }
    }

    /// The smallest field that holds a byte of the file, and its place there.
    pub(crate) fn at(&self, file_offset: u64) -> Option<(Field, FieldPlace)> {
        let holds = |place: Place| (place.file_offset..place.end()).contains(&file_offset);
        let smallest = |rows: &'static [Row], start: u64| {
            let rows = rows.iter().filter(|row| holds(row.in_structure(start)));
            rows.min_by_key(|row| row.size)
        };
        let of_row = |field: Field| Some((field.clone(), field.first()?));
        match self {
            Entry::Structure { owner, file_offset: start, rows } => {
                of_row(smallest(rows, *start)?.field(owner, *start))
            }
            Entry::Array { root, first, stride, count, rows } => {
                let index = file_offset.checked_sub(*first)?.checked_div(*stride)?;
                let start = first.checked_add(index.checked_mul(*stride)?)?;
                let owner = Owner { root, key: Key::Number(index) };
                of_row(smallest(rows, start).filter(|_| index < *count)?.field(&owner, start))
            }
            Entry::One { stored, .. } => {
                let found = stored.iter().find(|stored| holds(stored.place)).copied()?;
                Some((self.only()?, found))
            }
        }
    }

    pub(crate) fn key_of(&self, wanted: &str) -> Option<String> {
        match self {
            Entry::Structure { owner, .. } | Entry::One { owner, .. } if owner.root == wanted => {
                Some(owner.key.to_string()).filter(|key| !key.is_empty())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_in_brackets_where_it_can_be_read_back() {
        for name in ["libc.so.6", "[vdso]", "a=b", "a b", "7z.dll", "ntdll"] {
            assert!(can_be_key(name), "{name}");
        }
        for name in ["", "a]", "]a[", "[", "12", "index:1", "a\nb"] {
            assert!(!can_be_key(name), "{name}");
        }
    }

    #[test]
    fn a_million_structures_are_one_row() {
        static ROWS: &[Row] = &[Row::hex("p_flags", 4, 4), Row::hex("p_paddr", 24, 8)];
        let table = Entry::Array { root: "segment", first: 64, stride: 56, count: 1_000_000, rows: ROWS };
        let found = table.find("segment[999999].p_paddr").unwrap();
        assert_eq!(found.stored[0].place, Place { file_offset: 64 + 56 * 999_999 + 24, size: 8 });
        assert_eq!(table.at(64 + 56 * 3 + 5).unwrap().0.path, "segment[3].p_flags");
        for path in ["segment[1000000].p_paddr", "segment[-1].p_paddr", "segment[1]", "segment[01].p_flags"] {
            assert_eq!(table.find(path), None, "{path}");
        }
        assert_eq!(table.iter().count(), 2_000_000);
    }
}
