//! Compares the registers of matched threads, record by record: by register id, so that records of different formats compare.

use std::collections::HashSet;
use std::ops::ControlFlow;

use dumpedit_layout::{
    Block, BlockKind, Cell, Context, ContextRecord, Group, Layout, Machine, Notice, NoticeKind, RecordFormat,
    RecordKind, RegisterId, RegisterName, RegisterPart, Registers, Run, Span, Thread, ThreadIndex,
};

use super::Diff;
use super::fields::Difference;
use super::memory::read_into;
use super::side::{DiffError, Side};
use super::threads::{self, ThreadPair};
use crate::number::RegisterValue;
use crate::view::View;

/// A register whose values differ.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegisterDifference {
    /// The register, or of a vector the narrowest named part with the difference; one of its copies where the copies in a record differ.
    pub part: RegisterPart,
    /// Name in A.
    pub name: String,
    /// Value in A.
    pub old: RegisterValue,
    /// Value in B.
    pub new: RegisterValue,
}

/// Two matching records that differ.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordDifference {
    /// The thread in A.
    pub thread: ThreadIndex,
    /// Id of the thread.
    pub tid: u64,
    /// The thread in B.
    pub other: ThreadIndex,
    /// Kind of the record in A, or of the only one.
    pub kind: RecordKind,
    /// Machine of the registers.
    pub machine: Machine,
    /// Whether both records hold a register; if not, all registers differ.
    pub has_common: bool,
    /// Registers whose values differ, in the machine's order.
    pub registers: Vec<RegisterDifference>,
    /// Registers that only the record of A holds, or holds wider.
    pub only_in_a: Vec<&'static str>,
    /// Registers that only the record of B holds, or holds wider.
    pub only_in_b: Vec<&'static str>,
}

/// A record of A and the matching one of B.
#[derive(Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) a: (ThreadIndex, &'a ContextRecord),
    pub(super) b: (ThreadIndex, &'a ContextRecord),
}

impl Pair<'_> {
    pub(super) fn context_a(&self) -> Context {
        Context::Thread(self.a.0, self.a.1.kind.choice())
    }

    pub(super) fn context_b(&self) -> Context {
        Context::Thread(self.b.0, self.b.1.kind.choice())
    }

    fn registers(&self) -> &'static Registers {
        self.a.1.format.machine.registers()
    }

    /// Whether both records have the same bytes at the same places, and their registers have no other place.
    pub(super) fn is_equal(&self, diff: &Diff) -> Result<bool, DiffError> {
        let (a, b) = (self.a.1, self.b.1);
        let same_shape =
            RegisterSet::of(a) == RegisterSet::of(b) && a.address.is_none() && b.address.is_none();
        if !same_shape {
            return Ok(false);
        }
        let (mut old, mut new) = (Vec::new(), Vec::new());
        for (one, other) in a.blocks.iter().zip(&b.blocks) {
            // No record is nearly as long as this; longer ones are compared register by register.
            let Some(size) = usize::try_from(one.size).ok().filter(|size| *size <= 1 << 16) else {
                return Ok(false);
            };
            old.resize(size, 0);
            new.resize(size, 0);
            read_into(&diff.a, Side::A, one.file_offset, &mut old)?;
            read_into(&diff.b, Side::B, other.file_offset, &mut new)?;
            if old != new {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The properties that decide which registers a record holds.
#[derive(Clone, PartialEq, Eq)]
struct RegisterSet {
    format: *const RecordFormat,
    flags: u32,
    blocks: Vec<(BlockKind, u64, u32)>,
    derived: Vec<RegisterId>,
}

impl RegisterSet {
    fn of(record: &ContextRecord) -> RegisterSet {
        let blocks =
            record.blocks.iter().map(|block| (block.kind, block.size, block.register_bits)).collect();
        let derived = record.derived.iter().map(|derived| derived.id).collect();
        RegisterSet { format: record.format, flags: record.flags, blocks, derived }
    }
}

/// The common registers of two records.
#[derive(Default)]
pub(super) struct Parts {
    /// Registers in both records, in their common width.
    pub(super) common: Vec<RegisterPart>,
    pub(super) only_in_a: Vec<&'static str>,
    pub(super) only_in_b: Vec<&'static str>,
}

impl Parts {
    pub(super) fn of(a: &ContextRecord, b: &ContextRecord) -> Parts {
        let registers = a.registers();
        if !share_tables(a, b) {
            return Parts { common: Vec::new(), only_in_a: all_names(a), only_in_b: all_names(b) };
        }
        let mut parts = Parts::default();
        // Bits of components in use have the same meaning only in areas of one kind.
        let is_header = |run: &Run| run.block == BlockKind::XstateHeader;
        let header =
            a.format.runs.iter().find(|run| is_header(run)).and_then(|run| registers.find(run.first));
        let header = header.filter(|_| !std::ptr::eq(a.format, b.format));
        let compared = |register: &&RegisterName| register.view.is_none() && Some(register.id) != header;
        for RegisterName { id, .. } in registers.iter().filter(compared) {
            let id = *id;
            let (in_a, in_b) = (held(a, id), held(b, id));
            let (one, other) = (in_a.map_or(0, |part| part.bits), in_b.map_or(0, |part| part.bits));
            let narrower = if one < other { in_a } else { in_b };
            match narrower.filter(|part| part.bits > 0 && one > 0 && other > 0) {
                Some(part) if part.id == id && one != other => {
                    parts.common.extend(registers.parts_of(id, 0, part.bits));
                }
                common => parts.common.extend(common),
            }
            parts.only_in_a.extend((one > other).then(|| in_a.map(|part| registers.name(part.id))).flatten());
            parts.only_in_b.extend((other > one).then(|| in_b.map(|part| registers.name(part.id))).flatten());
        }
        parts
    }
}

/// Whether the registers of both records are those of one machine.
fn share_tables(a: &ContextRecord, b: &ContextRecord) -> bool {
    std::ptr::eq(a.registers(), b.registers())
}

/// Names of all registers of a record, views left out.
fn all_names(record: &ContextRecord) -> Vec<&'static str> {
    let registers = record.registers();
    let whole = registers.iter().filter(|register| register.view.is_none());
    whole.filter_map(|register| held(record, register.id)).map(|part| registers.name(part.id)).collect()
}

/// The whole register, as wide as the record has it.
fn held(record: &ContextRecord, id: RegisterId) -> Option<RegisterPart> {
    let derived = record.registers().get(id).map(|name| RegisterPart::new(id, name.bits));
    derived.filter(|part| record.derived(*part).is_some()).or_else(|| record.widest(id))
}

/// The named low parts of a vector, from 128 bits on.
fn views(registers: &Registers, whole: RegisterId) -> impl Iterator<Item = RegisterPart> {
    let is_vector = registers.get(whole).is_some_and(|register| register.group == Group::Vector);
    registers.iter().filter(move |_| is_vector).filter_map(move |register| {
        register.view.filter(|view| view.parent == whole && view.at_bit == 0 && register.bits >= 128)?;
        Some(RegisterPart::new(register.id, register.bits))
    })
}

impl Diff {
    /// Calls `each` for every context record that both dumps have and whose registers differ, in value or in presence.
    ///
    /// Where only one dump has an exception's record for a thread, the effective records are compared.
    ///
    /// # Errors
    /// [`DiffError`] where a dump cannot be read any more.
    pub fn registers(
        &self,
        each: &mut dyn FnMut(&RecordDifference) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, DiffError> {
        if self.is_whole() { compare(self, each) } else { Ok(ControlFlow::Continue(())) }
    }

    /// Notices of parts that were not compared, and why; such dumps are not equal.
    pub fn incomparable(&self) -> Vec<Notice> {
        incomparable(self)
    }
}

/// Notices of parts that cannot be compared, and of machines that differ.
fn incomparable(diff: &Diff) -> Vec<Notice> {
    let (a, b) = (diff.a.layout(), diff.b.layout());
    let mut notices = Vec::new();
    let how = if has_comparable_records(diff) {
        "the registers of contexts of one machine are compared"
    } else {
        "registers are not compared"
    };
    let mut differ = |kind, what, a: &str, b: &str| {
        notices.push(Notice::new(kind, format!("the {what} differ ({a} and {b}): {how}")));
    };
    if !share_names(a, b) {
        differ(NoticeKind::MachinesDiffer, "machines", a.machine().name(), b.machine().name());
    }
    if a.byte_order() != b.byte_order() {
        differ(NoticeKind::ByteOrdersDiffer, "byte orders", a.byte_order().name(), b.byte_order().name());
    }
    notices
}

fn thread(layout: &Layout, index: ThreadIndex) -> Option<&Thread> {
    layout.threads().get(usize::try_from(index.0).ok()?)
}

/// Whether registers have the same ids in both.
fn share_names(a: &Layout, b: &Layout) -> bool {
    let [one, other] = [a.machine().registers(), b.machine().registers()];
    a.machine() == b.machine() || (!one.is_empty() && std::ptr::eq(one, other))
}

/// Whether any registers can be compared: the dumps are of one machine, or contexts of two matching threads are.
fn has_comparable_records(diff: &Diff) -> bool {
    let (a, b) = (diff.a.layout(), diff.b.layout());
    let is_of_one_machine = |pair: &ThreadPair| {
        let records = thread(a, pair.in_a).zip(thread(b, pair.in_b)).map(|(a, b)| threads::records(a, b));
        records.into_iter().flatten().any(|(a, b)| share_tables(a, b))
    };
    a.byte_order() == b.byte_order()
        && (share_names(a, b) || diff.threads().pairs.iter().any(is_of_one_machine))
}

/// Calls `each` with the matching records, thread by thread, and the common registers of each pair.
pub(super) fn pairs<E>(
    diff: &Diff,
    each: impl FnMut(Pair<'_>, &Parts) -> Result<ControlFlow<()>, E>,
) -> Result<ControlFlow<()>, E> {
    pairs_by(diff, |_, _| false, each)
}

/// As [`pairs`], but records of threads for which `by_kind` is true match only those of their kind.
pub(super) fn pairs_by<E>(
    diff: &Diff,
    by_kind: impl Fn(&Thread, &Thread) -> bool,
    mut each: impl FnMut(Pair<'_>, &Parts) -> Result<ControlFlow<()>, E>,
) -> Result<ControlFlow<()>, E> {
    let (a, b) = (diff.a.layout(), diff.b.layout());
    if !has_comparable_records(diff) {
        return Ok(ControlFlow::Continue(()));
    }
    // Most threads of a dump have records of the same shape.
    let mut shapes: Option<(RegisterSet, RegisterSet, Parts)> = None;
    for ThreadPair { in_a, in_b } in diff.threads().pairs {
        let (Some(thread_a), Some(thread_b)) = (thread(a, in_a), thread(b, in_b)) else { continue };
        let records = match by_kind(thread_a, thread_b) {
            true => threads::records_of_kinds(thread_a, thread_b),
            false => threads::records(thread_a, thread_b),
        };
        for (record_a, record_b) in records {
            let shape = (RegisterSet::of(record_a), RegisterSet::of(record_b));
            if shapes.as_ref().is_none_or(|(a, b, _)| *a != shape.0 || *b != shape.1) {
                shapes = Some((shape.0, shape.1, Parts::of(record_a, record_b)));
            }
            let Some((.., parts)) = &shapes else { continue };
            if each(Pair { a: (in_a, record_a), b: (in_b, record_b) }, parts)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Both dumps, in the state in which they are read.
#[derive(Clone, Copy)]
pub(super) struct Views<'a> {
    pub(super) a: View<'a>,
    pub(super) b: View<'a>,
}

/// Bits of a register in both records, and their values.
pub(super) struct Compared {
    /// Part in A's record.
    pub(super) part: RegisterPart,
    /// Part in B's record: another copy where A has copies that B lacks.
    pub(super) other: RegisterPart,
    pub(super) old: RegisterValue,
    pub(super) new: RegisterValue,
}

impl Compared {
    fn read(
        views: Views<'_>,
        pair: &Pair<'_>,
        part: RegisterPart,
        other: RegisterPart,
    ) -> Result<Compared, DiffError> {
        let old = views.a.read_part(pair.context_a(), part).map_err(Side::A.failed())?;
        let new = views.b.read_part(pair.context_b(), other).map_err(Side::B.failed())?;
        Ok(Compared { part, other, old, new })
    }

    pub(super) fn differs(&self) -> bool {
        self.old != self.new
    }

    /// The narrowest part with the difference: setting a larger part of a vector could change more of the record than its value.
    fn narrowed(self, views: Views<'_>, pair: &Pair<'_>) -> Result<Compared, DiffError> {
        let mut bytes = self.old.to_le_bytes().iter().zip(self.new.to_le_bytes());
        let Some(last) = bytes.rposition(|(old, new)| old != new) else { return Ok(self) };
        let registers = pair.registers();
        let view = registers.get(self.part.id).and_then(|register| register.view);
        let whole = view.map_or(self.part.id, |view| view.parent);
        let narrow = self::views(registers, whole)
            .filter(|narrow| narrow.bits < self.part.bits && self.part.at_bit == 0 && last < narrow.size())
            .min_by_key(|narrow| narrow.bits);
        match narrow {
            None => Ok(self),
            Some(narrow) => Compared::read(views, pair, narrow, narrow),
        }
    }
}

/// The values of a part in both records: of the part itself where all its copies agree in both, else of each copy that both have.
pub(super) fn compared(
    views: Views<'_>,
    pair: &Pair<'_>,
    part: RegisterPart,
) -> Result<Vec<Compared>, DiffError> {
    let (a, b) = (pair.a.1, pair.b.1);
    let Some(root) = a.registers().root(part) else { return Ok(Vec::new()) };
    let (whole, at_bit) = (root.parent, root.at_bit);
    let (in_a, in_b) = (a.cells(whole), b.cells(whole));
    let several = |cells: &[Cell]| cells.iter().any(|cell| cell.copy > 1);
    let agree = !std::ptr::eq(a.format, b.format)
        || ((!several(&in_a) || copies_agree(views.a, Side::A, pair.context_a(), part)?)
            && (!several(&in_b) || copies_agree(views.b, Side::B, pair.context_b(), part)?));
    if agree {
        return Ok(vec![Compared::read(views, pair, part, part)?.narrowed(views, pair)?]);
    }
    let mut found = Vec::new();
    for cell in in_a {
        let Some(other) = in_b.iter().find(|other| other.run == cell.run) else { continue };
        let end = cell.end().min(other.end()).min(at_bit.saturating_add(part.bits));
        let from = cell.at_bit.max(at_bit);
        for part in a.parts_of(whole, from, end.saturating_sub(from), Some(cell.copy)) {
            found.push(Compared::read(views, pair, part, part.copy(other.copy))?);
        }
    }
    Ok(found)
}

/// Whether all copies of a part have the value that reads give.
fn copies_agree(view: View<'_>, side: Side, context: Context, part: RegisterPart) -> Result<bool, DiffError> {
    let resolved = view.dump.layout().resolve_part(context, part);
    let resolved = resolved.map_err(|error| side.failed()(error.into()))?;
    Ok(view.differing_copies(&resolved).map_err(side.failed())?.is_none())
}

/// Reports every record whose registers differ.
fn compare(
    diff: &Diff,
    each: &mut dyn FnMut(&RecordDifference) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, DiffError> {
    let both = pairs(diff, |pair, parts| {
        let mut registers = Vec::new();
        if !pair.is_equal(diff)? {
            let views = Views { a: diff.a.view(), b: diff.b.view() };
            for &part in &parts.common {
                for found in compared(views, &pair, part)?.into_iter().filter(Compared::differs) {
                    let Compared { part, old, new, .. } = found;
                    registers.push(RegisterDifference { part, name: pair.a.1.name(part), old, new });
                }
            }
        }
        if registers.is_empty() && parts.only_in_a.is_empty() && parts.only_in_b.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        let (thread, record) = pair.a;
        let tid = diff.a.layout().thread(pair.context_a()).map_or(0, |thread| thread.tid);
        Ok(each(&RecordDifference {
            thread,
            tid,
            other: pair.b.0,
            kind: record.kind,
            machine: record.format.machine,
            has_common: !parts.common.is_empty(),
            registers,
            only_in_a: parts.only_in_a.clone(),
            only_in_b: parts.only_in_b.clone(),
        }))
    })?;
    Ok(if both.is_break() { both } else { one_sided(diff, each) })
}

/// Reports the registers of threads that have a record in one of the dumps only.
pub(super) fn one_sided(
    diff: &Diff,
    each: &mut dyn FnMut(&RecordDifference) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let (a, b) = (diff.a.layout(), diff.b.layout());
    for ThreadPair { in_a, in_b } in diff.threads().pairs {
        let (Some(thread_a), Some(thread_b)) = (thread(a, in_a), thread(b, in_b)) else { continue };
        let (record, names) = match (thread_a.effective(), thread_b.effective()) {
            (Some(record), None) => (record, [all_names(record), Vec::new()]),
            (None, Some(record)) => (record, [Vec::new(), all_names(record)]),
            _ => continue,
        };
        let [only_in_a, only_in_b] = names;
        each(&RecordDifference {
            thread: in_a,
            tid: thread_a.tid,
            other: in_b,
            kind: record.kind,
            machine: record.format.machine,
            has_common: false,
            registers: Vec::new(),
            only_in_a,
            only_in_b,
        })?;
    }
    ControlFlow::Continue(())
}

/// The records whose bytes outside of registers differ, `ContextFlags` among them: name, and file offset of the first difference in each
/// file.
pub(super) fn beside_registers(diff: &Diff, views: [View<'_>; 2]) -> Result<Vec<Difference>, DiffError> {
    let mut found = Vec::new();
    let mut known = HashSet::new();
    let _ = pairs(diff, |pair, _| {
        let (a, b) = (pair.a.1, pair.b.1);
        let is_comparable = std::ptr::eq(a.format, b.format) && a.address.is_none() && b.address.is_none();
        if is_comparable
            && !pair.is_equal(diff)?
            && let Some(places) = first_beside(views, a, b)?
            && known.insert(places)
        {
            let tid = diff.a.layout().thread(pair.context_a()).map_or(0, |thread| thread.tid);
            let name = format!("{} record of thread {tid} beside its registers", a.kind.name());
            found.push(Difference::at(name, places.map(Some)));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

/// File offsets of the first byte outside of registers that differs between two records of one format.
fn first_beside(
    views: [View<'_>; 2],
    a: &ContextRecord,
    b: &ContextRecord,
) -> Result<Option<[u64; 2]>, DiffError> {
    for Span { first, last } in a.beside_registers() {
        let holds = |block: &&Block| {
            block.file_offset <= first && first.saturating_sub(block.file_offset) < block.size
        };
        let Some(block) = a.blocks.iter().find(holds) else { continue };
        let Some(other) = b.block(block.kind) else { continue };
        let skipped = first.saturating_sub(block.file_offset);
        let size = last.saturating_sub(first).saturating_add(1).min(other.size.saturating_sub(skipped));
        let size = usize::try_from(size).unwrap_or(0);
        let (mut old, mut new) = (vec![0; size], vec![0; size]);
        let places = [first, other.file_offset.saturating_add(skipped)];
        views[0].file_bytes(places[0], &mut old).map_err(Side::A.failed())?;
        views[1].file_bytes(places[1], &mut new).map_err(Side::B.failed())?;
        if let Some(at) = old.iter().zip(&new).position(|(old, new)| old != new) {
            return Ok(Some(places.map(|place| place.saturating_add(at as u64))));
        }
    }
    Ok(None)
}
