//! Contents of a spec as contents of a model: small ones as bytes, large ones as their sources.

use dumpedit::Dump;
use dumpedit_formats::model::Content;
use dumpedit_formats::write::Piece;

use super::bytes::{Bytes, Evaluated};
use crate::encode::{narrow, put};
use crate::error::FixtureError;
use crate::image::{Source, Stretch};
use crate::spec::{ContentSpec, DumpBytes, Step};

/// Largest content that is held as bytes, in bytes.
pub(super) const SMALL: u64 = 1 << 20;

/// Contents that are not held as bytes: the sources of each, with their offsets.
#[derive(Debug, Default)]
pub(crate) struct Contents(Vec<Vec<(u64, Source)>>);

impl Contents {
    /// A content of `size` bytes; bytes that are not known yet are zero.
    pub(super) fn of(
        &mut self,
        bytes: &Bytes<'_>,
        content: &ContentSpec,
        size: u64,
    ) -> Result<Content, FixtureError> {
        let (ready, _) = bytes.early(content, Some(size))?;
        let mut sources = Vec::with_capacity(ready.len());
        for Evaluated { offset, source, piece } in ready {
            if offset.checked_add(source.size()).is_none_or(|end| end > size) {
                let text = format!("this extends past the end of the {size} bytes");
                return Err(FixtureError::contradiction(text).within(piece));
            }
            sources.push((offset, source));
        }
        if sources.is_empty() {
            return Ok(Content::Zero(size));
        }
        if size > SMALL {
            return Ok(self.given(sources, size));
        }
        let mut held = vec![0; narrow(size)];
        for (offset, source) in sources {
            put(&mut held, narrow(offset), &source.bytes()?);
        }
        Ok(held.into())
    }

    /// The content of a region, of which `size` bytes are stored. With `cuts`, sources that reach farther are cut.
    pub(super) fn of_memory(
        &mut self,
        bytes: &Bytes<'_>,
        content: &ContentSpec,
        size: u64,
        cuts: bool,
    ) -> Result<Content, FixtureError> {
        let (ready, _) = bytes.early(content, Some(size))?;
        let mut sources = Vec::with_capacity(ready.len());
        for Evaluated { offset, source, piece } in ready {
            let source = match offset.checked_add(source.size()) {
                Some(end) if end <= size => source,
                _ if cuts => cut(source, size.saturating_sub(offset))?,
                _ => {
                    let text = format!("the content extends past the {size} bytes of the region");
                    return Err(FixtureError::contradiction(text).within(piece));
                }
            };
            sources.push((offset, source));
        }
        let is_overlapping = overlaps(sources.iter().map(|(offset, source)| (*offset, source.size())));
        if is_overlapping {
            sources = vec![(0, Source::Bytes(joined(&sources)?))];
        }
        Ok(self.given(sources, size))
    }

    fn given(&mut self, sources: Vec<(u64, Source)>, size: u64) -> Content {
        self.0.push(sources);
        Content::Given { number: self.0.len().saturating_sub(1), size }
    }

    /// Writes bytes over a content.
    pub(super) fn put_over(&mut self, content: &mut Content, offset: u64, bytes: Vec<u8>) {
        match content {
            Content::Given { number, .. } => {
                if let Some(sources) = self.0.get_mut(*number) {
                    sources.push((offset, Source::Bytes(bytes)));
                }
            }
            other => {
                let mut held = match &*other {
                    Content::Bytes(held) => held.to_vec(),
                    other => vec![0; narrow(other.size())],
                };
                put(&mut held, narrow(offset), &bytes);
                *other = held.into();
            }
        }
    }
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

/// Whether any two of some ranges, by offset and size, share a byte.
fn overlaps(ranges: impl Iterator<Item = (u64, u64)>) -> bool {
    let mut ranges: Vec<(u64, u64)> = ranges.collect();
    ranges.sort_unstable();
    ranges.windows(2).any(|pair| match pair {
        [(first, size), (second, _)] => first.saturating_add(*size) > *second,
        _ => false,
    })
}

/// Joins overlapping sources to bytes, later ones over earlier.
fn joined(sources: &[(u64, Source)]) -> Result<Vec<u8>, FixtureError> {
    /// Most bytes of overlapping pieces, which are held in memory.
    const MOST: u64 = 256 << 20;
    let ends = sources.iter().map(|(offset, source)| offset.saturating_add(source.size()));
    let end = ends.max().unwrap_or(0);
    if end > MOST {
        return Err(FixtureError::contradiction("large pieces of content overlap").within(Step::Piece(0)));
    }
    let mut bytes = vec![0; narrow(end)];
    for (offset, source) in sources {
        put(&mut bytes, narrow(*offset), &source.bytes()?);
    }
    Ok(bytes)
}

/// The pieces of a plan as stretches of the file; contents of files are those of `dump`.
pub(crate) fn stretches(pieces: &[Piece], contents: &Contents, dump: Option<&Dump>) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    for Piece { file_offset, content, .. } in pieces {
        let file_offset = *file_offset;
        match content {
            Content::Bytes(bytes) => {
                stretches.push(Stretch { file_offset, source: Source::Bytes(bytes.to_vec()) });
            }
            Content::Given { number, .. } => {
                for (offset, source) in contents.0.get(*number).map_or(&[][..], Vec::as_slice) {
                    let file_offset = file_offset.saturating_add(*offset);
                    stretches.push(Stretch { file_offset, source: source.clone() });
                }
            }
            Content::File(place) | Content::Cut { file: place, .. } => {
                if let Some(dump) = dump.filter(|_| place.size > 0) {
                    let bytes =
                        DumpBytes { dump: dump.clone(), file_offset: place.file_offset, size: place.size };
                    stretches.push(Stretch { file_offset, source: Source::Dump(bytes) });
                }
            }
            _ => {}
        }
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::overlaps;

    #[test]
    fn ranges_overlap_where_one_ends_behind_the_start_of_the_next() {
        assert!(!overlaps([(0, 4), (4, 4)].into_iter()));
        assert!(overlaps([(4, 4), (0, 5)].into_iter()));
        assert!(!overlaps([(u64::MAX, 4)].into_iter()));
    }
}
