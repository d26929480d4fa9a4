//! Scripts between dumps with several copies of a byte, and between dumps of different layout.

use std::process::Stdio;

use dumpedit::{Dump, Subject as About};

use super::{apply, script};
use crate::support::bytes::counting;
use crate::support::command::{binary, run};
use crate::support::corpus::cores;
use crate::support::elf_builder::{ElfBuilder, prstatus};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};
use crate::support::subject::{Subject, assert_same_bytes};

fn dump(file: &[u8]) -> Dump {
    Dump::from_bytes(file.to_vec()).unwrap()
}

/// Lines of a script without comments.
fn lines(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with('#')).collect()
}

/// The script between two files, which makes the second from the first.
#[track_caller]
fn makes(a: &[u8], b: &[u8]) -> String {
    let (text, scripted) = script(&dump(a), &dump(b));
    assert_eq!(scripted.lines, lines(&text).len() as u64);
    assert_same_bytes(&apply(a, &text, false).unwrap(), b);
    text
}

/// The same for a script that can be undone.
#[track_caller]
fn makes_and_unmakes(a: &[u8], b: &[u8]) -> String {
    let text = makes(a, b);
    assert_same_bytes(&apply(b, &text, true).unwrap(), a);
    text
}

fn patched(file: &[u8], patches: &[(u64, &[u8])]) -> Vec<u8> {
    let mut file = file.to_vec();
    for (offset, bytes) in patches {
        let offset = usize::try_from(*offset).unwrap();
        file[offset..offset + bytes.len()].copy_from_slice(bytes);
    }
    file
}

/// 0x1000 in two copies that count up from `first` and `second`, and their file offsets.
fn two_copies(first: u8, second: u8) -> (Vec<u8>, [u64; 2]) {
    let mut dump = MinidumpBuilder::amd64();
    let offsets = [dump.memory(0x1000, &counting(first, 32)), dump.memory(0x1000, &counting(second, 32))];
    (dump.finish(), offsets)
}

#[test]
fn every_line_expects_the_old_bytes_and_registers() {
    let mut core = ElfBuilder::x86_64();
    let notes = core.notes(&[prstatus(7, 11, 0x1000, 0x2000)]);
    let memory = core.load(0x1000, &counting(0, 64));
    let a = core.finish();
    let rip = notes[0] + crate::support::elf_builder::prstatus_x86_64::RIP as u64;
    let b = patched(&a, &[(memory + 2, &[0xaa, 0xbb]), (memory + 40, &[0xcc]), (rip, &[0x34, 0x12])]);
    let text = makes_and_unmakes(&a, &b);
    assert_eq!(
        text,
        "write 0x1002 hex:aabb --expect hex:0203\n\
         write 0x1028 hex:cc --expect hex:28\n\
         set rip=0x1234 --expect rip=0x1000 --thread 7 --context thread\n"
    );
}

#[test]
fn a_file_byte_behind_two_addresses_is_written_once() {
    let mut core = ElfBuilder::x86_64();
    let memory = core.load(0x1000, &counting(0, 64));
    core.load_at(0x5000, memory, 64, 64);
    core.load_at(0x9010, memory + 16, 16, 16);
    let a = core.finish();
    let b = patched(&a, &[(memory + 2, &[0xaa]), (memory + 20, &[0xbb, 0xcc])]);
    let text = makes_and_unmakes(&a, &b);
    assert_eq!(lines(&text).len(), 2, "{text}");
    assert_eq!(script(&dump(&a), &dump(&b)).1.notices, []);
}

#[test]
fn addresses_that_share_a_file_byte_and_differ_in_the_other_dump_are_told() {
    let mut core = ElfBuilder::x86_64();
    let memory = core.load(0x1000, &counting(0, 64));
    core.load_at(0x5000, memory, 64, 64);
    let a = core.finish();
    let mut core = ElfBuilder::x86_64();
    core.load(0x1000, &counting(1, 64));
    core.load(0x5000, &counting(0, 64));
    let b = core.finish();
    let (text, scripted) = script(&dump(&a), &dump(&b));
    assert_eq!(lines(&text).len(), 1, "{text}");
    assert_eq!(scripted.notices.len(), 1);
    assert_eq!(scripted.notices[0].about, [About::Address(0x1000), About::Address(0x5000)]);
    let made = dump(&apply(&a, &text, false).unwrap());
    assert_eq!(lines(&script(&made, &dump(&b)).0).len(), 1, "0x5000 is left");
}

#[test]
fn equal_copies_are_expected_and_unequal_ones_cannot_be() {
    let (a, offsets) = two_copies(1, 1);
    let b = patched(&a, &offsets.map(|offset| (offset + 4, [0xaa, 0xbb].as_slice())));
    let text = makes_and_unmakes(&a, &b);
    assert_eq!(text, "write 0x1004 hex:aabb --expect hex:0506\n");

    let (a, offsets) = two_copies(1, 2);
    let b = patched(&a, &offsets.map(|offset| (offset + 4, [0xaa, 0xbb].as_slice())));
    let text = makes(&a, &b);
    assert_eq!(lines(&text), ["write 0x1004 hex:aabb"]);
    assert!(text.starts_with("# copies differ in A"), "{text}");
    let refused = apply(&b, &text, true).unwrap_err();
    assert!(refused.contains("cannot be taken back"), "{refused}");
}

#[test]
fn copies_that_reads_pass_over_are_made_equal_too() {
    // An edit wrote 5, which reads of A return already, to both copies.
    let (a, offsets) = two_copies(1, 2);
    let b = patched(&a, &[(offsets[1] + 4, &[5])]);
    assert_eq!(lines(&makes(&a, &b)), ["write 0x1004 hex:05"]);
    // Two equal bytes between differing ones are not written, since their copies stay different.
    let b = patched(&a, &[(offsets[0] + 4, &[9, 6, 7, 9]), (offsets[1] + 4, &[9, 7, 8, 9])]);
    assert_eq!(lines(&makes(&a, &b)), ["write 0x1004 hex:09", "write 0x1007 hex:09"]);
}

#[test]
fn copies_that_differ_in_the_other_dump_are_told() {
    let (a, offsets) = two_copies(1, 1);
    let b = patched(&a, &[(offsets[1] + 4, &[0xaa])]);
    let (text, scripted) = script(&dump(&a), &dump(&b));
    assert_eq!(text, "", "reads see no difference");
    assert_eq!(scripted.notices[0].about, [About::Address(0x1004)]);
}

/// A crashed thread whose exception shares the thread's context, or has one of its own.
fn crash(shared: bool, thread: &[u8], exception: &[u8]) -> Vec<u8> {
    let mut dump = MinidumpBuilder::amd64();
    let context = dump.thread_with(7, thread);
    if shared {
        dump.exception(7, (thread.len() as u64, context), 0x1000);
    } else {
        dump.exception_with(7, exception, 0x1000);
    }
    dump.finish()
}

#[test]
fn records_that_are_the_same_bytes_are_set_once() {
    let context = |rip| amd64_context(amd64::FULL, rip, 0x2000);
    let a = crash(true, &context(0x1000), &[]);
    let text = makes_and_unmakes(&a, &crash(true, &context(0x3000), &[]));
    assert_eq!(text, "set rip=0x3000 --expect rip=0x1000 --thread 7 --context exception\n");

    let apart = crash(false, &context(0x1000), &context(0x3000));
    let (text, scripted) = script(&dump(&a), &dump(&apart));
    assert_eq!(text, "set rip=0x3000 --expect rip=0x1000 --thread 7 --context exception\n");
    assert_eq!(scripted.notices[0].about, [About::Thread(7), About::Register("rip".to_owned())]);

    let text = makes_and_unmakes(&apart, &crash(false, &context(0x5000), &context(0x6000)));
    assert_eq!(
        text,
        "set rip=0x6000 --expect rip=0x3000 --thread 7 --context exception\n\
         set rip=0x5000 --expect rip=0x1000 --thread 7 --context thread\n"
    );
}

#[test]
fn memory_that_is_a_structure_too_says_so_in_its_line() {
    let mut core = ElfBuilder::x86_64();
    core.load(0x1000, &counting(1, 64));
    core.load_at(0x9000, 0, 64, 64);
    let a = core.finish();
    // The flags in the header, which are not compared.
    let b = patched(&a, &[(48, &[1])]);
    let text = makes_and_unmakes(&a, &b);
    assert_eq!(lines(&text), ["write 0x9030 hex:01 --expect hex:00 --allow-structure"]);
}

#[test]
fn a_thread_whose_id_is_another_ones_too_is_named_by_its_index() {
    let core = |rip| {
        let mut core = ElfBuilder::x86_64();
        core.notes(&[prstatus(0, 11, 0x1000, 0x2000), prstatus(0, 0, rip, 0x2000)]);
        core.load(0x1000, &counting(1, 64));
        core.finish()
    };
    let text = makes_and_unmakes(&core(0x1000), &core(0x5000));
    assert_eq!(text, "set rip=0x5000 --expect rip=0x1000 --thread index:1 --context thread\n");
}

#[test]
fn what_only_one_of_them_has_is_dropped_and_added() {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0x1000, 0x2000)]);
    core.load(0x1000, &counting(1, 64));
    let a = core.finish();
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0x1000, 0x2000), prstatus(9, 11, 0x1000, 0x2000)]);
    core.load(0x1020, &counting(0x21, 64));
    let b = core.finish();
    let (text, scripted) = script(&dump(&a), &dump(&b));
    let told = lines(&text);
    assert_eq!(told[0], "drop memory 0x1000..+0x20");
    assert!(told[1].starts_with("add memory 0x1040 hex:"), "{text}");
    assert_eq!(told[2], "add thread 9 rax=0x1111 rsp=0x2000 rip=0x1000");
    assert_eq!((told.len(), scripted.notices.len()), (3, 0), "{:?}", scripted.notices);
    let made = apply(&a, &text, false).unwrap();
    let (left, _) = script(&dump(&made), &dump(&b));
    assert_eq!(left, "");
    let refused = apply(&made, &text, true).unwrap_err();
    assert!(refused.contains("cannot be taken back"), "{refused}");
}

#[test]
fn what_no_line_can_add_is_told_in_comments_and_notices() {
    // Nothing is appended where the tables claim more bytes behind the end of the file.
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0x1000, 0x2000)]);
    core.load(0x1000, &counting(1, 64));
    let mut a = core.finish();
    a.truncate(a.len() - 32);
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0x1000, 0x2000), prstatus(9, 0, 0x1000, 0x2000)]);
    core.load(0x1000, &counting(1, 32));
    core.load(0x5000, &counting(1, 32));
    let b = core.finish();
    let (text, scripted) = script(&dump(&a), &dump(&b));
    assert_eq!(text, "# only B holds 0x5000..+0x20\n# only B has thread 9 (index:1)\n");
    assert_eq!(scripted.notices.len(), 2, "{:?}", scripted.notices);
    assert_same_bytes(&apply(&a, &text, false).unwrap(), &a);
}

/// The script from one dump to another, which adds and drops parts; no difference is left then.
#[track_caller]
fn makes_alike(a: &std::path::Path, b: &std::path::Path) -> String {
    let script = run(binary().arg("diff").arg("--script").args([a, b]), b"").exits(0);
    run(binary().arg("apply").arg(a).arg("-"), &script.stdout).exits(0);
    let differs = run(binary().arg("diff").args([a, b]), b"");
    assert_eq!(differs.code, 0, "{differs}\n{}", script.text());
    script.text().to_owned()
}

#[test]
fn a_script_adds_what_the_other_dump_grew_by_and_drops_it_again() {
    for name in ["crash.core", "crash.dmp"] {
        let original = std::fs::read(crate::testdata::folder().join(name)).unwrap();
        let [subject, grown] = [name, "grown"].map(|name| Subject::named(name, original.clone()));
        let path = grown.path().to_str().unwrap();
        let grow = |words: &[&str]| run(binary().args(words), b"").exits(0);
        grow(&["add", "memory", path, "0x7f0000", "str:hello", "--protection", "r--"]);
        grow(&["add", "thread", path, "99", "--like", "index:0", "rip=0x7f0000"]);
        grow(&["set", path, "rax=0x1234", "--thread", "index:0"]);
        let module = ["add", "module", path, "0x7f0000", "--size", "0x1000", "--name", "/opt/added"];
        // Addresses of a core's module become code, and stay that without it.
        let is_core = name.ends_with("core");
        if !is_core {
            grow(&module);
        }
        // Parts of A only are dropped, and parts of B only are added.
        let (before, other) =
            (Subject::named("before", original.clone()), Subject::named("other", grown.now()));
        let dropped = makes_alike(other.path(), before.path());
        assert!(dropped.contains("drop memory 0x7f0000..+0x5\ndrop thread 99\n"), "{dropped}");
        assert_eq!(dropped.contains("drop module 0x7f0000"), !is_core, "{dropped}");
        if is_core {
            grow(&module);
        }
        let added = makes_alike(subject.path(), grown.path());
        for part in ["add memory 0x7f0000", "add thread 99", "add module 0x7f0000"] {
            assert!(added.contains(part), "{added}");
        }
    }
}

#[test]
fn a_script_lists_the_registers_of_an_added_thread_that_no_line_sets() {
    let original = std::fs::read(crate::testdata::folder().join("crash.core")).unwrap();
    let [subject, grown] = ["a.core", "grown.core"].map(|name| Subject::named(name, original.clone()));
    let path = grown.path().to_str().unwrap();
    run(binary().args(["add", "thread", path, "99", "--like", "index:0"]), b"").exits(0);
    run(binary().args(["set", path, "mxcsr@2=0x1f81", "--thread", "99"]), b"").exits(0);
    let script = run(binary().args(["diff", "--script"]).args([subject.path(), grown.path()]), b"").exits(0);
    let comments: Vec<&str> = script.text().lines().filter(|line| line.contains("added thread 99")).collect();
    assert!(matches!(comments[..], [one] if one.contains("mxcsr@2")), "{script}");
    assert!(script.stderr.contains("registers of added threads"), "{script}");
}

/// Rows and notes behind a new one have another number.
#[test]
fn a_part_in_front_of_others_is_added_and_dropped_in_one_line() {
    let module = ["0x15550000", "--size", "0x2000", "--name", "/opt/zz.so"];
    let crash = ["--thread", "5672", "--code", "SIGSEGV", "--address", "0x8"];
    for (name, part, words) in [
        ("drgn-crashme.core", ["add", "module"], &module[..]),
        ("drgn-crashme.core", ["drop", "module"], &["libc.so.6"]),
        ("lldb-linux-x86_64.core", ["add", "crash"], &crash),
    ] {
        let Some(path) = cores().into_iter().find(|path| path.ends_with(name)) else { continue };
        let bytes = std::fs::read(path).unwrap();
        let [subject, changed] = [name, "changed.core"].map(|name| Subject::named(name, bytes.clone()));
        let changed_path = changed.path().to_str().unwrap();
        run(binary().args(part).arg(changed_path).args(words), b"").exits(0);
        let script = makes_alike(subject.path(), changed.path());
        assert!(!script.contains("note.file"), "{script}");
    }
}

#[test]
fn a_script_goes_from_the_one_command_into_the_other() {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0x1000, 0x2000)]);
    let memory = core.load(0x1000, &counting(1, 20_000));
    let a = Subject::new(core.finish());
    let b = Subject::new(patched(a.before(), &[(memory + 100, &counting(200, 15_000))]));
    let mut diff = binary();
    diff.args(["diff", "--script"]).args([a.path(), b.path()]).stdout(Stdio::piped());
    let mut child = diff.spawn().unwrap();
    let mut apply = binary();
    apply.arg("apply").arg(a.path()).args(["-", "--no-sync"]).stdin(child.stdout.take().unwrap());
    assert!(apply.output().unwrap().status.success());
    assert!(child.wait().unwrap().success());
    assert_same_bytes(&a.now(), b.before());
    let same = run(binary().arg("diff").args([a.path(), b.path()]), b"");
    assert_eq!(same.code, 0, "{same}");
}

#[test]
#[cfg(target_os = "linux")]
fn however_much_differs_little_is_held_in_memory() {
    const SIZE: u64 = 14 << 20;
    let core = |bytes: &[u8]| {
        let mut core = ElfBuilder::x86_64();
        let offset = core.place(bytes);
        core.load_at(0x1000, offset, SIZE, SIZE);
        (Subject::new(core.finish()), offset)
    };
    let (a, offset) = core(&[]);
    std::fs::OpenOptions::new().write(true).open(a.path()).unwrap().set_len(offset + SIZE).unwrap();
    let (b, _) = core(&vec![0x55; usize::try_from(SIZE).unwrap()]);
    // Less memory than the script takes.
    let line = format!("ulimit -d 49152; exec {} diff --script \"$@\"", env!("CARGO_BIN_EXE_dumpedit"));
    let mut diff = std::process::Command::new("sh");
    diff.args(["-c", &line, "sh"]).args([a.path(), b.path()]).stdout(Stdio::piped());
    let mut diff = diff.spawn().unwrap();
    let size = std::io::copy(&mut diff.stdout.take().unwrap(), &mut std::io::sink()).unwrap();
    assert!(diff.wait().unwrap().success());
    assert!(size > 4 * SIZE, "{size}");
}
