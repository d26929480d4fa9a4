//! Writes a whole copy of a dump from its model, if parts were dropped or its file cannot grow.

use dumpedit::model::Model;
use dumpedit::{Edit, Error, StructureError};
use dumpedit_fixtures::rewritten;

use crate::args::EditArguments;
use crate::commands::destination::Destination;
use crate::commands::open::notices_with;
use crate::commands::report::{Performed, Report};
use crate::commands::synth::Sink;
use crate::failure::Failure;
use crate::input::Input;
use crate::interrupt::Careful;
use crate::output::Output;

/// The model of a copy that must be written whole; `None` if the edit can be committed as it is.
pub(super) fn needed(edit: &mut Edit, destination: &Destination<'_>) -> Result<Option<Model>, Failure> {
    let is_copy = destination.is_copy();
    let drops = edit.part_changes().iter().any(|change| !change.added);
    let alone = edit.changes().is_empty();
    if is_copy && drops && alone {
        return Ok(edit.changed_model()?);
    }
    match edit.settle() {
        Err(Error::Structure(StructureError::InPlace { .. })) if is_copy && alone => {
            Ok(edit.changed_model()?)
        }
        Err(Error::Structure(cause @ StructureError::InPlace { .. })) if is_copy => {
            let hint =
                "-o writes a whole new file if the command makes no other edits; make those in the copy";
            Err(Failure { hint: Some(hint.to_owned()), ..Error::from(cause).into() })
        }
        settled => Ok(settled.map(|()| None)?),
    }
}

/// Writes the copy and reports it.
pub(super) fn write(
    edit: &Edit,
    model: &Model,
    input: &Input,
    arguments: &EditArguments,
    performed: Performed,
    output: &mut Output,
) -> Result<(), Failure> {
    let Some(path) = arguments.output.as_deref() else { return Ok(()) };
    if arguments.receipt.is_some() {
        let hint = "write the copy, and use --json for a report";
        return Err(Failure::misses("a whole new file has no receipt", hint));
    }
    let image = rewritten(&input.dump, model)?;
    let sink = Sink::take(path, arguments.overwrite, input.file.as_ref(), output)?;
    let _careful = Careful::new();
    sink.fill(&image, output)?;
    let notices = notices_with(&input.dump, image.notices());
    let notices = notices.into_iter().chain(edit.notices().iter().cloned()).collect();
    let report = Report {
        dump: &input.dump,
        performed,
        changes: edit.changes().clone(),
        parts: edit.part_changes().to_vec(),
        resized: edit.resized_fields().to_vec(),
        size: image.size(),
        notices,
        out: Some(path),
        dry_run: false,
        can_undo: false,
    };
    let told = report.tell(output);
    output.done(told);
    Ok(())
}
