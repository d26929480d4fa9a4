//! Differences between two dumps outside of memory and registers: notes, streams, header fields, modules, crashes.

use std::collections::{HashMap, HashSet};

use dumpedit_layout::{Fault, FilePart, Layout, Place, Span, ThreadIndex, joined};

use super::Diff;
use super::fields::{Difference, Fields};
use super::registers::beside_registers;
use super::side::{DiffError, Side};
use crate::dump::Dump;
use crate::error::{Error, Walked};
use crate::view::View;

/// A part that is in one dump only, or differs between both.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutsideDifference {
    /// Name: `NT_PRPSINFO`, `LinuxEnviron`, `modules`.
    pub name: String,
    /// File offset of the first difference in each dump, in bytes. `None` in a dump without the part, and for parts that are compared by
    /// meaning.
    pub file_offsets: [Option<u64>; 2],
    /// Values in each dump, in words, of a named field whose values are short.
    pub values: Option<[String; 2]>,
    /// The only dump that has it.
    pub only_in: Option<Side>,
}

/// Number of bytes of a part that are compared at once.
const BLOCK: u64 = 1 << 16;

impl Diff {
    /// Differences outside of memory and registers. Streams that hold file offsets are compared by meaning, as far as it is known. Dumps of
    /// different formats have nothing to compare there.
    ///
    /// # Errors
    /// [`DiffError`] where a dump cannot be read any more, or where its notes or streams overlap so that they have far more bytes than the
    /// file.
    pub fn outside(&self) -> Result<Vec<OutsideDifference>, DiffError> {
        self.outside_of([self.a.view(), self.b.view()])
    }

    /// The same, with an uncommitted edit of A.
    pub(super) fn outside_of(&self, views: [View<'_>; 2]) -> Result<Vec<OutsideDifference>, DiffError> {
        let (a, b) = (self.a.layout(), self.b.layout());
        if a.format() != b.format() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        check_size(&self.a).map_err(Side::A.failed())?;
        check_size(&self.b).map_err(Side::B.failed())?;
        let (parts_a, parts_b) = (parts(a), parts(b));
        let by_name: HashMap<&(&str, usize), Place> =
            parts_b.iter().map(|(name, place)| (name, *place)).collect();
        let in_a: HashSet<&(&str, usize)> = parts_a.iter().map(|(name, _)| name).collect();
        for (name, place) in &parts_a {
            let other = by_name.get(name).copied();
            let file_offsets = match other {
                Some(other) => match self.first_difference([*place, other], views)? {
                    Some(skipped) => {
                        [place.file_offset, other.file_offset].map(|at| Some(at.saturating_add(skipped)))
                    }
                    None => continue,
                },
                None => [Some(place.file_offset), None],
            };
            let only_in = other.is_none().then_some(Side::A);
            found.push(OutsideDifference { name: name.0.to_owned(), file_offsets, values: None, only_in });
        }
        for (name, place) in parts_b.iter().filter(|(name, _)| !in_a.contains(name)) {
            let file_offsets = [None, Some(place.file_offset)];
            let only_in = Some(Side::B);
            found.push(OutsideDifference { name: name.0.to_owned(), file_offsets, values: None, only_in });
        }
        let fields = |view: View<'_>, side: Side| {
            let is_compared =
                |stream: &str| view.dump.layout().compared_parts().any(|part| part.name == stream);
            Fields::read(view, is_compared).map_err(side.failed())
        };
        let [fields_a, fields_b] = [fields(views[0], Side::A)?, fields(views[1], Side::B)?];
        let differences = fields_a.differences(&fields_b, views).map_err(Side::A.failed())?;
        // Differences of fields are not reported again under their heading.
        let told = |root: &str| differences.iter().any(|one| one.name.starts_with(root));
        let meant = meanings(a, b).into_iter().filter(|(_, same, root)| !same && !told(root));
        let meant: Vec<OutsideDifference> = meant.map(|(name, ..)| meant_differs(name)).collect();
        found.splice(0..0, meant);
        let differences = differences.into_iter().chain(beside_registers(self, views)?);
        found.extend(differences.map(|one| {
            let Difference { name, file_offsets, values } = one;
            OutsideDifference { name, file_offsets, values, only_in: None }
        }));
        Ok(found)
    }

    /// Offset of the first byte that differs between two parts. Records of registers are skipped.
    fn first_difference(&self, [a, b]: [Place; 2], views: [View<'_>; 2]) -> Result<Option<u64>, DiffError> {
        let common = a.size.min(b.size);
        let records = records_in(self.a.layout(), a);
        let mut done = 0u64;
        while done < common {
            let size = usize::try_from((common.saturating_sub(done)).min(BLOCK)).unwrap_or(0);
            let (mut one, mut other) = (vec![0; size], vec![0; size]);
            let read = |view: View<'_>, place: Place, into: &mut [u8]| {
                let held =
                    view.dump.layout().file_size().saturating_sub(place.file_offset.saturating_add(done));
                let held = usize::try_from(held).unwrap_or(usize::MAX).min(into.len());
                view.file_bytes(
                    place.file_offset.saturating_add(done),
                    into.get_mut(..held).unwrap_or_default(),
                )
            };
            read(views[0], a, &mut one).map_err(Side::A.failed())?;
            read(views[1], b, &mut other).map_err(Side::B.failed())?;
            let in_record = |at: u64| {
                let behind = records.partition_point(|span| span.first <= at);
                let before = behind.checked_sub(1).and_then(|before| records.get(before));
                before.is_some_and(|span| at <= span.last)
            };
            let differs = (done..).zip(one.iter().zip(&other)).filter(|(_, (one, other))| one != other);
            if let Some((at, _)) =
                differs.into_iter().find(|(at, _)| !in_record(a.file_offset.saturating_add(*at)))
            {
                return Ok(Some(at));
            }
            done = done.saturating_add(size as u64);
        }
        Ok(Some(common).filter(|_| a.size != b.size))
    }
}

fn meant_differs(name: &str) -> OutsideDifference {
    OutsideDifference { name: name.to_owned(), file_offsets: [None, None], values: None, only_in: None }
}

/// Parts that are compared by meaning: heading, whether they are equal, and the root of their fields' names.
fn meanings(a: &Layout, b: &Layout) -> [(&'static str, bool, &'static str); 4] {
    let names = |layout: &Layout| -> Vec<(u64, Option<String>)> {
        layout.threads().iter().map(|thread| (thread.tid, thread.name.clone())).collect()
    };
    // Indices of threads change in a list that lacks one.
    let faults = |layout: &Layout| -> Vec<(Option<u64>, Fault)> {
        let tid = |index: ThreadIndex| Some(layout.threads().get(usize::try_from(index.0).ok()?)?.tid);
        let of_no_thread = |mut fault: Fault| {
            let tid = tid(fault.thread);
            fault.thread = ThreadIndex(0);
            (tid, fault)
        };
        layout.faults().iter().cloned().map(of_no_thread).collect()
    };
    [
        (
            "machine",
            (a.machine(), a.byte_order(), a.os()) == (b.machine(), b.byte_order(), b.os()),
            "system.",
        ),
        ("modules", a.modules() == b.modules(), "module["),
        ("crash", faults(a) == faults(b), "crash"),
        // Threads that only one dump has are reported themselves.
        ("names of threads", a.threads().len() != b.threads().len() || names(a) == names(b), "thread["),
    ]
}

/// The parts that are compared byte by byte, by name and by their order among those of one name.
fn parts(layout: &Layout) -> Vec<((&str, usize), Place)> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let numbered = layout.compared_parts().map(|FilePart { name, place, .. }| {
        let count = counts.entry(name).or_default();
        let key = (name, *count);
        *count = count.saturating_add(1);
        (key, place)
    });
    numbered.collect()
}

/// File ranges of records inside of a part, in order and disjoint.
fn records_in(layout: &Layout, part: Place) -> Vec<Span> {
    let records = layout.records_holding(Span::of(part.file_offset, part.size), usize::MAX);
    let blocks = records.flat_map(|found| &found.record.blocks);
    joined(blocks.filter_map(|block| Span::of(block.file_offset, block.size)))
}

/// Refuses parts that overlap so that they have far more bytes than the file.
fn check_size(dump: &Dump) -> Result<(), Error> {
    let layout = dump.layout();
    let file_size = layout.file_size();
    let limit = file_size.saturating_mul(4).saturating_add(1 << 24);
    let size = layout.compared_parts().fold(0u64, |total, part| total.saturating_add(part.place.size));
    let what = Walked::NotesAndStreams;
    if size > limit { Err(Error::Repeated { what, size, file_size, limit }) } else { Ok(()) }
}
