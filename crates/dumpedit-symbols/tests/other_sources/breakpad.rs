//! Breakpad's symbol files.

use dumpedit_symbols::demangled::{Decoration, Wanted};
use dumpedit_symbols::sources::breakpad;
use dumpedit_symbols::{RowKind, SymbolRow};

use crate::programs::{Made, all_here, folder, source};

fn read(text: &[u8]) -> Result<dumpedit_symbols::sources::SourceRows, String> {
    let made = folder();
    made.write("app.sym", text);
    breakpad::read(&made.open("app.sym")).map_err(|error| error.to_string())
}

/// Lines of each kind that Breakpad's documentation names.
const APP: &str = "\
MODULE Linux x86_64 178755DD8CAF0765454517F01B557DA20 app
INFO CODE_ID DD558717AF8C6507454517F01B557DA2E8017034
FILE 0 /src/app.cc
INLINE_ORIGIN 0 ns::inlined(int)
FUNC 1130 2a 0 ns::add(int, int)
INLINE 0 12 0 0 1134 6
1130 4 11 0
FUNC m 1160 b 8 ns::Box<ns::Box<int> >::make() const
PUBLIC 1000 0 _init
PUBLIC m 11f0 4 folded
PUBLIC 1200 0
STACK CFI INIT 1130 2a .cfa: $rsp 8 + .ra: .cfa -8 + ^
";

#[test]
fn functions_and_publics_are_rows() {
    let row = |name: &str, offset, size, kind| SymbolRow::new(name, offset, size, kind);
    let expected = [
        row("ns::add(int, int)", 0x1130, Some(0x2a), RowKind::Function),
        row("ns::Box<ns::Box<int> >::make() const", 0x1160, Some(0xb), RowKind::Function),
        row("_init", 0x1000, None, RowKind::Other),
        row("folded", 0x11f0, None, RowKind::Other),
    ];
    for text in [APP.to_owned(), APP.replace('\n', "\r\n"), APP.trim_end().to_owned()] {
        let read = read(text.as_bytes()).unwrap();
        assert_eq!((read.rows.as_slice(), read.decoration), (&expected[..], Decoration::None));
        let identity = read.identity.unwrap();
        assert!(identity.is("dd558717af8c6507454517f01b557da2e8017034"), "the build id that it was made of");
        assert!(identity.is("178755DD8CAF0765454517F01B557DA20"));
        for name in ["ns::add", "ns::add(int,int)", "ns::Box<ns::Box<int>>::make", "_init"] {
            let wanted = Wanted::new(name);
            let found = read.rows.iter().filter(|row| wanted.matches(&row.name, read.decoration)).count();
            assert_eq!(found, 1, "{name}");
        }
    }
}

#[test]
fn a_module_without_an_id_and_one_of_windows_are_as_they_say() {
    let none = read(b"MODULE Linux arm 000000000000000000000000000000000 app\n").unwrap();
    assert_eq!((none.identity, none.rows.len()), (None, 0));
    let windows = b"MODULE windows x86 5A9832E5287241C1838ED98914E9B7FF1 test_app.pdb\nPUBLIC 1000 0 _f@8\n";
    let windows = read(windows).unwrap();
    assert!(windows.identity.unwrap().is("5A9832E5287241C1838ED98914E9B7FF1"));
    assert!(Wanted::new("f").matches(&windows.rows[0].name, windows.decoration));
}

#[test]
fn what_is_not_as_it_begins_is_said_with_its_line() {
    let of = |line: &str| {
        read(format!("MODULE Linux x86_64 178755DD8CAF0765454517F01B557DA20 a\n{line}\n").as_bytes())
    };
    for line in
        ["FUNC 10 20", "FUNC 10 x 0 f", "FUNC", "FUNC m", "PUBLIC x 0 f", "PUBLIC 11111111111111111 0 f"]
    {
        let error = of(line).unwrap_err();
        assert!(error.contains("is a damaged Breakpad symbol file: line 2 "), "{line}: {error}");
    }
    for text in ["", "MODULE", "MODULE Linux x86_64 17 a", "FUNC 10 20 0 f\n", "MODULE Linux x86_64 é a"] {
        assert!(read(text.as_bytes()).is_err(), "{text}");
    }
    // A line that is too long is cut, and costs no other.
    let long = format!("PUBLIC 10 0 {}\nPUBLIC 20 0 after", "x".repeat(1 << 20));
    let rows = of(&long).unwrap().rows;
    assert_eq!(rows.iter().map(|row| row.offset).collect::<Vec<_>>(), [0x20]);
}

/// Rows of a program that a compiler made, written as Breakpad writes them and read again.
#[test]
fn what_is_made_of_a_program_is_read_as_it_was() {
    let Some((made, listed)) = program() else { return };
    let mut text = "MODULE Linux x86_64 178755DD8CAF0765454517F01B557DA20 app\n".to_owned();
    for (address, size, name) in &listed {
        text.push_str(&format!("FUNC {address:x} {size:x} 0 {name}\n"));
    }
    made.write("app.sym", text.as_bytes());
    let rows = breakpad::read(&made.open("app.sym")).unwrap().rows;
    let ours: Vec<_> = rows.iter().map(|row| (row.offset, row.size.unwrap(), row.name.clone())).collect();
    assert_eq!(ours, listed);
}

/// Address, size and demangled name.
type Function = (u64, u64, String);

/// Each function of `mac.cc`, as an object file of ELF.
fn program() -> Option<(Made, Vec<Function>)> {
    if !all_here(&["clang", "llvm-nm"]) {
        return None;
    }
    let made = folder();
    let source = source("mac.cc");
    made.run("clang", &["-target", "x86_64-linux-gnu", "-O0", "-c", &source, "-o", "app.o"]);
    let text = made.printed("llvm-nm", &["--demangle", "--print-size", "--numeric-sort", "app.o"]);
    let hex = |text: &str| u64::from_str_radix(text, 16).ok();
    let listed = text.lines().filter_map(|line| {
        let [address, size, kind, name] = *line.splitn(4, ' ').collect::<Vec<_>>() else { return None };
        kind.eq_ignore_ascii_case("t").then_some((hex(address)?, hex(size)?, name.to_owned()))
    });
    let listed: Vec<_> = listed.collect();
    assert!(listed.len() > 2, "{text}");
    Some((made, listed))
}
