//! Program headers, notes and segments of cores that contradict the file are mended.

use std::fs;
use std::process::Command;

use dumpedit::{Dump, NoticeKind};

use crate::repaired::repaired;
use crate::support::bytes::Order;
use crate::support::command::{binary, dumpedit, run};
use crate::support::elf_builder::{self, ElfBuilder, machine, nt_file, prstatus};
use crate::support::subject::{Subject, assert_same_bytes};
use crate::support::tools::have;

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
