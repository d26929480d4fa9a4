//! What `synth` makes of what `describe` says reads as the dump did.

use crate::support::{assert_reads_the_same, good_dumps};
use dumpedit::Dump;
use dumpedit_fixtures::{DescribeOptions, Spec, SynthOptions, describe, synth};
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, elf};

fn made_of(dump: &Dump) -> (String, Vec<u8>) {
    let spec = describe(dump, &DescribeOptions::default()).unwrap().spec;
    let text = spec.to_yaml().unwrap();
    let direct = synth(&spec, &SynthOptions::default()).unwrap().to_bytes().unwrap();
    let spec = Spec::from_yaml(&text).unwrap_or_else(|error| {
        let excerpt = error.excerpt(&text).map(|excerpt| excerpt.to_string()).unwrap_or_default();
        panic!("{error}\n{excerpt}")
    });
    let bytes = synth(&spec, &SynthOptions::default()).unwrap_or_else(|error| {
        let excerpt = error.excerpt(&text).map(|excerpt| excerpt.to_string()).unwrap_or_default();
        panic!("{error}\n{excerpt}")
    });
    let bytes = bytes.to_bytes().unwrap();
    assert!(bytes == direct, "the text and the spec itself make different dumps");
    (text, bytes)
}

#[test]
fn every_good_dump_reads_the_same_after_it_was_described_and_made_again() {
    for path in good_dumps() {
        let dump = Dump::open(&path).unwrap();
        let (text, bytes) = made_of(&dump);
        if let Some(folder) = std::env::var_os("KEEP_SPECS") {
            let name = path.file_name().unwrap();
            std::fs::write(std::path::Path::new(&folder).join(name).with_extension("yaml"), &text).unwrap();
            std::fs::write(std::path::Path::new(&folder).join(name), &bytes).unwrap();
        }
        let made = Dump::from_bytes(bytes).unwrap();
        assert_reads_the_same(&dump, &made, &path.display().to_string());
    }
}

#[test]
fn lines_of_a_spec_may_end_in_cr_lf() {
    for path in good_dumps() {
        let (text, bytes) = made_of(&Dump::open(&path).unwrap());
        let spec = Spec::from_yaml(&text.replace('\n', "\r\n")).unwrap();
        let made = synth(&spec, &SynthOptions::default()).unwrap().to_bytes().unwrap();
        assert!(made == bytes, "{}", path.display());
    }
}

#[test]
fn what_synth_made_comes_out_byte_for_byte() {
    for path in good_dumps() {
        let (first_text, first) = made_of(&Dump::open(&path).unwrap());
        let (second_text, second) = made_of(&Dump::from_bytes(first.clone()).unwrap());
        if let Some(folder) = std::env::var_os("KEEP_SPECS") {
            let name = path.file_name().unwrap();
            std::fs::write(std::path::Path::new(&folder).join(name).with_extension("2.yaml"), &second_text)
                .unwrap();
        }
        if first != second {
            let line = first_text.lines().zip(second_text.lines()).find(|(one, two)| one != two);
            panic!("{}: {} and {} bytes; {line:?}", path.display(), first.len(), second.len());
        }
        assert!(first_text == second_text, "{}: the texts differ", path.display());
    }
}

/// What the program headers of a core say, but for where the bytes are: those of notes come first, and are one or one for each
/// thread.
fn segments<H: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Option<Vec<[u64; 7]>> {
    let header = H::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, bytes).ok()?.iter();
    let numbers = |segment: &H::ProgramHeader| {
        [
            segment.p_type(endian).0.into(),
            segment.p_flags(endian).0.into(),
            segment.p_vaddr(endian).into(),
            segment.p_paddr(endian).into(),
            segment.p_filesz(endian).into(),
            segment.p_memsz(endian).into(),
            segment.p_align(endian).into(),
        ]
    };
    Some(segments.map(numbers).filter(|[kind, ..]| *kind != u64::from(elf::PT_NOTE.0)).collect())
}

#[test]
fn every_segment_keeps_its_numbers() {
    let mut compared = 0;
    for path in good_dumps() {
        let whole = std::fs::read(&path).unwrap();
        let (_, made) = made_of(&Dump::open(&path).unwrap());
        let of = |bytes: &[u8]| {
            segments::<elf::FileHeader64<Endianness>>(bytes)
                .or_else(|| segments::<elf::FileHeader32<Endianness>>(bytes))
        };
        let (before, after) = (of(&whole), of(&made));
        assert_eq!(after, before, "{}", path.display());
        compared += before.map_or(0, |segments| segments.len());
    }
    assert!(compared > 0);
}
