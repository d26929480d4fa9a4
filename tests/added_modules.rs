//! Modules that are added to cores: readers of cores take the build id from the module's memory, and the module from NT_FILE.

use std::fs;
use std::path::Path;
use std::process::Command;

use dumpedit::{Dump, NewModule};

use crate::support::command::dumpedit;
use crate::support::corpus;
use crate::support::elf_builder::{ElfBuilder, prstatus};
use crate::support::subject::Subject;
use crate::support::tools::{have, printed};

const ID: &str = "8d3c9a0b112233445566778899aabbccddeeff00";

/// A core of one thread whose only memory is at an address.
fn core(address: u64, bytes: &[u8]) -> Subject {
    let mut core = ElfBuilder::x86_64();
    core.load(address, bytes);
    core.notes(&[prstatus(7, 11, 0x40_0001, 0x7000)]);
    Subject::named("core", core.finish())
}

/// Adds a module of two pages.
fn add(subject: &Subject, base: &str, name: &str, more: &[&str]) -> crate::support::command::Run {
    let path = subject.path().to_str().unwrap();
    let line = ["add", "module", path, base, "--size", "0x2000", "--name", name, "--json"];
    dumpedit(&[&line, more].concat())
}

/// Bases, sizes, names and ids in the output of `modules`.
fn listed(subject: &Subject) -> Vec<(String, u64, String, Option<String>)> {
    let modules = subject.run("modules", &[]).json();
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let of = |module: &serde_json::Value| {
        let size = module["size"].as_u64().unwrap();
        (text(&module["base"]).unwrap(), size, text(&module["name"]).unwrap(), text(&module["id"]))
    };
    modules.as_array().unwrap().iter().map(of).collect()
}

#[test]
fn the_page_of_a_modules_header_is_made_of_its_id() {
    let subject = core(0x10_0000, &[1; 16]);
    let told = add(&subject, "0x400000", "/opt/app", &["--id", ID]).exits(0).json();
    let kinds: Vec<&str> =
        told["notices"].as_array().unwrap().iter().map(|notice| notice["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["module-list-made", "header-made", "module-mapped"]);
    let parts: Vec<&str> =
        told["parts"].as_array().unwrap().iter().map(|part| part["kind"].as_str().unwrap()).collect();
    assert_eq!(parts, ["module", "memory"]);
    let app = ("0x400000".to_owned(), 0x2000, "/opt/app".to_owned(), Some(ID.to_owned()));
    assert_eq!(listed(&subject), std::slice::from_ref(&app));
    // A module without an id is code without a header.
    add(&subject, "0x600000", "/opt/plain", &[]).exits(0);
    let plain = ("0x600000".to_owned(), 0x2000, "/opt/plain".to_owned(), None);
    assert_eq!(listed(&subject), [app, plain]);
    if have("eu-unstrip") {
        let modules = unstripped(subject.path());
        assert!(modules.contains(&format!("0x400000+0x2000 {ID}@")), "{modules}");
    }
    for _ in 0..2 {
        dumpedit(&["undo", subject.path().to_str().unwrap()]).exits(0);
    }
    subject.unchanged();
}

#[test]
fn a_header_that_is_captured_has_the_id_or_is_an_error_with_both() {
    let subject = core(0x10_0000, &[1; 16]);
    add(&subject, "0x400000", "/opt/app", &["--id", ID]).exits(0);
    let page = subject.folder().join("page");
    std::fs::write(&page, subject.plain("read", &["0x400000..+4096", "--raw"]).stdout).unwrap();
    let path = subject.path().to_str().unwrap();
    dumpedit(&["drop", "module", path, "0x400000"]).exits(0);
    let value = format!("file:{}", page.to_str().unwrap());
    dumpedit(&["add", "memory", path, "0x400000", &value]).exits(0);
    let before = subject.now();
    let failed = add(&subject, "0x400000", "/opt/app", &["--id", "aabb"]);
    assert_eq!(failed.code, 2, "{failed}");
    let error = &failed.json()["error"];
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(ID) && message.contains("aabb"), "{message}");
    assert_eq!((&error["kind"], &error["address"]), (&"module".into(), &"0x400000".into()));
    let other = add(&subject, "0x100000", "/opt/app", &["--id", ID]);
    assert!(other.json()["error"]["message"].as_str().unwrap().contains("no ELF header"), "{other}");
    let none = add(&subject, "0x400000", "/opt/app", &["--id", "xyz"]);
    assert!(none.json()["error"]["message"].as_str().unwrap().contains("hex digits"), "{none}");
    assert_eq!(subject.now(), before);
    let same = add(&subject, "0x400000", "/opt/app", &["--id", &ID.to_uppercase()]).exits(0).json();
    assert_eq!(same["parts"].as_array().unwrap().len(), 1, "{same}");
    assert_eq!(listed(&subject)[0].3.as_deref(), Some(ID));
}

#[test]
fn a_header_that_the_same_edit_adds_counts() {
    let made = core(0x10_0000, &[1; 16]);
    add(&made, "0x400000", "/opt/app", &["--id", ID]).exits(0);
    let page = made.plain("read", &["0x400000..+4096", "--raw"]).stdout;
    let subject = core(0x10_0000, &[1; 16]);
    let dump = Dump::open(subject.path()).unwrap();
    let mut edit = dump.edit();
    edit.add_memory(0x40_0000, &page, None).unwrap();
    let other = edit.add_module(&NewModule::new(0x40_0000, 0x2000, "/opt/app").with_id("aabb"));
    assert!(other.unwrap_err().to_string().contains(ID));
    edit.add_module(&NewModule::new(0x40_0000, 0x2000, "/opt/app").with_id(ID)).unwrap();
    edit.commit().unwrap();
    assert_eq!(listed(&subject)[0].3.as_deref(), Some(ID));
}

#[test]
fn a_list_that_is_made_has_the_modules_that_were_known() {
    for path in corpus::cores() {
        let dump = Dump::open(&path).unwrap();
        let subject = Subject::named("core", fs::read(&path).unwrap());
        let at = path.display();
        let copy = Dump::open(subject.path()).unwrap();
        let mut edit = copy.edit();
        let new = NewModule::new(0x7000_0000, 0x2000, "/opt/app").with_id(ID);
        if edit.add_module(&new).is_err() {
            continue;
        }
        edit.commit().unwrap();
        let grown = Dump::open(subject.path()).unwrap();
        for known in dump.layout().modules() {
            let is_it = |module: &&dumpedit::Module| module.base == known.base;
            let found = grown.layout().modules().iter().find(is_it);
            let ids = found.map(|found| (&found.name, &found.id));
            assert_eq!(ids, Some((&known.name, &known.id)), "{at}");
        }
        if have("eu-unstrip") {
            assert!(unstripped(subject.path()).contains(ID), "{at}");
        }
    }
}

fn unstripped(core: &Path) -> String {
    printed(Command::new("eu-unstrip").args(["-n", "--core"]).arg(core))
}

#[test]
fn a_mapped_file_has_a_name() {
    let subject = core(0x10_0000, &[1; 16]);
    let message = add(&subject, "0x400000", "", &[]).is_error("value");
    assert!(message.contains("the module at 0x400000 must not be empty"), "{message}");
    subject.unchanged();
}
