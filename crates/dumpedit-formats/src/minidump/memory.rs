//! Memory: captures in MemoryList, Memory64List and the threads' stacks, and mappings in MemoryInfoList, the Linux maps and the modules.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use dumpedit_layout::{LayoutBuilder, NoticeKind, Subject};
use minidump_common::format::{
    MINIDUMP_MEMORY_DESCRIPTOR, MINIDUMP_MEMORY_DESCRIPTOR64, MINIDUMP_MEMORY_INFO, MINIDUMP_STREAM_TYPE,
    MemoryState,
};

use super::schema::protection;
use super::shown::narrow;
use super::stream::Dump;
use crate::linux_maps;

/// Adds captures. The same address, size and file offset in lists and threads counts once.
#[derive(Default)]
pub(super) struct Captures {
    seen: HashSet<(u64, u32, u32)>,
}

impl Captures {
    /// The captures of both lists, in the order in which reads prefer them.
    pub(super) fn lists(&mut self, dump: &Dump<'_>, layout: &mut LayoutBuilder) {
        let kind = MINIDUMP_STREAM_TYPE::MemoryListStream;
        let shape = |stream| dump.counted::<MINIDUMP_MEMORY_DESCRIPTOR>(stream);
        for list in dump.lists::<MINIDUMP_MEMORY_DESCRIPTOR>(kind, layout, shape) {
            for descriptor in dump.entries(list) {
                self.add(layout, &descriptor);
            }
        }
        lists64(dump, layout);
    }

    /// Adds a descriptor. The header is at file offset 0, so that this offset means: not in the file.
    pub(super) fn add(&mut self, layout: &mut LayoutBuilder, descriptor: &MINIDUMP_MEMORY_DESCRIPTOR) {
        let address = descriptor.start_of_memory_range;
        let (size, offset) = (descriptor.memory.data_size, descriptor.memory.rva);
        if offset == 0 {
            layout.mapping(address, size.into(), None, None);
        } else if self.seen.insert((address, size, offset)) {
            layout.capture(address, size.into(), offset.into());
        }
    }
}

/// The ranges of a Memory64List follow one another in the file, from its base on.
fn lists64(dump: &Dump<'_>, layout: &mut LayoutBuilder) {
    let kind = MINIDUMP_STREAM_TYPE::Memory64ListStream;
    let shape = |stream| dump.counted64(stream);
    for list in dump.lists::<MINIDUMP_MEMORY_DESCRIPTOR64>(kind, layout, shape) {
        let base = list.stream.place.file_offset.checked_add(8).and_then(|at| dump.read::<u64>(at));
        let Some(mut next) = base else { continue };
        for descriptor in dump.entries::<MINIDUMP_MEMORY_DESCRIPTOR64>(list) {
            let (address, size) = (descriptor.start_of_memory_range, descriptor.data_size);
            layout.capture(address, size, next);
            // A sum that saturates is past the end of every file, so that the rest counts as cut off.
            next = next.saturating_add(size);
        }
    }
}

/// Adds the mappings: of the lists of regions where there are any, else of the modules.
///
/// `modules` has base, size in bytes, and name.
pub(super) fn mappings(
    dump: &Dump<'_>,
    layout: &mut LayoutBuilder,
    modules: &[(u64, u64, Arc<str>)],
    width: u8,
) {
    let listed = memory_info(dump, layout, modules, width);
    let mapped = mapped_by_linux(dump, layout);
    if !listed && !mapped {
        for (base, size, name) in modules {
            layout.mapping(*base, *size, None, Some(Arc::clone(name)));
        }
    }
}

fn memory_info(
    dump: &Dump<'_>,
    layout: &mut LayoutBuilder,
    modules: &[(u64, u64, Arc<str>)],
    width: u8,
) -> bool {
    let names: HashMap<u64, &Arc<str>> = modules.iter().map(|(base, _, name)| (*base, name)).collect();
    let kind = MINIDUMP_STREAM_TYPE::MemoryInfoListStream;
    let shape = |stream| dump.memory_infos(stream);
    let mut any = false;
    for list in dump.lists::<MINIDUMP_MEMORY_INFO>(kind, layout, shape) {
        for info in dump.entries::<MINIDUMP_MEMORY_INFO>(list) {
            if info.state & MemoryState::MEM_COMMIT.bits() != 0 {
                let name = names.get(&narrow(info.allocation_base, width)).map(|name| Arc::clone(name));
                layout.mapping(info.base_address, info.region_size, Some(protection(info.protection)), name);
                any = true;
            }
        }
    }
    any
}

/// A copy of `/proc/PID/maps`.
fn mapped_by_linux(dump: &Dump<'_>, layout: &mut LayoutBuilder) -> bool {
    let mut any = false;
    for stream in dump.of(MINIDUMP_STREAM_TYPE::LinuxMaps) {
        let text = dump.slice(stream.place);
        if !dump.affords_text(u64::try_from(text.len()).unwrap_or(u64::MAX)) {
            layout.count(NoticeKind::ListsOverlap, Subject::FileOffset(stream.place.file_offset));
            continue;
        }
        for line in linux_maps::lines(text) {
            layout.mapping(
                line.first,
                line.size(),
                Some(line.protection),
                line.name.as_deref().map(Arc::from),
            );
            any = true;
        }
    }
    any
}
