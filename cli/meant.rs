//! Corrects a failed command. A hint shows a correction only after a trial run.

use std::ffi::OsString;
use std::iter;
use std::path::Path;

use clap::{CommandFactory, Parser};

use dumpedit::Correction;

use crate::args::{Arguments, Verb};
use crate::commands;
use crate::failure::Failure;
use crate::output::{Output, progress};
use crate::shell;

/// Words of a command, without the program name.
type Words = Vec<OsString>;

/// A word order of other tools, or a common mistake: the explanation and the possible corrections. `at` is the index of the verb.
type Habit = fn(words: &[OsString], at: usize) -> (&'static str, Vec<Words>);

/// Maximum number of trial runs.
const MOST_TRIALS: u32 = 24;

impl Failure {
    /// Adds a corrected command to the hint, if one works.
    pub(crate) fn or_command(self, words: &[OsString]) -> Failure {
        // A mistake in a script is corrected in the script.
        if self.place.is_some() {
            return self;
        }
        let mut trials = MOST_TRIALS;
        if let Some(words) = mended(words, &self, &mut trials) {
            let command = command(&words);
            let hint = match &self.hint {
                None => command,
                Some(hint) if hint.ends_with('?') => format!("{hint} {command}"),
                Some(hint) => format!("{hint}: {command}"),
            };
            return Failure { hint: Some(hint), ..self };
        }
        let verb = verb(words);
        // Trials find the order of words. Standard input can be read only once, and words after `--` have a fixed order.
        let is_in_order = parsed(words).is_ok_and(|arguments| !can_be_tried(&arguments.verb));
        let may_be_order = ["usage", "open", "value", "register"].contains(&self.kind) && !is_in_order;
        if let Some(at) = verb.filter(|_| {
            may_be_order && !reads_standard_input(words) && !words.iter().any(|word| word == "--")
        }) {
            for habit in HABITS {
                let (what, meant) = habit(words, at);
                let found = meant.iter().find_map(|words| working(words, &mut trials));
                if let Some(words) = found {
                    return Failure { hint: Some(format!("{what}: {}", command(&words))), ..self };
                }
            }
        }
        match verb.and_then(|at| words.get(at)?.to_str()) {
            Some(verb) if self.hint.as_deref() == Some(Failure::LOOK_UP) => {
                Failure { hint: Some(format!("dumpedit {verb} --help")), ..self }
            }
            _ => self,
        }
    }
}

/// The words as typed in a shell.
fn command(words: &[OsString]) -> String {
    let words: Vec<String> = words.iter().map(|word| shell::word(word)).collect();
    format!("dumpedit {}", words.join(" "))
}

/// Index of the verb.
fn verb(words: &[OsString]) -> Option<usize> {
    let verbs = Arguments::command();
    words.iter().position(|word| verbs.find_subcommand(word).is_some())
}

/// A working command, with its mistakes corrected.
fn working(words: &[OsString], trials: &mut u32) -> Option<Words> {
    *trials = trials.checked_sub(1)?;
    match tried(words) {
        Ok(()) => Some(words.to_vec()),
        Err(failure) => mended(words, &failure, trials),
    }
}

/// The command with one mistake after the other corrected, until it works.
fn mended(words: &[OsString], failure: &Failure, trials: &mut u32) -> Option<Words> {
    let Correction { text, instead, .. } =
        failure.instead.as_deref().filter(|correction| correction.text != correction.instead)?;
    replaced(words, text, instead).iter().find_map(|words| working(words, trials))
}

/// The words with a text replaced: a whole word, or a part of a word without letters next to it.
fn replaced(words: &[OsString], text: &str, instead: &str) -> Vec<Words> {
    let is_letter = |letter: char| letter.is_alphanumeric() || "_$%".contains(letter);
    let within = |word: &str| {
        word.match_indices(text).find_map(|(at, _)| {
            let (before, rest) = word.split_at_checked(at)?;
            let behind = rest.strip_prefix(text)?;
            let whole = !before.ends_with(is_letter) && !behind.starts_with(is_letter);
            whole.then(|| format!("{before}{instead}{behind}"))
        })
    };
    let with = |at: usize, word: String| {
        let mut words = words.to_vec();
        words.splice(at..=at, [word.into()]);
        words
    };
    let whole =
        (0..).zip(words).filter(|(_, word)| *word == text).map(|(at, _)| with(at, instead.to_owned()));
    let parts = (0..).zip(words).filter(|(_, word)| *word != text);
    let parts = parts.filter_map(|(at, word)| Some(with(at, within(word.to_str()?)?)));
    whole.chain(parts).collect()
}

fn reads_standard_input(words: &[OsString]) -> bool {
    words.iter().any(|word| word == "-")
}

/// Parses words as arguments.
fn parsed(words: &[OsString]) -> Result<Arguments, Failure> {
    let words = iter::once("dumpedit".into()).chain(words.iter().cloned());
    Arguments::try_parse_from(words).map_err(Failure::usage)
}

/// Whether a verb can run without lasting effects.
fn can_be_tried(verb: &Verb) -> bool {
    !matches!(
        verb,
        Verb::Forget(_)
            | Verb::Recover(_)
            | Verb::Describe(_)
            | Verb::Synth(_)
            | Verb::Reduce(_)
            | Verb::Convert(_)
            | Verb::Scrub(_)
            | Verb::Man { all: Some(_), .. }
    )
}

/// Runs a command without lasting effects up to its first output. A command that cannot be tried out counts as done.
fn tried(words: &[OsString]) -> Result<(), Failure> {
    let mut arguments = parsed(words)?;
    if reads_standard_input(words) || !can_be_tried(&arguments.verb) {
        return Ok(());
    }
    match &mut arguments.verb {
        Verb::Undo(arguments) => arguments.dry_run = true,
        Verb::Redo(arguments) => arguments.dry_run = true,
        verb => {
            if let Some(edit) = verb.edit_mut() {
                edit.dry_run = true;
                edit.receipt = None;
            }
        }
    }
    progress::try_out();
    match commands::run(arguments.verb, &mut Output::of_trial()) {
        Err(failure) if failure.kind != Failure::TRIED && !progress::was_stopped() => Err(failure),
        _ => Ok(()),
    }
}

const HABITS: &[Habit] =
    &[dump_behind, range_in_words, assignment_in_words, assignment_to_show, names_with_commas];

/// `read 0x1000 D`, `D read 0x1000`.
fn dump_behind(words: &[OsString], at: usize) -> (&'static str, Vec<Words>) {
    let is_file = |word: &OsString| Path::new(word).is_file();
    let dumps =
        words.iter().enumerate().filter(|(index, word)| *index != at.saturating_add(1) && is_file(word));
    let moved = dumps.map(|(index, dump)| {
        let others = words.iter().enumerate().filter(|(other, _)| *other != index);
        others
            .flat_map(|(other, word)| iter::once(word).chain((other == at).then_some(dump)))
            .cloned()
            .collect()
    });
    let before = words.get(..at).is_some_and(|words| words.iter().any(is_file));
    (if before { "the verb comes first" } else { "the dump comes first" }, moved.collect())
}

/// `read D 0x1000 64`, `read D 0x1000 L40`, `read D 0x1000 0x1040`.
fn range_in_words(words: &[OsString], at: usize) -> (&'static str, Vec<Words>) {
    let meant = || {
        let index = at.checked_add(2)?;
        let (start, end) = (words.get(index)?.to_str()?, words.get(index.checked_add(1)?)?.to_str()?);
        // Lengths of WinDbg are hex.
        let length = end.strip_prefix(['L', 'l']).map_or(end.to_owned(), |digits| format!("0x{digits}"));
        let join = |range: String| {
            let mut words = words.to_vec();
            words.splice(index..=index.saturating_add(1), [range.into()]);
            words
        };
        Some(vec![join(format!("{start}..{end}")), join(format!("{start}..+{length}"))])
    };
    let has_ranges = |verb: &OsString| ["read", "fill", "copy"].iter().any(|name| verb == name);
    let ranges = words.get(at).filter(|verb| has_ranges(verb)).and_then(|_| meant());
    ("a range is one word", ranges.unwrap_or_default())
}

/// `set D rip 0x1000`, `set D rip = 0x1000`.
fn assignment_in_words(words: &[OsString], at: usize) -> (&'static str, Vec<Words>) {
    let meant = || {
        let (before, assigned) = words.split_at_checked(at.checked_add(2)?)?;
        let end = assigned.iter().position(|word| word.as_encoded_bytes().starts_with(b"-"));
        let (assigned, behind) = assigned.split_at_checked(end.unwrap_or(assigned.len()))?;
        let assigned: Option<Vec<&str>> = assigned.iter().map(|word| word.to_str()).collect();
        let mut assigned = assigned?;
        assigned.retain(|word| *word != "=");
        let (pairs, []) = assigned.as_chunks() else { return None };
        let pairs = pairs.iter().map(|[name, value]| format!("{name}={value}").into());
        Some(before.iter().cloned().chain(pairs).chain(behind.iter().cloned()).collect())
    };
    let sets = words.get(at).is_some_and(|verb| verb == "set");
    ("write REGISTER=NUMBER", sets.then(meant).flatten().into_iter().collect())
}

/// `regs D rip=0x1000`.
fn assignment_to_show(words: &[OsString], at: usize) -> (&'static str, Vec<Words>) {
    let shows = words.get(at).is_some_and(|verb| verb == "regs");
    let mut meant = words.to_vec();
    meant.splice(at..=at, ["set".into()]);
    ("set changes registers", shows.then_some(meant).into_iter().collect())
}

/// `regs D rip,rsp`.
fn names_with_commas(words: &[OsString], _: usize) -> (&'static str, Vec<Words>) {
    let parts = |word: &OsString| -> Words {
        let parts = word.to_str().filter(|word| word.contains(','));
        parts.map_or_else(
            || vec![word.clone()],
            |word| word.split(',').filter(|part| !part.is_empty()).map(OsString::from).collect(),
        )
    };
    let meant: Words = words.iter().flat_map(parts).collect();
    ("blanks separate them", (meant.len() > words.len()).then_some(meant).into_iter().collect())
}
