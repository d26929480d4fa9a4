//! A shell command that says whether a dump still serves.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

/// The environment variable that names the candidate.
const VARIABLE: &str = "DUMP";

/// A command for the shell that exits 0 on dumps that still serve. The dump's path is in the environment variable `DUMP`;
/// a command that does not mention it gets the path as its last argument. The path is never part of what the shell parses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellCommand {
    text: String,
}

impl ShellCommand {
    /// The command of that text.
    pub fn new(text: &str) -> ShellCommand {
        let variable = if cfg!(windows) { format!("%{VARIABLE}%") } else { format!("${VARIABLE}") };
        let mentioned = text.contains(&variable) || text.contains(&format!("${{{VARIABLE}"));
        ShellCommand { text: if mentioned { text.to_owned() } else { format!("{text} \"{variable}\"") } }
    }

    /// Runs it on a dump, and says whether it exited with 0. What it prints is dropped.
    ///
    /// # Errors
    /// What the system says where there is no shell, and where the shell cannot run the command (its codes 126 and 127).
    pub fn run(&self, dump: &Path) -> io::Result<bool> {
        let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
        let mut command = Command::new(shell);
        command.arg(option).arg(&self.text).env(VARIABLE, dump);
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        match status.code() {
            Some(126) => Err(io::Error::new(io::ErrorKind::PermissionDenied, "the shell may not run it")),
            Some(127) => Err(io::Error::new(io::ErrorKind::NotFound, "the shell finds no such command")),
            _ => Ok(status.success()),
        }
    }
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn run(text: &str, dump: &Path) -> io::Result<bool> {
        ShellCommand::new(text).run(dump)
    }

    #[test]
    fn the_path_is_the_last_argument_or_the_variable() {
        let folder = tempfile::tempdir().unwrap();
        let dump = folder.path().join("a b'\"$(touch injected);.dmp");
        std::fs::write(&dump, "needle").unwrap();
        assert!(run("grep -q needle", &dump).unwrap());
        assert!(!run("grep -q hay", &dump).unwrap());
        assert!(run("cat \"$DUMP\" | grep -q needle", &dump).unwrap());
        assert!(run("test needle = \"$(cat \"${DUMP}\")\"", &dump).unwrap());
        assert!(!folder.path().join("injected").exists());
        assert!(!Path::new("injected").exists());
    }

    #[test]
    fn a_command_that_cannot_be_run_is_an_error_and_not_a_no() {
        let error = run("no-such-command-anywhere", Path::new("x")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(!run("kill -9 $$; true", Path::new("x")).unwrap());
    }
}
