//! Output on a terminal: a progress bar that fits, shows speed and time left, and is gone in the end.
#![cfg(target_os = "linux")]

use super::signals::noise;
use super::{names, text};
use crate::support::elf_builder::ElfBuilder;
use crate::support::subject::Subject;
use crate::support::terminal::{Terminal, shown};

/// The states of a bar that begins with a word, without colours.
fn bars(written: &str, what: &str) -> Vec<String> {
    let pieces = written.split(['\r', '\n']);
    pieces
        .flat_map(shown)
        .filter(|line| line.starts_with(what))
        // Typed characters are shown behind the bar.
        .map(|line| line.trim_end_matches("^C").trim_end().to_owned())
        .collect()
}

#[test]
fn packing_shows_a_bar_that_fits_and_ctrl_c_takes_it_away() {
    let subject = noise();
    let out = subject.folder().join("out.xz");
    for columns in [80, 140] {
        let arguments = ["write", text(subject.path()), "0x1000", "cc", "-o", text(&out)];
        let Some(mut terminal) = Terminal::start(columns, &arguments) else { return };
        terminal.wait_for(" left", 2);
        terminal.type_in(b"\x03");
        let (written, code) = terminal.end();
        assert_eq!(code, 130, "{written:?}");
        let bars = bars(&written, "packing");
        let told = bars.iter().find(|bar| bar.ends_with(" left")).unwrap_or_else(|| panic!("{bars:?}"));
        for part in ["/48.00 MiB ", "/s, "] {
            assert!(told.contains(part), "{told}");
        }
        for bar in &bars {
            assert!(bar.chars().count() <= usize::from(columns), "{columns} columns: {bar}");
        }
        assert!(told.chars().count() > usize::from(columns) / 2, "the bar uses the width: {told}");
        assert!(!shown(&written).iter().any(|line| line.contains("packing")), "{written:?}");
        assert!(written.contains("stopped on request"), "{written:?}");
        assert_eq!(names(subject.folder()), ["a.core"]);
    }
    subject.unchanged();
}

#[test]
fn a_bar_is_gone_when_the_command_is_done_and_quiet_commands_show_none() {
    let mut core = ElfBuilder::x86_64();
    let noise: Vec<u8> =
        (0..600_000u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    core.load(0x1000, &noise);
    let subject = Subject::named("a.core", core.finish());
    for (name, quiet) in [("loud.xz", false), ("quiet.xz", true)] {
        let out = subject.folder().join(name);
        let mut arguments = vec!["write", text(subject.path()), "0x1000", "cc", "-o", text(&out)];
        arguments.extend(quiet.then_some("--quiet"));
        let Some(terminal) = Terminal::start(80, &arguments) else { return };
        let (written, code) = terminal.end();
        assert_eq!(code, 0, "{written:?}");
        let lines = shown(&written);
        assert!(!lines.iter().any(|line| line.contains("packing")), "{written:?}");
        assert_eq!(lines.iter().any(|line| line.starts_with("wrote 1 byte into")), !quiet, "{written:?}");
        assert!(!quiet || bars(&written, "packing").is_empty(), "{written:?}");
        assert!(out.exists());
    }
}

#[test]
fn errors_and_listings_are_coloured_on_a_terminal_unless_they_are_asked_not_to_be() {
    let mut core = ElfBuilder::x86_64();
    core.load(0x1000, &[1; 64]);
    let subject = Subject::named("a.core", core.finish());
    for (option, coloured) in [("--color=auto", true), ("--color=never", false)] {
        let Some(terminal) = Terminal::start(80, &["read", text(subject.path()), "0x9000", option]) else {
            return;
        };
        let (written, code) = terminal.end();
        assert_eq!((code, written.contains("\x1b[1;31merror:\x1b[0m")), (2, coloured), "{written:?}");
    }
}
