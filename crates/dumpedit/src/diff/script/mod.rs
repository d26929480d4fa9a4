//! The edit script that turns one dump into another.
//!
//! The lines of a script are done one after the other in A, and each changes file bytes of A. So A's layout decides: a file byte of several
//! addresses or records is written by one line only, since the next one would not find the old value any more; and where copies of a byte
//! differ, no old value can be expected.

mod components;
mod copies;
mod fields;
mod memory;
mod part_lines;
mod parts;
mod registers;
mod segments;
mod setting;
mod written;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::{ControlFlow, Range};

use dumpedit_layout::{CapturedRange, Notice, NoticeKind, Span, Subject, ThreadIndex};

use self::part_lines::Parts;
use self::written::Written;
use super::memory::compare;
use super::segments::Segments;
use super::{Diff, DiffError, MemoryDifference, OutsideDifference, Side};
use crate::notation::{Line, ThreadText};
use crate::progress::ProgressFn;

/// A piece of an edit script. `Display` writes it without the line's end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Statement {
    /// An edit.
    Line(Box<Line>),
    /// A difference that no line can make, or a remark about the next line.
    Comment(String),
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Statement::Line(line) => line.fmt(f),
            Statement::Comment(text) => write!(f, "# {text}"),
        }
    }
}

/// Outcome of writing a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scripted {
    /// Number of lines without comments.
    pub lines: u64,
    /// Notices of differences that the script does not make.
    pub notices: Vec<Notice>,
    /// Differences outside of memory and registers that are left out.
    pub outside: Vec<OutsideDifference>,
    /// Whether the caller cancelled it.
    pub cancelled: bool,
}

/// A script under construction.
struct Writer<'a> {
    diff: &'a Diff,
    /// Whether every location has the same file bytes in both dumps, so that copies can be compared one by one.
    same_places: bool,
    written: Written,
    /// Values that records need in file bytes which they share with other parts.
    claims: BTreeMap<u64, u8>,
    /// Number of A's threads with each id.
    tids: HashMap<u64, u32>,
    untold: Vec<Untold>,
    outside: Vec<OutsideDifference>,
    lines: u64,
    each: &'a mut dyn FnMut(&Statement) -> ControlFlow<()>,
}

/// Counts of differences that the script does not make.
struct Untold {
    kind: NoticeKind,
    count: u64,
    first: String,
    about: Vec<Subject>,
}

impl Diff {
    /// Calls `each` for the statements of an edit script that turns A into B. Every line checks the old bytes, so that it can be undone; a
    /// line that cannot is preceded by a comment with the reason. Differences that no edit can make are in comments and in the notices of
    /// the outcome.
    ///
    /// Memory and registers are reproduced, but not `ContextFlags` and other parts without a name.
    ///
    /// # Errors
    /// [`DiffError`] where a dump cannot be read any more.
    pub fn script(
        &self,
        each: &mut dyn FnMut(&Statement) -> ControlFlow<()>,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Scripted, DiffError> {
        write(self, each, progress)
    }
}

/// Writes the whole script.
fn write(
    diff: &Diff,
    each: &mut dyn FnMut(&Statement) -> ControlFlow<()>,
    progress: &mut ProgressFn<'_>,
) -> Result<Scripted, DiffError> {
    let layout = diff.a.layout();
    let mut tids = HashMap::new();
    for thread in layout.threads() {
        let count: &mut u32 = tids.entry(thread.tid).or_default();
        *count = count.saturating_add(1);
    }
    let mut writer = Writer {
        diff,
        same_places: layout.has_places_of(diff.b.layout()),
        written: Written::new(layout.shared_file_bytes()),
        claims: BTreeMap::new(),
        tids,
        untold: Vec::new(),
        outside: Vec::new(),
        lines: 0,
        each,
    };
    let cancelled = writer.all(progress)?.is_break();
    let counted = writer.untold.into_iter().map(|Untold { kind, count, first, about }| {
        let what = kind.phrase();
        let message = match count {
            1 => format!("{what} ({first})"),
            _ => format!("{what}: {count} times, the first at {first}"),
        };
        about.into_iter().fold(Notice::new(kind, message).counting(count), Notice::about)
    });
    let notices = diff.incomparable().into_iter().chain(counted).collect();
    Ok(Scripted { lines: writer.lines, notices, outside: writer.outside, cancelled })
}

impl Writer<'_> {
    fn all(&mut self, progress: &mut ProgressFn<'_>) -> Result<ControlFlow<()>, DiffError> {
        let diff = self.diff;
        for notice in diff.incomparable() {
            if self.comment(notice.to_string()).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        let parts = self.parts()?;
        if !parts.is_empty() {
            let text =
                "this script cannot be reversed, because it adds or drops parts; undo takes back its edit";
            if self.comment(text).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        if parts.drops.iter().any(|line| self.line(line.clone()).is_break()) {
            return Ok(ControlFlow::Break(()));
        }
        let dumps = [&diff.a, &diff.b];
        let done = stop_at_error(
            |each| compare(dumps, diff.segments(), each, progress),
            |found| self.difference(found.address, found.old, found.new),
        )?;
        if done.is_break()
            || self.copies_that_no_read_takes()?.is_break()
            || self.registers(&parts)?.is_break()
        {
            return Ok(ControlFlow::Break(()));
        }
        let changed = self.with_parts(&parts)?;
        let (flow, outside) = self.fields(&parts, changed.as_ref())?;
        self.outside = match &changed {
            Some(changed) => self.without_parts(changed, outside)?,
            None => outside,
        };
        if let Some(changed) = changed
            && self.registers_of_added(&changed, &parts)?.is_break()
        {
            return Ok(ControlFlow::Break(()));
        }
        if flow.is_break() || parts.adds.iter().any(|line| self.line(line.clone()).is_break()) {
            return Ok(ControlFlow::Break(()));
        }
        Ok(self.one_sided(&parts))
    }

    /// Compares file bytes of copies that reads skip, where both dumps have them at the same places.
    fn copies_that_no_read_takes(&mut self) -> Result<ControlFlow<()>, DiffError> {
        if !self.same_places {
            return Ok(ControlFlow::Continue(()));
        }
        let diff = self.diff;
        let unread = diff.a.layout().unread_file_bytes().into_iter();
        let ranges: Vec<CapturedRange> =
            unread.map(|Span { first, last }| CapturedRange { first, last, file_offset: first }).collect();
        stop_at_error(
            |each| {
                let segments = Segments::new(&ranges, &ranges);
                compare([&diff.a, &diff.b], segments, each, &mut |_| ControlFlow::Continue(()))
            },
            |found| self.unread_difference(found.address, found.old, found.new),
        )
    }

    /// Writes comments about parts that only one of the dumps has and no line changes.
    fn one_sided(&mut self, parts: &Parts) -> ControlFlow<()> {
        let diff = self.diff;
        let mut flow = ControlFlow::Continue(());
        diff.one_sided(|one| {
            if parts.says_memory(&one) {
                return ControlFlow::Continue(());
            }
            let size = u128::from(one.last - one.first).saturating_add(1);
            let name = one.side.name();
            flow = self.comment(format!("only {name} holds {:#x}..+{size:#x}", one.first));
            self.untold(
                match one.side {
                    Side::A => NoticeKind::MemoryOfA,
                    Side::B => NoticeKind::MemoryOfB,
                },
                Subject::Address(one.first),
            );
            flow
        });
        flow?;
        if !diff.is_whole() {
            return ControlFlow::Continue(());
        }
        let threads = diff.threads();
        for (side, indices) in [(Side::A, threads.only_in_a), (Side::B, threads.only_in_b)] {
            for ThreadIndex(index) in indices {
                if parts.says_thread(side, ThreadIndex(index)) {
                    continue;
                }
                let thread = usize::try_from(index).ok();
                let thread = thread.and_then(|at| diff.dump(side).layout().threads().get(at));
                let tid = thread.map_or(0, |thread| thread.tid);
                self.comment(format!("only {} has thread {tid} (index:{index})", side.name()))?;
                self.untold(
                    match side {
                        Side::A => NoticeKind::ThreadOfA,
                        Side::B => NoticeKind::ThreadOfB,
                    },
                    Subject::Thread(tid),
                );
            }
        }
        ControlFlow::Continue(())
    }

    /// The thread of A in a line's notation.
    fn thread_text(&self, index: ThreadIndex, tid: u64) -> ThreadText {
        match self.tids.get(&tid) {
            Some(1) => ThreadText::Id(tid),
            _ => ThreadText::Index(index.0),
        }
    }

    fn line(&mut self, line: Line) -> ControlFlow<()> {
        self.lines = self.lines.saturating_add(1);
        (self.each)(&Statement::Line(Box::new(line)))
    }

    fn comment(&mut self, text: impl Into<String>) -> ControlFlow<()> {
        (self.each)(&Statement::Comment(text.into()))
    }

    fn untold(&mut self, kind: NoticeKind, subject: Subject) {
        self.untold_as(kind, subject.to_string(), vec![subject]);
    }

    /// The same, where the subject alone does not identify it.
    fn untold_as(&mut self, kind: NoticeKind, first: String, about: Vec<Subject>) {
        match self.untold.iter_mut().find(|untold| untold.kind == kind) {
            Some(untold) => untold.count = untold.count.saturating_add(1),
            None => self.untold.push(Untold { kind, count: 1, first, about }),
        }
    }
}

/// Runs a comparison whose receiver can fail.
fn stop_at_error(
    run: impl FnOnce(
        &mut dyn FnMut(MemoryDifference<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, DiffError>,
    mut take: impl FnMut(MemoryDifference<'_>) -> Result<ControlFlow<()>, DiffError>,
) -> Result<ControlFlow<()>, DiffError> {
    let mut failed = None;
    let flow = run(&mut |found| match take(found) {
        Ok(flow) => flow,
        Err(error) => {
            failed = Some(error);
            ControlFlow::Break(())
        }
    })?;
    failed.map_or(Ok(flow), Err)
}

/// A range of a slice; one that is too long for it where the numbers do not fit.
fn bytes_at(start: u64, size: u64) -> Range<usize> {
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    start..usize::try_from(size).map_or(usize::MAX, |size| start.saturating_add(size))
}
