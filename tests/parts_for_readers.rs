//! Parts that were added, as independent readers see them: gdb, LLDB and the `minidump` crate.

use std::fs;
use std::path::Path;

use minidump::{Minidump, MinidumpMemoryList, MinidumpModuleList, MinidumpThreadList, Module};

use crate::parts::{AT, testdata};
use crate::support::command::dumpedit;
use crate::support::readers::lldb_memory;
use crate::support::tools::{have, printed};

#[test]
fn the_minidump_crate_reads_what_was_added() {
    let subject = testdata("crash.dmp");
    let path = subject.path().to_str().unwrap();
    let id = "8D3C9A0B112233445566778899AABBCC1";
    dumpedit(&["add", "memory", path, "0x7f0000", "str:hello"]).exits(0);
    dumpedit(&["add", "module", path, "0x7f0000", "--size", "0x1000", "--name", "/opt/app", "--id", id])
        .exits(0);
    dumpedit(&["add", "thread", path, "99", "--name", "fibre", "rsp=0x7f0002"]).exits(0);
    let read = Minidump::read_path(subject.path()).unwrap();
    let memory = read.get_stream::<MinidumpMemoryList<'_>>().unwrap();
    assert_eq!(memory.memory_at_address(AT).unwrap().bytes, b"hello");
    let modules = read.get_stream::<MinidumpModuleList>().unwrap();
    let module = modules.module_at_address(AT).unwrap();
    assert_eq!(
        (&*module.code_file(), module.debug_identifier().unwrap().breakpad().to_string().as_str()),
        ("/opt/app", id)
    );
    let threads = read.get_stream::<MinidumpThreadList<'_>>().unwrap();
    assert_eq!(threads.threads.last().unwrap().raw.stack.start_of_memory_range, AT);
    let shown = subject.run("threads", &[]).json();
    assert_eq!(shown.as_array().unwrap().last().unwrap()["name"], "fibre");
}

#[test]
fn debuggers_see_what_was_added_to_a_core() {
    let subject = testdata("crash.core");
    let path = subject.path().to_str().unwrap();
    for arguments in [
        &["add", "memory", path, "0x7f0000", "str:hello", "--protection", "r--"][..],
        &["add", "thread", path, "99", "--like", "index:0", "rip=0x7f0000"],
    ] {
        dumpedit(arguments).exits(0);
    }
    if have("gdb") {
        let gdb = |core: &Path, what: &[&str]| {
            let mut command = std::process::Command::new("gdb");
            command.args(["-batch", "-nx", "-c"]).arg(core);
            command.args(what.iter().flat_map(|what| ["-ex", what]));
            printed(&mut command)
        };
        let original = subject.folder().join("original");
        fs::write(&original, subject.before()).unwrap();
        let threads = gdb(subject.path(), &["info threads", "x/5c 0x7f0000"]);
        assert!(threads.contains("LWP 99") && threads.contains("'h'"), "{threads}");
        let rest = ["info auxv", "info proc mappings", "p $_siginfo.si_signo", "info all-registers"];
        let without = |text: String| text.replace("[New LWP 99]\n", "");
        let of_thread =
            |text: String| text.lines().filter(|line| !line.starts_with("[Current")).collect::<String>();
        let (after, before) = (gdb(subject.path(), &rest), gdb(&original, &rest));
        assert_eq!(of_thread(without(after)), of_thread(before));
    }
    if have("lldb") {
        assert_eq!(lldb_memory(subject.path(), AT, 5), b"hello");
    }
    if have("eu-readelf") {
        let notes = printed(std::process::Command::new("eu-readelf").arg("-n").arg(subject.path()));
        assert!(notes.contains("pid: 99"), "{notes}");
    }
}
