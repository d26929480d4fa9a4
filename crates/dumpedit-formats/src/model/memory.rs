//! Memory that a dump holds, and mappings that it lists.

use dumpedit_layout::Protection;

use super::{Content, FileOffset, Place};

/// Memory that a container lists: a memory descriptor, or a program header.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Memory {
    /// Its first address.
    pub address: u64,
    /// Mapped size, in bytes.
    pub size: u64,
    /// Captured size from the first address, in bytes, by the dump.
    pub captured: u64,
    /// Bytes.
    pub stored: Stored,
    /// Protection, where its own entry or the spec of a dump has one.
    pub protection: Option<Protection>,
    /// Minidump: the list that it is in.
    pub list: List,
    /// ELF: the other fields of its program header.
    pub segment: SegmentParts,
    /// Mach-O: the other fields of its load command, where they are not the usual ones.
    pub load: Option<Box<Load>>,
}

/// Fields of a Mach-O core's segment without addresses, sizes and protection (`segment_command_64` of `mach-o/loader.h`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Load {
    /// `segname`.
    pub name: [u8; 16],
    /// `maxprot`; `None` for all protections.
    pub most_protection: Option<u32>,
    /// `initprot`; `None` for the bits of the protection.
    pub bits: Option<u32>,
    /// `flags`.
    pub flags: u32,
    /// Sections, as stored.
    pub sections: Content,
    /// `nsects`.
    pub section_count: u32,
}

impl Memory {
    /// ELF: whether its program header is one of mapped memory (PT_LOAD), and not of other parts with addresses.
    pub fn is_loaded(&self) -> bool {
        self.segment.kind == object::elf::PT_LOAD.0
    }

    /// Place of its bytes in the file, where they are from the file and stored for it.
    pub(crate) fn place(&self) -> Option<Place> {
        match &self.stored {
            Stored::Own(content) => content.place(),
            Stored::Elsewhere(_) => None,
        }
    }

    /// Memory that is captured completely.
    pub fn new(address: u64, content: Content) -> Memory {
        let size = content.size();
        Memory {
            address,
            size,
            captured: size,
            stored: Stored::Own(content),
            protection: None,
            list: List::default(),
            segment: SegmentParts::default(),
            load: None,
        }
    }
}

/// Place of the bytes of memory.
#[derive(Clone, Debug, PartialEq)]
pub enum Stored {
    /// Stored for this entry, up to the end of the file. Fewer bytes than captured where the end cuts them off.
    Own(Content),
    /// At a file offset in the entry; nothing is stored for it.
    Elsewhere(FileOffset),
}

impl Stored {
    /// Number of bytes that are stored for this entry.
    pub fn size(&self) -> u64 {
        match self {
            Stored::Own(content) => content.size(),
            Stored::Elsewhere(_) => 0,
        }
    }
}

/// List of memory in a minidump or a triage dump.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum List {
    /// MemoryList.
    #[default]
    Memory,
    /// Memory64List.
    Memory64,
    /// No list: a thread's stack only. A triage dump has one such stack.
    Outside,
}

/// Fields of a program header without addresses, sizes and protection (`Elf64_Phdr` of `elf.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SegmentParts {
    /// `p_type`; PT_LOAD for memory, other types for other parts.
    pub kind: u32,
    /// `p_flags`; `None` for those of the protection.
    pub flags: Option<u32>,
    /// `p_paddr`.
    pub physical: u64,
    /// `p_align`; `None` for the alignment of the core's memory.
    pub align: Option<u64>,
}

impl Default for SegmentParts {
    fn default() -> Self {
        SegmentParts { kind: object::elf::PT_LOAD.0, flags: None, physical: 0, align: None }
    }
}

/// An entry of a minidump's MemoryInfoList (`MINIDUMP_MEMORY_INFO` of `minidumpapiset.h`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MappingEntry {
    /// `BaseAddress`.
    pub address: u64,
    /// `AllocationBase`.
    pub base: u64,
    /// `AllocationProtect`, a `PAGE_` constant.
    pub allocation_protection: u32,
    /// `RegionSize`, in bytes.
    pub size: u64,
    /// `State`.
    pub state: u32,
    /// `Protect`, a `PAGE_` constant.
    pub protection: u32,
    /// `Type`.
    pub kind: u32,
}
