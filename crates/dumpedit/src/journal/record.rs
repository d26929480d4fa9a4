//! The journal's bytes: a header, and entries with the bytes that each edit replaced.
//!
//! All numbers are little endian. Version 3:
//!
//! ```text
//! header, 32 bytes
//!    0   8  "DUMPEDIT"
//!    8   4  version
//!   12   4  size of this header
//!   16   4  1 once the journal's name is durable, else zero
//!   20   8  zero
//!   28   4  CRC-32 of bytes 0..28
//!
//! entry, one behind the other: head, command, extents, trailer
//!
//! head, 144 bytes
//!    0   4  "EDIT"
//!    4   2  kind: 1 an edit, 2 an undo, 3 a redo, 4 an edit that cannot be undone
//!    6   2  1 where the edit wrote into the dump's own structures, else zero
//!    8   8  size of the entry, its trailer not included
//!   16   8  its number, from 1
//!   24   8  time, in seconds since 1970 (UTC)
//!   32   8  size of the dump before
//!   40   8  size of the dump after
//!   48   8  of an undo and a redo: the number of the last edit in force after it
//!   56   8  number of extents
//!   64  32  SHA-256 of the dump's header, its first 128 bytes, before
//!   96  32  the same after
//!  128   4  size of the command, at most 64 KiB
//!  132   8  zero
//!  140   4  CRC-32 of bytes 0..140
//!
//! command, UTF-8
//!
//! extents, by ascending file offset
//!    0   8  file offset
//!    8   8  size; the top bit is set where the new bytes are a pattern, the one below where the dump ended before them, and the
//!           third where the dump ends before them afterwards
//!        …  old bytes; none where the dump ended before them
//!        …  new bytes; none where the dump ends before them; or size of the pattern (4) and the pattern, which repeats as far as
//!           the extent goes
//!
//! trailer, 32 bytes
//!    0   4  "TAIL"
//!    4   4  CRC-32 of the entry
//!    8   8  size of the entry, as in its head
//!   16   8  its number
//!   24   4  CRC-32 of bytes 0..24
//!   28   4  "DONE" once the dump holds the new bytes; zero until then
//! ```
//!
//! The bytes that an edit cuts off are its last extent. Undos and redos have none for them: the entry of the edit has those bytes. In
//! version 2, dumps did not change their size.
//!
//! The trailer leads from the file's end to the last entry, so that a commit need not walk over all of them. The head has a checksum of its
//! own, so that entries behind a damaged one are found.

/// The version that is written.
pub(crate) const VERSION: u32 = 3;

/// The version before, which is read as well: in it, dumps did not change their size.
const VERSION_BEFORE: u32 = 2;

/// Size of the file's header, in bytes.
pub(crate) const HEADER: u64 = 32;

/// Size of an entry up to its command, in bytes.
pub(crate) const HEAD: u64 = 144;

/// Size of an extent's head, in bytes.
pub(crate) const EXTENT: u64 = 16;

/// Size of a trailer, in bytes.
pub(crate) const TRAILER: u64 = 32;

/// Offset in the trailer of the seal, in bytes.
pub(crate) const SEAL_AT: u64 = 28;

/// Seal of an entry whose new bytes the dump holds.
pub(crate) const SEAL: [u8; 4] = *b"DONE";

/// First bytes of an entry.
pub(crate) const MAGIC: [u8; 4] = *b"EDIT";

/// Maximum size of a command, in bytes.
pub(crate) const MOST_COMMAND: usize = 64 << 10;

/// Maximum size of a pattern, in bytes.
pub(crate) const MOST_PATTERN: u64 = 64 << 10;

/// Bit of an extent's size for new bytes that are a pattern.
const PATTERN: u64 = 1 << 63;

/// Bit for an extent without old bytes, since the dump ended before them.
const APPENDED: u64 = 1 << 62;

/// Bit for an extent without new bytes, since the dump ends before them.
const CUT: u64 = 1 << 61;

/// Number of the dump's first bytes in the digests: the header, which distinguishes dumps. Other tools may change bytes behind it, and the
/// journal still belongs to the file.
pub(crate) const DIGESTED: u64 = 128;

/// Value of the header's field for a journal whose name is durable, and of an entry's for an edit of the dump's structures.
const YES: u16 = 1;

/// The head of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) kind: EntryKind,
    /// Whether the edit wrote into the dump's own structures.
    pub(crate) structure: bool,
    pub(crate) size: u64,
    pub(crate) number: u64,
    pub(crate) time: u64,
    pub(crate) old_size: u64,
    pub(crate) new_size: u64,
    /// Number of the last edit in force after an undo or a redo.
    pub(crate) last_in_force: u64,
    pub(crate) extents: u64,
    pub(crate) before: [u8; 32],
    pub(crate) after: [u8; 32],
    pub(crate) command_size: u32,
}

/// Kind of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EntryKind {
    /// An edit.
    Edit,
    /// One or more edits were undone.
    Undo,
    /// One or more edits that were undone were redone.
    Redo,
    /// An edit whose bytes were not kept.
    Unkept,
}

const KINDS: [(u16, EntryKind, &str); 4] = [
    (1, EntryKind::Edit, "edit"),
    (2, EntryKind::Undo, "undo"),
    (3, EntryKind::Redo, "redo"),
    (4, EntryKind::Unkept, "unkept"),
];

impl EntryKind {
    /// Name of the kind in JSON and in messages.
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|(_, kind, _)| *kind == self).map_or("", |(_, _, name)| name)
    }

    fn number(self) -> u16 {
        KINDS.iter().find(|(_, kind, _)| *kind == self).map_or(0, |(number, _, _)| *number)
    }
}

/// Reads numbers from the front of some bytes.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }
    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }
    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }
    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }
}

/// Whether the last four bytes are the checksum of all in front of them.
fn is_whole(bytes: &[u8]) -> bool {
    bytes
        .split_last_chunk::<4>()
        .is_some_and(|(summed, sum)| crc32fast::hash(summed) == u32::from_le_bytes(*sum))
}

fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

/// The header's bytes.
pub(crate) fn header(named: bool) -> Vec<u8> {
    let mut bytes = b"DUMPEDIT".to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(u32::try_from(HEADER).unwrap_or(0).to_le_bytes());
    bytes.extend(u32::from(if named { YES } else { 0 }).to_le_bytes());
    bytes.extend([0; 8]);
    with_checksum(bytes)
}

/// Kind of a file's first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Header {
    /// A journal's; whether its name is durable.
    Journal { named: bool },
    /// A journal's, with a changed byte.
    Damaged,
    /// Those of a journal of an unknown version.
    Version(u32),
    /// None yet: the creation of the file was not finished.
    Unfinished,
    /// Another file's.
    Other,
}

/// Reads a header from its bytes, or from the first of them.
pub(crate) fn read_header(bytes: &[u8]) -> Header {
    let size = usize::try_from(HEADER).unwrap_or(0);
    if bytes.iter().all(|byte| *byte == 0)
        || bytes.len() < size && [false, true].iter().any(|named| header(*named).starts_with(bytes))
    {
        return Header::Unfinished;
    }
    let read = |bytes: &[u8]| {
        let mut fields = Fields(bytes);
        let (magic, version, _size) = (fields.take::<8>()?, fields.u32()?, fields.u32()?);
        let named = fields.u32()? == u32::from(YES);
        if magic != *b"DUMPEDIT" {
            return None;
        }
        Some(match version {
            VERSION if is_whole(bytes) => Header::Journal { named },
            // Its header is rewritten as that of a journal whose name is not known to be durable.
            VERSION_BEFORE if is_whole(bytes) => Header::Journal { named: false },
            VERSION | VERSION_BEFORE => Header::Damaged,
            version => Header::Version(version),
        })
    };
    bytes.get(..size).and_then(read).unwrap_or(Header::Other)
}

/// The bytes of an entry's head.
pub(crate) fn head(head: &Head) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(head.kind.number().to_le_bytes());
    bytes.extend(if head.structure { YES } else { 0 }.to_le_bytes());
    let numbers =
        [head.size, head.number, head.time, head.old_size, head.new_size, head.last_in_force, head.extents];
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    bytes.extend(head.before);
    bytes.extend(head.after);
    bytes.extend(head.command_size.to_le_bytes());
    bytes.extend([0; 8]);
    with_checksum(bytes)
}

/// Reads an entry's head; `None` where the bytes are no head, or have impossible values.
pub(crate) fn read_head(bytes: &[u8]) -> Option<Head> {
    let mut fields = Fields(bytes);
    if fields.take()? != MAGIC || !is_whole(bytes) {
        return None;
    }
    let number = fields.u16()?;
    let (_, kind, _) = KINDS.iter().find(|(known, _, _)| *known == number)?;
    let head = Head {
        kind: *kind,
        structure: fields.u16()? == YES,
        size: fields.u64()?,
        number: fields.u64()?,
        time: fields.u64()?,
        old_size: fields.u64()?,
        new_size: fields.u64()?,
        last_in_force: fields.u64()?,
        extents: fields.u64()?,
        before: fields.take()?,
        after: fields.take()?,
        command_size: fields.u32()?,
    };
    let command = u64::from(head.command_size);
    let least = head.extents.checked_mul(EXTENT)?.checked_add(HEAD)?.checked_add(command)?;
    let can_be = head.size >= least && head.number > 0 && command <= MOST_COMMAND as u64;
    can_be.then_some(head)
}

/// The head of an extent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExtentHead {
    pub(crate) file_offset: u64,
    pub(crate) size: u64,
    pub(crate) is_pattern: bool,
    /// Whether the dump ended before these bytes, so that there are no old ones.
    pub(crate) is_appended: bool,
    /// Whether the dump ends before these bytes afterwards, so that there are no new ones.
    pub(crate) is_cut: bool,
}

/// The bytes of an extent's head.
pub(crate) fn extent_head(extent: &ExtentHead) -> [u8; 16] {
    let mut bytes = [0; 16];
    let (offset, size) = bytes.split_at_mut(8);
    offset.copy_from_slice(&extent.file_offset.to_le_bytes());
    let flag = |on: bool, bit: u64| if on { bit } else { 0 };
    let flags =
        flag(extent.is_pattern, PATTERN) | flag(extent.is_appended, APPENDED) | flag(extent.is_cut, CUT);
    size.copy_from_slice(&(extent.size | flags).to_le_bytes());
    bytes
}

/// Reads an extent's head; `None` where there are too few bytes.
pub(crate) fn read_extent_head(bytes: &[u8]) -> Option<ExtentHead> {
    let mut fields = Fields(bytes);
    let (file_offset, size) = (fields.u64()?, fields.u64()?);
    let has = |bit: u64| size & bit != 0;
    let (is_pattern, is_appended, is_cut) = (has(PATTERN), has(APPENDED), has(CUT));
    let size = size & !(PATTERN | APPENDED | CUT);
    Some(ExtentHead { file_offset, size, is_pattern, is_appended, is_cut })
}

/// The trailer of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trailer {
    /// The entry's checksum.
    pub(crate) checksum: u32,
    /// The entry's size.
    pub(crate) size: u64,
    /// The entry's number.
    pub(crate) number: u64,
    /// Whether the dump holds the new bytes.
    pub(crate) sealed: bool,
}

/// The bytes of a trailer.
pub(crate) fn trailer(trailer: &Trailer) -> Vec<u8> {
    let mut bytes = b"TAIL".to_vec();
    bytes.extend(trailer.checksum.to_le_bytes());
    bytes.extend(trailer.size.to_le_bytes());
    bytes.extend(trailer.number.to_le_bytes());
    let mut bytes = with_checksum(bytes);
    bytes.extend(if trailer.sealed { SEAL } else { [0; 4] });
    bytes
}

/// Reads a trailer; `None` where the bytes are none.
pub(crate) fn read_trailer(bytes: &[u8]) -> Option<Trailer> {
    let (summed, seal) = bytes.split_last_chunk::<4>()?;
    let mut fields = Fields(summed);
    if fields.take()? != *b"TAIL" || !is_whole(summed) {
        return None;
    }
    let (checksum, size, number) = (fields.u32()?, fields.u64()?, fields.u64()?);
    Some(Trailer { checksum, size, number, sealed: *seal == SEAL })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_back_and_a_changed_byte_is_seen() {
        for named in [false, true] {
            let bytes = header(named);
            assert_eq!(bytes.len() as u64, HEADER);
            assert_eq!(read_header(&bytes), Header::Journal { named });
            for at in 0..bytes.len() {
                let mut damaged = bytes.clone();
                damaged[at] ^= 4;
                let expected = match at {
                    0..8 => Header::Other,
                    8..12 => Header::Version(u32::from_le_bytes(damaged[8..12].try_into().unwrap())),
                    _ => Header::Damaged,
                };
                assert_eq!(read_header(&damaged), expected, "byte {at}");
            }
        }
        let bytes = header(false);
        for size in 0..bytes.len() {
            assert_eq!(read_header(&bytes[..size]), Header::Unfinished);
            assert_eq!(read_header(&header(true)[..size]), Header::Unfinished);
        }
        assert_eq!(read_header(&[0; 32]), Header::Unfinished);
        assert_eq!(read_header(b"notes"), Header::Other);
    }

    fn example() -> Head {
        Head {
            kind: EntryKind::Undo,
            structure: true,
            size: HEAD + 3 + 2 * EXTENT,
            number: 7,
            time: 1,
            old_size: 9,
            new_size: 10,
            last_in_force: 4,
            extents: 2,
            before: [3; 32],
            after: [4; 32],
            command_size: 3,
        }
    }

    #[test]
    fn a_head_is_read_back_and_any_changed_byte_makes_it_none() {
        let bytes = head(&example());
        assert_eq!(bytes.len() as u64, HEAD);
        assert_eq!(read_head(&bytes), Some(example()));
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x80;
            assert_eq!(read_head(&damaged), None, "byte {at}");
        }
    }

    #[test]
    fn a_head_that_claims_what_cannot_be_is_none() {
        let claims = [
            Head { size: HEAD + 2 + 2 * EXTENT, ..example() },
            Head { extents: u64::MAX, ..example() },
            Head { size: u64::MAX, command_size: 3 << 30, ..example() },
            Head { number: 0, ..example() },
        ];
        for claim in claims {
            assert_eq!(read_head(&head(&claim)), None, "{claim:?}");
        }
    }

    #[test]
    fn extents_and_trailers_are_read_back() {
        for flags in 0..8 {
            let [is_pattern, is_appended, is_cut] = [1, 2, 4].map(|bit| flags & bit != 0);
            let extent = ExtentHead { file_offset: 5, size: 6, is_pattern, is_appended, is_cut };
            assert_eq!(read_extent_head(&extent_head(&extent)), Some(extent));
        }
        for sealed in [false, true] {
            let given = Trailer { checksum: 1, size: 2, number: 3, sealed };
            let bytes = trailer(&given);
            assert_eq!(bytes.len() as u64, TRAILER);
            assert_eq!(read_trailer(&bytes), Some(given));
            for at in 0..28 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1;
                assert_eq!(read_trailer(&damaged), None, "byte {at}");
            }
        }
    }
}
