//! A suspended fibre in a debugger, by a script that sets a thread's registers: the README's walk-through.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::subject::Subject;
use crate::support::tools::{have, printed};
use crate::testdata::folder;

/// Members of `struct context` in testdata/fibre.c.
const SAVED: [&str; 8] = ["rbx", "rbp", "r12", "r13", "r14", "r15", "rsp", "rip"];

/// Functions in gdb's backtrace of the core's current thread, innermost first.
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

/// The program of testdata/fibre.c, a core of it, and the place of the fibre's registers; where there is no core, that is printed.
struct Suspended {
    _folder: tempfile::TempDir,
    program: PathBuf,
    subject: Subject,
    fibre: String,
}

fn suspended() -> Option<Suspended> {
    if !cfg!(target_arch = "x86_64") || !have("gcc") || !have("gdb") {
        return None;
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
    Some(Suspended { program, fibre: format!("0x{fibre}"), subject, _folder: work })
}

/// The fibre's registers, as words of `set`.
fn registers(subject: &Subject, fibre: &str, separator: &str) -> String {
    let saved = subject.run("read", &[fibre, "--as", "ptr", "--count", "8"]).exits(0).json();
    let values = saved["values"].as_array().unwrap().iter().map(|value| value.as_str().unwrap());
    let pairs = SAVED.iter().zip(values).map(|(name, value)| format!("{name}{separator}{value}"));
    pairs.collect::<Vec<_>>().join(" ")
}

#[test]
fn gdb_shows_the_stack_of_a_fibre_once_a_script_has_set_its_registers() {
    let Some(Suspended { _folder, program, subject, fibre }) = suspended() else { return };
    let joined = |separator: &str| registers(&subject, &fibre, separator);
    for script in [format!("set {}\n", joined("=")), format!("thread crashed\n{}\n", joined(":"))] {
        subject.run_with("apply", &["-"], script.as_bytes()).exits(0);
        let shown = backtrace(&program, subject.path());
        assert_eq!(shown.get(..3).unwrap(), ["wait_for_reply", "handle_request", "fibre_main"], "{shown:?}");
        subject.run("undo", &[]).exits(0);
        subject.unchanged();
    }
}

/// The core's last segment becomes one of 2 GiB, with a hole in the file.
#[test]
fn gdb_lists_a_fibre_as_a_thread_of_its_own_in_a_core_of_2_gib() {
    const SIZE: u64 = 2 << 30;
    let Some(Suspended { _folder, program, subject, fibre }) = suspended() else { return };
    let segments = subject.run("fields", &["segment"]).exits(0).json();
    let count = segments
        .as_array()
        .unwrap()
        .iter()
        .filter(|field| field["name"].as_str().unwrap().ends_with("].p_type"));
    let last = format!("segment[{}]", count.count() - 1);
    let large = SIZE - (1 << 20);
    let values =
        [("p_offset", 1 << 20), ("p_vaddr", 0x100_0000_0000), ("p_filesz", large), ("p_memsz", large)];
    let values = values.map(|(name, value)| format!("{last}.{name}={value:#x}"));
    subject.run("set", &values.each_ref().map(String::as_str)).exits(0);
    std::fs::File::options().write(true).open(subject.path()).unwrap().set_len(SIZE).unwrap();
    assert_eq!(subject.run("info", &[]).exits(0).json()["file_size"], SIZE);
    let line = format!("add thread 99 --like crashed {}\n", registers(&subject, &fibre, "="));
    subject.run_with("apply", &["-"], line.as_bytes()).exits(0);
    let size = std::fs::metadata(subject.path()).unwrap().len();
    assert!((SIZE..SIZE + (1 << 16)).contains(&size), "{size}");
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch", "-ex", "info threads", "-ex", "thread apply 2 bt"]).arg(&program);
    let text = printed(gdb.arg(subject.path()));
    assert!(text.contains("LWP 99"), "{text}");
    for frame in ["wait_for_reply (request=42)", "handle_request (request=21)", "fibre_main ()"] {
        assert!(text.contains(frame), "{frame}: {text}");
    }
    subject.run("undo", &[]).exits(0);
    assert_eq!(std::fs::metadata(subject.path()).unwrap().len(), SIZE);
}
