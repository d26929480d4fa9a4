//! One section of debug information, read by position and unpacked if it is compressed.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aho_corasick::AhoCorasick;
use dumpedit_layout::ByteOrder;
use memchr::memmem::Finder;
use ruzstd::decoding::StreamingDecoder;

use crate::SymbolFile;
use crate::file::Stream;
use crate::number::unsigned;

/// The largest unpacked section that is kept in memory, in bytes. A larger one is put into a temporary file.
const IN_MEMORY: u64 = 4 << 20;
/// The largest unpacked size of a section that is unpacked, in bytes.
const UNPACKED: u64 = 8 << 30;
/// The largest section that is searched, in bytes.
const SEARCHED: u64 = 8 << 30;
/// The largest window of zstd that is accepted, in bytes. The window is held in memory.
const ZSTD_WINDOW: u64 = 32 << 20;
/// The size of a cached block in bytes.
const BLOCK: u64 = 8 << 10;
/// The most blocks that are kept.
const BLOCKS: usize = 128;
/// The most texts that are searched for in one pass each.
const PASSES: usize = 8;
/// The number of bytes that are searched at a time.
const CHUNK: u64 = 1 << 20;
/// The longest string that is read, in bytes.
const STRING: usize = 1 << 20;

/// The compression of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    /// Not compressed.
    None,
    /// RFC 1950.
    Zlib,
    /// RFC 8878.
    Zstd,
}

/// The place of a section in its file, and its compression.
#[derive(Clone, Debug)]
pub(super) struct Packed {
    pub(super) file: Arc<SymbolFile>,
    pub(super) offset: u64,
    pub(super) packed_size: u64,
    pub(super) packing: Packing,
    /// The unpacked size that the section states, in bytes.
    pub(super) size: u64,
}

/// A section.
#[derive(Debug)]
pub(super) struct Section {
    packed: Packed,
    store: OnceLock<Result<Store, String>>,
    blocks: Mutex<VecDeque<(u64, Arc<[u8]>)>>,
}

#[derive(Debug)]
enum Store {
    File(Arc<SymbolFile>, u64),
    Memory(Vec<u8>),
}

impl Section {
    pub(super) fn new(packed: Packed) -> Section {
        Section { packed, store: OnceLock::new(), blocks: Mutex::default() }
    }

    /// The size of the unpacked section in bytes.
    pub(super) fn size(&self) -> u64 {
        self.packed.size
    }

    fn store(&self) -> io::Result<&Store> {
        let store = self.store.get_or_init(|| self.unpack().map_err(|error| error.to_string()));
        store.as_ref().map_err(|error| io::Error::other(error.clone()))
    }

    fn unpack(&self) -> io::Result<Store> {
        let Packed { file, offset, packed_size, packing, size: unpacked } = &self.packed;
        if *packing == Packing::None {
            return Ok(Store::File(Arc::clone(file), *offset));
        }
        if *unpacked > UNPACKED {
            return Err(io::Error::other("a compressed section has more than 8 GiB"));
        }
        let input = Stream::of_part(file, *offset, *packed_size);
        let mut input: Box<dyn Read + '_> = match packing {
            Packing::Zstd => {
                let decoder =
                    StreamingDecoder::new_with_max_window_size(io::BufReader::new(input), ZSTD_WINDOW);
                Box::new(decoder.map_err(|error| io::Error::other(error.to_string()))?)
            }
            Packing::Zlib | Packing::None => {
                Box::new(flate2::read::ZlibDecoder::new(io::BufReader::new(input)))
            }
        };
        let cut = || io::Error::other("a compressed section contains fewer bytes than its header says");
        if *unpacked <= IN_MEMORY {
            let mut bytes = Vec::new();
            input.take(*unpacked).read_to_end(&mut bytes)?;
            return if bytes.len() as u64 == *unpacked { Ok(Store::Memory(bytes)) } else { Err(cut()) };
        }
        let mut output: File = tempfile::tempfile()?;
        let copied = io::copy(&mut input.as_mut().take(*unpacked), &mut output)?;
        output.flush()?;
        if copied != *unpacked {
            return Err(cut());
        }
        Ok(Store::File(Arc::new(SymbolFile::nameless(file.path(), output)?), 0))
    }

    /// The bytes of a range.
    pub(super) fn read(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        if range.start > range.end || range.end > self.size() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match self.store()? {
            Store::File(file, offset) => {
                let at = offset.checked_add(range.start).ok_or(io::ErrorKind::UnexpectedEof)?;
                file.read_at(at, range.end - range.start)
            }
            Store::Memory(bytes) => {
                let range = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
                let part = range.and_then(|(start, end)| bytes.get(start..end));
                Ok(part.ok_or(io::ErrorKind::UnexpectedEof)?.to_vec())
            }
        }
    }

    /// The block that contains an offset, and the offset of its first byte.
    fn block(&self, offset: u64) -> io::Result<(u64, Arc<[u8]>)> {
        let start = offset - offset % BLOCK;
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = blocks.iter().position(|(known, _)| *known == start)
            && let Some(found) = blocks.remove(at)
        {
            blocks.push_front(found.clone());
            return Ok(found);
        }
        let bytes: Arc<[u8]> = self.read(start..self.size().min(start + BLOCK))?.into();
        blocks.truncate(BLOCKS - 1);
        blocks.push_front((start, Arc::clone(&bytes)));
        Ok((start, bytes))
    }

    /// Up to `size` bytes at an offset, through the cache. There are fewer at the end of the section.
    pub(super) fn read_few(&self, offset: u64, size: u64) -> io::Result<Vec<u8>> {
        let end = offset.saturating_add(size).min(self.size());
        if offset > end {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let (start, block) = self.block(offset)?;
        let within = usize::try_from(offset - start).ok().zip(usize::try_from(end - start).ok());
        match within.and_then(|(from, to)| block.get(from..to)) {
            Some(bytes) => Ok(bytes.to_vec()),
            None => self.read(offset..end),
        }
    }

    /// A number of `size` bytes at an offset, through the cache.
    pub(super) fn number(&self, offset: u64, size: u8, byte_order: ByteOrder) -> io::Result<u64> {
        let bytes = self.read_few(offset, size.into())?;
        if bytes.len() != usize::from(size) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(u64::try_from(unsigned(&bytes, byte_order)).unwrap_or(u64::MAX))
    }

    /// The bytes from an offset to the next zero.
    pub(super) fn string(&self, offset: u64) -> io::Result<Vec<u8>> {
        let mut string = Vec::new();
        let mut at = offset;
        loop {
            if at >= self.size() || string.len() > STRING {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let (start, block) = self.block(at)?;
            let part = usize::try_from(at - start).ok().and_then(|within| block.get(within..));
            let part = part.ok_or(io::ErrorKind::UnexpectedEof)?;
            match memchr::memchr(0, part) {
                Some(end) => {
                    string.extend_from_slice(part.get(..end).unwrap_or_default());
                    return Ok(string);
                }
                None => string.extend_from_slice(part),
            }
            at = start + BLOCK;
        }
    }

    /// The offsets of all matches of these texts, in no order; `None` if there are more than `most`.
    pub(super) fn find_any(&self, needles: &[impl AsRef<[u8]>], most: usize) -> io::Result<Option<Vec<u64>>> {
        if self.size() > SEARCHED {
            return Err(io::Error::other("a section of debug information has more than 8 GiB"));
        }
        // For few texts, one pass for each is faster.
        let finders: Vec<Finder<'_>> = match needles.len() {
            0..=PASSES => needles.iter().map(|needle| Finder::new(needle.as_ref())).collect(),
            _ => Vec::new(),
        };
        let of_all = match finders.is_empty() {
            true => Some(AhoCorasick::new(needles).map_err(io::Error::other)?),
            false => None,
        };
        let longest = needles.iter().map(|needle| needle.as_ref().len() as u64).max().unwrap_or(0);
        let mut places = Vec::new();
        let mut start = 0;
        while start < self.size() {
            let end = self.size().min(start + CHUNK + longest.saturating_sub(1));
            let bytes = self.read(start..end)?;
            let of_few = finders.iter().flat_map(|finder| finder.find_iter(&bytes));
            let of_all = of_all.iter().flat_map(|finder| finder.find_overlapping_iter(&bytes));
            for found in of_few.chain(of_all.map(|found| found.start())) {
                if places.len() >= most {
                    return Ok(None);
                }
                places.push(start + found as u64);
            }
            start += CHUNK;
        }
        Ok(Some(places))
    }
}
