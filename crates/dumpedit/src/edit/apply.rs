//! Adds the new bytes of a resolved range to an edit: checks them, lists them as changes, and puts them in place.

use dumpedit_layout::{
    ByteOrder, Context, ContextLocation, Location, Piece, Place, RegisterPart, Resolved, Thread,
};

use crate::edit::Edit;
use crate::edit::overlap::without_overlaps;
use crate::edit::payload::Payload;
use crate::error::Error;
use crate::number::RegisterValue;

impl Edit {
    /// Adds the new bytes of a resolved range to the edit. All steps that can fail come first.
    pub(crate) fn apply(
        &mut self,
        context: Context,
        at: Location,
        resolved: &Resolved,
        payload: Payload<'_>,
    ) -> Result<(), Error> {
        let parts = without_overlaps(&resolved.pieces, at, &payload)?;
        self.check_assigned(&parts, &payload)?;
        // The meaning of these bytes is known for the dump before the edit only.
        self.writes_structure |= matches!(at, Location::Field { .. } | Location::Offset(_));
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
        self.record_assigned(&parts);
        self.place_beside(context, at, &beside);
        if self.program_counter_behind(context, at) != pc {
            notices.extend(self.recorded_crash(context));
        }
        notices.into_iter().for_each(|notice| self.tell(notice));
        Ok(())
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

    /// Lists the changes, then puts the bytes in place. A failure leaves only the list longer.
    fn take(
        &mut self,
        context: Context,
        at: Location,
        parts: &[Piece],
        payload: Payload<'_>,
    ) -> Result<(), Error> {
        let kept = |cause| Error::Kept { cause };
        let mut bits = Vec::new();
        // The bytes of a part that is not made of whole bytes are listed together.
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

    /// The program counter, where a write there can change it: in a register, or in memory with a record.
    fn program_counter_behind(&self, context: Context, at: Location) -> Option<RegisterValue> {
        let in_memory = |thread: &Thread| thread.records.iter().any(|record| record.address.is_some());
        let thread = self.dump.layout().thread(context).ok()?;
        let watched = matches!(at, Location::Register { .. }) || in_memory(thread);
        watched.then(|| self.program_counter(context)).flatten()
    }

    /// Whether a part of a register is made of whole bytes.
    fn is_of_bytes(&self, context: Context, part: RegisterPart) -> bool {
        self.dump.layout().machine_of(context).registers().bytes(part).is_some()
    }

    /// The location of a piece's first byte; for a part that is not made of whole bytes, of the register that contains it.
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

/// Consecutive file bytes, some of them changed in part.
struct Bits {
    of: ContextLocation,
    place: Place,
    /// Old bytes, as many as the report has room for.
    old: Vec<u8>,
    new: Vec<u8>,
}

impl Bits {
    fn end(&self) -> u64 {
        self.place.file_offset.saturating_add(self.place.size)
    }
}
