//! Tables of the streams that hold file offsets: the places of these, and the structures that they lead to.
//!
//! Structures are those of `minidumpapiset.h`, of Breakpad's `minidump_format.h` (`MDRawDebug`, `MDRawLinkMap`), of Crashpad's
//! `minidump_extensions.h` and of Mozilla's additions, as in `minidump-common`.

use minidump_common::format::MINIDUMP_STREAM_TYPE;

use super::schema::{HANDLE_NAMES_AT, MODULE_NAME_AT, MODULE_RECORDS_AT, SERVICE_PACK_AT, THREAD_NAME_AT};
use super::stream::Stream;
use crate::model::Pointer;

/// The parts of a structure that lead to others.
pub(super) struct Structure {
    pub(super) extent: Extent,
    pub(super) fields: &'static [Field],
    pub(super) array: Option<Array>,
}

/// Size of a structure.
pub(super) enum Extent {
    /// The size in the stream or the location descriptor that leads to it; no RVA leads to it.
    Told,
    /// A `MINIDUMP_STRING`, a `MinidumpUTF8String` or a `MinidumpByteArray`: a length of 32 bits, that many bytes, and a terminator of this
    /// many bytes, which not every writer adds.
    Prefixed(u64),
    /// A 32-bit number in it is the number of bytes that follow: offsets of the number, and of those bytes.
    Counted { size_at: u64, first: u64 },
    /// Entries of a size, their number a 32-bit number in the structure that leads to it.
    CountedBefore { count_at: u64, entry: u64 },
}

/// A file offset in a structure.
pub(super) struct Field {
    /// Offset in the structure, in bytes.
    pub(super) at: u64,
    pub(super) pointer: Pointer,
    pub(super) to: &'static Structure,
}

/// Consecutive entries in a structure.
pub(super) struct Array {
    /// Offset of their 32-bit number; `None` where they fill the structure.
    pub(super) count_at: Option<u64>,
    /// Offset of the first entry, in bytes.
    pub(super) first: Number,
    /// Distance between entries, in bytes.
    pub(super) entry: Number,
    pub(super) fields: &'static [Field],
}

/// A number for reading a structure.
#[derive(Clone, Copy)]
pub(super) enum Number {
    Is(u64),
    /// The 32-bit number at an offset in the structure.
    At(u64),
    /// 4, or 8 where the entries fit only then: the count may be followed by padding.
    Padded,
}

const fn field(at: u64, pointer: Pointer, to: &'static Structure) -> Field {
    Field { at, pointer, to }
}

const fn leaf(extent: Extent) -> Structure {
    Structure { extent, fields: &[], array: None }
}

const fn structure(fields: &'static [Field]) -> Structure {
    Structure { extent: Extent::Told, fields, array: None }
}

const fn list(count_at: u64, first: Number, entry: Number, fields: &'static [Field]) -> Structure {
    let array = Array { count_at: Some(count_at), first, entry, fields };
    Structure { extent: Extent::Told, fields: &[], array: Some(array) }
}

use Number::{At, Is, Padded};
use Pointer::{Location, Rva, Rva64};

static BYTES: Structure = leaf(Extent::Told);
static STRING: Structure = leaf(Extent::Prefixed(2));
static UTF8: Structure = leaf(Extent::Prefixed(1));
static BYTE_ARRAY: Structure = leaf(Extent::Prefixed(0));

/// `MINIDUMP_HANDLE_OBJECT_INFORMATION`, a chain.
static OBJECT_INFORMATION: Structure = Structure {
    extent: Extent::Counted { size_at: 8, first: 12 },
    fields: &[field(0, Rva, &OBJECT_INFORMATION)],
    array: None,
};

/// `MINIDUMP_HANDLE_DATA_STREAM` with `MINIDUMP_HANDLE_DESCRIPTOR` or `MINIDUMP_HANDLE_DESCRIPTOR_2`.
pub(super) static HANDLES: Structure = list(
    8,
    At(0),
    At(4),
    &[
        field(HANDLE_NAMES_AT[0], Rva, &STRING),
        field(HANDLE_NAMES_AT[1], Rva, &STRING),
        field(32, Rva, &OBJECT_INFORMATION),
    ],
);

/// `MINIDUMP_UNLOADED_MODULE_LIST`.
pub(super) static UNLOADED_MODULES: Structure = list(8, At(0), At(4), &[field(MODULE_NAME_AT, Rva, &STRING)]);

/// `MinidumpSimpleStringDictionary`.
static DICTIONARY: Structure = list(0, Is(4), Is(8), &[field(0, Rva, &UTF8), field(4, Rva, &UTF8)]);

/// `MinidumpRVAList` of strings.
static STRINGS: Structure = list(0, Is(4), Is(4), &[field(0, Rva, &UTF8)]);

/// `MinidumpAnnotationList` of `MinidumpAnnotation`.
static ANNOTATIONS: Structure = list(0, Is(4), Is(12), &[field(0, Rva, &UTF8), field(8, Rva, &BYTE_ARRAY)]);

/// `MinidumpModuleCrashpadInfo`.
static CRASHPAD_MODULE: Structure = structure(&[
    field(4, Location, &STRINGS),
    field(12, Location, &DICTIONARY),
    field(20, Location, &ANNOTATIONS),
]);

/// `MinidumpModuleCrashpadInfoList` of `MinidumpModuleCrashpadInfoLink`.
static CRASHPAD_MODULES: Structure = list(0, Is(4), Is(12), &[field(4, Location, &CRASHPAD_MODULE)]);

/// `MinidumpCrashpadInfo`.
pub(super) static CRASHPAD_INFO: Structure =
    structure(&[field(36, Location, &DICTIONARY), field(44, Location, &CRASHPAD_MODULES)]);

/// `MDRawDebug32` and `MDRawDebug64`, with the number of the `MDRawLinkMap32` and `MDRawLinkMap64`. Breakpad aligns those of 64 bits, and
/// others pack them.
static LINUX_DSO_DEBUG_32: Structure = structure(&[field(4, Rva, &LINK_MAPS_32)]);
static LINUX_DSO_DEBUG_64: Structure = structure(&[field(4, Rva, &LINK_MAPS_64)]);
static LINUX_DSO_DEBUG_PACKED: Structure = structure(&[field(4, Rva, &LINK_MAPS_PACKED)]);
static LINK_MAPS_32: Structure = link_maps(12, &[field(4, Rva, &STRING)]);
static LINK_MAPS_64: Structure = link_maps(24, &[field(8, Rva, &STRING)]);
static LINK_MAPS_PACKED: Structure = link_maps(20, &[field(8, Rva, &STRING)]);

const fn link_maps(entry: u64, fields: &'static [Field]) -> Structure {
    Structure {
        extent: Extent::CountedBefore { count_at: 8, entry },
        fields: &[],
        array: Some(Array { count_at: None, first: Is(0), entry: Is(entry), fields }),
    }
}

/// `MINIDUMP_MAC_CRASH_INFO`, whose records contain their texts.
static MAC_CRASH_INFO: Structure = Structure {
    extent: Extent::Told,
    fields: &[],
    array: Some(Array {
        count_at: Some(4),
        first: Is(12),
        entry: Is(8),
        fields: &[field(0, Location, &BYTES)],
    }),
};

/// `MINIDUMP_MAC_BOOTARGS`.
pub(super) static MAC_BOOTARGS: Structure = structure(&[field(4, Rva64, &STRING)]);

/// A further `MINIDUMP_MODULE_LIST`, `MINIDUMP_THREAD_NAME_LIST` or `MINIDUMP_SYSTEM_INFO`.
static MODULES: Structure = list(
    0,
    Padded,
    Is(108),
    &[
        field(MODULE_NAME_AT, Rva, &STRING),
        field(MODULE_RECORDS_AT[0], Location, &BYTES),
        field(MODULE_RECORDS_AT[1], Location, &BYTES),
    ],
);
static THREAD_NAMES: Structure = list(0, Padded, Is(12), &[field(THREAD_NAME_AT, Rva64, &STRING)]);
static SYSTEM_INFO: Structure = structure(&[field(SERVICE_PACK_AT, Rva, &STRING)]);

type Type = MINIDUMP_STREAM_TYPE;

/// Form of the streams of a type.
pub(super) enum Form {
    Any,
    /// Streams of processes with pointers of this many bytes, with this many bytes in front of a copy of `_DYNAMIC`, whose entries are two
    /// pointers.
    InFrontOfDynamic {
        width: u8,
        header: u64,
    },
}

/// The streams that hold file offsets.
pub(super) static STREAMS: &[(MINIDUMP_STREAM_TYPE, Form, &Structure)] = &[
    (Type::HandleDataStream, Form::Any, &HANDLES),
    (Type::UnloadedModuleListStream, Form::Any, &UNLOADED_MODULES),
    (Type::CrashpadInfoStream, Form::Any, &CRASHPAD_INFO),
    (Type::LinuxDsoDebug, Form::InFrontOfDynamic { width: 4, header: 24 }, &LINUX_DSO_DEBUG_32),
    (Type::LinuxDsoDebug, Form::InFrontOfDynamic { width: 8, header: 40 }, &LINUX_DSO_DEBUG_64),
    (Type::LinuxDsoDebug, Form::InFrontOfDynamic { width: 8, header: 36 }, &LINUX_DSO_DEBUG_PACKED),
    (Type::MozMacosCrashInfoStream, Form::Any, &MAC_CRASH_INFO),
    (Type::MozMacosBootargsStream, Form::Any, &MAC_BOOTARGS),
    (Type::ModuleListStream, Form::Any, &MODULES),
    (Type::ThreadNamesStream, Form::Any, &THREAD_NAMES),
    (Type::SystemInfoStream, Form::Any, &SYSTEM_INFO),
];

/// Whether a stream is of a type whose file offsets are followed.
pub(super) fn are_in(stream: Stream) -> bool {
    STREAMS.iter().any(|(kind, ..)| stream.is(*kind))
}

impl Form {
    pub(super) fn is_of(&self, size: u64, pointer: u8) -> bool {
        match *self {
            Form::Any => true,
            Form::InFrontOfDynamic { width, header } => {
                let entry = u64::from(width).saturating_mul(2);
                width == pointer && size.checked_sub(header).is_some_and(|rest| rest.is_multiple_of(entry))
            }
        }
    }
}

impl Field {
    /// End in the structure, in bytes from its start.
    pub(super) fn end(&self) -> u64 {
        self.at.saturating_add(self.pointer.size())
    }
}
