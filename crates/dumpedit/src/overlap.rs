//! Pieces that share bytes of the file: each byte is written once, and gets one value.

use dumpedit_layout::{Location, Piece};

use crate::error::Error;

/// The bytes of a request that a piece stands for.
pub(crate) fn payload<'a>(bytes: &'a [u8], piece: &Piece) -> &'a [u8] {
    let start = usize::try_from(piece.start).unwrap_or(usize::MAX);
    let end = usize::try_from(piece.size).ok().and_then(|size| start.checked_add(size)).unwrap_or(usize::MAX);
    bytes.get(start..end).unwrap_or_default()
}

/// The pieces cut so that no file byte is in two of them, in order of the bytes that they stand for. However pieces
/// overlap, what is left is no more than the file.
///
/// # Errors
/// [`Error::Conflict`] or [`Error::RecordsOverlap`] where two of them would give one byte different values. Pieces of one
/// range that are parts of a byte all have the same mask, so that comparing their bytes is enough.
pub(crate) fn without_overlaps(pieces: &[Piece], at: Location, bytes: &[u8]) -> Result<Vec<Piece>, Error> {
    let mut sorted: Vec<&Piece> = pieces.iter().collect();
    sorted.sort_by_key(|piece| piece.file_offset);
    let end = |piece: &Piece| piece.file_offset.saturating_add(piece.size);
    let mut next = 0;
    if sorted.iter().all(|piece| piece.file_offset >= std::mem::replace(&mut next, end(piece))) {
        return Ok(pieces.to_vec());
    }
    let mut parts: Vec<Piece> = Vec::new();
    // What the pieces so far put into the file, from the last gap between them on.
    let (mut run_offset, mut run) = (0u64, Vec::new());
    for piece in &sorted {
        let new = payload(bytes, piece);
        let skipped = usize::try_from(piece.file_offset.saturating_sub(run_offset)).unwrap_or(usize::MAX);
        let shared = run.get(skipped..).unwrap_or_default();
        let known = shared.len().min(new.len());
        if shared.get(..known) != new.get(..known) {
            let differs = shared.iter().zip(new).position(|(one, other)| one != other).unwrap_or(0) as u64;
            let file_offset = piece.file_offset.saturating_add(differs);
            let Location::Virtual(start) = at else { return Err(Error::RecordsOverlap { file_offset }) };
            let address = |piece: &Piece| {
                let skipped = file_offset.saturating_sub(piece.file_offset);
                start.saturating_add(piece.start).saturating_add(skipped)
            };
            let holds = |other: &&&Piece| {
                file_offset.checked_sub(other.file_offset).is_some_and(|skipped| skipped < other.size)
            };
            let (one, other) = (sorted.iter().find(holds).map_or(0, |first| address(first)), address(piece));
            return Err(Error::Conflict { first: one.min(other), second: one.max(other), file_offset });
        }
        if shared.is_empty() {
            run_offset = piece.file_offset;
            run.clear();
        }
        let fresh = new.get(known..).unwrap_or_default();
        if !fresh.is_empty() {
            run.extend_from_slice(fresh);
            let skipped = known as u64;
            parts.push(Piece {
                start: piece.start.saturating_add(skipped),
                size: piece.size.saturating_sub(skipped),
                file_offset: piece.file_offset.saturating_add(skipped),
                ..(*piece).clone()
            });
        }
    }
    parts.sort_by_key(|part| (part.start, part.rank));
    Ok(parts)
}
