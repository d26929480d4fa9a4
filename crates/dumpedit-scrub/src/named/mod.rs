//! Places that a dump names: environment, arguments, paths and names, whatever their text.

mod linux;
mod moved;
mod notes;
mod stack;
mod streams;
mod windows;

use std::collections::HashSet;
use std::ops::Range;

use dumpedit::model::{Content, Model};
use dumpedit::{Dump, Error, Fields, Place, Span};

use crate::class::Class;
use crate::finding::{Finding, Stored};
use crate::found_by::{By, RULES};
use crate::letters::Letters;
use crate::matcher::folders;
use crate::module_names::ModuleNames;
use crate::replaced::is_replaced;
use crate::spread::{LEAST_NAME, Spread};
use crate::system_folders::is_of_system;
use crate::text::runs;
use crate::values::Values;

/// Most bytes of one place that are read.
const MOST: u64 = 16 << 20;

/// Texts in the places that a dump names.
#[derive(Debug)]
pub(crate) struct Named<'d> {
    dump: &'d Dump,
    model: &'d Model,
    fields: &'d Fields,
    /// Tells which classes are looked for.
    wanted: &'d dyn Wanted,
    pub(crate) module_names: ModuleNames,
    pub(crate) findings: HashSet<Finding>,
    /// Values to look for elsewhere.
    pub(crate) values: Values,
    /// Number of places whose value was replaced before, and would be looked for elsewhere.
    pub(crate) blank: u64,
    /// Addresses of the strings at the top of a stack, which are no words.
    pub(crate) strings: Vec<Span>,
}

/// Tells which classes are looked for.
pub(crate) trait Wanted: std::fmt::Debug {
    fn wants(&self, class: Class) -> bool;
}

/// Letters stored in some bytes.
#[derive(Clone, Debug)]
struct Text {
    stored: Stored,
    letters: Letters,
    /// One byte a letter, whatever the encoding.
    narrow: Vec<u8>,
}

impl Text {
    fn new(stored: Stored, letters: Letters) -> Text {
        let narrow = letters.narrow(&stored.bytes);
        Text { stored, letters, narrow }
    }

    fn get(&self, range: &Range<usize>) -> &[u8] {
        self.narrow.get(range.clone()).unwrap_or_default()
    }

    /// A part of the text as UTF-8.
    fn utf8(&self, range: &Range<usize>) -> Vec<u8> {
        if self.letters == Letters::Bytes {
            return self.get(range).to_vec();
        }
        let bytes = self.stored.bytes.get(range.start * 2..range.end * 2).unwrap_or_default();
        self.letters.order().utf16(bytes).into_bytes()
    }

    /// The parts between separators, without empty ones.
    fn split(&self, separator: impl Fn(u8) -> bool) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        let mut start = 0;
        for (at, byte) in self.narrow.iter().chain(std::iter::once(&0)).enumerate() {
            if separator(*byte) || at == self.narrow.len() {
                if at > start {
                    parts.push(start..at);
                }
                start = at + 1;
            }
        }
        parts
    }

    fn all(&self) -> Range<usize> {
        0..self.narrow.len()
    }
}

impl<'d> Named<'d> {
    /// Visits every place that the dump names.
    pub(crate) fn find(dump: &'d Dump, model: &'d Model, wanted: &'d dyn Wanted) -> Result<Named<'d>, Error> {
        let mut named = Named {
            dump,
            model,
            fields: dump.fields()?,
            wanted,
            module_names: ModuleNames::of(dump),
            findings: HashSet::new(),
            values: Values::default(),
            blank: 0,
            strings: Vec::new(),
        };
        named.notes();
        named.streams();
        named.stack();
        named.moved_environment();
        named.windows();
        Ok(named)
    }

    /// Encoding of the dump's UTF-16.
    fn wide(&self) -> Letters {
        Letters::wide(self.dump.layout().byte_order())
    }

    fn in_file(&self, place: Place, letters: Letters) -> Text {
        Text::new(Stored::of_file(self.dump, place, MOST), letters)
    }

    fn in_memory(&self, address: u64, size: u64, letters: Letters) -> Text {
        Text::new(Stored::of_memory(self.dump, address, size.min(MOST)), letters)
    }

    /// The bytes of a part of the model, where the file has them.
    fn content(&self, content: &Content, letters: Letters) -> Option<Text> {
        let held = |place: Place| {
            let size = self.dump.layout().file_size().saturating_sub(place.file_offset).min(place.size);
            Place { size, ..place }
        };
        let text = self.in_file(held(content.place()?), letters);
        (!text.narrow.is_empty()).then_some(text)
    }

    fn wants(&self, by: By) -> bool {
        RULES.get(by.index()).is_some_and(|(_, class)| self.wanted.wants(*class))
    }

    /// Adds a part of a text to the findings.
    fn take(&mut self, by: By, text: &Text, range: Range<usize>) {
        if !self.wants(by) || is_replaced(text.get(&range)) {
            return;
        }
        let start = range.start * text.letters.size();
        let findings = &mut self.findings;
        text.stored.findings(start, range.len(), text.letters, by.index(), &mut |finding| {
            findings.insert(finding);
        });
    }

    /// Adds the folders of a path to the findings; its last part and folders of the system are kept.
    fn take_folders(&mut self, by: By, text: &Text, range: Range<usize>) {
        let folders = range.start..range.start + folders(text.get(&range)).len();
        let path = text.utf8(&folders);
        if is_of_system(&path) {
            return;
        }
        if self.wants(By::Path) {
            self.add(By::Path, &path, Spread::Value);
        }
        self.take(by, text, folders);
    }

    /// Adds the folders of every path in a text of several.
    fn take_paths(&mut self, text: &Text) {
        for line in text.split(|byte| matches!(byte, 0 | b'\n' | b'\r')) {
            let bytes = text.get(&line);
            let unix = memchr::memchr(b'/', bytes);
            let drive = bytes
                .windows(3)
                .position(|part| matches!(part, [letter, b':', b'\\'] if letter.is_ascii_alphabetic()));
            if let Some(start) = unix.into_iter().chain(drive).min() {
                self.take_folders(By::Path, text, line.start + start..line.end);
            }
        }
    }

    /// Adds the folders of the paths in bytes that are not all text.
    fn take_paths_among(&mut self, stored: &Stored) {
        let mut found = Vec::new();
        runs(&stored.bytes, &mut |run| found.push(run));
        for run in found.iter().filter(|run| run.form == Letters::Bytes) {
            let text = Text::new(stored.clone(), Letters::Bytes);
            let range = run.start..run.start + run.letters;
            if let Some(start) = memchr::memchr(b'/', text.get(&range)) {
                self.take_folders(By::Path, &text, range.start + start..range.end);
            }
        }
    }

    /// Looks for a value elsewhere, too.
    fn spread(&mut self, by: By, value: &[u8], is_name: bool) {
        let names = &self.module_names;
        let is_of_module = names.in_words(value) || (is_name && names.has(value));
        if self.wants(by) && !is_of_module {
            self.add(by, value, if is_name { Spread::Name } else { Spread::Value });
        }
    }

    fn add(&mut self, by: By, value: &[u8], spread: Spread) {
        if !is_replaced(value) {
            self.values.add(value, by.index(), spread);
        } else if value.len() >= spread.least() && value.iter().any(u8::is_ascii_alphanumeric) {
            self.blank = self.blank.saturating_add(1);
        }
    }

    /// Adds the value of an environment string `NAME=VALUE`. The name is kept.
    fn variable(&mut self, text: &Text, range: Range<usize>) {
        // Windows has the current folders of drives in variables that begin with `=`.
        let skipped = 1.min(range.len());
        let sign = memchr::memchr(b'=', text.get(&(range.start + skipped..range.end)));
        let (name, value) = match sign {
            Some(sign) => {
                let sign = range.start + skipped + sign;
                (range.start..sign, sign + 1..range.end)
            }
            // Not a variable.
            None => (range.start..range.start, range.clone()),
        };
        let letters = text.utf8(&value);
        let name = String::from_utf8_lossy(text.get(&name)).to_ascii_uppercase();
        self.take(By::Environment, text, value);
        let last = |path: &[u8]| {
            path.rsplit(|byte| matches!(byte, b'/' | b'\\')).next().unwrap_or_default().to_vec()
        };
        match name.as_str() {
            "USER" | "LOGNAME" | "USERNAME" | "SUDO_USER" | "LNAME" => {
                self.spread(By::UserName, &letters, true)
            }
            "HOME" | "USERPROFILE" | "HOMEPATH" | "SUDO_HOME" => {
                let name = last(&letters);
                self.spread(By::UserName, &name, true);
                // A name too short to look for alone is recognized by its folder.
                if name.len() < LEAST_NAME && letters.len() >= LEAST_NAME {
                    self.spread(By::UserName, &letters, true);
                }
            }
            "HOSTNAME" | "COMPUTERNAME" | "USERDOMAIN" | "HOST" | "LOGONSERVER" => {
                self.spread(By::HostName, &last(&letters), true);
            }
            // The program's own path, and values that every machine has.
            "_" | "PATH" | "SHELL" | "TERM" | "LANG" | "COMSPEC" | "PATHEXT" | "OS" | "WINDIR"
            | "SYSTEMROOT" => {}
            _ => self.spread(By::Environment, &letters, false),
        }
    }

    /// Adds an argument of the process. The last part of the first, which is the program, is kept.
    fn argument(&mut self, text: &Text, range: Range<usize>, is_first: bool) {
        if is_first {
            return self.take_folders(By::Arguments, text, range);
        }
        let letters = text.utf8(&range);
        let value = match memchr::memchr(b'=', &letters) {
            Some(sign) if letters.starts_with(b"-") => letters.get(sign + 1..).unwrap_or_default(),
            None if letters.starts_with(b"-") => &[],
            _ => &letters,
        };
        self.spread(By::Arguments, value, false);
        self.take(By::Arguments, text, range);
    }

    /// Adds a command line in one piece, whose words are separated by blanks.
    fn command_line(&mut self, text: &Text, range: Range<usize>) {
        let bytes = text.get(&range);
        let end = match bytes.first() {
            Some(b'"') => bytes.iter().skip(1).position(|byte| *byte == b'"').map(|at| at + 2),
            _ => bytes.iter().position(|byte| *byte == b' '),
        };
        let first = range.start + end.unwrap_or(range.len());
        self.argument(text, range.start..first, true);
        let mut start = first;
        while let Some(rest) = Some(start..range.end).filter(|rest| !rest.is_empty()) {
            let bytes = text.get(&rest);
            let length = bytes.iter().position(|byte| *byte == b' ').unwrap_or(bytes.len());
            if length > 0 {
                self.argument(text, start..start + length, false);
            }
            start += length + 1;
        }
    }

    /// Adds the name of a process or a thread; that of the program, which the kernel cuts, is kept.
    fn name(&mut self, by: By, text: &Text, range: Range<usize>) {
        if !self.module_names.is_of_process(&text.utf8(&range)) {
            self.take(by, text, range);
        }
    }
}

/// The range of a text up to its first NUL.
fn until_nul(text: &Text, range: Range<usize>) -> Range<usize> {
    let length = memchr::memchr(0, text.get(&range)).unwrap_or(range.len());
    range.start..(range.start + length).min(text.narrow.len())
}
