//! `kill -9` at random moments of an edit, an undo and a recovery: the dump ends in the old or the new state, byte for byte.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use dumpedit::{History, Recovered};

use super::journal_of;
use crate::library::random::Random;
use crate::support::bytes::Order;
use crate::support::command::{binary, run};
use crate::support::elf_builder::{ElfBuilder, machine, nt_file, prstatus};
use crate::support::subject::assert_same_bytes;

const START: u64 = 0x7f00_0000_0000;
const REGION: usize = 4096;
const REGIONS: usize = 512;
const SIZE: usize = REGION * REGIONS;

/// One long region, the first half of which is copied over the second.
const LONG: u64 = 0x7e00_0000_0000;
const HALF: usize = 3 << 19;

/// Command that is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Write,
    WriteKeepingNothing,
    Set,
    Rename,
    Copy,
    Undo,
    Recover,
}

const VERBS: [Verb; 7] =
    [Verb::Write, Verb::WriteKeepingNothing, Verb::Set, Verb::Rename, Verb::Copy, Verb::Undo, Verb::Recover];

/// A core whose memory is a range of adjacent regions in reverse order in the file, so that a write of all of it is one patch for each; and
/// the long region.
struct Target {
    folder: tempfile::TempDir,
    dump: PathBuf,
    value: String,
    old: Vec<u8>,
    written: Vec<u8>,
    set: Vec<u8>,
    renamed: Vec<u8>,
    copied: Vec<u8>,
}

/// Outcomes of the rounds.
#[derive(Debug, Default)]
struct Ends {
    old: usize,
    new: usize,
    interrupted: usize,
}

impl Target {
    fn new() -> Target {
        let mut random = Random(3);
        let mut core = ElfBuilder::with_room(Order::Little, true, machine::X86_64, REGIONS + 2);
        core.notes(&[prstatus(7, 11, 0x40_1000, START), nt_file(&[(0x40_0000, 0x40_1000, 0, "/bin/app")])]);
        for region in (0..REGIONS as u64).rev() {
            core.load(START + region * REGION as u64, &random.bytes(REGION));
        }
        core.load(LONG, &random.bytes(2 * HALF));
        let folder = tempfile::tempdir().unwrap();
        let dump = folder.path().join("core");
        let old = core.finish();
        fs::write(&dump, &old).unwrap();
        let value = folder.path().join("value");
        fs::write(&value, random.bytes(SIZE)).unwrap();
        let value = format!("file:{}", value.display());
        let (written, set, renamed, copied) = Default::default();
        let mut target = Target { folder, dump, value, old, written, set, renamed, copied };
        target.written = target.result_of(Verb::Write);
        target.set = target.result_of(Verb::Set);
        target.renamed = target.result_of(Verb::Rename);
        target.copied = target.result_of(Verb::Copy);
        target
    }

    fn result_of(&self, verb: Verb) -> Vec<u8> {
        self.begin(verb);
        assert!(self.spawn(verb, false).wait().unwrap().success());
        let bytes = fs::read(&self.dump).unwrap();
        assert_ne!(bytes, self.old);
        bytes
    }

    /// Sets the dump to its state before the verb, and returns its possible states after it.
    fn begin(&self, verb: Verb) -> [&[u8]; 2] {
        let _ = fs::remove_file(journal_of(&self.dump));
        fs::write(&self.dump, &self.old).unwrap();
        match verb {
            Verb::Write | Verb::WriteKeepingNothing => [&self.old, &self.written],
            Verb::Set => [&self.old, &self.set],
            Verb::Rename => [&self.old, &self.renamed],
            Verb::Copy => [&self.old, &self.copied],
            Verb::Undo => {
                assert!(self.spawn(Verb::Write, true).wait().unwrap().success());
                [&self.written, &self.old]
            }
            Verb::Recover => {
                assert!(self.spawn(Verb::Write, true).wait().unwrap().success());
                let journal = fs::File::options().write(true).open(journal_of(&self.dump)).unwrap();
                let size = journal.metadata().unwrap().len();
                journal.set_len(size - 4).unwrap();
                journal.set_len(size).unwrap();
                let (first, _) = self.written.split_at(SIZE / 2);
                let (_, second) = self.old.split_at(first.len());
                fs::write(&self.dump, [first, second].concat()).unwrap();
                [&self.old, &self.old]
            }
        }
    }

    fn spawn(&self, verb: Verb, unsynced: bool) -> Child {
        let mut command = binary();
        let at = format!("{START:#x}");
        match verb {
            Verb::Write => command.arg("write").arg(&self.dump).args([&at, &self.value]),
            Verb::WriteKeepingNothing => {
                command.arg("write").arg(&self.dump).args([&at, &self.value, "--no-undo"])
            }
            Verb::Set => command.arg("set").arg(&self.dump).args(["rax=1", "rip=2", "rsp=3", "r15=4"]),
            Verb::Rename => {
                let name = format!("note.file[0].name=/{}", "a longer name/".repeat(1000));
                command.arg("set").arg(&self.dump).args([&name, "rip=2"])
            }
            Verb::Copy => {
                let (half, to) = (format!("{LONG:#x}..+{HALF:#x}"), format!("{:#x}", LONG + HALF as u64));
                command.arg("copy").arg(&self.dump).args([half, to])
            }
            Verb::Undo => command.arg("undo").arg(&self.dump),
            Verb::Recover => command.arg("recover").arg(&self.dump),
        };
        if unsynced && verb != Verb::Undo && verb != Verb::Recover {
            command.arg("--no-sync");
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Duration of the verb without a kill.
    fn duration(&self, verb: Verb) -> Duration {
        self.begin(verb);
        let began = Instant::now();
        assert!(self.spawn(verb, false).wait().unwrap().success());
        began.elapsed()
    }

    /// Kills the verb after a random part of its time.
    fn kill(&self, verb: Verb, duration: Duration, random: &mut Random) {
        let unsynced = random.next().is_multiple_of(2);
        let journal = || fs::metadata(journal_of(&self.dump)).map_or(0, |journal| journal.len());
        let before = journal();
        let mut child = self.spawn(verb, unsynced);
        let mut duration = duration;
        // Most of the time passes before the journal is written; only the rest can be interrupted.
        let entry = match verb {
            Verb::Write | Verb::WriteKeepingNothing | Verb::Undo => 2 * SIZE as u64,
            Verb::Set | Verb::Rename => 64,
            Verb::Copy => 2 * HALF as u64,
            Verb::Recover => 0,
        };
        if entry > 0 && !random.next().is_multiple_of(4) {
            while journal() < before + entry && child.try_wait().unwrap().is_none() {}
            duration /= if unsynced { 10 } else { 2 };
        }
        let thousandths = u32::try_from(random.next() % 1100).unwrap();
        std::thread::sleep(duration * thousandths / 1000);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn round(&self, verb: Verb, durations: (Duration, Duration), random: &mut Random, ends: &mut Ends) {
        let [old, new] = self.begin(verb);
        self.kill(verb, durations.0, random);
        let history = History::of(&self.dump);
        if history.is_unfinished().unwrap() {
            ends.interrupted += 1;
            let info = run(binary().arg("info").arg(&self.dump), b"").exits(0);
            assert!(info.stderr.contains("interrupted"), "{info}");
            // The recovery is killed as well, half of the time.
            if random.next().is_multiple_of(2) {
                self.kill(Verb::Recover, durations.1, random);
            }
        }
        let recovered = run(binary().arg("recover").arg(&self.dump), b"");
        assert_eq!(recovered.code, 0, "{verb:?}: {recovered}");
        let now = fs::read(&self.dump).unwrap();
        if now == old {
            ends.old += 1;
        } else {
            assert_same_bytes(&now, new);
            ends.new += 1;
        }
        assert_eq!(history.recover(false).unwrap().recovered, Recovered::Nothing);
        // The entries in the journal are whole, and return the dump to its first state.
        if !history.log().unwrap().entries.iter().any(|entry| entry.in_force == Some(true)) {
            return;
        }
        run(binary().arg("undo").arg(&self.dump).arg("--all"), b"").exits(0);
        assert_same_bytes(&fs::read(&self.dump).unwrap(), &self.old);
    }

    fn rounds(&self, rounds: usize, seed: u64) {
        let mut random = Random(seed);
        let recovery = self.duration(Verb::Recover);
        for verb in VERBS {
            let duration = self.duration(verb);
            let mut ends = Ends::default();
            for _ in 0..rounds {
                self.round(verb, (duration, recovery), &mut random, &mut ends);
            }
            assert_eq!(ends.old + ends.new, rounds);
            println!("{verb:?}: {rounds} killed, {ends:?}");
        }
        let left = fs::read_dir(self.folder.path()).unwrap();
        let names: Vec<_> = left.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        assert!(names.iter().all(|name| !name.contains("stale")), "{names:?}");
    }
}

#[test]
fn a_dump_whose_editor_is_killed_ends_old_or_new() {
    Target::new().rounds(8, 1);
}

#[test]
#[ignore = "kills some thousands of processes, which takes minutes; DUMPEDIT_KILLS says how many of each verb"]
fn a_dump_whose_editor_is_killed_thousands_of_times_ends_old_or_new() {
    let kills = std::env::var("DUMPEDIT_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(1000);
    Target::new().rounds(kills, 2);
}
