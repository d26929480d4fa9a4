//! Memory that a dump lists.

use dumpedit::Protection;
use dumpedit::notation::At;

use super::arrangement::MemoryPlace;
use super::content::ContentSpec;

/// A region of memory. Defaults are behind semicolons.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RegionSpec {
    /// Name for use elsewhere in the spec.
    pub label: Option<String>,
    /// Its first address.
    pub at: At,
    /// Size in bytes; that of its content.
    pub size: Option<u64>,
    /// Number of bytes from its start that the dump lists as captured; all.
    pub captured: Option<u64>,
    /// Number of these that are in the file before it ends; all.
    pub stored: Option<u64>,
    /// Bytes; those not given are zero.
    pub content: ContentSpec,
    /// Its protection.
    pub protection: Option<Protection>,
    /// Minidump: its list.
    pub list: Option<MemoryPlace>,
    /// File offset of its bytes in the dump's list, or a label for the bytes of another region. Nothing is stored for this one then.
    pub file_offset: Option<At>,
    /// ELF: `p_type`; PT_LOAD. Segments of other types are not memory.
    pub kind: Option<u64>,
    /// ELF: `p_flags`; those of the protection. Mach-O: `flags`; 0.
    pub flags: Option<u64>,
    /// ELF: `p_paddr`; 0.
    pub physical: Option<At>,
    /// ELF: `p_align`; that of the layout.
    pub align: Option<u64>,
    /// Mach-O: `segname`; none.
    pub name: Option<String>,
    /// Mach-O: `maxprot`; 7, everything.
    pub most_protection: Option<u64>,
    /// Mach-O: `initprot`; the bits of the protection.
    pub protection_bits: Option<u64>,
    /// Mach-O: sections, in their stored form.
    pub sections: ContentSpec,
    /// Mach-O: `nsects`; 0.
    pub section_count: Option<u64>,
}

impl RegionSpec {
    /// A region of zeros.
    pub fn new(at: u64, size: u64) -> RegionSpec {
        RegionSpec {
            label: None,
            at: At::Address(at),
            size: Some(size),
            captured: None,
            stored: None,
            content: ContentSpec::default(),
            protection: None,
            list: None,
            file_offset: None,
            kind: None,
            flags: None,
            physical: None,
            align: None,
            name: None,
            most_protection: None,
            protection_bits: None,
            sections: ContentSpec::default(),
            section_count: None,
        }
    }
}
