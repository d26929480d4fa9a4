//! Variables that are declared in one place and defined in another: a program's copies of a library's variables, and
//! aliases.

use super::program::{Program, compile};
use crate::support::command::{notice, notices, number};
use crate::support::tools::have;

#[test]
fn the_programs_copy_of_a_librarys_variable_is_the_one_that_is_meant() {
    if !have("gcc") || !have("gdb") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let library = "int own_shared = 7; extern int own_other_name __attribute__((alias(\"own_shared\")));\
        int own_read(void) { return own_shared; }";
    let main = "extern int own_shared; int own_read(void); void stops_here(void) {}\
        int main(void) { own_shared += 2; stops_here(); return own_read(); }";
    std::fs::write(folder.path().join("library.c"), library).unwrap();
    std::fs::write(folder.path().join("app.c"), main).unwrap();
    compile("gcc", folder.path(), &["-o", "libown.so", "library.c"], &["-shared", "-fPIC"]);
    let options = ["-fno-pie", "-no-pie", "-L.", "-lown", "-Wl,-rpath,$ORIGIN"];
    compile("gcc", folder.path(), &["-o", "app", "app.c"], &options);
    let Some(program) = Program::stopped(folder) else { return };
    let address = program.address("app!own_shared", &[]);
    assert!(program.gdb("&own_shared").contains(&format!(" {address:#x} ")));
    assert_eq!(program.address("own_shared", &[]), address);
    let json = program.json("print", &["own_shared"]).exits(0).json();
    assert_eq!(json["values"][0]["value"]["value"], "9");
    assert_eq!(notices(&json), [""; 0]);
    for (verb, arguments) in [
        ("where", &["libown.so!own_shared"][..]),
        ("print", &["libown.so!own_shared"]),
        ("where", &["libown.so!own_other_name"]),
    ] {
        let json = program.json(verb, arguments).exits(0).json();
        let told = &notice(&json, "copied-variable")["message"];
        let told = told.as_str().unwrap();
        assert!(told.ends_with(&format!("app!own_shared at {address:#x}")), "{verb} {arguments:?}: {told}");
    }
    let edited = program.json("set", &["own_shared=5"]).exits(0).json();
    assert_eq!(number(&edited["edits"][0]["location"]), address);
    assert_eq!(program.gdb("own_shared"), "5");
}

#[test]
fn an_alias_has_the_type_that_it_is_declared_with() {
    let source = "long own_first = 5; extern long own_alias __attribute__((alias(\"own_first\")));\
        void stops_here(void) {} int main(void) { stops_here(); return (int)own_alias; }";
    let Some(folder) = Program::build("gcc", source, &["-O0"]) else { return };
    let Some(program) = Program::stopped(folder) else { return };
    let text = program.plain("print", &["own_alias", "app!own_alias"]).exits(0);
    assert_eq!(text.text(), "own_alias = 5\napp!own_alias = 5\n");
    program.json("set", &["own_alias=-7"]).exits(0);
    assert_eq!(program.gdb("own_first"), "-7");
}

#[test]
fn a_source_file_is_named_by_its_whole_path_or_by_the_last_parts_of_it() {
    let source = "static volatile int own_here = 5; void stops_here(void) {} int main(void) { stops_here(); return own_here; }";
    let Some(folder) = Program::build("gcc", source, &["-O0"]) else { return };
    let Some(program) = Program::stopped(folder) else { return };
    let folder = program.folder().canonicalize().unwrap();
    let whole = folder.join("app.c");
    let whole = whole.to_str().unwrap();
    let of_folder = format!("{}/app.c", folder.file_name().unwrap().to_str().unwrap());
    for file in ["app.c", &of_folder, whole, &whole.replace("/app.c", "/./app.c")] {
        let path = format!("'{file}'::own_here");
        assert_eq!(program.plain("print", &[&path]).exits(0).text(), format!("{path} = 5\n"));
        assert_eq!(program.address(&path, &[]), program.address("own_here", &[]));
    }
    for file in ["/app.c", &whole.replace("/app.c", "/other/app.c"), &format!("/{of_folder}")] {
        let message = program.json("print", &[&format!("'{file}'::own_here")]).is_error("symbol");
        assert!(
            message.starts_with(&format!("'{file}' has no 'own_here'; the name is defined elsewhere: ")),
            "{message}"
        );
    }
}

#[test]
fn an_absolute_symbol_is_its_number_and_names_no_address() {
    if !have("gcc") || !have("gdb") {
        return;
    }
    let source = "extern char own_number[]; int own_counter = 5; void stops_here(void) {}\
        int main(void) { stops_here(); return own_counter + (int)(long)own_number; }";
    for options in [["-fno-pie", "-no-pie"], ["-fPIE", "-pie"]] {
        // The second one is in the code of the program where that begins at 0.
        let made = ["-Wl,--defsym=own_number=0x88", "-Wl,--defsym=own_size=0x1010"];
        let Some(folder) = Program::build("gcc", source, &[&options[..], &made].concat()) else { return };
        let Some(program) = Program::stopped(folder) else { return };
        for name in ["own_number", "own_size"] {
            let address = program.address(name, &[]);
            let gdb = program.gdb(&format!("(long)&{name}"));
            assert_eq!(gdb, address.to_string(), "{options:?} {name}");
            let label = program.json("read", &[&format!("{address:#x}"), "1"]).json();
            let label = label["symbol"].as_str().unwrap_or_default();
            assert!(!label.contains(name), "{label}");
        }
    }
}
