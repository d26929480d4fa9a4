//! Names of crash codes (exceptions of Windows and of Mach, and signals), and accesses of access violations.

use dumpedit_layout::NamedAddress;
use minidump_common::errors::{ExceptionCodeLinux, ExceptionCodeMac, ExceptionCodeWindows, NtStatusWindows};
use num_traits::FromPrimitive;

/// The name of a minidump's exception code in the system that SystemInfo names.
pub(crate) fn exception(os: Option<&str>, code: u32, parameters: &[u64]) -> Option<String> {
    match os? {
        "windows" => ExceptionCodeWindows::from_u32(code)
            .map(|code| format!("{code:?}"))
            .or_else(|| NtStatusWindows::from_u32(code).map(|code| format!("{code:?}"))),
        "linux" | "android" => ExceptionCodeLinux::from_u32(code).map(|code| format!("{code:?}")),
        "macos" | "ios" => ExceptionCodeMac::from_u32(code)
            .map(|code| format!("{code:?}"))
            .or_else(|| signal_in_exception(code, parameters)),
        _ => None,
    }
}

/// The signal behind an EXC_CRASH of macOS: Crashpad writes 0 as its code, and puts the exception's type and its own code, whose highest
/// byte is the signal, into the parameters.
fn signal_in_exception(code: u32, parameters: &[u64]) -> Option<String> {
    /// `EXC_CRASH` of `mach/exception_types.h`.
    const EXC_CRASH: u64 = 10;
    let [kind, code_0, ..] = parameters else { return None };
    let number = u32::try_from((code_0 >> 24) & 0xff).ok()?;
    let name = signal(number, Signals::Bsd).filter(|_| code == 0 && *kind == EXC_CRASH)?;
    Some(format!("EXC_CRASH ({name})"))
}

/// The access of an access violation, and its address: `ExceptionInformation` of EXCEPTION_ACCESS_VIOLATION and of EXCEPTION_IN_PAGE_ERROR
/// in the documentation of EXCEPTION_RECORD.
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

/// Signals that have the same number in every system with cores (POSIX, and every `signum.h`).
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

/// Signals that have numbers of their own on the BSDs and macOS (`sys/signal.h` of each).
const BSD: [(u32, &str); 17] = [
    (7, "SIGEMT"),
    (10, "SIGBUS"),
    (12, "SIGSYS"),
    (16, "SIGURG"),
    (17, "SIGSTOP"),
    (18, "SIGTSTP"),
    (19, "SIGCONT"),
    (20, "SIGCHLD"),
    (21, "SIGTTIN"),
    (22, "SIGTTOU"),
    (23, "SIGIO"),
    (24, "SIGXCPU"),
    (25, "SIGXFSZ"),
    (26, "SIGVTALRM"),
    (27, "SIGPROF"),
    (30, "SIGUSR1"),
    (31, "SIGUSR2"),
];

/// System whose numbers signals have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signals {
    /// Linux on most machines (`asm-generic/signal.h`).
    Linux,
    /// The BSDs and macOS.
    Bsd,
    /// Other systems: only signals of [`EVERYWHERE`] are named.
    Unknown,
}

/// The name of a signal.
pub(crate) fn signal(number: u32, numbers: Signals) -> Option<String> {
    let named = |(_, name): &(u32, &str)| (*name).to_owned();
    let everywhere = EVERYWHERE.iter().find(|(known, _)| *known == number).map(named);
    everywhere.or_else(|| match numbers {
        Signals::Linux => {
            ExceptionCodeLinux::from_u32(number).filter(|_| number < 32).map(|code| format!("{code:?}"))
        }
        Signals::Bsd => BSD.iter().find(|(known, _)| *known == number).map(named),
        Signals::Unknown => None,
    })
}

/// The number of a signal by its name.
pub(crate) fn signal_number(name: &str, os: Option<&str>) -> Option<u32> {
    let numbers = match os {
        Some("linux" | "android") => Signals::Linux,
        Some(_) => Signals::Bsd,
        None => Signals::Unknown,
    };
    number_of_signal(name, numbers)
}

/// The number of a signal by its name.
pub(crate) fn number_of_signal(name: &str, numbers: Signals) -> Option<u32> {
    signal_numbers().find(|number| signal(*number, numbers).as_deref() == Some(name))
}

/// The names of signals.
pub(crate) fn signals(numbers: Signals) -> Vec<String> {
    signal_numbers().filter_map(|number| signal(number, numbers)).collect()
}

fn signal_numbers() -> std::ops::Range<u32> {
    1..64
}

/// The number of an exception by its name in a system. Where several numbers have the name, the first that is shown with it.
pub(crate) fn exception_number(name: &str, os: Option<&str>) -> Option<u32> {
    let named = |number: &u32| exception(os, *number, &[]).as_deref() == Some(name);
    exception_numbers(os).find(named)
}

/// Common names of exceptions in a system.
pub(crate) fn exceptions(os: Option<&str>) -> Vec<String> {
    let usual: &[u32] = match os {
        Some("windows") => USUAL_OF_WINDOWS,
        _ => &[],
    };
    let others = (1..64).filter(|_| os != Some("windows"));
    usual.iter().copied().chain(others).filter_map(|number| exception(os, number, &[])).collect()
}

/// `EXCEPTION_` codes of `winnt.h`, and codes of compilers, runtimes and Crashpad.
const USUAL_OF_WINDOWS: &[u32] = &[
    0x8000_0001,
    0x8000_0002,
    0x8000_0003,
    0x8000_0004,
    0xc000_0005,
    0xc000_0006,
    0xc000_0008,
    0xc000_001d,
    0xc000_0025,
    0xc000_0026,
    0xc000_008c,
    0xc000_008d,
    0xc000_008e,
    0xc000_008f,
    0xc000_0090,
    0xc000_0091,
    0xc000_0092,
    0xc000_0093,
    0xc000_0094,
    0xc000_0095,
    0xc000_0096,
    0xc000_00fd,
    0xc000_0194,
    0xc000_0374,
    0xc000_0409,
    0xe000_0008,
    0xe043_4352,
    0xe06d_7363,
    0x0517_a7ed,
];

/// Every number that may have a name as an exception of a system. For NTSTATUS: each severity's codes of the system's own facility and of
/// the others of `ntstatus.h`, whose numbers are mostly small.
fn exception_numbers(os: Option<&str>) -> Box<dyn Iterator<Item = u32>> {
    if os != Some("windows") {
        return Box::new((0..64).chain([0x4350_7378, u32::MAX]));
    }
    let severities = [0xc000_0000u32, 0x8000_0000, 0x4000_0000, 0];
    let plain = severities.into_iter().flat_map(|severity| (0..0x1_0000).map(move |code| severity | code));
    let of_facilities = severities.into_iter().flat_map(|severity| {
        (1..0x60u32)
            .chain(0xe7..0xf0)
            .flat_map(move |facility| (0..0x400).map(move |code| severity | facility << 16 | code))
    });
    Box::new(USUAL_OF_WINDOWS.iter().copied().chain(plain).chain(of_facilities))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_named_by_their_system() {
        let exception = |os, code| exception(Some(os), code, &[]).unwrap_or_default();
        assert_eq!(exception("windows", 0xc000_0005), "EXCEPTION_ACCESS_VIOLATION");
        assert_eq!(exception("windows", 0xc000_0409), "STATUS_STACK_BUFFER_OVERRUN");
        assert_eq!(exception("linux", 11), "SIGSEGV");
        assert_eq!(exception("macos", 1), "EXC_BAD_ACCESS");
        assert_eq!(exception("windows", 0x1234_5678), "");
        assert_eq!(exception("macos", 0), "");
        assert_eq!(super::exception(None, 11, &[]), None);
    }

    #[test]
    fn a_crash_that_macos_made_of_a_signal_is_named_by_it() {
        let exception = |parameters: &[u64]| exception(Some("macos"), 0, parameters);
        assert_eq!(exception(&[10, 0x0b00_0000, 0]).as_deref(), Some("EXC_CRASH (SIGSEGV)"));
        assert_eq!(exception(&[10, 0x0a10_0000, 0]).as_deref(), Some("EXC_CRASH (SIGBUS)"));
        assert_eq!(exception(&[1, 0x0b00_0000, 0]), None);
    }

    #[test]
    fn a_signal_whose_number_differs_between_systems_is_named_by_the_system() {
        assert_eq!(signal(11, Signals::Unknown).as_deref(), Some("SIGSEGV"));
        assert_eq!(signal(7, Signals::Linux).as_deref(), Some("SIGBUS"));
        assert_eq!(signal(10, Signals::Bsd).as_deref(), Some("SIGBUS"));
        assert_eq!(signal(7, Signals::Unknown), None);
        assert_eq!(signal(0xffff_ffff, Signals::Linux), None);
    }
}
