//! Dumps from specs, and specs from dumps: the verbs `synth` and `describe`, the specs in testdata/, and independent readers of the dumps.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::registers_agree::{LEAST_OF_A_MINIDUMP, agree, least, machine_of, shown};
use crate::support::command::{Run, binary, dumpedit, run};
use crate::support::readers::{eu_readelf, lldb, minidump_crate};
use crate::support::subject::assert_same_bytes;
use crate::support::tools::{have, printed};
use crate::testdata::folder;

/// The specs in testdata/, and the format of their dumps.
const SPECS: [(&str, &str, &str); 7] = [
    ("crash", "elf-core", "amd64"),
    ("windows", "minidump", "amd64"),
    ("arm64", "elf-core", "arm64"),
    ("big-endian", "elf-core", "arm"),
    ("macos", "macho-core", "arm64"),
    ("kernel", "triage-dump", "amd64"),
    ("odd", "minidump", "x86"),
];

/// A dump made from a spec, in a folder of its own.
struct Made {
    folder: TempDir,
    dump: PathBuf,
}

fn made_of(spec: &Path) -> Made {
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join(spec.file_stem().unwrap()).with_extension("dump");
    run(binary().arg("synth").arg(spec).arg("-o").arg(&dump), b"").exits(0);
    Made { folder, dump }
}

fn made(name: &str) -> Made {
    made_of(&folder().join(name).with_extension("yaml"))
}

fn json(verb: &str, dump: &Path) -> serde_json::Value {
    dumpedit(&[verb.as_ref(), dump.as_os_str(), "--json".as_ref()]).exits(0).json()
}

/// `dumpedit synth` of a text.
fn synth(folder: &Path, text: &str, arguments: &[&str]) -> Run {
    let spec = folder.join("spec.yaml");
    std::fs::write(&spec, text).unwrap();
    run(binary().current_dir(folder).args(["synth", "spec.yaml"]).args(arguments), b"")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_spec_in_testdata_makes_what_it_says_and_comes_back_byte_for_byte() {
    for (name, format, machine) in SPECS {
        let made = made(name);
        let info = json("info", &made.dump);
        assert_eq!((&info["format"], &info["machine"]), (&format.into(), &machine.into()), "{name}");
        assert_eq!(json("threads", &made.dump)[0]["crashed"], true, "{name}");
        let described = dumpedit(&["describe".as_ref(), made.dump.as_os_str()]).exits(0);
        let spec = made.folder.path().join("described.yaml");
        std::fs::write(&spec, &described.stdout).unwrap();
        let again = made_of(&spec);
        assert_same_bytes(&std::fs::read(&again.dump).unwrap(), &std::fs::read(&made.dump).unwrap());
    }
}

#[test]
fn the_spec_of_crash_dmp_has_its_memory_and_its_registers() {
    let made = made("windows");
    let original = folder().join("crash.dmp");
    for range in ["@rsp..+0x30", "0x220000..+43", "crash+0x1220..+0x1b", "0x14fe00..+0x200"] {
        let read = |dump: &Path| {
            let read = ["read".as_ref(), dump.as_os_str(), range.as_ref(), "--json".as_ref()];
            dumpedit(&read).exits(0).json()["bytes"].clone()
        };
        assert_eq!(read(&made.dump), read(&original), "{range}");
    }
    for choice in [&["--context", "exception"][..], &["--context", "thread"], &["--thread", "4712"]] {
        let choice: Vec<String> = choice.iter().map(|&part| part.to_owned()).collect();
        let (ours, theirs) = (shown(&made.dump, &choice), shown(&original, &choice));
        for name in ["rip", "rsp", "rax", "rcx", "eflags"] {
            assert_eq!(ours.get(name), theirs.get(name), "{choice:?} {name}");
        }
    }
}

#[test]
fn synth_says_what_it_wrote_and_replaces_nothing_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let text = "format: minidump\nmemory:\n  - {at: 0x1000, content: \"11\"}\n";
    let run = synth(folder.path(), text, &["-o", "out.dmp"]).exits(0);
    assert_eq!(run.text(), "wrote out.dmp, 141 bytes\n");
    let json = synth(folder.path(), text, &["-o", "two.dmp", "--json"]).exits(0).json();
    assert_eq!(json, serde_json::json!({ "output": "two.dmp", "size": 141, "notices": [] }));
    synth(folder.path(), text, &["-o", "out.dmp", "--json"]).is_error("commit");
    synth(folder.path(), text, &["-o", "out.dmp", "--overwrite"]).exits(0);
    assert_eq!(names(folder.path()), ["out.dmp", "spec.yaml", "two.dmp"]);
}

#[test]
fn a_mistake_is_underlined_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let text = "format: minidump\nthreads:\n  - registers: {rip: 1, xax: 2}\n";
    let run = synth(folder.path(), text, &["-o", "out.dmp"]).exits(2);
    assert_eq!(
        run.stderr,
        "dumpedit: error: spec.yaml:3:25: amd64 has no register 'xax'; did you mean rax?
3 |   - registers: {rip: 1, xax: 2}
  |                         ^^^
"
    );
    let json = synth(folder.path(), text, &["-o", "out.dmp", "--json"]).exits(2).json();
    assert_eq!((&json["error"]["line"], &json["error"]["column"]), (&3.into(), &25.into()), "{json}");
    let missing = "format: minidump\nmemory:\n  - {at: 0x1000, content: \"file:missing.bin\"}\n";
    synth(folder.path(), missing, &["-o", "out.dmp", "--json"]).is_error("open");
    let outside = "format: minidump\nmemory:\n  - {at: 0x1000, content: \"file:../missing.bin\"}\n";
    let run = synth(folder.path(), outside, &["-o", "out.dmp"]).exits(2);
    assert!(run.stderr.contains("hint: --allow-outside allows it"), "{run}");
    let large = "format: elf-core\nmemory:\n  - {at: 0x1000, size: 0x1000}\n";
    synth(folder.path(), large, &["-o", "out.dmp", "--max-size", "4096", "--json"]).is_error("spec");
    // Packed contents are read when the dump is written; this frame is cut.
    let broken = "format: minidump\nmemory:\n  - {at: 0x1000, content: \"zstd:KLUv/SAIQQAA\"}\n";
    synth(folder.path(), broken, &["-o", "out.dmp"]).exits(2);
    assert_eq!(names(folder.path()), ["spec.yaml"]);
    synth(folder.path(), text, &[]).exits(2);
    let absent = run_in(folder.path(), &["synth", "absent.yaml", "-o", "out.dmp", "--json"]);
    absent.is_error("open");
}

fn run_in(folder: &Path, arguments: &[&str]) -> Run {
    run(binary().current_dir(folder).args(arguments), b"")
}

#[test]
fn specs_and_dumps_go_through_pipes_and_into_packed_files() {
    let spec = std::fs::read(folder().join("crash.yaml")).unwrap();
    let dump = std::fs::read(made("crash").dump).unwrap();
    let piped = run(binary().args(["synth", "-", "-o", "-"]), &spec).exits(0);
    assert_same_bytes(&piped.stdout, &dump);
    let work = tempfile::tempdir().unwrap();
    for name in ["crash.zst", "crash.gz", "crash.xz", "crash.lz4"] {
        let packed = work.path().join(name);
        run(binary().args(["synth", "-", "-o"]).arg(&packed), &spec).exits(0);
        let described = dumpedit(&["describe".as_ref(), packed.as_os_str()]).exits(0);
        let again = run(binary().args(["synth", "-", "-o", "-"]), &described.stdout).exits(0);
        assert_same_bytes(&again.stdout, &dump);
    }
}

#[test]
fn describe_writes_a_folder_with_large_contents_beside_the_spec() {
    let work = tempfile::tempdir().unwrap();
    let (target, core) = (work.path().join("fixture"), folder().join("crash.core"));
    let describe = || run(binary().arg("describe").arg(&core).arg("--folder").arg(&target), b"");
    let run = describe().exits(0);
    assert_eq!(run.text(), format!("wrote {}\n", target.join("dump.yaml").display()));
    assert!(names(&target).contains(&"001.bin".to_owned()), "{:?}", names(&target));
    let again = made_of(&target.join("dump.yaml"));
    let inline = dumpedit(&["describe".as_ref(), core.as_os_str()]).exits(0);
    let text = work.path().join("inline.yaml");
    std::fs::write(&text, &inline.stdout).unwrap();
    assert_same_bytes(&std::fs::read(&again.dump).unwrap(), &std::fs::read(made_of(&text).dump).unwrap());
    let before = names(&target);
    assert!(describe().exits(2).stderr.contains("is not empty; nothing was written"));
    assert_eq!(names(&target), before);
}

#[test]
fn describe_writes_a_file_with_large_contents_in_a_folder_beside_it() {
    let work = tempfile::tempdir().unwrap();
    let (spec, beside) = (work.path().join("a spec.yaml"), work.path().join("a spec.yaml.d"));
    let describe = |dump: &str, arguments: &[&str]| {
        let mut command = binary();
        command.current_dir(work.path()).arg("describe").arg(folder().join(dump));
        run(command.args(["-o", "a spec.yaml"]).args(arguments), b"")
    };
    assert_eq!(describe("crash.dmp", &[]).exits(0).text(), "wrote a spec.yaml\n");
    assert_eq!(names(work.path()), ["a spec.yaml"]);
    let small = std::fs::read(&spec).unwrap();

    let there = describe("crash.core", &[]).exits(2).stderr;
    assert!(there.contains("a spec.yaml exists") && there.contains("--overwrite"), "{there}");
    let written = describe("crash.core", &["--overwrite", "--json"]).exits(0).json();
    assert_eq!(written["output"], "a spec.yaml");
    assert_eq!(written["folder"], "a spec.yaml.d");
    assert!(names(&beside).contains(&"001.bin".to_owned()), "{:?}", names(&beside));
    let inline = work.path().join("inline.yaml");
    let core = folder().join("crash.core");
    std::fs::write(&inline, dumpedit(&["describe".as_ref(), core.as_os_str()]).exits(0).stdout).unwrap();
    let made = |spec: &Path| std::fs::read(made_of(spec).dump).unwrap();
    assert_same_bytes(&made(&spec), &made(&inline));

    // A folder with other files is never filled, and the spec does not change.
    std::fs::write(&spec, &small).unwrap();
    let full = describe("crash.core", &["--overwrite"]).exits(2).stderr;
    assert!(full.contains("a spec.yaml.d is not empty; no output was left behind"), "{full}");
    assert_same_bytes(&std::fs::read(&spec).unwrap(), &small);
    std::fs::remove_dir_all(&beside).unwrap();
    let told = describe("crash.core", &["--overwrite"]).exits(0);
    assert_eq!(told.text(), "wrote a spec.yaml, and 1 file in a spec.yaml.d\n");
    assert_eq!(names(&beside), ["001.bin"]);
}

#[test]
fn describe_takes_no_name_for_a_file_that_means_a_folder_or_a_compressor() {
    let work = tempfile::tempdir().unwrap();
    let dump = folder().join("crash.dmp");
    std::fs::create_dir(work.path().join("there")).unwrap();
    for (name, problem) in [
        ("there", "is a folder, not a file"),
        ("new/", "is a folder, not a file"),
        ("spec.yaml.gz", "a spec cannot be compressed"),
        ("spec.yaml.bz2", "a spec cannot be compressed"),
    ] {
        let mut command = binary();
        command.current_dir(work.path()).arg("describe").arg(&dump).args(["-o", name]);
        let failed = run(&mut command, b"").exits(2).stderr;
        assert!(failed.contains(problem) && failed.contains("hint: "), "{name}: {failed}");
        assert_eq!(names(work.path()), ["there"], "{name}");
    }
    let mut command = binary();
    command.arg("describe").arg(&dump).args(["-o", "-"]);
    let piped = run(&mut command, b"").exits(0).stdout;
    assert_same_bytes(&piped, &dumpedit(&["describe".as_ref(), dump.as_os_str()]).exits(0).stdout);
}

#[test]
fn threads_of_one_id_in_a_spec_are_made_and_told() {
    let work = tempfile::tempdir().unwrap();
    let twice = "format: minidump\nthreads: [{tid: 2}, {}, {tid: 7}, {tid: 7}]\n";
    let run = synth(work.path(), twice, &["-o", "made.dmp"]).exits(0);
    assert!(run.stderr.contains("notice: several threads have the same id: 2, 7\n"), "{run}");
    assert_eq!(json("threads", &work.path().join("made.dmp")).as_array().unwrap().len(), 4);
    let once = "format: minidump\nthreads: [{tid: 2}, {tid: 7}]\n";
    assert_eq!(synth(work.path(), once, &["-o", "once.dmp"]).exits(0).stderr, "");
}

#[test]
fn describe_leaves_out_what_was_not_asked_for() {
    let dump = folder().join("crash.dmp");
    let captured = |memory: &[&str]| {
        let described = run(binary().arg("describe").arg(&dump).arg("--memory").args(memory), b"").exits(0);
        let work = tempfile::tempdir().unwrap();
        let spec = work.path().join("some.yaml");
        std::fs::write(&spec, &described.stdout).unwrap();
        json("info", &made_of(&spec).dump)["captured_bytes"].as_u64().unwrap()
    };
    assert_eq!(captured(&["all"]), 619);
    assert_eq!(captured(&["none"]), 0);
    assert_eq!(captured(&["@rsp..+0x20", "0x220000..+3"]), 0x23);
    // From 128 bytes below the crashed thread's stack pointer to the stack's end.
    assert_eq!(captured(&["stacks"]), 0x150000 - (0x14ff28 - 128));
    let none = run(binary().arg("describe").arg(&dump).args(["--memory", "0x10..+4", "--json"]), b"");
    none.is_error("unmapped");
}

#[test]
fn a_spec_as_json_has_the_keys_of_the_schema_and_makes_the_same_dump() {
    let schema = dumpedit(&["synth", "--schema"]).exits(0).json();
    for (name, ..) in SPECS {
        let made = made(name);
        let dump = &made.dump;
        let json = json("describe", dump);
        assert_known(&json, &schema, &schema);
        let work = tempfile::tempdir().unwrap();
        let (as_json, as_yaml) = (work.path().join("spec.json"), work.path().join("spec.yaml"));
        std::fs::write(&as_json, json.to_string()).unwrap();
        std::fs::write(&as_yaml, run(binary().arg("describe").arg(dump), b"").exits(0).stdout).unwrap();
        let [one, other] = [as_json, as_yaml].map(|spec| std::fs::read(made_of(&spec).dump).unwrap());
        assert_same_bytes(&one, &other);
    }
    let crash = json("describe", &folder().join("crash.dmp"));
    assert_eq!(crash["threads"][0]["tid"], 4711);
    assert_eq!(crash["crash"]["code"], "0xc0000005");
}

/// Checks that a value has a type and keys of a schema.
fn assert_known(value: &serde_json::Value, schema: &serde_json::Value, root: &serde_json::Value) {
    assert!(is_known(value, schema, root), "{value} is not {schema}");
}

fn is_known(value: &serde_json::Value, schema: &serde_json::Value, root: &serde_json::Value) -> bool {
    if let Some(name) = schema["$ref"].as_str() {
        return is_known(value, &root["$defs"][name.strip_prefix("#/$defs/").unwrap()], root);
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        return choices.iter().any(|choice| is_known(value, choice, root));
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.contains(value);
    }
    let type_of = match value {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "boolean",
        serde_json::Value::Number(_) => "number",
        serde_json::Value::String(_) => "string",
        serde_json::Value::Array(_) => "array",
        serde_json::Value::Object(_) => "object",
    };
    let types = &schema["type"];
    let is_typed =
        types == type_of || types.as_array().is_some_and(|types| types.iter().any(|one| one == type_of));
    let items = value.as_array().into_iter().flatten().all(|item| is_known(item, &schema["items"], root));
    let mut entries = value.as_object().into_iter().flatten();
    let entries = entries.all(|(key, value)| match schema["properties"].get(key) {
        Some(property) => is_known(value, property, root),
        None => {
            schema["additionalProperties"].is_object()
                && is_known(value, &schema["additionalProperties"], root)
        }
    });
    is_typed && items && entries
}

#[test]
fn the_schema_is_printed() {
    let schema = dumpedit(&["synth", "--schema"]).exits(0).json();
    assert_eq!(schema["properties"]["threads"]["type"], "array");
}

/// Program counters of the frames that gdb unwinds from the first thread's registers and stack.
fn backtrace(core: &Path) -> Vec<u64> {
    let said = printed(Command::new("gdb-multiarch").args(["-nx", "-batch", "-ex", "bt", "-core"]).arg(core));
    let mut frames = Vec::new();
    for line in said.lines() {
        // gdb shows the first frame once more when it loads the core.
        let Some(rest) = line.strip_prefix(&format!("#{} ", frames.len())) else { continue };
        let digits = rest.split_whitespace().find_map(|word| word.strip_prefix("0x")).unwrap();
        frames.push(u64::from_str_radix(digits, 16).unwrap());
    }
    frames
}

#[test]
fn gdb_walks_a_synthesised_stack() {
    if !have("gdb-multiarch") {
        return;
    }
    let frames = backtrace(&made("crash").dump);
    assert!(frames.starts_with(&[0x40_1000, 0x40_1100, 0x40_1200]), "{frames:x?}");
}

#[test]
fn lldb_walks_a_synthesised_stack() {
    if !have("lldb") {
        return;
    }
    let mut lldb = Command::new("lldb");
    let said = printed(lldb.args(["--no-lldbinit", "--batch", "-o", "bt", "--core"]).arg(made("arm64").dump));
    // gdb 13 takes the target of x29 to be 16 bytes behind it, where the function is not known.
    for frame in ["#0: 0x0000aaaa00001010", "#1: 0x0000aaaa00001200", "#2: 0x0000aaaa00001300"] {
        assert!(said.contains(frame), "no {frame} in {said}");
    }
}

#[test]
fn eu_readelf_shows_the_registers_of_synthesised_cores() {
    if !have("eu-readelf") {
        return;
    }
    for (name, ..) in SPECS.iter().filter(|(_, format, _)| *format == "elf-core") {
        let made = made(name);
        let machine = machine_of(&made.dump);
        let views = eu_readelf(&made.dump, &machine);
        assert_eq!(views.len(), json("threads", &made.dump).as_array().unwrap().len(), "{name}");
        agree(&made.dump, &views, if machine == "arm" { 16 } else { least(&machine) });
    }
}

#[test]
fn the_minidump_crate_shows_the_registers_of_synthesised_minidumps() {
    for (name, ..) in SPECS.iter().filter(|(_, format, _)| *format == "minidump") {
        let made = made(name);
        let views = minidump_crate(&made.dump);
        assert!(views.len() >= 2, "{name}");
        agree(&made.dump, &views, LEAST_OF_A_MINIDUMP);
    }
}

#[test]
fn lldb_loads_synthesised_dumps() {
    if !have("lldb") {
        return;
    }
    for (name, _, machine) in SPECS.iter().filter(|(name, ..)| ["crash", "windows", "arm64"].contains(name)) {
        let made = made(name);
        let mut views = lldb(&made.dump, machine);
        assert!(!views.is_empty(), "{name}: LLDB shows nothing");
        for view in &mut views {
            let ours = shown(&made.dump, &view.choice);
            view.registers.retain(|(register, _)| ours.contains_key(register));
        }
        agree(&made.dump, &views, LEAST_OF_A_MINIDUMP);
    }
}

#[test]
fn obj2yaml_reads_synthesised_dumps() {
    if !have("obj2yaml") {
        return;
    }
    let windows = printed(Command::new("obj2yaml").arg(made("windows").dump));
    for part in
        ["--- !minidump", "Thread Id:       0x1267", "C:\\App\\crash.exe", "Exception Code:  0xC0000005"]
    {
        assert!(windows.contains(part), "no {part} in {windows}");
    }
    let core = printed(Command::new("obj2yaml").arg(made("arm64").dump));
    for part in ["ET_CORE", "EM_AARCH64", "PT_NOTE", "VAddr:           0xFFFFFFFF0000"] {
        assert!(core.contains(part), "no {part} in {core}");
    }
}

#[test]
fn a_spec_is_never_replaced_by_its_dump() {
    let folder = tempfile::tempdir().unwrap();
    let text = "format: minidump\n";
    synth(folder.path(), text, &["-o", "spec.yaml", "--overwrite", "--json"]).is_error("usage");
    assert_eq!(std::fs::read_to_string(folder.path().join("spec.yaml")).unwrap(), text);
}
