//! Tests searches of small random memories in tiny blocks against a search that tries every address.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use regex_automata::util::syntax;

use super::search::Sizes;
use super::{Match, Search};
use crate::dump::Dump;
use crate::error::Error;
use crate::find::matcher::Matcher;

/// A 64-bit core of segments: address, file offset from the end of the headers, size.
fn core(segments: &[(u64, u64, u64)], bytes: &[u8]) -> Dump {
    let start = 64 + 56 * segments.len() as u64;
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    let mut put = |value: u64, size: usize| file.extend(&value.to_le_bytes()[..size]);
    for (value, size) in [(4, 2), (62, 2), (1, 4), (0, 8), (64, 8), (0, 8), (0, 4), (64, 2), (56, 2)] {
        put(value, size);
    }
    for (value, size) in [(segments.len() as u64, 2), (0, 2), (0, 2), (0, 2)] {
        put(value, size);
    }
    for &(address, offset, size) in segments {
        for (value, size) in
            [(1, 4), (6, 4), (start + offset, 8), (address, 8), (0, 8), (size, 8), (size, 8), (1, 8)]
        {
            put(value, size);
        }
    }
    file.extend(bytes);
    Dump::from_bytes(file).unwrap()
}

/// SplitMix64.
fn below(state: &mut u64, limit: u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) % limit
}

/// Contiguous memory: its first address, its bytes, and the file offset of each.
struct Run {
    first: u64,
    bytes: Vec<u8>,
    file_offsets: Vec<u64>,
}

/// The bytes that reads return between two addresses, byte by byte.
fn runs(dump: &Dump, first: u64, last: u64) -> Vec<Run> {
    use dumpedit_layout::{Access, Context};
    let mut seen = BTreeMap::new();
    for address in first..=last {
        let mut byte = [0];
        if dump.read_bytes(Context::Process, address, &mut byte).is_ok() {
            let resolved = dump.layout().resolve(Context::Process, address.into(), 1, Access::Read).unwrap();
            seen.insert(address, (byte[0], resolved.reads().next().unwrap().file_offset));
        }
    }
    let mut runs: Vec<Run> = Vec::new();
    for (address, (byte, file_offset)) in seen {
        if runs.last().is_none_or(|run| run.first + run.bytes.len() as u64 != address) {
            runs.push(Run { first: address, bytes: Vec::new(), file_offsets: Vec::new() });
        }
        let run = runs.last_mut().unwrap();
        run.bytes.push(byte);
        run.file_offsets.push(file_offset);
    }
    runs
}

/// A pattern, as used by the search and by the check.
#[derive(Clone, Debug)]
enum Plain {
    Masked(Vec<u8>, Vec<u8>),
    Regex(&'static str),
}

impl Plain {
    fn matcher(&self) -> Matcher {
        match self {
            Plain::Masked(bytes, mask) => Matcher::masked(bytes, mask).unwrap(),
            Plain::Regex(expression) => Matcher::regex(expression).unwrap(),
        }
    }

    /// Start and length of every match.
    fn matches(&self, text: &[u8]) -> Vec<(usize, usize)> {
        match self {
            Plain::Masked(bytes, mask) => {
                let fits = |text: &[u8]| {
                    text.iter().zip(mask).zip(bytes).all(|((text, mask), byte)| text & mask == byte & mask)
                };
                let starts = 0..(text.len() + 1).saturating_sub(bytes.len());
                starts.filter(|at| fits(&text[*at..])).map(|at| (at, bytes.len())).collect()
            }
            Plain::Regex(expression) => {
                let regex = regex_automata::meta::Regex::builder()
                    .syntax(syntax::Config::new().unicode(false).utf8(false))
                    .configure(regex_automata::meta::Config::new().utf8_empty(false))
                    .build(expression)
                    .unwrap();
                let matches = regex.find_iter(text).filter(|found| !found.is_empty());
                matches.map(|found| (found.start(), found.len())).collect()
            }
        }
    }
}

fn expected(runs: &[Run], patterns: &[Plain], align: u64, most: usize) -> Vec<Match> {
    let mut all = Vec::new();
    for run in runs {
        for (matcher, pattern) in patterns.iter().enumerate() {
            for (start, length) in pattern.matches(&run.bytes) {
                let (address, file_offset) = (run.first + start as u64, run.file_offsets[start]);
                if address % align == 0 {
                    all.push(Match {
                        address,
                        outside: false,
                        length: length as u64,
                        file_offset,
                        matcher,
                        encoding: None,
                    });
                }
            }
        }
    }
    all.sort_by_key(|one| (one.address, one.matcher));
    all.truncate(most);
    all
}

fn found(dump: &Dump, search: &Search) -> Vec<Match> {
    let mut all = Vec::new();
    let found = dump.find(
        search,
        &mut |one| {
            all.push(one);
            ControlFlow::Continue(())
        },
        &mut |_| ControlFlow::Continue(()),
    );
    assert_eq!(found.unwrap().matches, all.len() as u64);
    assert_eq!(dump.matches(search.clone()).collect::<Result<Vec<Match>, Error>>().unwrap(), all);
    all
}

const EXPRESSIONS: &[&str] = &[
    "ab+",
    "a{2}",
    "[^a]{3}",
    "(?i)B.?a",
    "^a",
    "b$",
    r"\bab",
    r"a\b",
    r"\x00+",
    "a|ab",
    r"(?m)^\x00a*",
    "a*",
];

#[test]
fn what_is_found_is_what_a_look_at_every_address_finds() {
    let state = &mut 1u64;
    for round in 0..600 {
        let alphabet: &[u8] = [b"ab".as_slice(), b"ab\0", b"\0\0\0\0\0a"][below(state, 3) as usize];
        let bytes: Vec<u8> =
            (0..200).map(|_| alphabet[below(state, alphabet.len() as u64) as usize]).collect();
        let mut next = 0x1000;
        let segments: Vec<_> = (0..1 + below(state, 12))
            .map(|_| {
                // Adjacent, behind a gap, or over earlier memory.
                let address = match below(state, 4) {
                    0 => next + below(state, 5),
                    1 => 0x1000 + below(state, 300),
                    _ => next,
                };
                let longest = [3, 40][below(state, 2) as usize];
                let size = 1 + below(state, longest);
                next = address + size;
                (address, below(state, 200 - size), size)
            })
            .collect();
        let dump = core(&segments, &bytes);
        let patterns: Vec<Plain> = (0..1 + below(state, 3))
            .map(|_| {
                if below(state, 3) == 0 {
                    return Plain::Regex(EXPRESSIONS[below(state, EXPRESSIONS.len() as u64) as usize]);
                }
                let length = 1 + below(state, 5) as usize;
                let bytes =
                    (0..length).map(|_| alphabet[below(state, alphabet.len() as u64) as usize]).collect();
                let mut mask: Vec<u8> =
                    (0..length).map(|_| [0xff, 0xff, 0, 0xf0, 0x0f][below(state, 5) as usize]).collect();
                mask[0] |= 0xf;
                Plain::Masked(bytes, mask)
            })
            .collect();
        let first = 0x1000 + below(state, 40);
        let last = if below(state, 2) == 0 { 0x1400 } else { first + below(state, 200) };
        let (align, most) =
            ([1, 1, 2, 3, 8][below(state, 5) as usize], [1000, 1000, 3][below(state, 3) as usize]);
        let mut search = Search::new(patterns.iter().map(Plain::matcher).collect());
        search = search.between(first, last).align(align).most(most);
        search.sizes =
            Sizes { block: 1 + below(state, 20), regex_block: 1 + below(state, 20), regex_ahead: 300 };
        let expected = expected(&runs(&dump, first, last), &patterns, align, most as usize);
        assert_eq!(found(&dump, &search), expected, "round {round}: {segments:x?} {patterns:?} {search:?}");
    }
}

#[test]
fn a_match_can_end_at_the_last_address_of_all() {
    let bytes = *b"abcabc";
    let dump = core(&[(u64::MAX - 5, 0, 6)], &bytes);
    for pattern in [Matcher::bytes(b"c"), Matcher::regex("c")] {
        let mut search = Search::new(vec![pattern.unwrap()]);
        search.sizes = Sizes { block: 2, regex_block: 2, regex_ahead: 2 };
        let addresses: Vec<u64> = found(&dump, &search).iter().map(|one| one.address).collect();
        assert_eq!(addresses, [u64::MAX - 3, u64::MAX]);
    }
}

#[test]
fn a_search_that_is_broken_off_says_so() {
    let dump = core(&[(0x1000, 0, 6)], b"abcabc");
    let search = Search::new(vec![Matcher::bytes(b"c").unwrap()]);
    let broken = dump.find(&search, &mut |_| ControlFlow::Break(()), &mut |_| ControlFlow::Continue(()));
    let broken = broken.unwrap();
    assert_eq!((broken.matches, broken.complete), (1, false));
    let whole = dump.find(&search, &mut |_| ControlFlow::Continue(()), &mut |_| ControlFlow::Continue(()));
    let whole = whole.unwrap();
    assert_eq!((whole.matches, whole.complete, whole.captured), (2, true, 6));
}

#[test]
fn the_first_of_many_matches_can_be_had_one_by_one() {
    let size = 1 << 20;
    let dump = core(&[(0x1000, 0, size)], &vec![b'A'; size as usize]);
    let search = Search::new(vec![Matcher::bytes(b"A").unwrap()]);
    let first = dump.matches(search.clone()).take(3).map(|found| found.unwrap().address);
    assert_eq!(first.collect::<Vec<_>>(), [0x1000, 0x1001, 0x1002]);
    assert_eq!(dump.matches(search).count() as u64, size);
    let mut costly = dump.matches(Search::new(vec![Matcher::regex("(?s:A.*z|A)").unwrap()]));
    assert!(matches!(costly.find(Result::is_err), Some(Err(Error::Costly { .. }))));
    assert!(costly.next().is_none());
}

#[test]
fn a_pattern_that_looks_at_the_same_bytes_again_and_again_is_given_up() {
    let size = 1 << 18;
    let same = core(&[(0x1000, 0, size)], &vec![b'A'; size as usize]);
    let nearly_all: Vec<u8> = (0..size / 2).map(|at| if at + 1 == size / 2 { 0x50 } else { 0x40 }).collect();
    for pattern in [
        Matcher::regex("(?s:A.*z|A)"),
        Matcher::regex("(?s:.*z)?"),
        Matcher::masked(&nearly_all, &vec![0xf0; nearly_all.len()]),
    ] {
        let search = Search::new(vec![pattern.unwrap()]);
        let found =
            same.find(&search, &mut |_| ControlFlow::Continue(()), &mut |_| ControlFlow::Continue(()));
        assert!(matches!(found, Err(Error::Costly { .. })), "{found:?}");
    }
}

#[test]
fn an_expression_that_is_in_a_new_state_at_each_byte_is_given_up() {
    let state = &mut 5u64;
    let bytes: Vec<u8> = (0..1 << 15).map(|_| b"ab"[below(state, 2) as usize]).collect();
    let dump = core(&[(0x1000, 0, bytes.len() as u64)], &bytes);
    let search = Search::new(vec![Matcher::regex("(a|b)*a(a|b){2000}c").unwrap()]);
    let found = dump.find(&search, &mut |_| ControlFlow::Continue(()), &mut |_| ControlFlow::Continue(()));
    assert!(matches!(found, Err(Error::Costly { .. })), "{found:?}");
}

#[test]
fn memory_that_shares_its_bytes_over_and_over_is_not_searched() {
    let each = 1 << 16;
    let segments: Vec<_> = (0..20_000).map(|segment| (segment << 20, 0, each)).collect();
    let dump = core(&segments, &vec![7; each as usize]);
    let search = Search::new(vec![Matcher::bytes(b"x").unwrap()]);
    let find = |search: &Search| {
        dump.find(search, &mut |_| ControlFlow::Continue(()), &mut |_| ControlFlow::Continue(()))
    };
    let error = find(&search).unwrap_err();
    assert!(matches!(error, Error::Repeated { size: 1_310_720_000, .. }), "{error:?}");
    let found = find(&search.between(0, 1 << 24)).unwrap();
    assert_eq!(found.captured, 16 * each + 1);
}

/// A core with one segment of random runs of zeros or letters.
fn stretches(state: &mut u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..3 {
        let size = [1, 3000, 70_000, 200_000][below(state, 4) as usize] + below(state, 5000);
        bytes.resize(bytes.len() + size as usize, 0);
        let letters = 1 + below(state, 3000);
        bytes.extend((0..letters).map(|_| b"ab\0"[below(state, 3) as usize]));
    }
    if below(state, 2) == 0 {
        bytes.resize(bytes.len() + 100_000, 0);
    }
    bytes
}

#[test]
fn a_search_of_holes_finds_what_a_search_of_zeros_finds() {
    let state = &mut 3u64;
    let more =
        [r"\x00{3}", r"^\x00{2}a?", r"\x00{2}$", r"b\x00+", r"(?s).{7}", r"\x00+a", r"\B\x00\x00a", "x"];
    let zeros = |size: usize| Plain::Masked(vec![0; size], vec![0xff; size]);
    for round in 0..20 {
        let bytes = stretches(state);
        let dense = core(&[(0x1_0000, 0, bytes.len() as u64)], &bytes);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sparse.core");
        dense.edit().write_out(&path, &mut |_| ControlFlow::Continue(())).unwrap();
        let sparse = Dump::open(&path).unwrap();
        let patterns: Vec<Plain> = (0..1 + below(state, 2))
            .map(|_| match below(state, 4) {
                0 => zeros(1 + below(state, 900) as usize),
                1 => Plain::Masked(b"a\0".to_vec(), vec![0xff; 2]),
                _ => {
                    let all: Vec<_> = EXPRESSIONS.iter().chain(&more).collect();
                    Plain::Regex(all[below(state, all.len() as u64) as usize])
                }
            })
            .collect();
        let mut search = Search::new(patterns.iter().map(Plain::matcher).collect());
        search = search.align([1, 1, 3, 4096][below(state, 4) as usize]);
        if below(state, 3) == 0 {
            search = search.between(0x1_0000 + below(state, 90_000), 0x4_0000).most(40_000);
        }
        search.sizes = Sizes { block: 5000, regex_block: 5000, regex_ahead: 1000 };
        let expected = found(&dense, &search);
        assert!(found(&sparse, &search) == expected, "round {round}: {patterns:?} {search:?}");
        let counted = sparse.count(&search, &mut |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(counted.matches, expected.len() as u64, "round {round}: {patterns:?}");
    }
}
