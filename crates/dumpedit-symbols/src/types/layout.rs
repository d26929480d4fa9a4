//! The layout of a type: the places of its members, as gdb's `ptype /o` shows them.

use std::ops::Range;

use dumpedit_layout::ByteOrder;

use super::names::{declaration, type_name};
use super::{
    Language, Member, MemberPlace, Shape, TypeError, TypeReader, TypeRef, ValueType, resolved, size_of,
    unaliased,
};

/// The most rows of a layout.
const ROWS: usize = 1 << 16;
/// The deepest nesting of structs.
const DEPTH: usize = 64;

/// The layout of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TypeLayout {
    /// The name of the type, without typedefs and qualifiers. For a pointer or a reference, it is the type that is
    /// referred to; for an array, the type of the elements.
    pub type_name: String,
    /// The size in bytes; `None` if it is not known.
    pub size: Option<u64>,
    /// For a struct or union, its members in their order in memory, each followed by the members of the base class or
    /// struct that it is, and the space between and after them.
    pub rows: Vec<LayoutRow>,
    /// For an enum, its values.
    pub values: Vec<(String, i128)>,
}

/// One member of a type or of a struct in it, or space that no member uses.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LayoutRow {
    /// The kind of row.
    pub part: LayoutPart,
    /// The number of structs around it in the type.
    pub depth: usize,
    /// The offset in bytes from the beginning of the type; `None` for a virtual base class, whose place depends on the
    /// object, and for a static member, which is elsewhere.
    pub offset: Option<u64>,
    /// The bits of a bit field, or of space that is not whole bytes.
    pub bits: Option<RowBits>,
    /// The size of its type in bytes; `None` if it is not known. For space, the number of whole bytes.
    pub size: Option<u64>,
    /// The name; empty for an unnamed struct or union, and for space.
    pub name: String,
    /// The declaration in its language: `unsigned int a : 3`, `void (*handler)(int)`. Empty for space.
    pub declaration: String,
}

/// The kind of a row in a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LayoutPart {
    /// A member.
    Member,
    /// A base class.
    BaseClass,
    /// A static member, which is not in the object.
    Static,
    /// Space between members.
    Hole,
    /// Space after the last member.
    Padding,
}

/// The bits of a bit field, or of space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowBits {
    /// The first bit, from the beginning of its byte as the byte order counts.
    pub first: u32,
    /// The number of bits.
    pub count: u32,
}

/// The layout of a type. For a pointer or an array, the layout of the type at its end.
///
/// # Errors
/// The errors of [`TypeReader::read`].
pub fn layout(
    reader: &dyn TypeReader,
    type_: &TypeRef,
    language: Language,
    byte_order: ByteOrder,
) -> Result<TypeLayout, TypeError> {
    let of = behind(reader, type_)?;
    let (type_name, size) = (type_name(reader, &of, language)?, size_of(reader, &of)?);
    let read = resolved(reader, &of)?;
    let mut rows = Vec::new();
    Reading { reader, language, byte_order }.structure(&read, Some(0), 0, &mut rows)?;
    let values = match &read.shape {
        Shape::Enum { values, .. } => values.clone(),
        _ => Vec::new(),
    };
    Ok(TypeLayout { type_name, size, rows, values })
}

/// The type at the end of pointers, arrays, typedefs and qualifiers.
pub(crate) fn behind(reader: &dyn TypeReader, type_: &TypeRef) -> Result<TypeRef, TypeError> {
    let mut of = type_.clone();
    for _ in 0..DEPTH {
        match &reader.read(&of)?.shape {
            Shape::Pointer { to: next, .. }
            | Shape::Array { element: next, .. }
            | Shape::Typedef(next)
            | Shape::Qualified { of: next, .. } => of = next.clone(),
            _ => break,
        }
    }
    Ok(of)
}

/// The part of a struct that its members fill so far.
struct Filled {
    /// The end in bits from the struct's beginning; `None` if it is not known, as after a member of unknown size.
    to: Option<u64>,
    /// Whether the space after the last member is not padding, since virtual base classes are there.
    open: bool,
}

struct Reading<'a> {
    reader: &'a dyn TypeReader,
    language: Language,
    byte_order: ByteOrder,
}

impl Reading<'_> {
    /// The rows of a struct at an offset in bytes from the beginning of the whole.
    fn structure(
        &self,
        read: &ValueType,
        base: Option<u64>,
        depth: usize,
        rows: &mut Vec<LayoutRow>,
    ) -> Result<(), TypeError> {
        let Shape::Struct { variants, .. } = &read.shape else { return Ok(()) };
        let mut filled = Filled { to: Some(0), open: false };
        self.members(read, (base, 0), depth, &mut filled, rows)?;
        // The variants of a Rust enum overlap, and the discriminant is in space that they leave.
        if let (None, false, Some(filled), Some(end)) =
            (variants, filled.open, filled.to.filter(|to| *to > 0), bits_of(read.size))
        {
            space(LayoutPart::Padding, base, filled..end, depth, rows);
        }
        Ok(())
    }

    /// The rows of a struct. `at` has the offset of the whole in the type, and the offset of this struct, as a base
    /// class, in the whole.
    fn members(
        &self,
        read: &ValueType,
        at: (Option<u64>, u64),
        depth: usize,
        filled: &mut Filled,
        rows: &mut Vec<LayoutRow>,
    ) -> Result<(), TypeError> {
        let Shape::Struct { members, variants, .. } = &read.shape else { return Ok(()) };
        let discriminant = variants.as_ref().and_then(|variants| variants.discriminant.as_ref());
        let arms = variants.iter().flat_map(|variants| variants.arms.iter().map(|arm| &arm.member));
        let (base, inside) = at;
        let mut all = Vec::new();
        for member in members.iter().chain(discriminant).chain(arms).take(ROWS) {
            all.push((self.row(member, base.and_then(|base| base.checked_add(inside)), depth)?, member));
        }
        all.sort_by_key(|(row, _)| (row.offset.is_none(), row.offset, row.bits.map(|bits| bits.first)));
        for (row, member) in all {
            if rows.len() >= ROWS || depth >= DEPTH {
                break;
            }
            let (offset, part) = (row.offset, row.part);
            filled.open |= matches!(member.place, MemberPlace::VirtualBase { .. });
            let span = self.span(&row, base);
            if let (Some(to), Some((first, _))) = (filled.to, &span)
                && variants.is_none()
            {
                space(LayoutPart::Hole, base, to..*first, depth, rows);
            }
            let is_bits = row.bits.is_some();
            rows.push(row);
            let of = resolved(self.reader, &member.of)?;
            if part == LayoutPart::BaseClass
                && let (Some(offset), Some(base)) = (offset, base)
            {
                // Members of the derived class may use the space at the end of a base class.
                filled.to = filled.to.zip(span).map(|(to, (first, _))| to.max(first));
                self.members(&of, (Some(base), offset.saturating_sub(base)), depth + 1, filled, rows)?;
                continue;
            }
            if let Some((_, end)) = span {
                filled.to = end.map(|end| filled.to.unwrap_or(0).max(end));
            }
            if part != LayoutPart::Static && !is_bits {
                self.structure(&of, offset, depth + 1, rows)?;
            }
        }
        Ok(())
    }

    /// The bits of a row from the beginning of the whole: the first one, and the end if the size is known.
    fn span(&self, row: &LayoutRow, base: Option<u64>) -> Option<(u64, Option<u64>)> {
        let first = row.offset?.checked_sub(base?)?.checked_mul(8)?;
        match row.bits {
            Some(RowBits { first: within, count }) => {
                let first = first.checked_add(within.into())?;
                Some((first, first.checked_add(count.into())))
            }
            None => Some((first, bits_of(row.size).and_then(|bits| first.checked_add(bits)))),
        }
    }

    fn row(&self, member: &Member, base: Option<u64>, depth: usize) -> Result<LayoutRow, TypeError> {
        let behind = |offset: u64| base.and_then(|base| base.checked_add(offset));
        let mut declaration = declaration(self.reader, &member.of, self.language, &member.name)?;
        let mut part = LayoutPart::Member;
        if member.base_class {
            declaration.clone_from(&member.name);
            part = LayoutPart::BaseClass;
        }
        let (offset, bits) = match &member.place {
            MemberPlace::Bytes(offset) => (behind(*offset), None),
            MemberPlace::Bits { offset, bits } => {
                let first = match unaliased(self.reader, &member.of)?.order(self.byte_order) {
                    ByteOrder::Little => bits.first,
                    ByteOrder::Big => (bits.size * 8).saturating_sub(bits.first + bits.count),
                };
                declaration = format!("{declaration} : {}", bits.count);
                let offset = offset.saturating_add((first / 8).into());
                (behind(offset), Some(RowBits { first: first % 8, count: bits.count }))
            }
            MemberPlace::Static(_) | MemberPlace::Constant(_) => {
                declaration = format!("static {declaration}");
                part = LayoutPart::Static;
                (None, None)
            }
            MemberPlace::VirtualBase { .. } => {
                declaration = format!("virtual {declaration}");
                (None, None)
            }
        };
        let size = size_of(self.reader, &member.of)?;
        Ok(LayoutRow { part, depth, offset, bits, size, name: member.name.clone(), declaration })
    }
}

fn bits_of(size: Option<u64>) -> Option<u64> {
    size.and_then(|size| size.checked_mul(8))
}

/// Adds the rows of bits that no member uses, if there are any: the bits up to the next byte, whole bytes, and the bits
/// after them.
fn space(part: LayoutPart, base: Option<u64>, bits: Range<u64>, depth: usize, rows: &mut Vec<LayoutRow>) {
    let mut from = bits.start;
    while from < bits.end && rows.len() < ROWS {
        let within = from % 8;
        let whole = (bits.end - from) / 8;
        let (size, end, row_bits) = if within == 0 && whole > 0 {
            (Some(whole), from + whole * 8, None)
        } else {
            let end = bits.end.min(from - within + 8);
            let narrow = |number: u64| u32::try_from(number).unwrap_or(0);
            (None, end, Some(RowBits { first: narrow(within), count: narrow(end - from) }))
        };
        let offset = base.and_then(|base| base.checked_add(from / 8));
        let (name, declaration) = (String::new(), String::new());
        rows.push(LayoutRow { part, depth, offset, bits: row_bits, size, name, declaration });
        from = end;
    }
}
