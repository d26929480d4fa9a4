//! Compressed dumps: read under any name, never edited in place, and compressed again by the output's name.

use std::fs::{self, OpenOptions};
use std::process::{Command, Stdio};

use super::{core, names, piped_through, subject, text, with};
use crate::support::command::{binary, dumpedit, run};
use crate::support::subject::{Subject, assert_same_bytes};
use crate::support::tools::have;

/// Independent compressors: the tool, its extension, and the start of its streams.
const COMPRESSORS: [(&str, &str); 4] = [("zstd", "zst"), ("gzip", "gz"), ("xz", "xz"), ("lz4", "lz4")];

/// For each compressor that is here: its tool, its extension, and the compressed core, in a file with an unrelated name.
fn packed() -> Vec<(&'static str, &'static str, Subject)> {
    let here = COMPRESSORS.into_iter().filter(|(tool, _)| have(tool));
    here.map(|(tool, extension)| {
        (tool, extension, Subject::named("a.core", piped_through(tool, &["-c"], &core().0)))
    })
    .collect()
}

#[test]
fn a_compressed_dump_is_read_whatever_its_name_is() {
    let plain = subject();
    for (tool, _, packed) in packed() {
        for arguments in [vec!["info"], vec!["regs"], vec!["read", "0x1000..+8"], vec!["where", "reg:rip"]] {
            let (verb, rest) = arguments.split_first().unwrap();
            let expected = plain.run(verb, rest).exits(0).json();
            assert_eq!(packed.run(verb, rest).exits(0).json(), expected, "{tool}");
        }
        packed.unchanged();
        assert_eq!(names(packed.folder()), ["a.core"]);
    }
}

#[test]
fn how_much_memory_a_compressed_dump_takes_is_bounded_and_the_bound_can_be_raised() {
    let far = [("zstd", &["-c", "--long=31"][..]), ("xz", &["-c", "--lzma2=dict=256MiB"])];
    let expected = subject().run("info", &[]).exits(0).json();
    for (tool, arguments) in far.into_iter().filter(|(tool, _)| have(tool)) {
        let packed = piped_through(tool, arguments, &core().0);
        // Skippable frames may precede it.
        let skipped = [0x5a, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 7, 7];
        let packed = if tool == "zstd" { [&skipped[..], &packed].concat() } else { packed };
        let packed = Subject::named("a.core", packed);
        let raised = ["--max-window", "2G", "--json"];
        for input in [text(packed.path()), "-"] {
            let read =
                |more: &[&str]| run(binary().args(["info", input, "--json"]).args(more), packed.before());
            let refused = read(&[]);
            let message = refused.is_error("open");
            assert!(message.contains("memory") && message.contains(tool), "{message}");
            let hint = refused.json()["error"]["hint"].to_string();
            assert!(hint.contains("--max-window") && hint.contains(&format!("{tool} -dc")), "{hint}");
            if cfg!(target_pointer_width = "64") {
                assert_eq!(read(&raised[..2]).exits(0).json(), expected, "{tool}");
            }
        }
    }
}

/// Output of `zstd -19`, `zstd --ultra -22` and `xz -9` needs no option.
#[test]
fn the_strongest_levels_of_the_tools_are_unpacked() {
    let expected = subject().run("info", &[]).exits(0).json();
    for (tool, level) in
        [("zstd", &["-c", "--ultra", "-22"][..]), ("xz", &["-c", "-9e"]), ("lz4", &["-c", "-12"])]
    {
        if have(tool) {
            let packed = Subject::named("a.core", piped_through(tool, level, &core().0));
            assert_eq!(packed.run("info", &[]).exits(0).json(), expected, "{tool}");
        }
    }
}

#[test]
fn what_is_compressed_twice_is_said_to_be() {
    if !have("zstd") || !have("gzip") {
        return;
    }
    let once = piped_through("zstd", &["-c"], &core().0);
    let twice = Subject::named("a.core", piped_through("gzip", &["-c"], &once));
    let message = twice.run("info", &[]).is_error("format");
    assert!(
        message.contains("compressed with gzip") && message.contains("compressed with zstd"),
        "{message}"
    );
}

#[test]
#[cfg(unix)]
fn a_compressed_dump_is_not_edited_in_place_and_the_command_that_is_named_works() {
    for (tool, extension, packed) in packed() {
        let message = packed.run("write", &["0x1000", "cc dd"]).is_error("format");
        assert!(message.contains(tool), "{message}");
        packed.unchanged();
        let (_, command) = message.split_once("dumpedit write ").unwrap();
        let line = format!("{} write {command}", env!("CARGO_BIN_EXE_dumpedit"));
        let done = Command::new("sh").args(["-c", &line]).stdout(Stdio::null()).status().unwrap();
        assert!(done.success(), "{line}");
        let copy = packed.folder().join(format!("a.core.patched.{extension}"));
        assert_same_bytes(&piped_through(tool, &["-dc"], &fs::read(copy).unwrap()), &with(&[0xcc, 0xdd]));
        packed.unchanged();
    }
}

#[test]
fn an_output_is_packed_as_its_name_says() {
    for (tool, extension) in COMPRESSORS {
        let subject = subject();
        let out = subject.folder().join(format!("out.core.{extension}"));
        let json = subject.run("write", &["0x1000", "cc", "-o", text(&out)]).is_full(1);
        assert_eq!(json["output"], text(&out));
        let shown = dumpedit(&["read", text(&out), "0x1000..+2", "--raw"]).exits(0);
        assert_eq!(shown.stdout, [0xcc, 1], "{tool}");
        let bytes = fs::read(&out).unwrap();
        assert!(bytes.len() < subject.before().len(), "{tool}: {} bytes", bytes.len());
        if have(tool) {
            assert_same_bytes(&piped_through(tool, &["-dc"], &bytes), &with(&[0xcc]));
        }
        subject.run("write", &["0x1000", "dd", "-o", text(&out)]).is_error("commit");
        assert!(fs::read(&out).unwrap() == bytes, "an output is not overwritten");
        subject.unchanged();
    }
}

#[test]
fn a_compressed_dump_gives_an_output_that_is_not_compressed() {
    for (tool, _, packed) in packed() {
        let out = packed.folder().join("out.core");
        packed.run("write", &["0x1000", "cc", "-o", text(&out)]).is_full(1);
        assert_same_bytes(&fs::read(&out).unwrap(), &with(&[0xcc]));
        packed.unchanged();
        assert_eq!(names(packed.folder()), ["a.core", "out.core"], "{tool}");
    }
}

#[test]
#[cfg(unix)]
fn a_compressed_dump_is_never_its_own_output_and_its_permissions_are_kept() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    for (_, extension, packed) in packed() {
        let (hard, soft) = (packed.folder().join("hard"), packed.folder().join(format!("soft.{extension}")));
        fs::hard_link(packed.path(), &hard).unwrap();
        symlink(packed.path(), &soft).unwrap();
        for out in [packed.path(), &hard, &soft] {
            packed.run("write", &["0x1000", "cc", "-o", text(out), "--overwrite"]).is_error("commit");
            packed.unchanged();
        }
        fs::set_permissions(packed.path(), fs::Permissions::from_mode(0o640)).unwrap();
        let out = packed.folder().join(format!("out.{extension}"));
        packed.run("write", &["0x1000", "cc", "-o", text(&out)]).is_full(1);
        assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o640);
    }
}

#[test]
fn a_compressed_dump_that_is_cut_is_an_error_and_no_part_of_it_is_opened() {
    for (tool, _, packed) in packed() {
        let file = OpenOptions::new().write(true).open(packed.path()).unwrap();
        file.set_len(packed.before().len() as u64 / 2).unwrap();
        let message = packed.run("info", &[]).is_error("format");
        assert!(message.contains(tool) && message.contains("unpack"), "{message}");
    }
}
