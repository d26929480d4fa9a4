//! `read --strings`, `strings`, and `read --as` with a count.

use serde_json::json;

use crate::support::elf_builder::{ElfBuilder, nt_file, prstatus};
use crate::support::subject::Subject;

/// Texts from 0x1000 on, the stack pointer at 0x1000.
fn subject() -> Subject {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0x40_1000, 0x1000)]);
    core.load(0x1000, b"\x01narrow\0\x02w\0i\0d\0e\0\0\0\xffacross ");
    core.load(0x101b, b"two regions\0");
    Subject::named("texts.core", core.finish())
}

#[test]
fn texts_are_listed_with_address_and_encoding() {
    let subject = subject();
    let run = subject.plain("read", &["0x1000..+39", "--strings"]).exits(0);
    let expected = "0x0000000000001001  ascii  narrow\n\
                    0x0000000000001009  utf16  wide\n\
                    0x0000000000001014  ascii  across two regions\n";
    assert_eq!(run.text(), expected);
    let run = subject.plain("read", &["0x1000..+39", "--strings", "--min", "7"]).exits(0);
    assert_eq!(run.text().lines().count(), 1, "{run}");
}

#[test]
fn texts_as_json() {
    let json = subject().run("read", &["0x1000..+64", "--strings"]).is_partial(64, 39, "0x1027", "unmapped");
    assert_eq!(json["strings"].as_array().unwrap().len(), 3);
    assert_eq!(json["strings"][1], json!({ "address": "0x1009", "encoding": "utf-16", "text": "wide" }));
    assert!(json.get("bytes").is_none());
}

#[test]
fn numbers_are_read_from_a_place_on_as_many_as_are_asked_for() {
    let subject = subject();
    let json = subject.run("read", &["0x1001", "--as", "u16", "--count", "2"]).is_full(4);
    assert_eq!(json["values"], json!(["24942", "29298"]));
    let json = subject.run("read", &["@rsp+1", "--as", "u8"]).is_full(1);
    assert_eq!(json["values"], json!(["110"]));
    let json = subject.run("read", &["0x1001..+4", "--as", "u16"]).is_full(4);
    assert_eq!(json["values"], json!(["24942", "29298"]));
    let run = subject.plain("read", &["reg:rip", "--as", "ptr"]).exits(0);
    assert!(run.text().ends_with("0x401000\n"), "{run}");
    subject
        .run("read", &["0x1000", "--as", "u32", "--count", "100"])
        .is_partial(400, 39, "0x1027", "unmapped");
}

#[test]
fn a_count_beside_a_length_and_one_without_a_type_are_errors() {
    let subject = subject();
    let message = subject.run("read", &["0x1000..+4", "--as", "u16", "--count", "2"]).is_error("usage");
    assert!(message.contains("has a length already"), "{message}");
    subject.run("read", &["0x1000", "--count", "2"]).is_error("usage");
    subject.run("read", &["0x1000..+4", "--count", "2"]).is_error("usage");
    subject.run("read", &["0x1000..+4", "--strings", "--raw"]).is_error("usage");
    subject.run("read", &["0x1000..+4", "--min", "3"]).is_error("usage");
}

/// Texts on both sides of a gap, the first of which ends at it, and mapped memory without bytes.
fn spread() -> Subject {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0x40_1000, 0x2000), nt_file(&[(0x2000, 0x2018, 0, "/lib/libc.so.6")])]);
    core.load(0x1000, b"\x01narrow\0\x02w\0i\0d\0e\0\0\0\xffacross ");
    core.load(0x101b, b"two regions");
    core.load(0x2000, b"more\0\0o\0d\0d\0l\0y\0\0tiny\0as");
    core.load_at(0x3000, 0, 0, 0x1000);
    Subject::named("spread.core", core.finish())
}

#[test]
fn the_texts_of_all_memory_are_listed_and_none_crosses_a_gap() {
    let subject = spread();
    let run = subject.plain("strings", &[]).exits(0);
    let expected = "0x0000000000001001  ascii  narrow\n\
                    0x0000000000001009  utf16  wide\n\
                    0x0000000000001014  ascii  across two regions\n\
                    0x0000000000002000  ascii  more\n\
                    0x0000000000002006  utf16  oddly\n\
                    0x0000000000002011  ascii  tiny\n";
    assert_eq!(run.text(), expected);
    assert!(run.stderr.contains("4.0 KiB of mapped memory is not captured"), "{run}");
    let list = |arguments: &[&str]| {
        let run = subject.plain("strings", arguments);
        let texts: Vec<String> =
            run.text().lines().map(|line| line.split("  ").last().unwrap().to_owned()).collect();
        assert_eq!(run.code, i32::from(texts.is_empty()), "{run}");
        texts
    };
    assert_eq!(list(&["--min", "6"]), ["narrow", "across two regions"]);
    assert_eq!(list(&["--encoding", "utf16"]), ["wide", "oddly"]);
    assert_eq!(list(&["--encoding", "ascii", "--min=0x12"]), ["across two regions"]);
    assert_eq!(list(&["--range", "@rsp..+0x10"]), ["more", "oddly"]);
    assert_eq!(list(&["--min", "100"]), [""; 0]);
    subject.run("strings", &["--range", "0x1000..+0"]).is_error("usage");
    subject.run("strings", &["--min", "x"]).is_error("usage");
}

#[test]
fn each_text_of_the_memory_is_a_line_of_json() {
    let run = spread().run("strings", &["--encoding", "utf16"]).exits(0);
    let lines: Vec<serde_json::Value> =
        run.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        lines[1],
        json!({
            "address": "0x2006", "encoding": "utf-16", "text": "oddly", "length": 10, "module": null,
            "region": { "start": "0x2000", "name": "/lib/libc.so.6" },
        })
    );
    assert_eq!(lines.len(), 2);
}

#[test]
fn a_text_is_the_same_where_the_memory_is_listed_and_where_it_is_read() {
    let subject = spread();
    for range in ["0x1000..+0x26", "0x2000..+0x17", "0x1003..+9", "0x2007..+8"] {
        let read = subject.plain("read", &[range, "--strings"]).exits(0);
        let listed = subject.plain("strings", &["--range", range]);
        assert_eq!(read.text(), listed.text(), "{range}");
    }
}
