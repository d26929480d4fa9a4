//! Compiled rules, and the secrets they find in a text.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::bytes::{Regex, RegexBuilder};

use crate::alphabet::{Alphabet, BESIDE};
use crate::class::Class;
use crate::error::RuleError;
use crate::keywords::Keywords;
use crate::replaced::is_replaced;
use crate::rule::{Allowed, BEFORE, Check, Part, RegexTarget, Rule};
use crate::stretches::Stretches;
use crate::system_folders::is_of_system;

/// Largest compiled regular expression, in bytes.
const MOST_COMPILED: usize = 16 << 20;

/// Largest cache of a search's states, in bytes.
const MOST_STATES: usize = 4 << 20;

/// Compiled rules.
#[derive(Clone, Debug)]
pub(crate) struct Matcher {
    rules: Vec<Ready>,
    keywords: Keywords,
    /// Indexes of the rules that own each keyword.
    owners: Vec<Vec<usize>>,
    stretches: Stretches,
}

#[derive(Clone, Debug)]
struct Ready {
    pattern: Regex,
    group: usize,
    first_group: bool,
    always: bool,
    /// Letters of a match, where every match is in a stretch of such letters around a keyword or a stretch that is looked for.
    letters: Option<Alphabet>,
    stretch: Option<ReadyStretch>,
    check: Check,
    allowed: Vec<ReadyAllowed>,
    part: Part,
    /// Whether the secret ends where letters do not go on with its word.
    is_token: bool,
}

#[derive(Clone, Debug)]
struct ReadyStretch {
    of: Alphabet,
    count: usize,
}

#[derive(Clone, Debug)]
struct ReadyAllowed {
    patterns: Vec<Regex>,
    target: RegexTarget,
    words: Option<AhoCorasick>,
    all: bool,
}

/// A secret that a rule found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// Index of the rule.
    pub(crate) rule: usize,
    /// Range of the secret, in letters of the text.
    pub(crate) secret: Range<usize>,
}

/// Scratch memory that is kept between texts, since most of them are short.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// By rule, the range of the text that was searched last.
    done: Vec<Range<usize>>,
    /// By rule, whether it searches all of the text.
    wanted: Vec<bool>,
    hits: Vec<Hit>,
    is_used: bool,
    /// Indices of letters of the next text at which tokens end.
    pub(crate) token_ends: Vec<usize>,
}

impl Matcher {
    pub(crate) fn new(rules: &[Rule]) -> Result<Matcher, RuleError> {
        let mut words: Vec<String> = Vec::new();
        let mut matcher = Matcher {
            rules: Vec::new(),
            keywords: Keywords::default(),
            owners: Vec::new(),
            stretches: Stretches::default(),
        };
        for (index, rule) in rules.iter().enumerate() {
            for word in rule.keywords.iter().map(|word| word.to_ascii_lowercase()) {
                match words.iter().position(|known| *known == word) {
                    Some(known) => {
                        matcher.owners.get_mut(known).into_iter().for_each(|owners| owners.push(index));
                    }
                    None => {
                        matcher.keywords.add(&word, words.len());
                        words.push(word);
                        matcher.owners.push(vec![index]);
                    }
                }
            }
            let ready = Ready::of(rule)?;
            if let (Some(letters), Some(stretch)) = (&ready.letters, &rule.stretch) {
                matcher.stretches.add(letters, &Alphabet::of(stretch.of.as_bytes()), stretch.least, index);
            }
            matcher.rules.push(ready);
        }
        Ok(matcher)
    }

    /// Calls `each` for every secret in a text that is not replaced yet, in order of the rules.
    pub(crate) fn find(&self, text: &[u8], room: &mut Room, each: &mut impl FnMut(Hit)) {
        if room.is_used || room.wanted.len() != self.rules.len() {
            room.done.clear();
            room.done.resize(self.rules.len(), 0..0);
            room.wanted.clear();
            room.wanted.extend(self.rules.iter().map(|rule| rule.always));
            room.is_used = false;
        }
        let Room { done, wanted, hits, is_used, token_ends } = room;
        let mut look = |found: Range<usize>, index: usize| {
            let (Some(rule), Some(done), Some(wanted)) =
                (self.rules.get(index), done.get_mut(index), wanted.get_mut(index))
            else {
                return;
            };
            *is_used = true;
            if rule.letters.is_none() {
                *wanted = true;
            } else if !done.contains(&found.start) {
                *done = rule
                    .around(text, token_ends, found, &mut |secret| hits.push(Hit { rule: index, secret }));
            }
        };
        self.keywords.each(text, |found, word| {
            self.owners.get(word).into_iter().flatten().for_each(|owner| look(found.clone(), *owner));
        });
        self.stretches.each(text, &mut look);
        for (index, (rule, wanted)) in self.rules.iter().zip(wanted).enumerate() {
            if *wanted {
                rule.find(text, token_ends, 0..text.len(), &mut |secret| {
                    hits.push(Hit { rule: index, secret })
                });
            }
        }
        if !hits.is_empty() {
            hits.sort_unstable_by_key(|hit| (hit.rule, hit.secret.start, hit.secret.end));
            hits.dedup();
            hits.drain(..).for_each(each);
        }
    }
}

impl Ready {
    fn of(rule: &Rule) -> Result<Ready, RuleError> {
        let (pattern, letters) = compile(&rule.id, &rule.pattern)?;
        if rule.group >= pattern.captures_len() {
            let (id, group, groups) = (rule.id.clone(), rule.group, pattern.captures_len().saturating_sub(1));
            return Err(RuleError::Group { id, group, groups });
        }
        let allowed = rule.allowed.iter().map(|allowed| ReadyAllowed::of(&rule.id, allowed));
        let stretch = rule.stretch.as_ref();
        Ok(Ready {
            pattern,
            group: rule.group,
            first_group: rule.first_group && rule.group == 0,
            always: rule.keywords.is_empty() && stretch.is_none(),
            letters: letters.filter(|_| rule.has_keyword || stretch.is_some()),
            stretch: stretch.map(|stretch| ReadyStretch {
                of: Alphabet::of(stretch.of.as_bytes()),
                count: stretch.count,
            }),
            check: rule.check,
            allowed: allowed.collect::<Result<_, _>>()?,
            part: rule.part,
            is_token: matches!(rule.class, Class::Tokens | Class::Keys),
        })
    }

    /// Searches the stretch of a match's letters around `found`, and returns it.
    fn around(
        &self,
        text: &[u8],
        token_ends: &[usize],
        found: Range<usize>,
        each: &mut impl FnMut(Range<usize>),
    ) -> Range<usize> {
        let around = self.letters.as_ref().map_or(0..text.len(), |letters| letters.around(text, found));
        let stretch = text.get(around.clone()).unwrap_or_default();
        let is_one = self.stretch.as_ref().is_none_or(|wanted| {
            stretch.iter().filter(|letter| wanted.of.has(**letter)).count() >= wanted.count
        });
        if is_one {
            // `\b` at the end of a match needs one more letter.
            let end = (around.end + BESIDE + 1).min(text.len());
            self.find(text, token_ends, around.start.saturating_sub(BESIDE)..end, each);
        }
        around
    }

    /// Searches a part of a text.
    fn find(
        &self,
        text: &[u8],
        token_ends: &[usize],
        part: Range<usize>,
        each: &mut impl FnMut(Range<usize>),
    ) {
        let seen = text.get(..part.end).unwrap_or_default();
        let mut from = part.start;
        // A match may end behind its secret, where the next match begins: the search continues right behind the secret.
        while from <= seen.len()
            && let Some(found) = self.pattern.find_at(seen, from)
        {
            let Some(groups) = self.pattern.captures_at(seen, found.start()) else { break };
            let Some(all) = groups.get(0) else { break };
            let secret = if self.first_group {
                let mut others = groups.iter().skip(1).flatten();
                others.find(|group| !group.is_empty()).or(Some(all))
            } else {
                groups.get(self.group)
            };
            let Some(secret) = secret else {
                from = all.end().max(from + 1);
                continue;
            };
            from = secret.end().max(all.start() + 1);
            if self.holds(secret.as_bytes()) && !self.allows(text, all.range(), secret.range()) {
                let first = token_ends.partition_point(|end| *end <= secret.start());
                let end = token_ends.get(first).filter(|_| self.is_token);
                let end = end.map_or(secret.end(), |end| secret.end().min(*end));
                self.parts(text.get(secret.start()..end).unwrap_or_default(), secret.start(), each);
            }
        }
    }

    /// Calls `each` with the part of a secret that is replaced.
    fn parts(&self, secret: &[u8], start: usize, each: &mut impl FnMut(Range<usize>)) {
        let secret = match self.part {
            Part::All => secret,
            Part::Folders => folders(secret),
        };
        let is_kept = self.part == Part::Folders && is_of_system(secret);
        if !is_kept && !is_replaced(secret) {
            each(start..start + secret.len());
        }
    }

    fn holds(&self, secret: &[u8]) -> bool {
        match self.check {
            Check::Nothing => true,
            Check::Luhn => luhn(secret),
            Check::Entropy(least) => entropy(secret) > least,
        }
    }

    fn allows(&self, text: &[u8], all: Range<usize>, place: Range<usize>) -> bool {
        let part = |range: Range<usize>| text.get(range).unwrap_or_default();
        let secret = part(place.clone());
        self.allowed.iter().any(|allowed| {
            let target = match allowed.target {
                RegexTarget::Secret => secret,
                RegexTarget::Match => part(all.clone()),
                RegexTarget::Line => line(text, &all),
                RegexTarget::Before => part(place.start.saturating_sub(BEFORE)..place.start),
            };
            let by_pattern = allowed.patterns.iter().any(|pattern| pattern.is_match(target));
            let by_word = allowed.words.as_ref().is_some_and(|words| words.is_match(secret));
            match (allowed.patterns.is_empty(), &allowed.words) {
                (false, Some(_)) if allowed.all => by_pattern && by_word,
                _ => by_pattern || by_word,
            }
        })
    }
}

impl ReadyAllowed {
    fn of(id: &str, allowed: &Allowed) -> Result<ReadyAllowed, RuleError> {
        let words = if allowed.words.is_empty() {
            None
        } else {
            let mut builder = AhoCorasick::builder();
            let built =
                builder.ascii_case_insensitive(true).match_kind(MatchKind::Standard).build(&allowed.words);
            Some(built.map_err(|cause| RuleError::Keywords { cause: cause.to_string() })?)
        };
        let patterns = allowed.patterns.iter().map(|pattern| Ok(compile(id, pattern)?.0));
        Ok(ReadyAllowed {
            patterns: patterns.collect::<Result<_, _>>()?,
            target: allowed.target,
            words,
            all: allowed.all,
        })
    }
}

/// Compiles a regular expression over bytes, and finds the letters of its matches; over Unicode only where it does not compile over bytes,
/// as it names letters beyond ASCII.
fn compile(id: &str, pattern: &str) -> Result<(Regex, Option<Alphabet>), RuleError> {
    let build = |letters: bool| {
        RegexBuilder::new(pattern)
            .unicode(letters)
            .size_limit(MOST_COMPILED)
            .dfa_size_limit(MOST_STATES)
            .build()
    };
    let of_letters = |unicode: bool| move |regex: Regex| (regex, Alphabet::of_pattern(pattern, unicode));
    let built = build(false).map(of_letters(false)).or_else(|_| build(true).map(of_letters(true)));
    built.map_err(|cause| {
        let cause = cause.to_string();
        // Its other lines show the expression.
        let last = cause.lines().last().unwrap_or_default();
        RuleError::Pattern { id: id.to_owned(), cause: last.trim_start_matches("error: ").to_owned() }
    })
}

/// The folders of a path, up to its last separator.
pub(crate) fn folders(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|byte| matches!(byte, b'/' | b'\\')).unwrap_or(0);
    path.get(..end).unwrap_or_default()
}

/// The line that a match is in.
fn line<'t>(text: &'t [u8], all: &Range<usize>) -> &'t [u8] {
    let start =
        text.get(..all.start).and_then(|before| memchr::memrchr(b'\n', before)).map_or(0, |at| at + 1);
    let end = text.get(all.end..).and_then(|behind| memchr::memchr(b'\n', behind));
    text.get(start..end.map_or(text.len(), |at| all.end + at)).unwrap_or_default()
}

/// Luhn's formula over the digits (ISO/IEC 7812-1).
fn luhn(number: &[u8]) -> bool {
    let digits = number.iter().rev().filter(|byte| byte.is_ascii_digit()).map(|byte| u32::from(byte - b'0'));
    let sum = digits.enumerate().fold(0u32, |sum, (place, digit)| {
        let doubled = if place % 2 == 1 { digit * 2 } else { digit };
        sum.wrapping_add(if doubled > 9 { doubled - 9 } else { doubled })
    });
    sum % 10 == 0
}

/// Shannon entropy, in bits a byte.
fn entropy(text: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    for byte in text {
        counts.get_mut(usize::from(*byte)).into_iter().for_each(|count| *count += 1);
    }
    let size = text.len() as f64;
    let part = |count: &u32| f64::from(*count) / size;
    counts.iter().filter(|count| **count > 0).map(part).map(|part| -part * part.log2()).sum()
}
