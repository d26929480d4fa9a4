//! What is shown of an address names the symbol that it is in.

use super::program::Program;
use crate::support::command::number;

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
    for arguments in [&["--no-symbols"][..], &["--sysroot", "/nowhere"]] {
        assert!(!program.plain("threads", arguments).text().contains('!'), "{arguments:?}");
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
