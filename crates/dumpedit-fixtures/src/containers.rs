//! Functions that describe and make the dumps of each container, one row each. Properties that are no functions are in `facts.rs`.

use dumpedit::{Format, Notice};
use dumpedit_formats::model::{self, Model};

use crate::describe::{self, Describing};
use crate::error::{FixtureError, Problem};
use crate::spec::Spec;
use crate::synth::{self, Drawing};

/// Functions of a container.
pub(crate) struct Container {
    format: Format,
    /// Adds the parts that only this container has to a spec that has memory and modules.
    pub(crate) describe: fn(&mut Describing<'_>),
    /// Removes values from a spec that `draw` adds by itself.
    pub(crate) simplify: fn(&mut Spec),
    /// Notices of the parts of a model that a spec cannot hold.
    pub(crate) lost: fn(&Model) -> Vec<Notice>,
    /// A spec completed with parts that readers need; `None` where none are missing.
    pub(crate) complete: fn(&Spec) -> Result<Option<Spec>, FixtureError>,
    /// The header of a spec, without notes and streams.
    pub(crate) blank: fn(&Spec) -> Result<model::Container, FixtureError>,
    /// Adds the parts that only this container has to a model that has memory and modules.
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
