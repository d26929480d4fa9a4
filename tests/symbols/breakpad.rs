//! Breakpad's symbol files give functions of real minidumps the same names as in `minidump-processor`, which crash pipelines use.

use std::fmt::Write;
use std::path::Path;

use dumpedit::Dump;
use dumpedit::symbols::SymbolOptions;
use minidump::{Minidump, MinidumpModule, MinidumpModuleList, Module};

use crate::support::corpus::minidumps;
use crate::support::readers::functions;

/// The largest module that gets symbols, in bytes.
const MOST: u64 = 32 << 20;

/// Writes a symbol file of a module to a folder in a symbol store's layout: functions, and a public symbol after each.
fn write_symbols(module: &MinidumpModule, folder: &Path) -> Option<()> {
    let (file, id) = (module.debug_file()?, module.debug_identifier()?.breakpad().to_string());
    let file = file.rsplit(['/', '\\']).next()?.to_owned();
    if module.size() > MOST {
        return None;
    }
    let mut text = format!("MODULE windows x86_64 {id} {file}\nINFO CODE_ID 1 app\nFILE 0 own.c\n");
    for (number, start) in (0..module.size()).step_by(0x400).enumerate() {
        let size = 0x100 + number % 3 * 0x80;
        let shared = if number % 5 == 0 { "m " } else { "" };
        writeln!(text, "FUNC {shared}{start:x} {size:x} 0 own::Type<int, {number}>::function(char const*)")
            .unwrap();
        writeln!(text, "{start:x} 4 {} 0", number + 1).unwrap();
        writeln!(text, "PUBLIC {:x} 0 own_public_{number}", start + 0x300).unwrap();
    }
    let stem = file.strip_suffix(".pdb").unwrap_or(&file);
    let into = folder.join(&file).join(&id);
    std::fs::create_dir_all(&into).ok()?;
    std::fs::write(into.join(format!("{stem}.sym")), text).ok()
}

#[test]
fn frames_of_real_minidumps_are_named_as_crash_pipelines_name_them() {
    let (mut compared, mut dumps) = (0, 0);
    let paths = minidumps();
    for path in &paths {
        let (Ok(dump), Ok(theirs)) = (Dump::open(path), Minidump::read_path(path)) else { continue };
        let Ok(modules) = theirs.get_stream::<MinidumpModuleList>() else { continue };
        let folder = tempfile::tempdir().unwrap();
        for module in modules.iter() {
            write_symbols(module, folder.path());
        }
        let options = SymbolOptions::default().folder(folder.path()).sysroot(Some("/nowhere".into()));
        let symbols = dump.symbols(options);
        let named = functions(path, folder.path());
        for (address, name, base) in &named {
            let ours = symbols.at(*address).map(|found| (found.name, address - found.offset));
            assert_eq!(ours, Some((name.clone(), *base)), "{} at {address:#x}", path.display());
        }
        compared += named.len();
        dumps += usize::from(!named.is_empty());
    }
    assert!(paths.is_empty() || (compared > 200 && dumps > 10), "{compared} frames of {dumps} dumps");
}

/// Writes a minidump of two modules to a folder, and returns the id of the first one in a symbol file's form. The other
/// one has no id.
fn two_modules(folder: &Path) -> &'static str {
    let spec = "format: minidump\nmachine: amd64\nthreads: [{tid: 1}]\nmodules:\n\
        \x20 - {name: 'C:\\build\\app.exe', base: 0x400000, size: 0x2000, cv: '52534453 33221100554477668899aabbccddeeff 01000000 6170702e70646200'}\n\
        \x20 - {name: 'C:\\build\\other.dll', base: 0x500000, size: 0x1000}\n\
        memory:\n  - {at: 0x400000, size: 0x2000, content: 'zero:1'}\n  - {at: 0x500000, size: 0x1000, content: 'zero:1'}\n";
    super::windows_program::synthesize(folder, spec);
    "00112233445566778899AABBCCDDEEFF1"
}

#[test]
fn what_a_symbol_file_has_outside_of_its_module_is_no_symbol_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let id = two_modules(folder);
    let text = format!(
        "MODULE windows x86_64 {id} app.pdb\nFUNC 100 8 0 inside\nPUBLIC 1ff8 0 last\nPUBLIC 2000 0 the_end\n\
         FUNC 100000 8 0 of_other\nPUBLIC 3000 0 behind\nPUBLIC fffffffffffff000 0 before\nPUBLIC ffffffffffffffff 0 wrapped\n"
    );
    std::fs::write(folder.join("app.sym"), text).unwrap();
    let json = |verb: &str, arguments: &[&str]| super::windows_program::json(folder, verb, arguments);
    for (name, address) in [("inside", "0x400100"), ("last", "0x401ff8"), ("app!the_end-8", "0x401ff8")] {
        assert_eq!(json("where", &[name]).json()["pieces"][0]["address"], address, "{name}");
    }
    for name in ["of_other", "behind", "before", "wrapped"] {
        for run in [json("write", &[name, "00"]), json("where", &[&format!("app!{name}")])] {
            let message = run.is_error("module");
            assert!(message.contains(name) && message.contains("is named"), "{name}: {message}");
        }
    }
}

#[test]
fn a_few_of_many_modules_are_named_with_how_many_more_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let mut spec = "format: minidump\nmachine: amd64\nthreads: [{tid: 1}]\nmodules:\n".to_owned();
    for number in 0..30 {
        let base = 0x10_0000 * (number + 1);
        writeln!(spec, "  - {{name: 'C:\\build\\own{number}.dll', base: {base:#x}, size: 0x1000}}").unwrap();
    }
    super::windows_program::synthesize(folder.path(), &spec);
    let message = super::windows_program::json(folder.path(), "where", &["no_such"]).is_error("module");
    assert_eq!(message.matches("own7.dll").count(), 2, "{message}");
    assert_eq!(message.matches("and 22 more").count(), 1, "{message}");
    assert!(!message.contains("own8.dll"), "{message}");
}
