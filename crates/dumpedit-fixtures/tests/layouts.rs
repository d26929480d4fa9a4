//! Every layout that a spec can force, as dumpedit itself and the bytes of the file show it.

use crate::support::assert_reads_the_same;
use dumpedit::{
    AccessError, ByteOrder, Context, Dump, Error, NamedAddress, RecordChoice, RecordKind, StopReason,
    ThreadIndex,
};
use dumpedit_fixtures::{DescribeOptions, Spec, SynthOptions, describe, synth};

#[track_caller]
fn bytes_of(text: &str) -> Vec<u8> {
    let shown = |error: dumpedit_fixtures::FixtureError| -> Vec<u8> {
        let excerpt = error.excerpt(text).map(|excerpt| excerpt.to_string()).unwrap_or_default();
        panic!("{error}\n{excerpt}")
    };
    let spec = match Spec::from_yaml(text) {
        Ok(spec) => spec,
        Err(error) => return shown(error),
    };
    let image = match synth(&spec, &SynthOptions::default()) {
        Ok(image) => image,
        Err(error) => return shown(error),
    };
    let bytes = image.to_bytes().unwrap();
    let mut sparse = std::io::Cursor::new(Vec::new());
    image.write_sparse(&mut sparse).unwrap();
    assert!(sparse.into_inner() == bytes, "with and without holes");
    assert_eq!(image.size(), bytes.len() as u64);
    let again = synth(&Spec::from_yaml(text).unwrap(), &SynthOptions::default()).unwrap().to_bytes().unwrap();
    assert!(again == bytes, "a second run differs");
    bytes
}

/// The dump that a spec makes; and what is described of it makes the same file again.
#[track_caller]
fn dump_of(text: &str) -> Dump {
    let bytes = bytes_of(text);
    let dump = Dump::from_bytes(bytes.clone()).unwrap();
    let described = describe(&dump, &DescribeOptions::default()).unwrap().spec;
    let yaml = described.to_yaml().unwrap();
    let again = bytes_of(&yaml);
    assert_reads_the_same(&dump, &Dump::from_bytes(again.clone()).unwrap(), &yaml);
    if let Some(at) = (0..bytes.len().max(again.len())).find(|&at| bytes.get(at) != again.get(at)) {
        panic!("{} and {} bytes, the first that differs at {at:#x}\n{yaml}", bytes.len(), again.len());
    }
    dump
}

#[track_caller]
fn register(dump: &Dump, thread: u32, choice: RecordChoice, name: &str) -> String {
    dump.read_register(Context::Thread(ThreadIndex(thread), choice), name).unwrap().to_string()
}

#[track_caller]
fn read(dump: &Dump, address: u64, size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    dump.read_bytes(Context::Process, address, &mut bytes).unwrap().complete().unwrap();
    bytes
}

/// The number at a file offset.
fn number(dump: &Dump, offset: usize, size: usize) -> u64 {
    let mut bytes = [0; 8];
    dump.read_file(offset as u64, &mut bytes[..size]).unwrap();
    u64::from_le_bytes(bytes)
}

/// The file offset of the first stream of a type.
fn stream(dump: &Dump, kind: u64) -> Option<usize> {
    let count = number(dump, 8, 4) as usize;
    (0..count)
        .map(|index| 32 + 12 * index)
        .find(|at| number(dump, *at, 4) == kind)
        .map(|at| number(dump, at + 8, 4) as usize)
}

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
  - tid: {tid}
    registers: {{{pc}: 0x401000, {vector}: {value}}}
{context}"
            ));
            let thread = dump.layout().thread(dump.thread(tid).unwrap()).unwrap();
            let expected = match (format, machine, order) {
                ("elf-core", "arm64", "big") => "PRSTATUS_AARCH64_BE",
                ("elf-core", "ppc64", "little") => "PRSTATUS_PPC64_LE",
                _ => record,
            };
            assert_eq!(thread.records[0].format.name, expected, "{format} {machine} {kind} {order}");
            assert_eq!(register(&dump, 0, RecordChoice::Thread, pc), "0x401000");
            assert_eq!(register(&dump, 0, RecordChoice::Thread, vector), value);
        }
    }
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

const TWO_REGIONS: &str = "
memory:
  - {label: one, at: 0x1000, content: \"11 22\"}
  - {label: two, at: 0x2000, content: \"33\"}
";

#[test]
fn memory_is_listed_where_the_spec_says() {
    let list = dump_of(&format!("format: minidump{TWO_REGIONS}"));
    assert!(stream(&list, 5).is_some() && stream(&list, 9).is_none());
    let list64 = dump_of(&format!("format: minidump\nlayout: {{memory: memory64-list}}{TWO_REGIONS}"));
    assert!(stream(&list64, 5).is_none() && stream(&list64, 9).is_some());
    let both = dump_of(
        "format: minidump
memory:
  - {at: 0x1000, content: \"11 22\"}
  - {at: 0x1000, content: \"33\", list: memory64-list}
",
    );
    assert!(stream(&both, 5).is_some() && stream(&both, 9).is_some());
    assert_eq!(read(&both, 0x1000, 2), [0x11, 0x22]);
}

#[test]
fn a_stack_is_inside_the_list_or_outside_or_a_second_copy() {
    let of = |stack: &str, memory: &str| {
        dump_of(&format!("format: minidump\nthreads:\n  - {{stack: {stack}}}\nmemory:\n{memory}"))
    };
    let inside = of("stack", "  - {label: stack, at: 0x1000, content: \"11\"}\n");
    let (threads, list) = (stream(&inside, 3).unwrap() + 4, stream(&inside, 5).unwrap() + 4);
    assert_eq!(number(&inside, threads + 24 + 12, 4), number(&inside, list + 12, 4));
    let outside = of("stack", "  - {label: stack, at: 0x1000, content: \"11\", list: none}\n");
    assert!(stream(&outside, 5).is_none());
    assert_eq!(read(&outside, 0x1000, 1), [0x11]);
    let copies = of(
        "stack",
        "  - {at: 0x1000, content: \"22\"}\n  - {label: stack, at: 0x1000, content: \"11\", list: none}\n",
    );
    assert_eq!(read(&copies, 0x1000, 1), [0x22]);
    let absent = of("{at: 0x1000, size: 0x100, file_offset: 0}", "  - {at: 0x5000, content: \"22\"}\n");
    assert_eq!(absent.layout().absence(0x1080), StopReason::NotCaptured);
    let part = of(
        "{at: 0x1001, size: 1, file_offset: whole+1}",
        "  - {label: whole, at: 0x1000, content: \"11 22 33\"}\n",
    );
    let threads = stream(&part, 3).unwrap() + 4;
    let list = stream(&part, 5).unwrap() + 4;
    assert_eq!(number(&part, threads + 24 + 12, 4), number(&part, list + 12, 4) + 1);
}

#[test]
fn the_context_of_an_exception_is_shared_equal_different_or_not_there() {
    let of = |crash: &str| {
        dump_of(&format!(
            "format: minidump\nthreads:\n  - {{tid: 7, registers: {{rip: 0x1234, rax: 1}}}}\ncrash: {crash}\n"
        ))
    };
    let places = |dump: &Dump| {
        let records = &dump.layout().threads()[0].records;
        records.iter().map(|record| record.place()).collect::<Vec<_>>()
    };
    let shared = of("{context: shared}");
    assert_eq!(places(&shared)[0], places(&shared)[1]);
    let equal = of("{context: equal}");
    assert_ne!(places(&equal)[0], places(&equal)[1]);
    assert_eq!(register(&equal, 0, RecordChoice::Exception, "rax"), "0x1");
    let own = of("{registers: {rip: 0x5678}, code: 0xc000001d, flags: 1, parameters: [1, \"0x2\"]}"
        .replace("[1, ", "[0x1, ")
        .as_str());
    assert_eq!(register(&own, 0, RecordChoice::Exception, "rax"), "0x0");
    assert_eq!(
        own.layout().fault().unwrap().address,
        Some(NamedAddress { name: "ExceptionAddress", address: 0x5678 })
    );
    let none = of("{context: none, address: 0x99}");
    assert_eq!(places(&none).len(), 1);
    assert_eq!(
        none.layout().fault().unwrap().address,
        Some(NamedAddress { name: "ExceptionAddress", address: 0x99 })
    );
}

#[test]
fn several_exceptions_and_one_of_a_thread_that_is_not_listed() {
    let dump = dump_of(
        "format: minidump
threads:
  - {tid: 7, registers: {rip: 0x1234}}
crash:
  - {thread: 7, code: 0x1}
  - {thread: 9, code: 0x2, registers: {rip: 0x9999}}
",
    );
    assert_eq!(dump.layout().threads().len(), 2);
    assert_eq!(register(&dump, 1, RecordChoice::Exception, "rip"), "0x9999");
    assert_eq!(dump.layout().fault().unwrap().code, 1);
}

#[test]
fn lists_have_padding_where_it_is_asked_for() {
    let of = |padded: &str| {
        dump_of(&format!(
            "format: minidump
layout: {{padded: {padded}}}
threads: [{{tid: 7}}, {{tid: 8}}]
modules: [{{base: 0x400000, size: 0x1000, name: a}}]
memory: [{{at: 0x1000, content: \"11\"}}]
"
        ))
    };
    for (padded, threads) in [("true", true), ("[threads]", true), ("[modules, memory]", false)] {
        let dump = of(padded);
        assert_eq!(dump.layout().threads().len(), 2);
        assert_eq!(number(&dump, stream(&dump, 3).unwrap() + 4, 4) == 0, threads, "{padded}");
    }
}

#[test]
fn an_xsave_area_follows_a_context_compacted_or_not() {
    let dump = dump_of(
        "format: minidump
threads:
  - registers: {rip: 0x1234, ymm3: 0x100000000000000000000000000000007, k1: 0x5}
    context: {xstate: 0x64}
",
    );
    assert_eq!(register(&dump, 0, RecordChoice::Thread, "ymm3"), "0x100000000000000000000000000000007");
    assert_eq!(register(&dump, 0, RecordChoice::Thread, "k1"), "0x5");
    let dump = dump_of(
        "format: minidump
threads:
  - registers: {ymm3: 0x100000000000000000000000000000007}
    context: {xstate: {components: 4, compacted: false}}
",
    );
    assert_eq!(register(&dump, 0, RecordChoice::Thread, "ymm3"), "0x100000000000000000000000000000007");
    let dump = dump_of(
        "format: minidump
machine: x86
threads:
  - registers: {ymm3: 0x100000000000000000000000000000007}
    context: {xstate: {components: 4, skip: 92, size: 336}, size: 1147}
",
    );
    assert_eq!(dump.layout().threads()[0].records[0].place().size, 1147);
    for (extra, size) in [("context: {xstate: 0x2e7}", 2696), ("", 832)] {
        let dump = dump_of(&format!(
            "format: elf-core\nthreads:\n  - registers: {{ymm3: 0x100000000000000000000000000000007}}\n    {extra}\n"
        ));
        assert_eq!(register(&dump, 0, RecordChoice::Thread, "ymm3"), "0x100000000000000000000000000000007");
        assert_eq!(register(&dump, 0, RecordChoice::Thread, "xmm3"), "0x7");
        let area = dump.layout().threads()[0].records[0].block(dumpedit::BlockKind::XstateLegacy).unwrap();
        assert_eq!(number(&dump, area.file_offset as usize - 16, 4), size);
    }
}

#[test]
fn segments_are_counted_in_a_section_where_there_are_too_many_or_it_is_asked_for() {
    let few = dump_of(&format!("format: elf-core\nlayout: {{extended: true}}{TWO_REGIONS}"));
    assert_eq!(number(&few, 56, 2), 0xffff);
    assert_eq!(read(&few, 0x1000, 2), [0x11, 0x22]);
    let mut text =
        "format: elf-core\nmemory:\n  - {label: page, at: 0x10000, content: \"11 22\"}\n".to_owned();
    for index in 1..0x10000u64 {
        text.push_str(&format!("  - {{at: {:#x}, size: 2, file_offset: page}}\n", 0x10000 + index * 0x1000));
    }
    let many = Dump::from_bytes(bytes_of(&text)).unwrap();
    assert_eq!((number(&many, 56, 2), many.layout().region_count()), (0xffff, 0x10000));
    assert_eq!(read(&many, 0x10000 + 0xffff * 0x1000, 2), [0x11, 0x22]);
}

#[test]
fn less_is_in_the_file_than_was_mapped() {
    for format in ["elf-core", "minidump"] {
        let dump = dump_of(&format!(
            "format: {format}
memory:
  - {{at: 0x1000, size: 0x1000, captured: 2, protection: r-x, content: \"11 22\"}}
  - {{at: 0x4000, size: 0x1000, captured: 0}}
"
        ));
        assert_eq!(read(&dump, 0x1000, 2), [0x11, 0x22]);
        for address in [0x1002, 0x4000] {
            assert_eq!(dump.layout().absence(address), StopReason::NotCaptured, "{format}");
        }
        let mapping = dump.layout().mapping_at(0x1fff).unwrap();
        assert_eq!(mapping.protection.unwrap().to_string(), "r-x");
    }
}

#[test]
fn the_file_can_be_cut_at_every_byte() {
    for format in ["elf-core", "minidump"] {
        let text = format!("format: {format}\nthreads: [{{registers: {{rip: 1}}}}]{TWO_REGIONS}");
        let whole = bytes_of(&text);
        for size in (0..=whole.len()).step_by(7) {
            let cut = bytes_of(&format!("{text}truncate: {size}\n"));
            assert!(cut == whole[..size], "{format} at {size}");
        }
    }
}

#[test]
fn a_region_can_be_cut_by_the_end_of_the_file() {
    for format in ["elf-core", "minidump"] {
        let dump = dump_of(&format!(
            "format: {format}
memory:
  - {{at: 0x1000, size: 0x100, stored: 2, content: \"11 22\"}}
  - {{at: 0x3000, content: \"33\"}}
"
        ));
        assert_eq!(read(&dump, 0x1000, 2), [0x11, 0x22]);
        assert_eq!(read(&dump, 0x3000, 1), [0x33]);
        assert_eq!(dump.layout().absence(0x1002), StopReason::EndOfFile, "{format}");
    }
}

#[test]
fn descriptors_may_point_past_the_end_and_into_one_another() {
    for format in ["elf-core", "minidump"] {
        let dump = dump_of(&format!(
            "format: {format}
memory:
  - {{label: one, at: 0x1000, content: \"11 22 33 44\"}}
  - {{at: 0x1002, content: \"55 66 77\"}}
  - {{at: 0x8000, size: 2, file_offset: one+1}}
  - {{at: 0x9000, size: 0x10, file_offset: 0x10000000}}
"
        ));
        assert_eq!(read(&dump, 0x1000, 5), [0x11, 0x22, 0x33, 0x44, 0x77], "{format}");
        assert_eq!(read(&dump, 0x8000, 2), [0x22, 0x33]);
        assert_eq!(dump.layout().absence(0x9000), StopReason::EndOfFile);
    }
}

#[test]
fn zeros_are_holes_and_may_be_many() {
    let text = "format: elf-core
memory:
  - {at: 0x100000, size: 0xc0000000, content: {0x80000000: \"11\"}}
";
    let image = synth(&Spec::from_yaml(text).unwrap(), &SynthOptions::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sparse.core");
    let mut file = std::fs::File::create(&path).unwrap();
    image.write_sparse(&mut file).unwrap();
    let metadata = path.metadata().unwrap();
    assert_eq!(metadata.len(), image.size());
    #[cfg(target_os = "linux")]
    {
        use std::os::linux::fs::MetadataExt;
        assert!(metadata.st_blocks() * 512 < 1 << 20, "{} blocks", metadata.st_blocks());
    }
    let dump = Dump::open(&path).unwrap();
    assert_eq!(read(&dump, 0x8010_0000, 1), [0x11]);
    assert_eq!(read(&dump, 0xc00f_ffff, 1), [0]);
}

#[test]
fn notes_are_aligned_and_split_as_asked() {
    for align in [0, 1, 4, 8] {
        let dump = dump_of(&format!(
            "format: elf-core
layout: {{note_align: {align}}}
notes:
  - {{owner: odd, type: 77, content: \"11 22 33\"}}
threads: [{{tid: 5, registers: {{rip: 9}}}}, {{tid: 6}}]
"
        ));
        assert_eq!(dump.layout().threads()[1].tid, 6, "{align}");
        assert_eq!(register(&dump, 0, RecordChoice::Thread, "rip"), "0x9");
        assert_eq!(dump.layout().untouched(), ["odd 0x4d"]);
    }
    let dump = dump_of("format: elf-core\nlayout: {split_notes: true}\nthreads: [{tid: 5}, {tid: 6}]\n");
    assert_eq!(number(&dump, 56, 2), 2);
    assert_eq!(dump.layout().threads().len(), 2);
}

#[test]
fn values_name_labels_registers_and_modules() {
    for format in ["elf-core", "minidump"] {
        let dump = Dump::from_bytes(bytes_of(&format!(
            "format: {format}
threads:
  - registers: {{rip: app+0x1234, rsp: stack+0x40, rbp: \"@rsp+8\", rax: stack-up.1+2}}
modules:
  - {{base: 0x400000, size: 0x10000, name: /bin/app}}
memory:
  - {{label: stack, at: 0x7ffe0000, size: 0x100, content: {{0x40: [ptr:stack+0x80, ptr:@rip, ptr:heap, u16:7, strz:hi], 0x80: ptr:app+0x10}}}}
  - {{label: heap, at: stack+0x1000, content: utf16:hé}}
  - {{label: stack-up.1, at: 0x5000, content: \"00\"}}
"
        )))
        .unwrap();
        assert_eq!(register(&dump, 0, RecordChoice::Thread, "rip"), "0x401234");
        assert_eq!(register(&dump, 0, RecordChoice::Thread, "rbp"), "0x7ffe0048");
        assert_eq!(register(&dump, 0, RecordChoice::Thread, "rax"), "0x5002");
        let mut expected = Vec::new();
        for pointer in [0x7ffe_0080u64, 0x40_1234, 0x7ffe_1000] {
            expected.extend(pointer.to_le_bytes());
        }
        expected.extend([7, 0, b'h', b'i', 0]);
        assert_eq!(read(&dump, 0x7ffe_0040, 29), expected);
        assert_eq!(read(&dump, 0x7ffe_0080, 8), 0x40_0010u64.to_le_bytes());
        assert_eq!(read(&dump, 0x7ffe_1000, 4), [b'h', 0, 0xe9, 0]);
    }
}

#[test]
fn patches_go_over_everything_else() {
    let dump =
        Dump::from_bytes(bytes_of(&format!("format: minidump\npatches: {{0x10: u32:7}}{TWO_REGIONS}")))
            .unwrap();
    assert_eq!(number(&dump, 16, 4), 7);
}

#[test]
fn streams_keep_their_bytes_and_may_lie() {
    let dump = dump_of(
        "format: minidump
system: {os: linux, version: 5.10.0, service_pack: a b, processors: 4, cpu: \"11\"}
streams:
  - {type: LinuxCmdLine, content: \"str:/bin/true\"}
  - {type: 0x12345, content: \"11 22\"}
  - {type: UnusedStream}
  - {type: 0x54321, size: 64, file_offset: 0x7fff0000}
mappings:
  - {at: 0x1000, size: 0x2000, protection: r-x, type: image}
  - {at: 0x4000, size: 0x2000, protection: 0x104, state: reserve}
",
    );
    assert_eq!(dump.layout().os(), Some("linux"));
    assert_eq!(dump.layout().mapping_at(0x2fff).unwrap().protection.unwrap().to_string(), "r-x");
    assert!(dump.layout().untouched().contains(&"stream 0x12345".to_owned()));
    let at = stream(&dump, 0x12345).unwrap();
    assert_eq!(number(&dump, at, 2), 0x2211);
    let bare =
        dump_of("format: minidump\nsystem: none\nmachine: unknown\nmemory: [{at: 0x0, content: \"11\"}]\n");
    assert!(stream(&bare, 7).is_none());
}

#[test]
fn only_what_is_chosen_is_described() {
    let text = "format: elf-core
threads:
  - {tid: 1, registers: {rip: 0x401000, rsp: stack+0x800}}
  - {tid: 2, registers: {rip: 0x402000, rsp: other+0x800}}
memory:
  - {label: stack, at: 0x10000, size: 0x1000, content: {0x810: \"11\"}}
  - {label: other, at: 0x20000, size: 0x1000}
  - {at: 0x30000, content: \"33 44 55 66\"}
";
    for format in ["elf-core", "minidump"] {
        let dump = Dump::from_bytes(bytes_of(&text.replace("elf-core", format))).unwrap();
        let made = |options: &DescribeOptions| {
            let spec = describe(&dump, options).unwrap().spec;
            Dump::from_bytes(synth(&spec, &SynthOptions::default()).unwrap().to_bytes().unwrap()).unwrap()
        };
        let stacks = dumpedit_fixtures::Memory::Stacks;
        let one =
            made(&DescribeOptions::default().memory(stacks).threads([ThreadIndex(0)]).stack_bytes(0x20));
        assert_eq!(one.layout().threads().len(), 1);
        assert_eq!(read(&one, 0x10780, 0xa0)[0x90], 0x11, "{format}");
        let beyond = one.read_bytes(Context::Process, 0x10820, &mut [0]);
        assert!(matches!(beyond, Err(Error::Access(AccessError::NotCaptured { .. }))), "{format}");
        assert!(one.read_bytes(Context::Process, 0x20800, &mut [0]).is_err());
        let ranges = dumpedit_fixtures::Memory::Ranges(vec![0x30001..=0x30002, 0x10000..=0x10000]);
        let some = made(&DescribeOptions::default().memory(ranges));
        assert_eq!(read(&some, 0x30001, 2), [0x44, 0x55]);
        assert!(some.read_bytes(Context::Process, 0x30003, &mut [0]).is_err());
        assert_eq!(register(&some, 1, RecordChoice::Thread, "rip"), "0x402000");
        let none = made(&DescribeOptions::default().memory(dumpedit_fixtures::Memory::None));
        assert_eq!((none.layout().captured_bytes(), none.layout().threads().len()), (0, 2));
        assert_eq!(none.layout().threads()[0].records[0].kind, RecordKind::Thread);
    }
}

#[test]
fn segments_of_any_kind_have_the_numbers_that_are_given() {
    let dump = dump_of(
        "format: elf-core
machine: arm64
memory:
  - {at: 0x1000, size: 0x1000, physical: 0x80001000, flags: 0x100006, align: 0x10000}
  - {at: 0x2000, size: 0x1000, captured: 0x0}
  - {at: 0x1000, size: 0x1000, captured: 0x80, type: 0x70000002, flags: 0x0, align: 0x0, content: \"0102\"}
  - {at: 0x3000, size: 0x10, captured: 0x20}
",
    );
    // The fields of Elf64_Phdr: p_type and p_flags, then p_offset to p_align.
    let header = |index: usize| {
        let at = 64 + 56 * index;
        let numbers = [(0, 4), (4, 4), (8, 8), (16, 8), (24, 8), (32, 8), (40, 8), (48, 8)];
        numbers.map(|(skip, size)| number(&dump, at + skip, size))
    };
    let tables = 64 + 4 * 56;
    assert_eq!(header(0), [1, 0x10_0006, tables, 0x1000, 0x8000_1000, 0x1000, 0x1000, 0x1_0000]);
    // Behind the last byte of the file, so that no reader takes what is there for its own.
    assert_eq!(header(1), [1, 6, tables + 0x10a0, 0x2000, 0, 0, 0x1000, 1]);
    assert_eq!(header(2), [0x7000_0002, 0, tables + 0x1000, 0x1000, 0, 0x80, 0x1000, 0]);
    assert_eq!(header(3), [1, 6, tables + 0x1080, 0x3000, 0, 0x20, 0x10, 1]);
    assert_eq!(number(&dump, (tables + 0x1000) as usize, 2), 0x0201);
}

#[test]
fn files_and_signals_stay_with_the_notes_that_mark_their_place() {
    let in_front = dump_of(
        "format: elf-core
notes: [{type: NT_FILE}]
threads: [{tid: 7}]
modules: [{base: 0x400000, size: 0x1000, name: /bin/a}, {base: 0x401000, size: 0x1000, name: /bin/a, page: 1}]
memory: [{at: 0x400000, size: 0x2000, protection: r-x}]
",
    );
    assert_eq!(in_front.layout().modules()[0].name, "/bin/a");
    let without_threads = dump_of(
        "format: elf-core
notes: [{type: NT_FILE}]
modules: [{base: 0x400000, size: 0x1000, name: /bin/a}]
memory: [{at: 0x400000, size: 0x1000, protection: r-x}]
",
    );
    assert_eq!(without_threads.layout().modules().len(), 1);
    let empty_one = dump_of(
        "format: elf-core
threads:
  - {tid: 5, notes: [{type: NT_SIGINFO, size: 0}]}
  - {tid: 6, notes: [{type: NT_FPREGSET}, {type: NT_SIGINFO}]}
crash: {thread: 6, code: 7, address: 0x1234}
",
    );
    let fault = empty_one.layout().fault().unwrap();
    assert_eq!(
        (fault.thread, fault.code, fault.address),
        (ThreadIndex(1), 7, Some(NamedAddress { name: "si_addr", address: 0x1234 }))
    );
}

#[test]
fn the_crash_stays_with_its_thread_where_threads_share_an_id() {
    let dump = dump_of(
        "format: elf-core
threads:
  - {tid: 0, notes: []}
  - {tid: 0, notes: []}
  - tid: 0
    signal: 11
    notes:
      - {type: NT_SIGINFO, size: 128, content: {0: [u32:11, u32:0, u32:1], 16: ptr:0x1234}}
",
    );
    assert_eq!(dump.layout().fault().unwrap().thread, ThreadIndex(2));
}

#[test]
fn a_context_that_the_end_of_the_file_cuts_keeps_its_registers() {
    let whole = bytes_of("format: minidump\nthreads: [{tid: 7, registers: {rip: 0x1234, rsp: 0x5678}}]\n");
    let cut = Dump::from_bytes(whole[..whole.len() - 300].to_vec()).unwrap();
    assert_eq!(register(&cut, 0, RecordChoice::Thread, "rip"), "0x1234");
    let yaml = describe(&cut, &DescribeOptions::default()).unwrap().spec.to_yaml().unwrap();
    let made = Dump::from_bytes(bytes_of(&yaml)).unwrap();
    assert_eq!(register(&made, 0, RecordChoice::Thread, "rip"), "0x1234");
    assert_eq!(register(&made, 0, RecordChoice::Thread, "rsp"), "0x5678");
}

#[test]
fn the_header_and_the_notes_of_a_core_say_what_they_are_told() {
    let dump = dump_of(
        "format: elf-core
header: {entry: 0x401000, abi_version: 3}
layout: {note_flags: 0, note_align: 8, note_padding: 4}
threads: [{tid: 7, notes: [{type: 0x77, owner: GNU, terminated: false, content: \"11\"}, {type: NT_AUXV, size: 0}]}]
",
    );
    assert_eq!((number(&dump, 24, 8), number(&dump, 8, 1), number(&dump, 64 + 4, 4)), (0x40_1000, 3, 0));
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
fn the_crash_and_the_name_of_a_bsds_process_are_made() {
    for (system, tid, name) in
        [("freebsd", 8, None), ("netbsd", 8, Some("worker")), ("openbsd", 7, Some("worker"))]
    {
        let of_thread = name.map_or(String::new(), |name| format!(", name: {name}"));
        let dump = dump_of(&format!(
            "format: elf-core\nmachine: amd64\nsystem: {{os: {system}}}\nthreads:\n  - {{tid: 7{of_thread}}}\n  - {{tid: 8}}\ncrash: {{thread: {tid}, code: 10}}\n"
        ));
        let fault = dump.layout().fault().unwrap();
        assert_eq!((fault.code, fault.name.as_deref()), (10, Some("SIGBUS")), "{system}");
        let crashed = dump.layout().thread(dump.crashed_thread().unwrap()).unwrap();
        assert_eq!(crashed.tid, tid, "{system}");
        assert_eq!(dump.layout().process().name.as_deref(), name, "{system}");
    }
}
