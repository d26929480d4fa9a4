//! Completions in shells: verbs and options, and names in the dump on the line.
#![cfg(unix)]

use std::path::Path;
use std::process::Command;

use crate::support::command::run;
use crate::support::tools::have;
use crate::testdata::folder;

/// Completions of the last of these words, as requested by the shell's script.
fn completed(words: &[&str]) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dumpedit"));
    command.current_dir(folder()).env("_DUMPEDIT_COMPLETE", "bash").env("_CLAP_IFS", "\n");
    command.env("_CLAP_COMPLETE_INDEX", words.len().to_string()).args(["--", "dumpedit"]).args(words);
    run(&mut command, b"").exits(0).text().lines().map(str::to_owned).collect()
}

#[test]
fn registers_threads_modules_regions_and_types_are_those_of_the_dump() {
    let cases: [(&[&str], &[&str]); 12] = [
        (&["regs", "crash.dmp", "ri"], &["rip"]),
        (&["regs", "crash32.core", "ei"], &["eip"]),
        (&["set", "crash.dmp", "rs"], &["rsp=", "rsi="]),
        (&["read", "crash.dmp", "@rsp..@ri"], &["@rsp..@rip"]),
        (&["read", "crash.dmp", "nt"], &["ntdll.dll"]),
        (&["write", "crash.core", "[s"], &["[stack]"]),
        (&["write", "crash.dmp", "@rsp", "ptr:@ri"], &["ptr:@rip"]),
        (&["write", "crash.dmp", "@rsp", "utf"], &["utf16:", "utf16z:"]),
        (&["read", "crash.dmp", "@rsp", "--as", "x1"], &["x16", "x128"]),
        (&["regs", "crash.dmp", "--thread", ""], &["crashed", "4711", "index:0", "4712", "index:1"]),
        (&["regs", "crash.dmp", "--context", "e"], &["exception"]),
        (&["regi"], &["regions"]),
    ];
    for (words, expected) in cases {
        assert_eq!(completed(words), expected, "{words:?}");
    }
    assert!(completed(&["regs", "crash.yaml", "r"]).is_empty(), "what is not a dump has no registers");
    assert!(completed(&["read", "cr"]).contains(&"crash.dmp".to_owned()));
}

#[test]
fn bash_completes_words_that_readline_would_end_earlier() {
    if !have("bash") {
        return;
    }
    let bin = Path::new(env!("CARGO_BIN_EXE_dumpedit")).parent().unwrap();
    let mut paths = vec![bin.to_owned()];
    paths.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let paths = std::env::join_paths(paths).unwrap();
    for (line, behind, expected) in [
        ("dumpedit read crash.dmp @ri", "ri", "rip"),
        ("dumpedit read crash.dmp @rsp..@ri", "ri", "rip"),
        ("dumpedit regs crash.dmp --thread index:", "", "0 1"),
        ("dumpedit regs crash.dmp --thread=47", "47", "4711 4712"),
        ("dumpedit regs crash.dmp ri", "ri", "rip"),
    ] {
        let script = format!(
            "source <(dumpedit completions bash); COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}; COMP_TYPE=9\n\
             _dumpedit dumpedit '{behind}' '' 2>/dev/null; echo \"${{COMPREPLY[*]}}\""
        );
        let mut bash = Command::new("bash");
        bash.current_dir(folder()).env("PATH", &paths).args(["-c", &script]);
        assert_eq!(run(&mut bash, b"").exits(0).text().trim_end(), expected, "{line}");
    }
}
