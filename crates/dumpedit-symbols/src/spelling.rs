//! One spelling for the types in C++ names, which compilers and people spell differently.

use std::borrow::Cow;

/// A name without unneeded spaces, with one spelling for number types and for the letters after numbers, and with
/// qualifiers after the type: `long unsigned int` is `unsigned long`, and `const Box<int> *` is `Box<int>const*`.
pub(crate) fn canonical(name: &str) -> String {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    let mut written = String::new();
    let mut words: Vec<&str> = Vec::new();
    let mut rest = name;
    // The qualifiers before a type, which are written after it, and the depth of brackets that they are in.
    let mut before: Vec<(u32, &str)> = Vec::new();
    let mut depth = 0_u32;
    while !rest.is_empty() {
        let end = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if matches!(word, "unsigned" | "signed" | "long" | "short" | "int" | "char") {
            words.push(word);
            rest = behind.trim_start();
            continue;
        }
        if matches!(word, "const" | "volatile") && words.is_empty() && !written.ends_with(is_part) {
            before.push((depth, word));
            rest = behind.trim_start();
            continue;
        }
        if !words.is_empty() {
            push_number_type(&mut written, &mut words);
            push_qualifiers(&mut written, &mut before, depth);
        }
        if word.is_empty() {
            let mut characters = rest.chars();
            let next = characters.next();
            // The name goes on with its scopes and its arguments.
            if !matches!(next, Some(':' | '<')) {
                push_qualifiers(&mut written, &mut before, depth);
            }
            match next {
                Some('<') => depth += 1,
                Some('>') => depth = depth.saturating_sub(1),
                _ => {}
            }
            written.extend(next.filter(|character| !character.is_whitespace()));
            rest = characters.as_str();
        } else {
            // Two words that a space separates stay separate.
            if written.ends_with(is_part) {
                written.push(' ');
            }
            push_word(&mut written, word);
            rest = behind;
        }
    }
    push_number_type(&mut written, &mut words);
    push_qualifiers(&mut written, &mut before, 0);
    written
}

/// A type's name with one spelling for number types, whichever the compiler uses: `long unsigned int` is
/// `unsigned long`, and `Box<short int>` is `Box<short>`.
pub(crate) fn with_number_types(name: &str) -> String {
    let is_number = |word: &str| matches!(word, "unsigned" | "signed" | "long" | "short" | "int" | "char");
    if !name.contains('<') {
        return if name.split(' ').all(is_number) { canonical(name) } else { name.to_owned() };
    }
    let mut written = String::new();
    let mut words: Vec<&str> = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let is_part = |character: char| character.is_alphanumeric() || character == '_';
        let end = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if is_number(word) {
            words.push(word);
            // The space after the last word stays.
            let next = behind.trim_start();
            let more = next.split(|character| !is_part(character)).next().is_some_and(is_number);
            rest = if more { next } else { behind };
            if !more {
                let mut number = String::new();
                push_number_type(&mut number, &mut words);
                written.push_str(&number);
            }
            continue;
        }
        let size = if word.is_empty() { rest.chars().next().map_or(1, char::len_utf8) } else { end };
        let (taken, left) = rest.split_at_checked(size).unwrap_or((rest, ""));
        written.push_str(taken);
        rest = left;
    }
    written
}

/// Writes a word. The letters after a number are written small: Clang's `3UL` is `3ul`. `X<3u>` is another type than
/// `X<3>`.
fn push_word(written: &mut String, word: &str) {
    let number = word.trim_end_matches(['u', 'l', 'U', 'L']);
    let is_number = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
    if !is_number {
        return written.push_str(word);
    }
    let sign = if written.ends_with(")-") { "-" } else { "" };
    let before = written.strip_suffix(sign).unwrap_or(written);
    let typed = NUMBER_LETTERS.iter().find_map(|(of, letters)| {
        let cast = before.strip_suffix(')')?.strip_suffix(of)?.strip_suffix('(')?;
        Some((cast.len(), letters))
    });
    match typed {
        Some((length, letters)) if word == number => {
            written.truncate(length);
            written.push_str(&format!("{sign}{number}{letters}"));
        }
        _ => written.push_str(&word.to_ascii_lowercase()),
    }
}

/// Types that some demanglers write before a number, `(unsigned int)3`, and the letters that others write after it:
/// `3u`.
pub(crate) const NUMBER_LETTERS: [(&str, &str); 5] = [
    ("unsigned int", "u"),
    ("long", "l"),
    ("unsigned long", "ul"),
    ("long long", "ll"),
    ("unsigned long long", "ull"),
];

/// Writes the qualifiers at this depth of brackets or deeper.
fn push_qualifiers(written: &mut String, qualifiers: &mut Vec<(u32, &str)>, depth: u32) {
    let kept = qualifiers.iter().take_while(|(at, _)| *at < depth).count();
    for (_, qualifier) in qualifiers.drain(kept..) {
        if written.ends_with(|end: char| end.is_alphanumeric() || end == '_') {
            written.push(' ');
        }
        written.push_str(qualifier);
    }
}

fn push_number_type(written: &mut String, words: &mut Vec<&str>) {
    if words.is_empty() {
        return;
    }
    if written.ends_with(|character: char| character.is_alphanumeric()) {
        written.push(' ');
    }
    let has = |word: &str| words.contains(&word);
    let longs = words.iter().filter(|word| **word == "long").count();
    let mut name: Vec<&str> = Vec::new();
    if has("unsigned") {
        name.push("unsigned");
    } else if has("signed") && has("char") {
        name.push("signed");
    }
    name.extend(std::iter::repeat_n("long", longs));
    if has("short") {
        name.push("short");
    } else if has("char") {
        name.push("char");
    } else if longs == 0 {
        name.push("int");
    }
    written.push_str(&name.join(" "));
    words.clear();
}

/// A name without the `r#` that Rust writes before identifiers that are keywords. Debug information and linkers leave
/// it out.
pub(crate) fn without_raw_marks(name: &str) -> Cow<'_, str> {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut text = String::new();
    let mut rest = name;
    while let Some((before, behind)) = rest.split_once("r#") {
        text.push_str(before);
        let is_first = !text.ends_with(is_word);
        if !(is_first && behind.starts_with(|first: char| first.is_alphabetic() || first == '_')) {
            text.push_str("r#");
        }
        rest = behind;
    }
    if rest.len() == name.len() {
        return Cow::Borrowed(name);
    }
    text.push_str(rest);
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_identifiers_are_what_they_mark() {
        for (name, bare) in [
            ("a::r#type", "a::type"),
            ("r#mod::r#fn", "mod::fn"),
            ("<r#a::S>::b", "<a::S>::b"),
            ("a::S::{constructor#0}", "a::S::{constructor#0}"),
            ("main::{lambda(int)#1}", "main::{lambda(int)#1}"),
            ("r#", "r#"),
            ("r#1", "r#1"),
            ("", ""),
        ] {
            assert_eq!(without_raw_marks(name), bare);
        }
    }

    #[test]
    fn qualifiers_stand_behind_what_they_are_of() {
        for (one, other) in [
            ("const std::Box<const char *, int> *", "std::Box<char const*, int> const *"),
            ("Map<const a::B, const unsigned long>", "Map<a::B const, unsigned long const>"),
            ("const volatile int", "int const volatile"),
            ("char *const *", "char* const*"),
            ("std::array<int, 3UL>", "std::array<int, 3ul>"),
            ("Fixed<-3ll>", "Fixed<(long long)-3>"),
            ("Fixed<3U>", "Fixed<(unsigned int)3>"),
        ] {
            assert_eq!(canonical(one), canonical(other));
        }
        assert_ne!(canonical("const a::B *"), canonical("a::B *const"));
        assert_ne!(canonical("Fixed<3>"), canonical("Fixed<3u>"));
    }

    #[test]
    fn numbers_have_one_name() {
        for (name, expected) in [
            ("long unsigned int", "unsigned long"),
            ("short int", "short"),
            ("long double", "long double"),
            ("unsigned char", "unsigned char"),
            ("Box<Box<long unsigned int> >", "Box<Box<unsigned long> >"),
            ("Fixed<short int, 3>", "Fixed<short, 3>"),
            ("Map<int, const char *>", "Map<int, const char *>"),
            ("interior", "interior"),
            ("Box<interior>", "Box<interior>"),
        ] {
            assert_eq!(with_number_types(name), expected);
        }
    }
}
