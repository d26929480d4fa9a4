//! The variable in debug information at the address of a symbol.

use crate::candidates::Known;
use crate::compared_names::{without_tags, without_template_arguments};
use crate::demangled::display;
use crate::error::SymbolError;
use crate::function_copies;
use crate::row::RowKind;
use crate::source_files::is_of_file;
use crate::symbols::{Symbol, SymbolPlace, Symbols};
use crate::typed::{FoundName, TypedError};
use crate::types::{CalculationStep, TypeError, Variable, VariableLocation};

impl Symbols {
    /// The variable at a symbol's place.
    pub(crate) fn of_symbol(&self, symbol: &Symbol, name: &str) -> Result<FoundName, TypedError> {
        let module = symbol.module;
        let base = self.base(module);
        let only_symbol = |address| FoundName::Symbol {
            module,
            name: symbol.name.clone(),
            address,
            refused: self.refused_debug_files(module).to_vec(),
        };
        let reader = match symbol.kind {
            // The address of a function is useful without its type.
            RowKind::Function => self.type_reader(module).unwrap_or_default(),
            _ => self.type_reader(module)?,
        };
        let Some(reader) = reader else { return self.untyped(symbol, only_symbol) };
        let shown = display(&symbol.name, symbol.decoration);
        let mut variables = match symbol.kind {
            RowKind::Function => {
                let (shown, _) = function_copies::split(&shown);
                reader.functions(&without_tags(without_arguments(shown))).unwrap_or_default()
            }
            _ => reader.variables(name)?,
        };
        // In split units, gcc writes the address of a thread-local variable's initial value.
        let block = self.thread_local(module).map(|block| block.address);
        let placed = |offset: &u64| self.cut(base.wrapping_add(*offset));
        let is_there = |variable: &&Variable| match (&variable.location, symbol.place) {
            (VariableLocation::Offset(offset), SymbolPlace::Address(address)) => placed(offset) == address,
            // A value that the compiler keeps in another form has the variable's name.
            (VariableLocation::Calculated(steps), SymbolPlace::Address(address)) => steps
                .iter()
                .any(|step| matches!(step, CalculationStep::Address(offset) if placed(offset) == address)),
            (VariableLocation::ThreadLocal(offset), SymbolPlace::ThreadLocal(other)) => {
                *offset == other || block.is_some_and(|block| block.wrapping_add(other) == *offset)
            }
            _ => false,
        };
        if symbol.kind != RowKind::Function && variables.iter().find(is_there).is_none() {
            let others: [&dyn Fn() -> Result<Vec<Variable>, TypeError>; 4] = [
                &|| reader.variables(&shown),
                // Debug information leaves out the arguments of a template's variable, and the linker's name has them.
                &|| reader.variables_linked(&symbol.name),
                // The symbol may have a shorter name than the language gives the variable, as Rust statics with
                // `no_mangle` and variables of C functions do.
                &|| reader.variables_ending(last_part(&shown)),
                // For a template of a constant, GCC writes neither the arguments nor the linker's name.
                &|| reader.variables_ending(last_part(without_template_arguments(&shown))),
            ];
            for other in others {
                let mut found = other()?;
                if found.iter().find(is_there).is_some() {
                    variables = found;
                    break;
                }
                found.retain(|variable| variable.name == name || variable.name == shown);
                if variables.is_empty() {
                    variables = found;
                }
            }
        }
        if let Some(variable) = variables.iter().find(is_there) {
            let location = match symbol.place {
                SymbolPlace::ThreadLocal(offset) => VariableLocation::ThreadLocal(offset),
                SymbolPlace::Address(_) => variable.location.clone(),
            };
            let variable = Variable { location, ..variable.clone() };
            return Ok(FoundName::Variable { module, base, reader, variable });
        }
        // In Mach-O files, it has the address of the descriptor.
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
        // An alias of another variable has no location in debug information.
        let is_declared = |variable: &&Variable| match variable.location {
            VariableLocation::Declared(_) => true,
            VariableLocation::OptimizedAway => variable.is_external && symbol.unit.is_none(),
            _ => false,
        };
        if let Some(variable) = variables.iter().find(is_declared) {
            let location = match symbol.place {
                SymbolPlace::ThreadLocal(offset) => VariableLocation::ThreadLocal(offset),
                SymbolPlace::Address(address) => VariableLocation::Offset(address.wrapping_sub(base)),
            };
            let variable = Variable { location, ..variable.clone() };
            return Ok(FoundName::Variable { module, base, reader, variable });
        }
        // A variable of another source file is another variable.
        let is_of_file =
            |variable: &Variable| symbol.unit.as_ref().is_none_or(|file| is_of_file(&variable.unit, file));
        variables.retain(is_of_file);
        let elsewhere: Vec<Known> =
            variables.iter().filter_map(|variable| self.known_variable(module, variable)).collect();
        if !elsewhere.is_empty() {
            let found = std::iter::once(self.known_symbol(symbol)).chain(elsewhere).collect();
            return Err(SymbolError::several(name, found).into());
        }
        // A symbol with an address cannot be a variable without one, so that variable is another one.
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
                why: "its type is not in the debug information".to_owned(),
            }),
        }
    }
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

/// The last part of a name, without the number that linkers add and the function that clang adds: `calls` for
/// `g::calls`, `calls.0` and `f.calls.1`.
fn last_part(name: &str) -> &str {
    let last = name.rsplit("::").next().unwrap_or(name);
    let is_number = |(_, number): &(&str, &str)| number.bytes().all(|digit| digit.is_ascii_digit());
    let last = last.rsplit_once('.').filter(is_number).map_or(last, |(name, _)| name);
    last.rsplit('.').next().unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_of_a_name_is_what_the_source_has() {
        for name in ["calls", "g::calls", "calls.0", "f.calls", "f.calls.12", "f(int)::calls"] {
            assert_eq!(last_part(name), "calls");
        }
        assert_eq!(without_arguments("f(int (*)(char))"), "f");
        assert_eq!(without_arguments("f"), "f");
    }
}
