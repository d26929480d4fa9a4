//! Names have the addresses that gdb prints, in every verb. A name with several addresses is an error.

use super::program::{NAMES, Program, SOURCE, compile};
use crate::support::command::{notice, notices, number};
use crate::support::tools::have;

#[test]
fn names_lead_where_gdb_says_in_programs_of_every_kind() {
    let kinds: [(&str, &[&str]); 8] = [
        ("gcc", &["-O0", "-pie"]),
        ("gcc", &["-O2", "-no-pie"]),
        ("gcc", &["-O2", "-static"]),
        ("gcc", &["-O1", "-static-pie"]),
        ("gcc", &["-O2", "-pie", "-Wl,-z,noseparate-code"]),
        ("clang", &["-O0"]),
        ("clang", &["-O2", "-no-pie", "-fno-pie"]),
        ("clang", &["-O2", "-fuse-ld=lld", "-pie", "-fPIE"]),
    ];
    for (compiler, options) in kinds {
        if options.contains(&"-fuse-ld=lld") && !have("ld.lld") {
            continue;
        }
        let Some(program) = Program::of(compiler, options) else { return };
        for name in NAMES {
            let expected = program.addresses[name];
            assert_eq!(program.address(name, &[]), expected, "{compiler} {options:?}: {name}");
            let json = program.json("where", &[&format!("{expected:#x}")]).json();
            let Some(piece) = json["pieces"].get(0) else { continue };
            // A thread-local variable has another address in each thread, so no address is labelled with its name.
            let named = match name {
                "own_tls" | "own_aligned_tls" => None,
                "own_counter" => Some("app!own_alias".to_owned()),
                name => Some(format!("app!{name}")),
            };
            assert_eq!(piece["symbol"].as_str(), named.as_deref(), "{name}");
        }
    }
}

#[test]
fn a_symbol_is_a_place_wherever_one_is_written() {
    let Some(program) = Program::of("gcc", &["-O0"]) else { return };
    let at = |name: &str| program.addresses[name];
    for place in ["own_counter", "app!own_counter", "&own_counter", "app!own_counter+0", "/app!own_counter"] {
        let path = program.path.display().to_string();
        let place = place.replace("/app", &path);
        assert_eq!(program.address(&place, &[]), at("own_counter"), "{place}");
    }
    assert_eq!(program.address("own_counter+2", &[]), at("own_counter") + 2);
    assert_eq!(program.address("own_nodes+0x10*2-8", &[]), at("own_nodes") + 24);
    // In brackets, a place is the address that the pointer there has.
    assert_eq!(program.address("[own_pointer]+1", &[]), at("own_text") + 1);
    let read = |arguments: &[&str]| program.json("read", arguments).exits(0).json();
    // A symbol has a size. A place in it has the rest of that size.
    assert_eq!(read(&["own_nodes"])["requested"], 64);
    assert_eq!(read(&["own_nodes+8"])["requested"], 56);
    assert_eq!(read(&["own_counter", "--as", "i32"])["values"][0], "43");
    assert_eq!(read(&["own_text..+5"])["bytes"], "68656c6c6f");
    assert_eq!(read(&["own_nodes..own_nodes+16"])["requested"], 16);
    assert_eq!(read(&["[own_nodes]", "--as", "i64", "--count", "2"])["values"][1], "1");
    let found =
        program.json("find", &["ptr:&own_text", "--range", "own_pointer..+8", "--count"]).exits(0).json();
    assert_eq!(found["count"], 1);

    program.json("write", &["own_counter", "i32:-5"]).exits(0);
    program.json("write", &["own_nodes", "ptr:own_nodes+32", "i64:77"]).exits(0);
    program.json("fill", &["own_buffer..+300", "str:ab"]).exits(0);
    program.json("copy", &["own_text..+6", "app!own_buffer+4"]).exits(0);
    program.json("set", &["rip=main+4", "rax=ptr:own_hidden"]).exits(0);
    assert_eq!(program.gdb("own_counter"), "-5");
    assert_eq!(program.gdb("own_nodes[0].next == &own_nodes[2]"), "1");
    assert_eq!(program.gdb("own_nodes[0].value"), "77");
    assert_eq!(program.gdb("/s (char *)own_buffer").split('"').nth(1), Some("ababhello"));
    assert_eq!(program.gdb("$rip == (long)&main + 4 && $rax == &own_hidden"), "1");
    let script = program.folder().join("script");
    std::fs::write(
        &script,
        "write own_counter i32:9 --expect i32:-5\nset rbx=own_hidden rcx=@rbx+8\nfill own_nodes..+64 00\n",
    )
    .unwrap();
    program.json("apply", &[script.to_str().unwrap()]).exits(0);
    assert_eq!(program.gdb("own_counter"), "9");
    assert_eq!(program.gdb("$rbx == (long)&own_hidden && $rcx == $rbx"), "0");
    assert_eq!(program.gdb("$rbx == (long)&own_hidden && own_nodes[0].next == 0"), "1");
    program.json("undo", &[]).exits(0);
    assert_eq!(program.gdb("own_counter"), "-5");
}

/// Two files that each have a symbol of the same name, and a library with another such name.
const FIRST: &str = "static int twice = 1; int in_both = 2; int main(void) { extern int other(void); extern int in_library(void);
    extern void abort(void); if (twice + in_both + other() + in_library()) abort(); return 0; }";
const SECOND: &str = "static int twice = 3; int other(void) { return twice++; }";
const LIBRARY: &str = "static int in_both = 4; int in_library(void) { return in_both++; }";

#[test]
fn several_symbols_of_one_name_are_an_error_that_lists_them() {
    if !have("gcc") || !have("gdb") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("first.c", FIRST), ("second.c", SECOND), ("library.c", LIBRARY)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    compile("gcc", folder.path(), &["-o", "libown.so", "library.c"], &["-shared", "-fPIC"]);
    let link = ["-L.", "-lown", "-Wl,-rpath,$ORIGIN"];
    compile("gcc", folder.path(), &["-o", "app", "first.c", "second.c"], &link);
    let Some(program) = Program::run(folder, &["main", "in_both"]) else { return };
    let message = program.json("read", &["twice"]).is_error("symbol");
    assert!(message.starts_with("several symbols are named 'twice': app!'"), "{message}");
    for (candidate, value) in [("app!'first.c'::twice", "1"), ("app!'second.c'::twice", "4")] {
        let address = program.address(candidate, &[]);
        assert!(message.contains(&format!("{candidate} at {address:#x}")), "{message}");
        let read = program.json("read", &[candidate, "--as", "i32"]).exits(0).json();
        assert_eq!(read["values"][0], value);
        program.json("write", &[candidate, &format!("i32:{value}")]).exits(0);
    }
    let message = program.json("read", &["in_both"]).is_error("symbol");
    assert!(
        message.contains("app!in_both at 0x") && message.contains("libown.so!in_both at 0x"),
        "{message}"
    );
    assert_eq!(program.address("app!in_both", &[]), program.addresses["in_both"]);
    let json = program.json("read", &["libown!in_both", "--as", "i32"]).exits(0).json();
    assert_eq!(json["values"][0], "5");
    let message = program.json("read", &["libx!in_both"]).is_error("module");
    assert!(message.contains("'libx!in_both'"), "{message}");
}

#[test]
fn a_source_file_without_debug_information_has_its_own_symbols() {
    if !have("gcc") || !have("gdb") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let main = "static int twice = 1; extern int other(void); extern void abort(void);\
        int main(void) { if (twice + other()) abort(); return 0; }";
    std::fs::write(folder.path().join("first.c"), main).unwrap();
    std::fs::write(folder.path().join("second.c"), SECOND).unwrap();
    compile("gcc", folder.path(), &["-c", "second.c"], &["-g0"]);
    compile("gcc", folder.path(), &["-o", "app", "first.c", "second.o"], &[]);
    let Some(program) = Program::run(folder, &[]) else { return };
    for (path, value) in
        [("'first.c'::twice", "1"), ("'second.c'::twice", "4"), ("app!'second.c'::twice", "4")]
    {
        let read = program.json("read", &[path, "--as", "i32"]).exits(0).json();
        assert_eq!(read["values"][0], value, "{path}");
    }
    let message = program.json("print", &["'second.c'::twice"]).is_error("symbol");
    assert!(message.contains("is unknown: no debug information has it"), "{message}");
    let message = program.json("print", &["'third.c'::twice"]).is_error("symbol");
    assert!(message.contains("app!'first.c'::twice at 0x"), "{message}");
}

#[test]
fn registers_and_modules_and_regions_come_first() {
    let source = "#include <stdlib.h>\nlong app = 1, stack = 2, rsp = 3; int main(void) { if (app + stack + rsp) abort(); }";
    let Some(folder) = Program::build("gcc", source, &["-no-pie"]) else { return };
    let Some(program) = Program::run(folder, &["app", "stack", "rsp"]) else { return };
    assert_eq!(program.address("app", &[]), 0x40_0000);
    assert_eq!(program.address("app!app", &[]), program.addresses["app"]);
    assert_eq!(program.address("rsp", &[]), program.addresses["rsp"]);
    let rsp = program.json("regs", &["rsp"]).exits(0).json();
    assert_eq!(program.address("@rsp", &[]), number(&rsp["registers"][0]["value"]));
    assert_ne!(program.address("[stack]", &[]), program.addresses["stack"]);
}

#[test]
fn a_name_means_its_default_version_and_every_version_has_a_name() {
    const VERSIONED: &str = r#"
        __asm__(".symver old_call, call@V_1"); __asm__(".symver new_call, call@@V_2");
        int old_call(void) { return 1; } int new_call(void) { return 2; }"#;
    let main =
        "extern int call(void); extern void abort(void); int main(void) { if (call()) abort(); return 0; }";
    let Some(folder) = Program::build("gcc", "int main(void) { return 0; }", &[]) else { return };
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("library.c", VERSIONED);
    write("versions", "V_1 { global: call; local: *; }; V_2 { global: call; } V_1;");
    write("app.c", main);
    let options = ["-shared", "-fPIC", "-Wl,--version-script=versions", "-s"];
    compile("gcc", folder.path(), &["-o", "libown.so", "library.c"], &options);
    compile("gcc", folder.path(), &["-o", "app", "app.c"], &["-L.", "-lown", "-Wl,-rpath,$ORIGIN"]);
    let Some(program) = Program::run(folder, &["main"]) else { return };
    let [plain, old, new] =
        ["libown!call", "libown!call@V_1", "libown!call@@V_2"].map(|name| program.address(name, &[]));
    assert_eq!(plain, new);
    assert_ne!(old, new);
    program.json("read", &["libown!call@V_3"]).is_error("module");
}

#[test]
fn an_unknown_name_says_where_no_symbols_are() {
    let Some(program) = Program::of("gcc", &["-O0"]) else { return };
    let run = program.json("read", &["own_countr"]);
    let message = run.is_error("module");
    assert!(
        message.starts_with("no module, region or symbol is named 'own_countr'; the modules are app, "),
        "{message}"
    );
    let hint = run.json()["error"]["hint"].as_str().unwrap().to_owned();
    assert!(hint.starts_with("did you mean own_counter?"), "{hint}");
    std::fs::rename(&program.path, program.folder().join("moved")).unwrap();
    let run = program.json("read", &["own_counter"]);
    let message = run.is_error("module");
    assert!(message.contains("no symbols are available for app (its file is missing)"), "{message}");
    assert!(run.json()["error"]["hint"].as_str().unwrap().contains("--symbols DIR"), "{run}");
    let run = program.json("read", &["own_counter", "--no-symbols"]);
    assert!(run.is_error("module").starts_with("no module is named 'own_counter'"));
}

#[test]
fn a_near_name_is_one_of_the_program_first_and_no_farther_than_a_slip() {
    let source = "#include <unistd.h>\nint getpis = 1; int own_x = 2; void stops_here(void) {}\
        int main(void) { stops_here(); return getpid() + getpis; }";
    let Some(folder) = Program::build("gcc", source, &["-O0"]) else { return };
    let Some(program) = Program::stopped(folder) else { return };
    // The C library has getpid, getppid, fork and write.
    for (text, meant) in [
        ("getpiz", Some("getpis")),
        ("getppdi", Some("getppid")),
        ("getpsi", Some("getpis")),
        ("forl", None),
        ("work", None),
        ("wrote", Some("write")),
        ("libc.so.6!forl", Some("libc.so.6!fork")),
        ("own_y", Some("own_x")),
    ] {
        for verb in ["read", "print"] {
            let run = program.json(verb, &[text]).exits(2);
            let json = run.json();
            let hint = json["error"]["hint"].as_str().unwrap_or_default();
            match meant {
                Some(meant) => {
                    assert!(hint.starts_with(&format!("did you mean {meant}?")), "{verb} {text}: {json}")
                }
                // The hint may suggest a register.
                None => assert!(
                    !hint.contains("did you mean") || hint.starts_with("did you mean @"),
                    "{verb} {text}: {json}"
                ),
            }
        }
    }
}

#[test]
fn numbers_with_zeros_before_them_are_refused_everywhere() {
    let source = "struct own { int v[12]; } own_all; int own_x = 2; void stops_here(void) {} int main(void) { stops_here(); return own_x; }";
    let Some(folder) = Program::build("gcc", source, &["-O0"]) else { return };
    let Some(program) = Program::stopped(folder) else { return };
    for (verb, text) in [
        ("set", "own_x=010"),
        ("set", "own_x=-010"),
        ("set", "own_all.v[0]=010"),
        ("set", "own_all.v[010]=1"),
        ("set", "rax=010"),
        ("print", "own_all.v[010]"),
        ("where", "own_all.v[010]"),
    ] {
        let run = program.json(verb, &[text]).exits(2);
        let json = run.json();
        let message = json["error"]["message"].as_str().unwrap();
        assert!(message.contains("zeros"), "{verb} {text}: {message}");
    }
    let address = program.address("own_all.v[0]", &[]);
    assert_eq!(program.address("own_all.v[10]", &[]), address + 40);
    program.json("set", &["own_x=00"]).exits(0);
    assert_eq!(program.gdb("own_x"), "0");
}

#[test]
fn a_write_ends_with_the_symbol_that_it_names() {
    let Some(program) = Program::of("gcc", &["-O0"]) else { return };
    for (verb, arguments) in [
        ("write", ["own_counter", "u64:1"]),
        ("write", ["own_counter+2", "u32:1"]),
        ("copy", ["own_text..+5", "own_counter"]),
    ] {
        let message = program.json(verb, &arguments).is_error("value");
        assert!(message.contains(" do not fit into own_counter"), "{message}");
    }
    program.json("write", &["own_counter", "u32:1"]).exits(0);
}

#[test]
fn a_register_of_a_symbols_name_comes_first_and_says_so() {
    let source = SOURCE.replace("int own_counter = 42;", "int rbx = 3; int own_counter = 42;");
    let Some(folder) = Program::build("gcc", &source, &[]) else { return };
    let Some(program) = Program::run(folder, &[]) else { return };
    let json = program.json("set", &["rbx=7"]).exits(0).json();
    assert_eq!(notices(&json), ["register-first"]);
    assert_eq!(notices(&program.json("set", &["app!rbx=8", "rcx=1"]).exits(0).json()), [] as [&str; 0]);
    for (verb, arguments) in [("read", &["rbx"][..]), ("print", &["rbx"]), ("write", &["rbx", "u32:3"])] {
        let json = program.json(verb, arguments).exits(0).json();
        let told = notice(&json, "register-first")["message"].as_str().unwrap();
        assert!(told.starts_with("rbx is the symbol of that name, at 0x"), "{told}");
        assert!(told.ends_with("; the register is @rbx"), "{told}");
    }
}

#[test]
fn zeros_that_no_file_holds_are_labelled_and_what_linkers_warn_of_is_not() {
    let source = SOURCE.replace("int own_counter = 42;", "char own_zeros[1 << 20]; int own_counter = 42;");
    let Some(folder) = Program::build("gcc", &source, &[]) else { return };
    let Some(program) = Program::run(folder, &["own_zeros"]) else { return };
    program.json("set", &["rbx=own_zeros+0x80000", "rcx=own_zeros+0x40000000"]).exits(0);
    let regs = program.plain("regs", &["rbx", "rcx"]).exits(0);
    assert!(regs.text().contains(" app!own_zeros+0x80000\n"), "{regs}");
    assert_eq!(regs.text().matches("own_zeros").count(), 1, "{regs}");
    let of_libc = program.plain("where", &["libc"]);
    assert!(!of_libc.text().contains("__evoke_link_warning"), "{of_libc}");
}
