//! Resolves places in a dump to locations.

use std::fmt;

use dumpedit_formats::fields::{FieldPlace, is_name};
use dumpedit_layout::{AccessError, Context, Layout, Location, Mapping, Module, modules_named};

use crate::dump::Dump;
use crate::edit::Edit;
use crate::error::Error;
#[cfg(feature = "symbols")]
use crate::error::NoSymbol;
use crate::notation::{At, NotationError, RangeEnd, RangeText, terms};
use crate::number::{RegisterValue, ValueError};
use crate::view::{Pointers, View};

/// A dump, or an uncommitted edit of one, and the thread of the registers.
#[derive(Clone)]
pub struct Scope<'a> {
    pub(crate) view: View<'a>,
    thread: Result<Context, AccessError>,
    /// Context of the pointers that are written, where it is not the thread's.
    target: Option<Context>,
}

impl Dump {
    /// The scope of texts in this dump. `thread` is the context of the registers; its error is reported when a text needs a register.
    pub fn scope(&self, thread: Result<Context, AccessError>) -> Scope<'_> {
        Scope { view: self.view(), thread, target: None }
    }
}

impl Edit {
    /// The scope of texts in the edited dump, as [`Dump::scope`]: registers have the values of this edit.
    pub fn scope(&self, thread: Result<Context, AccessError>) -> Scope<'_> {
        Scope { view: self.view(), thread, target: None }
    }
}

/// A location, and the variable that it is a part of.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) location: Location,
    /// The variable, or the part of one, of a path.
    pub(crate) object: Option<Object>,
}

/// A variable or a part of one.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    /// Path to it.
    pub(crate) path: String,
    /// Number of its bytes from the location on.
    pub(crate) left: u64,
    /// Whether the location is the start of a single value: a number, a pointer.
    #[cfg_attr(not(feature = "symbols"), expect(dead_code, reason = "types alone say it"))]
    pub(crate) is_single: bool,
}

impl From<Location> for Placed {
    fn from(location: Location) -> Self {
        Placed { location, object: None }
    }
}

/// Start and length of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocationRange {
    /// First byte.
    pub start: Location,
    /// Length, in bytes.
    pub len: u64,
}

/// Named memory.
#[derive(Clone, Copy)]
pub(crate) enum NamedMemory<'a> {
    Module(&'a Module),
    Region(&'a Mapping),
}

impl NamedMemory<'_> {
    /// First address.
    pub(crate) fn first(self) -> u64 {
        match self {
            NamedMemory::Module(module) => module.base,
            NamedMemory::Region(mapping) => mapping.first,
        }
    }
}

/// Result of the search for a symbol.
#[cfg(feature = "symbols")]
pub(crate) enum Sought {
    Found(Placed),
    /// Not found; with the state of the symbols, where these were searched.
    Nowhere(Option<Box<NoSymbol>>),
}

impl Scope<'_> {
    /// The same scope for values that are written to a context: pointers have its width.
    pub(crate) fn into_context(self, target: Context) -> Self {
        Scope { target: Some(target), ..self }
    }

    /// The dump.
    pub(crate) fn dump(&self) -> &Dump {
        self.view.dump
    }

    /// A register's value in the scope.
    pub(crate) fn read_register(&self, context: Context, name: &str) -> Result<RegisterValue, Error> {
        self.view.read_register(context, name)
    }

    /// Whether the scope is of an edit.
    #[cfg(feature = "symbols")]
    pub(crate) fn is_edited(&self) -> bool {
        self.view.pending.is_some()
    }

    pub(crate) fn layout(&self) -> &Layout {
        self.view.dump.layout()
    }

    /// The context that values are written to.
    pub(super) fn target(&self) -> Context {
        self.target.unwrap_or(self.context())
    }

    /// The context for a location: the thread's where there is one, else the process.
    pub fn context(&self) -> Context {
        self.thread.clone().unwrap_or(Context::Process)
    }

    /// The context of the thread.
    ///
    /// # Errors
    /// [`AccessError`] where there is no thread.
    pub fn thread(&self) -> Result<Context, AccessError> {
        self.thread.clone()
    }

    /// The context for a place: the scope's, or the 32-bit record of a WOW64 thread where the place is in a register whose name implies it.
    pub fn context_of(&self, at: &At) -> Context {
        match at {
            At::InRegister { name, .. } => self.layout().context_of_name(self.context(), name),
            _ => self.context(),
        }
    }

    /// The location of a place, in the context of [`Scope::context_of`].
    ///
    /// # Errors
    /// [`Error`] for a register or a module that does not exist.
    pub fn locate(&self, at: &At) -> Result<Location, Error> {
        Ok(self.placed(at)?.location)
    }

    /// The location of a place, and the variable that it is a part of.
    pub(crate) fn placed(&self, at: &At) -> Result<Placed, Error> {
        if let At::Module(text) = at {
            return self.in_module(text);
        }
        let location = match at {
            At::Address(address) => Ok(self.layout().canonicalize(Location::Virtual(*address))),
            At::InRegister { name, byte } => {
                let (_, part) = self.view.named(self.thread()?, name)?;
                Ok(Location::Register { part, byte: *byte })
            }
            At::Register { name, offset } => {
                let value = self.view.read_register(self.thread()?, name)?.to_u64()?;
                self.moved(self.layout().address_of(value), *offset, at)
            }
            At::Module(text) => return self.in_module(text),
            At::Offset(file_offset) => Ok(Location::Offset(*file_offset)),
            At::Tag(tagged) => Ok(self.layout().canonicalize(Location::Tag(self.address(tagged)?))),
            At::Pointer { stored_at, offset } => {
                let (context, place) = (self.context_of(stored_at), self.locate(stored_at)?);
                let Pointers { values: pointers, outcome: read } =
                    self.view.read_pointers(context, place, 1)?;
                read.complete()?;
                let pointer = pointers.first().copied().unwrap_or(0);
                self.moved(self.layout().address_of(pointer), *offset, at)
            }
        };
        location.map(Placed::from)
    }

    /// The location at an offset from a value, in bytes.
    pub(crate) fn moved(&self, value: u64, offset: i128, what: &dyn fmt::Display) -> Result<Location, Error> {
        let last = self.layout().last_address();
        let address = i128::from(value).checked_add(offset).and_then(|address| u64::try_from(address).ok());
        let address = address.filter(|address| *address <= last || value > last);
        let outside = || ValueError::OutsideAddressSpace { what: what.to_string() };
        Ok(Location::Virtual(address.ok_or_else(outside)?))
    }

    /// The address of a place.
    ///
    /// # Errors
    /// As [`Scope::locate`], and [`AccessError::NotLinear`] for a place in a register.
    pub fn address(&self, at: &At) -> Result<u64, Error> {
        match self.locate(at)? {
            Location::Virtual(address) => Ok(address),
            other => Ok(self.layout().linearize(self.context_of(at), other)?),
        }
    }

    /// Start of a range, and its length in bytes.
    ///
    /// # Errors
    /// As [`Scope::locate`], and [`ValueError::Invalid`] for one that ends before it begins.
    pub fn range(&self, range: &RangeText) -> Result<LocationRange, Error> {
        let Placed { location: start, object } = self.placed(&range.start)?;
        let len = match (&range.end, start) {
            (RangeEnd::Length(length), _) => *length,
            (RangeEnd::Whole, Location::Field { left, .. }) => left,
            (RangeEnd::Whole, _) => {
                let whole = object.map(|object| object.left).or_else(|| self.left_in_named(&range.start));
                whole.ok_or_else(|| {
                    let hint = format!("write {range}..+LENGTH or {range}..END");
                    NotationError::usage(&range.to_string(), "is a place, not a range").with_hint(hint)
                })?
            }
            (RangeEnd::At(end), Location::Virtual(first)) => {
                let end = self.address(end)?;
                end.checked_sub(first)
                    .ok_or_else(|| ValueError::Invalid(format!("the range {range} ends before it begins")))?
            }
            (RangeEnd::At(_), _) => {
                let place = match start {
                    Location::Tag(_) => "at a memory tag",
                    Location::Field { .. } => "in a field",
                    Location::Offset(_) => "at a byte of the file",
                    _ => "in a register",
                };
                let problem = format!("the range {range} begins {place}; give its length as ..+LENGTH");
                return Err(ValueError::Invalid(problem).into());
            }
        };
        Ok(LocationRange { start, len })
    }

    /// Checks that a named place has room for `given` bytes. `object` is the part that a path names.
    pub(crate) fn check_room(&self, at: &At, object: Option<Object>, given: u64) -> Result<(), Error> {
        let named = || Some(Object { path: at.to_string(), left: self.left_in_named(at)?, is_single: false });
        match object.or_else(named) {
            Some(Object { path, left, .. }) if left < given => Err(Error::PastObject { path, given, left }),
            _ => Ok(()),
        }
    }

    /// Number of bytes up to the end of a named place.
    fn left_in_named(&self, at: &At) -> Option<u64> {
        #[cfg(feature = "symbols")]
        return self.left_in_symbol(at);
        #[cfg(not(feature = "symbols"))]
        {
            let _ = at;
            None
        }
    }

    /// The location of a name with terms. The longest known name is used; where there is none, brackets enclose the place of a pointer.
    fn in_module(&self, text: &str) -> Result<Placed, Error> {
        let mut missing = None;
        for (name, offset) in terms::splits(text) {
            let base = match self.named_memory(name) {
                Ok(memory) => {
                    #[cfg(feature = "symbols")]
                    // `app+0` always names the module.
                    if name.len() == text.len() || offset != 0 {
                        self.tell_module_first(name, offset, memory);
                    }
                    memory.first()
                }
                Err(error @ Error::NoSuchModule { .. }) => {
                    missing = Some(error);
                    continue;
                }
                Err(error) => return Err(error),
            };
            return self.moved(base, offset, &text).map(Placed::from);
        }
        if let Some(found) = self.in_field(text)? {
            return Ok(found.into());
        }
        let mut missing = missing.unwrap_or_else(|| Error::NoSuchModule {
            name: text.to_owned(),
            modules: Vec::new(),
            meant: None,
            symbols: None,
        });
        if let Some((inside, behind)) = terms::bracketed(text)
            && let Some(("", offset)) = terms::split(behind)
        {
            return match self.locate(&At::Pointer { stored_at: Box::new(inside.parse()?), offset }) {
                Err(Error::NoSuchModule { meant: inner, symbols: looked_at, .. }) => {
                    if let Error::NoSuchModule { meant, symbols, .. } = &mut missing {
                        *meant = inner.map(|inner| Box::new(inner.in_brackets(text, behind)));
                        *symbols = looked_at;
                    }
                    Err(missing)
                }
                found => found.map(Placed::from),
            };
        }
        #[cfg(feature = "symbols")]
        let looked_at = match self.in_symbols(text)? {
            Sought::Found(placed) => return Ok(placed),
            Sought::Nowhere(looked_at) => looked_at,
        };
        #[cfg(feature = "symbols")]
        if let Some(found) = self.in_types(text)? {
            return Ok(found);
        }
        #[cfg(not(feature = "symbols"))]
        let looked_at = None;
        if let Error::NoSuchModule { meant, symbols, .. } = &mut missing {
            *meant = self.meant(text).map(Box::new);
            *symbols = looked_at;
        }
        Err(missing)
    }

    /// The module or the region with a name.
    pub(crate) fn named_memory(&self, name: &str) -> Result<NamedMemory<'_>, Error> {
        match self.module(name) {
            Ok(module) => Ok(NamedMemory::Module(module)),
            Err(error @ Error::NoSuchModule { .. }) => {
                self.layout().mapping_named(name).map(NamedMemory::Region).ok_or(error)
            }
            Err(error) => Err(error),
        }
    }

    /// The location in a field of a name with terms; `None` where the text has not the form of such names.
    fn in_field(&self, text: &str) -> Result<Option<Location>, Error> {
        let mut missing = None;
        for (name, offset) in terms::splits(text).filter(|(name, _)| is_name(name)) {
            let field = match self.dump().field(name) {
                Ok(field) => field,
                Err(error @ Error::NoSuchField { .. }) => {
                    missing = Some(error);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let Some(FieldPlace { place, .. }) = field.first() else { continue };
            let outside = || ValueError::Invalid(format!("{text} lies outside the field"));
            let skipped = u64::try_from(offset).map_err(|_| outside())?;
            let left = place.size.checked_sub(skipped).ok_or_else(outside)?;
            let file_offset = place.file_offset.saturating_add(skipped);
            return Ok(Some(Location::Field { file_offset, left }));
        }
        // `crash.exe+10` is a mistyped place in a module, though it looks like a field.
        let of_module = terms::splits(text).any(|(name, _)| self.module(name).is_ok())
            || text.split(['+', '-']).next().is_some_and(|name| self.module(name).is_ok());
        #[cfg(feature = "symbols")]
        let of_module = of_module || self.begins_with_symbol(text);
        missing.filter(|_| !of_module).map_or(Ok(None), Err)
    }

    /// The location of a field's name with terms; `None` for the name only.
    pub(crate) fn part_of_field(&self, text: &str) -> Result<Option<Location>, Error> {
        if self.dump().field(text).is_ok() { Ok(None) } else { self.in_field(text) }
    }

    /// The module with a name: by whole path, else by base name, else by stem.
    pub(crate) fn module(&self, name: &str) -> Result<&Module, Error> {
        const MOST: usize = 8;
        let modules = self.layout().modules();
        let any_case = self.layout().os().is_some_and(|os| os.eq_ignore_ascii_case("windows"));
        match modules_named(modules, any_case, name).as_slice() {
            [] => {}
            [module] => return Ok(module),
            several => {
                let named = several.iter().take(MOST);
                let modules = named.map(|module| format!("{} at {:#x}", module.name, module.base)).collect();
                return Err(Error::AmbiguousModule { name: name.to_owned(), modules });
            }
        }
        let named = modules.iter().take(MOST).map(|module| module.base_name().to_owned()).collect();
        Err(Error::NoSuchModule { name: name.to_owned(), modules: named, meant: None, symbols: None })
    }
}
