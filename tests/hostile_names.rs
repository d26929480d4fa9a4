//! Names with characters that control a terminal: no verb writes them to one, and JSON keeps them all.
#![cfg(unix)]

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;

use crate::support::command::{binary, dumpedit};
use crate::support::elf_builder::{ElfBuilder, nt_file, prstatus};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};
use crate::support::subject::Subject;

/// Clears the screen, sets the title, reverses the line, begins another line, and more.
const NAME: &str = "\u{1b}[2J\u{1b}]0;pwn\u{7}\u{202e}evil\nfake: line\r\t\u{9b}31m\u{85}\u{2028}\u{2029}\u{2066}\u{200f}\u{61c}\u{7f}\u{feff}\u{200b}z";

/// The same as a file's name, which is not valid text.
fn file_name(end: &str) -> OsString {
    OsStr::from_bytes(&[NAME.as_bytes(), b"\xff", end.as_bytes()].concat()).to_owned()
}

fn is_dangerous(letter: char) -> bool {
    const UNSEEN: &str = "\u{61c}\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\u{feff}";
    letter != '\n' && (letter.is_control() || UNSEEN.contains(letter))
}

fn minidump() -> Vec<u8> {
    let mut dump = MinidumpBuilder::amd64();
    let record = amd64_context(amd64::FULL, 0x40_1000, 0x1000);
    dump.thread_with(7, &record);
    dump.thread_with(8, &record);
    dump.thread_names(&[(7, NAME), (8, NAME)]);
    dump.exception_with(7, &record, 0x40_1000);
    dump.memory(0x1000, &[b"ABCD", NAME.as_bytes(), &[0; 64]].concat());
    dump.module(0x40_0000, 0x2000, NAME);
    dump.module(0x50_0000, 0x2000, &format!("C:\\{NAME}"));
    dump.finish()
}

fn core() -> Vec<u8> {
    let mut core = ElfBuilder::x86_64();
    let mut process = vec![0; 136];
    process[40..56].copy_from_slice(&NAME.as_bytes()[..16]);
    process[56..80].copy_from_slice(&NAME.as_bytes()[..24]);
    core.notes(&[
        prstatus(7, 11, 0x40_1000, 0x1000),
        ("CORE", 3, process),
        nt_file(&[(0x40_0000, 0x40_2000, 0, NAME), (0x50_0000, 0x50_1000, 0, &format!("/{NAME}"))]),
    ]);
    core.load(0x1000, &[b"ABCD", NAME.as_bytes(), &[0; 64]].concat());
    core.code(0x40_0000, 0x2000);
    core.code(0x50_0000, 0x1000);
    core.finish()
}

/// A folder of files with hostile names, with the dump.
struct Hostile {
    folder: tempfile::TempDir,
}

impl Hostile {
    fn new(dump: &[u8]) -> Self {
        let hostile = Hostile { folder: tempfile::tempdir().unwrap() };
        std::fs::write(hostile.path("dmp"), dump).unwrap();
        std::fs::write(hostile.path("other"), dump).unwrap();
        let other = hostile.path("other");
        dumpedit(&["write".as_ref(), other.as_os_str(), "0x1000".as_ref(), "00".as_ref()]).exits(0);
        std::fs::write(hostile.path("edits"), format!("write 0x1000 41 # {}\n", NAME.replace('\n', "")))
            .unwrap();
        let blank = NAME.replace('\n', "");
        std::fs::write(hostile.path("wrong"), format!("write '{blank}+0x10' 41\nset '{blank}'=1\n{blank}\n"))
            .unwrap();
        std::fs::write(hostile.path("yaml"), format!("format: minidump\n\"{blank}\": 1\n")).unwrap();
        hostile
    }

    fn path(&self, end: &str) -> PathBuf {
        self.folder.path().join(file_name(end))
    }

    /// The arguments of a line: `=end` is the file with that end, and `{}` the hostile name.
    fn arguments(&self, line: &[&str]) -> Vec<OsString> {
        let word = |word: &&str| match word.strip_prefix('=') {
            Some(end) => self.path(end).into_os_string(),
            None => OsString::from(word.replace("{}", NAME)),
        };
        line.iter().map(word).collect()
    }
}

/// Every verb, and its errors.
const LINES: [&[&str]; 68] = [
    &["info", "=dmp"],
    &["info", "=missing"],
    &["info", "=edits"],
    &["threads", "=dmp"],
    &["modules", "=dmp"],
    &["regions", "=dmp"],
    &["where", "=dmp", "0x1000"],
    &["where", "=dmp", "{}"],
    &["regs", "=dmp"],
    &["regs", "=dmp", "--thread", "{}"],
    &["regs", "=dmp", "--context", "{}"],
    &["read", "=dmp", "0x1000..+80"],
    &["read", "=dmp", "0x1000..+80", "--strings"],
    &["read", "=dmp", "0x1000..+8", "--as", "u32"],
    &["read", "=dmp", "0x401000..+16"],
    &["read", "=dmp", "nowhere+0x0..+1"],
    &["find", "=dmp", "str:ABCD", "re:E"],
    &["find", "=dmp", "str:{}", "str:ABCD"],
    &["find", "=dmp", "str:ABCD", "--count"],
    &["find", "=dmp", "str:ABCD", "--max", "{}"],
    &["find", "=dmp", "str:ABCD", "--replace", "str:abcd", "--dry-run"],
    &["find", "=dmp", "str:{}", "--replace", "str:short"],
    &["write", "=dmp", "0x1000", "str:{}"],
    &["write", "=dmp", "0x1000", "file:{}"],
    &["write", "=dmp", "0x1070", "00000000000000000000000000000000000000000000000000000000000000000000"],
    &["write", "=dmp", "{}", "00"],
    &["write", "=dmp", "0x1000", "00", "-o", "=out"],
    &["write", "=dmp", "0x1000", "00", "-o", "=out"],
    &["write", "=dmp", "0x1000", "00", "-o", "=dmp"],
    &["write", "=dmp", "0x1000", "00", "-o", "=out.gz"],
    &["write", "=out.gz", "0x1000", "00"],
    &["write", "=dmp", "0x1000", "00", "--receipt", "=receipt", "--overwrite"],
    &["set", "=dmp", "rip=1"],
    &["set", "=dmp", "{}=1"],
    &["set", "=dmp", "rip={}"],
    &["fill", "=dmp", "0x1000..+4", "00"],
    &["copy", "=dmp", "0x1000..+4", "0x1010"],
    &["apply", "=dmp", "=edits"],
    &["apply", "=dmp", "=wrong"],
    &["apply", "=dmp", "=wrong", "=edits", "--keep-going"],
    &["apply", "=dmp", "=missing"],
    &["diff", "=dmp", "=other"],
    &["diff", "=dmp", "=other", "--script"],
    &["diff", "=dmp", "=missing"],
    &["log", "=dmp"],
    &["log", "=dmp", "--verify"],
    &["undo", "=dmp"],
    &["redo", "=dmp"],
    &["redo", "=dmp"],
    &["forget", "=dmp"],
    &["redo", "=missing"],
    &["undo", "=other", "--to", "9"],
    &["recover", "=dmp"],
    &["recover", "=missing"],
    &["describe", "=dmp"],
    &["describe", "=dmp", "--folder", "=folder"],
    &["describe", "=dmp", "--folder", "=folder"],
    &["describe", "=dmp", "-o", "=folder"],
    &["describe", "=dmp", "-o", "=spec"],
    &["describe", "=dmp", "-o", "=spec"],
    &["synth", "=yaml", "-o", "=made"],
    &["synth", "=missing", "-o", "=made"],
    &["reduce", "=dmp", "-o", "=small", "--overwrite"],
    &["{}", "=dmp"],
    &["info", "=dmp", "--{}"],
    &["man", "{}"],
    &["completions", "{}"],
    &["--help"],
];

#[test]
fn no_verb_sends_a_terminal_anything_but_text_and_line_breaks() {
    for dump in [minidump(), core()] {
        let hostile = Hostile::new(&dump);
        for line in LINES {
            for json in [&[][..], &["--json"]] {
                let mut command = binary();
                command.arg0(NAME).args(hostile.arguments(line)).args(json);
                let output = command.output().unwrap();
                for (stream, bytes) in [("stdout", output.stdout), ("stderr", output.stderr)] {
                    let text = String::from_utf8(bytes).unwrap_or_else(|error| panic!("{line:?}: {error}"));
                    let found = text.find(is_dangerous);
                    assert_eq!(found, None, "{line:?} {json:?}, {stream}: {text:?}");
                    assert!(!text.contains("\nfake"), "{line:?} {json:?}, {stream}: {text:?}");
                    if stream == "stdout" && text.starts_with(['{', '[']) {
                        let mut documents =
                            serde_json::Deserializer::from_str(&text).into_iter::<serde_json::Value>();
                        assert!(documents.all(|document| document.is_ok()), "{line:?}: {text:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_name_has_one_line_of_a_table_and_all_its_letters_in_json() {
    for dump in [minidump(), core()] {
        let subject = Subject::named("d", dump);
        let shown = subject.plain("modules", &[]).exits(0);
        assert_eq!(shown.text().lines().count(), 3, "{shown}");
        assert!(
            shown.text().contains(r"\x1b[2J\x1b]0;pwn\x07\u{202e}evil\nfake: line\r\t\u{9b}31m"),
            "{shown}"
        );
        let json = subject.run("modules", &[]).exits(0).json();
        assert_eq!(json[0]["name"], NAME);
    }
    let subject = Subject::named("d", minidump());
    assert_eq!(subject.run("threads", &[]).exits(0).json()[0]["name"], NAME);
    assert_eq!(subject.plain("threads", &[]).exits(0).text().lines().count(), 3);
}

#[test]
fn a_path_that_is_no_text_is_shown_with_all_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(OsStr::from_bytes(b"a\xff\xc3b"));
    let run = dumpedit(&["info".as_ref(), path.as_os_str()]).exits(2);
    assert!(run.stderr.contains(r"a\xff\xc3b"), "{run}");
    let run = dumpedit(&["info".as_ref(), path.as_os_str(), "--json".as_ref()]);
    assert!(run.is_error("open").contains(r"a\xff\xc3b"), "{run}");
}

#[test]
fn a_spec_of_hostile_names_makes_the_same_dump_again() {
    for dump in [minidump(), core()] {
        let subject = Subject::named("d", dump);
        let spec = subject.plain("describe", &[]).exits(0);
        let path = subject.folder().join("d.yaml");
        std::fs::write(&path, &spec.stdout).unwrap();
        let made = subject.folder().join("made");
        dumpedit(&["synth".as_ref(), path.as_os_str(), "-o".as_ref(), made.as_os_str()]).exits(0);
        let modules = dumpedit(&["modules".as_ref(), made.as_os_str(), "--json".as_ref()]).exits(0).json();
        assert_eq!(modules[0]["name"], NAME);
    }
}
