//! Replacements for keys that a container has no place for.

use dumpedit::Format::{self, ElfCore, MachOCore, Minidump, Triage};

/// Container, owner of the key, key, and the end of a sentence.
const INSTEAD: &[(Format, &str, &str, &str)] = &[
    (Minidump, "a thread", "signal", "give a crash"),
    (Minidump, "the header", "content", "give patches"),
    (ElfCore, "a spec", "mappings", "give the regions their protection"),
    (ElfCore, "the header", "content", "give patches"),
    (MachOCore, "a spec", "mappings", "give the regions their protection"),
    (MachOCore, "a spec", "notes", "give load_notes"),
    (MachOCore, "a spec", "crash", "set the registers of the thread's exception state"),
    (MachOCore, "a spec", "modules", "they are found in memory, or a note such as 'load binary' names them"),
    (MachOCore, "a thread", "notes", "give states"),
    (MachOCore, "a context", "kind", "give states"),
    (MachOCore, "the header", "content", "give patches"),
    (Triage, "a spec", "streams", "give parts"),
];

/// The replacement for a key, where there is one.
pub(super) fn instead(format: Format, owner: &str, key: &str) -> Option<&'static str> {
    let mut rows = INSTEAD.iter();
    rows.find(|row| (row.0, row.1, row.2) == (format, owner, key)).map(|row| row.3)
}
