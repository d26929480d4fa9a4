//! Tables that contradict their file are mended, so that other readers read the dump; a dump that is whole is left alone.

use std::fs;
use std::path::PathBuf;

use dumpedit::{Dump, NoticeKind};
use minidump::{Minidump, MinidumpMemory64List};

use crate::support::bytes::Order;
use crate::support::command::{binary, dumpedit, run};
use crate::support::corpus;
use crate::support::elf_builder::{ElfBuilder, prstatus};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};
use crate::support::subject::{Subject, assert_same_bytes};
use crate::support::tools::skip;

/// What the tables of a dump say that its file does not have.
fn is_cut(dump: &Dump) -> bool {
    use NoticeKind::*;
    let odd = [
        ListExceedsStream,
        ListCutOff,
        StreamCutOff,
        ContextCutOff,
        SecondList,
        StreamsOverlap,
        ListsOverlap,
    ];
    dump.layout().regions().any(|region| region.cut)
        || dump.layout().notices().iter().any(|notice| odd.contains(&notice.kind))
}

#[test]
fn a_dump_that_is_whole_is_left_alone_byte_for_byte() {
    let made = ["crash.dmp", "crash.core", "crash32.core", "live.dmp"];
    let made = made.map(|name| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name));
    for path in made.into_iter().chain(corpus::minidumps()).chain(corpus::cores()) {
        let Ok(dump) = Dump::open(&path) else { continue };
        let mut edit = dump.edit();
        let repaired = edit.repair().unwrap();
        assert!(repaired.is_empty() || is_cut(&dump), "{}: {repaired:?}", path.display());
    }
}

#[test]
fn what_is_mended_needs_no_mending_again_and_undo_brings_it_back() {
    let mut cut = 0;
    for path in [corpus::minidumps(), corpus::cores(), corpus::dumps("bad")].concat() {
        let mut bytes = fs::read(&path).unwrap();
        bytes.truncate(bytes.len() * 2 / 3);
        let Ok(dump) = Dump::from_bytes(bytes.clone()) else { continue };
        let mut edit = dump.edit();
        let repaired = edit.repair().unwrap();
        if repaired.is_empty() {
            continue;
        }
        edit.commit().unwrap();
        let mended = dump.to_bytes().unwrap();
        assert_eq!(mended.len(), bytes.len());
        let at = path.display();
        let mut back = mended.clone();
        for repair in &repaired {
            let start = repair.file_offset as usize;
            back[start..start + repair.old.len()].copy_from_slice(&repair.old);
        }
        assert_same_bytes(&back, &bytes);
        // What was read before is read still.
        let (old, new) = (Dump::from_bytes(bytes).unwrap(), Dump::from_bytes(mended).unwrap());
        assert_eq!(old.layout().threads().len(), new.layout().threads().len(), "{at}");
        assert_eq!(old.layout().captured_bytes(), new.layout().captured_bytes(), "{at}");
        let again = new.edit().repair().unwrap();
        assert!(again.is_empty(), "{at}: {again:?}");
        cut += 1;
    }
    println!("{cut} cut dumps mended");
}

#[test]
fn a_directory_whose_size_is_too_small_for_its_list_is_mended() {
    let case =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/cases/memory64-directory-too-small.dmp");
    let Ok(bytes) = fs::read(&case) else {
        skip("the case of a directory that is too small is not here");
        return;
    };
    let subject = Subject::named("too-small.dmp", bytes);
    let path = subject.path().to_str().unwrap();
    let dry = dumpedit(&["repair", path, "--dry-run", "--json"]).exits(0).json();
    assert_eq!(dry["repairs"].as_array().unwrap().len(), 1, "{dry}");
    subject.unchanged();
    dumpedit(&["repair", path]).exits(0);
    let read = Minidump::read_path(subject.path()).unwrap();
    let memory = read.get_stream::<MinidumpMemory64List<'_>>().unwrap();
    assert!(memory.iter().count() > 0);
    let again = dumpedit(&["repair", path]).exits(0);
    assert!(String::from_utf8_lossy(&again.stdout).contains("nothing to repair"), "{again}");
    dumpedit(&["undo", path]).exits(0);
    subject.unchanged();
}

#[test]
fn a_cut_minidump_is_read_by_others_once_it_is_mended_and_can_grow_then() {
    let mut builder = MinidumpBuilder::new(Order::Little, 9);
    builder.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, 0x7000));
    builder.memory64(0x1000, &[7; 64]);
    builder.memory64(0x2000, &[8; 64]);
    let mut bytes = builder.finish();
    bytes.truncate(bytes.len() - 10);
    let subject = Subject::named("cut.dmp", bytes);
    let path = subject.path().to_str().unwrap();
    let whole = |path| {
        let read = Minidump::read_path(path).unwrap();
        let memory = read.get_stream::<MinidumpMemory64List<'_>>();
        memory.map_or(0, |memory| memory.iter().map(|region| region.bytes.len()).sum::<usize>())
    };
    assert!(whole(subject.path()) < 118);
    let refused = dumpedit(&["add", "memory", path, "0x3000", "00", "--json"]);
    assert_eq!(refused.json()["error"]["kind"], "in-place", "{refused}");
    subject.unchanged();
    dumpedit(&["repair", path]).exits(0);
    assert_eq!(whole(subject.path()), 118);
    dumpedit(&["add", "memory", path, "0x3000", "str:hello"]).exits(0);
    assert_eq!(whole(subject.path()), 123);
    dumpedit(&["undo", path, "--all"]).exits(0);
    subject.unchanged();
}

#[test]
fn a_cut_core_says_what_it_has() {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0x40_1000, 0x7000)]);
    core.load(0x1000, &[7; 64]);
    core.load(0x2000, &[8; 64]);
    let mut bytes = core.finish();
    bytes.truncate(bytes.len() - 100);
    let subject = Subject::named("cut.core", bytes);
    let path = subject.path().to_str().unwrap();
    let said = run(binary().args(["repair", path]), b"").exits(0);
    assert!(
        String::from_utf8_lossy(&said.stdout).contains("p_filesz of the segment at 0x1000: 0x1c of its 0x40"),
        "{said}"
    );
    let dump = Dump::open(subject.path()).unwrap();
    assert_eq!(dump.layout().captured_bytes(), 28);
    assert!(!dump.layout().regions().any(|region| region.cut));
    dumpedit(&["undo", path]).exits(0);
    subject.unchanged();
}

#[test]
fn a_list_that_another_one_of_its_type_makes_good_is_no_list() {
    for path in corpus::dumps("bad") {
        let Ok(dump) = Dump::open(&path) else { continue };
        let mut edit = dump.edit();
        let repaired = edit.repair().unwrap();
        // Nothing is written over the signature or the version.
        assert!(repaired.iter().all(|repair| repair.file_offset >= 8), "{}: {repaired:?}", path.display());
    }
}
