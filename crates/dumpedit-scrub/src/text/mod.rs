//! Texts in bytes: runs of printable letters of one or two bytes, at any offset.

mod letter;
mod run;
mod signs;
mod unit;

use letter::{HIGH, printable};
use run::{bytes_around, units_around, wide_around};
use signs::{Signs, may_have_sign};
use unit::{is_beyond, lane};

use crate::letters::Letters;

pub(crate) use letter::first_eight;
pub(crate) use run::{LEAST, Run};

const EVEN: u64 = 0x00ff_00ff_00ff_00ff;

/// Bytes passed over at once where no run can be.
const LINE: usize = 64;

/// Mask of the letters of a run of stride 2 in the four bytes at each multiple of four: a word of eight bytes has them in its first half or
/// in its last.
const BY_TURNS: [u32; LINE / 4] = {
    const FIRST: u32 = 0x00ff_00ff;
    const LAST: u32 = !FIRST;
    [FIRST, LAST, FIRST, LAST, FIRST, LAST, FIRST, LAST, FIRST, LAST, FIRST, LAST, FIRST, LAST, FIRST, LAST]
};

/// Whether a line may hold a part of a run. It is written without branches, so that the compiler vectorizes it.
fn may_have_run(line: &[u8; LINE]) -> bool {
    let letters = line.map(|byte| if byte.cast_signed() >= 0x20 { u8::MAX } else { 0 });
    let fours = line.as_chunks::<4>().0.iter().zip(letters.as_chunks::<4>().0).zip(&BY_TURNS);
    fours.fold(false, |any, ((bytes, letters), by_turns)| {
        let (bytes, letters) = (u32::from_le_bytes(*bytes), u32::from_le_bytes(*letters));
        any | (letters == u32::MAX) | (letters & by_turns | bytes & !by_turns == *by_turns)
    })
}

/// Lines of a block that lead to runs, one bit each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    bits: Vec<u64>,
}

impl Lines {
    fn add(&mut self, line: usize) {
        let at = line / 64;
        if at >= self.bits.len() {
            self.bits.resize(at + 1, 0);
        }
        self.bits.get_mut(at).into_iter().for_each(|bits| *bits |= 1 << (line % 64));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bits.is_empty()
    }

    /// Numbers of the lines.
    fn iter(&self) -> impl Iterator<Item = usize> {
        self.bits.iter().zip((0..).step_by(64)).flat_map(|(bits, line)| {
            let without_lowest = |bits: &u64| Some(bits & bits.wrapping_sub(1)).filter(|bits| *bits != 0);
            let each = std::iter::successors(Some(*bits).filter(|bits| *bits != 0), without_lowest);
            each.map(move |bits| line + bits.trailing_zeros() as usize)
        })
    }
}

/// What is looked for in a line.
#[derive(Clone, Copy, Debug)]
struct Parts {
    words: bool,
    signs: bool,
}

const ALL: Parts = Parts { words: true, signs: true };

/// Calls `each` for every run of at least [`LEAST`] letters and those around signs, and returns the lines that lead to them. Such a run
/// has four letters in one half of an aligned word, or in one aligned word where letters are two bytes, so that only these are looked for.
pub(crate) fn runs(block: &[u8], each: &mut impl FnMut(Run)) -> Lines {
    let mut finder = Finder::new(block);
    let mut lines = Lines::default();
    let (whole, rest) = block.as_chunks::<LINE>();
    for (line, bytes) in whole.iter().enumerate() {
        let at = line * LINE;
        let and_behind = block.get(at..).and_then(|rest| rest.first_chunk::<{ LINE + signs::BEHIND }>());
        let parts = Parts {
            // The rest of a long run holds no other run.
            words: at + LINE > finder.done && may_have_run(bytes),
            signs: and_behind.is_none_or(may_have_sign),
        };
        if (parts.words || parts.signs) && finder.line(line, parts, each) {
            lines.add(line);
        }
    }
    if !rest.is_empty() && finder.line(whole.len(), ALL, each) {
        lines.add(whole.len());
    }
    lines
}

/// Calls `each` for every run that these lines of the block lead to, as [`runs`] returned them for the same bytes.
pub(crate) fn runs_of(block: &[u8], lines: &Lines, each: &mut impl FnMut(Run)) {
    let mut finder = Finder::new(block);
    for line in lines.iter() {
        finder.line(line, ALL, each);
    }
}

/// Finds runs word by word, each once.
#[derive(Debug)]
struct Finder<'b> {
    block: &'b [u8],
    signs: Signs,
    /// End of the last run of bytes.
    done: usize,
    /// Ends of the last runs of letters apart, at even and odd offsets.
    done_even: usize,
    done_odd: usize,
    /// By [`lane`], ends of the last runs of units with letters beyond a byte.
    done_units: [usize; 4],
}

impl<'b> Finder<'b> {
    fn new(block: &'b [u8]) -> Finder<'b> {
        let signs = Signs::default();
        Finder { block, signs, done: 0, done_even: 0, done_odd: 0, done_units: [0; 4] }
    }

    /// Looks at a line, and returns whether it leads to a run.
    fn line(&mut self, line: usize, parts: Parts, each: &mut impl FnMut(Run)) -> bool {
        let (block, at) = (self.block, line * LINE);
        let bytes = block.get(at..block.len().min(at + LINE)).unwrap_or_default();
        let mut is_any = false;
        let mut each = |run| {
            is_any = true;
            each(run);
        };
        if parts.words {
            self.words(bytes, at, &mut each);
        }
        if parts.signs {
            self.signs.line(block, bytes, at, &mut each);
        }
        is_any
    }

    /// Looks at the words of `bytes`, which are at `at` in the block.
    fn words(&mut self, bytes: &[u8], at: usize, each: &mut impl FnMut(Run)) {
        let (words, rest) = bytes.as_chunks::<8>();
        for (word, at) in words.iter().zip((at..).step_by(8)) {
            self.word(u64::from_le_bytes(*word), at, each);
        }
        if !rest.is_empty() {
            self.word(first_eight(rest), at + words.len() * 8, each);
        }
    }

    /// Looks at the word at `at`. Nearly all words hold no run, so that this test decides the speed.
    #[inline(always)]
    fn word(&mut self, word: u64, at: usize, each: &mut impl FnMut(Run)) {
        const HALF: u64 = HIGH & 0xffff_ffff;
        let letters = printable(word);
        let seen = Seen {
            low: letters & HALF == HALF,
            high: letters >> 32 == HALF,
            // Zeros between letters count, those around them do not.
            even: word & !EVEN & (u64::MAX >> 8) == 0 && letters & EVEN == HIGH & EVEN,
            odd: word & EVEN & (u64::MAX << 8) == 0 && letters & !EVEN == HIGH & !EVEN,
        };
        if seen.low | seen.high | seen.even | seen.odd {
            self.runs_at(seen, at, each);
        }
    }

    #[inline(never)]
    fn runs_at(&mut self, seen: Seen, at: usize, each: &mut impl FnMut(Run)) {
        for (is_there, at) in [(seen.low, at), (seen.high, at + 4)] {
            if is_there && at >= self.done {
                let run = bytes_around(self.block, at, self.done);
                self.done = run.start + run.letters;
                tell(run, each);
            }
        }
        if seen.even && at >= self.done_even {
            let run = wide_around(self.block, at, self.done_even);
            self.done_even = run.start + run.letters * 2;
            tell_wide(self.block, run, each);
            self.tell_units(run, each);
        }
        if seen.odd && at + 1 >= self.done_odd {
            let run = wide_around(self.block, at + 1, self.done_odd);
            self.done_odd = run.start + run.letters * 2;
            tell_wide(self.block, run, each);
            self.tell_units(run, each);
        }
    }

    /// Tells the runs that `run` is a part of, in the byte orders in which letters beyond a byte are before or behind it.
    fn tell_units(&mut self, run: Run, each: &mut impl FnMut(Run)) {
        for form in [Letters::Low, Letters::High] {
            // The unit of the second letter: in both orders, a zero byte is the other half of it.
            let second = run.start + 2 - usize::from(form == Letters::High);
            let (first, last) = (second - 2 * usize::from(second >= 2), second + 2 * run.letters);
            let Some(done) = self.done_units.get_mut(lane(form, second)) else { continue };
            // The letters at the ends may be halves of other units.
            let at_start = [first.checked_sub(2), Some(first)];
            let at_end = [last.checked_sub(4), last.checked_sub(2), Some(last)];
            let mut ends = at_start.into_iter().chain(at_end).flatten();
            if second < *done || !ends.any(|at| is_beyond(self.block, form, at)) {
                continue;
            }
            let all = units_around(self.block, form, second, *done);
            let end = all.start + all.letters * 2;
            *done = end;
            if (all.start..end).step_by(2).any(|at| is_beyond(self.block, form, at)) {
                tell(all, each);
            }
        }
    }
}

/// Signs of runs in a word: four letters in either half, or four of stride 2 at even or odd offsets.
struct Seen {
    low: bool,
    high: bool,
    even: bool,
    odd: bool,
}

fn tell(run: Run, each: &mut impl FnMut(Run)) {
    if run.letters >= LEAST {
        each(run);
    }
}

/// Letters of a run in the byte order that it rather is not, from where the orders differ.
const DIFFERING: usize = 512;

/// Tells a run of stride 2 as either byte order reads it, once where both read it alike. A letter with no zero byte behind it is the high
/// byte of another unit where low bytes come first, and one with no zero byte before it the low byte of another unit where they come last.
/// The order that has units at even offsets is told whole, the other one near such letters.
fn tell_wide(block: &[u8], run: Run, each: &mut impl FnMut(Run)) {
    let is_other = |at: Option<usize>| at.and_then(|at| block.get(at)).is_some_and(|byte| *byte != 0);
    let first = usize::from(is_other(run.start.checked_sub(1)));
    let last = usize::from(is_other(Some(run.start + run.letters * 2 - 1)));
    let low_first = Run { letters: run.letters - last, ..run };
    let high_first = Run { start: run.start + 2 * first, letters: run.letters - first, ..run };
    let (whole, other) =
        if run.start.is_multiple_of(2) { (low_first, high_first) } else { (high_first, low_first) };
    tell(whole, each);
    if first + last > 0 {
        let letters = if first + last == 1 { other.letters.min(DIFFERING) } else { other.letters };
        let skipped = if first == 0 { other.letters - letters } else { 0 };
        tell(Run { start: other.start + 2 * skipped, letters, ..other }, each);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(block: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        let mut room = Vec::new();
        runs(block, &mut |run| {
            let text = run.letters_of(block, &mut room);
            let text = String::from_utf8_lossy(text);
            found.push(format!("{} {text}", run.form.size()));
        });
        found
    }

    #[test]
    fn runs_are_found_at_every_alignment_in_every_form() {
        let text = "secret!";
        for at in 0..17 {
            for noise in [0u8, 1, 0x80] {
                let padded = |bytes: &[u8]| [&vec![noise; at], bytes, &[noise; 3]].concat();
                assert_eq!(texts(&padded(text.as_bytes())), ["1 secret!"], "at {at}");
                let low_first: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                let high_first: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
                assert!(texts(&padded(&low_first)).contains(&"2 secret!".to_owned()), "at {at}");
                assert!(texts(&padded(&high_first)).contains(&"2 secret!".to_owned()), "at {at}");
            }
        }
    }

    #[test]
    fn a_run_of_utf_16_is_told_without_a_letter_that_is_half_of_another_unit() {
        let wide = |order: fn(u16) -> [u8; 2]| "secret!!".encode_utf16().flat_map(order).collect::<Vec<u8>>();
        let (low_first, high_first) = (wide(u16::to_le_bytes), wide(u16::to_be_bytes));
        assert_eq!(texts(&[b"\x22A", &high_first[..], b"\0\0"].concat()), ["2 secret!!", "2 Asecret!!"]);
        assert_eq!(texts(&[b"\x22\x22A", &high_first[..], b"\0\0"].concat()), ["2 Asecret!!", "2 secret!!"]);
        assert_eq!(texts(&[b"\0\0", &low_first[..], b"A\x22"].concat()), ["2 secret!!", "2 secret!!A"]);
        let many: Vec<u8> = low_first.iter().copied().cycle().take(1000 * low_first.len()).collect();
        let lengths = |block: &[u8]| {
            let mut found = Vec::new();
            runs(block, &mut |run| found.push((run.start, run.letters)));
            found
        };
        assert_eq!(lengths(&[b"\x22\x22", &many[..], b"\0\0"].concat()), [(2, 8000), (4, 512)]);
        assert_eq!(lengths(&[b"\0\0", &many[..], b"A\x22"].concat()), [(2, 8000), (2 + 2 * 7489, 512)]);
        // Both orders read these alike.
        assert_eq!(texts(&[b"\0A", &high_first[..], b"\0\0"].concat()), ["2 Asecret!!"]);
        assert_eq!(texts(&[b"\0\0", &low_first[..], b"A\0"].concat()), ["2 secret!!A"]);
    }

    #[test]
    fn letters_beyond_ascii_belong_to_a_run() {
        assert_eq!(texts("\u{1}/home/jürgen/名前/x\0".as_bytes()), ["1 /home/jürgen/名前/x"]);
        assert_eq!(texts("\u{1}über/home/\0".as_bytes()), ["1 über/home/"]);
        let wide: Vec<u8> = "jürgens".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut runs_of = Vec::new();
        runs(&[&wide[..], b"abcdefgh"].concat(), &mut |run| runs_of.push(run));
        assert!(runs_of.contains(&Run { start: 14, letters: 8, form: Letters::Bytes }), "{runs_of:?}");
    }

    #[test]
    fn texts_with_few_ascii_letters_in_a_row_are_found_at_every_alignment_in_every_form() {
        for text in [
            "ewa@żółw.pl",
            "юра@a.ru",
            "ewu@почта.рф",
            "ewi@例え.jp",
            "x@y.pl",
            "/home/żółwik/a",
            "ż%40ż.pl",
            "𝐚@żż.pl",
        ] {
            let units = || text.encode_utf16();
            let low: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
            let high: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
            for (form, bytes) in
                [(Letters::Bytes, text.as_bytes()), (Letters::Low, &low), (Letters::High, &high)]
            {
                for at in 0..9 {
                    let block = [&vec![0xff; at], bytes, &[0, 0, 1]].concat();
                    let mut found = Vec::new();
                    runs(&block, &mut |run| {
                        let end = run.start + run.letters * run.form.size();
                        found.push((
                            run.form,
                            String::from_utf8(run.form.utf8(&block[run.start..end.min(block.len())])),
                        ));
                    });
                    let is_it = |(other, found): &(Letters, Result<String, _>)| {
                        (*other == form || *other == Letters::Apart) && found.as_deref() == Ok(text)
                    };
                    assert_eq!(
                        found.iter().filter(|one| is_it(one)).count(),
                        1,
                        "{text} at {at}, {form:?}: {found:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_number_before_a_text_of_utf_16_does_not_belong_to_its_run() {
        let text: Vec<u8> = "jan@corp.com".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for number in [0x112u32, 0x1fa, 0x200, 0x410, 0x5c4] {
            let block = [&number.to_le_bytes()[..], &text, &[0, 0]].concat();
            let mut found = Vec::new();
            runs(&block, &mut |run| found.push(run));
            assert_eq!(found, [Run { start: 4, letters: 12, form: Letters::Apart }], "{number:#x}");
        }
    }

    #[test]
    fn bytes_of_all_ones_beside_a_text_of_utf_16_do_not_belong_to_its_run() {
        let units = || "jan@corp.com".encode_utf16();
        let (low, high): (Vec<u8>, Vec<u8>) =
            (units().flat_map(u16::to_le_bytes).collect(), units().flat_map(u16::to_be_bytes).collect());
        for (text, first) in [(low, 0), (high, 1)] {
            for before in [&[0xff; 8][..], &[1, 2, 0xff, 0xff]] {
                let block = [before, &text, &[0xff; 8]].concat();
                runs(&block, &mut |run| {
                    let last = run.start + run.letters * 2 - 2;
                    assert!(
                        (before.len() + first..before.len() + text.len()).contains(&run.start),
                        "{run:?}"
                    );
                    assert!(last < before.len() + text.len(), "{run:?}");
                });
            }
        }
    }

    #[test]
    fn a_token_ends_where_other_letters_go_on_behind_its_ascii_ones() {
        for (text, ends) in [
            ("Secret99\u{6139}", &[8][..]),
            ("Secret99\u{cf35}\u{9f0d}U", &[8]),
            ("Secret99\u{439}", &[8]),
            ("Secret99\u{d0}\u{35cf}", &[8]),
            ("Secret99йцу", &[]),
            ("Secretżółć", &[]),
            ("Secret 密码", &[]),
            ("密码Secret99", &[]),
        ] {
            let low: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let run = Run { start: 0, letters: low.len() / 2, form: Letters::Low };
            assert_eq!(run.token_ends(&low), ends, "{text}");
        }
    }

    #[test]
    fn letters_of_utf_16_beyond_a_byte_belong_to_a_run() {
        for text in [
            "C:\\Users\\Łukasz\\a",
            "C:\\Users\\Иван\\a",
            "Владимир and others",
            "by all of 田中太郎",
            "𝐀𝐁 and others",
        ] {
            let low: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let high: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            for (form, bytes) in [(Letters::Low, low), (Letters::High, high)] {
                for at in 0..9 {
                    let block = [&vec![0; at], &bytes[..], &[0, 0, 1]].concat();
                    let all = Run { start: at, letters: bytes.len() / 2, form };
                    let mut found = Vec::new();
                    runs(&block, &mut |run| found.push(run));
                    assert_eq!(
                        found.iter().filter(|run| **run == all).count(),
                        1,
                        "{text} at {at}: {found:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_end_of_a_block_is_seen_however_long_it_is() {
        for size in 0..200 {
            let block = [&vec![1; size], &b"at the end"[..]].concat();
            assert_eq!(texts(&block), ["1 at the end"], "behind {size}");
        }
    }

    #[test]
    fn the_lines_of_a_block_lead_to_all_its_runs_again() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let block = [
            &[1; 50][..],
            b"across a line's end",
            &[1; 400],
            b"one\x01three\x01and a longer one\x01\x01a@b.cc\x01",
            &wide("wide letters"),
            &[1; 200],
            &wide("юра@a.ru"),
            &[1; 9000],
            "\u{1}f\u{fc}nf und \u{fc}ber zehn\u{1}".as_bytes(),
            &[b'x'; 5000],
            &[1; 70],
            b"at the end",
        ]
        .concat();
        for from in 0..130 {
            let block = &block[from..];
            let (mut first, mut again) = (Vec::new(), Vec::new());
            let lines = runs(block, &mut |run| first.push(run));
            runs_of(block, &lines, &mut |run| again.push(run));
            assert_eq!(first, again, "from {from}");
            assert!(first.len() >= 8 && lines.iter().count() <= first.len(), "from {from}: {first:?}");
        }
        assert!(runs(&[1; 1000], &mut |run| panic!("{run:?}")).is_empty());
    }

    #[test]
    fn a_block_of_text_is_one_run() {
        let block = vec![b'a'; 1000];
        let mut found = Vec::new();
        runs(&block, &mut |run| found.push(run));
        assert_eq!(found, [Run { start: 0, letters: 1000, form: Letters::Bytes }]);
        runs(&[], &mut |_| panic!("nothing is there"));
    }
}
