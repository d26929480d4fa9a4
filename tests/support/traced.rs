//! The binary under a tracer: what it asks of the system, with calls that fail or kill where a test wants it.
#![cfg(target_os = "linux")]

use std::ffi::OsStr;
use std::process::{Command, Output, Stdio};

use super::tools::{have, machine_lacks};

/// A run under the tracer.
#[derive(Debug)]
pub(crate) struct Traced {
    pub(crate) output: Output,
    /// The calls, one a line, as the tracer writes them.
    pub(crate) calls: String,
}

/// Whether the binary can be traced here; says aloud where it cannot.
pub(crate) fn can_trace() -> bool {
    if !have("strace") {
        return false;
    }
    let traced = run(&["-e", "trace=execve"], ["--version"]);
    !traced.calls.is_empty() || {
        machine_lacks("the right to trace");
        false
    }
}

/// Runs the binary under the tracer with the tracer's options; a run that hangs is ended.
pub(crate) fn run<S: AsRef<OsStr>>(options: &[&str], arguments: impl IntoIterator<Item = S>) -> Traced {
    let trace = tempfile::NamedTempFile::new().unwrap();
    let output = Command::new("timeout")
        .args(["-s", "KILL", "60", "strace", "-f", "-qq", "-o"])
        .arg(trace.path())
        .args(options)
        .arg(env!("CARGO_BIN_EXE_dumpedit"))
        .args(arguments)
        // Where the build looks for libraries is none of the command's own calls.
        .env_remove("LD_LIBRARY_PATH")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let calls = String::from_utf8_lossy(&std::fs::read(trace.path()).unwrap()).into_owned();
    Traced { output, calls }
}
