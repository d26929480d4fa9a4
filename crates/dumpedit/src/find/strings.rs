//! Texts in memory: runs of printable ASCII, one byte or two bytes a character.

use std::ops::ControlFlow;

use dumpedit_layout::{ByteOrder, CapturedRange};

use crate::dump::Dump;
use crate::encoding::Encoding;
use crate::error::Error;
use crate::find::found::{Found, uncaptured};
use crate::progress::{Progress, ProgressFn};
use crate::store::chunks::Chunk;

/// A run of printable characters.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FoundText {
    /// Offset from the very first byte, in bytes.
    pub offset: u64,
    /// Characters.
    pub text: String,
    /// Whether each character takes two bytes (UTF-16), else one.
    pub wide: bool,
}

/// Finds texts in bytes that come in blocks. A text is reported at its end.
#[derive(Clone, Debug)]
pub struct Strings {
    least: usize,
    order: ByteOrder,
    offset: u64,
    before: Option<u8>,
    narrow: Run,
    /// UTF-16 at even offsets, and at odd ones.
    wide: [Run; 2],
}

/// A run that has not ended.
#[derive(Clone, Debug, Default)]
struct Run {
    start: u64,
    text: String,
}

/// Maximum length of a run; a longer text is reported in pieces, so that memory stays bounded.
const LONGEST: usize = 1 << 16;

impl Strings {
    /// Texts of at least `least` characters, UTF-16 in this byte order.
    pub fn new(least: usize, order: ByteOrder) -> Strings {
        let wide = [Run::default(), Run::default()];
        Strings { least: least.max(1), order, offset: 0, before: None, narrow: Run::default(), wide }
    }

    /// The same, with the offset of the first byte: an address.
    fn starting_at(self, offset: u64) -> Strings {
        Strings { offset, ..self }
    }

    /// Takes the next bytes and reports the texts that end in them.
    pub fn push(&mut self, bytes: &[u8], mut each: impl FnMut(FoundText)) {
        for &byte in bytes {
            self.narrow.step(printable(byte), self.offset, self.least, false, &mut each);
            if let Some(before) = self.before {
                let (low, high) = match self.order {
                    ByteOrder::Little => (before, byte),
                    ByteOrder::Big => (byte, before),
                };
                let start = self.offset.saturating_sub(1);
                let [even, odd] = &mut self.wide;
                let run = if start.is_multiple_of(2) { even } else { odd };
                run.step(printable(low).filter(|_| high == 0), start, self.least, true, &mut each);
            }
            self.before = Some(byte);
            self.offset = self.offset.saturating_add(1);
        }
    }

    /// Takes the next bytes, read or not.
    pub fn push_chunk(&mut self, chunk: Chunk<'_>, each: impl FnMut(FoundText)) {
        match chunk {
            Chunk::Bytes(bytes) => self.push(bytes, each),
            Chunk::Zeros(size) => self.push_zeros(size, each),
        }
    }

    /// Takes `count` zeros, of which only the first few are examined.
    pub fn push_zeros(&mut self, count: u64, each: impl FnMut(FoundText)) {
        // Two UTF-16 characters, one at an even offset and one at an odd one, end all texts.
        let ended = [0; 4];
        let looked_at = usize::try_from(count).unwrap_or(usize::MAX).min(ended.len());
        self.push(ended.get(..looked_at).unwrap_or_default(), each);
        self.offset = self.offset.saturating_add(count.saturating_sub(looked_at as u64));
    }

    /// Reports the texts that the last byte ends.
    pub fn finish(mut self, mut each: impl FnMut(FoundText)) {
        self.narrow.end(self.least, false, &mut each);
        for run in &mut self.wide {
            run.end(self.least, true, &mut each);
        }
    }
}

/// Filter of the memory's texts.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct TextFilter {
    /// First address of the range.
    pub first: u64,
    /// Last address, inclusive.
    pub last: u64,
    /// Minimum length of a text, in characters.
    pub least: usize,
    /// Only texts of this encoding; for [`Encoding::Utf8`], ASCII.
    pub only: Option<Encoding>,
}

impl Default for TextFilter {
    /// Texts of at least 4 characters in the whole memory.
    fn default() -> Self {
        TextFilter { first: 0, last: u64::MAX, least: 4, only: None }
    }
}

impl Dump {
    /// Reports the texts of the captured memory, whose offsets are addresses; a text may span adjacent regions, but no gap. Breaking off
    /// ends the search.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read; [`Error::Repeated`] where there is far more memory than the file holds.
    pub fn texts(
        &self,
        filter: TextFilter,
        each: &mut dyn FnMut(FoundText) -> ControlFlow<()>,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Found, Error> {
        let TextFilter { first, last, least, only } = filter;
        let ranges: Vec<CapturedRange> = self.layout().captured_ranges(first, last).collect();
        let total = self.bytes_to_walk(&ranges)?;
        let passed_over = uncaptured(self.layout(), first, last);
        let mut found = Found { captured: total, passed_over, ..Found::default() };
        let mut flow = ControlFlow::Continue(());
        let mut tell = |text: FoundText| {
            let encoding = if text.wide { Encoding::Utf16 } else { Encoding::Utf8 };
            if flow.is_continue() && only.is_none_or(|only| only == encoding) {
                found.matches = found.matches.saturating_add(1);
                flow = each(text);
            }
            flow
        };
        let begin = |at: u64| Strings::new(least, self.layout().byte_order()).starting_at(at);
        let mut strings = begin(0);
        let (mut done, mut before) = (0u64, None);
        for range in &ranges {
            if before.is_none_or(|before: u64| before.checked_add(1) != Some(range.first)) {
                std::mem::replace(&mut strings, begin(range.first)).finish(|text| _ = tell(text));
            }
            before = Some(range.last);
            let size = range.last.saturating_sub(range.first).saturating_add(1);
            let mut chunks = self.chunks(range.file_offset, size);
            while let Some(chunk) = chunks.next()? {
                done = done.saturating_add(chunk.size());
                let mut told = ControlFlow::Continue(());
                strings.push_chunk(chunk, |text| told = tell(text));
                if told.is_break() || progress(Progress { done, total }).is_break() {
                    return Ok(found);
                }
            }
        }
        strings.finish(|text| _ = tell(text));
        found.complete = flow.is_continue();
        Ok(found)
    }
}

impl Run {
    fn step(
        &mut self,
        letter: Option<char>,
        start: u64,
        least: usize,
        wide: bool,
        each: &mut impl FnMut(FoundText),
    ) {
        if letter.is_none() || self.text.len() >= LONGEST {
            self.end(least, wide, each);
        }
        if let Some(letter) = letter {
            if self.text.is_empty() {
                self.start = start;
            }
            self.text.push(letter);
        }
    }

    fn end(&mut self, least: usize, wide: bool, each: &mut impl FnMut(FoundText)) {
        if self.text.len() >= least {
            each(FoundText { offset: self.start, text: self.text.clone(), wide });
        }
        self.text.clear();
    }
}

fn printable(byte: u8) -> Option<char> {
    (byte == b' ' || byte.is_ascii_graphic()).then_some(char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(bytes: &[u8], block: usize, order: ByteOrder) -> Vec<(u64, String, bool)> {
        let mut strings = Strings::new(4, order);
        let mut found = Vec::new();
        let mut each = |text: FoundText| found.push((text.offset, text.text, text.wide));
        bytes.chunks(block).for_each(|block| strings.push(block, &mut each));
        strings.finish(&mut each);
        found
    }

    #[test]
    fn texts_of_either_width_are_found_wherever_blocks_end() {
        let bytes = b"abc\0narrow\n\x01w\0i\0d\0e\0\0\0abcd";
        let expected = [(4, "narrow", false), (12, "wide", true), (22, "abcd", false)];
        for block in 1..bytes.len() {
            let found = texts(bytes, block, ByteOrder::Little);
            let found: Vec<_> = found.iter().map(|(at, text, wide)| (*at, text.as_str(), *wide)).collect();
            assert_eq!(found, expected, "{block}");
        }
        let big = texts(b"\0w\0i\0d\0e\x01", 3, ByteOrder::Big);
        assert_eq!(big, [(0, "wide".to_owned(), true)]);
    }

    #[test]
    fn zeros_that_are_counted_end_texts_as_zeros_do_that_are_read() {
        let ends = [&b"narrow"[..], b"w\0i\0d\0e\0", b"\x01w\0i\0d\0e\0", b"w\0i\0d\0e", b""];
        for end in ends {
            for count in 0..12 {
                let mut all = end.to_vec();
                all.resize(end.len() + count, 0);
                all.extend(b"next\0n\0e\0x\0t\0");
                let mut strings = Strings::new(4, ByteOrder::Little);
                let mut found = Vec::new();
                let mut each = |text: FoundText| found.push((text.offset, text.text, text.wide));
                strings.push(end, &mut each);
                strings.push_zeros(count as u64, &mut each);
                strings.push(&all[end.len() + count..], &mut each);
                strings.finish(&mut each);
                assert_eq!(found, texts(&all, all.len(), ByteOrder::Little), "{end:?} {count}");
            }
        }
    }

    #[test]
    fn a_text_without_end_is_told_in_pieces() {
        let found = texts(&vec![b'a'; LONGEST + 10], 1000, ByteOrder::Little);
        let lengths: Vec<_> = found.iter().map(|(at, text, _)| (*at, text.len())).collect();
        assert_eq!(lengths, [(0, LONGEST), (LONGEST as u64, 10)]);
    }
}
