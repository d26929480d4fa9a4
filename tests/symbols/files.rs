//! Symbol files of the module's own build are found, wherever they are.

use std::path::Path;

use super::program::{NAMES, Program, SOURCE, compile};
use crate::support::command::{NO_SYMBOLS, binary, notice, notices, number, run};
use crate::support::tools::have;

/// Moves the debug information of a program into a file.
fn split(program: &Program, into: &str) {
    program.tool("objcopy", &["--only-keep-debug", "app", into]);
    program.tool("strip", &["-s", "app"]);
}

fn create(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
}

#[test]
fn a_stripped_program_is_named_by_its_separate_debug_file() {
    if !have("objcopy") || !have("strip") {
        return;
    }
    for options in [&["-pie"][..], &["-no-pie"]] {
        let Some(program) = Program::of("gcc", options) else { return };
        let id = program.build_id();
        let (first, rest) = id.split_at(2);
        split(&program, "app.debug");
        let message = program.json("read", &["own_hidden"]).is_error("module");
        assert!(message.contains("app ("), "{message}");
        let folder = |name: &str| program.folder().join(name);
        let debug = folder("app.debug");
        let check = |arguments: &[&str], what: &str| {
            for name in NAMES {
                assert_eq!(program.address(name, arguments), program.addresses[name], "{what}: {name}");
            }
        };
        // By file name, and in folders named after build ids, in two layouts.
        let given = folder("given");
        create(&given.join(".build-id").join(first));
        std::fs::copy(&debug, given.join(".build-id").join(first).join(format!("{rest}.debug"))).unwrap();
        check(&["--symbols", given.to_str().unwrap()], ".build-id");
        let by_name = folder("by-name");
        create(&by_name);
        std::fs::copy(&debug, by_name.join("app.debug")).unwrap();
        check(&["--symbols", by_name.to_str().unwrap()], "by name");
        let cache = folder("cache");
        create(&cache.join(&id));
        std::fs::copy(&debug, cache.join(&id).join("debuginfo")).unwrap();
        check(&["--symbols", cache.to_str().unwrap()], "debuginfod's cache");
        // Under another root, in the layout of distributions.
        let root = folder("root");
        let of_root = root.join("usr/lib/debug/.build-id").join(first);
        create(&of_root);
        std::fs::copy(&debug, of_root.join(format!("{rest}.debug"))).unwrap();
        let own = root.join(program.folder().strip_prefix("/").unwrap());
        create(&own);
        std::fs::copy(&program.path, own.join("app")).unwrap();
        check(&["--sysroot", root.to_str().unwrap()], "sysroot");
        // By the debug link in the program.
        program.tool("objcopy", &["--add-gnu-debuglink=app.debug", "app"]);
        check(&[], "beside the program");
        create(&folder(".debug"));
        std::fs::rename(&debug, folder(".debug").join("app.debug")).unwrap();
        check(&[], ".debug");
        // The environment variable for symbols may have folders as well.
        let mut command = binary();
        command.env(NO_SYMBOLS.0, &by_name).arg("where").arg(&program.core).args([
            "own_hidden",
            "--sysroot",
            given.to_str().unwrap(),
        ]);
        run(&mut command, b"").exits(0);
    }
}

#[test]
fn symbols_that_are_packed_into_a_program_are_read() {
    if !have("objcopy") || !have("strip") || !have("xz") {
        return;
    }
    let Some(program) = Program::of("gcc", &["-pie"]) else { return };
    split(&program, "app.debug");
    program.tool(
        "objcopy",
        &[
            "-S",
            "--remove-section",
            ".comment",
            "--keep-symbol=own_hidden",
            "--keep-symbol=own_work",
            "app.debug",
            "mini",
        ],
    );
    program.tool("xz", &["mini"]);
    program.tool("objcopy", &["--add-section", ".gnu_debugdata=mini.xz", "app"]);
    std::fs::remove_file(program.folder().join("app.debug")).unwrap();
    for name in ["own_hidden", "own_work"] {
        assert_eq!(program.address(name, &[]), program.addresses[name], "{name}");
    }
    // A cut file cannot be read, and the message says so.
    let cut = std::fs::read(program.folder().join("mini.xz")).unwrap();
    std::fs::write(program.folder().join("cut.xz"), &cut[..cut.len() / 2]).unwrap();
    program.tool("objcopy", &["--update-section", ".gnu_debugdata=cut.xz", "app"]);
    let message = program.json("read", &["own_hidden"]).is_error("module");
    assert!(message.contains("/app cannot be read: "), "{message}");
}

#[test]
fn a_file_of_another_build_is_refused_with_both_ids_unless_it_is_to_be_trusted() {
    let Some(program) = Program::of("gcc", &["-O0"]) else { return };
    let id = program.build_id();
    let source = SOURCE.replace("int own_counter = 42;", "long before = 1; int own_counter = 42;");
    let Some(other) = Program::build("gcc", &source, &["-O0"]) else { return };
    std::fs::copy(other.path().join("app"), &program.path).unwrap();
    let run = program.json("write", &["own_counter", "00"]);
    let message = run.is_error("module");
    let refusal = "/app is of a different build: its id is ";
    assert!(message.contains(refusal) && message.contains(&format!(", the module's is {id}")), "{message}");
    assert!(!message.contains(&format!("its id is {id}")), "{message}");
    assert!(run.json()["error"]["hint"].as_str().unwrap().contains("--trust-symbols"));
    let hint = program.json("read", &["liibc"]).json()["error"]["hint"].as_str().unwrap().to_owned();
    assert!(hint.contains("--trust-symbols"), "{hint}");
    assert!(!program.plain("threads", &[]).text().contains("app!"));
    let json = program.json("where", &["own_counter", "--trust-symbols"]).exits(0).json();
    assert_eq!(notices(&json), ["symbols-trusted"]);
    let told = notice(&json, "symbols-trusted")["message"].as_str().unwrap();
    assert!(told.contains(&id), "{told}");
    for (verb, arguments) in [
        ("where", &["own_counter", "--trust-symbols"][..]),
        ("read", &["own_counter..+4", "--strings", "--trust-symbols"]),
    ] {
        let run = program.plain(verb, arguments);
        assert!(run.stderr.contains(&format!("notice: {told}")), "{verb}: {run}");
    }
    // A file of the same build is preferred if there is one.
    let given = program.folder().join("given");
    create(&given);
    let Some(same) = Program::build("gcc", SOURCE, &["-O0"]) else { return };
    std::fs::copy(same.path().join("app"), given.join("app")).unwrap();
    let found = program.json("where", &["own_counter", "--symbols", given.to_str().unwrap()]);
    // If the compiler's output is the same on every machine, so is the id.
    assert!(found.code == 0 || found.is_error("module").contains("different build"));
}

#[test]
fn a_file_of_the_modules_build_comes_before_one_that_is_only_trusted() {
    let Some(program) = Program::of("gcc", &["-O0"]) else { return };
    let source = SOURCE.replace("int own_counter = 42;", "long before = 1; int own_counter = 42;");
    let Some(other) = Program::build("gcc", &source, &["-O0"]) else { return };
    let trusted = ["--trust-symbols", "--symbols", other.path().to_str().unwrap()];
    let json = program.json("where", &[&["own_counter"], &trusted[..]].concat()).exits(0).json();
    assert_eq!(number(&json["pieces"][0]["address"]), program.addresses["own_counter"]);
    assert_eq!(notices(&json), [""; 0]);
    let json = program.json("print", &[&["own_counter"], &trusted[..]].concat()).exits(0).json();
    assert_eq!(json["values"][0]["value"]["value"], program.gdb("own_counter"));
    assert_eq!(notices(&json), [""; 0]);
}

#[test]
fn set_says_of_which_build_the_files_are_too() {
    let Some(program) = Program::of("gcc", &["-O0"]) else { return };
    let id = program.build_id();
    let source = SOURCE.replace("int own_counter = 42;", "long before = 1; int own_counter = 42;");
    let Some(other) = Program::build("gcc", &source, &["-O0"]) else { return };
    std::fs::copy(other.path().join("app"), &program.path).unwrap();
    let script = program.folder().join("script");
    std::fs::write(&script, "set own_counter=5\n").unwrap();
    for run in [
        program.json("set", &["own_counter=5"]),
        program.json("set", &["rax=5", "--expect", "own_counter=5"]),
        program.json("apply", &[script.to_str().unwrap()]),
    ] {
        let message = run.is_error("symbol");
        assert!(message.contains("amd64 has no register 'own_counter', and no symbol is named"), "{message}");
        let refusal = "/app is of a different build: its id is ";
        assert!(
            message.contains(refusal) && message.contains(&format!(", the module's is {id}")),
            "{message}"
        );
    }
}

#[test]
fn set_says_that_no_symbol_has_the_name_of_what_is_no_register() {
    let Some(program) = Program::of("gcc", &["-O0"]) else { return };
    let message = program.json("set", &["own_no_such=5"]).is_error("symbol");
    assert!(
        message.starts_with("amd64 has no register 'own_no_such', and no symbol is named 'own_no_such'"),
        "{message}"
    );
}

#[test]
fn a_symbol_file_may_be_given_itself_and_is_checked_by_its_id() {
    let Some(program) = Program::of("gcc", &["-O0"]) else { return };
    let folder = |name: &str| program.folder().join(name).to_str().unwrap().to_owned();
    std::fs::rename(&program.path, folder("moved")).unwrap();
    let address = program.addresses["own_counter"];
    assert_eq!(program.address("own_counter", &["--symbols", &folder("moved")]), address);
    // A file of another build is refused under any name, and is not used for another module.
    let source = SOURCE.replace("int own_counter = 42;", "long before = 1; int own_counter = 42;");
    let Some(other) = Program::build("gcc", &source, &["-O0"]) else { return };
    for name in ["other", "app.debug"] {
        std::fs::copy(other.path().join("app"), folder(name)).unwrap();
        let message = program.json("read", &["own_counter", "--symbols", &folder(name)]).is_error("module");
        assert_eq!(message.matches(&format!("/{name} is of a different build")).count(), 1, "{message}");
        let trusted = ["own_counter", "--trust-symbols", "--symbols", &folder(name)];
        let json = program.json("where", &trusted).exits(0).json();
        assert_eq!(notices(&json), ["symbols-trusted"]);
    }
    let message = program.json("read", &["own_counter", "--symbols", &folder("nowhere")]).is_error("usage");
    assert!(message.starts_with("cannot look for symbols in ") && message.contains("/nowhere"), "{message}");
}

#[test]
fn places_that_cannot_be_looked_into_are_told_and_never_passed_over() {
    let Some(program) = Program::of("gcc", &["-O0"]) else { return };
    let at = |name: &str| program.folder().join(name).to_str().unwrap().to_owned();
    std::fs::write(at("text"), "this is no symbol file").unwrap();
    std::fs::create_dir(at("empty")).unwrap();
    program.tool("mkfifo", &["pipe"]);
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    let neither = "it is neither a folder nor a regular file";
    for (option, place, why) in [
        ("--symbols", "/dev/null".to_owned(), neither),
        ("--symbols", at("pipe"), neither),
        ("--symbols", at("socket"), neither),
        ("--sysroot", "/dev/null".to_owned(), "it is not a folder"),
        ("--sysroot", at("text"), "it is not a folder"),
        ("--sysroot", at("missing"), "No such file"),
    ] {
        let message = program.json("read", &["own_counter", option, &place]).is_error("usage");
        assert!(message.starts_with(&format!("cannot look for symbols in {place}: {why}")), "{message}");
    }
    // The environment variable may name folders that are missing. Symbols from elsewhere are used, with a notice.
    for (place, why) in [
        ("/dev/null".to_owned(), neither),
        (at("pipe"), neither),
        (at("missing"), "No such file"),
        (at("text"), "not a supported symbol file"),
    ] {
        let mut command = program.command("read", &["own_counter", "--json"]);
        let json = run(command.env("DUMPEDIT_SYMBOLS", &place), b"").exits(0).json();
        assert_eq!(notices(&json), ["symbols-place-unusable"]);
        let told = notice(&json, "symbols-place-unusable")["message"].as_str().unwrap();
        assert!(told.contains(&place) && told.contains(why), "{told}");
    }
    let json = program.json("read", &["own_counter", "--symbols", &at("empty")]).exits(0).json();
    assert_eq!(notices(&json), [""; 0]);
}

#[test]
fn a_debug_file_with_other_bytes_than_the_link_says_is_refused() {
    if !have("objcopy") || !have("strip") {
        return;
    }
    let Some(program) = Program::of("gcc", &["-Wl,--build-id=none"]) else { return };
    split(&program, "app.debug");
    program.tool("objcopy", &["--add-gnu-debuglink=app.debug", "app"]);
    let json = program.json("where", &["own_hidden"]).exits(0).json();
    // The dump has no id of the program, so there is only a notice.
    assert_eq!(notices(&json), ["symbols-unchecked"]);
    assert_eq!(json["pieces"][0].get("symbol"), None);
    let debug = program.folder().join("app.debug");
    let mut bytes = std::fs::read(&debug).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&debug, bytes).unwrap();
    let message = program.json("where", &["own_hidden"]).is_error("module");
    assert!(message.contains("app.debug is not the linked file: its CRC is "), "{message}");
}

#[test]
fn files_that_are_no_symbol_files_are_named_and_not_waited_for() {
    let Some(program) = Program::of("gcc", &["-O0"]) else { return };
    std::fs::write(&program.path, "no program").unwrap();
    let message = program.json("read", &["own_counter"]).is_error("module");
    assert!(message.contains("/app is not a symbol file of a known kind"), "{message}");
    std::fs::remove_file(&program.path).unwrap();
    program.tool("mkfifo", &["app"]);
    program.json("read", &["own_counter"]).is_error("module");
    std::fs::remove_file(&program.path).unwrap();
    create(&program.path);
    program.json("read", &["own_counter"]).is_error("module");
}

/// A program with a static variable that its library has as well.
fn with_library(options: &[&str]) -> Option<Program> {
    const PROGRAM: &str = "static volatile int own_both = 1; static int own_lost = 2; extern int in_library(void);
        extern void abort(void); int main(void) { if (own_both + own_lost + in_library()) abort(); return 0; }";
    const LIBRARY: &str = "static volatile int own_library = 3, own_lost = 4;
        int in_library(void) { return own_library++ + own_lost++; }";
    if !have("gcc") || !have("gdb") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("app.c", PROGRAM), ("library.c", LIBRARY)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    compile("gcc", folder.path(), &["-o", "libown.so", "library.c"], &["-shared", "-fPIC"]);
    let link = [&["-L.", "-lown", "-Wl,-rpath,$ORIGIN"], options].concat();
    compile("gcc", folder.path(), &["-o", "app", "app.c"], &link);
    Program::run(folder, &["main"])
}

#[test]
fn a_name_that_a_refused_program_may_have_is_not_changed_elsewhere() {
    let Some(program) = with_library(&["-O0"]) else { return };
    let id = program.build_id();
    let Some(other) = Program::build("gcc", SOURCE, &["-O0"]) else { return };
    std::fs::copy(other.path().join("app"), &program.path).unwrap();
    let refusal = "/app is of a different build: its id is ";
    let both =
        |message: &str| message.contains(refusal) && message.contains(&format!(", the module's is {id}"));
    let script = program.folder().join("script");
    std::fs::write(&script, "set own_library=5\n").unwrap();
    let before = std::fs::read(&program.core).unwrap();
    for run in [
        program.json("set", &["own_library=5"]),
        program.json("set", &["rax=&own_library"]),
        program.json("set", &["rax=5", "--expect", "own_library=5"]),
        program.json("write", &["own_library", "u32:5"]),
        program.json("fill", &["own_library", "00"]),
        program.json("copy", &["own_library..+4", "rsp"]),
        program.json("apply", &[script.to_str().unwrap()]),
    ] {
        let message = run.is_error("symbol");
        assert!(
            message.contains("'own_library' is in libown.so, and may also be in another module: app ("),
            "{message}"
        );
        assert!(both(&message), "{message}");
        let hint = run.json()["error"]["hint"].as_str().unwrap().to_owned();
        assert!(hint.contains("MODULE!NAME") && hint.contains("--trust-symbols"), "{hint}");
    }
    assert_eq!(std::fs::read(&program.core).unwrap(), before);
    for verb in ["read", "print", "where"] {
        let json = program.json(verb, &["own_library"]).exits(0).json();
        let told = notice(&json, "symbols-not-searched")["message"].as_str().unwrap();
        assert!(both(told), "{told}");
        let json = program.json(verb, &["libown!own_library"]).exits(0).json();
        assert_eq!(notices(&json), [] as [&str; 0]);
    }
    program.json("set", &["libown!own_library=5"]).exits(0);
}

#[test]
fn a_name_that_a_missing_program_may_have_is_told() {
    let Some(program) = with_library(&["-O0"]) else { return };
    assert_eq!(notices(&program.json("read", &["own_library"]).exits(0).json()), [] as [&str; 0]);
    std::fs::rename(&program.path, program.folder().join("moved")).unwrap();
    for (verb, argument) in [("read", "own_library"), ("print", "own_library"), ("set", "own_library=5")] {
        let json = program.json(verb, &[argument]).exits(0).json();
        let told = notice(&json, "symbols-not-searched")["message"].as_str().unwrap();
        assert_eq!(
            told,
            "'own_library' is in libown.so, and was not searched for in app (its file is missing)"
        );
    }
}

#[test]
fn a_variable_that_was_optimised_away_is_not_taken_of_another_module() {
    let Some(program) = with_library(&["-O2"]) else { return };
    for run in [
        program.json("print", &["own_lost"]),
        program.json("set", &["own_lost=5"]),
        program.json("write", &["own_lost", "u32:5"]),
    ] {
        let message = run.is_error("symbol");
        let why = "'own_lost' is in libown.so, and may also be in another module: app (its variable of that name has no address)";
        assert_eq!(message, why);
    }
    program.json("set", &["libown!own_lost=5"]).exits(0);
}

#[test]
fn the_debug_information_that_was_refused_is_named_where_a_program_has_its_symbols() {
    if !have("objcopy") || !have("strip") {
        return;
    }
    let Some(program) = Program::of("gcc", &["-O0"]) else { return };
    let source = SOURCE.replace("int own_counter = 42;", "long before = 1; int own_counter = 42;");
    let Some(other) = Program::build("gcc", &source, &["-O0"]) else { return };
    let folder = program.folder().join("folder");
    create(&folder);
    let (inside, unnamed) = (folder.join("app.debug"), program.folder().join("other.debug"));
    std::fs::copy(other.path().join("app"), program.folder().join("other")).unwrap();
    program.tool("objcopy", &["--only-keep-debug", "other", "other.debug"]);
    std::fs::copy(&unnamed, &inside).unwrap();
    program.tool("strip", &["-g", "app"]);
    let id = program.build_id();
    for (given, file) in [(&unnamed, &unnamed), (&inside, &inside), (&folder, &inside)] {
        for (verb, path) in [("print", "own_nodes[1].value"), ("set", "own_nodes[1].value=5")] {
            let run = program.json(verb, &[path, "--symbols", given.to_str().unwrap()]);
            let message = run.is_error("symbol");
            let refusal = format!("{} is of a different build: its id is ", file.display());
            assert_eq!(message.matches(&refusal).count(), 1, "{message}");
            assert!(message.ends_with(&format!(", the module's is {id}")), "{message}");
            assert!(run.json()["error"]["hint"].as_str().unwrap().contains("--trust-symbols"));
        }
    }
}

#[test]
fn a_file_of_any_name_in_a_given_folder_is_found_by_its_id() {
    if !have("objcopy") || !have("strip") {
        return;
    }
    let Some(program) = Program::of("gcc", &["-pie"]) else { return };
    let folder = program.folder().join("folder");
    create(&folder);
    create(&folder.join("deeper"));
    split(&program, "folder/unrelated.dbg");
    // Files of other builds and files of no known kind are not used for it, and are not reported.
    let Some(other) = Program::build("gcc", &SOURCE.replace("= 42;", "= 43;"), &["-pie"]) else { return };
    std::fs::copy(other.path().join("app"), folder.join("another")).unwrap();
    std::fs::write(folder.join("text"), "no symbol file").unwrap();
    let given = ["--symbols", folder.to_str().unwrap()];
    for name in NAMES {
        assert_eq!(program.address(name, &given), program.addresses[name], "{name}");
    }
    let json = program.json("print", &["own_nodes[1].next", given[0], given[1]]).exits(0).json();
    assert_eq!(notices(&json), [""; 0]);
    std::fs::rename(folder.join("unrelated.dbg"), folder.join("deeper/unrelated.dbg")).unwrap();
    let trusting = ["own_hidden", given[0], given[1], "--trust-symbols"];
    for arguments in [&trusting[..3], &trusting] {
        let message = program.json("where", arguments).is_error("module");
        assert!(!message.contains("another"), "{message}");
    }
}
