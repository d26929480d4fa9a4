//! Notes of a PT_NOTE segment, up to the end of the file.

use std::collections::HashSet;

use object::elf::PT_NOTE;

use super::header::{Header, Segment};
use crate::encoding::Encoding;

/// A note (`Elf32_Nhdr`, `Elf64_Nhdr`, which are alike).
#[derive(Clone, Copy, Debug)]
pub(super) struct Note<'a> {
    /// Name as stored, mostly with a NUL.
    pub(super) name: &'a [u8],
    /// Namespace of `kind`: the name without the NUL.
    pub(super) namespace: &'a [u8],
    pub(super) kind: u32,
    /// Offset of the note's header from the start of the walked bytes.
    pub(super) header_at: u64,
    /// The descriptor; shorter than `size` where the file ends in it.
    pub(super) descriptor: &'a [u8],
    /// Offset of the descriptor from the start of the walked bytes.
    pub(super) at: u64,
    /// Size of the descriptor in the note's header, in bytes.
    pub(super) size: u64,
    /// Whether the padding behind its name or its descriptor is not zero.
    pub(super) is_padded_oddly: bool,
}

impl<'a> Note<'a> {
    /// The namespace in front of an `@`, and the number behind it: the BSDs' names for notes of threads.
    pub(super) fn thread_namespace(&self) -> Option<(&'a [u8], u64)> {
        let at = self.namespace.iter().position(|byte| *byte == b'@')?;
        let (system, number) = (self.namespace.get(..at)?, self.namespace.get(at.checked_add(1)?..)?);
        Some((system, std::str::from_utf8(number).ok()?.parse().ok()?))
    }
}

/// Segments of notes, each with the bytes that the file holds of it. Segments that overlap in the file get no more bytes in sum than the
/// file has, and of those with the same offset only the first gets any.
pub(super) fn held<'s, 'a>(
    segments: &'s [Segment],
    bytes: &'a [u8],
) -> impl Iterator<Item = (&'s Segment, Option<&'a [u8]>)> {
    let mut budget = bytes.len();
    let mut walked = HashSet::new();
    segments.iter().map(move |segment| {
        let start = usize::try_from(segment.offset).unwrap_or(usize::MAX);
        let rest = bytes.get(start..).unwrap_or_default();
        let held = rest.get(..usize::try_from(segment.file_size).unwrap_or(usize::MAX)).unwrap_or(rest);
        let left = budget.checked_sub(held.len()).filter(|_| walked.insert(segment.offset));
        budget = left.unwrap_or(budget);
        (segment, left.map(|_| held))
    })
}

/// Calls `each` for every note. Returns whether the walk came to the end of `size` bytes; it ends early at the end of `bytes`, the part of
/// the segment that the file holds, and at a header that cannot be right.
///
/// Producers write any alignment; only 8 means that descriptors begin at multiples of 8, as in the kernel and in binutils. Some claim 8 and
/// align some or all notes by 4: each note takes the alignment that the next one confirms.
pub(super) fn walk<'a>(
    encoding: Encoding,
    bytes: &'a [u8],
    size: u64,
    align: u64,
    mut each: impl FnMut(Note<'a>),
) -> bool {
    let units: &[u64] = if align == 8 { &[8, 4] } else { &[4] };
    let mut at = 0u64;
    loop {
        let padded = |unit: &u64| note(encoding, bytes, at, *unit);
        let confirmed = |(note, next): &(Note<'a>, u64)| {
            let fits = note.at.saturating_add(note.size) <= size;
            fits && (is_end(bytes, *next) || is_sound(encoding, bytes, *next))
        };
        let found = units.iter().filter_map(padded).find(confirmed);
        let Some((note, next)) = found.or_else(|| padded(&4)) else { break };
        if note.at.saturating_add(note.size) > size {
            return false;
        }
        each(note);
        at = next;
    }
    // Padding smaller than a header may be left.
    let held = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    held >= size && size.saturating_sub(at) < HEADER
}

/// The size of the first note of a kind. Segments that overlap in the file are read up to the size of the file in sum.
pub(super) fn first_size(header: &Header, bytes: &[u8], namespace: &[u8], kind: u32) -> Option<u64> {
    let mut budget = bytes.len();
    let mut found = None;
    for segment in header.segments(bytes).filter(|segment| segment.kind == PT_NOTE) {
        let held = bytes.get(usize::try_from(segment.offset).ok()?..).unwrap_or_default();
        let held = held.get(..usize::try_from(segment.file_size).ok()?).unwrap_or(held);
        budget = budget.checked_sub(held.len())?;
        walk(header.encoding, held, segment.file_size, segment.align, |note| {
            if (note.namespace, note.kind) == (namespace, kind) {
                found.get_or_insert(note.size);
            }
        });
        if found.is_some() {
            break;
        }
    }
    found
}

const HEADER: u64 = 12;

/// Notes, each confirmed by the next one.
pub(super) struct Chain<'a> {
    pub(super) encoding: Encoding,
    pub(super) bytes: &'a [u8],
    /// Alignment of descriptors, in bytes.
    pub(super) unit: u64,
}

impl Chain<'_> {
    /// Maximum number of places that are followed to the end of the notes.
    const MOST: usize = 64;

    /// Maximum length of a note's name, in bytes.
    const LONGEST_NAME: usize = 64;

    fn is_next(&self, at: u64) -> bool {
        is_end(self.bytes, at) || is_sound(self.encoding, self.bytes, at)
    }

    /// Offset of the first note with a wrong size, and the kinds and the sizes of the notes before it.
    pub(super) fn first_broken(&self) -> Option<(u64, Vec<(u32, u64)>)> {
        let mut known = Vec::new();
        let mut at = 0;
        while !is_end(self.bytes, at) {
            let found = note(self.encoding, self.bytes, at, self.unit).filter(|(_, next)| *next > at);
            // A note with a name follows, whatever its sizes are, or this one ends elsewhere.
            let goes_on = |next: u64| self.is_next(next) || self.name_at(next).is_some();
            let Some((note, next)) = found.filter(|(_, next)| goes_on(*next)) else {
                return Some((at, known));
            };
            known.push((note.kind, note.size));
            at = next;
        }
        None
    }

    /// Size of the name behind a note's header: printable characters, and the NUL that ends them.
    pub(super) fn name_at(&self, at: u64) -> Option<u64> {
        let start = usize::try_from(at.checked_add(HEADER)?).ok()?;
        let name = self.bytes.get(start..)?;
        let length = name.iter().take(Self::LONGEST_NAME).position(|byte| *byte == 0)?;
        let is_name = length > 0 && name.get(..length)?.iter().all(u8::is_ascii_graphic);
        u64::try_from(length).ok().filter(|_| is_name)?.checked_add(1)
    }

    /// Offset of the descriptor of a note whose name has a size.
    pub(super) fn descriptor_at(&self, at: u64, name_size: u64) -> Option<u64> {
        let skipped = HEADER.checked_add(name_size)?.checked_next_multiple_of(self.unit)?;
        at.checked_add(skipped)
    }

    /// Whether a note with these sizes of name and descriptor is followed by sound notes up to the end.
    pub(super) fn goes_on_behind(&self, at: u64, name_size: u64, size: u64) -> bool {
        let end = self.descriptor_at(at, name_size).and_then(|begins| begins.checked_add(size));
        let next = end.and_then(|end| end.checked_next_multiple_of(self.unit));
        next.is_some_and(|next| next <= self.size().saturating_add(self.unit) && self.is_whole_from(next))
    }

    /// The first offset, from `from` on, from which at least one sound note and only sound notes follow up to the end.
    pub(super) fn next_sound(&self, from: u64) -> Option<u64> {
        let step = usize::try_from(self.unit).ok()?;
        let first = from.checked_next_multiple_of(self.unit)?;
        let places = (first..self.size()).step_by(step);
        let sound = places.filter(|at| is_sound(self.encoding, self.bytes, *at)).take(Self::MOST);
        sound.into_iter().find(|at| self.is_whole_from(*at))
    }

    fn is_whole_from(&self, from: u64) -> bool {
        let mut at = from;
        while !is_end(self.bytes, at) {
            if !is_sound(self.encoding, self.bytes, at) {
                return false;
            }
            match note(self.encoding, self.bytes, at, self.unit) {
                Some((_, next)) if next > at => at = next,
                _ => return false,
            }
        }
        true
    }

    fn size(&self) -> u64 {
        u64::try_from(self.bytes.len()).unwrap_or(u64::MAX)
    }
}

/// Whether there is no room for a note, and the rest is no longer than padding.
fn is_end(bytes: &[u8], at: u64) -> bool {
    let end = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    end.saturating_sub(at) < HEADER && at.saturating_sub(end) < 8
}

/// Whether a note is here: a name of printable characters with its NUL, and a descriptor that ends within the bytes.
fn is_sound(encoding: Encoding, bytes: &[u8], at: u64) -> bool {
    let Some((found, _)) = note(encoding, bytes, at, 4) else { return false };
    let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
    let name_size = encoding.u32(rest, 0).unwrap_or(0);
    let terminated = u32::try_from(found.namespace.len()).is_ok_and(|length| length < name_size);
    let held = found.at.checked_add(found.size).is_some_and(|end| end <= bytes.len() as u64);
    terminated && held && !found.namespace.is_empty() && found.namespace.iter().all(u8::is_ascii_graphic)
}

/// The note at an offset, and the offset of the next.
fn note<'a>(encoding: Encoding, bytes: &'a [u8], at: u64, unit: u64) -> Option<(Note<'a>, u64)> {
    let rest = bytes.get(usize::try_from(at).ok()?..)?;
    let name_size = u64::from(encoding.u32(rest, 0)?);
    let size = u64::from(encoding.u32(rest, 4)?);
    let kind = encoding.u32(rest, 8)?;
    let name = rest.get(12..usize::try_from(HEADER.checked_add(name_size)?).ok()?)?;
    let length = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    let skipped = HEADER.checked_add(name_size)?.checked_next_multiple_of(unit)?;
    let held = rest.get(usize::try_from(skipped).ok()?..).unwrap_or_default();
    let descriptor = held.get(..usize::try_from(size).ok()?).unwrap_or(held);
    let begins = at.checked_add(skipped)?;
    let next = begins.checked_add(size)?.checked_next_multiple_of(unit)?;
    let padding = |start: u64, end: u64| {
        let range = usize::try_from(start).ok()?..usize::try_from(end).ok()?;
        bytes.get(range).filter(|padding| padding.iter().any(|byte| *byte != 0))
    };
    let behind_name = padding(at.checked_add(HEADER)?.checked_add(name_size)?, begins);
    let behind_descriptor = padding(begins.checked_add(size)?, next);
    let is_padded_oddly = behind_name.or(behind_descriptor).is_some();
    let namespace = name.get(..length)?;
    Some((Note { name, namespace, kind, header_at: at, descriptor, at: begins, size, is_padded_oddly }, next))
}
