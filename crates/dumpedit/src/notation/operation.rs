//! Operations of a script's or command's line; `Display` writes the line.

use std::fmt;

use crate::error::Hint;
use crate::notation::words::Quoted;
use crate::notation::{
    Addition, Assignment, At, NotationError, NumberText, RangeText, Removal, Replacement, SearchText, Value,
};

/// The operation of a line of the command or of a script. `Display` writes that line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Writes consecutive values.
    Write {
        /// Place of the first byte.
        at: At,
        /// New values.
        values: Vec<Value>,
        /// Expected old bytes, where they are to be checked.
        expect: Vec<Value>,
    },
    /// Fills a range with values, repeated and cut at its end.
    Fill {
        /// Range to fill.
        range: RangeText,
        /// Values to repeat.
        pattern: Vec<Value>,
        /// Expected old bytes, repeated like the pattern, where they are to be checked.
        expect: Vec<Value>,
    },
    /// Copies a range to another place; the two may overlap.
    Copy {
        /// Range to copy.
        range: RangeText,
        /// Place of the copy's first byte.
        at: At,
        /// Expected old bytes there, where they are to be checked.
        expect: Vec<Value>,
    },
    /// Overwrites every match of a search.
    Replace {
        /// The search. Of overlapping matches, the first is overwritten.
        search: Box<SearchText>,
        /// The replacement.
        with: Replacement,
    },
    /// Sets registers and fields.
    Set {
        /// New values, in the order in which they are set.
        registers: Vec<Assignment>,
        /// Expected old values, which are checked before.
        expect: Vec<Assignment>,
    },
    /// Adds a part to the dump.
    Add(Box<Addition>),
    /// Drops a part from the dump.
    Drop(Removal),
}

impl Operation {
    /// Whether a value is read from standard input.
    pub fn reads_standard_input(&self) -> bool {
        let any = |values: &[Value]| values.iter().any(|value| matches!(value, Value::StandardInput));
        match self {
            Operation::Write { values, expect, .. } => any(values) || any(expect),
            Operation::Fill { pattern, expect, .. } => any(pattern) || any(expect),
            Operation::Copy { expect, .. } => any(expect),
            Operation::Replace { with, .. } => {
                any(with.value().map(std::slice::from_ref).unwrap_or_default())
            }
            Operation::Add(part) => match &**part {
                Addition::Memory { values, .. } => any(values),
                _ => false,
            },
            Operation::Set { .. } | Operation::Drop(_) => false,
        }
    }

    /// The operation that undoes this one.
    ///
    /// # Errors
    /// [`NotationError`] where it does not have the old bytes.
    pub fn reversed(&self) -> Result<Operation, NotationError> {
        let unknown = |what: &str| NotationError::usage(what, "cannot be taken back").with(Hint::PassOver);
        match self {
            Operation::Write { at, values, expect } if !expect.is_empty() => {
                Ok(Operation::Write { at: at.clone(), values: expect.clone(), expect: values.clone() })
            }
            Operation::Fill { range, pattern, expect } if !expect.is_empty() => {
                Ok(Operation::Fill { range: range.clone(), pattern: expect.clone(), expect: pattern.clone() })
            }
            Operation::Set { registers, expect } => {
                let times = |list: &[Assignment], name: &str| {
                    list.iter().filter(|other| other.register.eq_ignore_ascii_case(name)).count()
                };
                let known = |name: &str| (times(registers, name), times(expect, name)) == (1, 1);
                match registers.iter().map(|assigned| &assigned.register).find(|name| !known(name)) {
                    Some(name) => Err(unknown(name)),
                    None => Ok(Operation::Set { registers: expect.clone(), expect: registers.clone() }),
                }
            }
            Operation::Write { .. } => Err(unknown("write")),
            Operation::Fill { .. } => Err(unknown("fill")),
            Operation::Copy { .. } => {
                let hint = "copy does not state the bytes that it copies; use write with --expect";
                Err(NotationError::usage("copy", "cannot be taken back").with_hint(hint))
            }
            Operation::Replace { .. } => Err(unknown("find")),
            Operation::Add(_) => Err(unknown("add")),
            Operation::Drop(_) => Err(unknown("drop")),
        }
    }
}

impl Operation {
    /// The names of the registers that it changes.
    pub(crate) fn changed_registers(&self) -> Vec<&str> {
        let place = match self {
            Operation::Set { registers, .. } => {
                let registers = registers.iter().filter(|assigned| !assigned.is_of_field());
                return registers.map(|assigned| assigned.register.as_str()).collect();
            }
            Operation::Write { at, .. } | Operation::Copy { at, .. } => at,
            Operation::Fill { range, .. } => &range.start,
            Operation::Replace { .. } | Operation::Add(_) | Operation::Drop(_) => return Vec::new(),
        };
        if let At::InRegister { name, .. } = place { vec![name] } else { Vec::new() }
    }

    /// The registers in the values that it writes or expects.
    pub(crate) fn mentioned_registers(&self) -> Vec<&str> {
        let (mut values, mut numbers): (Vec<&Value>, Vec<&NumberText>) = (Vec::new(), Vec::new());
        match self {
            Operation::Write { values: new, expect, .. } | Operation::Fill { pattern: new, expect, .. } => {
                values.extend(new.iter().chain(expect));
            }
            Operation::Copy { expect, .. } => values.extend(expect),
            Operation::Replace { with, .. } => values.extend(with.value()),
            Operation::Set { registers, expect } => {
                numbers.extend(registers.iter().chain(expect).map(|assigned| &assigned.number));
            }
            // Parts change no register of the dump.
            Operation::Add(_) | Operation::Drop(_) => {}
        }
        let of_numbers = numbers.into_iter().filter_map(|number| match number {
            NumberText::At(at) | NumberText::Typed(Value::Pointer(at)) => Some(at),
            _ => None,
        });
        let of_values = values.into_iter().filter_map(|value| match value {
            Value::Pointer(at) => Some(at),
            _ => None,
        });
        of_numbers.chain(of_values).filter_map(At::register).collect()
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expect: Vec<String> = match self {
            Operation::Write { at, values, expect } => {
                write!(f, "write {}{}", Quoted(at), Listed(values))?;
                expect.iter().map(Value::to_string).collect()
            }
            Operation::Fill { range, pattern, expect } => {
                write!(f, "fill {}{}", Quoted(range), Listed(pattern))?;
                expect.iter().map(Value::to_string).collect()
            }
            Operation::Copy { range, at, expect } => {
                write!(f, "copy {} {}", Quoted(range), Quoted(at))?;
                expect.iter().map(Value::to_string).collect()
            }
            Operation::Replace { search, with } => return write!(f, "find {search} {with}"),
            Operation::Add(part) => return write!(f, "add {part}"),
            Operation::Drop(part) => return write!(f, "drop {part}"),
            Operation::Set { registers, expect } => {
                let registers: Vec<String> = registers.iter().map(Assignment::to_string).collect();
                write!(f, "set{}", Listed(&registers))?;
                expect.iter().map(Assignment::to_string).collect()
            }
        };
        expect.iter().try_for_each(|value| write!(f, " --expect {}", Quoted(value)))
    }
}

/// Words, each with a space in front.
struct Listed<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for Listed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|word| write!(f, " {}", Quoted(word)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_written_as_the_line_that_asks_for_it() {
        let write = Operation::Write {
            at: "@rsp+8".parse().unwrap(),
            values: vec!["u32:7".parse().unwrap(), "str:a b".parse().unwrap()],
            expect: vec!["4141".parse().unwrap()],
        };
        assert_eq!(write.to_string(), "write @rsp+0x8 u32:7 'str:a b' --expect hex:4141");
        let set = Operation::Set {
            registers: vec!["rip=0x401000".parse().unwrap()],
            expect: vec!["rsp=@rbp".parse().unwrap()],
        };
        assert_eq!(set.to_string(), "set rip=0x401000 --expect rsp=@rbp");
        assert!("rip".parse::<Assignment>().is_err());
        assert!("=1".parse::<Assignment>().is_err());
    }
}
