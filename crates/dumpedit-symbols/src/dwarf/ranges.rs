//! The entry address of code in several ranges, such as the hot and the cold part of a function.

use gimli::constants;
use gimli::{AttributeValue, DebugRanges, DebugRngLists, RangeLists, RangeListsOffset, RawRngListEntry};

use super::reading::{Reading, Unit};
use super::unit::{Entry, Slice, Value};
use crate::types::TypeError;

/// The most bytes of a range list that are read, which are enough for its first ranges.
const LIST: u64 = 256;

impl Reading {
    /// The address at which a function is entered: DW_AT_entry_pc, DW_AT_low_pc, or the start of its first range.
    /// `None` if the DIE has no code.
    pub(super) fn entry_address(&self, unit: &Unit, entry: &Entry) -> Result<Option<u64>, TypeError> {
        let low = match entry.value(constants::DW_AT_low_pc) {
            Some(value) => self.address_of_value(unit, value)?,
            None => None,
        };
        let from = || self.first_range(unit, entry).map(|first| low.or(first));
        match entry.value(constants::DW_AT_entry_pc) {
            Some(value) => match (self.address_of_value(unit, value)?, value.udata_value()) {
                (Some(address), _) => Ok(Some(address)),
                // A constant is an offset from the start of the code.
                (None, Some(offset)) => Ok(from()?.and_then(|from| from.checked_add(offset))),
                (None, None) => from(),
            },
            None => from(),
        }
    }

    /// The address in an attribute of the class address; `None` if the attribute is of another class.
    pub(super) fn address_of_value(&self, unit: &Unit, value: &Value) -> Result<Option<u64>, TypeError> {
        match value {
            AttributeValue::Addr(address) => Ok(Some(*address)),
            AttributeValue::DebugAddrIndex(index) => self.address(unit, index.0 as u64).map(Some),
            _ => Ok(None),
        }
    }

    /// The start of the first range in a DIE's range list that is not empty.
    fn first_range(&self, unit: &Unit, entry: &Entry) -> Result<Option<u64>, TypeError> {
        let Some(value) = entry.value(constants::DW_AT_ranges) else { return Ok(None) };
        let is_old = unit.header.encoding.version < 5;
        // Split units of DWARF 4 have their ranges in the program's file.
        let (object, name) = match (is_old, unit.is_dwo()) {
            (true, _) => (&unit.addresses.object, "debug_ranges"),
            (false, true) => (&unit.source.object, "debug_rnglists.dwo"),
            (false, false) => (&unit.source.object, "debug_rnglists"),
        };
        let Some(section) = object.section(name) else { return Ok(None) };
        let unread = |at: u64| move |error| object.unread(name, at, error);
        let word = unit.header.encoding.format.word_size();
        let at = match value {
            AttributeValue::RangeListsRef(offset) if is_old => {
                (offset.0 as u64).saturating_add(unit.addresses.ranges_base)
            }
            AttributeValue::RangeListsRef(offset) => offset.0 as u64,
            AttributeValue::DebugRngListsIndex(index) => {
                // The offsets follow the table's header, if the unit does not say where they are.
                let default = if word == 8 { 20 } else { 12 };
                let base =
                    if unit.is_dwo() { default } else { unit.addresses.range_lists.unwrap_or(default) };
                let at = base.saturating_add((index.0 as u64).saturating_mul(word.into()));
                let offset = section.number(at, word, object.byte_order).map_err(unread(at))?;
                base.saturating_add(offset)
            }
            _ => return Ok(None),
        };
        let bytes = section.read_few(at, LIST).map_err(unread(at))?;
        let list = Slice::new(bytes.into(), unit.source.endian());
        let empty = Slice::new(Vec::new().into(), unit.source.endian());
        let (old, new) = if is_old { (list, empty) } else { (empty, list) };
        let lists = RangeLists::new(DebugRanges::from(old), DebugRngLists::from(new));
        let Ok(mut ranges) = lists.raw_ranges(RangeListsOffset(0), unit.header.encoding) else {
            return Ok(None);
        };
        let mut base = unit.addresses.low_pc;
        while let Ok(Some(range)) = ranges.next() {
            let indexed = |index: gimli::DebugAddrIndex<usize>| self.address(unit, index.0 as u64);
            let (begin, is_empty) = match range {
                RawRngListEntry::BaseAddress { addr } => {
                    base = addr;
                    continue;
                }
                RawRngListEntry::BaseAddressx { addr } => {
                    base = indexed(addr)?;
                    continue;
                }
                RawRngListEntry::StartxEndx { begin, end } => (indexed(begin)?, begin == end),
                RawRngListEntry::StartxLength { begin, length } => (indexed(begin)?, length == 0),
                RawRngListEntry::OffsetPair { begin, end }
                | RawRngListEntry::AddressOrOffsetPair { begin, end } => {
                    (base.wrapping_add(begin), begin == end)
                }
                RawRngListEntry::StartEnd { begin, end } => (begin, begin == end),
                RawRngListEntry::StartLength { begin, length } => (begin, length == 0),
            };
            if !is_empty {
                return Ok(Some(begin));
            }
        }
        Ok(None)
    }
}
