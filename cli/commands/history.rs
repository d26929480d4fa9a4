//! `undo`, `redo`, `log`, `forget` and `recover`: show and use the journal of a dump.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use dumpedit::{
    Damage, Dump, EntryKind, Extent, Extents, History, HistoryEntry, Located, Log, NoticeKind, Recovered,
    UndoOptions, Undone,
};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::args::{
    ForgetArguments, LogArguments, RecoverArguments, RedoArguments, UndoArguments, WaitArgument,
};
use crate::commands::open::recovery;
use crate::done::Done;
use crate::failure::Failure;
use crate::interrupt::Careful;
use crate::output::{Output, changes, json, text};
use crate::shell;
use crate::symbols::named_by_symbols;

pub(super) fn undo(arguments: &UndoArguments, output: &mut Output) -> Result<Done, Failure> {
    let to = arguments.to.or(arguments.all.then_some(0));
    let options = options(to, arguments.discard_later, arguments.dry_run);
    let history = changing(&arguments.dump, &arguments.wait);
    let undone = history.undo(options)?;
    let done = if arguments.dry_run { "would undo" } else { "undid" };
    report(&history, &undone, (done, "undone"), arguments.dry_run, output)
}

pub(super) fn redo(arguments: &RedoArguments, output: &mut Output) -> Result<Done, Failure> {
    let to = arguments.to.or(arguments.all.then_some(u64::MAX));
    let options = options(to, arguments.discard_later, arguments.dry_run);
    let history = changing(&arguments.dump, &arguments.wait);
    let redone = history.redo(options)?;
    let done = if arguments.dry_run { "would redo" } else { "redid" };
    report(&history, &redone, (done, "redone"), arguments.dry_run, output)
}

fn options(to: Option<u64>, discard_later: bool, dry_run: bool) -> UndoOptions {
    let options = UndoOptions::default().discard_later(discard_later).dry_run(dry_run);
    to.map_or(options, |to| options.to(to))
}

fn changing(dump: &Path, wait: &WaitArgument) -> History<'static> {
    History::of(dump).wait(wait.wait)
}

/// Reports an undo or a redo: `done` is its text, and `key` its key in JSON.
fn report(
    history: &History<'_>,
    undone: &Undone,
    (done, key): (&str, &'static str),
    dry_run: bool,
    output: &mut Output,
) -> Result<Done, Failure> {
    let places = Places::of(history);
    let bytes = undone.extents.iter().fold(0u64, |sum, extent| sum.saturating_add(extent.length));
    let passed_over = numbers(&undone.passed_over);
    output.notices(&undone.notices);
    let told = if output.is_json() {
        output.document(&UndoneInJson {
            requested: bytes,
            completed: bytes,
            stopped: Value::Null,
            numbers: [(key, &undone.numbers)].into(),
            passed_over: &undone.passed_over,
            edits: places.in_json(&undone.extents),
            dry_run: dry_run.then_some(true),
        })
    } else {
        let bytes = text::counted(usize::try_from(bytes).unwrap_or(usize::MAX), "byte");
        let mut lines = format!("{done} {} ({bytes})\n", numbers(&undone.numbers));
        lines.push_str(&places.in_words(&undone.extents));
        output.report(lines.as_bytes())
    };
    if !undone.passed_over.is_empty() {
        output.say(&format!("skipped {passed_over}, damaged or missing in the journal: the changes stay"));
    }
    output.done(told);
    Ok(if undone.passed_over.is_empty() { Done::All } else { Done::Part })
}

/// Edits by their numbers.
fn numbers(numbers: &[u64]) -> String {
    let list: Vec<String> = numbers.iter().map(u64::to_string).collect();
    format!("edit{} {}", if list.len() == 1 { "" } else { "s" }, list.join(", "))
}

pub(super) fn log(arguments: &LogArguments, output: &mut Output) -> Result<Done, Failure> {
    let history = History::of(&arguments.dump);
    let Log { entries, damage, .. } = history.log()?;
    let places = Places::of(&history);
    if history.is_unfinished()? {
        output.notice(NoticeKind::EditInterrupted, "the last of these edits was interrupted");
        output.hint(&recovery(&arguments.dump));
    }
    for damage in &damage {
        output.say(&damage.to_string());
    }
    let changed = entries.iter().filter(|entry| entry.changed_since.is_some()).count();
    let in_force = entries.iter().filter(|entry| entry.in_force == Some(true)).count();
    if changed > 0 && in_force == 0 {
        let message = format!(
            "the dump contains none of these edits: the journal belongs to another file, or something else changed the dump; \
             dumpedit forget {} removes it",
            shell::path(&arguments.dump)
        );
        output.notice(NoticeKind::EditsNotInDump, message);
    }
    let done = if damage.is_empty() && changed == 0 { Done::All } else { Done::Part };
    if output.is_json() {
        let entries = EntriesInJson { entries: &entries, places: &places };
        match arguments.verify {
            true => output.document(&VerifiedInJson { entries, damage: damaged(&damage) })?,
            false => output.bare_document(&entries)?,
        }
        return Ok(done);
    }
    let mut lines = String::new();
    for entry in &entries {
        let time = output.style.faint(&text::utc(entry.time));
        let state = match (entry.kind, entry.in_force, entry.changed_since) {
            (EntryKind::Unkept, ..) => "  (cannot be undone)".to_owned(),
            _ if !entry.finished => "  (not finished)".to_owned(),
            (_, _, Some(file_offset)) => {
                format!("  (something else changed file offset {file_offset:#x} since)")
            }
            (_, Some(false), _) => "  (undone)".to_owned(),
            _ => String::new(),
        };
        lines.push_str(&format!("{}  {time}  {}{state}\n", entry.number, text::shown(&command(entry))));
        if entry.size_before != entry.size_after {
            lines.push_str(&format!("  its size: {} -> {} bytes\n", entry.size_before, entry.size_after));
        }
        lines.push_str(&places.in_words(&entry.extents));
    }
    if arguments.verify && damage.is_empty() {
        let all = in_force.saturating_add(changed);
        lines.push_str(&format!(
            "verified: {}; the dump contains all bytes of {in_force} of the {all} edits in force\n",
            text::counted(entries.len(), "checksum"),
        ));
    }
    output.data(lines.as_bytes())?;
    Ok(done)
}

fn damaged(damage: &[Damage]) -> Vec<Value> {
    let one = |damage: &Damage| {
        json!({
            "number": damage.number,
            "journal_offset": damage.file_offset,
            "length": damage.size,
            "behind": damage.behind,
            "message": damage.to_string(),
        })
    };
    damage.iter().map(one).collect()
}

pub(super) fn forget(arguments: &ForgetArguments, output: &mut Output) -> Result<Done, Failure> {
    let _careful = Careful::new();
    let left = changing(&arguments.dump, &arguments.wait).forget(arguments.keep)?;
    let told = if output.is_json() {
        output.document(&json!({ "kept": left }))
    } else {
        let left = text::counted(usize::try_from(left).unwrap_or(usize::MAX), "edit");
        output.report(format!("{left} can still be undone or redone\n").as_bytes())
    };
    output.done(told);
    Ok(Done::All)
}

pub(super) fn recover(arguments: &RecoverArguments, output: &mut Output) -> Result<Done, Failure> {
    let history = changing(&arguments.dump, &arguments.wait);
    let recovery = history.recover(arguments.discard_later)?;
    let (name, words) = match recovery.recovered {
        Recovered::Old => {
            ("old", "the interrupted edit was rolled back: the dump is as it was before the edit")
        }
        Recovered::New => ("new", "the interrupted edit was complete: the dump has all its changes"),
        _ => ("nothing", "no edit was interrupted"),
    };
    let places = Places::of(&history);
    let told = if output.is_json() {
        output.document(&json!({ "recovered": name, "edits": places.in_json(&recovery.extents) }))
    } else {
        output.report(format!("{words}\n{}", places.in_words(&recovery.extents)).as_bytes())
    };
    output.done(told);
    Ok(Done::All)
}

#[derive(Serialize)]
struct UndoneInJson<'a> {
    requested: u64,
    completed: u64,
    stopped: Value,
    /// Numbers of the edits that were undone or redone, under the key of the verb.
    #[serde(flatten)]
    numbers: BTreeMap<&'static str, &'a Vec<u64>>,
    #[serde(skip_serializing_if = "<[u64]>::is_empty")]
    passed_over: &'a [u64],
    edits: json::PastEdits<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<bool>,
}

/// The history, and the damage found by a check.
#[derive(Serialize)]
struct VerifiedInJson<'a> {
    entries: EntriesInJson<'a>,
    damage: Vec<Value>,
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
    command: Cow<'a, str>,
    /// For an undo and a redo, the number of the last edit in force after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<u64>,
    finished: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_force: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed_since: Option<u64>,
    /// Sizes of the dump before and after the entry, in bytes, if they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    sizes: Option<[u64; 2]>,
    edits: json::PastEdits<'a>,
}

impl Serialize for EntriesInJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.entries.iter().map(|entry| EntryInJson {
            number: entry.number,
            kind: entry.kind.name(),
            time: entry.time,
            command: command(entry),
            to: entry.to,
            finished: entry.finished,
            in_force: entry.in_force,
            changed_since: entry.changed_since,
            sizes: Some([entry.size_before, entry.size_after]).filter(|[before, after]| before != after),
            edits: self.places.in_json(&entry.extents),
        }))
    }
}

/// The line of the command that made an entry.
fn command(entry: &HistoryEntry) -> Cow<'_, str> {
    match entry.to {
        Some(to) => format!("{} --to {to}", entry.kind.name()).into(),
        None => Cow::from(&entry.command),
    }
}

/// Locations of file offsets, if the dump can be read.
struct Places(Option<Dump>);

impl Places {
    fn of(history: &History<'_>) -> Places {
        Places(history.dump().ok().map(named_by_symbols))
    }

    fn in_json<'a>(&'a self, extents: &'a Extents) -> json::PastEdits<'a> {
        json::PastEdits::of(self.0.as_ref(), extents)
    }

    fn in_words(&self, extents: &Extents) -> String {
        const MOST: usize = 8;
        let mut lines = String::new();
        let told = extents.iter().take(MOST).flat_map(|extent| match &self.0 {
            Some(dump) => dump.located(extent),
            None => vec![Located::unknown(extent)],
        });
        // A change of a file offset in a header also rewrites unchanged fields between the changed ones.
        let differs = |located: &Located<'_>| {
            let Extent { old, new, length, .. } = located.extent;
            old != new || (old.len() as u64) < length
        };
        let told = told.filter(differs);
        let mut told =
            told.flat_map(|Located { of, extent, .. }| changes::lines(self.0.as_ref().zip(of), extent));
        for line in told.by_ref().take(MOST) {
            lines.push_str(&format!("  {line}\n"));
        }
        let more = told.count().saturating_add(extents.len().saturating_sub(MOST));
        if more > 0 {
            lines.push_str(&format!("  and {more} more\n"));
        }
        lines
    }
}
