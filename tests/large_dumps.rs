//! Dumps of more than 4 GiB, as sparse files: offsets of more than 32 bits are found, edited, and the holes stay.
#![cfg(unix)]

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, MetadataExt};

use serde_json::json;

use crate::support::bytes::{Order, counting};
use crate::support::command::{Run, binary, run};
use crate::support::elf_builder::{ElfBuilder, prstatus};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context, stream};
use crate::support::tools::skip;

const GIB: u64 = 1 << 30;
/// File offset and address of the memory that the tests edit.
const FAR: u64 = 6 * GIB + 0x123;
const ADDRESS: u64 = 0x7f00_0000_0000;

/// A file that begins with these bytes and ends with `far` at [`FAR`]; `None` where it cannot be sparse.
fn sparse(head: &[u8], far: &[u8]) -> Option<(tempfile::TempDir, File)> {
    let folder = tempfile::tempdir().unwrap();
    let file =
        OpenOptions::new().read(true).write(true).create_new(true).open(folder.path().join("large")).unwrap();
    let written = file
        .set_len(FAR)
        .and_then(|()| file.write_all_at(head, 0))
        .and_then(|()| file.write_all_at(far, FAR));
    let blocks = file.metadata().unwrap().blocks();
    if written.is_err() || blocks * 512 > 16 << 20 {
        skip("the folder for temporary files has no sparse files");
        return None;
    }
    Some((folder, file))
}

/// A core whose second segment is behind 4 GiB, and whose third is larger than that.
fn core() -> Vec<u8> {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0x40_1000, ADDRESS)]);
    core.load(0x1000, &counting(1, 16));
    core.load_at(ADDRESS, FAR, 64, 64);
    core.load_at(0x10_0000_0000, 0x1_0000, 5 * GIB, 5 * GIB);
    core.finish()
}

/// A minidump whose Memory64List has the same memory: the first range is larger than 4 GiB, so that no 32-bit offset reaches the others.
fn minidump() -> Vec<u8> {
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, ADDRESS));
    let mut list = Order::Little.fields(&[(3, 8), (0x1_0000, 8)]);
    let ranges = [(0x10_0000_0000, 5 * GIB), (0x50_0000_0000, FAR - 5 * GIB - 0x1_0000), (ADDRESS, 64)];
    for (address, size) in ranges {
        list.extend(Order::Little.fields(&[(address, 8), (size, 8)]));
    }
    dump.stream(stream::MEMORY64_LIST, &list);
    dump.finish()
}

#[test]
fn memory_behind_4_gib_is_found_read_and_written_and_the_holes_stay() {
    for head in [core(), minidump()] {
        let Some((folder, file)) = sparse(&head, &counting(1, 64)) else { return };
        let path = folder.path().join("large");
        let dumpedit = |verb: &str, arguments: &[&str]| -> Run {
            run(binary().arg(verb).arg(&path).args(arguments).arg("--json"), b"")
        };
        let before = file.metadata().unwrap();
        assert_eq!(dumpedit("info", &[]).exits(0).json()["file_size"], FAR + 64);

        let at = format!("{:#x}", ADDRESS + 8);
        let piece = dumpedit("where", &[&at, "4"]).is_full(4)["pieces"][0].clone();
        assert_eq!(piece["file_offsets"], json!([FAR + 8]));
        assert_eq!(dumpedit("read", &[&format!("{at}..+4")]).is_full(4)["bytes"], "090a0b0c");
        let edits = dumpedit("write", &["@rsp+8", "a0a1a2a3"]).is_full(4)["edits"].clone();
        assert_eq!(edits[0]["file_offset"], FAR + 8);
        // The last byte of the range that is larger than 4 GiB, and one in its middle.
        for offset in [5 * GIB - 1, 4 * GIB + 5] {
            let at = format!("{:#x}", 0x10_0000_0000 + offset);
            dumpedit("write", &[&at, "cc"]).is_full(1);
            let mut byte = [0];
            file.read_exact_at(&mut byte, 0x1_0000 + offset).unwrap();
            assert_eq!(byte, [0xcc], "{at}");
        }
        dumpedit("set", &["rip=0x401234"]).is_full(8);

        let mut far = [0; 64];
        file.read_exact_at(&mut far, FAR).unwrap();
        let mut expected = counting(1, 64);
        expected[8..12].copy_from_slice(&[0xa0, 0xa1, 0xa2, 0xa3]);
        assert_eq!(far[..], expected);
        let after = file.metadata().unwrap();
        assert_eq!(after.len(), before.len());
        assert!(after.blocks() * 512 < 16 << 20, "the holes were filled: {} blocks", after.blocks());
    }
}

#[test]
fn a_range_longer_than_4_gib_is_counted_whole() {
    for head in [core(), minidump()] {
        let Some((folder, _)) = sparse(&head, &counting(1, 64)) else { return };
        let path = folder.path().join("large");
        let length = (4 * GIB + 10).to_string();
        let json = run(binary().arg("where").arg(&path).args(["0x1000000000", &length, "--json"]), b"")
            .is_full(4 * GIB + 10);
        let piece = &json["pieces"][0];
        assert_eq!((&piece["length"], &piece["file_offsets"]), (&json!(4 * GIB + 10), &json!([0x1_0000])));
    }
}

/// A core of a GiB and a MiB of memory at 1 GiB, all a hole.
fn one_gib() -> Option<(tempfile::TempDir, std::path::PathBuf)> {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0x40_1000, ADDRESS)]);
    core.load_at(GIB, 0x1000, GIB + (1 << 20), GIB + (1 << 20));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("core");
    let file = File::create(&path).unwrap();
    let written = file.write_all_at(&core.finish(), 0).and_then(|()| file.set_len(GIB + (2 << 20)));
    let sparse = written.is_ok() && file.metadata().unwrap().blocks() * 512 < 1 << 20;
    (sparse || skip("the folder for temporary files has no sparse files")).then_some((folder, path))
}

#[test]
fn zeros_that_go_into_holes_leave_them_and_what_is_between_is_written_and_taken_back() {
    let Some((folder, path)) = one_gib() else { return };
    let (core, out) = (path.to_str().unwrap(), folder.path().join("out"));
    let file = File::options().read(true).write(true).open(&path).unwrap();
    let between = 0x1000 + GIB / 2 + 5;
    file.write_all_at(b"between", between).unwrap();
    let held = |file: &File| {
        let mut bytes = [0; 7];
        file.read_exact_at(&mut bytes, between).unwrap();
        assert!(file.metadata().unwrap().blocks() * 512 < 1 << 20, "the holes were filled");
        bytes
    };
    let all = format!("{GIB:#x}..+{GIB:#x}");
    let fill = ["fill", core, &all, "00", "--json"];
    run(binary().args(fill).arg("-o").arg(&out), b"").is_full(GIB);
    assert_eq!(held(&File::open(&out).unwrap()), [0; 7]);
    run(binary().args(fill), b"").is_full(GIB);
    let (from, to) = (format!("{GIB:#x}..+0x4000000"), format!("{:#x}", GIB + 0x800_0000));
    run(binary().args(["copy", core, &from, &to, "--json"]), b"").is_full(0x400_0000);
    assert_eq!(held(&file), [0; 7]);
    run(binary().args(["undo", core, "--all", "--json"]), b"").exits(0);
    assert_eq!(&held(&file), b"between");
    run(binary().args(["redo", core, "--all", "--json"]), b"").exits(0);
    assert_eq!(held(&file), [0; 7]);
}

/// Runs a verb with at most `kib` KiB of memory of its own.
fn within(kib: u64, arguments: &[&str]) -> Run {
    let line = format!("ulimit -d {kib}; exec {} \"$@\"", env!("CARGO_BIN_EXE_dumpedit"));
    run(std::process::Command::new("sh").args(["-c", &line, "sh"]).args(arguments), b"")
}

fn fill_and_copy(size: u64, kib: u64) {
    let Some((_folder, path)) = one_gib() else { return };
    let core = path.to_str().unwrap();
    let (from, to) = (format!("{GIB:#x}..+{size:#x}"), format!("{:#x}", GIB + 0x1_0000));
    let scratch = ["--no-sync", "--json"];
    within(kib, &[&["fill", core, &from, "str:pattern"], &scratch[..]].concat()).is_full(size);
    within(kib, &[&["copy", core, &from, &to], &scratch[..]].concat()).is_full(size);
    let last = format!("{:#x}..+7", GIB + 0x1_0000 + size / 7 * 7 - 7);
    let read = run(binary().args(["read", core, &last, "--raw"]), b"").exits(0);
    assert_eq!(read.text(), "pattern");
    within(kib, &["undo", core, "--all", "--json"]).is_full(size + 0x1_0000);
    let read = run(binary().args(["read", core, &last, "--raw"]), b"").exits(0);
    assert_eq!(read.text(), "\0".repeat(7));
}

#[test]
fn filling_and_copying_take_no_more_memory_for_more_bytes() {
    fill_and_copy(80 << 20, 72 << 10);
}

#[test]
fn many_long_payloads_of_one_script_take_no_more_memory_and_files_than_one() {
    let Some((folder, path)) = one_gib() else { return };
    let script = folder.path().join("script");
    let line = |at: u64| format!("copy {GIB:#x}..+0x1400000 {:#x}\n", GIB + at * 0x1000);
    std::fs::write(&script, (1..7).map(line).collect::<String>()).unwrap();
    let (core, script) = (path.to_str().unwrap(), script.to_str().unwrap());
    within(72 << 10, &["apply", core, script, "--dry-run"]).exits(0);
}

#[test]
#[ignore = "writes 9 GiB to the folder for temporary files"]
fn a_gib_is_filled_and_copied_in_72_mib() {
    fill_and_copy(GIB, 72 << 10);
}

#[test]
#[ignore = "writes a GiB to the folder for temporary files"]
fn a_million_lines_are_applied_in_300_mib() {
    let Some((folder, path)) = one_gib() else { return };
    let script = folder.path().join("script");
    let line = |at: u64| format!("write {:#x} 44554d5045444954 --expect 0000000000000000\n", GIB + at * 1024);
    std::fs::write(&script, (0..1_000_000).map(|at| line(at * 7919 % 1_000_000)).collect::<String>())
        .unwrap();
    let (core, script) = (path.to_str().unwrap(), script.to_str().unwrap());
    within(300 << 10, &["apply", core, script, "--no-undo", "--no-sync"]).exits(0);
    let read = run(binary().args(["read", core, &format!("{:#x}..+8", GIB + 999_999 * 1024), "--raw"]), b"");
    assert_eq!(read.text(), "DUMPEDIT");
}
