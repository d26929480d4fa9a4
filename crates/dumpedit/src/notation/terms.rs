//! Terms behind a place: any number of `+N` and `-N`, decimal or hex behind `0x`, each N a number or a product `2*8`.

use crate::notation::count;

/// Splits the last term off a text; `None` where it does not end in one.
fn last(text: &str) -> Option<(&str, i128)> {
    let (base, term) = text.split_at_checked(text.rfind(['+', '-'])?)?;
    let (negative, digits) = match term.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, term.strip_prefix('+')?),
    };
    let number = product(digits)?;
    Some((base, if negative { number.saturating_neg() } else { number }))
}

/// `N`, or `N*N` and so on.
fn product(text: &str) -> Option<i128> {
    text.split('*').try_fold(1i128, |product, factor| product.checked_mul(count(factor)?.into()))
}

/// The text in the brackets that a text begins with, and the text behind them.
pub(crate) fn bracketed(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0usize;
    let end = text.bytes().position(|byte| {
        match byte {
            b'[' => depth = depth.saturating_add(1),
            b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })?;
    let (inside, behind) = text.split_at_checked(end)?;
    Some((inside.strip_prefix('[')?, behind.strip_prefix(']')?))
}

/// All ways to split a text into a base and the sum of the terms behind it, from no terms to as many as there are: names may contain signs.
pub(crate) fn splits(text: &str) -> impl Iterator<Item = (&str, i128)> {
    std::iter::successors(Some((text, 0i128)), |(text, sum)| {
        let (base, term) = last(text)?;
        Some((base, sum.checked_add(term)?))
    })
}

/// A text whose base has no sign in it: the base, and the sum of the terms; `None` where the rest is not made of terms.
pub(crate) fn split(text: &str) -> Option<(&str, i128)> {
    splits(text).last().filter(|(base, _)| !base.contains(['+', '-']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_terms_is_added_up() {
        assert_eq!(split("rsp"), Some(("rsp", 0)));
        assert_eq!(split("0x10+8-0x2+1"), Some(("0x10", 7)));
        assert_eq!(split("-4"), Some(("", -4)));
        assert_eq!(split("rsp+2*8-0x2*2*2"), Some(("rsp", 8)));
        for text in ["rsp+", "rsp+x", "rsp+-1", "rsp++1", "a+b+1", "rsp+2*", "rsp+2*x"] {
            assert_eq!(split(text), None, "{text}");
        }
    }

    #[test]
    fn names_may_have_signs() {
        let ways: Vec<_> = splits("lib-2+8-1").collect();
        assert_eq!(ways, [("lib-2+8-1", 0), ("lib-2+8", -1), ("lib-2", 7), ("lib", 5)]);
    }
}
