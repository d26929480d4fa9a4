//! The walk, on minidumps built byte by byte.

use dumpedit_layout::{
    Access, ByteOrder, Context, Layout, Machine, NamedAddress, NoticeKind, RecordChoice, RecordKind, Region,
    StopReason, ThreadIndex,
};
use scroll::{Endian, Pwrite};

use crate::FormatError;
use crate::minidump::parse;

const THREADS: u32 = 3;
const MODULES: u32 = 4;
const MEMORY: u32 = 5;
const EXCEPTION: u32 = 6;
const SYSTEM: u32 = 7;
const MEMORY64: u32 = 9;
const MISC: u32 = 15;
const MEMORY_INFO: u32 = 16;
const THREAD_NAMES: u32 = 24;
const LINUX_MAPS: u32 = 0x4767_0009;

const INTEL: u16 = 0;
const AMD64: u16 = 9;

/// A minidump in the making. The directory comes last.
struct Built {
    endian: Endian,
    bytes: Vec<u8>,
    directory: Vec<[u32; 3]>,
    checksum: u32,
}

/// Numbers one after the other, each with its own width.
macro_rules! numbers {
    ($endian:expr, $($value:expr),* $(,)?) => {{
        let mut bytes = Vec::new();
        $(match $endian {
            Endian::Little => bytes.extend($value.to_le_bytes()),
            Endian::Big => bytes.extend($value.to_be_bytes()),
        })*
        bytes
    }};
}

impl Built {
    fn new(endian: Endian) -> Self {
        Built { endian, bytes: vec![0; 32], directory: Vec::new(), checksum: 0 }
    }

    /// Bytes at the end of the file so far; their file offset.
    fn put(&mut self, bytes: impl AsRef<[u8]>) -> u32 {
        let offset = u32::try_from(self.bytes.len()).unwrap();
        self.bytes.extend(bytes.as_ref());
        offset
    }

    fn stream(&mut self, kind: u32, bytes: impl AsRef<[u8]>) -> u32 {
        let size = u32::try_from(bytes.as_ref().len()).unwrap();
        let offset = self.put(bytes);
        self.directory.push([kind, size, offset]);
        offset
    }

    fn system(&mut self, architecture: u16) {
        let mut bytes = vec![0; 56];
        bytes.pwrite_with(architecture, 0, self.endian).unwrap();
        bytes.pwrite_with(2u32, 20, self.endian).unwrap();
        self.stream(SYSTEM, bytes);
    }

    /// A MemoryList of (address, size, file offset), with or without padding.
    fn memory(&mut self, padded: bool, descriptors: &[(u64, u32, u32)]) {
        let mut bytes = numbers!(self.endian, u32::try_from(descriptors.len()).unwrap());
        bytes.resize(if padded { 8 } else { 4 }, 0);
        for (address, size, offset) in descriptors {
            bytes.extend(numbers!(self.endian, *address, *size, *offset));
        }
        self.stream(MEMORY, bytes);
    }

    fn threads(&mut self, threads: &[Listed]) {
        let mut bytes = numbers!(self.endian, u32::try_from(threads.len()).unwrap());
        for Listed { id, teb, stack, context } in threads {
            bytes.extend(numbers!(self.endian, *id, 0u32, 0u32, 0u32, *teb, stack.0, stack.1, stack.2));
            bytes.extend(numbers!(self.endian, context.0, context.1));
        }
        self.stream(THREADS, bytes);
    }

    fn exception(&mut self, id: u32, address: u64, context: (u32, u32)) {
        let mut bytes = numbers!(self.endian, id, 0u32, 0xc000_0005u32, 0u32, 0u64, address, 0u32, 0u32);
        bytes.resize(160, 0);
        bytes.extend(numbers!(self.endian, context.0, context.1));
        self.stream(EXCEPTION, bytes);
    }

    /// A context of AMD64 with these flags and program counter; its size and file offset.
    fn amd64(&mut self, flags: u32, rip: u64) -> (u32, u32) {
        let mut bytes = vec![0; 1232];
        bytes.pwrite_with(flags, 0x30, self.endian).unwrap();
        bytes.pwrite_with(rip, 0xf8, self.endian).unwrap();
        (1232, self.put(bytes))
    }

    fn string(&mut self, text: &str) -> u32 {
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut bytes = numbers!(self.endian, u32::try_from(units.len() * 2).unwrap());
        for unit in units {
            bytes.extend(numbers!(self.endian, unit));
        }
        bytes.extend([0, 0]);
        self.put(bytes)
    }

    fn finish(mut self) -> Vec<u8> {
        let count = u32::try_from(self.directory.len()).unwrap();
        let directory = u32::try_from(self.bytes.len()).unwrap();
        let header = numbers!(self.endian, 0x504d_444du32, 0xa793u32, count, directory, self.checksum);
        self.bytes[..header.len()].copy_from_slice(&header);
        for entry in self.directory {
            self.bytes.extend(numbers!(self.endian, entry[0], entry[1], entry[2]));
        }
        self.bytes
    }

    fn parse(self) -> Layout {
        parse(&self.finish()).unwrap()
    }
}

/// An entry of a ThreadList.
#[derive(Clone, Copy, Default)]
struct Listed {
    id: u32,
    teb: u64,
    /// Address, size, file offset.
    stack: (u64, u32, u32),
    /// Size, file offset.
    context: (u32, u32),
}

/// Where reads find a range: how many bytes, and the file offsets of its pieces.
fn found(layout: &Layout, address: u64, size: u64) -> (u64, Vec<u64>) {
    match layout.resolve(Context::Process, address.into(), size, Access::Read) {
        Ok(resolved) => {
            let offsets = resolved.reads().iter().map(|piece| piece.file_offset).collect();
            (resolved.outcome.completed, offsets)
        }
        Err(_) => (0, Vec::new()),
    }
}

/// Checks that there is one notice of a kind, which counts so many.
#[track_caller]
fn tells(layout: &Layout, kind: NoticeKind, count: impl Into<Option<u64>>) {
    let told: Vec<_> = layout.notices().iter().filter(|notice| notice.kind == kind).collect();
    assert_eq!(
        told.iter().map(|notice| notice.count).collect::<Vec<_>>(),
        [count.into()],
        "{:?}",
        layout.notices()
    );
}

/// The file offsets of a register's bytes in a record.
fn register(layout: &Layout, index: u32, choice: RecordChoice, name: &str) -> Option<Vec<u64>> {
    let context = Context::Thread(ThreadIndex(index), choice);
    let part = layout.machine_of(context).registers().part(name)?;
    let resolved = layout.resolve_part(context, part).ok()?;
    Some(resolved.pieces.iter().map(|piece| piece.file_offset).collect())
}

fn regions(layout: &Layout) -> Vec<Region> {
    layout.regions().collect()
}

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
fn reads_prefer_memory_list_then_memory64_list_then_the_stack() {
    let mut built = Built::new(Endian::Little);
    let (first, second, third) = (built.put([1; 16]), built.put([2; 32]), built.put([3; 48]));
    built.threads(&[Listed { id: 1, stack: (0x1000, 48, third), ..Listed::default() }]);
    built.stream(MEMORY64, numbers!(Endian::Little, 1u64, u64::from(second), 0x1000u64, 32u64));
    built.memory(false, &[(0x1000, 16, first)]);
    let layout = built.parse();
    let offsets = [u64::from(first), u64::from(second) + 16, u64::from(third) + 32];
    assert_eq!(found(&layout, 0x1000, 48), (48, offsets.to_vec()));
}

#[test]
fn the_ranges_of_a_memory64_list_stand_one_after_the_other_and_a_cut_costs_only_what_it_cuts() {
    let list = numbers!(Endian::Little, 3u64, 108u64, 0x1000u64, 6u64, 0x2000u64, 10u64, 0x3000u64, 8u64);
    // By hand, since the memory comes last in such a file: the directory stands before the list.
    let mut bytes = numbers!(Endian::Little, 0x504d_444du32, 0xa793u32, 1u32, 32u32, 0u32, 0u32, 0u64);
    bytes.extend(numbers!(Endian::Little, MEMORY64, 64u32, 44u32));
    bytes.resize(44, 0);
    bytes.extend(list);
    bytes.extend([9; 12]);
    let layout = parse(&bytes).unwrap();
    assert_eq!(found(&layout, 0x1000, 6), (6, vec![108]));
    assert_eq!(found(&layout, 0x2000, 10), (6, vec![114]));
    assert_eq!(found(&layout, 0x3000, 8), (0, vec![]));
    assert_eq!(layout.absence(0x2006), StopReason::EndOfFile);
    assert_eq!(layout.absence(0x3000), StopReason::EndOfFile);
    assert_eq!(layout.absence(0x4000), StopReason::Unmapped);
    tells(&layout, NoticeKind::MemoryCutOff, 2);
    // The payload is memory, not structure.
    let written = layout.resolve(Context::Process, 0x1000.into(), 6, Access::Write).unwrap();
    assert!(written.outcome.is_full());
    // Cut inside the list: what is left of it is read.
    let layout = parse(&bytes[..80]).unwrap();
    assert_eq!(layout.absence(0x1000), StopReason::EndOfFile);
    tells(&layout, NoticeKind::ListCutOff, 1);
}

#[test]
fn two_memory_lists_are_both_walked_and_a_descriptor_that_stands_twice_counts_once() {
    let mut built = Built::new(Endian::Little);
    let data = built.put([1; 8]);
    built.memory(false, &[(0x1000, 4, data)]);
    built.memory(true, &[(0x2000, 4, data + 4), (0x1000, 4, data)]);
    let layout = built.parse();
    assert_eq!(found(&layout, 0x2000, 4), (4, vec![u64::from(data) + 4]));
    assert_eq!(regions(&layout).iter().map(|region| region.copies).collect::<Vec<_>>(), [1, 1]);
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
fn descriptors_past_the_end_of_the_file_are_counted_and_never_captured() {
    let mut built = Built::new(Endian::Little);
    let data = built.put([1; 8]);
    built.memory(false, &[(0x1000, 8, data), (0x2000, 8, 0xffff_0000), (0x3000, 8, 0xffff_ff00)]);
    let layout = built.parse();
    assert_eq!(layout.captured_bytes(), 8);
    assert_eq!(layout.absence(0x2000), StopReason::EndOfFile);
    tells(&layout, NoticeKind::MemoryCutOff, 2);
}

#[test]
fn stacks_without_bytes_in_the_file_capture_nothing() {
    let mut built = Built::new(Endian::Little);
    built.system(AMD64);
    built.threads(&[
        Listed { id: 1, stack: (0x1000, 64, 0), ..Listed::default() },
        Listed { id: 2, stack: (0x2000, 0, 64), ..Listed::default() },
    ]);
    let layout = built.parse();
    assert_eq!(layout.captured_bytes(), 0);
    assert_eq!(layout.absence(0x1000), StopReason::NotCaptured);
    assert_eq!(layout.absence(0x2000), StopReason::Unmapped);
}

#[test]
fn sign_extended_addresses_of_a_32_bit_dump_are_cut() {
    let mut built = Built::new(Endian::Little);
    built.system(INTEL);
    let data = built.put([1; 8]);
    built.memory(false, &[(0xffff_ffff_8000_1000, 8, data)]);
    let name = built.string("kernel");
    let mut module = numbers!(Endian::Little, 1u32, 0xffff_ffff_8000_0000u64, 0x2000u32, 0u32, 0u32, name);
    module.resize(4 + 108, 0);
    built.stream(MODULES, module);
    built.threads(&[Listed { id: 1, ..Listed::default() }]);
    built.exception(1, 0xffff_ffff_8000_1004, (0, 0));
    let layout = built.parse();
    assert_eq!(found(&layout, 0x8000_1000, 8).0, 8);
    assert_eq!((layout.modules()[0].base, layout.modules()[0].name.as_str()), (0x8000_0000, "kernel"));
    assert_eq!(
        layout.fault().unwrap().address,
        Some(NamedAddress { name: "ExceptionAddress", address: 0x8000_1004 })
    );
    assert!(layout.notices().iter().any(|notice| notice.kind == NoticeKind::SignExtendedAddress));
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
fn flags_say_which_groups_are_there_and_flags_without_a_group_mean_all() {
    let mut built = Built::new(Endian::Little);
    built.system(AMD64);
    let (control, none) = (built.amd64(0x10_0001, 0), built.amd64(0, 0));
    built.threads(&[
        Listed { id: 1, context: control, ..Listed::default() },
        Listed { id: 2, context: none, ..Listed::default() },
    ]);
    let layout = built.parse();
    assert!(register(&layout, 0, RecordChoice::Thread, "rip").is_some());
    assert!(register(&layout, 0, RecordChoice::Thread, "rax").is_none());
    assert!(register(&layout, 1, RecordChoice::Thread, "rax").is_some());
    tells(&layout, NoticeKind::ContextWithoutGroups, 1);
}

#[test]
fn contexts_say_which_machine_it_is_where_no_system_info_does() {
    let mut built = Built::new(Endian::Little);
    let context = built.amd64(0x10_001f, 0);
    built.threads(&[Listed { id: 1, context, ..Listed::default() }]);
    let layout = built.parse();
    assert_eq!((layout.machine(), layout.pointer_width()), (Machine::Amd64, 8));
    tells(&layout, NoticeKind::NoSystemInfo, None);
}

#[test]
fn the_size_of_an_arm_context_decides_its_table() {
    let cases = [
        (368, 0x4000_0006, "CONTEXT_ARM", 0x50),
        (364, 0x4000_0006, "CONTEXT_ARM", 0x4c),
        (416, 0x20_000f, "CONTEXT_ARM_WINDOWS", 0x50),
    ];
    for (size, flags, name, d0) in cases {
        let mut built = Built::new(Endian::Little);
        built.system(5);
        let mut context: Vec<u8> = vec![0; size];
        context.pwrite_with(flags, 0, scroll::LE).unwrap();
        let at = built.put(context);
        let context = (u32::try_from(size).unwrap(), at);
        built.threads(&[Listed { id: 1, context, ..Listed::default() }]);
        let layout = built.parse();
        assert_eq!(layout.threads()[0].records[0].format.name, name);
        assert_eq!(
            register(&layout, 0, RecordChoice::Thread, "d0"),
            Some(vec![u64::from(at) + d0]),
            "{size}"
        );
        let pc = register(&layout, 0, RecordChoice::Thread, "pc");
        assert_eq!(pc, Some(vec![u64::from(at) + 64]), "flags without CONTROL: {size}");
    }
}

#[test]
fn a_context_that_is_too_short_for_the_machine_is_noticed_and_not_read() {
    let mut built = Built::new(Endian::Little);
    built.system(AMD64);
    let at = built.put([0xff; 716]);
    built.threads(&[Listed { id: 1, context: (716, at), ..Listed::default() }]);
    let layout = built.parse();
    assert!(layout.threads()[0].records.is_empty());
    tells(&layout, NoticeKind::ContextUnknown, 1);
}

#[test]
fn a_context_of_x86_may_end_before_its_extended_registers() {
    let mut built = Built::new(Endian::Little);
    built.system(INTEL);
    let mut context = vec![0; 204];
    context.pwrite_with(0x1_003fu32, 0, scroll::LE).unwrap();
    let at = built.put(context);
    built.threads(&[Listed { id: 1, context: (204, at), ..Listed::default() }]);
    let layout = built.parse();
    assert_eq!(register(&layout, 0, RecordChoice::Thread, "esp"), Some(vec![u64::from(at) + 0xc4]));
    assert_eq!(register(&layout, 0, RecordChoice::Thread, "xmm0"), None);
}

#[test]
fn structures_stop_a_write_and_memory_behind_them_does_not() {
    let mut built = Built::new(Endian::Little);
    built.system(AMD64);
    let context = built.amd64(0x10_001f, 0);
    built.threads(&[Listed { id: 1, context, ..Listed::default() }]);
    let data = built.put([1; 8]);
    built.memory(false, &[(0x1000, 8, data), (0x2000, 16, 16), (0x3000, 8, context.1)]);
    let bytes = built.finish();
    let layout = parse(&bytes).unwrap();
    let write = |address: u64| layout.resolve(Context::Process, address.into(), 8, Access::Write);
    assert!(write(0x1000).unwrap().outcome.is_full());
    assert!(write(0x2000).is_err());
    assert!(write(0x3000).is_err());
}

#[test]
fn memory_info_gives_protection_and_names_and_free_memory_is_not_mapped() {
    let mut built = Built::new(Endian::Little);
    built.system(AMD64);
    let name = built.string(r"C:\a.dll");
    let mut module = numbers!(Endian::Little, 1u32, 0x10000u64, 0x3000u32, 0u32, 0u32, name);
    module.resize(4 + 108, 0);
    built.stream(MODULES, module);
    let mut list = numbers!(Endian::Little, 16u32, 48u32, 2u64);
    for (base, state, protection) in [(0x11000u64, 0x1000u32, 0x20u32), (0x20000, 0x10000, 0)] {
        list.extend(numbers!(Endian::Little, base, 0x10000u64, 0u32, 0u32, 0x1000u64, state, protection));
        list.extend(numbers!(Endian::Little, 0u32, 0u32));
    }
    built.stream(MEMORY_INFO, list);
    let layout = built.parse();
    let regions = regions(&layout);
    assert_eq!(regions.len(), 1);
    assert_eq!((regions[0].start, regions[0].protection.unwrap().to_string()), (0x11000, "r-x".to_owned()));
    assert_eq!(regions[0].name.as_deref(), Some(r"C:\a.dll"));
    assert_eq!(layout.absence(0x20000), StopReason::Unmapped);
}

#[test]
fn linux_maps_give_protection_and_names() {
    let mut built = Built::new(Endian::Little);
    built.stream(LINUX_MAPS, "1000-3000 r-xp 00000000 08:01 77 /bin/a\n5000-6000 rw-p 00000000 00:00 0 \n");
    let layout = built.parse();
    assert_eq!(layout.absence(0x2000), StopReason::NotCaptured);
    let mapping = layout.mapping_at(0x2fff).unwrap();
    assert_eq!(
        (mapping.name.as_deref(), mapping.protection.unwrap().to_string().as_str()),
        (Some("/bin/a"), "r-x")
    );
    assert!(layout.mapping_at(0x5000).unwrap().name.is_none());
}

#[test]
fn one_bad_module_costs_no_other() {
    let mut built = Built::new(Endian::Little);
    let name = built.string("good");
    let mut list = numbers!(Endian::Little, 2u32);
    for (base, name) in [(0x1000u64, u32::MAX), (0x5000, name)] {
        let mut module = numbers!(Endian::Little, base, 0x1000u32, 0u32, 0u32, name);
        module.resize(108, 0);
        list.extend(module);
    }
    built.stream(MODULES, list);
    let layout = built.parse();
    let modules: Vec<_> = layout.modules().iter().map(|module| (module.base, module.name.as_str())).collect();
    assert_eq!(modules, [(0x1000, ""), (0x5000, "good")]);
    tells(&layout, NoticeKind::ModuleUnreadable, 1);
}

/// An AMD64 context with a CONTEXT_EX and an XSAVE area, whose header has these masks.
fn extended(mask: u64, compaction: u64, area: u32) -> Vec<u8> {
    let mut bytes = vec![0; 1232];
    bytes.pwrite_with(0x10_005fu32, 0x30, scroll::LE).unwrap();
    bytes.extend(numbers!(Endian::Little, -1232i32, 1264 + area, -1232i32, 1232u32, 32i32, area));
    bytes.resize(1264, 0);
    bytes.extend(numbers!(Endian::Little, mask, compaction));
    bytes.resize(1264 + usize::try_from(area).unwrap(), 0);
    bytes
}

#[test]
fn a_compacted_xsave_area_holds_what_its_mask_names() {
    let mut built = Built::new(Endian::Little);
    built.system(AMD64);
    let context = extended(0, 1 << 63 | 1 << 2 | 1 << 11, 336);
    let size = u32::try_from(context.len()).unwrap();
    let at = built.put(context);
    built.threads(&[Listed { id: 1, context: (size, at), ..Listed::default() }]);
    let layout = built.parse();
    let area = u64::from(at) + 1264;
    let ymm1 = register(&layout, 0, RecordChoice::Thread, "ymm1").unwrap();
    assert_eq!(ymm1, [u64::from(at) + 0x1b0, area + 64 + 16]);
    assert_eq!(register(&layout, 0, RecordChoice::Thread, "ssp"), Some(vec![area + 64 + 256 + 8]));
    assert_eq!(register(&layout, 0, RecordChoice::Thread, "zmm1"), None);
    assert_eq!(register(&layout, 0, RecordChoice::Thread, "pkru"), None);
}

#[test]
fn an_xsave_area_that_is_not_compacted_is_laid_out_as_misc_info_says() {
    let mut built = Built::new(Endian::Little);
    built.system(AMD64);
    let mut misc = vec![0; 832];
    misc.extend(numbers!(Endian::Little, 528u32, 0u32, 1u64 << 2 | 1 << 9));
    misc.resize(1364, 0);
    for (feature, offset, size) in [(2, 576u32, 256u32), (9, 900, 8)] {
        misc.pwrite_with(offset, 848 + feature * 8, scroll::LE).unwrap();
        misc.pwrite_with(size, 852 + feature * 8, scroll::LE).unwrap();
    }
    built.stream(MISC, misc);
    let context = extended(1 << 2, 0, 400);
    let size = u32::try_from(context.len()).unwrap();
    let at = built.put(context);
    built.threads(&[Listed { id: 1, context: (size, at), ..Listed::default() }]);
    let layout = built.parse();
    let area = u64::from(at) + 1264;
    assert_eq!(register(&layout, 0, RecordChoice::Thread, "pkru"), Some(vec![area + 900 - 512]));
    assert_eq!(register(&layout, 0, RecordChoice::Thread, "ymm15").unwrap()[1], area + 64 + 240);
}

/// A 64-bit dump whose one thread has a 32-bit context with these flags in memory; the layout, and the file offset of
/// that context.
fn wow64(flags: u32, captured: u32) -> (Layout, u64) {
    let mut built = Built::new(Endian::Little);
    built.system(AMD64);
    let own = built.amd64(0x10_001f, 0);
    built.threads(&[Listed { id: 1, teb: 0x7000, context: own, ..Listed::default() }]);
    let slots = built.put(numbers!(Endian::Little, 0u64, 0x9_0000u64));
    let mut reserved = numbers!(Endian::Little, 0u16, 0x14cu16, flags);
    reserved.resize(4 + 716, 0);
    let at = built.put(reserved);
    built.memory(false, &[(0x7000 + 0x1480, 16, slots), (0x9_0000, captured, at)]);
    (built.parse(), u64::from(at) + 4)
}

#[test]
fn the_32_bit_context_of_a_wow64_thread_is_found_in_its_memory() {
    let (layout, at) = wow64(0x1_003f, 4 + 716);
    let context = Context::Thread(ThreadIndex(0), RecordChoice::Wow64);
    assert_eq!(layout.machine_of(context), Machine::X86);
    assert_eq!(register(&layout, 0, RecordChoice::Wow64, "eip"), Some(vec![at + 0xb8]));
    // It is memory, so that writing through its address is allowed.
    let written = layout.resolve(Context::Process, 0x9_0004.into(), 716, Access::Write).unwrap();
    assert!(written.outcome.is_full());
}

#[test]
fn a_wow64_context_is_believed_only_with_sound_flags_and_whole() {
    for (flags, captured) in
        [(0x3f, 720), (0x1_0000, 720), (0x1_013f, 720), (0x11_003f, 720), (0x1_003f, 719)]
    {
        let (layout, _) = wow64(flags, captured);
        assert!(layout.threads()[0].record(RecordKind::Wow64).is_none(), "{flags:#x}, {captured}");
    }
}

#[test]
fn a_wow64_context_in_two_pieces_is_not_believed() {
    let mut built = Built::new(Endian::Little);
    built.system(AMD64);
    built.threads(&[Listed { id: 1, teb: 0x7000, ..Listed::default() }]);
    let slots = built.put(numbers!(Endian::Little, 0u64, 0x9_0000u64));
    let mut reserved = numbers!(Endian::Little, 0u16, 0x14cu16, 0x1_003fu32);
    reserved.resize(200, 0);
    let first = built.put(reserved);
    let rest = built.put([0; 1000]) + 100;
    built.memory(false, &[(0x8480, 16, slots), (0x9_0000, 200, first), (0x9_0000 + 200, 600, rest)]);
    assert!(built.parse().threads()[0].records.is_empty());
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

#[test]
fn an_xsave_area_that_the_producer_cut_short_holds_the_registers_before_the_cut() {
    let mut built = Built::new(Endian::Little);
    built.system(AMD64);
    let context = extended(1 << 2, 1 << 63 | 1 << 2, 336);
    // Room for the header and three and a half registers.
    let at = built.put(&context[..1264 + 64 + 56]);
    built.put([0; 1024]);
    built.threads(&[Listed { id: 1, context: (1264 + 64 + 56, at), ..Listed::default() }]);
    let layout = built.parse();
    assert!(register(&layout, 0, RecordChoice::Thread, "ymm2").is_some());
    assert!(register(&layout, 0, RecordChoice::Thread, "ymm3").is_none());
    assert!(register(&layout, 0, RecordChoice::Thread, "xmm3").is_some());
}

#[test]
fn modules_are_identified_as_people_print_it() {
    let mut built = Built::new(Endian::Little);
    built.system(AMD64);
    let name = built.string("a");
    let elf = [b"LEpB".as_slice(), &[0xde, 0xad, 0xbe, 0xef, 0x01]].concat();
    let mut pdb = b"RSDS".to_vec();
    pdb.extend(numbers!(
        Endian::Little,
        0x1234_5678u32,
        0x9abcu16,
        0xdef0u16,
        0x0807_0605_0403_0201u64,
        0x2au32
    ));
    pdb.extend(b"a.pdb\0");
    let mut list = numbers!(Endian::Little, 2u32);
    for (record, time) in [(elf, 0u32), (pdb, 0x5f_2c88)] {
        let size = u32::try_from(record.len()).unwrap();
        let at = built.put(record);
        let mut module = numbers!(Endian::Little, 0x1000u64, 0x1000u32, 0u32, time, name);
        module.resize(76, 0);
        module.extend(numbers!(Endian::Little, size, at));
        module.resize(108, 0);
        list.extend(module);
    }
    built.stream(MODULES, list);
    let layout = built.parse();
    let ids: Vec<_> = layout.modules().iter().map(|module| module.id.as_deref().unwrap()).collect();
    assert_eq!(ids, ["deadbeef01", "123456789ABCDEF001020304050607082a"]);
    let stored: Vec<_> = layout
        .modules()
        .iter()
        .map(|module| (module.debug_file.as_deref(), module.image_id.as_deref()))
        .collect();
    assert_eq!(stored, [(None, None), (Some("a.pdb"), Some("005F2C881000"))]);
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

#[test]
fn overlapping_lists_cost_no_more_than_the_file_has_bytes() {
    let mut built = Built::new(Endian::Little);
    let count = 2000u32;
    let mut list = numbers!(Endian::Little, count);
    for index in 0..u64::from(count) {
        list.extend(numbers!(Endian::Little, index << 20, 8u32, 32u32));
    }
    let size = u32::try_from(list.len()).unwrap();
    let at = built.stream(MEMORY, list);
    // The same list once more for each of its lengths: distinct streams over the same bytes.
    built.directory.extend((1..2000).map(|more| [MEMORY, size + more, at]));
    let layout = built.parse();
    assert!(layout.notices().iter().any(|notice| notice.kind == NoticeKind::ListsOverlap));
    assert_eq!(regions(&layout).len(), 2000);
}
