//! An edit: what is asked for is resolved and checked at once, and kept aside until it is committed.

pub(crate) mod changes;
mod expect;
pub(crate) mod gates;
#[cfg(feature = "symbols")]
mod masked;
pub(crate) mod notices;
pub(crate) mod overlap;
pub(crate) mod payload;
pub(crate) mod pending;
pub(crate) mod told;

use std::collections::HashSet;

use dumpedit_layout::{
    Access, ByteOrder, Context, ContextLocation, FileBytes, Location, Notice, NoticeKind, Outcome, Piece,
    Place, RecordChoice, RecordKind, RegisterPart, Resolved, Thread,
};

use crate::dump::Dump;
use crate::edit::changes::Changes;
use crate::edit::gates::Beside;
use crate::edit::overlap::without_overlaps;
use crate::edit::payload::Payload;
use crate::edit::pending::{Adopted, Pending};
use crate::error::Error;
use crate::number::{Number, RegisterValue, ValueError};
use crate::structure::Structure;
use crate::view::View;

/// The rules of an edit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EditOptions {
    /// Makes a partial outcome an error.
    pub all_or_nothing: bool,
    /// Lets memory that shares file bytes with the dump's own structures be written.
    pub allow_structure: bool,
    /// Of how many changes the report holds the bytes; of all that there is room for where it is `None`. Those of a
    /// million changes cost their reading.
    pub bytes_of: Option<usize>,
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

    /// Of how many changes the report holds the bytes.
    pub fn bytes_of(self, changes: usize) -> Self {
        EditOptions { bytes_of: Some(changes), ..self }
    }
}

/// Writes that are collected, and then committed together or dropped together.
///
/// Owned and `Send`; dropped without a commit, it never happened. Reads through it see its writes.
#[derive(Debug)]
#[must_use = "an edit that is not committed never happened"]
pub struct Edit {
    dump: Dump,
    options: EditOptions,
    /// Whether any part of it may have written into the dump's own structures.
    writes_structure: bool,
    pub(crate) pending: Pending,
    /// File bytes that were checked and must still be there when the edit is committed.
    pub(crate) expected: Pending,
    pub(crate) changes: Changes,
    pub(crate) notices: Vec<Notice>,
    told: HashSet<Notice>,
    /// The parts that it adds and drops, where there are any.
    pub(crate) structure: Option<Structure>,
}

impl Edit {
    pub(crate) fn new(dump: Dump, options: EditOptions) -> Self {
        Edit {
            dump,
            options,
            writes_structure: options.allow_structure,
            pending: Pending::default(),
            expected: Pending::default(),
            changes: Changes::with_bytes_of(options.bytes_of.unwrap_or(usize::MAX)),
            notices: Vec::new(),
            told: HashSet::new(),
            structure: None,
        }
    }

    /// The dump that is edited.
    pub fn dump(&self) -> &Dump {
        &self.dump
    }

    /// The rules of the edit.
    pub fn options(&self) -> EditOptions {
        self.options
    }

    /// Whether it may have written into the dump's own structures.
    pub(crate) fn wrote_structure(&self) -> bool {
        self.writes_structure
    }

    /// It writes into the dump's own structures.
    pub(crate) fn set_structure(&mut self) {
        self.writes_structure = true;
    }

    pub(crate) fn set_options(&mut self, options: EditOptions) {
        self.options = options;
        self.writes_structure |= options.allow_structure;
    }

    /// What the edit changes so far, in the order it was asked for.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// What the user should know about the edit so far.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    pub(crate) fn view(&self) -> View<'_> {
        View::new(&self.dump, Some(&self.pending))
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
        self.write_payload(context, at.into(), Payload::given(bytes))
    }

    /// Writes a payload, of which the bytes that there is [room](Edit::room) for are there.
    pub(crate) fn write_payload(
        &mut self,
        context: Context,
        at: Location,
        payload: Payload<'_>,
    ) -> Result<Outcome, Error> {
        let context = self.context_for(context, at)?;
        let resolved = self.resolve(context, at, payload.len())?;
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

    /// Writes bytes of the file itself, whatever they stand for: memory, registers, texts of notes and streams. They are not a
    /// change that [`Edit::changes`] tells of, and the dump must be opened again to read its tables once they are written.
    ///
    /// # Errors
    /// [`Error::Io`] where the file does not have so many bytes there; [`Error::Kept`] where they cannot be kept.
    pub fn patch_file(&mut self, file_offset: u64, bytes: &[u8]) -> Result<(), Error> {
        let len = bytes.len() as u64;
        if file_offset.checked_add(len).is_none_or(|end| end > self.dump.layout().file_size()) {
            return Err(Error::Io { file_offset, len, cause: std::io::ErrorKind::UnexpectedEof.into() });
        }
        self.set_structure();
        self.pending.put(file_offset, bytes).map_err(|cause| Error::Kept { cause })
    }

    /// Writes zeros over bytes of the file itself, as [`Edit::patch_file`] writes bytes; however many, they take no memory.
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

    /// How many of `most` bytes can be written from a location on.
    pub(crate) fn room(&self, context: Context, at: Location, most: u64) -> Result<u64, Error> {
        let context = self.context_for(context, at)?;
        Ok(self.dump.layout().resolve(context, at, most, self.access())?.outcome.completed)
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
        self.set_in(context, settled, name, value)
    }

    /// Sets a register in the records that [`Edit::records_for`] settled for a context.
    pub(crate) fn set_in(
        &mut self,
        context: Context,
        settled: Context,
        name: &str,
        value: impl Into<Number>,
    ) -> Result<(), Error> {
        let (context, part) = self.named_in(context, settled, name)?;
        let bytes = self.stored_bytes(context, &value.into(), part)?;
        let resolved = self.dump.layout().resolve_part(context, part)?;
        self.apply(context, part.into(), &resolved, Payload::given(&bytes))
    }

    /// The part of a register that a name means, and the context to edit it in: the settled one, unless the name itself
    /// means another record.
    pub(crate) fn named_in(
        &self,
        context: Context,
        settled: Context,
        name: &str,
    ) -> Result<(Context, RegisterPart), Error> {
        let (meant, part) = self.view().named(context, name)?;
        Ok((if meant == context { settled } else { meant }, part))
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
    fn stored_bytes(
        &self,
        context: Context,
        value: &Number,
        part: RegisterPart,
    ) -> Result<Vec<u8>, ValueError> {
        let mut bytes = value.to_bits(part.bits)?;
        let kept = self.dump.layout().machine_of(context).registers().kept(part);
        let low = bytes.first().copied().unwrap_or(0);
        if low.checked_shl(8u32.saturating_sub(kept)).is_some_and(|low| low != 0) {
            return Err(ValueError::LowBits { value: value.to_string(), kept });
        }
        if self.dump.layout().byte_order() == ByteOrder::Big {
            bytes.reverse();
        }
        Ok(bytes)
    }

    /// The context whose records an edit changes: `Auto` means both where they agree on the program counter and the
    /// stack pointer as this edit leaves them, else the effective one.
    ///
    /// # Errors
    /// [`Error::Access`] where the context is not a thread, and those of reading the two registers.
    pub fn records_for(&self, context: Context) -> Result<Context, Error> {
        let thread = self.dump.layout().thread(context)?;
        let both =
            thread.record(RecordKind::Thread).is_some() && thread.record(RecordKind::Exception).is_some();
        if !both || !matches!(context, Context::Thread(_, RecordChoice::Auto)) {
            return Ok(context);
        }
        let agree = self.records_agree(context)?;
        Ok(context.with_record(if agree { RecordChoice::Both } else { RecordChoice::Auto }))
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

    /// Takes the new bytes of a resolved range into the edit. Everything that can fail comes first.
    fn apply(
        &mut self,
        context: Context,
        at: Location,
        resolved: &Resolved,
        payload: Payload<'_>,
    ) -> Result<(), Error> {
        let parts = without_overlaps(&resolved.pieces, at, &payload)?;
        self.writes_structure |= matches!(at, Location::Field { .. });
        let mut notices = Vec::new();
        notices.extend(self.view().differing_copies(resolved)?);
        match at {
            Location::Virtual(address) => {
                notices.extend(self.aliases(address, resolved.outcome.completed, &parts));
            }
            Location::Register { part, .. } => {
                notices.extend(self.odd_records(context, resolved));
                notices.extend(self.low_half(context, part));
                notices.extend(self.unedited_records(context, part, resolved));
                notices.extend(self.shared_records(context, resolved, &parts));
            }
            _ => {}
        }
        let pc = self.program_counter_behind(context, at);
        let (beside, woken) = self.wake(context, resolved, &parts)?;
        notices.extend(woken);
        let beside = self.adopt_beside(beside)?;
        let changes = self.changes.len();
        let taken = self.take(context, at, &parts, payload);
        if let Err(error) = taken {
            self.changes.truncate(changes);
            return Err(error);
        }
        self.place_beside(context, at, &beside);
        if self.program_counter_behind(context, at) != pc {
            notices.extend(self.recorded_crash(context));
        }
        notices.into_iter().for_each(|notice| self.tell(notice));
        Ok(())
    }

    /// As [`Edit::apply`], from other parts of the library.
    pub(crate) fn apply_payload(
        &mut self,
        context: Context,
        at: Location,
        resolved: &Resolved,
        payload: Payload<'_>,
    ) -> Result<(), Error> {
        self.apply(context, at, resolved, payload)
    }

    /// As [`Edit::apply`], for bytes in memory.
    pub(crate) fn apply_bytes(
        &mut self,
        context: Context,
        at: Location,
        resolved: &Resolved,
        bytes: &[u8],
    ) -> Result<(), Error> {
        self.apply(context, at, resolved, Payload::given(bytes))
    }

    /// Lists the changes, then puts the bytes in place. Where it fails, only the list has grown.
    fn take(
        &mut self,
        context: Context,
        at: Location,
        parts: &[Piece],
        payload: Payload<'_>,
    ) -> Result<(), Error> {
        let kept = |cause| Error::Kept { cause };
        let mut bits = Vec::new();
        // The bytes of a part that is not made of bytes are told together.
        let in_bits = matches!(at, Location::Register { part, .. } if !self.is_of_bytes(context, part));
        let mut together: Vec<Bits> = Vec::new();
        for piece in parts {
            let held = self.changes.room(piece.size);
            let (mut old, mut new) = (vec![0; held], vec![0; held]);
            if held > 0 {
                self.view().file_bytes(piece.file_offset, &mut old)?;
                payload.read_at(piece.start, &mut new).map_err(kept)?;
            }
            if piece.mask != 0xff {
                let mut byte = [0];
                payload.read_at(piece.start, &mut byte).map_err(kept)?;
                bits.extend(byte.map(|byte| (piece.file_offset, piece.byte_for_file(byte, 0), piece.mask)));
                for ((new, old), byte) in new.iter_mut().zip(&old).zip(byte) {
                    *new = piece.byte_for_file(byte, *old);
                }
            }
            let context = match piece.record {
                Some(kind) => context.with_record(kind.choice()),
                None => Context::Process,
            };
            let of = ContextLocation { context, location: self.location_of(context, at, piece) };
            let place = Place { file_offset: piece.file_offset, size: piece.size };
            if !in_bits {
                self.changes.push(of, place, &old, &new);
                continue;
            }
            match together.last_mut().filter(|last| last.end() == piece.file_offset) {
                Some(last) => {
                    last.place.size = last.place.size.saturating_add(piece.size);
                    last.old.extend(old);
                    last.new.extend(new);
                }
                None => {
                    together.push(Bits { of, place, old, new });
                }
            }
        }
        for Bits { of, place, old, new } in together {
            self.changes.push(of, place, &old, &new);
        }
        let size = parts.iter().map(|part| part.start.saturating_add(part.size)).max().unwrap_or(0);
        let adopted = self.pending.adopt(payload, size).map_err(kept)?;
        for (file_offset, byte, mask) in bits {
            self.pending.put_bits(file_offset, byte, mask).map_err(kept)?;
        }
        for piece in parts.iter().filter(|piece| piece.mask == 0xff) {
            self.pending.place(piece.file_offset, adopted, piece.start, piece.size);
        }
        Ok(())
    }

    /// Takes over bytes that change beside those of a register. They are written once they are placed.
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

    /// Lists and places bytes that change beside those of a register that is set at `at`.
    pub(crate) fn place_beside(&mut self, context: Context, at: Location, beside: &[Adoptee]) {
        for Adoptee { file_offset, old, new, adopted } in beside {
            let of = self.dump.layout().register_at(context, *file_offset);
            let of = of.unwrap_or(ContextLocation { context, location: at });
            let place = Place { file_offset: *file_offset, size: new.len() as u64 };
            self.changes.push(of, place, old, new);
            self.pending.place(*file_offset, *adopted, 0, new.len() as u64);
        }
    }

    /// The program counter, where a write there can change it: in a register, or in memory that holds a record.
    fn program_counter_behind(&self, context: Context, at: Location) -> Option<RegisterValue> {
        let in_memory = |thread: &Thread| thread.records.iter().any(|record| record.address.is_some());
        let thread = self.dump.layout().thread(context).ok()?;
        let watched = matches!(at, Location::Register { .. }) || in_memory(thread);
        watched.then(|| self.program_counter(context)).flatten()
    }

    /// Takes back notices of a kind, which are not true any more.
    pub(crate) fn untell(&mut self, kind: NoticeKind) {
        self.notices.retain(|notice| notice.kind != kind);
        self.told.retain(|notice| notice.kind != kind);
    }

    /// Takes in a notice that was not told before.
    pub(crate) fn tell(&mut self, notice: Notice) {
        if self.told.insert(notice.clone()) {
            self.notices.push(notice);
        }
    }

    /// Does several things or none of them.
    pub(crate) fn atomically<T>(
        &mut self,
        all: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (changes, notices) = (self.changes.len(), self.notices.len());
        self.pending.mark();
        self.expected.mark();
        let done = all(self);
        self.pending.settle(done.is_ok());
        self.expected.settle(done.is_ok());
        if done.is_err() {
            self.changes.truncate(changes);
            for notice in self.notices.drain(notices..) {
                self.told.remove(&notice);
            }
        }
        done
    }

    /// Whether a part of a register is made of whole bytes.
    fn is_of_bytes(&self, context: Context, part: RegisterPart) -> bool {
        self.dump.layout().machine_of(context).registers().bytes(part).is_some()
    }

    /// The location of a piece's first byte; that of a part which is not made of bytes is in the register that it is a
    /// part of.
    fn location_of(&self, context: Context, at: Location, piece: &Piece) -> Location {
        let Location::Register { part, .. } = at else { return at.offset(piece.start) };
        if self.is_of_bytes(context, part) {
            return at.offset(piece.start);
        }
        let registers = self.dump.layout().machine_of(context).registers();
        let view = registers.get(part.id).and_then(|register| register.view);
        let parent = view.and_then(|view| Some((view, registers.get(view.parent)?.bits)));
        let Some((view, bits)) = parent else { return at };
        let start = u32::try_from(piece.start).unwrap_or(u32::MAX);
        let from_low = view.at_bit / 8;
        let byte = match self.dump.layout().byte_order() {
            ByteOrder::Little => from_low.saturating_add(start),
            ByteOrder::Big => {
                let end = (bits / 8).saturating_sub(from_low);
                end.saturating_sub(part.bits.div_ceil(8)).saturating_add(start)
            }
        };
        Location::Register {
            part: RegisterPart { copy: part.copy, ..RegisterPart::new(view.parent, bits) },
            byte,
        }
    }
}

/// Bytes that follow one another in the file, some of them changed in part.
struct Bits {
    of: ContextLocation,
    place: Place,
    /// As much of the bytes as the report has room for.
    old: Vec<u8>,
    new: Vec<u8>,
}

impl Bits {
    fn end(&self) -> u64 {
        self.place.file_offset.saturating_add(self.place.size)
    }
}

/// Bytes that change beside those of a register, taken over and not yet in place.
pub(crate) struct Adoptee {
    file_offset: u64,
    old: Vec<u8>,
    new: Vec<u8>,
    adopted: Adopted,
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
