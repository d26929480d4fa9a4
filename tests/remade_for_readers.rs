//! Dumps that were described and made again, in the output of independent readers: it is unchanged except for file offsets, or a notice
//! names the loss.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::command::notices;
use crate::support::corpus::{cores, minidumps};
use crate::support::readers::stackwalk;
use crate::support::rewritten::described_and_made;
use crate::support::tools::{have, printed};
use crate::testdata::folder;

/// Output of `eu-readelf -a`, without file offsets.
fn without_offsets(text: &str) -> String {
    let is_hex = |word: &str| {
        let digits = word.strip_prefix("0x").unwrap_or(word);
        digits.len() >= 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    };
    let line = |line: &str| {
        if line.contains("Start of ") {
            return String::new();
        }
        let line = line.split_once(" at offset ").map_or(line, |(before, _)| before);
        let line = line.split_once("starting at offset ").map_or(line, |(before, _)| before);
        let mut words: Vec<&str> = line.split_whitespace().collect();
        // A program header has its offset in front of its addresses, a section header behind its address.
        match words.iter().position(|word| is_hex(word)) {
            Some(1) if words.get(2..4).is_some_and(|next| next.iter().all(|word| is_hex(word))) => {
                words.remove(1);
            }
            Some(at) if words[0].starts_with('[') && words.get(at + 1).is_some_and(|next| is_hex(next)) => {
                words.remove(at + 1);
            }
            _ => {}
        }
        words.join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Output of `obj2yaml`, without file offsets: it shows unknown streams as bytes, which contain such.
fn without_offsets_and_bytes(text: &str) -> String {
    let line = |line: &str| match line.trim_start().split_once(':') {
        Some(("Offset", _)) => String::new(),
        Some(("Content", bytes)) => format!("{} digits", bytes.trim().len()),
        _ => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Compares a reader's output for dumps and for those that were made again.
fn compare(dumps: Vec<PathBuf>, reader: &str, read: impl Fn(&Path) -> Option<String>) {
    let is_empty = dumps.is_empty();
    let mut same = 0;
    for dump in dumps.iter().filter(|dump| dump.exists()) {
        let Some(before) = read(dump) else { continue };
        let made = described_and_made(dump);
        let after = read(&made.path).unwrap_or_default();
        let told = notices(&made.told);
        let of = |path: &Path, text: &str| text.replace(&path.display().to_string(), "the dump");
        let (before, after) = (of(dump, &before), of(&made.path, &after));
        if before == after {
            same += 1;
        } else {
            let differing = before.lines().zip(after.lines()).find(|(before, after)| before != after);
            let is_told = told.iter().any(|kind| kind.starts_with("lost-"));
            assert!(is_told, "{reader} of {}: {differing:?}, {told:?}", dump.display());
        }
    }
    assert!(is_empty || same > 0, "{reader} reads no dump");
    eprintln!("{reader}: {same} of {} dumps", dumps.len());
}

#[test]
fn eu_readelf_shows_the_same_of_cores() {
    if have("eu-readelf") {
        let shown =
            |dump: &Path| Some(without_offsets(&printed(Command::new("eu-readelf").arg("-a").arg(dump))));
        let own = ["crash.core", "live.core"].map(|name| folder().join(name));
        compare(cores().into_iter().chain(own).collect(), "eu-readelf -a", shown);
    }
}

#[test]
fn obj2yaml_shows_the_same_of_cores_and_minidumps() {
    if have("obj2yaml") {
        let shown = |dump: &Path| {
            // It does not read some cores.
            let output = Command::new("obj2yaml").arg(dump).output().unwrap();
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            output.status.success().then(|| without_offsets_and_bytes(&text))
        };
        // It shows segments in the order of their bytes in the file, in which notes come first now.
        compare(cores(), "obj2yaml, cores", shown);
        compare(minidumps(), "obj2yaml, minidumps", shown);
    }
}

#[test]
fn minidump_stackwalk_says_the_same_of_minidumps() {
    compare(minidumps(), "minidump-stackwalk --json", stackwalk::document);
    let without_offsets = |dump: &Path| {
        let text = stackwalk::dumped(dump);
        let is_offset = |line: &&str| line.split('=').next().is_some_and(|name| name.contains("rva"));
        Some(text.lines().filter(|line| !is_offset(line)).collect::<Vec<_>>().join("\n"))
    };
    compare(minidumps(), "minidump-stackwalk --dump", without_offsets);
}
