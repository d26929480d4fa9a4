//! A name that is looked for, and its comparison with stored names.

use memchr::memchr;
use memchr::memmem::Finder;

use crate::demangled::{self, Decoration};
use crate::function_copies::Match;

/// The name of a symbol as a user writes it: `counter`, `ns::f(int)`, `environ@@GLIBC_2.2.5`.
#[derive(Clone, Debug)]
pub(crate) struct Wanted<'a> {
    /// The whole text, and the text without a version, as names that may be mangled.
    whole: demangled::Wanted,
    plain: demangled::Wanted,
    /// The text without a version, and the version if there is one.
    name: &'a [u8],
    version: Option<&'a [u8]>,
}

impl<'a> Wanted<'a> {
    pub(crate) fn new(text: &'a str) -> Wanted<'a> {
        let (name, version) = split_version(text.as_bytes());
        let plain = text.get(..name.len()).unwrap_or(text);
        let (whole, plain) = (demangled::Wanted::new(text), demangled::Wanted::new(plain));
        Wanted { whole, plain, name, version: version.map(|version| version.name) }
    }

    /// How a stored name, which may have a version after it, matches; `None` if it does not.
    pub(crate) fn means_versioned(&self, stored: &[u8], version: Option<&[u8]>) -> Option<Match> {
        let (name, behind) = split_version(stored);
        let version = version.or(behind.map(|behind| behind.name));
        if self.version.is_some_and(|wanted| version != Some(wanted)) {
            return None;
        }
        if name == self.name {
            return Some(Match::Named);
        }
        self.plain.match_of_bytes(name, Decoration::None)
    }

    /// How a stored name without a version matches; `None` if it does not.
    pub(crate) fn means(&self, stored: &[u8], decoration: Decoration) -> Option<Match> {
        self.whole.match_of_bytes(stored, decoration)
    }

    /// Whether a matching symbol is only an optimizer's copy of the function.
    pub(crate) fn is_copy(&self, symbol: &str) -> bool {
        self.plain.is_copy(symbol)
    }

    /// A word that every matching stored name contains, if there is one.
    pub(crate) fn word(&self, versioned: bool) -> Option<&Finder<'static>> {
        if versioned { self.plain.word() } else { self.whole.word() }
    }

    /// Whether any version matches.
    pub(crate) fn is_of_any_version(&self) -> bool {
        self.version.is_none()
    }
}

/// The version after a stored name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version<'a> {
    pub(crate) name: &'a [u8],
    /// Whether a name without a version means this one when a program is linked: `@@`.
    pub(crate) is_default: bool,
}

/// A name as linkers write it, `environ@@GLIBC_2.2.5`, split into the name and its version.
pub(crate) fn split_version(text: &[u8]) -> (&[u8], Option<Version<'_>>) {
    let at = memchr(b'@', text).filter(|at| *at > 0);
    let Some((name, version)) = at.and_then(|at| text.split_at_checked(at)) else { return (text, None) };
    let version = match version {
        [b'@', b'@', name @ ..] => Version { name, is_default: true },
        [_, name @ ..] => Version { name, is_default: false },
        [] => return (text, None),
    };
    (name, Some(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_a_version_means_every_version() {
        let means =
            |text, stored: &[u8], version| Wanted::new(text).means_versioned(stored, version).is_some();
        assert!(means("environ", b"environ@@GLIBC_2.2.5", None) && means("environ", b"environ", None));
        assert!(means("memcpy@GLIBC_2.14", b"memcpy@@GLIBC_2.14", None));
        assert!(means("memcpy@GLIBC_2.14", b"memcpy", Some(b"GLIBC_2.14")));
        assert!(!means("memcpy@GLIBC_2.14", b"memcpy@GLIBC_2.2.5", None));
        assert!(!means("memcpy@GLIBC_2.14", b"memcpy", None));
        let means = |text, stored: &[u8]| Wanted::new(text).means(stored, Decoration::None).is_some();
        assert!(means("_f@12", b"_f@12") && !means("_f", b"_f@12"));
    }

    #[test]
    fn names_may_be_mangled() {
        let versioned = |text, stored: &[u8]| Wanted::new(text).means_versioned(stored, None).is_some();
        assert!(
            versioned("ns::f", b"_ZN2ns1fEi@@LIB_1") && versioned("ns::f(int)@LIB_1", b"_ZN2ns1fEi@@LIB_1")
        );
        assert!(!versioned("ns::f@LIB_2", b"_ZN2ns1fEi@@LIB_1"));
        assert!(Wanted::new("ns::f").means(b"?f@ns@@YAHXZ", Decoration::None).is_some());
        assert!(Wanted::new("?f@ns@@YAHXZ").means(b"?f@ns@@YAHXZ", Decoration::None).is_some());
        assert!(Wanted::new("f").means(b"_f@12", Decoration::Windows32).is_some());
    }

    #[test]
    fn versions_are_cut_off_names() {
        let version = |name, is_default| Some(Version { name, is_default });
        assert_eq!(split_version(b"environ@@GLIBC_2.2.5"), (&b"environ"[..], version(b"GLIBC_2.2.5", true)));
        assert_eq!(split_version(b"memcpy@GLIBC_2.2.5"), (&b"memcpy"[..], version(b"GLIBC_2.2.5", false)));
        assert_eq!(split_version(b"main"), (&b"main"[..], None));
        assert_eq!(split_version(b"@x"), (&b"@x"[..], None));
    }
}
