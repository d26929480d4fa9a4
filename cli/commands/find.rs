//! `find`: where patterns stand in the captured memory.

use std::cell::{Cell, RefCell};
use std::io;
use std::ops::ControlFlow;

use dumpedit::notation::{self, Operation, Pattern, Replacement, SearchText};
use dumpedit::{Context, Dump, EditOptions, Encoding, Found, Match, Notice, Outside, Search};
use serde_json::{Value, json};

use crate::args::{EditArguments, FindArguments};
use crate::commands::{Done, edit, open, passed_over, reading};
use crate::failure::Failure;
use crate::output::places::Places;
use crate::output::progress::Bar;
use crate::output::text::{self, Style};
use crate::output::{Output, json};
use crate::shell;

/// The most bytes of a match that the JSON has.
const MOST_BYTES: u64 = 64;

pub(super) fn run(arguments: &FindArguments, output: &mut Output) -> Result<Done, Failure> {
    let text = arguments.search()?;
    if text.most == Some(0) && !arguments.empty.allow_empty {
        return Err(Failure::empty("what --max 0 asks for"));
    }
    if let Some(with) = arguments.replacement()? {
        if with.is_empty() && !arguments.empty.allow_empty {
            return Err(Failure::empty("what is written over a match"));
        }
        let operation = Operation::Replace { search: Box::new(text), with };
        let rules = EditOptions::default()
            .all_or_nothing(arguments.all_or_nothing)
            .allow_structure(arguments.allow_structure);
        let line = arguments.edit.line(operation, rules)?;
        // What of the file is no memory stays as it is, so that it can be looked at before.
        let (done, outside) = edit::run_after(
            &arguments.dump,
            &arguments.edit,
            &line,
            arguments.empty,
            output,
            |dump, output| {
                let search = arguments.search()?;
                let search = reading(dump, &arguments.edit.thread, output, |thread| {
                    Ok(dump.scope(thread).search(&search)?)
                })?;
                Ok(dump.find_outside(&search)?)
            },
        )?;
        output.notices(&told("still holds", &outside));
        let EditArguments { dry_run, output: to, no_undo, .. } = &arguments.edit;
        if to.is_none() && !dry_run && !no_undo && done != Done::Nothing {
            let forget = shell::path(&arguments.dump);
            output.notices([&Notice(format!(
                "the journal keeps the old bytes, so that they can come back; dumpedit forget {forget} removes it"
            ))]);
        }
        return Ok(done);
    }
    if arguments.edit.changes_how() {
        return Err(Failure::nothing_replaced());
    }
    let dump = open(&arguments.dump, output)?;
    let search =
        reading(&dump, &arguments.edit.thread, output, |thread| Ok(dump.scope(thread).search(&text)?))?;
    let found = if arguments.count {
        counted(&dump, &search, output)?
    } else {
        listed(&dump, &search, &text.patterns, &arguments.patterns, output)?
    };
    output.notices(&passed_over(&found));
    if found.complete && text.range.is_none() && text.stack_of.is_none() {
        output.notices(&told("holds", &dump.find_outside(&search)?));
    }
    Ok(if found.matches > 0 { Done::All } else { Done::Part })
}

/// What there is to say of matches where no search of the memory finds them.
fn told(holds: &str, outside: &Outside) -> Vec<Notice> {
    let Outside { count, places, ended, .. } = outside;
    let mut notices = Vec::new();
    if *count > 0 {
        let matches = if *count == 1 { "1 match".to_owned() } else { format!("{count} matches") };
        let more = if *count > places.len() as u64 { " and elsewhere" } else { "" };
        notices
            .push(Notice(format!("the file {holds} {matches} outside memory: {}{more}", places.join("; "))));
    }
    if let Some(file_offset) = ended {
        notices.push(Notice(format!(
            "what is outside memory was searched up to file offset {file_offset:#x} only, since the pattern takes too many \
             steps there"
        )));
    }
    notices
}

impl FindArguments {
    /// What is looked for, and where.
    fn search(&self) -> Result<SearchText, Failure> {
        let patterns = self.patterns.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
        let number = |text: &Option<String>| text.as_deref().map(notation::length).transpose();
        let mut search = SearchText::new(patterns);
        search.range = self.range.as_deref().map(str::parse).transpose()?;
        search.stack_of = self.stack_of.as_deref().map(str::parse).transpose()?;
        search.align = number(&self.align)?;
        search.most = number(&self.max)?;
        search.ignore_case = self.ignore_case;
        Ok(search)
    }

    /// What is written over the matches.
    fn replacement(&self) -> Result<Option<Replacement>, Failure> {
        let pad = self.pad.as_deref().map(Replacement::padding).transpose()?;
        Ok(match (&self.replace, &self.mask) {
            (Some(text), _) => Some(text.parse::<Replacement>()?.padded(pad)),
            (None, Some(mask)) => Some(Replacement::mask(mask)?),
            (None, None) => None,
        })
    }
}

impl EditArguments {
    /// Whether any of what says how an edit is done was given.
    fn changes_how(&self) -> bool {
        let EditArguments { thread: _, wait: _, dry_run, output, overwrite, receipt, hash, no_undo, no_sync } =
            self;
        *dry_run || output.is_some() || *overwrite || receipt.is_some() || *hash || *no_undo || *no_sync
    }
}

fn counted(dump: &Dump, search: &Search, output: &mut Output) -> Result<Found, Failure> {
    let mut bar = Bar::new("searching");
    let found = dump.count(search, &mut |progress| bar.report(progress))?;
    drop(bar);
    if output.is_json() {
        output.document(&json!({ "count": found.matches }))?;
    } else {
        output.data(format!("{}\n", found.matches).as_bytes())?;
    }
    Ok(found)
}

fn listed(
    dump: &Dump,
    search: &Search,
    patterns: &[Pattern],
    names: &[String],
    output: &mut Output,
) -> Result<Found, Failure> {
    let json = output.is_json();
    let places = Places::new(dump);
    let mut found = Ok(Found::default());
    output.stream(|out, style| {
        let mut listing = Listing { dump, places, patterns, names, style: *style, has_heading: false };
        let out = RefCell::new(out);
        let bar = RefCell::new(Bar::new("searching"));
        let written = Cell::new(Ok(()));
        let keep = |result: io::Result<()>| {
            let flow = if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
            written.set(result);
            flow
        };
        found = dump.find(
            search,
            &mut |one| {
                let line = if json { listing.in_json(&one).to_string() } else { listing.in_words(&one) };
                keep(bar.borrow().beside(|| writeln!(out.borrow_mut(), "{line}")))
            },
            &mut |progress| {
                bar.borrow_mut().report(progress)?;
                // Whoever waits for matches gets them as they are found.
                keep(bar.borrow().beside(|| out.borrow_mut().flush()))
            },
        );
        written.into_inner()
    })?;
    Ok(found?)
}

/// Matches as they are shown.
struct Listing<'a> {
    dump: &'a Dump,
    places: Places<'a>,
    patterns: &'a [Pattern],
    /// The patterns as they were written.
    names: &'a [String],
    style: Style,
    has_heading: bool,
}

impl Listing<'_> {
    /// The bytes from a match on, as many as there are up to a limit.
    fn bytes(&self, one: &Match, most: u64) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(most).unwrap_or(0)];
        // A file that cannot be read any more ends the search itself.
        let read = self.dump.read_bytes(Context::Process, one.address, &mut bytes);
        bytes.truncate(read.map_or(0, |outcome| usize::try_from(outcome.completed).unwrap_or(0)));
        bytes
    }

    fn pattern(&self, one: &Match) -> &str {
        self.names.get(one.matcher).map_or("", String::as_str)
    }

    fn in_json(&mut self, one: &Match) -> Value {
        json!({
            "address": json::hex(one.address),
            "length": one.length,
            "file_offset": one.file_offset,
            "pattern": self.pattern(one),
            "module": self.places.in_module(one.address),
            "region": json::region(self.places.region(one.address)),
            "encoding": one.encoding.map(Encoding::name),
            "bytes": json::bytes(&self.bytes(one, one.length.min(MOST_BYTES))),
        })
    }

    /// Address, place, file offset where there is room for it, and bytes from the match on; of a text, all that fits.
    fn in_words(&mut self, one: &Match) -> String {
        /// So many bytes are shown where they fit.
        const SHOWN: usize = 16;
        /// A line with the file offset and so many bytes has so many columns.
        const FULL: usize = 126;
        /// A pattern's name has so many letters on a terminal.
        const LONGEST_NAME: usize = 16;
        let columns = self.style.columns().unwrap_or(usize::MAX);
        let is_full = columns >= FULL;
        let digits = usize::from(self.dump.layout().pointer_width()).saturating_mul(2);
        let place_width = if is_full { 24 } else { 22 };
        let place = text::shown(&self.places.in_words(one.address).unwrap_or_default());
        let pattern = if self.names.len() > 1 { text::shown(self.pattern(one)) } else { String::new() };
        let pattern = match pattern.chars().nth(LONGEST_NAME) {
            None if pattern.is_empty() => pattern,
            Some(_) if self.style.columns().is_some() => {
                format!("  {}…", pattern.chars().take(LONGEST_NAME.saturating_sub(1)).collect::<String>())
            }
            _ => format!("  {pattern}"),
        };
        let head = format!("0x{:0digits$x}  {place:place_width$}", one.address);
        let file_offset = if is_full { format!("  {:#010x}", one.file_offset) } else { String::new() };
        // Behind what was said, there are blanks, bytes, bars and the mark of what is left out.
        let said = [&head, &file_offset, &pattern].map(|part| part.chars().count()).iter().sum::<usize>();
        let room = columns.saturating_sub(said.saturating_add(6));
        let is_text = one.encoding.is_some()
            || matches!(self.patterns.get(one.matcher), Some(Pattern::Regex(_) | Pattern::WideRegex(_)));
        let count = match is_text && !is_full {
            true => 0,
            false => SHOWN.min(room / 4),
        };
        let bytes = self.bytes(one, (count as u64).max(if is_text { one.length.min(MOST_BYTES) } else { 0 }));
        let length = usize::try_from(one.length).unwrap_or(usize::MAX);
        let (hit, rest) = bytes.split_at(length.min(bytes.len()));
        let in_hex = bytes.get(..count).unwrap_or(&bytes);
        let (hex_hit, hex_rest) = in_hex.split_at(length.min(in_hex.len()));
        let hex = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x} ")).collect() };
        let gap = " ".repeat(3usize.saturating_mul(count.saturating_sub(in_hex.len())));
        let room = if is_text { room.saturating_sub(count.saturating_mul(3)) } else { count };
        let (letters, rest) = match one.encoding {
            Some(encoding @ Encoding::Utf16) => {
                let order = self.dump.layout().byte_order();
                (encoding.text(hit, order).chars().map(text::letter).collect(), String::new())
            }
            _ => (text::printable(hit), text::printable(rest)),
        };
        let shown: String = letters.chars().take(room).collect();
        let is_cut = shown.len() < letters.len() || length > hit.len();
        let rest: String = rest.chars().take(room.min(count).saturating_sub(shown.chars().count())).collect();
        let blank = if count > 0 { " " } else { "" };
        format!(
            "{}{head}{}  {}{}{gap}{blank}|{}{rest}|{}{}",
            self.heading(&head, &file_offset, count),
            self.style.faint(&file_offset),
            self.style.hit(&hex(hex_hit)),
            hex(hex_rest),
            self.style.hit(&shown),
            if is_cut { "…" } else { "" },
            self.style.faint(&pattern),
        )
    }

    /// The columns' names, once, on a terminal.
    fn heading(&mut self, head: &str, file_offset: &str, bytes: usize) -> String {
        if self.style.columns().is_none() || std::mem::replace(&mut self.has_heading, true) {
            return String::new();
        }
        let digits = usize::from(self.dump.layout().pointer_width()).saturating_mul(2);
        let (address, width) = (digits.saturating_add(2), head.chars().count());
        let place = width.saturating_sub(address.saturating_add(2));
        let offset = if file_offset.is_empty() { "" } else { "  in file   " };
        let last = if bytes > 0 { "bytes" } else { "text" };
        let line = format!("{:address$}  {:place$}{offset}  {last}", "address", "place");
        format!("{}\n", self.style.faint(&line))
    }
}
