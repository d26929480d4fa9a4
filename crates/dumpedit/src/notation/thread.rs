//! T, a thread.

use std::fmt;
use std::str::FromStr;

use dumpedit_layout::{AccessError, Layout, ThreadIndex};

use crate::notation::{NotationError, count};

/// A thread: an id, `index:N`, `name:NAME`, or `crashed`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ThreadText {
    /// The thread with an id.
    Id(u64),
    /// The thread at an index in the dump's list, from 0.
    Index(u32),
    /// The only thread with a name.
    Name(String),
    /// The thread that crashed.
    Crashed,
}

impl ThreadText {
    /// The thread in a dump.
    ///
    /// # Errors
    /// [`AccessError`] where there is none or where several have the id or the name.
    pub fn find(&self, layout: &Layout) -> Result<ThreadIndex, AccessError> {
        match self {
            ThreadText::Id(tid) => layout.thread_by_id(*tid),
            ThreadText::Index(index)
                if usize::try_from(*index).is_ok_and(|at| at < layout.threads().len()) =>
            {
                Ok(ThreadIndex(*index))
            }
            ThreadText::Index(index) => {
                Err(AccessError::NoSuchThread { thread: ThreadIndex(*index), count: layout.threads().len() })
            }
            ThreadText::Name(name) => layout.thread_by_name(name),
            ThreadText::Crashed => layout.crashed().ok_or_else(|| layout.no_default_thread()),
        }
    }
}

impl FromStr for ThreadText {
    type Err = NotationError;

    fn from_str(text: &str) -> Result<Self, NotationError> {
        let wrong = || {
            NotationError::usage(text, "is not a thread")
                .with_hint("write a thread id, index:N, name:NAME or crashed")
        };
        if text == "crashed" {
            return Ok(ThreadText::Crashed);
        }
        if text == "all" {
            return Err(NotationError::usage(text, "means every thread, but one thread is expected here")
                .with_hint(
                    "write a thread id, index:N, name:NAME or crashed; regs, threads and reduce accept all",
                ));
        }
        if let Some(name) = text.strip_prefix("name:").filter(|name| !name.is_empty()) {
            return Ok(ThreadText::Name(name.to_owned()));
        }
        if let Some(index) = text.strip_prefix("index:") {
            let index = count(index).and_then(|index| u32::try_from(index).ok());
            return index.map(ThreadText::Index).ok_or_else(wrong);
        }
        count(text).map(ThreadText::Id).ok_or_else(wrong)
    }
}

impl fmt::Display for ThreadText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ThreadText::Id(tid) => write!(f, "{tid}"),
            ThreadText::Index(index) => write!(f, "index:{index}"),
            ThreadText::Name(name) => write!(f, "name:{name}"),
            ThreadText::Crashed => f.write_str("crashed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_written_back() {
        for text in ["4711", "index:0", "name:a worker", "crashed"] {
            assert_eq!(text.parse::<ThreadText>().unwrap().to_string(), text);
        }
        assert_eq!("0x10".parse::<ThreadText>().unwrap(), ThreadText::Id(16));
        for text in ["", "-1", "index:", "index:-1", "name:", "first"] {
            assert!(text.parse::<ThreadText>().is_err(), "{text}");
        }
    }
}
