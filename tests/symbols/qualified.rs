//! A module or a source file before a name says where that is, of functions as of variables.

use super::program::{Program, compile};
use crate::support::tools::have;

fn of_two_files() -> Option<Program> {
    if !have("gcc") || !have("gdb") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let first = "static int own_helper(int by) { return by + 1; } int other(void);\
        int (*own_handler)(int) = own_helper; void stops_here(void) {}\
        int main(void) { stops_here(); return own_helper(other()); }";
    let second =
        "static int own_helper(int by) { return by * by * 3; } int other(void) { return own_helper(2); }";
    std::fs::write(folder.path().join("first.c"), first).unwrap();
    std::fs::write(folder.path().join("second.c"), second).unwrap();
    compile("gcc", folder.path(), &["-o", "app", "first.c", "second.c"], &["-O0"]);
    Program::stopped(folder)
}

#[test]
fn functions_of_one_name_are_told_by_their_source_files() {
    let Some(program) = of_two_files() else { return };
    let first = program.address("'first.c'::own_helper", &[]);
    let second = program.address("'second.c'::own_helper", &[]);
    assert!(program.gdb("&'first.c'::own_helper").contains(&format!(" {first:#x} ")));
    assert!(program.gdb("&'second.c'::own_helper").contains(&format!(" {second:#x} ")));
    assert_eq!(program.address("second.c!own_helper", &[]), second);
    assert_eq!(program.address("app!'second.c'::own_helper", &[]), second);
    let message = program.json("where", &["own_helper"]).is_error("symbol");
    for place in ["app!'first.c'::own_helper", "app!'second.c'::own_helper"] {
        assert!(message.contains(place), "{message}");
        let filled = program.json("fill", &[place, "90", "--dry-run"]).exits(0).json();
        let size = filled["completed"].as_u64().unwrap();
        assert!(size > 4, "{filled}");
    }
    program.json("set", &["own_handler=&'second.c'::own_helper"]).exits(0);
    assert!(program.gdb("own_handler").contains(&format!(" {second:#x} ")));
}

#[test]
fn a_function_is_of_no_other_module_or_source_file_than_its_own() {
    let Some(program) = of_two_files() else { return };
    let main = program.address("'first.c'::main", &[]);
    for (place, told) in [
        ("'second.c'::main", &*format!("'second.c' has no 'main', which is app!main at {main:#x}")),
        ("third.c!main", &format!("'third.c' has no 'main', which is app!main at {main:#x}")),
        ("'third.c'::own_helper", "'third.c' has no 'own_helper', which is app!'first.c'::own_helper at 0x"),
        ("nosuch!main", "nosuch"),
        ("'first.c'::abort", "'first.c' has no 'abort'"),
    ] {
        let with = |before: &str| format!("{before}{place}");
        let every = [
            ("where", &[place][..]),
            ("write", &[place, "00"]),
            ("set", &[&with("own_handler=&")]),
            ("find", &[&with("ptr:")]),
            ("read", &[place]),
            ("print", &[place]),
        ];
        let verbs = if place == "nosuch!main" || place == "'second.c'::main" { every.len() } else { 1 };
        for (verb, arguments) in every.into_iter().take(verbs) {
            let run = program.json(verb, arguments).exits(2);
            let json = run.json();
            let message = json["error"]["message"].as_str().unwrap();
            assert!(message.contains(told), "{verb} {place}: {message}");
        }
    }
}
