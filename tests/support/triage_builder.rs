//! Builds triage dumps byte by byte, after `DUMP_HEADER64` and `TRIAGE_DUMP64`.

use super::bytes::{Order, counting};

/// `MachineImageType` of the header.
pub(crate) mod machine {
    pub(crate) const AMD64: u64 = 0x8664;
    pub(crate) const ARM64: u64 = 0xaa64;
}

/// A dump with two data blocks, the second of which is also the stack, one driver, and one unloaded driver.
pub(crate) fn triage(machine: u64) -> Vec<u8> {
    const STACK: u64 = 0xffff_8504_2989_0000;
    let context = match machine {
        machine::AMD64 => [(0x348 + 0x30, 0x10_000f, 4), (0x348 + 0xf8, 0xffff_f804_8b58_334c, 8)],
        _ => [(0x348, 0x40_0007, 4), (0x348 + 0x108, 0xffff_f804_8b58_334c, 8)],
    };
    let fields = [
        (0, u64::from_le_bytes(*b"PAGEDU64"), 8),
        (0x30, machine, 4),
        (0x38, 0x1000_007e, 4),
        (0x40, 0xffff_ffff_c000_0005, 8),
        (0xf00, 0xc000_0005, 4),
        (0xf10, 0xffff_f804_8b58_334c, 8),
        (0xf18, 2, 4),
        (0xf20, 1, 8),
        (0xf28, 8, 8),
        (0xf98, 4, 4),
        (0x2004, 0x2f00, 4),
        (0x2008, 0x2efc, 4),
        (0x200c, 0x348, 4),
        (0x2010, 0xf00, 4),
        (0x2018, 0x2a00, 4),
        (0x2028, 0x2400, 4),
        (0x202c, 0x80, 4),
        (0x2030, 0x2500, 4),
        (0x2034, 1, 4),
        (0x2038, 0x2600, 4),
        (0x203c, 0x20, 4),
        (0x2048, STACK, 8),
        (0x2078, 0x2700, 4),
        (0x207c, 2, 4),
        (0x2500, 0x2600, 4),
        (0x2500 + 0x38, 0xffff_f804_7944_0000, 8),
        (0x2500 + 0x48, 0x6000, 4),
        (0x2600, 3, 4),
        (0x2604, 0x6c_0061_0068, 8),
        (0x2700, 0xffff_f804_7c62_a000, 8),
        (0x2708, 0x2800, 4),
        (0x270c, 0x100, 4),
        (0x2710, STACK - 0x40, 8),
        (0x2718, 0x2900, 4),
        (0x271c, 0x100, 4),
        (0x2a00, 1, 4),
        (0x2a08, 0x0006_0006, 4),
        (0x2a18, 0x6d_0061_0064, 8),
        (0x2a08 + 0x28, 0xffff_f804_79d3_0000, 8),
        (0x2a08 + 0x30, 0xffff_f804_79d4_2000, 8),
        (0x2efc, u64::from(u32::from_le_bytes(*b"TRGD")), 4),
    ];
    let mut file = vec![0; 0x3000];
    for (at, value, size) in fields.into_iter().chain(context) {
        Order::Little.put(&mut file, at, value, size);
    }
    file[0x2800..0x2a00].copy_from_slice(&counting(3, 0x200));
    file
}
