//! The captured memory cut into windows that can be searched one by one.

use std::fs::File;
use std::io;

use dumpedit_layout::CapturedRange;

use crate::platform;

/// A stretch without a gap, of which the matches that begin in `first..=last` are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// The bytes to look at, with what is needed around.
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// Whether the memory has a gap behind `to`.
    pub(crate) ends_run: bool,
    /// The captured range that holds `from`.
    pub(crate) range: usize,
}

/// How windows are cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// The most places where a match may begin, in bytes.
    pub(crate) block: u64,
    /// Bytes to look at in front of the first place.
    pub(crate) behind: u64,
    /// Bytes to look at behind the last place.
    pub(crate) ahead: u64,
}

/// Windows that are worth a turn together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Job {
    pub(crate) windows: Vec<Window>,
    /// Bytes of captured memory that are done once this job is.
    pub(crate) done: u64,
}

/// A job has at most so many windows, where they are small.
const MOST_WINDOWS: usize = 256;

/// Shorter stretches are not worth asking whether they are a hole.
const WORTH_ASKING: u64 = 1 << 16;

/// The walk over the captured memory.
pub(crate) struct Plan<'a> {
    ranges: &'a [CapturedRange],
    shape: Shape,
    /// The file whose holes may be passed over.
    holes: Option<&'a File>,
    /// The stretch of the file that the last question found to be data.
    data: std::ops::Range<u64>,
    /// The range that holds the next place, the place, and the range that the run around it ends with.
    range: usize,
    next: u64,
    run_first: u64,
    run_ends_with: usize,
    done: u64,
}

impl<'a> Plan<'a> {
    /// A walk over ranges in order. `holes` is given where what is all zero cannot match.
    pub(crate) fn new(ranges: &'a [CapturedRange], shape: Shape, holes: Option<&'a File>) -> Self {
        let mut plan = Plan {
            ranges,
            shape,
            holes,
            data: 0..0,
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
        // What little room is left is not worth the bytes around it.
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

    /// The next window of at most so many places.
    fn window(&mut self, room: u64) -> io::Result<Option<Window>> {
        loop {
            let range = self.ranges.get(self.range);
            let run_last = self.ranges.get(self.run_ends_with).map(|range| range.last);
            let (Some(range), Some(run_last)) = (range, run_last) else { return Ok(None) };
            let mut last = run_last.min(self.next.saturating_add(room.saturating_sub(1)));
            match self.stretch(range)? {
                Stretch::Hole { last: hole_last } => {
                    // The last places of a hole may begin a match that ends behind it.
                    if let Some(skipped) = hole_last.checked_sub(self.shape.ahead)
                        && skipped >= self.next
                    {
                        self.advance(skipped);
                        continue;
                    }
                }
                Stretch::Data { last: data_last } => last = last.min(data_last),
                Stretch::NotAsked => {}
            }
            let from = self.next.saturating_sub(self.shape.behind).max(self.run_first);
            let to = run_last.min(last.saturating_add(self.shape.ahead));
            let up_to_here = self.ranges.get(..=self.range).unwrap_or_default();
            let range = up_to_here.partition_point(|range| range.last < from);
            let window = Window { first: self.next, last, from, to, ends_run: to == run_last, range };
            self.advance(last);
            return Ok(Some(window));
        }
    }

    /// What the file has behind the next place.
    fn stretch(&mut self, range: &CapturedRange) -> io::Result<Stretch> {
        let rest = range.last.saturating_sub(self.next);
        let Some(file) = self.holes.filter(|_| rest >= WORTH_ASKING) else { return Ok(Stretch::NotAsked) };
        let offset = range.file_offset_of(self.next);
        let end = offset.saturating_add(rest).saturating_add(1);
        if !self.data.contains(&offset) {
            self.data = platform::next_data(file, offset, end)?;
        }
        let address_before = |offset: u64| {
            let last = offset.saturating_sub(1).max(range.file_offset).saturating_sub(range.file_offset);
            range.first.saturating_add(last).min(range.last)
        };
        Ok(if self.data.start > offset {
            Stretch::Hole { last: address_before(self.data.start) }
        } else {
            Stretch::Data { last: address_before(self.data.end) }
        })
    }

    /// Goes on behind a place of the current run.
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

/// What the file has from a place on, up to an address.
enum Stretch {
    /// Nothing but zeros.
    Hole { last: u64 },
    /// Bytes that must be read.
    Data { last: u64 },
    /// Not known.
    NotAsked,
}
