//! Builds dumps of very many descriptors, with holes where the memory's bytes would be.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

const PAGE: u64 = 4096;

/// An ELF core of regions of one page each, with an unmapped page between them.
pub(crate) struct Core {
    pub(crate) path: PathBuf,
    pub(crate) regions: u32,
}

impl Core {
    const BASE: u64 = 0x10_0000;

    /// `Elf64_Ehdr`, `Elf64_Shdr`, `Elf64_Phdr`, then the pages. Section 0 has the number of program headers, as in every core of 65,535
    /// and more.
    pub(crate) fn write(path: PathBuf, regions: u32) -> io::Result<Core> {
        let mut file = BufWriter::new(File::create(&path)?);
        let mut data = (64 + 64 + 56 * u64::from(regions)).next_multiple_of(PAGE);
        file.write_all(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0")?;
        put(&mut file, &[(4, 2), (62, 2), (1, 4), (0, 8), (128, 8), (64, 8), (0, 4)])?;
        put(&mut file, &[(64, 2), (56, 2), (0xffff, 2), (64, 2), (1, 2), (0, 2)])?;
        put(&mut file, &[(0, 4), (0, 4), (0, 8), (0, 8), (0, 8), (1, 8), (0, 4), (regions.into(), 4)])?;
        put(&mut file, &[(0, 8), (0, 8)])?;
        for region in 0..regions {
            put(&mut file, &[(1, 4), (6, 4), (data, 8), (Core::address(region), 8), (0, 8)])?;
            put(&mut file, &[(PAGE, 8), (PAGE, 8), (PAGE, 8)])?;
            data += PAGE;
        }
        file.into_inner()?.set_len(data)?;
        Ok(Core { path, regions })
    }

    fn address(region: u32) -> u64 {
        Core::BASE + 2 * PAGE * u64::from(region)
    }

    /// Addresses inside of the regions, in an order that no cache can predict, the same in every run.
    pub(crate) fn scattered(&self) -> impl Iterator<Item = u64> {
        let mut state = 1u64;
        let regions = u64::from(self.regions);
        std::iter::repeat_with(move || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let region = (state >> 33) % regions;
            Core::BASE + 2 * PAGE * region + (state >> 20) % (PAGE / 8) * 8
        })
    }
}

/// A minidump whose MemoryList nests and overlaps in the worst way: every descriptor begins a byte after the one before it; every other one
/// ends a byte before it, the rest a byte after. All agree on the file byte of an address.
pub(crate) struct Hostile {
    pub(crate) path: PathBuf,
    /// The first address that is captured.
    pub(crate) address: u64,
    /// Number of bytes captured from there on.
    pub(crate) size: usize,
}

impl Hostile {
    /// `MINIDUMP_HEADER`, one `MINIDUMP_DIRECTORY` for a MemoryList of `descriptors`, and the memory.
    pub(crate) fn write(path: PathBuf, descriptors: u32) -> io::Result<Hostile> {
        let address = 0x10_0000;
        let list = 4 + 16 * descriptors;
        let memory = u64::from(32 + 12 + list);
        let middle = 2 * u64::from(descriptors);
        let mut file = BufWriter::new(File::create(&path)?);
        file.write_all(b"MDMP")?;
        put(&mut file, &[(0xa793, 4), (1, 4), (32, 4), (0, 4), (0, 4), (0, 8)])?;
        put(&mut file, &[(5, 4), (list.into(), 4), (44, 4), (descriptors.into(), 4)])?;
        for first in 0..u64::from(descriptors) {
            let end = if first.is_multiple_of(2) { middle - first } else { middle + first };
            put(&mut file, &[(address + first, 8), (end - first, 4), (memory + first, 4)])?;
        }
        let size = middle + u64::from(descriptors) - 1;
        file.into_inner()?.set_len(memory + size)?;
        Ok(Hostile { path, address, size: usize::try_from(size).map_err(io::Error::other)? })
    }
}

/// Numbers in little endian, each with its size in bytes.
fn put(file: &mut impl Write, fields: &[(u64, usize)]) -> io::Result<()> {
    fields.iter().try_for_each(|(value, size)| file.write_all(value.to_le_bytes().split_at(*size).0))
}
