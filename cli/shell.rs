//! Quotes commands for pasting into a shell.

use std::ffi::OsStr;
use std::path::Path;

use dumpedit::notation::is_hidden;

/// A word for the shell of the system: PowerShell on Windows, a POSIX shell elsewhere.
pub(crate) fn word(word: &OsStr) -> String {
    if cfg!(windows) { powershell(&word.to_string_lossy()) } else { posix(word) }
}

/// A word for a POSIX shell, byte for byte, on one line and without control letters. Only line breaks at the end of a word are not
/// escaped, since command substitution removes them.
fn posix(word: &OsStr) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "@%+=:,./_-".contains(letter);
    match word.to_str() {
        Some(text) if !text.is_empty() && text.chars().all(plain) => text.to_owned(),
        Some(text) if !text.contains(is_hidden) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => printed(word.as_encoded_bytes()),
    }
}

/// A word for PowerShell, on one line and without control letters.
fn powershell(text: &str) -> String {
    /// Letters that PowerShell accepts as a single quote.
    const QUOTES: [char; 5] = ['\'', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'];
    /// Letters with a special meaning between double quotes.
    const SPECIAL: [char; 6] = ['"', '$', '`', '\u{201c}', '\u{201d}', '\u{201e}'];
    let plain = |letter: char| letter.is_alphanumeric() || r"%+=:./\_-".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    if !text.contains(is_hidden) {
        let doubled =
            |letter: char| std::iter::repeat_n(letter, if QUOTES.contains(&letter) { 2 } else { 1 });
        return format!("'{}'", text.chars().flat_map(doubled).collect::<String>());
    }
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        if is_hidden(letter) {
            let units = letter
                .encode_utf16(&mut [0; 2])
                .iter()
                .map(|unit| format!("$([char]{unit:#x})"))
                .collect::<String>();
            quoted.push_str(&units);
        } else {
            if SPECIAL.contains(&letter) {
                quoted.push('`');
            }
            quoted.push(letter);
        }
    }
    quoted.push('"');
    quoted
}

/// A path as an argument that does not look like an option.
pub(crate) fn path(path: &Path) -> String {
    if path.as_os_str().as_encoded_bytes().starts_with(b"-") {
        return word(Path::new(".").join(path).as_os_str());
    }
    word(path.as_os_str())
}

/// A word made by the `printf` of the shell.
fn printed(bytes: &[u8]) -> String {
    let end = bytes.iter().rposition(|byte| *byte != b'\n').map_or(0, |last| last.saturating_add(1));
    let (body, breaks) = bytes.split_at(end);
    let mut format = String::new();
    for byte in body {
        match byte {
            b'%' => format.push_str("%%"),
            b' ' | b'/' | b'.' | b'_' => format.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => format.push(char::from(*byte)),
            byte => format.push_str(&format!("\\{byte:03o}")),
        }
    }
    let breaks = if breaks.is_empty() { String::new() } else { format!("'{}'", "\n".repeat(breaks.len())) };
    format!("\"$(printf '{format}')\"{breaks}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_needs_quotes_only_where_a_posix_shell_would_take_it_apart() {
        let shown = |text: &str| posix(OsStr::new(text));
        assert_eq!(shown("dir/crash.dmp"), "dir/crash.dmp");
        assert_eq!(shown("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(shown(""), "''");
        assert_eq!(shown("a\x1b%\nb"), r#""$(printf 'a\033%%\012b')""#);
        assert_eq!(shown("a\n"), "\"$(printf 'a')\"'\n'");
    }

    #[test]
    fn a_word_needs_quotes_only_where_powershell_would_take_it_apart() {
        assert_eq!(powershell(r"C:\dir\crash.dmp"), r"C:\dir\crash.dmp");
        assert_eq!(powershell("@rsp"), "'@rsp'");
        assert_eq!(powershell("it's $HOME"), "'it''s $HOME'");
        assert_eq!(powershell("a\u{2019}b"), "'a\u{2019}\u{2019}b'");
        assert_eq!(powershell(""), "''");
        assert_eq!(powershell("a\x1b\"$b"), "\"a$([char]0x1b)`\"`$b\"");
    }

    #[test]
    fn a_path_is_never_taken_for_an_option() {
        let shown = path(Path::new("-a b"));
        assert_eq!(shown, if cfg!(windows) { r"'.\-a b'" } else { "'./-a b'" });
    }
}
