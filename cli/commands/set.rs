//! `set`: sets registers, fields and variables.

use std::path::Path;

use dumpedit::EditOptions;
use dumpedit::notation::{Assignment, NotationError, Operation, Script};

use crate::args::{EmptyArgument, SetArguments};
use crate::commands::edit;
use crate::done::Done;
use crate::failure::Failure;
use crate::input::is_standard;
use crate::output::Output;
use crate::text_input::Text;

pub(super) fn run(arguments: &SetArguments, output: &mut Output) -> Result<Done, Failure> {
    let operation =
        Operation::Set { registers: registers(arguments)?, expect: assignments(&arguments.expect)? };
    let options = EditOptions::default().all_or_nothing(arguments.all_or_nothing);
    let line = arguments.edit.line(operation, options)?;
    edit::run(&arguments.dump, &arguments.edit, &line, EmptyArgument { allow_empty: false }, output)
}

/// The assignments in the given order. `-` stands for the registers on standard input.
fn registers(arguments: &SetArguments) -> Result<Vec<Assignment>, Failure> {
    let from_standard_input = arguments.registers.iter().filter(|text| *text == "-").count();
    if from_standard_input > 1 || (from_standard_input > 0 && is_standard(&arguments.dump)) {
        return Err(Failure::standard_input_twice());
    }
    let mut registers = Vec::new();
    for text in &arguments.registers {
        if text == "-" {
            let Text { name, text } = Text::read(Path::new("-"), "value")?;
            let read = Script::new(name.as_str(), text).registers()?;
            if read.is_empty() {
                let hint =
                    "paste the register output of a debugger, or lines such as rip=0x401000 rsp=0x7ffe0ff8";
                return Err(Failure::misses(&format!("{name} has no register"), hint));
            }
            registers.extend(read);
        } else {
            registers.push(text.parse()?);
        }
    }
    Ok(registers)
}

fn assignments(texts: &[String]) -> Result<Vec<Assignment>, NotationError> {
    texts.iter().map(|text| text.parse()).collect()
}
