//! Tests commits and recoveries on a machine that fails or dies at any step.

use std::cell::RefCell;
use std::io;
use std::ops::ControlFlow;
use std::rc::Rc;

use crate::edit::pending::Pending;
use crate::journal::entries::{self, Entry, each_extent};
use crate::journal::record::{self, EntryKind, HEADER};
use crate::journal::recover::{self, Recovered, Refused, Rules};
use crate::journal::write::{End, Failure, Note};
use crate::progress::Progress;
use crate::store::Store;
use crate::store::blocks::BLOCK;

/// Fault at the n-th step that changes a file.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    /// The step fails; later ones work.
    Fails(usize),
    /// The step and all later ones fail.
    FailsForGood(usize),
    /// The process dies in the middle of the step: half of a write is done, and nothing after it.
    Dies(usize),
}

#[derive(Debug)]
struct Machine {
    fault: Fault,
    steps: usize,
    dead: bool,
}

/// A file of a machine that fails or dies. Unsynced bytes may be lost when it dies.
#[derive(Clone, Debug)]
struct Disk {
    bytes: Vec<u8>,
    durable: Vec<u8>,
    machine: Rc<RefCell<Machine>>,
}

impl Disk {
    fn pair(dump: &[u8], log: &[u8], fault: Fault) -> (Disk, Disk) {
        let machine = Rc::new(RefCell::new(Machine { fault, steps: 0, dead: false }));
        let disk = |bytes: &[u8]| Disk {
            bytes: bytes.to_vec(),
            durable: bytes.to_vec(),
            machine: Rc::clone(&machine),
        };
        (disk(dump), disk(log))
    }

    /// Result of the step, and how much of it is done.
    fn step(&self) -> (io::Result<()>, usize) {
        let mut machine = self.machine.borrow_mut();
        let step = machine.steps;
        machine.steps += 1;
        let failed = || Err(io::Error::from(io::ErrorKind::StorageFull));
        if machine.dead {
            return (failed(), 0);
        }
        match machine.fault {
            Fault::Fails(at) if step == at => (failed(), 50),
            Fault::FailsForGood(at) if step >= at => (failed(), 50),
            Fault::Dies(at) if step == at => {
                machine.dead = true;
                (failed(), 50)
            }
            _ => (Ok(()), 100),
        }
    }
}

impl Store for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes.len() as u64)
    }
    fn read_at(&self, file_offset: u64, into: &mut [u8]) -> io::Result<()> {
        let from = self.bytes.get(file_offset as usize..).and_then(|rest| rest.get(..into.len()));
        into.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
    fn write_at(&mut self, file_offset: u64, bytes: &[u8]) -> io::Result<()> {
        let (result, percent) = self.step();
        let bytes = &bytes[..bytes.len() * percent / 100];
        let end = file_offset as usize + bytes.len();
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes[file_offset as usize..end].copy_from_slice(bytes);
        result
    }
    fn set_len(&mut self, size: u64) -> io::Result<()> {
        let (result, percent) = self.step();
        if percent == 100 {
            self.bytes.resize(size as usize, 0);
        }
        result
    }
    fn sync(&mut self) -> io::Result<()> {
        let (result, percent) = self.step();
        if percent == 100 {
            self.durable = self.bytes.clone();
        }
        result
    }
}

fn old() -> Vec<u8> {
    (0..64).collect()
}

fn pending() -> Pending {
    let mut pending = Pending::default();
    pending.put(2, b"abcd").unwrap();
    pending.put_bits(9, 0xff, 0x0f).unwrap();
    pending.put(40, b"XYZXYZ").unwrap();
    pending
}

fn new() -> Vec<u8> {
    let mut bytes = old();
    bytes[2..6].copy_from_slice(b"abcd");
    bytes[9] |= 0x0f;
    bytes[40..46].copy_from_slice(b"XYZXYZ");
    bytes
}

/// A commit: its writes, and the dump after it.
struct Case {
    pending: fn() -> Pending,
    new: fn() -> Vec<u8>,
}

/// A commit that keeps the dump's size, one that appends to it, with a gap and zeros at the end, and one that cuts it.
const CASES: [Case; 3] = [
    Case { pending, new },
    Case {
        pending: || {
            let mut pending = pending();
            pending.put(64, b"memory").unwrap();
            pending.put(76, b"table").unwrap();
            pending.resize(90);
            pending
        },
        new: || {
            let mut bytes = new();
            bytes.extend(b"memory\0\0\0\0\0\0table");
            bytes.resize(90, 0);
            bytes
        },
    },
    Case {
        pending: || {
            let mut pending = pending();
            pending.resize(50);
            pending
        },
        new: || new()[..50].to_vec(),
    },
];

fn going_on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn empty_log() -> Vec<u8> {
    record::header(true)
}

const NOTE: Note<'_> =
    Note { kind: EntryKind::Edit, command: "write 0x1000 61", structure: false, last_in_force: 0, time: 7 };

/// Commits at the end of the journal, which must be whole.
fn commit(
    dump: &mut Disk,
    log: &mut Disk,
    pending: &Pending,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Entry, Failure> {
    let end = match entries::tail(log).unwrap() {
        entries::Tail::Whole(Some(last)) => End { at: last.end(), number: last.head.number + 1 },
        _ => End { at: HEADER, number: 1 },
    };
    crate::journal::write::commit(dump, log, end, pending, &NOTE, true, progress)
}

fn recover(dump: &mut Disk, log: &mut Disk) -> Result<Recovered, Refused> {
    let rules = Rules { discard_later: false, forget: true, is_editable: &|_, _| true };
    let recovered = recover::recover(dump, log, &rules)?.0;
    // The next commit cuts off an entry that was cut short before the dump was changed.
    if let entries::Tail::Broken = entries::tail(log)? {
        let gap = entries::walk(log)?.gaps.pop().unwrap();
        assert!(entries::was_not_begun(dump, log, gap.at)?);
        log.set_len(gap.at)?;
    }
    Ok(recovered)
}

fn read(log: &Disk) -> Vec<Entry> {
    entries::walk(log).unwrap().entries
}

/// Possible states of the files after a machine died: all that was written, or for each file only the synced bytes.
fn after_death(dump: &Disk, log: &Disk) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut states = Vec::new();
    for dump in [&dump.bytes, &dump.durable] {
        for log in [&log.bytes, &log.durable] {
            states.push((dump.clone(), log.clone()));
        }
    }
    states
}

fn steps_of(run: impl Fn(&mut Disk, &mut Disk), dump: &[u8], log: &[u8]) -> usize {
    let (mut dump, mut log) = Disk::pair(dump, log, Fault::None);
    run(&mut dump, &mut log);
    let machine = dump.machine.borrow();
    machine.steps
}

#[test]
fn a_commit_changes_exactly_its_extents_and_takes_two_syncs() {
    let (mut dump, mut log) = Disk::pair(&old(), &empty_log(), Fault::None);
    let entry = commit(&mut dump, &mut log, &pending(), &mut going_on).unwrap();
    assert_eq!(dump.bytes, new());
    assert_eq!(dump.durable, new());
    assert_eq!(entry.head.number, 1);
    let read = read(&log);
    assert_eq!((read.len(), read[0].trailer.sealed, read[0].end()), (1, true, log.bytes.len() as u64));
    let mut undone = dump.bytes.clone();
    each_extent(&log, &read[0], |file_offset, old, _| {
        undone[file_offset as usize..][..old.len()].copy_from_slice(old);
        Ok(())
    })
    .unwrap();
    assert_eq!(undone, old());
}

#[test]
fn a_commit_that_is_broken_off_anywhere_leaves_the_dump_as_it_was() {
    let size = 3 * BLOCK + 5;
    let before = vec![1; 4 * BLOCK];
    let mut told = 0;
    for stop_at in 0.. {
        let (mut dump, mut log) = Disk::pair(&before, &empty_log(), Fault::None);
        let mut pending = Pending::default();
        pending.put(7, &vec![2; size]).unwrap();
        let mut calls = 0;
        let mut progress = |progress: Progress| {
            calls += 1;
            assert!(progress.done <= progress.total);
            if calls > stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        match commit(&mut dump, &mut log, &pending, &mut progress) {
            Ok(_) => break,
            Err(failure) => assert!(matches!(failure, Failure::Cancelled), "{failure:?}"),
        }
        told += 1;
        assert!(dump.bytes == before && read(&log).is_empty());
    }
    assert!(told >= 6, "{told}");
}

#[test]
fn a_commit_in_which_any_step_fails_ends_old_or_unfinished_and_recovery_brings_it_back() {
    for Case { pending, new } in CASES {
        let run = |dump: &mut Disk, log: &mut Disk| drop(commit(dump, log, &pending(), &mut going_on));
        let steps = steps_of(run, &old(), &empty_log());
        assert!(steps >= 7, "{steps}");
        for at in 0..steps {
            for fault in [Fault::Fails(at), Fault::FailsForGood(at)] {
                let (mut dump, mut log) = Disk::pair(&old(), &empty_log(), fault);
                match commit(&mut dump, &mut log, &pending(), &mut going_on) {
                    Ok(_) => assert_eq!(dump.bytes, new(), "{fault:?}"),
                    Err(Failure::Unchanged(..)) => assert_eq!(dump.bytes, old(), "{fault:?}"),
                    Err(Failure::Unfinished(..) | Failure::Cancelled) => {}
                }
                let expected = if dump.bytes == new() { new() } else { old() };
                let (mut dump, mut log) = Disk::pair(&dump.bytes, &log.bytes, Fault::None);
                recover(&mut dump, &mut log).unwrap();
                assert_eq!(dump.bytes, expected, "{fault:?}");
                if dump.bytes == old() {
                    // The journal goes on from there.
                    commit(&mut dump, &mut log, &pending(), &mut going_on).unwrap();
                    assert_eq!(dump.bytes, new(), "{fault:?}");
                }
            }
        }
    }
}

#[test]
fn a_machine_that_dies_at_any_step_of_a_commit_comes_back_old_or_new() {
    for Case { pending, new } in CASES {
        let run = |dump: &mut Disk, log: &mut Disk| drop(commit(dump, log, &pending(), &mut going_on));
        let steps = steps_of(run, &old(), &empty_log());
        let mut ends = (0, 0);
        for at in 0..=steps {
            let (mut dump, mut log) = Disk::pair(&old(), &empty_log(), Fault::Dies(at));
            drop(commit(&mut dump, &mut log, &pending(), &mut going_on));
            for (dump, log) in after_death(&dump, &log) {
                let (mut dump, mut log) = Disk::pair(&dump, &log, Fault::None);
                recover(&mut dump, &mut log).unwrap();
                assert!(dump.bytes == old() || dump.bytes == new(), "step {at}: {:?}", dump.bytes);
                if dump.bytes == old() { ends.0 += 1 } else { ends.1 += 1 }
            }
        }
        assert!(ends.0 > 0 && ends.1 > 0, "{ends:?}");
    }
}

#[test]
fn a_dump_that_grows_is_whole_at_every_step_for_readers_that_know_no_journal() {
    let Case { pending, new } = &CASES[1];
    let run = |dump: &mut Disk, log: &mut Disk| drop(commit(dump, log, &pending(), &mut going_on));
    for at in 0..=steps_of(run, &old(), &empty_log()) {
        let (mut dump, mut log) = Disk::pair(&old(), &empty_log(), Fault::Dies(at));
        drop(commit(&mut dump, &mut log, &pending(), &mut going_on));
        for dump in [&dump.bytes, &dump.durable] {
            let is_old = dump[..64] == old();
            // Offsets of appended bytes are written when all of these are durable.
            assert!(is_old || dump[64..] == new()[64..], "step {at}: {dump:?}");
        }
    }
}

#[test]
fn a_recovery_that_dies_at_any_step_can_be_done_again() {
    for Case { pending, new } in CASES {
        let run = |dump: &mut Disk, log: &mut Disk| drop(commit(dump, log, &pending(), &mut going_on));
        let steps = steps_of(run, &old(), &empty_log());
        for at in 0..steps {
            let (mut dump, mut log) = Disk::pair(&old(), &empty_log(), Fault::Dies(at));
            drop(commit(&mut dump, &mut log, &pending(), &mut going_on));
            let recovering = |dump: &mut Disk, log: &mut Disk| drop(recover(dump, log));
            for again in 0..=steps_of(recovering, &dump.bytes, &log.bytes) {
                let (mut dump, mut log) = Disk::pair(&dump.bytes, &log.bytes, Fault::Dies(again));
                drop(recover(&mut dump, &mut log));
                for (dump, log) in after_death(&dump, &log) {
                    let (mut dump, mut log) = Disk::pair(&dump, &log, Fault::None);
                    recover(&mut dump, &mut log).unwrap();
                    assert!(dump.bytes == old() || dump.bytes == new(), "step {at}, then {again}");
                }
            }
        }
    }
}

#[test]
fn recovery_leaves_another_dump_and_foreign_bytes_alone() {
    let unfinished = || {
        let (mut dump, mut log) = Disk::pair(&old(), &empty_log(), Fault::Dies(3));
        drop(commit(&mut dump, &mut log, &pending(), &mut going_on));
        Disk::pair(&dump.bytes, &log.bytes, Fault::None)
    };
    let (mut dump, mut log) = unfinished();
    dump.bytes[41] = 0xee;
    let before = dump.bytes.clone();
    assert!(matches!(recover(&mut dump, &mut log), Err(Refused::ForeignByte(41))));
    assert_eq!(dump.bytes, before);

    let (mut dump, mut log) = unfinished();
    dump.bytes[60] = 0xee;
    assert!(matches!(recover(&mut dump, &mut log), Err(Refused::OtherDump)));

    let (mut dump, mut log) = unfinished();
    dump.bytes.push(0);
    assert!(matches!(recover(&mut dump, &mut log), Err(Refused::OtherDump)));
}

#[test]
fn an_entry_cut_anywhere_was_never_there() {
    let (mut dump, mut log) = Disk::pair(&old(), &empty_log(), Fault::None);
    commit(&mut dump, &mut log, &pending(), &mut going_on).unwrap();
    for len in HEADER as usize..log.bytes.len() {
        let (_, cut) = Disk::pair(&[], &log.bytes[..len], Fault::None);
        assert_eq!(read(&cut).len(), 0, "cut at {len}");
    }
}
