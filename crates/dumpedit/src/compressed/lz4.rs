//! lz4 streams: all their frames, each up to its end mark. The decoder takes a stream that is cut between two blocks for whole, so that its
//! reads are followed frame by frame (LZ4 Frame Format 1.6.4, "General Structure").

use std::io::{self, BufRead, Cursor, Read};

use lz4_flex::frame::FrameDecoder;

use super::compressor::is_skippable;

/// Size of FLG, BD, and the header's checksum, where there is no optional field, in bytes.
const DESCRIPTOR: usize = 3;

const MAGIC: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];

/// FLG: a checksum follows each block.
const BLOCK_CHECKSUM: u8 = 0x10;
/// FLG: the header has the content's size, of 8 bytes.
const CONTENT_SIZE: u8 = 0x08;
/// FLG: a checksum follows the end mark.
const CONTENT_CHECKSUM: u8 = 0x04;
/// FLG: the header has the id of a dictionary, of 4 bytes.
const DICTIONARY: u8 = 0x01;

/// Mask of a block's size: the high bit marks bytes that are stored uncompressed.
const BLOCK_SIZE: u32 = 0x7fff_ffff;

/// The contents of a stream's frames.
pub(super) struct Frames<R: BufRead>(FrameDecoder<Followed<R>>);

impl<R: BufRead> Frames<R> {
    pub(super) fn new(stream: R) -> Self {
        let followed = Followed { stream, flags: None, field: Cursor::default(), rest: 0 };
        Frames(FrameDecoder::new(followed))
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            // The decoder reports the end after every frame.
            let read = self.0.read(into)?;
            if read > 0 || into.is_empty() || self.0.get_mut().stream.fill_buf()?.is_empty() {
                return Ok(read);
            }
        }
    }
}

/// The packed stream; reads fail where it ends inside of a frame.
struct Followed<R> {
    stream: R,
    /// FLG of the frame that the stream is in.
    flags: Option<u8>,
    /// A header or a block's size, read ahead.
    field: Cursor<Vec<u8>>,
    /// Bytes until the next block's size or the next frame.
    rest: u64,
}

impl<R: BufRead> Followed<R> {
    /// Reads the magic number of the next frame that is not skippable. `None` where the stream ends, as it may there.
    fn next_frame(&mut self) -> io::Result<Option<[u8; 4]>> {
        while !self.stream.fill_buf()?.is_empty() {
            let mut magic = [0; 4];
            self.stream.read_exact(&mut magic).map_err(cut)?;
            if !is_skippable(magic) {
                return Ok(Some(magic));
            }
            let mut size = [0; 4];
            self.stream.read_exact(&mut size).map_err(cut)?;
            let size = u64::from(u32::from_le_bytes(size));
            if io::copy(&mut (&mut self.stream).take(size), &mut io::sink())? < size {
                return Err(cut(io::ErrorKind::UnexpectedEof.into()));
            }
        }
        Ok(None)
    }

    /// Reads the next field. `false` where the stream ends, as it may there.
    fn next_field(&mut self) -> io::Result<bool> {
        let Some(flags) = self.flags else {
            let Some(magic) = self.next_frame()? else { return Ok(false) };
            if magic != MAGIC {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the bytes after a frame are not an lz4 frame",
                ));
            }
            let mut descriptor = [0; DESCRIPTOR];
            self.stream.read_exact(&mut descriptor).map_err(cut)?;
            let [flags, ..] = descriptor;
            self.rest = size_if(flags, CONTENT_SIZE, 8).saturating_add(size_if(flags, DICTIONARY, 4));
            (self.flags, self.field) = (Some(flags), Cursor::new([&magic[..], &descriptor].concat()));
            return Ok(true);
        };
        let mut size = [0; 4];
        self.stream.read_exact(&mut size).map_err(cut)?;
        self.field = Cursor::new(size.to_vec());
        match u32::from_le_bytes(size) & BLOCK_SIZE {
            0 => (self.flags, self.rest) = (None, size_if(flags, CONTENT_CHECKSUM, 4)),
            size => self.rest = u64::from(size).saturating_add(size_if(flags, BLOCK_CHECKSUM, 4)),
        }
        Ok(true)
    }
}

impl<R: BufRead> Read for Followed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            let read = self.field.read(into)?;
            if read > 0 {
                return Ok(read);
            }
            if self.rest > 0 {
                let read = (&mut self.stream).take(self.rest).read(into)?;
                if read == 0 {
                    return Err(cut(io::ErrorKind::UnexpectedEof.into()));
                }
                self.rest = self.rest.saturating_sub(read as u64);
                return Ok(read);
            }
            if !self.next_field()? {
                return Ok(0);
            }
        }
    }
}

/// The error for a stream that is cut, which the decoder would take for the end of a frame.
fn cut(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => io::Error::new(io::ErrorKind::InvalidData, "the stream is cut short"),
        _ => error,
    }
}

/// The size of a field, or 0 where its flag is not set.
fn size_if(flags: u8, flag: u8, size: u64) -> u64 {
    if flags & flag == 0 { 0 } else { size }
}
