//! Results of a search: its matches, and a summary.

use std::ops::ControlFlow;

use dumpedit_layout::Layout;

use crate::encoding::Encoding;

/// A match of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Match {
    /// Address of the first byte; 0 where it is not memory.
    pub address: u64,
    /// Whether it is outside of memory, in other bytes of the file, contiguous from its file offset on.
    pub outside: bool,
    /// Length, in bytes.
    pub length: u64,
    /// File offset of the first byte; the others may be elsewhere.
    pub file_offset: u64,
    /// Index of its matcher.
    pub matcher: usize,
    /// Encoding of the matched text, where the pattern is a text.
    pub encoding: Option<Encoding>,
}

/// Function that takes the matches one by one; breaking off ends the search.
pub type MatchFn<'a> = dyn FnMut(Match) -> ControlFlow<()> + 'a;

/// Summary of a search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// Number of matches.
    pub matches: u64,
    /// Whether the search is complete; else it had as many matches as it wanted, or was cancelled.
    pub complete: bool,
    /// Bytes of captured memory in the searched addresses.
    pub captured: u64,
    /// Bytes in the searched addresses that were mapped, but not captured.
    pub passed_over: u64,
}

/// Number of bytes in a range of addresses that are mapped, but not captured.
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
