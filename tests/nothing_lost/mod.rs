//! Whatever happens to an edit, the dump ends as it was or as it was asked to be, and every edit can be taken back.

mod cut_short;
mod histories;
mod journal_files;
mod killed;
mod syncs;
mod undo;
mod undo_restores;
mod writers;

use std::path::{Path, PathBuf};

use crate::support::subject::Subject;

/// The name of a dump's journal.
fn journal_of(dump: &Path) -> PathBuf {
    let mut name = dump.file_name().unwrap().to_owned();
    name.push(".dumpedit");
    dump.with_file_name(name)
}

/// A dump of `testdata`, in a folder of its own.
fn testdata(name: &str) -> Subject {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name);
    Subject::named(name, std::fs::read(path).unwrap())
}
