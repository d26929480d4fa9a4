//! Selects the thread of a verb's arguments.

use dumpedit::notation::ThreadText;
use dumpedit::{AccessError, Context, Dump, RecordChoice, TakenThread};

use crate::args::{RecordArgument, ThreadArguments};
use crate::failure::Failure;
use crate::output::Output;

/// The word for all threads, where several can be shown.
pub(super) const ALL_THREADS: &str = "all";

/// Calls `read` with the selected thread. Where the dump has no crash, reads take the first thread, as debuggers do, and say so; `read` is
/// called again with it where it needs a thread.
pub(super) fn reading<T>(
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
            notice.message.push_str("; --thread chooses another");
            output.notices([&notice]);
            Ok(found)
        }
        (found, _) => found,
    }
}

/// The selected thread. One that was given must exist; without one, the error of the default matters only where a register is needed.
pub(super) fn thread(
    dump: &Dump,
    arguments: &ThreadArguments,
) -> Result<Result<Context, AccessError>, Failure> {
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
