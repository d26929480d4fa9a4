//! Paths over a program's variables as places: `nodes[1].next`, `*head->next`, `&g_config.limits[2]`.

use std::cell::RefCell;

use dumpedit_formats::fields::is_name;
use dumpedit_layout::{ByteOrder, Context, Location, Machine, Module};
use dumpedit_symbols::types::{Shape, TypeLayout, ValueType};
use dumpedit_symbols::{
    Names, Path, PathError, PathRoot, PathStep, Prefix, PrintLimits, PrintedValue, ReadMemory, SymbolError,
    SymbolPlace, Typed, TypedError, ValuePlace, Within, printed,
};

use crate::error::Error;
use crate::notation::scope::{NamedMemory, Object, Placed};
use crate::notation::symbol::left;
use crate::notation::{Scope, terms};

/// The memory of the process in a scope.
struct Seen<'s, 'a>(&'s Scope<'a>);

impl ReadMemory for Seen<'_, '_> {
    fn read(&self, address: u64, into: &mut [u8]) -> usize {
        let read = self.0.view.read_bytes(Context::Process, Location::Virtual(address), into);
        read.map_or(0, |outcome| usize::try_from(outcome.completed).unwrap_or(0).min(into.len()))
    }

    fn read_constant(&self, address: u64, into: &mut [u8]) -> usize {
        let read = self.read(address, into);
        match self.0.dump().named_symbols() {
            Some(symbols) if read < into.len() => symbols.read_loaded(address, into),
            _ => read,
        }
    }

    fn machine(&self) -> Machine {
        self.0.layout().machine()
    }

    fn byte_order(&self) -> ByteOrder {
        self.0.layout().byte_order()
    }

    fn pointer_width(&self) -> u8 {
        self.0.layout().pointer_width()
    }
}

/// A path, and an offset from its target.
struct Counted {
    path: Path,
    offset: i128,
}

impl Scope<'_> {
    /// The target of a path such as `g_config.limits[2]`, with its type.
    ///
    /// # Errors
    /// [`Error::Typed`] and [`Error::Symbol`], those of the thread where a variable is thread-local, and [`Error::NoSymbols`] for a dump
    /// without symbols.
    pub fn typed(&self, path: &str) -> Result<Typed, Error> {
        let parsed = match self.counted(path)? {
            Some(Counted { path, offset: 0 }) => path,
            _ => match Path::parse(path) {
                Ok(parsed) => parsed,
                Err(error) => return Err(self.without_type(path).unwrap_or(error.into()).into()),
            },
        };
        let typed = self.followed(&parsed);
        if let (
            Ok(Typed { module: Some(module), .. }),
            [],
            PathRoot::Name { module: None, unit: None, name },
        ) = (&typed, parsed.steps.as_slice(), &parsed.root)
        {
            self.is_no_module(name, *module)?;
        }
        if let (
            Ok(Typed { place: ValuePlace::Memory(address), .. }),
            PathRoot::Name { module: None, name, .. },
        ) = (&typed, &parsed.root)
        {
            self.tell_register(name, *address);
        }
        typed.map_err(|error| match error {
            Error::Symbol(error @ SymbolError::Unknown { .. }) => {
                let similar = self.similar_path(path);
                Error::NoSuchVariable {
                    path: path.to_owned(),
                    register: None,
                    similar,
                    error: Box::new(error),
                }
            }
            error => error,
        })
    }

    /// Checks that a name is that of a module's variable, and not of a module or a region, which take precedence.
    fn is_no_module(&self, name: &str, module: usize) -> Result<(), Error> {
        let Ok(memory) = self.named_memory(name) else { return Ok(()) };
        let symbols = self.dump().named_symbols();
        let of = symbols.and_then(|symbols| symbols.module(module)).map_or("", Module::base_name);
        Err(Error::ModuleFirst {
            name: name.to_owned(),
            is_module: matches!(memory, NamedMemory::Module(_)),
            first: memory.first(),
            variable: format!("{of}!{name}"),
        })
    }

    /// An error for a text that is no path, but a symbol: names such as `vtable for Shape` belong to no language.
    fn without_type(&self, text: &str) -> Option<TypedError> {
        let symbol = self.dump().named_symbols()?.find(text).ok()?;
        match symbol.place {
            SymbolPlace::Address(address) => Some(TypedError::NoType {
                symbol: text.to_owned(),
                address,
                refused: self.dump().named_symbols()?.refused_debug_files(symbol.module).to_vec(),
            }),
            _ => None,
        }
    }

    /// A type by name, as the type of a value without a place: `struct node`, `app!node *`.
    ///
    /// # Errors
    /// As [`Scope::typed`].
    pub fn named_type(&self, name: &str) -> Result<Typed, Error> {
        let path = Path::parse(&format!("{{{name}}}0")).map_err(TypedError::from)?;
        self.followed(&path)
    }

    /// The value of a path's target, in the form of its type. Parts that are not in the dump are named in their places.
    ///
    /// # Errors
    /// [`Error::Typed`] where its type is not known or cannot be read.
    pub fn printed(&self, typed: &Typed, limits: PrintLimits) -> Result<PrintedValue, Error> {
        self.with_names(&typed.path, |names, memory| printed(typed, names, memory, limits))
    }

    /// The contents of the type of a path's target: members with their offsets, or the values of an enum.
    ///
    /// # Errors
    /// [`Error::Typed`] where its type is not known or cannot be read.
    pub fn type_layout(&self, typed: &Typed) -> Result<TypeLayout, Error> {
        self.with_names(&typed.path, |names, memory| typed.layout(names, memory))
    }

    /// Calls `ask` with the names and the memory for following paths.
    ///
    /// # Errors
    /// As [`Scope::typed`].
    pub fn with_names<T>(
        &self,
        path: &str,
        ask: impl FnOnce(&dyn Names, &dyn ReadMemory) -> Result<T, TypedError>,
    ) -> Result<T, Error> {
        let Some(symbols) = self.dump().named_symbols() else {
            return Err(Error::NoSymbols { name: path.to_owned() });
        };
        let failed = RefCell::new(None);
        let thread_locals = |module, offset| {
            self.thread_local(module, path, offset).map_err(|error| {
                let why = error.to_string();
                failed.replace(Some(error));
                why
            })
        };
        let names = symbols.names(&thread_locals);
        let names = if self.is_edited() { names.surely() } else { names };
        ask(&names, &Seen(self)).map_err(|error| match (failed.take(), error) {
            (Some(of_thread), TypedError::ThreadLocal { .. }) => of_thread,
            (_, error) => error.into(),
        })
    }

    /// The path over variables in a text, with the sum of the terms behind it; `None` where its first name is unknown, or a module, a
    /// region or a field takes precedence.
    pub(crate) fn path_with_terms(&self, text: &str) -> Result<Option<(Typed, i64)>, Error> {
        if self.is_in_module(text) || is_name(text) {
            return Ok(None);
        }
        let Some(Counted { path, offset }) = self.counted(text)? else { return Ok(None) };
        match self.followed(&path) {
            Err(Error::Symbol(SymbolError::Unknown { .. } | SymbolError::NoSuchModule { .. })) => Ok(None),
            typed => Ok(Some((typed?, i64::try_from(offset).unwrap_or(i64::MAX)))),
        }
    }

    pub(crate) fn memory(&self) -> impl ReadMemory + '_ {
        Seen(self)
    }

    fn followed(&self, path: &Path) -> Result<Typed, Error> {
        let Some(symbols) = self.dump().named_symbols() else {
            return Err(Error::NoSymbols { name: path.to_string() });
        };
        self.with_names(&path.to_string(), |names, memory| symbols.followed(path, names, memory))
    }

    /// The path in a text, with terms behind it; `None` where the text is none.
    fn counted(&self, text: &str) -> Result<Option<Counted>, TypedError> {
        match read(text) {
            Ok(found) => Ok(Some(found)),
            Err(error) => {
                // A path of the file system may name the module.
                if let Some((module, rest)) = text.split_once('!')
                    && let Some(symbols) = self.dump().named_symbols()
                    && symbols.module_called(module).is_ok()
                    && let Ok(mut counted) = read(rest)
                {
                    *counted.path.root.module_mut() = Some(module.to_owned());
                    return Ok(Some(counted));
                }
                if self.begins_with_symbol(text) { Err(error.into()) } else { Ok(None) }
            }
        }
    }

    /// The place of a path and terms; `None` where the text is no path, or its first name is unknown.
    pub(crate) fn in_types(&self, text: &str) -> Result<Option<Placed>, Error> {
        if self.dump().named_symbols().is_none() {
            return Ok(None);
        }
        let Some(Counted { mut path, offset }) = self.counted(text)? else { return Ok(None) };
        // A variable and its address are the same place.
        path.steps.pop_if(|last| *last == PathStep::AddressOf);
        let typed = match self.followed(&path) {
            Err(Error::Symbol(SymbolError::Unknown { .. } | SymbolError::NoSuchModule { .. })) => {
                return Ok(None);
            }
            typed => typed?,
        };
        self.object_of(typed, offset, text).map(Some)
    }

    /// The place of a symbol's name and terms, where its variable is not at the symbol's address, as the object of a C++ reference; else
    /// `None`. `kept` is the size of the symbol, in bytes.
    ///
    /// # Errors
    /// Where it is nowhere: the compiler stores less there than the variable has.
    pub(crate) fn elsewhere(&self, text: &str, kept: Option<u64>) -> Result<Option<Placed>, Error> {
        let Ok(Some(Counted { mut path, offset })) = self.counted(text) else { return Ok(None) };
        path.steps.pop_if(|last| *last == PathStep::AddressOf);
        match self.followed(&path) {
            Ok(typed) if typed.is_reference() => self.object_of(typed, offset, text).map(Some),
            Ok(typed @ Typed { place: ValuePlace::Value(_), of: Some(_), .. })
                if kept.is_some() && typed.size()? != kept =>
            {
                self.object_of(typed, offset, text).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The place at an offset, in bytes, from the start of a value, or of a reference's target.
    fn object_of(&self, typed: Typed, offset: i128, text: &str) -> Result<Placed, Error> {
        let typed = self.referred(typed)?;
        let address = typed.address()?;
        let (size, is_single) = match typed.of.is_some().then(|| typed.type_()).transpose()? {
            // A function's type has no size, but its symbol has.
            Some(type_) if matches!(type_.shape, Shape::Function { .. }) => {
                (self.size_of_symbol(address), false)
            }
            Some(type_) => (typed.size()?, offset == 0 && is_single(&type_)),
            None => (None, false),
        };
        let object = size.and_then(|size| left(size, offset));
        let object = object.map(|left| Object { path: typed.path, left, is_single });
        Ok(Placed { location: self.moved(address, offset, &text)?, object })
    }

    /// The size of the symbol at an address, in bytes, where it is known.
    fn size_of_symbol(&self, address: u64) -> Option<u64> {
        let symbol = self.dump().named_symbols()?.at(address)?;
        symbol.size.filter(|_| symbol.offset == 0)
    }

    /// The target of a reference, or the value itself.
    pub(crate) fn referred(&self, typed: Typed) -> Result<Typed, Error> {
        if typed.of.is_none() {
            return Ok(typed);
        }
        Ok(typed.dereferenced(&self.memory())?)
    }

    /// Whether a text begins with the name of a symbol and continues as a path, so that it is taken for one.
    pub(crate) fn begins_with_symbol(&self, text: &str) -> bool {
        let Some(symbols) = self.dump().named_symbols() else { return false };
        let bare = text.trim_start_matches(['*', '&', '(']);
        let (is_prefixed, text) = (bare.len() < text.len(), bare);
        let is_part = |letter: char| letter.is_alphanumeric() || "_!$:".contains(letter);
        let end = text.find(|letter| !is_part(letter)).unwrap_or(text.len());
        let rest = text.get(end..).unwrap_or_default();
        if !is_prefixed && !["[", ".", "->"].iter().any(|step| rest.starts_with(step)) {
            return false;
        }
        let found = text.get(..end).filter(|name| !name.is_empty()).map(|name| symbols.find(name));
        matches!(found, Some(Ok(_) | Err(SymbolError::Several { .. })))
    }

    /// Whether a text is a path that begins with a name of the program.
    pub(crate) fn is_variable(&self, text: &str) -> bool {
        let Some(symbols) = self.dump().named_symbols() else { return false };
        let Ok(Some(Counted { path, .. })) = self.counted(text) else { return false };
        let PathRoot::Name { module, unit, name } = &path.root else { return true };
        let within = module.as_deref().map_or(Within::All, Within::Called);
        let no_thread = |_, _| Err(String::new());
        let found = symbols.names(&no_thread).find(within, unit.as_deref(), name);
        !matches!(
            found,
            Err(TypedError::Symbol(SymbolError::Unknown { .. } | SymbolError::NoSuchModule { .. }))
        )
    }

    /// The path that is similar to a text whose first name is mistyped.
    pub(crate) fn similar_path(&self, text: &str) -> Option<String> {
        let path = read(text).ok()?.path;
        let PathRoot::Name { module, name, .. } = &path.root else { return None };
        let asked = module.as_ref().map_or_else(|| name.clone(), |module| format!("{module}!{name}"));
        let scoped = || {
            let near = self.dump().named_symbols()?.near_variables(name);
            let near = near.into_iter().map(|near| (distance(name, &near), near));
            // A name that is similar in little more than its last part is not suggested.
            let near = near.filter(|(distance, _)| *distance <= name.len() / 2 && module.is_none());
            Some(near.min()?.1)
        };
        let similar = self.similar_symbol(&asked).or_else(scoped)?;
        Some(text.replacen(&asked, &similar, 1))
    }
}

/// Number of characters of a name that differ in a similar full name: omitted scopes do not count.
fn distance(name: &str, full: &str) -> usize {
    let ends = full.rmatch_indices("::").map(|(at, _)| at + 2).chain([0]);
    let ends = ends.filter_map(|at| full.get(at..));
    ends.map(|end| strsim::osa_distance(name, end)).min().unwrap_or(usize::MAX)
}

/// Whether values of a type are a single number or address.
fn is_single(type_: &ValueType) -> bool {
    matches!(type_.shape, Shape::Base(_) | Shape::Pointer { .. } | Shape::Enum { .. })
}

/// The path at the start of a text, and the sum of the terms behind it.
fn read(text: &str) -> Result<Counted, PathError> {
    let Prefix { path, size, .. } = Path::prefix(text)?;
    match terms::split(text.get(size..).unwrap_or_default()) {
        Some(("", offset)) => Ok(Counted { path, offset }),
        _ => Path::parse(text).map(|path| Counted { path, offset: 0 }),
    }
}
