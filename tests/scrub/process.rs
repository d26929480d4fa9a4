//! A real process with secrets in all of its memory, whose stacks debuggers walk as before.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::{held, holds, holds_none, scrubbed, verify};
use crate::support::tools::{have, printed, skip};

/// The secrets are built at run time, so that no code has them as operands. Four threads are in functions of their own, one of them in a
/// signal handler on a stack of its own.
const PROGRAM: &str = r#"
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <fcntl.h>
#include <unistd.h>

const char in_rodata[] = "rodata.user@corp.example";
static char in_data[64];
static __thread char in_tls[64];
static char *heap;
static pthread_barrier_t barrier;

/* Letters moved by one, so that what is compiled is not the text. */
static char *plain(char *into, const char *moved) {
    char *at = into;
    for (; *moved; moved++) *at++ = *moved - 1;
    *at = 0;
    return into;
}
static void wide(char *into, const char *text, int high) {
    for (; *text; text++, into += 2) { into[high] = *text; into[1 - high] = 0; }
}
__attribute__((noinline)) static int wait_here(void) {
    pthread_barrier_wait(&barrier);
    for (;;) pause();
    return 0;
}
__attribute__((noinline)) int leaf(int number) {
    char in_stack[64];
    plain(in_stack, "tubdl/vtfsAdpsq/fybnqmf");
    return wait_here() + in_stack[number];
}
__attribute__((noinline)) int middle(int number) { return leaf(number) + 1; }
static void *worker(void *argument) {
    plain(in_tls, "umt/vtfsAdpsq/fybnqmf");
    middle(3);
    return argument;
}
static void handler(int signal) { middle(signal); }
static void *on_other_stack(void *argument) {
    stack_t stack = { .ss_sp = malloc(1 << 16), .ss_size = 1 << 16 };
    sigaltstack(&stack, 0);
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_ONSTACK };
    sigaction(SIGUSR1, &action, 0);
    raise(SIGUSR1);
    return argument;
}
__attribute__((noinline)) static void in_vectors(const char *text) {
#ifdef __x86_64__
    __asm__ volatile("movdqu (%0), %%xmm14\n movdqu 16(%0), %%xmm15" : : "r"(text) : "xmm14", "xmm15");
#endif
    pthread_barrier_wait(&barrier);
    abort();
}
int main(int count, char **arguments) {
    heap = malloc(512);
    char text[128];
    plain(text, "hiq`1234567891bcdefghijkBCDEFGHIJK123456");
    memset(heap, 0, 512);
    wide(heap, text, 0);
    wide(heap + 129, text, 1);
    plain(in_data, "ebub/vtfsAdpsq/fybnqmf");
    int file = open(arguments[2], O_RDONLY);
    mmap(0, 4096, PROT_READ, MAP_PRIVATE, file, 0);
    pthread_barrier_init(&barrier, 0, 4);
    pthread_t thread;
    for (int index = 0; index < 2; index++) pthread_create(&thread, 0, worker, 0);
    pthread_create(&thread, 0, on_other_stack, 0);
    pthread_setname_np(thread, "nameof-greta");
    in_vectors(heap + count * 0 + (long)memcpy(heap + 300, text, 41) * 0 + 300);
}
"#;

const TOKEN: &str = "ghp_0123456780abcdefghijABCDEFGHIJ012345";

const GONE: &[&str] = &[
    "rodata.user@corp.example",
    "data.user@corp.example",
    "stack.user@corp.example",
    "tls.user@corp.example",
    "ghp_0123456780abcdefghijABCDEFGHIJ012345",
    "ghp_0123456780ab",
    "swordfish-9173",
    "correct-horse-staple",
    "margaret",
    "acme-internal",
];

/// A core of the program; where there is none, that is printed.
fn crashed() -> Option<(TempDir, PathBuf, PathBuf)> {
    if !have("gcc") || !have("gdb") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("acme-internal");
    std::fs::create_dir(&secret).unwrap();
    let [source, core] = ["program.c", "whole.core"].map(|name| folder.path().join(name));
    let (program, mapped) = (secret.join("program"), secret.join("mapped.db"));
    std::fs::write(&source, PROGRAM).unwrap();
    std::fs::write(&mapped, vec![b'.'; 4096]).unwrap();
    let mut gcc = Command::new("gcc");
    gcc.args(["-O1", "-g", "-fno-omit-frame-pointer", "-pthread", "-o"]).arg(&program).arg(&source);
    assert!(gcc.status().unwrap().success());
    let generate = format!("generate-core-file {}", core.display());
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch", "-ex", "handle SIGUSR1 nostop noprint pass", "-ex", "run"]);
    gdb.args(["-ex", &generate, "-ex", "kill", "--args"])
        .arg(&program)
        .arg("--pass=swordfish-9173")
        .arg(&mapped);
    gdb.env_clear().envs([("PATH", "/usr/bin:/bin"), ("HOME", "/home/margaret"), ("USER", "margaret")]);
    gdb.env("DEPLOY", "correct-horse-staple");
    let _ = gdb.stdin(Stdio::null()).output().unwrap();
    if !core.exists() {
        skip("gdb could not make a core");
        return None;
    }
    Some((folder, program, core))
}

/// The functions of every frame of every thread.
fn frames(program: &Path, core: &Path) -> Vec<String> {
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch", "-ex", "set print frame-arguments none"]);
    gdb.args(["-ex", &format!("core-file {}", core.display()), "-ex", "thread apply all bt"]).arg(program);
    let said = gdb.stdin(Stdio::null()).output().unwrap().stdout;
    let said = String::from_utf8_lossy(&said).into_owned();
    let is_frame = |line: &&str| line.starts_with('#') || line.starts_with("Thread ");
    let frame = |line: &str| match line.strip_prefix("Thread ") {
        // The thread library's own number for it needs its data.
        Some(rest) => format!("Thread {}", rest.split(' ').next().unwrap_or_default()),
        None => line.split(" (").next().unwrap_or_default().to_owned(),
    };
    said.lines().filter(is_frame).map(frame).collect()
}

/// The same by LLDB.
fn frames_of_lldb(program: &Path, core: &Path) -> Vec<String> {
    let mut lldb = Command::new("lldb");
    let format = "settings set frame-format \"frame #${frame.index}: ${function.name-without-args}\\n\"";
    lldb.args(["--no-lldbinit", "--batch", "-o", format, "-o"]);
    lldb.arg(format!("target create {} --core {}", program.display(), core.display()));
    let said = printed(lldb.args(["-o", "thread backtrace all"]));
    let frames = said.lines().map(|line| line.trim_start_matches([' ', '*']));
    frames
        .filter(|line| line.starts_with("frame #") || line.starts_with("thread #"))
        .map(str::to_owned)
        .collect()
}

/// Those of some texts that independent searches find in a file: in UTF-8, and in UTF-16.
fn found_by_others(path: &Path, texts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let of = |tool: &mut Command| tool.arg(path).stdin(Stdio::null()).output().unwrap().stdout;
    let narrow = of(Command::new("strings").args(["-a", "-n", "4"]));
    let wide = of(Command::new("strings").args(["-a", "-n", "4", "-e", "l"]));
    let high = of(Command::new("strings").args(["-a", "-n", "4", "-e", "b"]));
    for text in texts {
        let searched = of(Command::new("rg").args(["--text", "--count", "--fixed-strings", text]));
        let printed = [&narrow, &wide, &high].map(|printed| String::from_utf8_lossy(printed).contains(text));
        if !searched.is_empty() || printed.contains(&true) {
            found.push((*text).to_owned());
        }
    }
    found
}

#[test]
fn others_find_nothing_in_a_scrubbed_core_and_walk_its_stacks_as_before() {
    if !["lldb", "rg", "strings"].map(have).iter().all(|here| *here) {
        return;
    }
    let Some((_folder, program, core)) = crashed() else { return };
    assert_eq!(found_by_others(&core, GONE), GONE);
    let before = frames_of_lldb(&program, &core);
    for name in ["leaf", "middle", "worker", "handler", "on_other_stack", "in_vectors", "main"] {
        assert!(before.iter().any(|frame| frame.contains(name)), "{name}: {before:#?}");
    }
    for keep in ["text", "pointers"] {
        let (out, _) = scrubbed(&core, &["--keep", keep]);
        assert_eq!(found_by_others(&out, GONE), [""; 0], "{keep}");
        assert_eq!(frames_of_lldb(&program, &out), before, "{keep}");
    }
}

#[test]
fn what_is_planted_in_a_process_is_in_no_byte_of_its_scrubbed_core() {
    let Some((_folder, program, core)) = crashed() else { return };
    let before = std::fs::read(&core).unwrap();
    holds(&before, GONE);
    assert_eq!(held(&before, &[TOKEN]).len(), 3, "in every form");
    let frames_before = frames(&program, &core);
    for name in ["leaf", "middle", "worker", "handler", "on_other_stack", "in_vectors", "main"] {
        assert!(frames_before.iter().any(|frame| frame.contains(name)), "{name}: {frames_before:#?}");
    }
    for keep in ["text", "pointers"] {
        let (out, report) = scrubbed(&core, &["--keep", keep]);
        let after = std::fs::read(&out).unwrap();
        assert_eq!(after.len(), before.len());
        holds_none(&after, GONE);
        holds_none(report.to_string().as_bytes(), GONE);
        let left = verify(&out, &[]).json();
        assert_eq!(left["values"], 0, "{keep}: {left}");
        assert_eq!(frames(&program, &out), frames_before, "{keep}");
        let (again, _) = scrubbed(&core, &["--keep", keep]);
        assert!(std::fs::read(again).unwrap() == after, "twice is the same");
    }
}
