//! Finds names that are similar to a text.

use std::cmp::Reverse;

use dumpedit_layout::Machine;

/// Maximum number of characters that are missing, added, swapped or changed.
const MOST: usize = 2;

/// The register that a text probably means: in another debugger's notation (`$rip`, `%rip`), with the mark of a place (`@rip`, `reg:rip`),
/// or mistyped.
pub(crate) fn register(machine: Machine, text: &str) -> Option<&'static str> {
    let registers = machine.registers();
    let bare = text.strip_prefix("reg:").unwrap_or(text);
    let bare = bare.trim_start_matches(['$', '%', '@']).to_ascii_lowercase();
    if let Some(id) = registers.find(&bare) {
        return Some(registers.name(id));
    }
    let letters = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    let own = letters(&bare);
    let near = registers.iter().filter_map(|register| {
        let distance = strsim::osa_distance(&bare, register.name);
        let longer = bare.len().abs_diff(register.name.len());
        // Swapped characters are likelier than changed ones, and those than missing ones.
        let rank = (distance, longer, Reverse(letters(register.name) == own), register.id);
        (distance <= MOST.min(register.name.len() / 2)).then_some((rank, register.name))
    });
    near.min().map(|(_, name)| name)
}

/// The name in a list that is similar to a mistyped text.
pub(crate) fn word<'a>(text: &str, names: &[&'a str]) -> Option<&'a str> {
    let near = names.iter().filter_map(|name| {
        let distance = strsim::osa_distance(text, name);
        (distance <= MOST.min(name.len() / 2)).then_some((distance, *name))
    });
    near.min().map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_means_the_nearest_register() {
        let cases = [
            ("rpi", Some("rip")),
            ("$rsp", Some("rsp")),
            ("%RAX", Some("rax")),
            ("eflag", Some("eflags")),
            ("xax", Some("rax")),
            ("zzz", None),
            ("", None),
        ];
        for (text, meant) in cases {
            assert_eq!(register(Machine::Amd64, text), meant, "{text}");
        }
    }
}
