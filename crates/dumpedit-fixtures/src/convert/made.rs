//! Parts that a conversion makes because readers need them and the dump does not have them.

use super::told::{Tally, Told, kinds};

kinds! {
    /// A kind of part that readers of one container need and a dump of the other does not have.
    MadeKind;

    AuxiliaryVector "auxiliary-vector" "NT_AUXV, of the program's headers",
    MappedFiles "mapped-files" "rows of NT_FILE, of modules that no mapping is listed for",
    LinkerList "linker-list" "the dynamic linker's list of modules, in memory that was not captured",
    ModuleMapping "module-mapping" "program headers of modules that no memory is listed for",
    ModuleProtection "module-protection" "the protection of memory of modules, as of code",
    ModuleHeader "module-header" "pages of the ELF headers of modules, of their build ids",
    ModuleGuid "module-guid" "build ids of the 16 bytes that a GUID has of one",
    ProcessId "process-id" "the id of the process, which is that of its first thread",
    ThreadSignal "thread-signal" "the signal in the status of the other threads",
    Machine "machine" "the machine, which is that of the contexts and not the one that the dump names",
    ThreadRegisters "thread-registers" "registers of threads that have none in the dump, which are zero",
    Signal "signal" "the signal, which stands for a code without one",
    Maps "linux-maps" "LinuxMaps, of program headers and NT_FILE",
    Words "startup-words" "command line and environment, as they are on the stack",
    CrashAddress "crash-address" "the exception's address, which is that of the instruction",
    SignalCode "signal-code" "si_code, which is the first of a fault where the exception has no flags",
}

/// A part that was made for readers.
pub type Made = Told<MadeKind>;

/// Counts parts that are made.
pub(super) type Makings = Tally<MadeKind>;
