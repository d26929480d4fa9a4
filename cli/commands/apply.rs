//! `apply`: runs scripts of edits as one edit.

use std::path::{Path, PathBuf};

use dumpedit::notation::{Applied, ApplyError, Script, ScriptError, ScriptOptions};
use dumpedit::{CommitError, Context, EditOptions, Outcome};

use crate::args::ApplyArguments;
use crate::commands::edit::{Target, leaves_matches};
use crate::commands::report::{Lines, Performed};
use crate::commands::thread_argument::thread;
use crate::done::Done;
use crate::failure::Failure;
use crate::input::{is_standard, leads_to, regular_file, standard_input};
use crate::output::progress::Bar;
use crate::output::{Output, json};
use crate::text_input::Text;

/// Maximum number of skipped lines listed one by one.
const MOST_TOLD: u64 = 20;

/// Maximum number of skipped lines in a JSON document.
const MOST_LISTED: usize = 10_000;

pub(super) fn run(arguments: &ApplyArguments, output: &mut Output) -> Result<Done, Failure> {
    let from_standard_input = arguments.scripts.iter().filter(|script| is_standard(script)).count();
    if from_standard_input > 1 || (from_standard_input > 0 && is_standard(&arguments.dump)) {
        return Err(Failure::standard_input_twice());
    }
    check_not_replaced(arguments)?;
    // The program that writes the script to a pipe may be reading the dump, so the dump is held only after that.
    let scripts = arguments.scripts.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    let target = Target::open(&arguments.dump, &arguments.edit, output)?;
    let named = thread(target.dump(), &arguments.edit.thread)?;
    let given = arguments.edit.thread.thread.as_deref().map(str::parse).transpose()?;
    let options = ScriptOptions::default()
        .keep_going(arguments.keep_going)
        .reverse(arguments.reverse)
        .thread(given, arguments.edit.thread.context.into());
    let rules = EditOptions::default().allow_structure(arguments.allow_structure);
    let mut edit = target.begin(rules, output);
    let mut bar = Bar::new("applying");
    let (mut first, mut left_out, mut listed) = (None, 0u64, Vec::new());
    let mut tell = |error: ScriptError| {
        left_out = left_out.saturating_add(1);
        let in_part = error.in_part;
        let failure = Failure::from(error);
        if output.is_json() && listed.len() < MOST_LISTED {
            listed.push(json::left_out(&failure, in_part));
        } else if !output.is_json() && left_out <= MOST_TOLD {
            output.left_out(&failure, in_part);
        }
        // A search without a match is reported and is not an error.
        if failure.kind != "no-match" {
            first.get_or_insert(failure);
        }
    };
    let applied = edit.apply_scripts(&scripts, &options, &mut tell, &mut |progress| bar.report(progress))?;
    drop(bar);
    let Applied { lines, done, requested, completed, .. } = applied;
    if !output.is_json() && left_out > MOST_TOLD {
        output.say(&format!("and {} more lines like these", left_out.saturating_sub(MOST_TOLD)));
    }
    if let Some(failure) = first.filter(|_| done == 0 && completed == 0) {
        return Err(failure);
    }
    let names: Vec<String> = scripts.iter().map(|script| script.name().to_owned()).collect();
    let reverse = if arguments.reverse { " --reverse" } else { "" };
    let performed = Performed {
        outcome: Outcome::new(requested, completed, None),
        context: named.unwrap_or(Context::Process),
        command: format!("apply {}{reverse}", names.join(" ")),
        repairs: None,
        lines: Some(Lines { lines, lines_done: done, left_out: listed }),
        found_nothing: false,
    };
    let is_left = leaves_matches(&edit);
    target.finish(edit, performed, output)?;
    Ok(if left_out == 0 && !is_left { Done::All } else { Done::Part })
}

/// Checks that no script is OUT or the receipt, under any name.
fn check_not_replaced(arguments: &ApplyArguments) -> Result<(), Failure> {
    let files = [("OUT", &arguments.edit.output), ("the receipt", &arguments.edit.receipt)];
    for script in &arguments.scripts {
        let script = if is_standard(script) { standard_input() } else { regular_file(script) };
        let is_script = |path: &PathBuf| script.as_ref().is_some_and(|script| leads_to(path, script));
        if let Some((name, _)) = files.iter().find(|(_, path)| path.as_ref().is_some_and(is_script)) {
            return Err(Failure::name_in_use(&format!("{name} is a script")));
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Script, Failure> {
    let Text { name, text } = Text::read(path, "value")?;
    Ok(Script::new(name, text))
}

impl From<ScriptError> for Failure {
    fn from(error: ScriptError) -> Self {
        let message = error.to_string();
        let (line, column, length) = (error.line, error.column, error.length);
        let place = crate::failure::InText {
            file: error.script.clone(),
            line,
            column,
            length,
            excerpt: error.excerpt.clone(),
        };
        Failure { message, place: Some(Box::new(place)), ..Failure::from(*error.error) }
    }
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Line(error) => error.into(),
            _ => CommitError::Cancelled.into(),
        }
    }
}
