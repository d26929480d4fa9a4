//! The default thread, and names of threads.

use dumpedit::{AccessError, Context, RecordChoice, ThreadIndex};

use super::opened::{Opened, both_ways, refused};
use crate::support::elf_builder::{ElfBuilder, prstatus};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};

/// A minidump and a core of threads whose pc is 0x1000 times their number, from 1; `crashed` is an index, from 0.
fn dumps(tids: &[u32], crashed: Option<usize>) -> Vec<Opened> {
    let mut dump = MinidumpBuilder::amd64();
    let mut notes = Vec::new();
    let mut exception = None;
    for (index, &tid) in tids.iter().enumerate() {
        let pc = 0x1000 * (index as u64 + 1);
        let record = dump.thread_with(tid.into(), &amd64_context(amd64::FULL, pc, 0x7000));
        let crashed = crashed == Some(index);
        notes.push(prstatus(tid, if crashed { 11 } else { 0 }, pc, 0x7000));
        exception = exception.or(crashed.then_some((tid, record)));
    }
    if let Some((tid, record)) = exception {
        dump.exception(tid.into(), (amd64::SIZE as u64, record), 0x1000);
    }
    let mut core = ElfBuilder::x86_64();
    core.notes(&notes);
    [dump.finish(), core.finish()].into_iter().flat_map(both_ways).collect()
}

fn at(index: u32) -> Context {
    Context::Thread(ThreadIndex(index), RecordChoice::Auto)
}

#[test]
fn the_thread_is_the_crashed_one_by_default() {
    for opened in dumps(&[10, 11, 12], Some(1)) {
        let crashed = opened.dump.crashed_thread().unwrap();
        assert_eq!(crashed, at(1));
        assert_eq!(opened.dump.read_register(crashed, "pc").unwrap().to_u64(), Ok(0x2000));
    }
}

#[test]
fn of_a_core_the_crashed_thread_is_the_first_prstatus_with_a_signal() {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[
        prstatus(10, 0, 0x1000, 0x7000),
        prstatus(11, 6, 0x2000, 0x7000),
        prstatus(12, 11, 0x3000, 0x7000),
    ]);
    for opened in both_ways(core.finish()) {
        assert_eq!(opened.dump.crashed_thread().unwrap(), at(1));
        assert_eq!(opened.dump.layout().crashed(), Some(ThreadIndex(1)));
    }
}

#[test]
fn else_it_is_the_only_one() {
    for opened in dumps(&[10], None) {
        assert_eq!(opened.dump.crashed_thread().unwrap(), at(0));
        assert_eq!(opened.dump.layout().crashed(), None);
    }
}

#[test]
fn otherwise_an_error_lists_them() {
    for opened in dumps(&[4710, 4711], None) {
        let error = refused(opened.dump.crashed_thread());
        assert_eq!(error, AccessError::NoDefaultThread { tids: vec![4710, 4711], count: 2 });
        assert!(error.to_string().contains("4710 4711"), "{error}");
    }
    for opened in dumps(&[], None) {
        assert_eq!(
            refused(opened.dump.crashed_thread()),
            AccessError::NoDefaultThread { tids: vec![], count: 0 }
        );
    }
}

#[test]
fn a_thread_is_named_by_its_id_or_its_index() {
    for opened in dumps(&[10, 11, 12], Some(1)) {
        assert_eq!(opened.dump.thread(12).unwrap(), at(2));
        assert_eq!(opened.dump.thread_at(2).unwrap(), at(2));
        assert!(matches!(refused(opened.dump.thread(13)), AccessError::NoSuchThreadId { tid: 13, .. }));
        let no_such = AccessError::NoSuchThread { thread: ThreadIndex(3), count: 3 };
        assert_eq!(refused(opened.dump.thread_at(3)), no_such);
    }
}

#[test]
fn a_thread_id_that_occurs_twice_is_an_error_that_lists_indices() {
    for opened in dumps(&[10, 11, 11], Some(0)) {
        let ambiguous =
            AccessError::AmbiguousThreadId { tid: 11, indices: vec![ThreadIndex(1), ThreadIndex(2)] };
        let error = refused(opened.dump.thread(11));
        assert_eq!(error, ambiguous);
        assert!(error.to_string().contains("index:1 index:2"), "{error}");
        let value = opened.dump.read_register(opened.dump.thread_at(2).unwrap(), "pc").unwrap();
        assert_eq!(value.to_u64(), Ok(0x3000));
    }
}
