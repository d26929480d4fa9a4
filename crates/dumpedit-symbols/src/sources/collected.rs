//! Rows of symbols that are collected from a file, within limits that a valid file does not reach.

use std::sync::Arc;

use super::error::{SourceError, Subject};
use crate::{RowKind, SymbolFile, SymbolRow};

/// The longest name that is kept, in bytes. Names of C++ and Rust reach a few tens of thousands.
pub(crate) const MOST_NAME: usize = 1 << 16;

/// Rows whose names together have no more bytes than the file. In a hostile file, many rows may share the bytes of one
/// long name.
pub(crate) struct Collected<'a> {
    pub(crate) rows: Vec<SymbolRow>,
    pub(crate) subject: Subject<'a>,
    /// The source file of the rows that are added next.
    pub(crate) unit: Option<Arc<str>>,
    left: u64,
}

impl<'a> Collected<'a> {
    pub(crate) fn new(file: &'a SymbolFile, subject: Subject<'a>) -> Self {
        Collected { rows: Vec::new(), subject, unit: None, left: file.size() }
    }

    /// Adds a row. A row without a name, or with a name that is too long, is left out.
    pub(crate) fn push(
        &mut self,
        name: &[u8],
        offset: u64,
        size: Option<u64>,
        kind: RowKind,
    ) -> Result<(), SourceError> {
        if !keeps(name) {
            return Ok(());
        }
        let left = self.left.checked_sub(name.len() as u64);
        self.left = left.ok_or_else(|| self.subject.damaged("its names are longer than the whole file"))?;
        let name = String::from_utf8_lossy(name).into_owned();
        self.rows.push(SymbolRow { unit: self.unit.clone(), ..SymbolRow::new(name, offset, size, kind) });
        Ok(())
    }
}

/// Whether a name is neither empty nor too long.
pub(crate) fn keeps(name: &[u8]) -> bool {
    !name.is_empty() && name.len() <= MOST_NAME
}

/// The text before the first zero byte, or all of it if there is none.
pub(crate) fn until_zero(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}
