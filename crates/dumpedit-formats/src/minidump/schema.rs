//! Numbers for making minidumps: of streams, systems, processors, protections and contexts.

use dumpedit_layout::{ByteOrder, Machine, Protection};
use minidump_common::format::CvSignature;

use crate::build_id;
use crate::xsave;

use crate::registers::contexts::KINDS;

pub use super::linker_list::{LinkerList, linker_list};
pub use super::shown::architecture;
pub use crate::registers::context_kind::{ContextKind, ContextName};

/// Streams by number (`MINIDUMP_STREAM_TYPE` of `minidumpapiset.h`, and those of Breakpad, Crashpad and Mozilla).
static STREAMS: &[(u32, &str)] = &[
    (0, "UnusedStream"),
    (1, "ReservedStream0"),
    (2, "ReservedStream1"),
    (3, "ThreadListStream"),
    (4, "ModuleListStream"),
    (5, "MemoryListStream"),
    (6, "ExceptionStream"),
    (7, "SystemInfoStream"),
    (8, "ThreadExListStream"),
    (9, "Memory64ListStream"),
    (10, "CommentStreamA"),
    (11, "CommentStreamW"),
    (12, "HandleDataStream"),
    (13, "FunctionTableStream"),
    (14, "UnloadedModuleListStream"),
    (15, "MiscInfoStream"),
    (16, "MemoryInfoListStream"),
    (17, "ThreadInfoListStream"),
    (18, "HandleOperationListStream"),
    (19, "TokenStream"),
    (20, "JavaScriptDataStream"),
    (21, "SystemMemoryInfoStream"),
    (22, "ProcessVmCountersStream"),
    (23, "IptTraceStream"),
    (24, "ThreadNamesStream"),
    (0x4350_0001, "CrashpadInfoStream"),
    (0x4b6b_0002, "StabilityReportStream"),
    (0x4767_0001, "BreakpadInfoStream"),
    (0x4767_0002, "AssertionInfoStream"),
    (0x4767_0003, "LinuxCpuInfo"),
    (0x4767_0004, "LinuxProcStatus"),
    (0x4767_0005, "LinuxLsbRelease"),
    (0x4767_0006, "LinuxCmdLine"),
    (0x4767_0007, "LinuxEnviron"),
    (0x4767_0008, "LinuxAuxv"),
    (0x4767_0009, "LinuxMaps"),
    (0x4767_000a, "LinuxDsoDebug"),
    (0x4d7a_0001, "MozMacosCrashInfoStream"),
    (0x4d7a_0002, "MozMacosBootargsStream"),
    (0x4d7a_0003, "MozLinuxLimits"),
    (0x4d7a_0004, "MozSoftErrors"),
];

/// The name of a stream in the headers.
pub fn stream_name(kind: u32) -> Option<&'static str> {
    STREAMS.iter().find(|(number, _)| *number == kind).map(|(_, name)| *name)
}

/// The number of a stream by its name in the headers.
pub fn stream_kind(name: &str) -> Option<u32> {
    STREAMS.iter().find(|(_, known)| *known == name).map(|(number, _)| *number)
}

/// `MINIDUMP_VERSION`.
pub const VERSION: u32 = 0xa793;

/// `MEM_COMMIT` of winnt.h, the usual state of memory.
pub const COMMITTED: u32 = 0x1000;

/// `MEM_PRIVATE` of winnt.h, the usual type of memory.
pub const PRIVATE: u32 = 0x2_0000;

/// Maximum number of an exception's parameters (`EXCEPTION_MAXIMUM_PARAMETERS`).
pub const MOST_PARAMETERS: usize = 15;

/// `PlatformId` of Windows.
pub const WINDOWS: u32 = 2;

/// Systems by `PlatformId` (`VER_PLATFORM_` of `winnt.h`, and Breakpad's `MD_OS_`).
static PLATFORMS: &[(u32, &str)] = &[
    (WINDOWS, "windows"),
    (1, "windows"),
    (0x8000, "unix"),
    (0x8101, "macos"),
    (0x8102, "ios"),
    (0x8201, "linux"),
    (0x8202, "solaris"),
    (0x8203, "android"),
    (0x8204, "ps3"),
    (0x8205, "nacl"),
    (0x8206, "fuchsia"),
];

/// The name of the system with a `PlatformId`.
pub fn system(platform: u32) -> Option<&'static str> {
    PLATFORMS.iter().find(|(id, _)| *id == platform).map(|(_, name)| *name)
}

/// The name of a `PlatformId`, where that name stands for this id.
pub fn platform_name(platform: u32) -> Option<&'static str> {
    system(platform).filter(|name| self::platform(name) == Some(platform))
}

/// The `PlatformId` of a system.
pub fn platform(name: &str) -> Option<u32> {
    PLATFORMS.iter().find(|(_, known)| *known == name).map(|(id, _)| *id)
}

/// The systems by name.
pub fn platforms() -> impl Iterator<Item = &'static str> {
    PLATFORMS.iter().filter(|(id, name)| platform(name) == Some(*id)).map(|(_, name)| *name)
}

/// `PAGE_GUARD` of `winnt.h`.
const GUARD: u32 = 0x100;

/// `PAGE_` constants of `winnt.h` without their modifiers, and their protections; the first constant with a protection is the one that is
/// written.
static PAGES: &[(u32, &str)] = &[
    (0x01, "---"),
    (0x02, "r--"),
    (0x04, "rw-"),
    (0x08, "rw-"),
    (0x10, "--x"),
    (0x20, "r-x"),
    (0x40, "rwx"),
    (0x80, "rwx"),
];

/// The protection of a `PAGE_` constant.
pub fn protection(page: u32) -> Protection {
    let found = PAGES.iter().find(|(number, _)| *number == page & 0xff);
    let allowed: Protection = found.and_then(|(_, letters)| letters.parse().ok()).unwrap_or_default();
    Protection { guard: page & GUARD != 0, ..allowed }
}

/// The `PAGE_` constant of a protection; writable memory is readable.
pub fn page_protection(allowed: Protection) -> u32 {
    let wanted = Protection { read: allowed.read || allowed.write, guard: false, ..allowed };
    let same = PAGES.iter().find(|(number, _)| protection(*number) == wanted);
    same.map_or(0x01, |(number, _)| *number) | if allowed.guard { GUARD } else { 0 }
}

/// Every kind of context.
pub fn contexts() -> impl Iterator<Item = &'static ContextKind> {
    KINDS.iter().copied()
}

/// The kind of context of a machine by its name.
pub fn context(machine: Machine, name: ContextName) -> Option<&'static ContextKind> {
    contexts().find(|kind| kind.format.machine == machine && kind.name == Some(name))
}

/// The default kind of a machine's contexts: Windows's, or else Breakpad's.
pub fn usual_context(machine: Machine, is_windows: bool) -> Option<&'static ContextKind> {
    let names = match machine {
        Machine::Arm if !is_windows => [ContextName::Breakpad, ContextName::Windows],
        _ => [ContextName::Windows, ContextName::Breakpad],
    };
    names.into_iter().find_map(|name| context(machine, name))
}

/// The CodeView record of a module with an id in hex: the build id of an ELF file (Breakpad's `MDCVInfoELF`), else the GUID and the
/// age of a PDB file (`CV_INFO_PDB70`), as Breakpad and rust-minidump write them.
///
/// # Errors
/// The reason why the id is wrong.
pub fn code_view(id: &str, name: &str, is_elf: bool, order: ByteOrder) -> Result<Vec<u8>, &'static str> {
    let number = |value: u64, size: usize| order.bytes(value, size);
    let hex = |digits: &str| u64::from_str_radix(digits, 16).ok();
    if is_elf {
        return Ok([number(CvSignature::Elf as u64, 4), build_id::bytes(id)?].concat());
    }
    if !id.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err("it contains characters that are not hex digits");
    }
    let part = |range: std::ops::Range<usize>| id.get(range).and_then(hex);
    let age = id.get(32..).filter(|age| (1..=8).contains(&age.len())).and_then(hex);
    let (Some(data1), Some(data2), Some(data3), Some(data4), Some(age)) =
        (part(0..8), part(8..12), part(12..16), part(16..32), age)
    else {
        return Err("the id of a PDB file is the 32 hex digits of its GUID followed by those of its age");
    };
    let mut record = number(CvSignature::Pdb70 as u64, 4);
    record.extend([number(data1, 4), number(data2, 2), number(data3, 2)].concat());
    record.extend(data4.to_be_bytes());
    record.extend(number(age, 4));
    record.extend(name.bytes().chain([0]));
    Ok(record)
}

/// `CONTEXT_XSTATE` of winnt.h, without the machine's bit.
pub const XSTATE_FLAG: u32 = 0x40;

/// Offset of the stack's descriptor in a `MINIDUMP_THREAD` of minidumpapiset.h, in bytes.
pub(super) const THREAD_STACK_AT: u64 = 24;

/// Offset of the context's location in a `MINIDUMP_THREAD`, in bytes.
pub(super) const THREAD_CONTEXT_AT: u64 = 40;

/// Offset of the stream's location in a `MINIDUMP_DIRECTORY`, in bytes.
pub(super) const DIRECTORY_LOCATION_AT: u64 = 4;

/// Offset of `CSDVersionRva` in a `MINIDUMP_SYSTEM_INFO`, in bytes.
pub(super) const SERVICE_PACK_AT: u64 = 24;

/// Offset of `RvaOfThreadName` in a `MINIDUMP_THREAD_NAME`, in bytes.
pub(super) const THREAD_NAME_AT: u64 = 4;

/// Offset of `ModuleNameRva` in a `MINIDUMP_MODULE` and a `MINIDUMP_UNLOADED_MODULE`, in bytes.
pub const MODULE_NAME_AT: u64 = 20;

/// `SizeOfHeader` and `SizeOfEntry` of a `MINIDUMP_UNLOADED_MODULE_LIST`, in bytes.
pub const UNLOADED_SIZES: [u64; 2] = [12, 24];

/// Offsets of `TypeNameRva` and `ObjectNameRva` in a `MINIDUMP_HANDLE_DESCRIPTOR`, in bytes.
pub(super) const HANDLE_NAMES_AT: [u64; 2] = [8, 12];

/// Offsets of the locations of `CvRecord` and `MiscRecord` in a `MINIDUMP_MODULE`, in bytes.
pub(super) const MODULE_RECORDS_AT: [u64; 2] = [76, 84];

/// Offsets in a `MINIDUMP_MODULE` of pairs of 32-bit fields that few readers use, in bytes, the least used first: `Reserved0`,
/// `Reserved1`, `MiscRecord`, and the file date of its `VS_FIXEDFILEINFO`.
pub(super) const MODULE_SPARE_AT: [u64; 4] = [92, 100, 84, 68];

/// Offset of the context's location in a `MINIDUMP_EXCEPTION_STREAM`, in bytes.
pub(super) const EXCEPTION_CONTEXT_AT: u64 = 160;

/// Size of a `CONTEXT_EX` of winnt.h, in bytes.
pub(super) const CONTEXT_EX_SIZE: u64 = 24;

/// The XSAVE area behind a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// Distance from the CONTEXT_EX to the area, in bytes.
    pub skip: u64,
    /// Size, in bytes.
    pub size: u64,
    /// Compaction mask of its header; 0 where the components are not packed.
    pub mask: u64,
}

/// Place and size of an XSAVE area with these components behind a context: at a multiple of 64 bytes, as the processor requires.
pub fn usual_area(kind: &ContextKind, components: u64, is_compacted: bool) -> Area {
    let behind = kind.size.saturating_add(CONTEXT_EX_SIZE).next_multiple_of(64);
    let components = components & !(3 | xsave::COMPACTED);
    let size = if is_compacted {
        xsave::compacted_size(components)
    } else {
        xsave::standard_size(components).saturating_sub(xsave::LEGACY_SIZE)
    };
    let mask = if is_compacted { xsave::COMPACTED | components } else { 0 };
    Area { skip: behind.saturating_sub(kind.size), size, mask }
}

/// A context of zeros, with its flags, its CONTEXT_EX and the header of its XSAVE area.
pub fn blank_context(kind: &ContextKind, order: ByteOrder, flags: u32, area: Option<Area>) -> Vec<u8> {
    let extent = |area: Area| area.skip.saturating_add(area.size);
    let size = area.map_or(0, extent).saturating_add(kind.size);
    let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
    let mut put = |at: u64, value: &[u8]| {
        let start = usize::try_from(at).unwrap_or(usize::MAX);
        let room = bytes.get_mut(start..).unwrap_or_default();
        room.iter_mut().zip(value).for_each(|(into, byte)| *into = *byte);
    };
    let u32 = |value: u32| order.bytes(value.into(), 4);
    put(kind.flags_place(order), &u32(flags));
    if let Some(version) = kind.version {
        put(kind.flags_at.saturating_add(4), &u32(version));
    }
    if let Some(area) = area {
        // Offset from itself, and length: of the whole, of the context, and of the XSAVE area.
        let narrow = |size: u64| u32::try_from(size).unwrap_or(u32::MAX);
        let back = narrow(kind.size).wrapping_neg();
        let whole = narrow(kind.size.saturating_add(extent(area)));
        let pairs = [back, whole, back, narrow(kind.size), narrow(area.skip), narrow(area.size)];
        put(kind.size, &pairs.map(u32).concat());
        put(kind.size.saturating_add(area.skip).saturating_add(8), &order.bytes(area.mask, 8));
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_constants_become_read_write_execute_and_of_modifiers_the_guard_counts() {
        let cases =
            [(0x01, "---"), (0x02, "r--"), (0x04, "rw-"), (0x08, "rw-"), (0x10, "--x"), (0x20, "r-x")];
        for (page, expected) in
            cases.into_iter().chain([(0x40, "rwx"), (0x80, "rwx"), (0x104, "rw-g"), (0x204, "rw-")])
        {
            assert_eq!(protection(page).to_string(), expected, "{page:#x}");
        }
        for page in [0x01, 0x02, 0x04, 0x10, 0x20, 0x40, 0x104] {
            assert_eq!(page_protection(protection(page)), page);
        }
    }

    #[test]
    fn every_name_leads_back_to_its_number() {
        for (kind, name) in STREAMS {
            assert_eq!(stream_kind(name), Some(*kind));
        }
        for name in platforms() {
            assert_eq!(platform(name).and_then(platform_name), Some(name));
        }
        assert_eq!((system(1), platform_name(1)), (Some("windows"), None));
    }
}
