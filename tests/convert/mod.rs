//! A converted dump has the same memory, registers, threads, modules, crash and process, except for listed losses; and so it has after it
//! is converted back.

mod crashes;
mod every_value;
mod hostile;
mod linker_lists;
mod machines;
mod processes;
mod readers;
mod refused;
mod same;

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::command::{binary, run};
use crate::support::corpus;
use crate::testdata;

/// A dump that was converted, in a folder of its own.
struct Converted {
    _folder: TempDir,
    path: PathBuf,
    /// Output of the command.
    told: Value,
}

impl Converted {
    /// Kinds of the losses.
    fn losses(&self) -> Vec<&str> {
        let list = self.told["losses"].as_array().unwrap();
        list.iter().map(|loss| loss["kind"].as_str().unwrap()).collect()
    }

    /// Names of the losses of a kind.
    fn lost(&self, kind: &str) -> Vec<&str> {
        let list = self.told["losses"].as_array().unwrap();
        let loss = list.iter().find(|loss| loss["kind"] == kind);
        let names = loss.map(|loss| loss["names"].as_array().unwrap());
        names.into_iter().flatten().map(|name| name.as_str().unwrap()).collect()
    }

    /// Addresses of the linker's list that was made.
    fn made_list(&self) -> Vec<String> {
        self.made_as("linker-list")
    }

    /// Addresses of all memory that was made.
    fn made_memory(&self) -> Vec<String> {
        [self.made_list(), self.made_as("module-header")].concat()
    }

    /// Names of made parts of a kind.
    fn made_as(&self, kind: &str) -> Vec<String> {
        let told = self.told["made"].as_array().unwrap().iter();
        let list = told.filter(|made| made["kind"] == kind);
        let names = list.flat_map(|made| made["names"].as_array().unwrap());
        names.map(|name| name.as_str().unwrap().to_owned()).collect()
    }

    /// The same dump, converted back to its first container.
    fn back(&self) -> Converted {
        let to = if self.told["to"] == "minidump" { "core" } else { "dmp" };
        converted(&self.path, to).expect("what was converted is converted back")
    }
}

/// Converts a dump to the container of an extension; `None` where that has no record for the dump's machine.
fn converted(dump: &Path, extension: &str) -> Option<Converted> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("converted").with_extension(extension);
    let mut command = binary();
    command.arg("convert").arg(dump).arg("-o").arg(&path).arg("--json");
    let converted = run(&mut command, b"");
    if converted.code == 2 {
        let message = converted.is_error("format");
        let reasons = ["does not support the registers of", "the machine of the dump is unknown"];
        assert!(reasons.iter().any(|reason| message.contains(reason)), "{message}");
        assert!(!path.exists());
        return None;
    }
    let told = converted.exits(0).json();
    Some(Converted { _folder: folder, path, told })
}

/// Minidumps of the corpus and of testdata/.
fn minidumps() -> Vec<PathBuf> {
    let own = ["crash.dmp", "live.dmp"].map(|name| testdata::folder().join(name));
    own.into_iter().chain(corpus::minidumps()).collect()
}

/// Cores of the corpus and of testdata/.
fn cores() -> Vec<PathBuf> {
    let own = ["crash.core", "crash32.core"].map(|name| testdata::folder().join(name));
    own.into_iter().chain(corpus::cores()).collect()
}

/// A dump made from a spec.
fn made(spec: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (text, dump) = (folder.path().join("spec.yaml"), folder.path().join("dump"));
    std::fs::write(&text, spec).unwrap();
    run(binary().arg("synth").arg(&text).arg("-o").arg(&dump), b"").exits(0);
    (folder, dump)
}

/// `dumpedit VERB DUMP --json`.
fn json(verb: &str, dump: &Path) -> Value {
    run(binary().arg(verb).arg(dump).arg("--json"), b"").exits(0).json()
}
