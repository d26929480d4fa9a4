//! `strings` and `read --strings`: list the strings of the memory, or of a range.

use dumpedit::notation::{self, LocationRange, RangeText};
use dumpedit::{Context, Dump, Encoding, Found, FoundText, Location, Strings, TextFilter};
use serde_json::{Value, json};

use crate::args::{StringsArguments, Texts};
use crate::commands::open::open;
use crate::commands::reading::Reading;
use crate::commands::thread_argument::{reading, thread};
use crate::done::Done;
use crate::failure::Failure;
use crate::output::places::Places;
use crate::output::text::{Style, shown};
use crate::output::{Output, json};

pub(super) fn run(arguments: &StringsArguments, output: &mut Output) -> Result<Done, Failure> {
    let range: Option<RangeText> = arguments.range.as_deref().map(str::parse).transpose()?;
    let mut filter = TextFilter::default();
    filter.least = usize::try_from(notation::length(&arguments.min)?).unwrap_or(usize::MAX);
    filter.only = match arguments.encoding {
        Texts::All => None,
        Texts::Ascii => Some(Encoding::Utf8),
        Texts::Utf16 => Some(Encoding::Utf16),
    };
    let dump = open(&arguments.dump, output)?;
    if let Some(range) = &range {
        let (first, len) = reading(&dump, &arguments.thread, output, |context| {
            let scope = dump.scope(context);
            let LocationRange { start, len, .. } = scope.range(range)?;
            Ok((dump.linearize(scope.context(), start)?, len))
        })?;
        let rest = len.checked_sub(1).ok_or_else(|| Failure::empty(&format!("the range '{range}'")))?;
        (filter.first, filter.last) = (first, first.saturating_add(rest));
    }
    if range.is_none() && arguments.thread.thread.is_some() {
        // The output does not depend on the thread, but a given thread must exist.
        thread(&dump, &arguments.thread)??;
    }
    let found = listed(&dump, filter, output)?;
    output.passed_over(&found);
    Ok(if found.matches > 0 { Done::All } else { Done::Part })
}

/// Lists the strings of the memory as they are found.
fn listed(dump: &Dump, filter: TextFilter, output: &mut Output) -> Result<Found, Failure> {
    let json = output.is_json();
    let mut places = Places::new(dump);
    let listing = Listing { dump, context: Context::Process, start: Location::Virtual(0) };
    output.listing(|style, line, progress| {
        let mut each = |text: FoundText| match json {
            true => line(&in_memory(listing.in_json(&text), &text, &mut places)),
            false => line(&listing.in_words(&text, style)),
        };
        dump.texts(filter, &mut each, progress)
    })
}

/// The JSON of a string with its place in memory, as for `find`.
fn in_memory(mut view: Value, text: &FoundText, places: &mut Places<'_>) -> Value {
    if let Some(object) = view.as_object_mut() {
        let size = if text.wide { 2 } else { 1 };
        object.insert("length".to_owned(), json!(text.text.len().saturating_mul(size)));
        object.insert("module".to_owned(), json!(places.in_module(text.offset)));
        object.insert("region".to_owned(), json::region(places.region(text.offset)));
    }
    view
}

/// Lists the strings of at least `least` letters in a range.
pub(super) fn of_reading(reading: &Reading<'_>, least: usize, output: &mut Output) -> Result<(), Failure> {
    let json = output.is_json();
    let Reading { dump, context, location, outcome } = *reading;
    let listing = Listing { dump, context, start: location };
    let mut read = Ok(());
    let notices = if json { output.take_notices() } else { Vec::new() };
    let notices = json::notices(&notices);
    output.stream(|out, style| {
        if json {
            let stopped = json::stop(dump, context, outcome.stopped.as_ref());
            let (requested, completed) = (outcome.requested, outcome.completed);
            write!(
                out,
                r#"{{"requested":{requested},"completed":{completed},"stopped":{stopped},"strings":["#
            )?;
        }
        let (mut written, mut separator) = (Ok(()), "");
        let mut tell = |text: FoundText| {
            if written.is_ok() {
                written = match json {
                    true => {
                        write!(out, "{}{}", std::mem::replace(&mut separator, ",\n"), listing.in_json(&text))
                    }
                    false => writeln!(out, "{}", listing.in_words(&text, *style)),
                };
            }
            written.is_ok()
        };
        let mut strings = Strings::new(least, dump.layout().byte_order());
        read = reading.chunks(|chunk| {
            let mut wanted = true;
            strings.push_chunk(chunk, |text| wanted = tell(text));
            // After a failed write, the search ends.
            if wanted { Ok(()) } else { Err(Failure::stopped()) }
        });
        strings.finish(|text| _ = tell(text));
        if written.is_err() {
            read = Ok(());
        }
        written.and_then(|()| if json { writeln!(out, "],\"notices\":{notices}}}") } else { Ok(()) })
    })?;
    read
}

/// Shows strings.
struct Listing<'a> {
    dump: &'a Dump,
    context: Context,
    /// Location of the byte at offset 0.
    start: Location,
}

impl Listing<'_> {
    fn in_json(&self, text: &FoundText) -> Value {
        json!({
            "address": self.dump.display(self.context, self.start.offset(text.offset)),
            "encoding": if text.wide { "utf-16" } else { "ascii" },
            "text": text.text,
        })
    }

    fn in_words(&self, text: &FoundText, style: Style) -> String {
        let digits = usize::from(self.dump.layout().pointer_width()).saturating_mul(2);
        let at = match self.start.offset(text.offset) {
            Location::Virtual(address) => format!("0x{address:0digits$x}"),
            register => self.dump.display(self.context, register),
        };
        let kind = if text.wide { "utf16" } else { "ascii" };
        format!("{}  {}  {}", style.faint(&at), style.faint(kind), shown(&text.text))
    }
}
