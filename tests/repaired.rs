//! Tables that contradict their file are mended, so that independent readers read the dump; a whole dump does not change.

use std::fs;
use std::path::PathBuf;

use dumpedit::{Dump, NoticeKind};

use crate::support::corpus;
use crate::support::subject::assert_same_bytes;

/// Whether the tables of a dump claim bytes that its file lacks.
pub(crate) fn is_cut(dump: &Dump) -> bool {
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
        for repair in repaired.iter().rev() {
            let start = repair.file_offset as usize;
            back[start..start + repair.old.len()].copy_from_slice(&repair.old);
        }
        assert_same_bytes(&back, &bytes);
        // All that was read before is still read.
        let (old, new) = (Dump::from_bytes(bytes).unwrap(), Dump::from_bytes(mended).unwrap());
        assert_eq!(old.layout().threads().len(), new.layout().threads().len(), "{at}");
        assert_eq!(old.layout().captured_bytes(), new.layout().captured_bytes(), "{at}");
        let again = new.edit().repair().unwrap();
        assert!(again.is_empty(), "{at}: {again:?}");
        cut += 1;
    }
    println!("{cut} cut dumps mended");
}

/// The bytes after a repair, and its messages; a second repair finds nothing, and the old bytes restore the first state.
pub(crate) fn repaired(bytes: &[u8]) -> (Vec<u8>, Vec<String>) {
    let dump = Dump::from_bytes(bytes.to_vec()).unwrap();
    let mut edit = dump.edit();
    let repairs = edit.repair().unwrap();
    if !repairs.is_empty() {
        edit.commit().unwrap();
    }
    let mended = dump.to_bytes().unwrap();
    let mut back = mended.clone();
    for repair in repairs.iter().rev() {
        let start = repair.file_offset as usize;
        back[start..start + repair.old.len()].copy_from_slice(&repair.old);
    }
    assert_same_bytes(&back, bytes);
    let again = Dump::from_bytes(mended.clone()).unwrap().edit().repair().unwrap();
    assert!(again.is_empty(), "{again:?}");
    (mended, repairs.into_iter().map(|repair| repair.text).collect())
}
