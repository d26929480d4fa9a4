//! The contents of regions as stretches of the file.

use super::bytes::{Bytes, Evaluated};
use super::regions::Placement;
use crate::encode::{narrow, put};
use crate::error::FixtureError;
use crate::image::{Source, Stretch};
use crate::spec::Spec;

/// Where the bytes of every region come from.
pub(super) fn of_memory(
    spec: &Spec,
    placement: &Placement,
    bytes: &Bytes<'_>,
) -> Result<Vec<Stretch>, FixtureError> {
    let mut stretches = Vec::new();
    for (region, found) in spec.memory.iter().enumerate() {
        let Some(place) = placement.stored(region) else { continue };
        for Evaluated { offset, source, piece } in bytes.late(&found.content, Some(place.size))? {
            let end = offset.checked_add(source.size());
            let source = match end {
                Some(end) if end <= place.size => source,
                _ if found.stored.is_some() => cut(source, place.size.saturating_sub(offset))?,
                _ => {
                    let text = format!("the content reaches past the {} bytes of the region", place.size);
                    return Err(FixtureError::contradiction(text, piece));
                }
            };
            stretches.push(Stretch { file_offset: place.file_offset.saturating_add(offset), source });
        }
    }
    // Pieces of one region may lie over one another: the later one counts.
    if overlap(&stretches) { flattened(spec, stretches) } else { Ok(stretches) }
}

/// The first `size` bytes of a source.
fn cut(source: Source, size: u64) -> Result<Source, FixtureError> {
    Ok(match source {
        Source::Dump(mut bytes) => {
            bytes.size = bytes.size.min(size);
            Source::Dump(bytes)
        }
        other => {
            let mut bytes = other.bytes()?;
            bytes.truncate(narrow(size));
            Source::Bytes(bytes)
        }
    })
}

/// Whether any two stretches share a byte.
fn overlap(stretches: &[Stretch]) -> bool {
    let mut places: Vec<(u64, u64)> =
        stretches.iter().map(|stretch| (stretch.file_offset, stretch.source.size())).collect();
    places.sort_unstable();
    places.windows(2).any(|pair| match pair {
        [(first, size), (second, _)] => first.saturating_add(*size) > *second,
        _ => false,
    })
}

/// Joins stretches that overlap into one, the later ones over the earlier.
fn flattened(spec: &Spec, mut stretches: Vec<Stretch>) -> Result<Vec<Stretch>, FixtureError> {
    /// Overlapping pieces are held in memory.
    const MOST: u64 = 256 << 20;
    let mut joined: Vec<Stretch> = Vec::new();
    let mut order: Vec<usize> = (0..stretches.len()).collect();
    order.sort_by_key(|index| stretches.get(*index).map_or(0, |stretch| stretch.file_offset));
    let mut groups: Vec<(u64, u64, Vec<usize>)> = Vec::new();
    for index in order {
        let Some(stretch) = stretches.get(index) else { continue };
        let (start, end) = (stretch.file_offset, stretch.file_offset.saturating_add(stretch.source.size()));
        match groups.last_mut() {
            Some((_, last, members)) if start < *last => {
                *last = end.max(*last);
                members.push(index);
            }
            _ => groups.push((start, end, vec![index])),
        }
    }
    for (start, end, mut members) in groups {
        members.sort_unstable();
        if let [only] = members.as_slice() {
            if let Some(stretch) = stretches.get_mut(*only) {
                let source = std::mem::replace(&mut stretch.source, Source::Bytes(Vec::new()));
                joined.push(Stretch { file_offset: start, source });
            }
            continue;
        }
        if end.saturating_sub(start) > MOST {
            let place = spec.memory.first().and_then(|region| region.at.place);
            return Err(FixtureError::contradiction("large pieces of content overlap", place));
        }
        let mut bytes = vec![0; narrow(end.saturating_sub(start))];
        for stretch in members.iter().filter_map(|index| stretches.get(*index)) {
            put(&mut bytes, narrow(stretch.file_offset.saturating_sub(start)), &stretch.source.bytes()?);
        }
        joined.push(Stretch { file_offset: start, source: Source::Bytes(bytes) });
    }
    Ok(joined)
}
