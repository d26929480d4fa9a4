//! What of an ELF core's header and program headers contradicts its file.

use dumpedit_layout::Place;
use object::elf;

use super::header::{self, Header, Segment, Sizes};
use super::notes;
use crate::FormatError;
use crate::write::{Claim, DescribingTable, Meeting, Repair, Repairs, wide};

/// The fields that contradict the file.
pub(crate) fn repairs(bytes: &[u8]) -> Result<Vec<Repair>, FormatError> {
    let mut header = header::of_core(bytes)?;
    let mut repairs = Repairs::of(header.encoding.byte_order());
    let size = wide(bytes.len());
    let is_wide = header.encoding.wide;
    // Where the words and the half words of the ELF header are, and `sh_info` of a section header.
    let (sections_at, word, counts_at, info_at) = if is_wide { (40, 8, 56, 44) } else { (32, 4, 44, 28) };
    if header.programs.offset < Sizes::of(is_wide).header {
        // Whatever that is, it is no table of program headers.
        header.programs.count = 0;
        header.count_lost = false;
    }
    let is_in_section = header.announced == elf::PN_XNUM && !header.count_lost;
    let programs = Programs::of(&header, bytes);
    if let Some(text) = programs.problem {
        if is_in_section {
            repairs.put(header.sections.offset.saturating_add(info_at), programs.count, 4, text);
        } else if programs.count < u64::from(elf::PN_XNUM) {
            repairs.put(counts_at, programs.count, 2, text);
        }
    }
    let is_cut = header.sections.count_in(size) < header.sections.count.max(1);
    if header.sections.offset != 0 && is_cut && !is_in_section {
        let text = "e_shoff: the section headers are behind the end of the file, and are no longer counted";
        // What counts program headers there stays lost.
        repairs.put(sections_at, 0, word, text);
        repairs.put(counts_at.saturating_add(4), 0, 2, "e_shnum: there are no section headers");
        repairs.put(counts_at.saturating_add(6), 0, 2, "e_shstrndx: there are no section names");
    }
    header.programs.count = programs.sure;
    if header.programs.entry_size >= Sizes::of(is_wide).program {
        segments(&header, bytes, &mut repairs);
    }
    Ok(repairs.finish())
}

/// How many program headers there are.
struct Programs {
    count: u64,
    /// How many stand in no bytes that another one describes.
    sure: u64,
    /// What is wrong with the count in the file.
    problem: Option<String>,
}

impl Programs {
    fn of(header: &Header, bytes: &[u8]) -> Programs {
        let size = wide(bytes.len());
        let Header { programs, encoding, .. } = *header;
        let whole = programs.count_in(size);
        let table = DescribingTable {
            first: programs.offset,
            entry_size: programs.entry_size,
            header: Place { file_offset: 0, size: Sizes::of(encoding.wide).header },
            file_size: size,
            claim: |index: u64| {
                let at = programs.offset.checked_add(index.checked_mul(programs.entry_size)?)?;
                header::segment(encoding, bytes, at).map(|segment| claim(&segment))
            },
        };
        let told = if header.count_lost {
            "others in a section that is not there".to_owned()
        } else {
            programs.count.to_string()
        };
        let meeting = table.meeting(whole);
        let end = meeting.filter(|meeting| table.ends_at(*meeting, whole));
        if let Some(Meeting { count, owner }) = end {
            let text = format!(
                "e_phnum: program header {count} would stand in the bytes of segment {owner}, and the header counts {told}"
            );
            return Programs { count, sure: count, problem: Some(text) };
        }
        let sure = meeting.map_or(whole, |meeting| meeting.count);
        if header.count_lost || whole < programs.count {
            let text =
                format!("e_phnum: {whole} program headers are in the file, and the header counts {told}");
            return Programs { count: whole, sure, problem: Some(text) };
        }
        let is_table = meeting.is_none()
            && programs.offset >= Sizes::of(encoding.wide).header
            && programs.entry_size >= Sizes::of(encoding.wide).program;
        match is_table.then(|| table.with_uncounted(whole)).flatten() {
            Some(count) => {
                let text = format!(
                    "e_phnum: {count} program headers stand before the first bytes of a segment, and the header counts {told}"
                );
                Programs { count, sure: count, problem: Some(text) }
            }
            None => Programs { count: whole, sure, problem: None },
        }
    }
}

/// What a program header describes, and whether it is one as cores have.
fn claim(segment: &Segment) -> Claim {
    const PERMISSIONS: u32 = 7;
    let Segment { offset, address, file_size, memory_size, align, .. } = *segment;
    let is_aligned = |number: u64| number.checked_rem(align) == Some(0);
    let has_bytes = file_size > 0 && (align == 0 || align.is_power_of_two());
    let has_pages =
        memory_size > 0 && align.is_power_of_two() && is_aligned(address) && is_aligned(memory_size);
    let is_usual = match segment.kind {
        elf::PT_LOAD => segment.flags & !PERMISSIONS == 0 && (has_bytes || (file_size == 0 && has_pages)),
        elf::PT_NOTE => has_bytes,
        _ => false,
    };
    Claim { place: Place { file_offset: offset, size: file_size }, is_usual }
}

/// Mends the sizes of segments whose bytes reach past the end of the file.
fn segments(header: &Header, bytes: &[u8], repairs: &mut Repairs) {
    let size = wide(bytes.len());
    let programs = header.programs;
    let (file_size_at, memory_size_at, word) = if header.encoding.wide { (32, 40, 8) } else { (16, 20, 4) };
    let mut notes = Notes::of(header, bytes);
    for (index, segment) in (0u64..programs.count).zip(header.segments(bytes)) {
        let Segment { address, file_size, memory_size, .. } = segment;
        let held = size.saturating_sub(segment.offset).min(file_size);
        if held == file_size {
            continue;
        }
        let field = |skipped: u64| {
            index.saturating_mul(programs.entry_size).saturating_add(programs.offset).saturating_add(skipped)
        };
        if segment.kind == elf::PT_NOTE {
            if let Some(notes) = notes.size(&segment) {
                let text = format!(
                    "p_filesz of the notes at {:#x}: {notes:#x} of its {file_size:#x} bytes are before another segment",
                    segment.offset
                );
                repairs.put(field(file_size_at), notes, word, text);
            }
            continue;
        }
        let text = format!(
            "p_filesz of the segment at {address:#x}: {held:#x} of its {file_size:#x} bytes are in the file"
        );
        repairs.put(field(file_size_at), held, word, text);
        if segment.kind == elf::PT_LOAD && held < memory_size {
            let text = format!(
                "p_memsz of the segment at {address:#x}: its memory ends with the bytes in the file, as readers would take the rest for zeros"
            );
            repairs.put(field(memory_size_at), held, word, text);
        }
    }
}

/// How long notes can be whose size reaches past the end of the file.
struct Notes<'a> {
    header: &'a Header,
    bytes: &'a [u8],
    /// Where the bytes of segments begin, in order.
    starts: Vec<u64>,
    /// How many bytes of notes may still be read: segments of notes may overlap.
    budget: usize,
}

impl<'a> Notes<'a> {
    fn of(header: &'a Header, bytes: &'a [u8]) -> Notes<'a> {
        let stored = header.segments(bytes).filter(|segment| segment.file_size > 0);
        let mut starts: Vec<u64> =
            stored.map(|segment| segment.offset).chain([header.programs.offset]).collect();
        starts.sort_unstable();
        Notes { header, bytes, starts, budget: bytes.len() }
    }

    /// The size of notes that end before the next segment, where that begins in the file. A note that is cut says how long it
    /// was: without the rest of its segment it is none.
    fn size(&mut self, segment: &Segment) -> Option<u64> {
        let behind = self.starts.partition_point(|start| *start <= segment.offset);
        let next = *self.starts.get(behind).filter(|start| **start < wide(self.bytes.len()))?;
        let room = next.saturating_sub(segment.offset);
        let range = usize::try_from(segment.offset).ok()?..usize::try_from(next).ok()?;
        let held = self.bytes.get(range)?;
        self.budget = self.budget.checked_sub(held.len())?;
        let mut end = 0;
        notes::walk(self.header.encoding, held, room, segment.align, |note| {
            // Zeros between the last note and the segment are no note.
            if !note.name.is_empty() {
                let padded = note.at.saturating_add(note.size).checked_next_multiple_of(4);
                end = padded.unwrap_or(room).min(room);
            }
        });
        Some(end).filter(|end| *end > 0)
    }
}
