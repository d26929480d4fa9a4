//! Knows which functions describe and make the dumps of each container: one row each. What is no function is in `facts.rs`.

use dumpedit::{Format, Notice};
use dumpedit_formats::model::{self, Model};

use crate::describe::{self, Describing};
use crate::error::{FixtureError, Problem};
use crate::spec::Spec;
use crate::synth::{self, Drawing};

/// What differs by container.
pub(crate) struct Container {
    format: Format,
    /// Adds what only this container has to a spec that has memory and modules.
    pub(crate) describe: fn(&mut Describing<'_>),
    /// Takes out of a spec what `draw` adds by itself.
    pub(crate) simplify: fn(&mut Spec),
    /// What of a model no spec says.
    pub(crate) lost: fn(&Model) -> Vec<Notice>,
    /// A spec with what readers need besides, where something is missing.
    pub(crate) complete: fn(&Spec) -> Result<Option<Spec>, FixtureError>,
    /// The header of a spec, without notes and streams.
    pub(crate) blank: fn(&Spec) -> Result<model::Container, FixtureError>,
    /// Adds what only this container has to a model that has memory and modules.
    pub(crate) draw: fn(&mut Drawing<'_, '_>) -> Result<(), FixtureError>,
}

static CONTAINERS: &[Container] = &[
    Container {
        format: Format::Minidump,
        describe: describe::minidump::describe,
        simplify: describe::minidump::simplify,
        lost: |_| Vec::new(),
        complete: |_| Ok(None),
        blank: synth::minidump::container,
        draw: synth::minidump::draw,
    },
    Container {
        format: Format::ElfCore,
        describe: describe::elf::describe,
        simplify: describe::elf::simplify,
        lost: describe::elf::lost,
        complete: synth::elf::with_mapped_modules,
        blank: synth::elf::container,
        draw: synth::elf::draw,
    },
    Container {
        format: Format::MachOCore,
        describe: describe::macho::describe,
        simplify: describe::macho::simplify,
        lost: |model| describe::macho::lost(model).into_iter().collect(),
        complete: |_| Ok(None),
        blank: synth::macho::container,
        draw: synth::macho::draw,
    },
    Container {
        format: Format::Triage,
        describe: describe::triage::describe,
        simplify: describe::minidump::simplify,
        lost: |_| Vec::new(),
        complete: |_| Ok(None),
        blank: synth::triage::container,
        draw: synth::triage::draw,
    },
];

/// The row of a format.
pub(crate) fn container(format: Format) -> Result<&'static Container, FixtureError> {
    let found = CONTAINERS.iter().find(|container| container.format == format);
    found.ok_or_else(|| Problem::Format { format }.into())
}
