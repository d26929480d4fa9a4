//! The symbols of one file. They take little memory, since names stay as the file stores them.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::sync::Arc;

use memchr::memmem::Finder;
use memchr::{memchr, memrchr};

use crate::demangled::{Decoration, display};
use crate::function_copies::Match;
use crate::row::{RowKind, SymbolRow};
use crate::wanted::{Wanted, split_version};

/// The most bytes from a symbol without a size to an address that is named after it.
pub(crate) const REACH: u64 = 4096;
/// The most symbols with one name that are read. Two are enough to show that the name is ambiguous.
pub(crate) const MOST_OF_A_NAME: usize = 1024;
/// The most symbols enclosing one another that are read.
const MOST_ENCLOSING: usize = 4096;
/// The most names that are demangled to find completions.
const MOST_DEMANGLED: usize = 1 << 14;
/// The longest name that is read, in bytes. A longer one is cut, and no symbol has it.
const LONGEST: usize = 1 << 14;

/// A store of names.
#[derive(Debug)]
pub(crate) struct Names {
    /// The names, each ended by a zero byte.
    pub(crate) bytes: Vec<u8>,
    /// Whether a version may follow a name, as linkers of ELF files write it.
    pub(crate) versioned: bool,
    /// The names of the versions, by the number in entries.
    pub(crate) versions: Vec<Vec<u8>>,
}

impl Names {
    fn at(&self, offset: u32) -> Option<&[u8]> {
        let rest = self.bytes.get(usize::try_from(offset).ok()?..)?;
        let rest = rest.get(..LONGEST).unwrap_or(rest);
        rest.get(..memchr(0, rest).unwrap_or(rest.len()))
    }

    /// The offsets at which names with a word in them may begin: from the start of a stored text to its last such word,
    /// since one name may be the end of another.
    fn with(&self, word: &Finder<'_>) -> Vec<RangeInclusive<u32>> {
        let mut places: Vec<RangeInclusive<u32>> = Vec::new();
        for at in word.find_iter(&self.bytes) {
            let before = self.bytes.get(..at).and_then(|before| memrchr(0, before));
            let start = before.map_or(0, |zero| zero.saturating_add(1));
            let (Ok(start), Ok(at)) = (u32::try_from(start), u32::try_from(at)) else { break };
            match places.last_mut().filter(|last| *last.start() == start) {
                Some(last) => *last = start..=at,
                None => places.push(start..=at),
            }
        }
        places
    }
}

/// A symbol.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// As [`SymbolRow::offset`].
    pub(crate) offset: u64,
    /// The size in bytes. If the file has none, the distance in bytes within which addresses are named after the
    /// symbol. This is 0 for a symbol that only names its own address.
    pub(crate) size: u64,
    /// Whether the size is the file's.
    pub(crate) is_sized: bool,
    /// The offset of its name in the store.
    pub(crate) name: u32,
    /// The index of the store of names.
    pub(crate) names: u8,
    pub(crate) kind: RowKind,
    /// Whether other files see it.
    pub(crate) is_global: bool,
    /// The number of its version, from 1; 0 for none. The name alone does not mean a symbol with a hidden version.
    pub(crate) version: u8,
    pub(crate) is_hidden: bool,
    /// The offset of the name of its source file; 0 if the table does not have it.
    pub(crate) unit: u32,
}

/// The symbols of one file.
#[derive(Debug, Default)]
pub(crate) struct Table {
    names: Vec<Names>,
    /// Sorted by offset.
    placed: Vec<Entry>,
    /// For each entry, the highest end of the entries up to it.
    ends: Vec<u64>,
    /// Those that names lead to and no address does: thread-local ones and absolute ones.
    unplaced: Vec<Entry>,
    decoration: Decoration,
}

/// A symbol around an offset, ordered by how well it names the offset. The greatest is the best.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Around {
    pub(crate) is_sized: bool,
    pub(crate) offset: u64,
    is_global: bool,
    kind: u8,
    /// Among several names at one place, the one with the fewest leading underscores is preferred, then the shortest,
    /// then the first.
    plainness: Reverse<(usize, usize, String)>,
    pub(crate) size: u64,
    /// The demangled name.
    name: String,
    /// The version and the name of the source file, if the table has them.
    pub(crate) version: Option<String>,
    pub(crate) unit: Option<String>,
}

impl Around {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The name as the table has it.
    pub(crate) fn stored_name(&self) -> &str {
        &self.plainness.0.2
    }

    /// The same with its demangled name.
    fn shown(self, decoration: Decoration) -> Around {
        let name = display(self.stored_name(), decoration).into_owned();
        Around { name, ..self }
    }
}

impl Table {
    /// Adds a store of names and returns its index; `None` if there are too many.
    pub(crate) fn store(&mut self, names: Names) -> Option<u8> {
        let index = u8::try_from(self.names.len()).ok()?;
        self.names.push(names);
        Some(index)
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        match entry.kind {
            RowKind::ThreadLocal | RowKind::Absolute => self.unplaced.push(entry),
            _ => self.placed.push(entry),
        }
    }

    /// The decoration that the compiler adds to C names.
    pub(crate) fn decoration(&self) -> Decoration {
        self.decoration
    }

    /// The number of symbols.
    pub(crate) fn len(&self) -> usize {
        self.placed.len().saturating_add(self.unplaced.len())
    }

    /// The size of all names in bytes.
    pub(crate) fn size_of_names(&self) -> u64 {
        self.names.iter().map(|names| names.bytes.len() as u64).sum()
    }

    /// The table with its entries sorted, which lookups need.
    pub(crate) fn sorted(mut self) -> Table {
        self.placed.sort_unstable_by_key(|entry| entry.offset);
        let mut highest = 0;
        let end = |entry: &Entry| entry.offset.saturating_add(if entry.is_sized { entry.size } else { 0 });
        self.ends = self
            .placed
            .iter()
            .map(|entry| {
                highest = end(entry).max(highest);
                highest
            })
            .collect();
        self.placed.shrink_to_fit();
        self
    }

    fn names_of(&self, entry: &Entry) -> Option<(&Names, &[u8])> {
        let names = self.names.get(usize::from(entry.names))?;
        Some((names, names.at(entry.name)?))
    }

    /// The name of a symbol without its version.
    fn name(&self, entry: &Entry) -> String {
        let Some((names, stored)) = self.names_of(entry) else { return String::new() };
        let name = if names.versioned { split_version(stored).0 } else { stored };
        String::from_utf8_lossy(name).into_owned()
    }

    /// The version of a symbol, from a table or from its name.
    fn version(&self, entry: &Entry) -> Option<String> {
        let (names, stored) = self.names_of(entry)?;
        let numbered = usize::from(entry.version).checked_sub(1).and_then(|at| names.versions.get(at));
        let behind = || split_version(stored).1.filter(|_| names.versioned).map(|behind| behind.name);
        let version = numbered.map(Vec::as_slice).or_else(behind)?;
        Some(String::from_utf8_lossy(version).into_owned())
    }

    /// The name of a symbol's source file.
    fn unit(&self, entry: &Entry) -> Option<String> {
        let names = self.names.get(usize::from(entry.names)).filter(|_| entry.unit > 0)?;
        Some(String::from_utf8_lossy(names.at(entry.unit)?).into_owned())
    }

    /// Whether the text at an offset of a store begins with `start`.
    pub(crate) fn begins(&self, names: u8, at: u32, start: &[u8]) -> bool {
        let names = self.names.get(usize::from(names));
        names
            .and_then(|names| names.bytes.get(usize::try_from(at).ok()?..))
            .is_some_and(|rest| rest.starts_with(start))
    }

    fn row(&self, entry: &Entry) -> SymbolRow {
        let size = Some(entry.size).filter(|_| entry.is_sized);
        let unit = self.unit(entry).map(Arc::from);
        SymbolRow { unit, ..SymbolRow::new(self.name(entry), entry.offset, size, entry.kind) }
    }

    /// All symbols that a name means, then the optimizers' copies of them. A symbol whose version is not the default is
    /// included only if there is no other.
    pub(crate) fn named(&self, wanted: &Wanted<'_>) -> Vec<SymbolRow> {
        let (mut plain, mut hidden, mut copies) = (Vec::new(), Vec::new(), Vec::new());
        let with_word: Vec<Option<Vec<RangeInclusive<u32>>>> =
            self.names.iter().map(|names| Some(names.with(wanted.word(names.versioned)?))).collect();
        let may_be = |entry: &&Entry| match with_word.get(usize::from(entry.names)) {
            Some(Some(places)) => {
                let before = places.partition_point(|place| *place.start() <= entry.name);
                before
                    .checked_sub(1)
                    .and_then(|at| places.get(at))
                    .is_some_and(|place| place.contains(&entry.name))
            }
            _ => true,
        };
        for entry in self.placed.iter().chain(&self.unplaced).filter(may_be) {
            let Some((names, stored)) = self.names_of(entry) else { continue };
            let version = usize::from(entry.version).checked_sub(1).and_then(|at| names.versions.get(at));
            let meant = match names.versioned {
                true => wanted.means_versioned(stored, version.map(Vec::as_slice)),
                false => wanted.means(stored, self.decoration),
            };
            let Some(meant) = meant else { continue };
            let behind =
                || names.versioned && split_version(stored).1.is_some_and(|behind| !behind.is_default);
            let is_hidden = wanted.is_of_any_version() && (entry.is_hidden || behind());
            let of_kind = match meant {
                Match::CopyOf => &mut copies,
                Match::Named if is_hidden => &mut hidden,
                Match::Named => &mut plain,
            };
            if of_kind.len() < MOST_OF_A_NAME {
                of_kind.push(self.row(entry));
            }
        }
        let mut meant = if plain.is_empty() { hidden } else { plain };
        meant.append(&mut copies);
        meant
    }

    /// The symbols whose name is `name` with a number added, such as a static variable of a function: `calls.0`.
    pub(crate) fn counted(&self, name: &str) -> Vec<SymbolRow> {
        let is_meant = |entry: &&Entry| {
            let number = self.names_of(entry).and_then(|(_, stored)| {
                stored.strip_prefix(name.as_bytes())?.strip_prefix(b".").filter(|number| !number.is_empty())
            });
            entry.kind != RowKind::Function
                && number.is_some_and(|number| number.iter().all(u8::is_ascii_digit))
        };
        let entries = self.placed.iter().chain(&self.unplaced).filter(is_meant);
        entries.take(MOST_OF_A_NAME).map(|entry| self.row(entry)).collect()
    }

    /// The demangled names that begin with `start`, at most `most`, without those of code that compilers make up. A
    /// mangled name is read only if it has the words of `start` in it.
    pub(crate) fn starting(&self, start: &str, most: usize) -> BTreeSet<String> {
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let words: Vec<Finder<'_>> = start.split(|letter| !is_word(letter)).map(Finder::new).collect();
        let mut left = MOST_DEMANGLED;
        let mut found = BTreeSet::new();
        for entry in self.placed.iter().chain(&self.unplaced) {
            let Some((names, stored)) = self.names_of(entry) else { continue };
            let name = if names.versioned { split_version(stored).0 } else { stored };
            let bare = self.decoration.without(str::from_utf8(name).unwrap_or_default());
            let is_mangled = bare.starts_with(['?', '_']);
            if left == 0 || is_mangled && !words.iter().all(|word| word.find(name).is_some()) {
                continue;
            }
            if is_mangled {
                left -= 1;
            }
            let shown = display(bare, Decoration::None);
            let is_made_up = shown.contains(" for ") || shown.starts_with('.');
            if shown.starts_with(start) && !is_made_up && found.len() < most {
                found.insert(shown.into_owned());
            }
        }
        found
    }

    /// The names of about so many letters, each with whether other files see it, without those of code that compilers
    /// make up.
    pub(crate) fn names_of_about(&self, letters: usize, slack: usize) -> impl Iterator<Item = (&[u8], bool)> {
        let entries = self.placed.iter().chain(&self.unplaced);
        entries.filter_map(move |entry| {
            let (names, stored) = self.names_of(entry)?;
            let name = if names.versioned { split_version(stored).0 } else { stored };
            (name.len().abs_diff(letters) <= slack).then_some((name, entry.is_global))
        })
    }

    /// The symbol around an offset: the innermost that encloses it, or one without a size a little below.
    pub(crate) fn around(&self, offset: u64) -> Option<Around> {
        let below = self.placed.partition_point(|entry| entry.offset <= offset);
        let (mut nearest, mut best): (Option<u64>, Option<Around>) = (None, None);
        for at in (0..below).rev().take(MOST_ENCLOSING) {
            let (entry, end) = (self.placed.get(at)?, self.ends.get(at)?);
            if entry.size == 0 {
                continue;
            }
            let is_nearest = entry.offset == *nearest.get_or_insert(entry.offset);
            if best.as_ref().is_some_and(|best| best.is_sized && best.offset != entry.offset)
                || !is_nearest && *end <= offset
            {
                break;
            }
            let distance = offset.saturating_sub(entry.offset);
            // A label inside a symbol is only a place in that symbol.
            let is_free = entry.is_sized || is_nearest && *end <= entry.offset;
            if is_free && distance < entry.size {
                best = Some(self.ranked(entry)).max(best);
            }
        }
        best.map(|best| best.shown(self.decoration))
    }

    fn ranked(&self, entry: &Entry) -> Around {
        let name = self.name(entry);
        let underscores = name.len().saturating_sub(name.trim_start_matches('_').len());
        Around {
            is_sized: entry.is_sized,
            offset: entry.offset,
            is_global: entry.is_global,
            kind: match entry.kind {
                RowKind::Function => 2,
                RowKind::Object => 1,
                _ => 0,
            },
            plainness: Reverse((underscores, name.len(), name)),
            size: entry.size,
            name: String::new(),
            version: self.version(entry),
            unit: self.unit(entry),
        }
    }
}

impl Table {
    /// The table of a file that is read into rows.
    pub(crate) fn of_rows(rows: impl IntoIterator<Item = SymbolRow>, decoration: Decoration) -> Table {
        let mut table = Table { decoration, ..Table::default() };
        // Offset 0 means that there is no source file.
        let mut bytes: Vec<u8> = vec![0];
        let mut units: HashMap<Arc<str>, u32> = HashMap::new();
        for row in rows {
            let mut unit = 0;
            if let Some(name) = &row.unit {
                let Ok(next) = u32::try_from(bytes.len()) else { break };
                unit = *units.entry(Arc::clone(name)).or_insert_with(|| {
                    bytes.extend(name.bytes().filter(|byte| *byte != 0));
                    bytes.push(0);
                    next
                });
            }
            let Ok(name) = u32::try_from(bytes.len()) else { break };
            bytes.extend(row.name.bytes().filter(|byte| *byte != 0));
            bytes.push(0);
            table.push(Entry {
                offset: row.offset,
                size: row.size.filter(|size| *size > 0).unwrap_or(REACH),
                is_sized: row.size.is_some_and(|size| size > 0),
                name,
                names: 0,
                kind: row.kind,
                is_global: true,
                version: 0,
                is_hidden: false,
                unit,
            });
        }
        table.store(Names { bytes, versioned: false, versions: Vec::new() });
        table.sorted()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, offset: u64, size: u64, kind: RowKind) -> SymbolRow {
        SymbolRow::new(name, offset, Some(size).filter(|size| *size > 0), kind)
    }

    fn around(table: &Table, offset: u64) -> Option<(String, u64)> {
        let found = table.around(offset)?;
        Some((found.name().to_owned(), offset - found.offset))
    }

    #[test]
    fn an_offset_is_in_the_innermost_symbol_that_reaches_so_far() {
        use RowKind::{Function, Object, Other};
        let rows = [
            row("outer", 0x100, 0x100, Function),
            row("inner", 0x120, 0x10, Function),
            row("label", 0x128, 0, Other),
            row("free", 0x1000, 0, Function),
            row("__same", 0x300, 8, Object),
            row("same", 0x300, 8, Object),
        ];
        let table = Table::of_rows(rows, Decoration::None);
        let named = |name: &str, offset| Some((name.to_owned(), offset));
        assert_eq!(around(&table, 0x12f), named("inner", 0xf));
        assert_eq!(around(&table, 0x130), named("outer", 0x30));
        assert_eq!(around(&table, 0x1ff), named("outer", 0xff));
        assert_eq!(around(&table, 0x200), None);
        assert_eq!(around(&table, 0x303), named("same", 3));
        assert_eq!(around(&table, 0x1fff), named("free", 0xfff));
        assert_eq!([around(&table, 0x2000), around(&table, 0)], [None, None]);
    }

    #[test]
    fn all_of_one_name_are_found_wherever_they_are() {
        use RowKind::{Function, Object, ThreadLocal};
        let rows = [row("x", 1, 4, Object), row("xx", 2, 4, Object), row("x", 9, 0, Function)];
        let rows = rows.into_iter().chain([row("x", 8, 4, ThreadLocal)]);
        let table = Table::of_rows(rows, Decoration::None);
        let offsets: Vec<u64> = table.named(&Wanted::new("x")).iter().map(|row| row.offset).collect();
        assert_eq!((offsets, table.len()), (vec![1, 9, 8], 4));
    }
}
