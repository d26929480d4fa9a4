//! An operation as it was asked for, and doing it.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};

use dumpedit_layout::{AccessError, Context, Outcome};

use crate::edit::Edit;
use crate::error::Error;
use crate::notation::{At, NotationError, NumberText, Value};
use crate::payload::Payload;

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
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Write { at, values, expect } => {
                write!(f, "write {}", Quoted(at))?;
                values.iter().try_for_each(|value| write!(f, " {}", Quoted(value)))?;
                expect.iter().try_for_each(|value| write!(f, " --expect {}", Quoted(value)))
            }
            Operation::Set { registers, expect } => {
                f.write_str("set")?;
                registers
                    .iter()
                    .try_for_each(|(name, number)| write!(f, " {}", Quoted(format!("{name}={number}"))))?;
                expect.iter().try_for_each(|(name, number)| {
                    write!(f, " --expect {}", Quoted(format!("{name}={number}")))
                })
            }
        }
    }
}

/// A word, in quotes where it needs them.
struct Quoted<T>(T);

impl<T: fmt::Display> fmt::Display for Quoted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        let plain =
            !text.is_empty() && !text.starts_with('#') && !text.contains([' ', '\t', '\n', '\'', '"']);
        match (plain, text.contains('\'')) {
            (true, _) => f.write_str(&text),
            (false, false) => write!(f, "'{text}'"),
            (false, true) => write!(f, "\"{text}\""),
        }
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

    pub(crate) fn file(&mut self, path: &str, into: &mut Payload) -> Result<(), Error> {
        let read = File::open(path).and_then(|file| into.push_file(file));
        read.map_err(|source| Error::Input { name: path.to_owned(), source })
    }

    pub(crate) fn standard_input(&mut self, into: &mut Payload) -> Result<(), Error> {
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
    /// [`Error`]; the edit may then hold a part of the operation and should be dropped.
    pub fn perform(
        &mut self,
        operation: &Operation,
        thread: Result<Context, AccessError>,
        inputs: &mut Inputs<'_>,
    ) -> Result<Outcome, Error> {
        match operation {
            Operation::Write { at, values, expect } => {
                let scope = self.scope(thread);
                let (context, location) = (scope.context(), scope.locate(at)?);
                // Where not even the first byte can be written, the write itself says why.
                let room = self.room(context, location).unwrap_or(0);
                let mut payload = |values: &[Value]| {
                    let mut payload = Payload::with_room(room);
                    values.iter().try_for_each(|value| scope.give(value, inputs, &mut payload))?;
                    Ok::<_, Error>(payload)
                };
                let new = payload(values)?;
                if !expect.is_empty() {
                    let expected = payload(expect)?;
                    if expected.len() != new.len() {
                        return Err(Error::ExpectLength { expected: expected.len(), written: new.len() });
                    }
                    self.expect_payload(context, location, &expected)?;
                }
                self.write_payload(context, location, &new)
            }
            Operation::Set { registers, expect } => {
                let context = thread?;
                for (name, number) in expect {
                    let expected = self.scope(Ok(context)).number(name, number)?;
                    self.expect_register(context, name, expected)?;
                }
                let mut bytes = 0u64;
                // Which records are meant is settled before the first register changes.
                let settled = self.records_for(context)?;
                for (name, number) in registers {
                    let value = self.scope(Ok(context)).number(name, number)?;
                    self.set_in(settled, name, value)?;
                    let part = self.dump().register(context, name)?;
                    bytes = bytes.saturating_add(u64::from(part.bits.div_ceil(8)));
                }
                Ok(Outcome::full(bytes))
            }
        }
    }
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
