//! The options of edits: `--expect`, `--dry-run` and `-o`.

use crate::support::bytes::counting;
use crate::support::minidump_builder::MinidumpBuilder;
use crate::support::process::{Dumped, dumped};
use crate::support::subject::{Subject, assert_same_bytes};

fn subjects() -> Vec<Dumped> {
    dumped(&[(0x1000, &counting(0, 64))])
}

#[test]
fn expect_lets_a_write_happen_only_over_the_old_bytes() {
    for Dumped { subject, offsets } in subjects() {
        let message = subject.run("write", &["0x1004", "a0a1", "--expect", "0406"]).is_error("expect");
        assert!(message.contains("0x1005") || message.contains("0405"), "{message}");
        subject.unchanged();
        subject.run("write", &["0x1004", "a0a1", "--expect", "0405"]).is_full(2);
        subject.changed_only(&[(offsets[0] + 4, &[0xa0, 0xa1])]);
    }
}

#[test]
fn expect_has_the_length_of_the_value() {
    for Dumped { subject, .. } in subjects() {
        for old in ["04", "040506"] {
            assert_eq!(subject.run("write", &["0x1004", "a0a1", "--expect", old]).code, 2);
        }
        subject.unchanged();
    }
}

#[test]
fn expect_is_checked_in_every_copy() {
    let mut dump = MinidumpBuilder::amd64();
    dump.memory(0x1000, &counting(0, 16));
    dump.memory(0x1000, &counting(1, 16));
    let subject = Subject::new(dump.finish());
    for old in ["0405", "0506"] {
        subject.run("write", &["0x1004", "a0a1", "--expect", old]).is_error("expect");
    }
    subject.unchanged();
}

#[test]
fn expect_of_registers_names_each() {
    for Dumped { subject, .. } in subjects() {
        subject
            .run("set", &["rip=1", "rax=2", "--expect", "rip=0x401000", "--expect", "rax=7"])
            .is_error("expect");
        subject.unchanged();
        subject
            .run("set", &["rip=1", "rax=2", "--expect", "rip=0x401000", "--expect", "rax=0x1111"])
            .is_full(16);
    }
}

#[test]
fn a_dry_run_says_what_it_would_do_and_changes_nothing() {
    for Dumped { subject, offsets } in subjects() {
        let json = subject
            .run("write", &["0x103c", &"cc".repeat(8), "--dry-run"])
            .is_partial(8, 4, "0x1040", "unmapped");
        assert_eq!(json["edits"][0]["file_offset"], offsets[0] + 0x3c);
        subject.run("set", &["rip=1", "--dry-run"]).is_full(8);
        subject.unchanged();
    }
}

#[test]
fn an_output_file_leaves_the_input_alone() {
    for Dumped { subject, offsets } in subjects() {
        let out = subject.folder().join("patched");
        subject.run("write", &["0x1004", "a0a1", "-o", out.to_str().unwrap()]).is_full(2);
        subject.unchanged();
        let mut expected = subject.before().to_vec();
        let at = offsets[0] as usize + 4;
        expected[at..at + 2].copy_from_slice(&[0xa0, 0xa1]);
        assert_same_bytes(&std::fs::read(&out).unwrap(), &expected);
    }
}

#[test]
fn an_edit_that_fails_makes_no_output_file() {
    for Dumped { subject, .. } in subjects() {
        let out = subject.folder().join("patched");
        subject.run("write", &["0x5000", "a0", "-o", out.to_str().unwrap()]).is_error("unmapped");
        assert!(!out.exists());
        assert_eq!(std::fs::read_dir(subject.folder()).unwrap().count(), 1, "only the dump is in its folder");
    }
}

#[test]
fn an_output_file_that_is_the_input_loses_nothing() {
    for Dumped { subject, offsets } in subjects() {
        let path = subject.path().to_str().unwrap().to_owned();
        match subject.run("write", &["0x1004", "a0a1", "-o", &path]).code {
            0 => subject.changed_only(&[(offsets[0] + 4, &[0xa0, 0xa1])]),
            _ => subject.unchanged(),
        }
    }
}

#[test]
#[cfg(unix)]
fn an_output_file_keeps_the_holes_of_a_sparse_dump() {
    use std::os::unix::fs::MetadataExt;
    let mut core = crate::support::elf_builder::ElfBuilder::x86_64();
    let offset = core.place(&counting(1, 16));
    core.load_at(0x1000, offset, 16, 16);
    core.load_at(0x10_0000, 0x100_0000, 0x400_0000, 0x400_0000);
    let subject = Subject::new(core.finish());
    let file = std::fs::OpenOptions::new().write(true).open(subject.path()).unwrap();
    file.set_len(0x500_0000).unwrap();
    let out = subject.folder().join("patched");
    subject.run("write", &["0x1000", "cc", "-o", out.to_str().unwrap()]).is_full(1);
    let (from, to) = (std::fs::metadata(subject.path()).unwrap(), std::fs::metadata(&out).unwrap());
    assert_eq!(from.len(), to.len());
    assert!(to.blocks() < 0x400_0000 / 512, "{} blocks of 512 bytes, not {}", to.blocks(), from.blocks());
}
