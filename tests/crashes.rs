//! Crashes of a dump: all of them, their names, their accesses, and the one that is taken by default.

use serde_json::{Value, json};

use crate::support::command::{Run, dumpedit};
use crate::support::corpus::{cores, minidumps};
use crate::support::subject::Subject;
use crate::support::tools::printed;

/// A minidump of two threads, made from a spec.
fn made(crashes: &str) -> Subject {
    let spec = format!(
        "format: minidump\nmachine: amd64\nthreads:\n\
         \x20 - {{tid: 11, registers: {{rip: 0x401000, rsp: a+0x100}}, stack: a}}\n\
         \x20 - {{tid: 22, registers: {{rip: 0x402000, rsp: b+0x100}}, stack: b}}\n\
         crash:\n{crashes}\
         memory:\n  - {{label: a, at: 0x7000000, size: 0x400}}\n  - {{label: b, at: 0x8000000, size: 0x400}}\n"
    );
    of_spec(&spec)
}

fn of_spec(spec: &str) -> Subject {
    let spec = dumpedit_fixtures::Spec::from_yaml(spec).unwrap();
    let image = dumpedit_fixtures::synth(&spec, &dumpedit_fixtures::SynthOptions::default()).unwrap();
    Subject::named("two.dmp", image.to_bytes().unwrap())
}

fn crashes(run: &Run) -> Vec<(Value, Value)> {
    let json = run.json();
    assert_eq!(json["crash"], json["crashes"][0]);
    let all = json["crashes"].as_array().unwrap();
    all.iter().map(|crash| (crash["tid"].clone(), crash["name"].clone())).collect()
}

const TWO: &str = "  - {thread: 11, code: 0xc0000005, address: 0x401000, parameters: [1, 0x45]}\n\
                   \x20 - {thread: 22, code: 0xc0000094, address: 0x402000}\n";

#[test]
fn every_exception_is_shown_with_its_thread_its_name_and_what_it_did() {
    let subject = made(TWO);
    let info = subject.run("info", &[]);
    let expected = [
        (json!(11), json!("EXCEPTION_ACCESS_VIOLATION")),
        (json!(22), json!("EXCEPTION_INT_DIVIDE_BY_ZERO")),
    ];
    assert_eq!(crashes(&info), expected);
    assert_eq!(info.json()["crash"]["access"], json!({ "kind": "write", "address": "0x45" }));
    assert_eq!(info.json()["crash"]["parameters"], json!(["0x1", "0x45"]));
    assert_eq!(info.json()["crashes"][1]["access"], Value::Null);
    let text = subject.plain("info", &[]).exits(0);
    let first = "crash      thread 11: EXCEPTION_ACCESS_VIOLATION, code 0xc0000005, ExceptionAddress 0x401000, write of 0x45\n";
    assert!(text.text().contains(first), "{text}");
    assert!(text.text().contains("2 exceptions: thread 11, of the first, is used by default"), "{text}");
}

#[test]
fn what_ran_and_when_is_told_where_the_dump_says_it() {
    let spec = "format: minidump\nheader: {timestamp: 0x60000000}\nstreams:\n\
                \x20 - {type: MiscInfoStream, content: {0: [u32:24, u32:3, u32:4711, u32:0x5fffffff], 23: ['00']}}\n\
                \x20 - {type: LinuxCmdLine, content: ['str:./prog', '00', 'str:--fast', '00']}\n";
    let subject = of_spec(spec);
    let info = subject.run("info", &[]).json();
    assert_eq!((&info["pid"], &info["command_line"]), (&json!(4711), &json!("./prog --fast")));
    assert_eq!((&info["started"], &info["time"]), (&json!(0x5fff_ffff), &json!(0x6000_0000)));
    let text = subject.plain("info", &[]).exits(0);
    let told = "process    4711\ncommand    ./prog --fast\n\
                time       2021-01-14 08:25:36 UTC, process started 2021-01-14 08:25:35 UTC\n";
    assert!(text.text().contains(told), "{text}");

    let silent = of_spec("format: minidump\nthreads: [{}]\n");
    let info = silent.run("info", &[]).json();
    for key in ["pid", "command_line", "started", "time"] {
        assert_eq!(info[key], Value::Null, "{key}");
    }
    let text = silent.plain("info", &[]).exits(0);
    assert!(!["process ", "command ", "time "].iter().any(|key| text.text().contains(key)), "{text}");
}

#[test]
fn what_ran_is_told_of_real_dumps() {
    let crashpad = r#""C:\src\crashpad\tiny.exe" --v=1 --enable-logging=stderr"#;
    let expected = [
        ("breakpad-tiny-exe-with-cet-xsave.dmp", json!(15444), json!(crashpad)),
        ("breakpad-linux_stacksmash.dmp", json!(14779), json!("./overflow stacksmash")),
        ("drgn-crashme.core", json!(18759), json!("./crashme")),
        ("llvm-freebsd-x86_64-multithread.core", json!(802), json!("./a.out")),
        ("lldb-netbsd-amd64.core", json!(578), Value::Null),
        ("esp32.core", Value::Null, Value::Null),
    ];
    let dumps = [minidumps(), cores()].concat();
    let mut seen = 0;
    for path in &dumps {
        let name = path.file_name().unwrap().to_str().unwrap();
        let Some((_, pid, command)) = expected.iter().find(|(known, ..)| *known == name) else { continue };
        let info = dumpedit(&["info".as_ref(), path.as_os_str(), "--json".as_ref()]).exits(0).json();
        assert_eq!((&info["pid"], &info["command_line"]), (pid, command), "{name}");
        seen += 1;
    }
    assert!(dumps.is_empty() || seen == expected.len(), "{seen}");
}

#[test]
fn a_reduction_keeps_every_thread_that_crashed() {
    let subject = made(TWO);
    subject.plain("reduce", &["-o", subject.folder().join("small.dmp").to_str().unwrap()]).exits(0);
    let small = Subject::new(std::fs::read(subject.folder().join("small.dmp")).unwrap());
    assert_eq!(crashes(&small.run("info", &[])), crashes(&subject.run("info", &[])));
    assert_eq!(small.run("info", &[]).json()["threads"], 2);
}

#[test]
fn one_exception_is_told_of_without_its_thread_and_without_a_notice() {
    let subject = made("  - {thread: 22, code: 0xc0000409, address: 0x402000, parameters: [7]}\n");
    let text = subject.plain("info", &[]).exits(0);
    let line = "crash      STATUS_STACK_BUFFER_OVERRUN, code 0xc0000409, ExceptionAddress 0x402000, parameters 0x7\n";
    assert!(text.text().contains(line), "{text}");
    assert_eq!(subject.run("info", &[]).json()["notices"], json!([]));
}

#[test]
fn the_signal_of_a_core_is_named() {
    let core = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/crash.core");
    let info = printed(crate::support::command::binary().arg("info").arg(core));
    assert!(info.contains("crash      SIGSEGV, code 0xb, si_addr 0x0\n"), "{info}");
}
