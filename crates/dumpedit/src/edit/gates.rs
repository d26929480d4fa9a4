//! XSAVE components: they come into use when one of their registers is set, and go out of use when all of them are back at their initial
//! values.

use std::collections::BTreeMap;

use dumpedit_layout::{
    AccessError, Context, FileBytes, Notice, NoticeKind, Outcome, Piece, RegisterPart, Resolved, Subject,
};

use crate::edit::Edit;
use crate::edit::beside::Beside;
use crate::error::Error;
use crate::view::initial_bytes;

impl Edit {
    /// The header bits and initial values to write so that the registers in some pieces are valid. `parts` are the new bytes of the
    /// registers themselves.
    pub(crate) fn wake(
        &self,
        context: Context,
        resolved: &Resolved,
        parts: &[Piece],
    ) -> Result<(Beside, Vec<Notice>), Error> {
        let view = self.view();
        let mut headers: BTreeMap<u64, u64> = BTreeMap::new();
        let (mut beside, mut notices) = (Vec::new(), Vec::new());
        for gate in resolved.pieces.iter().filter_map(|piece| piece.gate.as_deref()) {
            let bits = match headers.get(&gate.file_offset) {
                Some(bits) => *bits,
                None => view.gate_bits(gate.file_offset)?,
            };
            if bits & gate.mask != 0 {
                continue;
            }
            let lowest = gate.mask & gate.mask.wrapping_neg();
            let thread = self.dump().layout().thread(context)?;
            let mut written = 0usize;
            if let Some(record) = thread.records.get(gate.record) {
                for initial in record.waking(bits, bits | lowest) {
                    if !view.holds(&initial)? {
                        written = written.saturating_add(1);
                        beside.extend(without(parts, &initial));
                    }
                }
            }
            let so_that = match written {
                0 => String::new(),
                1 => ", and the initial value of 1 register is written out so that it reads as before"
                    .to_owned(),
                _ => format!(
                    ", and the initial values of {written} registers are written out so that they read as before"
                ),
            };
            let message = format!(
                "the XSAVE header (file offset {:#x}) marks this register as initial; bit {} is set \
                 there{so_that}",
                gate.file_offset,
                lowest.trailing_zeros(),
            );
            let notice = Notice::new(NoticeKind::XsaveBitSet, message).about(Subject::Thread(thread.tid));
            notices.push(notice.about(Subject::FileOffset(gate.file_offset)));
            headers.insert(gate.file_offset, bits | lowest);
        }
        beside.extend(headers.into_iter().map(header));
        Ok((beside, notices))
    }

    /// Puts a register of an XSAVE component back to its initial value, in every copy. Each of its components whose registers then all have
    /// their initial values goes out of use: its bit in the XSAVE header is cleared.
    ///
    /// # Errors
    /// [`AccessError::NoInitial`] where the register is in no component, and those of [`Edit::set_register`]. The edit is unchanged then.
    pub fn put_back(&mut self, context: Context, name: &str) -> Result<(), Error> {
        self.atomically(|edit| {
            let settled = edit.records_for(context)?;
            edit.put_back_in(context, settled, name)
        })
    }

    pub(crate) fn put_back_in(
        &mut self,
        context: Context,
        settled: Context,
        name: &str,
    ) -> Result<(), Error> {
        let (context, part) = self.named_in(context, settled, name)?;
        let resolved = self.dump().layout().resolve_part(context, part)?;
        let initial = self.initial(context, part, &resolved)?;
        let mut open = Vec::new();
        for piece in &resolved.pieces {
            if self.view().counts(piece)? {
                open.push(piece.clone());
            }
        }
        let mut counting = resolved.clone();
        (counting.outcome, counting.pieces) = (Outcome::full(initial.len() as u64), open);
        self.apply_bytes(context, part.into(), &counting, &initial)?;
        let beside = self.rest(context, &resolved)?;
        let beside = self.adopt_beside(beside)?;
        self.place_beside(context, part.into(), &beside);
        Ok(())
    }

    /// The headers without the components of some pieces whose registers all have their initial values.
    fn rest(&self, context: Context, resolved: &Resolved) -> Result<Beside, Error> {
        let thread = self.dump().layout().thread(context)?;
        let gates = resolved.pieces.iter().filter_map(|piece| piece.gate.as_deref());
        let mut masks: BTreeMap<(u64, usize), u64> = BTreeMap::new();
        gates.for_each(|gate| *masks.entry((gate.file_offset, gate.record)).or_default() |= gate.mask);
        let mut headers: BTreeMap<u64, u64> = BTreeMap::new();
        for ((file_offset, record), mask) in masks {
            let Some(record) = thread.records.get(record) else { continue };
            let before = match headers.get(&file_offset) {
                Some(bits) => *bits,
                None => self.view().gate_bits(file_offset)?,
            };
            let mut bits = before;
            for component in (0..64).filter_map(|number| 1u64.checked_shl(number)) {
                if component & mask & bits != 0
                    && self.is_initial(&record.resting(bits, bits & !component))?
                {
                    bits &= !component;
                }
            }
            if bits != before {
                headers.insert(file_offset, bits);
            }
        }
        Ok(headers.into_iter().map(header).collect())
    }

    /// Whether the file has these bytes.
    pub(crate) fn is_initial(&self, registers: &[FileBytes]) -> Result<bool, Error> {
        for initial in registers {
            if !self.view().holds(initial)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The initial value of a register, as stored.
    pub(crate) fn initial(
        &self,
        context: Context,
        part: RegisterPart,
        resolved: &Resolved,
    ) -> Result<Vec<u8>, Error> {
        let mut initial = vec![0; part.size()];
        let mut gated = false;
        for piece in &resolved.pieces {
            let Some(gate) = piece.gate.as_deref() else { continue };
            gated = true;
            let start = usize::try_from(piece.start).unwrap_or(usize::MAX);
            let size = usize::try_from(piece.size).unwrap_or(usize::MAX);
            if let Some(into) = initial.get_mut(start..start.saturating_add(size)) {
                initial_bytes(gate, into);
            }
        }
        let layout = self.dump().layout();
        let record = layout.record_of(context).map_or("", |record| record.format.name);
        match gated {
            true => Ok(initial),
            false => {
                Err(AccessError::NoInitial { register: layout.register_name(context, part), record }.into())
            }
        }
    }
}

/// The bits of an XSAVE header.
fn header((file_offset, bits): (u64, u64)) -> FileBytes {
    FileBytes { file_offset, bytes: bits.to_le_bytes().to_vec() }
}

/// Bytes of the file without the bytes of some pieces.
fn without(pieces: &[Piece], FileBytes { file_offset, bytes }: &FileBytes) -> Beside {
    let file_offset = *file_offset;
    let end = file_offset.saturating_add(bytes.len() as u64);
    let mut left = vec![(file_offset, end)];
    for piece in pieces {
        let piece_end = piece.file_offset.saturating_add(piece.size);
        left = left
            .into_iter()
            .flat_map(|(from, to)| [(from, to.min(piece.file_offset)), (from.max(piece_end), to)])
            .filter(|(from, to)| from < to)
            .collect();
    }
    let taken = |(from, to): (u64, u64)| {
        let at = |place: u64| usize::try_from(place.saturating_sub(file_offset)).unwrap_or(usize::MAX);
        Some(FileBytes { file_offset: from, bytes: bytes.get(at(from)..at(to))?.to_vec() })
    };
    left.into_iter().filter_map(taken).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pieces_write_is_taken_out_of_the_bytes_beside_them() {
        let piece = |file_offset, size| Piece::new(0, size, file_offset);
        let at = |file_offset, bytes: &[u8]| FileBytes { file_offset, bytes: bytes.to_vec() };
        let all = at(100, &[0, 1, 2, 3, 4, 5, 6, 7]);
        let left = without(&[piece(102, 2), piece(90, 11), piece(107, 50)], &all);
        assert_eq!(left, [at(101, &[1]), at(104, &[4, 5, 6])]);
        assert_eq!(without(&[], &all), std::slice::from_ref(&all));
        assert!(without(&[piece(100, 8)], &all).is_empty());
    }
}
