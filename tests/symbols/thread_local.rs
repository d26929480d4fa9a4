//! Thread-local symbols are those of the selected thread.

use super::program::{Program, compile};
use crate::support::command::number;
use crate::support::tools::have;

const LIBRARY: &str = "_Thread_local long in_library = 77; static _Thread_local char block[100];
    long *touch(long x) { block[3] = (char)x; in_library += x; return &in_library; }";
const PROGRAM: &str = r#"
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
extern long *touch(long x);
extern _Thread_local long in_library;
_Thread_local int own = 5;
static _Thread_local _Alignas(128) char wide[3];
long *where_library[3]; int *where_own[3]; char *where_wide[3];
static pthread_barrier_t barrier;
static void look(long x) { own += x; where_own[x] = &own; where_wide[x] = wide; where_library[x] = touch(x); }
static void *other(void *x) { look((long)x); pthread_barrier_wait(&barrier); for (;;) pause(); }
int main(void) {
    pthread_t thread;
    pthread_barrier_init(&barrier, 0, 3);
    look(0);
    for (long x = 1; x < 3; x++) pthread_create(&thread, 0, other, (void *)x);
    pthread_barrier_wait(&barrier);
    abort();
}
"#;

#[test]
fn each_thread_has_its_own_in_the_program_and_in_libraries() {
    if !have("gcc") || !have("gdb") {
        return;
    }
    for model in ["-ftls-model=global-dynamic", "-ftls-model=local-dynamic", "-ftls-model=initial-exec"] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("library.c"), LIBRARY).unwrap();
        std::fs::write(folder.path().join("app.c"), PROGRAM).unwrap();
        compile("gcc", folder.path(), &["-o", "libown.so", "library.c"], &["-shared", "-fPIC", model]);
        compile("gcc", folder.path(), &["-o", "app", "app.c"], &["-L.", "-lown", "-Wl,-rpath,$ORIGIN"]);
        let Some(program) = Program::run(folder, &["main"]) else { return };
        let threads = program.json("threads", &[]).exits(0).json();
        let count = threads.as_array().unwrap().len();
        assert_eq!(count, 3);
        let told = |name: &str| -> Vec<u64> {
            let json = program.json("read", &[name, "--as", "ptr", "--count", "3"]).exits(0).json();
            let values = json["values"].as_array().unwrap().iter();
            values.map(number).collect()
        };
        for (name, told) in [
            ("own", told("where_own")),
            ("app!wide", told("where_wide")),
            ("in_library", told("where_library")),
        ] {
            let mut found: Vec<u64> = (0..count)
                .map(|index| program.address(name, &["--thread", &format!("index:{index}")]))
                .collect();
            let mut told = told;
            found.sort_unstable();
            told.sort_unstable();
            assert_eq!(found, told, "{model}: {name}");
        }
    }
}

#[test]
fn one_that_a_module_only_declares_has_the_place_and_the_type_of_the_one_that_defines_it() {
    if !have("gcc") || !have("gdb") {
        return;
    }
    let library = "struct own_pair { int a, b; }; _Thread_local struct own_pair own_declared_pair = { 3, 4 };\
        _Thread_local long own_declared = 77; long own_touch(void) { return own_declared += own_declared_pair.a; }";
    let main = "struct own_pair; extern _Thread_local struct own_pair own_declared_pair; extern _Thread_local long own_declared;\
        long own_touch(void); void *volatile own_told; void stops_here(void) {}\
        int main(void) { own_touch(); own_told = &own_declared_pair; stops_here(); return (int)own_declared; }";
    for debug in ["-g", "-g0"] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("library.c"), library).unwrap();
        std::fs::write(folder.path().join("app.c"), main).unwrap();
        compile("gcc", folder.path(), &["-o", "libown.so", "library.c"], &["-shared", "-fPIC", debug]);
        compile("gcc", folder.path(), &["-o", "app", "app.c"], &["-L.", "-lown", "-Wl,-rpath,$ORIGIN"]);
        let Some(program) = Program::stopped(folder) else { return };
        let paths = ["own_declared", "app!own_declared", "'app.c'::own_declared", "libown.so!own_declared"];
        let printed = program.plain("print", &paths).exits(0);
        let lines: Vec<String> = paths.iter().map(|path| format!("{path} = 80\n")).collect();
        assert_eq!(printed.text(), lines.concat(), "{debug}");
        let address = program.address("own_declared", &[]);
        assert_eq!(program.address("app!own_declared", &[]), address, "{debug}");
        if debug == "-g" {
            let printed = program.plain("print", &["app!own_declared_pair.b", "own_declared_pair"]).exits(0);
            assert_eq!(printed.text(), "app!own_declared_pair.b = 4\nown_declared_pair = {a = 3, b = 4}\n");
        }
        program.json("set", &["app!own_declared=-5"]).exits(0);
        assert_eq!(program.gdb(&format!("*(long *){address:#x}")), "-5", "{debug}");
    }
}

#[test]
fn what_a_thread_has_not_used_yet_is_said() {
    if !have("gcc") || !have("gdb") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("library.c"), LIBRARY).unwrap();
    let source = r#"
        #include <dlfcn.h>
        #include <stdlib.h>
        int main(void) { if (dlopen("./libown.so", RTLD_NOW)) abort(); return 1; }"#;
    std::fs::write(folder.path().join("app.c"), source).unwrap();
    compile("gcc", folder.path(), &["-o", "libown.so", "library.c"], &["-shared", "-fPIC"]);
    compile("gcc", folder.path(), &["-o", "app", "app.c"], &["-ldl"]);
    let Some(program) = Program::run(folder, &["main"]) else { return };
    let message = program.json("read", &["in_library"]).is_error("symbol");
    assert_eq!(message, "'in_library' is thread-local, and the thread has no TLS block of this library yet");
}

/// A core of a program that loads copies of [`LIBRARY`] while it runs: `libown1.so`, `libown2.so` and so on.
fn loads_later(copies: usize, main: &str) -> Option<Program> {
    if !have("gcc") || !have("gdb") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("library.c"), LIBRARY).unwrap();
    let source = r#"
        #include <dlfcn.h>
        #include <pthread.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <unistd.h>
        static pthread_barrier_t barrier;
        static void *own_library; static long *(*touch)(long);
        static void load(int number) {
            char name[99]; sprintf(name, "./libown%d.so", number);
            own_library = dlopen(name, RTLD_NOW); touch = dlsym(own_library, "touch");
        }
        static void meet(void) { pthread_barrier_wait(&barrier); }
        static void start(void *(*other)(void *)) {
            pthread_t thread;
            pthread_barrier_init(&barrier, 0, 2);
            pthread_create(&thread, 0, other, 0);
        }
    "#;
    std::fs::write(folder.path().join("app.c"), format!("{source}{main}")).unwrap();
    compile("gcc", folder.path(), &["-o", "libown1.so", "library.c"], &["-shared", "-fPIC"]);
    compile("gcc", folder.path(), &["-o", "app", "app.c"], &["-ldl"]);
    let library = |copy: usize| folder.path().join(format!("libown{copy}.so"));
    for copy in 2..=copies {
        std::fs::copy(library(1), library(copy)).unwrap();
    }
    Program::run(folder, &[])
}

#[test]
fn libraries_that_are_not_in_a_threads_list_of_blocks_have_no_block_in_it() {
    // More libraries are loaded than the list of the other thread, which uses none of them, has slots for. Other memory is behind it.
    let main = r#"
        static void *other(void *x) {
            for (int i = 0; i < 40; i++) memset(malloc(300), 'A', 300);
            meet(); for (;;) pause();
        }
        int main(void) {
            start(other);
            meet();
            for (int i = 1; i <= 24; i++) { load(i); touch(i); }
            abort();
        }"#;
    let Some(program) = loads_later(24, main) else { return };
    for number in [1, 13, 14, 20, 24] {
        let name = format!("libown{number}.so!in_library");
        let printed = program.plain("print", &[&name, "--thread", "index:0"]).exits(0);
        assert_eq!(printed.text(), format!("{name} = {}\n", 77 + number));
        let message = program.json("set", &[&format!("{name}=-1"), "--thread", "index:1"]).is_error("symbol");
        assert_eq!(
            message,
            format!("'{name}' is thread-local, and the thread has no TLS block of this library yet")
        );
    }
}

#[test]
fn a_block_of_a_library_that_was_unloaded_is_not_that_of_its_successor() {
    let main = r#"
        static void *other(void *x) { touch(5); meet(); for (;;) pause(); }
        int main(void) {
            load(1);
            start(other);
            meet();
            dlclose(own_library);
            load(2);
            touch(1);
            abort();
        }"#;
    let Some(program) = loads_later(2, main) else { return };
    let printed = program.plain("print", &["in_library", "--thread", "index:0"]).exits(0);
    assert_eq!(printed.text(), "in_library = 78\n");
    for verb in ["print", "read"] {
        let message = program.json(verb, &["in_library", "--thread", "index:1"]).is_error("symbol");
        assert_eq!(
            message,
            "'in_library' is thread-local, and the thread has no TLS block of this library yet"
        );
    }
}

#[test]
fn a_variable_of_a_library_that_the_program_has_as_well_is_the_librarys() {
    if !have("gcc") || !have("gdb") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let library = "_Thread_local int own_shared = 222; int own_touch(void) { return ++own_shared; }";
    let main = "#include <stdlib.h>\n_Thread_local int own_before[8] = { 9, 9 }; _Thread_local int own_shared = 111;\
        int own_touch(void); int main(void) { own_before[0]++; own_touch(); own_shared++; abort(); }";
    std::fs::write(folder.path().join("library.c"), library).unwrap();
    std::fs::write(folder.path().join("app.c"), main).unwrap();
    compile("gcc", folder.path(), &["-o", "libown.so", "library.c"], &["-shared", "-fPIC"]);
    compile("gcc", folder.path(), &["-o", "app", "app.c"], &["-L.", "-lown", "-Wl,-rpath,$ORIGIN"]);
    let Some(program) = Program::run(folder, &[]) else { return };
    let expected: u64 = program.gdb("(long)&'library.c'::own_shared").parse().unwrap();
    let path = "libown.so!own_shared";
    assert_eq!(program.address(path, &[]), expected);
    // The library uses the program's variable. Without the program's file, only glibc's list says where its own one is.
    std::fs::rename(&program.path, program.folder().join("moved")).unwrap();
    assert_eq!(program.address(path, &[]), expected);
    let printed = program.plain("print", &[path]).exits(0);
    assert_eq!((printed.text(), &*printed.stderr), ("libown.so!own_shared = 222\n", ""));
    let empty = tempfile::tempdir().unwrap();
    let symbols = program.folder().join("libown.so");
    let options = ["--symbols", symbols.to_str().unwrap(), "--sysroot", empty.path().to_str().unwrap()];
    let message =
        program.json("set", &[&["libown.so!own_shared=7"][..], &options].concat()).is_error("symbol");
    assert!(message.ends_with("say where the thread's TLS block of this library is"), "{message}");
}

/// A program with a thread-local variable, and a core of it.
fn with_own(compiler: &str, options: &[&str]) -> Option<Program> {
    let source = "#include <stdlib.h>\n_Thread_local int own_local = 5;\
        int main(void) { own_local++; if (own_local > 5) abort(); return 0; }";
    Program::run(Program::build(compiler, source, options)?, &[])
}

#[test]
fn what_is_missing_to_find_a_thread_local_variable_is_said() {
    if !have("objcopy") {
        return;
    }
    let Some(program) = with_own("gcc", &[]) else { return };
    let said = |verb: &str, path: &str| program.json(verb, &[path]).is_error("symbol");
    assert_eq!(program.plain("print", &["own_local"]).exits(0).text(), "own_local = 6\n");
    // Symbols and types are in a separate file, and the places of blocks are in the program's own file.
    program.tool("objcopy", &["--only-keep-debug", "app", "app.debug"]);
    std::fs::rename(&program.path, program.folder().join("moved")).unwrap();
    std::fs::rename(program.folder().join("app.debug"), &program.path).unwrap();
    for verb in ["print", "read"] {
        let message = said(verb, "own_local");
        assert!(
            message.ends_with("thread-local, and the file of its module, which has its offset, is missing"),
            "{message}"
        );
    }
    let Some(program) = with_own("gcc", &["-g0"]) else { return };
    let message = program.json("print", &["own_local"]).is_error("symbol");
    assert_eq!(message, "own_local is thread-local: its type is not in the debug information");
    program.json("read", &["own_local"]).exits(0);
}

#[test]
fn a_thread_local_variable_that_the_compiler_emulates_is_told() {
    let Some(program) = with_own("clang", &["-femulated-tls"]) else { return };
    let message = program.json("print", &["own_local"]).is_error("symbol");
    assert_eq!(
        message,
        "own_local is thread-local: the compiler emulates its thread-local storage, which is not supported"
    );
}

/// Thread-local variables of Rust and C++, by the names in their programs.
const RUST: &str = r#"
use std::cell::{Cell, RefCell};
mod inner { thread_local! { pub static DEEP: std::cell::Cell<u64> = const { std::cell::Cell::new(77) }; } }
thread_local! {
    static COUNTER: Cell<u32> = const { Cell::new(41) };
    static NAMES: RefCell<Vec<u32>> = RefCell::new(vec![1, 2, 3]);
}
fn calls() -> u32 { thread_local! { static CALLS: Cell<u32> = const { Cell::new(5) }; } CALLS.with(|calls| { calls.set(calls.get() + 1); calls.get() }) }
#[unsafe(no_mangle)] #[inline(never)] pub extern "C" fn stops_here() { std::hint::black_box(()); }
fn main() {
    COUNTER.with(|counter| counter.set(42));
    NAMES.with(|names| names.borrow_mut().push(4));
    inner::DEEP.with(|deep| deep.set(78));
    calls();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || { COUNTER.with(|counter| counter.set(100)); tell.send(()).unwrap(); loop { std::thread::park(); } });
    told.recv().unwrap();
    stops_here();
}
"#;
const CPP: &str = r#"
thread_local int counter = 7; __thread int older = 8; static thread_local int hidden = 9;
namespace app { thread_local int inner = 10; struct Class { static thread_local int member; }; thread_local int Class::member = 11; }
extern "C" void stops_here() {}
int main() {
    static thread_local int calls = 12;
    counter++; older++; hidden++; app::inner++; app::Class::member++; calls++;
    stops_here();
    return calls;
}
"#;

#[test]
fn those_of_rust_and_of_cpp_have_the_names_that_programs_give_them() {
    let folder = tempfile::tempdir().unwrap();
    if have("g++") && have("gdb") {
        std::fs::write(folder.path().join("app.cpp"), CPP).unwrap();
        compile("g++", folder.path(), &["-o", "app", "app.cpp"], &[]);
        let Some(program) = Program::stopped(folder) else { return };
        for (path, value) in [
            ("counter", "8"),
            ("older", "9"),
            ("hidden", "10"),
            ("app::inner", "11"),
            ("app::Class::member", "12"),
            ("main::calls", "13"),
        ] {
            let text = program.plain("print", &[path, "--thread", "index:0"]).exits(0);
            assert_eq!(text.text(), format!("{path} = {value}\n"));
        }
    }
    if !have("rustc") || !have("gdb") {
        return;
    }
    for options in [&[][..], &["-C", "symbol-mangling-version=v0"]] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("app.rs"), RUST).unwrap();
        let status = std::process::Command::new("rustc")
            .current_dir(folder.path())
            .args(["-g", "--edition", "2024", "-o", "app", "app.rs"])
            .args(options)
            .status();
        assert!(status.unwrap().success());
        let Some(program) = Program::stopped(folder) else { return };
        let shown = |path: &str, thread: &str| {
            let run = program.plain("print", &[path, "--thread", thread]).exits(0);
            run.text().trim_end().to_owned()
        };
        for (path, thread, value) in [
            ("app::COUNTER", "index:0", "42"),
            ("app::COUNTER", "index:1", "100"),
            ("app::inner::DEEP", "index:0", "78"),
            ("app::calls::CALLS", "index:0", "6"),
        ] {
            assert!(
                shown(path, thread).ends_with(&format!(" {{value: {value}}}}}")),
                "{}",
                shown(path, thread)
            );
        }
        assert!(shown("app::NAMES", "index:0").contains("len: 4"), "{}", shown("app::NAMES", "index:0"));
        program.json("set", &["app::COUNTER.value.value=7", "--thread", "index:1"]).exits(0);
        assert!(shown("app::COUNTER", "index:1").contains("value: 7"));
        assert!(shown("app::COUNTER", "index:0").contains("value: 42"));
    }
}
