//! Ids of a spec's threads.

use super::numbers::fits;
use crate::encode::wide;
use crate::error::{FixtureError, Within};
use crate::facts::facts;
use crate::spec::{CrashSpec, Spec};

/// A thread's id: its index in the list where none is given.
pub(super) fn tid(spec: &Spec, index: usize) -> Result<u64, FixtureError> {
    let facts = facts(spec.format);
    match spec.threads.get(index).and_then(|thread| thread.tid) {
        Some(tid) => fits(tid, "a thread's id", facts.tid_bits).within("tid").within(index).within("threads"),
        None => Ok(wide(index).saturating_add(facts.first_tid)),
    }
}

/// The index of a crash's thread: the first, where it names none.
pub(super) fn crashed(spec: &Spec, crash: &CrashSpec) -> Option<usize> {
    match crash.thread {
        None => (!spec.threads.is_empty()).then_some(0),
        Some(wanted) => (0..spec.threads.len()).find(|index| tid(spec, *index).ok() == Some(wanted)),
    }
}
