//! What a spec says that its container has no place for: one row each.

use dumpedit::Format::{self, ElfCore, MachOCore, Minidump};

use crate::error::FixtureError;
use crate::spec::{Spec, Step, Thread};

/// Something that some containers have no place for: what it is, and the way to it in a spec.
struct Row {
    not_in: &'static [Format],
    what: &'static str,
    find: fn(&Spec) -> Option<Vec<Step>>,
}

const fn row(not_in: &'static [Format], what: &'static str, find: fn(&Spec) -> Option<Vec<Step>>) -> Row {
    Row { not_in, what, find }
}

const MAPPINGS: &str = "a list of mappings; give the regions their protection";
const MODULES: &str =
    "a list of modules; they are found in memory, or a note such as 'load binary' names them";
const CRASH: &str = "a crash; set the registers of the thread's exception state";
const SEGMENTS: &str = "what segments of Mach-O say";

static ROWS: &[Row] = &[
    row(&[Minidump, ElfCore], "cpusubtype", |spec| given(spec.header.subtype, "header", "subtype")),
    row(&[Minidump, ElfCore], "an LC_NOTE", |spec| first("load_notes", &spec.load_notes, |_| Some("owner"))),
    row(&[Minidump, ElfCore], "a load command", |spec| {
        first("load_commands", &spec.load_commands, |_| Some("type"))
    }),
    row(&[Minidump, ElfCore], "a thread's state", |spec| {
        in_thread(spec, "states", "flavor", |thread| thread.states.as_ref().map(Vec::len))
    }),
    row(&[Minidump, ElfCore], SEGMENTS, |spec| {
        first("memory", &spec.memory, |region| {
            let keys = [
                (region.most_protection.is_some(), "most_protection"),
                (region.protection_bits.is_some(), "protection_bits"),
                (region.section_count.is_some(), "section_count"),
                (region.name.is_some(), "name"),
                (!region.sections.is_empty(), "sections"),
            ];
            keys.into_iter().find_map(|(is_given, key)| is_given.then_some(key))
        })
    }),
    row(&[MachOCore], "a version", |spec| given(spec.header.version, "header", "version")),
    row(&[MachOCore], "a checksum", |spec| given(spec.header.checksum, "header", "checksum")),
    row(&[MachOCore], "a timestamp", |spec| given(spec.header.timestamp, "header", "timestamp")),
    row(&[Minidump, MachOCore], "e_entry", |spec| given(spec.header.entry, "header", "entry")),
    row(&[Minidump, MachOCore], "section headers", |spec| {
        first("sections", &spec.sections, |_| Some("type"))
    }),
    row(&[Minidump, MachOCore], "e_shstrndx", |spec| {
        given(spec.header.section_names, "header", "section_names")
    }),
    row(&[Minidump], "e_machine", |spec| given(spec.header.machine, "header", "machine")),
    row(&[Minidump], "a class", |spec| given(spec.header.class, "header", "class")),
    row(&[Minidump, MachOCore], "an OS ABI", |spec| given(spec.header.os_abi, "header", "os_abi")),
    row(&[Minidump, MachOCore], "an ABI version", |spec| {
        given(spec.header.abi_version, "header", "abi_version")
    }),
    row(&[MachOCore], "the alignment of notes", |spec| given(spec.layout.note_align, "layout", "note_align")),
    row(&[MachOCore], "the padding of notes", |spec| {
        given(spec.layout.note_padding, "layout", "note_padding")
    }),
    row(&[MachOCore], "the flags of notes", |spec| given(spec.layout.note_flags, "layout", "note_flags")),
    row(&[MachOCore], "a page size", |spec| given(spec.layout.page_size, "layout", "page_size")),
    row(&[ElfCore, MachOCore], "a stream", |spec| first("streams", &spec.streams, |_| Some("type"))),
    row(&[ElfCore, MachOCore], MAPPINGS, |spec| first("mappings", &spec.mappings, |_| Some("at"))),
    row(&[MachOCore], MODULES, |spec| first("modules", &spec.modules, |_| Some("base"))),
    row(&[MachOCore], CRASH, |spec| {
        let key = |code: Option<u64>| if code.is_some() { "code" } else { "thread" };
        first("crash", &spec.crashes, |crash| Some(key(crash.code)))
    }),
    row(&[ElfCore], "a second crash", |spec| {
        spec.crashes.get(1).map(|_| vec!["crash".into(), 1.into(), "code".into()])
    }),
    row(&[Minidump], "a note", |spec| first("notes", &spec.notes, |_| Some("type"))),
    row(&[MachOCore], "a note of an ELF core; give load_notes", |spec| {
        first("notes", &spec.notes, |_| Some("type"))
    }),
    row(&[MachOCore], "a thread's name", |spec| {
        first("threads", &spec.threads, |thread| thread.name.as_ref().map(|_| "name"))
    }),
    row(&[MachOCore], "a thread's signal", |spec| {
        first("threads", &spec.threads, |thread| thread.signal.map(|_| "signal"))
    }),
    row(&[Minidump], "a thread's signal; give a crash", |spec| {
        first("threads", &spec.threads, |thread| thread.signal.map(|_| "signal"))
    }),
    row(&[MachOCore], "a thread's note; give states", |spec| in_thread(spec, "notes", "type", notes)),
    row(&[Minidump], "a note", |spec| in_thread(spec, "notes", "type", notes)),
    row(&[ElfCore], "a context", |spec| context(spec, |thread| thread.record.kind.map(|_| "kind"))),
    row(&[MachOCore], "a context; give states", |spec| {
        context(spec, |thread| {
            let record = &thread.record;
            let kind = record.kind.map(|_| "kind");
            kind.or(record.size.map(|_| "size")).or(record.flags.map(|_| "flags"))
        })
    }),
    row(&[MachOCore], "an XSAVE area", |spec| {
        context(spec, |thread| thread.record.xstate.as_ref().map(|_| "xstate"))
    }),
    row(&[Minidump], "notes", |spec| {
        let layout = &spec.layout;
        given(layout.note_align, "layout", "note_align")
            .or_else(|| given(layout.note_padding, "layout", "note_padding"))
            .or_else(|| given(layout.note_flags, "layout", "note_flags"))
    }),
    row(&[Minidump], "the page of a module in its file", |spec| {
        first("modules", &spec.modules, |module| module.page.map(|_| "page"))
    }),
    row(&[ElfCore], "the CodeView record of a module", |spec| {
        first("modules", &spec.modules, |module| module.cv.as_ref().map(|_| "cv"))
    }),
    row(&[ElfCore, MachOCore], "a list of memory", |spec| {
        first("memory", &spec.memory, |region| region.list.map(|_| "list"))
    }),
    row(&[Minidump, MachOCore], "a type of memory", |spec| {
        first("memory", &spec.memory, |region| region.kind.map(|_| "type"))
    }),
    row(&[Minidump], "p_flags", |spec| first("memory", &spec.memory, |region| region.flags.map(|_| "flags"))),
    row(&[Minidump, MachOCore], "p_align", |spec| {
        first("memory", &spec.memory, |region| region.align.map(|_| "align"))
    }),
    row(&[Minidump], "physical addresses", |spec| {
        first("memory", &spec.memory, |region| region.physical.as_ref().map(|_| "physical"))
    }),
    row(&[MachOCore], "a physical address", |spec| {
        first("memory", &spec.memory, |region| region.physical.as_ref().map(|_| "physical"))
    }),
    row(&[Minidump], "si_code", |spec| {
        first("crash", &spec.crashes, |crash| crash.si_code.map(|_| "si_code"))
    }),
];

/// Refuses what the container has no place for.
pub(super) fn refuse(spec: &Spec) -> Result<(), FixtureError> {
    let container = match spec.format {
        Minidump => "a minidump",
        MachOCore => "a Mach-O core",
        _ => "an ELF core",
    };
    for row in ROWS.iter().filter(|row| row.not_in.contains(&spec.format)) {
        if let Some(steps) = (row.find)(spec) {
            let error = FixtureError::contradiction(format!("{container} has no place for {}", row.what));
            return Err(steps.into_iter().rev().fold(error, FixtureError::within));
        }
    }
    Ok(())
}

fn given(value: Option<u64>, of: &'static str, key: &'static str) -> Option<Vec<Step>> {
    value.map(|_| vec![of.into(), key.into()])
}

/// The way to the first key that an entry of a list has.
fn first<T>(name: &'static str, list: &[T], key: impl Fn(&T) -> Option<&'static str>) -> Option<Vec<Step>> {
    let mut keys = list.iter().enumerate().filter_map(|(index, one)| Some((index, key(one)?)));
    keys.next().map(|(index, key)| vec![name.into(), index.into(), key.into()])
}

/// The way to a key of a thread's context.
fn context(spec: &Spec, key: impl Fn(&Thread) -> Option<&'static str>) -> Option<Vec<Step>> {
    let mut keys = spec.threads.iter().enumerate().filter_map(|(index, one)| Some((index, key(one)?)));
    keys.next().map(|(index, key)| vec!["threads".into(), index.into(), "context".into(), key.into()])
}

/// The way to the first entry of a list of a thread.
fn in_thread(
    spec: &Spec,
    list: &'static str,
    key: &'static str,
    count: impl Fn(&Thread) -> Option<usize>,
) -> Option<Vec<Step>> {
    let index = spec.threads.iter().position(|thread| count(thread).is_some_and(|count| count > 0))?;
    Some(vec!["threads".into(), index.into(), list.into(), 0.into(), key.into()])
}

fn notes(thread: &Thread) -> Option<usize> {
    thread.notes.as_ref().map(Vec::len)
}
