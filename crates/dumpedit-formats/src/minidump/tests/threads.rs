//! Threads, their names and their exceptions.

use super::*;

#[test]
fn threads_have_names_and_the_crashed_one_an_exception_record() {
    let mut built = Built::new(Endian::Little);
    built.system(AMD64);
    let own = built.amd64(0x10_001f, 0x1111);
    let crash = built.amd64(0x10_001f, 0x2222);
    built.threads(&[
        Listed { id: 5, ..Listed::default() },
        Listed { id: 6, context: own, ..Listed::default() },
    ]);
    built.exception(6, 0x2222, crash);
    built.exception(5, 0x3333, own);
    let name = built.string("wörker");
    built.stream(THREAD_NAMES, numbers!(Endian::Little, 1u32, 6u32, u64::from(name)));
    let layout = built.parse();
    let threads = layout.threads();
    assert_eq!((threads[0].name.as_deref(), threads[1].name.as_deref()), (None, Some("wörker")));
    assert_eq!(layout.crashed(), Some(ThreadIndex(1)));
    let fault = layout.fault().unwrap();
    assert_eq!(
        (fault.code, fault.address),
        (0xc000_0005, Some(NamedAddress { name: "ExceptionAddress", address: 0x2222 }))
    );
    let kinds: Vec<_> =
        threads[1].records.iter().map(|record| (record.kind, record.place().file_offset)).collect();
    assert_eq!(kinds, [(RecordKind::Thread, own.1.into()), (RecordKind::Exception, crash.1.into())]);
    assert!(threads[0].record(RecordKind::Thread).is_none());
    assert!(threads[0].record(RecordKind::Exception).is_some());
    let rip = register(&layout, 1, RecordChoice::Auto, "rip");
    assert_eq!(rip, Some(vec![u64::from(crash.1) + 0xf8]));
}

#[test]
fn an_exception_of_a_thread_that_is_not_listed_is_noticed_and_its_registers_can_be_had() {
    let mut built = Built::new(Endian::Little);
    built.system(AMD64);
    let crash = built.amd64(0x10_001f, 0x2222);
    built.exception(99, 0x2222, crash);
    let layout = built.parse();
    tells(&layout, NoticeKind::ExceptionOfUnlistedThread, 1);
    assert_eq!((layout.threads()[0].tid, layout.crashed()), (99, Some(ThreadIndex(0))));
    assert!(register(&layout, 0, RecordChoice::Auto, "rip").is_some());
}

#[test]
fn a_thread_that_two_lists_have_is_one_thread() {
    let mut built = Built::new(Endian::Little);
    built.system(AMD64);
    let context = built.amd64(0x10_001f, 0);
    let one = Listed { id: 1, context, ..Listed::default() };
    built.threads(&[one]);
    built.threads(&[one, Listed { id: 2, ..Listed::default() }]);
    let layout = built.parse();
    assert_eq!(layout.threads().iter().map(|thread| thread.tid).collect::<Vec<_>>(), [1, 2]);
    tells(&layout, NoticeKind::ThreadListedTwice, 1);
}
