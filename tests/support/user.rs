//! Users other than the one who runs the tests.

#[cfg(unix)]
pub(crate) use unix::*;

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    use std::os::unix::process::CommandExt;
    use std::path::Path;
    use std::process::Command;

    use crate::support::tools::machine_lacks;

    /// Who owns nothing.
    pub(crate) const NOBODY: u32 = 65534;

    /// Whether the tests run as the superuser, whom permissions do not bind.
    pub(crate) fn is_root() -> bool {
        std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
    }

    /// Makes a command run as an ordinary user: the one who runs the tests, unless that is the superuser. Files are given
    /// to this user; folders are only opened to everybody. False where this user may not run the binary.
    pub(crate) fn as_ordinary_user(command: &mut Command, files: &[&Path], folders: &[&Path]) -> bool {
        if !is_root() {
            return true;
        }
        for folder in folders {
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).unwrap();
        }
        for file in files {
            chown(file, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        command.uid(NOBODY).gid(NOBODY);
        let mut probe = Command::new(env!("CARGO_BIN_EXE_dumpedit"));
        let runs = probe.arg("--version").uid(NOBODY).gid(NOBODY).output();
        let runs = runs.is_ok_and(|output| output.status.success());
        if !runs {
            machine_lacks("a binary that everyone may run");
        }
        runs
    }
}
