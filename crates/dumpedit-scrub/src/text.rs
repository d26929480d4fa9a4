//! Texts in bytes: runs of printable letters, one byte each or two, wherever they begin.

/// A run of letters in a block of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// Where its first letter is, in bytes from the block's start.
    pub(crate) start: usize,
    /// How many letters it has; of UTF-8, bytes.
    pub(crate) letters: usize,
    /// From one letter to the next, in bytes: 1, or 2 with a zero between any two, which is UTF-16 of either order.
    pub(crate) stride: usize,
}

impl Run {
    /// The letters, one byte each; `room` holds those that are apart.
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

/// Shorter runs are passed over, in letters. What is looked for inside runs is no shorter.
pub(crate) const LEAST: usize = 7;

/// Whether a byte is a letter of a text.
fn is_text(byte: u8) -> bool {
    matches!(byte, 9..=13 | 0x20..=0x7e)
}

/// Whether a byte beside a zero is a letter: Latin-1 is the start of Unicode.
fn is_wide_text(byte: u8) -> bool {
    is_text(byte) || byte >= 0xa0
}

const HIGH: u64 = 0x8080_8080_8080_8080;
const EVEN: u64 = 0x00ff_00ff_00ff_00ff;

/// The high bit of each byte that is printable ASCII.
fn printable(word: u64) -> u64 {
    let low = word & !HIGH;
    // Of a byte below 0x80: at least 0x20, and not 0x7f.
    let least = low.wrapping_add(0x6060_6060_6060_6060);
    let most = low.wrapping_add(0x0101_0101_0101_0101);
    least & !most & !word & HIGH
}

/// So many words of zeros are passed over at once.
const LINE: usize = 8;

/// Calls `each` for every run of at least [`LEAST`] letters. Such a run has four letters in one half of an
/// aligned word, or in one aligned word where they are two bytes each, so that only these are looked for.
pub(crate) fn runs(block: &[u8], each: &mut impl FnMut(Run)) {
    let mut finder = Finder { block, done: 0, done_even: 0, done_odd: 0 };
    let (words, rest) = block.as_chunks::<8>();
    for (index, line) in words.chunks(LINE).enumerate() {
        if line.iter().fold(0, |all, word| all | u64::from_le_bytes(*word)) != 0 {
            for (word, at) in line.iter().zip((index * LINE * 8..).step_by(8)) {
                finder.word(u64::from_le_bytes(*word), at, each);
            }
        }
    }
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(into, byte)| *into = *byte);
    finder.word(u64::from_le_bytes(last), words.len() * 8, each);
}

/// Finds runs word by word, each once.
struct Finder<'b> {
    block: &'b [u8],
    /// Where the last run of bytes ended.
    done: usize,
    /// The same of runs whose letters are apart, at even places and at odd ones.
    done_even: usize,
    done_odd: usize,
}

impl Finder<'_> {
    /// Looks at the word at a place. Most words have nothing, so that what they cost is all that counts.
    #[inline(always)]
    fn word(&mut self, word: u64, at: usize, each: &mut impl FnMut(Run)) {
        const HALF: u64 = HIGH & 0xffff_ffff;
        let letters = printable(word);
        let seen = Seen {
            low: letters & HALF == HALF,
            high: letters >> 32 == HALF,
            // Zeros between letters count, and not those around them.
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
            tell(run, each);
        }
        if seen.odd && at + 1 >= self.done_odd {
            let run = wide_around(self.block, at + 1, self.done_odd);
            self.done_odd = run.start + run.letters * 2;
            tell(run, each);
        }
    }
}

/// What a word has of runs: four letters in either half, or four that are apart at even or odd places.
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

/// The run of bytes around a letter, from `least` on. Letters of UTF-8 that are no ASCII belong to it.
fn bytes_around(block: &[u8], at: usize, least: usize) -> Run {
    let byte = |at: usize| block.get(at).copied().unwrap_or(0);
    let (mut start, mut end) = (at, at);
    while start > least {
        if is_text(byte(start - 1)) {
            start -= 1;
            continue;
        }
        let letter = (2..=4).find(|size| {
            let letter = start.checked_sub(*size).filter(|from| *from >= least);
            letter.and_then(|from| block.get(from..start)).is_some_and(is_letter)
        });
        match letter {
            Some(size) => start -= size,
            None => break,
        }
    }
    loop {
        if is_text(byte(end)) {
            end += 1;
            continue;
        }
        match (2..=4).find(|size| block.get(end..end + size).is_some_and(is_letter)) {
            Some(size) => end += size,
            None => return Run { start, letters: end - start, stride: 1 },
        }
    }
}

/// Whether these bytes are one letter of UTF-8 that is no ASCII.
fn is_letter(bytes: &[u8]) -> bool {
    let begins = bytes.first().is_some_and(|byte| *byte >= 0xc2);
    begins
        && std::str::from_utf8(bytes).is_ok_and(|text| {
            let mut letters = text.chars();
            letters.next().is_some_and(char::is_alphanumeric) && letters.next().is_none()
        })
}

/// The run of letters with zeros between them around a letter, from `least` on.
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
