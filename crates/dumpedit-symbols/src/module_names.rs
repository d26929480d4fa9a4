//! The names in the modules of a process, with which paths begin.

use std::sync::Arc;

use crate::demangled::{Decoration, display};
use crate::error::SymbolError;
use crate::path::{Path, PathRoot, PathStep};
use crate::symbols::Symbols;
use crate::typed::{FoundName, Names, ReadMemory, Typed, TypedError, Within, evaluate};
use crate::types::{Language, StaticMember, TypeReader, TypeRef};

/// A function that returns the address of a thread-local variable, from the module's index and the variable's offset in
/// bytes. Its error is a sentence that says why there is none.
pub type ThreadLocals<'a> = dyn Fn(usize, u64) -> Result<u64, String> + 'a;

/// The names in the modules of a process, as one thread sees them.
pub struct ModuleNames<'a> {
    symbols: &'a Symbols,
    thread_locals: &'a ThreadLocals<'a>,
    surely: bool,
}

impl Symbols {
    /// The names with which paths begin. `thread_locals` gives the addresses of thread-local variables.
    pub fn names<'a>(&'a self, thread_locals: &'a ThreadLocals<'a>) -> ModuleNames<'a> {
        ModuleNames { symbols: self, thread_locals, surely: false }
    }

    /// The value that a path such as `g_config.limits[2]` or `*head->next` leads to, without a thread.
    ///
    /// A name is first looked for in the symbol tables of all modules, and then only the debug information of its
    /// module is read. If no table has the name, the debug information of all modules is searched.
    ///
    /// # Errors
    /// [`TypedError`]. If several variables have the name, the error lists them.
    pub fn typed(&self, path: &str, memory: &dyn ReadMemory) -> Result<Typed, TypedError> {
        let no_thread = |_, _| Err("no thread is selected".to_owned());
        self.followed(&Path::parse(path)?, &self.names(&no_thread), memory)
    }

    /// The value that a path leads to. If it leads to none, the first name and the members after it are tried as one
    /// name: linkers call a variable of a function `calls.0` or `f.calls`.
    ///
    /// # Errors
    /// The errors of [`evaluate`].
    pub fn followed(
        &self,
        path: &Path,
        names: &dyn Names,
        memory: &dyn ReadMemory,
    ) -> Result<Typed, TypedError> {
        let found = evaluate(path, names, memory);
        let is_no_struct = matches!(
            &found,
            Err(TypedError::NoStruct { .. }
                | TypedError::NoType { .. }
                | TypedError::Symbol(
                    SymbolError::Unknown { .. }
                        | SymbolError::OfFunctions { .. }
                        | SymbolError::Several { .. }
                ))
        );
        match is_no_struct.then(|| self.joined(path)).flatten() {
            Some(joined) => evaluate(&joined, names, memory),
            None => found,
        }
    }

    /// The path with its first one or two members joined to its first name, if a symbol has that name.
    fn joined(&self, path: &Path) -> Option<Path> {
        let PathRoot::Name { module, unit: None, name } = &path.root else { return None };
        [2, 1].into_iter().find_map(|count| {
            let (first, rest) = path.steps.split_at_checked(count)?;
            let mut joined = name.clone();
            for step in first {
                let PathStep::Member(member) = step else { return None };
                joined = format!("{joined}.{member}");
            }
            let asked = module.as_ref().map_or(joined.clone(), |module| format!("{module}!{joined}"));
            let is_symbol = matches!(self.find(&asked), Ok(_) | Err(SymbolError::Several { .. }));
            let root = PathRoot::Name { module: module.clone(), unit: None, name: joined };
            is_symbol.then(|| Path { root, steps: rest.to_vec() })
        })
    }

    fn within(&self, within: Within<'_>) -> Result<Vec<usize>, SymbolError> {
        Ok(match within {
            Within::All => (0..self.target().modules.len()).collect(),
            Within::Called(name) => vec![self.module_called(name)?],
            Within::Module(index) => vec![index],
        })
    }
}

impl ModuleNames<'_> {
    /// The same names for a value that is to be changed. A name that another module may have as well is an error.
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
            // As in WinDbg, a source file may be before the `!`.
            (Err(error @ SymbolError::NoSuchModule { .. }), Within::Called(file), None) => {
                let all = self.symbols.within(Within::All)?;
                self.variable(&all, Some(file), name).map_err(|of_file| match of_file {
                    TypedError::Symbol(SymbolError::Several { .. } | SymbolError::OtherFile { .. })
                        if file.contains('.') =>
                    {
                        of_file
                    }
                    _ => error.into(),
                })
            }
            (modules, ..) => self.variable(&modules?, unit, name),
        }
    }

    fn find_static(
        &self,
        module: Option<usize>,
        reader: &Arc<dyn TypeReader>,
        member: &StaticMember,
    ) -> Result<FoundName, TypedError> {
        match self.symbols.static_member(module, reader, member)? {
            Some(found) => Ok(found),
            None => match &member.symbol {
                Some(symbol) => self.find(Within::All, None, symbol),
                None => self.find(module.map_or(Within::All, Within::Module), None, &member.name),
            },
        }
    }

    fn find_type(
        &self,
        within: Within<'_>,
        unit: Option<&str>,
        name: &str,
    ) -> Result<(Arc<dyn TypeReader>, TypeRef, Language), TypedError> {
        self.symbols.named_type(&self.symbols.within(within)?, unit, name)
    }

    fn thread_local(&self, module: usize, offset: u64) -> Result<u64, String> {
        (self.thread_locals)(module, offset)
    }

    fn module_name(&self, module: usize) -> Option<String> {
        self.symbols.module(module).map(|module| module.base_name().to_owned())
    }

    fn symbol_at(&self, address: u64) -> Option<(String, u64)> {
        let found = self.symbols.label(address)?;
        Some((display(&found.name, Decoration::None).into_owned(), found.offset))
    }
}
