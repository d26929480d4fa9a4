//! Output of `diff` for two dumps: in words, as JSON, and its exit code.

use dumpedit::Machine;
use dumpedit_fixtures::Minidump;
use serde_json::{Value, json};

use crate::support::bytes::Order;
use crate::support::bytes::counting;
use crate::support::command::{Run, binary, dumpedit, notices, run};
use crate::support::elf_builder::{ElfBuilder, machine, prstatus};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context, arm64, context, processor};
use crate::support::subject::Subject;
use crate::testdata::folder;

fn words(a: &Subject, b: &Subject) -> Run {
    dumpedit(&["diff".as_ref(), a.path(), b.path()])
}

fn document(a: &Subject, b: &Subject) -> (Value, i32) {
    let run = dumpedit(&["diff".as_ref(), a.path(), b.path(), "--json".as_ref()]);
    (run.json(), run.code)
}

/// A core of one thread and two regions.
fn core(rip: u64, memory: &[u8]) -> Subject {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, rip, 0x2000)]);
    core.load(0x1000, memory);
    core.load(0x8000, &counting(7, 32));
    Subject::new(core.finish())
}

/// A minidump of the same.
fn minidump(rip: u64, memory: &[u8]) -> Subject {
    let mut dump = MinidumpBuilder::amd64();
    let (low, high) = memory.split_at(memory.len() / 2);
    dump.memory(0x8000, &counting(7, 32));
    // In two pieces, out of order.
    dump.memory(0x1000 + low.len() as u64, high);
    dump.memory(0x1000, low);
    dump.thread_with(7, &amd64_context(amd64::FULL, rip, 0x2000));
    Subject::new(dump.finish())
}

#[test]
fn a_dump_is_the_same_as_itself() {
    for name in ["crash.dmp", "live.dmp", "crash.core", "crash32.core"] {
        let path = folder().join(name);
        let run = dumpedit(&["diff".as_ref(), path.as_path(), path.as_path()]).exits(0);
        assert!(run.text().starts_with("same: "), "{run}");
        let run = dumpedit(&["diff".as_ref(), path.as_path(), path.as_path(), "--json".as_ref()]).exits(0);
        assert_eq!(run.json()["same"], true);
        let run = dumpedit(&["diff".as_ref(), path.as_path(), path.as_path(), "--script".as_ref()]).exits(0);
        assert_eq!((run.text(), run.stderr.as_str()), ("", ""));
    }
}

#[test]
fn a_core_and_a_minidump_of_one_content_are_the_same() {
    let (core, minidump) = (core(0x1000, &counting(1, 64)), minidump(0x1000, &counting(1, 64)));
    let (json, code) = document(&core, &minidump);
    assert_eq!((&json["same"], code), (&json!(true), 0), "{json}");
    // Registers that one of the records cannot hold are no difference, but are reported.
    let has = |notice: &Value, name: &str| {
        notice["kind"] == "registers-of-one-side"
            && notice["registers"].as_array().unwrap().contains(&json!(name))
    };
    let [of_a, of_b] = &json["notices"].as_array().unwrap()[..] else { panic!("{json}") };
    assert!(has(of_a, "orig_rax") && has(of_b, "fctrl"), "{json}");
}

#[test]
fn differences_are_told_by_address_and_by_register_whatever_the_layout() {
    let mut memory = counting(1, 64);
    memory[30..36].copy_from_slice(b"edited");
    for other in [core(0x3000, &memory), minidump(0x3000, &memory)] {
        let (json, code) = document(&core(0x1000, &counting(1, 64)), &other);
        assert_eq!((&json["same"], code), (&json!(false), 1));
        let told: String =
            json["memory"].as_array().unwrap().iter().map(|one| one["new"].as_str().unwrap()).collect();
        assert_eq!(told, "656469746564", "{json}");
        assert_eq!(json["memory"][0]["address"], "0x101e");
        assert_eq!(json["memory"][0]["old"].as_str().unwrap()[..4], *"1f20");
        let registers = json!([{
            "tid": 7, "index": 0, "context": "thread", "name": "rip", "old": "0x1000", "new": "0x3000"
        }]);
        assert_eq!(json["registers"], registers);
        assert_eq!(json["differing"], json!({ "bytes": 6, "places": 1, "registers": 1 }));
        assert_eq!(json["only_in_a"], json!({ "memory": [], "threads": [] }));
        assert_eq!(json["only_in_b"], json!({ "memory": [], "threads": [] }));
    }
}

#[test]
fn a_crash_is_the_same_where_its_thread_has_another_place_in_the_list() {
    let dump = |tids: &[u64], code: u64| {
        let threads = tids.iter().fold(Minidump::new(Machine::Amd64), |dump, tid| {
            dump.thread(*tid, [("rip", 0x1000 + tid), ("rsp", 0x2000)])
        });
        Subject::new(threads.memory(0x1000, [0; 64]).crash(8, code, 0x1008).build().unwrap())
    };
    let outside = |a: &Subject, b: &Subject| {
        let names = document(a, b).0["outside"].as_array().unwrap().clone();
        names.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (both, one) = (dump(&[7, 8], 11), dump(&[8], 11));
    assert!(!outside(&both, &one).iter().any(|name| name.starts_with("crash")));
    assert!(outside(&both, &dump(&[8], 12)).iter().any(|name| name.starts_with("crash")));
}

#[test]
fn people_see_hunks_registers_and_a_summary() {
    let mut memory = counting(1, 64);
    memory[30..36].copy_from_slice(b"edited");
    let run = words(&core(0x1000, &counting(1, 64)), &core(0x3000, &memory)).exits(1);
    let expected = "\
0x101e  0x1000+0x1e  6 bytes
- 0x000000000000101e  1f 20 21 22 23 24                                 |. !\"#$|
+ 0x000000000000101e  65 64 69 74 65 64                                 |edited|
thread 7, thread record
  rip: 0x1000 -> 0x3000
different: 6 bytes in 1 place, 1 register of 1 record
";
    assert_eq!(run.text(), expected);
    assert_eq!(run.stderr, "");
}

#[test]
fn what_only_one_side_has_is_listed_with_neighbours_together() {
    let mut one = ElfBuilder::x86_64();
    one.notes(&[prstatus(7, 11, 0x1000, 0x2000), prstatus(8, 0, 0x1000, 0x2000)]);
    one.load(0x1000, &counting(1, 64));
    let mut other = ElfBuilder::x86_64();
    other.notes(&[prstatus(9, 0, 0x1000, 0x2000), prstatus(7, 11, 0x1000, 0x2000)]);
    other.load(0x1010, &counting(0x11, 32));
    other.load(0x8000, &counting(1, 16));
    let gap = counting(1, 16);
    other.place(&gap);
    other.load(0x8010, &counting(1, 16));
    let (one, other) = (Subject::new(one.finish()), Subject::new(other.finish()));
    let (json, code) = document(&one, &other);
    assert_eq!(code, 1);
    let ranges = |ranges: &[(&str, u64)]| -> Value {
        ranges.iter().map(|(address, length)| json!({ "address": address, "length": length })).collect()
    };
    assert_eq!(json["only_in_a"]["memory"], ranges(&[("0x1000", 16), ("0x1030", 16)]));
    assert_eq!(json["only_in_a"]["threads"], json!([{ "tid": 8, "index": 1 }]));
    assert_eq!(json["only_in_b"]["memory"], ranges(&[("0x8000", 32)]));
    assert_eq!(json["only_in_b"]["threads"], json!([{ "tid": 9, "index": 0 }]));
    let run = words(&one, &other).exits(1);
    let summary = run.text().lines().last().unwrap();
    let expected = "different: 32 B in 2 ranges only in A, 1 thread only in A, 32 B in 1 range only in B, 1 thread only in B, 2 differences outside memory and registers";
    assert_eq!(summary, expected);
}

#[test]
fn a_long_difference_is_one_hunk_and_not_a_wall_of_text() {
    let (a, b) = (core(0x1000, &counting(0, 3 << 20)), core(0x1000, &counting(1, 3 << 20)));
    let run = words(&a, &b).exits(1);
    assert_eq!(run.text().lines().count(), 11, "{run}");
    assert!(run.text().contains("and 3.0 MiB more"), "{run}");
    // JSON has every byte, in consecutive pieces.
    let (json, _) = document(&a, &b);
    let mut next = 0x1000;
    for piece in json["memory"].as_array().unwrap() {
        assert_eq!(piece["address"], format!("{next:#x}"));
        let length = piece["length"].as_u64().unwrap();
        assert!(length <= 4096 && piece["new"].as_str().unwrap().len() as u64 == 2 * length);
        next += length;
    }
    assert_eq!(next, 0x1000 + (3 << 20));
    assert_eq!(json["differing"], json!({ "bytes": 3 << 20, "places": 1, "registers": 0 }));
}

#[test]
fn many_differences_are_counted_and_as_many_shown_as_asked_for() {
    let mut memory = counting(1, 4096);
    memory.iter_mut().step_by(32).for_each(|byte| *byte ^= 0xff);
    let (a, b) = (core(0x1000, &counting(1, 4096)), core(0x1000, &memory));
    let hunks = |run: &Run| run.text().lines().filter(|line| line.starts_with('+')).count();
    let run = words(&a, &b).exits(1);
    assert_eq!(hunks(&run), 64);
    assert!(
        run.text().contains("and 64 more places") && run.text().contains("128 bytes in 128 places"),
        "{run}"
    );
    let run = dumpedit(&["diff".as_ref(), a.path(), b.path(), "--max".as_ref(), "3".as_ref()]).exits(1);
    assert_eq!(hunks(&run), 3);
    let run =
        dumpedit(&["diff".as_ref(), a.path(), b.path(), "--max=3".as_ref(), "--json".as_ref()]).exits(1);
    assert_eq!(run.json()["memory"].as_array().unwrap().len(), 3);
    assert_eq!(run.json()["differing"]["places"], 128);
}

#[test]
fn a_range_is_compared_alone() {
    let mut memory = counting(1, 64);
    memory[4] ^= 0xff;
    memory[40] ^= 0xff;
    let (a, b) = (core(0x1000, &counting(1, 64)), core(0x3000, &memory));
    let within = |range: &str| {
        let run = dumpedit(&[
            "diff",
            a.path().to_str().unwrap(),
            b.path().to_str().unwrap(),
            "--range",
            range,
            "--json",
        ]);
        let json = run.json();
        (json["memory"].as_array().unwrap().len(), json["registers"].as_array().unwrap().len(), run.code)
    };
    assert_eq!(within("0x1000..0x1020"), (1, 0, 1));
    assert_eq!(within("0x1000..+4"), (0, 0, 0));
    assert_eq!(within("@rip+4..+1"), (1, 0, 1));
    assert_eq!(within("0x1004..0x1004"), (0, 0, 0));
    let run = dumpedit(&[
        "diff",
        a.path().to_str().unwrap(),
        b.path().to_str().unwrap(),
        "--range",
        "reg:rip..+4",
        "--json",
    ]);
    run.is_error("register");
}

#[test]
fn registers_of_different_machines_are_not_compared_and_that_is_said() {
    let mut arm = ElfBuilder::new(Order::Little, true, machine::AARCH64);
    arm.notes(&[("CORE", 1, counting(0, 392))]);
    arm.load(0x1000, &counting(1, 64));
    arm.load(0x8000, &counting(7, 32));
    let arm = Subject::new(arm.finish());
    let (json, code) = document(&core(0x1000, &counting(1, 64)), &arm);
    assert_eq!((&json["same"], code), (&json!(false), 1));
    assert_eq!(json["registers"], json!([]));
    assert_eq!(notices(&json), ["machines-differ"]);
}

#[test]
fn contexts_of_different_machines_in_dumps_of_one_machine_differ() {
    let dump = |context: &[u8]| {
        let mut dump = MinidumpBuilder::new(Order::Little, processor::ARM64);
        dump.thread_with(7, context);
        Subject::new(dump.finish())
    };
    let of_arm64 = context(Order::Little, arm64::SIZE, (arm64::FLAGS, arm64::FULL), &[]);
    let (json, code) = document(&dump(&amd64_context(amd64::FULL, 0x1000, 0x2000)), &dump(&of_arm64));
    assert_eq!((&json["same"], code), (&json!(false), 1), "{json}");
    let told = json["notices"].to_string();
    assert!(told.contains("only A holds") && told.contains("rax"), "{told}");
    assert!(told.contains("only B holds") && told.contains("x11"), "{told}");
}

#[test]
fn the_registers_of_a_thread_without_a_context_in_the_other_dump_are_a_difference() {
    let dump = |context: Option<&[u8]>| {
        let mut dump = MinidumpBuilder::amd64();
        match context {
            Some(context) => {
                dump.thread_with(7, context);
            }
            None => dump.thread(7, (0, 0, 0), (0, 0)),
        }
        Subject::new(dump.finish())
    };
    let own = amd64_context(amd64::FULL, 0x1000, 0x2000);
    for (a, b, side) in
        [(Some(own.as_slice()), None, "only A holds"), (None, Some(own.as_slice()), "only B holds")]
    {
        let (json, code) = document(&dump(a), &dump(b));
        assert_eq!((&json["same"], code), (&json!(false), 1), "{json}");
        assert!(json["notices"].to_string().contains(side), "{json}");
    }
}

#[test]
fn one_exception_record_alone_is_compared_as_the_effective_one() {
    let minidump = |exception: bool| {
        let mut dump = MinidumpBuilder::amd64();
        let own = if exception { 0x9000 } else { 0x1000 };
        dump.thread_with(7, &amd64_context(amd64::FULL, own, 0x2000));
        if exception {
            dump.exception_with(7, &amd64_context(amd64::FULL, 0x1000, 0x2000), 0x1000);
        }
        Subject::new(dump.finish())
    };
    let (json, code) = document(&minidump(true), &minidump(false));
    // The only difference is that one of them names a crash.
    assert_eq!((&json["registers"], code), (&json!([]), 1), "{json}");
    assert_eq!(json["outside"].as_array().unwrap().len(), 1, "{json}");
    assert_eq!(json["outside"][0]["name"], "crash");
    let (json, _) = document(&minidump(true), &minidump(true));
    assert_eq!(json["same"], true);
}

#[test]
fn standard_input_can_be_one_of_them_and_compressed_dumps_too() {
    let a = core(0x1000, &counting(1, 64));
    let path = a.path().to_str().unwrap();
    for arguments in [["diff", "-", path], ["diff", path, "-"]] {
        run(binary().args(arguments), a.before()).exits(0);
    }
    dumpedit(&["diff", "-", "-", "--json"]).is_error("usage");
    let packed = a.folder().join("packed.zst");
    std::fs::write(&packed, zstd_of(a.before())).unwrap();
    dumpedit(&["diff".as_ref(), packed.as_path(), a.path()]).exits(0);
}

/// A zstd frame of one raw block.
fn zstd_of(bytes: &[u8]) -> Vec<u8> {
    let size = u32::try_from(bytes.len()).unwrap();
    assert!(size < 1 << 17);
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0xa0];
    frame.extend(size.to_le_bytes());
    frame.extend(&((size << 3) | 1).to_le_bytes()[..3]);
    frame.extend(bytes);
    frame
}

#[test]
fn what_is_no_dump_is_an_error() {
    let a = core(0x1000, &counting(1, 64));
    let path = a.path().to_str().unwrap();
    dumpedit(&["diff", path, "/nonexistent", "--json"]).is_error("open");
    dumpedit(&["diff", path, "/dev/null", "--json"]).exits(2);
    dumpedit(&["diff", path, path, "--script", "--json"]).is_error("usage");
}

/// A core with a command line, an unknown note, and one region.
fn noted(arguments: &[u8; 8], unknown: &[u8], memory: u8) -> Subject {
    let mut core = ElfBuilder::x86_64();
    let mut process = vec![0; 136];
    process[56..64].copy_from_slice(arguments);
    core.notes(&[prstatus(7, 11, 0x1000, 0x2000), ("CORE", 3, process), ("ACME", 0x99, unknown.to_vec())]);
    core.load(0x1000, &[memory; 32]);
    Subject::new(core.finish())
}

#[test]
fn what_differs_outside_memory_and_registers_is_told_by_its_name_and_place() {
    let one = noted(b"password", b"abcd", 1);
    let other = noted(b"pass0000", b"abcd", 1);
    let (json, code) = document(&one, &other);
    assert_eq!((&json["same"], code), (&json!(false), 1));
    let [outside] = json["outside"].as_array().unwrap().as_slice() else { panic!("{json}") };
    let at = one.before().windows(8).position(|bytes| bytes == b"password").unwrap() as u64 + 4;
    assert_eq!(outside["name"], "NT_PRPSINFO");
    assert_eq!((&outside["file_offset_a"], &outside["file_offset_b"]), (&json!(at), &json!(at)));
    let text = words(&one, &other).exits(1);
    let expected = format!(
        "outside  NT_PRPSINFO: differs at {at:#x} in A and {at:#x} in B\ndifferent: 1 difference outside memory and registers\n"
    );
    assert_eq!(text.text(), expected);
    let script = run(binary().arg("diff").args([one.path(), other.path()]).arg("--script"), b"").exits(0);
    assert_eq!(script.text(), "set note.psargs=str:pass0000 --expect note.psargs=str:password\n");
    assert_eq!(script.stderr, "", "{script}");
}

#[test]
fn a_field_that_differs_is_told_with_both_values_and_its_places() {
    let [one, other] = ["one.dmp", "other.dmp"]
        .map(|name| Subject::named(name, std::fs::read(folder().join("crash.dmp")).unwrap()));
    other.run("set", &["crash.code=EXCEPTION_BREAKPOINT"]).exits(0);
    let (json, _) = document(&one, &other);
    let [outside] = json["outside"].as_array().unwrap().as_slice() else { panic!("{json}") };
    assert_eq!(outside["name"], "crash.code");
    let values = ["0xc0000005 (EXCEPTION_ACCESS_VIOLATION)", "0x80000003 (EXCEPTION_BREAKPOINT)"];
    assert_eq!((&outside["old"], &outside["new"]), (&json!(values[0]), &json!(values[1])));
    let at = one.before().windows(4).position(|bytes| bytes == 0xc000_0005_u32.to_le_bytes()).unwrap() as u64;
    assert_eq!((&outside["file_offset_a"], &outside["file_offset_b"]), (&json!(at), &json!(at)));
    let text = words(&one, &other).exits(1);
    let line =
        format!("outside  crash.code: {} -> {} at {at:#x} in A and {at:#x} in B", values[0], values[1]);
    assert_eq!(text.text().lines().next(), Some(line.as_str()));
}

#[test]
fn a_part_that_only_one_dump_has_or_that_is_longer_differs() {
    let one = noted(b"password", b"abcd", 1);
    let (json, _) = document(&one, &noted(b"password", b"abcdefgh", 1));
    assert_eq!(json["outside"].as_array().unwrap().len(), 1, "{json}");
    assert_eq!(json["outside"][0]["name"], "ACME 0x99");
    let mut without = ElfBuilder::x86_64();
    without.notes(&[prstatus(7, 11, 0x1000, 0x2000)]);
    without.load(0x1000, &[1; 32]);
    let (json, _) = document(&one, &Subject::new(without.finish()));
    let names: Vec<_> =
        json["outside"].as_array().unwrap().iter().map(|one| (&one["name"], &one["only_in"])).collect();
    assert_eq!(names, [(&json!("NT_PRPSINFO"), &json!("a")), (&json!("ACME 0x99"), &json!("a"))], "{json}");
}

/// Output of `diff` for a dump of `testdata/` and a copy with one other byte.
fn flipped(name: &str, at: u64) -> Value {
    let bytes = std::fs::read(folder().join(name)).unwrap();
    let mut other = bytes.clone();
    other[at as usize] ^= 4;
    let (json, code) = document(&Subject::new(bytes), &Subject::new(other));
    assert_eq!((&json["same"], code), (&json!(false), 1), "{name} {at:#x}: {json}");
    json["outside"][0]["name"].clone()
}

/// File offset of the first record of registers of a dump of `testdata/`.
fn record(name: &str) -> u64 {
    let run = dumpedit(&["threads".as_ref(), folder().join(name).as_os_str(), "--json".as_ref()]);
    run.json()[0]["records"][0]["file_offset"].as_u64().unwrap()
}

#[test]
fn whatever_field_of_a_core_differs_it_is_told() {
    const LITTLE: Order = Order::Little;
    let name = "crash.core";
    let bytes = std::fs::read(folder().join(name)).unwrap();
    let headers = LITTLE.get(&bytes, 32, 8);
    let loads = (0..LITTLE.get(&bytes, 56, 2)).map(|index| headers + 56 * index);
    let load = loads.into_iter().find(|at| LITTLE.get(&bytes, *at as usize, 4) == 1).unwrap();
    let start = LITTLE.get(&bytes, load as usize + 16, 8);
    let segments = format!("segments, at {start:#x}");
    // p_flags, p_paddr, and p_memsz; the next segment begins right behind.
    assert_eq!([4, 24].map(|field| flipped(name, load + field)), [segments.as_str(), &segments]);
    assert!(flipped(name, load + 46).as_str().unwrap().starts_with("segments, at 0x"));
    assert_eq!(flipped(name, 24), "header.e_entry");
    // pr_utime is not a register.
    assert_eq!(flipped(name, record(name) + 88), "thread record of thread 11924 beside its registers");
}

#[test]
fn whatever_field_of_a_minidump_differs_it_is_told() {
    const LITTLE: Order = Order::Little;
    let name = "crash.dmp";
    let bytes = std::fs::read(folder().join(name)).unwrap();
    let directory = LITTLE.get(&bytes, 12, 4);
    let stream = |kind: u64| {
        let mut entries = (0..LITTLE.get(&bytes, 8, 4)).map(|index| (directory + 12 * index) as usize);
        let entry = entries.find(|at| LITTLE.get(&bytes, *at, 4) == kind).unwrap();
        LITTLE.get(&bytes, entry + 8, 4)
    };
    let (threads, modules, system) = (stream(3) + 4, stream(4) + 4, stream(7));
    let cases = [
        (threads + 4, "thread[4711].suspend_count"),
        (threads + 12, "thread[4711].priority"),
        (modules + 12, "module[crash.exe].checksum"),
        (modules + 24 + 8, "module[crash.exe].version"),
        (system + 6, "system.processors"),
        (system + 16, "system.build"),
        (system + 32, "system.cpu"),
        (4, "header.version"),
        // ContextFlags: the group of the debug registers.
        (record(name) + 0x30, "thread record of thread 4711 beside its registers"),
    ];
    for (at, expected) in cases {
        assert_eq!(flipped(name, at), expected, "{at:#x}");
    }
}

#[test]
fn only_what_is_named_is_compared() {
    let (one, other) = (noted(b"password", b"abcd", 1), noted(b"pass0000", b"abcd", 2));
    let only =
        |what: &str| run(binary().arg("diff").args([one.path(), other.path()]).args(["--only", what]), b"");
    assert_eq!(only("registers").exits(0).text(), "same: 1 thread\n");
    assert!(only("memory").exits(1).text().ends_with("different: 32 bytes in 1 place\n"));
    assert!(
        only("outside").exits(1).text().ends_with("different: 1 difference outside memory and registers\n")
    );
    assert!(only("memory,registers").exits(1).text().ends_with("different: 32 bytes in 1 place\n"));
}

#[test]
fn a_limit_holds_for_every_kind_of_difference_and_what_is_left_out_is_counted() {
    let dump = |at: u64, tids: [u32; 3], filler: u8| {
        let mut dump = ElfBuilder::x86_64();
        let kinds = [0x91, 0x92, 0x93];
        let mut notes: Vec<_> = vec![prstatus(7, 11, 0x1000 + u64::from(filler), 0x2000 + u64::from(filler))];
        notes.extend(tids.map(|tid| prstatus(tid, 0, 0x1000, 0x2000)));
        notes.extend(kinds.map(|kind| ("ACME", kind, vec![filler; 8])));
        dump.notes(&notes);
        let mut memory = [0; 96];
        memory.iter_mut().step_by(40).for_each(|byte| *byte = filler);
        dump.load(0x1000, &memory);
        for page in [0u64, 2, 4] {
            dump.load(at + page * 0x1000, &[1; 16]);
        }
        Subject::new(dump.finish())
    };
    let (a, b) = (dump(0x1_0000, [1, 2, 3], 5), dump(0x2_0000, [4, 5, 6], 6));
    let diff = |arguments: &[&str]| {
        let (a, b) = (a.path().to_str().unwrap(), b.path().to_str().unwrap());
        dumpedit(&[&["diff", a, b], arguments].concat()).exits(1)
    };
    let run = diff(&["--max", "1"]);
    let text = run.text();
    for (start, times) in
        [("+ ", 1), ("  r", 1), ("only in A  0x", 1), ("only in A  thread", 1), ("outside  ", 1)]
    {
        assert_eq!(text.lines().filter(|line| line.starts_with(start)).count(), times, "{start}: {run}");
    }
    for left_out in [
        "and 2 more places\n",
        "and 1 more register\n",
        "and 2 more ranges only in A\n",
        "and 2 more threads only in A\n",
        "and 2 more ranges only in B\n",
        "and 2 more threads only in B\n",
        "and 4 more differences outside\n",
    ] {
        assert!(text.contains(left_out), "{left_out}: {run}");
    }
    assert!(text.contains("3 bytes in 3 places, 2 registers of 1 record"), "{run}");
    let json = diff(&["--max=1", "--json"]).json();
    let lengths = |json: &Value| {
        ["/memory", "/registers", "/only_in_a/memory", "/only_in_a/threads", "/only_in_b/threads", "/outside"]
            .map(|list| json.pointer(list).unwrap().as_array().unwrap().len())
    };
    assert_eq!(lengths(&json), [1; 6]);
    let left_out = json!({ "memory": 2, "registers": 1, "ranges": 4, "threads": 4, "outside": 4 });
    assert_eq!(json["left_out"], left_out);
    let all = diff(&["--json"]).json();
    assert_eq!(lengths(&all), [3, 2, 3, 3, 3, 5]);
    assert_eq!(
        all["left_out"],
        json!({ "memory": 0, "registers": 0, "ranges": 0, "threads": 0, "outside": 0 })
    );
    assert!(!diff(&[]).text().contains("more"));
}
