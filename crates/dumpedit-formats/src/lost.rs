//! What a model does not hold of the dump that it was read from.

use dumpedit_layout::Notice;

/// Losses while they are collected: those of a kind are counted.
#[derive(Default)]
pub(crate) struct Lost {
    notices: Vec<Notice>,
    /// What it is, how often, and the first address or file offset.
    counted: Vec<(&'static str, u64, u64)>,
}

impl Lost {
    /// One more of a kind, by its address or file offset.
    pub(crate) fn count(&mut self, what: &'static str, at: u64) {
        match self.counted.iter_mut().find(|(known, ..)| *known == what) {
            Some((_, count, _)) => *count = count.saturating_add(1),
            None => self.counted.push((what, 1, at)),
        }
    }

    pub(crate) fn notice(&mut self, notice: String) {
        self.notices.push(Notice(notice));
    }

    pub(crate) fn finish(self) -> Vec<Notice> {
        let counted = self.counted.into_iter();
        let counted =
            counted.map(|(what, count, first)| Notice(format!("{what}: {count}, the first at {first:#x}")));
        self.notices.into_iter().chain(counted).collect()
    }
}
