//! The full names of templates that clang writes without arguments (`-gsimple-template-names`): `Box` with a
//! DW_TAG_template_type_parameter is `Box<int>`.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use gimli::AttributeValue;
use gimli::constants::{self, DwTag};

use super::expressions::integer;
use super::name::joined;
use super::reading::{HOPS, NAMES, Place, Reading, Unit, Within};
use super::unit::Entry;
use crate::spelling::{NUMBER_LETTERS, canonical};
use crate::types::{
    Keyword, Language, Shape, TypeError, TypeReader, TypeRef, ValueType, Variable, type_name,
};

/// The prefix of names with `-gsimple-template-names=mangled`. The name follows, then a `|` and the arguments. From
/// LLVM 15 on, another `|` is before the name.
const WITH_BOTH: &str = "_STN";

impl Reading {
    /// A DIE's own name. If it is a template without arguments in its name, they are added from its children.
    pub(super) fn own_name(
        &self,
        unit: &Arc<Unit>,
        entry: &Entry,
        within: Within<'_>,
    ) -> Result<Option<String>, TypeError> {
        let Some(name) = self.text(unit, entry, constants::DW_AT_name)? else { return Ok(None) };
        if let Some(name) = of_both(&name) {
            return Ok(Some(name));
        }
        if unit.language != Language::Cpp || !may_be_template(entry) || has_arguments(&name) {
            return Ok(Some(name));
        }
        let place = Place { unit: Arc::clone(unit), entry: entry.clone() };
        let Some(arguments) = self.template_arguments(&place, within)? else { return Ok(Some(name)) };
        let arguments = arguments.join(", ");
        // Compilers write a blank between two angle brackets, and between an operator and its arguments.
        let before = if name.ends_with('<') { " " } else { "" };
        let behind = if arguments.ends_with('>') { " " } else { "" };
        Ok(Some(format!("{name}{before}<{arguments}{behind}>")))
    }

    /// The same for a DIE on its own, which has a name.
    pub(super) fn name_with_arguments(&self, place: &Place) -> Result<String, TypeError> {
        let left = AtomicU32::new(NAMES);
        Ok(self.own_name(&place.unit, &place.entry, Within::new(&left))?.unwrap_or_default())
    }

    /// The arguments of a template as the language writes them; `None` if the DIE has no template arguments.
    fn template_arguments(&self, of: &Place, within: Within<'_>) -> Result<Option<Vec<String>>, TypeError> {
        let within = within.deeper().ok_or_else(|| too_long(of))?;
        let mut arguments = None;
        for child in self.children(of)? {
            let child = Place { unit: Arc::clone(&of.unit), entry: child };
            let of_child = match child.entry.tag {
                constants::DW_TAG_template_type_parameter => {
                    let type_ = self.type_ref(&child.unit, &child.entry, constants::DW_AT_type)?;
                    vec![type_name(&ArgumentTypes { reading: self, within }, &type_, Language::Cpp)?]
                }
                constants::DW_TAG_template_value_parameter => vec![self.template_value(&child, within)?],
                constants::DW_TAG_GNU_template_template_param => {
                    let name = self.text(&child.unit, &child.entry, constants::DW_AT_GNU_template_name)?;
                    vec![name.unwrap_or_default()]
                }
                constants::DW_TAG_GNU_template_parameter_pack => {
                    self.template_arguments(&child, within)?.unwrap_or_default()
                }
                _ => continue,
            };
            arguments.get_or_insert_with(Vec::new).extend(of_child);
        }
        Ok(arguments)
    }

    /// A value argument, as clang writes it.
    fn template_value(&self, argument: &Place, within: Within<'_>) -> Result<String, TypeError> {
        let Place { unit, entry } = argument;
        let Some(value) = entry.value(constants::DW_AT_const_value).and_then(integer) else {
            // If an argument has no number, such as an address, clang leaves the arguments in the name.
            return Ok("?".into());
        };
        let of = self.type_ref(unit, entry, constants::DW_AT_type)?;
        let written = type_name(&ArgumentTypes { reading: self, within }, &of, Language::Cpp)?;
        let mut of = of;
        let mut tag = DwTag(0);
        for _ in 0..HOPS {
            let TypeRef::Key(key) = of else { break };
            let place = self.place(key)?;
            tag = place.entry.tag;
            if !matches!(tag, constants::DW_TAG_typedef | constants::DW_TAG_const_type) {
                break;
            }
            of = self.type_ref(&place.unit, &place.entry, constants::DW_AT_type)?;
        }
        Ok(match tag {
            constants::DW_TAG_enumeration_type => format!("({written}){value}"),
            constants::DW_TAG_pointer_type | constants::DW_TAG_ptr_to_member_type if value == 0 => {
                "nullptr".into()
            }
            constants::DW_TAG_base_type => number(&canonical(&written), value),
            _ => value.to_string(),
        })
    }
}

/// The name and the arguments of a name that has [`WITH_BOTH`] before it, joined.
fn of_both(name: &str) -> Option<String> {
    let both = name.strip_prefix(WITH_BOTH)?;
    let (name, arguments) = both.strip_prefix('|').unwrap_or(both).split_once('|')?;
    Some(format!("{name}{arguments}"))
}

/// A number of a type, as an argument of a template.
fn number(type_name: &str, value: i128) -> String {
    let character = || match u8::try_from(value & 0xff) {
        Ok(byte @ b' '..=b'~') if byte != b'\'' && byte != b'\\' => format!("'{}'", char::from(byte)),
        byte => format!("'\\x{:02x}'", byte.unwrap_or_default()),
    };
    match type_name {
        "bool" => (value != 0).to_string(),
        "char" => character(),
        "signed char" | "unsigned char" => format!("({type_name}){}", character()),
        "int" => value.to_string(),
        _ => match NUMBER_LETTERS.iter().find(|(of, _)| *of == type_name) {
            Some((_, letters)) => format!("{value}{}", letters.to_ascii_uppercase()),
            None => format!("({type_name}){value}"),
        },
    }
}

/// Whether a DIE may be of a template whose name has no arguments. A variable's DIE never has arguments in its name;
/// the linker's name of the variable has them.
fn may_be_template(entry: &Entry) -> bool {
    let is_of_kind = matches!(
        entry.tag,
        constants::DW_TAG_structure_type
            | constants::DW_TAG_class_type
            | constants::DW_TAG_union_type
            | constants::DW_TAG_subprogram
            | constants::DW_TAG_template_alias
    );
    is_of_kind && entry.has_children
}

/// Whether a name contains template arguments.
fn has_arguments(name: &str) -> bool {
    let Some(operator) = name.strip_prefix("operator") else { return name.contains('<') };
    let behind = operator.trim_start_matches(|sign: char| !sign.is_alphanumeric() && sign != ' ');
    behind.contains(['<', '>'])
}

/// Whether a DIE with this name may have the name that is asked for, once its arguments are added.
pub(super) fn may_get_arguments(asked: &str, known: &str) -> bool {
    known.starts_with(WITH_BOTH)
        || asked.strip_prefix(known).is_some_and(|behind| behind.trim_start().starts_with('<'))
}

/// The forms in which a name with arguments may be in the file.
pub(super) fn needles(name: &str) -> Vec<Vec<u8>> {
    match name.find('<') {
        // Arguments are written in several ways, or are not in the name.
        Some(at) if at > 0 => {
            let plain = name.get(..at).unwrap_or(name).trim_end();
            let written = [
                format!("{plain}<"),
                format!("{plain}\0"),
                format!("{WITH_BOTH}{plain}|<"),
                format!("{WITH_BOTH}|{plain}|<"),
            ];
            written.into_iter().map(String::into_bytes).collect()
        }
        _ => vec![format!("{name}\0").into()],
    }
}

/// A reader of argument types that reads no more than their names need. A class may be an argument of its own base
/// class.
struct ArgumentTypes<'r> {
    reading: &'r Reading,
    within: Within<'r>,
}

impl TypeReader for ArgumentTypes<'_> {
    fn read(&self, type_: &TypeRef) -> Result<Arc<ValueType>, TypeError> {
        let place = match type_ {
            TypeRef::Void => return Ok(ValueType::void()),
            TypeRef::Known(known) => return Ok(Arc::clone(known)),
            TypeRef::Key(key) => self.reading.place(*key)?,
        };
        let within = self.within.deeper().ok_or_else(|| too_long(&place))?;
        let is_named = place.entry.value(constants::DW_AT_name).is_some()
            || matches!(
                place.entry.value(constants::DW_AT_signature),
                Some(AttributeValue::DebugTypesRef(_))
            );
        Ok(Arc::new(match place.entry.tag {
            _ if is_named => {
                let name = joined(&self.reading.full_name_within(&place, false, within)?);
                ValueType::new(name, None, Shape::Void)
            }
            constants::DW_TAG_structure_type | constants::DW_TAG_class_type => {
                ValueType::new("", None, Shape::Declared(Keyword::Struct))
            }
            constants::DW_TAG_union_type => ValueType::new("", None, Shape::Declared(Keyword::Union)),
            constants::DW_TAG_enumeration_type => ValueType::new("", None, Shape::Declared(Keyword::Enum)),
            _ => self.reading.type_of(&place)?,
        }))
    }

    fn variables(&self, _name: &str) -> Result<Vec<Variable>, TypeError> {
        Ok(Vec::new())
    }

    fn types(&self, _name: &str) -> Result<Vec<TypeRef>, TypeError> {
        Ok(Vec::new())
    }
}

fn too_long(place: &Place) -> TypeError {
    place.unit.damaged(&place.entry, "a template has too many arguments")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_their_arguments_need_no_others() {
        for (name, has) in [
            ("Box<int>", true),
            ("Box", false),
            ("operator<", false),
            ("operator->", false),
            ("operator<=>", false),
            ("operator< <int>", true),
            ("operator<<<int>", true),
            ("operator std::vector<int>", true),
            ("operator int", false),
        ] {
            assert_eq!(has_arguments(name), has, "{name}");
        }
        for name in ["_STN|Box|<int>", "_STNBox|<int>"] {
            assert_eq!(of_both(name).unwrap(), "Box<int>");
        }
        assert_eq!(of_both("_STNother"), None);
        assert!(may_get_arguments("Box<int>", "Box") && !may_get_arguments("Box<int>", "Bo"));
        assert!(!may_get_arguments("Box", "Box"));
    }

    #[test]
    fn values_are_written_as_clang_does() {
        for (of, value, expected) in [
            ("int", -3, "-3"),
            ("unsigned long", 3, "3UL"),
            ("bool", 1, "true"),
            ("char", 97, "'a'"),
            ("char", -1, "'\\xff'"),
            ("short", 3, "(short)3"),
        ] {
            assert_eq!(number(of, value), expected);
        }
    }
}
