//! Components of an XSAVE area: their sizes and offsets (Intel's manual, volume 1, chapter 13, and CPUID leaf 0xd of processors that have
//! them).

/// A component of the area.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Component {
    /// Bit in XCR0 or IA32_XSS.
    pub bit: u8,
    /// Size, in bytes.
    pub size: u64,
    /// Offset in the standard form on Intel's processors, in bytes from the area's start, with the legacy bytes; `None` for components of
    /// the compacted form only.
    pub standard_at: Option<u64>,
    /// Whether the compacted form aligns it to 64 bytes.
    pub is_aligned: bool,
    /// Whether programs can have it saved (XCR0), and not only systems (IA32_XSS), which use the compacted form.
    pub is_user: bool,
}

const fn user(bit: u8, size: u64, at: u64) -> Component {
    Component { bit, size, standard_at: Some(at), is_aligned: false, is_user: true }
}

const fn supervisor(bit: u8, size: u64) -> Component {
    Component { bit, size, standard_at: None, is_aligned: false, is_user: false }
}

const fn aligned(component: Component) -> Component {
    Component { is_aligned: true, ..component }
}

/// Number of AVX's component: the first behind the header on every processor.
pub const AVX: u8 = 2;

/// Number of APX's component: r16 to r31.
pub const APX: u8 = 19;

/// Size of the bytes in front of the header: FXSAVE.
pub const LEGACY_SIZE: u64 = 512;

/// Size of the header, in bytes.
pub const HEADER_SIZE: u64 = 64;

/// Bit of the compaction mask for components that follow one another without gaps.
pub const COMPACTED: u64 = 1 << 63;

/// The components, in the order of their bits.
pub static COMPONENTS: &[Component] = &[
    user(AVX, 256, 576),
    user(3, 64, 960),
    user(4, 64, 1024),
    user(5, 64, 1088),
    user(6, 512, 1152),
    user(7, 1024, 1664),
    supervisor(8, 128),
    user(9, 8, 2688),
    supervisor(10, 8),
    supervisor(11, 16),
    supervisor(12, 24),
    supervisor(13, 8),
    supervisor(14, 48),
    supervisor(15, 808),
    supervisor(16, 8),
    aligned(user(17, 64, 2752)),
    aligned(user(18, 8192, 2816)),
    // At the offset of components 3 and 4, which no processor with APX has (Intel's APX specification, section 3.1.4.3).
    user(APX, 128, 960),
];

/// Whether a mask has the bit of a component.
pub fn has(mask: u64, bit: u8) -> bool {
    mask.checked_shr(bit.into()).is_some_and(|shifted| shifted & 1 == 1)
}

/// The components of a compacted area, each with its offset from the area's header, in bytes.
pub(crate) fn compacted(mask: u64) -> impl Iterator<Item = (&'static Component, u64)> {
    let mut next = HEADER_SIZE;
    COMPONENTS.iter().filter(move |component| has(mask, component.bit)).map(move |component| {
        let at = if component.is_aligned { next.next_multiple_of(64) } else { next };
        next = at.saturating_add(component.size);
        (component, at)
    })
}

/// Size of an area of the compacted form with these components, in bytes from its header on.
pub fn compacted_size(mask: u64) -> u64 {
    compacted(mask).last().map_or(HEADER_SIZE, |(component, at)| at.saturating_add(component.size))
}

/// Size of an area of the standard form with these components, in bytes with the legacy bytes.
pub fn standard_size(mask: u64) -> u64 {
    let chosen = COMPONENTS.iter().filter(|component| has(mask, component.bit));
    let ends = chosen.filter_map(|component| Some(component.standard_at?.saturating_add(component.size)));
    ends.max().unwrap_or(LEGACY_SIZE.saturating_add(HEADER_SIZE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compacted_components_follow_one_another_as_the_mask_names_them() {
        let places = |mask| compacted(mask).map(|(component, at)| (component.bit, at)).collect::<Vec<_>>();
        assert_eq!(places(1 << 2 | 1 << 5 | 1 << 11 | 1 << 18), [(2, 64), (5, 320), (11, 384), (18, 448)]);
        assert_eq!(compacted_size(1 << 2 | 1 << 13 | 1 << 14), 376);
        assert_eq!(compacted_size(0), 64);
    }

    /// Sizes in CPUID leaf 0xd for AVX only, for AVX-512 and PKRU, with AMX, and with APX.
    #[test]
    fn the_standard_form_ends_with_its_last_component() {
        assert_eq!([0x3, 0x7, 0x2e7, 0x602e7, 0x80007].map(standard_size), [576, 832, 2696, 11008, 1088]);
    }
}
