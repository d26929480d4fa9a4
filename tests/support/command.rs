//! Runs the binary and captures its output.

use std::ffi::OsStr;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Result of a run of the binary.
#[derive(Debug)]
pub(crate) struct Run {
    /// The command line, for messages.
    pub(crate) line: String,
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

/// Turns symbols off, so that tests do not depend on the machine's libraries. Tests of symbols remove it.
pub(crate) const NO_SYMBOLS: (&str, &str) = ("DUMPEDIT_SYMBOLS", "off");

/// The binary under test, ready for arguments.
pub(crate) fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dumpedit"));
    command.env(NO_SYMBOLS.0, NO_SYMBOLS.1);
    command
}

/// The binary under test as a terminal starts it: no signal is ignored, even if the tests run with ignored signals.
#[cfg(target_os = "linux")]
pub(crate) fn binary_with_default_signals() -> Command {
    let mut command = Command::new("env");
    command.args(["--default-signal", env!("CARGO_BIN_EXE_dumpedit")]).env(NO_SYMBOLS.0, NO_SYMBOLS.1);
    command
}

/// The binary under test, with the ignored signals of this process.
#[cfg(not(target_os = "linux"))]
pub(crate) fn binary_with_default_signals() -> Command {
    binary()
}

/// Runs the binary with arguments and an empty standard input.
pub(crate) fn dumpedit<S: AsRef<OsStr>>(arguments: &[S]) -> Run {
    run(binary().args(arguments), b"")
}

/// Starts a process. Of thousands, Wine fails to start one or two at first, with `ERROR_INTERNAL_ERROR`.
fn spawn(command: &mut Command) -> std::io::Result<std::process::Child> {
    const INTERNAL_ERROR: i32 = 1359;
    match command.spawn() {
        Err(error) if cfg!(windows) && error.raw_os_error() == Some(INTERNAL_ERROR) => command.spawn(),
        spawned => spawned,
    }
}

/// Runs a prepared command with bytes on its standard input.
pub(crate) fn run(command: &mut Command, input: &[u8]) -> Run {
    let line = format!("{command:?}");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = spawn(command).unwrap_or_else(|error| panic!("{line}: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // A command that fails early closes its standard input; the test checks its exit code and not this error.
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output().unwrap()
    });
    Run {
        code: output.status.code().unwrap_or_else(|| panic!("{line}: ended by {}", output.status)),
        line,
        stdout: output.stdout,
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Run {
    /// The one JSON document on stdout.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is not one JSON document ({error}): {self}"))
    }

    /// Stdout as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }

    /// Checks the exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Run {
        assert_eq!(self.code, code, "exit code of {self}");
        self
    }

    /// Checks that every byte was done: exit 0, and full counts.
    #[track_caller]
    pub(crate) fn is_full(&self, requested: u64) -> Value {
        let json = self.json();
        assert_eq!(self.code, 0, "exit code of {self}");
        assert_eq!(json["requested"], requested, "requested of {self}");
        assert_eq!(json["completed"], requested, "completed of {self}");
        assert_eq!(json.get("stopped"), Some(&Value::Null), "stopped of {self}");
        json
    }

    /// Checks that a prefix was done: exit 1, the counts, and the place and reason of the stop.
    #[track_caller]
    pub(crate) fn is_partial(&self, requested: u64, completed: u64, at: &str, reason: &str) -> Value {
        let json = self.json();
        assert_eq!(self.code, 1, "exit code of {self}");
        assert_eq!(json["requested"], requested, "requested of {self}");
        assert_eq!(json["completed"], completed, "completed of {self}");
        assert_eq!(json["stopped"]["at"], at, "stopped.at of {self}");
        assert_eq!(json["stopped"]["reason"], reason, "stopped.reason of {self}");
        json
    }

    /// Checks that nothing was done: exit 2 and a JSON error of a kind. Returns its message.
    #[track_caller]
    pub(crate) fn is_error(&self, kind: &str) -> String {
        let json = self.json();
        assert_eq!(self.code, 2, "exit code of {self}");
        assert_eq!(json["error"]["kind"], kind, "error.kind of {self}");
        let message = json["error"]["message"].as_str().unwrap_or_else(|| panic!("no message: {self}"));
        assert!(!message.is_empty(), "empty message: {self}");
        message.to_owned()
    }

    /// Checks an error about an address. Returns its message.
    #[track_caller]
    pub(crate) fn is_error_at(&self, kind: &str, address: &str) -> String {
        let message = self.is_error(kind);
        assert_eq!(self.json()["error"]["address"], address, "error.address of {self}");
        message
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let stdout = String::from_utf8_lossy(&self.stdout);
        write!(f, "{}\nexit {}\nstdout: {stdout}\nstderr: {}", self.line, self.code, self.stderr)
    }
}

/// The kinds of a document's notices.
pub(crate) fn notices(json: &Value) -> Vec<&str> {
    let list = json["notices"].as_array().unwrap_or_else(|| panic!("no notices in {json}"));
    list.iter().map(|notice| notice["kind"].as_str().unwrap()).collect()
}

/// The first notice of a kind.
#[track_caller]
pub(crate) fn notice<'a>(json: &'a Value, kind: &str) -> &'a Value {
    let list = json["notices"].as_array().unwrap_or_else(|| panic!("no notices in {json}"));
    list.iter().find(|notice| notice["kind"] == kind).unwrap_or_else(|| panic!("no {kind} in {json}"))
}

/// A JSON address or register value, which is a string that starts with `0x`.
pub(crate) fn number(value: &Value) -> u64 {
    let text = value.as_str().unwrap_or_else(|| panic!("not a string: {value}"));
    let digits = text.strip_prefix("0x").unwrap_or_else(|| panic!("not 0x…: {value}"));
    u64::from_str_radix(digits, 16).unwrap()
}
