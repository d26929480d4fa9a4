//! Where a command's words go: data to standard output, everything else to standard error.

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
    /// Whether only what was asked for and what went wrong is told.
    quiet: bool,
    colour: Colour,
    /// Whether standard output is taken by a dump, so that what would go there goes to standard error.
    taken: bool,
    /// Whether the command is only tried out: nothing is told, and what it would print first ends it.
    trial: bool,
    /// Notices that the JSON document is still to hold.
    held: RefCell<Vec<Notice>>,
    /// The symbols of the dumps that were opened, and how many of their notices were told.
    symbols: RefCell<Vec<(Arc<Symbols>, usize)>>,
    /// How text on standard output may look.
    pub(crate) style: Style,
}

impl Output {
    pub(crate) fn new(json: bool, quiet: bool, colour: Colour) -> Self {
        let style = Style::on(&Term::stdout(), colour);
        let (held, symbols) = Default::default();
        Output { json, quiet, colour, taken: false, trial: false, held, symbols, style }
    }

    /// The output of a command that is only tried out.
    pub(crate) fn of_trial() -> Self {
        Output { trial: true, ..Output::new(false, true, Colour::Never) }
    }

    /// Whether anything may be printed.
    fn check(&self) -> Result<(), Failure> {
        if self.trial { Err(Failure::tried()) } else { Ok(()) }
    }

    /// Whether text may tell more than a script would expect: on a terminal, and where colours are asked for.
    pub(crate) fn remarks(&self) -> bool {
        Term::stdout().is_term() || self.style.is_coloured()
    }

    /// How many columns standard output has, where it is a terminal.
    pub(crate) fn columns(&self) -> Option<usize> {
        self.style.columns()
    }

    /// Whether JSON was asked for.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Leaves standard output to a dump: from now on everything else goes to standard error.
    pub(crate) fn leave_standard_output(&mut self) {
        self.taken = true;
        self.style = Style::on(&Term::stderr(), self.colour);
    }

    /// Lines of text on standard output.
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

    /// Lines that tell what was done, which nobody asked for.
    pub(crate) fn report(&mut self, text: &[u8]) -> Result<(), Failure> {
        if self.quiet { Ok(()) } else { self.data(text) }
    }

    /// Bytes on standard output, just as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.check()?;
        finish(io::stdout().lock().write_all(bytes))
    }

    /// A listing of any length on standard output: lines of text, or of JSON where that was asked for.
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

    /// The command's one JSON document, an object, which gets the notices as its last key.
    pub(crate) fn document(&mut self, document: &impl Serialize) -> Result<(), Failure> {
        #[derive(Serialize)]
        struct WithNotices<'a, T> {
            #[serde(flatten)]
            document: &'a T,
            notices: Value,
        }
        let notices = json::notices(&self.take_notices());
        self.bare_document(&WithNotices { document, notices })
    }

    /// The command's one JSON document, where that is a list or has a form of its own: notices go to standard error.
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

    /// What could not be told of something that is done does not make it fail.
    pub(crate) fn done(&self, told: Result<(), Failure>) {
        if let Err(failure) = told {
            self.say(&failure.message);
        }
    }

    /// Something that the user should know, on standard error.
    pub(crate) fn say(&self, text: &str) {
        if self.trial {
            return;
        }
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(io::stderr().lock(), "dumpedit: {}", Visible(text));
    }

    /// The same behind a label that may be coloured.
    fn say_under(&self, label: &str, text: &str) {
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(io::stderr().lock(), "dumpedit: {label} {}", Visible(text));
    }

    /// A notice of the command itself.
    pub(crate) fn notice(&self, kind: NoticeKind, message: impl Into<String>) {
        self.notices([&Notice::new(kind, message)]);
    }

    /// Tells notices on standard error, or keeps them for the JSON document.
    pub(crate) fn notices<'a>(&self, notices: impl IntoIterator<Item = &'a Notice>) {
        for notice in notices {
            if self.json {
                self.held.borrow_mut().push(notice.clone());
            } else if !self.quiet {
                self.say(&format!("notice: {notice}"));
            }
        }
    }

    /// Tells in time what is to be known of symbols that were used of a dump.
    pub(crate) fn watch(&self, dump: &Dump) {
        let symbols = dump.named_symbols().cloned();
        self.symbols.borrow_mut().extend(symbols.map(|symbols| (symbols, 0)));
    }

    /// The notices so far, for a JSON document that is written piece by piece.
    pub(crate) fn take_notices(&self) -> Vec<Notice> {
        let mut notices = self.held.take();
        for (symbols, told) in self.symbols.borrow_mut().iter_mut() {
            let all = symbols.notices();
            notices.extend(all.iter().skip(*told).cloned());
            *told = all.len();
        }
        notices
    }

    /// Tells the notices on standard error that no JSON document took.
    pub(crate) fn tell_rest(&self) {
        for notice in self.take_notices().iter().filter(|_| !self.quiet) {
            self.say(&format!("notice: {notice}"));
        }
    }

    /// The failure that ends the command.
    pub(crate) fn fail(&mut self, failure: &Failure) {
        if self.json {
            // With standard output closed, the exit code is all that is left.
            let _ = self.bare_document(&json!({ "error": json::failure(failure) }));
            return;
        }
        let style = Style::on(&Term::stderr(), self.colour);
        self.explain(&style.alarm("error:"), failure);
    }

    /// A line of a script that was left out, or done in part, while the others go on.
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
            // Nobody is left to tell when standard error is closed.
            let _ = writeln!(io::stderr().lock(), "{}", place.excerpt);
        }
        if let Some(hint) = &failure.hint {
            self.hint(hint);
        }
    }

    /// What to do next. A command in it keeps the line breaks that it has (see [`crate::shell::word`]).
    pub(crate) fn hint(&self, hint: &str) {
        if self.quiet {
            return;
        }
        let mut out = Escaped::text(io::stderr().lock(), false);
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(out, "dumpedit: hint: {hint}");
    }
}

/// A reader that went away has seen enough; any other failure is one.
fn finish(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::output(&error)),
        Ok(()) => Ok(()),
    }
}
