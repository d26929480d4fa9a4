//! Commands that are shown to be pasted into a shell.

use std::ffi::OsStr;
use std::path::Path;

use dumpedit::notation::is_hidden;

/// A word as a POSIX shell takes it, byte for byte, on one line and without a letter that a terminal acts on. Only line
/// breaks at a word's end stand for themselves: no substitution of a shell keeps them.
pub(crate) fn word(word: &OsStr) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "@%+=:,./_-".contains(letter);
    match word.to_str() {
        Some(text) if !text.is_empty() && text.chars().all(plain) => text.to_owned(),
        Some(text) if !text.contains(is_hidden) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => printed(word.as_encoded_bytes()),
    }
}

/// A path as an argument that is not taken for an option.
pub(crate) fn path(path: &Path) -> String {
    if path.as_os_str().as_encoded_bytes().starts_with(b"-") {
        return word(Path::new(".").join(path).as_os_str());
    }
    word(path.as_os_str())
}

/// A word that the shell's own `printf` makes.
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
    fn a_word_needs_quotes_only_where_a_shell_would_take_it_apart() {
        let shown = |text: &str| word(OsStr::new(text));
        assert_eq!(shown("dir/crash.dmp"), "dir/crash.dmp");
        assert_eq!(shown("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(shown(""), "''");
        assert_eq!(shown("a\x1b%\nb"), r#""$(printf 'a\033%%\012b')""#);
        assert_eq!(shown("a\n"), "\"$(printf 'a')\"'\n'");
        assert_eq!(path(Path::new("-a b")), "'./-a b'");
    }
}
