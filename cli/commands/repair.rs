//! `repair`: corrects tables that contradict the file.

use dumpedit::{Context, EditOptions, NoticeKind, Outcome};
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
    let stays = edit.notices().iter().any(|notice| notice.kind == NoticeKind::NotRepaired);
    let done = if stays { Done::Part } else { Done::All };
    // A dump without faults is copied as well.
    if repairs.is_empty() && !target.makes_copy() {
        output.notices(edit.notices());
        let told = if output.is_json() {
            output.document(
                &json!({ "requested": 0, "completed": 0, "stopped": null, "edits": [], "repairs": [] }),
            )
        } else if stays {
            output.report(b"none of the tables that contradict the file can be repaired\n")
        } else {
            output.report(b"the tables match the file: nothing to repair\n")
        };
        output.done(told);
        return Ok(done);
    }
    let bytes = repairs.iter().fold(0u64, |sum, repair| sum.saturating_add(repair.new.len() as u64));
    let performed = Performed {
        outcome: Outcome::full(bytes),
        context: Context::Process,
        command: "repair".to_owned(),
        lines: None,
        repairs: Some(repairs),
        found_nothing: false,
    };
    target.finish(edit, performed, output)?;
    Ok(done)
}
