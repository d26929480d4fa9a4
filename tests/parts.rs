//! Parts that are added to a dump and dropped: independent readers see them, everything else stays, and undo restores size and bytes.

use std::fs;
use std::path::Path;

use dumpedit::{
    Access, Context, Dump, Edit, History, Location, NewCrash, NewModule, NewThread, Protection, RecordChoice,
    ThreadIndex, UndoOptions,
};
use minidump::{Minidump, MinidumpException, MinidumpLinuxMaps, MinidumpThreadList};

use crate::library::random::Random;
use crate::support::bytes::Order;
use crate::support::command::{binary, dumpedit, run};
use crate::support::corpus;
use crate::support::elf_builder::{ElfBuilder, NT_FILE, prstatus};
use crate::support::minidump_builder::{MinidumpBuilder, amd64_context, stream};
use crate::support::subject::{Subject, assert_same_bytes};
use crate::support::tools::{have, printed};
#[cfg(target_os = "linux")]
use crate::support::traced;

pub(crate) const AT: u64 = 0x7f_0000;
const READ_ONLY: Protection = Protection { read: true, write: false, execute: false, guard: false };

/// A dump of `testdata`, in a folder of its own.
pub(crate) fn testdata(name: &str) -> Subject {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name);
    Subject::named(name, fs::read(path).unwrap())
}

pub(crate) fn both() -> [Subject; 2] {
    [testdata("crash.core"), testdata("crash.dmp")]
}

/// The real dumps that grow in place: those that are whole, and have known tables.
pub(crate) fn real() -> Vec<std::path::PathBuf> {
    [corpus::minidumps(), corpus::cores()].concat()
}

/// Checks that one dump has all memory and registers of another one.
#[track_caller]
pub(crate) fn assert_holds_all_of(old: &Dump, new: &Dump, at: &str) {
    for range in old.layout().captured_ranges(0, u64::MAX) {
        let size = usize::try_from((range.last - range.first).min(1 << 20)).unwrap() + 1;
        let (mut before, mut after) = (vec![0; size], vec![1; size]);
        old.read_bytes(Context::Process, range.first, &mut before).unwrap().complete().unwrap();
        let read = new.read_bytes(Context::Process, range.first, &mut after).unwrap();
        assert!(read.completed == size as u64 && before == after, "{at}: {:#x}", range.first);
    }
    for thread in old.layout().threads() {
        let (Ok(before), Ok(after)) = (old.thread(thread.tid), new.thread(thread.tid)) else { continue };
        for choice in [RecordChoice::Auto, RecordChoice::Thread, RecordChoice::Exception] {
            let values = |dump: &Dump, context: Context| -> Option<Vec<String>> {
                let registers = dump.registers(context.with_record(choice)).ok()?;
                Some(registers.iter().map(|held| format!("{:?}={:?}", held.part, held.value)).collect())
            };
            assert_eq!(values(old, before), values(new, after), "{at}: thread {}", thread.tid);
        }
        assert_eq!(
            new.layout().threads().iter().find(|other| other.tid == thread.tid).unwrap().name,
            thread.name
        );
    }
    for module in old.layout().modules() {
        assert!(new.layout().modules().contains(module), "{at}: {module:?}");
    }
    let faults = |dump: &Dump| dump.layout().faults().iter().map(|fault| fault.code).collect::<Vec<_>>();
    assert!(faults(new).starts_with(&faults(old)), "{at}");
}

/// Adds memory, a thread like the first, and a module where the dump can have one.
pub(crate) fn add_parts(edit: &mut Edit) -> Result<(), dumpedit::Error> {
    edit.add_memory(AT, b"a page of bytes", Some(READ_ONLY))?;
    edit.add_thread(&NewThread::new(99).like(ThreadIndex(0)).register("pc", AT))?;
    let _ = edit.add_module(&NewModule::new(AT, 0x1000, "/opt/added"));
    Ok(())
}

#[test]
fn parts_are_added_to_real_dumps_and_all_else_stays() {
    let (mut grown, mut refused) = (0, 0);
    for path in real() {
        let at = path.display().to_string();
        let bytes = fs::read(&path).unwrap();
        let Ok(old) = Dump::from_bytes(bytes.clone()) else { continue };
        let held = Dump::from_bytes(bytes.clone()).unwrap();
        let mut edit = held.edit();
        if add_parts(&mut edit).and_then(|()| edit.settle()).is_err() {
            refused += 1;
            continue;
        }
        edit.commit().unwrap();
        let bytes_after = held.to_bytes().unwrap();
        assert_only_header_changed(&bytes, &bytes_after, &at);
        let new = Dump::from_bytes(bytes_after.clone()).unwrap();
        assert_holds_all_of(&old, &new, &at);
        if let Some(lines) = linux_mappings(bytes) {
            assert!(linux_mappings(bytes_after) >= Some(lines), "{at}");
        }
        let mut read = [0; 15];
        new.read_bytes(Context::Process, AT, &mut read).unwrap().complete().unwrap();
        assert_eq!(&read, b"a page of bytes", "{at}");
        let pc = new.read_register(new.thread(99).unwrap(), "pc").unwrap().to_u64().unwrap();
        // Some machines keep bits of their own in it.
        assert_eq!(pc & 0xff_ffff, AT, "{at}");
        let (before, after) = (old.layout().threads().len(), new.layout().threads().len());
        assert_eq!(after, before + 1, "{at}");
        grown += 1;
    }
    assert!(grown == 0 || grown > 3 * refused, "{grown} grown, {refused} refused");
}

/// Number of mappings that the `minidump` crate reads in LinuxMaps; it reads none where one line is invalid.
fn linux_mappings(bytes: Vec<u8>) -> Option<usize> {
    let dump = Minidump::read(bytes).ok()?;
    Some(dump.get_stream::<MinidumpLinuxMaps<'_>>().ok()?.iter().count())
}

#[test]
fn memory_that_is_added_has_a_line_in_linux_maps_that_the_minidump_crate_reads() {
    let mut dump = MinidumpBuilder::amd64();
    dump.memory(0x1000, &[7; 16]);
    dump.stream(stream::LINUX_MAPS, b"1000-2000 r-xp 00000000 08:01 77         /bin/a\n");
    let subject = Subject::new(dump.finish());
    let path = subject.path().to_str().unwrap();
    for (at, count) in [("0x7f0000", 2), ("0xffffffffffffff00", 3)] {
        dumpedit(&["add", "memory", path, at, "str:hello"]).exits(0);
        assert_eq!(linux_mappings(subject.now()), Some(count));
    }
}

/// Checks that of the old bytes only the header's fields that lead to the tables changed.
#[track_caller]
fn assert_only_header_changed(before: &[u8], after: &[u8], at: &str) {
    let header = match before {
        [b'M', b'D', b'M', b'P', ..] | [b'P', b'M', b'D', b'M', ..] => 8..16,
        [0x7f, _, _, _, 2, ..] => 32..64,
        _ => 28..52,
    };
    assert!(after.len() > before.len(), "{at}");
    let stray = before.iter().zip(after).position(|(one, other)| one != other);
    let behind = before[header.end..].iter().zip(&after[header.end..]).position(|(one, other)| one != other);
    assert!(
        stray.is_none_or(|stray| header.contains(&stray)) && behind.is_none(),
        "{at}: {stray:?} {behind:?}"
    );
}

#[test]
fn undo_gives_back_size_and_bytes_and_redo_the_parts() {
    for subject in both() {
        let dump = Dump::open(subject.path()).unwrap();
        let mut edit = dump.edit();
        add_parts(&mut edit).unwrap();
        edit.commit().unwrap();
        let grown = subject.now();
        assert_only_header_changed(subject.before(), &grown, "");
        let history = History::of(subject.path());
        let entry = &history.log().unwrap().entries[0];
        let sizes = (subject.before().len() as u64, grown.len() as u64);
        assert_eq!((entry.size_before, entry.size_after), sizes);
        assert_eq!(entry.in_force, Some(true));
        history.undo(UndoOptions::default()).unwrap();
        subject.unchanged();
        history.redo(UndoOptions::default()).unwrap();
        assert_same_bytes(&subject.now(), &grown);
        // Drops, and writes to added bytes, are undone in their order.
        subject.run("write", &["0x7f0000", "str:A"]).is_full(1);
        dumpedit(&["drop", "thread", subject.path().to_str().unwrap(), "99"]).exits(0);
        assert!(Dump::open(subject.path()).unwrap().thread(99).is_err());
        history.undo(UndoOptions::default().to(0)).unwrap();
        subject.unchanged();
    }
}

#[test]
fn bytes_that_something_else_appended_are_not_cut_off_by_undo() {
    let subject = testdata("crash.core");
    let path = subject.path().to_str().unwrap();
    dumpedit(&["add", "memory", path, "0x7f0000", "str:hello"]).exits(0);
    let mut longer = subject.now();
    longer.extend(b"something else");
    fs::write(subject.path(), &longer).unwrap();
    let undo = dumpedit(&["undo", path, "--discard-later"]);
    assert_eq!(undo.code, 2, "{undo}");
    assert_same_bytes(&subject.now(), &longer);
}

#[test]
fn a_script_adds_its_parts_as_one_edit() {
    let script = "\
        add memory 0x7f0000 u64:0x401000 u64:7 --protection=rw-\n\
        add thread 99 rsp=0x7f0008 --like index:0 --thread index:0\n\
        add thread 98 rip=0x401000\n\
        write 0x402000 str:EDIT\n";
    for subject in both() {
        let dump = Dump::open(subject.path()).unwrap();
        let at = format!("{:#x}", dump.layout().captured_ranges(0, u64::MAX).next().unwrap().first);
        let script = script.replace("0x402000", &at);
        let path = subject.path().to_str().unwrap();
        let applied = run(binary().args(["apply", path, "-", "--json"]), script.as_bytes()).exits(0).json();
        let kinds: Vec<&str> =
            applied["parts"].as_array().unwrap().iter().map(|part| part["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["memory", "thread", "thread"]);
        assert_eq!(applied["size_after"], subject.now().len());
        assert_eq!(applied["completed"], 4);
        assert_eq!(subject.register("rsp", &["--thread", "99"]), Some(0x7f_0008));
        assert_eq!(subject.register("rip", &["--thread", "98"]), Some(0x40_1000));
        assert_eq!(subject.register("rsp", &["--thread", "98"]), Some(0));
        assert_eq!(subject.plain("read", &[&format!("{at}..+4"), "--raw"]).stdout, b"EDIT");
        dumpedit(&["undo", path]).exits(0);
        subject.unchanged();
        // The line in the journal does the same again.
        let log = subject.run("log", &[]).json();
        assert!(log.to_string().contains("apply"), "{log}");
    }
}

#[test]
fn registers_that_an_edit_sets_are_in_the_copy_of_their_notes() {
    let subject = testdata("crash.core");
    let path = subject.path().to_str().unwrap();
    for script in ["set rax=0x1234\nadd thread 99", "add thread 99\nset rax=0x1234"] {
        run(binary().args(["apply", path, "-"]), script.as_bytes()).exits(0);
        assert_eq!(subject.register("rax", &[]), Some(0x1234));
        dumpedit(&["undo", path]).exits(0);
        subject.unchanged();
    }
}

#[test]
fn what_is_there_already_is_an_error_and_nothing_changes() {
    for subject in both() {
        let path = subject.path().to_str().unwrap();
        let dump = Dump::open(subject.path()).unwrap();
        let held = dump.layout().captured_ranges(0, u64::MAX).next().unwrap();
        let tid = dump.layout().threads()[0].tid.to_string();
        let before = format!("{:#x}", held.first - 1);
        let start = format!("{:#x}", held.first);
        let cases: [(&[&str], &str, &str); 8] = [
            (&["add", "memory", path, &start, "00"], "conflict", "captured already, in the region"),
            (&["add", "memory", path, &before, "0000"], "conflict", "captured already"),
            (&["add", "memory", path, "0xffffffffffffffff", "0000"], "conflict", "past the last address"),
            (&["add", "thread", path, &tid], "thread", "already"),
            (&["add", "thread", path, "99", "nonsense=1"], "register", "nonsense"),
            (&["drop", "memory", path, "0x10..0x20"], "not-captured", "captured"),
            (&["drop", "thread", path, "4321"], "thread", "4321"),
            (&["add", "crash", path, "--thread", &tid, "--code", "SIGWHAT"], "value", "SIGWHAT"),
        ];
        for (arguments, kind, words) in cases {
            let failed = dumpedit(&[arguments, &["--json"]].concat());
            assert_eq!(failed.code, 2, "{failed}");
            let error = &failed.json()["error"];
            assert_eq!(error["kind"], kind, "{failed}");
            assert!(error["message"].as_str().unwrap().contains(words), "{failed}");
            subject.unchanged();
        }
    }
}

#[test]
fn a_dry_run_tells_what_would_be_and_changes_nothing() {
    for subject in both() {
        let path = subject.path().to_str().unwrap();
        let told = dumpedit(&["add", "memory", path, "0x7f0000", "str:hello", "--dry-run", "--json"])
            .exits(0)
            .json();
        assert_eq!(told["parts"][0]["address"], "0x7f0000");
        assert!(told["size_after"].as_u64().unwrap() > subject.before().len() as u64);
        subject.unchanged();
        let copy = subject.folder().join("copy");
        let copied = copy.to_str().unwrap();
        dumpedit(&["add", "memory", path, "0x7f0000", "str:hello", "-o", copied]).exits(0);
        subject.unchanged();
        dumpedit(&["add", "memory", path, "0x7f0000", "str:hello"]).exits(0);
        assert_same_bytes(&fs::read(copy).unwrap(), &subject.now());
        let streamed = run(binary().args(["add", "thread", path, "99", "-o", "-"]), b"").exits(0);
        assert!(Dump::from_bytes(streamed.stdout).unwrap().thread(99).is_ok());
    }
}

#[test]
fn memory_is_dropped_from_the_tables_and_out_of_a_copy() {
    for subject in both() {
        let path = subject.path().to_str().unwrap();
        let held = Dump::open(subject.path()).unwrap().layout().captured_ranges(0, u64::MAX).next().unwrap();
        let range = format!("{:#x}..+2", held.first + 1);
        let copy = subject.folder().join("copy");
        dumpedit(&["drop", "memory", path, &range, "-o", copy.to_str().unwrap()]).exits(0);
        subject.unchanged();
        dumpedit(&["drop", "memory", path, &range]).exits(0);
        for dropped in [subject.path(), &copy] {
            let dump = Dump::open(dropped).unwrap();
            let captured =
                |at| dump.layout().resolve(Context::Process, Location::Virtual(at), 1, Access::Read).is_ok();
            let first = held.first;
            assert_eq!([first, first + 1, first + 2, first + 3].map(captured), [true, false, false, true]);
        }
        dumpedit(&["undo", path]).exits(0);
        subject.unchanged();
    }
}

#[test]
fn an_exception_of_a_minidump_is_added_to_the_others() {
    let subject = testdata("crash.dmp");
    let path = subject.path().to_str().unwrap();
    dumpedit(&["add", "thread", path, "99", "--like", "index:0", "rip=0x7f0000"]).exits(0);
    let add = ["add", "crash", path, "--thread", "99", "--code", "0xc0000005", "--address", "0x8", "--json"];
    let told = |run: &crate::support::command::Run| -> Vec<String> {
        let json = run.json();
        let notices = json["notices"].as_array().unwrap().iter();
        notices.map(|notice| notice["kind"].as_str().unwrap().to_owned()).collect()
    };
    // LLDB reads no minidump with two of them.
    let second = dumpedit(&add).exits(0);
    assert!(told(&second).contains(&"second-exception".to_owned()), "{second}");
    let dump = Dump::open(subject.path()).unwrap();
    let last = dump.layout().faults().last().unwrap();
    assert_eq!((last.code, dump.layout().faults().len()), (0xc000_0005, 2));
    // This reader takes the last.
    let read = Minidump::read_path(subject.path()).unwrap();
    let exception = read.get_stream::<MinidumpException<'_>>().unwrap();
    assert_eq!(
        (exception.get_crashing_thread_id(), exception.raw.exception_record.exception_address),
        (99, 8)
    );
    let threads = read.get_stream::<MinidumpThreadList<'_>>().unwrap();
    assert!(threads.threads.iter().any(|thread| thread.raw.thread_id == 99));
    dumpedit(&["drop", "crash", path, "99"]).exits(0);
    dumpedit(&["drop", "crash", path, "crashed"]).exits(0);
    let first = dumpedit(&add).exits(0);
    assert!(!told(&first).contains(&"second-exception".to_owned()), "{first}");
}

/// The values of a thread's registers, in the record that debuggers show.
fn registers(dump: &Dump, tid: u64) -> Vec<String> {
    let held = dump.registers(dump.thread(tid).unwrap()).unwrap();
    held.iter().map(|held| format!("{:?}={:?}", held.part, held.value)).collect()
}

#[test]
fn a_crash_is_dropped_and_its_thread_stays() {
    for subject in both() {
        let path = subject.path().to_str().unwrap();
        let old = Dump::from_bytes(subject.before().to_vec()).unwrap();
        let crashed = old.layout().crashed().unwrap();
        let tid = old.layout().threads()[crashed.0 as usize].tid;
        let copy = subject.folder().join("copy");
        dumpedit(&["drop", "crash", path, "crashed", "-o", copy.to_str().unwrap()]).exits(0);
        subject.unchanged();
        dumpedit(&["drop", "crash", path, &tid.to_string()]).exits(0);
        for without in [subject.path(), &copy] {
            let new = Dump::open(without).unwrap();
            assert_eq!((new.layout().faults(), new.layout().crashed()), (&[][..], None));
            assert_eq!(new.layout().threads().len(), old.layout().threads().len());
            let captured = |dump: &Dump| {
                let ranges = dump.layout().captured_ranges(0, u64::MAX);
                ranges.map(|range| (range.first, range.last)).collect::<Vec<_>>()
            };
            assert_eq!(captured(&new), captured(&old));
            for thread in old.layout().threads().iter().filter(|thread| thread.tid != tid) {
                assert_eq!(registers(&new, thread.tid), registers(&old, thread.tid));
            }
        }
        let again = dumpedit(&["drop", "crash", path, &tid.to_string(), "--json"]);
        let error = again.exits(2).json();
        assert_eq!(error["error"]["kind"], "thread");
        assert!(error["error"]["message"].as_str().unwrap().contains("has no crash of thread"), "{error}");
        dumpedit(&["add", "crash", path, "--thread", &tid.to_string(), "--code", "11"]).exits(0);
        assert_eq!(Dump::open(subject.path()).unwrap().layout().faults().len(), 1);
        dumpedit(&["undo", path]).exits(0);
        dumpedit(&["undo", path]).exits(0);
        subject.unchanged();
    }
}

#[test]
fn a_core_without_its_crash_is_one_of_a_process_that_lives() {
    let subject = testdata("crash.core");
    let path = subject.path().to_str().unwrap();
    dumpedit(&["drop", "crash", path, "crashed"]).exits(0);
    if have("eu-readelf") {
        let notes = printed(std::process::Command::new("eu-readelf").arg("-n").arg(subject.path()));
        assert_eq!(notes.matches("cursig: 0").count(), notes.matches("cursig:").count(), "{notes}");
        assert!(!notes.contains("si_signo: 11"), "{notes}");
    }
    if have("gdb") {
        let mut gdb = std::process::Command::new("gdb");
        gdb.args(["-batch", "-nx", "-c"]).arg(subject.path());
        let said = printed(&mut gdb);
        assert!(!said.contains("terminated with signal"), "{said}");
    }
}

#[test]
fn hostile_and_cut_dumps_grow_without_a_stray_byte_or_are_refused() {
    let mut random = Random(17);
    let mut grown = 0;
    let made = both().map(|subject| subject.before().to_vec());
    let real = real().into_iter().map(|path| fs::read(path).unwrap()).filter(|bytes| bytes.len() < 64 << 10);
    for bytes in made.into_iter().chain(real) {
        for round in 0..24 {
            let mut bytes = bytes.clone();
            if round % 4 == 0 {
                let cut = usize::try_from(random.next()).unwrap_or(0) % bytes.len();
                bytes.truncate(cut.max(64));
            }
            for _ in 0..1 + random.next() % 6 {
                let at = usize::try_from(random.next() % 4096).unwrap() % bytes.len();
                bytes[at] = random.next() as u8;
            }
            let Ok(dump) = Dump::from_bytes(bytes.clone()) else { continue };
            for part in 0..4 {
                let mut edit = dump.edit();
                let added = match part {
                    0 => edit.add_memory(AT, b"hello", None),
                    1 => edit.add_thread(&NewThread::new(99).like(ThreadIndex(0))),
                    2 => edit.add_module(&NewModule::new(AT, 0x1000, "added")),
                    _ => {
                        let tid = dump.layout().threads().first().map_or(0, |thread| thread.tid);
                        edit.add_crash(&NewCrash::new(tid, 11).at(8))
                    }
                };
                if added.and_then(|()| edit.settle()).is_err() {
                    continue;
                }
                let mut written = Vec::new();
                edit.write_out(&mut written, &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
                assert_only_header_changed(&bytes, &written, &format!("round {round}, part {part}"));
                Dump::from_bytes(written).unwrap();
                grown += 1;
            }
        }
    }
    assert!(grown > 40, "{grown}");
}

#[test]
fn a_core_with_as_many_segments_as_its_header_counts_gets_one_more() {
    // `PN_XNUM` is 0xffff: the count moves to section 0.
    let mut core = crate::support::elf_builder::ElfBuilder::with_room(Order::Little, true, 62, 0x1_0002);
    core.notes(&[crate::support::elf_builder::prstatus(7, 11, 0x40_0001, 0x7000)]);
    let page = core.place(&[7; 16]);
    for segment in 0..0xfffd {
        core.load_at(0x10_0000 + segment * 0x1000, page, 16, 16);
    }
    let subject = Subject::named("many.core", core.finish());
    let path = subject.path().to_str().unwrap();
    for (at, count) in [("0x1000", 0xfffe), ("0x2000", 0xffff)] {
        dumpedit(&["add", "memory", path, at, "str:hello"]).exits(0);
        let dump = Dump::open(subject.path()).unwrap();
        assert_eq!(dump.layout().region_count(), count);
        assert_eq!(subject.plain("read", &[&format!("{at}..+5"), "--raw"]).stdout, b"hello");
    }
    if have("eu-readelf") {
        let shown = printed(std::process::Command::new("eu-readelf").arg("-h").arg(subject.path()));
        assert!(shown.contains("65535 (65536 in [0].sh_info)"), "{shown}");
    }
    dumpedit(&["undo", path, "--all"]).exits(0);
    subject.unchanged();
}

/// Neither has thread ids, and a triage dump has only the parts of a kernel that Windows chose.
#[test]
fn what_a_mach_o_core_and_a_triage_dump_have_no_place_for_is_refused_and_nothing_changes() {
    let folder = tempfile::tempdir().unwrap();
    for (spec, parts) in
        [("macos.yaml", &["thread", "module"][..]), ("kernel.yaml", &["memory", "thread", "module"])]
    {
        let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(spec);
        let dump = folder.path().join("dump");
        dumpedit(&["synth", spec.to_str().unwrap(), "-o", dump.to_str().unwrap(), "--overwrite"]).exits(0);
        let before = fs::read(&dump).unwrap();
        for part in parts {
            let more: &[&str] = match *part {
                "memory" => &["0x7f0000", "00"],
                "thread" => &["99"],
                _ => &["0x400000", "--size", "0x1000", "--name", "app"],
            };
            let arguments = [&["add", part, dump.to_str().unwrap()], more].concat();
            let refused = dumpedit(&arguments);
            assert_eq!(refused.code, 2, "{refused}");
            assert!(refused.stderr.contains("cannot store this part"), "{refused}");
            assert_eq!(fs::read(&dump).unwrap(), before);
        }
    }
}

#[test]
fn hints_name_what_the_dump_itself_has() {
    let dump = testdata("crash.dmp");
    let hint = |words: &[&str]| {
        let [verb, part, rest @ ..] = words else { panic!("{words:?}") };
        let path = dump.path().to_str().unwrap();
        let run = dumpedit(&[&[*verb, *part, path][..], rest].concat());
        run.exits(2).stderr
    };
    let code = hint(&["add", "crash", "--thread", "4712", "--code", "SIGSEGV"]);
    assert!(code.contains("EXCEPTION_ACCESS_VIOLATION") && !code.contains(": SIGSEGV"), "{code}");
    let module = hint(&["drop", "module", "nope"]);
    assert!(module.contains("named 'nope'") && !module.contains("did you mean"), "{module}");
    let near = hint(&["drop", "module", "ntdl"]);
    assert!(near.contains("did you mean ntdll?"), "{near}");
}

#[test]
fn a_thread_like_the_crashed_one_is_like_the_only_one_where_there_is_no_crash() {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 0, 0x40_1000, 0x7000)]);
    core.load(0x1000, &[7; 64]);
    let subject = Subject::named("alive.core", core.finish());
    let path = subject.path().to_str().unwrap();
    dumpedit(&["add", "thread", path, "99", "--like", "crashed"]).exits(0);
    // Neither of two threads is the default.
    let refused = dumpedit(&["add", "thread", path, "100", "--like", "crashed", "--json"]).exits(2);
    let error = &refused.json()["error"];
    assert!(error["message"].as_str().unwrap().contains("--like"), "{error}");
    dumpedit(&["undo", path]).exits(0);
    subject.unchanged();
}

#[test]
fn a_thread_like_a_crashed_one_has_the_registers_that_count_or_those_of_the_record_that_is_asked_for() {
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(7, &amd64_context(0x10_000b, 0x1111, 0x7000));
    dump.thread_with(8, &amd64_context(0x10_000b, 0x2222, 0x8000));
    dump.exception_with(7, &amd64_context(0x10_000b, 0x3333, 0x9000), 0x3333);
    let subject = Subject::new(dump.finish());
    let path = subject.path().to_str().unwrap();
    let pc = |words: &[&str]| -> u64 {
        dumpedit(&[&["add", "thread", path, "99"][..], words].concat()).exits(0);
        let dump = Dump::open(subject.path()).unwrap();
        let pc = dump.read_register(dump.thread(99).unwrap(), "pc").unwrap().to_u64().unwrap();
        dumpedit(&["undo", path]).exits(0);
        pc
    };
    for like in ["crashed", "7"] {
        assert_eq!(pc(&["--like", like]), 0x3333);
        assert_eq!(pc(&["--like", like, "--context", "thread"]), 0x1111);
        assert_eq!(pc(&["--like", like, "--context", "exception"]), 0x3333);
    }
    assert_eq!(pc(&["--like", "8"]), 0x2222);
    // A register as a value is read from the same record.
    assert_eq!(pc(&["--like", "7", "--context", "thread", "rip=@rip"]), 0x1111);
    for (like, context) in [("7", "both"), ("7", "wow64"), ("8", "exception")] {
        let words = ["add", "thread", path, "99", "--like", like, "--context", context, "--json"];
        dumpedit(&words).is_error("thread");
    }
    subject.unchanged();
    let script = subject.folder().join("script");
    fs::write(&script, "add thread 98 --like 7\nadd thread 99 --like 7 --context thread\n").unwrap();
    dumpedit(&["apply", path, script.to_str().unwrap()]).exits(0);
    let dump = Dump::open(subject.path()).unwrap();
    let pc = |tid| dump.read_register(dump.thread(tid).unwrap(), "pc").unwrap().to_u64().unwrap();
    assert_eq!((pc(98), pc(99)), (0x3333, 0x1111));
}

#[test]
fn the_stack_of_a_thread_that_is_dropped_stays_in_the_dump() {
    let mut dump = MinidumpBuilder::amd64();
    let stack = dump.place(&[7; 64]);
    let context = amd64_context(0x10_000b, 0x1111, 0x7000);
    let record = dump.place(&context);
    dump.thread(7, (0x7000, 64, stack), (context.len() as u64, record));
    dump.memory(0x1000, &[8; 16]);
    let subject = Subject::new(dump.finish());
    let path = subject.path().to_str().unwrap();
    let copy = subject.folder().join("copy");
    dumpedit(&["drop", "thread", path, "7", "-o", copy.to_str().unwrap()]).exits(0);
    subject.unchanged();
    dumpedit(&["drop", "thread", path, "7"]).exits(0);
    for dropped in [subject.path(), &copy] {
        let dump = Dump::open(dropped).unwrap();
        assert!(dump.layout().threads().is_empty());
        let mut read = [0; 64];
        dump.read_bytes(Context::Process, 0x7000, &mut read).unwrap().complete().unwrap();
        assert_eq!(read, [7; 64]);
    }
    dumpedit(&["undo", path]).exits(0);
    subject.unchanged();
}

#[test]
fn a_crash_is_of_the_crashed_thread_else_of_the_only_one_where_none_is_named() {
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(7, &amd64_context(0x10_000b, 0x1111, 0x7000));
    let subject = Subject::new(dump.finish());
    let path = subject.path().to_str().unwrap();
    for count in [1, 2] {
        dumpedit(&["add", "crash", path, "--code", "0xc0000005"]).exits(0);
        let dump = Dump::open(subject.path()).unwrap();
        assert_eq!((dump.layout().faults().len(), dump.layout().crashed()), (count, Some(ThreadIndex(0))));
    }
    dumpedit(&["undo", path, "--all"]).exits(0);
    dumpedit(&["add", "thread", path, "8"]).exits(0);
    // Neither of two threads is the default.
    let refused = dumpedit(&["add", "crash", path, "--code", "0xc0000005"]).exits(2);
    assert!(refused.stderr.contains("--thread"), "{refused}");
}

#[test]
fn a_module_of_no_size_is_refused_for_its_size() {
    for subject in both() {
        let path = subject.path().to_str().unwrap();
        let words = ["add", "module", path, "0x400000", "--size", "0", "--name", "app", "--json"];
        let message = dumpedit(&words).is_error("value");
        assert!(message.contains("more than 0 bytes"), "{message}");
        subject.unchanged();
    }
}

/// A core whose list of mapped files has zeros behind its names, as createdump of .NET writes it.
#[test]
fn a_list_of_mapped_files_with_padding_takes_modules_and_longer_names_and_keeps_its_padding() {
    let mut core = ElfBuilder::x86_64();
    let mut files: Vec<u8> =
        [1u64, 0x1000, 0x1000, 0x2000, 0].iter().flat_map(|word| word.to_le_bytes()).collect();
    files.extend(b"/bin/a\0\0\0");
    core.notes(&[prstatus(7, 11, 0x1001, 0x7000), ("CORE", NT_FILE, files)]);
    core.load(0x1000, &[7; 64]);
    let subject = Subject::named("padded.core", core.finish());
    let path = subject.path().to_str().unwrap();
    let names =
        |dump: &Dump| dump.model().unwrap().modules.iter().map(|module| module.name.value.clone()).collect();
    let padding = |dump: &Dump| dump.model().unwrap().elf().unwrap().files_padding;
    let edits: [(&[&str], &[&str]); 3] = [
        (&["add", "module", path, "0x400000", "--size", "0x1000", "--name", "/bin/b"], &["/bin/a", "/bin/b"]),
        (&["set", path, "note.file[0].name=/a/longer/name"], &["/a/longer/name"]),
        (&["add", "thread", path, "99"], &["/bin/a"]),
    ];
    for (words, expected) in edits {
        dumpedit(words).exits(0);
        let dump = Dump::open(subject.path()).unwrap();
        let found: Vec<String> = names(&dump);
        assert_eq!((found, padding(&dump)), (expected.iter().map(|name| (*name).to_owned()).collect(), 2));
        let spec = subject.folder().join("spec.yaml");
        dumpedit(&["describe", path, "-o", spec.to_str().unwrap(), "--overwrite"]).exits(0);
        let made = subject.folder().join("made.core");
        dumpedit(&["synth", spec.to_str().unwrap(), "-o", made.to_str().unwrap(), "--overwrite"]).exits(0);
        assert_eq!(padding(&Dump::open(&made).unwrap()), 2);
        dumpedit(&["undo", path]).exits(0);
        subject.unchanged();
    }
    dumpedit(&["drop", "module", path, "0x1000"]).exits(0);
    assert!(Dump::open(subject.path()).unwrap().model().unwrap().modules.is_empty());
}

#[test]
fn a_thread_without_a_name_is_given_one() {
    let context = amd64_context(0x10_000b, 0x1111, 0x7000);
    for has_names in [true, false] {
        let mut dump = MinidumpBuilder::amd64();
        for tid in [7, 8] {
            dump.thread_with(tid, &context);
        }
        if has_names {
            dump.thread_names(&[(7, "main")]);
        }
        let subject = Subject::new(dump.finish());
        let path = subject.path().to_str().unwrap();
        let names = |path: &Path| -> Vec<Option<String>> {
            let dump = Dump::open(path).unwrap();
            dump.layout().threads().iter().map(|thread| thread.name.clone()).collect()
        };
        let first = has_names.then(|| "main".to_owned());
        let expected = [first, Some("worker of pool".to_owned())];
        let copy = subject.folder().join("copy");
        let set = ["set", path, "thread[8].name=worker of pool"];
        dumpedit(&[&set[..], &["-o", copy.to_str().unwrap()]].concat()).exits(0);
        subject.unchanged();
        assert_eq!(names(&copy), expected);
        let told = dumpedit(&[&set[..], &["--json"]].concat()).exits(0).json();
        assert!(told.to_string().contains("thread-name"), "{told}");
        assert_eq!(names(subject.path()), expected);
        let read = Minidump::read_path(subject.path()).unwrap();
        let read = read.get_stream::<minidump::MinidumpThreadNames>().unwrap();
        assert_eq!(read.get_name(8).as_deref(), Some("worker of pool"));
        // From then on it is a field.
        dumpedit(&["set", path, "thread[index:1].name=w"]).exits(0);
        assert_eq!(names(subject.path())[1].as_deref(), Some("w"));
        dumpedit(&["undo", path, "--all"]).exits(0);
        subject.unchanged();
        let script = subject.folder().join("script");
        fs::write(&script, "set thread[8].name=one\nset thread[index:1].name=two\n").unwrap();
        dumpedit(&["apply", path, script.to_str().unwrap()]).exits(0);
        assert_eq!(names(subject.path())[1].as_deref(), Some("two"));
    }
    let core = testdata("crash.core");
    dumpedit(&["set", core.path().to_str().unwrap(), "thread[crashed].name=x", "--json"]).is_error("field");
}

#[test]
fn an_id_or_an_address_that_its_field_has_no_room_for_is_refused() {
    for name in ["crash.core", "crash32.core", "crash.dmp"] {
        let subject = testdata(name);
        let path = subject.path().to_str().unwrap();
        let words = "0x174876e7ff does not fit into a thread's id, which has 32 bits";
        let copy = subject.folder().join("copy").display().to_string();
        for more in [&[][..], &["-o", &copy]] {
            let refused = dumpedit(&[&["add", "thread", path, "99999999999", "--json"], more].concat());
            assert_eq!(refused.is_error("value"), words);
        }
        let refused = run(binary().args(["apply", path, "-"]), b"add thread 99999999999\n").exits(2);
        assert!(refused.stderr.contains(words), "{refused}");
        subject.unchanged();
    }
    let subject = testdata("crash32.core");
    let path = subject.path().to_str().unwrap();
    dumpedit(&["add", "thread", path, "4294967295"]).exits(0);
    assert_eq!(subject.run("threads", &[]).json()[1]["tid"], 4_294_967_295u32);
    let crash = ["add", "crash", path, "--thread", "4294967295", "--code", "SIGSEGV", "--address"];
    let refused = dumpedit(&[&crash[..], &["0x123456789", "--json"]].concat());
    assert_eq!(refused.is_error("value"), "0x123456789 does not fit into si_addr, which has 32 bits");
    dumpedit(&[&crash[..], &["0xfffffff8"]].concat()).exits(0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_hole_that_nothing_refers_to_is_not_read() {
    if !traced::can_trace() {
        return;
    }
    let subject = testdata("crash.dmp");
    let size = subject.before().len() as u64 + (1 << 30);
    fs::File::options().write(true).open(subject.path()).unwrap().set_len(size).unwrap();
    let path = subject.path().to_str().unwrap();
    for part in [&["memory", path, "0x71000", "4141"][..], &["thread", path, "99"]] {
        let traced = traced::run(&["-e", "trace=pread64"], [&["add"], part].concat());
        assert!(traced.output.status.success(), "{traced:?}");
        let reads = traced.calls.lines().count();
        assert!(reads < 500, "{reads}");
    }
    dumpedit(&["undo", path, "--all"]).exits(0);
    assert_eq!(fs::metadata(subject.path()).unwrap().len(), size);
}
