//! Losses: parts of a dump that the other container has no place for.

use super::told::{Tally, Told, kinds};

kinds! {
    /// A kind of loss.
    LossKind;

    Register "register" "registers" by_thread,
    RegisterComponent "register-component" "components of XSAVE areas whose place is not known",
    ThreadContext "thread-context" "contexts of threads that differ from their exception's",
    Wow64Context "wow64-context" "32-bit contexts, which stay in memory",
    ThreadId "thread-id" "ids of threads of more than 32 bits, numbered anew",
    ThreadName "thread-name" "names of threads",
    ThreadState "thread-state" "suspend counts and priorities of threads",
    ThreadEnvironment "thread-environment" "addresses of environment blocks of threads",
    ThreadStatus "thread-status" "what else is said of threads",
    ThreadSignal "thread-signal" "signals of other threads",
    Crash "crash" "further exceptions",
    CrashCode "crash-code" "codes of exceptions that no signal stands for",
    CrashParameter "crash-parameter" "parameters of exceptions",
    CrashDetail "crash-detail" "what else is said of the exception",
    SignalDetail "signal-detail" "what else is said of the signal",
    Header "header" "numbers of the file's header",
    System "system" "what is said of the system and the processors",
    DumpTime "dump-time" "when the dump was made",
    ProcessDetail "process-detail" "what else is said of the process",
    CommandLine "command-line" "the end of the command line",
    Environment "environment" "the environment, which memory does not have",
    ModuleId "module-id" "ids of modules",
    Module "module" "modules that no file was mapped for",
    ModuleSize "module-size" "load addresses and sizes of modules, which follow from their mappings",
    ModuleName "module-name" "names of modules, which their mappings have otherwise",
    UnloadedModule "unloaded-module" "modules that were unloaded",
    ModuleVersion "module-version" "versions, checksums, time stamps and further records of modules",
    MappingDetail "mapping-detail" "what else is said of mappings",
    MemoryInfo "memory-info" "states, types and allocations of memory",
    Segment "program-header" "physical addresses and further flags of program headers",
    Stream "stream" "streams",
    Note "note" "notes",
    Section "section" "section headers",
    LoadCommand "load-command" "load commands",
    BugCheck "bug-check" "bug checks beside an exception",
    TriagePart "triage-part" "further parts of a triage dump",
    MemoryTags "memory-tags" "memory tags",
    DifferingCopy "differing-copy" "memory that is stored more than once, with other bytes",
    Unread "unread" "what cannot be read",
}

/// A part of a dump that the other container has no place for.
pub type Loss = Told<LossKind>;

/// Counts losses.
pub(super) type Losses = Tally<LossKind>;
