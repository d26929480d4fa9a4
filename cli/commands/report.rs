//! Reports an edit as text or JSON: the changes and their places.

use std::path::Path;

use dumpedit::notation::PathText;
use dumpedit::{Changes, Context, Dump, FieldChange, Notice, NoticeKind, Outcome, PartChange, Repaired};
use serde::Serialize;
use serde_json::Value;

use crate::failure::Failure;
use crate::input::is_standard;
use crate::output::{Output, changes, json, text};
use crate::shell;

/// Maximum number of changes shown as text.
pub(super) const MOST_SHOWN: usize = 16;

/// Result of an edit before it is committed.
pub(super) struct Performed {
    pub(super) outcome: Outcome,
    /// Context of the outcome.
    pub(super) context: Context,
    /// The line that repeats the edit, without the name of the dump.
    pub(super) command: String,
    /// Results of the script lines.
    pub(super) lines: Option<Lines>,
    /// Corrections of the dump's tables by `repair`.
    pub(super) repairs: Option<Vec<Repaired>>,
    /// Whether a replacement found no match.
    pub(super) found_nothing: bool,
}

/// Counts of script lines.
#[derive(Serialize)]
pub(super) struct Lines {
    pub(super) lines: u64,
    pub(super) lines_done: u64,
    /// Errors of the lines that were skipped or done in part, limited to the first ones.
    pub(super) left_out: Vec<Value>,
}

#[derive(Serialize)]
struct InJson<'a> {
    requested: u64,
    completed: u64,
    stopped: Value,
    #[serde(flatten)]
    lines: Option<&'a Lines>,
    edits: json::Edits<'a>,
    #[serde(flatten)]
    parts: json::EditedParts<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    repairs: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
}

/// A finished edit, or a preview of one.
pub(super) struct Report<'a> {
    pub(super) dump: &'a Dump,
    pub(super) performed: Performed,
    pub(super) changes: Changes,
    /// Parts that were added and dropped.
    pub(super) parts: Vec<PartChange>,
    /// Fields whose size changed.
    pub(super) resized: Vec<FieldChange>,
    /// Size of the dump afterwards, in bytes.
    pub(super) size: u64,
    pub(super) notices: Vec<Notice>,
    pub(super) out: Option<&'a Path>,
    pub(super) dry_run: bool,
    pub(super) can_undo: bool,
}

impl Report<'_> {
    pub(super) fn tell(&self, output: &mut Output) -> Result<(), Failure> {
        if output.is_json() { self.tell_in_json(output) } else { self.tell_in_words(output) }
    }

    /// Corrections of the dump's tables.
    fn repairs(&self) -> &[Repaired] {
        self.performed.repairs.as_deref().unwrap_or_default()
    }

    fn tell_in_json(&self, output: &mut Output) -> Result<(), Failure> {
        let Performed { outcome, context, lines, .. } = &self.performed;
        output.notices(&self.notices);
        output.document(&InJson {
            requested: outcome.requested,
            completed: outcome.completed,
            stopped: json::stop(self.dump, *context, outcome.stopped.as_ref()),
            lines: lines.as_ref(),
            edits: json::Edits::of(self.dump, &self.changes),
            parts: json::EditedParts::of(self.dump, &self.parts, &self.resized, self.size),
            repairs: self.repairs().iter().map(repair_in_json).collect(),
            dry_run: self.dry_run.then_some(true),
            output: self.out.filter(|_| !self.dry_run).map(|out| PathText(out).to_string()),
        })
    }

    fn tell_in_words(&self, output: &mut Output) -> Result<(), Failure> {
        let Outcome { requested, completed, stopped, .. } = self.performed.outcome;
        let wrote = if self.dry_run { "would write" } else { "wrote" };
        let into = match self.out.filter(|_| !self.dry_run) {
            Some(out) if is_standard(out) => " into standard output".to_owned(),
            Some(out) => format!(" into {}", text::shown(&PathText(out).to_string())),
            None => String::new(),
        };
        let mut lines = String::new();
        if let Some(script) = &self.performed.lines {
            let all = text::counted(usize::try_from(script.lines).unwrap_or(usize::MAX), "line");
            let applied = if self.dry_run { "would apply" } else { "applied" };
            lines.push_str(&format!("{applied} {} of {all}: ", script.lines_done));
        }
        if self.performed.found_nothing {
            // A notice reports the matches that are not replaced.
            let is_left = |notice: &Notice| notice.kind == NoticeKind::MatchesInStructure;
            output.say(if self.notices.iter().any(is_left) { "no match is replaced" } else { "no match" });
        } else if self.performed.repairs.as_ref().is_some_and(Vec::is_empty) {
            let is_left = |notice: &Notice| notice.kind == NoticeKind::NotRepaired;
            let why = match self.notices.iter().any(is_left) {
                true => "none of the tables that contradict the file can be repaired",
                false => "the tables match the file: nothing to repair",
            };
            lines.push_str(&format!("{why}\nwrote a copy{into}\n"));
        } else if stopped.is_none() && (completed > 0 || self.parts.is_empty()) {
            let bytes = text::counted(usize::try_from(completed).unwrap_or(usize::MAX), "byte");
            let size = if self.parts.is_empty() { self.new_size() } else { String::new() };
            lines.push_str(&format!("{wrote} {bytes}{into}{size}\n"));
        }
        self.tell_parts(&into, &mut lines);
        for Repaired { file_offset, text, .. } in self.repairs().iter().take(MOST_SHOWN) {
            let place = output.style.faint(&format!("file offset {file_offset:#x}"));
            lines.push_str(&format!("  {}  {place}\n", text::shown(text)));
        }
        if let Some(more) = self.repairs().len().checked_sub(MOST_SHOWN).filter(|more| *more > 0) {
            lines.push_str(&format!("  and {more} more\n"));
        }
        for FieldChange { field, old, new, .. } in self.resized.iter().take(MOST_SHOWN) {
            let [old, new] = [old, new].map(|value| text::shown(&self.dump.field_in_words(field, value)));
            let place = output.style.faint("past the old end of the file");
            lines.push_str(&format!("  {}: {old} -> {new}  {place}\n", text::shown(&field.path)));
        }
        if let Some(more) = self.resized.len().checked_sub(MOST_SHOWN).filter(|more| *more > 0) {
            lines.push_str(&format!("  and {more} more\n"));
        }
        for change in self.changes.iter().take(MOST_SHOWN) {
            let place = output.style.faint(&format!("file offset {:#x}", change.file_offset));
            for line in changes::lines(Some((self.dump, change.of())), change.extent()) {
                lines.push_str(&format!("  {line}  {place}\n"));
            }
        }
        if self.changes.len() > MOST_SHOWN {
            lines.push_str(&format!("  and {} more\n", self.changes.len().saturating_sub(MOST_SHOWN)));
        }
        output.notices(&self.notices);
        if let Some(stop) = stopped {
            output.say(&format!("{wrote} {completed} of {requested} bytes{into}, {stop}"));
        }
        let in_part = self.performed.lines.as_ref().is_some_and(|script| script.lines_done < script.lines);
        let is_partial = completed > 0 && (stopped.is_some() || in_part);
        if let Some(path) = self.dump.path().filter(|_| self.can_undo && is_partial) {
            output.hint(&format!("dumpedit undo {} reverts it", shell::path(path)));
        }
        output.report(lines.as_bytes())
    }

    /// Adds the changed parts and the new state of the dump file.
    fn tell_parts(&self, into: &str, lines: &mut String) {
        let Some((last, others)) = self.parts.split_last() else { return };
        let would = if self.dry_run { "would have " } else { "" };
        for change in others.iter().take(MOST_SHOWN) {
            lines.push_str(&format!("{would}{}\n", text::shown(&change.to_string())));
        }
        if let Some(more) = others.len().checked_sub(MOST_SHOWN).filter(|more| *more > 0) {
            lines.push_str(&format!("and {more} more\n"));
        }
        let size = self.new_size();
        lines.push_str(&format!("{would}{}{into}{size}\n", text::shown(&last.to_string())));
    }

    /// The new size of the dump, if it changed.
    fn new_size(&self) -> String {
        match (self.dump.layout().file_size(), self.size) {
            (before, size) if size == before => String::new(),
            (before, size) => format!("; file size {before} -> {size} bytes"),
        }
    }
}

fn repair_in_json(repair: &Repaired) -> Value {
    let Repaired { file_offset, old, new, text, .. } = repair;
    serde_json::json!({ "file_offset": file_offset, "old": json::bytes(old), "new": json::bytes(new), "message": text })
}
