//! Machines and formats that a layout describes, and properties of a machine alone.

use std::fmt;

use crate::byte_order::ByteOrder;
use crate::machines;
use crate::register::{Registers, Rows};

/// Container of a dump. Nothing after parsing depends on it; it is for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// A Windows, Breakpad or Crashpad minidump.
    Minidump,
    /// An ELF core file.
    ElfCore,
    /// A Mach-O core file.
    MachOCore,
    /// A triage dump ("small memory dump") of a Windows kernel.
    Triage,
}

impl Format {
    /// The format's name in JSON and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Format::Minidump => "minidump",
            Format::ElfCore => "elf-core",
            Format::MachOCore => "macho-core",
            Format::Triage => "triage-dump",
        }
    }

    /// The format with its article, for sentences.
    pub fn phrase(self) -> &'static str {
        match self {
            Format::Minidump => "a minidump",
            Format::ElfCore => "an ELF core",
            Format::MachOCore => "a Mach-O core",
            Format::Triage => "a triage dump",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

macro_rules! machines {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $order:ident, $rows:expr;)*) => {
        /// The processor the dumped process ran on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Machine {
            $($(#[$doc])* $variant,)*
        }

        impl Machine {
            /// Every machine that has a name.
            pub const ALL: &[Machine] = &[$(Machine::$variant),*];

            /// The machine's name in JSON and in messages.
            pub fn name(self) -> &'static str {
                match self { $(Machine::$variant => $name,)* }
            }

            /// Byte order of most systems of the machine.
            pub fn usual_byte_order(self) -> ByteOrder {
                match self { $(Machine::$variant => ByteOrder::$order,)* }
            }

            /// Registers of the machine; empty where there is no table.
            pub fn registers(self) -> &'static Registers {
                self.rows().registers()
            }

            pub(crate) fn rows(self) -> &'static Rows {
                match self { $(Machine::$variant => &$rows,)* }
            }
        }
    };
}

machines! {
    /// 32-bit Intel (`EM_386`, `PROCESSOR_ARCHITECTURE_INTEL`).
    X86 = "x86", Little, machines::x86::ROWS;
    /// 64-bit Intel and AMD (`EM_X86_64`, `PROCESSOR_ARCHITECTURE_AMD64`).
    Amd64 = "amd64", Little, machines::amd64::ROWS;
    /// AMD64 with 32-bit pointers.
    X32 = "x32", Little, machines::amd64::ROWS;
    /// 32-bit ARM.
    Arm = "arm", Little, machines::arm::ROWS;
    /// 64-bit ARM.
    Arm64 = "arm64", Little, machines::arm64::ROWS;
    /// 32-bit PowerPC.
    Ppc = "ppc", Big, machines::ppc::ROWS_32;
    /// 64-bit PowerPC.
    Ppc64 = "ppc64", Big, machines::ppc::ROWS_64;
    /// 31-bit z/Architecture.
    S390 = "s390", Big, machines::s390::ROWS_31;
    /// 64-bit z/Architecture.
    S390x = "s390x", Big, machines::s390::ROWS;
    /// MIPS with 32-bit registers (o32).
    Mips = "mips", Big, machines::mips::ROWS_O32;
    /// MIPS with 64-bit registers (n64 and n32).
    Mips64 = "mips64", Big, machines::mips::ROWS_64;
    /// 32-bit RISC-V.
    Riscv32 = "riscv32", Little, machines::riscv::ROWS_32;
    /// 64-bit RISC-V.
    Riscv64 = "riscv64", Little, machines::riscv::ROWS_64;
    /// 32-bit SPARC.
    Sparc = "sparc", Big, machines::sparc::ROWS_32;
    /// 64-bit SPARC.
    Sparc64 = "sparc64", Big, machines::sparc::ROWS_64;
    /// Motorola 68000.
    M68k = "m68k", Big, machines::m68k::ROWS;
    /// 64-bit LoongArch.
    LoongArch64 = "loongarch64", Little, machines::loongarch64::ROWS;
    /// DEC Alpha.
    Alpha = "alpha", Little, machines::alpha::ROWS;
    /// HP PA-RISC.
    Hppa = "hppa", Big, machines::hppa::ROWS;
    /// Hitachi SuperH.
    Sh = "sh", Little, machines::sh::ROWS;
    /// MicroBlaze.
    Microblaze = "microblaze", Little, machines::microblaze::ROWS;
    /// Xtensa.
    Xtensa = "xtensa", Little, machines::xtensa::ROWS;
    /// ARC, second version.
    Arc = "arc", Little, machines::arc::ROWS;
    /// C-SKY.
    Csky = "csky", Little, machines::csky::ROWS;
    /// A machine that the dump does not name, or without a name here. Its memory can be edited all the same.
    Unknown = "unknown", Little, machines::NONE;
}

/// Register that holds the address of a thread's control block, by the ABIs of ELF systems.
const THREAD_POINTERS: &[(Machine, &str)] = &[
    (Machine::Amd64, "fs_base"),
    (Machine::X32, "fs_base"),
    (Machine::Arm64, "tpidr"),
    (Machine::Riscv64, "tp"),
    (Machine::LoongArch64, "tp"),
];

impl Machine {
    /// The register that holds the address of a thread's control block on ELF systems, where it is a whole register.
    pub fn thread_pointer(self) -> Option<&'static str> {
        THREAD_POINTERS.iter().find(|(machine, _)| *machine == self).map(|(_, register)| *register)
    }

    /// Whether a call takes stack above the stack pointer and not below it, as in the ABI of PA-RISC.
    pub fn stack_grows_up(self) -> bool {
        self == Machine::Hppa
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
