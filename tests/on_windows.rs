//! Differences on Windows: who may have a dump open, names that other systems lack, and the end of a process.
#![cfg(windows)]

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::windows::ffi::OsStringExt;
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use dumpedit::{CommitError, CommitOptions, Context, Dump, Hold};

use crate::nothing_lost::journal_of;
use crate::support::bytes::counting;
use crate::support::command::{Run, binary, dumpedit, run};
use crate::support::elf_builder::{ElfBuilder, prstatus};
use crate::support::subject::{Subject, assert_same_bytes};
use crate::support::tools::machine_lacks;

const MEMORY: u64 = 0x10_0000;

/// A core with `size` bytes of memory.
fn core(size: usize) -> Vec<u8> {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(11, 11, 0x40_1000, 0x7fff_0000)]);
    core.load(MEMORY, &counting(1, size));
    core.finish()
}

fn on(dump: &Path, verb: &str, arguments: &[&str]) -> Run {
    run(binary().arg(verb).arg(dump).args(arguments).arg("--json"), b"")
}

/// Checks the report of a write to a dump under a name, and that it is done.
fn is_edited_as(dump: &Path) {
    fs::write(dump, core(64)).unwrap();
    on(dump, "write", &["0x100000", "cc"]).is_full(1);
    assert_eq!(on(dump, "read", &["0x100000..+2"]).exits(0).json()["bytes"], "cc02", "{}", dump.display());
    on(dump, "undo", &[]).exits(0);
    assert_same_bytes(&fs::read(dump).unwrap(), &core(64));
}

#[test]
fn a_dump_that_another_program_has_open_for_itself_is_refused_in_a_sentence() {
    let subject = Subject::named("held.core", core(64));
    let held = File::options().read(true).write(true).share_mode(0).open(subject.path()).unwrap();
    let message = on(subject.path(), "info", &[]).is_error("open");
    assert!(message.contains("held.core") && message.contains("os error 32"), "{message}");
    let message = on(subject.path(), "write", &["0x100000", "cc", "--wait", "0"]).is_error("locked");
    assert!(message.contains("held.core") && message.contains("another process"), "{message}");
    drop(held);
    subject.unchanged();
    assert!(!journal_of(subject.path()).exists());
}

#[test]
fn readers_go_on_beside_an_edit_and_other_edits_wait() {
    let subject = Subject::new(core(64));
    let hold =
        Hold::to_edit(subject.path(), Duration::ZERO, &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    for verb in ["info", "regions", "regs", "log"] {
        on(subject.path(), verb, &[]).exits(0);
    }
    on(subject.path(), "write", &["0x100000", "cc", "--wait", "0"]).is_error("locked");
    subject.unchanged();
    drop(hold);
    on(subject.path(), "write", &["0x100000", "cc"]).is_full(1);
}

#[test]
fn a_debugger_that_reads_a_dump_keeps_nobody_from_editing_it() {
    let subject = Subject::new(core(64));
    let _reader = File::open(subject.path()).unwrap();
    on(subject.path(), "write", &["0x100000", "cc"]).is_full(1);
}

#[test]
fn a_read_only_dump_is_read_and_not_written() {
    let subject = Subject::new(core(64));
    let mut permissions = fs::metadata(subject.path()).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(subject.path(), permissions.clone()).unwrap();
    on(subject.path(), "info", &[]).exits(0);
    on(subject.path(), "write", &["0x100000", "cc"]).is_error("commit");
    subject.unchanged();
    assert!(!journal_of(subject.path()).exists());
    let out = subject.folder().join("out.core");
    on(subject.path(), "write", &["0x100000", "cc", "-o", out.to_str().unwrap()]).is_full(1);
    assert!(fs::metadata(&out).unwrap().permissions().readonly(), "a copy is no more open than the dump");
    for path in [subject.path(), &out] {
        let mut permissions = fs::metadata(path).unwrap().permissions();
        #[expect(clippy::permissions_set_readonly_false, reason = "so that the folder can be removed")]
        permissions.set_readonly(false);
        fs::set_permissions(path, permissions).unwrap();
    }
}

#[test]
fn names_of_devices_are_neither_dumps_nor_outputs() {
    let subject = Subject::new(core(64));
    for name in ["NUL", "nul", "con.core", "COM1", "lpt9.dmp", r"C:\aux"] {
        let message = on(Path::new(name), "info", &[]).is_error("open");
        assert!(message.contains("device"), "{name}: {message}");
        let run = on(subject.path(), "write", &["0x100000", "cc", "-o", name]).exits(2);
        let message = run.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains("device"), "{name}: {message}");
    }
    subject.unchanged();
}

#[test]
fn paths_of_every_form_lead_to_a_dump() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("a dump.core");
    is_edited_as(&plain);
    let text = plain.to_str().unwrap();
    for form in [text.replace('\\', "/"), format!(r"\\?\{text}"), text.to_uppercase()] {
        is_edited_as(Path::new(&form));
    }
    fs::write(&plain, core(64)).unwrap();
    let run = run(
        binary().current_dir(folder.path()).args(["write", r".\a dump.core", "0x100000", "cc", "--json"]),
        b"",
    );
    run.is_full(1);
    // Reports have the usual form of a file's path.
    let log = dumpedit(&["log".as_ref(), plain.as_os_str()]).exits(0);
    assert!(!format!("{log}").contains(r"\\?\"), "{log}");
}

#[test]
fn a_path_longer_than_260_letters_leads_to_a_dump() {
    let folder = tempfile::tempdir().unwrap();
    let mut long = PathBuf::from(format!(r"\\?\{}", folder.path().display()));
    for _ in 0..4 {
        long.push("n".repeat(100));
    }
    if fs::create_dir_all(&long).is_err() {
        machine_lacks("paths longer than 260 letters");
        return;
    }
    is_edited_as(&long.join("long.core"));
}

#[test]
fn a_name_that_is_no_unicode_leads_to_a_dump() {
    let folder = tempfile::tempdir().unwrap();
    let name = OsString::from_wide(&[u16::from(b'a'), 0xd800, u16::from(b'b')]);
    let path = folder.path().join(name);
    if fs::write(&path, core(64)).is_err() {
        machine_lacks("names with half a surrogate pair");
        return;
    }
    is_edited_as(&path);
    dumpedit(&["info".as_ref(), path.as_os_str()]).exits(0);
}

#[test]
fn a_path_on_a_share_leads_to_a_dump() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("a.core");
    fs::write(&plain, core(64)).unwrap();
    let (drive, names) = plain.to_str().unwrap().split_once(r":\").unwrap();
    for form in [r"\\localhost\", r"\\?\UNC\localhost\"] {
        let shared = PathBuf::from(format!(r"{form}{drive}$\{names}"));
        if !shared.exists() {
            machine_lacks("a share of its own drive");
            return;
        }
        is_edited_as(&shared);
        let out = shared.with_file_name("out.core");
        on(&shared, "write", &["0x100000", "cc", "-o", out.to_str().unwrap(), "--overwrite"]).is_full(1);
        let message = on(&plain, "write", &["0x100000", "cc", "-o", shared.to_str().unwrap(), "--overwrite"]);
        assert!(message.is_error("commit").contains("is the dump"), "{message}");
    }
}

#[test]
fn streams_are_bytes() {
    let (before, mut after) = (core(4096), core(4096));
    // With ends of lines and of texts among them.
    assert!([b'\r', b'\n', 0x1a].iter().all(|byte| before[before.len() - 4096..].contains(byte)));
    let run = run(binary().args(["write", "-", "0x100000", "0d 0a 1a", "-o", "-"]), &before).exits(0);
    let at = after.len() - 4096;
    after[at..][..3].copy_from_slice(b"\r\n\x1a");
    assert_same_bytes(&run.stdout, &after);
}

#[test]
fn scripts_and_specs_may_have_lines_that_end_as_those_of_windows() {
    let subject = Subject::named("a.core", core(64));
    let path = |name: &str| subject.folder().join(name);
    fs::write(path("script"), "write 0x100000 cc\r\n\r\n# and so on\r\nwrite 0x100001 dd\r\n").unwrap();
    on(subject.path(), "apply", &[path("script").to_str().unwrap()]).exits(0);
    assert_eq!(on(subject.path(), "read", &["0x100000..+3"]).exits(0).json()["bytes"], "ccdd03");
    let spec = dumpedit(&["describe".as_ref(), subject.path().as_os_str()]).exits(0);
    let lines = spec.text().replace('\r', "");
    for (name, text) in [("plain", lines.clone()), ("windows", lines.replace('\n', "\r\n"))] {
        fs::write(path(name), text).unwrap();
        let out = format!("{name}.core");
        run(binary().current_dir(subject.folder()).args(["synth", name, "-o", &out]), b"").exits(0);
    }
    assert_same_bytes(&fs::read(path("windows.core")).unwrap(), &fs::read(path("plain.core")).unwrap());
}

#[test]
fn an_output_replaces_no_file_unasked_and_none_that_is_the_dump() {
    let subject = Subject::named("a.core", core(64));
    let link = subject.folder().join("link.core");
    fs::hard_link(subject.path(), &link).unwrap();
    for name in [subject.path(), &link] {
        let out = name.to_str().unwrap();
        let message =
            on(subject.path(), "write", &["0x100000", "cc", "-o", out, "--overwrite"]).is_error("commit");
        assert!(message.contains("is the dump"), "{message}");
    }
    subject.unchanged();
    // An edit in place changes the file under every name.
    on(&link, "write", &["0x100000", "cc"]).is_full(1);
    assert_eq!(on(subject.path(), "read", &["0x100000..+1"]).exits(0).json()["bytes"], "cc");
}

#[test]
fn a_dump_that_is_moved_away_and_replaced_after_it_was_opened_is_not_touched() {
    let subject = Subject::new(core(64));
    let away = subject.folder().join("away");
    let mut edit = Dump::open(subject.path()).unwrap().edit();
    edit.write_bytes(Context::Process, MEMORY, &[0xcc]).unwrap().complete().unwrap();
    fs::rename(subject.path(), &away).unwrap();
    fs::copy(&away, subject.path()).unwrap();
    let error = edit.commit().unwrap_err();
    assert!(matches!(error, CommitError::Replaced { .. }), "{error}");
    subject.unchanged();
    assert_same_bytes(&fs::read(&away).unwrap(), &core(64));
}

#[test]
fn an_output_that_somebody_has_open_stays_as_it_is() {
    let subject = Subject::named("a.core", core(64));
    let out = subject.folder().join("out.core");
    fs::write(&out, b"before").unwrap();
    // An open file cannot be deleted.
    let reader = File::options().read(true).share_mode(1).open(&out).unwrap();
    let arguments = ["0x100000", "cc", "-o", out.to_str().unwrap(), "--overwrite"];
    on(subject.path(), "write", &arguments).is_error("commit");
    drop(reader);
    assert_eq!(fs::read(&out).unwrap(), b"before");
    let mut left: Vec<_> =
        fs::read_dir(subject.folder()).unwrap().map(|file| file.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["a.core", "out.core"]);
    on(subject.path(), "write", &arguments).is_full(1);
}

#[test]
fn an_oracle_is_a_command_of_cmd() {
    let mut memory = vec![0x11; 0x1_0000];
    memory[0xd123..0xd129].copy_from_slice(b"needle");
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(11, 11, 0x40_1000, 0x7fff_0000)]);
    core.load(MEMORY, &memory);
    let subject = Subject::new(core.finish());
    let out = subject.folder().join("small core");
    let mut command = binary();
    command.arg("reduce").arg(subject.path()).arg("-o").arg(&out);
    command.env("TOOL", env!("CARGO_BIN_EXE_dumpedit").replace('/', r"\")).arg("--oracle");
    let run = run(command.arg(r#""%TOOL%" find "%DUMP%" str:needle --count >nul"#), b"").exits(0);
    assert!(run.stdout.len() > 1, "{run}");
    let regions = on(&out, "regions", &[]).exits(0).json();
    let captured: u64 =
        regions.as_array().unwrap().iter().filter_map(|region| region["captured"].as_u64()).sum();
    assert_eq!(captured, 0x1000, "{regions}");
}

#[test]
fn a_process_that_is_ended_at_any_moment_leaves_the_old_bytes_or_the_new_ones() {
    const SIZE: usize = 4 << 20;
    let subject = Subject::named("killed.core", core(SIZE));
    let journal = journal_of(subject.path());
    let (old, mut was_old, mut was_new) = (subject.before().to_vec(), 0, 0);
    let mut new = old.clone();
    let at = old.len() - SIZE;
    assert_eq!(old[at], 1);
    new[at..].fill(0xcc);
    for step in 0..24u64 {
        fs::write(subject.path(), &old).unwrap();
        let _ = fs::remove_file(&journal);
        let size = format!("0x100000..+{SIZE}");
        let mut child = binary()
            .arg("fill")
            .arg(subject.path())
            .args([&size, "cc"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The journal grows to the size of the old bytes, and then the dump changes.
        let reached = step * SIZE as u64 / 16;
        while child.try_wait().unwrap().is_none()
            && fs::metadata(&journal).map_or(0, |journal| journal.len()) < reached
        {
            std::hint::spin_loop();
        }
        let _ = child.kill();
        child.wait().unwrap();
        on(subject.path(), "recover", &[]).exits(0);
        let now = fs::read(subject.path()).unwrap();
        if now == old {
            was_old += 1;
        } else {
            assert_same_bytes(&now, &new);
            was_new += 1;
        }
    }
    assert!(
        was_old > 0 && was_new > 0,
        "{was_old} old, {was_new} new: processes were ended at one moment only"
    );
}
