//! Damaged dumps and damaged specs: whatever is in them, there is an answer and no panic.

use std::path::Path;

use crate::support::{assert_reads_the_same, bad_dumps, good_dumps, own_dumps};
use dumpedit::Dump;
use dumpedit_fixtures::{DescribeOptions, DescribedMemory, Spec, SynthOptions, describe, synth};

/// Numbers that look random and are the same every time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

/// What a spec of testdata/ makes.
fn made_of(name: &str) -> Vec<u8> {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(name);
    let spec = Spec::from_yaml(&std::fs::read_to_string(spec).unwrap()).unwrap();
    synth(&spec, &SynthOptions::default()).unwrap().to_bytes().unwrap()
}

fn small_dumps() -> Vec<Vec<u8>> {
    let read = good_dumps().into_iter().map(|path| std::fs::read(path).unwrap());
    read.filter(|bytes| bytes.len() < 40_000).chain(["macos.yaml", "kernel.yaml"].map(made_of)).collect()
}

/// Damages a few numbers, preferably in the tables that stand in front.
fn damaged(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    const ODD: [u8; 8] = [0, 1, 2, 0x7f, 0x80, 0xfe, 0xff, 0x10];
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(6) {
        let reach = if random.below(3) == 0 { bytes.len() } else { bytes.len().min(2048) };
        let at = random.below(reach);
        let size = [1, 2, 4, 8][random.below(4)];
        for index in at..(at + size).min(bytes.len()) {
            bytes[index] = ODD[random.below(ODD.len())];
        }
    }
    if random.below(4) == 0 {
        bytes.truncate(random.below(bytes.len()));
    }
    bytes
}

fn describe_and_make(dump: &Dump) -> Option<Dump> {
    let spec = describe(dump, &DescribeOptions::default()).ok()?.spec;
    let text = spec.to_yaml().unwrap();
    let spec = Spec::from_yaml(&text).unwrap_or_else(|error| {
        panic!("{error}\n{}", error.excerpt(&text).map(|excerpt| excerpt.to_string()).unwrap_or_default())
    });
    let image = synth(&spec, &SynthOptions::default().max_size(64 << 20)).ok()?;
    Dump::from_bytes(image.to_bytes().unwrap()).ok()
}

#[test]
fn damaged_dumps_are_described_or_refused() {
    let rounds = std::env::var("DUMPEDIT_ROUNDS").map_or(12, |rounds| rounds.parse().unwrap());
    let mut random = Random(7);
    let dumps = small_dumps();
    let (mut opened, mut made) = (0, 0);
    for bytes in &dumps {
        for _ in 0..rounds {
            let Ok(dump) = Dump::from_bytes(damaged(bytes, &mut random)) else { continue };
            opened += 1;
            made += usize::from(describe_and_make(&dump).is_some());
            let _ = describe(&dump, &DescribeOptions::default().memory(DescribedMemory::Stacks).threads([]));
        }
    }
    eprintln!("{opened} damaged dumps opened, {made} were made again");
    assert!(opened * 3 > dumps.len() * rounds && made * 2 > opened);
}

#[test]
fn the_bad_dumps_of_others_are_described_or_refused() {
    let dumps = bad_dumps();
    let mut opened = 0;
    for path in &dumps {
        let Ok(dump) = Dump::open(path) else { continue };
        opened += 1;
        let made = describe_and_make(&dump).map(|made| made.layout().captured_bytes());
        assert_eq!(made, Some(dump.layout().captured_bytes()), "{}", path.display());
    }
    assert!(opened > 0 || dumps.is_empty(), "none of {} opens", dumps.len());
}

#[test]
fn damaged_specs_are_read_or_refused() {
    let rounds = std::env::var("DUMPEDIT_ROUNDS").map_or(200, |rounds| rounds.parse().unwrap());
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata");
    let mut random = Random(11);
    let options = SynthOptions::default().max_size(1 << 20);
    const PIECES: [&str; 16] = [
        ": ",
        "\n",
        "- ",
        "{",
        "}",
        "[",
        "]",
        "0x",
        "ffffffffffffffff",
        "ptr:",
        "zero:",
        "@rsp",
        "stack",
        "-1",
        "\"",
        "\u{fffd}",
    ];
    let mut made = 0;
    for name in ["crash", "windows", "arm64", "big-endian", "macos", "odd"] {
        let text = std::fs::read_to_string(testdata.join(name).with_extension("yaml")).unwrap();
        for _ in 0..rounds {
            let mut letters: Vec<char> = text.chars().collect();
            for _ in 0..=random.below(3) {
                let at = random.below(letters.len());
                match random.below(3) {
                    0 => drop(letters.drain(at..(at + 1 + random.below(8)).min(letters.len()))),
                    1 => drop(letters.splice(at..at, PIECES[random.below(PIECES.len())].chars())),
                    _ => letters[at] = char::from(b' ' + random.below(95) as u8),
                }
            }
            let text: String = letters.into_iter().collect();
            let spec = match Spec::from_yaml(&text) {
                Ok(spec) => spec,
                Err(error) => {
                    let _ = error.excerpt(&text).map(|excerpt| excerpt.to_string());
                    continue;
                }
            };
            match synth(&spec, &options) {
                Ok(image) => made += usize::from(image.to_bytes().is_ok()),
                Err(error) => drop(error.excerpt(&text).map(|excerpt| excerpt.to_string())),
            }
        }
    }
    assert!(made > 100, "{made}");
}

#[test]
fn a_dump_cut_anywhere_holds_as_much_after_it_was_described_and_made_again() {
    // The directory of crash.dmp is its end.
    let own = own_dumps().into_iter().filter(|path| !path.ends_with("crash.dmp"));
    let own = own.map(|path| (path.display().to_string(), std::fs::read(path).unwrap()));
    let made = ["macos.yaml", "kernel.yaml"].map(|name| (name.to_owned(), made_of(name)));
    for (name, whole) in own.chain(made) {
        let mut opened = 0;
        for size in (1..64).map(|part| whole.len() * part / 64) {
            let Ok(dump) = Dump::from_bytes(whole[..size].to_vec()) else { continue };
            let Some(made) = describe_and_make(&dump) else { panic!("{name} cut at {size}") };
            let (captured, again) = (dump.layout().captured_bytes(), made.layout().captured_bytes());
            assert_eq!(captured, again, "{name} cut at {size}");
            opened += 1;
        }
        // Most of the triage dump are its headers, without which it is none.
        assert!(opened > if name == "kernel.yaml" { 4 } else { 32 }, "{name}");
    }
}

#[test]
fn a_dump_that_is_cut_in_its_memory_reads_the_same_after_it_was_described_and_made_again() {
    for path in own_dumps().iter().filter(|path| path.extension().is_some_and(|end| end == "core")) {
        let (name, whole) = (path.display(), std::fs::read(path).unwrap());
        for missing in [1, 7, 100] {
            let dump = Dump::from_bytes(whole[..whole.len() - missing].to_vec()).unwrap();
            let Some(made) = describe_and_make(&dump) else { panic!("{name} without {missing} bytes") };
            assert_reads_the_same(&dump, &made, &format!("{name} without {missing} bytes"));
        }
    }
}
