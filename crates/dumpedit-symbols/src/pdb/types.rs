//! The types and variables of a PDB.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use pdb2::StreamIndex;

use super::basic_types::basic;
use super::definitions::{Definitions, MOST_OF_A_NAME};
use super::records::{FIRST_RECORD, Field, Pointer, Record, Records, Tag, Tagged};
use super::symbols::{Object, PdbSymbols};
use crate::compared_names::without_parameters;
use crate::demangled::{Wanted, static_of_function};
use crate::source_files::within;
use crate::types::{
    Base, Bits, Keyword, Language, Member, MemberPlace, PointerKind, Qualifier, Shape, StaticMember,
    TypeError, TypeReader, TypeRef, ValueType, Variable, VariableLocation, type_name,
};
use crate::{RowKind, SymbolFile};
use dumpedit_layout::ByteOrder;

/// The number of the stream of types (TPI).
const TYPES: StreamIndex = StreamIndex(2);
/// The number of the stream of ids (IPI).
const IDS: StreamIndex = StreamIndex(4);

/// The most references between types that are followed to find a size.
const MOST_DEPTH: u32 = 64;

/// The most members of a type that are read.
const MOST_FIELDS: usize = 1 << 18;

/// A reader of the types and variables of a PDB.
///
/// The type stream stays in memory, and nothing else of the file.
pub struct PdbTypes {
    file: Arc<SymbolFile>,
    records: Records,
    pointer_size: u64,
    definitions: OnceLock<Definitions>,
    /// The stream of ids, which says how object files were compiled; `None` if it cannot be read.
    ids: OnceLock<Option<Records>>,
}

impl PdbTypes {
    /// Opens a PDB.
    ///
    /// # Errors
    /// Fails if the system cannot read the file, or if the file is damaged.
    pub fn open(file: Arc<SymbolFile>) -> Result<PdbTypes, TypeError> {
        let error = |error| failed(&file, error);
        let mut symbols = PdbSymbols::open(Arc::clone(&file)).map_err(error)?;
        let pointer_size = if symbols.is_32_bit() { 4 } else { 8 };
        let stream = symbols.stream(TYPES).map_err(error)?;
        let records = Records::new(stream).map_err(|what| damaged(&file, what))?;
        Ok(PdbTypes { file, records, pointer_size, definitions: OnceLock::new(), ids: OnceLock::new() })
    }

    /// The source file of an object file, or the name of the object file if the source is not known.
    fn unit(&self, object: Object) -> String {
        let source = || {
            let ids = self.ids.get_or_init(|| {
                let mut symbols = PdbSymbols::open(Arc::clone(&self.file)).ok()?;
                Records::new(symbols.stream(IDS).ok()?).ok()
            });
            let Record::Build { folder, source } = ids.as_ref()?.get(object.build?)? else { return None };
            let text_at = |number| match ids.as_ref()?.get(number)? {
                Record::Text(bytes) => Some(text(bytes)),
                _ => None,
            };
            let source = within(&text_at(folder).unwrap_or_default(), text_at(source)?);
            Some(source).filter(|source| !source.is_empty())
        };
        source().unwrap_or(object.name)
    }

    /// A variable or a function, with what is known from its object file.
    fn of(&self, variable: Variable, object: Object) -> Variable {
        Variable { language: object.language, unit: self.unit(object), ..variable }
    }

    /// The types of a function's parameters, in brackets.
    fn parameters(&self, type_index: Option<u32>) -> Option<String> {
        let Shape::Function { parameters, variadic, .. } = &self.read(&reference(type_index?)).ok()?.shape
        else {
            return None;
        };
        let names = parameters.iter().map(|of| type_name(self, of, Language::Cpp).ok());
        let mut names: Vec<String> = names.collect::<Option<_>>()?;
        names.extend(variadic.then(|| "...".to_owned()));
        Some(format!("({})", names.join(", ")))
    }

    fn damaged(&self, what: impl Into<String>) -> TypeError {
        damaged(&self.file, what)
    }

    fn record(&self, number: u32) -> Result<Record<'_>, TypeError> {
        self.records
            .get(number)
            .ok_or_else(|| self.damaged(format!("there is no type {number:#x}, or it is cut off")))
    }

    /// The type with a number, after at most `depth` references.
    fn at(&self, number: u32, depth: u32) -> Result<Arc<ValueType>, TypeError> {
        if number < FIRST_RECORD {
            let basic = basic(number, self.pointer_size);
            return basic
                .map(Arc::new)
                .ok_or_else(|| self.damaged(format!("{number:#x} is not a basic type")));
        }
        let unnamed = |size, shape| ValueType::new("", size, shape);
        Ok(Arc::new(match self.record(number)? {
            Record::Modifier { of, constant, volatile } => {
                let size = self.size(of, depth)?;
                return Ok(self.qualified(reference(of), size, constant, volatile));
            }
            Record::Pointer(pointer) => return Ok(self.pointer(&pointer)),
            Record::Array { element, size } => {
                let each = self.size(element, depth)?.filter(|each| *each > 0);
                let count = each.and_then(|each| size.checked_div(each));
                unnamed(Some(size), Shape::Array { element: reference(element), first: 0, count })
            }
            // As a type, it is a number. The member says which bits of the number it has.
            Record::BitField { of, .. } => return self.below(of, depth),
            Record::Tagged(tagged) => return self.tagged(&tagged, depth),
            Record::Function { returns, parameters } => unnamed(None, self.function(returns, parameters)?),
            Record::Alias { of, name } => {
                ValueType::new(text(name), self.size(of, depth)?, Shape::Typedef(reference(of)))
            }
            // Pointers to tables of functions point to these.
            Record::Parameters(_)
            | Record::Fields(_)
            | Record::Build { .. }
            | Record::Text(_)
            | Record::Other => unnamed(None, Shape::Void),
        }))
    }

    fn below(&self, number: u32, depth: u32) -> Result<Arc<ValueType>, TypeError> {
        match depth.checked_sub(1) {
            Some(depth) => self.at(number, depth),
            None => Err(self.damaged("types refer to each other without end")),
        }
    }

    /// The size of a type in bytes, without reading its members.
    fn size(&self, number: u32, depth: u32) -> Result<Option<u64>, TypeError> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(self.damaged("types refer to each other without end"));
        };
        if number < FIRST_RECORD {
            return Ok(basic(number, self.pointer_size).and_then(|basic| basic.size));
        }
        match self.record(number)? {
            Record::Modifier { of, .. } | Record::Alias { of, .. } | Record::BitField { of, .. } => {
                self.size(of, depth)
            }
            Record::Pointer(pointer) => Ok(Some(pointer.size.into())),
            Record::Array { size, .. } => Ok(Some(size)),
            Record::Tagged(tagged) => {
                let defined = if tagged.forward { self.defined(&tagged) } else { Some(tagged) };
                match defined {
                    Some(Tagged { tag: Tag::Enum, underlying, .. }) => self.size(underlying, depth),
                    Some(tagged) => Ok(Some(tagged.size)),
                    None => Ok(None),
                }
            }
            _ => Ok(None),
        }
    }

    fn qualified(&self, of: TypeRef, size: Option<u64>, constant: bool, volatile: bool) -> Arc<ValueType> {
        let qualifiers = [(volatile, Qualifier::Volatile), (constant, Qualifier::Const)];
        let mut of = of;
        let mut whole = None;
        for (_, qualifier) in qualifiers.into_iter().filter(|(there, _)| *there) {
            let shape = Shape::Qualified { of: of.clone(), qualifier };
            let type_ = Arc::new(ValueType::new("", size, shape));
            of = TypeRef::Known(Arc::clone(&type_));
            whole = Some(type_);
        }
        // A modifier that sets nothing.
        whole.unwrap_or_else(|| Arc::new(ValueType::new("", size, Shape::Typedef(of))))
    }

    fn pointer(&self, pointer: &Pointer) -> Arc<ValueType> {
        let to = reference(pointer.to);
        let shape = match (pointer.class, pointer.mode) {
            (Some(class), _) => Shape::MemberPointer { class: reference(class), to },
            (None, 1) => Shape::Pointer { to, kind: PointerKind::Reference },
            (None, 4) => Shape::Pointer { to, kind: PointerKind::RvalueReference },
            (None, _) => Shape::Pointer { to, kind: PointerKind::Pointer },
        };
        let size = Some(pointer.size.into());
        let bare = Arc::new(ValueType::new("", size, shape));
        match pointer.constant || pointer.volatile {
            true => self.qualified(TypeRef::Known(bare), size, pointer.constant, pointer.volatile),
            false => bare,
        }
    }

    fn function(&self, returns: u32, parameters: u32) -> Result<Shape, TypeError> {
        let mut types = match self.record(parameters)? {
            Record::Parameters(types) => types,
            _ => return Err(self.damaged(format!("type {parameters:#x} is not a list of parameters"))),
        };
        // Type 0 at the end stands for `...`.
        let variadic = types.pop_if(|last| *last == 0).is_some();
        let parameters = types.into_iter().map(reference).collect();
        Ok(Shape::Function { returns: reference(returns), parameters, variadic })
    }

    fn tagged(&self, tagged: &Tagged<'_>, depth: u32) -> Result<Arc<ValueType>, TypeError> {
        let keyword = match tagged.tag {
            Tag::Class => Keyword::Class,
            Tag::Struct => Keyword::Struct,
            Tag::Union => Keyword::Union,
            Tag::Enum => Keyword::Enum,
        };
        let name = own_name(tagged.name);
        let found;
        let tagged = if tagged.forward {
            match self.defined(tagged) {
                Some(defined) => {
                    found = defined;
                    &found
                }
                None => return Ok(Arc::new(ValueType::new(name, None, Shape::Declared(keyword)))),
            }
        } else {
            tagged
        };
        if tagged.tag == Tag::Enum {
            let number = self.below(tagged.underlying, depth)?;
            let base = match number.shape {
                Shape::Base(base) => base,
                _ => Base::Signed,
            };
            let values = self.values(tagged, base, number.size)?;
            return Ok(Arc::new(ValueType::new(name, number.size, Shape::Enum { base, values })));
        }
        let members = self.members(tagged)?;
        let shape = Shape::Struct { keyword, members, variants: None };
        Ok(Arc::new(ValueType::new(name, Some(tagged.size), shape)))
    }

    /// Calls `found` for each field, in source order.
    fn fields(
        &self,
        tagged: &Tagged<'_>,
        mut found: impl FnMut(Field<'_>) -> Result<(), TypeError>,
    ) -> Result<(), TypeError> {
        let (mut next, mut seen, mut left) = (tagged.fields, HashSet::new(), MOST_FIELDS);
        while next != 0 {
            if !seen.insert(next) {
                return Err(self.damaged(format!("the list of fields of {} has no end", text(tagged.name))));
            }
            let Record::Fields(mut fields) = self.record(next)? else {
                return Err(self.damaged(format!("type {next:#x} is not a list of fields")));
            };
            next = 0;
            while let Some(field) = fields.next().map_err(|what| self.damaged(what))? {
                left = left.checked_sub(1).ok_or_else(|| {
                    self.damaged(format!("{} has more than {MOST_FIELDS} fields", text(tagged.name)))
                })?;
                match field {
                    Field::More(more) => next = more,
                    field => found(field)?,
                }
            }
        }
        Ok(())
    }

    /// The enumerators of an enum. A PDB does not say whether the enum's name is part of theirs, so they get only the
    /// scope around the enum.
    fn values(
        &self,
        tagged: &Tagged<'_>,
        base: Base,
        size: Option<u64>,
    ) -> Result<Vec<(String, i128)>, TypeError> {
        let name = text(tagged.name);
        let around = around(&name);
        let mut values = Vec::new();
        // Clang writes negative values as the unsigned numbers with the same bits.
        let signed = matches!(base, Base::Signed | Base::Character { signed: true });
        let unused = size.and_then(|size| 128u32.checked_sub(u32::try_from(size.checked_mul(8)?).ok()?));
        let extended = |value: i128| match unused.filter(|unused| signed && *unused < 128) {
            Some(unused) => value << unused >> unused,
            None => value,
        };
        self.fields(tagged, |field| {
            if let Field::Value { value, name } = field {
                values.push((format!("{around}{}", text(name)), extended(value)));
            }
            Ok(())
        })?;
        Ok(values)
    }

    fn members(&self, tagged: &Tagged<'_>) -> Result<Vec<Member>, TypeError> {
        let (mut bases, mut members) = (Vec::new(), Vec::new());
        self.fields(tagged, |field| {
            match field {
                Field::Base { of, offset } => {
                    bases.push(self.base(of, MemberPlace::Bytes(offset))?);
                }
                Field::VirtualBase { of, pointer_at, entry } => {
                    let entry_at = i64::try_from(entry.saturating_mul(4)).unwrap_or(i64::MAX);
                    let place = MemberPlace::VirtualBase { pointer_at, entry_at, entry_size: Some(4) };
                    bases.push(self.base(of, place)?);
                }
                Field::FunctionTable { of } => members.push(Member {
                    name: "__vfptr".to_owned(),
                    of: reference(of),
                    place: MemberPlace::Bytes(0),
                    base_class: false,
                }),
                Field::Static { of, name } => {
                    let full = [tagged.name, b"::", name].concat();
                    let place =
                        MemberPlace::Static(StaticMember { name: text(&full), symbol: None, entry: None });
                    members.push(Member { name: text(name), of: reference(of), place, base_class: false });
                }
                Field::Member { of, offset, name } => {
                    let (of, place) = self.place(of, offset)?;
                    members.push(Member { name: text(name), of, place, base_class: false });
                }
                Field::Value { .. } | Field::More(_) | Field::Other => {}
            }
            Ok(())
        })?;
        bases.append(&mut members);
        Ok(bases)
    }

    fn base(&self, of: u32, place: MemberPlace) -> Result<Member, TypeError> {
        let name = match self.record(of)? {
            Record::Tagged(tagged) => text(tagged.name),
            _ => return Err(self.damaged(format!("type {of:#x} is not a class"))),
        };
        Ok(Member { name, of: reference(of), place, base_class: true })
    }

    /// The type and the place of a member. A bit field has a type record that says which bits it has.
    fn place(&self, of: u32, offset: u64) -> Result<(TypeRef, MemberPlace), TypeError> {
        if of < FIRST_RECORD {
            return Ok((reference(of), MemberPlace::Bytes(offset)));
        }
        let Record::BitField { of: number, count, first } = self.record(of)? else {
            return Ok((reference(of), MemberPlace::Bytes(offset)));
        };
        let first_bit = offset.checked_mul(8).and_then(|bits| bits.checked_add(first.into()));
        let bits = first_bit.and_then(|first| Bits::at(first, count.into(), ByteOrder::Little));
        let (offset, bits) =
            bits.ok_or_else(|| self.damaged(format!("type {of:#x} is a bit field of {count} bits")))?;
        Ok((reference(number), MemberPlace::Bits { offset, bits }))
    }

    /// The definition of a type that is only declared.
    fn defined<'a>(&'a self, declared: &Tagged<'_>) -> Option<Tagged<'a>> {
        self.definitions().meant(&self.records, declared)
    }

    fn definitions(&self) -> &Definitions {
        self.definitions.get_or_init(|| Definitions::of(&self.records))
    }

    /// A text that distinguishes one of several types with a name: `of 8 bytes with a, b`.
    fn told_apart(&self, number: u32) -> Result<String, TypeError> {
        /// The most members that are named.
        const A_FEW: usize = 4;
        let type_ = self.at(number, MOST_DEPTH)?;
        let mut names: Vec<&str> = match &type_.shape {
            Shape::Struct { members, .. } => members.iter().map(|member| member.name.as_str()).collect(),
            Shape::Enum { values, .. } => values.iter().map(|(name, _)| name.as_str()).collect(),
            _ => Vec::new(),
        };
        if names.len() > A_FEW {
            names.truncate(A_FEW);
            names.push("...");
        }
        let size = type_.size.unwrap_or(0);
        Ok(format!("of {size} bytes with {}", names.join(", ")))
    }
}

impl TypeReader for PdbTypes {
    fn read(&self, type_: &TypeRef) -> Result<Arc<ValueType>, TypeError> {
        match type_ {
            TypeRef::Void => Ok(Arc::new(ValueType::new("void", None, Shape::Void))),
            TypeRef::Known(type_) => Ok(Arc::clone(type_)),
            TypeRef::Key(key) => {
                let number =
                    u32::try_from(*key).map_err(|_| self.damaged(format!("there is no type {key:#x}")))?;
                self.at(number, MOST_DEPTH)
            }
        }
    }

    fn definition(&self, declared: &ValueType) -> Result<Option<Arc<ValueType>>, TypeError> {
        /// The most definitions that are listed.
        const MOST_LISTED: usize = 8;
        let Shape::Declared(keyword) = declared.shape else { return Ok(None) };
        let name = declared.name.as_bytes();
        let is_meant = |tagged: &Tagged<'_>| tagged.name == name && tagged.tag.is_alike(tag_of(keyword));
        match self.definitions().different(&self.records, name, is_meant).as_slice() {
            [] => Ok(None),
            [only] => self.at(*only, MOST_DEPTH).map(Some),
            several => {
                let listed = several.iter().take(MOST_LISTED).map(|number| self.told_apart(*number));
                let listed = listed.collect::<Result<Vec<_>, _>>()?;
                let (count, path) = (several.len(), self.file.path().to_owned());
                let name = &declared.name;
                let what = format!(
                    "object files define {count} different types named {name}: {}",
                    listed.join("; ")
                );
                Err(TypeError::Ambiguous { path, what })
            }
        }
    }

    fn variables(&self, name: &str) -> Result<Vec<Variable>, TypeError> {
        let error = |error| failed(&self.file, error);
        let (wanted, plain) = (Wanted::new(name), without_parameters_of_function(name));
        // The parameters of a variable's function are not part of the symbol's name.
        let bare = Wanted::new(&plain);
        let mut symbols = PdbSymbols::open(Arc::clone(&self.file)).map_err(error)?;
        let mut found = Vec::new();
        let mut linked: HashMap<u64, String> = HashMap::new();
        symbols
            .listed(|symbol| {
                if symbol.public && linked.len() < MOST_OF_A_NAME {
                    let mangled = str::from_utf8(symbol.name).ok().filter(|_| bare.may_be(symbol.name));
                    let with_parameters = mangled.and_then(static_of_function);
                    let is_it = |name: &String| bare.is(without_parameters_of_function(name).as_bytes());
                    linked.extend(with_parameters.filter(is_it).map(|name| (symbol.offset, name)));
                }
                if found.len() < MOST_OF_A_NAME && symbol.kind != RowKind::Function && bare.is(symbol.name) {
                    found
                        .extend(variable(&symbol).map(|variable| (variable, symbol.offset, Some(symbol.at))));
                }
                Ok(())
            })
            .map_err(error)?;
        for (variable, offset, _) in &mut found {
            linked.get(offset).into_iter().for_each(|name| variable.name.clone_from(name));
        }
        // The linker's list has all variables except those of functions.
        if found.is_empty() {
            symbols
                .of_objects(|symbol, object| {
                    if found.len() < MOST_OF_A_NAME
                        && symbol.kind != RowKind::Function
                        && bare.is(symbol.full_name().as_ref())
                        && let Some(variable) = variable(&symbol)
                    {
                        let mut variable = self.of(variable, object());
                        if let Some(within) = symbol.within.filter(|_| variable.language == Language::Cpp)
                            && let Some(parameters) = self.parameters(within.type_index)
                        {
                            variable.name = text(&symbol.name_with(&within, &parameters));
                        }
                        found.push((variable, symbol.offset, None));
                    }
                    Ok(())
                })
                .map_err(error)?;
        }
        found.retain(|(variable, ..)| plain == name || wanted.is(variable.name.as_bytes()));
        let mut variables: Vec<Variable> = Vec::new();
        for (mut variable, _, at) in found {
            if variables.iter().any(|other| other.location == variable.location && other.of == variable.of) {
                continue;
            }
            if let Some(object) = at.and_then(|at| symbols.object_at(at)) {
                variable = self.of(variable, object);
            }
            variables.push(variable);
        }
        Ok(variables)
    }

    fn functions(&self, name: &str) -> Result<Vec<Variable>, TypeError> {
        let error = |error| failed(&self.file, error);
        let wanted = Wanted::new(name);
        let mut found: Vec<Variable> = Vec::new();
        let mut symbols = PdbSymbols::open(Arc::clone(&self.file)).map_err(error)?;
        symbols
            .of_objects(|symbol, object| {
                let is_it = symbol.kind == RowKind::Function && wanted.is(symbol.name);
                if is_it && found.len() < MOST_OF_A_NAME {
                    found.extend(variable(&symbol).map(|function| self.of(function, object())));
                }
                Ok(())
            })
            .map_err(error)?;
        Ok(found)
    }

    fn types(&self, name: &str) -> Result<Vec<TypeRef>, TypeError> {
        let wanted = Wanted::new(name);
        let mut found = Vec::new();
        let exact = self.definitions().may_be(name.as_bytes()).iter();
        let is_it = |number: &u32| match self.records.get(*number) {
            Some(Record::Tagged(tagged)) => !tagged.forward && wanted.is(tagged.name),
            _ => false,
        };
        found.extend(exact.filter(|number| is_it(number)).copied());
        if found.is_empty() {
            found.extend(self.records.numbers().filter(is_it).take(MOST_OF_A_NAME));
        }
        if !found.is_empty() {
            return Ok(found.into_iter().map(reference).collect());
        }
        let error = |error| failed(&self.file, error);
        let mut names = Vec::new();
        let mut symbols = PdbSymbols::open(Arc::clone(&self.file)).map_err(error)?;
        symbols
            .typedefs(|name, number| {
                if names.len() < MOST_OF_A_NAME && wanted.is(name) && !names.contains(&number) {
                    names.push(number);
                }
            })
            .map_err(error)?;
        let typedef = |number| -> Result<TypeRef, TypeError> {
            let size = self.size(number, MOST_DEPTH)?;
            let type_ = ValueType::new(name.to_owned(), size, Shape::Typedef(reference(number)));
            Ok(TypeRef::Known(Arc::new(type_)))
        };
        names.into_iter().map(typedef).collect()
    }
}

/// The tag for a keyword.
fn tag_of(keyword: Keyword) -> Tag {
    match keyword {
        Keyword::Class => Tag::Class,
        Keyword::Struct => Tag::Struct,
        Keyword::Union => Tag::Union,
        Keyword::Enum => Tag::Enum,
    }
}

fn variable(symbol: &super::symbols::PdbSymbol<'_>) -> Option<Variable> {
    let location = match symbol.kind {
        RowKind::ThreadLocal => VariableLocation::ThreadLocal(symbol.offset),
        _ => VariableLocation::Offset(symbol.offset),
    };
    Some(Variable {
        name: text(&symbol.full_name()),
        location,
        of: reference(symbol.type_index?),
        language: Language::Cpp,
        unit: String::new(),
        is_external: false,
    })
}

/// A reference to the type with a number. 0 is no type, and 3 is `void`.
fn reference(number: u32) -> TypeRef {
    match number {
        0 | 3 => TypeRef::Void,
        number => TypeRef::Key(number.into()),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The name of a type; empty if the compiler made it up.
fn own_name(name: &[u8]) -> String {
    let name = text(name);
    let own = name.strip_prefix(around(&name)).unwrap_or(&name);
    let made_up = ["<unnamed-", "<anonymous-", "__unnamed", "<lambda"];
    if made_up.iter().any(|prefix| own.starts_with(prefix)) { String::new() } else { name }
}

/// The name of a function's variable without the function's parameters: `f::count` for `f(int)::count`. Any other name
/// stays as it is.
fn without_parameters_of_function(name: &str) -> Cow<'_, str> {
    let function = around(name).strip_suffix("::").unwrap_or_default();
    let bare = without_parameters(function);
    match name.get(function.len()..).filter(|_| bare.len() < function.len()) {
        Some(own) => Cow::Owned(format!("{bare}{own}")),
        None => Cow::Borrowed(name),
    }
}

/// The scope of a name with the colons after it: `ns::` for `ns::Point`, nothing for `Box<ns::Point>`.
fn around(name: &str) -> &str {
    let mut depth = 0usize;
    for (at, byte) in name.bytes().enumerate().rev() {
        match byte {
            b'>' | b')' | b'\'' => depth += 1,
            b'<' | b'(' | b'`' => depth = depth.saturating_sub(1),
            b':' if depth == 0 => return name.get(..=at).unwrap_or_default(),
            _ => {}
        }
    }
    ""
}

fn damaged(file: &SymbolFile, what: impl Into<String>) -> TypeError {
    TypeError::Damaged { path: file.path().to_owned(), what: what.into() }
}

fn failed(file: &SymbolFile, error: pdb2::Error) -> TypeError {
    match error {
        pdb2::Error::IoError(source) if source.kind() != std::io::ErrorKind::InvalidData => {
            TypeError::Read { path: file.path().to_owned(), cause: source }
        }
        error => damaged(file, error.to_string()),
    }
}
