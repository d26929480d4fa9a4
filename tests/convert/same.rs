//! Compares dumps with their conversions by `diff`.

use std::collections::BTreeSet;
use std::path::Path;

use dumpedit::{Context, Dump, RecordChoice, ThreadIndex};
use serde_json::Value;

use super::{Converted, converted, cores, made, minidumps};
use crate::support::bytes::counting;
use crate::support::command::{binary, run};
use crate::support::corpus;
use crate::support::elf_builder::{ElfBuilder, prstatus};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};
use crate::support::process::{RIP, RSP, TID};
use crate::support::subject::Subject;
use crate::support::tools::have;
use crate::testdata::folder;

/// Registers that lead to a thread's own data, which minidumps keep as its environment block.
const ENVIRONMENTS: [&str; 3] = ["fs_base", "gs_base", "tpidr"];

/// Names of registers that only the records of A have, or have wider, and whose values B does not have in all of its threads.
fn only_in_a(diff: &Value, a: &Path, b: &Path) -> BTreeSet<String> {
    let (dump, other) = (Dump::open(a).unwrap(), Dump::open(b).unwrap());
    let mut used = BTreeSet::new();
    for (index, thread) in (0u32..).zip(dump.layout().threads()) {
        let context = Context::Thread(ThreadIndex(index), RecordChoice::Auto);
        for held in dump.registers(context).unwrap_or_default() {
            let name = dump.layout().register_name(context, held.part);
            // B's part of a register may be narrower, and the whole value.
            let root = |part| dump.layout().machine().registers().root(part).map(|view| view.parent);
            let of_b =
                other.thread(thread.tid).and_then(|thread| other.registers(thread)).unwrap_or_default();
            let mut same = of_b.iter().filter(|of_b| root(of_b.part) == root(held.part));
            let is_same = same.any(|of_b| of_b.value.to_u64() == held.value.to_u64());
            if !is_same && held.value.to_le_bytes().iter().any(|byte| *byte != 0) {
                used.insert(name);
            }
        }
    }
    let notices = diff["notices"].as_array().unwrap().iter();
    let of_a = notices.filter(|notice| notice["message"].as_str().unwrap().contains("only A holds"));
    let names = of_a.flat_map(|notice| match &notice["registers"] {
        Value::Array(several) => several.clone(),
        _ => vec![notice["register"].clone()],
    });
    names.map(|name| name.as_str().unwrap().to_owned()).filter(|name| used.contains(name)).collect()
}

/// Checks that two dumps have the same memory, threads and registers, except for listed registers; the first one's contexts of threads may
/// be lost beside their exceptions', and memory of B may be made.
fn compare_but(a: &Path, b: &Path, lost: &[&str], losses: &[&str], made: &[String]) {
    let diff = run(binary().arg("diff").arg(a).arg(b).arg("--json"), b"").json();
    let name = a.display();
    assert_eq!(diff["memory"], Value::Array(Vec::new()), "{name}");
    for side in ["only_in_a", "only_in_b"] {
        for part in ["memory", "threads"] {
            let mut found = diff[side][part].as_array().unwrap().clone();
            if side == "only_in_b" && part == "memory" {
                found.retain(|range| !made.iter().any(|made| range["address"] == made.as_str()));
            }
            assert!(found.is_empty(), "{name}: {part} {side}: {found:?}");
        }
    }
    for register in diff["registers"].as_array().unwrap() {
        let is_listed = lost.contains(&register["name"].as_str().unwrap());
        let is_own = register["context"] == "thread" && losses.contains(&"thread-context");
        assert!(is_listed || is_own, "{name}: {register}, and lost are {lost:?}");
    }
    for register in only_in_a(&diff, a, b) {
        let is_told = lost.contains(&register.as_str()) || ENVIRONMENTS.contains(&register.as_str());
        assert!(is_told, "{name}: {register} is lost in silence, and not among {lost:?}");
    }
}

/// Checks that a dump and its conversion have the same memory, threads and registers, except for listed losses.
fn compare(a: &Path, b: &Converted) {
    let diff = run(binary().arg("diff").arg(a).arg(&b.path).arg("--json"), b"").json();
    assert_eq!(diff["registers"], Value::Array(Vec::new()), "{}", a.display());
    compare_but(a, &b.path, &b.lost("register"), &[], &b.made_memory());
}

fn compare_all(dumps: &[std::path::PathBuf], to: &str, least: usize) {
    let mut compared = 0;
    for dump in dumps {
        let Some(there) = converted(dump, to) else { continue };
        compare(dump, &there);
        let back = there.back();
        compare(&there.path, &back);
        let lost = [there.lost("register"), back.lost("register")].concat();
        compare_but(dump, &back.path, &lost, &there.losses(), &there.made_memory());
        compared += 1;
    }
    assert!(compared >= least, "{compared} of {}", dumps.len());
}

#[test]
fn cores_of_minidumps_have_the_same_memory_and_registers_there_and_back() {
    let dumps = minidumps();
    compare_all(&dumps, "core", if dumps.len() > 2 { 20 } else { 2 });
}

#[test]
fn minidumps_of_cores_have_the_same_memory_and_registers_there_and_back() {
    let dumps = cores();
    compare_all(&dumps, "dmp", if dumps.len() > 2 { 26 } else { 2 });
}

#[test]
fn mach_o_cores_and_triage_dumps_become_cores_and_minidumps() {
    let mut dumps: Vec<_> = ["macos.yaml", "kernel.yaml"]
        .map(|spec| made(&std::fs::read_to_string(folder().join(spec)).unwrap()))
        .into_iter()
        .collect();
    if let Some(maker) = corpus::maker("macho.py").filter(|_| have("python3")) {
        let folder = tempfile::tempdir().unwrap();
        let mut python = std::process::Command::new("python3");
        assert!(python.arg(maker).arg(folder.path()).status().unwrap().success());
        for name in ["x64.core", "i386.core", "arm64.core"] {
            let one = tempfile::tempdir().unwrap();
            let path = one.path().join(name);
            std::fs::copy(folder.path().join(name), &path).unwrap();
            dumps.push((one, path));
        }
    }
    for (_folder, dump) in &dumps {
        for to in ["core", "dmp"] {
            let made = converted(dump, to).unwrap_or_else(|| panic!("{} to {to}", dump.display()));
            compare(dump, &made);
        }
    }
}

/// 512-bit vectors are converted in areas of both forms: a core's has gaps, and a minidump's is compacted.
#[test]
fn avx_512_goes_over_in_areas_of_either_form() {
    let spec = "format: elf-core\nthreads:\n- tid: 7\n  registers:\n    rip: 0x401000\n    \
                zmm3: 0x112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00\n    zmm17: 0x5\n    k3: 0x77\n    \
                pkru: 0x4\n    ymm1: 0x1000000000000000000000000000000000\n    st0: 0x3fff8000000000000000\n";
    let (_folder, core) = made(spec);
    let there = converted(&core, "dmp").unwrap();
    let back = there.back();
    for dump in [&there.path, &back.path] {
        let regs =
            run(binary().arg("regs").arg(dump).args(["zmm3", "zmm17", "k3", "pkru", "ymm1", "st0"]), b"");
        let text = regs.exits(0).text().to_owned();
        for value in [
            "0x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00",
            "5",
            "0x0000000000000077",
            "0x00000004",
            "0x0000000000000000000000000000001000000000000000000000000000000000",
            "0x3fff8000000000000000",
        ] {
            assert!(text.contains(value.trim_start_matches("0x00")), "{value} in {text}");
        }
    }
    compare(&core, &there);
    assert_eq!(there.lost("register"), [""; 0]);
}

/// Reads take the MemoryList's bytes at an address that the Memory64List has as well.
#[test]
fn of_memory_that_is_stored_twice_the_bytes_go_over_that_reads_take() {
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(u64::from(TID), &amd64_context(amd64::FULL, RIP, RSP));
    dump.memory(0x1010, &[0xaa; 16]);
    dump.memory64(0x1000, &counting(1, 64));
    let subject = Subject::named("twice.dmp", dump.finish());
    let core = converted(subject.path(), "core").unwrap();
    compare(subject.path(), &core);
    assert!(core.losses().contains(&"differing-copy"), "{}", core.told);
    let read = run(binary().arg("read").arg(&core.path).args(["0x1000..+0x40", "--json"]), b"");
    let mut expected = counting(1, 64);
    expected[16..32].fill(0xaa);
    let hex: String = expected.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(read.exits(0).json()["bytes"], hex);
}

#[test]
fn the_same_bytes_twice_are_no_loss() {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(TID, 11, RIP, RSP)]);
    core.load(0x1000, &counting(1, 64));
    core.load(0x1020, &counting(33, 32));
    let subject = Subject::named("twice.core", core.finish());
    let dump = converted(subject.path(), "dmp").unwrap();
    compare(subject.path(), &dump);
    assert!(!dump.losses().contains(&"differing-copy"), "{}", dump.told);
}
