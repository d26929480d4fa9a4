//! Reads `EXCEPTION_RECORD64` of `winnt.h`, in minidumps MINIDUMP_EXCEPTION, as a fault.

use dumpedit_layout::{Fault, NamedAddress, ThreadIndex};
use minidump_common::format::MINIDUMP_EXCEPTION;

use crate::crash_names;

/// The fault of a thread, on a system and with an address of the target's width.
pub(crate) fn fault(
    thread: ThreadIndex,
    record: &MINIDUMP_EXCEPTION,
    os: Option<&str>,
    address: u64,
) -> Fault {
    let code = record.exception_code;
    let count = usize::try_from(record.number_parameters).unwrap_or(usize::MAX);
    let parameters: Vec<u64> = record.exception_information.iter().copied().take(count).collect();
    let mut fault = Fault::new(thread, code);
    fault.name = crash_names::exception(os, code, &parameters);
    fault.flags = record.exception_flags;
    fault.access = crash_names::access(code, &parameters);
    fault.parameters = parameters;
    fault.address = Some(NamedAddress { name: "ExceptionAddress", address });
    fault
}

/// Number of parameters of a record: those that it counts, and up to the last that is not zero.
pub(crate) fn parameter_count(record: &MINIDUMP_EXCEPTION) -> usize {
    let given = usize::try_from(record.number_parameters).unwrap_or(usize::MAX);
    let used = record.exception_information.iter().rposition(|value| *value != 0);
    used.map_or(0, |last| last.saturating_add(1)).max(given).min(record.exception_information.len())
}
