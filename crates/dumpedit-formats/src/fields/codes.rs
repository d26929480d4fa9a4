//! Names of crash codes, and codes of names.

use super::Shown;
use crate::crash_names::{self, Signals};

/// The names of signals, exceptions and bug checks, by the system of a dump.
#[derive(Clone, Debug)]
pub struct Codes {
    pub(crate) os: Option<String>,
    pub(crate) signals: Signals,
}

impl Codes {
    /// The name of a number, where it has one.
    pub fn name(&self, shown: Shown, number: u64) -> Option<String> {
        let number = u32::try_from(number).ok()?;
        match shown {
            Shown::Signal => crash_names::signal(number, self.signals),
            Shown::Exception => crash_names::exception(self.os.as_deref(), number, &[]),
            Shown::BugCheck => crate::triage::named_bug_check(number).map(str::to_owned),
            _ => None,
        }
    }

    /// The number of a name, where codes shown so have it.
    pub fn number(&self, shown: Shown, name: &str) -> Option<u64> {
        match shown {
            Shown::Signal => crash_names::number_of_signal(name, self.signals),
            Shown::Exception => crash_names::exception_number(name, self.os.as_deref()),
            Shown::BugCheck => crate::triage::bug_check_number(name),
            _ => None,
        }
        .map(u64::from)
    }

    /// All names, for completion and messages.
    pub fn names(&self, shown: Shown) -> Vec<String> {
        match shown {
            Shown::Signal => crash_names::signals(self.signals),
            Shown::Exception => crash_names::exceptions(self.os.as_deref()),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_crashes_lead_back_to_their_numbers() {
        let codes = |os: &str, signals| Codes { os: Some(os.to_owned()), signals };
        let linux = codes("linux", Signals::Linux);
        assert_eq!(linux.number(Shown::Signal, "SIGSEGV"), Some(11));
        assert_eq!(linux.number(Shown::Signal, "SIGBUS"), Some(7));
        assert_eq!(codes("freebsd", Signals::Bsd).number(Shown::Signal, "SIGBUS"), Some(10));
        assert_eq!(linux.number(Shown::Exception, "SIGABRT"), Some(6));
        let windows = codes("windows", Signals::Unknown);
        for (name, number) in [
            ("EXCEPTION_ACCESS_VIOLATION", 0xc000_0005u64),
            ("STATUS_STACK_BUFFER_OVERRUN", 0xc000_0409),
            ("UNHANDLED_CPP_EXCEPTION", 0xe06d_7363),
        ] {
            assert_eq!(windows.number(Shown::Exception, name), Some(number), "{name}");
            assert_eq!(windows.name(Shown::Exception, number).as_deref(), Some(name));
        }
        assert_eq!(windows.number(Shown::Exception, "NOTHING"), None);
    }
}
