//! What the tests share: dumps of other people's, and comparing what two dumps say.

use std::path::PathBuf;

use dumpedit::{Context, Dump, RecordChoice, ThreadIndex};

/// The dumps in one folder of the corpus. Where it is not here, says that the test skips them, or fails where
/// `DUMPEDIT_REQUIRE_TOOLS` is 1.
fn corpus(folder: &str) -> Vec<PathBuf> {
    let beside = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/dumps"));
    let folder = std::env::var_os("DUMPEDIT_DUMPS").map_or(beside, PathBuf::from).join(folder);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        let why = format!("there are no real dumps in {}", folder.display());
        let required = std::env::var_os("DUMPEDIT_REQUIRE_TOOLS").is_some_and(|value| value == "1");
        assert!(!required, "DUMPEDIT_REQUIRE_TOOLS=1, but {why}");
        eprintln!("skipped: {why}");
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The bad dumps of the corpus, where it is here.
pub(crate) fn bad_dumps() -> Vec<PathBuf> {
    corpus("bad")
}

/// The dumps in testdata/.
pub(crate) fn own_dumps() -> Vec<PathBuf> {
    let testdata = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata"));
    ["crash.dmp", "live.dmp", "crash.core", "crash32.core"].map(|name| testdata.join(name)).into()
}

/// The good dumps of the corpus, where it is here, and those in testdata/.
pub(crate) fn good_dumps() -> Vec<PathBuf> {
    // Of a kernel's dumps only those of one kind are read.
    let is_triage = |path: &PathBuf| path.to_str().is_some_and(|path| path.contains("triage"));
    let of_kernels = corpus("kernel").into_iter().filter(is_triage).collect();
    [corpus("minidump"), corpus("elf"), corpus("sve"), of_kernels, own_dumps()].concat()
}

/// What a dump says of every region, where its bytes stand in the file apart.
fn regions(dump: &Dump) -> Vec<String> {
    let mut all = Vec::new();
    for mut region in dump.layout().regions() {
        // What is of this file alone.
        region.file_offsets.clear();
        all.push(format!("{region:x?}"));
    }
    all
}

/// Checks that two dumps say the same of the process, and hold the same bytes.
#[track_caller]
pub(crate) fn assert_reads_the_same(one: &Dump, two: &Dump, name: &str) {
    let (a, b) = (one.layout(), two.layout());
    assert_eq!(a.format(), b.format(), "{name}");
    assert_eq!((a.machine(), a.os()), (b.machine(), b.os()), "{name}");
    assert_eq!((a.byte_order(), a.pointer_width()), (b.byte_order(), b.pointer_width()), "{name}");
    assert_eq!(a.modules(), b.modules(), "{name}");
    assert_eq!((a.fault(), a.crashed()), (b.fault(), b.crashed()), "{name}");
    assert_eq!(a.untouched(), b.untouched(), "{name}");
    let (regions_a, regions_b) = (regions(one), regions(two));
    for (a, b) in regions_a.iter().zip(&regions_b) {
        assert_eq!(a, b, "{name}");
    }
    assert_eq!(regions_a.len(), regions_b.len(), "{name}: regions");
    assert_eq!(a.threads().len(), b.threads().len(), "{name}: threads");
    for (index, (thread_a, thread_b)) in a.threads().iter().zip(b.threads()).enumerate() {
        assert_eq!((thread_a.tid, &thread_a.name), (thread_b.tid, &thread_b.name), "{name}");
        let kinds = |thread: &dumpedit::Thread| {
            let record = |record: &dumpedit::ContextRecord| {
                (record.kind, record.format.name, record.flags, record.place().size)
            };
            thread.records.iter().map(record).collect::<Vec<_>>()
        };
        assert_eq!(kinds(thread_a), kinds(thread_b), "{name}: records of thread {index}");
        for choice in [RecordChoice::Thread, RecordChoice::Exception, RecordChoice::Wow64] {
            let context = Context::Thread(ThreadIndex(index as u32), choice);
            let read = |dump: &Dump| {
                let registers = dump.registers(context).ok()?;
                Some(
                    registers.into_iter().map(|held| (held.part, held.value.to_string())).collect::<Vec<_>>(),
                )
            };
            assert_eq!(read(one), read(two), "{name}: thread {index}, {choice}");
        }
    }
    let ranges = |dump: &Dump| -> Vec<(u64, u64)> {
        let mut joined: Vec<(u64, u64)> = Vec::new();
        for range in dump.layout().captured_ranges(0, u64::MAX) {
            match joined.last_mut().filter(|(_, last)| last.checked_add(1) == Some(range.first)) {
                Some((_, last)) => *last = range.last,
                None => joined.push((range.first, range.last)),
            }
        }
        joined
    };
    assert_eq!(ranges(one), ranges(two), "{name}: captured");
    for (first, last) in ranges(one) {
        let mut at = first;
        while at <= last {
            let size = (last - at).saturating_add(1).min(1 << 20) as usize;
            let (mut bytes_a, mut bytes_b) = (vec![0; size], vec![0; size]);
            one.read_bytes(Context::Process, at, &mut bytes_a).unwrap().complete().unwrap();
            two.read_bytes(Context::Process, at, &mut bytes_b).unwrap().complete().unwrap();
            if let Some(differs) = (0..size).find(|index| bytes_a[*index] != bytes_b[*index]) {
                panic!("{name}: the byte at {:#x} differs", at + differs as u64);
            }
            let Some(next) = at.checked_add(size as u64) else { break };
            at = next;
        }
    }
}
