//! Symbol files that are cut, changed or made to do harm: no panic, no unbounded memory, a sentence.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use dumpedit::Dump;
use dumpedit::symbols::SymbolOptions;

use super::program::Program;
use crate::support::command::run;
use crate::support::tools::machine_lacks;

/// Looks up names and addresses of a dump by the file in a folder, whatever that is.
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
    let mut state = 7u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        usize::try_from(state >> 33).unwrap() % below
    };
    // The headers of the file and of its sections, and anything.
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

/// Looks up a name by the file in a folder with little memory; the error, where it is not found.
fn ask_with_little_memory(program: &Program, folder: &Path) -> Option<String> {
    let line = format!("ulimit -v 700000; exec {} \"$@\"", env!("CARGO_BIN_EXE_dumpedit"));
    let mut shell = Command::new("sh");
    shell.args(["-c", &line, "dumpedit", "where"]).arg(&program.core).args(["own_counter", "--json"]);
    shell.arg("--symbols").arg(folder).args(["--sysroot", "/nowhere", "--trust-symbols"]);
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
    // Every section in turn has 1 TiB, in a file that has as much.
    for section in 0..count {
        let mut bytes = whole.clone();
        let at = sections + section * 64 + 32;
        bytes[at..at + 8].copy_from_slice(&(1u64 << 40).to_le_bytes());
        write(&bytes);
        ask_with_little_memory(&program, &folder);
    }
    // All of them are notes of 60 KiB without names, and tables of 200 MiB.
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
    // As many sections as a number can say (section 0 has it where the header says none).
    let mut bytes = whole;
    bytes[60..62].fill(0);
    bytes[sections + 32..sections + 40].copy_from_slice(&(1u64 << 31).to_le_bytes());
    write(&bytes);
    let message = ask_with_little_memory(&program, &folder).unwrap();
    assert!(message.contains("more sections than are read"), "{message}");
}
