//! An operation as it was asked for, and doing it.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::str::FromStr;

use dumpedit_formats::fields::is_name;
use dumpedit_layout::{Access, AccessError, Context, Location, Outcome, Piece};

use crate::edit::Edit;
use crate::edit::payload::{Gathering, Payload, Standing};
use crate::error::Error;
use crate::find::{Match, Search};
use crate::notation::line::Operand;
use crate::notation::parts::{Addition, Removal};
use crate::notation::replacement::{Replacement, Replacing};
use crate::notation::scope::{LocationRange, Placed};
use crate::notation::words::Quoted;
use crate::notation::{At, NotationError, NumberText, RangeText, SearchText, Value, field};
use crate::number::ValueError;
use crate::store::blocks::{BLOCK, blocks};
use crate::store::copy::{Progress, ProgressFn};
use crate::store::platform;

/// What a line of the command or of a script asks for. `Display` writes it as that line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Writes values one after the other.
    Write {
        /// Where the first byte goes.
        at: At,
        /// What is written.
        values: Vec<Value>,
        /// The old bytes, where they are to be checked.
        expect: Vec<Value>,
    },
    /// Fills a range with values, over and over; the last time as far as it goes.
    Fill {
        /// What is filled.
        range: RangeText,
        /// What it is filled with.
        pattern: Vec<Value>,
        /// The old bytes, repeated like the pattern, where they are to be checked.
        expect: Vec<Value>,
    },
    /// Copies a range to another place; the two may overlap.
    Copy {
        /// What is copied.
        range: RangeText,
        /// Where its first byte goes.
        at: At,
        /// The old bytes there, where they are to be checked.
        expect: Vec<Value>,
    },
    /// Writes over every match of a search.
    Replace {
        /// What is looked for. Of matches that overlap, the first is written over.
        search: Box<SearchText>,
        /// What is written.
        with: Replacement,
    },
    /// Sets registers and fields.
    Set {
        /// The new values, in the order in which they are set.
        registers: Vec<Assignment>,
        /// The old values that are checked before.
        expect: Vec<Assignment>,
    },
    /// Adds a part to the dump.
    Add(Box<Addition>),
    /// Takes a part out of the dump.
    Drop(Removal),
}

/// `REGISTER=NUMBER`, `FIELD=VALUE` or `VARIABLE=VALUE`, as `set` takes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Assignment {
    /// The name of the register or the field, or the path to the variable. What has a register's name is the register.
    pub register: String,
    /// The value.
    pub number: NumberText,
    /// The value as it is written: what it means depends on the type, where this sets a variable.
    pub written: String,
}

impl FromStr for Assignment {
    type Err = NotationError;

    fn from_str(text: &str) -> Result<Self, NotationError> {
        let Some((name, number)) = field::assignment(text) else {
            let error = NotationError::usage(text, "is not an assignment")
                .with_hint("write REGISTER=NUMBER or FIELD=VALUE");
            // `rip:0x1000`
            return Err(
                match text.split_once(':').filter(|(name, value)| !name.is_empty() && !value.is_empty()) {
                    Some((name, value)) => error.with_instead(format!("{name}={value}")),
                    None => error,
                },
            );
        };
        let name = name.trim();
        if is_name(name) {
            return Ok(Assignment::new(name, NumberText::OfField(number.to_owned())));
        }
        let written = number.trim();
        if is_path(name) {
            return Ok(Assignment::new(name, NumberText::OfVariable(written.to_owned())));
        }
        let number = written.parse()?;
        Ok(Assignment { register: name.to_owned(), number, written: written.to_owned() })
    }
}

/// Whether a name is made as only paths to variables are, and as no register's.
fn is_path(name: &str) -> bool {
    name.starts_with(['*', '&', '(', '{', '\''])
        || ["[", "->", "!", "::"].iter().any(|mark| name.contains(mark))
}

impl Assignment {
    /// A register, a field or a variable, and its value.
    pub fn new(register: impl Into<String>, number: NumberText) -> Self {
        Assignment { register: register.into(), written: number.to_string(), number }
    }

    /// Whether it sets a field, and no register.
    pub fn is_of_field(&self) -> bool {
        matches!(self.number, NumberText::OfField(_))
    }
}

impl fmt::Display for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.register, self.written)
    }
}

impl Operation {
    /// Whether a value is to be read from standard input.
    pub fn reads_standard_input(&self) -> bool {
        let any = |values: &[Value]| values.iter().any(|value| matches!(value, Value::StandardInput));
        match self {
            Operation::Write { values, expect, .. } => any(values) || any(expect),
            Operation::Fill { pattern, expect, .. } => any(pattern) || any(expect),
            Operation::Copy { expect, .. } => any(expect),
            Operation::Replace { with, .. } => {
                any(with.value().map(std::slice::from_ref).unwrap_or_default())
            }
            Operation::Add(part) => match &**part {
                Addition::Memory { values, .. } => any(values),
                _ => false,
            },
            Operation::Set { .. } | Operation::Drop(_) => false,
        }
    }

    /// The operation that takes this one back.
    ///
    /// # Errors
    /// [`NotationError`] where it does not say what was there before.
    pub fn reversed(&self) -> Result<Operation, NotationError> {
        let unknown = |what: &str| {
            NotationError::usage(what, "cannot be taken back").with_hint(
                "only a line that says what was there before can; --keep-going takes back the others",
            )
        };
        match self {
            Operation::Write { at, values, expect } if !expect.is_empty() => {
                Ok(Operation::Write { at: at.clone(), values: expect.clone(), expect: values.clone() })
            }
            Operation::Fill { range, pattern, expect } if !expect.is_empty() => {
                Ok(Operation::Fill { range: range.clone(), pattern: expect.clone(), expect: pattern.clone() })
            }
            Operation::Set { registers, expect } => {
                let times = |list: &[Assignment], name: &str| {
                    list.iter().filter(|other| other.register.eq_ignore_ascii_case(name)).count()
                };
                let known = |name: &str| (times(registers, name), times(expect, name)) == (1, 1);
                match registers.iter().map(|assigned| &assigned.register).find(|name| !known(name)) {
                    Some(name) => Err(unknown(name)),
                    None => Ok(Operation::Set { registers: expect.clone(), expect: registers.clone() }),
                }
            }
            Operation::Write { .. } => Err(unknown("write")),
            Operation::Fill { .. } => Err(unknown("fill")),
            Operation::Copy { .. } => {
                let hint = "it does not say which bytes it copies; write them, with --expect";
                Err(NotationError::usage("copy", "cannot be taken back").with_hint(hint))
            }
            Operation::Replace { .. } => Err(unknown("find")),
            Operation::Add(_) => Err(unknown("add")),
            Operation::Drop(_) => Err(unknown("drop")),
        }
    }
}

impl Operation {
    /// The registers that it changes by their names.
    pub(crate) fn changed_registers(&self) -> Vec<&str> {
        let place = match self {
            Operation::Set { registers, .. } => {
                let registers = registers.iter().filter(|assigned| !assigned.is_of_field());
                return registers.map(|assigned| assigned.register.as_str()).collect();
            }
            Operation::Write { at, .. } | Operation::Copy { at, .. } => at,
            Operation::Fill { range, .. } => &range.start,
            Operation::Replace { .. } | Operation::Add(_) | Operation::Drop(_) => return Vec::new(),
        };
        if let At::InRegister { name, .. } = place { vec![name] } else { Vec::new() }
    }

    /// The registers whose values stand in what it writes or expects.
    pub(crate) fn mentioned_registers(&self) -> Vec<&str> {
        let (mut values, mut numbers): (Vec<&Value>, Vec<&NumberText>) = (Vec::new(), Vec::new());
        match self {
            Operation::Write { values: new, expect, .. } | Operation::Fill { pattern: new, expect, .. } => {
                values.extend(new.iter().chain(expect));
            }
            Operation::Copy { expect, .. } => values.extend(expect),
            Operation::Replace { with, .. } => values.extend(with.value()),
            Operation::Set { registers, expect } => {
                numbers.extend(registers.iter().chain(expect).map(|assigned| &assigned.number));
            }
            // They change no register of the dump.
            Operation::Add(_) | Operation::Drop(_) => {}
        }
        let of_numbers = numbers.into_iter().filter_map(|number| match number {
            NumberText::At(at) | NumberText::Typed(Value::Pointer(at)) => Some(at),
            _ => None,
        });
        let of_values = values.into_iter().filter_map(|value| match value {
            Value::Pointer(at) => Some(at),
            _ => None,
        });
        of_numbers.chain(of_values).filter_map(At::register).collect()
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expect: Vec<String> = match self {
            Operation::Write { at, values, expect } => {
                write!(f, "write {}{}", Quoted(at), Listed(values))?;
                expect.iter().map(Value::to_string).collect()
            }
            Operation::Fill { range, pattern, expect } => {
                write!(f, "fill {}{}", Quoted(range), Listed(pattern))?;
                expect.iter().map(Value::to_string).collect()
            }
            Operation::Copy { range, at, expect } => {
                write!(f, "copy {} {}", Quoted(range), Quoted(at))?;
                expect.iter().map(Value::to_string).collect()
            }
            Operation::Replace { search, with } => return write!(f, "find {search} {with}"),
            Operation::Add(part) => return write!(f, "add {part}"),
            Operation::Drop(part) => return write!(f, "drop {part}"),
            Operation::Set { registers, expect } => {
                let registers: Vec<String> = registers.iter().map(Assignment::to_string).collect();
                write!(f, "set{}", Listed(&registers))?;
                expect.iter().map(Assignment::to_string).collect()
            }
        };
        expect.iter().try_for_each(|value| write!(f, " --expect {}", Quoted(value)))
    }
}

/// Words, each behind a blank.
struct Listed<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for Listed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|word| write!(f, " {}", Quoted(word)))
    }
}

/// Where `file:` and `-` values are read from, and who is told of what takes long.
pub struct Inputs<'a> {
    standard_input: Option<&'a mut dyn Read>,
    progress: Option<&'a mut ProgressFn<'a>>,
}

impl<'a> Inputs<'a> {
    /// Files are read from the file system, `-` from `standard_input`, once.
    pub fn new(standard_input: &'a mut dyn Read) -> Self {
        Inputs { standard_input: Some(standard_input), progress: None }
    }

    /// Files only: standard input is taken already.
    pub fn files() -> Self {
        Inputs { standard_input: None, progress: None }
    }

    /// Tells of the progress of reading long ranges, at most once a MiB; breaking off ends the operation.
    pub fn watched(self, progress: &'a mut ProgressFn<'a>) -> Self {
        Inputs { progress: Some(progress), ..self }
    }

    fn tell(&mut self, done: u64, total: u64) -> Result<(), Error> {
        match self.progress.as_mut().map(|progress| progress(Progress { done, total })) {
            Some(ControlFlow::Break(())) => Err(Error::Cancelled),
            _ => Ok(()),
        }
    }

    pub(crate) fn file(&mut self, path: &str, into: &mut Gathering) -> Result<(), Error> {
        let read = regular_file(path).and_then(|file| into.push_file(file));
        read.map_err(|cause| Error::Input { name: path.to_owned(), cause })
    }

    pub(crate) fn standard_input(&mut self, into: &mut Gathering) -> Result<(), Error> {
        let read = match self.standard_input.take() {
            Some(input) => into.push_stream(input),
            None => Err(io::Error::other("this command has read it already")),
        };
        read.map_err(|cause| Error::Input { name: "standard input".to_owned(), cause })
    }
}

impl Edit {
    /// Does an operation in this edit. `thread` is the context whose registers are meant.
    ///
    /// # Errors
    /// [`Error`]; the edit is then as it was before the call.
    pub fn perform(
        &mut self,
        operation: &Operation,
        thread: Result<Context, AccessError>,
        inputs: &mut Inputs<'_>,
    ) -> Result<Outcome, Error> {
        self.perform_telling(operation, thread, inputs, &mut Operand::Line)
    }

    /// As [`Edit::perform`]; where it fails, `operand` is the part of the operation that it failed at.
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
                edit.scope(target.thread.clone()).check_room(at, object, new.len())?;
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
                Ok(Outcome { requested: len, completed: written.completed, stopped })
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
                // Which records are meant is settled before the first register changes.
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
                for (index, assigned) in registers.iter().enumerate() {
                    *operand = Operand::Value(index);
                    let set = match edit.assigns(&thread, assigned) {
                        Assigns::Field => {
                            let field = edit.dump().field(&assigned.register)?;
                            let value = edit.scope(thread.clone()).field_value(&field, &assigned.written)?;
                            Some(edit.set_in_places(&field, &value)?)
                        }
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
            }
            Operation::Add(part) => edit.add(part, &thread, inputs, operand),
            Operation::Drop(part) => edit.drop_part(part, &thread, operand),
        })
    }

    /// Sets a register to what a text says.
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

    /// What an assignment sets. A register's name comes before a variable's, and a field's before a path.
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

    /// Checks that a register, a field or a variable holds what a text says.
    fn expect_assigned(
        &mut self,
        thread: &Result<Context, AccessError>,
        assigned: &Assignment,
    ) -> Result<(), Error> {
        let Assignment { register: name, number, written } = assigned;
        match self.assigns(thread, assigned) {
            Assigns::Field => {
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

    /// Writes over every match of a search; of those that overlap, over the first.
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
        let mut all = Outcome::full(0);
        for one in matches {
            let bytes = new.bytes(&one)?;
            let one = self.write_payload(Context::Process, one.location(), Payload::given(&bytes))?;
            all.requested = all.requested.saturating_add(one.requested);
            all.completed = all.completed.saturating_add(one.completed);
            all.stopped = all.stopped.or(one.stopped);
        }
        Ok(all)
    }

    /// The context and the location of a place that is written to.
    fn place(&self, thread: &Result<Context, AccessError>, at: &At) -> Result<(Context, Placed), Error> {
        let scope = self.scope(thread.clone());
        Ok((scope.context_of(at), scope.placed(at)?))
    }

    /// The bytes of some values, one behind the other, as far as there is room for them.
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

    /// The bytes of some values over and over, `len` in all.
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

    /// `len` bytes from a location on as they are now, as far as there is room for them.
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

    /// Many bytes that are one stretch of a dump's file which nobody else edits: they need not be gathered.
    fn standing(
        &self,
        context: Context,
        from: Location,
        len: u64,
    ) -> Result<Option<Payload<'static>>, Error> {
        let source = self.dump().source();
        let is_alone = |path| source.hold().is_some_and(|hold| hold.is_alone_on(path));
        let is_still = len >= BLOCK as u64 && source.path().is_some_and(is_alone);
        let Some(file) = source.file().filter(|_| is_still) else { return Ok(None) };
        let pieces = self.dump().layout().resolve(context, from, len, Access::Read)?.reads();
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

    /// How many of `most` bytes there is room for. Where not even the first can be written, the write itself says why.
    fn room_at(&self, target: &Target, most: u64) -> u64 {
        self.room(target.context, target.location, most).unwrap_or(0)
    }

    /// Checks old bytes that were given for `written` new ones.
    fn check_expected(&mut self, target: &Target, expected: &Payload<'_>, written: u64) -> Result<(), Error> {
        if expected.len() != written {
            return Err(Error::ExpectLength { expected: expected.len(), written });
        }
        self.expect_payload(target.context, target.location, expected)
    }
}

/// Opens a file whose size is known. A pipe would keep whoever opens it waiting, and a device may have no end.
fn regular_file(path: &str) -> io::Result<File> {
    let check = |metadata: Metadata| match platform::kind_of_special(&metadata) {
        Some(kind) => Err(io::Error::other(format!("it is a {kind}, not a file; only - reads a stream"))),
        None => Ok(()),
    };
    check(std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    check(file.metadata()?)?;
    Ok(file)
}

/// What an assignment sets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Assigns {
    Register,
    Field,
    Variable,
}

/// Where an operation writes, and the thread whose registers it means.
struct Target {
    thread: Result<Context, AccessError>,
    context: Context,
    location: Location,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_written_as_the_line_that_asks_for_it() {
        let write = Operation::Write {
            at: "@rsp+8".parse().unwrap(),
            values: vec!["u32:7".parse().unwrap(), "str:a b".parse().unwrap()],
            expect: vec!["4141".parse().unwrap()],
        };
        assert_eq!(write.to_string(), "write @rsp+0x8 u32:7 'str:a b' --expect hex:4141");
        let set = Operation::Set {
            registers: vec!["rip=0x401000".parse().unwrap()],
            expect: vec!["rsp=@rbp".parse().unwrap()],
        };
        assert_eq!(set.to_string(), "set rip=0x401000 --expect rsp=@rbp");
        assert!("rip".parse::<Assignment>().is_err());
        assert!("=1".parse::<Assignment>().is_err());
    }
}
