//! Cores of aarch64 with SVE and SME: v0 to v31, fpsr and fpcr are in several notes, and the notes have the lengths of z, p, ffr and za.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::library::every_record::{NT_ARM_SSVE, NT_ARM_SVE, NT_ARM_ZA, sve_header, sve_note};
use crate::library::random::Random;
use crate::support::bytes::{Order, counting};
use crate::support::command::{binary, notice, run};
use crate::support::corpus::dumps;
use crate::support::elf_builder::{ElfBuilder, NT_FPREGSET, NT_PRSTATUS, Note, machine, prstatus_aarch64};
use crate::support::subject::Subject;
use crate::support::tools::{have, printed};

const ORDERS: [Order; 2] = [Order::Little, Order::Big];

/// A thread's status, an FPREGSET whose bytes count up, and these notes; and the file offsets of FPREGSET and of the notes.
fn core(order: Order, notes: &[Note]) -> (Subject, Vec<usize>) {
    let mut status = vec![0; prstatus_aarch64::SIZE];
    order.put(&mut status, prstatus_aarch64::SIGNAL, 11, 2);
    order.put(&mut status, prstatus_aarch64::PID, 7, 4);
    let mut core = ElfBuilder::new(order, true, machine::AARCH64);
    let thread = [("CORE", NT_PRSTATUS, status), ("CORE", NT_FPREGSET, counting(1, 528))];
    let offsets = core.notes(&[&thread[..], notes].concat());
    (Subject::new(core.finish()), offsets[1..].iter().map(|at| *at as usize).collect())
}

fn sve(order: Order, kind: u32, length: usize, scalable: bool) -> Note {
    sve_note(&mut Random(3), order, kind, length, scalable)
}

fn regs(subject: &Subject) -> Value {
    subject.run("regs", &[]).exits(0).json()["registers"].clone()
}

fn size_of(regs: &Value, name: &str) -> Option<u64> {
    regs.as_array().unwrap().iter().find(|one| one["name"] == name).and_then(|one| one["size"].as_u64())
}

/// A register of 128 bits in this order.
fn vector(order: Order, number: u64) -> Vec<u8> {
    let (low, zeros) = (order.number(number, 8), vec![0; 8]);
    if order == Order::Little { [low, zeros].concat() } else { [zeros, low].concat() }
}

/// The hex digits of a number in little-endian bytes.
fn little(bytes: &[u8]) -> String {
    bytes.iter().rev().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn v_is_the_low_part_of_z_and_both_notes_get_it() {
    for (order, length) in
        ORDERS.into_iter().flat_map(|order| [16, 32, 64, 256].map(|length| (order, length)))
    {
        let (subject, at) = core(order, &[sve(order, NT_ARM_SVE, length, true)]);
        let (float, sve) = (at[0], at[1]);
        let z3 = sve + 16 + 3 * length;
        let control = sve + (16 + 34 * length + length / 8).next_multiple_of(16);
        let low: Vec<u8> = (0xa0..0xb0).collect();
        subject
            .run("set", &[&format!("v3=0x{}", little(&low)), "fpsr=0x11223344", "fpcr=0x55667788"])
            .is_full(24);
        // SVE's vectors are little endian in either byte order.
        let mut stored = low.clone();
        if order == Order::Big {
            stored.reverse();
        }
        let (status, mode) = (order.number(0x1122_3344, 4), order.number(0x5566_7788, 4));
        subject.changed_only(&[
            (float as u64 + 48, &stored),
            (float as u64 + 512, &status),
            (float as u64 + 516, &mode),
            (z3 as u64, &low),
            (control as u64, &status),
            (control as u64 + 4, &mode),
        ]);
        let regs = regs(&subject);
        let length = length as u64;
        for (name, size) in
            [("z31", length), ("p15", length / 8), ("ffr", length / 8), ("v31", 16), ("vg", 8)]
        {
            assert_eq!(size_of(&regs, name), Some(size), "{name} of {length}");
        }
        assert_eq!(subject.register("vg", &[]), Some(length / 8));
        assert_eq!(size_of(&regs, "za"), None);
    }
}

#[test]
fn z_p_and_ffr_are_read_and_set_at_the_note_s_length_with_lanes() {
    for (order, length) in ORDERS.into_iter().flat_map(|order| [16, 32, 256].map(|length| (order, length))) {
        let (subject, at) = core(order, &[sve(order, NT_ARM_SVE, length, true)]);
        let (float, sve) = (at[0] as u64, at[1] as u64);
        let wide = length as u64;
        let value: Vec<u8> = counting(9, length);
        let (z1, p2, ffr) = (sve + 16 + wide, sve + 16 + 32 * wide + 2 * wide / 8, sve + 16 + 34 * wide);
        let number = |bytes: &[u8]| format!("0x{}", little(bytes));
        subject.run("set", &[&format!("z1={}", number(&value))]).is_full(wide);
        subject.run("set", &[&format!("p2={}", number(&value[..length / 8])), "ffr.u8.1=0xee"]).exits(0);
        let last = format!("z1.u32.{}=0x01020304", length / 4 - 1);
        subject.run("set", &[&last]).is_full(4);
        let mut v1 = value[..16].to_vec();
        let mut z = value.clone();
        z[length - 4..].copy_from_slice(&[4, 3, 2, 1]);
        if length == 16 {
            v1.copy_from_slice(&z);
        }
        if order == Order::Big {
            v1.reverse();
        }
        subject.changed_only(&[(float + 16, &v1), (z1, &z), (p2, &value[..length / 8]), (ffr + 1, &[0xee])]);
        let too_much = format!("z1=0x1{}", "00".repeat(length));
        subject.run("set", &[&too_much]).is_error("value");
        let past = format!("z1.u32.{}=1", length / 4);
        subject.run("set", &[&past]).is_error("register");
        let run = subject.run("write", &["reg:z1", &"11".repeat(length + 4)]);
        assert_eq!((run.code, run.json()["completed"].as_u64()), (1, Some(wide)), "{run}");
    }
}

#[test]
fn in_the_form_of_fpregset_the_note_is_another_copy_of_it() {
    for order in ORDERS {
        let (subject, at) = core(order, &[sve(order, NT_ARM_SVE, 64, false)]);
        let read = subject.run("where", &["reg:v5"]).exits(0).json()["pieces"][0]["file_offsets"].clone();
        assert_eq!(read, json!([at[1] + 16 + 80, at[0] + 80]), "debuggers read NT_ARM_SVE");
        subject.run("set", &["v5=0x7", "fpsr=1", "fpcr=2"]).exits(0);
        let (seven, one, two) = (vector(order, 7), order.number(1, 4), order.number(2, 4));
        let copy =
            |at: usize| [(at as u64 + 80, &seven[..]), (at as u64 + 512, &one), (at as u64 + 516, &two)];
        subject.changed_only(&[copy(at[0]), copy(at[1] + 16)].concat());
        assert_eq!(subject.register("vg", &[]), Some(8));
        subject.run("set", &["z5=1"]).is_error("register");
        let message = subject.run("set", &["vg=4"]).is_error("register");
        assert!(message.contains("cannot be set"), "{message}");
    }
}

#[test]
fn in_streaming_mode_reads_take_ssve_and_else_sve() {
    let order = Order::Little;
    let places = |subject: &Subject| {
        subject.run("where", &["reg:v0"]).exits(0).json()["pieces"][0]["file_offsets"].clone()
    };
    let header = |kind, length, flags| ("LINUX", kind, sve_header(order, 16, length, flags));
    let (full, short) = (sve(order, NT_ARM_SVE, 16, true), sve(order, NT_ARM_SVE, 16, false));
    let (streaming, idle) = (sve(order, NT_ARM_SSVE, 32, true), sve(order, NT_ARM_SSVE, 32, false));
    // The notes, which of them have v0 in the order in which reads take them, vg and svcr.
    let cases = [
        (vec![short.clone(), streaming.clone()], vec![2, 1, 0], 4, Some(1)),
        (vec![full.clone(), streaming], vec![2, 1, 0], 4, Some(1)),
        (vec![full.clone(), idle.clone()], vec![1, 0, 2], 2, Some(0)),
        (vec![short, idle], vec![1, 0, 2], 2, Some(0)),
        (vec![full, header(NT_ARM_SSVE, 32, 0)], vec![1, 0], 2, Some(0)),
        (vec![header(NT_ARM_SVE, 16, 0), sve(order, NT_ARM_SSVE, 32, true)], vec![2, 0], 4, Some(1)),
        (vec![header(NT_ARM_SVE, 16, 1)], vec![0], 2, None),
    ];
    for (case, (notes, expected, vg, svcr)) in cases.into_iter().enumerate() {
        let (subject, at) = core(order, &notes);
        let of = |note: &usize| if *note == 0 { at[0] } else { at[*note] + 16 };
        let expected: Vec<usize> = expected.iter().map(of).collect();
        assert_eq!(places(&subject), json!(expected), "case {case}");
        assert_eq!(subject.register("vg", &[]), Some(vg), "case {case}");
        assert_eq!(subject.register("svcr", &[]), svcr, "case {case}");
    }
}

#[test]
fn the_za_array_is_as_large_as_its_note_says_while_it_is_in_use() {
    for (order, length) in ORDERS.into_iter().flat_map(|order| [16, 64, 256].map(|length| (order, length))) {
        let size = 16 + length * length;
        let mut note = sve_header(order, size, length, 0);
        note.extend(counting(3, length * length));
        let zt = ("LINUX", 0x40d, counting(5, 64));
        let (subject, at) = core(order, &[("LINUX", NT_ARM_ZA, note.clone()), zt]);
        let (za, zt0) = (at[1] as u64 + 16, at[2] as u64);
        assert_eq!(size_of(&regs(&subject), "za"), Some((length * length) as u64));
        assert_eq!(
            (subject.register("svg", &[]), subject.register("svcr", &[])),
            (Some(length as u64 / 8), Some(2))
        );
        let last = length * length / 4 - 1;
        subject.run("set", &[&format!("za.u32.{last}=0x01020304"), "zt0.u8.1=0xee"]).is_full(5);
        subject.changed_only(&[(za + 4 * last as u64, &[4, 3, 2, 1]), (zt0 + 1, &[0xee])]);
        let text = subject.plain("regs", &[]).exits(0).text().to_owned();
        assert!(text.lines().all(|line| line.len() < 600), "{length}");
        // Unused, the note ends behind its header, or has meaningless bytes there.
        order.put(&mut note, 0, 16, 4);
        for note in [note[..16].to_vec(), note.clone()] {
            let (subject, _) = core(order, &[("LINUX", NT_ARM_ZA, note)]);
            assert_eq!((size_of(&regs(&subject), "za"), subject.register("svcr", &[])), (None, Some(0)));
        }
    }
}

#[test]
fn a_header_that_lies_or_a_note_that_is_cut_costs_no_more_than_the_registers_behind_it() {
    for order in ORDERS {
        // Lengths that no processor has: the note is ignored.
        for length in [0, 8, 17, 272, 0xfff0] {
            let mut note = sve(order, NT_ARM_SVE, 32, true);
            order.put(&mut note.2, 8, length, 2);
            let (subject, at) = core(order, &[note]);
            notice(&subject.run("info", &[]).exits(0).json(), "vector-length");
            subject.run("set", &["v0=1"]).exits(0);
            subject.changed_only(&[(at[0] as u64, &vector(order, 1))]);
            assert_eq!(subject.register("vg", &[]), None);
        }
        // Vectors that the note has no room for are only in NT_FPREGSET.
        let (kind, mut bytes) = (NT_ARM_SVE, sve(order, NT_ARM_SVE, 32, true).2);
        bytes.truncate(16 + 5 * 32 + 20);
        let (subject, at) = core(order, &[("LINUX", kind, bytes)]);
        let regs = regs(&subject);
        assert_eq!(
            (size_of(&regs, "z4"), size_of(&regs, "z5"), size_of(&regs, "p0")),
            (Some(32), None, None)
        );
        notice(&subject.run("info", &[]).exits(0).json(), "vector-note-size");
        subject.run("set", &["v5=1"]).exits(0);
        subject.changed_only(&[(at[0] as u64 + 80, &vector(order, 1))]);
        // Notes of every length, down to 0.
        for size in [0, 1, 4, 8, 12, 13, 15, 16, 17, 31, 32] {
            let note = sve(order, NT_ARM_SVE, 16, true).2[..size].to_vec();
            let (subject, _) =
                core(order, &[("LINUX", NT_ARM_SVE, note.clone()), ("LINUX", NT_ARM_ZA, note)]);
            subject.run("regs", &[]).exits(0);
            subject.run("set", &["v1=2", "fpsr=3"]).exits(0);
            assert_eq!(subject.register("v1", &[]), Some(2), "{size}");
        }
    }
}

#[test]
fn copies_that_differ_are_told_by_their_number() {
    let order = Order::Little;
    let note = sve(order, NT_ARM_SVE, 32, true);
    let (a, at) = core(order, &[note]);
    a.run("set", &["v2=0x1234"]).exits(0);
    let mut other = a.now();
    other[at[0] + 32] = 0x56;
    let b = Subject::new(other);
    let told = a.run("diff", &[b.path().to_str().unwrap()]).exits(1).json()["registers"].clone();
    assert_eq!(told.as_array().unwrap().len(), 1, "{told}");
    assert_eq!((&told[0]["name"], &told[0]["new"]), (&json!("v2@2"), &json!("0x1256")));
    a.run("set", &["v2@2=0x1256", "--expect", "v2@2=0x1234"]).exits(0);
    assert_eq!(a.now(), b.before());
}

#[test]
fn the_system_registers_of_newer_kernels_have_names() {
    let order = Order::Little;
    let notes = [
        ("LINUX", 0x401, counting(1, 16)),
        ("LINUX", 0x407, counting(2, 64)),
        ("LINUX", 0x408, counting(3, 16)),
        ("LINUX", 0x409, counting(4, 8)),
        ("LINUX", 0x40a, counting(5, 8)),
        ("LINUX", 0x40e, counting(6, 8)),
        ("LINUX", 0x40f, counting(7, 8)),
        ("LINUX", 0x410, counting(8, 24)),
    ];
    let (subject, at) = core(order, &notes);
    let registers = [
        ("tpidr2", 1, 8),
        ("apibkey", 2, 16),
        ("apgakey", 3, 0),
        ("tag_ctl", 4, 0),
        ("mte_ctrl", 4, 0),
        ("pac_enabled_keys", 5, 0),
        ("fpmr", 6, 0),
        ("por", 7, 0),
        ("gcspr", 8, 16),
    ];
    for (name, note, offset) in registers {
        let places = subject.run("where", &[&format!("reg:{name}")]).exits(0).json();
        assert_eq!(places["pieces"][0]["file_offsets"], json!([at[note] + offset]), "{name}");
    }
    assert_eq!(subject.run("info", &[]).exits(0).json()["untouched"], json!([]));
}

#[test]
fn a_spec_of_such_a_core_names_its_registers_and_makes_it_again() {
    let order = Order::Big;
    let notes = [sve(order, NT_ARM_SVE, 16, false), sve(order, NT_ARM_SSVE, 48, true)];
    let (made, _) = core(order, &notes);
    let real = real().into_iter().map(|path| Subject::new(std::fs::read(path).unwrap()));
    for subject in real.chain([made]) {
        let spec = subject.folder().join("spec.yaml");
        let again = subject.folder().join("again.core");
        let text = subject.plain("describe", &[]).exits(0).text().to_owned();
        std::fs::write(&spec, &text).unwrap();
        let is_scalable = size_of(&regs(&subject), "z1").is_some();
        assert!(text.contains(if is_scalable { "      z1: 0x" } else { "      v1: 0x" }), "{text}");
        run(binary().arg("synth").args([&spec, &PathBuf::from("-o"), &again]), b"").exits(0);
        let again = Subject::new(std::fs::read(again).unwrap());
        assert_eq!(regs(&again), regs(&subject));
        // A spec has no memory tags.
        let diff = subject.run("diff", &[again.path().to_str().unwrap(), "--only", "memory,registers"]);
        assert_eq!(diff.exits(0).json()["same"], json!(true));
    }
}

/// The real cores; none where the corpus is not here.
fn real() -> Vec<PathBuf> {
    dumps("sve")
}

#[test]
fn the_registers_of_real_cores_are_what_the_kernel_put_there() {
    for path in real() {
        let subject = Subject::new(std::fs::read(&path).unwrap());
        let info = subject.run("info", &[]).exits(0).json();
        assert_eq!((&info["untouched"], &info["notices"]), (&json!([]), &json!([])), "{}", path.display());
        if subject.register("svcr", &[]) == Some(1) {
            // LLDB's test fills the vectors in this way: z0 with 1, z1 with 2, …; and sets tpidr2.
            let regs = regs(&subject);
            let value = |name: &str| {
                let found = regs.as_array().unwrap().iter().find(|one| one["name"] == name);
                found.unwrap()["value"].as_str().unwrap().to_owned()
            };
            for number in 0..32 {
                let byte = format!("{:02x}", number + 1).repeat(32);
                assert_eq!(value(&format!("z{number}")), format!("0x{}", byte.trim_start_matches('0')));
            }
            assert_eq!(value("tpidr2"), "0x1122334455667788");
            assert_eq!(
                (value("svcr"), value("vg"), value("svg")),
                ("0x1".into(), "0x4".into(), "0x4".into())
            );
        }
    }
}

/// Values of these expressions in a reader's output, as numbers.
fn gdb_reads(path: &Path, expressions: &[&str]) -> Vec<u128> {
    let mut gdb = Command::new("gdb-multiarch");
    gdb.args(["-nx", "-batch"]);
    for expression in expressions {
        gdb.args(["-ex", "printf \"->\"", "-ex", &format!("output/x {expression}"), "-ex", "echo \\n"]);
    }
    let text = printed(gdb.arg("-core").arg(path));
    let marked = text.lines().filter_map(|line| line.strip_prefix("->0x"));
    marked.map(|digits| u128::from_str_radix(digits, 16).unwrap()).collect()
}

#[test]
fn gdb_sees_what_is_set() {
    if !have("gdb-multiarch") {
        return;
    }
    let made = [(32, true), (16, true), (256, true), (64, false)]
        .map(|(length, scalable)| core(Order::Little, &[sve(Order::Little, NT_ARM_SVE, length, scalable)]).0);
    let copies = real().into_iter().map(|path| Subject::new(std::fs::read(path).unwrap()));
    for subject in made.into_iter().chain(copies) {
        // gdb 13 does not support streaming mode and reads NT_ARM_SVE.
        subject
            .run("set", &["v7=0x0f0e0d0c0b0a09080706050403020100", "fpsr=0x08000011", "fpcr=0x01000000"])
            .exits(0);
        let v7 = 0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100;
        assert_eq!(gdb_reads(subject.path(), &["$v7.q.u[0]", "$z7.q.u[0]"]), [v7, v7]);
        // gdb 13 reads fpsr right behind ffr; the kernel and LLDB align it to 16 bytes.
        if size_of(&regs(&subject), "z7").is_none_or(|length| (34 * length + length / 8).is_multiple_of(16)) {
            assert_eq!(gdb_reads(subject.path(), &["$fpsr", "$fpcr"]), [0x0800_0011, 0x0100_0000]);
        }
        if size_of(&regs(&subject), "z7").is_some_and(|size| size >= 32)
            && subject.register("svcr", &[]).is_none()
        {
            subject.run("set", &["z7.u128.1=0x55", "p3.u16.1=0x66"]).exits(0);
            let read = gdb_reads(subject.path(), &["$z7.q.u[1]", "$p3[2]", "$vg"]);
            let vg = u128::from(subject.register("vg", &[]).unwrap());
            assert_eq!(read, [0x55, 0x66, vg], "{}", subject.path().display());
        }
    }
}

#[test]
fn lldb_sees_what_is_set() {
    if !have("lldb") {
        return;
    }
    for path in real() {
        let subject = Subject::named("sve.core", std::fs::read(path).unwrap());
        // LLDB 14 does not support streaming mode.
        if subject.register("svcr", &[]).is_some() {
            continue;
        }
        subject.run("set", &["v7=0x0f0e0d0c0b0a09080706050403020100", "fpsr=0x08000011"]).exits(0);
        let mut lldb = Command::new("lldb");
        lldb.args(["-b", "-o", "register read v7 fpsr", "-c"]).arg(subject.path());
        let text = printed(&mut lldb);
        assert!(text.contains("v7 = {0x00 0x01 0x02 0x03 0x04"), "{text}");
        assert!(text.contains("fpsr = 0x08000011"), "{text}");
    }
}

#[test]
fn vectors_of_riscv_are_as_long_as_their_note_says() {
    let order = Order::Little;
    for (length, shown) in [(16u64, true), (256, true), (24, false), (16384, false)] {
        let mut vectors = order.fields(&[(1, 8), (2, 8), (3, 8), (4, 8), (length, 8)]);
        vectors.extend(counting(1, 32 * length as usize));
        let mut core = ElfBuilder::new(order, true, machine::RISCV);
        core.notes(&[("CORE", NT_PRSTATUS, vec![0; 376]), ("LINUX", 0x901, vectors)]);
        let subject = Subject::new(core.finish());
        let regs = regs(&subject);
        assert_eq!(size_of(&regs, "vcsr"), Some(8), "{length}");
        assert_eq!(size_of(&regs, "v31"), shown.then_some(length), "{length}");
        assert_eq!(subject.register("vlenb", &[]), shown.then_some(length), "{length}");
        if shown {
            subject.run("set", &["v31.u8.0=0xee"]).is_full(1);
            subject.run("set", &["vlenb=8"]).is_error("register");
        }
    }
}
