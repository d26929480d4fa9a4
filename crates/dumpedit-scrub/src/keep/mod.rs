//! Memory that is kept where only pointers are: stacks that can be walked, and everything debuggers read to walk them. All other memory is
//! cleared, whatever is in it.

mod elf;
mod portable_executable;
mod stacks;
mod words;

use dumpedit::{Access, Context, Dump, Edit, Location, Span, common, joined, without};

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
        for span in common(&all, &words) {
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
