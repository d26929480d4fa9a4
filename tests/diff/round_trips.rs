//! Random edits of every dump: the script between the dump and its edited copy makes that copy, and is undone.

use std::path::PathBuf;

use dumpedit::{Context, Dump, Edit, Number, RecordChoice, ThreadIndex};

use super::{apply, script};
use crate::library::every_record::{arm_cores, intel_cores, minidumps, plain_cores};
use crate::library::random::Random;
use crate::support::corpus;
use crate::testdata::folder;

/// Dumps of testdata/ and of the corpus, and one for every kind of record.
fn every_dump() -> Vec<(String, Vec<u8>)> {
    let own = ["crash.dmp", "live.dmp", "crash.core", "crash32.core"].map(|name| folder().join(name));
    let files = [own.to_vec(), corpus::minidumps(), corpus::cores()].concat();
    let read = |path: &PathBuf| (path.display().to_string(), std::fs::read(path).unwrap());
    files
        .iter()
        .map(read)
        .chain(minidumps())
        .chain(intel_cores())
        .chain(arm_cores())
        .chain(plain_cores())
        .collect()
}

fn captured(dump: &Dump) -> Vec<(u64, u64)> {
    let mut stretches = Vec::new();
    for region in dump.layout().regions() {
        if region.captured > 0 {
            stretches.push((region.start, region.captured));
        }
    }
    stretches
}

fn write(edit: &mut Edit, random: &mut Random, stretches: &[(u64, u64)]) {
    let (start, size) = stretches[random.next() as usize % stretches.len()];
    let at = start + random.next() % size;
    let size = 1 + random.next() as usize % if random.next().is_multiple_of(8) { 10_000 } else { 60 };
    let bytes = random.bytes(size);
    let _ = edit.write_bytes(Context::Process, at, &bytes);
}

fn set(edit: &mut Edit, random: &mut Random) {
    let dump = edit.dump().clone();
    let threads = dump.layout().threads().len() as u64;
    let index = ThreadIndex(u32::try_from(random.next() % threads.max(1)).unwrap());
    let choices = [RecordChoice::Auto, RecordChoice::Thread, RecordChoice::Exception, RecordChoice::Wow64];
    let context = Context::Thread(index, choices[random.next() as usize % 4]);
    let Ok(registers) = dump.registers(context) else { return };
    if registers.is_empty() {
        return;
    }
    let part = registers[random.next() as usize % registers.len()].part;
    let name = dump.display(context, part);
    let bytes = random.bytes(part.size());
    let _ = edit.set_register(context, name.trim_start_matches("reg:"), Number::from_le_bytes(&bytes));
}

/// Every register of every record, as text.
fn registers(dump: &Dump) -> Vec<String> {
    let mut all = Vec::new();
    for (index, thread) in (0u32..).zip(dump.layout().threads()) {
        for record in &thread.records {
            let context = Context::Thread(ThreadIndex(index), record.kind.choice());
            let values = dump.registers(context).unwrap();
            all.extend(values.into_iter().map(|held| format!("{context:?} {:?} {}", held.part, held.value)));
        }
    }
    all
}

#[test]
fn the_script_between_a_dump_and_its_edited_copy_makes_that_copy_and_is_taken_back() {
    let (mut taken_back, mut all) = (0, 0);
    for (name, file) in every_dump() {
        let a = Dump::from_bytes(file.clone()).unwrap();
        let stretches = captured(&a);
        for seed in 0..3 {
            let mut random = Random(seed);
            let edited = Dump::from_bytes(file.clone()).unwrap();
            let mut edit = edited.edit();
            for _ in 0..=random.next() % 12 {
                if stretches.is_empty() || random.next().is_multiple_of(3) {
                    set(&mut edit, &mut random);
                } else {
                    write(&mut edit, &mut random, &stretches);
                }
            }
            edit.commit().unwrap();
            let expected = edited.to_bytes().unwrap();
            // An edit of registers in memory can change which of them are there.
            let b = Dump::from_bytes(expected.clone()).unwrap();
            let (text, scripted) = script(&a, &b);
            let context =
                format!("{name}, seed {seed}: {:?}\n{}", scripted.notices, &text[..text.len().min(4000)]);
            let made = apply(&file, &text, false).unwrap_or_else(|error| panic!("{error}\n{context}"));
            let made_dump = Dump::from_bytes(made.clone()).unwrap();
            let (left, _) = script(&made_dump, &b);
            assert!(left.lines().all(|line| line.starts_with('#')), "{context}\nleft:\n{left}");
            assert_eq!(registers(&made_dump), registers(&b), "{context}");
            all += 1;
            assert!(made == expected, "{context}");
            if !text.contains("taken back") {
                let back = apply(&made, &text, true).unwrap();
                assert!(back == file, "{context}");
                taken_back += 1;
            }
        }
    }
    eprintln!("{all} scripts, {taken_back} were taken back");
    assert!(taken_back * 4 > all * 3);
}
