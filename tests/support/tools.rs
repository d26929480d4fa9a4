//! Other people's tools: whether they are installed, and the way to skip tests without them.

use std::process::{Command, Stdio};

/// Whether a tool runs. Where it does not, tells that the test is skipped, or fails where `DUMPEDIT_REQUIRE_TOOLS` is 1.
pub(crate) fn have(tool: &str) -> bool {
    let status = Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let here = status.is_ok_and(|status| status.success());
    here || skip(&format!("{tool} is not here"))
}

/// Tells why a test is skipped; fails instead where `DUMPEDIT_REQUIRE_TOOLS` is 1. Always false.
pub(crate) fn skip(why: &str) -> bool {
    let required = std::env::var_os("DUMPEDIT_REQUIRE_TOOLS").is_some_and(|value| value == "1");
    assert!(!required, "DUMPEDIT_REQUIRE_TOOLS=1, but {why}");
    eprintln!("skipped: {why}");
    false
}

/// Tells that the machine lacks something that no tool can provide, such as a kind of file system.
pub(crate) fn machine_lacks(what: &str) {
    eprintln!("skipped: this machine lacks {what}");
}

/// A tool's standard output. Fails where it is empty, since an empty output compares equal to nothing.
#[track_caller]
pub(crate) fn printed(command: &mut Command) -> String {
    let line = format!("{command:?}");
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{line}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {}\n{text}\n{errors}", output.status);
    assert!(!text.trim().is_empty(), "{line} printed nothing\n{errors}");
    text
}
