//! The keys of a spec: one row each, from which the reader, the writer, the messages and the schema follow. A new key is a row
//! here and a field of the struct.

use dumpedit::{Format, Machine};

use super::kinds::{
    Address, Addresses, Area, Bytes, CommandType, Context, CrashRegisters, Crashes, FileOffset, Flag, Flavor,
    Hex, Letters, Lists, MachineName, Many, MemoryState, MemoryType, Named, NoteOwner, NoteType, Number,
    OfCrash, One, Order, Pages, PartType, Registers, SectionType, Signed, StackOrLabel, StreamType,
    SystemOrNone, Text, WordOf,
};
use super::mapping::{Described, FieldKind, Key, Mapped, Need};
use super::out::{Entries, Out};
use super::{
    Arrangement, Content, ContextKind, Crash, DumpPart, Header, Link, LoadCommand, LoadNote, Mapping,
    MemoryPlace, Module, Note, Pointer, Record, Region, Section, Spec, StackDescriptor, State, Stream,
    System, Thread, Xstate,
};

/// A struct's name for messages, one that says nothing, and how it is written where that is not line by line. Then its keys, in the
/// order in which they are written: when a key is there, its name, the kind of its value, the field (without one, the whole struct),
/// and what it says.
macro_rules! keys {
    (
        $of:ty, $name:literal, $blank:expr $(, $out:expr)?;
        $($need:ident $key:literal: $kind:ty $(=> $(.$field:ident)+)?, $about:literal;)*
    ) => {
        impl Mapped for $of {
            const NAME: &'static str = $name;
            const KEYS: &'static [Key<Self>] = &[$(Key {
                name: $key,
                about: $about,
                need: Need::$need,
                value: <$kind as Described>::value,
                read: |node, into| <$kind as FieldKind<_>>::read_part(node, &mut (*into)$($(.$field)+)?),
                nothing: |into| <$kind as FieldKind<_>>::nothing_given(&mut (*into)$($(.$field)+)?),
                is_usual: |of, blank| {
                    <$kind as FieldKind<_>>::is_usual(&(*of)$($(.$field)+)?, &(*blank)$($(.$field)+)?)
                },
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
    May "byte_order": Order, "The byte order; the machine's usual one.";
    May "header": One<Header> => .header, "Numbers of the headers that nothing else says.";
    May "system": SystemOrNone => .system,
        "Minidump: the system, or none to leave its stream out. ELF: which BSD a core is of (os).";
    May "layout": One<Arrangement> => .layout, "How the parts of the dump are laid out.";
    May "threads": Many<Thread> => .threads, "The threads, in their order.";
    May "crash": Crashes => .crashes, "The exception or signal; a minidump may have several.";
    May "modules": Many<Module> => .modules, "The modules.";
    May "memory": Many<Region> => .memory,
        "The regions of memory, in the order in which the dump lists them.";
    May "mappings": Many<Mapping> => .mappings, "Minidump: the entries of the MemoryInfoList.";
    May "streams": Many<Stream> => .streams, "Minidump: other streams.";
    May "parts": Many<DumpPart> => .parts, "Triage dump: its other parts.";
    May "notes": Many<Note> => .notes, "ELF: notes in front of the threads'.";
    May "sections": Many<Section> => .sections, "ELF: the section headers.";
    May "load_notes": Many<LoadNote> => .load_notes, "Mach-O: notes (LC_NOTE).";
    May "load_commands": Many<LoadCommand> => .load_commands, "Mach-O: other load commands.";
    May "patches": Bytes => .patches, "Bytes that are put over the finished dump, by file offset.";
    May "truncate": Hex => .truncate, "The size in bytes that the finished dump is cut to.";
}

keys! {
    Header, "the header", Header::default();
    May "version": Hex => .version, "Minidump: Version; 0xa793.";
    May "checksum": Hex => .checksum, "Minidump: CheckSum; 0.";
    May "timestamp": Number => .timestamp, "Minidump: TimeDateStamp, in seconds since 1970; 0.";
    May "flags": Hex => .flags, "Minidump: Flags. ELF: e_flags. Mach-O: flags. 0.";
    May "entry": Hex => .entry, "ELF: e_entry; 0.";
    May "machine": Hex => .machine,
        "ELF: e_machine. Mach-O: cputype. Triage dump: MachineImageType. The machine's.";
    May "subtype": Hex => .subtype, "Mach-O: cpusubtype; the machine's.";
    May "class": Number => .class, "Cores: 32 or 64; the machine's.";
    May "os_abi": Number => .os_abi, "ELF: EI_OSABI; 0.";
    May "abi_version": Number => .abi_version, "ELF: EI_ABIVERSION; 0.";
    May "section_names": Number => .section_names, "ELF: e_shstrndx, the index of the section with the names; 0.";
    May "bug_check": Hex => .bug_check, "Triage dump: BugCheckCode; 0.";
    May "bug_check_parameters": Addresses => .bug_check_parameters,
        "Triage dump: the parameters of the bug check, at most 4; 0.";
    May "broken_driver": Text => .broken_driver, "Triage dump: the name at BrokenDriverOffset; none.";
    May "unfinished": Flag => .unfinished,
        "Triage dump: whether the signature at its end is left out; false.";
    May "content": Bytes => .content,
        "Triage dump: bytes that are put over both headers, which else are blank.";
}

keys! {
    System, "the system", System::default();
    May "os": Text => .os,
        "windows, linux, macos, android, … or a platform id; windows. Of a core freebsd, netbsd, openbsd.";
    May "version": Text => .version, "Up to three numbers with dots, such as 10.0.19045.";
    May "service_pack": Text => .service_pack, "The service pack, or the build in words.";
    May "processors": Number => .processors, "How many processors; 1.";
    May "architecture": Hex => .architecture, "ProcessorArchitecture; the machine's.";
    May "level": Number => .level, "ProcessorLevel; 0.";
    May "revision": Hex => .revision, "ProcessorRevision; 0.";
    May "product_type": Number => .product_type, "ProductType; 0.";
    May "suite_mask": Hex => .suite_mask, "SuiteMask; 0.";
    May "reserved": Hex => .reserved, "The two bytes behind SuiteMask; 0.";
    May "cpu": Bytes => .cpu, "Cpu, 24 bytes; zeros.";
}

keys! {
    Arrangement, "the layout", Arrangement::default();
    May "memory": WordOf<MemoryPlace> => .memory,
        "Minidump: where memory is listed that does not say it itself; memory-list.";
    May "padded": Lists => .padded, "Minidump: the lists with four bytes of padding behind their count.";
    May "note_flags": Hex => .note_flags, "ELF: p_flags of the notes; 4, readable.";
    May "note_align": Number => .note_align, "ELF: p_align of the notes: 0, 1, 4 or 8; 4.";
    May "note_padding": Number => .note_padding,
        "ELF: what notes are padded to, 4 or 8; 8 where they are aligned so.";
    May "split_notes": Flag => .split_notes, "ELF: a PT_NOTE for every thread.";
    May "extended": Flag => .extended, "ELF: the number of program headers in section 0 (PN_XNUM).";
    May "align": Hex => .align,
        "What the file offsets of memory are a multiple of, in bytes; 1, of a Mach-O core 4096.";
    May "page_size": Hex => .page_size, "ELF: the page size that NT_FILE counts in, in bytes; 4096.";
}

keys! {
    Thread, "a thread", Thread::default();
    May "tid": Number => .tid, "Its id; its place in the list, from 1.";
    May "name": Text => .name, "Its name.";
    May "signal": Number => .signal, "ELF: pr_cursig; the crash's code, where it is this thread's.";
    May "registers": Registers => .record.registers, "Its registers by name; all others are zero.";
    May "context": Context => .record, "Its record: the kind of context, and the bytes around the registers.";
    May "stack": StackOrLabel => .stack,
        "Minidump: the label of its stack, or none; the region that sp points into.";
    May "teb": Address => .teb, "Minidump: the address of its environment block.";
    May "suspend_count": Number => .suspend_count, "Minidump: SuspendCount; 0.";
    May "priority_class": Number => .priority_class, "Minidump: PriorityClass; 0.";
    May "priority": Hex => .priority, "Minidump: Priority; 0.";
    May "notes": Many<Note> => .notes,
        "ELF: the notes behind its status; the machine's floating point notes.";
    May "states": Many<State> => .states,
        "Mach-O: its states; the machine's general, floating point and exception states.";
}

keys! {
    StackDescriptor, "a stack", StackDescriptor::new(0, 0, 0), on_one_line;
    Must "at": Address => .at, "StartOfMemoryRange.";
    Must "size": Hex => .size, "DataSize, in bytes.";
    Must "file_offset": FileOffset => .file_offset, "Rva, or a label for the bytes of that region.";
}

keys! {
    Record, "a context", Record::default();
    May "kind": WordOf<ContextKind> => .kind, "Minidump: which context, where a machine has several.";
    May "size": Hex => .size, "The record's size in bytes; its kind's.";
    May "flags": Hex => .flags, "Minidump: ContextFlags; all that the kind has.";
    May "xstate": Area => .xstate, "The XSAVE area: its components, as XCR0 numbers them (4 is AVX).";
    May "rest": Bytes => .rest, "Bytes that are put over the record after its registers.";
}

keys! {
    Xstate, "an XSAVE area", Xstate::new(0), on_one_line;
    Must "components": Hex => .components, "Its components, as XCR0 numbers them (4 is AVX).";
    May "compacted": Flag => .compacted, "Minidump: whether the components follow one another; true.";
    May "skip": Number => .skip, "Minidump: bytes from the CONTEXT_EX to the area.";
    May "size": Number => .size, "Its size in bytes; of a core, the whole note's.";
}

keys! {
    Crash, "a crash", Crash::default();
    May "thread": Number => .thread, "The id of the thread; the first one's.";
    May "code": Hex => .code, "ExceptionCode or the signal; an access violation, or SIGSEGV.";
    May "si_code": Signed => .si_code, "ELF: si_code; 1 where there is an address.";
    May "flags": Hex => .flags, "Minidump: ExceptionFlags; 0.";
    May "address": Address => .address, "ExceptionAddress, else the program counter; or si_addr.";
    May "nested": Address => .nested, "Minidump: the address of a nested exception.";
    May "parameters": Addresses => .parameters, "Minidump: ExceptionInformation, at most 15.";
    May "parameter_count": Number => .parameter_count, "Minidump: NumberParameters; how many are given.";
    May "registers": CrashRegisters => .context, "Minidump: the registers of a context of its own.";
    May "context": OfCrash => .context,
        "Minidump: the thread's bytes (shared), a copy of them (equal), none, or one of its own.";
}

keys! {
    Module, "a module", Module::new(0, 0, "");
    Must "base": Address => .base, "Its load address.";
    Must "size": Hex => .size, "Its size in bytes.";
    Must "name": Text => .name, "Its name, mostly a path.";
    May "page": Hex => .page, "ELF: where the mapping begins in the file, in pages; 0.";
    May "checksum": Hex => .checksum, "Minidump: CheckSum; 0.";
    May "timestamp": Hex => .timestamp, "Minidump: TimeDateStamp; 0.";
    May "version": Bytes => .version, "Minidump: VersionInfo, 52 bytes; zeros.";
    May "cv": Bytes => .cv, "Minidump: the CodeView record.";
    May "misc": Bytes => .misc, "Minidump: the miscellaneous record.";
    May "reserved": Bytes => .reserved, "Minidump: the 16 bytes at the end; zeros.";
}

keys! {
    Region, "a region", Region { size: None, ..Region::new(0, 0) };
    May "label": Text => .label, "Its name for use in this spec.";
    Must "at": Address => .at, "Its first address.";
    May "size": Hex => .size, "Its size in bytes; what its content has.";
    May "captured": Hex => .captured, "How many bytes the dump says that it holds; all.";
    May "stored": Hex => .stored, "How many of these the file holds before it ends; all.";
    May "protection": Letters => .protection, "Such as r-x; rw- where a core needs one.";
    May "list": WordOf<MemoryPlace> => .list, "Minidump: where it is listed; what the layout says.";
    May "file_offset": FileOffset => .file_offset,
        "Where the dump says that its bytes are, or a label for those of another region. Nothing is stored for it.";
    May "type": Hex => .kind, "ELF: p_type; PT_LOAD. What has another type is not memory.";
    May "flags": Hex => .flags, "ELF: p_flags; those of the protection. Mach-O: flags; 0.";
    May "physical": Address => .physical, "ELF: p_paddr; 0.";
    May "align": Hex => .align, "ELF: p_align; what the layout says.";
    May "name": Text => .name, "Mach-O: segname, at most 16 bytes; none.";
    May "most_protection": Hex => .most_protection, "Mach-O: maxprot; 7.";
    May "protection_bits": Hex => .protection_bits, "Mach-O: initprot; those of the protection.";
    May "section_count": Number => .section_count, "Mach-O: nsects; 0.";
    May "sections": Bytes => .sections, "Mach-O: the sections, as they are stored.";
    May "content": Bytes => .content, "Its bytes; what is not given is zero.";
}

keys! {
    Mapping, "a mapping", Mapping::new(0, 0), on_one_line;
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
    Stream, "a stream", Stream::new(0, Content::default());
    Must "type": Named<StreamType> => .kind, "Its type: a name of minidumpapiset.h, or a number.";
    May "size": Hex => .size, "Its size in bytes; what its content has.";
    May "file_offset": FileOffset => .file_offset,
        "Where the directory says that it is. Nothing is stored for it.";
    May "content": Bytes => .content, "Its bytes.";
    May "links": Many<Link> => .links, "The file offsets in its bytes, and what is there.";
}

keys! {
    DumpPart, "a part", DumpPart::new(0, Content::default());
    Must "type": Named<PartType> => .field,
        "What it is, such as 'process object', or the file offset of the field that leads to it.";
    May "size": Hex => .size, "Its size in bytes; what its content has.";
    May "content": Bytes => .content, "Its bytes.";
}

keys! {
    Link, "a link", Link::new(0, Content::default());
    Must "at": Hex => .at, "Where the file offset stands, in bytes from the start of what holds it.";
    May "pointer": WordOf<Pointer> => .pointer,
        "How it is written: RVA, RVA64, or a location with a size; rva.";
    May "size": Hex => .size, "The size of what is there, in bytes; what its content has.";
    May "content": Bytes => .content, "What is there.";
    May "links": Many<Link> => .links, "The file offsets in that.";
}

keys! {
    State, "a state", State::new(0);
    Must "flavor": Named<Flavor> => .flavor, "Its flavor: a name such as x86_THREAD_STATE64, or a number.";
    May "wrapper": Named<Flavor> => .wrapper, "The flavor of the state that it is wrapped in.";
    May "size": Number => .size, "Its size in bytes; its flavor's, or what its content has.";
    May "content": Bytes => .content, "Its bytes, before registers are set.";
    May "rest": Bytes => .rest, "Bytes that are put over it after the registers.";
}

keys! {
    LoadNote, "an LC_NOTE", LoadNote::new("", Content::default());
    Must "owner": Text => .owner, "Its owner, at most 16 bytes, such as 'addrable bits'.";
    May "size": Hex => .size, "Its size in bytes; what its content has.";
    May "content": Bytes => .content, "Its bytes.";
    May "links": Many<Link> => .links, "The file offsets in its bytes, and what is there.";
}

keys! {
    LoadCommand, "a load command", LoadCommand::new(0, Content::default());
    Must "type": Named<CommandType> => .kind, "Its type: a name such as LC_UUID, or a number.";
    May "content": Bytes => .content, "Its bytes behind its type and its size.";
}

keys! {
    Section, "a section", Section::default(), sections_on_one_line;
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
    May "file_offset": FileOffset => .file_offset, "The label of the region that has its bytes. Nothing is stored for it.";
    May "content": Bytes => .content, "Its bytes, behind all memory.";
}

keys! {
    Note, "a note", Note { owner: None, ..Note::new("", 0, Content::default()) }, without_bytes_on_one_line;
    May "owner": NoteOwner, "Its owner; CORE, or LINUX for types from 0x100 to 0xfff.";
    May "terminated": Flag => .is_terminated, "Whether a NUL stands behind the owner; true.";
    Must "type": NoteType, "Its type: a name such as NT_AUXV, or a number.";
    May "size": Number => .size, "Its size in bytes; its kind's, or what its content has.";
    May "content": Bytes => .content, "Its bytes, before registers are set.";
    May "rest": Bytes => .rest, "Bytes that are put over it after the registers.";
}

fn on_one_line<'a, T>(_: &T, entries: Entries<'a>) -> Out<'a> {
    Out::Flow(entries)
}

fn sections_on_one_line<'a>(section: &Section, entries: Entries<'a>) -> Out<'a> {
    if section.content.is_empty() { Out::Flow(entries) } else { Out::Map(entries) }
}

fn without_bytes_on_one_line<'a>(note: &Note, entries: Entries<'a>) -> Out<'a> {
    let is_empty = note.content.is_empty() && note.rest.is_empty();
    if is_empty && (entries.len() == 1 || note.size.is_some()) {
        Out::Flow(entries)
    } else {
        Out::Map(entries)
    }
}
