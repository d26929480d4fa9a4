//! Dumps without all parts that their readers can do without: the parts that stay, and that gdb, stackwalkers and an oracle see no
//! difference.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::command::{Run, binary, binary_with_default_signals, dumpedit, number, run};
use crate::support::corpus::{cores, minidumps};
use crate::support::process::{RIP, RSP, dumped};
use crate::support::readers::{Walked, walked};
use crate::support::subject::{Subject, assert_same_bytes};
use crate::support::tools::{have, printed, skip};
use crate::testdata::folder;

/// `dumpedit reduce` of a dump, into a folder of its own.
pub(crate) struct Small {
    _folder: TempDir,
    pub(crate) path: PathBuf,
    json: Value,
}

impl Small {
    /// The captured regions: first address and size.
    pub(crate) fn captured(&self) -> Vec<(u64, u64)> {
        captured(&self.path)
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.path).unwrap()
    }
}

fn reduce(dump: &Path, arguments: &[&str]) -> (Run, TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small");
    let mut command = binary();
    command.arg("reduce").arg(dump).arg("-o").arg(&path).args(arguments).arg("--json");
    (run(&mut command, b""), folder, path)
}

pub(crate) fn reduced(dump: &Path, arguments: &[&str]) -> Small {
    let (run, folder, path) = reduce(dump, arguments);
    let json = run.exits(0).json();
    Small { _folder: folder, path, json }
}

fn refused(dump: &Path, arguments: &[&str], kind: &str) -> String {
    let (run, folder, path) = reduce(dump, arguments);
    assert!(!path.exists(), "{run}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{run}");
    run.is_error(kind)
}

pub(crate) fn json(verb: &str, dump: &Path) -> Value {
    dumpedit(&[verb.as_ref(), dump.as_os_str(), "--json".as_ref()]).exits(0).json()
}

fn captured(dump: &Path) -> Vec<(u64, u64)> {
    let regions = json("regions", dump);
    let captured = |region: &Value| (number(&region["start"]), region["captured"].as_u64().unwrap());
    regions.as_array().unwrap().iter().map(captured).filter(|(_, size)| *size > 0).collect()
}

fn tids(dump: &Path) -> Vec<u64> {
    json("threads", dump).as_array().unwrap().iter().map(|thread| thread["tid"].as_u64().unwrap()).collect()
}

const HEAP: u64 = 0x10_0000;
const ELSEWHERE: u64 = 0x20_0000;

/// A page of stack with a pointer into a page of heap, code, and pages without pointers to them, in every container. The third last page
/// contains `needle`.
fn subjects() -> Vec<Subject> {
    let mut stack = vec![0x5a; 0x1000];
    stack[8..16].copy_from_slice(&(HEAP + 0x800).to_le_bytes());
    let mut elsewhere = vec![0x11; 0x1_0000];
    elsewhere[0xd123..0xd129].copy_from_slice(b"needle");
    let (heap, code) = (vec![0x22; 0x1000], vec![0xcc; 0x2000]);
    let code_at = RIP - 0x1000;
    let regions: [(u64, &[u8]); 4] =
        [(HEAP, &heap), (ELSEWHERE, &elsewhere), (code_at, &code), (RSP, &stack)];
    dumped(&regions).into_iter().map(|dumped| dumped.subject).collect()
}

fn is_minidump(subject: &Subject) -> bool {
    subject.now().starts_with(b"MDMP") || subject.now().starts_with(b"PMDM")
}

#[test]
fn stacks_code_and_what_is_pointed_at_stay_and_nothing_else() {
    for subject in subjects().into_iter().filter(is_minidump) {
        let small = reduced(subject.path(), &[]);
        let code = (RIP - 128, 256);
        assert_eq!(small.captured(), [(HEAP + 0x800 - 128, 256), code, (RSP, 0x1000)]);
        let small = reduced(subject.path(), &["--stack", "32", "--around-pointers", "64"]);
        assert_eq!(small.captured(), [(HEAP + 0x800 - 32, 64), code, (RSP, 32)]);
        // The pointer is not among the words of this small stack.
        let small = reduced(subject.path(), &["--stack", "8", "--around-pointers", "64"]);
        assert_eq!(small.captured(), [code, (RSP, 8)]);
        let small =
            reduced(subject.path(), &["--around-pointers", "0", "--keep", "0x200010..+3", "@rip..+0x200"]);
        assert_eq!(small.captured(), [(ELSEWHERE + 0x10, 3), (RIP - 128, 128 + 0x200), (RSP, 0x1000)]);
        for (start, size) in small.captured() {
            let range = format!("{start:#x}..+{size}");
            let read = |dump: &Path| {
                dumpedit(&["read".as_ref(), dump.as_os_str(), range.as_ref(), "--json".as_ref()])
                    .exits(0)
                    .json()
            };
            assert_eq!(read(&small.path)["bytes"], read(subject.path())["bytes"], "{range}");
        }
    }
}

#[test]
fn of_a_core_whole_pages_stay_at_multiples_of_their_size() {
    for subject in subjects().iter().filter(|subject| !is_minidump(subject)) {
        let small = reduced(subject.path(), &["--stack", "32"]);
        assert_eq!(small.captured(), [(HEAP, 0x1000), (RIP - 0x1000, 0x2000), (RSP, 0x1000)]);
        let small = reduced(subject.path(), &["--around-pointers", "0", "--keep", "0x202010..+3"]);
        assert_eq!(small.captured(), [(ELSEWHERE + 0x2000, 0x1000), (RIP - 0x1000, 0x2000), (RSP, 0x1000)]);
    }
}

#[test]
fn what_is_dropped_of_a_core_is_mapped_no_more() {
    for subject in subjects().iter().filter(|subject| !is_minidump(subject)) {
        let small = reduced(subject.path(), &[]);
        let at = format!("{ELSEWHERE:#x}..+1");
        let run = dumpedit(&["read".as_ref(), small.path.as_os_str(), at.as_ref(), "--json".as_ref()]);
        let error = run.is_error("unmapped");
        assert!(error.contains("(unmapped)"), "{error}");
    }
}

#[test]
fn a_stack_pointer_in_the_guard_page_means_the_stack_above() {
    let (stack, other) = ([0x5a; 0x100], [0x11; 0x100]);
    for dumped in dumped(&[(ELSEWHERE, &other), (RSP + 0x800, &stack)]) {
        let small = reduced(dumped.subject.path(), &["--around-pointers", "0"]);
        assert_eq!(small.captured(), [(RSP + 0x800, 0x100)]);
    }
}

#[test]
fn the_report_is_what_the_dumps_say() {
    for subject in subjects() {
        let small = reduced(subject.path(), &[]);
        for (side, dump) in [("before", subject.path()), ("after", &small.path)] {
            let (said, info) = (&small.json[side], json("info", dump));
            assert_eq!(said["file_size"], info["file_size"], "{side}");
            assert_eq!(said["captured_bytes"], info["captured_bytes"], "{side}");
            assert_eq!(said["threads"], info["threads"], "{side}");
            assert_eq!(said["regions"], captured(dump).len(), "{side}");
        }
        assert_eq!(small.json["oracle"], Value::Null);
        subject.unchanged();
    }
    let subject = &subjects()[0];
    let out = subject.folder().join("small.core");
    let run = subject.plain("reduce", &["-o", out.to_str().unwrap()]).exits(0);
    assert!(run.text().starts_with("wrote ") && run.text().contains("memory   80.0 KiB  16.0 KiB"), "{run}");
}

#[test]
fn the_crashed_thread_stays_or_those_that_were_chosen() {
    let dump = folder().join("crash.dmp");
    assert_eq!(tids(&reduced(&dump, &[]).path), [4711]);
    assert_eq!(tids(&reduced(&dump, &["--threads", "index:1", "crashed"]).path), [4711, 4712]);
    assert_eq!(tids(&reduced(&dump, &["--threads", "all"]).path), [4711, 4712]);
    let other = reduced(&dump, &["--threads", "4712"]);
    assert_eq!((tids(&other.path), &other.json["tids"]), (vec![4712], &serde_json::json!([4712])));
    refused(&dump, &["--threads", "9"], "thread");
    refused(&dump, &["--keep", "0x10..+1"], "unmapped");
    refused(&dump, &["--keep", "reg:rip..+1"], "usage");
    refused(&dump, &["--stack", "some"], "usage");
}

#[test]
fn container_modules_crash_and_all_that_dumpedit_has_no_table_for_stay() {
    let real = [minidumps(), cores()].concat();
    let own = ["crash.dmp", "live.dmp", "crash.core", "crash32.core"].map(|name| folder().join(name));
    for dump in real.iter().chain(&own) {
        let name = dump.display();
        let small = reduced(dump, &[]);
        let (before, after) = (json("info", dump), json("info", &small.path));
        for key in ["format", "machine", "os", "byte_order", "pointer_width"] {
            assert_eq!(before[key], after[key], "{name}: {key}");
        }
        assert_eq!(json("modules", dump), json("modules", &small.path), "{name}");
        let crash = |info: &Value| ["tid", "code", "address"].map(|key| info["crash"][key].clone());
        assert_eq!(crash(&before), crash(&after), "{name}");
        let shown = |dump: &Path| dumpedit(&["info".as_ref(), dump.as_os_str()]).text().to_owned();
        let untouched =
            |text: String| text.lines().filter(|line| line.contains("untouched")).collect::<String>();
        assert_eq!(untouched(shown(dump)), untouched(shown(&small.path)), "{name}");
        let size = |info: &Value| info["file_size"].as_u64().unwrap();
        assert!(size(&after) <= size(&before) + 64, "{name}: {} of {}", size(&after), size(&before));
    }
}

#[test]
fn the_same_reduction_is_the_same_bytes_and_reducing_it_again_drops_nothing() {
    for subject in subjects() {
        let small = reduced(subject.path(), &[]);
        assert_same_bytes(&reduced(subject.path(), &[]).bytes(), &small.bytes());
        assert_eq!(reduced(&small.path, &[]).captured(), small.captured());
    }
}

#[test]
fn the_reduced_dump_replaces_nothing_unasked_and_never_the_dump() {
    let subject = &subjects()[0];
    let own = subject.path().to_str().unwrap();
    subject.run("reduce", &["-o", own, "--overwrite"]).is_error("usage");
    let journal = format!("{own}.dumpedit");
    subject.run("reduce", &["-o", &journal, "--overwrite"]).is_error("usage");
    let out = subject.folder().join("small.core");
    let out = out.to_str().unwrap();
    std::fs::write(out, "precious").unwrap();
    subject.run("reduce", &["-o", out]).is_error("commit");
    assert_eq!(std::fs::read(out).unwrap(), b"precious");
    subject.run("reduce", &["-o", out, "--overwrite"]).exits(0);
    subject.unchanged();
    let packed = format!("{out}.zst");
    subject.run("reduce", &["-o", &packed]).exits(0);
    let piped = run(binary().args(["reduce", "-", "-o", "-"]), &subject.now()).exits(0);
    assert_same_bytes(&piped.stdout, &std::fs::read(out).unwrap());
    assert_eq!(captured(Path::new(&packed)), captured(Path::new(out)));
}

// The oracle.

#[test]
#[cfg_attr(windows, ignore = "its oracles are commands of a POSIX shell")]
fn an_oracle_finds_the_one_page_that_it_needs() {
    for subject in subjects() {
        let small = reduced(subject.path(), &["--oracle", "grep -q needle"]);
        assert_eq!(small.captured(), [(ELSEWHERE + 0xd000, 0x1000)]);
        let oracle = &small.json["oracle"];
        assert_eq!((&oracle["widened"], &oracle["interrupted"]), (&true.into(), &false.into()));
        assert!(oracle["runs"].as_u64().unwrap() < 20, "{oracle}");
        let again = reduced(subject.path(), &["--oracle", "grep -q needle \"$DUMP\""]);
        assert_same_bytes(&again.bytes(), &small.bytes());
    }
}

#[test]
#[cfg_attr(windows, ignore = "its oracles are commands of a POSIX shell")]
fn what_was_asked_to_stay_stays_whatever_the_oracle_says() {
    let subject = &subjects()[0];
    let small = reduced(subject.path(), &["--oracle", "true", "--keep", "0x200010..+3"]);
    assert_eq!(small.captured(), [(ELSEWHERE + 0x10, 3)]);
    assert_eq!(small.json["oracle"]["widened"], false);
}

#[test]
#[cfg_attr(windows, ignore = "its oracles are commands of a POSIX shell")]
fn an_oracle_drops_threads_that_were_not_asked_for() {
    let dump = folder().join("crash.dmp");
    let tid = "dumpedit() { \"$DUMPEDIT\" \"$@\"; }; dumpedit threads \"$DUMP\" | grep -q 4712";
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut command = binary();
    command.env("DUMPEDIT", env!("CARGO_BIN_EXE_dumpedit")).arg("reduce").arg(&dump).arg("-o").arg(&out);
    run(command.args(["--oracle", tid]), b"").exits(0);
    assert_eq!(tids(&out), [4712]);
    assert_eq!(captured(&out), []);
}

/// `reduce` with its own folder for temporary files, which must be empty in the end.
fn with_temporary(subject: &Subject, out: &Path, oracle: &str) -> Run {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = binary();
    command.env("TMPDIR", temporary.path()).arg("reduce").arg(subject.path()).arg("-o").arg(out);
    let run = run(command.args(["--json", "--oracle", oracle]), b"");
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0, "{run}");
    run
}

#[test]
#[cfg_attr(windows, ignore = "its oracles are commands of a POSIX shell")]
fn an_oracle_that_never_accepts_leaves_no_file() {
    for subject in subjects() {
        let out = subject.folder().join("out");
        let message = with_temporary(&subject, &out, "false").is_error("oracle");
        assert!(message.ends_with("even with all of its memory; nothing was written"), "{message}");
        let message = with_temporary(&subject, &out, "no-such-command-anywhere").is_error("oracle");
        assert!(message.contains("cannot be run"), "{message}");
        with_temporary(&subject, &out, "unbalanced '").is_error("oracle");
        assert!(!out.exists());
        with_temporary(&subject, &out, "true").exits(0);
    }
}

#[test]
#[cfg_attr(windows, ignore = "its oracles are commands of a POSIX shell")]
fn names_are_never_part_of_what_the_shell_parses() {
    let subject = &subjects()[0];
    let name = "a b;touch injected;$(touch injected)'\".core";
    let dump = subject.folder().join(name);
    std::fs::copy(subject.path(), &dump).unwrap();
    let odd = subject.folder().join("$(touch injected) '");
    std::fs::create_dir(&odd).unwrap();
    let mut command = binary();
    command.current_dir(subject.folder()).env("TMPDIR", &odd).args(["reduce", name, "-o", "out"]);
    run(command.args(["--oracle", "grep -q needle"]), b"").exits(0);
    assert!(!subject.folder().join("injected").exists());
}

#[test]
#[cfg(unix)]
fn an_interrupted_search_leaves_the_smallest_that_served() {
    let subject = &subjects()[0];
    let (out, log) = (subject.folder().join("out"), subject.folder().join("log"));
    // The first candidate is accepted at once; the second is still being tested when the search is interrupted.
    let oracle = format!("echo >> '{0}'; test $(wc -l < '{0}') -eq 1 || sleep 0.3", log.display());
    let mut command = binary_with_default_signals();
    command.arg("reduce").arg(subject.path()).arg("-o").arg(&out).args(["--json", "--oracle", &oracle]);
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    while std::fs::metadata(&log).map_or(0, |log| log.len()) < 2 {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["oracle"]["interrupted"], true);
    assert_same_bytes(&std::fs::read(&out).unwrap(), &reduced(subject.path(), &[]).bytes());
}

// Independent readers of reduced dumps.

/// A crash at the end of a deep chain of calls, beside threads that wait.
const PROGRAM: &str = r#"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_barrier_t ready;

static int descend(int depth, const char *text) {
    volatile char local[200];
    memset((void *)local, depth, sizeof local);
    if (depth == 0) abort();
    return descend(depth - 1, text) + local[depth];
}

static void *wait_here(void *memory) {
    pthread_barrier_wait(&ready);
    for (;;) pause();
    return memory;
}

static void *crash(void *text) {
    pthread_barrier_wait(&ready);
    return (void *)(long)descend(40, text);
}

int main(void) {
    pthread_t threads[4];
    char *memory = malloc(4 << 20);
    memset(memory, 'm', 4 << 20);
    pthread_barrier_init(&ready, 0, 4);
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], 0, wait_here, memory);
    pthread_create(&threads[3], 0, crash, strdup("what the crash was about"));
    pthread_join(threads[3], 0);
    return 0;
}
"#;

/// The program and a core of it, made once.
struct Crashed {
    program: PathBuf,
    core: PathBuf,
    _folder: TempDir,
}

fn crashed() -> Option<&'static Crashed> {
    static CRASHED: OnceLock<Option<Crashed>> = OnceLock::new();
    if !have("gcc") || !have("gdb") {
        return None;
    }
    let crashed = CRASHED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let [source, program, core] = ["deep.c", "deep", "whole.core"].map(|name| folder.path().join(name));
        std::fs::write(&source, PROGRAM).unwrap();
        let mut gcc = Command::new("gcc");
        gcc.args(["-g", "-O1", "-fno-optimize-sibling-calls", "-pthread", "-o"]).arg(&program).arg(&source);
        assert!(gcc.status().unwrap().success());
        let generate = format!("generate-core-file {}", core.display());
        let mut gdb = Command::new("gdb");
        gdb.args(["-nx", "-batch", "-ex", "run", "-ex", &generate]).arg(&program).stdin(Stdio::null());
        // Where gdb may not trace, there is no core.
        let _ = gdb.output().unwrap();
        core.exists().then_some(Crashed { program, core, _folder: folder })
    });
    if crashed.is_none() {
        skip("gdb could not make a core");
    }
    crashed.as_ref()
}

/// The lines with frames and with libraries in gdb's output for some commands. gdb's library for threads, which is also in the output,
/// needs the lists of all threads.
fn frames(program: &Path, core: &Path, commands: &[&str]) -> Vec<String> {
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch"]);
    commands.iter().for_each(|command| {
        gdb.args(["-ex", command]);
    });
    let said = printed(gdb.arg(program).arg(core));
    let of_program =
        |line: &&str| line.starts_with('#') || line.contains(".so") && !line.contains("libthread_db");
    let mut lines: Vec<String> = said.lines().filter(of_program).map(str::to_owned).collect();
    lines.dedup();
    lines
}

#[test]
fn gdb_shows_the_same_backtrace_and_libraries() {
    let Some(Crashed { program, core, .. }) = crashed() else { return };
    let small = reduced(core, &[]);
    let shown = |core: &Path| frames(program, core, &["bt", "info sharedlibrary"]);
    let whole = shown(core);
    assert!(
        whole.len() > 42 && whole.iter().any(|line| line.contains("what the crash was about")),
        "{whole:#?}"
    );
    assert_eq!(shown(&small.path), whole);
    let sizes = [&small.json["before"], &small.json["after"]].map(|side| side["file_size"].as_u64().unwrap());
    assert!(sizes[1] < sizes[0] / 100, "{sizes:?}");
}

#[test]
fn gdb_shows_the_same_backtraces_of_all_threads_that_stay() {
    let Some(Crashed { program, core, .. }) = crashed() else { return };
    let all: Vec<String> = tids(core).iter().map(u64::to_string).collect();
    assert_eq!(all.len(), 5);
    let arguments: Vec<&str> = ["--threads"].into_iter().chain(all.iter().map(String::as_str)).collect();
    let small = reduced(core, &arguments);
    let shown = |core: &Path| frames(program, core, &["thread apply all bt"]);
    assert_eq!(shown(&small.path), shown(core));
    assert_eq!(tids(&small.path), tids(core));
}

#[test]
fn an_oracle_keeps_what_gdb_needs_for_a_frame() {
    let Some(Crashed { program, core, .. }) = crashed() else { return };
    let oracle =
        format!("gdb -nx -batch -ex bt '{}' \"$DUMP\" | grep -q 'crash was about'", program.display());
    let (plain, small) = (reduced(core, &[]), reduced(core, &["--oracle", &oracle]));
    assert!(frames(program, &small.path, &["bt"]).iter().any(|line| line.contains("crash was about")));
    assert!(small.bytes().len() < plain.bytes().len());
}

#[test]
fn eu_readelf_shows_the_same_notes() {
    let Some(Crashed { core, .. }) = crashed() else { return };
    if !have("eu-readelf") {
        return;
    }
    let notes = |core: &Path| {
        let said = printed(Command::new("eu-readelf").arg("-n").arg(core));
        // Place and size of the segment are those of the file.
        let lines = said.lines().filter(|line| !line.starts_with("Note se"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let all: Vec<String> = tids(core).iter().map(u64::to_string).collect();
    let arguments: Vec<&str> = ["--threads"].into_iter().chain(all.iter().map(String::as_str)).collect();
    assert_eq!(notes(&reduced(core, &arguments).path), notes(core));
    let one = notes(&reduced(core, &[]).path);
    let count = |text: &str| one.iter().filter(|line| line.contains(text)).count();
    for note in ["PRSTATUS", "PRPSINFO", "AUXV", "FILE", "SIGINFO"] {
        assert_eq!(count(note), 1, "{note} in {one:#?}");
    }
}

/// The frames that gdb finds in a core of any machine without the files of its process.
fn frames_alone(core: &Path) -> Vec<String> {
    let mut gdb = Command::new("gdb-multiarch");
    gdb.args(["-nx", "-batch", "-ex", "bt", "-core"]).arg(core).stdin(Stdio::null());
    let said = gdb.output().unwrap();
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let mut lines: Vec<String> =
        said.lines().filter(|line| line.starts_with('#')).map(str::to_owned).collect();
    lines.dedup();
    lines
}

#[test]
fn gdb_shows_the_same_backtrace_of_real_cores_without_their_files() {
    if !have("gdb-multiarch") {
        return;
    }
    let own = ["crash.core", "crash32.core"].map(|name| folder().join(name));
    for core in cores().into_iter().chain(own) {
        let small = reduced(&core, &[]);
        assert_eq!(frames_alone(&small.path), frames_alone(&core), "{}", core.display());
    }
}

/// Real minidumps with threads, by producer.
fn minidumps_with_threads() -> Vec<PathBuf> {
    let own = ["crash.dmp", "live.dmp"].map(|name| folder().join(name));
    minidumps().into_iter().chain(own).collect()
}

#[test]
fn a_stackwalker_walks_the_same_stack_of_the_crash() {
    let mut walks = 0;
    for dump in minidumps_with_threads() {
        let Some(whole) = walked(&dump) else { continue };
        let small = reduced(&dump, &[]);
        let after = walked(&small.path).unwrap();
        let Walked { crash, stacks } = whole;
        assert_eq!(after.crash, crash, "{}", dump.display());
        for (tid, frames) in &after.stacks {
            assert_eq!(Some(frames), stacks.get(tid), "{}: thread {tid}", dump.display());
            walks += usize::from(frames.len() > 1);
        }
        assert_eq!(after.stacks.len(), tids(&small.path).len(), "{}", dump.display());
    }
    assert!(walks > 0);
}

/// Prints a row for each dump: `cargo test --test tests reduction_figures -- --ignored --nocapture`.
#[test]
#[ignore = "prints figures"]
fn reduction_figures() {
    let row = |dump: &Path, reader: &str, shown: &dyn Fn(&Path) -> Option<Vec<String>>| {
        let Some(whole) = shown(dump) else { return };
        let small = reduced(dump, &[]);
        let same = if shown(&small.path).as_ref() == Some(&whole) { "the same" } else { "another" };
        let frames = whole.iter().filter(|line| !line.starts_with("last error")).count();
        let [before, after] = [&small.json["before"], &small.json["after"]];
        println!(
            "| {} | {} | {} | {} of {} | {reader}: {frames} frames, {same} |",
            dump.file_name().unwrap().to_string_lossy(),
            before["file_size"],
            after["file_size"],
            after["threads"],
            before["threads"],
        );
    };
    if let Some(Crashed { program, core, .. }) = crashed() {
        row(core, "gdb", &|core| Some(frames(program, core, &["bt"])));
    }
    if have("gdb-multiarch") {
        cores().iter().for_each(|core| row(core, "gdb", &|core| Some(frames_alone(core))));
    }
    for dump in minidumps_with_threads() {
        row(&dump, "minidump-processor", &|dump| {
            let tid = json("info", dump)["crash"]["tid"].as_u64()?;
            walked(dump)?.stacks.remove(&u32::try_from(tid).unwrap())
        });
    }
}
