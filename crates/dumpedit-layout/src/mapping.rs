//! What the process had mapped, and what it could do there.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::interval::Interval;

/// What the process could do with a range of its memory, where the dump tells.
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

    /// Reads what `Display` writes: `r-x`, `rw-g`.
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
    /// Its protection, where the dump tells.
    pub protection: Option<Protection>,
    /// What stood there: a file, a stack, …
    pub name: Option<Arc<str>>,
}

impl Mapping {
    /// Whether it may only keep others apart: nothing can be stored there, or the first touch raises an exception, and it
    /// holds no code and no file. gdb writes guard pages as pages that can be read.
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

/// A mapping that stands apart from captures: it has a name, or not all of its bytes are in the file.
#[derive(Clone, Debug)]
pub(crate) struct Apart {
    pub(crate) mapping: Mapping,
    /// How many captures were added before it.
    pub(crate) behind: u32,
}
