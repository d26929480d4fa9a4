//! Named values that are neither memory nor registers: each is listed with its places, set in all of them, read back, undone, and seen by
//! independent readers.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use dumpedit::{Dump, Field, FieldKind, FieldValue, Room};
use minidump::{Minidump, MinidumpModuleList, Module as _};
use serde_json::Value;

use crate::support::bytes::{Order, unhex};
use crate::support::command::{Run, dumpedit};
use crate::support::corpus::{cores, dumps, minidumps};
use crate::support::elf_builder::{ElfBuilder, prstatus};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};
use crate::support::subject::{Subject, assert_same_bytes};
use crate::support::tools::{have, printed};
use crate::testdata::folder;

pub(crate) fn testdata(name: &str) -> Subject {
    Subject::named(name, std::fs::read(folder().join(name)).unwrap())
}

pub(crate) fn real_dumps() -> Vec<PathBuf> {
    [minidumps(), cores(), dumps("kernel"), dumps("bad")].concat()
}

/// A real dump of the corpus, where it is here.
pub(crate) fn real(name: &str) -> Option<Subject> {
    let found = real_dumps().into_iter().find(|path| path.ends_with(name))?;
    Some(Subject::named(name, std::fs::read(found).unwrap()))
}

/// Fields in the JSON output of `fields`.
pub(crate) fn listed(subject: &Subject, names: &[&str]) -> Vec<Value> {
    subject.run("fields", names).exits(0).json().as_array().unwrap().clone()
}

pub(crate) fn value(subject: &Subject, name: &str) -> Value {
    let fields = listed(subject, &[name]);
    assert_eq!(fields.len(), 1, "{fields:?}");
    fields[0]["value"].clone()
}

/// Another value of the same size.
fn another(field: &Field, old: &FieldValue) -> Option<FieldValue> {
    let stored = field.first().unwrap();
    Some(match (old, stored.kind) {
        (FieldValue::Number(_), _) => (old.to_u64().unwrap() ^ 1).into(),
        (FieldValue::Text(_), FieldKind::Version) => "1.2.3.4".into(),
        (FieldValue::Text(_), FieldKind::DebugId) => "00112233445566778899AABBCCDDEEFF1".into(),
        (FieldValue::Text(_), FieldKind::Guid) => "00112233-4455-6677-8899-aabbccddeeff".into(),
        (FieldValue::Text(text), _) => {
            // The first character that another one of the same size can replace.
            let at = text.find(|letter: char| letter.is_ascii_alphanumeric())?;
            let other = if text[at..].starts_with('x') { "y" } else { "x" };
            format!("{}{other}{}", &text[..at], &text[at + 1..]).into()
        }
        (FieldValue::Bytes(bytes), _) => bytes.iter().map(|byte| byte ^ 0x40).collect::<Vec<u8>>().into(),
        _ => return None,
    })
}

/// Sets every `step`-th field of a dump to another value and back.
fn set_and_back(path: &Path, step: usize) {
    let bytes = std::fs::read(path).unwrap();
    let Ok(dump) = Dump::from_bytes(bytes.clone()) else { return };
    let fields: Vec<Field> = dump.fields().unwrap().iter().collect();
    let names: BTreeSet<&str> = fields.iter().map(|field| field.path.as_str()).collect();
    assert_eq!(names.len(), fields.len(), "{}: each name once", path.display());
    // Another crashed thread is another order of notes, which is no change in place.
    let in_place = |field: &&Field| field.first().is_some_and(|stored| stored.room != Room::InOrder);
    for field in fields.iter().step_by(step).filter(in_place) {
        let what = format!("{} {}", path.display(), field.path);
        let found = dump.field(&field.path).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(&found, field, "{what}");
        let old = dump.field_value(field).unwrap();
        let size = field.first().unwrap().place.size;
        let Some(new) = another(field, &old).filter(|_| size <= 1 << 16) else { continue };
        let mut edit = dump.edit();
        // Values of the copies, which may differ from the first one.
        let copies: Vec<(u64, Vec<u8>)> = field
            .stored
            .iter()
            .map(|stored| {
                let mut bytes = vec![0; stored.place.size as usize];
                dump.read_file(stored.place.file_offset, &mut bytes).unwrap();
                (stored.place.file_offset, bytes)
            })
            .collect();
        edit.set_field(&field.path, new.clone()).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(edit.read_field(&field.path).unwrap(), new, "{what}");
        // A text that other fields share goes behind the file's end.
        if !edit.resized_fields().is_empty() {
            continue;
        }
        edit.commit().unwrap();
        assert_eq!(dump.field_value(field).unwrap(), new, "{what}");
        let now = dump.to_bytes().unwrap();
        assert_ne!(now, bytes, "{what}");
        let mut expected = now.clone();
        for (at, old) in &copies {
            expected[*at as usize..*at as usize + old.len()].copy_from_slice(old);
        }
        assert_same_bytes(&expected, &bytes);
        let again = Dump::from_bytes(bytes.clone()).unwrap();
        let mut back = dump.edit();
        for (at, old) in copies {
            let left = old.len() as u64;
            let place = dumpedit::Location::Field { file_offset: at, left };
            back.write_bytes(dumpedit::Context::Process, place, &old).unwrap().complete().unwrap();
        }
        back.commit().unwrap();
        assert_same_bytes(&dump.to_bytes().unwrap(), &again.to_bytes().unwrap());
    }
}

#[test]
fn a_sample_of_the_fields_of_real_dumps_is_set_read_back_and_put_back() {
    for path in real_dumps() {
        let fields = Dump::open(&path).ok().map_or(1, |dump| dump.fields().unwrap().iter().count());
        set_and_back(&path, fields.div_ceil(24).max(1));
    }
}

#[test]
#[ignore = "takes minutes: every field of every real dump"]
fn every_field_of_real_dumps_is_set_read_back_and_put_back() {
    for path in real_dumps() {
        set_and_back(&path, 1);
    }
}

#[test]
fn fields_and_registers_are_set_together_and_taken_back_to_the_byte() {
    let dump = testdata("crash.dmp");
    let run =
        dump.run("set", &["crash.code=EXCEPTION_STACK_OVERFLOW", "crash.address=0x401000", "rip=0x401000"]);
    let json = run.exits(0).json();
    let places: Vec<&str> =
        json["edits"].as_array().unwrap().iter().map(|edit| edit["location"].as_str().unwrap()).collect();
    assert_eq!(places[..2], ["crash.code", "crash.address"]);
    assert!(places[2..].iter().all(|place| *place == "reg:rip"), "{json}");
    assert_eq!(value(&dump, "crash.code"), "0xc00000fd");
    // The address of the crash equals pc.
    let kinds = json["notices"].as_array().unwrap().iter().map(|notice| notice["kind"].as_str().unwrap());
    assert!(!kinds.collect::<Vec<_>>().contains(&"recorded-crash-stays"), "{json}");
    let log = dump.plain("log", &[]).exits(0);
    let log = log.text();
    assert!(log.contains("crash.code: 0xc0000005 (EXCEPTION_ACCESS_VIOLATION) -> 0xc00000fd"), "{log}");
    dump.run("undo", &[]).exits(0);
    dump.unchanged();
}

#[test]
fn the_notice_of_the_recorded_crash_is_told_where_it_is_true() {
    let says = |arguments: &[&str]| {
        let json = testdata("crash.dmp").run("set", arguments).exits(0).json();
        json["notices"].to_string().contains("recorded-crash-stays")
    };
    assert!(says(&["rip=0x401000"]));
    assert!(!says(&["rip=0x401000", "crash.address=0x401000"]));
    assert!(!says(&["crash.address=0x401000", "rip=0x401000"]));
    assert!(says(&["crash.code=1", "rip=0x401000"]));
}

#[test]
fn what_is_expected_of_a_field_is_checked_before_anything_changes() {
    let dump = testdata("crash.dmp");
    let run = dump.run("set", &["crash.code=5", "--expect", "crash.code=EXCEPTION_BREAKPOINT"]).exits(2);
    assert_eq!(run.json()["error"]["kind"], "expect");
    dump.unchanged();
    dump.run("set", &["crash.code=5", "--expect", "crash.code=EXCEPTION_ACCESS_VIOLATION"]).exits(0);
    assert_eq!(value(&dump, "crash.code"), "0x5");
}

#[test]
fn a_value_never_truncates_and_a_text_that_does_not_fit_says_so() {
    let dump = testdata("crash.dmp");
    let kind = |assignment: &str| {
        let run: Run = dump.run("set", &[assignment]).exits(2);
        dump.unchanged();
        (run.json()["error"]["kind"].as_str().unwrap().to_owned(), run.json()["error"]["message"].to_string())
    };
    assert_eq!(kind("crash.code=0x100000000").0, "value");
    assert_eq!(kind("system.processors=256").0, "value");
    assert_eq!(kind("system.processors=-129").0, "value");
    assert_eq!(kind("crash.code=EXCEPTION_ACCESS_VIOLATIO").0, "value");
    assert_eq!(kind("module[crash].version=1.2.3").0, "value");
    assert_eq!(kind("crash.cod=1").0, "field");
    assert_eq!(kind("system.cpu=00").0, "value");
}

#[test]
fn a_shorter_text_has_its_own_size_and_zeros_behind_it() {
    let dump = testdata("crash.dmp");
    dump.run("set", &["module[crash].name=a.exe"]).exits(0);
    assert_eq!(value(&dump, "module[a.exe].name"), "a.exe");
    let crate_sees = Minidump::read_path(dump.path()).unwrap();
    let modules: MinidumpModuleList = crate_sees.get_stream().unwrap();
    assert!(modules.iter().any(|module| module.code_file() == "a.exe"));
    dump.run("undo", &[]).exits(0);
    dump.unchanged();
}

#[test]
fn a_field_is_a_place_that_where_read_write_and_fill_take() {
    let core = testdata("crash.core");
    let at = listed(&core, &["note.psargs"])[0]["places"][0]["file_offset"].as_u64().unwrap();
    let pieces = core.run("where", &["note.psargs+4", "2"]).exits(0).json()["pieces"].clone();
    assert_eq!(
        (&pieces[0]["field"], &pieces[0]["file_offsets"][0]),
        (&"note.psargs+0x4".into(), &(at + 4).into())
    );
    core.run("write", &["note.psargs+4", "str:xyz"]).is_full(3);
    core.changed_only(&[(at + 4, b"xyz")]);
    let read = core.run("read", &["note.psargs+4..+3"]).exits(0).json();
    assert_eq!(read["bytes"], "78797a");
    assert_eq!(core.run("read", &["note.psargs"]).exits(0).json()["completed"], 80);
    let run = core.run("write", &["note.psargs+78", "000000"]).exits(1).json();
    assert_eq!((&run["completed"], &run["stopped"]["reason"]), (&2.into(), &"end-of-field".into()));
    for place in ["note.psargs+80", "note.psargs-1", "note.psarg", "note.file[9999].name"] {
        core.run("write", &[place, "00"]).exits(2);
    }
    core.run("fill", &["note.fname..+16", "00"]).exits(0);
    assert_eq!(value(&core, "note.fname"), "");
}

#[test]
fn a_byte_of_the_file_is_a_place_too_and_its_structures_are_guarded() {
    let core = testdata("crash.core");
    let run = core.run("write", &["offset:0x20", "00"]).exits(2).json();
    assert_eq!(run["error"]["kind"], "structure");
    core.unchanged();
    core.run("write", &["offset:0x18", "99", "--allow-structure"]).is_full(1);
    assert_eq!(value(&core, "header.e_entry").as_str().map(|value| &value[value.len() - 2..]), Some("99"));
    let past = core.run("read", &["offset:0xffffffffffff..+1"]).exits(2).json();
    assert_eq!(past["error"]["kind"], "end-of-file");
}

#[test]
fn a_script_sets_fields_and_is_made_of_two_dumps_and_taken_back() {
    let (a, b) = (testdata("crash.core"), testdata("crash.core"));
    let text =
        ["crash.code=SIGABRT", "note.psargs=./other a 'b", "header.e_entry=0x99", "segment[1].p_flags=7"];
    b.run("set", &text).exits(0);
    b.run("write", &["note[NT_AUXV]+3", "99"]).exits(0);
    let script = a.plain("diff", &[b.path().to_str().unwrap(), "--script"]).exits(0);
    assert!(!script.stderr.contains("leaves out"), "{script}");
    let edits = a.folder().join("a.edits");
    std::fs::write(&edits, script.text()).unwrap();
    a.run("apply", &[edits.to_str().unwrap()]).exits(0);
    assert_same_bytes(&a.now(), &b.now());
    a.run("apply", &[edits.to_str().unwrap(), "--reverse"]).exits(0);
    a.unchanged();
}

#[test]
fn numbers_with_a_sign_are_shown_with_it() {
    let core = testdata("crash.core");
    for name in ["note.siginfo.si_errno", "thread[11924].info.si_errno", "thread[11924].parent"] {
        core.run("set", &[&format!("{name}=-5")]).exits(0);
        let shown = dumpedit(&["fields".as_ref(), core.path(), name.as_ref()]).exits(0);
        assert!(shown.text().contains("-5"), "{shown}");
    }
}

#[test]
fn hostile_names_and_numbers_are_errors_in_words() {
    let dump = testdata("crash.dmp");
    for name in [
        "crash",
        "crash.",
        "crash[",
        "crash[].code",
        "crash[99].code",
        "module[",
        "module[]",
        "module[index:99999999999999999999].name",
        "module[\u{202e}].name",
        "thread[index:4294967296].id",
        "thread[99999999999999999999999].id",
        "segment[18446744073709551615].p_flags",
        "stream[[[[[[[",
        "note.auxv.AT_ENTRY",
    ] {
        for (verb, arguments) in [("set", vec![format!("{name}=1")]), ("where", vec![name.to_owned()])] {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let run = dump.run(verb, &arguments);
            assert_eq!(run.code, 2, "{verb} {name}: {run}");
            assert!(run.json()["error"]["message"].is_string(), "{run}");
        }
    }
    dump.unchanged();
}

#[test]
fn dumps_that_are_cut_or_changed_list_what_is_left_of_them() {
    let mut state = 7u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below.max(1)
    };
    let mut subjects: Vec<Vec<u8>> = ["crash.dmp", "crash.core", "crash32.core"]
        .map(|name| std::fs::read(folder().join(name)).unwrap())
        .into();
    subjects.extend(
        real_dumps().iter().map(|path| std::fs::read(path).unwrap()).filter(|all| all.len() < 1 << 18),
    );
    for bytes in subjects {
        for _ in 0..12 {
            let mut bytes = bytes[..random(bytes.len()) + 1].to_vec();
            for _ in 0..random(40) {
                let at = random(bytes.len().min(1 << 14));
                bytes[at] = random(256) as u8;
            }
            let Ok(dump) = Dump::from_bytes(bytes.clone()) else { continue };
            let Ok(fields) = dump.fields() else { continue };
            for field in fields.iter().take(2000) {
                let value = dump.field_value(&field).unwrap();
                assert!(!dump.field_in_words(&field, &value).is_empty() || value == FieldValue::from(""));
                for stored in &field.stored {
                    assert!(stored.place.end() <= bytes.len() as u64, "{}", field.path);
                }
            }
            drop(dump.field("module[libc].name"));
        }
    }
}

#[test]
fn a_name_is_written_where_the_dynamic_linker_has_it_in_memory_too() {
    let Some(core) = real("drgn-crashme.core") else { return };
    let json = core.run("set", &["module[crashme.so].name=/home/osandov/crashed.so"]).exits(0).json();
    let edits = json["edits"].as_array().unwrap();
    let places: Vec<&str> = edits.iter().map(|edit| edit["location"].as_str().unwrap()).collect();
    assert_eq!((places.len(), places[0]), (6, "module[crashme.so].name"));
    assert!(places[1..5].iter().all(|place| place.starts_with("note.file[")), "{places:?}");
    let read = core.run("read", &[&format!("{}..+24", places[5])]).exits(0).json();
    assert_eq!(unhex(read["bytes"].as_str().unwrap()), b"/home/osandov/crashed.so");
    if have("eu-readelf") {
        let notes = printed(Command::new("eu-readelf").arg("-n").arg(core.path()));
        assert_eq!(notes.matches("/home/osandov/crashed.so").count(), 5, "{notes}");
    }
    core.run("undo", &[]).exits(0);
    core.unchanged();
}

#[test]
fn where_a_module_of_a_core_begins_is_written_for_the_mapped_file_and_for_the_dynamic_linker() {
    let Some(core) = real("drgn-crashme.core") else { return };
    let json = core.run("set", &["module[crashme.so].base=0x7f6112ca8000"]).exits(0).json();
    let edits = json["edits"].as_array().unwrap();
    let places: Vec<&str> = edits.iter().map(|edit| edit["location"].as_str().unwrap()).collect();
    assert_eq!(places.len(), 2, "{places:?}");
    assert_eq!(places[0], "module[crashme.so].base");
    let read = core.run("read", &[&format!("{}..+8", places[1])]).exits(0).json();
    assert_eq!(read["bytes"], "0080ca12617f0000");
    let modules = core.run("modules", &[]).exits(0).json();
    let found = modules.as_array().unwrap().iter().find(|module| module["base"] == "0x7f6112ca8000");
    assert!(found.is_some_and(|module| module["name"] == "/home/osandov/crashme.so"), "{modules}");
    assert_eq!(value(&core, "module[crashme.so].end"), "0x7f6112cae000");
    if have("eu-readelf") {
        let notes = printed(Command::new("eu-readelf").arg("-n").arg(core.path()));
        assert!(notes.contains("7f6112ca8000-7f6112caa000"), "{notes}");
    }
    core.run("undo", &[]).exits(0);
    core.unchanged();
}

#[test]
fn the_build_id_of_a_module_is_written_where_memory_has_it() {
    let Some(core) = real("drgn-crashme.core") else { return };
    let id = value(&core, "module[crashme.so].id").as_str().unwrap().to_owned();
    let modules = |core: &Subject| core.run("modules", &[]).exits(0).json().as_array().unwrap().clone();
    let ids = |core: &Subject| modules(core).into_iter().map(|one| one["id"].clone()).collect::<Vec<_>>();
    let before = ids(&core);
    assert!(before.contains(&id.as_str().into()), "{before:?}");
    let other = format!("00112233{}", &id[8..]);
    core.run(
        "set",
        &[&format!("module[crashme.so].id={other}"), "--expect", &format!("module[crashme.so].id={id}")],
    )
    .exits(0);
    let expected: Vec<Value> =
        before.iter().map(|known| if *known == id { other.as_str().into() } else { known.clone() }).collect();
    assert_eq!(ids(&core), expected);
    if have("eu-unstrip") {
        let seen = printed(Command::new("eu-unstrip").args(["-n", "--core"]).arg(core.path()));
        assert!(seen.contains(&other) && !seen.contains(&id), "{seen}");
    }
    core.run("set", &["module[crashme.so].id=0011"]).is_error("value");
    core.run("undo", &[]).exits(0);
    core.unchanged();
}

/// FreeBSD has a thread in three notes, of which two have its id.
#[test]
fn the_crash_and_the_threads_of_freebsd_are_fields() {
    let names = ["llvm-freebsd-x86_64-multithread.core", "llvm-freebsd-i386.core"];
    for core in names.into_iter().filter_map(real) {
        let tid = core.run("threads", &[]).exits(0).json()[0]["tid"].as_u64().unwrap();
        let name = format!("thread[{tid}].name=other");
        let id = format!("thread[{tid}].id=77");
        let values = ["crash.address=0x1238", "crash.si_code=2", "note.psargs=./b.out", &name, &id];
        let edits = core.run("set", &values).exits(0).json()["edits"].as_array().unwrap().len();
        assert_eq!(edits, 6, "the id is written twice");
        let info = core.run("info", &[]).exits(0).json();
        assert_eq!(
            (&info["crash"]["address"], &info["crash"]["tid"]),
            (&"0x1238".into(), &77.into()),
            "{info}"
        );
        assert_eq!(info["command_line"], "./b.out", "{info}");
        assert_eq!(core.run("threads", &[]).exits(0).json()[0]["name"], "other");
        core.run("undo", &[]).exits(0);
        core.unchanged();
    }
}

#[test]
fn the_files_that_freebsd_says_are_mapped_are_fields_of_their_modules() {
    for core in
        ["llvm-freebsd-x86_64-multithread.core", "llvm-freebsd-i386.core"].into_iter().filter_map(real)
    {
        let libc = "module[libc.so.7]";
        let old = value(&core, &format!("{libc}.name")).as_str().unwrap().to_owned();
        let rows = listed(&core, &[&format!("{libc}.name")])[0]["places"].as_array().unwrap().len();
        assert!(rows > 1);
        core.run("set", &[&format!("{libc}.name=/lib/libc.so.9")]).exits(0);
        let modules = core.run("modules", &[]).exits(0).json();
        let names: Vec<&str> =
            modules.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert!(names.contains(&"/lib/libc.so.9") && !names.contains(&old.as_str()), "{names:?}");
        let count =
            |text: &str| core.now().windows(text.len()).filter(|bytes| *bytes == text.as_bytes()).count();
        assert_eq!((count("/lib/libc.so.9"), count(&old)), (rows, 0));
        core.run("undo", &[]).exits(0);
        let number = |name: &str| {
            let text = value(&core, name).as_str().unwrap().to_owned();
            u64::from_str_radix(&text[2..], 16).unwrap()
        };
        let (base, end) = (number("module[a.out].base"), number("module[a.out].end") + 0x1000);
        core.run("set", &[&format!("module[a.out].end={end:#x}")]).exits(0);
        let modules = core.run("modules", &[]).exits(0).json();
        assert_eq!(modules[0]["size"], end - base, "{modules}");
        core.run("undo", &[]).exits(0);
        core.unchanged();
    }
}

#[test]
fn a_signal_is_written_wherever_the_core_has_it() {
    let Some(core) = real("lldb-thread_crash-linux-x86_64.core") else { return };
    let json = core.run("set", &["crash.code=SIGSEGV"]).exits(0).json();
    let places: Vec<&str> =
        json["edits"].as_array().unwrap().iter().map(|edit| edit["location"].as_str().unwrap()).collect();
    assert_eq!(places[0], "crash.code");
    for tid in [5250, 5222, 5249] {
        assert!(places.contains(&format!("thread[{tid}].signal").as_str()), "{places:?}");
    }
    assert_eq!(value(&core, "note.siginfo.si_signo"), "0xb");
    if have("gdb") {
        let mut gdb = Command::new("gdb");
        gdb.args(["-nx", "-batch", "-ex", "p $_siginfo.si_signo", "-core"]).arg(core.path());
        let text = printed(&mut gdb);
        assert!(text.contains("SIGSEGV") && text.contains("= 11"), "{text}");
    }
}

/// Threads 7, 8 and 9 in gcore's form: 8 has the signal that ended the process, and 9 a `siginfo_t` of its own.
#[test]
fn the_signal_of_a_crash_goes_with_it_to_another_thread() {
    let mut core = ElfBuilder::x86_64();
    core.load(0x40_0000, &[0x90; 64]);
    let info = |signal: u8| ("CORE", 0x5349_4749, [&[signal][..], &[0; 127]].concat());
    let status = |tid, signal| prstatus(tid, signal, 0x40_0001, 0x7000);
    core.notes(&[status(7, 0), status(8, 11), info(11), status(9, 0), info(19)]);
    let core = Subject::named("gcore.core", core.finish());
    assert_eq!(value(&core, "crash.thread"), "0x8");
    core.run("set", &["crash.thread=9"]).exits(0);
    let threads = core.run("threads", &[]).exits(0).json();
    let tids: Vec<u64> =
        threads.as_array().unwrap().iter().map(|thread| thread["tid"].as_u64().unwrap()).collect();
    assert_eq!(tids, [9, 7, 8]);
    let values = ["crash.code", "thread[9].signal", "thread[8].signal", "thread[7].signal"]
        .map(|name| value(&core, name));
    assert_eq!(values, ["0xb", "0xb", "0x0", "0x0"]);
    assert_eq!(
        [value(&core, "note.siginfo.si_signo"), value(&core, "note[1].siginfo.si_signo")],
        ["0xb", "0x13"]
    );
    core.run("undo", &[]).exits(0);
    core.unchanged();
}

/// The messages of one kind in a document.
pub(crate) fn messages(json: &Value, kind: &str) -> Vec<String> {
    let notices = json["notices"].as_array().map_or(&[][..], Vec::as_slice);
    let of_kind = notices.iter().filter(|notice| notice["kind"] == kind);
    of_kind.map(|notice| notice["message"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_id_of_a_thread_of_a_minidump_is_written_wherever_the_dump_names_the_thread() {
    let mut dump = MinidumpBuilder::amd64();
    let record = amd64_context(amd64::FULL, 0x1000, 0x2000);
    dump.thread_with(7, &record);
    dump.thread_with(8, &record);
    dump.exception_with(7, &record, 0x1000);
    dump.thread_names(&[(8, "other"), (7, "main")]);
    // A ThreadInfoList: the sizes of its header and of its entries, and their number.
    let mut infos = Order::Little.fields(&[(12, 4), (64, 4), (1, 4), (7, 4)]);
    infos.resize(12 + 64, 0);
    dump.stream(17, &infos);
    let dump = Subject::new(dump.finish());
    let places = |name: &str| listed(&dump, &[name])[0]["places"].as_array().unwrap().len();
    assert_eq!((places("thread[7].id"), places("thread[8].id"), places("crash.thread")), (4, 2, 1));

    let set = dump.run("set", &["thread[7].id=99"]).exits(0).json();
    assert_eq!(set["edits"].as_array().unwrap().len(), 4, "{set}");
    let info = dump.run("info", &[]).exits(0).json();
    assert_eq!(info["crash"]["tid"], 99, "{info}");
    let threads = dump.run("threads", &[]).exits(0).json();
    assert_eq!(threads[0]["name"], "main", "{threads}");
    assert_eq!(threads[1]["name"], "other", "{threads}");
    assert_eq!(places("thread[99].id"), 4, "all say the new id");
    dump.run("undo", &[]).exits(0);
    dump.unchanged();
}

#[test]
fn the_id_that_several_threads_have_is_written_in_the_thread_alone() {
    let mut dump = MinidumpBuilder::amd64();
    let record = amd64_context(amd64::FULL, 0x1000, 0x2000);
    dump.thread_with(7, &record);
    dump.thread_with(7, &record);
    dump.exception_with(7, &record, 0x1000);
    let dump = Subject::new(dump.finish());
    let set = dump.run("set", &["thread[index:1].id=8"]).exits(0).json();
    assert_eq!(set["edits"].as_array().unwrap().len(), 1, "{set}");
    assert_eq!(value(&dump, "crash.thread"), "0x7");
}

#[test]
fn where_and_read_tell_the_other_places_of_a_field() {
    let dump = testdata("crash.core");
    let places = listed(&dump, &["crash.code"])[0]["places"].as_array().unwrap().len();
    let found = dump.run("where", &["crash.code"]).exits(0).json();
    let told = messages(&found, "field-elsewhere");
    assert_eq!(told.len(), 1, "{found}");
    assert_eq!(told[0].matches("0x").count(), places - 1, "{told:?}");
    let read = dump.plain("read", &["crash.code"]).exits(0);
    assert!(read.stderr.contains(&told[0]), "{}", read.stderr);
    let only = dump.run("where", &["note.psargs"]).exits(0).json();
    assert_eq!(messages(&only, "field-elsewhere"), [""; 0], "a field of one place");
}

#[test]
fn bytes_that_are_written_to_one_place_of_a_field_are_told_of_its_other_places() {
    let dump = testdata("crash.core");
    let places = listed(&dump, &["crash.code"])[0]["places"].as_array().unwrap().len();
    assert!(places > 1);
    let written = dump.run("write", &["crash.code", "u32:6"]).exits(0).json();
    let of_kind = |notice: &&Value| notice["kind"] == "other-places-keep-value";
    let notice = written["notices"].as_array().unwrap().iter().find(of_kind).unwrap();
    let message = notice["message"].as_str().unwrap();
    assert!(message.starts_with("crash.code is also at 0x"), "{message}");
    assert_eq!(message.matches("0x").count(), places - 1);
    let set = dump.run("set", &["crash.code=6"]).exits(0).json();
    assert!(!set["notices"].as_array().unwrap().iter().any(|notice| of_kind(&notice)), "{set}");
}

#[test]
fn a_field_gets_one_value_in_one_command() {
    for (name, sets) in [
        (
            "crash.dmp",
            [["crash.code=5", "crash.code=6"], ["thread[4711].name=a", "thread[4711].name=a longer name"]],
        ),
        ("crash.core", [["crash.code=5", "crash.code=6"], ["note.psargs=a", "note.psargs=b"]]),
    ] {
        let subject = testdata(name);
        for set in sets {
            let message = subject.run("set", &set).is_error("conflict");
            assert!(message.ends_with(" is given two values"), "{message}");
            subject.unchanged();
        }
        subject.run("set", &["crash.code=5", "crash.code=0x5"]).exits(0);
    }
}

#[test]
fn an_unknown_code_has_an_example_of_the_dumps_system() {
    for (name, example) in [("crash.dmp", "EXCEPTION_ACCESS_VIOLATION"), ("crash.core", "SIGSEGV")] {
        let subject = testdata(name);
        let path = subject.path().to_str().unwrap();
        let hint = format!("write a number, or its name on the dump's system: {example}");
        let set = subject.plain("set", &["crash.code=NOPE"]).exits(2);
        let tid = subject.run("threads", &[]).json()[0]["tid"].to_string();
        let added = dumpedit(&["add", "crash", path, "--thread", &tid, "--code", "NOPE"]).exits(2);
        for run in [set, added] {
            assert!(run.stderr.contains(&hint), "{run}");
        }
        let near = format!("{}X", &example[..example.len() - 1]);
        let set = subject.plain("set", &[&format!("crash.code={near}")]).exits(2);
        let added = dumpedit(&["add", "crash", path, "--thread", &tid, "--code", &near]).exits(2);
        for run in [set, added] {
            assert!(run.stderr.contains(&format!("did you mean {example}?")), "{run}");
        }
    }
}
