//! What only ELF cores can be asked for.

use super::*;

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

#[test]
fn a_flag_is_written_as_a_flag_and_a_text_of_the_same_letters_as_a_text() {
    let text = "format: elf-core\nlayout: {split_notes: true}\nthreads: [{tid: 5, name: \"true\"}]\n";
    let spec = Spec::from_yaml(text).unwrap();
    let yaml = spec.to_yaml().unwrap();
    assert!(yaml.contains("split_notes: true\n") && yaml.contains("name: \"true\"\n"), "{yaml}");
    assert_eq!(Spec::from_yaml(&yaml).unwrap(), spec);
}

#[test]
fn notes_may_come_last_and_headers_of_no_sections_have_a_size() {
    let text = "format: elf-core
header: {section_size: 64}
layout: {notes_last: true}
threads: [{}]
";
    let dump = dump_of(&format!("{text}{TWO_REGIONS}"));
    assert_eq!([58, 60].map(|at| number(&dump, at, 2)), [64, 0]);
    let kinds = [0, 1, 2].map(|index| number(&dump, 64 + 56 * index, 4));
    assert_eq!(kinds, [1, 1, 4]);
}

#[test]
fn segments_of_notes_keep_their_own_flags_alignment_and_padding() {
    let text = "format: elf-core
layout: {split_notes: true}
threads:
  - {tid: 5}
  - {tid: 6, note_flags: 6, note_align: 8, notes: [{type: 0x77, content: \"11\"}]}
  - {tid: 7, note_align: 8, note_padding: 4}
";
    let bytes = bytes_of(text);
    let dump = Dump::from_bytes(bytes.clone()).unwrap();
    let header =
        |index: usize| [4, 48].map(|at| number(&dump, 64 + 56 * index + at, if at == 4 { 4 } else { 8 }));
    assert_eq!([0, 1, 2].map(header), [[4, 4], [6, 8], [4, 8]]);
    let described = describe(&dump, &DescribeOptions::default()).unwrap();
    assert!(described.notices.is_empty(), "{:?}", described.notices);
    assert_eq!(synth(&described.spec, &SynthOptions::default()).unwrap().to_bytes().unwrap(), bytes);
}

#[test]
fn section_headers_without_bytes_and_alignments_of_notes_are_as_they_are_told() {
    let dump = dump_of(
        "format: elf-core
header: {section_names: 1}
layout: {note_align: 2}
threads: [{notes: []}]
sections:
  - {type: SHT_NULL, size: 1, info: 614, file_offset: 0x77}
  - {type: SHT_NOBITS, size: 32, file_offset: 0x5555}
",
    );
    assert_eq!((number(&dump, 60, 2), number(&dump, 62, 2), number(&dump, 64 + 48, 8)), (2, 1, 2));
    let table = usize::try_from(number(&dump, 40, 8)).unwrap();
    let fields = [24, 32, 64 + 24, 64 + 32].map(|at| number(&dump, table + at, 8));
    assert_eq!((fields, number(&dump, table + 44, 4)), ([0x77, 1, 0x5555, 32], 614));
}
