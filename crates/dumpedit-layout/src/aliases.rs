//! Addresses that map to the same bytes of the file.

use crate::capture::{ByFile, FileOrder};
use crate::interval::IntervalTree;
use crate::layout::Layout;
use crate::span::Span;

/// Addresses that map to the same file bytes as others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Aliases {
    /// Number of captures with such addresses.
    pub count: usize,
    /// First address in each capture; of very many captures, only some.
    pub addresses: Vec<u64>,
}

impl Layout {
    /// The captures in order of their file bytes; built at first use, since most runs never ask.
    fn file_order(&self) -> &FileOrder {
        self.by_file.get_or_init(|| FileOrder::of(self.captures.items()))
    }

    /// Whether any byte of the file maps to two addresses.
    pub fn has_aliases(&self) -> bool {
        *self.aliased.get_or_init(|| {
            // Most files have memory in the order of addresses, so that nothing has to be sorted.
            let captures = self.captures.items();
            let in_order = captures.is_sorted_by(|one, next| one.file_last() < next.file_offset);
            !in_order && self.file_order().shared
        })
    }

    pub(crate) fn by_file(&self) -> &IntervalTree<ByFile> {
        &self.file_order().tree
    }

    /// The addresses outside `written` that map to any of `file_bytes`, which are sorted and disjoint; at most `most` of them are listed.
    pub fn aliases(&self, file_bytes: &[Span], written: Option<Span>, most: usize) -> Aliases {
        let mut aliases = Aliases::default();
        let (Some(first), Some(last)) = (file_bytes.first(), file_bytes.last()) else { return aliases };
        self.by_file().meeting(first.first, last.last, |ByFile { capture }| {
            // The capture's addresses outside `written`: all of them, or those below and those above.
            let (below, above) = match written {
                None => (Some(capture.last), None),
                Some(Span { first, last }) => (first.checked_sub(1), last.checked_add(1)),
            };
            let below = below.map(|last| (capture.first, capture.last.min(last)));
            let above = above.map(|first| (capture.first.max(first), capture.last));
            let alias =
                below.into_iter().chain(above).filter(|(from, to)| from <= to).find_map(|(from, to)| {
                    let (from, to) = (capture.file_offset_of(from), capture.file_offset_of(to));
                    let at = file_bytes.partition_point(|bytes| bytes.last < from);
                    let bytes = file_bytes.get(at).filter(|bytes| bytes.first <= to)?;
                    Some(capture.address_of(from.max(bytes.first)))
                });
            if let Some(alias) = alias {
                if aliases.addresses.len() < most {
                    aliases.addresses.push(alias);
                }
                aliases.count = aliases.count.saturating_add(1);
            }
            true
        });
        aliases
    }
}
