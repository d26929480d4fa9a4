//! The journal's file: its path, whether it can be trusted, and how it is created, rewritten and set aside.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::CommitError;
use crate::journal::entries::{self, Entry, Walk};
use crate::journal::record::{self, HEADER, Header};
use crate::store::Store;
use crate::store::blocks::blocks;
use crate::store::permissions::{self, Rights};

/// Suffix of a journal's name behind its dump's.
const SUFFIX: &str = ".dumpedit";

/// Path of the dump's journal, beside the file that the dump's path leads to.
pub(crate) fn path_of(dump: &Path) -> io::Result<PathBuf> {
    let resolved = match dunce::canonicalize(dump) {
        // Some file systems of Windows cannot resolve a path, though it leads to a file.
        Err(_) if cfg!(windows) && dump.metadata().is_ok() => std::path::absolute(dump)?,
        resolved => resolved?,
    };
    let mut name = resolved.file_name().unwrap_or_default().to_owned();
    name.push(SUFFIX);
    Ok(resolved.with_file_name(name))
}

/// The way to open a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Read,
    Write,
}

/// Opens the journal of a dump, if there is one. It must be a regular file of the dump's owner or the caller: whoever can write a journal
/// can have the dump changed.
///
/// # Errors
/// [`CommitError::NotAJournal`] where something else has its name, and [`CommitError::Journal`].
pub(crate) fn open(path: &Path, dump: &File, mode: Mode) -> Result<Option<File>, CommitError> {
    let unusable = |why| Err(CommitError::NotAJournal { path: path.to_owned(), why });
    let failed = |cause| CommitError::Journal { path: path.to_owned(), cause };
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
        Ok(metadata) if metadata.is_symlink() => return unusable("is a symbolic link"),
        Ok(metadata) if !metadata.is_file() => return unusable("is not a regular file"),
        Ok(_) => {}
    }
    let mut options = OpenOptions::new();
    options.read(true).write(mode == Mode::Write);
    // A file that takes its place after the check is neither followed nor waited for.
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or(0));
    }
    let file = match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    if !file.metadata().map_err(failed)?.is_file() {
        return unusable("is not a regular file");
    }
    if !is_trusted(&file, dump).map_err(failed)? {
        return unusable("belongs to another user");
    }
    Ok(Some(file))
}

#[cfg(unix)]
fn is_trusted(file: &File, dump: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let owner = file.metadata()?.uid();
    Ok(owner == dump.metadata()?.uid() || owner == rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
fn is_trusted(_: &File, _: &File) -> io::Result<bool> {
    Ok(true)
}

/// Kind of a journal's first bytes, at a constant cost.
pub(crate) fn first_bytes(log: &impl Store) -> io::Result<Header> {
    let mut bytes = vec![0; usize::try_from(log.len()?.min(HEADER)).unwrap_or(0)];
    log.read_at(0, &mut bytes)?;
    Ok(record::read_header(&bytes))
}

/// Kind of a journal's header. Where it is zeros, the whole journal is checked.
pub(crate) fn read_header(log: &impl Store) -> io::Result<Header> {
    match first_bytes(log)? {
        // A lost first block is zeros, with entries behind it.
        Header::Unfinished if log.len()? > HEADER && !entries::is_zero(log, 0)? => Ok(Header::Damaged),
        header => Ok(header),
    }
}

/// Creates the journal of a dump, with permissions no wider than the dump's.
pub(crate) fn create(path: &Path, dump: &File) -> io::Result<File> {
    let mut log = permissions::create_new(path, &[Rights::of(dump)?])?;
    if let Err(error) = log.write_all(&record::header(false)) {
        let _ = std::fs::remove_file(path);
        return Err(error);
    }
    Ok(log)
}

/// Writes the entries that `keep` selects to a new journal beside the old one. Damaged ones are left out.
pub(crate) fn rewritten(
    path: &Path,
    dump: &File,
    log: &impl Store,
    walk: &Walk,
    keep: impl Fn(&Entry) -> bool,
) -> io::Result<NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let new = permissions::create_temporary(folder, &[Rights::of(dump)?])?;
    // Errors of the temporary file itself would have its name.
    let mut file = new.as_file();
    file.write_all(&record::header(false))?;
    for entry in walk.entries.iter().filter(|entry| keep(entry)) {
        if !entries::is_intact(log, entry)? {
            continue;
        }
        for (done, len) in blocks(entry.end().saturating_sub(entry.at)) {
            let mut block = vec![0; len];
            log.read_at(entry.at.saturating_add(done), &mut block)?;
            file.write_all(&block)?;
        }
    }
    file.sync_data()?;
    Ok(new)
}

/// A free name beside the journal, with a word for the reason why it is set aside.
pub(crate) fn name_aside(path: &Path, word: &str) -> PathBuf {
    let named = |number: u32| {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{word}"));
        if number > 1 {
            name.push(number.to_string());
        }
        path.with_file_name(name)
    };
    let free = |aside: &PathBuf| {
        aside.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
    };
    (1..=u32::MAX).map(named).find(free).unwrap_or_else(|| named(1))
}
