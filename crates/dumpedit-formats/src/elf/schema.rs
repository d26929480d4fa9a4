//! The numbers of ELF cores that whoever makes one needs: of machines, of notes, of protections.

use dumpedit_layout::{ByteOrder, Machine};

use super::machines;
pub use super::status::{ProcessInfo, SignalInfo};
pub use crate::registers::note::RegisterNote;

pub use super::image::{ImageFile, ImageLoad, image_file};
pub use super::link_map;
pub use super::note_kinds::{
    AUXV, FILE, PRPSINFO, PRSTATUS, SIGINFO, X86_XSAVE_LAYOUT, X86_XSTATE, named, number, owner,
};
pub use super::sve::NOTES as SCALABLE;
pub use super::xstate::XCR0_AT;

/// `e_machine`, where the machine has one.
pub fn machine_number(machine: Machine) -> Option<u16> {
    machines::usual(machine).map(|target| target.number.0)
}

/// Whether the class of a machine's files is mostly 64 bits.
pub fn is_wide(machine: Machine) -> bool {
    machines::usual(machine).is_none_or(|target| target.wide)
}

/// Whether a machine has cores of a byte order.
pub fn has_order(machine: Machine, order: ByteOrder) -> bool {
    machines::usual(machine).is_none() || machines::has_order(machine, order)
}

/// The size of a thread's NT_PRSTATUS, in bytes.
pub fn status_size(machine: Machine) -> u64 {
    machines::usual(machine).map_or(148, |target| target.status_size)
}

/// The notes of registers that a thread can have behind its status.
pub fn register_notes(machine: Machine) -> &'static [RegisterNote] {
    machines::usual(machine).map_or(&[], |target| target.notes)
}
