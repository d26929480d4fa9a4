//! Users other than the one who runs the tests.

#[cfg(unix)]
pub(crate) use unix::*;

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    use std::os::unix::process::CommandExt;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use tempfile::TempDir;

    use crate::support::tools::skip;

    /// A user who owns nothing.
    pub(crate) const NOBODY: u32 = 65534;

    /// Whether the tests run as the superuser, whom permissions do not restrict.
    pub(crate) fn is_root() -> bool {
        std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
    }

    /// A program that an ordinary user runs: this user, or nobody where this user is the superuser.
    pub(crate) struct Ordinary {
        program: PathBuf,
        /// Keeps a copy for nobody, who may not reach cargo's build folder.
        copy: Option<TempDir>,
    }

    impl Ordinary {
        pub(crate) fn of(program: &Path) -> Self {
            if !is_root() {
                return Ordinary { program: program.to_owned(), copy: None };
            }
            let folder = tempfile::tempdir().unwrap();
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
            let copy = folder.path().join("program");
            // Not copied by this process: a child that another test forks at that moment would hold the copy open for writing, and a file
            // open for writing cannot be executed.
            assert!(Command::new("cp").arg(program).arg(&copy).status().unwrap().success());
            Ordinary { program: copy, copy: Some(folder) }
        }

        /// The binary under test.
        pub(crate) fn dumpedit() -> Self {
            Ordinary::of(Path::new(env!("CARGO_BIN_EXE_dumpedit")))
        }

        /// Whether this process is the superuser's and the program runs as nobody.
        pub(crate) fn is_nobody(&self) -> bool {
            self.copy.is_some()
        }

        pub(crate) fn command(&self) -> Command {
            self.command_through(|program| Command::new(program))
        }

        /// A command that runs the program through another one.
        pub(crate) fn command_through(&self, through: impl Fn(&Path) -> Command) -> Command {
            let mut command = through(&self.program);
            if self.is_nobody() {
                command.gid(NOBODY).uid(NOBODY).current_dir("/");
            }
            command
        }

        /// Gives a file to that user, and opens its folder to everybody.
        pub(crate) fn give(&self, file: &Path) {
            if self.is_nobody() {
                let folder = file.parent().unwrap();
                std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).unwrap();
                chown(file, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
    }

    /// Whether the test may continue in this process. Where this process is the superuser's, the test with this name (behind the path of
    /// its modules) runs as nobody in its own process instead, and must pass there.
    pub(crate) fn is_ordinary_or_passes_as_nobody(test: &str) -> bool {
        let this = Ordinary::of(&std::env::current_exe().unwrap());
        if !this.is_nobody() {
            return true;
        }
        match this.command().args(["--exact", test, "--nocapture"]).output() {
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stdout);
                let passed = output.status.success() && said.contains("1 passed");
                assert!(passed, "as nobody: {said}{}", String::from_utf8_lossy(&output.stderr));
            }
            Err(error) => {
                skip(&format!("the superuser cannot run a test as nobody: {error}"));
            }
        }
        false
    }
}
