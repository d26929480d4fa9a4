//! `diff`: compares two dumps, for people, as JSON, or as an edit script.

mod document;
mod found;
mod teller;
mod two;
mod words;

use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use dumpedit::diff::{Diff, Side};
use dumpedit::notation::{LocationRange, RangeText};
use dumpedit::{Dump, Hold, NoticeKind};

use self::document::Document;
use self::found::Found;
use self::teller::Teller;
use self::two::Two;
use self::words::Words;
use crate::args::{Compared, DiffArguments, ThreadArguments};
use crate::commands::open::{hold, open_input};
use crate::commands::thread_argument::reading;
use crate::done::Done;
use crate::failure::Failure;
use crate::input::is_standard;
use crate::output::Output;
use crate::output::progress::Bar;

pub(super) fn run(arguments: &DiffArguments, output: &mut Output) -> Result<Done, Failure> {
    let range: Option<RangeText> = arguments.range.as_deref().map(str::parse).transpose()?;
    if is_standard(&arguments.a) && is_standard(&arguments.b) {
        return Err(Failure::standard_input_twice());
    }
    // If a dump were edited meanwhile, the script would match neither of its states.
    let hold = |path: &Path| if arguments.script { hold(path, &arguments.wait).map(Some) } else { Ok(None) };
    let holds = [hold(&arguments.a)?, hold(&arguments.b)?];
    let [held_a, held_b] = holds.each_ref().map(Option::as_ref);
    let a = open_input(&arguments.a, held_a, output)?.dump;
    let b = open_input(&arguments.b, held_b, output)?.dump;
    let diff = match range {
        None => Diff::new(&a, &b),
        Some(range) => {
            let (first, last) = addresses(&a, &range, output)?;
            Diff::within(&a, &b, first, last)
        }
    };
    let pair = Two { a: &a, b: &b, diff: &diff, arguments };
    if arguments.script {
        let done = pair.script(output)?;
        holds.iter().flatten().try_for_each(Hold::check)?;
        return Ok(done);
    }
    let found = if output.is_json() { pair.in_json(output) } else { pair.in_words(output) }?;
    Ok(if found.is_same() { Done::All } else { Done::Part })
}

/// First and last address of a range in memory. For an empty range, the last is below the first.
fn addresses(dump: &Dump, range: &RangeText, output: &Output) -> Result<(u64, u64), Failure> {
    let (first, len) = reading(dump, &ThreadArguments::default(), output, |thread| {
        let scope = dump.scope(thread);
        let LocationRange { start, len, .. } = scope.range(range)?;
        Ok((dump.linearize(scope.context(), start)?, len))
    })?;
    Ok(len.checked_sub(1).map_or((1, 0), |rest| (first, first.saturating_add(rest))))
}

impl Two<'_> {
    fn script(&self, output: &mut Output) -> Result<Done, Failure> {
        let mut bar = Bar::new("comparing");
        let mut scripted = None;
        output.stream(|out, _| {
            let mut written = Ok(());
            let mut each = |statement: &_| keep(&mut written, writeln!(out, "{statement}"));
            scripted = Some(self.diff.script(&mut each, &mut |progress| bar.report(progress)));
            written
        })?;
        let scripted = scripted.transpose().map_err(|error| self.failed(error))?;
        drop(bar);
        output.notices(scripted.iter().flat_map(|scripted| &scripted.notices));
        let outside = scripted.map(|scripted| scripted.outside).unwrap_or_default();
        if let Some(first) = outside.first() {
            let others = outside.len().saturating_sub(1);
            let more = if others == 0 { String::new() } else { format!(" and {others} more") };
            let message = format!(
                "the script leaves out these differences outside memory and registers: {}{more}",
                first.name
            );
            output.notice(NoticeKind::DifferencesLeftOut, message);
        }
        Ok(Done::All)
    }

    fn in_words(&self, output: &mut Output) -> Result<Found, Failure> {
        let mut found = Found::default();
        let mut failed = None;
        output.stream(|out, style| {
            let mut words = Words::new(self, out, *style);
            self.tell(&mut words, &mut found).unwrap_or_else(|failure| {
                failed = Some(failure);
                Ok(())
            })
        })?;
        output.notices(&found.notices());
        failed.map_or(Ok(found), Err)
    }

    fn in_json(&self, output: &mut Output) -> Result<Found, Failure> {
        let mut found = Found::default();
        let mut failed = None;
        let notices = output.take_notices();
        output.stream(|out, _| {
            let mut document = Document::new(self.a, self.arguments.max, notices, out);
            self.tell(&mut document, &mut found).unwrap_or_else(|failure| {
                failed = Some(failure);
                Ok(())
            })
        })?;
        failed.map_or(Ok(found), Err)
    }

    /// Reports the comparison. The outer error is that of the dumps, the inner one that of the output.
    fn tell(&self, teller: &mut dyn Teller, found: &mut Found) -> Result<io::Result<()>, Failure> {
        let mut bar = Bar::new("comparing");
        let mut written = Ok(());
        if self.arguments.compares(Compared::Memory) {
            let memory = self.diff.memory(
                &mut |difference| keep(&mut written, teller.memory(difference, found)),
                &mut |progress| bar.report(progress),
            );
            let _ = memory.map_err(|error| self.failed(error))?;
        }
        drop(bar);
        if written.is_ok() && self.arguments.compares(Compared::Registers) {
            let each = &mut |record: &_| keep(&mut written, teller.record(record, found));
            let _ = self.diff.registers(each).map_err(|error| self.failed(error))?;
            found.incomparable = self.diff.incomparable();
        }
        if self.arguments.compares(Compared::Outside) {
            found.outside = self.diff.outside().map_err(|error| self.failed(error))?;
        }
        Ok(written.and_then(|()| self.tell_one_sided(teller, found)))
    }

    fn tell_one_sided(&self, teller: &mut dyn Teller, found: &mut Found) -> io::Result<()> {
        let threads = self.diff.threads();
        for (side, indices) in [(Side::A, threads.only_in_a), (Side::B, threads.only_in_b)] {
            teller.side(side, found)?;
            let mut written = Ok(());
            self.diff.one_sided(|one| {
                if one.side != side || !self.arguments.compares(Compared::Memory) {
                    return ControlFlow::Continue(());
                }
                let number = found.range(&one);
                keep(&mut written, teller.range(&one, number))
            });
            written?;
            for index in indices.into_iter().filter(|_| self.arguments.compares(Compared::Registers)) {
                let threads = self.dump(side).layout().threads();
                let thread = usize::try_from(index.0).ok().and_then(|at| threads.get(at));
                let number = found.thread(side);
                teller.thread(side, index, thread.map_or(0, |thread| thread.tid), number)?;
            }
        }
        teller.end(found)
    }
}

/// Breaks at the first output error and keeps it.
fn keep(written: &mut io::Result<()>, this: io::Result<()>) -> ControlFlow<()> {
    match this {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            *written = Err(error);
            ControlFlow::Break(())
        }
    }
}
