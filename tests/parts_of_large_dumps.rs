//! Parts that are added to dumps with memory past 4 GiB, which are written whole where they cannot grow in place.

use std::fs;
use std::path::Path;

use dumpedit::{Context, Dump};
use minidump::Minidump;

use crate::parts::{AT, assert_holds_all_of, testdata};
use crate::support::bytes::Order;
use crate::support::command::dumpedit;
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};
use crate::support::subject::Subject;

#[test]
fn memory_goes_into_the_list_of_a_full_dump_where_that_ends_the_file() {
    let mut builder = MinidumpBuilder::new(Order::Little, 9);
    builder.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, 0x7000));
    builder.memory64(0x1000, &[7; 64]);
    let subject = Subject::named("full.dmp", builder.finish());
    let path = subject.path().to_str().unwrap();
    for (at, apart) in [("0x2000", false), ("0x3000", true)] {
        let added = dumpedit(&["add", "memory", path, at, "str:hello", "--json"]).exits(0);
        assert_eq!(
            added.stderr.contains("MemoryList") || added.json().to_string().contains("listed-apart"),
            apart,
            "{added}"
        );
        assert_eq!(subject.plain("read", &[&format!("{at}..+5"), "--raw"]).stdout, b"hello");
        assert_eq!(subject.plain("read", &["0x1000..+1", "--raw"]).stdout, [7]);
    }
    // The first of them cannot be dropped from the middle in place, but a copy can do without it.
    let dropped = dumpedit(&["drop", "memory", path, "0x1000..+64"]);
    assert_eq!(dropped.code, 2, "{dropped}");
    let copy = subject.folder().join("copy");
    dumpedit(&["drop", "memory", path, "0x1000..+64", "-o", copy.to_str().unwrap()]).exits(0);
    let copied = Dump::open(&copy).unwrap();
    assert_eq!(copied.layout().captured_ranges(0, u64::MAX).count(), 2);
}

#[test]
fn a_minidump_past_4_gib_and_a_mach_o_core_are_written_whole() {
    let subject = testdata("crash.dmp");
    let path = subject.path().to_str().unwrap();
    fs::File::options().write(true).open(subject.path()).unwrap().set_len(5 << 30).unwrap();
    let macho = subject.folder().join("macos.core");
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/macos.yaml");
    dumpedit(&["synth", spec.to_str().unwrap(), "-o", macho.to_str().unwrap()]).exits(0);
    for dump in [path, macho.to_str().unwrap()] {
        let refused = dumpedit(&["add", "memory", dump, "0x7f0000", "str:hello"]);
        assert_eq!(refused.code, 2, "{refused}");
        assert!(refused.stderr.contains("-o OUT writes a whole new dump"), "{refused}");
        let copy = subject.folder().join("copy");
        let whole = dumpedit(&[
            "add",
            "memory",
            dump,
            "0x7f0000",
            "str:hello",
            "-o",
            copy.to_str().unwrap(),
            "--overwrite",
        ]);
        assert_eq!(whole.code, 0, "{whole}");
        let (old, new) = (Dump::open(dump).unwrap(), Dump::open(&copy).unwrap());
        assert_holds_all_of(&old, &new, dump);
        let mut read = [0; 5];
        new.read_bytes(Context::Process, AT, &mut read).unwrap().complete().unwrap();
        assert_eq!(&read, b"hello");
    }
}

#[test]
fn a_full_dump_past_4_gib_grows_into_a_copy_that_is_no_longer_than_it_and_what_is_added() {
    const SIZE: u64 = 4608 << 20;
    const FULL: u64 = 0x10_0000_0000;
    let mut builder = MinidumpBuilder::new(Order::Little, 9);
    builder.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, 0x7000));
    builder.memory64(FULL, b"first");
    let mut bytes = builder.finish();
    let descriptor = Order::Little.fields(&[(FULL, 8), (5, 8)]);
    let at = bytes.windows(16).position(|found| found == descriptor).unwrap();
    Order::Little.put(&mut bytes, at + 8, SIZE, 8);
    let subject = Subject::named("full.dmp", bytes);
    let size = subject.before().len() as u64 - 5 + SIZE;
    let file = fs::File::options().write(true).open(subject.path()).unwrap();
    if file.set_len(size).is_err() {
        crate::support::tools::skip("this file system holds no file of 4.5 GiB");
        return;
    }
    let (path, copy) = (subject.path().to_str().unwrap(), subject.folder().join("copy.dmp"));
    let added = ["add", "memory", path, "0x7f0000", "str:hello"];
    let refused = dumpedit(&added);
    assert!(refused.code == 2 && refused.stderr.contains("past 4 GiB"), "{refused}");
    dumpedit(&[&added[..], &["-o", copy.to_str().unwrap()]].concat()).exits(0);
    assert!(fs::metadata(&copy).unwrap().len() < size + 4096);
    let read = Minidump::read_path(&copy).unwrap();
    let memory = read.get_stream::<minidump::MinidumpMemory64List<'_>>().unwrap();
    assert_eq!(&memory.memory_at_address(FULL).unwrap().bytes[..5], b"first");
    assert_eq!(memory.memory_at_address(AT).unwrap().bytes, b"hello");
    assert_eq!(memory.iter().map(|range| range.size).sum::<u64>(), SIZE + 5);
}
