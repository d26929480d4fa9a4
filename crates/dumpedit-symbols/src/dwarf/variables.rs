//! Variables and functions by name.

use std::sync::Arc;

use gimli::constants::{self, DwTag};

use super::name::{joined, parts};
use super::reading::{HOPS, Place, Reading, Unit};
use super::search::offset_bytes;
use super::unit::{Entry, Source, Want};
use super::walk::{By, FOUND, Walk, is_variable};
use crate::types::{TypeError, TypeRef, Variable, VariableLocation};

impl Reading {
    /// The variables with a name.
    pub(super) fn variables_of(&self, name: &str) -> Result<Vec<Variable>, TypeError> {
        let asked = parts(name);
        let Some(last) = asked.last().map(|part| part.name.clone()) else { return Ok(Vec::new()) };
        if let Some(walk) = self.walked_by_index(&asked, &last, is_variable)? {
            let variables = self.defined(&walk.found)?;
            if !variables.is_empty() {
                return Ok(variables);
            }
        }
        let mut walk = self.walked(Walk::new(&asked, &last, By::Name, is_variable))?;
        let mut variables = self.defined(&walk.found)?;
        let is_lost = |one: &Variable| one.location == VariableLocation::OptimizedAway;
        if variables.iter().any(is_lost) {
            // With gcc's link-time optimization, DIEs of another unit have the locations.
            walk.found.extend(self.referring(&walk.found, is_variable)?);
            variables = self.defined(&walk.found)?;
        }
        if !variables.is_empty() && variables.iter().all(is_lost) {
            // Another DIE of the variable, in a function that was not walked, may have a location.
            walk = self.walked(Walk::new(&asked, &last, By::Name, is_variable).thorough())?;
            variables = self.defined(&walk.found)?;
        }
        if variables.is_empty() && !walk.found.is_empty() {
            // All of them are declarations. A unit that refers to them may have the definition, without a name.
            let referring = self.referring(&walk.found, is_variable)?;
            variables = self.defined(&referring)?;
            if variables.is_empty() {
                variables = self.declared(&walk.found)?;
            }
        }
        if variables.is_empty()
            && let Some(trouble) = walk.trouble
        {
            return Err(trouble);
        }
        Ok(variables)
    }

    /// The functions with a name that have code.
    pub(super) fn functions_of(&self, name: &str) -> Result<Vec<Variable>, TypeError> {
        let asked = parts(name);
        let Some(last) = asked.last().map(|part| part.name.clone()) else { return Ok(Vec::new()) };
        let mut found = self.walked(Walk::new(&asked, &last, By::Name, is_function))?.found;
        let has_code = |(place, _): &(Place, String)| {
            [constants::DW_AT_low_pc, constants::DW_AT_ranges, constants::DW_AT_entry_pc]
                .iter()
                .any(|name| place.entry.value(*name).is_some())
        };
        if !found.iter().any(has_code) {
            // With gcc's link-time optimization, DIEs of another unit have the code addresses.
            found = self.referring(&found, is_function)?;
        }
        let mut functions = Vec::new();
        for (place, name) in found {
            let Place { unit, entry } = &place;
            let Some(address) = self.entry_address(unit, entry)? else { continue };
            let Some(offset) = address.checked_sub(unit.addresses.object.base) else { continue };
            // The declaration has the function's return type and parameters.
            let mut declared = place.clone();
            for _ in 0..HOPS {
                let Some(key) = self.completes(&declared.unit, &declared.entry)? else { break };
                declared = self.place(key)?;
            }
            let is_apart = entry.value(constants::DW_AT_abstract_origin).is_some();
            let of_source = if is_apart { &declared.unit } else { unit };
            functions.push(Variable {
                name,
                location: VariableLocation::Offset(offset),
                of: TypeRef::Key(declared.key()),
                language: of_source.language,
                unit: of_source.addresses.name.clone(),
                is_external: entry.flag(constants::DW_AT_external),
            });
        }
        Ok(functions)
    }

    /// The full names of variables whose last part is the same.
    pub(super) fn near_names(&self, name: &str) -> Result<Vec<String>, TypeError> {
        let asked = parts(name);
        let Some(last) = asked.last().map(|part| part.name.clone()) else { return Ok(Vec::new()) };
        let mut near = self.walked(Walk::new(&asked, &last, By::Name, is_variable))?.near;
        near.sort();
        near.dedup();
        Ok(near)
    }

    /// The variables whose full names end with a part, in any scope.
    pub(super) fn variables_ending(&self, last: &str) -> Result<Vec<Variable>, TypeError> {
        let walk = self.walked(Walk::new(&[], last, By::LastPart, is_variable))?;
        self.with_places(walk.found)
    }

    /// The variables with a name of the linker's.
    pub(super) fn variables_linked(&self, symbol: &str) -> Result<Vec<Variable>, TypeError> {
        let walk = self.walked(Walk::new(&[], symbol, By::Linkage, is_variable))?;
        self.with_places(walk.found)
    }

    /// The variables that these DIEs describe, and those of DIEs that complete them elsewhere.
    fn with_places(&self, mut found: Vec<(Place, String)>) -> Result<Vec<Variable>, TypeError> {
        if !found.is_empty() {
            found.extend(self.referring(&found, is_variable)?);
        }
        self.defined(&found)
    }

    /// The variables whose DIEs complete a declaration, in the unit of the declaration.
    pub(super) fn completing(&self, declared: u64) -> Result<Vec<Variable>, TypeError> {
        let Place { unit, .. } = self.place(declared)?;
        let mut found = Vec::new();
        self.completing_in(&unit, &[declared], is_variable, &mut found)?;
        self.defined(&found)
    }

    /// The linkage name that a DIE has.
    pub(super) fn linkage_name(&self, unit: &Unit, entry: &Entry) -> Result<Option<String>, TypeError> {
        let mut symbol = None;
        for name in [constants::DW_AT_linkage_name, constants::DW_AT_MIPS_linkage_name] {
            symbol = symbol.or(self.text(unit, entry, name)?);
        }
        Ok(symbol)
    }

    /// The DIEs that complete one of these, which they refer to by its offset in the section.
    fn referring(
        &self,
        declared: &[(Place, String)],
        is_wanted: fn(DwTag) -> bool,
    ) -> Result<Vec<(Place, String)>, TypeError> {
        let mut referring = Vec::new();
        let source: Arc<Source> = self.source(0)?;
        let byte_order = source.object.byte_order;
        let patterns: Vec<Vec<u8>> =
            declared.iter().map(|(place, _)| offset_bytes(place.entry.offset, byte_order)).collect();
        let keys: Vec<u64> = declared.iter().map(|(place, _)| place.key()).collect();
        for candidate in self.units_with(&source, &patterns)? {
            self.completing_in(&self.unit(0, candidate.unit)?, &keys, is_wanted, &mut referring)?;
        }
        Ok(referring)
    }

    /// Adds the DIEs of a unit that complete one of these.
    fn completing_in(
        &self,
        unit: &Arc<Unit>,
        declared: &[u64],
        is_wanted: fn(DwTag) -> bool,
        found: &mut Vec<(Place, String)>,
    ) -> Result<(), TypeError> {
        let mut cursor = unit.source.cursor(&unit.header, unit.header.root)?;
        let want = |tag: DwTag| if is_wanted(tag) { Want::Attributes } else { Want::Nothing };
        while let Some(entry) = cursor.next(want)? {
            let completed = [constants::DW_AT_specification, constants::DW_AT_abstract_origin];
            if let Some(value) = completed.iter().find_map(|name| entry.value(*name))
                && self.reference(unit, value)?.is_some_and(|key| declared.contains(&key))
                && found.len() < FOUND
            {
                let place = Place { unit: Arc::clone(unit), entry };
                let name = joined(&self.full_name(&place, true)?);
                found.push((place, name));
            }
        }
        Ok(())
    }

    /// The variables that these DIEs define, one for each location.
    fn defined(&self, places: &[(Place, String)]) -> Result<Vec<Variable>, TypeError> {
        let mut variables: Vec<Variable> = Vec::new();
        for (place, name) in places {
            let entry = &place.entry;
            let is_defined = !entry.flag(constants::DW_AT_declaration)
                && entry.tag != constants::DW_TAG_member
                || entry.value(constants::DW_AT_location).is_some()
                || entry.value(constants::DW_AT_const_value).is_some();
            if !is_defined {
                continue;
            }
            let variable = self.variable(place, name)?;
            // Several units may have the same variable, with or without its location.
            let lost = |variable: &Variable| variable.location == VariableLocation::OptimizedAway;
            if variables
                .iter()
                .any(|known| known.location == variable.location && known.name == variable.name)
            {
                continue;
            }
            if lost(&variable) && variables.iter().any(|known| known.name == variable.name && !lost(known)) {
                continue;
            }
            if !lost(&variable) {
                variables.retain(|known| {
                    !(lost(known) && known.name == variable.name && known.unit == variable.unit)
                });
            }
            variables.push(variable);
        }
        Ok(variables)
    }

    /// The variables that these DIEs declare, one for each symbol.
    fn declared(&self, places: &[(Place, String)]) -> Result<Vec<Variable>, TypeError> {
        let mut variables: Vec<Variable> = Vec::new();
        for (place, name) in places {
            let mut variable = self.variable(place, name)?;
            let symbol = self.linkage_name(&place.unit, &place.entry)?;
            let own = self.text(&place.unit, &place.entry, constants::DW_AT_name)?;
            let symbol = symbol.or(own).unwrap_or_default();
            variable.location = VariableLocation::Declared(symbol);
            if !variables.iter().any(|known| known.location == variable.location) {
                variables.push(variable);
            }
        }
        Ok(variables)
    }
}

fn is_function(tag: DwTag) -> bool {
    tag == constants::DW_TAG_subprogram
}
