//! A pattern made ready: how it is found in a stretch of bytes.

use std::ops::Range;

use memchr::memmem::Finder;
use regex_automata::meta::{self, Regex};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

/// What finds the matches of one pattern.
#[derive(Clone, Debug)]
pub struct Matcher(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Fixed(Box<Fixed>),
    Regex(Regex),
}

impl Matcher {
    /// The longest pattern of fixed length, in bytes.
    pub const LONGEST: usize = 1 << 20;

    /// Matches these bytes.
    ///
    /// # Errors
    /// What is wrong, in words, where there are none or more than [`Matcher::LONGEST`].
    pub fn bytes(bytes: &[u8]) -> Result<Matcher, String> {
        Matcher::masked(bytes, &vec![0xff; bytes.len()])
    }

    /// Matches bytes of which only the bits in a mask matter.
    ///
    /// # Errors
    /// What is wrong, in words, where there are none or more than [`Matcher::LONGEST`], or where no bit matters.
    pub fn masked(bytes: &[u8], mask: &[u8]) -> Result<Matcher, String> {
        if mask.iter().all(|bits| *bits == 0) {
            return Err("is empty: everything would match".to_owned());
        }
        if bytes.len().max(mask.len()) > Matcher::LONGEST {
            return Err(format!("has more than {} bytes", Matcher::LONGEST));
        }
        Ok(Matcher(Kind::Fixed(Box::new(Fixed::new(bytes, mask)))))
    }

    /// Matches a regular expression over bytes: Unicode is off, `.` is any byte but a line feed. A match has at most
    /// 256 KiB where less than all of a longer one matches, too; one that can't be shorter may not be found.
    ///
    /// # Errors
    /// What is wrong with it, in one line.
    pub fn regex(expression: &str) -> Result<Matcher, String> {
        let bytes = syntax::Config::new().unicode(false).utf8(false);
        let config = meta::Config::new().utf8_empty(false).nfa_size_limit(Some(10 << 20));
        let built = Regex::builder().configure(config).syntax(bytes).build(expression);
        let regex = built.map_err(|error| match (error.syntax_error(), error.size_limit()) {
            // The parser draws the expression with the place below it; its last line is the problem.
            (Some(syntax), _) => {
                let drawn = syntax.to_string();
                let last = drawn.lines().last().unwrap_or_default();
                last.strip_prefix("error: ").unwrap_or(last).to_owned()
            }
            (None, Some(limit)) => format!("it is larger than the limit of {limit} bytes"),
            (None, None) => error.to_string().replace('\n', " "),
        })?;
        Ok(Matcher(Kind::Regex(regex)))
    }

    /// The length of every match, where it is always the same.
    pub(crate) fn fixed_length(&self) -> Option<usize> {
        match &self.0 {
            Kind::Fixed(fixed) => Some(fixed.bytes.len()),
            Kind::Regex(_) => None,
        }
    }

    /// Whether anything matches in memory that is all zeros, as many as a match has at most.
    pub(crate) fn matches_only_zeros(&self, most: usize) -> bool {
        let zeros = vec![0; most];
        self.find(&zeros, 0..most, most, most).is_some()
    }

    /// The length of a match in the middle of zeros, where there are such; one begins wherever one may then.
    pub(crate) fn length_in_zeros(&self, most: usize) -> Option<usize> {
        match &self.0 {
            Kind::Fixed(fixed) => fixed.bytes.iter().all(|byte| *byte == 0).then_some(fixed.bytes.len()),
            Kind::Regex(_) => {
                // One zero on either side is for what looks around.
                let (text, end) = (vec![0; most.saturating_add(2)], most.saturating_add(1));
                self.find(&text, 1..end, end, most).map(|found| found.len())
            }
        }
    }

    /// The first match that begins at one of `starts`, all of it in the text. A regular expression is matched in
    /// `text[..end]` only, and looks around at what is behind; where it can match less, it takes at most `most` bytes.
    pub(crate) fn find(
        &self,
        text: &[u8],
        starts: Range<usize>,
        end: usize,
        most: usize,
    ) -> Option<Range<usize>> {
        match &self.0 {
            Kind::Fixed(fixed) => {
                let start = fixed.find(text, starts)?;
                Some(start..start.saturating_add(fixed.bytes.len()))
            }
            Kind::Regex(regex) => {
                let mut from = starts.start;
                while from < starts.end {
                    let found = regex.search(&Input::new(text).range(from..end))?;
                    if !found.is_empty() {
                        return Some(at_most(most, regex, text, found.range()))
                            .filter(|found| found.start < starts.end);
                    }
                    from = found.end().saturating_add(1);
                }
                None
            }
        }
    }
}

/// A match that is longer than `most` bytes, or what of it also matches and is not.
fn at_most(most: usize, regex: &Regex, text: &[u8], found: Range<usize>) -> Range<usize> {
    if found.len() <= most {
        return found;
    }
    let input = Input::new(text).range(found.start..found.start.saturating_add(most));
    let shorter = regex.search(&input.anchored(Anchored::Yes)).filter(|shorter| !shorter.is_empty());
    shorter.map_or(found, |shorter| shorter.range())
}

/// Bytes with a mask.
#[derive(Clone, Debug)]
struct Fixed {
    /// Only the bits in the mask are set.
    bytes: Vec<u8>,
    mask: Vec<u8>,
    /// Where in the pattern whole bytes stand that are searched for first, where there are such.
    anchor: Option<(usize, Finder<'static>)>,
    /// Whether the anchor is all of the pattern.
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
    fn find(&self, text: &[u8], starts: Range<usize>) -> Option<usize> {
        let end = starts.end.min(text.len().saturating_add(1).checked_sub(self.bytes.len())?);
        let mut from = starts.start;
        while from < end {
            from = match &self.anchor {
                Some((at, finder)) => {
                    let behind =
                        end.saturating_sub(1).saturating_add(*at).saturating_add(finder.needle().len());
                    let candidates = text.get(from.saturating_add(*at)..behind)?;
                    from.saturating_add(finder.find(candidates)?)
                }
                None => from,
            };
            if self.exact || self.fits(text.get(from..)?) {
                return Some(from);
            }
            from = from.saturating_add(1);
        }
        None
    }

    fn fits(&self, text: &[u8]) -> bool {
        let wanted = self.bytes.iter().zip(&self.mask);
        wanted.zip(text).all(|((byte, mask), text)| text & mask == *byte)
    }
}

/// How seldom bytes are met in a dump, roughly: zeros and ones fill most of its pages.
fn rarity(literal: &[u8]) -> (usize, usize) {
    (literal.iter().filter(|byte| !matches!(byte, 0 | 0xff)).count(), literal.len())
}
