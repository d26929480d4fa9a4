//! Matches the threads of two dumps.

use std::collections::HashMap;

use dumpedit_layout::{ContextRecord, Layout, RecordKind, Thread, ThreadIndex};

use super::Diff;

/// The threads of two dumps: matched by id, and by order where several have one id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MatchedThreads {
    /// Threads of A with their matches in B, in the order of A.
    pub pairs: Vec<ThreadPair>,
    /// Threads that only A has.
    pub only_in_a: Vec<ThreadIndex>,
    /// Threads that only B has.
    pub only_in_b: Vec<ThreadIndex>,
}

/// A thread of A, and its match in B.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ThreadPair {
    /// Index in A.
    pub in_a: ThreadIndex,
    /// Index in B.
    pub in_b: ThreadIndex,
}

impl Diff {
    /// Matches the threads of A with those of B.
    pub fn threads(&self) -> MatchedThreads {
        MatchedThreads::of(self.a.layout(), self.b.layout())
    }
}

impl MatchedThreads {
    fn of(a: &Layout, b: &Layout) -> MatchedThreads {
        let mut of_b: HashMap<u64, Vec<ThreadIndex>> = HashMap::new();
        // In reverse, so that `pop` takes the first one.
        for (index, thread) in indexed(b).rev() {
            of_b.entry(thread.tid).or_default().push(index);
        }
        let mut matched = MatchedThreads::default();
        for (index, thread) in indexed(a) {
            match of_b.get_mut(&thread.tid).and_then(Vec::pop) {
                Some(other) => matched.pairs.push(ThreadPair { in_a: index, in_b: other }),
                None => matched.only_in_a.push(index),
            }
        }
        matched.only_in_b = of_b.into_values().flatten().collect();
        matched.only_in_b.sort_unstable();
        matched
    }
}

fn indexed(layout: &Layout) -> impl DoubleEndedIterator<Item = (ThreadIndex, &Thread)> {
    let threads = layout.threads().iter().enumerate();
    threads.filter_map(|(index, thread)| Some((ThreadIndex(u32::try_from(index).ok()?), thread)))
}

/// The matching records of two threads, kind by kind; effective with effective where only one of them has an exception's. The effective
/// ones come first.
pub(super) fn records<'a>(a: &'a Thread, b: &'a Thread) -> Vec<(&'a ContextRecord, &'a ContextRecord)> {
    if has_exception(a) == has_exception(b) {
        return records_of_kinds(a, b);
    }
    let wow64 = a.record(RecordKind::Wow64).zip(b.record(RecordKind::Wow64));
    [a.effective().zip(b.effective()), wow64].into_iter().flatten().collect()
}

/// Whether a thread has the record of an exception.
pub(super) fn has_exception(thread: &Thread) -> bool {
    thread.record(RecordKind::Exception).is_some()
}

/// The records that two threads have of each kind.
pub(super) fn records_of_kinds<'a>(
    a: &'a Thread,
    b: &'a Thread,
) -> Vec<(&'a ContextRecord, &'a ContextRecord)> {
    let kinds = [RecordKind::Exception, RecordKind::Thread, RecordKind::Wow64];
    kinds.into_iter().filter_map(|kind| a.record(kind).zip(b.record(kind))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dumpedit_layout::{ByteOrder, Format, LayoutBuilder, Machine};

    fn layout(tids: &[u64]) -> Layout {
        let mut builder = LayoutBuilder::new(Format::ElfCore, Machine::Amd64, ByteOrder::Little, 8, 0);
        for &tid in tids {
            builder.thread(Thread::new(tid, None));
        }
        builder.finish()
    }

    #[test]
    fn threads_are_matched_by_id_and_among_equals_by_order() {
        let matched = MatchedThreads::of(&layout(&[7, 0, 0, 9]), &layout(&[0, 8, 7, 0, 0, 5]));
        let plain = |indices: &[ThreadIndex]| indices.iter().map(|index| index.0).collect::<Vec<_>>();
        let pairs: Vec<_> = matched.pairs.iter().map(|pair| (pair.in_a.0, pair.in_b.0)).collect();
        assert_eq!(pairs, [(0, 2), (1, 0), (2, 3)]);
        assert_eq!(plain(&matched.only_in_a), [3]);
        assert_eq!(plain(&matched.only_in_b), [1, 4, 5]);
    }
}
