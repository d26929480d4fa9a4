//! Knows how a spec becomes a dump: a model of it with zeroed records; then the registers, set by name in the dump that this
//! model makes; then the model again, with what follows from them.
//!
//! Never knows where a register stands in a record, nor how a dump is laid out.

mod bytes;
mod contents;
mod elf;
mod links;
mod macho;
mod memory;
mod minidump;
mod misplaced;
mod model;
mod registers;
mod triage;

use std::collections::BTreeSet;
use std::path::PathBuf;

use dumpedit::{Dump, FileBytes, Format, Notice, NoticeKind, Subject};
use dumpedit_formats::model::Model;
use dumpedit_formats::write::{About, Plan, WriteError};

use crate::error::{FixtureError, Problem, Within};
use crate::image::Image;
use crate::labels::Labels;
use crate::spec::{Spec, Step};
use bytes::{Bytes, Evaluated};
use contents::Contents;
use model::Drawing;
use registers::Registers;

use contents::stretches;
pub(crate) use elf::{READABLE, default_notes, other_system, status_size, usual_components, usual_note_size};
pub(crate) use macho::{PAGE, default_states};
pub(crate) use minidump::{architecture_of, kind_of};
pub(crate) use registers::context as context_of;

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
    let Sketch { plan, contents, bytes } = lay_out(spec, options)?;
    let mut patches = plan.patches.clone();
    for Evaluated { offset, source, .. } in bytes.late(&spec.patches, None).within("patches")? {
        patches.push(FileBytes { file_offset: offset, bytes: source.bytes()? });
    }
    let mut size = plan.size;
    if let Some(truncate) = spec.truncate {
        if truncate > size {
            let text = format!("the dump has {size} bytes and cannot be cut to {truncate}");
            return Err(FixtureError::contradiction(text).within("truncate"));
        }
        size = truncate;
    }
    if size > options.max_size {
        return Err(Problem::TooLarge { size, limit: options.max_size }.into());
    }
    let image = Image::new(stretches(&plan.pieces, &contents, None), patches, size);
    Ok(image.with_notices(repeated_ids(spec)?.into_iter().collect()))
}

/// Says which ids several threads have: a dump may have such threads, and a spec mostly does not mean them.
fn repeated_ids(spec: &Spec) -> Result<Option<Notice>, FixtureError> {
    const MOST: usize = 16;
    let (mut seen, mut repeated) = (BTreeSet::new(), BTreeSet::new());
    for index in 0..spec.threads.len() {
        let tid = model::tid(spec, index)?;
        if !seen.insert(tid) {
            repeated.insert(tid);
        }
    }
    let named: Vec<String> = repeated.iter().take(MOST).map(u64::to_string).collect();
    let more = match repeated.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let notice = format!("several threads have the same id: {}{more}", named.join(", "));
    let notice = Notice::new(NoticeKind::RepeatedThreadId, notice);
    let notice = repeated.iter().take(MOST).fold(notice, |notice, tid| notice.about(Subject::Thread(*tid)));
    Ok((!repeated.is_empty()).then_some(notice))
}

/// The dump that a model of another dump says, of at most `limit` bytes.
pub(crate) fn image(model: &Model, of: &Dump, limit: u64) -> Result<Image, FixtureError> {
    let plan = dumpedit_formats::plan(model, limit)
        .map_err(|WriteError { problem, .. }| FixtureError::contradiction(problem.to_string()))?;
    let stretches = stretches(&plan.pieces, &Contents::default(), Some(of));
    Ok(Image::new(stretches, plan.patches, plan.size).with_notices(model.lost.clone()))
}

/// The dump that a changed model of another dump says, written whole: what the model does not hold of that dump is told by the image's
/// notices. The model has all bytes in memory that the dump does not have.
///
/// # Errors
/// [`FixtureError`] where the dump cannot be read, and where its container has no place for a part of the model.
pub fn rewritten(dump: &Dump, model: &Model) -> Result<Image, FixtureError> {
    let image = image(model, dump, u64::MAX)?;
    dump.check_reads()?;
    Ok(image)
}

/// A dump in the making, its registers set.
pub(crate) struct Sketch<'s> {
    pub(crate) plan: Plan,
    contents: Contents,
    bytes: Bytes<'s>,
}

impl Sketch<'_> {
    /// The tables, without the memory behind them.
    pub(crate) fn tables(&self) -> Result<Vec<u8>, FixtureError> {
        tables(&self.plan, &self.contents)
    }
}

/// Says where the bytes of a dump go.
pub(crate) fn lay_out<'s>(spec: &'s Spec, options: &'s SynthOptions) -> Result<Sketch<'s>, FixtureError> {
    misplaced::refuse(spec)?;
    let labels = Labels::of(&spec.memory)?;
    let nothing = Model::new(model::target(spec), model::blank_container(spec)?);
    let blank = tables(&plan_of(spec, &nothing, options, &[])?, &Contents::default())?;
    let mut bytes = Bytes::new(options, labels, blank)?;

    let zeroed = Drawing::of(spec, &bytes, None)?;
    let plan = plan_of(spec, &zeroed.model, options, &zeroed.inserted)?;
    let dump = Dump::from_bytes(tables(&plan, &zeroed.contents)?)
        .map_err(|error| FixtureError::contradiction(error.to_string()))?;
    let registers = Registers::set(spec, &bytes.labels, dump, plan)?;
    bytes.registers_are_set(registers.dump.clone());

    let Drawing { model, contents, inserted, .. } = Drawing::of(spec, &bytes, Some(&registers))?;
    let plan = plan_of(spec, &model, options, &inserted)?;
    Ok(Sketch { plan, contents, bytes })
}

/// Plans the file of a spec's model, of whose threads' notes so many come before those of the spec.
fn plan_of(
    spec: &Spec,
    model: &Model,
    options: &SynthOptions,
    inserted: &[usize],
) -> Result<Plan, FixtureError> {
    let plan = dumpedit_formats::plan(model, options.max_size);
    plan.map_err(|WriteError { problem, about }| {
        let steps = way_to(spec, about, inserted).unwrap_or_default();
        steps.into_iter().rev().fold(FixtureError::new(problem), FixtureError::within)
    })
}

/// The tables of a plan, without the memory behind them.
fn tables(plan: &Plan, contents: &Contents) -> Result<Vec<u8>, FixtureError> {
    let pieces = plan.pieces.iter().filter(|piece| piece.file_offset < plan.tables);
    let pieces: Vec<_> = pieces.cloned().collect();
    Ok(Image::new(stretches(&pieces, contents, None), plan.patches.clone(), plan.tables).to_bytes()?)
}

/// The way to a part of a model in its spec.
fn way_to(spec: &Spec, about: About, inserted: &[usize]) -> Option<Vec<Step>> {
    let size_or = |size: Option<u64>, other| if size.is_some() { "size" } else { other };
    Some(match about {
        About::Thread(index) => vec!["threads".into(), index.into(), "context".into(), "size".into()],
        About::Crash(index) => vec!["crash".into(), index.into(), "code".into()],
        About::Module(index) => vec!["modules".into(), index.into(), "base".into()],
        About::Memory(index) => vec!["memory".into(), index.into(), "at".into()],
        About::Stream(index) => {
            let key = size_or(spec.streams.get(index)?.size, "type");
            vec!["streams".into(), index.into(), key.into()]
        }
        About::LoadNote(index) => vec!["load_notes".into(), index.into(), "owner".into()],
        About::Note(thread, at) if spec.format == Format::MachOCore => {
            let state = spec.threads.get(thread)?.states.as_ref()?.get(at)?;
            let key = size_or(state.size, "flavor");
            vec!["threads".into(), thread.into(), "states".into(), at.into(), key.into()]
        }
        About::Note(thread, note) => {
            let at = note.checked_sub(*inserted.get(thread)?)?;
            let key = size_or(spec.threads.get(thread)?.notes.as_ref()?.get(at)?.size, "type");
            vec!["threads".into(), thread.into(), "notes".into(), at.into(), key.into()]
        }
        _ => return None,
    })
}
