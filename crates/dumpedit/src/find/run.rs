//! Runs a search: a plan of jobs, the workers that do them, and the matches in order.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};

use dumpedit_layout::CapturedRange;

use crate::dump::Dump;
use crate::edit::Edit;
use crate::error::Error;
use crate::find::budget::Costly;
use crate::find::found::{Found, MatchFn, uncaptured};
use crate::find::matcher::Form;
use crate::find::plan::{Plan, WindowSizes};
use crate::find::search::{Search, Sizes};
use crate::find::worker::{Batch, Begun, Worker};
use crate::helping_threads;
use crate::progress::{Progress, ProgressFn};
use crate::store::holes::Holes;
use crate::view::View;

/// Number of jobs that may be done before the first of them is taken.
const JOBS_AHEAD: usize = 16;

/// Function that takes matches as they are found.
type BatchFn<'a> = dyn FnMut(&Batch) -> ControlFlow<()> + 'a;

impl Dump {
    /// Searches the captured memory and calls `on_match` for every match, in order of addresses and of the matchers.
    ///
    /// Memory is searched as the process saw it: a match may span regions that are adjacent there and apart in the file, and never spans a
    /// gap. Where bytes are stored more than once, those that reads take are searched. Patterns of fixed length are found wherever they
    /// match, overlaps included; a regular expression from left to right without overlaps, and never as an empty match.
    ///
    /// The file is read in blocks by as many threads as the machine has processors, or by one where there is a regular expression. Both
    /// functions are called on the calling thread.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::ops::ControlFlow;
    ///
    /// use dumpedit::{Dump, Search};
    ///
    /// let dump = Dump::open(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/crash.dmp"))?;
    /// let patterns = vec![dump.matcher(&"str:edited".parse()?)?, dump.matcher(&"48 89 ??".parse()?)?];
    /// let mut addresses = Vec::new();
    /// let mut on_match = |found: dumpedit::Match| {
    ///     addresses.push(found.address);
    ///     ControlFlow::Continue(())
    /// };
    /// dump.find(&Search::new(patterns), &mut on_match, &mut |_| ControlFlow::Continue(()))?;
    /// assert_eq!(addresses, [0x22_0025, 0x1_4000_1231]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read; [`Error::Costly`] where a pattern visits bytes again and again, or a regular expression
    /// keeps building states; [`Error::Repeated`] where far more memory is searched than the file holds.
    pub fn find(
        &self,
        search: &Search,
        on_match: &mut MatchFn<'_>,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Found, Error> {
        self.view().find(search, on_match, progress)
    }

    /// Counts the matches of [`Dump::find`]. Those in holes are not even listed.
    ///
    /// # Errors
    /// As [`Dump::find`].
    pub fn count(&self, search: &Search, progress: &mut ProgressFn<'_>) -> Result<Found, Error> {
        let found = self.view().search(search, &mut |_| ControlFlow::Continue(()), progress)?;
        let mut matches = found.matches;
        self.view().find_outside_memory(search, found, &mut |_| {
            matches = matches.saturating_add(1);
            if matches == search.most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(Found { matches, ..found })
    }
}

impl Edit {
    /// Searches as [`Dump::find`] does, with this edit's writes.
    ///
    /// # Errors
    /// As [`Dump::find`].
    pub fn find(
        &self,
        search: &Search,
        on_match: &mut MatchFn<'_>,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Found, Error> {
        self.view().find(search, on_match, progress)
    }
}

impl View<'_> {
    fn find(
        &self,
        search: &Search,
        on_match: &mut MatchFn<'_>,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Found, Error> {
        let mut handed_over = 0u64;
        let on_batch = &mut |batch: &Batch| {
            batch.each(&mut |one| {
                handed_over = handed_over.saturating_add(1);
                on_match(search.told(one))?;
                if handed_over == search.most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
        };
        let found = self.search(search, on_batch, progress)?;
        self.find_outside_memory(search, found, &mut |one| {
            handed_over = handed_over.saturating_add(1);
            on_match(search.told(one))?;
            if handed_over == search.most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(Found { matches: handed_over, ..found })
    }

    /// Continues with the rest of the file where that is wanted and the memory was searched completely.
    fn find_outside_memory(
        &self,
        search: &Search,
        found: Found,
        on_match: &mut MatchFn<'_>,
    ) -> Result<(), Error> {
        if !search.everywhere || !found.complete || found.matches >= search.most {
            return Ok(());
        }
        match self.each_outside(search, on_match)? {
            Some(file_offset) => Err(Error::CostlyOutside { file_offset }),
            None => Ok(()),
        }
    }

    /// Reports the matches in batches, up to the wanted number.
    fn search(
        &self,
        search: &Search,
        on_batch: &mut BatchFn<'_>,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Found, Error> {
        const TOLD_EVERY: u64 = 1 << 20;
        let layout = self.dump.layout();
        let ranges: Vec<CapturedRange> = layout.captured_ranges(search.first, search.last).collect();
        if search.most == 0 {
            return Ok(Found::default());
        }
        let total = self.dump.bytes_to_walk(&ranges)?;
        let mut found = Found { captured: total, ..Found::default() };
        let costly = |Costly| Error::Costly { address: ranges.first().map_or(0, |range| range.first) };
        let in_zeros = search.lengths_in_zeros().map_err(costly)?;
        let passes_zeros = search.passes_zeros(&in_zeros).map_err(costly)?;
        let plan = Mutex::new(self.plan(search, &ranges, passes_zeros));
        let worker = || Worker::new(*self, search, &ranges, &in_zeros);
        let mut told = 0u64;
        let mut take = |batch: &Batch| {
            found.matches = found.matches.saturating_add(batch.count()).min(search.most);
            on_batch(batch)?;
            if found.matches == search.most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let mut tell = |done: u64| {
            if done.saturating_sub(told) < TOLD_EVERY {
                return ControlFlow::Continue(());
            }
            told = done;
            progress(Progress { done, total })
        };
        found.complete = std::thread::scope(|scope| {
            let (begun, jobs) = sync_channel::<Begun>(JOBS_AHEAD);
            let helpers = helping_threads::start(scope, workers(search, total), || {
                let mut worker = worker();
                let (plan, begun) = (&plan, begun.clone());
                move || worker.run(plan, &begun)
            });
            drop(begun);
            if helpers == 0 {
                return self.search_alone(worker(), &plan, &mut take, &mut tell);
            }
            for job in jobs {
                for batch in job.matches {
                    if take(&batch?).is_break() {
                        return Ok(false);
                    }
                }
                if tell(job.done).is_break() {
                    return Ok(false);
                }
            }
            Ok(true)
        })?;
        Ok(Found { passed_over: uncaptured(self.dump.layout(), search.first, search.last), ..found })
    }

    /// Searches on this thread, where no other can be started. Returns whether it is complete.
    fn search_alone(
        &self,
        mut worker: Worker<'_>,
        plan: &Mutex<Plan<'_>>,
        take: &mut BatchFn<'_>,
        tell: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<bool, Error> {
        let next_job = || plan.lock().unwrap_or_else(PoisonError::into_inner).next_job();
        let unreadable = |cause| Error::Io { file_offset: 0, len: self.dump.layout().file_size(), cause };
        while let Some(job) = next_job().map_err(unreadable)? {
            let mut result = Ok(());
            let went_on = worker.search(&job, &mut |batch| match batch {
                Ok(batch) => take(&batch).continue_value(),
                Err(error) => {
                    result = Err(error);
                    None
                }
            });
            result?;
            if went_on.is_none() || tell(job.done).is_break() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn plan<'a>(&'a self, search: &Search, ranges: &'a [CapturedRange], passes_zeros: bool) -> Plan<'a> {
        let longest = search.forms.iter().filter_map(Form::fixed_length).max().unwrap_or(1) as u64;
        let ahead = longest.saturating_sub(1);
        let Sizes { block, regex_block, regex_ahead } = search.sizes;
        let shape = if search.is_sequential() {
            // One more byte on either side is for look-around.
            let (block, ahead) = (regex_block.max(4 * ahead), ahead.max(regex_ahead).saturating_add(1));
            WindowSizes { block, behind: 1, ahead }
        } else {
            WindowSizes { block: block.max(4 * ahead), behind: 0, ahead }
        };
        Plan::new(ranges, shape, Holes::of(*self), passes_zeros)
    }
}

/// Number of threads that share a search of `total` bytes.
fn workers(search: &Search, total: u64) -> usize {
    // On other systems reads share the file's one position.
    let reads_are_positional = cfg!(any(unix, windows));
    if search.is_sequential() || total <= search.sizes.block || !reads_are_positional {
        return 1;
    }
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}
