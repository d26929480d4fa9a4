//! Parts of a model that only minidumps have.

use super::{Content, FileOffset, Placed};

/// A minidump without its threads, modules and memory (`MINIDUMP_HEADER` of `minidumpapiset.h`).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Minidump {
    /// `Version`.
    pub version: u32,
    /// `CheckSum`.
    pub checksum: u32,
    /// `TimeDateStamp`, in seconds since 1970.
    pub timestamp: u32,
    /// `Flags`.
    pub flags: u64,
    /// The SystemInfo stream.
    pub system: Option<SystemInfo>,
    /// The lists with four bytes of padding behind their count.
    pub padded: Padded,
    /// Alignment of the file offsets of memory, in bytes.
    pub memory_align: u64,
    /// The other streams.
    pub streams: Vec<Stream>,
    /// Types of all streams in the directory's order; empty for the usual order: known ones in the writer's order, then the others.
    pub order: Vec<u32>,
}

/// The lists of a minidump that may have four bytes of padding behind their count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Padded {
    /// ThreadList.
    pub threads: bool,
    /// ModuleList.
    pub modules: bool,
    /// MemoryList.
    pub memory: bool,
}

/// A SystemInfo stream (`MINIDUMP_SYSTEM_INFO`).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SystemInfo {
    /// `ProcessorArchitecture`.
    pub architecture: Placed<u16>,
    /// `ProcessorLevel`.
    pub level: u16,
    /// `ProcessorRevision`.
    pub revision: u16,
    /// `NumberOfProcessors`.
    pub processors: u8,
    /// `ProductType`.
    pub product_type: u8,
    /// `MajorVersion`, `MinorVersion` and `BuildNumber`.
    pub version: [u32; 3],
    /// `PlatformId`.
    pub platform: Placed<u32>,
    /// Text at `CSDVersionRva`: the service pack, or the build in words. `None` where that is 0.
    pub service_pack: Option<Placed<String>>,
    /// `SuiteMask`.
    pub suite_mask: u16,
    /// `Reserved2`.
    pub reserved: u16,
    /// `Cpu`, 24 bytes.
    pub cpu: Content,
}

/// A stream of the directory.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Stream {
    /// A `MINIDUMP_STREAM_TYPE`, or a number that no header names.
    pub kind: u32,
    /// Contents.
    pub content: StreamContent,
}

impl Stream {
    /// A stream.
    pub fn new(kind: u32, content: StreamContent) -> Stream {
        Stream { kind, content }
    }
}

/// Contents of a stream.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamContent {
    /// Bytes, and the targets of their file offsets.
    Blob(Blob),
    /// Bytes at a file offset in the directory; nothing is stored for the stream.
    Elsewhere {
        /// Size in the directory, in bytes.
        size: u32,
        /// File offset.
        file_offset: FileOffset,
    },
}

/// Bytes that hold file offsets of other bytes: moving them moves the targets as well.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Blob {
    /// The bytes.
    pub content: Content,
    /// The file offsets in them, with their targets.
    pub links: Vec<Link>,
}

impl Blob {
    /// Bytes without file offsets.
    pub fn new(content: Content) -> Blob {
        Blob { content, links: Vec::new() }
    }

    /// The same bytes, with file offsets in them.
    #[must_use]
    pub fn with_links(self, links: Vec<Link>) -> Blob {
        Blob { links, ..self }
    }
}

/// A file offset in a [`Blob`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Link {
    /// Offset in the blob, in bytes.
    pub at: u64,
    /// Encoding.
    pub pointer: Pointer,
    /// Target.
    pub to: Blob,
}

impl Link {
    /// A file offset at an offset in the blob, in bytes, and its target.
    pub fn new(at: u64, pointer: Pointer, to: Blob) -> Link {
        Link { at, pointer, to }
    }
}

/// Encoding of a file offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// `RVA`, 32 bits.
    Rva,
    /// `RVA64`, 64 bits.
    Rva64,
    /// `MINIDUMP_LOCATION_DESCRIPTOR`: size and file offset, 32 bits each.
    Location,
}

impl Pointer {
    /// Size in bytes, with the size in front of a file offset.
    pub fn size(self) -> u64 {
        match self {
            Pointer::Rva => 4,
            Pointer::Rva64 | Pointer::Location => 8,
        }
    }
}
