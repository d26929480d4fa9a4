//! Numbers of a dump's headers.

use dumpedit::notation::At;

use super::content::ContentSpec;

/// Numbers of the headers without other keys. Defaults, those of the format, are behind semicolons.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Header {
    /// Minidump: `Version`; 0xa793.
    pub version: Option<u64>,
    /// Minidump: `CheckSum`; 0.
    pub checksum: Option<u64>,
    /// Minidump: `TimeDateStamp`, in seconds since 1970; 0.
    pub timestamp: Option<u64>,
    /// ELF: `e_entry`; 0.
    pub entry: Option<u64>,
    /// Minidump: `Flags`. ELF: `e_flags`. Mach-O: `flags`. 0.
    pub flags: Option<u64>,
    /// ELF: `e_machine`. Mach-O: `cputype`. Triage dump: `MachineImageType`. The machine's.
    pub machine: Option<u64>,
    /// Mach-O: `cpusubtype`; the machine's.
    pub subtype: Option<u64>,
    /// Cores: the class, 32 or 64; the machine's.
    pub class: Option<u64>,
    /// ELF: `EI_OSABI`; 0.
    pub os_abi: Option<u64>,
    /// ELF: `EI_ABIVERSION`; 0.
    pub abi_version: Option<u64>,
    /// ELF: `e_shstrndx`, the index of the section of names; 0, none.
    pub section_names: Option<u64>,
    /// ELF: `e_shentsize` where there are no section headers; 0.
    pub section_size: Option<u64>,
    /// Triage dump: `BugCheckCode`; 0.
    pub bug_check: Option<u64>,
    /// Triage dump: `BugCheckParameter1` to `BugCheckParameter4`; 0.
    pub bug_check_parameters: Vec<At>,
    /// Triage dump: the name at `BrokenDriverOffset`; none.
    pub broken_driver: Option<String>,
    /// Triage dump: whether the signature at its end is left out.
    pub unfinished: bool,
    /// Triage dump: bytes written over both headers before everything else.
    pub content: ContentSpec,
}
