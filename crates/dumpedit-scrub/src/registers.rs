//! Registers that hold a secret or a part of one: their bytes need not be consecutive in the file.

use std::collections::{BTreeMap, HashSet};

use dumpedit::{Context, ContextLocation, Dump, Error, Location, RecordChoice, RecordKind, ThreadIndex};

use crate::letters::Letters;
use crate::replaced::is_replaced;

/// Letters of a secret that a register must hold.
pub(crate) const LANE: usize = 8;

/// Size of the smallest vector register, in bytes. Smaller registers hold no whole secret.
const VECTOR: usize = 16;

/// Numbers of vector registers that are searched as one text: copies of memory load a text into several, in order.
const TOGETHER: [usize; 3] = [1, 2, 4];

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

    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    pub(crate) fn has(&self, lane: &[u8]) -> bool {
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

/// Vector registers of one size, and their bytes one behind the other.
pub(crate) struct Joined {
    places: Vec<ContextLocation>,
    pub(crate) bytes: Vec<u8>,
}

/// A secret in vector registers.
#[derive(Debug)]
pub(crate) struct InRegisters {
    pub(crate) places: Vec<ContextLocation>,
    /// Size of a register, in bytes.
    pub(crate) size: usize,
    /// Offset of the secret in the registers, and its size, in bytes.
    pub(crate) start: usize,
    pub(crate) length: usize,
    pub(crate) letters: Letters,
    /// Index of the rule.
    pub(crate) rule: usize,
}

impl Joined {
    /// The secret of `length` bytes at `start`.
    pub(crate) fn secret(&self, start: usize, length: usize, letters: Letters, rule: usize) -> InRegisters {
        let size = self.bytes.len() / self.places.len().max(1);
        InRegisters { places: self.places.clone(), size, start, length, letters, rule }
    }
}

/// Calls `take` for vector registers of a size: each alone, and with those that follow it.
pub(crate) fn each_joined(dump: &Dump, take: &mut dyn FnMut(&Joined)) -> Result<(), Error> {
    let mut of_record: BTreeMap<usize, Vec<Held>> = BTreeMap::new();
    let mut record = None;
    let mut tell = |by_size: BTreeMap<usize, Vec<Held>>| {
        for held in by_size.values() {
            for window in TOGETHER.iter().flat_map(|count| held.windows(*count)) {
                let places = window.iter().map(|held| held.place).collect();
                let bytes = window.iter().flat_map(|held| held.bytes.iter().copied()).collect();
                take(&Joined { places, bytes });
            }
        }
    };
    each(dump, &mut |held| {
        if record.replace(held.place.context) != Some(held.place.context) {
            tell(std::mem::take(&mut of_record));
        }
        if held.bytes.len() >= VECTOR && held.bytes.iter().any(|byte| *byte != 0) {
            of_record.entry(held.bytes.len()).or_default().push(held);
        }
        Ok(())
    })?;
    tell(of_record);
    Ok(())
}
