//! A compiled pattern, which finds its matches in bytes.

use std::ops::Range;

use dumpedit_layout::ByteOrder;
use memchr::memmem::Finder;
use regex_syntax::hir::Hir;

use crate::encoding::Encoding;
use crate::find::budget::{Budget, Costly};
use crate::find::expression::Expression;
use crate::find::syntax;

/// Finds the matches of one pattern.
#[derive(Clone, Debug)]
pub struct Matcher {
    forms: Vec<Form>,
}

/// A stored form of a pattern.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    engine: Engine,
    /// Encoding of the text, where the pattern is one.
    pub(crate) encoding: Option<Encoding>,
}

#[derive(Clone, Debug)]
enum Engine {
    Fixed(Box<Fixed>),
    Regex(Expression),
}

impl Matcher {
    /// Maximum size of a pattern of fixed length, in bytes.
    pub const LONGEST: usize = 1 << 20;

    /// Matches these bytes.
    ///
    /// # Errors
    /// What is wrong, in words, where there are no bytes or more than [`Matcher::LONGEST`].
    pub fn bytes(bytes: &[u8]) -> Result<Matcher, String> {
        Matcher::masked(bytes, &vec![0xff; bytes.len()])
    }

    /// Matches the bits of bytes that are set in a mask.
    ///
    /// # Errors
    /// What is wrong, in words, where there are no bytes or more than [`Matcher::LONGEST`], or where the mask is zero.
    pub fn masked(bytes: &[u8], mask: &[u8]) -> Result<Matcher, String> {
        if mask.iter().all(|bits| *bits == 0) {
            return Err("is empty: everything would match".to_owned());
        }
        if bytes.len().max(mask.len()) > Matcher::LONGEST {
            return Err(format!("has more than {} bytes", Matcher::LONGEST));
        }
        Ok(Matcher::of(Engine::Fixed(Box::new(Fixed::new(bytes, mask))), None))
    }

    /// Matches a regular expression over bytes: Unicode is off, `.` is any byte but a line feed. A match has at most 256 KiB, where a part
    /// of a longer one matches as well; one that cannot be shorter may not be found.
    ///
    /// # Errors
    /// What is wrong with it, in one line.
    pub fn regex(expression: &str) -> Result<Matcher, String> {
        Matcher::expression(&syntax::over_bytes(expression, false)?, None)
    }

    /// Matches a parsed expression over bytes.
    pub(crate) fn expression(parsed: &Hir, encoding: Option<Encoding>) -> Result<Matcher, String> {
        Ok(Matcher::of(Engine::Regex(Expression::new(parsed)?), encoding))
    }

    /// Matches a text in each of some encodings, for a target of this byte order.
    ///
    /// # Errors
    /// What is wrong, in words, where it is empty or longer than [`Matcher::LONGEST`].
    pub(crate) fn text(
        text: &str,
        encodings: &[Encoding],
        order: ByteOrder,
        ignore_case: bool,
    ) -> Result<Matcher, String> {
        let mut forms = Vec::new();
        for encoding in encodings {
            let mut form = Matcher::bytes(&encoding.bytes(text, order))?;
            if ignore_case {
                form = Matcher::expression(&syntax::in_any_case(text, *encoding, order)?, None)?;
            }
            forms.extend(form.forms.into_iter().map(|form| Form { encoding: Some(*encoding), ..form }));
        }
        Ok(Matcher { forms })
    }

    fn of(engine: Engine, encoding: Option<Encoding>) -> Matcher {
        Matcher { forms: vec![Form { engine, encoding }] }
    }

    pub(crate) fn into_forms(self) -> Vec<Form> {
        self.forms
    }
}

impl Form {
    /// The same text in UTF-16, for a pattern that is a text of ASCII characters: this finds it in the strings of a minidump.
    pub(crate) fn in_utf16(&self, order: ByteOrder) -> Option<Form> {
        let Engine::Fixed(fixed) = &self.engine else { return None };
        let is_text = self.encoding != Some(Encoding::Utf16)
            && fixed.bytes.len() > 1
            && fixed.mask.iter().all(|bits| *bits == 0xff)
            && fixed.bytes.iter().all(|byte| matches!(byte, b' '..=b'~'));
        let text = str::from_utf8(&fixed.bytes).ok().filter(|_| is_text)?;
        Matcher::bytes(&Encoding::Utf16.bytes(text, order)).ok()?.forms.pop()
    }

    /// The length of every match, where it is fixed.
    pub(crate) fn fixed_length(&self) -> Option<usize> {
        match &self.engine {
            Engine::Fixed(fixed) => Some(fixed.bytes.len()),
            Engine::Regex(_) => None,
        }
    }

    /// Whether the pattern matches in memory of `most` zeros, the maximum length of a match.
    pub(crate) fn matches_only_zeros(&self, most: usize) -> Result<bool, Costly> {
        let zeros = vec![0; most];
        Ok(self.find(&zeros, 0..most, most, most, &mut Budget::for_text(most))?.is_some())
    }

    /// The length of a match in the middle of zeros, where there is one; it then begins at every possible place.
    pub(crate) fn length_in_zeros(&self, most: usize) -> Result<Option<usize>, Costly> {
        match &self.engine {
            Engine::Fixed(fixed) => {
                Ok(fixed.bytes.iter().all(|byte| *byte == 0).then_some(fixed.bytes.len()))
            }
            Engine::Regex(_) => {
                // One zero on either side is for look-around.
                let (text, end) = (vec![0; most.saturating_add(2)], most.saturating_add(1));
                let found = self.find(&text, 1..end, end, most, &mut Budget::for_text(most))?;
                Ok(found.map(|found| found.len()))
            }
        }
    }

    /// The first match that begins at one of `starts` and lies in the text. A regular expression is matched in `text[..end]` only, with
    /// look-around behind it; where it can match less, it takes at most `most` bytes.
    ///
    /// # Errors
    /// [`Costly`] where the budget is exhausted.
    pub(crate) fn find(
        &self,
        text: &[u8],
        starts: Range<usize>,
        end: usize,
        most: usize,
        budget: &mut Budget,
    ) -> Result<Option<Range<usize>>, Costly> {
        match &self.engine {
            Engine::Fixed(fixed) => {
                let start = fixed.find(text, starts, budget)?;
                Ok(start.map(|start| start..start.saturating_add(fixed.bytes.len())))
            }
            Engine::Regex(expression) => {
                let mut from = starts.start;
                while from < starts.end {
                    let Some(found) = expression.find(text, from..end, false, budget)? else {
                        return Ok(None);
                    };
                    if !found.is_empty() {
                        let found = at_most(most, expression, text, found, budget)?;
                        return Ok(Some(found).filter(|found| found.start < starts.end));
                    }
                    from = found.end.saturating_add(1);
                }
                Ok(None)
            }
        }
    }
}

/// A match of at most `most` bytes: the match, or a part of it that matches as well.
fn at_most(
    most: usize,
    expression: &Expression,
    text: &[u8],
    found: Range<usize>,
    budget: &mut Budget,
) -> Result<Range<usize>, Costly> {
    if found.len() <= most {
        return Ok(found);
    }
    let part = found.start..found.start.saturating_add(most);
    let shorter = expression.find(text, part, true, budget)?;
    Ok(shorter.filter(|shorter| !shorter.is_empty()).unwrap_or(found))
}

/// Bytes with a mask.
#[derive(Clone, Debug)]
struct Fixed {
    /// Bytes, zero outside of the mask.
    bytes: Vec<u8>,
    mask: Vec<u8>,
    /// Offset in the pattern of whole bytes that are searched for first, and their finder, where there are any.
    anchor: Option<(usize, Finder<'static>)>,
    /// Whether the anchor is the whole pattern.
    exact: bool,
}

impl Fixed {
    fn new(bytes: &[u8], mask: &[u8]) -> Fixed {
        let bytes: Vec<u8> = bytes.iter().zip(mask).map(|(byte, mask)| byte & mask).collect();
        let mask: Vec<u8> = mask.iter().copied().take(bytes.len()).collect();
        let mut best: Option<(usize, &[u8])> = None;
        let mut at = 0usize;
        for run in mask.chunk_by(|one, other| (*one == 0xff) == (*other == 0xff)) {
            let literal = bytes.get(at..at.saturating_add(run.len())).unwrap_or_default();
            let whole = run.first() == Some(&0xff);
            if whole && best.is_none_or(|(_, best)| rarity(literal) > rarity(best)) {
                best = Some((at, literal));
            }
            at = at.saturating_add(run.len());
        }
        let exact = best.is_some_and(|(_, literal)| literal.len() == bytes.len());
        let anchor = best.map(|(at, literal)| (at, Finder::new(literal).into_owned()));
        Fixed { bytes, mask, anchor, exact }
    }

    /// The first match that begins at one of `starts`.
    fn find(&self, text: &[u8], starts: Range<usize>, budget: &mut Budget) -> Result<Option<usize>, Costly> {
        let begins = text.len().saturating_add(1).saturating_sub(self.bytes.len());
        let end = starts.end.min(begins);
        let mut from = starts.start;
        while from < end {
            if let Some((at, finder)) = &self.anchor {
                let behind = end.saturating_sub(1).saturating_add(*at).saturating_add(finder.needle().len());
                let candidates = text.get(from.saturating_add(*at)..behind).unwrap_or_default();
                match finder.find(candidates) {
                    Some(skipped) => from = from.saturating_add(skipped),
                    None => return Ok(None),
                }
            }
            let wrong = if self.exact { None } else { self.mismatch(text.get(from..).unwrap_or_default()) };
            let Some(wrong) = wrong else { return Ok(Some(from)) };
            budget.spend(wrong)?;
            from = from.saturating_add(1);
        }
        Ok(None)
    }

    /// The first offset in the pattern at which a text differs.
    fn mismatch(&self, text: &[u8]) -> Option<usize> {
        let wanted = self.bytes.iter().zip(&self.mask);
        wanted.zip(text).position(|((byte, mask), text)| text & mask != *byte)
    }
}

/// Rank of bytes by how rare they are in dumps, roughly: zeros and ones fill most pages.
fn rarity(literal: &[u8]) -> (usize, usize) {
    (literal.iter().filter(|byte| !matches!(byte, 0 | 0xff)).count(), literal.len())
}
