//! What debuggers read of Windows' modules in memory: headers, the CodeView record, code and the tables of functions.

use dumpedit::{Dump, Span};

use super::reading::Reading;

/// The most bytes of headers.
const MOST_HEADERS: u64 = 1 << 16;
/// The most sections.
const MOST_SECTIONS: u64 = 96;
/// Sections whose names say that they hold the tables of functions.
const UNWIND: [&[u8]; 2] = [b".pdata\0\0", b".xdata\0\0"];
/// `IMAGE_SCN_MEM_EXECUTE`.
const EXECUTE: u64 = 0x2000_0000;
/// The size of an `IMAGE_SECTION_HEADER`.
const SECTION: u64 = 40;
/// The most bytes of a debug directory, and of a CodeView record.
const MOST_DEBUG: u64 = 1 << 12;

/// The addresses that stay as they are.
pub(super) fn needs(dump: &Dump) -> Vec<Span> {
    let mut reading = Reading::of(dump);
    let mut found = Vec::new();
    for module in dump.layout().modules() {
        if reading.bytes(module.base, 2) == b"MZ" {
            let _ = file(&mut reading, module.base, &mut found);
        }
    }
    found
}

fn file(reading: &mut Reading<'_>, base: u64, found: &mut Vec<Span>) -> Option<()> {
    let at = |offset: u64| base.saturating_add(offset);
    let signature = reading.number(at(0x3c), 4)?;
    if reading.number(at(signature), 4)? != 0x4550 {
        return None;
    }
    let sections = reading.number(at(signature.saturating_add(6)), 2)?.min(MOST_SECTIONS);
    let optional_size = reading.number(at(signature.saturating_add(20)), 2)?;
    let optional = signature.saturating_add(24);
    let directories: u64 = match reading.number(at(optional), 2)? {
        0x10b => 96,
        0x20b => 112,
        _ => return None,
    };
    let size = reading.number(at(optional.saturating_add(60)), 4)?;
    found.extend(Span::of(base, size.min(MOST_HEADERS)));
    let table = optional.saturating_add(optional_size);
    for index in 0..sections {
        let section = at(table.saturating_add(index.saturating_mul(SECTION)));
        let bytes = reading.bytes(section, 8);
        let size = reading.number(section.saturating_add(8), 4)?;
        let address = reading.number(section.saturating_add(12), 4)?;
        let flags = reading.number(section.saturating_add(36), 4)?;
        if UNWIND.iter().any(|name| bytes == **name) || flags & EXECUTE != 0 {
            found.extend(Span::of(at(address), size));
        }
    }
    let debug = optional.saturating_add(directories).saturating_add(6 * 8);
    let (entries, size) = (reading.number(at(debug), 4)?, reading.number(at(debug.saturating_add(4)), 4)?);
    let size = size.min(MOST_DEBUG);
    found.extend(Span::of(at(entries), size));
    for index in 0..size / 28 {
        let entry = at(entries.saturating_add(index.saturating_mul(28)));
        let (kind, size) =
            (reading.number(entry.saturating_add(12), 4)?, reading.number(entry.saturating_add(16), 4)?);
        let record = reading.number(entry.saturating_add(20), 4)?;
        // IMAGE_DEBUG_TYPE_CODEVIEW
        if kind == 2 {
            found.extend(Span::of(at(record), size.min(MOST_DEBUG)));
        }
    }
    Some(())
}
