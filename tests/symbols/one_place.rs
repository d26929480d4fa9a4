//! A name means the same place in every verb and in gdb.

use std::process::Command;

use super::program::{Program, compile};
use crate::support::command::{Run, notice, notices, number};
use crate::support::tools::have;

/// A program of one file, and its names.
struct Named {
    compiler: &'static str,
    /// The language of gdb's expressions.
    language: &'static str,
    file: &'static str,
    source: &'static str,
    /// The names in dumpedit's notation and in gdb's.
    names: &'static [(&'static str, &'static str)],
}

const CPP: Named = Named {
    compiler: "g++",
    language: "c++",
    file: "app.cpp",
    source: r#"
struct Point { int x, y; };
int target = 5, numbers[4] = {1, 2, 3, 4};
Point point = {7, 8};
int *pointer = &target;
int &reference = target;
int &&moved = 17;
int (&of_array)[4] = numbers;
Point &of_struct = point;
int *&of_pointer = pointer;
struct Holder { int own; int &number; Point &point; } holder = {1, target, point};
namespace ns { int &inner = numbers[2]; struct Owner { static Point &shared; }; Point &Owner::shared = point; }
thread_local int &of_thread = target;
long large = 3, &of_large = large;
int calls(int by) { static int count = 6; static int &counted = numbers[3]; return count += by + counted; }
extern "C" int stops_here() { return of_thread; }
int main() {
    int all = stops_here() + calls(1) + reference + moved + of_array[1] + of_struct.x + *of_pointer;
    return all + holder.number + ns::inner + ns::Owner::shared.x + (int)of_large;
}
"#,
    names: &[
        ("target", "target"),
        ("numbers", "numbers"),
        ("reference", "reference"),
        ("&reference", "reference"),
        ("app!reference", "reference"),
        ("moved", "moved"),
        ("of_array", "of_array"),
        ("of_array[2]", "of_array[2]"),
        ("of_struct", "of_struct"),
        ("of_struct.y", "of_struct.y"),
        ("of_pointer", "of_pointer"),
        ("*of_pointer", "*pointer"),
        ("holder.number", "holder.number"),
        ("holder.point", "holder.point"),
        ("holder.point.y", "holder.point.y"),
        ("ns::inner", "ns::inner"),
        ("ns::Owner::shared", "ns::Owner::shared"),
        ("of_thread", "of_thread"),
        ("of_large", "of_large"),
        ("calls(int)::count", "calls(int)::count"),
        ("calls(int)::counted", "calls(int)::counted"),
    ],
};

const C: Named = Named {
    compiler: "gcc",
    language: "c",
    file: "app.c",
    source: r#"
struct node { int value; struct node *next; };
struct node app = {1, &app}, nodes[2] = {{3, nodes + 1}, {4, &app}};
static char text[8] = "letters";
int stops_here(void) { static int calls = 9; return ++calls + app.value; }
int main(void) { return stops_here() + nodes[1].value + text[0]; }
"#,
    names: &[
        ("&app", "app"),
        ("app!app", "app"),
        ("app.next", "app.next"),
        ("app.next->value", "app.next->value"),
        ("nodes", "nodes"),
        ("nodes[1]", "nodes[1]"),
        ("nodes[0].next->next", "nodes[0].next->next"),
        ("*nodes[0].next", "*nodes[0].next"),
        ("'app.c'::text", "text"),
        ("text[2]", "text[2]"),
        ("stops_here::calls", "stops_here::calls"),
    ],
};

const RUST: Named = Named {
    compiler: "rustc",
    language: "rust",
    file: "app.rs",
    source: r#"
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
pub struct Point { x: i32, y: i32 }
static COUNT: AtomicU32 = AtomicU32::new(5);
static mut NUMBERS: [u32; 3] = [1, 2, 3];
static mut POINT: Point = Point { x: 7, y: 8 };
static REFERENCE: &AtomicU32 = &COUNT;
mod inner { pub static mut PAIR: (u8, u64) = (1, 2); }
fn calls() -> u32 { static CALLS: AtomicU32 = AtomicU32::new(3); CALLS.fetch_add(1, SeqCst) }
#[unsafe(no_mangle)] #[inline(never)] extern "C" fn stops_here() {}
fn main() {
    unsafe { NUMBERS[1] += COUNT.load(SeqCst); POINT.x += POINT.y; inner::PAIR.1 += u64::from(inner::PAIR.0); }
    if calls() + REFERENCE.load(SeqCst) > 0 { stops_here() }
}
"#,
    // A Rust reference is a pointer, as in gdb.
    names: &[
        ("app::COUNT", "app::COUNT"),
        ("app::NUMBERS[1]", "app::NUMBERS[1]"),
        ("app!app::POINT", "app::POINT"),
        ("app::POINT.y", "app::POINT.y"),
        ("app::REFERENCE", "app::REFERENCE"),
        ("app::inner::PAIR.1", "app::inner::PAIR.1"),
        ("app::calls::CALLS", "app::calls::CALLS"),
    ],
};

impl Named {
    fn stopped(&self) -> Option<Program> {
        if !have(self.compiler) || !have("gdb") {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(self.file), self.source).unwrap();
        if self.compiler == "rustc" {
            let mut rustc = Command::new("rustc");
            rustc.current_dir(folder.path()).args(["-g", "--edition", "2024", "-o", "app", self.file]);
            assert!(rustc.status().unwrap().success());
        } else {
            compile(self.compiler, folder.path(), &["-o", "app", self.file], &[]);
        }
        Program::stopped(folder)
    }

    /// gdb's expression for the address of a name.
    fn address_of(&self, name: &str) -> String {
        if self.language == "rust" {
            format!("&({name}) as usize")
        } else {
            format!("(unsigned long)&({name})")
        }
    }
}

/// The address in an edit's report, and the new bytes.
#[track_caller]
fn edited(run: &Run) -> (u64, String) {
    let json = run.json();
    let edit = &json["edits"][0];
    assert!(edit.is_object(), "{run}");
    (number(&edit["location"]), edit["new"].as_str().unwrap().to_owned())
}

/// Checks that every verb resolves a name to these bytes.
fn agrees(program: &Program, name: &str, address: u64, size: u64, pointer: &str) {
    let json = |verb: &str, arguments: &[&str]| program.json(verb, arguments);
    let plain = &format!("{address:#x}");
    let range = &format!("{plain}..+{size}");
    assert_eq!(
        number(&json("where", &[name]).exits(0).json()["pieces"][0]["address"]),
        address,
        "{name}: where"
    );

    let bytes = |at: &str| json("read", &[at]).exits(0).json()["bytes"].as_str().unwrap().to_owned();
    let old = bytes(range);
    assert_eq!(bytes(name), old, "{name}: read");
    let new: String = (0..size).map(|_| "a5").collect();
    let dry =
        |verb: &str, arguments: &[&str]| edited(&json(verb, &[arguments, &["--dry-run"]].concat()).exits(0));
    assert_eq!(dry("write", &[name, &new]), (address, new.clone()), "{name}: write");
    assert_eq!(dry("fill", &[name, "a5"]), (address, new.clone()), "{name}: fill");
    // `&` makes a value that is not a variable.
    if !name.starts_with('&') {
        let value = json("print", &[name]).exits(0).json()["values"][0].clone();
        assert_eq!((number(&value["address"]), &value["size"]), (address, &size.into()), "{name}: print");
        let set = format!("{name}=hex:{new}");
        assert_eq!(dry("set", &[&set]), (address, new.clone()), "{name}: set");
    }
    let at_end = format!("{pointer}..+{size}");
    assert_eq!(dry("copy", &[&at_end, name]), (address, bytes(&at_end)), "{name}: copy to");
    assert_eq!(dry("copy", &[name, pointer]).1, old, "{name}: copy from");
    let written: u64 =
        dry("write", &[pointer, &format!("ptr:{name}")]).1.as_bytes().chunks(2).rev().fold(0, |all, two| {
            all << 8 | u64::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()
        });
    assert_eq!(written, address, "{name}: ptr");
    let found = json("find", &[&old, "--range", name]).exits(0).json();
    assert_eq!(number(&found["address"]), address, "{name}: find");

    let other = program.folder().join("other.core");
    let _ = std::fs::remove_file(&other);
    json("write", &[name, &new, "-o", other.to_str().unwrap()]).exits(0);
    let difference = json("diff", &[other.to_str().unwrap()]).exits(1).json()["memory"][0].clone();
    assert_eq!(number(&difference["address"]), address, "{name}: diff");
    let label = difference["symbol"].as_str().map(str::to_owned);
    if let Some(place) = &label {
        let meant = json("where", &[place]).exits(0).json();
        assert_eq!(number(&meant["pieces"][0]["address"]), address, "{name}: label {place}");
    }
}

/// Checks that every verb resolves each name as gdb does.
fn check(named: &Named) {
    let Some(program) = named.stopped() else { return };
    let places: Vec<String> = named.names.iter().map(|(_, gdb)| named.address_of(gdb)).collect();
    let sizes: Vec<String> = named.names.iter().map(|(_, gdb)| format!("sizeof({gdb})")).collect();
    let asked: Vec<&str> = places.iter().chain(&sizes).map(String::as_str).collect();
    let said: Vec<u64> =
        program.gdb_prints(named.language, &asked).iter().map(|answer| answer.parse().unwrap()).collect();
    let (places, sizes) = said.split_at(named.names.len());
    let end = program.json("regs", &["sp"]).exits(0).json()["registers"][0]["value"].clone();
    let end = format!("{:#x}", number(&end));
    for (((name, _), address), size) in named.names.iter().zip(places).zip(sizes) {
        agrees(&program, name, *address, *size, &end);
    }
}

#[test]
fn every_verb_means_by_a_name_in_c_what_gdb_means_by_it() {
    check(&C);
}

#[test]
fn every_verb_means_by_a_name_in_cpp_what_gdb_means_by_it() {
    check(&CPP);
}

#[test]
fn every_verb_means_by_a_name_in_rust_what_gdb_means_by_it() {
    check(&RUST);
}

#[test]
fn a_module_of_a_variables_name_comes_first_in_every_verb_and_says_so() {
    let Some(program) = C.stopped() else { return };
    let modules = program.json("modules", &[]).exits(0).json();
    let base = number(&modules[0]["base"]);
    let variable = program.address("app!app", &[]);
    let said = format!(
        "app is the module at {base:#x}, as is app+0; the symbol of that name is app!app, at {variable:#x}"
    );
    let zeros = "00".repeat(4);
    for (verb, arguments) in [
        ("where", &["app"][..]),
        ("where", &["app+4"]),
        ("read", &["app..+4"]),
        ("write", &["app", &zeros, "--dry-run"]),
        ("write", &["app+4", &zeros, "--dry-run"]),
        ("fill", &["app..+4", "00", "--dry-run"]),
        ("copy", &["nodes..+4", "app", "--dry-run"]),
        ("copy", &["app..+4", "nodes", "--dry-run"]),
        ("write", &["nodes", "ptr:app", "--dry-run"]),
        ("set", &["app.next=app", "--dry-run"]),
    ] {
        let json = program.json(verb, arguments).exits(0).json();
        assert_eq!(notice(&json, "module-first")["message"], said.as_str(), "{verb} {arguments:?}");
    }
    for (verb, arguments) in [
        ("where", &["app+0"][..]),
        ("write", &["app+0", "00", "--dry-run"]),
        ("write", &["&app", &zeros, "--dry-run"]),
    ] {
        let json = program.json(verb, arguments).exits(0).json();
        assert!(!notices(&json).contains(&"module-first"), "{verb} {arguments:?}");
    }
    // Only a variable has a type, and a value to print and to set.
    for (verb, text) in [("print", "app"), ("set", "app=1")] {
        let run = program.json(verb, &[text]);
        let message = run.is_error("module");
        assert_eq!(message, format!("app is the module at {base:#x}; the variable of that name is app!app"));
    }
    program.json("set", &["app!app.value=8", "app.value=8", "--dry-run"]).exits(0);
}
