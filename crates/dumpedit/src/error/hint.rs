//! Hints at what to try after an error.

/// A hint at what to try after an error. The caller that shows it has the words, and the names of options and commands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// Write this in the notation, in words.
    Write(String),
    /// Allow writes to the dump's own structures by [`EditOptions`](crate::EditOptions); the dump may not open afterwards.
    AllowStructure,
    /// Write over memory that is captured already, instead of adding it.
    WriteThere,
    /// Name threads that share an id by their indices.
    ThreadByIndex,
    /// Name the thread of the registers.
    NameThread,
    /// Mind that a debugger counts threads from another number.
    FirstThreadOf {
        /// Name of the debugger.
        debugger: &'static str,
        /// Number of its first thread.
        number: u32,
    },
    /// [Repair](crate::Edit::repair) the cut tables of the dump, or rewrite the dump.
    Repair,
    /// Rewrite the changed dump as a copy.
    WriteWhole,
    /// Drop parts before adding others, or in an edit of their own.
    DropFirst,
    /// Set the value in an edit of its own, once the parts are added and dropped.
    PartsApart,
    /// Use a pattern with shorter repetitions, which takes fewer steps.
    ShorterRepetitions,
    /// Walk over fewer addresses.
    FewerAddresses,
    /// Compare only memory and registers.
    MemoryAndRegistersOnly,
    /// [Pass over](crate::notation::ScriptOptions) lines without the old bytes: only lines that have them are undone.
    PassOver,
    /// [Apply](crate::Edit::apply_scripts) a whole script: only registers and their values are read here.
    ApplyScript,
    /// Look for the edited file under another name.
    NameLost,
    /// Write an edited copy, which needs no journal.
    CopyElsewhere,
    /// Open the dump again, and repeat the edit.
    OpenAgain,
    /// [Discard](crate::UndoOptions) what was written since.
    DiscardLater,
    /// Edit the dump in place, without an output.
    EditInPlace,
}
