//! 64-bit minidumps of 32-bit processes: the x86 context in memory, as `--context wow64`.

use serde_json::json;

use crate::support::bytes::{Order, counting};
use crate::support::command::notice;
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context, context, x86};
use crate::support::subject::{Subject, edited_offsets};

const LITTLE: Order = Order::Little;
const WOW64: [&str; 2] = ["--context", "wow64"];
const TEB: u64 = 0x7f_e000;
/// `TlsSlots[1]` of a TEB64 (`WOW64_TLS_CPURESERVED`).
const SLOT: u64 = TEB + 0x1488;
/// A WOW64_CPURESERVED: two 16-bit numbers, and the context.
const RESERVED: u64 = 0x20_f000;
const STACK: u64 = 0x30_0000;
const RIP: u64 = 0x7ffb_0000_1000;

/// The bytes at RESERVED, with these ContextFlags.
fn reserved(flags: u32) -> Vec<u8> {
    let fields = [(x86::EAX, 0x11, 4), (x86::EIP, 0x40_1000, 4), (x86::ESP, STACK, 4)];
    let mut bytes = LITTLE.fields(&[(2, 2), (0x14c, 2)]);
    bytes.extend(context(LITTLE, x86::SIZE, (x86::FLAGS, flags), &fields));
    bytes
}

/// A dump of one thread whose slot holds `pointer`, and the file offsets of these captures at RESERVED.
fn dump(pointer: u64, captures: &[&[u8]]) -> (Subject, Vec<u64>) {
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(7, &amd64_context(amd64::FULL, RIP, 0x7000));
    dump.environment(TEB);
    dump.memory(SLOT - 8, &LITTLE.fields(&[(0, 8), (pointer, 8), (0, 8)]));
    let offsets = captures.iter().map(|bytes| dump.memory(RESERVED, bytes)).collect();
    dump.memory(STACK, &counting(1, 32));
    (Subject::new(dump.finish()), offsets)
}

fn with(arguments: &[&'static str]) -> Vec<&'static str> {
    [arguments, &WOW64].concat()
}

#[test]
fn its_registers_are_read_found_and_set_in_memory() {
    let (subject, offsets) = dump(RESERVED, &[&reserved(0x1_003f)]);
    let record = offsets[0] + 4;
    let regs = subject.run("regs", &WOW64).exits(0).json();
    assert_eq!((&regs["context"], &regs["tid"]), (&json!("wow64"), &json!(7)));
    assert_eq!(subject.register("eip", &WOW64), Some(0x40_1000));
    assert_eq!(subject.register("rip", &WOW64), None, "it is an x86 context");
    assert_eq!(subject.register("rip", &[]), Some(RIP), "without the option it is the 64-bit one");
    let records = &subject.run("threads", &[]).exits(0).json()[0]["records"];
    assert_eq!(records[1]["kind"], "wow64");
    assert_eq!((&records[1]["file_offset"], &records[1]["size"]), (&json!(record), &json!(x86::SIZE)));
    let piece = subject.run("where", &with(&["reg:eip"])).is_full(4)["pieces"][0].clone();
    assert_eq!(piece["file_offsets"], json!([record + x86::EIP as u64]));
    subject.run("set", &with(&["eip=0xa0a1a2a3", "al=0x55"])).is_full(5);
    subject.changed_only(&[
        (record + x86::EIP as u64, &[0xa3, 0xa2, 0xa1, 0xa0]),
        (record + x86::EAX as u64, &[0x55]),
    ]);
}

#[test]
fn its_memory_is_memory_and_can_be_written_as_such() {
    let (subject, offsets) = dump(RESERVED, &[&reserved(0x1_003f)]);
    let at = RESERVED + 4 + x86::EIP as u64;
    subject.run("write", &[&format!("{at:#x}"), "u32:0x12345678"]).is_full(4);
    assert_eq!(subject.register("eip", &WOW64), Some(0x1234_5678));
    subject.changed_only(&[(offsets[0] + 4 + x86::EIP as u64, &[0x78, 0x56, 0x34, 0x12])]);
}

#[test]
fn where_the_memory_is_stored_twice_both_copies_change() {
    let bytes = reserved(0x1_003f);
    let (subject, offsets) = dump(RESERVED, &[&bytes, &bytes]);
    let eip = |copy: u64| copy + 4 + x86::EIP as u64;
    let places = [eip(offsets[0]), eip(offsets[1])];
    let json = subject.run("set", &with(&["eip=0x12345678"])).exits(0).json();
    subject.changed_only(&places.map(|at| (at, [0x78, 0x56, 0x34, 0x12].as_slice())));
    assert_eq!(edited_offsets(&json), places);
    let listed = subject.run("where", &with(&["reg:eip"])).is_full(4)["pieces"][0]["file_offsets"].clone();
    assert_eq!(listed, json!(places));
}

#[test]
fn pointers_have_four_bytes_there_and_eight_elsewhere() {
    let (subject, _) = dump(RESERVED, &[&reserved(0x1_003f)]);
    let stack =
        subject.run("where", &["0x300000"]).is_full(1)["pieces"][0]["file_offsets"][0].as_u64().unwrap();
    subject.run("write", &with(&["@esp+4", "ptr:0x401000"])).is_full(4);
    subject.changed_only(&[(stack + 4, &[0, 0x10, 0x40, 0])]);
    subject.run("write", &["0x300004", "ptr:0x401000"]).is_full(8);
    subject.changed_only(&[(stack + 4, &[0, 0x10, 0x40, 0, 0, 0, 0, 0])]);
    let message = subject.run("write", &with(&["@esp", "ptr:0x100000000"])).is_error("value");
    assert!(message.contains("0x100000000"), "{message}");
    let read = subject.plain("read", &with(&["@esp..+8", "--as", "ptr"])).exits(0);
    assert!(read.text().contains("401000"), "{read}");
}

#[test]
fn a_context_is_not_believed_where_its_flags_are_bad_or_it_is_not_there_whole() {
    let good = reserved(0x1_003f);
    let bad: [(&str, u64, Vec<u8>); 9] = [
        ("no flags", RESERVED, reserved(0)),
        ("no groups", RESERVED, reserved(0x1_0000)),
        ("no machine", RESERVED, reserved(0x3f)),
        ("those of AMD64", RESERVED, reserved(0x10_001f)),
        ("bits that mean nothing", RESERVED, reserved(0x1_103f)),
        ("all bits", RESERVED, reserved(u32::MAX)),
        ("cut", RESERVED, good[..good.len() - 1].to_vec()),
        ("a null pointer", 0, good.clone()),
        ("a pointer to nowhere", 0xdead_0000, good.clone()),
    ];
    for (name, pointer, bytes) in bad {
        let (subject, _) = dump(pointer, &[&bytes]);
        let records = subject.run("threads", &[]).exits(0).json()[0]["records"].clone();
        assert_eq!(records.as_array().unwrap().len(), 1, "{name}: {records}");
        let run = subject.run("set", &with(&["eip=1"]));
        assert_eq!(run.code, 2, "{name}: {run}");
        subject.unchanged();
    }
    // A flag about the origin of the context is neither a group nor a machine.
    let (subject, _) = dump(RESERVED, &[&reserved(0x1_003f | 0x0800_0000 | 0x8000_0000)]);
    assert_eq!(subject.register("eip", &WOW64), Some(0x40_1000));
}

#[test]
fn a_reduced_dump_has_the_same_registers_and_stack() {
    let (subject, _) = dump(RESERVED, &[&reserved(0x1_003f)]);
    let small = subject.folder().join("small.dmp");
    subject.run("reduce", &["-o", small.to_str().unwrap(), "--around-pointers", "0"]).exits(0);
    let small = Subject::new(std::fs::read(small).unwrap());
    let registers = |subject: &Subject| subject.run("regs", &WOW64).exits(0).json()["registers"].clone();
    assert_eq!(registers(&small), registers(&subject));
    small.run("read", &[&format!("{STACK:#x}..+32")]).is_full(32);
}

#[test]
fn a_name_of_the_32_bit_record_means_that_record() {
    let (subject, offsets) = dump(RESERVED, &[&reserved(0x1_003f)]);
    let record = offsets[0] + 4;
    assert_eq!(subject.run("info", &[]).exits(0).json()["wow64"], json!(true));
    assert!(subject.plain("info", &[]).exits(0).text().contains("WOW64"));
    let eip = record + x86::EIP as u64;
    let json = subject.run("set", &["eip=0x402000", "--expect", "eip=0x401000"]).is_full(4);
    assert_eq!(
        (&json["edits"][0]["location"], &json["edits"][0]["context"]),
        (&json!("reg:eip"), &json!("wow64"))
    );
    subject.changed_only(&[(eip, &[0, 0x20, 0x40, 0])]);
    let piece = subject.run("where", &["reg:eip"]).is_full(4)["pieces"][0].clone();
    assert_eq!(piece["file_offsets"], json!([eip]));
    let read = subject.run("read", &["reg:eip..+4"]).is_full(4);
    assert_eq!(read["bytes"], "00204000");
    subject.run("write", &["reg:eip", "u32:0x403000"]).is_full(4);
    subject.changed_only(&[(eip, &[0, 0x30, 0x40, 0])]);
    subject.run("write", &["reg:eip", "ptr:0x404000"]).is_full(4);
    subject.run("set", &["eip=0x403000"]).is_full(4);
    // Terms follow a name here as everywhere in the notation.
    let stack = subject.run("where", &["@esp"]).is_full(1)["pieces"][0]["address"].clone();
    assert_eq!(stack, json!("0x300000"));
    subject.run("set", &["eax=@esp+4", "rax=1"]).exits(0);
    assert_eq!(subject.register("eax", &WOW64), Some(STACK + 4));
    assert_eq!(subject.register("rax", &["--context", "thread"]), Some(1));
    // So are names that both have, and narrower parts; registers of the 64-bit record only are set there.
    subject.run("set", &["ax=2", "sp=0x300008", "eflags=0x246", "rip=3", "pc=0x403004"]).exits(0);
    assert_eq!(subject.register("eax", &WOW64), Some((STACK + 4) & 0xffff_0000 | 2));
    assert_eq!(subject.register("esp", &WOW64), Some(STACK + 8));
    assert_eq!(subject.register("eflags", &WOW64), Some(0x246));
    assert_eq!(subject.register("eip", &WOW64), Some(0x40_3004));
    let wide = ["rax", "rip", "rsp"].map(|name| subject.register(name, &["--context", "thread"]));
    assert_eq!(wide, [Some(1), Some(3), Some(0x7000)]);
    // Names have the same meaning as in the output of `threads`.
    let thread = subject.run("threads", &[]).exits(0).json()[0].clone();
    for name in ["pc", "sp"] {
        let regs = subject.run("regs", &[name]).exits(0).json();
        assert_eq!(regs["registers"][0]["value"], thread[name], "{name}");
    }
    let at_sp = subject.run("where", &["@sp"]).is_full(1)["pieces"][0]["address"].clone();
    assert_eq!(at_sp, thread["sp"]);
}

#[test]
fn the_chosen_record_is_the_one_that_a_name_is_looked_up_in() {
    let (subject, _) = dump(RESERVED, &[&reserved(0x1_003f)]);
    subject.run("set", &["eip=0x5", "--context", "thread"]).is_full(4);
    assert_eq!(subject.register("rip", &["--context", "thread"]), Some(RIP >> 32 << 32 | 5));
    assert_eq!(subject.register("eip", &WOW64), Some(0x40_1000));
    // A thread without a 32-bit record has only its 64-bit one.
    let (subject, _) = dump(0, &[]);
    subject.run("set", &["eip=0x5"]).is_full(4);
    assert_eq!(subject.register("rip", &[]), Some(RIP >> 32 << 32 | 5));
    assert_eq!(subject.run("info", &[]).exits(0).json()["wow64"], json!(false));
}

#[test]
fn a_process_whose_32_bit_records_are_not_in_the_dump_is_wow64_all_the_same() {
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(7, &amd64_context(amd64::FULL, RIP, 0x7000));
    dump.module(0x7000_0000, 0x1000, "C:\\Windows\\System32\\WoW64.dll");
    let subject = Subject::new(dump.finish());
    assert_eq!(subject.run("info", &[]).exits(0).json()["wow64"], json!(true));
    let json = subject.run("set", &["eip=0x5"]).is_full(4);
    assert_eq!(notice(&json, "low-half")["register"], "eip");
    assert_eq!(subject.run("set", &["rip=0x5", "ax=1"]).exits(0).json()["notices"], json!([]));
}

#[test]
fn threads_and_regs_show_the_32_bit_record_first() {
    let (subject, _) = dump(RESERVED, &[&reserved(0x1_003f)]);
    let threads = subject.run("threads", &[]).exits(0).json();
    assert_eq!((&threads[0]["pc"], &threads[0]["sp"]), (&json!("0x401000"), &json!("0x300000")));
    let regs = subject.run("regs", &[]).exits(0).json();
    assert_eq!(regs["context"], "wow64");
    let listed =
        |choice: &[&str]| subject.run("regs", choice).json()["registers"].as_array().unwrap().clone();
    let both = [listed(&WOW64), listed(&["--context", "thread"])].concat();
    assert_eq!(regs["registers"], json!(both));
    assert_eq!((&both[0]["context"], &both.last().unwrap()["context"]), (&json!("wow64"), &json!("thread")));
    let text = subject.plain("regs", &[]).exits(0).text().to_owned();
    let (eip, rip) = (text.find("eip ").unwrap(), text.find("rip ").unwrap());
    assert!(eip < rip, "{text}");
}
