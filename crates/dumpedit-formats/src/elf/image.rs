//! ELF files that a process maps: their parts in its memory, and their build ids.

use dumpedit_layout::{ByteOrder, Place, Protection};
use object::elf;

use super::header::Header;
use super::notes;
use super::write::protection_of;
use crate::build_id;

/// An ELF file that a process can map (`ET_EXEC`, `ET_DYN`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImageFile {
    /// `e_machine`.
    pub machine: u16,
    /// Whether the class is 64 bits.
    pub wide: bool,
    /// The byte order.
    pub byte_order: ByteOrder,
    /// Added to addresses in the file when its first byte is mapped at 0.
    pub bias: u64,
    /// `e_entry`.
    pub entry: u64,
    /// The program headers' place in the file.
    pub programs: Place,
    /// Number of program headers.
    pub program_count: u64,
    /// NT_GNU_BUILD_ID in hex.
    pub build_id: Option<String>,
    /// Mapped parts of the file.
    pub loads: Vec<ImageLoad>,
}

/// A part of an ELF file that is mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImageLoad {
    /// Address, relative to the load address of the image.
    pub skipped: u64,
    /// Place in the file.
    pub place: Place,
    /// Protection in memory.
    pub protection: Protection,
}

/// Maximum number of an image's program headers that are read.
const MOST_SEGMENTS: usize = 256;

/// The mapped parts of an ELF file; `None` where the bytes are no such file.
pub fn image_file(bytes: &[u8]) -> Option<ImageFile> {
    let header = Header::read(bytes).ok()?;
    if !bytes.starts_with(&elf::ELFMAG) || ![elf::ET_EXEC, elf::ET_DYN].contains(&header.file_type) {
        return None;
    }
    let size = u64::try_from(bytes.len()).ok()?;
    let mut image = ImageFile {
        machine: header.machine.0,
        wide: header.encoding.wide,
        byte_order: header.encoding.byte_order(),
        bias: 0,
        entry: header.entry,
        programs: Place { file_offset: header.programs.offset, size: header.programs.size() },
        program_count: header.programs.count,
        build_id: None,
        loads: Vec::new(),
    };
    let mut start = None;
    for segment in header.segments(bytes).take(MOST_SEGMENTS) {
        let held = size.saturating_sub(segment.offset).min(segment.file_size);
        match segment.kind {
            elf::PT_LOAD => {
                // The load address is that of the file's first byte.
                let start = *start.get_or_insert(segment.address.wrapping_sub(segment.offset));
                image.bias = start.wrapping_neg();
                image.loads.push(ImageLoad {
                    skipped: segment.address.wrapping_sub(start),
                    place: Place { file_offset: segment.offset, size: held },
                    protection: protection_of(segment.flags),
                });
            }
            elf::PT_NOTE if image.build_id.is_none() => {
                let first = usize::try_from(segment.offset).ok()?;
                let rest = bytes.get(first..).unwrap_or_default();
                let noted = rest.get(..usize::try_from(held).ok()?).unwrap_or(rest);
                notes::walk(header.encoding, noted, held, segment.align, |note| {
                    if note.namespace == b"GNU"
                        && note.kind == elf::NT_GNU_BUILD_ID.0
                        && !note.descriptor.is_empty()
                    {
                        image.build_id.get_or_insert_with(|| build_id::hex(note.descriptor));
                    }
                });
            }
            _ => {}
        }
    }
    Some(image)
}
