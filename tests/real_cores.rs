//! Real cores of machines whose registers no reader shows completely, and the state of every real core after edits.

use serde_json::Value;

use crate::registers_agree::{cores, machine_of};
use crate::support::corpus;
use crate::support::subject::{Subject, assert_same_bytes};

/// A core of the corpus by name; `None` where the corpus is not here.
fn real(name: &str) -> Option<Subject> {
    let path = corpus::dumps("elf").into_iter().find(|path| path.ends_with(name))?;
    Some(Subject::named(name, std::fs::read(path).unwrap()))
}

fn value(subject: &Subject, register: &str) -> String {
    let json = subject.run("regs", &[register]).exits(0).json();
    json["registers"][0]["value"].as_str().unwrap().to_owned()
}

/// Whether the process had an address mapped as code.
fn is_code(subject: &Subject, address: &str) -> bool {
    let number = |value: &Value| u64::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok();
    let address = u64::from_str_radix(address.strip_prefix("0x").unwrap(), 16).unwrap();
    let regions = subject.run("regions", &[]).exits(0).json();
    regions.as_array().unwrap().iter().any(|region| {
        let (start, size) = (number(&region["start"]), region["size"].as_u64());
        let holds = start.zip(size).is_some_and(|(start, size)| (start..start + size).contains(&address));
        holds && region["protection"].as_str().is_some_and(|protection| protection.contains('x'))
    })
}

#[test]
fn pc_of_alpha_is_in_the_program_and_unique_behind_it() {
    let Some(subject) = real("rizin-linux-alpha.core") else { return };
    // eu-readelf shows the words behind these two; ra is in the same function.
    let shown = ["pc", "ra", "sp", "unique"].map(|name| value(&subject, name));
    assert_eq!(shown, ["0x12000090c", "0x1200008f8", "0x11fc1d4f0", "0x200000310e0"]);
    assert!(is_code(&subject, &shown[0]) && is_code(&subject, &shown[1]));
}

#[test]
fn vectors_of_loongarch_are_stored_three_times_and_stay_in_step() {
    let Some(subject) = real("rizin-linux-loongarch64.core") else { return };
    for name in ["pc", "ra"] {
        assert!(is_code(&subject, &value(&subject, name)), "{name}");
    }
    for number in 0..32 {
        let copies = [1, 2, 3].map(|copy| value(&subject, &format!("f{number}@{copy}")));
        assert!(copies.iter().all(|copy| *copy == copies[0]), "f{number}: {copies:?}");
    }
    let json = subject.run("set", &["f4=0x1122334455667788"]).exits(0).json();
    assert_eq!(json["edits"].as_array().unwrap().len(), 3, "{json}");
    let copies = [1, 2, 3].map(|copy| value(&subject, &format!("f4@{copy}")));
    assert!(copies.iter().all(|copy| copy == "0x1122334455667788"), "{copies:?}");
}

#[test]
fn every_real_core_is_as_it_was_once_its_registers_were_set_and_the_edits_were_undone() {
    /// Registers without bytes of their own.
    const NO_BYTES: [&str; 4] = ["zero", "vg", "svg", "svcr"];
    for path in cores() {
        let subject = Subject::named("subject.core", std::fs::read(&path).unwrap());
        let thread = ["--thread", "index:0"];
        let regs = subject.run("regs", &thread).exits(0).json();
        let machine = machine_of(&path);
        let is_zero = |name: &str| match name {
            "g0" => true,
            "r0" => ["hppa", "loongarch64"].contains(&machine.as_str()),
            name => NO_BYTES.contains(&name),
        };
        let registers = regs["registers"].as_array().unwrap().iter();
        let registers = registers.filter(|register| !is_zero(register["name"].as_str().unwrap()));
        let mut edits = 0;
        for register in registers.step_by(9) {
            let (name, old) = (register["name"].as_str().unwrap(), register["value"].as_str().unwrap());
            let (rest, last) = old.split_at(old.len() - 1);
            let new = format!("{rest}{:x}", u8::from_str_radix(last, 16).unwrap() ^ 1);
            subject.run("set", &[&[format!("{name}={new}").as_str()][..], &thread].concat()).exits(0);
            let shown = subject.run("regs", &[&[name][..], &thread].concat()).exits(0).json();
            assert_eq!(shown["registers"][0]["value"], new, "{}: {name}", path.display());
            edits += 1;
        }
        assert!(edits > 1, "{}: {edits} registers", path.display());
        for _ in 0..edits {
            subject.run("undo", &[]).exits(0);
        }
        assert_same_bytes(&subject.now(), subject.before());
    }
}
