//! Remarks of `read` about memory beside its bytes, on a terminal and with colours.

use crate::support::elf_builder::{ElfBuilder, nt_file, prstatus};
use crate::support::subject::Subject;

/// A core with a module at 0x1000, a stack of thread 7 whose pointer is 0x9010, one of thread 8, and pointers on the first.
fn subject() -> Subject {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[
        prstatus(7, 11, 0x1008, 0x9010),
        prstatus(8, 0, 0x1000, 0xb000),
        nt_file(&[(0x1000, 0x2000, 0, "/lib/libx.so")]),
    ]);
    core.load(0x1000, &[0x90; 0x1000]);
    let words = [0u64, 0, 0x1234, 0x9018, 0xc000, 0xdead_beef];
    let stack: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    core.load(0x9000, &stack);
    core.load(0xb000, &[1; 16]);
    core.load(0xc000, &[2; 16]);
    Subject::named("a.core", core.finish())
}

const MODULE: &str = "\x1b[36m";
const STACK: &str = "\x1b[33m";
const OTHER: &str = "\x1b[32m";
const EDITED: &str = "\x1b[7m";
const END: &str = "\x1b[0m";

fn without_colours(text: &str) -> String {
    let mut plain = String::new();
    for (index, piece) in text.split('\x1b').enumerate() {
        let behind = piece.split_once('m').filter(|_| index > 0).map_or(piece, |(_, behind)| behind);
        plain.push_str(behind);
    }
    plain
}

#[test]
fn pointers_are_named_and_coloured_by_what_they_point_at() {
    let subject = subject();
    let read = subject.plain("read", &["0x9000..+48", "--as", "ptr", "--color", "always"]).exits(0);
    let lines: Vec<&str> = read.text().lines().collect();
    assert!(
        lines[2].ends_with(&format!("{MODULE}0x1234{END}  \x1b[1m<- sp{END}  -> {MODULE}libx.so+0x234{END}"))
    );
    assert!(lines[3].ends_with(&format!("{STACK}0x9018{END}  -> {STACK}0x9000+0x18{END}")), "{}", lines[3]);
    assert!(lines[4].ends_with(&format!("{OTHER}0xc000{END}  -> {OTHER}0xc000+0x0{END}")), "{}", lines[4]);
    assert!(lines[5].ends_with("  0xdeadbeef"), "{}", lines[5]);
    let code = subject.plain("read", &["0x1000..+16", "--color", "always"]).exits(0);
    assert!(without_colours(code.text()).ends_with("|................|  <- pc\n"), "{code}");
    let other = subject.plain("read", &["0xb000..+8", "--color", "always", "--thread", "8"]).exits(0);
    assert!(without_colours(other.text()).ends_with("<- sp\n"), "{other}");
}

#[test]
fn a_hexdump_names_its_words_behind_the_line() {
    let subject = subject();
    let read = subject.plain("read", &["0x9010..+16", "--color", "always"]).exits(0);
    assert!(read.text().contains(&format!(" {MODULE}34{END} {MODULE}12{END} ")), "{read}");
    let plain = without_colours(read.text());
    let bytes = "34 12 00 00 00 00 00 00  18 90 00 00 00 00 00 00  |4...............|";
    assert_eq!(plain, format!("0x0000000000009010  {bytes}  <- sp  -> libx.so+0x234, 0x9000+0x18\n"));
}

#[test]
fn what_edits_in_force_wrote_is_marked_until_it_is_taken_back() {
    let subject = subject();
    let read = || subject.plain("read", &["0x9020..+16", "--color", "always"]).exits(0).text().to_owned();
    let before = read();
    assert!(!before.contains("edited"), "{before}");
    subject.run("write", &["0x9023", "cc dd"]).exits(0);
    let marked = read();
    assert_eq!(marked.matches(EDITED).count(), 3, "{marked:?}");
    assert!(marked.contains(&format!("{EDITED}cc{END} {EDITED}dd{END}")), "{marked:?}");
    assert!(marked.ends_with(&format!("{EDITED}edited{END}\n")), "{marked:?}");
    let number = subject.plain("read", &["0x9020", "--as", "u64", "--color", "always"]).exits(0);
    assert!(without_colours(number.text()).ends_with("  edited\n"), "{number}");
    subject.run("undo", &[]).exits(0);
    assert_eq!(read(), before);
}

#[test]
fn a_pipe_gets_address_bytes_and_text_alone() {
    let subject = subject();
    subject.run("write", &["0x9020", "cc"]).exits(0);
    let read = subject.plain("read", &["0x9010..+16"]).exits(0);
    let bytes = "34 12 00 00 00 00 00 00  18 90 00 00 00 00 00 00  |4...............|";
    assert_eq!(read.text(), format!("0x0000000000009010  {bytes}\n"));
    let read = subject.plain("read", &["0x9010", "--as", "ptr"]).exits(0);
    assert_eq!(read.text(), "0x0000000000009010  0x1234\n");
}

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_shows_as_much_as_its_width_allows() {
    use crate::support::terminal::{Terminal, shown};
    let subject = subject();
    let path = subject.path().to_str().unwrap();
    for (columns, option, told) in [
        (80, &["0x9010..+16"][..], "  <- sp  -> libx.so+0x234"),
        (100, &["0x9010..+16"], "  <- sp"),
        (140, &["0x9010..+16"], "  <- sp  -> libx.so+0x234, 0x9000+0x18"),
        (80, &["0x9010", "--as", "ptr"], "  <- sp  -> libx.so+0x234"),
    ] {
        let Some(terminal) = Terminal::start(columns, &[&["read", path], option].concat()) else { return };
        let (written, code) = terminal.end();
        assert_eq!(code, 0, "{written}");
        let line = shown(&written).remove(0);
        let base = line.find("  <- ").unwrap_or(line.len());
        assert_eq!(line[base..].trim_end(), told, "{columns}: {line}");
        assert!(told.is_empty() || line.trim_end().chars().count() <= columns.into(), "{line}");
    }
}
