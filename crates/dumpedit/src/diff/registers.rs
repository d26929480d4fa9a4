//! The registers of matched threads, record by record: by id, so that records of different formats compare.

use std::ops::ControlFlow;

use dumpedit_layout::{
    BlockKind, Context, ContextRecord, Group, Layout, Notice, RecordFormat, RecordKind, RegisterId,
    RegisterPart, Registers, Thread, ThreadIndex,
};

use super::memory::read_into;
use super::{Diff, DiffError, Side, threads};
use crate::dump::Dump;
use crate::number::RegisterValue;

/// A register whose values differ.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegisterDifference {
    /// The register, or of a vector the narrowest part with a name that the difference lies in.
    pub part: RegisterPart,
    /// Its name.
    pub name: &'static str,
    /// Its value in A.
    pub old: RegisterValue,
    /// Its value in B.
    pub new: RegisterValue,
}

/// Two records that stand for the same and are not the same.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordDifference {
    /// The thread in A.
    pub thread: ThreadIndex,
    /// Its id.
    pub tid: u64,
    /// The thread in B.
    pub other: ThreadIndex,
    /// Which of A's records it is.
    pub kind: RecordKind,
    /// The registers whose values differ, in the machine's order.
    pub registers: Vec<RegisterDifference>,
    /// Registers that only the record of A holds, or holds wider.
    pub only_in_a: Vec<&'static str>,
    /// Registers that only the record of B holds, or holds wider.
    pub only_in_b: Vec<&'static str>,
}

/// A record of A and the one of B that stands for the same.
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

    /// Whether both records have the same bytes in the same places, and nothing else can stand for their registers.
    pub(super) fn is_equal(&self, diff: &Diff) -> Result<bool, DiffError> {
        let (a, b) = (self.a.1, self.b.1);
        let same_shape = Shape::of(a) == Shape::of(b) && a.address.is_none() && b.address.is_none();
        if !same_shape {
            return Ok(false);
        }
        let (mut old, mut new) = (Vec::new(), Vec::new());
        for (one, other) in a.blocks.iter().zip(&b.blocks) {
            // No record is near this long: what is, is compared register by register.
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

/// What decides which registers a record holds.
#[derive(Clone, PartialEq, Eq)]
struct Shape {
    format: *const RecordFormat,
    flags: u32,
    blocks: Vec<(BlockKind, u64)>,
}

impl Shape {
    fn of(record: &ContextRecord) -> Shape {
        let blocks = record.blocks.iter().map(|block| (block.kind, block.size)).collect();
        Shape { format: record.format, flags: record.flags, blocks }
    }
}

/// What two records have in common.
#[derive(Default)]
pub(super) struct Parts {
    /// The registers that both hold, each as widely as both do.
    pub(super) common: Vec<RegisterPart>,
    pub(super) only_in_a: Vec<&'static str>,
    pub(super) only_in_b: Vec<&'static str>,
}

impl Parts {
    fn of(a: &ContextRecord, b: &ContextRecord) -> Parts {
        let registers = a.format.machine.registers();
        let mut parts = Parts::default();
        for (id, register) in registers.iter().filter(|(_, register)| register.view.is_none()) {
            let whole = part(id, register.bits);
            let (in_a, in_b) = (widest(registers, a, whole), widest(registers, b, whole));
            let common = match (in_a, in_b) {
                (Some(in_a), Some(in_b)) => Some(if in_a.bits < in_b.bits { in_a } else { in_b }),
                _ => None,
            };
            parts.common.extend(common);
            for (held, only) in [(in_a, &mut parts.only_in_a), (in_b, &mut parts.only_in_b)] {
                only.extend(held.filter(|_| held != common).map(|held| registers.name(held.id)));
            }
        }
        parts
    }
}

fn part(id: RegisterId, bits: u16) -> RegisterPart {
    RegisterPart { id, at_bit: 0, bits }
}

/// The whole register, or of a vector the widest part that has a name, as far as a record holds it.
fn widest(registers: &Registers, record: &ContextRecord, whole: RegisterPart) -> Option<RegisterPart> {
    if record.holds(whole) {
        return Some(whole);
    }
    views(registers, whole.id).filter(|part| record.holds(*part)).max_by_key(|part| part.bits)
}

/// The low parts of a vector that have names, from 128 bits on.
fn views(registers: &Registers, whole: RegisterId) -> impl Iterator<Item = RegisterPart> {
    let is_vector = registers.get(whole).is_some_and(|register| register.group == Group::Vector);
    registers.iter().filter(move |_| is_vector).filter_map(move |(id, register)| {
        register.view.filter(|view| view.parent == whole && view.at_bit == 0 && register.bits >= 128)?;
        Some(part(id, register.bits))
    })
}

/// The notices of what cannot be compared.
pub(super) fn incomparable(a: &Dump, b: &Dump) -> Vec<Notice> {
    let (a, b) = (a.layout(), b.layout());
    let mut notices = Vec::new();
    let mut differ = |what, a: &str, b: &str| {
        notices.push(Notice(format!("the {what} differ ({a} and {b}): registers are not compared")));
    };
    if !share_names(a, b) {
        differ("machines", a.machine().name(), b.machine().name());
    }
    if a.byte_order() != b.byte_order() {
        differ("byte orders", a.byte_order().name(), b.byte_order().name());
    }
    notices
}

fn thread(layout: &Layout, index: ThreadIndex) -> Option<&Thread> {
    layout.threads().get(usize::try_from(index.0).ok()?)
}

/// Whether the same registers have the same ids in both.
fn share_names(a: &Layout, b: &Layout) -> bool {
    let [one, other] = [a.machine().registers(), b.machine().registers()];
    a.machine() == b.machine() || (!one.is_empty() && std::ptr::eq(one, other))
}

/// Calls `each` with the records that stand for the same, thread by thread, and what each two have in common.
pub(super) fn pairs<E>(
    diff: &Diff,
    mut each: impl FnMut(Pair<'_>, &Parts) -> Result<ControlFlow<()>, E>,
) -> Result<ControlFlow<()>, E> {
    let (a, b) = (diff.a.layout(), diff.b.layout());
    if !share_names(a, b) || a.byte_order() != b.byte_order() {
        return Ok(ControlFlow::Continue(()));
    }
    // Most threads of a dump have records of one shape.
    let mut shapes: Option<(Shape, Shape, Parts)> = None;
    for (in_a, in_b) in diff.threads().pairs {
        let (Some(thread_a), Some(thread_b)) = (thread(a, in_a), thread(b, in_b)) else { continue };
        for (record_a, record_b) in threads::records(thread_a, thread_b) {
            let [one, other] = [record_a, record_b].map(|record| record.format.machine.registers());
            if one.is_empty() || !std::ptr::eq(one, other) {
                continue;
            }
            let shape = (Shape::of(record_a), Shape::of(record_b));
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

/// The values of a register in both records.
pub(super) fn values(
    diff: &Diff,
    pair: &Pair<'_>,
    part: RegisterPart,
) -> Result<(RegisterValue, RegisterValue), DiffError> {
    let old = diff.a.view().read_part(pair.context_a(), part).map_err(Side::A.failed())?;
    let new = diff.b.view().read_part(pair.context_b(), part).map_err(Side::B.failed())?;
    Ok((old, new))
}

/// The values of a register where they differ, and the narrowest part of it that the difference lies in: setting a
/// greater part of a vector could change more of the record than its value.
pub(super) fn difference(
    diff: &Diff,
    pair: &Pair<'_>,
    part: RegisterPart,
) -> Result<Option<(RegisterPart, RegisterValue, RegisterValue)>, DiffError> {
    let (old, new) = values(diff, pair, part)?;
    let mut bytes = old.to_le_bytes().iter().zip(new.to_le_bytes());
    let Some(last) = bytes.rposition(|(old, new)| old != new) else { return Ok(None) };
    let registers = pair.registers();
    let whole = registers.get(part.id).and_then(|register| register.view).map_or(part.id, |view| view.parent);
    let narrow = views(registers, whole)
        .filter(|narrow| narrow.bits < part.bits && last < usize::from(narrow.bits / 8))
        .min_by_key(|narrow| narrow.bits);
    Ok(Some(match narrow {
        None => (part, old, new),
        Some(narrow) => {
            let (old, new) = values(diff, pair, narrow)?;
            (narrow, old, new)
        }
    }))
}

/// Tells every record whose registers are not the same.
pub(super) fn compare(
    diff: &Diff,
    each: &mut dyn FnMut(&RecordDifference) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, DiffError> {
    pairs(diff, |pair, parts| {
        let mut registers = Vec::new();
        if !pair.is_equal(diff)? {
            for &part in &parts.common {
                if let Some((part, old, new)) = difference(diff, &pair, part)? {
                    let name = pair.registers().name(part.id);
                    registers.push(RegisterDifference { part, name, old, new });
                }
            }
        }
        if registers.is_empty() && parts.only_in_a.is_empty() && parts.only_in_b.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        let (thread, record) = pair.a;
        let tid = diff.a.layout().thread(pair.context_a()).map_or(0, |(_, thread)| thread.tid);
        Ok(each(&RecordDifference {
            thread,
            tid,
            other: pair.b.0,
            kind: record.kind,
            registers,
            only_in_a: parts.only_in_a.clone(),
            only_in_b: parts.only_in_b.clone(),
        }))
    })
}
