//! Variables of a Windows program, by the types of its PDB: in a minidump that is made of the program's own sections.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use crate::support::command::{NO_SYMBOLS, Run, binary, dumpedit, run};
use crate::support::tools::have;

/// Builds the program that the tests of PDBs have, and a minidump of it as it is loaded.
pub(super) fn made() -> Option<tempfile::TempDir> {
    if !have("clang") || !have("lld-link") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let programs =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/dumpedit-symbols/tests/other_sources/programs");
    let status = Command::new("clang")
        .current_dir(folder.path())
        .args(["-target", "x86_64-pc-windows-msvc", "-fuse-ld=lld", "-nostdlib", "-g", "-gcodeview", "-O0"])
        .args([
            "-fno-exceptions",
            "-fno-rtti",
            "-shared",
            "-Wl,/entry:entry",
            "-Wl,/pdb:app.pdb",
            "-Wl,/debug",
        ])
        .arg(programs.join("windows.cc"))
        .args(["-o", "app.exe"])
        .status();
    assert!(status.unwrap().success());
    let image = std::fs::read(folder.path().join("app.exe")).unwrap();
    std::fs::write(folder.path().join("app.yaml"), spec(folder.path(), &image)).unwrap();
    let (spec, dump) = (folder.path().join("app.yaml"), folder.path().join("app.dmp"));
    dumpedit(&["synth", spec.to_str().unwrap(), "-o", dump.to_str().unwrap()]).exits(0);
    std::fs::remove_file(folder.path().join("app.exe")).unwrap();
    Some(folder)
}

/// A minidump of an image at the address that it is linked at: `IMAGE_NT_HEADERS64` and `IMAGE_SECTION_HEADER` of winnt.h.
fn spec(folder: &Path, image: &[u8]) -> String {
    let number = |at: usize, size: usize| -> u64 {
        image[at..at + size].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    };
    let headers = number(0x3c, 4) as usize;
    let (sections, optional) = (number(headers + 6, 2) as usize, number(headers + 20, 2) as usize);
    let (base, size) = (number(headers + 24 + 24, 8), number(headers + 24 + 56, 4));
    let at = image.windows(4).position(|bytes| bytes == b"RSDS").unwrap();
    let end = at + 24 + image[at + 24..].iter().position(|byte| *byte == 0).unwrap();
    let id: String = image[at..=end].iter().map(|byte| format!("{byte:02x}")).collect();
    let mut spec = format!(
        "format: minidump\nmachine: amd64\nthreads: [{{tid: 1, registers: {{rip: {base:#x}}}}}]\n\
         modules: [{{name: 'C:\\build\\app.exe', base: {base:#x}, size: {size:#x}, cv: '{id}'}}]\nmemory:\n"
    );
    for index in 0..sections {
        let header = headers + 24 + optional + index * 40;
        let (address, size) = (base + number(header + 12, 4), number(header + 8, 4));
        let (stored, file_offset) = (number(header + 16, 4), number(header + 20, 4) as usize);
        let content = &image[file_offset..file_offset + stored.min(size) as usize];
        std::fs::write(folder.join(format!("section{index}")), content).unwrap();
        let content = if content.is_empty() { "zero:1".to_owned() } else { format!("file:section{index}") };
        writeln!(spec, "  - {{at: {address:#x}, size: {size:#x}, content: '{content}'}}").unwrap();
    }
    spec
}

fn json(folder: &Path, verb: &str, arguments: &[&str]) -> Run {
    let mut command = binary();
    command.env_remove(NO_SYMBOLS.0).arg(verb).arg(folder.join("app.dmp")).args(arguments);
    run(command.arg("--json").arg("--symbols").arg(folder), b"")
}

fn shown(folder: &Path, path: &str) -> String {
    let mut command = binary();
    command.env_remove(NO_SYMBOLS.0).arg("print").arg(folder.join("app.dmp")).arg(path);
    let run = run(command.arg("--symbols").arg(folder), b"").exits(0);
    run.text().trim_end().strip_prefix(&format!("{path} = ")).unwrap().to_owned()
}

#[test]
fn values_are_printed_and_set_by_the_types_of_a_pdb() {
    let Some(folder) = made() else { return };
    let folder = folder.path();
    // What windows.cc says.
    for (path, value) in [
        ("counter", "42"),
        ("app!counter", "42"),
        ("exported_data", "6"),
        ("hidden", "1"),
        ("ns::Point::count", "3"),
        ("ns::limits", "{1, 2, 3, 4}"),
        ("ns::limits[2]", "3"),
        ("ns::nodes[0].on", "true"),
        ("ns::nodes[1].next->on", "true"),
        ("ns::nodes[0].letters[0]", "97 L'a'"),
        ("ns::wide", "120 u'x'"),
        ("ns::only_here::calls", "5"),
        ("ns::point.color", "ns::Red"),
        ("spot->x", "0"),
        ("'windows.cc'::hidden", "1"),
        ("'windows.cc'!ns::limits[2]", "3"),
        ("windows.cc!counter", "42"),
        ("app!'windows.cc'::ns::only_here::calls", "5"),
    ] {
        assert_eq!(shown(folder, path), value, "{path}");
    }
    let message = json(folder, "print", &["'other.cc'::counter"]).is_error("symbol");
    assert!(message.starts_with("'other.cc' has no 'counter', which is app.exe!counter at 0x"), "{message}");
    let before = std::fs::read(folder.join("app.dmp")).unwrap();
    let sets = [
        ("counter", "-5", "-5"),
        ("spot->x", "7", "7"),
        ("ns::point.kind", "29", "29"),
        ("ns::point.color", "Green", "ns::Green"),
        ("ns::point.matrix[2][4]", "1.5", "1.5"),
        ("ns::nodes[1].letters", "\"abc\"", "L\"abc\""),
        ("ns::nodes[0].on", "false", "false"),
        ("ns::limits[3]", "0x7fffffff", "2147483647"),
    ];
    for (path, value, new) in sets {
        json(folder, "set", &[&format!("{path}={value}")]).exits(0);
        assert_eq!(shown(folder, path), new, "{path}");
    }
    // Neighbours of a bit field.
    assert_eq!((shown(folder, "ns::point.flag"), shown(folder, "ns::point.wide")), ("0".into(), "0".into()));
    json(folder, "set", &["ns::nodes[0].next=&ns::nodes[1]", "--expect", "ns::nodes[0].next=NULL"]).exits(0);
    assert!(shown(folder, "ns::nodes[0].next").contains("nodes"), "{}", shown(folder, "ns::nodes[0].next"));
    assert_eq!(json(folder, "read", &["ns::nodes[1]"]).exits(0).json()["requested"], 40);
    assert_eq!(json(folder, "read", &["counter"]).exits(0).json()["requested"], 4);
    json(folder, "set", &["ns::point.kind=32"]).is_error("value");
    for _ in 0..=sets.len() {
        json(folder, "undo", &[]).exits(0);
    }
    assert_eq!(std::fs::read(folder.join("app.dmp")).unwrap(), before);
}

#[test]
fn functions_of_one_source_file_are_names_and_labels() {
    let Some(folder) = made() else { return };
    let folder = folder.path();
    let address = |at: &str| {
        let run = json(folder, "where", &[at]);
        crate::support::command::number(&run.exits(0).json()["pieces"][0]["address"])
    };
    // It is static; the file has another two called `ns::add`, which their parameters tell apart.
    let only_here = address("ns::only_here");
    for name in ["app!ns::only_here", "'windows.cc'::ns::only_here", "windows.cc!ns::only_here"] {
        assert_eq!(address(name), only_here, "{name}");
    }
    assert_eq!(address("ns::only_here+3"), only_here + 3);
    let label = json(folder, "read", &[&format!("{:#x}", only_here + 3)]).exits(0).json();
    assert_eq!(label["symbol"], "app.exe!ns::only_here+0x3");
    let message = json(folder, "where", &["'other.cc'::ns::only_here"]).is_error("symbol");
    assert!(message.starts_with("'other.cc' has no 'ns::only_here', which is "), "{message}");
    assert_ne!(address("ns::add(int,int)"), address("ns::add(double, ns::Box<int>*)"));
    assert!(
        shown(folder, "ns::only_here").starts_with("{int (int)} 0x"),
        "{}",
        shown(folder, "ns::only_here")
    );
}

#[test]
fn a_pdb_of_another_build_is_refused() {
    let Some(folder) = made() else { return };
    let folder = folder.path();
    let dump = folder.join("app.dmp");
    let mut bytes = std::fs::read(&dump).unwrap();
    let at = bytes.windows(4).position(|bytes| bytes == b"RSDS").unwrap();
    bytes[at + 4] ^= 1;
    std::fs::write(&dump, bytes).unwrap();
    let run = json(folder, "print", &["ns::limits[2]"]);
    let message = run.is_error("symbol");
    assert!(message.contains("app.pdb is of another build"), "{message}");
    assert!(run.json()["error"]["hint"].as_str().unwrap().contains("--trust-symbols"));
    let json = json(folder, "print", &["ns::limits[2]", "--trust-symbols"]).exits(0).json();
    assert_eq!(json["values"][0]["value"]["value"], "3");
    assert_eq!(json["notices"][0]["kind"], "symbols-trusted");
}
