//! XSAVE: a register whose component is not in use reads as its initial value, and setting it brings the component
//! into use without a change to its neighbours.

use std::path::Path;
use std::process::Command;

use dumpedit::{Context, Dump};

use super::every_record::xsave_area;
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
/// Where the upper halves of ymm0 to ymm15 are.
const YMM_UPPER: usize = 576;
const VALUE: u128 = 0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0101;

/// A core whose vectors are all random bytes, with these components in use: the file, and the offsets of FPREGSET and
/// of the XSAVE area.
fn core(in_use: u64) -> (Vec<u8>, u64, u64) {
    let mut random = Random(5);
    let mut area = xsave_area(&mut random, in_use);
    // An MXCSR that no processor refuses.
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

/// The file after the register at `at` of an area was set, where these components came into use: each register that
/// now counts has its initial bytes.
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

/// What gdb reads from these registers of a core, as numbers.
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
