//! Registers that hold a secret or a part of one: their bytes need not be consecutive in the file.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use dumpedit::{
    Access, Context, ContextLocation, Dump, Error, Location, Piece, Place, RecordChoice, RecordKind,
    ThreadIndex,
};

use crate::error::ScrubError;
use crate::letters::Letters;
use crate::replaced::is_replaced;
use crate::writer::Writer;

/// Letters of a secret that a register must hold.
const LANE: usize = 8;

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

/// Vector registers of one size, and their bytes one behind the other.
pub(crate) struct Joined {
    places: Vec<ContextLocation>,
    pub(crate) bytes: Vec<u8>,
}

/// A secret in vector registers.
#[derive(Debug)]
pub(crate) struct InRegisters {
    places: Vec<ContextLocation>,
    /// Size of a register, in bytes.
    size: usize,
    /// Offset of the secret in the registers, and its size, in bytes.
    start: usize,
    length: usize,
    letters: Letters,
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

/// Bytes of a register in the file.
struct InFile {
    pieces: Vec<Piece>,
    bytes: Vec<u8>,
}

impl InFile {
    /// Reads the bytes of a register, also those of an XSAVE component that is marked as initial, which are no part of its value; `None`
    /// where the record does not hold it whole.
    fn read(dump: &Dump, writer: &Writer<'_>, place: ContextLocation, size: usize) -> Option<InFile> {
        let resolved =
            dump.layout().resolve(place.context, place.location, size as u64, Access::Read).ok()?;
        if resolved.outcome.completed < size as u64 {
            return None;
        }
        let mut pieces = resolved.pieces;
        pieces.retain(|piece| piece.mask == u8::MAX);
        // Of copies, the one that reads take comes last.
        pieces.sort_by_key(|piece| Reverse(piece.rank));
        let mut bytes = vec![0; size];
        for piece in &pieces {
            writer.read(piece.file_offset, bytes.get_mut(range(piece))?).ok()?;
        }
        Some(InFile { pieces, bytes })
    }

    /// Writes new bytes where they differ, in every copy, and returns these places.
    fn write(&self, writer: &mut Writer<'_>, new: &[u8]) -> Result<Vec<Place>, ScrubError> {
        let mut places = Vec::new();
        for piece in &self.pieces {
            let (Some(old), Some(new)) = (self.bytes.get(range(piece)), new.get(range(piece))) else {
                continue;
            };
            let differ = |pair: (&u8, &u8)| pair.0 != pair.1;
            let Some(first) = old.iter().zip(new).position(differ) else { continue };
            let last = old.iter().zip(new).rposition(differ).unwrap_or(first);
            let new = new.get(first..=last).unwrap_or_default();
            let file_offset = piece.file_offset.saturating_add(first as u64);
            writer.patch(file_offset, new)?;
            places.push(Place { file_offset, size: new.len() as u64 });
        }
        Ok(places)
    }
}

/// The bytes of a register that a piece has.
fn range(piece: &Piece) -> Range<usize> {
    let start = usize::try_from(piece.start).unwrap_or(usize::MAX);
    start..start.saturating_add(usize::try_from(piece.size).unwrap_or(usize::MAX))
}

/// Replaces a secret in vector registers. Returns the first of them, and the places of the file that changed.
pub(crate) fn replace(
    dump: &Dump,
    writer: &mut Writer<'_>,
    found: &InRegisters,
) -> Result<Option<(ContextLocation, Vec<Place>)>, ScrubError> {
    let mut registers = Vec::new();
    for place in &found.places {
        let Some(register) = InFile::read(dump, writer, *place, found.size) else { return Ok(None) };
        registers.push(register);
    }
    let mut bytes: Vec<u8> = registers.iter().flat_map(|register| register.bytes.iter().copied()).collect();
    let Some(secret) = bytes.get_mut(found.start..found.start.saturating_add(found.length)) else {
        return Ok(None);
    };
    let Some(new) = writer.replacements().of_stored(secret, found.letters) else { return Ok(None) };
    secret.copy_from_slice(&new);
    let mut first = None;
    let mut changed = Vec::new();
    let news = bytes.chunks(found.size.max(1));
    for ((place, register), new) in found.places.iter().zip(&registers).zip(news) {
        let places = register.write(writer, new)?;
        if !places.is_empty() {
            first.get_or_insert(*place);
        }
        changed.extend(places);
    }
    Ok(first.map(|first| (first, changed)))
}

/// Replaces the parts of known secrets in registers. Calls `told` for each with the places of the file that changed.
pub(crate) fn scrub(
    dump: &Dump,
    writer: &mut Writer<'_>,
    parts: &Parts,
    told: &mut dyn FnMut(ContextLocation, &[Place]),
) -> Result<(), ScrubError> {
    if parts.known.is_empty() {
        return Ok(());
    }
    let mut held = Vec::new();
    each(dump, &mut |register| {
        held.extend(Some((register.place, register.bytes.len())).filter(|(_, size)| *size >= LANE));
        Ok(())
    })?;
    for (place, size) in held {
        let Some(register) = InFile::read(dump, writer, place, size) else { continue };
        let mut bytes = register.bytes.clone();
        for letters in bytes.chunks_exact_mut(LANE).filter(|letters| parts.has(letters)) {
            let with = writer.replacements().of(letters);
            letters.copy_from_slice(&with);
        }
        let places = register.write(writer, &bytes)?;
        if !places.is_empty() {
            told(place, &places);
        }
    }
    Ok(())
}
