//! What only minidumps can be asked for.

use super::*;

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
fn streams_are_listed_in_the_order_that_is_given() {
    let dump = dump_of(
        "format: minidump
layout: {streams: [0x12345, SystemInfoStream, 0x12345, ThreadListStream]}
threads: [{}]
modules: [{base: 0x1000, size: 1, name: a}]
streams: [{type: 0x12345, content: 01}, {type: 0x12345, content: 02}]
",
    );
    let kinds: Vec<u64> =
        (0..number(&dump, 8, 4) as usize).map(|at| number(&dump, 32 + 12 * at, 4)).collect();
    assert_eq!(kinds, [0x12345, 7, 0x12345, 3, 4]);
    let first = number(&dump, 32 + 8, 4) as usize;
    assert_eq!(number(&dump, first, 1), 1);
}

#[test]
fn no_service_pack_is_not_an_empty_one() {
    let text_at = |system: &str| {
        let dump = dump_of(&format!("format: minidump\nsystem: {{{system}}}\n"));
        number(&dump, stream(&dump, 7).unwrap() + 24, 4)
    };
    assert_eq!(text_at("no_service_pack: true"), 0);
    assert_ne!(text_at(""), 0);
}
