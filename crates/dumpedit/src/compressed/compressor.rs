//! Compressors, recognized by the first bytes of a stream or by the name of a file.

use std::fmt;
use std::io::{self, Read};
use std::path::Path;

/// A compressor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compressor {
    /// Zstandard (RFC 8878).
    Zstd,
    /// gzip (RFC 1952).
    Gzip,
    /// xz.
    Xz,
    /// Frames of LZ4.
    Lz4,
}

/// The compressor of a stream, and the bytes that were read to recognize it.
pub(super) struct Told {
    pub(super) compressor: Option<Compressor>,
    pub(super) taken: Vec<u8>,
}

pub(super) struct Row {
    pub(super) compressor: Compressor,
    pub(super) name: &'static str,
    extension: &'static str,
    /// Magic number at the start of its streams.
    pub(super) magic: &'static [u8],
}

pub(super) const ROWS: &[Row] = &[
    Row { compressor: Compressor::Zstd, name: "zstd", extension: "zst", magic: &[0x28, 0xb5, 0x2f, 0xfd] },
    Row { compressor: Compressor::Gzip, name: "gzip", extension: "gz", magic: &[0x1f, 0x8b] },
    Row { compressor: Compressor::Xz, name: "xz", extension: "xz", magic: b"\xfd7zXZ\0" },
    Row { compressor: Compressor::Lz4, name: "lz4", extension: "lz4", magic: &[0x04, 0x22, 0x4d, 0x18] },
];

/// Number of bytes that are read to recognize a compressor, or the size of a skippable frame: magic number and size.
pub(super) const HEADER: usize = 8;

/// Maximum size of skippable frames in front of the recognized one, in bytes.
const MOST_SKIPPED: usize = 1 << 20;

impl Compressor {
    /// The compressor of a stream, by its first frame that is not skippable.
    pub(super) fn of_stream(stream: &mut impl Read) -> io::Result<Told> {
        let mut taken = Vec::new();
        let mut frame = 0usize;
        loop {
            let missing = frame.saturating_add(HEADER).saturating_sub(taken.len());
            stream.take(missing as u64).read_to_end(&mut taken)?;
            let start = taken.get(frame..).unwrap_or_default();
            let Some(size) = skippable_size(start) else {
                return Ok(Told { compressor: Compressor::of_magic(start), taken });
            };
            frame = frame.saturating_add(HEADER).saturating_add(size);
            if frame > MOST_SKIPPED {
                return Ok(Told { compressor: None, taken });
            }
        }
    }

    /// The compressor of a stream that begins with these bytes.
    pub(super) fn of_magic(start: &[u8]) -> Option<Compressor> {
        ROWS.iter().find(|row| start.starts_with(row.magic)).map(|row| row.compressor)
    }

    /// The compressor for a file's extension.
    pub fn of_name(path: &Path) -> Option<Compressor> {
        let extension = path.extension()?;
        ROWS.iter().find(|row| extension.eq_ignore_ascii_case(row.extension)).map(|row| row.compressor)
    }

    /// The name of the compression for a file's extension that is not supported.
    pub fn unknown(path: &Path) -> Option<&'static str> {
        const OTHERS: [&str; 8] = ["bz2", "br", "lzma", "lz", "lzo", "sz", "z", "zip"];
        let extension = path.extension()?;
        OTHERS.into_iter().find(|other| extension.eq_ignore_ascii_case(other))
    }

    fn row(self) -> Option<&'static Row> {
        ROWS.iter().find(|row| row.compressor == self)
    }

    /// The extension of its files.
    pub fn extension(self) -> &'static str {
        self.row().map_or("", |row| row.extension)
    }
}

/// The size of the contents of a skippable frame, which zstd and lz4 streams may have anywhere between their frames (LZ4
/// Frame Format 1.6.4 and RFC 8878, "Skippable Frames").
fn skippable_size(header: &[u8]) -> Option<usize> {
    let (&magic, rest) = header.split_first_chunk()?;
    let size = u32::from_le_bytes(*rest.first_chunk()?);
    if is_skippable(magic) { usize::try_from(size).ok() } else { None }
}

/// Whether a magic number is one of the sixteen of skippable frames.
pub(super) fn is_skippable(magic: [u8; 4]) -> bool {
    matches!(magic, [0x50..=0x5f, 0x2a, 0x4d, 0x18])
}

impl fmt::Display for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().map_or("?", |row| row.name))
    }
}
