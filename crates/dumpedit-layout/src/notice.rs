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
    MemoryOutside32Bit "memory-outside-32-bit" "memory ranges left out, since they lie outside the 32-bit address space",
    MemoryPastLastAddress "memory-past-last-address" "memory ranges cut at the end of the address space",
    SignExtendedAddress "sign-extended-address" "sign-extended addresses cut to 32 bits",
    TooManyDescriptors "too-many-descriptors" "memory descriptors left out, since only 2^32 can be held",

    // The tables of minidumps.
    HeaderChecksum "header-checksum" "the header has a CheckSum, which edits do not keep up",
    HeaderVersion "header-version" "the header has an unusual version",
    NoSystemInfo "no-system-info" "no SystemInfo stream can be read: the machine is what the contexts say",
    DirectoryCutOff "directory-cut-off" "directory entries past the end of the file",
    StreamRepeated "stream-repeated" "streams listed more than once",
    StreamsOverlap "streams-overlap" "streams that overlap another",
    StreamCutOff "stream-cut-off" "streams cut off by the end of the file",
    ListUnreadable "list-unreadable" "lists whose header cannot be read",
    ListExceedsStream "list-exceeds-stream" "further lists that claim more entries than their stream holds",
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
        "exceptions of a thread id that several threads have, given to the first",
    FirstThreadTaken "first-thread-taken" "the dump names no crash: the first thread is taken",
    SeveralExceptions "several-exceptions" "the dump has several exceptions",
    ContextInTables "context-in-tables" "contexts left out, since they lie in the dump's own tables",
    ContextPastEnd "context-past-end" "contexts past the end of the file",
    ContextCutOff "context-cut-off" "contexts cut off by the end of the file",
    ContextUnknown "context-unknown" "contexts of a kind that no table describes",
    ContextOfAnotherMachine "context-of-another-machine"
        "contexts whose flags name another machine than SystemInfo does, read as those of that machine",
    ContextWithoutGroups "context-without-groups"
        "contexts whose flags name no group of registers, so that all are taken to be there",

    // Cores.
    UnknownMachine "unknown-machine" "the machine is not known",
    KernelDump "kernel-dump" "this is the dump of a kernel; its virtual addresses are taken as they stand",
    ProgramHeaderCountLost "program-header-count-lost" "the number of program headers cannot be read",
    ProgramHeadersCutOff "program-headers-cut-off" "the program headers are cut off by the end of the file",
    SegmentStoresMore "segment-stores-more"
        "segments store more bytes than they map, all of which are read as gdb does and LLDB does not",
    NoteSegmentRepeated "note-segment-repeated" "note segments repeat bytes of others and were left out",
    NoteSegmentCutOff "note-segment-cut-off" "note segments are cut off by the end of the file",
    NoteSegmentBroken "note-segment-broken" "note segments end in bytes that are not notes",
    PairedFloats "paired-floats"
        "threads whose odd floating point registers are the upper halves of the even ones (FR is 0): f1 is f0.u32.1",
    RegisterNoteRepeated "register-note-repeated" "register notes repeat one of the same thread and were left out",
    RegisterNoteSize "register-note-size"
        "register notes of a size that no table of the machine has, which another ABI writes, left alone",
    VectorLength "vector-length" "notes of vectors whose length no processor has, left alone",
    VectorNoteSize "vector-note-size" "notes of SVE and SME whose header gives another size than they have",

    // Mach-O cores.
    LoadCommandsCutOff "load-commands-cut-off" "load commands that are cut off or damaged",
    ThreadStateRepeated "thread-state-repeated"
        "thread states repeat one of the same thread and were left out",
    ThreadStatesBroken "thread-states-broken" "threads whose states do not fill their load command",
    ThreadsOfMetadata "threads-of-metadata" "the process metadata names another number of threads",

    // Triage dumps.
    DumpUnfinished "dump-unfinished" "the dump was not written to its end, or is cut off",
    DataBlocksCutOff "data-blocks-cut-off" "the data blocks are cut off by the end of the file",
    DriversCutOff "drivers-cut-off" "the drivers are cut off by the end of the file",

    // Parts that are lost where a dump is written anew.
    LostBytesOfStream "lost-bytes-of-stream" "streams with bytes behind what is known of them",
    LostRestOfFile "lost-rest-of-file" "bytes at the end of the file that nothing leads to, left out",
    LostBetweenParts "lost-between-parts"
        "bytes between the parts of the file that nothing leads to, left out",
    SpecHasNoDump "spec-has-no-dump" "no dump can be made of this spec as it is",
    LostHeaderNumber "lost-header-number" "numbers of the header that are written as is usual",
    LostName "lost-name" "names that cannot be read",
    LostNameLetters "lost-name-letters" "names that are not UTF-16, read with replacement characters",
    LostRecordOfModule "lost-record-of-module" "records of modules cut off by the end of the file",
    LostPadding "lost-padding" "the padding of a list",
    LostFurtherName "lost-further-name" "further names of threads that have one",
    LostNameOfUnlistedThread "lost-name-of-unlisted-thread" "names of threads that are not listed",
    LostThreadList "lost-thread-list" "further ThreadListStreams",
    LostThreadExList "lost-thread-ex-list" "ThreadExListStreams",
    LostMemoryList "lost-memory-list" "further MemoryListStreams",
    LostMemory64List "lost-memory64-list" "further Memory64ListStreams",
    LostException "lost-exception" "ExceptionStreams that overlap other streams",
    LostExceptionPadding "lost-exception-padding" "exceptions with numbers where nothing but padding is",
    LostStreamInMemory "lost-stream-in-memory" "streams in memory that does not stay",
    StreamFormUnknown "stream-form-unknown"
        "streams of a form that is not known, whose file offsets were not followed",
    StreamNotFollowed "stream-not-followed" "streams that overlap others, whose file offsets were not followed",
    FileOffsetNotFollowed "file-offset-not-followed" "file offsets in streams that were not followed",
    LostNoteAddress "lost-note-address" "note segments with an address, which is left out",
    LostNoteMemory "lost-note-memory" "note segments with a size in memory, which becomes 0",
    LostNoteFlags "lost-note-flags" "note segments whose flags or alignment become those of the first",
    LostRestOfNotes "lost-rest-of-notes"
        "note segments that do not end well, of which what is behind the last whole note is left out",
    LostNotePadding "lost-note-padding" "notes with padding that is not zero, which becomes zero",
    LostHeaderOrder "lost-header-order"
        "headers between others that are written before or behind these",
    LostNoteSegments "lost-note-segments" "several segments of notes become one",
    LostNoteName "lost-note-name" "names of notes and segments that are described as others",
    LostFatFile "lost-fat-file" "the fat file around the core is left out",
    LostRestOfSegment "lost-rest-of-segment"
        "segments that store more bytes than they map, whose other bytes are left out",
    LostRestOfStates "lost-rest-of-states"
        "threads whose states do not fill their load command, of which the rest is left out",
    LoadNoteCutOff "load-note-cut-off" "notes that the end of the file cuts off",
    LostLoadCommands "lost-load-commands" "load commands that are cut off or damaged, left out",
    OffsetInNoteNotFollowed "offset-in-note-not-followed" "file offsets in notes that were not followed",
    LostSection "lost-section" "sections whose bytes no segment holds as a whole, left out",
    LostSectionHeaders "lost-section-headers" "section headers are left out",

    // Edits.
    Aliases "aliases" "other addresses share these bytes of the file",
    CopiesDiffer "copies-differ" "copies of the same bytes differ",
    CopiesNotCompared "copies-not-compared"
        "the dump holds these bytes more than once; so many copies were not compared",
    OddRecord "odd-record" "the edited record is odd",
    LowHalf "low-half" "a 32-bit name stands for the low half of a 64-bit register",
    RecordKeepsValue "record-keeps-value" "another record keeps its value",
    OnlyInOneRecord "only-in-one-record" "only one record holds the register",
    SharedRecord "shared-record" "other records share these bytes of the file",
    FieldElsewhere "field-elsewhere" "a field has other places in the file",
    OtherPlacesKeepValue "other-places-keep-value" "a field has other places in the file, which keep their value",
    CopyInMemoryStays "copy-in-memory-stays" "a copy of a field in memory has no room for the new value and stays as it was",
    MatchesInStructure "matches-in-structure" "matches in the dump's own structures are left alone",
    RecordedCrashStays "recorded-crash-stays" "the recorded crash stays as it was",
    BesidePcStays "beside-pc-stays" "what goes with the program counter stays as it was",
    XsaveBitSet "xsave-bit-set" "a component of the XSAVE area comes into use",

    // Journals and files.
    JournalStale "journal-stale" "a journal of another state of the dump was set aside",
    JournalDamaged "journal-damaged" "a damaged journal was set aside",
    InterruptedEditEnded "interrupted-edit-ended" "an interrupted edit was brought to an end first",
    EditInterrupted "edit-interrupted" "an edit was interrupted",
    JournalUnread "journal-unread" "whether an edit was interrupted is not known",
    EditsNotInDump "edits-not-in-dump" "the dump holds none of the journal's edits",
    JournalKeepsOldBytes "journal-keeps-old-bytes" "the journal keeps the old bytes of an edit",
    OtherNames "other-names" "the dump has other names",
    NameNotDurable "name-not-durable" "the name of a new file may not outlive a crash of the machine",

    // Dumps with added parts.
    NotRepaired "not-repaired" "tables that contradict the file and cannot be mended",
    ListedApart "listed-apart" "added memory is in a list that some readers pass over",
    TakenBack "taken-back" "the file gets the bytes and the size from before what was dropped was added",
    BytesStay "bytes-stay" "the bytes of what was dropped stay in the file",
    SecondException "second-exception"
        "the dump has several exception streams now: LLDB refuses such a minidump, rust-minidump takes the last one",
    ProtectionUntold "protection-untold" "the dump has no list that could tell the protection of added memory",
    ImageRefused "image-refused" "a file is not the one that a module was mapped from",
    ImageTrusted "image-trusted" "memory is taken out of a file of another build than the module",
    HeaderMade "header-made" "the page of a module's header was made of its build id",
    ModuleMapped "module-mapped" "nothing was mapped at addresses of the module, which are listed as code",
    ModuleListMade "module-list-made" "the list of mapped files (NT_FILE) was made of the modules that are known",
    ImageMissing "image-missing" "modules whose files are not there",
    DroppedWithIt "dropped-with-it" "something else was dropped along with a part",

    // Symbols.
    SymbolsUnchecked "symbols-unchecked" "symbol files of modules of which the dump has no id",
    SymbolsTrusted "symbols-trusted" "symbol files of another build than their modules",
    SymbolsPlaceUnusable "symbols-place-unusable" "places to look for symbols in that are no folders and no symbol files",
    SymbolsNotSearched "symbols-not-searched" "modules that may have a symbol of that name, too, and whose files are not at hand",
    ShortWrite "short-write" "a write has fewer bytes than the variable that it was given for",
    OtherType "other-type" "a pointer was set to one of another type",
    RegisterFirst "register-first" "a register and a symbol have one name, and one of them was meant",
    CopiedVariable "copied-variable" "a library's variable is not used, since the program has a copy of it",
    ModuleFirst "module-first" "a module and a symbol have one name, and the module was meant",

    // Searches and listings.
    MemoryNotSearched "memory-not-searched" "mapped memory is not captured in the dump and was not searched",
    MatchesOutsideMemory "matches-outside-memory" "the file holds matches outside memory",
    OutsideNotSearched "outside-not-searched" "not all that is outside memory was searched",
    AliasesNotLookedUp "aliases-not-looked-up" "aliases were not looked up for all copies",
    NoRegisters "no-registers" "no registers of the threads are known",

    // Comparisons.
    DifferencesLeftOut "differences-left-out" "a script leaves out what differs outside memory and registers",
    MachinesDiffer "machines-differ" "the machines differ: registers are not compared",
    ByteOrdersDiffer "byte-orders-differ" "the byte orders differ: registers are not compared",
    RegistersOfOneSide "registers-of-one-side" "registers that only records of one side hold",
    MemoryOfA "memory-of-a" "memory that only A holds stays in it",
    MemoryOfB "memory-of-b" "memory that only B holds cannot be added",
    ManyCopies "many-copies" "memory with very many copies is left as it is",
    ManyAddresses "many-addresses" "memory with very many addresses was not compared at all of them",
    CopiesBecomeEqual "copies-become-equal" "copies of a byte that differ in B become equal",
    SharedBytesDiffer "shared-bytes-differ" "addresses that share bytes of A's file and differ in B get one value",
    ThreadOfA "thread-of-a" "threads that only A has stay in it",
    ThreadOfB "thread-of-b" "threads that only B has cannot be added",
    FieldsOfB "fields-of-b" "fields that no line can set as B has them",
    RegistersOfB "registers-of-b" "registers that only records of B hold cannot be added",
    DerivedRegister "derived-register" "registers that follow from the shape of a record cannot be set",
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
