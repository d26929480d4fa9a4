//! The slices and texts of Rust: a pointer, and how many elements there are.

use super::Member;

/// The members of a slice or `&str` of Rust.
pub(crate) fn slice(members: &[Member]) -> Option<(&Member, &Member)> {
    match members {
        [data, length] if data.name == "data_ptr" && length.name == "length" => Some((data, length)),
        _ => None,
    }
}
