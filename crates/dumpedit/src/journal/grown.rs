//! The dump as it was before the last edit in force, where that edit made it grow.

use std::io;

use crate::edit::pending::Pending;
use crate::journal::entries::{self, Entry};
use crate::journal::file::{self, Mode};
use crate::journal::history::{History, states};
use crate::journal::record::{EntryKind, Header};
use crate::journal::recover;
use crate::journal::stack::Stack;

impl History<'_> {
    /// The writes that return the dump to its bytes and size before the last edit in force; `None` where that edit did not make it grow,
    /// and where the dump is not as in the journal. Later edits that cancel each other out to the byte are ignored.
    pub(crate) fn before_growth(&self) -> io::Result<Option<Pending>> {
        let dump = self.dump_file()?;
        let Ok(Some(log)) = file::open(&self.journal()?, &dump, Mode::Read) else { return Ok(None) };
        if !matches!(file::read_header(&log)?, Header::Journal { .. }) {
            return Ok(None);
        }
        let walk = entries::walk(&log)?;
        let Some(last) = walk.entries.last().filter(|_| walk.gaps.is_empty()) else { return Ok(None) };
        if last.head.kind == EntryKind::Unkept || !last.trailer.sealed || !recover::is_about(&dump, last)? {
            return Ok(None);
        }
        let in_force = Stack::of(walk.entries.iter().map(|entry| &entry.head)).in_force;
        let is_in_force = |entry: &&Entry| in_force.binary_search(&entry.head.number).is_ok();
        let in_force: Vec<&Entry> = walk.entries.iter().filter(is_in_force).collect();
        let Some(taken) = growth(&in_force) else { return Ok(None) };
        for entry in taken {
            if !entries::is_intact(&log, entry)? {
                return Ok(None);
            }
        }
        let (before, now) = states(&log, taken)?;
        let first = taken.first().map_or(0, |entry| entry.head.number);
        let earlier = in_force.iter().rev().map(|entry| entry.head.number).find(|number| *number < first);
        let before = before.returning_to(earlier.unwrap_or(0));
        Ok(now.first_difference(&dump)?.is_none().then_some(before))
    }
}

/// The edits from the one on that made the dump grow, where all later ones cancel each other out.
fn growth<'e, 'j>(in_force: &'e [&'j Entry]) -> Option<&'e [&'j Entry]> {
    let mut earlier = in_force;
    loop {
        let (last, rest) = earlier.split_last()?;
        let head = &last.head;
        if head.new_size > head.old_size {
            return in_force.get(rest.len()..);
        }
        // An edit that cut the dump may have returned it to the size before an earlier one.
        let begins_there =
            |entry: &&Entry| (entry.head.old_size, entry.head.before) == (head.new_size, head.after);
        let began = rest.iter().rposition(begins_there).filter(|_| head.new_size < head.old_size)?;
        earlier = rest.get(..began)?;
    }
}
