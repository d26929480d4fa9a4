//! Commands in hints work when they are pasted into a shell, for any name of the dump.
#![cfg(unix)]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;

use crate::support::command::{Run, binary, run};
use crate::support::process::dumped;
use crate::support::tools::have;

const NAMES: [&[u8]; 13] = [
    b"plain.dmp",
    b"with blanks .dmp",
    b"it's.dmp",
    b"\"quoted\".dmp",
    b"$HOME `id` $(id).dmp",
    b"a\nb.dmp",
    b"ends in a line break\n",
    b"-leading-dash",
    b"--help",
    b"no text \xff\xc3(.dmp",
    b"\x1b[2J%s\\n\\033.dmp",
    "\u{202e}turned.dmp".as_bytes(),
    "* ? [a] {b,c} ~ # ! & ; < > | é".as_bytes(),
];

/// A folder with the binary as `dumpedit` in its first path, and a dump of a region at 0x1000.
struct Shell {
    folder: tempfile::TempDir,
    dump: Vec<u8>,
    paths: std::ffi::OsString,
}

impl Shell {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("bin")).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_dumpedit"), folder.path().join("bin/dumpedit"))
            .unwrap();
        let path = std::env::var_os("PATH").unwrap();
        let mut paths = vec![folder.path().join("bin")];
        paths.extend(std::env::split_paths(&path));
        let dump = dumped(&[(0x1000, &[1; 16])]).remove(0).subject.now();
        Shell { folder, dump, paths: std::env::join_paths(paths).unwrap() }
    }

    fn file(&self, name: &OsStr) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn dumpedit(&self, verb: &str, options: &[&str], name: &OsStr, rest: &[&str]) -> Run {
        let mut command = binary();
        command.current_dir(self.folder.path()).arg(verb).args(options).arg("--").arg(name).args(rest);
        run(&mut command, b"")
    }

    /// Runs the command between two texts in an error or a hint.
    fn paste(&self, told: &Run, before: &str, behind: &str) {
        let (_, command) = told.stderr.split_once(before).unwrap_or_else(|| panic!("{told}"));
        let command = command.trim_end_matches('\n');
        let command = command.strip_suffix(behind).unwrap_or_else(|| panic!("{told}"));
        let mut shell = Command::new("sh");
        shell.current_dir(self.folder.path()).env("PATH", &self.paths).args(["-c", command]);
        run(&mut shell, b"").exits(0);
    }
}

#[test]
fn undo_takes_the_edit_back() {
    let shell = Shell::new();
    for name in NAMES.map(OsStr::from_bytes) {
        std::fs::write(shell.file(name), &shell.dump).unwrap();
        let told = shell.dumpedit("write", &[], name, &["0x1008", &"cc".repeat(16)]).exits(1);
        assert_ne!(std::fs::read(shell.file(name)).unwrap(), shell.dump);
        shell.paste(&told, "dumpedit: hint: ", " reverts it");
        assert_eq!(std::fs::read(shell.file(name)).unwrap(), shell.dump, "{told}");
    }
}

#[test]
fn a_copy_of_a_compressed_dump_is_edited() {
    if !have("gzip") {
        return;
    }
    let shell = Shell::new();
    for name in NAMES.map(OsStr::from_bytes) {
        let name = [name.as_bytes(), b".gz"].concat();
        let name = OsStr::from_bytes(&name);
        let mut gzip = Command::new("gzip");
        let packed = run(gzip.arg("-c"), &shell.dump).exits(0).stdout;
        std::fs::write(shell.file(name), packed).unwrap();
        let value = "str:it's \x1b \n$x";
        let told = shell.dumpedit("write", &[], name, &["0x1000", value]).exits(2);
        let before: Vec<_> = names(shell.folder.path());
        shell.paste(&told, "write an edited copy: ", "");
        let made: Vec<_> =
            names(shell.folder.path()).into_iter().filter(|name| !before.contains(name)).collect();
        assert_eq!(made.len(), 1, "{told}");
        let read = shell.dumpedit("read", &["--raw"], &made[0], &["0x1000..+10"]).exits(0);
        assert_eq!(read.stdout, &value.as_bytes()[4..], "{told}");
    }
}

fn names(folder: &Path) -> Vec<std::ffi::OsString> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect()
}
