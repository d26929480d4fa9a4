//! Packs copies: one frame for data, and for long runs of zeros whole frames that are packed once and repeated. In all these formats,
//! frames (members, streams) may follow one another.

use std::io::{self, BufWriter, Write};

use flate2::write::GzEncoder;
use lz4_flex::frame::{BlockSize, FrameEncoder, FrameInfo};
use lzma_rust2::{XzOptions, XzWriter};

use super::compressor::Compressor;
use crate::progress::{Progress, ProgressFn};
use crate::store::chunks::Chunk;

/// Minimum length of a run of zeros that gets frames of its own, and the size of each, in bytes.
const ZEROS: u64 = 16 << 20;

/// Number of bytes that are packed between two reports: the slowest compressor takes a few milliseconds for them.
const STEP: usize = 16 << 10;

/// A packed stream under construction.
pub struct Packer<'a> {
    compressor: Compressor,
    /// The frame being written; `None` only while it is exchanged.
    frame: Option<Frame<BufWriter<&'a mut dyn Write>>>,
    /// [`ZEROS`] zeros as a frame, after they were packed once.
    zeros: Option<Vec<u8>>,
    done: u64,
    progress: &'a mut ProgressFn<'a>,
}

impl<'a> Packer<'a> {
    pub(super) fn new(
        compressor: Compressor,
        packed: &'a mut dyn Write,
        progress: &'a mut ProgressFn<'a>,
    ) -> io::Result<Self> {
        let frame = Frame::begin(compressor, BufWriter::with_capacity(1 << 16, packed))?;
        Ok(Packer { compressor, frame: Some(frame), zeros: None, done: 0, progress })
    }

    /// Packs a chunk.
    ///
    /// # Errors
    /// Errors of the packed stream, and of packing that `progress` breaks off.
    pub fn push(&mut self, chunk: Chunk<'_>) -> io::Result<()> {
        let Chunk::Zeros(size) = chunk else { return chunk.write_to(self) };
        let frames = size / ZEROS;
        if frames > 0 {
            let mut packed = self.frame.take().ok_or_else(unfinished)?.finish()?;
            let zeros = match self.zeros.take() {
                Some(zeros) => zeros,
                None => self.zeros()?,
            };
            for _ in 0..frames {
                packed.write_all(&zeros)?;
                self.tell(ZEROS)?;
            }
            self.zeros = Some(zeros);
            self.frame = Some(Frame::begin(self.compressor, packed)?);
        }
        Chunk::Zeros(size % ZEROS).write_to(self)
    }

    /// Reports that more bytes are packed.
    fn tell(&mut self, more: u64) -> io::Result<()> {
        self.done = self.done.saturating_add(more);
        match (self.progress)(Progress { done: self.done, total: 0 }).is_break() {
            true => Err(io::Error::other("stopped on request")),
            false => Ok(()),
        }
    }

    /// [`ZEROS`] zeros as a frame.
    fn zeros(&mut self) -> io::Result<Vec<u8>> {
        let mut frame = Frame::begin(self.compressor, Vec::new())?;
        let step = [0; STEP];
        for _ in 0..ZEROS / STEP as u64 {
            frame.encoder().write_all(&step)?;
            self.tell(0)?;
        }
        frame.finish()
    }

    /// Ends the last frame.
    pub(super) fn finish(self) -> io::Result<()> {
        self.frame.ok_or_else(unfinished)?.finish()?.flush()
    }
}

impl Write for Packer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let step = bytes.get(..STEP).unwrap_or(bytes);
        let packed = self.frame.as_mut().ok_or_else(unfinished)?.encoder().write(step)?;
        self.tell(packed as u64)?;
        Ok(packed)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.frame.as_mut().ok_or_else(unfinished)?.encoder().flush()
    }
}

/// The error of a packer that already failed.
fn unfinished() -> io::Error {
    io::Error::other("the compressed stream ends early")
}

/// A frame under construction.
enum Frame<W: Write> {
    Zstd(zstd::Encoder<'static, W>),
    Gzip(GzEncoder<W>),
    Xz(Box<XzWriter<W>>),
    Lz4(Box<FrameEncoder<W>>),
}

impl<W: Write> Frame<W> {
    fn begin(compressor: Compressor, packed: W) -> io::Result<Self> {
        Ok(match compressor {
            Compressor::Zstd => {
                let mut encoder = zstd::Encoder::new(packed, zstd::DEFAULT_COMPRESSION_LEVEL)?;
                encoder.include_checksum(true)?;
                Frame::Zstd(encoder)
            }
            Compressor::Gzip => Frame::Gzip(GzEncoder::new(packed, flate2::Compression::default())),
            Compressor::Xz => Frame::Xz(Box::new(XzWriter::new(packed, XzOptions::with_preset(6))?)),
            Compressor::Lz4 => {
                // All frames of a stream have blocks of the same size, however little is written to them.
                let info = FrameInfo::new().block_size(BlockSize::Max1MB);
                Frame::Lz4(Box::new(FrameEncoder::with_frame_info(info, packed)))
            }
        })
    }

    fn encoder(&mut self) -> &mut dyn Write {
        match self {
            Frame::Zstd(encoder) => encoder,
            Frame::Gzip(encoder) => encoder,
            Frame::Xz(encoder) => encoder,
            Frame::Lz4(encoder) => encoder,
        }
    }

    fn finish(self) -> io::Result<W> {
        match self {
            Frame::Zstd(encoder) => encoder.finish(),
            Frame::Gzip(encoder) => encoder.finish(),
            Frame::Xz(encoder) => encoder.finish(),
            Frame::Lz4(encoder) => Ok(encoder.finish()?),
        }
    }
}

impl Compressor {
    /// Packs the output of `write`, and calls `progress` with its size. The outer error is the packed stream's own. A stream that fails is
    /// not ended.
    ///
    /// # Errors
    /// Errors of the packed stream, and of packing that `progress` breaks off.
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
