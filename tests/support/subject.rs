//! A dump in a folder of its own, whose bytes before and after an operation are compared.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::bytes::Order;
use super::command::{Run, binary, number, run};

/// The dump that a test edits.
pub(crate) struct Subject {
    folder: TempDir,
    path: PathBuf,
    before: Vec<u8>,
}

impl Subject {
    /// A file with these bytes.
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Subject::named("subject", bytes)
    }

    /// The same with a file name that messages may show.
    pub(crate) fn named(name: &str, bytes: Vec<u8>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, &bytes).unwrap();
        Subject { folder, path, before: bytes }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its folder, for further files.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its bytes at the beginning.
    pub(crate) fn before(&self) -> &[u8] {
        &self.before
    }

    /// Its bytes now.
    pub(crate) fn now(&self) -> Vec<u8> {
        std::fs::read(&self.path).unwrap()
    }

    /// Runs `dumpedit VERB DUMP ARGUMENTS`, with text output.
    pub(crate) fn plain(&self, verb: &str, arguments: &[&str]) -> Run {
        run(binary().arg(verb).arg(&self.path).args(arguments), b"")
    }

    /// Runs `dumpedit VERB DUMP ARGUMENTS --json`.
    pub(crate) fn run(&self, verb: &str, arguments: &[&str]) -> Run {
        self.run_with(verb, arguments, b"")
    }

    /// The same with bytes on standard input.
    pub(crate) fn run_with(&self, verb: &str, arguments: &[&str], input: &[u8]) -> Run {
        run(binary().arg(verb).arg(&self.path).args(arguments).arg("--json"), input)
    }

    /// Checks that the file changed only by these bytes at these file offsets.
    #[track_caller]
    pub(crate) fn changed_only(&self, patches: &[(u64, &[u8])]) {
        let mut expected = self.before.clone();
        for (offset, bytes) in patches {
            let offset = usize::try_from(*offset).unwrap();
            expected[offset..offset + bytes.len()].copy_from_slice(bytes);
        }
        assert_same_bytes(&self.now(), &expected);
    }

    /// Checks that no byte of the file changed.
    #[track_caller]
    pub(crate) fn unchanged(&self) {
        self.changed_only(&[]);
    }

    /// The value of a register in the output of `regs`; `None` where it is missing.
    pub(crate) fn register(&self, name: &str, arguments: &[&str]) -> Option<u64> {
        let json = self.run("regs", arguments).exits(0).json();
        let list = json["registers"].as_array().unwrap();
        list.iter().find(|register| register["name"] == name).map(|register| number(&register["value"]))
    }

    /// A number in the file now.
    pub(crate) fn number_at(&self, order: Order, offset: u64, size: usize) -> u64 {
        order.get(&self.now(), usize::try_from(offset).unwrap(), size)
    }
}

/// The file offsets of a JSON list of edits, sorted.
pub(crate) fn edited_offsets(json: &Value) -> Vec<u64> {
    let edits = json["edits"].as_array().unwrap_or_else(|| panic!("no edits in {json}"));
    let mut offsets: Vec<u64> = edits.iter().map(|edit| edit["file_offset"].as_u64().unwrap()).collect();
    offsets.sort_unstable();
    offsets
}

/// Compares files and names the first difference instead of printing both.
#[track_caller]
pub(crate) fn assert_same_bytes(actual: &[u8], expected: &[u8]) {
    assert_eq!(actual.len(), expected.len(), "the file's length");
    if let Some(at) = (0..actual.len()).find(|&at| actual[at] != expected[at]) {
        let differ = (at..actual.len()).filter(|&at| actual[at] != expected[at]).count();
        panic!("{differ} bytes differ, the first at {at:#x}: {:#04x}, not {:#04x}", actual[at], expected[at]);
    }
}
