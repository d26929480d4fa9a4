//! The numbers of ELF cores that whoever makes one needs: of machines, of notes, of protections.

use dumpedit_layout::{ByteOrder, Machine};

use super::machines;
use super::status::{ProcessInfo, SignalInfo};
pub use crate::registers::note::RegisterNote;

pub use super::link_map;
pub use super::note_kinds::{
    AUXV, FILE, PRPSINFO, PRSTATUS, SIGINFO, X86_XSAVE_LAYOUT, X86_XSTATE, named, numbered, owner,
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

/// The size of NT_PRPSINFO, and where `pr_pid`, of 32 bits, and `pr_fname`, of 16 bytes, stand in it; in bytes.
pub fn process_info(wide: bool) -> (u64, usize, usize) {
    let info = ProcessInfo::usual(wide);
    (info.size, info.id_at, info.name_at)
}

/// Where `si_code` and `si_addr` stand in a `siginfo_t`, in bytes.
pub fn signal_info(machine: Machine, wide: bool) -> (usize, usize) {
    let info = SignalInfo::of(machine, wide);
    (info.code_at, info.address_at)
}
