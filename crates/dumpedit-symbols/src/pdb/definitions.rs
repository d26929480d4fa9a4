//! The types that a PDB defines, and the definitions that declarations mean.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::fmt::Write;
use std::hash::{Hash, Hasher};

use super::records::{FIRST_RECORD, Field, Record, Records, Tag, Tagged};

/// The most types of one name.
pub(super) const MOST_OF_A_NAME: usize = 1 << 10;
/// The deepest nesting of types that are compared.
const MOST_DEPTH: u32 = 16;
/// The most fields of types that are compared, with those of structs inside structs. Types with more are taken for
/// different ones.
const MOST_FIELDS: usize = 1 << 14;

/// The numbers of defined types, by the hashes of their names and of their unique names.
pub(super) struct Definitions {
    by_name: HashMap<u64, Vec<u32>>,
}

impl Definitions {
    pub(super) fn of(records: &Records) -> Definitions {
        let mut by_name: HashMap<u64, Vec<u32>> = HashMap::new();
        for number in records.numbers() {
            let Some(Record::Tagged(tagged)) = records.get(number) else { continue };
            if tagged.forward {
                continue;
            }
            let names = [Some(tagged.name), tagged.unique_name.filter(|name| *name != tagged.name)];
            for name in names.into_iter().flatten() {
                let numbers = by_name.entry(hash(name)).or_default();
                if numbers.len() < MOST_OF_A_NAME {
                    numbers.push(number);
                }
            }
        }
        Definitions { by_name }
    }

    /// The numbers of types that may have a name or unique name.
    pub(super) fn may_be(&self, name: &[u8]) -> &[u32] {
        self.by_name.get(&hash(name)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The definition of a type that is only declared: by its unique name, or by its name if it has no unique one.
    /// `None` if there is no definition, or if object files have different ones.
    pub(super) fn meant<'a>(&self, records: &'a Records, declared: &Tagged<'_>) -> Option<Tagged<'a>> {
        let key = declared.unique_name.unwrap_or(declared.name);
        let is_meant = |tagged: &Tagged<'_>| {
            tagged.unique_name.unwrap_or(tagged.name) == key && tagged.tag.is_alike(declared.tag)
        };
        match self.different(records, key, is_meant).as_slice() {
            [only] => tagged(records, *only),
            _ => None,
        }
    }

    /// The numbers of the types with a name or unique name that differ from one another. Of equal types, the first is
    /// returned.
    pub(super) fn different(
        &self,
        records: &Records,
        name: &[u8],
        is_meant: impl Fn(&Tagged<'_>) -> bool,
    ) -> Vec<u32> {
        let is_it = |number: &u32| tagged(records, *number).is_some_and(|tagged| is_meant(&tagged));
        let mut all = self.may_be(name).iter().copied().filter(is_it);
        let mut found: Vec<u32> = all.next().into_iter().collect();
        let mut contents = Vec::new();
        for number in all {
            if contents.is_empty() {
                contents.extend(found.first().map(|first| self.content(records, *first)));
            }
            let content = self.content(records, number);
            if content.is_none() || !contents.contains(&content) {
                found.push(number);
                contents.push(content);
            }
        }
        found
    }

    /// The content of a type as a text, which is equal for types with the same content; `None` if there is too much of
    /// it.
    fn content(&self, records: &Records, number: u32) -> Option<String> {
        let mut content = Content { definitions: self, records, text: String::new(), left: MOST_FIELDS };
        content.add_fields(&tagged(records, number)?, MOST_DEPTH)?;
        Some(content.text)
    }
}

/// The content of types as text.
struct Content<'a> {
    definitions: &'a Definitions,
    records: &'a Records,
    text: String,
    /// The number of fields that may still be added.
    left: usize,
}

impl Content<'_> {
    fn add(&mut self, text: std::fmt::Arguments<'_>) -> Option<()> {
        self.text.write_fmt(text).ok()
    }

    fn add_fields(&mut self, tagged: &Tagged<'_>, depth: u32) -> Option<()> {
        self.add(format_args!("{} {}{{", tagged.size, tagged.underlying))?;
        let mut next = tagged.fields;
        while next != 0 {
            let Record::Fields(mut fields) = self.records.get(next)? else { return None };
            next = 0;
            while let Some(field) = fields.next().ok()? {
                self.left = self.left.checked_sub(1)?;
                match field {
                    Field::Member { of, offset, name } => {
                        self.add(format_args!("{offset} {} ", name.escape_ascii()))?;
                        self.add_type(of, depth)?;
                    }
                    Field::Base { of, offset } => {
                        self.add(format_args!("{offset} : "))?;
                        self.add_type(of, depth)?;
                    }
                    Field::VirtualBase { of, pointer_at, entry } => {
                        self.add(format_args!("{pointer_at} {entry} : "))?;
                        self.add_type(of, depth)?;
                    }
                    Field::Value { value, name } => {
                        self.add(format_args!("{} = {value};", name.escape_ascii()))?;
                    }
                    Field::More(more) => next = more,
                    Field::Static { .. } | Field::FunctionTable { .. } | Field::Other => {}
                }
            }
        }
        self.add(format_args!("}}"))
    }

    /// Adds a member's type: its content if the member contains it, or its name if the member is a pointer to it.
    fn add_type(&mut self, number: u32, depth: u32) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        if number < FIRST_RECORD {
            return self.add(format_args!("{number:x};"));
        }
        match self.records.get(number)? {
            Record::Modifier { of, .. } | Record::Alias { of, .. } => self.add_type(of, depth),
            Record::Array { element, size } => {
                self.add(format_args!("[{size}]"))?;
                self.add_type(element, depth)
            }
            Record::BitField { of, count, first } => {
                self.add(format_args!("{first}:{count} "))?;
                self.add_type(of, depth)
            }
            Record::Pointer(pointer) => {
                self.add(format_args!("*{} {} ", pointer.size, pointer.mode))?;
                match self.records.get(pointer.to) {
                    Some(Record::Tagged(to)) => self.add(format_args!("{};", to.name.escape_ascii())),
                    _ => self.add_type(pointer.to, depth),
                }
            }
            Record::Tagged(part) if part.forward => match self.definitions.may_be(part.name) {
                [only] => {
                    let only = tagged(self.records, *only)?;
                    self.add_fields(&only, depth)
                }
                _ => self.add(format_args!("{};", part.name.escape_ascii())),
            },
            Record::Tagged(part) => self.add_fields(&part, depth),
            _ => self.add(format_args!(";")),
        }
    }
}

impl Tag {
    /// Whether two tags may declare the same type. `class` and `struct` may.
    pub(super) fn is_alike(self, other: Tag) -> bool {
        let class = |tag| matches!(tag, Tag::Class | Tag::Struct);
        self == other || class(self) && class(other)
    }
}

fn tagged(records: &Records, number: u32) -> Option<Tagged<'_>> {
    match records.get(number)? {
        Record::Tagged(tagged) => Some(tagged),
        _ => None,
    }
}

fn hash(name: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}
