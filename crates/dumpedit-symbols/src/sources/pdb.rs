//! PDBs: procedures, data and thread-local variables, as the linker lists them and as the object files have them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::collected::Collected;
use super::error::Subject;
use super::row_file::RowFile;
use super::{Asked, Damaged, Source, SourceError, SourceRows};
use crate::demangled::{Decoration, Wanted};
use crate::pdb::symbols::{PdbSymbol, PdbSymbols};
use crate::{Identity, Row, SymbolFile};

/// The beginning of a PDB of Visual C++ 7 and later (`MSF 7.00`).
const MAGIC: &[u8] = b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0";

/// The beginning of older ones.
const OLD_MAGIC: &[u8] = b"Microsoft C/C++ program database 2.00\r\n\x1aJG";

/// The beginning of a portable PDB, which describes .NET code alone.
const PORTABLE_MAGIC: &[u8] = b"BSJB";

/// How many public symbols of one address are compared with another symbol there. Linkers fold functions of the same code.
const MOST_ALIKE: usize = 64;

/// Whether a file that begins with these bytes is a PDB.
pub fn recognizes(magic: &[u8]) -> bool {
    [MAGIC, OLD_MAGIC, PORTABLE_MAGIC].iter().any(|known| magic.starts_with(known))
}

pub(crate) fn open(file: &Arc<SymbolFile>, _: Asked<'_>) -> Result<Box<dyn Source>, Damaged> {
    let identity = whole(file, |file, _| Ok(Identity::Pdb(PdbSymbols::open(file)?.id()?)))?;
    Ok(Box::new(RowFile {
        file: Arc::clone(file),
        identity: Some(identity),
        read: Box::new(read),
        is_complete: true,
        has_debug_info: true,
    }))
}

/// Its symbols and identity.
///
/// A name that both the linker and an object file have is one row: mangled, as the linker has it, with the size that the object
/// file knows.
///
/// # Errors
/// Where the file is damaged, and the system's.
pub fn read(file: &SymbolFile) -> Result<SourceRows, SourceError> {
    whole(file, rows)
}

/// What is read of a PDB with addresses, or why that failed.
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
    let mut listed = Vec::new();
    pdb.listed(|symbol| {
        let before = collected.rows.len();
        push(&mut collected, &symbol)?;
        listed.extend((before < collected.rows.len()).then_some(symbol.public));
        Ok::<_, Failure>(())
    })?;
    pdb.of_objects(|symbol, _| push(&mut collected, &symbol))?;
    listed.resize(collected.rows.len(), false);
    Ok(SourceRows { rows: merged(collected.rows, &listed, decoration), identity: Some(identity), decoration })
}

fn push(collected: &mut Collected<'_>, symbol: &PdbSymbol<'_>) -> Result<(), Failure> {
    collected.push(&symbol.full_name(), symbol.offset, symbol.size, symbol.kind).map_err(Failure::Source)
}

/// The rows without those that say again what another one says: of the same name and address, or, demangled, of the name that a
/// public symbol of the same address has.
fn merged(rows: Vec<Row>, public: &[bool], decoration: Decoration) -> Vec<Row> {
    let mut publics: HashMap<(u64, bool), Vec<usize>> = HashMap::new();
    let place = |row: &Row| (row.offset, row.kind == crate::RowKind::ThreadLocal);
    for (index, row) in rows.iter().enumerate().filter(|(index, _)| public.get(*index) == Some(&true)) {
        publics.entry(place(row)).or_default().push(index);
    }
    let mut sizes: HashMap<usize, u64> = HashMap::new();
    let mut kept = vec![true; rows.len()];
    let mut known: HashSet<(u64, bool, &str)> = HashSet::new();
    for ((index, row), keep) in rows.iter().enumerate().zip(&mut kept) {
        let (offset, thread_local) = place(row);
        if !known.insert((offset, thread_local, &row.name)) {
            *keep = false;
        }
        if public.get(index) == Some(&true) {
            continue;
        }
        let wanted = Wanted::new(&row.name);
        let alike = publics.get(&place(row)).into_iter().flatten().take(MOST_ALIKE);
        let alike = alike
            .filter(|other| rows.get(**other).is_some_and(|other| wanted.matches(&other.name, decoration)));
        for other in alike {
            *keep = false;
            sizes.extend(row.size.map(|size| (*other, size)));
        }
    }
    drop(known);
    let rows = rows.into_iter().enumerate().zip(kept).filter(|(_, keep)| *keep);
    rows.map(|((index, row), _)| Row { size: row.size.or(sizes.get(&index).copied()), ..row }).collect()
}
