//! Threads, and the context records that hold their registers.

use crate::location::{Location, RecordChoice};
use crate::machine::ByteOrder;
use crate::register::{BlockKind, RecordFormat, RegisterId, RegisterPart, Run};

/// A thread of the dumped process.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Its id, as the dump gives it.
    pub tid: u64,
    /// Its name, where the dump has one.
    pub name: Option<String>,
    /// Its records: the thread's own first, then those of exceptions, then the one in memory.
    pub records: Vec<ContextRecord>,
}

impl Thread {
    /// The first record of a kind.
    pub fn record(&self, kind: RecordKind) -> Option<&ContextRecord> {
        self.records.iter().find(|record| record.kind == kind)
    }

    /// The effective record: the exception's, else the thread's.
    pub fn effective(&self) -> Option<&ContextRecord> {
        self.record(RecordKind::Exception).or_else(|| self.record(RecordKind::Thread))
    }

    /// The records that a choice means, the effective one first. `Auto` means the effective one alone.
    pub fn chosen(&self, choice: RecordChoice) -> Vec<&ContextRecord> {
        match choice {
            RecordChoice::Auto => self.effective().into_iter().collect(),
            RecordChoice::Thread => self.record(RecordKind::Thread).into_iter().collect(),
            RecordChoice::Exception => self.record(RecordKind::Exception).into_iter().collect(),
            RecordChoice::Wow64 => self.record(RecordKind::Wow64).into_iter().collect(),
            RecordChoice::Both => {
                let of = |kind| self.records.iter().filter(move |record| record.kind == kind);
                of(RecordKind::Exception).chain(of(RecordKind::Thread)).collect()
            }
        }
    }
}

/// Where a context record comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordKind {
    /// The thread's own list entry or notes.
    Thread,
    /// An exception that names the thread.
    Exception,
    /// The 32-bit context that WOW64 keeps in the thread's memory.
    Wow64,
}

impl RecordKind {
    /// The kind's name in JSON and in messages.
    pub fn name(self) -> &'static str {
        match self {
            RecordKind::Thread => "thread",
            RecordKind::Exception => "exception",
            RecordKind::Wow64 => "wow64",
        }
    }

    /// The choice that means this record alone.
    pub fn choice(self) -> RecordChoice {
        match self {
            RecordKind::Thread => RecordChoice::Thread,
            RecordKind::Exception => RecordChoice::Exception,
            RecordKind::Wow64 => RecordChoice::Wow64,
        }
    }
}

/// A stretch of file bytes that a record's runs count from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Which one it is.
    pub kind: BlockKind,
    /// Where it begins in the file, in bytes.
    pub file_offset: u64,
    /// Its size in bytes, never past the end of the file.
    pub size: u64,
}

/// One set of a thread's registers in the file.
#[derive(Clone, Debug)]
pub struct ContextRecord {
    /// Where it comes from.
    pub kind: RecordKind,
    /// Its table.
    pub format: &'static RecordFormat,
    /// Its file bytes; the first is the record itself.
    pub blocks: Vec<Block>,
    /// Its address, where it lies in the thread's memory: its bytes are then memory, all copies of which change.
    pub address: Option<u64>,
    /// The groups that its flags name, as the tables' `needs` count them; all ones where there are no flags.
    pub flags: u32,
}

impl ContextRecord {
    /// File offset and size in bytes of the record itself.
    pub fn place(&self) -> (u64, u64) {
        self.blocks.first().map_or((0, 0), |block| (block.file_offset, block.size))
    }

    /// The address of some of its bytes, where it lies in memory.
    pub(crate) fn address_of(&self, file_offset: u64) -> Option<u64> {
        self.address?.checked_add(file_offset.checked_sub(self.place().0)?)
    }

    /// Whether another record's registers stand in the same places.
    pub(crate) fn stands_as(&self, other: &ContextRecord) -> bool {
        (self.kind, self.address, self.flags) == (other.kind, other.address, other.flags)
            && std::ptr::eq(self.format, other.format)
            && self.blocks == other.blocks
    }

    /// The block of a kind.
    pub fn block(&self, kind: BlockKind) -> Option<&Block> {
        self.blocks.iter().find(|block| block.kind == kind)
    }

    /// Whether the record holds all bits of a register or a lane.
    pub fn holds(&self, part: RegisterPart) -> bool {
        let Some((_, at_bit, bits)) = self.format.machine.registers().whole(part) else { return false };
        let mut missing: Vec<(u16, u16)> = vec![(at_bit, at_bit.saturating_add(bits))];
        for slot in self.slots(part) {
            let (from, to) = (slot.at_bit, slot.at_bit.saturating_add(slot.bits));
            missing = missing
                .into_iter()
                .flat_map(|(first, end)| [(first, end.min(from)), (first.max(to), end)])
                .filter(|(first, end)| first < end)
                .collect();
        }
        missing.is_empty()
    }

    /// The stretches of file bytes that hold bits of the part's whole register, in the order of the table.
    pub(crate) fn slots(&self, part: RegisterPart) -> impl Iterator<Item = Slot> + '_ {
        let registers = self.format.machine.registers();
        let whole = registers.whole(part);
        self.format.runs.iter().filter_map(move |run| {
            let (id, at_bit, bits) = whole?;
            let first = registers.find(run.first)?;
            let slot = self.slot(run, first, id.0.checked_sub(first.0)?)?;
            let meets =
                slot.at_bit < at_bit.saturating_add(bits) && at_bit < slot.at_bit.saturating_add(slot.bits);
            meets.then_some(slot)
        })
    }

    /// The `index`-th register of a run, whose first register has the id `first`, where this record has it.
    pub(crate) fn slot(&self, run: &'static Run, first: RegisterId, index: u16) -> Option<Slot> {
        if index >= run.count || (run.needs != 0 && run.needs & self.flags == 0) {
            return None;
        }
        let id = RegisterId(first.0.checked_add(index)?);
        let bits = if run.bits == 0 { self.format.machine.registers().get(id)?.bits } else { run.bits };
        let block = self.block(run.block)?;
        let byte = u64::from(run.byte).checked_add(u64::from(run.stride).checked_mul(u64::from(index))?)?;
        let end = byte.checked_add(u64::from(bits.div_ceil(8)))?;
        (end <= block.size).then_some(Slot {
            at_bit: run.at_bit,
            bits,
            file_offset: block.file_offset.checked_add(byte)?,
            gate: run.gate,
            initial: run.initial,
        })
    }

    /// The register that a file byte belongs to.
    pub(crate) fn location_of(&self, file_offset: u64, order: ByteOrder) -> Option<Location> {
        let registers = self.format.machine.registers();
        self.format.runs.iter().find_map(|run| {
            let first = registers.find(run.first)?;
            (0..run.count).find_map(|index| {
                let slot = self.slot(run, first, index)?;
                let within = file_offset.checked_sub(slot.file_offset)?;
                if within >= u64::from(slot.bits.div_ceil(8)) {
                    return None;
                }
                let id = RegisterId(first.0.checked_add(index)?);
                let part = RegisterPart { id, at_bit: 0, bits: registers.get(id)?.bits };
                let before = match order {
                    ByteOrder::Little => slot.at_bit,
                    ByteOrder::Big => part.bits.checked_sub(slot.at_bit.checked_add(slot.bits)?)?,
                };
                Some(Location::from(part).offset(u64::from(before / 8).checked_add(within)?))
            })
        })
    }

    /// The registers that begin to count when the XSAVE header goes from `old` to `new`: the file offset and the
    /// initial bytes of each, which have to be written out so that they keep reading as before.
    pub fn waking(&self, old: u64, new: u64) -> Vec<(u64, Vec<u8>)> {
        let mut initial = Vec::new();
        for run in self.format.runs {
            if run.gate == 0 || run.gate & old != 0 || run.gate & new == 0 {
                continue;
            }
            let Some(first) = self.format.machine.registers().find(run.first) else { continue };
            for index in 0..run.count {
                if let Some(slot) = self.slot(run, first, index) {
                    let size = usize::from(slot.bits.div_ceil(8));
                    let mut bytes = run.initial.to_le_bytes().to_vec();
                    bytes.resize(size, 0);
                    initial.push((slot.file_offset, bytes));
                }
            }
        }
        initial
    }
}

/// Where some bits of a register stand in the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    pub(crate) at_bit: u16,
    pub(crate) bits: u16,
    pub(crate) file_offset: u64,
    pub(crate) gate: u64,
    pub(crate) initial: u64,
}
