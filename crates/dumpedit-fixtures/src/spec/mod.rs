//! Knows what a spec can say: the format, the threads, the memory and everything around them, as owned values.
//!
//! Never knows where any of it stands in a dump's file, nor how it is written as YAML.
//!
//! A spec from a text remembers where each value stands there ([`Placed`]), so that an error can point at it; two specs
//! are equal whatever their places.

mod content;
mod json;
mod keys;
mod read;
mod schema;
mod write;
mod yaml;

use dumpedit::notation::{At, NumberText, Value};
use dumpedit::{ByteOrder, Format, Machine, Protection};

pub use content::{Content, Data, Piece};
pub use write::Packing;

pub(crate) use content::DumpBytes;

/// A piece of a spec's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// The first letter's column, from 1.
    pub column: u32,
    /// How many letters it has.
    pub length: u32,
}

/// A value, and where it stands in the text that it came from.
#[derive(Clone, Copy, Debug)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Its place, where it came from a text.
    pub place: Option<Place>,
}

impl<T> From<T> for Placed<T> {
    fn from(value: T) -> Self {
        Placed { value, place: None }
    }
}

impl<T: PartialEq> PartialEq for Placed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Placed<T> {}

/// A number in a spec.
pub type Number = Placed<u64>;

/// An address in a spec: a number, or a label with an offset (`stack+0x20`).
pub type Address = Placed<At>;

/// A dump, as a text says it.
#[derive(Clone, Debug, PartialEq)]
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
    /// A Mach-O core's notes.
    pub load_notes: Vec<LoadNote>,
    /// A Mach-O core's load commands that are neither segments, threads nor notes.
    pub load_commands: Vec<LoadCommand>,
    /// Bytes that are put over the finished dump, by file offset.
    pub patches: Content,
    /// The size in bytes that the finished dump is cut to.
    pub truncate: Option<Number>,
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
            memory: Vec::new(),
            mappings: Vec::new(),
            streams: Vec::new(),
            parts: Vec::new(),
            notes: Vec::new(),
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
pub struct Header {
    /// Minidump: `Version`; 0xa793.
    pub version: Option<Number>,
    /// Minidump: `CheckSum`; 0.
    pub checksum: Option<Number>,
    /// Minidump: `TimeDateStamp`, in seconds since 1970; 0.
    pub timestamp: Option<Number>,
    /// ELF: `e_entry`; 0.
    pub entry: Option<Number>,
    /// Minidump: `Flags`. ELF: `e_flags`. Mach-O: `flags`. 0.
    pub flags: Option<Number>,
    /// ELF: `e_machine`. Mach-O: `cputype`. Triage dump: `MachineImageType`. The machine's.
    pub machine: Option<Number>,
    /// Mach-O: `cpusubtype`; the machine's.
    pub subtype: Option<Number>,
    /// Cores: the class, 32 or 64; the machine's.
    pub class: Option<Number>,
    /// ELF: `EI_OSABI`; 0.
    pub os_abi: Option<Number>,
    /// ELF: `EI_ABIVERSION`; 0.
    pub abi_version: Option<Number>,
    /// Triage dump: `BugCheckCode`; 0.
    pub bug_check: Option<Number>,
    /// Triage dump: `BugCheckParameter1` to `BugCheckParameter4`; 0.
    pub bug_check_parameters: Vec<Address>,
    /// Triage dump: the name at `BrokenDriverOffset`; none.
    pub broken_driver: Option<Placed<String>>,
    /// Triage dump: whether the signature at its end is left out.
    pub unfinished: bool,
    /// Triage dump: bytes that are put over both headers before everything else.
    pub content: Content,
}

/// The system that a process ran on: a minidump's SystemInfo, or which BSD a core is of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct System {
    /// Whether the stream is left out.
    pub left_out: bool,
    /// The system's name (`windows`, `linux`, `macos`, …) or its platform id.
    pub os: Option<Placed<String>>,
    /// Its version: up to three numbers with dots.
    pub version: Option<Placed<String>>,
    /// The service pack, or the build in words.
    pub service_pack: Option<Placed<String>>,
    /// The number of processors; 1.
    pub processors: Option<Number>,
    /// `ProcessorArchitecture`; the machine's.
    pub architecture: Option<Number>,
    /// `ProcessorLevel`; 0.
    pub level: Option<Number>,
    /// `ProcessorRevision`; 0.
    pub revision: Option<Number>,
    /// `ProductType`; 0.
    pub product_type: Option<Number>,
    /// `SuiteMask`; 0.
    pub suite_mask: Option<Number>,
    /// The two bytes behind SuiteMask; 0.
    pub reserved: Option<Number>,
    /// `Cpu`, 24 bytes; zeros.
    pub cpu: Content,
}

/// Where a minidump lists memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
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
pub struct Arrangement {
    /// Minidump: where memory is listed that does not say it itself.
    pub memory: MemoryPlace,
    /// Minidump: the lists with padding.
    pub padded: Padded,
    /// ELF: `p_flags` of the notes; 4, readable.
    pub note_flags: Option<Number>,
    /// ELF: `p_align` of the notes: 0, 1, 4 or 8; 4.
    pub note_align: Option<Number>,
    /// ELF: what notes are padded to, in bytes: 4 or 8; 8 where they are aligned by that.
    pub note_padding: Option<Number>,
    /// ELF: whether every thread's notes are in a PT_NOTE of their own.
    pub split_notes: bool,
    /// ELF: whether the number of program headers stands in section 0 (`PN_XNUM`) though it would fit the header.
    pub extended: bool,
    /// What the offsets of memory in the file are a multiple of, in bytes; 1, of a Mach-O core 4096.
    pub align: Option<Number>,
    /// ELF: the page size that NT_FILE counts in, in bytes; 4096.
    pub page_size: Option<Number>,
}

/// A register and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Register {
    /// Its name, or the name of a part of one.
    pub name: Placed<String>,
    /// Its value.
    pub value: Placed<NumberText>,
}

/// The kind of a minidump's context, where a machine has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
pub struct Xstate {
    /// The components, as XCR0 numbers them: bit 2 is AVX.
    pub components: Number,
    /// Minidump: whether the components follow one another; true.
    pub compacted: bool,
    /// Minidump: bytes from the CONTEXT_EX to the area.
    pub skip: Option<Number>,
    /// The area's size in bytes. ELF: the whole note's.
    pub size: Option<Number>,
}

/// A context record: registers, and the bytes around them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// The registers, set in this order; all others are zero, or have what the machine begins with.
    pub registers: Vec<Register>,
    /// Minidump: the context's kind; the usual one of machine and system.
    pub kind: Option<Placed<ContextKind>>,
    /// The record's size in bytes; the kind's.
    pub size: Option<Number>,
    /// Minidump: `ContextFlags`; everything that the kind has.
    pub flags: Option<Number>,
    /// The XSAVE area, where there is one.
    pub xstate: Option<Xstate>,
    /// Bytes that are put over the record after its registers.
    pub rest: Content,
}

/// A thread's stack, as a minidump's thread list gives it.
#[derive(Clone, Debug, PartialEq)]
pub enum Stack {
    /// None.
    None,
    /// The region of that label.
    Region(Placed<String>),
    /// A descriptor that says whatever it says.
    Descriptor {
        /// `StartOfMemoryRange`.
        at: Address,
        /// `DataSize`, in bytes.
        size: Number,
        /// `Rva`.
        file_offset: Address,
    },
}

/// A thread.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thread {
    /// Its id; its place in the list, from 1.
    pub tid: Option<Number>,
    /// Its name.
    pub name: Option<Placed<String>>,
    /// Its registers.
    pub record: Record,
    /// Minidump: its stack; the region that its stack pointer points into.
    pub stack: Option<Stack>,
    /// Minidump: the address of its environment block.
    pub teb: Option<Address>,
    /// Minidump: `SuspendCount`.
    pub suspend_count: Option<Number>,
    /// Minidump: `PriorityClass`.
    pub priority_class: Option<Number>,
    /// Minidump: `Priority`.
    pub priority: Option<Number>,
    /// ELF: `pr_cursig`; the crash's code, where it is this thread's.
    pub signal: Option<Number>,
    /// ELF: the notes behind the status; the machine's floating point notes.
    pub notes: Option<Vec<Note>>,
    /// Mach-O: its states; the machine's general, floating point and exception states.
    pub states: Option<Vec<State>>,
}

/// Which context an exception has.
#[derive(Clone, Debug, Default, PartialEq)]
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
pub struct Crash {
    /// The id of the thread; the first one's.
    pub thread: Option<Number>,
    /// The exception's code or the signal; an access violation, or SIGSEGV.
    pub code: Option<Number>,
    /// ELF: `si_code`; 1 where there is an address.
    pub si_code: Option<Number>,
    /// Minidump: `ExceptionFlags`.
    pub flags: Option<Number>,
    /// `ExceptionAddress` or `si_addr`; of a minidump the program counter.
    pub address: Option<Address>,
    /// Minidump: the address of a nested exception.
    pub nested: Option<Address>,
    /// Minidump: the parameters, at most 15.
    pub parameters: Vec<Address>,
    /// Minidump: `NumberParameters`; how many are given.
    pub parameter_count: Option<Number>,
    /// Minidump: the context.
    pub context: CrashContext,
}

/// A module.
#[derive(Clone, Debug, PartialEq)]
pub struct Module {
    /// Its load address.
    pub base: Address,
    /// Its size in bytes.
    pub size: Number,
    /// Its name; mostly a path.
    pub name: Placed<String>,
    /// ELF: where the mapping begins in the file, in pages; 0.
    pub page: Option<Number>,
    /// Minidump: `CheckSum`.
    pub checksum: Option<Number>,
    /// Minidump: `TimeDateStamp`.
    pub timestamp: Option<Number>,
    /// Minidump: `VersionInfo`, 52 bytes; zeros.
    pub version: Content,
    /// Minidump: the CodeView record.
    pub cv: Option<Content>,
    /// Minidump: the miscellaneous record.
    pub misc: Option<Content>,
    /// Minidump: the 16 reserved bytes at the end; zeros.
    pub reserved: Content,
}

/// A region of memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Its name for use elsewhere in the spec.
    pub label: Option<Placed<String>>,
    /// Its first address.
    pub at: Address,
    /// Its size in bytes; what its content has.
    pub size: Option<Number>,
    /// How many bytes from its start the dump says that it holds; all.
    pub captured: Option<Number>,
    /// How many of these are in the file before it ends; all.
    pub stored: Option<Number>,
    /// Its bytes; what is not given is zero.
    pub content: Content,
    /// Its protection.
    pub protection: Option<Placed<Protection>>,
    /// Minidump: where it is listed.
    pub list: Option<Placed<MemoryPlace>>,
    /// Where the dump says that its bytes are: a file offset, or a label for the bytes of another region. Nothing is
    /// then stored for this one.
    pub file_offset: Option<Address>,
    /// ELF: `p_type`; PT_LOAD. What has another type is no memory.
    pub kind: Option<Number>,
    /// ELF: `p_flags`; those of the protection. Mach-O: `flags`; 0.
    pub flags: Option<Number>,
    /// ELF: `p_paddr`; 0.
    pub physical: Option<Address>,
    /// ELF: `p_align`; what the layout says.
    pub align: Option<Number>,
    /// Mach-O: `segname`; none.
    pub name: Option<Placed<String>>,
    /// Mach-O: `maxprot`; 7, everything.
    pub most_protection: Option<Number>,
    /// Mach-O: `initprot`; the bits of the protection.
    pub protection_bits: Option<Number>,
    /// Mach-O: the sections, as they are stored.
    pub sections: Content,
    /// Mach-O: `nsects`; 0.
    pub section_count: Option<Number>,
}

impl Region {
    /// A region of zeros.
    pub fn new(at: u64, size: u64) -> Region {
        Region {
            label: None,
            at: At::Address(at).into(),
            size: Some(size.into()),
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
pub struct Mapping {
    /// `BaseAddress`.
    pub at: Address,
    /// `RegionSize`, in bytes.
    pub size: Number,
    /// `Protect`, a `PAGE_` constant.
    pub protection: Option<Number>,
    /// `AllocationBase`; the same as `at`.
    pub base: Option<Address>,
    /// `AllocationProtect`; the same as `protection`.
    pub allocation_protection: Option<Number>,
    /// `State`; 0x1000, committed.
    pub state: Option<Number>,
    /// `Type`; 0x20000, private.
    pub kind: Option<Number>,
}

/// A part of a triage dump that is kept as bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct DumpPart {
    /// The file offset of the field of the headers that leads to it.
    pub field: Number,
    /// Its size in bytes; what its content has.
    pub size: Option<Number>,
    /// Its bytes.
    pub content: Content,
}

/// A minidump's stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// Its type.
    pub kind: Number,
    /// Its size in bytes; what its content has.
    pub size: Option<Number>,
    /// Its bytes.
    pub content: Content,
    /// The file offsets in its bytes, and what is there.
    pub links: Vec<Link>,
    /// Where the directory says that it is. Nothing is then stored.
    pub file_offset: Option<Address>,
}

/// A file offset in the bytes of a stream or a note, and what is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Where it stands, in bytes from the start of what holds it.
    pub at: Number,
    /// How it is written.
    pub pointer: Pointer,
    /// The size of what is there, in bytes; what its content has.
    pub size: Option<Number>,
    /// What is there.
    pub content: Content,
    /// The file offsets in that.
    pub links: Vec<Link>,
}

/// How a file offset is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
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
pub struct Note {
    /// Its owner; `LINUX` for types from 0x100 to 0xfff and for PRXFPREG, else `CORE`.
    pub owner: Option<Placed<String>>,
    /// Whether a NUL stands behind the owner.
    pub is_terminated: bool,
    /// Its type.
    pub kind: Number,
    /// Its size in bytes; that of its kind, or what its content has.
    pub size: Option<Number>,
    /// Its bytes, before registers are set.
    pub content: Content,
    /// Bytes that are put over it after the registers.
    pub rest: Content,
}

impl Note {
    /// A note of some bytes.
    pub fn new(owner: &str, kind: u32, content: Content) -> Note {
        Note {
            owner: Some(owner.to_owned().into()),
            is_terminated: true,
            kind: u64::from(kind).into(),
            size: None,
            content,
            rest: Content::default(),
        }
    }
}

/// A state of a Mach-O core's thread.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Which registers it has, by the number of the machine's headers.
    pub flavor: Number,
    /// The flavor of the state that it is wrapped in, where it is.
    pub wrapper: Option<Number>,
    /// Its size in bytes; that of its flavor, or what its content has.
    pub size: Option<Number>,
    /// Its bytes, before registers are set.
    pub content: Content,
    /// Bytes that are put over it after the registers.
    pub rest: Content,
}

impl State {
    /// A state of zeros.
    pub fn new(flavor: u32) -> State {
        State {
            flavor: u64::from(flavor).into(),
            wrapper: None,
            size: None,
            content: Content::default(),
            rest: Content::default(),
        }
    }
}

/// A note of a Mach-O core.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadNote {
    /// Its owner, at most 16 bytes.
    pub owner: Placed<String>,
    /// Its size in bytes; what its content has.
    pub size: Option<Number>,
    /// Its bytes.
    pub content: Content,
    /// The file offsets in its bytes, and what is there.
    pub links: Vec<Link>,
}

/// A load command of a Mach-O core.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadCommand {
    /// Its type.
    pub kind: Number,
    /// Its bytes behind its type and its size.
    pub content: Content,
}

/// The bytes of a value, for those who make specs in Rust.
impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Content::of([Value::Bytes(bytes)])
    }
}
