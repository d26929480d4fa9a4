//! Knows how dumps of the containers differ, where code does not: one row each.

use dumpedit::Format;
use dumpedit_formats::triage::schema::DRIVER_REST;

/// What differs by container.
pub(crate) struct Facts {
    format: Format,
    /// How names of its files end.
    pub(crate) extension: &'static str,
    /// Whether what is kept of its memory comes in whole pages, which elfutils takes each segment for; else in pieces of any size.
    pub(crate) in_pages: bool,
    /// Whether its memory is segments, which may map more than they store; else captures.
    pub(crate) has_segments: bool,
    /// Whether a segment may store more than it maps.
    pub(crate) may_store_more: bool,
    /// Whether notes begin threads that its model does not list.
    pub(crate) has_unlisted_threads: bool,
    /// How many bits a thread's id has.
    pub(crate) tid_bits: u32,
    /// The id of the first thread where none is given; those behind it count on.
    pub(crate) first_tid: u64,
    /// How many bits the size of a module has.
    pub(crate) module_size_bits: u32,
    /// How many bytes of a module's entry have no key.
    pub(crate) module_rest: u64,
    /// The registers that are not zero in a record that says nothing of them.
    pub(crate) initial_registers: &'static [(&'static str, u64)],
}

/// What the kernel writes of registers that a process has not used: those that are not zero (Intel's manual, volume 1,
/// section 13.6). Both notes of floating point registers have them.
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
