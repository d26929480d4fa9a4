//! Mach-O files, universal ones, and dSYM bundles, against `llvm-nm`.

use std::collections::BTreeSet;

use dumpedit_layout::Machine;
use dumpedit_symbols::demangled::Wanted;
use dumpedit_symbols::sources::macho;
use dumpedit_symbols::{RowKind, SymbolFile};

use crate::programs::{Made, all_here, folder, source};

const MACHINES: [(&str, Machine); 2] = [("x86_64", Machine::Amd64), ("arm64", Machine::Arm64)];

/// `mac.cc` as a library and a program: `ARCHITECTURE.dylib`, `ARCHITECTURE`.
pub(crate) fn made_for_macos() -> Option<Made> {
    if !all_here(&["clang", "lld", "llvm-nm"]) {
        return None;
    }
    let made = folder();
    let source = source("mac.cc");
    for (name, _) in MACHINES {
        let (target, object) = (format!("{name}-apple-macos11"), format!("{name}.o"));
        made.run("clang", &["-target", &target, "-g", "-O0", "-c", &source, "-o", &object]);
        let library = format!("{name}.dylib");
        for arguments in [["-dylib", "-o", &library], ["-execute", "-o", name]] {
            let mut all = vec!["-flavor", "darwin", "-arch", name, "-platform_version", "macos", "11", "11"];
            all.extend(["-undefined", "dynamic_lookup", "-e", "_entry", &object]);
            all.extend(arguments);
            made.run("lld", &all);
        }
    }
    Some(made)
}

/// Name and address of what `llvm-nm` lists, but for what is undefined.
fn listed(made: &Made, file: &str) -> BTreeSet<(String, u64)> {
    let text = made.printed("llvm-nm", &[file]);
    let rows = text.lines().filter_map(|line| {
        let [address, kind, name] = *line.splitn(3, ' ').collect::<Vec<_>>() else { return None };
        (kind != "U").then_some((name.to_owned(), u64::from_str_radix(address, 16).ok()?))
    });
    rows.collect()
}

#[test]
fn symbols_are_those_that_nm_lists() {
    let Some(made) = made_for_macos() else { return };
    for (name, machine) in MACHINES {
        for (file, base) in [(format!("{name}.dylib"), 0), (name.to_owned(), 0x1_0000_0000)] {
            let read = macho::read(&made.open(&file), machine, None).unwrap();
            let placed = read.rows.iter().filter(|row| row.kind != RowKind::ThreadLocal);
            let ours: BTreeSet<_> = placed.map(|row| (row.name.clone(), row.offset + base)).collect();
            let theirs = listed(&made, &file);
            let thread_local = |name: &str| name.contains("per_thread") || name.contains("second");
            let placed = theirs.iter().filter(|(name, _)| !thread_local(name) || name.contains("ZTW"));
            let placed: BTreeSet<_> = placed.cloned().collect();
            assert!(placed.len() > 8 && ours == placed, "{file}: {ours:x?} {placed:x?}");

            // The block begins with the first of the first values.
            let first_values =
                theirs.iter().filter_map(|(name, at)| Some((name.strip_suffix("$tlv$init")?, *at)));
            let block = first_values.clone().map(|(_, at)| at).min().unwrap();
            let theirs: BTreeSet<_> = first_values.map(|(name, at)| (name.to_owned(), at - block)).collect();
            let own = read.rows.iter().filter(|row| row.kind == RowKind::ThreadLocal);
            let ours: Vec<_> = own.map(|row| (row.name.clone(), row.offset)).collect();
            assert_eq!((ours.len(), ours.into_iter().collect::<BTreeSet<_>>()), (2, theirs), "{file}");

            for (name, kind) in [
                ("counter_of_c", RowKind::Object),
                ("ns::counter", RowKind::Object),
                ("ns::per_thread", RowKind::ThreadLocal),
                ("ns::Point::sum", RowKind::Function),
                ("ns::Point::sum() const", RowKind::Function),
                ("ns::twice<int>", RowKind::Function),
                ("_entry", RowKind::Function),
            ] {
                let wanted = Wanted::new(name);
                let found: Vec<_> =
                    read.rows.iter().filter(|row| wanted.matches(&row.name, read.decoration)).collect();
                assert_eq!((found.len(), found[0].kind), (1, kind), "{name}");
            }
        }
    }
}

#[test]
fn a_universal_file_has_the_symbols_of_each_processor() {
    let Some(made) = made_for_macos() else { return };
    // FAT_MAGIC and two `fat_arch`.
    let parts = [("x86_64.dylib", 0x0100_0007u32), ("arm64.dylib", 0x0100_000c)];
    let mut bytes = [0xcafe_babeu32, 2].map(u32::to_be_bytes).concat();
    let mut at = 0x4000u32;
    let mut contents = Vec::new();
    for (file, cpu) in parts {
        let content = made.read(file);
        let size = u32::try_from(content.len()).unwrap();
        bytes.extend([cpu, 0, at, size, 14].map(u32::to_be_bytes).concat());
        contents.push((at, content));
        at = (at + size).next_multiple_of(0x4000);
    }
    for (at, content) in contents {
        bytes.resize(at as usize, 0);
        bytes.extend(content);
    }
    made.write("universal", &bytes);
    let universal = made.open("universal");
    assert!(macho::recognizes(&bytes[..64]));
    for ((name, machine), (file, _)) in MACHINES.iter().zip(parts) {
        let alone = macho::read(&made.open(file), *machine, None).unwrap();
        let among = macho::read(&universal, *machine, None).unwrap();
        assert_eq!(among, alone, "{name}");
        let id = alone.identity.unwrap().to_string();
        assert_eq!(macho::read(&universal, Machine::Unknown, Some(&id)).unwrap().identity, among.identity);
    }
    let error = macho::read(&universal, Machine::Arm, None).unwrap_err().to_string();
    assert!(error.contains("is for other machines"), "{error}");
    // A Java class begins alike.
    assert!(!macho::recognizes(&[0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 0x34]));
}

#[test]
fn a_dsym_bundle_has_the_symbols_of_the_file_that_it_was_made_of() {
    let Some(made) = made_for_macos() else { return };
    if !all_here(&["dsymutil"]) {
        return;
    }
    for (name, machine) in MACHINES {
        let library = format!("{name}.dylib");
        made.run("dsymutil", &[&library, "-o", "out.dSYM"]);
        let files = macho::in_bundle(&made.path("out.dSYM"), Some(&library)).unwrap();
        assert_eq!(files.first().unwrap().file_name().unwrap(), library.as_str());
        let of_bundle = macho::read(&SymbolFile::open(&files[0]).unwrap(), machine, None).unwrap();
        let of_library = macho::read(&made.open(&library), machine, None).unwrap();
        let sorted = |mut rows: Vec<_>| {
            rows.sort_by_key(|row: &dumpedit_symbols::SymbolRow| (row.name.clone(), row.offset));
            // dsymutil leaves out the debugging symbols, which have the source files.
            rows.iter_mut().for_each(|row| row.unit = None);
            rows
        };
        assert_eq!(of_bundle.identity, of_library.identity);
        assert_eq!(sorted(of_bundle.rows), sorted(of_library.rows), "{name}");
    }
    assert!(macho::in_bundle(&made.path("."), None).unwrap().is_empty());
}

#[test]
fn what_other_files_do_not_see_has_its_source_file() {
    let Some(made) = made_for_macos() else { return };
    for (name, machine) in MACHINES {
        let read = macho::read(&made.open(name), machine, None).unwrap();
        let unit = |name: &str| {
            let wanted = Wanted::new(name);
            let row = read.rows.iter().find(|row| wanted.matches(&row.name, read.decoration)).unwrap();
            row.unit.as_deref().map(str::to_owned)
        };
        assert!(unit("ns::hidden").is_some_and(|unit| unit.ends_with("/mac.cc")), "{:?}", unit("ns::hidden"));
        assert_eq!((unit("ns::counter"), unit("counter_of_c")), (None, None));
    }
}
