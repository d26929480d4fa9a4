//! The DUMP argument: a file, a compressed file, or standard input.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use dumpedit::compressed::{Compressor, Limits, Unpacked};
use dumpedit::notation::PathText;
use dumpedit::{Dump, Hold};
use same_file::Handle;

use crate::failure::Failure;
use crate::output::progress::Bar;
use crate::symbols::named_by_symbols;

static LIMITS: OnceLock<Limits> = OnceLock::new();

/// Sets the limits for all dumps that the command opens.
pub(crate) fn limit(limits: Limits) {
    LIMITS.get_or_init(|| limits);
}

/// A dump and its source.
pub(crate) struct Input {
    pub(crate) dump: Dump,
    /// The argument.
    pub(crate) path: PathBuf,
    /// The file of the argument or of standard input.
    pub(crate) file: Option<File>,
    /// Compression of the file or of standard input.
    pub(crate) compressor: Option<Compressor>,
}

/// Whether an argument is `-`, standard input or standard output.
pub(crate) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The path of an argument. Standard input has a path if it is not a pipe.
pub(crate) fn named(path: &Path) -> &Path {
    if is_standard(path) { Path::new("/dev/stdin") } else { path }
}

/// The regular file of standard input.
pub(crate) fn standard_input() -> Option<File> {
    #[cfg(unix)]
    let file = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned().map(File::from).ok()?;
    #[cfg(windows)]
    let file =
        std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned().map(File::from).ok()?;
    file.metadata().is_ok_and(|metadata| metadata.is_file()).then_some(file)
}

impl Input {
    /// Opens the dump. A compressed dump, or one without a file, is copied to a temporary file without a name. A dump that is standard
    /// output is refused, since the command would write into it.
    pub(crate) fn open(path: &Path, hold: Option<&Hold>) -> Result<Input, Failure> {
        Input::open_any(path, hold)?.checked()
    }

    /// A dump whose file is already open.
    pub(crate) fn of_file(path: &Path, dump: Dump) -> Result<Input, Failure> {
        let dump = named_by_symbols(dump);
        let file = file_of(&dump);
        Input { dump, path: path.to_owned(), file, compressor: None }.checked()
    }

    fn checked(self) -> Result<Input, Failure> {
        match &self.file {
            Some(file) if is_standard_output(file) => Err(Failure::output_is_input(&self.path)),
            _ => Ok(self),
        }
    }

    fn open_any(path: &Path, hold: Option<&Hold>) -> Result<Input, Failure> {
        let limits = LIMITS.get().copied().unwrap_or_default();
        let (name, file, unpacked) = if is_standard(path) {
            let stream = io::stdin().lock();
            if io::stdin().is_terminal() {
                return Err(Failure::terminal("standard input", "zstd -dc core.zst | dumpedit ... -"));
            }
            let mut bar = Bar::new("reading");
            let unpacked = Unpacked::from_reader(stream, 0, limits, &mut |progress| bar.report(progress));
            ("standard input".to_owned(), standard_input(), unpacked)
        } else {
            let mut bar = Bar::new("unpacking");
            let told = &mut |progress| bar.report(progress);
            let unpacked = match hold {
                Some(hold) => Unpacked::open_held(hold, limits, told),
                None => Unpacked::open(path, limits, told),
            };
            (PathText(path).to_string(), None, unpacked)
        };
        let unpacked = unpacked.map_err(|error| Failure::unpacking(&name, error))?;
        let Unpacked { dump, compressor, packed, .. } = unpacked;
        let dump = named_by_symbols(dump);
        let file = file.or(packed).or_else(|| file_of(&dump));
        Ok(Input { dump, path: path.to_owned(), file, compressor })
    }
}

/// The file that a dump was opened from.
fn file_of(dump: &Dump) -> Option<File> {
    dump.file()?.try_clone().ok()
}

/// Whether standard output is a file.
pub(crate) fn is_standard_output(file: &File) -> bool {
    Handle::stdout().is_ok_and(|output| is_of(&output, file))
}

/// Whether a path resolves to a file, through any links. Needs no read permission.
#[cfg(unix)]
pub(crate) fn leads_to(path: &Path, file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    let found = path.metadata().and_then(|found| Ok((found, file.metadata()?)));
    found.is_ok_and(|(found, file)| (found.dev(), found.ino()) == (file.dev(), file.ino()))
}

/// Whether a path resolves to a file, through any links.
#[cfg(not(unix))]
pub(crate) fn leads_to(path: &Path, file: &File) -> bool {
    Handle::from_path(path).is_ok_and(|found| is_of(&found, file))
}

fn is_of(handle: &Handle, file: &File) -> bool {
    file.try_clone().and_then(Handle::from_file).is_ok_and(|file| file == *handle)
}

/// Opens a regular file. Checks the type first, since opening a pipe would wait for its writer.
pub(crate) fn regular_file(path: &Path) -> Option<File> {
    path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    File::open(path).ok()
}
