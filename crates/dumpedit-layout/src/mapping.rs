//! Mappings of the process, and their protections.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::interval::Interval;

/// Access that the process had to a range of its memory, where the dump tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Protection {
    /// Loads were allowed.
    pub read: bool,
    /// Stores were allowed.
    pub write: bool,
    /// Execution was allowed.
    pub execute: bool,
    /// The first touch raised an exception all the same (Windows' `PAGE_GUARD`).
    pub guard: bool,
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = |on, letter| if on { letter } else { '-' };
        write!(f, "{}{}{}", letter(self.read, 'r'), letter(self.write, 'w'), letter(self.execute, 'x'))?;
        if self.guard { f.write_str("g") } else { Ok(()) }
    }
}

impl FromStr for Protection {
    type Err = ();

    /// Parses the output of `Display`: `r-x`, `rw-g`.
    fn from_str(text: &str) -> Result<Protection, ()> {
        let letters = text.as_bytes();
        let (allowed, guard) = match letters {
            [allowed @ .., b'g'] => (allowed, true),
            allowed => (allowed, false),
        };
        let &[read, write, execute] = allowed else { return Err(()) };
        let is = |letter: u8, on: u8| match letter {
            b'-' => Ok(false),
            letter if letter == on => Ok(true),
            _ => Err(()),
        };
        Ok(Protection { read: is(read, b'r')?, write: is(write, b'w')?, execute: is(execute, b'x')?, guard })
    }
}

/// A range of addresses that the process had mapped, whether or not the dump holds its bytes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Mapping {
    /// First address.
    pub first: u64,
    /// Last address, inclusive.
    pub last: u64,
    /// Protection, where the dump tells.
    pub protection: Option<Protection>,
    /// Contents: a file, a stack, …
    pub name: Option<Arc<str>>,
}

impl Mapping {
    /// Whether it may be a guard page: nothing can be stored there, or the first touch raises an exception, and it has no code and no file.
    /// gdb writes guard pages as readable pages.
    pub fn is_guard(&self) -> bool {
        let keeps_apart = |allowed: Protection| !allowed.execute && (allowed.guard || !allowed.write);
        self.name.is_none() && self.protection.is_some_and(keeps_apart)
    }
}

impl Interval for Mapping {
    fn lowest(&self) -> u64 {
        self.first
    }
    fn highest(&self) -> u64 {
        self.last
    }
}

/// A mapping that no capture stands for: it has a name, or not all of its bytes are in the file.
#[derive(Clone, Debug)]
pub(crate) struct Apart {
    pub(crate) mapping: Mapping,
    /// Number of captures that were added before it.
    pub(crate) behind: u32,
}
