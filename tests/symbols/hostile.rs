//! Symbol files that are cut, changed or malicious give a message, without a panic or unbounded memory.

use std::ops::Range;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use dumpedit::Dump;
use dumpedit::symbols::SymbolOptions;
use object::{Object, ObjectSection};

use super::pdb;
use super::program::Program;
use crate::support::command::{NO_SYMBOLS, run};
use crate::support::tools::machine_lacks;

/// Looks up names and addresses of a dump in the file in a folder, whatever the file contains.
fn ask(dump: &Dump, folder: &Path) -> Vec<Result<u64, String>> {
    let options = SymbolOptions::default().folder(folder).sysroot(Some("/nowhere".into())).trust(true);
    let symbols = Arc::new(dump.symbols(options));
    let dump = dump.with_symbols(Arc::clone(&symbols));
    let scope = dump.scope(dump.thread_at(0).map_err(|_| dump.layout().no_default_thread()));
    for module in dump.layout().modules() {
        for address in (module.base..module.base + module.size).step_by(1009) {
            let found = symbols.at(address);
            assert!(found.is_none_or(|found| found.offset < module.size.max(1 << 12)));
        }
    }
    let names = ["own_counter", "app!own_hidden", "own_tls", "main+4", "nowhere", "own_greeting@V_1", ""];
    let place = |name: &str| -> Result<u64, String> {
        let at = name.parse().map_err(|_| "no place".to_owned())?;
        scope.address(&at).map_err(|error| error.to_string())
    };
    let found: Vec<Result<u64, String>> = names.into_iter().map(place).collect();
    for message in found.iter().filter_map(|found| found.as_ref().err()) {
        assert!(!message.is_empty() && message.len() < 10_000 && !message.contains('\n'), "{message:?}");
    }
    found
}

#[test]
fn cut_and_changed_files_are_told_in_a_sentence() {
    let Some(program) = Program::of("gcc", &["-O0"]) else { return };
    let whole = std::fs::read(&program.path).unwrap();
    let dump = Dump::open(&program.core).unwrap();
    let folder = program.folder().join("given");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("app");
    std::fs::write(&file, &whole).unwrap();
    assert_eq!(ask(&dump, &folder)[0], Ok(program.addresses["own_counter"]));
    for length in (0..whole.len()).step_by(whole.len() / 150) {
        std::fs::write(&file, &whole[..length]).unwrap();
        ask(&dump, &folder);
    }
    let mut random = Random(7);
    let mut random = |below: usize| random.below(below);
    // Changes the headers of the file, those of its sections, or any bytes.
    let sections = usize::try_from(u64::from_le_bytes(whole[40..48].try_into().unwrap())).unwrap();
    for round in 0..600 {
        let mut bytes = whole.clone();
        for _ in 0..=random(6) {
            let at = match round % 3 {
                0 => random(64 + 13 * 56),
                1 => sections + random(whole.len() - sections),
                _ => random(whole.len()),
            };
            bytes[at] = [0, 0xff, 0x7f, 0x80, 1][random(5)];
        }
        std::fs::write(&file, &bytes).unwrap();
        ask(&dump, &folder);
    }
}

/// Looks up a name in the file in a folder with little memory. Returns the error if the name is not found.
fn ask_with_little_memory(program: &Program, folder: &Path) -> Option<String> {
    let line = format!("ulimit -v 700000; exec {} \"$@\"", env!("CARGO_BIN_EXE_dumpedit"));
    let mut shell = Command::new("sh");
    shell.args(["-c", &line, "dumpedit", "where"]).arg(&program.core).args(["own_counter", "--json"]);
    shell.arg("--symbols").arg(folder).arg("--sysroot").arg(folder).arg("--trust-symbols");
    let found = run(&mut shell, b"");
    (found.code != 0).then(|| found.is_error("module"))
}

#[test]
fn a_file_that_claims_to_be_huge_takes_little_memory() {
    let Some(program) = Program::of("gcc", &["-O0"]) else { return };
    let whole = std::fs::read(&program.path).unwrap();
    let folder = program.folder().join("given");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("app");
    let write = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        std::fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(2 << 40).is_ok()
    };
    let sections = usize::try_from(u64::from_le_bytes(whole[40..48].try_into().unwrap())).unwrap();
    let count = usize::from(u16::from_le_bytes(whole[60..62].try_into().unwrap()));
    if !write(&whole) {
        return machine_lacks("a file system with files of 2 TiB");
    }
    assert_eq!(ask_with_little_memory(&program, &folder), None);
    // Each section in turn has 1 TiB, in a file of that size.
    for section in 0..count {
        let mut bytes = whole.clone();
        let at = sections + section * 64 + 32;
        bytes[at..at + 8].copy_from_slice(&(1u64 << 40).to_le_bytes());
        write(&bytes);
        ask_with_little_memory(&program, &folder);
    }
    // All sections are notes of 60 KiB without names, then tables of 200 MiB.
    for (kind, size, linked) in [(7u32, 60u64 << 10, 0), (2, 200 << 20, 1)] {
        let mut bytes = whole.clone();
        bytes.resize(bytes.len() + 64 * 1000, 0);
        bytes[60..62].copy_from_slice(&1000u16.to_le_bytes());
        for section in 1..1000 {
            let at = sections + section * 64;
            bytes[at + 4..at + 8].copy_from_slice(&kind.to_le_bytes());
            bytes[at + 24..at + 32].copy_from_slice(&(1u64 << 30).to_le_bytes());
            bytes[at + 32..at + 40].copy_from_slice(&size.to_le_bytes());
            bytes[at + 40..at + 44].copy_from_slice(&(linked * 2u32).to_le_bytes());
        }
        write(&bytes);
        let message = ask_with_little_memory(&program, &folder).unwrap();
        assert!(message.contains("app"), "{message}");
    }
    // The file has as many sections as the number allows. If the header has 0, section 0 has the number.
    let mut bytes = whole;
    bytes[60..62].fill(0);
    bytes[sections + 32..sections + 40].copy_from_slice(&(1u64 << 31).to_le_bytes());
    write(&bytes);
    let message = ask_with_little_memory(&program, &folder).unwrap();
    assert!(message.contains("too many sections"), "{message}");
}

/// Random numbers, which are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    /// A file with a few changed bytes in one of these ranges, or cut at an offset in it.
    fn changed(&mut self, whole: &[u8], ranges: &[Range<usize>]) -> Vec<u8> {
        let mut bytes = whole.to_vec();
        for _ in 0..=self.below(8) {
            let range = ranges[self.below(ranges.len())].clone();
            let at = range.start + self.below(range.len());
            bytes[at] = [0, 1, 0x7f, 0x80, 0xff, self.below(256) as u8][self.below(6)];
        }
        if self.below(10) == 0 {
            bytes.truncate(self.below(whole.len()));
        }
        bytes
    }
}

/// Prints paths of a dump with little memory, with the files in a folder. The output is a value or a message.
fn print_with_little_memory(dump: &Path, paths: &[&str], folder: &Path) {
    let line = format!("ulimit -v 700000; exec {} \"$@\"", env!("CARGO_BIN_EXE_dumpedit"));
    let mut shell = Command::new("sh");
    shell.args(["-c", &line, "dumpedit", "print"]).arg(dump).args(paths).env_remove(NO_SYMBOLS.0);
    shell.arg("--symbols").arg(folder).arg("--sysroot").arg(folder).args(["--trust-symbols", "--json"]);
    let found = run(&mut shell, b"");
    assert!((0..=2).contains(&found.code), "{found}");
    assert!(found.json().get("values").is_some() || found.code == 2, "{found}");
}

#[test]
fn changed_debug_information_takes_little_memory() {
    let Some(program) = Program::of("gcc", &["-O0"]) else { return };
    let whole = std::fs::read(&program.path).unwrap();
    let folder = program.folder().join("given");
    std::fs::create_dir(&folder).unwrap();
    let object = object::File::parse(&*whole).unwrap();
    let ranges =
        object.sections().filter(|section| section.name().is_ok_and(|name| name.starts_with(".debug_")));
    let ranges: Vec<Range<usize>> = ranges
        .map(|section| {
            let (start, size) = section.file_range().unwrap();
            start as usize..(start + size) as usize
        })
        .collect();
    let mut random = Random(5);
    for _ in 0..150 {
        std::fs::write(folder.join("app"), random.changed(&whole, &ranges)).unwrap();
        print_with_little_memory(
            &program.core,
            &["own_nodes", "own_pointer", "own_nodes[0].next->value"],
            &folder,
        );
    }
}

#[test]
fn changed_pdbs_and_breakpad_files_take_little_memory() {
    let Some(made) = pdb::made() else { return };
    let (dump, pdb) = (made.path().join("app.dmp"), made.path().join("app.pdb"));
    let folder = made.path().join("given");
    std::fs::create_dir(&folder).unwrap();
    let paths = ["counter", "ns::nodes[1].next->on", "spot->x"];
    let (whole, mut random) = (std::fs::read(&pdb).unwrap(), Random(6));
    for _ in 0..100 {
        // The first page has the file's own tables.
        let ranges = [0..whole.len(), 0..4096];
        std::fs::write(folder.join("app.pdb"), random.changed(&whole, &ranges)).unwrap();
        print_with_little_memory(&dump, &paths, &folder);
    }
    std::fs::remove_file(folder.join("app.pdb")).unwrap();
    let text = "MODULE windows x86_64 000000000000000000000000000000000 app.pdb\n\
        FUNC m 1000 10 0 entry\nFUNC 1010 ffffffffffffffff 0 ns::use\nPUBLIC 3000 0 counter\n";
    let (first, rest) = (0..text.len() / 2, text.len() / 2..text.len());
    for _ in 0..100 {
        std::fs::write(
            folder.join("app.sym"),
            random.changed(text.as_bytes(), &[first.clone(), rest.clone()]),
        )
        .unwrap();
        print_with_little_memory(&dump, &paths, &folder);
    }
}
