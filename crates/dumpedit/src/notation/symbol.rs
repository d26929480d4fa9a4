//! Names of symbols as places: `counter`, `main+4`, `libc!environ`, `&counter`.

use dumpedit_layout::{AccessError, Context, Notice, NoticeKind, Subject};
use dumpedit_symbols::{RowKind, Shadow, Symbol, SymbolError, SymbolPlace};

use crate::edit::Edit;
use crate::error::{Error, NoSymbol};
use crate::notation::scope::{NamedMemory, Object, Placed, Sought};
use crate::notation::{At, Scope, terms};

/// The subject of a name.
enum Named {
    /// A symbol, and an offset from it.
    Symbol { symbol: Symbol, offset: i128 },
    /// A place in the target of a C++ reference, to which the symbol is only a pointer.
    Referred(Placed),
    /// Not a symbol, with the state of the symbols.
    Nothing(Option<Box<NoSymbol>>),
}

impl Scope<'_> {
    /// The location of a symbol's name with terms. The shortest known name is used, so that long chains of terms are not searched as names.
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
                let location = self.moved(address, offset, &text)?;
                Ok(Sought::Found(location.into()))
            }
            Named::Referred(placed) => Ok(Sought::Found(placed)),
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
                    if self.may_be_elsewhere(&symbol)
                        && let Some(placed) = self.elsewhere(text, symbol.size)?
                    {
                        return Ok(Named::Referred(placed));
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

    /// Whether a symbol may be where a reference is stored as a pointer, or a variable of two values as a byte, or is to be changed, so
    /// that its type is worth reading debug information.
    fn may_be_elsewhere(&self, symbol: &Symbol) -> bool {
        let width = u64::from(self.layout().pointer_width());
        let is_kept = symbol.size.is_none_or(|size| size == width || size == 1);
        symbol.kind != RowKind::Function && (is_kept || self.is_edited())
    }

    /// Adds a notice that a symbol was chosen by a name that a register has as well.
    pub(crate) fn tell_register(&self, name: &str, address: u64) {
        let registers = self.layout().machine_of(self.context()).registers();
        if let Some(symbols) = self.dump().named_symbols()
            && registers.part(name).is_some()
        {
            symbols.tell_register(name, address);
        }
    }

    /// Adds a notice that a module or a region was chosen by a name that a symbol has as well. For a place that is only read, symbols are
    /// not loaded to find out.
    pub(crate) fn tell_module_first(&self, name: &str, offset: i128, memory: NamedMemory<'_>) {
        let Some(symbols) = self.dump().named_symbols() else { return };
        symbols.tell_shadowed(&Shadow::Memory {
            name,
            first: memory.first(),
            is_module: matches!(memory, NamedMemory::Module(_)),
            is_searched: offset == 0 || self.is_edited(),
        });
    }

    /// Whether a name with terms is a place in a module or a region.
    pub(crate) fn is_in_module(&self, text: &str) -> bool {
        terms::splits(text)
            .any(|(name, _)| !matches!(self.named_memory(name), Err(Error::NoSuchModule { .. })))
    }

    /// The symbol whose name is similar to a text.
    pub(crate) fn similar_symbol(&self, text: &str) -> Option<String> {
        self.dump().named_symbols()?.similar(text)
    }

    /// Number of bytes from a place to the end of the symbol or the typed object that it names; `None` where it names none, or one of
    /// unknown size.
    pub fn left_in_symbol(&self, at: &At) -> Option<u64> {
        let At::Module(text) = at else { return None };
        if self.is_in_module(text) {
            return None;
        }
        let typed = || Some(self.in_types(text).ok()??.object?.left);
        match self.symbol(text).ok()? {
            Named::Symbol { symbol: Symbol { size: Some(size), .. }, offset } => left(size, offset),
            Named::Symbol { symbol, .. } if symbol.kind == RowKind::Function => None,
            Named::Referred(placed) => Some(placed.object?.left),
            _ => typed(),
        }
    }
}

impl Edit {
    /// Adds a notice where a write has fewer bytes than the variable at its place. `object` is that of a path.
    pub(crate) fn tell_short(
        &mut self,
        thread: &Result<Context, AccessError>,
        at: &At,
        object: Option<Object>,
        given: u64,
    ) {
        let scope = self.scope(thread.clone());
        let found = match object {
            None => scope.single_named(at, given),
            object => object.filter(|object| object.is_single),
        };
        let Some(Object { path, left, .. }) = found.filter(|object| (1..object.left).contains(&given)) else {
            return;
        };
        let bytes = if given == 1 { "1 byte is" } else { &*format!("{given} bytes are") };
        let notice =
            Notice::new(NoticeKind::ShortWrite, format!("{bytes} written into {path}, which has {left}"));
        let address = scope.address(at).ok();
        self.tell(
            address.into_iter().fold(notice, |notice, address| notice.about(Subject::Address(address))),
        );
    }
}

impl Scope<'_> {
    /// The single value of a symbol's name, where its size may be that of one, and is larger than `given`.
    fn single_named(&self, at: &At, given: u64) -> Option<Object> {
        let At::Module(text) = at else { return None };
        match self.symbol(text).ok()? {
            Named::Symbol { symbol: Symbol { size: Some(left @ (2 | 4 | 8 | 16)), kind, .. }, offset: 0 }
                if given < left && kind != RowKind::Function =>
            {
                // Where no type is known, only the size decides.
                let known = self.in_types(text).ok().flatten().and_then(|placed| placed.object);
                let is_single = known.is_none_or(|known| known.is_single);
                is_single.then(|| Object { path: text.clone(), left, is_single })
            }
            _ => None,
        }
    }
}

/// Number of bytes of an object from an offset on.
pub(crate) fn left(size: u64, offset: i128) -> Option<u64> {
    let left = i128::from(size).checked_sub(offset)?;
    (offset >= 0 && left > 0).then(|| u64::try_from(left).ok())?
}
