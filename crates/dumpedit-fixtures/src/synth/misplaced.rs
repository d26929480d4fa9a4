//! What a spec says that its container has no place for: one row each.

use dumpedit::Format::{self, ElfCore, MachOCore, Minidump, Triage};

use dumpedit_formats::elf::schema::ProcessNote;

use super::elf::other_system;
use super::model::crashed;
use super::triage::PARAMETERS;
use crate::error::FixtureError;
use crate::spec::{CrashContext, Spec, Step, Thread};

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

/// What no container but a triage dump has.
const ALL_BUT_TRIAGE: &[Format] = &[Minidump, ElfCore, MachOCore];

static ROWS: &[Row] = &[
    row(ALL_BUT_TRIAGE, "a bug check", |spec| {
        let parameter = || spec.header.bug_check_parameters.first().map(|_| 0);
        given(spec.header.bug_check, "header", "bug_check")
            .or_else(|| Some(vec!["header".into(), "bug_check_parameters".into(), parameter()?.into()]))
    }),
    row(ALL_BUT_TRIAGE, "a broken driver", |spec| {
        given(spec.header.broken_driver.as_ref(), "header", "broken_driver")
    }),
    row(ALL_BUT_TRIAGE, "a signature at its end", |spec| {
        given(spec.header.unfinished.then_some(()), "header", "unfinished")
    }),
    row(ALL_BUT_TRIAGE, "bytes over the headers; give patches", |spec| {
        (!spec.header.content.is_empty()).then(|| vec!["header".into(), "content".into(), Step::Piece(0)])
    }),
    row(ALL_BUT_TRIAGE, "a part of a triage dump", |spec| first("parts", &spec.parts, |_| Some("type"))),
    row(&[Triage], "more than four parameters of a bug check", |spec| {
        let parameter = spec.header.bug_check_parameters.get(PARAMETERS);
        parameter.map(|_| vec!["header".into(), "bug_check_parameters".into(), PARAMETERS.into()])
    }),
    row(&[Minidump, ElfCore, Triage], "cpusubtype", |spec| given(spec.header.subtype, "header", "subtype")),
    row(&[Minidump, ElfCore, Triage], "an LC_NOTE", |spec| {
        first("load_notes", &spec.load_notes, |_| Some("owner"))
    }),
    row(&[Minidump, ElfCore, Triage], "a load command", |spec| {
        first("load_commands", &spec.load_commands, |_| Some("type"))
    }),
    row(&[Minidump, ElfCore, Triage], "a thread's state", |spec| {
        in_thread(spec, "states", "flavor", |thread| thread.states.as_ref().map(Vec::len))
    }),
    row(&[Minidump, ElfCore, Triage], SEGMENTS, |spec| {
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
    row(&[MachOCore, Triage], "a version", |spec| given(spec.header.version, "header", "version")),
    row(&[MachOCore, Triage], "a checksum", |spec| given(spec.header.checksum, "header", "checksum")),
    row(&[MachOCore, Triage], "a timestamp", |spec| given(spec.header.timestamp, "header", "timestamp")),
    row(&[Minidump, MachOCore, Triage], "e_entry", |spec| given(spec.header.entry, "header", "entry")),
    row(&[Minidump, MachOCore, Triage], "section headers", |spec| {
        first("sections", &spec.sections, |_| Some("type"))
    }),
    row(&[Minidump, MachOCore, Triage], "e_shstrndx", |spec| {
        given(spec.header.section_names, "header", "section_names")
    }),
    row(&[Triage], "flags", |spec| given(spec.header.flags, "header", "flags")),
    row(&[Minidump], "e_machine", |spec| given(spec.header.machine, "header", "machine")),
    row(&[Minidump, Triage], "a class", |spec| given(spec.header.class, "header", "class")),
    row(&[Minidump, MachOCore, Triage], "an OS ABI", |spec| given(spec.header.os_abi, "header", "os_abi")),
    row(&[Minidump, MachOCore, Triage], "an ABI version", |spec| {
        given(spec.header.abi_version, "header", "abi_version")
    }),
    row(&[MachOCore, Triage], "the alignment of notes", |spec| {
        given(spec.layout.note_align, "layout", "note_align")
    }),
    row(&[MachOCore, Triage], "the padding of notes", |spec| {
        given(spec.layout.note_padding, "layout", "note_padding")
    }),
    row(&[MachOCore, Triage], "the flags of notes", |spec| {
        given(spec.layout.note_flags, "layout", "note_flags")
    }),
    row(&[MachOCore, Triage], "a page size", |spec| given(spec.layout.page_size, "layout", "page_size")),
    row(&[Triage], "the alignment of memory", |spec| given(spec.layout.align, "layout", "align")),
    row(&[Triage], "a stream; give parts", |spec| first("streams", &spec.streams, |_| Some("type"))),
    row(&[ElfCore, MachOCore], "a stream", |spec| first("streams", &spec.streams, |_| Some("type"))),
    row(&[ElfCore, MachOCore], MAPPINGS, |spec| first("mappings", &spec.mappings, |_| Some("at"))),
    row(&[Triage], "a list of mappings", |spec| first("mappings", &spec.mappings, |_| Some("at"))),
    row(&[MachOCore], MODULES, |spec| first("modules", &spec.modules, |_| Some("base"))),
    row(&[MachOCore], CRASH, |spec| {
        let key = |code: Option<u64>| if code.is_some() { "code" } else { "thread" };
        first("crash", &spec.crashes, |crash| Some(key(crash.code)))
    }),
    row(&[ElfCore], "a second crash", |spec| {
        spec.crashes.get(1).map(|_| vec!["crash".into(), 1.into(), "code".into()])
    }),
    row(&[Minidump, Triage], "a note", |spec| first("notes", &spec.notes, |_| Some("type"))),
    row(&[MachOCore], "a note of an ELF core; give load_notes", |spec| {
        first("notes", &spec.notes, |_| Some("type"))
    }),
    row(&[Triage], "a thread's id", |spec| {
        first("threads", &spec.threads, |thread| thread.tid.filter(|tid| *tid != 0).map(|_| "tid"))
    }),
    row(&[Triage], "a thread's id", |spec| {
        first("crash", &spec.crashes, |crash| crash.thread.filter(|tid| *tid != 0).map(|_| "thread"))
    }),
    row(&[Triage], "a context of the exception", |spec| {
        first("crash", &spec.crashes, |crash| match &crash.context {
            CrashContext::Own(record) if !record.registers.is_empty() => Some("registers"),
            CrashContext::Own(_) | CrashContext::Equal => Some("context"),
            _ => None,
        })
    }),
    row(&[MachOCore, Triage], "a thread's name", |spec| {
        first("threads", &spec.threads, |thread| thread.name.as_ref().map(|_| "name"))
    }),
    row(&[MachOCore, Triage], "a thread's signal", |spec| {
        first("threads", &spec.threads, |thread| thread.signal.map(|_| "signal"))
    }),
    row(&[Minidump], "a thread's signal; give a crash", |spec| {
        first("threads", &spec.threads, |thread| thread.signal.map(|_| "signal"))
    }),
    row(&[MachOCore], "a thread's note; give states", |spec| in_thread(spec, "notes", "type", notes)),
    row(&[Minidump], "a note", |spec| in_thread(spec, "notes", "type", notes)),
    row(&[Triage], "a thread's note", |spec| in_thread(spec, "notes", "type", notes)),
    row(&[ElfCore], "a context", |spec| context(spec, |thread| thread.record.kind.map(|_| "kind"))),
    row(&[MachOCore], "a context; give states", |spec| {
        context(spec, |thread| {
            let record = &thread.record;
            let kind = record.kind.map(|_| "kind");
            kind.or(record.size.map(|_| "size")).or(record.flags.map(|_| "flags"))
        })
    }),
    row(&[MachOCore, Triage], "an XSAVE area", |spec| {
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
    row(&[Triage], "what modules of other dumps say", |spec| {
        first("modules", &spec.modules, |module| {
            let keys = [
                (module.page.is_some(), "page"),
                (module.checksum.is_some(), "checksum"),
                (!module.version.is_empty(), "version"),
                (module.cv.is_some(), "cv"),
                (module.misc.is_some(), "misc"),
            ];
            keys.into_iter().find_map(|(is_given, key)| is_given.then_some(key))
        })
    }),
    row(&[ElfCore], "the CodeView record of a module", |spec| {
        first("modules", &spec.modules, |module| module.cv.as_ref().map(|_| "cv"))
    }),
    row(&[ElfCore, MachOCore], "a list of memory", |spec| {
        first("memory", &spec.memory, |region| region.list.map(|_| "list"))
    }),
    row(&[Minidump, MachOCore, Triage], "a type of memory", |spec| {
        first("memory", &spec.memory, |region| region.kind.map(|_| "type"))
    }),
    row(&[Minidump, Triage], "p_flags", |spec| {
        first("memory", &spec.memory, |region| region.flags.map(|_| "flags"))
    }),
    row(&[Minidump, MachOCore, Triage], "p_align", |spec| {
        first("memory", &spec.memory, |region| region.align.map(|_| "align"))
    }),
    row(&[Minidump], "physical addresses", |spec| {
        first("memory", &spec.memory, |region| region.physical.as_ref().map(|_| "physical"))
    }),
    row(&[MachOCore, Triage], "a physical address", |spec| {
        first("memory", &spec.memory, |region| region.physical.as_ref().map(|_| "physical"))
    }),
    row(&[Triage], "the protection of memory", |spec| {
        first("memory", &spec.memory, |region| region.protection.map(|_| "protection"))
    }),
    row(&[Triage], "memory that is not captured", |spec| {
        first("memory", &spec.memory, |region| region.captured.map(|_| "captured"))
    }),
    row(&[Minidump, Triage], "si_code", |spec| {
        first("crash", &spec.crashes, |crash| crash.si_code.map(|_| "si_code"))
    }),
];

/// What the cores of BSDs have no place for.
static OF_BSDS: &[Row] = &[
    row(&[ElfCore], "such a name; give notes", |spec| {
        let process = process_note(spec);
        let fits =
            |name: &str| process.is_some() && name.len() < ProcessNote::NAME_SIZE && !name.contains('\0');
        first("threads", &spec.threads, |thread| {
            thread.name.as_ref().filter(|name| !fits(name)).map(|_| "name")
        })
    }),
    row(&[ElfCore], "a module; give notes", |spec| first("modules", &spec.modules, |_| Some("base"))),
    row(&[ElfCore], "the address of a crash; give notes", |spec| {
        first("crash", &spec.crashes, |crash| crash.address.as_ref().map(|_| "address"))
    }),
    // Of OpenBSD the thread that got the signal comes first.
    row(&[ElfCore], "a crash of another thread than the first", |spec| {
        let is_first = process_note(spec).is_some_and(|fields| fields.threads_at.is_none());
        first("crash", &spec.crashes, |crash| {
            (is_first && crashed(spec, crash) != Some(0)).then_some("thread")
        })
    }),
];

/// Refuses what the container has no place for.
pub(super) fn refuse(spec: &Spec) -> Result<(), FixtureError> {
    let container = match spec.format {
        Minidump => "a minidump",
        MachOCore => "a Mach-O core",
        Triage => "a triage dump",
        _ => "an ELF core",
    };
    refuse_rows(spec, ROWS, container)?;
    match other_system(spec) {
        Some(system) => refuse_rows(spec, OF_BSDS, &format!("an ELF core of {system}")),
        None => Ok(()),
    }
}

fn refuse_rows(spec: &Spec, rows: &[Row], container: &str) -> Result<(), FixtureError> {
    for row in rows.iter().filter(|row| row.not_in.contains(&spec.format)) {
        if let Some(steps) = (row.find)(spec) {
            let error = FixtureError::contradiction(format!("{container} has no place for {}", row.what));
            return Err(steps.into_iter().rev().fold(error, FixtureError::within));
        }
    }
    Ok(())
}

/// The note of the process that a BSD writes.
fn process_note(spec: &Spec) -> Option<&'static ProcessNote> {
    ProcessNote::of(other_system(spec)?)
}

fn given<T>(value: Option<T>, of: &'static str, key: &'static str) -> Option<Vec<Step>> {
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
