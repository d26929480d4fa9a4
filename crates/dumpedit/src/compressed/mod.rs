//! Compressed dumps: which compressor a file's first bytes or its name mean, unpacking, and packing.

mod lz4;
mod open;
mod packer;

use std::fmt;
use std::io::{self, BufRead, Read, Write};
use std::ops::RangeInclusive;
use std::path::Path;

use lzma_rust2::XzReader;

pub use open::{Limits, UnpackError, Unpacked};
pub use packer::Packer;

use crate::store::copy::ProgressFn;

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

/// The compressor of a stream, and the bytes that were read to tell it.
struct Told {
    compressor: Option<Compressor>,
    taken: Vec<u8>,
}

struct Row {
    compressor: Compressor,
    name: &'static str,
    extension: &'static str,
    /// How its streams begin.
    magic: &'static [u8],
}

const ROWS: &[Row] = &[
    Row { compressor: Compressor::Zstd, name: "zstd", extension: "zst", magic: &[0x28, 0xb5, 0x2f, 0xfd] },
    Row { compressor: Compressor::Gzip, name: "gzip", extension: "gz", magic: &[0x1f, 0x8b] },
    Row { compressor: Compressor::Xz, name: "xz", extension: "xz", magic: b"\xfd7zXZ\0" },
    Row { compressor: Compressor::Lz4, name: "lz4", extension: "lz4", magic: &[0x04, 0x22, 0x4d, 0x18] },
];

/// The bytes of a stream that tell its compressor, or the size of a skippable frame: magic number and size.
const HEADER: usize = 8;

/// How much of a stream may be skippable frames before its compressor is told.
const MOST_SKIPPED: usize = 1 << 20;

/// The base 2 logarithms of how far back zstd frames can be allowed to refer.
const WINDOWS: RangeInclusive<u32> = 10..=if usize::BITS < 64 { 30 } else { 31 };

/// What an xz decoder needs beside its dictionary, in KiB.
const XZ_OVERHEAD: u64 = 1 << 10;

impl Compressor {
    /// What a regular file is compressed with, by its first bytes. Of what cannot be read nothing is told.
    pub fn of_file(path: impl AsRef<Path>) -> Option<Compressor> {
        Compressor::of_stream(&mut open::regular_file(path.as_ref())?).ok()?.compressor
    }

    /// The compressor of a stream. Where the stream begins with frames to be skipped, what follows these tells it.
    fn of_stream(stream: &mut impl Read) -> io::Result<Told> {
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
    fn of_magic(start: &[u8]) -> Option<Compressor> {
        ROWS.iter().find(|row| start.starts_with(row.magic)).map(|row| row.compressor)
    }

    /// The compressor that a file's extension asks for.
    pub fn of_name(path: &Path) -> Option<Compressor> {
        let extension = path.extension()?;
        ROWS.iter().find(|row| extension.eq_ignore_ascii_case(row.extension)).map(|row| row.compressor)
    }

    /// The compression that a file's extension asks for and that there is none for here.
    pub fn unknown(path: &Path) -> Option<&'static str> {
        const OTHERS: [&str; 8] = ["bz2", "br", "lzma", "lz", "lzo", "sz", "z", "zip"];
        let extension = path.extension()?;
        OTHERS.into_iter().find(|other| extension.eq_ignore_ascii_case(other))
    }

    fn row(self) -> Option<&'static Row> {
        ROWS.iter().find(|row| row.compressor == self)
    }

    /// The extension of its files' names.
    pub fn extension(self) -> &'static str {
        self.row().map_or("", |row| row.extension)
    }

    /// What the packed stream holds, all frames and members of it. Where it refers further back than `window` bytes, which
    /// the decoder would have to hold, that is an error.
    fn unpack<'a>(self, packed: impl BufRead + 'a, window: u64) -> io::Result<Box<dyn Read + 'a>> {
        Ok(match self {
            Compressor::Zstd => {
                let mut decoder = zstd::Decoder::with_buffer(packed)?;
                let log = window.checked_ilog2().unwrap_or(0).clamp(*WINDOWS.start(), *WINDOWS.end());
                decoder.window_log_max(log)?;
                Box::new(decoder)
            }
            Compressor::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(packed)),
            Compressor::Xz => {
                let most = u32::try_from((window >> 10).saturating_add(XZ_OVERHEAD)).unwrap_or(u32::MAX);
                Box::new(XzReader::new_mem_limit(packed, true, most))
            }
            Compressor::Lz4 => Box::new(lz4::Frames::new(packed)),
        })
    }

    /// Packs what `write` writes, and tells `progress` how much that was. The outer error is the packed stream's own. What
    /// fails is not brought to its end.
    ///
    /// # Errors
    /// What the packed stream says, or that `progress` broke off.
    pub fn pack<T, E>(
        self,
        packed: &mut dyn Write,
        progress: &mut ProgressFn<'_>,
        write: impl FnOnce(&mut Packer<'_>) -> Result<T, E>,
    ) -> io::Result<Result<T, E>> {
        let mut packer = Packer::new(self, packed, progress)?;
        let written = write(&mut packer);
        if written.is_ok() {
            packer.finish()?;
        }
        Ok(written)
    }
}

/// Whether a decoder was not allowed the memory that it needs. zstd has no kind of error for it.
fn is_short_of_memory(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::OutOfMemory || error.to_string().contains("requires too much memory")
}

/// The size of the contents of a skippable frame, which zstd and lz4 streams may have anywhere between their frames (LZ4
/// Frame Format 1.6.4 and RFC 8878, "Skippable Frames").
fn skippable_size(header: &[u8]) -> Option<usize> {
    let (&magic, rest) = header.split_first_chunk()?;
    let size = u32::from_le_bytes(*rest.first_chunk()?);
    if is_skippable(magic) { usize::try_from(size).ok() } else { None }
}

/// Whether a magic number is one of the sixteen of skippable frames.
fn is_skippable(magic: [u8; 4]) -> bool {
    matches!(magic, [0x50..=0x5f, 0x2a, 0x4d, 0x18])
}

impl fmt::Display for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().map_or("?", |row| row.name))
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::store::chunks::Chunk;
    use crate::store::copy::Progress;

    fn going_on(_: Progress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    #[test]
    fn packing_is_told_in_small_steps_and_breaks_off_without_an_end() {
        let bytes = vec![7; 1 << 20];
        for row in ROWS {
            let (mut told, mut packed) = (Vec::new(), Vec::new());
            let mut watch = |Progress { done, .. }| {
                told.push(done);
                if done < 1 << 19 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            };
            let pack = row.compressor.pack(&mut packed, &mut watch, |stream| stream.write_all(&bytes));
            assert!(pack.unwrap().is_err(), "{}", row.name);
            assert!(
                told.is_sorted() && told[0] <= 1 << 16 && *told.last().unwrap() <= (1 << 19) + (1 << 16),
                "{told:?}"
            );
        }
    }

    #[test]
    fn every_compressor_unpacks_what_it_packed_however_many_streams_there_are() {
        let bytes: Vec<u8> = (0..3_000_000u32).map(|index| (index >> 7) as u8).collect();
        for row in ROWS {
            let mut packed = Vec::new();
            for half in [&bytes[..1 << 20], &bytes[1 << 20..]] {
                let pack = row.compressor.pack(&mut packed, &mut going_on, |stream| stream.write_all(half));
                pack.unwrap().unwrap();
            }
            assert!(packed.len() < bytes.len() / 4, "{}", row.name);
            assert_eq!(Compressor::of_magic(&packed), Some(row.compressor));
            let mut unpacked = Vec::new();
            row.compressor.unpack(packed.as_slice(), 1 << 27).unwrap().read_to_end(&mut unpacked).unwrap();
            assert!(unpacked == bytes, "{}", row.name);
        }
    }

    #[test]
    fn long_runs_of_zeros_are_frames_of_their_own() {
        let size = (40 << 20) + 7;
        for row in ROWS {
            let mut packed = Vec::new();
            let pack = row.compressor.pack(&mut packed, &mut going_on, |packer| {
                packer.push(Chunk::Bytes(b"before"))?;
                packer.push(Chunk::Zeros(size))?;
                packer.push(Chunk::Bytes(b"behind"))
            });
            pack.unwrap().unwrap();
            let mut unpacked = row.compressor.unpack(packed.as_slice(), u64::MAX).unwrap();
            let mut before = [0; 6];
            unpacked.read_exact(&mut before).unwrap();
            let zeros = io::copy(&mut unpacked.by_ref().take(size), &mut OnlyZeros).unwrap();
            let mut behind = Vec::new();
            unpacked.read_to_end(&mut behind).unwrap();
            assert_eq!(
                (&before, zeros, behind.as_slice()),
                (b"before", size, &b"behind"[..]),
                "{}",
                row.name
            );
        }
    }

    struct OnlyZeros;

    impl Write for OnlyZeros {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            assert!(bytes.iter().all(|byte| *byte == 0));
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn frames_to_be_skipped_may_stand_before_between_and_behind_the_others() {
        for compressor in [Compressor::Zstd, Compressor::Lz4] {
            let mut packed = Vec::new();
            for (magic, contents) in [(0x50, &b""[..]), (0x5f, b"contents")] {
                packed.extend([magic, 0x2a, 0x4d, 0x18]);
                packed.extend((contents.len() as u32).to_le_bytes());
                packed.extend(contents);
            }
            let skipped = packed.clone();
            for half in [b"one", b"two"] {
                compressor
                    .pack(&mut packed, &mut going_on, |stream| stream.write_all(half))
                    .unwrap()
                    .unwrap();
                packed.extend(&skipped);
            }
            let mut stream = packed.as_slice();
            let Told { compressor: found, taken } = Compressor::of_stream(&mut stream).unwrap();
            assert_eq!(found, Some(compressor));
            let mut unpacked = Vec::new();
            let stream = taken.chain(stream);
            compressor
                .unpack(io::BufReader::new(stream), 1 << 27)
                .unwrap()
                .read_to_end(&mut unpacked)
                .unwrap();
            assert_eq!(unpacked, b"onetwo", "{compressor}");
            for len in 0..=skipped.len() {
                let Told { compressor, taken } = Compressor::of_stream(&mut &skipped[..len]).unwrap();
                assert_eq!((compressor, taken.as_slice()), (None, &skipped[..len]));
            }
        }
        let endless = [0x50, 0x2a, 0x4d, 0x18, 0xff, 0xff, 0xff, 0xff];
        let Told { compressor, taken } = Compressor::of_stream(&mut endless.chain(io::repeat(0))).unwrap();
        assert_eq!((compressor, taken.as_slice()), (None, &endless[..]));
    }

    #[test]
    fn a_stream_that_is_cut_anywhere_is_an_error() {
        for row in ROWS {
            let mut packed = Vec::new();
            row.compressor
                .pack(&mut packed, &mut going_on, |stream| stream.write_all(b"a dump of some length"))
                .unwrap()
                .unwrap();
            for len in row.magic.len()..packed.len() {
                let unpacked = row.compressor.unpack(&packed[..len], 1 << 27);
                let read = unpacked.and_then(|mut stream| io::copy(&mut stream, &mut io::sink()));
                assert!(
                    !read.is_ok_and(|read| read > 0),
                    "{} cut to {len} of {} bytes",
                    row.name,
                    packed.len()
                );
            }
        }
    }

    #[test]
    fn a_header_s_bytes_tell_every_compressor() {
        assert!(ROWS.iter().all(|row| row.magic.len() <= HEADER));
    }

    #[test]
    fn what_is_opened_is_bound_and_its_packed_bytes_are_told_of() {
        let dump = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/crash.dmp")).unwrap();
        for row in ROWS {
            let mut packed = Vec::new();
            row.compressor
                .pack(&mut packed, &mut going_on, |stream| stream.write_all(&dump))
                .unwrap()
                .unwrap();
            let (size, limits) = (packed.len() as u64, Limits::default());
            let mut told = 0;
            let mut progress = |progress: Progress| {
                told = progress.done;
                ControlFlow::Continue(())
            };
            let unpacked = Unpacked::from_reader(&packed[..], size, limits, &mut progress).unwrap();
            assert_eq!((unpacked.compressor, told), (Some(row.compressor), size));
            assert_eq!(unpacked.dump.to_bytes().unwrap(), dump);
            let small = limits.unpacked(dump.len() as u64 - 1);
            let error = Unpacked::from_reader(&packed[..], size, small, &mut going_on).unwrap_err();
            assert!(matches!(error, UnpackError::TooLarge { most, .. } if most == dump.len() as u64 - 1));
            let cut = &packed[..packed.len() - 1];
            let error = Unpacked::from_reader(cut, size, limits, &mut going_on).unwrap_err();
            assert!(matches!(error, UnpackError::Broken { .. }), "{error:?}");
        }
    }
}
