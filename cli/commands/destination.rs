//! Destination of an edit: the dump itself, a file, a compressed file, or standard output.

use std::io::{self, IsTerminal};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use dumpedit::compressed::Compressor;
use dumpedit::{
    CommitError, CommitOptions, Edit, History, OpenError, Output, OutputFile, OutputOptions, Progress,
    Receipt,
};

use crate::args::EditArguments;
use crate::failure::Failure;
use crate::input::{Input, is_standard, named};
use crate::interrupt::{self, Interruptible};
use crate::output::progress::Bar;
use crate::shell;

/// Destination of an edit.
pub(super) enum Destination<'a> {
    /// None: `--dry-run`.
    Nowhere,
    /// The dump's own file.
    Dump,
    /// A file, compressed if its name has such an extension.
    File(&'a Path, Option<Compressor>),
    /// Standard output.
    StandardOutput,
}

impl<'a> Destination<'a> {
    /// The destination given by the arguments, or an error if it is not possible.
    pub(super) fn of(arguments: &'a EditArguments, dump: &Path) -> Result<Self, Failure> {
        if arguments.dry_run {
            return Ok(Destination::Nowhere);
        }
        check_names(arguments.output.as_deref(), arguments.receipt.as_deref(), "receipt", dump)?;
        match arguments.output.as_deref() {
            Some(path) if is_standard(path) => {
                if io::stdout().is_terminal() {
                    return Err(Failure::terminal("standard output", "... -o - > patched.core"));
                }
                Ok(Destination::StandardOutput)
            }
            Some(path) => match Compressor::unknown(path) {
                Some(extension) => Err(Failure::no_compressor(extension)),
                None => Ok(Destination::File(path, Compressor::of_name(path))),
            },
            None if is_standard(dump) => Err(Failure::no_file_to_edit()),
            None => Ok(Destination::Dump),
        }
    }

    /// Whether the destination is a copy of the dump.
    pub(super) fn is_copy(&self) -> bool {
        matches!(self, Destination::File(..) | Destination::StandardOutput)
    }

    /// Commits the edit; `None` if standard output was closed before the end.
    pub(super) fn commit(
        &self,
        mut edit: Edit,
        input: &Input,
        options: CommitOptions<'_>,
        arguments: &EditArguments,
    ) -> Result<Option<Receipt>, Failure> {
        let notice = match *self {
            Destination::Nowhere => None,
            Destination::Dump => {
                let mut bar = Bar::new("writing");
                return Ok(Some(edit.commit_with(options.progress(&mut |progress| bar.report(progress)))?));
            }
            Destination::File(path, None) => {
                let mut bar = Bar::new("copying");
                let file = create(path, input, arguments)?;
                edit.write_out(file, &mut |progress| bar.report(progress))?
            }
            Destination::File(path, Some(compressor)) => {
                let (mut bar, total) = (Bar::new("packing"), edit.dump().layout().file_size());
                let mut file = create(path, input, arguments)?;
                let mut stopped = |_| {
                    if interrupt::is_requested() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                };
                let mut watch = |progress: Progress| bar.advance(progress.done, total);
                let packed = compressor.pack(&mut Interruptible(&mut file), &mut watch, |packer| {
                    edit.write_out(Output::Chunks(&mut |chunk| packer.push(chunk)), &mut stopped)
                });
                match packed {
                    Ok(Ok(_)) => file.finish()?,
                    _ if interrupt::is_requested() => return Err(file.cancel().into()),
                    Ok(Err(CommitError::Stream { cause })) | Err(cause) => {
                        return Err(file.abandon(cause).into());
                    }
                    Ok(Err(error)) => return Err(error.into()),
                }
            }
            Destination::StandardOutput => {
                let mut bar = Bar::new("writing");
                match edit.write_out(&mut io::stdout().lock(), &mut |progress| bar.report(progress)) {
                    Err(CommitError::Stream { cause }) if cause.kind() == io::ErrorKind::BrokenPipe => {
                        return Ok(None);
                    }
                    written => written?,
                }
            }
        };
        let mut receipt = edit.into_receipt();
        receipt.notices.extend(notice);
        Ok(Some(receipt))
    }
}

/// Error for a dump that cannot be edited in place.
pub(super) fn not_editable(dump: &Path, error: OpenError) -> Failure {
    match Compressor::of_file(dump).filter(|_| matches!(error, OpenError::Format { .. })) {
        Some(compressor) => {
            let copy = patched_name(dump, compressor);
            Failure::compressed(dump, compressor, &this_command_with_output(&copy))
        }
        None => error.into(),
    }
}

/// Checks that OUT, the receipt or the report (`noun`), the dump and its journal are different files, under any name.
/// [`OutputFile`] compares OUT with the dump.
pub(super) fn check_names(
    output: Option<&Path>,
    receipt: Option<&Path>,
    noun: &str,
    dump: &Path,
) -> Result<(), Failure> {
    let file = |path: &Path| if is_standard(path) { None } else { resolved(path) };
    let dump = resolved(named(dump));
    let journal = dump.as_ref().and_then(|dump| History::of(dump).journal().ok());
    let output = output.and_then(file);
    let receipt = receipt.and_then(file);
    let rules = [
        (&output, &journal, "OUT has the name of the dump's journal".to_owned()),
        (&receipt, &journal, format!("the {noun} has the name of the dump's journal")),
        (&receipt, &dump, format!("the {noun} and the dump are the same file")),
        (&receipt, &output, format!("the {noun} and OUT are the same file")),
    ];
    match rules.into_iter().find(|(name, other, _)| name.is_some() && name == other) {
        Some((_, _, problem)) => Err(Failure::name_in_use(&problem)),
        None => Ok(()),
    }
}

/// Checks that OUT is neither the dump nor its journal. For commands that never write in place.
pub(super) fn check_copy(output: Option<&Path>, dump: &Path) -> Result<(), Failure> {
    check_names(output, None, "receipt", dump)?;
    if is_dump(output, dump) {
        return Err(Failure::name_in_use("OUT and the dump are the same file"));
    }
    Ok(())
}

/// Whether OUT is the dump's own file.
pub(super) fn is_dump(output: Option<&Path>, dump: &Path) -> bool {
    let file = |path: &Path| if is_standard(path) { None } else { resolved(path) };
    output.and_then(file).is_some_and(|output| Some(output) == file(dump))
}

/// The file at a path, or the file that would be created there.
fn resolved(path: &Path) -> Option<PathBuf> {
    dunce::canonicalize(path).ok().or_else(|| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = dunce::canonicalize(folder.unwrap_or(Path::new("."))).ok()?;
        Some(folder.join(path.file_name()?))
    })
}

fn create(path: &Path, input: &Input, arguments: &EditArguments) -> Result<OutputFile, CommitError> {
    let options = OutputOptions::default().overwrite(arguments.overwrite).wait(arguments.wait.wait);
    OutputFile::create(path, options, input.file.as_ref())
}

/// Name for the edited copy of a compressed file: `core.zst` becomes `core.patched.zst`.
fn patched_name(path: &Path, compressor: Compressor) -> PathBuf {
    let unpacked = if Compressor::of_name(path).is_some() { path.with_extension("") } else { path.into() };
    let mut name = unpacked.into_os_string();
    name.push(format!(".patched.{}", compressor.extension()));
    name.into()
}

/// The current command line with an output added.
fn this_command_with_output(output: &Path) -> String {
    let mut words: Vec<String> = std::env::args_os().skip(1).map(|word| shell::word(&word)).collect();
    // Words after `--` are not options.
    let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
    words.splice(end..end, ["-o".to_owned(), shell::path(output)]);
    format!("dumpedit {}", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_edited_copy_says_how_it_is_packed() {
        let name = |path: &str| patched_name(Path::new(path), Compressor::Zstd).display().to_string();
        assert_eq!(name("a/core.1234.zst"), "a/core.1234.patched.zst");
        assert_eq!(name("core.1234"), "core.1234.patched.zst");
    }
}
