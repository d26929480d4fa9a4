//! What differs between two dumps, by address and by register: never by file offset, so that it does not matter how
//! either of them is laid out.

mod fields;
mod memory;
mod outside;
mod registers;
mod script;
mod threads;

use std::ops::ControlFlow;

use dumpedit_layout::{CapturedRange, Notice};

use crate::dump::Dump;
use crate::error::Error;
use crate::store::copy::ProgressFn;

pub use registers::{RecordDifference, RegisterDifference};
pub use script::{Scripted, Statement};
pub use threads::{MatchedThreads, ThreadPair};

use memory::{Segment, Segments};
pub use outside::OutsideDifference;

/// One of the two dumps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The first, which a script would edit.
    A,
    /// The second, which it would become.
    B,
}

impl Side {
    /// Its letter.
    pub fn name(self) -> &'static str {
        match self {
            Side::A => "A",
            Side::B => "B",
        }
    }
}

/// Why two dumps could not be compared to the end.
#[derive(Debug, thiserror::Error)]
#[error("{}: {cause}", .side.name())]
pub struct DiffError {
    /// The dump that could not be read.
    pub side: Side,
    /// What is wrong with it.
    pub cause: Error,
}

impl Side {
    fn failed(self) -> impl Fn(Error) -> DiffError {
        move |cause| DiffError { side: self, cause }
    }
}

/// Bytes at addresses that both dumps hold, at least the first and the last of which differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryDifference<'a> {
    /// The first byte's address.
    pub address: u64,
    /// The bytes of A.
    pub old: &'a [u8],
    /// The bytes of B, as many.
    pub new: &'a [u8],
}

impl MemoryDifference<'_> {
    /// The most bytes that one difference has; a longer one is told as several, one right behind the other.
    pub const MOST: usize = 4096;
}

/// Memory that only one of the dumps holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OneSided {
    /// The dump that holds it.
    pub side: Side,
    /// First address.
    pub first: u64,
    /// Last address, inclusive.
    pub last: u64,
}

/// Two dumps that are compared. Nothing is read before something is asked for, and nothing is kept: differences are
/// told as they are found.
#[derive(Debug)]
pub struct Diff {
    a: Dump,
    b: Dump,
    first: u64,
    last: u64,
    ranges_a: Vec<CapturedRange>,
    ranges_b: Vec<CapturedRange>,
}

impl Diff {
    /// Compares all that the dumps hold.
    pub fn new(a: &Dump, b: &Dump) -> Diff {
        Diff::within(a, b, 0, u64::MAX)
    }

    /// Compares memory between two addresses only, both included, and no registers.
    pub fn within(a: &Dump, b: &Dump, first: u64, last: u64) -> Diff {
        let ranges = |dump: &Dump| dump.layout().captured_ranges(first, last);
        Diff { a: a.clone(), b: b.clone(), first, last, ranges_a: ranges(a), ranges_b: ranges(b) }
    }

    fn dump(&self, side: Side) -> &Dump {
        match side {
            Side::A => &self.a,
            Side::B => &self.b,
        }
    }

    fn covers(&self, address: u64) -> bool {
        (self.first..=self.last).contains(&address)
    }

    /// Whether registers are compared, too.
    fn is_whole(&self) -> bool {
        (self.first, self.last) == (0, u64::MAX)
    }

    fn segments(&self) -> Segments<'_> {
        Segments::new(&self.ranges_a, &self.ranges_b)
    }

    /// Memory that both dumps hold, in bytes.
    pub fn common_bytes(&self) -> u64 {
        memory::common_bytes(self.segments())
    }

    /// Calls `each` for the memory that only one dump holds, in order of addresses; neighbours are told together.
    pub fn one_sided(&self, mut each: impl FnMut(OneSided) -> ControlFlow<()>) {
        let mut held: Option<OneSided> = None;
        for segment in self.segments() {
            let Segment::One { side, first, last } = segment else { continue };
            if let Some(before) = held
                .as_mut()
                .filter(|before| before.side == side && before.last.checked_add(1) == Some(first))
            {
                before.last = last;
                continue;
            }
            let next = OneSided { side, first, last };
            if let Some(before) = held.replace(next)
                && each(before).is_break()
            {
                return;
            }
        }
        if let Some(last) = held {
            let _ = each(last);
        }
    }

    /// Calls `each` for the memory that differs, in order of addresses. The bytes compared are those that reads take.
    /// Differing bytes with a few equal ones between them are told together.
    ///
    /// # Errors
    /// [`DiffError`] where a dump cannot be read any more, or where far more memory is compared than its file holds.
    pub fn memory(
        &self,
        each: &mut dyn FnMut(MemoryDifference<'_>) -> ControlFlow<()>,
        progress: &mut ProgressFn<'_>,
    ) -> Result<ControlFlow<()>, DiffError> {
        self.a.bytes_to_walk(&self.ranges_a).map_err(Side::A.failed())?;
        self.b.bytes_to_walk(&self.ranges_b).map_err(Side::B.failed())?;
        memory::compare([&self.a, &self.b], self.segments(), each, progress)
    }

    /// Which thread of A is which of B.
    pub fn threads(&self) -> MatchedThreads {
        MatchedThreads::of(self.a.layout(), self.b.layout())
    }

    /// Calls `each` for every context record that both dumps have and whose registers are not the same: by value, or by
    /// which of them there are.
    ///
    /// Where one dump has an exception's record for a thread and the other has not, the effective records are compared.
    ///
    /// # Errors
    /// [`DiffError`] where a dump cannot be read any more.
    pub fn registers(
        &self,
        each: &mut dyn FnMut(&RecordDifference) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, DiffError> {
        if self.is_whole() { registers::compare(self, each) } else { Ok(ControlFlow::Continue(())) }
    }

    /// What was not compared, and why; such dumps are not the same.
    pub fn incomparable(&self) -> Vec<Notice> {
        registers::incomparable(&self.a, &self.b)
    }

    /// Calls `each` for the statements of an edit script that turns A into B. Every line checks the old bytes, so that it
    /// can be taken back; a line that cannot has a comment before it that says why. What no edit can do is told in
    /// comments and in the notices of the outcome.
    ///
    /// Memory and registers are reproduced, not `ContextFlags` or anything else that has no name.
    ///
    /// # Errors
    /// [`DiffError`] where a dump cannot be read any more.
    pub fn script(
        &self,
        each: &mut dyn FnMut(&Statement) -> ControlFlow<()>,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Scripted, DiffError> {
        script::write(self, each, progress)
    }
}
