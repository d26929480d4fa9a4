//! gdb lists the modules of a minidump's process in its core, where memory lacks the dynamic linker's list.

use std::fmt::Write as _;
use std::path::Path;

use super::readers::{Crashed, crashed_of, said};
use super::{converted, json, made};
use crate::support::command::{binary, run};

/// A program that writes the parts of its memory that Breakpad copies to LinuxDsoDebug, in words of 64 bits, and crashes.
const PROGRAM: &str = r#"
#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static pthread_barrier_t ready;

static void *wait_here(void *nothing) { pthread_barrier_wait(&ready); for (;;) pause(); return nothing; }
__attribute__((noinline)) static int fault(volatile int *at) { *at = 1; return *at + 1; }
__attribute__((noinline)) static int outer(volatile int *at) { return fault(at) + 1; }

int main(int count, char **arguments) {
    pthread_t thread;
    pthread_barrier_init(&ready, 0, 2);
    pthread_create(&thread, 0, wait_here, 0);
    pthread_barrier_wait(&ready);
    const ElfW(Dyn) *entry = _DYNAMIC;
    while (entry->d_tag != DT_NULL) entry++;
    printf("\nsection");
    for (const unsigned long *word = (void *)_DYNAMIC; word < (unsigned long *)(entry + 1); word++) printf(" %lu", *word);
    printf("\ndebug %lu %lu %lu\n", (long)_r_debug.r_brk, (long)_r_debug.r_ldbase, (long)_DYNAMIC);
    for (struct link_map *map = _r_debug.r_map; map; map = map->l_next)
        printf("map %lu %lu %s\n", (long)map->l_addr, (long)map->l_ld, map->l_name);
    fflush(stdout);
    return outer((volatile int *)(long)(32 * count));
}
"#;

/// One library more than every program has.
const LIBRARIES: &[&str] = &["-Wl,--no-as-needed", "-lm"];

/// The stream LinuxDsoDebug from the program's output, in a spec's notation: `MDRawDebug64`, which Breakpad aligns.
fn stream(output: &str) -> String {
    let words = |start: &str| -> Vec<String> {
        let line = output.lines().find_map(|line| line.strip_prefix(start)).unwrap();
        line.split_whitespace().map(|word| format!("u64:{word}")).collect()
    };
    let maps: Vec<Vec<&str>> = output
        .lines()
        .filter_map(|line| line.strip_prefix("map "))
        .map(|line| line.splitn(3, ' ').collect())
        .collect();
    assert!(maps.len() > 3, "{output}");
    let header = format!("[u32:1, u32:0, u32:{}, u32:0, {}]", maps.len(), words("debug ").join(", "));
    let section = words("section").join(", ");
    let mut text =
        format!("- type: LinuxDsoDebug\n  content: [{}, {section}]\n", header.trim_matches(['[', ']']));
    let entries: Vec<String> =
        maps.iter().map(|map| format!("u64:{}, u64:0, u64:{}", map[0], map[1])).collect();
    let _ = writeln!(text, "  links:\n  - at: 4\n    content: [{}]\n    links:", entries.join(", "));
    for (index, map) in maps.iter().enumerate() {
        let (at, size) = (index * 24 + 8, map[2].len() * 2);
        let _ = writeln!(text, "    - at: {at}\n      content: [u32:{size}, 'utf16z:{}']", map[2]);
    }
    text.lines().map(|line| format!("  {line}\n")).collect()
}

/// A minidump of a core as Breakpad writes it: only the stacks and the streams, with one more stream.
fn as_breakpad_writes(core: &Path, stream: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let whole = converted(core, "dmp").unwrap();
    let mut describe = binary();
    describe.arg("describe").arg(&whole.path).args(["--memory", "stacks"]);
    let spec = run(&mut describe, b"").exits(0).text().to_owned();
    let spec = spec.replace("\nstreams:\n", &format!("\nstreams:\n{stream}"));
    assert!(spec.contains("LinuxDsoDebug"), "{spec}");
    made(&spec)
}

#[test]
fn gdb_finds_the_libraries_of_a_minidump_that_breakpad_wrote() {
    let Some(Crashed { folder: _folder, program, core, output }) = crashed_of(PROGRAM, LIBRARIES) else {
        return;
    };
    let (_made, dump) = as_breakpad_writes(&core, &stream(&output));
    let back = converted(&dump, "core").unwrap();
    assert_eq!(back.made_list().len(), 3, "{}", back.told);
    assert!(!back.lost("stream").contains(&"LinuxDsoDebug"), "{}", back.told);
    // gdb's output about threads before that needs the variables of the C library.
    let said = |core: &Path, command: &str| -> Vec<String> {
        let text = said(&program, core, command);
        let lines = text.lines().filter(|line| line.starts_with("0x") || line.starts_with('#'));
        lines.map(str::to_owned).collect()
    };
    for (command, name) in [("info sharedlibrary", "libm"), ("thread apply all bt", "wait_here")] {
        let expected = said(&core, command);
        assert!(expected.iter().any(|line| line.contains(name)), "{command}: {expected:?}");
        assert_eq!(said(&back.path, command), expected, "{command}");
    }
}

#[test]
fn no_list_is_made_where_memory_has_one() {
    let Some(Crashed { folder: _folder, core, .. }) = crashed_of(PROGRAM, LIBRARIES) else { return };
    let back = converted(&core, "dmp").unwrap().back();
    assert_eq!(back.made_list(), [""; 0], "{}", back.told);
}

/// A minidump of Linux with a list of modules only, as Crashpad writes it.
const CRASHPAD: &str = "format: minidump
machine: amd64
system: {os: linux}
threads:
- tid: 7
  registers: {rip: 0x401010, rsp: 0x7ffe1000}
modules:
- {base: 0x400000, size: 0x3000, name: /bin/program}
- {base: 0x7f0000000000, size: 0x3000, name: /lib/libother.so}
- {base: 0x7f0000010000, size: 0x3000, name: /lib/libthis.so}
";

#[test]
fn gdb_lists_the_modules_of_a_minidump_that_knows_their_names_alone() {
    let (_folder, dump) = made(CRASHPAD);
    let core = converted(&dump, "core").unwrap();
    let list = core.made_list();
    assert_eq!(list.len(), 1, "{}", core.told);
    let first = json("regions", &core.path)[0]["start"].clone();
    assert_eq!(first, list[0], "{}", core.told);
    if crate::support::tools::have("gdb") {
        let listed = said(Path::new("-c"), &core.path, "info sharedlibrary");
        let names: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().last()).collect();
        assert!(names.ends_with(&["/lib/libother.so", "/lib/libthis.so"]), "{listed}");
    }
}
