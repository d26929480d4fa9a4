//! Offsets of the fields of Windows' kernel triage dumps: `DUMP_HEADER64` and `TRIAGE_DUMP64`, which no header publishes. The offsets are
//! those that debuggers and the dumps themselves agree on; all numbers are little endian.

use std::ops::Range;

use dumpedit_layout::Machine;

use super::targets;
use crate::registers::context_kind::ContextKind;

/// First bytes of a dump of a 64-bit kernel.
pub(super) const MAGIC: &[u8] = b"PAGEDU64";
/// Value of a field that was never written.
pub(super) const UNUSED: u32 = u32::from_le_bytes(*b"PAGE");

/// `DUMP_HEADER64`.
pub(super) const HEADER_SIZE: u64 = 0x2000;
pub(super) const MAJOR: u64 = 0x08;
pub(super) const MINOR: u64 = 0x0c;
pub(super) const MACHINE: u64 = 0x30;
pub(super) const PROCESSORS: u64 = 0x34;
pub(super) const BUG_CHECK: u64 = 0x38;
pub(super) const BUG_CHECK_PARAMETERS: u64 = 0x40;
pub(super) const DUMP_TYPE: u64 = 0xf98;
pub(super) const SYSTEM_TIME: u64 = 0xfa8;
pub(super) const UP_TIME: u64 = 0x1030;
pub(super) const PRODUCT_TYPE: u64 = 0x1040;
pub(super) const SUITE_MASK: u64 = 0x1044;

/// `DUMP_TYPE_TRIAGE`.
pub(super) const TRIAGE: u32 = 4;

/// Other values of `DumpType`, in words.
pub(super) const OTHER_TYPES: &[(u32, &str)] = &[
    (1, "full Windows kernel dump, of physical memory"),
    (2, "Windows kernel dump, of physical memory"),
    (3, "header of a Windows kernel dump"),
    (5, "full Windows kernel dump with a bitmap, of physical memory"),
    (6, "Windows kernel dump with a bitmap, of physical memory"),
    (8, "Windows kernel dump, of physical memory"),
    (9, "Windows kernel and user dump, of physical memory"),
    (0xa, "complete Windows dump, of physical memory"),
];

/// `TRIAGE_DUMP64`, which follows the header; file offsets of 32 bits, each followed by a size or a number.
pub(super) const SIZE_OF_DUMP: u64 = 0x2004;
pub(super) const VALID: u64 = 0x2008;
pub(super) const CONTEXT: u64 = 0x200c;
pub(super) const EXCEPTION: u64 = 0x2010;
pub(super) const UNLOADED: u64 = 0x2018;
pub(super) const CALL_STACK: u64 = 0x2028;
pub(super) const BROKEN_DRIVER: u64 = 0x2040;
pub(super) const DRIVERS: u64 = 0x2030;
pub(super) const STRINGS: u64 = 0x2038;
pub(super) const TOP_OF_STACK: u64 = 0x2048;
/// The additional page of memory: its address of 64 bits, a file offset and a size.
pub(super) const DATA_PAGE: u64 = 0x2060;
pub(super) const DEBUGGER_DATA: u64 = 0x2070;
pub(super) const DATA_BLOCKS: u64 = 0x2078;
pub(super) const TRIAGE_SIZE: u64 = 0x80;
/// Size of both headers, in bytes.
pub const HEADERS_SIZE: u64 = HEADER_SIZE + TRIAGE_SIZE;
/// Value at the offset in `VALID`.
pub(super) const SIGNATURE: u32 = u32::from_le_bytes(*b"TRGD");

/// Other parts of a triage dump: file offset of the field with a part's offset, and name of the part.
pub(super) const PARTS: &[(u64, &str)] = &[
    (0x2014, "memory manager's information"),
    (UNLOADED, "unloaded drivers"),
    (0x201c, "processor control block"),
    (0x2020, "process object"),
    (0x2024, "thread object"),
    (DEBUGGER_DATA, "debugger data"),
];

/// Name of the bytes behind all targets of the headers.
pub(super) const SECONDARY_DATA: &str = "secondary data";

/// File offsets of the fields with the offsets of the tables and of these parts.
pub(super) const OFFSETS: &[u64] = &[
    0x2014,
    UNLOADED,
    0x201c,
    0x2020,
    0x2024,
    CALL_STACK,
    DRIVERS,
    STRINGS,
    DEBUGGER_DATA,
    DATA_PAGE + 8,
    DATA_BLOCKS,
    VALID,
    SIZE_OF_DUMP,
];

/// A data block (`TRIAGE_DATA_BLOCK`): an address of 64 bits, a file offset and a size of 32.
pub(super) const DATA_BLOCK_SIZE: u64 = 16;

/// An entry of the drivers (`DUMP_DRIVER_ENTRY64`).
pub(super) const DRIVER_SIZE: u64 = 0x90;
/// Size of a driver's entry behind the file offset of its name, in bytes.
pub const DRIVER_REST: u64 = DRIVER_SIZE - 4;
pub(super) const DRIVER_BASE: u64 = 0x38;
pub(super) const DRIVER_IMAGE_SIZE: u64 = 0x48;
pub(super) const DRIVER_TIMESTAMP: u64 = 0x88;

/// Fields of an entry, from the end of the name's offset, that follow from other values of a model's driver, in bytes.
pub const DRIVER_WRITTEN: &[Range<u64>] = &[
    DRIVER_BASE - 4..DRIVER_BASE + 4,
    DRIVER_IMAGE_SIZE - 4..DRIVER_IMAGE_SIZE,
    DRIVER_TIMESTAMP - 4..DRIVER_TIMESTAMP,
];

/// Size of the number of unloaded drivers in front of their entries: 32 bits, and four zero bytes.
pub(super) const UNLOADED_HEADER: u64 = 8;
/// Size of an entry of the unloaded drivers (`DUMP_UNLOADED_DRIVERS64`): a `UNICODE_STRING64`, the name, and two addresses.
pub const UNLOADED_SIZE: u64 = 0x38;
/// Size of the name with its length in such an entry, in bytes.
pub(super) const UNLOADED_TEXT: u64 = UNLOADED_BASE;
pub(super) const UNLOADED_NAME: u64 = 0x10;
/// Maximum length of such a name (`MAX_UNLOADED_NAME_LENGTH`), in UTF-16 code units.
pub const UNLOADED_LETTERS: usize = 12;
pub(super) const UNLOADED_BASE: u64 = 0x28;
pub(super) const UNLOADED_END: u64 = 0x30;

/// The entry of an unloaded driver with these values only, whose name has at most [`UNLOADED_LETTERS`].
pub fn unloaded_entry(base: u64, size: u64, name: &str) -> Vec<u8> {
    let letters: Vec<u8> =
        name.encode_utf16().take(UNLOADED_LETTERS).flat_map(|letter| letter.to_le_bytes()).collect();
    let length = u16::try_from(letters.len()).unwrap_or(0).to_le_bytes();
    let mut bytes = [length, length].concat();
    bytes.resize(usize::try_from(UNLOADED_NAME).unwrap_or(0), 0);
    bytes.extend(letters);
    bytes.resize(usize::try_from(UNLOADED_BASE).unwrap_or(0), 0);
    bytes.extend([base, base.wrapping_add(size)].iter().flat_map(|address| address.to_le_bytes()));
    bytes
}

/// Names of bug checks (`bugcodes.h`).
pub(super) const BUG_CHECKS: &[(u32, &str)] = &[
    (0x0a, "IRQL_NOT_LESS_OR_EQUAL"),
    (0x1a, "MEMORY_MANAGEMENT"),
    (0x1e, "KMODE_EXCEPTION_NOT_HANDLED"),
    (0x24, "NTFS_FILE_SYSTEM"),
    (0x3b, "SYSTEM_SERVICE_EXCEPTION"),
    (0x50, "PAGE_FAULT_IN_NONPAGED_AREA"),
    (0x7a, "KERNEL_DATA_INPAGE_ERROR"),
    (0x7e, "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED"),
    (0x7f, "UNEXPECTED_KERNEL_MODE_TRAP"),
    (0x8e, "KERNEL_MODE_EXCEPTION_NOT_HANDLED"),
    (0x9f, "DRIVER_POWER_STATE_FAILURE"),
    (0xc2, "BAD_POOL_CALLER"),
    (0xd1, "DRIVER_IRQL_NOT_LESS_OR_EQUAL"),
    (0xe2, "MANUALLY_INITIATED_CRASH"),
    (0xef, "CRITICAL_PROCESS_DIED"),
    (0xf4, "CRITICAL_OBJECT_TERMINATION"),
    (0x116, "VIDEO_TDR_FAILURE"),
    (0x124, "WHEA_UNCORRECTABLE_ERROR"),
    (0x133, "DPC_WATCHDOG_VIOLATION"),
    (0x139, "KERNEL_SECURITY_CHECK_FAILURE"),
    (0x154, "UNEXPECTED_STORE_EXCEPTION"),
];

/// A parameter of a bug check that is the address of the failing instruction.
#[derive(Clone, Copy)]
pub(super) struct Instruction {
    /// Index among the parameters, from 0.
    pub(super) index: usize,
    /// Name in `KeBugCheckEx`.
    pub(super) name: &'static str,
    /// Field of the crash.
    pub(super) field: &'static str,
}

const SECOND: Instruction = Instruction { index: 1, name: "BugCheckParameter2", field: "parameters[1]" };
const THIRD: Instruction = Instruction { index: 2, name: "BugCheckParameter3", field: "parameters[2]" };
const FOURTH: Instruction = Instruction { index: 3, name: "BugCheckParameter4", field: "parameters[3]" };

/// Bug checks with such a parameter (Microsoft's bug check code reference).
pub(super) const INSTRUCTIONS: &[(u32, Instruction)] = &[
    (0x0a, FOURTH),
    (0x1e, SECOND),
    (0x3b, SECOND),
    (0x50, THIRD),
    (0x7e, SECOND),
    (0x8e, SECOND),
    (0xd1, FOURTH),
];

/// Bit of a bug check in a minidump (`_M` in its name).
pub(super) const BUG_CHECK_OF_MINIDUMP: u32 = 0x1000_0000;

/// Usual file offset of `EXCEPTION_RECORD64` in the header, and its size in bytes.
pub(super) const USUAL_EXCEPTION: u64 = 0xf00;
pub(super) const EXCEPTION_SIZE: u64 = 152;
/// Offset of its four bytes of padding, in bytes.
pub(super) const EXCEPTION_PADDING: u64 = 0x1c;
/// File offset of the context (`ContextRecord`) in the header, and the size of its room, in bytes.
pub(super) const USUAL_CONTEXT: u64 = 0x348;
const CONTEXT_ROOM: u64 = 3000;

/// Ranges of the headers' fields that follow from other values of a model, in bytes.
pub const WRITTEN: &[Range<u64>] = &[
    0..8,
    MACHINE..MACHINE + 4,
    BUG_CHECK..BUG_CHECK + 4,
    BUG_CHECK_PARAMETERS..BUG_CHECK_PARAMETERS + 32,
    DUMP_TYPE..DUMP_TYPE + 4,
    // All of the second header except the build of the service pack and the options.
    SIZE_OF_DUMP..SIZE_OF_DUMP + 0x40,
    TOP_OF_STACK..TOP_OF_STACK + 8,
    DATA_PAGE..DATA_PAGE + 0x20,
];

/// The machine's `IMAGE_FILE_MACHINE_`.
pub fn machine_number(machine: Machine) -> Option<u32> {
    targets::usual(machine).map(|target| target.number)
}

/// The machine's kind of context.
pub fn context(machine: Machine) -> Option<&'static ContextKind> {
    targets::usual(machine).map(|target| target.context)
}

/// The name of a part, by the file offset of the field that leads to it.
pub fn part_name(field: u32) -> Option<&'static str> {
    let mut parts = PARTS.iter().copied().chain([(SIZE_OF_DUMP, SECONDARY_DATA)]);
    parts.find(|(at, _)| *at == u64::from(field)).map(|(_, name)| name)
}

/// The file offset of the field that leads to a part, by the part's name.
pub fn part_field(name: &str) -> Option<u32> {
    let mut parts = PARTS.iter().copied().chain([(SIZE_OF_DUMP, SECONDARY_DATA)]);
    parts.find(|(_, known)| *known == name).and_then(|(at, _)| u32::try_from(at).ok())
}

/// Both headers of an empty dump: fields of the first that Windows does not set are filled with "PAGE".
pub fn blank_headers() -> Vec<u8> {
    let mut bytes = UNUSED.to_le_bytes().repeat(usize::try_from(HEADER_SIZE / 4).unwrap_or(0));
    bytes.resize(usize::try_from(HEADERS_SIZE).unwrap_or(0), 0);
    let zeros = [
        (BUG_CHECK, 4),
        (BUG_CHECK_PARAMETERS, 32),
        (USUAL_CONTEXT, CONTEXT_ROOM),
        (USUAL_EXCEPTION, EXCEPTION_SIZE),
        (SYSTEM_TIME, 8),
    ];
    for (at, size) in zeros {
        let range = usize::try_from(at).ok().zip(usize::try_from(at.saturating_add(size)).ok());
        if let Some(room) = range.and_then(|(start, end)| bytes.get_mut(start..end)) {
            room.fill(0);
        }
    }
    for (at, value) in [(CONTEXT, USUAL_CONTEXT), (EXCEPTION, USUAL_EXCEPTION)] {
        let value = u32::try_from(value).unwrap_or(0).to_le_bytes();
        let room = usize::try_from(at).ok().and_then(|at| bytes.get_mut(at..));
        room.into_iter().flatten().zip(value).for_each(|(into, byte)| *into = byte);
    }
    bytes
}
