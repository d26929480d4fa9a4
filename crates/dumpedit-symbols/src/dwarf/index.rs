//! The units that have a name, as .gdb_index lists them ("Index Section Format" of gdb's manual).
//!
//! The index is used only if it lists every unit of the section. It saves reading all the units. A name that is not in
//! the index is looked for in the units.

use std::io;

use dumpedit_layout::ByteOrder;

use super::name::{ANONYMOUS, Part, joined};
use super::reading::Reading;
use super::section::Section;
use super::unit::Source;

/// The most units for one name.
const UNITS: u64 = 4096;

/// The ranges of an index's parts, as offsets in bytes in the section.
struct Index<'a> {
    section: &'a Section,
    units: (u64, u64),
    types: (u64, u64),
    symbols: (u64, u64),
    strings: u64,
}

impl Reading {
    /// The offsets of the units that have a name, in .debug_info of the main file; `None` if no index says so.
    pub(super) fn indexed(&self, source: &Source, asked: &[Part]) -> Option<Vec<u64>> {
        let index = Index::of(self.main.section("gdb_index")?)?;
        let listed = (index.units.1 - index.units.0) / 16 + (index.types.1 - index.types.0) / 24;
        if listed < source.units().offsets.len() as u64 || source.damage().is_some() {
            return None;
        }
        let mut found = index.lookup(&joined(asked)).ok()?;
        // A name in an anonymous namespace may be asked for without the namespace.
        for at in 0..asked.len() {
            let mut parts = asked.to_vec();
            parts.insert(at, Part { name: ANONYMOUS.into(), optional: true });
            found.extend(index.lookup(&joined(&parts)).ok()?);
        }
        found.sort_unstable();
        found.dedup();
        // An index of another file has offsets at which no unit begins.
        let known = &source.units().offsets;
        let are_units = found.iter().all(|offset| known.binary_search(offset).is_ok());
        (are_units && !found.is_empty()).then_some(found)
    }
}

impl<'a> Index<'a> {
    fn of(section: &'a Section) -> Option<Index<'a>> {
        let word = |at: u64| section.number(at * 4, 4, ByteOrder::Little).ok();
        let version = word(0)?;
        let (units, types, addresses, symbols) = (word(1)?, word(2)?, word(3)?, word(4)?);
        let (end, strings) = match version {
            5..=8 => (word(5)?, word(5)?),
            // Version 9 has a table of shortcuts before the strings.
            9 => (word(5)?, word(6)?),
            _ => return None,
        };
        let is_ordered =
            units <= types && types <= addresses && addresses <= symbols && symbols <= end && end <= strings;
        let whole = is_ordered && strings <= section.size();
        whole.then_some(Index {
            section,
            units: (units, types),
            types: (types, addresses),
            symbols: (symbols, end),
            strings,
        })
    }

    fn number(&self, at: u64, size: u8) -> io::Result<u64> {
        self.section.number(at, size, ByteOrder::Little)
    }

    /// The offsets of the units that have exactly this name.
    fn lookup(&self, name: &str) -> io::Result<Vec<u64>> {
        let slots = (self.symbols.1 - self.symbols.0) / 8;
        if !slots.is_power_of_two() {
            return Ok(Vec::new());
        }
        let hash = name.bytes().fold(0_u32, |hash, byte| {
            let byte = u32::from(byte.to_ascii_lowercase());
            hash.wrapping_mul(67).wrapping_add(byte).wrapping_sub(113)
        });
        let mask = slots - 1;
        let step = (u64::from(hash.wrapping_mul(17)) & mask) | 1;
        let mut slot = u64::from(hash) & mask;
        for _ in 0..slots {
            let at = self.symbols.0 + slot * 8;
            let (string, units) = (self.number(at, 4)?, self.number(at + 4, 4)?);
            if string == 0 && units == 0 {
                break;
            }
            if self.section.string(self.strings + string)? == name.as_bytes() {
                return self.units_at(self.strings + units);
            }
            slot = (slot + step) & mask;
        }
        Ok(Vec::new())
    }

    /// The offsets of the units in a vector of the constant pool. The low 24 bits of each number are the index of a
    /// unit.
    fn units_at(&self, at: u64) -> io::Result<Vec<u64>> {
        let count = self.number(at, 4)?;
        if count > UNITS {
            return Ok(Vec::new());
        }
        let listed = (self.units.1 - self.units.0) / 16;
        let mut offsets = Vec::new();
        for entry in 1..=count {
            let unit = self.number(at + entry * 4, 4)? & 0xff_ffff;
            let at =
                if unit < listed { self.units.0 + unit * 16 } else { self.types.0 + (unit - listed) * 24 };
            offsets.push(self.number(at, 8)?);
        }
        Ok(offsets)
    }
}
