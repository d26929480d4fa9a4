//! The normal form in which demangled names are compared, and names without parameters, template arguments and ABI
//! tags.

use std::borrow::Cow;

use crate::default_arguments::without_defaults;
use crate::spelling::canonical;

/// Templates of `std` as they are written without default arguments, and the names that programs use for them.
const STD_NAMES: [(&str, &str); 10] = [
    ("std::basic_string<char>", "std::string"),
    ("std::basic_string<wchar_t>", "std::wstring"),
    ("std::basic_string_view<char>", "std::string_view"),
    ("std::basic_istream<char>", "std::istream"),
    ("std::basic_ostream<char>", "std::ostream"),
    ("std::basic_iostream<char>", "std::iostream"),
    ("std::basic_ifstream<char>", "std::ifstream"),
    ("std::basic_ofstream<char>", "std::ofstream"),
    ("std::basic_stringstream<char>", "std::stringstream"),
    ("std::basic_ostringstream<char>", "std::ostringstream"),
];

/// A name without the template arguments at its end.
pub(crate) fn without_template_arguments(name: &str) -> &str {
    if !name.ends_with('>') || name.contains("operator") {
        return name;
    }
    opened_by(name, b'<', b'>').and_then(|at| name.get(..at)).unwrap_or(name)
}

/// The name of a function without its parameters. Any other name stays as it is.
pub(crate) fn without_parameters(name: &str) -> &str {
    // These words may follow the parameters of a member function.
    let mut bare = name;
    while let Some(shorter) = ["const", "volatile", "&&", "&"].iter().find_map(|word| bare.strip_suffix(word))
    {
        bare = shorter.trim_end();
    }
    if !bare.ends_with(')') {
        return name;
    }
    match opened_by(bare, b'(', b')').and_then(|at| bare.get(..at)) {
        // `operator()` and `(anonymous namespace)` are names.
        Some(shorter)
            if !shorter.is_empty() && !shorter.ends_with("operator") && !shorter.ends_with("::") =>
        {
            shorter
        }
        _ => name,
    }
}

/// The offset of the opening bracket that the closing bracket at the end of a text belongs to.
fn opened_by(text: &str, open: u8, close: u8) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate().rev() {
        if byte == close {
            depth += 1;
        } else if byte == open {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

/// The normal form of a demangled name, in which names are compared. It has blanks only where words would run together,
/// none of MSVC's words for kinds of types, one spelling of `()` and of anonymous namespaces, and no ABI tags.
pub(crate) fn normal(name: &str) -> String {
    let name = match name.contains('`') || name.contains("[abi:") || name.contains("{anonymous}") {
        true => Cow::Owned(without_tags(
            &name
                .replace("`anonymous namespace'", "(anonymous namespace)")
                .replace("`anonymous-namespace'", "(anonymous namespace)")
                .replace("{anonymous}", "(anonymous namespace)"),
        )),
        false => Cow::Borrowed(name),
    };
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut text = String::with_capacity(name.len());
    let mut blank = false;
    let mut rest = name.as_ref();
    while let Some(next) = rest.chars().next() {
        let before = text.chars().next_back();
        if before.is_none_or(|before| !is_word(before)) || blank {
            let kinds = ["struct ", "class ", "union ", "enum "];
            if let Some(shorter) = kinds.iter().find_map(|kind| rest.strip_prefix(kind)) {
                rest = shorter;
                continue;
            }
        }
        rest = rest.get(next.len_utf8()..).unwrap_or_default();
        if next.is_whitespace() {
            blank = true;
            continue;
        }
        if blank && is_word(next) && before.is_some_and(is_word) {
            text.push(' ');
        }
        blank = false;
        text.push(next);
    }
    if text.contains(['<', '(']) {
        text = without_defaults(canonical(&text));
    }
    if let Some(at) = text.find('(').filter(|_| text.contains("::basic_")) {
        // The two string types of the library are different scopes, so only parameters are rewritten.
        let parameters = with_std_names(text.get(at..).unwrap_or_default());
        text.truncate(at);
        text.push_str(&parameters);
    }
    if text.contains("(void)") {
        text = text.replace("(void)", "()");
    }
    // Inherent methods of a Rust type: `<app::One>::own`.
    if let Some((type_, rest)) = text.strip_prefix('<').and_then(|text| text.split_once(">::"))
        && !type_.contains(['<', ' '])
    {
        text = format!("{type_}::{rest}");
    }
    text
}

/// Parameters in which templates of `std` have the names that programs use.
fn with_std_names(parameters: &str) -> String {
    let mut text = parameters.to_owned();
    for library in ["std::__cxx11::basic_", "std::__1::basic_", "std::__ndk1::basic_"] {
        text = text.replace(library, "std::basic_");
    }
    for (long, short) in STD_NAMES {
        for (behind, with_blank) in [("const", " const"), ("volatile", " volatile"), ("", "")] {
            text = text.replace(&format!("{long}{behind}"), &format!("{short}{with_blank}"));
        }
    }
    text
}

/// A name without the tags that `[[gnu::abi_tag]]` adds.
pub(crate) fn without_tags(name: &str) -> String {
    let mut parts = name.split("[abi:");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once(']').map_or(part, |(_, behind)| behind));
    }
    text
}
