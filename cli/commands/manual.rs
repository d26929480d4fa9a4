//! `completions` and `man`: what clap knows about the arguments, for shells and for the manual.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Arguments;
use crate::commands::Done;
use crate::failure::Failure;
use crate::output::Output;

pub(super) fn completions(shell: Shell, output: &mut Output) -> Result<Done, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "dumpedit", &mut script);
    output.raw(&script)?;
    Ok(Done::All)
}

pub(super) fn page(verb: Option<&str>, output: &mut Output) -> Result<Done, Failure> {
    let mut command = Arguments::command();
    command.build();
    if let Some(verb) = verb {
        let found = command.find_subcommand(verb).cloned();
        command = found.ok_or_else(|| Failure::no_such_verb(verb))?;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(|error| Failure::output(&error))?;
    output.raw(&page)?;
    Ok(Done::All)
}
