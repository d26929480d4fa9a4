//! What there is to say of symbols and variables that a name may mean.

use dumpedit_layout::Module;

use crate::candidates::Known;
use crate::demangled::{Decoration, display};
use crate::symbols::{Symbol, SymbolPlace, Symbols};
use crate::types::{Variable, VariableLocation, type_name};

impl Symbols {
    /// What is known of a symbol.
    pub(crate) fn known_symbol(&self, symbol: &Symbol) -> Known {
        let address = match symbol.place {
            SymbolPlace::Address(address) => Some(address),
            SymbolPlace::ThreadLocal(_) => None,
        };
        Known {
            module: self.numbered(symbol.module),
            address,
            unit: symbol.unit.clone().unwrap_or_default(),
            name: display(&symbol.name, Decoration::None).into_owned(),
            symbols: vec![symbol.name.clone()],
            type_name: None,
        }
    }

    /// The same of one of several, of which debug information says more: the source file, and the function of a variable.
    pub(crate) fn known_of_several(&self, symbol: &Symbol, name: &str) -> Known {
        let mut known = self.known_symbol(symbol);
        let reader = self.type_reader(symbol.module).ok().flatten();
        let variables = reader.map(|reader| {
            let all = reader.variables(name).unwrap_or_default();
            let last = || reader.variables_ending(name).unwrap_or_default();
            if all.is_empty() { last() } else { all }
        });
        let mut variables = variables.into_iter().flatten();
        let placed =
            variables.find(|variable| self.address_of(symbol.module, variable) == Some(known.address));
        if let Some(variable) = placed {
            known.type_name = self.type_of(symbol.module, &variable);
            // Tables of ELF files have the arguments of a C++ function and no name of one in C, those of PDBs its name alone.
            if known.name.contains('.') || !known.name.contains('(') && variable.name.contains('(') {
                known.name = variable.name;
            }
            known.unit = variable.unit;
        }
        known
    }

    /// What is known of a variable that has a place.
    pub(crate) fn known_variable(&self, module: usize, variable: &Variable) -> Option<Known> {
        let address = self.address_of(module, variable)?;
        let symbol = address.and_then(|address| self.at(address)).filter(|symbol| symbol.offset == 0);
        Some(Known {
            module: self.numbered(module),
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

    /// Where a variable is that has a place, or the first of its parts that has one; none within where each thread has one.
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

    fn numbered(&self, module: usize) -> (usize, String) {
        (module, self.module(module).map_or("", Module::base_name).to_owned())
    }
}
