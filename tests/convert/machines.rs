//! The machine of a converted dump is that of its contexts.

use serde_json::json;

use super::{converted, json};
use crate::support::bytes::{Order, counting};
use crate::support::command::{Run, binary, notices, run};
use crate::support::minidump_builder::{
    MinidumpBuilder, amd64, amd64_context, arm64, context, processor, x86,
};
use crate::support::subject::Subject;

/// A processor that no header names.
const UNKNOWN: u16 = 0xffff;

fn dump(processor: u16, context: &[u8]) -> Subject {
    let mut dump = MinidumpBuilder::new(Order::Little, processor);
    dump.memory(0x2000, &counting(1, 64));
    dump.thread_with(7, context);
    Subject::new(dump.finish())
}

fn of_arm64() -> Vec<u8> {
    let fields = [(arm64::X0, 0x11, 8), (arm64::SP, 0x2000, 8), (arm64::PC, 0x40_1000, 8)];
    context(Order::Little, arm64::SIZE, (arm64::FLAGS, arm64::FULL), &fields)
}

fn of_x86() -> Vec<u8> {
    let fields = [(x86::EAX, 0x11, 4), (x86::ESP, 0x2000, 4), (x86::EIP, 0x40_1000, 4)];
    context(Order::Little, x86::SIZE, (x86::FLAGS, x86::FULL), &fields)
}

fn register(dump: &std::path::Path, name: &str) -> serde_json::Value {
    let all = run(binary().arg("regs").arg(dump).arg(name).arg("--json"), b"").exits(0).json();
    all["registers"][0]["value"].clone()
}

#[test]
fn a_core_is_of_the_machine_of_the_contexts_and_that_is_told() {
    let of_amd64 = amd64_context(amd64::FULL, 0x40_1000, 0x2000);
    for (named, context, machine, pc, sp) in [
        (processor::ARM64, of_amd64.as_slice(), "amd64", "rip", "rsp"),
        (processor::AMD64, &of_arm64(), "arm64", "pc", "sp"),
    ] {
        let dump = dump(named, context);
        let core = converted(dump.path(), "core").unwrap();
        assert_eq!(json("info", &core.path)["machine"], machine);
        assert_eq!(
            (register(&core.path, pc), register(&core.path, sp)),
            (json!("0x401000"), json!("0x2000"))
        );
        assert_eq!(core.made_as("machine"), [machine]);
        assert!(!core.losses().contains(&"register"), "{}", core.told);
        let arguments = [dump.path(), core.path.as_path()];
        let diff = run(binary().arg("diff").args(arguments).arg("--json"), b"").exits(1).json();
        assert_eq!((&diff["registers"], notices(&diff)[0]), (&json!([]), "machines-differ"), "{diff}");
    }
}

#[test]
fn registers_of_a_context_of_other_pointers_are_losses_and_its_zeros_are_told() {
    let mut dump = MinidumpBuilder::x86();
    dump.memory(0x2000, &counting(1, 64));
    dump.thread_with(7, &of_x86());
    dump.thread_with(8, &amd64_context(amd64::FULL, 0x40_1000, 0x2000));
    let dump = Subject::new(dump.finish());
    let core = converted(dump.path(), "core").unwrap();
    let lost = core.lost("register");
    assert!(["rax", "rip", "rsp"].iter().all(|name| lost.contains(name)), "{}", core.told);
    let made = core.told["made"].as_array().unwrap();
    assert!(made.iter().any(|made| made["kind"] == "thread-registers" && made["count"] == 1), "{made:?}");
}

#[test]
fn contexts_with_wider_pointers_than_the_processor_s_keep_the_memory_of_their_process() {
    const STACK: u64 = 0x7fff_0000_2000;
    for processor in [processor::ARM, processor::X86] {
        let mut dump = MinidumpBuilder::new(Order::Little, processor);
        dump.memory(STACK, &counting(1, 64));
        dump.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, STACK));
        let dump = Subject::new(dump.finish());
        let info = json("info", dump.path());
        assert_eq!(info["pointer_width"], 8);
        assert_eq!(notices(&info), ["context-of-another-machine"]);
        dump.run("write", &["@rsp", "ptr:0x7"]).is_full(8);
        let core = converted(dump.path(), "core").unwrap();
        assert_eq!(json("info", &core.path)["machine"], "amd64");
        assert_eq!(register(&core.path, "rsp"), format!("{STACK:#x}"));
        let read = run(binary().arg("read").arg(&core.path).args(["@rsp", "--as", "u64", "--json"]), b"");
        assert!(read.exits(0).text().contains('7'));
    }
}

#[test]
fn contexts_say_the_machine_and_the_width_of_pointers_where_the_number_of_the_processor_says_nothing() {
    let dump = dump(UNKNOWN, &of_x86());
    assert_eq!(json("info", dump.path())["pointer_width"], 4);
    let core = converted(dump.path(), "core").unwrap();
    assert_eq!(json("info", &core.path)["machine"], "x86");
    assert_eq!(register(&core.path, "eip"), "0x401000");
}

#[test]
fn a_dump_of_no_known_machine_is_refused_with_that_reason() {
    let mut dump = MinidumpBuilder::new(Order::Little, UNKNOWN);
    dump.memory(0x2000, &counting(1, 64));
    let dump = Subject::new(dump.finish());
    let out = tempfile::tempdir().unwrap();
    let refused: Run = run(
        binary().arg("convert").arg(dump.path()).arg("-o").arg(out.path().join("o.core")).arg("--json"),
        b"",
    );
    let message = refused.is_error("format");
    assert!(message.contains("the machine of the dump is unknown"), "{message}");
}
