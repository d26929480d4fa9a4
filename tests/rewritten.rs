//! Dumps rewritten by `reduce` or by `describe` and `synth`: parts of their containers beside threads and memory, in the output of
//! independent readers.

use std::collections::BTreeMap;
use std::path::Path;

use minidump::{
    Minidump, MinidumpCrashpadInfo, MinidumpException, MinidumpHandleDataStream, MinidumpModuleList,
    MinidumpThreadNames, MinidumpUnloadedModuleList, Module,
};
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Object, ObjectSection};
use tempfile::TempDir;

use crate::support::bytes::Order;
use crate::support::command::{Run, dumpedit, notice, notices};
use crate::support::corpus::{cores, minidumps};
use crate::support::elf_builder::{ElfBuilder, prstatus};
use crate::support::minidump_builder::{
    MinidumpBuilder, amd64, amd64_context, context, processor, stream, x86,
};
use crate::support::rewritten::{described_and_made, reduced};
use crate::support::subject::Subject;
use crate::testdata::folder;

/// The `minidump` crate's view of the streams that hold file offsets.
fn streams(path: &Path) -> Vec<String> {
    let dump = Minidump::read_path(path).unwrap();
    let mut told = Vec::new();
    if let Ok(info) = dump.get_stream::<MinidumpCrashpadInfo>() {
        let simple: BTreeMap<_, _> = info.simple_annotations.iter().collect();
        told.push(format!("annotations {simple:?}"));
        for module in &info.module_list {
            let simple: BTreeMap<_, _> = module.simple_annotations.iter().collect();
            let objects: BTreeMap<_, _> =
                module.annotation_objects.iter().map(|(name, value)| (name, format!("{value:?}"))).collect();
            told.push(format!(
                "module {} {:?} {simple:?} {objects:?}",
                module.module_index, module.list_annotations
            ));
        }
    }
    if let Ok(handles) = dump.get_stream::<MinidumpHandleDataStream>() {
        told.extend(handles.handles.iter().map(|handle| {
            format!("handle {:?} {:?} {:?}", handle.raw.handle(), handle.type_name, handle.object_name)
        }));
    }
    if let Ok(unloaded) = dump.get_stream::<MinidumpUnloadedModuleList>() {
        told.extend(
            unloaded
                .iter()
                .map(|module| format!("unloaded {:#x} {}", module.base_address(), module.code_file())),
        );
    }
    if let Ok(modules) = dump.get_stream::<MinidumpModuleList>() {
        told.extend(modules.iter().map(|module| {
            format!(
                "module {:#x} {} {:?}",
                module.base_address(),
                module.code_file(),
                module.debug_identifier()
            )
        }));
    }
    if let Ok(names) = dump.get_stream::<MinidumpThreadNames>() {
        let mut text = Vec::new();
        names.print(&mut text).unwrap();
        told.push(String::from_utf8(text).unwrap());
    }
    if let Ok(exception) = dump.get_stream::<MinidumpException<'_>>() {
        let record = &exception.raw.exception_record;
        told.push(format!(
            "exception {} {:#x} {:#x} {:?}",
            exception.raw.thread_id,
            record.exception_code,
            record.exception_address,
            record.exception_information
        ));
    }
    told
}

#[test]
fn a_record_of_another_machine_stays_as_it_is() {
    let mut dump = MinidumpBuilder::new(Order::Little, processor::ARM64);
    dump.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, 0x7000));
    let subject = Subject::new(dump.finish());
    let again = described_and_made(subject.path());
    let registers =
        |path: &Path| dumpedit(&["regs".as_ref(), path.as_os_str(), "--json".as_ref()]).exits(0).json();
    let (before, after) = (registers(subject.path()), registers(&again.path));
    assert_eq!(before["registers"], after["registers"]);
    assert!(before.to_string().contains("0x401000"), "{before}");
}

#[test]
fn numbers_in_the_padding_of_an_exception_are_said_to_be_lost() {
    let mut dump = MinidumpBuilder::amd64();
    let context = amd64_context(amd64::FULL, 0x40_1000, 0x7000);
    dump.thread_with(7, &context);
    dump.exception_with(7, &context, 0x40_1000);
    let file = dump.finish();
    let kind = u64::from(stream::EXCEPTION);
    let entry =
        (0..8).map(|index| 32 + 12 * index).find(|at| Order::Little.get(&file, *at, 4) == kind).unwrap();
    let at = Order::Little.get(&file, entry + 8, 4) as usize;
    assert_eq!(notices(&reduced(Subject::new(file.clone()).path()).told), [""; 0]);
    for padding in [at + 4, at + 36] {
        let mut file = file.clone();
        Order::Little.put(&mut file, padding, 7, 4);
        let told = reduced(Subject::new(file).path()).told;
        assert_eq!(notice(&told, "lost-exception-padding")["file_offset"], at, "{told}");
    }
}

#[test]
fn annotations_handles_and_unloaded_modules_stay_with_what_they_lead_to() {
    let mut with_annotations = 0;
    for dump in minidumps() {
        let before = streams(&dump);
        with_annotations += usize::from(before.iter().any(|line| line.starts_with("annotations")));
        let made = described_and_made(&dump);
        for again in [&reduced(&dump), &made] {
            let after = streams(&again.path);
            assert_eq!(before, after, "{}\n{}", dump.display(), again.told);
        }
        // Bytes that are file offsets are no difference.
        let compared =
            dumpedit(&["diff".as_ref(), dump.as_os_str(), made.path.as_os_str(), "--json".as_ref()]).json();
        assert_eq!(compared["same"], true, "{}: {compared}", dump.display());
    }
    assert!(minidumps().is_empty() || with_annotations > 1);
}

/// Names in the link map of `LinuxDsoDebug`.
fn link_map(path: &Path) -> Vec<String> {
    const LINUX_DSO_DEBUG: u32 = 0x4767_000a;
    let bytes = std::fs::read(path).unwrap();
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let (count, directory) = (number(8), number(12));
    let mut entries = (0..count).map(|index| directory + 12 * index);
    let Some(entry) = entries.find(|at| number(*at) == LINUX_DSO_DEBUG as usize) else { return Vec::new() };
    let stream = number(entry + 8);
    let (map, links) = (number(stream + 4), number(stream + 8));
    // The architecture decides the width of Breakpad's structures.
    let system = (0..count).map(|index| directory + 12 * index).find(|at| number(*at) == 7).unwrap();
    let is_wide = [9, 12].contains(&(number(number(system + 8)) & 0xffff));
    let (link_size, name_at) = if is_wide { (24, 8) } else { (12, 4) };
    let name = |index: usize| {
        let at = number(map + index * link_size + name_at);
        let units = bytes[at + 4..at + 4 + number(at)].chunks_exact(2);
        String::from_utf16(&units.map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect::<Vec<_>>())
            .unwrap()
    };
    (0..links).map(name).collect()
}

#[test]
fn the_link_map_of_linux_stays_with_its_names() {
    let mut with_names = 0;
    for dump in minidumps() {
        let before = link_map(&dump);
        for again in [reduced(&dump), described_and_made(&dump)] {
            assert_eq!(before, link_map(&again.path), "{}", dump.display());
        }
        with_names += usize::from(before.iter().any(|name| name.contains(".so")));
    }
    assert!(minidumps().is_empty() || with_names > 0);
}

#[test]
fn sections_of_a_reduced_core_hold_the_memory_that_they_tell_of() {
    let mut sections = 0;
    for dump in cores().into_iter().chain(["crash.core", "live.core"].map(|name| folder().join(name))) {
        if !dump.exists() {
            continue;
        }
        let again = reduced(&dump);
        let (before, after) = (std::fs::read(&dump).unwrap(), std::fs::read(&again.path).unwrap());
        let (before, after) = (object::File::parse(&*before), object::File::parse(&*after));
        let (Ok(before), Ok(after)) = (before, after) else { continue };
        for section in after.sections().filter(|section| section.address() != 0 && section.size() > 0) {
            let of = before.sections().find(|of| {
                of.address() <= section.address()
                    && section.address() + section.size() <= of.address() + of.size()
            });
            let of = of.unwrap_or_else(|| panic!("{}: {:#x}", dump.display(), section.address()));
            let into = (section.address() - of.address()) as usize;
            let (Ok(was), Ok(is)) = (of.data(), section.data()) else { continue };
            if is.is_empty() {
                continue;
            }
            assert!(was[into..into + is.len()] == *is, "{}: {:#x}", dump.display(), section.address());
            assert_eq!(of.name().ok(), section.name().ok());
            sections += 1;
        }
    }
    assert!(sections > 0);
}

#[test]
fn section_headers_are_described_and_made() {
    let mut compared = 0;
    for dump in cores().into_iter().chain([folder().join("crash.core")]) {
        let before = std::fs::read(&dump).unwrap();
        let Ok(before) = object::File::parse(&*before) else { continue };
        let made = described_and_made(&dump);
        if before.sections().next().is_none() || notices(&made.told).contains(&"lost-section-headers") {
            continue;
        }
        let after = std::fs::read(&made.path).unwrap();
        let after = object::File::parse(&*after).unwrap();
        let told = |file: &object::File<'_>| -> Vec<(String, u64, u64, Vec<u8>)> {
            let of = |section: object::Section<'_, '_>| {
                let name = section.name().unwrap_or_default().to_owned();
                // Notes may be padded differently.
                let is_notes = section.kind() == object::SectionKind::Note;
                let data = if is_notes { &[] } else { section.data().unwrap_or_default() };
                (name, section.address(), section.align(), data.to_vec())
            };
            file.sections().map(of).collect()
        };
        assert_eq!(told(&before), told(&after), "{}", dump.display());
        compared += 1;
    }
    assert!(compared > 0);
    assert_eq!(notices(&described_and_made(&folder().join("crash.core")).told), [""; 0]);
}

#[test]
fn notes_stay_in_their_segments_and_a_spec_that_cannot_say_so_tells() {
    let extra = || ("LINUX", 0x46e6_2b7f, vec![1; 8]);
    let segments = |path: &Path| -> Vec<Vec<u32>> {
        let file = std::fs::read(path).unwrap();
        let core = object::elf::FileHeader64::<object::Endianness>::parse(&*file).unwrap();
        let order = core.endian().unwrap();
        let programs = core.program_headers(order, &*file).unwrap().iter();
        let notes = programs.filter_map(|program| program.notes(order, &*file).unwrap());
        notes
            .map(|mut notes| {
                let mut kinds = Vec::new();
                while let Some(note) = notes.next().unwrap() {
                    kinds.push(note.n_type(order).0);
                }
                kinds
            })
            .collect()
    };
    let built = |groups: &[&[(&'static str, u32, Vec<u8>)]]| {
        let mut core = ElfBuilder::x86_64();
        groups.iter().for_each(|notes| drop(core.notes(notes)));
        core.load(0x1_0000, &[0x11; 64]);
        Subject::new(core.finish())
    };
    let (one, other) = (prstatus(7, 11, 0, 0x1_0008), prstatus(8, 0, 0, 0x1_0010));
    let apart = built(&[&[one.clone(), extra()], &[other.clone(), extra()]]);
    let across = built(&[&[one], &[extra(), other]]);
    for (subject, told) in [(&apart, &[][..]), (&across, &["lost-note-segments"])] {
        let before = segments(subject.path());
        assert_eq!(before.len(), 2);
        let small = reduced(subject.path());
        assert_eq!(notices(&small.told), [""; 0]);
        assert_eq!(segments(&small.path), before);
        let made = described_and_made(subject.path());
        assert_eq!(notices(&made.told), told);
        assert_eq!(segments(&made.path) == before, told.is_empty());
    }
}

#[test]
fn a_core_is_described_by_its_crash_and_its_modules() {
    let core = folder().join("crash.core");
    let run = dumpedit(&["describe".as_ref(), core.as_os_str()]).exits(0);
    let spec = run.text();
    assert!(spec.contains("\ncrash:\n  thread: 11924\n  code: 0xb\n"), "{spec}");
    assert!(spec.contains("name: /srv/example/crash\n    page: 0x1000\n"), "{spec}");
    assert!(spec.contains("- {type: NT_FILE}"), "{spec}");
}

/// The bytes of a reduced dump at an address, and those of the dump itself.
fn read_of_both(dump: &[u8], at: &str) -> [Vec<u8>; 2] {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("whole");
    std::fs::write(&path, dump).unwrap();
    let small = reduced(&path);
    let read = |path: &Path| -> Run { dumpedit(&["read".as_ref(), path.as_os_str(), at.as_ref()]) };
    [&small.path, &path].map(|path| read(path).exits(0).stdout)
}

#[test]
fn memory_at_sign_extended_addresses_stays() {
    const STACK: u64 = 0x8000_1000;
    let mut dump = MinidumpBuilder::x86();
    let fields = [(x86::ESP, STACK + 0x800, 4)];
    let record = context(Order::Little, x86::SIZE, (x86::FLAGS, x86::FULL), &fields);
    let record_at = dump.place(&record);
    let bytes: Vec<u8> = (0..0x1000).map(|index| (index % 251) as u8).collect();
    let address = 0xffff_ffff_0000_0000 | STACK;
    let stack_at = dump.memory(address, &bytes);
    dump.thread(7, (address, 0x1000, stack_at), (record.len() as u64, record_at));
    let [small, whole] = read_of_both(&dump.finish(), "0x80001800..+0x100");
    assert!(small == whole && !small.is_empty());
}

#[test]
fn a_stack_that_the_end_of_the_file_cuts_off_stays_listed() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("whole");
    let mut dump = MinidumpBuilder::amd64();
    let record = amd64_context(amd64::FULL, 0x1000, 0x2800);
    let record_at = dump.place(&record);
    dump.thread(7, (0x2000, 0x1000, 0x10_0000), (record.len() as u64, record_at));
    std::fs::write(&path, dump.finish()).unwrap();
    let stacks = |path: &Path| {
        let dump = Minidump::read_path(path).unwrap();
        let threads = dump.get_stream::<minidump::MinidumpThreadList<'_>>().unwrap();
        let stack = |thread: &minidump::MinidumpThread<'_>| {
            let stack = &thread.raw.stack;
            (stack.start_of_memory_range, stack.memory.data_size)
        };
        threads.threads.iter().map(stack).collect::<Vec<_>>()
    };
    assert_eq!(stacks(&path), [(0x2000, 0x1000)]);
    assert_eq!(stacks(&reduced(&path).path), stacks(&path));
}

#[test]
fn sections_over_several_segments_carry_no_memory_into_a_reduced_core() {
    const PAGES: u64 = 0x4_0000;
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0, 0x1_0800)]);
    let first = core.load(0x1_0000, &vec![0x11; PAGES as usize]);
    core.load(0x8_0000, &vec![0x22; PAGES as usize]);
    let mut core = core.finish();
    let table = core.len() as u64;
    Order::Little.put(&mut core, 40, table, 8);
    Order::Little.put(&mut core, 58, 64, 2);
    Order::Little.put(&mut core, 60, 3, 2);
    core.extend([0; 64]);
    for size in [2 * PAGES, PAGES / 2] {
        let (progbits, offset) = (1, first + PAGES / 4);
        let fields = [(0, 4), (progbits, 4), (0, 8), (0, 8), (offset, 8), (size, 8), (0, 8), (1, 8), (0, 8)];
        core.extend(Order::Little.fields(&fields));
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("whole");
    std::fs::write(&path, core).unwrap();
    let small = reduced(&path);
    assert_eq!(notice(&small.told, "lost-section")["count"], 1);
    let size = std::fs::metadata(&small.path).unwrap().len();
    let memory = dumpedit(&["regions".as_ref(), small.path.as_os_str(), "--json".as_ref()]).exits(0).json();
    let captured = |region: &serde_json::Value| region["captured"].as_u64().unwrap();
    let captured: u64 = memory.as_array().unwrap().iter().map(captured).sum();
    assert!(size < captured + 0x1000, "{size} bytes for {captured} of memory");
}
