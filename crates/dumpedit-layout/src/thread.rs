//! Threads, and the context records that hold their registers.

use std::cmp::Reverse;

use crate::byte_order::ByteOrder;
use crate::location::{Location, RecordChoice};
use crate::record_format::{BlockKind, RecordFormat, Run};
use crate::register::{RegisterId, RegisterName, RegisterPart, Registers};
use crate::span::{FileBytes, Place, Span, joined};

/// A thread of the dumped process.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Thread {
    /// Thread id, as the dump gives it.
    pub tid: u64,
    /// Its name, where the dump has one.
    pub name: Option<String>,
    /// Address of its environment block (Windows' TEB), where the dump has it; in a 64-bit dump of WOW64, of the 64-bit block.
    pub environment: Option<u64>,
    /// Its records: the thread's own first, then those of exceptions, then the one in memory.
    pub records: Vec<ContextRecord>,
}

impl Thread {
    /// A thread without records.
    pub fn new(tid: u64, name: Option<String>) -> Thread {
        Thread { tid, name, environment: None, records: Vec::new() }
    }

    /// The first record of a kind.
    pub fn record(&self, kind: RecordKind) -> Option<&ContextRecord> {
        self.records.iter().find(|record| record.kind == kind)
    }

    /// The effective record: the exception's, else the thread's.
    pub fn effective(&self) -> Option<&ContextRecord> {
        self.record(RecordKind::Exception).or_else(|| self.record(RecordKind::Thread))
    }

    /// The records of a choice, the effective one first. `Auto` has the effective one only.
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

/// Source of a context record.
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

    /// The choice of this record only.
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
#[non_exhaustive]
pub struct Block {
    /// Kind of the block.
    pub kind: BlockKind,
    /// File offset, in bytes.
    pub file_offset: u64,
    /// Its size in bytes, never past the end of the file.
    pub size: u64,
    /// Width of each of its scalable registers, in bits; they are consecutive. 0 where the table has all widths.
    pub register_bits: u32,
}

impl Block {
    /// A block of registers whose widths are in the table.
    pub fn new(kind: BlockKind, file_offset: u64, size: u64) -> Block {
        Block { kind, file_offset, size, register_bits: 0 }
    }

    /// File bytes of the block.
    pub fn place(&self) -> Place {
        Place { file_offset: self.file_offset, size: self.size }
    }

    /// The same block with scalable registers of `register_bits` bits each.
    pub fn scaled(self, register_bits: u32) -> Block {
        Block { register_bits, ..self }
    }
}

/// A name of a ring's register in one record only: another register says where the window of names begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedHere {
    /// The name.
    pub name: &'static str,
    /// Index in the window.
    pub index: u16,
    /// First register of the ring.
    pub first: RegisterId,
    /// Number of registers in the ring.
    pub count: u16,
    /// Register that says where the window begins.
    pub base: RegisterId,
    /// Number of registers that `base` counts by.
    pub step: u16,
    /// Value of `base` in the dump.
    pub begin: u64,
}

impl NamedHere {
    /// The names of a window, each with its index in it, over a ring of `count` registers from `first` on. `base` says where the window
    /// begins, in units of so many registers, and has the value `begin`.
    pub fn of_window(
        names: impl IntoIterator<Item = (&'static str, u16)>,
        (first, count): (RegisterId, u16),
        (base, step): (RegisterId, u16),
        begin: u64,
    ) -> Vec<NamedHere> {
        let named = |(name, index)| NamedHere { name, index, first, count, base, step, begin };
        names.into_iter().map(named).collect()
    }

    /// The register with the name while `base` has a value.
    pub fn id(&self, base: u64) -> RegisterId {
        let count = u64::from(self.count).max(1);
        let begin = (base % count).saturating_mul(self.step.into());
        let at = begin.saturating_add(self.index.into()) % count;
        RegisterId(self.first.0.saturating_add(u16::try_from(at).unwrap_or(0)))
    }
}

/// A register whose value follows from the shape of its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Derived {
    /// The register.
    pub id: RegisterId,
    /// Its value.
    pub value: u64,
}

impl Derived {
    /// A register and its value.
    pub fn new(id: RegisterId, value: u64) -> Derived {
        Derived { id, value }
    }
}

/// One set of a thread's registers in the file.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ContextRecord {
    /// Source of the record.
    pub kind: RecordKind,
    /// Table of the record.
    pub format: &'static RecordFormat,
    /// File bytes; the first block is the record itself.
    pub blocks: Vec<Block>,
    /// Address, where it lies in the thread's memory: its bytes are then memory, and all copies change.
    pub address: Option<u64>,
    /// Groups of registers that are present, as `needs` of the tables counts them; all ones where the record has no flags.
    pub flags: u32,
    /// Registers whose value follows from the record's shape, with that value: they can be read and not set.
    pub derived: Vec<Derived>,
    /// Names that registers have in this record only: those of Xtensa's window, and the generic ones that follow from it.
    pub named: Vec<NamedHere>,
    /// XSAVE components that may be present, but whose place the dump does not give.
    pub unplaced: u64,
    /// An oddity that an editor of the record should know.
    pub oddity: Option<&'static str>,
    /// Byte order of the layout.
    pub(crate) byte_order: ByteOrder,
}

impl ContextRecord {
    /// A record with all groups present and without anything else.
    pub fn new(kind: RecordKind, format: &'static RecordFormat, blocks: Vec<Block>) -> Self {
        let zeros = format.machine.registers().zeros();
        ContextRecord {
            kind,
            format,
            blocks,
            address: None,
            flags: u32::MAX,
            derived: zeros.map(|id| Derived { id, value: 0 }).collect(),
            named: Vec::new(),
            unplaced: 0,
            oddity: None,
            byte_order: ByteOrder::Little,
        }
    }

    /// File bytes of the record itself.
    pub fn place(&self) -> Place {
        self.blocks.first().map_or_else(Place::default, |block| block.place())
    }

    /// Address of a file offset in the record, where it lies in memory.
    pub(crate) fn address_of(&self, file_offset: u64) -> Option<u64> {
        self.address?.checked_add(file_offset.checked_sub(self.place().file_offset)?)
    }

    /// Whether another record has its registers in the same places.
    pub(crate) fn stands_as(&self, other: &ContextRecord) -> bool {
        (self.kind, self.address, self.flags) == (other.kind, other.address, other.flags)
            && std::ptr::eq(self.format, other.format)
            && self.blocks == other.blocks
    }

    /// The block of a kind.
    pub fn block(&self, kind: BlockKind) -> Option<&Block> {
        self.blocks.iter().find(|block| block.kind == kind)
    }

    /// Parses a part of a register: a register of the machine, or one by a name in this record only.
    pub fn part(&self, text: &str) -> Option<RegisterPart> {
        let own = || self.named_here(text).and_then(|named| self.whole(named.id(named.begin)));
        self.registers().part(text).or_else(own)
    }

    /// The register that has this name in this record only.
    pub fn named_here(&self, text: &str) -> Option<&NamedHere> {
        let named = self.named.iter().find(|named| named.name.eq_ignore_ascii_case(text))?;
        self.registers().part(text).is_none().then_some(named)
    }

    /// Registers of the record's machine.
    pub fn registers(&self) -> &'static Registers {
        self.format.machine.registers()
    }

    /// Whether the record holds all bits of a register or a lane.
    pub fn holds(&self, part: RegisterPart) -> bool {
        let Some((_, at_bit, bits)) = self.registers().whole(part) else { return false };
        let mut missing: Vec<(u32, u32)> = vec![(at_bit, at_bit.saturating_add(bits))];
        let mut scaled = self.registers().get(part.id).is_some_and(|name| !name.scalable);
        for slot in self.slots(part) {
            scaled |= slot.scaled;
            missing = missing
                .into_iter()
                .flat_map(|(first, end)| [(first, end.min(slot.at_bit)), (first.max(slot.end()), end)])
                .filter(|(first, end)| first < end)
                .collect();
        }
        missing.is_empty() && scaled
    }

    /// The whole of a register at its width in this record; `None` where the record does not hold all of it.
    pub fn whole(&self, id: RegisterId) -> Option<RegisterPart> {
        let name = self.registers().get(id)?;
        let bits = match name.scalable {
            false => name.bits,
            true => self.all_slots(id).find(|slot| slot.scaled)?.bits,
        };
        Some(RegisterPart::new(id, bits)).filter(|part| self.holds(*part))
    }

    /// The whole of a register, or else the widest of its sub-registers that the record holds; of equal ones the lowest.
    pub fn widest(&self, id: RegisterId) -> Option<RegisterPart> {
        let held = |name: &RegisterName| {
            let at_bit = name.view.filter(|view| view.parent == id)?.at_bit;
            let part = self.whole(name.id).filter(|_| name.kept == 0)?;
            Some(((part.bits, Reverse(at_bit)), part))
        };
        let parts = || self.registers().iter().filter_map(held).max_by_key(|(rank, _)| *rank);
        self.whole(id).or_else(|| parts().map(|(_, part)| part))
    }

    /// A scalable register at the width of this record; any other part as it is.
    pub fn fitted(&self, part: RegisterPart) -> RegisterPart {
        let Some(name) = self.registers().get(part.id).filter(|name| name.scalable) else { return part };
        let is_whole = part.at_bit == 0 && part.bits == name.bits;
        let bits = is_whole.then(|| self.whole(part.id)).flatten().map_or(part.bits, |whole| whole.bits);
        RegisterPart { bits, ..part }
    }

    /// The text of a part of one of the record's registers, of which [`fitted`](ContextRecord::fitted) makes the part again.
    pub fn name(&self, part: RegisterPart) -> String {
        let is_whole =
            self.whole(part.id).is_some_and(|whole| (whole.at_bit, whole.bits) == (part.at_bit, part.bits));
        if is_whole { self.registers().written(part, true) } else { self.registers().display(part) }
    }

    /// Names of some bits of a register, in all copies or in one: the register at its width in this record, or those of
    /// [`Registers::parts_of`].
    pub fn parts_of(&self, id: RegisterId, at_bit: u32, bits: u32, copy: Option<u8>) -> Vec<RegisterPart> {
        let whole = self.whole(id).filter(|whole| at_bit == 0 && whole.bits == bits);
        let whole = whole.map(|whole| RegisterPart { copy, ..whole }).filter(|whole| self.holds(*whole));
        let parts = || self.registers().parts_of(id, at_bit, bits).into_iter();
        whole.map_or_else(|| parts().map(|part| RegisterPart { copy, ..part }).collect(), |whole| vec![whole])
    }

    /// Value of a register that follows from the record's shape.
    pub fn derived(&self, part: RegisterPart) -> Option<u64> {
        let derived = self.derived.iter().find(|derived| derived.id == part.id)?;
        let shifted = derived.value.checked_shr(part.at_bit).unwrap_or(0);
        Some(shifted & u64::MAX.checked_shr(64u32.saturating_sub(part.bits)).unwrap_or(u64::MAX))
    }

    /// Whether the register may be in an XSAVE component whose place the dump does not give.
    pub(crate) fn is_unplaced(&self, part: RegisterPart) -> bool {
        let Some((whole, ..)) = self.registers().whole(part) else { return false };
        self.format.runs_of(whole).any(|(_, run, _)| match run.block {
            BlockKind::Xstate(number) => self.unplaced.checked_shr(number.into()).unwrap_or(0) & 1 == 1,
            _ => false,
        })
    }

    /// The stretches of file bytes with bits of a whole register, in the order of the table.
    fn all_slots(&self, whole: RegisterId) -> impl Iterator<Item = Slot> + '_ {
        let mut before: Vec<(u32, u32)> = Vec::new();
        self.format.runs_of(whole).filter_map(move |(at, run, index)| {
            let mut slot = self.slot(run, whole, index)?;
            let copies =
                before.iter().filter(|(first, end)| *first < slot.end() && slot.at_bit < *end).count();
            before.push((slot.at_bit, slot.end()));
            slot.copy = u8::try_from(copies).ok()?.checked_add(1)?;
            slot.run = at;
            Some(slot)
        })
    }

    /// The stretches of file bytes with bits of a part, in the copies that it means, in the order of the table.
    pub(crate) fn slots(&self, part: RegisterPart) -> impl Iterator<Item = Slot> + '_ {
        self.registers().whole(part).into_iter().flat_map(move |(whole, at_bit, bits)| {
            let meets = move |slot: &Slot| slot.at_bit < at_bit.saturating_add(bits) && at_bit < slot.end();
            let meant = move |slot: &Slot| part.copy.is_none_or(|copy| copy == slot.copy);
            self.all_slots(whole).filter(meets).filter(meant)
        })
    }

    /// The bits of a whole register that are together in the file, copy by copy, in the order in which reads prefer them.
    pub fn cells(&self, whole: RegisterId) -> Vec<Cell> {
        let cell = |Slot { run, copy, at_bit, bits, gate, .. }| Cell { run, copy, at_bit, bits, gate };
        self.all_slots(whole).map(cell).collect()
    }

    /// The slot of the `index`-th register of a run, which has the id `whole`, where this record has it.
    fn slot(&self, run: &'static Run, whole: RegisterId, index: u16) -> Option<Slot> {
        if index >= run.count || (run.needs != 0 && run.needs & self.flags == 0) {
            return None;
        }
        let block = self.block(run.block)?;
        let name = self.registers().get(whole)?;
        let scaled = name.scalable && block.register_bits != 0;
        let (bits, stride) = match (scaled, run.bits) {
            (true, _) => (block.register_bits.min(name.bits), block.register_bits / 8),
            (false, 0) => (name.bits, run.stride),
            (false, bits) => (bits, run.stride),
        };
        let size = bits.div_ceil(8);
        let word = run.word.max(size);
        let low_end = match self.byte_order {
            ByteOrder::Little => 0,
            ByteOrder::Big => word.saturating_sub(size),
        };
        let byte = u64::from(run.byte).checked_add(u64::from(stride).checked_mul(u64::from(index))?)?;
        let end = byte.checked_add(u64::from(word))?;
        (end <= block.size).then_some(Slot {
            run: 0,
            copy: 1,
            at_bit: run.at_bit,
            bits,
            file_offset: block.file_offset.checked_add(byte)?.checked_add(u64::from(low_end))?,
            gate: run.gate,
            initial: run.initial,
            little: run.little,
            scaled,
        })
    }

    /// The slots of all registers of a run at an index of the table.
    fn slots_of(&self, at: usize, run: &'static Run) -> impl Iterator<Item = (RegisterId, Slot)> + '_ {
        let first = self.format.first(at);
        (0..run.count).filter_map(move |index| {
            let id = RegisterId(first?.0.checked_add(index)?);
            Some((id, self.slot(run, id, index)?))
        })
    }

    /// File bytes of its blocks that belong to no register, block by block.
    pub fn beside_registers(&self) -> Vec<Span> {
        let slots = self.format.runs.iter().enumerate().flat_map(|(at, run)| self.slots_of(at, run));
        let named = joined(
            slots.filter_map(|(_, slot)| Span::of(slot.file_offset, u64::from(slot.bits.div_ceil(8)))),
        );
        let mut beside = Vec::new();
        for Span { first, last } in
            self.blocks.iter().filter_map(|block| Span::of(block.file_offset, block.size))
        {
            let mut from = Some(first);
            for named in named.iter().filter(|named| named.first <= last && first <= named.last) {
                if let Some(first) = from.filter(|first| *first < named.first) {
                    beside.push(Span { first, last: named.first.saturating_sub(1) });
                }
                from = named.last.checked_add(1);
            }
            beside.extend(from.filter(|first| *first <= last).map(|first| Span { first, last }));
        }
        beside
    }

    /// The register of a file byte.
    pub(crate) fn location_of(&self, file_offset: u64) -> Option<Location> {
        self.format.runs.iter().enumerate().flat_map(|(at, run)| self.slots_of(at, run)).find_map(
            |(id, slot)| {
                let stored = u64::from(slot.bits.div_ceil(8));
                let within = file_offset.checked_sub(slot.file_offset).filter(|within| *within < stored)?;
                let within = match slot.is_reversed(self.byte_order) {
                    true => stored.checked_sub(1)?.checked_sub(within)?,
                    false => within,
                };
                let part = self.widest(id)?;
                let (_, first, bits) = self.registers().whole(part)?;
                let from_low = slot.at_bit.checked_sub(first)?;
                let from_high = first.checked_add(bits)?.checked_sub(slot.end())?;
                let before = match self.byte_order {
                    ByteOrder::Little => from_low,
                    ByteOrder::Big => from_high,
                };
                Some(Location::from(part).offset(u64::from(before / 8).checked_add(within)?))
            },
        )
    }

    /// Initial bytes of the registers that begin to count when the XSAVE header changes from `old` to `new`: they have to be written, so
    /// that these registers read as before.
    pub fn waking(&self, old: u64, new: u64) -> Vec<FileBytes> {
        self.gated(|gate| gate & old == 0 && gate & new != 0)
    }

    /// Initial bytes of the registers that stop counting when the XSAVE header changes from `old` to `new`: the registers must have these
    /// values to read as before.
    pub fn resting(&self, old: u64, new: u64) -> Vec<FileBytes> {
        self.gated(|gate| gate & old != 0 && gate & new == 0)
    }

    /// Initial bytes of the registers whose components satisfy a condition.
    fn gated(&self, asked: impl Fn(u64) -> bool) -> Vec<FileBytes> {
        let runs = self.format.runs.iter().enumerate().filter(|(_, run)| run.gate != 0 && asked(run.gate));
        let slots = runs.flat_map(|(at, run)| self.slots_of(at, run));
        let initial = |slot: Slot| FileBytes { file_offset: slot.file_offset, bytes: slot.initial_bytes() };
        slots.map(|(_, slot)| initial(slot)).collect()
    }
}

/// Bits of a whole register that are together in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cell {
    /// Index of the run in the record's table.
    pub run: usize,
    /// Copy of these bits, from 1.
    pub copy: u8,
    /// Lowest bit.
    pub at_bit: u32,
    /// Number of bits.
    pub bits: u32,
    /// XSAVE components, any of which makes the bits count; 0 where they always do.
    pub gate: u64,
}

impl Cell {
    /// The bit behind the highest.
    pub fn end(&self) -> u32 {
        self.at_bit.saturating_add(self.bits)
    }
}

/// Place of some bits of a register in the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    run: usize,
    copy: u8,
    pub(crate) at_bit: u32,
    pub(crate) bits: u32,
    pub(crate) file_offset: u64,
    pub(crate) gate: u64,
    pub(crate) initial: u64,
    little: bool,
    scaled: bool,
}

impl Slot {
    /// The bit behind the highest.
    pub(crate) fn end(&self) -> u32 {
        self.at_bit.saturating_add(self.bits)
    }

    /// Whether its byte order is not the target's.
    pub(crate) fn is_reversed(&self, order: ByteOrder) -> bool {
        self.little && order == ByteOrder::Big
    }

    /// Value while its components are not in use. Only little-endian machines have such slots.
    fn initial_bytes(&self) -> Vec<u8> {
        let mut bytes = self.initial.to_le_bytes().to_vec();
        bytes.resize(usize::try_from(self.bits.div_ceil(8)).unwrap_or(0), 0);
        bytes
    }
}
