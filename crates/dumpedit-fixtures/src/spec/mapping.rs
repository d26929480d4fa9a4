//! Reads, writes and describes mappings with known keys, by the rows of their keys alone.

use dumpedit::{Format, Machine};

use super::instead::instead;
use super::out::{Entries, Out};
use super::place::{Step, TextPlace};
use super::yaml::{Node, NodeKind as Of};
use crate::error::{FixtureError, Problem, Within};

pub(super) type Read<T> = Result<T, FixtureError>;

/// A struct that is a mapping in a spec.
pub(super) trait Mapped: PartialEq + Sized + 'static {
    /// Name in messages: "a thread".
    const NAME: &'static str;
    const KEYS: &'static [Key<Self>];

    /// A struct with all defaults.
    fn blank() -> Self;

    /// Notation of its entries.
    fn out<'a>(&self, entries: Entries<'a>) -> Out<'a> {
        if entries.is_empty() { Out::Flow(entries) } else { Out::Map(entries) }
    }
}

/// A key, and the field of a `T` that it is kept in.
pub(super) struct Key<T> {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// Containers that have a place for it; empty for all.
    pub(super) places: &'static [Format],
    pub(super) need: Need,
    pub(super) value: fn() -> Value,
    pub(super) read: fn(&Node, &mut T) -> Read<()>,
    /// Applies the key without a value.
    pub(super) nothing: fn(&mut T),
    pub(super) is_usual: fn(of: &T, blank: &T) -> bool,
    /// Refuses parts of the value that a container has no place for.
    pub(super) check: fn(&T, Format) -> Read<()>,
    pub(super) write: for<'a> fn(&'a T, Machine) -> Out<'a>,
}

/// When a key is written and required.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// It is required, and always written.
    Must,
    /// It is always written, and not required.
    Always,
    /// It is not written where its value is the default.
    May,
}

/// Reads, writes and describes the value of a field. A kind that reads one value of its own is a [`ValueKind`].
pub(super) trait FieldKind<T> {
    fn read_part(node: &Node, into: &mut T) -> Read<()>;
    fn nothing_given(_: &mut T) {}
    fn is_usual(of: &T, blank: &T) -> bool;
    fn check_part(_: &T, _: Format) -> Read<()> {
        Ok(())
    }
    fn write_part(of: &T, machine: Machine) -> Out<'_>;
}

/// Reads and writes a value.
pub(super) trait ValueKind<T> {
    fn read(node: &Node) -> Read<T>;
    fn write(of: &T, machine: Machine) -> Out<'_>;
    /// Refuses parts of a value that a container has no place for.
    fn check(_: &T, _: Format) -> Read<()> {
        Ok(())
    }
    /// The value of a key without a value, where that differs from a missing key.
    fn nothing() -> Option<T> {
        None
    }
}

impl<K: ValueKind<T>, T> ValueKind<Option<T>> for K {
    fn read(node: &Node) -> Read<Option<T>> {
        K::read(node).map(Some)
    }

    fn write(of: &Option<T>, machine: Machine) -> Out<'_> {
        of.as_ref().map_or(Out::Flow(Vec::new()), |value| K::write(value, machine))
    }

    fn check(of: &Option<T>, format: Format) -> Read<()> {
        of.as_ref().map_or(Ok(()), |value| K::check(value, format))
    }

    fn nothing() -> Option<Option<T>> {
        K::nothing().map(Some)
    }
}

impl<K: ValueKind<T>, T: PartialEq> FieldKind<T> for K {
    fn read_part(node: &Node, into: &mut T) -> Read<()> {
        *into = K::read(node)?;
        Ok(())
    }

    fn nothing_given(into: &mut T) {
        if let Some(value) = K::nothing() {
            *into = value;
        }
    }

    fn is_usual(of: &T, blank: &T) -> bool {
        of == blank
    }

    fn check_part(of: &T, format: Format) -> Read<()> {
        K::check(of, format)
    }

    fn write_part(of: &T, machine: Machine) -> Out<'_> {
        K::write(of, machine)
    }
}

/// Kind of a value in the schema.
pub(super) trait Described {
    fn value() -> Value;
}

/// Kind of a key's value, for the schema and for JSON.
pub(super) enum Value {
    /// A number, an address or a text.
    Scalar,
    /// A number that may be a JSON number.
    Number,
    /// A number or one of these words.
    NumberOr(Vec<&'static str>),
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(Vec<&'static str>),
    /// Three letters such as `r-x`.
    Protection,
    /// Bytes.
    Content,
    /// A mapping of registers to values.
    Registers,
    /// A list of scalars.
    Scalars,
    /// A list of these words, or `true` for all.
    Words(&'static [&'static str]),
    /// A mapping.
    One(fn() -> Table),
    /// A mapping, or one of these words.
    OneOr(Vec<&'static str>, fn() -> Table),
    /// A mapping, or a scalar.
    OneOrScalar(fn() -> Table),
    /// A list of mappings.
    Many(fn() -> Table),
    /// A mapping or a list of them.
    OneOrMany(fn() -> Table),
}

/// Keys of a mapping, whatever struct holds them.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) rows: Vec<Row>,
}

/// A key of a [`Table`].
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// As in [`Key`].
    pub(super) places: &'static [Format],
    pub(super) required: bool,
    pub(super) value: Value,
}

impl Row {
    /// Whether a container has a place for the key.
    pub(super) fn is_in(&self, format: Format) -> bool {
        has_place(self.places, format)
    }
}

pub(super) fn table<T: Mapped>() -> Table {
    let row = |key: &Key<T>| Row {
        name: key.name,
        about: key.about,
        places: key.places,
        required: key.need == Need::Must,
        value: (key.value)(),
    };
    Table { name: T::NAME, rows: T::KEYS.iter().map(row).collect() }
}

pub(super) fn expected<T>(what: impl Into<String>, node: &Node) -> Read<T> {
    Err(FixtureError::in_text(Problem::Expected { expected: what.into() }, node.place))
}

pub(super) fn read<T: Mapped>(node: &Node) -> Read<T> {
    let mut made = T::blank();
    read_into(node, &mut made)?;
    Ok(made)
}

/// Reads the keys of a mapping into a struct; other fields are kept.
pub(super) fn read_into<T: Mapped>(node: &Node, into: &mut T) -> Read<()> {
    let names = || T::KEYS.iter().map(|key| key.name);
    let entries = match &node.kind {
        Of::Map(entries) => entries.as_slice(),
        Of::Nothing => &[],
        _ => {
            let some: Vec<&str> = names().take(3).collect();
            let text = format!("{}: a mapping with keys such as {}", T::NAME, some.join(", "));
            return expected(text, node);
        }
    };
    for (index, (key, place, _)) in entries.iter().enumerate() {
        let problem = if !names().any(|known| known == key) {
            Problem::UnknownKey { owner: T::NAME, key: key.clone(), nearest: nearest(names(), key) }
        } else if entries.iter().take(index).any(|(earlier, ..)| earlier == key) {
            Problem::RepeatedKey { key: key.clone() }
        } else {
            continue;
        };
        return Err(FixtureError::in_text(problem, *place));
    }
    for key in T::KEYS {
        let value = entries.iter().find(|(name, ..)| name == key.name).map(|(.., value)| value);
        match value.filter(|value| !matches!(value.kind, Of::Nothing)) {
            Some(value) => (key.read)(value, into)?,
            None if key.need == Need::Must => return Err(missing::<T>(key.name, node.place)),
            None if value.is_some() => (key.nothing)(into),
            None => {}
        }
    }
    Ok(())
}

fn has_place(places: &[Format], format: Format) -> bool {
    places.is_empty() || places.contains(&format)
}

/// Refuses the first key that is not the default and that a container has no place for.
pub(super) fn check<T: Mapped>(of: &T, format: Format) -> Read<()> {
    let blank = T::blank();
    for key in T::KEYS {
        if has_place(key.places, format) {
            (key.check)(of, format).within(key.name)?;
        } else if !(key.is_usual)(of, &blank) {
            let instead = instead(format, T::NAME, key.name);
            let problem = Problem::Misplaced { format, owner: T::NAME, key: key.name, instead };
            return Err(FixtureError::new(problem).within(Step::Name(key.name.to_owned())));
        }
    }
    Ok(())
}

/// The error for a missing key.
pub(super) fn missing<T: Mapped>(key: &'static str, place: TextPlace) -> FixtureError {
    FixtureError::in_text(Problem::MissingKey { owner: T::NAME, key }, TextPlace { length: 1, ..place })
}

/// The key with the spelling nearest to a word, where one is near.
fn nearest(names: impl Iterator<Item = &'static str>, word: &str) -> Option<&'static str> {
    let far = |key: &str| strsim::levenshtein(key, word);
    let best = names.min_by_key(|key| far(key))?;
    (far(best) <= (word.chars().count() / 3).max(1)).then_some(best)
}

/// The entries of a mapping, in the order of the keys, without defaults.
pub(super) fn entries<T: Mapped>(of: &T, machine: Machine) -> Entries<'_> {
    let blank = T::blank();
    let given = T::KEYS.iter().filter(|key| key.need != Need::May || !(key.is_usual)(of, &blank));
    given.map(|key| (key.name, (key.write)(of, machine))).collect()
}

pub(super) fn write<T: Mapped>(of: &T, machine: Machine) -> Out<'_> {
    of.out(entries(of, machine))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_key_is_suggested_and_a_far_one_is_not() {
        let names = || ["tid", "name", "registers"].into_iter();
        assert_eq!(nearest(names(), "regsters"), Some("registers"));
        assert_eq!(nearest(names(), "colour"), None);
    }
}
