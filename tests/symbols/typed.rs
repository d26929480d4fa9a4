//! Typed variables: `print` prints what gdb prints. After `set`, gdb prints the new value, and everything else is
//! unchanged.

use std::path::{Path, PathBuf};

use super::program::{Program, compile};
use crate::support::command::number;
use crate::support::tools::have;

/// The paths of the C program that are compared.
const C_PATHS: &[&str] = &[
    "counter",
    "hidden",
    "tiny",
    "letter",
    "u64",
    "big",
    "yes",
    "single",
    "extended",
    "color",
    "no_color",
    "more_flags",
    "wide_text",
    "const_point",
    "nodes",
    "head",
    "*head",
    "head->next->next->value",
    "head->next->name",
    "**head_pointer",
    "head_pointer",
    "bits",
    "bits.a",
    "bits.c",
    "packed_bits.c",
    "number",
    "number.halves.high",
    "outer",
    "outer.points[1].y",
    "&outer.points[1]",
    "outer.self->self->before",
    "outer.handler",
    "text",
    "utf8",
    "texts",
    "zeros",
    "nearly_zeros",
    "matrix[1]",
    "*array_pointer",
    "pointers",
    "thread_number",
    "flexible.items[1]",
    "'values.c'::hidden",
    "{int}&counter",
    "{short}&nodes[1].value",
    "{struct node}head",
    "({struct node}&nodes[1]).value",
    "((struct node *)head->next)->value",
    "*(struct node *)&nodes[1]",
    "(struct node *)head->next",
    "*(short *)&nodes[1].value",
    "nodes->value",
    "nodes->next->name",
    "stops_here",
    "*outer.handler",
];

const CPP_PATHS: &[&str] = &[
    "app::counter",
    "app::config",
    "app::config.limits[2]",
    "app::buried",
    "hidden_struct.x",
    "Box<int>::count",
    "nested_box.value.value",
    "derived",
    "derived.second_value",
    "*base_pointer",
    "diamond",
    "statics.shared",
    "reference",
    "bytes",
];

const RUST_PATHS: &[&str] = &[
    "values::NUMBER",
    "values::inner::DEEP.number",
    "values::TEXT",
    "values::POINT",
    "values::TUPLE.__0",
    "values::TUPLE.1",
    "values::COLOR",
    "values::NAMED",
    "values::SOME",
    "values::NUMBERS[2]",
    "values::SLICE",
    "values::NESTED",
    "values::MUTABLE",
];

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/dumpedit-symbols/tests/typed_paths/programs")
}

/// Builds one of the programs of the type tests, runs it and makes a core of it; `None` if a tool is missing.
pub(super) fn stopped(compiler: &str, source: &str, options: &[&str]) -> Option<Program> {
    if !have(compiler) || !have("gdb") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let source = sources().join(source);
    let source = source.to_str().unwrap();
    if compiler == "rustc" {
        let status = std::process::Command::new("rustc")
            .current_dir(folder.path())
            .args(["-g", "--crate-name", "values", "-o", "app", source])
            .args(options)
            .status();
        assert!(status.unwrap().success());
    } else {
        compile(compiler, folder.path(), &["-o", "app", source], options);
    }
    Program::stopped(folder)
}

/// The output of `print` for each path.
#[track_caller]
fn shown(program: &Program, paths: &[&str]) -> Vec<String> {
    let text = program.plain("print", paths).exits(0);
    let lines = text.text().lines().zip(paths).map(|(line, path)| {
        let value = line.strip_prefix(path).and_then(|line| line.strip_prefix(" = "));
        value.unwrap_or_else(|| panic!("{line}: {path}")).to_owned()
    });
    let lines: Vec<String> = lines.collect();
    assert_eq!(lines.len(), paths.len(), "{text}");
    lines
}

fn compare(program: &Program, language: &str, paths: &[&str]) {
    let expected = program.gdb_prints(language, paths);
    for ((path, ours), gdb) in paths.iter().zip(shown(program, paths)).zip(expected) {
        assert_eq!(ours, gdb, "{path}");
    }
}

#[test]
fn values_are_printed_as_gdb_prints_them() {
    for (compiler, options) in [("gcc", &["-pie", "-fPIE"][..]), ("clang", &["-no-pie", "-fno-pie"])] {
        let Some(program) = stopped(compiler, "values.c", options) else { return };
        compare(&program, "c", C_PATHS);
    }
    if let Some(program) = stopped("g++", "objects.cpp", &["-pie", "-fPIE"]) {
        compare(&program, "c++", CPP_PATHS);
    }
    if let Some(program) = stopped("rustc", "values.rs", &[]) {
        compare(&program, "rust", RUST_PATHS);
    }
}

#[test]
fn separate_debug_information_has_the_types_of_a_stripped_program() {
    if !have("objcopy") || !have("strip") {
        return;
    }
    let Some(program) = stopped("gcc", "values.c", &["-pie", "-fPIE"]) else { return };
    let paths = ["counter", "head->next->next->value", "outer.points[1].y", "bits"];
    let expected = shown(&program, &paths);
    program.tool("objcopy", &["--only-keep-debug", "app", "app.debug"]);
    program.tool("strip", &["-s", "app"]);
    let run = program.json("print", &["counter"]);
    let message = run.is_error("symbol");
    assert!(message.starts_with("no symbol is named 'counter'"), "{message}");
    assert!(run.json()["error"]["hint"].as_str().unwrap().contains("--symbols"));
    let folder = program.folder().to_str().unwrap().to_owned();
    let found = program.plain("print", &[&paths[..], &["--symbols", &folder]].concat()).exits(0);
    for (path, expected) in paths.iter().zip(expected) {
        assert!(found.text().contains(&format!("{path} = {expected}\n")), "{found}");
    }
}

#[test]
fn gdb_prints_the_new_values_and_everything_else_as_before() {
    let Some(program) = stopped("gcc", "values.c", &["-pie", "-fPIE"]) else { return };
    let before = std::fs::read(&program.core).unwrap();
    let old = program.gdb_prints("c", C_PATHS);
    let sets: &[(&str, &str, &str)] = &[
        ("counter", "-77", "-77"),
        ("hidden", "0xffffffff", "-1"),
        ("tiny", "-128", "-128 '\\200'"),
        ("letter", "'z'", "122 'z'"),
        ("yes", "false", "false"),
        ("single", "0.5", "0.5"),
        ("extended", "-1.1e4000", "-1.10000000000000000002e+4000"),
        ("twice", "1e300", "1.0000000000000001e+300"),
        ("infinite", "-inf", "-inf"),
        ("color", "BLUE", "BLUE"),
        ("more_flags", "WRITE|EXECUTE", ""),
        ("bits.a", "2", "2"),
        ("bits.c", "0x123456789", "4886718345"),
        ("packed_bits.c", "511", "511"),
        ("outer.points[1].y", "-9", "-9"),
        ("outer.self->before", "12", "12"),
        ("number.f", "2.75", "2.75"),
        ("text", "\"set\"", "\"set\", '\\000' <repeats 19 times>"),
        ("thread_number", "99", "99"),
        ("nodes[2].next", "&nodes[1]", ""),
        ("nodes[1].next", "head", ""),
        ("head", "nodes", ""),
        ("outer.handler", "stops_here", ""),
        ("pointers[1]", "ptr:&numbers+8", ""),
    ];
    let assignments: Vec<String> = sets.iter().map(|(path, value, _)| format!("{path}={value}")).collect();
    let assignments: Vec<&str> = assignments.iter().map(String::as_str).collect();
    let dry = program.json("set", &[&assignments[..], &["--dry-run"]].concat()).exits(0).json();
    assert_eq!(std::fs::read(&program.core).unwrap(), before);
    let json = program.json("set", &assignments).exits(0).json();
    assert_eq!(json["edits"], dry["edits"]);

    for (path, _, new) in sets.iter().filter(|(.., new)| !new.is_empty()) {
        assert_eq!(program.gdb_prints("c", &[path])[0], *new, "{path}");
    }
    for fact in [
        "more_flags == 6",
        "nodes[2].next == &nodes[1]",
        "nodes[1].next == &nodes[0]",
        "head == &nodes[0]",
        "outer.handler == stops_here",
        "pointers[1] == &numbers[2]",
        "bits.b == -9 && bits.d == 1 && bits.e == BLUE && bits.f == -33",
        "packed_bits.a == 100 && packed_bits.last == -2",
        "outer.points[1].x == 7 && outer.named.tag == 't'",
    ] {
        assert_eq!(program.gdb_prints("c", &[fact])[0], "1", "{fact}");
    }
    // No other byte of the file has changed.
    let after = std::fs::read(&program.core).unwrap();
    let told = |at: usize| {
        json["edits"].as_array().unwrap().iter().any(|edit| {
            let start = edit["file_offset"].as_u64().unwrap() as usize;
            (start..start + edit["length"].as_u64().unwrap() as usize).contains(&at)
        })
    };
    let changed = (0..before.len()).filter(|at| before[*at] != after[*at]);
    assert_eq!(before.len(), after.len());
    assert!(changed.clone().count() > 30 && changed.clone().all(told));
    compare(&program, "c", C_PATHS);

    program.json("undo", &[]).exits(0);
    assert_eq!(std::fs::read(&program.core).unwrap(), before);
    assert_eq!(program.gdb_prints("c", C_PATHS), old);
}

#[test]
fn a_value_that_is_not_the_expected_one_changes_nothing() {
    let Some(program) = stopped("gcc", "values.c", &["-pie", "-fPIE"]) else { return };
    let before = std::fs::read(&program.core).unwrap();
    let set = |arguments: &[&str]| program.json("set", arguments);
    let message = set(&["counter=1", "bits.a=1", "--expect", "bits.a=4"]).is_error("expect");
    assert!(message.starts_with("expected 4 at bits.a but found 5 (file offset 0x"), "{message}");
    for (assignment, said) in [
        ("small=256", "256 does not fit into small: unsigned char of 8 bits can store 0 to 255"),
        ("bits.a=8", "8 does not fit into bits.a: unsigned int of 3 bits can store 0 to 7"),
        (
            "color=PURPLE",
            "PURPLE does not fit into color: it has no value PURPLE; its values are RED, GREEN, BLUE",
        ),
        ("point=1", "1 does not fit into point: it is a struct: write its members one by one"),
        (
            "head=counter",
            "counter does not fit into head: counter is not a pointer, and &counter is its address",
        ),
        (
            "full=\"too long\"",
            "\"too long\" does not fit into full: it has 8 characters, and the array has room for 4",
        ),
        ("counter=hex:00", "hex:00 does not fit into counter: it has 1 bytes, and there is room for 4"),
    ] {
        assert_eq!(set(&[assignment]).is_error("value"), said);
    }
    for (assignment, said) in [
        ("outer.nothing=1", "outer has no member nothing"),
        ("nodes[3].value=1", "nodes has the indices 0 to 2, not 3"),
        ("nodes[2].next->value=1", "nodes[2].next is a null pointer"),
        ("nowhere[1]=1", "no symbol is named 'nowhere'"),
        ("main[1]=1", "main is neither an array nor a pointer: it is of type int (int, char **)"),
    ] {
        let message = set(&[assignment]).is_error("symbol");
        assert!(message.starts_with(said), "{message}");
    }
    let run = set(&["counterr=7"]);
    run.is_error("symbol");
    assert!(run.json()["error"]["hint"].as_str().unwrap().starts_with("did you mean counter?"));
    // Registers come first, so the error is about a register.
    set(&["raxx=7"]).is_error("register");
    assert_eq!(std::fs::read(&program.core).unwrap(), before);
    set(&["counter=1", "bits.a=1", "--expect", "bits.a=5", "--expect", "app!counter=42"]).exits(0);
    assert_eq!(shown(&program, &["counter", "bits.a", "bits.b"]), ["1", "1", "-9"]);
}

#[test]
fn a_path_is_a_place_wherever_one_is_written() {
    let Some(program) = stopped("gcc", "values.c", &["-pie", "-fPIE"]) else { return };
    let nodes = program.address("nodes", &[]);
    for (place, behind) in [
        ("nodes[1].next", 24),
        ("&nodes[1].next", 24),
        ("head->next->value", 40),
        ("*head->next", 24),
        ("(*head).name", 8),
        ("nodes[1].name+2", 34),
        ("app!nodes[2].name-8", 48),
        ("{app!struct node}0x0", 0),
    ] {
        let place = place.replace("}0x0", &format!("}}{nodes:#x}"));
        assert_eq!(program.address(&place, &[]), nodes + behind, "{place}");
    }
    let read = |arguments: &[&str]| program.json("read", arguments).exits(0).json();
    for (range, length) in [
        ("nodes", 72),
        ("nodes[1]", 24),
        ("*head", 24),
        ("outer.points[1].y", 4),
        ("outer.text", 16),
        ("outer.text+4", 12),
        ("nodes[1].next..+3", 3),
        ("nodes[1]..nodes[2].name", 32),
    ] {
        assert_eq!(read(&[range])["requested"], length, "{range}");
    }
    assert_eq!(read(&["counter", "--as", "i32"])["values"][0], "42");
    assert_eq!(read(&["[nodes[0].next]", "--as", "ptr"])["requested"], 8);
    let found = program.json("find", &["ptr:&nodes[2]", "--range", "nodes"]).exits(0).json();
    assert_eq!(number(&found["address"]), nodes + 24);
    assert_eq!(
        program.json("read", &["bits.a"]).is_error("symbol"),
        "bits.a has no address: it is a bit field"
    );

    program.json("write", &["nodes[1].next", "ptr:&nodes[0]"]).exits(0);
    let message = program.json("write", &["nodes[1].next", "u64:1", "u8:2"]).is_error("value");
    assert_eq!(message, "9 bytes do not fit into nodes[1].next, which has room for 8");
    // A place with an offset has no type: it is memory.
    program.json("write", &["nodes+16", "u64:1", "u64:2"]).exits(0);
    program.json("undo", &[]).exits(0);
    program.json("fill", &["outer.text", "str:ab"]).exits(0);
    program.json("fill", &["padded", "00"]).exits(0);
    program.json("copy", &["nodes[0]", "nodes[2]"]).exits(0);
    program.json("set", &["rip=*function", "rbx=nodes[1].value", "rcx=ptr:*head_pointer"]).exits(0);
    let script = program.folder().join("script");
    std::fs::write(
        &script,
        "set 'outer.points[0].x=77' head=&nodes[2] --expect outer.points[0].x=5\n\
         write head->name ptr:&utf8 --expect ptr:[nodes[0].name]\n\
         set numbers[1]=-1 'empty_text=\"it is\"' bits.e=RED\n",
    )
    .unwrap();
    program.json("apply", &[script.to_str().unwrap()]).exits(0);
    for fact in [
        "nodes[1].next == &nodes[0]",
        "outer.text[14] == 'a' && outer.text[15] == 'b' && outer.raw[0] == 1",
        "padded[0] == 0 && padded[39] == 0",
        "nodes[2].value == 1 && nodes[2].next == &nodes[1]",
        "$rip == handle && $rbx == &nodes[1].value && $rcx == &head",
        "outer.points[0].x == 77",
        "head == &nodes[2]",
        "nodes[2].name == &utf8[0]",
        "numbers[1] == -1 && empty_text[6] == 0 && empty_text[4] == 's' && bits.e == RED && bits.a == 5",
    ] {
        assert_eq!(program.gdb_prints("c", &[fact])[0], "1", "{fact}");
    }
}

#[test]
fn what_is_not_captured_is_said_and_makes_the_rest_a_part() {
    let Some(program) = stopped("gcc", "values.c", &["-pie", "-fPIE"]) else { return };
    // The end of the captured memory of the program's variables.
    let inside = program.address("many", &[]);
    let regions = program.json("regions", &[]).exits(0).json();
    let mut end = inside;
    for region in regions.as_array().unwrap() {
        let start = number(&region["start"]);
        let behind = start + region["captured"].as_u64().unwrap();
        end = if (start..behind).contains(&end) { behind } else { end };
    }
    let path = format!("{{app!struct point}}{:#x}", end - 4);
    let run = program.plain("print", &[&path, "counter"]);
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(run.text(), format!("{path} = {{x = 0, y = <not captured>}}\ncounter = 42\n"));
    assert!(
        run.stderr
            .contains(&format!("4 bytes of {{app!point}}{:#x} from {end:#x} on are not captured", end - 4)),
        "{run}"
    );
    let json = program.json("print", &[&path]).exits(1).json();
    assert_eq!(json["values"][0]["not_captured"][0]["size"], 4);
    assert_eq!(number(&json["values"][0]["not_captured"][0]["start"]), end);
    program.json("print", &[&format!("*({{app!struct node*}}{:#x})", end - 4)]).is_error("not-captured");
    // A value is set as a whole or not at all.
    let before = std::fs::read(&program.core).unwrap();
    program.json("set", &[&format!("{path}=hex:0102030405060708")]).is_error("unmapped");
    assert_eq!(std::fs::read(&program.core).unwrap(), before);
}

#[test]
fn values_and_types_are_told_in_json() {
    let Some(program) = stopped("gcc", "values.c", &["-pie", "-fPIE"]) else { return };
    let json = program.json("print", &["nodes[1]", "bits.e", "zeros", "letter"]).exits(0).json();
    let values = json["values"].as_array().unwrap();
    assert_eq!(values[0]["type"], "struct node");
    assert_eq!(values[0]["size"], 24);
    assert_eq!(number(&values[0]["address"]), program.address("nodes[1]", &[]));
    let members = values[0]["value"]["members"].as_array().unwrap();
    assert_eq!(members[0]["name"], "next");
    assert_eq!(members[0]["symbol"], "nodes+0x30");
    assert_eq!((&members[1]["kind"], &members[1]["text"]), (&"pointer".into(), &"second".into()));
    assert_eq!((&members[2]["kind"], &members[2]["value"]), (&"integer".into(), &"2".into()));
    assert_eq!((&values[1]["bits"], &values[1]["value"]["shown"]), (&4.into(), &"BLUE".into()));
    assert_eq!(values[2]["value"]["elements"][0]["repeats"], 20);
    assert_eq!(values[3]["value"]["shown"], "'A'");

    let json = program.json("print", &["bits", "--type"]).exits(0).json();
    let members = json["types"][0]["members"].as_array().unwrap();
    assert_eq!(json["types"][0]["size"], 16);
    assert_eq!((&members[2]["name"], &members[2]["bits"]), (&"c".into(), &40.into()));
    let text = program.plain("print", &["nodes[1]", "--type"]).exits(0);
    assert!(text.text().starts_with("nodes[1]: struct node, 24 bytes\n"), "{text}");
    assert!(text.text().contains("0x8         8  const char *name\n"), "{text}");
}

#[test]
fn the_type_of_a_pointer_an_array_and_an_enum_has_what_they_lead_to_and_their_values() {
    let Some(program) = stopped("gcc", "values.c", &["-pie", "-fPIE"]) else { return };
    for (path, header) in [
        (
            "head",
            "head: struct node *, 8 bytes\n  struct node, 24 bytes\n       0x0         8  struct node *next\n",
        ),
        (
            "nodes",
            "nodes: struct node [3], 72 bytes\n  struct node, 24 bytes\n       0x0         8  struct node *next\n",
        ),
        ("point_t", "point_t: point_t, 8 bytes\n  struct point, 8 bytes\n       0x0         4  int x\n"),
        ("color", "color: enum color, 4 bytes\n                   0  RED\n                   5  GREEN\n"),
    ] {
        let text = program.plain("print", &[path, "--type"]).exits(0);
        assert!(text.text().starts_with(header), "{text}");
    }
}

/// Two files that each have a static variable of the same name in a namespace. Only debug information distinguishes
/// them.
const FIRST: &str = "namespace { struct { int level; } settings = { 3 }; } extern int other(); extern \"C\" void stops_here() {}
    int main() { stops_here(); return settings.level + other(); }";
const SECOND: &str =
    "namespace { struct { int level; } settings = { 4 }; } int other() { return settings.level++; }";

#[test]
fn several_variables_of_one_name_are_an_error_that_lists_them() {
    if !have("g++") || !have("gdb") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("first.cpp", FIRST), ("second.cpp", SECOND)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    compile("g++", folder.path(), &["-o", "app", "first.cpp", "second.cpp"], &[]);
    let Some(program) = Program::stopped(folder) else { return };
    let run = program.json("print", &["(anonymous namespace)::settings.level"]);
    let message = run.is_error("symbol");
    for candidate in
        ["first.cpp", "second.cpp"].map(|file| format!("app!'{file}'::(anonymous namespace)::settings"))
    {
        assert!(message.contains(&format!("{candidate} at 0x")), "{message}");
        program.json("print", &[&candidate]).exits(0);
    }
    let of = |file: &str| shown(&program, &[&format!("'{file}.cpp'::settings.level")]).remove(0);
    assert_eq!((of("first"), of("second")), ("3".to_owned(), "4".to_owned()));
    program.json("set", &["'second.cpp'::settings.level=8"]).exits(0);
    assert_eq!((of("first"), of("second")), ("3".to_owned(), "8".to_owned()));
}

#[test]
fn without_symbols_a_path_says_so() {
    let Some(program) = stopped("gcc", "values.c", &["-pie", "-fPIE"]) else { return };
    let message = program.json("print", &["counter", "--no-symbols"]).is_error("symbol");
    assert_eq!(message, "'counter' is neither a register nor a field, and symbols are off");
    program.json("set", &["counter=1", "--no-symbols"]).is_error("register");
    program.json("read", &["nodes[1]", "--no-symbols"]).is_error("module");
}

#[test]
fn paths_that_lead_nowhere_do_not_hide_the_others() {
    let Some(program) = stopped("gcc", "values.c", &["-pie", "-fPIE"]) else { return };
    let run = program.plain("print", &["counter", "nothing", "head->none", "letter"]).exits(1);
    assert!(run.text().starts_with("counter = ") && run.text().contains("\nletter = "), "{run}");
    for told in
        ["dumpedit: nothing: no symbol is named 'nothing'", "dumpedit: head->none: head has no member none"]
    {
        assert!(run.stderr.contains(told), "{run}");
    }
    let json = program.json("print", &["nothing", "counter"]).exits(1).json();
    assert_eq!(
        (&json["values"][0]["path"], &json["values"][0]["error"]["kind"]),
        (&"nothing".into(), &"symbol".into())
    );
    assert_eq!(json["values"][1]["path"], "counter");
    program.json("print", &["nothing", "none"]).is_error("symbol");
    let json =
        program.json("print", &["--type", "counter", "app!node", "int", "app!node*", "none"]).exits(1).json();
    let named = |at: usize| (json["types"][at]["type"].as_str(), json["types"][at]["size"].as_u64());
    assert_eq!(named(1), (Some("struct node"), Some(24)));
    assert_eq!(named(2), (Some("int"), Some(4)));
    assert_eq!(named(3).1, Some(8));
    assert_eq!(json["types"][4]["error"]["kind"], "symbol");
}

#[test]
fn what_has_no_type_is_never_shown_as_nothing() {
    if !have("gcc") || !have("gdb") {
        return;
    }
    let source = "#include <stdlib.h>\nint counter = 5; void *anything = &counter; void stops_here(void) {} \
                  int main(void) { stops_here(); return counter; }";
    for (options, path, told) in
        [(&["-g1"][..], "counter", "the type of counter, at 0x"), (&["-g"], "*anything", "*anything, at 0x")]
    {
        let Some(folder) = Program::build("gcc", source, options) else { return };
        let Some(program) = Program::stopped(folder) else { return };
        let message = program.json("print", &[path]).is_error("symbol");
        assert!(message.contains(told), "{message}");
    }
}

#[test]
fn several_variables_of_a_name_are_told_by_their_source_files() {
    if !have("gcc") || !have("gdb") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let main = "static int own_twice = 3; int other(void); void stops_here(void) {}\
                int main(void) { stops_here(); return own_twice + other(); }";
    std::fs::write(folder.path().join("first.c"), main).unwrap();
    std::fs::write(
        folder.path().join("second.c"),
        "static int own_twice = 4; int other(void) { return own_twice; }",
    )
    .unwrap();
    compile("gcc", folder.path(), &["-o", "app", "first.c", "second.c"], &[]);
    let Some(program) = Program::stopped(folder) else { return };
    let run = program.json("print", &["own_twice"]);
    let message = run.is_error("symbol");
    assert!(
        message.contains("app!'first.c'::own_twice at 0x")
            && message.contains("app!'second.c'::own_twice at 0x"),
        "{message}"
    );
    for path in
        ["'second.c'::own_twice", "'second.c'!own_twice", "second.c!own_twice", "app!'second.c'::own_twice"]
    {
        assert_eq!(shown(&program, &[path]), ["4"]);
        program.json("set", &[&format!("{path}=4")]).exits(0);
        assert_eq!(program.json("read", &[path, "--as", "i32"]).exits(0).json()["values"][0], "4");
    }
    for (verb, path) in
        [("print", "third.c!own_twice"), ("read", "third.c!own_twice"), ("write", "'third.c'::own_twice")]
    {
        let values: &[&str] = if verb == "write" { &["i32:1"] } else { &[] };
        let message = program.json(verb, &[&[path], values].concat()).is_error("symbol");
        assert!(
            message.starts_with(
                "'third.c' has no 'own_twice'; the name is defined elsewhere: app!'first.c'::own_twice at 0x"
            ),
            "{message}"
        );
    }
}

#[test]
fn statics_of_rust_without_mangling_have_their_types_under_both_names() {
    if !have("rustc") || !have("gdb") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let source = "#[unsafe(no_mangle)] pub static mut OWN_PLAIN: (u8, i32) = (1, 7);\
        #[unsafe(no_mangle)] pub extern \"C\" fn stops_here() {}\
        fn main() { stops_here(); let own = std::ptr::addr_of!(OWN_PLAIN); println!(\"{}\", unsafe { (*own).1 }); }";
    std::fs::write(folder.path().join("own.rs"), source).unwrap();
    let status = std::process::Command::new("rustc")
        .current_dir(folder.path())
        .args(["-g", "--edition", "2024", "--crate-name", "own", "-o", "app", "own.rs"])
        .status();
    assert!(status.unwrap().success());
    let Some(program) = Program::stopped(folder) else { return };
    assert_eq!(shown(&program, &["OWN_PLAIN.1", "own::OWN_PLAIN.1", "OWN_PLAIN"]), ["7", "7", "(1, 7)"]);
}

#[test]
fn the_address_of_what_has_no_type_is_printed() {
    let source = "int counter = 5; void stops_here(void) {} int main(void) { stops_here(); return counter; }";
    let Some(folder) = Program::build("gcc", source, &["-g0"]) else { return };
    let Some(program) = Program::stopped(folder) else { return };
    let address = program.address("counter", &[]);
    let text = program.plain("print", &["&counter"]).exits(0);
    assert!(text.text().starts_with(&format!("&counter = (void *) {address:#x}")), "{text}");
}

#[test]
fn of_a_file_without_the_variable_it_is_said_that_another_has_it() {
    let Some(program) = stopped("gcc", "values.c", &["-pie", "-fPIE"]) else { return };
    let message = program.json("print", &["'other.c'::counter"]).is_error("symbol");
    let address = program.address("counter", &[]);
    assert_eq!(
        message,
        format!("'other.c' has no 'counter'; the name is defined elsewhere: app!counter at {address:#x}")
    );
}

#[test]
fn a_struct_that_only_a_library_defines_has_its_members() {
    if !have("gcc") || !have("gdb") {
        return;
    }
    let built = |of_library: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let library = "struct own_state { int level; struct own_state *next; };\
            static struct own_state last = { 8, 0 }, first = { 7, &last }; struct own_state *make(void) { return &first; }";
        let main = "struct own_state; struct own_state *own_made; struct own_state *make(void); void stops_here(void) {}\
            int main(void) { own_made = make(); stops_here(); return 0; }";
        std::fs::write(folder.path().join("library.c"), library).unwrap();
        std::fs::write(folder.path().join("app.c"), main).unwrap();
        let options = [&["-shared", "-fPIC"], of_library].concat();
        compile("gcc", folder.path(), &["-o", "libown.so", "library.c"], &options);
        compile("gcc", folder.path(), &["-o", "app", "app.c"], &["-L.", "-lown", "-Wl,-rpath,$ORIGIN"]);
        Program::stopped(folder)
    };
    let paths = [
        "own_made->level",
        "*own_made",
        "own_made->next->level",
        "own_made[0].level",
        "(*own_made).next->level",
    ];
    let Some(program) = built(&[]) else { return };
    compare(&program, "c", &paths);
    program.json("set", &["own_made->next->level=9"]).exits(0);
    assert_eq!(program.gdb("own_made->next->level"), "9");
    let Some(program) = built(&["-g0"]) else { return };
    let message = program.json("print", &["own_made->level"]).is_error("symbol");
    assert_eq!(
        message,
        "struct own_state is only declared in app, and no available debug information defines it"
    );
}

/// Types with arguments that a program does not write, and constants of templates.
const TEMPLATES: &str = "#include <vector>\n#include <map>\n#include <string>\n
    std::vector<int> numbers{1, 2, 3}; std::map<std::string, int> ages;
    template <class T> struct Box { static int count; }; template <class T> int Box<T>::count = 4; template struct Box<std::vector<long>>;
    template <class T> constexpr int width = sizeof(T); template <class T> const int more = sizeof(T) + 1;
    const int *used[] = {&width<long>, &more<short>, &width<char>};
    extern \"C\" void stops_here() {} int main() { stops_here(); return *used[0] + ages.size(); }";

#[test]
fn arguments_that_templates_have_by_default_may_be_left_out() {
    for compiler in ["g++", "clang++"] {
        if !have(compiler) || !have("gdb") {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("app.cpp"), TEMPLATES).unwrap();
        compile(compiler, folder.path(), &["-o", "app", "app.cpp"], &["-std=c++17"]);
        let Some(program) = Program::stopped(folder) else { return };
        let size = |path: &str| {
            let json = program.json("print", &["--type", path]).exits(0).json();
            json["types"][0]["size"].as_u64()
        };
        for (short, whole) in [
            ("std::vector<int>", "std::vector<int, std::allocator<int> >"),
            (
                "std::map<std::__cxx11::basic_string<char>, int>",
                "std::map<std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >, int, \
                 std::less<std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> > >, \
                 std::allocator<std::pair<std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> > const, int> > >",
            ),
        ] {
            assert_eq!(size(short), size(whole), "{compiler}");
            assert!(size(short).is_some_and(|size| size > 8), "{compiler} {short}");
        }
        let shown = shown(
            &program,
            &[
                "({std::vector<int>}&numbers)._M_impl._M_start[1]",
                "Box<std::vector<long>>::count",
                "width<long>",
                "more<short>",
                "width<char>",
            ],
        );
        assert_eq!(shown, ["2", "4", "8", "3", "1"], "{compiler}");
        // Each candidate can be typed as it is listed.
        let message = program.json("print", &["width"]).is_error("symbol");
        for name in ["app!width<long>", "app!width<char>"] {
            assert!(message.contains(&format!("{name} at 0x")), "{compiler}: {message}");
            program.json("print", &[name]).exits(0);
        }
        program.json("print", &["--type", "std::vector<short>"]).is_error("symbol");
    }
}

#[test]
fn an_array_without_a_length_is_a_text_as_far_as_its_zero() {
    let source = "#include <stdlib.h>\n#include <string.h>\nstruct flexible { int count; char tail[]; }; struct none { int count; int all[]; };\
        union either { int number; float ratio; } own_either;\
        struct flexible *own_flexible; struct none *own_none; void stops_here(void) {}\
        int main(void) { own_flexible = calloc(1, 32); own_none = calloc(1, 32); strcpy(own_flexible->tail, \"abc\");\
        own_flexible->tail[4] = 'z'; stops_here(); return own_either.number; }";
    let source = source.replace("\\n", "\n");
    let Some(folder) = Program::build("gcc", &source, &["-O0"]) else { return };
    let Some(program) = Program::stopped(folder) else { return };
    for path in ["own_flexible->tail", "*own_flexible", "own_none->all"] {
        let text = program.plain("print", &[path]).exits(0);
        assert_eq!(text.text(), format!("{path} = {}\n", program.gdb(path)));
    }
    let told = |argument: &str| program.json("set", &[argument]).is_error("value");
    assert!(told("own_flexible.tail=\"abcd\"").contains("own_flexible.tail"));
    assert!(told("own_none.all=\"a\"").contains("write its elements one by one"));
    assert!(told("own_either=5").contains("it is a union"));
    program.json("set", &["own_flexible.tail=\"a\""]).exits(0);
    assert!(program.gdb("own_flexible->tail").ends_with(" \"a\""));
    assert_eq!(program.gdb("own_flexible->tail[4]"), "122 'z'");
}
