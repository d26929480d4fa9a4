//! Writes of an edit to memory, registers, tags, and the file itself.

use dumpedit_layout::{Access, ByteOrder, Context, Location, Outcome, Resolved};

use crate::edit::Edit;
use crate::edit::payload::Payload;
use crate::error::Error;
use crate::number::{Number, ValueError};
use crate::structure::StructureError;

impl Edit {
    /// Writes bytes to an address or into a register: `IDebugHostMemory::WriteBytes`.
    ///
    /// The outcome is partial where the captured range ends first: the contiguous prefix is written.
    ///
    /// # Errors
    /// [`Error::Access`] where not even the first byte can be written, and for a partial outcome under
    /// [`EditOptions::all_or_nothing`](crate::EditOptions::all_or_nothing); [`Error::Conflict`] where one file byte would get two values.
    /// The edit is unchanged then.
    pub fn write_bytes(
        &mut self,
        context: Context,
        at: impl Into<Location>,
        bytes: &[u8],
    ) -> Result<Outcome, Error> {
        self.write_payload(context, at.into(), Payload::given(bytes))
    }

    /// Writes a payload that fits its [room](Edit::room).
    pub(crate) fn write_payload(
        &mut self,
        context: Context,
        at: Location,
        payload: Payload<'_>,
    ) -> Result<Outcome, Error> {
        let outcome = self.write_quietly(context, at, payload)?;
        if let Location::Field { file_offset, .. } = at {
            self.note_other_places(file_offset);
        }
        Ok(outcome)
    }

    /// The same, without notices of other places of a field.
    pub(crate) fn write_quietly(
        &mut self,
        context: Context,
        at: Location,
        payload: Payload<'_>,
    ) -> Result<Outcome, Error> {
        let context = self.context_for(context, at)?;
        let resolved = self.resolve(context, at, payload.len())?;
        if let Location::Field { file_offset, .. } = at
            && let Some(change) = self.resized.over(file_offset)
        {
            let (field, other) = (self.dump().display(context, at), change.field.path.clone());
            return Err(StructureError::ResizedAlready { field, other }.into());
        }
        match at {
            Location::Tag(_) => self.write_tags(context, at, resolved.outcome.completed, &payload)?,
            _ => self.apply(context, at, &resolved, payload)?,
        }
        Ok(resolved.outcome)
    }

    /// Writes memory tags one by one, since two of them share a byte of the file.
    fn write_tags(
        &mut self,
        context: Context,
        at: Location,
        count: u64,
        payload: &Payload<'_>,
    ) -> Result<(), Error> {
        let mut tags = vec![0; usize::try_from(count).unwrap_or(0)];
        payload.read_at(0, &mut tags).map_err(|cause| Error::Kept { cause })?;
        for tag in &tags {
            Number::from(*tag).to_bits(4)?;
        }
        self.atomically(|edit| {
            for (start, tag) in (0..).zip(&tags) {
                let at = at.offset(start);
                let resolved = edit.resolve(context, at, 1)?;
                edit.apply(context, at, &resolved, Payload::given(&[*tag]))?;
            }
            Ok(())
        })
    }

    /// Writes bytes of the file itself, in memory, registers, texts of notes and streams alike. They are not among the [`Edit::changes`],
    /// and the dump must be reopened to read its tables once they are written.
    ///
    /// # Errors
    /// [`Error::Io`] where the file is shorter; [`Error::Kept`] where the bytes cannot be kept.
    pub fn patch_file(&mut self, file_offset: u64, bytes: &[u8]) -> Result<(), Error> {
        let len = bytes.len() as u64;
        if file_offset.checked_add(len).is_none_or(|end| end > self.dump.layout().file_size()) {
            return Err(Error::Io { file_offset, len, cause: std::io::ErrorKind::UnexpectedEof.into() });
        }
        self.set_structure();
        self.pending.put(file_offset, bytes).map_err(|cause| Error::Kept { cause })
    }

    /// Writes zeros over bytes of the file itself, as [`Edit::patch_file`] writes bytes; any number of them takes no memory.
    ///
    /// # Errors
    /// As [`Edit::patch_file`].
    pub fn clear_file(&mut self, file_offset: u64, size: u64) -> Result<(), Error> {
        if file_offset.checked_add(size).is_none_or(|end| end > self.dump.layout().file_size()) {
            return Err(Error::Io {
                file_offset,
                len: size,
                cause: std::io::ErrorKind::UnexpectedEof.into(),
            });
        }
        self.set_structure();
        let Some(zeros) = Payload::given(&[0]).repeated(size) else { return Ok(()) };
        let adopted = self.pending.adopt(zeros, size).map_err(|cause| Error::Kept { cause })?;
        self.pending.place(file_offset, adopted, 0, size);
        Ok(())
    }

    /// Number of bytes, of `most`, that can be written from a location on.
    pub(crate) fn room(&self, context: Context, at: Location, most: u64) -> Result<u64, Error> {
        let context = self.context_for(context, at)?;
        Ok(self.dump.layout().resolve(context, at, most, self.access())?.outcome.completed)
    }

    pub(super) fn context_for(&self, context: Context, at: Location) -> Result<Context, Error> {
        if matches!(at, Location::Register { .. }) { self.records_for(context) } else { Ok(context) }
    }

    /// Writes pointers of the target's width. The outcome counts bytes.
    ///
    /// # Errors
    /// [`ValueError::PointerDoesNotFit`] where a value fits the width neither zero- nor sign-extended; else as [`Edit::write_bytes`].
    pub fn write_pointers(
        &mut self,
        context: Context,
        at: impl Into<Location>,
        pointers: &[u64],
    ) -> Result<Outcome, Error> {
        let width = self.dump.layout().pointer_width_of(context);
        let order = self.dump.layout().byte_order();
        let mut bytes = Vec::with_capacity(pointers.len().saturating_mul(usize::from(width)));
        for &value in pointers {
            bytes.extend_from_slice(&pointer_bytes(value, width, order)?);
        }
        self.write_bytes(context, at, &bytes)
    }

    pub(super) fn resolve(&self, context: Context, at: Location, len: u64) -> Result<Resolved, Error> {
        let resolved = self.dump.layout().resolve(context, at, len, self.access())?;
        if self.options.all_or_nothing {
            resolved.outcome.complete()?;
        }
        Ok(resolved)
    }

    fn access(&self) -> Access {
        if self.options.allow_structure { Access::WriteStructure } else { Access::Write }
    }
}

/// A pointer as the target stores it.
pub(crate) fn pointer_bytes(value: u64, width: u8, order: ByteOrder) -> Result<Vec<u8>, ValueError> {
    let bits = u32::from(width).saturating_mul(8);
    let unused = 64u32.saturating_sub(bits);
    let zero_extended = value.checked_shl(unused).and_then(|value| value.checked_shr(unused)) == Some(value);
    let signed = value.cast_signed();
    let sign_extended =
        signed.checked_shl(unused).and_then(|signed| signed.checked_shr(unused)) == Some(signed);
    if !zero_extended && !sign_extended {
        return Err(ValueError::PointerDoesNotFit { value, width });
    }
    Ok(order.bytes(value, width.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_fits_zero_extended_or_sign_extended() {
        assert_eq!(pointer_bytes(0x8000_0000, 4, ByteOrder::Little).unwrap(), [0, 0, 0, 0x80]);
        assert_eq!(pointer_bytes(0xffff_ffff_8000_0000, 4, ByteOrder::Big).unwrap(), [0x80, 0, 0, 0]);
        assert!(pointer_bytes(0x1_0000_0000, 4, ByteOrder::Little).is_err());
        assert!(pointer_bytes(0xffff_ffff_7000_0000, 4, ByteOrder::Little).is_err());
        assert_eq!(pointer_bytes(u64::MAX, 8, ByteOrder::Little).unwrap(), [0xff; 8]);
    }
}
