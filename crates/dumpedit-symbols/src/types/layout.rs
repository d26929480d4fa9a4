//! Where the members of a type are: what gdb's `ptype /o` shows.

use dumpedit_layout::ByteOrder;

use super::names::declaration;
use super::{Language, Member, MemberPlace, Shape, TypeError, TypeReader, TypeRef, resolved, size_of};

/// The most rows.
const ROWS: usize = 1 << 16;
/// How deep structs lie in each other.
const DEPTH: usize = 64;

/// One member of a type, or of a struct in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LayoutRow {
    /// In how many structs of the type it lies.
    pub depth: usize,
    /// How many bytes from the beginning of the type. Where a virtual base class is depends on the object; and static members are elsewhere.
    pub offset: Option<u64>,
    /// Of a bit field, its bits.
    pub bits: Option<RowBits>,
    /// The size of its type in bytes; `None` where that is not known.
    pub size: Option<u64>,
    /// Its name; empty for a nameless struct or union.
    pub name: String,
    /// How the language declares it: `unsigned int a : 3`, `void (*handler)(int)`.
    pub declaration: String,
    /// That it is a base class.
    pub base_class: bool,
}

/// The bits of a bit field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowBits {
    /// The first one from the beginning of its byte, as the byte order counts.
    pub first: u32,
    /// How many there are.
    pub count: u32,
}

/// The members of a type in their order, each struct's own members behind it. Empty for what is no struct.
///
/// # Errors
/// As [`TypeReader::read`].
pub fn layout(
    reader: &dyn TypeReader,
    type_: &TypeRef,
    language: Language,
    byte_order: ByteOrder,
) -> Result<Vec<LayoutRow>, TypeError> {
    let mut rows = Vec::new();
    let reading = Reading { reader, language, byte_order };
    reading.rows(type_, Some(0), 0, &mut rows)?;
    Ok(rows)
}

struct Reading<'a> {
    reader: &'a dyn TypeReader,
    language: Language,
    byte_order: ByteOrder,
}

impl Reading<'_> {
    fn rows(
        &self,
        type_: &TypeRef,
        base: Option<u64>,
        depth: usize,
        rows: &mut Vec<LayoutRow>,
    ) -> Result<(), TypeError> {
        let read = resolved(self.reader, type_)?;
        let Shape::Struct { members, variants, .. } = &read.shape else { return Ok(()) };
        let discriminant = variants.as_ref().and_then(|variants| variants.discriminant.as_ref());
        let arms = variants.iter().flat_map(|variants| variants.arms.iter().map(|arm| &arm.member));
        for member in members.iter().chain(discriminant).chain(arms) {
            if rows.len() >= ROWS || depth >= DEPTH {
                break;
            }
            let row = self.row(member, base, depth)?;
            let (offset, is_field) = (row.offset, row.bits.is_none());
            rows.push(row);
            if is_field && !matches!(member.place, MemberPlace::Static(_) | MemberPlace::Constant(_)) {
                self.rows(&member.of, offset, depth + 1, rows)?;
            }
        }
        Ok(())
    }

    fn row(&self, member: &Member, base: Option<u64>, depth: usize) -> Result<LayoutRow, TypeError> {
        let behind = |offset: u64| base.and_then(|base| base.checked_add(offset));
        let mut declaration = declaration(self.reader, &member.of, self.language, &member.name)?;
        if member.base_class {
            declaration.clone_from(&member.name);
        }
        let (offset, bits) = match &member.place {
            MemberPlace::Bytes(offset) => (behind(*offset), None),
            MemberPlace::Bits { offset, bits } => {
                let first = match self.byte_order {
                    ByteOrder::Little => bits.first,
                    ByteOrder::Big => (bits.size * 8).saturating_sub(bits.first + bits.count),
                };
                declaration = format!("{declaration} : {}", bits.count);
                (behind(*offset), Some(RowBits { first, count: bits.count }))
            }
            MemberPlace::Static(_) | MemberPlace::Constant(_) => {
                declaration = format!("static {declaration}");
                (None, None)
            }
            MemberPlace::VirtualBase { .. } => {
                declaration = format!("virtual {declaration}");
                (None, None)
            }
        };
        let size = size_of(self.reader, &member.of)?;
        Ok(LayoutRow {
            depth,
            offset,
            bits,
            size,
            name: member.name.clone(),
            declaration,
            base_class: member.base_class,
        })
    }
}
