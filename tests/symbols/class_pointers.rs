//! Pointers to classes: targets of casts, and notices of `set` about types that differ.

use super::program::{Program, compile};
use crate::support::command::{notice, notices, number};
use crate::support::tools::have;

/// The program stores the targets of its casts.
const SOURCE: &str = r#"
struct Plain { int plain = 9; };
struct Root { virtual ~Root() {} int root = 1; };
struct Left : virtual Root { int left = 2; };
struct Right : virtual Root, virtual Plain { int right = 3; };
struct Diamond : Left, Right { int bottom = 4; };
struct Wide { long a[3]; virtual void w() {} };
struct Deep : Wide, Diamond { int deep = 5; };
Deep deep;
Diamond diamond;
Deep *as_deep = &deep;
Diamond *as_diamond = &deep;
Right *as_right = &deep;
Left *as_left = &deep;
Root *as_root = &deep, *of_diamond = &diamond;
Plain *as_plain = &deep;
void *casts[] = {
    static_cast<Root *>(as_deep), static_cast<Root *>(as_diamond), static_cast<Root *>(as_right),
    static_cast<Plain *>(as_deep), static_cast<Plain *>(as_right), static_cast<Right *>(as_deep),
    static_cast<Deep *>(as_right), 0, 0, 0, 0, 0, 0,
};
struct One { int x; } first_one, *to_one = &first_one;
struct Two { int y; } other_two;
typedef One Same;
const One *to_const;
Same *to_same;
void *to_any;
int *to_int, numbers[2];
unsigned *to_unsigned;
One **to_pointer;
extern "C" int stops_here() { return 0; }
int main() {
    casts[7] = dynamic_cast<Diamond *>(as_root);
    casts[8] = dynamic_cast<Deep *>(as_root);
    casts[9] = dynamic_cast<Right *>(as_root);
    casts[10] = dynamic_cast<Left *>(as_root);
    casts[11] = dynamic_cast<Diamond *>(of_diamond);
    casts[12] = dynamic_cast<Right *>(of_diamond);
    return stops_here();
}
"#;

const CASTS: [&str; 13] = [
    "(Root *)as_deep",
    "(Root *)as_diamond",
    "(Root *)as_right",
    "(Plain *)as_deep",
    "(Plain *)as_right",
    "(Right *)as_deep",
    "(Deep *)as_right",
    "(Diamond *)as_root",
    "(Deep *)as_root",
    "(Right *)as_root",
    "(Left *)as_root",
    "(Diamond *)of_diamond",
    "(Right *)of_diamond",
];

fn stopped(options: &[&str]) -> Option<Program> {
    if !have("g++") || !have("gdb") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app.cpp"), SOURCE).unwrap();
    compile("g++", folder.path(), &["-o", "app", "app.cpp"], options);
    Program::stopped(folder)
}

#[test]
fn casts_of_pointers_to_virtual_bases_lead_where_the_program_has_them() {
    // The kernel's default core of a program without a load bias lacks the virtual tables of its classes.
    for options in [&["-pie", "-fPIE"][..], &["-no-pie", "-fno-pie"]] {
        let Some(program) = stopped(options) else { return };
        let casts = program.json("read", &["casts", "--as", "ptr", "--count", "13"]).exits(0).json();
        let shown = program.json("print", &CASTS).exits(0).json();
        for (at, cast) in CASTS.iter().enumerate() {
            let address = number(&shown["values"][at]["value"]["value"]);
            assert_eq!(address, number(&casts["values"][at]), "{options:?} {cast}");
        }
        program.json("set", &["as_root=as_diamond", "as_deep=as_root"]).exits(0);
        let set = program.plain("print", &["as_root->root", "as_deep->deep", "((Root *)as_diamond)->root"]);
        assert_eq!(set.text(), "as_root->root = 1\nas_deep->deep = 5\n((Root *)as_diamond)->root = 1\n");
        // The object is of another class, and without a virtual table nothing says where the derived object is.
        for cast in ["(Deep *)of_diamond", "(Diamond *)as_plain"] {
            let message = program.json("print", &[cast]).is_error("symbol");
            assert!(message.ends_with(" names a member of it"), "{message}");
        }
    }
}

#[test]
fn a_pointer_that_is_set_to_one_of_another_type_says_so() {
    let Some(program) = stopped(&[]) else { return };
    for (assignment, said) in [
        ("to_one=&other_two", "&other_two is of type Two *, but is assigned to to_one of type One *"),
        (
            "to_int=to_unsigned",
            "to_unsigned is of type unsigned int *, but is assigned to to_int of type int *",
        ),
        ("to_one=numbers", "numbers is of type int [2], but is assigned to to_one of type One *"),
        ("to_one=main", "main is of type int (void), but is assigned to to_one of type One *"),
        ("as_left=as_right", "as_right is of type Right *, but is assigned to as_left of type Left *"),
    ] {
        let json = program.json("set", &[assignment, "--dry-run"]).exits(0).json();
        assert_eq!(notice(&json, "other-type")["message"], said);
    }
    for assignment in [
        "to_one=&first_one",
        "to_const=&first_one",
        "to_one=to_const",
        "to_same=to_one",
        "to_any=&other_two",
        "to_one=to_any",
        "to_int=numbers",
        "to_int=&first_one.x",
        "to_pointer=&to_const",
        "as_root=&deep",
        "to_one=0x1234",
        "to_one=NULL",
        "to_one=ptr:&other_two",
    ] {
        let json = program.json("set", &[assignment, "--dry-run"]).exits(0).json();
        assert_eq!(notices(&json), [] as [&str; 0], "{assignment}");
    }
}
