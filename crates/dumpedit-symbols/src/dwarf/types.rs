//! Types by name.

use std::sync::{Arc, PoisonError};

use gimli::constants::{self, DwTag};

use super::expressions::integer;
use super::name::{joined, parts};
use super::reading::{HOPS, Place, Reading, TYPES};
use super::unit::Entry;
use super::walk::{By, Walk};
use crate::source_files::is_of_file;
use crate::types::{Shape, TypeError, TypeRef, ValueType};

/// The tag of a type or of one of its parts, its name, and its size, offset or value.
type Shown = (DwTag, String, i128);

impl Reading {
    /// The defined types with a name.
    pub(super) fn types_of(&self, name: &str) -> Result<Vec<TypeRef>, TypeError> {
        self.types_where(name, |_| true)
    }

    /// The defined types with a name in a source file.
    pub(super) fn types_in(&self, name: &str, file: &str) -> Result<Vec<TypeRef>, TypeError> {
        self.types_where(name, |place| is_of_file(&place.unit.addresses.name, file))
    }

    fn types_where(&self, name: &str, is_meant: impl Fn(&Place) -> bool) -> Result<Vec<TypeRef>, TypeError> {
        let asked = parts(name);
        let Some(last) = asked.last().map(|part| part.name.clone()) else { return Ok(Vec::new()) };
        if let Some(walk) = self.walked_by_index(&asked, &last, is_type)? {
            let types = self.different(&walk.found, &is_meant)?;
            if !types.is_empty() {
                return Ok(types);
            }
        }
        let walk = self.walked(Walk::new(&asked, &last, By::Name, is_type))?;
        let types = self.different(&walk.found, &is_meant)?;
        match walk.trouble {
            Some(trouble) if types.is_empty() => Err(trouble),
            _ => Ok(types),
        }
    }

    /// One of each set of equal types that are defined. The types of a header are in every unit that includes it.
    fn different(
        &self,
        places: &[(Place, String)],
        is_meant: impl Fn(&Place) -> bool,
    ) -> Result<Vec<TypeRef>, TypeError> {
        let mut known: Vec<Vec<Shown>> = Vec::new();
        let mut types = Vec::new();
        for (place, _) in places.iter().filter(|(place, _)| is_meant(place)) {
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

    /// The properties that distinguish a type from others with the same name. The types of its members are not read.
    fn shown(&self, place: &Place) -> Result<Vec<Shown>, TypeError> {
        let number = |entry: &Entry, name| i128::from(entry.unsigned(name).unwrap_or(0));
        let mut shown = Vec::new();
        let mut place = place.clone();
        // A typedef is compared by the type that it stands for.
        for _ in 0..HOPS {
            let is_other_name = matches!(
                place.entry.tag,
                constants::DW_TAG_typedef | constants::DW_TAG_const_type | constants::DW_TAG_volatile_type
            );
            let of = self.refers(&place.unit, &place.entry, constants::DW_AT_type)?;
            let Some(key) = of.filter(|_| is_other_name) else { break };
            place = self.place(key)?;
        }
        let entry = &place.entry;
        let size = number(entry, constants::DW_AT_byte_size);
        shown.push((entry.tag, String::new(), size));
        match entry.tag {
            constants::DW_TAG_base_type => {
                shown.push((entry.tag, String::new(), number(entry, constants::DW_AT_encoding)));
            }
            constants::DW_TAG_structure_type
            | constants::DW_TAG_class_type
            | constants::DW_TAG_union_type
            | constants::DW_TAG_enumeration_type => {
                // A type that is only declared is compared by its name.
                if entry.flag(constants::DW_AT_declaration) {
                    shown.push((entry.tag, joined(&self.full_name(&place, false)?), 0));
                }
            }
            // Pointers, arrays and functions are compared by key, since the types they refer to are not read here.
            _ => shown.push((entry.tag, String::new(), place.key().into())),
        }
        for child in self.children(&place)? {
            let at = match child.tag {
                constants::DW_TAG_member => number(&child, constants::DW_AT_data_member_location),
                constants::DW_TAG_enumerator => {
                    child.value(constants::DW_AT_const_value).and_then(integer).unwrap_or(0)
                }
                constants::DW_TAG_inheritance => 0,
                _ => continue,
            };
            let name = self.text(&place.unit, &child, constants::DW_AT_name)?;
            shown.push((child.tag, name.unwrap_or_default(), at));
        }
        Ok(shown)
    }

    /// The definition of a declared type in another unit.
    pub(super) fn definition_of(&self, declared: &ValueType) -> Result<Option<Arc<ValueType>>, TypeError> {
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
                what: format!("units define {} different types named {}", found.len(), declared.name),
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
