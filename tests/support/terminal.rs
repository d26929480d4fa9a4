//! The binary on a pseudo-terminal of util-linux's `script`: what a person sees and types.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::tools::have;

/// A command that runs on a terminal.
pub(crate) struct Terminal {
    child: Child,
    keys: ChildStdin,
    screen: ChildStdout,
    /// Everything written to the terminal so far.
    written: Vec<u8>,
}

impl Terminal {
    /// Starts `dumpedit ARGUMENTS` on a terminal of `columns` columns; `None`, with a message, where none is available.
    pub(crate) fn start(columns: u16, arguments: &[&str]) -> Option<Terminal> {
        if !have("script") {
            return None;
        }
        let words: Vec<String> = arguments.iter().map(|word| format!("'{word}'")).collect();
        let binary = env!("CARGO_BIN_EXE_dumpedit");
        let line =
            format!("stty cols {columns} rows 24; exec env --default-signal {binary} {}", words.join(" "));
        let mut child = Command::new("script")
            .args(["--quiet", "--return", "--flush", "--command", &line, "/dev/null"])
            .env("TERM", "xterm-256color")
            .env_remove("NO_COLOR")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (keys, screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Some(Terminal { child, keys, screen, written: Vec::new() })
    }

    /// Waits until a text was written to the terminal `times` times.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str, times: usize) {
        while self.text().matches(text).count() < times {
            assert!(self.read(), "it ended without {times} of {text:?}: {:?}", self.text());
        }
    }

    /// Types keys.
    pub(crate) fn type_in(&mut self, keys: &[u8]) {
        self.keys.write_all(keys).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits for the end; returns everything written, and the exit code.
    pub(crate) fn end(mut self) -> (String, i32) {
        while self.read() {}
        (self.text(), self.child.wait().unwrap().code().unwrap())
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.written).into_owned()
    }

    fn read(&mut self) -> bool {
        let mut block = [0; 4096];
        // Reading a closed terminal is an error on some systems, and the end on others.
        let read = self.screen.read(&mut block).unwrap_or(0);
        self.written.extend(&block[..read]);
        read > 0
    }
}

/// The lines on the screen of a terminal after some text was written to it.
pub(crate) fn shown(written: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let (mut row, mut column) = (0usize, 0usize);
    let mut letters = written.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\r' => column = 0,
            '\n' => {
                row += 1;
                lines.resize(lines.len().max(row + 1), String::new());
            }
            '\x1b' => {
                letters.next();
                let mut number = String::new();
                while let Some(digit) = letters.next_if(|letter| !letter.is_ascii_alphabetic()) {
                    number.push(digit);
                }
                match letters.next() {
                    Some('A') => row = row.saturating_sub(number.parse().unwrap_or(1)),
                    Some('K') => lines[row].clear(),
                    _ => {}
                }
            }
            letter => {
                let mut line: Vec<char> = lines[row].chars().collect();
                line.resize(line.len().max(column + 1), ' ');
                line[column] = letter;
                lines[row] = line.into_iter().collect();
                column += 1;
            }
        }
    }
    lines
}
