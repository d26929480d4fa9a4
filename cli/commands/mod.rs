//! The verbs, one file each, and shared steps.

mod address_map;
mod apply;
mod convert;
mod describe;
mod destination;
mod diff;
mod each_path;
mod edit;
mod fields;
mod find;
mod history;
mod info;
mod machines;
mod manual;
mod matches;
mod modules;
mod open;
mod parts;
mod print;
mod print_types;
mod read;
mod reading;
mod reduce;
mod regions;
mod regs;
mod repair;
mod report;
mod scrub;
mod set;
mod spec_file;
mod strings;
mod synth;
mod thread_argument;
mod threads;
mod where_;
mod whole;
mod write;

use std::path::Path;

use crate::args::Verb;
use crate::done::Done;
use crate::failure::Failure;
use crate::input::is_standard;
use crate::output::Output;

/// Runs a verb.
pub(crate) fn run(verb: Verb, output: &mut Output) -> Result<Done, Failure> {
    let is_there = |path: Option<&Path>| path.is_some_and(is_standard);
    // A dry run of a scrub writes no dump, so that the report may go there.
    let scrubbed = |verb: &Verb| match verb {
        Verb::Scrub(scrub) => {
            is_there(scrub.output.as_deref()) && !(scrub.dry_run && is_there(scrub.report.as_deref()))
        }
        _ => false,
    };
    if scrubbed(&verb) || is_there(verb.edit().and_then(|edit| edit.output.as_deref())) {
        output.leave_standard_output();
    }
    match verb {
        Verb::Info(arguments) => info::run(&arguments, output),
        Verb::Threads(arguments) => threads::run(&arguments, output),
        Verb::Modules(arguments) => modules::run(&arguments, output),
        Verb::Regions(arguments) => regions::run(&arguments, output),
        Verb::Fields(arguments) => fields::run(&arguments, output),
        Verb::Where(arguments) => where_::run(&arguments, output),
        Verb::Regs(arguments) => regs::run(&arguments, output),
        Verb::Read(arguments) => read::run(&arguments, output),
        Verb::Print(arguments) => print::run(&arguments, output),
        Verb::Find(arguments) => find::run(&arguments, output),
        Verb::Strings(arguments) => strings::run(&arguments, output),
        Verb::Write(arguments) => write::run(&arguments, output),
        Verb::Set(arguments) => set::run(&arguments, output),
        Verb::Fill(arguments) => write::fill(&arguments, output),
        Verb::Copy(arguments) => write::copy(&arguments, output),
        Verb::Add(arguments) => parts::add(&arguments, output),
        Verb::Repair(arguments) => repair::run(&arguments, output),
        Verb::Drop(arguments) => parts::drop(&arguments, output),
        Verb::Apply(arguments) => apply::run(&arguments, output),
        Verb::Diff(arguments) => diff::run(&arguments, output),
        Verb::Undo(arguments) => history::undo(&arguments, output),
        Verb::Log(arguments) => history::log(&arguments, output),
        Verb::Redo(arguments) => history::redo(&arguments, output),
        Verb::Forget(arguments) => history::forget(&arguments, output),
        Verb::Recover(arguments) => history::recover(&arguments, output),
        Verb::Describe(arguments) => describe::run(&arguments, output),
        Verb::Synth(arguments) => synth::run(&arguments, output),
        Verb::Reduce(arguments) => reduce::run(&arguments, output),
        Verb::Convert(arguments) => convert::run(&arguments, output),
        Verb::Scrub(arguments) => scrub::run(&arguments, output),
        Verb::Machines => machines::run(output),
        Verb::Help { topic } => manual::help(topic.as_deref(), output),
        Verb::Completions { shell } => manual::completions(shell, output),
        Verb::Man { all: Some(folder), .. } => manual::pages(&folder, output),
        Verb::Man { verb, .. } => manual::page(verb.as_deref(), output),
    }
}
