//! The dumpedit command: arguments in, the library's work, text or JSON out.

mod args;
mod commands;
mod compressed;
mod failure;
mod input;
mod output;
mod receipt;

use std::process::ExitCode;
#[cfg(unix)]
use std::sync::{Arc, atomic::AtomicBool};

use clap::Parser;
use clap::error::ErrorKind;

use crate::args::Arguments;
use crate::failure::Failure;
use crate::output::Output;

fn main() -> ExitCode {
    #[cfg(unix)]
    report_file_size_limits();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return misused(&error),
    };
    let mut output = Output::new(arguments.json);
    match commands::run(arguments.verb, &mut output) {
        Ok(done) => done.into(),
        Err(failure) => {
            output.fail(&failure);
            ExitCode::from(2)
        }
    }
}

/// Makes a write behind the limit on the size of files an error, as one to a closed pipe is: its signal would end the
/// process without a word. Where that cannot be had, it still does.
#[cfg(unix)]
fn report_file_size_limits() {
    let met = Arc::<AtomicBool>::default();
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, met);
}

/// Help and version are asked for; anything else is a mistake, told in JSON where JSON was asked for.
fn misused(error: &clap::Error) -> ExitCode {
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
