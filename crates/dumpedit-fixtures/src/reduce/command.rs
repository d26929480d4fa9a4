//! A shell command that says whether a dump still serves.

use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The environment variable that names the candidate.
const VARIABLE: &str = "DUMP";

/// How long is waited between two looks at the process, at first and at most.
const SHORTEST_PAUSE: Duration = Duration::from_micros(200);
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// How long a process that is to end has for its own ending.
#[cfg(unix)]
const GRACE: Duration = Duration::from_millis(50);

/// A command for the shell that exits 0 on dumps that still serve. The dump's path is in the environment variable `DUMP`;
/// a command that does not mention it gets the path as its last argument. The path is never part of what a POSIX shell parses.
/// On Windows `cmd` puts it in the place of `%DUMP%`, which wants quotes around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellCommand {
    text: String,
    timeout: Option<Duration>,
}

/// What a command said of a dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// It exited with 0.
    Serves,
    /// It exited otherwise.
    Refuses,
    /// It did not exit in time, and was ended.
    TimedOut,
    /// The caller asked to stop, and it was ended.
    Stopped,
}

impl ShellCommand {
    /// The command of that text.
    pub fn new(text: &str) -> ShellCommand {
        let variable = if cfg!(windows) { format!("%{VARIABLE}%") } else { format!("${VARIABLE}") };
        let mentioned = text.contains(&variable) || text.contains(&format!("${{{VARIABLE}"));
        let text = if mentioned { text.to_owned() } else { format!("{text} \"{variable}\"") };
        ShellCommand { text, timeout: None }
    }

    /// How long one run may take; where not given, as long as it does.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> ShellCommand {
        ShellCommand { timeout: Some(timeout), ..self }
    }

    /// Runs it on a dump. What it prints is dropped. Where it takes too long, or `go_on`, which is asked again and again,
    /// says so, it is ended with all that it started.
    ///
    /// # Errors
    /// What the system says where there is no shell, and where a POSIX shell cannot run the command (its codes 126 and 127).
    pub fn run(&self, dump: &Path, go_on: &mut dyn FnMut() -> ControlFlow<()>) -> io::Result<Answer> {
        #[cfg(not(windows))]
        let mut command = Command::new("sh");
        #[cfg(not(windows))]
        command.arg("-c").arg(&self.text);
        #[cfg(windows)]
        let mut command = Command::new("cmd");
        // It has rules of its own for quotes: of this form it takes off the outer ones, and no others.
        #[cfg(windows)]
        std::os::windows::process::CommandExt::raw_arg(&mut command, format!("/D /S /C \"{}\"", self.text));
        command.env(VARIABLE, dump);
        // A group of its own, so that all of it can be ended.
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

/// Ends a process and its group: politely, and then for good. Until the process is waited for, nothing else can have its
/// number.
#[cfg(unix)]
fn end(child: &mut Child) -> io::Result<()> {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // A group that has ended by itself is not an error.
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
