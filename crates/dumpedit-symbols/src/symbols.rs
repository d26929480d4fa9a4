//! The symbols of a process: addresses by name, and names by address.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use dumpedit_layout::{Module, Notice, NoticeKind, Subject, modules_named};

use crate::demangled::Decoration;
use crate::error::{Absent, Refused, SymbolError, Without, not_searched};
use crate::file::SymbolFile;
use crate::given_folders::GivenFolders;
use crate::module_files::{Checked, ModuleFile, ModuleFiles, Places};
use crate::options::SymbolOptions;
use crate::row::{RowKind, SymbolRow};
use crate::sources::CopiedVariable;
use crate::table::{Around, MOST_OF_A_NAME, Table};
use crate::target::SymbolTarget;
use crate::typed_names::TypedNames;
use crate::unusable;
use crate::wanted::Wanted;

/// The most names that are remembered after a lookup.
const MOST_REMEMBERED: usize = 1 << 16;
/// The most bytes after the end of a module in the dump that may be the module's zeros, which no file has.
const MOST_ZEROS: u64 = 1 << 30;
/// The largest symbol table that is read only to label addresses, in bytes.
const MOST_FOR_LABELS: u64 = 64 << 20;

/// The symbols of a process. Each file is opened once, when a name or an address needs it.
pub struct Symbols {
    target: SymbolTarget,
    options: SymbolOptions,
    given: GivenFolders,
    /// The indices of the modules, sorted by base address.
    by_base: Vec<usize>,
    files: Vec<OnceLock<ModuleFiles>>,
    debug_files: Vec<OnceLock<DebugFiles>>,
    images: Vec<OnceLock<ModuleFiles>>,
    /// The variables of libraries that the program has copies of.
    pub(crate) copies: OnceLock<Vec<CopiedVariable>>,
    pub(crate) typed: TypedNames,
    found: Mutex<HashMap<String, Result<Symbol, SymbolError>>>,
    /// The names for which a notice says that they mean something else.
    pub(crate) shadowed: Mutex<HashSet<String>>,
    /// The labels of symbols, by address.
    pub(crate) called: Mutex<HashMap<u64, Option<String>>>,
    notices: Mutex<Vec<Notice>>,
}

/// The files of a module that have debug information, and those that were refused.
struct DebugFiles {
    files: Vec<Arc<SymbolFile>>,
    refused: Vec<Refused>,
}

/// A symbol that a name means.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Symbol {
    /// The index of its module.
    pub module: usize,
    /// The name as the file has it, without a version.
    pub name: String,
    /// The place of the symbol.
    pub place: SymbolPlace,
    /// The size in bytes, if the file has it.
    pub size: Option<u64>,
    /// The kind of symbol.
    pub kind: RowKind,
    /// The file that it was found in.
    pub file: PathBuf,
    /// The name of the source file, if the symbol table has it.
    pub unit: Option<String>,
    /// The decoration that the compiler adds to C names in this file.
    pub(crate) decoration: Decoration,
}

/// The place of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SymbolPlace {
    /// At an address.
    Address(u64),
    /// An offset in bytes in the block that each thread has for the module.
    ThreadLocal(u64),
}

/// The symbol that contains an address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Labelled<'a> {
    /// The module.
    pub module: &'a Module,
    /// The name as the file has it, without a version.
    pub name: String,
    /// The offset in bytes of the address in the symbol.
    pub offset: u64,
    /// The size in bytes, if the file has it.
    pub size: Option<u64>,
    /// The linker's name.
    pub(crate) stored_name: String,
    /// The version and the name of the source file, if the symbol table has them.
    pub(crate) version: Option<String>,
    pub(crate) unit: Option<String>,
}

impl fmt::Debug for Symbols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Symbols").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Symbols {
    /// The symbols of a process. No file is opened yet.
    pub fn new(target: SymbolTarget, options: SymbolOptions) -> Symbols {
        let mut by_base: Vec<usize> = (0..target.modules.len()).collect();
        by_base.sort_by_key(|index| target.modules.get(*index).map(|module| module.base));
        Symbols {
            files: target.modules.iter().map(|_| OnceLock::new()).collect(),
            debug_files: target.modules.iter().map(|_| OnceLock::new()).collect(),
            images: target.modules.iter().map(|_| OnceLock::new()).collect(),
            copies: OnceLock::new(),
            typed: TypedNames::default(),
            found: Mutex::default(),
            shadowed: Mutex::default(),
            called: Mutex::default(),
            notices: Mutex::default(),
            by_base,
            given: GivenFolders::default(),
            target,
            options,
        }
    }

    /// The process.
    pub fn target(&self) -> &SymbolTarget {
        &self.target
    }

    /// The places where symbol files are looked for.
    pub fn options(&self) -> &SymbolOptions {
        &self.options
    }

    /// A module by its index.
    pub fn module(&self, index: usize) -> Option<&Module> {
        self.target.modules.get(index)
    }

    /// Notices about the files whose symbols have been used so far.
    pub fn notices(&self) -> Vec<Notice> {
        locked(&self.notices).clone()
    }

    /// The symbol that a text means: `counter`, `&counter`, `libc!environ`, `memcpy@GLIBC_2.2.5`. If several symbols at
    /// different addresses have the name, the error lists them; none is guessed.
    ///
    /// # Errors
    /// [`SymbolError`].
    pub fn find(&self, text: &str) -> Result<Symbol, SymbolError> {
        if let Some(known) = locked(&self.found).get(text) {
            return known.clone();
        }
        let found = self.look_up(text);
        let mut remembered = locked(&self.found);
        if remembered.len() < MOST_REMEMBERED {
            remembered.insert(text.to_owned(), found.clone());
        }
        found
    }

    /// The same as [`Symbols::find`], for a symbol that is to be changed. A name that another module may have as well
    /// is an error.
    ///
    /// # Errors
    /// [`SymbolError`].
    pub fn find_surely(&self, text: &str) -> Result<Symbol, SymbolError> {
        let symbol = self.find(text)?;
        let (modules, name) = self.modules_of(text)?;
        self.is_sure(&modules, name, symbol.module)?;
        Ok(symbol)
    }

    /// Checks that no other of these modules may have the name, as far as their files show.
    pub(crate) fn is_sure(&self, modules: &[usize], name: &str, found: usize) -> Result<(), SymbolError> {
        let refused = self.not_searched(modules, found).filter(|without| without.why.is_other_build());
        self.unsure(name, found, refused.collect())?;
        self.has_address(modules, name, found)
    }

    /// Checks that no other of these modules has a variable with the name in its debug information that has no address.
    pub(crate) fn has_address(&self, modules: &[usize], name: &str, found: usize) -> Result<(), SymbolError> {
        let others = self.others(modules, found).filter(|(index, _)| self.is_without_address(*index, name));
        let others = others.map(|(_, module)| Without::new(module.base_name(), Absent::NoAddress));
        self.unsure(name, found, others.collect())
    }

    fn unsure(&self, name: &str, found: usize, others: Vec<Without>) -> Result<(), SymbolError> {
        if others.is_empty() {
            return Ok(());
        }
        let found = self.module(found).map_or("", Module::base_name).to_owned();
        Err(SymbolError::Unsure { name: name.to_owned(), found, others })
    }

    /// The modules that the name may mean, other than the one in which it was found. The program comes before all
    /// others, as it does for the dynamic linker, so there are none if the name was found in it.
    fn others<'a>(&'a self, modules: &'a [usize], found: usize) -> impl Iterator<Item = (usize, &'a Module)> {
        let others = modules.iter().filter(move |index| found != 0 && **index != found);
        others.filter_map(|index| Some((*index, self.module(*index)?)))
    }

    /// Those of the modules above whose files are of another build, and those without a file that come before the
    /// module in which the name was found.
    fn not_searched<'a>(&'a self, modules: &'a [usize], found: usize) -> impl Iterator<Item = Without> + 'a {
        let absent = move |(index, module): (usize, &Module)| {
            let absent = self.files(index)?.absent()?;
            let is_missing = absent == Absent::NoFile && index < found && !is_of_kernel(module);
            (is_missing || absent.is_other_build()).then(|| Without::new(module.base_name(), absent))
        };
        self.others(modules, found).filter_map(absent)
    }

    /// Adds a notice with the modules that may have the name as well but whose files are not at hand.
    pub(crate) fn tell_not_searched(&self, modules: &[usize], name: &str, found: usize) {
        let others: Vec<Without> = self.not_searched(modules, found).collect();
        let Some(found) = self.module(found).filter(|_| !others.is_empty()) else { return };
        let message = format!(
            "'{name}' is in {}, and was not searched for in {}",
            found.base_name(),
            not_searched(&others)
        );
        self.push(Notice::new(NoticeKind::SymbolsNotSearched, message).about(Subject::Address(found.base)));
    }

    fn look_up(&self, text: &str) -> Result<Symbol, SymbolError> {
        let (modules, name) = self.modules_of(text)?;
        let found = self.named(&modules, name);
        match found.as_slice() {
            [] => Err(self.unknown(&modules, name)),
            [(symbol, file)] => {
                self.tell(symbol.module, file);
                self.tell_copied(symbol);
                self.tell_not_searched(&modules, name, symbol.module);
                Ok(symbol.clone())
            }
            several => Err(self.several(name, several)),
        }
    }

    /// An error: nothing in these modules has the name.
    pub(crate) fn unknown(&self, modules: &[usize], name: &str) -> SymbolError {
        SymbolError::Unknown { name: name.to_owned(), without: self.without(modules) }
    }

    /// An error: the name means several symbols.
    pub(crate) fn several(&self, name: &str, found: &[(Symbol, &ModuleFile)]) -> SymbolError {
        let symbols = found.iter().map(|(symbol, _)| symbol);
        SymbolError::several(name, self.known_of_several(symbols, name))
    }

    /// The symbols in these modules whose name is `name` with a number added. They are variables of functions.
    pub(crate) fn counted(&self, modules: &[usize], name: &str) -> Vec<Symbol> {
        let of_module = |index: &usize| {
            let files = self.files(*index).map(ModuleFiles::files).unwrap_or_default();
            let rows = files.iter().filter_map(|file| Some((file, file.table()?.counted(name))));
            rows.flat_map(|(file, rows)| rows.into_iter().filter_map(|row| self.symbol(*index, row, file)))
                .collect::<Vec<_>>()
        };
        modules.iter().flat_map(of_module).collect()
    }

    /// The symbols with a name in these modules, one for each place, and their files.
    pub(crate) fn named(&self, modules: &[usize], name: &str) -> Vec<(Symbol, &ModuleFile)> {
        let wanted = Wanted::new(name);
        let mut found: Vec<(Symbol, &ModuleFile)> = Vec::new();
        for index in modules {
            let Some(files) = self.files(*index) else { continue };
            let before = found.len();
            for file in files.files() {
                for row in file.table().map(|table| table.named(&wanted)).unwrap_or_default() {
                    // This many are more than enough to show that there are several.
                    if found.len() >= MOST_OF_A_NAME {
                        break;
                    }
                    let Some(symbol) = self.symbol(*index, row, file) else { continue };
                    match found.iter_mut().find(|(known, _)| same_place(known, &symbol)) {
                        // Another table may have the size.
                        Some((known, _)) => known.size = known.size.or(symbol.size),
                        None => found.push((symbol, file)),
                    }
                }
            }
            let mut of_module = found.split_off(before.min(found.len()));
            leave_copies_of_functions(&mut of_module, &wanted);
            found.append(&mut of_module);
        }
        self.leave_copied(&mut found);
        found
    }

    /// The indices of the modules that a text may mean, and the name without the module. A text without a module means
    /// all of them.
    ///
    /// # Errors
    /// [`SymbolError::NoSuchModule`], [`SymbolError::SeveralModules`].
    fn modules_of<'t>(&self, text: &'t str) -> Result<(Vec<usize>, &'t str), SymbolError> {
        let text = text.strip_prefix('&').unwrap_or(text);
        let Some((module, name)) = text.split_once('!').filter(|(module, _)| !module.is_empty()) else {
            return Ok(((0..self.target.modules.len()).collect(), text));
        };
        self.module_called(module).map(|index| (vec![index], name))
    }

    /// The index of the module with a name.
    ///
    /// # Errors
    /// [`SymbolError::NoSuchModule`], [`SymbolError::SeveralModules`].
    pub fn module_called(&self, name: &str) -> Result<usize, SymbolError> {
        let all = &self.target.modules;
        let missing = || SymbolError::NoSuchModule { name: name.to_owned() };
        match modules_named(all, self.target.any_case, name).as_slice() {
            [] => Err(missing()),
            [only] => all.iter().position(|one| one == *only).ok_or_else(missing),
            several => {
                let modules = several.iter().map(|one| format!("{} at {:#x}", one.name, one.base));
                Err(SymbolError::SeveralModules { name: name.to_owned(), modules: modules.collect() })
            }
        }
    }

    /// The completions of a text: at most `most` names of symbols that begin with it. They are from the module that it
    /// names, or from the first modules that have any. Files with more than 64 MiB of symbols are left out.
    pub fn starting(&self, text: &str, most: usize) -> Vec<String> {
        let Ok((modules, name)) = self.modules_of(text) else { return Vec::new() };
        let before = text.get(..text.len().saturating_sub(name.len())).unwrap_or_default();
        let files = modules.iter().filter_map(|index| self.files(*index)).flat_map(ModuleFiles::files);
        let tables = files.filter(|file| file.cost() <= MOST_FOR_LABELS).filter_map(ModuleFile::table);
        let names = tables.flat_map(|table| table.starting(name, most));
        names.take(most).map(|name| format!("{before}{name}")).collect()
    }

    /// The name that a misspelled text may mean, from the modules that it may be about. One of the program's own is
    /// preferred, then the nearest, then one that other modules see.
    pub fn similar(&self, text: &str) -> Option<String> {
        /// The most letters that may be missing, added, exchanged or different.
        const MOST: usize = 2;
        /// The number of letters for each one that may differ: in names of the program's own modules, and in the many
        /// names of libraries.
        const LETTERS_OF_OWN: usize = 3;
        const LETTERS_OF_OTHERS: usize = 5;
        /// The most names that are compared.
        const MOST_COMPARED: usize = 1 << 18;
        let (modules, name) = self.modules_of(text).ok()?;
        let before = text.len().saturating_sub(name.len());
        let of_module = |index: &usize| {
            let is_own = modules.len() == 1 || self.is_own(*index);
            let most = MOST.min(name.len() / if is_own { LETTERS_OF_OWN } else { LETTERS_OF_OTHERS });
            let files = self.files(*index).map(ModuleFiles::files).unwrap_or_default().iter();
            let tables = files.filter(|file| file.cost() <= MOST_FOR_LABELS).filter_map(ModuleFile::table);
            let names = tables.flat_map(move |table| table.names_of_about(name.len(), most));
            names.map(move |(stored, is_global)| (is_own, most, stored, is_global))
        };
        let names = modules.iter().flat_map(of_module).take(MOST_COMPARED);
        let near = names.filter_map(|(is_own, most, stored, is_global)| {
            let stored = std::str::from_utf8(stored).ok()?;
            let distance = strsim::osa_distance(name, stored);
            (distance > 0 && distance <= most).then_some((!is_own, distance, !is_global, stored))
        });
        let (.., nearest) = near.min()?;
        Some(format!("{}{nearest}", text.get(..before)?))
    }

    /// Whether a module is the program, or a library in the program's folder.
    fn is_own(&self, index: usize) -> bool {
        let folder = |index: usize| {
            let name = &self.module(index)?.name;
            name.rfind(['/', '\\']).and_then(|end| name.get(..end))
        };
        index == 0 || folder(index).is_some_and(|own| folder(0) == Some(own))
    }

    /// The symbol of a row; `None` if its address is not in the module.
    fn symbol(&self, module: usize, row: SymbolRow, file: &ModuleFile) -> Option<Symbol> {
        let place = match row.kind {
            RowKind::ThreadLocal => SymbolPlace::ThreadLocal(row.offset),
            // As gdb: moved with its module, and of any value.
            RowKind::Absolute => {
                SymbolPlace::Address(self.cut(self.module(module)?.base.wrapping_add(row.offset)))
            }
            _ => SymbolPlace::Address(self.address_in(module, row.offset, file)?),
        };
        Some(Symbol {
            module,
            name: row.name,
            place,
            size: row.size,
            kind: row.kind,
            file: file.path().to_owned(),
            unit: row.unit.as_deref().map(str::to_owned),
            decoration: file.table().map(Table::decoration).unwrap_or_default(),
        })
    }

    /// The address at an offset in bytes from a module's base in its file; `None` if it is not in the module. A module
    /// in a dump may end before its zeros, and in Mach-O before its data.
    fn address_in(&self, module: usize, offset: u64, file: &ModuleFile) -> Option<u64> {
        let found = self.module(module)?;
        let address = found.base.checked_add(offset).filter(|address| self.cut(*address) == *address)?;
        if offset < found.size {
            return Some(address);
        }
        let is_free = self.module_at(address).is_none_or(|at| at == module);
        // A label may be at the end of the module.
        let is_within = match file.memory_size() {
            _ if found.size == 0 => true,
            Some(size) => offset <= size.max(found.size),
            None => offset == found.size || file.has_loose_end(),
        };
        (is_free && is_within).then_some(address)
    }

    /// An address cut to the size of the process's pointers.
    pub(crate) fn cut(&self, address: u64) -> u64 {
        if self.target.pointer_width == 4 { address & 0xffff_ffff } else { address }
    }

    /// Those of the modules that have no symbols at hand, or only exported ones.
    fn without(&self, modules: &[usize]) -> Vec<Without> {
        let of_module = |index: &usize| {
            let module = self.module(*index)?;
            let absent: Absent = self.files(*index)?.absent()?;
            (!is_of_kernel(module)).then(|| Without::new(module.base_name(), absent))
        };
        modules.iter().filter_map(of_module).collect()
    }

    /// The symbol that contains an address; `None` if none is known.
    pub fn at(&self, address: u64) -> Option<Labelled<'_>> {
        self.labelled(address, |_| true)
    }

    /// The same as [`Symbols::at`], for addresses that are shown in any case. Only files that are certain to be the
    /// module's are used, and no table of more than 64 MiB is read.
    pub fn label(&self, address: u64) -> Option<Labelled<'_>> {
        self.labelled(address, |file| file.is_certain() && file.cost() <= MOST_FOR_LABELS)
    }

    fn labelled(&self, address: u64, wanted: impl Fn(&ModuleFile) -> bool) -> Option<Labelled<'_>> {
        let index = self.module_before(address)?;
        let module = self.module(index)?;
        let offset = address.wrapping_sub(module.base);
        // A module in a dump may end before its zeros. An address beyond them is in no module.
        if offset >= module.size.saturating_add(MOST_ZEROS) {
            return None;
        }
        let files = self.files(index)?.files().iter().filter(|file| {
            wanted(file) && (offset < module.size || file.memory_size().is_some_and(|size| offset < size))
        });
        let best: Around = files.filter_map(|file| file.table()?.around(offset)).max()?;
        Some(Labelled {
            module,
            name: best.name().to_owned(),
            offset: offset.wrapping_sub(best.offset),
            size: Some(best.size).filter(|_| best.is_sized),
            stored_name: best.stored_name().to_owned(),
            version: best.version,
            unit: best.unit,
        })
    }

    /// The index of the module that contains an address.
    pub fn module_at(&self, address: u64) -> Option<usize> {
        let index = self.module_before(address)?;
        let module = self.module(index)?;
        (address.wrapping_sub(module.base) < module.size).then_some(index)
    }

    /// The index of the last module that begins at or before an address.
    pub(crate) fn module_before(&self, address: u64) -> Option<usize> {
        let base = |index: &usize| self.module(*index).map_or(u64::MAX, |module| module.base);
        let before = self.by_base.partition_point(|index| base(index) <= address);
        self.by_base.get(before.checked_sub(1)?).copied()
    }

    /// The file of a module that was loaded, if it is at hand.
    pub(crate) fn image(&self, module: usize) -> Option<&ModuleFile> {
        let found = self.module(module)?;
        let open = || ModuleFiles::with_image(found, &self.target, self.places());
        self.images.get(module)?.get_or_init(open).files().iter().find(|file| file.is_image())
    }

    /// Reads what a module's file has at an address, and returns the number of bytes read. The process may have changed
    /// these bytes.
    pub fn read_loaded(&self, address: u64, into: &mut [u8]) -> usize {
        let Some(index) = self.module_at(address) else { return 0 };
        let file = self.image(index);
        file.map_or(0, |file| file.read_loaded(address.wrapping_sub(self.base(index)), into))
    }

    /// The files of a module that have debug information. A file that it was moved to is first.
    pub fn debug_files(&self, module: usize) -> &[Arc<SymbolFile>] {
        self.debug(module).map(|debug| debug.files.as_slice()).unwrap_or_default()
    }

    /// The files that should have a module's debug information and were refused. Empty if a file was accepted.
    pub fn refused_debug_files(&self, module: usize) -> &[Refused] {
        let debug = self.debug(module).filter(|debug| debug.files.is_empty());
        debug.map(|debug| debug.refused.as_slice()).unwrap_or_default()
    }

    fn debug(&self, module: usize) -> Option<&DebugFiles> {
        let found = self.module(module)?;
        let open = || {
            let files = ModuleFiles::with_debug_information(found, &self.target, self.places());
            let mut with: Vec<_> = files.files().iter().filter(|file| file.has_debug_info()).collect();
            with.reverse();
            with.iter().for_each(|file| self.tell(module, file));
            let refused = files.refused().to_vec();
            DebugFiles { files: with.into_iter().map(ModuleFile::file).collect(), refused }
        };
        Some(self.debug_files.get(module)?.get_or_init(open))
    }

    fn places(&self) -> Places<'_> {
        Places { options: &self.options, given: &self.given }
    }

    /// The files of a module, if they are already opened.
    pub(crate) fn opened_files(&self, module: usize) -> Option<&ModuleFiles> {
        self.files.get(module)?.get()
    }

    /// The files that have a module's symbols.
    pub(crate) fn files(&self, module: usize) -> Option<&ModuleFiles> {
        let found = self.module(module)?;
        let open = || {
            unusable::notices(&self.options).into_iter().for_each(|notice| self.push(notice));
            ModuleFiles::with_names(found, &self.target, self.places())
        };
        Some(self.files.get(module)?.get_or_init(open))
    }

    /// Adds a notice, unless it is already there.
    pub(crate) fn push(&self, notice: Notice) {
        let mut told = locked(&self.notices);
        if !told.contains(&notice) {
            told.push(notice);
        }
    }

    /// Adds a notice if the file of a symbol may be of another build than the module.
    pub(crate) fn tell(&self, module: usize, file: &ModuleFile) {
        let Some(module) = self.module(module) else { return };
        let path = file.path().display();
        let notice = match file.checked() {
            Checked::Same => return,
            Checked::NoModuleId => Notice::new(
                NoticeKind::SymbolsUnchecked,
                format!(
                    "the dump has no id for {}, so {path} may be of a different build",
                    module.base_name()
                ),
            ),
            Checked::Trusted { file, module: id } => Notice::new(
                NoticeKind::SymbolsTrusted,
                format!(
                    "{path} is of a different build than {}: its id is {}, the module's is {id}",
                    module.base_name(),
                    file.as_deref().unwrap_or("none")
                ),
            ),
        };
        self.push(notice.about(Subject::Address(module.base)));
    }
}

/// Whether a module is the kernel's, which has no file.
pub(crate) fn is_of_kernel(module: &Module) -> bool {
    module.name.starts_with('[')
}

/// Removes optimizers' copies from the symbols of a name in a module, if a function with that name is there as well and
/// the copies may be of it. A copy in another source file is of another function.
fn leave_copies_of_functions(found: &mut Vec<(Symbol, &ModuleFile)>, wanted: &Wanted<'_>) {
    let named = found.iter().filter(|(symbol, _)| !wanted.is_copy(&symbol.name));
    let units: Vec<Option<String>> = named.map(|(symbol, _)| symbol.unit.clone()).collect();
    let is_elsewhere =
        |unit: &Option<String>| unit.is_some() && units.iter().all(|named| named.is_some() && named != unit);
    found.retain(|(symbol, _)| {
        units.is_empty() || is_elsewhere(&symbol.unit) || !wanted.is_copy(&symbol.name)
    });
}

fn same_place(one: &Symbol, other: &Symbol) -> bool {
    match (one.place, other.place) {
        (SymbolPlace::ThreadLocal(_), SymbolPlace::ThreadLocal(_)) => {
            (one.module, one.place) == (other.module, other.place)
        }
        (one, other) => one == other,
    }
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
