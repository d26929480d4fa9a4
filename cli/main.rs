//! The dumpedit command: parses arguments, calls the library, prints text or JSON.

mod args;
mod commands;
mod completion;
mod done;
mod failure;
mod help;
mod input;
mod interrupt;
mod meant;
mod notation_page;
mod output;
mod receipt;
mod shell;
mod symbols;
mod text_input;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{FromArgMatches, Parser};

use dumpedit::compressed::Limits;

use crate::args::Arguments;
use crate::failure::Failure;
use crate::output::text::Colour;
use crate::output::{Output, progress};

fn main() -> ExitCode {
    completion::answer();
    interrupt::prepare();
    // The help texts cost more than the rest of a short command, so they are made only when needed.
    let with_help =
        |_| help::command().try_get_matches().and_then(|found| Arguments::from_arg_matches(&found));
    let mut arguments = match Arguments::try_parse().or_else(with_help) {
        Ok(arguments) => arguments,
        Err(error) => return misused(error),
    };
    if arguments.quiet {
        progress::hide();
    }
    let mut output = Output::new(arguments.json, arguments.quiet, arguments.color);
    input::limit(Limits::default().unpacked(arguments.max_unpacked).window(arguments.max_window));
    if let Some((path, error)) = arguments.symbols.unusable() {
        output.fail(&Failure::file("usage", "look for symbols in", &path, &error).or_command(&words()));
        return ExitCode::from(2);
    }
    symbols::name_by(arguments.symbols.options());
    arguments.hand_down();
    let done = commands::run(arguments.verb, &mut output);
    output.tell_rest();
    match done {
        Ok(done) => done.into(),
        Err(failure) => {
            output.fail(&failure.or_command(&words()));
            ExitCode::from(interrupt::code().unwrap_or(2))
        }
    }
}

/// Prints the help or the version if requested. Every other clap error is a mistake, printed as JSON if requested.
fn misused(error: clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // A closed standard output is not an error of the help.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return ExitCode::from(2);
    }
    let words = words();
    let json = words.iter().any(|word| word == "--json");
    Output::new(json, false, Colour::Auto).fail(&Failure::usage(error).or_command(&words));
    ExitCode::from(2)
}

/// Words of the command line, without the program name.
fn words() -> Vec<OsString> {
    std::env::args_os().skip(1).collect()
}
