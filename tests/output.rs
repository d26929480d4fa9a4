//! Output of the commands: keys of the JSON, streams, exit codes, and text.

use serde_json::{Value, json};

use crate::support::bytes::{Order, counting};
use crate::support::command::{binary, dumpedit, number, run};
use crate::support::elf_builder::{ElfBuilder, prstatus};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};
use crate::support::subject::Subject;

fn subject() -> Subject {
    let mut dump = MinidumpBuilder::amd64();
    dump.memory(0x1000, &counting(0, 64));
    let record = dump.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, 0x1000));
    dump.thread_with(8, &amd64_context(amd64::FULL, 0x40_2000, 0x1000));
    dump.exception(7, (amd64::SIZE as u64, record), 0x40_1000);
    dump.module(0x40_0000, 0x3000, "C:\\crash.exe");
    Subject::new(dump.finish())
}

#[track_caller]
fn has_keys(value: &Value, keys: &[&str]) {
    let object = value.as_object().unwrap_or_else(|| panic!("not an object: {value}"));
    for key in keys {
        assert!(object.contains_key(*key), "no key {key} in {value}");
    }
}

#[track_caller]
fn is_address(value: &Value) {
    number(value);
}

#[track_caller]
fn is_number(value: &Value) {
    assert!(value.is_u64(), "not a number: {value}");
}

#[test]
fn info_as_json() {
    let subject = subject();
    let info = subject.run("info", &[]).exits(0).json();
    has_keys(&info, &["format", "machine", "os", "byte_order", "pointer_width", "file_size", "threads"]);
    has_keys(&info, &["regions", "captured_bytes", "notices"]);
    assert_eq!(info["format"], "minidump");
    assert_eq!(info["machine"], "amd64");
    assert!(info["os"].as_str().unwrap().to_lowercase().contains("windows"), "{info}");
    assert_eq!(info["byte_order"], "little");
    assert_eq!(info["pointer_width"], 8);
    assert_eq!(info["file_size"], subject.before().len());
    assert_eq!(info["threads"], 2);
    assert_eq!(info["regions"], subject.run("regions", &[]).json().as_array().unwrap().len());
    assert_eq!(info["captured_bytes"], 64);
    assert_eq!(info["notices"], json!([]));
}

#[test]
fn info_of_a_core_as_json() {
    let mut core = ElfBuilder::i386();
    core.load(0x1000, &counting(0, 64));
    let info = Subject::new(core.finish()).run("info", &[]).exits(0).json();
    assert_eq!((&info["format"], &info["machine"]), (&json!("elf-core"), &json!("x86")));
    assert_eq!(info["pointer_width"], 4);
}

#[test]
fn threads_as_json() {
    let threads = subject().run("threads", &[]).exits(0).json();
    assert_eq!(threads.as_array().unwrap().len(), 2);
    for (index, thread) in threads.as_array().unwrap().iter().enumerate() {
        has_keys(thread, &["index", "tid", "name", "crashed", "pc", "sp", "records"]);
        assert_eq!(thread["index"], index);
        is_address(&thread["pc"]);
        is_address(&thread["sp"]);
        has_keys(&thread["records"][0], &["kind", "file_offset", "size"]);
        is_number(&thread["records"][0]["file_offset"]);
        is_number(&thread["records"][0]["size"]);
    }
    assert_eq!(threads[0]["tid"], 7);
}

#[test]
fn modules_as_json() {
    let modules = subject().run("modules", &[]).exits(0).json();
    has_keys(&modules[0], &["base", "size", "name", "id"]);
    assert_eq!(modules[0]["base"], "0x400000");
    assert_eq!(modules[0]["size"], 0x3000);
    assert_eq!(modules[0]["name"], "C:\\crash.exe");
}

#[test]
fn regions_as_json_are_sorted() {
    let mut dump = MinidumpBuilder::amd64();
    let high = dump.memory(0x3000, &counting(0, 16));
    let low = dump.memory(0x1000, &counting(0, 64));
    let regions = Subject::new(dump.finish()).run("regions", &[]).exits(0).json();
    for (region, (start, size, offset)) in
        regions.as_array().unwrap().iter().zip([("0x1000", 64, low), ("0x3000", 16, high)])
    {
        has_keys(region, &["start", "size", "captured", "file_offsets", "protection", "name"]);
        assert_eq!(region["start"], start);
        assert_eq!((&region["size"], &region["captured"]), (&json!(size), &json!(size)));
        assert_eq!(region["file_offsets"], json!([offset]));
    }
}

#[test]
fn regs_as_json() {
    let regs = subject().run("regs", &[]).exits(0).json();
    has_keys(&regs, &["tid", "index", "context", "registers"]);
    assert_eq!((&regs["tid"], &regs["index"]), (&json!(7), &json!(0)));
    let list = regs["registers"].as_array().unwrap();
    for register in list {
        has_keys(register, &["name", "value", "size"]);
        assert!(register["value"].as_str().unwrap().starts_with("0x"), "{register}");
        is_number(&register["size"]);
    }
    let sizes: Vec<_> = ["rip", "rax", "xmm0"]
        .iter()
        .map(|name| list.iter().find(|register| register["name"] == *name).map(|register| &register["size"]))
        .collect();
    assert_eq!(sizes, [Some(&json!(8)), Some(&json!(8)), Some(&json!(16))]);
}

#[test]
fn read_as_json() {
    let subject = subject();
    let read = subject.run("read", &["0x1000..+4"]).is_full(4);
    has_keys(&read, &["requested", "completed", "stopped", "bytes"]);
    assert_eq!(read["bytes"], "00010203");
    let read = subject.run("read", &["0x103c..+8"]).is_partial(8, 4, "0x1040", "unmapped");
    assert_eq!(read["bytes"], "3c3d3e3f");
    subject.run("read", &["0x1040..+8"]).is_error_at("unmapped", "0x1040");
}

#[test]
fn where_as_json() {
    let subject = subject();
    let place = subject.run("where", &["0x1000", "4"]).is_full(4);
    has_keys(&place, &["requested", "completed", "stopped", "pieces"]);
    has_keys(&place["pieces"][0], &["address", "length", "file_offsets", "aliases"]);
    let place = subject.run("where", &["reg:rip", "8"]).is_full(8);
    has_keys(&place["pieces"][0], &["register", "length", "file_offsets"]);
    assert!(place["pieces"][0]["register"].as_str().unwrap().contains("rip"), "{place}");
    subject.run("where", &["0x103c", "8"]).is_partial(8, 4, "0x1040", "unmapped");
}

#[test]
fn write_and_set_as_json() {
    let subject = subject();
    let json = subject.run("write", &["0x1000", "cc"]).is_full(1);
    has_keys(&json, &["requested", "completed", "stopped", "edits", "notices"]);
    has_keys(&json["edits"][0], &["location", "file_offset", "length", "old", "new"]);
    let json = subject.run("set", &["rip=1"]).is_full(8);
    has_keys(&json, &["requested", "completed", "stopped", "edits", "notices"]);
    has_keys(
        &json["edits"][0],
        &["location", "tid", "index", "context", "file_offset", "length", "old", "new"],
    );
}

#[test]
fn an_edit_s_location_is_an_at_that_is_taken_back() {
    let subject = subject();
    for (verb, arguments) in [("write", ["0x1004", "cc"]), ("set", ["rip=1", "rax=2"])] {
        let json = subject.run(verb, &arguments).exits(0).json();
        for edit in json["edits"].as_array().unwrap() {
            let thread = format!("index:{}", edit["index"].as_u64().unwrap_or(0));
            let length = edit["length"].to_string();
            let place = [edit["location"].as_str().unwrap(), &length, "--thread", &thread];
            let place = subject.run("where", &place).exits(0).json();
            assert_eq!(place["pieces"][0]["file_offsets"][0], edit["file_offset"], "{edit}");
        }
    }
}

#[test]
fn an_error_as_json() {
    let subject = subject();
    let run = subject.run("write", &["0x9000", "cc"]);
    run.is_error_at("unmapped", "0x9000");
    assert_eq!(run.stdout.iter().filter(|byte| **byte == b'\n').count(), 1, "one line: {run}");
}

#[test]
fn a_wrong_command_line_is_a_json_error_too() {
    let subject = subject();
    subject.run("write", &[]).is_error("usage");
    subject.run("write", &["0x1000", "cc", "--nosuch"]).is_error("usage");
    assert_eq!(dumpedit(&["nosuch", "--json"]).code, 2);
    assert_eq!(dumpedit::<&str>(&[]).code, 2);
}

#[test]
fn an_error_goes_to_stderr_and_leaves_stdout_empty() {
    let run = subject().plain("write", &["0x9000", "cc"]).exits(2);
    assert!(run.stdout.is_empty(), "{run}");
    assert_eq!(run.stderr.trim_end().lines().count(), 1, "{run}");
    assert!(run.stderr.contains("0x9000"), "{run}");
}

#[test]
fn data_goes_to_stdout_and_notices_to_stderr() {
    let mut dump = MinidumpBuilder::amd64();
    dump.memory(0x1000, &counting(0, 16));
    dump.memory_at(0x2000, 16, 0x00ff_0000);
    let subject = Subject::new(dump.finish());
    let run = subject.plain("read", &["0x1000..+4", "--raw"]).exits(0);
    assert_eq!(run.stdout, [0, 1, 2, 3], "{run}");
    let run = subject.run("regions", &[]).exits(0);
    assert!(run.json().is_array(), "{run}");
}

#[test]
fn read_prints_raw_bytes_typed_values_and_a_hexdump() {
    let subject = subject();
    assert_eq!(subject.plain("read", &["0x1000..+16", "--raw"]).exits(0).stdout, counting(0, 16));
    let dump = subject.plain("read", &["0x1020..+16"]).exits(0);
    assert!(dump.text().contains("20 21 22 23"), "{dump}");
    assert!(dump.text().contains(" !\"#$%&'()*+,-./"), "{dump}");
    let typed = subject.plain("read", &["0x1000..+8", "--as", "u32"]).exits(0);
    for value in [0x0302_0100_u32, 0x0706_0504] {
        let shown = [value.to_string(), format!("{value:#x}"), format!("{value:#010x}")];
        assert!(shown.iter().any(|shown| typed.text().contains(shown)), "{value:#x} in {typed}");
    }
    let pointer = subject.plain("read", &["0x1000..+8", "--as", "ptr"]).exits(0);
    assert!(pointer.text().contains("706050403020100"), "{pointer}");
}

#[test]
fn a_partial_raw_read_gives_the_bytes_and_exit_1() {
    let run = subject().plain("read", &["0x103c..+8", "--raw"]).exits(1);
    assert_eq!(run.stdout, [0x3c, 0x3d, 0x3e, 0x3f]);
    assert!(run.stderr.contains("0x1040"), "{run}");
}

#[test]
fn every_showing_verb_has_text_for_people_without_colour_in_a_pipe() {
    let subject = subject();
    let cases: [(&str, &[&str], &str); 8] = [
        ("info", &[], "minidump"),
        ("threads", &[], "0x401000"),
        ("modules", &[], "crash.exe"),
        ("regions", &[], "1000"),
        ("regs", &[], "rip"),
        ("read", &["0x1000..+4"], "00 01 02 03"),
        ("where", &["0x1000", "4"], "0x1000"),
        ("write", &["0x1000", "00"], ""),
    ];
    for (verb, arguments, shown) in cases {
        let run = subject.plain(verb, arguments).exits(0);
        assert!(run.text().contains(shown), "{run}");
        assert!(!run.stdout.contains(&0x1b) && !run.stderr.contains('\u{1b}'), "an escape in {run}");
        assert!(run.text().lines().count() < 120, "a wall of text: {run}");
    }
    subject.unchanged();
}

#[test]
fn a_person_is_told_what_a_write_did() {
    let run = subject().plain("write", &["0x1000", "cccc"]).exits(0);
    let said = format!("{}{}", run.text(), run.stderr);
    assert!(said.contains("wrote 2 bytes") || said.contains("wrote 2 of 2 bytes"), "{run}");
}

#[test]
fn a_closed_stdout_never_changes_what_an_edit_did() {
    for json in [false, true] {
        let subject = subject();
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = binary();
        command.arg("write").arg(subject.path()).args(["0x1000", "cccccccc"]);
        let status = command.args(json.then_some("--json")).stdout(writer).status().unwrap();
        assert!(status.code().is_some(), "{status}");
        let offset =
            subject.run("where", &["0x1000"]).json()["pieces"][0]["file_offsets"][0].as_u64().unwrap();
        subject.changed_only(&[(offset, &[0xcc; 4])]);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_stdout_never_changes_what_an_edit_did() {
    let subject = subject();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = binary().arg("write").arg(subject.path()).args(["0x1000", "cccccccc"]).stdout(full).status();
    assert!(status.unwrap().code().is_some());
    assert_eq!(subject.run("read", &["0x1000..+4"]).json()["bytes"], "cccccccc");
}

#[test]
#[cfg(unix)]
fn a_dump_that_may_not_be_written_is_shown_and_an_edit_of_it_fails_whole() {
    use std::os::unix::fs::PermissionsExt;
    let subject = subject();
    std::fs::set_permissions(subject.path(), std::fs::Permissions::from_mode(0o444)).unwrap();
    subject.run("info", &[]).exits(0);
    // The superuser may write everything; the edit is then complete instead.
    match subject.run("write", &["0x1000", "cc"]).code {
        0 => assert_eq!(subject.run("read", &["0x1000..+1"]).json()["bytes"], "cc"),
        code => {
            assert_eq!(code, 2);
            subject.unchanged();
        }
    }
}

#[test]
fn help_version_completions_and_manual_are_printed() {
    for arguments in [vec!["--help"], vec!["--version"], vec!["write", "--help"], vec!["set", "--help"]] {
        let run = dumpedit(&arguments).exits(0);
        assert!(!run.stdout.is_empty(), "{run}");
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = dumpedit(&["completions", shell]).exits(0);
        assert!(run.text().contains("dumpedit"), "{run}");
    }
    assert!(dumpedit(&["man"]).exits(0).text().contains(".TH dumpedit"));
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().to_str().unwrap();
    dumpedit(&["man", "--all", pages]).exits(0);
    for verb in ["dumpedit", "dumpedit-write", "dumpedit-reduce"] {
        let page = std::fs::read_to_string(folder.path().join(format!("{verb}.1"))).unwrap();
        assert!(page.contains(&format!(".TH {verb}")), "{verb}");
    }
    dumpedit(&["man", "--all", &format!("{pages}/nowhere"), "--json"]).is_error("commit");
    let json = dumpedit(&["completions", "bash", "--json"]).exits(0).json();
    assert_eq!(json["text"], dumpedit(&["completions", "bash"]).text());
    let help = dumpedit(&["set", "--help"]).exits(0);
    assert!(
        help.text().split_whitespace().collect::<Vec<_>>().join(" ").contains("unlike the processor"),
        "the help tells what setting a sub-register is not: {help}"
    );
}

#[test]
fn a_value_from_a_pipeline_is_written() {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0x1000, 0x1000)]);
    let offset = core.load(0x1000, &counting(0, 64));
    let subject = Subject::new(core.finish());
    let mut command = binary();
    let outcome =
        run(command.arg("write").arg(subject.path()).args(["@rip", "-"]), &Order::Little.number(7, 8));
    assert_eq!(outcome.code, 0, "{outcome}");
    subject.changed_only(&[(offset, &Order::Little.number(7, 8))]);
}

#[test]
fn help_lists_the_verbs_by_what_they_are_for_each_on_one_plain_line() {
    for option in ["--help", "-h"] {
        let help = dumpedit(&[option]).exits(0);
        let verbs = help.text().split("Exit codes:").next().unwrap();
        let groups: Vec<&str> = verbs.lines().filter(|line| line.ends_with(':')).collect();
        assert_eq!(
            groups,
            [
                "Look:",
                "Edit, in place or into a copy:",
                "Take back:",
                "Make dumps:",
                "The command itself:",
                "Options:"
            ]
        );
        let text = help.text();
        for (verb, group, next) in
            [("regs", 0, 1), ("apply", 1, 2), ("recover", 2, 3), ("reduce", 3, 4), ("man", 4, 5)]
        {
            let at = |text: &str| help.text().find(text).unwrap_or_else(|| panic!("no {text:?} in {help}"));
            let place = at(&format!("\n  {verb} "));
            assert!(at(groups[group]) < place && place < at(groups[next]), "{verb}");
        }
        let verbs = text.split("Options:").next().unwrap();
        assert!(verbs.lines().all(|line| line.chars().count() <= 90), "{verbs}");
        assert!(verbs.contains("recover      Finish or roll back an interrupted edit\n"), "{verbs}");
    }
}

#[test]
fn paragraphs_of_the_help_wrap_once() {
    let help = dumpedit(&["reduce", "--help"]).exits(0);
    let footer = help.text().split("Examples:").nth(1).unwrap();
    let paragraph = footer.split("\n\n").find(|paragraph| paragraph.starts_with("reduce keeps ")).unwrap();
    let lines: Vec<usize> = paragraph.lines().map(|line| line.chars().count()).collect();
    let (_, full) = lines.split_last().unwrap();
    assert!(full.iter().all(|length| (70..=100).contains(length)), "{paragraph}");
}

#[test]
fn the_kind_of_an_error_is_the_reason_that_its_message_gives() {
    let mut core = ElfBuilder::x86_64();
    core.load(0x1000, &counting(0, 64));
    core.code(0x2000, 0x1000);
    let subject = Subject::new(core.finish());
    for (place, kind, words) in
        [("0x9000", "unmapped", "unmapped"), ("0x2000", "not-captured", "not captured")]
    {
        for (verb, arguments) in [("read", vec![place]), ("write", vec![place, "00"])] {
            let message = subject.run(verb, &arguments).is_error(kind);
            assert!(message.contains(words), "{message}");
        }
    }
    let message = subject.run("write", &["0x103f", "0000", "--all-or-nothing"]).is_error("unmapped");
    assert!(message.contains("unmapped"), "{message}");
}
