//! Contexts that are cut short, or whose flags name another machine.

use super::*;

/// A dump of one thread and its exception, both with this context.
fn one_context(processor: u16, context: &[u8]) -> (Subject, u64) {
    let mut dump = MinidumpBuilder::new(LITTLE, processor);
    dump.memory(0x1000, &counting(1, 32));
    let offset = dump.thread_with(7, context);
    (Subject::new(dump.finish()), offset)
}

#[test]
fn of_a_context_that_ends_before_its_floating_point_registers_the_general_ones_stand() {
    let general: Vec<Row> = AMD64.iter().copied().filter(|(_, copies, ..)| copies[0] < 0x100).collect();
    // LLDB writes contexts of 720 and of 736 bytes, whose flags name no floating point registers.
    for (size, flags) in
        [(720, 0x10_0007), (736, 0x10_0007), (720, 0x10_001f), (256, 0x10_001f), (1231, 0x10_001f)]
    {
        let mut context = counting(7, size);
        LITTLE.put(&mut context, amd64::FLAGS, flags, 4);
        let (subject, record) = one_context(processor::AMD64, &context);
        let held =
            general.iter().copied().filter(|(names, ..)| flags & 0x10 != 0 || !names.starts_with("dr"));
        let held: &'static [Row] = held.collect::<Vec<Row>>().leak();
        check(&format!("{size} bytes"), LITTLE, &subject, record, &placed(held));
        for register in ["xmm0", "mxcsr", "st0", "debugctl"] {
            let message = subject.run("set", &[&format!("{register}=1")]).is_error("register");
            assert!(message.contains("not present"), "{message}");
        }
    }
    for size in [0, 1, 0x34, 255] {
        let mut context = counting(7, size.max(0x34));
        LITTLE.put(&mut context, amd64::FLAGS, 0x10_0007, 4);
        let (subject, _) = one_context(processor::AMD64, &context[..size]);
        subject.run("set", &["rip=1"]).is_error("thread");
        subject.unchanged();
    }
}

#[test]
fn a_context_whose_flags_name_another_machine_is_never_taken_for_one_of_the_dump_s() {
    // For each machine, the kind that the flags name, and whether the context is of that kind.
    let kinds = [
        ("AMD64", 0x10_000f, "rip"),
        ("x86", 0x1_003f, "eip"),
        ("ARM64", 0x40_001f, "x5"),
        ("ARM of Windows", 0x20_000f, "r5"),
        ("ARM of Breakpad", 0x4000_0006, "r5"),
    ];
    let processors = [
        (processor::AMD64, "AMD64"),
        (processor::X86, "x86"),
        (processor::ARM64, "ARM64"),
        (processor::ARM, "ARM"),
    ];
    for ((name, flags, register), (processor, of_dump)) in
        kinds.iter().flat_map(|kind| processors.map(|processor| (*kind, processor)))
    {
        if name.starts_with(of_dump) && !(of_dump == "ARM" && name == "ARM64") {
            continue;
        }
        let kind = KINDS.iter().find(|kind| kind.name == name).unwrap();
        let mut context = vec![0; kind.size];
        LITTLE.put(&mut context, kind.flags.0, flags, 4);
        let (subject, record) = one_context(processor, &context);
        let place = placed(kind.rows).into_iter().find(|place| place.name == register).unwrap();
        let run = subject.run("set", &[&format!("{register}=0x11223344")]).exits(0);
        notice(&run.json(), "odd-record");
        subject.changed_only(&[(record + place.copies[0] as u64, &[0x44, 0x33, 0x22, 0x11])]);
        notice(&subject.run("info", &[]).json(), "context-of-another-machine");
        // A context too short for its flags is no record.
        let (subject, _) = one_context(processor, &context[..kind.size.min(200) - 1]);
        for register in ["rip", "eip", "x5", "r5", "pc"] {
            assert_eq!(
                subject.run("set", &[&format!("{register}=1")]).code,
                2,
                "{name} in a dump of {of_dump}"
            );
        }
        subject.unchanged();
    }
    // Machines without a table.
    for flags in [0x2_0003, 0x4_0003, 0x80_0003, 0x100_0003] {
        let mut context = vec![0; arm64::SIZE];
        LITTLE.put(&mut context, 0, flags, 4);
        let (subject, _) = one_context(processor::ARM64, &context);
        subject.run("set", &["x5=1"]).is_error("thread");
        subject.unchanged();
    }
}

#[test]
fn values_of_a_context_are_not_taken_for_flags_of_the_dump_s_machine() {
    // The low half of `P1Home`, where contexts of ARM have their flags.
    for home in [0x3a_0043, 0x20_0000 | 0x10_000f, 0x61_0063] {
        let mut context = vec![0; amd64::SIZE];
        LITTLE.put(&mut context, 0, home, 8);
        LITTLE.put(&mut context, amd64::FLAGS, 0x10_001f, 4);
        let (subject, record) = one_context(processor::ARM, &context);
        let run = subject.run("set", &["rip=0x11223344"]).exits(0);
        notice(&run.json(), "odd-record");
        subject.changed_only(&[(record + amd64::RIP as u64, &[0x44, 0x33, 0x22, 0x11])]);
    }
    // Flags with a bit too many are still of the dump's machine where no other machine's are there.
    let mut context = vec![0; 416];
    LITTLE.put(&mut context, 0, 0x3a_0043, 4);
    let (subject, _) = one_context(processor::ARM, &context);
    subject.run("set", &["r5=1"]).exits(0);
}

#[test]
fn a_bit_that_machines_share_names_none_where_the_size_or_another_bit_names_another() {
    const IA64: u16 = 6;
    // The bit of MIPS64 is that of IA64, whose context has 2672 bytes.
    for processor in [IA64, processor::MIPS64] {
        let mut context = vec![0; 2672];
        LITTLE.put(&mut context, 0, 0x8_002f, 4);
        let (subject, _) = one_context(processor, &context);
        assert_eq!(subject.run("set", &["pc=1"]).code, 2);
        subject.unchanged();
    }
    // On other machines, the bits of RISCV64, SPARC and PPC are about the origin of a context.
    let shared = [
        (processor::RISCV64, 0x800_0000u64),
        (processor::SPARC, 0x1000_0000),
        (processor::PPC, 0x2000_0000),
        (processor::ARM, 0x4000_0000),
    ];
    for (processor, bit) in shared {
        let mut context = vec![0; amd64::SIZE];
        LITTLE.put(&mut context, amd64::FLAGS, 0x10_001f | bit, 4);
        LITTLE.put(&mut context, 0, 0x10_001f | bit, 4);
        for processor in [processor, processor::AMD64] {
            let (subject, record) = one_context(processor, &context);
            subject.run("set", &["rip=0x11223344"]).exits(0);
            subject.changed_only(&[(record + 0xf8, &[0x44, 0x33, 0x22, 0x11])]);
        }
    }
}

#[test]
fn a_writing_verb_repeats_what_is_odd_about_the_record() {
    let mut context = counting(7, arm64::SIZE);
    LITTLE.put(&mut context, arm64::FLAGS, 0x40_0000, 4);
    let (subject, _) = one_context(processor::ARM64, &context);
    for (verb, arguments) in [("set", vec!["x5=1"]), ("write", vec!["reg:x5", "u64:2"])] {
        notice(&subject.run(verb, &arguments).exits(0).json(), "odd-record");
    }
    let notices = subject.run("write", &["0x1000", "u64:2"]).exits(0).json()["notices"].clone();
    assert_eq!(notices, serde_json::json!([]), "memory is not a record");
}

#[test]
fn a_process_of_32_bits_on_arm64_has_pointers_of_four_bytes() {
    let x86 =
        (14, context(LITTLE, x86::SIZE, (x86::FLAGS, x86::FULL), &[(x86::ESP, 0x1000, 4)]), "esp", "x86");
    let arm = (13, context(LITTLE, 416, (0, 0x20_000f), &[(0x38, 0x1000, 4)]), "sp", "arm");
    for (processor, context, sp, machine) in [x86, arm] {
        let (subject, _) = one_context(processor, &context);
        let info = subject.run("info", &[]).exits(0).json();
        assert_eq!((&info["machine"], &info["pointer_width"]), (&machine.into(), &4.into()));
        assert_eq!(subject.register(sp, &[]), Some(0x1000));
        subject.run("write", &[&format!("@{sp}"), "ptr:0x1"]).is_full(4);
    }
}
