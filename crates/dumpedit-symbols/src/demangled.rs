//! Demangled names: the names that programmers write, from the names that compilers and linkers make.
//!
//! The schemes are Itanium's (C++ except MSVC), Rust's two, and MSVC's. Names come from files that may be hostile. A
//! name that is too long, nested too deep, or would grow too large stays as it is.

use std::borrow::Cow;
use std::fmt::{self, Write};

use memchr::memmem::Finder;
use msvc_demangler::{DemangleFlags as Flags, Type};

use crate::compared_names::{normal, without_parameters, without_template_arguments};
use crate::function_copies::{self, Match};
use crate::spelling::without_raw_marks;
use crate::std_thread_local::without_storage;

/// The longest mangled name that is demangled, in bytes.
const MOST_MANGLED: usize = 1 << 14;

/// The longest name of MSVC's that is demangled, in bytes. MSVC makes no longer names: it replaces a name of more than
/// 4095 characters with a hash.
const MOST_MSVC: usize = 4096;

/// The longest demangled name, in bytes.
const MOST_DEMANGLED: usize = 1 << 16;

/// The deepest nesting of C++ names.
const MOST_DEPTH: u32 = 160;

/// The decoration that a compiler adds to C names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Decoration {
    /// Nothing.
    #[default]
    None,
    /// An underscore before the name, in Mach-O files.
    Underscore,
    /// The marks of the calling convention, on 32-bit Windows: `_f` (`__cdecl`), `_f@8` (`__stdcall`), `@f@8`
    /// (`__fastcall`), `f@@8` (`__vectorcall`).
    Windows32,
}

impl Decoration {
    /// The name without its decoration.
    pub fn without(self, name: &str) -> &str {
        match self {
            Decoration::None => name,
            Decoration::Underscore => name.strip_prefix('_').unwrap_or(name),
            // MSVC adds no decoration to mangled C++ names.
            Decoration::Windows32 if name.starts_with('?') => name,
            Decoration::Windows32 => {
                let bare = name.strip_prefix(['_', '@']).unwrap_or(name);
                let sized = bare
                    .rsplit_once('@')
                    .filter(|(_, size)| !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_digit()));
                match sized {
                    Some((bare, _)) if !bare.is_empty() => bare.strip_suffix('@').unwrap_or(bare),
                    _ => bare,
                }
            }
        }
    }
}

/// A symbol's name as it is shown: demangled, and for a C++ function with its parameters and without its return type.
pub fn display(name: &str, decoration: Decoration) -> Cow<'_, str> {
    let bare = decoration.without(name);
    demangle(bare).map_or(Cow::Borrowed(bare), Cow::Owned)
}

/// The demangled form of a name without decoration; `None` if the name is not mangled, or is damaged.
fn demangle(name: &str) -> Option<String> {
    if name.len() > MOST_MANGLED {
        return None;
    }
    match name.as_bytes() {
        [b'?', ..] => msvc(name),
        // The mangled name of a type, such as `.?AVA@@`, does not name a symbol.
        _ => rust(name).or_else(|| itanium(name)),
    }
}

/// Demangles both of Rust's schemes, and leaves out hashes.
fn rust(name: &str) -> Option<String> {
    // The older scheme is Itanium's for names without arguments, with a hash as the last part.
    let hash = |at: usize| {
        let digits = name.get(at + 3..at + 19)?;
        (digits.bytes().all(|digit| digit.is_ascii_hexdigit()) && name.get(at + 19..)?.starts_with('E'))
            .then_some(())
    };
    if !name.starts_with("_R") && name.rfind("17h").and_then(hash).is_none() {
        return None;
    }
    let demangled = rustc_demangle::try_demangle(name).ok()?;
    let mut text = Bounded::default();
    write!(text, "{demangled:#}").ok()?;
    let name = without_storage(&text.0).len();
    text.0.truncate(name);
    Some(text.0)
}

fn itanium(name: &str) -> Option<String> {
    // Names of blocks, and names in Mach-O files, begin with `__Z` or more underscores.
    if !name.trim_start_matches('_').starts_with('Z') || !name.starts_with('_') {
        return None;
    }
    let limits = cpp_demangle::ParseOptions::default().recursion_limit(MOST_DEPTH);
    let symbol = cpp_demangle::Symbol::new_with_options(name.as_bytes(), &limits).ok()?;
    let options = cpp_demangle::DemangleOptions::new().no_return_type().recursion_limit(MOST_DEPTH);
    let mut text = Bounded::default();
    symbol.structured_demangle(&mut text, &options).ok()?;
    Some(as_others_write_it(text.0))
}

/// The name of a class's table or type information as debuggers and other demanglers write it: `vtable for Shape`.
fn as_others_write_it(name: String) -> String {
    const KINDS: [(&str, &str); 4] = [
        ("{vtable(", "vtable for "),
        ("{vtt(", "VTT for "),
        ("{typeinfo(", "typeinfo for "),
        ("{typeinfo name(", "typeinfo name for "),
    ];
    let class = |(ours, theirs): &(&str, &str)| {
        Some(format!("{theirs}{}", name.strip_prefix(ours)?.strip_suffix(")}")?))
    };
    KINDS.iter().find_map(class).unwrap_or(name)
}

/// The flags for what is left out of MSVC's names.
fn msvc_flags() -> Flags {
    Flags::llvm()
        | Flags::NO_FUNCTION_RETURNS
        | Flags::NO_ACCESS_SPECIFIERS
        | Flags::NO_MEMBER_TYPE
        | Flags::NO_MS_KEYWORDS
        | Flags::NO_THISTYPE
        | Flags::NO_CLASS_TYPE
}

fn msvc(name: &str) -> Option<String> {
    let parsed = msvc_parsed(name)?;
    let flags = match parsed.symbol_type {
        Type::MemberFunction(..) | Type::NonMemberFunction(..) => msvc_flags(),
        _ => msvc_flags() | Flags::NAME_ONLY,
    };
    bounded(&msvc_demangler::serialize(&parsed, flags))
}

fn msvc_parsed(name: &str) -> Option<msvc_demangler::ParseResult<'_>> {
    // `_C@_` is the name of a string constant, which is no symbol's. `IAAAAAAA@` is the least number, which the
    // demangler cannot negate.
    if name.len() > MOST_MSVC || !grows_little(name) || name.contains("_C@_") || name.contains("IAAAAAAA@") {
        return None;
    }
    msvc_demangler::parse(name).ok()
}

fn bounded(text: &str) -> Option<String> {
    let text = text.trim_start();
    (!text.is_empty() && text.len() <= MOST_DEMANGLED).then(|| text.to_owned())
}

/// Whether a name of MSVC's stays small enough when `msvc_demangler` copies out each of its back references.
///
/// A digit may stand for a type or a name that was written earlier in the same scope. A scope is a template's
/// arguments, a function's parameters, or the whole name. The content of a scope may be copied as often as the scope
/// around it has digits. The whole name therefore has at most `length * (1 + digits of a scope) * ...` parts, one
/// factor for each scope. This is largest if the digits are spread evenly.
fn grows_little(name: &str) -> bool {
    const MOST: f64 = (1 << 21) as f64;
    let (mut digits, mut scopes) = (0u32, 1u32);
    for pair in name.as_bytes().windows(2) {
        match pair {
            [b'?', b'$' | b'?'] | [b'A' | b'P' | b'Q' | b'R' | b'S', b'6' | b'8'] => scopes += 1,
            // Operators, discriminators and constants.
            [b'?' | b'$', _] => {}
            [_, b'0'..=b'9'] => digits += 1,
            _ => {}
        }
    }
    let factor = 1.0 + f64::from(digits) / f64::from(scopes);
    name.len() as f64 * factor.powf(scopes.into()) <= MOST
}

/// A text that cannot grow beyond `MOST_DEMANGLED` bytes.
#[derive(Default)]
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        if self.0.len() + more.len() > MOST_DEMANGLED {
            return Err(fmt::Error);
        }
        self.0.push_str(more);
        Ok(())
    }
}

/// An anonymous namespace in the normal form of a name.
const ANONYMOUS: &str = "(anonymous namespace)::";

/// A name that a user asks for, which is compared with many symbols.
#[derive(Clone, Debug)]
pub struct Wanted {
    given: String,
    /// The name without the suffix of an optimizer, and that suffix.
    base: String,
    added: String,
    /// The [`normal`] form of the name without that suffix.
    normal: String,
    /// A word that every mangled form of the name contains, so that most other symbols need not be demangled.
    word: Option<Finder<'static>>,
    /// The last part of the name in Itanium's scheme and in Rust's, which write the length before each part.
    spelled: Option<Finder<'static>>,
}

impl Wanted {
    /// A name to look for: `f`, `ns::f`, `ns::f(int)`, `Class::member`, `crate::module::STATIC`, or a mangled name.
    pub fn new(name: &str) -> Wanted {
        let (base, added) = function_copies::split(name);
        let normal = normal(&without_raw_marks(without_storage(base)));
        let bare = without_parameters(&normal);
        let finder = |text: &str| Finder::new(text).into_owned();
        // Rust writes one more underscore before a name that begins with one.
        let last = last_word(bare).filter(|word| !word.starts_with('_'));
        // The length in Rust's legacy scheme includes the template arguments.
        let spelled = last.filter(|_| !bare.ends_with('>')).map(|word| format!("{}{word}", word.len()));
        let spelled = spelled.as_deref().or_else(|| operator_code(bare)).map(finder);
        let word = last_word(bare).or_else(|| scope_word(bare)).map(finder);
        let (base, added) = (base.to_owned(), added.into_owned());
        Wanted { given: name.to_owned(), base, added, normal, word, spelled }
    }

    /// Whether a symbol has this name: as the file has it, without decoration, or demangled. Parameters and anonymous
    /// namespaces may be left out. Template arguments must be there, and case counts. An optimizer's copy of a function
    /// has the function's name, too. The part of a function that seldom runs has only its own name.
    pub fn matches(&self, symbol: &str, decoration: Decoration) -> bool {
        self.match_of(symbol, decoration).is_some()
    }

    /// How a symbol has this name; `None` if it does not have it.
    pub(crate) fn match_of(&self, symbol: &str, decoration: Decoration) -> Option<Match> {
        let bare = decoration.without(symbol);
        if symbol == self.given || bare == self.given {
            return Some(Match::Named);
        }
        if !self.may_be(bare.as_bytes()) {
            return None;
        }
        let (base, added) = function_copies::split(bare);
        let is_of_name = base == self.base
            || match demangle(base) {
                Some(text) => self.is_normal(&normal(&text)),
                // Breakpad's files have demangled names, and so do PDBs for symbols that are not public.
                None => self.is_plain(base),
            };
        match (is_of_name, self.added.as_str()) {
            (false, _) => None,
            (true, own) if own == added => Some(Match::Named),
            (true, "") => function_copies::match_of(&added),
            _ => None,
        }
    }

    /// Whether a symbol that has this name is only an optimizer's copy of the function.
    pub(crate) fn is_copy(&self, symbol: &str) -> bool {
        let (_, added) = function_copies::split(symbol);
        added != self.added.as_str() && function_copies::match_of(&added) == Some(Match::CopyOf)
    }

    /// Whether a name in debug information, which is not mangled, is this one.
    pub(crate) fn is(&self, name: &[u8]) -> bool {
        let name = str::from_utf8(name).unwrap_or_default();
        name == self.given || self.added.is_empty() && self.may_be(name.as_bytes()) && self.is_plain(name)
    }

    /// As [`Wanted::match_of`], for a name that may not be UTF-8.
    pub(crate) fn match_of_bytes(&self, symbol: &[u8], decoration: Decoration) -> Option<Match> {
        if symbol == self.given.as_bytes() {
            return Some(Match::Named);
        }
        let symbol = Some(symbol).filter(|symbol| self.may_be(symbol))?;
        self.match_of(str::from_utf8(symbol).ok()?, decoration)
    }

    /// A word that is in every form of the name, mangled or not; `None` if no such word is known.
    pub(crate) fn word(&self) -> Option<&Finder<'static>> {
        self.word.as_ref()
    }

    /// Whether a name contains the last word of this one, as every form of this name does.
    pub(crate) fn may_be(&self, name: &[u8]) -> bool {
        let has = |word: &Option<Finder<'_>>| word.as_ref().is_none_or(|word| word.find(name).is_some());
        has(&self.word) && (has(&self.spelled) || !is_spelled(name))
    }

    fn is_plain(&self, name: &str) -> bool {
        name.contains([':', '(', '<', ' ']) && name.len() <= MOST_DEMANGLED && self.is_normal(&normal(name))
    }

    fn is_normal(&self, name: &str) -> bool {
        let is = |name: &str| name == self.normal || without_parameters(name) == self.normal;
        is(name) || name.contains(ANONYMOUS) && is(&name.replace(ANONYMOUS, ""))
    }
}

/// Whether a name is of a scheme that writes the length before each part.
fn is_spelled(name: &[u8]) -> bool {
    let start = name.iter().position(|byte| *byte != b'_');
    start.is_some_and(|at| at > 0 && matches!(name.get(at), Some(b'Z' | b'R')))
}

/// The last word of a name, if every mangled form spells it out.
fn last_word(name: &str) -> Option<&str> {
    let name = without_template_arguments(name);
    let start = name.rfind(|c| !is_word(c)).map_or(0, |at| at + 1);
    let (before, word) = (name.get(..start)?, name.get(start..)?);
    let is_part = before.chars().next_back().is_none_or(|c| c == ':' || c == '~');
    (is_part && name.is_ascii()).then_some(word).filter(|word| is_always_spelled(word))
}

/// The last word in the scopes of a name that does not end with a word, such as that of an operator.
fn scope_word(name: &str) -> Option<&str> {
    let scopes = name.find("operator").map_or(name, |at| name.get(..at).unwrap_or(name));
    let mut depth = 0_i32;
    let outside = scopes.split_inclusive(|c| "<([{>)]}".contains(c)).filter(|piece| {
        let outside = depth == 0;
        match piece.chars().next_back() {
            Some('<' | '(' | '[' | '{') => depth += 1,
            Some('>' | ')' | ']' | '}') => depth -= 1,
            _ => {}
        }
        outside
    });
    let words =
        outside.flat_map(|piece| piece.split("::")).map(|part| part.trim_end_matches(|c| !is_word(c)));
    words.filter(|word| name.is_ascii() && word.chars().all(is_word) && is_always_spelled(word)).last()
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Whether every mangled form of a name spells out one of its words. Itanium's scheme abbreviates some words of `std`.
/// Rust encodes letters that are not ASCII.
fn is_always_spelled(word: &str) -> bool {
    const SHORT: [&str; 9] = [
        "std",
        "allocator",
        "basic_string",
        "string",
        "basic_istream",
        "basic_ostream",
        "basic_iostream",
        "istream",
        "ostream",
    ];
    !word.is_empty() && !SHORT.contains(&word) && word != "iostream"
}

/// The code in Itanium's scheme for the operator that a name ends with ("Operator Encodings" of the Itanium C++ ABI),
/// if there is only one.
fn operator_code(name: &str) -> Option<&'static str> {
    const CODES: [(&str, &str); 29] = [
        ("~", "co"),
        ("/", "dv"),
        ("%", "rm"),
        ("|", "or"),
        ("^", "eo"),
        ("=", "aS"),
        ("+=", "pL"),
        ("-=", "mI"),
        ("*=", "mL"),
        ("/=", "dV"),
        ("%=", "rM"),
        ("&=", "aN"),
        ("|=", "oR"),
        ("^=", "eO"),
        ("<<", "ls"),
        (">>", "rs"),
        ("<<=", "lS"),
        (">>=", "rS"),
        ("==", "eq"),
        ("!=", "ne"),
        ("<", "lt"),
        (">", "gt"),
        ("<=", "le"),
        (">=", "ge"),
        ("!", "nt"),
        ("&&", "aa"),
        ("||", "oo"),
        ("()", "cl"),
        ("[]", "ix"),
    ];
    let sign = name.rsplit_once("operator")?.1;
    CODES.iter().find(|(of, _)| *of == sign).map(|(_, code)| *code)
}

/// The name of a function's static variable with the parameters of the function: `ns::f(int)::count` for
/// `?count@?1??f@ns@@YAHH@Z@4HA`. `None` if the name is not MSVC's name of such a variable. The name contains the
/// linker's name of the function.
pub(crate) fn static_of_function(name: &str) -> Option<String> {
    // The variable's own name is first, then the number of its block in the function.
    if !name.starts_with('?') || !name.contains("@?") {
        return None;
    }
    let text = bounded(&msvc_demangler::serialize(&msvc_parsed(name)?, msvc_flags()))?;
    let (function, own) = text.split_once('`')?.1.rsplit_once("'::`")?;
    let own = own.split_once("'::")?.1;
    (!function.is_empty() && !own.is_empty() && !own.contains(['`', '\'']))
        .then(|| format!("{function}::{own}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A symbol, how it is shown, and names that mean it.
    const NAMES: &[(&str, &str, &[&str])] = &[
        ("counter", "counter", &["counter"]),
        ("_ZN2ns7counterE", "ns::counter", &["ns::counter", "_ZN2ns7counterE"]),
        ("_ZN2ns3addEii", "ns::add(int, int)", &["ns::add", "ns::add(int, int)", "ns::add(int,int)"]),
        (
            "_ZN2ns3BoxIPKcjE4makeEm",
            "ns::Box<char const*, unsigned int>::make(unsigned long)",
            &[
                "ns::Box<const char *, unsigned>::make",
                "ns::Box<char const*,unsigned int>::make(long unsigned int)",
            ],
        ),
        ("_ZNK2ns5Point4sizeEv", "ns::Point::size() const", &["ns::Point::size", "ns::Point::size() const"]),
        (
            "_ZN2ns7genericIsEEiT_",
            "ns::generic<short>(short)",
            &["ns::generic<short>", "ns::generic<short>(short)"],
        ),
        (
            "_ZN12_GLOBAL__N_16hiddenE",
            "(anonymous namespace)::hidden",
            &["(anonymous namespace)::hidden", "hidden"],
        ),
        (
            "_ZN2ns12_GLOBAL__N_11fEv",
            "ns::(anonymous namespace)::f()",
            &["ns::f", "ns::(anonymous namespace)::f()"],
        ),
        ("_ZN2ns5PointC1Ev", "ns::Point::Point()", &["ns::Point::Point"]),
        ("_ZN2ns5PointD0Ev", "ns::Point::~Point()", &["ns::Point::~Point", "ns::Point::~Point()"]),
        (
            "_ZN2ns5PointclEi",
            "ns::Point::operator()(int)",
            &["ns::Point::operator()", "ns::Point::operator()(int)"],
        ),
        ("_ZN2nsplERKNS_5PointES2_", "ns::operator+(ns::Point const&, ns::Point const&)", &["ns::operator+"]),
        ("_ZN2ns3BoxIiEcviEv", "ns::Box<int>::operator int()", &["ns::Box<int>::operator int"]),
        ("_ZN2ns3Box5valueB5cxx11E", "ns::Box::value[abi:cxx11]", &["ns::Box::value"]),
        (
            "_ZN2ns3addEii.isra.0",
            "ns::add(int, int) [clone .isra.0]",
            &["ns::add", "ns::add(int, int)", "ns::add(int, int) [clone .isra.0]", "ns::add.isra.0"],
        ),
        (
            "_ZN2ns3addEii.isra.0.cold",
            "ns::add(int, int) [clone .isra.0] [clone .cold]",
            &["ns::add(int, int) [clone .isra.0.cold]", "ns::add(int,int) [clone .isra.0] [clone .cold]"],
        ),
        (
            "_ZZN3app8overloadERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEE5calls",
            "app::overload(std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> > const&)::calls",
            &["app::overload(std::string const&)::calls", "app::overload(const std::string &)::calls"],
        ),
        (
            "_ZNK3app2OpcviEv",
            "app::Op::operator int() const",
            &["app::Op::operator int", "app::Op::operator int() const"],
        ),
        ("_ZNSsC1Ev", "std::string::string()", &["std::string::string"]),
        ("_ZTVN2ns5PointE", "vtable for ns::Point", &["_ZTVN2ns5PointE"]),
        ("_ZZN2ns1fEvE5calls", "ns::f()::calls", &["ns::f()::calls"]),
        (
            "_ZN4core3fmt9Formatter9write_str17h0123456789abcdefE",
            "core::fmt::Formatter::write_str",
            &["core::fmt::Formatter::write_str"],
        ),
        (
            "_ZN4core3ptr46drop_in_place$LT$alloc..vec..Vec$LT$u8$GT$$GT$17h0123456789abcdefE",
            "core::ptr::drop_in_place<alloc::vec::Vec<u8>>",
            &["core::ptr::drop_in_place<alloc::vec::Vec<u8>>"],
        ),
        (
            "_RNvNtCs1234_7mycrate3foo3bar",
            "mycrate::foo::bar",
            &["mycrate::foo::bar", "mycrate::r#foo::r#bar"],
        ),
        (
            "_RNvMCs1234_7mycrateNtB2_3Foo3bar",
            "<mycrate::Foo>::bar",
            &["mycrate::Foo::bar", "<mycrate::Foo>::bar"],
        ),
        ("_RINvCs1234_7mycrate4makelE", "mycrate::make::<i32>", &["mycrate::make::<i32>"]),
        ("?counter@ns@@3HA", "ns::counter", &["ns::counter"]),
        ("?add@ns@@YAHHH@Z", "ns::add(int, int)", &["ns::add", "ns::add(int,int)"]),
        ("?use@ns@@YAHXZ", "ns::use(void)", &["ns::use", "ns::use()", "ns::use(void)"]),
        ("?size@Point@ns@@QEBAHXZ", "ns::Point::size(void)", &["ns::Point::size", "ns::Point::size()"]),
        (
            "??$generic@F@ns@@YAHF@Z",
            "ns::generic<short>(short)",
            &["ns::generic<short>", "ns::generic<short>(short)"],
        ),
        ("??_7Base@ns@@6B@", "ns::Base::`vftable'", &["ns::Base::`vftable'"]),
        (
            "?hidden@?A0x1234@@3HA",
            "`anonymous namespace'::hidden",
            &["(anonymous namespace)::hidden", "hidden"],
        ),
        ("??0Point@ns@@QEAA@XZ", "ns::Point::Point(void)", &["ns::Point::Point"]),
        // Breakpad's files and PDBs have demangled names.
        ("ns::add(int, int)", "ns::add(int, int)", &["ns::add", "ns::add(int,int)"]),
        ("ns::Box<ns::Box<int> >::make", "ns::Box<ns::Box<int> >::make", &["ns::Box<ns::Box<int>>::make"]),
        ("<name omitted>", "<name omitted>", &["<name omitted>"]),
        ("", "", &[""]),
    ];

    #[test]
    fn instances_of_a_template_and_the_two_strings_of_a_library_have_names_of_their_own() {
        for (name, symbol, other) in [
            ("X<4u>::w", "_ZN1XILj4EE1wE", "_ZN1XILi4EE1wE"),
            ("X<4>::w", "_ZN1XILi4EE1wE", "_ZN1XILj4EE1wE"),
            (
                "std::string::size",
                "_ZNKSs4sizeEv",
                "_ZNKSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE4sizeEv",
            ),
        ] {
            let wanted = Wanted::new(name);
            assert!(wanted.matches(symbol, Decoration::None), "{name} {:?}", demangle(symbol));
            assert!(!wanted.matches(other, Decoration::None), "{name}");
        }
    }

    #[test]
    fn statics_of_functions_have_the_parameters_of_the_function_in_their_names() {
        for (name, text) in [
            ("?c@?1??inl@app@@YAHD@Z@4HA", Some("app::inl(char)::c")),
            ("?c@?1??get@S@app@@QEBAHD@Z@4HA", Some("app::S::get(char)::c")),
            ("?c@?1??get@S@app@@QEAAHPEBU23@@Z@4HA", Some("app::S::get(app::S const *)::c")),
            ("?count@?BA@??f@@YAHP6AHH@Z@Z@4JA", Some("f(int (*)(int))::count")),
            ("?inl@app@@YAHD@Z", None),
            ("?x@@3HA", None),
            ("?c@?1??", None),
            ("?@?1??f@@YAHXZ@4HA", None),
            ("", None),
        ] {
            let found = static_of_function(name).map(|text| text.replace("(__cdecl *)", "(*)"));
            assert_eq!(found.as_deref(), text, "{name}");
        }
    }

    #[test]
    fn names_are_shown_and_matched_as_programmers_write_them() {
        for (symbol, shown, names) in NAMES {
            assert_eq!(display(symbol, Decoration::None), *shown);
            for name in *names {
                assert!(Wanted::new(name).matches(symbol, Decoration::None), "{name} is {symbol}");
            }
        }
    }

    #[test]
    fn a_part_of_a_name_and_another_case_are_other_names() {
        for (name, symbol) in [
            ("add", "_ZN2ns3addEii"),
            ("ns::Add", "_ZN2ns3addEii"),
            ("ns::add(int)", "_ZN2ns3addEii"),
            ("ns::add(double)", "?add@ns@@YAHHH@Z"),
            ("ns::generic", "_ZN2ns7genericIsEEiT_"),
            ("s::add", "_ZN2ns3addEii"),
            ("ns::add", "_ZN2ns3addEii.cold"),
            ("ns::add(int, int) [clone .cold]", "_ZN2ns3addEii"),
            ("ns::add(int, int) [clone .cold]", "_ZN2ns3addEii.isra.0"),
            ("add", "add.isra.0.cold"),
            ("add.isra.0", "add"),
            ("ns", "_ZN2ns3addEii"),
            ("count", "counter"),
            ("_counter", "counter"),
            ("", "counter"),
            ("()", "_ZN2ns3addEii"),
        ] {
            assert!(!Wanted::new(name).matches(symbol, Decoration::None), "{name} is not {symbol}");
        }
    }

    #[test]
    fn what_systems_put_around_names_of_c_is_left_out() {
        let underscore = |name| display(name, Decoration::Underscore).into_owned();
        assert_eq!(underscore("_counter"), "counter");
        assert_eq!(underscore("__ZN2ns3addEii"), "ns::add(int, int)");
        assert_eq!(underscore("__RNvCs1234_7mycrate3bar"), "mycrate::bar");
        let windows = |name| display(name, Decoration::Windows32).into_owned();
        for (name, shown) in [
            ("_counter", "counter"),
            ("_f@8", "f"),
            ("@f@8", "f"),
            ("f@@8", "f"),
            ("?add@ns@@YAHHH@Z", "ns::add(int, int)"),
            ("plain", "plain"),
            ("_f@name", "f@name"),
            ("_@8", "@8"),
        ] {
            assert_eq!(windows(name), shown);
        }
        assert!(Wanted::new("f").matches("_f@8", Decoration::Windows32));
        assert!(Wanted::new("_f@8").matches("_f@8", Decoration::Windows32));
        assert!(!Wanted::new("f").matches("_f", Decoration::None));
    }

    /// Names that grow, nest or repeat. None may take much time or memory.
    #[test]
    fn hostile_names_stay_as_they_are() {
        let deep = |prefix: &str, part: &str, end: &str| {
            format!("{prefix}{}{end}", part.repeat(200_000 / part.len()))
        };
        // Each function type refers to the one before it many times.
        let mut powers = "?f@@YAXP6AXH@Z".to_owned();
        for number in 0..9 {
            powers.push_str(&format!("P6AX{}@Z", number.to_string().repeat(200)));
        }
        powers.push_str("@Z");
        let mut itanium = "_Z1fIiE".to_owned();
        for _ in 0..40 {
            itanium.push_str("1AIS_S0_S1_S2_E");
        }
        let mut rust = "_RNvC1a1b".to_owned();
        rust.push_str(&"TBa_Ba_".repeat(1000));
        let templates = format!("?f@@3{}H{}A", "V?$A@".repeat(100), "@@0".repeat(100));
        let mut names = vec![powers, templates, itanium, rust];
        for (prefix, part, end) in [
            ("?f@@YAX", "PA", "H@Z"),
            ("?f@@YAX", "P6AX", "@Z"),
            ("?f@@3", "P6AP6A", "H"),
            ("?f@@3", "PAY01", "H"),
            ("?f@@3", "V?$A@", "H"),
            ("?f@@3?", "IAAAAAAA@", ""),
            ("??_C@_0BA@ABC@", "?$00", "@"),
            ("?", "?A", "@@3HA"),
            ("?", "?$A@", "@@3HA"),
            ("?f@@YAX", "V?$A@", "@@@Z"),
            ("?f", "@a", "@@3HA"),
            ("_Z1f", "P", "i"),
            ("_Z1f", "PF", "i"),
            ("_ZN", "1a", "E"),
            ("_ZN", "1aI", "E"),
            ("_Z1fI", "X", "E"),
            ("_ZZ", "Z", "E"),
            ("_RNv", "NvC1a", "1b"),
            ("_RINvC1a1b", "T", "E"),
            ("_ZN", "4core", "17h0123456789abcdefE"),
            ("ns::f", "(", ""),
            ("ns::f", ")", ""),
            ("ns::f", "<", ">"),
        ] {
            names.extend((0..3).map(|_| deep(prefix, part, end)));
        }
        for name in names {
            let shown = display(&name, Decoration::None);
            assert!(shown.len() <= name.len().max(MOST_DEMANGLED));
            assert!(!Wanted::new("ns::g").matches(&name, Decoration::None));
            assert!(Wanted::new(&name).matches(&name, Decoration::None));
        }
    }

    #[test]
    fn mutated_names_of_each_kind_are_taken_as_they_come() {
        let mut state = 11u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % below
        };
        let letters: Vec<char> = "?@$_0123456789ABEHINPQRSTUVXYZ<>():`'abcfhiklpsu.é".chars().collect();
        let wanted = Wanted::new("ns::add(int)");
        for round in 0..20_000 {
            let (symbol, ..) = NAMES[round % NAMES.len()];
            let mut name: Vec<char> = symbol.chars().collect();
            for _ in 0..=random(4) {
                let at = random(name.len() + 1);
                match random(3) {
                    0 => name.insert(at, letters[random(letters.len())]),
                    1 if at < name.len() => drop(name.remove(at)),
                    _ => {
                        let (from, part) = (random(name.len() + 1), name.clone());
                        name.splice(at..at, part.into_iter().skip(from));
                    }
                }
            }
            let name: String = name.into_iter().collect();
            for decoration in [Decoration::None, Decoration::Underscore, Decoration::Windows32] {
                assert!(display(&name, decoration).len() <= MOST_DEMANGLED);
                wanted.matches(&name, decoration);
            }
        }
    }
}
