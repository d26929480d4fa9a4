//! XSAVE components that are in use in only one of two records: how a script changes the one into the other so that it can be undone to the
//! last byte.
//!
//! Where the bytes of an unused component are the initial ones, its registers are set from `initial` or back to it, one by one. Where they
//! are others, which are never read, the bits of the XSAVE header are set before and after the registers, and all bytes are valid between
//! the two.

use dumpedit_layout::{BlockKind, Cell, ContextRecord, FileBytes, RegisterPart, View};

use super::setting::Setting;
use crate::diff::registers::{Compared, Pair, Views, compared};
use crate::diff::{Diff, DiffError, Side};
use crate::edit::Edit;
use crate::error::Error;

/// Lines for the components of two records; empty where there are none.
pub(super) struct Components {
    /// The records between the line that sets header bits first and the one that does so last.
    a: Edit,
    b: Edit,
    /// Components in use in A and in B, and between those lines.
    in_use: Option<InUse>,
}

struct InUse {
    a: u64,
    b: u64,
    between_a: u64,
    between_b: u64,
}

impl Components {
    /// The register of the mask of components in use.
    pub(super) const REGISTER: &str = "xstate_bv";

    /// Compares the headers of two records. `is_written` says whether file bytes of A were already written.
    pub(super) fn of(
        diff: &Diff,
        pair: &Pair<'_>,
        is_written: impl Fn(u64, u64) -> bool,
    ) -> Result<Components, DiffError> {
        let (mut a, mut b) = (diff.a.edit(), diff.b.edit());
        let (in_a, in_b) = (pair.a.1, pair.b.1);
        let header = |record: &ContextRecord| {
            let block = record.block(BlockKind::XstateHeader).filter(|block| block.size >= 8);
            block.map(|block| block.file_offset)
        };
        let is_open = |at: &u64| !is_written(*at, at.saturating_add(7));
        let Some(header_a) = header(in_a).filter(is_open) else {
            return Ok(Components { a, b, in_use: None });
        };
        let old = diff.a.view().gate_bits(header_a).map_err(Side::A.failed())?;
        let Some(header_b) = header(in_b).filter(|_| std::ptr::eq(in_a.format, in_b.format)) else {
            // Components that B's values need come into use in A as these are set.
            let in_use = InUse { a: old, b: u64::MAX, between_a: old, between_b: u64::MAX };
            return Ok(Components { a, b, in_use: Some(in_use) });
        };
        let new = diff.b.view().gate_bits(header_b).map_err(Side::B.failed())?;
        let mut first = 0u64;
        let mut last = 0u64;
        for number in 0..64 {
            let Some(component) = 1u64.checked_shl(number) else { continue };
            let (before, after) = (old & component != 0, new & component != 0);
            let needs_header = match (before, after) {
                (true, true) => false,
                (false, false) => {
                    let stale =
                        |edit: &Edit, record: &ContextRecord, bits| edit.stale(record, bits, component);
                    let stale_a = stale(&a, in_a, old).map_err(Side::A.failed())?;
                    stale_a != stale(&b, in_b, new).map_err(Side::B.failed())?
                }
                _ => {
                    !has_own_registers(in_a, component)
                        || opens_more(in_a, old, new, component)
                        || (after && !a.holds_initial(in_a, old, component).map_err(Side::A.failed())?)
                        || (before && !b.holds_initial(in_b, new, component).map_err(Side::B.failed())?)
                }
            };
            if needs_header {
                first |= component & !old;
                last |= component & !new;
            }
        }
        let in_use = InUse { a: old, b: new, between_a: old | first, between_b: new | last };
        let set = |edit: &mut Edit, context, bits: u64| edit.set_register(context, Self::REGISTER, bits);
        set(&mut a, pair.context_a(), in_use.between_a).map_err(Side::A.failed())?;
        set(&mut b, pair.context_b(), in_use.between_b).map_err(Side::B.failed())?;
        Ok(Components { a, b, in_use: Some(in_use) })
    }

    /// Both dumps between the two lines.
    pub(super) fn views(&self) -> Views<'_> {
        Views { a: self.a.view(), b: self.b.view() }
    }

    /// Header bits that are set before the registers: old and new.
    pub(super) fn first(&self) -> Option<(u64, u64)> {
        self.in_use.as_ref().map(|bits| (bits.a, bits.between_a)).filter(|(old, new)| old != new)
    }

    /// Header bits that are set after the registers: old and new.
    pub(super) fn last(&self) -> Option<(u64, u64)> {
        self.in_use.as_ref().map(|bits| (bits.between_b, bits.b)).filter(|(old, new)| old != new)
    }

    /// Whether a part belongs to the header, which has lines of its own.
    pub(super) fn is_header(&self, record: &ContextRecord, part: RegisterPart) -> bool {
        self.in_use.is_some() && record.registers().name(part.id) == Self::REGISTER
    }

    /// A mask of the components that come into use or go out of use with their registers.
    fn changing(&self) -> u64 {
        let is_known = |bits: &&InUse| bits.between_b != u64::MAX;
        self.in_use.as_ref().filter(is_known).map_or(0, |bits| bits.between_a ^ bits.between_b)
    }

    /// Whether the bits that some components validate are initial between the two lines: in A, and in B.
    fn is_initial(&self, gate: u64) -> [bool; 2] {
        let Some(bits) = &self.in_use else { return [false, false] };
        [bits.between_a, bits.between_b].map(|in_use| gate != 0 && gate & in_use == 0)
    }

    /// The settings for a register of which not all bits are valid in both: for each range of its bits, since setting more than the
    /// difference would bring components into use. `None` for any other register.
    pub(super) fn settings(
        &self,
        views: Views<'_>,
        pair: &Pair<'_>,
        part: RegisterPart,
    ) -> Result<Option<Vec<Setting>>, DiffError> {
        let record = pair.a.1;
        let Some(View { parent: whole, at_bit }) = record.registers().root(part) else { return Ok(None) };
        let cells = record.cells(whole);
        if !cells.iter().any(|cell| self.is_initial(cell.gate).contains(&true)) {
            return Ok(None);
        }
        let mut settings = Vec::new();
        let end = at_bit.saturating_add(part.bits);
        for cell in cells.iter().filter(|cell| cell.copy == 1 && cell.at_bit < end && at_bit < cell.end()) {
            for part in record.parts_of(whole, cell.at_bit, cell.bits, None) {
                for compared in compared(views, pair, part)? {
                    settings.push(self.setting(&cells, *cell, compared));
                }
            }
        }
        Ok(Some(settings))
    }

    fn setting(&self, cells: &[Cell], cell: Cell, compared: Compared) -> Setting {
        // A copy that is always valid is set to a number.
        let gate = match compared.part.copy {
            None => cell.gate,
            Some(copy) => cells
                .iter()
                .find(|other| other.copy == copy && (other.at_bit, other.bits) == (cell.at_bit, cell.bits))
                .map_or(0, |other| other.gate),
        };
        let [from_initial, to_initial] = self.is_initial(gate);
        Setting { from_initial, to_initial, always: false, compared }
    }

    /// Adds a setting for each component that changes without any.
    pub(super) fn complete(&self, record: &ContextRecord, settings: &mut [Setting]) {
        let changing = self.changing();
        for component in
            (0..64).filter_map(|number| 1u64.checked_shl(number)).filter(|bit| changing & bit != 0)
        {
            let is_of = |setting: &Setting| {
                (setting.from_initial || setting.to_initial)
                    && gate_of(record, setting.compared.part) == component
            };
            if settings.iter().any(|setting| is_of(setting) && setting.compared.differs()) {
                continue;
            }
            if let Some(setting) = settings.iter_mut().find(|setting| is_of(setting)) {
                setting.always = true;
            }
        }
    }
}

impl Edit {
    /// Whether the bytes of an unused component, where `in_use` are in use, are the initial ones.
    fn holds_initial(&self, record: &ContextRecord, in_use: u64, component: u64) -> Result<bool, Error> {
        self.is_initial(&record.waking(in_use, in_use | component))
    }

    /// The bytes of an unused component.
    fn stale(&self, record: &ContextRecord, in_use: u64, component: u64) -> Result<Vec<Vec<u8>>, Error> {
        let read = |FileBytes { file_offset, mut bytes }| {
            self.view().file_bytes(file_offset, &mut bytes)?;
            Ok(bytes)
        };
        record.waking(in_use, in_use | component).into_iter().map(read).collect()
    }
}

/// The components that validate a part's bits, in the first copy of it that depends on any.
fn gate_of(record: &ContextRecord, part: RegisterPart) -> u64 {
    let Some(View { parent: whole, at_bit }) = record.registers().root(part) else { return 0 };
    let holds = |cell: &&Cell| cell.at_bit <= at_bit && at_bit < cell.end();
    record.cells(whole).iter().filter(holds).map(|cell| cell.gate).find(|gate| *gate != 0).unwrap_or(0)
}

/// Whether some registers are valid where only this component is in use.
fn has_own_registers(record: &ContextRecord, component: u64) -> bool {
    record.format.runs.iter().any(|run| run.gate == component && record.block(run.block).is_some())
}

/// Whether registers that several components validate, this one among them, are valid for one of two sets of components only.
fn opens_more(record: &ContextRecord, old: u64, new: u64, component: u64) -> bool {
    record.format.runs.iter().any(|run| {
        run.gate & component != 0 && run.gate != component && (run.gate & old == 0) != (run.gate & new == 0)
    })
}
