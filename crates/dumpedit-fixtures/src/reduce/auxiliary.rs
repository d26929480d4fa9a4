//! The auxiliary vector (`getauxval(3)`): the page size, and the kernel's own data in memory that it points to.

use dumpedit::mapped::ProcessMemory;
use dumpedit::{Dump, Span};
use dumpedit_formats::elf::schema::auxiliary::{self, Vector};

use crate::describe::Raw;
use crate::encode::wide;

/// Longest string, in bytes.
const MOST_STRING: usize = 1 << 12;

/// Parts of a dump with the vector: a core's note, and a stream of Linux's minidumps.
const PARTS: [&str; 2] = ["NT_AUXV", "LinuxAuxv"];

/// Largest vector that is read, in bytes.
const MOST_VECTOR: u64 = 1 << 16;

/// Page size of a core without an auxiliary vector, in bytes.
const USUAL_PAGE: u64 = 1 << 12;

/// The auxiliary vector of a process.
pub(super) struct Auxiliary(Vector);

impl Auxiliary {
    pub(super) fn of(dump: &Dump) -> Auxiliary {
        let layout = dump.layout();
        let part = layout.compared_parts().find(|part| PARTS.contains(&part.name));
        let bytes = part
            .and_then(|part| Raw::of(dump).bytes(part.place.file_offset, part.place.size.min(MOST_VECTOR)));
        Auxiliary(Vector::read(&bytes.unwrap_or_default(), layout.byte_order(), layout.pointer_width()))
    }

    /// Page size of a core, in bytes.
    pub(super) fn page(&self) -> u64 {
        let usable = |page: &u64| page.is_power_of_two() && *page <= 1 << 24;
        self.0.value(auxiliary::PAGESZ).filter(usable).unwrap_or(USUAL_PAGE)
    }

    /// Memory that the vector points to.
    pub(super) fn needs(&self, dump: &Dump) -> Vec<Span> {
        let string = |key: &u64| {
            let at = self.0.value(*key)?;
            let mut text = vec![0; MOST_STRING];
            let count = dump.read_memory(at, &mut text);
            let length = text.iter().take(count).position(|byte| *byte == 0)?;
            Some(Span { first: at, last: at.saturating_add(wide(length)) })
        };
        let random = self.0.value(auxiliary::RANDOM).and_then(|at| Span::of(at, 16));
        auxiliary::TEXTS.iter().filter_map(string).chain(random).collect()
    }
}
