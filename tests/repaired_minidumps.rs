//! The directory, lists and descriptors of minidumps that contradict the file are mended.

use std::fs;
use std::path::PathBuf;

use dumpedit::Dump;
use minidump::{Minidump, MinidumpMemory64List};

use crate::repaired::repaired;
use crate::support::bytes::Order;
use crate::support::command::dumpedit;
use crate::support::corpus;
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context, stream};
use crate::support::subject::{Subject, assert_same_bytes};
use crate::support::tools::skip;

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
fn a_list_that_another_one_of_its_type_makes_good_is_no_list() {
    for path in corpus::dumps("bad") {
        let Ok(dump) = Dump::open(&path) else { continue };
        let mut edit = dump.edit();
        let repaired = edit.repair().unwrap();
        // The signature and the version are never overwritten.
        assert!(repaired.iter().all(|repair| repair.file_offset >= 8), "{}: {repaired:?}", path.display());
    }
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
