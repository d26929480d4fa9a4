//! Triage dumps of Windows kernels: an independent reader, written in Python for these tests, sees dumpedit's values and edits at every
//! place in the dump.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::bytes::{Order, counting, unhex};
use crate::support::command::{dumpedit, number};
use crate::support::corpus;
use crate::support::subject::Subject;
use crate::support::tools::{have, printed};

const LITTLE: Order = Order::Little;

/// Reads a triage dump by the offsets of its header only: `python3 -c READER PROGRAM_COUNTER_AT DUMP`.
const READER: &str = r#"
import json, struct, sys
at_pc, file = int(sys.argv[1]), open(sys.argv[2], 'rb').read()
u32 = lambda at: struct.unpack_from('<I', file, at)[0]
u64 = lambda at: struct.unpack_from('<Q', file, at)[0]
assert file[:8] == b'PAGEDU64' and u32(0xf98) == 4
table, count = u32(0x2078), u32(0x207c)
blocks = [(u64(table + 16 * i), u32(table + 16 * i + 8), u32(table + 16 * i + 12)) for i in range(count)]
stack = (u64(0x2048), u32(0x2028), u32(0x202c))
def copies(address, size):
    held = [(a, at, n) for a, at, n in blocks + [stack] if a <= address and address + size <= a + n]
    return [at + address - a for a, at, n in held]
def text(at):
    return file[at + 4:at + 4 + 2 * u32(at)].decode('utf-16-le')
def driver(at):
    return {'base': hex(u64(at + 0x38)), 'size': u32(at + 0x48), 'name': text(u32(at))}
def unloaded(at):
    name = file[at + 0x10:at + 0x10 + u32(at) % 0x10000].decode('utf-16-le')
    return {'base': hex(u64(at + 0x28)), 'size': u64(at + 0x30) - u64(at + 0x28), 'name': name}
gone = u32(0x2018)
exception = u32(0x2010)
# The first word of the stack that a data block holds, too.
twice = next(a for a in range(stack[0], stack[0] + stack[2], 8) if len(copies(a, 8)) > 1)
print(json.dumps({
    'machine': u32(0x30), 'bug_check': u32(0x38), 'parameters': [hex(u64(0x40 + 8 * i)) for i in range(4)],
    'pc': hex(u64(u32(0x200c) + at_pc)),
    'drivers': [driver(u32(0x2030) + 0x90 * i) for i in range(u32(0x2034))],
    'unloaded': [unloaded(gone + 8 + 0x38 * i) for i in range(u32(gone))] if gone else [],
    'exception': [u32(exception), u32(exception + 4), hex(u64(exception + 16))] if exception else None,
    'captured': len({b for a, _, n in blocks + [stack] for b in range(a, a + n)}),
    'twice': hex(twice), 'copies': [[at, file[at:at + 8].hex()] for at in copies(twice, 8)],
}))
"#;

/// Offsets of `Rip` in a CONTEXT of AMD64 and of `Pc` in one of ARM64, in bytes.
const RIP: u64 = 0xf8;
const PC: u64 = 0x108;

fn read_by_python(dump: &Path, at_pc: u64) -> Value {
    let mut python = Command::new("python3");
    serde_json::from_str(&printed(python.args(["-c", READER, &at_pc.to_string()]).arg(dump))).unwrap()
}

/// Real triage dumps, with the file offsets of their program counters; none where they are not here, which is printed.
fn real_dumps() -> Vec<(Subject, u64)> {
    let paths = corpus::dumps("kernel").into_iter();
    let triage = paths.filter(|path| path.file_name().unwrap().to_str().unwrap().contains("triage"));
    triage.map(|path| (Subject::new(std::fs::read(path).unwrap()), RIP)).collect()
}

/// A triage dump of ARM64, built byte by byte: two data blocks, the second of which the stack repeats in part, and one driver.
pub(crate) fn of_arm64() -> Vec<u8> {
    const CONTEXT: usize = 0x348;
    let mut file = vec![0; 0x3000];
    file[..8].copy_from_slice(b"PAGEDU64");
    let words = [
        (0x30, 0xaa64),
        (0x38, 0x1000_007e),
        (0xf98, 4),
        (CONTEXT, 0x40_0007),
        (0x2004, 0x2f00),
        (0x2008, 0x2efc),
        (0x200c, CONTEXT as u64),
        (0x2010, 0xf00),
        (0xf00, 0xc000_0005),
        (0xf18, 2),
        (0x2018, 0x2a00),
        (0x2a00, 2),
        (0x2a08, 0x0006_0006),
        (0x2a40, 0x0018_0018),
        (0x2028, 0x2400),
        (0x202c, 0x80),
        (0x2030, 0x2500),
        (0x2034, 1),
        (0x2038, 0x2600),
        (0x203c, 0x20),
        (0x2078, 0x2700),
        (0x207c, 2),
        (0x2500, 0x2600),
        (0x2500 + 0x48, 0x6000),
        (0x2600, 3),
        (0x2708, 0x2800),
        (0x270c, 0x100),
        (0x2718, 0x2900),
        (0x271c, 0x100),
    ];
    words.into_iter().for_each(|(at, value)| LITTLE.put(&mut file, at, value, 4));
    const STACK: u64 = 0xffff_8504_2989_0000;
    let longs = [
        (0x40, 0xffff_ffff_c000_0005),
        (CONTEXT + PC as usize, 0xffff_f804_7c62_a010),
        (CONTEXT + 0x100, STACK + 0x20),
        (0x2048, STACK),
        (0x2500 + 0x38, 0xffff_f804_7944_0000),
        (0x2700, 0xffff_f804_7c62_a000),
        (0x2710, STACK - 0x40),
        (0xf10, 0xffff_f804_7c62_a010),
        (0xf28, 0x10),
        (0x2a08 + 0x28, 0xffff_f804_79d3_0000),
        (0x2a08 + 0x30, 0xffff_f804_79d4_2000),
        (0x2a40 + 0x28, 0xffff_f804_79e3_0000),
        (0x2a40 + 0x30, 0xffff_f804_79e4_1000),
    ];
    longs.into_iter().for_each(|(at, value)| LITTLE.put(&mut file, at, value, 8));
    file[0x2604..0x260a].copy_from_slice(b"h\0a\0l\0");
    file[0x2a18..0x2a1e].copy_from_slice(b"d\0a\0m\0");
    file[0x2a50..0x2a68].copy_from_slice(b"m\0c\0u\0p\0d\0a\0t\0e\0.\0d\0l\0l\0");
    file[0x2efc..0x2f00].copy_from_slice(b"TRGD");
    file[0x2940..0x29c0].copy_from_slice(&counting(1, 0x80));
    file[0x2400..0x2480].copy_from_slice(&counting(1, 0x80));
    file
}

#[test]
fn a_reader_in_python_sees_the_same_header_drivers_and_memory() {
    if !have("python3") {
        return;
    }
    for (subject, at_pc) in real_dumps().into_iter().chain([(Subject::new(of_arm64()), PC)]) {
        let theirs = read_by_python(subject.path(), at_pc);
        let info = subject.run("info", &[]).exits(0).json();
        assert_eq!(info["format"], "triage-dump");
        let machine = if theirs["machine"] == 0x8664 { "amd64" } else { "arm64" };
        assert_eq!(info["machine"], machine);
        assert_eq!(number(&info["crashes"][0]["code"]), theirs["bug_check"].as_u64().unwrap());
        assert_eq!(info["crashes"][0]["parameters"], theirs["parameters"]);
        assert_eq!(info["captured_bytes"], theirs["captured"]);
        let modules = subject.run("modules", &[]).exits(0).json();
        let listed = |unloaded: bool| -> Value {
            let modules = modules.as_array().unwrap().iter();
            let wanted = modules.filter(|module| module["unloaded"] == unloaded);
            let shown = |module: &Value| json!({ "base": module["base"], "size": module["size"], "name": module["name"] });
            wanted.map(shown).collect()
        };
        assert_eq!(listed(false), theirs["drivers"]);
        assert_eq!(listed(true), theirs["unloaded"]);
        assert!(!theirs["unloaded"].as_array().unwrap().is_empty());
        assert_eq!(
            subject.register("pc", &[]).or_else(|| subject.register("rip", &[])),
            Some(number(&theirs["pc"]))
        );
        let twice = theirs["twice"].as_str().unwrap();
        let read = subject.run("read", &[&format!("{twice}..+8")]).exits(0).json();
        for copy in theirs["copies"].as_array().unwrap() {
            assert_eq!(read["bytes"], copy[1]);
        }
    }
}

#[test]
fn a_reader_in_python_sees_every_copy_of_the_stack_written_and_the_program_counter_set() {
    if !have("python3") {
        return;
    }
    for (subject, at_pc) in real_dumps().into_iter().chain([(Subject::new(of_arm64()), PC)]) {
        let before = read_by_python(subject.path(), at_pc);
        let copies = before["copies"].as_array().unwrap();
        assert!(copies.len() >= 2, "{before}");
        let twice = before["twice"].as_str().unwrap();
        let written = subject.run("write", &[twice, "c0ffee0123456789"]).is_full(8);
        assert_eq!(written["edits"].as_array().unwrap().len(), copies.len(), "{written}");
        subject.run("set", &["pc=0xfffff80412345678"]).is_full(8);
        let after = read_by_python(subject.path(), at_pc);
        assert_eq!(after["pc"], "0xfffff80412345678");
        for (copy, old) in after["copies"].as_array().unwrap().iter().zip(copies) {
            assert_eq!((&copy[0], &copy[1]), (&old[0], &json!("c0ffee0123456789")));
        }
        let bytes = unhex("c0ffee0123456789");
        let pc = LITTLE.number(0xffff_f804_1234_5678, 8);
        let mut patches: Vec<(u64, &[u8])> =
            copies.iter().map(|copy| (copy[0].as_u64().unwrap(), &bytes[..])).collect();
        patches.push((0x348 + at_pc, &pc));
        subject.changed_only(&patches);
        let other = Subject::new(subject.before().to_vec());
        let diff = dumpedit(&["diff".as_ref(), other.path(), subject.path()]).exits(1);
        assert!(diff.text().contains("-> 0xfffff80412345678") && diff.text().contains(twice), "{diff}");
        subject.run("undo", &[]).exits(0);
        subject.run("undo", &[]).exits(0);
        subject.unchanged();
    }
}

#[test]
fn a_reader_in_python_sees_the_same_in_a_dump_that_is_described_and_made_again() {
    if !have("python3") {
        return;
    }
    for (subject, at_pc) in real_dumps().into_iter().chain([(Subject::new(of_arm64()), PC)]) {
        let (spec, made) = (subject.folder().join("spec.yaml"), subject.folder().join("made.dmp"));
        subject.run("describe", &["-o", spec.to_str().unwrap()]).exits(0);
        dumpedit(&["synth".as_ref(), spec.as_os_str(), "-o".as_ref(), made.as_os_str()]).exits(0);
        let (mut before, mut after) = (read_by_python(subject.path(), at_pc), read_by_python(&made, at_pc));
        let bytes = |of: &mut Value| -> Vec<Value> {
            of["copies"].take().as_array().unwrap().iter().map(|copy| copy[1].clone()).collect()
        };
        assert_eq!(bytes(&mut before), bytes(&mut after));
        assert_eq!(before, after);
        // Its contents do not change, only their offsets.
        dumpedit(&["diff".as_ref(), subject.path(), &made]).exits(0);
        subject.unchanged();
    }
}

#[test]
fn the_exception_and_unloaded_drivers_have_fields_and_the_crash_address_stays_with_a_notice() {
    if !have("python3") {
        return;
    }
    for (subject, at_pc) in real_dumps().into_iter().chain([(Subject::new(of_arm64()), PC)]) {
        let theirs = read_by_python(subject.path(), at_pc);
        let fields = subject.run("fields", &[]).exits(0).json();
        let field = |name: &str| {
            let found = fields.as_array().unwrap().iter().find(|field| field["name"] == name);
            found.unwrap_or_else(|| panic!("no {name}"))["value"].clone()
        };
        let expected = &theirs["exception"];
        assert_eq!(number(&field("crash[1].code")), expected[0].as_u64().unwrap());
        assert_eq!(number(&field("crash[1].flags")), expected[1].as_u64().unwrap());
        assert_eq!(field("crash[1].address"), expected[2]);
        let said = subject.run("set", &["pc=0xfffff80412345678"]).is_full(8);
        let notices = said["notices"].as_array().unwrap();
        let told: Vec<&str> = notices
            .iter()
            .filter(|one| one["kind"] == "recorded-crash-stays")
            .map(|one| one["message"].as_str().unwrap())
            .collect();
        // The second parameter of SYSTEM_THREAD_EXCEPTION_NOT_HANDLED is the address of the instruction, or 0.
        let instruction = Some(&theirs["parameters"][1]).filter(|address| **address != "0x0");
        let recorded: Vec<(&str, &Value)> = instruction
            .map(|address| ("BugCheckParameter2", address))
            .into_iter()
            .chain([("ExceptionAddress", &expected[2])])
            .collect();
        assert_eq!(told.len(), recorded.len(), "{said}");
        for ((name, address), told) in recorded.iter().zip(told) {
            assert!(told.starts_with(&format!("{name} stays {}:", address.as_str().unwrap())), "{said}");
        }
        subject.run("undo", &[]).exits(0);
        let mut all = vec!["pc=0xfffff80412345678", "crash[1].address=0xfffff80412345678"];
        all.extend(instruction.map(|_| "crash.parameters[1]=0xfffff80412345678"));
        let said = subject.run("set", &all).exits(0).json();
        assert_eq!(said["notices"].as_array().map(Vec::len), Some(0), "{said}");
        let first = &theirs["unloaded"][0];
        let key = format!("unloaded[{}]", first["name"].as_str().unwrap());
        assert_eq!(field(&format!("{key}.base")), first["base"]);
        subject.run("set", &[&format!("{key}.name=ab.sys")]).exits(0);
        let after = read_by_python(subject.path(), at_pc);
        assert_eq!(after["unloaded"][0]["name"], "ab.sys");
        assert_eq!(after["exception"][2], "0xfffff80412345678");
        subject.run("undo", &[]).exits(0);
        subject.run("undo", &[]).exits(0);
        subject.unchanged();
    }
}

#[test]
fn the_name_of_a_driver_changes_in_the_room_that_it_has() {
    if !have("python3") {
        return;
    }
    for (subject, at_pc) in real_dumps().into_iter().chain([(Subject::new(of_arm64()), PC)]) {
        let mut expected = read_by_python(subject.path(), at_pc);
        let name = expected["drivers"][0]["name"].as_str().unwrap().to_owned();
        subject.run("set", &["module[index:0].name=ab.sys"]).exits(0);
        expected["drivers"][0]["name"] = "ab.sys".into();
        assert_eq!(read_by_python(subject.path(), at_pc), expected);
        subject.run("set", &[&format!("module[index:0].name={name}")]).exits(0);
        subject.unchanged();
        let longer = format!("module[index:0].name={}", "x".repeat(1000));
        subject.run("set", &[&longer]).is_error("value");
        subject.unchanged();
    }
}

#[test]
fn a_triage_dump_is_reduced_to_its_stack_and_what_is_near_its_registers() {
    for (subject, _) in real_dumps().into_iter().chain([(Subject::new(of_arm64()), PC)]) {
        let reduced = subject.folder().join("reduced.dmp");
        subject.run("reduce", &["-o", reduced.to_str().unwrap()]).exits(0);
        let info = |path: &Path| dumpedit(&["info".as_ref(), path, "--json".as_ref()]).exits(0).json();
        let (before, after) = (info(subject.path()), info(&reduced));
        for key in ["format", "machine", "crashes", "threads"] {
            assert_eq!(before[key], after[key], "{key}");
        }
        let modules = |path: &Path| dumpedit(&["modules".as_ref(), path, "--json".as_ref()]).exits(0).json();
        assert_eq!(modules(subject.path()), modules(&reduced));
        let registers = |path: &Path| dumpedit(&["regs".as_ref(), path, "--json".as_ref()]).exits(0).json();
        assert_eq!(registers(subject.path()), registers(&reduced));
        assert!(after["captured_bytes"].as_u64() <= before["captured_bytes"].as_u64());
        let sp = subject.register("sp", &[]).or_else(|| subject.register("rsp", &[])).unwrap();
        let at = |path: &Path| {
            let range = format!("{sp:#x}..+0x20");
            dumpedit(&["read".as_ref(), path, range.as_ref(), "--json".as_ref()]).exits(0).json()["bytes"]
                .clone()
        };
        assert_eq!(at(subject.path()), at(&reduced));
        subject.unchanged();
    }
}

#[test]
fn memory_that_a_triage_dump_does_not_hold_is_refused() {
    let subject = Subject::new(of_arm64());
    let said = subject.run("write", &["0x1000", "00"]).is_error("unmapped");
    assert!(said.contains("0x1000 is not in the dump"), "{said}");
    subject.unchanged();
}
