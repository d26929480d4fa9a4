//! Tests of the walk over minidumps, built byte by byte.

use dumpedit_layout::{
    Access, ByteOrder, Context, Layout, Machine, NamedAddress, NoticeKind, RecordChoice, RecordKind, Region,
    StopReason, ThreadIndex,
};
use scroll::{Endian, Pwrite};

use crate::FormatError;
use crate::minidump::parse;

const THREADS: u32 = 3;

const MODULES: u32 = 4;

const MEMORY: u32 = 5;

const EXCEPTION: u32 = 6;

const SYSTEM: u32 = 7;

const MEMORY64: u32 = 9;

const MISC: u32 = 15;

const MEMORY_INFO: u32 = 16;

const THREAD_NAMES: u32 = 24;

const LINUX_MAPS: u32 = 0x4767_0009;

const INTEL: u16 = 0;

const AMD64: u16 = 9;

/// A minidump under construction. The directory comes last.
struct Built {
    endian: Endian,
    bytes: Vec<u8>,
    directory: Vec<[u32; 3]>,
    checksum: u32,
}

/// Consecutive numbers, each with its own width.
macro_rules! numbers {
    ($endian:expr, $($value:expr),* $(,)?) => {{
        let mut bytes = Vec::new();
        $(match $endian {
            Endian::Little => bytes.extend($value.to_le_bytes()),
            Endian::Big => bytes.extend($value.to_be_bytes()),
        })*
        bytes
    }};
}

mod contexts;
mod lists;
mod memory;
mod modules;
mod threads;
mod wow64;
mod xsave;

impl Built {
    fn new(endian: Endian) -> Self {
        Built { endian, bytes: vec![0; 32], directory: Vec::new(), checksum: 0 }
    }

    /// Appends bytes to the file, and returns their file offset.
    fn put(&mut self, bytes: impl AsRef<[u8]>) -> u32 {
        let offset = u32::try_from(self.bytes.len()).unwrap();
        self.bytes.extend(bytes.as_ref());
        offset
    }

    fn stream(&mut self, kind: u32, bytes: impl AsRef<[u8]>) -> u32 {
        let size = u32::try_from(bytes.as_ref().len()).unwrap();
        let offset = self.put(bytes);
        self.directory.push([kind, size, offset]);
        offset
    }

    fn system(&mut self, architecture: u16) {
        let mut bytes = vec![0; 56];
        bytes.pwrite_with(architecture, 0, self.endian).unwrap();
        bytes.pwrite_with(2u32, 20, self.endian).unwrap();
        self.stream(SYSTEM, bytes);
    }

    /// A MemoryList of (address, size, file offset), with or without padding.
    fn memory(&mut self, padded: bool, descriptors: &[(u64, u32, u32)]) {
        let mut bytes = numbers!(self.endian, u32::try_from(descriptors.len()).unwrap());
        bytes.resize(if padded { 8 } else { 4 }, 0);
        for (address, size, offset) in descriptors {
            bytes.extend(numbers!(self.endian, *address, *size, *offset));
        }
        self.stream(MEMORY, bytes);
    }

    fn threads(&mut self, threads: &[Listed]) {
        let mut bytes = numbers!(self.endian, u32::try_from(threads.len()).unwrap());
        for Listed { id, teb, stack, context } in threads {
            bytes.extend(numbers!(self.endian, *id, 0u32, 0u32, 0u32, *teb, stack.0, stack.1, stack.2));
            bytes.extend(numbers!(self.endian, context.0, context.1));
        }
        self.stream(THREADS, bytes);
    }

    fn exception(&mut self, id: u32, address: u64, context: (u32, u32)) {
        let mut bytes = numbers!(self.endian, id, 0u32, 0xc000_0005u32, 0u32, 0u64, address, 0u32, 0u32);
        bytes.resize(160, 0);
        bytes.extend(numbers!(self.endian, context.0, context.1));
        self.stream(EXCEPTION, bytes);
    }

    /// Adds a context of AMD64 with these flags and program counter, and returns its size and file offset.
    fn amd64(&mut self, flags: u32, rip: u64) -> (u32, u32) {
        let mut bytes = vec![0; 1232];
        bytes.pwrite_with(flags, 0x30, self.endian).unwrap();
        bytes.pwrite_with(rip, 0xf8, self.endian).unwrap();
        (1232, self.put(bytes))
    }

    fn string(&mut self, text: &str) -> u32 {
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut bytes = numbers!(self.endian, u32::try_from(units.len() * 2).unwrap());
        for unit in units {
            bytes.extend(numbers!(self.endian, unit));
        }
        bytes.extend([0, 0]);
        self.put(bytes)
    }

    fn finish(mut self) -> Vec<u8> {
        let count = u32::try_from(self.directory.len()).unwrap();
        let directory = u32::try_from(self.bytes.len()).unwrap();
        let header = numbers!(self.endian, 0x504d_444du32, 0xa793u32, count, directory, self.checksum);
        self.bytes[..header.len()].copy_from_slice(&header);
        for entry in self.directory {
            self.bytes.extend(numbers!(self.endian, entry[0], entry[1], entry[2]));
        }
        self.bytes
    }

    fn parse(self) -> Layout {
        parse(&self.finish()).unwrap()
    }
}

/// An entry of a ThreadList.
#[derive(Clone, Copy, Default)]
struct Listed {
    id: u32,
    teb: u64,
    /// Address, size, file offset.
    stack: (u64, u32, u32),
    /// Size, file offset.
    context: (u32, u32),
}

/// Result of reading a range: number of bytes, and the file offsets of its pieces.
fn found(layout: &Layout, address: u64, size: u64) -> (u64, Vec<u64>) {
    match layout.resolve(Context::Process, address.into(), size, Access::Read) {
        Ok(resolved) => {
            let offsets = resolved.reads().map(|piece| piece.file_offset).collect();
            (resolved.outcome.completed, offsets)
        }
        Err(_) => (0, Vec::new()),
    }
}

/// Checks that there is one notice of a kind, with this count.
#[track_caller]
fn tells(layout: &Layout, kind: NoticeKind, count: impl Into<Option<u64>>) {
    let told: Vec<_> = layout.notices().iter().filter(|notice| notice.kind == kind).collect();
    assert_eq!(
        told.iter().map(|notice| notice.count).collect::<Vec<_>>(),
        [count.into()],
        "{:?}",
        layout.notices()
    );
}

/// The file offsets of a register's bytes in a record.
fn register(layout: &Layout, index: u32, choice: RecordChoice, name: &str) -> Option<Vec<u64>> {
    let context = Context::Thread(ThreadIndex(index), choice);
    let part = layout.machine_of(context).registers().part(name)?;
    let resolved = layout.resolve_part(context, part).ok()?;
    Some(resolved.pieces.iter().map(|piece| piece.file_offset).collect())
}

fn regions(layout: &Layout) -> Vec<Region> {
    layout.regions().collect()
}
