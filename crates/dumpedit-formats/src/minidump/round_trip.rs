//! Tests that turn real minidumps and broken variants into models and back into files.

use dumpedit_layout::{FileBytes, NoticeKind};
use std::path::{Path, PathBuf};

use minidump::{
    Minidump, MinidumpCrashpadInfo, MinidumpHandleDataStream, MinidumpMemoryInfoList, MinidumpModuleList,
    MinidumpStream, MinidumpThreadList, MinidumpThreadNames, MinidumpUnloadedModuleList, Module as _,
    UnifiedMemoryList,
};
use minidump_common::format::MINIDUMP_STREAM_TYPE;

use crate::model::{Blob, Content, CrashRecord, FileOffset, Model, Placed, Stack, Stored, StreamContent};
use crate::write::Plan;

/// Maximum size of a dump of the corpus or a variant, in bytes.
pub(super) const LIMIT: u64 = 1 << 30;

/// The real minidumps by name; none where there is no corpus, which is printed.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/dumps");
    let root = std::env::var_os("DUMPEDIT_DUMPS").map_or(beside, PathBuf::from);
    let files = ["minidump", "bad"].iter().filter_map(|folder| root.join(folder).read_dir().ok()).flatten();
    let mut dumps: Vec<(String, Vec<u8>)> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "dmp"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap()))
        .collect();
    if dumps.is_empty() {
        eprintln!("skipped: there are no real dumps in {} (DUMPEDIT_DUMPS names the corpus)", root.display());
    }
    dumps.sort();
    dumps
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

/// The bytes of a content in the file that its model was read from.
fn bytes_of(content: &Content, old: &[u8]) -> Vec<u8> {
    match content {
        Content::File(place) => old[index(place.file_offset)..][..index(place.size)].to_vec(),
        Content::Cut { file, size } => {
            let mut bytes = old[index(file.file_offset)..][..index(file.size)].to_vec();
            bytes.resize(index(*size), 0);
            bytes
        }
        Content::Bytes(bytes) => bytes.to_vec(),
        Content::Zero(size) => vec![0; index(*size)],
        Content::Given { .. } => panic!("nothing that was read is given"),
    }
}

pub(super) fn file(plan: &Plan, old: &[u8]) -> Vec<u8> {
    let mut file = vec![0; index(plan.size)];
    for piece in &plan.pieces {
        let bytes = bytes_of(&piece.content, old);
        file[index(piece.file_offset)..][..bytes.len()].copy_from_slice(&bytes);
    }
    for FileBytes { file_offset, bytes } in &plan.patches {
        file[index(*file_offset)..][..bytes.len()].copy_from_slice(bytes);
    }
    file
}

fn unplaced<T>(placed: &mut Placed<T>) {
    placed.place = None;
}

fn inline(content: &mut Content, old: &[u8]) {
    *content = bytes_of(content, old).into();
}

fn inline_blob(blob: &mut Blob, old: &[u8]) {
    let mut bytes = bytes_of(&blob.content, old);
    for link in &mut blob.links {
        let at = index(link.at);
        let width = index(link.pointer.size());
        bytes[at..at + width].fill(0);
        inline_blob(&mut link.to, old);
    }
    blob.content = bytes.into();
}

/// A model without places: its values, and all its bytes.
pub(super) fn said(mut model: Model, old: &[u8]) -> Model {
    model.lost.clear();
    for thread in &mut model.threads {
        unplaced(&mut thread.tid);
        thread.name.iter_mut().for_each(unplaced);
        thread.record.iter_mut().for_each(|record| inline(record, old));
        unplaced(&mut thread.environment);
        unplaced(&mut thread.suspend_count);
        unplaced(&mut thread.priority_class);
        unplaced(&mut thread.priority);
        if let Stack::Descriptor { file_offset: FileOffset::Number(number), .. } = &mut thread.stack {
            *number = 0;
        }
    }
    for crash in &mut model.crashes {
        for number in [&mut crash.thread, &mut crash.nested].into_iter().chain(&mut crash.address) {
            unplaced(number);
        }
        for number in [&mut crash.code, &mut crash.flags, &mut crash.parameter_count] {
            unplaced(number);
        }
        crash.parameters.iter_mut().for_each(unplaced);
        if let CrashRecord::Own(record) = &mut crash.record {
            inline(record, old);
        }
    }
    for module in &mut model.modules {
        unplaced(&mut module.base);
        unplaced(&mut module.size);
        unplaced(&mut module.name);
        unplaced(&mut module.checksum);
        unplaced(&mut module.timestamp);
        for content in [&mut module.version, &mut module.reserved] {
            inline(content, old);
        }
        for content in module.code_view.iter_mut().chain(&mut module.miscellaneous) {
            inline(content, old);
        }
    }
    for entry in &mut model.memory {
        if let Stored::Own(content) = &mut entry.stored {
            inline(content, old);
        }
    }
    let crate::model::Container::Minidump(minidump) = &mut model.container else { panic!("no minidump") };
    if let Some(system) = &mut minidump.system {
        unplaced(&mut system.architecture);
        unplaced(&mut system.platform);
        system.service_pack.iter_mut().for_each(unplaced);
        inline(&mut system.cpu, old);
    }
    for stream in &mut minidump.streams {
        match &mut stream.content {
            StreamContent::Blob(blob) => inline_blob(blob, old),
            // Offsets past the end of a file are not comparable.
            StreamContent::Elsewhere { file_offset, .. } => *file_offset = FileOffset::Number(0),
        }
    }
    model
}

/// The file of a model, and the model that is read from it.
fn again(model: &Model, old: &[u8]) -> (Vec<u8>, Model) {
    let plan = super::plan(model, LIMIT).unwrap();
    let new = file(&plan, old);
    let model = super::read(&new).unwrap();
    (new, model)
}

#[test]
fn a_real_dump_says_the_same_after_it_was_written_from_its_model() {
    for (name, old) in corpus() {
        let model = super::read(&old).unwrap();
        let (new, read) = again(&model, &old);
        let (first, second) = (said(model, &old), said(read.clone(), &new));
        assert!(first == second, "{name}\n{first:#?}\n{second:#?}");
        let (twice, _) = again(&read, &new);
        assert!(twice == new, "{name}: what is written does not change any more");
    }
}

/// Contents of a dump by the `minidump` crate, line by line, without its file offsets.
fn as_another_reads(bytes: &[u8]) -> Vec<String> {
    fn stream<'a, T: MinidumpStream<'a>>(
        dump: &'a Minidump<'a, &'a [u8]>,
        lines: &mut Vec<String>,
        of: impl Fn(T) -> Vec<String>,
    ) {
        if let Ok(stream) = dump.get_stream::<T>() {
            lines.extend(of(stream));
        }
    }
    let mut lines = Vec::new();
    let Ok(dump) = Minidump::read(bytes) else { return lines };
    let memory = dump.get_memory().unwrap_or_default();
    stream(&dump, &mut lines, |threads: MinidumpThreadList<'_>| {
        let system = dump.get_stream().ok();
        let misc = dump.get_stream().ok();
        let line = |thread: &minidump::MinidumpThread<'_>| {
            let context = system.as_ref().and_then(|system| thread.context(system, misc.as_ref()));
            let context = context.map(|context| format!("{:?}", context.into_owned().raw));
            let stack = thread.stack_memory(&memory).map(|stack| stack.bytes().to_vec());
            let raw = &thread.raw;
            format!("thread {} {} {:#x} {context:?} {stack:?}", raw.thread_id, raw.priority, raw.teb)
        };
        threads.threads.iter().map(line).collect()
    });
    stream(&dump, &mut lines, |names: MinidumpThreadNames| {
        let Ok(threads) = dump.get_stream::<MinidumpThreadList<'_>>() else { return Vec::new() };
        let ids = threads.threads.iter().map(|thread| thread.raw.thread_id);
        ids.map(|id| format!("name {id} {:?}", names.get_name(id))).collect()
    });
    stream(&dump, &mut lines, |modules: MinidumpModuleList| {
        let line = |module: &minidump::MinidumpModule| {
            let ids = (module.code_identifier(), module.debug_identifier(), module.debug_file());
            format!("module {:#x} {} {} {ids:?}", module.base_address(), module.size(), module.code_file())
        };
        modules.iter().map(line).collect()
    });
    stream(&dump, &mut lines, |modules: MinidumpUnloadedModuleList| {
        modules
            .iter()
            .map(|module| format!("unloaded {:#x} {}", module.raw.base_of_image, module.name))
            .collect()
    });
    stream(&dump, &mut lines, |handles: MinidumpHandleDataStream| {
        let line = |handle: &minidump::MinidumpHandleDescriptor| {
            let kinds: Vec<_> = handle.object_infos.iter().map(|info| info.info_type).collect();
            let names = (&handle.type_name, &handle.object_name);
            format!("handle {:?} {names:?} {kinds:?}", handle.raw.handle())
        };
        handles.iter().map(line).collect()
    });
    stream(&dump, &mut lines, |crashpad: MinidumpCrashpadInfo| {
        let annotations = &crashpad.simple_annotations;
        let mut lines = vec![format!("crashpad {:?} {annotations:?}", crashpad.raw.client_id)];
        lines.extend(crashpad.module_list.iter().map(|module| {
            let lists = (&module.list_annotations, &module.simple_annotations, &module.annotation_objects);
            format!("crashpad module {} {lists:?}", module.module_index)
        }));
        lines
    });
    stream(&dump, &mut lines, |infos: MinidumpMemoryInfoList<'_>| {
        infos.iter().map(|info| format!("mapping {:?}", info.raw)).collect()
    });
    lines.extend(memory_lines(&memory));
    lines
}

fn memory_lines(memory: &UnifiedMemoryList<'_>) -> Vec<String> {
    let line = |region: minidump::UnifiedMemory<'_, '_>| {
        format!("memory {:#x} {:?}", region.base_address(), region.bytes())
    };
    memory.iter().map(line).collect()
}

#[test]
fn another_reader_reads_the_same_of_what_was_written() {
    let mut lines = 0;
    for (name, old) in corpus() {
        let model = super::read(&old).unwrap();
        if !model.lost.is_empty() {
            continue;
        }
        let (new, _) = again(&model, &old);
        let (before, after) = (as_another_reads(&old), as_another_reads(&new));
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(before, after, "{name}");
        }
        assert_eq!(before.len(), after.len(), "{name}");
        lines += before.len();
    }
    assert!(lines == 0 || lines > 1000, "{lines} lines were compared");
}

/// Load addresses and names of the link map that LinuxDsoDebug leads to, `entry` bytes each.
fn link_map(bytes: &[u8], entry: u64) -> Vec<(u32, String)> {
    let super::Opened { dump, .. } = super::open(bytes).unwrap();
    let stream = dump.of(MINIDUMP_STREAM_TYPE::LinuxDsoDebug).next().unwrap();
    let number = |at: u64| dump.read::<u32>(at).unwrap();
    let (map, count) = (number(stream.place.file_offset + 4), number(stream.place.file_offset + 8));
    let name_at = if entry == 12 { 4 } else { 8 };
    let entries = (0..u64::from(count)).map(|index| u64::from(map) + index * entry);
    entries.map(|at| (number(at), dump.string(number(at + name_at).into()).unwrap())).collect()
}

#[test]
fn the_link_map_of_a_linux_process_moves_whole() {
    let entries = [
        ("breakpad-linux_stacksmash.dmp", 24),
        ("lldb-linux-i386.dmp", 12),
        ("rust-minidump-linux-mini.dmp", 24),
    ];
    for (name, old) in corpus() {
        let Some((_, entry)) = entries.iter().find(|(known, _)| *known == name) else { continue };
        let (new, _) = again(&super::read(&old).unwrap(), &old);
        let found = link_map(&old, *entry);
        assert!(found.iter().any(|(_, name)| name.contains("/libc")), "{name}: {found:?}");
        assert_eq!(link_map(&new, *entry), found, "{name}");
    }
}

/// Pseudorandom numbers, the same in every run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }
}

#[test]
fn broken_dumps_are_read_and_written_without_panics_and_within_bounds() {
    let read = |bytes: &[u8]| {
        let Ok(model) = super::read(bytes) else { return };
        let size = u64::try_from(bytes.len()).unwrap();
        match super::plan(&model, 16 * size + (1 << 20)) {
            Ok(plan) => {
                assert!(plan.pieces.len() <= 2 * bytes.len() + 1024);
                super::read(&file(&plan, bytes)).unwrap();
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    };
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for (_, whole) in corpus() {
        // Tables of large dumps are at the start, or have lists at the end.
        let whole = whole.get(..whole.len().min(200_000)).unwrap_or(&whole);
        for _ in 0..6 {
            read(&whole[..numbers.below(whole.len())]);
            let mut bytes = whole.to_vec();
            for _ in 0..20 {
                let at = numbers.below(bytes.len().min(8192));
                let value = [0, 1, 0xff, 0x7f, 4, 0x40][numbers.below(6)];
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = value;
                }
            }
            read(&bytes);
        }
    }
}

/// A minidump with one stream, whose bytes are behind the directory, at 44.
fn of_stream(kind: MINIDUMP_STREAM_TYPE, stream: &[u8]) -> Vec<u8> {
    let mut bytes = b"MDMP\x93\xa7\0\0\x01\0\0\0\x20\0\0\0".to_vec();
    bytes.resize(32, 0);
    for number in [u32::from(kind), u32::try_from(stream.len()).unwrap(), 44] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(stream);
    bytes
}

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

#[test]
fn bytes_far_behind_what_is_known_of_a_stream_are_told_of() {
    for (last, told) in [(0, 0), (1, 1)] {
        let mut stream = vec![0; 56 + 0x5000];
        stream.push(last);
        let model = super::model::read(&of_stream(MINIDUMP_STREAM_TYPE::SystemInfoStream, &stream)).unwrap();
        let rest = model.lost.iter().filter(|notice| notice.kind == NoticeKind::LostBytesOfStream);
        assert_eq!(rest.count(), told, "{:?}", model.lost);
    }
}

fn links_of(blob: &Blob) -> usize {
    blob.links.iter().map(|link| 1 + links_of(&link.to)).sum()
}

#[test]
fn a_circle_of_file_offsets_is_followed_up_to_a_bound_and_said() {
    // One handle, whose information at 44 + 56 leads to itself.
    let mut stream = numbers(&[16, 40, 1, 0]);
    stream.extend(numbers(&[0, 0, 0, 0, 0, 0, 0, 0, 100, 0]));
    stream.extend(numbers(&[100, 0, 0]));
    let bytes = of_stream(MINIDUMP_STREAM_TYPE::HandleDataStream, &stream);
    let model = super::read(&bytes).unwrap();
    let StreamContent::Blob(blob) = &model.minidump().unwrap().streams[0].content else { panic!("no blob") };
    assert_eq!(links_of(blob), 32);
    let lost = &model.lost[0];
    assert_eq!((lost.kind, lost.count), (NoticeKind::FileOffsetNotFollowed, Some(1)));
}

#[test]
fn lists_of_links_that_share_their_bytes_cost_no_more_than_a_few_times_the_file() {
    // A list of annotations, each of which refers to the list itself as a dictionary.
    let count = 20_000;
    let mut info = numbers(&[1, 0, 0, 0, 0, 0, 0, 0, 0]);
    info.extend(numbers(&[0, 0, 4 + 12 * count, 44 + 52]));
    info.extend(numbers(&[count]));
    for _ in 0..count {
        info.extend(numbers(&[0, 32, 44 + 52 + 4]));
    }
    let bytes = of_stream(MINIDUMP_STREAM_TYPE::CrashpadInfoStream, &info);
    let model = super::read(&bytes).unwrap();
    let StreamContent::Blob(blob) = &model.minidump().unwrap().streams[0].content else { panic!("no blob") };
    let links = links_of(blob);
    assert!(links > 100 && links < 25_000, "{links}");
    assert_eq!(model.lost[0].kind, NoticeKind::FileOffsetNotFollowed);
}
