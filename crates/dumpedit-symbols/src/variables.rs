//! The variable that a name means. Symbol tables have its address, and debug information has its type.

use std::sync::Arc;

use crate::candidates::Known;
use crate::dwarf::Dwarf;
use crate::error::SymbolError;
use crate::file::SymbolFile;
use crate::module_files::ModuleFile;
use crate::pdb::PdbTypes;
use crate::source_files::is_of_file;
use crate::sources;
use crate::symbols::{Symbol, SymbolPlace, Symbols, locked};
use crate::typed::{FoundName, TypedError};
use crate::types::{TypeError, TypeReader, Variable, VariableLocation};

/// The most names that are remembered after a lookup.
const MOST_REMEMBERED: usize = 1 << 12;

/// The prefix that gcc gives the names of thread-local variables on systems without support for them:
/// `__emutls_v.counter`.
const EMULATED: &str = "__emutls_v.";

impl Symbols {
    /// Whether a module's debug information has variables with the name, and none of them has an address.
    pub(crate) fn is_without_address(&self, module: usize, name: &str) -> bool {
        let variables = || self.type_reader(module).ok()??.variables(name).ok();
        let is_without = |variable: &Variable| {
            matches!(
                variable.location,
                VariableLocation::OptimizedAway
                    | VariableLocation::Computed
                    | VariableLocation::Calculated(_)
                    | VariableLocation::Value(_)
            )
        };
        variables().is_some_and(|all| !all.is_empty() && all.iter().all(is_without))
    }

    /// The full names of variables whose last part is a name: `app::counter` for `counter`. Empty if they cannot be
    /// found quickly.
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

    /// The reader of a module's types; `None` if no debug information is at hand.
    ///
    /// # Errors
    /// Fails if the debug information cannot be read.
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

    pub(crate) fn base(&self, module: usize) -> u64 {
        self.module(module).map_or(0, |module| module.base)
    }

    pub(crate) fn variable(
        &self,
        modules: &[usize],
        unit: Option<&str>,
        name: &str,
    ) -> Result<FoundName, TypedError> {
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
        let symbols = match unit {
            None => self.named(modules, name),
            // Not all tables have the source file of a symbol, and none has its folder.
            Some(unit) => Some(self.of_file(&self.named(modules, name), unit, name))
                .filter(|found| found.len() == 1)
                .unwrap_or_default(),
        };
        match symbols.as_slice() {
            [] => match self.in_debug_information(modules, unit, name) {
                Err(TypedError::Symbol(
                    error @ (SymbolError::Unknown { .. } | SymbolError::OtherFile { .. }),
                )) => match unit {
                    Some(unit) => self.in_file(modules, unit, name, error),
                    None => Err(self.of_functions(modules, name).unwrap_or(error).into()),
                },
                found => found,
            },
            [(symbol, file)] => {
                self.tell(symbol.module, file);
                self.tell_copied(symbol);
                self.of_symbol_or_declared(symbol, name)
            }
            several => Err(self.several(name, several).into()),
        }
    }

    /// The variable at a symbol's place. If the module's own debug information lacks a thread-local variable, the
    /// declaration in another module is used.
    fn of_symbol_or_declared(&self, symbol: &Symbol, name: &str) -> Result<FoundName, TypedError> {
        let found = self.of_symbol(symbol, name);
        let (SymbolPlace::ThreadLocal(offset), Err(TypedError::ThreadLocal { .. })) = (symbol.place, &found)
        else {
            return found;
        };
        let declared = |module: usize| {
            let reader = self.type_reader(module).ok()??;
            let is_declared = |variable: &Variable| matches!(&variable.location, VariableLocation::Declared(linked) if *linked == symbol.name);
            let variable = reader.variables(name).ok()?.into_iter().find(is_declared)?;
            Some(self.placed_in_threads(symbol.module, reader, variable, offset))
        };
        let others = (0..self.target().modules.len()).filter(|module| *module != symbol.module);
        others.filter_map(declared).next().map_or(found, Ok)
    }

    /// A declared variable with its type, at its offset in the block that each thread has for a module.
    fn placed_in_threads(
        &self,
        module: usize,
        reader: Arc<dyn TypeReader>,
        variable: Variable,
        offset: u64,
    ) -> FoundName {
        let variable = Variable { location: VariableLocation::ThreadLocal(offset), ..variable };
        FoundName::Variable { module, base: self.base(module), reader, variable }
    }

    /// The function with a name in debug information that no symbol table has. The name may leave out inline
    /// namespaces. If a source file is given, the function is in that file, and those of other files are added to
    /// `elsewhere`.
    fn function(
        &self,
        modules: &[usize],
        unit: Option<&str>,
        name: &str,
        elsewhere: &mut Vec<Known>,
    ) -> Result<Option<FoundName>, SymbolError> {
        let of_module = |module: usize| {
            let reader = self.type_reader(module).ok()??;
            let functions = reader.functions(name).unwrap_or_default();
            Some(functions.into_iter().map(move |function| (module, Arc::clone(&reader), function)))
        };
        let mut found: Vec<_> = modules.iter().copied().filter_map(of_module).flatten().collect();
        found.dedup_by(|one, other| one.0 == other.0 && one.2.location == other.2.location);
        found.retain(|(module, _, function)| {
            let is_of_unit = unit.is_none_or(|unit| is_of_file(&function.unit, unit));
            if !is_of_unit {
                elsewhere.extend(self.known_variable(*module, function));
            }
            is_of_unit
        });
        if found.len() > 1 {
            let known =
                found.iter().filter_map(|(module, _, function)| self.known_variable(*module, function));
            return Err(SymbolError::several(name, known.collect()));
        }
        Ok(found.pop().map(|(module, reader, variable)| FoundName::Variable {
            module,
            base: self.base(module),
            reader,
            variable,
        }))
    }

    /// The symbols with a name that are in a source file.
    pub(crate) fn of_file<'a>(
        &self,
        found: &[(Symbol, &'a ModuleFile)],
        file: &str,
        name: &str,
    ) -> Vec<(Symbol, &'a ModuleFile)> {
        let is_of_file = |(symbol, _): &&(Symbol, &ModuleFile)| {
            // For a symbol that other object files see, only debug information has the source file.
            let unit = symbol.unit.clone().or_else(|| match self.of_symbol(symbol, name) {
                Ok(FoundName::Variable { variable, .. }) => Some(variable.unit),
                _ => None,
            });
            unit.is_some_and(|unit| is_of_file(&unit, file))
        };
        found.iter().filter(is_of_file).cloned().collect()
    }

    /// The symbol with a name in a source file.
    fn in_file(
        &self,
        modules: &[usize],
        file: &str,
        name: &str,
        unknown: SymbolError,
    ) -> Result<FoundName, TypedError> {
        let of_any = self.named(modules, name);
        let found = self.of_file(&of_any, file, name);
        match found.as_slice() {
            [] if of_any.is_empty() => Err(unknown.into()),
            [] => {
                let known = self.known_of_several(of_any.iter().map(|(symbol, _)| symbol), name);
                Err(SymbolError::other_file(name, file, known).into())
            }
            [(symbol, module_file)] => {
                self.tell(symbol.module, module_file);
                self.of_symbol(symbol, name)
            }
            several => Err(self.several(name, several).into()),
        }
    }

    /// An error that functions have variables with the name; `None` if there are none.
    fn of_functions(&self, modules: &[usize], name: &str) -> Option<SymbolError> {
        let counted = self.counted(modules, name);
        let known = self.known_of_several(&counted, name);
        (!known.is_empty()).then(|| SymbolError::of_functions(name, known))
    }

    /// The variable with a name that only debug information has: one with a location, else one with a known value, else
    /// any other.
    fn in_debug_information(
        &self,
        modules: &[usize],
        unit: Option<&str>,
        name: &str,
    ) -> Result<FoundName, TypedError> {
        let mut all: Vec<(usize, Arc<dyn TypeReader>, Variable)> = Vec::new();
        let (mut elsewhere, mut trouble) = (Vec::new(), None);
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
                        let is_of_unit = unit.is_none_or(|unit| is_of_file(&variable.unit, unit));
                        if is_of_unit && !all.iter().any(is_known) {
                            all.push((module, reader, variable));
                        } else if !is_of_unit {
                            elsewhere.extend(self.known_variable(module, &variable));
                        }
                    }
                }
                Err(error) => trouble = trouble.or(Some(error)),
            }
        }
        let placed: Vec<Known> =
            all.iter().filter_map(|(module, _, variable)| self.known_variable(*module, variable)).collect();
        if placed.len() > 1 {
            return Err(SymbolError::several(name, placed).into());
        }
        all.sort_by_key(|(.., variable)| match variable.location {
            VariableLocation::Offset(_) | VariableLocation::ThreadLocal(_) | VariableLocation::Parts(_) => 0,
            VariableLocation::Value(_) | VariableLocation::Calculated(_) => 1,
            VariableLocation::Declared(_) => 2,
            VariableLocation::Computed | VariableLocation::OptimizedAway => 3,
        });
        let is_value = |variable: &Variable| {
            matches!(variable.location, VariableLocation::Value(_) | VariableLocation::Calculated(_))
        };
        let values = all.iter().filter(|(.., variable)| is_value(variable));
        if placed.is_empty() && values.count() > 1 {
            return Err(TypedError::Name(format!(
                "several constants with different values are named '{name}'"
            )));
        }
        let Some((module, reader, variable)) = all.into_iter().next() else {
            if let Some(function) = self.function(modules, unit, name, &mut elsewhere)? {
                return Ok(function);
            }
            if let Some(unit) = unit.filter(|_| !elsewhere.is_empty()) {
                return Err(SymbolError::other_file(name, unit, elsewhere).into());
            }
            return Err(trouble.map_or_else(|| self.unknown(modules, name).into(), TypedError::from));
        };
        if variable.location == VariableLocation::OptimizedAway
            && !self.named(&[module], &format!("{EMULATED}{name}")).is_empty()
        {
            let why = "the compiler emulates its thread-local storage, which is not supported".to_owned();
            return Err(TypedError::ThreadLocal { path: name.to_owned(), why });
        }
        let base = self.base(module);
        if let VariableLocation::Declared(symbol) = &variable.location {
            let everywhere: Vec<usize> = (0..self.target().modules.len()).collect();
            let defined = self.named(&everywhere, symbol);
            if let [(symbol, file)] = defined.as_slice() {
                self.tell(symbol.module, file);
                return Ok(match symbol.place {
                    SymbolPlace::Address(address) => {
                        let location = VariableLocation::Offset(address.wrapping_sub(base));
                        let variable = Variable { location, ..variable };
                        FoundName::Variable { module, base, reader, variable }
                    }
                    // The file that defines the variable has the whole type. A declaration may have only the type's
                    // name.
                    SymbolPlace::ThreadLocal(offset) => {
                        let declared = || self.placed_in_threads(symbol.module, reader, variable, offset);
                        self.of_symbol(symbol, name).unwrap_or_else(|_| declared())
                    }
                });
            }
            if defined.len() > 1 {
                return Err(self.several(name, &defined).into());
            }
        }
        Ok(FoundName::Variable { module, base, reader, variable })
    }
}

/// Opens debug information as its first bytes say; `None` if its kind has no types here.
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
