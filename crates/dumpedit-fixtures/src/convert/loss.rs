//! Losses: parts of a dump that the other container has no place for.

use super::told::{Tally, Told, kinds};

kinds! {
    /// A kind of loss.
    LossKind;

    Register "register" "registers" by_thread,
    RegisterComponent "register-component" "components of XSAVE areas at an unknown offset",
    ThreadContext "thread-context" "contexts of threads that differ from their exception's",
    Wow64Context "wow64-context" "32-bit contexts, which stay in memory",
    ThreadId "thread-id" "thread ids of more than 32 bits, renumbered",
    ThreadName "thread-name" "names of threads",
    ThreadState "thread-state" "suspend counts and priorities of threads",
    ThreadEnvironment "thread-environment" "addresses of environment blocks of threads",
    ThreadStatus "thread-status" "other fields of threads",
    ThreadSignal "thread-signal" "signals of other threads",
    Crash "crash" "exceptions after the first",
    CrashCode "crash-code" "exception codes without a matching signal",
    CrashParameter "crash-parameter" "parameters of exceptions",
    CrashDetail "crash-detail" "other fields of the exception",
    SignalDetail "signal-detail" "other fields of the signal",
    Header "header" "numbers of the file's header",
    System "system" "information about the system and the processors",
    DumpTime "dump-time" "the time of the dump",
    ProcessDetail "process-detail" "other information about the process",
    CommandLine "command-line" "the end of the command line",
    Environment "environment" "the environment, which is not in memory",
    ModuleId "module-id" "ids of modules",
    Module "module" "modules without a mapped file",
    ModuleSize "module-size" "load addresses and sizes of modules, which are taken from their mappings",
    ModuleName "module-name" "names of modules, which are taken from their mappings",
    UnloadedModule "unloaded-module" "unloaded modules",
    ModuleVersion "module-version" "versions, checksums, time stamps and other records of modules",
    MappingDetail "mapping-detail" "other fields of mappings",
    MemoryInfo "memory-info" "states, types and allocations of memory",
    Segment "program-header" "physical addresses and other flags of program headers",
    Stream "stream" "streams",
    Note "note" "notes",
    Section "section" "section headers",
    LoadCommand "load-command" "load commands",
    BugCheck "bug-check" "bug checks beside an exception",
    TriagePart "triage-part" "other parts of a triage dump",
    MemoryTags "memory-tags" "memory tags",
    DifferingCopy "differing-copy" "copies of memory with different bytes",
    Unread "unread" "unreadable parts",
}

/// A part of a dump that the other container has no place for.
pub type Loss = Told<LossKind>;

/// Counts losses.
pub(super) type Losses = Tally<LossKind>;
