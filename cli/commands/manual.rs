//! `completions` and `man`: what clap knows about the arguments, for shells and for the manual.

use std::path::Path;

use clap_complete::Shell;
use dumpedit::notation::PathText;
use serde_json::json;

use crate::commands::Done;
use crate::failure::Failure;
use crate::help;
use crate::output::{self, Output};

pub(super) fn completions(shell: Shell, output: &mut Output) -> Result<Done, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut help::command(), "dumpedit", &mut script);
    text(&script, output)
}

/// A text as it is, or as the one string of a document.
fn text(text: &[u8], output: &mut Output) -> Result<Done, Failure> {
    if output.is_json() {
        output.document(&json!({ "text": String::from_utf8_lossy(text) }))?;
    } else {
        output.raw(text)?;
    }
    Ok(Done::All)
}

pub(super) fn page(verb: Option<&str>, output: &mut Output) -> Result<Done, Failure> {
    let mut command = help::command();
    command.build();
    if let Some(verb) = verb {
        let found = command.find_subcommand(verb).cloned();
        command = found.ok_or_else(|| Failure::no_such_verb(verb))?;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(|error| Failure::output(&error))?;
    text(&page, output)
}

/// Every page, as a file in a folder.
pub(super) fn pages(folder: &Path, output: &mut Output) -> Result<Done, Failure> {
    clap_mangen::generate_to(help::command(), folder)
        .map_err(|error| Failure::file("commit", "write manual pages into", folder, &error))?;
    let folder = PathText(folder).to_string();
    if output.is_json() {
        output.document(&json!({ "output": folder }))?;
    } else {
        output
            .report(format!("wrote the manual pages into {}\n", output::text::shown(&folder)).as_bytes())?;
    }
    Ok(Done::All)
}
