//! Files that are no dumps for dumpedit: one line with the type of the file and the way on.

use crate::support::bytes::counting;
use crate::support::command::{Run, dumpedit};
use crate::support::elf_builder::{ElfBuilder, file_type};
use crate::support::subject::Subject;

/// Checks that every verb fails in the same way: exit 2, a kind, one line with the words. The file does not change.
#[track_caller]
fn is_refused(path: &str, kind: &str, words: &[&str]) {
    for arguments in [vec!["info", path], vec!["regs", path], vec!["write", path, "0x1000", "cc"]] {
        let json: Run = dumpedit(&[arguments.clone(), vec!["--json"]].concat());
        json.is_error(kind);
        let run = dumpedit(&arguments).exits(2);
        assert_eq!(run.stderr.trim_end().lines().count(), 1, "one line: {run}");
        let said = run.stderr.to_lowercase();
        for word in words {
            assert!(word.split('|').any(|word| said.contains(word)), "{word} in {run}");
        }
    }
}

#[track_caller]
fn file_is_refused(bytes: &[u8], kind: &str, words: &[&str]) {
    let subject = Subject::new(bytes.to_vec());
    is_refused(subject.path().to_str().unwrap(), kind, words);
    subject.unchanged();
}

/// A magic number, followed by bytes that such a file might have.
fn magic(start: &[u8]) -> Vec<u8> {
    let mut file = start.to_vec();
    file.extend(counting(0, 8192));
    file
}

#[test]
fn an_empty_file() {
    file_is_refused(b"", "format", &["empty"]);
}

#[test]
fn a_missing_file() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.dmp");
    is_refused(missing.to_str().unwrap(), "open", &["missing.dmp"]);
    assert!(!missing.exists());
}

#[test]
fn a_folder() {
    let folder = tempfile::tempdir().unwrap();
    is_refused(folder.path().to_str().unwrap(), "open", &["folder|directory"]);
}

#[test]
fn a_text() {
    file_is_refused(b"hello, world\n", "format", &["not a|neither|unknown|no "]);
}

#[test]
fn kernel_dumps() {
    for start in [b"PAGEDU64".as_slice(), b"PAGEDUMP", b"KDUMP   ", b"DISKDUMP"] {
        file_is_refused(&magic(start), "format", &["kernel"]);
    }
}

#[test]
fn compressed_files() {
    for (start, name) in [
        (b"\x1f\x8b\x08".as_slice(), "gzip"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"\xfd7zXZ\0", "xz"),
        (b"\x04\x22\x4d\x18", "lz4"),
    ] {
        file_is_refused(&magic(start), "format", &[name]);
    }
}

#[test]
fn executables_and_libraries() {
    for kind in [file_type::EXEC, file_type::DYN] {
        let mut elf = ElfBuilder::x86_64().file_type(kind);
        elf.load(0x1000, &counting(0, 64));
        file_is_refused(&elf.finish(), "format", &["executable|library|shared object", "core"]);
    }
}

#[test]
fn only_the_magic() {
    for start in [b"MDMP".as_slice(), b"PMDM", b"\x7fELF", b"\x7f", b"M"] {
        file_is_refused(start, "format", &[]);
    }
}

#[test]
fn a_minidump_whose_directory_is_outside_the_file() {
    let mut file = crate::support::minidump_builder::MinidumpBuilder::amd64().finish();
    crate::support::bytes::Order::Little.put(&mut file, 12, 0x7fff_ffff, 4);
    file_is_refused(&file, "format", &["director|stream"]);
}
