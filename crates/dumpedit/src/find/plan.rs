//! Cuts the captured memory into windows that can be searched independently.

use std::io;

use dumpedit_layout::CapturedRange;

use crate::store::holes::{Holes, Run};

/// Contiguous memory, to be searched for matches that begin in `first..=last`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// First and last byte to read, with the context that matches need.
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// Whether the memory has a gap behind `to`.
    pub(crate) ends_run: bool,
    /// The captured range that holds `from`.
    pub(crate) range: usize,
    /// Whether all of it is a hole in one captured range; its size is not limited then.
    pub(crate) is_hole: bool,
}

/// Sizes of windows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WindowSizes {
    /// Maximum number of places where a match may begin, in bytes.
    pub(crate) block: u64,
    /// Number of bytes to read in front of the first place.
    pub(crate) behind: u64,
    /// Number of bytes to read behind the last place.
    pub(crate) ahead: u64,
}

/// Windows that are searched in one turn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Job {
    pub(crate) windows: Vec<Window>,
    /// Number of bytes of captured memory up to the end of this job.
    pub(crate) done: u64,
}

/// Maximum number of windows of a job, where they are small.
const MOST_WINDOWS: usize = 256;

/// The walk over the captured memory.
pub(crate) struct Plan<'a> {
    ranges: &'a [CapturedRange],
    shape: WindowSizes,
    holes: Holes<'a>,
    /// Whether the patterns cannot match in zeros.
    passes_zeros: bool,
    /// First address of the hole in front of the next place.
    hole_first: Option<u64>,
    /// Range of the next place, the place, and the last range of the run around it.
    range: usize,
    next: u64,
    run_first: u64,
    run_ends_with: usize,
    done: u64,
}

impl<'a> Plan<'a> {
    /// A walk over ranges in order, which skips holes where nothing can match in them.
    pub(crate) fn new(
        ranges: &'a [CapturedRange],
        shape: WindowSizes,
        holes: Holes<'a>,
        passes_zeros: bool,
    ) -> Self {
        let mut plan = Plan {
            ranges,
            shape,
            holes,
            passes_zeros,
            hole_first: None,
            range: 0,
            next: 0,
            run_first: 0,
            run_ends_with: 0,
            done: 0,
        };
        plan.begin_run(0);
        plan
    }

    /// The next windows; `None` at the end.
    pub(crate) fn next_job(&mut self) -> io::Result<Option<Job>> {
        let mut job = Job::default();
        let mut room = self.shape.block;
        // A small rest of room is not worth the bytes around it.
        while room > self.shape.block / 8
            && job.windows.len() < MOST_WINDOWS
            && let Some(window) = self.window(room)?
        {
            room = room.saturating_sub(window.last.saturating_sub(window.first).saturating_add(1));
            job.windows.push(window);
        }
        job.done = self.done;
        Ok(Some(job).filter(|job| !job.windows.is_empty()))
    }

    /// The next window of at most `room` places.
    fn window(&mut self, room: u64) -> io::Result<Option<Window>> {
        loop {
            let range = self.ranges.get(self.range);
            let run_last = self.ranges.get(self.run_ends_with).map(|range| range.last);
            let (Some(range), Some(run_last)) = (range, run_last) else { return Ok(None) };
            let mut last = run_last.min(self.next.saturating_add(room.saturating_sub(1)));
            let rest = range.last.saturating_sub(self.next);
            let run = self.holes.run(range.file_offset_of(self.next), rest.saturating_add(1))?;
            let run_to = self.next.saturating_add(run.size().saturating_sub(1));
            let mut is_hole = false;
            match run {
                // The hole or data may continue in the next range.
                Run::Data(_) if run_to == range.last => self.hole_first = None,
                Run::Data(_) => {
                    self.hole_first = None;
                    last = last.min(run_to);
                }
                Run::Hole(_) => {
                    let hole_first = *self.hole_first.get_or_insert(self.next);
                    let inner_first = hole_first.saturating_add(self.shape.behind);
                    let begins_run = self.passes_zeros && hole_first == self.run_first;
                    // The bytes around the first and the last places of a hole are not all in it.
                    let inner_last = if self.passes_zeros && run_to == run_last {
                        Some(run_last)
                    } else {
                        run_to.checked_sub(self.shape.ahead).filter(|inner_last| *inner_last >= self.next)
                    };
                    if self.next < inner_first && !begins_run {
                        last = last.min(inner_first.saturating_sub(1));
                    } else if let Some(inner_last) = inner_last {
                        if self.passes_zeros {
                            self.advance(inner_last);
                            continue;
                        }
                        (last, is_hole) = (inner_last, true);
                    }
                }
            }
            let from = self.next.saturating_sub(self.shape.behind).max(self.run_first);
            let to = run_last.min(last.saturating_add(self.shape.ahead));
            let up_to_here = self.ranges.get(..=self.range).unwrap_or_default();
            let range = up_to_here.partition_point(|range| range.last < from);
            let ends_run = to == run_last;
            let window = Window { first: self.next, last, from, to, ends_run, range, is_hole };
            self.advance(last);
            return Ok(Some(window));
        }
    }

    /// Continues behind a place of the current run.
    fn advance(&mut self, last: u64) {
        self.done = self.done.saturating_add(last.saturating_sub(self.next)).saturating_add(1);
        while self.ranges.get(self.range).is_some_and(|range| range.last <= last) {
            if self.range == self.run_ends_with {
                return self.begin_run(self.range.saturating_add(1));
            }
            self.range = self.range.saturating_add(1);
        }
        self.next = last.saturating_add(1);
    }

    fn begin_run(&mut self, range: usize) {
        self.hole_first = None;
        self.range = range;
        self.run_ends_with = range;
        let mut ranges = self.ranges.get(range..).unwrap_or_default();
        self.next = ranges.first().map_or(0, |first| first.first);
        self.run_first = self.next;
        while let [one, other, ..] = ranges
            && one.touches(other)
        {
            self.run_ends_with = self.run_ends_with.saturating_add(1);
            ranges = ranges.get(1..).unwrap_or_default();
        }
    }
}
