//! Symbol files that are cut, changed or made to do harm: no panic, no unbounded memory, a sentence.

use std::path::Path;
use std::sync::Arc;

use dumpedit::Dump;
use dumpedit::symbols::SymbolOptions;

use super::program::Program;

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

#[test]
fn a_file_that_claims_to_be_huge_takes_no_memory() {
    let Some(program) = Program::of("gcc", &["-O0"]) else { return };
    let whole = std::fs::read(&program.path).unwrap();
    let dump = Dump::open(&program.core).unwrap();
    let folder = program.folder().join("given");
    std::fs::create_dir(&folder).unwrap();
    let sections = usize::try_from(u64::from_le_bytes(whole[40..48].try_into().unwrap())).unwrap();
    let count = usize::from(u16::from_le_bytes(whole[60..62].try_into().unwrap()));
    // Every section in turn has 1 TiB, in a file that has as much.
    for section in 0..count {
        let mut bytes = whole.clone();
        let at = sections + section * 64 + 32;
        bytes[at..at + 8].copy_from_slice(&(1u64 << 40).to_le_bytes());
        let file = folder.join("app");
        std::fs::write(&file, &bytes).unwrap();
        let opened = std::fs::OpenOptions::new().write(true).open(&file).unwrap();
        if opened.set_len(2 << 40).is_err() {
            return;
        }
        ask(&dump, &folder);
    }
    // As many sections as a number can say (section 0 has it where the header says none).
    let mut bytes = whole.clone();
    bytes[60..62].fill(0);
    bytes[sections + 32..sections + 40].copy_from_slice(&(1u64 << 31).to_le_bytes());
    std::fs::write(folder.join("app"), &bytes).unwrap();
    std::fs::OpenOptions::new().write(true).open(folder.join("app")).unwrap().set_len(2 << 40).unwrap();
    let message = ask(&dump, &folder)[0].clone().unwrap_err();
    assert!(message.contains("more sections than are read"), "{message}");
}
