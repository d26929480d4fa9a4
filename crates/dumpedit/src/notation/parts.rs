//! Parts of a dump that a line adds or drops: their notation, and performing it.

use std::fmt;

use dumpedit_formats::fields::{Fields, Shown};
use dumpedit_layout::{AccessError, Context, Location, Outcome, Protection, RecordChoice};

use crate::edit::Edit;
use crate::edit::payload::Gathering;
use crate::error::{Error, Meant};
use crate::notation::assignment::Assignment;
use crate::notation::crash_codes;
use crate::notation::inputs::Inputs;
use crate::notation::operand::Operand;
use crate::notation::words::Quoted;
use crate::notation::{self, At, NotationError, NumberText, RangeText, ThreadText, Value};
use crate::number::ValueError;
use crate::structure::{NewCrash, NewModule, NewThread};

/// Maximum number of bytes that are added at once.
const MOST: u64 = 1 << 40;

/// A part to add. `Display` writes it in a line's form, behind `add`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Addition {
    /// Memory that the dump does not hold.
    Memory {
        /// First address.
        at: At,
        /// Bytes.
        values: Vec<Value>,
        /// Protection.
        protection: Option<Protection>,
    },
    /// A thread.
    Thread {
        /// Id.
        tid: u64,
        /// Thread with the default values of its registers.
        like: Option<ThreadText>,
        /// Name.
        name: Option<String>,
        /// Registers.
        registers: Vec<Assignment>,
    },
    /// A module.
    Module {
        /// Load address.
        at: At,
        /// Size in memory, in bytes.
        size: u64,
        /// Name.
        name: String,
        /// Id, in hex.
        id: Option<String>,
    },
    /// Memory that was mapped from ELF files and is not captured, from these files.
    Images {
        /// The folder that stands for the root of the machine.
        sysroot: String,
        /// Whether files of another build than the module are accepted.
        trust: bool,
    },
    /// A crash.
    Crash {
        /// The thread that crashed.
        thread: ThreadText,
        /// Exception or signal, a name or a number.
        code: String,
        /// Address of the access that failed.
        address: Option<At>,
    },
}

/// A part to drop. `Display` writes it in a line's form, behind `drop`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Removal {
    /// Captured memory.
    Memory(RangeText),
    /// A thread.
    Thread(ThreadText),
    /// A module, by name or by a place at its base.
    Module(At),
    /// The crash of a thread.
    Crash(ThreadText),
}

impl fmt::Display for Addition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let option = |f: &mut fmt::Formatter<'_>, name: &str, value: Option<&dyn fmt::Display>| {
            value.map_or(Ok(()), |value| write!(f, " {name} {}", Quoted(value)))
        };
        match self {
            Addition::Memory { at, values, protection } => {
                write!(f, "memory {}", Quoted(at))?;
                values.iter().try_for_each(|value| write!(f, " {}", Quoted(value)))?;
                // Three characters of which the first may be a hyphen would look like an option.
                protection.map_or(Ok(()), |allowed| write!(f, " --protection={allowed}"))
            }
            Addition::Thread { tid, like, name, registers } => {
                write!(f, "thread {tid}")?;
                registers.iter().try_for_each(|register| write!(f, " {}", Quoted(register)))?;
                option(f, "--like", like.as_ref().map(|like| like as &dyn fmt::Display))?;
                option(f, "--name", name.as_ref().map(|name| name as &dyn fmt::Display))
            }
            Addition::Module { at, size, name, id } => {
                write!(f, "module {} --size {size:#x} --name {}", Quoted(at), Quoted(name))?;
                option(f, "--id", id.as_ref().map(|id| id as &dyn fmt::Display))
            }
            Addition::Images { sysroot, trust } => {
                let trusted = if *trust { " --trust-symbols" } else { "" };
                write!(f, "images --sysroot {}{trusted}", Quoted(sysroot))
            }
            Addition::Crash { thread, code, address } => {
                write!(f, "crash --thread {} --code {}", Quoted(thread), Quoted(code))?;
                option(f, "--address", address.as_ref().map(|at| at as &dyn fmt::Display))
            }
        }
    }
}

impl fmt::Display for Removal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Removal::Memory(range) => write!(f, "memory {}", Quoted(range)),
            Removal::Thread(thread) => write!(f, "thread {}", Quoted(thread)),
            Removal::Module(at) => write!(f, "module {}", Quoted(at)),
            Removal::Crash(thread) => write!(f, "crash {}", Quoted(thread)),
        }
    }
}

/// A protection, in the form of `regions`: `r-x`, `rw-g`.
///
/// # Errors
/// [`NotationError`] where the text is none.
pub fn protection(text: &str) -> Result<Protection, NotationError> {
    let wrong = || {
        NotationError::usage(text, "is not a protection")
            .with_hint("write three letters such as r--, rw- or r-x, with g after them for a guard page")
    };
    text.parse().map_err(|()| wrong())
}

impl Edit {
    /// Adds the part of a line.
    pub(crate) fn add(
        &mut self,
        part: &Addition,
        thread: &Result<Context, AccessError>,
        inputs: &mut Inputs<'_>,
        operand: &mut Operand,
    ) -> Result<Outcome, Error> {
        *operand = Operand::Place;
        match part {
            Addition::Memory { at, values, protection } => {
                let address = self.address(thread, at)?;
                let scope = self.scope(thread.clone()).into_context(Context::Process);
                let mut gathering = Gathering::with_room(MOST);
                for (index, value) in values.iter().enumerate() {
                    *operand = Operand::Value(index);
                    scope.give(value, inputs, &mut gathering)?;
                }
                *operand = Operand::Place;
                self.add_payload(address, gathering.finish(), *protection)?;
            }
            Addition::Thread { tid, like, name, registers } => {
                let record = match thread {
                    Ok(Context::Thread(_, record)) => *record,
                    _ => RecordChoice::Auto,
                };
                let mut new = NewThread::new(*tid).of_record(record);
                new.like = match like {
                    Some(ThreadText::Crashed) => Some(self.thread_to_be_like()?),
                    Some(like) => Some(like.find(self.dump().layout())?),
                    None => None,
                };
                new.name.clone_from(name);
                for (index, Assignment { register, number, .. }) in registers.iter().enumerate() {
                    *operand = Operand::Value(index);
                    if *number == NumberText::Initial {
                        let text = "a register of a new thread is given a number, not 'initial'";
                        return Err(ValueError::Invalid(text.to_owned()).into());
                    }
                    let of = match new.like {
                        Some(like) => Ok(Context::Thread(like, record)),
                        None => thread.clone().or_else(|error| self.dump().thread_at(0).map_err(|_| error)),
                    };
                    let value = self.scope(of).number(register, number)?;
                    new = new.register(register.as_str(), value);
                }
                *operand = Operand::Place;
                self.add_thread(&new)?;
            }
            Addition::Module { at, size, name, id } => {
                let mut new = NewModule::new(self.address(thread, at)?, *size, name.as_str());
                new.id.clone_from(id);
                self.add_module(&new)?;
            }
            Addition::Images { sysroot, trust: false } => drop(self.add_images(sysroot)?),
            Addition::Images { sysroot, trust: true } => drop(self.add_trusted_images(sysroot)?),
            Addition::Crash { thread: crashed, code, address } => {
                let tid = match crashed {
                    // It may have been added just before.
                    ThreadText::Id(tid) => *tid,
                    named => {
                        let index = match named {
                            ThreadText::Crashed => self.dump().layout().default_thread()?,
                            named => named.find(self.dump().layout())?,
                        };
                        let context = Context::Thread(index, RecordChoice::Auto);
                        self.dump().layout().thread(context)?.tid
                    }
                };
                let mut new = NewCrash::new(tid, self.crash_code(code)?);
                new.address = address.as_ref().map(|at| self.address(thread, at)).transpose()?;
                self.add_crash(&new)?;
            }
        }
        Ok(Outcome::full(0))
    }

    /// Drops the part of a line.
    pub(crate) fn drop_part(
        &mut self,
        part: &Removal,
        thread: &Result<Context, AccessError>,
        operand: &mut Operand,
    ) -> Result<Outcome, Error> {
        *operand = Operand::Place;
        match part {
            Removal::Memory(range) => {
                let scope = self.scope(thread.clone());
                let range = scope.range(range)?;
                let first = self.dump().linearize(Context::Process, range.start)?;
                let last = range.len.checked_sub(1).and_then(|more| first.checked_add(more));
                let Some(last) = last else {
                    return Err(ValueError::Invalid("there is nothing to drop".to_owned()).into());
                };
                self.drop_memory(first, last)?;
            }
            Removal::Thread(named) => {
                let index = named.find(self.dump().layout())?;
                self.drop_thread(index)?;
            }
            Removal::Module(at) => {
                let base = self.address(thread, at).map_err(without_slip)?;
                self.drop_module(base)?;
            }
            Removal::Crash(named) => {
                let layout = self.dump().layout();
                let context = Context::Thread(named.find(layout)?, RecordChoice::Auto);
                let tid = layout.thread(context)?.tid;
                self.drop_crash(tid)?;
            }
        }
        Ok(Outcome::full(0))
    }

    /// The address of a place.
    fn address(&self, thread: &Result<Context, AccessError>, at: &At) -> Result<u64, Error> {
        let scope = self.scope(thread.clone());
        let location: Location = scope.locate(at)?;
        Ok(self.dump().linearize(scope.context_of(at), location)?)
    }

    /// The number of a signal or an exception.
    fn crash_code(&self, text: &str) -> Result<u32, Error> {
        let layout = self.dump().layout();
        let named = dumpedit_formats::crash_code(text, layout.format(), layout.os());
        let number = || notation::length(text).ok().and_then(|number| u32::try_from(number).ok());
        let wrong = || {
            let is_name =
                |name: &str| dumpedit_formats::crash_code(name, layout.format(), layout.os()).is_some();
            let codes = self.dump().fields().ok().map(Fields::codes);
            let shown = [Shown::Signal, Shown::Exception];
            let names: Vec<String> =
                codes.into_iter().flat_map(|codes| shown.map(|shown| codes.names(shown))).flatten().collect();
            let error = NotationError::value(text, "is not the code of a crash");
            crash_codes::with_names(error, text, &names, is_name)
        };
        Ok(named.or_else(number).ok_or_else(wrong)?)
    }
}

/// Removes a similar register from the error for the wrong name of a module, which it does not fit.
fn without_slip(error: Error) -> Error {
    let Error::NoSuchModule { name, modules, meant, symbols } = error else { return error };
    let is_named = |meant: &Meant| meant.instead.strip_prefix('@').is_none_or(|register| register == name);
    let meant = meant.filter(|meant| is_named(meant));
    Error::NoSuchModule { name, modules, meant, symbols }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protection_is_three_letters_and_a_guard() {
        for text in ["r--", "rw-", "r-x", "---", "rwxg", "--xg"] {
            assert_eq!(protection(text).unwrap().to_string(), text);
        }
        for text in ["", "r", "rw", "wr-", "rwx-", "rwxgg", "RWX"] {
            assert!(protection(text).is_err(), "{text}");
        }
    }
}
