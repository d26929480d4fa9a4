//! `undo`, `log` and `recover`: what a dump's journal keeps.

use std::path::Path;

use dumpedit::{Dump, Extents, History, HistoryEntry, Recovered, UndoOptions};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::args::{JournalArgument, UndoArguments};
use crate::commands::Done;
use crate::failure::Failure;
use crate::output::{Output, json, text};

pub(super) fn undo(arguments: &UndoArguments, output: &mut Output) -> Result<Done, Failure> {
    let mut options = UndoOptions::default().discard_later(arguments.discard_later);
    if let Some(to) = arguments.to.or(arguments.all.then_some(0)) {
        options = options.to(to);
    }
    let undone = History::of(&arguments.dump).undo(options)?;
    let places = Places::of(&arguments.dump);
    let bytes = undone.extents.iter().fold(0u64, |sum, extent| sum.saturating_add(extent.length));
    if output.is_json() {
        let told = output.document(&UndoneInJson {
            requested: bytes,
            completed: bytes,
            stopped: Value::Null,
            undone: &undone.numbers,
            edits: places.in_json(&undone.extents),
            notices: json::notices(&undone.notices),
        });
        return Ok(done(told, output));
    }
    let numbers: Vec<String> = undone.numbers.iter().map(u64::to_string).collect();
    let what = if numbers.len() == 1 { "number" } else { "numbers" };
    let mut lines = format!(
        "took back {what} {} ({})\n",
        numbers.join(", "),
        text::counted(usize::try_from(bytes).unwrap_or(usize::MAX), "byte")
    );
    lines.push_str(&places.in_words(&undone.extents));
    output.notices(&undone.notices);
    let told = output.data(lines.as_bytes());
    Ok(done(told, output))
}

pub(super) fn log(arguments: &JournalArgument, output: &mut Output) -> Result<Done, Failure> {
    let history = History::of(&arguments.dump);
    let entries = history.entries()?;
    let places = Places::of(&arguments.dump);
    if history.is_unfinished() {
        output.say("notice: the last of these edits was interrupted");
    }
    if output.is_json() {
        output.document(&EntriesInJson { entries: &entries, places: &places })?;
        return Ok(Done::All);
    }
    let mut lines = String::new();
    for entry in &entries {
        let time = output.style.faint(&text::utc(entry.time));
        lines.push_str(&format!("{}  {time}  {}\n", entry.number, entry.command));
        lines.push_str(&places.in_words(&entry.extents));
    }
    output.data(lines.as_bytes())?;
    Ok(Done::All)
}

pub(super) fn recover(arguments: &JournalArgument, output: &mut Output) -> Result<Done, Failure> {
    let recovered = History::of(&arguments.dump).recover()?;
    let (name, words) = match recovered {
        Recovered::Old => ("old", "the interrupted edit was taken back: the dump is as it was before it"),
        Recovered::New => {
            ("new", "the interrupted edit was already whole: the dump is as it was asked to be")
        }
        _ => ("nothing", "no edit was interrupted"),
    };
    let told = if output.is_json() {
        output.document(&json!({ "recovered": name }))
    } else {
        output.data(format!("{words}\n").as_bytes())
    };
    Ok(done(told, output))
}

/// The dump is changed: an output that nobody can read any more does not make that fail.
fn done(told: Result<(), Failure>, output: &Output) -> Done {
    if let Err(failure) = told {
        output.say(&failure.message);
    }
    Done::All
}

#[derive(Serialize)]
struct UndoneInJson<'a> {
    requested: u64,
    completed: u64,
    stopped: Value,
    undone: &'a [u64],
    edits: json::Stretches<'a>,
    notices: Value,
}

/// The history, entry by entry.
struct EntriesInJson<'a> {
    entries: &'a [HistoryEntry],
    places: &'a Places,
}

#[derive(Serialize)]
struct EntryInJson<'a> {
    number: u64,
    kind: &'static str,
    time: u64,
    command: &'a str,
    finished: bool,
    edits: json::Stretches<'a>,
}

impl Serialize for EntriesInJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.entries.iter().map(|entry| EntryInJson {
            number: entry.number,
            kind: entry.kind.name(),
            time: entry.time,
            command: &entry.command,
            finished: entry.finished,
            edits: self.places.in_json(&entry.extents),
        }))
    }
}

/// The locations behind file offsets, where the dump can be read.
struct Places(Option<Dump>);

impl Places {
    fn of(path: &Path) -> Places {
        Places(Dump::open(path).ok())
    }

    fn name(&self, file_offset: u64) -> Option<String> {
        let dump = self.0.as_ref()?;
        let (context, location) = dump.layout().location_of(file_offset)?;
        Some(dump.display(context, location))
    }

    fn in_json<'a>(&'a self, extents: &'a Extents) -> json::Stretches<'a> {
        json::Stretches { dump: self.0.as_ref(), extents }
    }

    fn in_words(&self, extents: &Extents) -> String {
        const MOST: usize = 8;
        let mut lines = String::new();
        for extent in extents.iter().take(MOST) {
            let file_offset = extent.file_offset;
            let place = self.name(file_offset).unwrap_or_else(|| format!("file offset {file_offset:#x}"));
            let (old, new) = (text::short_hex(extent.old), text::short_hex(extent.new));
            lines.push_str(&format!("  {place}: {old} -> {new}\n"));
        }
        if extents.len() > MOST {
            lines.push_str(&format!("  and {} more\n", extents.len().saturating_sub(MOST)));
        }
        lines
    }
}
