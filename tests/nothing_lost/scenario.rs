//! Every command that changes a file, on a dump that was edited before, and the conditions that hold wherever it is stopped.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};

use dumpedit::History;

use crate::support::command::{Run, binary, run};
use crate::support::subject::assert_same_bytes;
use crate::support::traced::{self, Traced};

pub(super) const DUMP: &str = "dump";
pub(super) const COPY: &str = "edited";
pub(super) const JOURNAL: &str = "dump.dumpedit";
pub(super) const SCRIPT: &str = "script";

/// A command on a dump that was edited before.
pub(super) struct Scenario {
    pub(super) name: &'static str,
    /// The dump and the files beside it before the command.
    start: tempfile::TempDir,
    arguments: Vec<String>,
    /// File that the command changes: the dump, a copy of it, or the journal.
    pub(super) target: &'static str,
    pub(super) old: Option<Vec<u8>>,
    pub(super) new: Vec<u8>,
    /// Whether the old state is whole, which that of an interrupted edit is not.
    old_is_whole: bool,
    /// The dump before its first edit; `None` where the command drops that.
    original: Option<Vec<u8>>,
}

pub(super) fn in_folder(folder: &Path, arguments: &[&str]) -> Run {
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
    /// A folder after the commands of `before`; `interrupted` is killed behind its first patch.
    fn begin(before: &[&[&str]], interrupted: Option<&[&str]>) -> (tempfile::TempDir, Vec<u8>) {
        let start = tempfile::tempdir().unwrap();
        let original = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/crash.core")).unwrap();
        fs::write(start.path().join(DUMP), &original).unwrap();
        fs::write(start.path().join(SCRIPT), "write 0x402000 str:scripted\nset rax=77\n").unwrap();
        for command in before {
            in_folder(start.path(), command).exits(0);
        }
        if let Some(command) = interrupted {
            let kill = ["-e", "trace=pwrite64", "-e", "inject=pwrite64:signal=KILL:when=4"];
            let line = command.iter().map(|argument| match *argument {
                DUMP => start.path().join(DUMP).to_str().unwrap().to_owned(),
                argument => argument.to_owned(),
            });
            assert!(!traced::run(&kill, line).output.status.success());
            assert!(History::of(start.path().join(DUMP)).is_unfinished().unwrap());
        }
        (start, original)
    }

    fn of(
        name: &'static str,
        (start, original): (tempfile::TempDir, Vec<u8>),
        target: &'static str,
        arguments: &[&str],
    ) -> Scenario {
        let forgets = arguments.contains(&"--no-undo") || target == JOURNAL;
        let mut scenario = Scenario {
            name,
            target,
            old: fs::read(start.path().join(target)).ok(),
            new: Vec::new(),
            old_is_whole: true,
            original: (!forgets).then_some(original),
            start,
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
        };
        let traced = scenario.run(&[], &scenario.work());
        assert!(traced.output.status.success(), "{name}: {:?}", traced.output);
        scenario.new = fs::read(scenario.work_path().join(target)).unwrap();
        assert_ne!(Some(&scenario.new), scenario.old.as_ref(), "{name}");
        scenario
    }

    fn new(name: &'static str, before: &[&[&str]], arguments: &[&str]) -> Scenario {
        let target = if arguments.contains(&COPY) { COPY } else { DUMP };
        Scenario::of(name, Scenario::begin(before, None), target, arguments)
    }

    fn work_path(&self) -> PathBuf {
        self.start.path().with_extension("work")
    }

    /// A folder in its state before the command.
    pub(super) fn work(&self) -> PathBuf {
        let work = self.work_path();
        copy_all(self.start.path(), &work);
        work
    }

    /// Runs the command in a folder under the tracer.
    pub(super) fn run(&self, options: &[&str], work: &Path) -> Traced {
        let file = |argument: &String| match argument.as_str() {
            DUMP | COPY | SCRIPT => work.join(argument).to_str().unwrap().to_owned(),
            _ => argument.clone(),
        };
        traced::run(options, self.arguments.iter().map(file))
    }

    /// Checks a folder in which the command was stopped: a recovery returns the target to the old or the new state, all edits in force can
    /// be undone, and the next edit works. Returns whether the target is in the new state.
    pub(super) fn mends(&self, work: &Path, at: &str) -> bool {
        let now = || fs::read(work.join(self.target)).ok();
        let dump = work.join(DUMP);
        let recovered = in_folder(work, &["recover", DUMP]);
        assert_eq!(recovered.code, 0, "{at}: {recovered}");
        assert!(!History::of(&dump).is_unfinished().unwrap(), "{at}");
        let ends_new = now().as_ref() == Some(&self.new);
        let ends_old = now() == self.old && self.old_is_whole;
        assert!(ends_new || ends_old, "{at}: neither old nor new after {recovered}");
        if let Some(original) = &self.original {
            if fs::read(&dump).unwrap() != *original {
                let undone = in_folder(work, &["undo", DUMP, "--all"]);
                assert_eq!(undone.code, 0, "{at}: {undone}");
            }
            assert_same_bytes(&fs::read(&dump).unwrap(), original);
        }
        let before = fs::read(&dump).unwrap();
        let again = in_folder(work, &["write", DUMP, "0x402000", "str:again"]);
        assert_eq!(again.code, 0, "{at}: {again}");
        in_folder(work, &["undo", DUMP]).exits(0);
        assert_same_bytes(&fs::read(&dump).unwrap(), &before);
        ends_new
    }
}

impl Drop for Scenario {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.work_path());
    }
}

/// Every command that changes a file.
pub(super) fn scenarios() -> Vec<Scenario> {
    let edited: &[&str] = &["write", DUMP, "0x402000", "str:earlier"];
    let undone: &[&str] = &["undo", DUMP];
    let copied: &[&str] = &["write", DUMP, "0x402000", "00", "-o", COPY];
    let another: &[&str] = &["write", DUMP, "0x402000", "str:another"];
    let copied_anew = [another, &["-o", COPY]].concat();
    let registers: &[&str] = &["set", DUMP, "rax=1", "rip=2", "xmm3=4"];
    let mut recover =
        Scenario::of("recover", Scenario::begin(&[edited], Some(registers)), DUMP, &["recover", DUMP]);
    recover.old_is_whole = false;
    let added: &[&str] = &["add", "memory", DUMP, "0x10000", "str:added"];
    let thread: &[&str] = &["add", "thread", DUMP, "99", "--like", "index:0", "rip=0x10000"];
    let dropped: &[&str] = &["drop", "memory", DUMP, "0x10000..+5"];
    let renamed: &[&str] = &["set", DUMP, "note.file[0].name=/a/longer/name/of/it", "rax=1"];
    vec![
        Scenario::new("set of a longer name", &[edited], renamed),
        Scenario::new("undo of a longer name", &[edited, renamed], undone),
        Scenario::new("add memory", &[edited], added),
        Scenario::new("add thread", &[added], thread),
        Scenario::new("drop memory", &[edited], &["drop", "memory", DUMP, "0x402000..+4"]),
        Scenario::new("drop of what was added", &[edited, added], dropped),
        Scenario::new("undo of such a drop", &[edited, added, dropped], undone),
        Scenario::new("redo of such a drop", &[added, dropped, undone], &["redo", DUMP]),
        Scenario::new("undo of add", &[edited, added], undone),
        Scenario::new("undo of all", &[edited, added, thread], &["undo", DUMP, "--all"]),
        Scenario::new("redo of add", &[added, undone], &["redo", DUMP]),
        Scenario::new("add -o", &[edited], &[added, &["-o", COPY]].concat()),
        Scenario::new("write", &[edited], another),
        Scenario::new("the first write", &[], another),
        Scenario::new("write --no-undo", &[], &[another, &["--no-undo"]].concat()),
        Scenario::new("set", &[edited], registers),
        Scenario::new("fill", &[edited], &["fill", DUMP, "0x7fffffff7000..+0x3000", "5a"]),
        Scenario::new("copy", &[edited], &["copy", DUMP, "0x402000..+8", "0x402010"]),
        Scenario::new(
            "find --replace",
            &[edited],
            &["find", DUMP, "str:earlier", "--replace", "str:EARLIER"],
        ),
        Scenario::new("apply", &[edited], &["apply", DUMP, SCRIPT]),
        Scenario::new("undo", &[edited], undone),
        Scenario::new("redo", &[edited, undone], &["redo", DUMP]),
        recover,
        Scenario::of(
            "forget --keep 1",
            Scenario::begin(&[edited, another], None),
            JOURNAL,
            &["forget", DUMP, "--keep", "1"],
        ),
        Scenario::new("-o", &[edited], &copied_anew),
        Scenario::new("-o --overwrite", &[edited, copied], &[&copied_anew[..], &["--overwrite"]].concat()),
        Scenario::new("reduce -o --overwrite", &[copied], &["reduce", DUMP, "-o", COPY, "--overwrite"]),
    ]
}
