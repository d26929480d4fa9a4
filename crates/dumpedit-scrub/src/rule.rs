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

    fn group(self, group: usize) -> Rule {
        Rule { group, ..self }
    }

    /// Every match has one of these in it.
    fn keywords(self, keywords: &[&str]) -> Rule {
        let keywords = keywords.iter().map(|word| (*word).to_owned()).collect();
        Rule { keywords, has_keyword: true, ..self }
    }

    fn stretch(self, least: usize, of: &str, count: usize) -> Rule {
        Rule { stretch: Some(Stretch { least, of: of.to_owned(), count }), ..self }
    }

    fn check(self, check: Check) -> Rule {
        Rule { check, ..self }
    }

    fn allowed(mut self, patterns: &[&str]) -> Rule {
        self.allowed.push(Allowed::patterns(patterns));
        self
    }

    fn part(self, part: Part) -> Rule {
        Rule { part, ..self }
    }

    fn named(self) -> Rule {
        Rule { is_name: true, ..self }
    }
}

/// The names of environment variables whose values say who ran a program, where and with which secrets: as they are, what begins
/// such a name, and what is a part of it.
const TELLING_VARIABLES: &[&str] = &[
    "HOME",
    "HOMEPATH",
    "USER",
    "USERNAME",
    "LOGNAME",
    "USERPROFILE",
    "USERDOMAIN",
    "COMPUTERNAME",
    "HOSTNAME",
    "LOGONSERVER",
    "PWD",
    "OLDPWD",
    "MAIL",
    "XAUTHORITY",
    "ICEAUTHORITY",
    "DBUS_SESSION_BUS_ADDRESS",
    "APPDATA",
    "LOCALAPPDATA",
    "ONEDRIVE",
    "OneDrive",
    "TEMP",
    "TMP",
    "TMPDIR",
];
const TELLING_BEGINNINGS: &[&str] = &["SUDO_", "SSH_", "XDG_"];
const TELLING_PARTS: &[&str] = &[
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASS",
    "APIKEY",
    "API_KEY",
    "ACCESS_KEY",
    "PRIVATE_KEY",
    "CREDENTIAL",
    "CREDENTIALS",
    "DSN",
    "CONNECTION_STRING",
    "DATABASE_URL",
];

/// The rule of such variables.
fn telling_variables() -> Rule {
    let (names, beginnings, parts) =
        (TELLING_VARIABLES.join("|"), TELLING_BEGINNINGS.join("|"), TELLING_PARTS.join("|"));
    let pattern = format!(
        "(?m)^(?:{names}|(?:{beginnings})[A-Z_]+|(?:[A-Z][A-Z0-9_]{{0,40}})?(?:{parts})(?:_[A-Z0-9_]{{1,40}})?)=([^\\n]+)"
    );
    let ends = |name: &&str, ends: &[&str]| ends.iter().map(|end| format!("{name}{end}")).collect::<Vec<_>>();
    let names = TELLING_VARIABLES.iter().flat_map(|name| ends(name, &["="]));
    let parts = TELLING_PARTS.iter().flat_map(|part| ends(part, &["=", "_"]));
    let keywords = names.chain(TELLING_BEGINNINGS.iter().map(|name| (*name).to_owned())).chain(parts);
    Rule {
        keywords: keywords.collect(),
        has_keyword: true,
        ..Rule::new("telling-variable", Class::Environment, pattern).group(1)
    }
}

/// The numbers of cards, by the digits that they begin with (ISO/IEC 7812), and the groups behind them, which one blank or `-` may
/// part.
const CARDS: &[(&str, &[&str])] = &[
    // American Express, and Diners Club.
    ("3[47][0-9]{2}", &["{6}", "{5}"]),
    ("3(?:0[0-5]|[689][0-9])[0-9]", &["{6}", "{4}"]),
    // Visa, Mastercard, Discover and JCB.
    (
        "(?:4[0-9]{3}|5[1-5][0-9]{2}|2[2-7][0-9]{2}|6(?:011|5[0-9]{2}|4[4-9][0-9])|35(?:2[89]|[3-8][0-9]))",
        &["{4}", "{4}", "{4}"],
    ),
    // UnionPay has from 16 to 19 digits, and Maestro from 12.
    ("62[0-9]{2}", &["{4}", "{4}", "{4}", "{1,3}?"]),
    ("(?:5018|5020|5038|5893|6304|6759|676[1-3])", &["{4}", "{4}", "{1,4}?", "{1,3}?"]),
];

/// The pattern of such numbers; a group that ends with `?` may be missing.
fn card_numbers() -> String {
    let group = |count: &&str| match count.strip_suffix('?') {
        Some(count) => format!("(?:[ -]?[0-9]{count})?"),
        None => format!("[ -]?[0-9]{count}"),
    };
    let of = |(start, groups): &(&str, &[&str])| {
        format!("{start}{}", groups.iter().map(group).collect::<String>())
    };
    let all: Vec<String> = CARDS.iter().map(of).collect();
    format!("(?:^|[^0-9A-Za-z.])({})(?:[^0-9A-Za-z.]|$)", all.join("|"))
}

/// The rules that dumpedit has of its own.
pub fn builtin() -> Vec<Rule> {
    use Class::{Addresses, Cards, Keys, Mail, Paths, Tokens, Users};
    vec![
        Rule::new(
            "mail-address",
            Mail,
            r"(?i)[a-z0-9][a-z0-9._%+'-]{0,63}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,24}\b",
        )
        .keywords(&["@"]),
        Rule::new("bearer-token", Tokens, r#"(?i)\bbearer\s+[\\"']{0,2}([a-z0-9._~+/-]{8,}=*)"#)
            .group(1)
            .keywords(&["bearer"]),
        Rule::new("basic-credentials", Tokens, r"(?i)\bauthorization:\s*basic\s+([a-z0-9+/]{6,}={0,2})")
            .group(1)
            .keywords(&["basic"]),
        Rule::new("authorization-token", Tokens, r#"(?i)\bauthorization:\s*token\s+[\\"']{0,2}([a-z0-9._~+/-]{8,}=*)"#)
            .group(1)
            .keywords(&["token"]),
        Rule::new("url-password", Tokens, r#"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@"'<>]*:([^\s/:@"'<>]+)@"#)
            .group(1)
            .keywords(&["@"]),
        Rule::new(
            "assigned-secret",
            Tokens,
            r#"(?i)(?:(?:\b|_)(?:password|passwd|pwd|secret|api[_-]?key|(?:access|auth|session)[_-]?token|client[_-]?secret|secret[_-]?(?:access[_-]?)?key)|_token|["']token)["']?\s*[:=]\s*["']?([^\s"'&;,<>]{6,})"#,
        )
        .group(1)
        .allowed(&[r"^[%$({\[*]", r"(?i)^(?:null|none|true|false|undefined|required|missing|invalid|incorrect)\b"])
        .keywords(&["passw", "pwd", "secret", "api_key", "api-key", "apikey", "token"]),
        Rule::new("jwt", Tokens, r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?").keywords(&["eyj"]),
        // The header, the encrypted key, which may be empty, the initialization vector, the text and the tag (RFC 7516).
        Rule::new(
            "jwe",
            Tokens,
            r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{22,}",
        )
        .keywords(&["eyj"]),
        Rule::new("github-token", Tokens, r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})")
            .keywords(&["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"]),
        Rule::new("gitlab-token", Tokens, r"\bgl(?:pat|ptt|cbt|dt|rt|soat|ft|imt|agent)-[A-Za-z0-9_.-]{20,}")
            .keywords(&["glpat-", "glptt-", "glcbt-", "gldt-", "glrt-", "glsoat-", "glft-", "glimt-", "glagent-"]),
        Rule::new("aws-access-key-id", Tokens, r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b")
            .keywords(&["akia", "asia", "abia", "acca"]),
        Rule::new(
            "aws-secret-key",
            Tokens,
            r#"(?i)aws[a-z0-9_.\s"'-]{0,30}(?:secret|key)[a-z0-9_.\s"'-]{0,20}[:=>\s"']{1,5}([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)"#,
        )
        .group(1)
        .keywords(&["aws"]),
        Rule::new("google-api-key", Tokens, r"\bAIza[A-Za-z0-9_-]{35}").keywords(&["aiza"]),
        Rule::new("google-oauth", Tokens, r"\b(?:ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,64})")
            .keywords(&["ya29.", "gocspx-"]),
        Rule::new("azure-key", Tokens, r"(?i)\b(?:AccountKey|SharedAccessKey|sig)=([A-Za-z0-9+/%]{30,120}={0,2})")
            .group(1)
            .keywords(&["accountkey=", "sharedaccesskey=", "sig="]),
        Rule::new("slack-token", Tokens, r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}").keywords(&["xox"]),
        Rule::new("slack-webhook", Tokens, r"hooks\.slack\.com/(?:services|workflows)/([A-Za-z0-9/+]{20,})")
            .group(1)
            .keywords(&["hooks.slack.com"]),
        Rule::new("stripe-key", Tokens, r"\b(?:[sr]k_(?:live|test|prod)|whsec)_[A-Za-z0-9]{10,}")
            .keywords(&["sk_live", "sk_test", "sk_prod", "rk_live", "rk_test", "rk_prod", "whsec_"]),
        Rule::new("npm-token", Tokens, r"\bnpm_[A-Za-z0-9]{36}\b").keywords(&["npm_"]),
        Rule::new("openai-key", Tokens, r"\bsk-(?:[a-z]{2,8}-)*[A-Za-z0-9_-]{32,}").keywords(&["sk-"]),
        Rule::new(
            "private-key",
            Keys,
            r"-----BEGIN[ A-Z0-9]{0,40}PRIVATE KEY(?: BLOCK)?-----([A-Za-z0-9+/=:,.\s\\-]{16,}?)(?:-----END|$)",
        )
        .group(1)
        .keywords(&["private key"]),
        // In digits of binary data, which is rare in text, every tenth number has a right check digit.
        Rule::new("card-number", Cards, card_numbers())
            .group(1)
            .stretch(12, "0123456789", 12)
            .check(Check::Luhn),
        Rule::new(
            "ipv4-address",
            Addresses,
            r"(?:^|[^0-9A-Za-z.])((?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9][0-9]|[1-9])(?:\.(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9][0-9]|[0-9])){3})(?:[^0-9A-Za-z.]|\.[^0-9A-Za-z]|\.?$)",
        )
        .group(1)
        .stretch(7, ".", 3)
        .allowed(&[r"^127\.", r"^255\.255\.255\.", r"^[1-9]\.0\.0\.0$"]),
        Rule::new(
            "ipv6-address",
            Addresses,
            r"(?i)(?:^|[^0-9a-z:._-])((?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}|(?:[0-9a-f]{1,4}:){2,7}:)(?:[^0-9a-z:_-]|$)",
        )
        .group(1)
        .keywords(&[
            "0::", "1::", "2::", "3::", "4::", "5::", "6::", "7::", "8::", "9::", "a::", "b::", "c::", "d::", "e::", "f::",
        ])
        .stretch(15, ":", 2)
        // What has no digit in it may be the name of something in a program.
        .allowed(&[r"(?i)^[a-f:]+$", r"(?i)^[0-9a-f]{1,4}::[0-9a-f]{1,4}$"]),
        Rule::new(
            "home-folder",
            Users,
            r#"(?i)(?:/home/|/users/|[\\/]users[\\/]+|[\\/]documents and settings[\\/]+|/var/users/|/export/home/)([^/\\:*?"'<>|\s=,;(){}\[\]%$]{1,64})"#,
        )
        .group(1)
        .keywords(&["/home/", "users/", "users\\", "settings/", "settings\\"])
        .allowed(&[r"(?i)^(?:public|default|shared|all|\.|\.\.|user|username|linuxbrew)$", r"^[.~@<*]"])
        .named(),
        telling_variables(),
        Rule::new(
            "module-path",
            Paths,
            r#"(?i)(?:[a-z]:\\|\\\\|/)(?:[^/\\:*?"<>|\x00-\x1f]+[/\\])+[^/\\:*?"<>|\x00-\x1f ]+\.(?:so(?:\.[0-9.]*[0-9])?|dylib|dll|exe|pdb|sys|ocx|drv|node|jar|debug)(?:[^a-z0-9_/\\.-]|$)"#,
        )
        .keywords(&[".so", ".dylib", ".dll", ".exe", ".pdb", ".sys", ".ocx", ".drv", ".node", ".jar", ".debug"])
        .part(Part::Folders),
    ]
}
