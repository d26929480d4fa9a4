//! What a search finds: its matches, and what they came to.

use std::ops::ControlFlow;

use dumpedit_layout::Layout;

use crate::encoding::Encoding;

/// Where a pattern was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Match {
    /// The first byte's address; 0 where it is no memory.
    pub address: u64,
    /// Whether it is no memory that was found, but other bytes of the file, one after the other from its file offset on.
    pub outside: bool,
    /// How many bytes match.
    pub length: u64,
    /// Where the first byte is in the file; the others may be elsewhere.
    pub file_offset: u64,
    /// Which of the matchers found it, from 0.
    pub matcher: usize,
    /// The encoding of the text that was found, where the pattern is a text.
    pub encoding: Option<Encoding>,
}

/// What takes the matches one by one; breaking off ends the search.
pub type MatchFn<'a> = dyn FnMut(Match) -> ControlFlow<()> + 'a;

/// What a search came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// How many matches were handed over.
    pub matches: u64,
    /// Whether the search went to the end; else it had all it wanted, or was broken off.
    pub complete: bool,
    /// Bytes of captured memory in the searched addresses.
    pub captured: u64,
    /// Bytes in the searched addresses that were mapped, but that the dump does not hold.
    pub passed_over: u64,
}

/// Bytes in a range of addresses that are mapped, but not captured.
pub(super) fn uncaptured(layout: &Layout, first: u64, last: u64) -> u64 {
    let mut total = 0u128;
    for region in layout.regions().take_while(|region| region.start <= last) {
        let start = u128::from(region.start).saturating_add(u128::from(region.captured)).max(first.into());
        let end =
            u128::from(region.start).saturating_add(region.size).min(u128::from(last).saturating_add(1));
        total = total.saturating_add(end.saturating_sub(start));
    }
    u64::try_from(total).unwrap_or(u64::MAX)
}
