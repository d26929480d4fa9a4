//! Records of registers.

use dumpedit::notation::NumberText;

use super::content::ContentSpec;

/// A register and its value.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Register {
    /// Its name, or the name of a part of one.
    pub name: String,
    /// Its value.
    pub value: NumberText,
}

impl Register {
    /// A register by its name, or by the name of a part of one.
    pub fn new(name: &str, value: NumberText) -> Register {
        Register { name: name.to_owned(), value }
    }
}

/// A register's name and value, as `[("rip", 0x40_1000)]` gives them.
impl From<(&str, u64)> for Register {
    fn from((name, value): (&str, u64)) -> Register {
        Register::new(name, NumberText::Number(value.into()))
    }
}

/// The kind of a minidump's context, where a machine has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContextKind {
    /// None at all.
    None,
    /// Bytes that no table describes: only `rest` and `size` count.
    Raw,
    /// `CONTEXT` of winnt.h for the machine.
    Windows,
    /// x86 without FXSAVE, 204 bytes.
    Short,
    /// Breakpad's own: ARM of 368 bytes, ARM64 of 796, and those of machines that Windows does not run on.
    Breakpad,
    /// Crashpad's own: ARM of 364 bytes, MIPS64 of 640.
    Crashpad,
}

/// The XSAVE area of a record.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Xstate {
    /// The components, as XCR0 numbers them: bit 2 is AVX.
    pub components: u64,
    /// Minidump: whether the components follow one another; true.
    pub compacted: bool,
    /// Minidump: bytes from the CONTEXT_EX to the area.
    pub skip: Option<u64>,
    /// The area's size in bytes. ELF: the whole note's.
    pub size: Option<u64>,
}

impl Xstate {
    /// An area of these components that follow one another.
    pub fn new(components: u64) -> Xstate {
        Xstate { components, compacted: true, skip: None, size: None }
    }
}

/// A context record: registers, and the bytes around them.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Record {
    /// The registers, set in this order; all others are zero, or have what the machine begins with.
    pub registers: Vec<Register>,
    /// Minidump: the context's kind; the usual one of machine and system.
    pub kind: Option<ContextKind>,
    /// The record's size in bytes; the kind's.
    pub size: Option<u64>,
    /// Minidump: `ContextFlags`; everything that the kind has.
    pub flags: Option<u64>,
    /// The XSAVE area, where there is one.
    pub xstate: Option<Xstate>,
    /// Bytes that are put over the record after its registers.
    pub rest: ContentSpec,
}
