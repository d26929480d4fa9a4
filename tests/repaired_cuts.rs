//! Repairs of cut dumps: threads, registers, modules and memory of a cut dump are also in the repaired one.

use std::fs;

use dumpedit::{Context, Dump, ThreadIndex};

use crate::support::bytes::Order;
use crate::support::corpus;
use crate::support::elf_builder::{ElfBuilder, nt_file, prstatus};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};

/// Threads with the values of their registers, modules, and the number of captured bytes.
#[derive(PartialEq, Eq)]
struct Shown {
    threads: Vec<(u64, Vec<String>)>,
    modules: Vec<(u64, String)>,
    captured: u64,
}

impl Shown {
    fn of(dump: &Dump) -> Shown {
        let threads = (0..).zip(dump.layout().threads()).map(|(index, thread)| {
            let context = |choice| Context::Thread(ThreadIndex(index), choice);
            let held = thread.records.iter().flat_map(|record| {
                let held = dump.registers(context(record.kind.choice())).unwrap();
                let kind = record.kind.name();
                held.into_iter().map(move |held| format!("{kind} {:?} {}", held.part, held.value))
            });
            (thread.tid, held.collect())
        });
        let modules = dump.layout().modules().iter().map(|module| (module.base, module.name.clone()));
        Shown {
            threads: threads.collect(),
            modules: modules.collect(),
            captured: dump.layout().captured_bytes(),
        }
    }

    fn counts(&self) -> (usize, usize, usize, u64) {
        let registers = self.threads.iter().map(|(_, registers)| registers.len()).sum();
        (self.threads.len(), registers, self.modules.len(), self.captured)
    }
}

/// The bytes after a repair, and whether some contradictions stay.
fn repaired(bytes: &[u8]) -> (Vec<u8>, bool) {
    let dump = Dump::from_bytes(bytes.to_vec()).unwrap();
    let mut edit = dump.edit();
    let is_mended = !edit.repair().unwrap().is_empty();
    let stays = !edit.notices().is_empty();
    if is_mended {
        edit.commit().unwrap();
    }
    (dump.to_bytes().unwrap(), stays)
}

/// Checks that a repair of these bytes loses nothing, and returns the repaired ones, and whether some contradictions stay.
fn keeps(bytes: &[u8], what: &str) -> (Vec<u8>, bool) {
    let before = Shown::of(&Dump::from_bytes(bytes.to_vec()).unwrap());
    let (mended, stays) = repaired(bytes);
    let after = Shown::of(&Dump::from_bytes(mended.clone()).unwrap());
    assert!(after == before, "{what}: {:?} -> {:?}", before.counts(), after.counts());
    (mended, stays)
}

#[test]
fn a_repair_of_a_cut_dump_takes_nothing_away_that_is_shown() {
    let mut cut = 0;
    for path in [corpus::minidumps(), corpus::cores(), corpus::dumps("sve")].concat() {
        let whole = fs::read(&path).unwrap();
        let tenths = (1..10).map(|tenth| whole.len() * tenth / 10);
        for length in tenths.chain([whole.len() - 1]) {
            let bytes = &whole[..length];
            if Dump::from_bytes(bytes.to_vec()).is_ok() {
                keeps(bytes, &format!("{} cut to {length}", path.display()));
                cut += 1;
            }
        }
    }
    println!("{cut} cut dumps repaired");
}

#[test]
fn at_every_length_a_repair_takes_nothing_away() {
    let mut core = ElfBuilder::x86_64();
    core.load(0x1000, &[7; 64]);
    let files = [(0x1000, 0x2000, 0, "/usr/bin/crash"), (0x5000, 0x6000, 0, "/usr/lib/libc.so")];
    core.notes(&[prstatus(7, 11, 0x40_1000, 0x7000), prstatus(8, 0, 0x40_1000, 0x7000), nt_file(&files)]);
    let mut dump = MinidumpBuilder::new(Order::Little, 9);
    dump.module(0x40_0000, 0x1000, "app.exe");
    dump.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, 0x7000));
    dump.memory64(0x1000, &[7; 64]);
    for (name, whole) in [("core", core.finish()), ("minidump", dump.finish())] {
        for length in (100..whole.len()).filter(|length| Dump::from_bytes(whole[..*length].to_vec()).is_ok())
        {
            keeps(&whole[..length], &format!("{name} cut to {length}"));
        }
    }
}
