//! Notices: facts about a dump or an edit that a user should know and that are not errors.

use std::fmt;

/// A fact about a dump or an edit that its user should know and that is not an error. `Display` writes its message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Notice {
    /// Kind, for programs.
    pub kind: NoticeKind,
    /// Message, as a sentence.
    pub message: String,
    /// Subjects; of counted ones, the first.
    pub about: Vec<Subject>,
    /// Number of counted subjects.
    pub count: Option<u64>,
}

/// Subject of a notice.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Subject {
    /// An address of the process.
    Address(u64),
    /// An offset in the file.
    FileOffset(u64),
    /// A thread, by its id.
    Thread(u64),
    /// A register, by its name.
    Register(String),
    /// A stream of a minidump, by its name.
    Stream(String),
    /// A note of a core, by its name.
    Note(String),
}

impl Notice {
    /// A notice without a subject.
    pub fn new(kind: NoticeKind, message: impl Into<String>) -> Self {
        Notice { kind, message: message.into(), about: Vec::new(), count: None }
    }

    /// Adds a subject.
    #[must_use]
    pub fn about(mut self, subject: Subject) -> Self {
        self.about.push(subject);
        self
    }

    /// Sets the number of subjects.
    #[must_use]
    pub fn counting(self, count: u64) -> Self {
        Notice { count: Some(count), ..self }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Address(address) => write!(f, "{address:#x}"),
            Subject::FileOffset(offset) => write!(f, "file offset {offset:#x}"),
            Subject::Thread(tid) => write!(f, "thread {tid}"),
            Subject::Register(name) | Subject::Stream(name) | Subject::Note(name) => f.write_str(name),
        }
    }
}

/// Collects notices. An oddity that many descriptors share is told once.
#[derive(Debug, Default)]
pub struct Notices {
    told: Vec<Notice>,
    counted: Vec<(NoticeKind, u64, Subject)>,
}

impl Notices {
    /// Adds a notice.
    pub fn tell(&mut self, notice: Notice) {
        self.told.push(notice);
    }

    /// Counts a notice whose message is made of the phrase of its kind, the count and the first subject.
    pub fn count(&mut self, kind: NoticeKind, subject: Subject) {
        match self.counted.iter_mut().find(|(known, ..)| *known == kind) {
            Some((_, count, _)) => *count = count.saturating_add(1),
            None => self.counted.push((kind, 1, subject)),
        }
    }

    /// All notices: those that were added, then those that were counted.
    pub fn finish(self) -> Vec<Notice> {
        let counted = self.counted.into_iter().map(|(kind, count, first)| {
            let at = if matches!(first, Subject::Thread(_)) { ":" } else { " at" };
            let message = format!("{}: {count}, the first{at} {first}", kind.phrase());
            Notice::new(kind, message).about(first).counting(count)
        });
        self.told.into_iter().chain(counted).collect()
    }
}

macro_rules! kinds {
    ($($kind:ident $name:literal $phrase:literal,)+) => {
        /// Kind of a notice. Programs compare this, or its name, and never the message.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum NoticeKind {
            $(#[doc = $phrase] $kind,)+
        }

        impl NoticeKind {
            /// Name of the kind, which never changes.
            pub fn name(self) -> &'static str {
                match self {
                    $(NoticeKind::$kind => $name,)+
                }
            }

            /// Phrase that all notices of the kind have in common.
            pub fn phrase(self) -> &'static str {
                match self {
                    $(NoticeKind::$kind => $phrase,)+
                }
            }

            #[cfg(test)]
            const ALL: &[NoticeKind] = &[$(NoticeKind::$kind,)+];
        }
    };
}

kinds! {
    // Memory of any dump.
    MemoryCutOff "memory-cut-off" "memory ranges cut off by the end of the file",
    MemoryOutside32Bit "memory-outside-32-bit" "memory ranges outside the 32-bit address space left out",
    MemoryPastLastAddress "memory-past-last-address" "memory ranges cut at the end of the address space",
    SignExtendedAddress "sign-extended-address" "sign-extended addresses cut to 32 bits",
    TooManyDescriptors "too-many-descriptors" "memory descriptors after the first 2^32 left out",

    // The tables of minidumps.
    HeaderChecksum "header-checksum" "the header contains a CheckSum, which edits do not update",
    HeaderVersion "header-version" "the header has an unusual version",
    NoSystemInfo "no-system-info" "no SystemInfo stream can be read: the machine is taken from the contexts",
    DirectoryCutOff "directory-cut-off" "directory entries past the end of the file",
    StreamRepeated "stream-repeated" "streams listed more than once",
    StreamsOverlap "streams-overlap" "streams that overlap another",
    StreamCutOff "stream-cut-off" "streams cut off by the end of the file",
    ListUnreadable "list-unreadable" "lists whose header cannot be read",
    ListExceedsStream "list-exceeds-stream" "more lists that claim more entries than their stream contains",
    SecondList "second-list" "second lists of their kind that do not fit their stream and were left out",
    ListCutOff "list-cut-off" "lists cut off by the end of the file",
    ListsOverlap "lists-overlap" "lists that overlap others and were not read to their end",
    ModuleUnreadable "module-unreadable" "modules whose name or identifier cannot be read",

    // Threads, exceptions and records of minidumps.
    ThreadListedTwice "thread-listed-twice" "threads listed twice",
    RepeatedThreadId "repeated-thread-id" "several threads have the same id",
    ThreadNameUnreadable "thread-name-unreadable" "thread names that cannot be read",
    ExceptionUnreadable "exception-unreadable" "exception streams that cannot be read",
    ExceptionOfUnlistedThread "exception-of-unlisted-thread" "exceptions of a thread that is not listed",
    ExceptionOfSharedThreadId "exception-of-shared-thread-id"
        "exceptions whose thread id several threads have, assigned to the first",
    FirstThreadTaken "first-thread-taken" "the dump does not say which thread crashed: the first is used",
    SeveralExceptions "several-exceptions" "the dump has several exceptions",
    ContextInTables "context-in-tables" "contexts that overlap the dump's own tables left out",
    ContextPastEnd "context-past-end" "contexts past the end of the file",
    ContextCutOff "context-cut-off" "contexts cut off by the end of the file",
    ContextUnknown "context-unknown" "contexts of an unknown kind",
    ContextOfAnotherMachine "context-of-another-machine"
        "contexts whose flags name a different machine than SystemInfo, read as contexts of that machine",
    ContextWithoutGroups "context-without-groups"
        "contexts whose flags name no group of registers, read as if all were present",

    // Cores.
    UnknownMachine "unknown-machine" "the machine is unknown",
    KernelDump "kernel-dump" "this is a kernel dump; its virtual addresses are used as they are stored",
    ProgramHeaderCountLost "program-header-count-lost" "the number of program headers cannot be read",
    ProgramHeadersCutOff "program-headers-cut-off" "the program headers are cut off by the end of the file",
    SegmentStoresMore "segment-stores-more"
        "segments store more bytes than they map; all of them are read, as in gdb and unlike in LLDB",
    NoteSegmentRepeated "note-segment-repeated" "note segments repeat bytes of others and were left out",
    NoteSegmentCutOff "note-segment-cut-off" "note segments are cut off by the end of the file",
    NoteSegmentBroken "note-segment-broken" "note segments end in bytes that are not notes",
    PairedFloats "paired-floats"
        "threads whose odd floating point registers are the upper halves of the even ones (FR is 0): f1 is f0.u32.1",
    RegisterNoteRepeated "register-note-repeated" "register notes repeat one of the same thread and were left out",
    RegisterNoteSize "register-note-size"
        "register notes with the size of another ABI, left unchanged",
    VectorLength "vector-length" "vector notes with a vector length that no processor has, left unchanged",
    VectorNoteSize "vector-note-size" "SVE and SME notes whose header gives a different size than the note has",

    // Mach-O cores.
    LoadCommandsCutOff "load-commands-cut-off" "load commands that are cut off or damaged",
    ThreadStateRepeated "thread-state-repeated"
        "thread states repeat one of the same thread and were left out",
    ThreadStatesBroken "thread-states-broken" "threads whose states do not fill their load command",
    ThreadsOfMetadata "threads-of-metadata" "the process metadata lists a different number of threads",

    // Triage dumps.
    DumpUnfinished "dump-unfinished" "the dump was not finished, or is cut off",
    DataBlocksCutOff "data-blocks-cut-off" "the data blocks are cut off by the end of the file",
    DriversCutOff "drivers-cut-off" "the drivers are cut off by the end of the file",

    // Parts that are lost where a dump is written anew.
    LostBytesOfStream "lost-bytes-of-stream" "streams with unknown bytes at their end",
    LostRestOfFile "lost-rest-of-file" "bytes at the end of the file that no structure points to, left out",
    LostBetweenParts "lost-between-parts"
        "bytes between the parts of the file that no structure points to, left out",
    SpecHasNoDump "spec-has-no-dump" "this spec must be changed before a dump can be made from it",
    LostHeaderNumber "lost-header-number" "header fields written with their usual values",
    LostName "lost-name" "names that cannot be read",
    LostNameLetters "lost-name-letters" "names that are not UTF-16, read with replacement characters",
    LostRecordOfModule "lost-record-of-module" "records of modules cut off by the end of the file",
    LostPadding "lost-padding" "the padding of a list",
    LostFurtherName "lost-further-name" "second names of threads",
    LostNameOfUnlistedThread "lost-name-of-unlisted-thread" "names of threads that are not listed",
    LostThreadList "lost-thread-list" "second ThreadListStreams",
    LostThreadExList "lost-thread-ex-list" "ThreadExListStreams",
    LostMemoryList "lost-memory-list" "second MemoryListStreams",
    LostMemory64List "lost-memory64-list" "second Memory64ListStreams",
    LostException "lost-exception" "ExceptionStreams that overlap other streams",
    LostExceptionPadding "lost-exception-padding" "exceptions with padding that is not zero",
    LostStreamInMemory "lost-stream-in-memory" "streams inside memory that is left out",
    StreamFormUnknown "stream-form-unknown"
        "streams in an unknown format, whose file offsets were not followed",
    StreamNotFollowed "stream-not-followed" "streams that overlap others, whose file offsets were not followed",
    FileOffsetNotFollowed "file-offset-not-followed" "file offsets in streams that were not followed",
    LostNoteAddress "lost-note-address" "note segments with an address, which is left out",
    LostNoteMemory "lost-note-memory" "note segments with a size in memory, which becomes 0",
    LostNoteFlags "lost-note-flags" "note segments whose flags or alignment become those of the first",
    LostRestOfNotes "lost-rest-of-notes"
        "note segments with a damaged end, whose bytes after the last complete note are left out",
    LostNotePadding "lost-note-padding" "notes with padding that is not zero, which becomes zero",
    LostHeaderOrder "lost-header-order"
        "headers that are written in a different order",
    LostNoteSegments "lost-note-segments" "several note segments are merged into one",
    LostNoteName "lost-note-name" "names of notes and segments that cannot be described exactly",
    LostFatFile "lost-fat-file" "the fat file around the core is left out",
    LostRestOfSegment "lost-rest-of-segment"
        "segments that store more bytes than they map, whose extra bytes are left out",
    LostRestOfStates "lost-rest-of-states"
        "threads whose states do not fill their load command, whose other bytes are left out",
    LoadNoteCutOff "load-note-cut-off" "notes cut off by the end of the file",
    LostLoadCommands "lost-load-commands" "load commands that are cut off or damaged, left out",
    OffsetInNoteNotFollowed "offset-in-note-not-followed" "file offsets in notes that were not followed",
    LostSection "lost-section" "sections that no segment contains completely, left out",
    LostSectionHeaders "lost-section-headers" "section headers are left out",

    // Edits.
    Aliases "aliases" "other addresses share these bytes of the file",
    CopiesDiffer "copies-differ" "copies of the same bytes differ",
    CopiesNotCompared "copies-not-compared"
        "the dump contains these bytes more than once; there are too many copies to compare",
    OddRecord "odd-record" "the edited record is odd",
    LowHalf "low-half" "a 32-bit name refers to the low half of a 64-bit register",
    RecordKeepsValue "record-keeps-value" "another record keeps its value",
    OnlyInOneRecord "only-in-one-record" "only one record holds the register",
    SharedRecord "shared-record" "other records share these bytes of the file",
    FieldElsewhere "field-elsewhere" "a field is stored in other places of the file as well",
    OtherPlacesKeepValue "other-places-keep-value" "a field is stored in other places of the file as well, which keep their value",
    CopyInMemoryStays "copy-in-memory-stays" "a copy of a field in memory has no room for the new value and is not changed",
    MatchesInStructure "matches-in-structure" "matches in the dump's own structures are left alone",
    RecordedCrashStays "recorded-crash-stays" "the recorded crash is not changed",
    BesidePcStays "beside-pc-stays" "a value that goes with the program counter is not changed",
    XsaveBitSet "xsave-bit-set" "a component of the XSAVE area is marked as in use",

    // Journals and files.
    JournalStale "journal-stale" "a journal of another state of the dump was set aside",
    JournalDamaged "journal-damaged" "a damaged journal was set aside",
    InterruptedEditEnded "interrupted-edit-ended" "an interrupted edit was recovered first",
    EditInterrupted "edit-interrupted" "an edit was interrupted",
    JournalUnread "journal-unread" "it is unknown whether an edit was interrupted",
    EditsNotInDump "edits-not-in-dump" "the dump contains none of the journal's edits",
    JournalKeepsOldBytes "journal-keeps-old-bytes" "the journal keeps the old bytes of an edit",
    OtherNames "other-names" "the dump has other hard links",
    NameNotDurable "name-not-durable" "the name of a new file may be lost if the machine crashes",

    // Dumps with added parts.
    NotRepaired "not-repaired" "tables that contradict the file and cannot be repaired",
    ListedApart "listed-apart" "added memory is in a list that some readers ignore",
    TakenBack "taken-back" "the file gets back its bytes and size from before the dropped parts were added",
    BytesStay "bytes-stay" "the bytes of dropped parts stay in the file",
    SecondException "second-exception"
        "the dump now has several exception streams: LLDB refuses such a minidump, rust-minidump uses the last one",
    ProtectionUntold "protection-untold" "the dump has no list that stores the protection of added memory",
    ImageRefused "image-refused" "a file is not the one that a module was mapped from",
    ImageTrusted "image-trusted" "memory is taken from a file whose build is not known to be the module's",
    HeaderMade "header-made" "the page of a module's header was made from its build id",
    ModuleMapped "module-mapped" "addresses of the module that were not mapped are listed as code",
    ModuleListMade "module-list-made" "the list of mapped files (NT_FILE) was made from the known modules",
    ImageMissing "image-missing" "modules whose files are missing",
    ImageUnidentified "image-unidentified" "modules whose build id the dump lacks, and whose files are not used",
    DroppedWithIt "dropped-with-it" "something else was dropped along with a part",

    // Symbols.
    SymbolsUnchecked "symbols-unchecked" "symbol files of modules for which the dump has no id",
    SymbolsTrusted "symbols-trusted" "symbol files of a different build than their modules",
    SymbolsPlaceUnusable "symbols-place-unusable" "places for symbols that are neither folders nor symbol files",
    SymbolsNotSearched "symbols-not-searched" "modules without symbols, which may have a symbol of that name as well",
    ShortWrite "short-write" "a write has fewer bytes than its variable",
    OtherType "other-type" "a pointer was set to a pointer of a different type",
    RegisterFirst "register-first" "a register and a symbol have the same name, and one of them was used",
    CopiedVariable "copied-variable" "a library's variable is not used, since the program has a copy of it",
    ModuleFirst "module-first" "a module and a symbol have the same name, and the module was used",

    // Searches and listings.
    MemoryNotSearched "memory-not-searched" "mapped memory is not captured in the dump and was not searched",
    MatchesOutsideMemory "matches-outside-memory" "the file holds matches outside memory",
    OutsideNotSearched "outside-not-searched" "some bytes outside memory were not searched",
    AliasesNotLookedUp "aliases-not-looked-up" "aliases were not looked up for all copies",
    NoRegisters "no-registers" "the registers of the threads are unknown",

    // Comparisons.
    DifferencesLeftOut "differences-left-out" "a script leaves out differences outside memory and registers",
    MachinesDiffer "machines-differ" "the machines differ: registers are not compared",
    ByteOrdersDiffer "byte-orders-differ" "the byte orders differ: registers are not compared",
    RegistersOfOneSide "registers-of-one-side" "registers that only records of one dump contain",
    MemoryOfA "memory-of-a" "memory that only A contains stays in A",
    MemoryOfB "memory-of-b" "memory that only B contains cannot be added",
    ManyCopies "many-copies" "memory with too many copies is not changed",
    ManyAddresses "many-addresses" "memory with too many addresses was compared at some of them only",
    CopiesBecomeEqual "copies-become-equal" "copies of a byte that differ in B become equal",
    SharedBytesDiffer "shared-bytes-differ" "addresses that share bytes of A's file and differ in B get one value",
    ThreadOfA "thread-of-a" "threads that only A has stay in A",
    ThreadOfB "thread-of-b" "threads that only B has cannot be added",
    FieldsOfB "fields-of-b" "fields that no line of a script can set to the value in B",
    RegistersOfB "registers-of-b" "registers that only records of B contain cannot be added",
    RegistersOfAdded "registers-of-added" "registers of added threads that keep other values than in B",
    DerivedRegister "derived-register" "registers that are derived from the layout of a record cannot be set",
    SharedRegistersDiffer "shared-registers-differ"
        "registers that share bytes of A's file and differ in B get one value",
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn kinds_have_names_and_phrases_of_their_own() {
        let all = NoticeKind::ALL;
        let is_plain =
            |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        assert!(all.iter().all(|kind| is_plain(kind.name())));
        assert_eq!(all.iter().map(|kind| kind.name()).collect::<HashSet<_>>().len(), all.len());
        assert_eq!(all.iter().map(|kind| kind.phrase()).collect::<HashSet<_>>().len(), all.len());
    }

    #[test]
    fn what_is_counted_is_told_once_with_its_number_and_the_first() {
        let mut notices = Notices::default();
        notices.count(NoticeKind::ContextCutOff, Subject::FileOffset(0x40));
        notices.tell(Notice::new(NoticeKind::KernelDump, "a kernel"));
        notices.count(NoticeKind::ContextCutOff, Subject::FileOffset(0x10));
        let [told, counted] = &notices.finish()[..] else { panic!("two") };
        assert_eq!((told.kind, told.message.as_str()), (NoticeKind::KernelDump, "a kernel"));
        assert_eq!(
            counted.message,
            "contexts cut off by the end of the file: 2, the first at file offset 0x40"
        );
        assert_eq!((counted.count, &counted.about[..]), (Some(2), &[Subject::FileOffset(0x40)][..]));
    }
}
