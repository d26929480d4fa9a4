//! The XSAVE area of NT_X86_XSTATE: offsets of its components, and conditions under which their bytes are valid.
//!
//! The Linux kernel writes the standard (not compacted) form, whose offsets differ by processor. Where the dump does not have them
//! (NT_X86_XSAVE_LAYOUT), they follow from XCR0, which the kernel keeps in the bytes that FXSAVE leaves to software, and from the size of
//! the note.

use dumpedit_layout::{Block, BlockKind, LayoutBuilder};

use crate::encoding::Encoding;
use crate::xsave::{self, HEADER_SIZE, LEGACY_SIZE};

/// Bits of `XSTATE_BV` by the Intel manual, volume 1, section 13.1.
pub(crate) const X87: u64 = 1;
pub(crate) const SSE: u64 = 1 << 1;
pub(crate) const AVX: u64 = 1 << 2;
pub(crate) const BNDREGS: u64 = 1 << 3;
pub(crate) const BNDCSR: u64 = 1 << 4;
pub(crate) const OPMASK: u64 = 1 << 5;
pub(crate) const ZMM_HI256: u64 = 1 << 6;
pub(crate) const HI16_ZMM: u64 = 1 << 7;
pub(crate) const PKRU: u64 = 1 << 9;
pub(crate) const XTILECFG: u64 = 1 << 17;
pub(crate) const XTILEDATA: u64 = 1 << 18;
pub(crate) const APX: u64 = 1 << 19;
/// MXCSR is valid where either vector component is.
pub(crate) const MXCSR: u64 = SSE | AVX;

/// The processor's initial value of the control word of a component that is not in use; zero for all others.
pub(crate) const X87_CONTROL_INITIAL: u64 = 0x37f;
pub(crate) const MXCSR_INITIAL: u64 = 0x1f80;

/// Offset of XCR0, of 64 bits, in the area, in bytes: Linux keeps it where FXSAVE leaves room for software.
pub const XCR0_AT: usize = 464;
const COMPACTION_AT: usize = 520;

/// A component of the area; offset and size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Component {
    pub(super) bit: u8,
    pub(super) offset: u64,
    pub(super) size: u64,
}

/// The components of a mask, at the offsets of Intel's processors.
fn intel(xcr0: u64) -> Vec<Component> {
    let chosen =
        xsave::COMPONENTS.iter().filter(|component| component.is_user && xsave::has(xcr0, component.bit));
    let placed = |component: &xsave::Component| {
        Some(Component { bit: component.bit, offset: component.standard_at?, size: component.size })
    };
    chosen.filter_map(placed).collect()
}

/// The components of a mask, at the offsets of AMD's processors: one behind the other.
fn packed(xcr0: u64) -> Vec<Component> {
    let mut offset = LEGACY_SIZE.saturating_add(HEADER_SIZE);
    let mut components = Vec::new();
    for component in intel(xcr0) {
        offset = offset.next_multiple_of(if component.size < 64 { 8 } else { 64 });
        components.push(Component { offset, ..component });
        offset = offset.saturating_add(component.size);
    }
    components
}

/// The components of an area of `size` bytes, by the layout whose last component ends with the note; `None` where neither does.
fn guess(xcr0: u64, size: u64) -> Option<Vec<Component>> {
    let fits = |components: &Vec<Component>| {
        components.iter().map(|component| component.offset.saturating_add(component.size)).max() == Some(size)
    };
    [intel(xcr0), packed(xcr0)].into_iter().find(fits)
}

/// The components of an area, and a mask of those that may be there at an unknown offset.
fn components(encoding: Encoding, size: u64, area: &[u8], listed: &[Component]) -> (Vec<Component>, u64) {
    if encoding.u64(area, COMPACTION_AT).is_some_and(|mask| mask & xsave::COMPACTED != 0) {
        return (Vec::new(), !(X87 | SSE));
    }
    if !listed.is_empty() {
        return (listed.to_vec(), 0);
    }
    let xcr0 = encoding.u64(area, XCR0_AT).unwrap_or(0);
    if let Some(components) = guess(xcr0, size) {
        return (components, 0);
    }
    // Only AVX has a known offset: it is the first behind the header on all processors.
    let avx = intel(AVX);
    let has_more = avx.iter().any(|avx| size > avx.offset.saturating_add(avx.size));
    let there = if xcr0 == 0 { u64::MAX } else { xcr0 };
    (avx, if has_more { there & !(X87 | SSE | AVX) } else { 0 })
}

/// The components that NT_X86_XSAVE_LAYOUT lists (`struct x86_xfeat_component`: type, size, offset, flags).
pub(super) fn listed(encoding: Encoding, descriptor: &[u8]) -> Vec<Component> {
    let (entries, _) = descriptor.as_chunks::<16>();
    let read = |entry: &[u8; 16]| {
        Some(Component {
            bit: u8::try_from(encoding.u32(entry, 0)?).ok().filter(|bit| *bit < 64)?,
            size: encoding.u32(entry, 4)?.into(),
            offset: encoding.u32(entry, 8)?.into(),
        })
    };
    entries.iter().take(64).filter_map(read).collect()
}

/// The blocks of an XSAVE area of which the file holds `area`; and a mask of the components that may be there at an unknown offset.
pub(super) fn blocks(
    builder: &LayoutBuilder,
    encoding: Encoding,
    file_offset: u64,
    size: u64,
    area: &[u8],
    listed: &[Component],
) -> (Vec<Block>, u64) {
    let mut blocks = Vec::new();
    let mut place = |kind, offset: u64, length: u64| {
        let room = size.saturating_sub(offset).min(length);
        blocks.extend(builder.block(kind, file_offset.saturating_add(offset), room));
    };
    place(BlockKind::XstateLegacy, 0, LEGACY_SIZE);
    place(BlockKind::XstateHeader, LEGACY_SIZE, HEADER_SIZE);
    let (components, unplaced) = components(encoding, size, area, listed);
    for component in components.iter().filter(|component| component.bit >= 2) {
        place(BlockKind::Xstate(component.bit), component.offset, component.size);
    }
    (blocks, unplaced)
}

/// Components of NetBSD's `struct xstate` (`x86/cpu_extended_state.h`), at fixed offsets behind the masks of those that the processor has
/// and of those in use.
const OF_NETBSD: [Component; 4] = [
    Component { bit: 2, offset: 528, size: 256 },
    Component { bit: 5, offset: 784, size: 64 },
    Component { bit: 6, offset: 848, size: 512 },
    Component { bit: 7, offset: 1360, size: 1024 },
];

/// The blocks of a `struct xstate` of NetBSD whose first bytes are `area`.
pub(super) fn blocks_of_netbsd(
    builder: &LayoutBuilder,
    encoding: Encoding,
    file_offset: u64,
    size: u64,
    area: &[u8],
) -> Vec<Block> {
    let there = encoding.u64(area, 0).unwrap_or(0);
    let components = OF_NETBSD.iter().filter(|component| xsave::has(there, component.bit));
    let components = components.map(|known| (BlockKind::Xstate(known.bit), known.offset, known.size));
    let header = [(BlockKind::XstateHeader, 8, 8), (BlockKind::XstateLegacy, 16, LEGACY_SIZE)];
    let place = |(kind, offset, length): (BlockKind, u64, u64)| {
        let room = size.saturating_sub(offset).min(length);
        builder.block(kind, file_offset.saturating_add(offset), room)
    };
    header.into_iter().chain(components).filter_map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn component(bit: u8, offset: u64, size: u64) -> Component {
        Component { bit, offset, size }
    }

    fn offset(components: &[Component], bit: u8) -> Option<u64> {
        components.iter().find(|component| component.bit == bit).map(|component| component.offset)
    }

    /// The sizes and offsets that dmesg prints as "x86/fpu: xstate_offset[n]".
    #[test]
    fn a_layout_is_known_by_its_features_and_its_size() {
        let skylake_server = guess(0x2ff, 2696).unwrap();
        assert_eq!(
            [2, 5, 6, 7, 9].map(|bit| offset(&skylake_server, bit)),
            [Some(576), Some(1088), Some(1152), Some(1664), Some(2688)]
        );
        let alder_lake = guess(0x207, 2696).unwrap();
        assert_eq!([2, 9].map(|bit| offset(&alder_lake, bit)), [Some(576), Some(2688)]);
        let sapphire_rapids = guess(0x602e7, 11008).unwrap();
        assert_eq!(
            [9, 17, 18].map(|bit| offset(&sapphire_rapids, bit)),
            [Some(2688), Some(2752), Some(2816)]
        );
        let zen_3 = guess(0x207, 840).unwrap();
        assert_eq!([2, 9].map(|bit| offset(&zen_3, bit)), [Some(576), Some(832)]);
        let zen_4 = guess(0x2e7, 2440).unwrap();
        assert_eq!(
            [2, 5, 6, 7, 9].map(|bit| offset(&zen_4, bit)),
            [Some(576), Some(832), Some(896), Some(1408), Some(2432)]
        );
    }

    #[test]
    fn an_unknown_layout_keeps_the_one_component_whose_place_is_sure_and_names_the_others() {
        let little = Encoding { wide: true, order: object::Endianness::Little };
        let mut area = vec![0; 4096];
        area[XCR0_AT..XCR0_AT + 2].copy_from_slice(&[0xe7, 2]);
        let avx = vec![component(2, 576, 256)];
        assert_eq!(components(little, 4096, &area, &[]), (avx.clone(), 0x2e0));
        assert_eq!(components(little, 832, &vec![0; 832], &[]), (avx.clone(), 0));
        area[COMPACTION_AT + 7] = 0x80;
        assert_eq!(components(little, 4096, &area, &[]), (vec![], !3));
    }
}
