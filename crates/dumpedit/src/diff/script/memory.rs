//! The lines that write memory.

use std::ops::ControlFlow;

use dumpedit_layout::{Access, Context, Layout, NoticeKind, Subject};

use super::copies::{self, Copy};
use super::{Writer, bytes_at};
use crate::diff::memory::read_into;
use crate::diff::{DiffError, Side};
use crate::dump::Dump;
use crate::edit::EditOptions;
use crate::notation::{At, Line, Operation, Value};

/// Maximum number of copies of one range that are compared; real dumps have a handful.
const MOST_COPIES: usize = 256;

/// Maximum number of addresses of one range of file bytes that are compared.
const MOST_ALIASES: usize = 4096;

/// Conditions of writing a byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct How {
    /// Whether all copies hold the old byte, so that it can be expected.
    expect: bool,
    /// Whether some of the copies were already written: in one line with another byte, the two might need different values.
    alone: bool,
    /// Whether a copy of it belongs to the format's own structures.
    structure: bool,
}

/// Bytes at consecutive addresses for one line.
#[derive(Default)]
struct Run {
    address: u64,
    old: Vec<u8>,
    new: Vec<u8>,
    how: How,
    /// Whether other addresses may have the same file bytes.
    shared: bool,
}

impl Writer<'_> {
    /// Writes the lines for a difference between the bytes that reads take.
    pub(super) fn difference(
        &mut self,
        address: u64,
        old: &[u8],
        new: &[u8],
    ) -> Result<ControlFlow<()>, DiffError> {
        let layout = self.diff.a.layout();
        let copies = copies_of(&self.diff.a, address, old.len())?;
        let held: u64 = copies.iter().map(|copy| copy.size).fold(0, u64::saturating_add);
        let plain = |copy: &Copy| {
            !self.written.is_shared(copy.file_offset, copy.file_last())
                && layout.structure_in(copy.file_offset, copy.file_last()).is_none()
        };
        if held == old.len() as u64 && copies.iter().all(plain) {
            return Ok(self.write(address, old, new, How { expect: true, ..How::default() }));
        }
        self.carefully(address, old, new, &copies, false)
    }

    /// Writes the lines for a difference in copies that reads skip: `old` and `new` are file bytes.
    pub(super) fn unread_difference(
        &mut self,
        file_offset: u64,
        old: &[u8],
        new: &[u8],
    ) -> Result<ControlFlow<()>, DiffError> {
        let diff = self.diff;
        let last = file_offset.saturating_add(old.len() as u64).saturating_sub(1);
        // One address of each byte is enough.
        let (mut found, mut next) = (Vec::new(), file_offset);
        diff.a.layout().addresses_of(file_offset, last, |address, from, size| {
            let known = next.saturating_sub(from);
            if let Some(size) = size.checked_sub(known).filter(|size| *size > 0) {
                let (address, from) = (address.saturating_add(known), from.saturating_add(known));
                found.push((address, from, size));
                next = from.saturating_add(size);
            }
            next <= last
        });
        for (address, from, size) in found {
            let here = bytes_at(from.saturating_sub(file_offset), size);
            let (old, new) = (old.get(here.clone()), new.get(here));
            let both = old.unwrap_or_default().iter().zip(new.unwrap_or_default());
            let differs: Vec<bool> = both.map(|(old, new)| old != new).collect();
            if copies_of(&diff.a, address, differs.len())?.len() > MOST_COPIES {
                self.untold(NoticeKind::ManyCopies, Subject::Address(address));
                continue;
            }
            let (mut in_a, mut in_b) = (vec![0; differs.len()], vec![0; differs.len()]);
            read_memory(&diff.a, Side::A, address, &mut in_a)?;
            read_memory(&diff.b, Side::B, address, &mut in_b)?;
            // A difference between bytes that reads take already has a line.
            let wanted = |at: usize| {
                let inside = address.checked_add(at as u64).is_some_and(|at| diff.covers(at));
                inside && differs.get(at) == Some(&true) && in_a.get(at) == in_b.get(at)
            };
            let mut at = 0;
            while at < differs.len() {
                let end = (at..differs.len()).find(|&end| !wanted(end)).unwrap_or(differs.len());
                if at < end {
                    let start = address.saturating_add(at as u64);
                    let copies = copies_of(&diff.a, start, end - at)?;
                    let (old, new) = (in_a.get(at..end), in_b.get(at..end));
                    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
                    if self.carefully(start, old, new, &copies, true)?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
                at = end.saturating_add(1);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Writes lines for bytes with copies, aliases or structures among them. `unread` is set where reads see no difference and the copies
    /// are to be made equal.
    fn carefully(
        &mut self,
        address: u64,
        old: &[u8],
        new: &[u8],
        copies: &[Copy],
        unread: bool,
    ) -> Result<ControlFlow<()>, DiffError> {
        if copies.len() > MOST_COPIES {
            self.untold(NoticeKind::ManyCopies, Subject::Address(address));
            return Ok(self.comment(format!("{address:#x}..+{:#x} has too many copies", old.len())));
        }
        let mut run = Run::default();
        for (from, to, here) in copies::stretches(copies) {
            let within = bytes_at(from, to - from);
            let (old, new) = (old.get(within.clone()), new.get(within));
            let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
            let at = address.saturating_add(from);
            if self.stretch(at, old, new, &here, unread, &mut run)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        self.flush(&mut run)
    }

    /// Adds bytes with the same copies to the run, or begins another one.
    fn stretch(
        &mut self,
        address: u64,
        old: &[u8],
        new: &[u8],
        here: &[u64],
        unread: bool,
        run: &mut Run,
    ) -> Result<ControlFlow<()>, DiffError> {
        let diff = self.diff;
        let rest = (old.len() as u64).saturating_sub(1);
        let last = |first: u64| first.saturating_add(rest);
        let shared = here.iter().any(|&first| self.written.is_shared(first, last(first)));
        let remembered = shared || unread;
        if remembered && here.iter().all(|&first| self.written.holds(first, last(first))) {
            return self.flush(run);
        }
        let (mut held, mut becomes) = (Vec::new(), Vec::new());
        if here.len() > 1 {
            held = file_bytes(&diff.a, Side::A, here, old.len())?;
            if self.same_places {
                becomes = file_bytes(&diff.b, Side::B, here, old.len())?;
            }
        }
        let structure = structure(diff.a.layout(), here, old.len());
        for (at, (&old, &new)) in old.iter().zip(new).enumerate() {
            let offsets = || here.iter().map(|first| first.saturating_add(at as u64));
            let before =
                if remembered { offsets().filter(|&at| self.written.holds(at, at)).count() } else { 0 };
            let equal = held.iter().all(|copy| copy.get(at) == Some(&old));
            let agree = becomes.iter().all(|copy| copy.get(at) == Some(&new));
            let how = How {
                expect: equal && before == 0,
                alone: before > 0,
                structure: structure.get(at) == Some(&true),
            };
            let this = address.saturating_add(at as u64);
            if !agree && (unread || old != new) {
                self.untold(NoticeKind::CopiesBecomeEqual, Subject::Address(this));
            }
            let needed = if unread { agree } else { old != new || (how.expect && !how.structure) };
            if before == here.len() || !needed {
                if self.flush(run)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
                continue;
            }
            let follows = run.address.checked_add(run.old.len() as u64) == Some(this);
            if (run.how != how || how.alone || !follows) && self.flush(run)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if run.old.is_empty() {
                (run.address, run.how, run.shared) = (this, how, shared);
            }
            run.shared |= shared;
            run.old.push(old);
            run.new.push(new);
            if remembered {
                offsets().for_each(|at| self.written.add(at, at));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Writes the run's line.
    fn flush(&mut self, run: &mut Run) -> Result<ControlFlow<()>, DiffError> {
        let run = std::mem::take(run);
        if run.old.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        if run.shared {
            self.compare_aliases(&run)?;
        }
        Ok(self.write(run.address, &run.old, &run.new, run.how))
    }

    /// Writes a comment where another address of the same file bytes should get another value.
    fn compare_aliases(&mut self, run: &Run) -> Result<(), DiffError> {
        let diff = self.diff;
        for copy in copies_of(&diff.a, run.address, run.new.len())? {
            let own = run.address.saturating_add(copy.start);
            let mut aliases = Vec::new();
            diff.a.layout().addresses_of(copy.file_offset, copy.file_last(), |address, from, size| {
                let within = from.saturating_sub(copy.file_offset);
                if address != own.saturating_add(within) && diff.covers(address) {
                    aliases.push((address, copy.start.saturating_add(within), size));
                }
                aliases.len() < MOST_ALIASES
            });
            if aliases.len() == MOST_ALIASES {
                self.untold(NoticeKind::ManyAddresses, Subject::Address(own));
            }
            for (address, start, size) in aliases {
                let wanted = run.new.get(bytes_at(start, size)).unwrap_or_default();
                let mut found = vec![0; wanted.len()];
                let read = diff.b.read_bytes(Context::Process, address, &mut found);
                let read = usize::try_from(read.map_or(0, |outcome| outcome.completed)).unwrap_or(0);
                if found.get(..read) != wanted.get(..read) {
                    let about = vec![Subject::Address(own), Subject::Address(address)];
                    self.untold_as(
                        NoticeKind::SharedBytesDiffer,
                        format!("{own:#x} and {address:#x}"),
                        about,
                    );
                }
            }
        }
        Ok(())
    }

    fn write(&mut self, address: u64, old: &[u8], new: &[u8], how: How) -> ControlFlow<()> {
        if !how.expect {
            let why =
                if how.alone { "an earlier line changed some of these bytes" } else { "copies differ in A" };
            self.comment(format!("{why}: this can be neither checked nor taken back"))?;
        }
        if how.structure {
            self.comment("these bytes belong to the dump's own structures too")?;
        }
        let bytes = |bytes: &[u8]| vec![Value::Bytes(bytes.to_vec())];
        let expect = if how.expect { bytes(old) } else { Vec::new() };
        let operation = Operation::Write { at: At::Address(address), values: bytes(new), expect };
        let options = EditOptions::default().allow_structure(how.structure);
        self.line(Line { options, ..Line::new(operation) })
    }
}

/// The copies of a range that A holds.
fn copies_of(dump: &Dump, address: u64, size: usize) -> Result<Vec<Copy>, DiffError> {
    let at = address.into();
    let resolved = dump.layout().resolve(Context::Process, at, size as u64, Access::WriteStructure);
    let resolved = resolved.map_err(|error| Side::A.failed()(error.into()))?;
    Ok(copies::distinct(&resolved.pieces))
}

/// The bytes of each of some copies.
fn file_bytes(dump: &Dump, side: Side, here: &[u64], size: usize) -> Result<Vec<Vec<u8>>, DiffError> {
    let read = |&file_offset: &u64| {
        let mut bytes = vec![0; size];
        read_into(dump, side, file_offset, &mut bytes).map(|()| bytes)
    };
    here.iter().map(read).collect()
}

fn read_memory(dump: &Dump, side: Side, address: u64, into: &mut [u8]) -> Result<(), DiffError> {
    dump.read_bytes(Context::Process, address, into).map(|_| ()).map_err(side.failed())
}

/// For each byte, whether a copy of it belongs to the format's own structures; empty where none does.
fn structure(layout: &Layout, here: &[u64], size: usize) -> Vec<bool> {
    let mut found = Vec::new();
    for &first in here {
        let last = first.saturating_add(size as u64).saturating_sub(1);
        let mut from = first;
        while let Some(hit) = layout.structure_in(from, last) {
            found.resize(size, false);
            let bytes = bytes_at(hit.first.saturating_sub(first), hit.size());
            found.get_mut(bytes).unwrap_or_default().fill(true);
            let Some(next) = hit.last.checked_add(1).filter(|next| *next <= last) else { break };
            from = next;
        }
    }
    found
}
