//! The records in a PDB's streams of types (TPI) and ids (IPI), read one at a time.
//!
//! `pdb2` reads them, too, but its recursion is as deep as a hostile record is nested, and it must walk the stream from
//! the beginning. The layouts are the `lf` structs of `cvinfo.h`.

use super::symbols::StreamBytes;

/// The number of the first record. Lower numbers are types without a record.
pub(crate) const FIRST_RECORD: u32 = 0x1000;

/// The offset of one in this many records is kept.
const STEP: usize = 8;

/// The records of a stream, by number.
pub(crate) struct Records {
    stream: StreamBytes<'static>,
    /// The offset of each [`STEP`]th record, beginning with the first.
    positions: Vec<u32>,
    count: u32,
}

/// A record.
#[derive(Debug)]
pub(crate) enum Record<'a> {
    /// LF_MODIFIER
    Modifier { of: u32, constant: bool, volatile: bool },
    /// LF_POINTER
    Pointer(Pointer),
    /// LF_ARRAY, with its size in bytes.
    Array { element: u32, size: u64 },
    /// LF_BITFIELD
    BitField { of: u32, count: u8, first: u8 },
    /// LF_CLASS, LF_STRUCTURE, LF_INTERFACE, LF_UNION, LF_ENUM
    Tagged(Tagged<'a>),
    /// LF_PROCEDURE, LF_MFUNCTION
    Function { returns: u32, parameters: u32 },
    /// LF_ARGLIST
    Parameters(Vec<u32>),
    /// LF_FIELDLIST
    Fields(Fields<'a>),
    /// LF_ALIAS
    Alias { of: u32, name: &'a [u8] },
    /// LF_BUILDINFO, with the numbers of the texts that name the folder and the source file.
    Build { folder: u32, source: u32 },
    /// LF_STRING_ID
    Text(&'a [u8]),
    /// Any other record.
    Other,
}

/// LF_POINTER
#[derive(Debug)]
pub(crate) struct Pointer {
    pub(crate) to: u32,
    pub(crate) size: u8,
    /// `CV_ptrmode_e`: 0 a pointer, 1 `&`, 2 and 3 to a member, 4 `&&`.
    pub(crate) mode: u32,
    pub(crate) constant: bool,
    pub(crate) volatile: bool,
    /// The class of the member that it points to.
    pub(crate) class: Option<u32>,
}

/// A class, struct, interface, union or enum.
#[derive(Debug)]
pub(crate) struct Tagged<'a> {
    pub(crate) tag: Tag,
    /// The number of the record with its fields.
    pub(crate) fields: u32,
    /// The size in bytes; 0 for an enum, whose size is that of `underlying`.
    pub(crate) size: u64,
    /// For an enum, the type of its values.
    pub(crate) underlying: u32,
    /// Whether the type is only declared.
    pub(crate) forward: bool,
    pub(crate) name: &'a [u8],
    /// The mangled name. It differs for types of the same name in different places.
    pub(crate) unique_name: Option<&'a [u8]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    Class,
    Struct,
    Union,
    Enum,
}

/// A field of a class or an enum.
#[derive(Debug)]
pub(crate) enum Field<'a> {
    /// LF_BCLASS
    Base { of: u32, offset: u64 },
    /// LF_VBCLASS. The offset in bytes of the pointer to the table of virtual bases, and the index in that table.
    VirtualBase { of: u32, pointer_at: u64, entry: u64 },
    /// LF_MEMBER
    Member { of: u32, offset: u64, name: &'a [u8] },
    /// LF_STMEMBER
    Static { of: u32, name: &'a [u8] },
    /// LF_VFUNCTAB
    FunctionTable { of: u32 },
    /// LF_ENUMERATE
    Value { value: i128, name: &'a [u8] },
    /// LF_INDEX: another record has more fields.
    More(u32),
    /// Methods, nested types, and virtual base classes of a base class.
    Other,
}

impl Records {
    /// The records of the stream of types or of ids.
    pub(crate) fn new(stream: StreamBytes<'static>) -> Result<Records, String> {
        let mut header = Bytes(&stream);
        let fields = || -> Option<(u32, u32, u32, u32)> {
            header.u32()?; // version
            Some((header.u32()?, header.u32()?, header.u32()?, header.u32()?))
        };
        let mut fields = fields;
        let Some((header_size, first, end, _)) = fields() else {
            return Ok(Records { stream, positions: Vec::new(), count: 0 });
        };
        if first != FIRST_RECORD {
            return Err(format!("its types are numbered from {first:#x}, not from {FIRST_RECORD:#x}"));
        }
        let count = end.saturating_sub(first);
        let mut at = usize::try_from(header_size).unwrap_or(usize::MAX);
        let mut positions = Vec::new();
        for index in 0..count as usize {
            if index.is_multiple_of(STEP) {
                positions.push(u32::try_from(at).map_err(|_| "its types have more than 4 GiB")?);
            }
            let size = record_size(&stream, at);
            at = size.and_then(|size| at.checked_add(size)).ok_or_else(|| {
                format!("type {:#x} of {count} is cut off", index.saturating_add(FIRST_RECORD as usize))
            })?;
        }
        Ok(Records { stream, positions, count })
    }

    /// The numbers of all records.
    pub(crate) fn numbers(&self) -> std::ops::Range<u32> {
        FIRST_RECORD..FIRST_RECORD.saturating_add(self.count)
    }

    /// A record; `None` if there is none with the number, or if it is damaged.
    pub(crate) fn get(&self, number: u32) -> Option<Record<'_>> {
        let index = usize::try_from(number.checked_sub(FIRST_RECORD)?).ok()?;
        let mut at = usize::try_from(*self.positions.get(index / STEP)?).ok()?;
        for _ in 0..index % STEP {
            at = at.checked_add(record_size(&self.stream, at)?)?;
        }
        let end = at.checked_add(record_size(&self.stream, at)?)?;
        record(self.stream.get(at.checked_add(2)?..end)?)
    }
}

/// The size in bytes of the record at an offset, with the bytes of the size itself.
fn record_size(stream: &[u8], at: usize) -> Option<usize> {
    let size = usize::from(Bytes(stream.get(at..)?).u16()?);
    let end = at.checked_add(size)?.checked_add(2)?;
    (size >= 2 && end <= stream.len()).then_some(size + 2)
}

fn record(bytes: &[u8]) -> Option<Record<'_>> {
    let mut bytes = Bytes(bytes);
    let kind = bytes.u16()?;
    Some(match kind {
        0x1001 => {
            let (of, flags) = (bytes.u32()?, bytes.u16()?);
            Record::Modifier { of, constant: flags & 1 != 0, volatile: flags & 2 != 0 }
        }
        0x1002 => Record::Pointer(pointer(&mut bytes)?),
        0x1008 => {
            let returns = bytes.u32()?;
            bytes.skip(4)?; // calling convention, attributes, number of parameters
            Record::Function { returns, parameters: bytes.u32()? }
        }
        0x1009 => {
            let returns = bytes.u32()?;
            bytes.skip(4 + 4 + 4)?; // class, this, and as above
            Record::Function { returns, parameters: bytes.u32()? }
        }
        0x1201 => {
            let count = bytes.u32()?;
            // No more are read than the record has bytes for.
            Record::Parameters((0..count).map_while(|_| bytes.u32()).collect())
        }
        0x1203 => Record::Fields(Fields(bytes)),
        0x1205 => Record::BitField { of: bytes.u32()?, count: bytes.u8()?, first: bytes.u8()? },
        0x1503 => {
            let element = bytes.u32()?;
            bytes.skip(4)?; // the type of an index
            Record::Array { element, size: bytes.size()? }
        }
        0x1603 => {
            bytes.skip(2)?; // how many there are
            let folder = bytes.u32()?;
            bytes.skip(4)?; // the compiler
            Record::Build { folder, source: bytes.u32()? }
        }
        0x1605 => {
            bytes.skip(4)?; // more of the text, before it
            Record::Text(bytes.text()?)
        }
        0x150a => Record::Alias { of: bytes.u32()?, name: bytes.text()? },
        0x1504..=0x1507 | 0x1519 | 0x1608..=0x160b => Record::Tagged(tagged(kind, &mut bytes)?),
        _ => Record::Other,
    })
}

fn pointer(bytes: &mut Bytes<'_>) -> Option<Pointer> {
    let (to, attributes) = (bytes.u32()?, bytes.u32()?);
    let mode = attributes >> 5 & 7;
    let size = match attributes >> 13 & 0x3f {
        // `CV_ptrtype_e`
        0 if attributes & 0x1f == 0x0c => 8,
        0 => 4,
        size => u8::try_from(size).ok()?,
    };
    let class = if matches!(mode, 2 | 3) { Some(bytes.u32()?) } else { None };
    let (constant, volatile) = (attributes & 1 << 10 != 0, attributes & 1 << 9 != 0);
    Some(Pointer { to, size, mode, constant, volatile, class })
}

fn tagged<'a>(kind: u16, bytes: &mut Bytes<'a>) -> Option<Tagged<'a>> {
    let tag = match kind {
        0x1504 | 0x1608 | 0x1519 | 0x160b => Tag::Class,
        0x1505 | 0x1609 => Tag::Struct,
        0x1506 | 0x160a => Tag::Union,
        _ => Tag::Enum,
    };
    // The records of Visual Studio 2019 have the number of fields after the types (`lfClass2`).
    let newer = kind >= 0x1600;
    let properties = if newer {
        bytes.u32()?
    } else {
        bytes.skip(2)?;
        bytes.u16()?.into()
    };
    let underlying = if tag == Tag::Enum { bytes.u32()? } else { 0 };
    let fields = bytes.u32()?;
    if matches!(tag, Tag::Class | Tag::Struct) {
        bytes.skip(4 + 4)?; // derived from, shape of the table of functions
    }
    if newer {
        bytes.skip(2)?;
    }
    let size = if tag == Tag::Enum { 0 } else { bytes.size()? };
    let name = bytes.text()?;
    let unique_name = if properties & 0x200 != 0 { bytes.text() } else { None };
    Some(Tagged { tag, fields, size, underlying, forward: properties & 0x80 != 0, name, unique_name })
}

/// The fields in a record.
#[derive(Debug)]
pub(crate) struct Fields<'a>(Bytes<'a>);

impl<'a> Fields<'a> {
    /// The next field; `Ok(None)` after the last one. A field that is damaged or of an unknown kind is an error.
    pub(crate) fn next(&mut self) -> Result<Option<Field<'a>>, String> {
        // A padding byte has the number of padding bytes.
        while let Some(padding) = self.0.0.first().filter(|byte| **byte >= 0xf0) {
            let size = usize::from(padding & 0xf).max(1);
            self.0.skip(size).ok_or("a field is cut off")?;
        }
        if self.0.0.is_empty() {
            return Ok(None);
        }
        let kind = self.0.u16().ok_or("a field is cut off")?;
        let read = field(kind, &mut self.0);
        read.map(Some).ok_or_else(|| format!("a field of the kind {kind:#x} is damaged or unknown"))
    }
}

fn field<'a>(kind: u16, bytes: &mut Bytes<'a>) -> Option<Field<'a>> {
    // These bytes are attributes in most kinds of fields, and padding in the others.
    let attributes = bytes.u16()?;
    Some(match kind {
        0x1400 | 0x151a => Field::Base { of: bytes.u32()?, offset: bytes.size()? },
        0x1401 | 0x1402 => {
            let of = bytes.u32()?;
            bytes.skip(4)?; // the type of the pointer
            let (pointer_at, entry) = (bytes.size()?, bytes.size()?);
            match kind {
                0x1401 => Field::VirtualBase { of, pointer_at, entry },
                _ => Field::Other,
            }
        }
        0x1404 => Field::More(bytes.u32()?),
        0x1409 => Field::FunctionTable { of: bytes.u32()? },
        0x140a => {
            bytes.skip(4)?; // a friend
            Field::Other
        }
        0x1502 => Field::Value { value: bytes.number()?, name: bytes.text()? },
        0x150d => Field::Member { of: bytes.u32()?, offset: bytes.size()?, name: bytes.text()? },
        0x150e => Field::Static { of: bytes.u32()?, name: bytes.text()? },
        0x150c | 0x150f | 0x1510 | 0x1512 => {
            bytes.skip(4)?;
            bytes.text()?;
            Field::Other
        }
        0x1511 => {
            bytes.skip(4)?;
            // `CV_methodprop_e`: a method that introduces a virtual function has its offset in the function table, too.
            if matches!(attributes >> 2 & 7, 4 | 6) {
                bytes.skip(4)?;
            }
            bytes.text()?;
            Field::Other
        }
        _ => return None,
    })
}

/// Bytes that are read from the beginning.
#[derive(Clone, Copy)]
struct Bytes<'a>(&'a [u8]);

impl std::fmt::Debug for Bytes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl<'a> Bytes<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*array)
    }

    fn skip(&mut self, size: usize) -> Option<()> {
        self.0 = self.0.get(size..)?;
        Some(())
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// A text that a zero byte ends.
    fn text(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let (text, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.get(1..)?;
        Some(text)
    }

    /// A number: the leaf itself if it is small, or the number after a leaf that says its size (`LF_NUMERIC`).
    fn number(&mut self) -> Option<i128> {
        Some(match self.u16()? {
            small @ 0..0x8000 => small.into(),
            0x8000 => self.array().map(i8::from_le_bytes)?.into(),
            0x8001 => self.array().map(i16::from_le_bytes)?.into(),
            0x8002 => self.u16()?.into(),
            0x8003 => self.array().map(i32::from_le_bytes)?.into(),
            0x8004 => self.u32()?.into(),
            0x8009 => self.array().map(i64::from_le_bytes)?.into(),
            0x800a => self.array().map(u64::from_le_bytes)?.into(),
            0x8017 | 0x8018 => self.array().map(i128::from_le_bytes)?,
            _ => return None,
        })
    }

    fn size(&mut self) -> Option<u64> {
        u64::try_from(self.number()?).ok()
    }
}
