//! Variables and types by their names.

use std::sync::{Arc, PoisonError};

use gimli::constants::{self, DwTag};
use gimli::{AttributeValue, Operation};

use super::convert::operations;
use super::name::{Part, is_same, joined, matches, parts};
use super::reading::{HOPS, Place, Reading, TYPES, Unit};
use super::scopes::is_scope;
use super::search::{Candidate, offset_bytes};
use super::unit::{Entry, Source, Want};
use crate::types::{Shape, Type, TypeError, TypeRef, Variable, VariableLocation};

/// The most variables or types of one name.
const FOUND: usize = 256;
/// The most names that are told as near ones.
const NEAR: usize = 8;
/// How deep entries lie in each other.
const DEPTH: u32 = 4096;

/// What a walk over units looks for, and what it found.
struct Walk<'a> {
    asked: &'a [Part],
    last: &'a str,
    wanted: fn(DwTag) -> bool,
    /// That what can only tell what is known otherwise is walked too.
    thorough: bool,
    /// The entries with this name, and their full names.
    found: Vec<(Place, String)>,
    /// The full names that end alike.
    near: Vec<String>,
    /// Why something could not be looked at.
    trouble: Option<TypeError>,
}

/// The tag of a type or of a part of it, its name, and its size, place or value.
type Shown = (DwTag, String, u64);

fn is_variable(tag: DwTag) -> bool {
    matches!(tag, constants::DW_TAG_variable | constants::DW_TAG_member | constants::DW_TAG_constant)
}

fn is_type(tag: DwTag) -> bool {
    matches!(
        tag,
        constants::DW_TAG_structure_type
            | constants::DW_TAG_class_type
            | constants::DW_TAG_union_type
            | constants::DW_TAG_enumeration_type
            | constants::DW_TAG_typedef
            | constants::DW_TAG_base_type
    )
}

impl Reading {
    /// The variables of a name.
    pub(super) fn variables_of(&self, name: &str) -> Result<Vec<Variable>, TypeError> {
        let asked = parts(name);
        let Some(last) = asked.last().map(|part| part.name.clone()) else { return Ok(Vec::new()) };
        if let Some(walk) = self.walked_by_index(&asked, &last, is_variable)? {
            let variables = self.defined(&walk.found)?;
            if !variables.is_empty() {
                return Ok(variables);
            }
        }
        let mut walk = self.walked(&asked, &last, is_variable, false)?;
        let mut variables = self.defined(&walk.found)?;
        let is_lost = |one: &Variable| one.location == VariableLocation::OptimizedAway;
        if variables.iter().any(is_lost) {
            // Where gcc optimises while linking, entries of another unit have the places.
            walk.found.extend(self.referring(&walk.found)?);
            variables = self.defined(&walk.found)?;
        }
        if !variables.is_empty() && variables.iter().all(is_lost) {
            // Another entry of it, in a function that was not walked, may have a place.
            walk = self.walked(&asked, &last, is_variable, true)?;
            variables = self.defined(&walk.found)?;
        }
        if variables.is_empty() && !walk.found.is_empty() {
            // Only declarations: what defines them may be in a unit that refers to them and has no name of its own.
            let referring = self.referring(&walk.found)?;
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

    /// The functions of a name that have code.
    pub(super) fn functions_of(&self, name: &str) -> Result<Vec<Variable>, TypeError> {
        let asked = parts(name);
        let Some(last) = asked.last().map(|part| part.name.clone()) else { return Ok(Vec::new()) };
        let walk = self.walked(&asked, &last, |tag| tag == constants::DW_TAG_subprogram, false)?;
        let mut functions = Vec::new();
        for (place, name) in walk.found {
            let Place { unit, entry } = &place;
            let address = match entry.value(constants::DW_AT_low_pc) {
                Some(AttributeValue::Addr(address)) => *address,
                Some(AttributeValue::DebugAddrIndex(index)) => self.address(unit, index.0 as u64)?,
                _ => continue,
            };
            let Some(offset) = address.checked_sub(unit.addresses.object.base) else { continue };
            // What it returns and takes stands where it is declared.
            let mut declared = place.clone();
            for _ in 0..HOPS {
                let Some(key) = self.completes(&declared.unit, &declared.entry)? else { break };
                declared = self.place(key)?;
            }
            functions.push(Variable {
                name,
                location: VariableLocation::Offset(offset),
                of: TypeRef::Key(declared.key()),
                language: unit.language,
                unit: unit.addresses.name.clone(),
            });
        }
        Ok(functions)
    }

    /// The full names of variables that end alike.
    pub(super) fn near_names(&self, name: &str) -> Result<Vec<String>, TypeError> {
        let asked = parts(name);
        let Some(last) = asked.last().map(|part| part.name.clone()) else { return Ok(Vec::new()) };
        let mut near = self.walked(&asked, &last, is_variable, false)?.near;
        near.sort();
        near.dedup();
        Ok(near)
    }

    /// The defined types of a name.
    pub(super) fn types_of(&self, name: &str) -> Result<Vec<TypeRef>, TypeError> {
        let asked = parts(name);
        let Some(last) = asked.last().map(|part| part.name.clone()) else { return Ok(Vec::new()) };
        if let Some(walk) = self.walked_by_index(&asked, &last, is_type)? {
            let types = self.different(&walk.found)?;
            if !types.is_empty() {
                return Ok(types);
            }
        }
        let walk = self.walked(&asked, &last, is_type, false)?;
        let types = self.different(&walk.found)?;
        match walk.trouble {
            Some(trouble) if types.is_empty() => Err(trouble),
            _ => Ok(types),
        }
    }

    /// One of each of the defined types that differ from each other: a header's types are in every unit that includes it.
    fn different(&self, places: &[(Place, String)]) -> Result<Vec<TypeRef>, TypeError> {
        let mut known: Vec<Vec<Shown>> = Vec::new();
        let mut types = Vec::new();
        for (place, _) in places {
            let mut place = place.clone();
            if let Some(key) = self.refers(&place.unit, &place.entry, constants::DW_AT_signature)? {
                place = self.place(key)?;
            }
            if place.entry.flag(constants::DW_AT_declaration) {
                continue;
            }
            let shown = self.shown(&place)?;
            if !known.contains(&shown) {
                known.push(shown);
                types.push(TypeRef::Key(place.key()));
            }
        }
        Ok(types)
    }

    /// What tells a type from others of its name, without reading its members' types.
    fn shown(&self, place: &Place) -> Result<Vec<Shown>, TypeError> {
        let number = |entry: &Entry, name| entry.unsigned(name).unwrap_or(0);
        let size = number(&place.entry, constants::DW_AT_byte_size);
        let mut shown = vec![(place.entry.tag, String::new(), size)];
        for child in self.children(place)? {
            let at = match child.tag {
                constants::DW_TAG_member => number(&child, constants::DW_AT_data_member_location),
                constants::DW_TAG_enumerator => number(&child, constants::DW_AT_const_value),
                constants::DW_TAG_inheritance => 0,
                _ => continue,
            };
            let name = self.text(&place.unit, &child, constants::DW_AT_name)?;
            shown.push((child.tag, name.unwrap_or_default(), at));
        }
        Ok(shown)
    }

    /// The definition of a declared type in another unit.
    pub(super) fn definition_of(&self, declared: &Type) -> Result<Option<Arc<Type>>, TypeError> {
        {
            let definitions = self.definitions.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = definitions.get(&declared.name) {
                return Ok(known.clone());
            }
        }
        let mut found = Vec::new();
        for type_ in self.types_of(&declared.name)? {
            let TypeRef::Key(key) = type_ else { continue };
            let type_ = self.read_type(key)?;
            if matches!(type_.shape, Shape::Struct { .. } | Shape::Enum { .. }) {
                found.push(type_);
            }
        }
        if found.len() > 1 {
            return Err(TypeError::Ambiguous {
                path: self.main.path().to_owned(),
                what: format!(
                    "units define {} different types that are called {}",
                    found.len(),
                    declared.name
                ),
            });
        }
        let definition = found.pop();
        let mut definitions = self.definitions.lock().unwrap_or_else(PoisonError::into_inner);
        if definitions.len() >= TYPES {
            definitions.clear();
        }
        definitions.insert(declared.name.clone(), definition.clone());
        Ok(definition)
    }

    /// Walks the units that an index has for a name, where it has any.
    fn walked_by_index<'a>(
        &self,
        asked: &'a [Part],
        last: &'a str,
        wanted: fn(DwTag) -> bool,
    ) -> Result<Option<Walk<'a>>, TypeError> {
        let source = self.source(0)?;
        let Some(units) = self.indexed(&source, asked) else { return Ok(None) };
        let mut walk =
            Walk { asked, last, wanted, thorough: false, found: Vec::new(), near: Vec::new(), trouble: None };
        for offset in units {
            match self.unit(0, offset).and_then(|unit| self.whole(&unit)) {
                Ok(whole) => {
                    let candidate = Candidate { unit: whole.header.offset, hits: None };
                    self.walk_unit(whole.number, &candidate, &mut walk);
                }
                Err(error) => walk.trouble = Some(error),
            }
        }
        Ok(Some(walk).filter(|walk| walk.trouble.is_none()))
    }

    /// Walks the units that can have the name.
    fn walked<'a>(
        &self,
        asked: &'a [Part],
        last: &'a str,
        wanted: fn(DwTag) -> bool,
        thorough: bool,
    ) -> Result<Walk<'a>, TypeError> {
        let mut walk =
            Walk { asked, last, wanted, thorough, found: Vec::new(), near: Vec::new(), trouble: None };
        // Split units are walked through their skeletons.
        let mut own = vec![0];
        own.extend(self.sibling_source(&*self.source(0)?, "debug_types"));
        match self.supplementary() {
            Ok(number) => own.extend(number),
            Err(error) => walk.trouble = Some(error),
        }
        for number in own {
            let source = self.source(number)?;
            for candidate in self.candidates(&source, last)? {
                self.walk_unit(number, &candidate, &mut walk);
            }
            if walk.trouble.is_none() {
                walk.trouble = source.damage();
            }
        }
        self.walk_splits(&mut walk)?;
        Ok(walk)
    }

    fn walk_unit(&self, number: u32, candidate: &Candidate, walk: &mut Walk<'_>) {
        // So many of one name tell enough: they are ambiguous, or a header's.
        if walk.found.len() >= FOUND {
            return;
        }
        let hits = candidate.hits.as_deref().filter(|_| !walk.thorough);
        let result = self.unit(number, candidate.unit).and_then(|unit| self.visit(&unit, hits, walk));
        if let Err(error) = result {
            walk.trouble.get_or_insert(error);
        }
    }

    /// Walks the split units whose files can have the name.
    fn walk_splits(&self, walk: &mut Walk<'_>) -> Result<(), TypeError> {
        let source = self.source(0)?;
        if source.object.section("debug_addr").is_none() {
            return Ok(());
        }
        let mut candidates: Vec<(u32, Vec<Candidate>)> = Vec::new();
        for offset in &source.units().offsets {
            let header = source.header(*offset)?;
            if header.encoding.version >= 5 && header.split_id.is_none() {
                continue;
            }
            let whole = self.unit(0, *offset).and_then(|unit| {
                let whole = self.whole(&unit)?;
                Ok((!Arc::ptr_eq(&unit, &whole)).then_some(whole))
            });
            let whole = match whole {
                Ok(Some(whole)) => whole,
                Ok(None) => continue,
                Err(error) => {
                    walk.trouble.get_or_insert(error);
                    continue;
                }
            };
            if !candidates.iter().any(|(number, _)| *number == whole.number) {
                candidates.truncate(64);
                candidates.insert(0, (whole.number, self.candidates(&whole.source, walk.last)?));
            }
            let known = candidates.iter().find(|(number, _)| *number == whole.number);
            let is_it = |candidate: &&Candidate| candidate.unit == whole.header.offset;
            if let Some(candidate) = known.and_then(|(_, units)| units.iter().find(is_it)) {
                self.walk_unit(whole.number, candidate, walk);
            }
        }
        Ok(())
    }

    /// Walks one unit. Where it is known at which offsets the name can be meant, what has none of them is passed over.
    fn visit(&self, unit: &Arc<Unit>, hits: Option<&[u64]>, walk: &mut Walk<'_>) -> Result<(), TypeError> {
        let is_wanted = walk.wanted;
        let want = |tag: DwTag| match (is_wanted(tag), is_scope(tag)) {
            (true, _) => Want::Attributes,
            // They say where their children end.
            (_, true) if hits.is_some() || walk.asked.len() == 1 => Want::Attributes,
            (_, true) => Want::Tag,
            _ => Want::Nothing,
        };
        let is_hit = |from: u64, to: u64| {
            hits.is_none_or(|hits| {
                hits.get(hits.partition_point(|hit| *hit < from)).is_some_and(|hit| *hit < to)
            })
        };
        let mut cursor = unit.source.cursor(&unit.header, unit.header.root)?;
        // The scopes around the next entry: depth, offset, and whether it is a function.
        let mut scopes: Vec<(u32, u64, bool)> = Vec::new();
        let mut found: Vec<(Entry, Vec<u64>)> = Vec::new();
        while let Some(entry) = cursor.next(want)? {
            for (closed, _) in cursor.take_closed() {
                while scopes.pop_if(|(depth, ..)| *depth >= closed).is_some() {}
            }
            while scopes.pop_if(|(depth, ..)| *depth >= entry.depth).is_some() {}
            if entry.depth > DEPTH {
                return Err(unit.damaged(&entry, "entries lie deeper in each other than is followed"));
            }
            let in_function = scopes.iter().any(|(.., is_function)| *is_function);
            // A member of a struct is a variable where it is a static one.
            let is_static = entry.tag != constants::DW_TAG_member
                || entry.flag(constants::DW_AT_declaration)
                || entry.flag(constants::DW_AT_external);
            let is_candidate = is_wanted(entry.tag) && is_static && (!in_function || walk.asked.len() > 1);
            let has_own_name = entry.value(constants::DW_AT_name).is_some();
            if is_candidate
                && (!has_own_name || is_hit(entry.offset, cursor.offset()))
                && has_name(self, unit, &entry, walk.last, &mut walk.trouble)?
            {
                found.push((entry.clone(), scopes.iter().rev().map(|(_, offset, _)| *offset).collect()));
            }
            if is_scope(entry.tag) && entry.has_children {
                let is_function = entry.tag == constants::DW_TAG_subprogram;
                let is_namespace = entry.tag == constants::DW_TAG_namespace;
                // What is in a namespace may complete an entry elsewhere, and has no name of its own then.
                let is_empty = match cursor.end_of_children(&entry) {
                    Some(end) => !is_namespace && !is_hit(cursor.offset(), end),
                    None => false,
                };
                let is_unneeded = is_empty || is_function && walk.asked.len() == 1;
                if !(is_unneeded && cursor.skip_children(&entry)) {
                    scopes.push((entry.depth, entry.offset, is_function));
                }
            }
        }
        for (entry, around) in found {
            let place = Place { unit: Arc::clone(unit), entry };
            let functions = is_variable(place.entry.tag);
            let known = self.name_in(&place, &around, functions)?;
            if !matches(walk.asked, &known) {
                if walk.near.len() < NEAR {
                    walk.near.push(joined(&known));
                }
            } else if walk.found.len() < FOUND {
                walk.found.push((place, joined(&known)));
            }
        }
        Ok(())
    }

    /// The entries of units that refer to one of these by its offset in the section and complete it.
    fn referring(&self, declared: &[(Place, String)]) -> Result<Vec<(Place, String)>, TypeError> {
        let mut referring = Vec::new();
        let source: Arc<Source> = self.source(0)?;
        let byte_order = source.object.byte_order;
        let patterns: Vec<Vec<u8>> =
            declared.iter().map(|(place, _)| offset_bytes(place.entry.offset, byte_order)).collect();
        let keys: Vec<u64> = declared.iter().map(|(place, _)| place.key()).collect();
        for candidate in self.units_with(&source, &patterns)? {
            let unit = self.unit(0, candidate.unit)?;
            let mut cursor = source.cursor(&unit.header, unit.header.root)?;
            let want = |tag: DwTag| if is_variable(tag) { Want::Attributes } else { Want::Nothing };
            while let Some(entry) = cursor.next(want)? {
                let completed = [constants::DW_AT_specification, constants::DW_AT_abstract_origin];
                if let Some(value) = completed.iter().find_map(|name| entry.value(*name))
                    && self.reference(&unit, value)?.is_some_and(|key| keys.contains(&key))
                    && referring.len() < FOUND
                {
                    let place = Place { unit: Arc::clone(&unit), entry };
                    let name = joined(&self.full_name(&place, true)?);
                    referring.push((place, name));
                }
            }
        }
        Ok(referring)
    }

    /// The variables of these entries that are defined, each place once.
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
            // The same variable may be told by several units, and with and without its place.
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

    /// What is declared by these entries, each symbol once.
    fn declared(&self, places: &[(Place, String)]) -> Result<Vec<Variable>, TypeError> {
        let mut variables: Vec<Variable> = Vec::new();
        for (place, name) in places {
            let mut variable = self.variable(place, name)?;
            let linkage = [constants::DW_AT_linkage_name, constants::DW_AT_MIPS_linkage_name];
            let mut symbol = None;
            for name in linkage {
                symbol = symbol.or(self.text(&place.unit, &place.entry, name)?);
            }
            let own = self.text(&place.unit, &place.entry, constants::DW_AT_name)?;
            let symbol = symbol.or(own).unwrap_or_default();
            variable.location = VariableLocation::Declared(symbol);
            if !variables.iter().any(|known| known.location == variable.location) {
                variables.push(variable);
            }
        }
        Ok(variables)
    }

    fn variable(&self, place: &Place, name: &str) -> Result<Variable, TypeError> {
        let Place { unit, entry } = place;
        let mut of = TypeRef::Void;
        let mut constant = None;
        let mut from = place.clone();
        for _ in 0..HOPS {
            if of == TypeRef::Void {
                of = self.type_ref(&from.unit, &from.entry, constants::DW_AT_type)?;
            }
            if constant.is_none()
                && let Some(value) = from.entry.value(constants::DW_AT_const_value)
            {
                constant = Some(self.constant(&from.unit, value, &of)?);
            }
            let Some(key) = self.completes(&from.unit, &from.entry)? else { break };
            from = self.place(key)?;
        }
        let location = match entry.value(constants::DW_AT_location) {
            Some(AttributeValue::Exprloc(expression)) => match operations(expression, unit) {
                Some(operations) => self.location(unit, &operations)?,
                None => VariableLocation::Computed,
            },
            Some(AttributeValue::LocationListsRef(_) | AttributeValue::DebugLocListsIndex(_)) => {
                VariableLocation::Computed
            }
            _ => constant.map_or(VariableLocation::OptimizedAway, VariableLocation::Value),
        };
        // What was optimised while linking is in a unit of no source file.
        let is_apart = entry.value(constants::DW_AT_abstract_origin).is_some();
        let of_source = if is_apart { &from.unit } else { unit };
        let (language, unit) = (of_source.language, of_source.addresses.name.clone());
        Ok(Variable { name: name.to_owned(), location, of, language, unit })
    }

    fn location(
        &self,
        unit: &Unit,
        operations: &[Operation<super::unit::Slice>],
    ) -> Result<VariableLocation, TypeError> {
        let number = |operation: &Operation<super::unit::Slice>| {
            Ok::<_, TypeError>(match operation {
                Operation::Address { address } => Some(*address),
                Operation::AddressIndex { index } | Operation::ConstantIndex { index } => {
                    Some(self.address(unit, index.0 as u64)?)
                }
                Operation::UnsignedConstant { value } => Some(*value),
                Operation::SignedConstant { value } => u64::try_from(*value).ok(),
                _ => None,
            })
        };
        let object = &unit.addresses.object;
        let all_ones = match unit.header.encoding.address_size {
            4 => u64::from(u32::MAX),
            _ => u64::MAX,
        };
        let placed = |address: u64| match address.checked_sub(object.base) {
            // What linkers put where the variable is gone.
            _ if address == 0 || address >= all_ones - 1 => VariableLocation::OptimizedAway,
            Some(offset) => VariableLocation::Offset(offset),
            None => VariableLocation::Computed,
        };
        Ok(match operations {
            [Operation::Address { .. } | Operation::AddressIndex { .. }] => {
                match operations.first().map(number) {
                    Some(address) => address?.map_or(VariableLocation::Computed, placed),
                    None => VariableLocation::Computed,
                }
            }
            [
                address @ (Operation::Address { .. } | Operation::AddressIndex { .. }),
                Operation::PlusConstant { value },
            ] => match number(address)?.and_then(|address| address.checked_add(*value)) {
                Some(address) => placed(address),
                None => VariableLocation::Computed,
            },
            [offset, Operation::TLS] => {
                number(offset)?.map_or(VariableLocation::Computed, VariableLocation::ThreadLocal)
            }
            [Operation::ImplicitValue { data }] => {
                use gimli::Reader;
                VariableLocation::Value(data.to_slice().unwrap_or_default().into_owned())
            }
            [] => VariableLocation::OptimizedAway,
            _ => VariableLocation::Computed,
        })
    }
}

/// Whether an entry, or what it completes, has the name that is asked for.
fn has_name(
    reading: &Reading,
    unit: &Arc<Unit>,
    entry: &Entry,
    last: &str,
    trouble: &mut Option<TypeError>,
) -> Result<bool, TypeError> {
    let mut place = Place { unit: Arc::clone(unit), entry: entry.clone() };
    for _ in 0..HOPS {
        let name = reading.text(&place.unit, &place.entry, constants::DW_AT_name);
        match name {
            Ok(Some(name)) => return Ok(is_same(last, &name)),
            Ok(None) => {}
            Err(error @ TypeError::Incomplete { .. }) => {
                trouble.get_or_insert(error);
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
        match reading.completes(&place.unit, &place.entry) {
            Ok(Some(key)) => place = reading.place(key)?,
            Ok(None) => return Ok(false),
            Err(error @ TypeError::Incomplete { .. }) => {
                trouble.get_or_insert(error);
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}
