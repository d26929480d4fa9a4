//! Arbitrary bytes as a dump, and arbitrary writes: only the resolved bytes change, and all changes can be undone.

#![no_main]

mod plan;

use std::path::Path;

use dumpedit::{
    Access, CommitError, Context, Dump, Edit, EntryKind, Error, FileBytes, History, Location, NoticeKind,
    Number, Outcome, Receipt, Resolved, UndoOptions,
};
use libfuzzer_sys::{Corpus, fuzz_mutator, fuzz_target, fuzzer_mutate};
use plan::{PLAN, Plan, To, Write};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Ok(dump) = Dump::from_bytes(bytes.to_vec()) else { return Corpus::Reject };
    let plan = Plan::read(bytes);
    let mut model = Model::new(bytes);
    let mut edit = dump.edit_with(plan.options());
    for step in &plan.steps {
        if let Some(write) = step.in_dump(&dump) {
            model.write(&mut edit, &plan, write);
        }
    }
    let back = std::mem::take(&mut model.back);
    let receipt = edit.commit_with(plan.commit_options()).expect("bytes in memory can be written");
    let after = dump.to_bytes().expect("bytes in memory can be read");
    model.compare(&after);
    model.compare_receipt(&receipt, &after);
    if model.restorable {
        write_back(&dump, &plan, back);
        assert_same(
            &dump.to_bytes().expect("bytes in memory can be read"),
            bytes,
            "the old values, written back",
        );
    }
    // A file is far slower than memory.
    if bytes.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)) % 16 == 0 {
        on_a_file(bytes, &plan, &after);
    }
    Corpus::Keep
});

// Half of the mutations go to the plan, which is small beside the dump.
fuzz_mutator!(|bytes: &mut [u8], size: usize, max_size: usize, seed: u32| {
    match size.checked_sub(PLAN) {
        Some(from) if seed.is_multiple_of(2) => {
            // The plan keeps its size, so that it stays at the end.
            let plan = fuzzer_mutate(&mut bytes[from..size], PLAN, PLAN);
            from + plan
        }
        _ => fuzzer_mutate(bytes, size, max_size),
    }
});

/// State of a byte of the file.
#[derive(Clone, Copy, PartialEq)]
enum Known {
    /// No step has touched it.
    Untouched,
    /// It belongs to an XSAVE header, or to the initial values that are written out with one.
    Woken,
    /// A step has written it.
    Written,
}

/// The expected file, derived only from resolved locations.
struct Model<'a> {
    before: &'a [u8],
    bytes: Vec<u8>,
    known: Vec<Known>,
    /// Writes that undo the steps, the first step's first.
    back: Vec<(Write, Vec<u8>)>,
    /// Whether these restore the file: not where copies differed, nor where an XSAVE header changes.
    restorable: bool,
}

impl<'a> Model<'a> {
    fn new(before: &'a [u8]) -> Self {
        Model {
            before,
            bytes: before.to_vec(),
            known: vec![Known::Untouched; before.len()],
            back: Vec::new(),
            restorable: true,
        }
    }

    /// Does a write in an edit and in this model.
    fn write(&mut self, edit: &mut Edit, plan: &Plan, write: Write) {
        let (changes, notices) = (edit.changes().len(), edit.notices().len());
        let Some((context, resolved, bytes)) = expected(edit, plan, &write) else {
            assert!(perform(edit, &write).is_err(), "{write:?} does not resolve");
            return;
        };
        // The records whose registers are written, whatever program counters later steps set.
        let context = match (context, resolved.records.as_slice()) {
            (Context::Thread(..), [record]) => context.with_record(record.choice()),
            _ => context,
        };
        let old = match &write.to {
            To::Location(at, _) => {
                let mut old = vec![0; resolved.outcome.completed as usize];
                let outcome =
                    edit.read_bytes(context, *at, &mut old).expect("what can be written can be read");
                assert!(outcome.is_full());
                old
            }
            To::Register(name, _) => {
                let value = edit.read_register(context, name).expect("what can be set can be read");
                value.to_le_bytes().to_vec()
            }
        };
        match perform(edit, &write) {
            Ok(outcome) => {
                if let Some(outcome) = outcome {
                    assert_eq!(outcome, resolved.outcome, "{write:?}");
                }
            }
            Err(Error::Conflict { .. } | Error::RecordsOverlap { .. }) => {
                let same = (edit.changes().len(), edit.notices().len()) == (changes, notices);
                assert!(same, "an error has left something behind");
                return;
            }
            Err(error) => panic!("{write:?} resolves, but: {error}"),
        }
        let differs = edit
            .notices()
            .iter()
            .any(|notice| matches!(notice.kind, NoticeKind::CopiesDiffer | NoticeKind::CopiesNotCompared));
        self.take(edit, context, &resolved, &bytes);
        let gated = resolved.pieces.iter().any(|piece| piece.gate.is_some());
        if gated || differs {
            self.restorable = false;
        }
        if !gated && let To::Location(at, bytes) = &write.to {
            let mut now = vec![0; old.len()];
            let _ = edit.read_bytes(context, *at, &mut now).expect("what was written can be read");
            assert_eq!(now, bytes[..old.len()], "{write:?} does not read back");
        }
        self.back.push((Write { context, to: write.to }, old));
    }

    /// Applies the effect of a write on the file.
    fn take(&mut self, edit: &Edit, context: Context, resolved: &Resolved, bytes: &[u8]) {
        for gate in resolved.pieces.iter().filter_map(|piece| piece.gate.as_deref()) {
            self.mark(gate.file_offset, 8, Known::Woken);
            let thread = edit.dump().layout().thread(context).expect("a gate belongs to a thread");
            for FileBytes { file_offset, bytes: initial } in thread.records[gate.record].waking(0, u64::MAX) {
                self.mark(file_offset, initial.len(), Known::Woken);
            }
        }
        for piece in &resolved.pieces {
            let (start, size) = (piece.start as usize, piece.size as usize);
            let first = piece.file_offset as usize;
            for (at, new) in (first..first + size).zip(&bytes[start..start + size]) {
                let new = new << piece.shift;
                self.bytes[at] = self.bytes[at] & !piece.mask | new & piece.mask;
                if piece.mask == 0xff || self.known[at] == Known::Untouched {
                    self.known[at] = Known::Written;
                }
            }
        }
    }

    fn mark(&mut self, file_offset: u64, size: usize, known: Known) {
        self.known[file_offset as usize..][..size].fill(known);
    }

    /// Compares the file with the expected one.
    fn compare(&self, after: &[u8]) {
        assert_eq!(after.len(), self.bytes.len(), "the file's length has changed");
        for (at, known) in self.known.iter().enumerate() {
            match known {
                Known::Untouched => {
                    assert_eq!(after[at], self.before[at], "file offset {at:#x} was not resolved")
                }
                Known::Written => assert_eq!(after[at], self.bytes[at], "file offset {at:#x} was written"),
                Known::Woken => {}
            }
        }
    }

    /// Checks that the receipt's changes, in order, turn the old file into the new one.
    fn compare_receipt(&self, receipt: &Receipt, after: &[u8]) {
        let mut bytes = self.before.to_vec();
        for change in receipt.changes.iter() {
            let first = change.file_offset as usize;
            assert_eq!(change.old.len(), change.new.len());
            for (skipped, (old, new)) in change.old.iter().zip(change.new).enumerate() {
                let at = first + skipped;
                if self.known[at] == Known::Written && !self.was_woken() {
                    assert_eq!(bytes[at], *old, "the receipt's old byte at file offset {at:#x}");
                }
                bytes[at] = *new;
            }
        }
        for (at, known) in self.known.iter().enumerate() {
            if *known == Known::Written {
                assert_eq!(bytes[at], after[at], "the receipt's new byte at file offset {at:#x}");
            }
        }
    }

    fn was_woken(&self) -> bool {
        self.known.contains(&Known::Woken)
    }
}

/// The context that a write settles on, its resolved location, and its stored bytes; `None` where it must fail.
fn expected(edit: &Edit, plan: &Plan, write: &Write) -> Option<(Context, Resolved, Vec<u8>)> {
    let layout = edit.dump().layout();
    match &write.to {
        To::Location(at, bytes) => {
            let context = match at {
                Location::Register { .. } => edit.records_for(write.context).ok()?,
                _ => write.context,
            };
            let access = if plan.options().allow_structure { Access::WriteStructure } else { Access::Write };
            let resolved = layout.resolve(context, *at, bytes.len() as u64, access).ok()?;
            let partial = resolved.outcome.stopped.is_some();
            if partial && plan.options().all_or_nothing {
                return None;
            }
            Some((context, resolved, bytes.clone()))
        }
        To::Register(name, value) => {
            let meant = layout.context_of_name(write.context, name);
            let context = if meant == write.context { edit.records_for(meant).ok()? } else { meant };
            let part = edit.dump().register(meant, name).ok()?;
            let resolved = layout.resolve_part(context, part).ok()?;
            let mut bytes = Number::from(*value).to_bits(part.bits).ok()?;
            // Some program counters lack their lowest bits, and no address with these can be set.
            if value & !(u64::MAX << layout.machine_of(context).registers().kept(part)) != 0 {
                return None;
            }
            if layout.byte_order() == dumpedit::ByteOrder::Big {
                bytes.reverse();
            }
            Some((context, resolved, bytes))
        }
    }
}

fn perform(edit: &mut Edit, write: &Write) -> Result<Option<Outcome>, Error> {
    match &write.to {
        To::Location(at, bytes) => edit.write_bytes(write.context, *at, bytes).map(Some),
        To::Register(name, value) => edit.set_register(write.context, name, *value).map(|()| None),
    }
}

/// Writes the old values back, the last step's first.
fn write_back(dump: &Dump, plan: &Plan, back: Vec<(Write, Vec<u8>)>) {
    let mut edit = dump.edit_with(plan.options());
    for (write, old) in back.into_iter().rev() {
        match write.to {
            To::Location(at, _) => {
                let outcome =
                    edit.write_bytes(write.context, at, &old).expect("what was written can be written back");
                assert!(outcome.is_full());
            }
            To::Register(name, _) => {
                edit.set_register(write.context, &name, Number::from_le_bytes(&old))
                    .expect("what was set can be set back");
            }
        }
    }
    let _ = edit.commit().expect("bytes in memory can be written");
}

/// Makes the same edit in a file, undoes it, and redoes it.
fn on_a_file(before: &[u8], plan: &Plan, after: &[u8]) {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let folder = folder.expect("a temporary folder");
    let path = folder.path().join("dump");
    let now = || std::fs::read(&path).expect("the dump is there");
    std::fs::write(&path, before).expect("a temporary file");
    let dump = Dump::open(&path).expect("what opens in memory opens as a file");
    let mut edit = dump.edit_with(plan.options());
    for write in plan.steps.iter().filter_map(|step| step.in_dump(&dump)) {
        let _ = perform(&mut edit, &write);
    }
    assert_same(&now(), before, "an edit that is not committed");
    let changes = edit.commit_with(plan.commit_options()).expect("the file can be written").changes;
    assert_same(&now(), after, "the commit to the file");
    let history = History::of(&path);
    assert!(!history.is_unfinished().unwrap());
    let entries = history.log().expect("the journal can be read").entries;
    if changes.is_empty() || !plan.undo {
        assert!(entries.is_empty());
        assert!(matches!(history.undo(UndoOptions::default()), Err(CommitError::NothingToUndo { .. })));
        assert_same(&now(), after, "an undo of nothing");
        let files = std::fs::read_dir(folder.path()).expect("the folder can be read").count();
        assert_eq!(files, 1, "a journal was left behind");
        return;
    }
    for extent in entries.iter().flat_map(|entry| entry.extents.iter()) {
        assert_eq!((extent.old.len(), extent.new.len()), (extent.length as usize, extent.length as usize));
    }
    let _ = history.undo(UndoOptions::default()).expect("the edit can be taken back");
    assert_same(&now(), before, "the undo");
    let _ = history.redo(UndoOptions::default()).expect("the edit can be made again");
    assert_same(&now(), after, "the redo");
    let _ = history.undo(UndoOptions::default().to(0)).expect("everything can be taken back");
    assert_same(&now(), before, "the undo of everything");
    let kinds: Vec<EntryKind> =
        history.log().expect("the journal can be read").entries.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [EntryKind::Edit, EntryKind::Undo, EntryKind::Redo, EntryKind::Undo]);
}

fn assert_same(found: &[u8], expected: &[u8], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}: another length");
    if let Some(at) = found.iter().zip(expected).position(|(found, expected)| found != expected) {
        panic!("{what}: file offset {at:#x} is {:#04x}, not {:#04x}", found[at], expected[at]);
    }
}
