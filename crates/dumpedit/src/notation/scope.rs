//! What a text means in one dump: places become locations, and values become bytes.

use std::{fmt, iter};

use dumpedit_formats::fields::{FieldPlace, is_name};
use dumpedit_layout::{
    AccessError, ByteOrder, Context, FloatFormat, Group, Layout, Location, Module, modules_named,
};

use crate::dump::Dump;
use crate::edit::Edit;
use crate::edit::payload::Gathering;
use crate::edit::write::pointer_bytes;
use crate::encoding::Encoding;
#[cfg(feature = "symbols")]
use crate::error::NoSymbol;
use crate::error::{Error, Meant};
use crate::notation::inputs::Inputs;
use crate::notation::{
    At, NotationError, NumberText, NumberType, RangeEnd, RangeText, Value, hex_digits, similar, terms,
};
use crate::number::{Number, RegisterValue, ValueError};
use crate::view::{Pointers, View};

/// A dump, or an edit of one in progress, and the thread whose registers are meant.
#[derive(Clone)]
pub struct Scope<'a> {
    pub(crate) view: View<'a>,
    thread: Result<Context, AccessError>,
    /// Where a pointer goes, if not into the thread's context.
    target: Option<Context>,
}

impl Dump {
    /// The meaning of texts in this dump. `thread` is the context whose registers are meant; an error there is told
    /// when a text needs a register.
    pub fn scope(&self, thread: Result<Context, AccessError>) -> Scope<'_> {
        Scope { view: self.view(), thread, target: None }
    }
}

impl Edit {
    /// The meaning of texts in the edited dump, as [`Dump::scope`]: registers have the values that this edit set.
    pub fn scope(&self, thread: Result<Context, AccessError>) -> Scope<'_> {
        Scope { view: self.view(), thread, target: None }
    }
}

/// A location, and what it is a part of.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) location: Location,
    /// The variable, or the part of one, that a path names.
    pub(crate) object: Option<Object>,
}

/// A variable or a part of one.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    /// The path to it.
    pub(crate) path: String,
    /// How many bytes it has from the location on.
    pub(crate) left: u64,
    /// Whether the location is the beginning of a single value: a number, a pointer.
    #[cfg_attr(not(feature = "symbols"), expect(dead_code, reason = "types alone say it"))]
    pub(crate) is_single: bool,
}

impl From<Location> for Placed {
    fn from(location: Location) -> Self {
        Placed { location, object: None }
    }
}

/// Where a range begins, and how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocationRange {
    /// Its first byte.
    pub start: Location,
    /// How many bytes it has.
    pub len: u64,
}

/// What became of looking for a symbol.
#[cfg(feature = "symbols")]
pub(crate) enum Sought {
    Found(Location),
    /// There is none; what there is to tell of that, where symbols were looked at.
    Nowhere(Option<Box<NoSymbol>>),
}

impl Scope<'_> {
    /// The same scope for values that go into a context: its pointers are that wide.
    pub(crate) fn into_context(self, target: Context) -> Self {
        Scope { target: Some(target), ..self }
    }

    /// The dump that the texts are about.
    pub(crate) fn dump(&self) -> &Dump {
        self.view.dump
    }

    /// A register's value as the scope sees it.
    pub(crate) fn read_register(&self, context: Context, name: &str) -> Result<RegisterValue, Error> {
        self.view.read_register(context, name)
    }

    /// Whether the texts are about an edit, and not only read.
    #[cfg(feature = "symbols")]
    pub(crate) fn is_edited(&self) -> bool {
        self.view.pending.is_some()
    }

    pub(crate) fn layout(&self) -> &Layout {
        self.view.dump.layout()
    }

    /// The context for a location: the thread's where there is one, else the process.
    pub fn context(&self) -> Context {
        self.thread.clone().unwrap_or(Context::Process)
    }

    /// The context of the thread that is meant.
    ///
    /// # Errors
    /// [`AccessError`] where no thread is meant.
    pub fn thread(&self) -> Result<Context, AccessError> {
        self.thread.clone()
    }

    /// The context for a place: that of the scope, or where the place is in a register whose name means the 32-bit
    /// record of a WOW64 thread, that.
    pub fn context_of(&self, at: &At) -> Context {
        match at {
            At::InRegister { name, .. } => self.layout().context_of_name(self.context(), name),
            _ => self.context(),
        }
    }

    /// The location of a place, in the context of [`Scope::context_of`].
    ///
    /// # Errors
    /// [`Error`] where it names a register or a module that is not there.
    pub fn locate(&self, at: &At) -> Result<Location, Error> {
        Ok(self.placed(at)?.location)
    }

    /// The location of a place, and what it is a part of.
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

    /// Whether names of symbols mean anything.
    fn knows_symbols(&self) -> bool {
        #[cfg(feature = "symbols")]
        return self.dump().named_symbols().is_some();
        #[cfg(not(feature = "symbols"))]
        false
    }

    /// The location so many bytes behind a value.
    pub(crate) fn moved(&self, value: u64, offset: i128, what: &dyn fmt::Display) -> Result<Location, Error> {
        let last = self.layout().last_address();
        let address = i128::from(value).checked_add(offset).and_then(|address| u64::try_from(address).ok());
        let address = address.filter(|address| *address <= last || value > last);
        let outside = || ValueError::OutsideAddressSpace { what: what.to_string() };
        Ok(Location::Virtual(address.ok_or_else(outside)?))
    }

    /// The address that a place means.
    ///
    /// # Errors
    /// As [`Scope::locate`], and [`AccessError::NotLinear`] for a place in a register.
    pub fn address(&self, at: &At) -> Result<u64, Error> {
        match self.locate(at)? {
            Location::Virtual(address) => Ok(address),
            other => Ok(self.layout().linearize(self.context_of(at), other)?),
        }
    }

    /// Where a range begins, and how many bytes it has.
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
                    NotationError::usage(&range.to_string(), "is a place and no range").with_hint(hint)
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

    /// Checks that what a place names has room for so many bytes. Of a path, `object` is the part that it names.
    pub(crate) fn check_room(&self, at: &At, object: Option<Object>, given: u64) -> Result<(), Error> {
        let named = || Some(Object { path: at.to_string(), left: self.left_in_named(at)?, is_single: false });
        match object.or_else(named) {
            Some(Object { path, left, .. }) if left < given => Err(Error::PastObject { path, given, left }),
            _ => Ok(()),
        }
    }

    /// How many bytes there are to the end of what a place names.
    fn left_in_named(&self, at: &At) -> Option<u64> {
        #[cfg(feature = "symbols")]
        return self.left_in_symbol(at);
        #[cfg(not(feature = "symbols"))]
        {
            let _ = at;
            None
        }
    }

    /// The bytes of a value, in the target's byte order.
    ///
    /// # Errors
    /// As [`Scope::locate`], and [`Error::Input`] where a file or standard input cannot be read.
    pub fn bytes(&self, value: &Value, inputs: &mut Inputs<'_>) -> Result<Vec<u8>, Error> {
        let mut gathering = Gathering::with_room(u64::MAX);
        self.give(value, inputs, &mut gathering)?;
        let payload = gathering.finish();
        let mut bytes = vec![0; usize::try_from(payload.len()).unwrap_or(usize::MAX)];
        payload.read_at(0, &mut bytes).map_err(|cause| Error::Kept { cause })?;
        Ok(bytes)
    }

    /// Adds the bytes of a value to a payload in the making.
    pub(crate) fn give(
        &self,
        value: &Value,
        inputs: &mut Inputs<'_>,
        gathering: &mut Gathering,
    ) -> Result<(), Error> {
        let order = self.layout().byte_order();
        let mut push = |bytes: &[u8]| gathering.push(bytes).map_err(|cause| Error::Kept { cause });
        match value {
            Value::Bytes(bytes) => push(bytes),
            Value::Number { little, .. } => {
                let mut bytes = little.clone();
                order.reorder(&mut bytes);
                push(&bytes)
            }
            Value::Pointer(at) => {
                let width = self.layout().pointer_width_of(self.target.unwrap_or(self.context()));
                push(&pointer_bytes(self.address(at)?, width, order)?)
            }
            Value::Text { text, wide, terminated } => {
                let encoding = if *wide { Encoding::Utf16 } else { Encoding::Utf8 };
                push(&encoding.bytes(text, order))?;
                push(&encoding.bytes(if *terminated { "\0" } else { "" }, order))
            }
            Value::File(path) => inputs.file(path, gathering),
            Value::StandardInput => inputs.standard_input(gathering),
        }
    }

    /// A register's new value as a number.
    ///
    /// # Errors
    /// As [`Scope::locate`], and [`ValueError::WrongWidth`] for raw bytes of another width than the register's.
    pub fn number(&self, register: &str, number: &NumberText) -> Result<Number, Error> {
        match number {
            NumberText::Number(number) => Ok(number.clone()),
            NumberText::At(at) => Ok(self.address(at)?.into()),
            NumberText::Typed(Value::Number { of: NumberType::Signed(_), little, .. }) => Ok(signed(little)),
            NumberText::Typed(Value::Number { of: NumberType::Float(_), little, .. })
                if self.is_extended_float(register)? =>
            {
                Ok(Number::from_le_bytes(&extended_float(little)))
            }
            NumberText::Typed(Value::Number { little, .. }) => Ok(Number::from_le_bytes(little)),
            NumberText::Float(text) => {
                let format = match self.float_format(register, text) {
                    // A function is called `nan`.
                    Err(_) if text.starts_with(|first: char| first.is_alphabetic()) => {
                        return Ok(self.address(&text.parse()?)?.into());
                    }
                    format => format?,
                };
                let bytes = format.encoded(text, 16, ByteOrder::Little);
                let bytes = bytes.map_err(|error| {
                    ValueError::Invalid(format!("{text} does not fit into {register}: {error}"))
                })?;
                Ok(Number::from_le_bytes(&bytes))
            }
            NumberText::Typed(other) => Err(ValueError::Invalid(format!("{other} is not a number")).into()),
            NumberText::OfField(text) => {
                Err(ValueError::Invalid(format!("{text} is the value of a field, not of a register")).into())
            }
            NumberText::OfVariable(text) => {
                Err(ValueError::Invalid(format!("{text} is the value of a variable, not of a register"))
                    .into())
            }
            NumberText::Initial => Err(ValueError::Invalid(
                "'initial' is not a number: only set puts a register back".to_owned(),
            )
            .into()),
            NumberText::Bytes(bytes) => {
                let (_, part) = self.view.named(self.thread()?, register)?;
                let width = part.size();
                if bytes.len() != width {
                    return Err(ValueError::WrongWidth { given: bytes.len(), width }.into());
                }
                let mut little = bytes.clone();
                self.layout().byte_order().reorder(&mut little);
                Ok(Number::from_le_bytes(&little))
            }
        }
    }

    /// The format of the floats that a register or a lane holds.
    fn float_format(&self, register: &str, text: &str) -> Result<FloatFormat, Error> {
        let (context, part) = self.view.named(self.thread()?, register)?;
        let registers = self.layout().machine_of(context).registers();
        let whole = registers.get(part.id);
        let holds_floats =
            whole.is_some_and(|register| matches!(register.group, Group::Float | Group::Vector));
        // Control words are in these groups, too, and none of them is a part of a vector.
        let is_part = whole.is_some_and(|register| register.view.is_some() && register.bits == part.bits);
        let of_lane = [("f32", FloatFormat::Binary32), ("f64", FloatFormat::Binary64)]
            .into_iter()
            .find(|(lane, _)| register.to_ascii_lowercase().contains(&format!(".{lane}.")));
        match (of_lane, part.bits) {
            (Some((_, lane)), _) => Ok(lane),
            (None, 32) if holds_floats && is_part => Ok(FloatFormat::Binary32),
            (None, 64) if holds_floats && is_part => Ok(FloatFormat::Binary64),
            (None, 80) => Ok(FloatFormat::X87),
            (None, 128..) if holds_floats => {
                let problem =
                    format!("{register} holds no single float; name a lane: {register}.f64.0={text}");
                Err(ValueError::Invalid(problem).into())
            }
            _ => {
                let hex = hex_digits(text).map(|hex| format!(", and for a hex number 0x{hex}"));
                let problem = format!(
                    "{register} holds no floats; for the bits of one, write f64:{text} or f32:{text}{}",
                    hex.unwrap_or_default()
                );
                Err(ValueError::Invalid(problem).into())
            }
        }
    }

    /// Whether a register is one of the x87's, which hold floats of 80 bits.
    fn is_extended_float(&self, register: &str) -> Result<bool, Error> {
        let (context, part) = self.view.named(self.thread()?, register)?;
        let registers = self.layout().machine_of(context).registers();
        Ok(part.bits == 80 && registers.get(part.id).is_some_and(|register| register.group == Group::Float))
    }

    /// The location that a name and terms stand for. The longest name that there is counts; where there is none, brackets
    /// are around the place of a pointer.
    fn in_module(&self, text: &str) -> Result<Placed, Error> {
        let mut missing = None;
        for (name, offset) in terms::splits(text) {
            let base = match self.module(name) {
                Ok(module) => module.base,
                Err(error @ Error::NoSuchModule { .. }) => match self.layout().mapping_named(name) {
                    Some(mapping) => mapping.first,
                    None => {
                        missing = Some(error);
                        continue;
                    }
                },
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
            Sought::Found(location) => return Ok(location.into()),
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

    /// The location in a field that a name and terms stand for; none where the text is not made as such names are.
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
        // `crash.exe+10` is a place in a module that is written wrong, whatever its name looks like.
        let of_module = terms::splits(text).any(|(name, _)| self.module(name).is_ok())
            || text.split(['+', '-']).next().is_some_and(|name| self.module(name).is_ok());
        #[cfg(feature = "symbols")]
        let of_module = of_module || self.begins_with_symbol(text);
        missing.filter(|_| !of_module).map_or(Ok(None), Err)
    }

    /// What somebody used to another debugger may have meant by a text that names no module.
    fn meant(&self, text: &str) -> Option<Meant> {
        let pointed = text.strip_prefix('*').or_else(|| text.strip_prefix("poi(")?.strip_suffix(')'));
        if let Some(inside) = pointed {
            let meant = self.meant(inside).map_or(inside.to_owned(), |meant| meant.instead);
            let instead = format!("[{meant}]");
            let hint = format!("for the pointer that is stored there, write {instead}");
            return Some(Meant { text: text.to_owned(), instead, hint });
        }
        let registers = self.layout().machine_of(self.context()).registers();
        for (name, _) in terms::splits(text) {
            let register = name.trim_start_matches(['$', '%']);
            if registers.part(register).is_some() {
                let terms = text.get(name.len()..)?;
                let instead = format!("@{register}{terms}");
                let hint = format!("for the address that the register holds, write {instead}");
                return Some(Meant { text: text.to_owned(), instead, hint });
            }
        }
        let named = |name: &str| self.module(name).is_ok() || self.layout().mapping_named(name).is_some();
        if let Some((module, offset)) = text.rsplit_once(['!', '+']) {
            let digits = offset.strip_prefix("0x").unwrap_or(offset);
            if hex_digits(digits).is_some() && named(module) {
                let instead = format!("{module}+0x{digits}");
                let hint = format!("offsets are decimal, or hex after 0x: {instead}");
                return Some(Meant { text: text.to_owned(), instead, hint });
            }
        }
        if let Some((module, _)) =
            text.split_once('!').filter(|(module, _)| !self.knows_symbols() && named(module))
        {
            let hint = format!("what a module has inside is not known here by name: write {module}+0xOFFSET");
            return Some(Meant { text: text.to_owned(), instead: text.to_owned(), hint });
        }
        let (base, _) = terms::splits(text).last().filter(|(base, _)| !base.starts_with(['0', '@']))?;
        let terms = text.get(base.len()..)?;
        let bracketed = format!("[{base}]");
        let instead = if named(&bracketed) {
            bracketed
        } else if hex_digits(base).is_some() && base.len() > 3 {
            format!("0x{base}")
        } else {
            let modules = self.layout().modules();
            let names =
                modules.iter().flat_map(|module| iter::once(module.base_name()).chain(module.stems()));
            let names: Vec<&str> = names.collect();
            let register = similar::register(self.layout().machine_of(self.context()), base);
            #[cfg(feature = "symbols")]
            let symbol = || self.similar_symbol(base).or_else(|| self.similar_path(base));
            #[cfg(not(feature = "symbols"))]
            let symbol = || None;
            match similar::word(base, &names).map(str::to_owned).or_else(symbol) {
                Some(name) => name,
                None => format!("@{}", register.filter(|_| base.len() > 2)?),
            }
        };
        let instead = format!("{instead}{terms}");
        Some(Meant { text: text.to_owned(), hint: format!("did you mean {instead}?"), instead })
    }

    /// The module of that name: by its whole path, else by its base name, else by its stem.
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

/// A number in two's complement, least significant byte first.
fn signed(little: &[u8]) -> Number {
    let negative = little.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut wide = [if negative { 0xff } else { 0 }; 16];
    wide.iter_mut().zip(little).for_each(|(wide, byte)| *wide = *byte);
    Number::from(i128::from_le_bytes(wide))
}

/// An IEEE number of 4 or 8 bytes as an x87 register holds it: sign and exponent in 16 bits, then 64 bits of significand
/// with its leading one written out.
fn extended_float(little: &[u8]) -> [u8; 10] {
    let value = match <[u8; 4]>::try_from(little) {
        Ok(single) => f64::from(f32::from_le_bytes(single)),
        Err(_) => f64::from_le_bytes(<[u8; 8]>::try_from(little).unwrap_or_default()),
    };
    let bits = value.to_bits();
    let sign = u16::from(value.is_sign_negative()) << 15;
    let fraction = bits & 0x000f_ffff_ffff_ffff;
    let exponent = u16::try_from(bits >> 52 & 0x7ff).unwrap_or(0);
    let (exponent, significand) = match exponent {
        0 if fraction == 0 => (0, 0),
        // A subnormal of 64 bits is a normal number of 80.
        0 => {
            let shift = fraction.leading_zeros();
            (16383u32.saturating_sub(1011).saturating_sub(shift), fraction << shift)
        }
        0x7ff => (0x7fff, 1 << 63 | fraction << 11),
        exponent => (u32::from(exponent).saturating_add(16383 - 1023), 1 << 63 | fraction << 11),
    };
    let top = sign | u16::try_from(exponent).unwrap_or(0x7fff);
    let mut bytes = [0; 10];
    let parts = significand.to_le_bytes().into_iter().chain(top.to_le_bytes());
    bytes.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_widen_to_the_x87_format() {
        // 1.5 is 3fff:c000000000000000 in Intel's manual, volume 1, section 4.2.2.
        assert_eq!(extended_float(&1.5f64.to_le_bytes()), [0, 0, 0, 0, 0, 0, 0, 0xc0, 0xff, 0x3f]);
        assert_eq!(extended_float(&(-2.0f32).to_le_bytes()), [0, 0, 0, 0, 0, 0, 0, 0x80, 0x00, 0xc0]);
        assert_eq!(extended_float(&0f64.to_le_bytes()), [0; 10]);
        assert_eq!(extended_float(&f64::INFINITY.to_le_bytes()), [0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x7f]);
        // The least subnormal is 2^-1074: exponent 16383 - 1074.
        assert_eq!(extended_float(&f64::from_bits(1).to_le_bytes()), [0, 0, 0, 0, 0, 0, 0, 0x80, 0xcd, 0x3b]);
    }
}
