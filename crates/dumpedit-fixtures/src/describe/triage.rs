//! Builds the parts of a spec that only triage dumps have: the bug check, other values of the headers, and parts kept as bytes.

use dumpedit_formats::model::{Content, ModuleEntry};
use dumpedit_formats::triage::schema;

use super::describing::{Describing, address, unless};
use super::difference::difference;
use crate::encode::narrow;
use crate::spec::{ContentSpec, CrashContext, PartSpec, UnloadedDriver};

pub(crate) fn describe(describing: &mut Describing<'_>) {
    let kept = describing.kept;
    let Some(triage) = kept.model.triage() else { return };
    let machine = describing.spec.machine;
    let number = triage.machine.value;
    let header = &mut describing.spec.header;
    header.machine = (schema::machine_number(machine) != Some(number)).then(|| number.into());
    header.bug_check = unless(triage.bug_check.value.into(), 0);
    if triage.parameters.iter().any(|parameter| parameter.value != 0) {
        header.bug_check_parameters =
            triage.parameters.iter().map(|parameter| address(parameter.value)).collect();
    }
    header.broken_driver = triage.broken_driver.clone();
    header.unfinished = !triage.is_finished;
    if let Content::Bytes(bytes) = &triage.headers {
        let blank = schema::blank_headers();
        let mut bytes = bytes.to_vec();
        for written in schema::WRITTEN {
            let range = narrow(written.start)..narrow(written.end);
            let usual = blank.get(range.clone()).unwrap_or_default();
            let own = bytes.get_mut(range).unwrap_or_default();
            own.iter_mut().zip(usual).for_each(|(into, byte)| *into = *byte);
        }
        header.content = difference(&blank, &bytes);
    }
    for (index, driver) in kept.model.modules.iter().enumerate() {
        let rest = describing.rest_of_driver(&driver.reserved);
        if let Some(described) = describing.spec.modules.get_mut(index) {
            described.reserved = rest;
        }
    }
    for driver in &triage.unloaded {
        let described = describing.unloaded(driver);
        describing.spec.unloaded.push(described);
    }
    for part in &triage.parts {
        let content = describing.content(&part.content);
        let size = Some(part.content.size());
        describing.spec.parts.push(PartSpec { size, ..PartSpec::new(part.field, content) });
    }
    for (index, thread) in kept.model.threads.iter().enumerate() {
        describing.thread(index, thread);
        describing.stack(index);
    }
    for (index, crash) in kept.model.crashes.iter().enumerate() {
        describing.exception(index, crash);
    }
    // The one thread has no id, and its context is the exception's.
    describing.spec.threads.iter_mut().for_each(|thread| thread.tid = None);
    for crash in &mut describing.spec.crashes {
        (crash.thread, crash.context) = (None, CrashContext::default());
    }
}

impl Describing<'_> {
    /// An unloaded driver, with the remaining bytes of its entry.
    fn unloaded(&self, driver: &ModuleEntry) -> UnloadedDriver {
        let (base, size, name) = (driver.base.value, driver.size.value, &driver.name.value);
        let bytes = self.held(&driver.reserved).unwrap_or_default();
        let reserved = difference(&schema::unloaded_entry(base, size, name), &bytes);
        UnloadedDriver { reserved, ..UnloadedDriver::new(base, size, name) }
    }

    /// The bytes of a driver's entry that no key of a module has.
    pub(super) fn rest_of_driver(&self, entry: &Content) -> ContentSpec {
        let Some(mut bytes) = self.held(entry) else { return ContentSpec::default() };
        for written in schema::DRIVER_WRITTEN {
            let own = bytes.get_mut(narrow(written.start)..narrow(written.end));
            own.unwrap_or_default().fill(0);
        }
        difference(&vec![0; bytes.len()], &bytes)
    }
}
