//! Threads, their registers and their signals.

use super::*;

#[test]
fn registers_that_another_system_wrote_are_not_said_to_be_missing() {
    let mut status = Bytes::new(LITTLE_64).int(1).int(0).bytes;
    status.resize(224, 0);
    let noted = Bytes::new(LITTLE_64).note("FreeBSD", 1, &status);
    let layout = parse(&core(LITTLE_64, RISCV, &[notes(noted)])).unwrap();
    let part = layout.machine().registers().part("pc").unwrap();
    let error = layout.resolve_part(Context::Thread(ThreadIndex(0), RecordChoice::Auto), part).unwrap_err();
    assert!(
        error.to_string().contains("registers of riscv64 as freebsd writes them are not supported"),
        "{error}"
    );
}

#[test]
fn a_register_note_of_another_size_than_the_table_knows_is_left_alone() {
    let read = |status_size: usize, float_size: usize| {
        let mut status = status(11, 5, 0x1234);
        status.resize(status_size, 0);
        let noted = Bytes::new(LITTLE_64).note("CORE", 1, &status).note("CORE", 2, &vec![0; float_size]);
        parse(&core(LITTLE_64, AMD64, &[notes(noted)])).unwrap()
    };
    let holds = |layout: &Layout, register: &str| {
        let part = layout.machine().registers().part(register).unwrap();
        layout.resolve_part(Context::Thread(ThreadIndex(0), RecordChoice::Auto), part).is_ok()
    };
    let told = |layout: &Layout| {
        let mut notices = layout.notices().iter();
        notices.find(|notice| notice.kind == NoticeKind::RegisterNoteSize).and_then(|notice| notice.count)
    };
    let usual = read(336, 512);
    assert!(holds(&usual, "rip") && holds(&usual, "xmm0") && told(&usual).is_none());
    // Padding at the end of a note changes nothing; the size of a status does.
    assert!(holds(&read(336, 504), "xmm0"));
    for size in [296, 328, 340, 344] {
        let layout = read(size, 512);
        assert_eq!((holds(&layout, "rip"), holds(&layout, "xmm0"), told(&layout)), (false, true, Some(1)));
        assert_eq!(layout.threads()[0].tid, 5);
        assert_eq!(layout.untouched(), ["CORE NT_PRSTATUS"]);
    }
    for size in [108, 264, 1024] {
        let layout = read(336, size);
        assert_eq!((holds(&layout, "rip"), holds(&layout, "xmm0"), told(&layout)), (true, false, Some(1)));
    }
}

#[test]
fn a_riscv32_with_single_precision_alone_has_floats_of_32_bits() {
    const LITTLE_32: Encoding = Encoding { wide: false, ..LITTLE_64 };
    let mut floats = vec![0; 132];
    floats[4 * 17..][..4].copy_from_slice(&0x3fc0_0000u32.to_le_bytes());
    floats[128..].copy_from_slice(&5u32.to_le_bytes());
    let noted = Bytes::new(LITTLE_32).note("CORE", 1, &vec![0; 204]).note("CORE", 2, &floats);
    let file = core(LITTLE_32, RISCV, &[notes(noted)]);
    let layout = parse(&file).unwrap();
    assert_eq!(register(&file, &layout, 0, "fa7l"), Some(0x3fc0_0000));
    assert_eq!(register(&file, &layout, 0, "fcsr"), Some(5));
    assert_eq!(register(&file, &layout, 0, "fa7"), None);
}

#[test]
fn the_first_thread_with_a_signal_crashed_and_its_siginfo_says_where() {
    let mut siginfo = vec![0; 128];
    siginfo[0] = 11;
    siginfo[8] = 1;
    siginfo[16..24].copy_from_slice(&0xdead_0000u64.to_le_bytes());
    let mut process = vec![0; 136];
    process[24] = 5;
    process[40..45].copy_from_slice(b"prog\0");
    let noted = |siginfo: &[u8]| {
        let noted = Bytes::new(LITTLE_64)
            .note("CORE", 3, &process)
            .note("CORE", 1, &status(0, 4, 0x10))
            .note("CORE", 1, &status(11, 5, 0x20))
            .note("CORE", SIGINFO, siginfo)
            .note("CORE", 1, &status(11, 5, 0x30));
        let file = core(LITTLE_64, AMD64, &[notes(noted)]);
        (parse(&file).unwrap(), file)
    };
    let (layout, file) = noted(&siginfo);
    assert_eq!(layout.crashed(), Some(ThreadIndex(1)));
    assert_eq!(layout.fault().unwrap().code, 11);
    assert_eq!(layout.fault().unwrap().address, Some(NamedAddress { name: "si_addr", address: 0xdead_0000 }));
    assert_eq!(layout.threads()[0].name, None);
    assert_eq!(layout.threads()[1].name.as_deref(), Some("prog"));
    assert_eq!(register(&file, &layout, 2, "rip"), Some(0x30));
    assert_eq!(layout.os(), Some("linux"));

    // A signal that a process sent has no address.
    siginfo[8..12].copy_from_slice(&(-6i32).to_le_bytes());
    let (layout, _) = noted(&siginfo);
    assert_eq!(layout.fault().unwrap().address, None);
}

#[test]
fn floating_point_and_xsave_notes_belong_to_the_thread_before_them() {
    let mut area = vec![0; 832];
    area[464] = 7;
    let noted = Bytes::new(LITTLE_64)
        .note("CORE", 1, &status(0, 1, 0))
        .note("CORE", 2, &[0; 512])
        .note("LINUX", 0x202, &area)
        .note("CORE", 1, &status(0, 2, 0))
        .note("CORE", 2, &[0; 512]);
    let layout = parse(&core(LITTLE_64, AMD64, &[notes(noted)])).unwrap();
    let registers = layout.machine().registers();
    let holds =
        |thread: usize, name: &str| layout.threads()[thread].records[0].holds(registers.part(name).unwrap());
    assert!(holds(0, "ymm15") && holds(0, "xmm0") && !holds(0, "zmm0"));
    assert!(!holds(1, "ymm15") && holds(1, "xmm0") && holds(1, "rip"));
}

#[test]
fn the_layout_of_the_xsave_area_is_believed_where_the_dump_has_it() {
    let component = |kind, size, offset| Bytes::new(LITTLE_64).int(kind).int(size).int(offset).int(0).bytes;
    let listed = [component(2, 256, 576), component(9, 8, 1000)].concat();
    let mut area = vec![0; 1008];
    area[464..472].copy_from_slice(&0x207u64.to_le_bytes());
    let noted = Bytes::new(LITTLE_64)
        .note("CORE", 1, &status(0, 1, 0))
        .note("LINUX", 0x202, &area)
        .note("LINUX", 0x205, &listed);
    let layout = parse(&core(LITTLE_64, AMD64, &[notes(noted)])).unwrap();
    let record = &layout.threads()[0].records[0];
    let legacy = record.block(BlockKind::XstateLegacy).unwrap();
    let pkru = record.block(BlockKind::Xstate(9)).unwrap();
    assert_eq!(pkru.file_offset - legacy.file_offset, 1000);
}

#[test]
fn threads_of_the_bsds_are_listed() {
    let mut process = vec![0; 160];
    process[8] = 11;
    process[156] = 2;
    let noted = Bytes::new(LITTLE_64)
        .note("NetBSD-CORE", 1, &process)
        .note("NetBSD-CORE@1", 33, &[0; 208])
        .note("NetBSD-CORE@1", 35, &[0; 512])
        .note("NetBSD-CORE@2", 33, &[0; 208]);
    let layout = parse(&core(LITTLE_64, AMD64, &[notes(noted)])).unwrap();
    let tids: Vec<_> = layout.threads().iter().map(|thread| thread.tid).collect();
    assert_eq!(tids, [1, 2]);
    assert_eq!(layout.crashed(), Some(ThreadIndex(1)));
    assert_eq!(layout.os(), Some("netbsd"));
    assert!(layout.untouched().is_empty());

    let mut status = vec![0; 80];
    (status[36], status[40]) = (6, 77);
    let noted = Bytes::new(LITTLE_64).note("FreeBSD", 1, &status).note("FreeBSD", 7, b"worker\0\0");
    let layout = parse(&core(LITTLE_64, AMD64, &[notes(noted)])).unwrap();
    assert_eq!(layout.threads()[0].tid, 77);
    assert_eq!(layout.threads()[0].name.as_deref(), Some("worker"));
    assert_eq!(layout.fault().unwrap().code, 6);
}

#[test]
fn a_thread_of_mips_without_fr_keeps_odd_floats_in_the_even_ones_and_the_dump_says_so() {
    const MIPS: u16 = 8;
    for (sr, expected) in [(0u32, 1), (1 << 26, 0)] {
        let mut status = vec![0; 256];
        status[240..244].copy_from_slice(&sr.to_be_bytes());
        let noted = Bytes::new(BIG_32).note("CORE", 1, &status).note("CORE", 2, &[0; 264]);
        let layout = parse(&core(BIG_32, MIPS, &[notes(noted)])).unwrap();
        let told = layout.notices().iter().filter(|notice| notice.kind == NoticeKind::PairedFloats);
        assert_eq!(told.count(), expected, "{sr:#x}");
    }
}
