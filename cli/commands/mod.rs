//! The verbs, one file each, and what they share: opening the dump, and finding the thread.

mod address_map;
mod apply;
mod convert;
mod describe;
mod destination;
mod diff;
mod edit;
mod fields;
mod find;
mod history;
mod info;
mod machines;
mod manual;
mod matches;
mod modules;
mod parts;
mod print;
mod read;
mod reduce;
mod regions;
mod regs;
mod repair;
mod scrub;
mod set;
mod spec_file;
mod strings;
mod synth;
mod threads;
mod where_;
mod whole;
mod write;

use std::path::Path;
use std::process::ExitCode;

use dumpedit::notation::ThreadText;
use dumpedit::{
    AccessError, CommitError, Context, Dump, Found, History, Hold, Notice, NoticeKind, RecordChoice,
    TakenThread,
};

use crate::args::{RecordArgument, ThreadArguments, Verb, WaitArgument};
use crate::failure::Failure;
use crate::input::{Input, is_standard, named};
use crate::output::progress::Bar;
use crate::output::{Output, text};
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
    let scrubbed =
        |verb: &Verb| matches!(verb, Verb::Scrub(scrub) if scrub.output.as_deref().is_some_and(is_standard));
    if scrubbed(&verb) || verb.edit().and_then(|edit| edit.output.as_deref()).is_some_and(is_standard) {
        output.leave_standard_output();
    }
    match verb {
        Verb::Info(arguments) => info::run(&arguments, output),
        Verb::Threads(arguments) => threads::run(&arguments, output),
        Verb::Modules(arguments) => modules::run(&arguments, output),
        Verb::Regions(arguments) => regions::run(&arguments, output),
        Verb::Fields(arguments) => fields::run(&arguments, output),
        Verb::Where(arguments) => where_::run(&arguments, output),
        Verb::Regs(arguments) => regs::run(&arguments, output),
        Verb::Read(arguments) => read::run(&arguments, output),
        Verb::Print(arguments) => print::run(&arguments, output),
        Verb::Find(arguments) => find::run(&arguments, output),
        Verb::Strings(arguments) => strings::run(&arguments, output),
        Verb::Write(arguments) => write::run(&arguments, output),
        Verb::Set(arguments) => set::run(&arguments, output),
        Verb::Fill(arguments) => write::fill(&arguments, output),
        Verb::Copy(arguments) => write::copy(&arguments, output),
        Verb::Add(arguments) => parts::add(&arguments, output),
        Verb::Repair(arguments) => repair::run(&arguments, output),
        Verb::Drop(arguments) => parts::drop(&arguments, output),
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
        Verb::Convert(arguments) => convert::run(&arguments, output),
        Verb::Scrub(arguments) => scrub::run(&arguments, output),
        Verb::Machines => machines::run(output),
        Verb::Help { topic } => manual::help(topic.as_deref(), output),
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
            let message = format!("whether an edit of this dump was interrupted is not known: {error}");
            output.notice(NoticeKind::JournalUnread, message);
            false
        }
    };
    let recover = || format!("dumpedit recover {} brings it to an end", shell::path(path));
    match Input::open(path) {
        Ok(input) => {
            output.watch(&input.dump);
            if interrupted() {
                output.notice(NoticeKind::EditInterrupted, "an edit of this dump was interrupted");
                output.hint(&recover());
            }
            Ok(input)
        }
        Err(failure) if interrupted() => Err(Failure { hint: Some(recover()), ..failure }),
        Err(failure) => Err(failure),
    }
}

/// The notices of a dump, and those of what was made from it, which may repeat them.
fn notices_with(dump: &Dump, made: &[Notice]) -> Vec<Notice> {
    let of_dump = dump.layout().notices();
    of_dump.iter().chain(made.iter().filter(|notice| !of_dump.contains(notice))).cloned().collect()
}

/// What only reads takes the first thread where the dump names no crash, as debuggers do, and says so. `read` is asked
/// again with that thread where it needs one.
fn reading<T>(
    dump: &Dump,
    arguments: &ThreadArguments,
    output: &Output,
    read: impl Fn(Result<Context, AccessError>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let found = thread(dump, arguments).and_then(&read);
    let first = dump.layout().thread_to_read().ok().filter(|_| arguments.thread.is_none());
    match (found, first) {
        (Err(failure), Some(TakenThread { index, notice: Some(mut notice), .. }))
            if failure.kind == "thread" =>
        {
            let found = read(Ok(Context::Thread(index, RecordChoice::from(arguments.context))))?;
            notice.message.push_str("; --thread takes another");
            output.notices([&notice]);
            Ok(found)
        }
        (found, _) => found,
    }
}

/// Tells of memory that a search could not look at.
fn passed_over(found: &Found, output: &Output) {
    if found.complete && found.passed_over > 0 {
        let size = text::size(u128::from(found.passed_over));
        let message = format!("{size} of mapped memory is not captured in the dump and was not searched");
        output.notice(NoticeKind::MemoryNotSearched, message);
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
