//! Cut files, limits and full disks: an edit that fails leaves the dump unchanged.

use std::fs;
use std::path::Path;
use std::process::Command;

use dumpedit::{CommitError, Context, Dump};

use super::journal_of;
use crate::support::bytes::counting;
use crate::support::command::{binary, run};
use crate::support::elf_builder::{ElfBuilder, prstatus};
use crate::support::process::{RSP, dumped};
use crate::support::subject::Subject;
#[cfg(target_os = "linux")]
use crate::support::tools::machine_lacks;

#[test]
#[cfg_attr(
    windows,
    ignore = "Windows cuts no file that is mapped, and neither replaces it in one step nor removes it at once"
)]
fn a_dump_that_is_cut_or_replaced_between_opening_and_commit_is_not_touched() {
    let memory = counting(1, 64);
    for replaced in [false, true] {
        let subject = dumped(&[(RSP, &memory)]).remove(0).subject;
        let mut edit = Dump::open(subject.path()).unwrap().edit();
        edit.write_bytes(Context::Process, RSP + 60, &[9; 4]).unwrap().complete().unwrap();
        let mut bytes = subject.now();
        if replaced {
            let other = subject.folder().join("other");
            fs::write(&other, &bytes).unwrap();
            fs::rename(other, subject.path()).unwrap();
        } else {
            bytes.truncate(bytes.len() - 8);
            fs::File::options()
                .write(true)
                .open(subject.path())
                .unwrap()
                .set_len(bytes.len() as u64)
                .unwrap();
        }
        assert!(matches!(edit.commit(), Err(CommitError::Replaced { .. })));
        assert_eq!(subject.now(), bytes, "neither changed nor grown");
        assert!(!journal_of(subject.path()).exists());
    }
}

#[test]
fn expected_bytes_are_looked_at_once_more_when_the_edit_is_committed() {
    let memory = counting(1, 64);
    let subject = dumped(&[(RSP, &memory)]).remove(0).subject;
    let mut edit = Dump::open(subject.path()).unwrap().edit();
    edit.expect_bytes(Context::Process, RSP, &[1, 2]).unwrap();
    edit.write_bytes(Context::Process, RSP, &[9, 9]).unwrap().complete().unwrap();
    subject.run("write", &["@rsp+1", "77", "--no-undo"]).is_full(1);
    let bytes = subject.now();
    assert!(matches!(edit.commit(), Err(CommitError::Expect { .. })));
    assert_eq!(subject.now(), bytes);
    assert!(!journal_of(subject.path()).exists());
}

/// Two adjacent regions, the first at the file's start and the second behind 64 KiB of other bytes.
#[cfg(unix)]
fn near_and_far() -> Subject {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0x40_1000, RSP)]);
    core.load(RSP, &counting(1, 0x1000));
    core.load(0x1000, &[0x55; 0x1_0000]);
    core.load(RSP + 0x1000, &counting(7, 0x1000));
    Subject::named("near-and-far", core.finish())
}

/// Runs a write under a limit on the size of files, in blocks of 512 bytes.
#[cfg(unix)]
fn limited(blocks: u32, dump: &Path, arguments: &[&str]) -> std::process::Output {
    Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -f {blocks}; exec \"$0\" write \"$@\""))
        .arg(env!("CARGO_BIN_EXE_dumpedit"))
        .arg(dump)
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
#[cfg(unix)]
fn a_journal_that_meets_a_limit_on_file_sizes_leaves_the_dump_as_it_was() {
    let subject = near_and_far();
    let value = subject.folder().join("value");
    fs::write(&value, [0xee; 0x1000]).unwrap();
    let value = format!("file:{}", value.display());
    let at = format!("{RSP:#x}");
    // The journal needs twice the number of written bytes.
    let output = limited(12, subject.path(), &[&at, &value, "--json"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("\"commit\"") && text.contains("nothing was changed"), "{text}");
    subject.unchanged();
    assert!(!journal_of(subject.path()).exists());

    let output = limited(0, subject.path(), &["@rsp", "00"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.starts_with("dumpedit: error: nothing was changed"), "{said}");
    subject.unchanged();
    assert!(!journal_of(subject.path()).exists());
}

#[test]
#[cfg(unix)]
fn an_output_that_meets_a_limit_on_file_sizes_is_not_left_behind() {
    let subject = near_and_far();
    for (blocks, name) in [(0, "out"), (64, "out"), (0, "out.zst")] {
        let out = subject.folder().join(name);
        let output = limited(blocks, subject.path(), &["@rsp", "00", "-o", out.to_str().unwrap()]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
        assert_eq!(fs::read_dir(subject.folder()).unwrap().count(), 1, "{said}");
        subject.unchanged();
    }
}

#[test]
#[cfg(unix)]
fn a_patch_that_meets_a_limit_after_its_first_bytes_is_taken_back() {
    let subject = near_and_far();
    let at = format!("{:#x}", RSP + 0xff0);
    let value = format!("hex:{}", "ee".repeat(24));
    let output = limited(64, subject.path(), &[&at, &value, "--json"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("reverted"), "{text}");
    subject.unchanged();
    assert!(!journal_of(subject.path()).exists());
}

/// A file system of its own in memory, for the life of the value.
#[cfg(target_os = "linux")]
struct Small(tempfile::TempDir);

#[cfg(target_os = "linux")]
impl Small {
    fn of(pages: u32) -> Option<Small> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={}k", pages * 4), "tmpfs"]).arg(folder.path());
        if mount.output().is_ok_and(|output| output.status.success()) {
            return Some(Small(folder));
        }
        machine_lacks("the right to mount a small tmpfs");
        None
    }

    /// Fills the free space, except for some pages.
    fn fill(&self, free: usize) {
        use std::io::Write;
        let path = self.0.path().join("filler");
        let mut file = fs::File::create(&path).unwrap();
        while file.write_all(&[1; 4096]).is_ok() {}
        let size = file.metadata().unwrap().len();
        file.set_len(size - free as u64 * 4096).unwrap();
    }
}

#[cfg(target_os = "linux")]
impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn on_a_full_disk_an_edit_is_an_error_and_the_dump_and_its_holes_stay() {
    use std::os::unix::fs::MetadataExt;
    const HOLE: u64 = 16 * 4096;
    let Some(small) = Small::of(128) else { return };
    let path = small.0.path().join("core");
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0x40_1000, RSP)]);
    core.load_at(RSP, 0x1000, HOLE, HOLE);
    fs::write(&path, core.finish()).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_len(0x1000 + HOLE).unwrap();
    let (before, blocks) = (fs::read(&path).unwrap(), file.metadata().unwrap().blocks());
    let value = tempfile::NamedTempFile::new().unwrap();
    fs::write(value.path(), vec![0xee; HOLE as usize]).unwrap();
    let write = || {
        let value = format!("file:{}", value.path().display());
        run(binary().arg("write").arg(&path).args(["@rsp", &value]), b"")
    };
    // No room for the journal; room for a part of it; room for all of it and a part of the patch.
    for free in [0, 1, 20, 34, 38, 42] {
        small.fill(free);
        let run = write();
        assert_eq!(run.code, 2, "{free} pages free: {run}");
        assert!(run.stderr.contains("nothing was changed"), "{free} pages free: {run}");
        assert_eq!(fs::read(&path).unwrap(), before, "{free} pages free");
        assert!(!journal_of(&path).exists(), "{free} pages free");
        fs::remove_file(small.0.path().join("filler")).unwrap();
        if free < 34 {
            assert_eq!(file.metadata().unwrap().blocks(), blocks, "{free} pages free");
        }
    }
    write().exits(0);
    assert_eq!(fs::read(&path).unwrap()[0x1000..], vec![0xee; HOLE as usize]);
}
