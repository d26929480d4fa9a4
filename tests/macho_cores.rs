//! Mach-O cores: LLDB sees the same registers and memory, also after edits, each register has bytes of its own, and a core that is
//! described and made again is the same.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use dumpedit::{Context, Dump, HeldRegister, Number, RecordChoice, ThreadIndex};
use dumpedit_fixtures::{Spec, SynthOptions, synth};
use serde_json::Value;
use tempfile::TempDir;

use crate::registers_agree::{agree, machine_of, set_is_seen, shown};
use crate::support::bytes::{Order, counting, hex};
use crate::support::command::{binary, dumpedit, run};
use crate::support::corpus;
use crate::support::macho_builder::{ARM64, ARM64_32, MachOBuilder, PPC, X86_64, fat};
use crate::support::readers::{View, lldb, lldb_memory};
use crate::support::subject::{Subject, assert_same_bytes};
use crate::support::tools::have;

const LITTLE: Order = Order::Little;

/// Flavors of states.
const X86_THREAD_STATE64: u64 = 4;
const ARM_THREAD_STATE64: u64 = 6;
const PPC_THREAD_STATE: u64 = 1;

/// The cores of an independent maker; none where it or Python is not here, which is printed.
fn makers_cores() -> Option<TempDir> {
    let maker = corpus::maker("macho.py")?;
    if !have("python3") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new("python3").arg(maker).arg(folder.path()).status().unwrap();
    assert!(made.success(), "macho.py: {made}");
    Some(folder)
}

/// The maker's cores, with a register of each that LLDB has to see.
const MADE: [(&str, &str); 6] = [
    ("x64.core", "r15"),
    ("x64w.core", "r15"),
    ("i386.core", "gs"),
    ("arm.core", "r12"),
    ("arm64.core", "far"),
    ("arm64n.core", "x30"),
];

fn copy_of(path: &Path) -> Subject {
    Subject::named(path.file_name().unwrap().to_str().unwrap(), std::fs::read(path).unwrap())
}

/// LLDB's view of the threads. It counts them itself, and reads no floating point state of x86.
fn seen_by_lldb(path: &Path, machine: &str) -> Vec<View> {
    let is_x86 = ["amd64", "x86"].contains(&machine);
    let is_float = |name: &str| ["fop", "mxcsr"].contains(&name) || name.starts_with("xmm");
    let mut views = lldb(path, machine);
    for view in &mut views {
        view.choice = vec!["--thread".to_owned(), format!("index:{}", view.place)];
        let ours = shown(path, &view.choice);
        view.registers.retain(|(name, _)| ours.contains_key(name) && !(is_x86 && is_float(name)));
    }
    views
}

#[test]
fn lldb_sees_what_regs_shows_and_what_was_set() {
    let Some(folder) = makers_cores().filter(|_| have("lldb")) else { return };
    for (name, certain) in MADE {
        let subject = copy_of(&folder.path().join(name));
        let machine = machine_of(subject.path());
        let read = |path: &Path| seen_by_lldb(path, &machine);
        let views = read(subject.path());
        assert_eq!(views.len(), if name == "arm64n.core" { 2 } else { 1 }, "{name}");
        let all_see = views.iter().all(|view| view.registers.iter().any(|(name, _)| name == certain));
        assert!(all_see, "{name}: {views:?}");
        agree(subject.path(), &views, 16);
        let set = set_is_seen(&subject, views.len() - 1, true, &read);
        assert!(set >= 4, "{name}: {set} groups");
        agree(subject.path(), &read(subject.path()), 16);
        subject.run("undo", &["--all"]).exits(0);
        subject.unchanged();
    }
}

#[test]
fn lldb_sees_memory_before_and_after_it_was_written() {
    let Some(folder) = makers_cores().filter(|_| have("lldb")) else { return };
    for (name, _) in MADE {
        let subject = copy_of(&folder.path().join(name));
        let address = if ["i386.core", "arm.core"].contains(&name) { 0xbfff_0010 } else { 0x7fff_5010_u64 };
        let mut expected = counting(0x10, 16);
        assert_eq!(lldb_memory(subject.path(), address, 16), expected, "{name}");
        subject.run("write", &[&format!("{:#x}", address + 3), "c0ffee"]).is_full(3);
        expected[3..6].copy_from_slice(&[0xc0, 0xff, 0xee]);
        assert_eq!(lldb_memory(subject.path(), address, 16), expected, "{name}");
        let differ: Vec<u8> =
            subject.now().iter().zip(subject.before()).filter(|(a, b)| a != b).map(|(a, _)| *a).collect();
        assert_eq!(differ, [0xc0, 0xff, 0xee], "{name}");
        subject.run("undo", &[]).exits(0);
        subject.unchanged();
    }
}

/// Specs of a core of every machine, with every named state.
const EVERY_STATE: [(&str, &str); 8] = [
    (
        "amd64",
        "machine: amd64\nthreads: [{states: [{flavor: x86_THREAD_STATE64}, {flavor: x86_FLOAT_STATE64}, {flavor: x86_EXCEPTION_STATE64}, {flavor: x86_DEBUG_STATE64}]}]\n",
    ),
    (
        "amd64",
        "machine: amd64\nthreads: [{states: [{flavor: x86_THREAD_STATE64, wrapper: x86_THREAD_STATE}, {flavor: x86_FLOAT_STATE64, wrapper: x86_FLOAT_STATE}, {flavor: x86_EXCEPTION_STATE64, wrapper: x86_EXCEPTION_STATE}, {flavor: x86_DEBUG_STATE64, wrapper: x86_DEBUG_STATE}]}]\n",
    ),
    (
        "x86",
        "machine: x86\nthreads: [{states: [{flavor: x86_THREAD_STATE32}, {flavor: x86_FLOAT_STATE32}, {flavor: x86_EXCEPTION_STATE32}, {flavor: x86_DEBUG_STATE32}]}]\n",
    ),
    ("arm", "machine: arm\nthreads: [{}]\n"),
    (
        "arm64",
        "machine: arm64\nthreads: [{states: [{flavor: ARM_THREAD_STATE64}, {flavor: ARM_NEON_STATE64}, {flavor: ARM_EXCEPTION_STATE64}, {flavor: ARM_DEBUG_STATE64}]}]\n",
    ),
    (
        "arm64",
        "machine: arm64\nthreads: [{states: [{flavor: ARM_THREAD_STATE64, wrapper: ARM_UNIFIED_THREAD_STATE}]}]\n",
    ),
    ("arm64", "machine: arm64\nheader: {machine: 0x0200000c}\nthreads: [{}]\n"),
    ("ppc", "machine: ppc\nthreads: [{}]\n"),
];

fn synthesised(text: &str) -> Vec<u8> {
    let spec = Spec::from_yaml(&format!("format: macho-core\n{text}")).unwrap();
    synth(&spec, &SynthOptions::default()).unwrap().to_bytes().unwrap()
}

/// Knuth's MMIX generator: the same values in every run.
struct Random(u64);

impl Random {
    fn bytes(&mut self, size: usize) -> Vec<u8> {
        let mut next = || {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 32) as u8
        };
        (0..size).map(|_| next()).collect()
    }
}

#[test]
fn each_register_has_bytes_of_its_own_that_a_set_changes_and_no_others() {
    let mut random = Random(16);
    for (machine, text) in EVERY_STATE {
        let bytes = synthesised(text);
        let context = Context::Thread(ThreadIndex(0), RecordChoice::Thread);
        let whole = Dump::from_bytes(bytes.clone()).unwrap();
        assert_eq!(whole.layout().machine().name(), machine);
        let mut owners: HashMap<usize, String> = HashMap::new();
        let mut seen = Vec::new();
        for HeldRegister { part, .. } in whole.registers(context).unwrap() {
            let name = whole.layout().register_name(context, part);
            let value = random.bytes(part.bits.div_ceil(8) as usize);
            let dump = Dump::from_bytes(bytes.clone()).unwrap();
            let mut edit = dump.edit();
            edit.set_register(context, &name, Number::from_le_bytes(&value)).unwrap();
            edit.commit().unwrap();
            let now = dump.read_register(context, &name).unwrap();
            assert_eq!(now.to_le_bytes(), value, "{machine} {name}");
            let after = dump.to_bytes().unwrap();
            let changed: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != after[*at]).collect();
            let (first, last) = (changed[0], changed[changed.len() - 1]);
            assert!(last - first < value.len(), "{machine} {name}: {first:#x} to {last:#x}");
            for at in changed {
                let owner = owners.entry(at).or_insert_with(|| name.clone());
                // A vector is there at several widths.
                let is_same = owner.trim_start_matches(char::is_alphabetic)
                    == name.trim_start_matches(char::is_alphabetic);
                assert!(*owner == name || is_same, "{machine}: {at:#x} is of {owner} and of {name}");
            }
            seen.push(name);
        }
        assert!(seen.len() >= 33, "{machine}: {seen:?}");
    }
}

#[test]
fn all_registers_set_at_once_are_undone_byte_for_byte() {
    let mut random = Random(17);
    for (machine, text) in EVERY_STATE {
        let subject = Subject::new(synthesised(text));
        let regs = subject.run("regs", &["--thread", "index:0"]).exits(0).json();
        // The vectors of 64-bit ARM have two names.
        let is_second = |name: &Value| machine == "arm64" && name.as_str().unwrap().starts_with('q');
        let set = regs["registers"].as_array().unwrap().iter();
        let set = set.filter(|register| !is_second(&register["name"])).map(|register| {
            let size = register["size"].as_u64().unwrap() as usize;
            format!("{}=0x{}", register["name"].as_str().unwrap(), hex(&random.bytes(size)))
        });
        let set: Vec<String> = set.collect();
        let mut arguments: Vec<&str> = set.iter().map(String::as_str).collect();
        arguments.extend(["--thread", "index:0"]);
        subject.run("set", &arguments).exits(0);
        for register in &set {
            let (name, value) = register.split_once("=0x").unwrap();
            let ours = shown(subject.path(), &["--thread".to_owned(), "index:0".to_owned()]);
            let (now, size) = &ours[name];
            assert_eq!(format!("{now:0>width$}", width = 2 * size), value, "{machine} {name}");
        }
        subject.run("undo", &[]).exits(0);
        subject.unchanged();
    }
}

/// A core with two images that a note lists by file offsets, other notes, and a load command without a table.
fn with_notes() -> Vec<u8> {
    let mut core = MachOBuilder::amd64();
    core.segment(0x1_0000_0000, &counting(1, 0x200));
    core.segment(0x7fff_5000, &counting(2, 0x300));
    let general: Vec<u8> = (1..22).flat_map(|value| LITTLE.number(value * 0x1111, 8)).collect();
    core.thread(&[(X86_THREAD_STATE64, general), (77, counting(3, 12))]);
    let path = core.place(b"/bin/ls\0");
    let mut segment = b"__TEXT".to_vec();
    segment.resize(16, 0);
    segment.extend(LITTLE.fields(&[(0x1_0000_0000, 8), (0, 8)]));
    let segments = core.place(&segment);
    let mut entry = LITTLE.fields(&[(path, 8)]);
    entry.extend(counting(0xa0, 16));
    entry.extend(LITTLE.fields(&[(0x1_0000_0000, 8), (segments, 8), (1, 4), (0, 4)]));
    let entries = core.place(&entry);
    core.note(b"all image infos", &LITTLE.fields(&[(1, 4), (1, 4), (entries, 8), (48, 4), (0, 4)]));
    core.note(b"addrable bits", &LITTLE.fields(&[(3, 4), (47, 4), (0, 8)]));
    core.note(b"kern ver str", &[LITTLE.number(1, 4), b"Darwin Kernel Version 22\0".to_vec()].concat());
    core.note(b"process metadata", br#"{"threads":[{"thread_id":4242}]}"#);
    core.command(0x1b, &counting(0x40, 16));
    core.command(0x7777, &counting(0x50, 8));
    core.finish()
}

fn powerpc() -> Vec<u8> {
    let mut core = MachOBuilder::new(Order::Big, false, PPC);
    core.segment(0x1000, &counting(1, 0x40));
    let words: Vec<u8> = (0..40).flat_map(|index| Order::Big.number(0x100 + index, 4)).collect();
    core.thread(&[(PPC_THREAD_STATE, words)]);
    core.finish()
}

fn arm64_of_32_bits() -> Vec<u8> {
    let mut core = MachOBuilder::new(LITTLE, false, ARM64_32);
    core.segment(0x4000, &counting(1, 0x40));
    core.thread(&[(ARM_THREAD_STATE64, counting(1, 272))]);
    core.finish()
}

/// A core whose pc is signed, with the number of bits of an address.
fn signed(address_bits: [(u64, usize); 4]) -> Subject {
    let mut core = MachOBuilder::new(LITTLE, true, ARM64);
    core.segment(0x4000, &counting(1, 0x40));
    let mut state = vec![0; 272];
    // pc.
    LITTLE.put(&mut state, 32 * 8, 0x2e3f_0000_0000_4010, 8);
    core.thread(&[(ARM_THREAD_STATE64, state)]);
    core.note(b"addrable bits", &LITTLE.fields(&address_bits));
    Subject::new(core.finish())
}

#[test]
fn a_signed_pointer_leads_where_the_note_says_its_address_is() {
    for [version, low, high] in [[3, 40, 0], [4, 40, 47], [4, 40, 0], [4, 0, 40]] {
        let subject = signed([(version, 4), (low, 4), (high, 4), (0, 4)]);
        let read = subject.run("read", &["@pc..+4"]).exits(0).json();
        assert_eq!(read["completed"], 4, "{read}");
        assert_eq!(subject.run("info", &[]).exits(0).json()["untouched"], serde_json::json!([]));
    }
}

#[test]
fn a_note_of_address_bits_that_is_not_understood_is_named() {
    for [version, low, high] in [[5, 40, 47], [3, 65, 0], [4, 0, 0], [4, 40, 65]] {
        let subject = signed([(version, 4), (low, 4), (high, 4), (0, 4)]);
        let info = subject.run("info", &[]).exits(0).json();
        assert_eq!(info["untouched"], serde_json::json!(["LC_NOTE addrable bits"]));
        subject.run("read", &["@pc..+4"]).exits(2);
    }
}

#[test]
fn info_names_what_no_table_knows() {
    let info = Subject::new(with_notes()).run("info", &[]).exits(0).json();
    let untouched: Vec<&str> =
        info["untouched"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let expected = ["LC_NOTE kern ver str", "thread state 77", "LC_UUID", "load command 0x7777"];
    for name in expected {
        assert!(untouched.contains(&name), "{name} in {untouched:?}");
    }
    assert_eq!(untouched.len(), expected.len(), "{untouched:?}");
}

#[test]
fn a_thread_of_powerpc_has_its_registers_in_big_endian() {
    let subject = Subject::new(powerpc());
    let index = ["--thread", "index:0"];
    for (name, word) in
        [("pc", 0), ("msr", 1), ("r0", 2), ("sp", 3), ("r31", 33), ("cr", 34), ("lr", 36), ("ctr", 37)]
    {
        let name = if name == "sp" { "r1" } else { name };
        assert_eq!(subject.register(name, &index), Some(0x100 + word), "{name}");
    }
    subject.run("set", &["lr=0x11223344", "--thread", "index:0"]).is_full(4);
    // Header, segment, LC_THREAD, flavor and count.
    let state = 28 + 56 + 8 + 8;
    subject.changed_only(&[(state + 4 * 36, &[0x11, 0x22, 0x33, 0x44])]);
    subject.run("undo", &[]).exits(0);
    subject.unchanged();
}

#[test]
fn a_core_in_a_fat_file_is_edited_there() {
    let core = with_notes();
    let (file, start) = fat(X86_64, &core);
    let subject = Subject::new(file);
    assert_eq!(subject.register("rip", &["--thread", "4242"]), Some(0x1111 * 17));
    let at = core.windows(0x300).position(|bytes| bytes == counting(2, 0x300)).unwrap();
    subject.run("write", &["0x7fff5000", "abcd"]).is_full(2);
    subject.changed_only(&[((start + at) as u64, &[0xab, 0xcd])]);
    // The note's file offsets count from the core's header as well.
    let modules = subject.run("modules", &[]).exits(0).json();
    assert_eq!(modules[0]["name"], "/bin/ls");
    subject.run("undo", &[]).exits(0);
    subject.unchanged();
    let described = subject.plain("describe", &[]).exits(0);
    assert!(described.stderr.contains("the fat file around the core"), "{described}");
}

/// Every core of these tests, in a folder of its own.
fn all_cores() -> Vec<Subject> {
    let own = [("notes", with_notes()), ("ppc", powerpc()), ("arm64_32", arm64_of_32_bits())];
    let mut cores: Vec<Subject> = own.map(|(name, bytes)| Subject::named(name, bytes)).into();
    cores.extend(EVERY_STATE.map(|(machine, text)| Subject::named(machine, synthesised(text))));
    if let Some(folder) = makers_cores() {
        cores.extend(MADE.map(|(name, _)| copy_of(&folder.path().join(name))));
    }
    cores
}

/// The spec from `describe`, and the dump that `synth` makes of it.
fn made_again(subject: &Subject) -> (String, PathBuf) {
    let text = subject.plain("describe", &[]).exits(0).text().to_owned();
    let spec = subject.folder().join("spec.yaml");
    let made = subject.folder().join("made");
    std::fs::write(&spec, &text).unwrap();
    run(binary().arg("synth").arg(&spec).arg("-o").arg(&made).arg("--overwrite"), b"").exits(0);
    (text, made)
}

#[test]
fn what_is_described_and_made_again_says_the_same() {
    for subject in all_cores() {
        let (text, made) = made_again(&subject);
        let name = subject.path().display();
        dumpedit(&["diff".as_ref(), subject.path(), made.as_path()]).exits(0);
        for verb in ["info", "threads", "modules"] {
            let said = |path: &Path| {
                let mut json =
                    dumpedit(&[verb.as_ref(), path.as_os_str(), "--json".as_ref()]).exits(0).json();
                without_places(&mut json);
                json
            };
            assert_eq!(said(subject.path()), said(&made), "{name}: {verb}");
        }
        let again = dumpedit(&["describe".as_ref(), made.as_os_str()]).exits(0);
        assert_eq!(again.text(), text, "{name}");
        // Load commands, notes and states keep their places.
        let again = Subject::named("again", std::fs::read(&made).unwrap());
        assert_same_bytes(&std::fs::read(made_again(&again).1).unwrap(), again.before());
    }
}

/// Removes file offsets and the size of the file.
fn without_places(json: &mut Value) {
    match json {
        Value::Object(map) => {
            ["file_offset", "file_offsets", "file_size", "path"]
                .iter()
                .for_each(|key| drop(map.remove(*key)));
            map.values_mut().for_each(without_places);
        }
        Value::Array(list) => list.iter_mut().for_each(without_places),
        _ => {}
    }
}

#[test]
fn a_thread_that_is_chosen_takes_its_id_along() {
    let mut core = MachOBuilder::new(LITTLE, true, ARM64);
    core.segment(0x1000, &counting(1, 0x2000));
    for pc in [0x1100u64, 0x1200] {
        let words: Vec<u8> = (0..34)
            .flat_map(|index| LITTLE.number(if index == 31 { 0x1800 } else { pc + index }, 8))
            .collect();
        core.thread(&[(ARM_THREAD_STATE64, words)]);
    }
    core.note(b"process metadata", b"{\"threads\":[{\"thread_id\":4242},{\"thread_id\":4343}]}\0");
    let subject = Subject::new(core.finish());
    let reduced = subject.folder().join("reduced");
    let arguments =
        ["--threads", "4343", "-o", reduced.to_str().unwrap(), "--stack", "0x40", "--around-pointers", "0"];
    subject.plain("reduce", &arguments).exits(0);
    let threads = dumpedit(&["threads".as_ref(), reduced.as_os_str(), "--json".as_ref()]).exits(0).json();
    assert_eq!(threads.as_array().unwrap().len(), 1, "{threads}");
    assert_eq!(threads[0]["tid"], 4343);
    // The stack from 128 bytes below its pointer on, and code around the program counter.
    let file = std::fs::metadata(&reduced).unwrap().len();
    assert!(file < 0x1000, "{file} bytes");
    let read = |path: &Path| {
        dumpedit(&["read".as_ref(), path.as_os_str(), "0x17f0..+0x20".as_ref(), "--json".as_ref()])
            .exits(0)
            .json()["bytes"]
            .clone()
    };
    assert_eq!(read(&reduced), read(subject.path()));
    dumpedit(&["read".as_ref(), reduced.as_os_str(), "0x2f00..+4".as_ref()]).exits(2);
    let only = ["--memory", "0x1800..+0x20"];
    let spec = subject.plain("describe", &only).exits(0);
    assert!(spec.text().contains("at: 0x1000") && spec.text().contains("captured: 0x"), "{spec}");
}

/// A core with an image whose header is in memory and which `all image infos` lists, and one that only `load binary` names.
fn with_images() -> Vec<u8> {
    let mut core = MachOBuilder::amd64();
    let uuid = counting(0xa0, 16);
    let mut text = LITTLE.fields(&[(0x19, 4), (72, 4)]);
    text.extend(b"__TEXT\0\0\0\0\0\0\0\0\0\0");
    text.extend(LITTLE.fields(&[(0x1_0000_0000, 8), (0x4000, 8)]));
    text.resize(72, 0);
    let of_uuid = [LITTLE.fields(&[(0x1b, 4), (24, 4)]), uuid.clone()].concat();
    let numbers = [0xfeed_facf, X86_64, 3, 2, 2, (text.len() + of_uuid.len()) as u64, 0, 0];
    let header = LITTLE.fields(&numbers.map(|number| (number, 4)));
    let mut page = [header, text, of_uuid].concat();
    page.resize(0x200, 0);
    core.segment(0x1_0000_0000, &page);
    core.thread(&[(X86_THREAD_STATE64, vec![0; 168])]);
    let path = core.place(b"/bin/ls\0");
    let mut entry = LITTLE.fields(&[(path, 8)]);
    entry.extend(&uuid);
    entry.extend(LITTLE.fields(&[(0x1_0000_0000, 8), (0, 8), (0, 4), (0, 4)]));
    let entries = core.place(&entry);
    core.note(b"all image infos", &LITTLE.fields(&[(1, 4), (1, 4), (entries, 8), (48, 4), (0, 4)]));
    let mut binary = LITTLE.fields(&[(1, 4)]);
    binary.extend(counting(0xc0, 16));
    binary.extend(LITTLE.fields(&[(0x2_0000_0000, 8), (u64::MAX, 8)]));
    binary.extend(b"/lib/libone.dylib\0");
    core.note(b"load binary", &binary);
    core.finish()
}

#[test]
fn what_notes_and_headers_in_memory_say_of_images_are_fields() {
    let core = with_images();
    for subject in [Subject::new(core.clone()), Subject::new(fat(X86_64, &core).0)] {
        let places = |name: &str| {
            let fields = subject.run("fields", &[name]).exits(0).json();
            fields[0]["places"].as_array().unwrap().len()
        };
        let image = |name: &str| format!("module[ls].{name}");
        let counts = ["name", "base", "size", "id"].map(|name| places(&image(name)));
        assert_eq!(counts, [1, 1, 1, 2], "the UUID is in the note and in the header");
        let id = "00112233445566778899aabbccddeeff";
        let set = [
            image("name=/bin/cp"),
            image("size=0x5000"),
            image(&format!("id={id}")),
            "module[libone.dylib].name=/lib/two".to_owned(),
            "module[libone.dylib].base=0x300000000".to_owned(),
        ];
        subject.run("set", &set.each_ref().map(String::as_str)).exits(0);
        let modules = subject.run("modules", &[]).exits(0).json();
        let keys = |index: usize, keys: [&str; 4]| keys.map(|key| modules[index][key].clone());
        let told = keys(0, ["name", "base", "size", "id"]);
        assert_eq!(
            told,
            ["/bin/cp".into(), "0x100000000".into(), Value::from(0x5000), id.into()],
            "{modules}"
        );
        let told = keys(1, ["name", "base", "name", "base"]);
        assert_eq!(
            told,
            ["/lib/two", "0x300000000", "/lib/two", "0x300000000"].map(Value::from),
            "{modules}"
        );
        subject.run("undo", &[]).exits(0);
        subject.unchanged();
    }
}

#[test]
fn diff_tells_what_two_cores_say_apart_from_memory() {
    let subject = Subject::new(with_notes());
    let other = Subject::new(with_notes());
    subject.run("set", &["rax=7", "--thread", "4242"]).exits(0);
    subject.run("write", &["0x7fff5010", "00"]).exits(0);
    let mut bytes = subject.now();
    let at = bytes.windows(16).position(|bytes| bytes == counting(0x40, 16)).unwrap();
    bytes[at] ^= 1;
    // The image's path, behind a file offset of a note, and `maxprot` of the first segment.
    let path = bytes.windows(8).position(|bytes| bytes == b"/bin/ls\0").unwrap();
    bytes[path + 6] = b't';
    bytes[32 + 56] = 5;
    std::fs::write(subject.path(), &bytes).unwrap();
    let diff = dumpedit(&["diff".as_ref(), other.path(), subject.path()]).exits(1);
    let expected = [
        "0x7fff5010",
        "rax: 0x1111 -> 0x7",
        "outside  LC_UUID",
        "outside  LC_NOTE all image infos",
        "outside  maxprot of the segment at 0x100000000",
    ];
    for line in expected {
        assert!(diff.text().contains(line), "{line}: {diff}");
    }
}

#[test]
fn a_spec_of_a_core_that_contradicts_itself_is_an_error_that_points_at_it() {
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("spec.yaml");
    let cases = [
        ("machine: riscv64\n", "'riscv64' has no number in Mach-O; give header.machine"),
        (
            "machine: ppc\nbyte_order: little\n",
            "'ppc' has no Mach-O cores of that byte order; give header.machine",
        ),
        (
            "crash: {code: 11}\n",
            "a Mach-O core does not support the key 'crash'; set the registers of the thread's exception \
             state",
        ),
        ("notes: [{type: 1}]\n", "a Mach-O core does not support the key 'notes'; give load_notes"),
        ("threads: [{name: main}]\n", "a Mach-O core does not support the key 'name' of a thread"),
        (
            "threads: [{context: short}]\n",
            "a Mach-O core does not support the key 'kind' of a context; give states",
        ),
        ("modules: [{base: 0x1000, size: 1, name: a}]\n", "a Mach-O core does not support the key 'modules'"),
        (
            "load_notes: [{owner: a name of too many letters}]\n",
            "the owner of a note has room for 16 bytes, not 26",
        ),
        (
            "threads: [{states: [{flavor: 99, size: 3}]}]\n",
            "a thread's state has 3 bytes, which is not a multiple of 4",
        ),
        (
            "threads: [{states: [{flavor: x86_THREAD}]}]\n",
            "expected a number or a name such as x86_THREAD_STATE64",
        ),
        (
            "threads: [{tid: 7}]\nload_notes: [{owner: process metadata, content: 'strz:{\"threads\":[{\"thread_id\":8}]}'}]\n",
            "the note 'process metadata' gives this thread the id 8",
        ),
    ];
    for (text, message) in cases {
        std::fs::write(&spec, format!("format: macho-core\n{text}")).unwrap();
        let said = run(binary().arg("synth").arg(&spec).args(["-o", "-"]), b"").exits(2);
        assert!(said.stderr.contains(message), "{text}: {said}");
    }
    let of_others = [
        ("elf-core", "load_notes: [{owner: a}]\n", "an ELF core does not support the key 'load_notes'"),
        (
            "minidump",
            "threads: [{states: [{flavor: 1}]}]\n",
            "a minidump does not support the key 'states' of a thread",
        ),
        (
            "elf-core",
            "memory: [{at: 0x1000, size: 1, name: __TEXT}]\n",
            "an ELF core does not support the key 'name' of a region",
        ),
    ];
    for (format, text, message) in of_others {
        std::fs::write(&spec, format!("format: {format}\n{text}")).unwrap();
        let said = run(binary().arg("synth").arg(&spec).args(["-o", "-"]), b"").exits(2);
        assert!(said.stderr.contains(message), "{text}: {said}");
    }
}
