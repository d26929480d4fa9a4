//! Scripts between dumps that have other parts: they make the second from the first, or say what is left.

use crate::parts::both;
use crate::support::command::{Run, dumpedit};
use crate::support::subject::Subject;

fn path(subject: &Subject) -> &str {
    subject.path().to_str().unwrap()
}

/// Edits a copy of a dump by some commands, each a verb, a part where it needs one, and the rest.
fn edited(subject: &Subject, commands: &[&[&str]]) -> Subject {
    let other = Subject::named("b", subject.before().to_vec());
    for command in commands {
        let at = if matches!(command[0], "add" | "drop") { 2 } else { 1 };
        let (verb, rest) = command.split_at(at);
        dumpedit(&[verb, &[path(&other)], rest].concat()).exits(0);
    }
    other
}

/// The script to another dump, applied, and the comparison afterwards.
fn applied(subject: &Subject, other: &Subject) -> [Run; 2] {
    let script = subject.plain("diff", &[path(other), "--script"]).exits(0);
    let edits = subject.folder().join("a.edits");
    std::fs::write(&edits, script.text()).unwrap();
    subject.run("apply", &[edits.to_str().unwrap()]).exits(0);
    let left = subject.plain("diff", &[path(other)]);
    [script, left]
}

#[test]
fn a_script_that_drops_or_adds_parts_makes_the_other_dump() {
    let [core, dmp] = both();
    let drop_first = ["drop", "memory", "0x402000..+0x1000"];
    let cases: [(&Subject, &[&[&str]]); 6] = [
        // Segments have other indices once memory is added in front of others, or dropped.
        (&core, &[&["set", "segment[2].p_paddr=0x5000"], &["add", "memory", "0x200000", "aabb"]]),
        (
            &core,
            &[&["set", "segment[4].p_paddr=0x5000"], &drop_first, &["add", "memory", "0x200000", "aabb"]],
        ),
        (&dmp, &[&["drop", "crash", "crashed"], &["set", "rcx=0x4141", "--thread", "index:0"]]),
        (&core, &[&["drop", "crash", "crashed"], &["set", "rcx=0x4141", "--thread", "index:0"]]),
        (&dmp, &[&["set", "crash.thread=4712"]]),
        (&dmp, &[&["set", "thread[4712].name=worker"]]),
    ];
    for (subject, commands) in cases {
        let subject = Subject::named("a", subject.before().to_vec());
        let other = edited(&subject, commands);
        let [script, left] = applied(&subject, &other);
        assert_eq!(left.code, 0, "{commands:?}\n{script}\n{left}");
    }
}

#[test]
fn a_script_whose_parts_rewrite_a_value_says_that_it_is_left() {
    let [core, dmp] = both();
    let change: [&[&str]; 2] = [&["add", "memory", "0x57e4b000", "aabb"], &["set", "mapping[0].state=0x2a"]];
    let other = edited(&dmp, &change);
    let [script, left] = applied(&dmp, &other);
    let lines = script.text();
    assert!(!lines.lines().any(|line| line.starts_with("set stream[")), "{script}");
    assert!(
        lines.contains("# stream[MemoryInfoListStream] differs: a line that adds or drops parts"),
        "{script}"
    );
    assert!(script.stderr.contains("stream[MemoryInfoListStream]"), "{script}");
    assert_eq!(left.code, 1, "{left}");
    // A module that is dropped is not the one that is added, although they have the same index.
    let module = ["add", "module", "0x220000", "--size", "0x2000", "--name", "ab"];
    let other = edited(&core, &[&["drop", "module", "crash"], &module]);
    let [script, _] = applied(&core, &other);
    assert!(!script.text().contains("set module["), "{script}");
}
