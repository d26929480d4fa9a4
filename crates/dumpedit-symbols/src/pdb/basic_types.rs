//! The basic types of a PDB, which have numbers but no records: `CV_` and `T_` numbers of `cvinfo.h`.

use std::sync::Arc;

use crate::types::{Base, PointerKind, Shape, TypeRef, ValueType};

const CHARACTER: Base = Base::Character { signed: true };
const UNSIGNED_CHARACTER: Base = Base::Character { signed: false };

/// The low byte of the number, the name, the size in bytes, and the kind of number.
const BASIC: &[(u32, &str, u64, Base)] = &[
    (0x08, "HRESULT", 4, Base::Signed),
    (0x10, "signed char", 1, CHARACTER),
    (0x11, "short", 2, Base::Signed),
    (0x12, "long", 4, Base::Signed),
    (0x13, "long long", 8, Base::Signed),
    (0x14, "__int128", 16, Base::Signed),
    (0x20, "unsigned char", 1, UNSIGNED_CHARACTER),
    (0x21, "unsigned short", 2, Base::Unsigned),
    (0x22, "unsigned long", 4, Base::Unsigned),
    (0x23, "unsigned long long", 8, Base::Unsigned),
    (0x24, "unsigned __int128", 16, Base::Unsigned),
    (0x30, "bool", 1, Base::Boolean),
    (0x31, "bool", 2, Base::Boolean),
    (0x32, "bool", 4, Base::Boolean),
    (0x33, "bool", 8, Base::Boolean),
    (0x40, "float", 4, Base::Float),
    (0x41, "double", 8, Base::Float),
    (0x42, "long double", 10, Base::Float),
    (0x43, "__float128", 16, Base::Float),
    (0x44, "float48", 6, Base::Other),
    (0x45, "float", 4, Base::Float),
    (0x46, "_Float16", 2, Base::Float),
    (0x50, "_Complex float", 8, Base::Complex),
    (0x51, "_Complex double", 16, Base::Complex),
    (0x68, "signed char", 1, Base::Signed),
    (0x69, "unsigned char", 1, Base::Unsigned),
    (0x70, "char", 1, CHARACTER),
    (0x71, "wchar_t", 2, UNSIGNED_CHARACTER),
    (0x72, "short", 2, Base::Signed),
    (0x73, "unsigned short", 2, Base::Unsigned),
    (0x74, "int", 4, Base::Signed),
    (0x75, "unsigned int", 4, Base::Unsigned),
    (0x76, "long long", 8, Base::Signed),
    (0x77, "unsigned long long", 8, Base::Unsigned),
    (0x78, "__int128", 16, Base::Signed),
    (0x79, "unsigned __int128", 16, Base::Unsigned),
    (0x7a, "char16_t", 2, UNSIGNED_CHARACTER),
    (0x7b, "char32_t", 4, UNSIGNED_CHARACTER),
    (0x7c, "char8_t", 1, UNSIGNED_CHARACTER),
];

/// The number of `std::nullptr_t`. By its bits, it would be a 16-bit pointer to void.
const NULL_POINTER: u32 = 0x0103;

/// The type of a number below [`super::records::FIRST_RECORD`]; `None` if the number is not known.
pub(crate) fn basic(number: u32, pointer_size: u64) -> Option<ValueType> {
    let pointer = |name: &str, to, size| {
        ValueType::new(name.to_owned(), Some(size), Shape::Pointer { to, kind: PointerKind::Pointer })
    };
    // The next four bits say whether the type is a pointer to the basic type, and of which size.
    let width = match number >> 8 & 0xf {
        0 => None,
        _ if number == NULL_POINTER => return Some(pointer("std::nullptr_t", TypeRef::Void, pointer_size)),
        4 | 5 => Some(4),
        6 => Some(8),
        7 => Some(16),
        _ => return None,
    };
    let low = number & 0xff;
    let void = matches!(low, 0 | 3);
    let basic = BASIC.iter().find(|(known, ..)| *known == low);
    let basic = basic
        .map(|(_, name, size, base)| ValueType::new((*name).to_owned(), Some(*size), Shape::Base(*base)));
    match width {
        None if void => Some(ValueType::new("void", None, Shape::Void)),
        None => basic,
        Some(size) if void => Some(pointer("", TypeRef::Void, size)),
        Some(size) => Some(pointer("", TypeRef::Known(Arc::new(basic?)), size)),
    }
}
