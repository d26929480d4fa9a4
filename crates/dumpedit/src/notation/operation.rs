//! An operation as it was asked for, and doing it.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};

use dumpedit_layout::{Access, AccessError, Context, Location, Outcome};

use crate::blocks::blocks;
use crate::edit::Edit;
use crate::error::Error;
use crate::notation::line::Operand;
use crate::notation::words::Quoted;
use crate::notation::{At, NotationError, NumberText, RangeText, Value};
use crate::number::ValueError;
use crate::payload::{Gathering, Payload};

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
    /// Sets registers.
    Set {
        /// Names and new values, in the order in which they are set.
        registers: Vec<(String, NumberText)>,
        /// Names and old values that are checked before.
        expect: Vec<(String, NumberText)>,
    },
}

impl Operation {
    /// `REG=NUMBER`, as `set` takes it.
    ///
    /// # Errors
    /// [`NotationError`] where the text has no `=`, or what follows it is no number.
    pub fn assignment(text: &str) -> Result<(String, NumberText), NotationError> {
        let Some((name, number)) = text.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            return Err(NotationError::usage(text, "is not an assignment").with_hint("write REGISTER=NUMBER"));
        };
        Ok((name.trim().to_owned(), number.trim().parse()?))
    }

    /// The operation that takes this one back.
    ///
    /// # Errors
    /// [`NotationError`] where it does not say what was there before.
    pub fn reversed(&self) -> Result<Operation, NotationError> {
        let unknown = |what: &str| {
            NotationError::usage(what, "cannot be taken back")
                .with_hint("only lines that say what was there before, with --expect, can")
        };
        match self {
            Operation::Write { at, values, expect } if !expect.is_empty() => {
                Ok(Operation::Write { at: at.clone(), values: expect.clone(), expect: values.clone() })
            }
            Operation::Fill { range, pattern, expect } if !expect.is_empty() => {
                Ok(Operation::Fill { range: range.clone(), pattern: expect.clone(), expect: pattern.clone() })
            }
            Operation::Set { registers, expect } => {
                let known = |(name, _): &(String, NumberText)| expect.iter().any(|(old, _)| old == name);
                match registers.iter().find(|register| !known(register)) {
                    Some((name, _)) => Err(unknown(name)),
                    None => Ok(Operation::Set { registers: expect.clone(), expect: registers.clone() }),
                }
            }
            Operation::Write { .. } => Err(unknown("write")),
            Operation::Fill { .. } => Err(unknown("fill")),
            Operation::Copy { .. } => Err(unknown("copy")),
        }
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
            Operation::Set { registers, expect } => {
                let assigned = |(name, number): &(String, NumberText)| format!("{name}={number}");
                let registers: Vec<String> = registers.iter().map(assigned).collect();
                write!(f, "set{}", Listed(&registers))?;
                expect.iter().map(assigned).collect()
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

/// Where `file:` and `-` values are read from.
pub struct Inputs<'a> {
    standard_input: Option<&'a mut dyn Read>,
}

impl<'a> Inputs<'a> {
    /// Files are read from the file system, `-` from `standard_input`, once.
    pub fn new(standard_input: &'a mut dyn Read) -> Self {
        Inputs { standard_input: Some(standard_input) }
    }

    /// Files only: standard input is taken already.
    pub fn files() -> Self {
        Inputs { standard_input: None }
    }

    pub(crate) fn file(&mut self, path: &str, into: &mut Gathering) -> Result<(), Error> {
        let read = File::open(path).and_then(|file| into.push_file(file));
        read.map_err(|source| Error::Input { name: path.to_owned(), source })
    }

    pub(crate) fn standard_input(&mut self, into: &mut Gathering) -> Result<(), Error> {
        let read = match self.standard_input.take() {
            Some(input) => into.push_stream(input),
            None => Err(io::Error::other("this command has read it already")),
        };
        read.map_err(|source| Error::Input { name: "standard input".to_owned(), source })
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
                let (context, location) = edit.place(&thread, at)?;
                let target = Target { thread, context, location };
                let new = edit.gather(&target, values, Operand::Value, inputs, operand)?;
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
                let (context, (location, len)) = (scope.context(), scope.range(range)?);
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
                let (context, (from, len)) = {
                    let scope = edit.scope(thread.clone());
                    (scope.context(), scope.range(range)?)
                };
                let source = edit.dump().layout().resolve(context, from, len, Access::Read)?.outcome;
                if edit.options().all_or_nothing {
                    source.complete()?;
                }
                *operand = Operand::Value(0);
                let (context, location) = edit.place(&thread, at)?;
                let target = Target { thread, context, location };
                let new = edit.copied(context, from, source.completed, &target)?;
                if !expect.is_empty() {
                    let expected = edit.gather(&target, expect, Operand::Expect, inputs, operand)?;
                    edit.check_expected(&target, &expected, len)?;
                }
                *operand = Operand::Value(0);
                let written = edit.write_payload(context, location, new)?;
                let stopped = written.stopped.or(source.stopped);
                Ok(Outcome { requested: len, completed: written.completed, stopped })
            }
            Operation::Set { registers, expect } => {
                let context = thread?;
                for (index, (name, number)) in expect.iter().enumerate() {
                    *operand = Operand::Expect(index);
                    let expected = edit.scope(Ok(context)).number(name, number)?;
                    edit.expect_register(context, name, expected)?;
                }
                let mut bytes = 0u64;
                // Which records are meant is settled before the first register changes.
                let settled = edit.records_for(context)?;
                for (index, (name, number)) in registers.iter().enumerate() {
                    *operand = Operand::Value(index);
                    let value = edit.scope(Ok(context)).number(name, number)?;
                    edit.set_in(settled, name, value)?;
                    let part = edit.dump().register(context, name)?;
                    bytes = bytes.saturating_add(u64::from(part.bits.div_ceil(8)));
                }
                Ok(Outcome::full(bytes))
            }
        })
    }

    /// The context and the location of a place that is written to.
    fn place(&self, thread: &Result<Context, AccessError>, at: &At) -> Result<(Context, Location), Error> {
        let scope = self.scope(thread.clone());
        Ok((scope.context(), scope.locate(at)?))
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
        let scope = self.scope(target.thread.clone());
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
        let held = pattern.len().min(self.room_at(target, len));
        let mut bytes = vec![0; usize::try_from(held).unwrap_or(usize::MAX)];
        pattern.read_at(0, &mut bytes).map_err(|source| Error::Kept { source })?;
        if bytes.is_empty() && pattern.len() > 0 {
            // There is no room even for the first byte, so that none of it is ever written.
            bytes.push(0);
        }
        let nothing = || ValueError::Invalid("there is nothing to fill with".to_owned());
        Ok(Payload::repeated(&bytes, len).ok_or_else(nothing)?)
    }

    /// `len` bytes from a location on as they are now, as far as there is room for them.
    fn copied(
        &self,
        context: Context,
        from: Location,
        len: u64,
        target: &Target,
    ) -> Result<Payload<'static>, Error> {
        let room = self.room_at(target, len);
        let mut gathering = Gathering::with_room(room);
        for (done, size) in blocks(len) {
            let mut block = vec![0; size];
            if done < room {
                self.read_bytes(context, from.offset(done), &mut block)?.complete()?;
            }
            gathering.push(&block).map_err(|source| Error::Kept { source })?;
        }
        Ok(gathering.finish())
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
            registers: vec![Operation::assignment("rip=0x401000").unwrap()],
            expect: vec![Operation::assignment("rsp=@rbp").unwrap()],
        };
        assert_eq!(set.to_string(), "set rip=0x401000 --expect rsp=@rbp");
        assert!(Operation::assignment("rip").is_err());
        assert!(Operation::assignment("=1").is_err());
    }
}
