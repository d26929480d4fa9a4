//! Reduces a dump to threads and addresses that still serve when everything else is dropped.
//!
//! Knows nothing of how a dump is written: the result is a reduced model.

mod auxiliary;
mod command;
mod ddmin;
mod modules;
mod options;
mod oracle;
mod ranges;
mod stacks;
mod threads;

use std::collections::BTreeSet;

use dumpedit::{Dump, Span, ThreadIndex};

use crate::describe::{Chosen, keep};
use crate::encode::narrow;
use crate::error::FixtureError;
use crate::facts::facts;
use crate::image::Image;
use crate::synth::image;

use auxiliary::Auxiliary;
pub use command::{Answer, ShellCommand};
pub use options::ReduceOptions;
pub use oracle::{Oracle, OracleError, Reduced, Step, minimise};
pub use ranges::Ranges;

/// Kept parts of a dump.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Kept {
    /// The threads.
    pub threads: BTreeSet<ThreadIndex>,
    /// The captured memory.
    pub memory: Ranges,
}

/// Size of a dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DumpSize {
    /// Size of the file, in bytes.
    pub file_size: u64,
    /// Captured memory, in bytes.
    pub captured_bytes: u64,
    /// Number of regions of this memory.
    pub regions: usize,
    /// Number of threads.
    pub threads: usize,
}

/// Result of a reduction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reduction {
    /// The whole dump.
    pub before: DumpSize,
    /// The reduced one.
    pub after: DumpSize,
    /// Whether memory was dropped that is no longer mapped either.
    pub unmapped: bool,
    /// Whether threads were dropped that debuggers may still list from the process's memory.
    pub unlisted_threads: bool,
}

/// The parts of a dump that should be enough for its readers: the chosen threads, their stacks from the stack pointers on, the code around
/// their program counters, memory that their stacks and registers point to, headers and build ids of modules, the dynamic linker's list of
/// modules, and the memory of the options.
///
/// Where no stack pointer of these threads is known, all memory is kept: nothing tells which they need.
pub fn plan(dump: &Dump, options: &ReduceOptions) -> Kept {
    let layout = dump.layout();
    let crashed = layout.faults().iter().map(|fault| fault.thread);
    let threads = match &options.threads {
        Some(threads) => threads.clone(),
        None => Some(crashed.collect())
            .filter(|threads: &BTreeSet<_>| !threads.is_empty())
            .unwrap_or_else(|| all_threads(dump)),
    };
    let captured = ranges::captured(layout);
    let has_records = |index: &ThreadIndex| {
        layout.threads().get(narrow(index.0.into())).is_some_and(|thread| !thread.records.is_empty())
    };
    if !threads.iter().any(has_records) {
        return Kept { threads, memory: Ranges::of(captured) };
    }
    let auxiliary = Auxiliary::of(dump);
    let mut needed = modules::needs(dump, &captured, options.variables);
    needed.extend(auxiliary.needs(dump));
    needed.extend(threads::needs(dump, &threads, options));
    needed.extend(options.keep.iter().map(|range| Span { first: *range.start(), last: *range.end() }));
    let in_pages = facts(layout.format()).in_pages;
    let needed = Ranges::of(needed).in_pages(if in_pages { auxiliary.page() } else { 1 });
    Kept { threads, memory: Ranges::of(needed.within(&captured)) }
}

fn all_threads(dump: &Dump) -> BTreeSet<ThreadIndex> {
    (0u32..).zip(dump.layout().threads()).map(|(index, _)| ThreadIndex(index)).collect()
}

impl Kept {
    /// All threads and all memory of a dump.
    pub fn everything(dump: &Dump) -> Kept {
        Kept { threads: all_threads(dump), memory: Ranges::of(ranges::captured(dump.layout())) }
    }

    /// The dump with only these parts: its container, modules, streams and notes are those of the whole.
    ///
    /// # Errors
    /// [`FixtureError`] where the dump cannot be read, and where broken tables would make the image twice as large.
    pub fn image(&self, dump: &Dump) -> Result<Image, FixtureError> {
        let threads = Some(&self.threads).filter(|threads| **threads != all_threads(dump));
        let kept = keep(dump, threads, &Chosen::ranges(self.memory.iter()), true)?;
        // Tables of broken dumps can announce far more than the file has.
        let most = dump.layout().file_size().saturating_mul(2).saturating_add(1 << 16);
        let image = image(&kept.model, dump, most)?;
        dump.check_reads()?;
        Ok(image)
    }

    /// The sizes of a dump and of its image with these threads and addresses.
    pub fn reduction(&self, dump: &Dump, image: &Image) -> Reduction {
        let layout = dump.layout();
        let captured = ranges::captured(layout);
        let before = DumpSize {
            file_size: layout.file_size(),
            captured_bytes: layout.captured_bytes(),
            regions: captured.len(),
            threads: layout.threads().len(),
        };
        let after = DumpSize {
            file_size: image.size(),
            captured_bytes: self.memory.bytes(),
            regions: self.memory.within(&captured).len(),
            threads: self.threads.len(),
        };
        let facts = facts(dump.layout().format());
        Reduction {
            before,
            after,
            unmapped: facts.has_segments && before.captured_bytes > after.captured_bytes,
            unlisted_threads: facts.has_unlisted_threads && before.threads > after.threads,
        }
    }
}
