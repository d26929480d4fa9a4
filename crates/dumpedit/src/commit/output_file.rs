//! A file under construction: under a temporary name beside its target, and renamed when it is whole.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use dumpedit_layout::{Notice, NoticeKind};
use tempfile::{NamedTempFile, PersistError};

use crate::commit::lock;
use crate::error::CommitError;
use crate::notation::PathText;
use crate::store::permissions::{self, Rights};
use crate::store::platform::{self, Folder, Identity};
use crate::store::special::SpecialFile;

/// Options of an edited copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputOptions {
    /// Whether to replace an existing file. Default: no.
    pub overwrite: bool,
    /// Maximum wait for an edit of the dump in progress. Default: 5 seconds.
    pub wait: Duration,
}

impl Default for OutputOptions {
    fn default() -> Self {
        OutputOptions { overwrite: false, wait: lock::WAIT }
    }
}

impl OutputOptions {
    /// Sets whether to replace an existing file.
    pub fn overwrite(self, overwrite: bool) -> Self {
        OutputOptions { overwrite, ..self }
    }

    /// Sets the maximum wait for an edit of the dump in progress.
    pub fn wait(self, wait: Duration) -> Self {
        OutputOptions { wait, ..self }
    }
}

/// A file that is whole or absent: written as a temporary file in the target's folder, named `.dumpedit-` and some letters, and renamed to
/// the target by [`OutputFile::finish`]. Dropped before that, it leaves nothing behind.
///
/// A symbolic link as the target stands for the file that it leads to; the link is kept.
#[derive(Debug)]
pub struct OutputFile {
    pub(super) file: NamedTempFile,
    named: PathBuf,
    target: PathBuf,
    pub(super) options: OutputOptions,
    /// Whether ranges were skipped.
    has_holes: bool,
}

impl OutputFile {
    /// Creates a file. A file made from `input` never replaces it, whatever path leads there, and gets its permissions to read; others are
    /// readable by their owner only, and on Windows by those that the folder grants it. A file that replaces another never gets wider
    /// permissions.
    ///
    /// # Errors
    /// [`CommitError::OutputIsInput`], [`CommitError::OutputExists`], [`CommitError::OutputNotAFile`], or
    /// [`CommitError::Output`] where its folder cannot be written.
    pub fn create(
        path: impl AsRef<Path>,
        options: OutputOptions,
        input: Option<&File>,
    ) -> Result<OutputFile, CommitError> {
        let path = path.as_ref();
        let failed = |cause| CommitError::Output { path: path.to_owned(), cause, left: None };
        let target =
            if path.is_symlink() { dunce::canonicalize(path).map_err(failed)? } else { path.to_owned() };
        let mut from = input.map(Rights::of).transpose().map_err(failed)?.into_iter().collect::<Vec<_>>();
        if platform::is_device_name(&target) {
            return Err(CommitError::OutputNotAFile { path: path.to_owned(), kind: SpecialFile::Device });
        }
        if let Ok(existing) = target.metadata() {
            let identity = input.map(Identity::of).transpose().map_err(failed)?;
            let replaced = Identity::of_path(&target).map_err(failed)?;
            if identity.is_some_and(|input| input.is_same(replaced)) {
                return Err(CommitError::OutputIsInput { path: path.to_owned() });
            }
            if let Some(kind) = SpecialFile::of(&existing) {
                return Err(CommitError::OutputNotAFile { path: path.to_owned(), kind });
            }
            if !options.overwrite {
                return Err(CommitError::OutputExists { path: path.to_owned() });
            }
            let replaced = Rights::of_path(&target).map_err(failed)?;
            from.push(if input.is_some() { replaced } else { replaced.of_owner_only() });
        }
        let file = permissions::create_temporary(folder(&target), &from).map_err(failed)?;
        Ok(OutputFile { file, named: path.to_owned(), target, options, has_holes: false })
    }

    /// Makes the file durable, renames it to its target, and makes that durable. Returns a notice where only the last step failed: the file
    /// is there.
    ///
    /// # Errors
    /// [`CommitError::OutputExists`] where a file of that name was created meanwhile, and [`CommitError::Output`]: the target is then as it
    /// was before.
    pub fn finish(self) -> Result<Option<Notice>, CommitError> {
        let synced = self.file.as_file().sync_all().and_then(|()| Folder::open(folder(&self.target)));
        let folder = match synced {
            Ok(folder) => folder,
            Err(error) => return Err(self.abandon(error)),
        };
        let OutputFile { file, named, target, options, has_holes } = self;
        let identity = Identity::of(file.as_file());
        let renamed = give_name(file, &target, options.overwrite);
        if let Err(PersistError { error, file }) = renamed {
            // Over a network the answer may be lost after the rename was done.
            let now = Identity::of_name(&target);
            let is_there = identity.is_ok_and(|identity| now.is_ok_and(|now| identity.is_same(now)));
            if !is_there {
                let file = OutputFile { file, named: named.clone(), target, options, has_holes };
                let abandoned = file.abandon(error);
                return Err(match abandoned {
                    CommitError::Output { cause, left: None, .. }
                        if cause.kind() == io::ErrorKind::AlreadyExists =>
                    {
                        CommitError::OutputExists { path: named }
                    }
                    abandoned => abandoned,
                });
            }
        }
        Ok(folder.sync().err().map(|error| {
            let named = PathText(&named);
            let message =
                format!("{named} is written, but its name may be lost if the machine crashes: {error}");
            Notice::new(NoticeKind::NameNotDurable, message)
        }))
    }

    /// Removes the temporary file, since the caller asked to stop.
    pub fn cancel(self) -> CommitError {
        match self.abandon(io::Error::other("stopped on request")) {
            CommitError::Output { left: None, .. } => CommitError::Cancelled,
            abandoned => abandoned,
        }
    }

    /// Removes the temporary file. The error has the cause, and what is left where even the removal fails.
    pub fn abandon(self, cause: io::Error) -> CommitError {
        let written = self.file.path().to_owned();
        let left = self.file.close().is_err().then_some(written).filter(|written| written.exists());
        CommitError::Output { path: self.named, cause, left }
    }
}

/// Renames a finished file to its target.
#[cfg(not(windows))]
fn give_name(file: NamedTempFile, target: &Path, overwrite: bool) -> Result<File, PersistError> {
    if overwrite { file.persist(target) } else { file.persist_noclobber(target) }
}

/// Renames a finished file to its target. Windows does not replace read-only files, and takes the attribute from the renamed one.
#[cfg(windows)]
fn give_name(file: NamedTempFile, target: &Path, overwrite: bool) -> Result<File, PersistError> {
    let permissions = file.as_file().metadata().map(|metadata| metadata.permissions());
    let renamed = if overwrite {
        let replaced = permissions::without_read_only(target);
        let renamed = file.persist(target);
        if let (Err(_), Some(permissions)) = (&renamed, replaced) {
            let _ = std::fs::set_permissions(target, permissions);
        }
        renamed
    } else {
        file.persist_noclobber(target)
    };
    if let (Ok(file), Ok(permissions)) = (&renamed, permissions) {
        let _ = file.set_permissions(permissions);
    }
    renamed
}

/// Errors are the system's own: those of [`NamedTempFile`] have the temporary name.
impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_file_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_file_mut().flush()
    }
}

/// Seeking past the end and writing there leaves a hole.
impl Seek for OutputFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        if !self.has_holes {
            platform::allow_holes(self.file.as_file());
            self.has_holes = true;
        }
        self.file.as_file_mut().seek(position)
    }
}

/// Creates a file for reading and writing. Only those who can open the file `from` can open it; without one, only its owner can.
///
/// # Errors
/// Errors of the system, such as for a file that exists.
pub fn new_file(path: impl AsRef<Path>, from: Option<&File>) -> io::Result<File> {
    let from: Vec<Rights> = from.map(Rights::of).transpose()?.into_iter().collect();
    permissions::create_new(path.as_ref(), &from)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
