//! What of a spec only triage dumps have: the bug check, what else their headers say, and parts that are bytes.

use dumpedit_formats::model::{Container, Content as Modelled, Stack as StackModel, Thread as ThreadModel};
use dumpedit_formats::model::{List, Triage, TriagePart};
use dumpedit_formats::triage::schema;
use dumpedit_formats::write::Part;

use super::macho::of_macho;
use super::model::{Drawing, fits32, optional32};
use crate::error::FixtureError;
use crate::spec::{CrashContext, Place, Spec, Stack, Thread};

/// The most parameters of a bug check.
const PARAMETERS: usize = 4;

/// The headers of a spec's dump.
pub(super) fn container(spec: &Spec) -> Result<Container, FixtureError> {
    let header = &spec.header;
    let given = header.machine.map(|machine| fits32(machine, "MachineImageType")).transpose()?;
    let Some(machine) = given.or_else(|| schema::machine_number(spec.machine)) else {
        let text = format!("'{}' has no number in triage dumps; give header.machine", spec.machine);
        return Err(FixtureError::contradiction(text, None));
    };
    let mut triage = Triage::new(schema::blank_headers().into(), machine);
    triage.bug_check = optional32(header.bug_check, "BugCheckCode")?.into();
    triage.broken_driver = header.broken_driver.as_ref().map(|name| name.value.clone());
    triage.is_finished = !header.unfinished;
    Ok(Container::Triage(triage))
}

/// Adds the thread, the exception and the parts.
pub(super) fn draw(drawing: &mut Drawing<'_, '_>) -> Result<(), FixtureError> {
    let spec = drawing.spec;
    refuse_what_has_no_place(spec)?;
    for (index, thread) in spec.threads.iter().enumerate() {
        let thread = drawing.stopped_thread(index, thread)?;
        drawing.model.threads.push(thread);
    }
    for (index, crash) in spec.crashes.iter().enumerate() {
        let crash = drawing.exception(index, crash)?;
        drawing.model.crashes.push(crash);
    }
    let mut parts = Vec::with_capacity(spec.parts.len());
    for part in &spec.parts {
        let field = fits32(part.field, "the place of an offset")?;
        if schema::part_name(field).is_none() {
            let text = "no field of the headers that leads to a part is there";
            return Err(FixtureError::contradiction(text, part.field.place));
        }
        let measured = drawing.bytes.measure(&part.content)?;
        let size = part.size.map_or(measured, |size| size.value);
        parts.push(TriagePart { field, content: drawing.contents.of(drawing.bytes, &part.content, size)? });
    }
    let mut headers = Modelled::from(schema::blank_headers());
    drawing.put_rest(&mut headers, &spec.header.content)?;
    let mut parameters = [0u64; PARAMETERS];
    for (into, at) in parameters.iter_mut().zip(&spec.header.bug_check_parameters) {
        *into = drawing.bytes.labels.address(at)?;
    }
    if let Container::Triage(triage) = &mut drawing.model.container {
        triage.headers = headers;
        triage.parts = parts;
        triage.parameters = parameters.map(Into::into);
    }
    Ok(())
}

impl Drawing<'_, '_> {
    fn stopped_thread(&mut self, index: usize, thread: &Thread) -> Result<ThreadModel, FixtureError> {
        let mut made = ThreadModel::default();
        made.record = self.context(&thread.record, Part::Thread(index))?;
        made.stack = match &thread.stack {
            None | Some(Stack::None) => self.outside().map_or(StackModel::None, StackModel::Memory),
            Some(Stack::Region(label)) => StackModel::Memory(self.bytes.labels.region(label)?.0),
            Some(Stack::Descriptor { at, .. }) => {
                let text = "the stack of a triage dump is a region, by its label";
                return Err(FixtureError::contradiction(text, at.place));
            }
        };
        Ok(made)
    }

    /// The region that no data block tells of.
    fn outside(&self) -> Option<usize> {
        self.model.memory.iter().position(|entry| entry.list == List::Outside)
    }
}

/// Everything that only other containers have is an error here.
fn refuse_what_has_no_place(spec: &Spec) -> Result<(), FixtureError> {
    let refuse = |what: &str, place| {
        Err(FixtureError::contradiction(format!("a triage dump has no place for {what}"), place))
    };
    if let Some((what, place)) = of_macho(spec).or_else(|| of_others(spec)) {
        return refuse(what, place);
    }
    for thread in &spec.threads {
        let tid = thread.tid.filter(|tid| tid.value != 0).map(|tid| ("a thread's id", tid.place));
        let name = thread.name.as_ref().map(|name| ("a thread's name", name.place));
        let signal = thread.signal.map(|signal| ("a thread's signal", signal.place));
        let note = || thread.notes.iter().flatten().next().map(|note| ("a thread's note", note.kind.place));
        let area = || thread.record.xstate.as_ref().map(|area| ("an XSAVE area", area.components.place));
        if let Some((what, place)) = tid.or(name).or(signal).or_else(note).or_else(area) {
            return refuse(what, place);
        }
    }
    for crash in &spec.crashes {
        let thread = crash.thread.filter(|tid| tid.value != 0).map(|tid| ("a thread's id", tid.place));
        if let Some((what, place)) = thread {
            return refuse(what, place);
        }
        if matches!(crash.context, CrashContext::Own(_) | CrashContext::Equal) {
            return refuse("a context of the exception", crash.code.and_then(|code| code.place));
        }
    }
    for region in &spec.memory {
        let physical = region.physical.as_ref().map(|at| ("a physical address", at.place));
        let numbers =
            [(region.kind, "a type of memory"), (region.flags, "p_flags"), (region.align, "p_align")];
        let number = numbers.iter().find_map(|(number, what)| Some((*what, (*number)?.place)));
        let protection = region.protection.map(|allowed| ("the protection of memory", allowed.place));
        let larger = region.captured.map(|captured| ("memory that is not captured", captured.place));
        if let Some((what, place)) = physical.or(number).or(protection).or(larger) {
            return refuse(what, place);
        }
    }
    Ok(())
}

/// What of a spec, but for its threads, its exception and its memory, no triage dump has.
fn of_others(spec: &Spec) -> Option<(&'static str, Option<Place>)> {
    let header = &spec.header;
    let numbers = [
        (header.version, "a version"),
        (header.checksum, "a checksum"),
        (header.timestamp, "a timestamp"),
        (header.flags, "flags"),
        (header.entry, "e_entry"),
        (header.class, "a class"),
        (header.os_abi, "an OS ABI"),
        (header.abi_version, "an ABI version"),
        (spec.layout.note_align, "the alignment of notes"),
        (spec.layout.note_padding, "the padding of notes"),
        (spec.layout.note_flags, "the flags of notes"),
        (spec.layout.page_size, "a page size"),
        (spec.layout.align, "the alignment of memory"),
    ];
    let number = numbers.iter().find_map(|(number, what)| Some((*what, (*number)?.place)));
    let parameter = || {
        let parameter = header.bug_check_parameters.get(PARAMETERS);
        parameter.map(|at| ("more than four parameters of a bug check", at.place))
    };
    let stream = || spec.streams.first().map(|stream| ("a stream; give parts", stream.kind.place));
    let mapping = || spec.mappings.first().map(|mapping| ("a list of mappings", mapping.at.place));
    let note = || spec.notes.first().map(|note| ("a note", note.kind.place));
    let module = || {
        let record = |module: &crate::spec::Module| {
            let of_cores = module.page.or(module.checksum).map(|number| number.place);
            let of_minidumps = module.cv.as_ref().or(module.misc.as_ref());
            let place = of_minidumps.map(super::contents::place_of);
            of_cores.or(place).map(|place| ("what modules of other dumps say", place))
        };
        spec.modules.iter().find_map(record)
    };
    number.or_else(parameter).or_else(stream).or_else(mapping).or_else(note).or_else(module)
}

/// What of a spec only triage dumps have.
pub(super) fn of_triage(spec: &Spec) -> Option<(&'static str, Option<Place>)> {
    let header = &spec.header;
    let code = header.bug_check.map(|code| ("a bug check", code.place));
    let parameter = || header.bug_check_parameters.first().map(|at| ("a bug check", at.place));
    let driver = || header.broken_driver.as_ref().map(|name| ("a broken driver", name.place));
    let content = || {
        let piece = header.content.pieces.first();
        piece.map(|piece| ("bytes over the headers; give patches", piece.data.place))
    };
    let part = || spec.parts.first().map(|part| ("a part of a triage dump", part.field.place));
    code.or_else(parameter).or_else(driver).or_else(content).or_else(part)
}
