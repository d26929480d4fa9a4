//! Reduced dumps of odd shapes: stacks that only frames lead to, and program headers whose numbers mean more than their bytes.

use std::fmt::Write as _;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::reduce::{json, reduced};
use crate::support::command::{dumpedit, number};

/// The dump of a spec, in a folder of its own.
fn synth(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let [spec, dump] = ["spec.yaml", "dump"].map(|name| folder.path().join(name));
    std::fs::write(&spec, text).unwrap();
    dumpedit(&["synth".as_ref(), spec.as_os_str(), "-o".as_ref(), dump.as_os_str()]).exits(0);
    (folder, dump)
}

/// The captured regions that are left of a spec's dump, without the targets of pointers.
fn kept(text: &str) -> Vec<(u64, u64)> {
    let (_folder, dump) = synth(text);
    reduced(&dump, &["--around-pointers", "0"]).captured()
}

const MINIDUMP: &str = "format: minidump
machine: amd64
threads: [{tid: 11, registers: {rip: 0x401000, rsp: 0x10000100}}]
modules: [{name: a.exe, base: 0x400000, size: 0x10000}]
";

const CORE: &str = "format: elf-core
machine: amd64
threads: [{tid: 11, registers: {rip: 0x400000, rsp: 0x10000100}}]
";

const STACK: u64 = 0x1000_0000;
const OTHER: u64 = 0x5000_0000;

/// A stack with a frame of another stack, which continues there.
const STACKS: &str = "memory:
  - {at: 0x10000000, size: 0x1000, content: {0x200: [ptr:0x50000100, ptr:0x401234]}}
  - {at: 0x50000000, size: 0x4000, content: {0x100: [ptr:0x50002000, ptr:0x401234], 0x2000: [ptr:0x50003000, ptr:0x401234]}}
";

#[test]
fn a_stack_that_frames_lead_to_stays_whether_the_dump_tells_protections_or_not() {
    let protections = "mappings:
  - {at: 0x10000000, size: 0x1000, protection: rw-}
  - {at: 0x50000000, size: 0x4000, protection: rw-}
  - {at: 0x400000, size: 0x10000, protection: r-x}
";
    let expected = [(STACK + 0x80, 0xf80), (OTHER + 0x80, 0x3f80)];
    for protections in ["", protections] {
        assert_eq!(kept(&format!("{MINIDUMP}{STACKS}{protections}")), expected, "{protections}");
    }
}

#[test]
fn of_a_stack_pointer_in_a_captured_guard_page_the_stack_above_is_kept_and_searched() {
    let (_folder, dump) = synth(
        "format: minidump
threads: [{tid: 11, registers: {rip: 0x401000, rsp: 0x7ffe0ff8}}]
memory:
  - {at: 0x7ffe0000, size: 0x1000}
  - {at: 0x7ffe1000, size: 0x1000, content: {0x0: \"ptr:0x401234\"}}
mappings:
  - {at: 0x7ffe0000, size: 0x1000, protection: 0x104}
  - {at: 0x7ffe1000, size: 0x1000, protection: rw-}
",
    );
    assert_eq!(reduced(&dump, &["--around-pointers", "0"]).captured(), [(0x7ffe_1000, 0x1000)]);
    let found = dumpedit(&[
        "find".as_ref(),
        dump.as_os_str(),
        "ptr:0x401234".as_ref(),
        "--stack-of".as_ref(),
        "11".as_ref(),
        "--count".as_ref(),
    ]);
    assert_eq!(found.exits(0).text(), "1\n");
}

#[test]
fn a_stack_with_frames_stays_before_memory_that_only_has_addresses_of_code() {
    let count = 40u64;
    let at = |index: u64| 0x2000_0000 + index * 0x8_0000;
    let mut frames: Vec<String> =
        (0..count).map(|index| format!("ptr:{:#x}, ptr:0x400008", at(index))).collect();
    frames.push("ptr:0x50000100, ptr:0x400008".to_owned());
    let mut text = format!(
        "{CORE}memory:
  - {{at: 0x400000, size: 0x1000, protection: r-x}}
  - {{at: 0x10000000, size: 0x1000, content: {{0x100: [{}]}}}}
  - {{at: 0x50000000, size: 0x4000, content: {{0x100: [ptr:0x50000200, ptr:0x400008]}}}}
",
        frames.join(", ")
    );
    let code: Vec<String> =
        (0..8u64).map(|page| format!("{:#x}: ptr:0x400008", 0x20 + page * 0x1_0000)).collect();
    for index in 0..count {
        writeln!(text, "  - {{at: {:#x}, size: 0x80000, content: {{{}}}}}", at(index), code.join(", "))
            .unwrap();
    }
    let kept = kept(&text);
    assert!(kept.contains(&(OTHER, 0x4000)), "{kept:x?}");
    let others: u64 =
        kept.iter().filter(|(first, _)| (at(0)..OTHER).contains(first)).map(|(_, size)| size).sum();
    assert!(others > 0 && others <= 8 << 20, "{others:#x} bytes");
}

#[test]
fn a_context_that_i386_saved_for_a_signal_leads_to_the_stack_that_it_interrupted() {
    let kept = kept(
        "format: elf-core
machine: x86
threads: [{tid: 11, registers: {eip: 0x8048000, esp: 0x10100}}]
memory:
  - {at: 0x8048000, size: 0x1000, protection: r-x}
  - {at: 0x10000, size: 0x1000, content: {0x238: [ptr:0x8048008, ptr:0x73, ptr:0x202, ptr:0x50100, ptr:0x7b]}}
  - {at: 0x50000, size: 0x4000, content: {0x110: [ptr:0x50130, ptr:0x8048010]}}
  - {at: 0x60000, size: 0x4000, content: {0x110: [ptr:0x60130, ptr:0x8048010]}}
",
    );
    assert_eq!(kept, [(0x1_0000, 0x1000), (0x5_0000, 0x4000), (0x804_8000, 0x1000)]);
}

#[test]
fn a_stack_pointer_in_code_means_no_stack_above() {
    let kept = kept(&format!(
        "{}memory:
  - {{at: 0x400000, size: 0x1000, protection: r-x}}
  - {{at: 0x401000, size: 0x1000}}
",
        CORE.replace("0x10000100", "0x400100")
    ));
    assert_eq!(kept, [(0x40_0000, 0x1000)]);
}

#[test]
fn writable_memory_of_a_module_stays_where_another_module_lies_inside_it() {
    let kept = kept(&format!(
        "{CORE}modules:
  - {{name: /a, base: 0x400000, size: 0x10000}}
  - {{name: /b, base: 0x404000, size: 0x1000}}
memory:
  - {{at: 0x400000, size: 0x1000, protection: r-x}}
  - {{at: 0x408000, size: 0x1000}}
  - {{at: 0x10000000, size: 0x1000}}
  - {{at: 0x50000000, size: 0x1000}}
"
    ));
    assert_eq!(kept, [(0x40_0000, 0x1000), (0x40_8000, 0x1000), (STACK, 0x1000)]);
}

#[test]
fn variables_stay_that_a_module_has_no_bytes_of_in_its_file() {
    let header =
        "7f 45 4c 46 02 01 01 00 00 00 00 00 00 00 00 00 03 00 3e 00 01 00 00 00 00 00 00 00 00 00 00 00
      40 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 40 00 38 00 02 00 00 00 00 00 00 00
      01 00 00 00 05 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
      00 10 00 00 00 00 00 00 00 10 00 00 00 00 00 00 00 10 00 00 00 00 00 00
      01 00 00 00 06 00 00 00 00 10 00 00 00 00 00 00 00 10 00 00 00 00 00 00 00 10 00 00 00 00 00 00
      00 10 00 00 00 00 00 00 00 20 00 00 00 00 00 00 00 10 00 00 00 00 00 00";
    let text = format!(
        "{CORE}modules: [{{name: /a, base: 0x400000, size: 0x2000}}]
memory:
  - {{at: 0x400000, size: 0x1000, protection: r-x, content: {{0x0: \"hex:{}\"}}}}
  - {{at: 0x401000, size: 0x1000}}
  - {{at: 0x402000, size: 0x1000}}
  - {{at: 0x403000, size: 0x1000}}
  - {{at: 0x10000000, size: 0x1000}}
",
        header.split_whitespace().collect::<String>()
    );
    let expected = [0x40_0000, 0x40_1000, 0x40_2000, STACK].map(|at| (at, 0x1000));
    assert_eq!(kept(&text), expected);
    let (_folder, dump) = synth(&text);
    let small = reduced(&dump, &["--around-pointers", "0", "--drop-variables"]);
    assert_eq!(small.captured(), [(0x40_0000, 0x1000), (STACK, 0x1000)]);
}

#[test]
fn the_list_of_modules_stays_where_no_header_leads_to_it() {
    // `struct r_debug` in the linker's own memory, or behind the file's, leads to two entries of the list; the program's entry has its
    // dynamic section, whose second page holds DT_DEBUG.
    for debug in [0x70_1000, 0x70_2000] {
        let text = format!(
            "{CORE}modules:
  - {{name: /a, base: 0x400000, size: 0x4000}}
  - {{name: /ld.so, base: 0x700000, size: 0x2000}}
memory:
  - {{at: 0x401000, size: 0x1000, protection: r-x}}
  - {{at: 0x402000, size: 0x2000, protection: r--, content: {{0xff0: [u64:1, u64:2, u64:21, u64:{debug}, u64:0, u64:0]}}}}
  - {{at: 0x700000, size: 0x1000, captured: 0x0, protection: r-x}}
  - {{at: 0x701000, size: 0x1000, content: {{0x0: \"00\"}}}}
  - {{at: 0x702000, size: 0x1000, content: {{0x0: \"00\"}}}}
  - {{at: 0x10000000, size: 0x1000}}
  - {{at: 0x50000000, size: 0x1000, content: {{0x100: [u64:0, u64:0x60000000, u64:0x402ff0, u64:0x51000000, u64:0]}}}}
  - {{at: 0x51000000, size: 0x1000, content: {{0x0: [u64:0x700000, u64:0x60000000, u64:0x701000, u64:0, u64:0x50000100]}}}}
  - {{at: 0x52000000, size: 0x1000}}
  - {{at: 0x60000000, size: 0x1000}}
"
        );
        let at = format!("at: {debug:#x}, size: 0x1000, content: {{0x0: \"00\"}}");
        let list = format!(
            "at: {debug:#x}, size: 0x1000, content: {{0x10: [u64:1, u64:0x50000100, u64:0x701000, u64:0, u64:0]}}"
        );
        let kept = kept(&text.replace(&at, &list));
        for page in [0x40_2000, debug, OTHER, 0x5100_0000, 0x6000_0000] {
            let holds = |(first, size): &(u64, u64)| (*first..first + size).contains(&page);
            assert!(kept.iter().any(holds), "{page:#x} of {kept:#x?}");
        }
        assert!(kept.contains(&(0x40_2000, 0x2000)), "{kept:#x?}");
        assert!(kept.iter().all(|(first, _)| *first != 0x5200_0000), "{kept:#x?}");
    }
}

#[test]
fn what_the_end_of_the_file_cuts_off_stays_mapped_and_captured_no_more() {
    let (_folder, dump) =
        synth(&format!("{CORE}memory: [{{at: 0x10000000, size: 0x4000, content: {{0x3000: \"11\"}}}}]\n"));
    let file = std::fs::OpenOptions::new().write(true).open(&dump).unwrap();
    file.set_len(file.metadata().unwrap().len() - 0x2000).unwrap();
    drop(file);
    let small = reduced(&dump, &["--around-pointers", "0"]);
    assert_eq!(small.captured(), [(STACK, 0x2000)]);
    let regions = json("regions", &small.path);
    let cut = regions.as_array().unwrap().iter().find(|region| number(&region["start"]) == STACK + 0x2000);
    assert_eq!(cut.unwrap()["captured"], 0, "{regions}");
}

#[test]
fn the_physical_address_of_a_piece_goes_on_from_its_segments_unless_there_is_none() {
    for (physical, expected) in [("0x30000", "0x32000"), ("0xffffffffffffffff", "0xffffffffffffffff")] {
        let (_folder, dump) = synth(&format!(
            "{}memory: [{{at: 0x10000000, size: 0x4000, physical: {physical}}}]\n",
            CORE.replace("0x10000100", "0x10002100")
        ));
        let small = reduced(&dump, &["--around-pointers", "0"]);
        assert_eq!(small.captured(), [(STACK + 0x2000, 0x2000)]);
        let run = dumpedit(&["describe".as_ref(), small.path.as_os_str()]).exits(0);
        let spec = run.text();
        assert!(spec.contains(&format!("physical: {expected}\n")), "{spec}");
    }
}
