//! The other spellings of C's number types: `short` is `short int`, `unsigned long` is `long unsigned int`.

/// The spellings that compilers have for a number type, with the given one first. For any other type, only the given
/// one.
pub(crate) fn spellings(name: &str) -> Vec<String> {
    let words: Vec<&str> = name.split_ascii_whitespace().collect();
    let count = |word: &str| words.iter().filter(|other| **other == word).count();
    let known = ["signed", "unsigned", "short", "long", "int"].map(count);
    let [signed, unsigned, short, long, int] = known;
    let is_number = !words.is_empty() && known.iter().sum::<usize>() == words.len();
    let mut names = vec![name.to_owned()];
    if !is_number || signed + unsigned > 1 || short > 1 || int > 1 || long > 2 || short + long.min(1) > 1 {
        return names;
    }
    let width = match (short, long) {
        (1, _) => "short ",
        (_, 1) => "long ",
        (_, 2) => "long long ",
        _ => "",
    };
    let sign = if unsigned == 1 { "unsigned " } else { "" };
    // gcc's spelling, then clang's.
    for known in [
        format!("{width}{sign}int"),
        format!("{sign}{width}").trim_end().to_owned(),
        format!("{sign}{width}int"),
    ] {
        if !known.is_empty() && !names.contains(&known) {
            names.push(known);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_types_have_the_names_of_both_compilers() {
        assert_eq!(spellings("short"), ["short", "short int"]);
        assert_eq!(spellings("unsigned"), ["unsigned", "unsigned int"]);
        assert_eq!(spellings("unsigned long"), ["unsigned long", "long unsigned int", "unsigned long int"]);
        assert_eq!(spellings("long long int"), ["long long int", "long long"]);
        for name in ["long double", "node", "", "short long", "signed unsigned"] {
            assert_eq!(spellings(name), [name]);
        }
    }
}
