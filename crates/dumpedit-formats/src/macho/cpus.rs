//! Which machine a Mach-O file is for, and which states a thread of it has.
//!
//! A machine gets registers by a file with its record in `registers`, and a line in [`CPUS`].

use dumpedit_layout::{BlockKind, ByteOrder, Format, Machine, RecordFormat};
use object::macho;

use super::schema::*;
use crate::registers::{thread_state_arm, thread_state_arm64, thread_state_i386, thread_state_x86_64};
use crate::supported::{Evidence, Supported, SupportedRecord};

/// A machine by what the Mach-O header says of it.
pub(super) struct Cpu {
    pub(super) number: macho::CpuType,
    /// Whether the header and the segments are those of 64 bits.
    pub(super) wide: bool,
    pub(super) order: ByteOrder,
    pub(super) machine: Machine,
    pub(super) registers: Option<&'static RecordFormat>,
    states: &'static [State],
}

/// A state of a thread.
pub(super) struct State {
    flavor: u32,
    pub(super) name: &'static str,
    holds: Holds,
    evidence: Evidence,
}

/// What a state holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Registers.
    Registers(BlockKind),
    /// A flavor, a count, and a state of that flavor.
    State,
}

const fn registers(flavor: u32, name: &'static str, block: BlockKind) -> State {
    State { flavor, name, holds: Holds::Registers(block), evidence: Evidence::Header }
}

const fn wrapper(flavor: u32, name: &'static str) -> State {
    State { flavor, name, holds: Holds::State, evidence: Evidence::Header }
}

impl State {
    /// The same, where LLDB shows the registers of a made core alike.
    const fn read(self) -> State {
        State { evidence: Evidence::Reader, ..self }
    }

    pub(super) fn holds(&self) -> Holds {
        self.holds
    }
}

use BlockKind::{Float, General, Note};

static X86_64: &[State] = &[
    registers(X86_THREAD_STATE64, "x86_THREAD_STATE64", General).read(),
    registers(X86_FLOAT_STATE64, "x86_FLOAT_STATE64", Float),
    registers(X86_EXCEPTION_STATE64, "x86_EXCEPTION_STATE64", Note(X86_EXCEPTION_STATE64)),
    registers(X86_DEBUG_STATE64, "x86_DEBUG_STATE64", Note(X86_DEBUG_STATE64)),
    wrapper(X86_THREAD_STATE, "x86_THREAD_STATE").read(),
    wrapper(X86_FLOAT_STATE, "x86_FLOAT_STATE"),
    wrapper(X86_EXCEPTION_STATE, "x86_EXCEPTION_STATE"),
    wrapper(X86_DEBUG_STATE, "x86_DEBUG_STATE"),
];
static I386: &[State] = &[
    registers(X86_THREAD_STATE32, "x86_THREAD_STATE32", General).read(),
    registers(X86_FLOAT_STATE32, "x86_FLOAT_STATE32", Float),
    registers(X86_EXCEPTION_STATE32, "x86_EXCEPTION_STATE32", Note(X86_EXCEPTION_STATE32)),
    registers(X86_DEBUG_STATE32, "x86_DEBUG_STATE32", Note(X86_DEBUG_STATE32)),
    wrapper(X86_THREAD_STATE, "x86_THREAD_STATE"),
    wrapper(X86_FLOAT_STATE, "x86_FLOAT_STATE"),
    wrapper(X86_EXCEPTION_STATE, "x86_EXCEPTION_STATE"),
    wrapper(X86_DEBUG_STATE, "x86_DEBUG_STATE"),
];
static ARM: &[State] = &[
    registers(ARM_THREAD_STATE, "ARM_THREAD_STATE", General).read(),
    registers(ARM_VFP_STATE, "ARM_VFP_STATE", Float),
    registers(ARM_EXCEPTION_STATE, "ARM_EXCEPTION_STATE", Note(ARM_EXCEPTION_STATE)),
];
static ARM64: &[State] = &[
    registers(ARM_THREAD_STATE64, "ARM_THREAD_STATE64", General).read(),
    registers(ARM_NEON_STATE64, "ARM_NEON_STATE64", Float).read(),
    registers(ARM_EXCEPTION_STATE64, "ARM_EXCEPTION_STATE64", Note(ARM_EXCEPTION_STATE64)).read(),
    registers(ARM_DEBUG_STATE64, "ARM_DEBUG_STATE64", Note(ARM_DEBUG_STATE64)),
    wrapper(ARM_THREAD_STATE, "ARM_UNIFIED_THREAD_STATE"),
];

static CPUS: &[Cpu] = &[
    Cpu {
        number: macho::CPU_TYPE_X86_64,
        wide: true,
        order: ByteOrder::Little,
        machine: Machine::Amd64,
        registers: Some(&thread_state_x86_64::THREAD_STATE_X86_64),
        states: X86_64,
    },
    Cpu {
        number: macho::CPU_TYPE_ARM64,
        wide: true,
        order: ByteOrder::Little,
        machine: Machine::Arm64,
        registers: Some(&thread_state_arm64::THREAD_STATE_ARM64),
        states: ARM64,
    },
    // 64-bit registers, and pointers of 32 bits.
    Cpu {
        number: macho::CPU_TYPE_ARM64_32,
        wide: false,
        order: ByteOrder::Little,
        machine: Machine::Arm64,
        registers: Some(&thread_state_arm64::THREAD_STATE_ARM64),
        states: ARM64,
    },
    Cpu {
        number: macho::CPU_TYPE_X86,
        wide: false,
        order: ByteOrder::Little,
        machine: Machine::X86,
        registers: Some(&thread_state_i386::THREAD_STATE_I386),
        states: I386,
    },
    Cpu {
        number: macho::CPU_TYPE_ARM,
        wide: false,
        order: ByteOrder::Little,
        machine: Machine::Arm,
        registers: Some(&thread_state_arm::THREAD_STATE_ARM),
        states: ARM,
    },
    memory_only(macho::CPU_TYPE_POWERPC, false, Machine::Ppc),
    memory_only(macho::CPU_TYPE_POWERPC64, true, Machine::Ppc64),
];

const fn memory_only(number: macho::CpuType, wide: bool, machine: Machine) -> Cpu {
    Cpu { number, wide, order: ByteOrder::Big, machine, registers: None, states: &[] }
}

/// The machine of a number, where one of that word size and byte order is known.
pub(super) fn of(number: macho::CpuType, wide: bool, order: ByteOrder) -> Option<&'static Cpu> {
    CPUS.iter().find(|cpu| (cpu.number, cpu.wide, cpu.order) == (number, wide, order))
}

impl Cpu {
    /// A state by its flavor.
    pub(super) fn state(&self, flavor: u32) -> Option<&'static State> {
        self.states.iter().find(|state| state.flavor == flavor)
    }
}

/// The machines with the tables of their registers.
pub(crate) fn supported() -> Vec<Supported> {
    let record = |state: &State| SupportedRecord { name: state.name.to_owned(), evidence: state.evidence };
    let row = |cpu: &Cpu| Supported {
        format: Format::MachOCore,
        machine: cpu.machine,
        system: "macos",
        table: cpu.registers.map(|registers| registers.name),
        records: cpu.states.iter().map(record).collect(),
    };
    // A machine with pointers of another width has the same tables.
    let mut all: Vec<Supported> = Vec::new();
    for row in CPUS.iter().map(row) {
        if !all.contains(&row) {
            all.push(row);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_of_every_record_names_registers_of_its_machine_in_a_block_that_a_state_has() {
        for cpu in CPUS {
            for run in cpu.registers.iter().flat_map(|format| format.runs) {
                let first = cpu.machine.registers().find(run.first);
                assert!(first.is_some(), "{}", run.first);
                let has_block = cpu.states.iter().any(|state| state.holds == Holds::Registers(run.block));
                assert!(has_block, "{}: {:?}", run.first, run.block);
            }
        }
    }
}
