//! The thread that the arguments of a verb mean.

use dumpedit::notation::ThreadText;
use dumpedit::{AccessError, Context, Dump, RecordChoice, TakenThread};

use crate::args::{RecordArgument, ThreadArguments};
use crate::failure::Failure;
use crate::output::Output;

/// The word for all threads, where several can be shown.
pub(super) const ALL_THREADS: &str = "all";

/// What only reads takes the first thread where the dump names no crash, as debuggers do, and says so. `read` is asked
/// again with that thread where it needs one.
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
            notice.message.push_str("; --thread takes another");
            output.notices([&notice]);
            Ok(found)
        }
        (found, _) => found,
    }
}

/// The thread that is meant. One that was asked for must exist; where none was, what is wrong with the default matters
/// only to those who need a register.
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
