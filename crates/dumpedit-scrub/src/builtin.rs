//! The built-in rules.

/// An escape of C, JSON or a URL, whose last letter is none of the word behind it.
macro_rules! escape {
    () => {
        r"\\[nrt]|(?:%|\\x|\\u00)[0-9A-Fa-f]{2}"
    };
}

/// A pattern that begins where a word does: also behind `_` and behind an escape.
macro_rules! word {
    ($pattern:literal) => {
        concat!(r"(?:\b|_|", escape!(), ")", $pattern)
    };
}

mod vendors;

use crate::class::Class;
use crate::rule::{Check, Part, Rule};
use vendors::VENDORS;

/// Names of environment variables whose values tell who ran a program, where and with which secrets: whole names, beginnings and parts.
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
    "PWD",
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

/// Rule of these variables.
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

/// Card numbers: their first digits (ISO/IEC 7812), and the groups of digits that follow, each behind an optional blank or `-`.
const CARDS: &[(&str, &[&str])] = &[
    // American Express and Diners Club.
    ("3[47][0-9]{2}", &["{6}", "{5}"]),
    ("3(?:0[0-5]|[689][0-9])[0-9]", &["{6}", "{4}"]),
    // Visa had 13 digits once.
    ("4[0-9]{3}", &["{3}", "{3}", "{3}"]),
    // Visa, Mastercard, Discover and JCB.
    (
        "(?:4[0-9]{3}|5[1-5][0-9]{2}|2[2-7][0-9]{2}|6(?:011|5[0-9]{2}|4[4-9][0-9])|35(?:2[89]|[3-8][0-9]))",
        &["{4}", "{4}", "{4}"],
    ),
    // UnionPay has from 16 to 19 digits, and Maestro from 12.
    ("62[0-9]{2}", &["{4}", "{4}", "{4}", "{1,3}?"]),
    ("(?:5018|5020|5038|5893|6304|6759|676[1-3])", &["{4}", "{4}", "{1,4}?", "{1,3}?"]),
];

/// Pattern of card numbers; a group that ends with `?` may be missing. Other text may follow at once, as strings in memory do not all end with
/// a zero byte; a hexadecimal digit in front of one is a hash's.
fn card_numbers() -> String {
    let group = |count: &&str| match count.strip_suffix('?') {
        Some(count) => format!("(?:[ -]?[0-9]{count})?"),
        None => format!("[ -]?[0-9]{count}"),
    };
    let of = |(start, groups): &(&str, &[&str])| {
        format!("{start}{}", groups.iter().map(group).collect::<String>())
    };
    let all: Vec<String> = CARDS.iter().map(of).collect();
    [concat!("(?:^|[^0-9A-Fa-f.]|", escape!(), ")("), &all.join("|"), ")(?:[^0-9.]|$)"].concat()
}

/// Text in front of four numbers that are a version and not an address: the word, a program's name, a folder of either, or a file name that
/// the version is a part of. In other folders, four numbers may be a host.
const BEFORE_VERSIONS: &[&str] = &[
    r#"(?i)(?:version|(?:^|[^a-z])(?:vers?|release|rel|revision|rev|build))["']?[\s:="'(]{0,4}$"#,
    r"(?i)(?:^|[^a-z])(?:(?:open|libre|boring)ssl|g?libc|musl|gcc|clang|llvm|lld|rustc|binutils|python[0-9.]{0,4}|perl|php|ruby|java|jdk|jre|openjdk|node|nodejs|zlib|curl|libcurl|chrom(?:e|ium)|headlesschrome|firefox|safari|edga?|opr|opera|electron|qt|gtk|mesa|cuda|vulkan|directx|mono|\.net|unity|sqlite)[ /\\_]{1,2}$",
    r"(?i)[/\\](?:versions?|releases?)[/\\]{1,2}$",
    r"[A-Za-z_]-$",
];

/// Mail addresses that are none: SSH's names of algorithms and extensions, images for dense screens, files, and systemd units.
const NO_MAIL: &[&str] = &[
    r"(?i)@(?:openssh\.com|libssh\.org|tinyssh\.org|lysator\.liu\.se)$",
    r"(?i)^(?:ssh|sk|ecdsa|rsa|dsa|hmac|umac|aes[0-9]+|rijndael|chacha20|des|3des|seed|twofish[0-9]*|curve[0-9]+|x25519|sntrup[0-9]+|mlkem[0-9]+|kex|kexguess[0-9]|diffie|gss|zlib|x509v3)-[a-z0-9-]*@",
    r"(?i)@[0-9](?:\.[0-9])?x(?:[~._-][a-z0-9]+)*\.(?:png|jpe?g|gif|svg|webp|avif|heic|tiff?|pdf)$",
    r"(?i)\.(?:png|jpe?g|gif|svg|webp|ico|bmp|dll|exe|sys|pdb|html?|xml|json|css|js|jar|class|tgz|gz)$",
    r"\.(?:service|socket|slice|scope|target|mount|automount|timer|device|swap)$",
    // Symbols of procedure linkage tables, as tools write them.
    r"\.(?:plt|got|sec)$",
];

/// Beginning of a match for a mail address that is a symbol of C++ instead.
const MANGLED: &str = r"^_Z[A-Z]*[a-z]?[0-9]";

/// Letter or digit of a name in a mail address: Latin, Greek and Cyrillic letters, in UTF-8 and as one byte, too.
const MAIL_LETTER: &str = r"[a-z0-9]|[\xc3-\xd4][\x80-\xbf]|[\xc0-\xff]";

/// The end of a mail address behind the `@`. Names of hosts may have letters of any script (RFC 6531). Letters of ASCII right behind others
/// belong to the name, which would go on with them once it is replaced. The last part ends where the letters' case changes, since other
/// bytes may follow at once: strings in memory do not all end with a zero byte.
const MAIL_HOST: &str = r"(?:[a-z0-9\x80-\xff][a-z0-9\x80-\xff-]*\.){1,8}(?:(?-i:[A-Za-z][a-z]{1,23}|[A-Z]{2,24})|[a-z]{2,24}|[\x80-\xff][a-z0-9\x80-\xff-]{1,72})";

/// Name of words in small letters between signs, each with a short number behind it.
const WORDS: &str = r"^[a-z]+(?:[-_.]+[a-z]*[0-9]{0,3})+$";

/// Class name of a style sheet, or another name of words between signs, as `aNameOfWords` with a short number behind it. Hardly a random
/// token is one.
const NAMES: &str = r"^[a-z]+(?:[-_.]+(?:[A-Z]?[a-z]{3,}(?:[A-Z]{1,2}[a-z]+)*|[a-z]*)[0-9]{0,3}){2,}$";

/// One part of an IPv4 address.
const OCTET: &str = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";

/// Part of a folder's name that is a user's.
const USER: &str = r#"[^/\\:*?"'<>|\s=,;(){}\[\]%$]"#;

/// A value that is assigned to a name of a secret: in code, in JSON, in a URL and its encoding, in XML. Quoted values may have blanks.
fn assigned_secret() -> String {
    let words = "password|passwd|passphrase|pwd|secret|api[_-]?key|(?:access|auth|session|refresh|id|private|job|deploy|security|vault|csrf|xsrf)[_-]?token|client[_-]?secret|secret[_-]?(?:access[_-]?)?key";
    let joined = "[a-z0-9](?:Password|Passwd|Passphrase|Pwd|Secret|ApiKey)|[A-Z0-9](?:PASSWORD|PASSWD)";
    let name = [word!("(?:"), words, ")"].concat();
    let name = format!(r#"(?:{name}|(?-i:{joined})|_token|["'?&]token|%22token)"#);
    let plain = r#"[^\s"'&;,<>\\]"#;
    let encoded = r"(?:[^%\s&]|%(?:[013-9a-f][0-9a-f]|2[013-57-9a-f])){6,}";
    let forms = [
        format!(r#"{name}["']?\s*(?:[:=]|=>)\s*"([^\s"\\<>][^"\\<>\r\n]{{4,126}}[^\s"\\<>])""#),
        format!(r#"{name}\\*["']?\s*[:=]\s*\\*["']?((?:{plain}|\\[^\s"'&;,<>]){{6,}})"#),
        format!("{name}%22(?:%20)*%3a(?:%20)*%22({encoded})"),
        format!(r"{name}%3d({encoded})"),
        format!(r"<[a-z_:.-]{{0,30}}(?:{words}|token)>([^<>\s][^<>]{{4,126}}[^<>\s])</"),
        // In YAML, and in the settings of Docker.
        r"(?m:^)[ \t-]*token:[ \t]+([A-Za-z0-9._~+/=-]{20,})".to_owned(),
        r#""auth"\s*:\s*"([A-Za-z0-9+/]{8,}={0,2})""#.to_owned(),
    ];
    format!("(?i)(?:{})", forms.join("|"))
}

/// A user's folder; its name may have blanks or an apostrophe where the path goes on behind it. JSON may escape the separators, and a URL
/// encodes them.
fn home_folder() -> String {
    let folders = r"(?:users|documents and settings)";
    let users = format!(r"[\\/]{folders}[\\/]+");
    let homes = format!(r"(?:/home\\*/(?:users\\*/)?|{users}|/var/users/|/export/home/)");
    let part = format!("{USER}{{1,64}}(?:'{USER}{{1,32}})?");
    let encoded = r"(?:%2f|%5c)+(?:home|users|documents(?:%20|\+)and(?:%20|\+)settings)(?:%2f|%5c)+((?:[a-z0-9._~+-]|%20|%[89a-f][0-9a-f]){1,64})";
    format!(
        r"(?i)(?:{users}({part}(?: {USER}{{1,32}}){{0,3}})[\\/]|{homes}(?:({part})[\\/]|({USER}{{1,64}}))|{encoded})"
    )
}

/// A key in lines of Base64 (RFC 7468), as files, JSON and sources in C have it: with headers in front of it, until what is none of it.
fn private_key() -> String {
    let between = r#"(?:\s|\\+[nrt]|["',+#*>|])"#;
    let header = r"[A-Za-z][A-Za-z-]{2,20}: [A-Za-z0-9,. :()/<>@_+=-]{1,100}";
    let line = "[A-Za-z0-9+/=]{16,}";
    format!(
        "-----BEGIN[ A-Z0-9]{{0,40}}PRIVATE KEY(?: BLOCK)?-----({between}*(?:{header}{between}+)*{line}(?:{between}+{line})*(?:{between}+[A-Za-z0-9+/=]{{4,}})*{between}*)"
    )
}

/// Returns the built-in rules.
pub fn builtin() -> Vec<Rule> {
    use Class::{Addresses, Cards, Keys, Mail, Paths, Tokens, Users};
    let rules = vec![
        Rule::new(
            "mail-address",
            Mail,
            format!(
                r"(?i)_?((?:{MAIL_LETTER})(?:{MAIL_LETTER}|[._%+'-])*(?:@|%40){MAIL_HOST})"
            ),
        )
        .group(1)
        .keywords(&["@", "%40"])
        .allowed(NO_MAIL)
        .allowed_matches(&[MANGLED]),
        Rule::new("bearer-token", Tokens, word!(r#"(?i)bearer(?:\s|%20|\+)+[\\"']{0,2}([a-z0-9._~+/-]{8,}=*)"#))
            .group(1)
            .keywords(&["bearer"]),
        Rule::new("basic-credentials", Tokens, word!(r"(?i)authorization:\s*basic\s+([a-z0-9+/]{6,}={0,2})"))
            .group(1)
            .keywords(&["basic"]),
        Rule::new("authorization-token", Tokens, word!(r#"(?i)authorization:\s*token\s+[\\"']{0,2}([a-z0-9._~+/-]{8,}=*)"#))
            .group(1)
            .keywords(&["token"]),
        Rule {
            first_group: true,
            ..Rule::new(
                "url-password",
                Tokens,
                word!(r#"(?i)[a-z][a-z0-9+.-]{1,20}(?:://[^\s/:@"'<>]*:([^\s/:@"'<>]+)@|%3a%2f%2f[^\s/:@%]*%3a((?:[^\s/@%]|%[0-35-9a-f][0-9a-f]|%4[1-9a-f])+)%40)"#),
            )
            .keywords(&["@", "%40"])
        },
        Rule { first_group: true, ..Rule::new("assigned-secret", Tokens, assigned_secret()) }
            .allowed(&[
                r"^[%$({\[*]",
                r"(?i)^(?:null|none|true|false|undefined|required|missing|invalid|incorrect)\b",
            ])
            // The current folder.
            .allowed_matches(&[r"^\W*(?:[nrt]|[0-9A-F]{2})?PWD=(?:/|[A-Za-z]:)"])
            .keywords(&["passw", "passphrase", "pwd", "secret", "api_key", "api-key", "apikey", "token", "\"auth\""]),
        // Of .netrc, and of an option.
        Rule::new("login-password", Tokens, r#"(?i)(?:\blogin\s+\S{1,64}\s+password\s+|\bsshpass\s+-p\s*["']?)([^\s"'<>$%-][^\s"'<>]{2,})"#)
            .group(1)
            .keywords(&["login", "sshpass"]),
        Rule::new("curl-password", Tokens, word!(r#"curl\s[^\r\n]{0,200}?-(?:u|-user)[\s=]?["']?([^\s:"'@$<{%0-9-][^\s:"'@]{0,63}:[^\s"'$<{%][^\s"']{2,})"#))
            .group(1)
            .keywords(&["curl "]),
        Rule::new(
            "option-secret",
            Tokens,
            concat!(r#"(?i)(?:^|[\s"'(,\[]|"#, escape!(), r#")--?(?:[a-z0-9]+[-_])*(?:password|passwd|pass|pwd|passphrase|token|secret|api[-_]?key|(?:access|secret)[-_]key)["']?\s+["']?([^\s"'<>(){}\[\]%$|;,-][^\s"'<>;,]{5,})"#),
        )
        .group(1)
        .allowed(&[
            r"(?i)^(?:string|value|password|passwd|token|secret|filename|prompt|required|optional|specif[a-z]+|instead|options?|should|cannot)\b",
        ])
        .keywords(&[
            "-pass", "_pass", "pwd", "secret", "api_key", "api-key", "apikey", "access-key", "access_key", "token",
        ]),
        // Of `Set-Cookie`, attributes follow the value. The escape of a quote or of the end of a line is none of it.
        Rule {
            first_group: true,
            ..Rule::new(
                "cookie",
                Tokens,
                word!(r#"(?i)(?:set-cookie2?\\*["']?[ \t]*:[ \t]*\\*["']?[^\s=;:"',\\]{1,128}=((?:[^\s;"\\]|\\+[^\s;"\\rn]){4,})|cookie\\*["']?[ \t]*:[ \t]*\\*["']?[^\s=;:"',\\]{1,128}=((?:[^\r\n"<>{}\\]|\\+[^\r\n"<>{}\\rn]){4,}))"#),
            )
            .keywords(&["cookie"])
        },
        Rule::new("jwt", Tokens, r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?").keywords(&["eyj"]),
        // The header, the encrypted key, which may be empty, the initialization vector, the text and the tag (RFC 7516).
        Rule::new(
            "jwe",
            Tokens,
            word!(r"(eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{22,})"),
        )
        .group(1)
        .keywords(&["eyj"]),
        // A letter behind one of the usual length is another string's.
        Rule::new("github-token", Tokens, r"(?:gh[pousr]_[A-Za-z0-9]{36}(?:[A-Za-z0-9]{4,})?|github_pat_(?:[A-Za-z0-9]{22}_[A-Za-z0-9]{59}|[A-Za-z0-9_]{22,}))")
            .keywords(&["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"]),
        Rule::new("gitlab-token", Tokens, r"gl(?:pat|ptt|cbt|dt|rt|soat|ft|imt|agent)-[A-Za-z0-9_.-]{20,}|GR1348941[A-Za-z0-9_-]{20,}")
            .allowed(&[WORDS])
            .keywords(&["glpat-", "glptt-", "glcbt-", "gldt-", "glrt-", "glsoat-", "glft-", "glimt-", "glagent-", "gr1348941"]),
        Rule { first_group: true, ..Rule::new("aws-access-key-id", Tokens, concat!("(AKIA[A-Z2-7]{16})|", word!("((?:ASIA|ABIA|ACCA)[A-Z2-7]{16})"))) }
            .keywords(&["akia", "asia", "abia", "acca"]),
        Rule::new(
            "aws-secret-key",
            Tokens,
            r#"(?i)aws[a-z0-9_.\s"'-]{0,30}(?:secret|key)[a-z0-9_.\s"'-]{0,20}[:=>\s"']{1,5}([A-Za-z0-9/+]{40})"#,
        )
        .group(1)
        .keywords(&["aws"]),
        Rule::new("google-api-key", Tokens, word!(r"(AIza[A-Za-z0-9_-]{35})")).group(1).keywords(&["aiza"]),
        Rule::new("google-oauth", Tokens, word!(r"(ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,64})"))
            .group(1)
            .keywords(&["ya29.", "gocspx-"]),
        Rule::new(
            "azure-key",
            Tokens,
            r#"(?i)(?:(?:account|shared_?access|storage)_?key["']?\s?[=:]\s?["']?|\bsig=)([A-Za-z0-9+/%]{30,120}={0,2})"#,
        )
        .group(1)
        .keywords(&["accountkey", "account_key", "accesskey", "access_key", "storagekey", "storage_key", "sig="]),
        Rule::new("slack-token", Tokens, r"xox[a-eoprs]-[A-Za-z0-9%-]{10,}").keywords(&["xox"]),
        Rule::new("slack-webhook", Tokens, r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9/+]{20,})")
            .group(1)
            .keywords(&["hooks.slack.com"]),
        Rule::new("stripe-key", Tokens, word!(r"((?:[sr]k_(?:live|test|prod)|whsec)_[A-Za-z0-9]{10,})"))
            .group(1)
            .keywords(&["sk_live", "sk_test", "sk_prod", "rk_live", "rk_test", "rk_prod", "whsec_"]),
        Rule::new("npm-token", Tokens, r"npm_[A-Za-z0-9]{36}").keywords(&["npm_"]),
        Rule::new("pypi-token", Tokens, r"pypi-Ag[A-Za-z0-9_-]{50,}").keywords(&["pypi-ag"]),
        Rule::new("sendgrid-key", Tokens, word!(r"(SG\.[A-Za-z0-9_-]{20,24}\.[A-Za-z0-9_-]{39,50})"))
            .group(1)
            .keywords(&["sg."]),
        // An API key or an account number. 32 such digits without the prefix are a hash or an id.
        Rule::new("twilio-key", Tokens, concat!("(?:^|[^0-9A-Za-z]|", escape!(), ")", r"((?:SK|AC)[0-9a-f]{32})(?:[^0-9A-Fa-f]|$)"))
            .group(1)
            .stretch(34, "SKAC0123456789abcdef", 34),
        Rule::new("openai-key", Tokens, word!(r"(sk-(?:[a-z]{2,8}-)*[A-Za-z0-9_-]{32,})"))
            .group(1)
            .allowed(&[NAMES])
            .keywords(&["sk-"]),
        Rule::new(
            "private-key",
            Keys,
            private_key(),
        )
        .group(1)
        .keywords(&["private key"]),
        // One in ten numbers has a right check digit by chance; digits of binary data are rarely in text.
        Rule::new("card-number", Cards, card_numbers())
            .group(1)
            .stretch(12, "0123456789", 12)
            .check(Check::Luhn),
        Rule::new(
            "ipv4-address",
            Addresses,
            concat!(r"(?:^|[^0-9A-Za-z.]|\.\.|", escape!(), r")((?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9][0-9]|[1-9])(?:\.(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9][0-9]|[0-9])){3})(?:[^0-9A-Za-z.]|[A-Za-z]{3}|[A-Za-z]{1,2}(?:[^0-9A-Za-z]|$)|\.[^0-9A-Za-z]|\.?$)"),
        )
        .group(1)
        .stretch(7, ".", 3)
        // This host, masks, groups of this network, and the object identifiers of X25519 and its kin.
        .allowed(&[r"^127\.", r"^255\.255\.", r"^224\.0\.0\.", r"^[1-9]\.0\.0\.0$", r"^1\.3\.101\.11[0-3]$"])
        // Versions before a release.
        .allowed_matches(&[r"(?i)[0-9](?:rc.?|alp|bet|dev|pre|pos)$"])
        .allowed_behind(BEFORE_VERSIONS),
        // Names of hosts that begin with one, whatever else looks like a version behind a `-`, and names for which one is looked up.
        Rule {
            first_group: true,
            ..Rule::new(
                "address-in-name",
                Addresses,
                format!(
                    r"(?i)(?:(?:^|[^a-z])(?:host|ip|peer|static|dynamic|dhcp|pool|dsl|ppp|vpn|ec2)-({OCTET}(?:[.-]{OCTET}){{3}})(?:[^0-9]|$)|({OCTET}(?:\.{OCTET}){{3}})\.in-addr\.arpa|((?:[0-9a-f]\.){{16,32}})ip6\.arpa)"
                ),
            )
            .keywords(&[
                "host-", "ip-", "peer-", "static-", "dynamic-", "dhcp-", "pool-", "dsl-", "ppp-", "vpn-", "ec2-", "in-addr.arpa", "ip6.arpa",
            ])
            .allowed(&[r"^127\."])
        },
        Rule::new(
            "ipv6-address",
            Addresses,
            concat!(r"(?i)(?:^|[^0-9a-z:._-]|\.\.|[g-z]:|", escape!(), r")((?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}|(?:[0-9a-f]{1,4}:){2,7}:)(?:[^0-9a-z:_-]|$)"),
        )
        .group(1)
        .keywords(&[
            "0::", "1::", "2::", "3::", "4::", "5::", "6::", "7::", "8::", "9::", "a::", "b::", "c::", "d::", "e::", "f::",
        ])
        .stretch(15, ":", 2)
        // A match without digits may be a name in a program, as may two groups that begin no range in use.
        .allowed(&[
            r"(?i)^[a-f:]+$",
            r"(?i)^(?:[0-9a-f]{1,3}|[014-9a-e][0-9a-f]{3}|f[0-9abf][0-9a-f]{2}|fe[0-7c-f][0-9a-f])::[0-9a-f]{1,4}$",
        ]),
        // A name may have blanks where the path goes on behind it.
        Rule {
            first_group: true,
            ..Rule::new(
                "home-folder",
                Users,
                home_folder(),
            )
        }
        .keywords(&["/home/", "/home\\/", "%2fhome%2f", "users/", "users\\", "users%2f", "users%5c", "settings/", "settings\\"])
        .allowed(&[r"(?i)^(?:public|default|shared|all|\.|\.\.|user|users|username|linuxbrew|all users|default user)$", r"^[.~@<*]"])
        .named(),
        telling_variables(),
        Rule::new(
            "module-path",
            Paths,
            r#"(?i)(?:[a-z]:\\|\\\\|/)(?:[^/\\:*?"<>|\x00-\x1f]+[/\\])+[^/\\:*?"<>|\x00-\x1f ]+\.(?:so(?:\.[0-9.]*[0-9])?|dylib|dll|exe|pdb|sys|ocx|drv|node|jar|debug)(?:[^a-z0-9_/\\.-]|$)"#,
        )
        .keywords(&[".so", ".dylib", ".dll", ".exe", ".pdb", ".sys", ".ocx", ".drv", ".node", ".jar", ".debug"])
        .part(Part::Folders),
    ];
    let vendor = |(id, pattern, keywords): &(&str, &str, &[&str])| Rule {
        first_group: true,
        ..Rule::new(*id, Tokens, *pattern).keywords(keywords)
    };
    rules.into_iter().chain(VENDORS.iter().map(vendor)).collect()
}

#[cfg(test)]
mod tests;
