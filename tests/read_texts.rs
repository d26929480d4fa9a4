//! `read --strings`, and `read --as` with a count.

use serde_json::json;

use crate::support::elf_builder::{ElfBuilder, prstatus};
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
