//! Shared steps of the editing verbs: open the dump, perform an operation, commit or preview it, and report it.

use std::io::{self, Stdin};
use std::path::Path;

use dumpedit::notation::{Inputs, Line, Operation};
use dumpedit::{
    CommitOptions, Context, Dump, Edit, EditOptions, Notice, NoticeKind, OutputFile, Receipt, Spooled,
};

use crate::args::{EditArguments, EmptyArgument};
use crate::commands::destination::{Destination, not_editable};
use crate::commands::open::{hold_whole, open_input};
use crate::commands::report::{MOST_SHOWN, Performed, Report};
use crate::commands::thread_argument::thread;
use crate::commands::whole;
use crate::done::Done;
use crate::failure::Failure;
use crate::input::{Input, is_standard, standard_input};
use crate::interrupt::Careful;
use crate::output::progress::Bar;
use crate::output::{Output, json};
use crate::receipt;

/// Opens the dump, performs a line and reports it.
pub(super) fn run(
    path: &Path,
    arguments: &EditArguments,
    line: &Line,
    empty: EmptyArgument,
    output: &mut Output,
) -> Result<Done, Failure> {
    run_after(path, arguments, line, empty, output, |_, _| Ok(())).map(|(done, ())| done)
}

/// Like `run`, and calls `look` with the dump before the edit.
pub(super) fn run_after<T>(
    path: &Path,
    arguments: &EditArguments,
    line: &Line,
    empty: EmptyArgument,
    output: &mut Output,
    look: impl FnOnce(&Dump, &Output) -> Result<T, Failure>,
) -> Result<(Done, T), Failure> {
    let mut inputs = StandardInput::of(path, line)?;
    let target = Target::open(path, arguments, output)?;
    let seen = look(target.dump(), output)?;
    Ok((target.edit(line, &mut inputs, empty, output)?, seen))
}

/// Source of a value that is read from standard input.
enum StandardInput {
    /// The dump, or nothing.
    Taken,
    Stream(Stdin),
    /// A pipe. It is read to its end before the dump is held, since its writer may be reading the dump.
    Spooled(Spooled),
}

impl StandardInput {
    fn of(dump: &Path, line: &Line) -> Result<StandardInput, Failure> {
        if is_standard(dump) {
            return Ok(StandardInput::Taken);
        }
        if !line.operation.reads_standard_input() || standard_input().is_some() {
            return Ok(StandardInput::Stream(io::stdin()));
        }
        // A write is limited by the size of the dump, except that memory regions can share file bytes.
        let room = dump.metadata().map_or(0, |metadata| metadata.len()).max(LEAST_ROOM);
        let spooled = Spooled::read(&mut io::stdin().lock(), room);
        Ok(StandardInput::Spooled(spooled.map_err(Failure::standard_input)?))
    }

    fn inputs(&mut self) -> Inputs<'_> {
        match self {
            StandardInput::Taken => Inputs::files(),
            StandardInput::Stream(stream) => Inputs::new(stream),
            StandardInput::Spooled(spooled) => Inputs::new(spooled),
        }
    }
}

/// Number of bytes of standard input that are always kept, even for a smaller dump.
const LEAST_ROOM: u64 = 64 << 20;

/// The dump to edit, and the destination of the edit.
pub(super) struct Target<'a> {
    pub(super) input: Input,
    destination: Destination<'a>,
    pub(super) arguments: &'a EditArguments,
}

impl<'a> Target<'a> {
    /// Checks the destination and opens the dump. Other edits are locked out from now on, so the dump that is resolved and reported is
    /// the one that is changed. An interrupted edit is finished or rolled back before anything is read.
    pub(super) fn open(path: &Path, arguments: &'a EditArguments, output: &Output) -> Result<Self, Failure> {
        let destination = Destination::of(arguments, path)?;
        receipt::check(arguments)?;
        if matches!(destination, Destination::Dump) {
            let mut bar = Bar::new("waiting");
            let wait = arguments.wait.wait;
            let held = Dump::open_to_edit(path, wait, &mut |progress| bar.report(progress))
                .map_err(|error| not_editable(path, error))?;
            output.notices(&held.notices);
            let input = Input::of_file(path, held.dump)?;
            output.watch(&input.dump);
            return Ok(Target { input, destination, arguments });
        }
        let hold = match destination {
            Destination::Nowhere => None,
            _ => Some(hold_whole(path, &arguments.wait)?),
        };
        let input = open_input(path, hold.as_ref(), output)?;
        if let Some(hold) = hold {
            hold.check()?;
            input.dump.keep(hold);
        }
        Ok(Target { input, destination, arguments })
    }

    pub(super) fn dump(&self) -> &Dump {
        &self.input.dump
    }

    /// Whether the edit goes into a copy of the dump.
    pub(super) fn makes_copy(&self) -> bool {
        self.destination.is_copy()
    }

    /// Performs one operation and reports it.
    fn edit(
        &self,
        line: &Line,
        inputs: &mut StandardInput,
        empty: EmptyArgument,
        output: &mut Output,
    ) -> Result<Done, Failure> {
        let Target { input, arguments, .. } = self;
        let thread = thread(&input.dump, &arguments.thread)?;
        let context = thread.clone().unwrap_or(Context::Process);
        let mut edit = self.begin(line.options, output);
        let mut bar = Bar::new("reading");
        let mut told = |progress| bar.report(progress);
        let outcome = edit.perform(&line.operation, thread, &mut inputs.inputs().watched(&mut told))?;
        drop(bar);
        let found_nothing = matches!(line.operation, Operation::Replace { .. }) && outcome.requested == 0;
        let is_left = leaves_matches(&edit);
        let done = match outcome.is_full() {
            _ if found_nothing => Done::Nothing,
            true if !is_left => Done::All,
            _ => Done::Part,
        };
        if outcome.requested == 0 && !found_nothing && !empty.allow_empty {
            return Err(Failure::empty("what is to be written"));
        }
        let performed = Performed {
            outcome,
            context,
            command: line.to_string(),
            lines: None,
            repairs: None,
            found_nothing,
        };
        self.finish(edit, performed, output)?;
        Ok(done)
    }

    /// Begins an edit that keeps only the old and new bytes that the report shows.
    pub(super) fn begin(&self, rules: EditOptions, output: &Output) -> Edit {
        let whole = output.is_json() || self.arguments.receipt.is_some();
        self.input.dump.edit_with(if whole { rules } else { rules.bytes_of(MOST_SHOWN) })
    }

    /// Commits an edit without reporting it, and returns the notices; `None` if standard output was closed.
    pub(super) fn commit(
        &self,
        edit: Edit,
        options: CommitOptions<'_>,
    ) -> Result<Option<Vec<Notice>>, Failure> {
        let _careful = Careful::new();
        let committed = self.destination.commit(edit, &self.input, options, self.arguments)?;
        Ok(committed.map(|committed| committed.notices))
    }

    /// Commits an edit and reports it.
    pub(super) fn finish(
        &self,
        edit: Edit,
        performed: Performed,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let Target { input, destination, arguments, .. } = self;
        let mut edit = edit;
        if let Some(model) = whole::needed(&mut edit, destination)? {
            return whole::write(&edit, &model, input, arguments, performed, output);
        }
        let (parts, resized) = (edit.part_changes().to_vec(), edit.resized_fields().to_vec());
        let size = edit.size_after();
        let stopped = json::stop(&input.dump, performed.context, performed.outcome.stopped.as_ref());
        // This lasts until the report is written: after the commit, a signal comes too late.
        let _careful = Careful::new();
        let receipt = receipt::begin(&mut edit, input, &performed.outcome, stopped, arguments)?;
        let options = CommitOptions::default().sync(!arguments.no_sync).undo(!arguments.no_undo);
        let options = options.command(performed.command.as_str());
        let committed = destination.commit(edit, input, options, arguments)?;
        let Some(Receipt { changes, mut notices, .. }) = committed else { return Ok(()) };
        // The edit is done, so a receipt that cannot be renamed or a closed output is not a failure.
        match receipt.map(OutputFile::finish) {
            Some(Err(error)) => output.say(&format!("the edit was made, but {}", receipt::failed(&error))),
            Some(Ok(notice)) => notices.extend(notice),
            None => {}
        }
        let out = arguments.output.as_deref();
        let can_undo = matches!(destination, Destination::Dump) && !arguments.no_undo;
        let (dump, dry_run) = (&input.dump, arguments.dry_run);
        let report =
            Report { dump, performed, changes, parts, resized, size, notices, out, dry_run, can_undo };
        let told = report.tell(output);
        output.done(told);
        Ok(())
    }
}

/// Whether an edit leaves matches of a search alone, since they are in the dump's own structures.
pub(super) fn leaves_matches(edit: &Edit) -> bool {
    edit.notices().iter().any(|notice| notice.kind == NoticeKind::MatchesInStructure)
}

impl EditArguments {
    /// An operation with its options, as a line of a script.
    pub(super) fn line(&self, operation: Operation, options: EditOptions) -> Result<Line, Failure> {
        let thread = self.thread.thread.as_deref().map(str::parse).transpose()?;
        Ok(Line::new(operation).thread(thread).record(self.thread.record()).options(options))
    }
}
