//! Signals: the files that an interrupted command leaves, and its exit code.
#![cfg(unix)]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{names, subject, text};
use crate::support::command::binary_with_default_signals;
use crate::support::elf_builder::ElfBuilder;
use crate::support::subject::Subject;
use crate::support::tools::have;

/// Signals that end a command, each with its number.
const SIGNALS: [(&str, i32); 4] = [("INT", 2), ("TERM", 15), ("HUP", 1), ("QUIT", 3)];

fn send(signal: &str, process: u32) {
    let sent = Command::new("kill").args([&format!("-{signal}"), &process.to_string()]).status();
    assert!(sent.unwrap().success(), "it was over before it could be interrupted");
}

/// A core of noise, which takes a while to compress.
pub(super) fn noise() -> Subject {
    let mut core = ElfBuilder::x86_64();
    let mut state = 1u32;
    let noise = (0..48 << 20).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    core.load(0x1000, &noise.collect::<Vec<u8>>());
    Subject::named("a.core", core.finish())
}

#[test]
fn a_signal_during_a_copy_leaves_nothing_behind() {
    let subject = noise();
    let out = subject.folder().join("out.gz");
    let dump = text(subject.path());
    let write = ["write", dump, "0x1000", "cc", "-o", text(&out)];
    let receipt = subject.folder().join("receipt");
    let hashed = [&write[..], &["--receipt", text(&receipt), "--hash"]].concat();
    let reduce = ["reduce", dump, "-o", text(&out), "--keep", "0x1000..+0x3000000"];
    for words in [&write[..], &hashed, &reduce] {
        for (signal, number) in SIGNALS {
            let mut command = binary_with_default_signals();
            command.args(words).stderr(Stdio::null()).stdout(Stdio::null());
            let mut child = command.spawn().unwrap();
            while child.try_wait().unwrap().is_none() && names(subject.folder()).len() < 2 {}
            send(signal, child.id());
            assert_eq!(child.wait().unwrap().code(), Some(128 + number), "{words:?} {signal}");
            assert_eq!(names(subject.folder()), ["a.core"], "{words:?} {signal}");
        }
    }
    subject.unchanged();
}

/// A signal at each of the first calls of a kind: either the command ends with the signal's code and leaves nothing, or it was complete,
/// and reports that.
#[test]
#[cfg(target_os = "linux")]
fn whenever_a_signal_comes_there_is_a_whole_output_or_none() {
    if !have("strace") {
        return;
    }
    let subject = subject();
    let name = |name: &str| subject.folder().join(name);
    let (out, packed, spec, folder) = (name("out"), name("out.zst"), name("spec.yaml"), name("folder"));
    let described = name("described.yaml");
    fs::write(&spec, "format: elf-core\nthreads: [{registers: {rip: 1}}]\n").unwrap();
    let dump = text(subject.path());
    let mut ended = 0;
    for words in [
        vec!["write", dump, "0x1000", "cc", "-o", text(&out), "--overwrite"],
        vec!["write", dump, "0x1000", "cc", "-o", text(&packed)],
        vec!["reduce", dump, "-o", text(&out)],
        vec!["synth", text(&spec), "-o", text(&out)],
        vec!["describe", dump, "-o", text(&described)],
        vec!["describe", dump, "--folder", text(&folder)],
    ] {
        let made =
            Path::new(words.iter().skip_while(|word| !["-o", "--folder"].contains(word)).nth(1).unwrap());
        for call in ["fchmod", "write,pwrite64", "ftruncate", "fsync", "/^rename", "/^unlink"] {
            for when in 1..4 {
                let inject = format!("inject={call}:signal=SIGTERM:when={when}");
                let mut command = Command::new("strace");
                command.args(["-f", "-qq", "-o", "/dev/null", "-e", &inject]);
                command.arg(env!("CARGO_BIN_EXE_dumpedit")).args(&words);
                let output = command.output().unwrap();
                let case = format!("{words:?}, {call} {when}: {output:?}");
                let beside: Vec<String> =
                    names(subject.folder()).into_iter().filter(|name| name.starts_with('.')).collect();
                assert!(beside.is_empty(), "{beside:?} after {case}");
                assert!(output.status.signal().is_none(), "{case}");
                match output.status.code().unwrap() {
                    0 => assert!(made.exists(), "{case}"),
                    143 => {
                        ended += 1;
                        assert!(!made.exists(), "{case}");
                    }
                    _ => panic!("{case}"),
                }
                let _ = (fs::remove_file(made), fs::remove_dir_all(made));
            }
        }
    }
    assert!(ended > 5, "{ended}");
}

#[test]
fn a_signal_that_whoever_starts_the_command_ignores_is_ignored() {
    if !cfg!(target_os = "linux") || !have("nohup") {
        return;
    }
    let subject = noise();
    let out = subject.folder().join("out.gz");
    let mut command = Command::new("nohup");
    command.arg(env!("CARGO_BIN_EXE_dumpedit")).args(["write", text(subject.path()), "0x1000", "cc"]);
    command.args(["-o", text(&out)]).stdin(Stdio::null()).stderr(Stdio::null()).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    while child.try_wait().unwrap().is_none() && names(subject.folder()).len() < 2 {}
    send("HUP", child.id());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(out.exists());
}

// Oracles.

/// An oracle that records its process group and then never ends.
fn endless(subject: &Subject) -> (String, std::path::PathBuf) {
    let group = subject.folder().join("group");
    (format!("sleep 1000 & echo $$ > '{}'; sleep 1000; true", text(&group)), group)
}

/// Whether a process of the group still runs, by Linux's `/proc`.
fn is_alive(group: &Path) -> bool {
    let group = fs::read_to_string(group).unwrap();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut states = processes.filter_map(|process| fs::read_to_string(process.path().join("stat")).ok());
    // Behind the name in brackets: state, parent, group. Z marks processes that have ended and were not waited for.
    states.any(|state| {
        let fields: Vec<&str> = state.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[0] != "Z" && fields[2] == group.trim()
    })
}

#[test]
fn a_signal_ends_the_oracle_with_all_that_it_started() {
    let subject = subject();
    let (oracle, group) = endless(&subject);
    let out = subject.folder().join("out");
    for (signal, number) in SIGNALS {
        let mut command = binary_with_default_signals();
        command.args(["reduce", text(subject.path()), "-o", text(&out), "--oracle", &oracle]);
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        while !fs::read_to_string(&group).is_ok_and(|text| text.ends_with('\n')) {
            assert!(child.try_wait().unwrap().is_none());
        }
        send(signal, child.id());
        assert_eq!(child.wait().unwrap().code(), Some(128 + number), "{signal}");
        assert!(!is_alive(&group), "{signal}");
        assert_eq!(names(subject.folder()), ["a.core", "group"], "{signal}");
        fs::remove_file(&group).unwrap();
    }
}

#[test]
fn a_signal_after_a_dump_was_accepted_leaves_the_smallest_such() {
    let subject = subject();
    let (oracle, group) = endless(&subject);
    let accepted = subject.folder().join("accepted");
    let (out, flag) = (subject.folder().join("out"), text(&accepted));
    let oracle = format!("if test -e '{flag}'; then {oracle}; else touch '{flag}'; fi; # $DUMP");
    let mut command = binary_with_default_signals();
    command.args(["reduce", text(subject.path()), "-o", text(&out), "--json", "--oracle", &oracle]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    while !fs::read_to_string(&group).is_ok_and(|text| text.ends_with('\n')) {
        assert!(child.try_wait().unwrap().is_none());
    }
    send("TERM", child.id());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["oracle"]["interrupted"], true);
    assert!(out.exists() && !is_alive(&group));
}

#[test]
fn a_run_of_the_oracle_that_takes_too_long_is_a_no_and_is_told() {
    let subject = subject();
    let out = subject.folder().join("out");
    let accepted = subject.folder().join("accepted");
    let flag = text(&accepted);
    // Only the first candidate is accepted immediately.
    let oracle = format!("test -e '{flag}' && sleep 1000; touch '{flag}'");
    for json in [&[][..], &["--json"]] {
        let _ = (fs::remove_file(&accepted), fs::remove_file(&out));
        let mut command = binary_with_default_signals();
        command.args(["reduce", text(subject.path()), "-o", text(&out), "--oracle", &oracle]);
        let output = command.args(["--oracle-timeout", "0.3"]).args(json).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        if json.is_empty() {
            assert!(said.contains("of them timed out"), "{said}");
        } else {
            let report: serde_json::Value = serde_json::from_str(&said).unwrap();
            let runs = report["oracle"]["runs"].as_u64().unwrap();
            assert_eq!(report["oracle"]["timeouts"], runs - 1, "{said}");
        }
    }
}
