//! What `synth` makes of what `describe` says has the headers, tables and directories of the dump's own file, byte for byte but for
//! where things stand, or a notice tells of the difference.

use std::path::Path;

use crate::support::good_dumps;
use dumpedit::{Dump, NoticeKind};
use dumpedit_fixtures::{DescribeOptions, SynthOptions, describe, synth};

/// A file, and how it stores numbers.
struct File {
    bytes: Vec<u8>,
    big: bool,
}

impl File {
    fn number(&self, at: u64, size: u64) -> u64 {
        let at = usize::try_from(at).unwrap();
        let bytes = self.bytes.get(at..at + size as usize).unwrap_or_default();
        let add = |sum: u64, byte: &u8| (sum << 8) | u64::from(*byte);
        if self.big { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) }
    }

    /// Bytes in hex, with dots for those that say where something is.
    fn masked(&self, at: u64, size: u64, masks: &[(u64, u64)]) -> String {
        let byte = |skipped: u64| {
            let byte = self.bytes.get(usize::try_from(at + skipped).unwrap());
            let is_masked = masks.iter().any(|(from, to)| (*from..*to).contains(&skipped));
            byte.map_or(String::new(), |byte| if is_masked { "..".to_owned() } else { format!("{byte:02x}") })
        };
        (0..size).map(byte).collect()
    }

    /// The bytes that a MINIDUMP_LOCATION_DESCRIPTOR leads to.
    fn located(&self, at: u64) -> String {
        self.masked(self.number(at + 4, 4), self.number(at, 4), &[])
    }

    /// A MINIDUMP_STRING.
    fn text(&self, at: u64) -> String {
        self.masked(at, 4 + self.number(at, 4), &[])
    }
}

/// A line for every entry of a file's tables.
fn lines(bytes: Vec<u8>) -> Vec<String> {
    match bytes.get(..4) {
        Some(b"MDMP") => minidump(&File { bytes, big: false }),
        Some(b"PMDM") => minidump(&File { bytes, big: true }),
        Some(b"\x7fELF") => {
            let big = bytes[5] == 2;
            elf(&File { bytes, big })
        }
        // The first header of a kernel's dump.
        Some(b"PAGE") => {
            let file = File { bytes, big: false };
            (0..0x200).map(|line| format!("header {line:#x}0 {}", file.masked(16 * line, 16, &[]))).collect()
        }
        _ => panic!("no dump"),
    }
}

fn minidump(file: &File) -> Vec<String> {
    let mut lines = vec![format!("header {}", file.masked(0, 32, &[(12, 16)]))];
    for index in 0..file.number(8, 4) {
        let entry = file.number(12, 4) + 12 * index;
        let [kind, size, at] = [0, 4, 8].map(|field| file.number(entry + field, 4));
        lines.push(format!("stream {kind:#x} of {size} bytes"));
        let mut entries = |what: &str, header: u64, entry: u64, masks: &[(u64, u64)]| {
            for index in 0..file.number(at, 4) {
                let at = at + header + entry * index;
                lines.push(format!("{what} {index} {}", file.masked(at, entry, masks)));
            }
        };
        // MINIDUMP_STREAM_TYPE of minidumpapiset.h. Lists that are padded say so by their size.
        let padding = |entry: u64| if size == 8 + entry * file.number(at, 4) { 8 } else { 4 };
        match kind {
            3 => {
                entries("thread", padding(48), 48, &[(36, 40), (44, 48)]);
                let entry = |index| at + padding(48) + 48 * index;
                let count = file.number(at, 4);
                lines.extend((0..count).map(|index| format!("context {}", file.located(entry(index) + 40))));
            }
            4 => {
                entries("module", padding(108), 108, &[(20, 24), (80, 84), (88, 92)]);
                for index in 0..file.number(at, 4) {
                    let module = at + padding(108) + 108 * index;
                    lines.push(format!("name of module {index} {}", file.text(file.number(module + 20, 4))));
                    lines.push(format!("cv {index} {}", file.located(module + 76)));
                    lines.push(format!("misc {index} {}", file.located(module + 84)));
                }
            }
            5 => entries("memory", padding(16), 16, &[(12, 16)]),
            24 => entries("name", 4, 12, &[(4, 12)]),
            6 => lines.push(format!("exception {}", file.masked(at, size, &[(164, 168)]))),
            7 => {
                let text = match file.number(at + 24, 4) {
                    0 => "none".to_owned(),
                    text => file.text(text),
                };
                lines.push(format!("system {} {text}", file.masked(at, size, &[(24, 28)])));
            }
            9 => lines.push(format!("memory64 {}", file.masked(at, size, &[(8, 16)]))),
            15 | 16 => lines.push(format!("bytes {}", file.masked(at, size, &[]))),
            _ => {}
        }
    }
    lines
}

fn elf(file: &File) -> Vec<String> {
    let wide = file.bytes[4] == 2;
    let (word, header, entry) = if wide { (8, 64, 56) } else { (4, 52, 32) };
    let offsets = (24 + word, 24 + 3 * word);
    let mut lines = vec![format!("header {}", file.masked(0, header, &[offsets]))];
    let programs = file.number(24 + word, word);
    let count = file.number(if wide { 56 } else { 44 }, 2);
    for index in 0..count {
        let at = programs + entry * index;
        let mask = if wide { (8, 16) } else { (4, 8) };
        // Notes are padded at their end.
        let is_notes = file.number(at, 4) == 4;
        let size = if wide { (32, 40) } else { (16, 20) };
        let masks: &[(u64, u64)] = if is_notes { &[mask, size] } else { &[mask] };
        lines.push(format!("program {index} {}", file.masked(at, entry, masks)));
        if is_notes {
            lines.extend(notes(file, at, wide));
        }
    }
    let at = if wide { 58 } else { 46 };
    let [entry, count] = [0, 2].map(|skipped| file.number(at + skipped, 2));
    let mask = if wide { (24, 32) } else { (16, 20) };
    let table = file.number(24 + 2 * word, word);
    // Where the header has no count, the size of the first section is it.
    let counted = if wide { (table + 32, 8) } else { (table + 20, 4) };
    let count = if count == 0 && table != 0 { file.number(counted.0, counted.1) } else { count };
    for index in 0..count {
        let section = table + entry * index;
        lines.push(format!("section {index} {}", file.masked(section, entry, &[mask])));
    }
    lines
}

/// The notes of a segment: names, types and descriptors.
fn notes(file: &File, program: u64, wide: bool) -> Vec<String> {
    let field = |at: u64| file.number(program + at, if wide { 8 } else { 4 });
    let (mut at, size, align) =
        if wide { (field(8), field(32), field(48)) } else { (field(4), field(16), field(28)) };
    let end = at + size;
    let unit = if align == 8 { 8 } else { 4 };
    let mut lines = Vec::new();
    while at + 12 <= end {
        let [name, size, kind] = [0, 4, 8].map(|skipped| file.number(at + skipped, 4));
        lines.push(format!("note {kind:#x} of {size} bytes, {}", file.masked(at + 12, name, &[])));
        at = (at + 12 + name).next_multiple_of(unit);
        lines.push(format!("descriptor {}", file.masked(at, size, &[])));
        at = (at + size).next_multiple_of(unit);
    }
    lines
}

/// What a notice of a kind explains: lines that begin so.
const EXPLAINED: &[(NoticeKind, &[&str])] = &[
    (NoticeKind::LostExceptionPadding, &["exception"]),
    (NoticeKind::LostNoteAddress, &["program"]),
    (NoticeKind::LostNoteMemory, &["program"]),
    (NoticeKind::LostNoteFlags, &["program"]),
    (NoticeKind::LostHeaderNumber, &["header"]),
    (NoticeKind::LostNoteSegments, &["header", "program", "note", "descriptor"]),
    (NoticeKind::LostNoteName, &["note"]),
];

fn check(path: &Path) -> Vec<String> {
    let dump = Dump::open(path).unwrap();
    let description = describe(&dump, &DescribeOptions::default()).unwrap();
    let made = synth(&description.spec, &SynthOptions::default()).unwrap().to_bytes().unwrap();
    let (before, after) = (lines(std::fs::read(path).unwrap()), lines(made));
    let kinds: Vec<NoticeKind> = description.notices.iter().map(|notice| notice.kind).collect();
    let is_explained = |line: &str| {
        let mut rows = EXPLAINED.iter().filter(|(kind, _)| kinds.contains(kind));
        rows.any(|(_, begins)| begins.iter().any(|begin| line.starts_with(begin)))
    };
    let all = before.len().max(after.len());
    let none = String::new();
    let pairs = (0..all).map(|at| (before.get(at).unwrap_or(&none), after.get(at).unwrap_or(&none)));
    let differ = pairs.filter(|(one, other)| one != other && !is_explained(one) && !is_explained(other));
    differ.take(4).map(|(one, other)| format!("{}: {kinds:?}\n  {one}\n  {other}", path.display())).collect()
}

#[test]
fn headers_and_tables_come_out_as_they_were_or_a_notice_says_so() {
    let mut compared = 0;
    let mut differ = Vec::new();
    for path in good_dumps() {
        compared += 1;
        differ.extend(check(&path));
    }
    assert!(compared > 0);
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}
