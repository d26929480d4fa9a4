//! What to look for, and where.

use crate::find::budget::Costly;
use crate::find::found::Match;
use crate::find::matcher::{Form, Matcher};

/// What to look for, and where.
#[derive(Clone, Debug)]
pub struct Search {
    /// The forms of all matchers, and the place of each one's matcher in the list.
    pub(super) forms: Vec<Form>,
    pub(super) matchers: Vec<usize>,
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) align: u64,
    pub(super) most: u64,
    /// Whether what is no memory is searched, too.
    pub(super) everywhere: bool,
    pub(super) sizes: Sizes,
}

/// How much is read at once, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// Matches may begin at so many places of one window. It stays in a processor's own cache.
    pub(super) block: u64,
    /// The same where regular expressions are among the patterns, which look far ahead.
    pub(super) regex_block: u64,
    /// How far a regular expression sees behind the place where a match begins, and the most bytes that it takes where it
    /// can take less.
    pub(super) regex_ahead: u64,
}

impl Default for Sizes {
    fn default() -> Self {
        Sizes { block: 1 << 18, regex_block: 1 << 21, regex_ahead: 1 << 18 }
    }
}

impl Search {
    /// All matches of these in all of the memory. A match knows its matcher by the place in the list.
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

    /// Only in these addresses, both included. What lies outside is not looked at, even by `$` and `\b`.
    #[must_use]
    pub fn between(self, first: u64, last: u64) -> Search {
        Search { first, last, ..self }
    }

    /// Only the matches that begin at a multiple of `align`; 0 is as 1.
    #[must_use]
    pub fn align(self, align: u64) -> Search {
        Search { align: align.max(1), ..self }
    }

    /// The first so many matches only.
    #[must_use]
    pub fn most(self, most: u64) -> Search {
        Search { most, ..self }
    }

    /// In the rest of the file, too: in registers, notes, streams, names and headers, after the memory.
    #[must_use]
    pub fn everywhere(self, everywhere: bool) -> Search {
        Search { everywhere, ..self }
    }

    /// The most bytes that a regular expression's match has where it can have less.
    pub(super) fn longest(&self) -> usize {
        usize::try_from(self.sizes.regex_ahead).unwrap_or(usize::MAX)
    }

    /// A match of one of the forms as it is told: of a matcher.
    pub(super) fn told(&self, found: Match) -> Match {
        let form = found.matcher;
        Match { matcher: self.matchers.get(form).copied().unwrap_or(form), ..found }
    }

    /// For each form, the length of its matches in the middle of zeros, where there are such.
    pub(super) fn lengths_in_zeros(&self) -> Result<Vec<Option<u64>>, Costly> {
        let lengths = self.forms.iter().map(|form| form.length_in_zeros(self.longest()));
        lengths.map(|length| Ok(length?.map(|length| length as u64))).collect()
    }

    /// Whether nothing matches in memory that is all zeros.
    pub(super) fn passes_zeros(&self, in_zeros: &[Option<u64>]) -> Result<bool, Costly> {
        for form in &self.forms {
            if form.matches_only_zeros(self.longest())? {
                return Ok(false);
            }
        }
        Ok(in_zeros.iter().all(Option::is_none))
    }

    /// Whether one thread must do it all: a regular expression goes on where its last match ended.
    pub(super) fn is_sequential(&self) -> bool {
        self.forms.iter().any(|form| form.fixed_length().is_none())
    }
}
