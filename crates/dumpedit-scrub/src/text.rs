//! Texts in bytes: runs of printable letters of one or two bytes, at any offset.

/// A run of letters in a block of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// Offset of the first letter in the block, in bytes.
    pub(crate) start: usize,
    /// Number of letters; of UTF-8, in bytes.
    pub(crate) letters: usize,
    /// Distance between letters, in bytes: 1, or 2 with a zero byte between any two, which is UTF-16 of either byte order.
    pub(crate) stride: usize,
}

impl Run {
    /// The letters, one byte each; `room` holds those of stride 2.
    pub(crate) fn letters_of<'a>(&self, block: &'a [u8], room: &'a mut Vec<u8>) -> &'a [u8] {
        let from = block.get(self.start..).unwrap_or_default();
        if self.stride == 1 {
            return from.get(..self.letters).unwrap_or_default();
        }
        room.clear();
        room.extend(from.iter().step_by(2).take(self.letters));
        room
    }
}

/// Length of the shortest run, in letters. Searches in runs look for nothing shorter.
pub(crate) const LEAST: usize = 7;

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
    let mut finder = Finder { block, done: 0, done_even: 0, done_odd: 0 };
    let (lines, rest) = block.as_chunks::<LINE>();
    for (line, at) in lines.iter().zip((0..).step_by(LINE)) {
        // The rest of a long run holds no other run.
        if at + LINE > finder.done && may_have_run(line) {
            finder.words(line, at, each);
        }
    }
    finder.words(rest, lines.len() * LINE, each);
}

/// Finds runs word by word, each once.
struct Finder<'b> {
    block: &'b [u8],
    /// End of the last run of bytes.
    done: usize,
    /// Ends of the last runs of stride 2, at even and odd offsets.
    done_even: usize,
    done_odd: usize,
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
        }
        if seen.odd && at + 1 >= self.done_odd {
            let run = wide_around(self.block, at + 1, self.done_odd);
            self.done_odd = run.start + run.letters * 2;
            tell_wide(self.block, run, each);
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
            None => return Run { start, letters: end - start, stride: 1 },
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

/// Whether these bytes are one letter of UTF-8 beyond ASCII.
fn is_letter(bytes: &[u8]) -> bool {
    let size = match bytes.first() {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        _ => return false,
    };
    let go_on = bytes.iter().skip(1).all(|byte| matches!(byte, 0x80..=0xbf));
    let letter = |text: &str| text.chars().next().is_some_and(char::is_alphanumeric);
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
    Run { start, letters, stride: 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(block: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        let mut room = Vec::new();
        runs(block, &mut |run| {
            let text = run.letters_of(block, &mut room);
            found.push(format!("{} {}", run.stride, String::from_utf8_lossy(text)));
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
                assert_eq!(texts(&padded(&low_first)), ["2 secret!"], "at {at}");
                assert_eq!(texts(&padded(&high_first)), ["2 secret!"], "at {at}");
            }
        }
    }

    #[test]
    fn a_run_of_utf_16_is_told_without_a_letter_that_is_half_of_another_unit() {
        let wide = |order: fn(u16) -> [u8; 2]| "secret!!".encode_utf16().flat_map(order).collect::<Vec<u8>>();
        let (low_first, high_first) = (wide(u16::to_le_bytes), wide(u16::to_be_bytes));
        assert_eq!(texts(&[b"\x4eA", &high_first[..], b"\0\0"].concat()), ["2 secret!!", "2 Asecret!!"]);
        assert_eq!(texts(&[b"\x4e\x4eA", &high_first[..], b"\0\0"].concat()), ["2 Asecret!!", "2 secret!!"]);
        assert_eq!(texts(&[b"\0\0", &low_first[..], b"A\x4e"].concat()), ["2 secret!!", "2 secret!!A"]);
        let many: Vec<u8> = low_first.iter().copied().cycle().take(1000 * low_first.len()).collect();
        let lengths = |block: &[u8]| {
            let mut found = Vec::new();
            runs(block, &mut |run| found.push((run.start, run.letters)));
            found
        };
        assert_eq!(lengths(&[b"\x4e\x4e", &many[..], b"\0\0"].concat()), [(2, 8000), (4, 512)]);
        assert_eq!(lengths(&[b"\0\0", &many[..], b"A\x4e"].concat()), [(2, 8000), (2 + 2 * 7489, 512)]);
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
        assert!(runs_of.contains(&Run { start: 14, letters: 8, stride: 1 }), "{runs_of:?}");
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
        assert_eq!(found, [Run { start: 0, letters: 1000, stride: 1 }]);
        runs(&[], &mut |_| panic!("nothing is there"));
    }
}
