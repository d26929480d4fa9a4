//! `set`: registers of a thread.

use dumpedit::EditOptions;
use dumpedit::notation::{NotationError, NumberText, Operation};

use crate::args::SetArguments;
use crate::commands::{Done, edit};
use crate::failure::Failure;
use crate::output::Output;

pub(super) fn run(arguments: &SetArguments, output: &mut Output) -> Result<Done, Failure> {
    let operation = Operation::Set {
        registers: assignments(&arguments.registers)?,
        expect: assignments(&arguments.expect)?,
    };
    let options = EditOptions::default().all_or_nothing(arguments.all_or_nothing);
    let line = arguments.edit.line(operation, options)?;
    edit::run(&arguments.dump, &arguments.edit, &line, output)
}

fn assignments(texts: &[String]) -> Result<Vec<(String, NumberText)>, NotationError> {
    texts.iter().map(|text| Operation::assignment(text)).collect()
}
