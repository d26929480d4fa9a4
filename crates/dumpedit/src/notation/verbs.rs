//! Verbs of scripts: one row each, with arguments, options and the operation that is made from them.

use std::ops::Range;
use std::str::FromStr;

use dumpedit_layout::RecordChoice;

use crate::edit::EditOptions;
use crate::notation::assignment::Assignment;
use crate::notation::parts::{Addition, Removal, protection};
use crate::notation::words::{LineError, Word};
use crate::notation::{self, NotationError, Operation, Replacement, SearchText, ThreadText, Value};

/// The result of parsing a verb and its arguments.
pub(crate) enum Built {
    Operation(Operation),
    Thread(ThreadText),
}

/// A verb of a script.
pub(crate) struct Verb {
    pub(crate) name: &'static str,
    /// Arguments, in words.
    pub(crate) usage: &'static str,
    /// Whether its first argument is a place, and not a value.
    pub(crate) has_place: bool,
    /// Minimum and maximum number of values.
    pub(crate) values: (usize, usize),
    pub(crate) options: &'static [Choice],
    pub(crate) build: fn(&Arguments<'_>) -> Result<Built, LineError>,
}

/// An option of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
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
    Everywhere,
    Replace,
    Pad,
    Mask,
    Protection,
    Like,
    Name,
    Size,
    Id,
    Sysroot,
    TrustSymbols,
    Code,
    Address,
    OfThread,
}

/// All options: name, and whether a value follows.
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
    (Choice::Everywhere, "--everywhere", false),
    (Choice::Replace, "--replace", true),
    (Choice::Pad, "--pad", true),
    (Choice::Mask, "--mask", true),
    (Choice::Protection, "--protection", true),
    (Choice::Like, "--like", true),
    (Choice::Name, "--name", true),
    (Choice::Size, "--size", true),
    (Choice::Id, "--id", true),
    (Choice::Sysroot, "--sysroot", true),
    (Choice::TrustSymbols, "--trust-symbols", false),
    (Choice::Code, "--code", true),
    (Choice::Address, "--address", true),
    // The thread of a crash, which may be one that was just added.
    (Choice::OfThread, "--thread", true),
];

/// Options of verbs that change memory.
const OF_MEMORY: &[Choice] =
    &[Choice::Expect, Choice::Thread, Choice::Context, Choice::AllOrNothing, Choice::AllowStructure];

/// Options of a search whose matches are replaced.
const OF_SEARCH: &[Choice] = &[
    Choice::Range,
    Choice::StackOf,
    Choice::Align,
    Choice::Max,
    Choice::IgnoreCase,
    Choice::Everywhere,
    Choice::Replace,
    Choice::Pad,
    Choice::Mask,
    Choice::Thread,
    Choice::Context,
    Choice::AllOrNothing,
    Choice::AllowStructure,
];

/// Verbs of a script.
pub(crate) const VERBS: &[Verb] = &[
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
                everywhere: given.everywhere,
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
        usage: "--sysroot FOLDER [--trust-symbols]",
        has_place: false,
        values: (0, 0),
        options: &[Choice::Sysroot, Choice::TrustSymbols],
        build: |given| {
            let sysroot = given.needed(Choice::Sysroot, text)?;
            given.addition(Addition::Images { sysroot, trust: given.trust })
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
        name: "drop crash",
        usage: "T",
        has_place: true,
        values: (0, 0),
        options: &[],
        build: |given| Ok(Built::Operation(Operation::Drop(Removal::Crash(given.place()?)))),
    },
    Verb {
        name: "thread",
        usage: "T",
        has_place: true,
        values: (0, 0),
        options: &[Choice::Context],
        // Other tools print it with a colon behind it.
        build: |given| {
            let word = given.placed()?;
            Ok(Built::Thread(word.read(|text| text.strip_suffix(':').unwrap_or(text).parse())?))
        },
    },
];

/// The arguments of a verb.
pub(crate) struct Arguments<'a> {
    pub(crate) verb: &'static Verb,
    pub(crate) whole: Range<usize>,
    pub(crate) place: Option<Word<'a>>,
    pub(crate) values: Vec<Word<'a>>,
    pub(crate) expect: Vec<Word<'a>>,
    /// Options that only a search has.
    pub(crate) named: Vec<(Choice, Word<'a>)>,
    pub(crate) ignore_case: bool,
    pub(crate) everywhere: bool,
    /// Whether files of another build than their modules are accepted.
    pub(crate) trust: bool,
    pub(crate) thread: Option<(ThreadText, Range<usize>)>,
    pub(crate) record: Option<RecordChoice>,
    pub(crate) options: EditOptions,
}

impl<'a> Arguments<'a> {
    /// Sorts the words behind a verb into arguments and options.
    pub(crate) fn of(
        verb: &'static Verb,
        whole: &Range<usize>,
        words: &[Word<'a>],
    ) -> Result<Self, LineError> {
        let mut given = Arguments {
            verb,
            whole: whole.clone(),
            place: None,
            values: Vec::new(),
            expect: Vec::new(),
            named: Vec::new(),
            ignore_case: false,
            everywhere: false,
            trust: false,
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
                return Err(word.wrong(NotationError::usage(name, "is given twice")));
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
            (Choice::Everywhere, _) => self.everywhere = true,
            (Choice::TrustSymbols, _) => self.trust = true,
            (Choice::AllOrNothing, _) => self.options.all_or_nothing = true,
            (Choice::AllowStructure, _) => self.options.allow_structure = true,
            (_, Some(word)) => self.named.push((choice, word)),
            (_, None) => {}
        }
        Ok(())
    }

    /// Checks the number of arguments.
    fn check_count(&self) -> Result<(), LineError> {
        let (least, most) = self.verb.values;
        let usage =
            |error: NotationError| error.with_hint(format!("usage: {} {}", self.verb.name, self.verb.usage));
        if self.values.len() < least || (self.verb.has_place && self.place.is_none()) {
            let error = NotationError::usage(self.verb.name, format!("needs {}", self.verb.usage));
            return Err(LineError::new(usage(error), self.whole.clone()));
        }
        match self.values.get(most) {
            Some(word) => {
                Err(word.wrong(usage(NotationError::usage(&word.text, "is an unexpected argument"))))
            }
            None => Ok(()),
        }
    }

    /// The word of the place, whose presence was checked before.
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

    /// The only value of a verb.
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

    /// The value of a required option.
    fn needed<T>(&self, choice: Choice, read: fn(&str) -> Result<T, NotationError>) -> Result<T, LineError> {
        let missing = || {
            let name = OPTIONS.iter().find(|(known, ..)| *known == choice).map_or("", |(_, name, _)| *name);
            let error = NotationError::usage(self.verb.name, format!("needs {name}"));
            let hint = format!("usage: {} {}", self.verb.name, self.verb.usage);
            LineError::new(error.with_hint(hint), self.whole.clone())
        };
        self.named(choice, read)?.ok_or_else(missing)
    }

    fn addition(&self, part: Addition) -> Result<Built, LineError> {
        Ok(Built::Operation(Operation::Add(Box::new(part))))
    }

    /// The replacement of a search's matches.
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
            _ => Err(error("takes either --replace VALUE with an optional --pad BYTE, or --mask CHAR")),
        }
    }

    fn expect(&self) -> Result<Vec<Value>, LineError> {
        self.expect.iter().map(|word| word.read(str::parse)).collect()
    }
}

impl Verb {
    /// The option with a name, and whether a value follows.
    fn option(&self, name: &str) -> Result<(Choice, bool), NotationError> {
        let mut own = OPTIONS.iter().filter(|(choice, ..)| self.options.contains(choice));
        let names: Vec<&str> = own.clone().map(|(_, name, _)| *name).collect();
        let found =
            own.find(|(_, own, _)| *own == name).map(|(choice, _, takes_value)| (*choice, *takes_value));
        found.ok_or_else(|| {
            let hint = format!("a line with {} takes {}", self.name, names.join(", "));
            NotationError::usage(name, "is an unknown option").with_hint(hint)
        })
    }
}

/// A text as it is.
fn text(text: &str) -> Result<String, NotationError> {
    Ok(text.to_owned())
}

/// The choice of record with a name.
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
        NotationError::usage(text, "is not a record")
            .with_hint(format!("the records are {}", names.join(", ")))
    })
}
