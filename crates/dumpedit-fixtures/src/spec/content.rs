//! Contents of a spec: values, runs of zeros, packed bytes, files, and bytes of a described dump.

use std::sync::Arc;

use base64::Engine;

use dumpedit::Dump;
use dumpedit::notation::Value;

/// Bytes in pieces; bytes between them are zero.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ContentSpec {
    /// Pieces, in the order in which they are written.
    pub pieces: Vec<PieceSpec>,
}

/// A piece of a [`ContentSpec`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PieceSpec {
    /// Offset in the content, in bytes; behind the previous piece, where not given.
    pub offset: Option<u64>,
    /// Its bytes.
    pub data: Data,
}

/// The bytes of a piece.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Data {
    /// A value in the notation of `write`.
    Value(Value),
    /// A number of zeros.
    Zeros(u64),
    /// Bytes compressed with zstd.
    Packed {
        /// The compressed bytes: one frame.
        frame: Arc<[u8]>,
        /// Size of the uncompressed bytes.
        size: u64,
    },
    /// Bytes of the dump that the spec describes.
    Dump(DumpBytes),
}

/// A stretch of a dump's file.
#[derive(Clone, Debug)]
pub struct DumpBytes {
    pub(crate) dump: Dump,
    pub(crate) file_offset: u64,
    pub(crate) size: u64,
}

impl PartialEq for DumpBytes {
    fn eq(&self, other: &Self) -> bool {
        let read = |bytes: &DumpBytes| bytes.read();
        self.size == other.size && matches!((read(self), read(other)), (Some(one), Some(two)) if one == two)
    }
}

impl DumpBytes {
    fn read(&self) -> Option<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(self.size).ok()?];
        self.dump.read_file(self.file_offset, &mut bytes).ok()?;
        Some(bytes)
    }
}

impl ContentSpec {
    /// A content of consecutive values.
    pub fn of(values: impl IntoIterator<Item = Value>) -> ContentSpec {
        let piece = |value| PieceSpec { offset: None, data: Data::Value(value) };
        ContentSpec { pieces: values.into_iter().map(piece).collect() }
    }

    /// Adds a value at an offset in bytes.
    #[must_use]
    pub fn with(mut self, offset: u64, value: Value) -> ContentSpec {
        self.pieces.push(PieceSpec { offset: Some(offset), data: Data::Value(value) });
        self
    }

    /// Whether there is no piece.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    pub(crate) fn push(&mut self, offset: Option<u64>, data: Data) {
        self.pieces.push(PieceSpec { offset, data });
    }
}

impl Data {
    /// Parses a zstd frame in base64 with blanks; `None` where it is none or has no content size.
    pub(crate) fn packed(text: &str) -> Option<Data> {
        let letters: String = text.split_whitespace().collect();
        let frame = base64::engine::general_purpose::STANDARD.decode(letters).ok()?;
        let size = zstd::zstd_safe::get_frame_content_size(&frame).ok()??;
        Some(Data::Packed { frame: frame.into(), size })
    }
}

/// The bytes of a value, for specs built in Rust.
impl From<Vec<u8>> for ContentSpec {
    fn from(bytes: Vec<u8>) -> Self {
        ContentSpec::of([Value::Bytes(bytes)])
    }
}
