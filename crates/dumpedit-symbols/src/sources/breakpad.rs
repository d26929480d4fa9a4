//! Symbol files of Breakpad (`.sym`): texts that crash pipelines make from modules and their debug information.
//!
//! The format is described in Breakpad's `docs/symbol_files.md`. Only the lines `MODULE`, `INFO CODE_ID`, `FUNC` and
//! `PUBLIC` are read.

use std::io::{BufRead, BufReader};
use std::sync::Arc;

use super::collected::Collected;
use super::error::{Damaged, SourceError, Subject};
use super::row_file::RowFile;
use super::source::{Asked, Source, SourceRows};
use crate::demangled::Decoration;
use crate::file::Stream;
use crate::identity::{self, PdbId};
use crate::{Identity, RowKind, SymbolFile};

/// The longest line that is read, in bytes. The longest name fits into it.
const MOST_LINE: usize = 1 << 17;

/// Whether a file with these first bytes is a symbol file of Breakpad.
pub fn recognizes(magic: &[u8]) -> bool {
    magic.starts_with(b"MODULE ")
}

pub(crate) fn open(file: &Arc<SymbolFile>, _: Asked<'_>) -> Result<Box<dyn Source>, Damaged> {
    let subject = subject(file);
    let mut first = Vec::new();
    next(&mut BufReader::new(Stream::of(file)), &mut first)?;
    let (_, rest) = word(&first);
    let module = module(rest).ok_or_else(|| subject.damaged("line 1 is malformed"))?;
    Ok(Box::new(RowFile {
        file: Arc::clone(file),
        identity: module.id.map(Identity::Pdb),
        read: Box::new(read),
        // The file has no symbols of data.
        is_complete: false,
        is_image: false,
        has_debug_info: false,
        debug_link: None,
        windows_pointers: None,
    }))
}

fn subject(file: &SymbolFile) -> Subject<'_> {
    Subject { path: file.path(), kind: "Breakpad symbol file" }
}

/// Reads the symbols and the identity. Names are as the file has them, mostly demangled. Offsets are in bytes from the
/// module's base.
///
/// # Errors
/// Fails if the system cannot read the file, or if the file is damaged.
pub fn read(file: &SymbolFile) -> Result<SourceRows, SourceError> {
    let subject = subject(file);
    let mut lines = BufReader::with_capacity(1 << 16, Stream::of(file));
    let mut collected = Collected::new(file, subject);
    let mut line = Vec::new();
    let mut number = 0u64;
    let mut module = None;
    while next(&mut lines, &mut line).map_err(|error| subject.read(error))? {
        number += 1;
        let damaged = || subject.damaged(format!("line {number} is malformed"));
        let (word, rest) = word(&line);
        match word {
            b"MODULE" if number == 1 => module = Some(self::module(rest).ok_or_else(damaged)?),
            _ if number == 1 => return Err(subject.damaged("it does not begin with a MODULE line")),
            b"FUNC" => {
                let row = symbol(rest, true).ok_or_else(damaged)?;
                collected.push(row.name, row.offset, row.size, RowKind::Function)?;
            }
            b"PUBLIC" => {
                let row = symbol(rest, false).ok_or_else(damaged)?;
                collected.push(row.name, row.offset, None, RowKind::Other)?;
            }
            _ => {}
        }
    }
    let Some(Module { id, decoration }) = module else { return Err(subject.damaged("it is empty")) };
    Ok(SourceRows { rows: collected.rows, identity: id.map(Identity::Pdb), decoration })
}

/// Reads the next line without its line end, and cuts a line that is too long. Returns false at the end of the file.
fn next(lines: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    let mut any = false;
    loop {
        let bytes = lines.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        any = true;
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let size = end.unwrap_or(bytes.len());
        let room = MOST_LINE.saturating_sub(line.len()).min(size);
        line.extend_from_slice(bytes.get(..room).unwrap_or_default());
        lines.consume(end.map_or(size, |end| end + 1));
        if end.is_some() {
            break;
        }
    }
    if line.ends_with(b"\r") {
        line.pop();
    }
    Ok(any)
}

/// The first word of a text, and the rest after the blanks that follow it.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| *byte == b' ').unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (word, rest.trim_ascii_start())
}

struct Module {
    /// `None` if the id is all zeros, which means that the module has none.
    id: Option<PdbId>,
    decoration: Decoration,
}

/// `MODULE operatingsystem architecture id name`
fn module(rest: &[u8]) -> Option<Module> {
    let (system, rest) = word(rest);
    let (architecture, rest) = word(rest);
    let (id, _) = word(rest);
    let id = identity::debug_id(std::str::from_utf8(id).ok()?)?;
    let decoration = match (system, architecture) {
        (b"windows", b"x86") => Decoration::Windows32,
        (b"mac" | b"ios", _) => Decoration::Underscore,
        _ => Decoration::None,
    };
    Some(Module { id: Some(id).filter(|id| id.guid != [0; 16]), decoration })
}

struct Symbol<'a> {
    offset: u64,
    size: Option<u64>,
    name: &'a [u8],
}

/// `FUNC [m] address size parameter_size name` or `PUBLIC [m] address parameter_size name`. `m` says that other symbols
/// have the same address.
fn symbol(rest: &[u8], sized: bool) -> Option<Symbol<'_>> {
    let number = |text: &[u8]| u64::from_str_radix(std::str::from_utf8(text).ok()?, 16).ok();
    let rest = rest.strip_prefix(b"m ").unwrap_or(rest);
    let (offset, mut rest) = word(rest);
    let mut size = None;
    if sized {
        let (text, behind) = word(rest);
        (size, rest) = (Some(number(text)?), behind);
    }
    let (parameters, name) = word(rest);
    number(parameters)?;
    Some(Symbol { offset: number(offset)?, size, name })
}
