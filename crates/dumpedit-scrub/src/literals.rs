//! Finds known values as they are, in UTF-16 and in Base64.

use std::collections::HashMap;
use std::ops::Range;

use aho_corasick::{AhoCorasick, Match, MatchKind, packed};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::found_by::By;
use crate::letters::Letters;
use crate::module_names::ModuleNames;
use crate::pieces::{Pieces, Whole};
use crate::spread::{LEAST_VALUE, Spread};
use crate::starts::{Starts, small};
use crate::text::LEAST;
use crate::values::Values;

/// Most stored forms of short values: they are searched in all bytes, which is fast for a few.
const MOST_SHORT: usize = 48;

/// Finds known values in blocks and texts.
#[derive(Debug, Default)]
pub(crate) struct Literals {
    /// Searched in all bytes: short values, and those with letters beyond ASCII.
    short: Option<(Short, Vec<Form>)>,
    /// Searched in texts.
    long: Long,
    /// Pieces of values that were cut off.
    pieces: Pieces,
    modules: ModuleNames,
}

/// Searches short values: few of them in many bytes at once (SIMD), more with an automaton.
#[derive(Debug)]
enum Short {
    Few(packed::Searcher),
    Many(AhoCorasick),
}

impl Short {
    fn new(texts: &[Vec<u8>]) -> Option<Short> {
        let mut few = packed::Config::new().match_kind(packed::MatchKind::LeftmostLongest).builder();
        if let Some(few) = few.extend(texts).build() {
            return Some(Short::Few(few));
        }
        AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(texts).ok().map(Short::Many)
    }

    fn each(&self, block: &[u8], each: impl FnMut(Match)) {
        match self {
            Short::Few(few) => few.find_iter(block).for_each(each),
            Short::Many(many) => many.find_iter(block).for_each(each),
        }
    }
}

/// Values of at least [`LEAST`] letters. Many may begin alike, so that a place in a text is looked up once for each length, and not compared
/// with each value.
#[derive(Debug, Default)]
struct Long {
    starts: Starts,
    /// By the first [`LEAST`] letters in lower case, the lengths of the values that begin so, longest first.
    lengths: HashMap<[u8; LEAST], Vec<usize>>,
    values: HashMap<Vec<u8>, Form>,
    /// Names in lower case.
    names: HashMap<Vec<u8>, Form>,
    /// By the first part of a long value, its rest, which a text may have behind it as far as it goes.
    rests: HashMap<Box<[u8]>, Box<[u8]>>,
}

impl Long {
    fn add(&mut self, value: Vec<u8>, form: Form) {
        let Some(start) = value.first_chunk::<LEAST>() else { return };
        let lengths = self.lengths.entry(start.map(small)).or_default();
        let at = lengths.partition_point(|length| *length > value.len());
        if lengths.get(at) != Some(&value.len()) {
            lengths.insert(at, value.len());
        }
        if form.is_name {
            self.names.entry(value.to_ascii_lowercase()).or_insert(form);
        } else {
            self.values.entry(value).or_insert(form);
        }
    }

    /// Builds the table of beginnings, once all values are added.
    fn ready(&mut self) {
        self.starts = Starts::new(LEAST, 4, self.lengths.keys().map(|start| &start[..])).of_any_case();
    }

    /// The longest value at a place in a text, and its length.
    fn at(&self, text: &[u8], start: usize) -> Option<(usize, Form)> {
        let rest = text.get(start..)?;
        let lengths = self.lengths.get(&rest.first_chunk::<LEAST>()?.map(small))?;
        lengths.iter().find_map(|length| {
            let there = rest.get(..*length)?;
            let name = || {
                let form = self.names.get(&there.to_ascii_lowercase())?;
                stands_alone(text, start, start + length, Letters::Bytes).then_some(form)
            };
            let form = self.values.get(there).or_else(name)?;
            let (rest, behind) = (self.rests.get(there), rest.get(*length..).unwrap_or_default());
            let more = rest
                .map_or(0, |rest| rest.iter().zip(behind).take_while(|(one, other)| one == other).count());
            Some((length + more, *form))
        })
    }
}

#[derive(Clone, Copy, Debug)]
struct Form {
    rule: usize,
    is_name: bool,
    /// Encoding of its letters.
    letters: Letters,
}

/// A value found in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) rule: usize,
    /// Offset of the first letter: in letters of a text, or in bytes of a block.
    pub(crate) start: usize,
    pub(crate) count: usize,
    pub(crate) letters: Letters,
}

impl Literals {
    /// Searches `values`, and their Base64 on behalf of the rule `base64`. Parts of the names of `modules` are kept.
    pub(crate) fn new(values: &mut Values, base64: Option<usize>, modules: &ModuleNames) -> Literals {
        let mut short: Vec<(Vec<u8>, Form)> = Vec::new();
        let mut long = Long::default();
        let mut left_out = 0u64;
        let mut pieces = Pieces::default();
        for (value, (rule, spread)) in &values.known {
            let form = |letters| Form { rule: *rule, is_name: *spread == Spread::Name, letters };
            // Names are long without regard to case, short ones in each of a few spellings.
            let is_long = value.is_ascii()
                && value.len() >= LEAST
                && value.iter().all(|byte| matches!(byte, 9..=13 | 0x20..));
            if is_long && *spread != Spread::Encoded {
                long.add(value.to_vec(), form(Letters::Bytes));
            }
            for value in spellings(value, *spread).into_iter().filter(|_| !is_long) {
                if short.len() >= MOST_SHORT {
                    left_out = left_out.saturating_add(1);
                } else if value.is_ascii() {
                    let mut apart: Vec<u8> = value.iter().flat_map(|byte| [*byte, 0]).collect();
                    apart.pop();
                    short.push((value, form(Letters::Bytes)));
                    short.push((apart, form(Letters::Apart)));
                } else {
                    let letters = [Letters::Bytes, Letters::Low, Letters::High];
                    short.extend(stored(&value).into_iter().zip(letters.map(form)));
                }
            }
            if *spread == Spread::Value {
                // A piece of a variable's path is a piece of a path, too.
                let is_path = *rule == By::Path.index() || value.starts_with(b"/");
                pieces.add(value, Whole { rule: *rule, is_path }, modules);
            }
            if let Some(rule) = base64 {
                let form = Form { rule, is_name: false, letters: Letters::Bytes };
                for bytes in stored(value) {
                    encoded(&bytes).into_iter().for_each(|text| long.add(text, form));
                }
            }
        }
        values.too_many = values.too_many.saturating_add(left_out);
        let build = |forms: Vec<(Vec<u8>, Form)>| {
            if forms.is_empty() {
                return None;
            }
            let (texts, forms): (Vec<_>, Vec<_>) = forms.into_iter().unzip();
            Short::new(&texts).map(|found| (found, forms))
        };
        long.rests = values.rests.clone();
        long.ready();
        pieces.ready();
        Literals { short: build(short), long, pieces, modules: modules.clone() }
    }

    /// Whether anything is searched in texts.
    pub(crate) fn wants_texts(&self) -> bool {
        !self.long.lengths.is_empty() || !self.pieces.is_empty()
    }

    /// Whether anything is searched in all bytes.
    pub(crate) fn wants_all_bytes(&self) -> bool {
        self.short.is_some()
    }

    /// Calls `each` for the values searched in all bytes of a block; offsets are bytes.
    pub(crate) fn in_block(&self, block: &[u8], each: &mut impl FnMut(Found)) {
        let Some((values, forms)) = &self.short else { return };
        values.each(block, |found| {
            let Some(form) = forms.get(found.pattern().as_usize()) else { return };
            let step = form.letters.size();
            if !form.is_name || stands_alone(block, found.start(), found.end(), form.letters) {
                let count = found.range().len().div_ceil(step);
                each(Found { rule: form.rule, start: found.start(), count, letters: form.letters });
            }
        });
    }

    /// Calls `each` for the values searched in texts; offsets are letters of the text.
    pub(crate) fn in_text(&self, text: &[u8], each: &mut impl FnMut(Found)) {
        let path = By::Path.index();
        self.pieces.find(text, &mut |range, Whole { rule, is_path }| {
            let range = if is_path { whole_folders(text, range, Some(&self.modules)) } else { range };
            each(Found { rule, start: range.start, count: range.len(), letters: Letters::Bytes });
        });
        self.long.starts.each(text, |start| match self.long.at(text, start) {
            Some((length, form)) => {
                let whole = start..start + length;
                let range = if form.rule == path { whole_folders(text, whole, None) } else { whole };
                each(Found { rule: form.rule, start, count: range.len(), letters: Letters::Bytes });
                start + length
            }
            None => start + 1,
        });
    }
}

/// A part of a path without its last part where that may begin another name: where letters go on behind it, or where a piece that was cut
/// off may be the beginning of one of these modules' names.
fn whole_folders(text: &[u8], range: Range<usize>, modules: Option<&ModuleNames>) -> Range<usize> {
    let is_separator = |byte: &u8| matches!(byte, b'/' | b'\\');
    let length = text.get(range.clone()).unwrap_or_default().iter().rposition(is_separator).unwrap_or(0);
    let next = text.get(range.end);
    let goes_on = next.is_some_and(|next| next.is_ascii_alphanumeric() || b"_-.".contains(next));
    let last = text.get(range.start + length + 1..(range.end + 1).min(text.len())).unwrap_or_default();
    let is_of_module = last.len() >= LEAST_VALUE && modules.is_some_and(|modules| modules.have_start(last));
    if goes_on || is_of_module { range.start..range.start + length } else { range }
}

/// Spellings in which a short value is looked for as it is: a name also in lower and upper case, and with a capital first letter.
fn spellings(value: &[u8], spread: Spread) -> Vec<Vec<u8>> {
    let of_name = || {
        let text = std::str::from_utf8(value).ok()?;
        let (lower, upper) = (text.to_lowercase(), text.to_uppercase());
        let capital = text.chars().next()?.to_uppercase().chain(lower.chars().skip(1)).collect();
        Some([lower, upper, capital].map(String::into_bytes))
    };
    let mut spellings = match spread {
        Spread::Encoded => Vec::new(),
        Spread::Value | Spread::Name => vec![value.to_vec()],
    };
    if spread == Spread::Name {
        spellings.extend(of_name().into_iter().flatten());
    }
    spellings.sort_unstable();
    spellings.dedup();
    spellings
}

/// Whether neither a letter nor a digit is beside a name. An end of the name that is a sign needs no such boundary.
fn stands_alone(text: &[u8], start: usize, end: usize, letters: Letters) -> bool {
    let step = letters.size();
    let is_sign = |place: Range<usize>| {
        let letters = text.get(place).unwrap_or_default();
        !letters.iter().any(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii())
    };
    let (begins, ends) = (is_sign(start..start + step), is_sign(end.saturating_sub(step)..end));
    let is_word = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    let is_zero = |at: Option<usize>| at.and_then(|at| text.get(at)) == Some(&0);
    // The units of two bytes in front of a place and from another on, low or high byte first.
    let before = |start: usize, letter: usize, zero: usize| {
        let zero = start.checked_sub(zero);
        is_word(start.checked_sub(letter)) && (zero.is_none() || is_zero(zero))
    };
    let low_first = |start: usize, end: usize| {
        (begins || !before(start, 2, 1)) && (ends || !(is_word(Some(end)) && is_zero(Some(end + 1))))
    };
    let high_first = |start: usize, end: usize| {
        (begins || !before(start, 1, 2)) && (ends || !(is_word(Some(end + 1)) && is_zero(Some(end))))
    };
    match letters {
        Letters::Bytes => (begins || !is_word(start.checked_sub(1))) && (ends || !is_word(Some(end))),
        Letters::Low => low_first(start, end),
        Letters::High => high_first(start, end),
        // From a first letter to a last one, with half of a unit on either side.
        Letters::Apart => {
            low_first(start, end + 1) || start.checked_sub(1).is_some_and(|start| high_first(start, end))
        }
    }
}

/// The bytes of a value as programs store it: in UTF-8, and in UTF-16 of both byte orders.
fn stored(value: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![value.to_vec()];
    if let Ok(text) = std::str::from_utf8(value) {
        forms.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        forms.push(text.encode_utf16().flat_map(u16::to_be_bytes).collect());
    }
    forms
}

/// Texts that the Base64 of anything containing the value contains: one for each of the three alignments of its first byte, in both
/// alphabets.
fn encoded(value: &[u8]) -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    for (before, skipped) in [(0usize, 0usize), (1, 2), (2, 3)] {
        let bytes = [&vec![0; before], value].concat();
        // Letters that the bytes behind the value do not change.
        let letters = bytes.len() * 8 / 6;
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let text = engine.encode(&bytes).into_bytes();
            let text = text.get(skipped..letters).unwrap_or_default().to_vec();
            if text.len() >= LEAST && !texts.contains(&text) {
                texts.push(text);
            }
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::LONGEST;

    fn found(values: &[(&str, bool)], block: &[u8]) -> Vec<(usize, usize, Letters)> {
        let mut known = Values::default();
        values.iter().for_each(|(value, is_name)| {
            known.add(value.as_bytes(), 0, if *is_name { Spread::Name } else { Spread::Value })
        });
        let literals = Literals::new(&mut known, Some(1), &ModuleNames::default());
        let mut all = Vec::new();
        literals.in_block(block, &mut |found| all.push((found.start, found.count, found.letters)));
        literals.in_text(block, &mut |found| all.push((found.start, found.count, found.letters)));
        all
    }

    #[test]
    fn values_are_found_in_each_of_their_forms() {
        let low = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let high = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
        let padded = |bytes: &[u8]| [b"\x01\x01\x01", bytes, b"\x01\x01"].concat();
        assert_eq!(found(&[("alice", true)], &padded(b"alice")), [(3, 5, Letters::Bytes)]);
        assert_eq!(found(&[("alice", true)], &padded(&low("alice"))), [(3, 5, Letters::Apart)]);
        assert_eq!(found(&[("alice", true)], &padded(&high("alice"))), [(4, 5, Letters::Apart)]);
        assert_eq!(found(&[("Alice", true)], &padded(b"ALICE")), [(3, 5, Letters::Bytes)]);
        for text in ["quentinz", "Quentinz", "QUENTINZ", "QuentinZ"] {
            assert_eq!(
                found(&[("quentinz", true)], &padded(text.as_bytes())),
                [(3, 8, Letters::Bytes)],
                "{text}"
            );
            assert_eq!(
                found(&[("Quentinz", true)], &padded(text.as_bytes())),
                [(3, 8, Letters::Bytes)],
                "{text}"
            );
        }
        for text in ["greta", "Greta", "GRETA"] {
            assert_eq!(
                found(&[("greta", true)], &padded(text.as_bytes())),
                [(3, 5, Letters::Bytes)],
                "{text}"
            );
            assert_eq!(found(&[("greta", true)], &padded(&high(text))), [(4, 5, Letters::Apart)], "{text}");
        }
        assert_eq!(found(&[("hunter2/", false)], &padded(b"Hunter2/")), []);
        assert_eq!(found(&[("jürgen", true)], &padded("jürgen".as_bytes())), [(3, 7, Letters::Bytes)]);
        assert_eq!(found(&[("jürgen", true)], &padded("JÜRGEN".as_bytes())), [(3, 7, Letters::Bytes)]);
        assert_eq!(found(&[("jürgen", true)], &padded(&low("jürgen"))), [(3, 6, Letters::Low)]);
        assert_eq!(found(&[("jürgen", true)], &padded(&high("jürgen"))), [(3, 6, Letters::High)]);
    }

    #[test]
    fn a_long_value_is_found_whole() {
        for letter in ["", "ż"] {
            let numbers: String = (10_000..14_000).map(|number| format!("{number},")).collect();
            let value = format!("{}{letter}{}", &numbers[..LONGEST - 1], &numbers[LONGEST - 1..]);
            let block = [b"\x01\x01", value.as_bytes(), b"\x01"].concat();
            let found = found(&[(&value, false)], &block);
            let covered =
                |at: &usize| found.iter().any(|(start, count, _)| (*start..start + count).contains(at));
            assert_eq!((2..2 + value.len()).find(|at| !covered(at)), None, "{letter}");
        }
    }

    #[test]
    fn a_long_value_is_found_as_far_as_it_goes() {
        let value: String = (10_000..14_000).map(|number| format!("{number},")).collect();
        let copy = &value[..LONGEST + 500];
        let found = found(&[(&value, false)], format!("{copy}\u{1}").as_bytes());
        assert!(found.contains(&(0, copy.len(), Letters::Bytes)), "{found:?}");
    }

    #[test]
    fn names_are_found_where_they_stand_alone() {
        let apart = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        for text in ["malice", "alices", "2alice"] {
            assert_eq!(found(&[("alice", true)], text.as_bytes()), [], "{text}");
            assert_eq!(found(&[("alice", true)], &apart(text)), [], "{text}");
        }
        // A letter with another half of a unit is none.
        let high = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
        for block in [[b"\x4eA", &high("alice")[..]].concat(), [&apart("alice")[..], b"A\x4e"].concat()] {
            assert_eq!(found(&[("alice", true)], &block).len(), 1, "{block:?}");
        }
        for text in ["/alice/", "alice_x", "=alice"] {
            assert_eq!(found(&[("alice", true)], text.as_bytes()).len(), 1, "{text}");
            assert_eq!(found(&[("alice", true)], &apart(text)).len(), 1, "{text}");
        }
        assert_eq!(found(&[("bob", true), ("root", true), ("pin 12", false)], b"bob root pin 12"), []);
    }

    #[test]
    fn a_piece_of_a_path_ends_in_front_of_a_last_part_that_begins_alike() {
        let path = ("/Users/ted/src/crashpad", false);
        assert_eq!(found(&[path], b"/Users/ted/src/crashy"), [(0, 14, Letters::Bytes)]);
        assert_eq!(
            found(&[("Users/ted/src/crashpad", false)], b"Users/ted/src/crashy").first().unwrap().1,
            19
        );
    }

    #[test]
    fn base64_of_a_value_is_found_wherever_it_was_in_what_was_encoded() {
        let value = "hunter2/secret>>";
        for before in 0..7 {
            for after in 0..4 {
                for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
                    let text = format!("{}{value}{}", "u".repeat(before), "z".repeat(after));
                    for (index, stored) in stored(text.as_bytes()).into_iter().enumerate() {
                        let encoded = engine.encode(stored);
                        let found = found(&[(value, false)], encoded.as_bytes());
                        assert_eq!(found.len(), 1, "{encoded}");
                        let size = if index == 0 { value.len() } else { value.len() * 2 };
                        assert!(found[0].1 + 3 >= size * 8 / 6, "{encoded}");
                    }
                }
            }
        }
    }
}
