//! Variables of a Windows program by the types in its PDB, in a minidump made from the program's own sections.

use std::path::Path;

use super::windows_program::{Image, json, link, shown as shown_with, synthesize};
use crate::support::tools::have;

/// Builds the program of the PDB tests, and a minidump of the loaded program.
pub(super) fn made() -> Option<tempfile::TempDir> {
    if !have("clang") || !have("lld-link") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let programs =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/dumpedit-symbols/tests/other_sources/programs");
    let options = ["-fno-exceptions", "-fno-rtti"];
    link(folder.path(), "x86_64-pc-windows-msvc", &programs.join("windows.cc"), &options);
    let image = Image::read(&folder.path().join("app.exe"));
    let threads = format!("{{tid: 1, registers: {{rip: {:#x}}}}}", image.base());
    synthesize(folder.path(), &image.spec(folder.path(), "amd64", &threads, &[]));
    std::fs::remove_file(folder.path().join("app.exe")).unwrap();
    Some(folder)
}

fn shown(folder: &Path, path: &str) -> String {
    shown_with(folder, path, &[])
}

#[test]
fn values_are_printed_and_set_by_the_types_of_a_pdb() {
    let Some(folder) = made() else { return };
    let folder = folder.path();
    // The values in windows.cc.
    for (path, value) in [
        ("counter", "42"),
        ("app!counter", "42"),
        ("exported_data", "6"),
        ("hidden", "1"),
        ("ns::Point::count", "3"),
        ("ns::limits", "{1, 2, 3, 4}"),
        ("ns::limits[2]", "3"),
        ("ns::nodes[0].on", "true"),
        ("ns::nodes[1].next->on", "true"),
        ("ns::nodes[0].letters[0]", "97 L'a'"),
        ("ns::wide", "120 u'x'"),
        ("ns::only_here::calls", "5"),
        ("ns::point.color", "ns::Red"),
        ("spot->x", "0"),
        ("'windows.cc'::hidden", "1"),
        ("'windows.cc'!ns::limits[2]", "3"),
        ("windows.cc!counter", "42"),
        ("app!'windows.cc'::ns::only_here::calls", "5"),
    ] {
        assert_eq!(shown(folder, path), value, "{path}");
    }
    let message = json(folder, "print", &["'other.cc'::counter"]).is_error("symbol");
    assert!(
        message
            .starts_with("'other.cc' has no 'counter'; the name is defined elsewhere: app.exe!counter at 0x"),
        "{message}"
    );
    let before = std::fs::read(folder.join("app.dmp")).unwrap();
    let sets = [
        ("counter", "-5", "-5"),
        ("spot->x", "7", "7"),
        ("ns::point.kind", "29", "29"),
        ("ns::point.color", "Green", "ns::Green"),
        ("ns::point.matrix[2][4]", "1.5", "1.5"),
        ("ns::nodes[1].letters", "\"abc\"", "L\"abc\""),
        ("ns::nodes[0].on", "false", "false"),
        ("ns::limits[3]", "0x7fffffff", "2147483647"),
    ];
    for (path, value, new) in sets {
        json(folder, "set", &[&format!("{path}={value}")]).exits(0);
        assert_eq!(shown(folder, path), new, "{path}");
    }
    // The neighbours of a bit field stay as they are.
    assert_eq!((shown(folder, "ns::point.flag"), shown(folder, "ns::point.wide")), ("0".into(), "0".into()));
    json(folder, "set", &["ns::nodes[0].next=&ns::nodes[1]", "--expect", "ns::nodes[0].next=NULL"]).exits(0);
    assert!(shown(folder, "ns::nodes[0].next").contains("nodes"), "{}", shown(folder, "ns::nodes[0].next"));
    assert_eq!(json(folder, "read", &["ns::nodes[1]"]).exits(0).json()["requested"], 40);
    assert_eq!(json(folder, "read", &["counter"]).exits(0).json()["requested"], 4);
    json(folder, "set", &["ns::point.kind=32"]).is_error("value");
    for _ in 0..=sets.len() {
        json(folder, "undo", &[]).exits(0);
    }
    assert_eq!(std::fs::read(folder.join("app.dmp")).unwrap(), before);
}

#[test]
fn functions_of_one_source_file_are_names_and_labels() {
    let Some(folder) = made() else { return };
    let folder = folder.path();
    let address = |at: &str| {
        let run = json(folder, "where", &[at]);
        crate::support::command::number(&run.exits(0).json()["pieces"][0]["address"])
    };
    // This function is static. The file has two others called `ns::add`, with other parameters.
    let only_here = address("ns::only_here");
    for name in ["app!ns::only_here", "'windows.cc'::ns::only_here", "windows.cc!ns::only_here"] {
        assert_eq!(address(name), only_here, "{name}");
    }
    assert_eq!(address("ns::only_here+3"), only_here + 3);
    let label = json(folder, "read", &[&format!("{:#x}", only_here + 3)]).exits(0).json();
    assert_eq!(label["symbol"], "app.exe!ns::only_here+0x3");
    let message = json(folder, "where", &["'other.cc'::ns::only_here"]).is_error("symbol");
    assert!(
        message.starts_with("'other.cc' has no 'ns::only_here'; the name is defined elsewhere: "),
        "{message}"
    );
    assert_ne!(address("ns::add(int,int)"), address("ns::add(double, ns::Box<int>*)"));
    assert!(
        shown(folder, "ns::only_here").starts_with("{int (int)} 0x"),
        "{}",
        shown(folder, "ns::only_here")
    );
}

#[test]
fn statics_of_overloads_are_listed_and_typed_with_the_parameters_of_their_functions() {
    const SOURCE: &str = r#"
namespace app {
int overload(int x) { static int c = 1; return c += x; }
int overload(char x) { static int c = 2; return c += x; }
static int own(int x) { static int c = 3; return c += x; }
static int own(const char *x) { static int c = 4; return c += *x; }
inline int shared(int x) { static int c = 5; return c += x; }
inline int shared(char x) { static int c = 6; return c += x; }
struct S { int get(int x) { static int c = 7; return c += x; } int get(const S *x) { static int c = 8; return c += x != 0; } };
}
extern "C" int entry() {
    app::S s;
    return app::overload(1) + app::overload('a') + app::own(1) + app::own("a") + app::shared(1) + app::shared('a') + s.get(1) + s.get(&s);
}
"#;
    if !have("clang") || !have("lld-link") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (folder, source) = (folder.path(), folder.path().join("app.cc"));
    std::fs::write(&source, SOURCE).unwrap();
    link(folder, "x86_64-pc-windows-msvc", &source, &["-fno-exceptions", "-fno-rtti"]);
    let image = Image::read(&folder.join("app.exe"));
    synthesize(folder, &image.spec(folder, "amd64", "{tid: 1}", &[]));
    for (name, candidates) in [
        ("app::overload::c", [("app::overload(int)::c", "1"), ("app::overload(char)::c", "2")]),
        ("app::own::c", [("app::own(int)::c", "3"), ("app::own(const char *)::c", "4")]),
        ("app::shared::c", [("app::shared(int)::c", "5"), ("app::shared(char)::c", "6")]),
        ("app::S::get::c", [("app::S::get(int)::c", "7"), ("app::S::get(app::S const *)::c", "8")]),
    ] {
        let message = json(folder, "where", &[name]).is_error("symbol");
        for (path, value) in candidates {
            assert!(message.contains(&format!("app.exe!{path} at 0x")), "{message}");
            for path in [path.to_owned(), format!("app.exe!{path}")] {
                assert_eq!(shown(folder, &path), value, "{path}");
                json(folder, "set", &[&format!("{path}=10{value}")]).exits(0);
                json(folder, "write", &[&path, &format!("u32:{value}")]).is_full(4);
                assert_eq!(shown(folder, &path), value, "{path}");
            }
        }
    }
    assert_eq!(shown(folder, "app::own(char const*)::c"), "4");
    // The file is named by its whole path, or by the last parts of it.
    let whole = source.canonicalize().unwrap();
    let whole = whole.to_str().unwrap();
    for file in [whole, "app.cc", &whole.replace('/', "\\"), whole.trim_start_matches('/')] {
        assert_eq!(shown(folder, &format!("'{file}'::app::overload(char)::c")), "2", "{file}");
    }
    let message = json(folder, "print", &["'/app.cc'::app::overload(char)::c"]).is_error("symbol");
    assert!(message.starts_with("'/app.cc' has no "), "{message}");
    json(folder, "print", &["app::overload(long)::c"]).is_error("symbol");
}

/// Gives the module in a folder's dump the id of another build.
fn of_another_build(folder: &Path) {
    let dump = folder.join("app.dmp");
    let mut bytes = std::fs::read(&dump).unwrap();
    let at = bytes.windows(4).position(|bytes| bytes == b"RSDS").unwrap();
    bytes[at + 4] ^= 1;
    std::fs::write(&dump, bytes).unwrap();
}

#[test]
fn a_pdb_of_another_build_is_refused() {
    let Some(folder) = made() else { return };
    let folder = folder.path();
    of_another_build(folder);
    let run = json(folder, "print", &["ns::limits[2]"]);
    let message = run.is_error("symbol");
    assert!(message.contains("app.pdb is of a different build"), "{message}");
    assert!(run.json()["error"]["hint"].as_str().unwrap().contains("--trust-symbols"));
    let json = json(folder, "print", &["ns::limits[2]", "--trust-symbols"]).exits(0).json();
    assert_eq!(json["values"][0]["value"]["value"], "3");
    assert_eq!(json["notices"][0]["kind"], "symbols-trusted");
}

/// Builds a program from source files, of which the first has `entry`, and makes a minidump of it.
fn linked(target: &str, machine: &str, sources: &[(&str, &str)]) -> Option<tempfile::TempDir> {
    if !have("clang") || !have("lld-link") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in sources {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let ((first, _), others) = sources.split_first().unwrap();
    let others: Vec<&str> = others.iter().map(|(name, _)| *name).collect();
    link(folder.path(), target, &folder.path().join(first), &others);
    let image = Image::read(&folder.path().join("app.exe"));
    synthesize(folder.path(), &image.spec(folder.path(), machine, "{tid: 1}", &[]));
    Some(folder)
}

#[test]
fn a_declared_type_that_object_files_define_differently_is_never_guessed() {
    const FIRST: &str = "struct S { int a; int b; }; struct Same { struct Same *next; int value; };
        struct S first = {1, 2}; struct S *to_first = &first; struct Same same = {&same, 3};
        extern int second_of(void); int entry(void) { return first.a + same.value + second_of(); }";
    const SECOND: &str = "struct S { char pad[16]; int b; }; struct Same { struct Same *next; int value; };
        struct S second = {\"pad\", 7}; struct S *to_second = &second; struct Same other = {&other, 4};
        int second_of(void) { return to_second->b + other.next->value; }";
    let sources = [("first.c", FIRST), ("second.c", SECOND)];
    let Some(folder) = linked("x86_64-pc-windows-msvc", "amd64", &sources) else { return };
    let folder = folder.path();
    let before = std::fs::read(folder.join("app.dmp")).unwrap();
    let both = "object files define 2 different types named S: of ";
    let each = ["of 8 bytes with a, b", "of 20 bytes with pad, b"];
    for (verb, path) in [
        ("print", "*to_second"),
        ("print", "to_second->b"),
        ("print", "to_first->a"),
        ("print", "to_first[0]"),
        ("where", "to_second->b"),
        ("set", "to_second->b=5"),
        ("set", "to_first->b=5"),
    ] {
        let message = json(folder, verb, &[path]).is_error("symbol");
        assert!(message.contains(both) && each.iter().all(|one| message.contains(one)), "{path}: {message}");
    }
    assert_eq!(std::fs::read(folder.join("app.dmp")).unwrap(), before);
    // A definition is preferred to a declaration, and equal definitions are one type.
    for (path, value) in
        [("second.b", "7"), ("first.b", "2"), ("same.next->value", "3"), ("other.next->next->value", "4")]
    {
        assert_eq!(shown(folder, path), value, "{path}");
    }
    assert!(shown(folder, "to_second").starts_with("(struct S *) 0x"), "{}", shown(folder, "to_second"));
}

#[test]
fn functions_of_32_bits_have_their_types_whatever_the_linker_puts_around_their_names() {
    const SOURCE: &str = "int plain(int x) { return x; } int __stdcall called(int x) { return x; }
        int __fastcall fast(int x) { return x; } int counter = 5;
        int entry(void) { return plain(1) + called(2) + fast(3) + counter; }";
    let Some(folder) = linked("i686-pc-windows-msvc", "x86", &[("app.c", SOURCE)]) else { return };
    for name in ["plain", "_plain", "called", "fast"] {
        let value = shown(folder.path(), name);
        assert!(value.starts_with("{int (int)} 0x"), "{name}: {value}");
    }
    assert_eq!([shown(folder.path(), "counter"), shown(folder.path(), "_counter")], ["5", "5"]);
}

#[test]
fn a_file_of_another_build_is_named_once_whatever_paths_lead_to_it() {
    let Some(folder) =
        linked("x86_64-pc-windows-msvc", "amd64", &[("app.c", "int entry(void) { return 0; }")])
    else {
        return;
    };
    let folder = folder.path();
    of_another_build(folder);
    let pdb = folder.join("app.pdb");
    let message = json(folder, "where", &["no_such", "--symbols", pdb.to_str().unwrap()]).is_error("module");
    assert_eq!(message.matches("app.pdb is of a different build").count(), 1, "{message}");
}

#[test]
fn the_pdb_of_a_module_without_a_codeview_record_is_the_one_that_its_image_names() {
    const SOURCE: &str = "int counter = 5; int entry(void) { return counter; }";
    let Some(folder) = linked("x86_64-pc-windows-msvc", "amd64", &[("app.c", SOURCE)]) else { return };
    let folder = folder.path();
    let spec = std::fs::read_to_string(folder.join("app.yaml")).unwrap();
    let (before, behind) = spec.split_once(", cv: '").unwrap();
    synthesize(folder, &format!("{before}{}", behind.split_once('\'').unwrap().1));
    let notices = || {
        let json = json(folder, "print", &["counter"]).exits(0).json();
        assert_eq!(json["values"][0]["value"]["value"], "5");
        crate::support::command::notices(&json).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(notices(), [""; 0]);
    let image = std::fs::read(folder.join("app.exe")).unwrap();
    std::fs::remove_file(folder.join("app.exe")).unwrap();
    assert_eq!(notices(), ["symbols-unchecked"]);
    // An image with the same time and size that names another PDB.
    let mut other = image.clone();
    let at = other.windows(4).position(|bytes| bytes == b"RSDS").unwrap();
    other[at + 4] ^= 1;
    std::fs::write(folder.join("app.exe"), other).unwrap();
    let message = json(folder, "print", &["counter"]).is_error("symbol");
    assert!(message.contains("app.pdb is of a different build"), "{message}");
}
