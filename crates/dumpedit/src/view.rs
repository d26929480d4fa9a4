//! Reads of a dump's bytes, overlaid with those of an uncommitted edit.

use dumpedit_layout::{
    Access, AccessError, Context, ContextRecord, FileBytes, Gate, Group, Location, Outcome, Piece,
    RegisterName, RegisterPart, Resolved,
};

use crate::dump::Dump;
use crate::edit::pending::Pending;
use crate::error::Error;
use crate::field::resized::ResizedFields;
use crate::notation::similar;
use crate::number::RegisterValue;

/// Pointers from a read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pointers {
    /// Whole pointers, zero-extended.
    pub values: Vec<u64>,
    /// Number of bytes of these.
    pub outcome: Outcome,
}

/// A register in a record, and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeldRegister {
    /// Register.
    pub part: RegisterPart,
    /// Value.
    pub value: RegisterValue,
}

/// The dump with pending bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub(crate) dump: &'a Dump,
    pub(crate) pending: Option<&'a Pending>,
    /// Fields that the edit resizes.
    pub(crate) resized: Option<&'a ResizedFields>,
    /// File bytes that were read ahead, without the pending ones.
    read: &'a [ReadAhead],
}

/// File bytes that are read at once, since many small pieces of them are needed.
#[derive(Debug)]
struct ReadAhead {
    file_offset: u64,
    bytes: Vec<u8>,
}

impl ReadAhead {
    fn get(&self, file_offset: u64, len: usize) -> Option<&[u8]> {
        let start = usize::try_from(file_offset.checked_sub(self.file_offset)?).ok()?;
        self.bytes.get(start..start.checked_add(len)?)
    }
}

impl Dump {
    pub(crate) fn view(&self) -> View<'_> {
        View { dump: self, pending: None, resized: None, read: &[] }
    }
}

impl<'a> View<'a> {
    /// The dump with an edit.
    pub(crate) fn of_edit(dump: &'a Dump, pending: &'a Pending, resized: &'a ResizedFields) -> View<'a> {
        View { dump, pending: Some(pending), resized: Some(resized), read: &[] }
    }

    /// The blocks of a record, as far as they can be read: later reads of others report the error.
    fn read_ahead(&self, record: &ContextRecord) -> Vec<ReadAhead> {
        /// Maximum size of a block in any known record, in bytes.
        const MOST: u64 = 64 << 10;
        let blocks = record.blocks.iter().filter_map(|block| {
            let mut bytes = vec![0; usize::try_from(block.size.min(MOST)).ok()?];
            self.dump.source().read_at(block.file_offset, &mut bytes).ok()?;
            Some(ReadAhead { file_offset: block.file_offset, bytes })
        });
        blocks.collect()
    }

    /// Bytes of the file.
    pub(crate) fn file_bytes(&self, file_offset: u64, into: &mut [u8]) -> Result<(), Error> {
        let len = into.len() as u64;
        match self.read.iter().find_map(|read| read.get(file_offset, into.len())) {
            Some(bytes) => into.copy_from_slice(bytes),
            None => {
                // Bytes that the edit appends overlay zeros.
                let size = self.dump.layout().file_size();
                let grown = self.pending.map_or(size, |pending| pending.size_after(size));
                let held = usize::try_from(size.saturating_sub(file_offset)).unwrap_or(usize::MAX);
                let held = if grown > size { held.min(into.len()) } else { into.len() };
                let (held, behind) = into.split_at_mut(held);
                behind.fill(0);
                let source = self.dump.source();
                if !held.is_empty() || behind.is_empty() {
                    source.read_at(file_offset, held).map_err(|cause| Error::Io {
                        file_offset,
                        len,
                        cause,
                    })?;
                }
            }
        }
        if let Some(pending) = self.pending {
            pending.overlay(file_offset, into).map_err(|cause| Error::Kept { cause })?;
        }
        Ok(())
    }

    /// The bytes of a piece: the file's, or the initial ones where its gate is closed.
    pub(crate) fn piece_bytes(&self, piece: &Piece, into: &mut [u8]) -> Result<(), Error> {
        match &piece.gate {
            Some(gate) if !self.counts(piece)? => initial_bytes(gate, into),
            _ => self.file_bytes(piece.file_offset, into)?,
        }
        if piece.mask != 0xff {
            into.iter_mut().for_each(|byte| *byte = piece.byte_of_file(*byte));
        }
        Ok(())
    }

    /// The mask of components in use in an XSAVE header, of 8 bytes.
    pub(crate) fn gate_bits(&self, file_offset: u64) -> Result<u64, Error> {
        let mut bits = [0; 8];
        self.file_bytes(file_offset, &mut bits)?;
        Ok(u64::from_le_bytes(bits))
    }

    /// The bytes of a resolved range, as many as the outcome has.
    pub(crate) fn resolved_bytes(&self, resolved: &Resolved, into: &mut [u8]) -> Result<(), Error> {
        for piece in resolved.reads() {
            let range = usize::try_from(piece.start).ok().zip(usize::try_from(piece.size).ok());
            let target = range.and_then(|(start, size)| into.get_mut(start..start.checked_add(size)?));
            if let Some(target) = target {
                self.piece_bytes(&piece, target)?;
            }
        }
        Ok(())
    }

    pub(crate) fn read_bytes(
        &self,
        context: Context,
        at: Location,
        into: &mut [u8],
    ) -> Result<Outcome, Error> {
        let resolved = self.dump.layout().resolve(context, at, into.len() as u64, Access::Read)?;
        self.resolved_bytes(&resolved, into)?;
        Ok(resolved.outcome)
    }

    pub(crate) fn read_pointers(
        &self,
        context: Context,
        at: Location,
        count: usize,
    ) -> Result<Pointers, Error> {
        let width = usize::from(self.dump.layout().pointer_width_of(context));
        let resolved = self.dump.layout().resolve(
            context,
            at,
            (count as u64).saturating_mul(width as u64),
            Access::Read,
        )?;
        let completed = usize::try_from(resolved.outcome.completed).unwrap_or(usize::MAX);
        let mut bytes = vec![0; completed];
        self.resolved_bytes(&resolved, &mut bytes)?;
        let order = self.dump.layout().byte_order();
        let values = bytes.chunks_exact(width).map(|bytes| order.number(bytes)).collect();
        Ok(Pointers { values, outcome: resolved.outcome })
    }

    /// The part of a register with a name, and its context: the given one, or the 32-bit record of a WOW64 thread where the name implies
    /// it.
    pub(crate) fn named(&self, context: Context, name: &str) -> Result<(Context, RegisterPart), Error> {
        let layout = self.dump.layout();
        layout.thread(context)?;
        let context = layout.context_of_name(context, name);
        let machine = layout.machine_of(context);
        if machine.registers().is_empty() {
            return Err(AccessError::NoTable { machine }.into());
        }
        let part = match layout.record_of(context) {
            Some(record) => self.in_window(context, record, name).or_else(|| record.part(name)),
            None => machine.registers().part(name),
        };
        let part = part.ok_or_else(|| {
            let similar = similar::register(machine, name);
            AccessError::NoSuchRegister { name: name.to_owned(), machine, similar }
        })?;
        Ok((context, layout.fitted(context, part)))
    }

    /// The register behind a name in a register window, with the register that moves the window as in the edit.
    fn in_window(&self, context: Context, record: &ContextRecord, name: &str) -> Option<RegisterPart> {
        let named = record.named_here(name)?;
        let base = self.read_part(context, record.whole(named.base)?).ok()?;
        record.whole(named.id(base.to_u64().ok()?))
    }

    pub(crate) fn read_register(&self, context: Context, name: &str) -> Result<RegisterValue, Error> {
        let (context, part) = self.named(context, name)?;
        self.read_part(context, part)
    }

    pub(crate) fn read_part(&self, context: Context, part: RegisterPart) -> Result<RegisterValue, Error> {
        let layout = self.dump.layout();
        if let Some(value) = layout.record_of(context).and_then(|record| record.derived(part)) {
            let mut bytes = value.to_le_bytes().to_vec();
            bytes.resize(part.size(), 0);
            return Ok(RegisterValue::new(bytes, part.bits));
        }
        let resolved = layout.resolve_part(context, part)?;
        let mut bytes = vec![0; part.size()];
        self.resolved_bytes(&resolved, &mut bytes)?;
        layout.byte_order().reorder(&mut bytes);
        Ok(RegisterValue::new(bytes, part.bits))
    }

    /// The registers of a context: the whole ones, or the widest parts of them that their record has, and vectors at every width that it
    /// has.
    pub(crate) fn registers(&self, context: Context) -> Result<Vec<HeldRegister>, Error> {
        let layout = self.dump.layout();
        let thread = layout.thread(context)?;
        let Context::Thread(index, choice) = context else { return Err(AccessError::NeedsThread.into()) };
        let records = thread.chosen(choice);
        let Some(record) = records.first() else {
            return Err(layout.no_record(index, choice).into());
        };
        let context = Context::Thread(index, record.kind.choice());
        let registers = record.registers();
        let is_vector = |register: &RegisterName| {
            register.view.is_some() && register.group == Group::Vector && register.bits >= 128
        };
        let narrower = |register: &RegisterName| {
            let widest = record.widest(register.id).filter(|_| register.view.is_none());
            widest.filter(|part| !registers.get(part.id).is_some_and(is_vector))
        };
        let listed = registers.iter().filter(|register| register.view.is_none() || is_vector(register));
        let parts = listed.filter_map(|register| {
            let part = RegisterPart::new(register.id, register.bits);
            let whole = record.derived(part).map(|_| part).or_else(|| record.whole(register.id));
            whole.or_else(|| narrower(register))
        });
        let read = self.read_ahead(record);
        let view = View { read: &read, ..*self };
        parts.map(|part| Ok(HeldRegister { part, value: view.read_part(context, part)? })).collect()
    }
}

impl View<'_> {
    /// Whether the bytes of a piece are valid, and not the initial value of its register.
    pub(crate) fn counts(&self, piece: &Piece) -> Result<bool, Error> {
        match &piece.gate {
            None => Ok(true),
            Some(gate) => Ok(self.gate_bits(gate.file_offset)? & gate.mask != 0),
        }
    }

    /// Whether the file has these bytes.
    pub(crate) fn holds(&self, FileBytes { file_offset, bytes }: &FileBytes) -> Result<bool, Error> {
        let mut held = vec![0; bytes.len()];
        self.file_bytes(*file_offset, &mut held)?;
        Ok(held == *bytes)
    }
}

/// The bytes of the initial value behind a gate.
pub(crate) fn initial_bytes(gate: &Gate, into: &mut [u8]) {
    into.fill(0);
    into.iter_mut().zip(gate.initial.to_le_bytes()).for_each(|(byte, initial)| *byte = initial);
}
