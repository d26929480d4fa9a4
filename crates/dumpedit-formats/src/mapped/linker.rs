//! The dynamic linker's lists of modules for debuggers, in memory.

use std::collections::HashSet;

use dumpedit_layout::Span;

use super::Reading;
use crate::elf::link_map::{self, Entry, Words};

/// Maximum sizes of a dynamic section and of a name, in bytes.
const MOST_DYNAMIC: u64 = 1 << 16;
const MOST_NAME: u64 = 1 << 12;

/// Entries of the dynamic linker's lists that were followed, each once.
#[derive(Clone, Debug, Default)]
pub struct Links {
    followed: HashSet<u64>,
}

impl Words for Reading<'_> {
    fn word(&mut self, address: u64, index: usize) -> Option<u64> {
        Reading::word(self, address, index)
    }

    fn version(&mut self, address: u64) -> Option<u64> {
        self.number(address, 4)
    }
}

impl Links {
    /// Whether no entry was followed.
    pub fn is_empty(&self) -> bool {
        self.followed.is_empty()
    }

    /// Follows the lists from an `r_debug`, one list for each namespace. Returns what debuggers read of them, with the names and the first
    /// entries of the dynamic sections, where elfutils searches for the modules.
    pub fn follow(&mut self, reading: &mut Reading<'_>, debug: u64) -> Vec<Span> {
        let mut found = Vec::new();
        for entry in link_map::follow(reading, debug, &mut self.followed) {
            match entry {
                Entry::Debug { address } => {
                    found.extend(Span::of(address, reading.words(link_map::DEBUG_WORDS)));
                }
                Entry::Map { address, name, dynamic, .. } => {
                    found.extend(Span::of(address, reading.words(link_map::MAP_WORDS)));
                    found.extend(dynamic.and_then(|dynamic| Span::of(dynamic, reading.words(2))));
                    found.extend(name.and_then(|name| Span::of(name, reading.text_size(name, MOST_NAME))));
                }
            }
        }
        found
    }
}

impl Reading<'_> {
    /// The address of `r_debug` in the dynamic section of a program; those of libraries have none.
    pub fn debug_of(&mut self, dynamic: u64, size: u64) -> Option<u64> {
        let section = self.bytes(dynamic, size.min(MOST_DYNAMIC));
        self.debug_in(&section)
    }

    /// The address of `r_debug` in the bytes of a dynamic section.
    pub fn debug_in(&self, section: &[u8]) -> Option<u64> {
        let words = self.words_in(section);
        link_map::debug_of(words.as_chunks::<2>().0.iter().map(|[tag, value]| (*tag, *value)))
    }

    /// Size of a dynamic section up to its end, in bytes.
    pub fn dynamic_size(&mut self, dynamic: u64) -> u64 {
        let words = self.words_at(dynamic, MOST_DYNAMIC);
        let ends = words.as_chunks::<2>().0.iter().position(|[tag, _]| *tag == 0);
        let count = ends.and_then(|last| u64::try_from(last).ok()).map_or(1, |last| last.saturating_add(1));
        self.words(count.saturating_mul(2))
    }
}
