//! The process's memory in a dump, for reading tables in it.

use dumpedit_layout::Layout;

use crate::encoding::Encoding;

/// The captured memory of a dump.
#[derive(Clone, Copy)]
pub(crate) struct Memory<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) encoding: Encoding,
    pub(crate) layout: &'a Layout,
}

impl<'a> Memory<'a> {
    /// The bytes from an address to the end of the segment that holds it; empty where none does.
    pub(crate) fn from(&self, address: u64) -> &'a [u8] {
        self.find(address).unwrap_or_default()
    }

    fn find(&self, address: u64) -> Option<&'a [u8]> {
        let captured = self.layout.captured_from(address)?;
        let start = usize::try_from(captured.file_offset).ok()?;
        let rest = usize::try_from(captured.last.saturating_sub(address)).ok()?;
        self.bytes.get(start..=start.checked_add(rest)?)
    }

    /// The `index`-th word from an address.
    pub(crate) fn word(&self, address: u64, index: usize) -> Option<u64> {
        self.encoding.word(self.from(address), index)
    }

    /// The NUL-terminated text at an address, of at most 4096 bytes (`PATH_MAX`).
    pub(crate) fn text(&self, address: u64) -> Option<String> {
        let bytes = self.from(address);
        let bytes = bytes.get(..4096).unwrap_or(bytes);
        let length = bytes.iter().position(|byte| *byte == 0)?;
        Some(String::from_utf8_lossy(bytes.get(..length)?).into_owned())
    }
}
