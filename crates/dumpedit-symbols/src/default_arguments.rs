//! Default template arguments of C++'s standard library: `std::vector<int>` is `std::vector<int, std::allocator<int>>`.

use std::collections::HashMap;

/// The deepest nesting of templates that is shortened.
const DEPTH: u32 = 64;

/// Templates of `std`, the number of arguments before one that has a default, and the default. `0` and `1` in a default
/// stand for the first two arguments.
static DEFAULTS: &[(&[&str], usize, &str)] = &[
    (&["vector", "list", "deque", "forward_list"], 1, "std::allocator<0>"),
    (&["set", "multiset"], 1, "std::less<0>"),
    (&["set", "multiset"], 2, "std::allocator<0>"),
    (&["map", "multimap"], 2, "std::less<0>"),
    (&["map", "multimap"], 3, "std::allocator<std::pair<0 const,1>>"),
    (&["unordered_set", "unordered_multiset"], 1, "std::hash<0>"),
    (&["unordered_set", "unordered_multiset"], 2, "std::equal_to<0>"),
    (&["unordered_set", "unordered_multiset"], 3, "std::allocator<0>"),
    (&["unordered_map", "unordered_multimap"], 2, "std::hash<0>"),
    (&["unordered_map", "unordered_multimap"], 3, "std::equal_to<0>"),
    (&["unordered_map", "unordered_multimap"], 4, "std::allocator<std::pair<0 const,1>>"),
    (&["basic_string", "basic_string_view", "basic_ios", "basic_streambuf"], 1, "std::char_traits<0>"),
    (&["basic_istream", "basic_ostream", "basic_iostream", "basic_filebuf"], 1, "std::char_traits<0>"),
    (&["basic_ifstream", "basic_ofstream", "basic_fstream", "basic_stringbuf"], 1, "std::char_traits<0>"),
    (&["basic_istringstream", "basic_ostringstream", "basic_stringstream"], 1, "std::char_traits<0>"),
    (&["basic_string", "basic_stringbuf"], 2, "std::allocator<0>"),
    (&["basic_istringstream", "basic_ostringstream", "basic_stringstream"], 2, "std::allocator<0>"),
    (&["unique_ptr"], 1, "std::default_delete<0>"),
    (&["stack", "queue"], 1, "std::deque<0>"),
    (&["priority_queue"], 1, "std::vector<0>"),
    (&["priority_queue"], 2, "std::less<0>"),
];

/// Inline namespaces of `std` in compilers' libraries, which programs leave out.
const INLINE: [&str; 3] = ["__cxx11::", "__1::", "__ndk1::"];

/// A name in the spelling of [`canonical`](crate::spelling::canonical), without default arguments of `std`'s templates.
pub(crate) fn without_defaults(name: String) -> String {
    if !name.contains("std::") {
        return name;
    }
    Name { text: &name, closed: closed(&name) }.shortened(0, name.len(), DEPTH)
}

/// A name, and the offset of the closing bracket for each offset of an opening bracket.
struct Name<'a> {
    text: &'a str,
    closed: HashMap<usize, usize>,
}

/// The offset of the closing bracket for each offset of an opening bracket.
fn closed(text: &str) -> HashMap<usize, usize> {
    let mut closed = HashMap::new();
    let mut open: Vec<(usize, u8)> = Vec::new();
    let mut before = b' ';
    for (at, byte) in text.bytes().enumerate() {
        let opening = match byte {
            b'<' | b'(' | b'[' | b'{' => {
                open.push((at, byte));
                None
            }
            // The `>` of an arrow closes nothing.
            b'>' if before != b'-' => Some(b'<'),
            b')' => Some(b'('),
            b']' => Some(b'['),
            b'}' => Some(b'{'),
            _ => None,
        };
        before = byte;
        let Some(opening) = opening else { continue };
        // A `>` directly inside another kind of bracket is a comparison and closes nothing.
        let is_compared = opening == b'<' && open.last().is_some_and(|(_, last)| *last != b'<');
        while !is_compared && let Some((start, last)) = open.pop() {
            if last == opening {
                closed.insert(start, at);
                break;
            }
        }
    }
    closed
}

impl Name<'_> {
    fn shortened(&self, start: usize, end: usize, depth: u32) -> String {
        let mut written = String::new();
        let mut at = start;
        let part = |from: usize, to: usize| self.text.get(from..to).unwrap_or_default();
        while let Some(open) = part(at, end).find('<').map(|found| at + found).filter(|_| depth > 0) {
            written.push_str(part(at, open + 1));
            at = open + 1;
            let Some(close) = self.closed.get(&open).copied().filter(|close| *close < end) else { continue };
            let mut list: Vec<String> = self.arguments(at, close, depth - 1);
            if let Some(template) = of_std(written.trim_end_matches('<')) {
                while list.len() > 1 && is_default(template, &list) {
                    list.pop();
                }
            }
            written.push_str(&list.join(","));
            at = close;
        }
        written.push_str(part(at, end));
        written
    }

    /// The arguments between two brackets, each shortened.
    fn arguments(&self, start: usize, end: usize, depth: u32) -> Vec<String> {
        let mut list = Vec::new();
        let (mut first, mut at) = (start, start);
        let bytes = self.text.as_bytes();
        while at < end {
            match (bytes.get(at), self.closed.get(&at)) {
                (_, Some(close)) => at = *close,
                (Some(b','), _) => {
                    list.push(self.shortened(first, at, depth));
                    first = at + 1;
                }
                _ => {}
            }
            at += 1;
        }
        list.push(self.shortened(first, end, depth));
        list
    }
}

/// The name of the template at the end of a text, if the template is one of `std`.
fn of_std(text: &str) -> Option<&str> {
    let is_part = |character: char| character.is_alphanumeric() || character == '_' || character == ':';
    let start = text.char_indices().rev().take_while(|(_, character)| is_part(*character)).last()?.0;
    let mut template = text.get(start..)?.trim_start_matches("::").strip_prefix("std::")?;
    while let Some(shorter) = INLINE.iter().find_map(|inline| template.strip_prefix(inline)) {
        template = shorter;
    }
    (!template.contains(':')).then_some(template)
}

/// Whether the last argument of a template is its default.
fn is_default(template: &str, list: &[String]) -> bool {
    let Some((last, given)) = list.split_last() else { return false };
    let plain = |text: &str| INLINE.iter().fold(text.to_owned(), |text, inline| text.replace(inline, ""));
    let argument = |at: usize| given.get(at).map(|text| plain(text)).unwrap_or_default();
    let (first, second) = (argument(0), argument(1));
    let row = DEFAULTS.iter().find(|(names, before, _)| names.contains(&template) && *before == given.len());
    row.is_some_and(|(.., default)| {
        let mut expected = String::new();
        for character in default.chars() {
            match character {
                '0' => expected.push_str(&first),
                '1' => expected.push_str(&second),
                ' ' if !expected.ends_with(|end: char| end.is_alphanumeric() || end == '_') => {}
                other => expected.push(other),
            }
        }
        plain(last) == expected
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spelling::canonical;

    #[test]
    fn what_the_standard_library_fills_in_may_be_left_out_and_nothing_else() {
        let short = |name: &str| without_defaults(canonical(name));
        for (long, name) in [
            ("std::vector<int, std::allocator<int> >", "std::vector<int>"),
            ("std::__1::vector<long, std::__1::allocator<long> >::x", "std::__1::vector<long>::x"),
            (
                "std::map<std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >, int, \
                 std::less<std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> > >, \
                 std::allocator<std::pair<const std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >, int> > >",
                "std::map<std::__cxx11::basic_string<char>, int>",
            ),
            (
                "std::map<char const*, int, std::less<char const*>, std::allocator<std::pair<char const* const, int> > >",
                "std::map<const char *, int>",
            ),
            ("Box<std::stack<int, std::deque<int, std::allocator<int> > > >", "Box<std::stack<int>>"),
            ("std::unique_ptr<A, std::default_delete<A> >", "std::unique_ptr<A>"),
        ] {
            assert_eq!(short(long), short(name));
            assert!(short(long).len() < canonical(long).len(), "{long}");
        }
        for name in [
            "std::vector<int, app::allocator<int>>",
            "std::vector<int, std::allocator<long>>",
            "app::vector<int, std::allocator<int>>",
            "vector<int, std::allocator<int>>",
            "operator<<int>",
            "a<b",
            "f(a->b)",
        ] {
            assert_eq!(short(name), canonical(name));
        }
    }
}
