//! Writes the lines that add and drop parts: memory, threads, modules and crashes of only one of the dumps.
//!
//! Each is done in an edit of A that is never committed: an operation that it refuses is no line.

use std::collections::HashSet;
use std::ops::ControlFlow;

use dumpedit_layout::{
    AccessError, Context, Fault, NamedAddress, NoticeKind, RecordChoice, Subject, ThreadIndex,
};

use super::fields::written;
use super::part_lines::Parts;
use super::{Writer, bytes_at};
use crate::diff::{Diff, DiffError, OneSided, OutsideDifference, Side};
use crate::dump::Dump;
use crate::edit::Edit;
use crate::notation::{
    Addition, Assignment, At, Inputs, Line, NumberText, Operation, Removal, ThreadText, Value,
};
use crate::number::Number;

/// Maximum size of memory in a line, in bytes.
const MOST_IN_LINE: u64 = 16 << 20;

/// Maximum size of a dump, in bytes, for which the differences after its parts are determined.
const MOST_COPIED: u64 = 256 << 20;

impl Writer<'_> {
    /// The lines for parts of only one of the dumps; none where A's file cannot change in this way.
    pub(super) fn parts(&self) -> Result<Parts, DiffError> {
        let diff = self.diff;
        let formats = [&diff.a, &diff.b].map(|dump| dump.layout().format());
        if !diff.is_whole() || formats[0] != formats[1] || !dumpedit_formats::takes_parts(formats[0]) {
            return Ok(Parts::default());
        }
        let mut found = Finder { diff, trial: diff.a.edit(), parts: Parts::default() };
        found.drops(self);
        found.adds()?;
        let Finder { mut trial, mut parts, .. } = found;
        parts.lost = trial.lost_bytes().map_err(Side::A.failed())?;
        Ok(if trial.settle().is_ok() { parts } else { Parts::default() })
    }

    /// A with its parts dropped and added; `None` without such lines, and for a dump that is too large for a copy.
    pub(super) fn with_parts(&self, parts: &Parts) -> Result<Option<Dump>, DiffError> {
        let a = &self.diff.a;
        if parts.is_empty() || a.layout().file_size() > MOST_COPIED {
            return Ok(None);
        }
        let Ok(copy) = Dump::from_bytes(a.to_bytes().map_err(Side::A.failed())?) else { return Ok(None) };
        let mut edit = copy.edit();
        let done = parts.drops.iter().chain(&parts.adds).all(|line| perform(&mut edit, &line.operation));
        if !done || edit.commit().is_err() {
            return Ok(None);
        }
        Ok(Dump::from_bytes(copy.to_bytes().map_err(Side::A.failed())?).ok())
    }

    /// Removes differences that vanish with the parts, and adds those that appear with them.
    pub(super) fn without_parts(
        &self,
        changed: &Dump,
        mut outside: Vec<OutsideDifference>,
    ) -> Result<Vec<OutsideDifference>, DiffError> {
        let diff = self.diff;
        let left = Diff::new(changed, &diff.b).outside()?;
        outside.retain(|one| left.iter().any(|other| other.name == one.name));
        // New parts may differ in other ways.
        let before = diff.outside()?;
        outside.extend(left.into_iter().filter(|one| !before.iter().any(|known| known.name == one.name)));
        Ok(outside)
    }

    /// Writes comments about registers of added threads that keep other values than in B, because a new thread has one value for all
    /// copies of a register, or none for some.
    pub(super) fn registers_of_added(
        &mut self,
        changed: &Dump,
        parts: &Parts,
    ) -> Result<ControlFlow<()>, DiffError> {
        let mut records = Vec::new();
        let _ = Diff::new(changed, &self.diff.b).registers(&mut |record| {
            if parts.says_thread(Side::B, record.other) {
                records.push(record.clone());
            }
            ControlFlow::Continue(())
        })?;
        for record in records {
            let differing = record.registers.iter().map(|register| register.name.clone());
            let missing = record.only_in_b.iter().map(|name| (*name).to_owned());
            let names: Vec<String> = differing.chain(missing).collect();
            let Some(first) = names.first() else { continue };
            let text = format!("added thread {} keeps other values of {}", record.tid, names.join(", "));
            if self.comment(text).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            let about = vec![Subject::Thread(record.tid), Subject::Register(first.clone())];
            let first = format!("{first} of thread {}", record.tid);
            self.untold_as(NoticeKind::RegistersOfAdded, first, about);
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Does an operation without registers.
fn perform(edit: &mut Edit, operation: &Operation) -> bool {
    edit.perform(operation, Err(AccessError::NeedsThread), &mut Inputs::files()).is_ok()
}

struct Finder<'a> {
    diff: &'a Diff,
    trial: Edit,
    parts: Parts,
}

impl Finder<'_> {
    fn dropped(&mut self, part: Removal) -> bool {
        let operation = Operation::Drop(part);
        let done = perform(&mut self.trial, &operation);
        if done {
            self.parts.drops.push(Line::new(operation));
        }
        done
    }

    fn added(&mut self, part: Addition) -> bool {
        let operation = Operation::Add(Box::new(part));
        let done = perform(&mut self.trial, &operation);
        if done {
            self.parts.adds.push(Line::new(operation));
        }
        done
    }

    /// Adds lines for parts of A only, which are dropped before anything is added.
    fn drops(&mut self, writer: &Writer<'_>) {
        let diff = self.diff;
        for one in one_sided(diff, Side::A) {
            let size = u128::from(one.last - one.first).saturating_add(1);
            let range = format!("{:#x}..+{size:#x}", one.first).parse();
            if range.is_ok_and(|range| self.dropped(Removal::Memory(range))) {
                self.parts.memory.insert(one.first);
            }
        }
        let layout = diff.a.layout();
        let [ours, theirs] = [crashes(&diff.a), crashes(&diff.b)];
        let in_both = |tid: &u64| theirs.iter().any(|(other, ..)| other == tid);
        let is_field = is_field(diff, &ours, &theirs);
        let gone = ours.iter().map(|(tid, ..)| *tid).filter(|tid| !in_both(tid) && !is_field);
        let only_in_a = diff.threads().only_in_a;
        let threads: HashSet<u64> = only_in_a.iter().filter_map(|index| tid_of(&diff.a, *index)).collect();
        // The crash of a thread is dropped with it.
        let gone: HashSet<u64> = gone.filter(|tid| !threads.contains(tid)).collect();
        let mut gone: Vec<u64> = gone.into_iter().collect();
        gone.sort_unstable();
        for tid in gone {
            self.dropped(Removal::Crash(ThreadText::Id(tid)));
        }
        for index in only_in_a {
            let Some(tid) = tid_of(&diff.a, index) else { continue };
            if self.dropped(Removal::Thread(writer.thread_text(index, tid))) {
                self.parts.threads.insert((Side::A, index));
            }
        }
        let others = diff.b.layout().modules();
        for module in layout.modules() {
            if !others.iter().any(|other| other.base == module.base) {
                self.dropped(Removal::Module(At::Address(module.base)));
            }
        }
    }

    /// Adds lines for parts of B only.
    fn adds(&mut self) -> Result<(), DiffError> {
        let diff = self.diff;
        for one in one_sided(diff, Side::B) {
            if self.memory(one)? {
                self.parts.memory.insert(one.first);
            }
        }
        for index in diff.threads().only_in_b {
            if self.thread(index) {
                self.parts.threads.insert((Side::B, index));
            }
        }
        self.thread_names()?;
        let [ours, theirs] = [diff.a.layout().modules(), diff.b.layout().modules()];
        for module in theirs.iter().filter(|module| !ours.iter().any(|other| other.base == module.base)) {
            let of_module = |id: Option<String>| Addition::Module {
                at: At::Address(module.base),
                size: module.size,
                name: module.name.clone(),
                id,
            };
            // Added memory may have its id already.
            if !self.added(of_module(module.id.clone())) {
                self.added(of_module(None));
            }
        }
        let [ours, theirs] = [crashes(&diff.a), crashes(&diff.b)];
        // For threads of both, fields show the difference.
        let in_both = |tid: u64| ours.iter().any(|(other, ..)| *other == tid);
        let is_field = is_field(diff, &ours, &theirs);
        for (tid, code, address) in theirs.into_iter().filter(|(tid, ..)| !in_both(*tid) && !is_field) {
            let thread = ThreadText::Id(tid);
            let address = address.map(At::Address);
            self.added(Addition::Crash { thread, code: format!("{code:#x}"), address });
        }
        Ok(())
    }

    /// Adds memory, by regions of B, and returns whether all of it is in lines.
    fn memory(&mut self, one: OneSided) -> Result<bool, DiffError> {
        let layout = self.diff.b.layout();
        if one.last - one.first >= MOST_IN_LINE {
            return Ok(false);
        }
        let size = bytes_at(0, (one.last - one.first).saturating_add(1)).end;
        let mut bytes = vec![0; size];
        let read = self.diff.b.read_bytes(Context::Process, one.first, &mut bytes);
        if read.map_err(Side::B.failed())?.completed != bytes.len() as u64 {
            return Ok(false);
        }
        let mut at = one.first;
        loop {
            let holds = |region: &dumpedit_layout::Region| {
                at.checked_sub(region.start).is_some_and(|skipped| skipped < region.captured)
            };
            let end =
                layout.regions().find(holds).and_then(|region| region.start.checked_add(region.captured - 1));
            let last = end.map_or(one.last, |end| end.min(one.last));
            let part = bytes.get(bytes_at(at - one.first, (last - at).saturating_add(1))).unwrap_or_default();
            let protection = layout.mapping_at(at).and_then(|mapping| mapping.protection);
            let values = vec![Value::Bytes(part.to_vec())];
            if !self.added(Addition::Memory { at: At::Address(at), values, protection }) {
                return Ok(false);
            }
            if last == one.last {
                return Ok(true);
            }
            at = last.saturating_add(1);
        }
    }

    /// Adds the names of threads that have none in A.
    fn thread_names(&mut self) -> Result<(), DiffError> {
        let diff = self.diff;
        let fields = diff.a.fields().map_err(Side::A.failed())?;
        let others = diff.b.fields().map_err(Side::B.failed())?;
        let is_name = |path: &str| path.starts_with("thread[") && path.ends_with("].name");
        for other in others.iter().filter(|field| is_name(&field.path) && fields.find(&field.path).is_none())
        {
            let value = diff.b.field_value(&other).map_err(Side::B.failed())?;
            let Some(text) = written(&value) else { continue };
            let name = Assignment::new(other.path, NumberText::OfField(text));
            let operation = Operation::Set { registers: vec![name], expect: Vec::new() };
            if perform(&mut self.trial, &operation) {
                self.parts.adds.push(Line::new(operation));
            }
        }
        Ok(())
    }

    /// Adds a thread with its registers.
    fn thread(&mut self, index: ThreadIndex) -> bool {
        let dump = &self.diff.b;
        let context = Context::Thread(index, RecordChoice::Thread);
        let (Ok(thread), Ok(held)) = (dump.layout().thread(context), dump.registers(context)) else {
            return false;
        };
        let set = held.into_iter().filter(|held| held.value.to_le_bytes().iter().any(|byte| *byte != 0));
        let registers = set.map(|held| {
            let name = dump.display(context, held.part);
            let name = name.strip_prefix("reg:").unwrap_or(&name).to_owned();
            Assignment::new(name, NumberText::Number(Number::from(held.value)))
        });
        let (tid, name) = (thread.tid, thread.name.clone());
        let registers = registers.collect();
        self.added(Addition::Thread { tid, like: None, name, registers })
    }
}

fn tid_of(dump: &Dump, index: ThreadIndex) -> Option<u64> {
    dump.layout().threads().get(usize::try_from(index.0).ok()?).map(|thread| thread.tid)
}

/// The thread, the code and the address of a crash.
type Crash = (u64, u32, Option<u64>);

/// The crashes of a dump.
fn crashes(dump: &Dump) -> Vec<Crash> {
    let faults = dump.layout().faults().iter();
    let said = |address: &NamedAddress| address.address;
    let crash =
        |fault: &Fault| Some((tid_of(dump, fault.thread)?, fault.code, fault.address.as_ref().map(said)));
    faults.filter_map(crash).collect()
}

/// Whether the one crash of both dumps differs in the thread that it is of, which a field says.
fn is_field(diff: &Diff, ours: &[Crash], theirs: &[Crash]) -> bool {
    let is_thread = |tid: u64| diff.a.layout().threads().iter().any(|thread| thread.tid == tid);
    let has_field = || diff.a.fields().is_ok_and(|fields| fields.find("crash.thread").is_some());
    ours.len() == 1 && matches!(theirs, [(tid, ..)] if is_thread(*tid)) && has_field()
}

fn one_sided(diff: &Diff, side: Side) -> Vec<OneSided> {
    let mut found = Vec::new();
    diff.one_sided(|one| {
        if one.side == side {
            found.push(one);
        }
        ControlFlow::Continue(())
    });
    found
}
