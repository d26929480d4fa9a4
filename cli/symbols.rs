//! Whether names mean symbols in the dumps that the command opens, and where these are.

use std::sync::{Arc, OnceLock};

use dumpedit::Dump;
use dumpedit::symbols::SymbolOptions;

static SYMBOLS: OnceLock<Option<SymbolOptions>> = OnceLock::new();

/// Says where the symbols of all dumps are that the command opens; nowhere, where names are not to mean symbols.
pub(crate) fn name_by(symbols: Option<SymbolOptions>) {
    SYMBOLS.get_or_init(|| symbols);
}

/// Whether names of symbols mean nothing, because the command was told so.
pub(crate) fn is_without_symbols() -> bool {
    matches!(SYMBOLS.get(), Some(None))
}

/// A dump in which names of symbols are places.
pub(crate) fn named_by_symbols(dump: Dump) -> Dump {
    match SYMBOLS.get().cloned().flatten() {
        Some(options) => dump.with_symbols(Arc::new(dump.symbols(options))),
        None => dump,
    }
}
