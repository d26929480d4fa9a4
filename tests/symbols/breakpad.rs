//! Breakpad's symbol files name the functions of real minidumps as `minidump-processor` does, which reads them for crash pipelines.

use std::fmt::Write;
use std::path::Path;

use dumpedit::Dump;
use dumpedit::symbols::SymbolOptions;
use minidump::{Minidump, MinidumpModule, MinidumpModuleList, Module};

use crate::support::corpus::minidumps;
use crate::support::readers::functions;

/// Modules that are larger get no symbols.
const MOST: u64 = 32 << 20;

/// Writes a symbol file of a module into a folder as symbol stores have it: functions, and behind each what is only public.
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
