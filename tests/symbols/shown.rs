//! Output about an address names the symbol that contains it.

use super::program::Program;
use crate::support::command::{NO_SYMBOLS, binary, notice, notices, number, run};

#[test]
fn addresses_are_shown_with_their_symbols() {
    let Some(program) = Program::of("gcc", &["-O0"]) else { return };
    let at = |name: &str| program.addresses[name];
    program.json("set", &["rip=main+4", "rax=own_hidden+2"]).exits(0);
    let threads = program.json("threads", &[]).exits(0).json();
    assert_eq!(threads[0]["symbol"], "app!main+0x4");
    assert!(program.plain("threads", &[]).text().contains("app!main+0x4"));
    let regs = program.json("regs", &["rax", "pc"]).exits(0).json();
    assert_eq!(regs["registers"][0]["symbol"], "app!own_hidden+0x2");
    assert!(program.plain("regs", &["rax"]).text().ends_with("  app!own_hidden+0x2\n"));
    let read = program.json("read", &["own_nodes+8"]).exits(0).json();
    assert_eq!(read["symbol"], "app!own_nodes+0x8");
    let coloured = program.plain("read", &["own_nodes..+32", "--color", "always"]);
    assert!(
        coloured.text().contains("<app!own_nodes>") && coloured.text().contains("app!own_nodes+0x10"),
        "{coloured}"
    );
    assert!(!program.plain("read", &["own_nodes..+32"]).text().contains("app!"));
    let found = program.json("find", &["str:hello", "--range", "own_text..+6"]).exits(0).json();
    assert_eq!((&found["symbol"], number(&found["address"])), (&"app!own_text".into(), at("own_text")));
    assert!(program.plain("find", &["str:hello"]).text().contains("app!own_text "));
    let plain = program.plain("where", &["own_counter+1"]);
    assert!(plain.text().contains("+0x1  1 byte"), "{plain}");
    let other = program.folder().join("other.core");
    let edits = program.json("write", &["own_buffer+3", "41", "-o", other.to_str().unwrap()]).exits(0).json();
    assert_eq!(edits["edits"][0]["symbol"], "app!own_buffer+0x3");
    let diff = program.json("diff", &[other.to_str().unwrap()]).exits(1).json();
    assert_eq!(diff["memory"][0]["symbol"], "app!own_buffer+0x3");
    assert!(program.plain("diff", &[other.to_str().unwrap()]).text().contains("app!own_buffer+0x3"));
    program.json("write", &["own_buffer+3", "41"]).exits(0);
    assert!(program.plain("log", &[]).text().contains("(app!own_buffer+0x3)"));
    let empty = program.folder().join("empty");
    std::fs::create_dir(&empty).unwrap();
    for arguments in [&["--no-symbols"][..], &["--sysroot", empty.to_str().unwrap()]] {
        assert!(!program.plain("threads", arguments).exits(0).text().contains('!'), "{arguments:?}");
    }
}

#[test]
fn what_is_between_symbols_has_no_name() {
    let Some(program) = Program::of("gcc", &["-O0", "-no-pie"]) else { return };
    let json = program.json("where", &["own_buffer+299"]).exits(0).json();
    assert_eq!(json["pieces"][0]["symbol"], "app!own_buffer+0x12b");
    let beyond = program.addresses["own_buffer"] + 300;
    let json = program.json("where", &[&format!("{beyond:#x}")]).exits(0).json();
    let symbol = json["pieces"][0]["symbol"].as_str().unwrap_or_default();
    assert!(!symbol.contains("own_buffer"), "{symbol}");
    let headers = program.json("where", &["0x400000"]).exits(0).json();
    assert_eq!(headers["pieces"][0].get("symbol"), None);
}

#[test]
fn a_write_of_fewer_bytes_than_a_number_has_says_so() {
    let Some(program) = Program::of("gcc", &["-O0"]) else { return };
    for (place, value, told) in [
        ("own_counter", "u8:1", Some("1 byte is written into own_counter, which has 4")),
        ("own_nodes[1].value", "u32:1", Some("4 bytes are written into own_nodes[1].value, which has 8")),
        ("own_pointer", "u32:1", Some("4 bytes are written into own_pointer, which has 8")),
        ("own_counter", "u32:1", None),
        ("own_counter+1", "u8:1", None),
        ("own_text", "str:hi", None),
        ("own_nodes", "u32:1", None),
        ("own_nodes[1]", "u32:1", None),
    ] {
        let json = program.json("write", &[place, value, "--dry-run"]).exits(0).json();
        match told {
            Some(told) => assert_eq!(notice(&json, "short-write")["message"], told),
            None => assert_eq!(notices(&json), [] as [&str; 0], "{place}"),
        }
    }
    program.tool("strip", &["--strip-debug", "app"]);
    let json = program.json("write", &["own_counter", "u8:1", "--dry-run"]).exits(0).json();
    assert_eq!(notices(&json), ["short-write"]);
}

#[test]
fn shells_complete_symbols_and_members() {
    let Some(program) = Program::of("gcc", &["-O0"]) else { return };
    let completed = |words: &[&str]| -> Vec<String> {
        let words = [&words[..1], &[program.core.to_str().unwrap()], &words[1..]].concat();
        let mut command = binary();
        command.env_remove(NO_SYMBOLS.0).env("_DUMPEDIT_COMPLETE", "bash").env("_CLAP_IFS", "\n");
        command.env("_CLAP_COMPLETE_INDEX", words.len().to_string()).args(["--", "dumpedit"]).args(words);
        run(&mut command, b"").exits(0).text().lines().map(str::to_owned).collect()
    };
    let cases: [(&[&str], &[&str]); 8] = [
        (&["print", "own_n"], &["own_nodes"]),
        (&["read", "app!own_hi"], &["app!own_hidden"]),
        (&["read", "&own_hi"], &["&own_hidden"]),
        (&["set", "own_co"], &["own_counter="]),
        (&["write", "own_pointer", "ptr:own_te"], &["ptr:own_text"]),
        (&["print", "own_nodes[1]."], &["own_nodes[1].next", "own_nodes[1].value"]),
        (&["print", "own_nodes[0].next->v"], &["own_nodes[0].next->value"]),
        (&["print", "own_n", "--no-symbols"], &[]),
    ];
    for (words, expected) in cases {
        // The last word is completed.
        let mut words = words.to_vec();
        if words.contains(&"--no-symbols") {
            words.swap(1, 2);
        }
        assert_eq!(completed(&words), expected, "{words:?}");
    }
}
