//! Captures and mappings of minidumps.

use super::*;

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
    // Built by hand, since the memory comes last in such a file: the directory is in front of the list.
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
    // Cut inside of the list: the rest of it is read.
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
