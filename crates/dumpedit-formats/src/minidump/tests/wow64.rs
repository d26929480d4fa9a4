//! The 32-bit contexts of WOW64 threads.

use super::*;

/// A 64-bit dump whose only thread has a 32-bit context with these flags in memory, as a layout, and the file offset of that context.
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
    // It is memory, so that writes through its address are allowed.
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
