//! What the dynamic linker keeps for debuggers: `struct r_debug` and `struct link_map` of `link.h`, by the indices of their
//! words.

/// The tag of a dynamic section whose value is the address of `r_debug`.
pub const DT_DEBUG: u64 = 21;

/// How many words `r_debug` has, with `r_next`.
pub const DEBUG_WORDS: u64 = 6;
/// `r_map`, behind `r_version`, which is padded to a word.
pub const DEBUG_MAP: usize = 1;
/// `r_next`, from version 2 on: the list of another namespace.
pub const DEBUG_NEXT: usize = 5;
/// The first `r_version` with `r_next`.
pub const NAMESPACES_FROM: u64 = 2;

/// How many words of `link_map` are public.
pub const MAP_WORDS: u64 = 5;
/// `l_addr`: what was added to the addresses in the file.
pub const MAP_BIAS: usize = 0;
/// `l_name`
pub const MAP_NAME: usize = 1;
/// `l_ld`: the address of the dynamic section.
pub const MAP_DYNAMIC: usize = 2;
/// `l_next`
pub const MAP_NEXT: usize = 3;
