//! Which memory is described, and regions that share bytes of the file.

use std::collections::{BTreeMap, HashSet};

use dumpedit::notation::At;
use dumpedit::{Dump, ThreadIndex, joined};

use super::raw::Raw;
use super::{DescribeOptions, Memory, stack_range};
use crate::holders::Holders;
use crate::spec::Region;

/// Addresses that are described: first and last, in order and disjoint; all, where there is no list.
pub(super) struct Chosen {
    ranges: Option<Vec<(u64, u64)>>,
}

impl Chosen {
    pub(super) fn of(dump: &Dump, options: &DescribeOptions) -> Chosen {
        let ranges: Vec<(u64, u64)> = match &options.memory {
            Memory::All => return Chosen { ranges: None },
            Memory::None => Vec::new(),
            Memory::Ranges(ranges) => ranges.iter().map(|range| (*range.start(), *range.end())).collect(),
            Memory::Stacks => (0u32..)
                .zip(dump.layout().threads())
                .map(|(index, _)| ThreadIndex(index))
                .filter(|index| options.keeps(*index))
                .filter_map(|index| stack_range(dump, index, options.stack_bytes.unwrap_or(MOST_STACK)))
                .map(|range| (*range.start(), *range.end()))
                .collect(),
        };
        Chosen { ranges: Some(joined(ranges)) }
    }

    /// The parts of `size` bytes at an address that are described: offset in them, and size.
    pub(super) fn parts(&self, address: u64, size: u64) -> Vec<(u64, u64)> {
        let Some(ranges) = &self.ranges else { return vec![(0, size)] };
        let Some(rest) = size.checked_sub(1) else { return Vec::new() };
        let last = address.saturating_add(rest);
        let begin = ranges.partition_point(|(_, end)| *end < address);
        ranges
            .get(begin..)
            .unwrap_or_default()
            .iter()
            .take_while(|(first, _)| *first <= last)
            .map(|(first, end)| ((*first).max(address), (*end).min(last)))
            .map(|(first, end)| (first.saturating_sub(address), end.saturating_sub(first).saturating_add(1)))
            .collect()
    }

    pub(super) fn all(&self) -> bool {
        self.ranges.is_none()
    }
}

/// A stack whose end is not known is described up to this size, in bytes: the usual limit.
pub(crate) const MOST_STACK: u64 = 8 << 20;

/// The regions of a spec while they are collected.
pub(super) struct Regions {
    raw: Raw,
    pub(super) regions: Vec<Region>,
    /// Where bytes that a region stores begin in the dump, with their end and the region.
    stored: BTreeMap<u64, (u64, usize)>,
    /// Where every region's bytes are in the dump.
    places: Vec<u64>,
    labels: HashSet<String>,
}

impl Regions {
    pub(super) fn new(raw: &Raw) -> Regions {
        Regions {
            raw: raw.clone(),
            regions: Vec::new(),
            stored: BTreeMap::new(),
            places: Vec::new(),
            labels: HashSet::new(),
        }
    }

    /// Adds a region, whose bytes are at a file offset; its index. Bytes that another region stores are not stored again
    /// where `may_share` allows it.
    pub(super) fn add(&mut self, region: Region, captured: u64, file_offset: u64, may_share: bool) -> usize {
        let index = self.regions.len();
        let held = self.raw.held(file_offset, captured);
        let end = file_offset.saturating_add(held);
        let shared = self
            .stored
            .range(..=file_offset)
            .next_back()
            .filter(|(_, (last, _))| may_share && held > 0 && held == captured && end <= *last)
            .map(|(start, (_, of))| (file_offset.saturating_sub(*start), *of));
        let mut region = region;
        if let Some((offset, of)) = shared {
            let label = self.label(of, None);
            let text = if offset == 0 { label } else { format!("{label}+{offset:#x}") };
            region.file_offset = Some(At::Module(text).into());
        } else if captured > 0 && held == 0 {
            // The file that the spec makes has another size, but hardly twice this one's.
            if file_offset >= self.raw.size.saturating_mul(2) {
                region.file_offset = Some(At::Address(file_offset).into());
            } else {
                region.stored = Some(0.into());
            }
        } else if held > 0 {
            region.content = self.raw.content(file_offset, held);
            if held < captured {
                region.stored = Some(held.into());
            } else {
                self.stored.entry(file_offset).or_insert((end, index));
            }
        }
        self.regions.push(region);
        self.places.push(file_offset);
        index
    }

    /// Whether a region's bytes are those of a descriptor that begins at the same or a lower address.
    pub(super) fn stands_at(&self, index: usize, address: u64, file_offset: u64) -> bool {
        let Some(region) = self.regions.get(index) else { return false };
        let At::Address(at) = region.at.value else { return false };
        let expected = at.checked_sub(address).and_then(|skipped| file_offset.checked_add(skipped));
        self.places.get(index).copied() == expected
    }

    /// Which region holds an address, of those that have a size in bytes for this.
    pub(super) fn holders(&self, size: impl Fn(&Region) -> Option<u64>) -> Holders {
        Holders::of(self.regions.iter().enumerate().filter_map(|(index, region)| {
            let At::Address(start) = region.at.value else { return None };
            Some((index, start, size(region)?))
        }))
    }

    /// The label of a region, which gets one where it has none.
    pub(super) fn label(&mut self, index: usize, wanted: Option<String>) -> String {
        if let Some(label) = self.regions.get(index).and_then(|region| region.label.as_ref()) {
            return label.value.clone();
        }
        let wanted =
            wanted.filter(|label| !self.labels.contains(label)).unwrap_or_else(|| format!("region-{index}"));
        if let Some(region) = self.regions.get_mut(index) {
            region.label = Some(wanted.clone().into());
            self.labels.insert(wanted.clone());
        }
        wanted
    }
}
