//! Symbols of the dumps that the command opens: whether they are used, and the search paths.

use std::sync::{Arc, OnceLock};

use dumpedit::Dump;
use dumpedit::symbols::SymbolOptions;

static SYMBOLS: OnceLock<Option<SymbolOptions>> = OnceLock::new();

/// Sets the search paths of the symbols of all dumps. With `None`, symbol names are not known.
pub(crate) fn name_by(symbols: Option<SymbolOptions>) {
    SYMBOLS.get_or_init(|| symbols);
}

/// Whether symbols are turned off.
pub(crate) fn is_without_symbols() -> bool {
    matches!(SYMBOLS.get(), Some(None))
}

/// A dump in which symbol names are places.
pub(crate) fn named_by_symbols(dump: Dump) -> Dump {
    match SYMBOLS.get().cloned().flatten() {
        Some(options) => dump.with_symbols(Arc::new(dump.symbols(options))),
        None => dump,
    }
}
