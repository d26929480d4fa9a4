//! `write`: bytes to memory or into a register.

use dumpedit::EditOptions;
use dumpedit::notation::{NotationError, Operation, Value};

use crate::args::WriteArguments;
use crate::commands::{Done, edit, thread};
use crate::failure::Failure;
use crate::output::Output;

pub(super) fn run(arguments: &WriteArguments, output: &mut Output) -> Result<Done, Failure> {
    let operation = Operation::Write {
        at: arguments.at.parse()?,
        values: values(&arguments.values)?,
        expect: values(arguments.expect.as_slice())?,
    };
    let target = edit::Target::open(&arguments.dump, &arguments.edit, output)?;
    let thread = thread(target.dump(), &arguments.edit.thread)?;
    let options = EditOptions::default()
        .all_or_nothing(arguments.all_or_nothing)
        .allow_structure(arguments.allow_structure);
    target.edit(&operation, options, thread, output)
}

fn values(texts: &[String]) -> Result<Vec<Value>, NotationError> {
    texts.iter().map(|text| text.parse()).collect()
}
