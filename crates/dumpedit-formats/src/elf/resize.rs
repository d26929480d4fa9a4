//! Changes a core's model where values do not fit in place: names in the rows of NT_FILE, and the thread that crashed.

use super::note_kinds::SIGINFO;
use crate::fields::Room;
use crate::model::{Model, Note, NoteBody, NoteSegments, ThreadEntry};
use crate::write::Resized;

/// Sets a name of another size, or the thread that crashed, in a core's model. Returns whether the model has a place for it.
pub(crate) fn resize(model: &mut Model, resized: &Resized) -> bool {
    if resized.stored.room == Room::InOrder {
        return crash_of(model, model.target.byte_order.number(&resized.bytes)).is_some();
    }
    let place = Some(resized.stored.place);
    let row = model.modules.iter_mut().find(|row| row.name.place == place);
    match row.filter(|_| resized.stored.room == Room::InTable) {
        Some(row) => {
            row.name = String::from_utf8_lossy(&resized.bytes).into_owned().into();
            true
        }
        None => false,
    }
}

/// Gives the signal that ended the process to the thread with an id, and moves that thread to the front: gdb takes the first NT_PRSTATUS
/// for the thread that crashed, and LLDB the first with a signal.
fn crash_of(model: &mut Model, tid: u64) -> Option<()> {
    if model.note_segments() != NoteSegments::One {
        return None;
    }
    let position = |is_it: &dyn Fn(&ThreadEntry) -> bool| model.threads.iter().position(is_it);
    let from = position(&|thread| thread.signal.value != 0)?;
    let to = position(&|thread| thread.tid.value == tid)?;
    let mut thread = model.threads.get(to)?.clone();
    let of_process = |note: &Note| is_crash(note) || note.is_of_process();
    let mut in_front = Vec::new();
    if from != to {
        let old = model.threads.get_mut(from)?;
        (old.signal, thread.signal) = (thread.signal.value.into(), old.signal.value.into());
        in_front = taken(old, of_process);
        old.notes.extend(taken(&mut thread, is_info));
    }
    model.threads.remove(to);
    // Notes about the process stay in front.
    let first = model.threads.first_mut().filter(|_| to != 0);
    in_front.splice(0..0, first.map(|first| taken(first, of_process)).unwrap_or_default());
    thread.notes.splice(0..0, in_front);
    model.threads.insert(0, thread);
    model.crashes.iter_mut().for_each(|crash| crash.thread.value = tid);
    Some(())
}

/// Takes the notes that match out of a thread's.
fn taken(thread: &mut ThreadEntry, is_one: impl Fn(&Note) -> bool) -> Vec<Note> {
    let (taken, kept) = std::mem::take(&mut thread.notes).into_iter().partition(is_one);
    thread.notes = kept;
    taken
}

fn is_crash(note: &Note) -> bool {
    matches!(note.body, NoteBody::Crash { .. })
}

fn is_info(note: &Note) -> bool {
    note.namespace() == b"CORE" && note.kind == SIGINFO
}
