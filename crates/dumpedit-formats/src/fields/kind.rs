//! Encodings of values: numbers, texts in room of a fixed size, ids, and bytes.

use dumpedit_layout::ByteOrder;

/// Encoding of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FieldKind {
    /// A number in the dump's byte order, as wide as its place.
    Number(Shown),
    /// A text.
    Text(TextKind),
    /// Four numbers of 16 bits: a version in two numbers of 32, as in `VS_FIXEDFILEINFO` of `verrsrc.h`.
    Version,
    /// A GUID and an age of 32 bits, as in `CV_INFO_PDB70`: written as hex digits without hyphens, the age last.
    DebugId,
    /// A GUID, written in five groups of hex digits with hyphens between them.
    Guid,
    /// Bytes.
    Bytes,
}

/// Notation of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Shown {
    /// Hex.
    Hex,
    /// Decimal.
    Decimal,
    /// Decimal, in two's complement.
    Signed,
    /// A signal: its number and its name.
    Signal,
    /// An exception's code: its number, and its name in the dump's system.
    Exception,
    /// A bug check of Windows.
    BugCheck,
    /// Seconds since 1970.
    Seconds,
}

/// Encoding of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TextKind {
    /// UTF-8 at the start of a buffer, padded with zeros.
    Buffer,
    /// UTF-8 of exactly the place's size, since other texts follow.
    Packed,
    /// A `MINIDUMP_STRING`: the text's size in bytes, of 32 bits, and UTF-16.
    Counted,
    /// UTF-16 at the start of a buffer, padded with zeros.
    WideBuffer,
    /// A `MinidumpUTF8String`: the text's size in bytes, of 32 bits, UTF-8, and a NUL.
    CountedUtf8,
    /// A text in a `MinidumpByteArray`: the same without the NUL.
    CountedBytes,
    /// A `DUMP_STRING` of triage dumps: the number of UTF-16 code units, of 32 bits, and UTF-16.
    CountedLetters,
    /// A `UNICODE_STRING64` and its text: the text's size in bytes, of 16 bits, 14 bytes that stay, and UTF-16.
    Described,
}

/// Error for a value that its place has no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unfit {
    /// Size of the value, in bytes.
    pub given: usize,
    /// Size of the place, in bytes.
    pub room: usize,
    /// Whether the value must have exactly that size.
    pub exact: bool,
}

impl Unfit {
    /// A value of `given` bytes for `room` bytes, all of which it must take where `exact`.
    pub fn new(given: usize, room: usize, exact: bool) -> Unfit {
        Unfit { given, room, exact }
    }
}

impl TextKind {
    /// The text in stored bytes. Invalid parts become replacement characters.
    pub fn read(self, bytes: &[u8], order: ByteOrder) -> String {
        match self {
            TextKind::Buffer | TextKind::Packed => {
                let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
                String::from_utf8_lossy(text).into_owned()
            }
            TextKind::WideBuffer => {
                let text = order.utf16(bytes);
                text.split('\0').next().unwrap_or_default().to_owned()
            }
            TextKind::CountedUtf8 | TextKind::CountedBytes => {
                let size = usize::try_from(order.number(bytes.get(..4).unwrap_or_default()));
                let held = bytes.get(4..).unwrap_or_default();
                let text = held.get(..size.unwrap_or(usize::MAX)).unwrap_or(held);
                String::from_utf8_lossy(text).trim_end_matches('\0').to_owned()
            }
            TextKind::Counted => letters(bytes, 4, 4, order),
            TextKind::CountedLetters => {
                let count = usize::try_from(order.number(bytes.get(..4).unwrap_or_default()));
                let size = count.unwrap_or(usize::MAX).saturating_mul(2);
                let held = bytes.get(4..).unwrap_or_default();
                order.utf16(held.get(..size).unwrap_or(held)).trim_end_matches('\0').to_owned()
            }
            TextKind::Described => letters(bytes, 2, DESCRIPTION, order),
        }
    }

    /// The bytes of a text in a new place just large enough; `None` for kinds whose room never changes.
    pub fn fresh(self, text: &str, order: ByteOrder) -> Option<Vec<u8>> {
        match self {
            TextKind::Packed => Some(text.as_bytes().to_vec()),
            TextKind::Buffer => Some(text.bytes().chain([0]).collect()),
            TextKind::WideBuffer => Some([order.utf16_bytes(text), vec![0, 0]].concat()),
            TextKind::Counted => {
                let letters = order.utf16_bytes(text);
                let size = order.bytes(u32::try_from(letters.len()).ok()?.into(), 4);
                Some([size, letters, vec![0, 0]].concat())
            }
            TextKind::CountedUtf8 | TextKind::CountedBytes => {
                let size = order.bytes(u32::try_from(text.len()).ok()?.into(), 4);
                let end = if self == TextKind::CountedUtf8 { &[0][..] } else { &[] };
                Some([&size, text.as_bytes(), end].concat())
            }
            TextKind::CountedLetters | TextKind::Described => None,
        }
    }

    /// The bytes of a text to be written over `old`. A buffer keeps a NUL behind its text, unless it had none. A text with its size gets
    /// the new size, and zeros in the rest of its room.
    ///
    /// # Errors
    /// [`Unfit`] where there is no room for it.
    pub fn write(self, text: &str, old: &[u8], order: ByteOrder) -> Result<Vec<u8>, Unfit> {
        match self {
            TextKind::Buffer => {
                let is_full = old.last().is_some_and(|last| *last != 0);
                let room = old.len().saturating_sub(if is_full { 0 } else { 1 });
                padded(text.as_bytes(), old.len(), room)
            }
            TextKind::WideBuffer => {
                let is_full = old.last_chunk::<2>().is_some_and(|last| *last != [0; 2]);
                let room = old.len().saturating_sub(if is_full { 0 } else { 2 });
                padded(&order.utf16_bytes(text), old.len(), room)
            }
            TextKind::CountedUtf8 | TextKind::CountedBytes => {
                let end = if self == TextKind::CountedUtf8 { 1 } else { 0 };
                let size = old.len().saturating_sub(4);
                let mut bytes = order.bytes(u32::try_from(text.len()).unwrap_or(u32::MAX).into(), 4);
                bytes.extend(padded(text.as_bytes(), size, size.saturating_sub(end))?);
                Ok(bytes)
            }
            TextKind::Packed => match text.len() == old.len() {
                true => Ok(text.as_bytes().to_vec()),
                false => Err(Unfit { given: text.len(), room: old.len(), exact: true }),
            },
            TextKind::Counted => {
                let letters = order.utf16_bytes(text);
                let room = old.len().saturating_sub(4);
                let size = u32::try_from(letters.len()).unwrap_or(u32::MAX);
                let mut bytes = order.bytes(size.into(), 4);
                bytes.extend(padded(&letters, room, room)?);
                Ok(bytes)
            }
            TextKind::CountedLetters => {
                let letters = order.utf16_bytes(text);
                let room = old.len().saturating_sub(4);
                let count = u32::try_from(letters.len() / 2).unwrap_or(u32::MAX);
                let mut bytes = order.bytes(count.into(), 4);
                bytes.extend(padded(&letters, room, room)?);
                Ok(bytes)
            }
            TextKind::Described => {
                let letters = order.utf16_bytes(text);
                let room = old.len().saturating_sub(DESCRIPTION);
                let size = u16::try_from(letters.len()).unwrap_or(u16::MAX);
                let mut bytes = order.bytes(size.into(), 2);
                bytes.extend(old.get(2..DESCRIPTION).unwrap_or_default());
                bytes.extend(padded(&letters, room, room)?);
                Ok(bytes)
            }
        }
    }
}

/// Size of a `UNICODE_STRING64`, in bytes.
const DESCRIPTION: usize = 16;

/// The UTF-16 text behind a description that begins with its size in bytes, without trailing zeros.
fn letters(bytes: &[u8], size: usize, description: usize, order: ByteOrder) -> String {
    let held = bytes.get(description..).unwrap_or_default();
    let size = usize::try_from(order.number(bytes.get(..size).unwrap_or_default())).unwrap_or(usize::MAX);
    order.utf16(held.get(..size).unwrap_or(held)).trim_end_matches('\0').to_owned()
}

fn padded(text: &[u8], size: usize, room: usize) -> Result<Vec<u8>, Unfit> {
    if text.len() > room {
        return Err(Unfit { given: text.len(), room, exact: false });
    }
    let mut bytes = text.to_vec();
    bytes.resize(size, 0);
    Ok(bytes)
}

/// The four numbers of a version.
pub(crate) fn version(bytes: &[u8], order: ByteOrder) -> Option<String> {
    let (high, low) = (order.number(bytes.get(..4)?), order.number(bytes.get(4..8)?));
    Some(format!("{}.{}.{}.{}", high >> 16, high & 0xffff, low >> 16, low & 0xffff))
}

/// GUID and age as debuggers and symbol servers write them.
pub(crate) fn debug_id(bytes: &[u8], order: ByteOrder) -> Option<String> {
    let (guid, age) = (bytes.get(..16)?, order.number(bytes.get(16..20)?));
    let mut digits = String::new();
    for index in swapped(order) {
        digits.push_str(&format!("{:02X}", guid.get(index)?));
    }
    Some(format!("{digits}{age:X}"))
}

/// Order in which the bytes of a GUID are written: its first three numbers are stored in the dump's byte order.
fn swapped(order: ByteOrder) -> [usize; 16] {
    match order {
        ByteOrder::Little => [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15],
        ByteOrder::Big => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    }
}

/// Positions of hyphens in a GUID, in digits from its start.
const HYPHENS: [usize; 4] = [8, 12, 16, 20];

/// A GUID with hyphens.
fn guid(bytes: &[u8], order: ByteOrder) -> Option<String> {
    let mut text = String::new();
    for (written, index) in swapped(order).into_iter().enumerate() {
        if HYPHENS.contains(&written.saturating_mul(2)) {
            text.push('-');
        }
        text.push_str(&format!("{:02x}", bytes.get(index)?));
    }
    Some(text)
}

/// The bytes of a GUID from 32 hex digits.
fn guid_bytes(digits: &str, order: ByteOrder) -> Option<Vec<u8>> {
    if digits.len() != 32 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = vec![0; 16];
    for (written, index) in swapped(order).into_iter().enumerate() {
        let at = written.checked_mul(2)?;
        *bytes.get_mut(index)? = u8::from_str_radix(digits.get(at..at.checked_add(2)?)?, 16).ok()?;
    }
    Some(bytes)
}

impl FieldKind {
    /// A value that is neither number nor text, in its notation.
    pub fn read(self, bytes: &[u8], order: ByteOrder) -> Option<String> {
        match self {
            FieldKind::Version => version(bytes, order),
            FieldKind::DebugId => debug_id(bytes, order),
            FieldKind::Guid => guid(bytes, order),
            FieldKind::Text(text) => Some(text.read(bytes, order)),
            _ => None,
        }
    }

    /// The bytes of such a value; `None` where the words are not in its notation.
    pub fn write(self, words: &str, order: ByteOrder) -> Option<Vec<u8>> {
        match self {
            FieldKind::Version => {
                let numbers: Vec<u16> = words
                    .split('.')
                    .map(str::parse)
                    .collect::<Result<_, _>>()
                    .ok()
                    .filter(|all: &Vec<u16>| all.len() == 4)?;
                let [one, two, three, four] = numbers.try_into().ok()?;
                let pair = |high: u16, low: u16| order.bytes(u64::from(high) << 16 | u64::from(low), 4);
                Some([pair(one, two), pair(three, four)].concat())
            }
            FieldKind::DebugId => {
                let digits: String = words.chars().filter(|letter| *letter != '-').collect();
                let (guid, age) = digits.split_at_checked(32)?;
                if !age.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                    return None;
                }
                let age = if age.is_empty() { 0 } else { u32::from_str_radix(age, 16).ok()? };
                let mut bytes = guid_bytes(guid, order)?;
                bytes.extend(order.bytes(age.into(), 4));
                Some(bytes)
            }
            FieldKind::Guid => {
                let digits: String = words.chars().filter(|letter| *letter != '-').collect();
                guid_bytes(&digits, order)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_goes_into_its_room_or_says_how_much_there_is() {
        let order = ByteOrder::Little;
        assert_eq!(TextKind::Buffer.write("ab", b"xyz\0", order).unwrap(), b"ab\0\0");
        assert_eq!(TextKind::Buffer.write("abcd", b"xyz\0", order).unwrap_err().room, 3);
        assert_eq!(TextKind::Buffer.write("abcd", b"wxyz", order).unwrap(), b"abcd");
        assert!(TextKind::Packed.write("ab", b"xyz", order).unwrap_err().exact);
        let old = [6, 0, 0, 0, b'x', 0, b'y', 0, b'z', 0];
        let new = TextKind::Counted.write("ü", &old, order).unwrap();
        assert_eq!(new, [2, 0, 0, 0, 0xfc, 0, 0, 0, 0, 0]);
        assert_eq!(TextKind::Counted.read(&new, order), "ü");
        assert_eq!(
            TextKind::Counted.write("abcd", &old, order).unwrap_err(),
            Unfit { given: 8, room: 6, exact: false }
        );
        let mut old = [7; 40];
        old[..2].copy_from_slice(&[2, 0]);
        let new = TextKind::Described.write("üb", &old, order).unwrap();
        assert_eq!((&new[..2], &new[2..16], &new[20..]), (&[4, 0][..], &[7; 14][..], &[0; 20][..]));
        assert_eq!(TextKind::Described.read(&new, order), "üb");
        assert_eq!(TextKind::Described.write("abcdefghijklm", &old, order).unwrap_err().room, 24);
    }

    #[test]
    fn texts_with_their_size_and_wide_ones_say_how_much_room_there_is() {
        let order = ByteOrder::Little;
        let old = [3, 0, 0, 0, b'x', b'y', b'z', 0];
        let new = TextKind::CountedUtf8.write("ü", &old, order).unwrap();
        assert_eq!(new, [2, 0, 0, 0, 0xc3, 0xbc, 0, 0]);
        assert_eq!(TextKind::CountedUtf8.read(&new, order), "ü");
        assert_eq!(TextKind::CountedUtf8.write("abcd", &old, order).unwrap_err().room, 3);
        assert_eq!(TextKind::CountedUtf8.fresh("abcd", order).unwrap(), b"\x04\0\0\0abcd\0");
        assert_eq!(TextKind::CountedBytes.write("abcd", &old, order).unwrap(), b"\x04\0\0\0abcd");
        assert_eq!(TextKind::CountedBytes.fresh("a", order).unwrap(), b"\x01\0\0\0a");
        let old = [2, 0, 0, 0, b'x', 0, b'y', 0];
        assert_eq!(TextKind::CountedLetters.read(&old, order), "xy");
        assert_eq!(TextKind::CountedLetters.write("z", &old, order).unwrap(), [1, 0, 0, 0, b'z', 0, 0, 0]);
        assert_eq!(TextKind::CountedLetters.write("abc", &old, order).unwrap_err().room, 4);
        let old = [b'x', 0, b'y', 0, 0, 0, 7, 7];
        assert_eq!(TextKind::WideBuffer.read(&old, order), "xy");
        assert_eq!(TextKind::WideBuffer.write("ü", &old, order).unwrap(), [0xfc, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(TextKind::WideBuffer.write("abcd", &[0; 8], order).unwrap_err().room, 6);
    }

    #[test]
    fn ids_and_versions_are_read_back() {
        for order in [ByteOrder::Little, ByteOrder::Big] {
            let id = "01234567-89ab-cdef-0123-456789abcdef";
            let bytes = FieldKind::Guid.write(id, order).unwrap();
            assert_eq!(FieldKind::Guid.read(&bytes, order).unwrap(), id);
            assert_eq!(bytes[0], if order == ByteOrder::Little { 0x67 } else { 0x01 });
        }
        assert_eq!(FieldKind::Guid.write("0123", ByteOrder::Little), None);
        for order in [ByteOrder::Little, ByteOrder::Big] {
            let id = "0123456789ABCDEF0123456789ABCDEF1A";
            let bytes = FieldKind::DebugId.write(id, order).unwrap();
            assert_eq!(FieldKind::DebugId.read(&bytes, order).unwrap(), id);
            let bytes = FieldKind::Version.write("10.0.19041.1", order).unwrap();
            assert_eq!(FieldKind::Version.read(&bytes, order).unwrap(), "10.0.19041.1");
        }
        for words in ["", "1.2.3", "1.2.3.65536", "x"] {
            assert_eq!(FieldKind::Version.write(words, ByteOrder::Little), None, "{words}");
            assert_eq!(FieldKind::DebugId.write(words, ByteOrder::Little), None, "{words}");
        }
        assert_eq!(FieldKind::DebugId.write("ü123456789ABCDEF0123456789ABCDEF", ByteOrder::Little), None);
    }
}
