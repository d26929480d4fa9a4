//! Contexts of minidumps of every kind, built byte by byte: each register is at its offset in the headers, is read from there, and set
//! there and nowhere else.

mod odd;
mod rows;
mod xsave;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::bytes::{Order, counting};
use crate::support::command::notice;
use crate::support::minidump_builder::{MinidumpBuilder, amd64, arm64, context, processor, stream, x86};
use crate::support::subject::{Subject, assert_same_bytes};

use rows::{AMD64, KINDS, Kind, Placed, Row, placed};

const LITTLE: Order = Order::Little;

/// The number in some bytes, in hex in the command line's notation.
fn hex_number(order: Order, bytes: &[u8]) -> String {
    let mut bytes = bytes.to_vec();
    if order == Order::Little {
        bytes.reverse();
    }
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let digits = digits.trim_start_matches('0');
    format!("0x{}", if digits.is_empty() { "0" } else { digits })
}

/// Values in the output of `regs`, by name.
fn shown(subject: &Subject, arguments: &[&str]) -> BTreeMap<String, String> {
    let json = subject.run("regs", arguments).exits(0).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let registers = json["registers"].as_array().unwrap();
    registers.iter().map(|register| (text(&register["name"]), text(&register["value"]))).collect()
}

/// All file bytes of a register in the output of `where`.
fn places(subject: &Subject, name: &str, size: usize) -> BTreeSet<u64> {
    let json = subject.run("where", &[&format!("reg:{name}")]).is_full(size as u64);
    let mut bytes = BTreeSet::new();
    for piece in json["pieces"].as_array().unwrap() {
        let length = piece["length"].as_u64().unwrap();
        for offset in piece["file_offsets"].as_array().unwrap() {
            bytes.extend(offset.as_u64().unwrap()..offset.as_u64().unwrap() + length);
        }
    }
    bytes
}

/// Checks that registers are read from these places in a record, found there, and set there and nowhere else.
fn check(name: &str, order: Order, subject: &Subject, record: u64, registers: &[Placed]) {
    let before = subject.before();
    let at = |copy: usize| record as usize + copy;
    let values = shown(subject, &[]);
    let mut assignments = Vec::new();
    let mut expected = before.to_vec();
    for register in registers {
        let stored = &before[at(register.copies[0])..][..register.size];
        let value = values.get(register.name).unwrap_or_else(|| panic!("{name}: no {}", register.name));
        assert_eq!(*value, hex_number(order, stored), "{name}: {}", register.name);
        let bytes = register.copies.iter().flat_map(|&copy| at(copy)..at(copy) + register.size);
        let bytes: BTreeSet<u64> = bytes.map(|byte| byte as u64).collect();
        assert_eq!(places(subject, register.name, register.size), bytes, "{name}: {}", register.name);
        let new: Vec<u8> = stored.iter().map(|byte| !byte).collect();
        assignments.push(format!("{}={}", register.name, hex_number(order, &new)));
        for &copy in &register.copies {
            expected[at(copy)..at(copy) + register.size].copy_from_slice(&new);
        }
    }
    let assignments: Vec<&str> = assignments.iter().map(String::as_str).collect();
    subject.run("set", &assignments).exits(0);
    assert_same_bytes(&subject.now(), &expected);
}

#[test]
fn every_register_of_every_kind_is_read_found_and_set_where_the_headers_have_it() {
    for Kind { name, order, processor, size, flags, rows } in KINDS {
        let mut record = counting(7, *size);
        order.put(&mut record, flags.0, flags.1.into(), 4);
        let mut dump = MinidumpBuilder::new(*order, *processor);
        let memory = dump.memory(0x1000, &counting(1, 16));
        let offset = dump.thread_with(7, &record);
        let subject = Subject::new(dump.finish());
        check(name, *order, &subject, offset, &placed(rows));
        let number = order.get(subject.before(), memory as usize + 4, 4);
        let read = subject.plain("read", &["0x1004..+4", "--as", "u32"]).exits(0);
        assert!(
            read.text().contains(&format!("{number:#x}")) || read.text().contains(&number.to_string()),
            "{read}"
        );
    }
}

#[test]
fn a_group_that_the_flags_do_not_name_is_not_there() {
    let cases = [
        ("AMD64", 0x10_0002, "rax", "xmm0"),
        ("AMD64", 0x10_0008, "xmm0", "rax"),
        ("x86", 0x1_0008, "st0", "mxcsr"),
        ("x86", 0x1_0020, "xmm0", "eip"),
        ("ARM of Windows", 0x20_0002, "r12", "pc"),
        ("ARM of Windows", 0x20_0008, "bvr0", "q0"),
        ("ARM of Breakpad", 0x4000_0002, "pc", "q0"),
        ("ARM64", 0x40_0001, "x29", "x28"),
        ("ARM64", 0x40_0004, "v0", "pc"),
        ("ARM64, old", 0x8000_0002, "pc", "v0"),
        ("MIPS", 0x4_0002, "pc", "f0"),
        ("MIPS64", 0x8_0008, "hi1l", "pc"),
        ("PPC", 0x2000_0001, "pc", "f0"),
        ("PPC64", 0x100_0020, "vr0", "pc"),
        ("SPARC", 0x1000_0001, "pc", "g1"),
        ("RISCV", 0x80_0001, "pc", "fcsr"),
        ("RISCV64", 0x800_0002, "fcsr", "pc"),
    ];
    for (name, flags, there, absent) in cases {
        let kind = KINDS.iter().find(|kind| kind.name == name).unwrap();
        let mut record = counting(7, kind.size);
        LITTLE.put(&mut record, kind.flags.0, flags, 4);
        let mut dump = MinidumpBuilder::new(LITTLE, kind.processor);
        dump.thread_with(7, &record);
        let subject = Subject::new(dump.finish());
        let values = shown(&subject, &[]);
        assert!(values.contains_key(there) && !values.contains_key(absent), "{name} {flags:#x}: {values:?}");
        let message = subject.run("set", &[&format!("{absent}=1")]).is_error("register");
        assert!(message.contains("not present"), "{message}");
        subject.unchanged();
    }
}
