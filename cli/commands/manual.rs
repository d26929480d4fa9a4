//! `help`, `completions` and `man`: write clap's description of the arguments and the notation page, as help, as shell completions and as
//! manual pages.

use std::path::{Path, PathBuf};

use clap::builder::{Resettable, StyledStr};
use clap::error::ErrorKind;
use clap_complete::Shell;
use dumpedit::notation::PathText;
use roff::{Roff, bold, roman};
use serde_json::json;

use crate::completion;
use crate::done::Done;
use crate::failure::Failure;
use crate::help;
use crate::notation_page::{self, Section};
use crate::output::{self, Output};

/// Manual sections of commands and of conventions.
const COMMANDS: &str = "1";
const AROUND: &str = "7";

/// Pages have no date. The blank keeps the next argument from being read as the date.
const DATE: &str = " ";
const SOURCE: &str = concat!("dumpedit ", env!("CARGO_PKG_VERSION"));
const MANUAL: &str = "dumpedit's manual";

pub(super) fn completions(shell: Shell, output: &mut Output) -> Result<Done, Failure> {
    let script = completion::script(shell).map_err(|error| Failure::output(&error))?;
    text(&script, output)
}

/// Writes a text unchanged, or as a JSON document of one string.
fn text(text: &[u8], output: &mut Output) -> Result<Done, Failure> {
    if output.is_json() {
        output.bare_document(&json!({ "text": String::from_utf8_lossy(text) }))?;
    } else {
        output.raw(text)?;
    }
    Ok(Done::All)
}

/// Shows the help of the command or of a verb, or the notation page.
pub(super) fn help(topic: Option<&str>, output: &mut Output) -> Result<Done, Failure> {
    let coloured = output.style.is_coloured() && !output.is_json();
    if topic == Some(notation_page::NAME) {
        return text(notation_page::text(output.style).as_bytes(), output);
    }
    let words = ["dumpedit"].into_iter().chain(topic).chain(["--help"]);
    let asked = help::command().try_get_matches_from(words);
    let help = match (asked, topic) {
        (Err(help), _) if help.kind() == ErrorKind::DisplayHelp => help.render(),
        (_, topic) => return Err(Failure::no_such_verb(topic.unwrap_or_default())),
    };
    let help = if coloured { help.ansi().to_string() } else { help.to_string() };
    text(help.as_bytes(), output)
}

/// The clap command of dumpedit or of a verb.
fn built(verb: Option<&str>) -> Result<clap::Command, Failure> {
    let mut command = help::command();
    command.build();
    let Some(verb) = verb else { return Ok(command) };
    command.find_subcommand(verb).cloned().ok_or_else(|| Failure::no_such_verb(verb))
}

pub(super) fn page(verb: Option<&str>, output: &mut Output) -> Result<Done, Failure> {
    let page = if verb == Some(notation_page::NAME) { of_notation() } else { of_command(built(verb)?) };
    let Page { roff, .. } = page.map_err(|error| Failure::output(&error))?;
    text(&roff, output)
}

/// Writes every page to a file in a folder. If the folder is called `man1`, the notation page goes into `man7` beside it.
pub(super) fn pages(folder: &Path, output: &mut Output) -> Result<Done, Failure> {
    write_all(folder).map_err(|error| Failure::file("commit", "write manual pages into", folder, &error))?;
    let folder = PathText(folder).to_string();
    if output.is_json() {
        output.bare_document(&json!({ "output": folder }))?;
    } else {
        output
            .report(format!("wrote the manual pages into {}\n", output::text::shown(&folder)).as_bytes())?;
    }
    Ok(Done::All)
}

fn write_all(folder: &Path) -> std::io::Result<()> {
    let mut command = help::command();
    command.build();
    let verbs: Vec<clap::Command> = command.get_subcommands().cloned().collect();
    for command in std::iter::once(command).chain(verbs) {
        let page = of_command(command)?;
        std::fs::write(folder.join(page.file_name()), page.roff)?;
    }
    let page = of_notation()?;
    let folder = folder_of(AROUND, folder);
    if !folder.exists() {
        std::fs::create_dir(&folder)?;
    }
    std::fs::write(folder.join(page.file_name()), page.roff)
}

/// The folder of the pages of a section; those of commands go into `folder`.
fn folder_of(section: &str, folder: &Path) -> PathBuf {
    let of_commands = folder.file_name().is_some_and(|name| name == "man1");
    if of_commands { folder.with_file_name(format!("man{section}")) } else { folder.to_owned() }
}

/// A manual page.
struct Page {
    name: String,
    section: &'static str,
    roff: Vec<u8>,
}

impl Page {
    fn file_name(&self) -> String {
        format!("{}.{}", self.name, self.section)
    }
}

/// The page of the command or of a verb.
fn of_command(command: clap::Command) -> std::io::Result<Page> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let footer = command.get_after_help().map_or(String::new(), StyledStr::to_string);
    let man = clap_mangen::Man::new(command.after_help(Resettable::Reset));
    let man = man.title(&name).section(COMMANDS).date(DATE).source(SOURCE).manual(MANUAL);
    let mut roff = Vec::new();
    man.render(&mut roff)?;
    let mut rest = Roff::new();
    for (heading, lines) in sections(&footer) {
        rest.control("SH", [heading]);
        set_lines(&mut rest, &lines);
    }
    see_also(&mut rest, &name);
    rest.to_writer(&mut roff)?;
    Ok(Page { name, section: COMMANDS, roff })
}

/// The page of the notation.
fn of_notation() -> std::io::Result<Page> {
    let name = format!("dumpedit-{}", notation_page::NAME);
    let mut roff = Roff::new();
    roff.control("TH", [name.as_str(), AROUND, DATE, SOURCE, MANUAL]);
    roff.control("SH", ["NAME"]);
    roff.text([roman(format!("{name} - {}", notation_page::ABOUT))]);
    for Section { name, about, forms, notes } in notation_page::SECTIONS {
        roff.control("SH", [*name]);
        if !about.is_empty() {
            roff.text([roman(*about)]);
        }
        roff.control("PP", []);
        // Without space between paragraphs, the forms look like rows of a table.
        roff.control("PD", ["0"]);
        for (form, meaning) in *forms {
            roff.control("TP", ["24"]);
            roff.text([bold(*form)]);
            roff.text([roman(*meaning)]);
        }
        roff.control("PD", []);
        for note in *notes {
            roff.control("PP", []);
            roff.text([roman(note.replace('\n', " "))]);
        }
    }
    see_also(&mut roff, &name);
    let mut page = Vec::new();
    roff.to_writer(&mut page)?;
    Ok(Page { name, section: AROUND, roff: page })
}

fn see_also(roff: &mut Roff, of: &str) {
    let notation = format!("dumpedit-{}", notation_page::NAME);
    let others = [("dumpedit", COMMANDS), (notation.as_str(), AROUND)];
    let others = others.into_iter().filter(|(name, _)| *name != of);
    let named: Vec<String> = others.map(|(name, section)| format!("{name}({section})")).collect();
    roff.control("SH", ["SEE ALSO"]);
    roff.text([roman(named.join(", "))]);
}

/// The lines of the help after the options, under the usual headings of manual pages.
fn sections(footer: &str) -> Vec<(&'static str, Vec<&str>)> {
    const NOTES: &str = "NOTES";
    let mut sections: Vec<(&'static str, Vec<&str>)> = Vec::new();
    for line in footer.lines() {
        let indented = line.starts_with(' ') || line.is_empty();
        let (heading, line) = match line.strip_prefix("Exit codes: ") {
            Some(codes) => ("EXIT STATUS", codes),
            None if line == "Examples:" => ("EXAMPLES", ""),
            None => match sections.last() {
                Some((heading, _)) if indented || *heading == NOTES => (*heading, line),
                _ => (NOTES, line),
            },
        };
        match sections.last_mut() {
            Some((last, lines)) if *last == heading => lines.push(line),
            _ => sections.push((heading, vec![line])),
        }
    }
    sections
}

/// Writes paragraphs, and indented lines unchanged.
fn set_lines(roff: &mut Roff, lines: &[&str]) {
    let mut as_is = false;
    for line in lines {
        let indented = line.starts_with(' ');
        if indented != as_is && !line.is_empty() {
            roff.control(if indented { "nf" } else { "fi" }, []);
            as_is = indented;
        }
        match line.is_empty() {
            true => roff.control("PP", []),
            false => roff.text([roman(*line)]),
        };
    }
    if as_is {
        roff.control("fi", []);
    }
}
