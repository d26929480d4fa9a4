//! The dumpedit command: arguments in, the library's work, text or JSON out.

mod args;
mod commands;
mod compressed;
mod failure;
mod input;
mod interrupt;
mod output;
mod receipt;
mod shell;
mod text_input;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::args::Arguments;
use crate::failure::Failure;
use crate::input::Limits;
use crate::output::Output;

fn main() -> ExitCode {
    interrupt::prepare();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return misused(error),
    };
    let mut output = Output::new(arguments.json);
    input::limit(Limits { unpacked: arguments.max_unpacked, window: arguments.max_window });
    match commands::run(arguments.verb, &mut output) {
        Ok(done) => done.into(),
        Err(failure) => {
            let arguments: Vec<_> = std::env::args_os().collect();
            output.fail(&failure.or_order(&arguments));
            ExitCode::from(interrupt::code().unwrap_or(2))
        }
    }
}

/// Help and version are asked for; anything else is a mistake, told in JSON where JSON was asked for.
fn misused(error: clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // A closed standard output is no reason to complain about help.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return ExitCode::from(2);
    }
    let json = std::env::args_os().any(|argument| argument == "--json");
    Output::new(json).fail(&Failure::usage(error));
    ExitCode::from(2)
}
