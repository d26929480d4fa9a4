//! Benchmarks of searching 256 MiB of memory, in a file and in memory, for one pattern and for several.

mod one_segment;

use std::fs;
use std::hint::black_box;
use std::ops::ControlFlow;

use criterion::{BenchmarkId, Criterion, Throughput};
use dumpedit::{Dump, Matcher, Search};
use tempfile::TempDir;

const SIZE: usize = 256 << 20;

fn main() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("memory.core");
    fs::write(&path, core()).expect("a core of 256 MiB");
    let mut criterion = Criterion::default().configure_from_args();
    let in_file = Dump::open(&path).expect("the core opens");
    let in_memory = Dump::from_bytes(core()).expect("the core opens");
    let mut group = criterion.benchmark_group("find");
    group.sample_size(10).throughput(Throughput::Bytes(SIZE as u64));
    for (name, search) in searches() {
        for (place, dump) in [("file", &in_file), ("memory", &in_memory)] {
            group.bench_function(BenchmarkId::new(name, place), |bencher| {
                bencher.iter(|| matches(dump, black_box(&search)));
            });
        }
    }
    group.finish();
    criterion.final_summary();
}

fn searches() -> Vec<(&'static str, Search)> {
    let bytes = |bytes: &[u8]| Matcher::bytes(bytes).expect("a pattern");
    let needle = || bytes(b"DUMPEDIT-NEEDLE!");
    let masked = Matcher::masked(b"DUMP\0DIT", b"\xff\xff\xff\xff\0\xff\xff\xff").expect("a pattern");
    let regex = Matcher::regex("(?i)needle[!?]").expect("a pattern");
    let several = (0..8).map(|at| bytes(format!("pattern-{at}").as_bytes())).chain([needle()]).collect();
    vec![
        ("16 bytes", Search::new(vec![needle()])),
        ("wildcards", Search::new(vec![masked])),
        ("nine patterns", Search::new(several)),
        ("a regular expression", Search::new(vec![regex])),
    ]
}

fn matches(dump: &Dump, search: &Search) -> u64 {
    let found = dump.find(search, &mut |_| ControlFlow::Continue(()), &mut |_| ControlFlow::Continue(()));
    found.expect("the core can be read").matches
}

/// A core of noise, zeros and a few needles.
fn core() -> Vec<u8> {
    let mut core = one_segment::header(SIZE as u64);
    core.reserve(SIZE);
    let mut state = 1u64;
    for page in 0..SIZE / 4096 {
        if page % 3 == 0 {
            core.resize(core.len() + 4096, 0);
            continue;
        }
        for _ in 0..512 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            core.extend((state >> 16).to_le_bytes());
        }
        if page % 1000 == 1 {
            let at = core.len() - 2048;
            core.splice(at..at + 16, *b"DUMPEDIT-NEEDLE!");
        }
    }
    core
}
