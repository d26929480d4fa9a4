//! Qualified names, as users ask for them and as DIEs have them.

use crate::default_arguments::without_defaults;
use crate::spelling::canonical;

/// The name of an anonymous namespace.
pub(super) const ANONYMOUS: &str = "(anonymous namespace)";

/// One part of a qualified name, between `::`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    /// Whether the part may be left out. Anonymous and inline namespaces may be.
    pub(super) optional: bool,
}

/// The parts of a qualified name.
pub(super) fn parts(name: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    let bytes = name.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'<' | b'(' | b'{' | b'[' => depth += 1,
            // The `>` of an arrow in a template's arguments closes nothing.
            b'>' if at > 0 && bytes.get(at - 1) == Some(&b'-') => {}
            b'>' | b')' | b'}' | b']' => depth = depth.saturating_sub(1),
            b':' if depth == 0 && bytes.get(at + 1) == Some(&b':') => {
                parts.push(name.get(start..at).unwrap_or_default());
                at += 1;
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    parts.push(name.get(start..).unwrap_or_default());
    let part = |name: &str| Part { name: name.trim().to_owned(), optional: name.trim() == ANONYMOUS };
    parts.into_iter().map(part).filter(|part| !part.name.is_empty()).collect()
}

/// The parts of a name, joined with `::`.
pub(super) fn joined(parts: &[Part]) -> String {
    let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
    names.join("::")
}

/// Whether two parts may be the same. They may differ in how compilers write types in templates, in default arguments
/// of `std`'s templates, and in a function's arguments if the known part has none. The scope of the known part is not
/// known here.
pub(super) fn may_be_same(asked: &str, known: &str) -> bool {
    is_same(asked, known, true)
}

/// The same, for a known part that is in `std` or is not.
fn is_same(asked: &str, known: &str, of_std: bool) -> bool {
    if asked == known {
        return true;
    }
    let is_plain = |name: &str| !name.contains(['<', '(', ' ', '{']);
    if is_plain(asked) || is_plain(known) && !asked.ends_with(')') {
        return false;
    }
    let scope = if of_std { "std::" } else { "" };
    let spelled = |name: &str| without_defaults(format!("{scope}{}", canonical(name)));
    let (asked, known) = (spelled(asked), spelled(known));
    asked == known || without_arguments(&asked) == known
}

/// A function's name without its arguments: `f` for `f(int)`.
fn without_arguments(name: &str) -> &str {
    match name.find('(') {
        Some(at) if at > 0 && name.ends_with(')') => name.get(..at).unwrap_or(name),
        _ => name,
    }
}

/// Whether a DIE whose name has these parts is the one asked for. Optional parts of either name may be missing in the
/// other.
pub(super) fn matches(asked: &[Part], known: &[Part]) -> bool {
    let of_std = known.first().is_some_and(|part| part.name == "std");
    let (mut asked, mut known) = (asked.iter().rev().peekable(), known.iter().rev().peekable());
    loop {
        match (asked.peek(), known.peek()) {
            (None, None) => return true,
            (Some(a), Some(k)) if is_same(&a.name, &k.name, of_std) => {
                asked.next();
                known.next();
            }
            (_, Some(k)) if k.optional => {
                known.next();
            }
            (Some(a), _) if a.optional => {
                asked.next();
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_found(asked: &str, known: &str, inline: &str) -> bool {
        let mut known = parts(known);
        for part in &mut known {
            part.optional |= part.name == inline;
        }
        matches(&parts(asked), &known)
    }

    #[test]
    fn templates_are_one_part() {
        let names: Vec<String> =
            parts("a::Box<b::C, (D)1>::count").into_iter().map(|part| part.name).collect();
        assert_eq!(names, ["a", "Box<b::C, (D)1>", "count"]);
        assert_eq!(parts("::x").len(), 1);
        assert_eq!(parts("").len(), 0);
    }

    #[test]
    fn anonymous_and_inline_namespaces_may_be_left_out_and_no_others() {
        assert!(is_found("a::x", "a::(anonymous namespace)::x", ""));
        assert!(is_found("(anonymous namespace)::x", "(anonymous namespace)::x", ""));
        assert!(is_found("std::x", "std::__1::x", "__1"));
        assert!(!is_found("std::x", "std::__1::x", ""));
        assert!(!is_found("x", "a::x", ""));
        assert!(!is_found("a::x", "x", ""));
        assert!(is_found("Box<int,3>::x", "Box<int, 3>::x", ""));
        for (asked, known) in [
            ("Box<unsigned long>::x", "Box<long unsigned int>::x"),
            ("Box<Box<short>, unsigned>::x", "Box<Box<short int>, unsigned int>::x"),
            ("Box<const char *>::x", "Box<const char*>::x"),
            ("Box<char const*>::x", "Box<const char *>::x"),
            ("Box<const app>::x", "Box<app const>::x"),
            ("Box<long long>::x", "Box<long long int>::x"),
            ("Box<struct a>::x", "Box<struct a>::x"),
            ("std::vector<int>", "std::vector<int, std::allocator<int> >"),
            ("Box<std::vector<int>>::x", "Box<std::vector<int, std::allocator<int> > >::x"),
        ] {
            assert!(is_found(asked, known, ""), "{asked}");
        }
        assert!(!is_found("Box<unsigned long>::x", "Box<long int>::x", ""));
        assert!(!is_found("vector<int>", "vector<int, std::allocator<int> >", ""));
        assert!(!is_found("app::vector<int>", "app::vector<int, std::allocator<int> >", ""));
        assert!(!is_found("Box<a b>::x", "Box<ab>::x", ""));
        assert!(is_found("f(int)::x", "f::x", ""));
        assert!(!is_found("g(int)::x", "f::x", ""));
    }
}
