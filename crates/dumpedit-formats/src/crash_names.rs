//! What crash codes are called, exceptions of Windows and of Mach, and signals; and what an access violation did.

use dumpedit_layout::NamedAddress;
use minidump_common::errors::{ExceptionCodeLinux, ExceptionCodeMac, ExceptionCodeWindows, NtStatusWindows};
use num_traits::FromPrimitive;

/// The name of a minidump's exception code, by the system that SystemInfo names.
pub(crate) fn exception(os: Option<&str>, code: u32) -> Option<String> {
    match os? {
        "windows" => ExceptionCodeWindows::from_u32(code)
            .map(|code| format!("{code:?}"))
            .or_else(|| NtStatusWindows::from_u32(code).map(|code| format!("{code:?}"))),
        "linux" | "android" => ExceptionCodeLinux::from_u32(code).map(|code| format!("{code:?}")),
        "macos" | "ios" => ExceptionCodeMac::from_u32(code).map(|code| format!("{code:?}")),
        _ => None,
    }
}

/// What an access violation did, and with which address: `ExceptionInformation` of EXCEPTION_ACCESS_VIOLATION and of
/// EXCEPTION_IN_PAGE_ERROR in the documentation of EXCEPTION_RECORD.
pub(crate) fn access(code: u32, parameters: &[u64]) -> Option<NamedAddress> {
    let (0xc000_0005 | 0xc000_0006, [kind, address, ..]) = (code, parameters) else { return None };
    let name = match kind {
        0 => "read",
        1 => "write",
        8 => "execute",
        _ => return None,
    };
    Some(NamedAddress { name, address: *address })
}

/// Signals that have the same number wherever there are cores (POSIX, and every `signum.h`).
const EVERYWHERE: [(u32, &str); 12] = [
    (1, "SIGHUP"),
    (2, "SIGINT"),
    (3, "SIGQUIT"),
    (4, "SIGILL"),
    (5, "SIGTRAP"),
    (6, "SIGABRT"),
    (8, "SIGFPE"),
    (9, "SIGKILL"),
    (11, "SIGSEGV"),
    (13, "SIGPIPE"),
    (14, "SIGALRM"),
    (15, "SIGTERM"),
];

/// The name of a signal. `usual`: its number is that of Linux on most machines (`asm-generic/signal.h`).
pub(crate) fn signal(number: u32, usual: bool) -> Option<String> {
    let everywhere =
        EVERYWHERE.iter().find(|(known, _)| *known == number).map(|(_, name)| (*name).to_owned());
    let of_linux = || {
        let known = ExceptionCodeLinux::from_u32(number).filter(|_| usual && number < 32);
        known.map(|code| format!("{code:?}"))
    };
    everywhere.or_else(of_linux)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_named_by_their_system() {
        let exception = |os, code| exception(Some(os), code).unwrap_or_default();
        assert_eq!(exception("windows", 0xc000_0005), "EXCEPTION_ACCESS_VIOLATION");
        assert_eq!(exception("windows", 0xc000_0409), "STATUS_STACK_BUFFER_OVERRUN");
        assert_eq!(exception("linux", 11), "SIGSEGV");
        assert_eq!(exception("macos", 1), "EXC_BAD_ACCESS");
        assert_eq!(exception("windows", 0x1234_5678), "");
        assert_eq!(super::exception(None, 11), None);
    }

    #[test]
    fn a_signal_whose_number_differs_between_systems_is_named_where_it_is_linux_s() {
        assert_eq!(signal(11, false).as_deref(), Some("SIGSEGV"));
        assert_eq!(signal(7, true).as_deref(), Some("SIGBUS"));
        assert_eq!(signal(7, false), None);
        assert_eq!(signal(0xffff_ffff, true), None);
    }
}
