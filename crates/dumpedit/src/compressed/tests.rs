//! Tests that every compressor packs and unpacks alike, and that streams that are cut or endless are errors.

use std::io::{self, Read, Write};

use std::ops::ControlFlow;

use super::compressor::{Compressor, HEADER, ROWS, Told};
use super::{Limits, UnpackError, Unpacked};
use crate::progress::Progress;
use crate::store::chunks::Chunk;

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
        assert_eq!((&before, zeros, behind.as_slice()), (b"before", size, &b"behind"[..]), "{}", row.name);
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
            compressor.pack(&mut packed, &mut going_on, |stream| stream.write_all(half)).unwrap().unwrap();
            packed.extend(&skipped);
        }
        let mut stream = packed.as_slice();
        let Told { compressor: found, taken } = Compressor::of_stream(&mut stream).unwrap();
        assert_eq!(found, Some(compressor));
        let mut unpacked = Vec::new();
        let stream = taken.chain(stream);
        compressor.unpack(io::BufReader::new(stream), 1 << 27).unwrap().read_to_end(&mut unpacked).unwrap();
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
            assert!(!read.is_ok_and(|read| read > 0), "{} cut to {len} of {} bytes", row.name, packed.len());
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
        row.compressor.pack(&mut packed, &mut going_on, |stream| stream.write_all(&dump)).unwrap().unwrap();
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
