//! The keys of a spec: one table that the reader, its error messages and the published schema share.

/// A mapping with known keys.
pub(super) struct Shape {
    /// What it is, for messages: "a thread".
    pub(super) name: &'static str,
    pub(super) keys: &'static [Key],
}

/// A key of a mapping.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) value: Value,
    pub(super) about: &'static str,
    pub(super) required: bool,
}

/// What a key's value is.
pub(super) enum Value {
    /// A number: decimal, or hex after `0x`.
    Number,
    /// A number or one of these words.
    NumberOr(&'static [&'static str]),
    /// An address: `0x…`, or a label with an offset.
    Address,
    /// Any text.
    Text,
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Three letters such as `r-x`.
    Protection,
    /// Protection letters, or a number.
    PageProtection,
    /// Bytes.
    Content,
    /// A mapping of registers to values.
    Registers,
    /// A list of addresses.
    Addresses,
    /// A list of these words, or `true` for all.
    Words(&'static [&'static str]),
    /// A mapping.
    One(&'static Shape),
    /// A mapping, or one of these words.
    OneOr(&'static [&'static str], &'static Shape),
    /// A mapping, or a number.
    OneOrNumber(&'static Shape),
    /// A mapping, or any text.
    OneOrText(&'static Shape),
    /// A list of mappings.
    Many(&'static Shape),
    /// A mapping or a list of them.
    OneOrMany(&'static Shape),
}

const fn key(name: &'static str, value: Value, about: &'static str) -> Key {
    Key { name, value, about, required: false }
}

const fn required(name: &'static str, value: Value, about: &'static str) -> Key {
    Key { name, value, about, required: true }
}

pub(super) const FORMATS: &[&str] = &["minidump", "elf-core", "macho-core", "triage-dump"];
pub(super) const ORDERS: &[&str] = &["little", "big"];
pub(super) const LISTS: &[&str] = &["memory-list", "memory64-list", "none"];
pub(super) const PADDED: &[&str] = &["threads", "modules", "memory"];
pub(super) const CONTEXTS: &[&str] = &["none", "raw", "windows", "short", "breakpad", "crashpad"];
pub(super) const POINTERS: &[&str] = &["rva", "rva64", "location"];
pub(super) const CRASH_CONTEXTS: &[&str] = &["shared", "equal", "none", "own"];
pub(super) const STATES: &[(&str, u64)] = &[("commit", 0x1000), ("reserve", 0x2000), ("free", 0x1_0000)];
pub(super) const TYPES: &[(&str, u64)] =
    &[("private", 0x2_0000), ("mapped", 0x4_0000), ("image", 0x100_0000)];

pub(super) static SPEC: Shape = Shape {
    name: "a spec",
    keys: &[
        required("format", Value::Word(FORMATS), "The container."),
        key("machine", Value::Text, "The machine of the process, as `dumpedit info` names it; amd64."),
        key("byte_order", Value::Word(ORDERS), "The byte order; the machine's usual one."),
        key("header", Value::One(&HEADER), "Numbers of the headers that nothing else says."),
        key(
            "system",
            Value::OneOr(&["none"], &SYSTEM),
            "Minidump: the system, or none to leave its stream out. ELF: which BSD a core is of (os).",
        ),
        key("layout", Value::One(&LAYOUT), "How the parts of the dump are laid out."),
        key("threads", Value::Many(&THREAD), "The threads, in their order."),
        key("crash", Value::OneOrMany(&CRASH), "The exception or signal; a minidump may have several."),
        key("modules", Value::Many(&MODULE), "The modules."),
        key(
            "memory",
            Value::Many(&REGION),
            "The regions of memory, in the order in which the dump lists them.",
        ),
        key("mappings", Value::Many(&MAPPING), "Minidump: the entries of the MemoryInfoList."),
        key("streams", Value::Many(&STREAM), "Minidump: other streams."),
        key("parts", Value::Many(&PART), "Triage dump: its other parts."),
        key("notes", Value::Many(&NOTE), "ELF: notes in front of the threads'."),
        key("load_notes", Value::Many(&LOAD_NOTE), "Mach-O: notes (LC_NOTE)."),
        key("load_commands", Value::Many(&LOAD_COMMAND), "Mach-O: other load commands."),
        key("patches", Value::Content, "Bytes that are put over the finished dump, by file offset."),
        key("truncate", Value::Number, "The size in bytes that the finished dump is cut to."),
    ],
};

pub(super) static HEADER: Shape = Shape {
    name: "the header",
    keys: &[
        key("version", Value::Number, "Minidump: Version; 0xa793."),
        key("checksum", Value::Number, "Minidump: CheckSum; 0."),
        key("timestamp", Value::Number, "Minidump: TimeDateStamp, in seconds since 1970; 0."),
        key("flags", Value::Number, "Minidump: Flags. ELF: e_flags. Mach-O: flags. 0."),
        key("entry", Value::Number, "ELF: e_entry; 0."),
        key(
            "machine",
            Value::Number,
            "ELF: e_machine. Mach-O: cputype. Triage dump: MachineImageType. The machine's.",
        ),
        key("subtype", Value::Number, "Mach-O: cpusubtype; the machine's."),
        key("class", Value::Number, "Cores: 32 or 64; the machine's."),
        key("os_abi", Value::Number, "ELF: EI_OSABI; 0."),
        key("abi_version", Value::Number, "ELF: EI_ABIVERSION; 0."),
        key("bug_check", Value::Number, "Triage dump: BugCheckCode; 0."),
        key("bug_check_parameters", Value::Addresses, "Triage dump: its parameters, at most 4; 0."),
        key("broken_driver", Value::Text, "Triage dump: the name at BrokenDriverOffset; none."),
        key("unfinished", Value::Flag, "Triage dump: whether the signature at its end is left out; false."),
        key(
            "content",
            Value::Content,
            "Triage dump: bytes that are put over both headers, which else are blank.",
        ),
    ],
};

pub(super) static SYSTEM: Shape = Shape {
    name: "the system",
    keys: &[
        key(
            "os",
            Value::Text,
            "windows, linux, macos, android, … or a platform id; of a core freebsd, netbsd, openbsd.",
        ),
        key("version", Value::Text, "Up to three numbers with dots, such as 10.0.19045."),
        key("service_pack", Value::Text, "The service pack, or the build in words."),
        key("processors", Value::Number, "How many processors; 1."),
        key("architecture", Value::Number, "ProcessorArchitecture; the machine's."),
        key("level", Value::Number, "ProcessorLevel; 0."),
        key("revision", Value::Number, "ProcessorRevision; 0."),
        key("product_type", Value::Number, "ProductType; 0."),
        key("suite_mask", Value::Number, "SuiteMask; 0."),
        key("reserved", Value::Number, "The two bytes behind SuiteMask; 0."),
        key("cpu", Value::Content, "Cpu, 24 bytes; zeros."),
    ],
};

pub(super) static LAYOUT: Shape = Shape {
    name: "the layout",
    keys: &[
        key(
            "memory",
            Value::Word(LISTS),
            "Minidump: where memory is listed that does not say it itself; memory-list.",
        ),
        key(
            "padded",
            Value::Words(PADDED),
            "Minidump: the lists with four bytes of padding behind their count.",
        ),
        key("note_flags", Value::Number, "ELF: p_flags of the notes; 4, readable."),
        key("note_align", Value::Number, "ELF: p_align of the notes: 0, 1, 4 or 8; 4."),
        key(
            "note_padding",
            Value::Number,
            "ELF: what notes are padded to, 4 or 8; 8 where they are aligned so.",
        ),
        key("split_notes", Value::Flag, "ELF: a PT_NOTE for every thread."),
        key("extended", Value::Flag, "ELF: the number of program headers in section 0 (PN_XNUM)."),
        key(
            "align",
            Value::Number,
            "What the file offsets of memory are a multiple of, in bytes; 1, of a Mach-O core 4096.",
        ),
        key("page_size", Value::Number, "ELF: the page size that NT_FILE counts in, in bytes; 4096."),
    ],
};

pub(super) static THREAD: Shape = Shape {
    name: "a thread",
    keys: &[
        key("tid", Value::Number, "Its id; its place in the list, from 1."),
        key("name", Value::Text, "Its name."),
        key("signal", Value::Number, "ELF: pr_cursig; the crash's code, where it is this thread's."),
        key("registers", Value::Registers, "Its registers by name; all others are zero."),
        key(
            "context",
            Value::OneOr(CONTEXTS, &CONTEXT),
            "Its record: the kind of context, and the bytes around the registers.",
        ),
        key(
            "stack",
            Value::OneOrText(&STACK),
            "Minidump: the label of its stack, or none; the region that sp points into.",
        ),
        key("teb", Value::Address, "Minidump: the address of its environment block."),
        key("suspend_count", Value::Number, "Minidump: SuspendCount; 0."),
        key("priority_class", Value::Number, "Minidump: PriorityClass; 0."),
        key("priority", Value::Number, "Minidump: Priority; 0."),
        key(
            "notes",
            Value::Many(&NOTE),
            "ELF: the notes behind its status; the machine's floating point notes.",
        ),
        key(
            "states",
            Value::Many(&STATE),
            "Mach-O: its states; the machine's general, floating point and exception states.",
        ),
    ],
};

pub(super) static STACK: Shape = Shape {
    name: "a stack",
    keys: &[
        required("at", Value::Address, "StartOfMemoryRange."),
        required("size", Value::Number, "DataSize, in bytes."),
        required("file_offset", Value::Address, "Rva, or a label for the bytes of that region."),
    ],
};

pub(super) static CONTEXT: Shape = Shape {
    name: "a context",
    keys: &[
        key("kind", Value::Word(CONTEXTS), "Minidump: which context, where a machine has several."),
        key("size", Value::Number, "The record's size in bytes; its kind's."),
        key("flags", Value::Number, "Minidump: ContextFlags; all that the kind has."),
        key(
            "xstate",
            Value::OneOrNumber(&XSTATE),
            "The XSAVE area: its components, as XCR0 numbers them (4 is AVX).",
        ),
        key("rest", Value::Content, "Bytes that are put over the record after its registers."),
    ],
};

pub(super) static XSTATE: Shape = Shape {
    name: "an XSAVE area",
    keys: &[
        required("components", Value::Number, "Its components, as XCR0 numbers them (4 is AVX)."),
        key("compacted", Value::Flag, "Minidump: whether the components follow one another; true."),
        key("skip", Value::Number, "Minidump: bytes from the CONTEXT_EX to the area."),
        key("size", Value::Number, "Its size in bytes; of a core, the whole note's."),
    ],
};

pub(super) static CRASH: Shape = Shape {
    name: "a crash",
    keys: &[
        key("thread", Value::Number, "The id of the thread; the first one's."),
        key("code", Value::Number, "ExceptionCode or the signal; an access violation, or SIGSEGV."),
        key("si_code", Value::Number, "ELF: si_code; 1 where there is an address."),
        key("flags", Value::Number, "Minidump: ExceptionFlags; 0."),
        key("address", Value::Address, "ExceptionAddress, else the program counter; or si_addr."),
        key("nested", Value::Address, "Minidump: the address of a nested exception."),
        key("parameters", Value::Addresses, "Minidump: ExceptionInformation, at most 15."),
        key("parameter_count", Value::Number, "Minidump: NumberParameters; how many are given."),
        key(
            "context",
            Value::OneOr(CRASH_CONTEXTS, &CONTEXT),
            "Minidump: the thread's bytes (shared), a copy of them (equal), none, or one of its own.",
        ),
        key("registers", Value::Registers, "Minidump: the registers of a context of its own."),
    ],
};

pub(super) static MODULE: Shape = Shape {
    name: "a module",
    keys: &[
        required("base", Value::Address, "Its load address."),
        required("size", Value::Number, "Its size in bytes."),
        required("name", Value::Text, "Its name, mostly a path."),
        key("page", Value::Number, "ELF: where the mapping begins in the file, in pages; 0."),
        key("checksum", Value::Number, "Minidump: CheckSum; 0."),
        key("timestamp", Value::Number, "Minidump: TimeDateStamp; 0."),
        key("version", Value::Content, "Minidump: VersionInfo, 52 bytes; zeros."),
        key("cv", Value::Content, "Minidump: the CodeView record."),
        key("misc", Value::Content, "Minidump: the miscellaneous record."),
        key("reserved", Value::Content, "Minidump: the 16 bytes at the end; zeros."),
    ],
};

pub(super) static REGION: Shape = Shape {
    name: "a region",
    keys: &[
        key("label", Value::Text, "Its name for use in this spec."),
        required("at", Value::Address, "Its first address."),
        key("size", Value::Number, "Its size in bytes; what its content has."),
        key("captured", Value::Number, "How many bytes the dump says that it holds; all."),
        key("stored", Value::Number, "How many of these the file holds before it ends; all."),
        key("protection", Value::Protection, "Such as r-x; rw- where a core needs one."),
        key("list", Value::Word(LISTS), "Minidump: where it is listed; what the layout says."),
        key(
            "file_offset",
            Value::Address,
            "Where the dump says that its bytes are, or a label for those of another region. Nothing is stored for it.",
        ),
        key("type", Value::Number, "ELF: p_type; PT_LOAD. What has another type is no memory."),
        key("flags", Value::Number, "ELF: p_flags; those of the protection. Mach-O: flags; 0."),
        key("physical", Value::Address, "ELF: p_paddr; 0."),
        key("align", Value::Number, "ELF: p_align; what the layout says."),
        key("name", Value::Text, "Mach-O: segname, at most 16 bytes; none."),
        key("most_protection", Value::Number, "Mach-O: maxprot; 7."),
        key("protection_bits", Value::Number, "Mach-O: initprot; those of the protection."),
        key("section_count", Value::Number, "Mach-O: nsects; 0."),
        key("sections", Value::Content, "Mach-O: the sections, as they are stored."),
        key("content", Value::Content, "Its bytes; what is not given is zero."),
    ],
};

pub(super) static MAPPING: Shape = Shape {
    name: "a mapping",
    keys: &[
        required("at", Value::Address, "BaseAddress."),
        required("size", Value::Number, "RegionSize, in bytes."),
        key("protection", Value::PageProtection, "Such as r-x, or a PAGE_ constant; rw-."),
        key("state", Value::NumberOr(&["commit", "reserve", "free"]), "State; commit."),
        key("type", Value::NumberOr(&["private", "mapped", "image"]), "Type; private."),
        key("base", Value::Address, "AllocationBase; the same as at."),
        key("allocation_protection", Value::PageProtection, "AllocationProtect; the same as protection."),
    ],
};

pub(super) static STREAM: Shape = Shape {
    name: "a stream",
    keys: &[
        required("type", Value::Text, "Its type: a name of minidumpapiset.h, or a number."),
        key("size", Value::Number, "Its size in bytes; what its content has."),
        key("file_offset", Value::Address, "Where the directory says that it is. Nothing is stored for it."),
        key("content", Value::Content, "Its bytes."),
        key("links", Value::Many(&LINK), "The file offsets in its bytes, and what is there."),
    ],
};

pub(super) static PART: Shape = Shape {
    name: "a part",
    keys: &[
        required("type", Value::Text, "What it is, such as 'process object', or the place of its offset."),
        key("size", Value::Number, "Its size in bytes; what its content has."),
        key("content", Value::Content, "Its bytes."),
    ],
};

pub(super) static LINK: Shape = Shape {
    name: "a link",
    keys: &[
        required(
            "at",
            Value::Number,
            "Where the file offset stands, in bytes from the start of what holds it.",
        ),
        key(
            "pointer",
            Value::Word(POINTERS),
            "How it is written: RVA, RVA64, or a location with a size; rva.",
        ),
        key("size", Value::Number, "The size of what is there, in bytes; what its content has."),
        key("content", Value::Content, "What is there."),
        key("links", Value::Many(&LINK), "The file offsets in that."),
    ],
};

pub(super) static STATE: Shape = Shape {
    name: "a state",
    keys: &[
        required("flavor", Value::Text, "Its flavor: a name such as x86_THREAD_STATE64, or a number."),
        key("wrapper", Value::Text, "The flavor of the state that it is wrapped in."),
        key("size", Value::Number, "Its size in bytes; its flavor's, or what its content has."),
        key("content", Value::Content, "Its bytes, before registers are set."),
        key("rest", Value::Content, "Bytes that are put over it after the registers."),
    ],
};

pub(super) static LOAD_NOTE: Shape = Shape {
    name: "an LC_NOTE",
    keys: &[
        required("owner", Value::Text, "Its owner, at most 16 bytes, such as 'addrable bits'."),
        key("size", Value::Number, "Its size in bytes; what its content has."),
        key("content", Value::Content, "Its bytes."),
        key("links", Value::Many(&LINK), "The file offsets in its bytes, and what is there."),
    ],
};

pub(super) static LOAD_COMMAND: Shape = Shape {
    name: "a load command",
    keys: &[
        required("type", Value::Text, "Its type: a name such as LC_UUID, or a number."),
        key("content", Value::Content, "Its bytes behind its type and its size."),
    ],
};

pub(super) static NOTE: Shape = Shape {
    name: "a note",
    keys: &[
        key("owner", Value::Text, "Its owner; CORE, or LINUX for types from 0x100 to 0xfff."),
        key("terminated", Value::Flag, "Whether a NUL stands behind the owner; true."),
        required("type", Value::Text, "Its type: a name such as NT_AUXV, or a number."),
        key("size", Value::Number, "Its size in bytes; its kind's, or what its content has."),
        key("content", Value::Content, "Its bytes, before registers are set."),
        key("rest", Value::Content, "Bytes that are put over it after the registers."),
    ],
};
