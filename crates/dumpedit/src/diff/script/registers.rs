//! The lines that set registers.

use std::ops::ControlFlow;

use dumpedit_layout::{
    Block, BlockKind, Context, ContextRecord, NoticeKind, Piece, RecordKind, RegisterPart, Resolved, Subject,
    Thread, ThreadIndex,
};

use super::components::Components;
use super::part_lines::Parts as PartLines;
use super::setting::Setting;
use super::{Writer, bytes_at};
use crate::diff::registers::{Compared, Pair, Parts, Views, compared, one_sided, pairs_by};
use crate::diff::threads::has_exception;
use crate::diff::{Diff, DiffError, Side};
use crate::dump::Dump;
use crate::error::Error;
use crate::notation::{Assignment, Line, NumberText, Operation};
use crate::number::RegisterValue;
use crate::view::View;

/// Maximum number of registers that one line sets.
const MOST_REGISTERS: usize = 8;

/// Registers of one record for one line.
#[derive(Default)]
struct Settings {
    registers: Vec<Assignment>,
    expect: Vec<Assignment>,
}

impl Writer<'_> {
    /// Writes the lines for all registers that differ.
    pub(super) fn registers(&mut self, parts: &PartLines) -> Result<ControlFlow<()>, DiffError> {
        if !self.diff.is_whole() {
            return Ok(ControlFlow::Continue(()));
        }
        let moved = moved_exception(self.diff);
        // The record of an exception that another line drops or gives to another thread is not that of the thread.
        let is_gone = |a: &Thread, b: &Thread| {
            let is_lost = |block: &Block| parts.lost.meet(block.file_offset, block.size);
            let of_a = a.effective().is_some_and(|record| record.blocks.iter().any(is_lost));
            has_exception(a) != has_exception(b) && (of_a || moved.is_some())
        };
        let both = pairs_by(self.diff, is_gone, |pair, parts| self.record(&pair, parts))?;
        if let Some(pair) = moved.filter(|_| both.is_continue())
            && self.record(&pair, &Parts::of(pair.a.1, pair.b.1))?.is_break()
        {
            return Ok(ControlFlow::Break(()));
        }
        if both.is_break() {
            return Ok(both);
        }
        Ok(one_sided(self.diff, &mut |found| {
            if !found.only_in_b.is_empty() {
                self.untold_record(found.kind, found.tid);
            }
            ControlFlow::Continue(())
        }))
    }

    /// Counts a record with registers that only B has.
    fn untold_record(&mut self, kind: RecordKind, tid: u64) {
        let first = format!("the {} record of thread {tid}", kind.name());
        self.untold_as(NoticeKind::RegistersOfB, first, vec![Subject::Thread(tid)]);
    }

    fn record(&mut self, pair: &Pair<'_>, parts: &Parts) -> Result<ControlFlow<()>, DiffError> {
        let diff = self.diff;
        let record = pair.a.1;
        let tid = self.tid(pair);
        if !parts.only_in_b.is_empty() {
            self.untold_record(record.kind, tid);
        }
        let shared = record.blocks.iter().any(|block| {
            self.written.is_shared(block.file_offset, block.file_offset.saturating_add(block.size))
        });
        if !shared && pair.is_equal(diff)? {
            return Ok(ControlFlow::Continue(()));
        }
        let components = Components::of(diff, pair, |first, last| self.written.holds(first, last))?;
        let views = components.views();
        if self.header(pair, components.first())?.is_break()
            || self.set(pair, parts, &components, views)?.is_break()
        {
            return Ok(ControlFlow::Break(()));
        }
        self.header(pair, components.last())
    }

    fn tid(&self, pair: &Pair<'_>) -> u64 {
        self.diff.a.layout().thread(pair.context_a()).map_or(0, |thread| thread.tid)
    }

    /// Writes the line that changes the mask of XSAVE components in use.
    fn header(&mut self, pair: &Pair<'_>, change: Option<(u64, u64)>) -> Result<ControlFlow<()>, DiffError> {
        let (Some((old, new)), Some(block)) = (change, pair.a.1.block(BlockKind::XstateHeader)) else {
            return Ok(ControlFlow::Continue(()));
        };
        let last = block.file_offset.saturating_add(7);
        if self.written.is_shared(block.file_offset, last) {
            self.written.add(block.file_offset, last);
        }
        let register = Components::REGISTER;
        let text = |bits: u64| vec![Assignment::new(register, NumberText::Number(bits.into()))];
        Ok(self.set_line(pair, text(new), text(old)))
    }

    fn untold_register(&mut self, kind: NoticeKind, pair: &Pair<'_>, name: String) {
        let tid = self.tid(pair);
        let first = format!("{name} in the {} record of thread {tid}", pair.a.1.kind.name());
        self.untold_as(kind, first, vec![Subject::Thread(tid), Subject::Register(name)]);
    }

    /// Writes the lines that set the registers themselves.
    fn set(
        &mut self,
        pair: &Pair<'_>,
        parts: &Parts,
        components: &Components,
        views: Views<'_>,
    ) -> Result<ControlFlow<()>, DiffError> {
        let record = pair.a.1;
        let (mut checked, mut unchecked) = (Settings::default(), Settings::default());
        let mut settings = Vec::new();
        for &part in parts.common.iter().filter(|part| !components.is_header(record, **part)) {
            match components.settings(views, pair, part)? {
                Some(found) => settings.extend(found),
                None => settings.extend(compared(views, pair, part)?.into_iter().map(Setting::plain)),
            }
        }
        components.complete(record, &mut settings);
        for setting in settings {
            let name = record.name(setting.compared.part);
            if record.derived(setting.compared.part).is_some() {
                if setting.compared.differs() {
                    self.untold_register(NoticeKind::DerivedRegister, pair, name);
                }
                continue;
            }
            let how = self.how(pair, views, &setting)?;
            let into = match how {
                How::Leave => continue,
                How::Conflict => {
                    self.untold_register(NoticeKind::SharedRegistersDiffer, pair, name);
                    continue;
                }
                How::Checked => &mut checked,
                How::Unchecked => &mut unchecked,
            };
            let (old, new) = setting.texts();
            into.registers.push(Assignment::new(name.clone(), new));
            if how == How::Checked {
                into.expect.push(Assignment::new(name, old));
            }
        }
        let whole = unchecked.registers.is_empty();
        for (settings, is_checked) in [(checked, true), (unchecked, false)] {
            if !is_checked && !whole {
                let why = "copies of these registers differ in A";
                if self.comment(format!("{why}: this can be neither checked nor taken back")).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            let mut expect = settings.expect.chunks(MOST_REGISTERS);
            for registers in settings.registers.chunks(MOST_REGISTERS) {
                let expect = expect.next().unwrap_or_default().to_vec();
                if self.set_line(pair, registers.to_vec(), expect).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn set_line(
        &mut self,
        pair: &Pair<'_>,
        registers: Vec<Assignment>,
        expect: Vec<Assignment>,
    ) -> ControlFlow<()> {
        let thread = self.thread_text(pair.a.0, self.tid(pair));
        let record = pair.a.1.kind.choice();
        let operation = Operation::Set { registers, expect };
        self.line(Line { thread: Some(thread), record: Some(record), ..Line::new(operation) })
    }

    /// The way to set a register; records the values that its bytes get.
    fn how(&mut self, pair: &Pair<'_>, views: Views<'_>, setting: &Setting) -> Result<How, DiffError> {
        let Compared { part, other, old, new } = &setting.compared;
        let diff = self.diff;
        let in_a = resolve(&diff.a, Side::A, pair.context_a(), *part)?;
        let (was, becomes) = (stored(&diff.a, old), stored(&diff.a, new));
        let bytes = || {
            in_a.pieces
                .iter()
                .flat_map(|piece| (piece.file_offset..).zip(of_piece(&becomes, piece).iter().copied()))
        };
        let (mut count, mut before) = (0usize, 0usize);
        for (file_offset, wanted) in bytes() {
            count = count.saturating_add(1);
            if !self.written.is_shared(file_offset, file_offset) {
                continue;
            }
            let written = self.written.holds(file_offset, file_offset);
            before = before.saturating_add(usize::from(written));
            if self.claimed(file_offset, written).is_some_and(|claimed| claimed != wanted) {
                return Ok(How::Conflict);
            }
        }
        let apart = !copies_hold(views.a, Side::A, &in_a, &was)?;
        let mut differs = setting.always || setting.compared.differs();
        if !differs && apart && std::ptr::eq(pair.a.1.format, pair.b.1.format) {
            // Reads see no difference; copies that they skip may have been made equal.
            let in_b = resolve(&diff.b, Side::B, pair.context_b(), *other)?;
            let becomes = stored(&diff.b, new);
            differs =
                in_a.pieces.len() == in_b.pieces.len() && copies_hold(views.b, Side::B, &in_b, &becomes)?;
        }
        for (file_offset, wanted) in bytes() {
            if self.written.is_shared(file_offset, file_offset) {
                self.claims.insert(file_offset, wanted);
                if differs {
                    self.written.add(file_offset, file_offset);
                }
            }
        }
        Ok(match differs && before < count {
            false => How::Leave,
            true if before == 0 && !apart => How::Checked,
            true => How::Unchecked,
        })
    }

    /// The value that another location needs in a file byte.
    fn claimed(&self, file_offset: u64, written: bool) -> Option<u8> {
        if let Some(&claimed) = self.claims.get(&file_offset) {
            return Some(claimed);
        }
        let mut address = None;
        self.diff.a.layout().addresses_of(file_offset, file_offset, |found, _, _| {
            address = Some(found);
            false
        });
        let mut byte = [0];
        let read = self.diff.b.read_bytes(Context::Process, address.filter(|_| written)?, &mut byte);
        read.is_ok_and(|outcome| outcome.is_full()).then_some(byte[0])
    }
}

/// The record of the only exception of both dumps, where it is of another thread in B: a field of A gives it to that thread.
fn moved_exception(diff: &Diff) -> Option<Pair<'_>> {
    let [one, other] = [only_exception(&diff.a)?, only_exception(&diff.b)?];
    let has_field = diff.a.fields().ok()?.find("crash.thread").is_some();
    let differs = one.0.tid != other.0.tid && diff.a.layout().thread_by_id(other.0.tid).is_ok();
    (differs && has_field).then_some(Pair { a: (one.1, one.2), b: (other.1, other.2) })
}

/// The only thread with the record of an exception.
fn only_exception(dump: &Dump) -> Option<(&Thread, ThreadIndex, &ContextRecord)> {
    let threads = (0u32..).map(ThreadIndex).zip(dump.layout().threads());
    let mut found =
        threads.filter_map(|(index, thread)| Some((thread, index, thread.record(RecordKind::Exception)?)));
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The way to set a register.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// It is not set.
    Leave,
    /// It cannot have its value, since another location shares its bytes.
    Conflict,
    /// It is set, and its old value can be expected.
    Checked,
    /// It is set without a check of its old value.
    Unchecked,
}

fn resolve(dump: &Dump, side: Side, context: Context, part: RegisterPart) -> Result<Resolved, DiffError> {
    dump.layout().resolve_part(context, part).map_err(|error| side.failed()(Error::from(error)))
}

/// A value as the target stores it.
fn stored(dump: &Dump, value: &RegisterValue) -> Vec<u8> {
    let mut bytes = value.to_le_bytes().to_vec();
    dump.layout().byte_order().reorder(&mut bytes);
    bytes
}

/// The bytes of a register in a piece.
fn of_piece<'a>(bytes: &'a [u8], piece: &Piece) -> &'a [u8] {
    bytes.get(bytes_at(piece.start, piece.size)).unwrap_or_default()
}

/// Whether every copy of a register holds these bytes.
fn copies_hold(view: View<'_>, side: Side, resolved: &Resolved, expected: &[u8]) -> Result<bool, DiffError> {
    for piece in &resolved.pieces {
        let expected = of_piece(expected, piece);
        let mut found = vec![0; expected.len()];
        view.piece_bytes(piece, &mut found).map_err(side.failed())?;
        if found != expected {
            return Ok(false);
        }
    }
    Ok(true)
}
