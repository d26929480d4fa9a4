//! Knows what a spec can say: the format, the threads, the memory and everything around them, as owned values.
//!
//! Never knows where any of it stands in a dump's file, nor how it is written as YAML.
//!
//! Values are plain. Where a text has one is found when an error asks for it (`place.rs`).

mod bytes;
mod check;
mod content;
#[cfg(test)]
mod every_key;
mod find;
mod instead;
mod json;
mod keys;
mod kinds;
mod mapping;
mod out;
mod place;
mod schema;
mod text;
mod write;
mod yaml;

use dumpedit::notation::{At, NumberText, Value};
use dumpedit::{ByteOrder, Format, Machine, Protection};

pub use content::{Content, Data, Piece};
pub use place::TextPlace;
pub use write::Packing;

pub(crate) use content::DumpBytes;
pub(crate) use find::find;
pub(crate) use place::Step;
pub(crate) use yaml::NotYaml;

/// A dump, as a text says it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Spec {
    /// The container.
    pub format: Format,
    /// The machine of the process.
    pub machine: Machine,
    /// The byte order of the dump.
    pub byte_order: ByteOrder,
    /// The numbers of the headers.
    pub header: Header,
    /// The system that the process ran on.
    pub system: System,
    /// How the parts of the dump are laid out.
    pub layout: Arrangement,
    /// The threads, in their order.
    pub threads: Vec<Thread>,
    /// What the dump says of the crash; a minidump may have several.
    pub crashes: Vec<Crash>,
    /// The modules.
    pub modules: Vec<Module>,
    /// Triage dump: drivers that were mapped before.
    pub unloaded: Vec<Module>,
    /// The memory that the dump lists, in its order.
    pub memory: Vec<Region>,
    /// What was mapped: the entries of a minidump's MemoryInfoList.
    pub mappings: Vec<Mapping>,
    /// A minidump's other streams.
    pub streams: Vec<Stream>,
    /// A triage dump's other parts.
    pub parts: Vec<DumpPart>,
    /// An ELF core's notes in front of its threads'.
    pub notes: Vec<Note>,
    /// An ELF core's section headers.
    pub sections: Vec<Section>,
    /// A Mach-O core's notes.
    pub load_notes: Vec<LoadNote>,
    /// A Mach-O core's load commands that are neither segments, threads nor notes.
    pub load_commands: Vec<LoadCommand>,
    /// Bytes that are put over the finished dump, by file offset.
    pub patches: Content,
    /// The size in bytes that the finished dump is cut to.
    pub truncate: Option<u64>,
}

impl Spec {
    /// A dump of nothing, with every default.
    pub fn new(format: Format, machine: Machine) -> Spec {
        Spec {
            format,
            machine,
            byte_order: default_byte_order(machine),
            header: Header::default(),
            system: System::default(),
            layout: Arrangement::default(),
            threads: Vec::new(),
            crashes: Vec::new(),
            modules: Vec::new(),
            unloaded: Vec::new(),
            memory: Vec::new(),
            mappings: Vec::new(),
            streams: Vec::new(),
            parts: Vec::new(),
            notes: Vec::new(),
            sections: Vec::new(),
            load_notes: Vec::new(),
            load_commands: Vec::new(),
            patches: Content::default(),
            truncate: None,
        }
    }
}

/// The order that most systems of a machine have.
pub(crate) fn default_byte_order(machine: Machine) -> ByteOrder {
    match machine {
        Machine::Ppc
        | Machine::Ppc64
        | Machine::S390
        | Machine::S390x
        | Machine::Mips
        | Machine::Mips64
        | Machine::Sparc
        | Machine::Sparc64
        | Machine::M68k
        | Machine::Hppa => ByteOrder::Big,
        _ => ByteOrder::Little,
    }
}

/// Numbers of the headers that nothing else in a spec says. What is not given has the format's usual value.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Header {
    /// Minidump: `Version`; 0xa793.
    pub version: Option<u64>,
    /// Minidump: `CheckSum`; 0.
    pub checksum: Option<u64>,
    /// Minidump: `TimeDateStamp`, in seconds since 1970; 0.
    pub timestamp: Option<u64>,
    /// ELF: `e_entry`; 0.
    pub entry: Option<u64>,
    /// Minidump: `Flags`. ELF: `e_flags`. Mach-O: `flags`. 0.
    pub flags: Option<u64>,
    /// ELF: `e_machine`. Mach-O: `cputype`. Triage dump: `MachineImageType`. The machine's.
    pub machine: Option<u64>,
    /// Mach-O: `cpusubtype`; the machine's.
    pub subtype: Option<u64>,
    /// Cores: the class, 32 or 64; the machine's.
    pub class: Option<u64>,
    /// ELF: `EI_OSABI`; 0.
    pub os_abi: Option<u64>,
    /// ELF: `EI_ABIVERSION`; 0.
    pub abi_version: Option<u64>,
    /// ELF: `e_shstrndx`, the index of the section with the names of sections; 0, none.
    pub section_names: Option<u64>,
    /// ELF: `e_shentsize` where there are no section headers; 0.
    pub section_size: Option<u64>,
    /// Triage dump: `BugCheckCode`; 0.
    pub bug_check: Option<u64>,
    /// Triage dump: `BugCheckParameter1` to `BugCheckParameter4`; 0.
    pub bug_check_parameters: Vec<At>,
    /// Triage dump: the name at `BrokenDriverOffset`; none.
    pub broken_driver: Option<String>,
    /// Triage dump: whether the signature at its end is left out.
    pub unfinished: bool,
    /// Triage dump: bytes that are put over both headers before everything else.
    pub content: Content,
}

/// The system that a process ran on: a minidump's SystemInfo, or which BSD a core is of.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct System {
    /// Whether the stream is left out.
    pub left_out: bool,
    /// The system's name (`windows`, `linux`, `macos`, …) or its platform id.
    pub os: Option<String>,
    /// Its version: up to three numbers with dots.
    pub version: Option<String>,
    /// Whether there is no text of the service pack at all (`CSDVersionRva` is 0), which some readers cannot read.
    pub no_service_pack: bool,
    /// The service pack, or the build in words; an empty text.
    pub service_pack: Option<String>,
    /// The number of processors; 1.
    pub processors: Option<u64>,
    /// `ProcessorArchitecture`; the machine's.
    pub architecture: Option<u64>,
    /// `ProcessorLevel`; 0.
    pub level: Option<u64>,
    /// `ProcessorRevision`; 0.
    pub revision: Option<u64>,
    /// `ProductType`; 0.
    pub product_type: Option<u64>,
    /// `SuiteMask`; 0.
    pub suite_mask: Option<u64>,
    /// The two bytes behind SuiteMask; 0.
    pub reserved: Option<u64>,
    /// `Cpu`, 24 bytes; zeros.
    pub cpu: Content,
}

/// Where a minidump lists memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MemoryPlace {
    /// In the MemoryList.
    #[default]
    List,
    /// In the Memory64List.
    List64,
    /// In no list: a thread's stack alone.
    Outside,
}

/// The lists of a minidump that may have four bytes of padding behind their count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Padded {
    /// ThreadList.
    pub threads: bool,
    /// ModuleList.
    pub modules: bool,
    /// MemoryList.
    pub memory: bool,
}

/// How the parts of a dump are laid out.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Arrangement {
    /// Minidump: where memory is listed that does not say it itself.
    pub memory: MemoryPlace,
    /// Minidump: the types of its streams in the directory's order; the usual one.
    pub streams: Vec<u64>,
    /// Minidump: the lists with padding.
    pub padded: Padded,
    /// ELF: `p_flags` of the notes; 4, readable.
    pub note_flags: Option<u64>,
    /// ELF: `p_align` of the notes: 0, 1, 4 or 8; 4.
    pub note_align: Option<u64>,
    /// ELF: what notes are padded to, in bytes: 4 or 8; 8 where they are aligned by that.
    pub note_padding: Option<u64>,
    /// ELF: whether every thread's notes are in a PT_NOTE of their own.
    pub split_notes: bool,
    /// ELF: whether the program headers of notes come behind all others.
    pub notes_last: bool,
    /// ELF: whether the number of program headers stands in section 0 (`PN_XNUM`) though it would fit the header.
    pub extended: bool,
    /// What the offsets of memory in the file are a multiple of, in bytes; 1, of a Mach-O core 4096.
    pub align: Option<u64>,
    /// ELF: the page size that NT_FILE counts in, in bytes; 4096.
    pub page_size: Option<u64>,
}

/// A register and its value.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Register {
    /// Its name, or the name of a part of one.
    pub name: String,
    /// Its value.
    pub value: NumberText,
}

impl Register {
    /// A register by its name, or by the name of a part of one.
    pub fn new(name: &str, value: NumberText) -> Register {
        Register { name: name.to_owned(), value }
    }
}

/// A register's name and value, as `[("rip", 0x40_1000)]` gives them.
impl From<(&str, u64)> for Register {
    fn from((name, value): (&str, u64)) -> Register {
        Register::new(name, NumberText::Number(value.into()))
    }
}

/// The kind of a minidump's context, where a machine has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContextKind {
    /// None at all.
    None,
    /// Bytes that no table describes: only `rest` and `size` count.
    Raw,
    /// `CONTEXT` of winnt.h for the machine.
    Windows,
    /// x86 without FXSAVE, 204 bytes.
    Short,
    /// Breakpad's own: ARM of 368 bytes, ARM64 of 796, and those of machines that Windows does not run on.
    Breakpad,
    /// Crashpad's own: ARM of 364 bytes, MIPS64 of 640.
    Crashpad,
}

/// The XSAVE area of a record.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Xstate {
    /// The components, as XCR0 numbers them: bit 2 is AVX.
    pub components: u64,
    /// Minidump: whether the components follow one another; true.
    pub compacted: bool,
    /// Minidump: bytes from the CONTEXT_EX to the area.
    pub skip: Option<u64>,
    /// The area's size in bytes. ELF: the whole note's.
    pub size: Option<u64>,
}

impl Xstate {
    /// An area of these components that follow one another.
    pub fn new(components: u64) -> Xstate {
        Xstate { components, compacted: true, skip: None, size: None }
    }
}

/// A context record: registers, and the bytes around them.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Record {
    /// The registers, set in this order; all others are zero, or have what the machine begins with.
    pub registers: Vec<Register>,
    /// Minidump: the context's kind; the usual one of machine and system.
    pub kind: Option<ContextKind>,
    /// The record's size in bytes; the kind's.
    pub size: Option<u64>,
    /// Minidump: `ContextFlags`; everything that the kind has.
    pub flags: Option<u64>,
    /// The XSAVE area, where there is one.
    pub xstate: Option<Xstate>,
    /// Bytes that are put over the record after its registers.
    pub rest: Content,
}

/// A thread's stack, as a minidump's thread list gives it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Stack {
    /// None.
    None,
    /// The region of that label.
    Region(String),
    /// A descriptor that says whatever it says.
    Descriptor(StackDescriptor),
}

/// A thread's stack as a location that need not be one.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StackDescriptor {
    /// `StartOfMemoryRange`.
    pub at: At,
    /// `DataSize`, in bytes.
    pub size: u64,
    /// `Rva`.
    pub file_offset: At,
}

impl StackDescriptor {
    /// A descriptor of these numbers.
    pub fn new(at: u64, size: u64, file_offset: u64) -> StackDescriptor {
        StackDescriptor { at: At::Address(at), size, file_offset: At::Address(file_offset) }
    }
}

/// A thread.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Thread {
    /// Its id; its place in the list, from 1.
    pub tid: Option<u64>,
    /// Its name.
    pub name: Option<String>,
    /// Its registers.
    pub record: Record,
    /// Minidump: its stack; the region that its stack pointer points into.
    pub stack: Option<Stack>,
    /// Minidump: the address of its environment block.
    pub teb: Option<At>,
    /// Minidump: `SuspendCount`.
    pub suspend_count: Option<u64>,
    /// Minidump: `PriorityClass`.
    pub priority_class: Option<u64>,
    /// Minidump: `Priority`.
    pub priority: Option<u64>,
    /// ELF: `pr_cursig`; the crash's code, where it is this thread's.
    pub signal: Option<u64>,
    /// ELF: the notes behind the status; the machine's floating point notes.
    pub notes: Option<Vec<Note>>,
    /// Mach-O: its states; the machine's general, floating point and exception states.
    pub states: Option<Vec<State>>,
}

/// Which context an exception has.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum CrashContext {
    /// The bytes of the thread's.
    #[default]
    Shared,
    /// A copy of the thread's.
    Equal,
    /// None.
    None,
    /// One of its own.
    Own(Record),
}

/// What a dump says of a crash: a minidump's exception, or a core's signal.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Crash {
    /// The id of the thread; the first one's.
    pub thread: Option<u64>,
    /// The exception's code or the signal; an access violation, or SIGSEGV.
    pub code: Option<u64>,
    /// ELF: `si_code`; 1 where there is an address.
    pub si_code: Option<u64>,
    /// Minidump: `ExceptionFlags`.
    pub flags: Option<u64>,
    /// `ExceptionAddress` or `si_addr`; of a minidump the program counter.
    pub address: Option<At>,
    /// Minidump: the address of a nested exception.
    pub nested: Option<At>,
    /// Minidump: the parameters, at most 15.
    pub parameters: Vec<At>,
    /// Minidump: `NumberParameters`; how many are given.
    pub parameter_count: Option<u64>,
    /// Minidump: the context.
    pub context: CrashContext,
}

/// A module.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Module {
    /// Its load address.
    pub base: At,
    /// Its size in bytes.
    pub size: u64,
    /// Its name; mostly a path.
    pub name: String,
    /// ELF: where the mapping begins in the file, in pages; 0.
    pub page: Option<u64>,
    /// Minidump: `CheckSum`.
    pub checksum: Option<u64>,
    /// Minidump: `TimeDateStamp`.
    pub timestamp: Option<u64>,
    /// Minidump: `VersionInfo`, 52 bytes; zeros.
    pub version: Content,
    /// Minidump: the CodeView record.
    pub cv: Option<Content>,
    /// Minidump: the miscellaneous record.
    pub misc: Option<Content>,
    /// Minidump: the 16 reserved bytes at the end; zeros.
    pub reserved: Content,
}

impl Module {
    /// A module of which no more is known.
    pub fn new(base: u64, size: u64, name: &str) -> Module {
        Module {
            base: At::Address(base),
            size,
            name: name.to_owned(),
            page: None,
            checksum: None,
            timestamp: None,
            version: Content::default(),
            cv: None,
            misc: None,
            reserved: Content::default(),
        }
    }
}

/// A region of memory.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Region {
    /// Its name for use elsewhere in the spec.
    pub label: Option<String>,
    /// Its first address.
    pub at: At,
    /// Its size in bytes; what its content has.
    pub size: Option<u64>,
    /// How many bytes from its start the dump says that it holds; all.
    pub captured: Option<u64>,
    /// How many of these are in the file before it ends; all.
    pub stored: Option<u64>,
    /// Its bytes; what is not given is zero.
    pub content: Content,
    /// Its protection.
    pub protection: Option<Protection>,
    /// Minidump: where it is listed.
    pub list: Option<MemoryPlace>,
    /// Where the dump says that its bytes are: a file offset, or a label for the bytes of another region. Nothing is
    /// then stored for this one.
    pub file_offset: Option<At>,
    /// ELF: `p_type`; PT_LOAD. What has another type is not memory.
    pub kind: Option<u64>,
    /// ELF: `p_flags`; those of the protection. Mach-O: `flags`; 0.
    pub flags: Option<u64>,
    /// ELF: `p_paddr`; 0.
    pub physical: Option<At>,
    /// ELF: `p_align`; what the layout says.
    pub align: Option<u64>,
    /// Mach-O: `segname`; none.
    pub name: Option<String>,
    /// Mach-O: `maxprot`; 7, everything.
    pub most_protection: Option<u64>,
    /// Mach-O: `initprot`; the bits of the protection.
    pub protection_bits: Option<u64>,
    /// Mach-O: the sections, as they are stored.
    pub sections: Content,
    /// Mach-O: `nsects`; 0.
    pub section_count: Option<u64>,
}

impl Region {
    /// A region of zeros.
    pub fn new(at: u64, size: u64) -> Region {
        Region {
            label: None,
            at: At::Address(at),
            size: Some(size),
            captured: None,
            stored: None,
            content: Content::default(),
            protection: None,
            list: None,
            file_offset: None,
            kind: None,
            flags: None,
            physical: None,
            align: None,
            name: None,
            most_protection: None,
            protection_bits: None,
            sections: Content::default(),
            section_count: None,
        }
    }
}

/// An entry of a minidump's MemoryInfoList.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Mapping {
    /// `BaseAddress`.
    pub at: At,
    /// `RegionSize`, in bytes.
    pub size: u64,
    /// `Protect`, a `PAGE_` constant.
    pub protection: Option<u64>,
    /// `AllocationBase`; the same as `at`.
    pub base: Option<At>,
    /// `AllocationProtect`; the same as `protection`.
    pub allocation_protection: Option<u64>,
    /// `State`; 0x1000, committed.
    pub state: Option<u64>,
    /// `Type`; 0x20000, private.
    pub kind: Option<u64>,
}

impl Mapping {
    /// Committed, private memory that can be read and written.
    pub fn new(at: u64, size: u64) -> Mapping {
        Mapping {
            at: At::Address(at),
            size,
            protection: None,
            base: None,
            allocation_protection: None,
            state: None,
            kind: None,
        }
    }
}

/// A part of a triage dump that is kept as bytes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DumpPart {
    /// The file offset of the field of the headers that leads to it.
    pub field: u64,
    /// Its size in bytes; what its content has.
    pub size: Option<u64>,
    /// Its bytes.
    pub content: Content,
}

impl DumpPart {
    /// A part of some bytes, by the file offset of the field that leads to it.
    pub fn new(field: u32, content: Content) -> DumpPart {
        DumpPart { field: field.into(), size: None, content }
    }
}

/// A minidump's stream.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Stream {
    /// Its type.
    pub kind: u64,
    /// Its size in bytes; what its content has.
    pub size: Option<u64>,
    /// Its bytes.
    pub content: Content,
    /// The file offsets in its bytes, and what is there.
    pub links: Vec<Link>,
    /// Where the directory says that it is. Nothing is then stored.
    pub file_offset: Option<At>,
}

impl Stream {
    /// A stream of some bytes.
    pub fn new(kind: u32, content: Content) -> Stream {
        Stream { kind: kind.into(), size: None, content, links: Vec::new(), file_offset: None }
    }
}

/// A file offset in the bytes of a stream or a note, and what is there.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Link {
    /// Where it stands, in bytes from the start of what holds it.
    pub at: u64,
    /// How it is written.
    pub pointer: Pointer,
    /// The size of what is there, in bytes; what its content has.
    pub size: Option<u64>,
    /// What is there.
    pub content: Content,
    /// The file offsets in that.
    pub links: Vec<Link>,
}

impl Link {
    /// An RVA at an offset in bytes, and the bytes that it leads to.
    pub fn new(at: u64, content: Content) -> Link {
        Link { at, pointer: Pointer::Rva, size: None, content, links: Vec::new() }
    }
}

/// How a file offset is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Pointer {
    /// `RVA`, 32 bits.
    #[default]
    Rva,
    /// `RVA64`, 64 bits.
    Rva64,
    /// `MINIDUMP_LOCATION_DESCRIPTOR`: size and file offset, 32 bits each.
    Location,
}

/// An ELF core's note.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Note {
    /// Its owner; `LINUX` for types from 0x100 to 0xfff and for PRXFPREG, else `CORE`.
    pub owner: Option<String>,
    /// Whether a NUL stands behind the owner.
    pub is_terminated: bool,
    /// Its type.
    pub kind: u64,
    /// Its size in bytes; that of its kind, or what its content has.
    pub size: Option<u64>,
    /// Its bytes, before registers are set.
    pub content: Content,
    /// Bytes that are put over it after the registers.
    pub rest: Content,
}

impl Note {
    /// A note of some bytes.
    pub fn new(owner: &str, kind: u32, content: Content) -> Note {
        Note {
            owner: Some(owner.to_owned()),
            is_terminated: true,
            kind: kind.into(),
            size: None,
            content,
            rest: Content::default(),
        }
    }

    /// Its owner, or the usual one of its type.
    pub(crate) fn owner(&self) -> &str {
        self.owner.as_deref().unwrap_or_else(|| self.usual_owner())
    }

    pub(crate) fn usual_owner(&self) -> &'static str {
        dumpedit_formats::elf::schema::owner(u32::try_from(self.kind).unwrap_or(u32::MAX))
    }
}

/// A section header of an ELF core.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Section {
    /// `sh_type`.
    pub kind: u64,
    /// `sh_name`: where its name begins in the section with the names.
    pub name: Option<u64>,
    /// `sh_flags`; 0.
    pub flags: Option<u64>,
    /// `sh_addr`; 0.
    pub address: Option<At>,
    /// `sh_size`, in bytes; what its content has.
    pub size: Option<u64>,
    /// `sh_link`; 0.
    pub link: Option<u64>,
    /// `sh_info`; 0.
    pub info: Option<u64>,
    /// `sh_addralign`; 0.
    pub align: Option<u64>,
    /// `sh_entsize`; 0.
    pub entry_size: Option<u64>,
    /// Whether its bytes are the first segment of notes.
    pub is_notes: bool,
    /// The region that has its bytes, by its label. Nothing is then stored for it.
    pub file_offset: Option<At>,
    /// Its bytes behind all memory.
    pub content: Content,
}

impl Section {
    /// A section of a type and of no bytes.
    pub fn new(kind: u32) -> Section {
        Section { kind: kind.into(), ..Section::default() }
    }
}

/// A state of a Mach-O core's thread.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct State {
    /// Which registers it has, by the number of the machine's headers.
    pub flavor: u64,
    /// The flavor of the state that it is wrapped in, where it is.
    pub wrapper: Option<u64>,
    /// Its size in bytes; that of its flavor, or what its content has.
    pub size: Option<u64>,
    /// Its bytes, before registers are set.
    pub content: Content,
    /// Bytes that are put over it after the registers.
    pub rest: Content,
}

impl State {
    /// A state of zeros.
    pub fn new(flavor: u32) -> State {
        State {
            flavor: flavor.into(),
            wrapper: None,
            size: None,
            content: Content::default(),
            rest: Content::default(),
        }
    }
}

/// A note of a Mach-O core.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LoadNote {
    /// Its owner, at most 16 bytes.
    pub owner: String,
    /// Its size in bytes; what its content has.
    pub size: Option<u64>,
    /// Its bytes.
    pub content: Content,
    /// The file offsets in its bytes, and what is there.
    pub links: Vec<Link>,
}

impl LoadNote {
    /// A note of some bytes.
    pub fn new(owner: &str, content: Content) -> LoadNote {
        LoadNote { owner: owner.to_owned(), size: None, content, links: Vec::new() }
    }
}

/// A load command of a Mach-O core.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LoadCommand {
    /// Its type.
    pub kind: u64,
    /// Its bytes behind its type and its size.
    pub content: Content,
}

impl LoadCommand {
    /// A load command of a type, with the bytes behind its type and its size.
    pub fn new(kind: u32, content: Content) -> LoadCommand {
        LoadCommand { kind: kind.into(), content }
    }
}

/// The bytes of a value, for those who make specs in Rust.
impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Content::of([Value::Bytes(bytes)])
    }
}
