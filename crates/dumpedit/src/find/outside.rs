//! Finds patterns in the file outside of memory: in registers, notes, streams, names.

use std::ops::ControlFlow;

use dumpedit_layout::{Access, Context, ContextLocation, Location, RecordChoice, Span};

use crate::dump::Dump;
use crate::error::Error;
use crate::find::budget::{Budget, Costly};
use crate::find::found::{Match, MatchFn};
use crate::find::search::Search;
use crate::store::holes::{Holes, Run};
use crate::view::View;

/// Matches that a search of the memory does not find, since they are elsewhere in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outside {
    /// Number of matches.
    pub count: u64,
    /// Places of the first ones: `NT_PRPSINFO at 0x8cb`, `zmm18 of thread 3494`; each place once.
    pub places: Vec<String>,
    /// File offset at which the search ended, since the pattern takes too many steps there; `None` for a complete search.
    pub ended: Option<u64>,
}

/// Number of bytes of the file that are searched at once.
const BLOCK: u64 = 1 << 20;

/// Maximum number of places.
pub(crate) const MOST_PLACES: usize = 8;

impl Match {
    /// The location of this match as an AT of `dump`, without the choice of a thread: an address, or the field or the register that has all
    /// of its bytes, else a file offset. A match outside of memory can be written by [`Match::location`].
    pub fn at(&self, dump: &Dump) -> String {
        match self.outside {
            false => format!("{:#x}", self.address),
            true => self.named(dump).unwrap_or_else(|| format!("offset:{:#x}", self.file_offset)),
        }
    }

    /// The thread's register with its first byte, where it is in one.
    pub fn register(&self, dump: &Dump) -> Option<ContextLocation> {
        let found = dump.layout().location_of(self.file_offset).filter(|_| self.outside);
        found.filter(|found| matches!(found.location, Location::Register { .. }))
    }

    /// Whether [`Match::at`] is a place in the format's own structures, which an edit writes to where it may change these
    /// ([`EditOptions::allow_structure`](crate::EditOptions::allow_structure)).
    pub fn is_in_structure(&self, dump: &Dump) -> bool {
        let at = Location::Offset(self.file_offset);
        let is_whole = |length| {
            let resolved = dump.layout().resolve(Context::Process, at, length, Access::Write);
            resolved.is_ok_and(|resolved| resolved.outcome.is_full())
        };
        self.outside && !is_whole(self.length) && self.named(dump).is_none()
    }

    /// The name of the field or register that has all of its bytes.
    fn named(&self, dump: &Dump) -> Option<String> {
        let layout = dump.layout();
        let Some(ContextLocation { context, location }) = self.register(dump) else {
            return match dump.location_in_file(self.file_offset)?.location {
                Location::Field { left, .. } if self.length <= left => dump.field_text(self.file_offset),
                _ => None,
            };
        };
        let taken = Context::Thread(layout.default_thread().ok()?, RecordChoice::Auto);
        let resolved = layout.resolve(taken, location, self.length, Access::Read).ok()?;
        let read: Vec<_> = resolved.reads().collect();
        let leads_here = matches!(
            read.as_slice(),
            [only] if only.file_offset == self.file_offset && only.size == self.length
        );
        leads_here.then(|| dump.display(context, location))
    }

    /// The location of its first byte, which extends over all bytes that follow contiguously.
    pub fn location(&self) -> Location {
        match self.outside {
            true => Location::Field { file_offset: self.file_offset, left: self.length },
            false => Location::Virtual(self.address),
        }
    }
}

impl Dump {
    /// Searches the bytes of the file outside of captured memory for a search's patterns, and in a dump whose own strings are UTF-16, for
    /// its texts in UTF-16 as well. Holes are skipped, and a match has at most 1 MiB.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read.
    pub fn find_outside(&self, search: &Search) -> Result<Outside, Error> {
        let mut outside = Outside::default();
        let mut search = search.clone();
        if dumpedit_formats::has_wide_texts(self.layout().format()) {
            let order = self.layout().byte_order();
            let wide: Vec<_> = search.forms.iter().filter_map(|form| form.in_utf16(order)).collect();
            search.forms.extend(wide);
        }
        outside.ended = self.view().each_outside(&search, &mut |one| {
            outside.count = outside.count.saturating_add(1);
            if outside.places.len() < MOST_PLACES {
                let place = self.place_in_file(one.file_offset);
                if !outside.places.contains(&place) {
                    outside.places.push(place);
                }
            }
            ControlFlow::Continue(())
        })?;
        Ok(outside)
    }

    /// The name of the part that a file byte outside of memory belongs to.
    fn place_in_file(&self, file_offset: u64) -> String {
        let layout = self.layout();
        if let Some(ContextLocation { context, location: Location::Register { part, .. } }) =
            layout.location_of(file_offset)
            && let Ok(thread) = layout.thread(context)
        {
            return format!("{} of thread {}", layout.register_name(context, part), thread.tid);
        }
        match layout.part_at(file_offset) {
            Some(name) => format!("{name} at {file_offset:#x}"),
            None => format!("file offset {file_offset:#x}"),
        }
    }
}

impl View<'_> {
    /// Calls `each` with the matches in the bytes of the file outside of captured memory, in order; the `matcher` of each is the index of
    /// its form. Where a pattern takes too many steps, returns the file offset.
    pub(super) fn each_outside(&self, search: &Search, each: &mut MatchFn<'_>) -> Result<Option<u64>, Error> {
        let layout = self.dump.layout();
        let mut holes = Holes::of(*self);
        let unreadable = |cause| Error::Io { file_offset: 0, len: layout.file_size(), cause };
        for Span { first, last } in layout.outside_memory() {
            let mut at = first;
            while at <= last {
                let left = last.saturating_sub(at).saturating_add(1);
                let (size, is_hole) = match holes.run(at, left).map_err(unreadable)? {
                    Run::Data(size) => (size.min(BLOCK), false),
                    Run::Hole(size) => (size, true),
                };
                let size = size.clamp(1, left);
                if !is_hole {
                    let ahead = left.saturating_sub(size).min(BLOCK);
                    let mut found = match self.look(search, at, size, size.saturating_add(ahead))? {
                        Ok(found) => found,
                        Err(Costly) => return Ok(Some(at)),
                    };
                    found.sort_by_key(|one| one.file_offset);
                    if found.into_iter().try_for_each(&mut *each).is_break() {
                        return Ok(None);
                    }
                }
                at = match at.checked_add(size) {
                    Some(next) => next,
                    None => break,
                };
            }
        }
        Ok(None)
    }

    /// The matches that begin in the first `size` of `len` bytes.
    fn look(
        &self,
        search: &Search,
        at: u64,
        size: u64,
        len: u64,
    ) -> Result<Result<Vec<Match>, Costly>, Error> {
        let mut text = vec![0; usize::try_from(len).unwrap_or(0)];
        self.file_bytes(at, &mut text)?;
        let starts = usize::try_from(size).unwrap_or(0).min(text.len());
        let mut budget = Budget::for_text(text.len());
        let mut matches = Vec::new();
        for (matcher, form) in search.forms.iter().enumerate() {
            let mut from = 0;
            while from < starts {
                let found = form.find(&text, from..starts, text.len(), search.longest(), &mut budget);
                let found = match found {
                    Ok(Some(found)) => found,
                    Ok(None) => break,
                    Err(costly) => return Ok(Err(costly)),
                };
                matches.push(Match {
                    address: 0,
                    outside: true,
                    length: found.len() as u64,
                    file_offset: at.saturating_add(found.start as u64),
                    matcher,
                    encoding: form.encoding,
                });
                from = match form.fixed_length() {
                    Some(_) => found.start.saturating_add(1),
                    None => found.end.max(found.start.saturating_add(1)),
                };
            }
        }
        Ok(Ok(matches))
    }
}
