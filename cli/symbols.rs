//! Symbols of the dumps that the command opens: whether they are used, and where they are looked for.

use std::sync::{Arc, OnceLock};

use dumpedit::Dump;
use dumpedit::symbols::SymbolOptions;

static SYMBOLS: OnceLock<Option<SymbolOptions>> = OnceLock::new();

/// Sets where symbols of all dumps are looked for; with `None`, names of symbols are not known.
pub(crate) fn name_by(symbols: Option<SymbolOptions>) {
    SYMBOLS.get_or_init(|| symbols);
}

/// Whether symbols are switched off.
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
