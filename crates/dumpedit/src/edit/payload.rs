//! The bytes of a write: given, kept up to the room in the dump, or repeated.

use std::fs::File;
use std::io::{self, Read};

use crate::commit::kept::Kept;
use crate::store::blocks::BLOCK;
use crate::store::platform;
use crate::store::stamp::Stamp;

/// Maximum number of bytes of a stream that are read only to be counted.
const MOST_COUNTED: u64 = 1 << 32;

/// Bytes to write, or to expect. Some may be missing: bytes beyond the room are only counted.
#[derive(Debug)]
pub(crate) struct Payload<'a> {
    pub(crate) content: Content<'a>,
    len: u64,
}

/// Source of a payload's bytes.
#[derive(Debug)]
pub(crate) enum Content<'a> {
    /// The caller's bytes.
    Given(&'a [u8]),
    /// Bytes that are kept.
    Kept(Kept),
    /// This number of bytes of a content, repeated.
    Repeated(Box<Content<'a>>, u64),
    /// Bytes of the dump's file, from a file offset on.
    Standing(Standing, u64),
}

/// A dump's file as a source: its bytes are read when they are written elsewhere in it, which is before they change.
#[derive(Debug)]
pub(crate) struct Standing {
    file: File,
    /// Stamp of the file at the time of the edit.
    pub(crate) stamp: Stamp,
}

impl Standing {
    pub(crate) fn of(file: &File) -> io::Result<Standing> {
        Ok(Standing { file: file.try_clone()?, stamp: Stamp::of(file)? })
    }

    pub(crate) fn read_at(&self, file_offset: u64, into: &mut [u8]) -> io::Result<()> {
        platform::read_at(&self.file, file_offset, into)
    }
}

impl Content<'_> {
    /// Copies bytes, from the `at`-th on.
    pub(crate) fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        match self {
            Content::Given(bytes) => {
                let start = usize::try_from(at).ok();
                let given = start.and_then(|start| bytes.get(start..start.checked_add(into.len())?));
                into.copy_from_slice(given.ok_or(io::ErrorKind::UnexpectedEof)?);
            }
            Content::Kept(kept) => kept.read_at(at, into)?,
            Content::Standing(standing, from) => standing.read_at(from.saturating_add(at), into)?,
            Content::Repeated(pattern, period) => {
                let phase = at.checked_rem(*period).ok_or(io::ErrorKind::UnexpectedEof)?;
                let index = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
                let (first, mut filled) =
                    (index(period.saturating_sub(phase)), index(*period).min(into.len()));
                let once = into.get_mut(..filled).unwrap_or_default();
                let (end, begin) = once.split_at_mut(first.min(once.len()));
                pattern.read_at(phase, end)?;
                pattern.read_at(0, begin)?;
                // The filled part consists of whole periods, so that its own beginning continues it.
                while let Some((filled_part, rest)) = into.split_at_mut_checked(filled)
                    && !rest.is_empty()
                {
                    let len = rest.len().min(filled_part.len());
                    let from = filled_part.get(..len).unwrap_or_default();
                    rest.get_mut(..len).unwrap_or_default().copy_from_slice(from);
                    filled = filled.saturating_add(len);
                }
            }
        }
        Ok(())
    }
}

impl<'a> Payload<'a> {
    /// Bytes of the caller.
    pub(crate) fn given(bytes: &'a [u8]) -> Self {
        Payload { content: Content::Given(bytes), len: bytes.len() as u64 }
    }

    /// Bytes of a dump's file, `len` of them, which are read when they are written.
    pub(crate) fn standing(file: Standing, file_offset: u64, len: u64) -> Self {
        Payload { content: Content::Standing(file, file_offset), len }
    }

    /// The payload repeated, cut to `len` bytes; `None` for an empty payload.
    pub(crate) fn repeated(self, len: u64) -> Option<Self> {
        match self.len {
            0 => None,
            period if period >= len => Some(Payload { len, ..self }),
            period => Some(Payload { content: Content::Repeated(Box::new(self.content), period), len }),
        }
    }

    /// Number of bytes that were given.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Copies bytes, from the `at`-th on; bytes beyond the room are missing.
    pub(crate) fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        self.content.read_at(at, into)
    }

    /// Whether the bytes from `one` on equal those from `other` on by the structure of the payload, whatever its bytes are.
    pub(crate) fn repeats(&self, one: u64, other: u64) -> bool {
        match &self.content {
            Content::Repeated(_, period) => one.abs_diff(other).is_multiple_of(*period),
            _ => one == other,
        }
    }
}

/// A payload under construction.
#[derive(Debug)]
pub(crate) struct Gathering {
    kept: Kept,
    len: u64,
    room: u64,
}

impl Gathering {
    /// No bytes yet. The first `room` bytes are kept; further ones are counted.
    pub(crate) fn with_room(room: u64) -> Self {
        Gathering { kept: Kept::default(), len: 0, room }
    }

    /// Appends bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        let kept = usize::try_from(self.room_left()).map_or(bytes.len(), |room| room.min(bytes.len()));
        self.kept.push(bytes.get(..kept).unwrap_or_default())?;
        self.len = self.len.saturating_add(bytes.len() as u64);
        Ok(())
    }

    /// Appends a stream to its end, which must not be too far beyond the room.
    pub(crate) fn push_stream(&mut self, stream: &mut dyn Read) -> io::Result<()> {
        self.keep(stream)?;
        let counted = io::copy(&mut (&mut *stream).take(MOST_COUNTED), &mut io::sink())?;
        if counted == MOST_COUNTED {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is endless or far too large"));
        }
        self.len = self.len.saturating_add(counted);
        Ok(())
    }

    /// Appends a file. Bytes beyond the room are not even read, where the file has a length.
    pub(crate) fn push_file(&mut self, mut file: File) -> io::Result<()> {
        let metadata = file.metadata()?;
        if metadata.len() <= self.room_left() {
            return self.push_stream(&mut file);
        }
        let before = self.len;
        self.keep(&mut file)?;
        self.len = self.len.max(before.saturating_add(metadata.len()));
        Ok(())
    }

    /// Keeps bytes of a stream up to the room.
    fn keep(&mut self, stream: &mut dyn Read) -> io::Result<()> {
        let mut block = Vec::new();
        loop {
            block.clear();
            let read = (&mut *stream).take(self.room_left().min(BLOCK as u64)).read_to_end(&mut block)?;
            if read == 0 {
                return Ok(());
            }
            self.push(&block)?;
        }
    }

    /// The payload.
    pub(crate) fn finish(self) -> Payload<'static> {
        Payload { content: Content::Kept(self.kept), len: self.len }
    }

    fn room_left(&self) -> u64 {
        self.room.saturating_sub(self.kept.len())
    }
}

/// A stream that was read to its end ahead of time, so that later steps need not wait for its writer. Bytes beyond its room are only
/// counted: they read as zeros.
#[derive(Debug)]
pub struct Spooled {
    payload: Payload<'static>,
    kept: u64,
    at: u64,
}

impl Spooled {
    /// Reads a stream to its end. The first `room` bytes are kept, in a temporary file where there are many.
    ///
    /// # Errors
    /// Errors of the stream and of the temporary file; and where the stream goes on far beyond its room.
    pub fn read(stream: &mut dyn Read, room: u64) -> io::Result<Spooled> {
        let mut gathering = Gathering::with_room(room);
        gathering.push_stream(stream)?;
        let kept = gathering.kept.len();
        Ok(Spooled { payload: gathering.finish(), kept, at: 0 })
    }
}

impl Read for Spooled {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let is_kept = self.at < self.kept;
        let left = if is_kept { self.kept } else { self.payload.len() }.saturating_sub(self.at);
        let size = usize::try_from(left).map_or(into.len(), |left| left.min(into.len()));
        let into = into.get_mut(..size).unwrap_or_default();
        if is_kept {
            self.payload.read_at(self.at, into)?;
        } else {
            into.fill(0);
        }
        self.at = self.at.saturating_add(size as u64);
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(payload: &Payload<'_>, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        payload.read_at(0, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn what_there_is_no_room_for_is_counted_and_not_kept() {
        let mut gathering = Gathering::with_room(5);
        gathering.push(b"abc").unwrap();
        gathering.push_stream(&mut io::repeat(b'd').take(1 << 30)).unwrap();
        gathering.push(b"ef").unwrap();
        assert_eq!(gathering.kept.len(), 5);
        let payload = gathering.finish();
        assert_eq!((held(&payload, 5), payload.len()), (b"abcdd".to_vec(), 3 + (1 << 30) + 2));
    }

    #[test]
    fn a_spooled_stream_gives_what_had_room_and_is_as_long_as_it_was() {
        let mut spooled = Spooled::read(&mut io::repeat(7).take(1000), 10).unwrap();
        let mut bytes = Vec::new();
        spooled.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.len(), 1000);
        assert!(bytes[..10] == [7; 10] && bytes[10..].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn a_file_is_as_long_as_it_says() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(1 << 40).unwrap();
        let mut gathering = Gathering::with_room(3);
        gathering.push_file(file).unwrap();
        let payload = gathering.finish();
        assert_eq!((held(&payload, 3), payload.len()), (vec![0; 3], 1 << 40));
    }

    #[test]
    fn a_pattern_goes_on_wherever_it_is_read() {
        let payload = Payload::given(b"abc").repeated(1 << 40).unwrap();
        let mut bytes = vec![0; 10_000];
        for at in [0, 1, 4097, (1 << 40) - 10_000] {
            payload.read_at(at, &mut bytes).unwrap();
            assert!(bytes.iter().zip(at..).all(|(byte, at)| *byte == b"abc"[(at % 3) as usize]), "{at}");
        }
        assert!(payload.repeats(1, 4 + 3 * 5000) && !payload.repeats(1, 3));
        assert!(Payload::given(b"").repeated(3).is_none());
        assert_eq!(Payload::given(b"abc").repeated(2).unwrap().len(), 2);
    }
}
