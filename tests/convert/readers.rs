//! Independent readers see the same in a converted dump as in the original.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use minidump::format::MINIDUMP_STREAM_TYPE;
use minidump::{Minidump, MinidumpLinuxMaps};

use super::{converted, cores, minidumps};
use crate::reduced_for_readers::{READERS, Reader};
use crate::registers_agree::{machine_of, shown};
use crate::support::command::{binary, run};
use crate::support::readers::{gdb, walked};
use crate::support::tools::{have, skip};

/// Machines of minidumps whose cores gdb reads.
const OF_GDB: [&str; 4] = ["amd64", "x86", "arm", "arm64"];

#[test]
fn gdb_sees_the_registers_of_a_minidump_in_its_core() {
    if !have("gdb-multiarch") {
        return;
    }
    let dumps = minidumps();
    let mut compared = 0;
    for dump in &dumps {
        let machine = machine_of(dump);
        let Some(core) = converted(dump, "core").filter(|_| OF_GDB.contains(&machine.as_str())) else {
            continue;
        };
        for view in gdb(&core.path, &machine) {
            let ours = shown(dump, &view.choice);
            for (name, seen) in &view.registers {
                let Some((value, _)) = ours.get(name) else { continue };
                assert_eq!(seen, value, "{}: {name} of {:?}", dump.display(), view.choice);
                compared += 1;
            }
        }
    }
    assert!(compared > if dumps.len() > 2 { 1000 } else { 40 }, "{compared}");
}

#[test]
fn the_minidump_crate_reads_every_mapping_of_a_core() {
    let mut compared = 0;
    for core in cores() {
        let Some(minidump) = converted(&core, "dmp") else { continue };
        let read = Minidump::read_path(&minidump.path).unwrap();
        // Cores of other systems have no such text.
        let Ok(text) = read.get_raw_stream(MINIDUMP_STREAM_TYPE::LinuxMaps as u32) else { continue };
        let lines = text.iter().filter(|byte| **byte == b'\n').count();
        let maps = read.get_stream::<MinidumpLinuxMaps<'_>>().unwrap();
        assert_eq!(maps.iter().count(), lines, "{}", core.display());
        compared += lines;
    }
    assert!(compared > 0);
}

/// The addresses of frames, thread by thread.
fn frames(reader: &Reader, core: &Path) -> Vec<String> {
    let lines = reader.lines(core);
    let addresses =
        lines.iter().filter_map(|line| line.split_whitespace().find(|word| word.starts_with("0x")));
    addresses.map(str::to_owned).collect()
}

/// gdb and LLDB take some of these cores for those of other machines or systems until they are converted.
const READ_BETTER: [&str; 1] = ["gdb-i386-biarch.core"];

#[test]
fn debuggers_walk_the_same_frames_of_a_core_that_was_a_minidump_in_between() {
    let walkers: Vec<&Reader> =
        READERS.iter().filter(|reader| reader.tool != "eu-unstrip" && have(reader.tool)).collect();
    let dumps = cores();
    let mut compared = 0;
    for core in dumps.iter().filter(|core| READ_BETTER.iter().all(|name| !core.ends_with(name))) {
        let Some(there) = converted(core, "dmp") else { continue };
        let back = there.back();
        for reader in &walkers {
            let before = frames(reader, core);
            if before.is_empty() {
                continue;
            }
            assert_eq!(frames(reader, &back.path), before, "{} of {}", reader.tool, core.display());
            compared += before.len();
        }
    }
    assert!(compared > if dumps.len() > 2 { 100 } else { 0 } || walkers.is_empty(), "{compared}");
}

/// A program whose three threads are two that wait, and one that crashes below three frames of its own.
const PROGRAM: &str = r#"
#include <pthread.h>
#include <unistd.h>

static pthread_barrier_t ready;

static void *wait_here(void *nothing) { pthread_barrier_wait(&ready); for (;;) pause(); return nothing; }
__attribute__((noinline)) static int fault(volatile int *at) { *at = 1; return *at + 1; }
__attribute__((noinline)) static int inner(volatile int *at) { return fault(at) + 1; }
__attribute__((noinline)) static int outer(volatile int *at) { return inner(at) + 1; }

int main(int count, char **arguments) {
    pthread_t thread;
    pthread_barrier_init(&ready, 0, 2);
    pthread_create(&thread, 0, wait_here, 0);
    pthread_barrier_wait(&ready);
    return outer((volatile int *)(count > 1 ? 0x42 : 0x28));
}
"#;

pub(super) struct Crashed {
    pub(super) folder: tempfile::TempDir,
    pub(super) program: std::path::PathBuf,
    pub(super) core: std::path::PathBuf,
    /// Output of gdb and the program.
    pub(super) output: String,
}

/// A core of the program; where there is none, that is printed.
fn crashed() -> Option<Crashed> {
    crashed_of(PROGRAM, &[])
}

/// A core of a program that gcc builds from its text with some options.
pub(super) fn crashed_of(program_text: &str, options: &[&str]) -> Option<Crashed> {
    if !have("gcc") || !have("gdb") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let [source, program, core] = ["program.c", "program", "whole.core"].map(|name| folder.path().join(name));
    std::fs::write(&source, program_text).unwrap();
    let mut gcc = Command::new("gcc");
    gcc.args(["-g", "-O0", "-fno-omit-frame-pointer", "-pthread", "-o"])
        .arg(&program)
        .arg(&source)
        .args(options);
    assert!(gcc.status().unwrap().success());
    let generate = format!("generate-core-file {}", core.display());
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch", "-ex", "run --fast 'two words'", "-ex", &generate]).arg(&program);
    // Where gdb may not trace, there is no core.
    let output = gdb.stdin(Stdio::null()).output().unwrap();
    if !core.exists() {
        skip("gdb could not make a core");
        return None;
    }
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(Crashed { folder, program, core, output })
}

/// Output of a gdb command for a core and its program.
pub(super) fn said(program: &Path, core: &Path, command: &str) -> String {
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch", "-ex", command]).arg(program).arg(core);
    let output = gdb.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    // gdb's own cores have the words as given to its `run`, Linux's as given to the program.
    said.replace(&core.display().to_string(), "CORE").replace("'two words'", "two words")
}

/// The program counters of each thread's frames, from `thread apply all`.
fn counters(program: &Path, core: &Path) -> BTreeMap<u32, Vec<u64>> {
    let command = "thread apply all -s frame apply all -s output/x $pc";
    let text = said(program, core, command);
    let (mut stacks, mut thread) = (BTreeMap::<u32, Vec<u64>>::new(), 0);
    for line in text.lines() {
        if let Some((_, rest)) = line.split_once("(LWP ").filter(|_| line.starts_with("Thread ")) {
            thread = rest.split_once(')').unwrap().0.parse().unwrap();
        }
        // `output` writes no line end.
        if let Some(rest) = line.strip_prefix("0x") {
            let digits: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
            stacks.entry(thread).or_default().push(u64::from_str_radix(&digits, 16).unwrap());
        }
    }
    stacks
}

#[test]
fn minidump_processor_walks_the_frames_of_a_core_that_gdb_walks() {
    let Some(Crashed { folder: _folder, program, core, .. }) = crashed() else { return };
    let dump = converted(&core, "dmp").unwrap();
    let walked = walked(&dump.path).expect("the minidump is walked");
    assert!(walked.crash.contains("SIGSEGV / SEGV_MAPERR at 0x0000000000000042"), "{}", walked.crash);
    let stacks = counters(&program, &core);
    let (crashed, frames) = walked.stacks.iter().find(|(_, frames)| frames.len() > 4).unwrap();
    let seen = &stacks[crashed];
    assert!(seen.len() >= 4, "{stacks:x?}");
    // For a caller, this reader shows the address of the call instruction.
    for (index, (counter, frame)) in seen.iter().zip(frames).take(4).enumerate() {
        let expected = format!("{:#x} ", if index == 0 { *counter } else { counter - 1 });
        assert!(frame.starts_with(&expected), "frame {index}: {frame}, {counter:#x}");
        assert!(frame.contains("program"), "{frame}");
    }
    assert_eq!(walked.stacks.keys().collect::<Vec<_>>(), stacks.keys().collect::<Vec<_>>());
}

/// gdb's text of the command line has no quotes: the words are those on the stack.
#[test]
fn the_words_of_the_command_line_and_the_environment_are_those_on_the_stack() {
    let Some(Crashed { folder: _folder, core, program, .. }) = crashed() else { return };
    let dump = converted(&core, "dmp").unwrap();
    let read = |name: &str| {
        let mut command = binary();
        run(command.arg("read").arg(&dump.path).args([name, "--raw"]), b"").exits(0).stdout
    };
    let expected = format!("{}\0--fast\0two words\0", program.display());
    assert_eq!(String::from_utf8_lossy(&read("stream[LinuxCmdLine]")), expected);
    let environment = read("stream[LinuxEnviron]");
    let variables: Vec<&[u8]> = environment.split(|byte| *byte == 0).collect();
    assert!(variables.iter().any(|variable| variable.starts_with(b"PATH=")), "{variables:?}");
    assert!(!dump.back().losses().contains(&"environment"));
}

#[test]
fn gdb_says_the_same_of_a_program_and_a_core_that_was_a_minidump_in_between() {
    let Some(Crashed { folder: _folder, program, core, .. }) = crashed() else { return };
    let there = converted(&core, "dmp").unwrap();
    let back = there.back();
    let commands = [
        "thread apply all bt",
        "info sharedlibrary",
        "info auxv",
        "info registers",
        "print $_siginfo._sifields._sigfault",
    ];
    for command in commands {
        let expected = said(&program, &core, command);
        assert!(expected.lines().count() > 3, "{command}: {expected}");
        assert_eq!(said(&program, &back.path, command), expected, "{command}");
    }
}
