//! Memory tags of arm64, one for 16 bytes of memory, two in one byte of the file: shown by `regions`, read and written as bytes.

use serde_json::json;

use crate::support::bytes::{Order, counting};
use crate::support::corpus;
use crate::support::elf_builder::{ElfBuilder, machine};
use crate::support::subject::Subject;

/// A core of 256 bytes of memory at 0x1000 whose first 128 have the tags 1 to 8, and memory without tags at 0x3000; and the file offset of
/// the tags.
fn core() -> (Subject, u64) {
    let mut core = ElfBuilder::new(Order::Little, true, machine::AARCH64);
    core.load(0x1000, &counting(1, 256));
    core.load(0x3000, &counting(2, 16));
    let tags = core.memory_tags(0x1000, &[0x21, 0x43, 0x65, 0x87], 128);
    (Subject::new(core.finish()), tags)
}

#[test]
fn regions_shows_which_memory_has_tags_and_where_they_are() {
    let (subject, tags) = core();
    let regions = subject.run("regions", &[]).exits(0).json();
    assert_eq!(
        regions[0]["memory_tags"],
        json!({ "start": "0x1000", "count": 8, "file_offset": tags }),
        "{regions}"
    );
    assert!(regions[1]["memory_tags"].is_null(), "{regions}");
    let shown = subject.plain("regions", &[]).exits(0);
    assert!(shown.text().contains(&format!("(8 memory tags at file offset {tags:#x})")), "{shown}");
}

#[test]
fn tags_are_read_as_bytes_and_stop_where_the_dump_has_no_more() {
    let (subject, tags) = core();
    let read = |range: &str| subject.run("read", &[range]);
    assert_eq!(read("tag:0x1000..+8").exits(0).json()["bytes"], "0102030405060708");
    // Any address of a granule leads to its tag, even a tagged pointer.
    assert_eq!(read("tag:0x101f..+1").exits(0).json()["bytes"], "02");
    assert_eq!(read("tag:0x0700000000001020..+1").exits(0).json()["bytes"], "03");
    let part = read("tag:0x1060..+4").exits(1).json();
    assert_eq!((&part["completed"], &part["bytes"]), (&json!(2), &json!("0708")));
    let message = read("tag:0x3000..+1").is_error("not-captured");
    assert!(message.contains("no memory tag for 0x3000"), "{message}");
    read("tag:0x1000..+0x10001").is_error("limit");
    let place = subject.run("where", &["tag:0x1010"]).exits(0).json();
    let piece = &place["pieces"][0];
    assert_eq!((&piece["tag"], &piece["file_offsets"]), (&json!("0x1010"), &json!([tags])), "{place}");
}

#[test]
fn a_tag_is_written_beside_the_one_that_shares_its_byte_and_taken_back() {
    let (subject, tags) = core();
    subject.run("write", &["tag:0x1010", "0f"]).is_full(1);
    subject.changed_only(&[(tags, &[0xf1])]);
    subject.run("undo", &[]).exits(0);
    subject.unchanged();
    subject.run("write", &["tag:0x1010", "0a 0b 0c"]).is_full(3);
    subject.changed_only(&[(tags, &[0xa1, 0xcb])]);
    subject.run("undo", &[]).exits(0);
    subject.unchanged();
    subject.run("fill", &["tag:0x1000..+8", "00"]).exits(0);
    subject.changed_only(&[(tags, &[0; 4])]);
    subject.run("undo", &[]).exits(0);
    subject.unchanged();
}

#[test]
fn the_receipt_and_the_log_tell_of_tags_and_not_of_the_bytes_that_two_share() {
    let (subject, _) = core();
    let said = subject.run("write", &["tag:0x1010", "0f"]).is_full(1);
    let tag = json!([{ "address": "0x1010", "old": "0x2", "new": "0xf" }]);
    assert_eq!(said["edits"][0]["tags"], tag, "{said}");
    let written = subject.plain("write", &["tag:0x1000", "03 04 05"]).exits(0);
    let said = written.text();
    for line in ["tag:0x1000: 0x1 -> 0x3", "tag:0x1010: 0xf -> 0x4", "tag:0x1020: 0x3 -> 0x5"] {
        assert!(said.contains(line), "{said}");
    }
    let log = subject.plain("log", &["--verbose"]);
    assert!(!log.text().contains("21 -> f1"), "{log}");
}

#[test]
fn what_is_no_tag_is_refused() {
    let (subject, _) = core();
    subject.run("write", &["tag:0x1010", "10"]).is_error("value");
    subject.run("write", &["tag:0x3000", "01"]).is_error("not-captured");
    subject.run("write", &["tag:reg:x0", "01"]).is_error("usage");
    subject.unchanged();
}

/// The core of LLDB's tests, whose program set the tags 0 to 15 repeatedly for its page.
#[test]
fn the_tags_of_a_real_core_are_those_that_its_program_gave() {
    let all = corpus::dumps("sve");
    for path in all.iter().filter(|path| path.ends_with("llvm-linux-aarch64-mte.core")) {
        let subject = Subject::new(std::fs::read(path).unwrap());
        let read = subject.run("read", &["tag:0xffff82c74000..+256"]).exits(0).json();
        let tags: String = (0..256).map(|index| format!("{:02x}", index % 16)).collect();
        assert_eq!(read["bytes"], tags);
    }
}
