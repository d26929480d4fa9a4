//! Crashes become those of the other container's system, and are the same again after the way back.

use serde_json::Value;

use super::{converted, json, made};

/// A spec of a minidump of a system with this crash in thread 7.
fn crashed(os: &str, crash: &str) -> String {
    format!(
        "format: minidump\nmachine: amd64\nsystem: {{os: {os}}}\nthreads:\n- tid: 5\n- tid: 7\n  registers:\n    \
         rip: 0x401000\n    rsp: 0x7ffe1000\ncrash:\n  thread: 7\n{crash}"
    )
}

fn crash_of(spec: &str) -> (Value, Value) {
    let (_folder, dump) = made(spec);
    let core = converted(&dump, "core").unwrap();
    let back = core.back();
    (json("info", &core.path)["crash"].clone(), json("info", &back.path)["crash"].clone())
}

#[test]
fn an_access_violation_is_a_segmentation_fault_about_the_address_that_was_accessed() {
    let spec = crashed("windows", "  code: 0xc0000005\n  address: 0x401000\n  parameters: [1, 0x42]\n");
    let (core, back) = crash_of(&spec);
    assert_eq!((&core["name"], &core["tid"]), (&"SIGSEGV".into(), &7.into()), "{core}");
    assert_eq!(core["address"], "0x42", "{core}");
    assert_eq!((&back["name"], &back["address"]), (&"SIGSEGV".into(), &"0x42".into()), "{back}");
}

#[test]
fn a_signal_of_linux_keeps_its_code_and_its_address() {
    let spec = crashed("linux", "  code: 11\n  flags: 2\n  address: 0x1238\n");
    let (_folder, dump) = made(&spec);
    let core = converted(&dump, "core").unwrap();
    let fields = json("fields", &core.path);
    let field = |name: &str| {
        let list = fields.as_array().unwrap();
        let field = list.iter().find(|field| field["name"] == name);
        field.unwrap_or_else(|| panic!("{name} in {fields}"))["value"].clone()
    };
    assert_eq!(field("note.siginfo.si_addr"), "0x1238");
    assert_eq!(field("note.siginfo.si_code"), "0x2");
    assert!(!core.losses().contains(&"crash-code"), "{}", core.told);
    let back = json("info", &core.back().path)["crash"].clone();
    assert_eq!((&back["name"], &back["address"]), (&"SIGSEGV".into(), &"0x1238".into()), "{back}");
    assert_eq!(back["flags"], "0x2", "{back}");
}

#[test]
fn a_signal_that_was_sent_has_no_address_and_keeps_its_sender() {
    let spec = crashed("linux", "  code: 6\n  flags: 0xfffffffa\n  parameters: [4711, 1000]\n");
    let (core, back) = crash_of(&spec);
    assert_eq!((&core["name"], &core["address"]), (&"SIGABRT".into(), &Value::Null), "{core}");
    assert_eq!(back["parameters"], serde_json::json!(["0x1267", "0x3e8"]), "{back}");
}

#[test]
fn exceptions_of_macos_are_signals_under_the_numbers_of_linux() {
    // EXC_CRASH with SIGBUS, which is 10 on macOS and 7 on Linux.
    let spec = crashed("macos", "  code: 0\n  parameters: [10, 0xa100000, 0]\n");
    let (core, _) = crash_of(&spec);
    assert_eq!((&core["name"], &core["code"]), (&"SIGBUS".into(), &"0x7".into()), "{core}");
    let (core, _) = crash_of(&crashed("macos", "  code: 1\n  flags: 2\n  address: 0x10\n"));
    assert_eq!((&core["name"], &core["address"]), (&"SIGSEGV".into(), &"0x10".into()), "{core}");
}

#[test]
fn a_code_that_no_signal_stands_for_is_an_abort_and_a_loss() {
    let (_folder, dump) = made(&crashed("windows", "  code: 0xe06d7363\n"));
    let core = converted(&dump, "core").unwrap();
    assert_eq!(json("info", &core.path)["crash"]["name"], "SIGABRT");
    assert_eq!(core.lost("crash-code").len(), 1, "{}", core.told);
}

#[test]
fn a_dump_that_was_asked_for_has_no_signal() {
    let (_folder, dump) = made(&crashed("linux", "  code: 0xffffffff\n"));
    let core = converted(&dump, "core").unwrap();
    assert_eq!(json("info", &core.path)["crash"], Value::Null);
    assert_eq!(core.lost("crash-code"), ["0xffffffff"]);
}

#[test]
fn the_thread_that_crashed_comes_first_in_a_core() {
    let (_folder, dump) = made(&crashed("linux", "  code: 11\n  address: 0x8\n"));
    let core = converted(&dump, "core").unwrap();
    let threads = json("threads", &core.path);
    let order: Vec<_> = threads.as_array().unwrap().iter().map(|thread| thread["tid"].clone()).collect();
    assert_eq!(order, [7, 5]);
    assert_eq!(threads[0]["crashed"], true);
}

#[test]
fn an_address_of_zero_stays_zero_there_and_back() {
    // SEGV_MAPERR, SI_KERNEL as for a general protection fault, and no flags, as old versions of Breakpad wrote them.
    for (flags, code) in [("1", "0x1"), ("0x80", "0x80"), ("0", "0x1")] {
        let spec = crashed("linux", &format!("  code: 11\n  flags: {flags}\n  address: 0x0\n"));
        let (core, back) = crash_of(&spec);
        assert_eq!(core["address"], "0x0", "{core}");
        assert_eq!((&back["address"], &back["flags"]), (&"0x0".into(), &code.into()), "{back}");
    }
}

#[test]
fn a_signal_that_a_process_sent_keeps_its_sender_and_gets_no_address_on_the_way_back() {
    let spec = crashed("linux", "  code: 11\n  flags: 0\n  address: 0x401000\n  parameters: [4711, 1000]\n");
    let (core, back) = crash_of(&spec);
    assert_eq!(core["address"], Value::Null, "{core}");
    assert_eq!(back["parameters"], serde_json::json!(["0x1267", "0x3e8"]), "{back}");
}

#[test]
fn statuses_of_a_core_that_was_a_minidump_in_between_say_what_the_kernel_wrote() {
    let status = |core: &std::path::Path, at: std::ops::Range<usize>| {
        let dump = dumpedit::Dump::open(core).unwrap();
        let model = dump.model().unwrap();
        let thread = &model.threads[0];
        let place = thread.record.as_ref().and_then(|record| record.place()).unwrap();
        let mut bytes = vec![0; usize::try_from(place.size).unwrap()];
        dump.read_file(place.file_offset, &mut bytes).unwrap();
        bytes[at].to_vec()
    };
    let mut compared = 0;
    for (name, valid_at) in [("drgn-crashme.core", 328), ("elfutils-testfile_aarch64_core", 384)] {
        let Some(core) = super::cores().into_iter().find(|core| core.ends_with(name)) else { continue };
        let there = converted(&core, "dmp").unwrap();
        let back = there.back();
        for at in [0..4, valid_at..valid_at + 4] {
            assert_eq!(status(&core, at.clone()), status(&back.path, at), "{name}");
        }
        assert_eq!(status(&back.path, 0..4), [11, 0, 0, 0]);
        compared += 1;
    }
    let all = super::cores();
    if let Some(core) = all.iter().find(|core| core.ends_with("llvm-linux-aarch64-mte.core")) {
        assert!(converted(core, "dmp").unwrap().lost("thread-status").contains(&"dbg_info"));
    }
    assert!(compared > 0 || all.len() == 2);
}

#[test]
fn a_code_that_is_made_for_a_fault_without_flags_is_told() {
    for (flags, made_codes) in [("0", 1), ("1", 0)] {
        let (_folder, dump) =
            made(&crashed("linux", &format!("  code: 11\n  flags: {flags}\n  address: 0x8\n")));
        let core = converted(&dump, "core").unwrap();
        let told = core.told["made"].as_array().unwrap();
        assert_eq!(
            told.iter().filter(|made| made["kind"] == "signal-code").count(),
            made_codes,
            "{}",
            core.told
        );
    }
}

/// The triage dump of testdata/, with some of its lines replaced.
fn kernel(old: &str, new: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let spec = std::fs::read_to_string(crate::testdata::folder().join("kernel.yaml")).unwrap();
    assert!(spec.contains(old));
    made(&spec.replace(old, new))
}

#[test]
fn the_exception_of_a_triage_dump_is_the_signal_and_its_bug_check_is_a_loss() {
    let (_folder, dump) = kernel("", "");
    let core = converted(&dump, "core").unwrap();
    let crash = &json("info", &core.path)["crash"];
    assert_eq!((&crash["name"], &crash["address"]), (&"SIGSEGV".into(), &"0xdead".into()), "{crash}");
    assert_eq!(core.lost("bug-check"), ["SYSTEM_THREAD_EXCEPTION_NOT_HANDLED"], "{}", core.told);
    assert!(core.made_as("signal").is_empty(), "{}", core.told);
}

#[test]
fn a_bug_check_alone_is_an_abort_that_is_said_to_be_made() {
    let exception = "crash:\n  code: 0xc0000005\n  address: text+0x40\n  parameters: [0x1, 0xdead]\n";
    let (_folder, dump) = kernel(exception, "");
    let core = converted(&dump, "core").unwrap();
    assert_eq!(json("info", &core.path)["crash"]["name"], "SIGABRT");
    assert_eq!(core.lost("crash-code"), ["SYSTEM_THREAD_EXCEPTION_NOT_HANDLED"], "{}", core.told);
    assert_eq!(core.made_as("signal"), ["SIGABRT"], "{}", core.told);
}

#[test]
fn unloaded_drivers_of_a_triage_dump_are_in_its_minidump_and_its_other_parts_are_losses_by_name() {
    let (_folder, dump) = kernel("", "");
    let minidump = converted(&dump, "dmp").unwrap();
    let unloaded = |path: &std::path::Path| {
        let list = json("modules", path);
        let list = list.as_array().unwrap().iter().filter(|module| module["unloaded"] == true);
        list.map(|module| [module["base"].clone(), module["size"].clone(), module["name"].clone()])
            .collect::<Vec<_>>()
    };
    assert_eq!(unloaded(&dump).len(), 1);
    assert_eq!(unloaded(&minidump.path), unloaded(&dump));
    let parts = ["debugger data", "secondary data", "broken driver sensor.sys"];
    assert_eq!(minidump.lost("triage-part"), parts, "{}", minidump.told);
    let core = converted(&dump, "core").unwrap();
    assert_eq!(core.lost("unloaded-module"), ["WdBoot.sys"], "{}", core.told);
}
