//! Names and numbers of notes that no table describes.

use std::collections::HashMap;
use std::fmt::Write;

use dumpedit_layout::LayoutBuilder;

use super::note_kinds::{name, printable};
use super::notes::Note;

/// Maximum number of kinds of notes that are told apart; the real number is below a hundred.
const MOST_KINDS: usize = 1000;

/// Kinds of notes in order of appearance, and the number of notes of each.
#[derive(Default)]
pub(super) struct Untouched<'a> {
    kinds: Vec<(&'a [u8], u32, u64)>,
    by_kind: HashMap<(&'a [u8], u32), usize>,
    others: u64,
}

impl<'a> Untouched<'a> {
    pub(super) fn add(&mut self, note: &Note<'a>) {
        let namespace = note.thread_namespace().map_or(note.namespace, |(system, _)| system);
        let seen = self.by_kind.get(&(namespace, note.kind)).and_then(|at| self.kinds.get_mut(*at));
        if let Some((_, _, count)) = seen {
            *count = count.saturating_add(1);
        } else if self.kinds.len() < MOST_KINDS {
            self.by_kind.insert((namespace, note.kind), self.kinds.len());
            self.kinds.push((namespace, note.kind, 1));
        } else {
            self.others = self.others.saturating_add(1);
        }
    }

    pub(super) fn finish(self, builder: &mut LayoutBuilder) {
        for (namespace, kind, count) in self.kinds {
            let mut text = printable(namespace);
            // Writing to a string cannot fail.
            let _ = match name(namespace, kind) {
                Some(name) => write!(text, " {name}"),
                None => write!(text, " {kind:#x}"),
            };
            if count > 1 {
                let _ = write!(text, " ({count} notes)");
            }
            builder.untouched(text);
        }
        if self.others > 0 {
            builder.untouched(format!("{} notes of other kinds", self.others));
        }
    }
}
