//! Output of independent tools for a dump and for its reduced copy: the same frames of every thread, the same modules, and never a value
//! that the process did not have.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::command::{dumpedit, number};
use crate::support::corpus::{cores, minidumps};
use crate::support::tools::{have, skip};

/// A reader's output for a dump.
pub(crate) struct Reader {
    pub(crate) tool: &'static str,
    /// Arguments; `CORE` stands for the core.
    arguments: &'static [&'static str],
    /// Whether a line is compared.
    compares: fn(&str) -> bool,
}

/// Backtraces of all threads by three debuggers, and the modules.
pub(crate) const READERS: &[Reader] = &[
    Reader {
        tool: "gdb-multiarch",
        arguments: &["-nx", "-batch", "-c", "CORE", "-ex", "thread apply all bt 200"],
        compares: |line| line.starts_with('#') || line.starts_with("Thread"),
    },
    Reader {
        tool: "lldb",
        arguments: &["-x", "-b", "-o", "target create --core CORE", "-o", "thread backtrace all"],
        compares: |line| line.contains("frame #") || line.contains("thread #"),
    },
    Reader { tool: "eu-stack", arguments: &["--core", "CORE"], compares: |line| !line.starts_with("PID") },
    Reader { tool: "eu-unstrip", arguments: &["-n", "--core", "CORE"], compares: |_| true },
];

impl Reader {
    pub(crate) fn lines(&self, core: &Path) -> Vec<String> {
        let path = core.to_str().unwrap();
        let arguments = self.arguments.iter().map(|argument| argument.replace("CORE", path));
        let output = Command::new(self.tool).args(arguments).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).replace(path, "CORE");
        said.lines().filter(|line| (self.compares)(line)).map(str::to_owned).collect()
    }
}

/// Modules that elfutils finds in the rest only: each is correct, as in dumpedit's list of the whole core.
fn are_modules(lines: &[&String], core: &Path) -> bool {
    let modules = dumpedit(&["modules".as_ref(), core.as_os_str(), "--json".as_ref()]).exits(0).json();
    let bases: BTreeSet<u64> =
        modules.as_array().unwrap().iter().map(|module| number(&module["base"])).collect();
    lines.iter().all(|line| {
        let base = line.split_once('+').and_then(|(base, _)| base.strip_prefix("0x"));
        base.is_some_and(|base| bases.contains(&u64::from_str_radix(base, 16).unwrap()))
    })
}

/// Reduces a dump to a file in a folder.
fn reduced(core: &Path, folder: &Path, options: &[&str]) -> PathBuf {
    let out = folder.join("small.core");
    let arguments = ["reduce".as_ref(), core.as_os_str(), "-o".as_ref(), out.as_os_str()];
    let more: Vec<&OsStr> =
        ["--overwrite", "--threads", "all"].iter().chain(options).map(AsRef::as_ref).collect();
    dumpedit(&[&arguments[..], &more].concat()).exits(0);
    out
}

/// Compares the output of every reader that is here for a core before and after, and returns the number of lines.
fn compare(core: &Path) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let small = reduced(core, folder.path(), &[]);
    let mut compared = 0;
    for reader in READERS.iter().filter(|reader| have(reader.tool)) {
        let (before, after) = (reader.lines(core), reader.lines(&small));
        compared += before.len();
        let name = format!("{} of {}", reader.tool, core.display());
        if reader.tool == "eu-unstrip" {
            let more: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
            let lost = before.iter().filter(|line| !after.contains(line)).count();
            // Another tool has cut off the first page of this core's program, which elfutils then reads from the bytes that follow in the
            // file.
            let cut = core.ends_with("lldb-1lwp_SIGSEGV.aarch64.core");
            assert!(cut || lost == 0 && are_modules(&more, core), "{name}: {before:#?} then {after:#?}");
        } else {
            assert_eq!(after, before, "{name}");
        }
    }
    compared
}

#[test]
fn every_reader_says_the_same_of_real_cores() {
    let cores = cores();
    let compared: usize = cores.iter().map(|core| compare(core)).sum();
    assert!(compared > 0 || cores.is_empty() || !READERS.iter().any(|reader| have(reader.tool)));
}

#[test]
fn lldb_says_the_same_of_real_minidumps() {
    let Some(lldb) = READERS.iter().find(|reader| reader.tool == "lldb" && have(reader.tool)) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut compared = 0;
    for dump in minidumps() {
        let small = reduced(&dump, folder.path(), &[]);
        let before = lldb.lines(&dump);
        assert_eq!(lldb.lines(&small), before, "{}", dump.display());
        compared += before.len();
    }
    assert!(compared > 0 || minidumps().is_empty());
}

/// A crash in a signal handler on a stack of its own, called from frames of another, in a process with other threads and with variables
/// that differ from the program's file.
const PROGRAM: &str = r#"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int counter = 41;
int untouched = 7;
static int zeros[30000];

__attribute__((noinline)) static void deep(int depth) {
    volatile char frame[3000];
    memset((void *)frame, depth, sizeof frame);
    if (depth) deep(depth - 1); else abort();
    frame[0]++;
}

static void handler(int signal) { deep(3); }

__attribute__((noinline)) static int fault(int *at) { *at = 1; return *at; }
__attribute__((noinline)) static int compare(const void *a, const void *b) { return fault(0) + 1; }

static pthread_barrier_t ready;

static void *wait_here(void *nothing) { pthread_barrier_wait(&ready); for (;;) pause(); return nothing; }

int main(void) {
    pthread_t thread;
    pthread_barrier_init(&ready, 0, 2);
    pthread_create(&thread, 0, wait_here, 0);
    pthread_barrier_wait(&ready);
    counter = 1000;
    zeros[29000] = 5;
    stack_t stack = { .ss_sp = malloc(1 << 16), .ss_size = 1 << 16 };
    sigaltstack(&stack, 0);
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_ONSTACK };
    sigaction(SIGSEGV, &action, 0);
    int numbers[3] = { 3, 2, 1 };
    qsort(numbers, 3, sizeof *numbers, compare);
    return 0;
}
"#;

/// A thread whose stack overflows into its guard page, where the signal is handled on another stack.
const OVERFLOW: &str = r#"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

__attribute__((noinline)) static int deeper(int depth) {
    volatile char frame[400];
    frame[0] = depth;
    return deeper(depth + 1) + frame[0];
}

static void handler(int signal) { abort(); }

static void *run_over(void *nothing) {
    stack_t stack = { .ss_sp = malloc(1 << 16), .ss_size = 1 << 16 };
    sigaltstack(&stack, 0);
    deeper(0);
    return nothing;
}

int main(void) {
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_ONSTACK };
    sigaction(SIGSEGV, &action, 0);
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 1 << 17);
    pthread_create(&thread, &attributes, run_over, 0);
    pthread_join(thread, 0);
    return 0;
}
"#;

/// A program, linked with these options, and a core of it; where there is none, that is printed.
fn crashed(text: &str, link: &str) -> Option<(TempDir, PathBuf, PathBuf)> {
    if !have("gcc") || !have("gdb") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let [source, program, core] = ["program.c", "program", "whole.core"].map(|name| folder.path().join(name));
    std::fs::write(&source, text).unwrap();
    let mut gcc = Command::new("gcc");
    gcc.args(["-g", "-O0", "-fno-omit-frame-pointer", "-pthread", link, "-o"]).arg(&program).arg(&source);
    assert!(gcc.status().unwrap().success());
    let generate = format!("generate-core-file {}", core.display());
    let commands = ["handle SIGSEGV nostop noprint pass", "run", &generate];
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch"]).args(commands.iter().flat_map(|command| ["-ex", command]));
    // Where gdb may not trace, there is no core.
    let _ = gdb.arg(&program).stdin(Stdio::null()).output().unwrap();
    if !core.exists() {
        skip("gdb could not make a core");
        return None;
    }
    Some((folder, program, core))
}

#[test]
fn frames_on_another_stack_stay_in_programs_of_either_kind() {
    for link in ["-pie", "-static"] {
        let Some((_folder, _, core)) = crashed(PROGRAM, link) else { return };
        assert!(compare(&core) > 0);
        // The frames of the other stack are among them, where the reader finds the program's symbols by itself.
        for reader in READERS.iter().filter(|reader| ["lldb", "eu-stack"].contains(&reader.tool)) {
            if !have(reader.tool) {
                continue;
            }
            let lines = reader.lines(&core);
            for name in ["deep", "fault", "main"] {
                assert!(
                    lines.iter().any(|line| line.contains(name)),
                    "{}: {name} in {lines:#?}",
                    reader.tool
                );
            }
        }
    }
}

#[test]
fn a_stack_that_ran_over_stays() {
    let Some((_folder, _, core)) = crashed(OVERFLOW, "-pie") else { return };
    assert!(compare(&core) > 100);
}

#[test]
fn variables_keep_their_values_or_cannot_be_read() {
    let Some((folder, program, core)) = crashed(PROGRAM, "-pie") else { return };
    let small = reduced(&core, folder.path(), &[]);
    let print = |core: &Path, expression: &str| {
        let mut gdb = Command::new("gdb");
        gdb.args(["-nx", "-batch", "-ex"]).arg(format!("print {expression}")).arg(&program).arg(core);
        let output = gdb.stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        said.lines().find(|line| line.starts_with("$1") || line.contains("Cannot access")).unwrap().to_owned()
    };
    for (expression, value) in [("counter", "$1 = 1000"), ("untouched", "$1 = 7"), ("zeros[29000]", "$1 = 5")]
    {
        assert_eq!([print(&core, expression), print(&small, expression)], [value, value]);
    }
    // The effect that the option's help warns of.
    let small = reduced(&core, folder.path(), &["--drop-variables"]);
    let dropped = print(&small, "zeros[29000]");
    assert!(dropped.starts_with("Cannot access memory at address"), "{dropped}");
    assert_eq!(print(&small, "counter"), "$1 = 41");
}

#[test]
fn the_texts_of_the_auxiliary_vector_stay_with_any_thread() {
    let Some((folder, program, core)) = crashed(PROGRAM, "-pie") else { return };
    let out = folder.path().join("one.core");
    let arguments = ["reduce".as_ref(), core.as_os_str(), "-o".as_ref(), out.as_os_str()];
    dumpedit(&[&arguments[..], &["--threads", "index:1"].map(AsRef::as_ref)].concat()).exits(0);
    let texts = |core: &Path| {
        let mut gdb = Command::new("gdb");
        let output =
            gdb.args(["-nx", "-batch", "-ex", "info auxv"]).arg(&program).arg(core).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let has_text = |line: &&str| line.contains("AT_EXECFN") || line.contains("AT_PLATFORM");
        said.lines().filter(has_text).map(str::to_owned).collect::<Vec<_>>()
    };
    let whole = texts(&core);
    assert!(whole.len() == 2 && whole.iter().all(|line| line.ends_with('"')), "{whole:?}");
    assert_eq!(texts(&out), whole);
}
