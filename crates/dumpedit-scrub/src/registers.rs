//! Registers that hold a secret or a part of one: their bytes need not be consecutive in the file.

use std::collections::HashSet;

use dumpedit::{
    Context, ContextLocation, Dump, Edit, Error, Location, RecordChoice, RecordKind, ThreadIndex,
};

use crate::replace::Replacements;
use crate::replaced::is_replaced;

/// Letters of a secret that a register must hold.
const LANE: usize = 8;

/// Most parts of secrets that are remembered.
const MOST_PARTS: usize = 1 << 20;

/// Parts of secrets that a register may hold.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    known: HashSet<[u8; LANE]>,
}

impl Parts {
    /// Adds the parts of a secret.
    pub(crate) fn add(&mut self, secret: &[u8]) {
        for part in secret.windows(LANE) {
            if self.known.len() < MOST_PARTS
                && !is_replaced(part)
                && let Ok(part) = part.try_into()
            {
                self.known.insert(part);
            }
        }
    }

    fn has(&self, lane: &[u8]) -> bool {
        lane.try_into().is_ok_and(|lane: [u8; LANE]| self.known.contains(&lane))
    }
}

/// A register's bytes in the order of memory, and its location.
pub(crate) struct Held {
    pub(crate) place: ContextLocation,
    pub(crate) bytes: Vec<u8>,
}

/// Calls `take` for every register of every record of every thread.
pub(crate) fn each(dump: &Dump, take: &mut dyn FnMut(Held) -> Result<(), Error>) -> Result<(), Error> {
    let layout = dump.layout();
    for (index, thread) in (0u32..).zip(layout.threads()) {
        for record in &thread.records {
            let choice = record.kind.choice();
            let context = Context::Thread(ThreadIndex(index), choice);
            let is_twin = record.kind == RecordKind::Exception
                && thread.record(RecordKind::Thread).is_some_and(|other| other.place() == record.place());
            if is_twin || choice == RecordChoice::Auto {
                continue;
            }
            // A record that is cut off has no registers; a file that cannot be read fails later with its own error.
            for held in dump.registers(context).unwrap_or_default() {
                let mut bytes = held.value.to_le_bytes().to_vec();
                layout.byte_order().reorder(&mut bytes);
                let location = Location::Register { part: held.part, byte: 0 };
                let place = ContextLocation { context, location };
                take(Held { place, bytes })?;
            }
        }
    }
    Ok(())
}

/// Replaces the parts of known secrets in registers. Calls `told` for each.
pub(crate) fn scrub(
    dump: &Dump,
    edit: &mut Edit,
    parts: &Parts,
    replacements: &mut Replacements,
    told: &mut dyn FnMut(ContextLocation, u64),
) -> Result<(), Error> {
    if parts.known.is_empty() {
        return Ok(());
    }
    each(dump, &mut |held| {
        // Bytes that are replaced already stay so.
        let mut bytes = held.bytes.clone();
        if bytes.len() < LANE || edit.read_bytes(held.place.context, held.place.location, &mut bytes).is_err()
        {
            return Ok(());
        }
        let mut changed = false;
        let lanes = bytes.len() / LANE;
        for lane in 0..lanes {
            let Some(letters) = bytes.get_mut(lane * LANE..(lane + 1) * LANE) else { continue };
            if parts.has(letters) {
                let with = replacements.of(letters);
                letters.copy_from_slice(&with);
                changed = true;
            }
        }
        if changed {
            let _ = edit.write_bytes(held.place.context, held.place.location, &bytes)?;
            told(held.place, bytes.len() as u64);
        }
        Ok(())
    })
}
