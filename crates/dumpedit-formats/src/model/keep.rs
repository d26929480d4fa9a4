//! Keeps parts of a model: some of its threads, some of its memory.

use dumpedit_layout::{Notice, NoticeKind};

use super::{
    Container, FileOffset, List, Memory, Model, Note, Section, SectionContent, Stack, Stored, StreamContent,
};
use crate::elf::esp;
use crate::elf::schema::{AUXV, FILE, PRPSINFO, X86_XSAVE_LAYOUT, freebsd};
use crate::stored::StoredBytes;
use crate::write::{About, WriteError, WriteProblem, wide};

/// Chooses the parts of a memory range that stay: given its address, as in the dump, and its size in bytes, returns offset and size of each
/// part, in order and disjoint.
pub type Parts<'p> = dyn Fn(u64, u64) -> Vec<(u64, u64)> + 'p;

impl Model {
    /// Keeps the threads for whose indices `keeps` is true, and the crashes for whose indices `keeps_crash` is true. Notes about the whole
    /// process stay, whichever thread they are with.
    pub fn keep_threads(&mut self, keeps: impl Fn(usize) -> bool, keeps_crash: impl Fn(usize) -> bool) {
        let mut homeless: Vec<Note> = Vec::new();
        let mut new_index = Vec::new();
        let mut kept = Vec::new();
        for (index, thread) in std::mem::take(&mut self.threads).into_iter().enumerate() {
            if keeps(index) {
                new_index.push(Some(kept.len()));
                kept.push(thread);
            } else {
                new_index.push(None);
                homeless.extend(thread.notes.into_iter().filter(Note::is_of_process));
            }
        }
        self.threads = kept;
        match (self.threads.first_mut(), &mut self.container) {
            (Some(thread), Container::Elf(_)) => {
                thread.notes.splice(0..0, homeless);
            }
            (None, Container::Elf(elf)) => elf.notes.extend(homeless),
            _ => {}
        }
        if let Container::MachO(macho) = &mut self.container {
            let kept: Vec<bool> = new_index.iter().map(Option::is_some).collect();
            macho.keep_metadata(&kept);
        }
        let mut crashes = Vec::new();
        for (index, mut crash) in std::mem::take(&mut self.crashes).into_iter().enumerate() {
            if !keeps_crash(index) {
                continue;
            }
            if let super::CrashRecord::Thread(of) = &mut crash.record {
                match new_index.get(*of).copied().flatten() {
                    Some(new) => *of = new,
                    None => crash.record = super::CrashRecord::None,
                }
            }
            crashes.push(crash);
        }
        self.crashes = crashes;
    }

    /// Keeps parts of the memory in a file of `file_size` bytes. Other memory of a core is removed where `forgets` is set; else it stays as
    /// memory that was mapped and not captured. Entries of a minidump that store nothing stay as they are.
    ///
    /// `stack_pointers` are those of the threads: the part that holds one is that thread's stack. Addresses are compared by the bits of
    /// `last_address`.
    ///
    /// # Errors
    /// [`WriteProblem::Parts`] where overlapping entries would become more parts than a file of that size can need.
    pub fn keep_memory(
        &mut self,
        file_size: u64,
        last_address: u64,
        parts: &Parts<'_>,
        forgets: bool,
        stack_pointers: &[Option<u64>],
    ) -> Result<(), WriteError> {
        let is_core = self.minidump().is_none() && self.triage().is_none();
        let offsets = self.file_offsets();
        let limit = most_parts(self.memory.len(), file_size);
        let is_stack = self.stacks();
        let physical_counts = self.memory.iter().any(|entry| entry.segment.physical != 0);
        let mut stored = StoredBytes::new(file_size);
        let mut kept: Vec<Memory> = Vec::new();
        let mut became: Vec<Became> = Vec::new();
        let old = std::mem::take(&mut self.memory).into_iter().zip(offsets).zip(is_stack);
        for (index, ((entry, offset), is_stack)) in old.enumerate() {
            let held = held(&entry, offset, file_size);
            let chosen = if is_core {
                core_parts(&entry, held, parts, forgets)
            } else if held == 0 && entry.captured > 0 && (is_stack || entry.list != List::Outside) {
                vec![Chosen { skipped: 0, captured: entry.captured, mapped: entry.size }]
            } else {
                minidump_parts(&entry, parts)
            };
            if wide(kept.len().saturating_add(chosen.len())) > limit {
                return Err(WriteError::new(WriteProblem::Parts { limit }, About::Memory(index)));
            }
            let first = kept.len();
            let starts = chosen.iter().map(|chosen| chosen.skipped).collect();
            for Chosen { skipped, captured, mapped } in chosen {
                let mut part = Memory {
                    address: entry.address.saturating_add(skipped),
                    size: mapped,
                    captured,
                    ..entry.clone()
                };
                if physical_counts
                    && part.segment.physical != u64::MAX
                    && part.segment.physical != u64::from(u32::MAX)
                {
                    part.segment.physical = part.segment.physical.wrapping_add(skipped);
                }
                part.stored = match (offset, &entry.stored) {
                    (Some(offset), _) => {
                        let gives_offset = entry.list != List::Memory64;
                        stored.of(kept.len(), captured, offset.saturating_add(skipped), gives_offset)
                    }
                    (None, Stored::Elsewhere(FileOffset::Memory { index, skipped: into })) => {
                        Stored::Elsewhere(moved(*index, into.saturating_add(skipped), &became))
                    }
                    (None, other) => other.clone(),
                };
                kept.push(part);
            }
            became.push(Became { address: entry.address, first, starts });
        }
        self.memory = kept;
        if let Container::MachO(macho) = &mut self.container {
            // Parts are smaller than pages, and alignment would put gaps between them.
            macho.memory_align = 1;
        }
        self.follow_stacks(&became, last_address, stack_pointers);
        self.follow_streams(&became);
        self.follow_sections(&became);
        Ok(())
    }

    /// File offsets of the bytes of memory entries in the file that was read; `None` for entries without bytes.
    fn file_offsets(&self) -> Vec<Option<u64>> {
        let mut offsets: Vec<Option<u64>> = Vec::with_capacity(self.memory.len());
        for entry in &self.memory {
            offsets.push(match &entry.stored {
                Stored::Own(content) => content.place().map(|place| place.file_offset),
                // Entries refer to entries in front of them.
                Stored::Elsewhere(FileOffset::Memory { index, skipped }) => {
                    offsets.get(*index).copied().flatten().and_then(|before| before.checked_add(*skipped))
                }
                // The header is at 0: that offset means that the bytes are not in the file.
                Stored::Elsewhere(FileOffset::Number(offset)) => Some(*offset).filter(|offset| *offset != 0),
            });
        }
        offsets
    }

    /// For each memory entry, whether it is a thread's stack.
    fn stacks(&self) -> Vec<bool> {
        let mut is_stack = vec![false; self.memory.len()];
        for thread in &self.threads {
            let index = match thread.stack {
                Stack::Memory(index) => index,
                Stack::Descriptor { file_offset: FileOffset::Memory { index, .. }, .. } => index,
                Stack::Descriptor { .. } | Stack::None => continue,
            };
            if let Some(known) = is_stack.get_mut(index) {
                *known = true;
            }
        }
        is_stack
    }

    /// Updates stacks to the parts of their entries.
    fn follow_stacks(&mut self, became: &[Became], last_address: u64, stack_pointers: &[Option<u64>]) {
        for (index, thread) in self.threads.iter_mut().enumerate() {
            match &mut thread.stack {
                Stack::None => {}
                Stack::Descriptor { file_offset, .. } => *file_offset = file_offset.moved(became),
                Stack::Memory(of) => {
                    let sp = stack_pointers.get(index).copied().flatten();
                    let part = became.get(*of).and_then(|became| {
                        let holding = sp.and_then(|sp| {
                            let into = sp.wrapping_sub(became.address) & last_address;
                            let (part, skipped) = became.holding(into)?;
                            self.memory.get(part).is_some_and(|part| skipped < part.size).then_some(part)
                        });
                        holding.or((!became.starts.is_empty()).then_some(became.first))
                    });
                    thread.stack = part.map_or(Stack::None, Stack::Memory);
                }
            }
        }
        // Only one part can be the stack; the other parts go into the list.
        let is_stack = self.stacks();
        for (entry, is_stack) in self.memory.iter_mut().zip(is_stack) {
            if entry.list == List::Outside && !is_stack {
                entry.list = List::Memory;
            }
        }
    }

    /// Updates streams to the parts that hold their bytes.
    fn follow_streams(&mut self, became: &[Became]) {
        let Container::Minidump(minidump) = &mut self.container else { return };
        let before = minidump.streams.len();
        minidump.streams.retain_mut(|stream| match &mut stream.content {
            StreamContent::Elsewhere { file_offset, .. }
                if matches!(file_offset, FileOffset::Memory { .. }) =>
            {
                *file_offset = file_offset.moved(became);
                *file_offset != NOWHERE
            }
            _ => true,
        });
        let left_out = before.saturating_sub(minidump.streams.len());
        if left_out > 0 {
            let kind = NoticeKind::LostStreamInMemory;
            let notice = Notice::new(kind, format!("{}: {left_out}", kind.phrase()));
            self.lost.push(notice.counting(u64::try_from(left_out).unwrap_or(u64::MAX)));
        }
    }

    /// Splits sections in the same way as their memory entries.
    fn follow_sections(&mut self, became: &[Became]) {
        let Container::Elf(elf) = &mut self.container else { return };
        let most = usize::from(object::elf::SHN_LORESERVE);
        let names = usize::from(elf.section_names);
        elf.section_names = 0;
        for (index, section) in std::mem::take(&mut elf.sections).into_iter().enumerate() {
            let at = elf.sections.len();
            match section.content {
                SectionContent::Memory { index, skipped } => {
                    let parts = parts_of_section(&section, index, skipped, &self.memory, became);
                    elf.sections.extend(parts.take(most.saturating_sub(at)));
                }
                _ => elf.sections.push(section),
            }
            if index == names && elf.sections.len() > at {
                elf.section_names = u16::try_from(at).unwrap_or(0);
            }
            // The header cannot count more sections; their number would need another place.
            if elf.sections.len() >= most {
                elf.sections.clear();
                elf.section_names = 0;
                let message = "the section headers are left out: there are too many";
                self.lost.push(Notice::new(NoticeKind::LostSectionHeaders, message));
                return;
            }
        }
    }
}

/// The file offset for bytes that are not in a dump: its header is there.
const NOWHERE: FileOffset = FileOffset::Number(0);

impl FileOffset {
    /// The offset of the same bytes after memory entries were split; [`NOWHERE`] if they do not stay.
    fn moved(self, became: &[Became]) -> FileOffset {
        match self {
            FileOffset::Number(_) => self,
            FileOffset::Memory { index, skipped } => moved(index, skipped, became),
        }
    }
}

/// The parts of a memory entry, in order.
struct Became {
    /// The entry's address.
    address: u64,
    /// The index of the first part; the others follow it.
    first: usize,
    /// Offset of each part in the entry, in bytes.
    starts: Vec<u64>,
}

impl Became {
    /// The parts from the last one that begins at or before an offset in the entry: index, and offset in the entry.
    fn from(&self, offset: u64) -> impl Iterator<Item = (usize, u64)> {
        let from = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        (self.first..).zip(self.starts.iter().copied()).skip(from)
    }

    /// The last part that begins at or before an offset in the entry, and the distance to the offset, in bytes.
    fn holding(&self, offset: u64) -> Option<(usize, u64)> {
        let (part, start) = self.from(offset).next()?;
        Some((part, offset.checked_sub(start)?))
    }
}

/// The new offset of bytes of a memory entry.
fn moved(index: usize, skipped: u64, became: &[Became]) -> FileOffset {
    let part = became.get(index).and_then(|became| became.holding(skipped));
    part.map_or(NOWHERE, |(index, skipped)| FileOffset::Memory { index, skipped })
}

/// Maximum number of parts that the memory of a file may become. Disjoint entries become fewer: the bytes of a file stay in pages or around
/// pointers, and each range of them once.
fn most_parts(entries: usize, file_size: u64) -> u64 {
    /// Size of a program header, which every part has, in bytes.
    const PART: u64 = 56;
    const SPARE: u64 = 1 << 16;
    let of_file = file_size.checked_div(PART).unwrap_or(0);
    wide(entries).saturating_mul(4).saturating_add(of_file).saturating_add(SPARE)
}

/// Number of an entry's captured bytes that the file has.
fn held(entry: &Memory, offset: Option<u64>, file_size: u64) -> u64 {
    match (offset, &entry.stored) {
        (Some(offset), _) => file_size.saturating_sub(offset).min(entry.captured),
        (None, Stored::Own(content)) => content.size().min(entry.captured),
        (None, Stored::Elsewhere(FileOffset::Memory { .. })) => entry.captured,
        (None, Stored::Elsewhere(FileOffset::Number(_))) => 0,
    }
}

/// The parts of a section that begins `skipped` bytes into a memory entry: one section for each part that has some of it.
fn parts_of_section<'a>(
    section: &'a Section,
    index: usize,
    skipped: u64,
    memory: &'a [Memory],
    became: &'a [Became],
) -> impl Iterator<Item = Section> + 'a {
    let end = skipped.saturating_add(section.size);
    let parts = became.get(index).into_iter().flat_map(move |became| became.from(skipped));
    parts.take_while(move |(_, start)| *start < end).filter_map(move |(index, start)| {
        let captured = memory.get(index)?.captured;
        let first = start.max(skipped);
        let size = start.saturating_add(captured).min(end).checked_sub(first).filter(|size| *size > 0)?;
        // A section without an address belongs to no memory.
        let moves = if section.address == 0 { 0 } else { first.saturating_sub(skipped) };
        let content = SectionContent::Memory { index, skipped: first.saturating_sub(start) };
        Some(Section { address: section.address.saturating_add(moves), size, content, ..section.clone() })
    })
}

/// A part of a memory entry that stays: its offset in the entry, and its captured and mapped sizes, in bytes.
struct Chosen {
    skipped: u64,
    captured: u64,
    mapped: u64,
}

fn minidump_parts(entry: &Memory, parts: &Parts<'_>) -> Vec<Chosen> {
    let part = |(skipped, size)| Chosen { skipped, captured: size, mapped: size };
    parts(entry.address, entry.captured).into_iter().map(part).collect()
}

/// The parts of a segment: those of its memory, and the mapped rest behind each, unless that is forgotten.
fn core_parts(entry: &Memory, held: u64, parts: &Parts<'_>, forgets: bool) -> Vec<Chosen> {
    let captured = entry.captured;
    if !entry.is_loaded() {
        return vec![Chosen { skipped: 0, captured, mapped: entry.size }];
    }
    let mut parts = parts(entry.address, captured);
    if forgets {
        // Bytes behind the end of the file stay cut off, and memory that was never captured stays mapped.
        let reaches = parts.last().is_some_and(|(skipped, size)| skipped.saturating_add(*size) == captured);
        if held < captured {
            parts.retain(|(skipped, _)| *skipped < held);
            parts.push((held, captured.saturating_sub(held)));
        } else if !reaches && (entry.size > captured || captured == 0) {
            parts.push((captured, 0));
        }
    } else if parts.first().is_none_or(|(skipped, _)| *skipped > 0) {
        parts.insert(0, (0, 0));
    }
    let starts: Vec<u64> = parts.iter().map(|(skipped, _)| *skipped).collect();
    let next = starts.into_iter().skip(1).chain([entry.size]);
    let part = |((skipped, size), next): ((u64, u64), u64)| {
        let end = skipped.saturating_add(size);
        let mapped = if forgets && end != captured { size } else { next.saturating_sub(skipped) };
        Chosen { skipped, captured: size, mapped }
    };
    parts.into_iter().zip(next).map(part).collect()
}

impl Note {
    /// Whether it is about the process, whichever thread it is with.
    pub fn is_of_process(&self) -> bool {
        match self.namespace() {
            b"CORE" => [PRPSINFO, AUXV, FILE].contains(&self.kind),
            b"LINUX" => self.kind == X86_XSAVE_LAYOUT,
            b"FreeBSD" => {
                let of_process = freebsd::PROCSTAT_PROC..=freebsd::PROCSTAT_AUXV;
                [freebsd::PRPSINFO, freebsd::PROCSTAT_KQUEUES].contains(&self.kind)
                    || of_process.contains(&self.kind)
            }
            // GDB's description of the target.
            b"GDB" => true,
            namespace => esp::is_of_process(namespace, self.kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use dumpedit_layout::{ByteOrder, Format, Machine};

    use super::*;
    use crate::model::{Content, Elf, Minidump, Padded, Place, SegmentParts, Stream, Target, ThreadEntry};

    const FILE_SIZE: u64 = 0x10_0000;
    const ALL: u64 = u64::MAX;

    fn target(format: Format) -> Target {
        Target { format, machine: Machine::Amd64, byte_order: ByteOrder::Little }
    }

    fn core(memory: Vec<Memory>) -> Model {
        Model { memory, ..Model::new(target(Format::ElfCore), Container::Elf(Elf::blank(true))) }
    }

    fn minidump(memory: Vec<Memory>, stacks: &[Stack], streams: Vec<Stream>) -> Model {
        let minidump = Minidump {
            version: 0xa793,
            checksum: 0,
            timestamp: 0,
            flags: 0,
            system: None,
            padded: Padded::default(),
            memory_align: 1,
            streams,
            order: Vec::new(),
        };
        let threads =
            stacks.iter().map(|stack| ThreadEntry { stack: *stack, ..ThreadEntry::default() }).collect();
        let container = Container::Minidump(minidump);
        Model { memory, threads, ..Model::new(target(Format::Minidump), container) }
    }

    fn memory(address: u64, captured: u64, stored: Stored, list: List) -> Memory {
        let segment = SegmentParts::default();
        Memory { address, size: captured, captured, stored, protection: None, list, segment, load: None }
    }

    fn at(address: u64, file_offset: u64) -> Memory {
        let place = Place { file_offset, size: 0x1000 };
        memory(address, 0x1000, Stored::Own(Content::File(place)), List::Memory)
    }

    /// Parts of 0x100 bytes at offsets 0x200 and 0x800.
    fn two_parts(_: u64, _: u64) -> Vec<(u64, u64)> {
        vec![(0x200, 0x100), (0x800, 0x100)]
    }

    #[test]
    fn a_stack_is_found_at_a_sign_extended_address() {
        let stack = at(0xffff_ffff_8000_1000, 0x1000);
        let mut model = minidump(vec![stack], &[Stack::Memory(0)], Vec::new());
        let last_address = u32::MAX.into();
        model.keep_memory(FILE_SIZE, last_address, &two_parts, true, &[Some(0x8000_1880)]).unwrap();
        assert_eq!(model.threads[0].stack, Stack::Memory(1));
        assert_eq!(model.memory[1].address, 0xffff_ffff_8000_1800);
    }

    #[test]
    fn what_the_end_of_the_file_cuts_off_as_a_whole_stays_listed() {
        let nowhere = Stored::Own(Content::Zero(0));
        let stack = memory(0x1000, 0x1000, nowhere.clone(), List::Outside);
        let other_stack = memory(0x4000, 0x1000, nowhere.clone(), List::Outside);
        let listed = memory(0x8000, 0x1000, nowhere, List::Memory);
        let whole = [listed, other_stack, stack];
        let mut model = minidump(whole.to_vec(), &[Stack::Memory(2)], Vec::new());
        model.keep_memory(FILE_SIZE, ALL, &|_, _| Vec::new(), true, &[Some(0x1800)]).unwrap();
        assert_eq!(model.memory, [whole[0].clone(), whole[2].clone()]);
        assert_eq!(model.threads[0].stack, Stack::Memory(1));
    }

    #[test]
    fn stacks_and_streams_follow_the_bytes_that_they_lead_to() {
        let into = |index, skipped| FileOffset::Memory { index, skipped };
        let stack = |file_offset| Stack::Descriptor { address: 0x10, size: 8, file_offset };
        let stream =
            |file_offset| Stream { kind: 7, content: StreamContent::Elsewhere { size: 8, file_offset } };
        let stacks = [stack(into(1, 0x810)), stack(into(1, 0x10)), stack(FileOffset::Number(0x77))];
        let streams = vec![stream(into(1, 0x210)), stream(into(0, 0)), stream(NOWHERE)];
        let mut model = minidump(vec![at(0x1000, 0x1000), at(0x3000, 0x3000)], &stacks, streams);
        model.keep_memory(FILE_SIZE, ALL, &two_parts, true, &[]).unwrap();
        let moved: Vec<Stack> = model.threads.iter().map(|thread| thread.stack).collect();
        assert_eq!(moved, [stack(into(3, 0x10)), stack(NOWHERE), stack(FileOffset::Number(0x77))]);
        assert_eq!(model.minidump().unwrap().streams, [stream(into(2, 0x10)), stream(NOWHERE)]);
        let [lost] = &model.lost[..] else { panic!("{:?}", model.lost) };
        assert_eq!((lost.kind, lost.count), (NoticeKind::LostStreamInMemory, Some(1)));
    }

    #[test]
    fn entries_that_point_at_one_another_are_followed_however_many_there_are() {
        let points = |index| {
            let stored = Stored::Elsewhere(FileOffset::Memory { index, skipped: 0 });
            memory(0x1000, 0x1000, stored, List::Memory)
        };
        let chain = std::iter::once(at(0x1000, 0x1000)).chain((0..200_000).map(points));
        let offsets = minidump(chain.collect(), &[], Vec::new()).file_offsets();
        assert!(offsets.iter().all(|offset| *offset == Some(0x1000)));
    }

    #[test]
    fn a_section_stays_with_the_parts_of_its_memory_whatever_its_address() {
        for address in [0, 0x1000] {
            let mut model = core(vec![at(0x1000, 0x1000)]);
            let content = SectionContent::Memory { index: 0, skipped: 0x280 };
            let section = Section { kind: 1, address, size: 0x600, content, ..Section::default() };
            let Container::Elf(elf) = &mut model.container else { panic!("a core") };
            (elf.sections, elf.section_names) = (vec![Section::default(), section], 1);
            model.keep_memory(FILE_SIZE, ALL, &two_parts, true, &[]).unwrap();
            let elf = model.elf().unwrap();
            let told = |section: &Section| (section.address, section.size, section.content.clone());
            let part = |index, skipped| SectionContent::Memory { index, skipped };
            let behind = if address == 0 { 0 } else { address + 0x580 };
            let parts = [(address, 0x80, part(0, 0x80)), (behind, 0x80, part(1, 0))];
            assert_eq!(elf.sections[1..].iter().map(told).collect::<Vec<_>>(), parts);
            assert_eq!(elf.section_names, 1);
        }
    }

    #[test]
    fn memory_that_is_listed_over_and_over_becomes_no_more_parts_than_it_may() {
        let chosen = |_, _| (0..1000).map(|index| (4 * index, 1)).collect();
        let mut model = core((0..3000).map(|_| at(0x1000, 0x1000)).collect());
        let error = model.keep_memory(FILE_SIZE, ALL, &chosen, true, &[]).unwrap_err();
        assert!(matches!(error.problem, WriteProblem::Parts { limit } if limit < 100_000), "{error}");
        let mut model = core((0..50).map(|_| at(0x1000, 0x1000)).collect());
        model.keep_memory(FILE_SIZE, ALL, &chosen, true, &[]).unwrap();
        assert_eq!(model.memory.len(), 50_000);
    }
}
