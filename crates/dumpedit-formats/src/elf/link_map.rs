//! The dynamic linker's lists for debuggers: `struct r_debug` and `struct link_map` of `link.h`, by the indices of their words, and how to
//! follow them.

use std::collections::HashSet;

use dumpedit_layout::ByteOrder;

/// The tag of a dynamic section whose value is the address of `r_debug`.
pub const DT_DEBUG: u64 = 21;

/// Number of words of `r_debug`, with `r_next`.
pub const DEBUG_WORDS: u64 = 6;
/// `r_map`, behind `r_version`, which is padded to a word.
pub const DEBUG_MAP: usize = 1;
/// `r_next`, from version 2 on: the list of another namespace.
pub const DEBUG_NEXT: usize = 5;
/// The first `r_version` with `r_next`.
pub const NAMESPACES_FROM: u64 = 2;

/// Number of public words of `link_map`.
pub const MAP_WORDS: u64 = 5;
/// `l_addr`: added to the addresses in the file.
pub const MAP_BIAS: usize = 0;
/// `l_name`
pub const MAP_NAME: usize = 1;
/// `l_ld`: the address of the dynamic section.
pub const MAP_DYNAMIC: usize = 2;
/// `l_next`
pub const MAP_NEXT: usize = 3;
/// `l_prev`
pub const MAP_PREVIOUS: usize = 4;

/// A module in the dynamic linker's list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkMap {
    /// `l_addr`
    pub bias: u64,
    /// `l_name`
    pub name: String,
    /// `l_ld`
    pub dynamic: u64,
}

impl LinkMap {
    /// A module by its bias, its name and the address of its dynamic section.
    pub fn new(bias: u64, name: String, dynamic: u64) -> LinkMap {
        LinkMap { bias, name, dynamic }
    }
}

/// An `r_debug` of the first version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkerDebug {
    /// `r_map`: the address of the first `link_map`.
    pub map: u64,
    /// `r_brk`
    pub breakpoint: u64,
    /// `r_ldbase`
    pub loader: u64,
}

impl LinkerDebug {
    /// Its bytes, with words of `width` bytes.
    pub fn to_bytes(self, order: ByteOrder, width: u8) -> Vec<u8> {
        /// `r_version`, an int in front of a word, and `r_state`, `RT_CONSISTENT`.
        const VERSION: u64 = 1;
        const CONSISTENT: u64 = 0;
        let mut bytes = order.bytes(VERSION, 4);
        bytes.resize(width.into(), 0);
        for word in [self.map, self.breakpoint, CONSISTENT, self.loader] {
            bytes.extend(order.bytes(word, width.into()));
        }
        bytes
    }
}

/// The bytes of a list at an address: the `link_map`s, then their names. Words have `width` bytes.
pub fn list(address: u64, modules: &[LinkMap], order: ByteOrder, width: u8) -> Vec<u8> {
    let size = MAP_WORDS.saturating_mul(width.into());
    let at = |index: u64| address.saturating_add(index.saturating_mul(size));
    let count = u64::try_from(modules.len()).unwrap_or(u64::MAX);
    let (mut maps, mut names) = (Vec::new(), Vec::new());
    for (index, module) in (0u64..).zip(modules) {
        let name = at(count).saturating_add(u64::try_from(names.len()).unwrap_or(u64::MAX));
        let next = index.saturating_add(1);
        let next = if next < count { at(next) } else { 0 };
        let previous = index.checked_sub(1).map_or(0, at);
        for word in [module.bias, name, module.dynamic, next, previous] {
            maps.extend(order.bytes(word, width.into()));
        }
        names.extend(module.name.bytes().filter(|byte| *byte != 0).chain([0]));
    }
    maps.extend(names);
    maps
}

/// The address of `r_debug` in the entries of a dynamic section, tags and values up to `DT_NULL`.
pub(crate) fn debug_of(entries: impl Iterator<Item = (u64, u64)>) -> Option<u64> {
    let mut entries = entries.take_while(|(tag, _)| *tag != 0);
    entries.find(|(tag, _)| *tag == DT_DEBUG).map(|(_, value)| value).filter(|value| *value != 0)
}

/// Maximum number of entries that are followed.
const MOST: usize = 1 << 16;

/// Memory in which the lists are followed.
pub(crate) trait Words {
    /// A word of the target, by its index from an address.
    fn word(&mut self, address: u64, index: usize) -> Option<u64>;

    /// `r_version`, an int, at an address.
    fn version(&mut self, address: u64) -> Option<u64>;
}

/// An entry of the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// An `r_debug`, which begins the list of a namespace.
    Debug {
        /// Its address.
        address: u64,
    },
    /// A `link_map`; fields that cannot be read are `None`.
    Map {
        /// Its address.
        address: u64,
        /// `l_addr`.
        bias: Option<u64>,
        /// `l_name`, an address.
        name: Option<u64>,
        /// `l_ld`.
        dynamic: Option<u64>,
    },
}

/// Follows the lists from an `r_debug`, one list for each namespace. `followed` has the addresses of entries, so that none is followed
/// twice.
pub(crate) fn follow(words: &mut dyn Words, debug: u64, followed: &mut HashSet<u64>) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut debug = debug;
    while debug != 0 && followed.len() < MOST && followed.insert(debug) {
        entries.push(Entry::Debug { address: debug });
        let mut map = words.word(debug, DEBUG_MAP).unwrap_or(0);
        while map != 0 && followed.len() < MOST && followed.insert(map) {
            entries.push(Entry::Map {
                address: map,
                bias: words.word(map, MAP_BIAS),
                name: words.word(map, MAP_NAME),
                dynamic: words.word(map, MAP_DYNAMIC),
            });
            map = words.word(map, MAP_NEXT).unwrap_or(0);
        }
        let has_next = words.version(debug).is_some_and(|version| version >= NAMESPACES_FROM);
        debug = if has_next { words.word(debug, DEBUG_NEXT).unwrap_or(0) } else { 0 };
    }
    entries
}
