//! Rules: descriptions of secrets, as data.

use crate::class::Class;

/// Describes a kind of secret.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Rule {
    /// Name in reports.
    pub id: String,
    /// Class of the secret.
    pub class: Class,
    /// Regular expression in the syntax of the `regex` crate, over the bytes of a text; for UTF-16, over its letters.
    pub pattern: String,
    /// Group that is the secret; 0 is all of the match, or the group of [`Rule::first_group`].
    pub group: usize,
    /// Whether the first group that is not empty is the secret, where `group` is 0.
    pub first_group: bool,
    /// Texts that contain one of these, in lower or upper case, are searched; every text where there are none and no
    /// [`stretch`](field@Rule::stretch).
    pub keywords: Vec<String>,
    /// Whether every match contains a keyword, so that only the text around keywords is searched.
    pub has_keyword: bool,
    /// A stretch that every match without a keyword contains; only the text around these stretches and keywords is searched.
    pub stretch: Option<Stretch>,
    /// Further condition on a secret.
    pub check: Check,
    /// Exceptions: matches that are no secret.
    pub allowed: Vec<Allowed>,
    /// Part of the secret that is replaced.
    pub part: Part,
    /// Whether the secret is a name, which is looked for everywhere else, too.
    pub is_name: bool,
}

/// A run of letters all of which are among those that the matches of a rule may have.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stretch {
    /// Length from which stretches are looked for, in letters: at least 7. Shorter ones are seen around keywords only.
    pub least: usize,
    /// Letters of which any four in a row of a stretch contain one, or any eight where `least` is at least 11.
    pub of: String,
    /// Number of these letters in a stretch.
    pub count: usize,
}

/// Matches of a pattern that are no secret.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Allowed {
    /// Regular expressions, one of which must match.
    pub patterns: Vec<String>,
    /// Text that they match.
    pub target: RegexTarget,
    /// Words, one of which must be in the secret.
    pub words: Vec<String>,
    /// Whether both a pattern and a word must match, where there are both; else one of either is enough.
    pub all: bool,
}

impl Allowed {
    /// Allows secrets that one of these regular expressions matches.
    pub fn patterns(patterns: &[&str]) -> Allowed {
        Allowed {
            patterns: patterns.iter().map(|pattern| (*pattern).to_owned()).collect(),
            ..Allowed::default()
        }
    }
}

/// Most letters in front of a secret that [`RegexTarget::Before`] matches.
pub const BEFORE: usize = 32;

/// Text that the patterns of an [`Allowed`] match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegexTarget {
    /// The secret.
    #[default]
    Secret,
    /// All of the match.
    Match,
    /// The line that the match is in.
    Line,
    /// The text in front of the secret, at most [`BEFORE`] letters.
    Before,
}

/// Condition on a secret beside its pattern.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Check {
    /// Nothing more.
    #[default]
    Nothing,
    /// The last digit is the check digit of the others (Luhn's formula, ISO/IEC 7812-1).
    Luhn,
    /// Shannon entropy of more than this many bits a byte.
    Entropy(f64),
}

/// Part of a secret that is replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    #[default]
    All,
    /// The folders of a path; its last part is kept.
    Folders,
}

impl Rule {
    /// A rule that searches every text.
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

    /// Every match contains one of these.
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

    /// A match that one of these matches is no secret.
    pub(crate) fn allowed_matches(mut self, patterns: &[&str]) -> Rule {
        self.allowed.push(Allowed { target: RegexTarget::Match, ..Allowed::patterns(patterns) });
        self
    }

    /// A match behind one of these is no secret.
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
