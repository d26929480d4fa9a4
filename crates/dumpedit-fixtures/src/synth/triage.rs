//! Builds the parts of a model that only triage dumps have: the bug check, other values of the headers, and parts kept as bytes.

use dumpedit_formats::model::{Container, Content, Stack, ThreadEntry};
use dumpedit_formats::model::{List, ModuleEntry, Triage, TriagePart};
use dumpedit_formats::triage::schema;
use dumpedit_formats::write::Part;

use super::drawing::Drawing;
use super::numbers::{fits32, optional32};
use crate::error::{FixtureError, Within};
use crate::spec::{PartSpec, Spec, StackSpec, ThreadSpec, UnloadedDriver};

/// Most parameters of a bug check.
pub(super) const PARAMETERS: usize = 4;

/// The headers of a spec's dump.
pub(crate) fn container(spec: &Spec) -> Result<Container, FixtureError> {
    let header = &spec.header;
    let given = header.machine.map(|machine| fits32(machine, "MachineImageType")).transpose();
    let given = given.within("machine").within("header")?;
    let Some(machine) = given.or_else(|| schema::machine_number(spec.machine)) else {
        let text = format!("'{}' has no number in triage dumps; give header.machine", spec.machine);
        return Err(FixtureError::contradiction(text));
    };
    let mut triage = Triage::new(schema::blank_headers().into(), machine);
    let bug_check = optional32(header.bug_check, "BugCheckCode").within("bug_check").within("header")?;
    triage.bug_check = bug_check.into();
    triage.broken_driver = header.broken_driver.clone();
    triage.is_finished = !header.unfinished;
    Ok(Container::Triage(triage))
}

/// Adds the thread, the exception and the parts.
pub(crate) fn draw(drawing: &mut Drawing<'_, '_>) -> Result<(), FixtureError> {
    let spec = drawing.spec;
    for (index, thread) in spec.threads.iter().enumerate() {
        let thread = drawing.stopped_thread(index, thread).within(index).within("threads")?;
        drawing.model.threads.push(thread);
    }
    for (index, crash) in spec.crashes.iter().enumerate() {
        let crash = drawing.exception(index, crash).within(index).within("crash")?;
        drawing.model.crashes.push(crash);
    }
    let mut parts = Vec::with_capacity(spec.parts.len());
    for (index, part) in spec.parts.iter().enumerate() {
        parts.push(drawing.part(part).within(index).within("parts")?);
    }
    let mut unloaded = Vec::with_capacity(spec.unloaded.len());
    for (index, driver) in spec.unloaded.iter().enumerate() {
        unloaded.push(drawing.unloaded(driver).within(index).within("unloaded")?);
    }
    let mut headers = Content::from(schema::blank_headers());
    drawing.put_rest(&mut headers, &spec.header.content).within("content").within("header")?;
    let mut parameters = [0u64; PARAMETERS];
    for (index, (into, at)) in parameters.iter_mut().zip(&spec.header.bug_check_parameters).enumerate() {
        let address = drawing.bytes.labels.address(at);
        *into = address.within(index).within("bug_check_parameters").within("header")?;
    }
    if let Container::Triage(triage) = &mut drawing.model.container {
        triage.headers = headers;
        triage.unloaded = unloaded;
        triage.parts = parts;
        triage.parameters = parameters.map(Into::into);
    }
    Ok(())
}

impl Drawing<'_, '_> {
    fn stopped_thread(&mut self, index: usize, thread: &ThreadSpec) -> Result<ThreadEntry, FixtureError> {
        let mut made = ThreadEntry::default();
        made.record = self.context(&thread.record, Part::Thread(index)).within("context")?;
        made.stack = match &thread.stack {
            Some(StackSpec::Region(label)) => {
                Stack::Memory(self.bytes.labels.region(label).within("stack")?.0)
            }
            Some(StackSpec::None) => Stack::None,
            _ => self.outside().map_or(Stack::None, Stack::Memory),
        };
        Ok(made)
    }

    fn unloaded(&mut self, driver: &UnloadedDriver) -> Result<ModuleEntry, FixtureError> {
        if driver.name.encode_utf16().count() > schema::UNLOADED_LETTERS {
            let text = format!("there is room for {} letters", schema::UNLOADED_LETTERS);
            return Err(FixtureError::contradiction(text).within("name"));
        }
        let base = self.bytes.labels.address(&driver.base).within("base")?;
        let mut made = ModuleEntry::new(base, driver.size, driver.name.clone());
        made.reserved = schema::unloaded_entry(base, driver.size, &driver.name).into();
        self.put_rest(&mut made.reserved, &driver.reserved).within("reserved")?;
        Ok(made)
    }

    fn part(&mut self, part: &PartSpec) -> Result<TriagePart, FixtureError> {
        let field = fits32(part.field, "the file offset of a field").within("type")?;
        if schema::part_name(field).is_none() {
            let text = "no field of the headers that leads to a part is there";
            return Err(FixtureError::contradiction(text).within("type"));
        }
        let measured = self.bytes.measure(&part.content).within("content")?;
        let size = part.size.unwrap_or(measured);
        let content = self.contents.of(self.bytes, &part.content, size).within("content")?;
        Ok(TriagePart::new(field, content))
    }

    /// The region that is in no data block.
    fn outside(&self) -> Option<usize> {
        self.model.memory.iter().position(|entry| entry.list == List::Outside)
    }
}
