//! Contents with typed parts: addresses and names that people read more easily than hex.

use dumpedit::ByteOrder;
use dumpedit::notation::{At, NumberType, Value};

use crate::encode::{read_at, wide};
use crate::spec::{ContentSpec, Data};

/// A word of the target, as a number.
fn word(value: u64, size: usize) -> Value {
    let mut little = value.to_le_bytes().to_vec();
    little.truncate(size);
    let of = NumberType::Unsigned(u8::try_from(size).unwrap_or(8));
    Value::Number { of, little, text: value.to_string() }
}

fn pointer(value: u64) -> Value {
    Value::Pointer(At::Address(value))
}

/// The header of NT_ARM_SVE and similar notes: size and greatest size of the note, length and greatest length of vectors, and flags.
pub(super) fn vector_header(bytes: &[u8], order: ByteOrder) -> Option<ContentSpec> {
    let mut content = ContentSpec::default();
    for (at, size) in [(0, 4), (4, 4), (8, 2), (10, 2), (12, 2), (14, 2)] {
        content.push((at == 0).then_some(0), Data::Value(word(read_at(order, bytes, at, size)?, size)));
    }
    Some(content)
}

/// NT_AUXV: pairs of a key and a value.
pub(super) fn auxiliary_vector(bytes: &[u8], order: ByteOrder, size: usize) -> Option<ContentSpec> {
    let pair = size.checked_mul(2)?;
    if !bytes.len().is_multiple_of(pair) {
        return None;
    }
    let mut content = ContentSpec::default();
    for at in (0..bytes.len()).step_by(pair) {
        content.push(Some(wide(at)), Data::Value(word(read_at(order, bytes, at, size)?, size)));
        content.push(None, Data::Value(pointer(read_at(order, bytes, at.checked_add(size)?, size)?)));
    }
    Some(content)
}

/// NT_FILE: a count, the page size, start, end and offset of each mapping, and their names.
pub(super) fn files(bytes: &[u8], order: ByteOrder, size: usize) -> Option<ContentSpec> {
    let count = usize::try_from(read_at(order, bytes, 0, size)?).ok()?;
    let words = |index: usize| read_at(order, bytes, index.checked_mul(size)?, size);
    let table = count.checked_mul(3)?.checked_add(2)?;
    let names_at = table.checked_mul(size)?;
    let mut content = ContentSpec::default();
    content.push(Some(0), Data::Value(word(words(0)?, size)));
    content.push(None, Data::Value(word(words(1)?, size)));
    let indices = (2..table).step_by(3);
    for index in indices {
        let (start, end) = (words(index)?, words(index.checked_add(1)?)?);
        let offset = words(index.checked_add(2)?)?;
        content.push(Some(wide(index.checked_mul(size)?)), Data::Value(pointer(start)));
        content.push(None, Data::Value(pointer(end)));
        content.push(None, Data::Value(word(offset, size)));
    }
    let mut rest = bytes.get(names_at..)?;
    let mut at = names_at;
    while !rest.is_empty() {
        let length = rest.iter().position(|byte| *byte == 0)?;
        let name = std::str::from_utf8(rest.get(..length)?).ok()?;
        let value = Value::Text { text: name.to_owned(), wide: false, terminated: true };
        content.push(Some(wide(at)), Data::Value(value));
        at = at.checked_add(length)?.checked_add(1)?;
        rest = bytes.get(at..)?;
    }
    Some(content)
}

/// A `siginfo_t` of a fault: the signal, its code, and the address, where nothing else is in it.
pub(super) fn siginfo(bytes: &[u8], order: ByteOrder, size: usize) -> Option<ContentSpec> {
    let number = |at: usize| Some(word(read_at(order, bytes, at, 4)?, 4));
    let address_at = if size == 8 { 16usize } else { 12 };
    let behind = address_at.checked_add(size)?;
    let is_zero = |bytes: Option<&[u8]>| bytes.is_none_or(|bytes| bytes.iter().all(|byte| *byte == 0));
    if bytes.len() < behind || !is_zero(bytes.get(12..address_at)) || !is_zero(bytes.get(behind..)) {
        return None;
    }
    let mut content = ContentSpec::default();
    for at in [0, 4, 8] {
        content.push(None, Data::Value(number(at)?));
    }
    content.push(Some(wide(address_at)), Data::Value(pointer(read_at(order, bytes, address_at, size)?)));
    Some(content)
}

/// A text, line by line; `None` where it is not readable text.
pub(super) fn lines(bytes: &[u8]) -> Option<ContentSpec> {
    let text = std::str::from_utf8(bytes).ok()?;
    let readable = |letter: char| !letter.is_control() || letter == '\n' || letter == '\t';
    if text.trim().is_empty() || !text.chars().all(readable) {
        return None;
    }
    let line = |line: &str| Value::Text { text: line.to_owned(), wide: false, terminated: false };
    Some(ContentSpec::of(text.split_inclusive('\n').map(line)))
}

/// A CodeView record: a PDB's signature, identifier, age and name, or an ELF file's build id.
pub(super) fn code_view(bytes: &[u8], order: ByteOrder) -> Option<ContentSpec> {
    let text = |text: &str, terminated| Value::Text { text: text.to_owned(), wide: false, terminated };
    let bytes_of = |range: std::ops::Range<usize>| Some(Value::Bytes(bytes.get(range)?.to_vec()));
    match bytes.get(..4)? {
        b"RSDS" => {
            let name = bytes.get(24..)?.strip_suffix(&[0])?;
            let name = std::str::from_utf8(name).ok().filter(|name| !name.contains('\0'))?;
            let age = word(read_at(order, bytes, 20, 4)?, 4);
            Some(ContentSpec::of([text("RSDS", false), bytes_of(4..20)?, age, text(name, true)]))
        }
        b"LEpB" => Some(ContentSpec::of([text("LEpB", false), bytes_of(4..bytes.len())?])),
        _ => None,
    }
}

/// A text behind its size in bytes, with a NUL: `MINIDUMP_STRING`, of UTF-16, or `MinidumpUTF8String`.
pub(super) fn counted_text(bytes: &[u8], order: ByteOrder) -> Option<ContentSpec> {
    let count = read_at(order, bytes, 0, 4)?;
    let rest = bytes.get(4..)?;
    let held = usize::try_from(count).ok()?;
    let readable = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
    if rest.len() == held.checked_add(2)? && held.is_multiple_of(2) {
        let text = char::decode_utf16(order.utf16_units(rest)).collect::<Result<String, _>>().ok()?;
        let text = text.strip_suffix('\0').filter(|text| readable(text))?;
        let value = Value::Text { text: text.to_owned(), wide: true, terminated: true };
        return Some(ContentSpec::of([word(count, 4), value]));
    }
    if rest.len() == held.checked_add(1)? {
        let text = std::str::from_utf8(rest).ok()?.strip_suffix('\0').filter(|text| readable(text))?;
        let value = Value::Text { text: text.to_owned(), wide: false, terminated: true };
        return Some(ContentSpec::of([word(count, 4), value]));
    }
    None
}

/// A text with a NUL behind it.
pub(super) fn terminated_text(bytes: &[u8]) -> Option<ContentSpec> {
    let text = std::str::from_utf8(bytes.strip_suffix(&[0])?).ok()?;
    let readable = !text.is_empty() && !text.chars().any(char::is_control);
    let value = || Value::Text { text: text.to_owned(), wide: false, terminated: true };
    readable.then(|| ContentSpec::of([value()]))
}
