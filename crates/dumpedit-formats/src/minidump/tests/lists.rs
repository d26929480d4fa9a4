//! The header, the directory and the lists, whole and damaged.

use super::*;

#[test]
fn both_byte_orders_are_read() {
    for (endian, order) in [(Endian::Little, ByteOrder::Little), (Endian::Big, ByteOrder::Big)] {
        let mut built = Built::new(endian);
        built.system(AMD64);
        let data = built.put([7; 16]);
        built.memory(false, &[(0x7fff_0000_1000, 16, data)]);
        let context = built.amd64(0x10_001f, 0x40_1000);
        built.threads(&[Listed { id: 42, context, ..Listed::default() }]);
        let layout = built.parse();
        assert_eq!((layout.byte_order(), layout.machine()), (order, Machine::Amd64));
        assert_eq!(found(&layout, 0x7fff_0000_1008, 8), (8, vec![u64::from(data) + 8]));
        assert_eq!(layout.threads()[0].tid, 42);
        let rip = register(&layout, 0, RecordChoice::Thread, "rip");
        assert_eq!(rip, Some(vec![u64::from(context.1) + 0xf8]));
        assert!(layout.notices().is_empty(), "{:?}", layout.notices());
    }
}

#[test]
fn a_list_with_padding_after_its_count_is_read_as_one_without() {
    for padded in [false, true] {
        let mut built = Built::new(Endian::Little);
        let data = built.put([1; 8]);
        built.memory(padded, &[(0x1000, 4, data), (0x2000, 4, data + 4)]);
        let layout = built.parse();
        assert_eq!(found(&layout, 0x1000, 4), (4, vec![data.into()]), "padded: {padded}");
        assert_eq!(found(&layout, 0x2000, 4), (4, vec![u64::from(data) + 4]), "padded: {padded}");
    }
}

#[test]
fn a_count_that_exceeds_its_stream_is_cut_to_it_with_a_notice() {
    let mut built = Built::new(Endian::Little);
    let data = built.put([1; 8]);
    built.stream(MEMORY, numbers!(Endian::Little, u32::MAX, 0x1000u64, 8u32, data));
    let layout = built.parse();
    assert_eq!(found(&layout, 0x1000, 8).0, 8);
    assert_eq!(regions(&layout).len(), 1);
    tells(&layout, NoticeKind::ListExceedsStream, None);
}

#[test]
fn a_checksum_and_repeated_streams_are_noticed_and_unknown_streams_named() {
    let mut built = Built::new(Endian::Little);
    built.checksum = 7;
    built.stream(0xabcd_0001, [0; 4]);
    built.stream(0x4767_0004, [0; 4]);
    built.stream(0, []);
    built.directory.push(built.directory[0]);
    let layout = built.parse();
    tells(&layout, NoticeKind::HeaderChecksum, None);
    tells(&layout, NoticeKind::StreamRepeated, 1);
    assert_eq!(layout.untouched(), ["stream 0xabcd0001", "LinuxProcStatus"]);
}

#[test]
fn a_second_list_that_does_not_fit_its_stream_is_left_out() {
    let mut built = Built::new(Endian::Little);
    built.threads(&[Listed { id: 1, ..Listed::default() }]);
    let mut stray = numbers!(Endian::Little, 32u32);
    stray.resize(176, 0x55);
    built.stream(THREADS, stray);
    let layout = built.parse();
    assert_eq!(layout.threads().iter().map(|thread| thread.tid).collect::<Vec<_>>(), [1]);
    tells(&layout, NoticeKind::SecondList, 1);
}

#[test]
fn a_header_or_directory_that_is_not_in_the_file_is_an_error_that_names_it() {
    let mut built = Built::new(Endian::Little);
    built.memory(false, &[]);
    let bytes = built.finish();
    let broken = |bytes: &[u8]| match parse(bytes).unwrap_err() {
        FormatError::Broken { structure, file_offset, .. } => (structure, file_offset),
        other => panic!("{other}"),
    };
    assert_eq!(broken(&bytes[..31]), ("the header (MINIDUMP_HEADER)", 0));
    assert_eq!(broken(&bytes[..40]), ("the stream directory (MINIDUMP_DIRECTORY)", 36));
}
