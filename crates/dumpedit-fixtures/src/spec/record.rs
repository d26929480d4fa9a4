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
    /// A register or a part of one, by name.
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
    /// No context.
    None,
    /// Bytes without a table: only `rest` and `size` count.
    Raw,
    /// `CONTEXT` of winnt.h for the machine.
    Windows,
    /// x86 without FXSAVE, 204 bytes.
    Short,
    /// Breakpad's: ARM of 368 bytes, ARM64 of 796, and those of machines without Windows.
    Breakpad,
    /// Crashpad's: ARM of 364 bytes, MIPS64 of 640.
    Crashpad,
}

/// The XSAVE area of a record.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Xstate {
    /// Components, as XCR0 numbers them: bit 2 is AVX.
    pub components: u64,
    /// Minidump: whether the components are consecutive (compacted); true.
    pub compacted: bool,
    /// Minidump: distance from the CONTEXT_EX to the area, in bytes.
    pub skip: Option<u64>,
    /// Size of the area in bytes; for ELF, of the whole note.
    pub size: Option<u64>,
}

impl Xstate {
    /// A compacted area of these components.
    pub fn new(components: u64) -> Xstate {
        Xstate { components, compacted: true, skip: None, size: None }
    }
}

/// A context record: registers, and the bytes around them. Defaults are behind semicolons.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Record {
    /// Registers, set in this order; all others have their initial values, mostly zero.
    pub registers: Vec<Register>,
    /// Minidump: kind of the context; the usual one of machine and system.
    pub kind: Option<ContextKind>,
    /// Size of the record in bytes; that of the kind.
    pub size: Option<u64>,
    /// Minidump: `ContextFlags`; all that the kind has.
    pub flags: Option<u64>,
    /// The XSAVE area, where there is one.
    pub xstate: Option<Xstate>,
    /// Bytes written over the record after its registers.
    pub rest: ContentSpec,
}
