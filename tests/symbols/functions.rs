//! Functions by name with their arguments, functions that are optimised at link time, and statics of operators and
//! lambdas.

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

/// Copies and seldom run parts of functions, named as optimizers name them. Compilers differ in whether they make any,
/// so the source has them with these names.
const COPIES: &str = r#"
#define COPY(name, symbol, by) __attribute__((noipa, used)) static int name(int x) __asm__(symbol);\
    static int name(int x) { return x + by; }
int own_both(int x) { return x + 1; }
COPY(both_copy, "own_both.constprop.0", 11)
COPY(both_cold, "own_both.cold", 12)
COPY(one_copy, "own_one.isra.0", 21)
COPY(one_cold, "own_one.isra.0.cold", 22)
COPY(first, "own_two.part.0", 31)
COPY(second, "own_two.constprop.0", 32)
COPY(only_cold, "own_cold.cold", 41)
COPY(cpp_plain, "_ZN3own1fEi", 51)
COPY(cpp_copy, "_ZN3own1fEi.isra.0", 52)
COPY(cpp_cold, "_ZN3own1fEi.cold", 53)
COPY(other, "own_other", 61)
void stops_here(void) {}
int main(void) { stops_here(); return own_both(1); }
"#;

#[test]
fn a_copy_of_a_function_has_its_name_where_no_plain_one_is_and_a_cold_part_only_its_own() {
    let other = "__attribute__((noipa, used)) static int copy(int x) __asm__(\"own_other.constprop.0\");\
        static int copy(int x) { return x + 1; }";
    if !have("gcc") || !have("gdb") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app.c"), COPIES).unwrap();
    std::fs::write(folder.path().join("other.c"), other).unwrap();
    compile("gcc", folder.path(), &["-o", "app", "app.c", "other.c"], &["-O0"]);
    let Some(program) = Program::stopped(folder) else { return };
    let placed = |symbol: &str| {
        let said = program.gdb(&format!("&'{symbol}'"));
        let address = said.split("0x").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        u64::from_str_radix(address, 16).unwrap_or_else(|_| panic!("{symbol}: {said}"))
    };
    for (name, symbol) in [
        ("own_both", "own_both"),
        ("own_both.constprop.0", "own_both.constprop.0"),
        ("own_both.cold", "own_both.cold"),
        ("own_one", "own_one.isra.0"),
        ("own_one.isra.0.cold", "own_one.isra.0.cold"),
        ("own_cold.cold", "own_cold.cold"),
        ("own::f", "_ZN3own1fEi"),
        ("own::f(int)", "_ZN3own1fEi"),
        ("own::f(int) [clone .isra.0]", "_ZN3own1fEi.isra.0"),
        ("own::f(int) [clone .cold]", "_ZN3own1fEi.cold"),
        ("'other.c'::own_other", "own_other.constprop.0"),
        ("'app.c'::own_other", "own_other"),
    ] {
        assert_eq!(program.address(name, &[]), placed(symbol), "{name}");
    }
    for (name, listed) in [
        ("own_two", ["app!own_two.part.0 at 0x", "app!own_two.constprop.0 at 0x"]),
        // A copy in another source file is a copy of another function.
        ("own_other", ["own_other at 0x", "app!own_other.constprop.0 at 0x"]),
    ] {
        let message = program.json("where", &[name]).is_error("symbol");
        for one in listed {
            assert!(message.contains(one), "{message}");
        }
    }
    program.json("where", &["own_cold"]).exits(2);
    // The label of an address is a place.
    for symbol in ["_ZN3own1fEi.isra.0", "_ZN3own1fEi.cold", "own_one.isra.0", "own_other", "own_two.part.0"]
    {
        let address = placed(symbol);
        let json = program.json("where", &[&format!("{address:#x}")]).exits(0).json();
        let called = json["pieces"][0]["symbol"].as_str().unwrap_or_else(|| panic!("{json}")).to_owned();
        assert_eq!(program.address(&called, &[]), address, "{called}");
    }
}

#[test]
fn a_function_whose_code_lies_in_several_places_begins_at_the_first_of_them() {
    let source = "#include <stdlib.h>\nint own_x; __attribute__((noipa)) void stops_here(void) {}\
        __attribute__((noinline)) int own_hot(int a) { if (__builtin_expect(a == 12345, 0)) { own_x++; abort(); } return a; }\
        int main(int count, char **all) { stops_here(); return own_hot(count * 3); }";
    let source = source.replace("\\n", "\n");
    for options in
        [&["-gdwarf-4"][..], &["-gdwarf-5"], &["-gdwarf-4", "-gsplit-dwarf"], &["-gdwarf-5", "-gsplit-dwarf"]]
    {
        let Some(folder) = Program::build("gcc", &source, &[&["-O2"], options].concat()) else { return };
        let Some(program) = Program::stopped(folder) else { return };
        for (name, of) in [("own_hot", "int (int)"), ("main", "int (int, char **)")] {
            let address = program.address(name, &[]);
            let text = program.plain("print", &[name]).exits(0);
            assert_eq!(text.text(), format!("{name} = {{{of}}} {address:#x} <{name}>\n"), "{options:?}");
            assert!(program.gdb(&format!("&{name}")).contains(&format!(" {address:#x} ")), "{options:?}");
        }
    }
}
