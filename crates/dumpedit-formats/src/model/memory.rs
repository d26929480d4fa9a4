//! Memory that a dump holds, and what it says was mapped.

use dumpedit_layout::Protection;

use super::{Content, FileOffset};

/// Memory that a container lists: a memory descriptor, or a program header.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Memory {
    /// Its first address.
    pub address: u64,
    /// How much was mapped, in bytes.
    pub size: u64,
    /// How many bytes from the first on the dump says that it holds.
    pub captured: u64,
    /// Its bytes.
    pub stored: Stored,
    /// Its protection, where its own entry or the spec of a dump says one.
    pub protection: Option<Protection>,
    /// Minidump: where it is listed.
    pub list: List,
    /// ELF: what else its program header says.
    pub segment: SegmentParts,
    /// Mach-O: what else its load command says, where that is not the usual.
    pub load: Option<Box<Load>>,
}

/// What a segment of a Mach-O core says beside addresses, sizes and protection (`segment_command_64` of `mach-o/loader.h`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Load {
    /// `segname`.
    pub name: [u8; 16],
    /// `maxprot`; all, where not given.
    pub most_protection: Option<u32>,
    /// `initprot`; the bits of the protection, where not given.
    pub bits: Option<u32>,
    /// `flags`.
    pub flags: u32,
    /// Its sections, as they are stored.
    pub sections: Content,
    /// `nsects`.
    pub section_count: u32,
}

impl Memory {
    /// ELF: whether its program header is one of memory that was mapped (PT_LOAD), and not of what else has addresses.
    pub fn is_loaded(&self) -> bool {
        self.segment.kind == object::elf::PT_LOAD.0
    }

    /// Memory that is captured as a whole.
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

/// Where the bytes of memory are.
#[derive(Clone, Debug, PartialEq)]
pub enum Stored {
    /// With this entry: what is in the file before it ends. Fewer than are captured where the end cuts them off.
    Own(Content),
    /// At a file offset that the entry gives; nothing is stored for it.
    Elsewhere(FileOffset),
}

impl Stored {
    /// How many bytes are stored for this entry.
    pub fn size(&self) -> u64 {
        match self {
            Stored::Own(content) => content.size(),
            Stored::Elsewhere(_) => 0,
        }
    }
}

/// Where a minidump or a triage dump lists memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum List {
    /// In the MemoryList.
    #[default]
    Memory,
    /// In the Memory64List.
    Memory64,
    /// In no list: it is a thread's stack alone. A triage dump has one such stack.
    Outside,
}

/// What a program header says beside addresses, sizes and protection (`Elf64_Phdr` of `elf.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SegmentParts {
    /// `p_type`; PT_LOAD. What has another type is not memory.
    pub kind: u32,
    /// `p_flags`; those of the protection, where not given.
    pub flags: Option<u32>,
    /// `p_paddr`.
    pub physical: u64,
    /// `p_align`; what the core's memory is aligned by, where not given.
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
