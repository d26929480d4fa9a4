//! Mappings of files: NT_FILE, and FreeBSD's NT_PROCSTAT_VMMAP.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use dumpedit_layout::ByteOrder;

use super::header::Segment;
use crate::encoding::Encoding;

/// One mapping of a file.
#[derive(Clone, Debug)]
pub(super) struct FileMapping {
    pub(super) start: u64,
    /// One past the last address.
    pub(super) end: u64,
    /// Offset in the mapped file, in bytes.
    pub(super) offset: u64,
    /// Name of the file; `None` where the end of the dump cuts it off.
    pub(super) name: Option<Arc<str>>,
    /// Whether a segment of it is executable.
    pub(super) executable: bool,
    /// Whether a segment begins in it.
    pub(super) listed: bool,
}

/// A row of NT_FILE: a mapping of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MappedFile {
    /// First address.
    pub first: u64,
    /// Size, in bytes.
    pub size: u64,
    /// Offset in the file, in bytes.
    pub offset: u64,
    /// Name of the file.
    pub name: String,
}

impl MappedFile {
    /// A mapping of the beginning of a file.
    pub fn new(first: u64, size: u64, name: String) -> MappedFile {
        MappedFile { first, size, offset: 0, name }
    }
}

/// The rows of NT_FILE, in order of addresses, without rows that the end of the note cuts off.
pub fn mapped_files(descriptor: &[u8], order: ByteOrder, wide: bool) -> Vec<MappedFile> {
    let size = u64::try_from(descriptor.len()).unwrap_or(u64::MAX);
    let files = Files::read(Encoding::of(order, wide), descriptor, size);
    let row = |mapping: FileMapping| MappedFile {
        first: mapping.start,
        size: mapping.end.saturating_sub(mapping.start),
        offset: mapping.offset,
        name: mapping.name.as_deref().unwrap_or_default().to_owned(),
    };
    files.mappings.into_iter().map(row).collect()
}

/// Mappings of files, ordered by address.
#[derive(Default)]
pub(super) struct Files {
    pub(super) mappings: Vec<FileMapping>,
    /// Index of the mapping that was last found, and the addresses up to the next one: segments mostly come in order.
    last: usize,
    near: Range<u64>,
}

impl Files {
    /// Reads the descriptor: a count, the page size, and for each mapping its start, its end and its offset in the file in pages, all
    /// words; then the names, each with a NUL (`fill_files_note` in the kernel's `fs/binfmt_elf.c`).
    ///
    /// `size` is the descriptor's whole size, of which `descriptor` may be only the beginning.
    pub(super) fn read(encoding: Encoding, descriptor: &[u8], size: u64) -> Files {
        Table::of(encoding, descriptor, size).map(|table| table.mappings()).unwrap_or_default()
    }

    /// Encoding of the descriptor's words.
    pub(super) fn words(encoding: Encoding, descriptor: &[u8], size: u64) -> Option<Encoding> {
        Table::of(encoding, descriptor, size).map(|table| table.words)
    }

    /// Reads FreeBSD's NT_PROCSTAT_VMMAP: the size of `struct kinfo_vmentry` (`sys/user.h`), then entries, each with its own size in its
    /// first field.
    pub(super) fn of_freebsd(encoding: Encoding, descriptor: &[u8]) -> Files {
        /// `VM_PROT_EXECUTE`.
        const EXECUTE: u32 = 4;
        let mut known: HashMap<&[u8], Arc<str>> = HashMap::new();
        let mut mappings = Vec::new();
        for entry in vm_entries(encoding, descriptor) {
            let path = entry.get(VM_PATH_AT..).unwrap_or_default();
            let fields =
                || Some((encoding.u64(entry, 8)?, encoding.u64(entry, 16)?, encoding.u64(entry, 24)?));
            let Some((start, end, offset)) = fields() else { break };
            let path = path.split(|byte| *byte == 0).next().filter(|path| !path.is_empty());
            let Some(path) = path.filter(|_| start < end) else { continue };
            let text = || Arc::from(String::from_utf8_lossy(path));
            mappings.push(FileMapping {
                start,
                end,
                offset,
                name: Some(known.entry(path).or_insert_with(text).clone()),
                executable: encoding.u32(entry, 56).is_some_and(|bits| bits & EXECUTE != 0),
                listed: false,
            });
        }
        mappings.sort_by_key(|mapping| mapping.start);
        Files { mappings, ..Files::default() }
    }

    /// The mapping that holds an address.
    fn at(&mut self, address: u64) -> Option<&mut FileMapping> {
        if !self.near.contains(&address) {
            let after = self.mappings.partition_point(|mapping| mapping.start <= address);
            let start = |index: usize| self.mappings.get(index).map(|mapping| mapping.start);
            self.last = after.checked_sub(1)?;
            self.near = start(self.last).unwrap_or(0)..start(after).unwrap_or(u64::MAX);
        }
        let mapping = self.mappings.get_mut(self.last)?;
        (address < mapping.end).then_some(mapping)
    }

    /// The name of the file that a segment maps. Marks the mapping as listed, and as executable where the segment is.
    pub(super) fn name(&mut self, segment: &Segment, executable: bool) -> Option<Arc<str>> {
        let mapping = self.at(segment.address)?;
        mapping.listed = true;
        mapping.executable |= executable;
        mapping.name.clone()
    }
}

/// Offset of `kve_path`, the last field of `struct kinfo_vmentry`, in bytes.
pub(super) const VM_PATH_AT: usize = 136;

/// Whole entries of FreeBSD's NT_PROCSTAT_VMMAP, which follow one another behind four bytes.
pub(super) fn vm_entries(encoding: Encoding, descriptor: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = descriptor.get(4..).unwrap_or_default();
    std::iter::from_fn(move || {
        let size = usize::try_from(encoding.u32(rest, 0)?).ok().filter(|size| *size >= VM_PATH_AT)?;
        let (entry, behind) = rest.split_at_checked(size)?;
        rest = behind;
        Some(entry)
    })
}

/// Size of the numbers in front of the names of NT_FILE, in bytes.
pub(super) fn numbers_size(encoding: Encoding, descriptor: &[u8], size: u64) -> u64 {
    Table::of(encoding, descriptor, size).and_then(|table| u64::try_from(table.names_at()).ok()).unwrap_or(0)
}

struct Table<'a> {
    words: Encoding,
    descriptor: &'a [u8],
    count: usize,
    page_size: u64,
}

impl<'a> Table<'a> {
    fn of(encoding: Encoding, descriptor: &'a [u8], size: u64) -> Option<Table<'a>> {
        // 64-bit kernels have written 8-byte words for 32-bit MIPS processes.
        let wide = Encoding { wide: true, ..encoding };
        [encoding, wide].into_iter().find_map(|words| Table::read(words, descriptor, size))
    }

    fn read(words: Encoding, descriptor: &'a [u8], size: u64) -> Option<Table<'a>> {
        let count = words.word(descriptor, 0)?;
        let page_size = words.word(descriptor, 1)?;
        let entry = u64::try_from(words.word_size()).ok()?.checked_mul(3)?;
        let fits = count.checked_mul(entry).is_some_and(|table| table < size);
        if count == 0 || !fits || !page_size.is_power_of_two() {
            return None;
        }
        Some(Table { words, descriptor, count: usize::try_from(count).ok()?, page_size })
    }

    fn mappings(&self) -> Files {
        let mut names = self.names();
        let mut known: HashMap<&[u8], Arc<str>> = HashMap::new();
        let mut mappings: Vec<FileMapping> = (0..self.count)
            .map_while(|index| {
                let at = index.checked_mul(3)?.checked_add(2)?;
                let word = |skip| self.words.word(self.descriptor, at.checked_add(skip)?);
                let name = names.next();
                Some(FileMapping {
                    start: word(0)?,
                    end: word(1)?,
                    offset: word(2)?.saturating_mul(self.page_size),
                    name: name.map(|name| {
                        let text = || Arc::from(String::from_utf8_lossy(name));
                        known.entry(name).or_insert_with(text).clone()
                    }),
                    executable: false,
                    listed: false,
                })
            })
            .filter(|mapping| mapping.start < mapping.end)
            .collect();
        mappings.sort_by_key(|mapping| mapping.start);
        Files { mappings, ..Files::default() }
    }

    /// Offset of the names, in bytes.
    fn names_at(&self) -> usize {
        let words = self.count.saturating_mul(3).saturating_add(2);
        words.saturating_mul(self.words.word_size())
    }

    /// The names behind the table, without a last one whose NUL is cut off.
    fn names(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let behind = self.descriptor.get(self.names_at()..);
        let mut parts = behind.unwrap_or_default().split(|byte| *byte == 0).peekable();
        std::iter::from_fn(move || {
            let part = parts.next()?;
            parts.peek().is_some().then_some(part)
        })
    }
}
