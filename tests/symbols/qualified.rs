//! A module or a source file before a name selects it, for functions and variables alike.

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
    for (value, address) in [
        ("&'second.c'::own_helper", second),
        ("'first.c'::own_helper", first),
        ("app!'second.c'::own_helper", second),
        ("'first.c'::own_helper+1", first + 1),
        ("'second.c'::own_helper", second),
    ] {
        program.json("set", &[&format!("own_handler={value}")]).exits(0);
        assert!(program.gdb("own_handler").contains(&format!(" {address:#x} ")), "{value}");
    }
    program.json("set", &["'first.c'::own_handler='first.c'::own_helper"]).exits(0);
    assert!(program.gdb("own_handler").contains(&format!(" {first:#x} ")));
}

#[test]
fn a_function_is_of_no_other_module_or_source_file_than_its_own() {
    let Some(program) = of_two_files() else { return };
    let main = program.address("'first.c'::main", &[]);
    for (place, told) in [
        (
            "'second.c'::main",
            &*format!("'second.c' has no 'main'; the name is defined elsewhere: app!main at {main:#x}"),
        ),
        (
            "third.c!main",
            &format!("'third.c' has no 'main'; the name is defined elsewhere: app!main at {main:#x}"),
        ),
        (
            "'third.c'::own_helper",
            "'third.c' has no 'own_helper'; the name is defined elsewhere: app!'first.c'::own_helper at 0x",
        ),
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

#[test]
fn types_that_differ_between_files_are_no_guess() {
    if !have("gcc") || !have("gdb") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let same = "typedef unsigned char own_byte; typedef struct { int x; } own_same; typedef int (*own_call)(own_byte);\
        own_same";
    let first = format!(
        "typedef int own_word; enum own_kind {{ OWN_A = 1, OWN_B = 2 }}; own_word own_first = 1;\
        enum own_kind own_first_kind = OWN_A; {same} own_first_same = {{ 3 }}; own_byte own_byte_1; own_call own_call_1;\
        void stops_here(void) {{}} int main(void) {{ stops_here(); return own_first; }}"
    );
    let second = format!(
        "typedef long own_word; enum own_kind {{ OWN_B = 1, OWN_A = 2 }}; own_word own_second = 2;\
        enum own_kind own_second_kind = OWN_A; {same} own_second_same = {{ 4 }}; own_byte own_byte_2 = 9; own_call own_call_2;"
    );
    std::fs::write(folder.path().join("first.c"), first).unwrap();
    std::fs::write(folder.path().join("second.c"), second).unwrap();
    compile("gcc", folder.path(), &["-o", "app", "first.c", "second.c"], &["-O0"]);
    let Some(program) = Program::stopped(folder) else { return };
    for (verb, text, type_name) in [
        ("set", "{own_word}&own_second=-1", "own_word"),
        ("print", "{own_word}&own_second", "own_word"),
        ("print", "*(own_word *)&own_second", "own_word"),
        ("print", "{enum own_kind}&own_second_kind", "own_kind"),
    ] {
        let message = program.json(verb, &[text]).is_error("symbol");
        let listed = format!("app!'first.c'::{type_name}, app!'second.c'::{type_name}");
        assert_eq!(message, format!("several different types are named '{type_name}': {listed}"));
    }
    let paths = [
        "{app!'second.c'::own_kind}&own_second_kind",
        "{enum 'first.c'::own_kind}&own_first_kind",
        "*('first.c'::own_word *)&own_first",
        "({own_same}&own_second_same).x",
        "{own_byte}&own_byte_2",
        "{own_call}&own_call_2",
    ];
    let text = program.plain("print", &paths).exits(0);
    let values: Vec<&str> = text.text().lines().filter_map(|line| Some(line.split_once(" = ")?.1)).collect();
    assert_eq!(values, ["OWN_A", "OWN_A", "1", "4", "9 '\\t'", "(own_call) 0x0"]);
    program.json("set", &["{app!'second.c'::own_word}&own_second=-1"]).exits(0);
    assert_eq!(program.gdb("own_second"), "-1");
    let message = program.json("print", &["{'third.c'::own_word}&own_second"]).is_error("symbol");
    assert_eq!(message, "'third.c' has no type named 'own_word'");
}
