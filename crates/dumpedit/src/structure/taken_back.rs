//! Dropped parts that the last edit in force added: the dump returns to its bytes and size before that edit.

use dumpedit_formats::model::{Model, Note};
use dumpedit_layout::FileBytes;

use super::crashes::is_info;
use super::module_image::{has_module_list, known_modules};
use super::{DumpPart, Structure};
use crate::edit::Edit;
use crate::edit::pending::Pending;

impl Edit {
    /// The writes that return the file to its state before the last edit in force, where that edit only added the parts that are dropped
    /// now. `header` are the bytes of the header that change when a dump grows.
    pub(super) fn taken_back(&self, structure: &Structure, header: &FileBytes) -> Option<Pending> {
        let adds = structure.changes.iter().any(|change| change.added);
        if adds || !self.pending.is_empty() || !self.resized.all().is_empty() {
            return None;
        }
        let before = self.dump().history()?.before_growth().ok()??;
        let size = before.size_after(0);
        let first = header.file_offset;
        let last = first.saturating_add(header.bytes.len() as u64);
        let in_header = |start: u64, size: u64| start >= first && start.saturating_add(size) <= last;
        if !before.extents().all(|extent| in_header(extent.file_offset, extent.size)) {
            return None;
        }
        // A thread may have had exceptions or a `siginfo_t` before its crash was added, and keeps none when that is dropped.
        let dropped = structure.changes.iter().filter_map(|change| match change.part {
            DumpPart::Crash { tid, .. } => Some(tid),
            _ => None,
        });
        let without_crash: Vec<u64> = dropped.collect();
        let said = self.dump().source().walk_changed(
            size,
            |bytes| before.overlay(0, bytes),
            |bytes| {
                let mut model = dumpedit_formats::read(bytes).ok()?;
                if !has_module_list(&model) && has_module_list(&structure.old) {
                    // The list that the edit made has them.
                    model.modules = known_modules(&dumpedit_formats::parse(bytes, |_| ()).ok()?);
                }
                let is_added = |tid: &u64| crashes_of(&model, *tid) < crashes_of(&structure.old, *tid);
                without_crash.iter().all(is_added).then(|| parts(&model, &without_crash))
            },
        );
        (said.ok()?? == parts(&structure.new, &without_crash)).then_some(before)
    }
}

/// Number of crashes of a thread, and of its `siginfo_t`.
fn crashes_of(model: &Model, tid: u64) -> (usize, usize) {
    let crashes = model.crashes.iter().filter(|crash| crash.thread.value == tid).count();
    let of_thread = model.threads.iter().filter(|thread| thread.tid.value == tid);
    (crashes, of_thread.flat_map(|thread| &thread.notes).filter(|note| is_info(note)).count())
}

/// Parts that can be added and dropped: memory, threads with their names and the number of their signals, modules, and crashes, in order;
/// and the fields of the header among the bytes that change.
#[derive(PartialEq, Eq)]
struct Parts {
    memory: Vec<(u64, u64)>,
    threads: Vec<(u64, Option<String>, usize)>,
    modules: Vec<(u64, u64, String)>,
    crashes: Vec<(u64, u32)>,
    /// `e_flags`, which is among the bytes of a core's header that change when it grows.
    flags: Option<u32>,
}

/// The parts of a dump. Crashes and signals of the threads `without_crash` do not count.
fn parts(model: &Model, without_crash: &[u64]) -> Parts {
    fn sorted<T: Ord>(parts: impl Iterator<Item = T>) -> Vec<T> {
        let mut parts: Vec<T> = parts.collect();
        parts.sort_unstable();
        parts
    }
    let held = model.memory.iter().filter(|entry| entry.captured > 0);
    let modules = model.modules.iter();
    let crashes = model.crashes.iter().filter(|crash| !without_crash.contains(&crash.thread.value));
    Parts {
        memory: sorted(held.map(|entry| (entry.address, entry.captured))),
        threads: sorted(model.threads.iter().map(|thread| {
            let tid = thread.tid.value;
            let counts = |note: &&Note| is_info(note) && !without_crash.contains(&tid);
            let name = thread.name.as_ref().map(|name| name.value.clone());
            (tid, name, thread.notes.iter().filter(counts).count())
        })),
        modules: sorted(
            modules.map(|module| (module.base.value, module.size.value, module.name.value.clone())),
        ),
        crashes: sorted(crashes.map(|crash| (crash.thread.value, crash.code.value))),
        flags: model.elf().map(|elf| elf.flags),
    }
}
