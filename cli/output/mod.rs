//! Outputs of a command: data goes to standard output, everything else to standard error.

pub(crate) mod changes;
pub(crate) mod escaped;
pub(crate) mod flags;
pub(crate) mod json;
pub(crate) mod listing;
pub(crate) mod places;
pub(crate) mod progress;
pub(crate) mod remarks;
pub(crate) mod text;
pub(crate) mod values;

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::Arc;

use console::Term;
use dumpedit::notation::Visible;
use dumpedit::symbols::Symbols;
use dumpedit::{Dump, Notice, NoticeKind};
use serde::Serialize;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::escaped::Escaped;
use crate::output::text::{Colour, Style};

/// The command's two outputs.
pub(crate) struct Output {
    json: bool,
    /// Whether only requested data and failures are written.
    quiet: bool,
    colour: Colour,
    /// Whether a dump is written to standard output and everything else goes to standard error.
    taken: bool,
    /// Whether this is a trial run: nothing is written, and the first output ends the command.
    trial: bool,
    /// Notices for the JSON document.
    held: RefCell<Vec<Notice>>,
    /// Whether notices are kept for a document in a file, and those so far.
    keeps: bool,
    kept: RefCell<Vec<Notice>>,
    /// Symbols of the opened dumps, and the number of their notices already written.
    symbols: RefCell<Vec<(Arc<Symbols>, usize)>>,
    /// Style of text on standard output.
    pub(crate) style: Style,
}

/// A JSON document and its notices.
#[derive(Serialize)]
struct WithNotices<'a, T> {
    #[serde(flatten)]
    document: &'a T,
    notices: Value,
}

impl Output {
    pub(crate) fn new(json: bool, quiet: bool, colour: Colour) -> Self {
        let style = Style::on(&Term::stdout(), colour);
        let (held, kept, symbols) = Default::default();
        Output { json, quiet, colour, taken: false, trial: false, held, keeps: false, kept, symbols, style }
    }

    /// The output of a trial run.
    pub(crate) fn of_trial() -> Self {
        Output { trial: true, ..Output::new(false, true, Colour::Never) }
    }

    /// Fails in a trial run, which may not print.
    fn check(&self) -> Result<(), Failure> {
        if self.trial { Err(Failure::tried()) } else { Ok(()) }
    }

    /// Whether text may contain additions for people: on a terminal, and if colours are requested.
    pub(crate) fn remarks(&self) -> bool {
        Term::stdout().is_term() || self.style.is_coloured()
    }

    /// Columns of standard output, if it is a terminal.
    pub(crate) fn columns(&self) -> Option<usize> {
        self.style.columns()
    }

    /// Whether JSON is requested.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Reserves standard output for a dump. From now on, everything else goes to standard error.
    pub(crate) fn leave_standard_output(&mut self) {
        self.taken = true;
        self.style = Style::on(&Term::stderr(), self.colour);
    }

    /// Writes lines of text to standard output.
    pub(crate) fn data(&mut self, text: &[u8]) -> Result<(), Failure> {
        self.check()?;
        let mut escaped = Vec::new();
        let written = Escaped::text(&mut escaped, self.style.is_coloured()).write_all(text);
        finish(written.and_then(|()| {
            if self.taken {
                io::stderr().lock().write_all(&escaped)
            } else {
                io::stdout().lock().write_all(&escaped)
            }
        }))
    }

    /// Writes lines about the result, unless `quiet` is set.
    pub(crate) fn report(&mut self, text: &[u8]) -> Result<(), Failure> {
        if self.quiet { Ok(()) } else { self.data(text) }
    }

    /// Writes bytes to standard output unchanged.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.check()?;
        finish(io::stdout().lock().write_all(bytes))
    }

    /// Writes a listing of any length to standard output, as lines of text or, if requested, of JSON.
    pub(crate) fn stream(
        &mut self,
        write: impl FnOnce(&mut dyn Write, &Style) -> io::Result<()>,
    ) -> Result<(), Failure> {
        self.check()?;
        let buffered = io::BufWriter::new(io::stdout().lock());
        let mut escaped = if self.json {
            Escaped::json(buffered)
        } else {
            Escaped::text(buffered, self.style.is_coloured())
        };
        finish(write(&mut escaped, &self.style).and_then(|()| escaped.flush()))
    }

    /// Writes the JSON document of the command, an object, with the notices as its last key.
    pub(crate) fn document(&mut self, document: &impl Serialize) -> Result<(), Failure> {
        let taken = self.take_notices();
        let notices = json::notices(if self.keeps { &*self.kept.get_mut() } else { &taken });
        self.bare_document(&WithNotices { document, notices })
    }

    /// Keeps all notices for the JSON document of a report, and still writes them.
    pub(crate) fn keep_notices(&mut self) {
        self.keeps = true;
    }

    /// Writes the JSON document of the command to a file, as [`Output::document`] writes it to standard output.
    pub(crate) fn document_in(&self, file: &mut dyn Write, document: &impl Serialize) -> io::Result<()> {
        let notices = json::notices(&*self.kept.borrow());
        let mut out = Escaped::json(io::BufWriter::new(file));
        serde_json::to_writer(&mut out, &WithNotices { document, notices })?;
        out.write_all(b"\n")?;
        out.flush()
    }

    /// Writes the JSON document of the command if it is a list or a spec. The notices go to standard error.
    pub(crate) fn bare_document(&mut self, document: &impl Serialize) -> Result<(), Failure> {
        self.check()?;
        let write = |out: &mut dyn Write| {
            let mut out = Escaped::json(out);
            serde_json::to_writer(&mut out, document)?;
            out.write_all(b"\n")?;
            out.flush()
        };
        finish(if self.taken {
            write(&mut io::BufWriter::new(io::stderr().lock()))
        } else {
            write(&mut io::BufWriter::new(io::stdout().lock()))
        })
    }

    /// Reports a failed output after a finished action; the command does not fail.
    pub(crate) fn done(&self, told: Result<(), Failure>) {
        if let Err(failure) = told {
            self.say(&failure.message);
        }
    }

    /// Writes a message to standard error.
    pub(crate) fn say(&self, text: &str) {
        if self.trial {
            return;
        }
        // A closed standard error cannot be reported.
        let _ = writeln!(io::stderr().lock(), "dumpedit: {}", Visible(text));
    }

    /// Writes a remark to standard error, which `quiet` suppresses.
    pub(crate) fn remark(&self, text: &str) {
        if !self.quiet {
            self.say(text);
        }
    }

    /// Writes a message after a label that may be coloured.
    fn say_under(&self, label: &str, text: &str) {
        // A closed standard error cannot be reported.
        let _ = writeln!(io::stderr().lock(), "dumpedit: {label} {}", Visible(text));
    }

    /// Writes a notice from the command itself.
    pub(crate) fn notice(&self, kind: NoticeKind, message: impl Into<String>) {
        self.notices([&Notice::new(kind, message)]);
    }

    /// Writes notices to standard error, or keeps them for the JSON document.
    pub(crate) fn notices<'a>(&self, notices: impl IntoIterator<Item = &'a Notice>) {
        for notice in notices {
            if self.keeps {
                self.kept.borrow_mut().push(notice.clone());
            }
            if self.json {
                self.held.borrow_mut().push(notice.clone());
            } else if !self.quiet {
                self.say(&format!("notice: {notice}"));
            }
        }
    }

    /// Adds the symbols of a dump. Their notices are written after use.
    pub(crate) fn watch(&self, dump: &Dump) {
        let symbols = dump.named_symbols().cloned();
        self.symbols.borrow_mut().extend(symbols.map(|symbols| (symbols, 0)));
    }

    /// The notices so far, for a JSON document that is written in pieces.
    pub(crate) fn take_notices(&self) -> Vec<Notice> {
        let mut notices = self.held.take();
        for (symbols, told) in self.symbols.borrow_mut().iter_mut() {
            let all = symbols.notices();
            notices.extend(all.iter().skip(*told).cloned());
            *told = all.len();
        }
        notices
    }

    /// Writes the notices that are in no JSON document to standard error.
    pub(crate) fn tell_rest(&self) {
        for notice in self.take_notices().iter().filter(|_| !self.quiet) {
            self.say(&format!("notice: {notice}"));
        }
    }

    /// Writes the failure that ends the command.
    pub(crate) fn fail(&mut self, failure: &Failure) {
        if self.json {
            // If standard output is closed, only the exit code reports the failure.
            let _ = self.bare_document(&json!({ "error": json::failure(failure) }));
            return;
        }
        let style = Style::on(&Term::stderr(), self.colour);
        self.explain(&style.alarm("error:"), failure);
    }

    /// Writes the failure of a script line that was skipped or done in part.
    pub(crate) fn left_out(&self, failure: &Failure, in_part: bool) {
        let style = Style::on(&Term::stderr(), self.colour);
        self.explain(&style.alarm(if in_part { "done in part:" } else { "left out:" }), failure);
    }

    fn explain(&self, what: &str, failure: &Failure) {
        if self.trial {
            return;
        }
        self.say_under(what, &failure.message);
        if let Some(place) = &failure.place {
            // A closed standard error cannot be reported.
            let _ = writeln!(io::stderr().lock(), "{}", place.excerpt);
        }
        if let Some(hint) = &failure.hint {
            self.hint(hint);
        }
    }

    /// Writes a hint. A command in it keeps its line breaks (see [`crate::shell::word`]).
    pub(crate) fn hint(&self, hint: &str) {
        if self.quiet {
            return;
        }
        let mut out = Escaped::text(io::stderr().lock(), false);
        // A closed standard error cannot be reported.
        let _ = writeln!(out, "dumpedit: hint: {hint}");
    }
}

/// A closed pipe is not a failure; any other error is.
fn finish(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::output(&error)),
        Ok(()) => Ok(()),
    }
}
