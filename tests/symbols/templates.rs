//! Templates whose arguments are not in their names in debug information, as with clang's `-gsimple-template-names`.

use super::program::{Program, compile};
use crate::support::tools::have;

const HEADER: &str = r#"
enum class Kind { small, large };
namespace app { struct Tag { int at; }; template <class T> struct Inner { T v; }; }
template <class T> struct Box;
template <class T, int N, bool B> struct Fixed;
template <class... All> struct Pack;
template <char C, unsigned long N> struct Chosen;
template <template <class> class Of, class T> struct Holds;
struct Own {
    Box<char> *narrow; Box<long> *wide; Box<Box<char>> *nested; Fixed<short, 3, true> *fixed; Pack<int, const char *, app::Tag> *pack;
    Pack<> *none; Chosen<'x', 7> *chosen; Holds<app::Inner, long> *holds; Box<void (*)(int)> *function; Box<double> *nowhere;
};
extern Own own;
extern "C" void stops_here();
"#;

const FIRST: &str = r#"
#include "own.h"
template <class T> struct Box { T v; int tail; static int count; };
template <class T> int Box<T>::count = sizeof(T) + 10;
template <class T> struct Derived : Box<T> { T more; };
template <class T> T shared = T(sizeof(T));
template <class T> int counts(T by) { static int calls = 40 + sizeof(T); return calls += by; }
Box<long> own_long{1, 2};
Derived<long> own_derived;
Own own;
void fill();
int main() {
    fill();
    own.wide = &own_long;
    own.nowhere = (Box<double> *)&own_long;
    stops_here();
    return Box<long>::count + counts(1L) + counts('a') + shared<int> + shared<short>;
}
"#;

const SECOND: &str = r#"
#include "own.h"
template <class T> struct Box { T v; int tail; static int count; };
template <class T> int Box<T>::count = sizeof(T) + 20;
template <class T, int N, bool B> struct Fixed { T v[N]; };
template <class... All> struct Pack { int size = sizeof...(All); };
template <char C, unsigned long N> struct Chosen { int v = N; };
template <template <class> class Of, class T> struct Holds { Of<T> v; };
Box<char> own_char{3, 4};
Box<Box<char>> own_nested{{5, 6}, 7};
Fixed<short, 3, true> own_fixed{{1, 2, 3}};
Pack<int, const char *, app::Tag> own_pack;
Pack<> own_none;
Chosen<'x', 7> own_chosen;
Holds<app::Inner, long> own_holds{{9}};
Box<void (*)(int)> own_function{nullptr, 8};
extern "C" void stops_here() {}
void fill() {
    own.narrow = &own_char; own.nested = &own_nested; own.fixed = &own_fixed; own.pack = &own_pack; own.none = &own_none;
    own.chosen = &own_chosen; own.holds = &own_holds; own.function = &own_function; Box<char>::count++;
}
"#;

fn built(options: &[&str]) -> Option<Program> {
    if !have("clang++") || !have("gdb") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("own.h", HEADER), ("first.cpp", FIRST), ("second.cpp", SECOND)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let arguments = ["-std=c++17", "-o", "app", "first.cpp", "second.cpp"];
    compile("clang++", folder.path(), &arguments, &[&["-O0"], options].concat());
    Program::stopped(folder)
}

#[test]
fn a_template_is_its_name_with_its_arguments_wherever_these_stand() {
    let paths = [
        ("own.narrow->tail", "4"),
        ("own.wide->tail", "2"),
        ("own.nested->v.tail", "6"),
        ("own.fixed->v[1]", "2"),
        ("own.pack->size", "3"),
        ("own.none->size", "0"),
        ("own.chosen->v", "7"),
        ("own.holds->v.v", "9"),
        ("own.function->tail", "8"),
        ("own_derived.tail", "0"),
        ("own_derived.more", "0"),
        ("own.narrow->count", "22"),
        ("Box<char>::count", "22"),
        ("Box<long int>::count", "18"),
        ("counts<long>(long)::calls", "48"),
        ("counts<char>(char)::calls", "41"),
        ("shared<int>", "4"),
        ("shared<short int>", "2"),
    ];
    for options in [&[][..], &["-gsimple-template-names"], &["-Xclang", "-gsimple-template-names=mangled"]] {
        for version in ["-gdwarf-4", "-gdwarf-5"] {
            let Some(program) = built(&[options, &[version]].concat()) else { return };
            for (path, expected) in paths {
                let text = program.plain("print", &[path]).exits(0);
                assert_eq!(text.text(), format!("{path} = {expected}\n"), "{options:?} {version}");
            }
            let text = program.plain("print", &["own_nested"]).exits(0);
            assert!(text.text().contains("tail = 6"), "{text}");
            for (pointer, name) in [
                ("own.nested", "Box<Box<char> > *"),
                ("own.pack", "Pack<int, const char *, app::Tag> *"),
                ("own.none", "Pack<> *"),
                ("own.chosen", "Chosen<'x', 7UL> *"),
                ("own.holds", "Holds<app::Inner, long> *"),
                ("own.function", "Box<void (*)(int)> *"),
            ] {
                let text = program.plain("print", &[pointer]).exits(0);
                let expected = format!("{pointer} = ({name}) 0x");
                assert!(text.text().starts_with(&expected), "{options:?} {version}: {text}");
            }
            program.json("set", &["own.narrow->tail=9"]).exits(0);
            let text = program.plain("print", &["own_char.tail", "own_nested.v.v"]).exits(0);
            assert_eq!(text.text(), "own_char.tail = 9\nown_nested.v.v = 5 '\\005'\n");
            program.json("set", &["own.nowhere->tail=9"]).is_error("symbol");
        }
    }
}

#[test]
fn a_static_member_is_that_of_its_own_instance_where_instances_share_a_name() {
    if !have("g++") || !have("gdb") {
        return;
    }
    // g++ writes each of the instances as `V<2>`. The second file only declares the statics of those.
    let header = "template <auto N> struct V { int tail; static int s; static int many[]; };\
        namespace { template <auto N> struct Own { int tail; static int s; }; }\
        struct Derived : V<2u> { int more; }; void other();";
    let first = "#include \"own.h\"\n template <auto N> int V<N>::s = int(sizeof(N)) * 100 + (decltype(N)(-1) < 0);\
        template <auto N> int V<N>::many[] = {1, int(sizeof(N)) + (decltype(N)(-1) < 0)};\
        template <auto N> int Own<N>::s = 10 + int(sizeof(N));\
        V<2> v2; V<2u> v2u; V<(short)2> v2s; V<2u> many[2]; V<2u> *pointer = &v2u; Derived derived; Own<2u> own_first;\
        extern \"C\" void stops_here() {}\
        int main() { other(); stops_here(); return V<2>::s + V<2u>::s + V<(short)2>::s + V<2>::many[0] + V<2u>::many[0] + own_first.s; }";
    let second = "#include \"own.h\"\n template <auto N> int Own<N>::s = 20 + int(sizeof(N));\
        V<2u> of_other; Own<2u> own_second; void other() { of_other.tail = own_second.s + of_other.s; }";
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("own.h", header), ("first.cpp", first), ("second.cpp", second)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    compile("g++", folder.path(), &["-std=c++17", "-o", "app", "first.cpp", "second.cpp"], &["-O0"]);
    let Some(program) = Program::stopped(folder) else { return };
    let paths = [
        "v2.s",
        "v2u.s",
        "v2s.s",
        "pointer->s",
        "many[1].s",
        "derived.s",
        "of_other.s",
        "v2.many[1]",
        "v2u.many[1]",
    ];
    let ours = program.plain("print", &paths).exits(0);
    let ours: Vec<&str> = ours.text().lines().filter_map(|line| Some(line.split_once(" = ")?.1)).collect();
    assert_eq!(ours, program.gdb_prints("c++", &paths));
    // gdb takes the static of the other file for both.
    let text = program.plain("print", &["own_first.s", "own_second.s"]).exits(0);
    assert_eq!(text.text(), "own_first.s = 14\nown_second.s = 24\n");
    program.json("set", &["of_other.s=7"]).exits(0);
    assert_eq!(program.gdb("v2u.s"), "7");
    assert_eq!(program.gdb("v2.s"), "401");
}
