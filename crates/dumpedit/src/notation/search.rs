//! Searches of `find`: patterns, and restrictions of their matches.

use std::fmt;

use dumpedit_layout::{Access, Context, RecordChoice};

use crate::edit::payload::Gathering;
use crate::error::Error;
use crate::find::Search;
use crate::find::matcher::Matcher;
use crate::notation::scope::LocationRange;
use crate::notation::words::Quoted;
use crate::notation::{Inputs, Pattern, RangeText, Scope, ThreadText, Value};
use crate::number::ValueError;

/// Patterns, and restrictions of their matches. `Display` writes the arguments of `find`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SearchText {
    /// Patterns.
    pub patterns: Vec<Pattern>,
    /// Only in these addresses.
    pub range: Option<RangeText>,
    /// Only on the stack of this thread: from its stack pointer to the end of the mapping around it, or where the dump lists none, of the
    /// captured memory.
    pub stack_of: Option<ThreadText>,
    /// Only at addresses that are multiples of this.
    pub align: Option<u64>,
    /// Only this number of matches, from the first on.
    pub most: Option<u64>,
    /// Whether to ignore the case of texts and expressions.
    pub ignore_case: bool,
    /// Whether to search outside of memory as well: registers, notes, streams, names and headers.
    pub everywhere: bool,
}

impl SearchText {
    /// All matches of some patterns in the whole memory.
    pub fn new(patterns: Vec<Pattern>) -> SearchText {
        SearchText { patterns, ..SearchText::default() }
    }
}

impl fmt::Display for SearchText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for pattern in &self.patterns {
            write!(f, "{separator}{}", Quoted(pattern))?;
            separator = " ";
        }
        if let Some(range) = &self.range {
            write!(f, " --range {}", Quoted(range))?;
        }
        if let Some(thread) = &self.stack_of {
            write!(f, " --stack-of {}", Quoted(thread))?;
        }
        for (option, number) in [("--align", self.align), ("--max", self.most)] {
            if let Some(number) = number {
                write!(f, " {option} {number}")?;
            }
        }
        f.write_str(if self.ignore_case { " --ignore-case" } else { "" })?;
        f.write_str(if self.everywhere { " --everywhere" } else { "" })
    }
}

impl Scope<'_> {
    /// Resolves a search in this dump.
    ///
    /// # Errors
    /// As [`Scope::matcher`] and [`Scope::range`]; [`ValueError::Invalid`] for a range without a byte, and for one beside
    /// a stack; and where the stack pointer of the thread leads to no captured memory.
    pub fn search(&self, text: &SearchText) -> Result<Search, Error> {
        let matchers = text.patterns.iter().map(|pattern| self.matcher_in(pattern, text.ignore_case));
        let matchers = matchers.collect::<Result<_, _>>()?;
        let search = Search::new(matchers).align(text.align.unwrap_or(1)).most(text.most.unwrap_or(u64::MAX));
        if text.everywhere {
            if text.range.is_some() || text.stack_of.is_some() || text.align.is_some() {
                let problem = "a search of everything cannot have a range, a stack or an alignment";
                return Err(ValueError::Invalid(problem.to_owned()).into());
            }
            return Ok(search.everywhere(true));
        }
        let (first, last) = match (&text.range, &text.stack_of) {
            (None, None) => return Ok(search),
            (Some(_), Some(_)) => {
                return Err(
                    ValueError::Invalid("a search has a range or a stack, not both".to_owned()).into()
                );
            }
            (Some(range), None) => match self.range(range)? {
                LocationRange { len: 0, .. } => {
                    return Err(ValueError::Invalid(format!("the range {range} is empty")).into());
                }
                LocationRange { start, len } => {
                    let first = self.dump().linearize(self.context(), start)?;
                    (first, first.saturating_add(len.saturating_sub(1)))
                }
            },
            (None, Some(thread)) => self.stack(thread)?,
        };
        Ok(search.between(first, last))
    }

    /// The bytes of a value to search for, or of a replacement.
    pub(crate) fn short_bytes(&self, value: &Value, inputs: &mut Inputs<'_>) -> Result<Vec<u8>, Error> {
        let mut gathering = Gathering::with_room(Matcher::LONGEST as u64);
        self.give(value, inputs, &mut gathering)?;
        let payload = gathering.finish();
        let len = usize::try_from(payload.len()).ok().filter(|len| *len <= Matcher::LONGEST);
        let too_long = || ValueError::Invalid(format!("{value} has more than {} bytes", Matcher::LONGEST));
        let mut bytes = vec![0; len.ok_or_else(too_long)?];
        payload.read_at(0, &mut bytes).map_err(|cause| Error::Kept { cause })?;
        Ok(bytes)
    }

    /// First and last address of a thread's stack, from its stack pointer on.
    fn stack(&self, thread: &ThreadText) -> Result<(u64, u64), Error> {
        let layout = self.dump().layout();
        let context = Context::Thread(thread.find(layout)?, RecordChoice::Auto);
        let sp = self.read_register(context, "sp")?.to_u64()?;
        match layout.stack(sp, u64::MAX) {
            Some(stack) => Ok(stack.into_inner()),
            None => {
                layout.resolve(Context::Process, sp.into(), 1, Access::Read)?;
                Ok((sp, sp))
            }
        }
    }
}
