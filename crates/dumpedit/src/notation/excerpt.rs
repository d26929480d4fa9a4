//! A line of a text that somebody wrote, with the piece underlined that something is wrong with.

use std::fmt;
use std::ops::Range;

use crate::notation::Visible;

/// How many letters are shown in front of the piece and behind it, where a line is long.
const AROUND: usize = 40;

/// How many letters are underlined at the most.
const MOST_UNDERLINED: usize = 60;

/// A line with a piece of it underlined; of a long line, what is around the piece. `Display` writes two lines of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    line: usize,
    shown: String,
    underlined: Range<usize>,
}

impl Excerpt {
    /// The line of that number, both it and the piece's first letter counted from 1, and how many letters the piece has.
    pub fn new(line: usize, text: &str, column: usize, length: usize) -> Excerpt {
        let before = column.saturating_sub(1);
        let length = length.clamp(1, MOST_UNDERLINED);
        let skipped = if before > 2 * AROUND { before.saturating_sub(AROUND) } else { 0 };
        // A tab is a blank that an editor may show wider.
        let mut letters = text.chars().skip(skipped).map(|letter| if letter == '\t' { ' ' } else { letter });
        let mut visible = |most: usize| {
            let letters: String = letters.by_ref().take(most).collect();
            Visible(&letters).to_string()
        };
        let dots = if skipped > 0 { "… " } else { "" };
        let head = visible(before.saturating_sub(skipped));
        let piece = visible(length);
        let tail = visible(AROUND);
        let more = if letters.next().is_some() { " …" } else { "" };
        let count = |text: &str| text.chars().count();
        let start = count(dots).saturating_add(count(&head));
        // What is missing at the end of a line has no letters.
        let end = start.saturating_add(count(&piece).max(length));
        Excerpt { line, shown: format!("{dots}{head}{piece}{tail}{more}"), underlined: start..end }
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let (gap, before) = (" ".repeat(number.len()), " ".repeat(self.underlined.start));
        let carets = "^".repeat(self.underlined.len());
        write!(f, "{number} | {}\n{gap} | {before}{carets}", self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_underlined_wherever_it_stands() {
        assert_eq!(Excerpt::new(12, "set rip=zz", 9, 2).to_string(), "12 | set rip=zz\n   |         ^^");
        assert_eq!(Excerpt::new(1, "\té", 3, 0).to_string(), "1 |  é\n  |   ^");
        let hidden = Excerpt::new(1, "a\u{202e}b\x1bc", 4, 1).to_string();
        assert_eq!(hidden, "1 | a\\u{202e}b\\x1bc\n  |           ^^^^");
        let long = format!("{}zz{}", "a".repeat(500), "b".repeat(500));
        let text = Excerpt::new(7, &long, 501, 2).to_string();
        let (shown, carets) = text.split_once('\n').unwrap();
        assert_eq!(
            shown.chars().position(|letter| letter == 'z'),
            carets.chars().position(|letter| letter == '^')
        );
        assert!(shown.chars().count() < 100 && shown.ends_with("b …"), "{shown}");
    }
}
