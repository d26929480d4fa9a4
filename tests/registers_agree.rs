//! Every register of every record of every dump has the value that independent readers show, and after `set` they show the new value, and
//! everything else unchanged.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::bytes::{Order, counting};
use crate::support::command::{binary, dumpedit, run};
use crate::support::corpus;
use crate::support::elf_builder::{
    ElfBuilder, NT_AUXV, NT_FPREGSET, NT_PRSTATUS, NT_X86_XSTATE, fxsave, machine, prstatus,
};
use crate::support::minidump_builder::{MinidumpBuilder, processor};
use crate::support::readers::{View, digits, eu_readelf, gdb, lldb, minidump_crate};
use crate::support::subject::{Subject, assert_same_bytes};
use crate::support::tools::have;
use crate::testdata::folder;

const LITTLE: Order = Order::Little;

/// Registers by group: in each line, the first one that a record holds is set.
const GROUPS: [(&str, &[&str]); 12] = [
    ("general", &["t3", "r9", "r9l", "l3", "d3", "rbx", "ebx", "x3", "r3"]),
    ("program counter", &["rip", "eip", "pc", "pswa"]),
    ("stack pointer", &["rsp", "esp", "sp", "r1", "acr1"]),
    ("flags", &["eflags", "cpsr", "cr", "pswm", "tstate", "sr", "flags"]),
    ("segment", &["gs"]),
    ("segment base", &["fs_base"]),
    ("floating point", &["st2", "fpsr", "f4", "fpscr", "fpc", "fsr", "fp4"]),
    ("vector", &["xmm5", "v7", "d9", "vr7"]),
    ("wide vector", &["ymm3"]),
    ("debug", &["dr3", "bvr1"]),
    ("exception", &["far"]),
    ("system", &["orig_rax", "orig_eax", "orig_r0", "tpidr", "orig_r3", "orig_r2"]),
];

/// Segment registers, which are selectors in every record.
const SELECTORS: [&str; 1] = ["gs"];

/// Machines whose registers eu-readelf does not show.
const UNKNOWN_TO_EU_READELF: [&str; 6] = ["mips", "mips64", "hppa", "loongarch64", "riscv32", "xtensa"];

/// Machines of cores whose registers gdb does not show.
const UNKNOWN_TO_GDB: [&str; 5] = ["alpha", "loongarch64", "m68k", "sparc64", "xtensa"];

/// Minimum number of registers that a reader shows for a core's thread, so that a comparison is never empty.
pub(crate) fn least(machine: &str) -> usize {
    match machine {
        "amd64" | "x32" => 50,
        "x86" | "arm" => 16,
        "riscv32" | "riscv64" => 31,
        "ppc" | "ppc64" => 70,
        "s390x" | "s390" => 38,
        "mips" => 36,
        "sparc64" => 69,
        "m68k" => 25,
        "alpha" => 60,
        "hppa" => 50,
        "mips64" => 69,
        "arm64" => 67,
        _ => panic!("{machine} has no table"),
    }
}

/// The same for a minidump's record, whose flags may name only two groups.
pub(crate) const LEAST_OF_A_MINIDUMP: usize = 16;

pub(crate) fn machine_of(path: &Path) -> String {
    let info = dumpedit(&["info".as_ref(), path.as_os_str(), "--json".as_ref()]).exits(0).json();
    info["machine"].as_str().unwrap().to_owned()
}

/// Name of a part of a register, by the register's number.
type PartName = fn(usize) -> String;

/// Parts of vectors that readers show where `regs` shows the vector: the vector's name in front of its number, the offset of the part from
/// the lowest byte and its size, in bytes, and its name.
const PARTS: [(&str, usize, usize, PartName); 10] = [
    ("q", 0, 8, |number| format!("d{}", 2 * number)),
    ("q", 8, 8, |number| format!("d{}", 2 * number + 1)),
    ("vs", 8, 8, |number| format!("f{number}")),
    ("xr", 0, 8, |number| format!("f{number}")),
    ("d", 4, 4, |number| format!("f{number}")),
    ("d", 0, 4, |number| format!("f{}", number + 1)),
    ("w", 0, 8, |number| format!("f{number}")),
    ("v", 8, 8, |number| format!("f{number}")),
    ("r", 0, 4, |number| format!("r{number}l")),
    ("r", 4, 4, |number| format!("r{number}h")),
];

/// Output of `regs` for a record: each register's digits and its size in bytes.
pub(crate) fn shown(path: &Path, choice: &[String]) -> BTreeMap<String, (String, usize)> {
    let regs = run(binary().arg("regs").arg(path).args(choice).arg("--json"), b"").exits(0).json();
    let mut registers = BTreeMap::new();
    for register in regs["registers"].as_array().unwrap() {
        let size = usize::try_from(register["size"].as_u64().unwrap()).unwrap();
        let text = |key: &str| register[key].as_str().unwrap();
        let (name, value) = (text("name"), digits(text("value")));
        for (prefix, at, bytes, part) in PARTS {
            let number = name.strip_prefix(prefix).and_then(|number| number.parse::<usize>().ok());
            if let Some(number) = number.filter(|_| size >= at + bytes) {
                let value = format!("{value:0>width$}", width = 2 * size);
                let end = value.len() - 2 * at;
                registers.insert(part(number), (digits(&value[end - 2 * bytes..end]), bytes));
            }
        }
        registers.insert(name.to_owned(), (value, size));
    }
    registers
}

/// A value cut to its register, as some readers print it wider.
fn cut(value: &str, size: usize) -> String {
    digits(&value[value.len().saturating_sub(2 * size)..])
}

/// Checks that `regs` shows the reader's values, and returns the number of registers.
pub(crate) fn agree(path: &Path, views: &[View], least: usize) -> usize {
    let mut compared = 0;
    let mut wrong = Vec::new();
    for view in views {
        let ours = shown(path, &view.choice);
        let mut seen = Vec::new();
        for (name, theirs) in &view.registers {
            // Reads take the first of two copies of a register.
            if seen.contains(&name) {
                continue;
            }
            seen.push(name);
            match ours.get(name) {
                Some((value, size)) if *value == cut(theirs, *size) => compared += 1,
                ours => wrong.push(format!("{:?} {name}: {theirs}, but {ours:?}", view.choice)),
            }
        }
        wrong.extend(
            view.absent.iter().filter(|name| ours.contains_key(*name)).map(|name| format!("{name} is there")),
        );
        assert!(seen.len() >= least, "{}: only {seen:?}", path.display());
    }
    assert!(wrong.is_empty(), "{}: {} differ: {wrong:#?}", path.display(), wrong.len());
    compared
}

/// A value of `size` bytes that is not the old one.
fn another(old: &str, size: usize) -> String {
    let bytes = |first: u8| (0..size).map(|n| format!("{:02x}", first + n as u8)).collect::<String>();
    if digits(&bytes(0x21)) == old { bytes(0x41) } else { bytes(0x21) }
}

/// Sets a register of each group in one record, reading after each (or after all, for a slow reader); checks that the reader sees the new
/// values and everything else unchanged. Returns the number of registers.
pub(crate) fn set_is_seen(
    subject: &Subject,
    which: usize,
    at_once: bool,
    read: &dyn Fn(&Path) -> Vec<View>,
) -> usize {
    let mut expected = read(subject.path());
    let Some(View { choice, place, registers, .. }) = expected.get(which).cloned() else { return 0 };
    let ours = shown(subject.path(), &choice);
    let held =
        |name: &&&str| registers.iter().any(|(theirs, _)| theirs == **name) && ours.contains_key(**name);
    let names: Vec<&str> = GROUPS.iter().filter_map(|(_, names)| names.iter().find(held).copied()).collect();
    for (index, name) in names.iter().enumerate() {
        let (old, size) = &ours[*name];
        // A selector has two bytes, and readers show no more.
        let value = another(old, if SELECTORS.contains(name) { 2 } else { *size });
        let choice: Vec<&str> = choice.iter().map(String::as_str).collect();
        subject.run("set", &[&[&*format!("{name}=0x{value}")], &choice[..]].concat()).is_full(*size as u64);
        // Two records may be the same bytes: then both views change.
        for view in expected.iter_mut().filter(|view| view.place == place) {
            for (_, theirs) in view.registers.iter_mut().filter(|(theirs, _)| theirs == name) {
                let above = theirs.len().saturating_sub(2 * size);
                *theirs = digits(&format!("{}{value}", &theirs[..above]));
            }
        }
        if !at_once || index + 1 == names.len() {
            differ(subject.path(), name, &read(subject.path()), &expected);
        }
    }
    names.len()
}

#[track_caller]
fn differ(path: &Path, name: &str, now: &[View], expected: &[View]) {
    assert_eq!(now.len(), expected.len(), "{}: records", path.display());
    for (now, expected) in now.iter().zip(expected) {
        let pairs = now.registers.iter().zip(&expected.registers);
        let wrong: Vec<_> = pairs.filter(|(now, expected)| now != expected).collect();
        assert!(wrong.is_empty(), "{} after {name}, read and expected: {wrong:#?}", path.display());
        assert_eq!(now.registers.len(), expected.registers.len(), "{}", path.display());
    }
}

fn copy_of(path: &Path) -> Subject {
    Subject::named(path.file_name().unwrap().to_str().unwrap(), std::fs::read(path).unwrap())
}

/// A core where only program headers locate the notes: eu-readelf searches for them in the sections where there are any, and createdump's
/// cores have one without notes.
pub(crate) fn core_without_sections(path: &Path) -> Subject {
    let mut bytes = std::fs::read(path).unwrap();
    if bytes[4] == 2 && bytes[0x3c..0x3e] == [0, 0] {
        bytes[0x28..0x30].fill(0);
    }
    Subject::named(path.file_name().unwrap().to_str().unwrap(), bytes)
}

fn testdata(names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(|name| folder().join(name)).collect()
}

/// Cores of the machines with tables; `regs` shows no registers of others.
pub(crate) fn cores() -> Vec<PathBuf> {
    let all = [testdata(&["crash.core", "crash32.core"]), corpus::cores()].concat();
    let has_records = |path: &PathBuf| {
        let threads = dumpedit(&["threads".as_ref(), path.as_os_str(), "--json".as_ref()]).exits(0).json();
        threads.as_array().unwrap().iter().any(|thread| !thread["records"].as_array().unwrap().is_empty())
    };
    let cores: Vec<PathBuf> =
        all.into_iter().filter(|path| !is_x86_in_64_bits(path)).filter(has_records).collect();
    assert!(cores.len() == 2 || cores.len() >= 12, "{cores:?}");
    cores
}

/// Whether a 64-bit file has the machine number of x86, which readers take for 32 bits though the records are those of amd64.
fn is_x86_in_64_bits(path: &Path) -> bool {
    let bytes = std::fs::read(path).unwrap();
    bytes.get(4) == Some(&2) && bytes.get(E_MACHINE) == Some(&3)
}

/// File offset of `e_machine`.
const E_MACHINE: usize = 18;

#[test]
fn a_64_bit_core_with_the_number_of_x86_has_the_registers_of_amd64() {
    let kept = std::fs::read(folder().join("crash.core")).unwrap();
    let mut renumbered = kept.clone();
    renumbered[E_MACHINE] = 3;
    let [kept, renumbered] = [("kept.core", kept), ("renumbered.core", renumbered)]
        .map(|(name, bytes)| Subject::named(name, bytes));
    assert!(is_x86_in_64_bits(renumbered.path()));
    let set = ["rip=0x1122334455667788", "xmm3=0x99"];
    for subject in [&kept, &renumbered] {
        assert_eq!(machine_of(subject.path()), "amd64");
        subject.run("set", &set).exits(0);
    }
    assert_eq!(renumbered.run("regs", &[]).json(), kept.run("regs", &[]).json());
    // Only the number differs between the files.
    let mut back = renumbered.now();
    back[E_MACHINE] = 62;
    assert_same_bytes(&back, &kept.now());
}

/// An x86_64 core with these components in use in its XSAVE area, and with the initial values in its floating point and vector registers.
fn xsave_core(name: &str, in_use: u64) -> Subject {
    let mut area = vec![0; 2696];
    for (at, value, size) in [
        (0, 0x37f, 2),
        (24, 0x1f80, 4),
        (28, 0xffff, 4),
        (fxsave::XCR0, 0x2ff, 8),
        (fxsave::XSTATE_BV, in_use, 8),
    ] {
        LITTLE.put(&mut area, at, value, size);
    }
    let mut core = ElfBuilder::x86_64();
    core.notes(&[
        prstatus(77, 11, 0x40_1000, 0x7000),
        ("CORE", NT_FPREGSET, area[..fxsave::SIZE].to_vec()),
        ("LINUX", NT_X86_XSTATE, area),
    ]);
    Subject::named(name, core.finish())
}

/// Cores with notes that are not in the corpus: FSAVE and FXSAVE of i386, VFP of arm, the system registers of aarch64, each register with
/// another value; and XSAVE areas with unused components.
fn made_cores() -> Vec<Subject> {
    let thread = |size: usize, pid: usize, registers: usize| {
        let mut note = vec![0; size];
        note[registers..].copy_from_slice(&counting(1, size - registers));
        LITTLE.put(&mut note, 12, 11, 2);
        LITTLE.put(&mut note, pid, 77, 4);
        ("CORE", NT_PRSTATUS, note)
    };
    let mut i386 = thread(144, 24, 72);
    // ds, es, fs, gs, cs and ss are selectors: the upper halves of their words are zero.
    for word in [7, 8, 9, 10, 13, 16] {
        i386.2[72 + 4 * word + 2..][..2].fill(0);
    }
    // The same values in both forms: ten bytes each behind seven words, and in FXSAVE's form.
    let (mut fsave, mut fxsave) = (vec![0; 108], vec![0; 512]);
    for (at, word, value) in [(0, 0, 0x37f), (2, 4, 0x3800)] {
        LITTLE.put(&mut fxsave, at, value, 2);
        LITTLE.put(&mut fsave, word, value, 2);
    }
    for number in 0..8 {
        let value = counting(0x11 * number as u8, 10);
        fsave[28 + 10 * number..][..10].copy_from_slice(&value);
        fxsave[32 + 16 * number..][..10].copy_from_slice(&value);
    }
    LITTLE.put(&mut fxsave, 24, 0x1f80, 4);
    fxsave[160..288].copy_from_slice(&counting(3, 128));
    // HWCAP_VFP, HWCAP_NEON, HWCAP_VFPv3 and HWCAP_VFPD32, without which gdb shows no doubles.
    let capabilities = LITTLE.fields(&[(16, 4), (1 << 6 | 1 << 12 | 1 << 13 | 1 << 19, 4), (0, 8)]);
    let cores = [
        (
            "i386.core",
            false,
            machine::I386,
            vec![i386, ("CORE", NT_FPREGSET, fsave), ("LINUX", 0x46e6_2b7f, fxsave)],
        ),
        (
            "arm.core",
            false,
            machine::ARM,
            vec![
                thread(148, 24, 72),
                ("LINUX", 0x400, counting(7, 260)),
                ("LINUX", 0x401, counting(9, 4)),
                ("CORE", NT_AUXV, capabilities),
            ],
        ),
        (
            "aarch64.core",
            true,
            machine::AARCH64,
            vec![
                thread(392, 32, 112),
                ("CORE", NT_FPREGSET, counting(5, 528)),
                ("LINUX", 0x401, counting(9, 8)),
                ("LINUX", 0x402, counting(0, 264)),
                ("LINUX", 0x403, counting(8, 264)),
            ],
        ),
    ];
    let made = cores.into_iter().map(|(name, wide, machine, notes)| {
        let mut core = ElfBuilder::new(LITTLE, wide, machine);
        core.notes(&notes);
        Subject::named(name, core.finish())
    });
    let in_use = [("unused.core", 0), ("x87.core", 1), ("avx.core", 4), ("used.core", 0xe7)];
    made.chain(in_use.into_iter().map(|(name, in_use)| xsave_core(name, in_use))).collect()
}

pub(crate) fn minidumps() -> Vec<PathBuf> {
    [testdata(&["crash.dmp", "live.dmp"]), corpus::minidumps()].concat()
}

/// The cores whose registers eu-readelf shows, and their machines.
pub(crate) fn real_cores_for_eu_readelf() -> Vec<(Subject, String)> {
    let with_machine = |path: &PathBuf| {
        let subject = core_without_sections(path);
        let machine = machine_of(subject.path());
        (subject, machine)
    };
    let is_known = |(_, machine): &(Subject, String)| !UNKNOWN_TO_EU_READELF.contains(&machine.as_str());
    cores().iter().filter(|path| is_of_linux(path)).map(with_machine).filter(is_known).collect()
}

/// Whether a core is of Linux: eu-readelf and gdb show no registers of others, but LLDB does.
fn is_of_linux(path: &Path) -> bool {
    let info = dumpedit(&["info".as_ref(), path.as_os_str(), "--json".as_ref()]).exits(0).json();
    ["linux", "esp-idf"].iter().any(|os| info["os"] == *os)
}

fn cores_for_eu_readelf() -> Vec<(Subject, String)> {
    let made = made_cores().into_iter().map(|subject| {
        let machine = machine_of(subject.path());
        (subject, machine)
    });
    real_cores_for_eu_readelf().into_iter().chain(made).collect()
}

#[test]
fn regs_shows_what_eu_readelf_shows_of_every_thread() {
    if !have("eu-readelf") {
        return;
    }
    for (subject, machine) in cores_for_eu_readelf() {
        let views = eu_readelf(subject.path(), &machine);
        let threads = subject.run("threads", &[]).json().as_array().unwrap().len();
        assert_eq!(views.len(), threads, "{}", subject.path().display());
        agree(subject.path(), &views, least(&machine));
    }
}

#[test]
fn eu_readelf_sees_each_group_that_was_set_and_all_else_as_before() {
    if !have("eu-readelf") {
        return;
    }
    for (subject, machine) in cores_for_eu_readelf() {
        let last = eu_readelf(subject.path(), &machine).len() - 1;
        let set = set_is_seen(&subject, last, false, &|path| eu_readelf(path, &machine));
        // eu-readelf shows fewer groups of other machines.
        let least = if ["amd64", "x32", "x86", "arm", "arm64"].contains(&machine.as_str()) { 5 } else { 3 };
        assert!(set >= least, "{}: {set} groups", subject.path().display());
    }
}

#[test]
fn regs_shows_what_the_minidump_crate_shows_of_every_record() {
    let mut with_registers = 0;
    for path in minidumps() {
        let views = minidump_crate(&path);
        with_registers += usize::from(agree(&path, &views, LEAST_OF_A_MINIDUMP) > 0);
    }
    assert!(with_registers == 2 || with_registers >= 17, "{with_registers} dumps have registers");
}

#[test]
fn the_minidump_crate_sees_each_group_that_was_set_and_all_else_as_before() {
    for path in minidumps() {
        let records = minidump_crate(&path).len();
        for which in [0, records.saturating_sub(1)] {
            let set = set_is_seen(&copy_of(&path), which, false, &minidump_crate);
            assert!(records == 0 || set >= 4, "{}: {set} groups", path.display());
        }
    }
}

/// Minidumps of machines that are not in the corpus and whose contexts the `minidump` crate supports, in both byte orders.
fn made_minidumps() -> Vec<Subject> {
    let contexts = [
        (processor::MIPS, 600, [(0, 0x4_000e), (0, 0x4_000e)]),
        (processor::PPC, 1004, [(0, 0x2000_0029), (0, 0x2000_0029)]),
        (processor::PPC64, 1160, [(0, 0x100_0029), (4, 0x100_0029)]),
        (processor::SPARC, 584, [(0, 0x1000_000f), (0, 0x1000_000f)]),
    ];
    let made = contexts.into_iter().flat_map(|(processor, size, flags)| {
        [LITTLE, Order::Big].into_iter().zip(flags).map(move |(order, (flags_at, flags))| {
            let mut context = counting(7, size);
            context[..8].fill(0);
            order.put(&mut context, flags_at, flags, 4);
            let mut dump = MinidumpBuilder::new(order, processor);
            dump.thread_with(7, &context);
            Subject::named("made.dmp", dump.finish())
        })
    });
    made.collect()
}

#[test]
fn the_minidump_crate_shows_and_sees_the_same_of_machines_of_which_no_dump_is_at_hand() {
    for subject in made_minidumps() {
        let machine = machine_of(subject.path());
        let views = minidump_crate(subject.path());
        assert_eq!(views.len(), 1, "{machine}");
        assert!(agree(subject.path(), &views, 60) >= 60, "{machine}");
        let set = set_is_seen(&subject, 0, false, &minidump_crate);
        assert!(set >= 3, "{machine}: {set} groups");
    }
}

/// Values in gdb's output without those that it misreads, and their number for each record: gdb 13 reads fpsr right behind ffr, and not at
/// the next multiple of 16 bytes.
pub(crate) fn seen_by_gdb(path: &Path, machine: &str) -> (Vec<View>, usize) {
    let misread: &[&str] = match shown(path, &["--thread".to_owned(), "index:0".to_owned()]) {
        registers if registers.contains_key("z0") => &["fpsr", "fpcr"],
        _ => &[],
    };
    let mut views = gdb(path, machine);
    for view in &mut views {
        view.registers.retain(|(name, _)| !misread.contains(&name.as_str()));
    }
    (views, misread.len())
}

/// The cores whose registers gdb shows, and their machines.
pub(crate) fn cores_for_gdb() -> Vec<(PathBuf, String)> {
    let with_machine = |path: PathBuf| {
        let machine = machine_of(&path);
        (path, machine)
    };
    let is_known = |(_, machine): &(PathBuf, String)| !UNKNOWN_TO_GDB.contains(&machine.as_str());
    cores().into_iter().filter(|path| is_of_linux(path)).map(with_machine).filter(is_known).collect()
}

#[test]
fn gdb_sees_what_regs_shows_and_what_was_set() {
    if !have("gdb-multiarch") {
        return;
    }
    let real = cores_for_gdb().into_iter().map(|(path, _)| copy_of(&path));
    for subject in real.chain(made_cores()) {
        let machine = machine_of(subject.path());
        let read = |path: &Path| seen_by_gdb(path, &machine).0;
        let (views, misread) = seen_by_gdb(subject.path(), &machine);
        assert!(!views.is_empty(), "{}: gdb shows nothing", subject.path().display());
        let least = least(&machine) - misread;
        agree(subject.path(), &views, least);
        let set = set_is_seen(&subject, 0, true, &read);
        assert!(set >= 3, "{}: {set} groups", subject.path().display());
        agree(subject.path(), &read(subject.path()), least);
    }
}

const NETBSD_ON_ARM64: &str = "lldb-1lwp_SIGSEGV.aarch64.core";

/// Dumps that LLDB 14 loads: not x32, and one of several minidumps of one kind.
const LLDB_LOADS: [&str; 18] = [
    "llvm-freebsd-x86_64-multithread.core",
    "llvm-freebsd-i386.core",
    "llvm-freebsd-aarch64-multithread.core",
    "llvm-netbsd-i386.core",
    "lldb-netbsd-amd64.core",
    NETBSD_ON_ARM64,
    "lldb-linux-arm.core",
    "lldb-linux-i386.core",
    "lldb-linux-x86_64.core",
    "lldb-linux-fpr_sse_x86_64.core",
    "elfutils-testfile_aarch64_core",
    "drgn-crashme.core",
    "lldb-arm-linux.dmp",
    "lldb-arm64-macos.dmp",
    "lldb-fizzbuzz_no_heap.dmp",
    "lldb-linux-i386.dmp",
    "breakpad-linux_inline.dmp",
    "breakpad-write_av_non_canonical.dmp",
];

/// The dumps to compare with LLDB.
pub(crate) fn lldb_dumps() -> Vec<PathBuf> {
    let real = [corpus::dumps("elf"), corpus::minidumps()].concat().into_iter();
    let real = real.filter(|path| LLDB_LOADS.iter().any(|name| path.ends_with(name)));
    testdata(&["crash.core", "crash.dmp", "live.dmp"]).into_iter().chain(real).collect()
}

/// Values in LLDB's output of registers that records hold, and the number of others: it shows registers that a minidump's record lacks as
/// zero, and swaps `fpcr` and `fpsr` of NetBSD on ARM64 (`struct fpreg` of NetBSD's `machine/reg.h` has `fpcr` first).
pub(crate) fn seen_by_lldb(path: &Path, machine: &str) -> (Vec<View>, usize) {
    let mut views = lldb(path, machine);
    let mut others = 0;
    let is_misread = |name: &str| {
        path.file_name().is_some_and(|file| file == NETBSD_ON_ARM64) && ["fpsr", "fpcr"].contains(&name)
    };
    for view in &mut views {
        let ours = shown(path, &view.choice);
        let all = view.registers.len();
        view.registers.retain(|(name, _)| ours.contains_key(name) && !is_misread(name));
        others += all - view.registers.len();
    }
    (views, others)
}

#[test]
fn lldb_sees_what_regs_shows_and_what_was_set() {
    if !have("lldb") {
        return;
    }
    for path in lldb_dumps() {
        let (machine, subject) = (machine_of(&path), copy_of(&path));
        let read = |path: &Path| seen_by_lldb(path, &machine).0;
        let views = read(subject.path());
        assert!(!views.is_empty(), "{}: LLDB shows nothing", path.display());
        agree(subject.path(), &views, LEAST_OF_A_MINIDUMP);
        let set = set_is_seen(&subject, 0, true, &read);
        assert!(set >= 3, "{}: {set} groups", path.display());
        agree(subject.path(), &read(subject.path()), LEAST_OF_A_MINIDUMP);
    }
}

/// The dump of a spec.
fn made(spec: &str) -> Subject {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made");
    run(binary().args(["synth", "-", "-o"]).arg(&path), spec.as_bytes()).exits(0);
    Subject::new(std::fs::read(path).unwrap())
}

#[test]
fn readers_load_made_cores_that_say_nothing_of_their_abi() {
    const OF_LINUX: [&str; 15] = [
        "amd64", "x86", "x32", "arm64", "arm", "ppc", "ppc64", "s390x", "s390", "mips", "mips64", "riscv64",
        "riscv32", "hppa", "sh",
    ];
    const OF_FREEBSD: [&str; 3] = ["amd64", "x86", "arm64"];
    let loaded = |tool: &str, machine: &str, system: &str, arguments: &[&str], shown: &str| {
        if !have(tool) {
            return;
        }
        let subject = made(&format!(
            "format: elf-core\nmachine: {machine}\n{system}threads:\n  - {{tid: 7, signal: 11, registers: {{pc: 0x123454}}}}\n"
        ));
        let said = Command::new(tool).args(arguments).arg(subject.path()).output().unwrap();
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(said.contains(shown), "{tool}, {machine} {system}: {said}");
        // A dump that a reader loads is the same after it is described and made again.
        let spec = run(binary().arg("describe").arg(subject.path()), b"").exits(0).stdout;
        let again = run(binary().args(["synth", "-", "-o", "-"]), &spec).exits(0).stdout;
        assert_same_bytes(&again, &std::fs::read(subject.path()).unwrap());
    };
    let of_gdb = ["-nx", "-batch", "-ex", "print /x $pc", "-core"];
    OF_LINUX.into_iter().for_each(|machine| loaded("gdb-multiarch", machine, "", &of_gdb, "= 0x123454"));
    let of_lldb = ["-b", "-o", "register read pc", "-c"];
    let system = "system: {os: freebsd}\n";
    OF_FREEBSD.into_iter().for_each(|machine| loaded("lldb", machine, system, &of_lldb, "123454"));
}

#[test]
fn lldb_loads_a_netbsd_core_whose_threads_have_names() {
    if !have("lldb") {
        return;
    }
    // `pl_name` of NT_NETBSDCORE_LWPSTATUS.
    let subject = made(
        "format: elf-core
machine: amd64
system: {os: netbsd}
crash: {thread: 2, code: 11}
threads:
  - tid: 1
    registers: {rip: 0x1234, rsp: 0x7000, r15: 0x1122334455667788}
    notes:
      - {owner: NetBSD-CORE@1, type: 24, size: 72, content: {0x24: 6d 61 69 6e}}
  - tid: 2
    registers: {rip: 0x5678, rsp: 0x8000, rbx: 9}
    notes:
      - {owner: NetBSD-CORE@2, type: 24, size: 72, content: {0x24: 77 6f 72 6b 65 72}}
",
    );
    let threads = subject.run("threads", &[]).exits(0).json();
    let names: Vec<&str> =
        threads.as_array().unwrap().iter().map(|thread| thread["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["main", "worker"]);
    subject.run("set", &["thread[2].name=idle", "rbx=0x77", "--thread", "2"]).exits(0);
    let (views, _) = seen_by_lldb(subject.path(), "amd64");
    assert_eq!(views.iter().map(|view| view.place).collect::<Vec<_>>(), [1, 2]);
    agree(subject.path(), &views, LEAST_OF_A_MINIDUMP);
}

#[test]
fn gdb_shows_an_odd_float_of_mips_without_fr_where_the_notice_says_that_it_is() {
    if !have("gdb-multiarch") {
        return;
    }
    for order in ["big", "little"] {
        let subject = made(&format!(
            "format: elf-core
machine: mips
byte_order: {order}
threads:
  - {{tid: 7, registers: {{pc: 0x1000, sr: 0, f0: 0x1111111122222222}}}}
"
        ));
        let info = subject.run("info", &[]).exits(0).json();
        let notices = info["notices"].as_array().unwrap();
        assert!(notices.iter().any(|notice| notice["kind"] == "paired-floats"), "{info}");
        subject.run("set", &["f0.u32.1=0x40490fdb"]).is_full(4);
        let mut gdb = Command::new("gdb-multiarch");
        let said = gdb.args(["-nx", "-batch", "-ex", "info registers f0 f1", "-core"]).arg(subject.path());
        let said = String::from_utf8(said.output().unwrap().stdout).unwrap();
        let value =
            |name: &str| said.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next());
        assert_eq!((value("f0:"), value("f1:")), (Some("0x22222222"), Some("0x40490fdb")), "{order}: {said}");
    }
}
