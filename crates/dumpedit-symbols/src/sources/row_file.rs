//! Symbol files that are read into rows.

use std::fmt;
use std::sync::Arc;

use super::error::{Damaged, SourceError};
use super::source::{DebugLink, Source, SourceRows};
use crate::file::SymbolFile;
use crate::identity::Identity;
use crate::table::Table;
use crate::target::SymbolTarget;

/// A function that reads the symbols of a file.
pub(crate) type ReadRows = Box<dyn Fn(&SymbolFile) -> Result<SourceRows, SourceError> + Send + Sync>;

/// A file whose identity has been read.
pub(crate) struct RowFile {
    pub(crate) file: Arc<SymbolFile>,
    pub(crate) identity: Option<Identity>,
    pub(crate) read: ReadRows,
    /// See [`Source::is_complete`].
    pub(crate) is_complete: bool,
    /// See [`Source::is_image`].
    pub(crate) is_image: bool,
    /// See [`Source::has_debug_info`].
    pub(crate) has_debug_info: bool,
    /// See [`Source::debug_link`].
    pub(crate) debug_link: Option<DebugLink>,
    /// See [`Source::windows_pointers`].
    pub(crate) windows_pointers: Option<u8>,
}

impl fmt::Debug for RowFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowFile")
            .field("file", &self.file)
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

impl Source for RowFile {
    fn identity(&self) -> Option<Identity> {
        self.identity.clone()
    }

    /// A process of one machine may have modules of another, as with WOW64. The identity shows whether a file is a
    /// module's.
    fn fits(&self, _: &SymbolTarget) -> bool {
        true
    }

    fn table(&self) -> Result<Table, Damaged> {
        let SourceRows { rows, decoration, .. } = (self.read)(&self.file)?;
        Ok(Table::of_rows(rows, decoration))
    }

    fn is_complete(&self) -> bool {
        self.is_complete
    }

    fn is_image(&self) -> bool {
        self.is_image
    }

    fn has_debug_info(&self) -> bool {
        self.has_debug_info
    }

    fn debug_link(&self) -> Option<&DebugLink> {
        self.debug_link.as_ref()
    }

    fn windows_pointers(&self) -> Option<u8> {
        self.windows_pointers
    }

    fn cost(&self) -> u64 {
        self.file.size()
    }
}
