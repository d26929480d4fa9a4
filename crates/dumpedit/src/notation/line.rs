//! A line of a script: an operation, and the options that a command line gives it.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use dumpedit_layout::RecordChoice;

use crate::edit::EditOptions;
use crate::notation::operation::Assignment;
use crate::notation::parts::{Addition, Removal, protection};
use crate::notation::similar;
use crate::notation::words::{Quoted, Word, words};
use crate::notation::{self, NotationError, Operation, Replacement, SearchText, ThreadText, Value, printed};

/// An operation with everything that a command line says of it but the dump's name.
///
/// `FromStr` reads it as a script has it, and `Display` is the inverse: blanks separate words, `'` and `"` group them, a
/// backslash is literal, and `#` begins a comment where a word could begin.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line {
    /// What is asked for.
    pub operation: Operation,
    /// The thread whose registers are meant; the crashed one, else the only one, where none is named.
    pub thread: Option<ThreadText>,
    /// Which of the thread's records is meant; the effective one, where none is named.
    pub record: Option<RecordChoice>,
    /// The rules of the operation.
    pub options: EditOptions,
}

impl Line {
    /// An operation without options.
    pub fn new(operation: Operation) -> Line {
        Line { operation, thread: None, record: None, options: EditOptions::default() }
    }

    /// Names the thread.
    pub fn thread(self, thread: Option<ThreadText>) -> Line {
        Line { thread, ..self }
    }

    /// Names the record.
    pub fn record(self, record: Option<RecordChoice>) -> Line {
        Line { record, ..self }
    }

    /// Gives the operation rules.
    pub fn options(self, options: EditOptions) -> Line {
        Line { options, ..self }
    }

    /// Whether it sets registers and says nothing else.
    pub(crate) fn sets_only(&self) -> bool {
        let sets = matches!(&self.operation, Operation::Set { expect, .. } if expect.is_empty());
        sets && *self == Line::new(self.operation.clone())
    }

    /// The line that takes this one back: what was expected is written, and what was written is expected.
    ///
    /// # Errors
    /// [`NotationError`] where the line does not say what was there before.
    pub fn reversed(&self) -> Result<Line, NotationError> {
        Ok(Line { operation: self.operation.reversed()?, ..self.clone() })
    }
}

impl FromStr for Line {
    type Err = NotationError;

    fn from_str(text: &str) -> Result<Self, NotationError> {
        match parse(text) {
            Ok(Statement::Operation(line)) => Ok(*line),
            Ok(_) => Err(NotationError::usage(text, "is no operation")),
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

/// Why a line is not in the notation, and which bytes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LineError {
    pub(crate) error: NotationError,
    pub(crate) span: Range<usize>,
}

impl LineError {
    pub(crate) fn new(error: NotationError, span: Range<usize>) -> LineError {
        LineError { error, span }
    }
}

/// A part of a line that an error can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
    /// All of it.
    Line,
    /// Where it reads or writes: the first argument of most verbs.
    Place,
    /// The n-th of what follows.
    Value(usize),
    /// The n-th of what was expected.
    Expect(usize),
    /// The thread that was named.
    Thread,
}

/// What a line of a script says.
#[derive(Clone, Debug)]
pub(crate) enum Statement {
    /// Nothing.
    Empty,
    /// Which thread and record the following lines mean that name none.
    Thread(ThreadText, Option<RecordChoice>),
    /// Something to do.
    Operation(Box<Line>),
}

/// What a verb and its arguments say.
enum Built {
    Operation(Operation),
    Thread(ThreadText),
}

/// A verb of a script.
struct Verb {
    name: &'static str,
    /// What it takes, in words.
    usage: &'static str,
    /// Whether its first argument is a place, and not one of its values.
    has_place: bool,
    /// How many values it takes at the least and at the most.
    values: (usize, usize),
    options: &'static [Choice],
    build: fn(&Arguments<'_>) -> Result<Built, LineError>,
}

/// An option of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Expect,
    Thread,
    Context,
    AllOrNothing,
    AllowStructure,
    Range,
    StackOf,
    Align,
    Max,
    IgnoreCase,
    Replace,
    Pad,
    Mask,
    Protection,
    Like,
    Name,
    Size,
    Id,
    Sysroot,
    Code,
    Address,
    OfThread,
}

/// Every option: its name, and whether a value follows.
const OPTIONS: &[(Choice, &str, bool)] = &[
    (Choice::Expect, "--expect", true),
    (Choice::Thread, "--thread", true),
    (Choice::Context, "--context", true),
    (Choice::AllOrNothing, "--all-or-nothing", false),
    (Choice::AllowStructure, "--allow-structure", false),
    (Choice::Range, "--range", true),
    (Choice::StackOf, "--stack-of", true),
    (Choice::Align, "--align", true),
    (Choice::Max, "--max", true),
    (Choice::IgnoreCase, "--ignore-case", false),
    (Choice::Replace, "--replace", true),
    (Choice::Pad, "--pad", true),
    (Choice::Mask, "--mask", true),
    (Choice::Protection, "--protection", true),
    (Choice::Like, "--like", true),
    (Choice::Name, "--name", true),
    (Choice::Size, "--size", true),
    (Choice::Id, "--id", true),
    (Choice::Sysroot, "--sysroot", true),
    (Choice::Code, "--code", true),
    (Choice::Address, "--address", true),
    // The thread of a crash, which may be one that was just added.
    (Choice::OfThread, "--thread", true),
];

/// The options of verbs that change memory.
const OF_MEMORY: &[Choice] =
    &[Choice::Expect, Choice::Thread, Choice::Context, Choice::AllOrNothing, Choice::AllowStructure];

/// The options of a search whose matches are replaced.
const OF_SEARCH: &[Choice] = &[
    Choice::Range,
    Choice::StackOf,
    Choice::Align,
    Choice::Max,
    Choice::IgnoreCase,
    Choice::Replace,
    Choice::Pad,
    Choice::Mask,
    Choice::Thread,
    Choice::Context,
    Choice::AllOrNothing,
    Choice::AllowStructure,
];

/// The verbs of a script.
const VERBS: &[Verb] = &[
    Verb {
        name: "write",
        usage: "AT VALUE...",
        has_place: true,
        values: (1, usize::MAX),
        options: OF_MEMORY,
        build: |given| {
            let (at, values) = (given.place()?, given.values()?);
            Ok(Built::Operation(Operation::Write { at, values, expect: given.expect()? }))
        },
    },
    Verb {
        name: "set",
        usage: "REGISTER=NUMBER...",
        has_place: false,
        values: (1, usize::MAX),
        options: &[Choice::Expect, Choice::Thread, Choice::Context, Choice::AllOrNothing],
        build: |given| {
            let assignments = |words: &[Word<'_>]| {
                let one = |word: &Word<'_>| word.read(str::parse::<Assignment>);
                words.iter().map(one).collect::<Result<Vec<_>, _>>()
            };
            let registers = assignments(&given.values)?;
            Ok(Built::Operation(Operation::Set { registers, expect: assignments(&given.expect)? }))
        },
    },
    Verb {
        name: "fill",
        usage: "RANGE VALUE...",
        has_place: true,
        values: (1, usize::MAX),
        options: OF_MEMORY,
        build: |given| {
            let (range, pattern) = (given.place()?, given.values()?);
            Ok(Built::Operation(Operation::Fill { range, pattern, expect: given.expect()? }))
        },
    },
    Verb {
        name: "copy",
        usage: "RANGE AT",
        has_place: true,
        values: (1, 1),
        options: OF_MEMORY,
        build: |given| {
            let (range, at) = (given.place()?, given.value()?);
            Ok(Built::Operation(Operation::Copy { range, at, expect: given.expect()? }))
        },
    },
    Verb {
        name: "find",
        usage: "PATTERN... --replace VALUE, or --mask CHAR",
        has_place: false,
        values: (1, usize::MAX),
        options: OF_SEARCH,
        build: |given| {
            let search = SearchText {
                patterns: given.values()?,
                range: given.named(Choice::Range, str::parse)?,
                stack_of: given.named(Choice::StackOf, str::parse)?,
                align: given.named(Choice::Align, notation::length)?,
                most: given.named(Choice::Max, notation::length)?,
                ignore_case: given.ignore_case,
            };
            Ok(Built::Operation(Operation::Replace { search: Box::new(search), with: given.replacement()? }))
        },
    },
    Verb {
        name: "add memory",
        usage: "AT VALUE... [--protection rwx]",
        has_place: true,
        values: (1, usize::MAX),
        options: &[Choice::Protection, Choice::Thread, Choice::Context],
        build: |given| {
            let (at, values) = (given.place()?, given.values()?);
            let protection = given.named(Choice::Protection, protection)?;
            given.addition(Addition::Memory { at, values, protection })
        },
    },
    Verb {
        name: "add thread",
        usage: "TID [REGISTER=NUMBER...] [--like T] [--name NAME]",
        has_place: true,
        values: (0, usize::MAX),
        options: &[Choice::Like, Choice::Name, Choice::Thread, Choice::Context],
        build: |given| {
            let tid = given.placed()?.read(notation::length)?;
            let registers = given.values.iter().map(|word| word.read(str::parse::<Assignment>));
            let registers = registers.collect::<Result<Vec<_>, _>>()?;
            let (like, name) = (given.named(Choice::Like, str::parse)?, given.named(Choice::Name, text)?);
            given.addition(Addition::Thread { tid, like, name, registers })
        },
    },
    Verb {
        name: "add module",
        usage: "AT --size N --name NAME [--id HEX]",
        has_place: true,
        values: (0, 0),
        options: &[Choice::Size, Choice::Name, Choice::Id, Choice::Thread, Choice::Context],
        build: |given| {
            let size = given.needed(Choice::Size, notation::length)?;
            let (at, name) = (given.place()?, given.needed(Choice::Name, text)?);
            given.addition(Addition::Module { at, size, name, id: given.named(Choice::Id, text)? })
        },
    },
    Verb {
        name: "add crash",
        usage: "--thread T --code C [--address AT]",
        has_place: false,
        values: (0, 0),
        options: &[Choice::OfThread, Choice::Code, Choice::Address],
        build: |given| {
            let thread = given.needed(Choice::OfThread, str::parse)?;
            let code = given.needed(Choice::Code, text)?;
            let address = given.named(Choice::Address, str::parse)?;
            given.addition(Addition::Crash { thread, code, address })
        },
    },
    Verb {
        name: "add images",
        usage: "--sysroot FOLDER",
        has_place: false,
        values: (0, 0),
        options: &[Choice::Sysroot],
        build: |given| {
            let sysroot = given.needed(Choice::Sysroot, text)?;
            given.addition(Addition::Images { sysroot })
        },
    },
    Verb {
        name: "drop memory",
        usage: "RANGE",
        has_place: true,
        values: (0, 0),
        options: &[Choice::Thread, Choice::Context],
        build: |given| Ok(Built::Operation(Operation::Drop(Removal::Memory(given.place()?)))),
    },
    Verb {
        name: "drop thread",
        usage: "T",
        has_place: true,
        values: (0, 0),
        options: &[],
        build: |given| Ok(Built::Operation(Operation::Drop(Removal::Thread(given.place()?)))),
    },
    Verb {
        name: "drop module",
        usage: "MODULE",
        has_place: true,
        values: (0, 0),
        options: &[],
        build: |given| Ok(Built::Operation(Operation::Drop(Removal::Module(given.place()?)))),
    },
    Verb {
        name: "thread",
        usage: "T",
        has_place: true,
        values: (0, 0),
        options: &[Choice::Context],
        // As other tools print it, with a colon behind it.
        build: |given| {
            let word = given.placed()?;
            Ok(Built::Thread(word.read(|text| text.strip_suffix(':').unwrap_or(text).parse())?))
        },
    },
];

/// The arguments of a verb.
struct Arguments<'a> {
    verb: &'static Verb,
    whole: Range<usize>,
    place: Option<Word<'a>>,
    values: Vec<Word<'a>>,
    expect: Vec<Word<'a>>,
    /// The options that only a search has.
    named: Vec<(Choice, Word<'a>)>,
    ignore_case: bool,
    thread: Option<(ThreadText, Range<usize>)>,
    record: Option<RecordChoice>,
    options: EditOptions,
}

impl<'a> Word<'a> {
    /// Reads the word; an error points to it.
    fn read<T>(&self, read: impl FnOnce(&str) -> Result<T, NotationError>) -> Result<T, LineError> {
        read(&self.text).map_err(|error| self.wrong(error))
    }

    fn wrong(&self, error: NotationError) -> LineError {
        LineError::new(error, self.span.clone())
    }

    /// What follows the first bytes of the text, as a word of its own.
    fn behind(&self, skipped: usize) -> Word<'a> {
        let text = self.text.get(skipped..).unwrap_or_default().to_owned();
        Word { text: text.into(), span: self.span.clone() }
    }
}

impl<'a> Arguments<'a> {
    /// Sorts the words behind a verb.
    fn of(verb: &'static Verb, whole: &Range<usize>, words: &[Word<'a>]) -> Result<Self, LineError> {
        let mut given = Arguments {
            verb,
            whole: whole.clone(),
            place: None,
            values: Vec::new(),
            expect: Vec::new(),
            named: Vec::new(),
            ignore_case: false,
            thread: None,
            record: None,
            options: EditOptions::default(),
        };
        let mut seen = Vec::new();
        let mut only_arguments = false;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if only_arguments || !word.text.starts_with('-') || word.text == "-" {
                match &given.place {
                    None if verb.has_place => given.place = Some(word.clone()),
                    _ => given.values.push(word.clone()),
                }
                continue;
            }
            if word.text == "--" {
                only_arguments = true;
                continue;
            }
            let (name, value) = word.text.split_once('=').map_or((&*word.text, None), |(name, _)| {
                (name, Some(word.behind(name.len().saturating_add(1))))
            });
            let (choice, takes_value) = verb.option(name).map_err(|error| word.wrong(error))?;
            if choice != Choice::Expect && seen.contains(&choice) {
                return Err(word.wrong(NotationError::usage(name, "stands here twice")));
            }
            seen.push(choice);
            let value = match (takes_value, value) {
                (true, None) => Some(
                    words
                        .next()
                        .cloned()
                        .ok_or_else(|| word.wrong(NotationError::usage(name, "needs a value")))?,
                ),
                (false, Some(_)) => {
                    return Err(word.wrong(NotationError::usage(name, "takes no value")));
                }
                (_, value) => value,
            };
            given.option(choice, value)?;
        }
        given.check_count()?;
        Ok(given)
    }

    fn option(&mut self, choice: Choice, value: Option<Word<'a>>) -> Result<(), LineError> {
        match (choice, value) {
            (Choice::Expect, Some(word)) => self.expect.push(word),
            (Choice::Thread, Some(word)) => self.thread = Some((word.read(str::parse)?, word.span)),
            (Choice::Context, Some(word)) => self.record = Some(word.read(record)?),
            (Choice::IgnoreCase, _) => self.ignore_case = true,
            (Choice::AllOrNothing, _) => self.options.all_or_nothing = true,
            (Choice::AllowStructure, _) => self.options.allow_structure = true,
            (_, Some(word)) => self.named.push((choice, word)),
            (_, None) => {}
        }
        Ok(())
    }

    /// Makes sure that there are as many arguments as the verb takes.
    fn check_count(&self) -> Result<(), LineError> {
        let (least, most) = self.verb.values;
        let usage = |error: NotationError| {
            error.with_hint(format!("its form is: {} {}", self.verb.name, self.verb.usage))
        };
        if self.values.len() < least || (self.verb.has_place && self.place.is_none()) {
            let error = NotationError::usage(self.verb.name, format!("needs {}", self.verb.usage));
            return Err(LineError::new(usage(error), self.whole.clone()));
        }
        match self.values.get(most) {
            Some(word) => {
                Err(word.wrong(usage(NotationError::usage(&word.text, "is one argument too many"))))
            }
            None => Ok(()),
        }
    }

    /// The word of the place. That there is one was checked when the words were sorted.
    fn placed(&self) -> Result<&Word<'a>, LineError> {
        let missing =
            || LineError::new(NotationError::usage(self.verb.name, "needs a place"), self.whole.clone());
        self.place.as_ref().ok_or_else(missing)
    }

    fn place<T: FromStr<Err = NotationError>>(&self) -> Result<T, LineError> {
        self.placed()?.read(str::parse)
    }

    fn values<T: FromStr<Err = NotationError>>(&self) -> Result<Vec<T>, LineError> {
        self.values.iter().map(|word| word.read(str::parse)).collect()
    }

    /// The only value of a verb that takes one.
    fn value<T: FromStr<Err = NotationError>>(&self) -> Result<T, LineError> {
        let missing =
            || LineError::new(NotationError::usage(self.verb.name, "needs a value"), self.whole.clone());
        self.values.first().ok_or_else(missing)?.read(str::parse)
    }

    /// The value of an option that only a search has.
    fn named<T>(
        &self,
        choice: Choice,
        read: fn(&str) -> Result<T, NotationError>,
    ) -> Result<Option<T>, LineError> {
        let given = self.named.iter().find(|(named, _)| *named == choice);
        given.map(|(_, word)| word.read(read)).transpose()
    }

    /// The value of an option that has to be given.
    fn needed<T>(&self, choice: Choice, read: fn(&str) -> Result<T, NotationError>) -> Result<T, LineError> {
        let missing = || {
            let name = OPTIONS.iter().find(|(known, ..)| *known == choice).map_or("", |(_, name, _)| *name);
            let error = NotationError::usage(self.verb.name, format!("needs {name}"));
            let hint = format!("its form is: {} {}", self.verb.name, self.verb.usage);
            LineError::new(error.with_hint(hint), self.whole.clone())
        };
        self.named(choice, read)?.ok_or_else(missing)
    }

    fn addition(&self, part: Addition) -> Result<Built, LineError> {
        Ok(Built::Operation(Operation::Add(Box::new(part))))
    }

    /// What is written over the matches of a search.
    fn replacement(&self) -> Result<Replacement, LineError> {
        let error = |text| {
            let error = NotationError::usage(self.verb.name, text).with_hint("a script's line edits");
            LineError::new(error, self.whole.clone())
        };
        let replace: Option<Replacement> = self.named(Choice::Replace, str::parse)?;
        let pad = self.named(Choice::Pad, Replacement::padding)?;
        match (replace, self.named(Choice::Mask, Replacement::mask)?) {
            (Some(replacement), None) => Ok(replacement.padded(pad)),
            (None, Some(mask)) if pad.is_none() => Ok(mask),
            (None, None) => Err(error("needs --replace VALUE or --mask CHAR")),
            _ => Err(error("takes --replace VALUE, with --pad BYTE where wanted, or --mask CHAR")),
        }
    }

    fn expect(&self) -> Result<Vec<Value>, LineError> {
        self.expect.iter().map(|word| word.read(str::parse)).collect()
    }
}

impl Verb {
    /// The option of a name, and whether a value follows.
    fn option(&self, name: &str) -> Result<(Choice, bool), NotationError> {
        let mut own = OPTIONS.iter().filter(|(choice, ..)| self.options.contains(choice));
        let names: Vec<&str> = own.clone().map(|(_, name, _)| *name).collect();
        let found =
            own.find(|(_, own, _)| *own == name).map(|(choice, _, takes_value)| (*choice, *takes_value));
        found.ok_or_else(|| {
            let hint = format!("a line with {} takes {}", self.name, names.join(", "));
            NotationError::usage(name, "is no option of a line").with_hint(hint)
        })
    }
}

/// A text as it is.
fn text(text: &str) -> Result<String, NotationError> {
    Ok(text.to_owned())
}

/// The choice of record of a name.
fn record(text: &str) -> Result<RecordChoice, NotationError> {
    let all = [
        RecordChoice::Auto,
        RecordChoice::Thread,
        RecordChoice::Exception,
        RecordChoice::Both,
        RecordChoice::Wow64,
    ];
    all.into_iter().find(|choice| choice.name() == text).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|choice| choice.name()).collect();
        NotationError::usage(text, "is no record").with_hint(format!("the records are {}", names.join(", ")))
    })
}

/// A line taken apart, but for what its words mean.
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
    // Of two words.
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
        part.wrong(NotationError::usage(&part.text, "is no part of a dump").with_hint(hint))
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

/// Whether a line, right or wrong, is to say which thread the following ones mean.
pub(crate) fn is_thread_line(text: &str) -> bool {
    words(text).is_ok_and(|words| words.first().is_some_and(|first| first.text == "thread"))
}

/// The bytes of a line that an operand was written as.
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
    let registers = registers
        .into_iter()
        .map(|register| Assignment { register: register.name, number: register.number })
        .collect();
    Ok(Statement::Operation(Box::new(Line::new(Operation::Set { registers, expect: Vec::new() }))))
}

/// The error of a line whose first word is no register: it should have been a verb.
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
    first.wrong(NotationError::usage(&first.text, "is no verb of a script").with_hint(hint))
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
