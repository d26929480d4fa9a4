//! Cost of a durable edit: at most three syncs, and none without durability.
#![cfg(target_os = "linux")]

use std::ffi::OsStr;
use std::path::Path;

use crate::support::bytes::counting;
use crate::support::process::{RSP, dumped};
use crate::support::traced;

/// The files that a run of the binary synced, in order; `None` where calls cannot be traced here.
fn synced(dump: &Path, arguments: &[&str]) -> Option<Vec<String>> {
    if !traced::can_trace() {
        return None;
    }
    let (verb, rest) = arguments.split_first().unwrap();
    let command = [OsStr::new(verb), dump.as_os_str()].into_iter().chain(rest.iter().map(OsStr::new));
    let traced =
        traced::run(&["-y", "-e", "trace=fsync,fdatasync,sync_file_range,syncfs,sync,msync"], command);
    assert!(traced.output.status.success(), "{traced:?}");
    let name = |line: &str| {
        let path = line.split_once('<')?.1.split_once('>')?.0;
        Some(Path::new(path).file_name()?.to_str()?.to_owned())
    };
    let calls = traced.calls.lines().filter(|line| line.contains("sync"));
    Some(calls.map(|line| name(line).unwrap_or_else(|| panic!("{line}"))).collect())
}

#[test]
fn an_edit_syncs_folder_journal_and_dump_and_no_more() {
    let memory = counting(1, 64);
    let subject = dumped(&[(RSP, &memory)]).remove(0).subject;
    let folder = subject.folder().file_name().unwrap().to_str().unwrap().to_owned();
    let synced = |arguments: &[&str]| synced(subject.path(), arguments);
    let Some(none) = synced(&["write", "@rsp", "a0", "--no-sync"]) else { return };
    assert_eq!(none, [""; 0]);
    // The journal is there, but its name was never made durable.
    let names = [folder.as_str(), "memory.core.dumpedit", "memory.core"];
    assert_eq!(synced(&["write", "@rsp", "a1"]).unwrap(), names);
    for arguments in [&["write", "@rsp", "a2"][..], &["set", "rax=1"], &["undo"]] {
        assert_eq!(synced(arguments).unwrap(), names[1..], "{arguments:?}");
    }
    assert_eq!(synced(&["info"]).unwrap(), [""; 0]);
    std::fs::remove_file(super::journal_of(subject.path())).unwrap();
    assert_eq!(synced(&["write", "@rsp", "a3", "--no-undo"]).unwrap(), names);
}
