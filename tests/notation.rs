//! The notation of the command line: AT, RANGE, VALUE, NUMBER, and errors of invalid texts.

use crate::support::bytes::{Order, counting, hex};
use crate::support::command::dumpedit;
use crate::support::elf_builder::{ElfBuilder, NT_AUXV, machine, nt_file, prstatus};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, context};
use crate::support::subject::Subject;

const MEMORY: u64 = 0x40_0000;

/// 256 bytes at 0x400000; rsp 0x400040, rcx 0x8; modules at 0x400000 (crash.exe), 0x400080 (a name with `+0x`) and two with the same base
/// name.
fn subject() -> Subject {
    let mut dump = MinidumpBuilder::amd64();
    dump.memory(MEMORY, &counting(0, 256));
    let fields = [(amd64::RSP, MEMORY + 0x40, 8), (amd64::RIP, MEMORY + 0x10, 8), (amd64::RCX, 8, 8)];
    dump.thread_with(7, &context(Order::Little, amd64::SIZE, (amd64::FLAGS, amd64::FULL), &fields));
    dump.module(MEMORY, 0x80, "C:\\App\\crash.exe");
    dump.module(MEMORY + 0x80, 0x10, "C:\\App\\odd+0x10.dll");
    dump.module(MEMORY + 0x90, 0x10, "C:\\One\\twice.dll");
    dump.module(MEMORY + 0xa0, 0x10, "C:\\Two\\twice.dll");
    Subject::new(dump.finish())
}

#[test]
fn an_at_names_an_address() {
    let subject = subject();
    let cases = [
        ("0x400020", 0x20),
        ("0x40_0020", 0x20),
        ("0X400020", 0x20),
        ("0x00000000`00400020", 0x20),
        ("@rsp", 0x40),
        ("@sp", 0x40),
        ("@rsp+8", 0x48),
        ("@rsp+0x8", 0x48),
        ("@rsp-0x10", 0x30),
        ("@rsp-16", 0x30),
        ("@pc", 0x10),
        ("crash.exe+0x4", 4),
        ("crash+0x4", 4),
        ("CRASH.EXE+0x4", 4),
        ("C:\\App\\crash.exe+0x4", 4),
        ("crash", 0),
        ("crash.exe", 0),
        ("odd+0x10.dll", 0x80),
        ("odd+0x10.dll+0x3", 0x83),
        ("odd+0x10", 0x80),
        ("C:\\Two\\twice.dll+0x1", 0xa1),
    ];
    for (at, byte) in cases {
        let run = subject.run("where", &[at, "1"]);
        let json = run.is_full(1);
        assert_eq!(json["pieces"][0]["address"], format!("{:#x}", MEMORY + byte), "{run}");
    }
}

#[test]
fn an_at_that_names_nothing_is_an_error_with_its_reason() {
    let subject = subject();
    let cases = [
        ("0x", "usage", "0x"),
        ("0xzz", "usage", "0xzz"),
        ("0x1_0000_0000_0000_0000", "usage", "0x1_0000_0000_0000_0000"),
        ("@", "usage", "@"),
        ("@nosuch", "register", "nosuch"),
        ("@rsp+zz", "usage", "zz"),
        ("reg:nosuch", "register", "nosuch"),
        ("nosuch.dll+0x4", "module", "nosuch.dll"),
        ("twice.dll+0x4", "module", "C:\\Two\\twice.dll"),
        ("", "usage", ""),
    ];
    for (at, kind, named) in cases {
        let run = subject.run("write", &[at, "cc"]);
        assert!(run.is_error(kind).contains(named), "{run}");
    }
    subject.unchanged();
}

#[test]
fn bare_digits_are_an_error_with_a_hint() {
    let subject = subject();
    subject.run("write", &["400020", "cc"]).is_error("usage");
    let run = subject.plain("write", &["400020", "cc"]).exits(2);
    assert!(run.stderr.contains("hint: addresses are hex: 0x61a94 is this number"), "{run}");
    subject.unchanged();
}

#[test]
fn linux_names_of_modules_keep_their_case() {
    let mut core = ElfBuilder::x86_64();
    core.load(0x1000, &counting(0, 64));
    core.code(0x2000, 0x1000);
    let files = [(0x1000, 0x2000, 0, "/usr/lib/libc.so.6"), (0x2000, 0x3000, 1, "/usr/lib/libc.so.6")];
    core.notes(&[prstatus(1, 11, 0x1000, 0x1000), crate::support::elf_builder::nt_file(&files)]);
    let subject = Subject::new(core.finish());
    for at in ["libc+0x4", "libc.so.6+0x4", "/usr/lib/libc.so.6+0x4"] {
        assert_eq!(subject.run("where", &[at, "1"]).is_full(1)["pieces"][0]["address"], "0x1004", "{at}");
    }
    subject.run("where", &["LIBC+0x4", "1"]).is_error("module");
}

#[test]
fn an_address_below_zero_or_past_the_end_is_an_error() {
    let subject = subject();
    for at in ["@rcx-0x9", "@rsp+0xffffffffffffffff"] {
        assert_eq!(subject.run("write", &[at, "cc"]).code, 2, "{at}");
    }
    subject.unchanged();
}

#[test]
fn a_range_is_half_open_or_has_a_length() {
    let subject = subject();
    let cases = [
        ("0x400020..0x400024", "20212223"),
        ("0x400020..+4", "20212223"),
        ("0x400020..+0x4", "20212223"),
        ("@rsp..+2", "4041"),
        ("@rsp..@rsp+2", "4041"),
        ("@rsp-2..@rsp", "3e3f"),
        ("crash+0x10..crash+0x12", "1011"),
        ("0x400020..0x400020", ""),
        ("0x400020..+0", ""),
        ("reg:rsp..+4", "40004000"),
        ("reg:rsp+2..+2", "4000"),
    ];
    for (range, bytes) in cases {
        let run = subject.run("read", &[range, "--allow-empty"]);
        let json = run.is_full(bytes.len() as u64 / 2);
        assert_eq!(json["bytes"], bytes, "{run}");
    }
}

#[test]
fn a_range_that_is_none_is_an_error() {
    let subject = subject();
    for range in ["reg:rip", "0x400020..", "..0x400020", "0x400024..0x400020", "0x400020..+", "0x400020..+zz"]
    {
        let run = subject.run("read", &[range]).exits(2);
        let kind = run.json()["error"]["kind"].clone();
        assert!(["usage", "value"].contains(&kind.as_str().unwrap()), "{run}");
    }
}

#[test]
fn a_value_is_hex_bytes_or_typed() {
    let cases: [(&str, &[u8]); 30] = [
        ("9090", b"\x90\x90"),
        ("48 8b 05", b"\x48\x8b\x05"),
        ("488B05", b"\x48\x8b\x05"),
        ("hex:9090", b"\x90\x90"),
        ("hex:48 8b 05", b"\x48\x8b\x05"),
        ("u8:255", b"\xff"),
        ("u8:0xff", b"\xff"),
        ("u16:258", b"\x02\x01"),
        ("u32:0x01020304", b"\x04\x03\x02\x01"),
        ("u64:0x0102030405060708", b"\x08\x07\x06\x05\x04\x03\x02\x01"),
        ("u64:18446744073709551615", &[0xff; 8]),
        ("u32:1_000", b"\xe8\x03\0\0"),
        ("i8:-1", b"\xff"),
        ("i8:127", b"\x7f"),
        ("i16:-2", b"\xfe\xff"),
        ("i32:-2", b"\xfe\xff\xff\xff"),
        ("i64:-2", b"\xfe\xff\xff\xff\xff\xff\xff\xff"),
        ("f32:1.5", b"\0\0\xc0\x3f"),
        ("f64:-2", b"\0\0\0\0\0\0\0\xc0"),
        ("ptr:0x400020", b"\x20\0\x40\0\0\0\0\0"),
        ("ptr:@rsp+8", b"\x48\0\x40\0\0\0\0\0"),
        ("ptr:crash+0x4", b"\x04\0\x40\0\0\0\0\0"),
        ("str:abc", b"abc"),
        ("str:a b:c", b"a b:c"),
        ("str:é", "é".as_bytes()),
        ("strz:abc", b"abc\0"),
        ("strz:", b"\0"),
        ("utf16:ab", b"a\0b\0"),
        ("utf16z:a", b"a\0\0\0"),
        ("utf16:😀", b"\x3d\xd8\x00\xde"),
    ];
    for (value, bytes) in cases {
        let subject = subject();
        let run = subject.run("write", &["0x400020", value]);
        run.is_full(bytes.len() as u64);
        let read = subject.run("read", &[&format!("0x400020..+{}", bytes.len())]).is_full(bytes.len() as u64);
        assert_eq!(read["bytes"], hex(bytes), "{run}");
    }
}

#[test]
fn a_value_that_is_none_is_an_error() {
    let subject = subject();
    let values = [
        "9",
        "909",
        "xx",
        "90 9",
        "u8:256",
        "u8:-1",
        "i8:128",
        "i8:-129",
        "u16:65536",
        "u32:4294967296",
        "u64:18446744073709551616",
        "u32:",
        "u32:abc",
        "f32:abc",
        "ptr:zz",
        "u7:1",
        "hex:9",
        "hex:zz",
    ];
    for value in values {
        let run = subject.run("write", &["0x400020", value]);
        let kind = run.json()["error"]["kind"].clone();
        assert_eq!(run.code, 2, "{run}");
        assert!(["value", "usage", "module"].contains(&kind.as_str().unwrap()), "{run}");
    }
    subject.unchanged();
}

#[test]
fn a_bare_0x_number_as_value_points_to_typed_ones() {
    let subject = subject();
    let run = subject.plain("write", &["0x400020", "0x1234"]).exits(2);
    assert!(run.stderr.contains("u64:") && run.stderr.contains("ptr:"), "{run}");
    subject.unchanged();
}

#[test]
fn typed_values_turn_with_the_byte_order() {
    let cases: [(&str, &[u8]); 6] = [
        ("u16:258", b"\x01\x02"),
        ("i32:-2", b"\xff\xff\xff\xfe"),
        ("f32:1.5", b"\x3f\xc0\0\0"),
        ("ptr:0x1008", b"\0\0\0\0\0\0\x10\x08"),
        ("utf16:ab", b"\0a\0b"),
        ("str:ab", b"ab"),
    ];
    for (value, bytes) in cases {
        let mut core = ElfBuilder::new(Order::Big, true, machine::PPC64);
        let offset = core.load(0x1000, &counting(0, 64));
        let subject = Subject::new(core.finish());
        subject.run("write", &["0x1000", value]).is_full(bytes.len() as u64);
        subject.changed_only(&[(offset, bytes)]);
    }
}

#[test]
fn a_value_may_be_a_file() {
    let subject = subject();
    let path = subject.folder().join("patch.bin");
    std::fs::write(&path, [0xa0, 0xa1, 0xa2]).unwrap();
    subject.run("write", &["0x400020", &format!("file:{}", path.display())]).is_full(3);
    assert_eq!(subject.run("read", &["0x400020..+4"]).json()["bytes"], "a0a1a223");
    let missing = format!("file:{}", subject.folder().join("missing").display());
    let run = subject.run("write", &["0x400020", &missing]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.json()["error"]["message"].to_string().contains("missing"), "{run}");
}

#[test]
fn a_value_may_be_standard_input_once() {
    let subject = subject();
    subject.run_with("write", &["0x400020", "-"], &[0xa0, 0xa1, 0xa2]).is_full(3);
    assert_eq!(subject.run("read", &["0x400020..+4"]).json()["bytes"], "a0a1a223");
    subject.run_with("write", &["0x400020", "90", "-", "91"], &[0xb0]).is_full(3);
    assert_eq!(subject.run("read", &["0x400020..+3"]).json()["bytes"], "90b091");
    assert_eq!(subject.run_with("write", &["0x400020", "-", "-"], &[0xb0]).code, 2);
}

#[test]
fn a_number_for_set_is_hex_decimal_negative_typed_or_an_at() {
    let cases = [
        ("rax=0x1234", 0x1234),
        ("rax=0x12_34", 0x1234),
        ("rax=4660", 0x1234),
        ("rax=-1", u64::MAX),
        ("rax=u64:7", 7),
        ("rax=u32:7", 7),
        ("rax=i64:-7", (-7_i64) as u64),
        ("rax=ptr:0x400020", MEMORY + 0x20),
        ("rax=@rsp", MEMORY + 0x40),
        ("rax=@rsp+8", MEMORY + 0x48),
        ("rax=@rsp-8", MEMORY + 0x38),
        ("rax=crash+0x4", MEMORY + 4),
        ("rax=hex:0102030405060708", 0x0807_0605_0403_0201),
        ("rax=f64:1.5", 1.5_f64.to_bits()),
        ("RAX=5", 5),
    ];
    for (assignment, value) in cases {
        let subject = subject();
        let run = subject.run("set", &[assignment]);
        run.is_full(8);
        assert_eq!(subject.register("rax", &[]), Some(value), "{run}");
    }
}

#[test]
fn an_assignment_that_is_none_is_an_error() {
    let subject = subject();
    for assignment in ["rax", "rax=", "=5", "rax=zz", "rax=0xzz"] {
        assert_eq!(subject.run("set", &[assignment]).code, 2, "{assignment}");
    }
    subject.unchanged();
}

#[test]
fn lanes_are_counted_from_the_lowest() {
    for (lane, at, size) in
        [("xmm0.u8.15", 15, 1), ("xmm0.u16.1", 2, 2), ("xmm0.u32.2", 8, 4), ("xmm0.u64.1", 8, 8)]
    {
        let subject = subject();
        let place = subject.run("where", &["reg:xmm0", "16"]).exits(0).json();
        let start = place["pieces"][0]["file_offsets"][0].as_u64().unwrap();
        subject.run("set", &[&format!("{lane}=0x5a")]).exits(0);
        subject.changed_only(&[(start + at, &Order::Little.number(0x5a, size))]);
    }
    let subject = subject();
    for lane in ["xmm0.u32.4", "xmm0.u7.0", "xmm0.u32", "xmm0.", "rax.u64.1"] {
        subject.run("set", &[&format!("{lane}=1")]).is_error("register");
    }
}

#[test]
fn a_length_is_decimal_or_hex() {
    let subject = subject();
    for length in ["16", "0x10"] {
        subject.run("where", &["0x400020", length]).is_full(16);
    }
    subject.run("where", &["0x400020", "zz"]).is_error("usage");
}

#[test]
fn a_place_takes_any_number_of_terms_behind_an_address_a_module_a_region_or_a_register() {
    let subject = Subject::named("terms.core", {
        let mut core = ElfBuilder::x86_64();
        let at = 0x7ffe_0000;
        let vector = Order::Little.fields(&[(25, 8), (at + 8, 8), (0, 8), (0, 8)]);
        let files = nt_file(&[(0x40_0000, 0x40_1000, 0, "/bin/lib-2+8")]);
        core.notes(&[prstatus(11, 11, 0x40_0010, at + 16), ("CORE", NT_AUXV, vector), files]);
        core.load(0x40_0000, &[b"\x7fELF", &counting(5, 60)[..]].concat());
        core.load(at, &counting(1, 64));
        core.finish()
    });
    for (place, first) in [
        ("0x7ffe0000+8-0x4+1", 6u8),
        ("@rsp+4-2", 19),
        ("[stack]+16", 17),
        ("lib-2+8+4", 5),
        ("lib-2+8+0x8-1", 8),
    ] {
        let run = subject.run("read", &[&format!("{place}..+1")]);
        assert_eq!(run.is_full(1)["bytes"], format!("{first:02x}"), "{place}: {run}");
    }
    for place in ["0x7ffe0000+", "0x7ffe0000+8+x", "0x8-0x9", "[stack]+x", "lib-2+8+ff"] {
        subject.run("read", &[&format!("{place}..+1")]).exits(2);
    }
    // A place without a length reads 64 bytes.
    assert_eq!(subject.run("read", &["[stack]"]).is_full(64)["bytes"], hex(&counting(1, 64)));
}

#[test]
fn numbers_with_a_point_go_where_floats_are_and_nowhere_else() {
    let subject = subject();
    for (register, bytes) in [
        ("xmm0.f32.1=1.5", "0000c03f"),
        ("xmm1.f64.0=-0.25", "000000000000d0bf"),
        ("st0=1.5", "00000000000000c0ff3f"),
    ] {
        let run = subject.run("set", &[register, "--dry-run"]).exits(0);
        assert_eq!(run.json()["edits"][0]["new"], bytes, "{run}");
    }
    for register in ["rax=1.5", "mxcsr=1.5", "xmm0=1.5", "xmm0.u32.0=1.5", "rax=1.5.2"] {
        subject.run("set", &[register, "--dry-run"]).is_error("value");
    }
    for (register, hint) in [("rax=0010", "write 0x10 or 10"), ("rax=00ff", "write 0xff")] {
        let run = subject.plain("set", &[register, "--dry-run"]).exits(2);
        assert!(run.stderr.contains(hint), "{run}");
    }
    subject.unchanged();
}

#[test]
fn what_other_tools_write_gets_the_line_to_write_here() {
    let subject = subject();
    let dump = subject.path().to_str().unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["read", dump, "rsp"], "write @rsp"),
        (&["read", dump, "$rsp+8..+4"], "write @rsp+8"),
        (&["set", dump, "rax=rip+8"], "write @rip+8"),
        (&["set", dump, "$rip=5"], "did you mean rip?"),
        (&["set", dump, "rpi=5"], "did you mean rip?"),
        (&["write", dump, "0x400020", "0x41"], "u8:0x41, u16:0x41, u32:0x41, u64:0x41, ptr:0x41"),
        (&["set", dump, "rax=1", "--thread", "1"], "index:0"),
        (&["undo", dump], "has no edits to undo"),
        (&["write"], "dumpedit write <DUMP> <AT> <VALUE>..."),
        (&[dump], "dumpedit info "),
        (&["read", "0x400020..+4", dump], "the dump comes first: dumpedit read "),
        (&["set", "rax=1", dump], "the dump comes first: dumpedit set "),
        (&["write", dump, "0x400020", "41", "-o", "x.bz2"], "-o OUT.zst"),
    ];
    for (arguments, said) in cases {
        let run = dumpedit(arguments).exits(2);
        assert!(run.stderr.contains(said), "{run}");
    }
    subject.unchanged();
}

/// A chain of pointers at `rsp`: 0x1000 holds 0x1010, that holds 0x1020, and 0x1018 holds an address outside of all regions. The stack is
/// the region `[stack]`.
fn pointing(order: Order, wide: bool) -> Subject {
    let mut core = ElfBuilder::new(order, wide, if wide { machine::X86_64 } else { machine::PPC64 });
    let size = if wide { 8 } else { 4 };
    let places = [(0x1010, size), (0x99, size), (0x1020, size), (0xdead_0000, size), (7, size)];
    let mut bytes = order.fields(&places);
    bytes.resize(64, 0x5a);
    if wide {
        let vector = order.fields(&[(25, 8), (0x1008, 8), (0, 8), (0, 8)]);
        core.notes(&[prstatus(11, 11, 0x1000, 0x1000), ("CORE", NT_AUXV, vector)]);
    }
    core.load(0x1000, &bytes);
    Subject::named("pointing.core", core.finish())
}

fn place(subject: &Subject, at: &str) -> String {
    let run = subject.run("where", &[at, "1"]);
    run.is_full(1)["pieces"][0]["address"].as_str().unwrap().to_owned()
}

#[test]
fn brackets_are_the_pointer_that_is_stored_at_a_place() {
    let subject = pointing(Order::Little, true);
    for (at, address) in [
        ("[@rsp]", "0x1010"),
        ("[@rsp]+8", "0x1018"),
        ("[@rsp+2*8]", "0x1020"),
        ("[[@rsp]]+0x10-2*0x8", "0x1020"),
        ("[0x1000]-1", "0x100f"),
        ("[reg:rsp]", "0x1000"),
        ("@rsp+2*8", "0x1010"),
        ("@rsp+2*0x8-1", "0x100f"),
        ("[[stack]+0]", "0x1010"),
        ("[[stack]+2*8]+1", "0x1021"),
        ("[stack]+0x20", "0x1020"),
    ] {
        assert_eq!(place(&subject, at), address, "{at}");
    }
    assert_eq!(subject.run("read", &["[@rsp]..[@rsp+16]"]).is_full(16)["requested"], 16);
    let big = pointing(Order::Big, false);
    assert_eq!([place(&big, "[0x1000]"), place(&big, "[0x1008]+1")], ["0x1010", "0x1021"]);
}

#[test]
fn a_pointer_that_is_not_captured_is_an_error_that_names_its_address() {
    let subject = pointing(Order::Little, true);
    let message = subject.run("read", &["[[@rsp+24]]"]).is_error_at("unmapped", "0xdead0000");
    assert!(message.contains("0xdead0000"), "{message}");
    subject.run("write", &["[0x103c]", "00"]).is_error_at("unmapped", "0x1040");
    subject.run("where", &["[@rsp]-0x1011"]).is_error("value");
    for at in ["[@rsp", "[@rsp]8", "[@rsp]]", "[nosuch]", "[nosuch+8]"] {
        subject.run("where", &[at]).exits(2);
    }
    // A region's name is that region, and brackets around an unknown name are not followed.
    let run = subject.plain("read", &["[rsp]"]).exits(2);
    assert!(run.stderr.contains("write [@rsp]: dumpedit read "), "{run}");
    // A command that would fail is not suggested.
    let run = subject.plain("read", &["[rsp+8]"]).exits(2);
    assert!(run.stderr.trim_end().ends_with("write [@rsp+8]"), "{run}");
    subject.unchanged();
}

#[test]
fn pointers_are_followed_in_every_place_that_is_written_to_and_in_values_and_scripts() {
    let subject = pointing(Order::Little, true);
    let bytes = |range: &str| subject.run("read", &[range]).json()["bytes"].as_str().unwrap().to_owned();
    subject.run("write", &["[@rsp]+8", "ptr:[[@rsp]]+2*8"]).is_full(8);
    assert_eq!(bytes("0x1018..+8"), "3010000000000000");
    subject.run("set", &["rax=[@rsp]+1"]).exits(0);
    assert_eq!(subject.register("rax", &[]), Some(0x1011));
    // A line sees the pointers that earlier ones wrote.
    let script = "write @rsp ptr:0x1020\nwrite [@rsp]+2*8 ptr:[@rsp]\nfind ptr:[@rsp] --replace ptr:0x1028\n";
    let run = subject.run_with("apply", &["-"], script.as_bytes());
    assert_eq!(run.exits(0).json()["lines_done"], 3);
    assert_eq!([bytes("0x1000..+2"), bytes("0x1030..+2")], ["2810", "2810"]);
    let log = subject.run("log", &[]).json();
    assert_eq!(log[0]["command"], "write [@rsp]+0x8 ptr:[[@rsp]]+0x10", "{log}");
}

#[test]
fn only_a_number_with_a_sign_is_taken_for_a_negative_one() {
    for line in [&["drop", "thread", "core", "1", "2"][..], &["info", "core", "5"], &["set", "core", "-1"]] {
        let run = dumpedit(line).exits(2);
        let negative = line.contains(&"-1");
        assert_eq!(run.stderr.contains("a negative number has a type"), negative, "{run}");
    }
}
