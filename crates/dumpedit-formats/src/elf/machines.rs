//! Machine of an ELF file, the record of its registers on Linux, and the notes of its threads.
//!
//! To support a machine's registers, add a file with its record to `registers`, and a line to [`TARGETS`].

use dumpedit_layout::{ByteOrder, Format, Machine, RecordFormat};
use object::elf;
use object::endian::Endianness;

use super::header::Header as FileHeader;
use super::note_kinds::{self, PRSTATUS};
use super::{notes, other_systems};
use crate::crash_names::Signals;
use crate::registers::evidence::Evidence::{self, Emulator, Header, Reader, Sample};
use crate::registers::note::RegisterNote;
use crate::registers::{
    float_x86, prstatus_aarch64, prstatus_alpha, prstatus_arc, prstatus_arm, prstatus_csky, prstatus_hppa,
    prstatus_i386, prstatus_loongarch64, prstatus_m68k, prstatus_microblaze, prstatus_mips, prstatus_ppc,
    prstatus_riscv, prstatus_s390, prstatus_sh, prstatus_sparc, prstatus_x86_64, prstatus_xtensa,
};
use crate::supported::{Supported, SupportedRecord};

/// A machine by the values of the ELF header, and the size of its threads' status.
pub(super) struct Target {
    pub(super) number: elf::Machine,
    pub(super) wide: bool,
    /// Byte order; `None` where the registers have the same layout in both.
    pub(super) order: Option<Endianness>,
    pub(super) machine: Machine,
    pub(super) registers: &'static RecordFormat,
    /// Size of `struct elf_prstatus`, in bytes. It distinguishes rows of the same number, class and order.
    pub(super) status_size: u64,
    /// Source that the registers of the status were checked against.
    pub(super) evidence: Evidence,
    /// Other notes with a thread's registers.
    pub(super) notes: &'static [RegisterNote],
}

const fn with_registers(
    number: elf::Machine,
    wide: bool,
    order: Option<Endianness>,
    registers: &'static RecordFormat,
    status_size: u64,
    evidence: Evidence,
    notes: &'static [RegisterNote],
) -> Target {
    let machine = registers.machine;
    Target { number, wide, order, machine, registers, status_size, evidence, notes }
}

const LITTLE: Option<Endianness> = Some(Endianness::Little);
const BIG: Option<Endianness> = Some(Endianness::Big);

/// The first row of a machine is its usual one.
static TARGETS: &[Target] = &[
    with_registers(
        elf::EM_X86_64,
        true,
        LITTLE,
        &prstatus_x86_64::PRSTATUS_X86_64,
        336,
        Reader,
        prstatus_x86_64::NOTES,
    ),
    with_registers(
        elf::EM_X86_64,
        false,
        LITTLE,
        &prstatus_x86_64::PRSTATUS_X32,
        296,
        Reader,
        prstatus_x86_64::NOTES,
    ),
    with_registers(
        elf::EM_386,
        false,
        LITTLE,
        &prstatus_i386::PRSTATUS_I386,
        144,
        Reader,
        prstatus_i386::NOTES,
    ),
    // Linux writes the program's own number, and runs a program in a 64-bit file as a 64-bit process.
    with_registers(
        elf::EM_386,
        true,
        LITTLE,
        &prstatus_x86_64::PRSTATUS_X86_64,
        336,
        Reader,
        prstatus_x86_64::NOTES,
    ),
    with_registers(
        elf::EM_AARCH64,
        true,
        LITTLE,
        &prstatus_aarch64::PRSTATUS_AARCH64,
        392,
        Reader,
        prstatus_aarch64::NOTES,
    ),
    with_registers(
        elf::EM_AARCH64,
        true,
        BIG,
        &prstatus_aarch64::PRSTATUS_AARCH64_BE,
        392,
        Header,
        prstatus_aarch64::NOTES_BE,
    ),
    with_registers(elf::EM_ARM, false, None, &prstatus_arm::PRSTATUS_ARM, 148, Reader, prstatus_arm::NOTES),
    with_registers(
        elf::EM_RISCV,
        true,
        LITTLE,
        &prstatus_riscv::PRSTATUS_RISCV64,
        376,
        Reader,
        prstatus_riscv::NOTES_64,
    ),
    with_registers(
        elf::EM_RISCV,
        false,
        LITTLE,
        &prstatus_riscv::PRSTATUS_RISCV32,
        204,
        Reader,
        prstatus_riscv::NOTES_32,
    ),
    with_registers(elf::EM_PPC, false, BIG, &prstatus_ppc::PRSTATUS_PPC, 268, Reader, prstatus_ppc::NOTES_32),
    with_registers(
        elf::EM_PPC64,
        true,
        BIG,
        &prstatus_ppc::PRSTATUS_PPC64,
        504,
        Reader,
        prstatus_ppc::NOTES_64,
    ),
    with_registers(
        elf::EM_PPC64,
        true,
        LITTLE,
        &prstatus_ppc::PRSTATUS_PPC64_LE,
        504,
        Reader,
        prstatus_ppc::NOTES_64_LE,
    ),
    with_registers(
        elf::EM_S390,
        true,
        BIG,
        &prstatus_s390::PRSTATUS_S390X,
        336,
        Reader,
        prstatus_s390::NOTES,
    ),
    with_registers(
        elf::EM_S390,
        false,
        BIG,
        &prstatus_s390::PRSTATUS_S390,
        224,
        Reader,
        prstatus_s390::NOTES_31,
    ),
    with_registers(
        elf::EM_MIPS,
        false,
        None,
        &prstatus_mips::PRSTATUS_MIPS_O32,
        256,
        Reader,
        prstatus_mips::NOTES_O32,
    ),
    with_registers(
        elf::EM_MIPS,
        true,
        None,
        &prstatus_mips::PRSTATUS_MIPS_N64,
        480,
        Reader,
        prstatus_mips::NOTES_N64,
    ),
    with_registers(
        elf::EM_MIPS,
        false,
        None,
        &prstatus_mips::PRSTATUS_MIPS_N32,
        440,
        Emulator,
        prstatus_mips::NOTES_N32,
    ),
    with_registers(
        elf::EM_SPARCV9,
        true,
        BIG,
        &prstatus_sparc::PRSTATUS_SPARC64,
        408,
        Reader,
        prstatus_sparc::NOTES_64,
    ),
    with_registers(
        elf::EM_SPARC,
        false,
        BIG,
        &prstatus_sparc::PRSTATUS_SPARC,
        228,
        Header,
        prstatus_sparc::NOTES_32,
    ),
    with_registers(
        elf::EM_SPARC32PLUS,
        false,
        BIG,
        &prstatus_sparc::PRSTATUS_SPARC,
        228,
        Header,
        prstatus_sparc::NOTES_32,
    ),
    with_registers(elf::EM_68K, false, BIG, &prstatus_m68k::PRSTATUS_M68K, 154, Reader, prstatus_m68k::NOTES),
    with_registers(
        elf::EM_LOONGARCH,
        true,
        LITTLE,
        &prstatus_loongarch64::PRSTATUS_LOONGARCH64,
        480,
        Sample,
        prstatus_loongarch64::NOTES,
    ),
    with_registers(
        elf::EM_ALPHA,
        true,
        LITTLE,
        &prstatus_alpha::PRSTATUS_ALPHA,
        384,
        Sample,
        prstatus_alpha::NOTES,
    ),
    with_registers(
        elf::EM_PARISC,
        false,
        BIG,
        &prstatus_hppa::PRSTATUS_HPPA,
        396,
        Reader,
        prstatus_hppa::NOTES,
    ),
    with_registers(elf::EM_SH, false, None, &prstatus_sh::PRSTATUS_SH, 168, Emulator, prstatus_sh::NOTES),
    with_registers(
        elf::EM_MICROBLAZE,
        false,
        None,
        &prstatus_microblaze::PRSTATUS_MICROBLAZE,
        228,
        Emulator,
        &[],
    ),
    with_registers(elf::EM_XTENSA, false, None, &prstatus_xtensa::PRSTATUS_XTENSA, 588, Sample, &[]),
    with_registers(
        elf::EM_ARC_COMPACT2,
        false,
        LITTLE,
        &prstatus_arc::PRSTATUS_ARC,
        236,
        Header,
        prstatus_arc::NOTES,
    ),
    with_registers(
        elf::EM_CSKY,
        false,
        LITTLE,
        &prstatus_csky::PRSTATUS_CSKY,
        220,
        Header,
        prstatus_csky::NOTES,
    ),
    with_registers(elf::EM_CSKY, false, BIG, &prstatus_csky::PRSTATUS_CSKY_BE, 220, Header, &[]),
    // Early kernels write all words of `struct pt_regs`, and set the same ones.
    with_registers(
        elf::EM_CSKY,
        false,
        LITTLE,
        &prstatus_csky::PRSTATUS_CSKY,
        228,
        Header,
        prstatus_csky::NOTES,
    ),
    with_registers(elf::EM_CSKY, false, BIG, &prstatus_csky::PRSTATUS_CSKY_BE, 228, Header, &[]),
];

/// The usual row of a machine.
pub(super) fn usual(machine: Machine) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.machine == machine)
}

/// Whether a machine has cores of a byte order.
pub(super) fn has_order(machine: Machine, order: ByteOrder) -> bool {
    let mut rows = TARGETS.iter().filter(|target| target.machine == machine);
    rows.any(|target| match target.order {
        None => true,
        Some(Endianness::Little) => order == ByteOrder::Little,
        Some(Endianness::Big) => order == ByteOrder::Big,
    })
}

/// The row of a file. Where several fit the header, the size of the first status decides.
pub(super) fn of(header: &FileHeader, bytes: &[u8]) -> Option<&'static Target> {
    let fits = |target: &&Target| {
        target.number == header.machine
            && target.wide == header.encoding.wide
            && target.order.is_none_or(|order| order == header.encoding.order)
    };
    let usual = TARGETS.iter().find(fits);
    let by_size = || {
        let size = notes::first_size(header, bytes, b"CORE", PRSTATUS)?;
        TARGETS.iter().filter(fits).find(|target| target.status_size == size)
    };
    let is_alone = TARGETS.iter().filter(fits).count() < 2;
    if is_alone { usual } else { by_size().or(usual) }
}

/// The machine of a file.
pub(super) fn machine_of(header: &FileHeader, bytes: &[u8]) -> Machine {
    of(header, bytes).map_or(Machine::Unknown, |target| target.machine)
}

/// The tables of registers, each once, though several machine numbers may share it.
pub(crate) fn supported() -> Vec<Supported> {
    let mut all: Vec<Supported> = Vec::new();
    for target in TARGETS {
        let table = Some(target.registers.name);
        if all.iter().any(|known| (known.machine, known.table) == (target.machine, table)) {
            continue;
        }
        let record = |kind, evidence| {
            let name = note_kinds::named(kind).unwrap_or_default().to_owned();
            SupportedRecord { name, evidence }
        };
        let others = target.notes.iter().map(|note| record(note.kind, note.evidence));
        let newest = float_x86::newest(target.registers, "NT_X86_XSTATE");
        let mut records: Vec<SupportedRecord> =
            std::iter::once(record(PRSTATUS, target.evidence)).chain(others).chain(newest).collect();
        // Some have two layouts, which differ in size.
        records.dedup_by(|next, last| next.name == last.name);
        let (format, machine) = (Format::ElfCore, target.machine);
        all.push(Supported { format, machine, system: "linux", table, records });
    }
    all.extend(other_systems::supported());
    all
}

/// The numbering of a core's signals.
pub(super) fn signals(system: Option<&str>, machine: Machine) -> Signals {
    match system {
        Some("linux") | None if has_usual_signals(machine) => Signals::Linux,
        Some("freebsd" | "netbsd" | "openbsd") => Signals::Bsd,
        _ => Signals::Unknown,
    }
}

/// Whether Linux numbers the machine's signals as on most machines; other machines have a `signal.h` of their own.
pub(super) fn has_usual_signals(machine: Machine) -> bool {
    use Machine::{Alpha, Hppa, Mips, Mips64, Sparc, Sparc64};
    !matches!(machine, Alpha | Hppa | Mips | Mips64 | Sparc | Sparc64)
}

#[cfg(test)]
pub(crate) mod tests {
    use dumpedit_layout::BlockKind;

    use super::*;

    /// Every block and byte offset in it where a register of a record begins, in the order in which reads prefer them.
    pub(crate) fn places(format: &RecordFormat, name: &str) -> Vec<(BlockKind, u32)> {
        let registers = format.machine.registers();
        let wanted = registers.find(name).unwrap().0;
        let runs = format.runs.iter().filter_map(|run| {
            let index = wanted.checked_sub(registers.find(run.first).unwrap().0)?;
            (index < run.count).then_some((run.block, run.byte + run.stride * u32::from(index)))
        });
        runs.collect()
    }

    /// `NT_S390_HIGH_GPRS` of `elf.h`.
    const HIGH_GPRS: u32 = 0x300;

    #[test]
    fn every_note_that_a_record_has_registers_in_has_a_size() {
        for target in TARGETS {
            for run in target.registers.runs {
                let is_listed = match run.block {
                    BlockKind::General => true,
                    // z/Architecture's table serves both widths.
                    BlockKind::Note(HIGH_GPRS) if target.machine == Machine::S390x => true,
                    BlockKind::XstateHeader | BlockKind::Xstate(_) => {
                        target.notes.iter().any(|note| note.block == BlockKind::XstateLegacy)
                    }
                    block => target.notes.iter().any(|note| {
                        note.block == block || matches!(block, BlockKind::Part(kind, _) if kind == note.kind)
                    }),
                };
                assert!(is_listed, "{}: {}", target.registers.name, run.first);
            }
        }
    }

    #[test]
    fn every_run_of_every_record_names_registers_of_its_machine() {
        for format in TARGETS.iter().map(|target| target.registers) {
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
