//! Unpacking: what a packed stream holds, with a bound on the memory that its decoder takes.

use std::io::{self, BufRead, Read};
use std::ops::RangeInclusive;

use lzma_rust2::XzReader;

use super::compressor::Compressor;
use super::lz4;

/// The base 2 logarithms of how far back zstd frames can be allowed to refer.
const WINDOWS: RangeInclusive<u32> = 10..=if usize::BITS < 64 { 30 } else { 31 };

/// What an xz decoder needs beside its dictionary, in KiB.
const XZ_OVERHEAD: u64 = 1 << 10;

impl Compressor {
    /// What the packed stream holds, all frames and members of it. Where it refers further back than `window` bytes, which
    /// the decoder would have to hold, that is an error.
    pub(super) fn unpack<'a>(self, packed: impl BufRead + 'a, window: u64) -> io::Result<Box<dyn Read + 'a>> {
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
}

/// Whether a decoder was not allowed the memory that it needs. zstd has no kind of error for it.
pub(super) fn is_short_of_memory(error: &io::Error) -> bool {
    /// `ZSTD_error_frameParameter_windowTooLarge` of `zstd_errors.h`, as its functions return it.
    const WINDOW_TOO_LARGE: usize = 0usize.wrapping_sub(16);
    error.kind() == io::ErrorKind::OutOfMemory
        || error.to_string() == zstd::zstd_safe::get_error_name(WINDOW_TOO_LARGE)
}
