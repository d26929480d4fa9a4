//! Pieces of secrets, of the length of a vector register: partial copies, such as a vector register that was saved on a stack.

use std::collections::HashMap;
use std::ops::Range;

use crate::module_names::{ModuleNames, PIECE};
use crate::starts::Starts;

/// Most pieces that are remembered.
const MOST: usize = 1 << 20;

/// The secret that a piece is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Whole {
    /// Index of the rule that found the secret.
    pub(crate) rule: usize,
    /// Whether the secret is a path.
    pub(crate) is_path: bool,
}

/// Pieces of secrets.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    /// The secret of each piece.
    known: HashMap<[u8; PIECE], Whole>,
    starts: Starts,
}

impl Pieces {
    /// Adds the pieces of a secret except for those that names of modules contain; [`Pieces::ready`] follows the last one.
    pub(crate) fn add(&mut self, secret: &[u8], whole: Whole, modules: &ModuleNames) {
        for piece in secret.windows(PIECE).filter(|piece| !modules.have_piece(piece)) {
            if self.known.len() >= MOST {
                return;
            }
            if let Ok(piece) = <[u8; PIECE]>::try_from(piece) {
                self.known.entry(piece).or_insert(whole);
            }
        }
    }

    /// Builds the table of beginnings, once all pieces are added.
    pub(crate) fn ready(&mut self) {
        self.starts = Starts::new(PIECE, 8, self.known.keys().map(|piece| &piece[..]));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Calls `each` for every range of a text that is a piece, or several that overlap.
    pub(crate) fn find(&self, text: &[u8], each: &mut impl FnMut(Range<usize>, Whole)) {
        let mut open: Option<(Range<usize>, Whole)> = None;
        self.starts.each(text, |at| {
            let Some(whole) = text.get(at..at + PIECE).and_then(|piece| self.known.get(piece)) else {
                return at + 1;
            };
            match &mut open {
                Some((range, _)) if at < range.end => range.end = at + PIECE,
                _ => {
                    if let Some((range, before)) = open.replace((at..at + PIECE, *whole)) {
                        each(range, before);
                    }
                }
            }
            at + 1
        });
        if let Some((range, whole)) = open {
            each(range, whole);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_a_secret_are_found_as_far_as_they_go() {
        let secret = b"ghp_abcdefghijklmnopqrstuvwxyz0123456789";
        let mut pieces = Pieces::default();
        pieces.add(secret, Whole { rule: 3, is_path: false }, &ModuleNames::default());
        pieces.ready();
        let found = |text: &[u8]| {
            let mut found = Vec::new();
            pieces.find(text, &mut |range, whole| found.push((range, whole.rule)));
            found
        };
        assert_eq!(found(&secret[..32]), [(0..32, 3)]);
        assert_eq!(found(&[b"--", &secret[5..21], b"--", &secret[20..]].concat()), [(2..18, 3), (20..40, 3)]);
        assert_eq!(found(&secret[..15]), []);
        assert_eq!(found(b"nothing of it is here at all"), []);
    }
}
