//! Rules: what a secret looks like, as data.

use crate::class::Class;

/// What a secret looks like.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Rule {
    /// Its name in reports.
    pub id: String,
    /// What it is about.
    pub class: Class,
    /// A regular expression over the bytes of a text in the syntax of the `regex` crate; of UTF-16 over its letters.
    pub pattern: String,
    /// The group that is the secret; 0 is all of the match, and where that is not all that matters, [`Rule::first_group`].
    pub group: usize,
    /// Whether the first group that has anything is the secret, where `group` is 0.
    pub first_group: bool,
    /// A text is looked at where it has one of these in it, in small letters or capitals; every text where there are none and
    /// no [`stretch`](field@Rule::stretch).
    pub keywords: Vec<String>,
    /// Whether every match has a keyword in it, so that only what is around keywords is looked at, and not all of the text.
    pub has_keyword: bool,
    /// What a match has in it where it has no keyword; only what is around such stretches and keywords is looked at.
    pub stretch: Option<Stretch>,
    /// What else a secret must be.
    pub check: Check,
    /// What is no secret though the pattern finds it.
    pub allowed: Vec<Allowed>,
    /// What of it is written over.
    pub part: Part,
    /// Whether the secret is a name, which is looked for everywhere else, too.
    pub is_name: bool,
}

/// Letters in a row that are all of those that the matches of a rule may have.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stretch {
    /// How many are looked for: at least 7. Fewer are seen around keywords alone.
    pub least: usize,
    /// These letters, of which one is among any four of a stretch, or among any eight where at least 11 are looked for.
    pub of: String,
    /// How many of these letters there are.
    pub count: usize,
}

/// What is no secret, though a pattern finds it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Allowed {
    /// Regular expressions, one of which is to match.
    pub patterns: Vec<String>,
    /// What they look at.
    pub target: RegexTarget,
    /// Words, one of which is to be in the secret.
    pub words: Vec<String>,
    /// Whether a pattern and a word are wanted, where there are both, and not one of either.
    pub all: bool,
}

impl Allowed {
    /// What these regular expressions find in the secret.
    pub fn patterns(patterns: &[&str]) -> Allowed {
        Allowed {
            patterns: patterns.iter().map(|pattern| (*pattern).to_owned()).collect(),
            ..Allowed::default()
        }
    }
}

/// So many letters in front of a secret are looked at.
pub const BEFORE: usize = 32;

/// What an [`Allowed`] looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegexTarget {
    /// The secret.
    #[default]
    Secret,
    /// All of the match.
    Match,
    /// The line that the match is in.
    Line,
    /// What is in front of the secret in the text, at most [`BEFORE`] letters.
    Before,
}

/// What a secret must be beside its look.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Check {
    /// Nothing more.
    #[default]
    Nothing,
    /// The last digit is the check digit of the others (Luhn's formula, ISO/IEC 7812-1).
    Luhn,
    /// It has more than so many bits in a byte (Shannon's entropy).
    Entropy(f64),
}

/// What of a secret is written over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    #[default]
    All,
    /// The folders of a path; its last part stays.
    Folders,
}

impl Rule {
    /// A rule that looks at every text.
    pub fn new(id: impl Into<String>, class: Class, pattern: impl Into<String>) -> Rule {
        Rule {
            id: id.into(),
            class,
            pattern: pattern.into(),
            group: 0,
            first_group: false,
            keywords: Vec::new(),
            has_keyword: false,
            stretch: None,
            check: Check::Nothing,
            allowed: Vec::new(),
            part: Part::All,
            is_name: false,
        }
    }

    pub(crate) fn group(self, group: usize) -> Rule {
        Rule { group, ..self }
    }

    /// Every match has one of these in it.
    pub(crate) fn keywords(self, keywords: &[&str]) -> Rule {
        let keywords = keywords.iter().map(|word| (*word).to_owned()).collect();
        Rule { keywords, has_keyword: true, ..self }
    }

    pub(crate) fn stretch(self, least: usize, of: &str, count: usize) -> Rule {
        Rule { stretch: Some(Stretch { least, of: of.to_owned(), count }), ..self }
    }

    pub(crate) fn check(self, check: Check) -> Rule {
        Rule { check, ..self }
    }

    pub(crate) fn allowed(mut self, patterns: &[&str]) -> Rule {
        self.allowed.push(Allowed::patterns(patterns));
        self
    }

    /// It is no secret behind one of these.
    pub(crate) fn allowed_behind(mut self, patterns: &[&str]) -> Rule {
        self.allowed.push(Allowed { target: RegexTarget::Before, ..Allowed::patterns(patterns) });
        self
    }

    pub(crate) fn part(self, part: Part) -> Rule {
        Rule { part, ..self }
    }

    pub(crate) fn named(self) -> Rule {
        Rule { is_name: true, ..self }
    }
}
