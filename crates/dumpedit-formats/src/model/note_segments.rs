//! How the notes of an ELF core are spread over its segments.

use super::Model;

/// How the notes of a core are spread over segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoteSegments {
    /// All are in one.
    One,
    /// Those of each thread are in one of their own, and so are those in front of the threads'.
    OfThreads,
    /// In any other way.
    Other,
}

impl Model {
    /// How the notes of a core are spread over segments.
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

    /// Puts the notes of each thread of a core into a segment of their own.
    pub fn split_notes(&mut self) {
        for (thread, segment) in self.threads.iter_mut().zip(1u32..) {
            thread.segment = segment;
            thread.notes.iter_mut().for_each(|note| note.segment = segment);
        }
    }
}
