//! Which machine an ELF file is for, and which record holds its registers on Linux.
//!
//! A machine gets registers by a file with its record, next to this one, and a line in [`TARGETS`].

use dumpedit_layout::{Machine, RecordFormat};
use object::elf;
use object::endian::Endianness;

use super::header::Header;
use super::{aarch64, arm, i386, x86_64};

/// A machine by what the ELF header says of it.
struct Target {
    number: elf::Machine,
    wide: bool,
    /// `None` where the registers stand alike in both byte orders or have no table.
    order: Option<Endianness>,
    machine: Machine,
    registers: Option<&'static RecordFormat>,
}

const fn with_registers(
    number: elf::Machine,
    wide: bool,
    order: Option<Endianness>,
    registers: &'static RecordFormat,
) -> Target {
    Target { number, wide, order, machine: registers.machine, registers: Some(registers) }
}

const fn memory_only(number: elf::Machine, wide: bool, machine: Machine) -> Target {
    Target { number, wide, order: None, machine, registers: None }
}

const LITTLE: Option<Endianness> = Some(Endianness::Little);
const BIG: Option<Endianness> = Some(Endianness::Big);

static TARGETS: &[Target] = &[
    with_registers(elf::EM_X86_64, true, LITTLE, &x86_64::PRSTATUS_X86_64),
    with_registers(elf::EM_X86_64, false, LITTLE, &x86_64::PRSTATUS_X32),
    with_registers(elf::EM_386, false, LITTLE, &i386::PRSTATUS_I386),
    // Linux writes the program's own number, and runs what has a 64-bit file as a 64-bit process.
    with_registers(elf::EM_386, true, LITTLE, &x86_64::PRSTATUS_X86_64),
    with_registers(elf::EM_AARCH64, true, LITTLE, &aarch64::PRSTATUS_AARCH64),
    with_registers(elf::EM_AARCH64, true, BIG, &aarch64::PRSTATUS_AARCH64_BE),
    with_registers(elf::EM_ARM, false, None, &arm::PRSTATUS_ARM),
    memory_only(elf::EM_PPC, false, Machine::Ppc),
    memory_only(elf::EM_PPC64, true, Machine::Ppc64),
    memory_only(elf::EM_S390, false, Machine::S390),
    memory_only(elf::EM_S390, true, Machine::S390x),
    memory_only(elf::EM_MIPS, false, Machine::Mips),
    memory_only(elf::EM_MIPS, true, Machine::Mips64),
    memory_only(elf::EM_RISCV, true, Machine::Riscv64),
    memory_only(elf::EM_SPARC, false, Machine::Sparc),
    memory_only(elf::EM_SPARC32PLUS, false, Machine::Sparc),
    memory_only(elf::EM_SPARCV9, true, Machine::Sparc64),
    memory_only(elf::EM_68K, false, Machine::M68k),
    memory_only(elf::EM_LOONGARCH, true, Machine::LoongArch64),
    memory_only(elf::EM_ALPHA, true, Machine::Alpha),
    memory_only(elf::EM_PARISC, false, Machine::Hppa),
    memory_only(elf::EM_PARISC, true, Machine::Hppa),
];

/// The machine, and the table of its registers where there is one.
pub(super) fn of(header: &Header) -> (Machine, Option<&'static RecordFormat>) {
    // n32 keeps 64-bit registers in a 32-bit file.
    let n32 = header.machine == elf::EM_MIPS && header.flags & elf::EF_MIPS_ABI2.0 != 0;
    let wide = header.encoding.wide || n32;
    let found = TARGETS.iter().find(|target| {
        target.number == header.machine
            && target.wide == wide
            && target.order.is_none_or(|order| order == header.encoding.order)
    });
    found.map_or((Machine::Unknown, None), |target| (target.machine, target.registers))
}

/// Whether `si_code` stands before `si_errno` in the machine's `siginfo_t`.
pub(super) fn code_before_errno(machine: Machine) -> bool {
    matches!(machine, Machine::Mips | Machine::Mips64)
}

/// Whether Linux numbers the machine's signals as on most machines; the others have a `signal.h` of their own.
pub(super) fn has_usual_signals(machine: Machine) -> bool {
    use Machine::{Alpha, Hppa, Mips, Mips64, Sparc, Sparc64};
    !matches!(machine, Alpha | Hppa | Mips | Mips64 | Sparc | Sparc64)
}

#[cfg(test)]
pub(super) mod tests {
    use dumpedit_layout::BlockKind;

    use super::*;

    /// Every block and byte that a register of a record begins at, in the order in which reads prefer them.
    pub(crate) fn places(format: &RecordFormat, name: &str) -> Vec<(BlockKind, u32)> {
        let registers = format.machine.registers();
        let wanted = registers.find(name).unwrap().0;
        let runs = format.runs.iter().filter_map(|run| {
            let index = wanted.checked_sub(registers.find(run.first).unwrap().0)?;
            (index < run.count).then_some((run.block, run.byte + run.stride * u32::from(index)))
        });
        runs.collect()
    }

    #[test]
    fn every_run_of_every_record_names_registers_of_its_machine() {
        for format in TARGETS.iter().filter_map(|target| target.registers) {
            let registers = format.machine.registers();
            for run in format.runs {
                let first = registers.find(run.first);
                let first = first.unwrap_or_else(|| panic!("{}: {}", format.name, run.first));
                let width = registers.get(first).unwrap().bits;
                for index in 0..run.count {
                    let register = registers.get(dumpedit_layout::RegisterId(first.0 + index)).unwrap();
                    assert_eq!(register.bits, width, "{}: {}", format.name, register.name);
                    assert!(register.view.is_none(), "{}: {}", format.name, register.name);
                    assert!(run.at_bit + run.bits <= width, "{}: {}", format.name, register.name);
                }
                let stored = if run.bits == 0 { width } else { run.bits }.div_ceil(8);
                let is_scaled = run.bits == 0 && registers.get(first).unwrap().scalable;
                assert!(
                    run.count == 1 || is_scaled || run.stride >= stored,
                    "{}: {}",
                    format.name,
                    run.first
                );
            }
        }
    }
}
