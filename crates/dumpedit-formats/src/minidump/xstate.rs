//! The XSAVE area that may follow a context: its place by `CONTEXT_EX` of `winnt.h`, and the places of its components.
//!
//! The area begins with the XSAVE header; the 512 legacy bytes that precede it elsewhere are the context's own floating point registers.

use std::collections::HashSet;

use dumpedit_layout::{Block, BlockKind, LayoutBuilder, Place};
use minidump_common::format::{
    MINIDUMP_MISC_INFO_4, MINIDUMP_STREAM_TYPE, XSTATE_CONFIG_FEATURE_MSC_INFO, XSTATE_FEATURE,
};

use super::schema::CONTEXT_EX_SIZE;
use super::stream::Dump;
use crate::xsave::{self, APX, AVX, COMPACTED, HEADER_SIZE, LEGACY_SIZE};

/// Size of AVX's component, in bytes.
const AVX_SIZE: u64 = 256;

/// Components with registers in the contexts' tables.
const TABLED: [u8; 12] = [AVX, 3, 4, 5, 6, 7, 9, 11, 12, 17, 18, APX];

/// Places of components in an area that is not compacted: `XSTATE_CONFIG_FEATURE_MSC_INFO` of MISC_INFO_5. Its offsets count from the
/// legacy bytes.
pub(super) struct Features {
    components: Vec<(u8, XSTATE_FEATURE)>,
}

/// The places of components, where the dump has them.
pub(super) fn features(dump: &Dump<'_>) -> Option<Features> {
    dump.of(MINIDUMP_STREAM_TYPE::MiscInfoStream).find_map(|stream| {
        let skipped = dump.size_of::<MINIDUMP_MISC_INFO_4>();
        let size = dump.size_of::<XSTATE_CONFIG_FEATURE_MSC_INFO>();
        if stream.place.size < skipped.checked_add(size)? {
            return None;
        }
        let config: XSTATE_CONFIG_FEATURE_MSC_INFO =
            dump.read(stream.place.file_offset.checked_add(skipped)?)?;
        let components: Vec<(u8, XSTATE_FEATURE)> = (0u8..)
            .zip(config.features)
            .filter(|(number, feature)| config.enabled_features >> number & 1 == 1 && feature.size > 0)
            .collect();
        (!components.is_empty()).then_some(Features { components })
    })
}

/// The XSAVE area behind a context of `context_size` bytes without it, where a CONTEXT_EX leads to one.
///
/// A CONTEXT_EX is three pairs of a signed offset from itself and a length, both 32-bit: of the whole, of the context,
/// and of the XSAVE area.
pub(super) fn area(dump: &Dump<'_>, context: Place, context_size: u64) -> Option<Place> {
    let extended = context.file_offset.checked_add(context_size)?;
    let room = context.size.checked_sub(context_size)?;
    if room < CONTEXT_EX_SIZE {
        return None;
    }
    let at = |index: u64| dump.read::<i32>(extended.checked_add(index.checked_mul(4)?)?);
    let length = |index| at(index).and_then(|length| u64::try_from(length).ok());
    let legacy = at(2)?.checked_neg().and_then(|back| u64::try_from(back).ok())?;
    let skipped = length(4)?;
    let size = length(5)?.min(room.checked_sub(skipped)?);
    let sound = legacy == context_size
        && length(3)? == context_size
        && skipped >= CONTEXT_EX_SIZE
        && size >= HEADER_SIZE;
    sound.then_some(Place { file_offset: extended.checked_add(skipped)?, size })
}

/// The blocks of an XSAVE area: its header, and the part of each component that it has room for. Components without a table are added to
/// `untabled`.
pub(super) fn blocks(
    dump: &Dump<'_>,
    layout: &LayoutBuilder,
    area: Place,
    features: Option<&Features>,
    untabled: &mut HashSet<u8>,
) -> Vec<Block> {
    let compaction: Option<u64> = area.file_offset.checked_add(8).and_then(|at| dump.read(at));
    let Some(compaction) = compaction else { return Vec::new() };
    let mut blocks: Vec<Block> =
        layout.block(BlockKind::XstateHeader, area.file_offset, HEADER_SIZE).into_iter().collect();
    for (number, at, size) in components(compaction, features) {
        // Some producers cut the area short: the registers in front of the cut are valid.
        let room = area.size.saturating_sub(at);
        let block = area
            .file_offset
            .checked_add(at)
            .and_then(|offset| layout.block(BlockKind::Xstate(number), offset, size.min(room)));
        let Some(block) = block else { continue };
        if TABLED.contains(&number) {
            blocks.push(block);
        } else {
            untabled.insert(number);
        }
    }
    blocks
}

/// A mask of the components of an area whose places are not in the dump; 0 where there is no room for others.
pub(super) fn unplaced(dump: &Dump<'_>, area: Place, features: Option<&Features>) -> u64 {
    let compaction: Option<u64> = area.file_offset.checked_add(8).and_then(|at| dump.read(at));
    let is_placed = compaction.is_none_or(|mask| mask & COMPACTED != 0) || features.is_some();
    if is_placed || area.size <= HEADER_SIZE.saturating_add(AVX_SIZE) {
        return 0;
    }
    TABLED.iter().filter(|number| **number != AVX).fold(0, |unplaced, number| unplaced | 1 << number)
}

/// Components that an area may hold: number, offset from the header, and size, in bytes.
fn components(compaction: u64, features: Option<&Features>) -> Vec<(u8, u64, u64)> {
    if compaction & COMPACTED != 0 {
        return xsave::compacted(compaction)
            .map(|(component, at)| (component.bit, at, component.size))
            .collect();
    }
    match features {
        Some(features) => features
            .components
            .iter()
            .filter(|(number, _)| *number >= AVX)
            .filter_map(|(number, feature)| {
                let at = u64::from(feature.offset).checked_sub(LEGACY_SIZE)?;
                (at >= HEADER_SIZE).then_some((*number, at, feature.size.into()))
            })
            .collect(),
        // AVX is the first on every processor; only the dump has the places of the others.
        None => vec![(AVX, HEADER_SIZE, AVX_SIZE)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_that_are_not_compacted_stand_where_the_dump_says_less_the_legacy_bytes() {
        let feature = |offset, size| XSTATE_FEATURE { offset, size };
        let features = Features {
            components: vec![
                (0, feature(0, 160)),
                (2, feature(576, 256)),
                (9, feature(2688, 8)),
                (5, feature(3, 8)),
            ],
        };
        assert_eq!(components(0, Some(&features)), [(2, 64, 256), (9, 2176, 8)]);
        assert_eq!(components(0, None), [(2, 64, 256)]);
    }

    /// A context of 1232 bytes, and a CONTEXT_EX whose XSAVE area is `length` bytes long, `skipped` bytes behind it.
    fn context(legacy: i32, skipped: i32, length: i32, size: usize) -> Vec<u8> {
        let mut bytes = vec![0; 1232];
        for number in [legacy, 1648, legacy, 1232, skipped, length] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.resize(size, 0);
        bytes
    }

    #[test]
    fn an_area_is_believed_only_where_the_context_ex_leads_back_to_the_context() {
        let find = |bytes: &[u8]| {
            let size = u64::try_from(bytes.len()).unwrap();
            area(&Dump::new(bytes, scroll::LE), Place { file_offset: 0, size }, 1232)
        };
        assert_eq!(find(&context(-1232, 80, 336, 1663)), Some(Place { file_offset: 1312, size: 336 }));
        assert_eq!(find(&context(-1232, 80, 9999, 1663)), Some(Place { file_offset: 1312, size: 351 }));
        assert_eq!(find(&context(-1231, 80, 336, 1663)), None);
        assert_eq!(find(&context(-1232, 8, 336, 1663)), None);
        assert_eq!(find(&context(-1232, i32::MAX, 336, 1663)), None);
        assert_eq!(find(&context(i32::MIN, 80, -1, 1663)), None);
        assert_eq!(find(&context(-1232, 80, 336, 1232)), None);
    }
}
