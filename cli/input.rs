//! The DUMP argument: a file, a compressed file, or standard input.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Cursor, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use dumpedit::notation::PathText;
use dumpedit::{Dump, OpenError};
use same_file::Handle;

use crate::compressed::Compressor;
use crate::failure::Failure;
use crate::output::progress::Bar;
use crate::output::text;

/// What a dump that is no plain file may cost, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Disk: how much is unpacked, or kept of standard input.
    pub(crate) unpacked: u64,
    /// Memory: how far back a compressed stream may refer.
    pub(crate) window: u64,
}

static LIMITS: OnceLock<Limits> = OnceLock::new();

/// Sets the limits for all dumps that the command opens.
pub(crate) fn limit(limits: Limits) {
    LIMITS.get_or_init(|| limits);
}

/// A dump and where it came from.
pub(crate) struct Input {
    pub(crate) dump: Dump,
    /// The argument.
    pub(crate) path: PathBuf,
    /// The file that the argument names, or that standard input leads into.
    pub(crate) file: Option<File>,
    /// What the file, or standard input, is compressed with.
    pub(crate) compressor: Option<Compressor>,
}

/// Whether an argument means standard input or standard output.
pub(crate) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// What a file is compressed with, by its first bytes. Nothing is said of what cannot be read.
pub(crate) fn compressor_of(path: &Path) -> Option<Compressor> {
    let mut file = regular_file(path)?;
    Compressor::of_stream(&mut file).ok()?.0
}

/// The file that an argument leads to. Standard input has one as well, where it is not a pipe.
pub(crate) fn named(path: &Path) -> &Path {
    if is_standard(path) { Path::new("/dev/stdin") } else { path }
}

/// The regular file that standard input leads into.
pub(crate) fn standard_input() -> Option<File> {
    #[cfg(unix)]
    let file = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned().map(File::from).ok()?;
    #[cfg(windows)]
    let file =
        std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned().map(File::from).ok()?;
    file.metadata().is_ok_and(|metadata| metadata.is_file()).then_some(file)
}

impl Input {
    /// Opens the dump. What is compressed or has no file is kept in a temporary file without a name. A dump that standard
    /// output leads into is refused: whatever the command prints would be written into it.
    pub(crate) fn open(path: &Path) -> Result<Input, Failure> {
        let input = Input::open_any(path)?;
        match &input.file {
            Some(file) if is_standard_output(file) => Err(Failure::output_is_input(path)),
            _ => Ok(input),
        }
    }

    fn open_any(path: &Path) -> Result<Input, Failure> {
        let input = |dump, file, compressor| Input { dump, path: path.to_owned(), file, compressor };
        if is_standard(path) {
            let stream = io::stdin().lock();
            if io::stdin().is_terminal() {
                return Err(Failure::terminal("standard input", "zstd -dc core.zst | dumpedit ... -"));
            }
            let file = standard_input();
            let (dump, compressor) = spool(stream, "standard input", 0)?;
            return Ok(input(dump, file, compressor));
        }
        // What is no file that can be read, the library refuses with the reason.
        if compressor_of(path).is_some()
            && let Some(file) = regular_file(path)
        {
            let size = file.metadata().map_or(0, |metadata| metadata.len());
            let (dump, compressor) = spool(&file, &PathText(path).to_string(), size)?;
            return Ok(input(dump, Some(file), compressor));
        }
        Ok(input(Dump::open(path)?, regular_file(path), None))
    }
}

/// Whether standard output leads into a file.
pub(crate) fn is_standard_output(file: &File) -> bool {
    Handle::stdout().is_ok_and(|output| is_of(&output, file))
}

/// Whether a name leads to a file, by whatever links. Who asks need not be allowed to read it.
#[cfg(unix)]
pub(crate) fn leads_to(path: &Path, file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    let found = path.metadata().and_then(|found| Ok((found, file.metadata()?)));
    found.is_ok_and(|(found, file)| (found.dev(), found.ino()) == (file.dev(), file.ino()))
}

/// Whether a name leads to a file, by whatever links.
#[cfg(not(unix))]
pub(crate) fn leads_to(path: &Path, file: &File) -> bool {
    Handle::from_path(path).is_ok_and(|found| is_of(&found, file))
}

fn is_of(handle: &Handle, file: &File) -> bool {
    file.try_clone().and_then(Handle::from_file).is_ok_and(|file| file == *handle)
}

/// Opens a regular file; asking first, since opening a pipe would wait for its writer.
pub(crate) fn regular_file(path: &Path) -> Option<File> {
    path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    File::open(path).ok()
}

/// Reads a stream, unpacked where it is compressed, into a dump. `size` is the stream's, or 0 where that is not known.
fn spool(mut stream: impl Read, name: &str, size: u64) -> Result<(Dump, Option<Compressor>), Failure> {
    let failed = |error: OpenError, compressor| Failure::spooling(name, compressor, error);
    let Limits { unpacked, window } = LIMITS.get().copied().unwrap_or(Limits { unpacked: 0, window: 0 });
    let told = Compressor::of_stream(&mut stream);
    let (compressor, start) = told.map_err(|source| failed(OpenError::Stream { source }, None))?;
    let taken = Cell::new(0);
    let counted = Counted { stream: Cursor::new(start).chain(stream), taken: &taken };
    let buffered = BufReader::with_capacity(1 << 16, counted);
    let (mut bar, stream): (Bar, Box<dyn Read + '_>) = match compressor {
        None => (Bar::new("reading"), Box::new(buffered)),
        Some(compressor) => {
            let unpacked = compressor.unpack(buffered, window);
            let unpacked =
                unpacked.map_err(|source| failed(OpenError::Stream { source }, Some(compressor)))?;
            (Bar::new("unpacking"), unpacked)
        }
    };
    let mut bounded = Bounded { stream, most: unpacked, left: unpacked };
    let dump = Dump::from_reader(&mut bounded, &mut |_| bar.advance(taken.get(), size));
    Ok((dump.map_err(|error| failed(error, compressor))?, compressor))
}

/// A stream that is an error once it has given more than so many bytes.
struct Bounded<R> {
    stream: R,
    most: u64,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(into)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => return Err(io::Error::new(io::ErrorKind::FileTooLarge, TooLarge(self.most))),
        }
        Ok(read)
    }
}

/// A dump has more bytes than it may have.
#[derive(Debug, thiserror::Error)]
#[error("it has more than {}", text::size((*.0).into()))]
struct TooLarge(u64);

/// Counts what is taken from a stream.
struct Counted<'a, R> {
    stream: R,
    taken: &'a Cell<u64>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(into)?;
        self.taken.set(self.taken.get().saturating_add(read as u64));
        Ok(read)
    }
}
