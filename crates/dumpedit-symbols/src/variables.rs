//! Which variable a name means: the tables of symbols say where it is, and debug information of which type it is.

use std::sync::Arc;

use dumpedit_layout::Module;

use crate::demangled::{Decoration, display};
use crate::dwarf::Dwarf;
use crate::error::{Candidate, SymbolError};
use crate::file::SymbolFile;
use crate::path::Path;
use crate::pdb::PdbTypes;
use crate::row::RowKind;
use crate::sources;
use crate::symbols::{Symbol, SymbolPlace, Symbols, locked};
use crate::typed::{FoundName, Names, ReadMemory, Typed, TypedError, Within, evaluate};
use crate::types::{
    Language, LayoutRow, TypeError, TypeReader, TypeRef, Variable, VariableLocation, layout, size_of,
    spellings,
};

/// So many names that were looked up are remembered.
const MOST_REMEMBERED: usize = 1 << 12;

/// What gcc puts before the names of thread-local variables where the system knows none: `__emutls_v.counter`.
const EMULATED: &str = "__emutls_v.";

/// Where a thread-local variable of a module is, by the module's index and the variable's offset; a sentence where that cannot
/// be told.
pub type ThreadLocals<'a> = dyn Fn(usize, u64) -> Result<u64, String> + 'a;

/// The names in the modules of a process, as one thread sees them.
pub struct ModuleNames<'a> {
    symbols: &'a Symbols,
    thread_locals: &'a ThreadLocals<'a>,
    surely: bool,
}

impl Symbols {
    /// The names that paths begin with. Of thread-local variables, `thread_locals` says where they are.
    pub fn names<'a>(&'a self, thread_locals: &'a ThreadLocals<'a>) -> ModuleNames<'a> {
        ModuleNames { symbols: self, thread_locals, surely: false }
    }

    /// Whether a module's debug information has a variable of the name, and no address of it.
    pub(crate) fn is_without_address(&self, module: usize, name: &str) -> bool {
        let variables = || self.type_reader(module).ok()??.variables(name).ok();
        let is_without = |variable: &Variable| {
            matches!(
                variable.location,
                VariableLocation::OptimizedAway | VariableLocation::Computed | VariableLocation::Value(_)
            )
        };
        variables().is_some_and(|all| !all.is_empty() && all.iter().all(is_without))
    }

    /// What a path such as `g_config.limits[2]` or `*head->next` leads to, of no thread.
    ///
    /// A name is looked for in the tables of symbols of all modules first, and then only the debug information of its module is
    /// read. Of a name that no table has, the debug information of all modules is asked.
    ///
    /// # Errors
    /// [`TypedError`]; a name that several variables have is one that lists them.
    pub fn typed(&self, path: &str, memory: &dyn ReadMemory) -> Result<Typed, TypedError> {
        let no_thread = |_, _| Err("no thread is chosen".to_owned());
        evaluate(&Path::parse(path)?, &self.names(&no_thread), memory)
    }

    /// The full names of variables whose last part is a name: `app::counter` for `counter`. None where that cannot be told
    /// quickly.
    pub fn near_variables(&self, name: &str) -> Vec<String> {
        let modules = 0..self.target().modules.len();
        let readers = modules.filter_map(|module| self.type_reader(module).ok()?);
        let mut near: Vec<String> = readers
            .flat_map(|reader| reader.near(name).unwrap_or_default())
            .filter(|near| near != name)
            .collect();
        near.sort();
        near.dedup();
        near
    }

    /// What reads the types of a module; `None` where it has no debug information at hand.
    ///
    /// # Errors
    /// Where its debug information cannot be read.
    pub fn type_reader(&self, module: usize) -> Result<Option<Arc<dyn TypeReader>>, TypeError> {
        if let Some(known) = locked(&self.typed.readers).get(&module) {
            return Ok(known.clone());
        }
        let mut reader = None;
        for file in self.debug_files(module) {
            reader = opened(file, self.options().folders.clone())?;
            if reader.is_some() {
                break;
            }
        }
        locked(&self.typed.readers).insert(module, reader.clone());
        Ok(reader)
    }

    fn within(&self, within: Within<'_>) -> Result<Vec<usize>, SymbolError> {
        Ok(match within {
            Within::All => (0..self.target().modules.len()).collect(),
            Within::Called(name) => vec![self.module_called(name)?],
            Within::Module(index) => vec![index],
        })
    }

    fn base(&self, module: usize) -> u64 {
        self.module(module).map_or(0, |module| module.base)
    }

    fn variable(&self, modules: &[usize], unit: Option<&str>, name: &str) -> Result<FoundName, TypedError> {
        let one_module = modules.first().copied().filter(|_| modules.len() == 1);
        let asked = (one_module, unit.map(str::to_owned), name.to_owned());
        if let Some(known) = locked(&self.typed.found).get(&asked) {
            return known.clone().map_err(TypedError::from);
        }
        let found = match self.look_up_variable(modules, unit, name) {
            Ok(found) => Ok(found),
            Err(TypedError::Symbol(error)) => Err(error),
            Err(other) => return Err(other),
        };
        let mut remembered = locked(&self.typed.found);
        if remembered.len() < MOST_REMEMBERED {
            remembered.insert(asked, found.clone());
        }
        Ok(found?)
    }

    fn look_up_variable(
        &self,
        modules: &[usize],
        unit: Option<&str>,
        name: &str,
    ) -> Result<FoundName, TypedError> {
        // The tables do not say which unit a symbol is of.
        let symbols = if unit.is_none() { self.named(modules, name) } else { Vec::new() };
        match symbols.as_slice() {
            [] => self.in_debug_information(modules, unit, name),
            [(symbol, file)] => {
                self.tell(symbol.module, file);
                self.of_symbol(symbol, name)
            }
            several => {
                let found = several.iter().map(|(symbol, _)| self.candidate_of_unit(symbol, name)).collect();
                Err(SymbolError::Several { name: name.to_owned(), found }.into())
            }
        }
    }

    /// One of several symbols of a name, with the source file that has it, where debug information says that.
    fn candidate_of_unit(&self, symbol: &Symbol, name: &str) -> Candidate {
        let variables = || self.type_reader(symbol.module).ok()??.variables(name).ok();
        let variables = variables().unwrap_or_default();
        let candidate = self.candidate(symbol);
        let is_it = |variable: &&Variable| {
            self.placed(symbol.module, variable).is_some_and(|placed| placed.address == candidate.address)
        };
        match variables.iter().find(is_it) {
            Some(variable) => candidate.of_unit(&variable.unit),
            None => candidate,
        }
    }

    /// The variable at a symbol's place.
    fn of_symbol(&self, symbol: &Symbol, name: &str) -> Result<FoundName, TypedError> {
        let module = symbol.module;
        let base = self.base(module);
        let only_symbol = |address| FoundName::Symbol { module, name: symbol.name.clone(), address };
        let reader = match symbol.kind {
            // Where a function is, is known without its type.
            RowKind::Function => self.type_reader(module).unwrap_or_default(),
            _ => self.type_reader(module)?,
        };
        let Some(reader) = reader else { return self.untyped(symbol, only_symbol) };
        let shown = display(&symbol.name, Decoration::None);
        let mut variables = match symbol.kind {
            RowKind::Function => reader.functions(without_arguments(&shown)).unwrap_or_default(),
            _ => reader.variables(name)?,
        };
        if symbol.kind != RowKind::Function {
            if variables.is_empty() && shown != name {
                variables = reader.variables(&shown)?;
            }
            // Its symbol may have a shorter name than the language gives it, as statics of Rust with `no_mangle`.
            if variables.is_empty() {
                for full in reader.near(name).unwrap_or_default() {
                    variables.extend(reader.variables(&full)?);
                }
            }
        }
        // gcc writes of split units where a thread-local variable's first value stands.
        let block = self.thread_local(module).map(|block| block.address);
        let is_there = |variable: &&Variable| match (&variable.location, symbol.place) {
            (VariableLocation::Offset(offset), SymbolPlace::Address(address)) => {
                self.cut(base.wrapping_add(*offset)) == address
            }
            (VariableLocation::ThreadLocal(offset), SymbolPlace::ThreadLocal(other)) => {
                *offset == other || block.is_some_and(|block| block.wrapping_add(other) == *offset)
            }
            _ => false,
        };
        if let Some(variable) = variables.iter().find(is_there) {
            let location = match symbol.place {
                SymbolPlace::ThreadLocal(offset) => VariableLocation::ThreadLocal(offset),
                SymbolPlace::Address(_) => variable.location.clone(),
            };
            let variable = Variable { location, ..variable.clone() };
            return Ok(FoundName::Variable { module, base, reader, variable });
        }
        // That of Mach-O files has the place of the descriptor.
        let is_thread_local =
            |variable: &&Variable| matches!(variable.location, VariableLocation::ThreadLocal(_));
        let mut of_threads = variables.iter().filter(is_thread_local);
        if let (SymbolPlace::ThreadLocal(offset), Some(only), None) =
            (symbol.place, of_threads.next(), of_threads.next())
        {
            let variable = Variable { location: VariableLocation::ThreadLocal(offset), ..only.clone() };
            return Ok(FoundName::Variable { module, base, reader, variable });
        }
        if symbol.kind == RowKind::Function {
            return self.untyped(symbol, only_symbol);
        }
        let is_declared = |variable: &&Variable| matches!(variable.location, VariableLocation::Declared(_));
        if let Some(variable) = variables.iter().find(is_declared) {
            let location = match symbol.place {
                SymbolPlace::ThreadLocal(offset) => VariableLocation::ThreadLocal(offset),
                SymbolPlace::Address(address) => VariableLocation::Offset(address.wrapping_sub(base)),
            };
            let variable = Variable { location, ..variable.clone() };
            return Ok(FoundName::Variable { module, base, reader, variable });
        }
        let elsewhere: Vec<Candidate> =
            variables.iter().filter_map(|variable| self.placed(module, variable)).collect();
        if !elsewhere.is_empty() {
            let found = std::iter::once(self.candidate(symbol)).chain(elsewhere).collect();
            return Err(SymbolError::Several { name: name.to_owned(), found }.into());
        }
        // That a symbol has an address contradicts that its variable has none, so that this is another one.
        let is_without = |variable: &Variable| {
            matches!(variable.location, VariableLocation::OptimizedAway | VariableLocation::Computed)
        };
        match variables.into_iter().find(|variable| !is_without(variable)) {
            Some(variable) => Ok(FoundName::Variable { module, base, reader, variable }),
            None => self.untyped(symbol, only_symbol),
        }
    }

    fn untyped(&self, symbol: &Symbol, found: impl Fn(u64) -> FoundName) -> Result<FoundName, TypedError> {
        match symbol.place {
            SymbolPlace::Address(address) => Ok(found(address)),
            SymbolPlace::ThreadLocal(_) => Err(TypedError::ThreadLocal {
                path: symbol.name.clone(),
                why: "no debug information has its type".to_owned(),
            }),
        }
    }

    /// Where a variable is that has a place.
    fn placed(&self, module: usize, variable: &Variable) -> Option<Candidate> {
        let address = match variable.location {
            VariableLocation::Offset(offset) => Some(self.cut(self.base(module).wrapping_add(offset))),
            VariableLocation::ThreadLocal(_) => None,
            _ => return None,
        };
        let candidate = Candidate::new(self.module(module).map_or("", Module::base_name), address);
        Some(candidate.of_unit(&variable.unit))
    }

    /// The variable of a name that only debug information knows: one that has a place, else one whose value is known, else what
    /// is said of it.
    fn in_debug_information(
        &self,
        modules: &[usize],
        unit: Option<&str>,
        name: &str,
    ) -> Result<FoundName, TypedError> {
        let mut all: Vec<(usize, Arc<dyn TypeReader>, Variable)> = Vec::new();
        let mut trouble = None;
        for &module in modules {
            let found = self.type_reader(module).and_then(|reader| {
                let Some(reader) = reader else { return Ok(Vec::new()) };
                let variables = reader.variables(name)?;
                Ok(variables.into_iter().map(|variable| (module, Arc::clone(&reader), variable)).collect())
            });
            match found {
                Ok(found) => {
                    for (module, reader, variable) in found {
                        let is_known = |(other, _, known): &(usize, Arc<dyn TypeReader>, Variable)| {
                            *other == module && known.location == variable.location
                        };
                        if is_of_unit(&variable, unit) && !all.iter().any(is_known) {
                            all.push((module, reader, variable));
                        }
                    }
                }
                Err(error) => trouble = trouble.or(Some(error)),
            }
        }
        let placed: Vec<Candidate> =
            all.iter().filter_map(|(module, _, variable)| self.placed(*module, variable)).collect();
        if placed.len() > 1 {
            return Err(SymbolError::Several { name: name.to_owned(), found: placed }.into());
        }
        all.sort_by_key(|(.., variable)| match variable.location {
            VariableLocation::Offset(_) | VariableLocation::ThreadLocal(_) => 0,
            VariableLocation::Value(_) => 1,
            VariableLocation::Declared(_) => 2,
            VariableLocation::Computed | VariableLocation::OptimizedAway => 3,
        });
        let is_value = |variable: &Variable| matches!(variable.location, VariableLocation::Value(_));
        let values = all.iter().filter(|(.., variable)| is_value(variable));
        if placed.is_empty() && values.count() > 1 {
            return Err(TypedError::Name(format!(
                "several constants are named '{name}', of different values"
            )));
        }
        let Some((module, reader, variable)) = all.into_iter().next() else {
            if let (Some(unit), None) = (unit, &trouble)
                && self.variable(modules, None, name).is_ok()
            {
                return Err(TypedError::Name(format!(
                    "'{unit}' has no variable '{name}', but another file has"
                )));
            }
            return Err(trouble.map_or_else(|| self.unknown(modules, name).into(), TypedError::from));
        };
        if variable.location == VariableLocation::OptimizedAway
            && !self.named(&[module], &format!("{EMULATED}{name}")).is_empty()
        {
            let why =
                "a function of the compiler's library finds its place, which is not followed".to_owned();
            return Err(TypedError::ThreadLocal { path: name.to_owned(), why });
        }
        let base = self.base(module);
        if let VariableLocation::Declared(symbol) = &variable.location {
            let everywhere: Vec<usize> = (0..self.target().modules.len()).collect();
            let defined = self.named(&everywhere, symbol);
            if let [(symbol, file)] = defined.as_slice()
                && let SymbolPlace::Address(address) = symbol.place
            {
                self.tell(symbol.module, file);
                let location = VariableLocation::Offset(address.wrapping_sub(base));
                return Ok(FoundName::Variable {
                    module,
                    base,
                    reader,
                    variable: Variable { location, ..variable },
                });
            }
            if defined.len() > 1 {
                let found = defined.iter().map(|(symbol, _)| self.candidate(symbol)).collect();
                return Err(SymbolError::Several { name: name.to_owned(), found }.into());
            }
        }
        Ok(FoundName::Variable { module, base, reader, variable })
    }

    /// The type of a name. Modules may each define it, as long as they define it alike.
    fn named_type(
        &self,
        modules: &[usize],
        name: &str,
    ) -> Result<(Arc<dyn TypeReader>, TypeRef, Language), TypedError> {
        let language = if name.contains("::") { Language::Cpp } else { Language::C };
        let mut first: Option<(Arc<dyn TypeReader>, TypeRef, usize)> = None;
        let mut trouble = None;
        let spellings = spellings(name);
        for &module in modules {
            let found = self.type_reader(module).and_then(|reader| {
                let Some(reader) = reader else { return Ok(None) };
                for name in &spellings {
                    let types = reader.types(name)?;
                    if !types.is_empty() {
                        return Ok(Some((types, reader)));
                    }
                }
                Ok(None)
            });
            let (types, reader) = match found {
                Ok(Some(found)) => found,
                Ok(None) => continue,
                Err(error) => {
                    trouble = trouble.or(Some(error));
                    continue;
                }
            };
            for of in types {
                let Some((known_reader, known, known_in)) = &first else {
                    first = Some((Arc::clone(&reader), of, module));
                    continue;
                };
                if self.shape(&*reader, &of, language)? != self.shape(&**known_reader, known, language)? {
                    let called = |index| self.module(index).map_or("", Module::base_name);
                    return Err(TypedError::Name(match *known_in == module {
                        true => format!("several types are named '{name}' in {}", called(module)),
                        false => format!(
                            "the types named '{name}' in {} and {} differ; write {{{}!{name}}}0xADDRESS",
                            called(*known_in),
                            called(module),
                            called(*known_in)
                        ),
                    }));
                }
            }
        }
        match (first, trouble) {
            (Some((reader, of, _)), _) => Ok((reader, of, language)),
            (None, Some(trouble)) => Err(trouble.into()),
            (None, None) => Err(TypedError::Name(format!("no type is named '{name}'"))),
        }
    }

    fn shape(
        &self,
        reader: &dyn TypeReader,
        of: &TypeRef,
        language: Language,
    ) -> Result<(Option<u64>, Vec<LayoutRow>), TypeError> {
        Ok((size_of(reader, of)?, layout(reader, of, language, self.target().byte_order)?))
    }
}

/// Opens debug information as what its first bytes say; `None` where it is of a kind that has no types here.
fn opened(
    file: &Arc<SymbolFile>,
    folders: Vec<std::path::PathBuf>,
) -> Result<Option<Arc<dyn TypeReader>>, TypeError> {
    let read = |source| TypeError::Read { path: file.path().to_owned(), cause: source };
    let magic = file.read_at(0, file.size().min(64)).map_err(read)?;
    if sources::pdb::recognizes(&magic) {
        return Ok(Some(Arc::new(PdbTypes::open(Arc::clone(file))?)));
    }
    Ok(Dwarf::open(Arc::clone(file), folders)?.map(|dwarf| Arc::new(dwarf) as Arc<dyn TypeReader>))
}

/// The name of a function without its parameters.
fn without_arguments(name: &str) -> &str {
    let end = name.rfind(')').and_then(|end| {
        let mut depth = 0_usize;
        name.get(..=end)?.char_indices().rev().find_map(|(at, letter)| {
            match letter {
                ')' => depth += 1,
                '(' => depth = depth.saturating_sub(1),
                _ => {}
            }
            (depth == 0).then_some(at)
        })
    });
    end.and_then(|end| name.get(..end)).filter(|name| !name.is_empty()).unwrap_or(name)
}

/// Whether a variable is of a unit, of which the last parts of the path may be given.
fn is_of_unit(variable: &Variable, unit: Option<&str>) -> bool {
    let Some(unit) = unit else { return true };
    let before = variable.unit.strip_suffix(unit);
    before.is_some_and(|before| before.is_empty() || before.ends_with(['/', '\\']))
}

impl ModuleNames<'_> {
    /// The same, of what is to be changed: a name that another module may have as well is an error.
    #[must_use]
    pub fn surely(self) -> Self {
        ModuleNames { surely: true, ..self }
    }

    fn variable(&self, modules: &[usize], unit: Option<&str>, name: &str) -> Result<FoundName, TypedError> {
        let found = self.symbols.variable(modules, unit, name)?;
        let (FoundName::Symbol { module, .. } | FoundName::Variable { module, .. }) = &found;
        match self.surely {
            true => self.symbols.is_sure(modules, name, *module)?,
            false => {
                self.symbols.has_address(modules, name, *module)?;
                self.symbols.tell_not_searched(modules, name, *module);
            }
        }
        Ok(found)
    }
}

impl Names for ModuleNames<'_> {
    fn find(&self, within: Within<'_>, unit: Option<&str>, name: &str) -> Result<FoundName, TypedError> {
        match (self.symbols.within(within), within, unit) {
            // As WinDbg: a source file before the `!`.
            (Err(error @ SymbolError::NoSuchModule { .. }), Within::Called(file), None) => {
                let all = self.symbols.within(Within::All)?;
                self.variable(&all, Some(file), name).map_err(|_| error.into())
            }
            (modules, ..) => self.variable(&modules?, unit, name),
        }
    }

    fn find_type(
        &self,
        within: Within<'_>,
        name: &str,
    ) -> Result<(Arc<dyn TypeReader>, TypeRef, Language), TypedError> {
        self.symbols.named_type(&self.symbols.within(within)?, name)
    }

    fn thread_local(&self, module: usize, offset: u64) -> Result<u64, String> {
        (self.thread_locals)(module, offset)
    }

    fn symbol_at(&self, address: u64) -> Option<(String, u64)> {
        let found = self.symbols.label(address)?;
        Some((display(&found.name, Decoration::None).into_owned(), found.offset))
    }
}
