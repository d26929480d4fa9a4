//! `scrub`: planted secrets are in no byte of the scrubbed dump, in any form, and stacks are walked as before.

mod command;
mod corpus;
mod fixed_point;
mod hostile;
mod planted;
mod process;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::command::{Run, dumpedit};
use crate::support::elf_builder::{ElfBuilder, prstatus};
use crate::support::process::{RIP, RSP, TID};
use crate::support::subject::Subject;

/// A text in every form in memory: UTF-8, and UTF-16 of both byte orders.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let wide = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect();
    vec![text.as_bytes().to_vec(), wide(u16::to_le_bytes), wide(u16::to_be_bytes)]
}

/// The texts in some bytes, each with the index of its form. This search shares no code with dumpedit's.
fn held<'t>(bytes: &[u8], texts: &[&'t str]) -> Vec<(&'t str, usize)> {
    let mut wanted: Vec<(&str, usize, Vec<u8>)> = Vec::new();
    for text in texts {
        wanted.extend((0..).zip(forms(text)).map(|(index, form)| (*text, index, form)));
    }
    // Most offsets begin no text, and are skipped at once.
    let start = |bytes: &[u8]| usize::from(bytes[0]) << 8 | usize::from(bytes[1]);
    let mut begins = vec![false; 1 << 16];
    wanted.iter().for_each(|(.., form)| begins[start(form)] = true);
    let mut found = Vec::new();
    for (at, pair) in bytes.windows(2).enumerate() {
        if begins[start(pair)] {
            let here = wanted.iter().filter(|(.., form)| bytes[at..].starts_with(form));
            found.extend(here.map(|(text, index, _)| (*text, *index)));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// A core of this memory.
fn core_of(memory: &[u8]) -> Subject {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(TID, 11, RIP, RSP)]);
    core.load(RSP, memory);
    Subject::named("a.core", core.finish())
}

#[track_caller]
fn holds(bytes: &[u8], texts: &[&str]) {
    let held = held(bytes, texts);
    for text in texts {
        assert!(held.iter().any(|(found, _)| found == text), "{text} is not there");
    }
}

#[track_caller]
fn holds_none(bytes: &[u8], texts: &[&str]) {
    assert_eq!(held(bytes, texts), [], "they are still there");
}

/// `dumpedit scrub` of a dump into a file beside it, and the report.
fn scrubbed(dump: &Path, options: &[&str]) -> (PathBuf, Value) {
    let (out, run) = scrub(dump, options);
    (out, run.exits(0).json())
}

/// `dumpedit scrub` of a dump into a file beside it.
fn scrub(dump: &Path, options: &[&str]) -> (PathBuf, Run) {
    let out = PathBuf::from(format!("{}.scrubbed", dump.display()));
    let all = ["scrub", dump.to_str().unwrap(), "-o", out.to_str().unwrap(), "--overwrite", "--json"];
    let run = dumpedit(&all.iter().chain(options).collect::<Vec<_>>());
    (out, run)
}

fn verify(dump: &Path, options: &[&str]) -> Run {
    let all = ["scrub", dump.to_str().unwrap(), "--verify", "--json"];
    dumpedit(&all.iter().chain(options).collect::<Vec<_>>())
}
