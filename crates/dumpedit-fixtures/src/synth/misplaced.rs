//! Values that a container has no place for, though it has one for their key, one row each. Keys are refused by their own rows.

use dumpedit::Format::{self, ElfCore, MachOCore, Minidump, Triage};
use dumpedit_formats::elf::schema::{ProcessNote, X86_XSTATE};

use super::elf::{notes_of, other_system};
use super::minidump::{has_stream, padded_lists};
use super::threads::crashed;
use super::triage::PARAMETERS;
use crate::error::FixtureError;
use crate::spec::{MemoryPlace, NoteSpec, SectionSpec, Spec, Step};

/// A value that a container has no place for: its description, and the path to it in a spec.
struct Row {
    format: Format,
    what: &'static str,
    find: fn(&Spec) -> Option<Vec<Step>>,
}

const fn row(format: Format, what: &'static str, find: fn(&Spec) -> Option<Vec<Step>>) -> Row {
    Row { format, what, find }
}

static ROWS: &[Row] = &[
    row(Triage, "more than four parameters of a bug check", |spec| {
        let parameter = spec.header.bug_check_parameters.get(PARAMETERS);
        parameter.map(|_| vec!["header".into(), "bug_check_parameters".into(), PARAMETERS.into()])
    }),
    row(Triage, "a Memory64List", |spec| {
        first("memory", &spec.memory, |region| (region.list == Some(MemoryPlace::List64)).then_some("list"))
    }),
    row(Minidump, "an order that names a missing stream", |spec| {
        let absent = spec.layout.streams.iter().position(|kind| !has_stream(spec, *kind));
        absent.map(|index| vec!["layout".into(), "streams".into(), index.into()])
    }),
    row(Minidump, "a default list where every region names its own", |spec| {
        let says_own = spec.memory.iter().all(|region| region.list.is_some());
        let is_given = spec.layout.memory != MemoryPlace::default();
        (is_given && says_own).then(|| vec!["layout".into(), "memory".into()])
    }),
    row(Minidump, "an alignment without memory", unaligned),
    row(ElfCore, "an alignment without memory", |spec| unaligned(spec).filter(|_| spec.modules.is_empty())),
    row(ElfCore, "separate note segments for threads where one segment has all notes", |spec| {
        let in_front = !spec.notes.is_empty() || other_system(spec).is_some();
        let are_several = spec.threads.len().saturating_add(usize::from(in_front)) > 1;
        (spec.layout.split_notes && !are_several).then(|| vec!["layout".into(), "split_notes".into()])
    }),
    row(ElfCore, "notes after other segments where there are none", |spec| {
        let has_others = !spec.memory.is_empty() || !spec.modules.is_empty();
        let has_notes = !spec.threads.is_empty() || !spec.notes.is_empty();
        let is_lost = spec.layout.notes_last && !(has_others && has_notes);
        is_lost.then(|| vec!["layout".into(), "notes_last".into()])
    }),
    row(MachOCore, "an alignment without memory", unaligned),
    row(Minidump, "the padding of a missing list", |spec| {
        let padded = spec.layout.padded;
        // `true` pads all lists that exist.
        let are_all = padded.threads && padded.modules && padded.memory;
        (!are_all && padded != padded_lists(spec)).then(|| vec!["layout".into(), "padded".into()])
    }),
    row(ElfCore, "the index of a section without sections", |spec| {
        let given = spec.header.section_names.filter(|_| spec.sections.is_empty());
        given.map(|_| vec!["header".into(), "section_names".into()])
    }),
    row(ElfCore, "a size of a section that contains the notes", |spec| {
        let has_both = |section: &SectionSpec| section.is_notes && section.size.is_some();
        first("sections", &spec.sections, |section| has_both(section).then_some("size"))
    }),
    row(ElfCore, "a page size of an NT_FILE without modules", |spec| {
        let given = spec.layout.page_size.filter(|_| spec.modules.is_empty());
        given.map(|_| vec!["layout".into(), "page_size".into()])
    }),
    row(ElfCore, "padding of an NT_FILE without modules", |spec| {
        let given = spec.layout.files_padding.filter(|_| spec.modules.is_empty());
        given.map(|_| vec!["layout".into(), "files_padding".into()])
    }),
    row(
        ElfCore,
        "fields of a thread's note segment without separate note segments; give layout.split_notes",
        |spec| {
            first("threads", &spec.threads, |thread| {
                let keys = [
                    (thread.note_flags, "note_flags"),
                    (thread.note_align, "note_align"),
                    (thread.note_padding, "note_padding"),
                ];
                let given = keys.into_iter().find(|(value, _)| value.is_some() && !spec.layout.split_notes);
                given.map(|(_, key)| key)
            })
        },
    ),
    row(ElfCore, "an XSAVE area of a thread without its NT_X86_XSTATE note", |spec| {
        let mut threads = spec.threads.iter().enumerate();
        let is_area = |note: &NoteSpec| note.kind == u64::from(X86_XSTATE) && note.content.is_empty();
        let lost = threads.find(|(index, thread)| {
            thread.record.xstate.is_some() && !notes_of(spec, *index).iter().any(is_area)
        });
        lost.map(|(index, _)| vec!["threads".into(), index.into(), "context".into(), "xstate".into()])
    }),
    row(ElfCore, "an explicit size of existing section headers", |spec| {
        let given = spec.header.section_size.filter(|_| !spec.sections.is_empty() || spec.layout.extended);
        given.map(|_| vec!["header".into(), "section_size".into()])
    }),
    row(ElfCore, "a second crash", |spec| {
        spec.crashes.get(1).map(|_| vec!["crash".into(), 1.into(), "code".into()])
    }),
    row(ElfCore, "a stream of the system", |spec| spec.system.left_out.then(|| vec!["system".into()])),
    row(ElfCore, "a system other than linux, freebsd, netbsd and openbsd", |spec| {
        let os = spec.system.os.as_deref().filter(|os| *os != "linux" && other_system(spec).is_none());
        os.map(|_| vec!["system".into(), "os".into()])
    }),
];

fn unaligned(spec: &Spec) -> Option<Vec<Step>> {
    let given = spec.layout.align.filter(|_| spec.memory.is_empty());
    given.map(|_| vec!["layout".into(), "align".into()])
}

/// Values that the cores of BSDs have no place for.
static OF_BSDS: &[Row] = &[
    row(ElfCore, "such a name; give notes", |spec| {
        let process = process_note(spec);
        let fits =
            |name: &str| process.is_some() && name.len() < ProcessNote::NAME_SIZE && !name.contains('\0');
        first("threads", &spec.threads, |thread| {
            thread.name.as_ref().filter(|name| !fits(name)).map(|_| "name")
        })
    }),
    row(ElfCore, "the signal of a thread; give a crash", |spec| {
        let has_one = process_note(spec).is_some();
        first("threads", &spec.threads, |thread| thread.signal.filter(|_| has_one).map(|_| "signal"))
    }),
    row(ElfCore, "a module; give notes", |spec| first("modules", &spec.modules, |_| Some("base"))),
    row(ElfCore, "the address of a crash; give notes", |spec| {
        first("crash", &spec.crashes, |crash| crash.address.as_ref().map(|_| "address"))
    }),
    row(ElfCore, "si_code; give notes", |spec| {
        first("crash", &spec.crashes, |crash| crash.si_code.map(|_| "si_code"))
    }),
    // On OpenBSD the thread that got the signal comes first.
    row(ElfCore, "a crash of a thread other than the first", |spec| {
        let is_first = process_note(spec).is_some_and(|fields| fields.threads_at.is_none());
        first("crash", &spec.crashes, |crash| {
            (is_first && crashed(spec, crash) != Some(0)).then_some("thread")
        })
    }),
];

/// Refuses values that the container has no place for.
pub(super) fn refuse(spec: &Spec) -> Result<(), FixtureError> {
    spec.check_keys()?;
    let container = spec.format.phrase();
    refuse_rows(spec, ROWS, container)?;
    match other_system(spec) {
        Some(system) => refuse_rows(spec, OF_BSDS, &format!("{container} of {system}")),
        None => Ok(()),
    }
}

fn refuse_rows(spec: &Spec, rows: &[Row], container: &str) -> Result<(), FixtureError> {
    for row in rows.iter().filter(|row| row.format == spec.format) {
        if let Some(steps) = (row.find)(spec) {
            let error = FixtureError::contradiction(format!("{container} does not support {}", row.what));
            return Err(steps.into_iter().rev().fold(error, FixtureError::within));
        }
    }
    Ok(())
}

/// The note about the process that a BSD writes.
fn process_note(spec: &Spec) -> Option<&'static ProcessNote> {
    ProcessNote::of(other_system(spec)?)
}

/// The path to the first key of a list's entries.
fn first<T>(name: &'static str, list: &[T], key: impl Fn(&T) -> Option<&'static str>) -> Option<Vec<Step>> {
    let mut keys = list.iter().enumerate().filter_map(|(index, one)| Some((index, key(one)?)));
    keys.next().map(|(index, key)| vec![name.into(), index.into(), key.into()])
}
