//! An edit: what is asked for is resolved and checked at once, and kept aside until it is committed.

use std::collections::HashSet;

use dumpedit_layout::{
    Access, ByteOrder, Context, Location, Notice, Outcome, Piece, RecordChoice, RecordKind, RegisterPart,
    Resolved,
};

use crate::dump::Dump;
use crate::error::Error;
use crate::journal::Extent;
use crate::number::{Number, RegisterValue, ValueError};
use crate::overlap::{payload, without_overlaps};
use crate::payload::Payload;
use crate::pending::Pending;
use crate::view::View;

/// The rules of an edit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EditOptions {
    /// Makes a partial outcome an error.
    pub all_or_nothing: bool,
    /// Lets memory that shares file bytes with the dump's own structures be written.
    pub allow_structure: bool,
}

impl EditOptions {
    /// Whether a partial outcome is an error.
    pub fn all_or_nothing(self, all_or_nothing: bool) -> Self {
        EditOptions { all_or_nothing, ..self }
    }

    /// Whether memory that shares file bytes with the dump's own structures can be written.
    pub fn allow_structure(self, allow_structure: bool) -> Self {
        EditOptions { allow_structure, ..self }
    }
}

/// A stretch of file bytes that an edit changes, and the location that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The context of the location: for a register, the thread and the record that is changed.
    pub context: Context,
    /// The location of the first byte.
    pub location: Location,
    /// Where it stands in the file, in bytes.
    pub file_offset: u64,
    /// The bytes before, as they stand in the file.
    pub old: Vec<u8>,
    /// The bytes after.
    pub new: Vec<u8>,
}

/// Writes that are collected, and then committed together or dropped together.
///
/// Owned and `Send`; dropped without a commit, it never happened. Reads through it see its writes.
#[derive(Debug)]
#[must_use = "an edit that is not committed never happened"]
pub struct Edit {
    dump: Dump,
    options: EditOptions,
    pub(crate) pending: Pending,
    /// File bytes that were checked and must still be there when the edit is committed.
    pub(crate) expected: Vec<Extent>,
    pub(crate) changes: Vec<Change>,
    pub(crate) notices: Vec<Notice>,
    told: HashSet<Notice>,
}

impl Edit {
    pub(crate) fn new(dump: Dump, options: EditOptions) -> Self {
        Edit {
            dump,
            options,
            pending: Pending::default(),
            expected: Vec::new(),
            changes: Vec::new(),
            notices: Vec::new(),
            told: HashSet::new(),
        }
    }

    /// The dump that is edited.
    pub fn dump(&self) -> &Dump {
        &self.dump
    }

    /// What the edit changes so far, in the order it was asked for.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// What the user should know about the edit so far.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    pub(crate) fn view(&self) -> View<'_> {
        View { dump: &self.dump, pending: Some(&self.pending) }
    }

    /// Reads bytes as [`Dump::read_bytes`] does, and sees this edit's writes.
    ///
    /// # Errors
    /// As [`Dump::read_bytes`].
    pub fn read_bytes(
        &self,
        context: Context,
        at: impl Into<Location>,
        into: &mut [u8],
    ) -> Result<Outcome, Error> {
        self.view().read_bytes(context, at.into(), into)
    }

    /// Reads a register as [`Dump::read_register`] does, and sees this edit's writes.
    ///
    /// # Errors
    /// As [`Dump::read_register`].
    pub fn read_register(&self, context: Context, name: &str) -> Result<RegisterValue, Error> {
        self.view().read_register(context, name)
    }

    /// Writes bytes to an address or into a register: `IDebugHostMemory::WriteBytes`.
    ///
    /// The outcome is partial where the captured range ends first: the contiguous prefix is written.
    ///
    /// # Errors
    /// [`Error::Access`] where not even the first byte can be written, and for a partial outcome under
    /// [`EditOptions::all_or_nothing`]; [`Error::Conflict`] where one file byte would get two values. The edit is then
    /// as it was before the call.
    pub fn write_bytes(
        &mut self,
        context: Context,
        at: impl Into<Location>,
        bytes: &[u8],
    ) -> Result<Outcome, Error> {
        self.write_first(context, at.into(), bytes, bytes.len() as u64)
    }

    /// As [`Edit::write_bytes`], for a payload that was given the [room](Edit::room) there is.
    pub(crate) fn write_payload(
        &mut self,
        context: Context,
        at: Location,
        payload: &Payload,
    ) -> Result<Outcome, Error> {
        self.write_first(context, at, payload.held(), payload.len())
    }

    /// Writes `len` bytes, of which those that there is room for are given.
    fn write_first(
        &mut self,
        context: Context,
        at: Location,
        bytes: &[u8],
        len: u64,
    ) -> Result<Outcome, Error> {
        let context = self.context_for(context, at)?;
        let resolved = self.resolve(context, at, len)?;
        self.apply(context, at, &resolved, bytes)?;
        Ok(resolved.outcome)
    }

    /// How many bytes can be written from a location on.
    pub(crate) fn room(&self, context: Context, at: Location) -> Result<u64, Error> {
        let context = self.context_for(context, at)?;
        Ok(self.dump.layout().resolve(context, at, u64::MAX, self.access())?.outcome.completed)
    }

    fn context_for(&self, context: Context, at: Location) -> Result<Context, Error> {
        if matches!(at, Location::Register { .. }) { self.records_for(context) } else { Ok(context) }
    }

    /// Writes pointers of the target's width. The outcome counts bytes.
    ///
    /// # Errors
    /// [`ValueError::PointerDoesNotFit`] where a value fits the width neither zero- nor sign-extended; else as
    /// [`Edit::write_bytes`].
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

    /// Sets a register, a sub-register or a lane by its name. Only its own bits change; `ContextFlags` never do.
    ///
    /// # Errors
    /// [`Error::Access`] where the machine or the record has no such register; [`ValueError::DoesNotFit`]: a value is
    /// never truncated. The edit is then as it was before the call.
    pub fn set_register(
        &mut self,
        context: Context,
        name: &str,
        value: impl Into<Number>,
    ) -> Result<(), Error> {
        let settled = self.records_for(context)?;
        self.set_in(settled, name, value)
    }

    /// Sets a register in the records of a context that [`Edit::records_for`] settled.
    pub(crate) fn set_in(
        &mut self,
        settled: Context,
        name: &str,
        value: impl Into<Number>,
    ) -> Result<(), Error> {
        let part = self.view().part(settled, name)?;
        let bytes = self.stored_bytes(&value.into(), part)?;
        let resolved = self.dump.layout().resolve_part(settled, part)?;
        self.apply(settled, part.into(), &resolved, &bytes)
    }

    /// Checks that the bytes at a location are the expected ones, in every copy and every record that a write there
    /// would change; what cannot be written is not checked. A commit looks once more.
    ///
    /// # Errors
    /// [`Error::Expect`] where a copy differs, and the errors of [`Edit::write_bytes`].
    pub fn expect_bytes(
        &mut self,
        context: Context,
        at: impl Into<Location>,
        expected: &[u8],
    ) -> Result<(), Error> {
        self.expect_first(context, at.into(), expected, expected.len() as u64)
    }

    /// As [`Edit::expect_bytes`], for a payload that was given the [room](Edit::room) there is.
    pub(crate) fn expect_payload(
        &mut self,
        context: Context,
        at: Location,
        expected: &Payload,
    ) -> Result<(), Error> {
        self.expect_first(context, at, expected.held(), expected.len())
    }

    fn expect_first(
        &mut self,
        context: Context,
        at: Location,
        expected: &[u8],
        len: u64,
    ) -> Result<(), Error> {
        let context = self.context_for(context, at)?;
        let resolved = self.resolve(context, at, len)?;
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
        let part = self.view().part(context, name)?;
        let bytes = self.stored_bytes(&expected.into(), part)?;
        let context = self.records_for(context)?;
        let resolved = self.dump.layout().resolve_part(context, part)?;
        self.compare(context, part.into(), &resolved, &bytes)
    }

    fn resolve(&self, context: Context, at: Location, len: u64) -> Result<Resolved, Error> {
        let resolved = self.dump.layout().resolve(context, at, len, self.access())?;
        if self.options.all_or_nothing {
            resolved.outcome.complete()?;
        }
        Ok(resolved)
    }

    fn access(&self) -> Access {
        if self.options.allow_structure { Access::WriteStructure } else { Access::Write }
    }

    /// A number as a register stores it, in the target's byte order.
    fn stored_bytes(&self, value: &Number, part: RegisterPart) -> Result<Vec<u8>, ValueError> {
        let mut bytes = value.to_bits(part.bits)?;
        if self.dump.layout().byte_order() == ByteOrder::Big {
            bytes.reverse();
        }
        Ok(bytes)
    }

    /// The context whose records an edit changes: `Auto` means both where they agree on the program counter and the
    /// stack pointer as this edit leaves them, else the effective one.
    ///
    /// # Errors
    /// [`Error::Access`] where the context is no thread, and those of reading the two registers.
    pub fn records_for(&self, context: Context) -> Result<Context, Error> {
        let (index, thread) = self.dump.layout().thread(context)?;
        let both =
            thread.record(RecordKind::Thread).is_some() && thread.record(RecordKind::Exception).is_some();
        if !both || !matches!(context, Context::Thread(_, RecordChoice::Auto)) {
            return Ok(context);
        }
        let agree = self.records_agree(context)?;
        let choice = if agree { RecordChoice::Both } else { RecordChoice::Auto };
        Ok(Context::Thread(index, choice))
    }

    fn records_agree(&self, context: Context) -> Result<bool, Error> {
        let mut compared = false;
        for name in ["pc", "sp"] {
            let of = |choice| self.view().read_register(context.with_record(choice), name);
            let (Ok(thread), Ok(exception)) = (of(RecordChoice::Thread), of(RecordChoice::Exception)) else {
                continue;
            };
            if thread != exception {
                return Ok(false);
            }
            compared = true;
        }
        Ok(compared)
    }

    /// Compares what every piece holds with the bytes expected of it.
    fn compare(
        &mut self,
        context: Context,
        at: Location,
        resolved: &Resolved,
        expected: &[u8],
    ) -> Result<(), Error> {
        for piece in &resolved.pieces {
            let expected = payload(expected, piece);
            let mut found = vec![0; expected.len()];
            self.view().piece_bytes(piece, &mut found)?;
            if piece.mask != 0xff {
                found.iter_mut().for_each(|byte| *byte = (*byte & piece.mask) >> piece.mask.trailing_zeros());
            }
            if found != expected {
                let at = at.offset(piece.start);
                let shown = |bytes: &[u8]| self.shown(at, bytes);
                return Err(Error::Expect {
                    location: self.dump.display(context, at),
                    address: if let Location::Virtual(address) = at { Some(address) } else { None },
                    file_offset: piece.file_offset,
                    expected: shown(expected),
                    found: shown(&found),
                });
            }
            let mut bytes = vec![0; found.len()];
            self.dump.view().file_bytes(piece.file_offset, &mut bytes)?;
            let mut pending = bytes.clone();
            self.pending.overlay(piece.file_offset, &mut pending);
            // What this edit itself has written there is not yet in the file.
            if pending == bytes {
                self.expected.push(Extent { file_offset: piece.file_offset, bytes, mask: piece.mask });
            }
        }
        Ok(())
    }

    /// Bytes as a person would compare them: a register's as a number, others in hex.
    fn shown(&self, at: Location, bytes: &[u8]) -> String {
        if let Location::Virtual(_) = at {
            return hex(bytes);
        }
        let mut little = bytes.to_vec();
        if self.dump.layout().byte_order() == ByteOrder::Big {
            little.reverse();
        }
        Number::from_le_bytes(&little).to_string()
    }

    /// Takes the new bytes of a resolved range into the edit. Everything that can fail comes first.
    fn apply(
        &mut self,
        context: Context,
        at: Location,
        resolved: &Resolved,
        bytes: &[u8],
    ) -> Result<(), Error> {
        let parts = without_overlaps(&resolved.pieces, at, bytes)?;
        let mut notices = Vec::new();
        notices.extend(self.view().differing_copies(resolved)?);
        match at {
            Location::Virtual(address) => {
                notices.extend(self.aliases(address, resolved.outcome.completed, &parts));
            }
            Location::Register { part, .. } => {
                notices.extend(self.unedited_records(context, part, resolved));
                notices.extend(self.shared_records(context, resolved, &parts));
            }
            _ => {}
        }
        let pc = self.program_counter(context);
        let woken = self.wake(context, resolved, &mut notices)?;
        let mut changes = Vec::with_capacity(parts.len());
        for piece in &parts {
            let new = payload(bytes, piece);
            let mut old = vec![0; new.len()];
            self.view().file_bytes(piece.file_offset, &mut old)?;
            let new = if piece.mask == 0xff {
                new.to_vec()
            } else {
                let bits = new.iter().map(|byte| byte << piece.mask.trailing_zeros());
                old.iter().zip(bits).map(|(old, new)| old & !piece.mask | new & piece.mask).collect()
            };
            let context = match piece.record {
                Some(kind) => context.with_record(kind.choice()),
                None => Context::Process,
            };
            let location = self.location_of(context, at, piece);
            changes.push(Change { context, location, file_offset: piece.file_offset, old, new });
        }
        for (file_offset, bytes) in &woken {
            let (file_offset, mut old) = (*file_offset, vec![0; bytes.len()]);
            self.view().file_bytes(file_offset, &mut old)?;
            // The header is no register: it is told at the place of the one that was set.
            let found = self.dump.layout().location_of(file_offset);
            let (context, location) = found.unwrap_or((context, at));
            changes.push(Change { context, location, file_offset, old, new: bytes.clone() });
        }
        for (file_offset, bytes) in woken {
            self.pending.put(file_offset, bytes);
        }
        for piece in &parts {
            let new = payload(bytes, piece);
            match new.first() {
                Some(byte) if piece.mask != 0xff => {
                    self.pending.put_bits(piece.file_offset, byte << piece.mask.trailing_zeros(), piece.mask);
                }
                _ => self.pending.put(piece.file_offset, new.to_vec()),
            }
        }
        self.changes.append(&mut changes);
        if self.program_counter(context) != pc {
            notices.extend(self.recorded_crash(context));
        }
        for notice in notices {
            if self.told.insert(notice.clone()) {
                self.notices.push(notice);
            }
        }
        Ok(())
    }

    /// The location of a piece's first byte; a flag's is that of the byte it is in.
    fn location_of(&self, context: Context, at: Location, piece: &Piece) -> Location {
        let Location::Register { part, .. } = at else { return at.offset(piece.start) };
        if piece.mask == 0xff {
            return at.offset(piece.start);
        }
        let registers = self.dump.layout().machine_of(context).registers();
        let view = registers.get(part.id).and_then(|register| register.view);
        let parent = view.and_then(|view| Some((view, registers.get(view.parent)?.bits)));
        let Some((view, bits)) = parent else { return at };
        let from_low = u32::from(view.at_bit / 8);
        let byte = match self.dump.layout().byte_order() {
            ByteOrder::Little => from_low,
            ByteOrder::Big => u32::from(bits / 8).saturating_sub(1).saturating_sub(from_low),
        };
        Location::Register { part: RegisterPart { id: view.parent, at_bit: 0, bits }, byte }
    }

    /// The header bits and initial values that have to be written so that gated registers count.
    fn wake(
        &self,
        context: Context,
        resolved: &Resolved,
        notices: &mut Vec<Notice>,
    ) -> Result<Vec<(u64, Vec<u8>)>, Error> {
        let mut woken = Vec::new();
        let mut awake: Vec<(u64, u64)> = Vec::new();
        for gate in resolved.pieces.iter().filter_map(|piece| piece.gate.as_deref()) {
            let bits = match awake.iter().rev().find(|(file_offset, _)| *file_offset == gate.file_offset) {
                Some((_, bits)) => *bits,
                None => self.view().gate_bits(gate.file_offset)?,
            };
            if bits & gate.mask != 0 {
                continue;
            }
            let lowest = gate.mask & gate.mask.wrapping_neg();
            let (_, thread) = self.dump.layout().thread(context)?;
            if let Some(record) = thread.records.get(gate.record) {
                let initial = record.waking(bits, bits | lowest);
                notices.push(Notice(format!(
                    "the XSAVE header (file offset {:#x}) says that this register is in its initial state; bit {} is set \
                     there, and the initial values of {} registers are written out so that they read as before",
                    gate.file_offset,
                    lowest.trailing_zeros(),
                    initial.len()
                )));
                woken.extend(initial);
            }
            woken.push((gate.file_offset, (bits | lowest).to_le_bytes().to_vec()));
            awake.push((gate.file_offset, bits | lowest));
        }
        Ok(woken)
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
    let mut bytes = value.to_le_bytes().to_vec();
    bytes.truncate(usize::from(width));
    if order == ByteOrder::Big {
        bytes.reverse();
    }
    Ok(bytes)
}

/// Bytes as hex digits, shortened where they are many.
fn hex(bytes: &[u8]) -> String {
    const MOST: usize = 32;
    let mut text: String = bytes.iter().take(MOST).map(|byte| format!("{byte:02x}")).collect();
    if bytes.len() > MOST {
        text.push('…');
    }
    text
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
