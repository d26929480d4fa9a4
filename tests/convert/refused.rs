//! Dumps that are not converted, without an output.

use std::path::Path;

use super::{cores, made};
use crate::support::command::{Run, binary, run};
use crate::support::subject::Subject;
use crate::testdata::folder;

fn convert(dump: &Path, out: &Path, arguments: &[&str]) -> Run {
    run(binary().arg("convert").arg(dump).arg("-o").arg(out).args(arguments).arg("--json"), b"")
}

#[test]
fn a_name_that_says_nothing_and_no_option_is_refused() {
    let core = folder().join("crash.core");
    let out = tempfile::tempdir().unwrap();
    for name in ["dump", "dump.bin", "dump.zst"] {
        let path = out.path().join(name);
        let run = convert(&core, &path, &[]);
        run.is_error("usage");
        let hint = run.json()["error"]["hint"].as_str().unwrap().to_owned();
        assert!(hint.contains("--to") && hint.contains("OUT.core"), "{hint}");
        assert!(!path.exists());
        convert(&core, &path, &["--to", "minidump"]).exits(0);
    }
}

#[test]
fn the_container_that_the_dump_has_already_is_refused() {
    let out = tempfile::tempdir().unwrap();
    for (name, extension) in [("crash.core", "core"), ("crash.dmp", "dmp")] {
        let path = out.path().join("out").with_extension(extension);
        let run = convert(&folder().join(name), &path, &[]);
        run.is_error("usage");
        let hint = run.json()["error"]["hint"].as_str().unwrap().to_owned();
        assert!(hint.contains("reduce") && hint.contains("describe"), "{hint}");
        assert!(!path.exists());
    }
}

#[test]
fn a_loss_is_an_error_where_none_is_wanted() {
    let out = tempfile::tempdir().unwrap();
    let path = out.path().join("out.core");
    let dump = folder().join("crash.dmp");
    let message = convert(&dump, &path, &["--strict"]).is_error("loss");
    assert!(message.contains("nothing was written"), "{message}");
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 0);
    convert(&dump, &path, &[]).exits(0);
}

#[test]
fn what_loses_nothing_is_written_where_nothing_may_be_lost() {
    let spec = "format: elf-core\nthreads:\n- tid: 7\n  registers:\n    rip: 0x401000\n\
                memory:\n- at: 0x401000\n  content: [9090]\n";
    let (spec_folder, core) = made(spec);
    let path = spec_folder.path().join("out.dmp");
    let told = convert(&core, &path, &["--strict"]).exits(0).json();
    assert_eq!(told["losses"], serde_json::json!([]));
}

#[test]
fn a_machine_without_a_record_in_minidumps_is_refused() {
    let out = tempfile::tempdir().unwrap();
    let path = out.path().join("out.dmp");
    for core in cores().iter().filter(|core| core.ends_with("lldb-linux-s390x.core")) {
        let message = convert(core, &path, &[]).is_error("format");
        assert!(message.contains("s390x"), "{message}");
        assert!(!path.exists());
    }
}

/// A minidump's records of sparc are those of processes with 32-bit pointers.
#[test]
fn a_record_of_pointers_of_another_width_is_none() {
    let out = tempfile::tempdir().unwrap();
    let path = out.path().join("out.dmp");
    for core in cores().iter().filter(|core| core.ends_with("rizin-linux-sparc64.core")) {
        convert(core, &path, &[]).is_error("format");
        assert!(!path.exists());
    }
}

#[test]
fn a_dump_is_not_converted_into_its_own_file() {
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("crash.dmp");
    std::fs::copy(crate::testdata::folder().join("crash.dmp"), &dump).unwrap();
    for (verb, more) in [("convert", &["--to", "elf-core"][..]), ("reduce", &[]), ("describe", &[])] {
        let mut command = binary();
        command.arg(verb).arg(&dump).arg("-o").arg(&dump).args(more);
        let told = run(&mut command, b"");
        let words = told.stderr.clone();
        assert!(
            told.code == 2 && words.contains("the same file") && words.contains("another file"),
            "{told}"
        );
        assert!(!words.contains("in place"), "{told}");
    }
}

#[test]
fn what_exists_is_replaced_only_where_that_is_asked_for() {
    let out = Subject::named("out.dmp", b"mine".to_vec());
    let core = folder().join("crash.core");
    convert(&core, out.path(), &[]).is_error("commit");
    out.unchanged();
    convert(&core, out.path(), &["--overwrite"]).exits(0);
    assert!(out.now().starts_with(b"MDMP"));
}

#[test]
fn a_stream_takes_the_dump_and_gives_it() {
    let core = std::fs::read(folder().join("crash.core")).unwrap();
    let mut command = binary();
    command.args(["convert", "-", "-o", "-", "--to", "minidump", "--quiet"]);
    let streamed = run(&mut command, &core).exits(0);
    let out = tempfile::tempdir().unwrap();
    let path = out.path().join("out.dmp");
    convert(&folder().join("crash.core"), &path, &[]).exits(0);
    assert_eq!(streamed.stdout, std::fs::read(&path).unwrap());
}

#[test]
fn a_dump_is_not_converted_into_itself_and_the_hint_says_what_to_do() {
    let subject = Subject::named("crash.dmp", std::fs::read(folder().join("crash.dmp")).unwrap());
    let path = subject.path().to_str().unwrap();
    let before = ["convert", "--to", "elf-core", path, "-o", path];
    let behind = ["convert", path, "--to", "elf-core", "-o", path];
    for words in [before, behind] {
        let refused = run(binary().args(words), b"");
        assert_eq!(refused.code, 2, "{refused}");
        assert!(refused.stderr.contains("OUT and the dump are the same file"), "{refused}");
        assert!(refused.stderr.contains("hint: name another file"), "{refused}");
    }
    subject.unchanged();
}
