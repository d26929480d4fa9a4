//! Performs operations in an edit.

use std::ops::ControlFlow;

use dumpedit_layout::{Access, AccessError, Context, Location, Notice, NoticeKind, Outcome, Piece, Subject};

use crate::edit::Edit;
use crate::edit::payload::{Gathering, Payload, Standing};
use crate::error::Error;
use crate::field::value::FieldValue;
use crate::find::outside::MOST_PLACES;
use crate::find::structure::Structures;
use crate::find::{Match, Search};
use crate::notation::operand::Operand;
use crate::notation::replacement::Replacing;
use crate::notation::scope::{LocationRange, Placed};
use crate::notation::{Assignment, At, Inputs, NumberText, Operation, Value};
use crate::number::ValueError;
use crate::store::blocks::{BLOCK, blocks};

impl Edit {
    /// Performs an operation in this edit. `thread` is the context of the registers in it.
    ///
    /// # Errors
    /// [`Error`]; the edit is unchanged then.
    pub fn perform(
        &mut self,
        operation: &Operation,
        thread: Result<Context, AccessError>,
        inputs: &mut Inputs<'_>,
    ) -> Result<Outcome, Error> {
        self.perform_telling(operation, thread, inputs, &mut Operand::Line)
    }

    /// As [`Edit::perform`]; on an error, `operand` is the part of the operation that failed.
    pub(crate) fn perform_telling(
        &mut self,
        operation: &Operation,
        thread: Result<Context, AccessError>,
        inputs: &mut Inputs<'_>,
        operand: &mut Operand,
    ) -> Result<Outcome, Error> {
        self.atomically(|edit| match operation {
            Operation::Write { at, values, expect } => {
                *operand = Operand::Place;
                let (context, Placed { location, object }) = edit.place(&thread, at)?;
                let target = Target { thread, context, location };
                let new = edit.gather(&target, values, Operand::Value, inputs, operand)?;
                edit.scope(target.thread.clone()).check_room(at, object.clone(), new.len())?;
                edit.tell_short(&target.thread, at, object, new.len());
                if !expect.is_empty() {
                    let expected = edit.gather(&target, expect, Operand::Expect, inputs, operand)?;
                    edit.check_expected(&target, &expected, new.len())?;
                }
                *operand = Operand::Place;
                edit.write_payload(context, location, new)
            }
            Operation::Fill { range, pattern, expect } => {
                *operand = Operand::Place;
                let scope = edit.scope(thread.clone());
                let context = scope.context_of(&range.start);
                let LocationRange { start: location, len } = scope.range(range)?;
                let target = Target { thread, context, location };
                let new = edit.repeated(&target, pattern, len, Operand::Value, inputs, operand)?;
                if !expect.is_empty() {
                    let expected = edit.repeated(&target, expect, len, Operand::Expect, inputs, operand)?;
                    edit.check_expected(&target, &expected, len)?;
                }
                *operand = Operand::Place;
                edit.write_payload(context, location, new)
            }
            Operation::Copy { range, at, expect } => {
                *operand = Operand::Place;
                let (origin, LocationRange { start: from, len }) = {
                    let scope = edit.scope(thread.clone());
                    (scope.context_of(&range.start), scope.range(range)?)
                };
                let source = edit.dump().layout().resolve(origin, from, len, Access::Read)?.outcome;
                if edit.options().all_or_nothing {
                    source.complete()?;
                }
                *operand = Operand::Value(0);
                let (context, Placed { location, object }) = edit.place(&thread, at)?;
                edit.scope(thread.clone()).check_room(at, object, len)?;
                let target = Target { thread, context, location };
                let new = edit.copied(origin, from, source.completed, &target, inputs)?;
                if !expect.is_empty() {
                    let expected = edit.gather(&target, expect, Operand::Expect, inputs, operand)?;
                    edit.check_expected(&target, &expected, len)?;
                }
                *operand = Operand::Value(0);
                let written = edit.write_payload(context, location, new)?;
                let stopped = written.stopped.or(source.stopped);
                Ok(Outcome::new(len, written.completed, stopped))
            }
            Operation::Replace { search, with } => {
                *operand = Operand::Line;
                let scope = edit.scope(thread);
                let new = scope.replacing(with, search, inputs)?;
                let found = scope.search(search)?;
                edit.replace(&found, &new, inputs)
            }
            Operation::Set { registers, expect } => {
                for (index, assigned) in expect.iter().enumerate() {
                    *operand = Operand::Expect(index);
                    edit.expect_assigned(&thread, assigned)?;
                }
                let mut bytes = 0u64;
                // The records are settled before the first register changes.
                let of_register =
                    |assigned: &Assignment| edit.assigns(&thread, assigned) == Assigns::Register;
                let context = match registers.iter().any(of_register) {
                    true => thread.clone(),
                    false => Err(AccessError::NeedsThread),
                };
                let settled = match &context {
                    Ok(context) => Ok(edit.records_for(*context)?),
                    Err(error) => Err(error.clone()),
                };
                edit.assigning(|edit| {
                    for (index, assigned) in registers.iter().enumerate() {
                        *operand = Operand::Value(index);
                        edit.begin_assignment(&assigned.register);
                        let set = match edit.assigns(&thread, assigned) {
                            Assigns::Field => Some(edit.set_field_in(&thread, assigned)?),
                            Assigns::Variable => {
                                Some(edit.set_variable_in(&thread, &assigned.register, &assigned.written)?)
                            }
                            Assigns::Register => {
                                edit.tell_shadowed(&assigned.register);
                                None
                            }
                        };
                        if let Some(set) = set {
                            bytes = bytes.saturating_add(set);
                            continue;
                        }
                        let (context, settled) = (context.clone()?, settled.clone()?);
                        edit.assign(context, settled, assigned)
                            .map_err(|error| edit.of_variable(&thread, &assigned.register, error))?;
                        let part = edit.dump().register(context, &assigned.register)?;
                        bytes = bytes.saturating_add(part.size() as u64);
                    }
                    Ok(Outcome::full(bytes))
                })
            }
            Operation::Add(part) => edit.add(part, &thread, inputs, operand),
            Operation::Drop(part) => edit.drop_part(part, &thread, operand),
        })
    }

    /// Sets a register to the value of a text.
    fn assign(
        &mut self,
        context: Context,
        settled: Context,
        Assignment { register: name, number, .. }: &Assignment,
    ) -> Result<(), Error> {
        if let NumberText::Initial = number {
            return self.put_back_in(context, settled, name);
        }
        let value = self.scope(Ok(context)).number(name, number)?;
        self.set_in(context, settled, name, value)
    }

    /// The target of an assignment. A register's name takes precedence over a variable's, and a field's over a path.
    fn assigns(&self, thread: &Result<Context, AccessError>, assigned: &Assignment) -> Assigns {
        let name = &assigned.register;
        match &assigned.number {
            NumberText::OfVariable(_) => Assigns::Variable,
            NumberText::OfField(_) => match self.dump().field(name) {
                Err(Error::NoSuchField { .. }) if self.scope(thread.clone()).begins_with_symbol(name) => {
                    Assigns::Variable
                }
                _ => Assigns::Field,
            },
            _ => {
                let layout = self.dump().layout();
                let context = layout.context_of_name(thread.clone().unwrap_or(Context::Process), name);
                let is_register = layout.machine_of(context).registers().part(name).is_some();
                let is_variable = || self.scope(thread.clone()).is_variable(name);
                if !is_register && is_variable() { Assigns::Variable } else { Assigns::Register }
            }
        }
    }

    /// Checks that a register, a field or a variable has the value of a text.
    fn expect_assigned(
        &mut self,
        thread: &Result<Context, AccessError>,
        assigned: &Assignment,
    ) -> Result<(), Error> {
        let Assignment { register: name, number, written } = assigned;
        match self.assigns(thread, assigned) {
            Assigns::Field => {
                if let Some(location) = self.scope(thread.clone()).part_of_field(name)? {
                    let bytes = self.bytes_of(written)?;
                    return self.expect_payload(Context::Process, location, &Payload::given(&bytes));
                }
                let field = self.dump().field(name)?;
                let expected = self.scope(thread.clone()).field_value(&field, written)?;
                return self.expect_in_places(&field, &expected);
            }
            Assigns::Variable => return self.expect_variable_in(thread, name, written),
            Assigns::Register => {}
        }
        let context = thread.clone()?;
        if let NumberText::Initial = number {
            return self.expect_initial(context, name);
        }
        let expected = self.scope(Ok(context)).number(name, number)?;
        self.expect_register(context, name, expected).map_err(|error| self.of_variable(thread, name, error))
    }

    /// Overwrites every match of a search, the first of overlapping ones.
    fn replace(
        &mut self,
        search: &Search,
        new: &Replacing,
        inputs: &mut Inputs<'_>,
    ) -> Result<Outcome, Error> {
        let mut matches: Vec<Match> = Vec::new();
        // In memory by addresses, elsewhere by file offsets.
        let (mut free_from, mut wrong, mut told) = ([0, 0], Ok(()), Ok(()));
        self.find(
            search,
            &mut |one| {
                let [in_memory, elsewhere] = &mut free_from;
                let (free_from, start) = match one.outside {
                    true => (elsewhere, one.file_offset),
                    false => (in_memory, one.address),
                };
                if start < *free_from {
                    return ControlFlow::Continue(());
                }
                wrong = new.check(&one);
                if wrong.is_err() {
                    return ControlFlow::Break(());
                }
                *free_from = start.saturating_add(one.length);
                matches.push(one);
                ControlFlow::Continue(())
            },
            &mut |progress| {
                told = inputs.tell(progress.done, progress.total);
                if told.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            },
        )?;
        told?;
        wrong?;
        self.leave_structures(&mut matches)?;
        let mut all = Outcome::full(0);
        let mut in_fields = Vec::new();
        for one in matches {
            let bytes = new.bytes(&one)?;
            in_fields.extend(one.outside.then_some(one.file_offset));
            let one = self.write_quietly(Context::Process, one.location(), Payload::given(&bytes))?;
            all.requested = all.requested.saturating_add(one.requested);
            all.completed = all.completed.saturating_add(one.completed);
            all.stopped = all.stopped.or(one.stopped);
        }
        // Other places of a field may be matches as well.
        in_fields.into_iter().for_each(|file_offset| self.note_other_places(file_offset));
        Ok(all)
    }

    /// Removes the matches in the format's own structures and adds a notice, unless the edit may write there.
    fn leave_structures(&mut self, matches: &mut Vec<Match>) -> Result<(), Error> {
        if self.options().allow_structure || !matches.iter().any(|one| one.outside) {
            return Ok(());
        }
        let dump = self.dump().clone();
        let structures = Structures::of(&dump)?;
        let left: Vec<Match> = matches.extract_if(.., |one| structures.have(one)).collect();
        let Some(first) = left.first() else { return Ok(()) };
        // A match may extend behind the field that it begins in.
        let place = |one: &Match| match dump.location_in_file(one.file_offset) {
            Some(found) => dump.display(found.context, found.location),
            None => one.at(&dump),
        };
        let places: Vec<String> = left.iter().take(MOST_PLACES).map(place).collect();
        let more = if left.len() > places.len() { " and elsewhere" } else { "" };
        let (count, are) = if left.len() == 1 {
            ("1 match".to_owned(), "is")
        } else {
            (format!("{} matches", left.len()), "are")
        };
        let message =
            format!("{count} in the dump's own structures {are} left alone: {}{more}", places.join(", "));
        let notice = Notice::new(NoticeKind::MatchesInStructure, message).counting(left.len() as u64);
        self.tell(notice.about(Subject::FileOffset(first.file_offset)));
        Ok(())
    }

    /// Sets a field, or some bytes of one where its name is followed by terms.
    fn set_field_in(
        &mut self,
        thread: &Result<Context, AccessError>,
        Assignment { register: name, written, .. }: &Assignment,
    ) -> Result<u64, Error> {
        let text = written.strip_prefix("str:").unwrap_or(written);
        if matches!(self.dump().field(name), Err(Error::NoSuchField { .. }))
            && self.name_thread_of(name, text)?
        {
            self.assign_field(name, &FieldValue::from(text))?;
            return Ok(text.len() as u64);
        }
        if let Some(location) = self.scope(thread.clone()).part_of_field(name)? {
            return self.set_part(location, written);
        }
        let field = self.dump().field(name)?;
        let value = self.scope(thread.clone()).field_value(&field, written)?;
        self.assign_field(&field.path, &value)?;
        self.set_in_places(&field, &value)
    }

    /// Sets some bytes of a field.
    fn set_part(&mut self, location: Location, text: &str) -> Result<u64, Error> {
        let bytes = self.bytes_of(text)?;
        let written = self.write_payload(Context::Process, location, Payload::given(&bytes))?;
        written.complete()?;
        Ok(written.completed)
    }

    /// The bytes of a value of `write`.
    fn bytes_of(&self, text: &str) -> Result<Vec<u8>, Error> {
        let value: Value = text.parse()?;
        self.scope(Ok(Context::Process)).bytes(&value, &mut Inputs::files())
    }

    /// The context and the location of a place to write to.
    fn place(&self, thread: &Result<Context, AccessError>, at: &At) -> Result<(Context, Placed), Error> {
        let scope = self.scope(thread.clone());
        Ok((scope.context_of(at), scope.placed(at)?))
    }

    /// The bytes of consecutive values, up to the room for them.
    fn gather(
        &self,
        target: &Target,
        values: &[Value],
        which: fn(usize) -> Operand,
        inputs: &mut Inputs<'_>,
        operand: &mut Operand,
    ) -> Result<Payload<'static>, Error> {
        let is_short = |value: &Value| !matches!(value, Value::File(_) | Value::StandardInput);
        let room = if values.iter().all(is_short) { u64::MAX } else { self.room_at(target, u64::MAX) };
        let scope = self.scope(target.thread.clone()).into_context(target.context);
        let mut gathering = Gathering::with_room(room);
        for (index, value) in values.iter().enumerate() {
            *operand = which(index);
            scope.give(value, inputs, &mut gathering)?;
        }
        Ok(gathering.finish())
    }

    /// The bytes of some values, repeated up to `len` bytes.
    fn repeated(
        &self,
        target: &Target,
        values: &[Value],
        len: u64,
        which: fn(usize) -> Operand,
        inputs: &mut Inputs<'_>,
        operand: &mut Operand,
    ) -> Result<Payload<'static>, Error> {
        let pattern = self.gather(target, values, which, inputs, operand)?;
        let nothing = || ValueError::Invalid("there is nothing to fill with".to_owned());
        Ok(pattern.repeated(len).ok_or_else(nothing)?)
    }

    /// The present `len` bytes from a location on, up to the room for them.
    fn copied(
        &self,
        context: Context,
        from: Location,
        len: u64,
        target: &Target,
        inputs: &mut Inputs<'_>,
    ) -> Result<Payload<'static>, Error> {
        if let Some(standing) = self.standing(context, from, len)? {
            return Ok(standing);
        }
        let room = self.room_at(target, len);
        let mut gathering = Gathering::with_room(room);
        for (done, size) in blocks(len) {
            let mut block = vec![0; size];
            if done < room {
                self.read_bytes(context, from.offset(done), &mut block)?.complete()?;
            }
            gathering.push(&block).map_err(|cause| Error::Kept { cause })?;
            if done > 0 {
                inputs.tell(done, len)?;
            }
        }
        Ok(gathering.finish())
    }

    /// Many bytes that are contiguous in a dump's file which no other process edits: they are not gathered.
    fn standing(
        &self,
        context: Context,
        from: Location,
        len: u64,
    ) -> Result<Option<Payload<'static>>, Error> {
        let source = self.dump().source();
        let is_alone = |path| self.dump().hold().is_some_and(|hold| hold.is_alone_on(path));
        let is_still = len >= BLOCK as u64 && source.path().is_some_and(is_alone);
        let Some(file) = source.file().filter(|_| is_still) else { return Ok(None) };
        let resolved = self.dump().layout().resolve(context, from, len, Access::Read)?;
        let pieces: Vec<Piece> = resolved.reads().collect();
        let start = pieces.first().map_or(0, |piece| piece.file_offset);
        let follows = |piece: &Piece| {
            let is_whole = piece.gate.is_none() && piece.mask == 0xff;
            is_whole && piece.file_offset.checked_sub(start) == Some(piece.start)
        };
        let written = self.pending.next_from(start);
        if !pieces.iter().all(follows)
            || written.is_some_and(|written| written.start.saturating_sub(start) < len)
        {
            return Ok(None);
        }
        let file = Standing::of(file).map_err(|cause| Error::Io { file_offset: start, len, cause })?;
        Ok(Some(Payload::standing(file, start, len)))
    }

    /// Number of bytes, of `most`, that there is room for. Where not even the first can be written, the write itself reports why.
    fn room_at(&self, target: &Target, most: u64) -> u64 {
        self.room(target.context, target.location, most).unwrap_or(0)
    }

    /// Checks old bytes for `written` new ones.
    fn check_expected(&mut self, target: &Target, expected: &Payload<'_>, written: u64) -> Result<(), Error> {
        if expected.len() != written {
            return Err(Error::ExpectLength { expected: expected.len(), written });
        }
        self.expect_payload(target.context, target.location, expected)
    }
}

/// Target of an assignment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Assigns {
    Register,
    Field,
    Variable,
}

/// Location of a write, and the thread of its registers.
struct Target {
    thread: Result<Context, AccessError>,
    context: Context,
    location: Location,
}
