//! A spec as the model of a dump: defaults filled in, labels and values resolved, numbers of the widths that their fields have.

use dumpedit::Format;
use dumpedit_formats::model::{Container, Model, Module, Target};
use dumpedit_formats::triage::schema;

use super::bytes::Bytes;
use super::contents::Contents;
use super::registers::Registers;
use super::{elf, macho, minidump, triage};
use crate::encode::wide;
use crate::error::{FixtureError, Problem, Within};
use crate::spec::{Crash, Record, Spec, Step};

/// A model in the making.
pub(super) struct Drawing<'d, 's> {
    pub(super) spec: &'d Spec,
    pub(super) bytes: &'d Bytes<'s>,
    /// The dump that has the registers, once they are set.
    pub(super) registers: Option<&'d Registers>,
    pub(super) model: Model,
    pub(super) contents: Contents,
    /// How many notes of each thread of a core come before those that the spec gives it.
    pub(super) inserted: Vec<usize>,
}

impl<'d, 's> Drawing<'d, 's> {
    /// The model of a spec: with zeroed records first; with those of `registers` then, and what follows from them.
    pub(super) fn of(
        spec: &'d Spec,
        bytes: &'d Bytes<'s>,
        registers: Option<&'d Registers>,
    ) -> Result<Self, FixtureError> {
        let model = Model::new(target(spec), blank_container(spec)?);
        let mut drawing =
            Drawing { spec, bytes, registers, model, contents: Contents::default(), inserted: Vec::new() };
        drawing.memory()?;
        for (index, module) in spec.modules.iter().enumerate() {
            let module = drawing.module(module).within(index).within("modules")?;
            drawing.model.modules.push(module);
        }
        match spec.format {
            Format::Minidump => minidump::draw(&mut drawing)?,
            Format::MachOCore => macho::draw(&mut drawing)?,
            Format::Triage => triage::draw(&mut drawing)?,
            _ => elf::draw(&mut drawing)?,
        }
        Ok(drawing)
    }

    fn module(&mut self, module: &crate::spec::Module) -> Result<Module, FixtureError> {
        if self.spec.format == Format::Minidump {
            fits32(module.size, "a module's size").within("size")?;
        }
        let base = self.bytes.labels.address(&module.base).within("base")?;
        let record = |drawing: &mut Self, content: &Option<crate::spec::Content>| {
            let Some(content) = content else { return Ok(None) };
            let size = drawing.bytes.measure(content)?;
            drawing.contents.of(drawing.bytes, content, size).map(Some)
        };
        let mut made = Module::new(base, module.size, module.name.clone());
        made.page = module.page.unwrap_or(0).into();
        made.checksum = optional32(module.checksum, "CheckSum").within("checksum")?.into();
        made.timestamp = optional32(module.timestamp, "TimeDateStamp").within("timestamp")?.into();
        made.version = self.contents.of(self.bytes, &module.version, 52).within("version")?;
        made.code_view = record(self, &module.cv).within("cv")?;
        made.miscellaneous = record(self, &module.misc).within("misc")?;
        let entry = if self.spec.format == Format::Triage { schema::DRIVER_REST } else { 16 };
        made.reserved = self.contents.of(self.bytes, &module.reserved, entry).within("reserved")?;
        Ok(made)
    }

    /// A thread's id: its place in the list where none is given.
    pub(super) fn tid(&self, index: usize) -> Result<u64, FixtureError> {
        tid(self.spec, index)
    }

    /// Puts the `rest` of a record over its bytes.
    pub(super) fn put_rest(
        &mut self,
        content: &mut dumpedit_formats::model::Content,
        rest: &crate::spec::Content,
    ) -> Result<(), FixtureError> {
        // Values of a rest may need the registers, and go over them.
        if self.registers.is_none() || rest.is_empty() {
            return Ok(());
        }
        let size = content.size();
        for super::Evaluated { offset, source, piece } in self.bytes.late(rest, Some(size))? {
            let bytes = source.bytes()?;
            if offset.checked_add(wide(bytes.len())).is_none_or(|end| end > size) {
                let text = format!("this reaches past the record's {size} bytes");
                return Err(FixtureError::contradiction(text).within(piece));
            }
            self.contents.put_over(content, offset, bytes);
        }
        Ok(())
    }
}

/// Refuses the rest of a record that is not there.
pub(super) fn refuse_rest(record: &Record) -> Result<(), FixtureError> {
    if record.rest.is_empty() {
        return Ok(());
    }
    let text = "there is no record that this could be the rest of";
    Err(FixtureError::contradiction(text).within(Step::Piece(0)).within("rest"))
}

pub(super) fn target(spec: &Spec) -> Target {
    Target { format: spec.format, machine: spec.machine, byte_order: spec.byte_order }
}

/// What only the spec's container has, without notes and streams.
pub(super) fn blank_container(spec: &Spec) -> Result<Container, FixtureError> {
    match spec.format {
        Format::Minidump => minidump::container(spec),
        Format::ElfCore => elf::container(spec),
        Format::MachOCore => macho::container(spec),
        Format::Triage => triage::container(spec),
        format => Err(Problem::Format { format }.into()),
    }
}

/// Whether a spec's core is of 64 bits: by the class that it gives, or as is usual.
pub(super) fn wide_by_class(spec: &Spec, usual: bool) -> Result<bool, FixtureError> {
    match spec.header.class {
        Some(32) => Ok(false),
        Some(64) => Ok(true),
        Some(_) => {
            let error = FixtureError::contradiction("the classes are 32 and 64");
            Err(error.within("class").within("header"))
        }
        None => Ok(usual),
    }
}

/// A thread's id: its place in the list where none is given.
pub(super) fn tid(spec: &Spec, index: usize) -> Result<u64, FixtureError> {
    match spec.threads.get(index).and_then(|thread| thread.tid) {
        Some(tid) if spec.format == Format::MachOCore => Ok(tid),
        Some(tid) => fits(tid, "a thread's id", 32).within("tid").within(index).within("threads"),
        // The one thread of a triage dump has no id.
        None if spec.format == Format::Triage => Ok(0),
        None => Ok(wide(index).saturating_add(1)),
    }
}

/// The index of the thread that a crash is about: the first, where it names none.
pub(super) fn crashed(spec: &Spec, crash: &Crash) -> Option<usize> {
    match crash.thread {
        None => (!spec.threads.is_empty()).then_some(0),
        Some(wanted) => (0..spec.threads.len()).find(|index| tid(spec, *index).ok() == Some(wanted)),
    }
}

/// A number that has so many bits.
pub(super) fn fits(value: u64, what: &'static str, bits: u32) -> Result<u64, FixtureError> {
    if value.checked_shr(bits).unwrap_or(0) != 0 {
        return Err(FixtureError::new(Problem::DoesNotFit { value, what, bits }));
    }
    Ok(value)
}

/// A number of 32 bits.
pub(super) fn fits32(number: u64, what: &'static str) -> Result<u32, FixtureError> {
    fits(number, what, 32).map(|value| u32::try_from(value).unwrap_or(u32::MAX))
}

/// A number of 32 bits; 0 where none is given.
pub(super) fn optional32(number: Option<u64>, what: &'static str) -> Result<u32, FixtureError> {
    number.map_or(Ok(0), |number| fits32(number, what))
}

/// A number of 16 bits; 0 where none is given.
pub(super) fn optional16(number: Option<u64>, what: &'static str) -> Result<u16, FixtureError> {
    let value = number.map_or(Ok(0), |number| fits(number, what, 16))?;
    Ok(u16::try_from(value).unwrap_or(u16::MAX))
}

/// A number of 8 bits; `usual` where none is given.
pub(super) fn or8(number: Option<u64>, what: &'static str, usual: u8) -> Result<u8, FixtureError> {
    let value = number.map_or(Ok(usual.into()), |number| fits(number, what, 8))?;
    Ok(u8::try_from(value).unwrap_or(u8::MAX))
}
