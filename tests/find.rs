//! `find`: every kind of pattern, restrictions of matches, and its output; and `--replace`, which edits the matches.

use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::process::Stdio;

use dumpedit::{Dump, Match, Matcher, Search};
use regex_automata::meta::Regex;
use serde_json::{Value, json};

use crate::library::random::Random;
use crate::support::bytes::Order;
use crate::support::command::{Run, binary, notices, run};
use crate::support::elf_builder::{ElfBuilder, machine, nt_file, prstatus};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};
use crate::support::subject::Subject;

/// Two regions that are adjacent in memory and in reverse order in the file, then a gap, and mapped memory without bytes.
fn subject() -> Subject {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0x40_1000, 0x1008), nt_file(&[(0x2000, 0x2018, 0, "/lib/libc.so.6")])]);
    core.load(0x1010, b"RIGHT. \xff\xfe\x07\0\0\0s\0e");
    core.load(0x1000, b"a secret\0\0LEFT-U");
    core.load(0x2000, b"\x08\x10\0\0\0\0\0\0secret Secret\0\0\0");
    core.load_at(0x3000, 0, 0, 0x1000);
    Subject::named("memory.core", core.finish())
}

/// The matches, one JSON document on each line.
fn lines(run: &Run) -> Vec<Value> {
    let lines = run.text().lines();
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {run}"))).collect()
}

#[track_caller]
fn addresses(subject: &Subject, arguments: &[&str]) -> Vec<String> {
    let run = subject.run("find", arguments);
    let found = lines(&run);
    assert_eq!(run.code, i32::from(found.is_empty()), "exit code of {run}");
    found.iter().map(|one| one["address"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_kind_of_pattern_is_found() {
    let subject = subject();
    for (pattern, expected) in [
        ("str:secret", &["0x1002", "0x2008"][..]),
        ("53 65 63 ?? 65 74", &["0x200f"]),
        ("?3 6563", &["0x1002", "0x2008", "0x200f"]),
        ("ptr:@rsp", &["0x2000"]),
        ("u32:7", &["0x1019"]),
        ("utf16:s", &["0x101d"]),
        ("strz:Secret", &["0x200f"]),
        (r"re:\xff[\xf0-\xff]", &["0x1017"]),
        ("re:(?i)secret", &["0x1002", "0x2008", "0x200f"]),
        (r"re:\bS\w+", &["0x200f"]),
    ] {
        assert_eq!(addresses(&subject, &[pattern]), expected, "{pattern}");
    }
    assert_eq!(
        addresses(&subject, &["str:Sec", "str:sec", "str:LEFT"]),
        ["0x1002", "0x100a", "0x2008", "0x200f"]
    );
}

#[test]
fn a_match_lies_across_adjacent_regions_and_never_across_a_gap() {
    let subject = subject();
    assert_eq!(addresses(&subject, &["str:-URIGHT"]), ["0x100e"]);
    assert_eq!(addresses(&subject, &["65 08 10"]), Vec::<String>::new());
    assert_eq!(addresses(&subject, &["re:e$", "re:^a"]), ["0x1000", "0x101f"]);
}

#[test]
fn pointers_have_the_order_and_the_width_of_the_target() {
    let mut core = ElfBuilder::new(Order::Big, false, machine::PPC64);
    core.load(0x1000, &[0, 0, 0x12, 0x34, 0x56, 0x78]);
    let subject = Subject::new(core.finish());
    assert_eq!(addresses(&subject, &["ptr:0x12345678", "u16:0x1234"]), ["0x1002", "0x1002"]);
}

#[test]
fn a_match_as_json() {
    let run = subject().run("find", &["ptr:@rsp", "str:secret", "--max", "2"]).exits(0);
    let found = lines(&run);
    assert_eq!(found.len(), 2);
    let first = &found[0];
    let keys: Vec<&String> = first.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["address", "at", "length", "file_offset", "pattern", "module", "region", "encoding", "bytes"]
    );
    assert_eq!((&first["address"], &first["length"]), (&json!("0x1002"), &json!(6)));
    assert_eq!((&first["pattern"], &first["module"]), (&json!("str:secret"), &Value::Null));
    assert_eq!(first["region"]["start"], "0x1000");
    assert_eq!((&first["bytes"], &first["encoding"]), (&json!("736563726574"), &json!("utf-8")));
    let second = &found[1];
    assert_eq!(second["region"], json!({ "start": "0x2000", "name": "/lib/libc.so.6" }));
}

#[test]
fn a_match_in_a_module_is_told_as_a_place_that_can_be_read() {
    let mut dump = MinidumpBuilder::amd64();
    dump.memory(0x40_0010, b"a secret");
    dump.memory(0x50_0010, &0x40_0012u64.to_le_bytes());
    dump.module(0x40_0000, 0x3000, "C:\\crash.exe");
    let subject = Subject::new(dump.finish());
    let found = lines(&subject.run("find", &["str:secret"]).exits(0));
    assert_eq!(found[0]["module"], "crash.exe+0x12");
    assert_eq!(subject.run("read", &["crash.exe+0x12..+6"]).is_full(6)["bytes"], "736563726574");
    assert_eq!(addresses(&subject, &["ptr:crash.exe+0x12"]), ["0x500010"]);
}

#[test]
fn a_match_for_a_person_is_one_line() {
    let subject = subject();
    let run = subject.plain("find", &["str:secret"]).exits(0);
    let lines: Vec<&str> = run.text().lines().collect();
    assert_eq!(lines.len(), 2, "{run}");
    assert!(lines[0].starts_with("0x0000000000001002  0x1000+0x2 "), "{run}");
    assert!(
        lines[0].ends_with("  73 65 63 72 65 74 00 00 4c 45 46 54 2d 55 52 49  |secret..LEFT-URI|"),
        "{run}"
    );
    assert!(lines[1].starts_with("0x0000000000002008  libc.so.6+0x8 "), "{run}");
    assert_eq!(lines[0].find('|'), lines[1].find('|'), "{run}");
    assert!(!run.text().contains('\x1b'));
}

#[test]
fn the_search_can_be_limited() {
    let subject = subject();
    assert_eq!(addresses(&subject, &["00", "--range", "0x1000..+10"]), ["0x1008", "0x1009"]);
    assert_eq!(addresses(&subject, &["str:secret", "--range", "0x1003..0x2010"]), ["0x2008"]);
    assert_eq!(addresses(&subject, &["str:secret", "--range", "0x1000..0x1007"]), Vec::<String>::new());
    assert_eq!(addresses(&subject, &["00", "--align", "4", "--max", "2"]), ["0x1008", "0x101c"]);
    assert_eq!(addresses(&subject, &["00", "--max", "1"]), ["0x1008"]);
    assert_eq!(addresses(&subject, &["re:[A-Z]+", "--stack-of", "crashed"]), ["0x100a", "0x100f"]);
    subject.run("find", &["00", "--stack-of", "crashed", "--range", "0x1000..+1"]).is_error("usage");
    subject.run("find", &["00", "--stack-of", "8"]).is_error("thread");
    subject.run("find", &["00", "--range", "0x1000..0x1000"]).is_error("value");
}

#[test]
fn a_count_is_one_line() {
    let subject = subject();
    assert_eq!(subject.plain("find", &["str:secret", "--count"]).exits(0).text(), "2\n");
    let counted = subject.run("find", &["str:secret", "--count"]).exits(0).json();
    assert_eq!(counted["count"], 2);
    assert_eq!(notices(&counted), ["memory-not-searched"]);
    assert_eq!(subject.run("find", &["str:nowhere", "--count"]).exits(1).json()["count"], 0);
    assert_eq!(subject.run("find", &["00", "--count", "--max", "3"]).json()["count"], 3);
}

#[test]
fn memory_that_is_not_captured_is_passed_over_and_said_once() {
    let subject = subject();
    let run = subject.plain("find", &["str:secret"]).exits(0);
    let notice = "dumpedit: notice: 4.0 KiB of mapped memory is not captured and was not searched\n";
    assert_eq!(run.stderr, notice);
    assert_eq!(subject.plain("find", &["str:secret", "--range", "0x1000..0x2018"]).stderr, "");
    let run = subject.plain("find", &["str:secret", "--range", "0x2000..0x3010"]);
    assert!(run.stderr.contains("16 B of mapped memory"), "{run}");
}

#[test]
fn copies_are_searched_as_reads_take_them() {
    let mut dump = MinidumpBuilder::amd64();
    dump.memory(0x1000, b"first first");
    dump.memory(0x1000, b"other other and more");
    let subject = Subject::new(dump.finish());
    assert_eq!(addresses(&subject, &["str:other"]), Vec::<String>::new());
    assert_eq!(addresses(&subject, &["str:first and"]), ["0x1006"]);
}

#[test]
fn a_bad_pattern_is_an_error_that_helps() {
    let subject = subject();
    for (pattern, said) in [
        ("0x1234", "is a number without a size"),
        ("?? ??", "contains only wildcards"),
        ("", "is an empty pattern"),
        ("str:", "is empty"),
        ("-", "standard input"),
        ("4", "odd number"),
        ("xyz", "is not a pattern"),
        ("re:(", "unclosed group"),
        ("u8:300", "does not fit"),
    ] {
        let run = run(binary().arg("find").arg(subject.path()).args(["--json", "--", pattern]), b"");
        let message = run.is_error("value");
        assert!(message.contains(said) && !message.contains('\n'), "{pattern}: {message}");
    }
    let run = subject.plain("find", &["0x1234"]).exits(2);
    assert!(
        run.stderr.contains("hint: give its size: u16:0x1234, u32:0x1234, u64:0x1234, ptr:0x1234; or"),
        "{run}"
    );
    subject.run("find", &["ptr:nowhere+0x1"]).is_error("module");
}

#[test]
fn a_dump_from_a_pipe_is_searched_like_a_file() {
    let subject = subject();
    let piped = run(binary().args(["find", "-", "str:secret", "--json"]), subject.before()).exits(0);
    assert_eq!(piped.stdout, subject.run("find", &["str:secret"]).stdout);
}

#[test]
fn a_reader_that_goes_away_ends_the_search_quietly() {
    let mut core = ElfBuilder::x86_64();
    core.load(0x1000, &vec![0; 1 << 20]);
    let subject = Subject::new(core.finish());
    let mut child = binary()
        .arg("find")
        .arg(subject.path())
        .arg("00")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
    assert!(line.starts_with("0x0000000000001000"), "{line}");
}

#[test]
fn every_match_is_replaced_as_one_edit_that_undo_takes_back() {
    let subject = subject();
    let json = subject.run("find", &["str:secret", "--replace", "str:xxxxxx"]).is_full(12);
    let locations: Vec<&Value> =
        json["edits"].as_array().unwrap().iter().map(|edit| &edit["location"]).collect();
    assert_eq!(locations, ["0x1002", "0x2008"]);
    assert_eq!(addresses(&subject, &["str:xxxxxx"]), ["0x1002", "0x2008"]);
    assert_eq!(addresses(&subject, &["str:secret"]), Vec::<String>::new());
    let log = subject.plain("log", &[]).exits(0);
    assert!(log.text().contains("find str:secret --replace str:xxxxxx"), "{log}");
    subject.plain("undo", &[]).exits(0);
    subject.unchanged();
}

#[test]
fn a_match_across_regions_is_replaced_in_both() {
    let mut dump = MinidumpBuilder::amd64();
    let right = dump.memory(0x1008, b"cret and");
    let left = dump.memory(0x1000, b"more: se");
    let subject = Subject::new(dump.finish());
    subject.run("find", &["str:secret", "--replace", "41 42 43 44 45 46"]).is_full(6);
    subject.changed_only(&[(left + 6, b"AB"), (right, b"CDEF")]);
}

#[test]
fn of_matches_that_overlap_the_first_is_replaced() {
    let mut core = ElfBuilder::x86_64();
    let offset = core.load(0x1000, b"aaaaa");
    let subject = Subject::new(core.finish());
    subject.run("find", &["str:aa", "--replace", "str:xy"]).is_full(4);
    subject.changed_only(&[(offset, b"xyxy")]);
}

#[test]
fn what_replaces_a_match_is_as_long_as_the_match() {
    let subject = subject();
    let message = subject.run("find", &["str:secret", "--replace", "00"]).is_error("value");
    assert!(message.contains("0x1002 has 6 bytes") && message.contains('1'), "{message}");
    subject.run("find", &["str:nowhere", "--replace", "00"]).exits(1);
    subject.run("find", &["str:secret", "--replace", "str:xxxxxx", "--dry-run"]).is_full(12);
    subject.run("find", &["str:secret", "--dry-run"]).is_error("usage");
    subject.run("find", &["str:secret", "--count", "--replace", "str:xxxxxx"]).is_error("usage");
    subject.unchanged();
}

#[test]
fn a_script_can_replace_what_its_earlier_lines_wrote() {
    let subject = subject();
    let script = subject.folder().join("script");
    let text =
        "write 0x1000 str:token\nfind str:token --range 0x1000..+8 --replace 'str:xxxxx' # all of them\n";
    std::fs::write(&script, text).unwrap();
    subject.plain("apply", &[script.to_str().unwrap()]).exits(0);
    assert_eq!(addresses(&subject, &["str:xxxxx"]), ["0x1000"]);
    std::fs::write(&script, "find str:secret\n").unwrap();
    let run = subject.plain("apply", &[script.to_str().unwrap()]).exits(2);
    assert!(run.stderr.contains("needs --replace VALUE"), "{run}");
    std::fs::write(&script, "find str:secret re:( --replace 00\n").unwrap();
    let run = subject.plain("apply", &[script.to_str().unwrap()]).exits(2);
    assert!(run.stderr.contains(":1:17:") && run.stderr.contains("unclosed group"), "{run}");
}

/// Matches of a search, in order.
fn found(dump: &Dump, search: &Search) -> Vec<Match> {
    let mut all = Vec::new();
    let found = dump.find(
        search,
        &mut |one| {
            all.push(one);
            ControlFlow::Continue(())
        },
        &mut |_| ControlFlow::Continue(()),
    );
    assert_eq!(found.unwrap().matches, all.len() as u64);
    all
}

/// All offsets of some bytes in a text.
fn starts(text: &[u8], bytes: &[u8]) -> Vec<u64> {
    let candidates = text.windows(bytes.len()).enumerate();
    candidates.filter(|(_, window)| *window == bytes).map(|(at, _)| at as u64).collect()
}

const NEEDLE: &[u8] = b"0123456789abcdef";

/// Memory of some MiB in pieces that are adjacent, but shuffled in the file, with needles at every border of blocks and of pieces.
fn large(random: &mut Random) -> (Vec<u8>, Vec<u8>) {
    let mut text = random.bytes(5 << 20);
    for border in (1..80).map(|block| block << 16) {
        for needle in -3i64..3 {
            let at = border + needle * 20 + (random.next() % 9) as i64;
            let at = usize::try_from(at).unwrap();
            text[at..at + NEEDLE.len()].copy_from_slice(NEEDLE);
        }
    }
    let mut pieces = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let size = [7, 4096, 100_000, 1 << 20][(random.next() % 4) as usize].min(text.len() - start);
        pieces.push((start, size));
        start += size;
    }
    for at in (1..pieces.len()).rev() {
        pieces.swap(at, (random.next() % (at as u64 + 1)) as usize);
    }
    let mut core = ElfBuilder::with_room(Order::Little, true, machine::X86_64, pieces.len());
    for (start, size) in pieces {
        core.load(0x10_0000 + start as u64, &text[start..start + size]);
    }
    (core.finish(), text)
}

#[test]
fn memory_of_many_blocks_is_searched_whole_whatever_it_is_kept_in() {
    let mut random = Random(5);
    for _ in 0..3 {
        let (file, text) = large(&mut random);
        let subject = Subject::new(file);
        let expected: Vec<u64> = starts(&text, NEEDLE).into_iter().map(|start| 0x10_0000 + start).collect();
        assert!(expected.len() > 300);
        let matchers = || {
            vec![Matcher::bytes(NEEDLE).unwrap(), Matcher::masked(b"\x01\x02\0", &[0xff, 0xff, 0]).unwrap()]
        };
        for dump in [
            Dump::open(subject.path()).unwrap(),
            Dump::from_bytes(subject.before().to_vec()).unwrap(),
            Dump::from_reader(&mut subject.before(), &mut |_| ControlFlow::Continue(())).unwrap(),
        ] {
            let all = found(&dump, &Search::new(matchers()));
            assert!(all.is_sorted_by_key(|one| (one.address, one.matcher)));
            let needles: Vec<u64> =
                all.iter().filter(|one| one.matcher == 0).map(|one| one.address).collect();
            assert!(needles == expected);
            let wild = starts(&text, &[1, 2]).into_iter().filter(|at| *at + 2 < text.len() as u64);
            assert_eq!(all.len() - needles.len(), wild.count());
            for one in all.iter().filter(|one| one.matcher == 0).take(50) {
                let at = usize::try_from(one.file_offset).unwrap();
                assert_eq!(subject.before()[at], NEEDLE[0]);
            }
            let few = found(&dump, &Search::new(matchers()).most(100));
            assert!(few == all[..100]);
        }
    }
}

#[test]
fn a_regular_expression_finds_the_same_in_blocks_as_in_one_piece() {
    let mut random = Random(6);
    let (file, text) = large(&mut random);
    let dump = Dump::from_bytes(file).unwrap();
    for expression in
        ["0123[4-9a-f]+", r"(?s)ef.{0,40}01", r"[\x00-\x40]{5,}", r"\b[a-z]{4}\b", "(?m)^.{0,3}$"]
    {
        let syntax = regex_automata::util::syntax::Config::new().unicode(false).utf8(false);
        let config = regex_automata::meta::Config::new().utf8_empty(false);
        let regex = Regex::builder().syntax(syntax).configure(config).build(expression).unwrap();
        let expected = regex.find_iter(&text).filter(|one| !one.is_empty());
        let expected: Vec<(u64, u64)> =
            expected.map(|one| (0x10_0000 + one.start() as u64, one.len() as u64)).collect();
        let found = found(&dump, &Search::new(vec![Matcher::regex(expression).unwrap()]));
        let found: Vec<(u64, u64)> = found.iter().map(|one| (one.address, one.length)).collect();
        assert!(!found.is_empty() && found == expected, "{expression}");
    }
}

#[test]
#[cfg(unix)]
fn holes_of_a_file_are_passed_over_and_nothing_beside_them() {
    use std::os::unix::fs::FileExt;
    const HOLE: u64 = 64 << 20;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sparse.core");
    let mut core = ElfBuilder::x86_64();
    core.load_at(0x100_0000, 0x1_0000, HOLE, HOLE);
    core.load_at(0x100_0000 + HOLE, 0x1_0000 + HOLE, HOLE, HOLE);
    std::fs::write(&path, core.finish()).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(0x1_0000 + 2 * HOLE).unwrap();
    // At a hole's end, across the border of the segments, in the middle, and at the very end.
    let places = [0x10_0000, HOLE - 5, HOLE + 0x20_0fff, 2 * HOLE - 8];
    for place in places {
        file.write_all_at(b"\x01\x02\x03\x04\x05\x06\x07\x08", 0x1_0000 + place).unwrap();
    }
    let dump = Dump::open(&path).unwrap();
    for (bytes, shift) in
        [(&b"\x01\x02\x03\x04\x05\x06\x07\x08"[..], 0), (&b"\0\0\0\0\0\0\0\0\0\0\0\x01"[..], 11)]
    {
        let all = found(&dump, &Search::new(vec![Matcher::bytes(bytes).unwrap()]));
        let addresses: Vec<u64> = all.iter().map(|one| one.address + shift).collect();
        assert_eq!(addresses, places.map(|place| 0x100_0000 + place));
    }
}

/// Cores whose descriptors multiply the memory to search: many segments that share one page, and a million regions of one byte that are
/// adjacent in memory, but not in the file.
#[test]
#[ignore = "takes seconds in a release build"]
fn hostile_layouts_take_time_in_proportion() {
    for (count, size, step, stride) in
        [(131_070, 4096, 4096, 0), (1_000_000, 1, 1, 2), (131_070, 4096, 8192, 4096)]
    {
        let mut core = ElfBuilder::with_room(Order::Little, true, machine::X86_64, count).extended();
        let offset = core.place(&vec![0x41; count * stride.max(1) + 4096]);
        for at in 0..count {
            core.load_at(0x10_0000 + (at * step) as u64, offset + (at * stride) as u64, size, size);
        }
        let dump = Dump::from_bytes(core.finish()).unwrap();
        for matcher in [Matcher::bytes(NEEDLE).unwrap(), Matcher::regex("[^A]B").unwrap()] {
            let since = std::time::Instant::now();
            assert_eq!(found(&dump, &Search::new(vec![matcher])), []);
            println!("{count} regions of {size}: {:?}", since.elapsed());
        }
    }
}

/// A core with a secret in memory, in a register, and in the process's command line.
fn with_secrets() -> Subject {
    let mut core = ElfBuilder::x86_64();
    let (namespace, kind, mut status) = prstatus(7, 11, 0x40_1000, 0x1008);
    // r15 is the first of `pr_reg`.
    status[112..119].copy_from_slice(b"hunter2");
    let mut process = vec![0; 136];
    process[56..74].copy_from_slice(b"--password=hunter2");
    core.notes(&[(namespace, kind, status), ("CORE", 3, process)]);
    core.load(0x1000, b"a secret: hunter2 and more");
    Subject::named("secrets.core", core.finish())
}

#[test]
fn matches_outside_memory_are_told_and_told_again_once_those_in_memory_are_replaced() {
    let subject = with_secrets();
    let places = "outside memory: r15 of thread 7; NT_PRPSINFO at 0x";
    let run = subject.plain("find", &["str:hunter2"]).exits(0);
    assert!(run.stderr.contains("the file holds 2 matches"), "{run}");
    assert!(run.stderr.contains(places), "{run}");
    let run = subject.plain("find", &["str:hunter2", "--replace", "str:XXXXXXX"]).exits(0);
    assert!(run.stderr.contains("the file still holds 2 matches"), "{run}");
    assert!(run.stderr.contains(places), "{run}");
    assert!(run.stderr.contains("the journal keeps the old bytes"), "{run}");
    let run = subject.plain("find", &["str:hunter2", "--count"]).exits(1);
    assert!(run.stderr.contains("the file holds 2 matches"), "{run}");
    // A search of some addresses does not report others.
    let run = subject.plain("find", &["str:hunter2", "--range", "0x1000..+4"]).exits(1);
    assert_eq!(run.stderr, "");
    assert_eq!(subject.plain("find", &["str:more"]).exits(0).stderr, "");
}

#[test]
fn a_text_is_found_in_the_names_of_a_minidump_too_which_are_utf_16() {
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, 0x1008));
    dump.module(0x7000_0000, 0x1000, "C:\\Users\\hunter2\\app.exe");
    dump.memory(0x1000, b"a secret: hunter2 and more");
    let subject = Subject::named("secrets.dmp", dump.finish());
    for arguments in [&["str:hunter2"][..], &["str:hunter2", "--replace", "str:XXXXXXX"]] {
        let run = subject.plain("find", arguments).exits(0);
        assert!(run.stderr.contains("holds 1 match outside memory: name of a module at 0x"), "{run}");
    }
    assert!(!subject.plain("find", &["str:more"]).exits(0).stderr.contains("outside memory"));
}

#[test]
fn a_script_that_finds_nothing_has_nothing_to_take_back() {
    let subject = with_secrets();
    let script = subject.folder().join("script");
    std::fs::write(&script, "find str:absent --replace str:present\n").unwrap();
    let run = subject.plain("apply", &[script.to_str().unwrap()]).exits(1);
    assert!(run.stderr.contains("no match") && !run.stderr.contains("undo"), "{run}");
    subject.unchanged();
}

#[test]
fn the_journal_is_spoken_of_where_it_keeps_something() {
    let subject = with_secrets();
    let out = subject.folder().join("out");
    for arguments in [&["--dry-run"][..], &["--no-undo"], &["-o", out.to_str().unwrap()]] {
        let all = [&["str:hunter2", "--replace", "str:XXXXXXX"], arguments].concat();
        let run = subject.plain("find", &all).exits(0);
        assert!(run.stderr.contains("the file still holds 2 matches"), "{run}");
        assert!(!run.stderr.contains("journal"), "{run}");
        std::fs::write(subject.path(), subject.before()).unwrap();
    }
}
