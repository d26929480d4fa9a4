//! Writes a tree as YAML for people.

use std::fs::File;
use std::io::{self, Write};

use dumpedit::notation::is_hidden;

use super::out::Out;

/// Storage of a spec's large contents.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Packing<'a> {
    /// Into the text, compressed.
    Inline,
    /// Into files.
    Files {
        /// Path from the spec's folder to that of the files: empty, or with a slash at its end.
        folder: &'a str,
        /// Creates a new file with the given name.
        create: &'a dyn Fn(&str) -> io::Result<File>,
    },
}

/// A text in YAML, quoted where needed.
pub(super) fn quoted(text: &str) -> String {
    let first = |letter: char| letter.is_ascii_alphanumeric() || "/_.@-".contains(letter);
    let plain = |letter: char| letter.is_ascii_alphanumeric() || " _./:@+=%~()-".contains(letter);
    let is_plain = text.starts_with(first)
        && text.chars().all(plain)
        && !text.starts_with("- ")
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && text != "-"
        && !text.starts_with("--- ")
        && !["---", "..."].contains(&text)
        && !["true", "false", "null", "yes", "no", "on", "off"].contains(&text.to_ascii_lowercase().as_str());
    if is_plain {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            letter if is_hidden(letter) => {
                let number = u32::from(letter);
                if number <= 0xff {
                    quoted.push_str(&format!("\\x{number:02x}"));
                } else if number <= 0xffff {
                    quoted.push_str(&format!("\\u{number:04x}"));
                } else {
                    quoted.push_str(&format!("\\U{number:08x}"));
                }
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// Like [`quoted`], for a text inside `[]` or `{}`.
pub(super) fn quoted_in_flow(text: &str) -> String {
    if text.contains([',', '[', ']', '{', '}', '#']) && !quoted(text).starts_with('"') {
        format!("\"{text}\"")
    } else {
        quoted(text)
    }
}

pub(super) struct Writer<'w> {
    pub(super) output: &'w mut dyn Write,
    pub(super) packing: Packing<'w>,
    /// Number of side files.
    pub(super) files: u64,
}

impl Writer<'_> {
    pub(super) fn indent(&mut self, level: usize) -> io::Result<()> {
        write!(self.output, "{:width$}", "", width = level.saturating_mul(2))
    }

    /// Writes the entries of a mapping; with `in_list` the first is behind a dash.
    pub(super) fn map(&mut self, level: usize, in_list: bool, entries: &[(&str, Out<'_>)]) -> io::Result<()> {
        for (index, (key, value)) in entries.iter().enumerate() {
            if index > 0 || !in_list {
                self.indent(level)?;
            }
            write!(self.output, "{}:", quoted(key))?;
            self.value(level, value)?;
        }
        Ok(())
    }

    /// Writes a value behind a key.
    fn value(&mut self, level: usize, value: &Out<'_>) -> io::Result<()> {
        let deeper = level.saturating_add(1);
        match value {
            Out::Text(text) => writeln!(self.output, " {}", quoted(text)),
            Out::Flag(flag) => writeln!(self.output, " {flag}"),
            Out::Texts(texts) => {
                let texts: Vec<String> = texts.iter().map(|text| quoted_in_flow(text)).collect();
                writeln!(self.output, " [{}]", texts.join(", "))
            }
            Out::Flow(entries) => writeln!(self.output, " {}", flow(entries)),
            Out::Map(entries) => {
                writeln!(self.output)?;
                self.map(deeper, false, entries)
            }
            Out::List(items) => {
                writeln!(self.output)?;
                for item in items {
                    self.indent(deeper)?;
                    write!(self.output, "- ")?;
                    match item {
                        Out::Map(entries) => self.map(deeper.saturating_add(1), true, entries)?,
                        Out::Flow(entries) => writeln!(self.output, "{}", flow(entries))?,
                        _ => writeln!(self.output)?,
                    }
                }
                Ok(())
            }
            Out::Content(content) => self.content(deeper, content),
        }
    }
}

fn flow(entries: &[(&str, Out<'_>)]) -> String {
    let entries: Vec<String> = entries
        .iter()
        .map(|(key, value)| match value {
            Out::Text(text) => format!("{key}: {}", quoted_in_flow(text)),
            Out::Flag(flag) => format!("{key}: {flag}"),
            _ => format!("{key}: {{}}"),
        })
        .collect();
    format!("{{{}}}", entries.join(", "))
}
