//! Names in the form of each language and its compilers: templates, statics of functions, and statics of traits.

use super::program::{Program, compile};
use crate::support::tools::have;

const CPP: &str = r#"
#include <stdlib.h>
template<class T> T variable = T(42);
struct Owner { template<class T> static T member; };
template<class T> T Owner::member = T(7);
template<class T> struct Box { T value; static int made; };
template<class T> int Box<T>::made = 3;
namespace ns {
    inline namespace v1 { __attribute__((noinline)) int inside(int a) { return a + 1; } }
    struct Base { int base = 61; };
    struct Derived : Base { int own = 62; } derived;
    template<class T> T add(T x) { static T count = 5; return count += x; }
    int twice(int a) { static int calls = 11; return calls += a; }
    int twice(const char *) { static int calls = 20; return ++calls; }
}
int main() {
    long all = variable<int> + variable<long> + Owner::member<int> + (long)Owner::member<double>;
    all += Box<Box<unsigned long>>::made + Box<const char *>::made + ns::add<int>(1) + ns::add<long>(2);
    if (all + ns::twice(1) + ns::twice("x") + ns::inside(1) + ns::derived.own) abort();
}
"#;

#[test]
fn variables_of_templates_and_of_functions_with_arguments_are_paths() {
    for compiler in ["g++", "clang++"] {
        if !have(compiler) || !have("gdb") {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("app.cpp"), CPP).unwrap();
        compile(compiler, folder.path(), &["-o", "app", "app.cpp"], &["-std=c++17"]);
        let Some(program) = Program::run(folder, &[]) else { return };
        for (paths, value) in [
            (&["variable<int>", "app!variable<int>"][..], "42"),
            (&["variable<long>"], "42"),
            (&["Owner::member<int>"], "7"),
            (&["Owner::member<double>"], "7"),
            (&["Box<char const*>::made", "Box<const char*>::made", "Box<const char *>::made"], "3"),
            (&["Box<Box<unsigned long> >::made", "Box<Box<unsigned long>>::made"], "3"),
            (&["ns::add<int>::count", "ns::add<int>(int)::count"], "6"),
            (&["ns::add<long>(long)::count"], "7"),
            (&["ns::twice(int)::calls", "app!ns::twice(int)::calls"], "12"),
            (&["ns::twice(char const*)::calls", "ns::twice(const char*)::calls"], "21"),
        ] {
            let address = program.address(paths[0], &[]);
            let printed = program.plain("print", paths).exits(0);
            let lines: Vec<String> = paths.iter().map(|path| format!("{path} = {value}\n")).collect();
            assert_eq!(printed.text(), lines.concat(), "{compiler}");
            for path in &paths[1..] {
                assert_eq!(program.address(path, &[]), address, "{compiler} {path}");
            }
            let last = paths[paths.len() - 1];
            program.json("set", &[&format!("{last}=9")]).exits(0);
            let shown = program.plain("print", &paths[..1]).exits(0);
            assert_eq!(shown.text(), format!("{} = 9\n", paths[0]), "{compiler}");
        }
        for path in ["ns::derived.Base::base", "ns::derived.ns::Base::base", "ns::derived.base"] {
            let shown = program.plain("print", &[path]).exits(0);
            assert_eq!(shown.text(), format!("{path} = 61\n"), "{compiler}");
        }
        // The names of inline namespaces can be left out of functions as well.
        let whole = program.address("ns::v1::inside", &[]);
        assert_eq!(program.address("ns::inside", &[]), whole, "{compiler}");
        program.json("set", &["rip=ns::inside", "--dry-run"]).exits(0);
        let message = program.json("print", &["ns::twice::calls"]).is_error("symbol");
        for candidate in ["app!ns::twice(int)::calls at 0x", "app!ns::twice(char const*)::calls at 0x"] {
            assert!(message.contains(candidate), "{compiler}: {message}");
        }
    }
}

const C: &str = r#"
#include <stdlib.h>
int f(int x) { static int calls = 3; { static int calls = 4; calls += x; } return calls += x; }
int g(int x) { static int calls = 5; static struct { int a, b; } own_pair = { 6, 7 }; own_pair.a++; return calls += x + own_pair.b; }
int main(void) { if (f(1) + g(2)) abort(); }
"#;

#[test]
fn statics_of_functions_are_named_as_gdb_does_and_as_linkers_do() {
    if !have("gcc") || !have("gdb") {
        return;
    }
    let built = |options: &[&str]| Program::run(Program::build("gcc", C, options)?, &[]);
    let Some(program) = built(&[]) else { return };
    let printed = |path: &str| program.plain("print", &[path]).exits(0).text().to_owned();
    assert_eq!(printed("g::calls"), "g::calls = 14\n");
    assert_eq!(printed("g::own_pair.a"), "g::own_pair.a = 7\n");
    // Each of two blocks in one function has a static of its own. The linker's names distinguish them.
    let message = program.json("print", &["f::calls"]).is_error("symbol");
    let listed: Vec<&str> = message.split(' ').filter(|word| word.starts_with("app!calls.")).collect();
    let mut values: Vec<String> = listed.iter().map(|path| printed(path)).collect();
    values.sort_by_key(|line| line.chars().rev().collect::<String>());
    assert_eq!(
        values.iter().map(|line| line.split(" = ").nth(1).unwrap()).collect::<Vec<_>>(),
        ["4\n", "5\n"]
    );
    let message = program.json("read", &["own_pair"]).is_error("symbol");
    let address = program.address("g::own_pair", &[]);
    let said = format!(
        "no symbol is named 'own_pair', but variables of functions are: app!g::own_pair at {address:#x}"
    );
    assert_eq!(message, said);
    // Without debug information, only the linker's names are there.
    let Some(program) = built(&["-g0"]) else { return };
    let message = program.json("read", &["calls"]).is_error("symbol");
    let listed: Vec<&str> = message.split(' ').filter(|word| word.starts_with("app!calls.")).collect();
    assert_eq!(listed.len(), 3, "{message}");
    let value =
        |path: &&str| program.json("read", &[path, "--as", "i32"]).exits(0).json()["values"][0].clone();
    let mut values: Vec<String> =
        listed.iter().map(|path| value(path).as_str().unwrap().to_owned()).collect();
    values.sort();
    assert_eq!(values, ["14", "4", "5"]);
}

#[test]
fn statics_of_functions_that_clang_names_are_paths() {
    let built = || Program::run(Program::build("clang", C, &["-O0"])?, &[]);
    let Some(program) = built() else { return };
    for (path, value) in
        [("g.calls", "14"), ("g::calls", "14"), ("g.own_pair.b", "7"), ("app!g.own_pair.a", "7")]
    {
        let shown = program.plain("print", &[path]).exits(0);
        assert_eq!(shown.text(), format!("{path} = {value}\n"));
    }
}

/// Blocks of one function, each with a static of the same name.
const BLOCKS: [(&str, &str, &str, &[&str]); 5] = [
    ("gcc", "app.c", BLOCKS_IN_C, &["f::calls", "calls"]),
    ("clang", "app.c", BLOCKS_IN_C, &["f::calls"]),
    ("g++", "app.cpp", BLOCKS_IN_CPP, &["f::calls", "f(int)::calls", "g<int>::calls", "M::m::calls"]),
    ("clang++", "app.cpp", BLOCKS_IN_CPP, &["f::calls", "f(int)::calls", "g<int>::calls", "M::m::calls"]),
    ("rustc", "app.rs", BLOCKS_IN_RUST, &["app::f::CALLS"]),
];

const BLOCKS_IN_C: &str = r#"
int f(int x) { static int calls = 3; { static int calls = 4; calls += x; } { static int calls = 5; calls += x; } return calls += x; }
int stops_here(void) { return 0; }
int main(void) { return f(1) + stops_here() == 0; }
"#;

const BLOCKS_IN_CPP: &str = r#"
int f(int x) { static int calls = 3; { static int calls = 4; calls += x; } { static int calls = 5; calls += x; } return calls += x; }
template<class T> T g(T x) { static T calls = 3; { static T calls = 4; calls += x; } return calls += x; }
struct M { int m(int x) { static int calls = 3; { static int calls = 4; calls += x; } return calls += x; } };
extern "C" int stops_here() { return 0; }
int main() { return f(1) + g(2) + M().m(3) + stops_here() == 0; }
"#;

const BLOCKS_IN_RUST: &str = r#"
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
fn f(x: u32) -> u32 {
    static CALLS: AtomicU32 = AtomicU32::new(3);
    { static CALLS: AtomicU32 = AtomicU32::new(4); CALLS.fetch_add(x, SeqCst); }
    CALLS.fetch_add(x, SeqCst)
}
#[unsafe(no_mangle)] #[inline(never)] extern "C" fn stops_here() {}
fn main() { if f(1) > 0 { stops_here() } }
"#;

#[test]
fn every_static_of_a_block_that_an_error_lists_is_a_place_as_it_is_listed() {
    for (compiler, file, source, names) in BLOCKS {
        if !have(compiler) || !have("gdb") {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(file), source).unwrap();
        if compiler == "rustc" {
            let mut rustc = std::process::Command::new("rustc");
            rustc.current_dir(folder.path()).args(["-g", "--edition", "2024", "-o", "app", file]);
            assert!(rustc.status().unwrap().success());
        } else {
            compile(compiler, folder.path(), &["-o", "app", file], &[]);
        }
        let Some(program) = Program::stopped(folder) else { return };
        for name in names {
            let message = program.json("print", &[name]).is_error("symbol");
            assert_eq!(
                program.json("write", &[name, "00"]).json()["error"]["kind"],
                "symbol",
                "{compiler} {name}"
            );
            let listed = message.split_once(": ").unwrap().1.split(", ");
            let listed: Vec<(&str, &str)> = listed.filter_map(|one| one.split_once(" at ")).collect();
            assert!(listed.len() >= 2, "{compiler}: {message}");
            for (path, address) in listed {
                let at = u64::from_str_radix(address.trim_start_matches("0x"), 16).unwrap();
                assert_eq!(program.address(path, &[]), at, "{compiler} {path}");
                let value = program.json("print", &[path]).exits(0).json()["values"][0].clone();
                assert_eq!(value["address"], address, "{compiler} {path}");
                let set =
                    program.json("set", &[&format!("{path}=hex:09000000"), "--dry-run"]).exits(0).json();
                assert_eq!(set["edits"][0]["location"], address, "{compiler} {path}");
            }
        }
    }
}

const RUST: &str = r#"
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
trait Go { fn go(&self) -> u32; }
struct One; struct Two;
impl Go for One { fn go(&self) -> u32 { static COUNT: AtomicU32 = AtomicU32::new(11); COUNT.fetch_add(1, SeqCst) } }
impl Go for Two { fn go(&self) -> u32 { static COUNT: AtomicU32 = AtomicU32::new(21); COUNT.fetch_add(1, SeqCst) } }
impl One { fn own(&self) -> u32 { static OWN: AtomicU32 = AtomicU32::new(31); OWN.fetch_add(1, SeqCst) } }
fn generic<T: Default>() -> T { static GENERIC: AtomicU32 = AtomicU32::new(41); GENERIC.fetch_add(1, SeqCst); T::default() }
fn main() {
    let all = One.go() + Two.go() + One.own() + generic::<u32>() + u32::from(generic::<u8>());
    if all > 0 { std::process::abort() }
}
"#;

#[test]
fn statics_of_traits_and_of_generic_functions_are_paths() {
    if !have("rustc") || !have("gdb") {
        return;
    }
    for mangling in ["legacy", "v0"] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("own.rs"), RUST).unwrap();
        let mut rustc = std::process::Command::new("rustc");
        rustc.current_dir(folder.path()).args(["-g", "--edition", "2024", "-o", "app", "own.rs", "-C"]);
        let mangling_option = format!("symbol-mangling-version={mangling}");
        // In old versions of rustc, the option for the older scheme is unstable.
        if !rustc.arg(&mangling_option).output().unwrap().status.success() {
            continue;
        }
        let Some(program) = Program::run(folder, &[]) else { return };
        for (path, value) in [
            ("<own::One as own::Go>::go::COUNT", 12),
            ("<own::Two as own::Go>::go::COUNT", 22),
            ("own::{impl#1}::go::COUNT", 22),
            ("own::One::own::OWN", 32),
            ("<own::One>::own::OWN", 32),
            ("own::generic::GENERIC", 43),
        ] {
            let shown = program.plain("print", &[&format!("{path}.v.value")]).exits(0);
            assert_eq!(shown.text(), format!("{path}.v.value = {value}\n"), "{mangling}");
        }
    }
}

#[test]
fn a_namespace_is_meant_by_its_other_names() {
    let source = "namespace longname { int own_s = 3; namespace in { int own_t = 9; struct Own { int x; } own_u = {4}; int own_f(long) { return 1; } } }\
        namespace al1 = longname; namespace al2 = longname::in; namespace al3 = al1::in; namespace outer { namespace al4 = longname; }\
        extern \"C\" void stops_here() {} int main() { stops_here(); return longname::own_s + longname::in::own_f(1); }";
    for compiler in ["g++", "clang++"] {
        if !have(compiler) || !have("gdb") {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("app.cpp"), source).unwrap();
        compile(compiler, folder.path(), &["-o", "app", "app.cpp"], &["-O0"]);
        let Some(program) = Program::stopped(folder) else { return };
        for (path, value) in [
            ("al1::own_s", "3"),
            ("al2::own_t", "9"),
            ("al3::own_t", "9"),
            ("al1::in::own_u.x", "4"),
            ("outer::al4::in::own_t", "9"),
        ] {
            let text = program.plain("print", &[path]).exits(0);
            assert_eq!(text.text(), format!("{path} = {value}\n"), "{compiler}");
            assert_eq!(program.gdb(path), value, "{compiler}");
        }
        let size = program.json("print", &["--type", "al2::Own"]).exits(0).json();
        assert_eq!(size["types"][0]["size"], 4, "{compiler}");
        program.json("set", &["al3::own_t=-2"]).exits(0);
        assert_eq!(program.gdb("longname::in::own_t"), "-2", "{compiler}");
        program.json("print", &["al5::own_s"]).is_error("symbol");
        program.json("print", &["al1::own_t"]).is_error("symbol");
    }
}

const RAW: &str = "#![allow(non_upper_case_globals)]
pub mod a {
    pub static mut r#type: i32 = 41;
    pub struct Own { pub r#where: i32, pub b: i32 }
    pub static mut OWN: Own = Own { r#where: 5, b: 6 };
    #[inline(never)] pub fn r#match(x: i32) -> i32 { x + 1 }
}
#[unsafe(no_mangle)] #[inline(never)] extern \"C\" fn stops_here() { std::hint::black_box(1); }
fn main() {
    unsafe { a::r#type += 1; a::OWN.r#where += 1; }
    stops_here();
    std::process::exit(a::r#match(unsafe { a::r#type + a::OWN.r#where + a::OWN.b }));
}
";

#[test]
fn raw_identifiers_of_rust_are_written_with_their_mark_and_without() {
    if !have("rustc") || !have("gdb") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app.rs"), RAW).unwrap();
    let mut rustc = std::process::Command::new("rustc");
    let rustc = rustc.current_dir(folder.path()).args(["-g", "--edition", "2024", "-o", "app", "app.rs"]);
    assert!(rustc.status().unwrap().success());
    let Some(program) = Program::stopped(folder) else { return };
    for (raw, plain, value) in [
        ("app::a::r#type", "app::a::type", "42"),
        ("app::a::OWN.r#where", "app::a::OWN.where", "6"),
        ("app!app::a::r#type", "app!app::a::type", "42"),
    ] {
        let text = program.plain("print", &[raw, plain]).exits(0).text().to_owned();
        assert!(text.lines().all(|line| line.ends_with(&format!(" = {value}"))), "{text}");
        assert_eq!(program.address(raw, &[]), program.address(plain, &[]), "{raw}");
    }
    assert_eq!(program.address("app::a::r#match", &[]), program.address("app::a::match", &[]));
    program.json("write", &["app::a::r#type", "i32:7"]).exits(0);
    assert_eq!(program.gdb("app::a::type"), "7");
    program.json("set", &["app::a::r#type=8"]).exits(0);
    assert_eq!(program.gdb("app::a::type"), "8");
}
