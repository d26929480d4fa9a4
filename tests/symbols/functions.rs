//! Functions by their names with arguments, those that are optimised while linking, and the statics of operators and lambdas.

use super::program::{Program, compile};
use crate::support::tools::have;

#[test]
fn functions_of_cpp_are_named_with_their_arguments() {
    if !have("g++") || !have("gdb") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let source = "namespace app { int overload(int x) { return x; } int overload(long x) { return (int)x + 1; }\
        struct Op { int operator()(int x) { static int called = 3; return called += x; }\
        int operator<<(int x) const { static int shifted = 6; return shifted += x; } }; }\
        int inside(int x) { auto by = [](int y) { static int own_n = 5; return own_n += y; }; return by(x); }\
        extern \"C\" void stops_here() {}\
        int main() { app::Op op; stops_here(); return op(1) + (op << 2) + inside(2) + app::overload(1) + app::overload(1L); }";
    std::fs::write(folder.path().join("own.cpp"), source).unwrap();
    compile("g++", folder.path(), &["-o", "app", "own.cpp"], &["-O0"]);
    let Some(program) = Program::stopped(folder) else { return };
    let statics = [
        "app::Op::operator()(int)::called",
        "app::Op::operator<<(int) const::shifted",
        "inside(int)::{lambda(int)#1}::operator()(int) const::own_n",
    ];
    let text = program.plain("print", &statics).exits(0);
    let values: Vec<&str> = text.text().lines().filter_map(|line| Some(line.split_once(" = ")?.1)).collect();
    assert_eq!(values, ["3", "6", "5"], "{text}");
    for (name, of) in [("app::overload(int)", "int (int)"), ("'own.cpp'::app::overload(long)", "int (long)")]
    {
        let address = program.address(name, &[]);
        let text = program.plain("print", &[name]).exits(0);
        assert!(text.text().starts_with(&format!("{name} = {{{of}}} {address:#x} <")), "{text}");
    }
}

#[test]
fn functions_that_are_optimised_while_linking_have_their_types_and_files() {
    let source = "__attribute__((noipa)) void stops_here(void) {} int main(int count, char **all) { stops_here(); return count; }";
    let Some(folder) = Program::build("gcc", source, &["-O1", "-flto"]) else { return };
    let Some(program) = Program::stopped(folder) else { return };
    let address = program.address("'app.c'::main", &[]);
    let text = program.plain("print", &["main"]).exits(0);
    assert_eq!(text.text(), format!("main = {{int (int, char **)}} {address:#x} <main>\n"));
}
