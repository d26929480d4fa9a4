//! Distribution of an ELF core's notes over segments.

use super::Model;

/// Distribution of a core's notes over segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoteSegments {
    /// One segment with all notes.
    One,
    /// One segment for each thread, and one for the notes in front of the threads'.
    OfThreads,
    /// Any other.
    Other,
}

impl Model {
    /// The distribution of a core's notes over segments.
    pub fn note_segments(&self) -> NoteSegments {
        let in_front = self.elf().into_iter().flat_map(|elf| &elf.notes).map(|note| (None, note.segment));
        let of_threads = self.threads.iter().enumerate().flat_map(|(index, thread)| {
            let segments = thread.notes.iter().map(|note| note.segment);
            std::iter::once(thread.segment).chain(segments).map(move |segment| (Some(index), segment))
        });
        let notes: Vec<(Option<usize>, u32)> = in_front.chain(of_threads).collect();
        let pairs = || notes.iter().zip(notes.iter().skip(1));
        if pairs().all(|(one, next)| one.1 == next.1) {
            NoteSegments::One
        } else if pairs().all(|(one, next)| (one.0 == next.0) == (one.1 == next.1)) {
            NoteSegments::OfThreads
        } else {
            NoteSegments::Other
        }
    }

    /// Moves the notes of each thread of a core to a segment of their own.
    pub fn split_notes(&mut self) {
        for (thread, segment) in self.threads.iter_mut().zip(1u32..) {
            thread.segment = segment;
            thread.notes.iter_mut().for_each(|note| note.segment = segment);
        }
    }
}
