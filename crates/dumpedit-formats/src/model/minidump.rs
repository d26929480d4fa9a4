//! What only minidumps have.

use super::{Content, FileOffset, Placed};

/// A minidump beside its threads, modules and memory (`MINIDUMP_HEADER` of `minidumpapiset.h`).
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
    /// What the file offsets of memory are a multiple of, in bytes.
    pub memory_align: u64,
    /// The other streams.
    pub streams: Vec<Stream>,
    /// The types of all streams as the directory lists them, where that is not the usual order: the known ones by the writer's
    /// order, then the others.
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
    /// The text at `CSDVersionRva`: the service pack, or the build in words. `None` where that is 0.
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
    /// What it holds.
    pub content: StreamContent,
}

impl Stream {
    /// A stream.
    pub fn new(kind: u32, content: StreamContent) -> Stream {
        Stream { kind, content }
    }
}

/// What a stream holds.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamContent {
    /// Bytes, and whatever these lead to.
    Blob(Blob),
    /// What is at a file offset that the directory gives; nothing is stored for it.
    Elsewhere {
        /// The size that the directory gives, in bytes.
        size: u32,
        /// Where it is.
        file_offset: FileOffset,
    },
}

/// Bytes that hold file offsets of other bytes: whoever puts them elsewhere moves all of it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Blob {
    /// The bytes.
    pub content: Content,
    /// The file offsets in them, and what is there.
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
    /// Where it stands, in bytes from the blob's start.
    pub at: u64,
    /// How it is written.
    pub pointer: Pointer,
    /// What is there.
    pub to: Blob,
}

impl Link {
    /// A file offset, in bytes from the blob's start, and what is there.
    pub fn new(at: u64, pointer: Pointer, to: Blob) -> Link {
        Link { at, pointer, to }
    }
}

/// How a file offset is written.
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
    /// How many bytes it takes, with the size in front of a file offset.
    pub fn size(self) -> u64 {
        match self {
            Pointer::Rva => 4,
            Pointer::Rva64 | Pointer::Location => 8,
        }
    }
}
