//! Which record a context is, by the machine, its size and its flags, and where its registers stand.

use std::collections::HashSet;

use dumpedit_layout::{BlockKind, ContextRecord, LayoutBuilder, Machine, RecordFormat, RecordKind};

use super::stream::{Dump, Place};
use super::xstate::{self, Features};
use super::{context_amd64, context_arm, context_arm64, context_arm64_old, context_x86};

/// A kind of context.
pub(super) struct ContextKind {
    pub(super) format: &'static RecordFormat,
    /// Its size in bytes, without what may follow it.
    pub(super) size: u64,
    /// Where its ContextFlags stand, in bytes.
    pub(super) flags_at: u64,
    /// The bit of its ContextFlags that names the machine.
    pub(super) cpu: u32,
    /// The bits of its ContextFlags that name groups of registers.
    pub(super) groups: u32,
    /// Whether a CONTEXT_EX may follow it.
    pub(super) extends: bool,
}

static KINDS: &[&ContextKind] = &[
    &context_amd64::KIND,
    &context_x86::KIND,
    &context_x86::WITHOUT_EXTENDED_REGISTERS,
    &context_arm64::KIND,
    &context_arm64_old::KIND,
    &context_arm::WINDOWS,
    &context_arm::BREAKPAD,
    &context_arm::CRASHPAD_UNALIGNED,
];

impl ContextKind {
    fn flags(&self, dump: &Dump<'_>, place: Place) -> Option<u32> {
        let inside = self.flags_at.checked_add(4)? <= place.size;
        dump.read(place.offset.checked_add(self.flags_at)?).filter(|_| inside)
    }

    fn names_its_machine(&self, dump: &Dump<'_>, place: Place) -> bool {
        self.flags(dump, place).is_some_and(|flags| flags & self.cpu != 0)
    }
}

/// The kind of a context: among those of the machine, one whose bit its flags have; the largest that fits.
fn kind_of(dump: &Dump<'_>, machine: Machine, place: Place) -> Option<&'static ContextKind> {
    let of_machine = |kind: &&&'static ContextKind| kind.format.machine == machine;
    let mut kinds: Vec<&'static ContextKind> = KINDS.iter().filter(of_machine).copied().collect();
    if kinds.iter().any(|kind| kind.names_its_machine(dump, place)) {
        kinds.retain(|kind| kind.names_its_machine(dump, place));
    }
    kinds.into_iter().filter(|kind| kind.size <= place.size).max_by_key(|kind| kind.size)
}

/// The machine that contexts are of, for a dump that does not say.
pub(super) fn machine_of(dump: &Dump<'_>, mut contexts: impl Iterator<Item = Place>) -> Option<Machine> {
    contexts.find_map(|place| {
        let fitting =
            KINDS.iter().filter(|kind| kind.size <= place.size && kind.names_its_machine(dump, place));
        fitting.max_by_key(|kind| kind.size).map(|kind| kind.format.machine)
    })
}

/// Makes records of the contexts of one dump.
pub(super) struct Contexts<'a> {
    dump: &'a Dump<'a>,
    machine: Machine,
    features: Option<Features>,
    /// XSAVE components that are there and have no table.
    untabled: HashSet<u8>,
}

impl<'a> Contexts<'a> {
    pub(super) fn new(dump: &'a Dump<'a>, machine: Machine) -> Self {
        Contexts { dump, machine, features: xstate::features(dump), untabled: HashSet::new() }
    }

    /// The record at a place; `None` where there is none that a table describes.
    pub(super) fn record(
        &mut self,
        layout: &mut LayoutBuilder,
        kind: RecordKind,
        place: Place,
    ) -> Option<ContextRecord> {
        if place.size == 0 {
            return None;
        }
        if self.dump.meets_a_table(place) {
            layout.count("contexts left out, since they lie in the dump's own tables", place.offset);
            return None;
        }
        layout.structure(place.offset, place.size);
        let Some(general) = layout.block(BlockKind::General, place.offset, place.size) else {
            layout.count("contexts past the end of the file", place.offset);
            return None;
        };
        if general.size < place.size {
            layout.count("contexts cut off by the end of the file", place.offset);
        }
        let Some(context) = kind_of(self.dump, self.machine, place) else {
            layout.count("contexts of a kind that no table describes", place.offset);
            return None;
        };
        let mut blocks = vec![general];
        if context.extends
            && let Some(area) = xstate::area(self.dump, place, context.size)
        {
            blocks.extend(xstate::blocks(
                self.dump,
                layout,
                area,
                self.features.as_ref(),
                &mut self.untabled,
            ));
        }
        let flags = context.flags(self.dump, place).unwrap_or(0);
        let groups = if flags & context.groups == 0 {
            layout.count(
                "contexts whose flags name no group of registers, so that all are taken to be there",
                place.offset,
            );
            u32::MAX
        } else {
            flags & 0xff
        };
        Some(ContextRecord { kind, format: context.format, blocks, address: None, flags: groups })
    }

    /// Names the XSAVE components that were found and have no table.
    pub(super) fn name_untabled(self, layout: &mut LayoutBuilder) {
        let mut untabled: Vec<u8> = self.untabled.into_iter().collect();
        untabled.sort_unstable();
        for component in untabled {
            layout.untouched(format!("XSAVE component {component}"));
        }
    }
}
