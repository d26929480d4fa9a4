//! The environment where the program moved it: `setenv` of C libraries makes an array of its own, which `environ` points to.

use std::collections::HashSet;

use dumpedit::{Region, Span};

use super::{Named, until_nul};
use crate::letters::Letters;

/// Most bytes of modules' data that are searched for a pointer to the array.
const MOST_DATA: u64 = 4 << 20;

/// Most variables of one array.
const MOST_VARIABLES: usize = 1 << 12;

/// Most pointers of all arrays.
const MOST_POINTERS: usize = 1 << 16;

/// Longest variable that is read, in bytes.
const LONGEST: u64 = 1 << 16;

/// Fewest variables of an array.
const LEAST: usize = 2;

impl Named<'_> {
    /// Finds such arrays: where a word in the data of a module leads, there are pointers to variables and a null pointer behind them. No
    /// symbols are needed.
    pub(super) fn moved_environment(&mut self) {
        let width = u64::from(self.dump.layout().pointer_width());
        let mut reading = self.dump.reading();
        let (mut seen, mut left) = (HashSet::new(), MOST_POINTERS);
        for span in self.data() {
            for array in reading.words_at(span.first, span.size()) {
                let is_new = array.is_multiple_of(width) && self.is_captured(array) && seen.insert(array);
                if !is_new || left == 0 {
                    continue;
                }
                let first = reading.word(array, 0);
                if !first.is_some_and(|first| self.begins_variable(first)) {
                    continue;
                }
                let words = reading.words_at(array, width.saturating_mul(MOST_VARIABLES as u64));
                let end = words.iter().position(|pointer| *pointer == 0);
                let pointers = words.get(..end.unwrap_or(0)).unwrap_or_default();
                left = left.saturating_sub(end.unwrap_or(words.len()));
                if pointers.len() >= LEAST && pointers.iter().all(|pointer| self.begins_variable(*pointer)) {
                    pointers.iter().for_each(|pointer| self.moved_variable(*pointer));
                }
            }
        }
    }

    /// Data that modules write, of the smallest first: the C library's is small.
    fn data(&self) -> Vec<Span> {
        let layout = self.dump.layout();
        // What has no file, such as `.bss`, follows a module.
        let is_of_module = |region: &Region| {
            let of = |base: u64, size: u64| region.start.checked_sub(base).is_some_and(|from| from <= size);
            layout.modules().iter().any(|module| of(module.base, module.size))
        };
        let is_data = |region: &Region| {
            region.protection.is_some_and(|protection| protection.write && !protection.execute)
        };
        let data = layout.regions().filter(|region| is_data(region) && is_of_module(region));
        let mut data: Vec<Span> = data.filter_map(|region| Span::of(region.start, region.captured)).collect();
        data.sort_unstable_by_key(|span| (span.size(), span.first));
        let mut left = MOST_DATA;
        data.retain(|span| match left.checked_sub(span.size()) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        });
        data
    }

    fn is_captured(&self, address: u64) -> bool {
        address != 0 && self.dump.layout().captured_from(address).is_some()
    }

    /// Whether the text at an address begins with a variable's name and `=`.
    fn begins_variable(&self, address: u64) -> bool {
        const LONGEST_NAME: u64 = 64;
        if !self.is_captured(address) {
            return false;
        }
        let text = self.in_memory(address, LONGEST_NAME, Letters::Bytes);
        let mut name = text.narrow.split(|byte| *byte == b'=');
        let name = name.next().filter(|name| name.len() < text.narrow.len()).unwrap_or_default();
        let is_letter = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
        name.first().is_some_and(is_letter)
            && name.iter().all(|byte| is_letter(byte) || byte.is_ascii_digit())
    }

    fn moved_variable(&mut self, address: u64) {
        // Those that the kernel made are found before.
        if self.strings.iter().any(|strings| strings.contains(address)) {
            return;
        }
        let text = self.in_memory(address, LONGEST, Letters::Bytes);
        let range = until_nul(&text, text.all());
        self.variable(&text, range);
    }
}
