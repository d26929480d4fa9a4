//! Bytes of a dump's file that neither its layout nor its model refers to: a rewritten file lacks them.

use dumpedit_layout::{Layout, Notice, NoticeKind, Place, Span, Subject, joined};

use crate::model::{Content, Model, SectionContent, Stored};
use crate::write::Plan;

/// Adds notices of bytes other than zeros that nothing refers to: between the parts of the file, where it is known which of them a new one
/// gets, and behind them.
pub(crate) fn tell<F: Unread>(
    size: u64,
    file: F,
    layout: &Layout,
    plan: Option<&Plan>,
    model: &mut Model,
) -> Result<(), F::Error> {
    let pieces = plan.into_iter().flat_map(|plan| &plan.pieces).filter_map(|piece| piece.content.place());
    let parts = joined(layout.parts().chain(places(model).chain(pieces).filter_map(span_of)));
    let mut rest = Rest { file, block: Vec::new() };
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

/// A dump's file, of which unreferenced bytes are read: these may be far more than all others.
pub trait Unread {
    /// Error of the file.
    type Error;

    /// The parts of a range of `size` bytes that are not holes, in order.
    ///
    /// # Errors
    /// Errors of the file.
    fn data(&mut self, file_offset: u64, size: u64) -> Result<Vec<Place>, Self::Error>;

    /// Copies bytes from an offset.
    ///
    /// # Errors
    /// Errors of the file.
    fn read(&mut self, file_offset: u64, into: &mut [u8]) -> Result<(), Self::Error>;
}

/// Size of the block that is held of unreferenced bytes, in bytes.
const BLOCK: u64 = 1 << 20;

/// Unreferenced bytes, read in blocks.
struct Rest<F> {
    file: F,
    block: Vec<u8>,
}

impl<F: Unread> Rest<F> {
    fn read(&mut self, from: u64, to: u64) -> Result<&[u8], F::Error> {
        self.block.resize(usize::try_from(to.saturating_sub(from)).unwrap_or(0), 0);
        self.file.read(from, &mut self.block)?;
        Ok(&self.block)
    }

    /// The file offset of the first byte in a range that is not zero.
    fn first_data(&mut self, from: u64, to: u64) -> Result<Option<u64>, F::Error> {
        for part in self.file.data(from, to.saturating_sub(from))? {
            let first = self.first_in_part(part.file_offset, part.end())?;
            if first.is_some() {
                return Ok(first);
            }
        }
        Ok(None)
    }

    /// The end of the last byte in a range that is not zero, as a file offset.
    fn end_of_data(&mut self, from: u64, to: u64) -> Result<u64, F::Error> {
        for part in self.file.data(from, to.saturating_sub(from))?.into_iter().rev() {
            if let Some(end) = self.end_in_part(part.file_offset, part.end())? {
                return Ok(end);
            }
        }
        Ok(from)
    }

    fn first_in_part(&mut self, from: u64, to: u64) -> Result<Option<u64>, F::Error> {
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

    fn end_in_part(&mut self, from: u64, to: u64) -> Result<Option<u64>, F::Error> {
        let mut end = to;
        while end > from {
            let at = end.saturating_sub(BLOCK).max(from);
            let last = self.read(at, end)?.iter().rposition(|byte| *byte != 0);
            if let Some(last) = last {
                return Ok(Some(at.saturating_add(number(last)).saturating_add(1)));
            }
            end = at;
        }
        Ok(None)
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

    /// Bytes with a hole, and the number of reads.
    struct Sparse<'b> {
        bytes: &'b [u8],
        hole: Place,
        reads: usize,
    }

    impl Unread for &mut Sparse<'_> {
        type Error = ();

        fn data(&mut self, file_offset: u64, size: u64) -> Result<Vec<Place>, ()> {
            let end = file_offset + size;
            let before =
                Place { file_offset, size: self.hole.file_offset.clamp(file_offset, end) - file_offset };
            let behind = self.hole.end().clamp(before.end(), end);
            let parts = [before, Place { file_offset: behind, size: end - behind }];
            Ok(parts.into_iter().filter(|part| part.size > 0).collect())
        }

        fn read(&mut self, file_offset: u64, into: &mut [u8]) -> Result<(), ()> {
            let place = Place { file_offset, size: number(into.len()) };
            assert!(place.size <= BLOCK);
            assert!(place.end() <= self.hole.file_offset || file_offset >= self.hole.end());
            into.copy_from_slice(&self.bytes[file_offset as usize..][..into.len()]);
            self.reads += 1;
            Ok(())
        }
    }

    /// The first byte from an offset on that is not zero, the end of the last one, and the number of reads.
    fn searched(bytes: &[u8], hole: Place, from: u64) -> (Option<u64>, u64, usize) {
        let size = number(bytes.len());
        let mut file = Sparse { bytes, hole, reads: 0 };
        let mut rest = Rest { file: &mut file, block: Vec::new() };
        let first = rest.first_data(from, size).unwrap();
        let end = rest.end_of_data(first.unwrap_or(from), size).unwrap();
        (first, end, file.reads)
    }

    #[test]
    fn data_between_zeros_is_found_across_blocks() {
        let mut bytes = vec![0; 3 * 1024 * 1024];
        let size = number(bytes.len());
        let none = Place { file_offset: size, size: 0 };
        assert_eq!(searched(&bytes, none, 5), (None, 5, 6));
        for (first, last) in [(5, 5), (7, size - 1), (BLOCK + 5, BLOCK + 5), (BLOCK - 1, 2 * BLOCK + 5)] {
            bytes.fill(0);
            bytes[first as usize] = 1;
            bytes[last as usize] = 1;
            let (found, end, _) = searched(&bytes, none, 5);
            assert_eq!((found, end), (Some(first), last + 1));
        }
    }

    #[test]
    fn a_hole_is_not_read() {
        let mut bytes = vec![0; 3 * 1024 * 1024];
        let size = number(bytes.len());
        assert_eq!(searched(&bytes, Place { file_offset: 0, size }, 0), (None, 0, 0));
        let hole = Place { file_offset: 7, size: size - 9 };
        bytes[6] = 1;
        assert_eq!(searched(&bytes, hole, 0), (Some(6), 7, 3));
        bytes[size as usize - 2] = 1;
        assert_eq!(searched(&bytes, hole, 0), (Some(6), size - 1, 2));
    }
}
