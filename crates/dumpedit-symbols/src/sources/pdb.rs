//! PDBs: procedures, data and thread-local variables, from the linker's list and from the object files' own symbols.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::collected::{Collected, keeps};
use super::error::{Damaged, SourceError, Subject};
use super::row_file::RowFile;
use super::source::{Asked, Source, SourceRows};
use crate::demangled::{Decoration, Wanted};
use crate::pdb::symbols::{PdbSymbol, PdbSymbols};
use crate::{Identity, RowKind, SymbolFile, SymbolRow};

/// The first bytes of a PDB of Visual C++ 7 and later (`MSF 7.00`).
const MAGIC: &[u8] = b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0";

/// The first bytes of an older PDB.
const OLD_MAGIC: &[u8] = b"Microsoft C/C++ program database 2.00\r\n\x1aJG";

/// The first bytes of a portable PDB, which describes only .NET code.
const PORTABLE_MAGIC: &[u8] = b"BSJB";

/// The most public symbols at one address that are compared with another symbol there. Linkers fold functions that have
/// the same code.
const MOST_ALIKE: usize = 64;

/// Whether a file with these first bytes is a PDB.
pub fn recognizes(magic: &[u8]) -> bool {
    [MAGIC, OLD_MAGIC, PORTABLE_MAGIC].iter().any(|known| magic.starts_with(known))
}

pub(crate) fn open(file: &Arc<SymbolFile>, _: Asked<'_>) -> Result<Box<dyn Source>, Damaged> {
    let (identity, pointers) = whole(file, |file, _| {
        let mut pdb = PdbSymbols::open(file)?;
        Ok((Identity::Pdb(pdb.id()?), if pdb.is_32_bit() { 4 } else { 8 }))
    })?;
    Ok(Box::new(RowFile {
        file: Arc::clone(file),
        identity: Some(identity),
        read: Box::new(read),
        is_complete: true,
        is_image: false,
        has_debug_info: true,
        debug_link: None,
        windows_pointers: Some(pointers),
    }))
}

/// Reads the symbols and the identity.
///
/// A name that both the linker and an object file have is one row. It has the linker's mangled name and the object
/// file's size.
///
/// # Errors
/// Fails if the system cannot read the file, or if the file is damaged.
pub fn read(file: &SymbolFile) -> Result<SourceRows, SourceError> {
    whole(file, rows)
}

/// The result of `read` for a PDB with addresses, or the reason for its failure.
fn whole<'a, T>(
    file: &'a SymbolFile,
    read: impl FnOnce(&'a SymbolFile, Subject<'a>) -> Result<T, Failure>,
) -> Result<T, SourceError> {
    let subject = Subject { path: file.path(), kind: "PDB" };
    let magic = file.read_at(0, file.size().min(4)).map_err(|error| subject.read(error))?;
    if magic == PORTABLE_MAGIC {
        return Err(subject.unsupported("is a portable PDB: it describes .NET code and has no addresses"));
    }
    read(file, subject).map_err(|error| match error {
        Failure::Pdb(pdb2::Error::IoError(error)) if error.kind() == std::io::ErrorKind::InvalidData => {
            subject.damaged(error)
        }
        Failure::Pdb(pdb2::Error::IoError(error)) => subject.read(error),
        Failure::Pdb(error) => subject.damaged(error),
        Failure::Source(error) => error,
    })
}

enum Failure {
    Pdb(pdb2::Error),
    Source(SourceError),
}

impl From<pdb2::Error> for Failure {
    fn from(error: pdb2::Error) -> Self {
        Failure::Pdb(error)
    }
}

fn rows(file: &SymbolFile, subject: Subject<'_>) -> Result<SourceRows, Failure> {
    let mut pdb = PdbSymbols::open(file)?;
    let identity = Identity::Pdb(pdb.id()?);
    let decoration = if pdb.is_x86() { Decoration::Windows32 } else { Decoration::None };
    let mut collected = Collected::new(file, subject);
    let mut publics = Vec::new();
    // Data is both in the linker's list and in that of its object file. Only hashes are kept, since there may be
    // millions of symbols.
    let mut known: HashMap<u64, usize> = HashMap::new();
    let mut add = |symbol: &PdbSymbol<'_>| -> Result<(), Failure> {
        let (name, index) = (symbol.full_name(), collected.rows.len());
        if !keeps(&name) {
            return Ok(());
        }
        let mut hasher = DefaultHasher::new();
        (symbol.offset, symbol.kind == RowKind::ThreadLocal, &*name).hash(&mut hasher);
        let known = *known.entry(hasher.finish()).or_insert(index);
        if let Some(row) = collected.rows.get_mut(known) {
            row.size = row.size.or(symbol.size);
            return Ok(());
        }
        collected.push(&name, symbol.offset, symbol.size, symbol.kind).map_err(Failure::Source)?;
        if symbol.public {
            publics.push((symbol.offset, index));
        }
        Ok(())
    };
    pdb.listed(|symbol| add(&symbol))?;
    pdb.of_objects(|symbol, _| add(&symbol))?;
    Ok(SourceRows { rows: merged(collected.rows, publics, decoration), identity: Some(identity), decoration })
}

/// The rows without those whose name a public symbol at the same address has in mangled form. The public symbol gets
/// their size.
fn merged(
    mut rows: Vec<SymbolRow>,
    mut publics: Vec<(u64, usize)>,
    decoration: Decoration,
) -> Vec<SymbolRow> {
    publics.sort_unstable();
    let at = |offset: u64| {
        let first = publics.partition_point(|(other, _)| *other < offset);
        let rest = publics.get(first..).unwrap_or_default();
        rest.iter().take_while(move |(other, _)| *other == offset).map(|(_, index)| *index)
    };
    let mut is_public = vec![false; rows.len()];
    for (_, index) in &publics {
        is_public.get_mut(*index).into_iter().for_each(|is| *is = true);
    }
    let mut sizes = Vec::new();
    let thread_local = |row: &SymbolRow| row.kind == RowKind::ThreadLocal;
    let keep: Vec<bool> = rows
        .iter()
        .zip(is_public)
        .map(|(row, is_public)| {
            if is_public {
                return true;
            }
            let wanted = Wanted::new(&row.name);
            let says_it = |index: &usize| {
                let public = rows.get(*index).filter(|public| thread_local(public) == thread_local(row));
                public.is_some_and(|public| wanted.matches(&public.name, decoration))
            };
            let said = at(row.offset).take(MOST_ALIKE).filter(says_it);
            let before = sizes.len();
            sizes.extend(said.map(|index| (index, row.size)));
            before == sizes.len()
        })
        .collect();
    for (index, size) in sizes {
        rows.get_mut(index).into_iter().for_each(|public| public.size = public.size.or(size));
    }
    let mut keep = keep.into_iter();
    rows.retain(|_| keep.next().unwrap_or(true));
    rows
}
