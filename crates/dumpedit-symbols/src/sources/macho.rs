//! Mach-O files and dSYM bundles: the symbol table (`LC_SYMTAB`), in a universal file that of one processor.
//!
//! The layouts are those of `mach-o/loader.h`, `nlist.h` and `fat.h`, as the crate `object` has them.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dumpedit_layout::Machine;
use object::Endianness;
use object::macho::{self, FatArch32, FatArch64, MachHeader32, MachHeader64};
use object::pod::slice_from_all_bytes;
use object::read::macho::{FatArch, MachHeader, Nlist, Section, Segment};
use object::read::{ReadCache, ReadRef};

use super::collected::{Collected, MOST_NAME, until_zero};
use super::error::{Damaged, SourceError, Subject};
use super::row_file::RowFile;
use super::source::{Asked, Source, SourceRows};
use crate::demangled::Decoration;
use crate::file::Stream;
use crate::{Identity, RowKind, SymbolFile, SymbolRow};

/// The most bytes of load commands that are read.
const MOST_COMMANDS: u32 = 16 << 20;

/// The most files in a universal file. A Java class file begins with the same magic, and has a number of at least 45
/// here (its version).
const MOST_SLICES: u32 = 44;

/// The most bytes of symbols that are read at a time.
const AT_ONCE: u64 = 1 << 18;

/// The end of the name of a thread-local variable's initial value.
const FIRST_VALUE: &[u8] = b"$tlv$init";

/// The processors of each machine.
const CPUS: &[(Machine, macho::CpuType)] = &[
    (Machine::X86, macho::CPU_TYPE_X86),
    (Machine::Amd64, macho::CPU_TYPE_X86_64),
    (Machine::Arm, macho::CPU_TYPE_ARM),
    (Machine::Arm64, macho::CPU_TYPE_ARM64),
    (Machine::Arm64, macho::CPU_TYPE_ARM64_32),
    (Machine::Ppc, macho::CPU_TYPE_POWERPC),
    (Machine::Ppc64, macho::CPU_TYPE_POWERPC64),
];

/// Whether a file with these first bytes is a Mach-O file or a universal one.
pub fn recognizes(magic: &[u8]) -> bool {
    let word = |at: usize| Some(u32::from_be_bytes(magic.get(at..)?.first_chunk().copied()?));
    match word(0) {
        Some(macho::MH_MAGIC | macho::MH_CIGAM | macho::MH_MAGIC_64 | macho::MH_CIGAM_64) => true,
        Some(macho::FAT_MAGIC | macho::FAT_MAGIC_64) => word(4).is_none_or(|count| count <= MOST_SLICES),
        _ => false,
    }
}

pub(crate) fn open(file: &Arc<SymbolFile>, asked: Asked<'_>) -> Result<Box<dyn Source>, Damaged> {
    let subject = subject(file);
    let machine = asked.target.machine;
    let (_, commands) = chosen(file, machine, asked.id, subject)?;
    let id = asked.id.map(str::to_owned);
    Ok(Box::new(RowFile {
        file: Arc::clone(file),
        identity: commands.identity,
        read: Box::new(move |file| read(file, machine, id.as_deref())),
        is_complete: commands.is_bundled || commands.local_symbols > 0,
        is_image: !commands.is_bundled,
        has_debug_info: commands.is_bundled,
        debug_link: None,
        windows_pointers: None,
    }))
}

fn subject(file: &SymbolFile) -> Subject<'_> {
    Subject { path: file.path(), kind: "Mach-O file" }
}

/// The files with symbols in a dSYM bundle, which is a folder: those in `Contents/Resources/DWARF`, with the one of
/// this name first. Empty if the folder is not a bundle.
///
/// # Errors
/// Fails if the system cannot read the folder.
pub fn in_bundle(bundle: &Path, name: Option<&str>) -> io::Result<Vec<PathBuf>> {
    let folder = bundle.join("Contents/Resources/DWARF");
    let entries = match folder.read_dir() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    let other = |file: &PathBuf| name.is_none_or(|name| file.file_name() != Some(name.as_ref()));
    files.sort_by_key(|file| (other(file), file.clone()));
    Ok(files)
}

/// Reads the symbols and the identity of a file, or of the file for the machine in a universal file. If several are for
/// the machine, such as arm64 and arm64e, the one with the dump's id is read, or the first if none has it.
///
/// # Errors
/// Fails if the system cannot read the file, if it is damaged, or if it is only for other machines.
pub fn read(file: &SymbolFile, machine: Machine, id: Option<&str>) -> Result<SourceRows, SourceError> {
    let subject = subject(file);
    let (slice, commands) = chosen(file, machine, id, subject)?;
    let mut collected = Collected::new(file, subject);
    match commands.wide {
        true => slice.symbols::<MachHeader64<Endianness>>(file, &commands, subject, &mut collected)?,
        false => slice.symbols::<MachHeader32<Endianness>>(file, &commands, subject, &mut collected)?,
    }
    let mut rows = collected.rows;
    // A thread-local variable has both a descriptor and an initial value.
    let mut known = HashSet::new();
    rows.retain(|row| row.kind != RowKind::ThreadLocal || known.insert((row.name.clone(), row.offset)));
    Ok(SourceRows { rows, identity: commands.identity, decoration: Decoration::Underscore })
}

/// The file for a machine.
fn chosen(
    file: &SymbolFile,
    machine: Machine,
    id: Option<&str>,
    subject: Subject<'_>,
) -> Result<(Slice, Commands), SourceError> {
    let (mut found, mut others) = (None, Vec::new());
    for slice in slices(file, subject)? {
        let fits = slice.cpu.is_none_or(|cpu| CPUS.contains(&(machine, cpu)));
        if !fits && machine != Machine::Unknown {
            others.extend(slice.cpu.and_then(|cpu| cpu.name()));
            continue;
        }
        let commands = slice.commands(file, subject)?;
        let is_it = id.zip(commands.identity.as_ref()).is_some_and(|(id, identity)| identity.is(id));
        if found.is_none() || is_it {
            found = Some((slice, commands));
        }
        if is_it {
            break;
        }
    }
    found.ok_or_else(|| subject.unsupported(format!("is for other machines: {}", others.join(", "))))
}

/// A Mach-O file, alone or in a universal file.
struct Slice {
    /// The processor, if the file is in a universal one.
    cpu: Option<macho::CpuType>,
    offset: u64,
    size: u64,
}

fn slices(file: &SymbolFile, subject: Subject<'_>) -> Result<Vec<Slice>, SourceError> {
    let cache = ReadCache::new(Stream::of(file));
    let damaged = |()| subject.damaged("its header is cut off");
    let magic = |at| Ok(u32::from_be_bytes(*(&cache).read_at::<[u8; 4]>(at).map_err(damaged)?));
    let magic_at_start = magic(0)?;
    if ![macho::FAT_MAGIC, macho::FAT_MAGIC_64].contains(&magic_at_start) {
        return Ok(vec![Slice { cpu: None, offset: 0, size: file.size() }]);
    }
    let count = magic(4)?;
    if count > MOST_SLICES {
        return Err(subject.damaged(format!("it claims to contain {count} files")));
    }
    let slice = |offset: u64, size: u64, cpu| Slice { cpu: Some(cpu), offset, size };
    let count = count as usize;
    let list = match magic_at_start {
        macho::FAT_MAGIC => {
            let list = (&cache).read_slice_at::<FatArch32>(8, count).map_err(damaged)?;
            list.iter().map(|each| slice(each.offset().into(), each.size().into(), each.cputype())).collect()
        }
        _ => {
            let list = (&cache).read_slice_at::<FatArch64>(8, count).map_err(damaged)?;
            list.iter().map(|each| slice(each.offset(), each.size(), each.cputype())).collect()
        }
    };
    Ok(list)
}

/// The contents of the load commands.
#[derive(Default)]
struct Commands {
    wide: bool,
    endian: Endianness,
    identity: Option<Identity>,
    /// The linked address of `__TEXT`.
    base: u64,
    sections: Vec<Place>,
    /// Whether the file is in a dSYM bundle, which has all symbols.
    is_bundled: bool,
    /// The number of symbols that no other object file sees.
    local_symbols: u32,
    symbols: u32,
    count: u32,
    strings: u32,
    strings_size: u32,
}

/// A section of the file.
struct Place {
    address: u64,
    /// The offset in the file; 0 if the file does not have the bytes.
    file_offset: u64,
    size: u64,
    kind: PlaceKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PlaceKind {
    Code,
    Data,
    /// Initial values of thread-local variables.
    FirstValues,
    /// Descriptors of thread-local variables (`struct tlv_descriptor`): a function, a key, and the offset in a thread's block.
    Descriptors,
}

impl Slice {
    fn commands(&self, file: &SymbolFile, subject: Subject<'_>) -> Result<Commands, SourceError> {
        let cache = ReadCache::new(Stream::of(file));
        let part = cache.range(self.offset, self.size);
        let magic = part.read_at::<[u8; 4]>(0).map_err(|()| subject.damaged("its header is cut off"))?;
        match u32::from_be_bytes(*magic) {
            macho::MH_MAGIC | macho::MH_CIGAM => commands::<MachHeader32<Endianness>>(part, subject),
            macho::MH_MAGIC_64 | macho::MH_CIGAM_64 => commands::<MachHeader64<Endianness>>(part, subject),
            other => Err(subject.damaged(format!("its header has the unknown magic {other:#x}"))),
        }
    }

    /// Reads `size` bytes at an offset of this file.
    fn bytes(
        &self,
        file: &SymbolFile,
        subject: Subject<'_>,
        offset: u64,
        size: u64,
    ) -> Result<Vec<u8>, SourceError> {
        let held = offset.checked_add(size).is_some_and(|end| end <= self.size);
        let at = self.offset.checked_add(offset).filter(|_| held);
        let at = at.ok_or_else(|| subject.damaged("its symbol table is cut off"))?;
        file.read_at(at, size).map_err(|error| subject.read(error))
    }

    fn symbols<Header: MachHeader<Endian = Endianness>>(
        &self,
        file: &SymbolFile,
        commands: &Commands,
        subject: Subject<'_>,
        collected: &mut Collected<'_>,
    ) -> Result<(), SourceError> {
        if commands.count == 0 {
            return Ok(());
        }
        let each = size_of::<Header::Nlist>() as u64;
        let count = u64::from(commands.count);
        // The bounds of the table are checked before its names are read.
        self.bytes(file, subject, u64::from(commands.symbols).saturating_add(count.saturating_mul(each)), 0)?;
        let strings = self.bytes(file, subject, commands.strings.into(), commands.strings_size.into())?;
        let (block, mut first) = ((AT_ONCE / each).max(1), 0u64);
        let mut source_files = SourceFiles::default();
        while first < count {
            let some = block.min(count - first);
            let at = u64::from(commands.symbols).saturating_add(first.saturating_mul(each));
            let bytes = self.bytes(file, subject, at, some * each)?;
            for symbol in slice_from_all_bytes::<Header::Nlist>(&bytes).unwrap_or_default() {
                let at = usize::try_from(symbol.n_strx(commands.endian)).unwrap_or(usize::MAX);
                let name = strings.get(at..).unwrap_or_default();
                let name = until_zero(name.get(..name.len().min(MOST_NAME + 1)).unwrap_or_default());
                let address: u64 = symbol.n_value(commands.endian).into();
                if let Some(stab) = symbol.stab() {
                    source_files.debugging_symbol(stab, name, address);
                }
                let before = collected.rows.len();
                self.symbol::<Header>(file, commands, symbol, name, collected)?;
                if collected.rows.len() > before && is_own(symbol.n_type()) {
                    source_files.own.push((before, address));
                }
            }
            first += some;
        }
        source_files.tell(&mut collected.rows);
        Ok(())
    }

    fn symbol<Header: MachHeader<Endian = Endianness>>(
        &self,
        file: &SymbolFile,
        commands: &Commands,
        symbol: &Header::Nlist,
        name: &[u8],
        collected: &mut Collected<'_>,
    ) -> Result<(), SourceError> {
        // Debugging symbols, symbols of other files and plain numbers have no address.
        if !symbol.is_definition() {
            return Ok(());
        }
        let address: u64 = symbol.n_value(commands.endian).into();
        let place =
            usize::from(symbol.n_sect()).checked_sub(1).and_then(|index| commands.sections.get(index));
        let Some(place) = place else { return Ok(()) };
        let from_base = address.checked_sub(commands.base);
        let (name, offset, kind) = match place.kind {
            PlaceKind::Code => (Some(name), from_base, RowKind::Function),
            PlaceKind::Data => (Some(name), from_base, RowKind::Object),
            // A dSYM does not have the bytes of the descriptors. In other files, the names of the initial values are
            // often stripped.
            PlaceKind::FirstValues => {
                let blocks = commands.sections.iter().filter(|place| place.kind == PlaceKind::FirstValues);
                let block = blocks.map(|place| place.address).min().unwrap_or(0);
                (name.strip_suffix(FIRST_VALUE), address.checked_sub(block), RowKind::ThreadLocal)
            }
            PlaceKind::Descriptors => {
                let offset = self.thread_offset(file, commands, place, address, collected.subject);
                (Some(name), offset, RowKind::ThreadLocal)
            }
        };
        match name.zip(offset) {
            Some((name, offset)) => collected.push(name, offset, None, kind),
            None => Ok(()),
        }
    }

    /// The offset in a thread's block that the descriptor at an address has.
    fn thread_offset(
        &self,
        file: &SymbolFile,
        commands: &Commands,
        place: &Place,
        address: u64,
        subject: Subject<'_>,
    ) -> Option<u64> {
        let word = if commands.wide { 8 } else { 4 };
        let within = address.checked_sub(place.address).filter(|within| *within < place.size)?;
        let at = within.checked_add(word * 2)?.checked_add(Some(place.file_offset).filter(|at| *at != 0)?)?;
        let bytes = self.bytes(file, subject, at, word).ok()?;
        let little = commands.endian == Endianness::Little;
        let number = |mut wide: [u8; 8]| {
            if !little {
                wide.reverse();
            }
            u64::from_le_bytes(wide)
        };
        match *bytes.as_slice() {
            [a, b, c, d] if little => Some(number([a, b, c, d, 0, 0, 0, 0])),
            [a, b, c, d] => Some(number([0, 0, 0, 0, a, b, c, d])),
            ref bytes => bytes.first_chunk().copied().map(number),
        }
    }
}

/// Whether no other object file sees a symbol.
fn is_own(flags: macho::SymbolFlags) -> bool {
    !flags.contains(macho::N_EXT) && !flags.contains(macho::N_PEXT)
}

/// The source files of symbols that no other object file sees, from debugging symbols ("stabs" of `<mach-o/stab.h>`).
#[derive(Default)]
struct SourceFiles {
    /// The folder and the name of the source file of the debugging symbols that follow.
    current: String,
    shared: Option<Arc<str>>,
    by_address: HashMap<u64, Arc<str>>,
    /// The indices of rows, and their addresses.
    own: Vec<(usize, u64)>,
}

impl SourceFiles {
    fn debugging_symbol(&mut self, stab: macho::SymbolStab, name: &[u8], address: u64) {
        match stab {
            macho::N_SO => {
                // The path of the folder comes before the name of the file. An empty name ends the symbols of the file.
                if !self.current.ends_with('/') || name.is_empty() || name.starts_with(b"/") {
                    self.current.clear();
                }
                self.current.push_str(&String::from_utf8_lossy(name));
                // lld writes the whole path of the file after the folder.
                let path = self.current.rfind("//").and_then(|at| self.current.get(at + 1..));
                let path = path.unwrap_or(&self.current);
                self.shared = Some(path).filter(|path| !path.is_empty()).map(Arc::from);
            }
            macho::N_FUN | macho::N_STSYM | macho::N_LCSYM if !name.is_empty() => {
                if let Some(file) = &self.shared {
                    self.by_address.insert(address, Arc::clone(file));
                }
            }
            _ => {}
        }
    }

    fn tell(self, rows: &mut [SymbolRow]) {
        for (row, address) in self.own {
            if let (Some(row), Some(file)) = (rows.get_mut(row), self.by_address.get(&address)) {
                row.unit = Some(Arc::clone(file));
            }
        }
    }
}

fn commands<'data, Header: MachHeader<Endian = Endianness>>(
    part: impl ReadRef<'data>,
    subject: Subject<'_>,
) -> Result<Commands, SourceError> {
    let damaged = |error: object::Error| subject.damaged(error);
    let header = Header::parse(part, 0).map_err(damaged)?;
    let endian = header.endian().map_err(damaged)?;
    if header.sizeofcmds(endian) > MOST_COMMANDS {
        return Err(subject.damaged("its load commands are too large"));
    }
    let is_bundled = header.filetype(endian) == macho::MH_DSYM;
    let mut found = Commands { wide: header.is_type_64(), endian, is_bundled, ..Commands::default() };
    let mut commands = header.load_commands(endian, part, 0).map_err(damaged)?;
    while let Some(command) = commands.next().map_err(damaged)? {
        if let Some(uuid) = command.uuid().map_err(damaged)? {
            found.identity = Some(Identity::BuildId(uuid.uuid.to_vec()));
        } else if let Some(table) = command.symtab().map_err(damaged)? {
            found.symbols = table.symoff.get(endian);
            found.count = table.nsyms.get(endian);
            found.strings = table.stroff.get(endian);
            found.strings_size = table.strsize.get(endian);
        } else if let Some(table) = command.dysymtab().map_err(damaged)? {
            found.local_symbols = table.nlocalsym.get(endian);
        } else if let Some((segment, behind)) = Header::Segment::from_command(command).map_err(damaged)? {
            if segment.name() == b"__TEXT" {
                found.base = segment.vmaddr(endian).into();
            }
            let sections = segment.sections(endian, behind).map_err(damaged)?;
            found.sections.extend(sections.iter().map(|section| place(section, endian)));
        }
    }
    Ok(found)
}

fn place<S: Section<Endian = Endianness>>(section: &S, endian: Endianness) -> Place {
    let flags = section.flags(endian);
    let code = macho::S_ATTR_PURE_INSTRUCTIONS | macho::S_ATTR_SOME_INSTRUCTIONS;
    Place {
        address: section.addr(endian).into(),
        file_offset: section.offset(endian).into(),
        size: section.size(endian).into(),
        kind: match flags.typ() {
            macho::S_THREAD_LOCAL_REGULAR | macho::S_THREAD_LOCAL_ZEROFILL => PlaceKind::FirstValues,
            macho::S_THREAD_LOCAL_VARIABLES => PlaceKind::Descriptors,
            _ if flags.intersects(code) => PlaceKind::Code,
            _ => PlaceKind::Data,
        },
    }
}
