//! The model of a dump reduced to some of its threads and memory.

use std::collections::BTreeSet;

use dumpedit::{Context, Dump, Location, RecordChoice, RecordKind, Span, ThreadIndex};
use dumpedit_formats::model::{Model, NoteBody};
use dumpedit_formats::write::WriteError;

use super::memory::Chosen;
use crate::encode::narrow;
use crate::error::FixtureError;
use crate::facts::facts;

/// Kept parts of a dump.
pub(crate) struct Kept {
    pub(crate) model: Model,
    /// Index in the dump's layout of each thread of the model, where it has one.
    pub(crate) threads: Vec<Option<ThreadIndex>>,
}

/// Keeps threads, all where none are given, and memory. Other memory of a core is left out where `forgets` is set; else it stays as mapped
/// memory that is not captured.
pub(crate) fn keep(
    dump: &Dump,
    threads: Option<&BTreeSet<ThreadIndex>>,
    chosen: &Chosen,
    forgets: bool,
) -> Result<Kept, FixtureError> {
    let mut model = dump.model()?;
    let mut indices = indices(dump, &model);
    if let Some(wanted) = threads {
        let keeps = |index: &Option<ThreadIndex>| index.is_none_or(|index| wanted.contains(&index));
        let owners: Vec<bool> = (0..model.crashes.len())
            .map(|crash| keeps_crash(dump, &model, crash, wanted, &indices))
            .collect();
        model.keep_threads(
            |index| indices.get(index).is_none_or(keeps),
            |crash| owners.get(crash).copied().unwrap_or(true),
        );
        indices.retain(keeps);
    }
    if !chosen.all() {
        let sp = |index: &Option<ThreadIndex>| {
            let context = Context::Thread((*index)?, RecordChoice::Thread);
            dump.read_register(context, "sp").ok()?.to_u64().ok()
        };
        let stack_pointers: Vec<Option<u64>> = indices.iter().map(sp).collect();
        let layout = dump.layout();
        let parts = |address, size| match layout.canonicalize(Location::Virtual(address)) {
            Location::Virtual(address) => chosen.parts(address, size),
            _ => Vec::new(),
        };
        model
            .keep_memory(layout.file_size(), layout.last_address(), &parts, forgets, &stack_pointers)
            .map_err(|WriteError { problem, .. }| FixtureError::new(problem))?;
    }
    Ok(Kept { model, threads: indices })
}

/// Index in the layout of each thread of the model; the layout may have more threads.
fn indices(dump: &Dump, model: &Model) -> Vec<Option<ThreadIndex>> {
    let layout = dump.layout();
    let has_unlisted = facts(layout.format()).has_unlisted_threads;
    let mut next = 0u32;
    let mut index = |thread: &dumpedit_formats::model::ThreadEntry| {
        let place = thread.record.as_ref().and_then(|record| record.place());
        let by_record = place.filter(|_| has_unlisted).and_then(|place| {
            let bytes = Span::of(place.file_offset, place.size);
            let mut records = layout.records_holding(bytes, usize::MAX);
            records.find(|found| found.record.place().file_offset == place.file_offset)
        });
        let ThreadIndex(index) = by_record.map_or(ThreadIndex(next), |found| found.thread);
        next = index.saturating_add(1);
        Some(ThreadIndex(index)).filter(|_| narrow(index.into()) < layout.threads().len())
    };
    model.threads.iter().map(&mut index).collect()
}

/// Whether a crash is kept: its thread is, or its thread is not known.
fn keeps_crash(
    dump: &Dump,
    model: &Model,
    crash: usize,
    wanted: &BTreeSet<ThreadIndex>,
    indices: &[Option<ThreadIndex>],
) -> bool {
    let Some(crash) = model.crashes.get(crash) else { return false };
    let tid = crash.thread.value;
    if model.elf().is_some() {
        let holds = |(thread, index): (&dumpedit_formats::model::ThreadEntry, &Option<ThreadIndex>)| {
            let is_it = thread.notes.iter().any(|note| matches!(note.body, NoteBody::Crash { .. }));
            (is_it || thread.tid.value == tid) && index.is_none_or(|index| wanted.contains(&index))
        };
        return model.threads.iter().zip(indices).any(holds);
    }
    let layout = dump.layout();
    let owner = layout.threads().iter().position(|thread| {
        thread.tid == tid && thread.records.iter().any(|record| record.kind == RecordKind::Exception)
    });
    let owner = owner.and_then(|index| u32::try_from(index).ok()).map(ThreadIndex);
    let is_listed =
        model.threads.iter().zip(indices).any(|(thread, index)| {
            thread.tid.value == tid && index.is_none_or(|index| wanted.contains(&index))
        });
    is_listed && owner.is_none_or(|owner| wanted.contains(&owner))
}
