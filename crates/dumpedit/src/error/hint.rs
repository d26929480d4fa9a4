//! What to try where something could not be done.

/// What to try where something could not be done. Whoever shows it has the words, and the names of options and commands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// What to write in the notation, in words.
    Write(String),
    /// The dump's own structures are written to where [`EditOptions`](crate::EditOptions) allow it; the dump may not open
    /// afterwards.
    AllowStructure,
    /// What is captured already is written over, and not added.
    WriteThere,
    /// Threads with one id are told apart by their indices.
    ThreadByIndex,
    /// The thread whose registers are meant has to be named.
    NameThread,
    /// A debugger counts threads from another number.
    FirstThreadOf {
        /// What the debugger is called.
        debugger: &'static str,
        /// The number of its first thread.
        number: u32,
    },
    /// The dump's tables are cut off: they can be [repaired](crate::Edit::repair), or the dump can be written whole.
    Repair,
    /// The changed dump can be written whole, as a copy.
    WriteWhole,
    /// Parts are dropped before others are added, or in an edit of their own.
    DropFirst,
    /// A pattern with shorter repetitions takes fewer steps.
    ShorterRepetitions,
    /// Fewer addresses can be walked over.
    FewerAddresses,
    /// Memory and registers can be compared without the rest.
    MemoryAndRegistersOnly,
    /// Only lines that say what was there before are taken back; the others can be
    /// [passed over](crate::notation::ScriptOptions).
    PassOver,
    /// Only registers and their values are read here; a whole script is [applied](crate::Edit::apply_scripts).
    ApplyScript,
    /// The file that was edited no longer has the name.
    NameLost,
    /// An edited copy needs no journal.
    CopyElsewhere,
    /// The dump has to be opened and edited again.
    OpenAgain,
    /// What else was written since can be [discarded](crate::UndoOptions).
    DiscardLater,
    /// Without an output of its own, the edit is made in the dump itself.
    EditInPlace,
}
