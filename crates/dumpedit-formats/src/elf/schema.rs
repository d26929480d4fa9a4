//! Numbers for making ELF cores: of machines, of notes, of protections.

use std::ops::RangeInclusive;

use dumpedit_layout::{BlockKind, ByteOrder, Machine, Run};
use object::elf;

pub use super::status::{NotePart, ProcessInfo, ProcessNote, SignalInfo, ThreadsAt, status_parts};
use super::{machines, note_kinds, other_systems};
pub use crate::registers::note::{RegisterNote, SystemNote};

pub use super::auxiliary;
pub use super::files::{MappedFile, mapped_files};
pub use super::image::{ImageFile, ImageLoad, image_file};
pub use super::link_map;
pub use super::made_image::image_page;
pub use super::note_kinds::{
    AUXV, FILE, FPREGSET, PRPSINFO, PRSTATUS, SIGINFO, X86_XSAVE_LAYOUT, X86_XSTATE, called, freebsd, named,
    number, other_number, owner,
};
pub use super::sve::NOTES as SCALABLE;
pub use super::xstate::XCR0_AT;

/// `e_machine`, where the machine has one.
pub fn machine_number(machine: Machine) -> Option<u16> {
    machines::usual(machine).map(|target| target.number.0)
}

/// Whether the class of a machine's files is usually 64 bits.
pub fn is_wide(machine: Machine) -> bool {
    machines::usual(machine).is_none_or(|target| target.wide)
}

/// Whether a machine has cores of a byte order.
pub fn has_order(machine: Machine, order: ByteOrder) -> bool {
    machines::usual(machine).is_none() || machines::has_order(machine, order)
}

/// Size of a thread's NT_PRSTATUS, in bytes.
pub fn status_size(machine: Machine) -> u64 {
    machines::usual(machine).map_or(148, |target| target.status_size)
}

/// Offset of `pr_fpvalid`, of 32 bits, in Linux's `struct elf_prstatus`, in bytes: it follows the registers, and padding follows it.
pub fn float_validity_at(machine: Machine) -> Option<usize> {
    let target = machines::usual(machine)?;
    let is_wide = |run: &Run| run.block == BlockKind::General && run.bits == 64;
    let is_aligned = target.wide || machine == Machine::S390 || target.registers.runs.iter().any(is_wide);
    usize::try_from(target.status_size).ok()?.checked_sub(if is_aligned { 8 } else { 4 })
}

/// The type of a section (`sh_type`) by its name in `elf.h`.
pub fn section_type(name: &str) -> Option<u32> {
    SECTION_TYPES.into_iter().flatten().find(|kind| section_type_name(*kind) == Some(name))
}

/// Types of sections that have names: those of every system, and those of GNU.
const SECTION_TYPES: [RangeInclusive<u32>; 2] =
    [elf::SHT_NULL.0..=elf::SHT_RELR.0, elf::SHT_GNU_SFRAME.0..=elf::SHT_GNU_VERSYM.0];

/// Whether a section of a type has bytes in the file.
pub fn section_has_bytes(kind: u32) -> bool {
    kind != elf::SHT_NULL.0 && kind != elf::SHT_NOBITS.0
}

/// The name of a type of section.
pub fn section_type_name(kind: u32) -> Option<&'static str> {
    let has_name = SECTION_TYPES.iter().any(|types| types.contains(&kind));
    elf::names().sht.name(elf::SectionType(kind)).filter(|_| has_name)
}

/// The notes of registers that a thread may have behind its status.
pub fn register_notes(machine: Machine) -> &'static [RegisterNote] {
    machines::usual(machine).map_or(&[], |target| target.notes)
}

/// The namespace of a system's notes about the process.
pub fn namespace(system: &str) -> &'static [u8] {
    other_systems::namespace(system)
}

/// The name, as stored, of a thread's first note on a system other than Linux.
pub fn status_name(system: &str, tid: u64) -> Vec<u8> {
    let mut name = other_systems::namespace(system).to_vec();
    if name != other_systems::FREEBSD {
        name.extend(format!("@{tid}").bytes());
    }
    name.push(0);
    name
}

/// The system other than Linux whose notes of threads have this name.
pub fn system_of_status(name: &[u8]) -> Option<&'static str> {
    let name = name.split(|byte| *byte == 0 || *byte == b'@').next()?;
    note_kinds::system_of(name).filter(|system| *system != "linux")
}

/// The number of a thread's note on a machine of a system other than Linux, where its name has several numbers: NetBSD's differ.
pub fn system_note_kind(system: &str, machine: Machine, kind: u32) -> u32 {
    other_systems::number_of(system_notes(system, machine), namespace(system), kind)
}

/// The notes of a thread's registers on a system other than Linux, the general ones first.
pub fn system_notes(system: &str, machine: Machine) -> &'static [SystemNote] {
    other_systems::named(system, machine).map_or(&[], |row| row.notes)
}
