//! The bytes of a write: held as far as there is room for them in the dump, and counted to their end.

use std::fs::File;
use std::io::{self, Read};

/// Bytes to write, or to be expected.
#[derive(Debug)]
pub(crate) struct Payload {
    held: Vec<u8>,
    len: u64,
    room: u64,
}

impl Payload {
    /// No bytes yet. The first `room` of those to come are held; the others are counted.
    pub(crate) fn with_room(room: u64) -> Self {
        Payload { held: Vec::new(), len: 0, room }
    }

    /// How many bytes were given.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// The bytes that are held.
    pub(crate) fn held(&self) -> &[u8] {
        &self.held
    }

    pub(crate) fn into_held(self) -> Vec<u8> {
        self.held
    }

    /// Adds bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let held = usize::try_from(self.room_left()).map_or(bytes.len(), |room| room.min(bytes.len()));
        self.held.extend_from_slice(bytes.get(..held).unwrap_or_default());
        self.len = self.len.saturating_add(bytes.len() as u64);
    }

    /// Adds what a stream gives to its end.
    pub(crate) fn push_stream(&mut self, stream: &mut dyn Read) -> io::Result<()> {
        let held = (&mut *stream).take(self.room_left()).read_to_end(&mut self.held)?;
        let counted = io::copy(stream, &mut io::sink())?;
        self.len = self.len.saturating_add(held as u64).saturating_add(counted);
        Ok(())
    }

    /// Adds what a file holds. What there is no room for is not even read, where the file knows its length.
    pub(crate) fn push_file(&mut self, mut file: File) -> io::Result<()> {
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.len() <= self.room_left() {
            return self.push_stream(&mut file);
        }
        let held = (&mut file).take(self.room_left()).read_to_end(&mut self.held)?;
        self.len = self.len.saturating_add(metadata.len().max(held as u64));
        Ok(())
    }

    fn room_left(&self) -> u64 {
        self.room.saturating_sub(self.held.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_no_room_for_is_counted_and_not_held() {
        let mut payload = Payload::with_room(5);
        payload.push(b"abc");
        payload.push_stream(&mut io::repeat(b'd').take(1 << 30)).unwrap();
        payload.push(b"ef");
        assert_eq!((payload.held(), payload.len()), (&b"abcdd"[..], 3 + (1 << 30) + 2));
        assert!(payload.held.capacity() < 1 << 20);
    }

    #[test]
    fn a_file_is_as_long_as_it_says() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(1 << 40).unwrap();
        let mut payload = Payload::with_room(3);
        payload.push_file(file).unwrap();
        assert_eq!((payload.held(), payload.len()), (&[0; 3][..], 1 << 40));
    }
}
