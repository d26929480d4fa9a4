//! The suffixes that optimizers add to the names of functions that they copy, split or rename: `.constprop.0`,
//! `.isra.0`, `.part.0`, `.cold`.

use std::borrow::Cow;

/// Suffixes of copies that are called instead of the function, as GCC names them (`clone_function_name` of its
/// `cgraphclones.cc`).
const COPIES: [&str; 3] = ["constprop", "isra", "part"];
/// Suffixes with which GCC and LLVM rename a static function or variable when files are linked into one.
const RENAMED: [&str; 2] = ["lto_priv", "llvm"];
/// The suffix of the part of a function that seldom runs, which is apart from the function.
const COLD: &str = "cold";

/// How a symbol matches the wanted name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// The symbol has the name.
    Named,
    /// The symbol is a copy of the function that has the name.
    CopyOf,
}

/// The name without the suffixes of an optimizer, and the suffixes: `work` and `.isra.0.cold`. Most names have none.
/// The name may be mangled or demangled.
pub(crate) fn split(name: &str) -> (&str, Cow<'_, str>) {
    let (mut base, mut added) = (name, Cow::Borrowed(""));
    while let Some((before, one)) = base
        .strip_suffix(']')
        .and_then(|bare| bare.rsplit_once(" [clone "))
        .filter(|(base, _)| !base.is_empty())
    {
        base = before;
        added = Cow::Owned(format!("{one}{added}"));
    }
    if !added.is_empty() {
        return (base, added);
    }
    let mut rest = name;
    while let Some((before, word)) = rest.rsplit_once('.').filter(|(before, _)| !before.is_empty()) {
        let is_word = word == COLD || COPIES.contains(&word) || RENAMED.contains(&word);
        if is_word {
            base = before;
        } else if word.is_empty() || !word.bytes().all(|digit| digit.is_ascii_digit()) {
            break;
        }
        rest = before;
    }
    (base, Cow::Borrowed(name.get(base.len()..).unwrap_or_default()))
}

/// How a symbol with these suffixes matches the name without them; `None` for a part of a function.
pub(crate) fn match_of(added: &str) -> Option<Match> {
    let words = || added.split('.').filter(|word| !word.bytes().all(|digit| digit.is_ascii_digit()));
    if words().any(|word| word == COLD) {
        return None;
    }
    Some(if words().all(|word| RENAMED.contains(&word)) { Match::Named } else { Match::CopyOf })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_optimizers_add_is_told_from_names() {
        for (name, base, added, is) in [
            ("work", "work", "", Some(Match::Named)),
            ("calls.0", "calls.0", "", Some(Match::Named)),
            ("f.part.calls.1", "f.part.calls.1", "", Some(Match::Named)),
            ("work.constprop.0", "work", ".constprop.0", Some(Match::CopyOf)),
            ("work.isra.0.cold", "work", ".isra.0.cold", None),
            ("work.cold.12", "work", ".cold.12", None),
            ("_ZN2ns1fEi.part.3", "_ZN2ns1fEi", ".part.3", Some(Match::CopyOf)),
            ("own.lto_priv.0", "own", ".lto_priv.0", Some(Match::Named)),
            ("own.lto_priv.0.constprop.1", "own", ".lto_priv.0.constprop.1", Some(Match::CopyOf)),
            ("ns::f(int) [clone .isra.0] [clone .cold]", "ns::f(int)", ".isra.0.cold", None),
            ("f() [clone .avx2]", "f()", ".avx2", Some(Match::CopyOf)),
            (".cold", ".cold", "", Some(Match::Named)),
            (" [clone .cold]", " [clone .cold]", "", Some(Match::Named)),
            ("", "", "", Some(Match::Named)),
        ] {
            assert_eq!(split(name), (base, Cow::Borrowed(added)), "{name}");
            assert_eq!(match_of(added), is, "{name}");
        }
    }
}
