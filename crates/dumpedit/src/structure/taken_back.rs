//! Dropped parts that the last edit in force added: the dump returns to its bytes and size before that edit.

use dumpedit_formats::model::Model;
use dumpedit_layout::FileBytes;

use super::Structure;
use super::crashes::is_info;
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
        let said = self.dump().source().walk_changed(
            size,
            |bytes| before.overlay(0, bytes),
            |bytes| dumpedit_formats::read(bytes).ok().map(|model| parts(&model)),
        );
        (said.ok()?? == parts(&structure.new)).then_some(before)
    }
}

/// Parts that can be added and dropped: memory, threads with the number of their own signals, modules, and crashes, in order; and the
/// fields of the header among the bytes that change.
#[derive(PartialEq, Eq)]
struct Parts {
    memory: Vec<(u64, u64)>,
    threads: Vec<(u64, usize)>,
    modules: Vec<(u64, u64, String)>,
    crashes: Vec<(u64, u32)>,
    /// `e_flags`, which is among the bytes of a core's header that change when it grows.
    flags: Option<u32>,
}

fn parts(model: &Model) -> Parts {
    fn sorted<T: Ord>(parts: impl Iterator<Item = T>) -> Vec<T> {
        let mut parts: Vec<T> = parts.collect();
        parts.sort_unstable();
        parts
    }
    let held = model.memory.iter().filter(|entry| entry.captured > 0);
    let modules = model.modules.iter();
    Parts {
        memory: sorted(held.map(|entry| (entry.address, entry.captured))),
        threads: sorted(model.threads.iter().map(|thread| {
            let signals = thread.notes.iter().filter(|note| is_info(note)).count();
            (thread.tid.value, signals)
        })),
        modules: sorted(
            modules.map(|module| (module.base.value, module.size.value, module.name.value.clone())),
        ),
        crashes: sorted(model.crashes.iter().map(|crash| (crash.thread.value, crash.code.value))),
        flags: model.elf().map(|elf| elf.flags),
    }
}
