//! Searches the captured memory: what to look for and where, and the workers that share the way there.

mod budget;
mod expression;
pub(crate) mod matcher;
mod matches;
pub(crate) mod outside;
mod plan;
pub(crate) mod strings;
pub(crate) mod syntax;
#[cfg(test)]
mod tests;
mod worker;
mod zeros;

pub use matches::Matches;

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};

use dumpedit_layout::{CapturedRange, Layout};

use crate::dump::Dump;
use crate::edit::Edit;
use crate::encoding::Encoding;
use crate::error::Error;
use crate::find::budget::Costly;
use crate::find::matcher::{Form, Matcher};
use crate::find::plan::{Plan, WindowSizes};
use crate::find::worker::Worker;
use crate::find::zeros::Every;
use crate::helpers;
use crate::store::copy::{Progress, ProgressFn};
use crate::store::holes::Holes;
use crate::view::View;

/// What to look for, and where.
#[derive(Clone, Debug)]
pub struct Search {
    /// The forms of all matchers, and the place of each one's matcher in the list.
    forms: Vec<Form>,
    matchers: Vec<usize>,
    first: u64,
    last: u64,
    align: u64,
    most: u64,
    /// Whether what is no memory is searched, too.
    everywhere: bool,
    sizes: Sizes,
}

/// How much is read at once, in bytes.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    /// Matches may begin at so many places of one window. It stays in a processor's own cache.
    block: u64,
    /// The same where regular expressions are among the patterns, which look far ahead.
    regex_block: u64,
    /// How far a regular expression sees behind the place where a match begins, and the most bytes that it takes where it
    /// can take less.
    regex_ahead: u64,
}

impl Default for Sizes {
    fn default() -> Self {
        Sizes { block: 1 << 18, regex_block: 1 << 21, regex_ahead: 1 << 18 }
    }
}

impl Search {
    /// All matches of these in all of the memory. A match knows its matcher by the place in the list.
    pub fn new(matchers: Vec<Matcher>) -> Search {
        let forms = matchers.into_iter().map(Matcher::into_forms).enumerate();
        let (matchers, forms) =
            forms.flat_map(|(index, forms)| forms.into_iter().map(move |form| (index, form))).unzip();
        let sizes = Sizes::default();
        Search {
            forms,
            matchers,
            first: 0,
            last: u64::MAX,
            align: 1,
            most: u64::MAX,
            everywhere: false,
            sizes,
        }
    }

    /// Only in these addresses, both included. What lies outside is not looked at, even by `$` and `\b`.
    #[must_use]
    pub fn between(self, first: u64, last: u64) -> Search {
        Search { first, last, ..self }
    }

    /// Only the matches that begin at a multiple of `align`; 0 is as 1.
    #[must_use]
    pub fn align(self, align: u64) -> Search {
        Search { align: align.max(1), ..self }
    }

    /// The first so many matches only.
    #[must_use]
    pub fn most(self, most: u64) -> Search {
        Search { most, ..self }
    }

    /// In the rest of the file, too: in registers, notes, streams, names and headers, after the memory.
    #[must_use]
    pub fn everywhere(self, everywhere: bool) -> Search {
        Search { everywhere, ..self }
    }

    /// The most bytes that a regular expression's match has where it can have less.
    fn longest(&self) -> usize {
        usize::try_from(self.sizes.regex_ahead).unwrap_or(usize::MAX)
    }

    /// A match of one of the forms as it is told: of a matcher.
    fn told(&self, found: Match) -> Match {
        let form = found.matcher;
        Match { matcher: self.matchers.get(form).copied().unwrap_or(form), ..found }
    }

    /// For each form, the length of its matches in the middle of zeros, where there are such.
    fn lengths_in_zeros(&self) -> Result<Vec<Option<u64>>, Costly> {
        let lengths = self.forms.iter().map(|form| form.length_in_zeros(self.longest()));
        lengths.map(|length| Ok(length?.map(|length| length as u64))).collect()
    }

    /// Whether nothing matches in memory that is all zeros.
    fn passes_zeros(&self, in_zeros: &[Option<u64>]) -> Result<bool, Costly> {
        for form in &self.forms {
            if form.matches_only_zeros(self.longest())? {
                return Ok(false);
            }
        }
        Ok(in_zeros.iter().all(Option::is_none))
    }

    /// Whether one thread must do it all: a regular expression goes on where its last match ended.
    fn is_sequential(&self) -> bool {
        self.forms.iter().any(|form| form.fixed_length().is_none())
    }
}

/// Where a pattern was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Match {
    /// The first byte's address; 0 where it is no memory.
    pub address: u64,
    /// Whether it is no memory that was found, but other bytes of the file, one after the other from its file offset on.
    pub outside: bool,
    /// How many bytes match.
    pub length: u64,
    /// Where the first byte is in the file; the others may be elsewhere.
    pub file_offset: u64,
    /// Which of the matchers found it, from 0.
    pub matcher: usize,
    /// The encoding of the text that was found, where the pattern is a text.
    pub encoding: Option<Encoding>,
}

/// What takes the matches one by one; breaking off ends the search.
pub type MatchFn<'a> = dyn FnMut(Match) -> ControlFlow<()> + 'a;

/// What a search came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// How many matches were handed over.
    pub matches: u64,
    /// Whether the search went to the end; else it had all it wanted, or was broken off.
    pub complete: bool,
    /// Bytes of captured memory in the searched addresses.
    pub captured: u64,
    /// Bytes in the searched addresses that were mapped, but that the dump does not hold.
    pub passed_over: u64,
}

/// Jobs that may be done before the first of them is taken.
const JOBS_AHEAD: usize = 16;

/// Matches as a worker hands them over.
enum Batch {
    /// One by one.
    Listed(Vec<Match>),
    /// Those of a hole, by pattern.
    InZeros(Vec<Every>),
}

impl Batch {
    fn count(&self) -> u64 {
        match self {
            Batch::Listed(matches) => matches.len() as u64,
            Batch::InZeros(all) => all.iter().fold(0, |sum, every| sum.saturating_add(every.count)),
        }
    }

    /// Hands over the matches, in order.
    fn each(&self, on_match: &mut MatchFn<'_>) -> ControlFlow<()> {
        match self {
            Batch::Listed(matches) => matches.iter().copied().try_for_each(on_match),
            Batch::InZeros(all) => zeros::in_order(all).try_for_each(on_match),
        }
    }
}

/// What takes matches as they are found.
type BatchFn<'a> = dyn FnMut(&Batch) -> ControlFlow<()> + 'a;

/// A job that a worker has, in the order of addresses.
struct Begun {
    /// Its matches, in order.
    matches: Receiver<Result<Batch, Error>>,
    /// Bytes of captured memory that are done once it is.
    done: u64,
}

impl Dump {
    /// Searches the captured memory and hands every match over, in the order of addresses and of the matchers.
    ///
    /// Memory is searched as the process saw it: a match may lie in regions that are adjacent there and apart in the file,
    /// and never crosses a gap. Of bytes that are stored more than once, those that reads take are searched. Patterns of
    /// fixed length are found wherever they match, overlaps included; a regular expression from left to right without
    /// overlaps, and never as nothing.
    ///
    /// The file is read in blocks by as many threads as the machine has processors, or by one where there is a regular
    /// expression. Both functions are called from the calling thread.
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
    /// [`Error::Io`] where the file cannot be read; [`Error::Costly`] where a pattern looks at bytes again and again, or a
    /// regular expression is in ever new states; [`Error::Repeated`] where far more memory is searched than the file holds.
    pub fn find(
        &self,
        search: &Search,
        on_match: &mut MatchFn<'_>,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Found, Error> {
        self.view().find(search, on_match, progress)
    }

    /// Counts the matches that [`Dump::find`] hands over. Those in holes are not even listed.
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
    /// Searches as [`Dump::find`] does, and sees this edit's writes.
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

    /// Goes on with the rest of the file where that is wanted and the memory was searched to its end.
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

    /// Tells of the matches in batches until there are as many as are wanted.
    fn search(
        &self,
        search: &Search,
        on_batch: &mut BatchFn<'_>,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Found, Error> {
        const TOLD_EVERY: u64 = 1 << 20;
        let ranges = self.dump.layout().captured_ranges(search.first, search.last);
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
            let helpers = helpers::start(scope, workers(search, total), || {
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

    /// Searches where no thread can be started. Whether it came to its end.
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
            // One byte more on either side is for what looks around.
            let (block, ahead) = (regex_block.max(4 * ahead), ahead.max(regex_ahead).saturating_add(1));
            WindowSizes { block, behind: 1, ahead }
        } else {
            WindowSizes { block: block.max(4 * ahead), behind: 0, ahead }
        };
        Plan::new(ranges, shape, Holes::of(*self), passes_zeros)
    }
}

/// How many threads share a search of so many bytes.
fn workers(search: &Search, total: u64) -> usize {
    // Elsewhere reads share the file's one position.
    let reads_are_positional = cfg!(any(unix, windows));
    if search.is_sequential() || total <= search.sizes.block || !reads_are_positional {
        return 1;
    }
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Bytes in a range of addresses that are mapped, but not captured.
fn uncaptured(layout: &Layout, first: u64, last: u64) -> u64 {
    let mut total = 0u128;
    for region in layout.regions().take_while(|region| region.start <= last) {
        let start = u128::from(region.start).saturating_add(u128::from(region.captured)).max(first.into());
        let end =
            u128::from(region.start).saturating_add(region.size).min(u128::from(last).saturating_add(1));
        total = total.saturating_add(end.saturating_sub(start));
    }
    u64::try_from(total).unwrap_or(u64::MAX)
}
