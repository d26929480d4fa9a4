//! After `set`, gdb prints the new values, whatever the language, the compiler, its options and the place of the debug information.

use super::program::Program;
use super::typed::stopped;
use crate::support::tools::have;

/// Edits in the program of each language: a path, its new value, and gdb's output for it.
type Sets = &'static [(&'static str, &'static str, &'static str)];

const C: Sets = &[
    ("counter", "-77", "-77"),
    ("nodes[1].value", "4711", "4711"),
    ("bits.a", "2", "2"),
    ("bits.c", "0x123456789", "4886718345"),
    ("packed_bits.c", "257", "257"),
    ("outer.points[1].y", "-9", "-9"),
    ("number.f", "2.75", "2.75"),
    ("color", "BLUE", "BLUE"),
    ("extended", "-1.5", "-1.5"),
    ("text", "\"set\"", "\"set\", '\\000' <repeats 19 times>"),
];

const CPP: Sets = &[
    ("app::counter", "-77", "-77"),
    ("app::config.limits[2]", "9", "9"),
    ("Box<int>::count", "12", "12"),
    ("derived.second_value", "13", "13"),
    ("nested_box.value.value", "14", "14"),
    ("statics.shared", "15", "15"),
];

const RUST: Sets = &[("values::MUTABLE", "4711", "4711")];

fn check(program: &Program, what: &str, language: &str, sets: Sets, options: &[&str]) {
    let assignments: Vec<String> = sets.iter().map(|(path, value, _)| format!("{path}={value}")).collect();
    let assignments: Vec<&str> = assignments.iter().map(String::as_str).collect();
    program.json("set", &[&assignments[..], options].concat()).exits(0);
    let paths: Vec<&str> = sets.iter().map(|(path, ..)| *path).collect();
    let printed = program.gdb_prints(language, &paths);
    for ((path, _, new), printed) in sets.iter().zip(printed) {
        assert_eq!(printed, *new, "{what}: {path}");
    }
    program.json("undo", &[]).exits(0);
}

#[test]
fn gdb_prints_what_was_set_in_programs_of_every_build() {
    let builds: [(&str, &str, &[&str], &str, Sets); 12] = [
        ("gcc", "values.c", &["-O0", "-gdwarf-4", "-pie", "-fPIE"], "c", C),
        ("gcc", "values.c", &["-O2", "-gdwarf-5", "-no-pie"], "c", C),
        ("gcc", "values.c", &["-O2", "-gdwarf-4", "-static"], "c", C),
        ("gcc", "values.c", &["-O0", "-gdwarf-5", "-gsplit-dwarf", "-pie", "-fPIE"], "c", C),
        ("gcc", "values.c", &["-O1", "-gdwarf-5", "-fdebug-types-section"], "c", C),
        ("clang", "values.c", &["-O0", "-gdwarf-5", "-pie", "-fPIE"], "c", C),
        ("clang", "values.c", &["-O2", "-gdwarf-4", "-no-pie", "-fno-pie"], "c", C),
        ("g++", "objects.cpp", &["-O0", "-gdwarf-5", "-pie", "-fPIE"], "c++", CPP),
        ("g++", "objects.cpp", &["-O2", "-gdwarf-4", "-no-pie"], "c++", CPP),
        ("clang++", "objects.cpp", &["-O1", "-gdwarf-5", "-fstandalone-debug"], "c++", CPP),
        ("rustc", "values.rs", &["-Copt-level=0"], "rust", RUST),
        ("rustc", "values.rs", &["-Copt-level=2"], "rust", RUST),
    ];
    for (compiler, source, options, language, sets) in builds {
        let Some(program) = stopped(compiler, source, options) else { continue };
        check(&program, &format!("{compiler} {options:?}"), language, sets, &[]);
    }
}

#[test]
fn gdb_prints_what_was_set_by_separate_debug_information() {
    if !have("objcopy") || !have("strip") {
        return;
    }
    for (compiler, source, options, language, sets) in [
        ("gcc", "values.c", ["-O2", "-gdwarf-5"], "c", C),
        ("g++", "objects.cpp", ["-O0", "-gdwarf-4"], "c++", CPP),
    ] {
        let Some(program) = stopped(compiler, source, &options) else { continue };
        program.tool("objcopy", &["--only-keep-debug", "app", "app.debug"]);
        program.tool("strip", &["-s", "app"]);
        program.tool("objcopy", &["--add-gnu-debuglink=app.debug", "app"]);
        check(&program, compiler, language, sets, &[]);
    }
}
