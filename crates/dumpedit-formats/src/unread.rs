//! Bytes of a dump's file that neither its layout nor its model refers to: a rewritten file lacks them.

use dumpedit_layout::{Layout, Notice, NoticeKind, Place, Span, Subject, joined};

use crate::model::{Content, Model, SectionContent, Stored};
use crate::write::Plan;

/// Adds notices of bytes other than zeros that nothing refers to: between the parts of the file, where it is known which of them a new one
/// gets, and behind them. `read` copies bytes of the file from an offset: unreferenced bytes may be far more than all others.
pub(crate) fn tell<E>(
    size: u64,
    read: impl FnMut(u64, &mut [u8]) -> Result<(), E>,
    layout: &Layout,
    plan: Option<&Plan>,
    model: &mut Model,
) -> Result<(), E> {
    let pieces = plan.into_iter().flat_map(|plan| &plan.pieces).filter_map(|piece| piece.content.place());
    let parts = joined(layout.parts().chain(places(model).chain(pieces).filter_map(span_of)));
    let mut rest = Rest { read, block: Vec::new() };
    let mut between = (0u64, None);
    let mut at = 0;
    for part in &parts {
        let to = part.first.min(size);
        if plan.is_some()
            && let Some(first) = rest.first_data(at, to)?
        {
            let end = rest.end_of_data(first, to)?;
            between.0 = between.0.saturating_add(end.saturating_sub(first));
            between.1 = between.1.or(Some(first));
        }
        at = part.last.saturating_add(1);
    }
    let mut lose = |kind: NoticeKind, size: u64, at: u64| {
        let notice = Notice::new(kind, format!("{}: {size}", kind.phrase()));
        model.lost.push(notice.counting(size).about(Subject::FileOffset(at)));
    };
    if let (size, Some(at)) = between {
        lose(NoticeKind::LostBetweenParts, size, at);
    }
    if rest.first_data(at, size)?.is_some() {
        lose(NoticeKind::LostRestOfFile, size.saturating_sub(at), at);
    }
    Ok(())
}

/// Size of the block that is held of unreferenced bytes, in bytes.
const BLOCK: u64 = 1 << 20;

/// Unreferenced bytes, read in blocks.
struct Rest<R> {
    read: R,
    block: Vec<u8>,
}

impl<E, R: FnMut(u64, &mut [u8]) -> Result<(), E>> Rest<R> {
    fn read(&mut self, from: u64, to: u64) -> Result<&[u8], E> {
        self.block.resize(usize::try_from(to.saturating_sub(from)).unwrap_or(0), 0);
        (self.read)(from, &mut self.block)?;
        Ok(&self.block)
    }

    /// The file offset of the first byte in a range that is not zero.
    fn first_data(&mut self, from: u64, to: u64) -> Result<Option<u64>, E> {
        let mut at = from;
        while at < to {
            let end = at.saturating_add(BLOCK).min(to);
            let first = self.read(at, end)?.iter().position(|byte| *byte != 0);
            if let Some(first) = first {
                return Ok(Some(at.saturating_add(number(first))));
            }
            at = end;
        }
        Ok(None)
    }

    /// The end of the last byte in a range that is not zero, as a file offset.
    fn end_of_data(&mut self, from: u64, to: u64) -> Result<u64, E> {
        let mut end = to;
        while end > from {
            let at = end.saturating_sub(BLOCK).max(from);
            let last = self.read(at, end)?.iter().rposition(|byte| *byte != 0);
            if let Some(last) = last {
                return Ok(at.saturating_add(number(last)).saturating_add(1));
            }
            end = at;
        }
        Ok(from)
    }
}

/// Places of memory, sections of an ELF core, texts and records of the model.
fn places(model: &Model) -> impl Iterator<Item = Place> {
    let sections = model.elf().into_iter().flat_map(|elf| &elf.sections);
    let of_sections = sections.filter_map(|section| match &section.content {
        SectionContent::Own(content) => content.place(),
        _ => None,
    });
    let of_memory = model.memory.iter().filter_map(|entry| match &entry.stored {
        Stored::Own(content) => content.place(),
        Stored::Elsewhere(_) => None,
    });
    let of_modules = model.modules.iter().flat_map(|module| {
        let records = [&module.code_view, &module.miscellaneous].into_iter().flatten();
        records.filter_map(Content::place).chain(module.name.place)
    });
    let of_threads = model.threads.iter().flat_map(|thread| {
        let name = thread.name.as_ref().and_then(|name| name.place);
        thread.record.as_ref().and_then(Content::place).into_iter().chain(name)
    });
    let system = model.minidump().and_then(|minidump| minidump.system.as_ref());
    let of_system = system.and_then(|system| system.service_pack.as_ref()?.place);
    of_memory.chain(of_sections).chain(of_modules).chain(of_threads).chain(of_system)
}

fn span_of(place: Place) -> Option<Span> {
    Span::of(place.file_offset, place.size)
}

fn number(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_between_zeros_is_found_across_blocks() {
        let mut bytes = vec![0; 3 * 1024 * 1024];
        let size = number(bytes.len());
        let held = bytes.clone();
        let mut reads = 0;
        let mut of = |bytes: &[u8]| {
            let read = |at: u64, into: &mut [u8]| {
                reads += 1;
                into.copy_from_slice(&bytes[at as usize..][..into.len()]);
                assert!(number(into.len()) <= BLOCK);
                Ok::<_, ()>(())
            };
            let mut rest = Rest { read, block: Vec::new() };
            let first = rest.first_data(5, size).unwrap();
            (first, rest.end_of_data(first.unwrap_or(5), size).unwrap())
        };
        assert_eq!(of(&held), (None, 5));
        for (first, last) in [(5, 5), (7, size - 1), (BLOCK + 5, BLOCK + 5), (BLOCK - 1, 2 * BLOCK + 5)] {
            bytes.fill(0);
            bytes[first as usize] = 1;
            bytes[last as usize] = 1;
            assert_eq!(of(&bytes), (Some(first), last + 1));
        }
        assert!(reads > 10);
    }
}
