//! Bytes of a dump's file that neither its layout nor its model leads to: a file that is written anew does not have them.

use dumpedit_layout::{Layout, Notice, NoticeKind, Place, Span, Subject, joined};

use crate::model::{Content, Model, SectionContent, Stored};
use crate::write::Plan;

/// Says which bytes but zeros nothing leads to: between the parts of the file, where it is known what goes into a new one, and behind
/// them.
pub(crate) fn tell(bytes: &[u8], layout: &Layout, plan: Option<&Plan>, model: &mut Model) {
    let pieces = plan.into_iter().flat_map(|plan| &plan.pieces).filter_map(|piece| piece.content.place());
    let read = joined(layout.parts().chain(places(model).chain(pieces).filter_map(span_of)));
    let mut between = (0u64, None);
    let mut at = 0;
    for part in &read {
        let gap = plan.and_then(|_| bytes_of(bytes, at, part.first)).unwrap_or_default();
        if let Some(first) = gap.iter().position(|byte| *byte != 0) {
            let behind = gap.iter().rev().position(|byte| *byte != 0).unwrap_or(0);
            let size = gap.len().saturating_sub(first).saturating_sub(behind);
            between.0 = between.0.saturating_add(number(size));
            between.1 = between.1.or(at.checked_add(number(first)));
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
    let rest = bytes_of(bytes, at, number(bytes.len())).unwrap_or_default();
    if rest.iter().any(|byte| *byte != 0) {
        lose(NoticeKind::LostRestOfFile, number(rest.len()), at);
    }
}

/// Where the model has memory, sections of an ELF core, texts and records.
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

fn bytes_of(bytes: &[u8], from: u64, to: u64) -> Option<&[u8]> {
    let rest = bytes.get(usize::try_from(from).ok()?..)?;
    let size = usize::try_from(to.checked_sub(from)?).unwrap_or(usize::MAX);
    Some(rest.get(..size).unwrap_or(rest))
}

fn number(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
