//! Windows programs whose debug information GNU's tools moved to another file, with a link to it.

use std::path::Path;
use std::process::Command;

use super::windows_program::{Image, json, shown, synthesize};
use crate::support::command::number;
use crate::support::tools::have;

const SOURCE: &str = "struct node { struct node *next; long value; };\n\
    struct node own_nodes[4]; static int own_hidden = 7;\n\
    int main(void) { own_nodes[0].value++; return own_hidden++; }\n";

/// Builds a program, moves its debug information to `app.debug` with GNU's or LLVM's tools, and makes a minidump of the
/// rest.
fn made(objcopy: &str, strip: &str) -> Option<tempfile::TempDir> {
    const GNU: &str = "x86_64-w64-mingw32-gcc";
    if ![GNU, objcopy, strip].into_iter().all(have) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app.c"), SOURCE).unwrap();
    tool(folder.path(), GNU, &["-g", "app.c", "-o", "app.exe"]);
    tool(folder.path(), objcopy, &["--only-keep-debug", "app.exe", "app.debug"]);
    tool(folder.path(), strip, &["--strip-all", "app.exe"]);
    tool(folder.path(), objcopy, &["--add-gnu-debuglink=app.debug", "app.exe"]);
    let image = Image::read(&folder.path().join("app.exe"));
    synthesize(folder.path(), &image.spec(folder.path(), "amd64", "{tid: 1}", &[]));
    Some(folder)
}

fn tool(folder: &Path, tool: &str, arguments: &[&str]) {
    let status = Command::new(tool).current_dir(folder).args(arguments).status().unwrap();
    assert!(status.success(), "{tool} {arguments:?}");
}

/// Checks that the program's names and their addresses are found.
fn are_known(folder: &Path, hidden: u64, what: &str) {
    assert_eq!(shown(folder, "own_hidden", &[]), "7", "{what}");
    assert_eq!(shown(folder, "own_nodes[1]", &[]), "{next = 0x0, value = 0}", "{what}");
    let json = json(folder, "where", &["own_hidden"]).exits(0).json();
    assert_eq!(number(&json["pieces"][0]["address"]), hidden, "{what}");
}

#[test]
fn a_stripped_program_is_named_by_the_file_that_it_is_linked_to() {
    for (objcopy, strip) in
        [("x86_64-w64-mingw32-objcopy", "x86_64-w64-mingw32-strip"), ("llvm-objcopy", "llvm-strip")]
    {
        let Some(made) = made(objcopy, strip) else { return };
        let folder = made.path();
        let debug = folder.join("app.debug");
        let text = std::fs::read(&debug).unwrap();
        let other = folder.join("other");
        std::fs::create_dir_all(&other).unwrap();
        let hidden = {
            let nm = Command::new("nm").arg(&debug).output().unwrap();
            let nm = String::from_utf8(nm.stdout).unwrap();
            let line = nm.lines().find(|line| line.ends_with(" own_hidden")).unwrap();
            u64::from_str_radix(line.split(' ').next().unwrap(), 16).unwrap()
        };
        // A debug file of the module has the program's own name, with another time and size.
        are_known(folder, hidden, "beside the program");
        std::fs::create_dir(folder.join(".debug")).unwrap();
        std::fs::rename(&debug, folder.join(".debug/app.debug")).unwrap();
        are_known(folder, hidden, ".debug");
        std::fs::remove_dir_all(folder.join(".debug")).unwrap();
        json(folder, "read", &["own_hidden"]).is_error("module");
        // In another folder that is given.
        std::fs::write(other.join("app.debug"), &text).unwrap();
        let read = json(folder, "read", &["own_hidden..+4", "--symbols", other.to_str().unwrap()]);
        assert_eq!(read.exits(0).json()["bytes"], "07000000");
        // A file with other bytes is not the target of the link.
        let mut changed = text.clone();
        *changed.last_mut().unwrap() ^= 1;
        std::fs::write(&debug, changed).unwrap();
        let run = json(folder, "read", &["own_hidden"]);
        let message = run.is_error("module");
        assert!(message.contains("app.debug") && message.contains("CRC"), "{message}");
        let trusted = json(folder, "read", &["own_hidden..+4", "--trust-symbols"]).exits(0).json();
        assert_eq!(
            (&trusted["bytes"], &trusted["notices"][0]["kind"]),
            (&"07000000".into(), &"symbols-trusted".into())
        );
        // Without the program, nothing names the file or shows that it belongs to the module.
        std::fs::write(&debug, &text).unwrap();
        std::fs::remove_file(folder.join("app.exe")).unwrap();
        let message = json(folder, "read", &["own_hidden"]).is_error("module");
        assert!(message.contains("app.debug is of a different build"), "{message}");
    }
}
