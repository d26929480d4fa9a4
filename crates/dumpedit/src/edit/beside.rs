//! Bytes outside of a register that change when it is set.

use dumpedit_layout::{Context, ContextLocation, FileBytes, Location, Place};

use crate::edit::Edit;
use crate::edit::payload::Payload;
use crate::edit::pending::Adopted;
use crate::error::Error;

/// File bytes to write outside of the register that is set: offset and new bytes. They are disjoint.
pub(crate) type Beside = Vec<FileBytes>;

/// Bytes outside of a register that change with it, checked, but not yet in place.
pub(crate) struct Adoptee {
    file_offset: u64,
    old: Vec<u8>,
    new: Vec<u8>,
    adopted: Adopted,
}

impl Edit {
    /// Checks bytes outside of a register that change with it. They are written once they are placed.
    pub(crate) fn adopt_beside(&mut self, beside: Beside) -> Result<Vec<Adoptee>, Error> {
        let adopt = |FileBytes { file_offset, bytes: new }| {
            let mut old = vec![0; new.len()];
            self.view().file_bytes(file_offset, &mut old)?;
            let adopted = self.pending.adopt(Payload::given(&new), new.len() as u64);
            let adopted = adopted.map_err(|cause| Error::Kept { cause })?;
            Ok(Adoptee { file_offset, old, new, adopted })
        };
        beside.into_iter().map(adopt).collect()
    }

    /// Lists and places bytes that change with a register at `at`.
    pub(crate) fn place_beside(&mut self, context: Context, at: Location, beside: &[Adoptee]) {
        for Adoptee { file_offset, old, new, adopted } in beside {
            let of = self.dump.layout().register_at(context, *file_offset);
            let of = of.unwrap_or(ContextLocation { context, location: at });
            let place = Place { file_offset: *file_offset, size: new.len() as u64 };
            self.changes.push(of, place, old, new);
            self.pending.place(*file_offset, *adopted, 0, new.len() as u64);
        }
    }
}
