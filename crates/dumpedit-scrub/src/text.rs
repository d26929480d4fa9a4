//! Texts in bytes: runs of printable letters of one or two bytes, at any offset.

use memchr::memchr_iter;
use memchr::memmem::find_iter;

use crate::letters::{Letters, of_unit};

/// A run of letters in a block of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// Offset of the first letter in the block, in bytes.
    pub(crate) start: usize,
    /// Number of letters; of UTF-8, in bytes.
    pub(crate) letters: usize,
    /// Encoding of the letters. [`Letters::Apart`] is UTF-16 of either byte order, which has no letter beyond U+00FF.
    pub(crate) form: Letters,
}

impl Run {
    /// The letters, one byte each; `room` holds those of two bytes.
    pub(crate) fn letters_of<'a>(&self, block: &'a [u8], room: &'a mut Vec<u8>) -> &'a [u8] {
        let from = block.get(self.start..).unwrap_or_default();
        room.clear();
        match self.form {
            Letters::Bytes => return from.get(..self.letters).unwrap_or_default(),
            Letters::Apart => room.extend(from.iter().step_by(2).take(self.letters)),
            Letters::Low | Letters::High => {
                room.extend(self.form.order().utf16_units(from).take(self.letters).map(of_unit));
            }
        }
        room
    }
}

/// Length of the shortest run, in letters, except around [`SIGNS`]. Searches in runs look for nothing shorter.
pub(crate) const LEAST: usize = 7;

/// Texts around which a run may be shorter than [`LEAST`] or have too few letters of ASCII in a row to be seen: mail addresses and home
/// folders.
const SIGNS: [&[u8]; 3] = [b"@", b"%40", b"/home/"];

/// Length of the shortest run around one of these, in letters: `a@b.cc`.
const LEAST_AROUND: usize = 6;

/// Whether a byte is a letter of a text: printable ASCII or white space.
fn is_text(byte: u8) -> bool {
    matches!(byte, 9..=13 | 0x20..=0x7e)
}

/// Whether a byte beside a zero byte is a letter of UTF-16, whose first 256 units are Latin-1.
fn is_wide_text(byte: u8) -> bool {
    is_text(byte) || byte >= 0xa0
}

const HIGH: u64 = 0x8080_8080_8080_8080;
const EVEN: u64 = 0x00ff_00ff_00ff_00ff;

/// The high bit of each byte that is printable ASCII.
fn printable(word: u64) -> u64 {
    let low = word & !HIGH;
    // For a byte below 0x80: at least 0x20, and not 0x7f.
    let least = low.wrapping_add(0x6060_6060_6060_6060);
    let most = low.wrapping_add(0x0101_0101_0101_0101);
    least & !most & !word & HIGH
}

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

/// Calls `each` for every run of at least [`LEAST`] letters. Such a run has four letters in one half of an aligned word, or in one aligned
/// word where letters are two bytes, so that only these are looked for.
pub(crate) fn runs(block: &[u8], each: &mut impl FnMut(Run)) {
    let mut finder = Finder { block, done: 0, done_even: 0, done_odd: 0, done_units: [0; 4] };
    let (lines, rest) = block.as_chunks::<LINE>();
    for (line, at) in lines.iter().zip((0..).step_by(LINE)) {
        // The rest of a long run holds no other run.
        if at + LINE > finder.done && may_have_run(line) {
            finder.words(line, at, each);
        }
    }
    finder.words(rest, lines.len() * LINE, each);
    around_signs(block, each);
}

/// Calls `each` for the runs around signs that [`runs`] sees nothing of.
fn around_signs(block: &[u8], each: &mut impl FnMut(Run)) {
    let is_letter = |at: Option<usize>| {
        at.and_then(|at| block.get(at)).is_some_and(|byte| byte.is_ascii_graphic() || !byte.is_ascii())
    };
    for sign in SIGNS {
        let mut done = 0;
        let mut look = |at: usize| {
            // Most signs are in a run that is long enough.
            if at < done
                || is_in_ascii(block, at)
                || !(is_letter(at.checked_sub(1)) || sign.len() > 1)
                || !is_letter(Some(at + sign.len()))
            {
                return;
            }
            let run = bytes_around(block, at, done);
            done = run.start + run.letters;
            if run.letters >= LEAST_AROUND && !is_seen(block, &run) {
                each(run);
            }
        };
        match sign {
            [sign] => memchr_iter(*sign, block).for_each(&mut look),
            _ => find_iter(block, sign).for_each(&mut look),
        }
    }
    for sign in SIGNS {
        // From the first letter to the last one, with a zero byte between any two.
        let mut apart: Vec<u8> = sign.iter().flat_map(|byte| [*byte, 0]).collect();
        apart.pop();
        let mut done = [0; 4];
        let mut look = |at: usize| {
            for form in [Letters::Low, Letters::High] {
                let Some(first) = at.checked_sub(usize::from(form == Letters::High)) else { continue };
                let Some(done) = done.get_mut(lane(form, first)) else { continue };
                if first < *done || !is_unit(block, form, first) {
                    continue;
                }
                let run = units_around(block, form, first, *done);
                *done = run.start + run.letters * 2;
                if run.letters >= LEAST_AROUND && !is_seen(block, &run) {
                    each(run);
                }
            }
        };
        match sign {
            [sign] => memchr_iter(*sign, block)
                .filter(|at| {
                    let is_zero = |at: Option<usize>| at.and_then(|at| block.get(at)) == Some(&0);
                    is_zero(Some(at + 1)) || is_zero(at.checked_sub(1))
                })
                .for_each(&mut look),
            _ => find_iter(block, &apart).for_each(&mut look),
        }
    }
}

/// Whether a letter is one of enough letters of ASCII in a row, four of which are a word's half.
fn is_in_ascii(block: &[u8], at: usize) -> bool {
    let is_ascii = |byte: &&u8| matches!(byte, 0x20..=0x7e);
    let half = block.get(at & !3..).and_then(|rest| rest.first_chunk::<4>());
    let behind = block.get(at..).unwrap_or_default().iter().take(LEAST);
    let before = block.get(..at).unwrap_or_default().iter().rev().take(LEAST);
    half.is_some_and(|half| half.iter().all(|byte| is_ascii(&byte)))
        && before.take_while(is_ascii).count() + behind.take_while(is_ascii).count() >= LEAST
}

/// Whether [`runs`] sees this run by the words that are in it.
fn is_seen(block: &[u8], run: &Run) -> bool {
    if run.letters < LEAST {
        return false;
    }
    let end = run.start + run.letters * run.form.size();
    let is_ascii = |at: usize| block.get(at).is_some_and(|byte| matches!(byte, 0x20..=0x7e));
    let is_zero = |at: usize| block.get(at) == Some(&0);
    match run.form {
        Letters::Bytes => (run.start.next_multiple_of(4)..end.saturating_sub(3))
            .step_by(4)
            .any(|at| (at..at + 4).all(is_ascii)),
        // Those with letters beyond a byte are seen by the letters around these.
        _ => {
            let first = run.start + usize::from(run.form == Letters::High);
            let word = |at: &usize| {
                (0..4).all(|letter| is_ascii(at + 2 * letter))
                    && (0..3).all(|zero| is_zero(at + 2 * zero + 1))
            };
            let places = (first..end.saturating_sub(6)).step_by(2);
            places.filter(|at| matches!(at % 8, 0 | 1)).any(|at| word(&at))
        }
    }
}

/// Finds runs word by word, each once.
struct Finder<'b> {
    block: &'b [u8],
    /// End of the last run of bytes.
    done: usize,
    /// Ends of the last runs of letters apart, at even and odd offsets.
    done_even: usize,
    done_odd: usize,
    /// By [`lane`], ends of the last runs of units with letters beyond a byte.
    done_units: [usize; 4],
}

impl Finder<'_> {
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

/// Index of a byte order and of even or odd offsets of its units.
fn lane(form: Letters, at: usize) -> usize {
    at % 2 + 2 * usize::from(form == Letters::High)
}

/// The unit at an offset.
fn unit(block: &[u8], form: Letters, at: usize) -> Option<u16> {
    form.order().utf16_units(block.get(at..at.checked_add(2)?)?).next()
}

/// Whether the unit at an offset is a letter beyond U+00FF, a mark that combines with one, or half of a pair that is a letter.
fn is_beyond(block: &[u8], form: Letters, at: usize) -> bool {
    let unit_at = |at: Option<usize>| at.and_then(|at| unit(block, form, at));
    let is_letter = |units: &[u16]| {
        let letters = char::decode_utf16(units.iter().copied()).next();
        letters.is_some_and(|letter| letter.is_ok_and(is_name_letter))
    };
    match unit_at(Some(at)) {
        Some(high @ 0xd800..=0xdbff) => unit_at(at.checked_add(2)).is_some_and(|low| is_letter(&[high, low])),
        Some(low @ 0xdc00..=0xdfff) => unit_at(at.checked_sub(2)).is_some_and(|high| is_letter(&[high, low])),
        // A unit without a low byte is half of a number before a text in the other byte order.
        Some(unit @ 0x100..) => unit.to_le_bytes()[0] != 0 && is_letter(&[unit]),
        _ => false,
    }
}

/// Whether the unit at an offset is a letter of a text.
fn is_unit(block: &[u8], form: Letters, at: usize) -> bool {
    match unit(block, form, at) {
        Some(unit @ 0..=0xff) => is_wide_text(unit.to_le_bytes()[0]),
        _ => is_beyond(block, form, at),
    }
}

/// The run of units around the one at `at`, not before `least`.
fn units_around(block: &[u8], form: Letters, at: usize, least: usize) -> Run {
    let (mut start, mut end) = (at, at + 2);
    while start >= least + 2 && is_unit(block, form, start - 2) {
        start -= 2;
    }
    while is_unit(block, form, end) {
        end += 2;
    }
    Run { start, letters: (end - start) / 2, form }
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

/// The run of bytes around a letter, not before `least`. UTF-8 beyond ASCII is part of it.
fn bytes_around(block: &[u8], at: usize, least: usize) -> Run {
    let byte = |at: usize| block.get(at).copied().unwrap_or(0);
    let (mut start, mut end) = (at, at);
    while start > least {
        if is_text(byte(start - 1)) {
            start -= 1;
            continue;
        }
        let from = (2..=4).filter_map(|size| start.checked_sub(size).filter(|from| *from >= least));
        let is_one = |from: &usize| block.get(*from..start).is_some_and(is_letter);
        match from.filter(|_| !byte(start - 1).is_ascii()).find(is_one) {
            Some(from) => start = from,
            None => break,
        }
    }
    loop {
        end += letters_at(block.get(end..).unwrap_or_default());
        let sizes = (2..=4).filter(|_| !byte(end).is_ascii());
        match sizes.into_iter().find(|size| block.get(end..end + size).is_some_and(is_letter)) {
            Some(size) => end += size,
            None => return Run { start, letters: end - start, form: Letters::Bytes },
        }
    }
}

/// Number of ASCII letters at the beginning of some bytes.
fn letters_at(bytes: &[u8]) -> usize {
    const MANY: usize = 32;
    let mut count = 0;
    loop {
        let rest = bytes.get(count..).unwrap_or_default();
        let others = !printable(first_eight(rest)) & HIGH;
        if others == 0 {
            count += 8;
            let all = |many: &[u8; MANY]| many.iter().fold(true, |all, byte| all & is_text(*byte));
            while bytes.get(count..).and_then(|rest| rest.first_chunk()).is_some_and(all) {
                count += MANY;
            }
            continue;
        }
        let few = (others.trailing_zeros() / 8) as usize;
        if !rest.get(few).is_some_and(|byte| is_text(*byte)) {
            return count + few;
        }
        count += few + 1;
    }
}

/// The first eight bytes as a little-endian number; missing bytes are zero.
pub(crate) fn first_eight(bytes: &[u8]) -> u64 {
    match bytes.first_chunk::<8>() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => bytes.iter().take(8).rev().fold(0, |number, byte| number << 8 | u64::from(*byte)),
    }
}

/// Whether a letter beyond ASCII may be in a name: also the marks that combine with the letter in front of them.
fn is_name_letter(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '\u{300}'..='\u{36f}')
}

/// Whether these bytes are one letter of UTF-8 beyond ASCII.
fn is_letter(bytes: &[u8]) -> bool {
    let size = match bytes.first() {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        _ => return false,
    };
    let go_on = bytes.iter().skip(1).all(|byte| matches!(byte, 0x80..=0xbf));
    let letter = |text: &str| text.chars().next().is_some_and(is_name_letter);
    bytes.len() == size && go_on && std::str::from_utf8(bytes).is_ok_and(letter)
}

/// The run of stride 2 around a letter, not before `least`.
fn wide_around(block: &[u8], at: usize, least: usize) -> Run {
    let pair = |at: usize, zero: usize| match (block.get(at), block.get(zero)) {
        (Some(letter), Some(0)) => is_wide_text(*letter),
        _ => false,
    };
    let mut start = at;
    while start >= least + 2 && pair(start - 2, start - 1) {
        start -= 2;
    }
    let mut letters = (at - start) / 2 + 1;
    while pair(start + letters * 2, start + letters * 2 - 1) {
        letters += 1;
    }
    Run { start, letters, form: Letters::Apart }
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
    fn a_block_of_text_is_one_run() {
        let block = vec![b'a'; 1000];
        let mut found = Vec::new();
        runs(&block, &mut |run| found.push(run));
        assert_eq!(found, [Run { start: 0, letters: 1000, form: Letters::Bytes }]);
        runs(&[], &mut |_| panic!("nothing is there"));
    }
}
