//! `reduce`: writes a small dump with the data that readers need.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;

use dumpedit::notation::{PathText, ThreadText, length};
use dumpedit::{Dump, NoticeKind, ThreadIndex};
use dumpedit_fixtures::{Answer, DumpSize, ReduceOptions, Reduced, Reduction, ShellCommand, minimise, plan};
use serde_json::{Value, json};

use crate::args::ReduceArguments;
use crate::commands::describe::range;
use crate::commands::destination::check_copy;
use crate::commands::open::{hold_whole, notices_with, open_input};
use crate::commands::synth::Sink;
use crate::done::Done;
use crate::failure::Failure;
use crate::interrupt::{self, Careful};
use crate::output::Output;
use crate::output::progress::Bar;
use crate::output::text::{self, Style, Table};

pub(super) fn run(arguments: &ReduceArguments, output: &mut Output) -> Result<Done, Failure> {
    let target = arguments.output.as_path();
    check_copy(Some(target), &arguments.dump)?;
    let hold = hold_whole(&arguments.dump, &arguments.wait)?;
    let input = open_input(&arguments.dump, Some(&hold), output)?;
    let dump = &input.dump;
    let options = options(dump, arguments, output)?;
    let sink = Sink::take(target, arguments.overwrite, input.file.as_ref(), output)?;
    let (kept, search) = match &arguments.oracle {
        None => (plan(dump, &options), None),
        Some(command) => {
            let search = search(dump, &options, command, arguments)?;
            (search.reduced.kept.clone(), Some(search))
        }
    };
    if !knows_registers(dump, &kept.threads) {
        let message = "the registers of these threads are unknown, so all memory stays";
        output.notice(NoticeKind::NoRegisters, message);
    }
    let image = kept.image(dump)?;
    output.notices(&notices_with(dump, image.notices()));
    let reduction = kept.reduction(dump, &image);
    hold.check()?;
    let _careful = Careful::new();
    sink.fill(&image, output)?;
    let threads = &kept.threads;
    let report = Report { arguments, dump, reduction, threads, search: search.as_ref() };
    let told = report.tell(output);
    output.done(told);
    Ok(if search.is_some_and(|search| search.reduced.interrupted) { Done::Part } else { Done::All })
}

fn options(dump: &Dump, arguments: &ReduceArguments, output: &Output) -> Result<ReduceOptions, Failure> {
    let mut options = ReduceOptions::default()
        .around_pointers(length(&arguments.around_pointers)?)
        .variables(!arguments.drop_variables)
        .keep(arguments.keep.iter().map(|text| range(dump, text, output)).collect::<Result<Vec<_>, _>>()?);
    if let Some(stack) = &arguments.stack {
        options = options.stack_bytes(length(stack)?);
    }
    if !arguments.threads.is_empty() {
        options = options.threads(threads(dump, &arguments.threads)?);
    }
    Ok(options)
}

/// The threads that the texts name; `all` means every thread.
fn threads(dump: &Dump, texts: &[String]) -> Result<BTreeSet<ThreadIndex>, Failure> {
    let mut threads = BTreeSet::new();
    for text in texts {
        if text == "all" {
            threads.extend((0u32..).zip(dump.layout().threads()).map(|(index, _)| ThreadIndex(index)));
        } else {
            threads.insert(text.parse::<ThreadText>()?.find(dump.layout())?);
        }
    }
    Ok(threads)
}

fn knows_registers(dump: &Dump, threads: &BTreeSet<ThreadIndex>) -> bool {
    let indexed = (0u32..).zip(dump.layout().threads());
    indexed
        .into_iter()
        .any(|(index, thread)| threads.contains(&ThreadIndex(index)) && !thread.records.is_empty())
}

/// The result of the search, and the number of oracle runs that took too long.
struct Searched {
    reduced: Reduced,
    timeouts: usize,
}

/// Runs the oracle to find the parts that can be dropped. A signal ends the search, but not the command.
fn search(
    dump: &Dump,
    options: &ReduceOptions,
    oracle: &str,
    arguments: &ReduceArguments,
) -> Result<Searched, Failure> {
    let mut command = ShellCommand::new(oracle);
    if let Some(timeout) = arguments.oracle_timeout {
        command = command.timeout(timeout);
    }
    let mut timeouts = 0usize;
    let _careful = Careful::new();
    let mut bar = Bar::new("reducing");
    let mut ask = |candidate: &Path| {
        let go_on = &mut || {
            if interrupt::is_requested() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let answer = command.run(candidate, go_on)?;
        timeouts = timeouts.saturating_add(usize::from(answer == Answer::TimedOut));
        Ok(answer == Answer::Serves)
    };
    let reduced = minimise(dump, options, &mut ask, &mut |step| {
        bar.tell(|| {
            let left = text::size(step.captured_bytes.into());
            format!("{} of the oracle, {left} of memory left", text::counted(step.runs, "run"))
        })
    })?;
    if reduced.interrupted {
        interrupt::go_on();
    }
    Ok(Searched { reduced, timeouts })
}

struct Report<'a> {
    arguments: &'a ReduceArguments,
    dump: &'a Dump,
    reduction: Reduction,
    threads: &'a BTreeSet<ThreadIndex>,
    search: Option<&'a Searched>,
}

impl Report<'_> {
    fn tell(&self, output: &mut Output) -> Result<(), Failure> {
        if output.is_json() {
            output.document(&self.json())
        } else {
            output.report(self.text(output.style).as_bytes())
        }
    }

    fn json(&self) -> Value {
        let extent = |extent: DumpSize| {
            json!({
                "file_size": extent.file_size,
                "captured_bytes": extent.captured_bytes,
                "regions": extent.regions,
                "threads": extent.threads,
            })
        };
        let search = self.search.map(|Searched { reduced, timeouts }| {
            json!({
                "runs": reduced.runs,
                "timeouts": timeouts,
                "widened": reduced.widened,
                "interrupted": reduced.interrupted,
            })
        });
        let layout = self.dump.layout();
        let kept = (0u32..).zip(layout.threads());
        let kept = kept.filter(|(index, _)| self.threads.contains(&ThreadIndex(*index)));
        json!({
            "output": PathText(&self.arguments.output).to_string(),
            "before": extent(self.reduction.before),
            "after": extent(self.reduction.after),
            "tids": kept.map(|(_, thread)| thread.tid).collect::<Vec<_>>(),
            "oracle": search,
        })
    }

    fn text(&self, style: Style) -> String {
        let Reduction { before, after, unmapped, unlisted_threads, .. } = self.reduction;
        let bytes = |bytes: u64| text::size(bytes.into());
        let mut table = Table::new(&["", "before", "after"], &[1, 2]);
        let mut row = |name: &str, before, after| table.row(vec![name.to_owned(), before, after]);
        row("file", bytes(before.file_size), bytes(after.file_size));
        row("memory", bytes(before.captured_bytes), bytes(after.captured_bytes));
        row("regions", before.regions.to_string(), after.regions.to_string());
        row("threads", before.threads.to_string(), after.threads.to_string());
        let path = text::shown(&PathText(&self.arguments.output).to_string());
        let mut said = format!("wrote {path}\n{}", table.render(style));
        if self.arguments.drop_variables {
            said.push_str(
                "writable memory of modules was dropped: debuggers may read it from the files of the modules\n",
            );
        }
        if unmapped {
            said.push_str("dropped memory is no longer mapped: debuggers report that they cannot read it\n");
        }
        if unlisted_threads {
            said.push_str(
                "gdb's thread library may still list threads that were dropped, without registers\n",
            );
        }
        if let Some(Searched { reduced, timeouts }) = self.search {
            let slow = if *timeouts > 0 { format!(", {timeouts} of them timed out") } else { String::new() };
            let widened =
                if reduced.widened { ", because the oracle rejected the usual reduction" } else { "" };
            let end = if reduced.interrupted { "; stopped: more could be dropped" } else { "" };
            let runs = text::counted(reduced.runs, "run");
            said.push_str(&format!("{runs} of the oracle{slow}{widened}{end}\n"));
        }
        said
    }
}
