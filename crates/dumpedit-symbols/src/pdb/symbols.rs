//! The symbol records of a PDB that have an address: those in the linker's list, and those of each object file.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Debug;
use std::ops::Deref;

use pdb2::{
    AddressMap, DebugInformation, FallibleIterator, MachineType, PDB, PdbInternalSectionOffset, RawString,
    SourceLanguage, StreamIndex, SymbolData, SymbolIter,
};

use super::pages::Pages;
use crate::identity::PdbId;
use crate::types::Language;
use crate::{RowKind, SymbolFile};

/// The `S_` numbers of `cvinfo.h` for the records that are read. Other records are skipped, damaged or not.
const READ: &[u16] = &[
    0x110c, // S_LDATA32
    0x110d, // S_GDATA32
    0x110e, // S_PUB32
    S_LPROC32,
    S_GPROC32,
    0x1112, // S_LTHREAD32
    0x1113, // S_GTHREAD32
    0x1146, // S_LPROC32_ID
    0x1147, // S_GPROC32_ID
    S_LPROC32_DPC,
    0x1156, // S_LPROC32_DPC_ID
];

const S_LPROC32: u16 = 0x110f;
const S_GPROC32: u16 = 0x1110;
const S_LPROC32_DPC: u16 = 0x1155;

/// A typedef.
const S_UDT: u16 = 0x1108;
const S_COMPILE2: u16 = 0x1116;
const S_COMPILE3: u16 = 0x113c;
const S_BUILDINFO: u16 = 0x114c;

/// The most records of an object file that are searched for its language.
const NEAR_THE_BEGINNING: usize = 16;

/// A symbol of a PDB.
pub(crate) struct PdbSymbol<'a> {
    pub(crate) name: &'a [u8],
    /// For a variable of a function, the function.
    pub(crate) within: Option<Within<'a>>,
    /// As [`crate::SymbolRow::offset`].
    pub(crate) offset: u64,
    pub(crate) size: Option<u64>,
    pub(crate) kind: RowKind,
    /// For a variable or a function, the number of its type.
    pub(crate) type_index: Option<u32>,
    /// Whether it is visible to other object files, and its name is mangled.
    pub(crate) public: bool,
    pub(crate) at: PdbInternalSectionOffset,
}

/// A function that contains a variable.
#[derive(Clone, Copy)]
pub(crate) struct Within<'a> {
    pub(crate) name: &'a [u8],
    /// The number of its type, as [`PdbSymbol::type_index`].
    pub(crate) type_index: Option<u32>,
}

impl<'a> PdbSymbol<'a> {
    /// The name, with the function's name before that of a function's variable. Clang writes it there itself, MSVC does
    /// not.
    pub(crate) fn full_name(&self) -> Cow<'a, [u8]> {
        match self.within.filter(|within| !self.name.starts_with(within.name)) {
            Some(within) => Cow::Owned([within.name, b"::", self.name].concat()),
            None => Cow::Borrowed(self.name),
        }
    }

    /// The same with the function's parameters in brackets after the function's name.
    pub(crate) fn name_with(&self, within: &Within<'_>, parameters: &str) -> Vec<u8> {
        let own = self.name.strip_prefix(within.name).and_then(|own| own.strip_prefix(b"::"));
        [within.name, parameters.as_bytes(), b"::", own.unwrap_or(self.name)].concat()
    }
}

/// An object file that a PDB was linked from.
pub(crate) struct Object {
    pub(crate) name: String,
    pub(crate) language: Language,
    /// The number of the record in the stream of ids that says how it was compiled.
    pub(crate) build: Option<u32>,
}

/// The bytes of a stream. `pdb2` has no public name for their type.
pub(crate) type StreamBytes<'s> = Box<dyn Deref<Target = [u8]> + Send + Sync + 's>;

/// An open PDB.
pub(crate) struct PdbSymbols<'s, F> {
    pdb: PDB<'s, Pages<F>>,
    debug: DebugInformation<'s>,
    addresses: AddressMap<'s>,
    /// For each section, whether it has the initial values of thread-local variables.
    thread_local: Vec<bool>,
}

impl<'s, F: Deref<Target = SymbolFile> + Debug + Send + 's> PdbSymbols<'s, F> {
    pub(crate) fn open(file: F) -> pdb2::Result<Self> {
        let mut pdb = PDB::open(Pages::of(file))?;
        let debug = pdb.debug_information()?;
        check_section_map(&debug)?;
        let sections = pdb.sections()?.unwrap_or_default();
        let thread_local = sections.iter().map(|section| section.name == *b".tls\0\0\0\0").collect();
        Ok(PdbSymbols { addresses: pdb.address_map()?, pdb, debug, thread_local })
    }

    /// The GUID, and the age from the linker. Other tools may increment the age beside the GUID.
    pub(crate) fn id(&mut self) -> pdb2::Result<PdbId> {
        let information = self.pdb.pdb_information()?;
        let age = self.debug.age().unwrap_or(information.age);
        Ok(PdbId { guid: information.guid.into_bytes(), age })
    }

    /// Whether the PDB is of a machine on which compilers decorate the names of C.
    pub(crate) fn is_x86(&self) -> bool {
        matches!(self.debug.machine_type(), Ok(MachineType::X86))
    }

    /// Whether the pointers have 32 bits.
    pub(crate) fn is_32_bit(&self) -> bool {
        let machine = self.debug.machine_type();
        matches!(machine, Ok(MachineType::X86 | MachineType::Arm | MachineType::ArmNT | MachineType::Thumb))
    }

    /// The bytes of a stream.
    pub(crate) fn stream(&mut self, number: StreamIndex) -> pdb2::Result<StreamBytes<'s>> {
        let stream = self.pdb.raw_stream(number)?;
        Ok(Box::new(stream.ok_or(pdb2::Error::StreamNotFound(number.0.into()))?))
    }

    /// The object file that the code or data at an offset comes from.
    pub(crate) fn object_at(&mut self, at: PdbInternalSectionOffset) -> Option<Object> {
        let mut contributions = self.debug.section_contributions().ok()?;
        let number = loop {
            let next = contributions.next().ok()??;
            let within = at.offset.checked_sub(next.offset.offset);
            if next.offset.section == at.section && within.is_some_and(|within| within < next.size) {
                break next.module;
            }
        };
        let module = self.debug.modules().ok()?.nth(number).ok()??;
        let information = self.pdb.module_info(&module).ok()?;
        let symbols = || information.as_ref().and_then(|information| information.symbols().ok());
        Some(object(&module.module_name(), &symbols))
    }

    /// Calls `found` for each typedef in the linker's list, with the number of its type.
    pub(crate) fn typedefs(&mut self, mut found: impl FnMut(&[u8], u32)) -> pdb2::Result<()> {
        let table = match self.pdb.global_symbols() {
            Err(pdb2::Error::GlobalSymbolsNotFound) => return Ok(()),
            table => table?,
        };
        let mut symbols = table.iter();
        while let Some(symbol) = symbols.next()? {
            if symbol.raw_kind() == S_UDT
                && let Ok(SymbolData::UserDefinedType(named)) = symbol.parse()
            {
                found(named.name.as_bytes(), named.type_index.0);
            }
        }
        Ok(())
    }

    /// Calls `found` for each symbol in the linker's list, until `found` fails.
    pub(crate) fn listed<E: From<pdb2::Error>>(
        &mut self,
        mut found: impl FnMut(PdbSymbol<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let table = match self.pdb.global_symbols() {
            Err(pdb2::Error::GlobalSymbolsNotFound) => return Ok(()),
            table => table?,
        };
        self.each(table.iter(), &mut found)
    }

    /// Calls `found` for each symbol of each object file, until `found` fails. `found` also gets a function that
    /// returns the object file.
    pub(crate) fn of_objects<E: From<pdb2::Error>>(
        &mut self,
        mut found: impl FnMut(PdbSymbol<'_>, &dyn Fn() -> Object) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut streams = HashSet::new();
        // `pdb2` makes a second copy of the list, so that streams can be read at the same time.
        let debug = self.pdb.debug_information()?;
        let mut modules = debug.modules()?;
        while let Some(module) = modules.next()? {
            // A stream belongs to one object file.
            if !streams.insert(module.info().stream.0) {
                continue;
            }
            let Some(information) = self.pdb.module_info(&module)? else { continue };
            // Object files of old compilers have symbols in other forms.
            let Ok(symbols) = information.symbols() else { continue };
            let of_module = || object(&module.module_name(), &|| information.symbols().ok());
            self.each(symbols, &mut |symbol: PdbSymbol<'_>| found(symbol, &of_module))?;
        }
        Ok(())
    }

    fn each<E: From<pdb2::Error>>(
        &self,
        mut symbols: SymbolIter<'_>,
        found: &mut impl FnMut(PdbSymbol<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut within: Option<(RawString<'_>, Option<u32>, u32)> = None;
        while let Some(symbol) = symbols.next()? {
            if !READ.contains(&symbol.raw_kind()) {
                continue;
            }
            if within.is_some_and(|(.., end)| symbol.index().0 >= end) {
                within = None;
            }
            let variable = |name, at, kind, type_index: pdb2::TypeIndex| {
                let (offset, kind) = self.place(at, kind)?;
                let within = within.as_ref();
                let within = within.map(|(name, of, _)| Within { name: name.as_bytes(), type_index: *of });
                let type_index = Some(type_index.0);
                Some(PdbSymbol { name, within, offset, size: None, kind, type_index, public: false, at })
            };
            let read = match symbol.parse() {
                Ok(SymbolData::Public(public)) => {
                    let kind =
                        if public.function || public.code { RowKind::Function } else { RowKind::Object };
                    self.place(public.offset, kind).map(|(offset, kind)| PdbSymbol {
                        name: public.name.as_bytes(),
                        within: None,
                        offset,
                        size: None,
                        kind,
                        type_index: None,
                        public: true,
                        at: public.offset,
                    })
                }
                Ok(SymbolData::Data(data)) => {
                    variable(data.name.as_bytes(), data.offset, RowKind::Object, data.type_index)
                }
                Ok(SymbolData::ThreadStorage(data)) => {
                    variable(data.name.as_bytes(), data.offset, RowKind::ThreadLocal, data.type_index)
                }
                Ok(SymbolData::Procedure(procedure)) => {
                    // The other kinds have a number in the stream of ids here.
                    let is_typed = [S_LPROC32, S_GPROC32, S_LPROC32_DPC].contains(&symbol.raw_kind());
                    let type_index = Some(procedure.type_index.0).filter(|_| is_typed);
                    within = Some((procedure.name, type_index, procedure.end.0));
                    self.place(procedure.offset, RowKind::Function).map(|(offset, kind)| PdbSymbol {
                        name: procedure.name.as_bytes(),
                        within: None,
                        offset,
                        size: Some(procedure.len.into()),
                        kind,
                        type_index,
                        public: false,
                        at: procedure.offset,
                    })
                }
                // A damaged record does not hide the others.
                _ => None,
            };
            if let Some(read) = read {
                found(read)?;
            }
        }
        Ok(())
    }

    /// The offset of a symbol, and its kind by its section; `None` if the linker removed the symbol.
    fn place(&self, at: PdbInternalSectionOffset, kind: RowKind) -> Option<(u64, RowKind)> {
        let section = usize::from(at.section).checked_sub(1)?;
        if kind == RowKind::ThreadLocal || self.thread_local.get(section) == Some(&true) {
            // A thread's block has the layout of the section.
            return Some((at.offset.into(), RowKind::ThreadLocal));
        }
        Some((at.to_rva(&self.addresses)?.0.into(), kind))
    }
}

/// An object file, from its own symbols.
fn object<'a>(name: &str, symbols: &dyn Fn() -> Option<SymbolIter<'a>>) -> Object {
    let all = |mut symbols: SymbolIter<'a>| std::iter::from_fn(move || symbols.next().ok().flatten());
    let build = symbols().and_then(|symbols| all(symbols).find(|symbol| symbol.raw_kind() == S_BUILDINFO));
    let build = build.and_then(|symbol| match symbol.parse() {
        Ok(SymbolData::BuildInfo(build)) => Some(build.id.0),
        _ => None,
    });
    Object { name: name.to_owned(), language: symbols().map_or(Language::Cpp, language), build }
}

/// The language that an object file was compiled from. A record near the beginning of its symbols says it.
fn language(mut symbols: SymbolIter<'_>) -> Language {
    let first = std::iter::from_fn(|| symbols.next().ok().flatten()).take(NEAR_THE_BEGINNING);
    let compiled = first.filter(|symbol| [S_COMPILE2, S_COMPILE3].contains(&symbol.raw_kind()));
    let language = compiled.filter_map(|symbol| match symbol.parse() {
        Ok(SymbolData::CompileFlags(flags)) => Some(flags.language),
        _ => None,
    });
    match language.into_iter().next() {
        Some(SourceLanguage::C) => Language::C,
        Some(SourceLanguage::Rust) => Language::Rust,
        _ => Language::Cpp,
    }
}

/// Checks the sum of the sizes in a section map, which `pdb2` adds up without a check if there are no section headers.
fn check_section_map(debug: &DebugInformation<'_>) -> pdb2::Result<()> {
    let Ok(mut map) = debug.section_map() else { return Ok(()) };
    let mut sum = 0x1000u64;
    while let Some(item) = map.next()? {
        sum += u64::from(item.rva_offset);
        if item.section_length != u32::MAX {
            sum += u64::from(item.section_length);
        }
    }
    match u32::try_from(sum) {
        Ok(_) => Ok(()),
        Err(_) => Err(pdb2::Error::UnimplementedFeature("sections of more than 4 GiB")),
    }
}
