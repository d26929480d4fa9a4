//! The label of an address means only that address, wherever it is typed.

use std::collections::HashMap;
use std::process::Command;
use std::sync::Arc;

use dumpedit::notation::At;
use dumpedit::symbols::SymbolOptions;
use dumpedit::{Context, Dump};

use super::program::{Program, compile};
use crate::support::command::number;
use crate::support::tools::have;

const FIRST: &str = r#"
#include <string>
static int own_numbers[4] = {1, 2, 3, 4};
static int own_helper(int x) { return x + own_numbers[1]; }
namespace { int hidden = 3; int inside(int x) { return x + hidden; } }
namespace app {
    struct Base { virtual ~Base(); int base = 1; };
    Base::~Base() { base = 0; }
    struct Derived : virtual Base { Derived(); ~Derived(); int own = 2; };
    Derived::Derived() { own = 5; }
    Derived::~Derived() { own = 0; }
    int overload(const std::string &text) { static int calls = 3; return calls += text.size(); }
    int overload(int by) { static int calls = 4; return calls += by; }
    struct Op {
        int own;
        operator int() const { static int converted = 6; return converted += own; }
        bool operator<(const Op &other) const { static int compared = 3; return ++compared + own < other.own; }
        int operator()(int by) { return own += by; }
        Op operator-(int by) { return Op{own - by}; }
    };
    std::string text = "global";
    std::string made() { return text; }
    int target = 3, &reference = target;
}
template<class T> struct Box { static int count; };
template<class T> int Box<T>::count = 5;
extern int other(int);
int (*handler)(int) = own_helper;
char *copied = nullptr;
extern "C" __attribute__((noinline)) void stops_here() { asm volatile(""); }
int main() {
    app::Derived derived;
    app::Op op{3};
    auto by = [](int x) { static int inner = 5; return inner += x; };
    int all = other(own_helper(2)) + app::overload("abc") + app::overload(4) + (int)op + (op < op) + op(1) + (op - 1).own;
    all += by(inside(1)) + Box<int>::count + Box<Box<char>>::count + (int)app::made().size() + app::reference;
    stops_here();
    return all;
}
"#;

const SECOND: &str = r#"
static int own_numbers[4] = {5, 6, 7, 8};
static int own_helper(int x) { return x * own_numbers[1]; }
namespace { int hidden = 4; int inside(int x) { return x * hidden; } }
int *in_static = &own_numbers[2];
int (*other_handler)(int) = own_helper;
int other(int x) { return own_helper(x) + inside(2); }
"#;

const RUST: &str = r#"
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
trait Go { fn go(&self) -> u32; }
struct One; struct Two;
impl Go for One { fn go(&self) -> u32 { static COUNT: AtomicU32 = AtomicU32::new(11); COUNT.fetch_add(1, SeqCst) } }
impl Go for Two { fn go(&self) -> u32 { static COUNT: AtomicU32 = AtomicU32::new(21); COUNT.fetch_add(1, SeqCst) } }
fn generic<T: Default>() -> T { static GENERIC: AtomicU32 = AtomicU32::new(41); GENERIC.fetch_add(1, SeqCst); T::default() }
mod inner { pub static r#TYPE: &u32 = &5; pub fn r#match(by: u32) -> u32 { by + *r#TYPE } }
#[unsafe(no_mangle)] #[inline(never)] extern "C" fn stops_here() {}
fn main() {
    let all = One.go() + Two.go() + generic::<u32>() + u32::from(generic::<u8>()) + inner::r#match(3);
    let text = format!("{all:?}");
    if text.len() > 0 { [1, 2, 3].iter().for_each(|one| if *one == all { std::process::abort() }); stops_here() }
}
"#;

fn of_cpp(compiler: &str, options: &[&str]) -> Option<Program> {
    if !have(compiler) || !have("gdb") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("first.cpp"), FIRST).unwrap();
    std::fs::write(folder.path().join("second.cpp"), SECOND).unwrap();
    compile(compiler, folder.path(), &["-o", "app", "first.cpp", "second.cpp"], options);
    Program::stopped(folder)
}

fn of_rust() -> Option<Program> {
    if !have("rustc") || !have("gdb") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app.rs"), RUST).unwrap();
    let mut rustc = Command::new("rustc");
    rustc.current_dir(folder.path()).args(["-g", "--edition", "2024", "-o", "app", "app.rs"]);
    assert!(rustc.status().unwrap().success());
    Program::stopped(folder)
}

/// The labels of bytes in the symbols of the core's modules, each with its address.
fn labels(dump: &Dump) -> HashMap<String, u64> {
    let mut all: HashMap<u64, (String, u64)> = HashMap::new();
    let symbols = dump.named_symbols().unwrap();
    let modules = dump.layout().modules().iter();
    for module in modules.filter(|module| ["app", "libc.so.6"].contains(&module.base_name())) {
        // Some symbols of large modules are enough.
        let step = if module.size < 1 << 16 { 5 } else { 1009 };
        for address in (module.base..module.base + module.size).step_by(step) {
            let (Some(label), Some(symbol)) = (dump.label(address), symbols.at(address)) else { continue };
            let begins = address - symbol.offset;
            // The last byte of a symbol shows its end.
            all.insert(begins, (label, address));
        }
    }
    all.into_values().collect()
}

/// Checks that every label of a core means its address, for reads and edits alike.
fn check(program: &Program) -> HashMap<String, u64> {
    let dump = Dump::open(&program.core).unwrap();
    let symbols = Arc::new(dump.symbols(SymbolOptions::default()));
    let dump = dump.with_symbols(symbols);
    let labels = labels(&dump);
    let edit = dump.edit();
    let mut wrong = Vec::new();
    for (label, address) in &labels {
        let at: At = label.parse().unwrap();
        for found in
            [dump.scope(Ok(Context::Process)).address(&at), edit.scope(Ok(Context::Process)).address(&at)]
        {
            if !found.as_ref().is_ok_and(|found| found == address) {
                wrong.push(format!("{label} at {address:#x}: {found:?}"));
            }
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{} of {}: {}", wrong.len(), labels.len(), wrong.join("\n"));
    labels
}

#[test]
fn each_label_means_its_address() {
    for (compiler, options) in [("g++", &["-O0"][..]), ("clang++", &["-O2", "-g0"])] {
        let Some(program) = of_cpp(compiler, options) else { return };
        check(&program);
    }
    if let Some(program) = of_rust() {
        check(&program);
    }
}

#[test]
fn labels_tell_apart_what_has_one_name() {
    let Some(program) = of_cpp("g++", &["-O0"]) else { return };
    let labels = check(&program);
    for label in [
        "app!'first.cpp'::own_helper(int)+",
        "app!'second.cpp'::own_helper(int)+",
        "app!'second.cpp'::own_numbers+",
        "app!'first.cpp'::(anonymous namespace)::inside(int)+",
        "app!_ZN3app7DerivedD1Ev+",
        "app!app::Op::operator int() const+",
        "app!app::overload(int)+",
    ] {
        assert!(labels.keys().any(|known| known.starts_with(label)), "{label}: {labels:#?}");
    }
    // Every verb shows labels and accepts them.
    let place = "app!'second.cpp'::own_numbers+0x8";
    let read = program.json("read", &["in_static", "--as", "ptr"]).exits(0).json();
    let shown = program.plain("read", &["in_static..+8", "--color", "always"]);
    assert!(shown.text().contains(place), "{shown}");
    assert_eq!(program.address(place, &[]), number(&read["values"][0]));
    let edit = program.json("write", &[place, "01020304", "--dry-run"]).exits(0).json();
    assert_eq!(
        (&edit["edits"][0]["symbol"], &edit["edits"][0]["location"]),
        (&place.into(), &read["values"][0])
    );
    program.json("set", &[&format!("rip={place}"), "--dry-run"]).exits(0);
    // The target of a reference has its name. The place where the reference is stored has no name.
    let kept = format!("{:#x}", program.address("app::target", &[]) + 8);
    let kept = program.json("where", &[&kept]).exits(0).json();
    let kept = kept["pieces"][0]["symbol"].as_str().unwrap_or_default().to_owned();
    assert!(!kept.contains("reference"), "{kept}");
}

#[test]
fn names_of_the_standard_library_and_of_operators_are_written_as_programs_do() {
    let Some(program) = of_cpp("g++", &["-O0"]) else { return };
    for (path, value) in [
        ("app::overload(std::string const&)::calls", "6"),
        ("app::overload(const std::string &)::calls", "6"),
        ("app::Op::operator int() const::converted", "9"),
    ] {
        let text = program.plain("print", &[path]).exits(0);
        assert_eq!(text.text(), format!("{path} = {value}\n"));
    }
    let made = program.address("app::made()", &[]);
    assert_eq!(program.address("app::made[abi:cxx11]()", &[]), made);
    assert_eq!(program.address("'first.cpp'::app::made[abi:cxx11]()", &[]), made);
}

#[test]
fn labels_without_a_size_name_only_what_is_in_their_section() {
    let Some(program) = of_cpp("g++", &["-O0"]) else { return };
    let label = |place: &str| {
        let json = program.json("where", &[place]).json();
        json["pieces"][0]["symbol"].as_str().unwrap_or_default().to_owned()
    };
    let end = program.address("app!_end", &[]);
    for behind in [0, 8] {
        assert_eq!(label(&format!("{:#x}", end + behind)), "", "{behind}");
    }
    assert_eq!(program.address("app!_end", &[]), end);
}
