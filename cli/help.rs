//! The help: verbs in groups, and paragraphs wrapped to the width of the terminal.

use std::fmt::Write as _;

use clap::builder::StyledStr;
use clap::{Command, CommandFactory};

use crate::args::Arguments;

/// The verbs, by purpose.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "Look",
        &[
            "info", "threads", "modules", "regions", "regs", "read", "print", "fields", "find", "strings",
            "where", "diff",
        ],
    ),
    ("Edit, in place or into a copy", &["write", "set", "fill", "copy", "add", "drop", "repair", "apply"]),
    ("Take back", &["undo", "redo", "log", "forget", "recover"]),
    ("Make dumps", &["describe", "synth", "reduce", "convert", "scrub"]),
    ("The command itself", &["machines", "completions", "man", "help"]),
];

/// Names that other tools use for the verbs.
const ELSEWHERE: &[(&str, &[&str])] = &[
    (
        "read",
        &["x", "dump", "hexdump", "xxd", "memory", "mem", "peek", "cat", "db", "dq", "dd", "dump-memory"],
    ),
    ("print", &["p", "inspect", "ptype", "dt", "dv"]),
    ("write", &["patch", "poke", "edit", "store"]),
    ("find", &["search", "grep", "s"]),
    ("regs", &["r", "reg", "register", "registers"]),
    ("regions", &["maps", "map", "mappings", "memory-map", "vmmap", "sections", "segments"]),
    ("modules", &["lm", "images", "libs", "libraries", "sharedlibrary"]),
    ("threads", &["thread", "t"]),
    ("where", &["ln", "lookup", "offset"]),
    ("log", &["history", "edits"]),
    ("undo", &["revert", "rollback"]),
    ("diff", &["compare", "cmp"]),
    ("info", &["show", "summary", "file", "stat"]),
    ("reduce", &["shrink", "strip", "minimize"]),
    ("convert", &["minidump-2-core", "core2md", "translate", "export"]),
    ("scrub", &["redact", "sanitize", "sanitise", "anonymize", "anonymise", "clean", "mask"]),
    ("apply", &["run", "source", "script"]),
    ("add", &["insert", "append"]),
    ("drop", &["remove", "delete", "rm"]),
    ("repair", &["fix", "mend"]),
];

/// The verb for the name in another tool.
pub(crate) fn verb_elsewhere(word: &str) -> Option<&'static str> {
    ELSEWHERE.iter().find(|(_, words)| words.contains(&word)).map(|(verb, _)| *verb)
}

/// The clap command, with its help.
pub(crate) fn command() -> Command {
    let mut command = Arguments::command();
    let names: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    for name in names {
        command = command.mut_subcommand(name, |verb| {
            let footer = verb.get_after_help().map(StyledStr::to_string);
            footer.map_or(verb.clone(), |footer| verb.after_help(rewrapped(&footer)))
        });
    }
    let verbs = verbs(&command);
    command.help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{verbs}Options:\n{{options}}{{after-help}}"
    ))
}

/// The verbs with their descriptions, by group.
fn verbs(command: &Command) -> String {
    const WIDEST: usize = "completions".len();
    let mut text = String::new();
    for (group, names) in GROUPS {
        let _ = writeln!(text, "{group}:");
        for name in *names {
            let about = command.find_subcommand(name).and_then(Command::get_about);
            let about = about.map_or(String::new(), StyledStr::to_string);
            let _ = writeln!(text, "  {name:<WIDEST$}  {about}");
        }
        text.push('\n');
    }
    text
}

/// Joins the lines of paragraphs, so clap wraps them once, to the width of the terminal. Indented lines are kept.
fn rewrapped(text: &str) -> String {
    let mut wrapped = String::new();
    let mut in_paragraph = false;
    for line in text.lines() {
        let plain = !line.is_empty() && !line.starts_with(' ');
        match (plain && in_paragraph, wrapped.is_empty()) {
            (true, _) => wrapped.push(' '),
            (false, false) => wrapped.push('\n'),
            (false, true) => {}
        }
        wrapped.push_str(line);
        // Examples follow a line that ends with a colon.
        in_paragraph = plain && !line.ends_with(':');
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_is_in_one_group() {
        let command = Arguments::command();
        let mut verbs: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        verbs.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(verbs, grouped);
    }

    #[test]
    fn what_is_called_otherwise_elsewhere_is_a_verb_and_no_verb_is_called_so() {
        let command = Arguments::command();
        for (verb, words) in ELSEWHERE {
            assert!(command.find_subcommand(verb).is_some(), "{verb}");
            for word in *words {
                assert!(command.find_subcommand(word).is_none(), "{word}");
                assert_eq!(verb_elsewhere(word), Some(*verb), "{word} is listed twice");
            }
        }
    }

    #[test]
    fn paragraphs_become_one_line_and_examples_stay() {
        let text = "Examples:\n  one\n  two\n\nA text that\ngoes on:\n\nIt ends\nhere.";
        assert_eq!(rewrapped(text), "Examples:\n  one\n  two\n\nA text that goes on:\n\nIt ends here.");
    }
}
