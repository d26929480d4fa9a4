//! The segments of both dumps that correspond: by index, and by address where memory is added or dropped, which changes the indices.

use std::collections::HashMap;

use dumpedit_formats::fields::Fields;

use super::part_lines::Parts;
use crate::diff::{Diff, DiffError, Side};
use crate::dump::Dump;

/// The indices of corresponding segments.
pub(super) enum SegmentPairs {
    /// Segments have the same indices in both dumps.
    Same,
    /// Index in B, by the index in A.
    ByAddress(HashMap<u64, u64>),
}

/// Type and address of a segment, and its number among those with both: notes have no address.
type Key = (Option<u64>, Option<u64>, u64);

impl SegmentPairs {
    pub(super) fn of(diff: &Diff, parts: &Parts) -> Result<SegmentPairs, DiffError> {
        let ours = diff.a.fields().map_err(Side::A.failed())?;
        let theirs = diff.b.fields().map_err(Side::B.failed())?;
        if parts.memory.is_empty() && ours.keys_of_array("segment") == theirs.keys_of_array("segment") {
            return Ok(SegmentPairs::Same);
        }
        let in_b: HashMap<Key, u64> = keys(&diff.b, theirs).into_iter().zip(0..).collect();
        let pairs = (0..).zip(keys(&diff.a, ours));
        let pairs = pairs.filter_map(|(index, key)| Some((index, *in_b.get(&key)?)));
        Ok(SegmentPairs::ByAddress(pairs.collect()))
    }

    /// The name in B of a field of a segment in A.
    pub(super) fn in_b(&self, path: &str) -> Option<String> {
        let SegmentPairs::ByAddress(pairs) = self else { return Some(path.to_owned()) };
        let (index, name) = path.strip_prefix("segment[")?.split_once(']')?;
        Some(format!("segment[{}]{name}", pairs.get(&index.parse().ok()?)?))
    }
}

/// The keys of all segments, in order.
fn keys(dump: &Dump, fields: &Fields) -> Vec<Key> {
    let mut counts: HashMap<(Option<u64>, Option<u64>), u64> = HashMap::new();
    let number = |path: String| fields.find(&path).and_then(|field| dump.field_value(&field).ok()?.to_u64());
    let keys = (0..fields.keys_of_array("segment")).map(|index| {
        let of = |name: &str| number(format!("segment[{index}].{name}"));
        let (kind, address) = (of("p_type"), of("p_vaddr"));
        let count = counts.entry((kind, address)).or_default();
        *count = count.saturating_add(1);
        (kind, address, *count)
    });
    keys.collect()
}
