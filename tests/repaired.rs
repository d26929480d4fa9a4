//! Tables that contradict their file are mended, so that independent readers read the dump; a whole dump does not change.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use dumpedit::{Dump, NoticeKind};
use minidump::{Minidump, MinidumpMemory64List};

use crate::support::bytes::Order;
use crate::support::command::{binary, dumpedit, run};
use crate::support::corpus;
use crate::support::elf_builder::{self, ElfBuilder, machine, nt_file, prstatus};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context, stream};
use crate::support::subject::{Subject, assert_same_bytes};
use crate::support::tools::{have, skip};

/// Whether the tables of a dump claim bytes that its file lacks.
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
    // The notice names the memory that is no longer mapped.
    let memory = "0x40 becomes 0x1c, because gdb reads memory that is not in the file as zeros; the rest is no longer mapped";
    assert!(String::from_utf8_lossy(&said.stdout).contains(memory), "{said}");
    let dump = Dump::open(subject.path()).unwrap();
    assert_eq!(dump.layout().captured_bytes(), 28);
    assert!(!dump.layout().regions().any(|region| region.cut));
    // Readers take memory without bytes for zeros where other bytes of its segment are there.
    let mended = fs::read(subject.path()).unwrap();
    let sizes = |index: usize| {
        let at = core_numbers(true).first + index * core_numbers(true).entry_size + 32;
        [Order::Little.get(&mended, at, 8), Order::Little.get(&mended, at + 8, 8)]
    };
    assert_eq!([sizes(1), sizes(2)], [[28, 28], [0, 0]]);
    dumpedit(&["undo", path]).exits(0);
    subject.unchanged();
}

#[test]
fn a_list_that_another_one_of_its_type_makes_good_is_no_list() {
    for path in corpus::dumps("bad") {
        let Ok(dump) = Dump::open(&path) else { continue };
        let mut edit = dump.edit();
        let repaired = edit.repair().unwrap();
        // The signature and the version are never overwritten.
        assert!(repaired.iter().all(|repair| repair.file_offset >= 8), "{}: {repaired:?}", path.display());
    }
}

/// Offsets in a core of its count of program headers and of the first one, the size of each, and the offset of `p_offset` in them.
struct CoreNumbers {
    count_at: usize,
    first: usize,
    entry_size: usize,
    offset_at: usize,
    word: usize,
}

fn core_numbers(wide: bool) -> CoreNumbers {
    if wide {
        CoreNumbers { count_at: 56, first: 64, entry_size: 56, offset_at: 8, word: 8 }
    } else {
        CoreNumbers { count_at: 44, first: 52, entry_size: 32, offset_at: 4, word: 4 }
    }
}

/// Number of program headers of [`full_core`].
const SEGMENTS: usize = 6;

/// A core whose notes are right behind the program headers, as the kernel writes it.
fn full_core(order: Order, wide: bool) -> Vec<u8> {
    let machine = if wide { machine::X86_64 } else { machine::I386 };
    let mut core = ElfBuilder::with_room(order, wide, machine, SEGMENTS);
    core.notes(&[prstatus(7, 11, 0x40_1000, 0x7000), prstatus(8, 0, 0x40_1000, 0x7000)]);
    core.load(0x1000, &[7; 64]);
    core.code(0x4000, 0x1000);
    core.load(0x6000, &[8; 640]);
    core.load(0x9000, &[1; 400]);
    core.code(0xb000, 0x1000);
    core.finish()
}

/// Each class and byte order of cores.
fn kinds_of_cores() -> impl Iterator<Item = (Order, bool)> {
    [Order::Little, Order::Big].into_iter().flat_map(|order| [(order, true), (order, false)])
}

/// The bytes after a repair, and its messages; a second repair finds nothing, and the old bytes restore the first state.
fn repaired(bytes: &[u8]) -> (Vec<u8>, Vec<String>) {
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

#[test]
fn a_count_of_program_headers_that_is_too_large_is_mended_and_nothing_is_written_over_notes() {
    for (order, wide) in kinds_of_cores() {
        let good = full_core(order, wide);
        for count in [SEGMENTS as u64 + 1, SEGMENTS as u64 + 2, 200, 0xffff] {
            let mut bytes = good.clone();
            order.put(&mut bytes, core_numbers(wide).count_at, count, 2);
            let (mended, said) = repaired(&bytes);
            assert_same_bytes(&mended, &good);
            assert!(said[0].contains("program header 6 would overlap the bytes of segment 0"), "{said:?}");
        }
    }
}

#[test]
fn a_count_of_program_headers_that_is_too_small_is_mended_up_to_the_first_bytes_of_a_segment() {
    for (order, wide) in kinds_of_cores() {
        let good = full_core(order, wide);
        for count in 0..SEGMENTS as u64 {
            let mut bytes = good.clone();
            order.put(&mut bytes, core_numbers(wide).count_at, count, 2);
            let (mended, said) = repaired(&bytes);
            assert_same_bytes(&mended, &good);
            assert!(said[0].contains("6 program headers before"), "{said:?}");
            // Bytes that cannot be a program header do not become one.
            let last = core_numbers(wide).first + (SEGMENTS - 1) * core_numbers(wide).entry_size;
            order.put(&mut bytes, last, 0x1234, 4);
            let (left, said) = repaired(&bytes);
            assert_same_bytes(&left, &bytes);
            assert!(said.is_empty(), "{said:?}");
        }
    }
}

#[test]
fn a_segment_whose_offset_is_damaged_does_not_shorten_a_good_table() {
    for (order, wide) in kinds_of_cores() {
        let CoreNumbers { first, entry_size, offset_at, word, .. } = core_numbers(wide);
        let good = full_core(order, wide);
        for damaged in [0, 1, 3] {
            for hit in damaged + 1..SEGMENTS {
                let mut bytes = good.clone();
                let entry = |index: usize| first + index * entry_size;
                order.put(&mut bytes, entry(damaged) + offset_at, entry(hit) as u64 + 4, word);
                let (left, said) = repaired(&bytes);
                assert_same_bytes(&left, &bytes);
                assert!(said.is_empty(), "{damaged} {hit} {said:?}");
            }
        }
    }
}

#[test]
fn notes_whose_size_reaches_past_the_end_of_the_file_end_before_the_next_segment() {
    for (order, wide) in kinds_of_cores() {
        let CoreNumbers { first, word, .. } = core_numbers(wide);
        let good = full_core(order, wide);
        let mut bytes = good.clone();
        let file_size_at = first + if wide { 32 } else { 16 };
        order.put(&mut bytes, file_size_at, 0x7fff_f000, word);
        let (mended, said) = repaired(&bytes);
        assert_same_bytes(&mended, &good);
        assert_eq!(said.len(), 1, "{said:?}");
        // In a core that is cut in its notes, these show their former size.
        bytes = good[..first + SEGMENTS * core_numbers(wide).entry_size + 100].to_vec();
        let (mended, _) = repaired(&bytes);
        assert_eq!(mended[file_size_at..file_size_at + word], good[file_size_at..file_size_at + word]);
    }
}

#[test]
fn a_segment_whose_size_is_damaged_takes_no_bytes_of_another() {
    for (order, wide) in kinds_of_cores() {
        let CoreNumbers { first, entry_size, word, .. } = core_numbers(wide);
        let good = full_core(order, wide);
        let file_size_at = first + entry_size + if wide { 32 } else { 16 };
        let memory_size_at = file_size_at + word;
        let mut bytes = good.clone();
        order.put(&mut bytes, file_size_at, 0x7000_0000, word);
        let (mended, said) = repaired(&bytes);
        assert_same_bytes(&mended, &good);
        assert_eq!(said.len(), 1, "{said:?}");
        // Where its memory has no end either, it ends at the next segment's bytes.
        order.put(&mut bytes, memory_size_at, 0x7000_0000, word);
        let (mended, _) = repaired(&bytes);
        let next = Dump::from_bytes(good.clone()).unwrap().layout().regions().nth(2).unwrap();
        let start = order.get(&good, first + entry_size + core_numbers(wide).offset_at, word);
        assert_eq!(order.get(&mended, file_size_at, word), next.file_offsets[0] - start);
    }
}

/// A core of the machine with its notes behind the memory, and the file offset of the last note's descriptor.
fn core_with_notes_last(last: elf_builder::Note) -> (Vec<u8>, usize) {
    let mut core = ElfBuilder::x86_64();
    core.load(0x1000, &[7; 64]);
    let offsets = core.notes(&[prstatus(7, 11, 0x40_1000, 0x7000), last]);
    (core.finish(), offsets[1] as usize)
}

#[test]
fn notes_that_are_most_of_a_file_end_with_the_last_whole_one() {
    let mut core = ElfBuilder::x86_64();
    let threads: Vec<_> = (1..20).map(|tid| prstatus(tid, 0, 0x40_1000, 0x7000)).collect();
    let last = core.notes(&threads)[18] as usize;
    let (mended, said) = repaired(&core.finish()[..last]);
    assert!(said.len() == 1 && said[0].starts_with("p_filesz of the notes"), "{said:?}");
    let dump = Dump::from_bytes(mended).unwrap();
    assert!(dump.layout().threads().len() == 18 && !is_cut_in_notes(&dump));
}

fn is_cut_in_notes(dump: &Dump) -> bool {
    dump.layout().notices().iter().any(|notice| notice.kind == NoticeKind::NoteSegmentCutOff)
}

#[test]
fn notes_without_a_byte_of_the_last_descriptor_end_with_the_one_before() {
    let (bytes, descriptor) = core_with_notes_last(prstatus(8, 0, 0x40_1000, 0x7000));
    let (mended, said) = repaired(&bytes[..descriptor]);
    assert_eq!(said.len(), 1, "{said:?}");
    let dump = Dump::from_bytes(mended).unwrap();
    assert_eq!(dump.layout().threads().iter().map(|thread| thread.tid).collect::<Vec<_>>(), [7]);
    assert!(!is_cut_in_notes(&dump));
}

#[test]
fn a_thread_whose_status_is_cut_stays_and_is_told_of() {
    let (bytes, descriptor) = core_with_notes_last(prstatus(8, 0, 0x40_1000, 0x7000));
    let subject = Subject::named("cut.core", bytes[..descriptor + 200].to_vec());
    let said = subject.plain("repair", &[]).exits(1);
    assert!(said.text().contains("none of the tables that contradict the file can be repaired"), "{said}");
    let notice = subject.run("repair", &[]).exits(1).json()["notices"][0].clone();
    assert_eq!(notice["kind"], "not-repaired", "{notice}");
    assert!(notice["message"].as_str().unwrap().contains("0xc8 of its 0x150 bytes"), "{notice}");
    subject.unchanged();
}

#[test]
fn a_list_in_a_note_keeps_what_the_file_has_of_it() {
    let files = [(0x1000, 0x2000, 0, "/usr/bin/crash"), (0x5000, 0x6000, 0, "/usr/lib/libc.so")];
    let (bytes, _) = core_with_notes_last(nt_file(&files));
    let cut = &bytes[..bytes.len() - 14];
    let (mended, said) = repaired(cut);
    assert!(said.len() == 2 && said[1].starts_with("n_descsz of the note at"), "{said:?}");
    let [before, after] = [cut.to_vec(), mended].map(|bytes| Dump::from_bytes(bytes).unwrap());
    for dump in [&before, &after] {
        let region = dump.layout().regions().find(|region| region.start == 0x1000).unwrap();
        assert_eq!(region.name.as_deref(), Some("/usr/bin/crash"));
    }
    assert!(is_cut_in_notes(&before) && !is_cut_in_notes(&after));
}

#[test]
fn memory_tags_are_among_the_program_headers_that_a_count_leaves_out() {
    let mut core = ElfBuilder::with_room(Order::Little, true, machine::AARCH64, 3);
    let mut status = prstatus(7, 11, 0x40_1000, 0x7000);
    status.2.resize(392, 0);
    core.notes(&[status]);
    core.load(0x1000, &[7; 64]);
    core.memory_tags(0x1000, &[1; 128], 0x1000);
    let good = core.finish();
    for count in 0..3 {
        let mut bytes = good.clone();
        Order::Little.put(&mut bytes, core_numbers(true).count_at, count, 2);
        assert_same_bytes(&repaired(&bytes).0, &good);
    }
}

#[test]
fn a_segment_behind_the_end_of_the_file_is_found_between_its_neighbours() {
    for (order, wide) in kinds_of_cores() {
        let CoreNumbers { first, entry_size, offset_at, word, .. } = core_numbers(wide);
        let good = full_core(order, wide);
        let at = |index: usize| first + index * entry_size + offset_at;
        let lost = |indices: &[usize], good: &[u8]| {
            let mut bytes = good.to_vec();
            for index in indices {
                order.put(&mut bytes, at(*index), good.len() as u64 + 8, word);
            }
            bytes
        };
        // The notes, and the memory in front of other memory, between and behind it.
        for index in [0, 1, 3, 4] {
            let (mended, said) = repaired(&lost(&[index], &good));
            assert_same_bytes(&mended, &good);
            assert!(said.len() == 1 && said[0].starts_with("p_offset of segment"), "{said:?}");
        }
        let is_found = |bytes: &[u8]| repaired(bytes).1.iter().any(|text| text.starts_with("p_offset"));
        // Of two segments, it is not known which bytes are whose.
        assert!(!is_found(&lost(&[1, 3], &good)));
        // A gap of another size is not its own either.
        let file_size_at = |index: usize| first + index * entry_size + if wide { 32 } else { 16 };
        let mut bytes = lost(&[3], &good);
        order.put(&mut bytes, file_size_at(3), 639, word);
        assert!(!is_found(&bytes));
        // Where the others are not in the table's order, this one may not be, either.
        let mut bytes = good.clone();
        let [notes, memory] = [at(0), at(1)].map(|at| order.get(&good, at, word));
        order.put(&mut bytes, at(0), memory, word);
        order.put(&mut bytes, at(1), notes, word);
        assert!(!is_found(&lost(&[3], &bytes)));
        // Bytes that are no notes are not taken for notes.
        let mut bytes = lost(&[0], &good);
        order.put(&mut bytes, usize::try_from(notes).unwrap(), 0x7fff_ffff, 4);
        assert!(!is_found(&bytes));
    }
}

#[test]
fn gdb_reads_memory_that_a_segment_has_no_bytes_of_as_zeros() {
    if !have("gdb") {
        return;
    }
    let core = |memory_size: u64| {
        let mut core = ElfBuilder::x86_64();
        core.notes(&[prstatus(7, 11, 0x40_1000, 0x1000)]);
        let offset = core.place(&[7; 64]);
        core.load_at(0x1000, offset, 64, memory_size);
        core.finish()
    };
    let seen = |bytes: Vec<u8>| {
        let subject = Subject::named("sizes.core", bytes);
        let command = format!("core-file {}", subject.path().display());
        let mut gdb = Command::new("gdb");
        gdb.args(["-nx", "-q", "-batch", "-ex", &command, "-ex", "output *(unsigned char*)0x1080"]);
        let output = gdb.output().unwrap();
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    };
    // A repair that lowers p_memsz saves readers from this.
    let kept = seen(core(0x1000));
    assert!(kept.contains("0 '\\000'"), "{kept}");
    let lowered = seen(core(64));
    assert!(lowered.contains("Cannot access memory at address 0x1080"), "{lowered}");
}

#[test]
fn what_cannot_be_mended_is_told_of_and_stays() {
    let good = full_core(Order::Little, true);
    let mut bytes = good.clone();
    let notes = core_numbers(true).first + SEGMENTS * core_numbers(true).entry_size;
    // Neither size leads to the next note.
    Order::Little.put(&mut bytes, notes, 0x7fff_ffff, 4);
    Order::Little.put(&mut bytes, notes + 4, 0x7fff_ffff, 4);
    let subject = Subject::named("broken.core", bytes);
    let json = subject.run("repair", &[]).exits(1).json();
    assert_eq!(json["notices"][0]["kind"], "not-repaired", "{json}");
    let said = subject.plain("repair", &[]).exits(1);
    assert!(!said.text().contains("agree"), "{said}");
    subject.unchanged();
}

#[test]
fn a_copy_is_made_of_a_dump_that_is_whole() {
    let subject = Subject::named("whole.core", full_core(Order::Little, true));
    let copy = subject.folder().join("copy.core");
    let said = subject.plain("repair", &["-o", copy.to_str().unwrap()]).exits(0);
    let said = said.text();
    assert!(said.contains("nothing to repair") && said.contains("wrote a copy into"), "{said}");
    assert!(!said.contains("0 bytes"), "{said}");
    assert_same_bytes(&fs::read(copy).unwrap(), subject.before());
    let tried = subject.plain("repair", &["-o", "other.core", "--dry-run"]).exits(0);
    assert!(tried.text().contains("nothing to repair") && !tried.text().contains("copy"), "{tried}");
    let streamed = subject.plain("repair", &["-o", "-"]).exits(0);
    assert_same_bytes(&streamed.stdout, subject.before());
    subject.unchanged();
}

/// A minidump with a stream of each kind that repairs check.
fn full_minidump(order: Order) -> Vec<u8> {
    let mut builder = MinidumpBuilder::new(order, 9);
    // MINIDUMP_MISC_INFO: its size, Flags1, ProcessId and times.
    builder.stream(stream::MISC_INFO, &order.fields(&[(24, 4), (1, 4), (7, 4), (0, 4), (0, 4), (0, 4)]));
    let context = amd64_context(amd64::FULL, 0x40_1000, 0x7000);
    builder.thread_with(7, &context);
    builder.exception_with(7, &context, 0x40_1000);
    builder.module(0x40_0000, 0x1000, "app.exe");
    builder.memory64(0x1000, &[7; 64]);
    builder.finish()
}

/// File offset of the directory entry of a type.
fn directory_entry(bytes: &[u8], order: Order, kind: u32) -> usize {
    let mut entries = (32..32 + 12 * 16).step_by(12);
    entries.find(|at| order.get(bytes, *at, 4) == u64::from(kind)).unwrap()
}

#[test]
fn a_count_of_streams_that_is_too_large_is_mended_and_nothing_else_is_written() {
    for order in [Order::Little, Order::Big] {
        let good = full_minidump(order);
        for count in [17, 40, 1000, 0x7fff_ffff] {
            let mut bytes = good.clone();
            order.put(&mut bytes, 8, count, 4);
            let (mended, said) = repaired(&bytes);
            assert!(said[0].contains("would overlap the bytes of the SystemInfoStream"), "{said:?}");
            // The directory has room for more entries, up to the first stream.
            assert_eq!(order.get(&mended, 8, 4), 16);
            assert_same_bytes(&mended[12..], &good[12..]);
            let dump = Dump::from_bytes(mended).unwrap();
            assert_eq!((dump.layout().threads().len(), dump.layout().captured_bytes()), (1, 64));
        }
    }
}

#[test]
fn a_stream_whose_place_is_damaged_does_not_shorten_a_good_directory() {
    for order in [Order::Little, Order::Big] {
        let good = full_minidump(order);
        let count = order.get(&good, 8, 4) as usize;
        for damaged in 0..count {
            for hit in damaged + 1..count {
                let mut bytes = good.clone();
                order.put(&mut bytes, 32 + 12 * damaged + 8, 32 + 12 * hit as u64 + 4, 4);
                let (mended, said) = repaired(&bytes);
                assert_eq!(order.get(&mended, 8, 4), count as u64, "{damaged} {hit} {said:?}");
            }
        }
    }
}

#[test]
fn a_directory_whose_size_is_too_small_for_a_structure_is_mended() {
    for order in [Order::Little, Order::Big] {
        let good = full_minidump(order);
        for kind in [stream::SYSTEM_INFO, stream::EXCEPTION, stream::MISC_INFO] {
            for size in [0, 4] {
                let mut bytes = good.clone();
                let entry = directory_entry(&good, order, kind);
                order.put(&mut bytes, entry + 4, size, 4);
                let (mended, said) = repaired(&bytes);
                assert_same_bytes(&mended, &good);
                assert_eq!(said.len(), 1, "{said:?}");
                // A size that would reach into another stream is left alone.
                let other = directory_entry(&good, order, stream::MODULE_LIST);
                let start = order.get(&good, entry + 8, 4);
                order.put(&mut bytes, other + 8, start + 8, 4);
                let (mended, _) = repaired(&bytes);
                assert_eq!(order.get(&mended, entry + 4, 4), size);
            }
        }
    }
}

#[test]
fn a_structure_whose_size_reaches_past_the_end_of_the_file_gets_its_own() {
    for order in [Order::Little, Order::Big] {
        let good = full_minidump(order);
        for kind in [stream::SYSTEM_INFO, stream::EXCEPTION, stream::MISC_INFO] {
            let mut bytes = good.clone();
            let entry = directory_entry(&good, order, kind);
            order.put(&mut bytes, entry + 4, 0x7fff_ffff, 4);
            let (mended, said) = repaired(&bytes);
            assert_same_bytes(&mended, &good);
            assert_eq!(said.len(), 1, "{said:?}");
        }
    }
}

#[test]
fn a_count_of_memory_that_is_too_large_invents_none() {
    for is_64 in [false, true] {
        for order in [Order::Little, Order::Big] {
            let mut builder = MinidumpBuilder::new(order, 9);
            for address in [0x1000, 0x2000] {
                if is_64 {
                    builder.memory64(address, &[7; 64]);
                } else {
                    builder.memory(address, &[7; 64]);
                }
            }
            let good = builder.finish();
            let kind = if is_64 { stream::MEMORY64_LIST } else { stream::MEMORY_LIST };
            let entry = directory_entry(&good, order, kind);
            let (start, width) = (order.get(&good, entry + 8, 4) as usize, if is_64 { 8 } else { 4 });
            let mut bytes = good.clone();
            // The bytes behind the list look like descriptors of bytes in the file.
            bytes.extend(order.fields(&[(0x5000, 8), (16, 4), (0, 4)].repeat(3)));
            order.put(&mut bytes, start, 5, width);
            let (mended, said) = repaired(&bytes);
            assert_eq!(mended[..good.len()], good[..], "{said:?}");
        }
    }
}

#[test]
fn program_headers_that_the_header_does_not_lead_to_are_found_behind_it() {
    for (order, wide) in kinds_of_cores() {
        let core = full_core(order, wide);
        let (at, size) = if wide { (32, 8) } else { (28, 4) };
        let mut lost = core.clone();
        order.put(&mut lost, at, 0x7fff_ff00, size);
        let (mended, texts) = repaired(&lost);
        assert_same_bytes(&mended, &core);
        assert!(texts.len() == 1 && texts[0].starts_with("e_phoff: 0x7fffff00"), "{texts:?}");
        // Without them, the memory that they describe is lost, and the repair reports it.
        let header = if wide { 64 } else { 52 };
        let (_, texts) = repaired(&lost[..header]);
        assert!(texts.iter().any(|text| text.contains("are lost")), "{texts:?}");
    }
}

#[test]
fn a_module_whose_name_is_not_in_the_file_does_not_lose_the_list() {
    for order in [Order::Little, Order::Big] {
        let dump = full_minidump(order);
        let entry = directory_entry(&dump, order, stream::MODULE_LIST);
        let list = usize::try_from(order.get(&dump, entry + 8, 4)).unwrap();
        let mut lost = dump.clone();
        order.put(&mut lost, list + 4 + 20, 0x7fff_ff00, 4);
        let (mended, texts) = repaired(&lost);
        assert!(texts.len() == 1 && texts[0].starts_with("ModuleNameRva"), "{texts:?}");
        let read = Minidump::read(&mended[..]).unwrap();
        assert!(read.get_stream::<minidump::MinidumpModuleList>().is_ok());
        let lost = Minidump::read(&lost[..]).unwrap();
        assert!(lost.get_stream::<minidump::MinidumpModuleList>().is_err());
    }
}

/// A minidump in which the name of the first module is past the end of the file, and the offset of that module's entry.
fn without_a_module_name(order: Order) -> (Vec<u8>, usize) {
    let mut dump = full_minidump(order);
    let list = order.get(&dump, directory_entry(&dump, order, stream::MODULE_LIST) + 8, 4) as usize;
    let module = list + 4;
    let past_the_end = dump.len() as u64 + 9;
    order.put(&mut dump, module + 20, past_the_end, 4);
    (dump, module)
}

#[test]
fn a_module_whose_reserved_fields_are_in_use_gets_an_empty_name_elsewhere() {
    for order in [Order::Little, Order::Big] {
        let (mut lost, module) = without_a_module_name(order);
        // Reserved0, Reserved1 and MiscRecord are in use one by one, and at last the date of VS_FIXEDFILEINFO.
        for used in [92, 100, 84] {
            lost[module + used] = 0x60;
            let (mended, texts) = repaired(&lost);
            assert!(texts.iter().any(|text| text.starts_with("ModuleNameRva")), "{used} {texts:?}");
            let read = Minidump::read(&mended[..]).unwrap();
            assert!(read.get_stream::<minidump::MinidumpModuleList>().is_ok(), "{used}");
        }
        lost[module + 68] = 1;
        // A record that is in the file keeps its place.
        order.put(&mut lost, module + 84, 4, 4);
        order.put(&mut lost, module + 88, 0x20, 4);
        let subject = Subject::named("nameless.dmp", lost);
        let said = subject.run("repair", &["--dry-run"]).exits(1).json();
        assert!(said["notices"].to_string().contains("has no room for an empty name"), "{said}");
    }
}

#[test]
fn a_field_that_is_mended_after_another_one_needs_no_second_repair() {
    for order in [Order::Little, Order::Big] {
        let (mut lost, module) = without_a_module_name(order);
        // Reserved0, Reserved1 and VS_FIXEDFILEINFO are in use, and MiscRecord leads past the end of the file: once it is mended, it has
        // the zeros of an empty name.
        for used in [92, 100, 68] {
            lost[module + used] = 0x60;
        }
        lost[module + 84..module + 92].fill(0xff);
        let subject = Subject::named("nameless.dmp", lost.clone());
        let path = subject.path().to_str().unwrap();
        dumpedit(&["repair", path]).exits(0);
        let (mended, texts) = repaired(&lost);
        assert!(texts.iter().any(|text| text.starts_with("ModuleNameRva")), "{texts:?}");
        assert_same_bytes(&subject.now(), &mended);
        let again = dumpedit(&["repair", path]).exits(0);
        assert!(String::from_utf8_lossy(&again.stdout).contains("nothing to repair"), "{again}");
        assert!(Minidump::read(&mended[..]).unwrap().get_stream::<minidump::MinidumpModuleList>().is_ok());
        dumpedit(&["undo", path]).exits(0);
        subject.unchanged();
    }
}

#[test]
fn a_directory_whose_size_is_too_small_for_unloaded_modules_is_mended() {
    // Sizes of the header and of an entry, and the count: UnloadedModuleList, ThreadInfoList, HandleDataStream.
    for (kind, header, entry) in [(14, 12, 24), (17, 12, 64), (12, 16, 32)] {
        for order in [Order::Little, Order::Big] {
            let mut list = order.fields(&[(header, 4), (entry, 4), (2, 4)]);
            list.resize((header + 2 * entry) as usize, 0);
            let mut builder = MinidumpBuilder::new(order, 9);
            builder.stream(kind, &list);
            let good = builder.finish();
            let size_at = directory_entry(&good, order, kind) + 4;
            for size in [header, header + 4] {
                let mut bytes = good.clone();
                order.put(&mut bytes, size_at, size, 4);
                assert_same_bytes(&repaired(&bytes).0, &good);
            }
            // A count that neither the directory nor the file has room for is the wrong number.
            let count_at = order.get(&good, size_at + 4, 4) as usize + 8;
            let mut bytes = good.clone();
            order.put(&mut bytes, count_at, 0x7fff_ffff, 4);
            assert_same_bytes(&repaired(&bytes).0, &good);
        }
    }
}

#[test]
fn a_size_of_a_note_is_mended_where_the_next_note_says_what_it_was() {
    for (order, wide) in kinds_of_cores() {
        let good = full_core(order, wide);
        let notes = core_numbers(wide).first + SEGMENTS * core_numbers(wide).entry_size;
        let second = notes + 20 + order.get(&good, notes + 4, 4) as usize;
        for (note, field) in [(notes, "n_namesz"), (notes, "n_descsz"), (second, "n_namesz")] {
            let at = if field == "n_namesz" { note } else { note + 4 };
            for size in [0x7fff_ffff, 0xffff_fffc, 0x1_0000] {
                let mut bytes = good.clone();
                order.put(&mut bytes, at, size, 4);
                let (mended, said) = repaired(&bytes);
                assert_same_bytes(&mended, &good);
                assert!(said.len() == 1 && said[0].starts_with(field), "{said:?}");
            }
        }
        // Behind the last note, the size is not known.
        let mut bytes = good.clone();
        order.put(&mut bytes, second + 4, 0x7fff_ffff, 4);
        let (left, said) = repaired(&bytes);
        assert_same_bytes(&left, &bytes);
        assert!(said.is_empty(), "{said:?}");
    }
}

#[test]
fn a_segment_that_is_cut_to_its_memory_says_so() {
    for (order, wide) in kinds_of_cores() {
        let CoreNumbers { first, entry_size, word, .. } = core_numbers(wide);
        let mut bytes = full_core(order, wide);
        order.put(&mut bytes, first + entry_size + if wide { 32 } else { 16 }, 0x7000_0000, word);
        let (_, said) = repaired(&bytes);
        assert!(said[0].contains("its memory has 0x40 bytes"), "{said:?}");
    }
}

/// A minidump whose context, stack and memory are contiguous, in front of its streams; and their file offsets.
fn packed_minidump(order: Order) -> (Vec<u8>, [u64; 3]) {
    let mut builder = MinidumpBuilder::new(order, 9);
    let context = context_of(order);
    let at = builder.place(&context);
    let stack = builder.memory(0x7000, &[3; 96]);
    let memory = builder.memory(0x9000, &[4; 160]);
    builder.thread(7, (0x7000, 96, stack), (context.len() as u64, at));
    (builder.finish(), [at, stack, memory])
}

fn context_of(order: Order) -> Vec<u8> {
    let fields = [(amd64::RSP, 0x7000, 8), (amd64::RIP, 0x40_1000, 8)];
    crate::support::minidump_builder::context(order, amd64::SIZE, (amd64::FLAGS, amd64::FULL), &fields)
}

/// File offsets of a size that is followed by an offset.
fn descriptors(bytes: &[u8], order: Order, size: u64, rva: u64) -> Vec<usize> {
    let wanted = order.fields(&[(size, 4), (rva, 4)]);
    bytes.windows(8).enumerate().filter(|(_, found)| *found == wanted).map(|(at, _)| at).collect()
}

#[test]
fn sizes_of_contexts_stacks_and_memory_end_at_what_begins_next() {
    for order in [Order::Little, Order::Big] {
        let (good, [context, stack, memory]) = packed_minidump(order);
        let sizes = [(context, amd64::SIZE as u64), (stack, 96), (memory, 160)];
        for (rva, size) in sizes {
            let found = descriptors(&good, order, size, rva);
            assert!(!found.is_empty());
            for at in found {
                let mut bytes = good.clone();
                order.put(&mut bytes, at, 0x7fff_fff0, 4);
                let (mended, said) = repaired(&bytes);
                assert_same_bytes(&mended, &good);
                assert_eq!(said.len(), 1, "{said:?}");
            }
        }
    }
}

#[test]
fn a_stream_whose_size_is_damaged_ends_where_a_context_begins() {
    for order in [Order::Little, Order::Big] {
        let mut builder = MinidumpBuilder::new(order, 9);
        builder.stream(0x4767_0001, &[5; 40]);
        builder.thread_with(7, &context_of(order));
        let good = builder.finish();
        let entry = directory_entry(&good, order, 0x4767_0001);
        let mut bytes = good.clone();
        order.put(&mut bytes, entry + 4, 0x7fff_fff0, 4);
        assert_same_bytes(&repaired(&bytes).0, &good);
    }
}

#[test]
fn a_size_in_a_memory64_list_is_mended_where_the_others_leave_just_that_much() {
    for order in [Order::Little, Order::Big] {
        let mut builder = MinidumpBuilder::new(order, 9);
        for (address, size) in [(0x1000, 64), (0x2000, 128), (0x3000, 32)] {
            builder.memory64(address, &vec![7; size]);
        }
        let good = builder.finish();
        let list = order.get(&good, directory_entry(&good, order, stream::MEMORY64_LIST) + 8, 4) as usize;
        for index in 0..3 {
            let mut bytes = good.clone();
            order.put(&mut bytes, list + 16 + 16 * index + 8, 0x7fff_ffff_fff0, 8);
            let (mended, said) = repaired(&bytes);
            assert_same_bytes(&mended, &good);
            assert_eq!(said.len(), 1, "{said:?}");
        }
        // In a cut dump, the last part ends with the file.
        let cut = &good[..good.len() - 40];
        let (mended, _) = repaired(cut);
        let sizes = [0, 1, 2].map(|index| order.get(&mended, list + 16 + 16 * index + 8, 8));
        assert_eq!(sizes, [64, 120, 0]);
    }
}

#[test]
fn entries_of_a_minidumps_directory_that_are_not_counted_are_counted_again() {
    let live = fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/live.dmp")).unwrap();
    let counted = u32::from_le_bytes(live[8..12].try_into().unwrap());
    for count in [0, 1, counted / 2, counted - 3] {
        let mut bytes = live.clone();
        bytes[8..12].copy_from_slice(&count.to_le_bytes());
        let subject = Subject::named("live.dmp", bytes);
        let repaired = subject.plain("repair", &[]).exits(0);
        let text =
            format!("NumberOfStreams: the directory has {counted} entries, and the header counts {count}");
        assert!(repaired.text().contains(&text), "{repaired}");
        assert_same_bytes(&subject.now(), &live);
        subject.run("undo", &[]).exits(0);
        subject.unchanged();
    }
}

#[test]
fn bytes_behind_a_directory_that_are_no_entries_stay_uncounted() {
    let live = fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/live.dmp")).unwrap();
    let counted = u32::from_le_bytes(live[8..12].try_into().unwrap());
    let entry = |index: u32| 0x20 + index as usize * 12;
    // A type that nothing has, a stream past the end of the file, and one inside of another stream.
    let (first, last) = (entry(0), live.len() as u32);
    let inside = u32::from_le_bytes(live[first + 8..first + 12].try_into().unwrap()) + 4;
    for (kind, size, rva) in [(0x7777, 4, 0x1000), (3, 16, last - 8), (3, 16, inside)] {
        let mut bytes = live.clone();
        bytes[8..12].copy_from_slice(&4u32.to_le_bytes());
        let at = entry(counted / 2);
        for (into, value) in [(at, kind), (at + 4, size), (at + 8, rva)] {
            bytes[into..into + 4].copy_from_slice(&u32::to_le_bytes(value));
        }
        let subject = Subject::named("live.dmp", bytes);
        subject.plain("repair", &[]);
        assert_eq!(subject.now()[8..12], 4u32.to_le_bytes());
    }
}
