//! `find`: where patterns stand in the captured memory.

use std::cell::{Cell, RefCell};
use std::io;
use std::ops::ControlFlow;

use dumpedit::notation::{self, Operation, SearchText};
use dumpedit::{Context, Dump, EditOptions, Found, Match, Outside, Search};
use serde_json::{Value, json};

use crate::args::{EditArguments, FindArguments};
use crate::commands::{Done, edit, open, reading};
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
    if let Some(value) = &arguments.replace {
        let operation = Operation::Replace { search: Box::new(text), value: value.parse()? };
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
        told("still holds", &outside, output);
        let EditArguments { dry_run, output: to, no_undo, .. } = &arguments.edit;
        if to.is_none() && !dry_run && !no_undo && done != Done::Nothing {
            let forget = shell::path(&arguments.dump);
            output.notice(&format!(
                "the journal keeps the old bytes, so that they can come back; dumpedit forget {forget} removes it"
            ));
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
        listed(&dump, &search, &arguments.patterns, output)?
    };
    if found.complete && found.passed_over > 0 {
        let size = text::size(u128::from(found.passed_over));
        output.notice(&format!("{size} of mapped memory is not captured in the dump and was not searched"));
    }
    if found.complete && text.range.is_none() && text.stack_of.is_none() {
        told("holds", &dump.find_outside(&search)?, output);
    }
    Ok(if found.matches > 0 { Done::All } else { Done::Part })
}

/// Tells of matches where no search of the memory finds them.
fn told(holds: &str, outside: &Outside, output: &Output) {
    let Outside { count, places, ended, .. } = outside;
    if *count > 0 {
        let matches = if *count == 1 { "1 match".to_owned() } else { format!("{count} matches") };
        let more = if *count > places.len() as u64 { " and elsewhere" } else { "" };
        output.notice(&format!("the file {holds} {matches} outside memory: {}{more}", places.join("; ")));
    }
    if let Some(file_offset) = ended {
        output.notice(&format!(
            "what is outside memory was searched up to file offset {file_offset:#x} only, since the pattern takes too many \
             steps there"
        ));
    }
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
        Ok(search)
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

fn listed(dump: &Dump, search: &Search, patterns: &[String], output: &mut Output) -> Result<Found, Failure> {
    let json = output.is_json();
    let places = Places::new(dump);
    let mut found = Ok(Found::default());
    output.stream(|out, style| {
        let mut listing = Listing { dump, places, patterns, style: *style };
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
    patterns: &'a [String],
    style: Style,
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
        self.patterns.get(one.matcher).map_or("", String::as_str)
    }

    fn in_json(&mut self, one: &Match) -> Value {
        json!({
            "address": json::hex(one.address),
            "length": one.length,
            "file_offset": one.file_offset,
            "pattern": self.pattern(one),
            "module": self.places.in_module(one.address),
            "region": self.places.region(one.address).map(|(start, name)| {
                json!({ "start": json::hex(start), "name": name })
            }),
            "bytes": json::bytes(&self.bytes(one, one.length.min(MOST_BYTES))),
        })
    }

    /// Address, place, file offset, and 16 bytes from the match on.
    fn in_words(&mut self, one: &Match) -> String {
        const SHOWN: usize = 16;
        let digits = usize::from(self.dump.layout().pointer_width()).saturating_mul(2);
        let place = self.places.in_words(one.address);
        let bytes = self.bytes(one, SHOWN as u64);
        let hit = usize::try_from(one.length).unwrap_or(SHOWN).min(bytes.len());
        let (hit, rest) = bytes.split_at(hit);
        let hex = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x} ")).collect() };
        let gap = " ".repeat(3usize.saturating_mul(SHOWN.saturating_sub(bytes.len())));
        let more = if one.length > SHOWN as u64 { "…" } else { "" };
        let pattern = if self.patterns.len() > 1 {
            format!("  {}", text::shown(self.pattern(one)))
        } else {
            String::new()
        };
        format!(
            "0x{:0digits$x}  {:24}  {}  {}{}{gap} |{}{}|{more}{}",
            one.address,
            text::shown(&place.unwrap_or_default()),
            self.style.faint(&format!("{:#010x}", one.file_offset)),
            self.style.hit(&hex(hit)),
            hex(rest),
            self.style.hit(&text::printable(hit)),
            text::printable(rest),
            self.style.faint(&pattern),
        )
    }
}
