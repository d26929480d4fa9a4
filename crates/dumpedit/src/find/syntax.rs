//! Parses expressions and turns them into expressions over bytes: for plain bytes, UTF-8 and UTF-16.

use dumpedit_layout::ByteOrder;
use regex_automata::util::syntax;
use regex_syntax::escape;
use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, ClassUnicode, Hir, HirKind};

use crate::encoding::Encoding;

/// An expression over bytes: Unicode is off, and `.` is any byte but a line feed.
///
/// # Errors
/// What is wrong with the expression, in one line.
pub(crate) fn over_bytes(expression: &str, ignore_case: bool) -> Result<Hir, String> {
    let config = syntax::Config::new().unicode(false).utf8(false).case_insensitive(ignore_case);
    parsed(expression, &config)
}

/// An expression over characters that are stored in UTF-16.
///
/// # Errors
/// What is wrong with the expression, in one line.
pub(crate) fn over_utf16(expression: &str, order: ByteOrder, ignore_case: bool) -> Result<Hir, String> {
    wide(&parsed(expression, &syntax::Config::new().case_insensitive(ignore_case))?, order)
}

/// An expression for a text in lower or upper case.
///
/// # Errors
/// What is wrong with the expression, in one line.
pub(crate) fn in_any_case(text: &str, encoding: Encoding, order: ByteOrder) -> Result<Hir, String> {
    let letters = parsed(&escape(text), &syntax::Config::new().case_insensitive(true))?;
    match encoding {
        Encoding::Utf8 => Ok(letters),
        Encoding::Utf16 => wide(&letters, order),
    }
}

fn parsed(expression: &str, config: &syntax::Config) -> Result<Hir, String> {
    syntax::parse_with(expression, config).map_err(|error| {
        // The parser shows the expression with a mark under the error; its last line is the problem.
        let drawn = error.to_string();
        let last = drawn.lines().last().unwrap_or_default();
        last.strip_prefix("error: ").unwrap_or(last).to_owned()
    })
}

/// An expression over characters as one over the bytes of their UTF-16.
fn wide(letters: &Hir, order: ByteOrder) -> Result<Hir, String> {
    let all = |parts: &[Hir]| parts.iter().map(|part| wide(part, order)).collect::<Result<Vec<_>, _>>();
    Ok(match letters.kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) => {
            let text = str::from_utf8(&literal.0).map_err(|_| "a byte is not a character".to_owned())?;
            Hir::literal(Encoding::Utf16.bytes(text, order))
        }
        HirKind::Class(Class::Unicode(class)) => class_of(class, order),
        HirKind::Class(Class::Bytes(class)) => {
            let class = class.to_unicode_class().ok_or("a byte is not a character")?;
            class_of(&class, order)
        }
        HirKind::Look(_) => {
            return Err(r"^, $ and \b are not supported in UTF-16".to_owned());
        }
        HirKind::Repetition(repeated) => Hir::repetition(repeated.with(wide(&repeated.sub, order)?)),
        HirKind::Capture(group) => wide(&group.sub, order)?,
        HirKind::Concat(parts) => Hir::concat(all(parts)?),
        HirKind::Alternation(parts) => Hir::alternation(all(parts)?),
    })
}

/// Numbers from one to another, both included.
type Span = (u16, u16);

/// Any of some characters.
fn class_of(letters: &ClassUnicode, order: ByteOrder) -> Hir {
    const LAST_UNIT: u32 = 0xffff;
    let mut ways = Vec::new();
    for range in letters.ranges() {
        let (first, last) = (u32::from(range.start()), u32::from(range.end()));
        // Characters of one unit, on both sides of the surrogates, which are half of a character each.
        for (from, to) in [(0, 0xd7ff), (0xe000, LAST_UNIT)] {
            let (first, last) = (first.max(from), last.min(to));
            if let (Ok(first), Ok(last)) = (u16::try_from(first), u16::try_from(last))
                && first <= last
            {
                ways.push(units((first, last), order));
            }
        }
        if last > LAST_UNIT {
            let pair = |letter: u32| {
                let mut units = [0; 2];
                char::from_u32(letter).unwrap_or(char::MAX).encode_utf16(&mut units);
                units
            };
            let pairs = spans(pair(first.max(LAST_UNIT + 1)), pair(last), (0xdc00, 0xdfff));
            ways.extend(pairs.map(|(high, low)| Hir::concat(vec![units(high, order), units(low, order)])));
        }
    }
    if ways.is_empty() { Hir::fail() } else { Hir::alternation(ways) }
}

/// Any of some code units, as their bytes.
fn units((first, last): Span, order: ByteOrder) -> Hir {
    let halves = |unit: u16| [unit >> 8, unit & 0xff];
    let byte = |(first, last): Span| {
        let low = |number: u16| u8::try_from(number).unwrap_or(u8::MAX);
        Hir::class(Class::Bytes(ClassBytes::new([ClassBytesRange::new(low(first), low(last))])))
    };
    let ways = spans(halves(first), halves(last), (0, 0xff)).map(|(high, low)| {
        Hir::concat(match order {
            ByteOrder::Little => vec![byte(low), byte(high)],
            ByteOrder::Big => vec![byte(high), byte(low)],
        })
    });
    Hir::alternation(ways.collect())
}

/// The range between two pairs of digits as products of a span of first digits and a span of second ones, the latter within `low`.
fn spans(first: [u16; 2], last: [u16; 2], low: Span) -> impl Iterator<Item = (Span, Span)> {
    let ([from, from_low], [to, to_low]) = (first, last);
    let several = from < to;
    let one = (!several).then_some(((from, from), (from_low, to_low)));
    // The first digit stands alone where not all of its second digits are included, and so does the last one.
    let begins = (several && from_low > low.0).then_some(((from, from), (from_low, low.1)));
    let ends = (several && to_low < low.1).then_some(((to, to), (low.0, to_low)));
    let whole =
        (from.saturating_add(u16::from(begins.is_some())), to.saturating_sub(u16::from(ends.is_some())));
    let middle = (several && whole.0 <= whole.1).then_some((whole, low));
    [one, begins, middle, ends].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::find::budget::Budget;
    use crate::find::expression::Expression;

    /// Whether an expression over UTF-16 matches exactly one character.
    fn matches(expression: &Expression, letter: char, order: ByteOrder) -> bool {
        let text = Encoding::Utf16.bytes(&letter.to_string(), order);
        let found = expression.find(&text, 0..text.len(), true, &mut Budget::for_text(1 << 20)).unwrap();
        found == Some(0..text.len())
    }

    #[test]
    fn a_class_over_utf16_has_the_letters_that_it_has_over_characters() {
        let edges = [
            0u32, 1, 0x60, 0x61, 0x7a, 0x7b, 0xff, 0x100, 0x101, 0x1fe, 0x1ff, 0x200, 0x7ff, 0xd7ff, 0xe000,
            0xfffe, 0xffff, 0x1_0000, 0x1_0001, 0x1_03ff, 0x1_0400, 0x1_0401, 0x1_f600, 0x10_fffe, 0x10_ffff,
        ];
        let letters: Vec<char> = edges.into_iter().filter_map(char::from_u32).collect();
        for order in [ByteOrder::Little, ByteOrder::Big] {
            for (at, first) in letters.iter().enumerate() {
                for last in letters.iter().skip(at) {
                    let class = format!("[\\u{{{:x}}}-\\u{{{:x}}}]", u32::from(*first), u32::from(*last));
                    let expression = Expression::new(&over_utf16(&class, order, false).unwrap()).unwrap();
                    for letter in &letters {
                        let inside = (first..=last).contains(&letter);
                        assert_eq!(matches(&expression, *letter, order), inside, "{class} {letter:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_looks_around_is_refused_over_utf16() {
        for expression in ["^a", "a$", r"\ba", r"(x|\By)"] {
            assert!(
                over_utf16(expression, ByteOrder::Little, false)
                    .unwrap_err()
                    .contains("not supported in UTF-16")
            );
        }
        assert!(over_utf16(r"(?-u:\xff)", ByteOrder::Little, false).is_err());
    }
}
