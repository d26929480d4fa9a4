//! Reduces a dump further as long as an oracle accepts the rest.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use dumpedit::{Dump, Span};
use tempfile::TempDir;
use thiserror::Error;

use super::ddmin::ddmin;
use super::ranges::{Ranges, captured, pages};
use super::{Kept, ReduceOptions, plan};
use crate::error::FixtureError;
use crate::facts::facts;

/// Size of the pieces of regions, in bytes.
const PAGE: u64 = 1 << 12;

/// Decides whether the dump at a path still serves.
pub type Oracle<'a> = dyn FnMut(&Path) -> io::Result<bool> + 'a;

/// Progress of a search, before each run of the oracle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// Number of runs of the oracle.
    pub runs: usize,
    /// Memory in the smallest dump that served so far, in bytes; before there is one, in the whole dump.
    pub captured_bytes: u64,
}

/// The smallest dump that served.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reduced {
    /// Its parts.
    pub kept: Kept,
    /// Number of runs of the oracle.
    pub runs: usize,
    /// Whether the plan did not serve, so that the search began with more.
    pub widened: bool,
    /// Whether the search was stopped: more could be dropped.
    pub interrupted: bool,
}

/// Reason why no dump was found.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OracleError {
    /// The oracle refuses the dump even with everything that the options permit.
    #[error("the oracle refuses the dump even with all of its memory")]
    Refused,
    /// The search was stopped before the oracle accepted anything.
    #[error("stopped before the oracle accepted anything")]
    Interrupted,
    /// The oracle could not be run.
    #[error("the oracle cannot be run: {0}")]
    Unasked(io::Error),
    /// A candidate could not be written for the oracle.
    #[error("cannot write a candidate into the temporary folder: {0}")]
    Candidate(io::Error),
    /// A candidate could not be made.
    #[error(transparent)]
    Fixture(#[from] FixtureError),
}

/// Drops the parts of a dump that the oracle does not need: [`plan`] is tried first, then all memory of its threads, then everything,
/// unless the options choose the threads. Of the first that serves, threads are dropped, then regions, then pages, until none can be
/// dropped alone; other subsets are not tried, so that a smaller minimum may exist.
///
/// Candidates are written one after the other into a folder of their own, which is removed at the end.
///
/// # Errors
/// [`OracleError`]. Where `progress` breaks after a candidate served, the smallest such is the result.
pub fn minimise(
    dump: &Dump,
    options: &ReduceOptions,
    oracle: &mut Oracle<'_>,
    progress: &mut dyn FnMut(Step) -> ControlFlow<()>,
) -> Result<Reduced, OracleError> {
    let planned = plan(dump, options);
    let mut search = Search::new(dump, oracle, progress)?;
    let everything = Kept::everything(dump);
    let wider = Kept { threads: planned.threads.clone(), memory: everything.memory.clone() };
    let widest = if options.threads.is_some() { wider.clone() } else { everything };
    let mut candidates = vec![planned, wider, widest];
    candidates.dedup();
    let mut first = None;
    for (index, candidate) in candidates.into_iter().enumerate() {
        if search.serves(&candidate)? {
            first = Some((index, candidate));
            break;
        }
    }
    let (index, mut kept) = match first {
        Some(found) => found,
        None if search.interrupted => return Err(OracleError::Interrupted),
        None => return Err(OracleError::Refused),
    };
    if options.threads.is_none() && kept.threads.len() > 1 {
        let threads = ddmin(kept.threads.iter().copied().collect(), |threads| match threads {
            [] => Ok(false),
            some => search.serves(&Kept { threads: some.iter().copied().collect(), ..kept.clone() }),
        })?;
        kept.threads = threads.into_iter().collect();
    }
    let required = Ranges::of(options.keep.iter().map(|range| (*range.start(), *range.end())));
    let regions = captured(dump.layout());
    let required = required.within(&regions);
    for page in [None, Some(PAGE)] {
        let of_regions = kept.memory.within(&regions);
        let pieces = page.map_or_else(|| of_regions.clone(), |page| pages(&of_regions, page));
        let memory = |some: &[Span]| Ranges::of(some.iter().chain(&required).copied());
        let needed = ddmin(pieces, |some| search.serves(&Kept { memory: memory(some), ..kept.clone() }))?;
        kept.memory = memory(&needed);
    }
    Ok(Reduced { kept, runs: search.runs, widened: index > 0, interrupted: search.interrupted })
}

/// A running search.
struct Search<'a, 'o> {
    dump: &'a Dump,
    oracle: &'a mut Oracle<'o>,
    progress: &'a mut dyn FnMut(Step) -> ControlFlow<()>,
    /// Folder of the candidate; removed when dropped.
    _folder: TempDir,
    candidate: PathBuf,
    runs: usize,
    /// Memory in the smallest dump that served, in bytes.
    least: u64,
    /// Set once the search is stopped: nothing serves any more, so that it ends with the last dump that did.
    interrupted: bool,
}

impl<'a, 'o> Search<'a, 'o> {
    fn new(
        dump: &'a Dump,
        oracle: &'a mut Oracle<'o>,
        progress: &'a mut dyn FnMut(Step) -> ControlFlow<()>,
    ) -> Result<Self, OracleError> {
        let folder = tempfile::Builder::new().prefix("dumpedit-").tempdir();
        // The error itself contains a temporary name.
        let folder = folder.map_err(|error| OracleError::Candidate(error.kind().into()))?;
        let candidate = folder.path().join(format!("candidate.{}", facts(dump.layout().format()).extension));
        let least = dump.layout().captured_bytes();
        Ok(Search { dump, oracle, progress, _folder: folder, candidate, runs: 0, least, interrupted: false })
    }

    fn serves(&mut self, kept: &Kept) -> Result<bool, OracleError> {
        self.report();
        if self.interrupted {
            return Ok(false);
        }
        let image = kept.image(self.dump)?;
        let write = || {
            // A new file each time: one that the oracle still has open is not changed.
            match std::fs::remove_file(&self.candidate) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut file = BufWriter::with_capacity(1 << 16, File::create_new(&self.candidate)?);
            image.write_sparse(&mut file)?;
            file.flush()
        };
        write().map_err(OracleError::Candidate)?;
        let served = (self.oracle)(&self.candidate).map_err(OracleError::Unasked)?;
        self.runs = self.runs.saturating_add(1);
        // The signal that stopped the search may have ended the oracle, too.
        self.report();
        let serves = served && !self.interrupted;
        if serves {
            self.least = self.least.min(kept.memory.bytes());
        }
        Ok(serves)
    }

    fn report(&mut self) {
        let step = Step { runs: self.runs, captured_bytes: self.least };
        self.interrupted |= (self.progress)(step).is_break();
    }
}
