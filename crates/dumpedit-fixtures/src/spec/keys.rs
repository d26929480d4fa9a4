//! Keys of a spec, one row each, from which the reader, the writer, the messages, the schema and the keys that a container refuses follow.
//! A new key is a row here and a field of the struct.

use dumpedit::{Format, Machine};

use super::kinds::{
    Address, Addresses, Area, Bytes, CommandType, Context, CrashRegisters, Crashes, FileOffset, Flag, Flavor,
    Hex, Letters, ListOf, Lists, MachineName, Many, MemoryState, MemoryType, Named, NoteOwner, NoteType,
    Number, OfCrash, One, Order, Pages, PartType, Registers, SectionType, Signed, StackOrLabel, StreamType,
    SystemOrNone, Text, WordOf,
};
use super::mapping::{Described, FieldKind, Key, Mapped, Need};
use super::out::{Entries, Out};
use super::{
    Arrangement, ContentSpec, ContextKind, CrashSpec, Header, LinkSpec, LoadCommand, LoadNoteSpec,
    MappingSpec, MemoryPlace, ModuleSpec, NoteSpec, PartSpec, PointerSpec, Record, RegionSpec, SectionSpec,
    Spec, StackDescriptor, StateSpec, StreamSpec, System, ThreadSpec, UnloadedDriver, Xstate,
};

/// A struct's name in messages, its default value, and its notation where that is not line by line. Then its keys, in the order in which
/// they are written: when a key is written, its name, the containers that have a place for it (none for all), the kind of its value, the
/// field (none for the whole struct), and its description.
macro_rules! keys {
    (
        $of:ty, $name:literal, $blank:expr $(, $out:expr)?;
        $($need:ident $key:literal $(in $($place:ident)|+)?: $kind:ty $(=> $(.$field:ident)+)?, $about:literal;)*
    ) => {
        impl Mapped for $of {
            const NAME: &'static str = $name;
            const KEYS: &'static [Key<Self>] = &[$(Key {
                name: $key,
                about: $about,
                places: &[$($(Format::$place),+)?],
                need: Need::$need,
                value: <$kind as Described>::value,
                read: |node, into| <$kind as FieldKind<_>>::read_part(node, &mut (*into)$($(.$field)+)?),
                nothing: |into| <$kind as FieldKind<_>>::nothing_given(&mut (*into)$($(.$field)+)?),
                is_usual: |of, blank| {
                    <$kind as FieldKind<_>>::is_usual(&(*of)$($(.$field)+)?, &(*blank)$($(.$field)+)?)
                },
                check: |of, format| <$kind as FieldKind<_>>::check_part(&(*of)$($(.$field)+)?, format),
                write: |of, machine| <$kind as FieldKind<_>>::write_part(&(*of)$($(.$field)+)?, machine),
            }),*];

            fn blank() -> Self {
                $blank
            }

            $(fn out<'a>(&self, entries: Entries<'a>) -> Out<'a> {
                ($out)(self, entries)
            })?
        }
    };
}

keys! {
    Spec, "a spec", Spec::new(Format::Minidump, Machine::Amd64);
    Must "format": WordOf<Format> => .format, "The container.";
    Always "machine": MachineName, "The machine of the process, as `dumpedit info` names it; amd64.";
    May "byte_order" in Minidump | ElfCore | MachOCore: Order, "The byte order; the machine's usual one.";
    May "header": One<Header> => .header, "Numbers of the headers that nothing else says.";
    May "system" in Minidump | ElfCore: SystemOrNone => .system, "The system, or none to leave its stream out; of a core, which BSD it is of (os).";
    May "layout": One<Arrangement> => .layout, "How the parts of the dump are laid out.";
    May "threads": Many<ThreadSpec> => .threads, "The threads, in their order.";
    May "crash" in Minidump | ElfCore | Triage: Crashes => .crashes, "The exception or signal; a minidump may have several.";
    May "modules" in Minidump | ElfCore | Triage: Many<ModuleSpec> => .modules, "The modules.";
    May "unloaded" in Triage: Many<UnloadedDriver> => .unloaded, "Drivers that were mapped before.";
    May "memory": Many<RegionSpec> => .memory,
        "The regions of memory, in the order in which the dump lists them.";
    May "mappings" in Minidump: Many<MappingSpec> => .mappings, "The entries of the MemoryInfoList.";
    May "streams" in Minidump: Many<StreamSpec> => .streams, "Other streams.";
    May "parts" in Triage: Many<PartSpec> => .parts, "Its other parts.";
    May "notes" in ElfCore: Many<NoteSpec> => .notes, "Notes in front of the threads'.";
    May "sections" in ElfCore: Many<SectionSpec> => .sections, "The section headers.";
    May "load_notes" in MachOCore: Many<LoadNoteSpec> => .load_notes, "Notes (LC_NOTE).";
    May "load_commands" in MachOCore: Many<LoadCommand> => .load_commands, "Other load commands.";
    May "patches": Bytes => .patches, "Bytes that are put over the finished dump, by file offset.";
    May "truncate": Hex => .truncate, "The size in bytes that the finished dump is cut to.";
}

keys! {
    Header, "the header", Header::default();
    May "version" in Minidump: Hex => .version, "Version; 0xa793.";
    May "checksum" in Minidump: Hex => .checksum, "CheckSum; 0.";
    May "timestamp" in Minidump: Number => .timestamp, "TimeDateStamp, in seconds since 1970; 0.";
    May "flags" in Minidump | ElfCore | MachOCore: Hex => .flags, "Flags, e_flags or flags; 0.";
    May "entry" in ElfCore: Hex => .entry, "e_entry; 0.";
    May "machine" in ElfCore | MachOCore | Triage: Hex => .machine, "e_machine, cputype or MachineImageType; the machine's.";
    May "subtype" in MachOCore: Hex => .subtype, "cpusubtype; the machine's.";
    May "class" in ElfCore | MachOCore: Number => .class, "32 or 64; the machine's.";
    May "os_abi" in ElfCore: Number => .os_abi, "EI_OSABI; 9 of FreeBSD, 3 of hppa, else 0.";
    May "abi_version" in ElfCore: Number => .abi_version, "EI_ABIVERSION; 0.";
    May "section_names" in ElfCore: Number => .section_names, "e_shstrndx, the index of the section with the names; 0.";
    May "section_size" in ElfCore: Number => .section_size,
        "e_shentsize where there are no section headers; 0.";
    May "bug_check" in Triage: Hex => .bug_check, "BugCheckCode; 0.";
    May "bug_check_parameters" in Triage: Addresses => .bug_check_parameters, "The parameters of the bug check, at most 4; 0.";
    May "broken_driver" in Triage: Text => .broken_driver, "The name at BrokenDriverOffset; none.";
    May "unfinished" in Triage: Flag => .unfinished, "Whether the signature at its end is left out; false.";
    May "content" in Triage: Bytes => .content, "Bytes of both headers where no key says them; zeros and what is usual.";
}

keys! {
    System, "the system", System::default();
    May "os": Text => .os,
        "windows, linux, macos, android, … or a platform id; windows. Of a core freebsd, netbsd, openbsd.";
    May "version" in Minidump: Text => .version, "Up to three numbers with dots, such as 10.0.19045.";
    May "service_pack" in Minidump: Text => .service_pack, "The service pack, or the build in words; an empty text.";
    May "no_service_pack" in Minidump: Flag => .no_service_pack,
        "Whether there is no text of the service pack at all (CSDVersionRva is 0); false.";
    May "processors" in Minidump: Number => .processors, "How many processors; 1.";
    May "architecture" in Minidump: Hex => .architecture, "ProcessorArchitecture; the machine's.";
    May "level" in Minidump: Number => .level, "ProcessorLevel; 0.";
    May "revision" in Minidump: Hex => .revision, "ProcessorRevision; 0.";
    May "product_type" in Minidump: Number => .product_type, "ProductType; 0.";
    May "suite_mask" in Minidump: Hex => .suite_mask, "SuiteMask; 0.";
    May "reserved" in Minidump: Hex => .reserved, "The two bytes behind SuiteMask; 0.";
    May "cpu" in Minidump: Bytes => .cpu, "Cpu, 24 bytes; zeros.";
}

keys! {
    Arrangement, "the layout", Arrangement::default();
    May "memory" in Minidump: WordOf<MemoryPlace> => .memory, "Where memory is listed that does not say it itself; memory-list.";
    May "streams" in Minidump: ListOf<StreamType> => .streams,
        "The types of its streams in the directory's order; the lists first, then the others.";
    May "padded" in Minidump: Lists => .padded, "The lists with four bytes of padding behind their count.";
    May "note_flags" in ElfCore: Hex => .note_flags, "p_flags of the notes; 4, readable.";
    May "note_align" in ElfCore: Number => .note_align, "p_align of the notes; 4.";
    May "note_padding" in ElfCore: Number => .note_padding, "What notes are padded to, 4 or 8; 8 where they are aligned so.";
    May "split_notes" in ElfCore: Flag => .split_notes, "A PT_NOTE for every thread.";
    May "notes_last" in ElfCore: Flag => .notes_last,
        "The program headers of notes behind all others.";
    May "extended" in ElfCore: Flag => .extended, "The number of program headers in section 0 (PN_XNUM).";
    May "align" in Minidump | ElfCore | MachOCore: Hex => .align, "What the file offsets of memory are a multiple of, in bytes; 1, of a Mach-O core 4096.";
    May "page_size" in ElfCore: Hex => .page_size, "The page size that NT_FILE counts in, in bytes; 4096.";
    May "files_padding" in ElfCore: Number => .files_padding, "Zeros behind the names of NT_FILE, in bytes; none.";
}

keys! {
    ThreadSpec, "a thread", ThreadSpec::default();
    May "tid" in Minidump | ElfCore | MachOCore: Number => .tid, "Its id; its place in the list, from 1.";
    May "name" in Minidump | ElfCore: Text => .name, "Its name.";
    May "signal" in ElfCore: Number => .signal, "pr_cursig; the crash's code, where it is this thread's.";
    May "registers": Registers => .record.registers, "Its registers by name; all others are zero.";
    May "context": Context => .record, "Its record: the kind of context, and the bytes around the registers.";
    May "stack" in Minidump | Triage: StackOrLabel => .stack, "The label of its stack, or none; the region that sp points into.";
    May "teb" in Minidump: Address => .teb, "The address of its environment block.";
    May "suspend_count" in Minidump: Number => .suspend_count, "SuspendCount; 0.";
    May "priority_class" in Minidump: Number => .priority_class, "PriorityClass; 0.";
    May "priority" in Minidump: Hex => .priority, "Priority; 0.";
    May "notes" in ElfCore: Many<NoteSpec> => .notes, "The notes behind its status; the machine's floating point notes.";
    May "note_flags" in ElfCore: Hex => .note_flags, "p_flags of the PT_NOTE that is its own; the layout's.";
    May "note_align" in ElfCore: Number => .note_align, "p_align of that; the layout's.";
    May "note_padding" in ElfCore: Number => .note_padding, "What the notes in that are padded to, 4 or 8; 8 where they are aligned so.";
    May "states" in MachOCore: Many<StateSpec> => .states, "Its states; the machine's general, floating point and exception states.";
}

keys! {
    StackDescriptor, "a stack", StackDescriptor::new(0, 0, 0), on_one_line;
    Must "at" in Minidump: Address => .at, "StartOfMemoryRange.";
    Must "size" in Minidump: Hex => .size, "DataSize, in bytes.";
    Must "file_offset" in Minidump: FileOffset => .file_offset, "Rva, or a label for the bytes of that region.";
}

keys! {
    Record, "a context", Record::default();
    May "kind" in Minidump | Triage: WordOf<ContextKind> => .kind, "Which context, where a machine has several.";
    May "size" in Minidump | ElfCore | Triage: Hex => .size, "The record's size in bytes; its kind's.";
    May "flags" in Minidump | Triage: Hex => .flags, "ContextFlags; all that the kind has.";
    May "xstate" in Minidump | ElfCore: Area => .xstate, "The XSAVE area: its components, as XCR0 numbers them (4 is AVX).";
    May "rest" in Minidump | ElfCore | Triage: Bytes => .rest, "Bytes that are put over the record after its registers.";
}

keys! {
    Xstate, "an XSAVE area", Xstate::new(0), on_one_line;
    Must "components": Hex => .components, "Its components, as XCR0 numbers them (4 is AVX).";
    May "compacted" in Minidump: Flag => .compacted, "Whether the components follow one another; true.";
    May "skip" in Minidump: Number => .skip, "Bytes from the CONTEXT_EX to the area.";
    May "size": Number => .size, "Its size in bytes; of a core, the whole note's.";
}

keys! {
    CrashSpec, "a crash", CrashSpec::default();
    May "thread" in Minidump | ElfCore: Number => .thread, "The id of the thread; the first one's.";
    May "code": Hex => .code, "ExceptionCode or the signal; an access violation, or SIGSEGV.";
    May "si_code" in ElfCore: Signed => .si_code, "si_code; 1 where there is an address.";
    May "flags" in Minidump | Triage: Hex => .flags, "ExceptionFlags; 0.";
    May "address": Address => .address, "ExceptionAddress, else the program counter; or si_addr.";
    May "nested" in Minidump | Triage: Address => .nested, "The address of a nested exception.";
    May "parameters" in Minidump | Triage: Addresses => .parameters, "ExceptionInformation, at most 15.";
    May "parameter_count" in Minidump | Triage: Number => .parameter_count, "NumberParameters; how many are given.";
    May "registers" in Minidump: CrashRegisters => .context, "The registers of a context of its own.";
    May "context" in Minidump: OfCrash => .context, "The thread's bytes (shared), a copy of them (equal), none, or one of its own.";
}

keys! {
    ModuleSpec, "a module", ModuleSpec::new(0, 0, "");
    Must "base": Address => .base, "Its load address.";
    Must "size": Hex => .size, "Its size in bytes.";
    Must "name": Text => .name, "Its name, mostly a path.";
    May "page" in ElfCore: Hex => .page, "Where the mapping begins in the file, in pages; 0.";
    May "checksum" in Minidump: Hex => .checksum, "CheckSum; 0.";
    May "timestamp" in Minidump | Triage: Hex => .timestamp, "TimeDateStamp; 0.";
    May "version" in Minidump: Bytes => .version, "VersionInfo, 52 bytes; zeros.";
    May "cv" in Minidump: Bytes => .cv, "The CodeView record.";
    May "misc" in Minidump: Bytes => .misc, "The miscellaneous record.";
    May "reserved" in Minidump | Triage: Bytes => .reserved, "The 16 bytes at the end, or what a driver's entry has beside the others; zeros.";
}

keys! {
    UnloadedDriver, "an unloaded driver", UnloadedDriver::new(0, 0, "");
    Must "base" in Triage: Address => .base, "Its load address.";
    Must "size" in Triage: Hex => .size, "Its size in bytes.";
    Must "name" in Triage: Text => .name, "Its name, of at most 12 letters.";
    May "reserved" in Triage: Bytes => .reserved, "Bytes that are put over its entry.";
}

keys! {
    RegionSpec, "a region", RegionSpec { size: None, ..RegionSpec::new(0, 0) };
    May "label": Text => .label, "Its name for use in this spec.";
    Must "at": Address => .at, "Its first address.";
    May "size": Hex => .size, "Its size in bytes; what its content has.";
    May "captured" in Minidump | ElfCore | MachOCore: Hex => .captured, "How many bytes the dump says that it holds; all.";
    May "stored": Hex => .stored, "How many of these the file holds before it ends; all.";
    May "protection" in Minidump | ElfCore | MachOCore: Letters => .protection, "Such as r-x; rw- where a core needs one.";
    May "list" in Minidump | Triage: WordOf<MemoryPlace> => .list, "Where it is listed; what the layout says.";
    May "file_offset": FileOffset => .file_offset,
        "Where the dump says that its bytes are, or a label for those of another region. Nothing is stored for it.";
    May "type" in ElfCore: Hex => .kind, "p_type; PT_LOAD. What has another type is not memory.";
    May "flags" in ElfCore | MachOCore: Hex => .flags, "p_flags, those of the protection; or flags, 0.";
    May "physical" in ElfCore: Address => .physical, "p_paddr; 0.";
    May "align" in ElfCore: Hex => .align, "p_align; what the layout says.";
    May "name" in MachOCore: Text => .name, "segname, at most 16 bytes; none.";
    May "most_protection" in MachOCore: Hex => .most_protection, "maxprot; 7.";
    May "protection_bits" in MachOCore: Hex => .protection_bits, "initprot; those of the protection.";
    May "section_count" in MachOCore: Number => .section_count, "nsects; 0.";
    May "sections" in MachOCore: Bytes => .sections, "The sections, as they are stored.";
    May "content": Bytes => .content, "Its bytes; what is not given is zero.";
}

keys! {
    MappingSpec, "a mapping", MappingSpec::new(0, 0), on_one_line;
    Must "at": Address => .at, "BaseAddress.";
    Must "size": Hex => .size, "RegionSize, in bytes.";
    May "protection": Pages => .protection, "Such as r-x, or a PAGE_ constant; rw-.";
    May "state": Named<MemoryState> => .state, "State; commit.";
    May "type": Named<MemoryType> => .kind, "Type; private.";
    May "base": Address => .base, "AllocationBase; the same as at.";
    May "allocation_protection": Pages => .allocation_protection,
        "AllocationProtect; the same as protection.";
}

keys! {
    StreamSpec, "a stream", StreamSpec::new(0, ContentSpec::default());
    Must "type": Named<StreamType> => .kind, "Its type: a name of minidumpapiset.h, or a number.";
    May "size": Hex => .size, "Its size in bytes; what its content has.";
    May "file_offset": FileOffset => .file_offset,
        "Where the directory says that it is. Nothing is stored for it.";
    May "content": Bytes => .content, "Its bytes.";
    May "links": Many<LinkSpec> => .links, "The file offsets in its bytes, and what is there.";
}

keys! {
    PartSpec, "a part", PartSpec::new(0, ContentSpec::default());
    Must "type": Named<PartType> => .field,
        "What it is, such as 'process object', or the file offset of the field that leads to it.";
    May "size": Hex => .size, "Its size in bytes; what its content has.";
    May "content": Bytes => .content, "Its bytes.";
}

keys! {
    LinkSpec, "a link", LinkSpec::new(0, ContentSpec::default());
    Must "at": Hex => .at, "Where the file offset stands, in bytes from the start of what holds it.";
    May "pointer": WordOf<PointerSpec> => .pointer,
        "How it is written: RVA, RVA64, or a location with a size; rva.";
    May "size": Hex => .size, "The size of what is there, in bytes; what its content has.";
    May "content": Bytes => .content, "What is there.";
    May "links": Many<LinkSpec> => .links, "The file offsets in that.";
}

keys! {
    StateSpec, "a state", StateSpec::new(0);
    Must "flavor": Named<Flavor> => .flavor, "Its flavor: a name such as x86_THREAD_STATE64, or a number.";
    May "wrapper": Named<Flavor> => .wrapper, "The flavor of the state that it is wrapped in.";
    May "size": Number => .size, "Its size in bytes; its flavor's, or what its content has.";
    May "content": Bytes => .content, "Its bytes, before registers are set.";
    May "rest": Bytes => .rest, "Bytes that are put over it after the registers.";
}

keys! {
    LoadNoteSpec, "an LC_NOTE", LoadNoteSpec::new("", ContentSpec::default());
    Must "owner": Text => .owner, "Its owner, at most 16 bytes, such as 'addrable bits'.";
    May "size": Hex => .size, "Its size in bytes; what its content has.";
    May "content": Bytes => .content, "Its bytes.";
    May "links": Many<LinkSpec> => .links, "The file offsets in its bytes, and what is there.";
}

keys! {
    LoadCommand, "a load command", LoadCommand::new(0, ContentSpec::default());
    Must "type": Named<CommandType> => .kind, "Its type: a name such as LC_UUID, or a number.";
    May "content": Bytes => .content, "Its bytes behind its type and its size.";
}

keys! {
    SectionSpec, "a section", SectionSpec::default(), sections_on_one_line;
    Must "type": Named<SectionType> => .kind, "sh_type: a name such as SHT_STRTAB, or a number.";
    May "name": Hex => .name, "sh_name: where its name begins in the section with the names; 0.";
    May "flags": Hex => .flags, "sh_flags; 0.";
    May "address": Address => .address, "sh_addr; 0.";
    May "size": Hex => .size, "sh_size, in bytes; what its content has.";
    May "link": Number => .link, "sh_link; 0.";
    May "info": Number => .info, "sh_info; 0.";
    May "align": Number => .align, "sh_addralign; 0.";
    May "entry_size": Number => .entry_size, "sh_entsize; 0.";
    May "notes": Flag => .is_notes, "Whether its bytes are the first segment of notes.";
    May "file_offset": FileOffset => .file_offset, "The label of the region that has its bytes, or sh_offset where it has none. Nothing is stored for it.";
    May "content": Bytes => .content, "Its bytes, behind all memory.";
}

keys! {
    NoteSpec, "a note", NoteSpec { owner: None, ..NoteSpec::new("", 0, ContentSpec::default()) }, without_bytes_on_one_line;
    May "owner": NoteOwner, "Its owner; the system's whose name the type has, else CORE, or LINUX for types from 0x100 to 0xfff.";
    May "terminated": Flag => .is_terminated, "Whether a NUL stands behind the owner; true.";
    Must "type": NoteType, "Its type: a name such as NT_AUXV or NT_OPENBSD_FPREGS, or a number.";
    May "size": Number => .size, "Its size in bytes; its kind's, or what its content has.";
    May "content": Bytes => .content, "Its bytes, before registers are set.";
    May "rest": Bytes => .rest, "Bytes that are put over it after the registers.";
}

fn on_one_line<'a, T>(_: &T, entries: Entries<'a>) -> Out<'a> {
    Out::Flow(entries)
}

fn sections_on_one_line<'a>(section: &SectionSpec, entries: Entries<'a>) -> Out<'a> {
    if section.content.is_empty() { Out::Flow(entries) } else { Out::Map(entries) }
}

fn without_bytes_on_one_line<'a>(note: &NoteSpec, entries: Entries<'a>) -> Out<'a> {
    let is_empty = note.content.is_empty() && note.rest.is_empty();
    if is_empty && (entries.len() == 1 || note.size.is_some()) {
        Out::Flow(entries)
    } else {
        Out::Map(entries)
    }
}
