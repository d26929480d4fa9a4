//! Patterns and ranges of a search.

use crate::find::budget::Costly;
use crate::find::found::Match;
use crate::find::matcher::{Form, Matcher};

/// A search: its patterns and ranges.
#[derive(Clone, Debug)]
pub struct Search {
    /// The forms of all matchers, each with the index of its matcher.
    pub(super) forms: Vec<Form>,
    pub(super) matchers: Vec<usize>,
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) align: u64,
    pub(super) most: u64,
    /// Whether the file outside of memory is searched as well.
    pub(super) everywhere: bool,
    pub(super) sizes: Sizes,
}

/// Sizes of the reads of a search, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// Number of places in one window where matches may begin. A window fits into a processor's own cache.
    pub(super) block: u64,
    /// The same with regular expressions among the patterns, which look far ahead.
    pub(super) regex_block: u64,
    /// Number of bytes that a regular expression sees from the start of a match on, and maximum size of a match that could be smaller.
    pub(super) regex_ahead: u64,
}

impl Default for Sizes {
    fn default() -> Self {
        Sizes { block: 1 << 18, regex_block: 1 << 21, regex_ahead: 1 << 18 }
    }
}

impl Search {
    /// All matches of these matchers in the whole memory. A match has the index of its matcher.
    pub fn new(matchers: Vec<Matcher>) -> Search {
        let forms = matchers.into_iter().map(Matcher::into_forms).enumerate();
        let (matchers, forms) =
            forms.flat_map(|(index, forms)| forms.into_iter().map(move |form| (index, form))).unzip();
        let sizes = Sizes::default();
        Search {
            forms,
            matchers,
            first: 0,
            last: u64::MAX,
            align: 1,
            most: u64::MAX,
            everywhere: false,
            sizes,
        }
    }

    /// Only in these addresses, both included. Memory outside of them is not read, even for `$` and `\b`.
    #[must_use]
    pub fn between(self, first: u64, last: u64) -> Search {
        Search { first, last, ..self }
    }

    /// Only matches that begin at a multiple of `align`; 0 is as 1.
    #[must_use]
    pub fn align(self, align: u64) -> Search {
        Search { align: align.max(1), ..self }
    }

    /// Only the first `most` matches.
    #[must_use]
    pub fn most(self, most: u64) -> Search {
        Search { most, ..self }
    }

    /// In the rest of the file as well: in registers, notes, streams, names and headers, after the memory.
    #[must_use]
    pub fn everywhere(self, everywhere: bool) -> Search {
        Search { everywhere, ..self }
    }

    /// Maximum size of a regular expression's match that could be smaller, in bytes.
    pub(super) fn longest(&self) -> usize {
        usize::try_from(self.sizes.regex_ahead).unwrap_or(usize::MAX)
    }

    /// A match of a form with the index of its matcher.
    pub(super) fn told(&self, found: Match) -> Match {
        let form = found.matcher;
        Match { matcher: self.matchers.get(form).copied().unwrap_or(form), ..found }
    }

    /// For each form, the length of its matches in the middle of zeros, where it has any.
    pub(super) fn lengths_in_zeros(&self) -> Result<Vec<Option<u64>>, Costly> {
        let lengths = self.forms.iter().map(|form| form.length_in_zeros(self.longest()));
        lengths.map(|length| Ok(length?.map(|length| length as u64))).collect()
    }

    /// Whether nothing matches in memory of zeros.
    pub(super) fn passes_zeros(&self, in_zeros: &[Option<u64>]) -> Result<bool, Costly> {
        for form in &self.forms {
            if form.matches_only_zeros(self.longest())? {
                return Ok(false);
            }
        }
        Ok(in_zeros.iter().all(Option::is_none))
    }

    /// Whether one thread must do all of it: a regular expression continues at the end of its last match.
    pub(super) fn is_sequential(&self) -> bool {
        self.forms.iter().any(|form| form.fixed_length().is_none())
    }
}
