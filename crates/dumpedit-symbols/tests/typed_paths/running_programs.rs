//! Cores of programs that ran at any load address have the values that gdb prints, also after edits.

use std::path::{Path as FilePath, PathBuf};

use dumpedit_symbols::ReadMemory;

use crate::as_gdb_prints::{C_PATHS, CPP_PATHS, MORE_THAN_GDB, RUST_PATHS, for_gdb, language};
use crate::support::{Core, Module, build, gdb_print_of, have};

/// Paths that only a running program has.
const MORE_CPP: &[&str] = &[
    "diamond",
    "diamond.top",
    "diamond.left",
    "diamond.right",
    "diamond.bottom",
    "*base_pointer",
    "derived",
    "hidden",
    "app::buried",
];

/// Builds a program and has gdb run it until it ends or crashes and write a core. Returns the folder, the program and
/// the core.
fn core_of(compiler: &str, source: &str, options: &[&str]) -> (tempfile::TempDir, PathBuf, PathBuf) {
    let (folder, binary) = build(compiler, source, options);
    let core = folder.path().join("core");
    let output = std::process::Command::new("gdb")
        .args([
            "-nx",
            "-batch",
            "-ex",
            "set disable-randomization off",
            "-ex",
            "break stops_here",
            "-ex",
            "run",
            "-ex",
        ])
        .arg(format!("generate-core-file {}", core.display()))
        .arg(&binary)
        .output()
        .unwrap();
    assert!(
        core.exists(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (folder, binary, core)
}

fn expected(binary: &FilePath, core: &FilePath, source: &str, paths: &[&str]) -> Vec<String> {
    let expressions: Vec<String> = paths.iter().map(|path| for_gdb(path, language(source) == "c")).collect();
    gdb_print_of(binary, Some(core), language(source), &expressions)
}

fn compare_core(compiler: &str, source: &str, options: &[&str], paths: &[&str]) {
    if !have("gdb") || !have(compiler) {
        return;
    }
    let (_folder, binary, core) = core_of(compiler, source, options);
    let expected = expected(&binary, &core, source, paths);
    let module = Module::open(&binary, &binary).loaded(Core::open(&core), &binary);
    let mut wrong = Vec::new();
    for (path, expected) in paths.iter().zip(&expected) {
        let ours = module.printed(path);
        let expected = expected.replace(" * const)", " *)");
        let is_refused =
            ours.starts_with("error: ") || ours == "<optimized out>" || MORE_THAN_GDB.contains(path);
        let refused = expected.is_empty() && is_refused;
        if ours != expected && !refused {
            wrong.push(format!("{path}\n  gdb  {expected}\n  ours {ours}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{compiler} {options:?}: {} of {} differ:\n{}",
        wrong.len(),
        paths.len(),
        wrong.join("\n")
    );
}

#[test]
fn values_in_cores_of_c() {
    let paths = [C_PATHS, &["thread_number", "&thread_number"]].concat();
    compare_core("gcc", "values.c", &["-pie", "-fPIE", "-g"], &paths);
    // gdb finds no thread-local variables in static programs.
    compare_core("gcc", "values.c", &["-no-pie", "-static", "-g"], C_PATHS);
    compare_core("clang", "values.c", &["-pie", "-fPIE", "-gdwarf-5", "-O2"], &paths);
    // With this option, one unit has the locations, and another has the names and types.
    compare_core("gcc", "values.c", &["-pie", "-fPIE", "-g", "-O1", "-flto"], &paths);
}

#[test]
fn values_in_cores_of_cpp() {
    let paths = [CPP_PATHS, MORE_CPP].concat();
    compare_core("g++", "objects.cpp", &["-pie", "-fPIE", "-g"], &paths);
    compare_core("g++", "objects.cpp", &["-no-pie", "-gdwarf-4", "-O1"], &paths);
    compare_core("clang++", "objects.cpp", &["-pie", "-fPIE", "-gdwarf-5", "-fstandalone-debug"], &paths);
}

#[test]
fn values_in_cores_of_rust() {
    compare_core("rustc", "values.rs", &["-g"], RUST_PATHS);
}

#[test]
fn gdb_prints_the_new_values_after_they_are_set() {
    if !have("gdb") || !have("gcc") {
        return;
    }
    let (_folder, binary, core) = core_of("gcc", "values.c", &["-pie", "-fPIE", "-g"]);
    let sets = [
        ("counter", "-77"),
        ("nodes[1].value", "4711"),
        ("bits.a", "2"),
        ("bits.c", "0x123456789"),
        ("packed_bits.c", "5"),
        ("outer.named.number.f", "2.75"),
        ("head->next->next->value", "33"),
        ("color", "BLUE"),
        ("text", "\"set\""),
        ("thread_number", "99"),
        ("matrix[1][2]", "-6"),
        ("single", "0.1"),
        ("extended", "1.1"),
        ("extended_big", "-1e-4940"),
        ("pointers[1]", "0x1234"),
    ];
    let mut module = Module::open(&binary, &binary).loaded(Core::open(&core), &binary);
    for (path, value) in sets {
        let encoded = module.typed(path).unwrap().encode(value, &module).unwrap();
        let mut old = vec![0; encoded.bytes.len()];
        assert_eq!(module.read(encoded.address, &mut old), old.len(), "{path}");
        module.write(encoded.address, &encoded.merged(&old));
    }
    module.save(&core);
    let paths = [
        "counter",
        "nodes",
        "bits",
        "packed_bits.a",
        "packed_bits.c",
        "packed_bits.last",
        "outer",
        "color",
        "text",
        "thread_number",
        "matrix",
        "single",
        "extended",
        "extended_big",
        "pointers",
    ];
    let expected = expected(&binary, &core, "values.c", &paths);
    for (path, expected) in paths.iter().zip(expected) {
        assert_eq!(module.printed(path), expected, "{path}");
    }
    for (path, value) in
        [("counter", "-77"), ("nodes[1].value", "4711"), ("bits.a", "2"), ("thread_number", "99")]
    {
        assert_eq!(module.printed(path), value);
    }
}
