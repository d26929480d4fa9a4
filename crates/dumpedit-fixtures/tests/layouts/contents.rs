//! What values mean, and what is described of them.

use super::*;

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
        let stacks = dumpedit_fixtures::DescribedMemory::Stacks;
        let one =
            made(&DescribeOptions::default().memory(stacks).threads([ThreadIndex(0)]).stack_bytes(0x20));
        assert_eq!(one.layout().threads().len(), 1);
        assert_eq!(read(&one, 0x10780, 0xa0)[0x90], 0x11, "{format}");
        let beyond = one.read_bytes(Context::Process, 0x10820, &mut [0]);
        assert!(matches!(beyond, Err(Error::Access(AccessError::NotCaptured { .. }))), "{format}");
        assert!(one.read_bytes(Context::Process, 0x20800, &mut [0]).is_err());
        let ranges = dumpedit_fixtures::DescribedMemory::Ranges(vec![0x30001..=0x30002, 0x10000..=0x10000]);
        let some = made(&DescribeOptions::default().memory(ranges));
        assert_eq!(read(&some, 0x30001, 2), [0x44, 0x55]);
        assert!(some.read_bytes(Context::Process, 0x30003, &mut [0]).is_err());
        assert_eq!(register(&some, 1, RecordChoice::Thread, "rip"), "0x402000");
        let none = made(&DescribeOptions::default().memory(dumpedit_fixtures::DescribedMemory::None));
        assert_eq!((none.layout().captured_bytes(), none.layout().threads().len()), (0, 2));
        assert_eq!(none.layout().threads()[0].records[0].kind, RecordKind::Thread);
    }
}

#[test]
fn bytes_that_nothing_leads_to_are_told_between_the_parts_of_a_file_and_behind_them() {
    for format in ["elf-core", "minidump"] {
        let lost = |more: &str| {
            let text = format!(
                "format: {format}\nlayout: {{align: 0x2000}}\nmemory:\n  - {{at: 0x10000, size: 0x2000}}\n  - {{at: 0x20000, size: 0x10}}\n{more}"
            );
            let dump = Dump::from_bytes(bytes_of(&text)).unwrap();
            let notices = describe(&dump, &DescribeOptions::default()).unwrap().notices;
            let told = notices.into_iter().map(|notice| (notice.kind, notice.count, notice.about));
            told.collect::<Vec<_>>()
        };
        assert_eq!(lost(""), [], "{format}");
        let between = (NoticeKind::LostBetweenParts, Some(3), vec![Subject::FileOffset(0x1800)]);
        assert_eq!(lost("patches: {0x1800: \"01 00 02\"}\n"), [between], "{format}");
        // What memory has is not lost.
        assert_eq!(lost("patches: {0x2000: \"01\"}\n"), [], "{format}");
    }
    let mut bytes = bytes_of("format: elf-core\nmemory: [{at: 0x10000, size: 0x10}]\n");
    let end = u64::try_from(bytes.len()).unwrap();
    bytes.extend([0, 0, 7]);
    let dump = Dump::from_bytes(bytes).unwrap();
    let [told] = &describe(&dump, &DescribeOptions::default()).unwrap().notices[..] else { panic!("one") };
    assert_eq!((told.kind, told.count), (NoticeKind::LostRestOfFile, Some(3)));
    assert_eq!(told.about, [Subject::FileOffset(end)]);
}

#[test]
fn a_description_that_no_dump_can_be_made_of_says_so() {
    // Where there is no corpus, that was said.
    let real = good_dumps().into_iter().find(|path| path.ends_with("lldb-linux-i386.core"));
    let Some(core) = real else { return };
    let mut bytes = std::fs::read(core).unwrap();
    // e_phnum: sections and memory are taken for program headers.
    bytes[0x2d] ^= 0x15;
    let described = describe(&Dump::from_bytes(bytes).unwrap(), &DescribeOptions::default()).unwrap();
    let error = synth(&described.spec, &SynthOptions::default()).map(|image| image.size()).unwrap_err();
    let told = described.notices.iter().find(|notice| notice.kind == NoticeKind::SpecHasNoDump).unwrap();
    assert!(told.message.ends_with(&format!(": {error}")), "{} {error}", told.message);
}

#[test]
fn what_is_not_described_is_not_in_the_order_of_the_streams() {
    let text = "format: minidump
layout: {streams: [SystemInfoStream, MemoryListStream, ThreadListStream], padded: [memory, threads]}
threads: [{}]
memory: [{at: 0x1000, size: 16}]
";
    let dump = dump_of(text);
    let options = DescribeOptions::default().memory(dumpedit_fixtures::DescribedMemory::None);
    let described = describe(&dump, &options).unwrap().spec;
    assert_eq!(described.layout.streams, [7, 3]);
    assert!(!described.layout.padded.memory && described.layout.padded.threads);
    assert!(synth(&described, &SynthOptions::default()).is_ok());
}
