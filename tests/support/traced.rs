//! Runs the binary under a tracer: its system calls, some of which fail or kill it where a test asks for it.
#![cfg(target_os = "linux")]

use std::ffi::OsStr;
use std::process::{Command, Output, Stdio};

use super::tools::{have, machine_lacks};

/// A run under the tracer.
#[derive(Debug)]
pub(crate) struct Traced {
    pub(crate) output: Output,
    /// The calls, one a line, in the tracer's form.
    pub(crate) calls: String,
}

/// Whether the binary can be traced here; tells where it cannot.
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

/// Runs the binary under the tracer with the tracer's options; a run that hangs is killed.
pub(crate) fn run<S: AsRef<OsStr>>(options: &[&str], arguments: impl IntoIterator<Item = S>) -> Traced {
    let trace = tempfile::NamedTempFile::new().unwrap();
    let output = Command::new("timeout")
        .args(["-s", "KILL", "60", "strace", "-f", "-qq", "-o"])
        .arg(trace.path())
        .args(options)
        .arg(env!("CARGO_BIN_EXE_dumpedit"))
        .args(arguments)
        // Library searches of the build environment are no calls of the command itself.
        .env_remove("LD_LIBRARY_PATH")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let calls = String::from_utf8_lossy(&std::fs::read(trace.path()).unwrap()).into_owned();
    Traced { output, calls }
}
