//! Registers in the output of other tools, pasted: lines of a script, and `set DUMP -`.

use std::process::Command;

use crate::support::bytes::counting;
use crate::support::process::{RSP, dumped};
use crate::support::subject::Subject;
use crate::support::tools::{have, printed};

fn amd64() -> Subject {
    dumped(&[(RSP, &counting(1, 64))]).remove(0).subject
}

/// Sets the registers in a text, by a script and by standard input, and checks the registers and that both did the same.
#[track_caller]
fn sets(text: &str, expected: &[(&str, u64)]) {
    let (by_script, by_input) = (amd64(), amd64());
    let script = by_script.folder().join("script");
    std::fs::write(&script, text).unwrap();
    by_script.run("apply", &[script.to_str().unwrap()]).exits(0);
    by_input.run_with("set", &["-"], text.as_bytes()).exits(0);
    assert!(by_script.now() == by_input.now(), "{text}");
    for (name, value) in expected {
        assert_eq!(by_input.register(name, &[]), Some(*value), "{name} of {text}");
    }
    by_input.run("undo", &[]).exits(0);
    by_input.unchanged();
}

#[test]
fn debuggers_kernels_and_runtimes_print_what_can_be_pasted() {
    sets(
        "rax=0000000000000000 rbx=00007ff8a1b2c3d4 rcx=0000000000000010\n\
         rip=00007ff7a13110d9 rsp=000000c2f5b2f8a8 rbp=0000000000000000\n\
         \x20r8=0000000000000001  r9=00000000000000ff r10=0000000000000000\n\
         iopl=0         nv up ei pl nz na po nc\n\
         cs=0033  ss=002b  ds=002b  es=002b  fs=0053  gs=002b             efl=00000246\n\
         crash!main+0x10:\n\
         00007ff7`a13110d9 488b00          mov     rax,qword ptr [rax]\n",
        &[
            ("rip", 0x7ff7_a131_10d9),
            ("rsp", 0xc2_f5b2_f8a8),
            ("rbx", 0x7ff8_a1b2_c3d4),
            ("rcx", 0x10),
            ("r9", 0xff),
            ("ss", 0x2b),
            ("eflags", 0x246),
        ],
    );
    sets(
        "rax            0xffffffffffffffff  -1\n\
         rcx            0x10                16\n\
         rsp            0x7ffe1008          0x7ffe1008\n\
         rip            0x401000            0x401000 <main+16>\n\
         eflags         0x10246             [ PF ZF IF RF ]\n",
        &[("rax", u64::MAX), ("rcx", 16), ("rsp", 0x7ffe_1008), ("rip", 0x40_1000), ("eflags", 0x1_0246)],
    );
    sets(
        "General Purpose Registers:\n       rax = 0x0000000000000005\n       rip = 0x0000000000401136  a.out`main + 4 at main.c:3\n",
        &[("rax", 5), ("rip", 0x40_1136)],
    );
    sets(
        "[  161.523] RIP: 0033:0x7f1234567890\n\
         [  161.524] RSP: 002b:00007ffd3c0a1b28 EFLAGS: 00000246\n\
         [  161.525] RAX: ffffffffffffffda RBX: 0000000000000001 RCX: 00007f1234567890\n",
        &[("rip", 0x7f12_3456_7890), ("rsp", 0x7ffd_3c0a_1b28), ("rax", 0xffff_ffff_ffff_ffda), ("rbx", 1)],
    );
    sets(
        "RAX=0x0000000000000001, RBX=0x00007f1234567890, RCX=0x0000000000000010\nRIP=0x0000000000401000, EFLAGS=0x0000000000010246, CSGSFS=0x002b000000000033, ERR=0x0000000000000004\n  TRAPNO=0x000000000000000e\n",
        &[("rax", 1), ("rbx", 0x7f12_3456_7890), ("rip", 0x40_1000)],
    );
    sets("rip=0x401000\nRSP:0x7ffe2000 # typed\n\nset rax=7\n", &[("rip", 0x40_1000), ("rax", 7)]);
}

#[test]
fn a_32_bit_debuggers_registers_are_set_in_a_32_bit_dump() {
    let core = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/crash32.core");
    let subject = Subject::new(std::fs::read(core).unwrap());
    let text = "eax=00000000 ebx=7efde000 ecx=00000010\n\
                eip=77a2e9f4 esp=0018f8f0 ebp=0018f920 iopl=0         nv up ei pl zr na pe nc\n\
                cs=0023  ss=002b  efl=00000246\n";
    subject.run_with("set", &["-"], text.as_bytes()).exits(0);
    for (name, value) in [("ebx", 0x7efd_e000), ("eip", 0x77a2_e9f4), ("esp", 0x18_f8f0), ("eflags", 0x246)] {
        assert_eq!(subject.register(name, &[]), Some(value), "{name}");
    }
}

#[test]
fn what_gdb_prints_of_one_core_is_set_in_another_dump() {
    if !have("gdb") {
        return;
    }
    let core = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/crash.core");
    const NAMES: [&str; 6] = ["rip", "rsp", "rbp", "rax", "eflags", "r15"];
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch", "-ex", &format!("info registers {}", NAMES.join(" "))]);
    let text = printed(gdb.arg("-core").arg(&core));
    let is_register =
        |line: &&str| line.split_whitespace().next().is_some_and(|first| NAMES.contains(&first));
    let pasted: Vec<&str> = text.lines().filter(is_register).collect();
    assert_eq!(pasted.len(), NAMES.len(), "{text}");
    let subject = amd64();
    subject.run_with("set", &["-"], pasted.join("\n").as_bytes()).exits(0);
    let original = Subject::new(std::fs::read(core).unwrap());
    for name in NAMES {
        assert!(original.register(name, &[]).is_some());
        assert_eq!(subject.register(name, &[]), original.register(name, &[]), "{name}");
    }
}

#[test]
fn what_may_mean_two_numbers_or_none_is_refused_with_its_place() {
    let subject = amd64();
    for (line, column, message) in [
        ("rip=0x401000 rax=10", 14, "may be decimal or hex"),
        ("rax=000000000000zzzz", 1, "not a register"),
        ("RIP: 0010:panic+0x1a/0x20", 1, "not a register"),
        ("rip            0x401000", 1, "not a verb"),
        ("wirte 0x1000 00", 1, "not a verb"),
        ("write 0x1000 00", 1, "sets no register"),
        ("thread 7", 1, "sets no register"),
        ("nope=0x1", 1, "no register"),
    ] {
        let run = subject.run_with("set", &["-"], format!("\n{line}\n").as_bytes()).exits(2);
        let error = run.json()["error"].clone();
        assert!(error["message"].as_str().unwrap().contains(message), "{run}");
        if line != "nope=0x1" {
            assert_eq!((&error["line"], &error["column"]), (&2.into(), &column.into()), "{run}");
        }
        subject.unchanged();
    }
    let hint = |line: &str| {
        let run = subject.run_with("set", &["-"], line.as_bytes());
        run.json()["error"]["hint"].as_str().unwrap().to_owned()
    };
    assert_eq!(hint("rax=10"), "set rax=10 is decimal, rax=0x10 is hex");
    assert_eq!(hint("wirte 0x1000 00"), "did you mean write?");
    let nothing = subject.run_with("set", &["-"], b"# nothing\n").is_error("usage");
    assert!(nothing.contains("has no register"), "{nothing}");
    subject.unchanged();
}
