//! Lists of a minidump by the memory entries of a model that they hold.

use std::collections::HashSet;

use crate::model::{FileOffset, List, Memory, Minidump, Model, Stack, Stored};
use crate::write::{About, WriteError, WriteProblem};

/// Indices of the memory entries, by list.
pub(super) struct Listed {
    pub(super) list: Vec<usize>,
    outside: Vec<usize>,
    pub(super) list64: Vec<usize>,
}

impl Listed {
    pub(super) fn of(model: &Model, minidump: &Minidump) -> Result<Listed, WriteError> {
        let mut listed = Listed { list: Vec::new(), outside: Vec::new(), list64: Vec::new() };
        let stacks: HashSet<usize> = model
            .threads
            .iter()
            .filter_map(|thread| match thread.stack {
                Stack::Memory(index) => Some(index),
                Stack::Descriptor { file_offset: FileOffset::Memory { index, .. }, .. } => Some(index),
                Stack::Descriptor { .. } | Stack::None => None,
            })
            .collect();
        for (index, entry) in model.memory.iter().enumerate() {
            if is_a_mapping(entry) {
                continue;
            }
            let problem = |text| Err(WriteError::new(WriteProblem::List(text), About::Memory(index)));
            match entry.list {
                List::Memory => listed.list.push(index),
                List::Memory64 if matches!(entry.stored, Stored::Elsewhere(_)) => {
                    return problem(
                        "the regions of a Memory64List are stored at the list's own offset and cannot have \
                         a file_offset",
                    );
                }
                List::Memory64 if minidump.memory_align > 1 => {
                    return problem(
                        "the regions of a Memory64List are stored without gaps and cannot be aligned",
                    );
                }
                List::Memory64 => listed.list64.push(index),
                List::Outside if stacks.contains(&index) => listed.outside.push(index),
                List::Outside => {
                    return problem(
                        "this region is in no list and is not a thread's stack: nothing in the dump would \
                         point to it",
                    );
                }
            }
        }
        Ok(listed)
    }

    /// The indices in the order of the entries' bytes in the file.
    pub(super) fn in_order(&self) -> Vec<usize> {
        [&self.list[..], &self.outside, &self.list64].concat()
    }
}

/// Whether an entry is a mapping without bytes, which no list of memory has.
fn is_a_mapping(entry: &Memory) -> bool {
    let stores_nothing = matches!(&entry.stored, Stored::Own(content) if content.is_empty());
    entry.captured == 0 && entry.size > 0 && stores_nothing
}
