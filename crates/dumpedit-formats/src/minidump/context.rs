//! Kind of a context, by machine, size and flags, and the places of its registers.

use std::collections::HashSet;

use dumpedit_layout::{
    BlockKind, ContextRecord, LayoutBuilder, Machine, NoticeKind, Place, RecordKind, Subject,
};

use super::stream::Dump;
use super::xstate::{self, Features};
use crate::registers::context_kind::{ContextKind, Fit, GROUPS};
use crate::registers::contexts::KINDS;

impl ContextKind {
    fn flags(&self, dump: &Dump<'_>, place: Place) -> Option<u32> {
        let at = self.flags_place(dump.byte_order());
        let inside = at.checked_add(4)? <= place.size;
        dump.read(place.file_offset.checked_add(at)?).filter(|_| inside)
    }

    /// Whether the flags have the bit of this kind's machine. A bit that on other machines is about the origin of a context names no
    /// machine beside a bit that does.
    fn names_its_machine(&self, dump: &Dump<'_>, place: Place) -> bool {
        let is_sure = |flags: u32| self.cpu & MACHINES != 0 || flags & MACHINES == 0;
        self.flags(dump, place).is_some_and(|flags| flags & self.cpu != 0 && is_sure(flags))
    }

    /// Whether a context of this kind can be there.
    fn fits(&self, dump: &Dump<'_>, place: Place) -> bool {
        match self.fit {
            Fit::Room => self.size <= place.size,
            Fit::Named => self.size <= place.size && self.is_named_alone(dump, place),
            Fit::Size => self.size == place.size,
        }
    }

    /// Whether the flags have the bit of this kind's machine, groups, and no undefined bits.
    fn is_named_alone(&self, dump: &Dump<'_>, place: Place) -> bool {
        self.flags(dump, place).is_some_and(|flags| {
            let others = flags & !(self.cpu | GROUPS | ORIGIN);
            others == 0 && flags & self.cpu != 0 && flags & self.groups != 0
        })
    }

    /// Whether an XSAVE area follows, by the flags (`CONTEXT_XSTATE`).
    pub(super) fn has_extended_state(&self, dump: &Dump<'_>, place: Place) -> bool {
        const XSTATE: u32 = 0x40;
        self.flags(dump, place).is_some_and(|flags| flags & XSTATE != 0)
    }

    /// Whether the flags have the bit of a machine that is not this kind's.
    fn another_is_named(&self, dump: &Dump<'_>, place: Place) -> bool {
        self.flags(dump, place).is_some_and(|flags| flags & MACHINES & !self.cpu != 0)
    }
}

/// Bits that name a machine, and have no other meaning on any machine.
const MACHINES: u32 = 0x1ff_0000;

/// Bits about the origin of the context (`CONTEXT_EXCEPTION_ACTIVE` and others).
pub(super) const ORIGIN: u32 = 0xf800_0000;

/// The kind of a context, the largest that fits: of the dump's machine where its flags name that alone; else of another machine that they
/// name alone; else of the dump's machine, unless they name others only.
pub(super) fn kind_of(dump: &Dump<'_>, machine: Machine, place: Place) -> Option<&'static ContextKind> {
    let largest = |fits: &dyn Fn(&ContextKind) -> bool| {
        let kinds = KINDS.iter().copied().filter(|kind| kind.fits(dump, place) && fits(kind));
        kinds.max_by_key(|kind| kind.size)
    };
    let own = |kind: &ContextKind| kind.format.machine == machine;
    let named = |kind: &ContextKind| own(kind) && kind.names_its_machine(dump, place);
    let is_named = KINDS.iter().any(|kind| named(kind));
    // The flags of another machine may be at the offset of other values, which can have the bit as well.
    let is_sure = KINDS.iter().any(|kind| named(kind) && !kind.another_is_named(dump, place));
    if is_sure {
        return largest(&named);
    }
    largest(&|kind| !own(kind) && kind.is_named_alone(dump, place)).or_else(|| match is_named {
        true => largest(&named),
        false => largest(&|kind| own(kind) && !kind.another_is_named(dump, place)),
    })
}

/// The machine of the contexts, where it is not the dump's and all of them are of that one.
pub(super) fn other_machine(
    dump: &Dump<'_>,
    machine: Machine,
    contexts: impl Iterator<Item = Place>,
) -> Option<Machine> {
    let mut machines = contexts.filter_map(|place| Some(kind_of(dump, machine, place)?.format.machine));
    let first = machines.next().filter(|first| *first != machine)?;
    machines.all(|other| other == first).then_some(first)
}

/// The machine of contexts, for a dump that does not name it.
pub(super) fn machine_of(dump: &Dump<'_>, mut contexts: impl Iterator<Item = Place>) -> Option<Machine> {
    contexts.find_map(|place| {
        let fitting =
            KINDS.iter().filter(|kind| kind.fits(dump, place) && kind.names_its_machine(dump, place));
        fitting.max_by_key(|kind| kind.size).map(|kind| kind.format.machine)
    })
}

/// Makes records from the contexts of one dump.
pub(super) struct Contexts<'a> {
    dump: &'a Dump<'a>,
    machine: Machine,
    features: Option<Features>,
    /// XSAVE components that have no table.
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
            layout.count(NoticeKind::ContextInTables, Subject::FileOffset(place.file_offset));
            return None;
        }
        layout.structure(place.file_offset, place.size);
        let Some(general) = layout.block(BlockKind::General, place.file_offset, place.size) else {
            layout.count(NoticeKind::ContextPastEnd, Subject::FileOffset(place.file_offset));
            return None;
        };
        if general.size < place.size {
            layout.count(NoticeKind::ContextCutOff, Subject::FileOffset(place.file_offset));
        }
        let Some(context) = kind_of(self.dump, self.machine, place) else {
            layout.count(NoticeKind::ContextUnknown, Subject::FileOffset(place.file_offset));
            return None;
        };
        let mut blocks = vec![general];
        let mut unplaced = 0;
        if context.extends
            && let Some(area) = xstate::area(self.dump, place, context.size)
        {
            let features = self.features.as_ref();
            blocks.extend(xstate::blocks(self.dump, layout, area, features, &mut self.untabled));
            unplaced = xstate::unplaced(self.dump, area, features);
        }
        let mut record = ContextRecord::new(kind, context.format, blocks);
        record.unplaced = unplaced;
        if context.format.machine != self.machine {
            layout.count(NoticeKind::ContextOfAnotherMachine, Subject::FileOffset(place.file_offset));
            record.oddity = Some("its flags name a different machine than SystemInfo");
        }
        let flags = context.flags(self.dump, place).unwrap_or(0);
        if flags & context.groups == 0 {
            layout.count(NoticeKind::ContextWithoutGroups, Subject::FileOffset(place.file_offset));
            record.oddity = Some("its flags name no group of registers, so all are read as present");
        } else {
            record.flags = flags & GROUPS;
        }
        Some(record)
    }

    /// Adds a notice of the XSAVE components that have no table.
    pub(super) fn name_untabled(self, layout: &mut LayoutBuilder) {
        let mut untabled: Vec<u8> = self.untabled.into_iter().collect();
        untabled.sort_unstable();
        for component in untabled {
            layout.untouched(format!("XSAVE component {component}"));
        }
    }
}
