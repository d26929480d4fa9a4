//! `read --strings`: the texts in a stretch of memory.

use std::io::{self, Write};

use dumpedit::{Chunk, FoundText, Location, Strings};
use serde_json::json;

use crate::commands::read::Reading;
use crate::failure::Failure;
use crate::output::text::{Style, shown};
use crate::output::{Output, json};

/// Lists the texts of at least so many letters as they are found.
pub(super) fn run(reading: &Reading<'_>, least: usize, output: &mut Output) -> Result<(), Failure> {
    let json = output.is_json();
    let mut read = Ok(());
    output.stream(|out, style| {
        let mut listing = Listing { reading, out, style: *style, json, separator: "", written: Ok(()) };
        if json {
            let outcome = reading.outcome;
            let stopped = json::stop(reading.dump, reading.context, outcome.stopped.as_ref());
            let (requested, completed) = (outcome.requested, outcome.completed);
            let head = format!(
                r#"{{"requested":{requested},"completed":{completed},"stopped":{stopped},"strings":["#
            );
            listing.out.write_all(head.as_bytes())?;
        }
        let mut strings = Strings::new(least, reading.dump.layout().byte_order());
        read = reading.chunks(|chunk| {
            match chunk {
                Chunk::Bytes(bytes) => strings.push(bytes, |text| listing.text(&text)),
                Chunk::Zeros(size) => strings.push_zeros(size, |text| listing.text(&text)),
            }
            // What cannot be written need not be looked for.
            if listing.written.is_ok() { Ok(()) } else { Err(Failure::stopped()) }
        });
        if listing.written.is_ok() {
            strings.finish(|text| listing.text(&text));
        }
        if json && listing.written.is_ok() {
            listing.written = listing.out.write_all(b"]}\n");
        }
        if listing.written.is_err() {
            read = Ok(());
        }
        listing.written
    })?;
    read
}

struct Listing<'a> {
    reading: &'a Reading<'a>,
    out: &'a mut dyn Write,
    style: Style,
    json: bool,
    separator: &'static str,
    written: io::Result<()>,
}

impl Listing<'_> {
    fn text(&mut self, text: &FoundText) {
        if self.written.is_ok() {
            self.written = if self.json { self.in_json(text) } else { self.in_words(text) };
        }
    }

    fn in_json(&mut self, text: &FoundText) -> io::Result<()> {
        let at = self.reading.location.offset(text.offset);
        let view = json!({
            "address": self.reading.dump.display(self.reading.context, at),
            "encoding": if text.wide { "utf-16" } else { "ascii" },
            "text": text.text,
        });
        write!(self.out, "{}{view}", self.separator)?;
        self.separator = ",\n";
        Ok(())
    }

    fn in_words(&mut self, text: &FoundText) -> io::Result<()> {
        let digits = usize::from(self.reading.dump.layout().pointer_width()).saturating_mul(2);
        let at = match self.reading.location.offset(text.offset) {
            Location::Virtual(address) => format!("0x{address:0digits$x}"),
            register => self.reading.dump.display(self.reading.context, register),
        };
        let kind = if text.wide { "utf16" } else { "ascii" };
        writeln!(self.out, "{}  {}  {}", self.style.faint(&at), self.style.faint(kind), shown(&text.text))
    }
}
