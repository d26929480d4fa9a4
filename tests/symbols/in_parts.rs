//! Variables that a compiler stores in parts, or in another form than their type's.

use super::program::{Program, compile};
use crate::support::tools::{have, skip};

/// clang stores each used member of the static structs apart, and stores only whether `flag` was set.
const SOURCE: &str = r#"
static struct pair { int a, b; } half = {3, 4}, others[2] = {{1, 2}, {5, 6}};
static struct { int x; long y; char z[4]; } mixed = {5, 6, "abc"};
static int flag;
__attribute__((noinline)) int stops_here(int n) { __asm__ volatile(""); return n; }
__attribute__((noinline)) int work(int n) {
    half.a += n;
    others[1].b += n;
    if (n < 3) flag = 5;
    mixed.x += n;
    mixed.y *= n + 1;
    return half.a + half.b + others[1].b + flag + mixed.x + (int)mixed.y;
}
int main(int count, char **words) { return stops_here(work(count) + work(count)) == 0; }
"#;

fn optimised() -> Option<Program> {
    if !have("clang") || !have("gdb") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app.c"), SOURCE).unwrap();
    compile("clang", folder.path(), &["-o", "app", "app.c"], &["-O2"]);
    let program = Program::stopped(folder)?;
    let half = program.json("print", &["half"]).json();
    if half["values"][0]["parts"].is_null() {
        skip("this clang keeps the statics in one place");
        return None;
    }
    Some(program)
}

#[test]
fn what_is_kept_of_a_variable_in_parts_is_shown_and_set() {
    let Some(program) = optimised() else { return };
    let whole = ["half.a", "mixed.x", "mixed.y", "flag"];
    for (path, gdb) in whole.iter().zip(program.gdb_prints("c", &whole)) {
        assert_eq!(program.plain("print", &[path]).exits(0).text(), format!("{path} = {gdb}\n"));
    }
    let shown = program.plain("print", &["half", "mixed"]);
    assert!(shown.text().contains("half = {a = 5, b = <optimized out>}\n"), "{shown}");
    assert!(shown.text().contains(", z = <optimized out>}\n"), "{shown}");

    let [x, y] = ["mixed.x", "mixed.y"].map(|path| program.address(path, &[]));
    program.json("set", &["mixed.x=70", "mixed.y=-7", "half.a=71"]).exits(0);
    assert_eq!(program.gdb_prints("c", &whole)[..3], ["71", "70", "-7"]);
    for (path, address) in [("mixed.x", x), ("mixed.y", y)] {
        assert_eq!(program.address(&format!("&{path}"), &[]), address);
        program.json("write", &[path, "u32:9"]).exits(0);
    }
    assert_eq!(program.gdb_prints("c", &whole)[1..3], ["9", "-4294967287"]);
}

#[test]
fn of_a_part_that_has_no_place_every_verb_says_so() {
    let Some(program) = optimised() else { return };
    let before = std::fs::read(&program.core).unwrap();
    let [x, y] = ["mixed.x", "mixed.y"].map(|path| program.address(path, &[]));
    let in_parts = format!(
        "mixed is stored in several parts: bytes 0 to 3 are at {x:#x}, bytes 4 to 7 are optimised away, \
         bytes 8 to 15 are at {y:#x}, bytes 16 to 23 are optimised away"
    );
    for (verb, arguments, said) in [
        ("read", &["mixed"][..], in_parts.as_str()),
        ("where", &["mixed"], &in_parts),
        ("write", &["mixed", "00"], &in_parts),
        ("fill", &["mixed", "00"], &in_parts),
        ("write", &["half.b", "00"], "half.b has no location: the compiler optimised it away"),
        ("set", &["mixed.x=1", "half.b=1"], "half.b has no location: the compiler optimised it away"),
        ("read", &["flag"], "flag has no address: it is a value without a location"),
        ("write", &["flag", "00"], "flag has no address: it is a value without a location"),
        ("set", &["flag=1"], "flag has no address: it is a value without a location"),
    ] {
        assert_eq!(program.json(verb, arguments).is_error("symbol"), said, "{verb} {arguments:?}");
    }
    assert_eq!(std::fs::read(&program.core).unwrap(), before);
}
