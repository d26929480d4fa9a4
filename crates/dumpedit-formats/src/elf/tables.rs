//! Bytes of a core that locate everything else: its headers, the headers of notes, and the numbers of NT_FILE.

use dumpedit_layout::Span;
use object::elf::PT_NOTE;

use super::files;
use super::header::{self, Segment};
use super::note_kinds::FILE;
use super::notes;
use crate::model::Model;

pub(crate) fn tables(bytes: &[u8], _: &Model) -> Vec<Span> {
    let Ok(header) = header::of_core(bytes) else { return Vec::new() };
    let mut spans: Vec<Span> = Span::of(0, header.size).into_iter().collect();
    spans.extend(
        [header.programs, header.sections]
            .map(|table| Span::of(table.offset, table.size()))
            .into_iter()
            .flatten(),
    );
    let segments: Vec<Segment> = header.segments(bytes).filter(|segment| segment.kind == PT_NOTE).collect();
    for (segment, held) in notes::held(&segments, bytes) {
        let Some(held) = held else { continue };
        let at = |skipped: u64| segment.offset.saturating_add(skipped);
        let mut end = 0u64;
        notes::walk(header.encoding, held, segment.file_size, segment.align, |note| {
            // The header, the name and padding are between two descriptors.
            spans.extend(Span::of(at(end), note.at.saturating_sub(end)));
            if (note.namespace, note.kind) == (b"CORE", FILE) {
                let numbers = files::numbers_size(header.encoding, note.descriptor, note.size);
                spans.extend(Span::of(at(note.at), numbers));
            }
            end = note.at.saturating_add(note.size);
        });
    }
    spans
}
