//! Plans a spec's dump: first its model with zeroed records, then the model with the registers that are set by name in the dump of the
//! first.

use dumpedit::Dump;
use dumpedit_formats::model::{Model, Target};
use dumpedit_formats::write::{About, Plan, WriteError};

use super::bytes::Bytes;
use super::contents::{Contents, stretches};
use super::drawing::Drawing;
use super::options::SynthOptions;
use super::registers::Registers;
use crate::containers::container;
use crate::error::FixtureError;
use crate::image::Image;
use crate::labels::Labels;
use crate::spec::{Spec, Step};

/// A plan of a dump with its registers set.
pub(crate) struct Sketch<'s> {
    pub(crate) plan: Plan,
    pub(super) contents: Contents,
    pub(super) bytes: Bytes<'s>,
}

impl Sketch<'_> {
    /// The tables, without the memory behind them.
    pub(crate) fn tables(&self) -> Result<Vec<u8>, FixtureError> {
        tables(&self.plan, &self.contents)
    }
}

/// Plans the dump of a spec.
pub(crate) fn lay_out<'s>(spec: &'s Spec, options: &'s SynthOptions) -> Result<Sketch<'s>, FixtureError> {
    let labels = Labels::of(&spec.memory)?;
    let nothing = Model::new(target(spec), (container(spec.format)?.blank)(spec)?);
    let blank = tables(&plan_of(spec, &nothing, options, &[])?, &Contents::default())?;
    let mut bytes = Bytes::new(options, labels, blank)?;

    let zeroed = drawn(spec, &bytes, None)?;
    let plan = plan_of(spec, &zeroed.model, options, &zeroed.inserted)?;
    let dump = Dump::from_bytes(tables(&plan, &zeroed.contents)?)
        .map_err(|error| FixtureError::contradiction(error.to_string()))?;
    let registers = Registers::set(spec, &bytes.labels, dump, plan)?;
    bytes.registers_are_set(registers.dump.clone());

    let Drawing { model, contents, inserted, .. } = drawn(spec, &bytes, Some(&registers))?;
    let plan = plan_of(spec, &model, options, &inserted)?;
    Ok(Sketch { plan, contents, bytes })
}

/// The model of a spec: without `registers` with zeroed records; else with these, and with values that follow from them.
fn drawn<'d, 's>(
    spec: &'d Spec,
    bytes: &'d Bytes<'s>,
    registers: Option<&'d Registers>,
) -> Result<Drawing<'d, 's>, FixtureError> {
    let container = container(spec.format)?;
    let model = Model::new(target(spec), (container.blank)(spec)?);
    let mut drawing = Drawing::of(spec, bytes, registers, model);
    drawing.memory()?;
    drawing.modules()?;
    (container.draw)(&mut drawing)?;
    Ok(drawing)
}

fn target(spec: &Spec) -> Target {
    Target::new(spec.format, spec.machine, spec.byte_order)
}

/// Plans the file of a spec's model. `inserted` is the number of notes of each thread in front of those of the spec.
fn plan_of(
    spec: &Spec,
    model: &Model,
    options: &SynthOptions,
    inserted: &[usize],
) -> Result<Plan, FixtureError> {
    let plan = dumpedit_formats::plan(model, options.max_size);
    plan.map_err(|WriteError { problem, about, .. }| {
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

/// The path in a spec to a part of its model.
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
        About::Note(thread, at) if spec.threads.get(thread)?.states.is_some() => {
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
