//! Places by names of the program: the symbols of a dump's modules.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! use dumpedit::Dump;
//! use dumpedit::symbols::SymbolOptions;
//!
//! let dump = Dump::open("core.1234")?;
//! let symbols = Arc::new(dump.symbols(SymbolOptions::default().folder("/srv/symbols")));
//! let counter = symbols.find("app!counter")?;                   // never a guess: several of one name are an error
//! let dump = dump.with_symbols(symbols);                        // from here on, names are places in the notation
//! let address = dump.scope(dump.crashed_thread().map_err(|_| dump.layout().no_default_thread())).address(&"counter+4".parse()?)?;
//! # Ok(())
//! # }
//! ```

use std::sync::Arc;

pub use dumpedit_symbols::{
    Absent, Candidate, Encoded, Form, Identity, Label, Labelled, Names, Path, PlacedPart, PrintLimits,
    PrintedValue, ReadMemory, Refusal, Refused, RowKind, Symbol, SymbolError, SymbolFile, SymbolOptions,
    SymbolPlace, SymbolTarget, Symbols, Text, ThreadLocalBlock, Typed, TypedError, ValuePlace,
    WindowsThreadLocals, Within, Without, types,
};

use crate::dump::Dump;

impl Dump {
    /// The symbols of the dump's modules. No file is opened before a name or an address needs it.
    pub fn symbols(&self, options: SymbolOptions) -> Symbols {
        Symbols::new(SymbolTarget::of(self.layout()), options)
    }

    /// The same dump, in which names of symbols are places everywhere in the [notation](crate::notation). Names of registers, modules and
    /// regions take precedence.
    #[must_use]
    pub fn with_symbols(&self, symbols: Arc<Symbols>) -> Dump {
        let mut dump = self.clone();
        dump.symbols = Some(symbols);
        dump
    }

    /// The symbols by which names are resolved in this dump, where there are any.
    pub fn named_symbols(&self) -> Option<&Arc<Symbols>> {
        self.symbols.as_ref()
    }
}
