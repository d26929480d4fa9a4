//! The walk over cores that are put together byte by byte.

use dumpedit_layout::{
    Access, AccessError, BlockKind, Context, Layout, NamedAddress, NoticeKind, RecordChoice, Region,
    StopReason, ThreadIndex,
};
use object::endian::{Endian, Endianness};

use super::recognizes;
use crate::FormatError;
use crate::encoding::Encoding;

const LITTLE_64: Encoding = Encoding { order: Endianness::Little, wide: true };
const BIG_64: Encoding = Encoding { order: Endianness::Big, wide: true };
const BIG_32: Encoding = Encoding { order: Endianness::Big, wide: false };

const AMD64: u16 = 62;
const PPC: u16 = 20;
const RISCV: u16 = 243;
const OPENRISC: u16 = 92;

const LOAD: u32 = 1;
const NOTE: u32 = 4;

fn parse(bytes: &[u8]) -> Result<Layout, FormatError> {
    super::parse(bytes, |_| ())
}

/// The name of the mapping at an address.
fn name_at(layout: &Layout, address: u64) -> Option<&str> {
    layout.mapping_at(address)?.name.as_deref()
}

/// Puts numbers together in an encoding.
#[derive(Clone)]
struct Bytes {
    encoding: Encoding,
    bytes: Vec<u8>,
}

impl Bytes {
    fn new(encoding: Encoding) -> Bytes {
        Bytes { encoding, bytes: Vec::new() }
    }

    fn raw(mut self, bytes: &[u8]) -> Bytes {
        self.bytes.extend(bytes);
        self
    }

    fn half(self, value: u16) -> Bytes {
        let bytes = self.encoding.order.write_u16(value);
        self.raw(&bytes)
    }

    fn int(self, value: u32) -> Bytes {
        let bytes = self.encoding.order.write_u32(value);
        self.raw(&bytes)
    }

    fn word(self, value: u64) -> Bytes {
        if self.encoding.wide {
            let bytes = self.encoding.order.write_u64(value);
            self.raw(&bytes)
        } else {
            self.int(value as u32)
        }
    }

    fn words(self, values: &[u64]) -> Bytes {
        values.iter().fold(self, |bytes, value| bytes.word(*value))
    }

    fn note(self, namespace: &str, kind: u32, descriptor: &[u8]) -> Bytes {
        self.aligned_note(namespace, kind, descriptor, 4)
    }

    fn aligned_note(mut self, namespace: &str, kind: u32, descriptor: &[u8], unit: usize) -> Bytes {
        self = self.int(namespace.len() as u32 + 1).int(descriptor.len() as u32).int(kind);
        self = self.raw(namespace.as_bytes()).raw(&[0]).padded(unit).raw(descriptor);
        self.padded(unit)
    }

    fn padded(mut self, unit: usize) -> Bytes {
        self.bytes.resize(self.bytes.len().next_multiple_of(unit), 0);
        self
    }
}

#[derive(Clone)]
struct Segment {
    kind: u32,
    flags: u32,
    address: u64,
    memory_size: u64,
    file_size: u64,
    align: u64,
    bytes: Vec<u8>,
}

fn load(address: u64, memory_size: u64, bytes: &[u8]) -> Segment {
    let file_size = bytes.len() as u64;
    Segment { kind: LOAD, flags: 5, address, memory_size, file_size, align: 0x1000, bytes: bytes.to_vec() }
}

fn notes(bytes: Bytes) -> Segment {
    Segment { kind: NOTE, flags: 0, align: 4, ..load(0, 0, &bytes.bytes) }
}

/// A core of those segments, whose bytes follow the program headers in order.
fn core(encoding: Encoding, machine: u16, segments: &[Segment]) -> Vec<u8> {
    core_of_type(4, encoding, machine, segments)
}

fn core_of_type(file_type: u16, encoding: Encoding, machine: u16, segments: &[Segment]) -> Vec<u8> {
    let (header_size, entry_size) = if encoding.wide { (64, 56) } else { (52, 32) };
    let big = encoding.order == Endianness::Big;
    let ident = [0x7f, b'E', b'L', b'F', 1 + u8::from(encoding.wide), 1 + u8::from(big), 1, 0];
    let mut file = Bytes::new(encoding)
        .raw(&ident)
        .raw(&[0; 8])
        .half(file_type)
        .half(machine)
        .int(1)
        .words(&[0, header_size, 0])
        .int(0)
        .half(header_size as u16)
        .half(entry_size)
        .half(segments.len() as u16)
        .half(0)
        .half(0)
        .half(0);
    let mut offset = header_size + u64::from(entry_size) * segments.len() as u64;
    for segment in segments {
        file = file.int(segment.kind);
        if encoding.wide {
            file = file.int(segment.flags);
        }
        file = file.words(&[offset, segment.address, 0, segment.file_size, segment.memory_size]);
        if !encoding.wide {
            file = file.int(segment.flags);
        }
        file = file.word(segment.align);
        offset += segment.bytes.len() as u64;
    }
    segments.iter().fold(file, |file, segment| file.raw(&segment.bytes)).bytes
}

fn regions(layout: &Layout) -> Vec<Region> {
    layout.regions().collect()
}

fn notices(layout: &Layout) -> Vec<NoticeKind> {
    layout.notices().iter().map(|notice| notice.kind).collect()
}

/// A `struct elf_prstatus` of AMD64 in which only the signal, the id and rip are set.
fn status(signal: u16, tid: u32, rip: u64) -> Vec<u8> {
    let mut bytes = vec![0; 336];
    bytes[12..14].copy_from_slice(&signal.to_le_bytes());
    bytes[32..36].copy_from_slice(&tid.to_le_bytes());
    bytes[240..248].copy_from_slice(&rip.to_le_bytes());
    bytes
}

/// The value of a 64-bit register, by the file bytes that the layout gives for it.
fn register(file: &[u8], layout: &Layout, thread: u32, name: &str) -> Option<u64> {
    let part = layout.machine().registers().part(name).unwrap();
    let context = Context::Thread(ThreadIndex(thread), RecordChoice::Auto);
    let resolved = layout.resolve_part(context, part).ok()?;
    let first = &resolved.reads()[0];
    let at = first.file_offset as usize;
    Some(u64::from_le_bytes(file[at..at + 8].try_into().unwrap()))
}

/// NT_FILE of mappings (start, end, page) and their names, in pages of 4096 bytes.
fn file_note(mappings: &[(u64, u64, u64, &str)]) -> Vec<u8> {
    let mut bytes = Bytes::new(LITTLE_64).words(&[mappings.len() as u64, 4096]);
    for (start, end, page, _) in mappings {
        bytes = bytes.words(&[*start, *end, *page]);
    }
    mappings.iter().fold(bytes, |bytes, (.., name)| bytes.raw(name.as_bytes()).raw(&[0])).bytes
}

const FILE: u32 = 0x4649_4c45;
const SIGINFO: u32 = 0x5349_4749;

/// The first page of a module of `size` bytes, with a build id.
fn module_page(size: u64, id: &[u8]) -> Vec<u8> {
    let note = Bytes::new(LITTLE_64).note("GNU", 3, id);
    let mut first = load(0, size, &[]);
    first.flags = 5;
    let mut noted = notes(note.clone());
    noted.address = 64 + 2 * 56;
    let mut page = core_of_type(3, LITTLE_64, AMD64, &[first, noted]);
    // The first segment begins with the header.
    page[64 + 8..64 + 16].fill(0);
    page.resize(4096, 0);
    page
}

#[test]
fn only_elf_is_recognized_and_only_cores_are_read() {
    let executable = core_of_type(2, LITTLE_64, AMD64, &[]);
    assert!(recognizes(&executable));
    assert!(!recognizes(b"MDMP"));
    for (file_type, kind) in [
        (1, "an ELF object file"),
        (2, "an ELF executable"),
        (3, "an ELF shared library or position-independent executable"),
        (9, "an ELF file of an unknown type"),
    ] {
        let error = parse(&core_of_type(file_type, LITTLE_64, AMD64, &[])).unwrap_err();
        assert_eq!(error, FormatError::NotACore { kind });
    }
}

#[test]
fn memory_of_both_classes_and_byte_orders_is_found() {
    for (encoding, machine, width) in [(LITTLE_64, AMD64, 8), (BIG_64, 21, 8), (BIG_32, PPC, 4)] {
        let file = core(encoding, machine, &[load(0x1000, 0x2000, b"abcd"), load(0x8000, 0x1000, &[])]);
        let layout = parse(&file).unwrap();
        assert_eq!(layout.pointer_width(), width);
        let regions = regions(&layout);
        let shape: Vec<_> =
            regions.iter().map(|region| (region.start, region.size, region.captured)).collect();
        assert_eq!(shape, [(0x1000, 0x2000, 4), (0x8000, 0x1000, 0)]);
        let offset = regions[0].file_offsets[0] as usize;
        assert_eq!(&file[offset..offset + 4], b"abcd");
        assert_eq!(regions[0].protection.unwrap().to_string(), "r-x");
        assert_eq!(layout.absence(0x1004), StopReason::NotCaptured);
        assert_eq!(layout.absence(0x4000), StopReason::Unmapped);
    }
}

#[test]
fn a_count_that_does_not_fit_stands_in_section_0() {
    let mut file = core(LITTLE_64, AMD64, &[load(0x1000, 0x1000, b"abcd")]);
    let section = file.len() as u64;
    file[56..58].copy_from_slice(&0xffffu16.to_le_bytes());
    file[40..48].copy_from_slice(&section.to_le_bytes());
    file[58..60].copy_from_slice(&64u16.to_le_bytes());
    file[60..62].copy_from_slice(&1u16.to_le_bytes());
    let whole = Bytes::new(LITTLE_64).raw(&[0; 44]).int(1).raw(&[0; 16]).bytes;
    file.extend(whole);
    let layout = parse(&file).unwrap();
    assert_eq!(regions(&layout).len(), 1);
    assert_eq!(notices(&layout), []);

    file.truncate(section as usize + 10);
    let layout = parse(&file).unwrap();
    assert!(layout.resolve(Context::Process, 0x1000.into(), 4, Access::Read).unwrap().outcome.is_full());
    assert!(notices(&layout).contains(&NoticeKind::ProgramHeaderCountLost));
}

#[test]
fn a_file_may_be_cut_anywhere_behind_its_header() {
    let noted = Bytes::new(LITTLE_64).note("CORE", 1, &status(11, 7, 0x401000));
    let segments = [notes(noted), load(0x1000, 0x1000, b"abcdefgh")];
    let file = core(LITTLE_64, AMD64, &segments);
    for length in 0..64 {
        let error = parse(&file[..length]).unwrap_err();
        assert!(matches!(error, FormatError::Broken { structure: "ELF header", .. }), "{length}");
    }
    let in_headers = parse(&file[..64 + 56 + 3]).unwrap();
    assert!(notices(&in_headers).contains(&NoticeKind::ProgramHeadersCutOff));
    let in_notes = parse(&file[..64 + 2 * 56 + 20 + 60]).unwrap();
    assert!(notices(&in_notes).contains(&NoticeKind::NoteSegmentCutOff));
    assert_eq!(in_notes.threads()[0].tid, 7);
    assert_eq!(in_notes.absence(0x1000), StopReason::EndOfFile);
    let in_memory = &file[..file.len() - 3];
    let in_memory = parse(in_memory).unwrap();
    assert_eq!(regions(&in_memory)[0].captured, 5);
    assert_eq!(in_memory.absence(0x1005), StopReason::EndOfFile);
}

#[test]
fn a_segment_may_end_at_the_end_of_the_address_space() {
    let last = load(u64::MAX - 3, 4, b"abcd");
    let past = load(u64::MAX - 7, 64, b"efgh");
    let layout = parse(&core(LITTLE_64, AMD64, &[last, past])).unwrap();
    assert_eq!(layout.captured_bytes(), 8);
    assert!(notices(&layout).contains(&NoticeKind::MemoryPastLastAddress));
}

#[test]
fn all_that_a_segment_stores_is_captured_though_it_maps_less() {
    let layout = parse(&core(LITTLE_64, AMD64, &[load(0x1000, 4, b"abcdefgh")])).unwrap();
    assert_eq!(layout.captured_bytes(), 8);
    assert_eq!(regions(&layout)[0].size, 8);
    assert!(notices(&layout).contains(&NoticeKind::SegmentStoresMore));
}

#[test]
fn program_headers_whose_number_is_cut_off_are_read_up_to_the_first_segment_s_bytes() {
    const COUNT: usize = 70_000;
    let segments: Vec<Segment> = (0..COUNT as u64).map(|index| load(index << 16, 1, b"x")).collect();
    let mut file = core(LITTLE_64, AMD64, &segments);
    file[56..58].copy_from_slice(&0xffffu16.to_le_bytes());
    let layout = parse(&file).unwrap();
    assert_eq!(layout.captured_bytes(), COUNT as u64);
    assert!(notices(&layout).contains(&NoticeKind::ProgramHeaderCountLost));
}

#[test]
fn a_machine_that_is_not_known_is_named_by_its_number() {
    let layout = parse(&core(LITTLE_64, 0x1234, &[load(0x1000, 4, b"abcd")])).unwrap();
    assert_eq!(layout.machine(), dumpedit_layout::Machine::Unknown);
    assert!(notices(&layout).contains(&NoticeKind::UnknownMachine));
}

#[test]
fn addresses_that_stand_for_several_physical_pages_are_read_and_not_written() {
    let file = |places: [u64; 2]| {
        let mut file = core(LITTLE_64, AMD64, &[load(0, 8, b"abcdefgh"), load(4, 8, b"ijklmnop")]);
        for (index, place) in places.into_iter().enumerate() {
            let at = 64 + 56 * index + 24;
            file[at..at + 8].copy_from_slice(&place.to_le_bytes());
        }
        file
    };
    let write = |places, address: u64, size| {
        let layout = parse(&file(places)).unwrap();
        layout.resolve(Context::Process, address.into(), size, Access::Read).unwrap();
        layout.resolve(Context::Process, address.into(), size, Access::Write).err()
    };
    let several = |address| Some(AccessError::SeveralPages { address });
    assert_eq!(write([0, 0x10_0000], 0, 8), several(4));
    assert_eq!(write([0, 0x10_0000], 6, 4), several(6));
    assert_eq!(write([0, 0x10_0000], 0, 4), None);
    assert_eq!(write([0, 0x10_0000], 8, 4), None);
    // The same page twice, and no physical addresses at all.
    assert_eq!(write([0x1000, 0x1004], 0, 8), None);
    assert_eq!(write([0, 0], 0, 8), None);
}

#[test]
fn registers_that_another_system_wrote_are_not_said_to_be_missing() {
    let mut status = Bytes::new(LITTLE_64).int(1).int(0).bytes;
    status.resize(224, 0);
    let noted = Bytes::new(LITTLE_64).note("FreeBSD", 1, &status);
    let layout = parse(&core(LITTLE_64, RISCV, &[notes(noted)])).unwrap();
    let part = layout.machine().registers().part("pc").unwrap();
    let error = layout.resolve_part(Context::Thread(ThreadIndex(0), RecordChoice::Auto), part).unwrap_err();
    assert!(
        error.to_string().contains("no table knows how freebsd writes the registers of riscv64"),
        "{error}"
    );
}

#[test]
fn the_tables_and_the_notes_are_structures() {
    let mut stolen = load(0x1000, 0x1000, &[]);
    stolen.file_size = 4096;
    let file = core(LITTLE_64, AMD64, &[notes(Bytes::new(LITTLE_64).note("X", 1, &[0; 64])), stolen]);
    let mut shifted = file.clone();
    // The segment's bytes begin with the file.
    shifted[64 + 56 + 8..64 + 56 + 16].fill(0);
    let layout = parse(&shifted).unwrap();
    for offset in [0, 63, 64, 64 + 2 * 56, file.len() as u64 - 1] {
        let at = (0x1000 + offset).into();
        assert!(layout.resolve(Context::Process, at, 1, Access::Write).is_err(), "{offset}");
        assert!(layout.resolve(Context::Process, at, 1, Access::Read).is_ok(), "{offset}");
    }
}

#[test]
fn notes_of_a_segment_may_be_padded_each_in_its_own_way() {
    for units in [[8, 4, 8], [4, 8, 4], [8, 8, 4], [4, 4, 8], [4, 4, 4], [8, 8, 8]] {
        let [first, second, third] = units;
        let three = Bytes::new(LITTLE_64)
            .aligned_note("CORE", 1, &status(0, 1, 0x10), first)
            .aligned_note("LINUX", 0x999, &[1], second)
            .aligned_note("CORE", 1, &status(0, 2, 0x20), third);
        let file = core(LITTLE_64, AMD64, &[Segment { align: 8, ..notes(three) }]);
        let layout = parse(&file).unwrap();
        let found: Vec<_> = (0..2).map(|thread| register(&file, &layout, thread, "rip")).collect();
        assert_eq!(found, [Some(0x10), Some(0x20)], "{units:?}");
    }
}

#[test]
fn notes_are_found_at_any_alignment() {
    let two = |unit| {
        Bytes::new(LITTLE_64)
            .aligned_note("CORE", 1, &status(0, 1, 0x10), unit)
            .aligned_note("LINUX", 0x999, &[1], unit)
            .aligned_note("CORE", 1, &status(0, 2, 0x20), unit)
    };
    for (claimed, unit) in [(0, 4), (1, 4), (4, 4), (8, 8), (8, 4), (4096, 4)] {
        let segment = Segment { align: claimed, ..notes(two(unit)) };
        let file = core(LITTLE_64, AMD64, &[segment]);
        let layout = parse(&file).unwrap();
        let found: Vec<_> = (0..2).map(|thread| register(&file, &layout, thread, "rip")).collect();
        assert_eq!(found, [Some(0x10), Some(0x20)], "{claimed} {unit}");
        assert_eq!(layout.untouched(), ["LINUX 0x999"]);
        assert_eq!(notices(&layout), []);
    }
}

#[test]
fn notes_of_several_segments_are_read_once() {
    let one = notes(Bytes::new(LITTLE_64).note("CORE", 1, &status(0, 1, 0)));
    let two = notes(Bytes::new(LITTLE_64).note("CORE", 1, &status(0, 2, 0)));
    let mut file = core(LITTLE_64, AMD64, &[one.clone(), two.clone(), two]);
    let tids =
        |file: &[u8]| parse(file).unwrap().threads().iter().map(|thread| thread.tid).collect::<Vec<_>>();
    assert_eq!(tids(&file), [1, 2, 2]);
    // The third segment takes the bytes of the second.
    let (second, third) = (64 + 56 + 8, 64 + 2 * 56 + 8);
    file.copy_within(second..second + 8, third);
    assert_eq!(tids(&file), [1, 2]);
    assert!(notices(&parse(&file).unwrap()).contains(&NoticeKind::NoteSegmentRepeated));
}

#[test]
fn a_note_of_impossible_size_ends_its_segment_alone() {
    let mut hostile = Bytes::new(LITTLE_64).note("CORE", 1, &status(0, 1, 0)).note("CORE", 1, &[]);
    let at = hostile.bytes.len() - 20;
    hostile.bytes[at + 4..at + 8].fill(0xff);
    let good = Bytes::new(LITTLE_64).note("CORE", 1, &status(0, 2, 0));
    let layout = parse(&core(LITTLE_64, AMD64, &[notes(hostile), notes(good)])).unwrap();
    let tids: Vec<_> = layout.threads().iter().map(|thread| thread.tid).collect();
    assert_eq!(tids, [1, 2]);
    assert!(notices(&layout).contains(&NoticeKind::NoteSegmentBroken));
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

    // A signal that was sent has no address.
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
fn notes_without_a_table_are_named_once_with_their_number() {
    let noted =
        Bytes::new(BIG_32).note("CORE", 1, &[0; 216]).note("LINUX", 0x100, &[]).note("LINUX", 0x100, &[]);
    let layout = parse(&core(BIG_32, OPENRISC, &[notes(noted)])).unwrap();
    assert_eq!(layout.untouched(), ["CORE NT_PRSTATUS", "LINUX NT_PPC_VMX (2 notes)"]);
    assert_eq!(layout.threads().len(), 1);
    assert!(layout.threads()[0].records.is_empty());
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

    // That of NetBSD, whose process got the signal and no thread of it (`cpi_siglwp` 0).
    let mut process = vec![0; 160];
    (process[8], process[80]) = (15, 78);
    process[124..128].copy_from_slice(b"prog");
    let noted = Bytes::new(LITTLE_64).note("NetBSD-CORE", 1, &process).note("NetBSD-CORE@3", 33, &[0; 208]);
    let layout = parse(&core(LITTLE_64, AMD64, &[notes(noted)])).unwrap();
    assert_eq!((layout.process().pid, layout.process().name.as_deref()), (Some(78), Some("prog")));
    assert_eq!(layout.crashed(), Some(ThreadIndex(0)));
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

#[test]
fn modules_are_the_executable_mappings_of_files_and_those_that_begin_with_a_header() {
    let noted = Bytes::new(LITTLE_64).note(
        "CORE",
        FILE,
        &file_note(&[
            (0x40_0000, 0x40_1000, 0, "/bin/prog"),
            (0x40_2000, 0x40_3000, 1, "/bin/prog"),
            (0x50_0000, 0x50_1000, 0, "/share/data"),
            (0x60_1000, 0x60_2000, 1, "/lib/nohead.so"),
        ]),
    );
    let page = module_page(0x3000, &[0xab, 0xcd]);
    let mut data = load(0x50_0000, 0x1000, b"data");
    data.flags = 4;
    let segments = [notes(noted), load(0x40_0000, 0x1000, &page), data, load(0x60_1000, 0x1000, &[])];
    let layout = parse(&core(LITTLE_64, AMD64, &segments)).unwrap();
    let modules: Vec<_> = layout
        .modules()
        .iter()
        .map(|module| (module.base, module.size, module.name.as_str(), module.id.as_deref()))
        .collect();
    assert_eq!(
        modules,
        [(0x40_0000, 0x3000, "/bin/prog", Some("abcd")), (0x60_0000, 0x2000, "/lib/nohead.so", None)]
    );
    assert_eq!(name_at(&layout, 0x50_0000), Some("/share/data"));
    assert_eq!(name_at(&layout, 0x40_2000), Some("/bin/prog"));
    assert_eq!(layout.absence(0x40_2000), StopReason::NotCaptured);
}

#[test]
fn a_file_that_is_loaded_twice_is_two_modules() {
    let mappings = [
        (0x40_0000, 0x40_1000, 0, "/lib/twice.so"),
        (0x40_2000, 0x40_3000, 0, "/lib/twice.so"),
        (0x70_0000, 0x70_1000, 0, "/lib/twice.so"),
    ];
    let noted = Bytes::new(LITTLE_64).note("CORE", FILE, &file_note(&mappings));
    let page = module_page(0x3000, &[1]);
    let segments = [
        notes(noted),
        load(0x40_0000, 0x1000, &page),
        load(0x40_2000, 0x1000, &[]),
        load(0x70_0000, 0x1000, &page),
    ];
    let layout = parse(&core(LITTLE_64, AMD64, &segments)).unwrap();
    let places: Vec<_> = layout.modules().iter().map(|module| (module.base, module.size)).collect();
    assert_eq!(places, [(0x40_0000, 0x3000), (0x70_0000, 0x1000)]);
}

#[test]
fn notes_name_memory_wherever_they_stand() {
    let mappings = [(0x40_0000, 0x40_1000, 0, "/first"), (0x50_0000, 0x50_1000, 0, "/second")];
    let noted = notes(Bytes::new(LITTLE_64).note("CORE", FILE, &file_note(&mappings)));
    let thread = notes(Bytes::new(LITTLE_64).note("CORE", 1, &status(6, 77, 0x40_0000)));
    let first = load(0x40_0000, 0x1000, &module_page(0x1000, &[1]));
    let second = load(0x50_0000, 0x1000, b"captured in part");
    let orders = [
        [&noted, &thread, &first, &second],
        [&noted, &first, &thread, &second],
        [&first, &noted, &second, &thread],
        [&first, &second, &thread, &noted],
    ];
    for order in orders {
        let layout = parse(&core(LITTLE_64, AMD64, &order.map(Clone::clone))).unwrap();
        assert_eq!(name_at(&layout, 0x40_0010), Some("/first"));
        assert_eq!(name_at(&layout, 0x50_0fff), Some("/second"));
        assert_eq!(layout.threads().len(), 1);
        assert_eq!((regions(&layout).len(), layout.modules().len()), (2, 2));
        assert_eq!(notices(&layout), []);
    }
}

#[test]
fn a_name_that_the_end_of_the_file_cuts_off_is_none() {
    let mappings = [(0x40_0000, 0x40_1000, 0, "/first"), (0x50_0000, 0x50_1000, 0, "/second")];
    let noted = Bytes::new(LITTLE_64).note("CORE", FILE, &file_note(&mappings));
    let memory = [load(0x40_0000, 0x1000, &[]), load(0x50_0000, 0x1000, &[])];
    let file = core(LITTLE_64, AMD64, &[&memory[..], &[notes(noted)]].concat());
    let cut = file.len() - 6;
    let layout = parse(&file[..cut]).unwrap();
    let names: Vec<_> = layout.modules().iter().map(|module| module.name.as_str()).collect();
    assert_eq!(names, ["/first"]);
    assert_eq!(name_at(&layout, 0x50_0000), None);
}

#[test]
fn without_nt_file_the_dynamic_linkers_list_gives_the_modules_and_its_loops_end() {
    let at = |words: &[u64], page: &mut Vec<u8>, offset: u64| {
        let bytes = Bytes::new(LITTLE_64).words(words).bytes;
        page[offset as usize..offset as usize + bytes.len()].copy_from_slice(&bytes);
    };
    // A program at 0x40_0000 whose headers are PT_PHDR, PT_LOAD and PT_DYNAMIC at 0x800.
    let mut headers = [load(0, 0x3000, &[]), load(0, 0x3000, &[]), load(0, 0, &[])];
    (headers[0].kind, headers[0].address) = (6, 64);
    (headers[2].kind, headers[2].address) = (2, 0x800);
    let mut page = core_of_type(3, LITTLE_64, AMD64, &headers);
    page[64 + 56 + 8..64 + 56 + 16].fill(0);
    page.resize(4096, 0);
    at(&[21, 0x40_0900, 0, 0], &mut page, 0x800);
    at(&[1, 0x40_0a00], &mut page, 0x900);
    let name = 0x40_0f00;
    page[0xf00..0xf0a].copy_from_slice(b"/lib/a.so\0");
    at(&[0x40_0000, name, 0, 0x40_0a40, 0], &mut page, 0xa00);
    at(&[0x70_0000, name, 0, 0x40_0a80, 0], &mut page, 0xa40);
    at(&[0x80_0000, name, 0, 0x40_0a40, 0], &mut page, 0xa80);
    let auxiliary = Bytes::new(LITTLE_64).words(&[3, 0x40_0040, 5, 3, 0, 0]).bytes;
    let noted = notes(Bytes::new(LITTLE_64).note("CORE", 6, &auxiliary));
    let library = load(0x70_0000, 0x1000, &module_page(0x5000, &[7]));
    let layout = parse(&core(LITTLE_64, AMD64, &[noted, load(0x40_0000, 0x1000, &page), library])).unwrap();
    let modules: Vec<_> =
        layout.modules().iter().map(|module| (module.base, module.size, module.name.as_str())).collect();
    assert_eq!(
        modules,
        [(0x40_0000, 0x3000, ""), (0x70_0000, 0x5000, "/lib/a.so"), (0x80_0000, 0, "/lib/a.so")]
    );
    assert_eq!(layout.modules()[1].id.as_deref(), Some("07"));
}

#[test]
fn tasks_of_esp_idf_have_names_and_the_one_that_panicked_is_the_crashed_one() {
    const XTENSA: u16 = 94;
    const LITTLE_32: Encoding = Encoding { order: Endianness::Little, wide: false };
    let status = |task: u32, base: u32| {
        let mut status = vec![0; 588];
        status[24..28].copy_from_slice(&task.to_le_bytes());
        status[100..104].copy_from_slice(&base.to_le_bytes());
        status
    };
    let mut control_blocks = vec![0; 0x200];
    control_blocks[52..56].copy_from_slice(b"main");
    control_blocks[0x100 + 52..0x100 + 52 + 16].fill(b'x');
    // The control block, EXCCAUSE and its value.
    let extra: Vec<u8> = [0x2100u32, 232, 0x1d].into_iter().flat_map(u32::to_le_bytes).collect();
    let noted = Bytes::new(LITTLE_32)
        .note("CORE", 1, &status(0x2000, 0))
        .note("CORE", 1, &status(0x2100, 15))
        .note("ESP_CORE_DUMP_INFO", 8266, &[0; 8])
        .note("ESP_EXTRA_INFO", 677, &extra)
        .note("ESP_PANIC_DETAILS", 679, b"abort()");
    let segments = [notes(noted), load(0x2000, 0x200, &control_blocks)];
    let layout = parse(&core(LITTLE_32, XTENSA, &segments)).unwrap();
    assert_eq!(layout.os(), Some("esp-idf"));
    // A name without its NUL is none.
    let names: Vec<_> = layout.threads().iter().map(|thread| (thread.tid, thread.name.as_deref())).collect();
    assert_eq!(names, [(0x2000, Some("main")), (0x2100, None)]);
    assert_eq!(layout.crashed(), Some(ThreadIndex(1)));
    let fault = layout.fault().unwrap();
    assert_eq!((fault.code, fault.name.as_deref()), (0x1d, Some("abort()")));
    let named = |thread: usize, name: &str| {
        let record = &layout.threads()[thread].records[0];
        record.part(name).map(|part| record.registers().name(part.id))
    };
    // The window goes around the end of the registers.
    assert_eq!([named(0, "sp"), named(0, "a15")], [Some("ar1"), Some("ar15")]);
    assert_eq!([named(1, "sp"), named(1, "A3"), named(1, "a4")], [Some("ar61"), Some("ar63"), Some("ar0")]);
    assert_eq!(named(0, "a16"), None);
    let untouched = [
        "ESP_CORE_DUMP_INFO ELF_ESP_CORE_DUMP_INFO_TYPE",
        "ESP_EXTRA_INFO ELF_ESP_CORE_DUMP_EXTRA_INFO_TYPE",
    ];
    assert_eq!(layout.untouched(), untouched);
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
