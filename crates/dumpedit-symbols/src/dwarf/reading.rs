//! Debugging information entries (DIEs) by key, and what their attributes refer to: strings, other DIEs and addresses,
//! in any file and unit.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use gimli::constants::{self, DwAt};
use gimli::{AttributeValue, Reader, UnitOffset};

use super::name::{ANONYMOUS, Part};
use super::object_file::ObjectFile;
use super::scopes::Scopes;
use super::unit::{Entry, Header, Source, Value};
use crate::source_files::within;
use crate::types::{Language, TypeError, ValueType};

/// The number of low bits of a key that are the offset of a DIE in its section. The other bits are the number of the
/// section.
const OFFSET_BITS: u32 = 40;
/// The most units that are kept.
const UNITS: usize = 512;
/// The most references that are followed for one name.
pub(super) const HOPS: usize = 16;
/// The most names that one name may consist of. The next constant limits how deep they are nested.
pub(super) const NAMES: u32 = 4096;
const DEPTH: u32 = 64;
/// The most types that are kept.
pub(super) const TYPES: usize = 1 << 16;

/// The debug information of one module, in all its files.
#[derive(Debug)]
pub(super) struct Reading {
    /// The program's own file, or its separate debug file.
    pub(super) main: Arc<ObjectFile>,
    /// Further folders for files that the debug information names.
    pub(super) directories: Vec<PathBuf>,
    /// The sections with units. The first is .debug_info of the main file.
    pub(super) sources: Mutex<Vec<Arc<Source>>>,
    units: Mutex<VecDeque<Arc<Unit>>>,
    /// The address tables of split units, by the id of the unit.
    pub(super) skeletons: Mutex<HashMap<u64, Addresses>>,
    pub(super) supplementary: OnceLock<Result<Option<u32>, String>>,
    pub(super) packages: OnceLock<Vec<u32>>,
    pub(super) splits: Mutex<HashMap<PathBuf, Vec<u32>>>,
    pub(super) types: Mutex<HashMap<u64, Arc<ValueType>>>,
    pub(super) definitions: Mutex<HashMap<String, Option<Arc<ValueType>>>>,
    /// The full names of the namespaces that a namespace alias stands for, for each name that was looked up.
    pub(super) aliases: Mutex<HashMap<String, Vec<String>>>,
}

/// The address table of a unit.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    pub(super) object: Arc<ObjectFile>,
    pub(super) base: u64,
    pub(super) size: u8,
    /// The address where the unit's code begins. Ranges are relative to it.
    pub(super) low_pc: u64,
    /// The offset of the unit's lists in .debug_ranges. The ranges of a split unit are relative to it.
    pub(super) ranges_base: u64,
    /// The offset of the unit's table in .debug_rnglists.
    pub(super) range_lists: Option<u64>,
    /// The directory and the file name that the unit was compiled with.
    pub(super) directory: String,
    pub(super) name: String,
}

/// A unit whose first DIE has been read.
#[derive(Debug)]
pub(super) struct Unit {
    /// The number of its section.
    pub(super) number: u32,
    pub(super) source: Arc<Source>,
    pub(super) header: Header,
    pub(super) language: Language,
    pub(super) first_index: i64,
    pub(super) addresses: Addresses,
    /// For a skeleton unit, the name of the file with the split unit, and the id of that unit.
    pub(super) split: Option<(String, u64)>,
    /// The id that a skeleton unit and its split unit share.
    pub(super) split_id: Option<u64>,
    string_offsets: u64,
    pub(super) scopes: OnceLock<Scopes>,
}

/// A DIE and its unit.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) unit: Arc<Unit>,
    pub(super) entry: Entry,
}

/// The nesting depth of a name within other names, and the number of names that may still be read.
#[derive(Clone, Copy)]
pub(super) struct Within<'a> {
    depth: u32,
    left: &'a AtomicU32,
}

impl<'a> Within<'a> {
    pub(super) fn new(left: &'a AtomicU32) -> Within<'a> {
        Within { depth: 0, left }
    }

    /// The same for a name inside this one; `None` if it is nested too deep, or if too many names were read.
    pub(super) fn deeper(self) -> Option<Within<'a>> {
        let left = self.left.load(Ordering::Relaxed).checked_sub(1)?;
        self.left.store(left, Ordering::Relaxed);
        (self.depth < DEPTH).then_some(Within { depth: self.depth + 1, ..self })
    }
}

impl Unit {
    pub(super) fn key(&self, offset: u64) -> u64 {
        (u64::from(self.number) << OFFSET_BITS) | offset
    }

    pub(super) fn is_dwo(&self) -> bool {
        self.source.name.ends_with(".dwo")
    }

    pub(super) fn damaged(&self, entry: &Entry, what: &str) -> TypeError {
        self.source.damaged(entry.offset, what)
    }
}

impl Place {
    pub(super) fn key(&self) -> u64 {
        self.unit.key(self.entry.offset)
    }
}

impl Reading {
    pub(super) fn new(main: Arc<ObjectFile>, directories: Vec<PathBuf>) -> Reading {
        let mut sources = vec![Arc::new(Source::new(Arc::clone(&main), "debug_info"))];
        if main.section("debug_types").is_some() {
            sources.push(Arc::new(Source::new(Arc::clone(&main), "debug_types")));
        }
        Reading {
            main,
            directories,
            sources: Mutex::new(sources),
            units: Mutex::default(),
            skeletons: Mutex::default(),
            supplementary: OnceLock::new(),
            packages: OnceLock::new(),
            splits: Mutex::default(),
            types: Mutex::default(),
            definitions: Mutex::default(),
            aliases: Mutex::default(),
        }
    }

    pub(super) fn source(&self, number: u32) -> Result<Arc<Source>, TypeError> {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let source = sources.get(number as usize).cloned();
        source.ok_or_else(|| self.main.damaged(format!("it has no section number {number}")))
    }

    /// Adds a section with units and returns its number.
    pub(super) fn add_source(&self, source: Source) -> Result<u32, TypeError> {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let number =
            u32::try_from(sources.len()).ok().filter(|number| *number < 1 << (u64::BITS - OFFSET_BITS));
        let number = number.ok_or_else(|| TypeError::Unsupported {
            path: self.main.path().to_owned(),
            what: "millions of sections of split units".into(),
        })?;
        sources.push(Arc::new(source));
        Ok(number)
    }

    /// The number of the section with this name in the same file as another section.
    pub(super) fn sibling_source(&self, source: &Source, name: &str) -> Option<u32> {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |known: &Arc<Source>| Arc::ptr_eq(&known.object, &source.object) && known.name == name;
        sources.iter().position(same).and_then(|at| u32::try_from(at).ok())
    }

    /// The unit at an offset of a section.
    pub(super) fn unit(&self, number: u32, offset: u64) -> Result<Arc<Unit>, TypeError> {
        {
            let mut units = self.units.lock().unwrap_or_else(PoisonError::into_inner);
            let same = |unit: &Arc<Unit>| unit.number == number && unit.header.offset == offset;
            if let Some(at) = units.iter().position(same)
                && let Some(unit) = units.remove(at)
            {
                units.push_front(Arc::clone(&unit));
                return Ok(unit);
            }
        }
        let unit = Arc::new(self.open_unit(number, offset)?);
        let mut units = self.units.lock().unwrap_or_else(PoisonError::into_inner);
        units.truncate(UNITS - 1);
        units.push_front(Arc::clone(&unit));
        Ok(unit)
    }

    fn open_unit(&self, number: u32, offset: u64) -> Result<Unit, TypeError> {
        let source = self.source(number)?;
        let header = source.header(offset)?;
        let root = source.entry(&header, header.root)?;
        let is_dwo = source.name.ends_with(".dwo");
        let version = header.encoding.version;
        let table_header = match header.encoding.format {
            gimli::Format::Dwarf32 => 8,
            gimli::Format::Dwarf64 => 16,
        };
        let parts = source.parts.get(&offset).copied().unwrap_or_default();
        let own_offsets = match root.value(constants::DW_AT_str_offsets_base) {
            Some(AttributeValue::DebugStrOffsetsBase(base)) => Some(base.0 as u64),
            _ => None,
        };
        let default = if version >= 5 { table_header } else { 0 };
        let string_offsets = own_offsets.unwrap_or(default).saturating_add(parts.string_offsets);
        let split_id = header.split_id.or(match root.value(constants::DW_AT_GNU_dwo_id) {
            Some(AttributeValue::DwoId(id)) => Some(id.0),
            Some(value) => value.udata_value(),
            None => None,
        });
        let skeletons = self.skeletons.lock().unwrap_or_else(PoisonError::into_inner);
        let skeleton = split_id.filter(|_| is_dwo).and_then(|id| skeletons.get(&id).cloned());
        drop(skeletons);
        let base = match root.value(constants::DW_AT_addr_base).or(root.value(constants::DW_AT_GNU_addr_base))
        {
            Some(AttributeValue::DebugAddrBase(base)) => Some(base.0 as u64),
            Some(AttributeValue::SecOffset(base)) => Some(*base as u64),
            _ => None,
        };
        let addresses = skeleton.unwrap_or_else(|| Addresses {
            object: Arc::clone(&source.object),
            base: base.unwrap_or(default),
            size: header.encoding.address_size,
            low_pc: 0,
            ranges_base: match root.value(constants::DW_AT_GNU_ranges_base) {
                Some(AttributeValue::DebugRngListsBase(base)) => base.0 as u64,
                Some(AttributeValue::SecOffset(base)) => *base as u64,
                _ => 0,
            },
            range_lists: match root.value(constants::DW_AT_rnglists_base) {
                Some(AttributeValue::DebugRngListsBase(base)) => Some(base.0 as u64),
                _ => None,
            },
            directory: String::new(),
            name: String::new(),
        });
        let (mut language, first_index) = language(root.language());
        if root.tag == constants::DW_TAG_partial_unit && root.language().is_none() {
            // The common units that dwz makes come from units of any language, so names may have scopes.
            language = Language::Cpp;
        }
        let mut unit = Unit {
            number,
            source,
            header,
            language,
            first_index,
            addresses,
            split: None,
            split_id,
            string_offsets,
            scopes: OnceLock::new(),
        };
        let text = |name| match root.value(name) {
            Some(value) => self.string(&unit, value),
            None => Ok(None),
        };
        // If a string is damaged, the other attributes of a skeleton unit are still used.
        let directory = text(constants::DW_AT_comp_dir).ok().flatten();
        let name = text(constants::DW_AT_name).ok().flatten();
        let dwo = text(constants::DW_AT_dwo_name)?.or(text(constants::DW_AT_GNU_dwo_name)?);
        if !is_dwo || unit.addresses.name.is_empty() {
            unit.addresses.directory = directory.unwrap_or_default();
            unit.addresses.name = within(&unit.addresses.directory, name.unwrap_or_default());
        }
        if let Some(value) = root.value(constants::DW_AT_low_pc)
            && !is_dwo
        {
            unit.addresses.low_pc = self.address_of_value(&unit, value).ok().flatten().unwrap_or_default();
        }
        unit.split = dwo.filter(|_| !is_dwo).zip(split_id);
        if let Some((_, id)) = &unit.split {
            let mut skeletons = self.skeletons.lock().unwrap_or_else(PoisonError::into_inner);
            skeletons.insert(*id, unit.addresses.clone());
        }
        Ok(unit)
    }

    /// The DIE of a key.
    pub(super) fn place(&self, key: u64) -> Result<Place, TypeError> {
        let number = u32::try_from(key >> OFFSET_BITS).unwrap_or(u32::MAX);
        let offset = key & ((1 << OFFSET_BITS) - 1);
        let source = self.source(number)?;
        let unit = self.unit(number, source.unit_of(offset)?)?;
        let entry = source.entry(&unit.header, offset)?;
        Ok(Place { unit, entry })
    }

    /// The key of the DIE that a value refers to.
    pub(super) fn reference(&self, unit: &Unit, value: &Value) -> Result<Option<u64>, TypeError> {
        let key = |number: u32, offset: u64| (u64::from(number) << OFFSET_BITS) | offset;
        let fits = |offset: u64| offset < 1 << OFFSET_BITS;
        Ok(match value {
            AttributeValue::UnitRef(UnitOffset(offset)) => {
                let offset = unit.header.offset.saturating_add(*offset as u64);
                if !(unit.header.root..unit.header.end).contains(&offset) || !fits(offset) {
                    return Err(unit.source.damaged(offset, "a reference points outside its unit"));
                }
                Some(unit.key(offset))
            }
            AttributeValue::DebugInfoRef(offset) => {
                let name = if unit.is_dwo() { "debug_info.dwo" } else { "debug_info" };
                let number = self.sibling_source(&unit.source, name);
                number.filter(|_| fits(offset.0 as u64)).map(|number| key(number, offset.0 as u64))
            }
            AttributeValue::DebugInfoRefSup(offset) => {
                let number = self.supplementary()?;
                number.filter(|_| fits(offset.0 as u64)).map(|number| key(number, offset.0 as u64))
            }
            AttributeValue::DebugTypesRef(signature) => {
                let found = self.signature(unit, signature.0)?;
                Some(found.ok_or_else(|| {
                    unit.source
                        .object
                        .damaged(format!("the type with the signature {:#x} is missing", signature.0))
                })?)
            }
            _ => None,
        })
    }

    /// The key of the type with a signature.
    fn signature(&self, unit: &Unit, signature: u64) -> Result<Option<u64>, TypeError> {
        let sources: Vec<Arc<Source>> =
            self.sources.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect();
        // The unit's own file comes first, since another file may have the type of another build.
        let own = |source: &Arc<Source>| Arc::ptr_eq(&source.object, &unit.source.object);
        let numbered = || sources.iter().enumerate();
        let ordered =
            numbered().filter(|(_, source)| own(source)).chain(numbered().filter(|(_, source)| !own(source)));
        for (number, source) in ordered {
            if let Some(offset) = source.units().signatures.get(&signature)
                && let Ok(number) = u32::try_from(number)
                && let Some((_, type_)) = source.header(*offset)?.type_
            {
                return Ok(Some((u64::from(number) << OFFSET_BITS) | type_));
            }
        }
        Ok(None)
    }

    /// The text of an attribute's value.
    pub(super) fn string(&self, unit: &Unit, value: &Value) -> Result<Option<String>, TypeError> {
        let object = &unit.source.object;
        let bytes = match value {
            AttributeValue::String(bytes) => bytes.to_slice().unwrap_or_default().into_owned(),
            AttributeValue::DebugStrRef(offset) => {
                let name = if unit.is_dwo() { "debug_str.dwo" } else { "debug_str" };
                string_of(object, name, offset.0 as u64)?
            }
            AttributeValue::DebugLineStrRef(offset) => string_of(object, "debug_line_str", offset.0 as u64)?,
            AttributeValue::DebugStrOffsetsIndex(index) => {
                let dwo = if unit.is_dwo() { ".dwo" } else { "" };
                let name = format!("debug_str_offsets{dwo}");
                let size = unit.header.encoding.format.word_size();
                let at = unit.string_offsets.saturating_add((index.0 as u64).saturating_mul(size.into()));
                let section = object.section(&name);
                let section = section.ok_or_else(|| object.damaged(format!("it has no .{name}")))?;
                let offset = section.number(at, size, object.byte_order);
                let offset = offset.map_err(|error| object.unread(&name, at, error))?;
                string_of(object, &format!("debug_str{dwo}"), offset)?
            }
            AttributeValue::DebugStrRefSup(offset) => {
                let Some(number) = self.supplementary()? else { return Ok(None) };
                string_of(&self.source(number)?.object, "debug_str", offset.0 as u64)?
            }
            _ => return Ok(None),
        };
        Ok(Some(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }))
    }

    /// The text of an attribute of a DIE.
    pub(super) fn text(&self, unit: &Unit, entry: &Entry, name: DwAt) -> Result<Option<String>, TypeError> {
        entry.value(name).map_or(Ok(None), |value| self.string(unit, value))
    }

    /// The key of the DIE that an attribute refers to.
    pub(super) fn refers(&self, unit: &Unit, entry: &Entry, name: DwAt) -> Result<Option<u64>, TypeError> {
        entry.value(name).map_or(Ok(None), |value| self.reference(unit, value))
    }

    /// The address at an index of a unit's address table.
    pub(super) fn address(&self, unit: &Unit, index: u64) -> Result<u64, TypeError> {
        let Addresses { object, base, size, .. } = &unit.addresses;
        let at = base.saturating_add(index.saturating_mul((*size).into()));
        let section = object.section("debug_addr").ok_or_else(|| object.damaged("it has no .debug_addr"))?;
        section.number(at, *size, object.byte_order).map_err(|error| object.unread("debug_addr", at, error))
    }

    /// The parts of a DIE's full name: the names of its scopes and its own. The names of functions are included if
    /// `functions` is set.
    pub(super) fn full_name(&self, place: &Place, functions: bool) -> Result<Vec<Part>, TypeError> {
        self.full_name_within(place, functions, Within::new(&AtomicU32::new(NAMES)))
    }

    /// The same for a DIE whose name is part of another name.
    pub(super) fn full_name_within(
        &self,
        place: &Place,
        functions: bool,
        within: Within<'_>,
    ) -> Result<Vec<Part>, TypeError> {
        let mut place = place.clone();
        let mut own = None;
        for _ in 0..HOPS {
            if own.is_none() {
                own = self.own_name(&place.unit, &place.entry, within)?;
            }
            let Some(key) = self.completes(&place.unit, &place.entry)? else { break };
            place = self.place(key)?;
        }
        let mut parts = self.scope_names(&place.unit, place.entry.offset, functions, within)?;
        parts.push(Part { name: own.unwrap_or_default(), optional: false });
        Ok(parts)
    }

    /// The names of the scopes around an offset, the outermost first.
    fn scope_names(
        &self,
        unit: &Arc<Unit>,
        offset: u64,
        functions: bool,
        within: Within<'_>,
    ) -> Result<Vec<Part>, TypeError> {
        if unit.language == Language::C && !functions {
            return Ok(Vec::new());
        }
        let scopes = unit.scopes.get_or_init(|| Scopes::of(&unit.source, &unit.header));
        self.names_of_scopes(unit, &scopes.around(offset), functions, within)
    }

    /// The full name of a DIE whose scopes are known, the innermost first.
    pub(super) fn name_in(
        &self,
        place: &Place,
        around: &[u64],
        functions: bool,
    ) -> Result<Vec<Part>, TypeError> {
        let Place { unit, entry } = place;
        if self.completes(unit, entry)?.is_some() {
            return self.full_name(place, functions);
        }
        let left = AtomicU32::new(NAMES);
        let within = Within::new(&left);
        let mut parts = match unit.language {
            Language::C if !functions => Vec::new(),
            _ => self.names_of_scopes(unit, around, functions, within)?,
        };
        let own = self.own_name(unit, entry, within)?.unwrap_or_default();
        parts.push(Part { name: own, optional: false });
        Ok(parts)
    }

    fn names_of_scopes(
        &self,
        unit: &Arc<Unit>,
        around: &[u64],
        functions: bool,
        within: Within<'_>,
    ) -> Result<Vec<Part>, TypeError> {
        let mut parts = Vec::new();
        for scope in around {
            let entry = unit.source.entry(&unit.header, *scope)?;
            let is_function = entry.tag == constants::DW_TAG_subprogram;
            // A function or type that completes another DIE is in the scopes of that DIE.
            if let Some(key) = self.completes(unit, &entry)?
                && let Some(within) = within.deeper()
            {
                let declared = self.place(key)?;
                let mut outer = self.full_name_within(&declared, functions, within)?;
                if is_function && !functions {
                    outer.pop();
                }
                outer.extend(parts.into_iter().rev());
                return Ok(outer);
            }
            if !is_function || functions {
                parts.push(self.scope_part(unit, &entry, within)?);
            }
        }
        parts.reverse();
        Ok(parts)
    }

    /// The DIE that another one completes, or the type unit's DIE that has its name.
    pub(super) fn completes(&self, unit: &Unit, entry: &Entry) -> Result<Option<u64>, TypeError> {
        let to =
            [constants::DW_AT_specification, constants::DW_AT_abstract_origin, constants::DW_AT_signature];
        let has_name = entry.value(constants::DW_AT_name).is_some();
        let is_meant = |name: &DwAt| *name != constants::DW_AT_signature || !has_name;
        let value = to.iter().filter(|name| is_meant(name)).find_map(|name| entry.value(*name));
        value.map_or(Ok(None), |value| self.reference(unit, value))
    }

    /// The name of a scope, as a part of a full name.
    fn scope_part(&self, unit: &Arc<Unit>, entry: &Entry, within: Within<'_>) -> Result<Part, TypeError> {
        let name = self.own_name(unit, entry, within)?;
        let is_namespace = entry.tag == constants::DW_TAG_namespace;
        let optional = is_namespace && (name.is_none() || entry.flag(constants::DW_AT_export_symbols));
        let nameless = if is_namespace { ANONYMOUS } else { "(anonymous)" };
        Ok(Part { name: name.unwrap_or_else(|| nameless.to_owned()), optional })
    }
}

fn string_of(object: &ObjectFile, name: &str, offset: u64) -> Result<Vec<u8>, TypeError> {
    let section = object.section(name).ok_or_else(|| object.damaged(format!("it has no .{name}")))?;
    section.string(offset).map_err(|error| object.unread(name, offset, error))
}

/// The language of a code, and the first index of arrays in it.
fn language(code: Option<u64>) -> (Language, i64) {
    let code = code.and_then(|code| u16::try_from(code).ok()).map(constants::DwLang);
    let first =
        code.and_then(|code| code.default_lower_bound()).map_or(0, |first| i64::try_from(first).unwrap_or(0));
    let language = match code {
        Some(
            constants::DW_LANG_C_plus_plus
            | constants::DW_LANG_C_plus_plus_03
            | constants::DW_LANG_C_plus_plus_11
            | constants::DW_LANG_C_plus_plus_14
            | constants::DW_LANG_C_plus_plus_17
            | constants::DW_LANG_C_plus_plus_20
            | constants::DW_LANG_ObjC_plus_plus,
        ) => Language::Cpp,
        Some(constants::DW_LANG_Rust) => Language::Rust,
        _ => Language::C,
    };
    (language, first)
}
