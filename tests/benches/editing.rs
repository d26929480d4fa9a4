//! Benchmarks of opening dumps of many regions, finding an address in them, patching, comparing and planning their conversion.

mod large_dumps;

use std::hint::black_box;
use std::ops::ControlFlow;
use std::path::Path;

use criterion::{BatchSize, BenchmarkId, Criterion};
use dumpedit::diff::Diff;
use dumpedit::notation::{Script, ScriptOptions};
use dumpedit::{Access, CommitOptions, Context, Dump, EditOptions, Format};
use dumpedit_fixtures::{ConvertOptions, convert};
use large_dumps::{Core, Hostile};
use tempfile::TempDir;

fn main() {
    let folder = TempDir::new().expect("a temporary folder");
    let mut criterion = Criterion::default().configure_from_args();
    let few = Core::write(folder.path().join("few.core"), 24_000).expect("a core of 24,000 regions");
    let many = Core::write(folder.path().join("many.core"), 1_000_000).expect("a core of 1,000,000 regions");
    let hostile = Hostile::write(folder.path().join("hostile.dmp"), 40_000).expect("a hostile minidump");
    opening(&mut criterion, &[&few, &many]);
    looking_up(&mut criterion, &[&few, &many]);
    writing(&mut criterion, &few);
    nested_copies(&mut criterion, &hostile);
    comparing(&mut criterion, &[&few, &many]);
    converting(&mut criterion, &[&few, &many]);
    criterion.final_summary();
}

fn open(path: &Path) -> Dump {
    Dump::open(path).expect("the dump opens")
}

fn opening(criterion: &mut Criterion, cores: &[&Core]) {
    let mut group = criterion.benchmark_group("open");
    group.sample_size(10);
    for core in cores {
        group.bench_function(BenchmarkId::new("regions", core.regions), |bencher| {
            bencher.iter(|| open(&core.path));
        });
    }
}

fn looking_up(criterion: &mut Criterion, cores: &[&Core]) {
    let mut group = criterion.benchmark_group("resolve");
    for core in cores {
        let dump = open(&core.path);
        let mut addresses = core.scattered();
        group.bench_function(BenchmarkId::new("regions", core.regions), |bencher| {
            bencher.iter_batched(
                || addresses.next().expect("addresses never end"),
                |address| dump.layout().resolve(Context::Process, black_box(address).into(), 8, Access::Read),
                BatchSize::SmallInput,
            );
        });
    }
}

fn writing(criterion: &mut Criterion, core: &Core) {
    let mut group = criterion.benchmark_group("write");
    let dump = open(&core.path);
    let mut addresses = core.scattered();
    let mut patch = |count, sync| {
        let mut edit = dump.edit();
        for address in addresses.by_ref().take(count) {
            let outcome = edit.write_bytes(Context::Process, address, b"DUMPEDIT").expect("captured memory");
            assert!(outcome.is_full());
        }
        edit.commit_with(CommitOptions::default().sync(sync)).expect("the dump can be patched")
    };
    group.bench_function("8 bytes", |bencher| bencher.iter(|| patch(1, false)));
    group.bench_function("8 bytes, durable", |bencher| bencher.iter(|| patch(1, true)));
    group.sample_size(10);
    group.bench_function("10,000 scattered", |bencher| bencher.iter(|| patch(10_000, false)));
    for lines in [10_000, 100_000] {
        let text: String =
            core.scattered().take(lines).map(|at| format!("write {at:#x} 44554d50\n")).collect();
        group.bench_function(BenchmarkId::new("lines of a script", lines), |bencher| {
            bencher.iter(|| {
                let mut edit = dump.edit_with(EditOptions::default().bytes_of(0));
                let scripts = [Script::new("script", text.as_str())];
                let (options, unknown) = (ScriptOptions::default(), &mut |error| panic!("{error}"));
                let applied =
                    edit.apply_scripts(&scripts, &options, unknown, &mut |_| ControlFlow::Continue(()));
                assert_eq!(applied.expect("every line can be done").done, lines as u64);
                edit.commit_with(CommitOptions::default().sync(false)).expect("the dump can be patched")
            });
        });
    }
}

/// Every byte is in thousands of descriptors, which all lead to the same few bytes of the file.
fn nested_copies(criterion: &mut Criterion, hostile: &Hostile) {
    let mut group = criterion.benchmark_group("nested copies");
    group.sample_size(10);
    group.bench_function("open", |bencher| bencher.iter(|| open(&hostile.path)));
    let dump = open(&hostile.path);
    let mut bytes = vec![0; hostile.size];
    group.bench_function("resolve one address", |bencher| {
        let middle = hostile.address + hostile.size as u64 / 2;
        bencher.iter(|| dump.layout().resolve(Context::Process, black_box(middle).into(), 8, Access::Read));
    });
    group.bench_function("read all", |bencher| {
        bencher.iter(|| {
            let outcome = dump.read_bytes(Context::Process, hostile.address, &mut bytes).expect("captured");
            assert!(outcome.is_full());
        });
    });
    group.bench_function("write all", |bencher| {
        bencher.iter(|| {
            let mut edit = dump.edit_with(EditOptions::default().all_or_nothing(true));
            edit.write_bytes(Context::Process, hostile.address, &bytes).expect("captured").complete()
        });
    });
}

/// Two equal dumps: every byte is compared, and none differs.
fn comparing(criterion: &mut Criterion, cores: &[&Core]) {
    let mut group = criterion.benchmark_group("diff");
    group.sample_size(10);
    for core in cores {
        let dump = open(&core.path);
        group.bench_function(BenchmarkId::new("regions", core.regions), |bencher| {
            let go_on = ControlFlow::Continue(());
            bencher.iter(|| Diff::new(&dump, &dump).memory(&mut |_| go_on, &mut |_| go_on));
        });
    }
}

/// All of a conversion except for the bytes of memory, which are copied as by `cp`.
fn converting(criterion: &mut Criterion, cores: &[&Core]) {
    let mut group = criterion.benchmark_group("convert");
    group.sample_size(10);
    for core in cores {
        let dump = open(&core.path);
        group.bench_function(BenchmarkId::new("regions", core.regions), |bencher| {
            bencher.iter(|| convert(&dump, Format::Minidump, &ConvertOptions::default()));
        });
    }
}
