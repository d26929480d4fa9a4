//! PE files: their exports, the COFF symbol table that GNU tools keep in them, and the PDB that they name.
//!
//! The layouts are those of `winnt.h`, as the crate `object` has them.

use std::collections::HashSet;
use std::sync::Arc;

use object::endian::Endianness;
use object::pe::{self, ImageDebugDirectory, ImageNtHeaders32, ImageNtHeaders64, ImageSymbol};
use object::pod::{from_bytes, slice_from_all_bytes};
use object::read::ReadCache;
use object::read::pe::{
    ExportTable, ExportTarget, ImageNtHeaders, ImageOptionalHeader, SectionTable, optional_header_magic,
};
use object::{LittleEndian as LE, SectionIndex};

use super::collected::{Collected, MOST_NAME, until_zero};
use super::error::{Damaged, SourceError, Subject};
use super::row_file::RowFile;
use super::source::{Asked, DebugLink, Source, SourceRows};
use crate::demangled::Decoration;
use crate::file::Stream;
use crate::identity::PdbId;
use crate::{Identity, RowKind, SymbolFile};

/// The most bytes of an export table that are read.
const MOST_EXPORTS: u64 = 64 << 20;

/// The most bytes of a debug directory or of a CodeView record that are read.
const MOST_DEBUG: u64 = 1 << 16;

/// The number of symbols of the COFF table that are read at a time.
const SYMBOLS_AT_ONCE: u64 = 1 << 14;

/// The size of a symbol of the COFF table in bytes.
const SYMBOL_SIZE: u64 = size_of::<ImageSymbol>() as u64;

/// The longest name of a section that is read, in bytes.
const MOST_SECTION_NAME: u64 = 32;

/// The section that a file with DWARF has.
const DEBUG_INFO: &[u8] = b".debug_info";

/// The section with the name of the file that the debug information was moved to.
const DEBUG_LINK: &[u8] = b".gnu_debuglink";

/// The PDB that a PE file names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedPdb {
    /// The GUID and age of the PDB.
    pub id: PdbId,
    /// The file name of the PDB, in most files a path on the machine that linked it.
    pub path: String,
}

/// Whether a file with these first bytes is a PE file.
pub fn recognizes(magic: &[u8]) -> bool {
    magic.starts_with(b"MZ")
}

pub(crate) fn open(file: &Arc<SymbolFile>, _: Asked<'_>) -> Result<Box<dyn Source>, Damaged> {
    let is_wide = wide(file)?;
    let about = match is_wide {
        true => Image::<ImageNtHeaders64>::open(file, |image| image.about()),
        false => Image::<ImageNtHeaders32>::open(file, |image| image.about()),
    }?;
    Ok(Box::new(RowFile {
        file: Arc::clone(file),
        identity: Some(about.identity),
        read: Box::new(read),
        is_complete: about.has_symbols,
        is_image: true,
        has_debug_info: about.has_debug_info,
        debug_link: about.debug_link,
        windows_pointers: Some(if is_wide { 8 } else { 4 }),
    }))
}

/// Reads the symbols and the identity.
///
/// # Errors
/// Fails if the system cannot read the file, or if the file is damaged.
pub fn read(file: &SymbolFile) -> Result<SourceRows, SourceError> {
    match wide(file)? {
        true => Image::<ImageNtHeaders64>::open(file, |image| image.rows()),
        false => Image::<ImageNtHeaders32>::open(file, |image| image.rows()),
    }
}

/// The PDB that the file names, if it names one.
///
/// # Errors
/// The errors of [`read`].
pub fn named_pdb(file: &SymbolFile) -> Result<Option<NamedPdb>, SourceError> {
    match wide(file)? {
        true => Image::<ImageNtHeaders64>::open(file, |image| image.named_pdb()),
        false => Image::<ImageNtHeaders32>::open(file, |image| image.named_pdb()),
    }
}

fn subject(file: &SymbolFile) -> Subject<'_> {
    Subject { path: file.path(), kind: "PE file" }
}

/// Whether the headers are the 64-bit ones.
fn wide(file: &SymbolFile) -> Result<bool, SourceError> {
    let cache = ReadCache::new(Stream::of(file));
    match optional_header_magic(&cache).map_err(|error| subject(file).damaged(error))? {
        pe::IMAGE_NT_OPTIONAL_HDR64_MAGIC => Ok(true),
        pe::IMAGE_NT_OPTIONAL_HDR32_MAGIC => Ok(false),
        other => Err(subject(file).damaged(format!("its optional header has the unknown magic {other:?}"))),
    }
}

/// The facts about a file in its headers.
struct About {
    identity: Identity,
    /// Whether it has a COFF symbol table, which GNU tools write.
    has_symbols: bool,
    /// Whether it has DWARF.
    has_debug_info: bool,
    debug_link: Option<DebugLink>,
}

/// A PE file with its headers read.
struct Image<'a, Nt> {
    file: &'a SymbolFile,
    headers: &'a Nt,
    directories: object::read::pe::DataDirectories<'a>,
    sections: SectionTable<'a>,
}

impl<Nt: ImageNtHeaders> Image<'_, Nt> {
    fn open<T>(
        file: &SymbolFile,
        use_it: impl FnOnce(&Image<'_, Nt>) -> Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        // The cache holds only headers: at most 65,535 sections of 40 bytes.
        let cache = ReadCache::new(Stream::of(file));
        let damaged = |error: object::Error| subject(file).damaged(error);
        let dos = pe::ImageDosHeader::parse(&cache).map_err(damaged)?;
        let mut offset = dos.nt_headers_offset().into();
        let (headers, directories) = Nt::parse(&cache, &mut offset).map_err(damaged)?;
        let sections = headers.sections(&cache, offset).map_err(damaged)?;
        use_it(&Image { file, headers, directories, sections })
    }

    fn subject(&self) -> Subject<'_> {
        subject(self.file)
    }

    fn rows(&self) -> Result<SourceRows, SourceError> {
        let machine = self.headers.file_header().machine.get(LE);
        let decoration = match machine {
            pe::IMAGE_FILE_MACHINE_I386 => Decoration::Windows32,
            _ => Decoration::None,
        };
        let mut collected = Collected::new(self.file, self.subject());
        self.coff_symbols(&mut collected)?;
        self.exports(&mut collected, decoration)?;
        Ok(SourceRows { rows: collected.rows, identity: Some(self.identity()?), decoration })
    }

    fn identity(&self) -> Result<Identity, SourceError> {
        Ok(Identity::Image {
            timestamp: self.headers.file_header().time_date_stamp.get(LE),
            size: self.headers.optional_header().size_of_image(),
            pdb: self.named_pdb()?.map(|named| named.id),
        })
    }

    fn about(&self) -> Result<About, SourceError> {
        let header = self.headers.file_header();
        let (table, count) = (header.pointer_to_symbol_table.get(LE), header.number_of_symbols.get(LE));
        let has_symbols = table != 0 && count != 0;
        // Section names of more than eight letters are in the string table of the symbols. A stripped file may have
        // only the string table there.
        let strings = u64::from(table).saturating_add(u64::from(count).saturating_mul(SYMBOL_SIZE));
        let name = |section: &pe::ImageSectionHeader| {
            let at = section.raw_name().strip_prefix(b"/");
            let Some(at) = at.and_then(|at| str::from_utf8(at).ok()?.parse::<u64>().ok()) else {
                return section.raw_name().to_vec();
            };
            let at = Some(at).filter(|_| table != 0).and_then(|at| at.checked_add(strings));
            let left = |at: u64| self.file.size().saturating_sub(at).min(MOST_SECTION_NAME);
            let name = at.and_then(|at| self.file.read_at(at, left(at)).ok()).unwrap_or_default();
            until_zero(&name).to_vec()
        };
        let section = |wanted: &[u8]| self.sections.iter().find(|section| name(section) == wanted);
        let debug_link = section(DEBUG_LINK).and_then(|section| {
            let (offset, size) = section.pe_file_range();
            let bytes = self.file.read_at(offset.into(), u64::from(size).min(MOST_DEBUG)).ok()?;
            DebugLink::read(&bytes, Endianness::Little)
        });
        let has_debug_info = section(DEBUG_INFO).is_some();
        Ok(About { identity: self.identity()?, has_symbols, has_debug_info, debug_link })
    }

    /// The address and the bytes of a data directory, as far as they are in one section.
    fn directory(&self, index: usize, most: u64) -> Result<Option<(u32, Vec<u8>)>, SourceError> {
        let Some(entry) = self.directories.get(index) else { return Ok(None) };
        let (address, size) = entry.address_range();
        if address == 0 || size == 0 {
            return Ok(None);
        }
        let Some((offset, held)) = self.sections.pe_file_range_at(address) else { return Ok(None) };
        let size = u64::from(size.min(held)).min(most);
        let bytes = self.file.read_at(offset.into(), size).map_err(|error| self.subject().read(error))?;
        Ok(Some((address, bytes)))
    }

    fn exports(&self, collected: &mut Collected<'_>, decoration: Decoration) -> Result<(), SourceError> {
        let Some((address, bytes)) = self.directory(pe::IMAGE_DIRECTORY_ENTRY_EXPORT, MOST_EXPORTS)? else {
            return Ok(());
        };
        let damaged = |error: object::Error| self.subject().damaged(error);
        let table = ExportTable::parse(&bytes, address).map_err(damaged)?;
        let mut known: HashSet<(u64, String)> = HashSet::new();
        for row in &collected.rows {
            known.insert((row.offset, decoration.without(&row.name).to_owned()));
        }
        for (pointer, index) in table.name_iter() {
            let name = table.name_from_pointer(pointer).map_err(damaged)?;
            // A forwarded export is a symbol of another module.
            let Ok(ExportTarget::Address(offset)) = table.target_by_index(index) else { continue };
            let kind = self.kind_at(offset);
            if kind != RowKind::ThreadLocal
                && !known.contains(&(offset.into(), String::from_utf8_lossy(name).into_owned()))
            {
                collected.push(name, offset.into(), None, kind)?;
            }
        }
        Ok(())
    }

    /// The kind of symbol at an address, by its section.
    fn kind_at(&self, address: u32) -> RowKind {
        self.sections.section_containing(address).map_or(RowKind::Other, kind_of)
    }

    fn coff_symbols(&self, collected: &mut Collected<'_>) -> Result<(), SourceError> {
        let header = self.headers.file_header();
        let table = u64::from(header.pointer_to_symbol_table.get(LE));
        let count = u64::from(header.number_of_symbols.get(LE));
        if table == 0 || count == 0 {
            return Ok(());
        }
        let read = |offset, size| self.file.read_at(offset, size).map_err(|error| self.subject().read(error));
        let strings_at = table.saturating_add(count.saturating_mul(SYMBOL_SIZE));
        if strings_at > self.file.size() {
            return Err(self.subject().damaged("its symbol table is cut off"));
        }
        // The string table begins with its size, which includes these four bytes. A table without long names may lack
        // it.
        let size =
            read(strings_at, 4).ok().and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes);
        let strings = read(strings_at, u64::from(size).min(self.file.size() - strings_at))?;
        // Auxiliary records, which are not symbols, follow a symbol.
        let mut about = 0u64;
        let mut first = 0u64;
        let mut unit = None;
        while first < count {
            let some = SYMBOLS_AT_ONCE.min(count - first);
            let bytes = read(table.saturating_add(first.saturating_mul(SYMBOL_SIZE)), some * SYMBOL_SIZE)?;
            let symbols = slice_from_all_bytes::<ImageSymbol>(&bytes).unwrap_or_default();
            for (index, symbol) in (first..).zip(symbols) {
                match about.checked_sub(1) {
                    Some(rest) => about = rest,
                    None => {
                        about = symbol.number_of_aux_symbols.into();
                        if symbol.storage_class == pe::IMAGE_SYM_CLASS_FILE {
                            let at = table.saturating_add((index + 1).saturating_mul(SYMBOL_SIZE));
                            let record = read(at, about * SYMBOL_SIZE).unwrap_or_default();
                            unit = Some(source_file(&record, &strings)).filter(|name| !name.is_empty());
                        }
                        // A symbol that other object files see gets no source file.
                        let is_own = symbol.storage_class == pe::IMAGE_SYM_CLASS_STATIC;
                        collected.unit = unit.clone().filter(|_| is_own);
                        self.coff_symbol(symbol, &strings, collected)?;
                    }
                }
            }
            first += some;
        }
        collected.unit = None;
        Ok(())
    }

    fn coff_symbol(
        &self,
        symbol: &ImageSymbol,
        strings: &[u8],
        collected: &mut Collected<'_>,
    ) -> Result<(), SourceError> {
        let storage = symbol.storage_class;
        if ![pe::IMAGE_SYM_CLASS_EXTERNAL, pe::IMAGE_SYM_CLASS_STATIC, pe::IMAGE_SYM_CLASS_WEAK_EXTERNAL]
            .contains(&storage)
        {
            return Ok(());
        }
        let name = match symbol.name {
            [0, 0, 0, 0, a, b, c, d] => long_name(strings, [a, b, c, d]),
            ref short => until_zero(short),
        };
        // The names of sections are in the table, too.
        if name.starts_with(b".") {
            return Ok(());
        }
        // Absolute numbers and undefined symbols have no section.
        let number = SectionIndex(symbol.section_number.get(LE).into());
        let Ok(section) = self.sections.section(number) else { return Ok(()) };
        let value = symbol.value.get(LE);
        let function = symbol.typ.get(LE).derived_type() == pe::IMAGE_SYM_DTYPE_FUNCTION;
        let kind = match kind_of(section) {
            RowKind::Function if !function => RowKind::Other,
            kind => kind,
        };
        let offset = match kind {
            RowKind::ThreadLocal => value.into(),
            _ => u64::from(section.virtual_address.get(LE)) + u64::from(value),
        };
        collected.push(name, offset, None, kind)
    }

    fn named_pdb(&self) -> Result<Option<NamedPdb>, SourceError> {
        let Some((_, bytes)) = self.directory(pe::IMAGE_DIRECTORY_ENTRY_DEBUG, MOST_DEBUG)? else {
            return Ok(None);
        };
        let mut rest = bytes.as_slice();
        while let Ok((entry, behind)) = from_bytes::<ImageDebugDirectory>(rest) {
            rest = behind;
            if entry.typ.get(LE) != pe::IMAGE_DEBUG_TYPE_CODEVIEW {
                continue;
            }
            let size = u64::from(entry.size_of_data.get(LE)).min(MOST_DEBUG);
            // What the debug directory refers to may have been stripped from the image.
            let record =
                self.file.read_at(entry.pointer_to_raw_data.get(LE).into(), size).unwrap_or_default();
            if let Some(named) = code_view(&record) {
                return Ok(Some(named));
            }
        }
        Ok(None)
    }
}

/// The name at an offset in the string table.
fn long_name(strings: &[u8], offset: [u8; 4]) -> &[u8] {
    let at = usize::try_from(u32::from_le_bytes(offset)).unwrap_or(usize::MAX);
    let rest = strings.get(at..).unwrap_or_default();
    until_zero(rest.get(..rest.len().min(MOST_NAME + 1)).unwrap_or_default())
}

/// The name of a source file in the auxiliary records of a `.file` symbol: the name itself, or zero and an offset in
/// the string table.
fn source_file(record: &[u8], strings: &[u8]) -> Arc<str> {
    let name = match record.first_chunk() {
        Some([0, 0, 0, 0, a, b, c, d]) => long_name(strings, [*a, *b, *c, *d]),
        _ => until_zero(record),
    };
    String::from_utf8_lossy(name).into()
}

/// A CodeView record of the form `RSDS`: GUID, age, file name.
fn code_view(record: &[u8]) -> Option<NamedPdb> {
    let record = record.strip_prefix(b"RSDS")?;
    let (guid, rest) = record.split_first_chunk::<16>()?;
    let (age, path) = rest.split_first_chunk::<4>()?;
    let id = PdbId { guid: crate::identity::as_text(*guid), age: u32::from_le_bytes(*age) };
    Some(NamedPdb { id, path: String::from_utf8_lossy(until_zero(path)).into_owned() })
}

fn kind_of(section: &pe::ImageSectionHeader) -> RowKind {
    let flags = section.characteristics.get(LE);
    match () {
        () if section.raw_name() == b".tls" => RowKind::ThreadLocal,
        () if flags.contains(pe::IMAGE_SCN_MEM_EXECUTE) => RowKind::Function,
        () => RowKind::Object,
    }
}
