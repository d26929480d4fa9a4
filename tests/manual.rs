//! Output of `help` and `man`: the page of the notation, and pages for readers of manuals.

use std::path::Path;
use std::process::Command;

use crate::support::command::dumpedit;
use crate::support::subject::Subject;
use crate::support::tools::have;
use crate::testdata::folder;

fn subject() -> Subject {
    Subject::named("crash.dmp", std::fs::read(folder().join("crash.dmp")).unwrap())
}

#[test]
fn the_notation_is_told_on_one_page_that_fits_a_terminal() {
    let page = dumpedit(&["help", "notation"]).exits(0);
    for heading in ["AT: ", "RANGE: ", "VALUE: ", "PATTERN: ", "NUMBER: ", "REG: ", "T: ", "C: "] {
        assert!(page.text().contains(&format!("\n\n{heading}")), "{heading}: {page}");
    }
    assert!(page.text().lines().all(|line| line.chars().count() <= 80), "{page}");
    assert_eq!(dumpedit(&["help", "notation", "--json"]).exits(0).json()["text"], page.text());
}

#[test]
fn the_trap_is_as_the_page_tells_it() {
    let page = dumpedit(&["help", "notation"]).exits(0);
    for (line, words) in [("write D AT 10", "writes the byte 0x10"), ("set D rax=10", "sets rax to ten, 0xa")]
    {
        let told = page.text().lines().find(|told| told.trim_start().starts_with(line)).unwrap();
        assert!(told.ends_with(words), "{told}");
    }
    let subject = subject();
    let written = subject.run("write", &["@rsp", "10"]).exits(0).json();
    assert_eq!(written["edits"][0]["new"], "10");
    let set = subject.run("set", &["rax=10"]).exits(0).json();
    assert_eq!(set["edits"][0]["registers"][0]["new"], "0xa");
    subject.plain("write", &["@rsp", "0x10"]).exits(2);
    subject.plain("set", &["rax=010"]).exits(2);
}

#[test]
fn the_help_of_a_verb_is_asked_for_in_two_ways() {
    for verb in ["write", "reduce", "help"] {
        let asked = dumpedit(&["help", verb]).exits(0);
        assert_eq!(asked.text().trim_end(), dumpedit(&[verb, "--help"]).exits(0).text().trim_end());
    }
    assert_eq!(dumpedit(&["help"]).exits(0).text(), dumpedit(&["--help"]).exits(0).text());
    let unknown = dumpedit(&["help", "wirte"]).exits(2).stderr;
    assert!(unknown.contains("there is no verb 'wirte'") && unknown.contains("help notation"), "{unknown}");
}

fn pages(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_page_goes_where_man_looks_for_it() {
    let work = tempfile::tempdir().unwrap();
    let commands = work.path().join("man1");
    std::fs::create_dir(&commands).unwrap();
    dumpedit(&["man".as_ref(), "--all".as_ref(), commands.as_os_str()]).exits(0);
    assert_eq!(pages(work.path()), ["man1", "man7"]);
    assert_eq!(pages(&work.path().join("man7")), ["dumpedit-notation.7"]);
    let names = pages(&commands);
    assert!(names.iter().all(|name| name.ends_with(".1")) && names.len() > 20, "{names:?}");

    let flat = tempfile::tempdir().unwrap();
    dumpedit(&["man".as_ref(), "--all".as_ref(), flat.path().as_os_str()]).exits(0);
    assert!(pages(flat.path()).contains(&"dumpedit-notation.7".to_owned()));
    let page = std::fs::read_to_string(flat.path().join("dumpedit-notation.7")).unwrap();
    assert_eq!(dumpedit(&["man", "notation"]).exits(0).text(), page);
}

#[test]
fn a_page_reads_well_in_man() {
    if !have("man") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    dumpedit(&["man".as_ref(), "--all".as_ref(), folder.path().as_os_str()]).exits(0);
    for (name, headings) in [
        ("dumpedit-find.1", &["SYNOPSIS", "OPTIONS", "EXAMPLES", "NOTES", "EXIT STATUS", "SEE ALSO"][..]),
        ("dumpedit.1", &["SYNOPSIS", "OPTIONS", "EXIT STATUS", "SEE ALSO"]),
        ("dumpedit-notation.7", &["NAME", "AT", "VALUE", "THE TRAP", "SEE ALSO"]),
    ] {
        let shown =
            Command::new("man").env("MANWIDTH", "80").arg("-l").arg(folder.path().join(name)).output();
        let shown = String::from_utf8(shown.unwrap().stdout).unwrap();
        let lines: Vec<&str> = shown.lines().collect();
        for heading in headings {
            assert!(lines.contains(heading), "no {heading} in {shown}");
        }
        let own = name.rsplit_once('.').map(|(page, section)| format!("{page}({section})")).unwrap();
        let footer = lines.iter().rfind(|line| !line.is_empty()).unwrap();
        assert!(footer.starts_with("dumpedit ") && footer.ends_with(&own), "{footer}");
    }
    let page = Command::new("man").arg("-l").arg(folder.path().join("dumpedit-find.1")).output().unwrap();
    let page = String::from_utf8(page.stdout).unwrap();
    let example = "dumpedit find core.1234 text:hunter2 --replace text:xxxxxxx --dry-run";
    assert!(page.contains(example), "examples are not set as they are: {page}");
}
