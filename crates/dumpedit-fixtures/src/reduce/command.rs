//! A shell command that decides whether a dump still serves.

use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Environment variable with the candidate's path.
const VARIABLE: &str = "DUMP";

/// Pause between two checks of the process, at first and at most.
const SHORTEST_PAUSE: Duration = Duration::from_micros(200);
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// Time that a process has to end by itself.
#[cfg(unix)]
const GRACE: Duration = Duration::from_millis(50);

/// A shell command that exits 0 for dumps that still serve. The dump's path is in the environment variable `DUMP`; a command that does not
/// mention it gets the path as its last argument. A POSIX shell never parses the path. On Windows `cmd` replaces `%DUMP%` with it, which
/// needs quotes around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellCommand {
    text: String,
    timeout: Option<Duration>,
}

/// Result of a command for a dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// It exited 0.
    Serves,
    /// It exited with another code.
    Refuses,
    /// It did not exit in time, and was ended.
    TimedOut,
    /// The caller asked to stop, and it was ended.
    Stopped,
}

impl ShellCommand {
    /// A command of a text.
    pub fn new(text: &str) -> ShellCommand {
        let variable = if cfg!(windows) { format!("%{VARIABLE}%") } else { format!("${VARIABLE}") };
        let mentioned = text.contains(&variable) || text.contains(&format!("${{{VARIABLE}"));
        let text = if mentioned { text.to_owned() } else { format!("{text} \"{variable}\"") };
        ShellCommand { text, timeout: None }
    }

    /// Sets the longest time of one run; without it there is no limit.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> ShellCommand {
        ShellCommand { timeout: Some(timeout), ..self }
    }

    /// Runs the command for a dump, and drops its output. Where it takes too long, or where `go_on`, which is called repeatedly, breaks, it
    /// is killed with all processes that it started.
    ///
    /// # Errors
    /// Errors of the system where there is no shell, and of a POSIX shell that cannot run the command (its codes 126 and 127).
    pub fn run(&self, dump: &Path, go_on: &mut dyn FnMut() -> ControlFlow<()>) -> io::Result<Answer> {
        #[cfg(not(windows))]
        let mut command = Command::new("sh");
        #[cfg(not(windows))]
        command.arg("-c").arg(&self.text);
        #[cfg(windows)]
        let mut command = Command::new("cmd");
        // `cmd` has its own rules for quotes: in this form it removes the outer ones, and no others.
        #[cfg(windows)]
        std::os::windows::process::CommandExt::raw_arg(&mut command, format!("/D /S /C \"{}\"", self.text));
        command.env(VARIABLE, dump);
        // A process group of its own, so that all of it can be killed.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let begun = Instant::now();
        let mut pause = SHORTEST_PAUSE;
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            let ended = if go_on().is_break() {
                Some(Answer::Stopped)
            } else if self.timeout.is_some_and(|timeout| begun.elapsed() >= timeout) {
                Some(Answer::TimedOut)
            } else {
                None
            };
            if let Some(answer) = ended {
                end(&mut child)?;
                return Ok(answer);
            }
            std::thread::sleep(pause);
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        };
        match status.code() {
            Some(126) => Err(io::Error::new(io::ErrorKind::PermissionDenied, "the shell may not run it")),
            Some(127) => Err(io::Error::new(io::ErrorKind::NotFound, "the shell finds no such command")),
            _ if status.success() => Ok(Answer::Serves),
            _ => Ok(Answer::Refuses),
        }
    }
}

/// Ends a process and its group: with SIGTERM, then with SIGKILL. Its number cannot be reused until the process is waited for.
#[cfg(unix)]
fn end(child: &mut Child) -> io::Result<()> {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // It is no error if the group has ended by itself.
        let _ = kill_process_group(group, Signal::TERM);
        std::thread::sleep(GRACE);
        let _ = kill_process_group(group, Signal::KILL);
    }
    child.wait().map(|_| ())
}

/// Ends a process and those that it started.
#[cfg(not(unix))]
fn end(child: &mut Child) -> io::Result<()> {
    let mut all = Command::new("taskkill");
    let all = all.args(["/T", "/F", "/PID"]).arg(child.id().to_string());
    let _ = all.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    child.kill()?;
    child.wait().map(|_| ())
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn run(text: &str, dump: &Path) -> io::Result<bool> {
        let answer = ShellCommand::new(text).run(dump, &mut || ControlFlow::Continue(()))?;
        assert!(matches!(answer, Answer::Serves | Answer::Refuses));
        Ok(answer == Answer::Serves)
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

    #[test]
    fn a_command_is_ended_where_the_caller_asks_to_stop() {
        let folder = tempfile::tempdir().unwrap();
        let dump = folder.path().join("a.dmp");
        for ignored in ["", "trap '' TERM INT HUP; "] {
            let text = format!("{ignored}echo begun > \"$DUMP\"; sleep 1000; true");
            let answer = ShellCommand::new(&text).run(&dump, &mut || {
                if dump.exists() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            assert_eq!(answer.unwrap(), Answer::Stopped);
            std::fs::remove_file(&dump).unwrap();
        }
    }

    #[test]
    fn a_command_that_does_not_end_in_time_is_ended() {
        let command = ShellCommand::new("sleep 1000 #").timeout(Duration::ZERO);
        let answer = command.run(Path::new("x"), &mut || ControlFlow::Continue(()));
        assert_eq!(answer.unwrap(), Answer::TimedOut);
    }
}
