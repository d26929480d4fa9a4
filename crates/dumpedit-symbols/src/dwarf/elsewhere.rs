//! Other files that debug information refers to: split units (.dwo), packages of them (.dwp), and the supplementary
//! files of dwz.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use dumpedit_layout::ByteOrder;
use gimli::{IndexSectionId, RunTimeEndian, UnitIndex};

use super::object_file::ObjectFile;
use super::reading::{Reading, Unit};
use super::unit::{Parts, Slice, Source};
use crate::SymbolFile;
use crate::types::TypeError;

/// The size in bytes of the header of a build id's note and of its name `GNU`.
const NOTE: usize = 16;
/// The most ids of a file that an error lists.
const OTHERS: usize = 4;
/// The largest index of a package that is read, in bytes.
const INDEX: u64 = 64 << 20;

impl Reading {
    fn incomplete(&self, what: String) -> TypeError {
        TypeError::Incomplete { path: self.main.path().to_owned(), what }
    }

    /// The number of the section of units in the supplementary file that dwz moved common parts to; `None` if the file
    /// names none.
    pub(super) fn supplementary(&self) -> Result<Option<u32>, TypeError> {
        let found = self.supplementary.get_or_init(|| self.open_supplementary());
        found.clone().map_err(|what| self.incomplete(what))
    }

    fn open_supplementary(&self) -> Result<Option<u32>, String> {
        let (section, skipped) = match self.main.section("gnu_debugaltlink") {
            Some(section) => (section, 0),
            // .debug_sup of DWARF 5 begins with a version and a flag.
            None => match self.main.section("debug_sup") {
                Some(section) => (section, 3),
                None => return Ok(None),
            },
        };
        let bytes = section.read_few(0, 8192).map_err(|error| error.to_string())?;
        let link = bytes.get(skipped..).unwrap_or_default();
        let end = memchr::memchr(0, link).ok_or("the name of the supplementary file is not terminated")?;
        let name = String::from_utf8_lossy(link.get(..end).unwrap_or_default()).into_owned();
        let mut id = link.get(end + 1..).unwrap_or_default();
        if skipped > 0 {
            id = id.get(1..).unwrap_or_default();
        }
        let mut tried = Vec::new();
        let hex = |id: &[u8]| id.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        for path in self.places(Path::new(&name), None, id) {
            let Some(object) = open(&path) else {
                tried.push(path.display().to_string());
                continue;
            };
            let own = object.section("note.gnu.build-id").and_then(|note| note.read_few(0, 256).ok());
            if own.as_ref().is_some_and(|note| note.ends_with(id)) {
                let added = self.add_source(Source::new(Arc::new(object), "debug_info"));
                return added.map(Some).map_err(|error| error.to_string());
            }
            let own = own.as_ref().and_then(|note| note.get(NOTE..)).map_or("none".to_owned(), hex);
            tried.push(format!("{} (a different build: its id is {own}, not {})", path.display(), hex(id)));
        }
        Err(format!("dwz moved parts of it to {name}, which was not found: tried {}", tried.join(", ")))
    }

    /// The paths at which a file named in debug information may be.
    fn places(&self, name: &Path, directory: Option<&str>, build_id: &[u8]) -> Vec<PathBuf> {
        let beside = self.main.path().parent().unwrap_or(Path::new(""));
        let mut places = vec![match directory.filter(|_| name.is_relative()) {
            Some(directory) => beside.join(directory).join(name),
            None => beside.join(name),
        }];
        let file_name = name.file_name().unwrap_or_default();
        places.push(beside.join(name));
        places.push(beside.join(file_name));
        for directory in &self.directories {
            places.push(directory.join(name.strip_prefix("/").unwrap_or(name)));
            places.push(directory.join(file_name));
            places.push(directory.join(".dwz").join(file_name));
            let hex: String = build_id.iter().map(|byte| format!("{byte:02x}")).collect();
            if let Some((first, rest)) = hex.split_at_checked(2) {
                places.push(directory.join(".build-id").join(first).join(format!("{rest}.debug")));
            }
        }
        let mut known = Vec::new();
        places.retain(|place| {
            let new = !known.contains(place);
            known.push(place.clone());
            new
        });
        places
    }

    /// The split unit of a skeleton unit. Any other unit is returned as it is.
    pub(super) fn whole(&self, unit: &Arc<Unit>) -> Result<Arc<Unit>, TypeError> {
        let Some((name, id)) = &unit.split else { return Ok(Arc::clone(unit)) };
        for number in self.packages() {
            let source = self.source(*number)?;
            if let Some(offset) = source.split_ids.get(id) {
                return self.unit(*number, *offset);
            }
        }
        let mut tried = Vec::new();
        for path in self.places(Path::new(name), Some(&unit.addresses.directory), &[]) {
            let numbers = self.split_file(&path)?;
            let mut others = Vec::new();
            for number in &numbers {
                let source = self.source(*number)?;
                for offset in &source.units().offsets {
                    let header = source.header(*offset)?;
                    if header.type_.is_some() {
                        continue;
                    }
                    let split = self.unit(*number, *offset)?;
                    if split.split_id == Some(*id) {
                        return Ok(split);
                    }
                    others.extend(
                        split
                            .split_id
                            .map(|other| format!("{other:#018x}"))
                            .filter(|_| others.len() < OTHERS),
                    );
                }
            }
            let why = match others.as_slice() {
                _ if numbers.is_empty() => String::new(),
                [] => " (a different build)".to_owned(),
                others => format!(" (a different build: its id is {}, not {id:#018x})", others.join(" or ")),
            };
            tried.push(format!("{}{why}", path.display()));
        }
        let unit = match unit.addresses.name.as_str() {
            "" => "a unit".to_owned(),
            name => format!("the unit {name}"),
        };
        Err(self.incomplete(format!(
            "{unit} was split off into {name}, which was not found: tried {}",
            tried.join(", ")
        )))
    }

    /// The numbers of the sections of units in a file with split units. The file may have one such section for each
    /// type.
    fn split_file(&self, path: &Path) -> Result<Vec<u32>, TypeError> {
        {
            let splits = self.splits.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = splits.get(path) {
                return Ok(known.clone());
            }
        }
        let mut numbers = Vec::new();
        if let Some(object) = open(path) {
            let object = Arc::new(object);
            for name in ["debug_info.dwo", "debug_types.dwo"] {
                for number in 0..object.count(name) {
                    numbers.push(self.add_source(Source::numbered(Arc::clone(&object), name, number))?);
                }
            }
        }
        self.splits.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), numbers.clone());
        Ok(numbers)
    }

    /// The numbers of the sections of units in the packages beside the program.
    fn packages(&self) -> &[u32] {
        self.packages.get_or_init(|| {
            let path = self.main.path();
            let with = |path: &Path| {
                let mut name = path.file_name().unwrap_or_default().to_owned();
                name.push(".dwp");
                PathBuf::from(name)
            };
            let mut names = vec![with(path)];
            if path.extension().is_some_and(|extension| extension == "debug") {
                names.push(with(&path.with_extension("")));
            }
            let mut numbers = Vec::new();
            for path in names.iter().flat_map(|name| self.places(name, None, &[])) {
                if let Some(object) = open(&path) {
                    for source in package(Arc::new(object)) {
                        numbers.extend(self.add_source(source));
                    }
                    break;
                }
            }
            numbers
        })
    }
}

fn open(path: &Path) -> Option<ObjectFile> {
    let file = SymbolFile::open(path).ok()?;
    ObjectFile::open(Arc::new(file)).ok()?
}

/// The sections of units of a package ("DWARF Package Files" of DWARF 5, 7.3.5, and GNU's earlier form).
fn package(object: Arc<ObjectFile>) -> Vec<Source> {
    let endian = match object.byte_order {
        ByteOrder::Little => RunTimeEndian::Little,
        ByteOrder::Big => RunTimeEndian::Big,
    };
    let index = |name: &str| {
        let section = object.section(name).filter(|section| section.size() <= INDEX)?;
        let bytes = section.read(0..section.size()).ok()?;
        let slice = Slice::new(bytes.into(), endian);
        let index = gimli::DebugCuIndex::from(slice.clone()).index().ok()?;
        Some((index, slice))
    };
    let (units, types) = (index("debug_cu_index"), index("debug_tu_index"));
    let mut sources = Vec::new();
    for (name, section) in
        [("debug_info.dwo", IndexSectionId::DebugInfo), ("debug_types.dwo", IndexSectionId::DebugTypes)]
    {
        if object.section(name).is_none() {
            continue;
        }
        let mut source = Source::new(Arc::clone(&object), name);
        for (index, bytes) in units.iter().chain(types.iter()) {
            rows(index, section, &mut source.parts);
            for id in ids(index, bytes) {
                if let Some((offset, _)) = index.find(id).and_then(|row| row_parts(index, row, section)) {
                    source.split_ids.insert(id, offset);
                }
            }
        }
        sources.push(source);
    }
    sources
}

/// The unit ids that an index has rows for. They are in its table of slots, which follows the 16-byte header.
fn ids(index: &UnitIndex<Slice>, bytes: &Slice) -> Vec<u64> {
    use gimli::Reader;
    let mut input = bytes.clone();
    let mut ids = Vec::new();
    if input.skip(16).is_err() {
        return ids;
    }
    for _ in 0..index.slot_count() {
        match input.read_u64() {
            Ok(0) => {}
            Ok(id) => ids.push(id),
            Err(_) => break,
        }
    }
    ids
}

fn rows(index: &UnitIndex<Slice>, section: IndexSectionId, parts: &mut HashMap<u64, Parts>) {
    for row in 1..=index.unit_count() {
        if let Some((offset, part)) = row_parts(index, row, section) {
            parts.insert(offset, part);
        }
    }
}

/// The offset of a row's unit, and the offsets of the unit's parts.
fn row_parts(index: &UnitIndex<Slice>, row: u32, section: IndexSectionId) -> Option<(u64, Parts)> {
    let mut parts = Parts::default();
    let mut offset = None;
    for found in index.sections(row).ok()? {
        match found.section {
            IndexSectionId::DebugAbbrev => parts.abbreviations = found.offset.into(),
            IndexSectionId::DebugStrOffsets => parts.string_offsets = found.offset.into(),
            known if known == section => offset = Some(found.offset.into()),
            _ => {}
        }
    }
    Some((offset?, parts))
}
