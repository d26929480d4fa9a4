//! Rust's slices and texts: a pointer, and the number of elements.

use super::Member;

/// The pointer and the length of a Rust slice or `&str`; `None` if these are the members of another type.
pub(crate) fn slice(members: &[Member]) -> Option<(&Member, &Member)> {
    match members {
        [data, length] if data.name == "data_ptr" && length.name == "length" => Some((data, length)),
        _ => None,
    }
}
