//! `undo`, `log` and `recover`: what a dump's journal keeps.

use std::path::Path;

use dumpedit::{Dump, History, HistoryEntry, Recovered, UndoOptions};
use serde_json::{Value, json};

use crate::args::{JournalArgument, UndoArguments};
use crate::commands::Done;
use crate::failure::Failure;
use crate::output::{Output, json, text};

/// File offset, old and new bytes.
type Extent = (u64, Vec<u8>, Vec<u8>);

pub(super) fn undo(arguments: &UndoArguments, output: &mut Output) -> Result<Done, Failure> {
    let mut options = UndoOptions::default().discard_later(arguments.discard_later);
    if let Some(to) = arguments.to.or(arguments.all.then_some(0)) {
        options = options.to(to);
    }
    let undone = History::of(&arguments.dump).undo(options)?;
    let places = Places::of(&arguments.dump);
    let bytes: usize = undone.extents.iter().map(|(_, _, new)| new.len()).sum();
    if output.is_json() {
        let told = output.document(&json!({
            "requested": bytes,
            "completed": bytes,
            "stopped": Value::Null,
            "undone": undone.numbers,
            "edits": undone.extents.iter().map(|extent| places.in_json(extent)).collect::<Vec<_>>(),
            "notices": json::notices(&undone.notices),
        }));
        return Ok(done(told, output));
    }
    let numbers: Vec<String> = undone.numbers.iter().map(u64::to_string).collect();
    let what = if numbers.len() == 1 { "number" } else { "numbers" };
    let mut lines = format!("took back {what} {} ({})\n", numbers.join(", "), text::counted(bytes, "byte"));
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
        let entry = |entry: &HistoryEntry| {
            json!({
                "number": entry.number,
                "kind": entry.kind.name(),
                "time": entry.time,
                "command": entry.command,
                "finished": entry.finished,
                "edits": entry.extents.iter().map(|extent| places.in_json(extent)).collect::<Vec<_>>(),
            })
        };
        output.document(&entries.iter().map(entry).collect::<Value>())?;
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

    fn in_json(&self, (file_offset, old, new): &Extent) -> Value {
        let found = self.0.as_ref().and_then(|dump| Some((dump, dump.layout().location_of(*file_offset)?)));
        let Some((dump, (context, location))) = found else {
            let (length, old, new) = (new.len(), json::bytes(old), json::bytes(new));
            let location = Value::Null;
            return json!({ "location": location, "file_offset": file_offset, "length": length, "old": old, "new": new });
        };
        json::stretch(dump, context, location, *file_offset, old, new)
    }

    fn in_words(&self, extents: &[Extent]) -> String {
        const MOST: usize = 8;
        let mut lines = String::new();
        for (file_offset, old, new) in extents.iter().take(MOST) {
            let place = self.name(*file_offset).unwrap_or_else(|| format!("file offset {file_offset:#x}"));
            lines.push_str(&format!("  {place}: {} -> {}\n", text::short_hex(old), text::short_hex(new)));
        }
        if extents.len() > MOST {
            lines.push_str(&format!("  and {} more\n", extents.len().saturating_sub(MOST)));
        }
        lines
    }
}
