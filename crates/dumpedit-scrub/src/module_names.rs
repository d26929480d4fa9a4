//! Names of modules without their folders: they identify nobody.

use std::collections::{BTreeSet, HashSet};

use dumpedit::Dump;

/// Last parts of the names of modules.
#[derive(Clone, Debug, Default)]
pub(crate) struct ModuleNames {
    names: BTreeSet<String>,
    /// Pieces of the names that have [`PIECE`] letters or more.
    pieces: HashSet<[u8; PIECE]>,
}

/// Length of a piece of a name or a secret, in letters: that of a vector register.
pub(crate) const PIECE: usize = 16;

impl ModuleNames {
    pub(crate) fn of(dump: &Dump) -> ModuleNames {
        let last = |name: &str| name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        let names = dump.layout().modules().iter().map(|module| last(&module.name));
        let names: BTreeSet<String> = names.filter(|name| !name.is_empty()).collect();
        let pieces = names
            .iter()
            .flat_map(|name| name.as_bytes().windows(PIECE))
            .filter_map(|piece| piece.try_into().ok())
            .collect();
        ModuleNames { names, pieces }
    }

    /// Whether a module's name begins with these letters.
    pub(crate) fn have_start(&self, start: &[u8]) -> bool {
        let Ok(start) = std::str::from_utf8(start) else { return false };
        let from = (std::ops::Bound::Included(start), std::ops::Bound::Unbounded);
        self.names.range::<str, _>(from).next().is_some_and(|name| name.starts_with(start))
    }

    /// Whether a module's name contains these letters, which may be in the name of a folder, too.
    pub(crate) fn have_piece(&self, piece: &[u8]) -> bool {
        self.pieces.contains(piece)
    }

    /// Whether a module has this name, as a machine or a user may, with or without the part behind its first dot.
    pub(crate) fn has(&self, name: &[u8]) -> bool {
        let is_alike = |module: &String| {
            let start = module.split('.').next().unwrap_or_default();
            [module.as_bytes(), start.as_bytes()].iter().any(|module| module.eq_ignore_ascii_case(name))
        };
        self.names.iter().any(is_alike)
    }

    /// Whether a module's name is among the words of a value.
    pub(crate) fn in_words(&self, value: &[u8]) -> bool {
        let mut words = value.split(|byte| matches!(byte, b'/' | b'\\' | b':' | b';' | b',' | b'=' | b' '));
        words.any(|word| std::str::from_utf8(word).is_ok_and(|word| self.names.contains(word)))
    }

    /// Whether a module has this name, or one that the kernel cut to it.
    pub(crate) fn is_of_process(&self, name: &[u8]) -> bool {
        let is_cut = |module: &String| {
            let module = module.as_bytes();
            module == name || (name.len() >= 15 && module.starts_with(name))
        };
        self.names.iter().any(is_cut)
    }
}
