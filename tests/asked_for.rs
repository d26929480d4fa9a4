//! Options that restrict output: to some registers, to some threads, to numbers of a type; and its form.

use serde_json::json;

use crate::support::bytes::{Order, counting};
use crate::support::command::{binary, dumpedit, run};
use crate::support::elf_builder::{ElfBuilder, machine};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};
use crate::support::process::{RSP, dumped};
use crate::support::subject::Subject;

fn testdata(name: &str) -> String {
    format!("{}/testdata/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn two_threads() -> Subject {
    let mut dump = MinidumpBuilder::amd64();
    dump.memory(0x1000, &counting(0, 64));
    dump.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, 0x1000));
    dump.thread_with(8, &amd64_context(amd64::FULL, 0x40_2000, 0x1010));
    Subject::new(dump.finish())
}

#[test]
fn regs_shows_the_registers_that_are_named_in_that_order() {
    let core = testdata("crash.core");
    let names = ["rip", "sp", "zf", "eax", "xmm0.f32.1", "eflags", "fp"];
    let plain = dumpedit(&[&["regs", &core], &names[..]].concat()).exits(0);
    let expected = "thread 11924 (crash), thread record\n\
                    rip        0x000000000040108d\n\
                    rsp        0x00007fffffffee18\n\
                    zf         0x1  1\n\
                    eax        0x11111111\n\
                    xmm0.f32.1 0x74696465  7.396493e+31\n\
                    eflags     0x00010246  [ PF ZF IF RF ]\n\
                    rbp        0x0000000000000000  0\n";
    assert_eq!(plain.text(), expected);
    let json = dumpedit(&["regs", &core, "eflags", "al", "--json"]).exits(0).json();
    let eflags = json!({
        "name": "eflags", "value": "0x10246", "size": 4, "context": "thread", "flags": ["pf", "zf", "if", "rf"],
    });
    assert_eq!(json["registers"][0], eflags);
    assert_eq!(json["registers"][1], json!({"name": "al", "value": "0x11", "size": 1, "context": "thread"}));
    assert_eq!(json["tid"], 11924);
    let error = dumpedit(&["regs", &core, "rip", "rpi", "--json"]).is_error("register");
    assert!(error.contains("did you mean rip"), "{error}");
}

#[test]
fn regs_and_threads_take_all_threads_or_one() {
    let subject = two_threads();
    let all = subject.run("regs", &["pc", "sp", "--thread", "all"]).exits(0).json();
    let values: Vec<_> =
        all.as_array().unwrap().iter().map(|one| (&one["tid"], &one["registers"][1]["value"])).collect();
    assert_eq!(values, [(&json!(7), &json!("0x1000")), (&json!(8), &json!("0x1010"))]);
    let plain = subject.plain("regs", &["pc", "--thread", "all"]).exits(0);
    let expected = "thread 7, thread record\nrip        0x0000000000401000\n\n\
                    thread 8, thread record\nrip        0x0000000000402000\n";
    assert_eq!(plain.text(), expected);
    assert_eq!(plain.stderr, "", "no default thread is taken");
    let whole = subject.run("regs", &["--thread", "all"]).exits(0).json();
    for (index, tid) in ["7", "8"].into_iter().enumerate() {
        let mut one = subject.run("regs", &["--thread", tid]).json();
        assert_eq!(one.as_object_mut().unwrap().remove("notices"), Some(json!([])));
        assert_eq!(whole[index], one);
    }
    let tids = |arguments: &[&str]| -> Vec<u64> {
        let json = subject.run("threads", arguments).exits(0).json();
        json.as_array().unwrap().iter().map(|thread| thread["tid"].as_u64().unwrap()).collect()
    };
    assert_eq!(tids(&[]), [7, 8]);
    assert_eq!(tids(&["--thread", "all"]), [7, 8]);
    assert_eq!(tids(&["--thread", "index:1"]), [8]);
    subject.run("threads", &["--thread", "9"]).is_error("thread");
    subject.run("set", &["rip=1", "--thread", "all"]).is_error("usage");
}

#[test]
fn read_shows_hex_integers_of_every_size_and_none_can_be_written() {
    let subject = two_threads();
    let values =
        |type_: &str, at: &str| subject.run("read", &[at, "--as", type_]).exits(0).json()["values"].clone();
    assert_eq!(values("x8", "0x1000..+3"), json!(["0x00", "0x01", "0x02"]));
    assert_eq!(values("x16", "0x1002"), json!(["0x0302"]));
    assert_eq!(values("x32", "0x1000..+8"), json!(["0x03020100", "0x07060504"]));
    assert_eq!(values("x64", "0x1000"), json!(["0x0706050403020100"]));
    assert_eq!(values("x128", "0x1000"), json!(["0x0f0e0d0c0b0a09080706050403020100"]));
    let error = subject.run("write", &["0x1000", "x32:0x7"]).is_error("value");
    assert!(error.contains("can only be read"), "{error}");
    subject.unchanged();
}

#[test]
fn colours_are_where_they_are_asked_for() {
    let subject = two_threads();
    let coloured = |arguments: &[&str]| subject.plain("threads", arguments).exits(0).text().contains('\x1b');
    assert!(!coloured(&[]), "a pipe is not a terminal");
    assert!(coloured(&["--color", "always"]));
    assert!(!coloured(&["--color=never"]));
    assert!(!coloured(&["--color", "auto"]));
    let mut command = binary();
    command.args(["threads", "--color", "always"]).arg(subject.path()).env("NO_COLOR", "1");
    assert!(run(&mut command, b"").text().contains('\x1b'), "what is asked for counts");
    let error = subject.plain("write", &["0x9000", "00", "--color", "always"]).exits(2);
    assert!(error.stderr.contains("\x1b[1;31merror:"), "{error}");
    subject.run("threads", &["--color", "sometimes"]).is_error("usage");
}

#[test]
fn quiet_leaves_data_errors_and_exit_codes() {
    let subject = two_threads();
    let loud = subject.plain("regs", &["rip"]).exits(0);
    assert!(loud.stderr.contains("notice:"), "{loud}");
    let quiet = subject.plain("regs", &["rip", "-q"]).exits(0);
    assert_eq!((quiet.text(), quiet.stderr.as_str()), (loud.text(), ""));
    let write = subject.plain("write", &["0x1000", "ff", "--quiet"]).exits(0);
    assert_eq!((write.text(), write.stderr.as_str()), ("", ""));
    let partial = subject.plain("write", &["0x103f", "ffff", "-q"]).exits(1);
    assert_eq!(partial.text(), "");
    assert_eq!(partial.stderr, "dumpedit: wrote 1 of 2 bytes, stopped at 0x1040 (unmapped)\n");
    let undo = subject.plain("undo", &["--all", "-q"]).exits(0);
    assert_eq!((undo.text(), undo.stderr.as_str()), ("", ""));
    let error = subject.plain("write", &["4096", "00", "-q"]).exits(2);
    assert!(
        error.stderr.starts_with("dumpedit: error: '4096'") && error.stderr.lines().count() == 1,
        "{error}"
    );
}

#[test]
fn nothing_asked_for_is_an_error_unless_it_is_allowed() {
    let subject = dumped(&[(RSP, &counting(1, 64))]).remove(0).subject;
    let at = format!("{RSP:#x}");
    let none = format!("{at}..+0");
    let same = format!("{at}..{at}");
    for (verb, arguments) in [
        ("write", [at.as_str(), ""]),
        ("write", [&at, "str:"]),
        ("write", [&at, "utf16:"]),
        ("write", [&at, "hex:"]),
        ("fill", [&none, "00"]),
        ("fill", [&same, "00"]),
        ("copy", [&none, &at]),
        ("read", [&none, "--strings"]),
        ("read", [&same, "--as=u8"]),
        ("where", [&at, "0"]),
        ("find", ["01", "--max=0"]),
    ] {
        let message = subject.run(verb, &arguments).is_error("usage");
        assert!(message.ends_with("is empty"), "{verb} {arguments:?}: {message}");
        let allowed = subject.run(verb, &[&arguments[..], &["--allow-empty"]].concat());
        assert_eq!(allowed.code, i32::from(verb == "find"), "{allowed}");
    }
    subject.run("write", &[&at, "00", "str:"]).is_error("usage");
    subject.run("write", &[&at, "00", "--expect", "str:"]).is_error("usage");
    subject.run_with("write", &[&at, "-"], b"").is_error("usage");
    subject.run("write", &[&at, "-", "--allow-empty"]).is_full(0);
    subject.unchanged();
    // A terminated text is a byte.
    subject.run("write", &[&at, "strz:"]).is_full(1);
}

#[test]
fn a_replacement_that_finds_nothing_says_so_by_command_and_by_script() {
    let subject = dumped(&[(RSP, &counting(1, 64))]).remove(0).subject;
    let plain = subject.plain("find", &["str:nowhere", "--replace", "str:1234567"]).exits(1);
    assert_eq!((plain.text(), plain.stderr.as_str()), ("", "dumpedit: no match\n"));
    let script = subject.folder().join("script");
    std::fs::write(&script, format!("find str:nowhere --replace str:1234567\nwrite {RSP:#x} ff\n")).unwrap();
    let script = script.to_str().unwrap();
    for options in [&[][..], &["--keep-going"]] {
        let json = subject.run("apply", &[&[script], options].concat()).exits(1).json();
        assert_eq!(
            (&json["lines"], &json["lines_done"], &json["completed"]),
            (&json!(2), &json!(1), &json!(1))
        );
        assert_eq!(
            (&json["left_out"][0]["kind"], &json["left_out"][0]["line"]),
            (&json!("no-match"), &json!(1))
        );
        subject.run("undo", &[]).exits(0);
        subject.unchanged();
    }
    let plain = subject.plain("apply", &[script]).exits(1);
    assert!(plain.stderr.contains(":1:1: no match\n"), "{plain}");
    std::fs::write(script, "find str:nowhere --replace str:1234567\n").unwrap();
    assert_eq!(subject.run("apply", &[script]).exits(1).json()["lines_done"], 0);
}

#[test]
fn flags_are_told_by_their_names_where_they_are_shown_and_where_they_change() {
    let core = testdata("crash.core");
    let set = |assignment: &str| dumpedit(&["set", &core, assignment, "--dry-run"]).exits(0);
    let told = set("eflags=0x246");
    assert!(told.text().contains("0x10246 [ PF ZF IF RF ] -> 0x246 [ PF ZF IF ]  "), "{told}");
    let told = set("eflags=0");
    assert!(told.text().contains("-> 0x0 [ ]  "), "{told}");
    let json = dumpedit(&["set", &core, "eflags=0x3246", "--dry-run", "--json"]).exits(0).json();
    let register = &json["edits"][0]["registers"][0];
    assert_eq!(register["old_flags"], json!(["pf", "zf", "if", "rf"]));
    assert_eq!(register["new_flags"], json!(["pf", "zf", "if", "iopl=3"]));
    assert!(set("rax=5").text().lines().all(|line| !line.contains('[')));
    // The output can be given to `set`.
    let line = "eflags         0x246               [ PF ZF IF ]\n";
    let pasted = run(binary().args(["set", &core, "-", "--dry-run"]), line.as_bytes()).exits(0);
    assert!(pasted.text().contains("-> 0x246 [ PF ZF IF ]"));

    let mut arm = ElfBuilder::new(Order::Little, true, machine::AARCH64);
    let mut status = vec![0; 392];
    status[112 + 33 * 8..][..8].copy_from_slice(&0x6000_1000u64.to_le_bytes());
    arm.notes(&[("CORE", 1, status)]);
    let arm = Subject::new(arm.finish());
    let run = arm.plain("regs", &["cpsr"]).exits(0);
    assert!(run.text().ends_with("cpsr       0x60001000  [ ZF CF ]\n"), "{run}");
    let run = arm.plain("set", &["cpsr=0x80001000", "--dry-run", "--thread=index:0"]).exits(0);
    assert!(run.text().contains("0x60001000 [ ZF CF ] -> 0x80001000 [ NF ]"), "{run}");
}

#[test]
fn floats_are_shown_as_c_shows_them_and_what_is_shown_can_be_set() {
    let core = testdata("crash.core");
    let sp = "0x7fffffffee18";
    for (number, shown) in [
        ("1.5", "1.5"),
        ("1e30", "1e+30"),
        ("0.00001", "1e-05"),
        ("6.02e23", "6.02e+23"),
        ("-inf", "-inf"),
        ("nan", "nan"),
    ] {
        let subject = Subject::new(std::fs::read(&core).unwrap());
        subject.run("write", &[sp, &format!("f64:{number}")]).is_full(8);
        let json = subject.run("read", &[sp, "--as", "f64"]).is_full(8);
        assert_eq!(json["values"], json!([shown]));
    }
    for number in ["7.396493e+31", "1e+30", "5e-05"] {
        let run = dumpedit(&["set", &core, &format!("xmm0.f64.0={number}"), "--dry-run", "--json"]);
        run.exits(0);
    }
}
