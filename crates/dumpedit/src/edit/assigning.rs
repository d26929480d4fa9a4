//! The assignments of one operation: none of them changes what an earlier one set.

use dumpedit_layout::Piece;

use crate::edit::Edit;
use crate::edit::assigned::Assigned;
use crate::edit::payload::Payload;
use crate::error::Error;
use crate::field::value::FieldValue;
use crate::store::blocks::blocks;

impl Edit {
    /// Does the assignments of one operation; [`Edit::begin_assignment`] comes before each.
    pub(crate) fn assigning<T>(
        &mut self,
        all: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.assigned = Some(Assigned::default());
        let done = all(self);
        self.assigned = None;
        done
    }

    /// Begins the assignment to a name.
    pub(crate) fn begin_assignment(&mut self, name: &str) {
        if let Some(assigned) = &mut self.assigned {
            assigned.begin(name);
        }
    }

    /// Checks that no earlier assignment gave the field another value.
    pub(crate) fn assign_field(&mut self, path: &str, value: &FieldValue) -> Result<(), Error> {
        self.assigned.as_mut().map_or(Ok(()), |assigned| assigned.field(path, value))
    }

    /// Checks that the new bytes of some pieces do not change bits that an earlier assignment set, which the edit holds.
    pub(crate) fn check_assigned(&self, pieces: &[Piece], payload: &Payload<'_>) -> Result<(), Error> {
        let Some(assigned) = &self.assigned else { return Ok(()) };
        for piece in pieces {
            let end = piece.file_offset.saturating_add(piece.size);
            for part in assigned.overlapping(piece) {
                let start = part.start.max(piece.file_offset);
                let skipped = start.saturating_sub(piece.file_offset).saturating_add(piece.start);
                for (done, len) in blocks(part.end.min(end).saturating_sub(start)) {
                    let (mut now, mut new) = (vec![0; len], vec![0; len]);
                    self.view().file_bytes(start.saturating_add(done), &mut now)?;
                    let read = payload.read_at(skipped.saturating_add(done), &mut new);
                    read.map_err(|cause| Error::Kept { cause })?;
                    let differs = |(now, new): (&u8, &u8)| {
                        let new = if piece.mask == 0xff { *new } else { piece.byte_for_file(*new, *now) };
                        (new ^ now) & part.mask != 0
                    };
                    if now.iter().zip(&new).any(differs) {
                        return Err(assigned.conflict_with(part));
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds the pieces that the present assignment sets.
    pub(crate) fn record_assigned(&mut self, pieces: &[Piece]) {
        if let Some(assigned) = &mut self.assigned {
            assigned.add(pieces);
        }
    }
}
