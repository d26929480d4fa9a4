//! Parts that a conversion makes because readers need them and the dump does not have them.

use super::told::{Tally, Told, kinds};

kinds! {
    /// A kind of part that readers of one container need and a dump of the other does not have.
    MadeKind;

    AuxiliaryVector "auxiliary-vector" "NT_AUXV, from the program's headers",
    MappedFiles "mapped-files" "rows of NT_FILE, for modules without a listed mapping",
    LinkerList "linker-list" "the dynamic linker's list of modules, in memory that was not captured",
    ModuleMapping "module-mapping" "program headers, for modules without listed memory",
    ModuleProtection "module-protection" "the protection of module memory, set to that of code",
    ModuleHeader "module-header" "pages with the ELF headers of modules, from their build ids",
    ModuleGuid "module-guid" "build ids, from the 16 bytes that a GUID has of one",
    ProcessId "process-id" "the id of the process, from its first thread",
    ThreadSignal "thread-signal" "the signal in the status of the other threads",
    Machine "machine" "the machine, from the contexts instead of the system information",
    ThreadRegisters "thread-registers" "zeros for the registers of threads that have none in the dump",
    Signal "signal" "the signal, for a code that has none",
    Maps "linux-maps" "LinuxMaps, from program headers and NT_FILE",
    Words "startup-words" "command line and environment, from the stack",
    CrashAddress "crash-address" "the exception's address, from that of the instruction",
    SignalCode "signal-code" "si_code, set to the first fault code where the exception has no flags",
}

/// A part that was made for readers.
pub type Made = Told<MadeKind>;

/// Counts parts that are made.
pub(super) type Makings = Tally<MadeKind>;
