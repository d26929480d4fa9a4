//! Whatever happens to an edit, the dump ends in the old or the new state, and every edit can be undone.

mod cut_short;
mod failing_calls;
mod histories;
mod journal_content;
mod journal_files;
mod killed;
mod power_loss;
mod scenario;
mod syncs;
mod undo;
mod undo_restores;
mod writers;

#[cfg(target_os = "linux")]
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::support::subject::Subject;
#[cfg(target_os = "linux")]
use crate::support::traced;

/// The name of a dump's journal.
pub(crate) fn journal_of(dump: &Path) -> PathBuf {
    let mut name = dump.file_name().unwrap().to_owned();
    name.push(".dumpedit");
    dump.with_file_name(name)
}

/// Runs an edit in place that is killed when it is about to write to a file for the `nth` time: once for the journal's header, once for its
/// entry, then for each patch, and for the seal. `false`, with a message, where that is not possible here.
#[cfg(target_os = "linux")]
fn killed_at_write(nth: u32, verb: &str, dump: &Path, arguments: &[&str]) -> bool {
    if !traced::can_trace() {
        return false;
    }
    let kill = format!("inject=pwrite64:signal=KILL:when={nth}");
    let command = [OsStr::new(verb), dump.as_os_str()].into_iter().chain(arguments.iter().map(OsStr::new));
    let traced = traced::run(&["-e", "trace=pwrite64", "-e", &kill], command);
    assert!(!traced.output.status.success(), "{traced:?}");
    true
}

/// A dump of `testdata`, in a folder of its own.
fn testdata(name: &str) -> Subject {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name);
    Subject::named(name, std::fs::read(path).unwrap())
}
