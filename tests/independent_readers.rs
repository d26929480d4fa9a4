//! Independent readers see an edit, and no other change: gdb, eu-readelf, the `minidump` crate.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use minidump::{Minidump, MinidumpException};
use minidump::{MinidumpContext, MinidumpMemory, MinidumpMemoryList, MinidumpThreadList, UnifiedMemoryList};

use crate::support::corpus;
use crate::support::subject::Subject;
use crate::support::tools::{have, printed, skip};
use crate::testdata::folder;

/// Names and values in the output of `info registers` and of the vector registers of the first thread.
fn gdb_registers(core: &Path, names: &[&str]) -> BTreeMap<String, String> {
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch", "-ex", "info registers"]);
    for name in names {
        gdb.args(["-ex", &format!("printf \"{name} \""), "-ex", &format!("p/x ${name}")]);
    }
    let text = printed(gdb.arg("-core").arg(core));
    let pairs = text.lines().filter_map(|line| line.split_once(char::is_whitespace));
    // gdb prints its place in the program before registers; that line changes with pc and is no register.
    let pairs = pairs.filter(|(name, _)| !name.starts_with('#') && !name.starts_with('['));
    pairs.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect()
}

/// Output of a memory examination.
fn gdb_memory(core: &Path, address: u64, size: usize) -> String {
    let text = printed(
        Command::new("gdb")
            .args(["-nx", "-batch", "-ex", &format!("x/{size}xb {address:#x}")])
            .arg("-core")
            .arg(core),
    );
    let rows = text.lines().filter(|line| line.starts_with("0x")).collect::<Vec<_>>();
    assert!(!rows.is_empty(), "gdb showed no memory: {text}");
    let cells = rows.iter().flat_map(|row| row.split_once(':').unwrap().1.split_whitespace());
    cells.map(|cell| cell.trim_start_matches("0x")).collect()
}

/// Names whose values differ.
fn changed(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    assert!(!before.is_empty(), "nothing to compare");
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    before.iter().filter(|(name, value)| after[*name] != **value).map(|(name, _)| name.clone()).collect()
}

/// A program compiled from testdata/crash.c, and a core that gdb makes where it crashes.
fn fresh_core(folder: &Path, bits: &str) -> Option<Vec<u8>> {
    if !have("gcc") || !have("gdb") {
        return None;
    }
    let (program, core) = (folder.join("crash"), folder.join("crash.core"));
    let mut gcc = Command::new("gcc");
    gcc.args([bits, "-O1", "-g0", "-nostdlib", "-static", "-Wl,--build-id=none", "-o"]).arg(&program);
    if !gcc.arg(crate::testdata::folder().join("crash.c")).status().unwrap().success() {
        skip(&format!("gcc {bits} makes no program"));
        return None;
    }
    let mut gdb = Command::new("gdb");
    gdb.args([
        "-nx",
        "-batch",
        "-ex",
        "run",
        "-ex",
        &format!("generate-core-file {}", core.display()),
        "-ex",
        "kill",
    ]);
    let said = printed(gdb.arg(&program));
    let made = std::fs::read(&core);
    assert!(made.is_ok() && said.contains("SIGSEGV"), "gdb made no core: {said}");
    made.ok()
}

/// The cores to compare: one made on this machine, and those in testdata.
fn cores() -> Vec<Subject> {
    let work = tempfile::tempdir().unwrap();
    let fresh = fresh_core(work.path(), "-m64").map(|core| Subject::named("fresh.core", core));
    let kept = std::fs::read(folder().join("crash.core")).unwrap();
    fresh.into_iter().chain([Subject::named("kept.core", kept)]).collect()
}

#[test]
fn gdb_sees_memory_that_was_written() {
    if !have("gdb") {
        return;
    }
    for subject in cores() {
        let words = subject.register("rbx", &[]).unwrap();
        assert_eq!(gdb_memory(subject.path(), words, 4), "64756d70", "the program's own words");
        subject.run("write", &[&format!("{:#x}", words + 4), "a0a1a2a3"]).is_full(4);
        assert_eq!(gdb_memory(subject.path(), words, 12), "64756d70a0a1a2a33a207468");
    }
}

#[test]
fn gdb_sees_registers_that_were_set_and_all_others_as_before() {
    if !have("gdb") {
        return;
    }
    let vectors = ["xmm0.uint128", "xmm1.uint128", "xmm2.uint128", "xmm15.uint128", "mxcsr", "fs_base"];
    let cases: [(&str, &str, &str); 7] = [
        ("rax=0x1234", "rax", "0x1234"),
        ("r15=-2", "r15", "0xfffffffffffffffe"),
        ("rip=0x401000", "rip", "0x401000"),
        ("rsp=0x7ffffffeff00", "rsp", "0x7ffffffeff00"),
        ("fs_base=0x7000", "fs_base", "0x7000"),
        ("xmm1.u32.2=0xaabbccdd", "xmm1.uint128", "aabbccdd"),
        ("xmm2.u64.0=0x11223344", "xmm2.uint128", "0x11223344"),
    ];
    for subject in cores() {
        let mut before = gdb_registers(subject.path(), &vectors);
        for (assignment, name, shown) in cases {
            subject.run("set", &[assignment]).exits(0);
            let after = gdb_registers(subject.path(), &vectors);
            let differ = changed(&before, &after);
            assert_eq!(differ, [name], "{assignment}: {after:?}");
            assert!(after[name].contains(shown), "{assignment}: {}", after[name]);
            before = after;
        }
    }
}

#[test]
fn gdb_sees_the_registers_of_a_32_bit_core() {
    if !have("gdb") {
        return;
    }
    let subject = Subject::named("crash32.core", std::fs::read(folder().join("crash32.core")).unwrap());
    let before = gdb_registers(subject.path(), &["eax"]);
    subject.run("set", &["eax=0x1234"]).is_full(4);
    let after = gdb_registers(subject.path(), &["eax"]);
    assert_eq!(changed(&before, &after), ["eax"]);
    assert!(after["eax"].contains("0x1234"), "{after:?}");
}

/// Each line of `eu-readelf -n` split into its `name: value` parts, in order.
fn readelf_notes(core: &Path) -> Vec<(String, String)> {
    let text = printed(Command::new("eu-readelf").arg("-n").arg(core));
    let mut parts = Vec::new();
    for line in text.lines() {
        let mut words = line.split_whitespace().peekable();
        while let Some(word) = words.next() {
            if let (Some(name), Some(value)) = (word.strip_suffix(':'), words.peek()) {
                parts.push((name.to_owned(), (*value).to_owned()));
            }
        }
    }
    assert!(parts.len() > 20, "eu-readelf showed no registers: {text}");
    parts
}

/// A value in eu-readelf's output, signed decimal or hex.
fn shown_number(text: &str) -> u64 {
    let text = text.trim_end_matches(',');
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).unwrap(),
        None => text.parse::<i64>().unwrap() as u64,
    }
}

#[test]
fn eu_readelf_sees_the_register_that_was_set_and_all_others_as_before() {
    if !have("eu-readelf") {
        return;
    }
    let mut subjects = cores();
    for name in [
        "lldb-linux-x86_64.core",
        "drgn-crashme.core",
        "lldb-linux-i386.core",
        "elfutils-testfile_aarch64_core",
    ] {
        let found = corpus::cores().into_iter().find(|path| path.ends_with(name));
        subjects.extend(found.map(|path| Subject::named(name, std::fs::read(path).unwrap())));
    }
    for subject in subjects {
        let machine = subject.run("info", &[]).exits(0).json()["machine"].clone();
        let names: &[(&str, &str)] = match machine.as_str().unwrap() {
            "x86" => &[("eax", "eax"), ("esi", "esi"), ("eip", "eip")],
            "arm64" => &[("x0", "x0"), ("x29", "x29"), ("sp", "sp"), ("pc", "pc")],
            _ => {
                &[("rax", "rax"), ("r8", "r8"), ("rip", "rip"), ("rflags", "eflags"), ("fs.base", "fs_base")]
            }
        };
        for (shown, name) in names {
            let before = readelf_notes(subject.path());
            subject.run("set", &[&format!("{name}=0x1122334"), "--thread", "index:0"]).exits(0);
            let after = readelf_notes(subject.path());
            assert_eq!(before.len(), after.len());
            let differ: Vec<_> = before.iter().zip(&after).filter(|(old, new)| old != new).collect();
            assert_eq!(differ.len(), 1, "{} {name}: {differ:?}", subject.path().display());
            let (_, (field, value)) = differ[0];
            assert_eq!((field.as_str(), shown_number(value)), (*shown, 0x0112_2334), "{name}");
        }
    }
}

/// Every general register of every thread, read by the `minidump` crate from the thread's own record.
fn minidump_registers(path: &Path) -> BTreeMap<String, u64> {
    let dump = Minidump::read_path(path).unwrap();
    let (system, misc) = (dump.get_stream().unwrap(), dump.get_stream().ok());
    let threads: MinidumpThreadList<'_> = dump.get_stream().unwrap();
    let mut registers = BTreeMap::new();
    let mut add = |which: String, context: &MinidumpContext| {
        for (name, value) in context.registers() {
            registers.insert(format!("{which} {name}"), value);
        }
    };
    for (index, thread) in threads.threads.iter().enumerate() {
        if let Some(context) = thread.context(&system, misc.as_ref()) {
            add(format!("thread {index}"), &context);
        }
    }
    if let Ok(exception) = dump.get_stream::<MinidumpException<'_>>()
        && let Some(context) = exception.context(&system, misc.as_ref())
    {
        add("exception".to_owned(), &context);
    }
    assert!(!registers.is_empty(), "no registers in {}", path.display());
    registers
}

fn minidump_memory(path: &Path, address: u64) -> Vec<u8> {
    let dump = Minidump::read_path(path).unwrap();
    let list: MinidumpMemoryList<'_> = dump.get_stream().unwrap();
    let list = UnifiedMemoryList::Memory(list);
    let memory = list.memory_at_address(address).expect("the reader has memory there");
    let minidump::UnifiedMemory::Memory(MinidumpMemory { base_address, bytes, .. }) = memory else {
        panic!("not from the MemoryList");
    };
    bytes[usize::try_from(address - base_address).unwrap()..].to_vec()
}

/// Sets registers and writes memory of a minidump, and compares the reader's output before and after.
fn minidump_crate_sees_edits(subject: &Subject) {
    let before = minidump_registers(subject.path());
    let sp = subject.register("rsp", &[]).unwrap();
    let old = minidump_memory(subject.path(), sp);
    subject.run("write", &["@rsp", "a0a1a2a3"]).is_full(4);
    let new = minidump_memory(subject.path(), sp);
    assert_eq!((&new[..4], &new[4..]), (&[0xa0, 0xa1, 0xa2, 0xa3][..], &old[4..]));
    assert_eq!(minidump_registers(subject.path()), before, "memory is not a register");

    let json = subject.run("set", &["rip=0x12345678", "rax=0x9abc"]).exits(0).json();
    let mut expected = before;
    let threads = subject.run("threads", &[]).exits(0).json();
    for edit in json["edits"].as_array().unwrap() {
        let name = edit["location"].as_str().unwrap().trim_start_matches("reg:");
        let value = if name == "rip" { 0x1234_5678 } else { 0x9abc };
        let records = threads[edit["index"].as_u64().unwrap() as usize]["records"].as_array().unwrap();
        // Two records may be the same bytes: then both views of the reader change.
        let place = &records.iter().find(|record| record["kind"] == edit["context"]).unwrap()["file_offset"];
        for record in records.iter().filter(|record| record["file_offset"] == *place) {
            let which = match record["kind"].as_str().unwrap() {
                "exception" => "exception".to_owned(),
                _ => format!("thread {}", edit["index"]),
            };
            *expected.get_mut(&format!("{which} {name}")).unwrap() = value;
        }
    }
    let after = minidump_registers(subject.path());
    let wrong: Vec<_> = expected.iter().filter(|(name, value)| after[*name] != **value).collect();
    assert!(wrong.is_empty(), "expected {wrong:x?}, read {after:x?}");
}

#[test]
fn the_minidump_crate_sees_edits() {
    for name in ["crash.dmp", "live.dmp"] {
        minidump_crate_sees_edits(&Subject::named(name, std::fs::read(folder().join(name)).unwrap()));
    }
}

#[test]
fn the_minidump_crate_sees_edits_of_real_dumps() {
    for path in corpus::minidumps() {
        let name = path.file_name().unwrap().to_str().unwrap();
        let amd64 = ["tiny-exe-with-cet-xsave.dmp", "linux-mini", "sentry", "stacksmash", "inline.dmp"];
        if amd64.iter().any(|part| name.contains(part)) {
            minidump_crate_sees_edits(&Subject::named(name, std::fs::read(&path).unwrap()));
        }
    }
}

/// The minidump of testdata/crash.c that `minidump-writer` makes while the program waits.
#[cfg(target_os = "linux")]
pub(crate) fn minidump_of_a_live_process() -> Vec<u8> {
    use minidump_writer::minidump_writer::MinidumpWriterConfig;

    let work = tempfile::tempdir().unwrap();
    let program = work.path().join("pause");
    let mut gcc = Command::new("gcc");
    gcc.args(["-DPAUSE", "-O1", "-g0", "-nostdlib", "-static", "-o"]).arg(&program);
    assert!(gcc.arg(folder().join("crash.c")).status().unwrap().success());
    let mut child = Command::new(&program).env_clear().stdin(Stdio::null()).spawn().unwrap();
    let pid = i32::try_from(child.id()).unwrap();
    // When both threads sleep in pause(2), nothing changes any more. The state follows the name in parentheses.
    let sleeps = |task: std::fs::DirEntry| {
        let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|state| state.starts_with('S'))
    };
    let tasks = format!("/proc/{pid}/task");
    while std::fs::read_dir(&tasks).unwrap().count() != 2 {
        std::thread::yield_now();
    }
    while !std::fs::read_dir(&tasks).unwrap().all(|task| sleeps(task.unwrap())) {
        std::thread::yield_now();
    }
    let mut file = std::io::Cursor::new(Vec::new());
    let written = MinidumpWriterConfig::new(pid, pid).write(&mut file);
    child.kill().unwrap();
    child.wait().unwrap();
    written.unwrap();
    file.into_inner()
}

#[test]
#[cfg(target_os = "linux")]
fn an_edit_of_a_live_process_s_minidump_is_seen() {
    if have("gcc") {
        minidump_crate_sees_edits(&Subject::named("live.dmp", minidump_of_a_live_process()));
    }
}
