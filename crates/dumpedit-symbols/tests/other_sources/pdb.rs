//! The symbols of a PDB, against `llvm-pdbutil`.

use std::collections::HashMap;

use dumpedit_symbols::demangled::{self, Decoration, Wanted};
use dumpedit_symbols::sources::{pdb, pe};
use dumpedit_symbols::{Identity, RowKind, SymbolRow};

use crate::programs::{Made, all_here, windows};

pub(crate) const AMD64: &str = "x86_64-pc-windows-msvc";
pub(crate) const X86: &str = "i686-pc-windows-msvc";

/// What `llvm-pdbutil` lists: kind, name, and the text of the lines below.
pub(crate) fn listed(text: &str) -> Vec<(String, String, String)> {
    let mut found: Vec<(String, String, String)> = Vec::new();
    for line in text.lines() {
        let head = line
            .split_once(" | ")
            .filter(|(number, _)| number.trim().bytes().all(|b| b.is_ascii_hexdigit() || b == b'x'));
        if let Some((kind, rest)) = head.and_then(|(_, rest)| rest.split_once(" [size = ")) {
            let name = rest.split_once(" `").map_or("", |(_, name)| name.strip_suffix('`').unwrap_or(name));
            found.push((kind.to_owned(), name.to_owned(), String::new()));
        } else if let Some((.., about)) = found.last_mut() {
            about.push_str(line.trim());
            about.push(' ');
        }
    }
    found
}

/// The addresses of the sections, from 1.
pub(crate) fn sections(made: &Made) -> Vec<u64> {
    let text = made.printed("llvm-pdbutil", &["dump", "-section-headers", "app.pdb"]);
    let address = |line: &str| u64::from_str_radix(line.trim().strip_suffix(" virtual address")?, 16).ok();
    text.lines().filter_map(address).collect()
}

/// `addr = 0001:0400`: a section and a decimal offset in it.
pub(crate) fn address(about: &str, sections: &[u64]) -> (usize, u64, u64) {
    let (_, text) = about.split_once("addr = ").unwrap();
    let text: String = text.chars().take_while(|c| c.is_ascii_digit() || *c == ':').collect();
    let (section, offset) = text.split_once(':').unwrap();
    let (section, offset) = (section.parse::<usize>().unwrap(), offset.parse::<u64>().unwrap());
    (section, offset, sections[section - 1] + offset)
}

fn named<'a>(rows: &'a [SymbolRow], name: &str, decoration: Decoration) -> Vec<&'a SymbolRow> {
    let wanted = Wanted::new(name);
    rows.iter().filter(|row| wanted.matches(&row.name, decoration)).collect()
}

#[test]
fn what_the_linker_lists_and_what_object_files_have_are_rows() {
    for target in [AMD64, X86] {
        let Some(made) = windows(target, &["-Wl,/debug"]) else { return };
        if !all_here(&["llvm-pdbutil"]) {
            return;
        }
        let read = pdb::read(&made.open("app.pdb")).unwrap();
        let sections = sections(&made);
        assert!(sections.len() >= 4, "{sections:?}");

        let publics = listed(&made.printed("llvm-pdbutil", &["dump", "-publics", "app.pdb"]));
        assert!(publics.len() > 20, "{publics:?}");
        for (kind, name, about) in publics.iter().filter(|(kind, ..)| kind == "S_PUB32") {
            let (_, within, rva) = address(about, &sections);
            let row =
                read.rows.iter().find(|row| row.name == *name).unwrap_or_else(|| panic!("{kind} {name}"));
            match row.kind {
                RowKind::ThreadLocal => assert_eq!((row.offset, name.contains("per_thread")), (within, true)),
                RowKind::Function => assert!(row.offset == rva && about.contains("function"), "{row:?}"),
                _ => assert!(row.offset == rva && !about.contains("function"), "{row:?}"),
            }
        }

        let own = listed(&made.printed("llvm-pdbutil", &["dump", "-symbols", "app.pdb"]));
        let mut procedures = 0;
        for (kind, name, about) in own {
            if !["S_GPROC32", "S_LPROC32", "S_LDATA32", "S_GDATA32"].contains(&kind.as_str()) {
                continue;
            }
            let rva = address(&about, &sections).2;
            let rows = named(&read.rows, &name, read.decoration);
            let there: Vec<_> = rows.iter().filter(|row| row.offset == rva).collect();
            assert_eq!(there.len(), 1, "{name} at {rva:#x}: {rows:?}");
            if let Some((_, size)) = about.split_once("code size = ") {
                let size = size.split(' ').next().unwrap().parse().unwrap();
                assert_eq!(there[0].size, Some(size), "{name}");
                procedures += 1;
            }
        }
        assert!(procedures > 8);
    }
}

#[test]
fn names_are_found_as_programmers_write_them() {
    let Some(made) = windows(AMD64, &["-Wl,/debug"]) else { return };
    let read = pdb::read(&made.open("app.pdb")).unwrap();
    let count = |name: &str| named(&read.rows, name, read.decoration).len();
    for (name, expected) in [
        ("counter", 1),
        ("ns::point", 1),
        ("ns::Point::count", 1),
        ("ns::add", 2),
        ("ns::add(int, int)", 1),
        ("ns::add(int,int)", 1),
        ("ns::add(double, ns::Box<int>*)", 1),
        ("ns::add(double, struct ns::Box<int> *)", 1),
        ("ns::use()", 1),
        ("ns::use(void)", 1),
        ("?use@ns@@YAHXZ", 1),
        ("ns::generic<short>", 1),
        ("ns::generic<short>(short)", 1),
        ("ns::generic", 0),
        ("ns::boxed", 1),
        ("ns::Base::speak", 1),
        ("ns::Base::speak(int)", 1),
        ("ns::only_here", 1),
        ("ns::only_here::calls", 1),
        ("(anonymous namespace)::hidden", 1),
        ("hidden", 1),
        ("operator delete", 1),
        ("ns::Left::Left", 1),
        ("NS::point", 0),
        ("ns::Add", 0),
        ("add", 0),
        ("ns::add(int)", 0),
    ] {
        assert_eq!(count(name), expected, "{name}");
    }
    let row = named(&read.rows, "ns::add(double, ns::Box<int>*)", read.decoration)[0];
    assert_eq!(demangled::display(&row.name, read.decoration), "ns::add(double, ns::Box<int> *)");
    let row = named(&read.rows, "ns::limits", read.decoration)[0];
    assert_eq!(demangled::display(&row.name, read.decoration), "ns::limits");
}

#[test]
fn a_pdb_and_the_image_that_names_it_have_one_identity() {
    for target in [AMD64, X86] {
        let Some(made) = windows(target, &["-Wl,/debug"]) else { return };
        let of_pdb = pdb::read(&made.open("app.pdb")).unwrap().identity.unwrap();
        let image = made.open("app.exe");
        let named = pe::named_pdb(&image).unwrap().unwrap();
        assert_eq!(of_pdb, Identity::Pdb(named.id));
        assert!(named.path.ends_with("app.pdb"), "{}", named.path);
        let text = of_pdb.to_string();
        assert!(pe::read(&image).unwrap().identity.unwrap().is(&text), "{text}");
        if all_here(&["llvm-pdbutil"]) {
            let summary = made.printed("llvm-pdbutil", &["dump", "-summary", "app.pdb"]);
            let fields: HashMap<_, _> =
                summary.lines().filter_map(|line| line.trim().split_once(": ")).collect();
            let guid: String = fields["GUID"].chars().filter(|c| c.is_ascii_hexdigit()).collect();
            assert_eq!(text, format!("{guid}{:x}", fields["Age"].parse::<u32>().unwrap()));
        }
    }
}
