//! `repair`: tables that contradict their file.

use dumpedit::{Context, EditOptions, Outcome};
use serde_json::json;

use crate::args::RepairArguments;
use crate::commands::edit::Target;
use crate::commands::report::Performed;
use crate::done::Done;
use crate::failure::Failure;
use crate::output::Output;

pub(super) fn run(arguments: &RepairArguments, output: &mut Output) -> Result<Done, Failure> {
    let target = Target::open(&arguments.dump, &arguments.edit, output)?;
    let mut edit = target.begin(EditOptions::default(), output);
    let repairs = edit.repair()?;
    if repairs.is_empty() {
        let told = if output.is_json() {
            output.document(
                &json!({ "requested": 0, "completed": 0, "stopped": null, "edits": [], "repairs": [] }),
            )
        } else {
            output.report(b"the tables and the file agree: there is nothing to repair\n")
        };
        output.done(told);
        return Ok(Done::All);
    }
    let bytes = repairs.iter().fold(0u64, |sum, repair| sum.saturating_add(repair.new.len() as u64));
    let performed = Performed {
        outcome: Outcome::full(bytes),
        context: Context::Process,
        command: "repair".to_owned(),
        lines: None,
        repairs,
        found_nothing: false,
    };
    target.finish(edit, performed, output)?;
    Ok(Done::All)
}
