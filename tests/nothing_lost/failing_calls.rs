//! Edits while the system's calls fail: each call of each kind in turn, once and for good, and a kill at each. The dump ends in the old or
//! the new state, the command's report is true, and every edit in force can be undone.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;

use super::scenario::{COPY, DUMP, JOURNAL, SCRIPT, Scenario, scenarios};
use crate::support::traced::can_trace;

/// Fault at a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// It fails, and later ones do not.
    Once,
    /// It and all later ones fail.
    ForGood,
    /// The process is killed there.
    Kill,
}

const FAULTS: [Fault; 3] = [Fault::Once, Fault::ForGood, Fault::Kill];

/// Number of a command's calls of each kind.
fn calls(scenario: &Scenario) -> BTreeMap<String, u32> {
    let mut calls = BTreeMap::new();
    for line in scenario.run(&[], &scenario.work()).calls.lines() {
        let call = line.split_once(' ').and_then(|(_, call)| call.trim_start().split_once('('));
        let Some((call, _)) = call else { continue };
        // These start and end the process.
        if !["execve", "exit_group"].contains(&call) && !call.contains(['<', '+']) {
            *calls.entry(call.to_owned()).or_default() += 1;
        }
    }
    calls
}

/// Runs a command with one fault and checks the files that it leaves. Returns whether the target is in the new state.
fn meets(scenario: &Scenario, call: &str, nth: u32, fault: Fault) -> bool {
    let work = scenario.work();
    let inject = match fault {
        Fault::Once => format!("inject={call}:error=EIO:when={nth}"),
        Fault::ForGood => format!("inject={call}:error=EIO:when={nth}+"),
        Fault::Kill => format!("inject={call}:signal=KILL:when={nth}"),
    };
    let traced = scenario.run(&["-e", &format!("trace={call}"), "-e", &inject], &work);
    let status = traced.output.status;
    let said = String::from_utf8_lossy(&traced.output.stderr).into_owned();
    let at = format!("{}: {fault:?} at {call} {nth}: {status}: {said}", scenario.name);

    // The output and the exit code are true.
    let now = fs::read(work.join(scenario.target)).ok();
    let is_old = now == scenario.old;
    let is_new = now.as_ref() == Some(&scenario.new);
    assert!(is_old || is_new || scenario.target == DUMP, "{at}: a part of it is there");
    // Rust's own library panics without random numbers.
    assert!(status.code() != Some(101) || call == "getrandom", "{at}");
    let says = |words: &[&str]| words.iter().any(|words| said.contains(words));
    match status.code() {
        Some(0) => assert!(is_new, "{at}"),
        Some(1) => panic!("{at}"),
        // No report is possible where no text can be written.
        Some(2) if said.is_empty() => assert_eq!(call, "write", "{at}"),
        Some(2) if is_old => assert!(!says(&["the edit was written"]), "{at}"),
        Some(2) if is_new => {
            let done =
                ["the edit was written", "unfinished", "was not recovered", "is in place", "was written"];
            assert!(says(&done), "{at}");
        }
        Some(2) => assert!(says(&["the edit is unfinished", "was interrupted", "was not recovered"]), "{at}"),
        _ => {}
    }

    // Only the dump, its journal and the copy are left, where files can be removed and the process was not killed.
    if status.signal().is_none() && !call.starts_with("unlink") {
        for file in fs::read_dir(&work).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            assert!([DUMP, COPY, SCRIPT, JOURNAL].contains(&name.as_str()), "{at}: {name} is left");
        }
    }
    scenario.mends(&work, &at)
}

/// Runs every fault at every call, or only at those of some kinds.
fn meets_all(scenario: &Scenario, kinds: Option<&[&str]>) {
    let (mut old, mut new) = (0, 0);
    for (call, count) in calls(scenario) {
        if kinds.is_some_and(|kinds| !kinds.contains(&call.as_str())) {
            continue;
        }
        for fault in FAULTS {
            for nth in 1..=count {
                let counted = if meets(scenario, &call, nth, fault) { &mut new } else { &mut old };
                *counted += 1;
            }
        }
    }
    println!("{}: {} faults, {old} ended old, {new} new", scenario.name, old + new);
    assert!(new > 0, "{}", scenario.name);
}

#[test]
fn an_edit_ends_old_or_new_and_says_which_whatever_call_that_changes_a_file_fails() {
    /// Calls that change files, or make changes durable.
    const CHANGING: [&str; 9] = [
        "pwrite64",
        "fsync",
        "fdatasync",
        "ftruncate",
        "rename",
        "renameat",
        "renameat2",
        "fsetxattr",
        "flock",
    ];
    if !can_trace() {
        return;
    }
    for scenario in scenarios() {
        meets_all(&scenario, Some(&CHANGING));
    }
}

#[test]
#[ignore = "runs some ten thousand commands under a tracer, which takes most of an hour"]
fn an_edit_ends_old_or_new_and_says_which_whatever_call_fails() {
    assert!(can_trace());
    for scenario in scenarios() {
        meets_all(&scenario, None);
    }
}
