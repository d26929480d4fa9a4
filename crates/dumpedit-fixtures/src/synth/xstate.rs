//! How large the components of an XSAVE area are, and where a new area has them (Intel's manual, volume 1, chapter 13).

/// A component's bit, its size in bytes, where the standard form has it, and whether the compacted form aligns it.
const COMPONENTS: &[(u8, u64, u64, bool)] = &[
    (2, 256, 576, false),
    (3, 64, 960, false),
    (4, 64, 1024, false),
    (5, 64, 1088, false),
    (6, 512, 1152, false),
    (7, 1024, 1664, false),
    (8, 128, 2560, false),
    (9, 8, 2688, false),
    (10, 8, 2696, false),
    (11, 16, 2704, false),
    (12, 24, 2720, false),
    (17, 64, 2752, true),
    (18, 8192, 2816, true),
];

/// The bytes in front of the components: FXSAVE and the header.
const LEGACY_AND_HEADER: u64 = 576;

/// The bit of the compaction mask that says that the components follow one another.
pub(crate) const COMPACTED: u64 = 1 << 63;

/// The size in bytes of an area of the standard form with these components, the 512 legacy bytes included.
pub(crate) fn standard_size(components: u64) -> u64 {
    let ends = chosen(components).map(|(_, size, at, _)| at.saturating_add(*size));
    ends.max().unwrap_or(LEGACY_AND_HEADER)
}

/// The size in bytes of an area of the compacted form with these components, from its header on.
pub(crate) fn compacted_size(components: u64) -> u64 {
    chosen(components).fold(64, |next, (_, size, _, aligned)| {
        let at = if *aligned { next.next_multiple_of(64) } else { next };
        at.saturating_add(*size)
    })
}

fn chosen(components: u64) -> impl Iterator<Item = &'static (u8, u64, u64, bool)> {
    COMPONENTS.iter().filter(move |(bit, ..)| components >> bit & 1 == 1)
}
