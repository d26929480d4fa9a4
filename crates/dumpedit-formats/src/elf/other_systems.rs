//! Notes with a thread's registers on systems other than Linux, and the tables of them.
//!
//! To support a machine's registers on such a system, add its tables to `registers`, and a line to [`ROWS`].

use dumpedit_layout::{BlockKind, Format, Machine, RecordFormat};

use super::note_kinds;
use crate::registers::note::SystemNote;
use crate::registers::{float_x86, freebsd, netbsd, openbsd};
use crate::supported::{Supported, SupportedRecord};

/// The registers of a system's machine.
pub(super) struct Row {
    /// Namespace of their notes.
    namespace: &'static [u8],
    pub(super) registers: &'static RecordFormat,
    /// The notes of a thread; the first has the general registers.
    pub(super) notes: &'static [SystemNote],
}

const fn row(
    namespace: &'static [u8],
    registers: &'static RecordFormat,
    notes: &'static [SystemNote],
) -> Row {
    Row { namespace, registers, notes }
}

pub(super) const FREEBSD: &[u8] = b"FreeBSD";
pub(super) const NETBSD: &[u8] = b"NetBSD-CORE";
pub(super) const OPENBSD: &[u8] = b"OpenBSD";

static ROWS: &[Row] = &[
    row(FREEBSD, &freebsd::FREEBSD_AMD64, freebsd::NOTES_AMD64),
    row(FREEBSD, &freebsd::FREEBSD_I386, freebsd::NOTES_I386),
    row(FREEBSD, &freebsd::FREEBSD_ARM64, freebsd::NOTES_ARM64),
    row(NETBSD, &netbsd::NETBSD_AMD64, netbsd::NOTES_AMD64),
    row(NETBSD, &netbsd::NETBSD_I386, netbsd::NOTES_I386),
    row(NETBSD, &netbsd::NETBSD_ARM64, netbsd::NOTES_ARM64),
    row(OPENBSD, &openbsd::OPENBSD_AMD64, openbsd::NOTES_AMD64),
    row(OPENBSD, &openbsd::OPENBSD_I386, openbsd::NOTES_I386),
    row(OPENBSD, &openbsd::OPENBSD_ARM64, openbsd::NOTES_ARM64),
    row(OPENBSD, &openbsd::OPENBSD_SPARC64, openbsd::NOTES_SPARC64),
];

/// The row of a system's machine.
pub(super) fn row_of(namespace: &[u8], machine: Machine) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.namespace == namespace && row.registers.machine == machine)
}

/// The namespace of a system's notes.
pub(super) fn namespace(system: &str) -> &'static [u8] {
    let is_it = |row: &&Row| note_kinds::system_of(row.namespace) == Some(system);
    ROWS.iter().find(is_it).map_or(b"CORE", |row| row.namespace)
}

/// The row of a machine of a system by its name.
pub(super) fn named(system: &str, machine: Machine) -> Option<&'static Row> {
    ROWS.iter()
        .find(|row| row.registers.machine == machine && note_kinds::system_of(row.namespace) == Some(system))
}

/// The row whose registers a note holds, and the note's own.
pub(super) fn of(
    namespace: &[u8],
    kind: u32,
    machine: Machine,
) -> Option<(&'static Row, &'static SystemNote)> {
    let row = row_of(namespace, machine)?;
    row.notes.iter().find(|note| note.kind == kind).map(|note| (row, note))
}

/// The number of a thread's note on a machine, where its name has several numbers: NetBSD's differ.
pub(super) fn number_of(notes: &[SystemNote], namespace: &[u8], kind: u32) -> u32 {
    let wanted = note_kinds::name(namespace, kind);
    let mut same = notes.iter().filter(|note| note_kinds::name(namespace, note.kind) == wanted);
    same.next().filter(|_| wanted.is_some()).map_or(kind, |note| note.kind)
}

/// The tables of registers.
pub(super) fn supported() -> impl Iterator<Item = Supported> {
    let record = |row: &Row, note: &SystemNote| SupportedRecord {
        name: note_kinds::called(row.namespace, note.kind),
        evidence: note.evidence,
    };
    // NetBSD's area has room for the older components only.
    let newest = |row: &Row| match row.namespace {
        NETBSD => None,
        _ => float_x86::newest(row.registers, "NT_X86_XSTATE"),
    };
    let has_area = |row: &Row| row.notes.iter().any(|note| note.block == BlockKind::XstateLegacy);
    ROWS.iter().map(move |row| Supported {
        format: Format::ElfCore,
        machine: row.registers.machine,
        system: note_kinds::system_of(row.namespace).unwrap_or_default(),
        table: Some(row.registers.name),
        records: row
            .notes
            .iter()
            .map(|note| record(row, note))
            .chain(newest(row).filter(|_| has_area(row)))
            .collect(),
    })
}
