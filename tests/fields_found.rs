//! Values and bytes outside of memory that `find` lists as places, and replaces there.

use serde_json::Value;

use crate::fields::{listed, messages, testdata, value};
use crate::support::minidump_builder::MinidumpBuilder;
use crate::support::subject::Subject;

#[test]
fn find_looks_everywhere_and_replaces_there() {
    let core = testdata("crash.core");
    let args = value(&core, "note.psargs");
    let word = args.as_str().unwrap().split(' ').next().unwrap().to_owned();
    let found = core.run("find", &[&format!("str:{word}"), "--everywhere"]).exits(0);
    let places: Vec<Value> = found.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let outside: Vec<&Value> = places.iter().filter(|one| one["address"].is_null()).collect();
    assert!(outside.iter().any(|one| one["at"] == "note.psargs"), "{places:?}");
    let mask = "x".repeat(word.len());
    let count = places.len();
    let replaced =
        core.run("find", &[&format!("str:{word}"), "--everywhere", "--replace", &format!("str:{mask}")]);
    assert_eq!(replaced.exits(0).json()["completed"], count * word.len());
    assert!(!core.now().windows(word.len()).any(|bytes| bytes == word.as_bytes()));
    core.run("undo", &[]).exits(0);
    core.unchanged();
}

#[test]
fn find_replaces_nothing_in_the_structures_of_the_format_unless_that_is_allowed() {
    // The header's count of streams, the directory's file offsets, the service pack and the CPU have zeros.
    let dump = testdata("crash.dmp");
    let replace = ["00000000", "--everywhere", "--replace", "41414141"];
    let found = dump.run("find", &[&replace[..], &["--dry-run"]].concat()).exits(1).json();
    let told = messages(&found, "matches-in-structure");
    assert_eq!(told.len(), 1, "{found}");
    assert!(told[0].contains("matches in the dump's own structures are left alone: header."), "{told:?}");
    dump.run("find", &replace).exits(1);
    let (before, now) = (dump.before(), dump.now());
    assert_eq!(before[..0x20], now[..0x20], "the header");
    let directory = u32::from_le_bytes(before[12..16].try_into().unwrap()) as usize;
    let end = directory + 12 * u32::from_le_bytes(before[8..12].try_into().unwrap()) as usize;
    assert_eq!(before[directory..end], now[directory..end], "the directory");
    assert_ne!(before, now);
    dump.run("threads", &[]).exits(0);
    dump.run("undo", &[]).exits(0);
    dump.unchanged();

    let signature = ["str:MDMP", "--everywhere", "--replace", "str:XXXX"];
    let left = dump.run("find", &signature).exits(1).json();
    assert_eq!(messages(&left, "matches-in-structure").len(), 1, "{left}");
    dump.unchanged();
    dump.run("find", &[&signature[..], &["--allow-structure"]].concat()).exits(0);
    assert_eq!(dump.now()[..4], *b"XXXX");
}

#[test]
fn find_replaces_the_entries_of_a_function_table() {
    // MINIDUMP_FUNCTION_TABLE_STREAM, whose 24 bytes are sizes and a count, and the functions' entries.
    let mut dump = MinidumpBuilder::amd64();
    let table = dump.stream(13, &[&[0; 24][..], b"electron"].concat());
    let dump = Subject::new(dump.finish());
    let find = |text: &str| {
        let found = dump.run("find", &[text, "--everywhere"]).exits(0);
        found.text().lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(find("str:MDMP")[0]["structure"], true);
    let [entry] = &find("str:electron")[..] else { panic!() };
    assert_eq!(
        (&entry["file_offset"], &entry["structure"]),
        (&(table + 24).into(), &false.into()),
        "{entry}"
    );
    dump.run("find", &["str:electron", "--everywhere", "--replace", "str:ZZZZZZZZ"]).exits(0);
    assert!(find("str:ZZZZZZZZ")[0]["at"].as_str().unwrap().starts_with("stream["));
}

#[test]
fn find_replaces_the_value_of_a_field_that_stands_in_a_table() {
    let dump = testdata("crash.dmp");
    dump.run("find", &["u32:0xc0000005", "--everywhere", "--replace", "u32:0x80000003"]).exits(0);
    assert_eq!(value(&dump, "crash.code"), "0x80000003");
}

#[test]
fn a_replacement_tells_only_of_places_of_a_field_that_it_leaves() {
    let core = testdata("crash.core");
    let fields = listed(&core, &[]);
    let name = fields.iter().find(|field| {
        let places = field["places"].as_array().unwrap();
        field["kind"] == "text" && places.len() > 1
    });
    let name = name.expect("a text in several places");
    let (path, text) = (name["name"].as_str().unwrap(), name["value"].as_str().unwrap());
    let other: String = text.chars().map(|letter| if letter == '/' { '_' } else { letter }).collect();
    let words = [&format!("text:{text}"), "--everywhere", "--replace", &format!("text:{other}"), "--dry-run"];
    let all = core.run("find", &words).exits(0).json();
    assert_eq!(messages(&all, "other-places-keep-value"), [""; 0], "{all}");
    let one = core.run("write", &[path, &format!("str:{other}"), "--dry-run"]).exits(0).json();
    assert_eq!(messages(&one, "other-places-keep-value").len(), 1, "{one}");
}

#[test]
fn set_takes_the_places_in_fields_that_find_tells() {
    let core = testdata("crash.core");
    let args = value(&core, "note.psargs").as_str().unwrap().to_owned();
    core.run("set", &["note.psargs+1=str:xy", "--expect", &format!("note.psargs+1=str:{}", &args[1..3])])
        .exits(0);
    assert_eq!(value(&core, "note.psargs"), format!("{}xy{}", &args[..1], &args[3..]));
    core.run("undo", &[]).exits(0);
    core.unchanged();
    core.run("set", &["note.psargs+1=str:xy", "--expect", "note.psargs+1=str:??"]).is_error("expect");
    core.run("set", &["note.psargs+78=str:abc"]).is_error("end-of-field");
    core.run("set", &["note.psargs+0x1000=str:abc"]).is_error("value");
    core.unchanged();
}
