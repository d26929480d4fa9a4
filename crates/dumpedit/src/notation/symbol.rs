//! Names of symbols as places: `counter`, `main+4`, `libc!environ`, `&counter`.

use dumpedit_symbols::{RowKind, Symbol, SymbolError, SymbolPlace};

use crate::error::{Error, NoSymbol};
use crate::notation::scope::Sought;
use crate::notation::{At, Scope, terms};

/// What a text names.
enum Named {
    /// A symbol, and what is added to it.
    Symbol { symbol: Symbol, offset: i128 },
    /// No symbol, as above.
    Nothing(Option<Box<NoSymbol>>),
}

impl Scope<'_> {
    /// The location that the name of a symbol and terms stand for. The shortest name that there is counts: terms of lines by
    /// the thousand are then not looked for as names.
    pub(crate) fn in_symbols(&self, text: &str) -> Result<Sought, Error> {
        match self.symbol(text)? {
            Named::Symbol { symbol, offset } => {
                let address = match symbol.place {
                    SymbolPlace::ThreadLocal(within) => {
                        self.thread_local(symbol.module, &symbol.name, within)?
                    }
                    SymbolPlace::Address(address) => address,
                    _ => return Ok(Sought::Nowhere(None)),
                };
                self.moved(address, offset, &text).map(Sought::Found)
            }
            Named::Nothing(looked_at) => Ok(Sought::Nowhere(looked_at)),
        }
    }

    fn symbol(&self, text: &str) -> Result<Named, Error> {
        let Some(symbols) = self.dump().named_symbols() else { return Ok(Named::Nothing(None)) };
        let mut looked_at = None;
        let mut splits: Vec<(&str, i128)> = terms::splits(text).collect();
        splits.reverse();
        for (name, offset) in splits {
            let found = match self.is_edited() {
                true => symbols.find_surely(name),
                false => symbols.find(name),
            };
            match found {
                Ok(symbol) => {
                    if let SymbolPlace::Address(address) = symbol.place {
                        self.tell_register(name, address);
                    }
                    return Ok(Named::Symbol { symbol, offset });
                }
                Err(error @ (SymbolError::Unknown { .. } | SymbolError::NoSuchModule { .. })) => {
                    looked_at.get_or_insert(error);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Named::Nothing(looked_at.map(|error| {
            Box::new(NoSymbol {
                without: error.without().iter().map(ToString::to_string).collect(),
                met_other_builds: error.met_other_builds(),
            })
        })))
    }

    /// Says that a symbol was meant by a name, where a register has it, too.
    pub(crate) fn tell_register(&self, name: &str, address: u64) {
        let registers = self.layout().machine_of(self.context()).registers();
        if let Some(symbols) = self.dump().named_symbols()
            && registers.part(name).is_some()
        {
            symbols.tell_register(name, address);
        }
    }

    /// Whether a name and terms are about a module or a region.
    pub(crate) fn is_in_module(&self, text: &str) -> bool {
        terms::splits(text).any(|(name, _)| {
            !matches!(self.module(name), Err(Error::NoSuchModule { .. }))
                || self.layout().mapping_named(name).is_some()
        })
    }

    /// The symbol that a text may have meant.
    pub(crate) fn similar_symbol(&self, text: &str) -> Option<String> {
        self.dump().named_symbols()?.similar(text)
    }

    /// How many bytes there are from a place to the end of the symbol or the typed object that it names; `None` where it names
    /// none, or one whose size is not known.
    pub fn left_in_symbol(&self, at: &At) -> Option<u64> {
        let At::Module(text) = at else { return None };
        if self.is_in_module(text) {
            return None;
        }
        let typed = || Some(self.in_types(text).ok()??.object?.left);
        match self.symbol(text).ok()? {
            Named::Symbol { symbol: Symbol { size: Some(size), .. }, offset } => left(size, offset),
            Named::Symbol { symbol, .. } if symbol.kind == RowKind::Function => None,
            _ => typed(),
        }
    }
}

/// How many bytes of an object there are from so many behind its beginning on.
pub(crate) fn left(size: u64, offset: i128) -> Option<u64> {
    let left = i128::from(size).checked_sub(offset)?;
    (offset >= 0 && left > 0).then(|| u64::try_from(left).ok())?
}
