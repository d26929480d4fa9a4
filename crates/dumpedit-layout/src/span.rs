//! Ranges of addresses and of file offsets: with inclusive ends, or as places in the file.

use std::sync::Arc;

use crate::interval::Interval;

/// Addresses or file offsets from `first` to `last`, both included, so that the greatest number can be one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
}

impl Span {
    /// `size` numbers from `first` on, cut at the greatest number; `None` for none.
    pub fn of(first: u64, size: u64) -> Option<Span> {
        Some(Span { first, last: first.saturating_add(size.checked_sub(1)?) })
    }

    /// Number of them, at most `u64::MAX`.
    pub fn size(self) -> u64 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }

    /// Whether a number is one of them.
    pub fn contains(self, number: u64) -> bool {
        (self.first..=self.last).contains(&number)
    }
}

impl From<(u64, u64)> for Span {
    fn from((first, last): (u64, u64)) -> Self {
        Span { first, last }
    }
}

/// Bytes of a dump's file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// File offset of the first.
    pub file_offset: u64,
    /// Number of bytes.
    pub size: u64,
}

impl Place {
    /// The first offset behind it.
    pub fn end(self) -> u64 {
        self.file_offset.saturating_add(self.size)
    }
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        Place { file_offset: span.first, size: span.size() }
    }
}

/// Bytes in the file, or to be written there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileBytes {
    /// File offset of the first.
    pub file_offset: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A named part of the file.
#[derive(Clone, Debug)]
pub(crate) struct NamedPart {
    pub(crate) bytes: Span,
    pub(crate) name: Arc<str>,
    /// Whether its bytes mean the same in another file, since they contain no file offsets.
    pub(crate) compares: bool,
}

impl Interval for Span {
    fn lowest(&self) -> u64 {
        self.first
    }
    fn highest(&self) -> u64 {
        self.last
    }
}

/// Sorts spans, and joins those that overlap or touch.
pub fn joined(spans: impl IntoIterator<Item = impl Into<Span>>) -> Vec<Span> {
    let spans = spans.into_iter().map(Into::<Span>::into);
    let mut spans: Vec<Span> = spans.filter(|span| span.first <= span.last).collect();
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::new();
    spans.into_iter().for_each(|span| join(&mut joined, span));
    joined
}

/// The numbers that two lists of spans have in common, both sorted and disjoint.
pub fn common(ones: &[Span], others: &[Span]) -> Vec<Span> {
    let mut common = Vec::new();
    for one in ones {
        let from = others.partition_point(|other| other.last < one.first);
        for other in others.get(from..).unwrap_or_default().iter().take_while(|other| other.first <= one.last)
        {
            common.push(Span { first: one.first.max(other.first), last: one.last.min(other.last) });
        }
    }
    common
}

/// The numbers of some spans that are in none of others, both sorted and disjoint.
pub fn without(ones: &[Span], others: &[Span]) -> Vec<Span> {
    let mut left = Vec::new();
    for one in ones {
        let mut next = Some(one.first);
        let from = others.partition_point(|other| other.last < one.first);
        for other in others.get(from..).unwrap_or_default().iter().take_while(|other| other.first <= one.last)
        {
            if let Some(first) = next.filter(|first| *first < other.first) {
                left.push(Span { first, last: other.first.saturating_sub(1) });
            }
            next = other.last.checked_add(1);
        }
        left.extend(next.filter(|first| *first <= one.last).map(|first| Span { first, last: one.last }));
    }
    left
}

/// Adds a span to others that begin no later, or joins it to the last.
pub(crate) fn join(spans: &mut Vec<Span>, span: Span) {
    match spans.last_mut() {
        Some(before) if span.first <= before.last.saturating_add(1) => {
            before.last = span.last.max(before.last)
        }
        _ => spans.push(span),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_taken_out_of_others() {
        let spans = |spans: &[(u64, u64)]| spans.iter().copied().map(Span::from).collect::<Vec<_>>();
        let left = without(&spans(&[(0, 9), (20, 29)]), &spans(&[(3, 4), (8, 21), (25, 25), (29, 40)]));
        assert_eq!(left, spans(&[(0, 2), (5, 7), (22, 24), (26, 28)]));
        assert_eq!(without(&spans(&[(5, u64::MAX)]), &spans(&[(0, u64::MAX)])), []);
        assert_eq!(common(&spans(&[(0, 3), (5, 9)]), &spans(&[(2, 6)])), spans(&[(2, 3), (5, 6)]));
    }
}
