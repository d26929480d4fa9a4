//! XSAVE areas behind contexts.

use super::*;

/// A file with an AMD64 context, a CONTEXT_EX, and an XSAVE area that begins with its header, and the file offset of the record.
fn extended(in_use: u64, compaction: u64, components: usize, misc: Option<Vec<u8>>) -> (Subject, u64) {
    let mut record = counting(7, amd64::SIZE);
    LITTLE.put(&mut record, amd64::FLAGS, 0x10_005f, 4);
    let area_size = 64 + components;
    let back = (amd64::SIZE as u64).wrapping_neg();
    // Three pairs of an offset from here and a length: of the whole, of the context, of the XSAVE area.
    let whole = (amd64::SIZE + 24 + area_size) as u64;
    let context_ex =
        [(back, 4), (whole, 4), (back, 4), (amd64::SIZE as u64, 4), (24, 4), (area_size as u64, 4)];
    record.extend(LITTLE.fields(&context_ex));
    record.extend(LITTLE.fields(&[(in_use, 8), (compaction, 8)]));
    record.extend([0; 48]);
    record.extend(counting(0x91, components));
    let mut dump = MinidumpBuilder::amd64();
    if let Some(misc) = misc {
        dump.stream(stream::MISC_INFO, &misc);
    }
    let offset = dump.thread_with(7, &record);
    (Subject::new(dump.finish()), offset)
}

/// MINIDUMP_MISC_INFO_5 with the places of XSAVE components: number, offset from the area's 512 legacy bytes, size.
fn misc_info(components: &[(usize, u64, u64)]) -> Vec<u8> {
    const CONFIG: usize = 832;
    let mut misc = vec![0; 1364];
    let enabled = components.iter().fold(3, |mask, (number, ..)| mask | 1 << number);
    for (at, value, size) in
        [(0, 1364, 4), (CONFIG, 528, 4), (CONFIG + 4, 0xa88, 4), (CONFIG + 8, enabled, 8)]
    {
        LITTLE.put(&mut misc, at, value, size);
    }
    for (number, offset, size) in components {
        LITTLE.put(&mut misc, CONFIG + 16 + 8 * number, *offset, 4);
        LITTLE.put(&mut misc, CONFIG + 20 + 8 * number, *size, 4);
    }
    misc
}

/// Offset of the first component behind the XSAVE header, from the start of the record.
const COMPONENTS: usize = amd64::SIZE + 24 + 64;

#[test]
fn xsave_components_stand_where_the_mask_or_the_misc_info_puts_them() {
    let at = |name: &'static str, offset: usize, size: usize| Placed {
        name,
        copies: vec![COMPONENTS + offset],
        size,
    };
    // AVX, opmask, the shadow stack's registers: packed in the order of the mask.
    let compacted = extended(0x8fe7, 1 << 63 | 1 << 2 | 1 << 5 | 1 << 11, 256 + 64 + 16, None);
    let registers = [at("k0", 256, 8), at("k7", 256 + 56, 8), at("u_cet", 320, 8), at("pl3_ssp", 328, 8)];
    check("compacted", LITTLE, &compacted.0, compacted.1, &registers);
    // The same with AVX left out of the mask.
    let without_avx = extended(0x8fe7, 1 << 63 | 1 << 5 | 1 << 11, 64 + 16, None);
    let registers = [at("k0", 0, 8), at("u_cet", 64, 8)];
    check("compacted without AVX", LITTLE, &without_avx.0, without_avx.1, &registers);
    assert!(!shown(&without_avx.0, &[]).contains_key("ymm0"));
    // Not compacted: AVX at 576, opmask at 1088, PKRU at 2688, counted from the legacy bytes.
    let misc = misc_info(&[(2, 576, 256), (5, 1088, 64), (9, 2688, 8)]);
    let loose = extended(0x227, 0, 2688 + 8 - 576, Some(misc));
    let registers = [at("k0", 1088 - 576, 8), at("pkru", 2688 - 576, 4)];
    check("not compacted", LITTLE, &loose.0, loose.1, &registers);
}

#[test]
fn a_ymm_register_is_two_places_and_both_are_set() {
    let forms = [(1 << 63 | 1 << 2, None), (0, Some(misc_info(&[(2, 576, 256)]))), (0, None)];
    for (compaction, misc) in forms {
        let (subject, record) = extended(7, compaction, 256, misc);
        let (low, high) = (record + 0x1a0 + 32, record + COMPONENTS as u64 + 32);
        let stored = |at: u64| &subject.before()[at as usize..at as usize + 16];
        let value = hex_number(LITTLE, &[stored(low), stored(high)].concat());
        assert_eq!(shown(&subject, &[])["ymm2"], value);
        subject.run("set", &[&format!("ymm2=0x{}{}", "a1".repeat(16), "b2".repeat(16))]).is_full(32);
        subject.changed_only(&[(low, &[0xb2; 16]), (high, &[0xa1; 16])]);
    }
}

#[test]
fn a_component_that_is_not_in_use_reads_as_zero_and_comes_into_use_where_it_is_set() {
    let (subject, record) = extended(3, 1 << 63 | 1 << 2, 256, None);
    let (header, area) = (record + amd64::SIZE as u64 + 24, record + COMPONENTS as u64);
    let low = &subject.before()[record as usize + 0x1a0..][..16];
    assert_eq!(shown(&subject, &[])["ymm0"], hex_number(LITTLE, low));
    subject.run("set", &["ymm2.u128.1=0x1122"]).is_full(16);
    // The upper halves of an unused component are zero, as they read before.
    let mut components = [0; 256];
    components[32..34].copy_from_slice(&[0x22, 0x11]);
    subject.changed_only(&[(header, &[7]), (area, &components)]);
}

#[test]
fn components_that_are_not_compacted_and_whose_places_no_stream_has_are_said_to_be_such() {
    let (subject, _) = extended(0x227, 0, 2688 + 8 - 576, None);
    for register in ["k0", "zmm1", "pkru"] {
        let message = subject.run("set", &[&format!("{register}=1")]).is_error("register");
        assert!(message.contains("at an unknown offset") && !message.contains("not present"), "{message}");
    }
    subject.unchanged();
    subject.run("set", &["ymm1=1"]).is_full(32);
    // With room for AVX only, the others are missing.
    let (subject, _) = extended(0x227, 0, 256, None);
    assert!(subject.run("set", &["k0=1"]).is_error("register").contains("not present"));
}
