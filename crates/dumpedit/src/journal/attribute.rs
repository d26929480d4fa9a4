//! An attribute of a dump's inode while it is patched: the path of the journal. Thus an interrupted edit is found under every name that the
//! dump has or is given.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Records in the dump's inode that an edit is in progress, with the path of the journal. `false` where the file system has no such
/// attributes.
#[cfg(any(target_os = "linux", target_os = "macos"))]
pub(super) fn set(dump: &File, journal: &Path) -> bool {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::MetadataExt;
    let Ok(metadata) = dump.metadata() else { return false };
    // Copies of the file inherit the attribute: the inode number distinguishes them.
    let mut value = metadata.ino().to_le_bytes().to_vec();
    value.extend(journal.as_os_str().as_bytes());
    rustix::fs::fsetxattr(dump, NAME, &value, rustix::fs::XattrFlags::empty()).is_ok()
}

/// The journal of an edit of this very file that was in progress.
#[cfg(any(target_os = "linux", target_os = "macos"))]
pub(super) fn get(dump: &File) -> io::Result<Option<PathBuf>> {
    use rustix::io::Errno;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::MetadataExt;
    let mut value = [0; MOST];
    let len = match rustix::fs::fgetxattr(dump, NAME, &mut value) {
        // A longer attribute is not dumpedit's.
        Err(Errno::NODATA | Errno::NOTSUP | Errno::NOSYS | Errno::RANGE) => return Ok(None),
        len => len?,
    };
    let Some((inode, journal)) = value.get(..len).and_then(|value| value.split_first_chunk::<8>()) else {
        return Ok(None);
    };
    let same = u64::from_le_bytes(*inode) == dump.metadata()?.ino();
    Ok(same.then(|| PathBuf::from(std::ffi::OsStr::from_bytes(journal))))
}

/// Removes the attribute.
#[cfg(any(target_os = "linux", target_os = "macos"))]
pub(super) fn remove(dump: &File) -> io::Result<()> {
    match rustix::fs::fremovexattr(dump, NAME) {
        Err(rustix::io::Errno::NODATA | rustix::io::Errno::NOTSUP) => Ok(()),
        removed => Ok(removed?),
    }
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
const NAME: &str = "user.dumpedit.journal";

/// Maximum size of a value, in bytes: a path and the number in front of it.
#[cfg(any(target_os = "linux", target_os = "macos"))]
const MOST: usize = 8 + 4096;

/// There are no attributes here.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(super) fn set(_: &File, _: &Path) -> bool {
    false
}

/// There are no attributes here.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(super) fn get(_: &File) -> io::Result<Option<PathBuf>> {
    Ok(None)
}

/// There are no attributes here.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(super) fn remove(_: &File) -> io::Result<()> {
    Ok(())
}
