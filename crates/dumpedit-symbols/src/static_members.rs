//! Which variable a static member of a class is, where its full name is that of several instances of a template.

use std::sync::Arc;

use dumpedit_layout::Module;

use crate::candidates::Known;
use crate::error::SymbolError;
use crate::symbols::{Symbols, locked};
use crate::typed::{FoundName, TypedError};
use crate::types::{StaticMember, TypeReader, Variable, VariableLocation};

impl Symbols {
    /// The static member of a value in a module, whose class `reader` has read: what the linker calls so, else what completes the
    /// declaration. `None` where neither is known here, so that a name decides: the linker's, else the full one.
    pub(crate) fn static_member(
        &self,
        module: Option<usize>,
        reader: &Arc<dyn TypeReader>,
        member: &StaticMember,
    ) -> Result<Option<FoundName>, TypedError> {
        let own = self.module_of(reader);
        if let Some(symbol) = &member.symbol {
            // A class of an anonymous namespace may have the same symbol in several files.
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
        if let Some(module) = own
            && let Some(found) = self.only(module, reader, member, reader.variables_linked(symbol)?)?
        {
            return Ok(Some(found));
        }
        let everywhere: Vec<usize> = (0..self.target().modules.len()).collect();
        if self.named(&everywhere, symbol).is_empty() {
            // Another instance may have the full name, and is not meant.
            return Err(TypedError::OnlyDeclared {
                what: member.name.clone(),
                module: own.and_then(|own| self.module(own)).map_or("", Module::base_name).to_owned(),
            });
        }
        Ok(None)
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
