//! Builds the model of a dump from a spec: fills in defaults, resolves labels and values, checks the widths of numbers.

use dumpedit_formats::model::{Model, ModuleEntry};

use super::bytes::{Bytes, Evaluated};
use super::contents::Contents;
use super::numbers::{fits, optional32};
use super::registers::Registers;
use super::threads::tid;
use crate::encode::wide;
use crate::error::{FixtureError, Within};
use crate::facts::facts;
use crate::spec::Spec;

/// A model being built.
pub(crate) struct Drawing<'d, 's> {
    pub(super) spec: &'d Spec,
    pub(super) bytes: &'d Bytes<'s>,
    /// The dump with the registers, once they are set.
    pub(super) registers: Option<&'d Registers>,
    pub(super) model: Model,
    pub(super) contents: Contents,
    /// Number of notes of each thread of a core in front of those that the spec gives it.
    pub(super) inserted: Vec<usize>,
}

impl<'d, 's> Drawing<'d, 's> {
    pub(super) fn of(
        spec: &'d Spec,
        bytes: &'d Bytes<'s>,
        registers: Option<&'d Registers>,
        model: Model,
    ) -> Drawing<'d, 's> {
        Drawing { spec, bytes, registers, model, contents: Contents::default(), inserted: Vec::new() }
    }

    pub(super) fn modules(&mut self) -> Result<(), FixtureError> {
        for (index, module) in self.spec.modules.iter().enumerate() {
            let module = self.module(module).within(index).within("modules")?;
            self.model.modules.push(module);
        }
        Ok(())
    }

    fn module(&mut self, module: &crate::spec::ModuleSpec) -> Result<ModuleEntry, FixtureError> {
        let facts = facts(self.spec.format);
        fits(module.size, "a module's size", facts.module_size_bits).within("size")?;
        let base = self.bytes.labels.address(&module.base).within("base")?;
        let record = |drawing: &mut Self, content: &Option<crate::spec::ContentSpec>| {
            let Some(content) = content else { return Ok(None) };
            let size = drawing.bytes.measure(content)?;
            drawing.contents.of(drawing.bytes, content, size).map(Some)
        };
        let mut made = ModuleEntry::new(base, module.size, module.name.clone());
        made.page = module.page.unwrap_or(0).into();
        made.checksum = optional32(module.checksum, "CheckSum").within("checksum")?.into();
        made.timestamp = optional32(module.timestamp, "TimeDateStamp").within("timestamp")?.into();
        made.version = self.contents.of(self.bytes, &module.version, 52).within("version")?;
        made.code_view = record(self, &module.cv).within("cv")?;
        made.miscellaneous = record(self, &module.misc).within("misc")?;
        made.reserved =
            self.contents.of(self.bytes, &module.reserved, facts.module_rest).within("reserved")?;
        Ok(made)
    }

    /// A thread's id: its index in the list where none is given.
    pub(super) fn tid(&self, index: usize) -> Result<u64, FixtureError> {
        tid(self.spec, index)
    }

    /// Writes the `rest` of a record over its bytes.
    pub(super) fn put_rest(
        &mut self,
        content: &mut dumpedit_formats::model::Content,
        rest: &crate::spec::ContentSpec,
    ) -> Result<(), FixtureError> {
        // Values of a rest may need the registers, and are written over them.
        if self.registers.is_none() || rest.is_empty() {
            return Ok(());
        }
        let size = content.size();
        for Evaluated { offset, source, piece } in self.bytes.late(rest, Some(size))? {
            let bytes = source.bytes()?;
            if offset.checked_add(wide(bytes.len())).is_none_or(|end| end > size) {
                let text = format!("this extends past the record's {size} bytes");
                return Err(FixtureError::contradiction(text).within(piece));
            }
            self.contents.put_over(content, offset, bytes);
        }
        Ok(())
    }
}
