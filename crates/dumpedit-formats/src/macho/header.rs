//! The Mach-O header and its load commands, of either class and byte order, alone or in a fat file.
//!
//! Structures are those of `mach-o/loader.h` and `mach-o/fat.h`.

use dumpedit_layout::{ByteOrder, Protection};
use object::endian::Endianness;
use object::macho;

use crate::FormatError;
use crate::encoding::Encoding;

/// Maximum number of architectures in a fat file: a Java class begins like one, with its version where a fat file has the count.
const MOST_ARCHITECTURES: u32 = 20;

/// The header (`mach_header`, `mach_header_64`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) encoding: Encoding,
    /// File offset of the header, which other offsets count from.
    pub(super) at: u64,
    pub(super) cpu: u32,
    pub(super) subtype: u32,
    pub(super) file_type: u32,
    pub(super) flags: u32,
    /// `ncmds`.
    pub(super) count: u32,
    /// `sizeofcmds`, in bytes.
    pub(super) commands_size: u32,
}

/// A load command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Command<'a> {
    pub(super) kind: u32,
    /// File offset, in bytes.
    pub(super) at: u64,
    /// The whole command with its type and size, up to the end of the file.
    pub(super) bytes: &'a [u8],
    /// `cmdsize`.
    pub(super) size: u32,
}

/// A segment (`segment_command`, `segment_command_64`).
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) name: [u8; 16],
    pub(super) address: u64,
    pub(super) memory_size: u64,
    /// Offset from the header, in bytes.
    pub(super) file_offset: u64,
    pub(super) file_size: u64,
    pub(super) most_protection: u32,
    pub(super) protection: u32,
    pub(super) flags: u32,
    pub(super) sections: u32,
}

/// A note (`note_command`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    pub(super) owner: [u8; 16],
    /// Offset from the header, in bytes.
    pub(super) file_offset: u64,
    pub(super) size: u64,
}

fn broken(at: u64, problem: impl Into<String>) -> FormatError {
    FormatError::Broken { structure: "Mach-O header", file_offset: at, problem: problem.into() }
}

/// Whether bytes begin as a Mach-O file or as a fat file.
pub(crate) fn recognizes(bytes: &[u8]) -> bool {
    encoding(bytes).is_some() || architectures(bytes).is_some()
}

fn encoding(bytes: &[u8]) -> Option<Encoding> {
    let magic = u32::from_le_bytes(*bytes.first_chunk()?);
    let (order, wide) = match magic {
        macho::MH_MAGIC => (Endianness::Little, false),
        macho::MH_MAGIC_64 => (Endianness::Little, true),
        macho::MH_CIGAM => (Endianness::Big, false),
        macho::MH_CIGAM_64 => (Endianness::Big, true),
        _ => return None,
    };
    Some(Encoding { order, wide })
}

/// Number of architectures of a fat file, and whether its offsets have 64 bits.
fn architectures(bytes: &[u8]) -> Option<(u32, bool)> {
    let big = Encoding { order: Endianness::Big, wide: true };
    let wide = match big.u32(bytes, 0)? {
        macho::FAT_MAGIC => false,
        macho::FAT_MAGIC_64 => true,
        _ => return None,
    };
    let count = big.u32(bytes, 4)?;
    (1..MOST_ARCHITECTURES).contains(&count).then_some((count, wide))
}

/// File offsets of the files in a fat file.
fn slices(bytes: &[u8]) -> Vec<u64> {
    let Some((count, wide)) = architectures(bytes) else { return Vec::new() };
    let big = Encoding { order: Endianness::Big, wide };
    // `fat_arch` has 20 bytes and `fat_arch_64` 32; the offset is behind the CPU's type and subtype.
    let entry = if wide { 32 } else { 20 };
    let offset = |index: u32| {
        let at = usize::try_from(index).ok()?.checked_mul(entry)?.checked_add(16)?;
        big.word(bytes.get(at..)?, 0)
    };
    (0..count).filter_map(offset).collect()
}

impl Header {
    /// Size of the header without load commands, in bytes.
    pub(super) fn size(&self) -> u64 {
        size_of_header(self.encoding.wide)
    }

    /// Reads the header of the core that a file is or contains.
    pub(super) fn read(bytes: &[u8]) -> Result<Header, FormatError> {
        if encoding(bytes).is_some() {
            return Header::read_at(bytes, 0);
        }
        let mut first = Err(broken(0, "has no file for any architecture"));
        for at in slices(bytes) {
            let header = Header::read_at(bytes, at);
            match header {
                Ok(header) if header.file_type == macho::MH_CORE.0 => return Ok(header),
                other => first = first.or(other),
            }
        }
        first
    }

    fn read_at(bytes: &[u8], at: u64) -> Result<Header, FormatError> {
        let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
        let encoding = encoding(rest).ok_or_else(|| broken(at, "has no magic number"))?;
        let field = |index: usize| {
            let at_field = index.checked_mul(4);
            at_field.and_then(|at| encoding.u32(rest, at))
        };
        let fields = || {
            Some(Header {
                encoding,
                at,
                cpu: field(1)?,
                subtype: field(2)?,
                file_type: field(3)?,
                count: field(4)?,
                commands_size: field(5)?,
                flags: field(6)?,
            })
        };
        fields().ok_or_else(|| broken(at, "is cut off by the end of the file"))
    }

    /// Size of a fat file's header and table, in bytes; 0 for a plain file.
    pub(super) fn size_of_fat_header(&self) -> u64 {
        self.at.min(u64::from(MOST_ARCHITECTURES).saturating_mul(32).saturating_add(8))
    }

    /// File offset of the load commands, and their size in the header, in bytes.
    pub(super) fn commands_place(&self) -> (u64, u64) {
        (self.at.saturating_add(self.size()), self.commands_size.into())
    }

    /// The load commands in the file, one behind the other.
    pub(super) fn commands<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = Command<'a>> + use<'a> {
        let encoding = self.encoding;
        let (start, size) = self.commands_place();
        let end = start.saturating_add(size);
        let mut at = start;
        let mut left = self.count;
        std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            let room = usize::try_from(end.checked_sub(at)?).ok()?;
            let rest = bytes.get(usize::try_from(at).ok()?..)?;
            let rest = rest.get(..room).unwrap_or(rest);
            let (kind, size) = (encoding.u32(rest, 0)?, encoding.u32(rest, 4).filter(|size| *size >= 8)?);
            let whole = rest.get(..usize::try_from(size).ok()?).unwrap_or(rest);
            let command = Command { kind, at, bytes: whole, size };
            at = at.checked_add(size.into())?;
            Some(command)
        })
    }

    /// Reads a load command as a segment.
    pub(super) fn segment(&self, command: &Command<'_>) -> Option<Segment> {
        let wide = match macho::LoadCommandType(command.kind) {
            macho::LC_SEGMENT => false,
            macho::LC_SEGMENT_64 => true,
            _ => return None,
        };
        let encoding = Encoding { wide, ..self.encoding };
        let words = command.bytes.get(24..)?;
        let word = |index| encoding.word(words, index);
        let numbers = words.get(encoding.word_size().checked_mul(4)?..)?;
        let number = |at| encoding.u32(numbers, at);
        Some(Segment {
            name: *command.bytes.get(8..)?.first_chunk()?,
            address: word(0)?,
            memory_size: word(1)?,
            file_offset: word(2)?,
            file_size: word(3)?,
            most_protection: number(0)?,
            protection: number(4)?,
            sections: number(8)?,
            flags: number(12)?,
        })
    }

    /// Reads a load command as a note.
    pub(super) fn note(&self, command: &Command<'_>) -> Option<Note> {
        let is_note = macho::LoadCommandType(command.kind) == macho::LC_NOTE;
        let bytes = Some(command.bytes).filter(|_| is_note)?;
        Some(Note {
            owner: *bytes.get(8..)?.first_chunk()?,
            file_offset: self.encoding.u64(bytes, 24)?,
            size: self.encoding.u64(bytes, 32)?,
        })
    }

    /// File offset of an offset from the header.
    pub(super) fn file_offset(&self, offset: u64) -> u64 {
        self.at.saturating_add(offset)
    }

    pub(super) fn byte_order(&self) -> ByteOrder {
        self.encoding.byte_order()
    }
}

impl Note {
    /// The owner's name.
    pub(super) fn owner(&self) -> &[u8] {
        self.owner.split(|byte| *byte == 0).next().unwrap_or_default()
    }

    /// Contents, up to the end of the file.
    pub(super) fn bytes<'a>(&self, header: &Header, bytes: &'a [u8]) -> &'a [u8] {
        let start = usize::try_from(header.file_offset(self.file_offset)).ok();
        let rest = start.and_then(|start| bytes.get(start..)).unwrap_or_default();
        usize::try_from(self.size).ok().and_then(|size| rest.get(..size)).unwrap_or(rest)
    }
}

/// Size of a header, in bytes.
pub(super) fn size_of_header(wide: bool) -> u64 {
    if wide { 32 } else { 28 }
}

/// The protection of a `vm_prot_t`.
pub(super) fn protection_of(bits: u32) -> Protection {
    let has = |flag: macho::VmProt| bits & flag.0 != 0;
    Protection {
        read: has(macho::VM_PROT_READ),
        write: has(macho::VM_PROT_WRITE),
        execute: has(macho::VM_PROT_EXECUTE),
        guard: false,
    }
}
