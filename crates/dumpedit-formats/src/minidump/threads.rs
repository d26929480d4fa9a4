//! Threads: their ids, names, stacks and contexts.

use std::collections::{HashMap, HashSet};

use dumpedit_layout::{LayoutBuilder, NoticeKind, RecordKind, Subject, Thread, ThreadIndex};
use minidump_common::format::{MINIDUMP_STREAM_TYPE, MINIDUMP_THREAD, MINIDUMP_THREAD_NAME};

use super::context::Contexts;
use super::memory::Captures;
use super::stream::{Dump, place_of};

/// The threads of one dump, as other streams refer to them.
#[derive(Default)]
pub(super) struct Threads {
    by_id: HashMap<u32, ThreadIndex>,
    /// Ids of several threads.
    shared_ids: HashSet<u32>,
    names: HashMap<u32, String>,
}

impl Threads {
    /// Walks the thread lists and the names.
    pub(super) fn walk(
        dump: &Dump<'_>,
        layout: &mut LayoutBuilder,
        captures: &mut Captures,
        contexts: &mut Contexts<'_>,
    ) -> Self {
        let mut threads = Threads { names: names(dump, layout), ..Threads::default() };
        let mut of_earlier_lists = HashSet::new();
        let kind = MINIDUMP_STREAM_TYPE::ThreadListStream;
        let shape = |stream| dump.counted::<MINIDUMP_THREAD>(stream);
        for list in dump.lists::<MINIDUMP_THREAD>(kind, layout, shape) {
            let mut of_this_list = Vec::new();
            for raw in dump.entries::<MINIDUMP_THREAD>(list) {
                captures.add(layout, &raw.stack);
                of_this_list.push((raw.thread_id, raw.thread_context.rva));
                if of_earlier_lists.contains(&(raw.thread_id, raw.thread_context.rva)) {
                    layout.count(NoticeKind::ThreadListedTwice, Subject::Thread(raw.thread_id.into()));
                    continue;
                }
                let record = contexts.record(layout, RecordKind::Thread, place_of(raw.thread_context));
                let index = threads.add(layout, raw.thread_id, Some(raw.teb).filter(|teb| *teb != 0));
                if let Some(record) = record {
                    layout.record(index, record);
                }
            }
            of_earlier_lists.extend(of_this_list);
        }
        threads
    }

    /// The listed thread with an id, the first of several.
    pub(super) fn find(&self, id: u32) -> Option<ThreadIndex> {
        self.by_id.get(&id).copied()
    }

    /// Whether several threads have an id.
    pub(super) fn is_shared(&self, id: u32) -> bool {
        self.shared_ids.contains(&id)
    }

    /// Adds a thread without a record. `environment` is the address of its environment block.
    pub(super) fn add(
        &mut self,
        layout: &mut LayoutBuilder,
        id: u32,
        environment: Option<u64>,
    ) -> ThreadIndex {
        let mut thread = Thread::new(id.into(), self.names.get(&id).cloned());
        thread.environment = environment;
        let index = layout.thread(thread);
        let first = *self.by_id.entry(id).or_insert(index);
        if first != index {
            self.shared_ids.insert(id);
        }
        index
    }
}

/// Names in ThreadNames, the first where an id has several.
fn names(dump: &Dump<'_>, layout: &mut LayoutBuilder) -> HashMap<u32, String> {
    let mut names = HashMap::new();
    let kind = MINIDUMP_STREAM_TYPE::ThreadNamesStream;
    let shape = |stream| dump.counted::<MINIDUMP_THREAD_NAME>(stream);
    for list in dump.lists::<MINIDUMP_THREAD_NAME>(kind, layout, shape) {
        for raw in dump.entries::<MINIDUMP_THREAD_NAME>(list) {
            if let Some(place) = dump.string_place(raw.thread_name_rva) {
                layout.structure(place.file_offset, place.size);
                layout.part(place.file_offset, place.size, "name of a thread");
            }
            match dump.string(raw.thread_name_rva) {
                Some(name) if name.is_empty() => {}
                Some(name) => {
                    names.entry(raw.thread_id).or_insert(name);
                }
                None => {
                    layout.count(NoticeKind::ThreadNameUnreadable, Subject::FileOffset(raw.thread_name_rva))
                }
            }
        }
    }
    names
}
