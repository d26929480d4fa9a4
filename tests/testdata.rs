//! The dumps in testdata/: their descriptions in testdata/README.md hold, and two of them are made again by programs.

use std::path::{Path, PathBuf};

use minidump_synth::{
    DumpString, Exception, Memory, Module, SimpleStream, SynthMinidump, SystemInfo, Thread,
};
use serde_json::json;
use test_assembler::{Endian, Section};

use crate::support::bytes::Order;
use crate::support::command::dumpedit;
use crate::support::minidump_builder::{amd64, context, stream};

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

/// Breakpad's streams about the machine and not the process.
const LINUX_CPU_INFO: usize = 0x4767_0003;
const LINUX_LSB_RELEASE: usize = 0x4767_0005;

/// A Windows process whose thread 4711 read through a null pointer in crash.exe. Its own context is in ntdll, where the exception was
/// dispatched; the exception's context is at the fault.
fn crash_dmp() -> Vec<u8> {
    const LITTLE: Endian = Endian::Little;
    let (fault, dispatcher) = (0x1_4000_1234_u64, 0x7ffb_1c2d_0f44_u64);
    let (stack_start, rsp) = (0x0014_fe00_u64, 0x0014_ff28_u64);

    let record = |rip: u64, rsp: u64, rax: u64| {
        let fields = [
            (amd64::EFLAGS, 0x1_0246, 4),
            (amd64::RAX, rax, 8),
            (amd64::RCX, 0x42, 8),
            (amd64::RSP, rsp, 8),
            (amd64::RIP, rip, 8),
        ];
        let bytes = context(Order::Little, amd64::SIZE, (amd64::FLAGS, amd64::FULL), &fields);
        Section::with_endian(LITTLE).append_bytes(&bytes)
    };
    // mov rax, rcx; mov rax, [rax] behind it; then add rsp, 28h and ret.
    let mut code = vec![0xcc; 64];
    code[0x11..0x1c].copy_from_slice(b"\x48\x89\xc8\x48\x8b\x00\x48\x83\xc4\x28\xc3");
    let mut stack = vec![0; 0x200];
    Order::Little.put(&mut stack, 0x128, 0x1111_2222_3333_4444, 8);
    Order::Little.put(&mut stack, 0x150, 0x1_4000_1080, 8);

    // The exception's context is right behind the header of 32 bytes.
    let exception_context = record(fault, rsp, 0);
    let mut exception = Exception::new(LITTLE);
    exception.thread_id = 4711;
    exception.exception_record.exception_code = 0xc000_0005;
    exception.exception_record.exception_address = fault;
    exception.exception_record.number_parameters = 2;
    exception.thread_context = (amd64::SIZE as u32, 32);

    let stack = Memory::with_section(Section::with_endian(LITTLE).append_bytes(&stack), stack_start);
    let code = Memory::with_section(Section::with_endian(LITTLE).append_bytes(&code), fault - 0x14);
    let heap = b"dumpedit: these bytes are here to be edited";
    let heap = Memory::with_section(Section::with_endian(LITTLE).append_bytes(heap), 0x22_0000);
    let (own, other) = (record(dispatcher, rsp - 0x100, 0x5a), record(0x7ffb_1c2d_1404, 0x24_fe00, 0));
    let empty = Memory::with_section(Section::with_endian(LITTLE), 0);
    let crashed = Thread::new(LITTLE, 4711, &stack, &own);
    let bystander = Thread::new(LITTLE, 4712, &empty, &other);
    let exe = DumpString::new("C:\\App\\crash.exe", LITTLE);
    let dll = DumpString::new("C:\\Windows\\System32\\ntdll.dll", LITTLE);
    let (commit, free, private, image) = (0x1000, 0x1_0000, 0x2_0000, 0x100_0000);
    // MINIDUMP_MEMORY_INFO_LIST as Windows writes it; the crate's own has a count of four bytes, not eight.
    let mut infos = Order::Little.fields(&[(16, 4), (48, 4), (4, 8)]);
    for (base, size, state, protection, kind) in [
        (0x14_f000, 0x1000, commit, 4, private),
        (0x22_0000, 0x1000, commit, 4, private),
        (0x23_0000, 0x1_0000, free, 1, 0),
        (0x1_4000_1000, 0x1000, commit, 0x20, image),
    ] {
        let range = [(base, 8), (base, 8), (protection, 4), (0, 4), (size, 8)];
        infos.extend(Order::Little.fields(&range));
        infos.extend(Order::Little.fields(&[(state, 4), (protection, 4), (kind, 4), (0, 4)]));
    }
    let infos = Section::with_endian(LITTLE).append_bytes(&infos);

    let system = SystemInfo::new(LITTLE).set_processor_architecture(9).set_platform_id(2);
    let dump = SynthMinidump::with_endian(LITTLE)
        .add(exception_context)
        .add_system_info(system)
        .add_exception(exception)
        .add_module(Module::new(LITTLE, 0x1_4000_0000, 0x8000, &exe, 0x6500_0000, 0, None))
        .add_module(Module::new(LITTLE, 0x7ffb_1c23_0000, 0x1f_8000, &dll, 0x6500_0001, 0, None))
        .add_stream(SimpleStream { stream_type: stream::MEMORY_INFO_LIST, section: infos })
        .add(own)
        .add(other)
        .add(exe)
        .add(dll)
        .add_thread(crashed)
        .add_thread(bystander)
        .add_memory(code)
        .add_memory(stack)
        .add_memory(heap)
        .add(empty);
    dump.finish().unwrap()
}

#[test]
fn crash_dmp_is_what_its_program_makes() {
    assert_eq!(std::fs::read(folder().join("crash.dmp")).unwrap(), crash_dmp());
}

#[test]
#[ignore = "makes testdata/crash.dmp again"]
fn make_crash_dmp() {
    std::fs::write(folder().join("crash.dmp"), crash_dmp()).unwrap();
}

#[test]
#[cfg(target_os = "linux")]
#[ignore = "makes testdata/live.dmp again"]
fn make_live_dmp() {
    let mut dump = crate::independent_readers::minidump_of_a_live_process();
    // Each directory entry is a stream's type, size and offset; the header has the directory's offset at 12.
    let (count, directory) = (Order::Little.get(&dump, 8, 4), Order::Little.get(&dump, 12, 4));
    for entry in (0..count).map(|index| (directory + 12 * index) as usize) {
        let [kind, size, offset] = [0, 4, 8].map(|field| Order::Little.get(&dump, entry + field, 4) as usize);
        if [LINUX_CPU_INFO, LINUX_LSB_RELEASE].contains(&kind) {
            dump[offset..offset + size].fill(b' ');
        }
    }
    std::fs::write(folder().join("live.dmp"), dump).unwrap();
}

#[test]
fn the_dumps_are_small_and_hold_what_the_readme_says() {
    let cases = [
        ("crash.dmp", "minidump", "amd64", 2, 2),
        ("live.dmp", "minidump", "amd64", 2, 1),
        ("crash.core", "elf-core", "amd64", 2, 1),
        ("crash32.core", "elf-core", "x86", 1, 1),
    ];
    for (name, format, machine, threads, modules) in cases {
        let path = folder().join(name);
        assert!(std::fs::metadata(&path).unwrap().len() < 100_000, "{name} is not small");
        let show =
            |verb: &str| dumpedit(&[verb.as_ref(), path.as_os_str(), "--json".as_ref()]).exits(0).json();
        let info = show("info");
        assert_eq!((&info["format"], &info["machine"]), (&json!(format), &json!(machine)), "{name}");
        assert_eq!(info["threads"], threads, "{name}");
        assert!(show("modules").as_array().unwrap().len() >= modules, "{name}");
        assert_eq!(show("threads")[0]["crashed"], true, "{name}");
        show("regs");
    }
}

#[test]
fn the_fault_is_at_the_exception_s_record() {
    let path = folder().join("crash.dmp");
    let code = dumpedit(&["read".as_ref(), path.as_os_str(), "@rip..+3".as_ref(), "--json".as_ref()]);
    assert_eq!(code.is_full(3)["bytes"], "488b00");
}
