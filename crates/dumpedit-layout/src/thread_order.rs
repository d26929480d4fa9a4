//! Threads by id, and their records by file bytes.

use crate::interval::{Interval, IntervalTree};
use crate::location::ThreadIndex;
use crate::span::Span;
use crate::thread::Thread;

/// Threads of a layout in the orders that are searched.
#[derive(Debug)]
pub(crate) struct ThreadOrder {
    /// Ids and the indices that have them, sorted.
    pub(crate) by_id: Vec<(u64, ThreadIndex)>,
    /// Blocks of all records, by file bytes.
    pub(crate) by_file: IntervalTree<RecordBytes>,
}

/// File bytes of one block of a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordBytes {
    bytes: Span,
    pub(crate) thread: ThreadIndex,
    /// Index of the record among its thread's.
    pub(crate) record: usize,
}

impl Interval for RecordBytes {
    fn lowest(&self) -> u64 {
        self.bytes.first
    }
    fn highest(&self) -> u64 {
        self.bytes.last
    }
}

impl ThreadOrder {
    pub(crate) fn of(threads: &[Thread]) -> ThreadOrder {
        let indexed = || (0u32..).map(ThreadIndex).zip(threads);
        let mut by_id: Vec<(u64, ThreadIndex)> =
            indexed().map(|(index, thread)| (thread.tid, index)).collect();
        by_id.sort_unstable();
        let mut blocks = Vec::new();
        for (index, thread) in indexed() {
            for (record, found) in thread.records.iter().enumerate() {
                blocks.extend(found.blocks.iter().filter_map(|block| {
                    let bytes = Span::of(block.file_offset, block.size)?;
                    Some(RecordBytes { bytes, thread: index, record })
                }));
            }
        }
        ThreadOrder { by_id, by_file: IntervalTree::new(blocks) }
    }
}
