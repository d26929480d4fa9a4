//! A line of a text with a wrong piece underlined.

use std::fmt;
use std::ops::Range;

use crate::notation::Visible;

/// Maximum number of characters in front of the piece and behind it.
const AROUND: usize = 40;

/// Maximum number of underlined characters.
const MOST_UNDERLINED: usize = 60;

/// A line with a piece of it underlined; of a long line, only the surroundings. `Display` writes two lines of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    line: usize,
    shown: String,
    underlined: Range<usize>,
}

impl Excerpt {
    /// The line of a number, with the column of the piece's first character, both from 1, and the length of the piece in characters.
    pub fn new(line: usize, text: &str, column: usize, length: usize) -> Excerpt {
        let before = column.saturating_sub(1);
        let length = length.clamp(1, MOST_UNDERLINED);
        let skipped = if before > 2 * AROUND { before.saturating_sub(AROUND) } else { 0 };
        // A tab is shown as a space, as its width varies.
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
        // A part that is missing at the end of a line has no characters.
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
