//! Texts: in every encoding at once, in any case, and their replacements.

use dumpedit::notation::At;
use dumpedit::{Access, AccessError, Context, Dump, Location, RecordChoice};
use serde_json::{Value, json};

use crate::support::bytes::Order;
use crate::support::command::{Run, dumpedit, run};
use crate::support::corpus;
use crate::support::elf_builder::{ElfBuilder, machine, prstatus};
use crate::support::subject::Subject;

fn utf16(text: &str, order: Order) -> Vec<u8> {
    text.encode_utf16().flat_map(|unit| order.fields(&[(unit.into(), 2)])).collect()
}

/// hunter2 at 0x1000 in UTF-8, at 0x1011 in UTF-16, the same in upper case at 0x1030 and 0x1041, a token of eight and one of four digits at
/// 0x1060 and 0x1070, and the first of them in a note as well.
fn subject() -> Subject {
    of(Order::Little, machine::X86_64)
}

fn of(order: Order, machine: u16) -> Subject {
    let mut bytes = vec![0xee; 0xc0];
    let mut put = |at: usize, text: &[u8]| bytes[at..at + text.len()].copy_from_slice(text);
    put(0, b"hunter2");
    put(0x11, &utf16("hunter2", order));
    put(0x30, b"HUNTER2");
    put(0x41, &utf16("Hunter2", order));
    put(0x60, b"id=deadbeef");
    put(0x70, &utf16("id=cafe", order));
    put(0x90, "Größe ΑΡΧΗ".as_bytes());
    put(0xa8, &utf16("ГРУЗ ß", order));
    let mut core = ElfBuilder::new(order, true, machine);
    core.load(0x1000, &bytes);
    let mut notes = vec![("vendor", 7, [&b"..hunter2.."[..], &utf16("HUNTER2", order)].concat())];
    if machine == machine::X86_64 {
        notes.push(prstatus(7, 11, 0x40_0000, 0x1000));
    }
    core.notes(&notes);
    Subject::named("texts.core", core.finish())
}

fn found(run: &Run) -> Vec<Value> {
    run.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[track_caller]
fn addresses(subject: &Subject, arguments: &[&str]) -> Vec<String> {
    let run = subject.run("find", arguments);
    let found = found(&run);
    assert_eq!(run.code, i32::from(found.is_empty()), "{run}");
    found.iter().map(|one| one["address"].as_str().unwrap().to_owned()).collect()
}

fn bytes(subject: &Subject, range: &str) -> String {
    subject.run("read", &[range]).json()["bytes"].as_str().unwrap().to_owned()
}

#[test]
fn a_text_is_found_in_utf8_and_in_utf16_of_the_targets_order_at_once() {
    for (order, machine) in [(Order::Little, machine::X86_64), (Order::Big, machine::PPC64)] {
        let subject = of(order, machine);
        assert_eq!(addresses(&subject, &["text:hunter2"]), ["0x1000", "0x1011"]);
        let both = found(&subject.run("find", &["str:nowhere", "text:hunter2"]));
        let told: Vec<_> =
            both.iter().map(|one| (&one["pattern"], &one["encoding"], &one["length"])).collect();
        let pattern = &json!("text:hunter2");
        assert_eq!(
            told,
            [(pattern, &json!("utf-8"), &json!(7)), (pattern, &json!("utf-16"), &json!(14))],
            "both are of one pattern"
        );
        // The other order is not the target's.
        let other = if order == Order::Little { "00 68 00 75 00 6e 00" } else { "68 00 75 00 6e 00" };
        assert!(!addresses(&subject, &["text:hunter2"]).iter().any(|at| at == other));
    }
    let subject = subject();
    assert_eq!(subject.plain("find", &["text:hunter2", "--count"]).text(), "2\n");
    assert_eq!(addresses(&subject, &["text:hunter2", "--max", "1"]), ["0x1000"]);
    assert_eq!(addresses(&subject, &["text:Größe", "text:ГРУЗ"]), ["0x1090", "0x10a8"]);
    let hunted = subject.plain("find", &["hunter2"]).exits(2);
    assert!(hunted.stderr.contains("text:hunter2"), "{hunted}");
}

#[test]
fn case_is_ignored_in_texts_of_every_encoding_and_in_expressions() {
    let subject = subject();
    let all = ["0x1000", "0x1011", "0x1030", "0x1041"];
    assert_eq!(addresses(&subject, &["text:HUNTER2", "-i"]), all);
    assert_eq!(addresses(&subject, &["text:hunter2", "--ignore-case"]), all);
    assert_eq!(addresses(&subject, &["str:hUNTER2", "-i"]), ["0x1000", "0x1030"]);
    assert_eq!(addresses(&subject, &["utf16:hUNTER2", "-i"]), ["0x1011", "0x1041"]);
    assert_eq!(addresses(&subject, &["re:hun[S-U]er", "-i"]), ["0x1000", "0x1030"]);
    assert_eq!(addresses(&subject, &["re16:hun[S-U]er", "-i"]), ["0x1011", "0x1041"]);
    assert_eq!(addresses(&subject, &["text:grÖSSE", "-i"]), Vec::<String>::new());
    assert_eq!(addresses(&subject, &["text:grÖẞE αρχη", "-i"]), ["0x1090"]);
    assert_eq!(addresses(&subject, &["text:груз ẞ", "-i"]), ["0x10a8"]);
    // Bytes have no case.
    assert_eq!(addresses(&subject, &["48 55 4e", "-i"]), ["0x1030"]);
}

#[test]
fn an_expression_over_utf16_matches_its_letters_and_nothing_of_one_byte() {
    for (order, machine) in [(Order::Little, machine::X86_64), (Order::Big, machine::PPC64)] {
        let subject = of(order, machine);
        let one = found(&subject.run("find", &["re16:id=[a-f0-9]+"]).exits(0));
        let told: Vec<_> =
            one.iter().map(|one| (&one["address"], &one["length"], &one["encoding"])).collect();
        assert_eq!(told, [(&json!("0x1070"), &json!(14), &json!("utf-16"))]);
        assert_eq!(addresses(&subject, &[r"re16:[А-Я]{4}\s\w"]), ["0x10a8"]);
        assert_eq!(addresses(&subject, &["re16:(?i)h(unt|x)er."]), ["0x1011", "0x1041"]);
    }
    for (pattern, said) in
        [("re16:^a", "not supported in UTF-16"), ("re16:a(", "unclosed group"), ("re16:", "empty")]
    {
        let message = subject().run("find", &[pattern]).is_error("value");
        assert!(message.contains(said), "{message}");
    }
}

#[test]
fn one_replacement_is_written_in_the_encoding_of_each_match() {
    let subject = subject();
    let json = subject.run("find", &["text:hunter2", "--replace", "text:*******"]).is_full(7 + 14);
    assert_eq!(json["edits"].as_array().unwrap().len(), 2);
    assert_eq!(bytes(&subject, "0x1000..+8"), "2a2a2a2a2a2a2aee");
    assert_eq!(bytes(&subject, "0x1011..+15"), "2a002a002a002a002a002a002a00ee");
    let log = subject.plain("log", &[]).exits(0);
    assert!(log.text().contains("find text:hunter2 --replace text:*******"), "{log}");
    subject.run("undo", &[]).exits(0);
    subject.unchanged();
    // A value has one encoding, and only some matches have its length.
    let run = subject.plain("find", &["text:hunter2", "--replace", "str:*******"]).exits(2);
    assert!(run.stderr.contains("0x1011 has 14 bytes, and its replacement has 7"), "{run}");
    assert!(run.stderr.contains("hint: --pad BYTE fills the rest"), "{run}");
    subject.unchanged();
}

#[test]
fn what_is_shorter_than_a_match_is_filled_up_with_a_byte_of_its_encoding() {
    let subject = subject();
    let replace = ["text:hunter2", "-i", "--replace", "text:no", "--pad", "20"];
    subject.run("find", &[&replace[..], &["--dry-run"]].concat()).is_full(42);
    subject.unchanged();
    subject.run("find", &replace).is_full(42);
    assert_eq!(bytes(&subject, "0x1000..+8"), "6e6f2020202020ee");
    assert_eq!(bytes(&subject, "0x1041..+15"), "6e006f0020002000200020002000ee");
    subject.run("undo", &[]).exits(0);
    subject.run("find", &["re:id=[a-f0-9]+", "--replace", "str:id=", "--pad=u8:0"]).is_full(11);
    assert_eq!(bytes(&subject, "0x1060..+12"), "69643d0000000000000000ee");
    for (pad, kind) in [("0", "value"), ("0000", "value"), ("é", "value"), ("0x00", "value")] {
        subject.run("find", &["re:id=[a-f0-9]+", "--replace", "str:id=", "--pad", pad]).is_error(kind);
    }
    subject.run("find", &["str:id=", "--pad", "00"]).is_error("usage");
    subject.run("find", &["str:HUNTER2", "--replace", "str:hunter22", "--pad", "00"]).is_error("value");
    subject.run("find", &["str:HUNTER2", "--replace", "text:", "--pad", "00"]).is_error("usage");
}

#[test]
fn a_mask_covers_matches_of_every_length_in_their_encoding() {
    let subject = subject();
    let patterns = ["re:id=[a-f0-9]+", "re16:id=[a-f0-9]+", "text:Größe", "hex:48 55 4e ??"];
    let json = subject.run("find", &[&patterns[..], &["--mask", "x"]].concat()).is_full(11 + 14 + 7 + 4);
    assert_eq!(json["edits"].as_array().unwrap().len(), 4);
    assert_eq!(bytes(&subject, "0x1060..+12"), format!("{}ee", "78".repeat(11)));
    assert_eq!(bytes(&subject, "0x1070..+15"), format!("{}ee", "7800".repeat(7)));
    assert_eq!(bytes(&subject, "0x1090..+8"), "7878787878787820");
    assert_eq!(bytes(&subject, "0x1030..+5"), "7878787845");
    let log = subject.plain("log", &[]).exits(0);
    assert!(log.text().contains("--mask x"), "{log}");
    subject.run("undo", &[]).exits(0);
    subject.unchanged();
    for mask in ["", "xx", "é"] {
        subject.run("find", &["text:hunter2", "--mask", mask]).is_error("value");
    }
    for options in [
        &["--mask", "x", "--replace", "00"][..],
        &["--mask", "x", "--pad", "00"],
        &["--mask", "x", "--count"],
    ] {
        subject.run("find", &[&["text:hunter2"], options].concat()).is_error("usage");
    }
    let message = subject.run("find", &["strz:nowhere", "--mask", "x"]).is_error("value");
    assert!(message.contains("the zero that ends strz:nowhere"), "{message}");
    subject.unchanged();
}

#[test]
fn what_is_left_outside_memory_is_told_in_every_encoding_and_case() {
    let subject = subject();
    for (arguments, said) in [
        (&["text:hunter2"][..], "the file holds 1 match outside memory"),
        (&["text:hunter2", "-i"], "the file holds 2 matches outside memory"),
        (&["re16:H[A-Z]+2"], "the file holds 1 match outside memory"),
        (&["text:hunter2", "-i", "--mask", "x"], "the file still holds 2 matches outside memory"),
    ] {
        let run = subject.plain("find", arguments);
        assert!(run.stderr.contains(said), "{run}");
    }
}

#[test]
fn the_lines_of_scripts_take_the_same_options() {
    let subject = subject();
    let script = "find text:hunter2 --ignore-case --replace text:none --pad 20\n\
                  find re:id=[a-f0-9]+ re16:id=[a-f0-9]+ --mask '#'\n";
    let apply = |script: &str| {
        run(
            crate::support::command::binary().arg("apply").arg(subject.path()).args(["-", "--json"]),
            script.as_bytes(),
        )
    };
    assert_eq!(apply(script).exits(0).json()["completed"], 42 + 11 + 14);
    assert_eq!(bytes(&subject, "0x1011..+8"), "6e006f006e006500");
    assert_eq!(bytes(&subject, "0x1070..+4"), "23002300");
    subject.run("undo", &[]).exits(0);
    for (line, said) in [
        ("find text:hunter2", "needs --replace VALUE or --mask CHAR"),
        ("find text:hunter2 --mask x --replace 00", "or --mask CHAR"),
        ("find text:hunter2 --mask x --pad 00", "or --mask CHAR"),
        ("find text:hunter2 --mask xx", "is not a mask"),
        ("find text:hunter2 --replace text:x --pad 0000", "is not one byte"),
        ("write 0x1000 text:x", "does not say how its characters are encoded"),
    ] {
        let message = apply(line).exits(2).json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(said), "{line}: {message}");
    }
    subject.unchanged();
}

/// The lines on a terminal of `columns` columns; `None` where there is none.
#[cfg(target_os = "linux")]
fn on_terminal(columns: u16, arguments: &[&str]) -> Option<Vec<String>> {
    use crate::support::terminal::{Terminal, shown};
    let (written, code) = Terminal::start(columns, arguments)?.end();
    assert_eq!(code, 0, "{written}");
    let is_told = |line: &String| !line.is_empty() && !line.starts_with("dumpedit: ");
    let lines: Vec<String> = shown(&written).into_iter().filter(is_told).collect();
    for line in &lines {
        assert!(line.chars().count() <= usize::from(columns), "{columns} columns: {line}");
    }
    Some(lines)
}

#[test]
#[cfg(target_os = "linux")]
fn matches_and_hexdumps_fit_the_terminal_and_fill_it() {
    let subject = subject();
    let path = subject.path().to_str().unwrap();
    let matches =
        |columns, arguments: &[&str]| on_terminal(columns, &[&["--quiet", "find", path], arguments].concat());
    let Some(narrow) = matches(80, &["hex:68 75 6e 74 65 72 32"]) else { return };
    assert_eq!(narrow[0].split_whitespace().collect::<Vec<_>>(), ["address", "place", "content"]);
    assert!(narrow[1].ends_with("68 75 6e 74 65 72 32 ee  |hunter2.|"), "{narrow:?}");
    let wide = matches(140, &["hex:68 75 6e 74 65 72 32"]).unwrap();
    assert_eq!(wide[0].split_whitespace().collect::<Vec<_>>(), ["address", "place", "in", "file", "content"]);
    assert!(wide[1].ends_with("ee ee ee ee ee ee ee ee ee  |hunter2.........|"), "{wide:?}");
    // As much of a text's match as fits is shown, in characters, with a mark where there is more.
    let texts = matches(80, &["re16:id=[a-f0-9]+", "text:ГРУЗ", r"re:id=[\x00-\xff]{50}"]).unwrap();
    assert!(texts[1].contains("|id=deadbeef"), "{texts:?}");
    assert!(texts[1].ends_with(r"|…  re:id=[\x00-\xf…"), "{texts:?}");
    assert!(texts[2].ends_with("|id=cafe|  re16:id=[a-f0-9…"), "{texts:?}");
    assert!(texts[3].contains("|ГРУЗ|  text:"), "{texts:?}");
    let long = |columns| matches(columns, &[r"re:id=[\x00-\xff]{20}"]).unwrap().remove(1);
    for columns in [80, 140] {
        assert!(long(columns).ends_with("|id=deadbeef.....i.d.=.c|"), "{}", long(columns));
    }
    let utf8 = matches(80, &["text:Größe", "-i"]).unwrap();
    assert!(utf8[1].ends_with("|Größe|"), "{utf8:?}");
    // Lines in a pipe have any length.
    let piped = subject.plain("find", &["re:id=[a-f0-9]+"]).exits(0);
    assert_eq!(piped.text().lines().count(), 1, "{piped}");

    let dump = |columns| on_terminal(columns, &["read", path, "0x1000..+32"]).unwrap();
    assert_eq!([dump(80).len(), dump(140).len()], [4, 2]);
    assert!(dump(80)[0].contains("68 75 6e 74 65 72 32 ee  |hunter2.|"));
}

#[test]
fn every_place_that_find_prints_leads_to_its_match() {
    let folder = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let made = ["crash.dmp", "crash.core", "crash32.core", "live.dmp"].map(|name| folder.join(name));
    let real = [corpus::minidumps(), corpus::cores()].concat().into_iter().step_by(9);
    for path in made.into_iter().chain(real) {
        if path.metadata().unwrap().len() > 1 << 20 || Dump::open(&path).is_err() {
            continue;
        }
        let dump = Dump::open(&path).unwrap();
        let layout = dump.layout();
        let thread: Result<Context, AccessError> =
            layout.default_thread().map(|index| Context::Thread(index, RecordChoice::Auto));
        let arguments = ["find", path.to_str().unwrap(), "01000000", "ffffffff", "--everywhere", "--json"];
        let found = dumpedit(&arguments);
        let places = found.text().lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let outside: Vec<Value> = places.filter(|one| one["address"].is_null()).collect();
        for one in outside.iter().step_by(outside.len().div_ceil(400).max(1)) {
            let at: At = one["at"].as_str().unwrap().parse().unwrap();
            let location = dump.scope(thread.clone()).locate(&at).unwrap_or_else(|error| {
                panic!("{}: {one}: {error}", path.display());
            });
            let context = match location {
                Location::Register { .. } => thread.clone().unwrap(),
                _ => Context::Process,
            };
            let length = one["length"].as_u64().unwrap();
            let resolved = layout.resolve(context, location, length, Access::Read).unwrap();
            let first = resolved.reads().next().unwrap();
            assert_eq!(json!(first.file_offset), one["file_offset"], "{}: {one}", path.display());
            assert!(resolved.outcome.is_full(), "{}: {one}", path.display());
            // Writes that need an option are reported.
            let written = layout.resolve(context, location, length, Access::Write);
            let is_open = written.is_ok_and(|written| written.outcome.is_full());
            assert_eq!(is_open, one["structure"] == false, "{}: {one}", path.display());
        }
    }
}

#[test]
fn a_replacement_and_a_write_need_leave_for_the_same_places() {
    let path = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/crash.dmp");
    let dump = Subject::named("crash.dmp", std::fs::read(path).unwrap());
    let found = dump.run("find", &["0000", "--everywhere"]).exits(0);
    let places: Vec<Value> = found.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let start = |one: &Value| one["file_offset"].as_u64().unwrap();
    let (shut, open): (Vec<&Value>, Vec<&Value>) = places.iter().partition(|one| one["structure"] == true);
    let is_apart = |one: &&Value| open.iter().all(|other| start(one).abs_diff(start(other)) > 1);
    let shut: Vec<&Value> = shut.into_iter().filter(is_apart).collect();
    assert!(!shut.is_empty());
    dump.run("find", &["0000", "--everywhere", "--replace", "4141"]).exits(1);
    let now = dump.now();
    for one in &shut {
        let at = usize::try_from(start(one)).unwrap();
        assert_eq!(now[at..at + 2], [0, 0], "{one}");
    }
    let at = shut[0]["at"].as_str().unwrap();
    dump.run("write", &[at, "4141"]).is_error("structure");
    dump.run("write", &[at, "4141", "--allow-structure"]).exits(0);
    let printed = dump.plain("find", &["0000", "--everywhere"]).exits(0);
    assert!(printed.text().lines().any(|line| line.contains(" --allow-structure ")), "{printed}");
}
