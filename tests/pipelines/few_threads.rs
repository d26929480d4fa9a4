//! Where no thread can be started, everything still works, only slower.
#![cfg(target_os = "linux")]

use std::fs;
use std::process::{Command, Output};

use super::text;
use crate::support::bytes::counting;
use crate::support::elf_builder::{ElfBuilder, prstatus};
use crate::support::subject::Subject;
use crate::support::tools::have;
use crate::support::user::Ordinary;

/// Runs the binary as a user who may have one process.
fn alone(user: &Ordinary, arguments: &[&str]) -> Output {
    let mut command = user.command_through(|program| {
        let mut command = Command::new("prlimit");
        command.args(["--nproc=1", "--"]).arg(program);
        command
    });
    command.args(arguments).output().unwrap()
}

#[test]
fn every_verb_does_the_same_without_threads_as_with_them() {
    if !have("prlimit") {
        return;
    }
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0x40_1000, 0x10_0000)]);
    core.load(0x10_0000, &counting(1, 3 << 20));
    let subject = Subject::named("a.core", core.finish());
    let name = |name: &str| subject.folder().join(name);
    let (other, script) = (name("other.core"), name("script"));
    let mut edited = subject.before().to_vec();
    (1..40).for_each(|at| edited[at * 70_001] ^= 1);
    fs::write(&other, edited).unwrap();
    // Enough pieces that several threads would read the bytes that they replace.
    let lines: String = (0..2000u64).map(|at| format!("write {:#x} cc\n", 0x10_0000 + at * 1400)).collect();
    fs::write(&script, lines).unwrap();
    let dump = text(subject.path());
    let out = name("out");
    let mut commands = vec![
        vec!["info", dump],
        vec!["find", dump, "01 02 ?? 04"],
        vec!["find", dump, "01 02", "--count"],
        vec!["find", dump, "01 02", "--max", "7"],
        vec!["find", dump, "re:(?s:\\x01.{3})"],
        vec!["diff", dump, text(&other)],
        vec!["diff", "--script", dump, text(&other)],
        vec!["diff", dump, dump],
        vec!["reduce", dump, "-o", text(&out), "--overwrite"],
    ];
    let packed = ["out.zst", "out.gz", "out.xz", "out.lz4"].map(name);
    let write = |out| vec!["write", dump, "0x100000", "cc", "--overwrite", "-o", out];
    commands.extend(packed.iter().map(|out| write(text(out))));
    commands.push(vec!["apply", dump, text(&script)]);
    commands.push(vec!["undo", dump]);
    let user = Ordinary::dumpedit();
    user.give(subject.path());
    for arguments in commands {
        let slow = alone(&user, &arguments);
        let fast = user.command().args(&arguments).output().unwrap();
        assert_eq!(slow.status.code(), fast.status.code(), "{arguments:?}: {slow:?}");
        if !matches!(arguments[0], "apply" | "undo") {
            assert!(slow.stdout == fast.stdout, "{arguments:?}");
        }
    }
}
