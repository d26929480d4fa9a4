//! `write`, `fill` and `copy`: write bytes to memory or into a register.

use std::path::Path;
use std::str::FromStr;

use dumpedit::EditOptions;
use dumpedit::notation::{NotationError, Operation, Value};

use crate::args::{CopyArguments, FillArguments, MemoryArguments, WriteArguments};
use crate::commands::edit;
use crate::done::Done;
use crate::failure::Failure;
use crate::output::Output;

pub(super) fn run(arguments: &WriteArguments, output: &mut Output) -> Result<Done, Failure> {
    let (at, values) = (arguments.at.parse()?, all(&arguments.values)?);
    let operation = Operation::Write { at, values, expect: all(&arguments.memory.expect)? };
    arguments.memory.edit(&arguments.dump, operation, output)
}

pub(super) fn fill(arguments: &FillArguments, output: &mut Output) -> Result<Done, Failure> {
    let (range, pattern) = (arguments.range.parse()?, all(&arguments.pattern)?);
    let operation = Operation::Fill { range, pattern, expect: all(&arguments.memory.expect)? };
    arguments.memory.edit(&arguments.dump, operation, output)
}

pub(super) fn copy(arguments: &CopyArguments, output: &mut Output) -> Result<Done, Failure> {
    let (range, at) = (arguments.range.parse()?, arguments.at.parse()?);
    let operation = Operation::Copy { range, at, expect: all(&arguments.memory.expect)? };
    arguments.memory.edit(&arguments.dump, operation, output)
}

impl MemoryArguments {
    fn edit(&self, dump: &Path, operation: Operation, output: &mut Output) -> Result<Done, Failure> {
        if !self.empty.allow_empty
            && let Some(value) = empty_value(&operation)
        {
            return Err(Failure::empty(&format!("the value '{value}'")));
        }
        let options =
            EditOptions::default().all_or_nothing(self.all_or_nothing).allow_structure(self.allow_structure);
        let line = self.edit.line(operation, options)?;
        edit::run(dump, &self.edit, &line, self.empty, output)
    }
}

/// A written or expected value without bytes.
fn empty_value(operation: &Operation) -> Option<&Value> {
    let (values, expect): (&[Value], &[Value]) = match operation {
        Operation::Write { values, expect, .. } => (values, expect),
        Operation::Fill { pattern, expect, .. } => (pattern, expect),
        Operation::Copy { expect, .. } => (&[], expect),
        _ => (&[], &[]),
    };
    values.iter().chain(expect).find(|value| value.is_empty())
}

/// Parses texts of one kind.
fn all<T: FromStr<Err = NotationError>>(texts: &[String]) -> Result<Vec<T>, NotationError> {
    texts.iter().map(|text| text.parse()).collect()
}
