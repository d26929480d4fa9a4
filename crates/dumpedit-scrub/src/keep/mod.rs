//! Memory that is kept where only pointers are: stacks that can be walked, and everything debuggers read to walk them. All other memory is
//! cleared, whatever is in it.

mod elf;
mod portable_executable;
mod stacks;
mod words;

use dumpedit::{Access, Context, Dump, Edit, Location, Span, joined};

use crate::error::ScrubError;
use crate::report::Cleared;
use words::Pointers;

/// Memory and registers that a scrub keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// Small numbers and pointers on stacks, and memory that debuggers need; nothing else.
    Pointers,
    /// Everything but secrets.
    #[default]
    Text,
    /// Everything: only data outside memory and registers are scrubbed.
    All,
}

/// Clears memory that holds no pointers and that no debugger needs. `strings` are the parts of stacks that are no words.
pub(crate) fn pointers(dump: &Dump, edit: &mut Edit, strings: Vec<Span>) -> Result<Cleared, ScrubError> {
    let layout = dump.layout();
    let mut whole = elf::needs(dump);
    whole.extend(portable_executable::needs(dump));
    whole.extend(stacks::blocks(dump));
    whole.extend(code(dump));
    let whole = joined(whole);
    let words = without(&without(&joined(stacks::stacks(dump)), &whole), &joined(strings));
    let pointers = Pointers::of(dump);
    let mut cleared = Cleared::default();
    for range in layout.captured_ranges(0, u64::MAX) {
        let all = [Span { first: range.first, last: range.last }];
        for span in without(&without(&all, &whole), &words) {
            cleared.memory = cleared.memory.saturating_add(clear(dump, edit, span)?);
        }
        for span in common(&words, all[0]) {
            pointers.memory(edit, span, &mut cleared)?;
        }
    }
    pointers.registers(dump, edit, &mut cleared)?;
    Ok(cleared)
}

/// Writes zeros over every copy of some memory, and counts the bytes that were not zero.
fn clear(dump: &Dump, edit: &mut Edit, span: Span) -> Result<u64, ScrubError> {
    let location = Location::Virtual(span.first);
    let resolved = dump.layout().resolve(Context::Process, location, span.size(), Access::Read);
    let resolved = resolved.map_err(dumpedit::Error::from)?;
    let mut count = 0u64;
    for piece in &resolved.pieces {
        count = count.saturating_add(not_zero(dump, piece.file_offset, piece.size)?);
        edit.clear_file(piece.file_offset, piece.size)?;
    }
    Ok(count)
}

/// Number of bytes of the file that are not zero.
fn not_zero(dump: &Dump, file_offset: u64, size: u64) -> Result<u64, ScrubError> {
    const BLOCK: u64 = 1 << 20;
    let mut count = 0u64;
    let mut bytes = Vec::new();
    let mut done = 0;
    while done < size {
        let block = BLOCK.min(size - done);
        bytes.resize(usize::try_from(block).unwrap_or(0), 0);
        dump.read_file(file_offset.saturating_add(done), &mut bytes)?;
        count = count.saturating_add(bytes.iter().filter(|byte| **byte != 0).count() as u64);
        done += block;
    }
    Ok(count)
}

/// Memory that could be executed: mappings, or the memory around program counters in dumps that do not list them.
fn code(dump: &Dump) -> Vec<Span> {
    const AROUND: u64 = 1 << 12;
    let mut spans = Vec::new();
    for region in dump.layout().regions() {
        if region.protection.is_some_and(|protection| protection.execute) {
            spans.extend(Span::of(region.start, region.captured));
        }
    }
    for pc in stacks::registers(dump, "pc") {
        let is_told = dump.layout().mapping_at(pc).is_some_and(|mapping| mapping.protection.is_some());
        let in_module = dump
            .layout()
            .modules()
            .iter()
            .any(|module| pc.checked_sub(module.base).is_some_and(|offset| offset < module.size));
        if !is_told && in_module {
            spans.push(Span { first: pc.saturating_sub(AROUND), last: pc.saturating_add(AROUND) });
        }
    }
    spans
}

/// The parts of some spans that are not in others; both are sorted and disjoint.
fn without(spans: &[Span], others: &[Span]) -> Vec<Span> {
    let mut left = Vec::new();
    for span in spans {
        let mut first = Some(span.first);
        let from = others.partition_point(|other| other.last < span.first);
        for other in
            others.get(from..).unwrap_or_default().iter().take_while(|other| other.first <= span.last)
        {
            if let Some(start) = first.filter(|start| *start < other.first) {
                left.push(Span { first: start, last: other.first - 1 });
            }
            first = other.last.checked_add(1);
        }
        if let Some(first) = first.filter(|first| *first <= span.last) {
            left.push(Span { first, last: span.last });
        }
    }
    left
}

/// The parts of some spans that are in another.
fn common(spans: &[Span], other: Span) -> Vec<Span> {
    let from = spans.partition_point(|span| span.last < other.first);
    let meeting = spans.get(from..).unwrap_or_default().iter().take_while(|span| span.first <= other.last);
    meeting.map(|span| Span { first: span.first.max(other.first), last: span.last.min(other.last) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_taken_out_of_others() {
        let spans = |spans: &[(u64, u64)]| spans.iter().copied().map(Span::from).collect::<Vec<_>>();
        let left = without(&spans(&[(0, 9), (20, 29)]), &spans(&[(3, 4), (8, 21), (25, 25), (29, 40)]));
        assert_eq!(left, spans(&[(0, 2), (5, 7), (22, 24), (26, 28)]));
        assert_eq!(without(&spans(&[(5, u64::MAX)]), &spans(&[(0, u64::MAX)])), []);
        assert_eq!(common(&spans(&[(0, 3), (5, 9)]), Span { first: 2, last: 6 }), spans(&[(2, 3), (5, 6)]));
    }
}
