//! Unpacks streams, with a bound on the memory of the decoder.

use std::io::{self, BufRead, Read};
use std::ops::RangeInclusive;

use lzma_rust2::XzReader;

use super::compressor::Compressor;
use super::lz4;

/// Base 2 logarithms of the maximum distance of back references that zstd can allow, in bytes.
const WINDOWS: RangeInclusive<u32> = 10..=if usize::BITS < 64 { 30 } else { 31 };

/// Memory of an xz decoder beside its dictionary, in KiB.
const XZ_OVERHEAD: u64 = 1 << 10;

impl Compressor {
    /// The contents of the packed stream, of all its frames and members. Fails where it refers further back than `window` bytes, which the
    /// decoder would have to hold.
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

/// Whether a decoder needed more memory than it was allowed. zstd has no kind of error for it.
pub(super) fn is_short_of_memory(error: &io::Error) -> bool {
    /// `ZSTD_error_frameParameter_windowTooLarge` of `zstd_errors.h`, as returned by its functions.
    const WINDOW_TOO_LARGE: usize = 0usize.wrapping_sub(16);
    error.kind() == io::ErrorKind::OutOfMemory
        || error.to_string() == zstd::zstd_safe::get_error_name(WINDOW_TOO_LARGE)
}
