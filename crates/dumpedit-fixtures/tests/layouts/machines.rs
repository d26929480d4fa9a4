//! Threads, registers and memory of every machine.

use super::*;

#[test]
fn ten_lines_make_a_crash_with_one_thread_and_a_stack() {
    for (format, code) in [("minidump", 0xc000_0005), ("elf-core", 11)] {
        let dump = dump_of(&format!(
            "format: {format}
threads:
  - registers:
      rip: 0x401000
      rsp: stack+0xf00
crash:
memory:
  - {{label: stack, at: 0x7ffe0000, size: 0x1000}}
"
        ));
        let crashed = dump.crashed_thread().unwrap();
        assert_eq!(dump.read_register(crashed, "rsp").unwrap().to_string(), "0x7ffe0f00");
        assert_eq!(dump.layout().fault().unwrap().code, code);
        assert_eq!(read(&dump, 0x7ffe_0ff8, 8), [0; 8]);
    }
}

#[test]
fn every_machine_and_record_with_a_table_is_made_and_its_registers_are_set_by_name() {
    let cases = [
        ("minidump", "x86", "", "CONTEXT_X86", "eip", "xmm7"),
        ("minidump", "x86", "short", "CONTEXT_X86", "eip", "st0"),
        ("minidump", "amd64", "", "CONTEXT_AMD64", "rip", "xmm15"),
        ("minidump", "arm", "windows", "CONTEXT_ARM_WINDOWS", "pc", "q15"),
        ("minidump", "arm", "breakpad", "CONTEXT_ARM", "pc", "q15"),
        ("minidump", "arm", "crashpad", "CONTEXT_ARM", "pc", "q15"),
        ("minidump", "arm64", "", "CONTEXT_ARM64", "pc", "v31"),
        ("minidump", "arm64", "breakpad", "CONTEXT_ARM64_OLD", "pc", "v31"),
        ("minidump", "mips", "", "CONTEXT_MIPS", "pc", "f7"),
        ("minidump", "mips64", "", "CONTEXT_MIPS64", "pc", "f7"),
        ("minidump", "mips64", "crashpad", "CONTEXT_MIPS64", "pc", "f7"),
        ("minidump", "ppc", "", "CONTEXT_PPC", "pc", "vr7"),
        ("minidump", "ppc64", "", "CONTEXT_PPC64", "pc", "vr7"),
        ("minidump", "sparc64", "", "CONTEXT_SPARC", "pc", "d62"),
        ("minidump", "riscv32", "", "CONTEXT_RISCV", "pc", "fa7l"),
        ("minidump", "riscv64", "", "CONTEXT_RISCV64", "pc", "fa7"),
        ("elf-core", "amd64", "", "PRSTATUS_X86_64", "rip", "xmm15"),
        ("elf-core", "x32", "", "PRSTATUS_X32", "rip", "xmm15"),
        ("elf-core", "x86", "", "PRSTATUS_I386", "eip", "xmm7"),
        ("elf-core", "arm", "", "PRSTATUS_ARM", "pc", "q15"),
        ("elf-core", "arm64", "", "PRSTATUS_AARCH64", "pc", "v31"),
        ("elf-core", "riscv64", "", "PRSTATUS_RISCV64", "pc", "fa7"),
        ("elf-core", "ppc", "", "PRSTATUS_PPC", "pc", "vr7"),
        ("elf-core", "ppc64", "", "PRSTATUS_PPC64", "pc", "vs7"),
        ("elf-core", "mips", "", "PRSTATUS_MIPS_O32", "pc", "f7"),
        ("elf-core", "mips64", "", "PRSTATUS_MIPS_N64", "pc", "f7"),
        ("elf-core", "riscv32", "", "PRSTATUS_RISCV32", "pc", "fa7"),
        ("elf-core", "sparc64", "", "PRSTATUS_SPARC64", "pc", "d62"),
        ("elf-core", "sparc", "", "PRSTATUS_SPARC", "pc", "f7"),
        ("elf-core", "m68k", "", "PRSTATUS_M68K", "pc", "fp7"),
        ("elf-core", "loongarch64", "", "PRSTATUS_LOONGARCH64", "pc", "xr7"),
        ("elf-core", "alpha", "", "PRSTATUS_ALPHA", "pc", "f7"),
        ("elf-core", "hppa", "", "PRSTATUS_HPPA", "pc", "fr7"),
        ("elf-core", "sh", "", "PRSTATUS_SH", "pc", "fr7"),
        ("elf-core", "csky", "", "PRSTATUS_CSKY", "pc", "r7"),
        ("elf-core", "microblaze", "", "PRSTATUS_MICROBLAZE", "pc", "r7"),
        ("elf-core", "xtensa", "", "PRSTATUS_XTENSA", "pc", "ar7"),
        ("elf-core", "arc", "", "PRSTATUS_ARC", "pc", "r7"),
        ("elf-core", "s390x", "", "PRSTATUS_S390X", "pc", "f7"),
        ("elf-core", "s390", "", "PRSTATUS_S390", "pc", "r7"),
        ("macho-core", "amd64", "", "x86_thread_state64_t", "rip", "xmm15"),
        ("macho-core", "x86", "", "x86_thread_state32_t", "eip", "xmm7"),
        ("macho-core", "arm", "", "arm_thread_state_t", "pc", "q15"),
        ("macho-core", "arm64", "", "arm_thread_state64_t", "pc", "v31"),
        ("macho-core", "ppc", "", "ppc_thread_state_t", "pc", "lr"),
        ("triage-dump", "amd64", "", "CONTEXT_AMD64", "rip", "xmm15"),
        ("triage-dump", "arm64", "", "CONTEXT_ARM64", "pc", "v31"),
    ];
    for (format, machine, kind, record, pc, vector) in cases {
        for order in ["little", "big"] {
            let known = dumpedit::Machine::ALL.iter().find(|known| known.name() == machine).unwrap();
            let asked = if order == "big" { ByteOrder::Big } else { ByteOrder::Little };
            if format == "elf-core" && !dumpedit_formats::elf::schema::has_order(*known, asked) {
                continue;
            }
            let of_macho = || dumpedit_formats::macho::schema::cpu(*known, None).unwrap();
            if format == "macho-core" && of_macho().byte_order != asked {
                continue;
            }
            if format == "triage-dump" && order == "big" {
                continue;
            }
            let tid = if format == "triage-dump" { 0 } else { 4711 };
            let id = if tid == 0 { String::new() } else { format!("    tid: {tid}\n") };
            let context = if kind.is_empty() { String::new() } else { format!("    context: {kind}\n") };
            let value = match vector {
                "f7" | "fr7" | "r7" | "ar7"
                    if ["sparc", "sh", "microblaze", "xtensa", "arc", "csky"].contains(&machine) =>
                {
                    "0x11223344"
                }
                "lr" => "0x11223344",
                "fa7l" => "0x11223344",
                "fa7" | "f7" | "fr7" | "r7" | "d62" => "0x1122334455667788",
                _ => "0x11223344556677889900",
            };
            let dump = dump_of(&format!(
                "format: {format}
machine: {machine}
byte_order: {order}
threads:
  - registers: {{{pc}: 0x401000, {vector}: {value}}}
{id}{context}"
            ));
            let thread = dump.layout().thread(dump.thread(tid).unwrap()).unwrap();
            let expected = match (format, machine, order) {
                ("elf-core", "arm64", "big") => "PRSTATUS_AARCH64_BE",
                ("elf-core", "ppc64", "little") => "PRSTATUS_PPC64_LE",
                ("elf-core", "csky", "big") => "PRSTATUS_CSKY_BE",
                _ => record,
            };
            assert_eq!(thread.records[0].format.name, expected, "{format} {machine} {kind} {order}");
            assert_eq!(register(&dump, 0, RecordChoice::Thread, pc), "0x401000");
            assert_eq!(register(&dump, 0, RecordChoice::Thread, vector), value);
        }
    }
}

#[test]
fn names_of_a_window_follow_the_register_that_moves_it_in_the_order_given() {
    let dump = dump_of(
        "format: elf-core
machine: xtensa
threads:
  - registers: {windowbase: 2, sp: 0x2010, a5: 5}
",
    );
    let value = |name: &str| register(&dump, 0, RecordChoice::Thread, name);
    assert_eq!([value("ar9"), value("ar13"), value("ar1")], ["0x2010", "0x5", "0x0"]);
    let context = Context::Thread(ThreadIndex(0), RecordChoice::Thread);
    let mut edit = dump.edit();
    edit.set_register(context, "a1", 0x11u32).unwrap();
    edit.set_register(context, "windowbase", 15u32).unwrap();
    edit.set_register(context, "a7", 0x77u32).unwrap();
    edit.commit().unwrap();
    assert_eq!([value("ar9"), value("ar3"), value("a7")], ["0x11", "0x77", "0x77"]);
}

#[test]
fn every_machine_has_memory_and_threads() {
    for machine in dumpedit::Machine::ALL.iter().filter(|machine| **machine != dumpedit::Machine::Unknown) {
        let machine = machine.name();
        let dump = dump_of(&format!(
            "format: elf-core
machine: {machine}
threads:
  - {{tid: 7, signal: 11}}
memory:
  - at: 0x10000
    content: [u32:0x11223344, ptr:0x10000]
"
        ));
        assert_eq!(dump.layout().machine().name(), machine);
        assert_eq!(dump.layout().threads()[0].tid, 7);
        let big = dump.layout().byte_order() == dumpedit::ByteOrder::Big;
        assert_eq!(read(&dump, 0x10000, 1), [if big { 0x11 } else { 0x44 }], "{machine}");
    }
    let dump = dump_of("format: elf-core\nmachine: unknown\nheader: {machine: 0x1234, class: 32}\n");
    assert_eq!((dump.layout().machine().name(), dump.layout().pointer_width()), ("unknown", 4));
    let dump = dump_of("format: minidump\nmachine: alpha\nthreads: [{tid: 3}]\n");
    assert_eq!((dump.layout().machine().name(), dump.layout().threads().len()), ("alpha", 1));
}

#[test]
fn every_register_of_every_note_is_made_set_and_described() {
    use dumpedit_formats::elf::schema::{SCALABLE, X86_XSTATE, has_order, register_notes};
    let mut machines = 0;
    for machine in dumpedit::Machine::ALL {
        for (order, name) in [(ByteOrder::Little, "little"), (ByteOrder::Big, "big")] {
            let notes = register_notes(*machine).iter().map(|note| note.kind);
            let notes = notes.filter(|kind| !SCALABLE.contains(kind) && *kind != X86_XSTATE);
            let notes: Vec<String> = notes.map(|kind| format!("{{type: {kind:#x}}}")).collect();
            if notes.is_empty() || !has_order(*machine, order) {
                continue;
            }
            let dump = dump_of(&format!(
                "format: elf-core\nmachine: {machine}\nbyte_order: {name}\nthreads:\n  - {{tid: 7, notes: [{}]}}\n",
                notes.join(", ")
            ));
            let context = Context::Thread(ThreadIndex(0), RecordChoice::Thread);
            let mut edit = dump.edit();
            let mut set = 0;
            for (at, dumpedit::HeldRegister { part, .. }) in
                dump.registers(context).unwrap().into_iter().enumerate()
            {
                let register = dump.layout().register_name(context, part);
                let mut value: Vec<u8> =
                    (0..part.size()).map(|byte| (at * 7 + byte * 11 + 1) as u8).collect();
                if !part.bits.is_multiple_of(8) {
                    *value.last_mut().unwrap() = 0;
                }
                match edit.set_register(context, &register, dumpedit::Number::from_le_bytes(&value)) {
                    Ok(()) => set += 1,
                    Err(Error::Access(AccessError::AlwaysZero { .. } | AccessError::Derived { .. })) => {}
                    Err(error) => panic!("{machine} {register}: {error}"),
                }
            }
            edit.commit().unwrap();
            let bytes = dump.to_bytes().unwrap();
            let spec = describe(&dump, &DescribeOptions::default()).unwrap().spec;
            let made = synth(&spec, &SynthOptions::default()).unwrap().to_bytes().unwrap();
            assert!(made == bytes, "{machine} {name}");
            assert!(set > 20, "{machine} {name}: {set} registers");
            machines += 1;
        }
    }
    assert!(machines > 20, "{machines}");
}

#[test]
fn every_register_of_the_bsds_is_made_set_and_described() {
    use dumpedit_formats::elf::schema::system_notes;
    let mut machines = 0;
    for system in ["freebsd", "netbsd", "openbsd"] {
        for machine in
            dumpedit::Machine::ALL.iter().filter(|machine| !system_notes(system, **machine).is_empty())
        {
            let dump = dump_of(&format!(
                "format: elf-core\nmachine: {machine}\nsystem: {{os: {system}}}\nthreads:\n  - {{tid: 7}}\n  - {{tid: 8, registers: {{pc: 0x1000}}}}\n"
            ));
            assert_eq!(dump.layout().os(), Some(system));
            let tids: Vec<u64> = dump.layout().threads().iter().map(|thread| thread.tid).collect();
            assert_eq!(tids, [7, 8], "{system} {machine}");
            assert_eq!(register(&dump, 1, RecordChoice::Thread, "pc"), "0x1000");
            let context = Context::Thread(ThreadIndex(0), RecordChoice::Thread);
            let mut edit = dump.edit();
            let mut set = 0;
            for (at, dumpedit::HeldRegister { part, .. }) in
                dump.registers(context).unwrap().into_iter().enumerate()
            {
                let register = dump.layout().register_name(context, part);
                let value: Vec<u8> = (0..part.size()).map(|byte| (at * 7 + byte * 11 + 1) as u8).collect();
                match edit.set_register(context, &register, dumpedit::Number::from_le_bytes(&value)) {
                    Ok(()) => set += 1,
                    Err(Error::Access(AccessError::AlwaysZero { .. })) => {}
                    Err(error) => panic!("{system} {machine} {register}: {error}"),
                }
            }
            edit.commit().unwrap();
            let bytes = dump.to_bytes().unwrap();
            let spec = describe(&dump, &DescribeOptions::default()).unwrap().spec;
            let made = synth(&spec, &SynthOptions::default()).unwrap().to_bytes().unwrap();
            assert!(made == bytes, "{system} {machine}");
            assert!(set > 20, "{system} {machine}: {set} registers");
            machines += 1;
        }
    }
    assert_eq!(machines, 10);
}

#[test]
fn every_name_that_the_table_of_machines_has_is_taken_by_a_spec() {
    let mut seen = 0;
    for row in dumpedit::supported() {
        let (machine, system) = (row.machine, row.system);
        for (index, record) in row.records.iter().enumerate() {
            // Some rows are about a part of what a note holds.
            let name = record.name.split(" (").next().unwrap();
            let thread = match row.format {
                dumpedit::Format::ElfCore => format!("notes: [{{type: {name}}}]"),
                dumpedit::Format::MachOCore if row.table.is_some() => format!("states: [{{flavor: {name}}}]"),
                _ => continue,
            };
            let order = match row.table {
                Some(table) if table.ends_with("_BE") => "byte_order: big\n",
                Some("PRSTATUS_PPC64_LE") => "byte_order: little\n",
                _ => "",
            };
            let os = if ["linux", "macos"].contains(&system) { "" } else { system };
            let os = if os.is_empty() { String::new() } else { format!("system: {{os: {os}}}\n") };
            let text =
                format!("format: {}\nmachine: {machine}\n{order}{os}threads: [{{{thread}}}]\n", row.format);
            let dump = dump_of(&text);
            seen += 1;
            let threads = dump.layout().threads();
            // Names that no other system has say whose the note is. The first is the status, which threads have anyway.
            let says = ["PT_", "NT_OPENBSD_", "NT_X86_SEGBASES"].iter().any(|start| name.starts_with(start))
                && index > 0;
            assert!(!says || threads.len() == 1, "{text}");
            assert!(!says || dump.layout().untouched().is_empty(), "{text}");
        }
    }
    assert!(seen > 150, "{seen}");
}
