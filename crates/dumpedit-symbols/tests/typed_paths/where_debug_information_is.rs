//! Debug information is found in every file and section where compilers, linkers and other tools put it.

use std::path::{Path as FilePath, PathBuf};

use dumpedit_symbols::types::TypeReader;

use crate::as_gdb_prints::{C_PATHS, CPP_PATHS, compare, language};
use crate::support::{Module, build, have, program, run};

/// Builds a program with options, and compares its values with gdb's output for the same files.
fn with(compiler: &str, options: &[&str]) {
    if !have("gdb") || !have(compiler) {
        return;
    }
    let (source, paths) =
        if compiler.contains("++") { ("objects.cpp", CPP_PATHS) } else { ("values.c", C_PATHS) };
    let standalone: &[&str] = if compiler == "clang++" { &["-fstandalone-debug"] } else { &[] };
    let (folder, binary) = build(compiler, source, &[&["-no-pie"], standalone, options].concat());
    if options.contains(&"-gdwarf-5")
        && options.contains(&"-gsplit-dwarf")
        && options.contains(&"-fdebug-types-section")
    {
        // gdb 13 does not read gcc's output here. The expected values are from the same program with its debug
        // information in one file.
        let module = Module::open(&binary, &binary);
        let (_other_folder, other) =
            build(compiler, source, &[&["-no-pie", "-gdwarf-5"], standalone].concat());
        let other = Module::open(&other, &other);
        // gcc loses a qualifier and a static member here.
        for path in paths.iter().filter(|path| !path.ends_with("both") && **path != "nested_box") {
            let shown = |module: &Module| module.printed(path).replace(&*folder.path().to_string_lossy(), "");
            assert_eq!(shown(&module), shown(&other), "{compiler} {path}");
        }
        return;
    }
    compare(&binary, &binary, language(source), paths);
}

#[test]
fn compressed_sections_are_unpacked() {
    with("gcc", &["-gdwarf-5", "-gz=zlib"]);
    with("g++", &["-gdwarf-4", "-gz=zlib"]);
    with("gcc", &["-gdwarf-5", "-gz=zlib-gnu"]);
}

#[test]
fn sections_packed_with_zstd_are_unpacked() {
    // The linkers of Debian 12 do not write them.
    if !have("gdb") || !have("gcc") || !have("objcopy") {
        return;
    }
    let (folder, binary) = build("gcc", "values.c", &["-no-pie", "-g"]);
    let command = std::process::Command::new("objcopy")
        .args(["--compress-debug-sections=zstd", "values", "packed"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    if command.status.success() {
        let module = Module::open(&binary, &folder.path().join("packed"));
        assert_eq!(module.printed("nodes[1].name"), Module::open(&binary, &binary).printed("nodes[1].name"));
    }
}

#[test]
fn types_in_units_of_their_own_are_found() {
    for compiler in ["gcc", "g++", "clang", "clang++"] {
        with(compiler, &["-gdwarf-4", "-fdebug-types-section"]);
        with(compiler, &["-gdwarf-5", "-fdebug-types-section"]);
    }
}

#[test]
fn split_units_are_found_beside_the_program() {
    for compiler in ["gcc", "g++", "clang", "clang++"] {
        with(compiler, &["-gdwarf-4", "-gsplit-dwarf"]);
        with(compiler, &["-gdwarf-5", "-gsplit-dwarf"]);
        with(compiler, &["-gdwarf-5", "-gsplit-dwarf", "-fdebug-types-section"]);
        with(compiler, &["-gdwarf-4", "-gsplit-dwarf", "-fdebug-types-section"]);
    }
}

#[test]
fn indices_of_names_lead_to_the_same_variables() {
    with("clang", &["-gdwarf-5", "-gpubnames"]);
    with("clang++", &["-gdwarf-5", "-gpubnames"]);
    if have("ld.gold") || have("ld.lld") {
        let linker = if have("ld.lld") { "-fuse-ld=lld" } else { "-fuse-ld=gold" };
        with("clang++", &["-gdwarf-4", "-ggnu-pubnames", linker, "-Wl,--gdb-index"]);
        with("clang++", &["-gdwarf-5", "-ggnu-pubnames", linker, "-Wl,--gdb-index"]);
    }
}

#[test]
fn dwarf_of_64_bits_is_read() {
    with("gcc", &["-gdwarf-5", "-gdwarf64"]);
    with("g++", &["-gdwarf-4", "-gdwarf64"]);
    with("clang", &["-gdwarf-5", "-gdwarf64"]);
}

#[test]
fn packages_of_split_units_are_found_beside_the_program() {
    for (compiler, source, paths) in [("gcc", "values.c", C_PATHS), ("g++", "objects.cpp", CPP_PATHS)] {
        for (dwarf, packer) in [("-gdwarf-4", "dwp"), ("-gdwarf-5", "llvm-dwp")] {
            if !have("gdb") || !have(compiler) || !have(packer) {
                continue;
            }
            for types in [&[][..], &["-fdebug-types-section"][..]] {
                let (folder, binary) =
                    build(compiler, source, &[&["-no-pie", dwarf, "-gsplit-dwarf"], types].concat());
                let split = Module::open(&binary, &binary);
                let expected: Vec<String> = paths.iter().map(|path| split.printed(path)).collect();
                let units = files_of(folder.path(), "dwo");
                assert!(!units.is_empty(), "{compiler} {dwarf}");
                run(packer, &["-e", "values", "-o", "values.dwp"], folder.path());
                units.iter().for_each(|unit| std::fs::remove_file(unit).unwrap());
                let module = Module::open(&binary, &binary);
                for (path, expected) in paths.iter().zip(expected) {
                    let ours = module.printed(path);
                    let expected = expected.replace(" * const)", " *)");
                    assert!(
                        expected.is_empty() || ours == expected,
                        "{dwarf} {path}: {ours}, gdb {expected}"
                    );
                }
            }
        }
    }
}

fn files_of(folder: &FilePath, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|known| known == extension)).collect()
}

#[test]
fn a_missing_split_unit_is_named() {
    if !have("gcc") {
        return;
    }
    let (folder, binary) = build("gcc", "values.c", &["-no-pie", "-gdwarf-5", "-gsplit-dwarf"]);
    let units = files_of(folder.path(), "dwo");
    units.iter().for_each(|unit| std::fs::remove_file(unit).unwrap());
    let message = Module::open(&binary, &binary).printed("counter");
    assert!(message.contains("is incomplete: a unit was split off into values.dwo"), "{message}");
    assert!(message.contains("which was not found: tried "), "{message}");
}

#[test]
fn a_split_unit_of_another_build_is_not_used() {
    if !have("gcc") {
        return;
    }
    for dwarf in ["-gdwarf-4", "-gdwarf-5"] {
        let (folder, binary) = build("gcc", "values.c", &["-no-pie", dwarf, "-gsplit-dwarf"]);
        let units = files_of(folder.path(), "dwo");
        assert_eq!(units.len(), 1);
        let source = folder.path().join("other.c");
        std::fs::write(&source, "int counter;").unwrap();
        run("gcc", &["-c", "-o", "other.o", "other.c", dwarf, "-gsplit-dwarf"], folder.path());
        std::fs::rename(folder.path().join("other.dwo"), &units[0]).unwrap();
        let message = Module::open(&binary, &binary).printed("counter");
        assert!(
            message.contains("(a different build: its id is 0x") && message.contains(", not 0x"),
            "{message}"
        );
    }
}

#[test]
fn a_separate_debug_file_has_the_types_of_a_stripped_program() {
    if !have("gdb") || !have("gcc") || !have("objcopy") || !have("strip") {
        return;
    }
    let (folder, binary) = build("gcc", "values.c", &["-no-pie", "-g"]);
    run("objcopy", &["--only-keep-debug", "values", "values.debug"], folder.path());
    let expected = Module::open(&binary, &binary);
    let paths: Vec<String> = C_PATHS.iter().map(|path| expected.printed(path)).collect();
    run("strip", &["values"], folder.path());
    let mut module = Module::open(&binary, &folder.path().join("values.debug"));
    module.take_symbols(&expected);
    for (path, expected) in C_PATHS.iter().zip(paths) {
        assert_eq!(module.printed(path), expected, "{path}");
    }
}

/// Two programs. dwz moves what they have in common to a third file.
#[test]
fn what_dwz_moved_is_found_and_a_missing_file_is_named() {
    if !have("gcc") || !have("g++") || !have("dwz") || !have("gdb") {
        return;
    }
    for (compiler, source, paths) in [("gcc", "values.c", C_PATHS), ("g++", "objects.cpp", CPP_PATHS)] {
        for dwarf in ["-gdwarf-4", "-gdwarf-5"] {
            let (folder, binary) = build(compiler, source, &["-no-pie", dwarf, "-Wl,--build-id"]);
            let original = Module::open(&binary, &binary);
            let expected: Vec<String> = paths.iter().map(|path| original.printed(path)).collect();
            let other = program(source);
            run(compiler, &["-o", "other", other.to_str().unwrap(), "-no-pie", dwarf, "-O1"], folder.path());
            run("dwz", &["-m", "common.debug", "values", "other"], folder.path());
            assert!(folder.path().join("common.debug").exists(), "dwz moved nothing");
            let module = Module::open(&binary, &binary);
            for (path, expected) in paths.iter().zip(&expected) {
                // dwz does not keep that a namespace is inline.
                if *path != "app::versioned" {
                    assert_eq!(module.printed(path), *expected, "{dwarf} {path}");
                }
            }
            std::fs::rename(folder.path().join("common.debug"), folder.path().join("gone")).unwrap();
            let module = Module::open(&binary, &binary);
            let messages: Vec<String> = paths.iter().map(|path| module.printed(path)).collect();
            assert!(
                messages.iter().any(|message| message.contains("common.debug, which was not found")),
                "{messages:#?}"
            );
        }
    }
}

#[test]
fn units_that_dwz_shares_within_one_file_are_found() {
    if !have("g++") || !have("dwz") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let header = "namespace shared { struct Pair { int a, b; static int made; }; extern Pair pair; enum Kind { One, Two }; }\n";
    std::fs::write(folder.path().join("shared.h"), header).unwrap();
    let one = "#include \"shared.h\"\nint shared::Pair::made = 3; shared::Pair pair_of_one = { 1, 2 }; shared::Kind kind = shared::Two;\n";
    std::fs::write(folder.path().join("one.cpp"), one).unwrap();
    let two = "#include \"shared.h\"\nshared::Pair shared::pair = { 5, 6 }; int main() { return shared::pair.a + shared::Pair::made; }\n";
    std::fs::write(folder.path().join("two.cpp"), two).unwrap();
    run("g++", &["-g", "-no-pie", "-o", "values", "one.cpp", "two.cpp"], folder.path());
    run("dwz", &["values"], folder.path());
    let binary = folder.path().join("values");
    let module = Module::open(&binary, &binary);
    for (path, expected) in [
        ("shared::Pair::made", "3"),
        ("shared::pair", "{a = 5, b = 6, static made = 3}"),
        ("pair_of_one.b", "2"),
        ("kind", "shared::Two"),
    ] {
        assert_eq!(module.printed(path), expected, "{path}");
    }
}

#[test]
fn a_type_that_is_only_declared_is_found_where_another_unit_defines_it() {
    if !have("gcc") || !have("g++") {
        return;
    }
    for compiler in ["gcc", "g++"] {
        let folder = tempfile::tempdir().unwrap();
        let one = "struct opaque; extern struct opaque hidden; struct opaque *pointer = &hidden; extern int outside; int *where = &outside;\n";
        std::fs::write(folder.path().join("one.c"), one).unwrap();
        let two = "struct opaque { int a; struct opaque *next; }; struct opaque hidden = { 4, &hidden }; int outside = 9; static int same = 1;\n\
                   int *use = &same; int main(void) { return 0; }\n";
        std::fs::write(folder.path().join("two.c"), two).unwrap();
        std::fs::write(folder.path().join("three.c"), "static int same = 2; int *use_too = &same;\n")
            .unwrap();
        run(compiler, &["-g", "-no-pie", "-o", "values", "one.c", "two.c", "three.c"], folder.path());
        let binary = folder.path().join("values");
        let module = Module::open(&binary, &binary);
        assert_eq!(module.printed("pointer->a"), "4");
        assert_eq!(module.printed("pointer->next->next->a"), "4");
        assert_eq!(module.printed("outside"), "9");
        assert_eq!(module.printed("hidden.a"), "4");
        // A name with two meanings is an error. The source file selects each of the two.
        assert!(module.printed("same").contains("several variables are called same"));
        assert_eq!(module.printed("'two.c'::same"), "1");
        assert_eq!(module.printed("'three.c'::same"), "2");
        let name = if compiler == "gcc" { "struct opaque *" } else { "opaque *" };
        assert_eq!(module.typed("pointer").unwrap().type_name().unwrap(), name);
        let address = module.typed("hidden").unwrap().address().unwrap();
        assert_eq!(module.printed(&format!("{{struct opaque}}{address:#x}.next.a")), "4");
    }
}

#[test]
fn different_types_of_one_name_are_not_taken_for_each_other() {
    if !have("gcc") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let shared = "#include \"shared.h\"\n";
    std::fs::write(folder.path().join("shared.h"), "struct shared { int a; };\n").unwrap();
    let one = format!("{shared}struct own {{ int a; }} first; struct shared one; struct own *to;\n");
    std::fs::write(folder.path().join("one.c"), one).unwrap();
    let two = format!(
        "{shared}struct own {{ long a, b; }} second; struct shared two; int main(void) {{ return 0; }}\n"
    );
    std::fs::write(folder.path().join("two.c"), two).unwrap();
    std::fs::write(folder.path().join("three.c"), "struct own *pointer; struct shared *other;\n").unwrap();
    run("gcc", &["-g", "-no-pie", "-o", "values", "one.c", "two.c", "three.c"], folder.path());
    let binary = folder.path().join("values");
    let module = Module::open(&binary, &binary);
    assert_eq!(module.printed("first"), "{a = 0}");
    assert_eq!(module.printed("second"), "{a = 0, b = 0}");
    assert_eq!(module.printed("other"), "(struct shared *) 0x0");
    assert_eq!(module.dwarf.types("shared").unwrap().len(), 1);
    assert_eq!(module.dwarf.types("own").unwrap().len(), 2);
    let address = module.typed("second").unwrap().address().unwrap();
    let mut module = module;
    let pointer = module.typed("pointer").unwrap().address().unwrap();
    module.write(pointer, &address.to_le_bytes());
    let message = module.printed("pointer->a");
    assert!(message.contains("is ambiguous: units define 2 different types named own"), "{message}");
}

#[test]
fn programs_for_windows_with_dwarf_are_read() {
    if !have("x86_64-w64-mingw32-gcc") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let source = "struct point { short x, y; long z; } point = { 1, 2, 3 }; const char *text = \"hello\"; struct point *to = &point;\n\
                  struct { unsigned a : 3, b : 7; } bits = { 5, 100 }; long double extended = 1.5L; int main(void) { return 0; }\n";
    std::fs::write(folder.path().join("values.c"), source).unwrap();
    for dwarf in ["-gdwarf-4", "-gdwarf-5"] {
        run("x86_64-w64-mingw32-gcc", &[dwarf, "-o", "values.exe", "values.c"], folder.path());
        let binary = folder.path().join("values.exe");
        let module = Module::open(&binary, &binary);
        for (path, expected) in [
            ("point", "{x = 1, y = 2, z = 3}"),
            ("to->y", "2"),
            ("bits", "{a = 5, b = 100}"),
            ("extended", "1.5"),
            ("text[1]", "101 'e'"),
        ] {
            assert_eq!(module.printed(path), expected, "{dwarf} {path}");
        }
        assert!(module.printed("text").ends_with(" \"hello\""), "{}", module.printed("text"));
    }
}

#[test]
fn programs_for_macos_with_dwarf_are_read() {
    if !have("clang") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let source = "struct point { short x, y; long z; } point = { 1, 2, 3 }; int counter = 5; struct point *to = &point;\n";
    std::fs::write(folder.path().join("values.c"), source).unwrap();
    for dwarf in ["-gdwarf-4", "-gdwarf-5"] {
        let arguments = ["-target", "x86_64-apple-macos12", dwarf, "-c", "-o", "values.o", "values.c"];
        let output =
            std::process::Command::new("clang").args(arguments).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // An object file has its sections where a dSYM has them. The address of its first variable needs no relocation.
        let file =
            std::sync::Arc::new(dumpedit_symbols::SymbolFile::open(&folder.path().join("values.o")).unwrap());
        let dwarf = dumpedit_symbols::dwarf::Dwarf::open(file, Vec::new()).unwrap().expect("it has DWARF");
        use dumpedit_symbols::types::Shape;
        let types = dwarf.types("point").unwrap();
        let type_ = dwarf.read(&types[0]).unwrap();
        let Shape::Struct { members, .. } = &type_.shape else { panic!("{type_:?}") };
        assert_eq!(type_.size, Some(16));
        assert_eq!(members.iter().map(|member| member.name.as_str()).collect::<Vec<_>>(), ["x", "y", "z"]);
        assert_eq!(dwarf.variables("counter").unwrap().len(), 1);
    }
}

/// The source of an object file with one variable, whose table of abbreviations has so many bytes in front of those that are used.
fn behind_abbreviations(unused: u64) -> String {
    // Codes of two bytes make declarations of six bytes, those of three bytes one of seven.
    let long = unused % 6;
    let code = |index: u64| if index < long { 0x1_0000 + index } else { 0x1000 + index };
    let unused: String =
        (0..unused / 6).map(|index| format!(".uleb128 {}\n.byte 0x34, 0, 0, 0\n", code(index))).collect();
    format!(
        ".section .debug_abbrev\n{unused}\
         .byte 1, 0x11, 1, 3, 8, 0, 0\n.byte 2, 0x24, 0, 3, 8, 0xb, 0xb, 0x3e, 0xb, 0, 0\n\
         .byte 3, 0x34, 0, 3, 8, 0x49, 0x13, 0, 0\n.byte 0\n\
         .section .debug_info\n.long end - start\nstart: .short 4\n.long 0\n.byte 8\n\
         .byte 1\n.asciz \"own.c\"\n.byte 2\n.asciz \"int\"\n.byte 4, 5\n\
         .byte 3\n.asciz \"own_last\"\n.long 20\n.byte 0\nend:\n"
    )
}

#[test]
fn tables_of_abbreviations_have_every_size() {
    if !have("as") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // A table is read in parts, whose first may end at each byte of a declaration.
    for part in [4 << 10, 16 << 10] {
        for before in 0..20 {
            std::fs::write(folder.path().join("own.s"), behind_abbreviations(part - before)).unwrap();
            run("as", &["-o", "own.o", "own.s"], folder.path());
            let path = folder.path().join("own.o");
            let file = std::sync::Arc::new(dumpedit_symbols::SymbolFile::open(&path).unwrap());
            let dwarf =
                dumpedit_symbols::dwarf::Dwarf::open(file, Vec::new()).unwrap().expect("it has DWARF");
            let found = dwarf.variables("own_last").map(|found| found.len());
            assert!(matches!(found, Ok(1)), "{part} - {before}: {found:?}");
        }
    }
}
