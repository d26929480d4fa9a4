//! Symbol files that are cut, mutated or random: a sentence or what is left, in little memory and time.

use std::path::Path;
use std::sync::Arc;

use dumpedit_layout::Machine;
use dumpedit_symbols::sources::{breakpad, macho, pdb, pe};
use dumpedit_symbols::types::{MemberPlace, Shape, TypeReader, TypeRef, ValueType};
use dumpedit_symbols::{PdbTypes, SymbolFile};

use crate::pdb::{AMD64, X86};
use crate::programs::{Made, all_here, folder, source, windows};

/// Variants of each file, of each kind.
const VARIANTS: usize = 400;

struct Random(u64);

impl Random {
    fn below(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % below.max(1)
    }
}

/// Reads a file as every kind, whatever it says that it is.
fn read(path: &Path) {
    let file = Arc::new(SymbolFile::open(path).unwrap());
    let start = file.read_at(0, file.size().min(64)).unwrap();
    let told = |error: String| assert!(error.len() < 1000 && !error.contains('\n'), "{error}");
    let rows =
        |read: Result<dumpedit_symbols::sources::SourceRows, dumpedit_symbols::sources::SourceError>| {
            match read {
                Err(error) => told(error.to_string()),
                Ok(read) => {
                    let names: usize = read.rows.iter().map(|row| row.name.len()).sum();
                    // A byte that is not of UTF-8 is replaced by three.
                    assert!(names as u64 <= file.size() * 4);
                }
            }
        };
    rows(pe::read(&file));
    rows(macho::read(&file, Machine::Amd64, None));
    rows(macho::read(&file, Machine::Unknown, Some("00")));
    rows(breakpad::read(&file));
    if !pdb::recognizes(&start) {
        return;
    }
    rows(pdb::read(&file));
    match PdbTypes::open(file) {
        Err(error) => told(error.to_string()),
        Ok(types) => follow(&types),
    }
}

/// Asks for variables and types, and follows what they are made of.
fn follow(types: &PdbTypes) {
    let mut next: Vec<TypeRef> = Vec::new();
    for name in ["ns::point", "ns::nodes", "ns::only_here::calls", "nothing"] {
        match types.variables(name) {
            Ok(variables) => next.extend(variables.into_iter().map(|variable| variable.of)),
            Err(error) => assert!(!error.to_string().contains('\n')),
        }
    }
    next.extend(["ns::Left", "Spot"].iter().flat_map(|name| types.types(name).unwrap_or_default()));
    next.extend((0x1000..0x1080).map(TypeRef::Key));
    for _ in 0..600 {
        let Some(of) = next.pop() else { break };
        match types.read(&of) {
            Ok(type_) => next.extend(parts(&type_)),
            Err(error) => assert!(error.to_string().len() < 1000),
        }
    }
}

fn parts(type_: &ValueType) -> Vec<TypeRef> {
    match &type_.shape {
        Shape::Pointer { to, .. } => vec![to.clone()],
        Shape::Array { element, .. } => vec![element.clone()],
        Shape::Typedef(of) | Shape::Qualified { of, .. } => vec![of.clone()],
        Shape::Struct { members, .. } => {
            let placed = members.iter().filter(|member| !matches!(member.place, MemberPlace::Static(_)));
            placed.map(|member| member.of.clone()).take(20).collect()
        }
        _ => Vec::new(),
    }
}

/// What a file is, and its bytes.
type Small = (&'static str, Vec<u8>);

/// Files of each kind, small ones, and a folder for their variants.
fn files() -> Option<(Vec<Small>, Made)> {
    if !all_here(&["clang", "lld", "lld-link"]) {
        return None;
    }
    let mut files = Vec::new();
    for (target, pdb, exe) in [(AMD64, "wide pdb", "wide image"), (X86, "narrow pdb", "narrow image")] {
        let made = windows(target, &["-Wl,/debug"])?;
        files.push((pdb, made.read("app.pdb")));
        files.push((exe, made.read("app.exe")));
        files.push(("symbols", windows(target, &["-Wl,/debug:symtab"])?.read("app.exe")));
    }
    let made = folder();
    let source = source("mac.cc");
    made.run("clang", &["-target", "x86_64-apple-macos11", "-c", &source, "-o", "app.o"]);
    let mut arguments =
        vec!["-flavor", "darwin", "-arch", "x86_64", "-platform_version", "macos", "11", "11"];
    arguments.extend(["-dylib", "-undefined", "dynamic_lookup", "app.o", "-o", "app.dylib"]);
    made.run("lld", &arguments);
    let library = made.read("app.dylib");
    let mut universal = [0xcafe_babeu32, 1, 0x0100_0007, 3, 64, 0, 6].map(u32::to_be_bytes).concat();
    universal[20 + 4..28].copy_from_slice(&6u32.to_be_bytes());
    universal[20..24].copy_from_slice(&u32::try_from(library.len()).unwrap().to_be_bytes());
    universal.resize(64, 0);
    universal.extend(&library);
    files.push(("library", library));
    files.push(("universal", universal));
    let symbols = b"MODULE Linux x86_64 178755DD8CAF0765454517F01B557DA20 app\nFUNC m 10 2 0 ns::f(int)\nPUBLIC 30 0 g\n";
    files.push(("symbol file", symbols.to_vec()));
    Some((files, made))
}

#[test]
fn cut_files_are_told_or_read_as_far_as_they_go() {
    let Some((files, made)) = files() else { return };
    for (_, bytes) in &files {
        for part in 0..=60 {
            made.write("cut", &bytes[..bytes.len() * part / 60]);
            read(&made.path("cut"));
        }
        for size in 0..64 {
            made.write("cut", &bytes[..size.min(bytes.len())]);
            read(&made.path("cut"));
        }
    }
}

#[test]
fn mutated_files_are_told_or_read() {
    let Some((files, made)) = files() else { return };
    let mut random = Random(5);
    let numbers = [
        0u32,
        1,
        2,
        7,
        0x7f,
        0xff,
        0x1000,
        0xffff,
        0x10000,
        0x7fff_ffff,
        0x8000_0000,
        u32::MAX - 3,
        u32::MAX,
    ];
    for (_, bytes) in &files {
        for round in 0..VARIANTS {
            let mut bytes = bytes.clone();
            for _ in 0..=random.below(8) {
                // Half of them in the headers.
                let reach = if round % 2 == 0 { bytes.len().min(1024) } else { bytes.len() };
                let at = random.below(reach);
                match random.below(3) {
                    0 => bytes[at] = random.below(256) as u8,
                    1 => bytes[at] ^= 1 << random.below(8),
                    _ => {
                        let number = numbers[random.below(numbers.len())].to_le_bytes();
                        for (to, from) in bytes[at / 4 * 4..].iter_mut().zip(number) {
                            *to = from;
                        }
                    }
                }
            }
            made.write("mutated", &bytes);
            read(&made.path("mutated"));
        }
    }
}

/// A PDB is a file of pages: what mutates its records must find them.
#[test]
fn mutated_records_of_a_pdb_are_told_or_read() {
    let Some((files, made)) = files() else { return };
    let mut random = Random(6);
    for (name, bytes) in files.iter().filter(|(name, _)| name.contains("pdb")) {
        let text = |text: &[u8]| {
            bytes
                .windows(text.len())
                .enumerate()
                .filter(|(_, part)| *part == text)
                .map(|(at, _)| at)
                .collect::<Vec<_>>()
        };
        let places = [text(b"Point"), text(b"ns::"), text(b"hidden"), text(b"windows.cc")].concat();
        assert!(places.len() > 20, "{name}");
        for _ in 0..VARIANTS * 2 {
            let mut bytes = bytes.clone();
            for _ in 0..=random.below(4) {
                let place = places[random.below(places.len())] + 64 - random.below(128);
                let value = [0, 1, 0x7f, 0x80, 0xf1, 0xff, random.below(256) as u8][random.below(7)];
                bytes[place] = value;
            }
            made.write("mutated", &bytes);
            read(&made.path("mutated"));
        }
    }
}

#[test]
fn random_bytes_behind_each_beginning_are_told() {
    let made = folder();
    let mut random = Random(7);
    let starts: [&[u8]; 7] = [
        b"MZ",
        b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0\0\x10\0\0",
        b"Microsoft C/C++ program database 2.00\r\n\x1aJG\0\0\0\x04\0\0",
        &[0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1],
        &[0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2],
        b"MODULE Linux x86_64 178755DD8CAF0765454517F01B557DA20 a\nFUNC ",
        b"",
    ];
    for start in starts {
        for _ in 0..VARIANTS {
            let mut bytes = start.to_vec();
            let size = random.below(16_384);
            bytes.extend((0..size).map(|_| match random.below(3) {
                0 => 0,
                1 => random.below(8) as u8,
                _ => random.below(256) as u8,
            }));
            made.write("random", &bytes);
            read(&made.path("random"));
        }
    }
}

/// A PDB of two pages of its own, one of which a stream names again and again.
#[test]
fn a_stream_that_claims_a_page_many_times_is_refused() {
    const PAGE: usize = 4096;
    let made = folder();
    let mut bytes = vec![0; 5 * PAGE];
    bytes[..32].copy_from_slice(b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0");
    // 900 pages of the stream of debug information: number of streams, their sizes, their pages.
    let mut directory = vec![4u32, 0, 0, 0, 900 * PAGE as u32];
    directory.extend([4; 900]);
    let size = u32::try_from(directory.len() * 4).unwrap();
    for (at, number) in [PAGE as u32, 1, 5, size, 0, 2].into_iter().enumerate() {
        bytes[32 + at * 4..36 + at * 4].copy_from_slice(&number.to_le_bytes());
    }
    bytes[2 * PAGE..2 * PAGE + 4].copy_from_slice(&3u32.to_le_bytes());
    bytes[3 * PAGE..3 * PAGE + directory.len() * 4]
        .copy_from_slice(&directory.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>());
    made.write("many.pdb", &bytes);
    let error = pdb::read(&made.open("many.pdb")).unwrap_err().to_string();
    assert!(error.ends_with("is a damaged PDB: a stream is larger than the file"), "{error}");
}
