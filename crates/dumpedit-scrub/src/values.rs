//! Values that are looked for elsewhere in the dump.

use std::collections::{BTreeMap, HashMap};

use crate::replaced::is_replaced;
use crate::spread::Spread;

/// Longest value that is looked for elsewhere at once, in bytes. A longer one is looked for as parts of this length.
pub(crate) const LONGEST: usize = 1 << 13;

/// Most values that are looked for, and most bytes of them all: a searcher takes some hundred times the size of its values in memory.
const MOST_VALUES: usize = 1 << 16;
const MOST_BYTES: usize = 1 << 20;

/// Values to look for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values {
    /// By their bytes: the index of the rule that found the value, and its spelling elsewhere.
    pub(crate) known: BTreeMap<Box<[u8]>, (usize, Spread)>,
    bytes: usize,
    /// By the first part of a long value, its rest.
    pub(crate) rests: HashMap<Box<[u8]>, Box<[u8]>>,
    /// Values left out because they are too short, and whether each is a name.
    short: BTreeMap<Box<[u8]>, bool>,
    /// Number of values left out because they are too many.
    pub(crate) too_many: u64,
}

/// Names that identify nobody and occur everywhere.
const COMMON: &[&str] = &[
    "root",
    "admin",
    "administrator",
    "user",
    "users",
    "username",
    "guest",
    "nobody",
    "daemon",
    "system",
    "default",
    "public",
    "shared",
    "test",
    "tests",
    "localhost",
    "localdomain",
    "workgroup",
    "home",
    "local",
    "build",
    "builder",
    "runner",
    "ubuntu",
    "debian",
    "fedora",
    "vagrant",
    "docker",
    "jenkins",
    "containeradministrator",
    "wdagutilityaccount",
    "server",
    "host",
    "data",
    "temp",
    "main",
    "null",
    "none",
    "service",
    "network",
    "appdata",
    "desktop",
    "documents",
];

impl Values {
    /// Adds a value that a rule found.
    pub(crate) fn add(&mut self, value: &[u8], rule: usize, spread: Spread) {
        let is_name = spread == Spread::Name;
        let is_common = |name: &str| COMMON.iter().any(|common| common.eq_ignore_ascii_case(name));
        if is_replaced(value) || (is_name && std::str::from_utf8(value).is_ok_and(is_common)) {
            return;
        }
        if value.len() < spread.least() {
            // Addresses are found by their pattern everywhere, so that none is too short.
            if spread != Spread::Encoded && self.short.len() < MOST_VALUES {
                *self.short.entry(value.into()).or_default() |= is_name;
            }
            return;
        }
        let mut parts = parts(value);
        let first = parts.first().map_or(0, |first| first.len());
        parts.retain(|part| part.len() >= spread.least() && !self.known.contains_key(*part));
        if parts.is_empty() {
            return;
        }
        if self.known.len().saturating_add(parts.len()) > MOST_VALUES
            || self.bytes.saturating_add(value.len()) > MOST_BYTES
        {
            self.too_many = self.too_many.saturating_add(1);
            return;
        }
        if let Some((first, rest)) = value.split_at_checked(first).filter(|(_, rest)| !rest.is_empty()) {
            self.rests.insert(first.into(), rest.into());
        }
        for part in parts {
            self.bytes = self.bytes.saturating_add(part.len());
            self.known.insert(part.into(), (rule, spread));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Removes the values that `others` has.
    pub(crate) fn without(mut self, others: &Values) -> Values {
        self.known.retain(|value, _| !others.known.contains_key(value));
        self
    }

    /// Adds the values of `others`.
    pub(crate) fn extend(&mut self, others: Values) {
        let Values { known, bytes, rests, short, too_many } = others;
        self.known.extend(known);
        self.bytes = self.bytes.saturating_add(bytes);
        self.rests.extend(rests);
        for (value, is_name) in short {
            *self.short.entry(value).or_default() |= is_name;
        }
        self.too_many = self.too_many.saturating_add(too_many);
    }

    /// Number of names, or of other values, that are too short to be looked for.
    pub(crate) fn too_short(&self, names: bool) -> u64 {
        let short = self.short.iter().filter(|(value, _)| !self.known.contains_key(*value));
        short.filter(|(_, is_name)| **is_name == names).count() as u64
    }

    /// Calls `each` for every value.
    pub(crate) fn each(&self, each: &mut dyn FnMut(&[u8])) {
        self.known.keys().for_each(|value| each(value));
    }
}

/// The parts of a value as which it is looked for: one, except for a long value. None begins inside a letter of UTF-8.
fn parts(value: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = value;
    while rest.len() > LONGEST {
        let is_start = |at: &usize| rest.get(*at).is_some_and(|byte| !matches!(byte, 0x80..=0xbf));
        let end = (LONGEST - 3..=LONGEST).rev().find(is_start).unwrap_or(LONGEST);
        let (part, others) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        parts.push(part);
        rest = others;
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_that_is_found_often_counts_once() {
        let value: String = (10_000..14_000).map(|number| format!("{number},")).collect();
        let mut values = Values::default();
        for _ in 0..2 * MOST_BYTES / value.len() {
            values.add(value.as_bytes(), 1, Spread::Value);
        }
        values.add(b"another value", 1, Spread::Value);
        assert_eq!((values.bytes, values.too_many), (value.len() + 13, 0));
        assert!(values.known.contains_key(&b"another value"[..]));
    }
}
