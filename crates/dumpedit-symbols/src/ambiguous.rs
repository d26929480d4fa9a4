//! Facts about the symbols and variables that an ambiguous name may mean.

use std::collections::HashMap;

use dumpedit_layout::Module;

use crate::candidates::Known;
use crate::demangled::{Decoration, display};
use crate::symbols::{Symbol, SymbolPlace, Symbols};
use crate::types::{Variable, VariableLocation, type_name};

impl Symbols {
    /// The facts about a symbol in its symbol table.
    pub(crate) fn known_symbol(&self, symbol: &Symbol) -> Known {
        let address = match symbol.place {
            SymbolPlace::Address(address) => Some(address),
            SymbolPlace::ThreadLocal(_) => None,
        };
        Known {
            module: self.numbered(symbol.module),
            module_path: self.path_of(symbol.module),
            address,
            unit: symbol.unit.clone().unwrap_or_default(),
            name: display(&symbol.name, Decoration::None).into_owned(),
            symbols: vec![symbol.name.clone()],
            type_name: None,
        }
    }

    /// The facts about several symbols. Debug information adds the source file, and the function of a static variable.
    pub(crate) fn known_of_several<'s>(
        &self,
        symbols: impl IntoIterator<Item = &'s Symbol>,
        name: &str,
    ) -> Vec<Known> {
        // The debug information of a module is walked once for all its symbols.
        let mut of_modules: HashMap<usize, Vec<Variable>> = HashMap::new();
        let with_type = |symbol: &Symbol| {
            let mut known = self.known_symbol(symbol);
            let variables = of_modules.entry(symbol.module);
            let variables = variables.or_insert_with(|| self.variables_of_name(symbol.module, name));
            let is_there =
                |variable: &&Variable| self.address_of(symbol.module, variable) == Some(known.address);
            if let Some(variable) = variables.iter().find(is_there) {
                known.type_name = self.type_of(symbol.module, variable);
                // In ELF tables, the name of a static variable has the function with its arguments in C++, and no
                // function in C. In PDBs, it has the function without its arguments.
                if known.name.contains('.') || !known.name.contains('(') && variable.name.contains('(') {
                    known.name.clone_from(&variable.name);
                }
                known.unit.clone_from(&variable.unit);
            }
            known
        };
        symbols.into_iter().map(with_type).collect()
    }

    /// The variables of a name in a module. If there are none, the variables of functions with that name.
    fn variables_of_name(&self, module: usize, name: &str) -> Vec<Variable> {
        let Some(reader) = self.type_reader(module).ok().flatten() else { return Vec::new() };
        let all = reader.variables(name).unwrap_or_default();
        if all.is_empty() { reader.variables_ending(name).unwrap_or_default() } else { all }
    }

    /// The facts about a variable; `None` if it has no location.
    pub(crate) fn known_variable(&self, module: usize, variable: &Variable) -> Option<Known> {
        let address = self.address_of(module, variable)?;
        let symbol = address.and_then(|address| self.at(address)).filter(|symbol| symbol.offset == 0);
        Some(Known {
            module: self.numbered(module),
            module_path: self.path_of(module),
            address,
            unit: variable.unit.clone(),
            name: variable.name.clone(),
            symbols: symbol.into_iter().flat_map(|symbol| [symbol.name, symbol.stored_name]).collect(),
            type_name: self.type_of(module, variable),
        })
    }

    /// The name of a variable's type.
    fn type_of(&self, module: usize, variable: &Variable) -> Option<String> {
        let reader = self.type_reader(module).ok()??;
        type_name(&*reader, &variable.of, variable.language).ok()
    }

    /// The address of a variable, or of its first part that has a location. The inner value is `None` for a
    /// thread-local variable.
    fn address_of(&self, module: usize, variable: &Variable) -> Option<Option<u64>> {
        let place = |location: &VariableLocation| match location {
            VariableLocation::Offset(offset) => Some(Some(self.cut(self.base(module).wrapping_add(*offset)))),
            VariableLocation::ThreadLocal(_) => Some(None),
            _ => None,
        };
        match &variable.location {
            VariableLocation::Parts(parts) => parts.iter().find_map(|(_, location)| place(location)),
            location => place(location),
        }
    }

    pub(crate) fn numbered(&self, module: usize) -> (usize, String) {
        (module, self.module(module).map_or("", Module::base_name).to_owned())
    }

    pub(crate) fn path_of(&self, module: usize) -> String {
        self.module(module).map_or("", Module::path).to_owned()
    }
}
