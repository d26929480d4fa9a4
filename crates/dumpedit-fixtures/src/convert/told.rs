//! Reports of a conversion as data: kinds of things, their names, and counts.

use std::collections::BTreeMap;
use std::fmt;

/// A kind of thing that is reported.
pub trait ToldKind: Copy + Ord {
    /// Name of the kind, which never changes.
    fn name(self) -> &'static str;

    /// Phrase for all things of the kind.
    fn phrase(self) -> &'static str;

    /// Whether threads are counted rather than the things themselves.
    fn counts_threads(self) -> bool;
}

macro_rules! kinds {
    ($(#[$doc:meta])* $list:ident; $($kind:ident $name:literal $phrase:literal $($threads:ident)?,)+) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $list {
            $(#[doc = $phrase] $kind,)+
        }

        impl $crate::convert::told::ToldKind for $list {
            fn name(self) -> &'static str {
                match self {
                    $($list::$kind => $name,)+
                }
            }

            fn phrase(self) -> &'static str {
                match self {
                    $($list::$kind => $phrase,)+
                }
            }

            fn counts_threads(self) -> bool {
                match self {
                    $($list::$kind => kinds!(@counts $($threads)?),)+
                }
            }
        }
    };
    (@counts by_thread) => { true };
    (@counts) => { false };
}
pub(super) use kinds;

/// Reported things of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Told<K> {
    /// Kind.
    pub kind: K,
    /// Names, where the things have some.
    pub names: Vec<String>,
    /// Number of things; of registers, the number of threads.
    pub count: u64,
}

impl<K: ToldKind> fmt::Display for Told<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Most names that are shown.
        const MOST: usize = 8;
        f.write_str(self.kind.phrase())?;
        let shown: Vec<&str> = self.names.iter().take(MOST).map(String::as_str).collect();
        if !shown.is_empty() {
            write!(f, ": {}", shown.join(", "))?;
        }
        match self.names.len().checked_sub(MOST) {
            Some(more) if more > 0 => write!(f, " and {more} more")?,
            _ => {}
        }
        match self.count {
            1 if self.kind.counts_threads() => f.write_str(" (in one thread)"),
            count if self.kind.counts_threads() => write!(f, " (in {count} threads)"),
            count if count != 1 && self.names.is_empty() => write!(f, ": {count}"),
            _ => Ok(()),
        }
    }
}

/// Counts things by kind.
#[derive(Debug)]
pub(super) struct Tally<K> {
    found: BTreeMap<K, Told<K>>,
}

impl<K> Default for Tally<K> {
    fn default() -> Self {
        Tally { found: BTreeMap::new() }
    }
}

impl<K: ToldKind> Tally<K> {
    /// Counts one thing.
    pub(super) fn count(&mut self, kind: K) {
        self.add(kind, 1, None);
    }

    /// Counts one thing by name.
    pub(super) fn name(&mut self, kind: K, name: impl Into<String>) {
        self.add(kind, 1, Some(name.into()));
    }

    /// Counts several things, one of which may have a name.
    pub(super) fn add(&mut self, kind: K, count: u64, name: Option<String>) {
        if count == 0 && name.is_none() {
            return;
        }
        let told = self.found.entry(kind).or_insert_with(|| Told { kind, names: Vec::new(), count: 0 });
        told.count = told.count.saturating_add(count);
        if let Some(name) = name.filter(|name| !told.names.contains(name)) {
            told.names.push(name);
        }
    }

    /// The counted things, in the order of the kinds.
    pub(super) fn finish(self) -> Vec<Told<K>> {
        self.found.into_values().collect()
    }
}
