//! Mappings of a minidump.

use dumpedit::notation::At;

/// An entry of a minidump's MemoryInfoList.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MappingSpec {
    /// `BaseAddress`.
    pub at: At,
    /// `RegionSize`, in bytes.
    pub size: u64,
    /// `Protect`, a `PAGE_` constant.
    pub protection: Option<u64>,
    /// `AllocationBase`; the same as `at`.
    pub base: Option<At>,
    /// `AllocationProtect`; the same as `protection`.
    pub allocation_protection: Option<u64>,
    /// `State`; 0x1000, committed.
    pub state: Option<u64>,
    /// `Type`; 0x20000, private.
    pub kind: Option<u64>,
}

impl MappingSpec {
    /// Committed, private memory that can be read and written.
    pub fn new(at: u64, size: u64) -> MappingSpec {
        MappingSpec {
            at: At::Address(at),
            size,
            protection: None,
            base: None,
            allocation_protection: None,
            state: None,
            kind: None,
        }
    }
}
