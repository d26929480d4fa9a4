//! `scrub`: removes secrets and personal data from a dump, and verifies the result.

use std::io::Read;
use std::path::Path;

use dumpedit::notation::PathText;
use dumpedit::{CommitOptions, EntryKind, History, Log, OutputFile, OutputOptions};
use dumpedit_scrub::{Cleared, LEAST_NAME, LEAST_VALUE, Report, Scrub, Scrubbed, builtin, gitleaks};
use serde::Serialize;

use crate::args::ScrubArguments;
use crate::commands::destination::{check_names, is_dump};
use crate::commands::edit::Target;
use crate::commands::open::open;
use crate::done::Done;
use crate::failure::Failure;
use crate::input::is_standard;
use crate::output::Output;
use crate::output::progress::Bar;
use crate::output::text::{self, Table};

/// Maximum number of places shown as text.
const MOST_SHOWN: usize = 40;

/// Maximum size of a key or of rules, in bytes.
const MOST_TEXT: u64 = 16 << 20;

pub(super) fn run(arguments: &ScrubArguments, output: &mut Output) -> Result<Done, Failure> {
    let in_place = arguments.output.is_none() && !arguments.dry_run && !arguments.verify;
    if in_place && !arguments.no_undo {
        return Err(Failure::scrub_keeps_secrets());
    }
    if in_place && has_old_bytes(&arguments.dump)? {
        return Err(Failure::scrub_beside_journal(&arguments.dump));
    }
    let scrub = arguments.scrub(output)?;
    let edit_arguments = arguments.edit();
    let (out, report_path) = (arguments.output.as_deref(), arguments.report.as_deref());
    check_names(out, report_path, "report", &arguments.dump)?;
    if is_dump(out, &arguments.dump) {
        return Err(Failure::scrub_onto_itself());
    }
    let is_told = report_path.is_some_and(is_standard);
    if is_told && out.is_some_and(is_standard) && !arguments.dry_run {
        return Err(Failure::report_among_bytes());
    }
    if report_path.is_some() {
        output.keep_notices();
    }
    let target = Target::open(&arguments.dump, &edit_arguments, output)?;
    // Errors in its name are found before anything is written.
    let report_file = report_path
        .filter(|_| !is_told)
        .map(|path| OutputFile::create(path, OutputOptions::default().overwrite(arguments.overwrite), None));
    let report_file = report_file.transpose()?;
    let mut bar = Bar::new("searching");
    let mut progress = |progress| bar.report(progress);
    let (edit, report) = if let Some(original) = &arguments.original {
        let original = open(original, output)?;
        (None, scrub.verify_copy(target.dump(), &original, &mut progress)?)
    } else {
        let Scrubbed { edit, report, .. } = scrub.scrub(target.dump(), &mut progress)?;
        (Some(edit), report)
    };
    drop(bar);
    if let Some(edit) = edit.filter(|_| !arguments.verify && !arguments.dry_run) {
        let notices = target.commit(edit, CommitOptions::default().undo(false).command("scrub"))?;
        let Some(notices) = notices else { return Ok(Done::All) };
        output.notices(&notices);
    }
    let document = Document { output: out.map(shown), dry_run: arguments.dry_run, report: &report };
    if let Some(mut file) = report_file {
        let failed = |error: std::io::Error| {
            let path = arguments.report.as_deref().unwrap_or(Path::new(""));
            Failure::file("commit", "write the report", path, &error)
        };
        output.document_in(&mut file, &document).map_err(failed)?;
        output.notices(&file.finish()?);
    }
    let told = if output.is_json() || is_told {
        output.document(&document)
    } else {
        let said = in_words(arguments, &report, output);
        output.report(said.as_bytes())
    };
    output.done(told);
    let is_left = report.not_searched.in_tables > 0 || arguments.verify && !report.is_clean();
    Ok(if is_left { Done::Part } else { Done::All })
}

/// Whether the journal holds bytes that edits overwrote.
fn has_old_bytes(dump: &Path) -> Result<bool, Failure> {
    let Log { entries, damage, .. } = History::of(dump).log()?;
    Ok(!damage.is_empty() || entries.iter().any(|entry| entry.kind != EntryKind::Unkept))
}

fn shown(path: &Path) -> String {
    PathText(path).to_string()
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    /// Whether nothing was written.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
    #[serde(flatten)]
    report: &'a Report,
}

impl ScrubArguments {
    fn scrub(&self, output: &Output) -> Result<Scrub, Failure> {
        let mut rules = builtin();
        if let Some(path) = &self.rules {
            let failed =
                |error: &dyn std::fmt::Display| Failure::file("usage", "read the rules", path, error);
            let text = String::from_utf8(read(path, "the rules")?).map_err(|error| failed(&error))?;
            let file = gitleaks(&text)
                .map_err(|error| Failure::new("usage", format!("{}: {error}", PathText(path))))?;
            for what in &file.left_out {
                output.remark(&format!("{}: {what}", text::shown(&shown(path))));
            }
            rules.extend(file.rules);
        }
        let mut scrub = Scrub::new(rules).keep(self.keep.into());
        if !self.only.is_empty() {
            scrub = scrub.only(self.only.iter().copied());
        }
        if let Some(path) = &self.pseudonyms {
            let key = read(path, "the key")?;
            if key.is_empty() {
                return Err(Failure::misses(
                    "the key is empty",
                    "use a file with bytes that nobody else knows",
                ));
            }
            scrub = scrub.pseudonyms(&key);
        }
        Ok(scrub)
    }
}

/// Reads a small file.
fn read(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| Failure::file("open", &format!("read {what}"), path, &error);
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(MOST_TEXT + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MOST_TEXT {
        return Err(failed(std::io::ErrorKind::FileTooLarge.into()));
    }
    Ok(bytes)
}

fn in_words(arguments: &ScrubArguments, report: &Report, output: &Output) -> String {
    let count = |count: u64, noun: &str| text::counted(usize::try_from(count).unwrap_or(usize::MAX), noun);
    let mut said = String::new();
    let clears = report.cleared.filter(|cleared| !arguments.verify || *cleared != Cleared::default());
    if report.found.is_empty() {
        let finds_nothing = !arguments.verify || report.is_clean();
        said.push_str(if finds_nothing { "nothing found\n" } else { "" });
    } else {
        let mut table = Table::new(&["rule", "place", "values", "bytes"], &[2, 3]);
        for row in &report.found {
            let place = text::shown(&row.place);
            table.row(vec![text::shown(&row.rule), place, row.values.to_string(), row.bytes.to_string()]);
        }
        said.push_str(&table.render(output.style));
    }
    if arguments.verify {
        for place in report.places.iter().take(MOST_SHOWN) {
            let at = match (&place.at, place.tid) {
                (Some(at), Some(tid)) => format!("{at} of thread {tid}"),
                (Some(at), None) => at.clone(),
                (None, _) => format!("file offset {:#x}", place.file_offset),
            };
            let (rule, within) = (text::shown(&place.rule), text::shown(&place.place));
            said.push_str(&format!("{rule}: {} at {at} ({within})\n", count(place.size, "byte")));
        }
        let listed = report.places.len().saturating_sub(MOST_SHOWN) as u64;
        let more = listed.saturating_add(report.places_left_out);
        if more > 0 {
            said.push_str(&format!("and {more} more\n"));
        }
    } else {
        let (would, into) = match &arguments.output {
            _ if arguments.dry_run => ("would change", String::new()),
            Some(path) if is_standard(path) => ("changed", " in standard output".to_owned()),
            Some(path) => ("changed", format!(" in {}", text::shown(&shown(path)))),
            None => ("changed", String::new()),
        };
        said.push_str(&format!("{would} {}{into}\n", count(report.changed_bytes, "byte")));
    }
    if let Some(cleared) = clears {
        let cleared_or = if arguments.dry_run || arguments.verify { "would clear" } else { "cleared" };
        let memory = text::size(u128::from(cleared.memory));
        let (words, registers) = (count(cleared.stack_words, "word"), count(cleared.registers, "register"));
        said.push_str(&format!("{cleared_or} {memory} of memory, {words} of stacks and {registers}\n"));
        if cleared.packed_words > 0 {
            said.push_str(&format!("{} of these words may be two small numbers\n", cleared.packed_words));
        }
    }
    let rest = &report.not_searched;
    if rest.uncaptured > 0 {
        let size = text::size(u128::from(rest.uncaptured));
        said.push_str(&format!("not searched: {size} of memory that is not captured\n"));
    }
    if !rest.unknown.is_empty() {
        let names = rest.unknown.iter().map(|name| text::shown(name)).collect::<Vec<_>>().join(", ");
        said.push_str(&format!("searched for patterns only, because their structure is unknown: {names}\n"));
    }
    let shorter = |least| format!("shorter than {least} letters, not searched for elsewhere");
    let (short_name, short_value) = (shorter(LEAST_NAME), shorter(LEAST_VALUE));
    for (number, noun, what) in [
        (rest.compressed, "place", "may be compressed data, which is not searched"),
        (rest.too_short, "name", short_name.as_str()),
        (rest.too_short_values, "value", short_value.as_str()),
        (rest.blank, "place", "blanked before: the old value is unknown and not searched for elsewhere"),
        (rest.too_many, "value", "too many, not searched for elsewhere"),
        (rest.seams, "place", "where memory continues elsewhere in the file, not searched"),
        (rest.in_tables, "value", "in the dump's own tables, which scrub never changes"),
    ] {
        if number > 0 {
            said.push_str(&format!("{}: {what}\n", count(number, noun)));
        }
    }
    said
}
