//! Crashes of a spec.

use dumpedit::notation::At;

use super::record::Record;

/// Context of an exception.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum CrashContext {
    /// The thread's bytes.
    #[default]
    Shared,
    /// A copy of the thread's context.
    Equal,
    /// None.
    None,
    /// A context of its own.
    Own(Record),
}

/// A crash: a minidump's exception, or a core's signal. Defaults are behind semicolons.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct CrashSpec {
    /// Id of the thread; that of the first.
    pub thread: Option<u64>,
    /// Code of the exception or number of the signal; an access violation, or SIGSEGV.
    pub code: Option<u64>,
    /// ELF: `si_code`; 1 where there is an address.
    pub si_code: Option<u64>,
    /// Minidump: `ExceptionFlags`.
    pub flags: Option<u64>,
    /// `ExceptionAddress` or `si_addr`; for a minidump the program counter.
    pub address: Option<At>,
    /// Minidump: address of a nested exception.
    pub nested: Option<At>,
    /// Minidump: parameters, at most 15.
    pub parameters: Vec<At>,
    /// Minidump: `NumberParameters`; the number of given parameters.
    pub parameter_count: Option<u64>,
    /// Minidump: the context.
    pub context: CrashContext,
}
