//! Cut and changed debug information gives an error or another value, without a panic or an endless loop.

use std::path::Path as FilePath;
use std::sync::Arc;

use dumpedit_layout::ByteOrder;
use dumpedit_symbols::dwarf::Dwarf;
use dumpedit_symbols::types::{Language, TypeReader, layout, size_of, type_name};
use dumpedit_symbols::{Path, SymbolFile, evaluate, printed};
use object::{Object, ObjectSection};

use crate::support::{Module, build, have};

const PATHS: &[&str] = &[
    "outer",
    "nodes",
    "head->next->name",
    "bits",
    "packed_bits",
    "number",
    "complicated",
    "matrix[1][2]",
    "high_flags",
    "text",
    "app::config.limits[2]",
    "Box<int>::count",
    "derived",
    "statics",
    "diamond.top",
    "nested_box",
    "member_pointer",
    "values::SOME",
    "values::NAMED",
    "values::SLICE",
    "use()::calls",
    "nothing_of_this_name",
];
const TYPES: &[&str] = &["outer", "node", "Diamond", "Statics", "app::Config", "values::Shape"];

/// A simple generator of random numbers, which are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most.max(1) as u64).unwrap()
    }
}

/// Asks for every path, type and name.
fn ask(original: &mut Module, bytes: Vec<u8>) {
    let file = Arc::new(SymbolFile::within(FilePath::new("changed"), bytes));
    let Ok(Some(dwarf)) = Dwarf::open(file, Vec::new()) else { return };
    original.dwarf = Arc::new(dwarf);
    for path in PATHS {
        let typed = evaluate(&Path::parse(path).unwrap(), original, original);
        if let Ok(typed) = typed {
            let _ = typed.type_name();
            let _ = typed.size();
            let _ = typed.encode("1", original);
            if let Ok(value) = printed(&typed, original, original, Default::default()) {
                let _ = value.text();
            }
        }
    }
    for name in TYPES {
        for type_ in original.dwarf.types(name).unwrap_or_default() {
            let _ = size_of(&*original.dwarf, &type_);
            let _ = type_name(&*original.dwarf, &type_, Language::Cpp);
            let _ = layout(&*original.dwarf, &type_, Language::C, ByteOrder::Little);
        }
    }
}

/// Changes the sections of debug information in one of several ways.
fn changed(original: &[u8], sections: &[(usize, usize)], random: &mut Random) -> Vec<u8> {
    let mut bytes = original.to_vec();
    let (start, size) = sections[random.below(sections.len())];
    match random.below(8) {
        // Changes a few bytes.
        0..=4 => {
            for _ in 0..=random.below(6) {
                bytes[start + random.below(size)] =
                    [0, 1, 0x7f, 0x80, 0xff, random.below(256) as u8][random.below(6)];
            }
        }
        // Fills a range with one byte.
        5 => {
            let at = random.below(size);
            let end = (at + random.below(64)).min(size);
            let byte = [0, 0xff, 0x80][random.below(3)];
            bytes[start + at..start + end].fill(byte);
        }
        // Copies a part over another.
        6 => {
            let length = random.below(size.min(200));
            let (from, to) = (random.below(size - length), random.below(size - length));
            bytes.copy_within(start + from..start + from + length, start + to);
        }
        // Cuts the file.
        _ => bytes.truncate(random.below(original.len())),
    }
    bytes
}

fn hostile(variants: usize) {
    let mut tried = 0;
    for (compiler, source, options) in [
        ("gcc", "values.c", &["-no-pie", "-gdwarf-5"][..]),
        ("gcc", "values.c", &["-no-pie", "-gdwarf-4", "-fdebug-types-section"]),
        ("clang", "values.c", &["-no-pie", "-gdwarf-5", "-fdebug-types-section"]),
        ("g++", "objects.cpp", &["-no-pie", "-gdwarf-4"]),
        ("g++", "objects.cpp", &["-no-pie", "-gdwarf-5", "-gz=zlib"]),
        ("clang++", "objects.cpp", &["-no-pie", "-gdwarf-5", "-gpubnames", "-fstandalone-debug"]),
        (
            "clang++",
            "objects.cpp",
            &["-no-pie", "-gdwarf-4", "-fuse-ld=lld", "-ggnu-pubnames", "-Wl,--gdb-index"],
        ),
    ] {
        if !have(compiler) || options.contains(&"-fuse-ld=lld") && !have("ld.lld") {
            continue;
        }
        let (_folder, binary) = build(compiler, source, options);
        let mut module = Module::open(&binary, &binary);
        let original = std::fs::read(&binary).unwrap();
        let object = object::File::parse(&*original).unwrap();
        let wanted = |name: &str| {
            name.starts_with(".debug_") && name != ".debug_line" && name != ".debug_aranges"
                || name == ".gdb_index"
        };
        let sections: Vec<(usize, usize)> = object
            .sections()
            .filter(|section| section.name().is_ok_and(wanted))
            .filter_map(|section| section.file_range())
            .map(|(start, size)| (start as usize, size as usize))
            .filter(|(_, size)| *size > 16)
            .collect();
        assert!(!sections.is_empty());
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        for _ in 0..variants {
            ask(&mut module, changed(&original, &sections, &mut random));
            tried += 1;
        }
    }
    eprintln!("{tried} variants");
}

#[test]
fn hundreds_of_variants() {
    hostile(150);
}

/// Run with `cargo test -p dumpedit-symbols --test typed_paths thousands_of_variants -- --ignored --nocapture`.
#[test]
#[ignore = "takes minutes"]
fn thousands_of_variants() {
    hostile(1_000);
}
