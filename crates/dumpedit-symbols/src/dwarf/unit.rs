//! Units of .debug_info and .debug_types: their headers, and a cursor over the DIEs of a unit.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use dumpedit_layout::ByteOrder;
use gimli::constants::{self, DwAt, DwTag};
use gimli::{Abbreviations, AttributeValue, EntriesRaw, Reader, RunTimeEndian, UnitOffset};

use super::object_file::ObjectFile;
use super::section::Section;
use crate::types::TypeError;

/// The bytes that gimli reads from.
pub(super) type Slice = gimli::EndianArcSlice<RunTimeEndian>;

/// The value of an attribute.
pub(super) type Value = AttributeValue<Slice>;

/// The most units of a section.
const UNITS: usize = 2 << 20;
/// The size in bytes of the window through which DIEs are read.
const WINDOW: u64 = 32 << 10;
/// The most windows that are kept.
const WINDOWS: usize = 64;
/// The longest DIE, in bytes.
const ENTRY: u64 = 64 << 20;
/// The most tables of abbreviations that are kept.
const TABLES: usize = 64;
/// The longest table of abbreviations, in bytes.
const TABLE: u64 = 8 << 20;

/// A section with units.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) object: Arc<ObjectFile>,
    /// The name of the section without the dot.
    pub(super) name: &'static str,
    /// The index of the section among those of the same name.
    number: usize,
    /// For a package of split units (.dwp), the offsets of each unit's parts in the other sections.
    pub(super) parts: HashMap<u64, Parts>,
    /// For a package, the offset of each unit by the id that its skeleton shares, or by its signature.
    pub(super) split_ids: HashMap<u64, u64>,
    units: OnceLock<Units>,
    windows: Mutex<VecDeque<(u64, Slice)>>,
    tables: Mutex<VecDeque<(u64, Arc<Abbreviations>)>>,
}

/// The offsets of a unit's parts in other sections.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parts {
    pub(super) abbreviations: u64,
    pub(super) string_offsets: u64,
}

/// The units of a section.
#[derive(Debug, Default)]
pub(super) struct Units {
    /// The offset of each unit, ascending.
    pub(super) offsets: Vec<u64>,
    /// The offset of each type unit by its signature.
    pub(super) signatures: HashMap<u64, u64>,
    /// The end of the units: the size of the section, or the offset of a damaged header.
    end: u64,
    /// The damage in the header at `end`.
    damaged: Option<String>,
}

/// The header of a unit.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) offset: u64,
    pub(super) end: u64,
    /// The offset of the unit's first DIE.
    pub(super) root: u64,
    pub(super) encoding: gimli::Encoding,
    abbreviations: u64,
    /// The id that a skeleton unit and its split unit share.
    pub(super) split_id: Option<u64>,
    /// For a type unit, its signature and the offset of the type.
    pub(super) type_: Option<(u64, u64)>,
}

/// A debugging information entry (DIE) with its attributes.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) offset: u64,
    pub(super) depth: u32,
    pub(super) tag: DwTag,
    pub(super) has_children: bool,
    attributes: Vec<(DwAt, Value)>,
}

impl Entry {
    pub(super) fn value(&self, name: DwAt) -> Option<&Value> {
        self.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    pub(super) fn unsigned(&self, name: DwAt) -> Option<u64> {
        match self.value(name)? {
            AttributeValue::Sdata(value) => u64::try_from(*value).ok(),
            value => value.udata_value(),
        }
    }

    /// The code of the language in a unit's first DIE.
    pub(super) fn language(&self) -> Option<u64> {
        match self.value(constants::DW_AT_language)? {
            AttributeValue::Language(language) => Some(language.0.into()),
            value => value.udata_value(),
        }
    }

    pub(super) fn flag(&self, name: DwAt) -> bool {
        matches!(self.value(name), Some(AttributeValue::Flag(true)))
    }
}

impl Source {
    pub(super) fn new(object: Arc<ObjectFile>, name: &'static str) -> Source {
        Source::numbered(object, name, 0)
    }

    /// One of several sections with the same name.
    pub(super) fn numbered(object: Arc<ObjectFile>, name: &'static str, number: usize) -> Source {
        Source {
            object,
            name,
            number,
            parts: HashMap::new(),
            split_ids: HashMap::new(),
            units: OnceLock::new(),
            windows: Mutex::default(),
            tables: Mutex::default(),
        }
    }

    pub(super) fn section(&self) -> Result<&Section, TypeError> {
        let section = self.object.section_of(self.name, self.number);
        section.ok_or_else(|| self.object.damaged(format!("it has no .{}", self.name)))
    }

    pub(super) fn damaged(&self, offset: u64, what: impl std::fmt::Display) -> TypeError {
        self.object.damaged(format!("{what} at offset {offset:#x} of .{}", self.name))
    }

    pub(super) fn endian(&self) -> RunTimeEndian {
        match self.object.byte_order {
            ByteOrder::Little => RunTimeEndian::Little,
            ByteOrder::Big => RunTimeEndian::Big,
        }
    }

    fn read(&self, range: Range<u64>) -> Result<Slice, TypeError> {
        let bytes = self.section()?.read(range.clone());
        let bytes = bytes.map_err(|error| self.object.unread(self.name, range.start, error))?;
        Ok(Slice::new(bytes.into(), self.endian()))
    }

    /// The units of the section. If the section is damaged, these are the units before the damage.
    pub(super) fn units(&self) -> &Units {
        self.units.get_or_init(|| {
            let mut units = Units::default();
            let size = self.section().map_or(0, Section::size);
            while units.end < size {
                match self.header(units.end) {
                    Ok(header) if units.offsets.len() < UNITS => {
                        if let Some((signature, _)) = header.type_ {
                            units.signatures.entry(signature).or_insert(header.offset);
                        }
                        units.offsets.push(header.offset);
                        units.end = header.end;
                    }
                    Ok(_) => {
                        units.damaged = Some("there are too many units".into());
                        break;
                    }
                    Err(error) => {
                        units.damaged = Some(error.to_string());
                        break;
                    }
                }
            }
            units
        })
    }

    /// The damage in the headers of the units; `None` if there is none.
    pub(super) fn damage(&self) -> Option<TypeError> {
        let units = self.units();
        units.damaged.as_ref().map(|what| self.damaged(units.end, format!("there is no unit ({what})")))
    }

    /// The offset of the unit that contains an offset.
    pub(super) fn unit_of(&self, offset: u64) -> Result<u64, TypeError> {
        let units = self.units();
        let before = units.offsets.partition_point(|unit| *unit <= offset);
        let unit = before.checked_sub(1).and_then(|at| units.offsets.get(at)).filter(|_| offset < units.end);
        unit.copied().ok_or_else(|| self.damaged(offset, "a reference points outside all units"))
    }

    /// The header of the unit at an offset ("Unit Headers" of DWARF 5, 7.5.1, and of earlier versions).
    pub(super) fn header(&self, offset: u64) -> Result<Header, TypeError> {
        let section = self.section()?;
        let size = section.size();
        let bytes =
            section.read_few(offset, 48).map_err(|error| self.object.unread(self.name, offset, error))?;
        let mut input = Slice::new(bytes.into(), self.endian());
        let start = input.len();
        let header =
            self.parse_header(&mut input, start, offset).map_err(|error| self.damaged(offset, error))?;
        if header.end > size || header.root > header.end {
            return Err(self.damaged(offset, "a unit is longer than the section"));
        }
        Ok(header)
    }

    fn parse_header(&self, input: &mut Slice, start: usize, offset: u64) -> gimli::Result<Header> {
        let (length, format) = input.read_initial_length()?;
        let so_far = |input: &Slice| (start - input.len()) as u64;
        let end = offset.saturating_add(so_far(input)).saturating_add(length as u64);
        let version = input.read_u16()?;
        let offset_of = |input: &mut Slice| input.read_offset(format).map(|offset| offset as u64);
        let is_types = self.name.starts_with("debug_types");
        let (kind, address_size, abbreviations);
        match version {
            2..=4 => {
                abbreviations = offset_of(input)?;
                address_size = input.read_address_size()?;
                kind = if is_types { constants::DW_UT_type } else { constants::DW_UT_compile };
            }
            5 => {
                kind = constants::DwUt(input.read_u8()?);
                address_size = input.read_address_size()?;
                abbreviations = offset_of(input)?;
            }
            _ => return Err(gimli::Error::UnknownVersion(version.into())),
        }
        let (mut split_id, mut type_) = (None, None);
        match kind {
            constants::DW_UT_skeleton | constants::DW_UT_split_compile => split_id = Some(input.read_u64()?),
            constants::DW_UT_type | constants::DW_UT_split_type => {
                let signature = input.read_u64()?;
                type_ = Some((signature, offset.saturating_add(offset_of(input)?)));
            }
            constants::DW_UT_compile | constants::DW_UT_partial => {}
            kind => return Err(gimli::Error::UnknownUnitType(kind)),
        }
        let encoding = gimli::Encoding { address_size, format, version };
        let root = offset.saturating_add(so_far(input));
        Ok(Header { offset, end, root, encoding, abbreviations, split_id, type_ })
    }

    /// The table of abbreviations of a unit.
    fn abbreviations(&self, header: &Header) -> Result<Arc<Abbreviations>, TypeError> {
        let parts = self.parts.get(&header.offset).copied().unwrap_or_default();
        let offset = header.abbreviations.saturating_add(parts.abbreviations);
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = tables.iter().position(|(known, _)| *known == offset)
            && let Some(found) = tables.remove(at)
        {
            let table = Arc::clone(&found.1);
            tables.push_front(found);
            return Ok(table);
        }
        let name = if self.name.ends_with(".dwo") { "debug_abbrev.dwo" } else { "debug_abbrev" };
        let section = self.object.section(name);
        let section = section.ok_or_else(|| self.object.damaged(format!("it has no .{name}")))?;
        let mut size = 4096;
        let table = loop {
            let end = section.size().min(offset.saturating_add(size));
            let bytes = section.read(offset..end);
            let mut bytes = bytes.map_err(|error| self.object.unread(name, offset, error))?;
            let may_go_on = end < section.size() && size < TABLE;
            if may_go_on {
                // gimli takes the end of its input for the end of a table. A code behind the part makes a longer table one that is cut off.
                bytes.push(1);
            }
            let bytes = Slice::new(bytes.into(), self.endian());
            match gimli::DebugAbbrev::from(bytes).abbreviations(gimli::DebugAbbrevOffset(0)) {
                Ok(table) => break table,
                // `AttributeNameZero`: the part ends between the two zeros that end a declaration.
                Err(gimli::Error::UnexpectedEof(_) | gimli::Error::AttributeNameZero) if may_go_on => {
                    size *= 4;
                }
                Err(error) => {
                    return Err(self.object.damaged(format!("{error} at offset {offset:#x} of .{name}")));
                }
            }
        };
        let table = Arc::new(table);
        tables.truncate(TABLES - 1);
        tables.push_front((offset, Arc::clone(&table)));
        Ok(table)
    }

    /// A window that begins at or before an offset and has at least `least` bytes from there, or all bytes up to `end`.
    fn window(&self, offset: u64, least: u64, end: u64) -> Result<(u64, Slice), TypeError> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let enough = |start: u64, slice: &Slice| {
            let last = start.saturating_add(slice.len() as u64);
            start <= offset && offset.saturating_add(least).min(end) <= last
        };
        if let Some(at) = windows.iter().position(|(start, slice)| enough(*start, slice))
            && let Some(found) = windows.remove(at)
        {
            windows.push_front(found.clone());
            return Ok(found);
        }
        let slice = self.read(offset..end.min(offset.saturating_add(least.max(WINDOW))))?;
        windows.truncate(WINDOWS - 1);
        if slice.len() as u64 <= WINDOW {
            windows.push_front((offset, slice.clone()));
        }
        Ok((offset, slice))
    }

    /// A cursor before the DIE at an offset of a unit.
    pub(super) fn cursor(&self, header: &Header, offset: u64) -> Result<Cursor<'_>, TypeError> {
        if !(header.root..header.end).contains(&offset) {
            return Err(self.damaged(offset, "a reference points into the header of a unit"));
        }
        let window = self.window(offset, 256, header.end)?;
        let abbreviations = self.abbreviations(header)?;
        Ok(Cursor {
            source: self,
            end: header.end,
            encoding: header.encoding,
            start: header.offset,
            abbreviations,
            window,
            at: offset,
            depth: 0,
            closed: Vec::new(),
        })
    }

    /// The DIE at an offset of a unit, with its attributes.
    pub(super) fn entry(&self, header: &Header, offset: u64) -> Result<Entry, TypeError> {
        let entry = self.cursor(header, offset)?.next(|_| Want::Attributes)?;
        entry.ok_or_else(|| self.damaged(offset, "a reference points to no entry"))
    }
}

/// The part of a DIE that a caller wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// The DIE is skipped.
    Nothing,
    /// Its offset and tag.
    Tag,
    /// Its offset, tag and attributes.
    Attributes,
}

/// A cursor over the DIEs of a unit in their order.
pub(super) struct Cursor<'s> {
    source: &'s Source,
    /// The start of the unit.
    start: u64,
    end: u64,
    encoding: gimli::Encoding,
    abbreviations: Arc<Abbreviations>,
    window: (u64, Slice),
    /// The offset of the next DIE.
    at: u64,
    depth: u32,
    /// The ends of children since the last call of `take_closed`: the depth, each less than the one before, and the
    /// offset.
    closed: Vec<(u32, u64)>,
}

impl Cursor<'_> {
    /// The next DIE that is wanted, with its attributes if they are wanted. `None` at the end of the unit, or after the
    /// last child of the DIE that the cursor began at.
    pub(super) fn next(&mut self, want: impl Fn(DwTag) -> Want) -> Result<Option<Entry>, TypeError> {
        let abbreviations = Arc::clone(&self.abbreviations);
        let mut least = 256;
        loop {
            if self.at >= self.end {
                return Ok(None);
            }
            let start = self.at;
            let within = start.checked_sub(self.window.0).and_then(|within| usize::try_from(within).ok());
            let mut input = self.window.1.clone();
            let is_inside = within.is_some_and(|within| within < input.len() && input.skip(within).is_ok());
            if is_inside {
                let mut raw = EntriesRaw::new(input, self.encoding, &abbreviations, UnitOffset(0));
                match self.advance(&mut raw, start, &want) {
                    Ok(found) => return Ok(found),
                    Err(gimli::Error::UnexpectedEof(_)) => {}
                    Err(error) => return Err(self.source.damaged(self.at, error)),
                }
                let last = self.window.0.saturating_add(self.window.1.len() as u64);
                if last >= self.end || least > ENTRY {
                    return if self.at >= self.end {
                        Ok(None)
                    } else {
                        Err(self.source.damaged(self.at, "an entry is cut off"))
                    };
                }
                // A DIE that does not fit into the window needs a larger one.
                if self.at == start {
                    least *= 8;
                }
            }
            self.window = self.source.window(self.at, least, self.end)?;
        }
    }

    /// Walks DIEs up to one that is wanted. If the window ends, the cursor is before the DIE that is cut off.
    fn advance(
        &mut self,
        raw: &mut EntriesRaw<'_, Slice>,
        start: u64,
        want: impl Fn(DwTag) -> Want,
    ) -> gimli::Result<Option<Entry>> {
        loop {
            let offset = self.at;
            if offset >= self.end {
                return Ok(None);
            }
            let Some(abbreviation) = raw.read_abbreviation()? else {
                // The null entry after the last child.
                self.at = start.saturating_add(raw.next_offset().0 as u64);
                self.depth = self.depth.saturating_sub(1);
                if self.closed.last().is_none_or(|(depth, _)| self.depth < *depth) {
                    self.closed.push((self.depth, self.at));
                }
                if self.depth == 0 {
                    self.end = self.at;
                    return Ok(None);
                }
                continue;
            };
            let (tag, has_children) = (abbreviation.tag(), abbreviation.has_children());
            let wanted = want(tag);
            let mut attributes = Vec::new();
            if wanted == Want::Attributes {
                attributes.reserve(abbreviation.attributes().len());
                for specification in abbreviation.attributes() {
                    let attribute = raw.read_attribute(*specification)?;
                    attributes.push((attribute.name(), attribute.value()));
                }
            } else {
                raw.skip_attributes(abbreviation.attributes())?;
            }
            self.at = start.saturating_add(raw.next_offset().0 as u64);
            let depth = self.depth;
            if has_children {
                self.depth = depth.saturating_add(1);
            } else if depth == 0 {
                // If the walk began at a DIE without children, that DIE ends it.
                self.end = self.at;
            }
            if wanted != Want::Nothing {
                return Ok(Some(Entry { offset, depth, tag, has_children, attributes }));
            }
        }
    }

    /// The offset after the last DIE.
    pub(super) fn offset(&self) -> u64 {
        self.at
    }

    /// The ends of children since the last call: their depth and their offset.
    pub(super) fn take_closed(&mut self) -> Vec<(u32, u64)> {
        std::mem::take(&mut self.closed)
    }

    /// The offset where the children of the last DIE end, if it has a DW_AT_sibling.
    pub(super) fn end_of_children(&self, entry: &Entry) -> Option<u64> {
        let Some(AttributeValue::UnitRef(UnitOffset(sibling))) = entry.value(constants::DW_AT_sibling) else {
            return None;
        };
        let sibling = self.start.saturating_add(*sibling as u64);
        let is_behind =
            sibling > self.at && sibling <= self.end && self.depth == entry.depth.saturating_add(1);
        (entry.has_children && is_behind).then_some(sibling)
    }

    /// Skips the children of the last DIE and returns true, if the DIE says where they end.
    pub(super) fn skip_children(&mut self, entry: &Entry) -> bool {
        let Some(end) = self.end_of_children(entry) else { return false };
        self.at = end;
        self.depth = entry.depth;
        true
    }
}
