//! Values of an ELF core's header and program headers that contradict the file.

use dumpedit_layout::Place;
use object::elf;

use super::header::{self, Header, MEMORY_TAGS, Segment, Sizes};
use super::note_kinds::{AUXV, FILE, freebsd};
use super::{lost_offset, notes};
use crate::FormatError;
use crate::write::{Claim, Contradictions, DescribingTable, Meeting, Repairs, Starts, wide};

/// The fields that contradict the file.
pub(crate) fn repairs(bytes: &[u8]) -> Result<Contradictions, FormatError> {
    let mut header = header::of_core(bytes)?;
    let mut repairs = Repairs::of(header.encoding.byte_order());
    let size = wide(bytes.len());
    let is_wide = header.encoding.wide;
    // Offsets of words and half words of the ELF header, and of `sh_info` in a section header.
    let (sections_at, word, counts_at, info_at) = if is_wide { (40, 8, 56, 44) } else { (32, 4, 44, 28) };
    if header.programs.offset < Sizes::of(is_wide).header {
        // That offset leads to no table of program headers.
        header.programs.count = 0;
        header.count_lost = false;
    }
    let usual = Sizes::of(is_wide);
    if header.programs.offset >= size
        && header.programs.offset != usual.header
        && let Some(count) = behind_header(&header, bytes)
    {
        let programs_at = if is_wide { 32 } else { 28 };
        let text = format!(
            "e_phoff: {:#x} is past the end of the file, and {count} program headers follow the ELF header",
            header.programs.offset
        );
        repairs.put(programs_at, usual.header, word, text);
        header.programs.offset = usual.header;
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
        let text = "e_shoff: the section headers are past the end of the file and are no longer counted";
        // The count of program headers there stays lost.
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

/// Number of the counted program headers right behind the header, where writers of cores put them; `None` where none are.
fn behind_header(header: &Header, bytes: &[u8]) -> Option<u64> {
    let Sizes { header: first, program, .. } = Sizes::of(header.encoding.wide);
    let size = wide(bytes.len());
    let is_one = |index: &u64| {
        let at = index.saturating_mul(program).saturating_add(first);
        header::segment(header.encoding, bytes, at)
            .is_some_and(|segment| (first..=size).contains(&segment.offset) && claim(&segment).is_usual)
    };
    let count = wide((0..header.programs.count).take_while(is_one).count());
    (header.programs.entry_size == program && count > 0).then_some(count)
}

/// The number of program headers.
struct Programs {
    count: u64,
    /// Number of program headers outside of the bytes that others describe.
    sure: u64,
    /// What is wrong with the count in the file, for the message.
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
            padding: 0,
            claim: |index: u64| {
                let at = programs.offset.checked_add(index.checked_mul(programs.entry_size)?)?;
                header::segment(encoding, bytes, at).map(|segment| claim(&segment))
            },
        };
        let told = if header.count_lost { "65535 or more".to_owned() } else { programs.count.to_string() };
        let meeting = table.meeting(whole);
        let end = meeting.filter(|meeting| table.ends_at(*meeting, whole));
        if let Some(Meeting { count, owner }) = end {
            let text = format!(
                "e_phnum: program header {count} would overlap the bytes of segment {owner}, and the \
                 header counts {told}"
            );
            return Programs { count, sure: count, problem: Some(text) };
        }
        let sure = meeting.map_or(whole, |meeting| meeting.count);
        if header.count_lost || whole < programs.count {
            let text = if whole == 0 {
                format!("e_phnum: none of the {told} program headers is in the file; their segments are lost")
            } else {
                format!("e_phnum: {whole} program headers are in the file, and the header counts {told}")
            };
            return Programs { count: whole, sure, problem: Some(text) };
        }
        let is_table = meeting.is_none()
            && programs.offset >= Sizes::of(encoding.wide).header
            && programs.entry_size >= Sizes::of(encoding.wide).program;
        match is_table.then(|| table.with_uncounted(whole)).flatten() {
            Some(count) => {
                let text = format!(
                    "e_phnum: there are {count} program headers before the first bytes of a segment, and \
                     the header counts {told}"
                );
                Programs { count, sure: count, problem: Some(text) }
            }
            None => Programs { count: whole, sure, problem: None },
        }
    }
}

/// The bytes that a program header describes, and whether it is one as in cores.
fn claim(segment: &Segment) -> Claim {
    const PERMISSIONS: u32 = 7;
    let Segment { offset, address, file_size, memory_size, align, .. } = *segment;
    let is_aligned = |number: u64| number.checked_rem(align) == Some(0);
    let has_bytes = file_size > 0 && (align == 0 || align.is_power_of_two());
    let has_pages =
        memory_size > 0 && align.is_power_of_two() && is_aligned(address) && is_aligned(memory_size);
    let is_usual = match segment.kind {
        elf::PT_LOAD => segment.flags & !PERMISSIONS == 0 && (has_bytes || (file_size == 0 && has_pages)),
        elf::PT_NOTE | MEMORY_TAGS => has_bytes,
        _ => false,
    };
    Claim { place: Place { file_offset: offset, size: file_size }, is_usual }
}

/// Mends the sizes of segments whose bytes reach past the end of the file.
fn segments(header: &Header, bytes: &[u8], repairs: &mut Repairs) {
    let programs = header.programs;
    let (file_size_at, memory_size_at, word) = if header.encoding.wide { (32, 40, 8) } else { (16, 20, 4) };
    let offset_at = if header.encoding.wide { 8 } else { 4 };
    let mut held = Held::of(header, bytes);
    let lost = lost_offset::found(header, bytes);
    for (index, segment) in (0u64..programs.count).zip(header.segments(bytes)) {
        let Segment { offset, address, file_size, memory_size, .. } = segment;
        let field = |skipped: u64| {
            index.saturating_mul(programs.entry_size).saturating_add(programs.offset).saturating_add(skipped)
        };
        if let Some((_, found)) = lost.filter(|(lost, _)| *lost == index) {
            let text = format!(
                "p_offset of segment {index}: {offset:#x} is past the end of the file, and the gap between \
                 its neighbours has exactly its {file_size:#x} bytes, at {found:#x}"
            );
            repairs.put(field(offset_at), found, word, text);
            continue;
        }
        let is_cut = wide(bytes.len()).saturating_sub(offset) < file_size;
        if segment.kind == elf::PT_NOTE {
            if let Some(cut) = is_cut.then(|| held.cut_note(&segment)).flatten() {
                let CutNote { at, descriptor_at, size, held, is_list } = cut;
                let place = offset.saturating_add(at);
                if !is_list {
                    let text = format!(
                        "the notes at {offset:#x} extend past the end of the file and are not changed: the \
                         note at {place:#x} has {held:#x} of its {size:#x} bytes in the file, and readers \
                         expect its full size"
                    );
                    repairs.stays(place, text);
                    continue;
                }
                let text = format!(
                    "n_descsz of the note at {place:#x}: {held:#x} of its {size:#x} bytes are in the file"
                );
                repairs.put(place.saturating_add(4), held, 4, text);
                let end = descriptor_at.saturating_add(held);
                let text = format!(
                    "p_filesz of the notes at {offset:#x}: {end:#x} of its {file_size:#x} bytes are in the file"
                );
                repairs.put(field(file_size_at), end, word, text);
                continue;
            }
            match held.notes(&segment) {
                // Readers still use what is there of a cut note.
                Some(Walked { whole, .. }) if is_cut && (whole > 0 || held.starts.room(offset) == 0) => {
                    let text = format!(
                        "p_filesz of the notes at {offset:#x}: complete notes have {whole:#x} of its \
                         {file_size:#x} bytes"
                    );
                    repairs.put(field(file_size_at), whole, word, text);
                }
                _ if is_cut => {
                    let text = format!(
                        "the notes at {offset:#x} extend past the end of the file and are not changed: \
                         none of them is complete"
                    );
                    repairs.stays(offset, text);
                }
                Some(Walked { is_all: false, .. }) if let Some(mended) = held.mended_note(&segment) => {
                    let NoteSize { at, field, size, value } = mended;
                    let place = offset.saturating_add(at);
                    let text = format!(
                        "{field} of the note at {place:#x}: the next note starts after {value:#x} bytes, \
                         not {size:#x}"
                    );
                    let skipped = if field == NAME_SIZE { 0 } else { 4 };
                    repairs.put(place.saturating_add(skipped), value, 4, text);
                }
                Some(Walked { whole, is_all: false }) => {
                    let at = offset.saturating_add(whole);
                    let text = format!(
                        "the notes at {offset:#x} are not changed: it is unclear where notes start after \
                         file offset {at:#x}"
                    );
                    repairs.stays(at, text);
                }
                _ => {}
            }
            continue;
        }
        if !is_cut {
            continue;
        }
        // Bytes stored beyond its size in memory are not its own.
        let most = if memory_size > 0 { file_size.min(memory_size) } else { file_size };
        let held = held.starts.room(offset).min(most);
        let text = if held < file_size && held == memory_size {
            format!(
                "p_filesz of the segment at {address:#x}: its memory has {memory_size:#x} bytes, and \
                 {file_size:#x} extend past the end of the file"
            )
        } else {
            format!(
                "p_filesz of the segment at {address:#x}: {held:#x} of its {file_size:#x} bytes are in the file"
            )
        };
        repairs.put(field(file_size_at), held, word, text);
        if segment.kind == elf::PT_LOAD && held < memory_size {
            let text = format!(
                "p_memsz of the segment at {address:#x}: {memory_size:#x} becomes {held:#x}, because gdb \
                 reads memory that is not in the file as zeros; the rest is no longer mapped"
            );
            repairs.put(field(memory_size_at), held, word, text);
        }
    }
}

/// The bytes of segments in the file.
struct Held<'a> {
    header: &'a Header,
    bytes: &'a [u8],
    /// File offsets where bytes of segments and tables of headers begin.
    starts: Starts,
    /// Number of bytes of notes that may still be read: each is read twice at most, unless segments of notes overlap.
    budget: usize,
}

/// `n_namesz` and `n_descsz` of a note's header.
const NAME_SIZE: &str = "n_namesz";
const DESCRIPTOR_SIZE: &str = "n_descsz";

/// A wrong size in a note's header, where the right one is certain.
struct NoteSize {
    /// Offset of the note in its segment, in bytes.
    at: u64,
    field: &'static str,
    /// Size in the header, in bytes.
    size: u64,
    /// Right size, in bytes.
    value: u64,
}

/// A note whose descriptor the end of the file cuts; offsets in its segment, in bytes.
struct CutNote {
    /// Offset of its header.
    at: u64,
    descriptor_at: u64,
    /// Size of the descriptor in its header, in bytes.
    size: u64,
    /// Size of its whole words in the file, in bytes.
    held: u64,
    /// Whether it is a list, of which readers use what is there. Others are told by their sizes.
    is_list: bool,
}

/// Owners and kinds of notes that are lists.
const LISTS: &[(&[u8], u32)] = &[
    (b"CORE", FILE),
    (b"CORE", AUXV),
    (b"FreeBSD", freebsd::PROCSTAT_PROC),
    (b"FreeBSD", freebsd::PROCSTAT_FILES),
    (b"FreeBSD", freebsd::PROCSTAT_VMMAP),
    (b"FreeBSD", freebsd::PROCSTAT_GROUPS),
    (b"FreeBSD", freebsd::PROCSTAT_RLIMIT),
    (b"FreeBSD", freebsd::PROCSTAT_AUXV),
    (b"FreeBSD", freebsd::PROCSTAT_KQUEUES),
];

/// The notes of a segment that can be told apart.
struct Walked {
    /// Size of the whole notes, in bytes.
    whole: u64,
    /// Whether these are all notes.
    is_all: bool,
}

impl<'a> Held<'a> {
    fn of(header: &'a Header, bytes: &'a [u8]) -> Held<'a> {
        let stored = header.segments(bytes).filter(|segment| segment.file_size > 0);
        let sections = (header.sections.count > 0).then_some(header.sections.offset);
        let tables = [header.programs.offset].into_iter().chain(sections);
        let starts = Starts::of(stored.map(|segment| segment.offset).chain(tables), wide(bytes.len()));
        Held { header, bytes, starts, budget: bytes.len().saturating_mul(2) }
    }

    /// The notes of a segment; where its size reaches past the end of the file, those before the next known start. `None` where other
    /// segments share its bytes, so that too much would have to be read.
    fn notes(&mut self, segment: &Segment) -> Option<Walked> {
        let end = segment.offset.saturating_add(segment.file_size);
        let is_cut = end > wide(self.bytes.len());
        let size = if is_cut { self.starts.room(segment.offset) } else { segment.file_size };
        let place = Place { file_offset: segment.offset, size };
        let range = usize::try_from(place.file_offset).ok()?..usize::try_from(place.end()).ok()?;
        let held = self.bytes.get(range).unwrap_or_default();
        self.budget = self.budget.checked_sub(held.len())?;
        let mut whole = 0;
        let is_all = notes::walk(self.header.encoding, held, size, segment.align, |note| {
            // Zeros between the last note and the next segment are no note.
            if !note.name.is_empty() {
                let padded = note.at.saturating_add(note.size).checked_next_multiple_of(4);
                whole = padded.unwrap_or(size).min(size);
            }
        });
        Some(Walked { whole, is_all })
    }

    /// The last note of a segment that ends behind the end of the file, where words of its descriptor are in the file.
    fn cut_note(&mut self, segment: &Segment) -> Option<CutNote> {
        let held = self.bytes.get(usize::try_from(segment.offset).ok()?..)?;
        // Behind what begins next there are no notes of it.
        if self.starts.room(segment.offset) < wide(held.len()) {
            return None;
        }
        self.budget = self.budget.checked_sub(held.len())?;
        let mut cut = None;
        notes::walk(self.header.encoding, held, segment.file_size, segment.align, |note| {
            let words = wide(note.descriptor.len()) & !3;
            cut = (wide(note.descriptor.len()) < note.size && words > 0).then_some(CutNote {
                at: note.header_at,
                descriptor_at: note.at,
                size: note.size,
                held: words,
                is_list: LISTS.contains(&(note.namespace, note.kind)),
            });
        });
        cut
    }

    /// The one size that is wrong in a segment of notes that is whole in the file.
    fn mended_note(&mut self, segment: &Segment) -> Option<NoteSize> {
        let start = usize::try_from(segment.offset).ok()?;
        let held = self.bytes.get(start..)?.get(..usize::try_from(segment.file_size).ok()?)?;
        self.budget = self.budget.checked_sub(held.len())?;
        // Some segments claim 8 and align by 4: those follow farthest with what they have.
        let units: &[u64] = if segment.align == 8 { &[8, 4] } else { &[4] };
        let chains = units.iter().map(|unit| notes::Chain {
            encoding: self.header.encoding,
            bytes: held,
            unit: *unit,
        });
        let broken = chains.filter_map(|chain| Some((chain.first_broken()?, chain)));
        let ((at, known), chain) = broken.max_by_key(|((at, _), _)| *at)?;
        let unit = chain.unit;
        let number = |skipped: u64| {
            let at = usize::try_from(at.checked_add(skipped)?).ok()?;
            self.header.encoding.u32(held, at).map(u64::from)
        };
        let (name_size, size) = (number(0)?, number(4)?);
        let name = chain.name_at(at)?;
        if name != name_size && chain.goes_on_behind(at, name, size) {
            return Some(NoteSize { at, field: NAME_SIZE, size: name_size, value: name });
        }
        if name != name_size {
            return None;
        }
        // The size of a kind that the segment has elsewhere is known up to its padding.
        let begins = chain.descriptor_at(at, name)?;
        let room = chain.next_sound(begins)?.checked_sub(begins)?;
        let skipped = begins.checked_add(size.min(room)).and_then(|at| usize::try_from(at).ok())?;
        let end = usize::try_from(begins.checked_add(room)?).ok()?;
        if size < room && held.get(skipped..end)?.iter().all(|byte| *byte == 0) {
            // A gap larger than padding in front of the next note is not explained by a wrong size.
            return None;
        }
        let kind = number(8)?;
        let padded = |size: &u64| size.checked_next_multiple_of(unit) == Some(room);
        let alike = known.iter().find(|(other, size)| u64::from(*other) == kind && padded(size));
        let value = alike.map_or(room, |(_, size)| *size);
        Some(NoteSize { at, field: DESCRIPTOR_SIZE, size, value })
    }
}
