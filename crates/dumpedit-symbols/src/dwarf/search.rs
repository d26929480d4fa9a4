//! A search for the units that can have a name.
//!
//! A unit is walked only if its bytes contain the name itself, the offset of the name in .debug_str, or the offset of a
//! table of .debug_str_offsets that has the offset of the name. No other unit can have a DIE with the name.

use std::sync::Arc;

use dumpedit_layout::ByteOrder;

use super::object_file::ObjectFile;
use super::reading::Reading;
use super::section::Section;
use super::templates::needles;
use super::unit::Source;
use crate::number::bytes;
use crate::types::TypeError;

/// The most offsets of a name in the string sections. If there are more, every unit is walked.
const PLACES: usize = 256;
/// The most matches in a section of units.
const OCCURRENCES: usize = 1 << 18;

impl Reading {
    /// The units of a section that can have the name.
    pub(super) fn candidates(&self, source: &Source, name: &str) -> Result<Vec<Candidate>, TypeError> {
        let needles = needles(name);
        let object = &source.object;
        let dwo = if source.name.ends_with(".dwo") { ".dwo" } else { "" };
        let mut patterns = needles.clone();
        let mut of_tables = Vec::new();
        let mut strings = vec![(object, format!("debug_str{dwo}"))];
        let supplementary = match self.supplementary() {
            Ok(Some(number)) => Some(self.source(number)?),
            _ => None,
        };
        if let Some(supplementary) =
            supplementary.as_ref().filter(|other| !Arc::ptr_eq(&other.object, object))
        {
            strings.push((&supplementary.object, "debug_str".to_owned()));
        }
        for (at, (strings_of, name)) in strings.iter().enumerate() {
            let Some(section) = strings_of.section(name) else { continue };
            let places = section.find_any(&needles, PLACES);
            let places = places.map_err(|error| strings_of.unread(name, 0, error))?;
            let Some(places) = places else { return Ok(every(source)) };
            let offsets: Vec<Vec<u8>> =
                places.iter().map(|place| offset_bytes(*place, object.byte_order)).collect();
            if at == 0 && !offsets.is_empty() {
                let Some(tables) = tables(object, dwo, &offsets)? else {
                    return Ok(every(source));
                };
                if !tables.is_empty() && !dwo.is_empty() {
                    // A split unit does not say where its table is.
                    return Ok(every(source));
                }
                of_tables.extend(tables.into_iter().map(|table| offset_bytes(table, object.byte_order)));
            }
            patterns.extend(offsets);
        }
        let mut candidates = self.units_with(source, &patterns)?;
        for by_table in self.units_with(source, &of_tables)? {
            // A table does not show where in the unit the name is used.
            match candidates.binary_search_by_key(&by_table.unit, |candidate| candidate.unit) {
                Ok(at) => {
                    if let Some(candidate) = candidates.get_mut(at) {
                        candidate.hits = None;
                    }
                }
                Err(at) => candidates.insert(at, Candidate { unit: by_table.unit, hits: None }),
            }
        }
        Ok(candidates)
    }

    /// The units of a section whose bytes contain one of these patterns.
    pub(super) fn units_with(
        &self,
        source: &Source,
        patterns: &[Vec<u8>],
    ) -> Result<Vec<Candidate>, TypeError> {
        let Ok(section) = source.section() else { return Ok(Vec::new()) };
        if patterns.is_empty() {
            return Ok(Vec::new());
        }
        let units = &source.units().offsets;
        let found = section.find_any(patterns, OCCURRENCES);
        let Some(mut found) = found.map_err(|error| source.object.unread(source.name, 0, error))? else {
            return Ok(every(source));
        };
        found.sort_unstable();
        let mut candidates: Vec<Candidate> = Vec::new();
        for place in found {
            let before = units.partition_point(|unit| *unit <= place);
            let Some(unit) = before.checked_sub(1).and_then(|at| units.get(at)).copied() else { continue };
            match candidates.last_mut() {
                Some(Candidate { unit: known, hits: Some(hits) }) if *known == unit => hits.push(place),
                _ => candidates.push(Candidate { unit, hits: Some(vec![place]) }),
            }
        }
        Ok(candidates)
    }
}

/// A unit that can have a name.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// The offset of the unit in bytes.
    pub(super) unit: u64,
    /// The offsets at which the unit may refer to the name, ascending; `None` if they are not known.
    pub(super) hits: Option<Vec<u64>>,
}

fn every(source: &Source) -> Vec<Candidate> {
    source.units().offsets.iter().map(|unit| Candidate { unit: *unit, hits: None }).collect()
}

/// The bytes of an offset in a unit. A 64-bit offset has four more.
pub(super) fn offset_bytes(offset: u64, byte_order: ByteOrder) -> Vec<u8> {
    bytes(offset.into(), 4, byte_order)
}

/// The starts of the tables in .debug_str_offsets that contain one of these offsets, as units refer to the tables.
/// `None` if the tables cannot be read.
fn tables(object: &ObjectFile, dwo: &str, offsets: &[Vec<u8>]) -> Result<Option<Vec<u64>>, TypeError> {
    let name = format!("debug_str_offsets{dwo}");
    let Some(section) = object.section(&name) else { return Ok(Some(Vec::new())) };
    let found = section.find_any(offsets, OCCURRENCES).map_err(|error| object.unread(&name, 0, error))?;
    let Some(mut places) = found else { return Ok(None) };
    if places.is_empty() || !dwo.is_empty() {
        return Ok(Some(places));
    }
    places.sort_unstable();
    let mut tables = Vec::new();
    let mut at = 0;
    while at < section.size() {
        let Some((start, end)) = table(section, at, object.byte_order) else { return Ok(None) };
        let first = places.partition_point(|place| *place < at);
        if places.get(first).is_some_and(|place| *place < end) {
            tables.push(start);
            if tables.len() > PLACES {
                return Ok(None);
            }
        }
        at = end;
    }
    Ok(Some(tables))
}

/// The start and the end of a table's offsets in .debug_str_offsets ("String Offsets Table" of DWARF 5, 7.26).
fn table(section: &Section, at: u64, byte_order: ByteOrder) -> Option<(u64, u64)> {
    let length = section.number(at, 4, byte_order).ok()?;
    let (header, length) = match length {
        0xffff_ffff => (12, section.number(at.checked_add(4)?, 8, byte_order).ok()?),
        length => (4, length),
    };
    let end = at.checked_add(header)?.checked_add(length)?;
    (end <= section.size() && length >= 4).then_some((at + header + 4, end))
}
