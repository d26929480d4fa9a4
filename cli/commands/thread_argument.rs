//! Selects the thread of a verb's arguments.

use dumpedit::notation::ThreadText;
use dumpedit::{AccessError, Context, Dump, RecordChoice, TakenThread};

use crate::args::{RecordArgument, ThreadArguments};
use crate::failure::Failure;
use crate::output::Output;

/// The word for all threads, in verbs that can show several.
pub(super) const ALL_THREADS: &str = "all";

/// Calls `read` with the selected thread. If that fails because the dump has no crash and `read` needs a thread, calls it again with the
/// first thread, as debuggers do, and gives a notice.
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

/// The selected thread. A given thread must exist. The error of the default thread matters only if a register is needed.
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
