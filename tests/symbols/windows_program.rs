//! Windows programs that the tests build without a system's libraries, and minidumps made from their sections.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use crate::nothing_lost::journal_of;
use crate::support::command::{NO_SYMBOLS, Run, binary, dumpedit, run};

/// Builds `app.exe` and `app.pdb` from a source file in a folder.
pub(super) fn link(folder: &Path, target: &str, source: &Path, options: &[&str]) {
    let status = Command::new("clang")
        .current_dir(folder)
        .args(["-target", target, "-fuse-ld=lld", "-nostdlib", "-g", "-gcodeview", "-O0", "-shared"])
        .args(["-Wl,/entry:entry", "-Wl,/pdb:app.pdb", "-Wl,/debug"])
        .args(options)
        .arg(source)
        .args(["-o", "app.exe"])
        .status();
    assert!(status.unwrap().success());
}

/// A linked PE file: `IMAGE_NT_HEADERS` and `IMAGE_SECTION_HEADER` of winnt.h.
pub(super) struct Image {
    bytes: Vec<u8>,
    headers: usize,
    is_wide: bool,
}

impl Image {
    pub(super) fn read(path: &Path) -> Image {
        let bytes = std::fs::read(path).unwrap();
        let mut image = Image { bytes, headers: 0, is_wide: false };
        image.headers = image.number(0x3c, 4) as usize;
        image.is_wide = image.number(image.headers + 24, 2) == 0x20b;
        image
    }

    fn number(&self, at: usize, size: usize) -> u64 {
        self.bytes[at..at + size].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// The preferred load address.
    pub(super) fn base(&self) -> u64 {
        let at = self.headers + 24;
        if self.is_wide { self.number(at + 24, 8) } else { self.number(at + 28, 4) }
    }

    /// The sections: name, address, size in memory, and bytes.
    pub(super) fn sections(&self) -> impl Iterator<Item = (String, u64, u64, &[u8])> {
        let optional = self.number(self.headers + 20, 2) as usize;
        (0..self.number(self.headers + 6, 2) as usize).map(move |index| {
            let header = self.headers + 24 + optional + index * 40;
            let name = String::from_utf8_lossy(&self.bytes[header..header + 8]);
            let (address, size) = (self.base() + self.number(header + 12, 4), self.number(header + 8, 4));
            let (stored, at) = (self.number(header + 16, 4), self.number(header + 20, 4) as usize);
            let content = &self.bytes[at..at + stored.min(size) as usize];
            (name.trim_end_matches('\0').to_owned(), address, size, content)
        })
    }

    /// The headers in memory.
    pub(super) fn headers(&self) -> &[u8] {
        &self.bytes[..self.number(self.headers + 24 + 60, 4) as usize]
    }

    /// The line of a spec for the module, at its preferred load address.
    pub(super) fn module(&self) -> String {
        let size = self.number(self.headers + 24 + 56, 4);
        let timestamp = self.number(self.headers + 8, 4);
        let mut line = format!(
            "{{name: 'C:\\build\\app.exe', base: {:#x}, size: {size:#x}, timestamp: {timestamp:#x}",
            self.base()
        );
        if let Some(at) = self.bytes.windows(4).position(|bytes| bytes == b"RSDS") {
            let end = at + 24 + self.bytes[at + 24..].iter().position(|byte| *byte == 0).unwrap();
            let id: String = self.bytes[at..=end].iter().map(|byte| format!("{byte:02x}")).collect();
            write!(line, ", cv: '{id}'").unwrap();
        }
        line + "}"
    }

    /// A spec of a minidump with these threads and the program's sections, except for those with names in `without`.
    pub(super) fn spec(&self, folder: &Path, machine: &str, threads: &str, without: &[&str]) -> String {
        let mut spec = format!(
            "format: minidump\nmachine: {machine}\nthreads: [{threads}]\nmodules: [{}]\nmemory:\n",
            self.module()
        );
        for (index, (name, address, size, content)) in self.sections().enumerate() {
            // Sections of debug information are not loaded.
            if without.contains(&&*name) || name.starts_with('/') {
                continue;
            }
            std::fs::write(folder.join(format!("section{index}")), content).unwrap();
            let content =
                if content.is_empty() { "zero:1".to_owned() } else { format!("file:section{index}") };
            writeln!(spec, "  - {{at: {address:#x}, size: {size:#x}, content: '{content}'}}").unwrap();
        }
        spec
    }
}

/// Makes `app.dmp` from a spec in a folder.
pub(super) fn synthesize(folder: &Path, spec: &str) {
    let (written, dump) = (folder.join("app.yaml"), folder.join("app.dmp"));
    std::fs::write(&written, spec).unwrap();
    for old in [&dump, &journal_of(&dump)] {
        let _ = std::fs::remove_file(old);
    }
    let (written, dump) = (written.to_str().unwrap(), dump.to_str().unwrap());
    dumpedit(&["synth", written, "-o", dump]).exits(0);
}

/// `dumpedit VERB app.dmp ARGUMENTS --json` with symbols of the folder.
pub(super) fn json(folder: &Path, verb: &str, arguments: &[&str]) -> Run {
    let mut command = binary();
    command.env_remove(NO_SYMBOLS.0).arg(verb).arg(folder.join("app.dmp")).args(arguments);
    run(command.arg("--json").arg("--symbols").arg(folder), b"")
}

/// The output of `print` for a path.
pub(super) fn shown(folder: &Path, path: &str, arguments: &[&str]) -> String {
    let mut command = binary();
    command.env_remove(NO_SYMBOLS.0).arg("print").arg(folder.join("app.dmp")).arg(path).args(arguments);
    let run = run(command.arg("--symbols").arg(folder), b"").exits(0);
    run.text().trim_end().strip_prefix(&format!("{path} = ")).unwrap().to_owned()
}
