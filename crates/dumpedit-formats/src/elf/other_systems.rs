//! Which note holds the registers of a thread on systems other than Linux, and the table of them.
//!
//! A machine of such a system gets registers by its table in `registers`, and a line in [`ROWS`].

use dumpedit_layout::{Format, Machine, RecordFormat};

use super::note_kinds;
use crate::registers::evidence::Evidence::{self, Header, Reader};
use crate::registers::{freebsd, netbsd, openbsd};
use crate::supported::{Supported, SupportedRecord};

/// The general registers of a system's machine.
pub(super) struct Row {
    /// Whose notes they are in.
    namespace: &'static [u8],
    /// The type of the note.
    kind: u32,
    pub(super) registers: &'static RecordFormat,
    /// What they were checked against.
    evidence: Evidence,
}

const fn row(
    namespace: &'static [u8],
    kind: u32,
    registers: &'static RecordFormat,
    evidence: Evidence,
) -> Row {
    Row { namespace, kind, registers, evidence }
}

const FREEBSD: &[u8] = b"FreeBSD";
const NETBSD: &[u8] = b"NetBSD-CORE";
const OPENBSD: &[u8] = b"OpenBSD";

/// NetBSD counts from the machine's own number of PT_GETREGS.
static ROWS: &[Row] = &[
    row(FREEBSD, 1, &freebsd::FREEBSD_AMD64, Reader),
    row(FREEBSD, 1, &freebsd::FREEBSD_I386, Reader),
    row(FREEBSD, 1, &freebsd::FREEBSD_ARM64, Reader),
    row(NETBSD, 33, &netbsd::NETBSD_AMD64, Reader),
    row(NETBSD, 33, &netbsd::NETBSD_I386, Reader),
    row(NETBSD, 32, &netbsd::NETBSD_ARM64, Reader),
    row(OPENBSD, 20, &openbsd::OPENBSD_AMD64, Header),
    row(OPENBSD, 20, &openbsd::OPENBSD_SPARC64, Header),
];

/// The row whose registers a note holds.
pub(super) fn of(namespace: &[u8], kind: u32, machine: Machine) -> Option<&'static Row> {
    let is_it =
        |row: &&Row| row.namespace == namespace && row.kind == kind && row.registers.machine == machine;
    ROWS.iter().find(is_it)
}

/// The tables of registers.
pub(super) fn supported() -> impl Iterator<Item = Supported> {
    ROWS.iter().map(|row| {
        let name = note_kinds::called(row.namespace, row.kind);
        Supported {
            format: Format::ElfCore,
            machine: row.registers.machine,
            system: super::system_of(row.namespace).unwrap_or_default(),
            table: Some(row.registers.name),
            records: vec![SupportedRecord { name, evidence: row.evidence }],
        }
    })
}
