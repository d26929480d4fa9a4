//! Compressed dumps: recognizing compressors, unpacking, and packing.

mod compressor;
mod lz4;
mod open;
mod packer;
#[cfg(test)]
mod tests;
mod unpack;

pub use compressor::Compressor;
pub use open::{Limits, UnpackError, Unpacked};
pub use packer::Packer;
