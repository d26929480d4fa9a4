//! XSAVE areas behind contexts.

use super::*;

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
