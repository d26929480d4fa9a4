//! A thread of a search: takes jobs, reads their windows, and reports the matches in them.

use std::ops::{ControlFlow, Range};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use dumpedit_layout::CapturedRange;

use crate::error::Error;
use crate::find::budget::{Budget, Costly};
use crate::find::found::{Match, MatchFn};
use crate::find::matcher::Form;
use crate::find::plan::{Job, Plan, Window};
use crate::find::search::Search;
use crate::find::zeros::{Every, in_order};
use crate::view::View;

/// Number of places that are searched for all patterns before the next ones: their matches are then in order, and few enough to hold.
const SLICE: usize = 1 << 14;

/// Number of lists of a job's matches that may be ready before they are taken.
const LISTS_AHEAD: usize = 2;

/// Matches in the form in which a worker hands them over.
pub(super) enum Batch {
    /// One by one.
    Listed(Vec<Match>),
    /// Matches in a hole, by pattern.
    InZeros(Vec<Every>),
}

impl Batch {
    pub(super) fn count(&self) -> u64 {
        match self {
            Batch::Listed(matches) => matches.len() as u64,
            Batch::InZeros(all) => all.iter().fold(0, |sum, every| sum.saturating_add(every.count)),
        }
    }

    /// Calls `on_match` for the matches, in order.
    pub(super) fn each(&self, on_match: &mut MatchFn<'_>) -> ControlFlow<()> {
        match self {
            Batch::Listed(matches) => matches.iter().copied().try_for_each(on_match),
            Batch::InZeros(all) => in_order(all).try_for_each(on_match),
        }
    }
}

/// A job that a worker does, in order of addresses.
pub(super) struct Begun {
    /// Its matches, in order.
    pub(super) matches: Receiver<Result<Batch, Error>>,
    /// Number of bytes of captured memory up to its end.
    pub(super) done: u64,
}

/// Function that takes matches as they are found; returns `None` where it wants no more.
pub(crate) type TakeFn<'a> = dyn FnMut(Result<Batch, Error>) -> Option<()> + 'a;

/// The size of a page, in bytes.
const PAGE: usize = 4096;

/// The bytes of a window, at the same offsets in their pages of memory as in the file's. Otherwise, some processors (AMD's, with `rep
/// movsb`) take five times as long to copy them from the system's cache.
#[derive(Default)]
struct Text {
    room: Vec<u8>,
    place: Range<usize>,
}

impl Text {
    /// Makes room for `len` bytes, the first of which is at a file offset.
    fn prepare(&mut self, len: usize, file_offset: u64) -> &mut [u8] {
        let needed = len.saturating_add(2 * PAGE);
        if self.room.len() < needed {
            self.room.resize(needed, 0);
        }
        let page = self.room.as_ptr().align_offset(PAGE).min(PAGE);
        let start = page.saturating_add(usize::try_from(file_offset % PAGE as u64).unwrap_or(0));
        self.place = start..start.saturating_add(len);
        self.room.get_mut(self.place.clone()).unwrap_or_default()
    }

    fn bytes(&self) -> &[u8] {
        self.room.get(self.place.clone()).unwrap_or_default()
    }
}

/// State of a worker, kept between windows.
pub(crate) struct Worker<'a> {
    view: View<'a>,
    search: &'a Search,
    ranges: &'a [CapturedRange],
    text: Text,
    /// For each form, the length of its matches in the middle of zeros, where it has any.
    in_zeros: &'a [Option<u64>],
    /// For each form without a fixed length, the first address where its next match may begin.
    free_from: Vec<u64>,
    /// For each of them, its next match in this window, once it was searched: none, or its range in the text.
    next: Vec<Option<Option<Range<usize>>>>,
}

impl<'a> Worker<'a> {
    pub(crate) fn new(
        view: View<'a>,
        search: &'a Search,
        ranges: &'a [CapturedRange],
        in_zeros: &'a [Option<u64>],
    ) -> Self {
        let count = search.forms.len();
        Worker {
            view,
            search,
            ranges,
            in_zeros,
            text: Text::default(),
            free_from: vec![0; count],
            next: vec![None; count],
        }
    }

    /// Takes jobs until there are no more, or the receiver is gone.
    pub(crate) fn run(&mut self, plan: &Mutex<Plan<'_>>, begun: &SyncSender<Begun>) {
        loop {
            let (matches, taken) = sync_channel(LISTS_AHEAD);
            let job = {
                // Jobs are handed over in the planned order, since the plan stays locked meanwhile.
                let mut plan = plan.lock().unwrap_or_else(PoisonError::into_inner);
                let job = plan.next_job();
                let done = match &job {
                    Ok(None) => return,
                    Ok(Some(job)) => job.done,
                    Err(_) => 0,
                };
                if begun.send(Begun { matches: taken, done }).is_err() {
                    return;
                }
                job
            };
            let job = match job {
                Ok(job) => job.unwrap_or_default(),
                Err(cause) => {
                    let len = self.view.dump.layout().file_size();
                    // The error is dropped where the receiver is gone.
                    let _ = matches.send(Err(Error::Io { file_offset: 0, len, cause }));
                    return;
                }
            };
            if self.search(&job, &mut |found| matches.send(found).ok()).is_none() {
                return;
            }
        }
    }

    /// Searches the windows of a job; `None` where the receiver wants no more matches, or after an error.
    pub(crate) fn search(&mut self, job: &Job, take: &mut TakeFn<'_>) -> Option<()> {
        for window in &job.windows {
            if window.is_hole {
                take(Ok(Batch::InZeros(self.in_zeros(window))))?;
                continue;
            }
            if let Err(error) = self.read(window) {
                take(Err(error));
                return None;
            }
            let place = |address: u64| usize::try_from(address.saturating_sub(window.from)).unwrap_or(0);
            let (mut from, end) = (place(window.first), place(window.last).saturating_add(1));
            self.next.fill(None);
            let mut budget = Budget::for_text(self.text.bytes().len());
            while from < end {
                let starts = from..from.saturating_add(SLICE).min(end);
                let address = window.from.saturating_add(from as u64);
                from = starts.end;
                let found = match self.matches(window, starts, &mut budget) {
                    Ok(found) => found,
                    Err(Costly) => {
                        take(Err(Error::Costly { address }));
                        return None;
                    }
                };
                if !found.is_empty() {
                    take(Ok(Batch::Listed(found)))?;
                }
            }
        }
        Some(())
    }

    /// The matches of each pattern at the places of a window that is a hole.
    fn in_zeros(&mut self, window: &Window) -> Vec<Every> {
        let Worker { search, ranges, in_zeros, free_from, .. } = self;
        let ranges = ranges.get(window.range..).unwrap_or_default();
        let file_offset = |address: u64| {
            let holder = ranges.iter().find(|range| range.last >= address);
            holder.map_or(0, |holder| holder.file_offset_of(address))
        };
        let mut found = Vec::new();
        for (index, (length, free_from)) in in_zeros.iter().zip(free_from).enumerate() {
            let (Some(length), Some(form)) = (*length, search.forms.get(index)) else { continue };
            let overlap = form.fixed_length().is_some();
            let (address, step) =
                if overlap { (window.first, 1) } else { (window.first.max(*free_from), length) };
            let Some(count) = window.last.checked_sub(address).and_then(|rest| rest.checked_div(step)) else {
                continue;
            };
            let (file_offset, encoding) = (file_offset(address), form.encoding);
            let first = Match { address, outside: false, length, file_offset, matcher: index, encoding };
            let every = Every { first, step, count: count.saturating_add(1) };
            *free_from = every.last().saturating_add(length);
            found.extend(every.aligned(search.align));
        }
        found
    }

    /// Reads the bytes of a window.
    fn read(&mut self, window: &Window) -> Result<(), Error> {
        let len = window.to.saturating_sub(window.from).saturating_add(1);
        let ranges = self.ranges.get(window.range..).unwrap_or_default();
        let file_offset = ranges.first().map_or(0, |range| range.file_offset_of(window.from));
        let mut rest = self.text.prepare(usize::try_from(len).unwrap_or(0), file_offset);
        for range in ranges {
            if rest.is_empty() {
                break;
            }
            let from = window.from.max(range.first);
            let len = range.last.min(window.to).saturating_sub(from).saturating_add(1);
            let len = usize::try_from(len).unwrap_or(usize::MAX).min(rest.len());
            let (bytes, behind) = rest.split_at_mut(len);
            let file_offset = range.file_offset_of(from);
            self.view.file_bytes(file_offset, bytes)?;
            rest = behind;
        }
        Ok(())
    }

    /// The matches that begin at a range of places of a window, in order.
    fn matches(
        &mut self,
        window: &Window,
        starts: Range<usize>,
        budget: &mut Budget,
    ) -> Result<Vec<Match>, Costly> {
        let Worker { search, ranges, text, free_from, next, .. } = self;
        let text = text.bytes();
        let mut found: Vec<Match> = Vec::new();
        let state = free_from.iter_mut().zip(next);
        for ((index, form), (free_from, next)) in search.forms.iter().enumerate().zip(state) {
            let mut take = |place: Range<usize>| {
                let address = window.from.saturating_add(place.start as u64);
                if address.is_multiple_of(search.align) {
                    let (length, encoding) = (place.len() as u64, form.encoding);
                    found.push(Match {
                        address,
                        outside: false,
                        length,
                        file_offset: 0,
                        matcher: index,
                        encoding,
                    });
                }
            };
            if form.fixed_length().is_some() {
                let aligned = |start| aligned(window, start, search.align);
                fixed(form, text, starts.clone(), aligned, budget, &mut take)?;
            } else {
                let look = |starts, end| form.find(text, starts, end, search.longest(), budget);
                expression(look, text.len(), window, starts.clone(), free_from, next, &mut take)?;
            }
        }
        if search.forms.len() > 1 {
            found.sort_unstable_by_key(|one| (one.address, one.matcher));
        }
        let mut range = window.range;
        for one in &mut found {
            let ranges = ranges.get(range..).unwrap_or_default();
            range = range.saturating_add(ranges.iter().take_while(|range| range.last < one.address).count());
            let holder = ranges.iter().find(|range| range.last >= one.address);
            one.file_offset = holder.map_or(0, |holder| holder.file_offset_of(one.address));
        }
        Ok(found)
    }
}

/// The first place, from `place` on, that has an aligned address.
fn aligned(window: &Window, place: usize, align: u64) -> Option<usize> {
    let address = window.from.checked_add(place as u64)?.checked_next_multiple_of(align)?;
    usize::try_from(address.checked_sub(window.from)?).ok()
}

/// All matches of a pattern of fixed length, including overlapping ones.
fn fixed(
    form: &Form,
    text: &[u8],
    starts: Range<usize>,
    aligned: impl Fn(usize) -> Option<usize>,
    budget: &mut Budget,
    take: &mut impl FnMut(Range<usize>),
) -> Result<(), Costly> {
    let mut from = aligned(starts.start);
    while let Some(start) = from.filter(|from| *from < starts.end)
        && let Some(found) = form.find(text, start..starts.end, text.len(), text.len(), budget)?
    {
        from = aligned(found.start.saturating_add(1));
        take(found);
    }
    Ok(())
}

/// The matches of a regular expression from left to right. The next one is searched in the whole window once, and kept until its turn
/// comes.
fn expression(
    mut find: impl FnMut(Range<usize>, usize) -> Result<Option<Range<usize>>, Costly>,
    size: usize,
    window: &Window,
    starts: Range<usize>,
    free_from: &mut u64,
    next: &mut Option<Option<Range<usize>>>,
    take: &mut impl FnMut(Range<usize>),
) -> Result<(), Costly> {
    // The last byte is for look-around, and not matched.
    let end = if window.ends_run { size } else { size.saturating_sub(1) };
    let windows_end = usize::try_from(window.last.saturating_sub(window.from)).map_or(end, |last| last + 1);
    let mut look = |from: usize| find(from..windows_end, end);
    let first = usize::try_from((*free_from).max(window.first).saturating_sub(window.from)).unwrap_or(end);
    let mut found = match next.take() {
        Some(found) => found,
        None => look(first)?,
    };
    while let Some(place) = found.take_if(|place| place.start < starts.end) {
        *free_from = window.from.saturating_add(place.end as u64);
        found = look(place.end)?;
        take(place);
    }
    *next = Some(found);
    Ok(())
}
