//! Values that are resized: a text longer than its room goes behind the file's end, the offset of the old one leads there, and everything
//! else stays.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dumpedit::notation::{Assignment, Inputs, NumberText, Operation};
use dumpedit::{Context, Dump, Field, FieldKind, History, Room, UndoOptions};
use minidump::{Minidump, MinidumpHandleDataStream, MinidumpModuleList, MinidumpThreadNames, Module as _};
use serde_json::Value;

use crate::support::bytes::Order;
use crate::support::command::{Run, dumpedit, notice, notices};
use crate::support::corpus;
use crate::support::elf_builder::{ElfBuilder, nt_file, prstatus};
use crate::support::minidump_builder::MinidumpBuilder;
use crate::support::subject::{Subject, assert_same_bytes};
use crate::support::tools::{have, printed};
use crate::testdata::folder;

const LONGER: &str = "/opt/a much longer path/to/the/naïve program 😀";

fn testdata(name: &str) -> Subject {
    Subject::named(name, fs::read(folder().join(name)).unwrap())
}

/// A minidump with every kind of text.
const TEXTS: &str = r"
format: minidump
machine: amd64
system: {os: linux, version: 6.1.0, service_pack: 'Linux 6.1.0 #1 SMP', processors: 2}
threads:
  - {tid: 100, name: crashed & burnt, registers: {rip: 0x8048123, rsp: stack+0x20}, stack: stack}
  - {tid: 101, name: idle, registers: {rip: 0x8048124}}
crash: {thread: 100, code: 11, address: 0x8}
modules:
  - {base: 0x8048000, size: 0x2000, name: /home/user/naïve program,
     cv: [str:LEpB, 0123456789abcdef0123456789abcdef01234567]}
  - {base: 0x9048000, size: 0x2000, name: 'C:\App\crash.exe',
     cv: [str:RSDS, 00112233 44556677 8899aabb ccddeeff, u32:1, strz:crash.pdb]}
memory:
  - {label: stack, at: 0xbffff000, size: 0x80}
streams:
  - {type: LinuxCmdLine, content: 'str:./naïve program --fast'}
";

/// The dump of a spec.
fn made(spec: &str) -> Subject {
    let work = tempfile::tempdir().unwrap();
    let path = work.path().join("made.dmp");
    let file = work.path().join("made.yaml");
    fs::write(&file, spec).unwrap();
    dumpedit(&["synth", file.to_str().unwrap(), "-o", path.to_str().unwrap()]).exits(0);
    Subject::named("made.dmp", fs::read(&path).unwrap())
}

/// Makes a dump equal to another one by the script between them, which leaves nothing out. Returns the script, and its file.
fn made_alike(dump: &Subject, other: &Subject) -> (Run, PathBuf) {
    let script = dump.plain("diff", &[path(other), "--script"]).exits(0);
    assert!(!script.stderr.contains("leaves out"), "{script}");
    let edits = dump.folder().join("a.edits");
    fs::write(&edits, script.text()).unwrap();
    dump.run("apply", &[edits.to_str().unwrap()]).exits(0);
    dump.run("diff", &[path(other)]).exits(0);
    (script, edits)
}

fn value(subject: &Subject, name: &str) -> Value {
    let fields = subject.run("fields", &[name]).exits(0).json();
    fields[0]["value"].clone()
}

/// Values of all fields as listed, without the places.
fn values(dump: &Dump) -> Vec<(String, String)> {
    let shown = |field: Field| {
        let value = dump.field_value(&field).unwrap();
        (field.path.clone(), dump.field_in_words(&field, &value))
    };
    dump.fields().unwrap().iter().map(shown).collect()
}

fn path(subject: &Subject) -> &str {
    subject.path().to_str().unwrap()
}

#[test]
fn every_kind_of_text_of_a_minidump_can_be_longer_and_all_else_stays() {
    for (name, text) in [
        ("module[naïve program].name", LONGER),
        ("thread[100].name", LONGER),
        ("system.service_pack", LONGER),
        ("stream[LinuxCmdLine]", "str:./naïve program --slow --and --careful"),
        ("stream[LinuxCmdLine]", "str:x"),
        ("module[naïve program].id", "hex:0123456789abcdef0123456789abcdef01234567aabbccdd"),
        ("module[crash.exe].pdb", LONGER),
    ] {
        let dump = made(TEXTS);
        let before = values(&Dump::open(dump.path()).unwrap());
        let run = dump.run("set", &[&format!("{name}={text}")]).exits(0).json();
        assert_eq!(run["resized"][0]["field"], name, "{run}");
        let now = dump.now();
        assert_eq!(run["size_after"].as_u64(), Some(now.len() as u64), "{name}");
        // Only the file offset of the value changes.
        let changed = dump.before().iter().zip(&now).filter(|(old, new)| old != new).count();
        assert!((1..=8).contains(&changed), "{name}: {changed} bytes");
        let after = values(&Dump::open(dump.path()).unwrap());
        assert_eq!(before.len(), after.len(), "{name}");
        let others = before.iter().zip(&after).filter(|(old, new)| old.1 != new.1);
        let others: Vec<&str> = others.map(|(_, (name, _))| name.as_str()).collect();
        let holds = |other: &&str| {
            name.starts_with(*other) || other.starts_with("stream[") || other.contains("code_view")
        };
        let is_it = |other: &&str| other.ends_with(name.rsplit("].").next().unwrap());
        assert!(
            others.iter().any(is_it) && others.iter().all(|other| is_it(other) || holds(other)),
            "{name}: {others:?}"
        );
        dump.run("undo", &[]).exits(0);
        dump.unchanged();
        let copy = dump.folder().join("copy");
        dump.run("set", &[&format!("{name}={text}"), "-o", copy.to_str().unwrap()]).exits(0);
        assert_same_bytes(&fs::read(&copy).unwrap(), &now);
        dump.unchanged();
    }
}

#[test]
fn the_minidump_crate_reads_the_longer_names() {
    let dump = made(TEXTS);
    let edits = [format!("module[naïve program].name={LONGER}"), format!("thread[100].name={LONGER}")];
    dump.run("set", &[&edits[0], &edits[1], "rip=0x1234"]).exits(0);
    let read = Minidump::read_path(dump.path()).unwrap();
    let modules: MinidumpModuleList = read.get_stream().unwrap();
    assert_eq!(modules.iter().next().unwrap().code_file(), LONGER);
    let names: MinidumpThreadNames = read.get_stream().unwrap();
    assert_eq!(names.get_name(100).unwrap(), LONGER);
    assert_eq!(dump.register("rip", &[]), Some(0x1234));
}

#[test]
fn a_longer_text_goes_with_edits_in_place_into_one_commit() {
    let dump = testdata("crash.dmp");
    let edits = [
        "module[crash].name=C:\\a\\much\\longer\\name.exe",
        "module[crash].timestamp=77",
        "crash.code=EXCEPTION_BREAKPOINT",
        "rip=0x401000",
    ];
    dump.run("set", &[&edits[..], &["--expect", "module[crash].name=C:\\App\\crash.exe"]].concat()).exits(0);
    assert_eq!(value(&dump, "module[name.exe].timestamp"), "0x4d");
    assert_eq!(value(&dump, "crash.code"), "0x80000003");
    assert_eq!(dump.register("rip", &[]), Some(0x40_1000));
    let log = dump.plain("log", &[]).exits(0);
    assert!(log.text().contains("its size: "), "{log}");
    let grown = dump.now();
    dump.run("undo", &[]).exits(0);
    dump.unchanged();
    dump.run("redo", &[]).exits(0);
    assert_same_bytes(&dump.now(), &grown);
    History::of(dump.path()).undo(UndoOptions::default()).unwrap();
    // Expected values are checked, and a dry run changes nothing.
    let wrong = dump.run("set", &[edits[0], "--expect", "module[crash].name=x"]).exits(2).json();
    assert_eq!(wrong["error"]["kind"], "expect");
    let would = dump.run("set", &[edits[0], "--dry-run"]).exits(0).json();
    assert!(would["size_after"].as_u64() > Some(dump.before().len() as u64), "{would}");
    dump.unchanged();
}

#[test]
fn a_field_that_was_resized_reads_as_it_will_be_and_can_be_set_again() {
    let dump = Dump::from_bytes(fs::read(folder().join("crash.dmp")).unwrap()).unwrap();
    let mut edit = dump.edit();
    edit.set_field("module[crash].name", LONGER).unwrap();
    assert_eq!(edit.read_field("module[crash].name").unwrap().as_text(), Some(LONGER));
    edit.set_field("module[crash].name", "a.exe").unwrap();
    assert_eq!(edit.read_field("module[crash].name").unwrap().as_text(), Some("a.exe"));
    assert_eq!(edit.resized_fields().len(), 2);
    edit.settle().unwrap();
    let late = edit.set_field("module[ntdll].name", LONGER).unwrap_err();
    assert!(late.to_string().contains("ready to be written"), "{late}");
    edit.commit().unwrap();
    assert_eq!(dump.layout().modules()[0].name, "C:\\App\\crash.exe");
    let again = Dump::from_bytes(dump.to_bytes().unwrap()).unwrap();
    assert_eq!(again.read_field("module[a.exe].name").unwrap().as_text(), Some("a.exe"));
}

#[test]
fn a_set_that_fails_leaves_no_longer_text_behind() {
    let dump = Dump::from_bytes(fs::read(folder().join("crash.dmp")).unwrap()).unwrap();
    let mut edit = dump.edit();
    let set = |name: &str, value: &str| Assignment::new(name, NumberText::OfField(value.to_owned()));
    let registers = vec![set("module[crash].name", LONGER), set("crash.code", "EXCEPTION_NONE")];
    let operation = Operation::Set { registers, expect: Vec::new() };
    assert!(edit.perform(&operation, Ok(Context::Process), &mut Inputs::files()).is_err());
    assert!(edit.resized_fields().is_empty());
    edit.settle().unwrap();
    assert_eq!(edit.size_after(), dump.layout().file_size());
}

/// Two modules whose entries share a text, and an unloaded one.
fn shared() -> Subject {
    let mut builder = MinidumpBuilder::new(Order::Little, 9);
    builder.module(0x1000, 0x1000, "/lib/libshared.so");
    builder.module(0x5000, 0x1000, "/lib/other.so");
    let mut unloaded = vec![0; 12 + 24];
    let name: Vec<u8> = "gone.so".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let name_at = builder.place(&[&(name.len() as u32).to_le_bytes()[..], &name, &[0, 0]].concat());
    for (at, number) in [(0usize, 12u32), (4, 24), (8, 1), (12, 0x9000), (20, 0x1000), (32, name_at as u32)] {
        unloaded[at..at + 4].copy_from_slice(&number.to_le_bytes());
    }
    builder.stream(14, &unloaded);
    let mut bytes = builder.finish();
    let dump = Dump::from_bytes(bytes.clone()).unwrap();
    let lead = |name: &str| match dump.field(name).unwrap().first().unwrap().room {
        Room::Behind(lead) => lead.at as usize,
        room => panic!("{room:?}"),
    };
    let (one, other) = (lead("module[libshared.so].name"), lead("module[other.so].name"));
    bytes.copy_within(one..one + 4, other);
    Subject::named("shared.dmp", bytes)
}

#[test]
fn a_text_that_two_fields_share_changes_for_the_one_that_is_named() {
    for name in ["/lib/libshared.so.with.a.longer.name", "/lib/a.so"] {
        let dump = shared();
        dump.run("set", &[&format!("module[index:1].name={name}")]).exits(0);
        let modules = dump.run("modules", &[]).json();
        assert_eq!((&modules[0]["name"], &modules[1]["name"]), (&"/lib/libshared.so".into(), &name.into()));
        dump.run("undo", &[]).exits(0);
        dump.unchanged();
    }
}

#[test]
fn the_name_of_an_unloaded_module_can_be_longer() {
    let dump = shared();
    dump.run("set", &["unloaded[gone.so].name=/lib/gone-for-good.so"]).exits(0);
    assert_eq!(value(&dump, "unloaded[gone-for-good.so].name"), "/lib/gone-for-good.so");
    dump.run("undo", &[]).exits(0);
    dump.unchanged();
}

/// A dump with a handle of a named event.
fn with_handle() -> Subject {
    let mut builder = MinidumpBuilder::new(Order::Little, 9);
    let mut text = |text: &str| {
        let letters: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        builder.place(&[&(letters.len() as u32).to_le_bytes()[..], &letters, &[0, 0]].concat()) as u32
    };
    let (kind, object) = (text("Event"), text("\\BaseNamedObjects\\done"));
    let mut handles = vec![0; 16 + 32];
    for (at, number) in [(0usize, 16u32), (4, 32), (8, 1), (16, 0x5c), (24, kind), (28, object), (40, 2)] {
        handles[at..at + 4].copy_from_slice(&number.to_le_bytes());
    }
    builder.stream(12, &handles);
    Subject::named("handle.dmp", builder.finish())
}

#[test]
fn the_names_of_handles_are_fields_and_can_be_longer() {
    let [a, b] = [with_handle(), with_handle()];
    assert_eq!(
        (value(&a, "handle[92].type"), value(&a, "handle[92].handle_count")),
        ("Event".into(), "0x2".into())
    );
    b.run("set", &["handle[92].object=\\BaseNamedObjects\\done-for-good", "handle[92].type=A"]).exits(0);
    assert_eq!(value(&b, "handle[92].object"), "\\BaseNamedObjects\\done-for-good");
    let read = Minidump::read_path(b.path()).unwrap();
    let handles: MinidumpHandleDataStream = read.get_stream().unwrap();
    assert_eq!(handles.handles[0].object_name.as_deref(), Some("\\BaseNamedObjects\\done-for-good"));
    assert_eq!(handles.handles[0].type_name.as_deref(), Some("A"));
    made_alike(&a, &b);
    b.run("undo", &[]).exits(0);
    b.unchanged();
}

#[test]
fn bytes_of_a_text_that_the_same_edit_moves_are_not_written_where_nobody_reads_them() {
    let dump = testdata("crash.dmp");
    let edits = dump.folder().join("moved.edits");
    fs::write(&edits, format!("set 'module[crash].name={LONGER}'\nwrite 'module[crash].name+4' 41\n"))
        .unwrap();
    let refused = dump.run("apply", &[edits.to_str().unwrap()]).exits(2).json();
    assert_eq!(refused["error"]["kind"], "conflict", "{refused}");
    dump.unchanged();
}

#[test]
fn what_stands_in_a_record_of_another_size_is_not_set_in_its_old_bytes() {
    let dump = made(TEXTS);
    let id = "module[crash.exe].id=00112233445566778899AABBCCDDEEFF2";
    dump.run("set", &["module[crash.exe].pdb=longer/crash.pdb", id]).exits(0);
    assert_eq!(value(&dump, "module[crash.exe].id"), "00112233445566778899AABBCCDDEEFF2");
    assert_eq!(value(&dump, "module[crash.exe].pdb"), "longer/crash.pdb");
    dump.run("undo", &[]).exits(0);
    let refused = dump.run("set", &["module[crash.exe].code_view=hex:4e42313000", id]).exits(2).json();
    assert_eq!(refused["error"]["kind"], "conflict", "{refused}");
    dump.unchanged();
}

/// A core of two mapped files, one of which has two rows in NT_FILE.
fn with_files() -> Subject {
    let mut core = ElfBuilder::x86_64();
    let row = |start: u64, name| (start, start + 0x1000, 0, name);
    let rows = [row(0x40_0000, "/bin/app"), row(0x40_1000, "/bin/app"), row(0x50_0000, "/lib/libc.so.6")];
    core.notes(&[prstatus(7, 11, 0x40_1000, 0x7000), nt_file(&rows)]);
    core.code(0x40_0000, 0x2000);
    core.code(0x50_0000, 0x1000);
    Subject::named("files.core", core.finish())
}

#[test]
fn names_of_mapped_files_can_be_longer_and_shorter() {
    for name in ["/bin/a", "/opt/another/app", LONGER] {
        let core = with_files();
        let renamed = format!("module[app].name={name}");
        let others =
            ["module[libc].end=0x502000", "note.file.page_size=0x2000", "crash.code=6", "rip=0x401234"];
        core.run("set", &[&[renamed.as_str()], &others[..]].concat()).exits(0);
        for row in [0, 1] {
            assert_eq!(value(&core, &format!("note.file[{row}].name")), name);
        }
        assert_eq!(value(&core, "note.file[2].name"), "/lib/libc.so.6");
        // In-place changes of the same edit are in the copy of the notes.
        assert_eq!(value(&core, "note.file[2].end"), "0x502000");
        assert_eq!(value(&core, "note.file.page_size"), "0x2000");
        assert_eq!(value(&core, "crash.code"), "0x6");
        assert_eq!(core.register("rip", &[]), Some(0x40_1234));
        if have("eu-readelf") {
            let notes = printed(Command::new("eu-readelf").arg("-n").arg(core.path()));
            assert!(
                notes.contains(name) && notes.contains("/lib/libc.so.6") && notes.contains("cursig: 6"),
                "{notes}"
            );
        }
        core.run("undo", &[]).exits(0);
        core.unchanged();
        core.run("set", &[&format!("note.file[1].name={name}")]).exits(0);
        let names = [0, 1, 2].map(|row| value(&core, &format!("note.file[{row}].name")));
        assert_eq!(names, ["/bin/app".into(), Value::from(name), "/lib/libc.so.6".into()]);
        core.run("undo", &[]).exits(0);
        core.unchanged();
    }
}

#[test]
fn a_name_that_memory_has_no_room_for_goes_into_the_mapped_files_alone() {
    let core = testdata("crash.core");
    let run = core.run("set", &["module[crash].name=/a/much/longer/name"]).exits(0).json();
    let told = notice(&run, "copy-in-memory-stays");
    assert!(told["message"].as_str().unwrap().contains("0x7fffffffefe5"), "{told}");
    assert_eq!(value(&core, "module[name].name"), "/a/much/longer/name");
    core.run("undo", &[]).exits(0);
    core.unchanged();
    // A shorter one goes into both.
    let run = core.run("set", &["module[crash].name=/a"]).exits(0).json();
    assert!(!notices(&run).contains(&"copy-in-memory-stays"), "{run}");
    assert_eq!(core.run("read", &["0x7fffffffefe5..+3"]).json()["bytes"], "2f6100");
    core.run("undo", &[]).exits(0);
    core.unchanged();
}

#[test]
fn what_keeps_its_size_says_how_much_room_there_is() {
    let core = testdata("crash.core");
    for (name, room) in [("note.psargs", 79), ("note.fname", 15)] {
        let error = core.run("set", &[&format!("{name}={}", "x".repeat(room + 1))]).exits(2);
        let message = error.is_error("value");
        assert!(
            message.contains(&format!("at most {room}: the structure that contains it cannot be resized")),
            "{message}"
        );
        core.run("set", &[&format!("{name}={}", "x".repeat(room)), "--dry-run"]).exits(0);
    }
    core.unchanged();
}

#[test]
fn gdb_sees_the_longer_name_and_all_else_as_before() {
    if !have("gdb") {
        return;
    }
    let core = testdata("crash.core");
    let gdb = |what: &[&str]| {
        let mut command = Command::new("gdb");
        command.args(["-batch", "-nx", "-c"]).arg(core.path());
        command.args(what.iter().flat_map(|what| ["-ex", what]));
        let said = printed(&mut command);
        // gdb takes the program's name from NT_FILE.
        said.lines().filter(|line| !line.starts_with("Core was generated")).collect::<Vec<_>>().join("\n")
    };
    let rest = ["info auxv", "info threads", "p $_siginfo.si_signo", "info all-registers", "x/8gx $sp"];
    let (mappings, before) = (gdb(&["info proc mappings"]), gdb(&rest));
    core.run("set", &["module[crash].name=/a/much/longer/name/of/it"]).exits(0);
    assert_eq!(
        gdb(&["info proc mappings"]),
        mappings.replace("/srv/example/crash", "/a/much/longer/name/of/it")
    );
    assert_eq!(gdb(&rest), before);
}

#[test]
fn a_script_of_two_dumps_makes_longer_names_and_takes_them_back() {
    let pairs: [(&str, &[&str]); 4] = [
        ("", &["module[index:0].name=/a/very/long/name", "thread[100].name=the thread that crashed"]),
        (
            "",
            &[
                "stream[LinuxCmdLine]=str:./other --with=more words",
                "system.service_pack=Linux 6.1.0-9999 #1 SMP",
            ],
        ),
        ("", &["module[crash.exe].pdb=a/longer/name.pdb", "crash.code=5"]),
        ("crash.core", &["note.file[1].name=/a/very/long/name", "note.file[2].name=/b", "crash.code=6"]),
    ];
    for (name, edits) in pairs {
        let [a, b] = [(); 2].map(|()| if name.is_empty() { made(TEXTS) } else { testdata(name) });
        b.run("set", edits).exits(0);
        let (script, edits) = made_alike(&a, &b);
        // A shorter text returns to the longer one's room: the record around it keeps its size.
        if name.is_empty() && script.text().contains(".pdb") {
            continue;
        }
        a.run("apply", &[edits.to_str().unwrap(), "--reverse"]).exits(0);
        let original = a.folder().join("original");
        fs::write(&original, a.before()).unwrap();
        let same = a.run("diff", &[original.to_str().unwrap()]);
        assert_eq!(same.code, 0, "{name}: {same}");
        a.run("undo", &["--all"]).exits(0);
        a.unchanged();
    }
}

#[test]
fn a_script_makes_parts_and_longer_names_in_one_edit() {
    let dump = made(TEXTS);
    let edits = dump.folder().join("grow.edits");
    let text = format!(
        "set 'module[naïve program].name={LONGER}'\nset 'stream[LinuxCmdLine]=str:{LONGER}'\n\
         set 'thread[100].name={LONGER}'\nadd memory 0x7f0000 str:hello\n\
         add module 0x7f0000 --size 0x1000 --name /opt/app\nadd thread 99 --name fibre --like 100\n"
    );
    fs::write(&edits, text).unwrap();
    dump.run("apply", &[edits.to_str().unwrap()]).exits(0);
    let modules = dump.run("modules", &[]).json();
    assert_eq!((&modules[0]["name"], &modules[2]["name"]), (&LONGER.into(), &"/opt/app".into()));
    let threads = dump.run("threads", &[]).json();
    let named = |tid: u64| {
        threads.as_array().unwrap().iter().find(|thread| thread["tid"] == tid).unwrap()["name"].clone()
    };
    assert_eq!((named(100), named(99)), (LONGER.into(), "fibre".into()));
    let line = dump.plain("read", &["stream[LinuxCmdLine]", "--raw"]);
    assert_eq!(line.stdout, LONGER.as_bytes());
    dump.run("undo", &[]).exits(0);
    dump.unchanged();
}

#[test]
fn a_minidump_past_4_gib_is_written_whole_with_its_longer_texts() {
    let dump = made(TEXTS);
    fs::File::options().write(true).open(dump.path()).unwrap().set_len((4 << 30) + 1).unwrap();
    let copy = dump.folder().join("copy");
    let edits = [
        format!("module[naïve program].name={LONGER}"),
        format!("system.service_pack={LONGER}"),
        format!("stream[LinuxCmdLine]=str:{LONGER}"),
        format!("thread[100].name={LONGER}"),
    ];
    let refused = dumpedit(&["set", path(&dump), &edits[0]]);
    assert!(refused.code == 2 && refused.stderr.contains("-o OUT writes a whole new dump"), "{refused}");
    let set: Vec<&str> = edits.iter().map(String::as_str).collect();
    dumpedit(&[&["set", path(&dump)], &set[..], &["-o", copy.to_str().unwrap()]].concat()).exits(0);
    let copied = Dump::open(&copy).unwrap();
    assert!(copied.layout().file_size() < 1 << 20);
    for name in ["module[index:0].name", "system.service_pack", "thread[100].name"] {
        assert_eq!(copied.read_field(name).unwrap().as_text(), Some(LONGER), "{name}");
    }
    assert_eq!(copied.read_field("stream[LinuxCmdLine]").unwrap(), LONGER.as_bytes().to_vec().into());
}

/// Resizes each resizable text of a dump, one by one, and undoes it.
fn resize_and_back(path: &Path, most: usize) {
    let subject = Subject::named("real", fs::read(path).unwrap());
    let Ok(dump) = Dump::open(subject.path()) else { return };
    let is_text = |field: &Field| {
        let first = field.first().unwrap();
        matches!(first.kind, FieldKind::Text(_)) && first.room != Room::Fixed
    };
    let fields: Vec<Field> = dump.fields().unwrap().texts().filter(is_text).collect();
    let step = fields.len().div_ceil(most).max(1);
    for field in fields.iter().step_by(step) {
        let what = format!("{} {}", path.display(), field.path);
        let dump = Dump::open(subject.path()).unwrap();
        let before = values(&dump);
        let mut edit = dump.edit();
        edit.set_field(&field.path, LONGER).unwrap();
        match edit.settle() {
            Ok(()) => {}
            Err(error) => {
                // Parts that the end of the file cuts off, and segments with more than notes, cannot grow.
                assert!(error.to_string().contains("cannot be changed in place"), "{what}: {error}");
                continue;
            }
        }
        edit.commit().unwrap();
        let after = values(&Dump::open(subject.path()).unwrap());
        let last = field.path.rsplit("].").next().unwrap();
        assert!(after.iter().any(|(name, value)| name.ends_with(last) && value == LONGER), "{what}");
        // A part that goes by its name goes by the new one, and so may another that had the same one; rows of one name are one module, and
        // tables are at other offsets.
        let (owner, _) = field.path.rsplit_once("].").unwrap_or_default();
        let follows = |name: &str| {
            let roots = ["stream[", "note[", "header.", "segment["];
            let is_row = field.path.starts_with("note.") && name.starts_with("module[");
            is_row
                || roots.iter().any(|root| name.starts_with(root))
                || (name.starts_with("note.file[") && name.ends_with(".name"))
                || (owner.contains("[index:") && name.contains("[index:"))
                || (!owner.is_empty() && name.starts_with(owner))
        };
        let after: HashMap<String, String> = after.into_iter().collect();
        for (name, old) in before.iter().filter(|(name, _)| !follows(name) && *name != field.path) {
            assert_eq!(after.get(name), Some(old), "{what}: {name}");
        }
        History::of(subject.path()).undo(UndoOptions::default()).unwrap();
        subject.unchanged();
    }
}

#[test]
fn a_sample_of_the_texts_of_real_dumps_gets_another_size_and_comes_back() {
    for path in [corpus::minidumps(), corpus::cores()].concat() {
        resize_and_back(&path, 3);
    }
}

#[test]
#[ignore = "takes minutes: every text of every real dump"]
fn every_text_of_real_dumps_gets_another_size_and_comes_back() {
    for path in [corpus::minidumps(), corpus::cores()].concat() {
        resize_and_back(&path, usize::MAX);
    }
}
