//! Registers with several copies in a record, and components that are in use in one dump only: each copy is compared, reported and
//! scripted.

use serde_json::json;

use super::{apply, script};
use crate::library::every_record::{arm_cores, intel_cores, minidumps, plain_cores};
use crate::library::random::Random;
use crate::support::bytes::Order;
use crate::support::elf_builder::{ElfBuilder, NT_FPREGSET, NT_X86_XSTATE, fxsave, machine, prstatus};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, context};
use crate::support::subject::{Subject, assert_same_bytes};
use dumpedit::{BlockKind, Context, Dump, FileBytes, HeldRegister, ThreadIndex};

const LITTLE: Order = Order::Little;
const NT_PRXFPREG: u32 = 0x46e6_2b7f;

/// All file bytes of registers of a record, in every copy; and the file offsets of the headers of XSAVE areas.
fn register_bytes(dump: &Dump) -> (Vec<u64>, Vec<u64>) {
    let (mut bytes, mut headers) = (Vec::new(), Vec::new());
    for (index, thread) in (0u32..).zip(dump.layout().threads()) {
        for record in &thread.records {
            let context = Context::Thread(ThreadIndex(index), record.kind.choice());
            for HeldRegister { part, .. } in dump.registers(context).unwrap() {
                let Ok(resolved) = dump.layout().resolve_part(context, part) else { continue };
                for piece in resolved.pieces {
                    bytes.extend(piece.file_offset..piece.file_offset + piece.size);
                }
            }
            headers.extend(record.block(BlockKind::XstateHeader).map(|block| block.file_offset));
        }
    }
    bytes.retain(|at| !headers.iter().any(|header| (*header..*header + 8).contains(at)));
    (bytes, headers)
}

/// The file with other bytes in some copies of some registers, and other components in use.
fn shaken(file: &[u8], random: &mut Random) -> Vec<u8> {
    let (bytes, headers) = register_bytes(&Dump::from_bytes(file.to_vec()).unwrap());
    let mut file = file.to_vec();
    for _ in 0..random.next() % 6 {
        let at = bytes[random.next() as usize % bytes.len()] as usize;
        file[at] = random.next() as u8;
    }
    for header in headers {
        if random.next().is_multiple_of(2) {
            // Some of them belong to components that the area has no room for.
            let flipped = random.next() & random.next() & 0x3_1aff;
            let bits = LITTLE.get(&file, header as usize, 8) ^ flipped;
            LITTLE.put(&mut file, header as usize, bits, 8);
        }
    }
    file
}

/// The file with the initial values in all components that are not in use.
fn without_stale_bytes(file: &[u8]) -> Vec<u8> {
    let dump = Dump::from_bytes(file.to_vec()).unwrap();
    let mut clean = file.to_vec();
    for record in dump.layout().threads().iter().flat_map(|thread| &thread.records) {
        let Some(header) = record.block(BlockKind::XstateHeader) else { continue };
        let in_use = LITTLE.get(file, header.file_offset as usize, 8);
        for FileBytes { file_offset: at, bytes: initial } in record.waking(in_use, u64::MAX) {
            clean[at as usize..at as usize + initial.len()].copy_from_slice(&initial);
        }
    }
    clean
}

#[test]
fn whatever_copies_and_components_differ_the_script_makes_the_other_dump_to_the_byte_and_is_taken_back() {
    let (mut put_back, mut taken_back, mut all) = (0, 0, 0);
    for (name, file) in [minidumps(), intel_cores(), arm_cores(), plain_cores()].concat() {
        for seed in 0..10 {
            let random = &mut Random(seed);
            let (mut a, mut b) = (shaken(&file, random), shaken(&file, random));
            if seed.is_multiple_of(2) {
                (a, b) = (without_stale_bytes(&a), without_stale_bytes(&b));
            }
            let (text, scripted) =
                script(&Dump::from_bytes(a.clone()).unwrap(), &Dump::from_bytes(b.clone()).unwrap());
            let context = format!("{name}, seed {seed}:\n{text}");
            assert!(scripted.notices.is_empty(), "{context} {:?}", scripted.notices);
            let made = apply(&a, &text, false).unwrap_or_else(|error| panic!("{error}\n{context}"));
            assert!(made == b, "{context}");
            // Only scripts for memory that is stored twice, with a record in it, cannot be undone.
            if !text.contains("taken back") {
                let back = apply(&b, &text, true).unwrap_or_else(|error| panic!("{error}\n{context}"));
                assert!(back == a, "{context}");
                taken_back += 1;
            }
            all += 1;
            put_back += usize::from(text.contains("=initial"));
        }
    }
    // Only dumps of Intel's machines have components to put back.
    assert!(put_back > 40, "{put_back} of {all} scripts put a register back");
    assert!(taken_back > all - all / 20, "{taken_back} of {all} scripts are taken back");
}

/// Makes a dump of the numbers in two copies of a register.
type TwoCopies = fn(u64, u64) -> Subject;

/// A dump whose CONTEXT has its two MxCsr.
fn two_mxcsr(own: u64, saved: u64) -> Subject {
    let fields = [(0x34, own, 4), (0x118, saved, 4)];
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(7, &context(LITTLE, amd64::SIZE, (amd64::FLAGS, 0x10_000f), &fields));
    Subject::new(dump.finish())
}

/// An i386 core whose FPREGSET and XFPREGS have their `fiseg`.
fn two_fiseg(fsave: u64, fxsave: u64) -> Subject {
    let (mut status, mut float, mut extended) = (vec![0; 144], vec![0; 108], vec![0; fxsave::SIZE]);
    LITTLE.put(&mut status, 24, 7, 4);
    LITTLE.put(&mut float, 16, fsave, 2);
    LITTLE.put(&mut extended, 12, fxsave, 2);
    let mut core = ElfBuilder::new(LITTLE, false, machine::I386);
    core.notes(&[("CORE", 1, status), ("CORE", NT_FPREGSET, float), ("LINUX", NT_PRXFPREG, extended)]);
    Subject::new(core.finish())
}

/// An x86_64 core whose XSAVE area, in use, and FPREGSET have their xmm3.
fn two_xmm3(area: u64, float: u64) -> Subject {
    let (mut state, mut legacy) = (vec![0; 832], vec![0; fxsave::SIZE]);
    LITTLE.put(&mut state, fxsave::XMM0 + 48, area, 8);
    LITTLE.put(&mut state, fxsave::XCR0, 7, 8);
    LITTLE.put(&mut state, fxsave::XSTATE_BV, 7, 8);
    LITTLE.put(&mut legacy, fxsave::XMM0 + 48, float, 8);
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0, 0), ("CORE", NT_FPREGSET, legacy), ("LINUX", NT_X86_XSTATE, state)]);
    Subject::new(core.finish())
}

#[test]
fn a_copy_that_reads_pass_over_is_told_and_scripted_by_its_number() {
    let cases: [(TwoCopies, &str, bool); 3] =
        [(two_mxcsr, "mxcsr", false), (two_fiseg, "fiseg", false), (two_xmm3, "xmm3", true)];
    for (dump, register, first_is_read) in cases {
        // The copy that reads skip is one of the two numbers.
        let of = |read: u64, other: u64| if first_is_read { dump(read, other) } else { dump(other, read) };
        let (a, b) = (of(0x1f80, 0x1f80), of(0x1f80, 0x1fa0));
        assert_eq!(b.register(register, &[]), Some(0x1f80));
        let run = a.run("diff", &[b.path().to_str().unwrap()]);
        assert_eq!(run.code, 1, "{register}: {run}");
        let told = &run.json()["registers"];
        assert_eq!(told.as_array().unwrap().len(), 1, "{told}");
        assert_eq!(told[0]["name"], format!("{register}@2"));
        assert_eq!((&told[0]["old"], &told[0]["new"]), (&json!("0x1f80"), &json!("0x1fa0")));
        let script = a.plain("diff", &[b.path().to_str().unwrap(), "--script"]).exits(0);
        let line = format!("{register}@2=0x1fa0");
        assert!(script.text().contains(&line), "{script}");
        a.run("set", &[&line, "--expect", &format!("{register}@2=0x1f80")]).exits(0);
        assert_same_bytes(&a.now(), b.before());
        let message = a.run("set", &[&format!("{register}@3=1")]).is_error("register");
        assert!(message.contains("not present"), "{message}");
    }
}

#[test]
fn a_register_whose_copies_agree_in_both_dumps_is_one_register() {
    let (a, b) = (two_mxcsr(0x1f80, 0x1f80), two_mxcsr(0x1fa0, 0x1fa0));
    let told = a.run("diff", &[b.path().to_str().unwrap()]).exits(1).json()["registers"].clone();
    assert_eq!(told.as_array().unwrap().len(), 1, "{told}");
    assert_eq!(told[0]["name"], "mxcsr");
}
