//! Small dumps of overlapping structures, which seem to hold far more than they do: operations that would cost more than the file explains
//! fail with a message, and nothing is written.

use std::fs;
use std::path::PathBuf;

use crate::support::command::{dumpedit, notice};

/// A folder, and the dump in it.
struct Made {
    _folder: tempfile::TempDir,
    dump: PathBuf,
}

impl Made {
    fn of(bytes: &[u8]) -> Made {
        let folder = tempfile::tempdir().unwrap();
        let dump = folder.path().join("dump");
        fs::write(&dump, bytes).unwrap();
        Made { _folder: folder, dump }
    }

    fn path(&self) -> &str {
        self.dump.to_str().unwrap()
    }
}

fn le(values: &[(u64, usize)]) -> Vec<u8> {
    values.iter().flat_map(|(value, size)| value.to_le_bytes().into_iter().take(*size)).collect()
}

/// A core whose segments, all of one type, share their bytes.
fn core(kind: u64, segments: u64, shared: &[u8]) -> Vec<u8> {
    let mut core = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    let (at, size) = (64 + 56 * segments, shared.len() as u64);
    core.extend(le(&[(4, 2), (62, 2), (1, 4), (0, 8), (64, 8), (0, 8), (0, 4), (64, 2), (56, 2)]));
    core.extend(le(&[(segments, 2), (0, 6)]));
    for segment in 0..segments {
        let address = segment << 24;
        core.extend(le(&[(kind, 4), (4, 4), (at, 8), (address, 8), (0, 8), (size, 8), (size, 8), (4, 8)]));
    }
    [core, shared.to_vec()].concat()
}

/// A minidump of unknown streams, each of which is the whole file.
fn minidump_of_whole_streams(streams: u64, size: u64) -> Vec<u8> {
    let mut minidump = le(&[(0x504d_444d, 4), (0xa793, 4), (streams, 4), (32, 4), (0, 8), (0, 8)]);
    for stream in 0..streams {
        minidump.extend(le(&[(0x7000 + stream, 4), (size, 4), (0, 4)]));
    }
    minidump.resize(size as usize, 0xab);
    minidump
}

#[test]
fn a_dump_whose_streams_are_all_of_the_file_is_described_only_where_that_is_wanted() {
    let made = Made::of(&minidump_of_whole_streams(600, 64 << 10));
    let folder = made.dump.with_file_name("spec");
    let folder = folder.to_str().unwrap();
    let run = dumpedit(&["describe", made.path(), "--folder", folder]).exits(2).stderr;
    assert!(
        run.contains("would contain 39321600 bytes of the dump, more than the limit of 17039360"),
        "{run}"
    );
    assert!(run.contains("--max-size"), "{run}");
    assert!(!fs::exists(folder).unwrap());
    dumpedit(&["describe", made.path(), "--folder", folder, "--max-size", "39321600"]).exits(0);
    assert_eq!(fs::read_dir(folder).unwrap().count(), 601);
    let small = Made::of(&minidump_of_whole_streams(3, 64 << 10));
    dumpedit(&["describe", small.path()]).exits(0);
    dumpedit(&["describe", small.path(), "--max-size", "0x1000"]).exits(2);
}

#[test]
fn notes_that_many_segments_share_are_not_described_over_and_over() {
    let note = le(&[(5, 4), (0, 4), (0x4242, 4)]);
    let notes = [&note[..], b"CORE\0\0\0\0"].concat().repeat(3000);
    let made = Made::of(&core(4, 1000, &notes));
    let folder = made.dump.with_file_name("spec");
    let told =
        dumpedit(&["describe", made.path(), "--folder", folder.to_str().unwrap(), "--json"]).exits(0).json();
    assert_eq!(fs::read_to_string(folder.join("dump.yaml")).unwrap().matches("0x4242").count(), 3000);
    assert_eq!(notice(&told, "note-segment-repeated")["count"], 999);
}

#[test]
fn memory_that_shares_its_bytes_is_walked_over_as_far_as_it_is_asked_for() {
    let made = Made::of(&core(1, 40, &vec![b'x'; 4 << 20]));
    // 160 MiB are cheap for a file of any size.
    dumpedit(&["find", made.path(), "str:xy"]).exits(1);
    let many = Made::of(&core(1, 4000, &vec![b'x'; 1 << 20]));
    for arguments in [&["find", many.path(), "str:xy"][..], &["diff", many.path(), many.path()]] {
        let run = dumpedit(arguments).exits(2).stderr;
        assert!(run.contains("4194304000 bytes of memory share 1272640 bytes of the file"), "{run}");
        assert!(run.contains("--range"), "{run}");
    }
    dumpedit(&["find", many.path(), "str:xy", "--range", "0x1000000..+0x100000"]).exits(1);
    dumpedit(&["diff", many.path(), many.path(), "--range", "0x1000000..+0x100000"]).exits(0);
}

#[test]
fn a_pattern_that_looks_at_bytes_again_and_again_ends_with_the_address_it_came_to() {
    let made = Made::of(&core(1, 1, &vec![b'A'; 1 << 18]));
    let run = dumpedit(&["find", made.path(), "re:(?s:A.*z|A)"]).exits(2).stderr;
    assert!(run.contains("too many steps for each byte at 0x0"), "{run}");
    let before = fs::read(&made.dump).unwrap();
    dumpedit(&["find", made.path(), "re:(?s:A.*z|A)", "--replace", "str:B"]).exits(2);
    assert_eq!(fs::read(&made.dump).unwrap(), before);
}
