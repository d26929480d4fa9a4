//! Memory that was mapped from ELF files and not captured is added from these files, where their build ids are the modules'.

use std::fs;

use dumpedit::History;

use crate::support::bytes::Order;
use crate::support::command::{binary, dumpedit, run};
use crate::support::elf_builder::{ElfBuilder, NT_FILE, machine};
use crate::support::subject::Subject;

const BASE: u64 = 0x40_0000;
const ID: [u8; 20] = [0x5a; 20];

/// A library of two segments, the second of which is code at file offset 0x1000; its first page has the build id.
fn library(order: Order, machine: u16, id: &[u8]) -> Vec<u8> {
    let mut file = vec![0x7f, b'E', b'L', b'F', 2, if matches!(order, Order::Little) { 1 } else { 2 }, 1];
    file.resize(16, 0);
    file.extend(order.fields(&[(3, 2), (machine.into(), 2), (1, 4), (0, 8), (64, 8), (0, 8), (0, 4)]));
    file.extend(order.fields(&[(64, 2), (56, 2), (3, 2), (64, 2), (0, 2), (0, 2)]));
    let segment = |kind, flags, offset, size| {
        order.fields(&[
            (kind, 4),
            (flags, 4),
            (offset, 8),
            (offset, 8),
            (0, 8),
            (size, 8),
            (size, 8),
            (0x1000, 8),
        ])
    };
    file.extend(segment(1, 4, 0, 0x1000));
    file.extend(segment(1, 5, 0x1000, 0x234));
    file.extend(segment(4, 4, 0x200, 16 + id.len() as u64));
    file.resize(0x200, 0);
    file.extend(order.fields(&[(4, 4), (id.len() as u64, 4), (3, 4)]));
    file.extend(b"GNU\0");
    file.extend(id);
    file.resize(0x1000, 0);
    file.extend((0..0x234u32).map(|byte| byte as u8 | 1));
    file.extend(b"sections");
    file
}

/// A core of a process that had mapped the library, with the library's first page.
fn core(order: Order, number: u16) -> Subject {
    let file = library(order, number, &ID);
    let mut core = ElfBuilder::new(order, true, number);
    let rows = [(BASE, BASE + 0x1000, 0), (BASE + 0x1000, BASE + 0x2000, 1)];
    let mut note = order.fields(&[(2, 8), (0x1000, 8)]);
    note.extend(rows.iter().flat_map(|&(start, end, page)| order.fields(&[(start, 8), (end, 8), (page, 8)])));
    note.extend(b"/opt/lib.so\0/opt/lib.so\0");
    core.notes(&[("CORE", NT_FILE, note)]);
    core.load(BASE, &file[..0x1000]);
    core.code(BASE + 0x1000, 0x1000);
    Subject::named("core", core.finish())
}

fn with_file(subject: &Subject, bytes: &[u8]) -> String {
    let root = subject.folder().join("root");
    fs::create_dir_all(root.join("opt")).unwrap();
    fs::write(root.join("opt/lib.so"), bytes).unwrap();
    root.to_str().unwrap().to_owned()
}

#[test]
fn pages_that_were_not_captured_come_out_of_the_modules_file() {
    for (order, number) in [(Order::Little, machine::X86_64), (Order::Big, machine::S390)] {
        let subject = core(order, number);
        let file = library(order, number, &ID);
        let (root, path) = (with_file(&subject, &file), subject.path().to_str().unwrap());
        let added = dumpedit(&["add", "images", path, "--sysroot", &root, "--json"]).exits(0).json();
        assert_eq!(added["parts"].as_array().unwrap().len(), 1, "{added}");
        assert_eq!(added["parts"][0]["size"], 0x1000);
        let mut page = file[0x1000..].to_vec();
        page.resize(0x1000, 0);
        assert_eq!(subject.plain("read", &["0x401000..+0x1000", "--raw"]).stdout, page);
        let regions = subject.run("regions", &[]).json();
        assert_eq!(regions[1]["protection"], "r-x", "{regions}");
        dumpedit(&["undo", path]).exits(0);
        subject.unchanged();
    }
}

#[test]
fn another_file_of_that_name_is_refused_with_both_ids() {
    let subject = core(Order::Little, machine::X86_64);
    let path = subject.path().to_str().unwrap();
    for (file, words) in [
        (library(Order::Little, machine::X86_64, &[0xa5; 20]), "its build id is a5a5a5a5"),
        (library(Order::Little, machine::X86_64, &[]), "it has no build id"),
        (b"a script".to_vec(), "it is not an ELF program or library"),
    ] {
        let root = with_file(&subject, &file);
        let failed = dumpedit(&["add", "images", path, "--sysroot", &root, "--json"]);
        let error = &failed.json()["error"];
        assert_eq!((failed.code, error["kind"].as_str()), (2, Some("module")), "{failed}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(words), "{failed}");
        // Both ids, where there are two.
        assert!(!words.contains("id is") || message.contains("5a5a5a5a"), "{failed}");
        subject.unchanged();
    }
}

#[test]
fn a_file_of_another_build_is_taken_where_it_is_trusted() {
    let subject = core(Order::Little, machine::X86_64);
    let path = subject.path().to_str().unwrap();
    let file = library(Order::Little, machine::X86_64, &[0xa5; 20]);
    let root = with_file(&subject, &file);
    let taken = dumpedit(&["add", "images", path, "--sysroot", &root, "--trust-symbols", "--json"]).exits(0);
    let notice = &taken.json()["notices"][0];
    assert_eq!(notice["kind"], "image-trusted", "{taken}");
    let message = notice["message"].as_str().unwrap();
    assert!(message.contains("a5a5a5a5") && message.contains("5a5a5a5a"), "{message}");
    assert_eq!(subject.plain("read", &["0x401000..+0x234", "--raw"]).stdout, file[0x1000..0x1234]);
    // The line in the log does the same again.
    let line = History::of(subject.path()).log().unwrap().entries[0].command.clone();
    assert!(line.ends_with("--trust-symbols"), "{line}");
    dumpedit(&["undo", path]).exits(0);
    let script = format!("add images --sysroot '{root}' --trust-symbols\n");
    run(binary().args(["apply", path, "-"]), script.as_bytes()).exits(0);
    assert_eq!(subject.plain("read", &["0x401000..+0x234", "--raw"]).stdout, file[0x1000..0x1234]);
    // A file of the module's own build gives no notice.
    dumpedit(&["undo", path]).exits(0);
    let root = with_file(&subject, &library(Order::Little, machine::X86_64, &ID));
    let own = dumpedit(&["add", "images", path, "--sysroot", &root, "--trust-symbols", "--json"]).exits(0);
    assert!(!own.json().to_string().contains("image-trusted"), "{own}");
}

/// The core without the library's first page, and with it the build id.
fn core_without_ids() -> Subject {
    let mut core = ElfBuilder::new(Order::Little, true, machine::X86_64);
    let mut note = Order::Little.fields(&[(1, 8), (0x1000, 8), (BASE, 8), (BASE + 0x2000, 8), (0, 8)]);
    note.extend(b"/opt/lib.so\0");
    core.notes(&[("CORE", NT_FILE, note)]);
    core.code(BASE, 0x2000);
    Subject::named("core", core.finish())
}

#[test]
fn the_reason_why_nothing_is_added_is_told() {
    let refused = |subject: &Subject, root: &str, message: &str, hint: bool| {
        let path = subject.path().to_str().unwrap();
        let failed = dumpedit(&["add", "images", path, "--sysroot", root]).exits(2);
        assert!(failed.stderr.contains(message), "{failed}");
        assert_eq!(
            failed.stderr.contains("--trust-symbols uses files by their names alone"),
            hint,
            "{failed}"
        );
        subject.unchanged();
    };
    let subject = core(Order::Little, machine::X86_64);
    let file = library(Order::Little, machine::X86_64, &ID);
    let empty = subject.folder().join("empty");
    fs::create_dir_all(&empty).unwrap();
    refused(&subject, empty.to_str().unwrap(), "modules whose files are missing: 1", false);
    let subject = core_without_ids();
    let root = with_file(&subject, &file);
    refused(&subject, &root, "modules whose build id the dump lacks: 1", true);
    let mut whole = ElfBuilder::new(Order::Little, true, machine::X86_64);
    let mut note = Order::Little.fields(&[(1, 8), (0x1000, 8), (BASE, 8), (BASE + 0x2000, 8), (0, 8)]);
    note.extend(b"/opt/lib.so\0");
    whole.notes(&[("CORE", NT_FILE, note)]);
    let mut pages = file.clone();
    pages.resize(0x2000, 0);
    whole.load(BASE, &pages);
    let subject = Subject::named("core", whole.finish());
    let root = with_file(&subject, &file);
    refused(&subject, &root, "the dump has all memory that their files have: 1", false);
    let windows = include_bytes!("../testdata/crash.dmp");
    let subject = Subject::named("crash.dmp", windows.to_vec());
    refused(&subject, &root, "the modules of the dump are not ELF files", false);
}

#[test]
fn files_of_modules_without_a_build_id_are_taken_where_they_are_trusted() {
    let subject = core_without_ids();
    let path = subject.path().to_str().unwrap();
    let file = library(Order::Little, machine::X86_64, &ID);
    let root = with_file(&subject, &file);
    let taken = dumpedit(&["add", "images", path, "--sysroot", &root, "--trust-symbols", "--json"]).exits(0);
    let notice = &taken.json()["notices"][0];
    assert_eq!(notice["kind"], "image-trusted", "{taken}");
    assert!(
        notice["message"].as_str().unwrap().contains("the dump has no build id of /opt/lib.so"),
        "{taken}"
    );
    assert_eq!(subject.plain("read", &["0x400000..+0x1234", "--raw"]).stdout, file[..0x1234]);
}
