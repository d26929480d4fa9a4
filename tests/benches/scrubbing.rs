//! Benchmarks of searching for secrets in 256 MiB of zeros, of a program with its texts, and of a log, beside a search for one pattern.

mod one_segment;

use std::fs;
use std::hint::black_box;
use std::ops::ControlFlow;

use criterion::{BenchmarkId, Criterion, Throughput};
use dumpedit::{Dump, Matcher, Search};
use dumpedit_scrub::Scrub;
use tempfile::TempDir;

const SIZE: usize = 256 << 20;

fn main() {
    let folder = TempDir::new().expect("a temporary folder");
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("scrub");
    group.sample_size(10).throughput(Throughput::Bytes(SIZE as u64));
    let search = Search::new(vec![Matcher::bytes(b"DUMPEDIT-NEEDLE!").expect("a pattern")]);
    for (name, block) in [("zeros", vec![0; 1 << 20]), ("a program", program()), ("a log", log())] {
        let path = folder.path().join("memory.core");
        let mut core = one_segment::header(SIZE as u64);
        let whole = core.len() + SIZE;
        while core.len() < whole {
            core.extend(block.iter().take(whole - core.len()));
        }
        fs::write(&path, core).expect("a core of 256 MiB");
        let dump = Dump::open(&path).expect("the core opens");
        group.bench_function(BenchmarkId::new(name, "scrub"), |bencher| {
            bencher.iter(|| Scrub::default().verify(black_box(&dump), &mut |_| ControlFlow::Continue(())));
        });
        group.bench_function(BenchmarkId::new(name, "find"), |bencher| {
            bencher.iter(|| dump.count(black_box(&search), &mut |_| ControlFlow::Continue(())));
        });
    }
    group.finish();
    criterion.final_summary();
}

/// Pseudorandom numbers below a limit.
fn numbers() -> impl FnMut(u64) -> u64 {
    let mut state = 1u64;
    move |limit| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) % limit
    }
}

/// Instructions, of which many bytes happen to be letters, and a sixth of texts.
fn program() -> Vec<u8> {
    let mut below = numbers();
    let mut bytes = Vec::new();
    while bytes.len() < 1 << 20 {
        for _ in 0..80 {
            let word = [0x48, 0x8b, below(256) as u8, below(256) as u8, 0xe8, below(256) as u8, 0, 0];
            bytes.extend(word.into_iter().take(4 + below(5) as usize));
        }
        for _ in 0..5 {
            bytes.extend(
                format!("std::name_{}\0%s: no file /usr/lib{}/x.so\0", below(1000), below(9)).bytes(),
            );
        }
    }
    bytes
}

/// Lines of JSON, a few with an address.
fn log() -> Vec<u8> {
    let mut below = numbers();
    let mut text = String::new();
    while text.len() < 1 << 20 {
        let (second, id, path, time) = (below(60), below(u32::MAX.into()), below(1 << 20), below(1 << 30));
        text += &format!(
            "{{\"ts\": \"2026-11-08T12:34:{second:02}.017Z\", \"level\": \"INFO\", \"logger\": \"com.example.store\", \
             \"request_id\": \"{id:032x}\", \"msg\": \"item was found and sent on its way\", \"path\": \"/api/v1/items/{path}\", \
             \"status\": 200, \"duration_ms\": {}.{time}}}\n",
            below(300)
        );
        if below(100) == 0 {
            text += &format!("{{\"client\": \"203.0.113.{}\"}}\n", below(200) + 11);
        }
    }
    text.into_bytes()
}
