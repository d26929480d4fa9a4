//! Headers of PE files in memory (`winnt.h`: `IMAGE_NT_HEADERS` and its tables).

use dumpedit_layout::Span;

use super::Reading;

/// Maximum size of headers in bytes, and maximum number of sections.
const MOST_HEADERS: u64 = 1 << 16;
const MOST_SECTIONS: u64 = 96;
/// Maximum sizes of a debug directory and of a CodeView record, in bytes.
const MOST_DEBUG: u64 = 1 << 12;
/// `IMAGE_DEBUG_TYPE_CODEVIEW`.
const CODE_VIEW: u64 = 2;
/// `IMAGE_NT_SIGNATURE`.
const SIGNATURE: u64 = 0x4550;
/// Sizes of `IMAGE_SECTION_HEADER` and `IMAGE_DEBUG_DIRECTORY`, in bytes.
const SECTION: u64 = 40;
const DEBUG_ENTRY: u64 = 28;

/// The headers of a PE file in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PortableExecutable {
    /// Addresses by which debuggers identify the file: the headers, the debug directory, and its CodeView records.
    pub told_by: Vec<Span>,
    /// Its sections.
    pub sections: Vec<ImageSection>,
}

/// A section of a PE file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImageSection {
    /// `Name`.
    pub name: [u8; 8],
    /// Addresses.
    pub span: Span,
    /// `Characteristics`.
    pub flags: u64,
}

impl Reading<'_> {
    /// The PE file whose headers begin at an address; of incomplete headers, the captured part.
    pub fn portable_executable(&mut self, base: u64) -> Option<PortableExecutable> {
        if self.bytes(base, 2) != b"MZ" {
            return None;
        }
        let at = |offset: u64| base.saturating_add(offset);
        let signature = self.number(at(0x3c), 4)?;
        if self.number(at(signature), 4)? != SIGNATURE {
            return None;
        }
        let optional = signature.saturating_add(24);
        let directories: u64 = match self.number(at(optional), 2)? {
            0x10b => 96,
            0x20b => 112,
            _ => return None,
        };
        let mut file = PortableExecutable::default();
        let headers = self.number(at(optional.saturating_add(60)), 4).unwrap_or(0);
        file.told_by.extend(Span::of(base, headers.min(MOST_HEADERS)));
        let count = self.number(at(signature.saturating_add(6)), 2).unwrap_or(0).min(MOST_SECTIONS);
        let optional_size = self.number(at(signature.saturating_add(20)), 2).unwrap_or(0);
        let table = at(optional.saturating_add(optional_size));
        let entries = (0..count).map(|index| table.saturating_add(index.saturating_mul(SECTION)));
        for entry in entries.collect::<Vec<_>>() {
            file.sections.extend(self.section(base, entry));
        }
        let directory = at(optional.saturating_add(directories).saturating_add(6 * 8));
        self.debug_directory(base, directory, &mut file.told_by);
        Some(file)
    }

    fn section(&mut self, base: u64, entry: u64) -> Option<ImageSection> {
        let name = self.bytes(entry, 8).try_into().ok()?;
        let size = self.number(entry.saturating_add(8), 4)?;
        let address = self.number(entry.saturating_add(12), 4)?;
        let flags = self.number(entry.saturating_add(36), 4)?;
        Some(ImageSection { name, span: Span::of(base.saturating_add(address), size)?, flags })
    }

    fn debug_directory(&mut self, base: u64, directory: u64, found: &mut Vec<Span>) {
        let at = |offset: u64| base.saturating_add(offset);
        let (Some(table), Some(size)) =
            (self.number(directory, 4), self.number(directory.saturating_add(4), 4))
        else {
            return;
        };
        let size = size.min(MOST_DEBUG);
        found.extend(Span::of(at(table), size));
        for index in 0..size.checked_div(DEBUG_ENTRY).unwrap_or(0) {
            let entry = at(table.saturating_add(index.saturating_mul(DEBUG_ENTRY)));
            let mut field = |skipped| self.number(entry.saturating_add(skipped), 4);
            if field(12) == Some(CODE_VIEW)
                && let (Some(size), Some(record)) = (field(16), field(20))
            {
                found.extend(Span::of(at(record), size.min(MOST_DEBUG)));
            }
        }
    }
}
