//! What a spec says that its container has no place for, though it has one for the key: one row each. Keys themselves are
//! refused by their own rows.

use dumpedit::Format::{self, ElfCore, Triage};
use dumpedit_formats::elf::schema::ProcessNote;

use super::elf::other_system;
use super::threads::crashed;
use super::triage::PARAMETERS;
use crate::error::FixtureError;
use crate::spec::{MemoryPlace, Spec, Step};

/// Something that a container has no place for: what it is, and the way to it in a spec.
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
    row(ElfCore, "a size of section headers that it has", |spec| {
        let given = spec.header.section_size.filter(|_| !spec.sections.is_empty() || spec.layout.extended);
        given.map(|_| vec!["header".into(), "section_size".into()])
    }),
    row(ElfCore, "a second crash", |spec| {
        spec.crashes.get(1).map(|_| vec!["crash".into(), 1.into(), "code".into()])
    }),
    row(ElfCore, "a stream of the system", |spec| spec.system.left_out.then(|| vec!["system".into()])),
    row(ElfCore, "a system but linux, freebsd, netbsd and openbsd", |spec| {
        let os = spec.system.os.as_deref().filter(|os| *os != "linux" && other_system(spec).is_none());
        os.map(|_| vec!["system".into(), "os".into()])
    }),
];

/// What the cores of BSDs have no place for.
static OF_BSDS: &[Row] = &[
    row(ElfCore, "such a name; give notes", |spec| {
        let process = process_note(spec);
        let fits =
            |name: &str| process.is_some() && name.len() < ProcessNote::NAME_SIZE && !name.contains('\0');
        first("threads", &spec.threads, |thread| {
            thread.name.as_ref().filter(|name| !fits(name)).map(|_| "name")
        })
    }),
    row(ElfCore, "a module; give notes", |spec| first("modules", &spec.modules, |_| Some("base"))),
    row(ElfCore, "the address of a crash; give notes", |spec| {
        first("crash", &spec.crashes, |crash| crash.address.as_ref().map(|_| "address"))
    }),
    row(ElfCore, "si_code; give notes", |spec| {
        first("crash", &spec.crashes, |crash| crash.si_code.map(|_| "si_code"))
    }),
    // Of OpenBSD the thread that got the signal comes first.
    row(ElfCore, "a crash of another thread than the first", |spec| {
        let is_first = process_note(spec).is_some_and(|fields| fields.threads_at.is_none());
        first("crash", &spec.crashes, |crash| {
            (is_first && crashed(spec, crash) != Some(0)).then_some("thread")
        })
    }),
];

/// Refuses what the container has no place for.
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

/// The way to the first key that an entry of a list has.
fn first<T>(name: &'static str, list: &[T], key: impl Fn(&T) -> Option<&'static str>) -> Option<Vec<Step>> {
    let mut keys = list.iter().enumerate().filter_map(|(index, one)| Some((index, key(one)?)));
    keys.next().map(|(index, key)| vec![name.into(), index.into(), key.into()])
}
