//! Programs of the tests' own, compiled for systems that are not here.

use std::path::{Path, PathBuf};
use std::process::Command;

use dumpedit_symbols::SymbolFile;
use tempfile::TempDir;

use crate::tools::{have, skip};

/// A folder with what a compiler made of a source file; removed with it.
pub(crate) struct Made {
    folder: TempDir,
}

impl Made {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn open(&self, name: &str) -> SymbolFile {
        SymbolFile::open(&self.path(name)).unwrap()
    }

    /// Runs a compiler or linker there; it must succeed.
    pub(crate) fn run(&self, tool: &str, arguments: &[&str]) {
        let output = Command::new(tool).args(arguments).current_dir(self.folder.path()).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{tool} {arguments:?}: {errors}");
    }

    /// What a tool prints of a file there.
    pub(crate) fn printed(&self, tool: &str, arguments: &[&str]) -> String {
        crate::tools::printed(Command::new(tool).args(arguments).current_dir(self.folder.path()))
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }
}

pub(crate) fn folder() -> Made {
    Made { folder: TempDir::new().unwrap() }
}

pub(crate) fn source(name: &str) -> String {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/other_sources/programs");
    programs.join(name).to_str().unwrap().to_owned()
}

/// Whether these tools run.
pub(crate) fn all_here(tools: &[&str]) -> bool {
    tools.iter().all(|tool| match *tool {
        // It takes no such option before its flavour.
        "lld" => {
            let run = Command::new("lld").args(["-flavor", "darwin", "--version"]).output();
            run.is_ok_and(|output| output.status.success()) || skip("lld is not here")
        }
        tool => have(tool),
    })
}

/// `windows.cc` for Windows, with a PDB beside it: `app.exe`, `app.pdb`. The optional header and the tables of symbols are those of
/// 32 or 64 bits. `None` where the tools are missing.
pub(crate) fn windows(target: &str, more: &[&str]) -> Option<Made> {
    if !all_here(&["clang", "lld-link"]) {
        return None;
    }
    let made = folder();
    let source = source("windows.cc");
    let mut arguments = vec!["-target", target, "-fuse-ld=lld", "-nostdlib", "-g", "-gcodeview", "-O0"];
    arguments.extend(["-fno-exceptions", "-fno-rtti", "-shared", "-Wl,/entry:entry", "-Wl,/pdb:app.pdb"]);
    arguments.extend(more.iter().copied());
    arguments.extend([source.as_str(), "-o", "app.exe"]);
    made.run("clang", &arguments);
    Some(made)
}
