//! `find`: searches captured memory for patterns, and replaces matches.

use dumpedit::notation::{self, Operation, Pattern, Replacement, SearchText};
use dumpedit::{Dump, EditOptions, Found, Notice, NoticeKind, Outside, Search, Subject};
use serde_json::json;

use crate::args::{EditArguments, FindArguments};
use crate::commands::edit;
use crate::commands::matches::Matches;
use crate::commands::open::open;
use crate::commands::thread_argument::reading;
use crate::done::Done;
use crate::failure::Failure;
use crate::output::Output;
use crate::output::progress::Bar;
use crate::shell;

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
        // Matches outside memory are not replaced, so they can be searched before the edit.
        let (done, outside) = edit::run_after(
            &arguments.dump,
            &arguments.edit,
            &line,
            arguments.empty,
            output,
            |dump, output| {
                let search = arguments.search()?;
                if search.everywhere {
                    return Ok(Outside::default());
                }
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
            let message =
                format!("the journal keeps the old bytes for undo; dumpedit forget {forget} deletes it");
            output.notice(NoticeKind::JournalKeepsOldBytes, message);
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
        let mut bar = Bar::new("searching");
        dump.count(&search, &mut |progress| bar.report(progress))?
    } else {
        listed(&dump, &search, &text.patterns, &arguments.patterns, output)?
    };
    output.passed_over(&found);
    if found.complete && text.range.is_none() && text.stack_of.is_none() && !text.everywhere {
        told("holds", &dump.find_outside(&search)?, output);
    }
    if arguments.count && output.is_json() {
        output.document(&json!({ "count": found.matches }))?;
    } else if arguments.count {
        output.data(format!("{}\n", found.matches).as_bytes())?;
    }
    Ok(if found.matches > 0 { Done::All } else { Done::Part })
}

/// Reports matches outside memory.
fn told(holds: &str, outside: &Outside, output: &Output) {
    let Outside { count, places, ended, .. } = outside;
    if *count > 0 {
        let matches = if *count == 1 { "1 match".to_owned() } else { format!("{count} matches") };
        let more = if *count > places.len() as u64 { " and elsewhere" } else { "" };
        let message = format!("the file {holds} {matches} outside memory: {}{more}", places.join("; "));
        output.notices([&Notice::new(NoticeKind::MatchesOutsideMemory, message).counting(*count)]);
    }
    if let Some(file_offset) = ended {
        let message = format!(
            "the file outside memory was searched only up to offset {file_offset:#x}, because the pattern takes too many \
             steps there"
        );
        let notice = Notice::new(NoticeKind::OutsideNotSearched, message);
        output.notices([&notice.about(Subject::FileOffset(*file_offset))]);
    }
}

impl FindArguments {
    /// The patterns, and the places to search.
    fn search(&self) -> Result<SearchText, Failure> {
        let patterns = self.patterns.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
        let number = |text: &Option<String>| text.as_deref().map(notation::length).transpose();
        let mut search = SearchText::new(patterns);
        search.range = self.range.as_deref().map(str::parse).transpose()?;
        search.stack_of = self.stack_of.as_deref().map(str::parse).transpose()?;
        search.align = number(&self.align)?;
        search.most = number(&self.max)?;
        search.ignore_case = self.ignore_case;
        search.everywhere = self.everywhere;
        Ok(search)
    }

    /// The replacement of matches.
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
    /// Whether any edit option was given.
    fn changes_how(&self) -> bool {
        let EditArguments { thread: _, wait: _, dry_run, output, overwrite, receipt, hash, no_undo, no_sync } =
            self;
        *dry_run || output.is_some() || *overwrite || receipt.is_some() || *hash || *no_undo || *no_sync
    }
}

fn listed(
    dump: &Dump,
    search: &Search,
    patterns: &[Pattern],
    names: &[String],
    output: &mut Output,
) -> Result<Found, Failure> {
    let json = output.is_json();
    output.listing(|style, line, progress| {
        let mut matches = Matches::new(dump, patterns, names, style);
        let mut each = |one| match json {
            true => line(&matches.in_json(&one)),
            false => line(&matches.in_words(&one)),
        };
        dump.find(search, &mut each, progress)
    })
}
