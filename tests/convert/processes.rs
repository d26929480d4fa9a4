//! The process is converted: its id, its command line, its auxiliary vector, its mapped files, names and ids of modules.

use std::path::Path;

use minidump::Module;
use serde_json::Value;

use super::{converted, json, made};
use crate::support::command::{binary, dumpedit, run};
use crate::support::tools::{have, printed};
use crate::testdata::folder;

fn bytes(dump: &Path, place: &str) -> Value {
    let mut command = binary();
    run(command.arg("read").arg(dump).args([place, "--json"]), b"").exits(0).json()["bytes"].clone()
}

/// A minidump of Linux as Breakpad writes it, with a library that is loaded in two mappings.
const BREAKPAD: &str = "format: minidump
machine: amd64
system: {os: linux}
threads:
- tid: 4711
  name: worker
  registers: {rip: 0x401010, rsp: 0x7ffe1000}
- tid: 4712
  name: helper
modules:
- base: 0x400000
  size: 0x3000
  name: /usr/bin/program
  cv: [4c457042, 11223344556677889900112233445566778899aa]
memory:
- at: 0x7ffe1000
  content: ['0102030405060708']
streams:
- type: LinuxMaps
  content: [\"str:00400000-00402000 r-xp 00000000 08:01 7 /usr/bin/program\\n00402000-00403000 rw-p 00002000 08:01 7 /usr/bin/program\\n7ffe0000-7ffe2000 rw-p 00000000 00:00 0 [stack]\\n\"]
- type: LinuxCmdLine
  content: ['strz:program', 'strz:--fast', 'strz:input']
- type: LinuxAuxv
  content: [u64:3, u64:0x400040, u64:9, u64:0x401000, u64:6, u64:4096, u64:0, u64:0]
- type: LinuxProcStatus
  content: [\"str:Name: program\\nPid: 4711\\n\"]
";

#[test]
fn a_process_of_linux_is_the_same_process_there_and_back() {
    let (_folder, dump) = made(BREAKPAD);
    let core = converted(&dump, "core").unwrap();
    let back = core.back();
    for path in [&core.path, &back.path] {
        let info = json("info", path);
        assert_eq!(info["pid"], 4711, "{info}");
        assert_eq!(info["command_line"], "program --fast input", "{info}");
        let threads = json("threads", path);
        assert_eq!(threads[0]["name"], "worker", "{threads}");
        let modules = json("modules", path);
        assert_eq!(modules[0]["name"], "/usr/bin/program", "{modules}");
        assert_eq!(
            (&modules[0]["base"], &modules[0]["size"]),
            (&"0x400000".into(), &0x3000.into()),
            "{modules}"
        );
    }
    let fields = run(binary().arg("fields").arg(&core.path).arg("note.auxv"), b"").exits(0);
    assert!(fields.text().contains("AT_ENTRY"), "{fields}");
    assert_eq!(bytes(&back.path, "stream[LinuxAuxv]"), bytes(&dump, "stream[LinuxAuxv]"));
    assert_eq!(bytes(&back.path, "stream[LinuxCmdLine]"), bytes(&dump, "stream[LinuxCmdLine]"));
    assert_eq!(core.lost("module-id"), ["/usr/bin/program"]);
    assert_eq!(core.lost("stream"), ["LinuxProcStatus"]);
    assert!(core.losses().contains(&"thread-name"), "{}", core.told);
}

#[test]
fn mappings_keep_their_protection_and_their_files() {
    let (_folder, dump) = made(BREAKPAD);
    let core = converted(&dump, "core").unwrap();
    let back = core.back();
    let shown = |path: &Path| -> Vec<(Value, Value)> {
        let regions = json("regions", path);
        let list = regions.as_array().unwrap().iter();
        list.map(|region| (region["start"].clone(), region["protection"].clone())).collect()
    };
    for path in [&core.path, &back.path] {
        assert_eq!(shown(path), shown(&dump), "{}", path.display());
    }
    let text = bytes(&back.path, "stream[LinuxMaps]");
    let text: String = text.as_str().unwrap().to_owned();
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert!(text.contains(&hex("00402000-00403000 rw-p 00002000 ")), "{text}");
}

#[test]
fn build_ids_that_memory_has_are_ids_of_modules() {
    let core = folder().join("crash.core");
    let of = |path: &Path| -> Vec<(Value, Value)> {
        let modules = json("modules", path);
        let list = modules.as_array().unwrap().iter();
        list.map(|module| (module["base"].clone(), module["id"].clone())).collect()
    };
    let dump = converted(&core, "dmp").unwrap();
    let mut expected = of(&core);
    let mut found = of(&dump.path);
    expected.sort_by_key(|(base, _)| base.to_string());
    found.sort_by_key(|(base, _)| base.to_string());
    assert_eq!(found, expected);
    let mut back = of(&dump.back().path);
    back.sort_by_key(|(base, _)| base.to_string());
    assert_eq!(back, expected);
}

/// Two libraries: one with its build id, one with the GUID that Breakpad makes of one.
const LIBRARIES: &str = "format: minidump
machine: amd64
system: {os: linux}
threads:
- tid: 7
  registers: {rip: 0x401000}
modules:
- base: 0x400000
  size: 0x3000
  name: /lib/one.so
  cv: [4c457042, 11223344556677889900112233445566778899aa]
- base: 0x500000
  size: 0x3000
  name: /lib/two.so
  cv: [52534453, 000102030405060708090a0b0c0d0e0f, 00000000, 'strz:two.so']
- base: 0x600000
  size: 0x3000
  name: /lib/three.so
  cv: [52534453, 000102030405060708090a0b0c0d0e0f, 01000000, 'strz:three.pdb']
";

#[test]
fn build_ids_that_a_minidump_lists_are_in_headers_that_are_made() {
    let (_folder, dump) = made(LIBRARIES);
    let ids = |path: &Path| -> Vec<Value> {
        let modules = json("modules", path);
        modules.as_array().unwrap().iter().map(|module| module["id"].clone()).collect()
    };
    let core = converted(&dump, "core").unwrap();
    let one = "11223344556677889900112233445566778899aa";
    let two = "000102030405060708090a0b0c0d0e0f";
    assert_eq!(ids(&core.path), [Value::from(one), two.into(), Value::Null]);
    // The third has no build id, which is a loss.
    assert_eq!(core.lost("module-id"), ["/lib/three.so"]);
    assert_eq!(core.made_as("module-header"), ["0x400000", "0x500000"]);
    assert_eq!(core.made_as("module-guid"), ["/lib/two.so"]);
    let back = core.back();
    assert_eq!(ids(&back.path), [Value::from(one), two.into(), Value::Null]);
    // Readers of minidumps make the original GUID from it.
    let debug_ids = |path: &Path| -> Vec<String> {
        let read = minidump::Minidump::read_path(path).unwrap();
        let modules = read.get_stream::<minidump::MinidumpModuleList>().unwrap();
        let id = |module: &minidump::MinidumpModule| module.debug_identifier().map(|id| id.to_string());
        modules.iter().take(2).map(|module| id(module).unwrap()).collect()
    };
    assert_eq!(debug_ids(&back.path), debug_ids(&dump));
    if have("eu-unstrip") {
        let modules =
            printed(std::process::Command::new("eu-unstrip").args(["-n", "--core"]).arg(&core.path));
        assert!([one, two].iter().all(|id| modules.contains(&format!("{id}@"))), "{modules}");
    }
}

#[test]
fn a_process_of_windows_has_its_modules_as_mapped_files_and_its_environment_block_as_gs() {
    let spec = "format: minidump\nmachine: amd64\nthreads:\n- tid: 7\n  teb: 0x7ff7000\n  registers: {rip: 0x140001000}\n\
                modules:\n- base: 0x140000000\n  size: 0x5000\n  name: C:\\app.exe\n";
    let (_folder, dump) = made(spec);
    let core = converted(&dump, "core").unwrap();
    let regs = dumpedit(&["regs".as_ref(), core.path.as_os_str(), "gs_base".as_ref()]).exits(0);
    assert!(regs.text().contains("7ff7000"), "{regs}");
    assert!(!core.losses().contains(&"thread-environment"), "{}", core.told);
    let modules = json("modules", &core.path);
    assert_eq!(modules[0]["name"], "C:\\app.exe", "{modules}");
}

/// The headers of a program that is mapped 0x555555554000 bytes above the addresses in its file.
const PROGRAM: &str = "format: minidump
machine: amd64
system: {os: linux}
threads:
- tid: 7
  registers: {rip: 0x555555555010}
modules:
- {base: 0x555555554000, size: 0x2000, name: /bin/program}
memory:
- at: 0x555555554000
  content: [
    7f454c46020101000000000000000000,
    u16:3, u16:62, u32:1, u64:0x1010, u64:64, u64:0, u32:0, u16:64, u16:56, u16:1, u16:64, u16:0, u16:0,
    u32:1, u32:5, u64:0, u64:0, u64:0, u64:0x2000, u64:0x2000, u64:0x1000,
  ]
";

#[test]
fn an_auxiliary_vector_is_made_of_the_headers_of_the_program_where_there_is_none() {
    let (_folder, dump) = made(PROGRAM);
    let core = converted(&dump, "core").unwrap();
    let fields = run(binary().arg("fields").arg(&core.path).arg("note.auxv"), b"").exits(0);
    for (name, value) in [("AT_PHDR", "0x555555554040"), ("AT_PHNUM", "0x1"), ("AT_ENTRY", "0x555555555010")]
    {
        let line = fields.text().lines().find(|line| line.contains(name)).unwrap_or_default();
        assert!(line.contains(value), "{name}: {fields}");
    }
}

#[test]
fn the_command_line_of_a_core_ends_as_the_kernel_writes_it() {
    let (_folder, dump) = made(BREAKPAD);
    let core = converted(&dump, "core").unwrap();
    let again = core.back().back();
    for path in [&core.path, &again.path] {
        let arguments = bytes(path, "note.psargs").as_str().unwrap().to_owned();
        let line: String = b"program --fast input \0".iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(arguments.starts_with(&line), "{arguments}");
    }
}
