//! The journal's bytes: a header that names the dump, and entries that hold what each edit replaced.
//!
//! All numbers are little endian. Version 1:
//!
//! ```text
//! header, 48 bytes
//!    0   8  "DUMPEDIT"
//!    8   4  version
//!   12   4  size of this header
//!   16   8  size of the dump
//!   24  16  device and inode of the dump; zero where the system has none
//!   40   4  zero
//!   44   4  CRC-32 of bytes 0..44
//!
//! entry, one behind the other
//!    0   4  "EDIT"
//!    4   4  kind: 1 an edit, 2 an undo
//!    8   8  size of the entry, its seal not included
//!   16   8  its number, from 1
//!   24   8  time, in seconds since 1970 (UTC)
//!   32   8  size of the dump before
//!   40   8  size of the dump after
//!   48  32  SHA-256 of the dump's first 16 KiB (header and tables) before
//!   80   8  number of extents
//!   88   4  size of the command
//!   92   4  zero
//!   96   …  the command, UTF-8
//!        …  extents: file offset (8), size (8), old bytes, new bytes
//!        4  CRC-32 of all of the entry before it
//!
//! seal, 16 bytes behind each entry: zero until the dump holds the new bytes
//!    0   4  "SEAL"
//!    4   4  the entry's CRC-32
//!    8   8  the entry's number
//! ```
//!
//! An entry that is cut short, or whose checksum is wrong, was never finished: the dump was not touched for it.

/// The version that is written, and the only one that is read.
pub(crate) const VERSION: u32 = 1;

/// The size of the file's header.
pub(crate) const HEADER: u64 = 48;

/// The size of an entry before its command.
pub(crate) const ENTRY: u64 = 96;

/// The size of an extent before its bytes.
pub(crate) const EXTENT: u64 = 16;

/// The size of a checksum.
pub(crate) const CHECKSUM: u64 = 4;

/// The size of a seal.
pub(crate) const SEAL: u64 = 16;

/// How much of the dump's beginning the digest covers.
pub(crate) const DIGESTED: u64 = 16 << 10;

/// The dump that a journal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) size: u64,
    pub(crate) device_and_inode: (u64, u64),
}

/// What an entry says before its extents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntryHead {
    pub(crate) kind: Kind,
    pub(crate) size: u64,
    pub(crate) number: u64,
    pub(crate) time: u64,
    pub(crate) old_size: u64,
    pub(crate) new_size: u64,
    pub(crate) digest: [u8; 32],
    pub(crate) extents: u64,
    pub(crate) command_size: u32,
}

/// How an entry came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// An edit.
    Edit,
    /// An undo, which can be undone like any edit.
    Undo,
}

impl Kind {
    /// The kind's name in JSON and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Edit => "edit",
            Kind::Undo => "undo",
        }
    }
}

/// Takes numbers off the front of some bytes.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }
    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }
    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }
}

/// The header's bytes.
pub(crate) fn header(subject: Subject) -> Vec<u8> {
    let mut bytes = b"DUMPEDIT".to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(u32::try_from(HEADER).unwrap_or(0).to_le_bytes());
    bytes.extend(subject.size.to_le_bytes());
    bytes.extend(subject.device_and_inode.0.to_le_bytes());
    bytes.extend(subject.device_and_inode.1.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

/// What a journal's first bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Header {
    /// A journal about this dump.
    Of(Subject),
    /// A journal of a version that is not known.
    Version(u32),
    /// No journal, or one that was not finished being made.
    None,
}

/// Reads the header's bytes.
pub(crate) fn read_header(bytes: &[u8]) -> Header {
    let read = || {
        let mut fields = Fields(bytes);
        let (magic, version, _size) = (fields.take::<8>()?, fields.u32()?, fields.u32()?);
        let subject = Subject { size: fields.u64()?, device_and_inode: (fields.u64()?, fields.u64()?) };
        let (_, checksum) = (fields.u32()?, fields.u32()?);
        let summed = bytes.split_last_chunk::<4>()?.0;
        if magic != *b"DUMPEDIT" {
            return None;
        }
        if version != VERSION {
            return Some(Header::Version(version));
        }
        (crc32fast::hash(summed) == checksum).then_some(Header::Of(subject))
    };
    read().unwrap_or(Header::None)
}

/// An entry's bytes before its command.
pub(crate) fn entry_head(head: &EntryHead) -> Vec<u8> {
    let mut bytes = b"EDIT".to_vec();
    let kind: u32 = match head.kind {
        Kind::Edit => 1,
        Kind::Undo => 2,
    };
    bytes.extend(kind.to_le_bytes());
    for number in [head.size, head.number, head.time, head.old_size, head.new_size] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(head.digest);
    bytes.extend(head.extents.to_le_bytes());
    bytes.extend(head.command_size.to_le_bytes());
    bytes.extend([0; 4]);
    bytes
}

/// Reads an entry's bytes before its command; `None` where they are no entry.
pub(crate) fn read_entry_head(bytes: &[u8]) -> Option<EntryHead> {
    let mut fields = Fields(bytes);
    if fields.take::<4>()? != *b"EDIT" {
        return None;
    }
    let kind = match fields.u32()? {
        1 => Kind::Edit,
        2 => Kind::Undo,
        _ => return None,
    };
    let head = EntryHead {
        kind,
        size: fields.u64()?,
        number: fields.u64()?,
        time: fields.u64()?,
        old_size: fields.u64()?,
        new_size: fields.u64()?,
        digest: fields.take()?,
        extents: fields.u64()?,
        command_size: fields.u32()?,
    };
    let least = head
        .extents
        .checked_mul(EXTENT)?
        .checked_add(ENTRY)?
        .checked_add(CHECKSUM)?
        .checked_add(u64::from(head.command_size))?;
    (head.size >= least).then_some(head)
}

/// A seal's bytes.
pub(crate) fn seal(number: u64, checksum: u32) -> Vec<u8> {
    let mut bytes = b"SEAL".to_vec();
    bytes.extend(checksum.to_le_bytes());
    bytes.extend(number.to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_back_and_a_damaged_one_is_none() {
        let subject = Subject { size: 123, device_and_inode: (4, 5) };
        let bytes = header(subject);
        assert_eq!(bytes.len() as u64, HEADER);
        assert_eq!(read_header(&bytes), Header::Of(subject));
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert_ne!(read_header(&damaged), Header::Of(subject), "byte {at}");
            assert_eq!(read_header(&bytes[..at]), Header::None);
        }
    }

    #[test]
    fn an_entry_head_is_read_back_and_one_that_is_too_small_for_its_parts_is_none() {
        let head = EntryHead {
            kind: Kind::Undo,
            size: ENTRY + 3 + 2 * EXTENT + CHECKSUM,
            number: 7,
            time: 1,
            old_size: 9,
            new_size: 9,
            digest: [3; 32],
            extents: 2,
            command_size: 3,
        };
        let bytes = entry_head(&head);
        assert_eq!(bytes.len() as u64, ENTRY);
        assert_eq!(read_entry_head(&bytes), Some(head.clone()));
        assert_eq!(read_entry_head(&entry_head(&EntryHead { size: head.size - 1, ..head.clone() })), None);
        assert_eq!(read_entry_head(&entry_head(&EntryHead { extents: u64::MAX, ..head })), None);
    }
}
