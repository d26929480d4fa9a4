//! A line of a script: an operation and its options.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use dumpedit_layout::RecordChoice;

use crate::edit::EditOptions;
use crate::notation::assignment::Assignment;
use crate::notation::operand::Operand;
use crate::notation::similar;
use crate::notation::verbs::{Arguments, Built, VERBS};
use crate::notation::words::{LineError, Quoted, Word, words};
use crate::notation::{NotationError, Operation, ThreadText, printed};

/// An operation with all of a command line's arguments except the dump's name.
///
/// `FromStr` parses a script's line, and `Display` is the inverse: spaces separate words, `'` and `"` group them, a backslash is literal,
/// and `#` begins a comment where a word could begin.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line {
    /// Operation.
    pub operation: Operation,
    /// Thread of the registers; `None` for the crashed one, else the only one.
    pub thread: Option<ThreadText>,
    /// Record of the thread; `None` for the effective one.
    pub record: Option<RecordChoice>,
    /// Options of the operation.
    pub options: EditOptions,
}

impl Line {
    /// An operation without options.
    pub fn new(operation: Operation) -> Line {
        Line { operation, thread: None, record: None, options: EditOptions::default() }
    }

    /// Sets the thread.
    pub fn thread(self, thread: Option<ThreadText>) -> Line {
        Line { thread, ..self }
    }

    /// Sets the record.
    pub fn record(self, record: Option<RecordChoice>) -> Line {
        Line { record, ..self }
    }

    /// Sets the options.
    pub fn options(self, options: EditOptions) -> Line {
        Line { options, ..self }
    }

    /// Whether it sets registers and does nothing else.
    pub(crate) fn sets_only(&self) -> bool {
        let sets = matches!(&self.operation, Operation::Set { expect, .. } if expect.is_empty());
        sets && *self == Line::new(self.operation.clone())
    }

    /// The line that undoes this one: it writes the expected bytes, and expects the written ones.
    ///
    /// # Errors
    /// [`NotationError`] where the line does not have the old bytes.
    pub fn reversed(&self) -> Result<Line, NotationError> {
        Ok(Line { operation: self.operation.reversed()?, ..self.clone() })
    }
}

impl FromStr for Line {
    type Err = NotationError;

    fn from_str(text: &str) -> Result<Self, NotationError> {
        match parse(text) {
            Ok(Statement::Operation(line)) => Ok(*line),
            Ok(_) => Err(NotationError::usage(text, "is not an operation")),
            Err(error) => Err(error.error),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.operation.fmt(f)?;
        if let Some(thread) = &self.thread {
            write!(f, " --thread {}", Quoted(thread))?;
        }
        if let Some(record) = self.record {
            write!(f, " --context {record}")?;
        }
        for (on, option) in [
            (self.options.all_or_nothing, "--all-or-nothing"),
            (self.options.allow_structure, "--allow-structure"),
        ] {
            if on {
                write!(f, " {option}")?;
            }
        }
        Ok(())
    }
}

/// A line of a script.
#[derive(Clone, Debug)]
pub(crate) enum Statement {
    /// An empty line.
    Empty,
    /// The thread and the record of the following lines that name none.
    Thread(ThreadText, Option<RecordChoice>),
    /// An operation.
    Operation(Box<Line>),
}

/// A line split into words, whose meanings are not parsed.
enum Split<'a> {
    Empty,
    /// A verb and its arguments.
    Verb(Arguments<'a>),
    /// Words without a verb.
    Registers(Vec<Word<'a>>),
}

fn split(text: &str) -> Result<Split<'_>, LineError> {
    let words = words(text)?;
    let Some((first, rest)) = words.split_first() else { return Ok(Split::Empty) };
    let whole = first.span.start..words.last().map_or(first.span.end, |last| last.span.end);
    if let Some(verb) = VERBS.iter().find(|verb| verb.name == first.text) {
        return Arguments::of(verb, &whole, rest).map(Split::Verb);
    }
    // Verbs of two words.
    let mut of_first = VERBS.iter().filter_map(|verb| Some((verb, verb.name.split_once(' ')?)));
    if of_first.clone().all(|(_, (name, _))| name != first.text) {
        return Ok(Split::Registers(words));
    }
    let parts = of_first.clone().filter(|(_, (name, _))| *name == first.text).map(|(_, (_, part))| part);
    let parts: Vec<&str> = parts.collect();
    let Some((part, rest)) = rest.split_first() else {
        let error = NotationError::usage(&first.text, format!("needs {}", parts.join(", ")));
        return Err(first.wrong(error));
    };
    let found = of_first.find(|(_, (name, known))| *name == first.text && *known == part.text);
    let unknown = || {
        let hint = format!("{} takes {}", first.text, parts.join(", "));
        part.wrong(NotationError::usage(&part.text, "is not a part of a dump").with_hint(hint))
    };
    let (verb, _) = found.ok_or_else(unknown)?;
    Arguments::of(verb, &whole, rest).map(Split::Verb)
}

/// Reads a line.
pub(crate) fn parse(text: &str) -> Result<Statement, LineError> {
    let given = match split(text)? {
        Split::Empty => return Ok(Statement::Empty),
        Split::Registers(words) => return registers(&words),
        Split::Verb(given) => given,
    };
    Ok(match (given.verb.build)(&given)? {
        Built::Thread(thread) => Statement::Thread(thread, given.record),
        Built::Operation(operation) => Statement::Operation(Box::new(Line {
            operation,
            thread: given.thread.map(|(thread, _)| thread),
            record: given.record,
            options: given.options,
        })),
    })
}

/// Whether a line, valid or not, sets the thread of the following ones.
pub(crate) fn is_thread_line(text: &str) -> bool {
    words(text).is_ok_and(|words| words.first().is_some_and(|first| first.text == "thread"))
}

/// The bytes of an operand in a line.
pub(crate) fn span(text: &str, operand: Operand) -> Range<usize> {
    let span = |words: &[Word<'_>], index: usize| words.get(index).map(|word| word.span.clone());
    let found = match (split(text), operand) {
        (Ok(Split::Registers(words)), Operand::Value(index)) => {
            let registers = printed::registers(&words).unwrap_or_default();
            registers.get(index).map(|register| register.span.clone())
        }
        (Ok(Split::Verb(given)), operand) => match operand {
            Operand::Line => Some(given.whole),
            Operand::Place => given.place.map(|word| word.span),
            Operand::Value(index) => span(&given.values, index),
            Operand::Expect(index) => span(&given.expect, index),
            Operand::Thread => given.thread.map(|(_, span)| span),
        },
        _ => None,
    };
    found.unwrap_or(0..text.len())
}

/// A line without a verb.
fn registers(words: &[Word<'_>]) -> Result<Statement, LineError> {
    let registers = printed::registers(words).map_err(|error| not_a_verb(words, error))?;
    if registers.is_empty() {
        return Ok(Statement::Empty);
    }
    let registers =
        registers.into_iter().map(|register| Assignment::new(register.name, register.number)).collect();
    Ok(Statement::Operation(Box::new(Line::new(Operation::Set { registers, expect: Vec::new() }))))
}

/// The error of a line whose first word is not a register: probably a wrong verb.
fn not_a_verb(words: &[Word<'_>], error: LineError) -> LineError {
    let Some(first) =
        words.first().filter(|first| first.span == error.span && !first.text.contains([':', '=']))
    else {
        return error;
    };
    let names: Vec<&str> = VERBS.iter().map(|verb| verb.name).collect();
    let hint = match similar::word(&first.text, &names) {
        Some(name) => format!("did you mean {name}?"),
        None => format!("a line begins with {}, or is made of registers: rip=0xVALUE", names.join(", ")),
    };
    first.wrong(NotationError::usage(&first.text, "is not a verb of a script").with_hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_can_be_read_is_written_back_as_one_that_reads_the_same() {
        const WORDS: [&str; 49] = [
            "write",
            "set",
            "fill",
            "copy",
            "find",
            "thread",
            "0x1000",
            "@rsp+8",
            "libc+0x10",
            "'a module'",
            "reg:rip+4",
            "0x1000..+16",
            "@rsp..@rbp",
            "9090",
            "'48 8b 05'",
            "u32:7",
            "ptr:@rsp-8",
            "str:a",
            "\"str:it's\"",
            "'str:a \"b\"'",
            "strz:#",
            "utf16:é",
            "file:x",
            "-",
            "rip=5",
            "rax=-1",
            "xmm0.u32.2=f32:1.5",
            "rip:0x10",
            "--expect",
            "--thread",
            "4711",
            "--context=exception",
            "--all-or-nothing",
            "--allow-structure",
            "'48 ??'",
            "'re:a b'",
            "--replace",
            "--range",
            "--stack-of=4711",
            "--align=8",
            "--max",
            "'text:a b'",
            "re16:[a-z]+",
            "--ignore-case",
            "--pad=20",
            "--pad",
            "--mask=x",
            "--mask",
            "# end",
        ];
        let mut state = 3u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % below
        };
        let mut read = 0;
        for _ in 0..80_000 {
            let verb = WORDS[random(5)];
            let text = (0..random(6)).fold(verb.to_owned(), |text, _| text + " " + WORDS[5 + random(44)]);
            let Ok(line) = text.parse::<Line>() else { continue };
            let written = line.to_string();
            assert_eq!(written.parse::<Line>(), Ok(line), "{text}\n{written}");
            read += 1;
        }
        assert!(read > 1000, "{read}");
    }

    #[test]
    fn no_text_makes_the_parser_panic_and_every_error_points_into_it() {
        let mut state = 9u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % below
        };
        const LETTERS: [&str; 25] = [
            "write",
            "set ",
            "fill",
            "copy",
            "find",
            " ",
            "\t",
            "'",
            "\"",
            "#",
            "=",
            ":",
            "..",
            "+",
            "-",
            "--",
            "@",
            "0x",
            "1",
            "f",
            "é",
            "\u{10ffff}",
            "\0",
            "\\",
            "re:",
        ];
        for _ in 0..60_000 {
            let text: String = (0..random(12)).map(|_| LETTERS[random(LETTERS.len())]).collect();
            if let Err(error) = parse(&text) {
                assert!(text.get(error.span.clone()).is_some(), "{text:?}: {:?}", error.span);
            }
            for operand in
                [Operand::Line, Operand::Place, Operand::Value(0), Operand::Expect(1), Operand::Thread]
            {
                assert!(text.get(span(&text, operand)).is_some(), "{text:?}");
            }
        }
    }
}
