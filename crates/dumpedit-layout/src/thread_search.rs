//! Finds threads: the default one, by id, by name, and by file bytes of their records.

use std::collections::BTreeSet;

use crate::access::AccessError;
use crate::layout::Layout;
use crate::location::{Context, ContextLocation, Location, ThreadIndex};
use crate::notice::{Notice, NoticeKind, Subject};
use crate::span::Span;
use crate::thread::ContextRecord;
use crate::thread_order::ThreadOrder;

/// The thread that reads take where none is named.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TakenThread {
    /// Index of the thread.
    pub index: ThreadIndex,
    /// Says that it is the first of several, where the dump has no crash.
    pub notice: Option<Notice>,
}

/// A record and its thread.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ThreadRecord<'a> {
    /// The thread.
    pub thread: ThreadIndex,
    /// The record.
    pub record: &'a ContextRecord,
}

impl Layout {
    /// The threads by id and by file bytes; built at first use.
    fn thread_order(&self) -> &ThreadOrder {
        self.thread_order.get_or_init(|| ThreadOrder::of(&self.threads))
    }

    /// The thread to use where none is named: the crashed one, else the only one.
    ///
    /// # Errors
    /// [`AccessError::NoDefaultThread`] where there are several or none.
    pub fn default_thread(&self) -> Result<ThreadIndex, AccessError> {
        match (self.crashed(), self.threads.len()) {
            (Some(index), _) => Ok(index),
            (None, 1) => Ok(ThreadIndex(0)),
            _ => Err(self.no_default_thread()),
        }
    }

    /// The thread that reads take where none is named: where the dump has no crash the first, as in debuggers.
    ///
    /// # Errors
    /// [`AccessError::NoDefaultThread`] where there is none.
    pub fn thread_to_read(&self) -> Result<TakenThread, AccessError> {
        let first = match (self.default_thread(), self.threads.first()) {
            (Ok(index), _) => return Ok(TakenThread { index, notice: None }),
            (Err(error), None) => return Err(error),
            (Err(_), Some(first)) => first,
        };
        let message =
            format!("the dump does not say which thread crashed: thread {}, the first, is used", first.tid);
        let notice = Notice::new(NoticeKind::FirstThreadTaken, message).about(Subject::Thread(first.tid));
        Ok(TakenThread { index: ThreadIndex(0), notice: Some(notice) })
    }

    /// The error for a dump without a default thread, with the first of its threads.
    pub fn no_default_thread(&self) -> AccessError {
        let named = self.threads.iter().take(AccessError::MOST_NAMED);
        AccessError::NoDefaultThread {
            tids: named.map(|thread| thread.tid).collect(),
            count: self.threads.len(),
        }
    }

    /// The thread with an id.
    ///
    /// # Errors
    /// [`AccessError::NoSuchThreadId`], or [`AccessError::AmbiguousThreadId`] where several have it.
    pub fn thread_by_id(&self, tid: u64) -> Result<ThreadIndex, AccessError> {
        let by_id = &self.thread_order().by_id;
        let first = by_id.partition_point(|(id, _)| *id < tid);
        let having = by_id.get(first..).unwrap_or_default().iter().take_while(|(id, _)| *id == tid);
        let indices: Vec<ThreadIndex> = having.map(|(_, index)| *index).collect();
        match indices.as_slice() {
            [] => {
                let tids = self.threads().iter().take(AccessError::MOST_NAMED).map(|thread| thread.tid);
                let count = self.threads().len();
                Err(AccessError::NoSuchThreadId { tid, tids: tids.collect(), count })
            }
            [index] => Ok(*index),
            _ => Err(AccessError::AmbiguousThreadId { tid, indices }),
        }
    }

    /// Name of a thread for people: its id, and where others have the same, its index, too.
    pub fn thread_label(&self, index: ThreadIndex) -> String {
        let thread = usize::try_from(index.0).ok().and_then(|at| self.threads().get(at));
        let Some(tid) = thread.map(|thread| thread.tid) else { return index.to_string() };
        let by_id = &self.thread_order().by_id;
        let first = by_id.partition_point(|(id, _)| *id < tid);
        match by_id.get(first.saturating_add(1)) {
            Some((other, _)) if *other == tid => format!("{tid} ({index})"),
            _ => tid.to_string(),
        }
    }

    /// The only thread with a name.
    ///
    /// # Errors
    /// [`AccessError::NoSuchThreadName`], or [`AccessError::AmbiguousThreadName`] where several have it.
    pub fn thread_by_name(&self, name: &str) -> Result<ThreadIndex, AccessError> {
        let named =
            || (0u32..).map(ThreadIndex).zip(self.threads()).filter(|(_, thread)| thread.name.is_some());
        let having: Vec<_> = named().filter(|(_, thread)| thread.name.as_deref() == Some(name)).collect();
        match having.as_slice() {
            [(index, _)] => Ok(*index),
            [] => Err(AccessError::NoSuchThreadName {
                name: name.to_owned(),
                names: named()
                    .take(AccessError::MOST_NAMED)
                    .filter_map(|(_, thread)| thread.name.clone())
                    .collect(),
                count: named().count(),
            }),
            several => Err(AccessError::AmbiguousThreadName {
                name: name.to_owned(),
                tids: several.iter().map(|(_, thread)| thread.tid).collect(),
            }),
        }
    }

    /// The records with any of some file bytes, and their threads: at most `most` of them, in the order of threads. The cost is that of the
    /// records found.
    pub fn records_holding(
        &self,
        file_bytes: impl IntoIterator<Item = Span>,
        most: usize,
    ) -> impl Iterator<Item = ThreadRecord<'_>> {
        let mut found = BTreeSet::new();
        for Span { first, last } in file_bytes {
            self.thread_order().by_file.meeting(first, last, |bytes| {
                found.insert((bytes.thread, bytes.record));
                found.len() < most
            });
        }
        found.into_iter().filter_map(|(index, record)| {
            let thread = self.threads.get(usize::try_from(index.0).ok()?)?;
            Some(ThreadRecord { thread: index, record: thread.records.get(record)? })
        })
    }

    /// The location of a file byte: an address, or else a byte of a register; `None` for any other byte.
    pub fn location_of(&self, file_offset: u64) -> Option<ContextLocation> {
        if let Some(found) = self.by_file().at(file_offset) {
            let location = Location::Virtual(found.capture.address_of(file_offset));
            return Some(ContextLocation { context: Context::Process, location });
        }
        /// Records that share a byte are of one kind or nested; more of them add nothing.
        const MOST: usize = 64;
        self.records_holding([Span { first: file_offset, last: file_offset }], MOST)
            .find_map(|found| self.location_in(found.thread, found.record, file_offset))
    }

    /// The register of one thread at a file byte.
    pub fn register_at(&self, context: Context, file_offset: u64) -> Option<ContextLocation> {
        let (index, thread) = self.indexed_thread(context).ok()?;
        thread.records.iter().find_map(|record| self.location_in(index, record, file_offset))
    }

    fn location_in(
        &self,
        index: ThreadIndex,
        record: &ContextRecord,
        file_offset: u64,
    ) -> Option<ContextLocation> {
        let location = record.location_of(file_offset)?;
        Some(ContextLocation { context: Context::Thread(index, record.kind.choice()), location })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thread::{Block, Thread};
    use crate::{BlockKind, ByteOrder, Format, LayoutBuilder, Machine, RecordFormat, RecordKind};

    static FORMAT: RecordFormat = RecordFormat::new("TEST", Machine::Amd64, &[]);

    fn layout(records: &[(u64, u64, u64)]) -> Layout {
        let mut builder = LayoutBuilder::new(Format::ElfCore, Machine::Amd64, ByteOrder::Little, 8, 4096);
        for &(tid, file_offset, size) in records {
            let block = |file_offset| Block { kind: BlockKind::General, file_offset, size, register_bits: 0 };
            let blocks = vec![block(file_offset), block(file_offset + 2 * size)];
            let record = ContextRecord::new(RecordKind::Thread, &FORMAT, blocks);
            builder.thread(Thread { tid, name: None, environment: None, records: vec![record] });
        }
        builder.finish()
    }

    #[test]
    fn records_are_found_by_any_of_their_bytes_once_and_in_the_order_of_threads() {
        let layout = layout(&[(7, 100, 10), (8, 50, 80), (7, 105, 10)]);
        let found = |first, last, most| -> Vec<u32> {
            layout.records_holding([Span { first, last }], most).map(|found| found.thread.0).collect()
        };
        assert_eq!(found(0, 4095, 9), [0, 1, 2]);
        assert_eq!(found(0, 49, 9), Vec::<u32>::new());
        assert_eq!(found(50, 50, 9), [1]);
        assert_eq!(found(109, 109, 9), [0, 1, 2]);
        assert_eq!(found(120, 120, 9), [0, 1]);
        assert_eq!(found(0, 4095, 2).len(), 2);
    }

    #[test]
    fn a_thread_is_found_by_its_id_and_an_id_of_several_names_them_all() {
        let layout = layout(&[(7, 0, 1), (8, 0, 1), (7, 0, 1)]);
        assert_eq!(layout.thread_by_id(8), Ok(ThreadIndex(1)));
        let indices = vec![ThreadIndex(0), ThreadIndex(2)];
        assert_eq!(layout.thread_by_id(7), Err(AccessError::AmbiguousThreadId { tid: 7, indices }));
        assert_eq!(layout.thread_label(ThreadIndex(1)), "8");
        assert_eq!(layout.thread_label(ThreadIndex(0)), "7 (index:0)");
        assert!(matches!(layout.thread_by_id(9), Err(AccessError::NoSuchThreadId { tid: 9, .. })));
    }
}
