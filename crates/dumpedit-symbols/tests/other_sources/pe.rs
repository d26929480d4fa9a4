//! Exports and COFF symbols of PE files, against `llvm-readobj`.

use std::collections::BTreeSet;

use dumpedit_symbols::demangled::{Decoration, Wanted};
use dumpedit_symbols::sources::pe;
use dumpedit_symbols::{Identity, RowKind, SymbolRow};

use crate::pdb::{AMD64, X86};
use crate::programs::{Made, all_here, folder, source, windows};

const GNU: &str = "x86_64-w64-mingw32-gcc";

/// The value behind a word of what `llvm-readobj` prints.
fn values(text: &str, word: &str) -> Vec<u64> {
    let hex =
        |line: &str| u64::from_str_radix(line.trim().strip_prefix(word)?.trim().strip_prefix("0x")?, 16).ok();
    text.lines().filter_map(hex).collect()
}

/// Name and RVA of the symbols of sections, but for those that are the sections' own.
fn listed(made: &Made, file: &str) -> BTreeSet<(String, u64)> {
    let addresses = values(&made.printed("llvm-readobj", &["--sections", file]), "VirtualAddress:");
    let text = made.printed("llvm-readobj", &["--symbols", file]);
    let rows = text.split("  Symbol {").skip(1).filter_map(|symbol| {
        let field = |name: &str| symbol.lines().find_map(|line| line.trim().strip_prefix(name));
        let (name, value): (_, u64) = (field("Name: ")?, field("Value: ")?.parse().unwrap());
        // `.text (1)`; of others 0 and negative numbers.
        let (_, section) = field("Section: ")?.rsplit_once('(')?;
        let section = section.trim_end_matches(')').parse::<usize>().ok()?.checked_sub(1)?;
        let (class, _) = field("StorageClass: ")?.split_once(' ')?;
        let counts = matches!(class, "External" | "Static" | "WeakExternal") && !name.starts_with('.');
        counts.then(|| (name.to_owned(), addresses[section] + value))
    });
    rows.collect()
}

fn exports(made: &Made, file: &str) -> BTreeSet<(String, u64)> {
    let text = made.printed("llvm-readobj", &["--coff-exports", file]);
    let names =
        text.lines().filter_map(|line| line.trim().strip_prefix("Name: ")).filter(|name| !name.is_empty());
    let addresses = values(&text, "RVA:").into_iter().filter(|rva| *rva != 0);
    names.map(str::to_owned).zip(addresses).collect()
}

fn named<'a>(rows: &'a [SymbolRow], name: &str, decoration: Decoration) -> Vec<&'a SymbolRow> {
    let wanted = Wanted::new(name);
    rows.iter().filter(|row| wanted.matches(&row.name, decoration)).collect()
}

#[test]
fn coff_symbols_are_those_of_the_table() {
    for made in [gnu(), windows(X86, &["-Wl,/debug:symtab"]), windows(AMD64, &["-Wl,/debug:symtab"])] {
        let Some(made) = made.filter(|_| all_here(&["llvm-readobj"])) else { return };
        let read = pe::read(&made.open("app.exe")).unwrap();
        let sections = made.printed("llvm-readobj", &["--sections", "app.exe"]);
        let block =
            sections.split("Name: .tls").nth(1).map_or(0, |behind| values(behind, "VirtualAddress:")[0]);
        let place = |row: &SymbolRow| match row.kind {
            RowKind::ThreadLocal => row.offset + block,
            _ => row.offset,
        };
        let ours: BTreeSet<_> = read.rows.iter().map(|row| (row.name.clone(), place(row))).collect();
        let theirs = listed(&made, "app.exe");
        assert!(
            theirs.len() > 30 && ours == theirs,
            "{:?}",
            ours.symmetric_difference(&theirs).collect::<Vec<_>>()
        );
        let counter = named(&read.rows, "counter", read.decoration);
        assert_eq!((counter.len(), counter[0].kind), (1, RowKind::Object));
        let exported = named(&read.rows, "exported", read.decoration);
        assert_eq!(exported.len(), 1, "the export is the same: {exported:?}");
    }
}

fn gnu() -> Option<Made> {
    if !all_here(&[GNU]) {
        return None;
    }
    let made = folder();
    made.run(GNU, &["-g", "-O0", &source("mingw.c"), "-o", "app.exe"]);
    Some(made)
}

#[test]
fn a_file_without_symbols_has_its_exports() {
    for target in [X86, AMD64] {
        let Some(made) = windows(target, &["-Wl,/debug"]) else { return };
        if !all_here(&["llvm-readobj"]) {
            return;
        }
        let read = pe::read(&made.open("app.exe")).unwrap();
        let ours: BTreeSet<_> = read.rows.iter().map(|row| (row.name.clone(), row.offset)).collect();
        assert_eq!(ours, exports(&made, "app.exe"));
        let kind = |name| named(&read.rows, name, read.decoration)[0].kind;
        assert_eq!((kind("exported"), kind("exported_data")), (RowKind::Function, RowKind::Object));
    }
}

#[test]
fn an_image_is_known_by_its_time_and_size() {
    let Some(made) = windows(AMD64, &["-Wl,/debug"]) else { return };
    if !all_here(&["llvm-readobj"]) {
        return;
    }
    let text = made.printed("llvm-readobj", &["--file-headers", "app.exe"]);
    let time = text.lines().find_map(|line| line.trim().strip_prefix("TimeDateStamp: ")).unwrap();
    let (_, time) = time.split_once("(0x").unwrap();
    let size = text.lines().find_map(|line| line.trim().strip_prefix("SizeOfImage: ")).unwrap();
    let identity = pe::read(&made.open("app.exe")).unwrap().identity.unwrap();
    let id = format!("{}{:x}", time.trim_end_matches(')'), size.parse::<u32>().unwrap());
    assert!(identity.is(&id), "{identity:?} {id}");
    assert!(matches!(identity, Identity::Image { pdb: Some(_), .. }));
}

#[test]
fn what_other_files_do_not_see_has_its_source_file() {
    let Some(made) = gnu() else { return };
    let read = pe::read(&made.open("app.exe")).unwrap();
    let unit = |name: &str| named(&read.rows, name, read.decoration)[0].unit.as_deref().map(str::to_owned);
    for name in ["hidden", "only_here"] {
        assert!(unit(name).is_some_and(|unit| unit.ends_with("mingw.c")), "{name}: {:?}", unit(name));
    }
    for name in ["counter", "exported", "main"] {
        assert_eq!(unit(name), None, "{name}");
    }
}
