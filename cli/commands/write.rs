//! `write`: bytes to memory or into a register.

use dumpedit::EditOptions;
use dumpedit::notation::Operation;

use crate::args::WriteArguments;
use crate::commands::{Done, edit, open, thread};
use crate::failure::Failure;
use crate::output::Output;

pub(super) fn run(arguments: WriteArguments, output: &mut Output) -> Result<Done, Failure> {
    let dump = open(&arguments.dump)?;
    let thread = thread(&dump, &arguments.edit.thread)?;
    let options = EditOptions::default()
        .all_or_nothing(arguments.all_or_nothing)
        .allow_structure(arguments.allow_structure);
    let operation = Operation::Write {
        at: arguments.at,
        values: arguments.values,
        expect: arguments.expect.into_iter().collect(),
    };
    edit::run(&dump, &operation, options, thread, &arguments.edit, output)
}
