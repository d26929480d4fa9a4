//! Codes of crashes: signals in cores, and the exceptions of each system in minidumps.

use dumpedit::{Format, crash_code};
use dumpedit_formats::elf::schema::SignalInfo;

/// A crash in a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Signal {
    /// `si_signo`.
    pub(super) number: u32,
    /// `si_code`.
    pub(super) code: u32,
    /// `si_addr`.
    pub(super) address: Option<u64>,
    /// `si_errno`: the original code, where that is another system's.
    pub(super) errno: u32,
    /// Whether it is Linux's signal for the exception, and not a substitute.
    pub(super) is_known: bool,
}

/// An exception in a minidump.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exception<'e> {
    /// `ExceptionCode`.
    pub(super) code: u32,
    /// `ExceptionFlags`.
    pub(super) flags: u32,
    /// `ExceptionAddress`.
    pub(super) address: u64,
    /// `ExceptionInformation`.
    pub(super) parameters: &'e [u64],
}

/// Source of `si_addr`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Address {
    /// The accessed address: the second parameter.
    Accessed,
    /// Address of the instruction that raised the exception.
    Instruction,
    /// None: the exception is no access.
    None,
}

/// An exception, and Linux's signal for it.
struct Row {
    exception: u32,
    signal: &'static str,
    /// `si_code` (`asm-generic/siginfo.h`).
    code: u32,
    address: Address,
}

const fn row(exception: u32, signal: &'static str, code: u32, address: Address) -> Row {
    Row { exception, signal, code, address }
}

/// `SI_TKILL`, the code of `abort`.
const TKILL: u32 = (-6i32).cast_unsigned();

/// `EXCEPTION_` and `STATUS_` codes of `winnt.h` and `ntstatus.h`. Codes without a row are SIGABRT.
static WINDOWS: &[Row] = &[
    row(0x8000_0001, "SIGSEGV", 2, Address::Accessed),
    row(0x8000_0002, "SIGBUS", 1, Address::Instruction),
    row(0x8000_0003, "SIGTRAP", 1, Address::Instruction),
    row(0x8000_0004, "SIGTRAP", 2, Address::Instruction),
    row(0xc000_0005, "SIGSEGV", 1, Address::Accessed),
    row(0xc000_0006, "SIGBUS", 2, Address::Accessed),
    row(0xc000_001d, "SIGILL", 1, Address::Instruction),
    row(0xc000_008c, "SIGSEGV", 3, Address::Instruction),
    row(0xc000_008d, "SIGFPE", 5, Address::Instruction),
    row(0xc000_008e, "SIGFPE", 3, Address::Instruction),
    row(0xc000_008f, "SIGFPE", 6, Address::Instruction),
    row(0xc000_0090, "SIGFPE", 7, Address::Instruction),
    row(0xc000_0091, "SIGFPE", 4, Address::Instruction),
    row(0xc000_0092, "SIGFPE", 7, Address::Instruction),
    row(0xc000_0093, "SIGFPE", 5, Address::Instruction),
    row(0xc000_0094, "SIGFPE", 1, Address::Instruction),
    row(0xc000_0095, "SIGFPE", 2, Address::Instruction),
    row(0xc000_0096, "SIGILL", 5, Address::Instruction),
    row(0xc000_00fd, "SIGSEGV", 1, Address::Accessed),
    row(0xc000_013a, "SIGINT", 0, Address::None),
    row(0x4001_0005, "SIGINT", 0, Address::None),
];

/// `EXC_` types of `mach/exception_types.h`. Types without a row are SIGABRT.
static MACH: &[Row] = &[
    row(1, "SIGSEGV", 1, Address::Instruction),
    row(2, "SIGILL", 1, Address::Instruction),
    row(3, "SIGFPE", 1, Address::Instruction),
    row(6, "SIGTRAP", 1, Address::Instruction),
    row(7, "SIGSYS", 0, Address::None),
    row(8, "SIGSYS", 0, Address::None),
    row(11, "SIGXCPU", 0, Address::None),
    row(12, "SIGKILL", 0, Address::None),
];

/// `EXC_BAD_ACCESS`, `EXC_CRASH` and `KERN_PROTECTION_FAILURE`.
const BAD_ACCESS: u32 = 1;
const CRASH: u64 = 10;
const PROTECTION_FAILURE: u32 = 2;
/// `SEGV_ACCERR`
const ACCESS_REFUSED: u32 = 2;
/// `ExceptionInformation[0]` of an access violation by executing (data execution prevention).
const EXECUTED: u64 = 8;

/// The signal of an exception on a system.
pub(super) fn signal(os: Option<&str>, exception: Exception<'_>) -> Option<Signal> {
    match os {
        Some("windows") => Some(of_windows(exception)),
        Some("macos" | "ios") => Some(of_mach(exception)),
        _ => of_linux(exception),
    }
}

/// Breakpad and Crashpad write the signal as the code, `si_code` as the flags and `si_addr` as the address. Codes outside of `1..=64` are
/// no signals: such a dump was requested.
fn of_linux(exception: Exception<'_>) -> Option<Signal> {
    const MOST: u32 = 64;
    /// The first code of every fault.
    const FAULT: u32 = 1;
    let number = (1..=MOST).contains(&exception.code).then_some(exception.code)?;
    // Versions before Breakpad's r1000 or so left the flags out. Of a signal that somebody sent Crashpad writes the sender.
    let is_fault = exception.parameters.is_empty() && SignalInfo::has_address(number, FAULT);
    let code = if exception.flags == 0 && is_fault { FAULT } else { exception.flags };
    let address = SignalInfo::has_address(number, code).then_some(exception.address);
    Some(Signal { number, code, address, errno: 0, is_known: true })
}

fn of_windows(exception: Exception<'_>) -> Signal {
    let row = WINDOWS.iter().find(|row| row.exception == exception.code);
    let mut signal = of_row(row, exception);
    let is_violation = row.is_some_and(|row| row.exception == 0xc000_0005);
    if is_violation && exception.parameters.first() == Some(&EXECUTED) {
        signal.code = ACCESS_REFUSED;
    }
    signal
}

fn of_mach(exception: Exception<'_>) -> Signal {
    // macOS makes an EXC_CRASH of a signal, whose number is in bits 24 to 31 of its code.
    let of_signal = match exception.parameters {
        [kind, code, ..] if *kind == CRASH => u32::try_from((code >> 24) & 0xff).ok(),
        _ => None,
    };
    if let Some(number) = of_signal.filter(|number| *number != 0) {
        let number = of_bsd(number);
        return Signal { number, code: TKILL, address: None, errno: exception.code, is_known: true };
    }
    let row = MACH.iter().find(|row| row.exception == exception.code);
    let mut signal = of_row(row, exception);
    if exception.code == BAD_ACCESS && exception.flags == PROTECTION_FAILURE {
        signal.code = ACCESS_REFUSED;
    }
    signal
}

fn of_row(row: Option<&Row>, exception: Exception<'_>) -> Signal {
    let name = row.map_or("SIGABRT", |row| row.signal);
    let number = crash_code(name, Format::ElfCore, Some("linux")).unwrap_or(0);
    let address = match row.map_or(Address::None, |row| row.address) {
        Address::Accessed => Some(exception.parameters.get(1).copied().unwrap_or(exception.address)),
        Address::Instruction => Some(exception.address),
        Address::None => None,
    };
    Signal {
        number,
        code: row.map_or(TKILL, |row| row.code),
        address,
        errno: exception.code,
        is_known: row.is_some(),
    }
}

/// Linux's number of a signal of the BSDs and macOS.
fn of_bsd(number: u32) -> u32 {
    let names = (1..64).filter_map(|linux| Some((linux, dumpedit_formats::signal_name(linux, true)?)));
    let named = dumpedit_formats::signal_name(number, false);
    let same = names.into_iter().find(|(_, name)| Some(name) == named.as_ref());
    same.map_or(number, |(linux, _)| linux)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(os: &str, code: u32, flags: u32, parameters: &[u64]) -> Option<(u32, u32, Option<u64>)> {
        let exception = Exception { code, flags, address: 0x1000, parameters };
        signal(Some(os), exception).map(|signal| (signal.number, signal.code, signal.address))
    }

    #[test]
    fn exceptions_of_windows_are_signals_about_the_address_that_was_accessed() {
        assert_eq!(told("windows", 0xc000_0005, 0, &[1, 0x42]), Some((11, 1, Some(0x42))));
        assert_eq!(told("windows", 0xc000_0005, 0, &[8, 0x42]), Some((11, 2, Some(0x42))));
        assert_eq!(told("windows", 0xc000_0006, 0, &[0, 0x42, 0]), Some((7, 2, Some(0x42))));
        assert_eq!(told("windows", 0xc000_0094, 0, &[]), Some((8, 1, Some(0x1000))));
        assert_eq!(told("windows", 0x8000_0003, 0, &[]), Some((5, 1, Some(0x1000))));
        assert_eq!(told("windows", 0xe06d_7363, 1, &[]), Some((6, TKILL, None)));
    }

    #[test]
    fn signals_of_linux_stay_what_they_are() {
        assert_eq!(told("linux", 11, 1, &[]), Some((11, 1, Some(0x1000))));
        assert_eq!(told("linux", 11, 0, &[]), Some((11, 1, Some(0x1000))));
        assert_eq!(told("linux", 11, 0x80, &[]), Some((11, 0x80, Some(0x1000))));
        assert_eq!(told("linux", 11, 0, &[7, 8]), Some((11, 0, None)));
        assert_eq!(told("android", 6, TKILL, &[7, 8]), Some((6, TKILL, None)));
        assert_eq!(told("linux", u32::MAX, 0, &[]), None);
    }

    #[test]
    fn exceptions_of_macos_are_the_signals_that_they_were_made_of() {
        assert_eq!(told("macos", 1, 1, &[]), Some((11, 1, Some(0x1000))));
        assert_eq!(told("macos", 1, 2, &[]), Some((11, 2, Some(0x1000))));
        // SIGBUS is 10 on macOS.
        assert_eq!(told("macos", 0, 0, &[10, 0x0a10_0000, 0]), Some((7, TKILL, None)));
        assert_eq!(told("macos", 10, 0, &[]), Some((6, TKILL, None)));
    }
}
