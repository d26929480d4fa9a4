//! What every editing verb does once its operation is known: perform, commit or preview, report.

use std::io::{self, Stdin};
use std::path::Path;

use dumpedit::notation::{Inputs, Line, Operation, PathText};
use dumpedit::{
    Changes, CommitOptions, Context, Dump, Edit, EditOptions, Hold, Notice, Outcome, OutputFile, PartChange,
    Repaired, Spooled,
};
use serde::Serialize;
use serde_json::Value;

use crate::args::{EditArguments, EmptyArgument};
use crate::commands::destination::{Committed, Destination};
use crate::commands::{Done, hold_whole, open_input, thread, whole};
use crate::failure::Failure;
use crate::input::{Input, is_standard, standard_input};
use crate::interrupt::Careful;
use crate::output::progress::Bar;
use crate::output::{Output, changes, json, text};
use crate::receipt;
use crate::shell;

/// How many changes are shown to a person.
const MOST_SHOWN: usize = 16;

/// Opens the dump, does what a line asks for and reports it.
pub(super) fn run(
    path: &Path,
    arguments: &EditArguments,
    line: &Line,
    empty: EmptyArgument,
    output: &mut Output,
) -> Result<Done, Failure> {
    run_after(path, arguments, line, empty, output, |_, _| Ok(())).map(|(done, ())| done)
}

/// As [`run`], once `look` has seen the dump as it is before.
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

/// Where a value that is read from standard input comes from.
enum StandardInput {
    /// The dump, or nothing.
    Taken,
    Stream(Stdin),
    /// A pipe, which was read to its end before the dump is held: whoever writes into it may be reading the dump.
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
        // No more can be written than there is; memory that shares file bytes repeats them.
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

/// So many bytes of standard input are kept, however small the dump is.
const LEAST_ROOM: u64 = 64 << 20;

/// The dump to be edited, and where the edit goes.
pub(super) struct Target<'a> {
    pub(super) input: Input,
    destination: Destination<'a>,
    pub(super) arguments: &'a EditArguments,
    /// Keeps other edits away while the dump is copied.
    _hold: Option<Hold>,
}

impl<'a> Target<'a> {
    /// Opens the dump, once it is sure that its edit has somewhere to go. What the edit resolves and reports must be the
    /// dump as it will be changed, so that nobody else edits it from now on, and an interrupted edit is brought to an end
    /// before anything is read.
    pub(super) fn open(path: &Path, arguments: &'a EditArguments, output: &Output) -> Result<Self, Failure> {
        let destination = Destination::of(arguments, path)?;
        receipt::check(arguments)?;
        if matches!(destination, Destination::Dump) {
            let mut bar = Bar::new("waiting");
            let wait = arguments.wait.wait;
            let held = Dump::open_to_edit(path, wait, &mut |progress| bar.report(progress))?;
            output.notices(&held.notices);
            let input = Input::of_file(path, held.dump)?;
            output.watch(&input.dump);
            return Ok(Target { input, destination, arguments, _hold: None });
        }
        let hold = match destination {
            Destination::Nowhere => None,
            _ => Some(hold_whole(path, &arguments.wait)?),
        };
        let input = open_input(path, output)?;
        hold.as_ref().map_or(Ok(()), Hold::check)?;
        Ok(Target { input, destination, arguments, _hold: hold })
    }

    pub(super) fn dump(&self) -> &Dump {
        &self.input.dump
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
        let done = match outcome.is_full() {
            _ if found_nothing => Done::Nothing,
            true => Done::All,
            false => Done::Part,
        };
        if outcome.requested == 0 && !found_nothing && !empty.allow_empty {
            return Err(Failure::empty("what is to be written"));
        }
        let performed = Performed {
            outcome,
            context,
            command: line.to_string(),
            lines: None,
            repairs: Vec::new(),
            found_nothing,
        };
        self.finish(edit, performed, output)?;
        Ok(done)
    }

    /// Begins an edit that holds as much of what it changes as the report will show.
    pub(super) fn begin(&self, rules: EditOptions, output: &Output) -> Edit {
        let whole = output.is_json() || self.arguments.receipt.is_some();
        self.input.dump.edit_with(if whole { rules } else { rules.bytes_of(MOST_SHOWN) })
    }

    /// Commits an edit that its own verb reports, and gives the notices; `None` where nobody reads standard output any more.
    pub(super) fn commit(&self, edit: Edit, options: CommitOptions) -> Result<Option<Vec<Notice>>, Failure> {
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
            return whole::write(&edit, &model, self, performed, output);
        }
        let (parts, size) = (edit.part_changes().to_vec(), edit.size_after());
        let stopped = json::stop(&input.dump, performed.context, performed.outcome.stopped.as_ref());
        // Until the end is told: a signal that comes when all is done is too late.
        let _careful = Careful::new();
        let receipt = receipt::begin(&edit, input, &performed.outcome, stopped, arguments)?;
        let options = CommitOptions::default().sync(!arguments.no_sync).undo(!arguments.no_undo);
        let options = options.command(performed.command.as_str());
        let committed = destination.commit(edit, input, options, arguments)?;
        let Some(Committed { changes, mut notices }) = committed else { return Ok(()) };
        // The edit is done: neither a receipt that lost its place nor an output that nobody can read any more makes it
        // fail.
        match receipt.map(OutputFile::finish) {
            Some(Err(error)) => output.say(&format!("the edit is done, but {}", receipt::failed(&error))),
            Some(Ok(notice)) => notices.extend(notice),
            None => {}
        }
        let out = arguments.output.as_deref();
        let can_undo = matches!(destination, Destination::Dump) && !arguments.no_undo;
        let (dump, dry_run) = (&input.dump, arguments.dry_run);
        let report = Report { dump, performed, changes, parts, size, notices, out, dry_run, can_undo };
        let told = report.tell(output);
        output.done(told);
        Ok(())
    }
}

/// What an edit did before it is committed.
pub(super) struct Performed {
    pub(super) outcome: Outcome,
    /// The context that the outcome is about.
    pub(super) context: Context,
    /// The line that asks for the same once more, but for the dump's name.
    pub(super) command: String,
    /// Of scripts, what became of their lines.
    pub(super) lines: Option<Lines>,
    /// What of the dump's tables was mended.
    pub(super) repairs: Vec<Repaired>,
    /// Whether it was to replace what the dump does not hold.
    pub(super) found_nothing: bool,
}

/// The lines of scripts.
#[derive(Serialize)]
pub(super) struct Lines {
    pub(super) lines: u64,
    pub(super) lines_done: u64,
    /// Why each of the others was left out, or done in part; the first of very many.
    pub(super) left_out: Vec<Value>,
}

impl EditArguments {
    /// An operation with the options that were given for it.
    pub(super) fn line(&self, operation: Operation, options: EditOptions) -> Result<Line, Failure> {
        let thread = self.thread.thread.as_deref().map(str::parse).transpose()?;
        Ok(Line::new(operation).thread(thread).record(self.thread.record()).options(options))
    }
}

#[derive(Serialize)]
struct InJson<'a> {
    requested: u64,
    completed: u64,
    stopped: Value,
    #[serde(flatten)]
    lines: Option<&'a Lines>,
    edits: json::Edits<'a>,
    #[serde(flatten)]
    parts: json::EditedParts<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    repairs: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
}

pub(super) struct Report<'a> {
    pub(super) dump: &'a Dump,
    pub(super) performed: Performed,
    pub(super) changes: Changes,
    /// The parts that were added and dropped.
    pub(super) parts: Vec<PartChange>,
    /// The size of the dump afterwards, in bytes.
    pub(super) size: u64,
    pub(super) notices: Vec<Notice>,
    pub(super) out: Option<&'a Path>,
    pub(super) dry_run: bool,
    pub(super) can_undo: bool,
}

impl Report<'_> {
    pub(super) fn tell(&self, output: &mut Output) -> Result<(), Failure> {
        if output.is_json() { self.tell_in_json(output) } else { self.tell_in_words(output) }
    }

    fn tell_in_json(&self, output: &mut Output) -> Result<(), Failure> {
        let Performed { outcome, context, lines, .. } = &self.performed;
        output.notices(&self.notices);
        output.document(&InJson {
            requested: outcome.requested,
            completed: outcome.completed,
            stopped: json::stop(self.dump, *context, outcome.stopped.as_ref()),
            lines: lines.as_ref(),
            edits: json::Edits { dump: self.dump, changes: &self.changes },
            parts: json::EditedParts::of(&self.parts, self.size),
            repairs: self.performed.repairs.iter().map(repair_in_json).collect(),
            dry_run: self.dry_run.then_some(true),
            output: self.out.filter(|_| !self.dry_run).map(|out| PathText(out).to_string()),
        })
    }

    fn tell_in_words(&self, output: &mut Output) -> Result<(), Failure> {
        let Outcome { requested, completed, stopped } = self.performed.outcome;
        let wrote = if self.dry_run { "would write" } else { "wrote" };
        let into = match self.out.filter(|_| !self.dry_run) {
            Some(out) if is_standard(out) => " into standard output".to_owned(),
            Some(out) => format!(" into {}", text::shown(&PathText(out).to_string())),
            None => String::new(),
        };
        let mut lines = String::new();
        if let Some(script) = &self.performed.lines {
            let all = text::counted(usize::try_from(script.lines).unwrap_or(usize::MAX), "line");
            let applied = if self.dry_run { "would apply" } else { "applied" };
            lines.push_str(&format!("{applied} {} of {all}: ", script.lines_done));
        }
        if self.performed.found_nothing {
            output.say("no match");
        } else if stopped.is_none() && (completed > 0 || self.parts.is_empty()) {
            let bytes = text::counted(usize::try_from(completed).unwrap_or(usize::MAX), "byte");
            lines.push_str(&format!("{wrote} {bytes}{into}\n"));
        }
        self.tell_parts(&into, &mut lines);
        for Repaired { file_offset, text, .. } in self.performed.repairs.iter().take(MOST_SHOWN) {
            let place = output.style.faint(&format!("file offset {file_offset:#x}"));
            lines.push_str(&format!("  {}  {place}\n", text::shown(text)));
        }
        if let Some(more) = self.performed.repairs.len().checked_sub(MOST_SHOWN).filter(|more| *more > 0) {
            lines.push_str(&format!("  and {more} more\n"));
        }
        for change in self.changes.iter().take(MOST_SHOWN) {
            let place = output.style.faint(&format!("file offset {:#x}", change.file_offset));
            for line in changes::lines(Some((self.dump, change.of())), change.extent()) {
                lines.push_str(&format!("  {line}  {place}\n"));
            }
        }
        if self.changes.len() > MOST_SHOWN {
            lines.push_str(&format!("  and {} more\n", self.changes.len().saturating_sub(MOST_SHOWN)));
        }
        output.notices(&self.notices);
        if let Some(stop) = stopped {
            output.say(&format!("{wrote} {completed} of {requested} bytes{into}, {stop}"));
        }
        let in_part = self.performed.lines.as_ref().is_some_and(|script| script.lines_done < script.lines);
        let is_partial = completed > 0 && (stopped.is_some() || in_part);
        if let Some(path) = self.dump.path().filter(|_| self.can_undo && is_partial) {
            output.hint(&format!("dumpedit undo {} takes it back", shell::path(path)));
        }
        output.report(lines.as_bytes())
    }

    /// The parts that were added and dropped, and what the dump's file has become.
    fn tell_parts(&self, into: &str, lines: &mut String) {
        let Some((last, others)) = self.parts.split_last() else { return };
        let would = if self.dry_run { "would have " } else { "" };
        for change in others.iter().take(MOST_SHOWN) {
            lines.push_str(&format!("{would}{}\n", text::shown(&change.to_string())));
        }
        if let Some(more) = others.len().checked_sub(MOST_SHOWN).filter(|more| *more > 0) {
            lines.push_str(&format!("and {more} more\n"));
        }
        let before = self.dump.layout().file_size();
        let size = match self.size {
            size if size == before => String::new(),
            size => format!("; its size goes from {before} to {size} bytes"),
        };
        lines.push_str(&format!("{would}{}{into}{size}\n", text::shown(&last.to_string())));
    }
}

fn repair_in_json(repair: &Repaired) -> Value {
    let Repaired { file_offset, old, new, text, .. } = repair;
    serde_json::json!({ "file_offset": file_offset, "old": json::bytes(old), "new": json::bytes(new), "message": text })
}
