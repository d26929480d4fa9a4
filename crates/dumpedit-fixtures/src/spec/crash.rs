//! What a dump says of a crash.

use dumpedit::notation::At;

use super::record::Record;

/// Which context an exception has.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum CrashContext {
    /// The bytes of the thread's.
    #[default]
    Shared,
    /// A copy of the thread's.
    Equal,
    /// None.
    None,
    /// One of its own.
    Own(Record),
}

/// What a dump says of a crash: a minidump's exception, or a core's signal.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct CrashSpec {
    /// The id of the thread; the first one's.
    pub thread: Option<u64>,
    /// The exception's code or the signal; an access violation, or SIGSEGV.
    pub code: Option<u64>,
    /// ELF: `si_code`; 1 where there is an address.
    pub si_code: Option<u64>,
    /// Minidump: `ExceptionFlags`.
    pub flags: Option<u64>,
    /// `ExceptionAddress` or `si_addr`; of a minidump the program counter.
    pub address: Option<At>,
    /// Minidump: the address of a nested exception.
    pub nested: Option<At>,
    /// Minidump: the parameters, at most 15.
    pub parameters: Vec<At>,
    /// Minidump: `NumberParameters`; how many are given.
    pub parameter_count: Option<u64>,
    /// Minidump: the context.
    pub context: CrashContext,
}
