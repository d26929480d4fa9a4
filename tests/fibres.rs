//! A debugger shown a suspended fibre by a script that sets a thread's registers: the README's walk-through.

use std::path::Path;
use std::process::Command;

use crate::support::subject::Subject;
use crate::support::tools::{have, printed};
use crate::testdata::folder;

/// The members of `struct context` in testdata/fibre.c.
const SAVED: [&str; 8] = ["rbx", "rbp", "r12", "r13", "r14", "r15", "rsp", "rip"];

/// What gdb shows of the core's current thread: the functions, innermost first.
fn backtrace(program: &Path, core: &Path) -> Vec<String> {
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch", "-ex", "bt"]).arg(program).arg(core);
    let text = printed(&mut gdb);
    let frames = text.lines().skip_while(|line| !line.contains("Core was generated"));
    let frames = frames.filter(|line| line.starts_with('#'));
    let function = |line: &str| line.split_once(" (")?.0.rsplit(' ').next().map(str::to_owned);
    // gdb shows the innermost frame once when it opens the core, and once more in its backtrace.
    frames.filter_map(function).skip(1).collect()
}

#[test]
fn gdb_shows_the_stack_of_a_fibre_once_a_script_has_set_its_registers() {
    if !cfg!(target_arch = "x86_64") || !have("gcc") || !have("gdb") {
        return;
    }
    let work = tempfile::tempdir().unwrap();
    let (program, core) = (work.path().join("fibre"), work.path().join("fibre.core"));
    let mut gcc = Command::new("gcc");
    gcc.args([
        "-g",
        "-O0",
        "-fno-omit-frame-pointer",
        "-fno-stack-protector",
        "-nostdlib",
        "-static",
        "-no-pie",
    ]);
    assert!(gcc.arg("-o").arg(&program).arg(folder().join("fibre.c")).status().unwrap().success());
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch", "-ex", "print &fibre", "-ex", "run", "-ex"]);
    gdb.args([&format!("generate-core-file {}", core.display()), "-ex", "kill"]);
    let said = printed(gdb.arg(&program));
    let fibre = said.split_once("0x").and_then(|(_, rest)| rest.split_once(' ')).unwrap().0;
    let subject = Subject::named("fibre.core", std::fs::read(&core).unwrap());
    assert_eq!(backtrace(&program, subject.path()), ["_start"]);

    let saved = subject.run("read", &[&format!("0x{fibre}"), "--as", "ptr", "--count", "8"]).exits(0).json();
    let values: Vec<&str> =
        saved["values"].as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect();
    let joined = |separator: &str| {
        let pairs = SAVED.iter().zip(&values).map(|(name, value)| format!("{name}{separator}{value}"));
        pairs.collect::<Vec<_>>().join(" ")
    };
    for script in [format!("set {}\n", joined("=")), format!("thread crashed\n{}\n", joined(":"))] {
        subject.run_with("apply", &["-"], script.as_bytes()).exits(0);
        let shown = backtrace(&program, subject.path());
        assert_eq!(shown.get(..3).unwrap(), ["wait_for_reply", "handle_request", "fibre_main"], "{shown:?}");
        subject.run("undo", &[]).exits(0);
        subject.unchanged();
    }
}
