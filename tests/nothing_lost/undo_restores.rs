//! Random edits with fixed seeds: the length never changes, bytes outside of the resolved pieces never change, and an undo restores the
//! file.

use dumpedit::{Access, CommitOptions, Context, Dump, Edit, History, Location, Number, UndoOptions};

use super::testdata;
use crate::library::random::Random;
use crate::support::subject::assert_same_bytes;

const DUMPS: [&str; 4] = ["crash.dmp", "live.dmp", "crash.core", "crash32.core"];

/// Captured ranges of memory: start and size.
fn captured(dump: &Dump) -> Vec<(u64, u64)> {
    let mut stretches = Vec::new();
    for region in dump.layout().regions() {
        if region.captured > 0 {
            stretches.push((region.start, region.captured));
        }
    }
    assert!(!stretches.is_empty());
    stretches
}

/// Writes random bytes to a random place, and returns the ranges of the file that it may change.
fn write(edit: &mut Edit, random: &mut Random) -> Vec<(u64, u64)> {
    let stretches = captured(edit.dump());
    let (start, size) = stretches[random.next() as usize % stretches.len()];
    let at = start + random.next() % size;
    // Some extend past the end of the captured bytes.
    let size = 1 + random.next() as usize % 80;
    let bytes = random.bytes(size);
    let resolved =
        edit.dump().layout().resolve(Context::Process, Location::from(at), bytes.len() as u64, Access::Write);
    let outcome = edit.write_bytes(Context::Process, at, &bytes);
    let Ok(resolved) = resolved else {
        assert!(outcome.is_err());
        return Vec::new();
    };
    if outcome.is_err() {
        // Two addresses of one file byte.
        return Vec::new();
    }
    assert_eq!(outcome.unwrap().completed, resolved.outcome.completed);
    resolved.pieces.iter().map(|piece| (piece.file_offset, piece.size)).collect()
}

/// Sets a random register of a random thread, and returns the ranges of the file that it may change.
fn set(edit: &mut Edit, random: &mut Random) -> Vec<(u64, u64)> {
    let dump = edit.dump().clone();
    let threads = dump.layout().threads().len() as u64;
    let context = dump.thread_at(u32::try_from(random.next() % threads).unwrap()).unwrap();
    let registers = dump.registers(context).unwrap_or_default();
    if registers.is_empty() {
        return Vec::new();
    }
    let part = registers[random.next() as usize % registers.len()].part;
    let name = dump.display(context, part);
    let name = name.trim_start_matches("reg:");
    let value = Number::from(random.next() & 0xff);
    if edit.set_register(context, name, value).is_err() {
        return Vec::new();
    }
    let thread = dump.layout().thread(context).unwrap();
    let blocks = thread.records.iter().flat_map(|record| record.blocks.iter());
    blocks.map(|block| (block.file_offset, block.size)).collect()
}

fn differing(before: &[u8], after: &[u8]) -> Vec<u64> {
    assert_eq!(before.len(), after.len(), "the file's length");
    before
        .iter()
        .zip(after)
        .zip(0..)
        .filter(|((before, after), _)| before != after)
        .map(|(_, at)| at)
        .collect()
}

#[test]
fn random_edits_stay_in_their_pieces_and_are_undone_byte_for_byte() {
    for name in DUMPS {
        let subject = testdata(name);
        let history = History::of(subject.path());
        let mut changed = 0;
        for seed in 0..25 {
            let mut random = Random(seed);
            let mut states = vec![subject.now()];
            for _ in 0..1 + random.next() % 4 {
                let dump = Dump::open(subject.path()).unwrap();
                let mut edit = dump.edit();
                let mut allowed = Vec::new();
                for _ in 0..1 + random.next() % 5 {
                    let write_or_set = if random.next().is_multiple_of(3) { set } else { write };
                    allowed.extend(write_or_set(&mut edit, &mut random));
                }
                edit.commit_with(CommitOptions::default().sync(false)).unwrap();
                let after = subject.now();
                let differing = differing(states.last().unwrap(), &after);
                changed += differing.len();
                for at in differing {
                    assert!(
                        allowed.iter().any(|(start, size)| (*start..start + size).contains(&at)),
                        "{name}, seed {seed}: byte {at:#x} is in no piece"
                    );
                }
                if history.log().unwrap().entries.len() == states.len() {
                    states.push(after);
                }
            }
            // Back to a random intermediate state, and then to the first.
            let to = random.next() as usize % states.len();
            if to + 1 < states.len() {
                history.undo(UndoOptions::default().to(to as u64)).unwrap();
                assert_same_bytes(&subject.now(), &states[to]);
            }
            if to > 0 {
                history.undo(UndoOptions::default().to(0)).unwrap();
            }
            assert_same_bytes(&subject.now(), subject.before());
            let _ = std::fs::remove_file(super::journal_of(subject.path()));
        }
        assert!(changed > 500, "{name}: {changed} bytes");
    }
}
