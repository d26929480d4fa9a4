//! Machine of a Mach-O file, and the states of its threads.
//!
//! To support a machine's registers, add a file with its record to `registers`, and a line to [`CPUS`].

use dumpedit_layout::{BlockKind, ByteOrder, Format, Machine, RecordFormat};
use object::macho;

use super::flavors::*;
use crate::registers::{
    thread_state_arm, thread_state_arm64, thread_state_i386, thread_state_ppc, thread_state_x86_64,
};
use crate::supported::{Evidence, Supported, SupportedRecord};

/// A machine by the values of the Mach-O header.
pub(super) struct Cpu {
    pub(super) number: macho::CpuType,
    /// Usual `cpusubtype`: that of every processor of the type, or of the oldest that runs the system.
    pub(super) subtype: macho::CpuSubtypeId,
    /// Whether the header and the segments are the 64-bit ones.
    pub(super) wide: bool,
    pub(super) order: ByteOrder,
    pub(super) machine: Machine,
    pub(super) registers: Option<&'static RecordFormat>,
    pub(super) states: &'static [State],
}

/// A state of a thread.
pub(super) struct State {
    pub(super) flavor: u32,
    pub(super) name: &'static str,
    pub(super) holds: Holds,
    /// Size, in words of 32 bits; 0 for a wrapper, whose inner state has its own.
    pub(super) words: u32,
    /// Whether every thread of a core has it.
    pub(super) is_usual: bool,
    evidence: Evidence,
}

/// Contents of a state.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Registers.
    Registers(BlockKind),
    /// A flavor, a count, and a state of that flavor.
    State,
}

const fn registers(flavor: u32, name: &'static str, words: u32, block: BlockKind) -> State {
    let holds = Holds::Registers(block);
    State { flavor, name, holds, words, is_usual: true, evidence: Evidence::Header }
}

const fn wrapper(flavor: u32, name: &'static str) -> State {
    State { flavor, name, holds: Holds::State, words: 0, is_usual: false, evidence: Evidence::Header }
}

impl State {
    /// The same state, whose registers LLDB shows in a made core.
    const fn made(self) -> State {
        State { evidence: Evidence::Made, ..self }
    }

    /// The same state, which few threads have.
    const fn rare(self) -> State {
        State { is_usual: false, ..self }
    }
}

use BlockKind::{Float, General, Note};

static X86_64: &[State] = &[
    registers(X86_THREAD_STATE64, "x86_THREAD_STATE64", 42, General).made(),
    registers(X86_FLOAT_STATE64, "x86_FLOAT_STATE64", 131, Float),
    registers(X86_EXCEPTION_STATE64, "x86_EXCEPTION_STATE64", 4, Note(X86_EXCEPTION_STATE64)),
    registers(X86_DEBUG_STATE64, "x86_DEBUG_STATE64", 16, Note(X86_DEBUG_STATE64)).rare(),
    wrapper(X86_THREAD_STATE, "x86_THREAD_STATE").made(),
    wrapper(X86_FLOAT_STATE, "x86_FLOAT_STATE"),
    wrapper(X86_EXCEPTION_STATE, "x86_EXCEPTION_STATE"),
    wrapper(X86_DEBUG_STATE, "x86_DEBUG_STATE"),
];
static I386: &[State] = &[
    registers(X86_THREAD_STATE32, "x86_THREAD_STATE32", 16, General).made(),
    registers(X86_FLOAT_STATE32, "x86_FLOAT_STATE32", 131, Float),
    registers(X86_EXCEPTION_STATE32, "x86_EXCEPTION_STATE32", 3, Note(X86_EXCEPTION_STATE32)),
    registers(X86_DEBUG_STATE32, "x86_DEBUG_STATE32", 8, Note(X86_DEBUG_STATE32)).rare(),
    wrapper(X86_THREAD_STATE, "x86_THREAD_STATE"),
    wrapper(X86_FLOAT_STATE, "x86_FLOAT_STATE"),
    wrapper(X86_EXCEPTION_STATE, "x86_EXCEPTION_STATE"),
    wrapper(X86_DEBUG_STATE, "x86_DEBUG_STATE"),
];
static ARM: &[State] = &[
    registers(ARM_THREAD_STATE, "ARM_THREAD_STATE", 17, General).made(),
    registers(ARM_VFP_STATE, "ARM_VFP_STATE", 65, Float),
    registers(ARM_EXCEPTION_STATE, "ARM_EXCEPTION_STATE", 3, Note(ARM_EXCEPTION_STATE)),
];
static ARM64: &[State] = &[
    registers(ARM_THREAD_STATE64, "ARM_THREAD_STATE64", 68, General).made(),
    registers(ARM_NEON_STATE64, "ARM_NEON_STATE64", 132, Float).made(),
    registers(ARM_EXCEPTION_STATE64, "ARM_EXCEPTION_STATE64", 4, Note(ARM_EXCEPTION_STATE64)).made(),
    registers(ARM_DEBUG_STATE64, "ARM_DEBUG_STATE64", 130, Note(ARM_DEBUG_STATE64)).rare(),
    wrapper(ARM_THREAD_STATE, "ARM_UNIFIED_THREAD_STATE"),
];
static PPC: &[State] = &[registers(PPC_THREAD_STATE, "PPC_THREAD_STATE", 40, General)];

static CPUS: &[Cpu] = &[
    Cpu {
        number: macho::CPU_TYPE_X86_64,
        subtype: macho::CPU_SUBTYPE_X86_64_ALL,
        wide: true,
        order: ByteOrder::Little,
        machine: Machine::Amd64,
        registers: Some(&thread_state_x86_64::THREAD_STATE_X86_64),
        states: X86_64,
    },
    Cpu {
        number: macho::CPU_TYPE_ARM64,
        subtype: macho::CPU_SUBTYPE_ARM64_ALL,
        wide: true,
        order: ByteOrder::Little,
        machine: Machine::Arm64,
        registers: Some(&thread_state_arm64::THREAD_STATE_ARM64),
        states: ARM64,
    },
    // 64-bit registers, and pointers of 32 bits.
    Cpu {
        number: macho::CPU_TYPE_ARM64_32,
        subtype: macho::CPU_SUBTYPE_ARM64_32_V8,
        wide: false,
        order: ByteOrder::Little,
        machine: Machine::Arm64,
        registers: Some(&thread_state_arm64::THREAD_STATE_ARM64),
        states: ARM64,
    },
    Cpu {
        number: macho::CPU_TYPE_X86,
        subtype: macho::CPU_SUBTYPE_I386_ALL,
        wide: false,
        order: ByteOrder::Little,
        machine: Machine::X86,
        registers: Some(&thread_state_i386::THREAD_STATE_I386),
        states: I386,
    },
    Cpu {
        number: macho::CPU_TYPE_ARM,
        subtype: macho::CPU_SUBTYPE_ARM_V7,
        wide: false,
        order: ByteOrder::Little,
        machine: Machine::Arm,
        registers: Some(&thread_state_arm::THREAD_STATE_ARM),
        states: ARM,
    },
    Cpu {
        number: macho::CPU_TYPE_POWERPC,
        subtype: macho::CPU_SUBTYPE_POWERPC_ALL,
        wide: false,
        order: ByteOrder::Big,
        machine: Machine::Ppc,
        registers: Some(&thread_state_ppc::THREAD_STATE_PPC),
        states: PPC,
    },
    // Memory only.
    Cpu {
        number: macho::CPU_TYPE_POWERPC64,
        subtype: macho::CPU_SUBTYPE_POWERPC_ALL,
        wide: true,
        order: ByteOrder::Big,
        machine: Machine::Ppc64,
        registers: None,
        states: &[],
    },
];

/// The row of a machine's cores: with this number, or the usual one where none is given.
pub(super) fn of_machine(machine: Machine, number: Option<u32>) -> Option<&'static Cpu> {
    let is_it = |cpu: &&Cpu| cpu.machine == machine && number.is_none_or(|number| cpu.number.0 == number);
    CPUS.iter().find(is_it)
}

/// The states of all machines.
pub(super) fn states() -> impl Iterator<Item = &'static State> {
    CPUS.iter().flat_map(|cpu| cpu.states)
}

/// The row of a number, word size and byte order, where it is known.
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
    // Machines that differ only in the width of pointers share tables.
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
                let state = cpu.states.iter().find(|state| state.holds == Holds::Registers(run.block));
                let state = state.unwrap_or_else(|| panic!("{}: {:?}", run.first, run.block));
                let last = run.byte + u32::from(run.count - 1) * run.stride;
                assert!(last < 4 * state.words, "{}: {}", run.first, state.name);
            }
        }
    }

    #[test]
    fn a_name_of_a_state_means_one_flavor() {
        for one in states() {
            assert!(states().all(|other| (one.name == other.name) <= (one.flavor == other.flavor)));
        }
    }
}
