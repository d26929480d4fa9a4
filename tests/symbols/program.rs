//! A program that the tests build, a core of it that gdb makes, and gdb's output for its names.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::command::{NO_SYMBOLS, Run, binary, number, run};
use crate::support::tools::{have, printed, skip};

/// A program of one file with symbols of every kind. No library has these names, since symbols of libraries may be
/// available.
pub(super) const SOURCE: &str = r#"
#include <stdlib.h>

struct node { struct node *next; long value; };

int own_counter = 42;
struct node own_nodes[4];
static volatile long own_hidden = 7;
const char own_greeting[] = "hello";
char own_text[6] = "hello";
char *own_pointer = own_text;
static volatile char own_buffer[300];
short own_small __attribute__((weak)) = 3;
double own_ratio = 1.5;
_Thread_local long own_tls = 3;
static volatile _Thread_local _Alignas(64) char own_aligned_tls[10] = "al";
/* Where the thread-local ones of the thread are, which gdb does not know of static programs. */
volatile void *own_told[2];
extern int own_alias __attribute__((alias("own_counter")));

static int own_helper(int x) { return x * 3 + own_buffer[0]; }

__attribute__((noinline)) void own_work(int x) {
    own_nodes[0].next = &own_nodes[1];
    own_nodes[1].value = x;
    own_counter += own_helper(x) - 2;
    own_hidden++;
    own_tls++;
    own_aligned_tls[1] = (char)x;
    own_buffer[1] = own_pointer[own_greeting[1] - 'e'];
    abort();
}

int main(void) {
    own_told[0] = &own_tls;
    own_told[1] = &own_aligned_tls;
    own_work(1 + (own_ratio > 2) + (own_small > 4));
    return own_alias;
}
"#;

/// The names in it that every compiler keeps.
pub(super) const NAMES: [&str; 14] = [
    "own_counter",
    "own_nodes",
    "own_hidden",
    "own_greeting",
    "own_text",
    "own_pointer",
    "own_buffer",
    "own_small",
    "own_ratio",
    "own_tls",
    "own_aligned_tls",
    "own_work",
    "main",
    "own_alias",
];

/// A program, its core, and the folder of both.
pub(super) struct Program {
    folder: TempDir,
    pub(super) path: PathBuf,
    pub(super) core: PathBuf,
    /// gdb's address of each name in the running program.
    pub(super) addresses: HashMap<String, u64>,
}

impl Program {
    /// Builds a source file with a compiler and options; `None` if a tool is missing.
    pub(super) fn build(compiler: &str, source: &str, options: &[&str]) -> Option<TempDir> {
        if !have(compiler) || !have("gdb") {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("app.c"), source).unwrap();
        compile(compiler, folder.path(), &["-o", "app", "app.c"], options);
        Some(folder)
    }

    /// Runs a built program in gdb up to its function `stops_here`, where gdb makes a core of it with the memory of
    /// mapped files.
    pub(super) fn stopped(folder: TempDir) -> Option<Program> {
        let (path, core) = (folder.path().join("app"), folder.path().join("app.core"));
        let mut gdb = Command::new("sh");
        // Bits 2 and 3 are for memory of mapped files (core(5)).
        gdb.args(["-c", "echo 0x7f > /proc/self/coredump_filter; exec gdb \"$@\"", "sh"]);
        gdb.current_dir(folder.path()).env_remove("DEBUGINFOD_URLS").args(["-nx", "-batch", "-q"]);
        gdb.args(["-ex", "break stops_here", "-ex", "run", "-ex"]);
        gdb.arg(format!("generate-core-file {}", core.display())).args(["-ex", "kill"]).arg(&path);
        gdb.stdin(Stdio::null()).output().unwrap();
        if !core.exists() {
            skip("gdb could not make a core");
            return None;
        }
        Some(Program { folder, path, core, addresses: HashMap::new() })
    }

    /// gdb's output for each of these expressions in the core, in a language.
    pub(super) fn gdb_prints(&self, language: &str, expressions: &[&str]) -> Vec<String> {
        let mut gdb = quiet_gdb(self.folder());
        gdb.env("LC_ALL", "C.UTF-8").args(["-ex", "set width 0", "-ex", "set print asm-demangle on"]);
        gdb.args(["-ex", &format!("set language {language}")]);
        for expression in expressions {
            gdb.args(["-ex", "echo >>>\\n", "-ex", &format!("output {expression}")]);
        }
        let text = printed(gdb.arg(&self.path).arg(&self.core));
        let answers = text.split(">>>\n").skip(1).map(|answer| answer.trim_end().to_owned());
        let answers: Vec<String> = answers.collect();
        assert_eq!(answers.len(), expressions.len(), "{text}");
        answers
    }

    /// Runs a built program to its end in gdb, which makes a core of it and prints the addresses of some names.
    pub(super) fn run(folder: TempDir, names: &[&str]) -> Option<Program> {
        let (path, core) = (folder.path().join("app"), folder.path().join("app.core"));
        let mut gdb = quiet_gdb(folder.path());
        gdb.args(["-ex", "run", "-ex", &format!("generate-core-file {}", core.display())]);
        for name in names {
            let place = match *name {
                "own_tls" => "own_told[0]",
                "own_aligned_tls" => "own_told[1]",
                name => &format!("&{name}"),
            };
            gdb.args(["-ex", &format!("printf \"->{name} %p\\n\", (void *){place}")]);
        }
        let output = gdb.args(["-ex", "kill"]).arg(&path).stdin(Stdio::null()).output().unwrap();
        if !core.exists() {
            skip("gdb could not make a core");
            return None;
        }
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let addresses = said.lines().filter_map(|line| {
            let (name, address) = line.strip_prefix("->")?.split_once(" 0x")?;
            Some((name.to_owned(), u64::from_str_radix(address.trim(), 16).ok()?))
        });
        let addresses: HashMap<String, u64> = addresses.collect();
        for name in names {
            assert!(addresses.contains_key(*name), "gdb does not know {name}: {said}");
        }
        Some(Program { folder, path, core, addresses })
    }

    /// [`SOURCE`] with gdb's addresses of [`NAMES`].
    pub(super) fn of(compiler: &str, options: &[&str]) -> Option<Program> {
        Program::run(Program::build(compiler, SOURCE, options)?, &NAMES)
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// `dumpedit VERB CORE ARGUMENTS --json` with symbols.
    pub(super) fn json(&self, verb: &str, arguments: &[&str]) -> Run {
        run(self.command(verb, arguments).arg("--json"), b"")
    }

    /// The same with text output.
    pub(super) fn plain(&self, verb: &str, arguments: &[&str]) -> Run {
        run(&mut self.command(verb, arguments), b"")
    }

    pub(super) fn command(&self, verb: &str, arguments: &[&str]) -> Command {
        let mut command = binary();
        command.env_remove(NO_SYMBOLS.0).arg(verb).arg(&self.core).args(arguments);
        command
    }

    /// The address of a place.
    #[track_caller]
    pub(super) fn address(&self, place: &str, arguments: &[&str]) -> u64 {
        let run = self.json("where", &[&[place][..], arguments].concat());
        let json = run.json();
        // Memory that only a mapped file has is not in the core, and the error has its address.
        let address = match run.code {
            2 => &json["error"]["address"],
            _ => &json["pieces"][0]["address"],
        };
        assert!(address.is_string(), "{run}");
        number(address)
    }

    /// gdb's output for an expression in the core.
    pub(super) fn gdb(&self, expression: &str) -> String {
        let mut gdb = quiet_gdb(self.folder());
        gdb.args(["-ex", &format!("output {expression}")]).arg(&self.path).arg(&self.core);
        printed(&mut gdb).lines().last().unwrap_or_default().to_owned()
    }

    /// Runs a tool in the folder.
    pub(super) fn tool(&self, tool: &str, arguments: &[&str]) {
        let status = Command::new(tool).current_dir(self.folder()).args(arguments).status().unwrap();
        assert!(status.success(), "{tool} {arguments:?}");
    }

    /// The program's build id.
    pub(super) fn build_id(&self) -> String {
        let modules = self.json("modules", &[]).exits(0).json();
        let is_app = |module: &&Value| module["name"].as_str().is_some_and(|name| name.ends_with("/app"));
        let app = modules.as_array().unwrap().iter().find(is_app).unwrap();
        app["id"].as_str().unwrap().to_owned()
    }
}

/// gdb without symbol servers and a user's settings.
fn quiet_gdb(folder: &Path) -> Command {
    let mut gdb = Command::new("gdb");
    gdb.current_dir(folder).env_remove("DEBUGINFOD_URLS").args(["-nx", "-batch", "-q"]);
    gdb
}

/// Runs a compiler in a folder.
pub(super) fn compile(compiler: &str, folder: &Path, arguments: &[&str], options: &[&str]) {
    let mut command = Command::new(compiler);
    command.current_dir(folder).args(["-g", "-pthread"]).args(arguments);
    let status = command.args(options).status().unwrap();
    assert!(status.success(), "{compiler} {arguments:?} {options:?}");
}
