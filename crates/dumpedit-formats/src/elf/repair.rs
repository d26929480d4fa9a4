//! What of an ELF core's header and program headers contradicts its file.

use object::elf;

use super::header::{self, Sizes, Table};
use crate::FormatError;
use crate::write::{Repair, Repairs, wide};

/// The fields that contradict the file.
pub(crate) fn repairs(bytes: &[u8]) -> Result<Vec<Repair>, FormatError> {
    let header = header::of_core(bytes)?;
    let mut repairs = Repairs::of(header.encoding.byte_order());
    let size = wide(bytes.len());
    let is_wide = header.encoding.wide;
    // Where the words and the half words of the ELF header are.
    let (sections_at, word, counts_at) = if is_wide { (40, 8, 56) } else { (32, 4, 44) };
    let whole = header.programs.count_in(size);
    if header.count_lost || whole < header.programs.count {
        let text = format!(
            "e_phnum: {whole} program headers are in the file, and the header counts {}",
            if header.count_lost {
                "others in a section that is not there".to_owned()
            } else {
                header.programs.count.to_string()
            }
        );
        if whole < u64::from(elf::PN_XNUM) && (header.count_lost || header.announced != elf::PN_XNUM) {
            repairs.put(counts_at, whole, 2, text);
        }
    }
    if header.sections.offset != 0 && header.sections.count_in(size) < header.sections.count.max(1) {
        let text = "e_shoff: the section headers are behind the end of the file, and are no longer counted";
        // What counts program headers there stays lost.
        repairs.put(sections_at, 0, word, text);
        repairs.put(counts_at.saturating_add(4), 0, 2, "e_shnum: there are no section headers");
        repairs.put(counts_at.saturating_add(6), 0, 2, "e_shstrndx: there are no section names");
    }
    let Table { offset, entry_size, .. } = header.programs;
    let (file_size_at, least) =
        if is_wide { (32, Sizes::of(true).program) } else { (16, Sizes::of(false).program) };
    for (index, segment) in (0u64..whole).zip(header.segments(bytes)) {
        let held = size.saturating_sub(segment.offset).min(segment.file_size);
        // A note that is cut says how long it was: without the rest of its segment it is none.
        if held == segment.file_size || entry_size < least || segment.kind == elf::PT_NOTE {
            continue;
        }
        let at = index.saturating_mul(entry_size).saturating_add(offset).saturating_add(file_size_at);
        let text = format!(
            "p_filesz of the segment at {:#x}: {held:#x} of its {:#x} bytes are in the file",
            segment.address, segment.file_size
        );
        repairs.put(at, held, word, text);
    }
    Ok(repairs.finish())
}
