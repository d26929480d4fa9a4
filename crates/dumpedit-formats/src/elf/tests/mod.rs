//! Tests of the walk over cores, built byte by byte.

mod bsd;
mod esp;
mod modules;
mod notes;
mod segments;
mod threads;

use dumpedit_layout::{
    Access, AccessError, BlockKind, Context, Layout, NamedAddress, NoticeKind, RecordChoice, Region,
    StopReason, ThreadIndex,
};
use object::endian::{Endian, Endianness};

use super::recognizes;
use crate::FormatError;
use crate::encoding::Encoding;

const LITTLE_64: Encoding = Encoding { order: Endianness::Little, wide: true };

const BIG_64: Encoding = Encoding { order: Endianness::Big, wide: true };

const BIG_32: Encoding = Encoding { order: Endianness::Big, wide: false };

const AMD64: u16 = 62;

const PPC: u16 = 20;

const RISCV: u16 = 243;

const OPENRISC: u16 = 92;

const LOAD: u32 = 1;

const NOTE: u32 = 4;

fn parse(bytes: &[u8]) -> Result<Layout, FormatError> {
    super::parse(bytes, |_| ())
}

/// The name of the mapping at an address.
fn name_at(layout: &Layout, address: u64) -> Option<&str> {
    layout.mapping_at(address)?.name.as_deref()
}

/// Builds bytes from numbers in an encoding.
#[derive(Clone)]
struct Bytes {
    encoding: Encoding,
    bytes: Vec<u8>,
}

impl Bytes {
    fn new(encoding: Encoding) -> Bytes {
        Bytes { encoding, bytes: Vec::new() }
    }

    fn raw(mut self, bytes: &[u8]) -> Bytes {
        self.bytes.extend(bytes);
        self
    }

    fn half(self, value: u16) -> Bytes {
        let bytes = self.encoding.order.write_u16(value);
        self.raw(&bytes)
    }

    fn int(self, value: u32) -> Bytes {
        let bytes = self.encoding.order.write_u32(value);
        self.raw(&bytes)
    }

    fn word(self, value: u64) -> Bytes {
        if self.encoding.wide {
            let bytes = self.encoding.order.write_u64(value);
            self.raw(&bytes)
        } else {
            self.int(value as u32)
        }
    }

    fn words(self, values: &[u64]) -> Bytes {
        values.iter().fold(self, |bytes, value| bytes.word(*value))
    }

    fn note(self, namespace: &str, kind: u32, descriptor: &[u8]) -> Bytes {
        self.aligned_note(namespace, kind, descriptor, 4)
    }

    fn aligned_note(mut self, namespace: &str, kind: u32, descriptor: &[u8], unit: usize) -> Bytes {
        self = self.int(namespace.len() as u32 + 1).int(descriptor.len() as u32).int(kind);
        self = self.raw(namespace.as_bytes()).raw(&[0]).padded(unit).raw(descriptor);
        self.padded(unit)
    }

    fn padded(mut self, unit: usize) -> Bytes {
        self.bytes.resize(self.bytes.len().next_multiple_of(unit), 0);
        self
    }
}

#[derive(Clone)]
struct Segment {
    kind: u32,
    flags: u32,
    address: u64,
    memory_size: u64,
    file_size: u64,
    align: u64,
    bytes: Vec<u8>,
}

fn load(address: u64, memory_size: u64, bytes: &[u8]) -> Segment {
    let file_size = bytes.len() as u64;
    Segment { kind: LOAD, flags: 5, address, memory_size, file_size, align: 0x1000, bytes: bytes.to_vec() }
}

fn notes(bytes: Bytes) -> Segment {
    Segment { kind: NOTE, flags: 0, align: 4, ..load(0, 0, &bytes.bytes) }
}

/// A core of these segments, whose bytes follow the program headers in order.
fn core(encoding: Encoding, machine: u16, segments: &[Segment]) -> Vec<u8> {
    core_of_type(4, encoding, machine, segments)
}

fn core_of_type(file_type: u16, encoding: Encoding, machine: u16, segments: &[Segment]) -> Vec<u8> {
    let (header_size, entry_size) = if encoding.wide { (64, 56) } else { (52, 32) };
    let big = encoding.order == Endianness::Big;
    let ident = [0x7f, b'E', b'L', b'F', 1 + u8::from(encoding.wide), 1 + u8::from(big), 1, 0];
    let mut file = Bytes::new(encoding)
        .raw(&ident)
        .raw(&[0; 8])
        .half(file_type)
        .half(machine)
        .int(1)
        .words(&[0, header_size, 0])
        .int(0)
        .half(header_size as u16)
        .half(entry_size)
        .half(segments.len() as u16)
        .half(0)
        .half(0)
        .half(0);
    let mut offset = header_size + u64::from(entry_size) * segments.len() as u64;
    for segment in segments {
        file = file.int(segment.kind);
        if encoding.wide {
            file = file.int(segment.flags);
        }
        file = file.words(&[offset, segment.address, 0, segment.file_size, segment.memory_size]);
        if !encoding.wide {
            file = file.int(segment.flags);
        }
        file = file.word(segment.align);
        offset += segment.bytes.len() as u64;
    }
    segments.iter().fold(file, |file, segment| file.raw(&segment.bytes)).bytes
}

fn regions(layout: &Layout) -> Vec<Region> {
    layout.regions().collect()
}

fn notices(layout: &Layout) -> Vec<NoticeKind> {
    layout.notices().iter().map(|notice| notice.kind).collect()
}

/// A `struct elf_prstatus` of AMD64 in which only the signal, the id and rip are set.
fn status(signal: u16, tid: u32, rip: u64) -> Vec<u8> {
    let mut bytes = vec![0; 336];
    bytes[12..14].copy_from_slice(&signal.to_le_bytes());
    bytes[32..36].copy_from_slice(&tid.to_le_bytes());
    bytes[240..248].copy_from_slice(&rip.to_le_bytes());
    bytes
}

/// The value of a 64-bit register, by the file bytes that the layout gives for it.
fn register(file: &[u8], layout: &Layout, thread: u32, name: &str) -> Option<u64> {
    let part = layout.machine().registers().part(name).unwrap();
    let context = Context::Thread(ThreadIndex(thread), RecordChoice::Auto);
    let resolved = layout.resolve_part(context, part).ok()?;
    let first = resolved.reads().next().unwrap();
    let at = first.file_offset as usize;
    let mut value = [0; 8];
    value[..part.size()].copy_from_slice(&file[at..at + part.size()]);
    Some(u64::from_le_bytes(value))
}

/// NT_FILE of mappings (start, end, page) and their names, in pages of 4096 bytes.
fn file_note(mappings: &[(u64, u64, u64, &str)]) -> Vec<u8> {
    let mut bytes = Bytes::new(LITTLE_64).words(&[mappings.len() as u64, 4096]);
    for (start, end, page, _) in mappings {
        bytes = bytes.words(&[*start, *end, *page]);
    }
    mappings.iter().fold(bytes, |bytes, (.., name)| bytes.raw(name.as_bytes()).raw(&[0])).bytes
}

const FILE: u32 = 0x4649_4c45;

const SIGINFO: u32 = 0x5349_4749;

/// The first page of a module of `size` bytes, with a build id.
fn module_page(size: u64, id: &[u8]) -> Vec<u8> {
    let note = Bytes::new(LITTLE_64).note("GNU", 3, id);
    let mut first = load(0, size, &[]);
    first.flags = 5;
    let mut noted = notes(note.clone());
    noted.address = 64 + 2 * 56;
    let mut page = core_of_type(3, LITTLE_64, AMD64, &[first, noted]);
    // The first segment begins with the header.
    page[64 + 8..64 + 16].fill(0);
    page.resize(4096, 0);
    page
}
