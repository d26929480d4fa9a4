//! Receipts: records of edits, kept beside their results. They have no times and no folders, and the order of their keys is fixed, so
//! equal edits have equal receipts.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use dumpedit::compressed::Compressor;
use dumpedit::notation::PathText;
use dumpedit::{CommitError, Edit, Outcome, OutputFile, OutputOptions};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::args::EditArguments;
use crate::failure::Failure;
use crate::input::{Input, is_standard};
use crate::interrupt::Interruptible;
use crate::output::escaped::Escaped;
use crate::output::json;
use crate::output::progress::Bar;

/// Checks that a requested receipt is a file.
pub(crate) fn check(arguments: &EditArguments) -> Result<(), Failure> {
    let Some(path) = arguments.receipt.as_deref() else { return Ok(()) };
    if is_standard(path) {
        return Err(Failure::name_in_use("a receipt is a file; --json reports on standard output"));
    }
    Ok(())
}

/// Writes the receipt of an edit before the commit, if requested. It gets its name when it is finished. Its errors come before
/// anything changes.
pub(crate) fn begin(
    edit: &mut Edit,
    input: &Input,
    performed: &Outcome,
    stopped: Value,
    arguments: &EditArguments,
) -> Result<Option<OutputFile>, Failure> {
    let Some(path) = arguments.receipt.as_deref() else { return Ok(None) };
    let options = OutputOptions::default().overwrite(arguments.overwrite);
    // The hints of such an error are about OUT.
    let create = OutputFile::create(path, options, input.file.as_ref());
    let mut file = create.map_err(|error| match error {
        CommitError::OutputNotAFile { .. } => Failure { hint: None, ..error.into() },
        error => error.into(),
    })?;
    let hashes = if arguments.hash {
        Some((hash(&mut input.dump.edit(), "hashing the dump")?, hash(edit, "hashing the result")?))
    } else {
        None
    };
    let (before, after) = hashes.unzip();
    let out = arguments.output.as_deref();
    let packed_out = match out {
        None => input.compressor,
        Some(path) if is_standard(path) => None,
        Some(path) => Compressor::of_name(path),
    };
    let size = input.dump.layout().file_size();
    let document = Receipt {
        dumpedit: env!("CARGO_PKG_VERSION"),
        input: dump(&input.path, input.compressor, size, before),
        output: dump(out.unwrap_or(&input.path), packed_out, edit.size_after(), after),
        requested: performed.requested,
        completed: performed.completed,
        stopped,
        edits: json::Edits::of(&input.dump, edit.changes()),
        parts: json::EditedParts::of(
            &input.dump,
            edit.part_changes(),
            edit.resized_fields(),
            edit.size_after(),
        ),
        notices: json::notices(edit.notices()),
    };
    let mut buffered = Escaped::json(BufWriter::new(Interruptible(&mut file)));
    let written = serde_json::to_writer_pretty(&mut buffered, &document).map_err(io::Error::from);
    let written = written.and_then(|()| writeln!(buffered)).and_then(|()| buffered.flush());
    drop(buffered);
    match written {
        Ok(()) => Ok(Some(file)),
        Err(error) => Err(file.abandon(error).into()),
    }
}

/// Reason why a finished edit has no receipt.
pub(crate) fn failed(error: &CommitError) -> String {
    match error {
        CommitError::Output { path, cause, .. } => {
            format!("its receipt {} could not be written: {cause}", PathText(path))
        }
        error => format!("it has no receipt: {error}"),
    }
}

#[derive(Serialize)]
struct Receipt<'a> {
    dumpedit: &'static str,
    input: Value,
    output: Value,
    requested: u64,
    completed: u64,
    stopped: Value,
    edits: json::Edits<'a>,
    #[serde(flatten)]
    parts: json::EditedParts<'a>,
    notices: Value,
}

/// One of the two dumps: its name without folders, and its uncompressed size and digest.
fn dump(path: &Path, compressor: Option<Compressor>, size: u64, sha256: Option<String>) -> Value {
    let name = PathText(Path::new(path.file_name().unwrap_or(path.as_os_str()))).to_string();
    let mut view = Map::new();
    view.insert("name".to_owned(), json!(name));
    view.insert("size".to_owned(), json!(size));
    if let Some(compressor) = compressor {
        view.insert("compressed".to_owned(), json!(compressor.to_string()));
    }
    if let Some(sha256) = sha256 {
        view.insert("sha256".to_owned(), json!(sha256));
    }
    Value::Object(view)
}

/// SHA-256 of the dump after an edit.
fn hash(edit: &mut Edit, what: &'static str) -> Result<String, CommitError> {
    let mut bar = Bar::new(what);
    let mut hash = Hashing(Sha256::new());
    edit.write_out(&mut hash, &mut |progress| bar.report(progress))?;
    Ok(hash.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A writer that computes a digest.
struct Hashing(Sha256);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
