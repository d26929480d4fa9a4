//! Pieces that share bytes of the file: each byte is written once, with one value.

use dumpedit_layout::{Location, Piece};

use crate::commit::kept::Kept;
use crate::edit::payload::Payload;
use crate::error::Error;
use crate::store::blocks::blocks;

/// Cuts the pieces so that no file byte is in two of them, in order of their bytes in the range. However pieces overlap, the result is no
/// larger than the file.
///
/// # Errors
/// [`Error::Conflict`] or [`Error::RecordsOverlap`] where two of them would give one byte different values. Pieces of one range that are
/// parts of a byte all have the same mask, so that comparing their bytes is enough.
pub(crate) fn without_overlaps(
    pieces: &[Piece],
    at: Location,
    payload: &Payload<'_>,
) -> Result<Vec<Piece>, Error> {
    if pieces.len() < 2 {
        return Ok(pieces.to_vec());
    }
    let mut sorted: Vec<&Piece> = pieces.iter().collect();
    sorted.sort_by_key(|piece| piece.file_offset);
    let mut next = 0;
    if sorted.iter().all(|piece| piece.file_offset >= std::mem::replace(&mut next, end(piece))) {
        return Ok(pieces.to_vec());
    }
    check(&sorted, at, payload)?;
    let mut parts: Vec<Piece> = Vec::new();
    let mut covered = 0u64;
    for piece in sorted {
        let known = covered.saturating_sub(piece.file_offset);
        if let Some(size) = piece.size.checked_sub(known).filter(|size| *size > 0) {
            parts.push(piece.part(known, size));
            covered = end(piece);
        }
    }
    parts.sort_by_key(|part| (part.start, part.rank));
    Ok(parts)
}

fn end(piece: &Piece) -> u64 {
    piece.file_offset.saturating_add(piece.size)
}

/// Checks that pieces, in order of file offsets, give each byte that they share one value.
fn check(sorted: &[&Piece], at: Location, payload: &Payload<'_>) -> Result<(), Error> {
    let same_by_nature = |pair: &[&Piece]| match pair {
        [one, other] => payload.repeats(
            one.start.saturating_add(other.file_offset),
            other.start.saturating_add(one.file_offset),
        ),
        _ => true,
    };
    if sorted.windows(2).all(same_by_nature) {
        return Ok(());
    }
    let kept = |cause| Error::Kept { cause };
    // Bytes that the pieces so far put into the file, from the last gap between them on.
    let (mut run_offset, mut run) = (0u64, Kept::default());
    for piece in sorted {
        let known = run_offset.saturating_add(run.len()).saturating_sub(piece.file_offset).min(piece.size);
        if known == 0 {
            (run_offset, run) = (piece.file_offset, Kept::default());
        }
        let skipped = piece.file_offset.saturating_sub(run_offset);
        for (done, len) in blocks(known) {
            let (mut before, mut new) = (vec![0; len], vec![0; len]);
            run.read_at(skipped.saturating_add(done), &mut before).map_err(kept)?;
            payload.read_at(piece.start.saturating_add(done), &mut new).map_err(kept)?;
            if let Some(differs) = before.iter().zip(&new).position(|(one, other)| one != other) {
                let within = done.saturating_add(differs as u64);
                return Err(conflict(sorted, piece, at, piece.file_offset.saturating_add(within)));
            }
        }
        for (done, len) in blocks(piece.size.saturating_sub(known)) {
            let mut new = vec![0; len];
            let from = piece.start.saturating_add(known).saturating_add(done);
            payload.read_at(from, &mut new).and_then(|()| run.push(&new)).map_err(kept)?;
        }
    }
    Ok(())
}

fn conflict(sorted: &[&Piece], piece: &Piece, at: Location, file_offset: u64) -> Error {
    let Location::Virtual(start) = at else { return Error::RecordsOverlap { file_offset } };
    let address = |piece: &Piece| {
        let skipped = file_offset.saturating_sub(piece.file_offset);
        start.saturating_add(piece.start).saturating_add(skipped)
    };
    let holds = |other: &&&Piece| {
        file_offset.checked_sub(other.file_offset).is_some_and(|skipped| skipped < other.size)
    };
    let (one, other) = (sorted.iter().find(holds).map_or(0, |first| address(first)), address(piece));
    Error::Conflict { first: one.min(other), second: one.max(other), file_offset }
}
