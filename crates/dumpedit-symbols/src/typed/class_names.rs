//! Names of classes with scopes and template arguments, as users write them before a member.

use crate::spelling::canonical;

/// The parts of a name with scopes: `a`, `Box<b::c>` and `d` of `a::Box<b::c>::d`.
pub(super) fn parts_of_name(name: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_u32, 0);
    let mut before = ' ';
    for (at, character) in name.char_indices() {
        match character {
            '<' | '(' | '{' | '[' => depth += 1,
            '>' if before == '-' => {}
            '>' | ')' | '}' | ']' => depth = depth.saturating_sub(1),
            ':' if depth == 0 && before == ':' => {
                parts.push(name.get(start..at.saturating_sub(1)).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
        before = character;
    }
    parts.push(name.get(start..).unwrap_or_default());
    parts
}

/// Whether a class is called so: by its name, with all of its scopes or without some of them.
pub(super) fn is_class(name: &str, called: &str) -> bool {
    let is_same = |known: &str, part: &str| known == part || canonical(known) == canonical(part);
    let (known, called) = (parts_of_name(name), parts_of_name(called));
    let mut scopes = known.iter();
    let ends_alike = known.last().zip(called.last()).is_some_and(|(known, part)| is_same(known, part));
    ends_alike && called.iter().all(|part| scopes.any(|scope| is_same(scope, part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_called_by_its_name_and_any_of_its_scopes() {
        assert_eq!(parts_of_name("a::Box<b::c>::d"), ["a", "Box<b::c>", "d"]);
        assert_eq!(parts_of_name("d"), ["d"]);
        assert!(is_class("a::b::C", "C") && is_class("a::b::C", "a::C") && is_class("a::b::C", "a::b::C"));
        assert!(is_class("Box<long unsigned int>", "Box<unsigned long>"));
        assert!(!is_class("a::C", "b::C") && !is_class("a::C", "a") && !is_class("Box<a::C>", "C>"));
    }
}
