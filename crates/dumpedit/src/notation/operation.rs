//! An operation as it was asked for, and doing it.

use std::fmt;
use std::io::{self, Read};

use dumpedit_layout::{AccessError, Context, Outcome};

use crate::edit::Edit;
use crate::error::Error;
use crate::notation::{At, NotationError, NumberText, Value};

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

    pub(crate) fn file(&mut self, path: &str) -> Result<Vec<u8>, Error> {
        std::fs::read(path).map_err(|source| Error::Input { name: path.to_owned(), source })
    }

    pub(crate) fn standard_input(&mut self) -> Result<Vec<u8>, Error> {
        let failed = |source| Error::Input { name: "standard input".to_owned(), source };
        let input = self.standard_input.take();
        let input =
            input.ok_or_else(|| failed(io::Error::other("it was read by another value of this command")))?;
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes).map_err(failed)?;
        Ok(bytes)
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
                let mut join = |values: &[Value]| {
                    values.iter().try_fold(Vec::new(), |mut bytes, value| {
                        bytes.append(&mut scope.bytes(value, inputs)?);
                        Ok::<_, Error>(bytes)
                    })
                };
                let bytes = join(values)?;
                if !expect.is_empty() {
                    let expected = join(expect)?;
                    if expected.len() != bytes.len() {
                        let (expected, written) = (expected.len() as u64, bytes.len() as u64);
                        return Err(Error::ExpectLength { expected, written });
                    }
                    self.expect_bytes(context, location, &expected)?;
                }
                self.write_bytes(context, location, &bytes)
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
