//! Knows how a spec becomes a dump: the tables first, with zeroed records; then the registers, set by name in the dump that
//! these tables are; then the memory behind them.
//!
//! Never knows where a register stands in a record.

mod bytes;
mod elf;
mod minidump;
mod parts;
mod pieces;
mod regions;
mod sheet;
mod xstate;

use std::path::PathBuf;

use dumpedit::{Dump, Format, RecordKind};

use crate::encode::{narrow, put, wide};
use crate::error::{FixtureError, Problem};
use crate::image::{Image, Source, Stretch};
use crate::labels::Labels;
use crate::spec::{Content, Record, Spec};
use bytes::{Bytes, Evaluated};
use parts::Parts;
use regions::Placement;
use sheet::Sheet;

pub(crate) use bytes::note_size;
pub(crate) use elf::{
    class_of, default_notes, machine_number, note_owner, protection_flags, status_size, usual_components,
    usual_note_size,
};
pub(crate) use minidump::{
    Kind, XSTATE_FLAG, architecture_of, kind_of, kinds, page_protection, platform_of, usual_area,
};
pub(crate) use parts::Part;
pub(crate) use xstate::standard_size as xstate_size;

/// What a synthesis may do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SynthOptions {
    /// The folder that the names of side files count from; without one no file is read.
    pub folder: Option<PathBuf>,
    /// Whether files outside that folder may be read.
    pub allow_outside: bool,
    /// The most bytes that the dump may have.
    pub max_size: u64,
}

impl Default for SynthOptions {
    fn default() -> Self {
        SynthOptions { folder: None, allow_outside: false, max_size: 4 << 30 }
    }
}

impl SynthOptions {
    /// The folder that the names of side files count from.
    #[must_use]
    pub fn folder(self, folder: impl Into<PathBuf>) -> Self {
        SynthOptions { folder: Some(folder.into()), ..self }
    }

    /// Whether files outside that folder may be read.
    #[must_use]
    pub fn allow_outside(self, allow_outside: bool) -> Self {
        SynthOptions { allow_outside, ..self }
    }

    /// The most bytes that the dump may have.
    #[must_use]
    pub fn max_size(self, max_size: u64) -> Self {
        SynthOptions { max_size, ..self }
    }
}

/// Makes the dump that a spec says, the same bytes every time.
///
/// # Errors
/// [`FixtureError`] with the piece of the spec that is wrong.
pub fn synth(spec: &Spec, options: &SynthOptions) -> Result<Image, FixtureError> {
    let with_modules = elf::with_mapped_modules(spec)?;
    let spec = with_modules.as_ref().unwrap_or(spec);
    let Sketch { mut tables, placement, bytes, .. } = lay_out(spec, options)?;
    let mut patches = Vec::new();
    for Evaluated { offset, source, .. } in bytes.late(&spec.patches, None)? {
        patches.push((offset, source.bytes()?));
    }
    let mut size = placement.end.max(wide(tables.len()));
    if let Some(truncate) = spec.truncate {
        if truncate.value > size {
            let text = format!("the dump has {size} bytes and cannot be cut to {}", truncate.value);
            return Err(FixtureError::contradiction(text, truncate.place));
        }
        size = truncate.value;
    }
    if size > options.max_size {
        return Err(Problem::TooLarge { size, limit: options.max_size }.into());
    }
    let mut stretches = pieces::of_memory(spec, &placement, &bytes)?;
    tables.truncate(narrow(size));
    stretches.insert(0, Stretch { file_offset: 0, source: Source::Bytes(tables) });
    Ok(Image::new(stretches, patches, size))
}

/// The tables of a dump with their registers set, and where its memory goes.
pub(crate) struct Sketch<'s> {
    pub(crate) tables: Vec<u8>,
    pub(crate) parts: Parts,
    placement: Placement,
    bytes: Bytes<'s>,
}

impl Sketch<'_> {
    /// The bytes of a part.
    pub(crate) fn part(&self, part: Part) -> Option<&[u8]> {
        let (at, size) = self.parts.get(part)?;
        self.tables.get(narrow(at)..narrow(at.checked_add(size)?))
    }
}

/// Makes the tables of a dump.
pub(crate) fn lay_out<'s>(spec: &'s Spec, options: &'s SynthOptions) -> Result<Sketch<'s>, FixtureError> {
    let labels = Labels::of(&spec.memory)?;
    let blank = match spec.format {
        Format::Minidump => minidump::blank(spec)?,
        Format::ElfCore => elf::blank(spec)?,
        format => return Err(Problem::Format { format }.into()),
    };
    let mut sheet = Sheet::new(Bytes::new(spec, options, labels, blank)?);
    let placement = match spec.format {
        Format::Minidump => minidump::draw(spec, &mut sheet)?,
        _ => elf::draw(spec, &mut sheet)?,
    };
    sheet.check_size(&placement, options.max_size)?;
    let Sheet { tables, parts, bytes, deferred, .. } = set_registers(spec, sheet, &placement)?;
    let mut sketch = Sketch { tables, parts, placement, bytes };
    for (file_offset, value) in deferred {
        let value_bytes = sketch.bytes.value(&value.value).map_err(|error| error.at(value.place))?;
        put(&mut sketch.tables, narrow(file_offset), &value_bytes);
    }
    put_rests(spec, &mut sketch)?;
    if spec.format == Format::Minidump {
        minidump::copy_equal_contexts(spec, &mut sketch);
    }
    Ok(sketch)
}

/// Opens what is drawn so far as the dump that it is, and sets the registers by their names.
fn set_registers<'s>(
    spec: &Spec,
    mut sheet: Sheet<'s>,
    placement: &Placement,
) -> Result<Sheet<'s>, FixtureError> {
    let dump = Dump::from_bytes(std::mem::take(&mut sheet.tables))
        .map_err(|error| FixtureError::contradiction(error.to_string(), None))?;
    let mut edit = dump.edit();
    let mut set = |record: &Record, part: Part, kind: RecordKind| -> Result<(), FixtureError> {
        let context = sheet.parts.context(&dump, part, kind);
        if let (Format::ElfCore, Some(context)) = (spec.format, context) {
            for (name, value) in elf::INITIAL {
                // Machines and records without these have nothing to begin with.
                let _ = edit.set_register(context, name, *value);
            }
        }
        for register in &record.registers {
            let context = context.ok_or_else(|| {
                let text = "this record is none whose registers can be set by name";
                FixtureError::contradiction(text, register.name.place)
            })?;
            let number = sheet.bytes.labels.in_number(&register.value.value);
            let number = edit
                .scope(Ok(context))
                .number(&register.name.value, &number)
                .map_err(|error| FixtureError::new(error, register.value.place))?;
            edit.set_register(context, &register.name.value, number).map_err(|error| {
                let of_value = matches!(error, dumpedit::Error::Value(_));
                let place = if of_value { register.value.place } else { register.name.place };
                FixtureError::new(error, place)
            })?;
        }
        Ok(())
    };
    for (index, thread) in spec.threads.iter().enumerate() {
        set(&thread.record, Part::Thread(index), RecordKind::Thread)?;
    }
    for (index, crash) in spec.crashes.iter().enumerate() {
        if let crate::spec::CrashContext::Own(record) = &crash.context {
            set(record, Part::Crash(index), RecordKind::Exception)?;
        }
    }
    edit.commit().map_err(|error| FixtureError::contradiction(error.to_string(), None))?;
    sheet.tables = dump.to_bytes()?;
    sheet.bytes.registers_are_set(dump);
    if spec.format == Format::Minidump {
        minidump::after_registers(spec, &mut sheet, placement)?;
    }
    Ok(sheet)
}

/// Puts the `rest` of every record over it.
fn put_rests(spec: &Spec, sketch: &mut Sketch<'_>) -> Result<(), FixtureError> {
    let mut rests: Vec<(Part, &Content)> = Vec::new();
    for (index, thread) in spec.threads.iter().enumerate() {
        rests.push((Part::Thread(index), &thread.record.rest));
        for (note, found) in thread.notes.iter().flatten().enumerate() {
            rests.push((Part::ThreadNote(index, note), &found.rest));
        }
    }
    for (index, crash) in spec.crashes.iter().enumerate() {
        if let crate::spec::CrashContext::Own(record) = &crash.context {
            rests.push((Part::Crash(index), &record.rest));
        }
    }
    for (part, rest) in rests {
        if rest.is_empty() {
            continue;
        }
        let first = rest.pieces.first().and_then(|piece| piece.data.place);
        let Some((at, size)) = sketch.parts.get(part) else {
            return Err(FixtureError::contradiction(
                "there is no record that this could be the rest of",
                first,
            ));
        };
        for Evaluated { offset, source, piece } in sketch.bytes.late(rest, Some(size))? {
            let bytes = source.bytes()?;
            if offset.checked_add(wide(bytes.len())).is_none_or(|end| end > size) {
                let text = format!("this reaches past the record's {size} bytes");
                return Err(FixtureError::contradiction(text, piece));
            }
            put(&mut sketch.tables, narrow(at.saturating_add(offset)), &bytes);
        }
    }
    Ok(())
}
