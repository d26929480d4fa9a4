//! Expectations of an edit: bytes and registers that must have the values that its user assumes.

use dumpedit_layout::{Context, Location, Piece, Resolved};

use crate::edit::Edit;
use crate::edit::payload::Payload;
use crate::error::Error;
use crate::number::Number;
use crate::store::blocks::blocks;

impl Edit {
    /// Checks that the bytes at a location are the expected ones, in every copy and every record that a write there would change; bytes
    /// that cannot be written are not checked. A commit checks again.
    ///
    /// # Errors
    /// [`Error::Expect`] where a copy differs, and the errors of [`Edit::write_bytes`].
    pub fn expect_bytes(
        &mut self,
        context: Context,
        at: impl Into<Location>,
        expected: &[u8],
    ) -> Result<(), Error> {
        self.expect_payload(context, at.into(), &Payload::given(expected))
    }

    /// As [`Edit::expect_bytes`], for a payload that fits its [room](Edit::room).
    pub(crate) fn expect_payload(
        &mut self,
        context: Context,
        at: Location,
        expected: &Payload<'_>,
    ) -> Result<(), Error> {
        let context = self.context_for(context, at)?;
        let resolved = self.resolve(context, at, expected.len())?;
        self.compare(context, at, &resolved, expected)
    }

    /// Checks that a register has the expected value, in every record that setting it would change.
    ///
    /// # Errors
    /// [`Error::Expect`] where a record differs, and the errors of [`Edit::set_register`].
    pub fn expect_register(
        &mut self,
        context: Context,
        name: &str,
        expected: impl Into<Number>,
    ) -> Result<(), Error> {
        let (context, part) = self.view().named(context, name)?;
        let bytes = self.stored_bytes(context, &expected.into(), part)?;
        let context = self.records_for(context)?;
        let resolved = self.dump.layout().resolve_part(context, part)?;
        self.compare(context, part.into(), &resolved, &Payload::given(&bytes))
    }

    /// Checks that a register of an XSAVE component has its initial value, in every record that setting it would change.
    ///
    /// # Errors
    /// [`Error::Expect`] where a record differs, and the errors of [`Edit::put_back`].
    pub fn expect_initial(&mut self, context: Context, name: &str) -> Result<(), Error> {
        let (context, part) = self.view().named(context, name)?;
        let context = self.records_for(context)?;
        let resolved = self.dump.layout().resolve_part(context, part)?;
        let bytes = self.initial(context, part, &resolved)?;
        self.compare(context, part.into(), &resolved, &Payload::given(&bytes))
    }

    /// Compares the bytes of every piece with the expected ones.
    pub(crate) fn compare(
        &mut self,
        context: Context,
        at: Location,
        resolved: &Resolved,
        payload: &Payload<'_>,
    ) -> Result<(), Error> {
        for piece in &resolved.pieces {
            for (done, len) in blocks(piece.size) {
                self.compare_block(context, at, &piece.part(done, len as u64), payload)?;
            }
        }
        Ok(())
    }

    fn compare_block(
        &mut self,
        context: Context,
        at: Location,
        piece: &Piece,
        payload: &Payload<'_>,
    ) -> Result<(), Error> {
        let len = usize::try_from(piece.size).unwrap_or(0);
        let (mut expected, mut found) = (vec![0; len], vec![0; len]);
        payload.read_at(piece.start, &mut expected).map_err(|cause| Error::Kept { cause })?;
        self.view().piece_bytes(piece, &mut found)?;
        if found != expected {
            let at = at.offset(piece.start);
            return Err(Error::Expect {
                location: self.dump.display(context, at),
                address: if let Location::Virtual(address) = at { Some(address) } else { None },
                file_offset: piece.file_offset,
                expected: self.shown(at, &expected),
                found: self.shown(at, &found),
            });
        }
        let mut bytes = vec![0; len];
        self.dump.view().file_bytes(piece.file_offset, &mut bytes)?;
        let mut pending = bytes.clone();
        self.pending.overlay(piece.file_offset, &mut pending).map_err(|cause| Error::Kept { cause })?;
        // Bytes that this edit has written there are not yet in the file.
        if pending == bytes {
            let put = match bytes.as_slice() {
                [byte] if piece.mask != 0xff => self.expected.put_bits(piece.file_offset, *byte, piece.mask),
                bytes => self.expected.put(piece.file_offset, bytes),
            };
            put.map_err(|cause| Error::Kept { cause })?;
        }
        Ok(())
    }

    /// Bytes in the form in which users compare them: a register's as a number, others in hex.
    fn shown(&self, at: Location, bytes: &[u8]) -> String {
        if let Location::Virtual(_) = at {
            return hex(bytes);
        }
        let mut little = bytes.to_vec();
        self.dump.layout().byte_order().reorder(&mut little);
        Number::from_le_bytes(&little).to_string()
    }
}

/// Hex digits of bytes, shortened where there are many.
fn hex(bytes: &[u8]) -> String {
    const MOST: usize = 32;
    let mut text: String = bytes.iter().take(MOST).map(|byte| format!("{byte:02x}")).collect();
    if bytes.len() > MOST {
        text.push('…');
    }
    text
}
