//! Scripts of edits: one edit of many lines, equal to the command lines of the same operations.

use std::path::PathBuf;

use crate::support::bytes::{counting, hex};
use crate::support::command::{binary, run};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};
use crate::support::process::{Dumped, RIP, RSP, TID, dumped};
use crate::support::subject::{Subject, assert_same_bytes};

fn dumps() -> Vec<Dumped> {
    dumped(&[(0x1000, &counting(1, 256)), (0x2000, &counting(3, 16)), (RSP, &counting(7, 64))])
}

/// A dump of two threads, 4711 and 4712.
fn two_threads() -> Subject {
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(u64::from(TID), &amd64_context(amd64::FULL, RIP, RSP));
    dump.thread_with(u64::from(TID) + 1, &amd64_context(amd64::FULL, RIP + 0x10, RSP));
    dump.memory(0x1000, &counting(1, 256));
    Subject::named("two.dmp", dump.finish())
}

trait Applies {
    fn script(&self, text: &str) -> PathBuf;
    fn apply(&self, text: &str, options: &[&str]) -> crate::support::command::Run;
}

impl Applies for Subject {
    fn script(&self, text: &str) -> PathBuf {
        let path = self.folder().join("script");
        std::fs::write(&path, text).unwrap();
        path
    }

    fn apply(&self, text: &str, options: &[&str]) -> crate::support::command::Run {
        let script = self.script(text);
        self.run("apply", &[&[script.to_str().unwrap()], options].concat())
    }
}

#[test]
fn a_script_is_one_edit_whose_lines_see_what_those_before_them_did() {
    for Dumped { subject, .. } in dumps() {
        let script = "# the stack goes to the first page\n\n\
                      set rsp=0x1010 rbp=@rsp+8   # rbp sees the new rsp\n\
                      write @rsp u32:7 ptr:@rbp --expect 1112131415161718191a1b1c\n\
                      fill @rsp+0x10..+4 'aa bb'\n\
                      copy @rsp..+4 0x2000\n";
        let json = subject.apply(script, &[]).exits(0).json();
        assert_eq!((&json["lines"], &json["lines_done"]), (&4.into(), &4.into()));
        assert_eq!(json["completed"], 16 + 12 + 4 + 4);
        let read = |range: &str| subject.run("read", &[range]).json()["bytes"].as_str().unwrap().to_owned();
        assert_eq!(read("0x1010..+0x14"), "0700000018100000000000001d1e1f20aabbaabb");
        assert_eq!(read("0x2000..+4"), "07000000");
        let log = subject.run("log", &[]).json();
        assert_eq!(log.as_array().unwrap().len(), 1);
        subject.run("undo", &[]).exits(0);
        subject.unchanged();
    }
}

#[test]
fn a_script_with_a_line_that_cannot_be_done_changes_nothing() {
    for Dumped { subject, .. } in dumps() {
        for (line, kind) in [
            ("write 0x3000 00", "unmapped"),
            ("write 0x10ff 0000", "unmapped"),
            ("fill 0x10f0..+0x20 00", "unmapped"),
            ("copy 0x3000..+4 0x1000", "unmapped"),
            ("set rip=1 nope=2", "register"),
            ("set al=0x100", "value"),
            ("write 0x1000 00 --expect ee", "expect"),
            ("set rip=1 --thread 1", "thread"),
            ("thread 1", "thread"),
            ("write nowhere+0x10 00", "module"),
            ("write 0x1000 file:does-not-exist", "value"),
            ("nothing", "usage"),
        ] {
            let script = format!("write 0x1000 ff\nset rax=5\n{line}\nwrite 0x1001 ff\n");
            subject.apply(&script, &[]).is_error(kind);
            subject.unchanged();
            let error = subject.apply(&script, &[]).exits(2).json();
            assert_eq!(error["error"]["line"], 3, "{line}");
        }
    }
}

#[test]
fn with_keep_going_the_lines_that_can_be_done_are_done_and_the_others_told() {
    for Dumped { subject, offsets } in dumps() {
        let script = "write 0x1000 ff\n\
                      write 0x3000 00\n\
                      set rax=5 nope=2\n\
                      write 0x10fe 01020304\n\
                      what is this\n\
                      write 0x1001 ee\n";
        let json = subject.apply(script, &["--keep-going"]).exits(1).json();
        assert_eq!((&json["lines"], &json["lines_done"]), (&6.into(), &2.into()));
        assert_eq!((&json["requested"], &json["completed"]), (&6.into(), &4.into()));
        let left_out = json["left_out"].as_array().unwrap();
        let told: Vec<_> = left_out.iter().map(|one| (one["line"].as_u64(), one["kind"].as_str())).collect();
        assert_eq!(
            told,
            [
                (Some(2), Some("unmapped")),
                (Some(3), Some("register")),
                (Some(4), Some("unmapped")),
                (Some(5), Some("usage")),
            ]
        );
        subject.changed_only(&[(offsets[0], &[0xff, 0xee]), (offsets[0] + 0xfe, &[1, 2])]);
        subject.run("undo", &[]).exits(0);
        subject.apply("write 0x3000 00\n", &["--keep-going"]).is_error("unmapped");
        subject.unchanged();
        let plain =
            subject.plain("apply", &[subject.script(script).to_str().unwrap(), "--keep-going"]).exits(1);
        assert!(plain.text().starts_with("applied 2 of 6 lines: wrote 4 bytes\n"), "{plain}");
        assert!(plain.stderr.contains("2 | write 0x3000 00\n  |       ^^^^^^\n"), "{plain}");
    }
}

#[test]
fn a_script_that_says_what_was_there_before_is_taken_back() {
    for Dumped { subject, .. } in dumps() {
        let script = "set rax=5 --expect rax=0x1111\n\
                      write 0x1000 aabb --expect 0102\n\
                      write 0x1001 cc --expect bb\n\
                      fill 0x2000..+1 00 --expect 03\n";
        subject.apply(script, &["--reverse"]).is_error("expect");
        subject.apply(script, &[]).exits(0);
        subject.apply(script, &[]).is_error("expect");
        let two = [subject.script(script).display().to_string(), "--reverse".to_owned()];
        subject.run("apply", &two.each_ref().map(String::as_str)).exits(0);
        subject.unchanged();
        for line in
            ["write 0x1000 00", "set rax=1 rbx=2 --expect rax=0", "copy 0x1000..+4 0x2000", "rip:0x10"]
        {
            let error = subject.apply(&format!("{line}\n"), &["--reverse"]).is_error("usage");
            assert!(error.contains("cannot be taken back"), "{error}");
        }
        subject.unchanged();
    }
}

#[test]
fn a_line_whose_expectation_needs_what_it_changes_is_not_taken_back() {
    for Dumped { subject, .. } in dumps() {
        for line in [
            "set rip=5 --expect rip=@rip",
            "set eax=@rax --expect eax=0x1111",
            "set rax=5 rbx=@ax --expect rax=0x1111 --expect rbx=0x2222",
            "set pc=5 --expect pc=@rip+0",
            "write reg:rip ptr:0x5 --expect ptr:@rip",
            "fill reg:rax..+8 11 --expect ptr:@eax",
        ] {
            let error = subject.apply(&format!("{line}\n"), &["--reverse"]).is_error("usage");
            assert!(error.contains("which it changes"), "{line}: {error}");
        }
        subject.unchanged();
        // Another register's value is the same before and after.
        let line = "set rax=5 --expect rax=@rax\n";
        subject.apply(line, &[]).exits(0);
        subject.apply("set rax=5 --expect rax=0x1111\n", &["--reverse"]).exits(0);
        subject.unchanged();
    }
}

#[test]
fn a_thread_line_names_the_thread_of_the_lines_behind_it_and_registers_stand_as_tools_print_them() {
    let subject = two_threads();
    let of = |name: &str, tid: u32| subject.register(name, &["--thread", &tid.to_string()]);
    let script = format!(
        "thread {}:\n\
         rip:0x401000 rsp:0x7ffe2000 RBP:0x0\n\
         set rbx=@rsp\n\
         set rax=1 --thread index:0\n\
         thread index:0\n\
         rcx:0x7\n",
        TID + 1
    );
    let json = subject.apply(&script, &["--thread", "index:0"]).exits(0).json();
    assert_eq!(json["lines"], 4);
    assert_eq!((of("rip", TID + 1), of("rsp", TID + 1)), (Some(0x40_1000), Some(0x7ffe_2000)));
    assert_eq!((of("rbx", TID + 1), of("rbx", TID)), (Some(0x7ffe_2000), Some(0)));
    assert_eq!((of("rax", TID), of("rcx", TID), of("rip", TID)), (Some(1), Some(7), Some(RIP)));
    subject.run("undo", &[]).exits(0);
    subject.apply("rax:0x9\n", &["--thread", &(TID + 1).to_string()]).exits(0);
    assert_eq!((of("rax", TID), of("rax", TID + 1)), (Some(0x1111), Some(9)));
    for line in ["rax:9", "rax:0x9 rbx", "rax=9", "thread", "thread 1 2", "thread 4711 --expect 00"] {
        subject.apply(&format!("{line}\n"), &["--thread", "4711"]).is_error("usage");
    }
}

#[test]
fn a_line_means_the_same_as_the_command_with_its_words() {
    let lines: &[&[&str]] = &[
        &["write", "0x1000", "9090", "u16:7"],
        &["write", "0x1000", "48 8b", "str:it's \"quoted\" # here", "strz:"],
        &["write", "0x1000", "str:a\\n", "--expect", "010203", "--thread", "4712"],
        &["write", "0x1000", "str:a\\n", "--expect", "01", "--expect", "0203"],
        &["write", "@rsp", "00", "--thread=4711", "--context", "thread"],
        &["write", "0x10fe", "01020304"],
        &["write", "0x10fe", "01020304", "--all-or-nothing"],
        &["write", "0x1000", "00", "--allow-structure"],
        &["write", "--expect", "01", "--", "0x1000", "00"],
        &["write", "reg:rip+4", "0000", "--context=both"],
        &["set", "rip=0x10", "rax=-1", "--thread", "index:1"],
        &["set", "rip=5", "--expect", "rip=0x401000", "--expect=rsp=@rsp", "--all-or-nothing"],
        &["set", "rip=5", "--context", "exception"],
        &["fill", "0x1000..0x1010", "aa", "bbcc", "--expect", "01"],
        &["fill", "0x1000..+3", "aa", "--allow-structure", "--thread", "4711", "--context", "auto"],
        &["copy", "0x1000..+4", "0x1002", "--expect", "03040506", "--all-or-nothing"],
        &["copy", "@rip-0x400000..+4", "0x1008"],
        &["find", "0a 0b ?? 0d", "str:pqrs", "--replace", "u32:7"],
        &["find", "re:[x-z]+", "--replace=str:a b", "--range", "0x1000..0x1080", "--all-or-nothing"],
        &["find", "?1", "--replace", "ff", "--align", "0x10", "--max=2", "--allow-structure"],
        &[
            "find",
            "ptr:0x0807060504030201",
            "--replace",
            "ptr:@rip",
            "--thread",
            "4712",
            "--context",
            "thread",
        ],
        &["find", "03", "--replace", "00", "--stack-of", "4711"],
    ];
    for words in lines {
        let quoted: Vec<String> = words
            .iter()
            .map(|word| match (word.contains(' '), word.contains('\'')) {
                (true, true) => {
                    word.split('\'').map(|part| format!("'{part}'")).collect::<Vec<_>>().join("\"'\"")
                }
                (true, false) => format!("'{word}'"),
                _ => (*word).to_owned(),
            })
            .collect();
        let (by_command, by_script) = (two_threads(), two_threads());
        let (verb, arguments) = words.split_first().unwrap();
        // Options of the command come before a `--`.
        let command = run(
            binary()
                .args([verb, "--json"])
                .args(if arguments.contains(&"--") { vec![] } else { vec![by_command.path()] })
                .args(arguments.iter().take_while(|word| **word != "--"))
                .args(if arguments.contains(&"--") { vec!["--".as_ref(), by_command.path()] } else { vec![] })
                .args(arguments.iter().skip_while(|word| **word != "--").skip(1)),
            b"",
        );
        let script =
            by_script.apply(&format!("{}\n", quoted.join(" ")), &["--thread", "4711", "--keep-going"]);
        let default = command.code == 2 && command.text().contains("does not say which thread crashed");
        if !default {
            assert_eq!(command.code == 2, script.code == 2, "{command}{script}");
            let edits = |run: &crate::support::command::Run| run.json()["edits"].clone();
            assert_eq!(edits(&command), edits(&script), "{command}{script}");
            assert_same_bytes(&by_script.now(), &by_command.now());
        }
        if command.code != 2 {
            let logged = by_command.run("log", &[]).json()[0]["command"].as_str().unwrap().to_owned();
            let again = two_threads();
            again.apply(&format!("{logged}\n"), &["--keep-going"]).exits(command.code);
            assert_same_bytes(&again.now(), &by_command.now());
        }
    }
}

#[test]
fn every_kind_of_mistake_is_told_with_its_place_underlined() {
    let subject = two_threads();
    let golden = [
        ("wrte 0x1000 00", "1:1: 'wrte' is not a verb of a script", "^^^^"),
        ("  write 0x1000 zz", "1:16: 'zz' is not a value", "               ^^"),
        ("write 0x1000 0x10", "1:14: '0x10' is a number without a size", "             ^^^^"),
        ("write 4096 00", "1:7: '4096' is not a location", "      ^^^^"),
        ("write 0x1000", "1:1: 'write' needs AT VALUE...", "^^^^^"),
        ("write 0x1000 00 'a b", "1:17: ''a b' is a quote that is not closed", "                ^^^^"),
        ("write 0x1000 00 --color", "1:17: '--color' is an unknown option", "                ^^^^^^^"),
        ("write 0x1000 00 --dry-run", "1:17: '--dry-run' is an unknown option", "                ^^^^^^^^^"),
        ("write 0x1000 00 --expect", "1:17: '--expect' needs a value", "                ^^^^^^^^"),
        (
            "write 0x1000 00 --thread 1 --thread 2",
            "1:28: '--thread' is given twice",
            "                           ^^^^^^^^",
        ),
        (
            "write 0x1000 00 --all-or-nothing=1",
            "1:17: '--all-or-nothing' takes no value",
            "                ^^^^^^^^^^^^^^^^",
        ),
        ("set rip", "1:5: 'rip' is not an assignment", "    ^^^"),
        ("set rip=12ab", "1:9: '12ab' is not a number", "        ^^^^"),
        ("set rip=5 --context mine", "1:21: 'mine' is not a record", "                    ^^^^"),
        ("set rip=5 --thread x", "1:20: 'x' is not a thread", "                   ^"),
        ("set nope=5", "1:5: amd64 has no register 'nope'", "    ^^^^"),
        ("set al=0x100", "1:5: 0x100 does not fit", "    ^^^^^^^^"),
        ("fill 0x1000 00", "1:6: '0x1000' is not a range", "     ^^^^^^"),
        ("fill 0x1000..+4 ''", "1:17: there is nothing to fill with", "                ^^"),
        ("copy 0x1000..+4", "1:1: 'copy' needs RANGE AT", "^^^^"),
        ("copy 0x1000..+4 0x2000 00", "1:24: '00' is an unexpected argument", "                       ^^"),
        ("copy 0x1000..+4 0x9000", "1:17: 0x9000 is not in the dump", "                ^^^^^^"),
        ("write 0x10ff 0000", "1:7: only 1 of 2 bytes", "      ^^^^^^"),
        (
            "write 0x1000 00 --expect 05",
            "1:26: expected 05 at 0x1000 but found 01",
            "                         ^^",
        ),
        ("write 0x1000 -", "1:14: cannot read standard input", "             ^"),
        ("write 0x1000 ptr:gone+0x10", "1:18: no module is named 'gone'", "                 ^^^^"),
        ("é write", "1:1: 'é' is not a verb of a script", "^"),
        ("\twrite 0x1000 é", "1:15: 'é' is not a value", "              ^"),
    ];
    for (line, message, underline) in golden {
        let script = subject.script(&format!("{line}\n"));
        let script = script.to_str().unwrap();
        let plain = subject.plain("apply", &[script, "--thread", "4711"]).exits(2);
        let mut told = plain.stderr.lines();
        let first = told.next().unwrap().strip_prefix("dumpedit: error: ").unwrap();
        assert!(first.starts_with(&format!("{script}:{message}")), "{first}\n not {message}");
        assert_eq!(told.next().unwrap(), format!("1 | {}", line.replace('\t', " ")));
        assert_eq!(told.next().unwrap(), format!("  | {underline}"), "{line}");
        assert!(told.next().is_none_or(|hint| hint.starts_with("dumpedit: hint: ")), "{plain}");
        subject.unchanged();
    }
}

#[test]
fn a_place_in_a_long_line_is_shown_with_what_is_around_it() {
    let subject = two_threads();
    let line = format!("write 0x1000 {} zz {}", "00".repeat(400), "11".repeat(400));
    let script = subject.script(&format!("\n# one\n{line}\n"));
    let told = subject.plain("apply", &[script.to_str().unwrap()]).exits(2).stderr;
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].contains(":3:815: 'zz' is not a value"), "{told}");
    let at = lines[1].find(" zz ").unwrap() + 1;
    assert!(lines[1].starts_with("3 | … 00") && lines[1].ends_with(" …") && lines[1].len() < 120, "{told}");
    assert_eq!(lines[2].find("^^").unwrap() + "…".len() - 1, at, "{told}");
}

#[test]
fn a_script_comes_from_standard_input_and_from_files_of_any_system() {
    for Dumped { subject, offsets } in dumps() {
        subject.run_with("apply", &["-"], b"\xef\xbb\xbfwrite 0x1000 ff\r\nwrite 0x1001 ee # last").exits(0);
        subject.changed_only(&[(offsets[0], &[0xff, 0xee])]);
        subject.run("undo", &[]).exits(0);
        subject.run_with("apply", &["-"], b"").is_full(0);
        subject.run_with("apply", &["-"], b"write 0x1000 \xff00\n").is_error("usage");
        subject.run_with("apply", &["-", "-"], b"").is_error("usage");
        subject.run("apply", &["does-not-exist"]).is_error("value");
        let bytes = subject.before();
        run(binary().args(["apply", "-", "-", "-o", "-"]), bytes).exits(2);
        subject.unchanged();
    }
}

#[test]
fn several_scripts_are_one_edit_in_their_order() {
    for Dumped { subject, offsets } in dumps() {
        let (one, two) = (subject.folder().join("one"), subject.folder().join("two"));
        std::fs::write(&one, "write 0x1000 aabb --expect 0102\n").unwrap();
        std::fs::write(&two, "write 0x1001 cc --expect bb\n").unwrap();
        let both = [one.to_str().unwrap(), two.to_str().unwrap()];
        subject.run("apply", &both).exits(0);
        subject.changed_only(&[(offsets[0], &[0xaa, 0xcc])]);
        assert_eq!(subject.run("log", &[]).json().as_array().unwrap().len(), 1);
        subject.run("apply", &[&both[..], &["--reverse"]].concat()).exits(0);
        subject.unchanged();
    }
}

#[test]
fn a_script_goes_into_a_copy_or_nowhere_where_that_is_asked_for() {
    for Dumped { subject, offsets } in dumps() {
        let script = "write 0x1000 ff\nset rax=1\n";
        let json = subject.apply(script, &["--dry-run"]).exits(0).json();
        assert_eq!(json["edits"].as_array().unwrap().len(), 2);
        subject.unchanged();
        let out = subject.folder().join("out");
        subject.apply(script, &["-o", out.to_str().unwrap()]).exits(0);
        subject.unchanged();
        let copy = std::fs::read(&out).unwrap();
        assert_eq!(copy[usize::try_from(offsets[0]).unwrap()], 0xff);
    }
}

#[test]
fn a_report_of_many_lines_lists_every_change_with_its_bytes() {
    let Dumped { subject, offsets } = dumps().remove(0);
    let lines: String = (0..200).map(|at| format!("write {:#x} {:02x}\n", 0x1000 + at, 255 - at)).collect();
    let json = subject.apply(&lines, &[]).exits(0).json();
    let edits = json["edits"].as_array().unwrap();
    assert_eq!(edits.len(), 200);
    for (at, edit) in edits.iter().enumerate() {
        assert_eq!(edit["file_offset"], offsets[0] + at as u64);
        assert_eq!(edit["old"], hex(&[(1 + at) as u8]));
        assert_eq!(edit["new"], hex(&[(255 - at) as u8]));
    }
    let plain = subject.plain("apply", &[subject.script(&lines).to_str().unwrap()]).exits(0);
    assert!(plain.text().ends_with("  and 184 more\n"), "{plain}");
}

#[test]
fn a_thread_line_is_one_however_its_words_are_quoted() {
    let subject = two_threads();
    for line in ["'thread' 4712", "thre\"ad\" '4712'", "thread -- 4712"] {
        subject.apply(&format!("{line}\nrip:0x5\n"), &["--thread", "4711"]).exits(0);
        assert_eq!(subject.register("rip", &["--thread", "4711"]), Some(RIP), "{line}");
        assert_eq!(subject.register("rip", &["--thread", "4712"]), Some(5), "{line}");
        subject.run("undo", &[]).exits(0);
    }
}

#[test]
fn behind_a_thread_line_that_is_wrong_no_register_is_anybodys() {
    let subject = two_threads();
    for line in ["thread 4712 oops", "thread", "thread x", "thread 99"] {
        let script = format!("thread 4711\n{line}\nset rip=2\nwrite 0x1000 ff\nthread 4712\nset rip=3\n");
        let json = subject.apply(&script, &["--keep-going"]).exits(1).json();
        let left_out: Vec<_> =
            json["left_out"].as_array().unwrap().iter().map(|one| one["line"].clone()).collect();
        assert_eq!(left_out, [2, 3], "{line}");
        assert_eq!(subject.register("rip", &["--thread", "4711"]), Some(RIP), "{line}");
        assert_eq!(subject.register("rip", &["--thread", "4712"]), Some(3), "{line}");
        subject.run("undo", &[]).exits(0);
    }
}

#[test]
fn what_a_line_says_of_its_record_and_thread_wins_over_what_the_script_says() {
    let script = "thread 4711 --context both\nset rip=1 --context auto\n";
    let subject = two_threads();
    subject.apply(script, &[]).exits(0);
    assert_eq!(subject.register("rip", &["--thread", "4711"]), Some(1));
    subject.run("undo", &[]).exits(0);
    subject.apply("set rip=1\n", &["--thread", "4711", "--context", "exception"]).is_error("thread");
    subject.apply("set rip=1 --context auto\n", &["--thread", "4711", "--context", "exception"]).exits(0);
    subject.apply("set rax=1 --thread 4712\n", &["--thread", "4711"]).exits(0);
    assert_eq!(subject.register("rax", &["--thread", "4712"]), Some(1));
}

#[test]
fn a_line_that_is_done_in_part_is_told_as_such_and_with_the_way_back() {
    let subject = two_threads();
    let script = subject.script("write 0x10fe 01020304\n");
    let plain = subject.plain("apply", &[script.to_str().unwrap(), "--keep-going"]).exits(1);
    assert!(plain.stderr.contains("done in part:") && !plain.stderr.contains("left out:"), "{plain}");
    assert!(plain.stderr.contains("hint: dumpedit undo "), "{plain}");
    subject.run("undo", &[]).exits(0);
    let json = subject.apply("write 0x10fe 01020304\nwrite 0x9000 00\n", &["--keep-going"]).exits(1).json();
    let in_part: Vec<_> =
        json["left_out"].as_array().unwrap().iter().map(|one| one["in_part"].clone()).collect();
    assert_eq!(in_part, [true, false]);
}

#[test]
fn no_message_is_as_long_as_the_word_that_it_is_about() {
    let subject = two_threads();
    for line in [format!("write 0x1000 {}", "x".repeat(100_000)), "y".repeat(100_000)] {
        let plain = subject.plain("apply", &[subject.script(&line).to_str().unwrap()]).exits(2);
        assert!(plain.stderr.len() < 1000, "{} bytes", plain.stderr.len());
    }
}
