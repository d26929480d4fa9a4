//! Memory of Windows' modules that debuggers read: headers, the CodeView record, code and the function tables.

use dumpedit::{Dump, Span};

/// Names of the sections of function tables.
const UNWIND: [&[u8; 8]; 2] = [b".pdata\0\0", b".xdata\0\0"];
/// `IMAGE_SCN_MEM_EXECUTE`.
const EXECUTE: u64 = 0x2000_0000;

/// Addresses that debuggers need.
pub(super) fn needs(dump: &Dump) -> Vec<Span> {
    let mut reading = dump.reading();
    let mut found = Vec::new();
    for module in dump.layout().modules() {
        let Some(file) = reading.portable_executable(module.base) else { continue };
        found.extend(file.told_by);
        let sections = file.sections.iter();
        let staying =
            sections.filter(|section| UNWIND.contains(&&section.name) || section.flags & EXECUTE != 0);
        found.extend(staying.map(|section| section.span));
    }
    found
}
