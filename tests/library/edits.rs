//! An edit before its commit: its reads, its bounds, and its state after an error.

use dumpedit::{Context, Dump, Edit, EditOptions, Error};

use super::opened::{Opened, both_ways, everywhere, is_full, refused};
use crate::support::bytes::counting;
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};

const PROCESS: Context = Context::Process;

fn read(edit: &Edit, address: u64) -> [u8; 4] {
    let mut read = [0; 4];
    is_full(edit.read_bytes(PROCESS, address, &mut read), 4);
    read
}

#[test]
fn an_edit_that_is_dropped_never_happened() {
    for (opened, _) in everywhere(&[(0x1000, &counting(1, 64))]) {
        let context = opened.dump.crashed_thread().unwrap();
        let mut edit = opened.dump.edit();
        is_full(edit.write_bytes(PROCESS, 0x1000, &[0xcc; 64]), 64);
        edit.set_register(context, "rip", 1u8).unwrap();
        drop(edit);
        opened.unchanged();
        assert_eq!(read(&opened.dump.edit(), 0x1000), [1, 2, 3, 4]);
    }
}

#[test]
fn reads_through_an_edit_see_its_writes_and_others_do_not() {
    for (opened, _) in everywhere(&[(0x1000, &counting(1, 64))]) {
        let context = opened.dump.crashed_thread().unwrap();
        let mut edit = opened.dump.edit();
        is_full(edit.write_bytes(PROCESS, 0x1002, &[0xcc; 4]), 4);
        edit.set_register(context, "eax", 0x1234u32).unwrap();
        assert_eq!(read(&edit, 0x1000), [1, 2, 0xcc, 0xcc]);
        assert_eq!(read(&edit, 0x1004), [0xcc, 0xcc, 7, 8]);
        assert_eq!(edit.read_register(context, "rax").unwrap().to_u64(), Ok(0x1234));
        assert_eq!(edit.read_register(context, "ah").unwrap().to_u64(), Ok(0x12));
        assert_eq!(read(&opened.dump.edit(), 0x1000), [1, 2, 3, 4]);
        assert_eq!(opened.dump.read_register(context, "rax").unwrap().to_u64(), Ok(0x1111));
        opened.unchanged();
    }
}

#[test]
fn the_later_operation_wins() {
    for (opened, offsets) in everywhere(&[(0x1000, &counting(1, 64))]) {
        let mut edit = opened.dump.edit();
        is_full(edit.write_bytes(PROCESS, 0x1000, &[0xaa; 16]), 16);
        is_full(edit.write_bytes(PROCESS, 0x1004, &[0xbb; 4]), 4);
        is_full(edit.write_bytes(PROCESS, 0x1006, &[0xcc; 20]), 20);
        assert_eq!(edit.changes().len(), 3);
        assert_eq!(
            edit.changes().get(1).unwrap().old,
            [0xaa; 4],
            "the bytes before are those that the edit had"
        );
        let mut expected = [0xaa; 26];
        expected[4..6].fill(0xbb);
        expected[6..].fill(0xcc);
        opened.commits(edit, &[(offsets[0], &expected)]);
    }
}

#[test]
fn flags_and_their_whole_register_follow_one_another_in_order() {
    for (opened, _) in everywhere(&[(0x1000, &[0])]) {
        let context = opened.dump.crashed_thread().unwrap();
        let value = |edit: &Edit| edit.read_register(context, "eflags").unwrap().to_u64().unwrap();
        let mut edit = opened.dump.edit();
        edit.set_register(context, "zf", 1u8).unwrap();
        assert_eq!(value(&edit), 0x40);
        edit.set_register(context, "eflags", 0x202u32).unwrap();
        assert_eq!(value(&edit), 0x202);
        edit.set_register(context, "cf", 1u8).unwrap();
        edit.set_register(context, "if", 0u8).unwrap();
        assert_eq!(value(&edit), 3);
        edit.commit().unwrap();
        assert_eq!(opened.dump.read_register(context, "eflags").unwrap().to_u64(), Ok(3));
    }
}

/// Two copies of 0x1000, and two addresses for the same bytes.
fn awkward() -> Vec<u8> {
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, 0x7000));
    dump.memory(0x1000, &counting(1, 32));
    let rva = dump.memory(0x1000, &counting(1, 32));
    dump.memory_at(0x2000, 16, rva);
    dump.memory_at(0x2010, 16, rva);
    dump.finish()
}

#[test]
fn an_error_leaves_the_edit_as_it_was() {
    for opened in both_ways(awkward()) {
        let context = opened.dump.crashed_thread().unwrap();
        let mut edit = opened.dump.edit_with(EditOptions::default().all_or_nothing(true));
        is_full(edit.write_bytes(PROCESS, 0x1000, &[0xaa; 4]), 4);
        edit.set_register(context, "rax", 0x22u8).unwrap();
        let (changes, notices) = (edit.changes().clone(), edit.notices().to_vec());

        let mut unequal = [0xbb; 32];
        unequal[20] = 0xdd;
        assert!(matches!(edit.write_bytes(PROCESS, 0x2000, &unequal), Err(Error::Conflict { .. })));
        refused(edit.write_bytes(PROCESS, 0x101c, &[0xcc; 8]));
        refused(edit.write_bytes(PROCESS, 0x5000, &[0xcc; 8]));
        refused(edit.set_register(context, "rrr", 1u8));
        refused(edit.set_register(context, "dr0", 1u8));
        assert!(matches!(edit.set_register(context, "al", 256u32), Err(Error::Value(_))));

        assert_eq!((edit.changes(), edit.notices()), (&changes, notices.as_slice()));
        assert_eq!(read(&edit, 0x1000), [0xaa; 4]);
        assert_eq!(read(&edit, 0x101c), [0x1d, 0x1e, 0x1f, 0x20]);
        let receipt = edit.commit().unwrap();
        assert_eq!((receipt.changes, receipt.notices), (changes.clone(), notices));
        let patches: Vec<(u64, &[u8])> =
            changes.iter().map(|change| (change.file_offset, change.new)).collect();
        opened.changed_only(&patches);
    }
}

#[test]
fn expected_bytes_are_checked_in_every_copy() {
    let mut dump = MinidumpBuilder::amd64();
    dump.memory(0x1000, &counting(1, 32));
    let second = dump.memory(0x1000, &counting(2, 32));
    dump.memory(0x2000, &counting(1, 32));
    for opened in both_ways(dump.finish()) {
        let mut edit = opened.dump.edit();
        edit.expect_bytes(PROCESS, 0x2004, &[5, 6]).unwrap();
        match edit.expect_bytes(PROCESS, 0x1004, &[5, 6]) {
            Err(Error::Expect { file_offset, expected, found, .. }) => {
                assert_eq!((file_offset, expected, found), (second + 4, "0506".into(), "0607".into()));
            }
            other => panic!("{other:?}"),
        }
        is_full(edit.write_bytes(PROCESS, 0x1004, &[7, 8]), 2);
        edit.expect_bytes(PROCESS, 0x1004, &[7, 8]).unwrap();
        refused(edit.expect_bytes(PROCESS, 0x5000, &[0]));
    }
}

#[test]
fn an_expected_register_is_checked_in_every_record_that_would_change() {
    let mut dump = MinidumpBuilder::amd64();
    let mut other = amd64_context(amd64::FULL, 0x40_1000, 0x7000);
    dump.thread_with(7, &other);
    crate::support::bytes::Order::Little.put(&mut other, amd64::RAX, 0x2222, 8);
    dump.exception_with(7, &other, 0x40_1000);
    for opened in both_ways(dump.finish()) {
        let crashed = opened.dump.crashed_thread().unwrap();
        let mut edit = opened.dump.edit();
        let exception = crashed.with_record(dumpedit::RecordChoice::Exception);
        edit.expect_register(exception, "rax", 0x2222u32).unwrap();
        edit.expect_register(crashed, "rcx", 0u8).unwrap();
        let error = edit.expect_register(crashed, "rax", 0x2222u32);
        assert!(matches!(error, Err(Error::Expect { .. })), "{error:?}");
    }
}

#[test]
fn dumps_are_send_and_sync_and_edits_are_send_and_borrow_nothing() {
    fn shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    fn sent<T: Send + 'static>(_: &T) {}
    for (opened, offsets) in everywhere(&[(0x1000, &counting(1, 64))]) {
        shared(&opened.dump);
        let mut edit = opened.dump.edit();
        sent(&edit);
        let edit = std::thread::spawn(move || {
            is_full(edit.write_bytes(PROCESS, 0x1000, &[0xcc; 4]), 4);
            edit
        });
        opened.commits(edit.join().unwrap(), &[(offsets[0], &[0xcc; 4])]);
    }
}

#[test]
fn an_edit_outlives_the_dump_that_it_was_made_of() {
    for opened in both_ways(awkward()) {
        let Opened { dump, before, file } = opened;
        let mut edit = dump.edit();
        drop(dump);
        is_full(edit.write_bytes(PROCESS, 0x1000, &[0xcc]), 1);
        let dump = edit.dump().clone();
        edit.commit().unwrap();
        assert_ne!(dump.to_bytes().unwrap(), before);
        drop(file);
    }
}

#[test]
fn clones_share_the_dump() {
    for (opened, offsets) in everywhere(&[(0x1000, &counting(1, 64))]) {
        let clone: Dump = opened.dump.clone();
        let (mut first, mut second) = (clone.edit(), opened.dump.edit());
        is_full(first.write_bytes(PROCESS, 0x1000, &[0xaa; 4]), 4);
        is_full(second.write_bytes(PROCESS, 0x1002, &[0xbb; 4]), 4);
        first.commit().unwrap();
        assert_eq!(read(&opened.dump.edit(), 0x1000), [0xaa; 4]);
        second.commit().unwrap();
        assert_eq!(read(&clone.edit(), 0x1000), [0xaa, 0xaa, 0xbb, 0xbb]);
        opened.changed_only(&[(offsets[0], &[0xaa, 0xaa, 0xbb, 0xbb, 0xbb, 0xbb])]);
    }
}
