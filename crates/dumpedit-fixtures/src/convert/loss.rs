//! What of a dump its other container has no place for.

use super::told::{Tally, Told, kinds};

kinds! {
    /// A kind of thing that one container has and the other has no place for.
    LossKind;

    Register "register" "registers" by_thread,
    RegisterComponent "register-component" "components of XSAVE areas whose place is not known",
    ThreadContext "thread-context" "contexts of threads that differ from their exception's",
    Wow64Context "wow64-context" "32-bit contexts, which stay in memory",
    ThreadId "thread-id" "ids of threads of more than 32 bits, numbered anew",
    ThreadName "thread-name" "names of threads",
    ThreadState "thread-state" "suspend counts and priorities of threads",
    ThreadEnvironment "thread-environment" "addresses of environment blocks of threads",
    ThreadSignal "thread-signal" "signals of other threads",
    Crash "crash" "further exceptions",
    CrashCode "crash-code" "codes of exceptions that no signal stands for",
    CrashParameter "crash-parameter" "parameters of exceptions",
    SignalDetail "signal-detail" "further bytes of NT_SIGINFO",
    System "system" "what is said of the system and the processors",
    DumpTime "dump-time" "when the dump was made",
    CommandLine "command-line" "the end of the command line",
    Environment "environment" "the environment, which memory does not have",
    ModuleId "module-id" "ids of modules",
    ModuleVersion "module-version" "versions, checksums and time stamps of modules",
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

/// Something that one container has and the other has no place for.
pub type Loss = Told<LossKind>;

/// Losses being counted.
pub(super) type Losses = Tally<LossKind>;
