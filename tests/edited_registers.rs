//! Reports of changed registers: their values, as in the output of `diff`, for every verb.

use serde_json::{Value, json};

use crate::support::command::{Run, dumpedit};
use crate::support::subject::Subject;

fn testdata(name: &str) -> Subject {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name);
    Subject::named(name, std::fs::read(path).unwrap())
}

/// The lines about changes, without their file offsets.
fn told(run: &Run) -> Vec<&str> {
    let indented = run.text().lines().filter_map(|line| line.strip_prefix("  "));
    indented.map(|line| line.split("  file offset").next().unwrap()).collect()
}

fn registers(json: &Value) -> Vec<Value> {
    let edits = json["edits"].as_array().unwrap().iter();
    edits.flat_map(|edit| edit["registers"].as_array().unwrap().clone()).collect()
}

#[test]
fn set_undo_redo_and_log_tell_registers_by_thread_record_and_value() {
    let subject = testdata("crash.core");
    // rbp and rbx are adjacent in the note, so that the journal has them in one extent.
    let set = subject.plain("set", &["rbp=0x10", "rbx=0x20", "--thread", "index:0"]).exits(0);
    let rbp = "rbp (thread record of thread 11924): 0x0 -> 0x10";
    let rbx = "rbx (thread record of thread 11924): 0x402000 -> 0x20";
    assert_eq!(told(&set), [rbp, rbx]);
    assert_eq!(told(&subject.plain("log", &[]).exits(0)), [rbp, rbx]);
    let back = [
        "rbp (thread record of thread 11924): 0x10 -> 0x0",
        "rbx (thread record of thread 11924): 0x20 -> 0x402000",
    ];
    assert_eq!(told(&subject.plain("undo", &[]).exits(0)), back);
    assert_eq!(told(&subject.plain("redo", &[]).exits(0)), [rbp, rbx]);
    let diff = dumpedit(&["diff".as_ref(), subject.path(), testdata("crash.core").path()]).exits(1);
    for line in back {
        let (name, values) = (line.split(' ').next().unwrap(), line.split(": ").nth(1).unwrap());
        assert!(diff.text().contains(&format!("  {name}: {values}\n")), "{diff}");
    }
}

#[test]
fn json_has_the_values_beside_the_bytes() {
    let subject = testdata("crash.core");
    let set = subject.run("set", &["rbp=0x10", "rbx=0x20", "--thread", "index:0"]).is_full(16);
    let expected = [
        json!({"name": "rbp", "old": "0x0", "new": "0x10"}),
        json!({"name": "rbx", "old": "0x402000", "new": "0x20"}),
    ];
    assert_eq!(registers(&set), expected);
    assert_eq!(set["edits"][1]["old"], "0020400000000000");
    let log = subject.run("log", &[]).exits(0).json();
    assert_eq!(registers(&log[0]), expected);
    assert_eq!(log[0]["edits"][1], set["edits"][1]);
    assert_eq!(registers(&subject.run("undo", &[]).is_full(16)).len(), 2);
    let memory = subject.run("write", &["@rsp", "00"]).is_full(1);
    assert_eq!(memory["edits"][0].get("registers"), None);
}

#[test]
fn parts_of_registers_are_told_by_the_narrowest_name_that_has_them() {
    let subject = testdata("crash.core");
    let record = "(thread record of thread 11924)";
    for (verb, arguments, expected) in [
        ("set", &["al=3"][..], vec![format!("al {record}: 0x11 -> 0x3")]),
        (
            "set",
            &["zf=0", "sf=1"],
            vec![format!("zf {record}: 0x1 -> 0x0"), format!("sf {record}: 0x0 -> 0x1")],
        ),
        ("write", &["reg:rip+4", "0100"], vec![format!("rip.u16.2 {record}: 0x0 -> 0x1")]),
        ("write", &["reg:rsp+1", "000000"], vec![format!("reg:rsp+1 {record}: ee ff ff -> 00 00 00")]),
    ] {
        let run = subject.plain(verb, arguments).exits(0);
        assert_eq!(told(&run), expected, "{run}");
        subject.run("undo", &[]).exits(0);
        subject.unchanged();
    }
}

#[test]
fn values_are_numbers_whatever_the_byte_order() {
    let folder = tempfile::tempdir().unwrap();
    let core = folder.path().join("big.core");
    let spec = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/big-endian.yaml");
    dumpedit(&["synth".as_ref(), spec.as_os_str(), "-o".as_ref(), core.as_os_str()]).exits(0);
    let subject = Subject::new(std::fs::read(core).unwrap());
    let set = subject.plain("set", &["r0=0x55667788", "pc=0x10404"]).exits(0);
    let expected = [
        "r0 (thread record of thread 77): 0x11223344 -> 0x55667788",
        "pc (thread record of thread 77): 0x10400 -> 0x10404",
    ];
    assert_eq!(told(&set), expected);
    let write = subject.plain("write", &["reg:r0+2", "abcd"]).exits(0);
    assert_eq!(told(&write), ["r0.u16.0 (thread record of thread 77): 0x7788 -> 0xabcd"]);
}
