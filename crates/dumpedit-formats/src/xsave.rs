//! The components of an XSAVE area: how large each is, and where an area has it (Intel's manual, volume 1, chapter 13, and
//! CPUID leaf 0xd of processors that have them).

/// A component of the area.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Component {
    /// Its bit in XCR0 or IA32_XSS.
    pub bit: u8,
    /// Its size, in bytes.
    pub size: u64,
    /// Where Intel's processors have it in the standard form, in bytes from the area's start, legacy bytes included; `None`
    /// for those that only the compacted form has.
    pub standard_at: Option<u64>,
    /// Whether the compacted form aligns it to 64 bytes.
    pub is_aligned: bool,
    /// Whether programs can have it saved (XCR0), and not systems alone (IA32_XSS), which only the compacted form has.
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

/// The number of the component that AVX has: the first behind the header on every processor.
pub const AVX: u8 = 2;

/// The number of the component that APX has: r16 to r31.
pub const APX: u8 = 19;

/// The bytes in front of the header: FXSAVE.
pub const LEGACY_SIZE: u64 = 512;

/// The header's size, in bytes.
pub const HEADER_SIZE: u64 = 64;

/// The bit of the compaction mask that says that the components follow one another without gaps.
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
    // Where the components 3 and 4 were, which no processor with APX has (Intel's APX specification, section 3.1.4.3).
    user(APX, 128, 960),
];

/// Whether a mask has the bit of a component.
pub fn has(mask: u64, bit: u8) -> bool {
    mask.checked_shr(bit.into()).is_some_and(|shifted| shifted & 1 == 1)
}

/// The components that a compacted area has, each with its offset from the area's header, in bytes.
pub(crate) fn compacted(mask: u64) -> impl Iterator<Item = (&'static Component, u64)> {
    let mut next = HEADER_SIZE;
    COMPONENTS.iter().filter(move |component| has(mask, component.bit)).map(move |component| {
        let at = if component.is_aligned { next.next_multiple_of(64) } else { next };
        next = at.saturating_add(component.size);
        (component, at)
    })
}

/// The size in bytes of an area of the compacted form with these components, from its header on.
pub fn compacted_size(mask: u64) -> u64 {
    compacted(mask).last().map_or(HEADER_SIZE, |(component, at)| at.saturating_add(component.size))
}

/// The size in bytes of an area of the standard form with these components, the legacy bytes included.
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

    /// The sizes that CPUID leaf 0xd gives for AVX alone, for AVX-512 and PKRU, with AMX, and with APX.
    #[test]
    fn the_standard_form_ends_with_its_last_component() {
        assert_eq!([0x3, 0x7, 0x2e7, 0x602e7, 0x80007].map(standard_size), [576, 832, 2696, 11008, 1088]);
    }
}
