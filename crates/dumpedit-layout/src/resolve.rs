//! Resolves a location to file bytes. Reads, writes, previews and listings all take this one walk.

use crate::access::AccessError;
use crate::byte_order::ByteOrder;
use crate::capture::Capture;
use crate::layout::Layout;
use crate::location::{Access, Context, Location, RecordChoice, ThreadIndex};
use crate::machine::Machine;
use crate::outcome::{Outcome, Stop, StopAt, StopReason};
use crate::record_format::BlockKind;
use crate::register::RegisterPart;
use crate::sweep::Sweep;
use crate::thread::{ContextRecord, RecordKind, Slot};

/// File bytes of a range, as far as it is contiguous.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Resolved {
    /// Length of the range that is available, and the reason why it is no longer.
    pub outcome: Outcome,
    /// Every stretch of file bytes of the range, all copies included, in order of `start`. Linear in the descriptors however they overlap.
    pub pieces: Vec<Piece>,
    /// Records of a register's pieces, in the order in which reads prefer them.
    pub records: Vec<RecordKind>,
}

/// A stretch of file bytes that are bytes `start..start + size` of the range.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Piece {
    /// Offset of its first byte from the range's start.
    pub start: u64,
    /// Its size in bytes.
    pub size: u64,
    /// File offset, in bytes.
    pub file_offset: u64,
    /// Rank among copies; reads take the lowest.
    pub rank: u32,
    /// For a part of a byte, the bits of the file's byte that count; else `0xff`.
    pub mask: u8,
    /// For a part of a byte, the bit of the file's byte that is its lowest; else 0.
    pub shift: u32,
    /// For a register, the kind of its record.
    pub record: Option<RecordKind>,
    /// For a register of an XSAVE area, the header bits that decide whether the bytes count.
    pub gate: Option<Box<Gate>>,
}

impl Piece {
    /// Whole bytes without copies.
    pub fn new(start: u64, size: u64, file_offset: u64) -> Piece {
        Piece { start, size, file_offset, rank: 0, mask: 0xff, shift: 0, record: None, gate: None }
    }
}

/// The XSAVE header bits of a piece: while none of them is set, the register has its initial value whatever the bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gate {
    /// File offset of the eight header bytes (`XSTATE_BV`, little endian).
    pub file_offset: u64,
    /// Bits, any of which makes the bytes count.
    pub mask: u64,
    /// Initial value of the piece's bytes, little endian; zero from the ninth byte on.
    pub initial: u64,
    /// Index of the record among its thread's.
    pub record: usize,
}

impl Gate {
    /// The gate of the bytes from `skipped` on.
    fn skip(&self, skipped: u64) -> Gate {
        let bits = u32::try_from(skipped.saturating_mul(8)).ok();
        Gate { initial: bits.and_then(|bits| self.initial.checked_shr(bits)).unwrap_or(0), ..*self }
    }
}

/// The bits of `mask` from a new byte, and the others from an old one.
pub fn merged(old: u8, new: u8, mask: u8) -> u8 {
    old & !mask | new & mask
}

impl Piece {
    /// Decodes a byte of the range from the file's byte.
    pub fn byte_of_file(&self, byte: u8) -> u8 {
        (byte & self.mask).checked_shr(self.shift).unwrap_or(0)
    }

    /// Encodes a byte of the range into the file's byte `old`.
    pub fn byte_for_file(&self, byte: u8, old: u8) -> u8 {
        merged(old, byte.checked_shl(self.shift).unwrap_or(0), self.mask)
    }

    /// `size` bytes of the piece, from `skipped` on.
    pub fn part(&self, skipped: u64, size: u64) -> Piece {
        Piece {
            start: self.start.saturating_add(skipped),
            size,
            file_offset: self.file_offset.saturating_add(skipped),
            gate: self.gate.as_ref().map(|gate| Box::new(gate.skip(skipped))),
            ..*self
        }
    }
}

impl Layout {
    /// The file bytes of `len` bytes from a location on.
    ///
    /// The outcome is partial where the contiguous captured range ends before `len` bytes, and full for no bytes.
    ///
    /// # Errors
    /// [`AccessError`] where the first byte is not available, or where the context or the register does not exist.
    pub fn resolve(
        &self,
        context: Context,
        at: Location,
        len: u64,
        access: Access,
    ) -> Result<Resolved, AccessError> {
        self.check_context(context)?;
        match at {
            Location::Virtual(address) => self.resolve_memory(address, len, access),
            Location::Register { part, byte } => self.resolve_register(context, part, byte, len),
            Location::Tag(address) => self.resolve_tags(address, len, access),
            Location::Field { file_offset, left } => {
                if left == 0 && len > 0 {
                    return Err(AccessError::PastField { file_offset });
                }
                let end = Some((file_offset.saturating_add(left), StopReason::EndOfField));
                self.resolve_file(file_offset, len, end)
            }
            Location::Offset(file_offset) => {
                let structure = self.structure_from(file_offset, len).filter(|_| access == Access::Write);
                if structure == Some(file_offset) && len > 0 {
                    return Err(AccessError::StructureOfFile { file_offset });
                }
                self.resolve_file(file_offset, len, structure.map(|at| (at, StopReason::Structure)))
            }
        }
    }

    /// The file bytes of a part of a register: like [`Layout::resolve`], and also for parts narrower than a byte, whose one piece then has
    /// a mask.
    ///
    /// # Errors
    /// [`AccessError`] where the context or the register does not exist or the record does not hold it.
    pub fn resolve_part(&self, context: Context, part: RegisterPart) -> Result<Resolved, AccessError> {
        match self.machine_of(context).registers().bytes(part) {
            Some(bytes) => self.resolve(context, part.into(), u64::from(bytes), Access::Read),
            None => self.resolve_bits(context, part),
        }
    }

    fn check_context(&self, context: Context) -> Result<(), AccessError> {
        let Context::Thread(_, choice) = context else { return Ok(()) };
        let (index, thread) = self.indexed_thread(context)?;
        if choice != RecordChoice::Auto && thread.chosen(choice).is_empty() {
            return Err(self.no_record(index, choice));
        }
        Ok(())
    }

    fn resolve_memory(&self, address: u64, len: u64, access: Access) -> Result<Resolved, AccessError> {
        let mut resolved = Resolved { outcome: Outcome::full(len), pieces: Vec::new(), records: Vec::new() };
        let Some(rest) = len.checked_sub(1) else { return Ok(resolved) };
        let Some(room) = self.last_address().checked_sub(address) else {
            return Err(self.not_captured(address, StopReason::EndOfAddressSpace));
        };
        let last = address.saturating_add(rest.min(room));
        if access == Access::Write {
            let mut meant = None;
            self.several.meeting(address, last, |span| {
                meant = Some(span.first.max(address));
                false
            });
            if let Some(address) = meant {
                return Err(AccessError::SeveralPages { address });
            }
        }
        let mut reached: Option<u64> = None;
        self.captures.meeting(address, last, |capture| {
            let contiguous = match reached {
                None => capture.first <= address,
                Some(reached) => capture.first <= reached.saturating_add(1),
            };
            if contiguous {
                let held = capture.last.min(last);
                reached = Some(reached.map_or(held, |reached| reached.max(held)));
                resolved.pieces.push(piece(capture, address, last));
            }
            contiguous
        });
        let Some(mut reached) = reached else {
            return Err(self.not_captured(address, self.absence(address)));
        };
        let mut reason = StopReason::EndOfAddressSpace;
        if reached < last {
            reason = self.absence(reached.saturating_add(1));
        }
        if access == Access::Write
            && let Some((hit, file_offset)) = self.first_structure(address, &resolved.pieces)
        {
            match hit.checked_sub(1).filter(|_| hit > address) {
                None => return Err(AccessError::Structure { address, file_offset }),
                Some(before) if before < reached => {
                    (reached, reason) = (before, StopReason::Structure);
                }
                Some(_) => {}
            }
        }
        let completed = reached.saturating_sub(address).saturating_add(1).min(len);
        if completed < len {
            let at = u128::from(address).saturating_add(u128::from(completed));
            let stop = Stop { at: StopAt::Address(at), reason };
            resolved.outcome = Outcome::new(len, completed, Some(stop));
            resolved.pieces.retain_mut(|piece| match completed.checked_sub(piece.start) {
                None | Some(0) => false,
                Some(room) => {
                    piece.size = piece.size.min(room);
                    true
                }
            });
        }
        Ok(resolved)
    }

    /// Bytes of the file itself, up to a limit and not beyond the file's end.
    fn resolve_file(
        &self,
        file_offset: u64,
        len: u64,
        end: Option<(u64, StopReason)>,
    ) -> Result<Resolved, AccessError> {
        let size = self.file_size();
        if file_offset >= size && len > 0 {
            return Err(AccessError::PastFile { file_offset, size });
        }
        let of_file = (size, StopReason::EndOfFile);
        let (end, reason) = end.filter(|(end, _)| *end < size).unwrap_or(of_file);
        let completed = len.min(end.saturating_sub(file_offset));
        let stopped = (completed < len).then_some(Stop { at: StopAt::Offset(end), reason });
        let pieces = if completed > 0 { vec![Piece::new(0, completed, file_offset)] } else { Vec::new() };
        let outcome = Outcome::new(len, completed, stopped);
        Ok(Resolved { outcome, pieces, records: Vec::new() })
    }

    /// The first of some bytes of the file that belongs to the format's structures.
    fn structure_from(&self, file_offset: u64, len: u64) -> Option<u64> {
        let last = file_offset.saturating_add(len.checked_sub(1)?);
        let mut first = None;
        self.structures.meeting(file_offset, last, |structure| {
            first = Some(structure.first.max(file_offset));
            false
        });
        first
    }

    /// The error for a thread without a record of that choice.
    pub fn no_record(&self, thread: ThreadIndex, choice: RecordChoice) -> AccessError {
        if self.machine().registers().is_empty() {
            return AccessError::NoTable { machine: self.machine() };
        }
        let found = usize::try_from(thread.0).ok().and_then(|at| self.threads.get(at));
        if let Some(system) = self.os().filter(|_| self.records_by_system)
            && found.is_some_and(|thread| thread.records.is_empty())
        {
            return AccessError::NoTableOfSystem { machine: self.machine(), system: system.to_owned() };
        }
        AccessError::NoRecord { thread, choice }
    }

    fn not_captured(&self, address: u64, reason: StopReason) -> AccessError {
        AccessError::NotCaptured { address, reason, nearest: self.nearest_captured(address) }
    }

    /// The first address, and its file offset, where any copy shares a byte with the format's structures.
    fn first_structure(&self, address: u64, pieces: &[Piece]) -> Option<(u64, u64)> {
        let hits = pieces.iter().filter_map(|piece| {
            let last = piece.file_offset.saturating_add(piece.size.saturating_sub(1));
            let mut hit = None;
            self.structures.meeting(piece.file_offset, last, |structure| {
                hit = Some(structure.first.max(piece.file_offset));
                false
            });
            let hit: u64 = hit?;
            let byte = piece.start.saturating_add(hit.saturating_sub(piece.file_offset));
            Some((address.saturating_add(byte), hit))
        });
        hits.min()
    }

    fn resolve_register(
        &self,
        context: Context,
        part: RegisterPart,
        byte: u32,
        len: u64,
    ) -> Result<Resolved, AccessError> {
        let name = |machine: Machine| machine.registers().display(part);
        let machine = self.machine_of(context);
        let (chosen, records) = self.holding(context, part)?;
        let size = machine
            .registers()
            .bytes(part)
            .ok_or_else(|| AccessError::NotBytes { register: name(machine), bits: part.bits })?;
        if byte >= size && len > 0 {
            return Err(AccessError::PastRegister { register: name(machine), byte, size });
        }
        let completed = len.min(u64::from(size.saturating_sub(byte)));
        let mut outcome = Outcome::full(len);
        if completed < len {
            let stop =
                Stop { at: StopAt::Register { id: part.id, byte: size }, reason: StopReason::EndOfRegister };
            outcome = Outcome::new(len, completed, Some(stop));
        }
        let first = u64::from(byte);
        let mut pieces = Vec::new();
        for (index, record) in chosen {
            for placed in record.slots(part).flat_map(|slot| self.places(record, index, part, slot)) {
                // The piece has bytes of the part; cut it to the bytes asked for.
                let from = placed.start.max(first);
                let end = placed.start.saturating_add(placed.size).min(first.saturating_add(completed));
                if from >= end {
                    continue;
                }
                let piece = placed.part(from.saturating_sub(placed.start), end.saturating_sub(from));
                let piece = Piece { start: from.saturating_sub(first), ..piece };
                self.push_copies(record, piece, &mut pieces);
            }
        }
        pieces.sort_by_key(|piece| piece.start);
        Ok(Resolved { outcome, pieces, records })
    }

    fn resolve_bits(&self, context: Context, part: RegisterPart) -> Result<Resolved, AccessError> {
        self.check_context(context)?;
        let machine = self.machine_of(context);
        let (chosen, records) = self.holding(context, part)?;
        let not_bytes =
            || AccessError::NotBytes { register: machine.registers().display(part), bits: part.bits };
        let registers = machine.registers();
        let (_, at_bit, bits) = registers.whole(part).ok_or_else(not_bytes)?;
        let shift = at_bit % 8;
        if shift != 0 && shift.saturating_add(bits) > 8 {
            return Err(not_bytes());
        }
        let size = bits.div_ceil(8);
        let mut pieces = Vec::new();
        for (index, record) in chosen {
            for slot in record.slots(part) {
                for byte in 0..size {
                    let skipped = byte.saturating_mul(8);
                    let bits = bits.saturating_sub(skipped).min(8);
                    let kept = registers.kept(part).saturating_sub(skipped);
                    let own = 0xffu8.checked_shr(8u32.saturating_sub(bits)).unwrap_or(0)
                        & 0xffu8.checked_shl(kept).unwrap_or(0);
                    let first = at_bit.saturating_add(skipped);
                    if own == 0 || first < slot.at_bit || first >= slot.end() {
                        continue;
                    }
                    let within = first.saturating_sub(slot.at_bit) / 8;
                    let last = slot.bits.div_ceil(8).saturating_sub(1);
                    let (start, at) = match self.byte_order() {
                        ByteOrder::Little => (byte, within),
                        ByteOrder::Big if slot.is_reversed(ByteOrder::Big) => (byte, within),
                        ByteOrder::Big => {
                            (size.saturating_sub(1).saturating_sub(byte), last.saturating_sub(within))
                        }
                    };
                    let piece = Piece {
                        start: u64::from(start),
                        size: 1,
                        file_offset: slot.file_offset.saturating_add(u64::from(at)),
                        rank: 0,
                        mask: own << shift,
                        shift,
                        record: Some(record.kind),
                        gate: self.gate(record, index, slot, u64::from(within)).map(Box::new),
                    };
                    self.push_copies(record, piece, &mut pieces);
                }
            }
        }
        pieces.sort_by_key(|piece| piece.start);
        let outcome = Outcome::full(u64::from(size));
        Ok(Resolved { outcome, pieces, records })
    }

    /// The records of a context that hold a register, with their indices. Where the effective record does not hold it, `Auto` takes another
    /// that does.
    fn holding(
        &self,
        context: Context,
        part: RegisterPart,
    ) -> Result<(Vec<Holding<'_>>, Vec<RecordKind>), AccessError> {
        let (index, thread) = self.indexed_thread(context)?;
        let Context::Thread(_, choice) = context else { return Err(AccessError::NeedsThread) };
        let chosen = thread.chosen(choice);
        let Some(first) = chosen.first() else { return Err(self.no_record(index, choice)) };
        if first.registers().get(part.id).is_some_and(|name| name.zero) {
            let (register, machine) = (first.name(part), first.format.machine);
            return Err(AccessError::AlwaysZero { register, machine });
        }
        if first.derived(part).is_some() {
            return Err(AccessError::Derived { register: first.name(part), record: first.format.name });
        }
        // Records of other machines have other registers under the same ids.
        let holds = |record: &&ContextRecord| {
            std::ptr::eq(record.registers(), first.registers()) && record.holds(part)
        };
        let mut holding: Vec<&ContextRecord> = chosen.iter().copied().filter(holds).collect();
        if holding.is_empty() && choice == RecordChoice::Auto {
            holding = thread.chosen(RecordChoice::Both).into_iter().filter(holds).take(1).collect();
        }
        if holding.is_empty() {
            let (register, record) = (first.registers().display(part), first.format.name);
            return Err(match first.is_unplaced(part) {
                true => AccessError::Unplaced { register, record, thread: index },
                false => AccessError::NotPresent { register, record, thread: index },
            });
        }
        let kinds = holding.iter().map(|record| record.kind).collect();
        let indexed = |record: &ContextRecord| {
            thread.records.iter().position(|other| std::ptr::eq(other, record)).unwrap_or(usize::MAX)
        };
        Ok((holding.into_iter().map(|record| (indexed(record), record)).collect(), kinds))
    }

    /// Adds a piece of a register, or, where the record lies in memory, every copy of that memory.
    fn push_copies(&self, record: &ContextRecord, piece: Piece, pieces: &mut Vec<Piece>) {
        let in_memory = record
            .address_of(piece.file_offset)
            .and_then(|address| self.resolve_memory(address, piece.size, Access::Read).ok());
        let mut copies = match in_memory {
            Some(memory) => memory.pieces,
            None => vec![Piece { start: 0, ..piece.clone() }],
        };
        copies.sort_by_key(|copy| copy.rank);
        for copy in copies {
            pieces.push(Piece {
                start: piece.start.saturating_add(copy.start),
                size: copy.size,
                file_offset: copy.file_offset,
                rank: u32::try_from(pieces.len()).unwrap_or(u32::MAX),
                ..piece.clone()
            });
        }
    }

    /// The pieces of a part in a slot of its whole register, counted from the part's first stored byte. Bytes in the other byte order than
    /// the target's are pieces of one byte each.
    fn places(&self, record: &ContextRecord, index: usize, part: RegisterPart, slot: Slot) -> Vec<Piece> {
        let Some(piece) = self.place(record, index, part, slot) else { return Vec::new() };
        if !slot.is_reversed(self.byte_order()) {
            return vec![piece];
        }
        let last = slot.file_offset.saturating_add(u64::from(slot.bits / 8)).saturating_sub(1);
        let bytes = (0..piece.size).map(|skipped| {
            let byte = piece.part(skipped, 1);
            let from_low = last.saturating_sub(byte.file_offset);
            Piece { file_offset: slot.file_offset.saturating_add(from_low), ..byte }
        });
        bytes.collect()
    }

    fn place(&self, record: &ContextRecord, index: usize, part: RegisterPart, slot: Slot) -> Option<Piece> {
        let (_, at_bit, bits) = record.format.machine.registers().whole(part)?;
        let end = at_bit.checked_add(bits)?;
        let slot_end = slot.end();
        let (low, high) = (at_bit.max(slot.at_bit), end.min(slot_end));
        let bytes = |bits: u32| u64::from(bits / 8);
        let size = bytes(high.checked_sub(low)?);
        let within = bytes(low.checked_sub(slot.at_bit)?);
        let (start, skipped) = match self.byte_order() {
            ByteOrder::Little => (bytes(low.checked_sub(at_bit)?), within),
            ByteOrder::Big => (bytes(end.checked_sub(high)?), bytes(slot_end.checked_sub(high)?)),
        };
        Some(Piece {
            start,
            size,
            file_offset: slot.file_offset.checked_add(skipped)?,
            rank: 0,
            mask: 0xff,
            shift: 0,
            record: Some(record.kind),
            gate: self.gate(record, index, slot, within).map(Box::new),
        })
    }

    /// The gate of a slot, for the bytes from `within` on.
    fn gate(&self, record: &ContextRecord, index: usize, slot: Slot, within: u64) -> Option<Gate> {
        let header =
            record.block(BlockKind::XstateHeader).filter(|header| slot.gate != 0 && header.size >= 8)?;
        let (file_offset, mask, initial) = (header.file_offset, slot.gate, slot.initial);
        Some(Gate { file_offset, mask, initial, record: index }.skip(within))
    }
}

/// A record with a register, and its index among its thread's.
type Holding<'a> = (usize, &'a ContextRecord);

/// The part of a capture that lies in `address..=last`.
fn piece(capture: &Capture, address: u64, last: u64) -> Piece {
    let from = capture.first.max(address);
    Piece {
        start: from.saturating_sub(address),
        size: capture.last.min(last).saturating_sub(from).saturating_add(1),
        file_offset: capture.file_offset_of(from),
        rank: capture.rank,
        mask: 0xff,
        shift: 0,
        record: None,
        gate: None,
    }
}

impl Resolved {
    /// The pieces that reads take: one for each byte, the copy of the lowest rank, in order.
    pub fn reads(&self) -> impl Iterator<Item = Piece> + use<> {
        let (mut only, mut reads) = (None, Vec::new());
        if let [piece] = self.pieces.as_slice() {
            only = Some(piece.clone());
        } else {
            self.stretches(|start, size, copies| {
                let Some(copy) = copies.iter().next() else { return };
                reads.push(copy.part(start.saturating_sub(copy.start), size));
            });
        }
        only.into_iter().chain(reads)
    }

    /// Calls `each` for every stretch with the same copies: its offset from the range's start, its size in bytes, and the copies.
    pub fn stretches(&self, mut each: impl FnMut(u64, u64, Copies<'_>)) {
        let mut by_rank: Vec<&Piece> = self.pieces.iter().collect();
        by_rank.sort_by_key(|piece| piece.rank);
        // Ranks are indices here, so that the sweep's copies lead back to the pieces.
        let mut captures: Vec<Capture> = (0u32..)
            .zip(&by_rank)
            .filter_map(|(rank, piece)| {
                let last = piece.start.checked_add(piece.size.checked_sub(1)?)?;
                Some(Capture { first: piece.start, last, file_offset: piece.file_offset, rank, mapped: None })
            })
            .collect();
        captures.sort_by_key(|capture| capture.first);
        let mut sweep = Sweep::new(&captures);
        while let Some(stretch) = sweep.step() {
            let size = stretch.last.saturating_sub(stretch.first).saturating_add(1);
            each(stretch.first, size, Copies { by_rank: &by_rank, sweep: &sweep });
        }
    }
}

/// The pieces that are the same bytes of a range.
pub struct Copies<'a> {
    by_rank: &'a [&'a Piece],
    sweep: &'a Sweep<'a>,
}

impl<'a> Copies<'a> {
    /// The pieces, the one that reads take first.
    pub fn iter(&self) -> impl Iterator<Item = &'a Piece> {
        let by_rank = self.by_rank;
        self.sweep.copies().filter_map(move |copy| by_rank.get(usize::try_from(copy.rank).ok()?).copied())
    }

    /// Number of copies.
    pub fn count(&self) -> usize {
        self.sweep.copy_count()
    }
}
