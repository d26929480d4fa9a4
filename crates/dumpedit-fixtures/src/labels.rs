//! Labels of a spec, and the addresses they stand for.

use std::collections::HashMap;

use dumpedit::notation::{At, NumberText, Value};

use crate::error::{FixtureError, Problem, Within};
use crate::spec::RegionSpec;

/// The labels of a spec.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    known: HashMap<String, Labelled>,
}

/// Thing with a label.
#[derive(Clone, Copy, Debug)]
struct Labelled {
    address: u64,
    region: usize,
}

impl Labels {
    /// The labels of regions; a region may begin at the label of an earlier one.
    pub(crate) fn of(regions: &[RegionSpec]) -> Result<Labels, FixtureError> {
        let mut labels = Labels::default();
        for (region, found) in regions.iter().enumerate() {
            let Some(label) = &found.label else { continue };
            let address = labels.address(&found.at).within("at").within(region).within("memory")?;
            let wrong = |error: FixtureError| Err(error.within("label").within(region).within("memory"));
            let sound = label.starts_with(|first: char| first.is_alphabetic() || first == '_')
                && label.chars().all(|letter| letter.is_alphanumeric() || "_-.".contains(letter));
            if !sound {
                let text = "a label begins with a letter and is made of letters, digits, '_', '-' and '.'";
                return wrong(FixtureError::contradiction(text));
            }
            if labels.known.insert(label.clone(), Labelled { address, region }).is_some() {
                return wrong(FixtureError::new(Problem::RepeatedLabel { label: label.clone() }));
            }
        }
        Ok(labels)
    }

    /// Parses a text such as `stack+0x20` or `stack-8`: the labelled thing, and the offset if any.
    fn find(&self, text: &str) -> Option<(Labelled, i128)> {
        if let Some(found) = self.known.get(text) {
            return Some((*found, 0));
        }
        // A label may contain a '-', so that the last sign is tried first.
        text.match_indices(['+', '-']).collect::<Vec<_>>().into_iter().rev().find_map(|(at, sign)| {
            let (name, signed) = text.split_at_checked(at)?;
            let offset = i128::from(count(signed.get(1..)?)?);
            let found = self.known.get(name)?;
            Some((*found, if sign == "-" { offset.checked_neg()? } else { offset }))
        })
    }

    /// The address of a text, where its label is known.
    pub(crate) fn address_of(&self, text: &str) -> Option<u64> {
        let (found, offset) = self.find(text)?;
        u64::try_from(i128::from(found.address).checked_add(offset)?).ok()
    }

    /// The region of a text, by index, and the offset in it.
    pub(crate) fn region(&self, text: &str) -> Result<(usize, u64), FixtureError> {
        self.find(text)
            .and_then(|(found, offset)| Some((found.region, u64::try_from(offset).ok()?)))
            .ok_or_else(|| self.unknown(text))
    }

    /// The address of a number or a label.
    pub(crate) fn address(&self, at: &At) -> Result<u64, FixtureError> {
        match at {
            At::Address(address) => Ok(*address),
            At::Module(text) => self.address_of(text).ok_or_else(|| self.unknown(text)),
            other => {
                let text = format!("{other} is not a known address; write a number or a label");
                Err(FixtureError::contradiction(text))
            }
        }
    }

    fn unknown(&self, name: &str) -> FixtureError {
        let mut labels: Vec<String> = self.known.keys().cloned().collect();
        labels.sort_unstable();
        labels.truncate(8);
        FixtureError::new(Problem::UnknownLabel { name: name.to_owned(), labels })
    }

    /// A place with its label replaced by the address.
    pub(crate) fn in_place(&self, at: &At) -> At {
        match at {
            At::Module(text) => self.address_of(text).map_or_else(|| at.clone(), At::Address),
            other => other.clone(),
        }
    }

    /// A value with its label replaced by the address.
    pub(crate) fn in_value(&self, value: &Value) -> Value {
        match value {
            Value::Pointer(at) => Value::Pointer(self.in_place(at)),
            other => other.clone(),
        }
    }

    /// A register's value with its label replaced by the address.
    pub(crate) fn in_number(&self, number: &NumberText) -> NumberText {
        match number {
            NumberText::At(at) => NumberText::At(self.in_place(at)),
            other => other.clone(),
        }
    }
}

/// A number, decimal or hex after `0x`.
fn count(text: &str) -> Option<u64> {
    dumpedit::notation::length(text).ok()
}
