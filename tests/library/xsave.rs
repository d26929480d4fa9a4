//! XSAVE: a register of an unused component reads as its initial value, and setting it brings the component into use without a change to
//! its neighbours.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;

use dumpedit::{Context, Dump, Edit, Number};

use super::every_record::{self, xsave_area};
use super::opened::{both_ways, is_full, patched};
use super::random::Random;
use crate::support::bytes::Order;
use crate::support::elf_builder::{ElfBuilder, NT_FPREGSET, NT_X86_XSTATE, fxsave, prstatus};
use crate::support::subject::{Subject, assert_same_bytes};
use crate::support::tools::{have, printed};

const LITTLE: Order = Order::Little;
const X87: u64 = 1;
const SSE: u64 = 1 << 1;
const AVX: u64 = 1 << 2;
const MXCSR: usize = 24;
/// Offset of the upper halves of ymm0 to ymm15.
const YMM_UPPER: usize = 576;
const VALUE: u128 = 0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0101;

/// A core of random vectors, with these components in use: the file, and the file offsets of FPREGSET and of the XSAVE area.
fn core(in_use: u64) -> (Vec<u8>, u64, u64) {
    let mut random = Random(5);
    let mut area = xsave_area(&mut random, in_use);
    // An MXCSR that is valid on every processor.
    LITTLE.put(&mut area, MXCSR, 0x1fa0, 4);
    let float = area[..fxsave::SIZE].to_vec();
    let mut core = ElfBuilder::x86_64();
    let notes = core.notes(&[
        prstatus(7, 11, 0x40_1000, 0x7000),
        ("CORE", NT_FPREGSET, float),
        ("LINUX", NT_X86_XSTATE, area),
    ]);
    (core.finish(), notes[1], notes[2])
}

fn value(dump: &Dump, register: &str) -> u128 {
    let crashed = dump.crashed_thread().unwrap();
    let value = dump.read_register(crashed, register).unwrap();
    assert!(value.to_le_bytes().len() <= 16 || value.to_le_bytes()[16..].iter().all(|byte| *byte == 0));
    value.to_le_bytes().iter().take(16).rev().fold(0, |value, byte| value << 8 | u128::from(*byte))
}

fn vectors() -> Vec<String> {
    let numbered = |prefix: &'static str| (0..16).map(move |n| format!("{prefix}{n}"));
    numbered("xmm").chain((0..16).map(|n| format!("ymm{n}.u128.1"))).chain(["mxcsr".to_owned()]).collect()
}

#[test]
fn registers_of_components_that_are_not_in_use_read_as_initial_whatever_the_bytes() {
    for opened in both_ways(core(X87).0) {
        for name in vectors() {
            let initial = if name == "mxcsr" { 0x1f80 } else { 0 };
            assert_eq!(value(&opened.dump, &name), initial, "{name}");
        }
        assert_eq!(value(&opened.dump, "ymm3"), 0);
        let crashed = opened.dump.crashed_thread().unwrap();
        let ymm3 = opened.dump.register(crashed, "ymm3").unwrap();
        let mut read = [0xaa; 32];
        is_full(opened.dump.read_bytes(crashed, ymm3, &mut read), 32);
        assert_eq!(read, [0; 32]);
        let st0 = opened.dump.read_register(crashed, "st0").unwrap();
        assert_ne!(st0.to_le_bytes(), [0; 10], "x87 is in use");
    }
    for opened in both_ways(core(0).0) {
        assert_eq!(value(&opened.dump, "fctrl"), 0x37f);
        assert_eq!(value(&opened.dump, "st0"), 0);
    }
}

#[test]
fn registers_of_components_in_use_read_as_their_bytes_and_mxcsr_as_soon_as_either_is() {
    for (in_use, sse, avx) in [(SSE, true, false), (AVX, false, true), (SSE | AVX, true, true)] {
        let (file, _, area) = core(in_use);
        let dump = Dump::from_bytes(file.clone()).unwrap();
        let stored = |at: usize| {
            let at = area as usize + at;
            u128::from_le_bytes(file[at..at + 16].try_into().unwrap())
        };
        for n in 0..16 {
            let (low, high) = (stored(fxsave::XMM0 + 16 * n), stored(YMM_UPPER + 16 * n));
            assert_eq!(value(&dump, &format!("xmm{n}")), if sse { low } else { 0 });
            assert_eq!(value(&dump, &format!("ymm{n}.u128.1")), if avx { high } else { 0 });
        }
        assert_eq!(value(&dump, "mxcsr"), 0x1fa0);
    }
}

/// The file after the register at `at` of an area was set, where these components came into use: each register that is now valid has its
/// initial bytes.
fn woken(file: &[u8], area: u64, in_use: u64, set: &[(u64, &[u8])]) -> Vec<u8> {
    let before = LITTLE.get(file, area as usize + fxsave::XSTATE_BV, 8);
    let mut expected = file.to_vec();
    let mut fill = |at: usize, bytes: &[u8]| {
        let at = area as usize + at;
        expected[at..at + bytes.len()].copy_from_slice(bytes);
    };
    if before & (SSE | AVX) == 0 {
        fill(MXCSR, &LITTLE.number(0x1f80, 4));
    }
    if before & SSE == 0 && in_use & SSE != 0 {
        fill(fxsave::XMM0, &[0; 256]);
    }
    if before & AVX == 0 && in_use & AVX != 0 {
        fill(YMM_UPPER, &[0; 256]);
    }
    fill(fxsave::XSTATE_BV, &LITTLE.number(in_use, 8));
    patched(&expected, set)
}

#[test]
fn setting_xmm1_brings_sse_into_use_and_its_neighbours_keep_reading_as_before() {
    for before in [0, X87, X87 | AVX] {
        let (file, float, area) = core(before);
        let xmm1 = (fxsave::XMM0 + 16) as u64;
        let bytes = VALUE.to_le_bytes();
        let set: [(u64, &[u8]); 2] = [(float + xmm1, &bytes), (area + xmm1, &bytes)];
        let expected = woken(&file, area, before | SSE, &set);
        for opened in both_ways(file) {
            let crashed = opened.dump.crashed_thread().unwrap();
            let read: Vec<u128> = vectors().iter().map(|name| value(&opened.dump, name)).collect();
            let mut edit = opened.dump.edit();
            edit.set_register(crashed, "xmm1", VALUE).unwrap();
            let mxcsr = edit.read_register(crashed, "mxcsr").unwrap();
            assert_eq!(mxcsr, opened.dump.read_register(crashed, "mxcsr").unwrap());
            edit.commit().unwrap();
            assert_same_bytes(&opened.now(), &expected);
            for (name, old) in vectors().iter().zip(read) {
                assert_eq!(value(&opened.dump, name), if name == "xmm1" { VALUE } else { old }, "{name}");
            }
        }
    }
}

#[test]
fn setting_ymm3_brings_sse_and_avx_into_use_and_their_neighbours_keep_reading_as_before() {
    for before in [0, X87, X87 | SSE, X87 | AVX] {
        let (file, float, area) = core(before);
        let (low, high) = ((fxsave::XMM0 + 48) as u64, (YMM_UPPER + 48) as u64);
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&VALUE.to_le_bytes());
        bytes[16..].copy_from_slice(&(!VALUE).to_le_bytes());
        let set = [(float + low, &bytes[..16]), (area + low, &bytes[..16]), (area + high, &bytes[16..])];
        let expected = woken(&file, area, before | SSE | AVX, &set);
        for opened in both_ways(file) {
            let crashed = opened.dump.crashed_thread().unwrap();
            let read: Vec<u128> = vectors().iter().map(|name| value(&opened.dump, name)).collect();
            let mut edit = opened.dump.edit();
            let part = opened.dump.register(crashed, "ymm3").unwrap();
            is_full(edit.write_bytes(crashed, part, &bytes), 32);
            edit.commit().unwrap();
            assert_same_bytes(&opened.now(), &expected);
            for (name, old) in vectors().iter().zip(read) {
                let expected = match name.as_str() {
                    "xmm3" => VALUE,
                    "ymm3.u128.1" => !VALUE,
                    _ => old,
                };
                assert_eq!(value(&opened.dump, name), expected, "{name}");
            }
        }
    }
}

#[test]
fn a_part_of_a_register_that_was_not_in_use_leaves_its_rest_initial() {
    let (file, ..) = core(X87);
    let dump = Dump::from_bytes(file).unwrap();
    let crashed = dump.crashed_thread().unwrap();
    let mut edit = dump.edit();
    edit.set_register(crashed, "xmm1.u32.2", 0xaabb_ccddu32).unwrap();
    edit.commit().unwrap();
    assert_eq!(value(&dump, "xmm1"), 0xaabb_ccdd << 64);
}

#[test]
fn an_edit_that_is_dropped_brings_nothing_into_use() {
    for opened in both_ways(core(X87).0) {
        let crashed = opened.dump.crashed_thread().unwrap();
        let mut edit = opened.dump.edit();
        edit.set_register(crashed, "ymm3", 1u8).unwrap();
        drop(edit);
        opened.unchanged();
    }
}

#[test]
fn what_was_expected_of_a_register_that_is_not_in_use_is_its_initial_value() {
    let (file, float, _) = core(0);
    let dump =
        Dump::from_bytes(patched(&file, &[(float + MXCSR as u64, &LITTLE.number(0x1f80, 4))])).unwrap();
    let crashed: Context = dump.crashed_thread().unwrap();
    dump.edit().expect_register(crashed, "mxcsr", 0x1f80u32).unwrap();
    dump.edit().expect_register(crashed, "mxcsr", 0x1fa0u32).unwrap_err();
}

/// gdb's values of these registers of a core, as numbers.
fn gdb_reads(core: &Path, registers: &[(&str, &str)]) -> Vec<u128> {
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch"]);
    for (_, expression) in registers {
        gdb.args(["-ex", "printf \"->\"", "-ex", &format!("output/x ${expression}"), "-ex", "echo \\n"]);
    }
    let text = printed(gdb.arg("-core").arg(core));
    let marked = text.lines().filter_map(|line| line.strip_prefix("->0x"));
    let values: Vec<u128> = marked.map(|digits| u128::from_str_radix(digits, 16).unwrap()).collect();
    assert_eq!(values.len(), registers.len(), "{text}");
    values
}

#[test]
fn gdb_reads_the_same_before_and_after() {
    if !have("gdb") {
        return;
    }
    let registers = [
        ("xmm0", "xmm0.uint128"),
        ("xmm1", "xmm1.uint128"),
        ("xmm3", "xmm3.uint128"),
        ("xmm15", "xmm15.uint128"),
        ("ymm0.u128.1", "ymm0.v2_int128[1]"),
        ("ymm3.u128.1", "ymm3.v2_int128[1]"),
        ("mxcsr", "mxcsr"),
        ("fctrl", "fctrl"),
    ];
    for in_use in [0, X87, X87 | SSE, X87 | AVX, X87 | SSE | AVX] {
        let subject = Subject::named("xsave.core", core(in_use).0);
        let dump = Dump::open(subject.path()).unwrap();
        let crashed = dump.crashed_thread().unwrap();
        let agree = |when: &str| {
            let ours: Vec<u128> = registers.iter().map(|(name, _)| value(&dump, name)).collect();
            assert_eq!(gdb_reads(subject.path(), &registers), ours, "in use {in_use:#x}, {when}");
        };
        agree("before");
        for (register, number) in [("xmm1", VALUE), ("ymm3.u128.1", !VALUE), ("mxcsr", 0x1fa0)] {
            let mut edit = dump.edit();
            edit.set_register(crashed, register, number).unwrap();
            edit.commit().unwrap();
            assert_eq!(value(&dump, register), number);
            agree(register);
        }
    }
}

/// Sets some registers of a record to random values, and puts some back to their initial ones.
fn shake(edit: &mut Edit, context: Context, names: &[String], random: &mut Random) {
    for _ in 0..1 + random.next() % 5 {
        let name = &names[random.next() as usize % names.len()];
        if random.next().is_multiple_of(3) {
            let _ = edit.put_back(context, name);
        } else {
            let part = edit.dump().register(context, name).unwrap();
            let value = random.bytes(part.size());
            let _ = edit.set_register(context, name, Number::from_le_bytes(&value));
        }
    }
}

#[test]
fn the_changes_of_an_edit_done_one_after_the_other_make_the_file_and_backwards_unmake_it() {
    let shapes = [every_record::minidumps(), every_record::intel_cores()].concat();
    for (name, file) in shapes.into_iter().filter(|(name, _)| name.contains("in use")) {
        for seed in 0..12 {
            let random = &mut Random(seed);
            let dump = Dump::from_bytes(file.clone()).unwrap();
            let context = dump.thread_at(0).unwrap();
            let registers = dump.layout().machine_of(context).registers();
            let held = dump.registers(context).unwrap().into_iter();
            let names: Vec<String> = held.map(|held| registers.display(held.part)).collect();
            let mut edit = dump.edit();
            shake(&mut edit, context, &names, random);
            let changes: Vec<(usize, Vec<u8>, Vec<u8>)> = edit
                .changes()
                .iter()
                .map(|change| (change.file_offset as usize, change.old.to_vec(), change.new.to_vec()))
                .collect();
            edit.commit().unwrap();
            let after = dump.to_bytes().unwrap();
            let mut made = file.clone();
            for (at, old, new) in &changes {
                assert_same_bytes(&made[*at..at + old.len()], old);
                made[*at..at + new.len()].copy_from_slice(new);
            }
            assert!(made == after, "{name}, seed {seed}");
            for (at, old, _) in changes.iter().rev() {
                made[*at..at + old.len()].copy_from_slice(old);
            }
            assert!(made == file, "{name}, seed {seed}");
        }
    }
}

#[test]
fn one_set_names_each_file_byte_once_and_only_registers_that_the_record_holds() {
    let mut avx_only = core(0).0;
    // The note without AVX-512.
    let (file, _, area) = core(0);
    let note = area as usize - 20;
    LITTLE.put(&mut avx_only, note + 4, 832, 4);
    LITTLE.put(&mut avx_only, area as usize + fxsave::XCR0, 7, 8);
    let cores = [file, avx_only];
    let cases = [(0, "ymm3"), (SSE, "ymm3"), (AVX, "xmm1"), (0, "mxcsr"), (0, "st1")];
    for (core, (in_use, register)) in cores.iter().flat_map(|core| cases.map(|case| (core, case))) {
        let mut core = core.clone();
        LITTLE.put(&mut core, area as usize + fxsave::XSTATE_BV, in_use, 8);
        let subject = Subject::new(core);
        let json = subject.run("set", &[&format!("{register}=1")]).exits(0).json();
        let regs = subject.run("regs", &[]).json();
        let names: HashSet<&str> =
            regs["registers"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
        let mut seen = HashSet::new();
        for edit in json["edits"].as_array().unwrap() {
            let (at, length) = (edit["file_offset"].as_u64().unwrap(), edit["length"].as_u64().unwrap());
            assert!((at..at + length).all(|byte| seen.insert(byte)), "{register}: {at:#x} twice");
            let location = edit["location"].as_str().unwrap();
            let name = location.trim_start_matches("reg:").split('+').next().unwrap();
            assert!(names.contains(name), "{register}: {location}");
            // The text output names no register that is wider than the record has it.
            for told in edit["registers"].as_array().unwrap() {
                let told = told["name"].as_str().unwrap();
                let (whole, _) = told.split_once('.').unwrap_or((told, ""));
                subject.run("regs", &[whole]).exits(0);
            }
            let place = subject.run("where", &[location, &length.to_string()]).is_full(length);
            let offsets = place["pieces"][0]["file_offsets"].as_array().unwrap().clone();
            assert!(offsets.contains(&edit["file_offset"]), "{location} is {place}");
        }
    }
}

#[test]
fn a_register_that_is_put_back_takes_its_component_out_of_use_once_all_of_that_is_initial() {
    for before in [0, X87, X87 | SSE] {
        let (file, _, area) = core(before);
        let mut clean = file.clone();
        clean[area as usize + YMM_UPPER..][..256].fill(0);
        let subject = Subject::new(clean);
        let in_use = |subject: &Subject| LITTLE.get(&subject.now(), area as usize + fxsave::XSTATE_BV, 8);
        subject.run("set", &["ymm3.u128.1=5", "ymm4.u128.1=6"]).exits(0);
        assert_eq!(in_use(&subject), before | AVX);
        subject.run("set", &["ymm3.u128.1=initial"]).exits(0);
        assert_eq!(in_use(&subject), before | AVX, "ymm4 is in use");
        subject.run("set", &["ymm4.u128.1=initial", "--expect", "ymm3.u128.1=initial"]).exits(0);
        assert_eq!(in_use(&subject), before);
        subject.run("set", &["rax=initial"]).is_error("register");
    }
}

#[test]
fn what_is_set_and_put_back_leaves_the_file_as_it_was() {
    let mut area = vec![0; 2696];
    for (at, value, size) in
        [(0, 0x37f, 2), (MXCSR, 0x1f80, 4), (fxsave::XCR0, 0x2e7, 8), (fxsave::XSTATE_BV, 0, 8)]
    {
        LITTLE.put(&mut area, at, value, size);
    }
    let mut core = ElfBuilder::x86_64();
    let float = area[..fxsave::SIZE].to_vec();
    core.notes(&[prstatus(7, 11, 0, 0), ("CORE", NT_FPREGSET, float), ("LINUX", NT_X86_XSTATE, area)]);
    let subject = Subject::new(core.finish());
    for register in ["st1", "fctrl", "mxcsr", "xmm2", "ymm3", "zmm4", "zmm20", "k5", "pkru"] {
        subject.run("set", &[&format!("{register}=0x55")]).exits(0);
        assert_ne!(subject.register("xstate_bv", &[]), Some(0), "{register}");
        subject.run("set", &[&format!("{register}=initial")]).exits(0);
        subject.unchanged();
    }
}

#[test]
fn registers_of_amx_and_apx_stand_where_the_manual_has_their_components() {
    const AMX: u64 = 0x6_0000;
    const APX: u64 = 1 << 19;
    for (xcr0, size, places) in [
        (
            0x2e7 | AMX,
            11008,
            vec![("tilecfg", 2752, 64), ("tmm0", 2816, 1024), ("tmm7", 2816 + 7 * 1024, 1024)],
        ),
        (0x207 | APX, 2696, vec![("r16", 960, 8), ("r31", 960 + 15 * 8, 8)]),
    ] {
        let mut area = vec![0; size];
        let all = [(0, 0x37f, 2), (MXCSR, 0x1f80, 4), (fxsave::XCR0, xcr0, 8)];
        all.into_iter().for_each(|(at, value, size)| LITTLE.put(&mut area, at, value, size));
        let mut core = ElfBuilder::x86_64();
        let note = core.notes(&[prstatus(7, 11, 0, 0), ("LINUX", NT_X86_XSTATE, area)])[1];
        let subject = Subject::new(core.finish());
        for (name, offset, size) in places {
            let value = vec![0x5a; size];
            let digits: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
            subject.run("set", &[&format!("{name}=hex:{digits}")]).is_full(size as u64);
            let in_use = subject.register("xstate_bv", &[]).unwrap();
            let bit: u64 = if name.starts_with('r') {
                APX
            } else if name == "tilecfg" {
                1 << 17
            } else {
                1 << 18
            };
            assert_eq!(in_use, bit, "{name}");
            let header = in_use.to_le_bytes();
            subject.changed_only(&[(note + offset, &value), (note + fxsave::XSTATE_BV as u64, &header)]);
            subject.run("undo", &[]).exits(0);
            subject.unchanged();
        }
        let (lane, at, bit) = if xcr0 & AMX != 0 {
            ("tmm2.u32.17", 2816 + 2 * 1024 + 17 * 4, 1u64 << 18)
        } else {
            ("r17d", 960 + 8, APX)
        };
        subject.run("set", &[&format!("{lane}=0x89abcdef")]).is_full(4);
        let value = 0x89ab_cdef_u32.to_le_bytes();
        let header = bit.to_le_bytes();
        subject.changed_only(&[(note + at, &value), (note + fxsave::XSTATE_BV as u64, &header)]);
    }
}

#[test]
fn components_whose_place_nothing_says_are_said_to_be_such() {
    let mut area = vec![0; 2000];
    LITTLE.put(&mut area, fxsave::XCR0, 0xe7, 8);
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0, 0), ("LINUX", NT_X86_XSTATE, area)]);
    let subject = Subject::new(core.finish());
    for register in ["k1", "zmm1", "zmm17"] {
        let message = subject.run("set", &[&format!("{register}=1")]).is_error("register");
        assert!(message.contains("at an unknown offset"), "{message}");
    }
    let message = subject.run("set", &["pkru=1"]).is_error("register");
    assert!(message.contains("not present"), "{message}");
    subject.run("set", &["ymm1=1"]).exits(0);
}
