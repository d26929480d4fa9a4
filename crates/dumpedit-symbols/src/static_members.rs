//! The variable of a static member of a class, also if several instances of a template have one full name.

use std::sync::Arc;

use dumpedit_layout::Module;

use crate::candidates::Known;
use crate::error::SymbolError;
use crate::symbols::{Symbols, locked};
use crate::typed::{FoundName, TypedError};
use crate::types::{StaticMember, TypeReader, Variable, VariableLocation};

/// Part of the linker's names in an anonymous namespace (Itanium C++ ABI), which several source files may define.
const ANONYMOUS_NAMESPACE: &str = "_GLOBAL__N_";

impl Symbols {
    /// Finds the static member of a value in `module`, whose class `reader` has read: by the linker's name, else by the DIE that completes
    /// the declaration. `None` if neither is known here, so that the full name decides.
    pub(crate) fn static_member(
        &self,
        module: Option<usize>,
        reader: &Arc<dyn TypeReader>,
        member: &StaticMember,
    ) -> Result<Option<FoundName>, TypedError> {
        let own = self.module_of(reader);
        let is_of_one_file =
            member.symbol.as_ref().is_some_and(|symbol| symbol.contains(ANONYMOUS_NAMESPACE));
        if let Some(symbol) = member.symbol.as_ref().filter(|_| !is_of_one_file) {
            for module in [module, own].into_iter().flatten() {
                if self.named(&[module], symbol).len() == 1 {
                    return self.variable(&[module], None, symbol).map(Some);
                }
            }
        }
        if let (Some(module), Some(entry)) = (own, member.entry)
            && let Some(found) = self.only(module, reader, member, reader.completing(entry)?)?
        {
            return Ok(Some(found));
        }
        let Some(symbol) = &member.symbol else { return Ok(None) };
        if is_of_one_file {
            return Err(self.only_declared(member, own));
        }
        if let Some(module) = own
            && let Some(found) = self.only(module, reader, member, reader.variables_linked(symbol)?)?
        {
            return Ok(Some(found));
        }
        let everywhere: Vec<usize> = (0..self.target().modules.len()).collect();
        if self.named(&everywhere, symbol).is_empty() {
            // Another instance may have the full name.
            return Err(self.only_declared(member, own));
        }
        Ok(None)
    }

    fn only_declared(&self, member: &StaticMember, own: Option<usize>) -> TypedError {
        TypedError::OnlyDeclared {
            what: member.name.clone(),
            module: own.and_then(|own| self.module(own)).map_or("", Module::base_name).to_owned(),
        }
    }

    /// The index of the module that a reader reads.
    fn module_of(&self, reader: &Arc<dyn TypeReader>) -> Option<usize> {
        let readers = locked(&self.typed.readers);
        let is_it = |known: &Arc<dyn TypeReader>| Arc::ptr_eq(known, reader);
        readers.iter().find(|(_, known)| known.as_ref().is_some_and(is_it)).map(|(module, _)| *module)
    }

    /// The only one of these variables, if there are any.
    fn only(
        &self,
        module: usize,
        reader: &Arc<dyn TypeReader>,
        member: &StaticMember,
        mut variables: Vec<Variable>,
    ) -> Result<Option<FoundName>, TypedError> {
        if variables.len() > 1 {
            variables.retain(|variable| variable.location != VariableLocation::OptimizedAway);
        }
        if variables.len() > 1 {
            let known = variables.iter().filter_map(|variable| self.known_variable(module, variable));
            let known: Vec<Known> = known.collect();
            return Err(SymbolError::several(&member.name, known).into());
        }
        let found = variables.pop().map(|variable| FoundName::Variable {
            module,
            base: self.base(module),
            reader: Arc::clone(reader),
            variable,
        });
        Ok(found)
    }
}
