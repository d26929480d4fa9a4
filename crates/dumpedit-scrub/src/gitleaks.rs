//! Reads rules of gitleaks: TOML, with Go's regular expressions.

use serde::Deserialize;

use crate::class::Class;
use crate::error::RuleError;
use crate::rule::{Allowed, Check, RegexTarget, Rule};

/// Rules of a file, and the parts of the file that were left out.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct RuleFile {
    /// The rules.
    pub rules: Vec<Rule>,
    /// Parts left out, a sentence each.
    pub left_out: Vec<String>,
}

/// Parts of the file that are read; the others do not describe secrets.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    extend: Option<Extend>,
    #[serde(default)]
    rules: Vec<FileRule>,
    allowlist: Option<Allowlist>,
    #[serde(default)]
    allowlists: Vec<Allowlist>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extend {
    path: Option<String>,
    url: Option<String>,
    #[serde(default)]
    use_default: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FileRule {
    id: String,
    regex: Option<String>,
    path: Option<String>,
    #[serde(default)]
    secret_group: usize,
    entropy: Option<f64>,
    #[serde(default)]
    keywords: Vec<String>,
    allowlist: Option<Allowlist>,
    #[serde(default)]
    allowlists: Vec<Allowlist>,
    #[serde(default)]
    required: Vec<toml::Value>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Allowlist {
    condition: Option<String>,
    #[serde(default)]
    regexes: Vec<String>,
    regex_target: Option<String>,
    #[serde(default)]
    stopwords: Vec<String>,
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    commits: Vec<String>,
    #[serde(default)]
    target_rules: Vec<String>,
}

/// Reads a rule file of gitleaks.
///
/// # Errors
/// [`RuleError::File`] where the file is not one, and [`RuleError::Pattern`] where a regular expression cannot be translated.
pub fn gitleaks(text: &str) -> Result<RuleFile, RuleError> {
    let file: File = toml::from_str(text).map_err(|error| RuleError::File { cause: said(&error, text) })?;
    let mut read = RuleFile::default();
    if let Some(extend) = &file.extend {
        if extend.use_default {
            read.left_out.push("the default rules of gitleaks are not included in dumpedit".to_owned());
        }
        if extend.path.is_some() || extend.url.is_some() {
            read.left_out.push("dumpedit does not read the file that it extends".to_owned());
        }
    }
    let for_all: Vec<Allowlist> = file.allowlist.into_iter().chain(file.allowlists).collect();
    let mut left_out =
        LeftOut { by_all: for_all.iter().any(Allowlist::is_about_files), ..LeftOut::default() };
    for rule in file.rules {
        let FileRule { id, regex, path, secret_group, entropy, keywords, allowlist, allowlists, required } =
            rule;
        let Some(regex) = regex else {
            left_out.names.push(id);
            continue;
        };
        if path.is_some() {
            left_out.paths.push(id.clone());
        }
        if !required.is_empty() {
            left_out.required.push(id.clone());
        }
        if !regex.is_ascii() {
            left_out.wide.push(id.clone());
        }
        let mut rule = Rule::new(id.as_str(), Class::Rules, of_go(&id, &regex)?);
        rule.group = secret_group;
        rule.first_group = true;
        rule.keywords = keywords.into_iter().filter(|word| !word.is_empty()).collect();
        rule.check = entropy.filter(|least| *least > 0.0).map_or(Check::Nothing, Check::Entropy);
        let global =
            for_all.iter().filter(|list| list.target_rules.is_empty() || list.target_rules.contains(&id));
        let own = || allowlist.iter().chain(&allowlists);
        if own().any(Allowlist::is_about_files) {
            left_out.allowed.push(id.clone());
        }
        for list in own().chain(global) {
            rule.allowed.extend(allowed(&id, list)?);
        }
        read.rules.push(rule);
    }
    read.left_out.extend(left_out.sentences());
    Ok(read)
}

/// Parts of rules that were left out, by the ids of the rules.
#[derive(Default)]
struct LeftOut {
    names: Vec<String>,
    paths: Vec<String>,
    required: Vec<String>,
    allowed: Vec<String>,
    wide: Vec<String>,
    /// Whether the file allows paths or commits for all rules.
    by_all: bool,
}

impl LeftOut {
    /// One sentence for all rules of which the same is left out.
    fn sentences(&self) -> Vec<String> {
        let rules = |ids: &[String]| match ids {
            [] => None,
            [id] => Some(format!("rule `{id}`")),
            [first, _] => Some(format!("rule `{first}` and 1 other")),
            [first, others @ ..] => Some(format!("rule `{first}` and {} others", others.len())),
        };
        let left_out =
            |ids: &[String], what: &str, why: &str| rules(ids).map(|rules| format!("{rules}: {what}: {why}"));
        let allowed = "allowed paths and commits are ignored";
        let (no_names, no_files) = ("a dump has no file names", "a dump has neither");
        [
            left_out(&self.names, "not used", no_names),
            left_out(&self.paths, "the path is ignored", no_names),
            left_out(&self.required, "required rules are ignored", "each rule applies on its own"),
            left_out(&self.allowed, allowed, no_files),
            left_out(&self.wide, "not looked for in UTF-16", "the pattern has letters beyond ASCII"),
            self.by_all.then(|| format!("all rules: {allowed}: {no_files}")),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Allowlist {
    /// Whether it allows paths or commits, which a dump does not have.
    fn is_about_files(&self) -> bool {
        !self.paths.is_empty() || !self.commits.is_empty()
    }
}

/// The message of the TOML parser, on one line.
fn said(error: &toml::de::Error, text: &str) -> String {
    let message = error.message().lines().collect::<Vec<_>>().join(" ");
    match error.span() {
        Some(span) => {
            let before = text.as_bytes().get(..span.start).unwrap_or_default();
            let line = memchr::memchr_iter(b'\n', before).count() + 1;
            format!("line {line}: {message}")
        }
        None => message,
    }
}

fn allowed(id: &str, list: &Allowlist) -> Result<Option<Allowed>, RuleError> {
    let all = list.condition.as_deref().is_some_and(|word| matches!(word, "AND" | "&&" | "and"));
    // The remaining conditions alone would allow more.
    if all && list.is_about_files() {
        return Ok(None);
    }
    let target = match list.regex_target.as_deref() {
        None | Some("secret" | "") => RegexTarget::Secret,
        Some("match") => RegexTarget::Match,
        Some("line") => RegexTarget::Line,
        Some(other) => {
            let cause = format!("`{other}` is not one of secret, match, line");
            return Err(RuleError::File { cause });
        }
    };
    let patterns = list.regexes.iter().map(|pattern| of_go(id, pattern)).collect::<Result<Vec<_>, _>>()?;
    let words: Vec<String> = list.stopwords.iter().filter(|word| !word.is_empty()).cloned().collect();
    Ok((!patterns.is_empty() || !words.is_empty()).then_some(Allowed { patterns, target, words, all }))
}

/// Translates a regular expression of Go to the syntax of the `regex` crate: in Go, a class takes `[`, `&` and `~` as letters, `\<` and
/// `\>` are letters, and `\Q` quotes.
fn of_go(id: &str, pattern: &str) -> Result<String, RuleError> {
    let refused = |cause: &str| RuleError::Pattern { id: id.to_owned(), cause: cause.to_owned() };
    let mut out = String::new();
    let mut letters = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('Q') => {
                    let mut quoted = String::new();
                    while let Some(letter) = letters.next() {
                        if letter == '\\' && letters.peek() == Some(&'E') {
                            letters.next();
                            break;
                        }
                        quoted.push(letter);
                    }
                    out.push_str(&regex::escape(&quoted));
                }
                Some('C') => return Err(refused("\\C, any byte, is not supported")),
                Some(letter @ ('<' | '>')) => out.push_str(&format!("\\x{:02x}", u32::from(letter))),
                Some(letter) => out.extend(['\\', letter]),
                None => return Err(refused("it ends with a backslash")),
            },
            '[' if !in_class => {
                in_class = true;
                out.push('[');
                if letters.peek() == Some(&'^') {
                    out.extend(letters.next());
                }
                // `]` at the beginning of a class is a letter.
                if letters.peek() == Some(&']') {
                    letters.next();
                    out.push_str("\\]");
                }
            }
            '[' if letters.peek() == Some(&':') => {
                // `[:alpha:]`
                out.push('[');
                for letter in letters.by_ref() {
                    out.push(letter);
                    if letter == ']' {
                        break;
                    }
                }
            }
            '[' => out.push_str("\\["),
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '&' | '~' if in_class => out.extend(['\\', letter]),
            // Either the sign itself, or the end of a range.
            '-' if in_class && letters.peek() == Some(&'-') => {
                if out.ends_with('[') || out.ends_with("[^") {
                    out.push_str("\\-");
                } else {
                    letters.next();
                    out.push_str("-\\-");
                }
            }
            letter => out.push(letter),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::{Matcher, Room};

    fn found(rules: &str, text: &str) -> Vec<String> {
        let rules = gitleaks(rules).unwrap().rules;
        let mut found = Vec::new();
        Matcher::new(&rules).unwrap().find(text.as_bytes(), &mut Room::default(), &mut |hit| {
            found.push(String::from_utf8_lossy(&text.as_bytes()[hit.secret]).into_owned());
        });
        found
    }

    #[test]
    fn a_rule_finds_its_group_where_its_keyword_is() {
        let rules = r#"
            title = "ours"
            [[rules]]
            id = "ticket"
            description = "tickets"
            regex = '''(?i)ticket[:=]\s*'?([a-z]{2}-[0-9]{4})'?'''
            secretGroup = 1
            keywords = ["ticket"]
        "#;
        assert_eq!(found(rules, "TICKET: ab-1234 ticket=cd-5678"), ["ab-1234", "cd-5678"]);
        assert_eq!(found(rules, "tick ab-1234"), [""; 0]);
        assert_eq!(found(&rules.replace("secretGroup = 1", ""), "ticket=ab-1234"), ["ab-1234"]);
    }

    #[test]
    fn entropy_and_what_is_allowed_are_seen() {
        let rules = |more: &str| format!("[[rules]]\nid = 'r'\nregex = 'k=(\\w+)'\n{more}");
        assert_eq!(found(&rules("entropy = 2.5"), "k=aaaaaaaa k=a1b2c3d4"), ["a1b2c3d4"]);
        let by_word = rules("[[rules.allowlists]]\nstopwords = ['example']");
        assert_eq!(found(&by_word, "k=myexample1 k=other1"), ["other1"]);
        let by_line = rules("[rules.allowlist]\nregexTarget = 'line'\nregexes = ['^#']");
        assert_eq!(found(&by_line, "# k=one1\nk=two2"), ["two2"]);
        let by_both = rules("[[rules.allowlists]]\ncondition = 'AND'\nregexes = ['^a']\nstopwords = ['zz']");
        assert_eq!(found(&by_both, "k=a1zz k=a1 k=b1zz"), ["a1", "b1zz"]);
        let for_all = format!("{}[[allowlists]]\ntargetRules = ['r']\nregexes = ['^a']", rules(""));
        assert_eq!(found(&for_all, "k=a1 k=b1"), ["b1"]);
        assert_eq!(found(&for_all.replace("['r']", "['other']"), "k=a1 k=b1"), ["a1", "b1"]);
    }

    #[test]
    fn expressions_of_go_mean_the_same() {
        for (pattern, text, hit) in [
            (r"k[[]x", "k[x", true),
            (r"k[a&&b]x", "k&x", true),
            (r"k[~~]x", "k~x", true),
            (r"k[+--]x", "k,x", true),
            (r"k[]a]x", "k]x", true),
            (r"k[^]a]x", "k]x", false),
            (r"k\<x\>", "k<x>", true),
            (r"k\Q.*\Ex", "k.*x", true),
            (r"k[[:digit:][:alpha:]]x", "k7x", true),
            (r"k\wx", "kéx", false),
            (r"(?i)k\x41x", "kax", true),
            (r"k\/\-\'x", "k/-'x", true),
        ] {
            let rules = format!("[[rules]]\nid = 'r'\nregex = '''{pattern}'''\n");
            assert_eq!(!found(&rules, text).is_empty(), hit, "{pattern}");
        }
    }

    #[test]
    fn what_means_nothing_here_is_told() {
        let text = "[extend]\nuseDefault = true\npath = 'x'\n[[rules]]\nid = 'file'\npath = '\\.pem$'\n[[rules]]\nid = 'r'\n\
                    regex = 'a'\npath = 'b'\n[[rules.required]]\nid = 'c'\n[rules.allowlist]\npaths = ['d']\n";
        let read = gitleaks(text).unwrap();
        assert_eq!(read.rules.len(), 1);
        assert_eq!(read.left_out.len(), 6, "{:?}", read.left_out);
    }

    #[test]
    fn a_pattern_with_letters_beyond_ascii_is_remarked() {
        let read = gitleaks("[[rules]]\nid = 'zoo'\nregex = 'żółw-[0-9]+'").unwrap();
        assert_eq!(
            read.left_out,
            ["rule `zoo`: not looked for in UTF-16: the pattern has letters beyond ASCII"]
        );
    }

    #[test]
    fn what_is_left_out_of_many_rules_is_told_once() {
        let rule = |id: usize| format!("[[rules]]\nid = 'r{id}'\nregex = 'a'\npath = 'b'\n");
        let rules: String = (0..200).map(rule).collect();
        let read = gitleaks(&format!("{rules}[allowlist]\npaths = ['d']\n")).unwrap();
        assert_eq!(
            read.left_out,
            [
                "rule `r0` and 199 others: the path is ignored: a dump has no file names",
                "all rules: allowed paths and commits are ignored: a dump has neither"
            ]
        );
    }

    #[test]
    fn a_bad_file_is_an_error_that_says_where() {
        let error = |text: &str| {
            let rules = match gitleaks(text) {
                Ok(read) => read.rules,
                Err(error) => return error.to_string(),
            };
            Matcher::new(&rules).unwrap_err().to_string()
        };
        assert!(error("rules = 3").contains("line 1"), "{}", error("rules = 3"));
        assert!(error("[[rules]]\nregex = 'a'").contains("missing field `id`"));
        assert!(error("[[rules]]\nid = 'r'\nregex = '(a'").contains("rule `r`"));
        assert!(error("[[rules]]\nid = 'r'\nregex = 'a\\Cb'").contains("any byte"));
        assert!(error("[[rules]]\nid = 'r'\nregex = 'a(?=b)'").contains("look-around"));
        assert!(error("[[rules]]\nid = 'r'\nregex = 'a'\nsecretGroup = 2").contains("group 2"));
        assert!(error("[[rules]]\nid = 'r'\nregex = '((a{999}){999}){999}'").contains("rule `r`"));
        let target = "[[rules]]\nid = 'r'\nregex = 'a'\n[rules.allowlist]\nregexTarget = 'x'";
        assert!(error(target).contains("not one of secret"));
    }
}
