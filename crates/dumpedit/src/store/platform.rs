//! Differences between operating systems: reads and writes at offsets, identities of files, holes, shared blocks, and the folder of
//! temporary files.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;

/// Distinguishes files that exist at the same time: device and inode on Unix, volume and file index on Windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity(Option<(u64, u64)>);

impl Identity {
    /// The identity of an open file.
    #[cfg(windows)]
    pub(crate) fn of(file: &File) -> io::Result<Identity> {
        let information = winapi_util::file::information(file)?;
        Ok(Identity(Some((information.volume_serial_number(), information.file_index()))))
    }

    /// The identity of an open file.
    #[cfg(not(windows))]
    pub(crate) fn of(file: &File) -> io::Result<Identity> {
        file.metadata().map(|metadata| Identity::of_metadata(&metadata))
    }

    /// The identity of the file at a path.
    pub(crate) fn of_path(path: &Path) -> io::Result<Identity> {
        #[cfg(windows)]
        return Identity::of(&open_as_it_is(path, 0)?);
        #[cfg(not(windows))]
        path.metadata().map(|metadata| Identity::of_metadata(&metadata))
    }

    /// The identity of the entry at a path; a link's own where it is one.
    pub(crate) fn of_name(path: &Path) -> io::Result<Identity> {
        /// `FILE_FLAG_OPEN_REPARSE_POINT` of `winbase.h`.
        #[cfg(windows)]
        const THE_LINK: u32 = 0x0020_0000;
        #[cfg(windows)]
        return Identity::of(&open_as_it_is(path, THE_LINK)?);
        #[cfg(not(windows))]
        path.symlink_metadata().map(|metadata| Identity::of_metadata(&metadata))
    }

    #[cfg(unix)]
    fn of_metadata(metadata: &std::fs::Metadata) -> Identity {
        use std::os::unix::fs::MetadataExt;
        Identity(Some((metadata.dev(), metadata.ino())))
    }

    #[cfg(not(any(unix, windows)))]
    fn of_metadata(_: &std::fs::Metadata) -> Identity {
        Identity(None)
    }

    /// Whether two identities are certainly those of the same file.
    pub(crate) fn is_same(self, other: Identity) -> bool {
        self.0.is_some() && self == other
    }
}

/// Opens a file or a folder for queries, even where another process has it open.
#[cfg(windows)]
fn open_as_it_is(path: &Path, flags: u32) -> io::Result<File> {
    use std::os::windows::fs::OpenOptionsExt;
    /// `FILE_FLAG_BACKUP_SEMANTICS` of `winbase.h`, which opening folders takes.
    const FOLDERS_TOO: u32 = 0x0200_0000;
    File::options().access_mode(0).custom_flags(FOLDERS_TOO | flags).open(path)
}

/// Reads exactly the bytes at an offset.
#[cfg(unix)]
pub(crate) fn read_at(file: &File, file_offset: u64, into: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, file_offset)
}

/// Writes all bytes at an offset.
#[cfg(unix)]
pub(crate) fn write_at(file: &File, file_offset: u64, bytes: &[u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, file_offset)
}

/// Reads exactly the bytes at an offset. Moves the file's position, which no read depends on.
#[cfg(windows)]
pub(crate) fn read_at(file: &File, mut file_offset: u64, mut into: &mut [u8]) -> io::Result<()> {
    use std::os::windows::fs::FileExt;
    while !into.is_empty() {
        match file.seek_read(into, file_offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                into = std::mem::take(&mut into).get_mut(read..).unwrap_or_default();
                file_offset = file_offset.saturating_add(read as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads exactly the bytes at an offset.
#[cfg(not(any(unix, windows)))]
pub(crate) fn read_at(mut file: &File, file_offset: u64, into: &mut [u8]) -> io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    file.seek(SeekFrom::Start(file_offset))?;
    file.read_exact(into)
}

/// Writes all bytes at an offset. Moves the file's position, which no write depends on.
#[cfg(windows)]
pub(crate) fn write_at(file: &File, mut file_offset: u64, mut bytes: &[u8]) -> io::Result<()> {
    use std::os::windows::fs::FileExt;
    while !bytes.is_empty() {
        match file.seek_write(bytes, file_offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = bytes.get(written..).unwrap_or_default();
                file_offset = file_offset.saturating_add(written as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Writes all bytes at an offset.
#[cfg(not(any(unix, windows)))]
pub(crate) fn write_at(mut file: &File, file_offset: u64, bytes: &[u8]) -> io::Result<()> {
    use std::io::{Seek, SeekFrom, Write};
    file.seek(SeekFrom::Start(file_offset))?;
    file.write_all(bytes)
}

/// Whether Windows takes a name for a device, in any folder and with any extension.
pub(crate) fn is_device_name(path: &Path) -> bool {
    const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
    const NUMBERED: [&str; 2] = ["COM", "LPT"];
    const NUMBERS: [&str; 12] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "\u{b9}", "\u{b2}", "\u{b3}"];
    // Names behind this are taken literally.
    let is_verbatim = path.as_os_str().as_encoded_bytes().starts_with(br"\\?\");
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.split(['.', ':']).next().unwrap_or_default().trim_end();
    let is = |device: &str| name.eq_ignore_ascii_case(device);
    let is_numbered = |device: &&str| NUMBERS.iter().any(|number| is(&format!("{device}{number}")));
    cfg!(windows) && !is_verbatim && (DEVICES.into_iter().any(is) || NUMBERED.iter().any(is_numbered))
}

/// Makes `to`, which is empty, share all blocks of `from`. `false`, without a change, where the file system or the system does not support
/// it.
#[cfg(target_os = "linux")]
pub(crate) fn reflink(from: &File, to: &File) -> bool {
    rustix::fs::ioctl_ficlone(to, from).is_ok()
}

/// Makes `to`, which is empty, share all blocks of `from`. `false`, without a change, where the file system or the system does not support
/// it.
#[cfg(not(target_os = "linux"))]
pub(crate) fn reflink(_: &File, _: &File) -> bool {
    false
}

/// The first range of a file at or after an offset that is not a hole; empty at the file's end where only a hole follows. All of it is data
/// where the file system has no query for holes.
#[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
pub(crate) fn next_data(file: &File, file_offset: u64) -> io::Result<Range<u64>> {
    use rustix::fs::{SeekFrom, seek};
    use rustix::io::Errno;
    let start = match seek(file, SeekFrom::Data(file_offset)) {
        Ok(start) => start,
        Err(Errno::NXIO) => {
            let len = file.metadata()?.len();
            return if file_offset < len { Ok(len..len) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        Err(Errno::INVAL | Errno::NOTSUP) => return Ok(file_offset..u64::MAX),
        Err(error) => return Err(error.into()),
    };
    Ok(start..seek(file, SeekFrom::Hole(start))?)
}

/// The first range of a file at or after an offset that is not a hole; empty at the file's end where only a hole follows. All of it is data
/// where the file system has no query for holes.
#[cfg(windows)]
pub(crate) fn next_data(file: &File, file_offset: u64) -> io::Result<Range<u64>> {
    let len = file.metadata()?.len();
    if file_offset >= len {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let found = crate::map::windows::first_allocated(file, file_offset..len);
    Ok(found.map_or(file_offset..u64::MAX, |data| data.unwrap_or(len..len)))
}

/// The first range of a file at or after an offset that is not a hole; empty at the file's end where only a hole follows. All of it is data
/// where the file system has no query for holes.
#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "freebsd", windows)))]
pub(crate) fn next_data(_: &File, file_offset: u64) -> io::Result<Range<u64>> {
    Ok(file_offset..u64::MAX)
}

/// Starts writing a range of a file to the disk, so that a sync has less to wait for. The sync reports errors.
#[cfg(target_os = "linux")]
pub(crate) fn begin_writing(file: &File, stretch: Range<u64>) {
    // Linux starts writing dirty pages when it is told that they are not needed, and keeps them until they are written.
    let size = std::num::NonZeroU64::new(stretch.end.saturating_sub(stretch.start));
    let _ = rustix::fs::fadvise(file, stretch.start, size, rustix::fs::Advice::DontNeed);
}

/// Only a sync starts writing here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn begin_writing(_: &File, _: Range<u64>) {}

/// Lets a file have holes where it grows without writes.
#[cfg(windows)]
pub(crate) use crate::map::windows::allow_holes;

/// Files have holes by default, where their file system supports them.
#[cfg(not(windows))]
pub(crate) fn allow_holes(_: &File) {}

/// A folder whose names can be made durable, as far as the system can.
pub(crate) struct Folder(#[cfg(unix)] Option<File>);

#[cfg(unix)]
impl Folder {
    /// Opens it. A folder that is writable but not readable is not opened, which is no error.
    ///
    /// # Errors
    /// Errors of the system, unless they mean that this folder cannot be opened.
    pub(crate) fn open(path: &Path) -> io::Result<Folder> {
        as_far_as_possible(File::open(path)).map(Folder)
    }

    /// Makes its names durable, unless the system cannot.
    ///
    /// # Errors
    /// Errors of the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        as_far_as_possible(self.0.as_ref().map_or(Ok(()), File::sync_all)).map(|_| ())
    }
}

/// `None` for an error by which this folder does not support an operation.
#[cfg(unix)]
fn as_far_as_possible<T>(answer: io::Result<T>) -> io::Result<Option<T>> {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind(), InvalidInput | PermissionDenied | Unsupported) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
impl Folder {
    /// Folders cannot be opened on this system.
    pub(crate) fn open(_: &Path) -> io::Result<Folder> {
        Ok(Folder())
    }

    /// Names cannot be made durable on this system.
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// A temporary file without a name, for data as large as a dump: in `TMPDIR`, else in `/var/tmp`, since `/tmp` is memory on many systems.
pub(crate) fn spool_file() -> io::Result<File> {
    let large = Path::new("/var/tmp");
    if cfg!(unix) && std::env::var_os("TMPDIR").is_none() && large.is_dir() {
        return tempfile::tempfile_in(large).or_else(|_| tempfile::tempfile());
    }
    tempfile::tempfile()
}
