//! Addresses that stand for the same bytes of the file.

use crate::capture::{ByFile, FileOrder};
use crate::interval::IntervalTree;
use crate::layout::Layout;
use crate::span::Span;

/// Addresses that stand for the same file bytes as others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Aliases {
    /// How many captures hold such.
    pub count: usize,
    /// The first address of each; of very many, some.
    pub addresses: Vec<u64>,
}

impl Layout {
    /// The captures by their file bytes; built when first asked for, since most runs never ask.
    fn file_order(&self) -> &FileOrder {
        self.by_file.get_or_init(|| FileOrder::of(self.captures.items()))
    }

    /// Whether any byte of the file stands for two addresses.
    pub fn has_aliases(&self) -> bool {
        *self.aliased.get_or_init(|| {
            // Mostly the file has the memory in the order of its addresses, and nothing has to be sorted.
            let captures = self.captures.items();
            let in_order = captures.is_sorted_by(|one, next| one.file_last() < next.file_offset);
            !in_order && self.file_order().shared
        })
    }

    pub(crate) fn by_file(&self) -> &IntervalTree<ByFile> {
        &self.file_order().tree
    }

    /// The addresses outside `written` that stand for any of some file bytes, which are in order and disjoint; at most
    /// `most` of them are listed.
    pub fn aliases(&self, file_bytes: &[Span], written: Option<Span>, most: usize) -> Aliases {
        let mut aliases = Aliases::default();
        let (Some(first), Some(last)) = (file_bytes.first(), file_bytes.last()) else { return aliases };
        self.by_file().meeting(first.first, last.last, |ByFile { capture }| {
            // What the capture holds outside `written`: all of it, or what lies below and what lies above.
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
