//! The matches of a search as an iterator: another thread searches while the first ones are used.

use std::cell::RefCell;
use std::iter::FusedIterator;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, sync_channel};

use crate::dump::Dump;
use crate::error::Error;
use crate::find::found::Match;
use crate::find::search::Search;

/// Maximum number of matches that are handed over at once.
const AT_ONCE: usize = 1 << 10;

/// Number of lists of matches that may be ready before they are taken.
const LISTS_AHEAD: usize = 2;

/// The matches of a search, in order; dropping it ends the search.
#[derive(Debug)]
#[must_use = "matches are only looked at where they are taken"]
pub struct Matches {
    lists: Receiver<Result<Vec<Match>, Error>>,
    list: std::vec::IntoIter<Match>,
}

impl Dump {
    /// Searches as [`Dump::find`] does, in a thread of its own that waits while no matches are taken. An error is the last item.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use dumpedit::{Dump, Search};
    ///
    /// let dump = Dump::open(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/crash.dmp"))?;
    /// let search = Search::new(vec![dump.matcher(&"str:edited".parse()?)?]);
    /// let first = dump.matches(search).next().transpose()?;
    /// assert_eq!(first.map(|found| found.address), Some(0x22_0025));
    /// # Ok(())
    /// # }
    /// ```
    pub fn matches(&self, search: Search) -> Matches {
        let (sender, lists) = sync_channel(LISTS_AHEAD);
        let (dump, failed) = (self.clone(), sender.clone());
        let run = move || {
            let list = RefCell::new(Vec::new());
            let hand_over = || match sender.send(Ok(list.take())) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            };
            let mut on_match = |found| {
                list.borrow_mut().push(found);
                if list.borrow().len() < AT_ONCE { ControlFlow::Continue(()) } else { hand_over() }
            };
            // Matches are handed over regularly, even few or none: thus the search learns that it is no longer wanted.
            let searched = dump.find(&search, &mut on_match, &mut |_| hand_over());
            let _ = hand_over();
            if let Err(error) = searched {
                let _ = sender.send(Err(error));
            }
        };
        if let Err(cause) = std::thread::Builder::new().spawn(run) {
            let len = self.layout().file_size();
            let _ = failed.send(Err(Error::Io { file_offset: 0, len, cause }));
        }
        Matches { lists, list: Vec::new().into_iter() }
    }
}

impl Iterator for Matches {
    type Item = Result<Match, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(found) = self.list.next() {
                return Some(Ok(found));
            }
            match self.lists.recv().ok()? {
                Ok(list) => self.list = list.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl FusedIterator for Matches {}
