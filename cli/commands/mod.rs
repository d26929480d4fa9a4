//! The verbs, one file each, and what they share: opening the dump, and finding the thread.

mod apply;
mod describe;
mod destination;
mod diff;
mod edit;
mod find;
mod history;
mod info;
mod machines;
mod manual;
mod modules;
mod read;
mod reduce;
mod regions;
mod regs;
mod set;
mod strings;
mod synth;
mod threads;
mod where_;
mod write;

use std::path::Path;
use std::process::ExitCode;

use dumpedit::notation::ThreadText;
use dumpedit::{AccessError, CommitError, Context, Dump, History, Hold, RecordChoice, ThreadIndex};

use crate::args::{RecordArgument, ThreadArguments, Verb, WaitArgument};
use crate::failure::Failure;
use crate::input::{Input, is_standard, named};
use crate::output::Output;
use crate::output::progress::Bar;
use crate::shell;

/// How far a command that did not fail got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// Everything that was asked for.
    All,
    /// A part of it.
    Part,
    /// Nothing, since what was to be changed is not there.
    Nothing,
}

impl From<Done> for ExitCode {
    fn from(done: Done) -> Self {
        match done {
            Done::All => ExitCode::SUCCESS,
            Done::Part | Done::Nothing => ExitCode::from(1),
        }
    }
}

/// The word for all threads, where several can be shown.
const ALL_THREADS: &str = "all";

/// Runs a verb.
pub(crate) fn run(verb: Verb, output: &mut Output) -> Result<Done, Failure> {
    if verb.edit().and_then(|edit| edit.output.as_deref()).is_some_and(is_standard) {
        output.leave_standard_output();
    }
    match verb {
        Verb::Info(arguments) => info::run(&arguments, output),
        Verb::Threads(arguments) => threads::run(&arguments, output),
        Verb::Modules(arguments) => modules::run(&arguments, output),
        Verb::Regions(arguments) => regions::run(&arguments, output),
        Verb::Where(arguments) => where_::run(&arguments, output),
        Verb::Regs(arguments) => regs::run(&arguments, output),
        Verb::Read(arguments) => read::run(&arguments, output),
        Verb::Find(arguments) => find::run(&arguments, output),
        Verb::Write(arguments) => write::run(&arguments, output),
        Verb::Set(arguments) => set::run(&arguments, output),
        Verb::Fill(arguments) => write::fill(&arguments, output),
        Verb::Copy(arguments) => write::copy(&arguments, output),
        Verb::Apply(arguments) => apply::run(&arguments, output),
        Verb::Diff(arguments) => diff::run(&arguments, output),
        Verb::Undo(arguments) => history::undo(&arguments, output),
        Verb::Log(arguments) => history::log(&arguments, output),
        Verb::Redo(arguments) => history::redo(&arguments, output),
        Verb::Forget(arguments) => history::forget(&arguments, output),
        Verb::Recover(arguments) => history::recover(&arguments, output),
        Verb::Describe(arguments) => describe::run(&arguments, output),
        Verb::Synth(arguments) => synth::run(&arguments, output),
        Verb::Reduce(arguments) => reduce::run(&arguments, output),
        Verb::Machines => machines::run(output),
        Verb::Completions { shell } => manual::completions(shell, output),
        Verb::Man { all: Some(folder), .. } => manual::pages(&folder, output),
        Verb::Man { verb, .. } => manual::page(verb.as_deref(), output),
    }
}

fn open(path: &Path, output: &Output) -> Result<Dump, Failure> {
    Ok(open_input(path, output)?.dump)
}

/// Keeps edits away from a dump that is copied, in whatever form.
fn hold(path: &Path, wait: &WaitArgument) -> Result<Hold, Failure> {
    let mut bar = Bar::new("waiting");
    Ok(Hold::on(named(path), wait.wait, &mut |progress| bar.report(progress))?)
}

/// Keeps edits and copies away from a dump that is edited in place, from before it is read.
fn hold_to_edit(path: &Path, wait: &WaitArgument) -> Result<Hold, Failure> {
    let mut bar = Bar::new("waiting");
    Ok(Hold::to_edit(path, wait.wait, &mut |progress| bar.report(progress))?)
}

/// Keeps edits away from a dump that is copied, and refuses a dump whose edit was interrupted.
fn hold_whole(path: &Path, wait: &WaitArgument) -> Result<Hold, Failure> {
    let hold = hold(path, wait)?;
    if History::of(named(path)).is_unfinished()? {
        return Err(CommitError::Interrupted { path: path.to_owned() }.into());
    }
    Ok(hold)
}

/// Opens a dump, and says where an edit of it was interrupted.
fn open_input(path: &Path, output: &Output) -> Result<Input, Failure> {
    let interrupted = || match History::of(path).is_unfinished() {
        _ if is_standard(path) => false,
        Ok(unfinished) => unfinished,
        Err(error) => {
            output.notice(&format!("whether an edit of this dump was interrupted is not known: {error}"));
            false
        }
    };
    let recover = || format!("dumpedit recover {} brings it to an end", shell::path(path));
    match Input::open(path) {
        Ok(input) => {
            if interrupted() {
                output.notice("an edit of this dump was interrupted");
                output.hint(&recover());
            }
            Ok(input)
        }
        Err(failure) if interrupted() => Err(Failure { hint: Some(recover()), ..failure }),
        Err(failure) => Err(failure),
    }
}

/// What only reads takes the first thread where the dump names no crash, as debuggers do, and says so. `read` is asked
/// again with that thread where it needs one.
fn reading<T>(
    dump: &Dump,
    arguments: &ThreadArguments,
    output: &Output,
    read: impl Fn(Result<Context, AccessError>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let chosen = thread(dump, arguments);
    let names_no_crash = matches!(dump.layout().default_thread(), Err(AccessError::NoDefaultThread { .. }));
    let first = dump.layout().threads().first().filter(|_| names_no_crash && arguments.thread.is_none());
    let found = chosen.and_then(&read);
    match (found, first) {
        (Err(failure), Some(first)) if failure.kind == "thread" => {
            let context = Context::Thread(ThreadIndex(0), RecordChoice::from(arguments.context));
            let found = read(Ok(context))?;
            let tid = first.tid;
            output.notice(&format!(
                "the dump names no crash: thread {tid}, the first, is taken; --thread takes another"
            ));
            Ok(found)
        }
        (found, _) => found,
    }
}

/// The thread that is meant. One that was asked for must exist; where none was, what is wrong with the default matters
/// only to those who need a register.
fn thread(dump: &Dump, arguments: &ThreadArguments) -> Result<Result<Context, AccessError>, Failure> {
    let layout = dump.layout();
    let choice = RecordChoice::from(arguments.context);
    let context = |index| Context::Thread(index, choice);
    let found = match &arguments.thread {
        Some(text) => Ok(text.parse::<ThreadText>()?.find(layout)?),
        None if arguments.context != RecordArgument::Auto => Ok(layout.default_thread()?),
        None => layout.default_thread(),
    };
    Ok(found.map(context))
}
