//! Dumps that the command writes anew: reduced, or described and synthesized.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::command::dumpedit;

/// A rewritten dump, in a folder of its own.
pub(crate) struct Rewritten {
    _folder: TempDir,
    pub(crate) path: PathBuf,
    /// The command's JSON document, with its notices.
    pub(crate) told: Value,
}

pub(crate) fn reduced(dump: &Path) -> Rewritten {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("small");
    let run = dumpedit(&[
        "reduce".as_ref(),
        dump.as_os_str(),
        "--threads".as_ref(),
        "all".as_ref(),
        "-o".as_ref(),
        path.as_os_str(),
        "--json".as_ref(),
    ]);
    Rewritten { _folder: folder, path, told: run.exits(0).json() }
}

pub(crate) fn described_and_made(dump: &Path) -> Rewritten {
    let folder = TempDir::new().unwrap();
    let (spec, path) = (folder.path().join("spec"), folder.path().join("made"));
    let run = dumpedit(&[
        "describe".as_ref(),
        dump.as_os_str(),
        "--folder".as_ref(),
        spec.as_os_str(),
        "--json".as_ref(),
    ]);
    let told = run.exits(0).json();
    let spec = spec.join("dump.yaml");
    dumpedit(&["synth".as_ref(), spec.as_os_str(), "-o".as_ref(), path.as_os_str()]).exits(0);
    Rewritten { _folder: folder, path, told }
}
