//! Every layout that a spec can force, as dumpedit itself and the bytes of the file show it.

mod contents;
mod cores;
mod cut;
mod machines;
mod minidumps;

use crate::support::{assert_reads_the_same, good_dumps};
use dumpedit::{
    AccessError, ByteOrder, Context, Dump, Error, NamedAddress, NoticeKind, RecordChoice, RecordKind,
    StopReason, Subject, ThreadIndex,
};
use dumpedit_fixtures::{DescribeOptions, Spec, SynthOptions, describe, synth};

#[track_caller]
fn bytes_of(text: &str) -> Vec<u8> {
    let shown = |error: dumpedit_fixtures::FixtureError| -> Vec<u8> {
        let excerpt = error.excerpt(text).map(|excerpt| excerpt.to_string()).unwrap_or_default();
        panic!("{error}\n{excerpt}")
    };
    let spec = match Spec::from_yaml(text) {
        Ok(spec) => spec,
        Err(error) => return shown(error),
    };
    let image = match synth(&spec, &SynthOptions::default()) {
        Ok(image) => image,
        Err(error) => return shown(error),
    };
    let bytes = image.to_bytes().unwrap();
    let mut sparse = std::io::Cursor::new(Vec::new());
    image.write_sparse(&mut sparse).unwrap();
    assert!(sparse.into_inner() == bytes, "with and without holes");
    assert_eq!(image.size(), bytes.len() as u64);
    let again = synth(&Spec::from_yaml(text).unwrap(), &SynthOptions::default()).unwrap().to_bytes().unwrap();
    assert!(again == bytes, "a second run differs");
    bytes
}

/// The dump that a spec makes; and what is described of it makes the same file again.
#[track_caller]
fn dump_of(text: &str) -> Dump {
    let bytes = bytes_of(text);
    let dump = Dump::from_bytes(bytes.clone()).unwrap();
    let described = describe(&dump, &DescribeOptions::default()).unwrap().spec;
    let yaml = described.to_yaml().unwrap();
    let again = bytes_of(&yaml);
    assert_reads_the_same(&dump, &Dump::from_bytes(again.clone()).unwrap(), &yaml);
    if let Some(at) = (0..bytes.len().max(again.len())).find(|&at| bytes.get(at) != again.get(at)) {
        panic!("{} and {} bytes, the first that differs at {at:#x}\n{yaml}", bytes.len(), again.len());
    }
    dump
}

#[track_caller]
fn register(dump: &Dump, thread: u32, choice: RecordChoice, name: &str) -> String {
    dump.read_register(Context::Thread(ThreadIndex(thread), choice), name).unwrap().to_string()
}

#[track_caller]
fn read(dump: &Dump, address: u64, size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    dump.read_bytes(Context::Process, address, &mut bytes).unwrap().complete().unwrap();
    bytes
}

/// The number at a file offset.
fn number(dump: &Dump, offset: usize, size: usize) -> u64 {
    let mut bytes = [0; 8];
    dump.read_file(offset as u64, &mut bytes[..size]).unwrap();
    u64::from_le_bytes(bytes)
}

/// The file offset of the first stream of a type.
fn stream(dump: &Dump, kind: u64) -> Option<usize> {
    let count = number(dump, 8, 4) as usize;
    (0..count)
        .map(|index| 32 + 12 * index)
        .find(|at| number(dump, *at, 4) == kind)
        .map(|at| number(dump, at + 8, 4) as usize)
}

const TWO_REGIONS: &str = "
memory:
  - {label: one, at: 0x1000, content: \"11 22\"}
  - {label: two, at: 0x2000, content: \"33\"}
";
