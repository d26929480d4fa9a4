//! Fields that are set, as independent readers see them: eu-readelf, gdb and the `minidump` crate.

use std::process::Command;

use minidump::{Minidump, MinidumpException, MinidumpModuleList, Module as _};
use serde_json::Value;

use crate::fields::{listed, real, testdata, value};
use crate::support::command::{binary, run};
use crate::support::subject::Subject;
use crate::support::tools::{have, printed};

/// The lines that differ between two runs of a reader.
fn changed_lines(before: &str, after: &str) -> Vec<String> {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    assert_eq!(before.len(), after.len(), "as many lines as before");
    before.iter().zip(&after).filter(|(old, new)| old != new).map(|(_, new)| new.trim().to_owned()).collect()
}

#[test]
fn eu_readelf_sees_the_new_value_of_each_kind_of_note_and_all_else_as_before() {
    if !have("eu-readelf") {
        return;
    }
    let Some(core) = real("lldb-thread_crash-linux-x86_64.core") else { return };
    let notes = |core: &Subject| printed(Command::new("eu-readelf").arg("-n").arg(core.path()));
    for (assignment, seen) in [
        ("note.fname=other", &["fname: other"][..]),
        ("note.psargs=./other 1", &["psargs: ./other 1"]),
        ("note.auxv.AT_ENTRY=0x123456", &["ENTRY: 0x123456"]),
        ("process.parent=77", &["ppid: 77"]),
        ("thread[5222].parent=78", &["ppid: 78"]),
    ] {
        let before = notes(&core);
        core.run("set", &[assignment]).exits(0);
        let lines = changed_lines(&before, &notes(&core));
        assert!(!lines.is_empty() && lines.len() <= 1, "{assignment}: {lines:?}");
        for part in seen {
            assert!(lines.iter().any(|line| line.contains(part)), "{assignment}: {lines:?}");
        }
        core.run("undo", &[]).exits(0);
        core.unchanged();
    }
}

/// Words of 64 bits, of 32, words aligned to two bytes, and user ids of 32 and of 16 bits.
#[test]
fn eu_readelf_sees_the_times_and_the_user_of_every_layout() {
    if !have("eu-readelf") {
        return;
    }
    let cores = [
        "drgn-crashme.core",
        "elfutils-testcore-rtlib-ppc",
        "elfutils-testfile-m68k-core",
        "elfutils-testfile-x32-core",
    ];
    for core in cores.into_iter().filter_map(real) {
        let notes = |core: &Subject| printed(Command::new("eu-readelf").arg("-n").arg(core.path()));
        let tid = core.run("threads", &[]).exits(0).json()[0]["tid"].as_u64().unwrap();
        for (assignment, seen) in [
            ("process.state=3", "state: 3,"),
            ("process.sname=Z", "sname: Z,"),
            ("process.zomb=1", "zomb: 1,"),
            ("process.nice=7", "nice: 7,"),
            ("process.flag=0x12345678", "12345678"),
            ("process.uid=1234", "uid: 1234,"),
            ("process.gid=4321", "gid: 4321,"),
            ("thread.sigpend=0x100", "sigpend: <9>"),
            ("thread.sighold=0x80", "sighold: <8>"),
            ("thread.utime.tv_sec=17", "utime: 17."),
            ("thread.utime.tv_usec=654321", "utime: 0.654321"),
            ("thread.stime.tv_sec=18", "stime: 18."),
            ("thread.stime.tv_usec=654322", "stime: 0.654322"),
            ("thread.cutime.tv_sec=19", "cutime: 19."),
            ("thread.cutime.tv_usec=654323", "cutime: 0.654323"),
            ("thread.cstime.tv_sec=20", "cstime: 20."),
            ("thread.cstime.tv_usec=654324", "cstime: 0.654324"),
        ] {
            let before = notes(&core);
            let assignment = assignment.replace("thread.", &format!("thread[{tid}]."));
            core.run("set", &[&assignment]).exits(0);
            let lines = changed_lines(&before, &notes(&core));
            assert_eq!(lines.len(), 1, "{assignment}: {lines:?}");
            assert!(lines[0].contains(seen), "{assignment}: {lines:?}");
            core.run("undo", &[]).exits(0);
            core.unchanged();
        }
    }
}

fn gdb_says(core: &Subject, what: &str) -> String {
    printed(Command::new("gdb").args(["-nx", "-batch", "-ex", what, "-core"]).arg(core.path()))
}

#[test]
fn another_thread_of_a_core_crashed_once_its_notes_come_first() {
    let Some(core) = real("lldb-thread_crash-linux-x86_64.core") else { return };
    assert_eq!(value(&core, "crash.thread"), "0x1482");
    core.run("set", &["crash.thread=1"]).is_error("thread");
    core.run("set", &["crash.thread=5250"]).exits(0);
    core.unchanged();
    for both in [["crash.thread=5249", "crash.code=SIGBUS"], ["thread[5249].signal=7", "crash.thread=5249"]] {
        core.run("set", &both).is_error("conflict");
        core.unchanged();
    }
    let script = b"set crash.thread=5249\nwrite thread[5249].signal u16:7\n";
    run(binary().args(["apply", core.path().to_str().unwrap(), "-", "--json"]), script).is_error("conflict");
    core.unchanged();
    let before =
        listed(&core, &["crash.code", "crash.si_code", "process.id", "note.auxv", "thread[5249].id"]);
    core.run("set", &["crash.thread=5249", "--expect", "crash.thread=5250"]).exits(0);
    assert_eq!(value(&core, "crash.thread"), "0x1481");
    assert_eq!(core.run("info", &[]).exits(0).json()["crash"]["tid"], 5249);
    let values = |fields: &[Value]| {
        let one = |field: &Value| (field["name"].to_string(), field["value"].to_string());
        fields.iter().map(one).collect::<Vec<_>>()
    };
    let after = listed(&core, &["crash.code", "crash.si_code", "process.id", "note.auxv", "thread[5249].id"]);
    assert_eq!(values(&before), values(&after));
    let original = Subject::named("original.core", core.before().to_vec());
    let script = original.plain("diff", &[core.path().to_str().unwrap(), "--script"]).exits(0);
    assert_eq!(script.text(), "set crash.thread=0x1481 --expect crash.thread=0x1482\n");
    if have("gdb") {
        let text = gdb_says(&core, "info threads");
        assert!(text.contains("* 1    LWP 5249") && text.contains("SIGILL"), "{text}");
    }
    if have("lldb") {
        let mut lldb = Command::new("lldb");
        lldb.args(["-b", "-o", "thread list", "-c"]).arg(core.path());
        let text = printed(&mut lldb);
        assert!(text.contains("* thread #1: tid = 5249"), "{text}");
    }
    if have("eu-readelf") {
        // In the kernel's order: the notes of the process are between the first status and its registers.
        let notes = printed(Command::new("eu-readelf").arg("-n").arg(core.path()));
        let at = |text: &str| notes.find(text).unwrap_or_else(|| panic!("no {text}: {notes}"));
        let order = [
            "pid: 5249,",
            "PRPSINFO",
            "SIGINFO",
            "AUXV",
            "FPREGSET",
            "pid: 5250,",
            "pid: 5222, ppid: 2221, pgrp: 5222, sid: 2221\n    utime",
        ];
        assert!(order.is_sorted_by_key(|text| at(text)), "{notes}");
    }
    core.run("undo", &[]).exits(0);
    core.unchanged();
}

#[test]
fn gdb_sees_the_auxiliary_vector_and_the_names_of_mapped_files() {
    if !have("gdb") {
        return;
    }
    let Some(core) = real("lldb-thread_crash-linux-x86_64.core") else { return };
    let gdb = |core: &Subject| {
        let mut gdb = Command::new("gdb");
        gdb.args(["-nx", "-batch", "-ex", "info auxv", "-ex", "info proc mappings", "-core"])
            .arg(core.path());
        printed(&mut gdb)
    };
    core.run("set", &["note.auxv.AT_ENTRY=0x123456", "module[libm].name=/lib/x86_64-linux-gnu/libm-9.99.so"])
        .exits(0);
    let text = gdb(&core);
    assert!(text.lines().any(|line| line.contains("AT_ENTRY") && line.contains("0x123456")), "{text}");
    assert_eq!(text.matches("libm-9.99.so").count(), 4, "{text}");
    core.run("undo", &[]).exits(0);
    core.unchanged();
}

#[test]
fn the_minidump_crate_sees_the_new_exception_and_the_new_module() {
    let dump = testdata("crash.dmp");
    dump.run(
        "set",
        &["crash.code=EXCEPTION_BREAKPOINT", "crash.address=0x1234", "module[crash].checksum=0x77"],
    )
    .exits(0);
    dump.run("set", &["module[crash].base=0x150000000", "module[crash].version=1.2.3.4"]).exits(0);
    let seen = Minidump::read_path(dump.path()).unwrap();
    let exception: MinidumpException<'_> = seen.get_stream().unwrap();
    let record = &exception.raw.exception_record;
    assert_eq!((record.exception_code, record.exception_address), (0x8000_0003, 0x1234));
    let modules: MinidumpModuleList = seen.get_stream().unwrap();
    let module = modules.iter().find(|module| module.base_address() == 0x1_5000_0000).unwrap();
    assert_eq!(module.raw.checksum, 0x77);
    assert_eq!(module.raw.version_info.file_version_hi, 0x1_0002);
}
