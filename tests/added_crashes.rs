//! Crashes that are added to cores: the first is that of the process, others are signals of their threads.

use std::path::Path;
use std::process::Command;

use crate::support::command::{Run, dumpedit};
use crate::support::elf_builder::{ElfBuilder, prstatus};
use crate::support::subject::Subject;
use crate::support::tools::{have, printed};

/// A core of threads 7, 8 and 9, without a crash.
fn living() -> Subject {
    let mut core = ElfBuilder::x86_64();
    core.load(0x40_0000, &[0x90; 64]);
    core.notes(&[7, 8, 9].map(|tid| prstatus(tid, 0, 0x40_0001, 0x7000)));
    Subject::named("live.core", core.finish())
}

fn add(subject: &Subject, tid: &str, code: &str, address: &str) -> Run {
    let path = subject.path().to_str().unwrap();
    dumpedit(&["add", "crash", path, "--thread", tid, "--code", code, "--address", address, "--json"])
}

fn gdb(core: &Path, what: &[&str]) -> String {
    let mut command = Command::new("gdb");
    command.args(["-batch", "-nx", "-c"]).arg(core).args(what.iter().flat_map(|what| ["-ex", what]));
    printed(&mut command)
}

#[test]
fn a_crash_that_is_added_to_a_core_is_the_one_that_debuggers_show() {
    let subject = living();
    add(&subject, "8", "SIGSEGV", "0x1234").exits(0);
    let info = subject.run("info", &[]).json();
    assert!(info.to_string().contains("0x1234"), "{info}");
    let threads = subject.run("threads", &[]).json();
    assert_eq!((threads[0]["tid"].as_u64(), threads[0]["crashed"].as_bool()), (Some(8), Some(true)));
    if have("gdb") {
        let said = gdb(subject.path(), &["info threads"]);
        assert!(said.contains("SIGSEGV") && said.contains("* 1    LWP 8"), "{said}");
    }
    if have("eu-readelf") {
        // The kernel gives the signal to every thread, at both places in its status.
        let notes = printed(Command::new("eu-readelf").arg("-n").arg(subject.path()));
        assert_eq!(notes.matches("info.si_signo: 11").count(), 3, "{notes}");
        assert_eq!(notes.matches("cursig: 11").count(), 3, "{notes}");
    }
    dumpedit(&["undo", subject.path().to_str().unwrap()]).exits(0);
    subject.unchanged();
}

#[test]
fn another_thread_of_a_core_with_a_crash_gets_a_siginfo_of_its_own() {
    let subject = living();
    add(&subject, "8", "SIGSEGV", "0x1234").exits(0);
    let before = subject.now();
    add(&subject, "9", "SIGFPE", "0x5678").exits(0);
    // The crash of the process stays.
    let info = subject.run("info", &[]).json();
    assert_eq!(info["crashes"].as_array().map_or(1, Vec::len), 1, "{info}");
    let fields = subject.run("fields", &[]).json();
    let field = |name: &str| {
        let named = fields.as_array().unwrap().iter().find(|field| field["name"] == name);
        named.and_then(|field| field["value"].as_str().map(str::to_owned)).unwrap_or_default()
    };
    assert_eq!([field("crash.code"), field("crash.address")], ["0xb", "0x1234"]);
    // Its status keeps the signal that ended the process, which gdb takes from the last one.
    assert_eq!([field("thread[9].signal"), field("thread[9].info.si_signo")], ["0xb", "0xb"]);
    assert_eq!([field("note[1].siginfo.si_signo"), field("note[1].siginfo.si_addr")], ["0x8", "0x5678"]);
    assert_eq!(field("thread[7].signal"), "0xb");
    if have("gdb") {
        let asked = ["p $_siginfo.si_signo", "thread 3", "p $_siginfo.si_signo"];
        let said = gdb(subject.path(), &[&asked[..], &["p $_siginfo._sifields._sigfault.si_addr"]].concat());
        let told = ["with signal SIGSEGV", "$1 = 11", "LWP 9", "$2 = 8", "$3 = (void *) 0x5678"];
        assert!(told.iter().all(|told| said.contains(told)), "{said}");
    }
    for (tid, place) in [("8", "crash.code"), ("9", "note[1].siginfo.si_signo")] {
        let failed = add(&subject, tid, "SIGBUS", "0x8");
        let error = &failed.json()["error"];
        assert_eq!(error["kind"], "conflict", "{failed}");
        assert!(error["message"].as_str().unwrap().contains(place), "{failed}");
    }
    let path = subject.path().to_str().unwrap();
    dumpedit(&["drop", "crash", path, "9"]).exits(0);
    assert_eq!(dumpedit(&["drop", "crash", path, "9"]).code, 2);
    dumpedit(&["undo", path]).exits(0);
    dumpedit(&["undo", path]).exits(0);
    assert_eq!(subject.now(), before);
}
