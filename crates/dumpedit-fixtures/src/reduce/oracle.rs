//! Dropping more of a dump as long as somebody else says that the rest still serves.

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

/// What the pieces of regions are cut into, in bytes.
const PAGE: u64 = 1 << 12;

/// Says of the dump at a path whether it still serves.
pub type Oracle<'a> = dyn FnMut(&Path) -> io::Result<bool> + 'a;

/// How far a search is, before each run of the oracle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// How often the oracle ran.
    pub runs: usize,
    /// The memory in the smallest dump that served so far, in bytes; before there is one, in the whole.
    pub captured_bytes: u64,
}

/// The smallest that was found to serve.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reduced {
    /// What it keeps.
    pub kept: Kept,
    /// How often the oracle ran.
    pub runs: usize,
    /// Whether the plan did not serve, so that the search began with more than that.
    pub widened: bool,
    /// Whether the search was broken off: more could be dropped.
    pub interrupted: bool,
}

/// Why nothing was found.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OracleError {
    /// The oracle refuses the dump even with everything that the options let it have.
    #[error("the oracle refuses the dump even with all of its memory")]
    Refused,
    /// The search was broken off before the oracle accepted anything.
    #[error("broken off before the oracle accepted anything")]
    Interrupted,
    /// The oracle could not be asked.
    #[error("the oracle cannot be run: {0}")]
    Unasked(io::Error),
    /// A candidate could not be written for the oracle.
    #[error("cannot write a candidate into the temporary folder: {0}")]
    Candidate(io::Error),
    /// A candidate could not be made.
    #[error(transparent)]
    Fixture(#[from] FixtureError),
}

/// Drops of a dump what the oracle can do without: what [`plan`] leaves is tried first, then all memory of its threads,
/// then everything, unless the options choose the threads. Of what serves first, threads are dropped, then regions, then
/// pages, until none can be dropped alone; nothing is asked about other parts, so that another minimum may be smaller.
///
/// Candidates are written one after the other into a folder of their own, which is removed in the end.
///
/// # Errors
/// [`OracleError`]. Where `progress` breaks off after something served, the smallest such is the result.
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

/// A search under way.
struct Search<'a, 'o> {
    dump: &'a Dump,
    oracle: &'a mut Oracle<'o>,
    progress: &'a mut dyn FnMut(Step) -> ControlFlow<()>,
    /// Holds the candidate; removed when dropped.
    _folder: TempDir,
    candidate: PathBuf,
    runs: usize,
    /// The memory in the smallest that served, in bytes.
    least: u64,
    /// Nothing serves any more once the search is broken off, so that it ends with what served before.
    interrupted: bool,
}

impl<'a, 'o> Search<'a, 'o> {
    fn new(
        dump: &'a Dump,
        oracle: &'a mut Oracle<'o>,
        progress: &'a mut dyn FnMut(Step) -> ControlFlow<()>,
    ) -> Result<Self, OracleError> {
        let folder = tempfile::Builder::new().prefix("dumpedit-").tempdir();
        // The error itself tells a temporary name.
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
            // A new file each time: one that the oracle still holds stays as it was.
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
        // What broke the search off may have ended the oracle, too.
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
