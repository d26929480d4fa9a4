//! What of a dump its other container has no place for, as data.

use std::collections::BTreeMap;
use std::fmt;

macro_rules! kinds {
    ($($kind:ident $name:literal $phrase:literal,)+) => {
        /// A kind of thing that one container has and the other has no place for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum LossKind {
            $(#[doc = $phrase] $kind,)+
        }

        impl LossKind {
            /// Its name, which stays the same.
            pub fn name(self) -> &'static str {
                match self {
                    $(LossKind::$kind => $name,)+
                }
            }

            /// What all losses of the kind are, in a few words.
            pub fn phrase(self) -> &'static str {
                match self {
                    $(LossKind::$kind => $phrase,)+
                }
            }
        }
    };
}

kinds! {
    Register "register" "registers",
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
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loss {
    /// What kind of thing it is.
    pub kind: LossKind,
    /// Which ones, by their names, where they have some.
    pub names: Vec<String>,
    /// How many there are: of registers, in how many threads.
    pub count: u64,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// More names are not shown.
        const MOST: usize = 8;
        f.write_str(self.kind.phrase())?;
        let shown: Vec<&str> = self.names.iter().take(MOST).map(String::as_str).collect();
        if !shown.is_empty() {
            write!(f, ": {}", shown.join(", "))?;
        }
        match self.names.len().checked_sub(MOST) {
            Some(more) if more > 0 => write!(f, " and {more} more")?,
            _ => {}
        }
        match (self.kind, self.count) {
            (LossKind::Register, 1) => f.write_str(" (in one thread)"),
            (LossKind::Register, count) => write!(f, " (in {count} threads)"),
            (_, count) if count != 1 && self.names.is_empty() => write!(f, ": {count}"),
            _ => Ok(()),
        }
    }
}

/// Losses being counted.
#[derive(Debug, Default)]
pub(super) struct Losses {
    found: BTreeMap<LossKind, Loss>,
}

impl Losses {
    /// Counts one of a kind.
    pub(super) fn count(&mut self, kind: LossKind) {
        self.add(kind, 1, None);
    }

    /// Counts one by its name.
    pub(super) fn name(&mut self, kind: LossKind, name: impl Into<String>) {
        self.add(kind, 1, Some(name.into()));
    }

    /// Counts several of a kind, one of which has a name.
    pub(super) fn add(&mut self, kind: LossKind, count: u64, name: Option<String>) {
        let loss = self.found.entry(kind).or_insert_with(|| Loss { kind, names: Vec::new(), count: 0 });
        loss.count = loss.count.saturating_add(count);
        if let Some(name) = name.filter(|name| !loss.names.contains(name)) {
            loss.names.push(name);
        }
    }

    /// The losses, in the order of their kinds.
    pub(super) fn finish(self) -> Vec<Loss> {
        self.found.into_values().collect()
    }
}
