//! Properties in which dumps of the containers differ, one row each.

use dumpedit::Format;
use dumpedit_formats::triage::schema::DRIVER_REST;

/// Properties of a container.
pub(crate) struct Facts {
    format: Format,
    /// Extension of its file names.
    pub(crate) extension: &'static str,
    /// Whether kept memory is whole pages, which elfutils expects of each segment; else pieces of any size.
    pub(crate) in_pages: bool,
    /// Whether its memory is segments, which may map more than they store; else captures.
    pub(crate) has_segments: bool,
    /// Whether a segment may store more than it maps.
    pub(crate) may_store_more: bool,
    /// Whether notes begin threads that its model does not list.
    pub(crate) has_unlisted_threads: bool,
    /// Bits of a thread's id.
    pub(crate) tid_bits: u32,
    /// Id of the first thread where none is given; the next threads count on.
    pub(crate) first_tid: u64,
    /// Bits of a module's size.
    pub(crate) module_size_bits: u32,
    /// Bytes of a module's entry without a key.
    pub(crate) module_rest: u64,
    /// Registers that are not zero by default.
    pub(crate) initial_registers: &'static [(&'static str, u64)],
}

/// Registers that the kernel writes as other than zero where a process has not used them (Intel's manual, volume 1, section 13.6). Both
/// notes of floating point registers have them.
const UNUSED_FLOATS: &[(&str, u64)] = &[("fctrl", 0x37f), ("mxcsr", 0x1f80)];

const CORE: Facts = Facts {
    format: Format::ElfCore,
    extension: "core",
    in_pages: true,
    has_segments: true,
    may_store_more: true,
    has_unlisted_threads: true,
    tid_bits: 32,
    first_tid: 1,
    module_size_bits: 64,
    module_rest: 16,
    initial_registers: UNUSED_FLOATS,
};

const MINIDUMP: Facts = Facts {
    format: Format::Minidump,
    extension: "dmp",
    in_pages: false,
    has_segments: false,
    may_store_more: false,
    has_unlisted_threads: false,
    module_size_bits: 32,
    initial_registers: &[],
    ..CORE
};

static FACTS: &[Facts] = &[
    CORE,
    MINIDUMP,
    Facts {
        format: Format::MachOCore,
        in_pages: false,
        may_store_more: false,
        has_unlisted_threads: false,
        tid_bits: 64,
        ..CORE
    },
    // The one thread of a triage dump has no id.
    Facts {
        format: Format::Triage,
        first_tid: 0,
        module_size_bits: 64,
        module_rest: DRIVER_REST,
        ..MINIDUMP
    },
];

/// The row of a format.
pub(crate) fn facts(format: Format) -> &'static Facts {
    FACTS.iter().find(|facts| facts.format == format).unwrap_or(&CORE)
}
