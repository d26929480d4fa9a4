//! What goes in and comes out: streams, compressed files, edited copies, receipts, and names that lead elsewhere.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::bytes::{counting, hex};
use crate::support::command::{Run, binary, dumpedit, run};
use crate::support::elf_builder::{ElfBuilder, prstatus};
use crate::support::subject::{Subject, assert_same_bytes};
use crate::support::tools::{have, machine_lacks, skip};

/// Other people's compressors: the tool, what it adds to a name, and how its streams begin.
const COMPRESSORS: [(&str, &str); 4] = [("zstd", "zst"), ("gzip", "gz"), ("xz", "xz"), ("lz4", "lz4")];

/// 64 captured bytes at 0x1000 and their file offset.
fn core() -> (Vec<u8>, usize) {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0x40_1000, 0x1000)]);
    let offset = core.load(0x1000, &counting(0, 64));
    (core.finish(), offset as usize)
}

/// The core with bytes at 0x1000.
fn with(bytes: &[u8]) -> Vec<u8> {
    let (mut core, offset) = core();
    core[offset..offset + bytes.len()].copy_from_slice(bytes);
    core
}

fn subject() -> Subject {
    Subject::named("a.core", core().0)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// What a tool makes of bytes on its standard input.
fn piped_through(tool: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let run = run_bytes(Command::new(tool).args(arguments), input);
    assert!(run.0, "{tool} {arguments:?}");
    run.1
}

fn run_bytes(command: &mut Command, input: &[u8]) -> (bool, Vec<u8>) {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output().unwrap()
    });
    (output.status.success(), output.stdout)
}

/// A core of 1 TiB that is all hole but for its head; `None` where the file system cannot hold it.
#[cfg(unix)]
fn tebibyte() -> Option<Subject> {
    const SIZE: u64 = 1 << 40;
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0x40_1000, 0x1000)]);
    let offset = core.place(&counting(1, 16));
    core.load_at(0x1000, offset, SIZE - offset, SIZE - offset);
    let subject = Subject::named("sparse.core", core.finish());
    let file = OpenOptions::new().write(true).open(subject.path()).unwrap();
    if file.set_len(SIZE).is_err() {
        skip("this file system holds no file of 1 TiB");
        return None;
    }
    if !is_sparse(subject.path()) {
        skip("this file system keeps no holes");
        return None;
    }
    Some(subject)
}

#[cfg(unix)]
fn is_sparse(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).unwrap().blocks() * 512 < 1 << 20
}

// Streams.

#[test]
fn a_dump_on_standard_input_is_read_as_a_file_is() {
    let subject = subject();
    for arguments in
        [vec!["info"], vec!["threads"], vec!["regs"], vec!["regions"], vec!["read", "0x1000..+8"]]
    {
        let (verb, rest) = arguments.split_first().unwrap();
        let from_file = subject.run(verb, rest).exits(0).json();
        let piped = run(binary().args([verb, "-"]).args(rest).arg("--json"), subject.before());
        assert_eq!(piped.exits(0).json(), from_file);
    }
}

#[test]
fn what_is_no_dump_on_standard_input_is_named_so() {
    for bytes in [b"".as_slice(), b"hello, world"] {
        let message = run(binary().args(["info", "-", "--json"]), bytes).is_error("format");
        assert!(message.contains("standard input"), "{message}");
    }
}

#[test]
fn a_dump_goes_through_a_pipeline_and_is_edited_on_the_way() {
    if !have("zstd") {
        return;
    }
    let subject = subject();
    let packed = subject.folder().join("a.core.zst");
    fs::write(&packed, piped_through("zstd", &["-c"], subject.before())).unwrap();
    let mut unpack = Command::new("zstd").arg("-dc").arg(&packed).stdout(Stdio::piped()).spawn().unwrap();
    let mut edit = binary()
        .args(["write", "-", "@rsp", "cc", "-o", "-"])
        .stdin(unpack.stdout.take().unwrap())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pack = Command::new("zstd")
        .stdin(edit.stdout.take().unwrap())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    assert!(unpack.wait().unwrap().success() && edit.wait().unwrap().success() && pack.status.success());
    assert_same_bytes(&piped_through("zstd", &["-dc"], &pack.stdout), &with(&[0xcc]));
}

#[test]
fn a_compressed_dump_on_standard_input_is_unpacked() {
    if !have("zstd") {
        return;
    }
    let packed = piped_through("zstd", &["-c"], subject().before());
    let run = run(binary().args(["write", "-", "0x1000", "cc", "-o", "-"]), &packed);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_same_bytes(&run.stdout, &with(&[0xcc]));
}

#[test]
fn standard_output_gets_the_dump_and_nothing_else() {
    let subject = subject();
    let out = ["-o", "-"];
    let plain = subject.plain("write", &[&["0x1000", "cc"], &out[..]].concat()).exits(0);
    assert_same_bytes(&plain.stdout, &with(&[0xcc]));
    assert!(plain.stderr.contains("wrote 1 byte"), "{}", plain.stderr);
    let json = subject.run("write", &[&["0x1000", "cc"], &out[..]].concat()).exits(0);
    assert_same_bytes(&json.stdout, &with(&[0xcc]));
    let report: Value = serde_json::from_str(&json.stderr).unwrap();
    assert_eq!((&report["completed"], &report["output"]), (&1.into(), &"-".into()));
    let partial = subject.plain("write", &[&["0x103e", "cccccccc"], &out[..]].concat()).exits(1);
    assert_eq!(partial.stdout.len(), subject.before().len());
    let failed = subject.run("write", &[&["0x9000", "cc"], &out[..]].concat()).exits(2);
    let report: Value = serde_json::from_str(&failed.stderr).unwrap();
    assert!(failed.stdout.is_empty() && report["error"]["kind"] == "not-captured", "{failed}");
    subject.unchanged();
}

#[test]
fn a_dump_on_standard_input_is_not_edited_in_place() {
    let run = run(binary().args(["write", "-", "0x1000", "cc", "--json"]), &core().0);
    run.is_error("usage");
    let hint = run.json()["error"]["hint"].as_str().unwrap().to_owned();
    assert!(hint.contains("-o OUT") && hint.contains("-o -"), "{hint}");
}

#[test]
fn standard_input_is_the_dump_or_a_value_but_not_both() {
    let run = run(binary().args(["write", "-", "0x1000", "-", "-o", "-"]), &core().0).exits(2);
    assert!(run.stdout.is_empty() && run.stderr.contains("standard input"), "{run}");
}

#[test]
fn a_reader_that_goes_away_ends_the_command_quietly() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let subject = subject();
    let mut command = binary();
    command.arg("write").arg(subject.path()).args(["0x1000", "cc", "-o", "-"]).stdout(writer);
    let output = command.stderr(Stdio::piped()).output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
    subject.unchanged();
}

#[test]
#[cfg(unix)]
fn standard_output_that_leads_into_the_dump_is_refused() {
    let subject = subject();
    let dump = OpenOptions::new().append(true).open(subject.path()).unwrap();
    let mut command = binary();
    command.arg("write").arg(subject.path()).args(["0x1000", "cc", "-o", "-"]).stdout(dump);
    let output = command.stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("the dump itself"), "{said}");
    subject.unchanged();
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_standard_output_is_an_error() {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let subject = subject();
    let mut command = binary();
    command.arg("write").arg(subject.path()).args(["0x1000", "cc", "-o", "-"]).stdout(full);
    assert_eq!(command.stderr(Stdio::null()).status().unwrap().code(), Some(2));
}

#[test]
#[cfg(target_os = "linux")]
fn a_change_that_is_done_is_no_failure_where_nobody_can_be_told() {
    let subject = subject();
    let into_full = |verb: &str, arguments: &[&str]| {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = binary();
        let output = command.arg(verb).arg(subject.path()).args(arguments).stdout(full).output().unwrap();
        (output.status.code(), output.stderr.is_empty())
    };
    for json in [&[][..], &["--json"]] {
        assert_eq!(into_full("write", &[&["0x1000", "cc"], json].concat()), (Some(0), false));
        assert_eq!(into_full("log", json).0, Some(2));
        assert_eq!(into_full("undo", json), (Some(0), false));
        subject.unchanged();
        assert_eq!(into_full("recover", json), (Some(0), false));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_dump_is_neither_typed_in_nor_shown_on_a_terminal() {
    if !have("script") {
        return;
    }
    let subject = subject();
    let dumpedit = env!("CARGO_BIN_EXE_dumpedit");
    for line in
        [format!("{dumpedit} write {} 0x1000 cc -o -", text(subject.path())), format!("{dumpedit} info -")]
    {
        let script = Command::new("script").args(["-qec", &line, "/dev/null"]).stdin(Stdio::null()).output();
        let script = script.unwrap();
        let said = String::from_utf8_lossy(&script.stdout);
        assert!(said.contains("is a terminal") && said.contains("hint"), "{said}");
        assert_eq!(script.status.code(), Some(2));
    }
}

// Values that outrun their room, and memory.

#[test]
#[cfg(target_os = "linux")]
fn a_value_that_outruns_its_room_is_counted_and_not_held() {
    const LEN: u64 = 1 << 28;
    let subject = subject();
    let line = format!("ulimit -d 65536; exec {} \"$@\"", env!("CARGO_BIN_EXE_dumpedit"));
    let mut zeros = Command::new("head")
        .args(["-c", &LEN.to_string(), "/dev/zero"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = Command::new("sh")
        .args(["-c", &line, "sh", "write", text(subject.path()), "0x1030", "cccc", "-", "--json"])
        .stdin(zeros.stdout.take().unwrap())
        .output()
        .unwrap();
    zeros.wait().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!((&json["requested"], &json["completed"]), (&(LEN + 2).into(), &16.into()));
    assert_eq!(json["stopped"]["at"], "0x1040");
    let (_, offset) = core();
    subject.changed_only(&[(offset as u64 + 0x30, &[&[0xcc; 2][..], &[0; 14]].concat())]);
}

#[test]
fn a_file_that_outruns_its_room_is_not_even_read() {
    let subject = subject();
    let long = subject.folder().join("long");
    if File::create(&long).unwrap().set_len(1 << 40).is_err() {
        skip("this file system holds no file of 1 TiB");
        return;
    }
    let value = format!("file:{}", text(&long));
    subject.run("write", &["0x1030", &value]).is_partial(1 << 40, 16, "0x1040", "unmapped");
    subject.run("write", &["0x1030", &value, "--all-or-nothing"]).is_error("not-captured");
    subject.run("write", &["0x9000", &value]).is_error("not-captured");
    subject.run("write", &["0x1030", &value, "--expect", &value]).is_partial(
        1 << 40,
        16,
        "0x1040",
        "unmapped",
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_dump_on_standard_input_is_not_held_in_memory() {
    let subject = subject();
    let file = OpenOptions::new().write(true).open(subject.path()).unwrap();
    file.set_len(128 << 20).unwrap();
    let line = format!("ulimit -d 65536; exec {} read - 0x1000..+4 --raw", env!("CARGO_BIN_EXE_dumpedit"));
    let mut dump = Command::new("cat").arg(subject.path()).stdout(Stdio::piped()).spawn().unwrap();
    let output = Command::new("sh").args(["-c", &line]).stdin(dump.stdout.take().unwrap()).output().unwrap();
    assert!(dump.wait().unwrap().success());
    assert_eq!(output.stdout, [0, 1, 2, 3], "{}", String::from_utf8_lossy(&output.stderr));
}

// Compressed files.

/// For each compressor that is here: its tool, its extension, and the core, packed in a file whose name does not say so.
fn packed() -> Vec<(&'static str, &'static str, Subject)> {
    let here = COMPRESSORS.into_iter().filter(|(tool, _)| have(tool));
    here.map(|(tool, extension)| {
        (tool, extension, Subject::named("a.core", piped_through(tool, &["-c"], &core().0)))
    })
    .collect()
}

#[test]
fn a_compressed_dump_is_read_whatever_its_name_is() {
    let plain = subject();
    for (tool, _, packed) in packed() {
        for arguments in [vec!["info"], vec!["regs"], vec!["read", "0x1000..+8"], vec!["where", "reg:rip"]] {
            let (verb, rest) = arguments.split_first().unwrap();
            let expected = plain.run(verb, rest).exits(0).json();
            assert_eq!(packed.run(verb, rest).exits(0).json(), expected, "{tool}");
        }
        packed.unchanged();
        assert_eq!(names(packed.folder()), ["a.core"]);
    }
}

#[test]
fn a_zstd_frame_may_look_back_as_far_as_the_tool_lets_it() {
    if have("zstd") && cfg!(target_pointer_width = "64") {
        let packed = piped_through("zstd", &["-c", "--long=31"], &core().0);
        let packed = [&[0x5a, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 7, 7][..], &packed].concat();
        let expected = subject().run("info", &[]).exits(0).json();
        let packed = Subject::named("a.core", packed);
        assert_eq!(packed.run("info", &[]).exits(0).json(), expected);
        assert_eq!(run(binary().args(["info", "-", "--json"]), packed.before()).exits(0).json(), expected);
    }
}

#[test]
#[cfg(unix)]
fn a_compressed_dump_is_not_edited_in_place_and_the_command_that_is_named_works() {
    for (tool, extension, packed) in packed() {
        let message = packed.run("write", &["0x1000", "cc dd"]).is_error("format");
        assert!(message.contains(tool), "{message}");
        packed.unchanged();
        let (_, command) = message.split_once("dumpedit write ").unwrap();
        let line = format!("{} write {command}", env!("CARGO_BIN_EXE_dumpedit"));
        let done = Command::new("sh").args(["-c", &line]).stdout(Stdio::null()).status().unwrap();
        assert!(done.success(), "{line}");
        let copy = packed.folder().join(format!("a.core.patched.{extension}"));
        assert_same_bytes(&piped_through(tool, &["-dc"], &fs::read(copy).unwrap()), &with(&[0xcc, 0xdd]));
        packed.unchanged();
    }
}

#[test]
fn an_output_is_packed_as_its_name_says() {
    for (tool, extension) in COMPRESSORS {
        let subject = subject();
        let out = subject.folder().join(format!("out.core.{extension}"));
        let json = subject.run("write", &["0x1000", "cc", "-o", text(&out)]).is_full(1);
        assert_eq!(json["output"], text(&out));
        let shown = dumpedit(&["read", text(&out), "0x1000..+2", "--raw"]).exits(0);
        assert_eq!(shown.stdout, [0xcc, 1], "{tool}");
        let bytes = fs::read(&out).unwrap();
        assert!(bytes.len() < subject.before().len(), "{tool}: {} bytes", bytes.len());
        if have(tool) {
            assert_same_bytes(&piped_through(tool, &["-dc"], &bytes), &with(&[0xcc]));
        }
        subject.run("write", &["0x1000", "dd", "-o", text(&out)]).is_error("commit");
        assert!(fs::read(&out).unwrap() == bytes, "an output is not overwritten");
        subject.unchanged();
    }
}

#[test]
fn a_compressed_dump_gives_an_output_that_is_not_compressed() {
    for (tool, _, packed) in packed() {
        let out = packed.folder().join("out.core");
        packed.run("write", &["0x1000", "cc", "-o", text(&out)]).is_full(1);
        assert_same_bytes(&fs::read(&out).unwrap(), &with(&[0xcc]));
        packed.unchanged();
        assert_eq!(names(packed.folder()), ["a.core", "out.core"], "{tool}");
    }
}

#[test]
#[cfg(unix)]
fn a_compressed_dump_is_never_its_own_output_and_its_permissions_are_kept() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    for (_, extension, packed) in packed() {
        let (hard, soft) = (packed.folder().join("hard"), packed.folder().join(format!("soft.{extension}")));
        fs::hard_link(packed.path(), &hard).unwrap();
        symlink(packed.path(), &soft).unwrap();
        for out in [packed.path(), &hard, &soft] {
            packed.run("write", &["0x1000", "cc", "-o", text(out), "--overwrite"]).is_error("commit");
            packed.unchanged();
        }
        fs::set_permissions(packed.path(), fs::Permissions::from_mode(0o640)).unwrap();
        let out = packed.folder().join(format!("out.{extension}"));
        packed.run("write", &["0x1000", "cc", "-o", text(&out)]).is_full(1);
        assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o640);
    }
}

#[test]
fn a_compressed_dump_that_is_cut_is_an_error_and_no_part_of_it_is_opened() {
    for (tool, _, packed) in packed() {
        let file = OpenOptions::new().write(true).open(packed.path()).unwrap();
        file.set_len(packed.before().len() as u64 / 2).unwrap();
        let message = packed.run("info", &[]).is_error("format");
        assert!(message.contains(tool) && message.contains("unpack"), "{message}");
    }
}

// Copies.

#[test]
#[cfg(unix)]
fn a_core_of_a_tebibyte_is_edited_in_place_without_filling_it() {
    let Some(subject) = tebibyte() else { return };
    subject.run("info", &[]).exits(0);
    subject.run("write", &["0x8000001000", "cccccccc"]).is_full(4);
    subject.run("set", &["rip=7"]).is_full(8);
    let read = subject.run("read", &["0x8000000ffe..+8"]).is_full(8);
    assert_eq!(read["bytes"], "0000cccccccc0000");
    assert!(is_sparse(subject.path()));
    assert_eq!(fs::metadata(subject.path()).unwrap().len(), 1 << 40);
}

#[test]
#[cfg(unix)]
fn a_core_of_a_tebibyte_is_copied_without_filling_the_copy() {
    let Some(subject) = tebibyte() else { return };
    let out = subject.folder().join("out");
    subject.run("write", &["0x8000001000", "cccccccc", "-o", text(&out)]).is_full(4);
    assert_eq!(fs::metadata(&out).unwrap().len(), 1 << 40);
    assert!(is_sparse(&out));
    let read = dumpedit(&["read", text(&out), "0x8000000ffe..+8", "--raw"]).exits(0);
    assert_eq!(read.stdout, [0, 0, 0xcc, 0xcc, 0xcc, 0xcc, 0, 0]);
    let head = |path: &Path| {
        let mut head = vec![0; 4096];
        File::open(path).unwrap().read_exact(&mut head).unwrap();
        head
    };
    assert_same_bytes(&head(&out), &head(subject.path()));
}

#[test]
#[cfg(target_os = "linux")]
fn a_copy_shares_the_dump_s_blocks_where_the_file_system_can() {
    let subject = subject();
    OpenOptions::new().append(true).open(subject.path()).unwrap().write_all(&vec![7; 4 << 20]).unwrap();
    let probe = subject.folder().join("probe");
    let mut clone = Command::new("cp");
    clone.arg("--reflink=always").args([subject.path(), &probe]).stderr(Stdio::null());
    if !clone.status().is_ok_and(|status| status.success()) {
        machine_lacks("a file system that shares blocks");
        return;
    }
    let out = subject.folder().join("out");
    subject.run("write", &["0x1000", "cc", "-o", text(&out)]).is_full(1);
    let Ok(shown) = Command::new("filefrag").arg("-v").arg(&out).output() else {
        skip("filefrag is not here");
        return;
    };
    assert!(String::from_utf8_lossy(&shown.stdout).contains("shared"), "{shown:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn an_output_may_be_on_another_file_system() {
    use std::os::unix::fs::MetadataExt;
    let subject = subject();
    let device = |path: &Path| fs::metadata(path).map(|metadata| metadata.dev()).ok();
    let elsewhere = Path::new("/dev/shm");
    if device(elsewhere).is_none() || device(elsewhere) == device(subject.folder()) {
        skip("/dev/shm is no file system of its own");
        return;
    }
    let folder = tempfile::tempdir_in(elsewhere).unwrap();
    let out = folder.path().join("out");
    subject.run("write", &["0x1000", "cc", "-o", text(&out)]).is_full(1);
    assert_same_bytes(&fs::read(&out).unwrap(), &with(&[0xcc]));
    assert_eq!(names(folder.path()), ["out"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_leaves_no_output_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mount = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=64k", "none"])
        .arg(folder.path())
        .stderr(Stdio::null())
        .status();
    if !mount.is_ok_and(|status| status.success()) {
        skip("no file system can be mounted here");
        return;
    }
    let mut core = ElfBuilder::x86_64();
    core.load(0x1000, &counting(1, 1 << 20));
    let subject = Subject::new(core.finish());
    let run = subject.run("write", &["0x1000", "cc", "-o", text(&folder.path().join("out"))]);
    let left = names(folder.path());
    assert!(Command::new("umount").arg(folder.path()).status().unwrap().success());
    run.is_error("commit");
    assert!(left.is_empty(), "{left:?}");
    subject.unchanged();
}

#[test]
#[cfg(unix)]
fn a_folder_that_cannot_be_synced_gets_no_output() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65534;
    let subject = subject();
    let folder = subject.folder().join("not-to-be-read");
    fs::create_dir(&folder).unwrap();
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(subject.folder(), 0o755);
    mode(subject.path(), 0o644);
    mode(&folder, 0o300);
    let mut command = binary();
    command.arg("write").arg(subject.path()).args(["0x1000", "cc", "-o", text(&folder.join("out"))]);
    // The superuser may read any folder.
    if fs::metadata(subject.path()).unwrap().uid() == 0 {
        chown(&folder, Some(NOBODY), None).unwrap();
        command.uid(NOBODY);
    }
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => return machine_lacks(&format!("a binary that everyone may run: {error}")),
    };
    mode(&folder, 0o700);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("no output was left behind"), "{said}");
    assert!(names(&folder).is_empty());
}

#[test]
#[cfg(unix)]
fn ctrl_c_during_a_copy_leaves_nothing_behind() {
    let mut core = ElfBuilder::x86_64();
    let mut state = 1u32;
    let noise = (0..48 << 20).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    core.load(0x1000, &noise.collect::<Vec<u8>>());
    let subject = Subject::named("a.core", core.finish());
    let out = subject.folder().join("out.gz");
    let mut command = binary();
    command.arg("write").arg(subject.path()).args(["0x1000", "cc", "-o", text(&out)]);
    let mut child = command.stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    while child.try_wait().unwrap().is_none() && names(subject.folder()).len() < 2 {}
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.unwrap().success(), "it was over before it could be interrupted");
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert_eq!(names(subject.folder()), ["a.core"]);
    subject.unchanged();
}

// Names that lead elsewhere.

#[test]
#[cfg(unix)]
fn an_output_that_is_a_link_stands_for_what_it_leads_to() {
    use std::os::unix::fs::symlink;
    let subject = subject();
    let (link, real) = (subject.folder().join("link"), subject.folder().join("real"));
    symlink("real", &link).unwrap();
    let arguments = ["0x1000", "cc", "-o", text(&link), "--overwrite"];
    subject.run("write", &arguments).is_error("commit");
    fs::write(&real, b"precious").unwrap();
    subject.run("write", &arguments[..4]).is_error("commit");
    assert_eq!(fs::read(&real).unwrap(), b"precious");
    subject.run("write", &arguments).is_full(1);
    assert_same_bytes(&fs::read(&real).unwrap(), &with(&[0xcc]));
    assert!(link.is_symlink() && !real.is_symlink());
    assert_eq!(names(subject.folder()), ["a.core", "link", "real"]);
}

#[test]
#[cfg(unix)]
fn an_output_that_is_no_file_is_refused() {
    let subject = subject();
    let pipe = subject.folder().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (out, kind) in [(text(&pipe), "pipe"), ("/dev/null", "device"), (text(subject.folder()), "folder")] {
        for overwrite in [&[][..], &["--overwrite"]] {
            let arguments = [&["0x1000", "cc", "-o", out], overwrite].concat();
            let message = subject.run("write", &arguments).is_error("commit");
            assert!(message.contains(kind), "{message}");
        }
    }
    subject.unchanged();
}

#[test]
#[cfg(unix)]
fn a_dump_that_is_no_file_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (path, kind) in [(text(&pipe), "pipe"), ("/dev/zero", "device"), (text(folder.path()), "folder")] {
        for arguments in [vec!["info", path], vec!["write", path, "0x1000", "cc"]] {
            let run = dumpedit(&arguments).exits(2);
            let errors: Vec<&str> = run.stderr.lines().filter(|line| !line.contains("hint:")).collect();
            assert!(errors.len() == 1 && errors[0].contains(kind), "{run}");
        }
    }
}

#[test]
#[cfg(unix)]
fn links_to_a_dump_are_kept_and_lead_to_the_edited_one() {
    use std::os::unix::fs::{MetadataExt, symlink};
    let subject = subject();
    let (soft, hard) = (subject.folder().join("soft"), subject.folder().join("hard"));
    symlink("a.core", &soft).unwrap();
    fs::hard_link(subject.path(), &hard).unwrap();
    let inode = fs::metadata(subject.path()).unwrap().ino();
    for (name, byte) in [(&soft, "aa"), (&hard, "bb")] {
        dumpedit(&["write", text(name), "0x1000", byte, "--json"]).is_full(1);
    }
    let (_, offset) = core();
    subject.changed_only(&[(offset as u64, &[0xbb])]);
    assert_eq!(fs::read_link(&soft).unwrap(), Path::new("a.core"));
    assert!([subject.path(), &hard].iter().all(|path| fs::metadata(path).unwrap().ino() == inode));
}

// Receipts.

fn receipt_of(subject: &Subject, arguments: &[&str]) -> (Run, PathBuf) {
    let receipt = subject.folder().join("receipt.json");
    let run = subject.run("write", &[arguments, &["--receipt", text(&receipt)]].concat());
    (run, receipt)
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[test]
fn a_receipt_tells_what_an_edit_did() {
    let subject = subject();
    let (run, receipt) = receipt_of(&subject, &["0x1000", "cc dd", "--hash"]);
    run.is_full(2);
    let receipt: Value = serde_json::from_slice(&fs::read(receipt).unwrap()).unwrap();
    let keys: Vec<&String> = receipt.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["dumpedit", "input", "output", "requested", "completed", "stopped", "edits", "notices"]
    );
    assert_eq!(receipt["dumpedit"], env!("CARGO_PKG_VERSION"));
    for (dump, bytes) in [(&receipt["input"], subject.before()), (&receipt["output"], &subject.now())] {
        assert_eq!((&dump["name"], &dump["size"]), (&"a.core".into(), &bytes.len().into()));
        assert_eq!(dump["sha256"], sha256(bytes));
    }
    let (_, offset) = core();
    let edit = &receipt["edits"][0];
    assert_eq!((&edit["location"], &edit["file_offset"]), (&"0x1000".into(), &offset.into()));
    assert_eq!((&edit["old"], &edit["new"]), (&"0001".into(), &"ccdd".into()));
    assert!(!names(subject.folder()).iter().any(|name| name.starts_with(".dumpedit-")));
}

#[test]
fn a_receipt_names_an_output_and_hashes_what_is_in_it() {
    for name in ["out.core", "out.zst", "-"] {
        let subject = subject();
        let out = if name == "-" { PathBuf::from("-") } else { subject.folder().join(name) };
        let (run, receipt) = receipt_of(&subject, &["0x103f", "cccc", "--hash", "-o", text(&out)]);
        assert_eq!(run.code, 1, "{}", run.stderr);
        let receipt: Value = serde_json::from_slice(&fs::read(receipt).unwrap()).unwrap();
        let (mut expected, offset) = core();
        expected[offset + 63] = 0xcc;
        assert_eq!((&receipt["output"]["name"], &receipt["completed"]), (&name.into(), &1.into()));
        assert_eq!(receipt["output"]["sha256"], sha256(&expected));
        assert_eq!(receipt["input"]["sha256"], sha256(subject.before()));
        assert_eq!(receipt["output"].get("compressed").is_some(), name == "out.zst");
    }
}

#[test]
fn one_edit_gives_one_receipt() {
    let receipt = || {
        let (run, receipt) = receipt_of(&subject(), &["0x1000", "cc", "--dry-run"]);
        assert_eq!((run.code, receipt.exists()), (2, false), "a dry run has no receipt");
        let subject = subject();
        let (run, receipt) = receipt_of(&subject, &["0x1000", "cc", "--hash"]);
        run.is_full(1);
        fs::read(receipt).unwrap()
    };
    assert_same_bytes(&receipt(), &receipt());
}

#[test]
fn a_receipt_that_has_no_place_keeps_the_edit_from_happening() {
    let subject = subject();
    let receipt = subject.folder().join("receipt.json");
    fs::write(&receipt, b"precious").unwrap();
    receipt_of(&subject, &["0x1000", "cc"]).0.is_error("commit");
    assert_eq!(fs::read(&receipt).unwrap(), b"precious");
    let write = |receipt: &str, more: &[&str]| {
        subject.run("write", &[&["0x1000", "cc", "--receipt", receipt], more].concat())
    };
    write(text(&subject.folder().join("nowhere/receipt.json")), &[]).is_error("commit");
    write(text(subject.path()), &["--overwrite"]).is_error("usage");
    write("-", &[]).is_error("usage");
    subject.unchanged();
    receipt_of(&subject, &["0x1000", "cc", "--overwrite"]).0.is_full(1);
    assert!(fs::read(&receipt).unwrap().starts_with(b"{"));
}

#[test]
#[cfg(unix)]
fn a_receipt_never_replaces_the_dump_the_output_or_the_journal_whatever_names_lead_there() {
    use std::os::unix::fs::symlink;
    let subject = subject();
    let name = |name: &str| subject.folder().join(name);
    fs::create_dir(name("folder")).unwrap();
    fs::write(name("y.core"), b"precious").unwrap();
    fs::hard_link(subject.path(), name("hard")).unwrap();
    symlink("y.core", name("y.link")).unwrap();
    symlink("a.core", name("a.link")).unwrap();
    let write = |dump: &str, arguments: &[&str]| {
        let mut command = binary();
        command.current_dir(subject.folder()).args(["write", dump, "0x1000", "cc", "--json", "--overwrite"]);
        run(command.args(arguments), b"")
    };
    for receipt in ["y.core", "./y.core", "folder/../y.core", text(&name("y.core")), "y.link"] {
        let message = write("a.core", &["-o", "y.core", "--receipt", receipt]).is_error("usage");
        assert!(message.contains("OUT"), "{message}");
    }
    write("a.core", &["-o", "new", "--receipt", "folder/../new"]).is_error("usage");
    for dump in ["a.core", "a.link"] {
        for receipt in ["a.core", "folder/../a.core", "a.link"] {
            write(dump, &["-o", "y.core", "--receipt", receipt]).is_error("usage");
            write(dump, &["--receipt", receipt]).is_error("usage");
        }
        write(dump, &["--receipt", "hard"]).is_error("commit");
        for option in ["-o", "--receipt"] {
            let message = write(dump, &[option, "folder/../a.core.dumpedit"]).is_error("usage");
            assert!(message.contains("journal"), "{message}");
        }
    }
    if cfg!(target_os = "linux") {
        let mut command = binary();
        command.args(["write", "-", "0x1000", "cc", "-o", text(&name("new")), "--overwrite", "--receipt"]);
        command.arg(subject.path()).stdin(File::open(subject.path()).unwrap());
        assert_eq!(command.stderr(Stdio::null()).status().unwrap().code(), Some(2));
    }
    assert_eq!(fs::read(name("y.core")).unwrap(), b"precious");
    assert_eq!(names(subject.folder()), ["a.core", "a.link", "folder", "hard", "y.core", "y.link"]);
    subject.unchanged();
}

#[test]
fn an_edit_that_fails_has_no_receipt() {
    let subject = subject();
    let (run, receipt) = receipt_of(&subject, &["0x9000", "cc"]);
    run.is_error("not-captured");
    assert!(!receipt.exists());
    let exists = subject.folder().join("exists");
    fs::write(&exists, b"").unwrap();
    let (run, receipt) = receipt_of(&subject, &["0x1000", "cc", "-o", text(&exists)]);
    run.is_error("commit");
    assert!(!receipt.exists());
    assert_eq!(names(subject.folder()), ["a.core", "exists"]);
}
