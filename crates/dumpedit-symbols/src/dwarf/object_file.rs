//! The sections of debug information in an ELF, PE or Mach-O file, and the address at which the module is linked to
//! begin.

use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use dumpedit_layout::ByteOrder;
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};
use object::read::macho::{MachHeader, Section as _, Segment};
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader};
use object::read::{ReadCache, ReadRef};
use object::{Endianness, LittleEndian, elf, macho, pe};

use super::section::{Packed, Packing, Section};
use crate::SymbolFile;
use crate::file::Stream;
use crate::number::unsigned;
use crate::types::TypeError;

/// The most section headers that are read.
const HEADERS: u64 = 1 << 20;

/// A file with debug information.
#[derive(Debug)]
pub(super) struct ObjectFile {
    pub(super) file: Arc<SymbolFile>,
    pub(super) byte_order: ByteOrder,
    /// The address at which the module is linked to begin. Offsets are counted from it.
    pub(super) base: u64,
    /// The linked addresses of the initial values of thread-local variables, in a PE file.
    thread_local: Range<u64>,
    sections: HashMap<String, Vec<Section>>,
}

/// The contents of a file's tables.
#[derive(Default)]
struct Found {
    big_endian: bool,
    base: u64,
    thread_local: Range<u64>,
    sections: Vec<(String, Packed)>,
}

impl ObjectFile {
    /// Reads the tables of a file. `None` if the file is of another kind.
    pub(super) fn open(file: Arc<SymbolFile>) -> Result<Option<ObjectFile>, TypeError> {
        let magic = match file.read_at(0, 4) {
            Ok(magic) => magic,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(source) => return Err(TypeError::Read { path: file.path().to_owned(), cause: source }),
        };
        let class = file.read_at(4, 1).unwrap_or_default();
        let data = ReadCache::new(Stream::of(&file));
        let found = match (magic.as_slice(), class.as_slice()) {
            ([0x7f, b'E', b'L', b'F'], [1]) => elf::<elf::FileHeader32<Endianness>, _>(&data, &file),
            ([0x7f, b'E', b'L', b'F'], _) => elf::<elf::FileHeader64<Endianness>, _>(&data, &file),
            ([b'M', b'Z', ..], _) => pe_file(&data, &file),
            ([0xfe, 0xed, 0xfa, 0xce] | [0xce, 0xfa, 0xed, 0xfe], _) => {
                mach_o::<macho::MachHeader32<Endianness>, _>(&data, &file)
            }
            ([0xfe, 0xed, 0xfa, 0xcf] | [0xcf, 0xfa, 0xed, 0xfe], _) => {
                mach_o::<macho::MachHeader64<Endianness>, _>(&data, &file)
            }
            _ => return Ok(None),
        };
        let mut found = found.map_err(|error| TypeError::Damaged {
            path: file.path().to_owned(),
            what: format!("its tables cannot be read: {error}"),
        })?;
        let byte_order = if found.big_endian { ByteOrder::Big } else { ByteOrder::Little };
        let mut sections: HashMap<String, Vec<Section>> = HashMap::new();
        for (name, packed) in std::mem::take(&mut found.sections) {
            sections.entry(name).or_default().push(Section::new(packed));
        }
        drop(data);
        let Found { base, thread_local, .. } = found;
        Ok(Some(ObjectFile { file, byte_order, base, thread_local, sections }))
    }

    /// The offset in bytes of a thread-local variable in its block. In PE files, clang writes the linked address of the
    /// variable's initial value. Other compilers write the offset itself.
    pub(super) fn in_thread_local_block(&self, number: u64) -> u64 {
        if self.thread_local.contains(&number) {
            number.wrapping_sub(self.thread_local.start)
        } else {
            number
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    /// A section by its ELF name, without the dot.
    pub(super) fn section(&self, name: &str) -> Option<&Section> {
        self.section_of(name, 0)
    }

    /// One of several sections with the same name, which object files have.
    pub(super) fn section_of(&self, name: &str, number: usize) -> Option<&Section> {
        self.sections.get(name)?.get(number)
    }

    /// The number of sections with a name.
    pub(super) fn count(&self, name: &str) -> usize {
        self.sections.get(name).map_or(0, Vec::len)
    }

    /// An error about this file.
    pub(super) fn damaged(&self, what: impl Into<String>) -> TypeError {
        TypeError::Damaged { path: self.path().to_owned(), what: what.into() }
    }

    /// An error of reading a section of this file.
    pub(super) fn unread(&self, section: &str, offset: u64, source: io::Error) -> TypeError {
        match source.kind() {
            io::ErrorKind::UnexpectedEof => self.damaged(format!(
                "a reference points to offset {offset:#x} of .{section}, which is past its end"
            )),
            _ => TypeError::Read { path: self.path().to_owned(), cause: source },
        }
    }
}

fn is_wanted(name: &str) -> bool {
    name.starts_with("debug_") || matches!(name, "gdb_index" | "gnu_debugaltlink" | "note.gnu.build-id")
}

fn add(found: &mut Found, name: &str, packed: Packed) {
    if is_wanted(name) {
        found.sections.push((name.to_owned(), packed));
    }
}

fn plain(file: &Arc<SymbolFile>, offset: u64, size: u64) -> Packed {
    let size = size.min(file.size().saturating_sub(offset));
    Packed { file: Arc::clone(file), offset, packed_size: size, packing: Packing::None, size }
}

fn elf<'data, Elf: FileHeader<Endian = Endianness>, R: ReadRef<'data>>(
    data: R,
    file: &Arc<SymbolFile>,
) -> object::Result<Found> {
    let header = Elf::parse(data)?;
    let endian = header.endian()?;
    let mut found = Found { big_endian: header.is_big_endian(), ..Found::default() };
    let mut lowest = None::<u64>;
    for segment in header.program_headers(endian, data)? {
        let address: u64 = segment.p_vaddr(endian).into();
        if segment.p_type(endian) == elf::PT_LOAD && lowest.is_none_or(|known| address < known) {
            lowest = Some(address);
        }
    }
    // The base is the lowest address, rounded down to a page, as loaders round it. Pages are taken to be of 4096 bytes.
    found.base = lowest.map_or(0, |address| address & !0xfff);
    let byte_order = if found.big_endian { ByteOrder::Big } else { ByteOrder::Little };
    if u64::from(header.shnum(endian, data)?) > HEADERS {
        return Ok(found);
    }
    let sections = header.sections(endian, data)?;
    for section in sections.iter() {
        let Ok(name) = sections.section_name(endian, section) else { continue };
        let name = String::from_utf8_lossy(name);
        let Some(name) = name.strip_prefix('.') else { continue };
        let (offset, size): (u64, u64) = (section.sh_offset(endian).into(), section.sh_size(endian).into());
        if section.sh_type(endian) == elf::SHT_NOBITS {
            continue;
        }
        let mut packed = plain(file, offset, size);
        if let Some(name) = name.strip_prefix("zdebug_") {
            // GNU's old form begins with "ZLIB", then has the unpacked size as 8 bytes in big-endian order.
            let Ok(start) = file.read_at(offset, 12) else { continue };
            let Some(unpacked) = start.last_chunk::<8>() else { continue };
            packed.size = u64::from_be_bytes(*unpacked);
            packed.packing = Packing::Zlib;
            packed.offset = offset.saturating_add(12);
            packed.packed_size = packed.packed_size.saturating_sub(12);
            add(&mut found, &format!("debug_{name}"), packed);
            continue;
        }
        let flags = section.sh_flags(endian);
        if is_wanted(name) && flags.contains(elf::SHF_COMPRESSED) {
            let Ok((packing, unpacked, header_size)) =
                compressed(file, offset, header.is_class_64(), byte_order)
            else {
                continue;
            };
            packed.packing =
                if packing == u128::from(elf::ELFCOMPRESS_ZSTD.0) { Packing::Zstd } else { Packing::Zlib };
            packed.size = unpacked;
            packed.offset = offset.saturating_add(header_size);
            packed.packed_size = packed.packed_size.saturating_sub(header_size);
        }
        add(&mut found, name, packed);
    }
    Ok(found)
}

/// The kind of packing, the unpacked size and the size of the header in bytes, from the Elf32_Chdr or Elf64_Chdr of a
/// section with SHF_COMPRESSED.
fn compressed(
    file: &SymbolFile,
    offset: u64,
    is_64: bool,
    byte_order: ByteOrder,
) -> io::Result<(u128, u64, u64)> {
    let (size, unpacked) = if is_64 { (24, 8..16) } else { (12, 4..8) };
    let header = file.read_at(offset, size)?;
    let number = |range| unsigned(header.get(range).unwrap_or_default(), byte_order);
    Ok((number(0..4), u64::try_from(number(unpacked)).unwrap_or(u64::MAX), size))
}

fn pe_file<'data, R: ReadRef<'data>>(data: R, file: &Arc<SymbolFile>) -> object::Result<Found> {
    let header = pe::ImageDosHeader::parse(data)?;
    let mut offset = u64::from(header.nt_headers_offset());
    let magic = object::read::pe::optional_header_magic(data)?;
    if magic == pe::IMAGE_NT_OPTIONAL_HDR64_MAGIC {
        pe_sections::<pe::ImageNtHeaders64, R>(data, &mut offset, file)
    } else {
        pe_sections::<pe::ImageNtHeaders32, R>(data, &mut offset, file)
    }
}

fn pe_sections<'data, Pe: ImageNtHeaders, R: ReadRef<'data>>(
    data: R,
    offset: &mut u64,
    file: &Arc<SymbolFile>,
) -> object::Result<Found> {
    let (headers, _) = Pe::parse(data, offset)?;
    let sections = headers.sections(data, *offset)?;
    let mut found = Found { base: headers.optional_header().image_base(), ..Found::default() };
    let coff = headers.file_header();
    // Longer names are in the string table, which follows the symbols of 18 bytes each.
    let symbols = u64::from(coff.number_of_symbols.get(LittleEndian));
    let strings = u64::from(coff.pointer_to_symbol_table.get(LittleEndian)).saturating_add(symbols * 18);
    for section in sections.iter() {
        let name = section.raw_name();
        let name = String::from_utf8_lossy(name);
        let name = match name.strip_prefix('/').and_then(|at| at.parse::<u64>().ok()) {
            Some(at) => file.read_at(strings.saturating_add(at), 32).ok().map_or_else(String::new, |bytes| {
                let name = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
                String::from_utf8_lossy(name).into_owned()
            }),
            None => name.into_owned(),
        };
        let raw = u64::from(section.size_of_raw_data.get(LittleEndian));
        let used = u64::from(section.virtual_size.get(LittleEndian));
        let size = if used == 0 { raw } else { raw.min(used) };
        let packed = plain(file, u64::from(section.pointer_to_raw_data.get(LittleEndian)), size);
        if name == ".tls" {
            let first = found.base.saturating_add(section.virtual_address.get(LittleEndian).into());
            found.thread_local = first..first.saturating_add(used);
        }
        if let Some(name) = name.strip_prefix('.') {
            add(&mut found, name, packed);
        }
    }
    Ok(found)
}

fn mach_o<'data, Mach: MachHeader<Endian = Endianness>, R: ReadRef<'data>>(
    data: R,
    file: &Arc<SymbolFile>,
) -> object::Result<Found> {
    let header = Mach::parse(data, 0)?;
    let endian = header.endian()?;
    let mut found = Found { big_endian: header.is_big_endian(), ..Found::default() };
    let mut commands = header.load_commands(endian, data, 0)?;
    while let Some(command) = commands.next()? {
        let Some((segment, rest)) = Mach::Segment::from_command(command)? else { continue };
        if segment.name() == b"__TEXT" {
            found.base = segment.vmaddr(endian).into();
        }
        // In an object file, all sections are in one segment without a name.
        for section in segment.sections(endian, rest)? {
            if section.segment_name() != b"__DWARF" {
                continue;
            }
            let name = String::from_utf8_lossy(section.name());
            let name = match &*name {
                "__debug_str_offs" => "debug_str_offsets",
                name => name.trim_start_matches('_'),
            };
            let packed = plain(file, section.offset(endian).into(), section.size(endian).into());
            add(&mut found, name, packed);
        }
    }
    Ok(found)
}
