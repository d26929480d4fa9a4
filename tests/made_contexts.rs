//! Minidumps from `synth` for each table in `machines`: each register is set to a random value, which changes its bytes in every copy and
//! no others, and `undo` restores the file.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::library::random::Random;
use crate::support::command::{binary, dumpedit, run};
use crate::support::subject::{Subject, assert_same_bytes};

/// Every machine with contexts, and the kind of each in a spec's notation.
fn kinds() -> Vec<(String, &'static str)> {
    let rows = dumpedit(&["machines", "--json"]).exits(0).json();
    let of_row = |row: &Value| {
        let kind = match row["system"].as_str().unwrap() {
            "windows" => "windows",
            "windows before SSE" => "short",
            "breakpad" => "breakpad",
            "crashpad" => "crashpad",
            // It is only read.
            "lldb" => return None,
            other => panic!("no kind for {other}"),
        };
        Some((row["machine"].as_str().unwrap().to_owned(), kind))
    };
    let minidumps = rows.as_array().unwrap().iter().filter(|row| row["container"] == "minidump");
    let mut kinds: Vec<_> = minidumps.filter_map(of_row).collect();
    kinds.dedup();
    kinds
}

fn made(machine: &str, kind: &str, order: &str) -> Subject {
    let spec = format!(
        "format: minidump
machine: {machine}
byte_order: {order}
threads:
  - {{tid: 7, context: {kind}}}
"
    );
    let subject = Subject::new(Vec::new());
    let path = subject.folder().join("made.dmp");
    run(binary().args(["synth", "-", "-o"]).arg(&path), spec.as_bytes()).exits(0);
    Subject::new(std::fs::read(path).unwrap())
}

/// The file bytes of a register, all copies.
fn bytes_of(subject: &Subject, register: &str) -> BTreeSet<u64> {
    let places = subject.run("where", &[&format!("reg:{register}")]).exits(0).json();
    let pieces = places["pieces"].as_array().unwrap().iter();
    let copies = pieces.flat_map(|piece| {
        let length = piece["length"].as_u64().unwrap();
        let offsets = piece["file_offsets"].as_array().unwrap().iter();
        offsets.map(move |at| at.as_u64().unwrap()..at.as_u64().unwrap() + length)
    });
    copies.flatten().collect()
}

fn registers(subject: &Subject) -> Vec<Value> {
    subject.run("regs", &[]).exits(0).json()["registers"].as_array().unwrap().clone()
}

#[test]
fn each_register_of_each_context_changes_alone_and_is_put_back() {
    let kinds = kinds();
    assert!(kinds.len() > 14, "{kinds:?}");
    let mut random = Random(16);
    for (machine, kind) in kinds {
        let is_big = ["ppc", "ppc64", "sparc64", "mips"].contains(&machine.as_str());
        for order in ["little", "big"].into_iter().take(if is_big { 2 } else { 1 }) {
            let subject = made(&machine, kind, order);
            let (mut all, mut taken) = (Vec::new(), BTreeSet::new());
            for register in registers(&subject) {
                let name = register["name"].as_str().unwrap().to_owned();
                if ["zero", "g0"].contains(&name.as_str()) {
                    subject.run("set", &[&format!("{name}=1")]).is_error("register");
                    continue;
                }
                let size = usize::try_from(register["size"].as_u64().unwrap()).unwrap();
                // No byte is zero, as all are before.
                let digits: String =
                    random.bytes(size).iter().map(|byte| format!("{:02x}", byte | 1)).collect();
                let value = format!("0x{}", digits.trim_start_matches('0'));
                let places = bytes_of(&subject, &name);
                subject.run("set", &[&format!("{name}={value}"), "--no-sync"]).is_full(size as u64);
                let now = subject.now();
                assert_eq!(now.len(), subject.before().len());
                let changed = (0..).zip(now.iter().zip(subject.before()));
                let changed: BTreeSet<u64> =
                    changed.filter(|(_, (now, before))| now != before).map(|(at, _)| at).collect();
                assert_eq!(changed, places, "{machine} {kind} {order}: {name}");
                subject.run("undo", &[]).exits(0);
                assert_same_bytes(&subject.now(), subject.before());
                // Parts of registers are set once more with these.
                if taken.is_disjoint(&places) {
                    taken.extend(places);
                    all.push((name, value));
                }
            }
            assert!(all.len() > 30, "{machine} {kind} {order}: {all:?}");
            let assignments: Vec<String> =
                all.iter().map(|(name, value)| format!("{name}={value}")).collect();
            subject.run("set", &assignments.iter().map(String::as_str).collect::<Vec<_>>()).exits(0);
            let shown = registers(&subject);
            for (name, value) in all {
                let shown = shown.iter().find(|register| register["name"] == *name).unwrap();
                assert_eq!(shown["value"], value, "{machine} {kind} {order}: {name}");
            }
            subject.run("undo", &[]).exits(0);
            assert_same_bytes(&subject.now(), subject.before());
        }
    }
}
