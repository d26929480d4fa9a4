//! Writes a spec to a file, with its large contents in a folder beside it, or everything into one folder.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use dumpedit::notation::PathText;
use dumpedit::{CommitError, Hold, Notice, OutputFile, OutputOptions, SpecialFile};
use dumpedit_fixtures::Spec;
use dumpedit_fixtures::spec::Packing;

use crate::failure::Failure;
use crate::interrupt::{self, Interruptible};
use dumpedit::compressed::Compressor;

/// File name of a spec that is written into a folder.
const NAME: &str = "dump.yaml";

/// A written spec.
pub(super) struct Written {
    pub(super) path: PathBuf,
    /// Folder and number of its large contents, if they are in a separate folder.
    pub(super) beside: Option<(PathBuf, usize)>,
    pub(super) notice: Option<Notice>,
}

/// Writes a spec of a dump to a file, which is complete or absent. The file and those beside it are readable only for users who can read
/// the dump.
pub(super) fn to_file(
    spec: &Spec,
    path: &Path,
    overwrite: bool,
    dump: Option<&File>,
    hold: &Hold,
) -> Result<Written, Failure> {
    let names_folder = path.as_os_str().to_string_lossy().chars().last().is_some_and(std::path::is_separator);
    if names_folder {
        return Err(Failure::folder_for_spec(path));
    }
    if Compressor::of_name(path).is_some() || Compressor::unknown(path).is_some() {
        return Err(Failure::misses("a spec cannot be compressed", "give it a name that ends in .yaml"));
    }
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return Err(Failure::misses("the name of a spec must be text", "the spec names its folder FILE.d"));
    };
    let beside = format!("{name}.d");
    let folder = Contents::of(path.with_file_name(&beside), dump);
    let create = |name: &str| folder.create(name);
    let packing = Packing::Files { folder: &format!("{beside}/"), create: &create };
    let mut file =
        OutputFile::create(path, OutputOptions::default().overwrite(overwrite), dump).map_err(|error| {
            match error {
                CommitError::OutputNotAFile { kind: SpecialFile::Folder, .. } => {
                    Failure::folder_for_spec(path)
                }
                error => error.into(),
            }
        })?;
    let finished = match write(spec, &mut file, packing, hold) {
        Ok(()) => file.finish(),
        Err(_) if interrupt::is_requested() => Err(file.cancel()),
        Err(error) => Err(file.abandon(error)),
    };
    match finished {
        Ok(notice) => Ok(Written { path: path.to_owned(), beside: folder.made(), notice }),
        Err(error) => Err(folder.taken_back(error.into())),
    }
}

/// Writes a spec of a dump and its large contents into a folder that must be new or empty.
pub(super) fn to_folder(
    spec: &Spec,
    path: &Path,
    dump: Option<&File>,
    hold: &Hold,
) -> Result<Written, Failure> {
    let folder = Contents::of(path.to_owned(), dump);
    folder.enter().map_err(|error| match error.kind() {
        io::ErrorKind::DirectoryNotEmpty => {
            let problem = format!("{error}; nothing was written");
            Failure::misses(&problem, "give the name of a new folder")
        }
        _ => Failure::file("commit", "write", path, &error),
    })?;
    let create = |name: &str| folder.create(name);
    let written = create(NAME)
        .and_then(|mut file| write(spec, &mut file, Packing::Files { folder: "", create: &create }, hold));
    match written {
        Ok(()) => Ok(Written { path: path.join(NAME), beside: None, notice: None }),
        Err(error) => {
            let error = format!("{error}; the incomplete spec was deleted");
            Err(folder.taken_back(Failure::file("commit", "write", path, &error)))
        }
    }
}

fn write(spec: &Spec, file: &mut dyn Write, packing: Packing<'_>, hold: &Hold) -> io::Result<()> {
    let mut file = BufWriter::new(Interruptible(file));
    spec.write_yaml(&mut file, packing)?;
    file.flush()?;
    hold.check().map_err(io::Error::other)
}

/// New files in a folder that is new or empty, and is created when needed.
struct Contents<'a> {
    folder: PathBuf,
    dump: Option<&'a File>,
    /// Whether the folder is new; `None` until it is needed.
    is_new: Cell<Option<bool>>,
    files: RefCell<Vec<PathBuf>>,
}

impl<'a> Contents<'a> {
    fn of(folder: PathBuf, dump: Option<&'a File>) -> Self {
        Contents { folder, dump, is_new: Cell::new(None), files: RefCell::new(Vec::new()) }
    }

    fn create(&self, name: &str) -> io::Result<File> {
        if interrupt::is_requested() {
            return Err(io::Error::other("stopped on request"));
        }
        self.enter()?;
        let path = self.folder.join(name);
        let file = dumpedit::new_file(&path, self.dump)?;
        self.files.borrow_mut().push(path);
        Ok(file)
    }

    fn enter(&self) -> io::Result<()> {
        if self.is_new.get().is_some() {
            return Ok(());
        }
        let is_new = match std::fs::create_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if std::fs::read_dir(&self.folder)?.next().is_some() {
                    let problem = format!("{} is not empty", PathText(&self.folder));
                    return Err(io::Error::new(io::ErrorKind::DirectoryNotEmpty, problem));
                }
                false
            }
            made => made.map(|()| true)?,
        };
        self.is_new.set(Some(is_new));
        Ok(())
    }

    /// The folder and its number of files, if there are any.
    fn made(self) -> Option<(PathBuf, usize)> {
        let count = self.files.borrow().len();
        (count > 0).then_some((self.folder, count))
    }

    /// Removes the files, and the folder if it is new. If that fails, the failure names the files that remain.
    fn taken_back(self, failure: Failure) -> Failure {
        let files = self.files.take();
        let removed = files.iter().filter(|file| std::fs::remove_file(file).is_ok()).count() == files.len();
        let is_new = self.is_new.get() == Some(true);
        if removed && (!is_new || std::fs::remove_dir(&self.folder).is_ok()) {
            return failure;
        }
        let left = format!("{}; {} is left incomplete", failure.message, PathText(&self.folder));
        Failure { message: left, ..failure }
    }
}
