//! Edits while the system's calls fail: each call of each kind in turn, once and for good, and a kill at each. The dump ends
//! old or new, what the command says of it is true, and every edit in force can be taken back.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};

use dumpedit::History;

use super::journal_of;
use crate::support::command::{binary, run};
use crate::support::subject::assert_same_bytes;
use crate::support::traced::{self, can_trace};

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// It fails, and the ones behind it do not.
    Once,
    /// It and all behind it fail.
    ForGood,
    /// The process is killed there.
    Kill,
}

const FAULTS: [Fault; 3] = [Fault::Once, Fault::ForGood, Fault::Kill];

/// A command on a dump that was edited before.
struct Scenario {
    name: &'static str,
    /// The dump and what is beside it before the command.
    start: tempfile::TempDir,
    arguments: Vec<String>,
    /// What the command makes new: the dump, or a copy.
    target: &'static str,
    old: Option<Vec<u8>>,
    new: Vec<u8>,
    /// What the dump was before its first edit; `None` where the command forgets that.
    original: Option<Vec<u8>>,
    /// How many calls of each kind the command makes.
    calls: BTreeMap<String, u32>,
}

const DUMP: &str = "dump";
const COPY: &str = "edited";

fn in_folder(folder: &Path, arguments: &[&str]) -> crate::support::command::Run {
    run(binary().current_dir(folder).args(arguments), b"")
}

/// Copies the files of one folder into another one, which is emptied before.
fn copy_all(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

impl Scenario {
    /// The commands of `before` are done first, on a dump of two regions.
    fn new(name: &'static str, before: &[&[&str]], arguments: &[&str]) -> Scenario {
        let start = tempfile::tempdir().unwrap();
        let original = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/crash.core")).unwrap();
        fs::write(start.path().join(DUMP), &original).unwrap();
        fs::write(start.path().join("script"), "write 0x402000 str:scripted\nset rax=77\n").unwrap();
        for command in before {
            in_folder(start.path(), command).exits(0);
        }
        let target = if arguments.contains(&COPY) { COPY } else { DUMP };
        let original = (!arguments.contains(&"--no-undo")).then_some(original);
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let old = fs::read(start.path().join(target)).ok();
        let (new, calls) = (Vec::new(), BTreeMap::new());
        let mut scenario = Scenario { name, start, arguments, target, old, new, original, calls };
        let work = scenario.work();
        let traced = traced::run(&[], scenario.line(&work));
        assert!(traced.output.status.success(), "{name}: {:?}", traced.output);
        scenario.new = fs::read(work.join(target)).unwrap();
        for line in traced.calls.lines() {
            let call = line.split_once(' ').and_then(|(_, call)| call.trim_start().split_once('('));
            let Some((call, _)) = call else { continue };
            // These begin and end the process.
            if !["execve", "exit_group"].contains(&call) && !call.contains(['<', '+']) {
                *scenario.calls.entry(call.to_owned()).or_default() += 1;
            }
        }
        assert_ne!(Some(&scenario.new), scenario.old.as_ref(), "{name}");
        scenario
    }

    /// A folder as the command finds it.
    fn work(&self) -> PathBuf {
        let work = self.start.path().with_extension("work");
        copy_all(self.start.path(), &work);
        work
    }

    fn line(&self, work: &Path) -> Vec<String> {
        let file = |argument: &String| match argument.as_str() {
            DUMP | COPY | "script" => work.join(argument).to_str().unwrap().to_owned(),
            _ => argument.clone(),
        };
        self.arguments.iter().map(file).collect()
    }

    /// Runs the command with one fault and looks at what it leaves behind; whether the target is new at the end.
    fn meets(&self, call: &str, nth: u32, fault: Fault) -> bool {
        let work = self.work();
        let inject = match fault {
            Fault::Once => format!("inject={call}:error=EIO:when={nth}"),
            Fault::ForGood => format!("inject={call}:error=EIO:when={nth}+"),
            Fault::Kill => format!("inject={call}:signal=KILL:when={nth}"),
        };
        let traced = traced::run(&["-e", &format!("trace={call}"), "-e", &inject], self.line(&work));
        let status = traced.output.status;
        let said = String::from_utf8_lossy(&traced.output.stderr).into_owned();
        let at = format!("{}: {fault:?} at {call} {nth}: {status}: {said}", self.name);
        let now = || fs::read(work.join(self.target)).ok();
        let dump = work.join(DUMP);

        // The words and the exit code are true.
        let is_old = now() == self.old;
        let is_new = now().as_ref() == Some(&self.new);
        let is_interrupted = !is_old && !is_new;
        // Rust's own library panics where it is given no random numbers.
        assert!(status.code() != Some(101) || call == "getrandom", "{at}");
        match status.code() {
            Some(0) => assert!(is_new, "{at}"),
            // What began and went wrong says so; what never ran, or was killed, left the dump or a journal that tells.
            Some(2) if is_interrupted => {
                assert!(said.contains("the edit is unfinished") || said.contains("was interrupted"), "{at}");
            }
            Some(2) if is_new && !is_old => {
                let told =
                    ["the edit was written", "unfinished", "was left behind", "is in place", "was written"];
                assert!(told.iter().any(|words| said.contains(words)), "{at}");
            }
            Some(2) => assert!(!said.contains("the edit was written"), "{at}"),
            Some(1) => panic!("{at}"),
            _ => {}
        }
        assert!(!is_interrupted || self.target == DUMP, "{at}: a part of a copy is there");
        assert!(status.code() != Some(2) || !said.trim().is_empty(), "{at}");

        // Nothing but the dump, its journal and the copy is left, where files can be removed and nobody was killed.
        if status.signal().is_none() && !call.starts_with("unlink") {
            for file in fs::read_dir(&work).unwrap() {
                let name = file.unwrap().file_name().into_string().unwrap();
                assert!(
                    [DUMP, COPY, "script", "dump.dumpedit"].contains(&name.as_str()),
                    "{at}: {name} is left"
                );
            }
        }

        // A recovery mends what was interrupted.
        let journal = fs::read(journal_of(&dump)).ok();
        let recovered = in_folder(&work, &["recover", DUMP]);
        assert_eq!(recovered.code, 0, "{at}: {recovered}");
        let ended_new = now().as_ref() == Some(&self.new);
        assert!(ended_new || now() == self.old, "{at}: neither old nor new after {recovered}");
        if journal.is_none() && is_old {
            return ended_new;
        }

        // Whatever is in force can be taken back.
        assert!(!History::of(&dump).is_unfinished().unwrap(), "{at}");
        if let Some(original) = &self.original {
            if fs::read(&dump).unwrap() != *original {
                let undone = in_folder(&work, &["undo", DUMP, "--all"]);
                assert_eq!(undone.code, 0, "{at}: {undone}");
            }
            assert_same_bytes(&fs::read(&dump).unwrap(), original);
        }
        let again = in_folder(&work, &["write", DUMP, "0x402000", "str:again"]);
        assert_eq!(again.code, 0, "{at}: {again}");
        in_folder(&work, &["undo", DUMP]).exits(0);
        ended_new
    }

    /// Meets every fault at every call, or at those of some kinds only.
    fn meets_all(&self, kinds: Option<&[&str]>) {
        let (mut old, mut new) = (0, 0);
        let wanted = |call: &str| kinds.is_none_or(|kinds| kinds.contains(&call));
        for (call, count) in self.calls.iter().filter(|(call, _)| wanted(call)) {
            for fault in FAULTS {
                for nth in 1..=*count {
                    let counted = if self.meets(call, nth, fault) { &mut new } else { &mut old };
                    *counted += 1;
                }
            }
        }
        let _ = fs::remove_dir_all(self.start.path().with_extension("work"));
        println!("{}: {} faults, {old} ended old, {new} new", self.name, old + new);
        assert!(old > 0 && new > 0, "{}", self.name);
    }
}

/// Every verb that changes a file.
fn scenarios() -> Vec<Scenario> {
    let edited: &[&str] = &["write", DUMP, "0x402000", "str:earlier"];
    let undone: &[&str] = &["undo", DUMP];
    vec![
        Scenario::new("write", &[edited], &["write", DUMP, "0x402000", "str:another"]),
        Scenario::new("the first write", &[], &["write", DUMP, "0x402000", "str:another"]),
        Scenario::new("write --no-undo", &[], &["write", DUMP, "0x402000", "str:another", "--no-undo"]),
        Scenario::new("set", &[edited], &["set", DUMP, "rax=1", "rip=2", "xmm3=4"]),
        Scenario::new("fill", &[edited], &["fill", DUMP, "0x402000..+0x20", "ab"]),
        Scenario::new("copy", &[edited], &["copy", DUMP, "0x402000..+8", "0x402010"]),
        Scenario::new(
            "find --replace",
            &[edited],
            &["find", DUMP, "str:earlier", "--replace", "str:EARLIER"],
        ),
        Scenario::new("apply", &[edited], &["apply", DUMP, "script"]),
        Scenario::new("undo", &[edited], &["undo", DUMP]),
        Scenario::new("redo", &[edited, undone], &["redo", DUMP]),
        Scenario::new("-o", &[edited], &["write", DUMP, "0x402000", "str:another", "-o", COPY]),
        Scenario::new(
            "-o --overwrite",
            &[edited, &["write", DUMP, "0x402000", "00", "-o", COPY]],
            &["write", DUMP, "0x402000", "str:another", "-o", COPY, "--overwrite"],
        ),
        Scenario::new(
            "reduce -o --overwrite",
            &[&["write", DUMP, "0x402000", "00", "-o", COPY]],
            &["reduce", DUMP, "-o", COPY, "--overwrite"],
        ),
    ]
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
        scenario.meets_all(Some(&CHANGING));
    }
}

#[test]
#[ignore = "runs some ten thousand commands under a tracer, which takes most of an hour"]
fn an_edit_ends_old_or_new_and_says_which_whatever_call_fails() {
    assert!(can_trace());
    for scenario in scenarios() {
        scenario.meets_all(None);
    }
}
