//! Notes of the BSDs.

use super::*;

#[test]
fn the_process_of_a_bsd_has_its_name_and_the_thread_that_got_its_signal() {
    // `struct elfcore_procinfo` of OpenBSD: cpi_signo, cpi_pid, cpi_name.
    let mut process = vec![0; 104];
    (process[8], process[32]) = (11, 77);
    process[72..76].copy_from_slice(b"prog");
    let noted = Bytes::new(LITTLE_64).note("OpenBSD", 10, &process).note("OpenBSD@501", 20, &[0; 192]).note(
        "OpenBSD@502",
        20,
        &[0; 192],
    );
    let layout = parse(&core(LITTLE_64, AMD64, &[notes(noted)])).unwrap();
    assert_eq!((layout.process().pid, layout.process().name.as_deref()), (Some(77), Some("prog")));
    assert_eq!(layout.crashed(), Some(ThreadIndex(0)));
    assert_eq!(layout.fault().unwrap().name.as_deref(), Some("SIGSEGV"));

    // NetBSD's, where the process got the signal and no single thread (`cpi_siglwp` 0).
    let mut process = vec![0; 160];
    (process[8], process[80]) = (15, 78);
    process[124..128].copy_from_slice(b"prog");
    let noted = Bytes::new(LITTLE_64).note("NetBSD-CORE", 1, &process).note("NetBSD-CORE@3", 33, &[0; 208]);
    let layout = parse(&core(LITTLE_64, AMD64, &[notes(noted)])).unwrap();
    assert_eq!((layout.process().pid, layout.process().name.as_deref()), (Some(78), Some("prog")));
    assert_eq!(layout.crashed(), Some(ThreadIndex(0)));
}

#[test]
fn threads_of_netbsd_have_the_names_of_their_status_and_fields_for_them() {
    // `struct ptrace_lwpstatus`: pl_lwpid, 32 bytes of signals, pl_name, pl_private.
    let status = |lwp: u8, name: &[u8]| {
        let mut status = vec![0; 64];
        (status[0], status[56]) = (lwp, 0x40);
        status[36..36 + name.len()].copy_from_slice(name);
        status
    };
    let mut process = vec![0; 160];
    (process[8], process[80], process[156]) = (11, 78, 4);
    // cpi_sigcode, cpi_ppid, cpi_ruid and cpi_svgid.
    (process[12], process[84], process[96], process[116]) = (1, 12, 13, 14);
    let noted = Bytes::new(LITTLE_64)
        .note("NetBSD-CORE", 1, &process)
        .note("NetBSD-CORE@3", 24, &status(3, b"main"))
        .note("NetBSD-CORE@3", 33, &[0; 208])
        .note("NetBSD-CORE@4", 33, &[1; 208])
        .note("NetBSD-CORE@4", 24, &status(4, b"a name of 20 letters"));
    let bytes = core(LITTLE_64, AMD64, &[notes(noted)]);
    let layout = parse(&bytes).unwrap();
    let names: Vec<_> = layout.threads().iter().map(|thread| thread.name.as_deref()).collect();
    assert_eq!(names, [Some("main"), Some("a name of 20 letters")]);
    assert_eq!(layout.crashed(), Some(ThreadIndex(1)));
    let fields = crate::elf::fields(&bytes, &layout).unwrap();
    let read = |path: &str| {
        let stored = fields.find(path).unwrap_or_else(|| panic!("no {path}")).first().unwrap();
        let at = stored.place.file_offset as usize;
        bytes[at..at + stored.place.size as usize].to_vec()
    };
    assert_eq!(read("thread[3].name").trim_ascii_end(), b"main\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    assert_eq!(read("thread[4].private"), [0x40, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!((read("crash.code"), read("crash.thread")), (vec![11, 0, 0, 0], vec![4, 0, 0, 0]));
    assert_eq!(read("process.id"), [78, 0, 0, 0]);
    let numbers =
        ["crash.si_code", "process.parent", "process.ruid", "process.svgid"].map(|name| read(name)[0]);
    assert_eq!(numbers, [1, 12, 13, 14]);
    assert_eq!(read("note[NT_NETBSDCORE_LWPSTATUS@4]").len(), 64);
    // Registers of a BSD are no `struct elf_prstatus`.
    assert!(fields.find("thread[3].signal").is_none());
}

#[test]
fn what_freebsd_lists_of_the_process_are_modules_and_the_address_of_a_fault() {
    // `struct kinfo_vmentry` up to its path.
    let mapping = |start: u64, end: u64, offset: u64, protection: u32, path: &[u8]| {
        let mut entry = vec![0; 136];
        entry[8..16].copy_from_slice(&start.to_le_bytes());
        entry[16..24].copy_from_slice(&end.to_le_bytes());
        entry[24..32].copy_from_slice(&offset.to_le_bytes());
        entry[56..60].copy_from_slice(&protection.to_le_bytes());
        entry.extend(path);
        entry.resize(entry.len().next_multiple_of(8), 0);
        let size = entry.len() as u32;
        entry[..4].copy_from_slice(&size.to_le_bytes());
        entry
    };
    let mappings = [
        1160u32.to_le_bytes().to_vec(),
        mapping(0x20_0000, 0x20_2000, 0, 1, b"/bin/prog\0"),
        mapping(0x20_2000, 0x20_5000, 0x1000, 5, b"/bin/prog\0"),
        mapping(0x30_0000, 0x30_1000, 0, 3, b""),
    ];
    let mut status = vec![0; 224];
    (status[36], status[40]) = (11, 77);
    // `pl_flags` and, in `pl_siginfo`, si_signo, si_code and si_addr.
    let mut event = vec![0; 164];
    (event[12], event[52], event[60], event[76]) = (0x20, 11, 1, 0x18);
    let noted = Bytes::new(LITTLE_64).note("FreeBSD", 1, &status).note("FreeBSD", 17, &event).note(
        "FreeBSD",
        10,
        &mappings.concat(),
    );
    let layout = parse(&core(LITTLE_64, AMD64, &[notes(noted)])).unwrap();
    let [module] = layout.modules() else { panic!("{:?}", layout.modules()) };
    assert_eq!((module.base, module.size, module.name.as_str()), (0x20_0000, 0x5000, "/bin/prog"));
    let address = NamedAddress { name: "si_addr", address: 0x18 };
    assert_eq!(layout.fault().unwrap().address, Some(address));
}

#[test]
fn netbsd_keeps_the_components_of_the_xsave_area_at_places_of_its_own() {
    // `xs_rfbm`: x87, SSE and AVX.
    let mut area = vec![0; 2384];
    area[0] = 7;
    let noted = Bytes::new(LITTLE_64).note("NetBSD-CORE@1", 33, &[0; 208]).note("NetBSD-CORE@1", 41, &area);
    let layout = parse(&core(LITTLE_64, AMD64, &[notes(noted)])).unwrap();
    let record = &layout.threads()[0].records[0];
    let at = |kind| record.block(kind).map(|block| (block.file_offset, block.size));
    let (legacy, _) = at(BlockKind::XstateLegacy).unwrap();
    assert_eq!(at(BlockKind::XstateHeader), Some((legacy - 8, 8)));
    assert_eq!(at(BlockKind::Xstate(2)), Some((legacy - 16 + 528, 256)));
    assert_eq!(at(BlockKind::Xstate(7)), None);
}

#[test]
fn y_and_gsr_have_32_bits_on_openbsd() {
    const SPARCV9: u16 = 43;
    let mut registers = vec![0; 288];
    registers[24..28].copy_from_slice(&[1, 2, 3, 4]);
    let mut float = vec![0; 272];
    float[264..268].copy_from_slice(&[5, 6, 7, 8]);
    let noted = Bytes::new(BIG_64).note("OpenBSD@9", 20, &registers).note("OpenBSD@9", 21, &float);
    let bytes = core(BIG_64, SPARCV9, &[notes(noted)]);
    let layout = parse(&bytes).unwrap();
    let context = Context::Thread(ThreadIndex(0), RecordChoice::Thread);
    for (name, held) in [("y", [1, 2, 3, 4]), ("gsr.u32.0", [5, 6, 7, 8])] {
        let part = layout.machine().registers().part(name).unwrap();
        let resolved = layout.resolve_part(context, part).unwrap();
        let stored: Vec<u8> = resolved
            .pieces
            .iter()
            .flat_map(|piece| bytes[piece.file_offset as usize..][..piece.size as usize].to_vec())
            .collect();
        assert_eq!(stored, held, "{name}");
    }
}
