//! Replaces secrets and parts of them in registers, in every copy of a register in the file.

use std::cmp::Reverse;
use std::ops::Range;

use dumpedit::{Access, ContextLocation, Dump, Piece, Place};

use crate::error::ScrubError;
use crate::registers::{InRegisters, LANE, Parts, each};
use crate::writer::Writer;

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
    if parts.is_empty() {
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
