//! The dump as it was before the last edit in force, where that let it grow.

use std::io;

use crate::edit::pending::Pending;
use crate::journal::entries::{self, Entry};
use crate::journal::file::{self, Mode};
use crate::journal::history::{History, states};
use crate::journal::record::{EntryKind, Header};
use crate::journal::recover;
use crate::journal::stack::Stack;

impl History<'_> {
    /// What brings the dump back to the bytes and the size from before the last edit in force; `None` where that did not let it
    /// grow, and where the dump is not as the journal says. Edits after it of which the later ones took back the earlier ones to
    /// the byte count for nothing.
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
        Ok(now.first_difference(&dump)?.is_none().then_some(before))
    }
}

/// The edits from the one on that let the dump grow, where all after it come to nothing.
fn growth<'e, 'j>(in_force: &'e [&'j Entry]) -> Option<&'e [&'j Entry]> {
    let mut earlier = in_force;
    loop {
        let (last, rest) = earlier.split_last()?;
        let head = &last.head;
        if head.new_size > head.old_size {
            return in_force.get(rest.len()..);
        }
        // One that cut the dump may have brought it to where an earlier one began.
        let begins_there =
            |entry: &&Entry| (entry.head.old_size, entry.head.before) == (head.new_size, head.after);
        let began = rest.iter().rposition(begins_there).filter(|_| head.new_size < head.old_size)?;
        earlier = rest.get(..began)?;
    }
}
