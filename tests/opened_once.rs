//! A command opens its dump once for reading and once for writing, and checks once for an interrupted edit.
#![cfg(target_os = "linux")]

use crate::support::bytes::counting;
use crate::support::process::{RSP, dumped};
use crate::support::subject::Subject;
use crate::support::traced;

/// Calls of a command to the system.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    /// Number of times that the dump was opened for reading, and for writing.
    dump: (usize, usize),
    /// The same for its journal, including its creation.
    journal: (usize, usize),
    /// Number of queries of the dump for the journal of an interrupted edit.
    interrupted: usize,
}

fn asked(subject: &Subject, arguments: &[&str]) -> Asked {
    let traced = traced::run(&["-e", "trace=open,openat,openat2,fgetxattr"], arguments);
    assert_eq!(traced.output.status.code(), Some(0), "{arguments:?}: {traced:?}");
    let dump = std::fs::canonicalize(subject.path()).unwrap();
    let opened = |path: &str| {
        let of_path = |call: &&str| call.contains(&format!("\"{path}\""));
        let opens: Vec<&str> =
            traced.calls.lines().filter(|call| call.contains("open")).filter(of_path).collect();
        let written =
            opens.iter().filter(|call| call.contains("O_RDWR") || call.contains("O_WRONLY")).count();
        (opens.len() - written, written)
    };
    let dump = dump.to_str().unwrap();
    let interrupted = traced.calls.lines().filter(|call| call.contains("user.dumpedit.journal")).count();
    Asked { dump: opened(dump), journal: opened(&format!("{dump}.dumpedit")), interrupted }
}

#[test]
fn a_command_opens_its_dump_once_to_read_and_once_to_write() {
    if !traced::can_trace() {
        return;
    }
    for with_journal in [false, true] {
        let subject = dumped(&[(RSP, &counting(1, 64))]).remove(0).subject;
        let (folder, dump) = (std::fs::canonicalize(subject.folder()).unwrap(), subject.path());
        let dump = std::fs::canonicalize(dump).unwrap();
        let (out, script) = (folder.join("out"), folder.join("script"));
        std::fs::write(&script, "write @sp 92\nset rax=2\nfill @sp+8..+4 07\n").unwrap();
        if with_journal {
            subject.run("write", &["@rsp", "a0"]).is_full(1);
        }
        let [dump, out, script] = [&dump, &out, &script].map(|path| path.to_str().unwrap());
        let read = usize::from(with_journal);
        let reads = Asked { dump: (1, 0), journal: (read, 0), interrupted: 1 };
        assert_eq!(asked(&subject, &["read", dump, "@sp..+16"]), reads);
        assert_eq!(asked(&subject, &["info", dump]), reads);
        let copies = ["write", dump, "@sp", "91", "-o", out, "--overwrite"];
        assert_eq!(asked(&subject, &copies), reads);

        let writes = Asked { dump: (1, 1), journal: (read, 1), interrupted: 1 };
        assert_eq!(asked(&subject, &["write", dump, "@sp", "90"]), writes);
        let writes = Asked { journal: (1, 1), ..writes };
        assert_eq!(asked(&subject, &["set", dump, "rax=1"]), writes);
        assert_eq!(asked(&subject, &["apply", dump, script]), writes);
        let undoes = Asked { journal: (0, 1), ..writes };
        assert_eq!(asked(&subject, &["undo", dump]), undoes);
        assert_eq!(asked(&subject, &["redo", dump]), undoes);
        // The journal's entries are read completely before the check for an interrupted one.
        assert_eq!(asked(&subject, &["log", dump]), Asked { journal: (2, 0), ..reads });
    }
}
